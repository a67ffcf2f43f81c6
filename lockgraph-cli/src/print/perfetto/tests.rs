//! Documents as a viewer reads them: of a deadlock, of the field's traces, of any events.

use std::collections::BTreeMap;
use std::path::Path;

use lockgraph::explain::visible;
use lockgraph::trace::{read, read_bytes};
use proptest::prelude::*;
use serde_json::Value;

use super::*;
use crate::staged;

fn document(trace: &Trace) -> Value {
    let mut out = Vec::new();
    let mut timeline = Timeline::begin(&mut out, trace).expect("memory is written to");
    for event in &trace.events {
        timeline.step(event).expect("memory is written to");
    }
    timeline.finish().expect("memory is written to");
    serde_json::from_slice(&out).expect("it is JSON")
}

fn number(entry: &Value, key: &str) -> Result<u64, String> {
    entry[key].as_u64().ok_or_else(|| format!("no number {key}: {entry}"))
}

type Slices = BTreeMap<u64, Vec<(u64, u64)>>;

/// What a viewer needs: slices of a track do not overlap, each arrow has two ends, and these are in
/// slices; all tracks have names, and all entries a category and a time.
fn validate(document: &Value) -> Result<usize, String> {
    let entries = document["traceEvents"].as_array().ok_or("no list of events")?;
    let of = |phase: &'static str| entries.iter().filter(move |entry| entry["ph"] == phase);
    let count: usize = ["X", "i", "s", "f", "M"].into_iter().map(|phase| of(phase).count()).sum();
    if count != entries.len() || entries.iter().any(|entry| entry["pid"] != 1) {
        return Err("an event of another sort or process".into());
    }
    if let Some(entry) = entries.iter().find(|it| !it["cat"].is_string() || !it["ts"].is_number()) {
        return Err(format!("no category or no time: {entry}"));
    }
    let mut slices = Slices::new();
    for entry in of("X") {
        let (from, length) = (number(entry, "ts")?, number(entry, "dur")?);
        if length == 0 {
            return Err(format!("it takes no time: {entry}"));
        }
        slices.entry(number(entry, "tid")?).or_default().push((from, from + length));
    }
    for (track, slices) in &mut slices {
        slices.sort_unstable();
        if slices.windows(2).any(|pair| pair[0].1 > pair[1].0) {
            return Err(format!("slices of track {track} overlap: {slices:?}"));
        }
    }
    let mut arrows: BTreeMap<u64, Vec<&str>> = BTreeMap::new();
    for entry in of("s").chain(of("f")) {
        let track = number(entry, "tid")?;
        let at = entry["ts"].as_f64().ok_or_else(|| format!("no time: {entry}"))?;
        // Whoever reads by the time has seen the slice, wherever it is in the file.
        let is_in = |slice: &(u64, u64)| (slice.0 as f64) < at && at < slice.1 as f64;
        if !slices.get(&track).is_some_and(|slices| slices.iter().any(is_in)) {
            return Err(format!("an arrow from or to nowhere: {entry}"));
        }
        let phase = entry["ph"].as_str().unwrap_or_default();
        arrows.entry(number(entry, "id")?).or_default().push(phase);
    }
    if let Some(ends) = arrows.values().find(|ends| ***ends != ["s", "f"]) {
        return Err(format!("an arrow with the ends {ends:?}"));
    }
    let names: Result<Vec<u64>, String> = of("M")
        .filter(|entry| entry["name"] == "thread_name")
        .map(|entry| number(entry, "tid"))
        .collect();
    let names = names?;
    match slices.keys().find(|track| names.iter().filter(|name| name == track).count() != 1) {
        Some(track) => Err(format!("track {track} has not one name")),
        None => Ok(of("X").count()),
    }
}

#[test]
fn a_deadlock_has_its_slices_and_arrows() {
    let text = "T1|acq(A)|a.rs:1:5\nT2|acq(B)|a.rs:2:5\nT1|req(B)|a.rs:3:5\nT2|req(A)|a.rs:4:5\n";
    let trace = read_bytes("staged", text.as_bytes()).expect("STD text");
    let document = document(&trace);
    assert_eq!(validate(&document), Ok(4));
    let told = |entry: &Value| {
        let keys = ["ph", "name", "tid", "ts", "dur", "id", "args"];
        let values = keys.iter().filter(|key| entry[**key] != Value::Null);
        values.map(|key| format!("{key} {}", entry[*key])).collect::<Vec<_>>().join(", ")
    };
    let entries = document["traceEvents"].as_array().expect("a list");
    let got: Vec<String> = entries.iter().map(told).collect();
    assert_eq!(
        got,
        [
            r#"ph "M", name "process_name", tid 0, ts 0, args {"name":"trace"}"#,
            r#"ph "X", name "waits for B, for ever", tid 2, ts 2, dur 2, args {"held_by":"thread 2","place":"a.rs:3:5"}"#,
            r#"ph "s", name "waits for", tid 2, ts 2.5, id 1"#,
            r#"ph "f", name "waits for", tid 4097, ts 2.5, id 1"#,
            r#"ph "X", name "waits for A, for ever", tid 4098, ts 3, dur 1, args {"held_by":"thread 1","place":"a.rs:4:5"}"#,
            r#"ph "s", name "waits for", tid 4098, ts 3.5, id 2"#,
            r#"ph "f", name "waits for", tid 1, ts 3.5, id 2"#,
            r#"ph "X", name "A (never given back)", tid 1, ts 0, dur 4, args {"place":"a.rs:1:5"}"#,
            r#"ph "X", name "B (never given back)", tid 4097, ts 1, dur 3, args {"place":"a.rs:2:5"}"#,
            r#"ph "M", name "thread_name", tid 1, ts 0, args {"name":"thread 1"}"#,
            r#"ph "M", name "thread_sort_index", tid 1, ts 0, args {"sort_index":0}"#,
            r#"ph "M", name "thread_name", tid 2, ts 0, args {"name":"thread 1, 2 deep"}"#,
            r#"ph "M", name "thread_sort_index", tid 2, ts 0, args {"sort_index":1}"#,
            r#"ph "M", name "thread_name", tid 4097, ts 0, args {"name":"thread 2"}"#,
            r#"ph "M", name "thread_sort_index", tid 4097, ts 0, args {"sort_index":4096}"#,
            r#"ph "M", name "thread_name", tid 4098, ts 0, args {"name":"thread 2, 2 deep"}"#,
            r#"ph "M", name "thread_sort_index", tid 4098, ts 0, args {"sort_index":4097}"#,
        ]
    );
}

#[test]
fn the_field_s_traces_are_shown() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/traces");
    let mut files = 0;
    for entry in directory.read_dir().expect("it is in the repository") {
        let path = entry.expect("so are its files").path();
        // The largest takes as long as all others.
        if path.extension().is_none_or(|it| it != "data") || path.ends_with("jigsaw.data") {
            continue;
        }
        let trace = read(&path).expect("a trace");
        let slices =
            validate(&document(&trace)).unwrap_or_else(|wrong| panic!("{path:?}: {wrong}"));
        assert!(slices > 0, "{path:?}");
        files += 1;
    }
    assert_eq!(files, 10);
}

#[test]
fn hostile_names_stay_in_their_strings() {
    for name in staged::hostile() {
        let mut trace = read_bytes("staged", b"T1|acq(L1)|a.rs:1\nT2|req(L1)|?\n").expect("STD");
        trace.threads.values_mut().for_each(|thread| thread.name = Some(name.clone()));
        trace.locks.values_mut().for_each(|lock| {
            lock.class = lockgraph::finding::Class::Named(name.clone());
        });
        let document = document(&trace);
        assert_eq!(validate(&document), Ok(2), "{name:?}");
        // Both threads have the name, so each has its number too.
        let track = format!("{} (thread 1)", visible(&name));
        let entries = document["traceEvents"].as_array().expect("a list");
        assert!(entries.iter().any(|entry| entry["args"]["name"] == track), "{track:?}");
    }
}

proptest! {
    #[test]
    fn any_events_make_a_document(events in staged::events(4, 3)) {
        let trace = Trace { events, ..staged::trace() };
        let valid = validate(&document(&trace));
        prop_assert!(valid.is_ok(), "{valid:?}");
    }
}
