//! Whole pages: of many findings and of none, with names that want to do harm, and in the shape that
//! the viewer expects.

use std::collections::BTreeSet;

use lockgraph::check;
use lockgraph::finding::{Kind, Verdict};
use serde_json::Value;

use super::*;
use crate::merge::Merge;
use crate::staged;
use crate::workspace::Workspace;

const SCHEMA: &str = include_str!("../../schema/page-v1.json");
const MODEL: &str = include_str!("../../viewer/src/model.ts");

/// The file of HTML, and what the page in it is told.
fn drawn(mut checked: Checked) -> (String, Value) {
    checked.gathered.get_or_insert_default();
    draw(&mut checked);
    let html = checked.page.expect("it was drawn");
    let (_, rest) = html.split_once("id=\"page\">").expect("the data begins");
    let (json, _) = rest.split_once("</script>").expect("the data ends");
    let page = serde_json::from_str(json).expect("the data is JSON");
    (html, page)
}

fn ids(page: &Value) -> Vec<&str> {
    let findings = page["findings"].as_array().expect("a list");
    findings.iter().map(|finding| finding["id"].as_str().expect("a text")).collect()
}

#[test]
fn a_page_is_as_the_schema_says() {
    let mut findings = staged::every_shape();
    findings.extend([staged::deadlock(), staged::proved()]);
    findings.extend(Kind::ALL.map(|kind| staged::named(kind, Verdict::Possible)));
    let mut gathered = Gathered::default();
    for name in ["a.lgt", "b.lgt"] {
        let timeline = Some(Box::new(Timeline::of_at_most(MOST_BARS)));
        let files = &Files::default();
        gathered.add(name, staged::trace(), &staged::report(), Vec::new(), timeline, files);
    }
    let mut checked = staged::merged(&[("a.lgt", &findings)]);
    checked.problems.push(staged::problem());
    checked.gathered = Some(gathered);
    let (_, page) = drawn(checked);
    assert_eq!(crate::print::json::tests::errors(SCHEMA, &page), Vec::<String>::new());
    let (_, empty) = drawn(Checked::default());
    assert_eq!(crate::print::json::tests::errors(SCHEMA, &empty), Vec::<String>::new());
    assert_eq!(page["problems"][0], "d.lgt, byte 4096: the file was cut");
    assert_eq!(page["graph"]["edges"].as_array().map(Vec::len), Some(2));
}

/// What the page says of who waited for whom, by finding.
fn snapshots(page: &Value) -> Vec<Value> {
    let findings = page["findings"].as_array().expect("a list");
    findings.iter().map(|finding| finding["snapshot"].clone()).collect()
}

#[test]
fn who_waited_for_whom_is_the_same_from_a_trace_its_report_and_a_merged_one() {
    let steps = "T1|acq(A) T2|acq(B) T1|req(B) T2|req(A) T3|racq(R) T4|racq(R) T4|req(S) T3|req(A) \
                 T5|acq(S) T6|req(R)";
    let text: String = steps.split_whitespace().map(|step| format!("{step}|a.rs:3:5\n")).collect();
    let trace = lockgraph::trace::read_bytes("staged", text.as_bytes()).expect("STD text");
    let mut merge = Merge::new(&Workspace::default()).drawing(true);
    let report = check::check(&trace, &merge.options(check::Options::default()));
    merge.add("a.std", trace, report, None);
    let checked = merge.finish(Vec::new(), false);
    let json = |checked: &Checked| {
        let mut json = Vec::new();
        crate::print::json::checked(&mut json, checked).unwrap();
        json
    };
    let of_trace = json(&checked);
    let mut merge = Merge::new(&Workspace::default());
    for bytes in [of_trace.clone(), json(&Checked::default())] {
        merge.add_checked(crate::report_file::read(&bytes).unwrap());
    }
    let merged = json(&merge.finish(Vec::new(), false));
    let want = snapshots(&drawn(checked).1);
    assert_eq!(want[0]["threads"].as_array().map(Vec::len), Some(6));
    assert_eq!(want[0]["rounds"][0]["text"], "thread 4 can go on, as thread 5 runs");
    for bytes in [of_trace, merged] {
        let read = crate::report_file::read(&bytes).unwrap();
        assert_eq!(snapshots(&drawn(read).1), want);
    }
}

#[test]
fn what_is_said_of_who_waits_is_as_the_schema_says() {
    let mut checked = staged::merged(&[("a.lgt", &[staged::deadlock()])]);
    checked.found[0].standstill = Some(Box::new(staged::standstill()));
    let (_, page) = drawn(checked);
    assert_eq!(crate::print::json::tests::errors(SCHEMA, &page), Vec::<String>::new());
    assert_eq!(page["findings"][0]["snapshot"]["threads"][5]["state"], "gone");
}

/// The members of every interface of the viewer are those of the schema.
#[test]
fn the_viewer_expects_what_the_schema_says() {
    let schema: Value = serde_json::from_str(SCHEMA).unwrap();
    let defined = schema["$defs"].as_object().unwrap();
    let expected = interfaces(MODEL);
    let names: BTreeSet<&str> = expected.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, defined.keys().map(String::as_str).collect());
    for (name, members) in &expected {
        assert_eq!(members, &properties(&defined[*name]), "{name}");
    }
}

/// The interfaces of a source, each with the names of all of its members, also of objects in it.
fn interfaces(source: &str) -> Vec<(&str, BTreeSet<String>)> {
    let interfaces = source.split("export interface ").skip(1);
    let members = |body: &str| {
        let mut is_in_comment = false;
        let code = body.lines().filter(|line| {
            let line = line.trim();
            is_in_comment |= line.starts_with("/*");
            let is_code = !is_in_comment && !line.starts_with("//");
            is_in_comment &= !line.ends_with("*/");
            is_code
        });
        let code = code.collect::<Vec<_>>().join("\n");
        let before = code.split(':').map(|part| {
            let end = part.trim_end_matches('?');
            let is_name = |letter: char| letter.is_alphanumeric() || letter == '_';
            let start = end.rfind(|letter| !is_name(letter)).map_or(0, |at| at + 1);
            end[start..].to_string()
        });
        let mut names: Vec<String> = before.collect();
        // Nothing follows the last one.
        names.pop();
        names.into_iter().filter(|name| !name.is_empty()).collect()
    };
    interfaces
        .map(|rest| {
            let (name, rest) = rest.split_once(" {").expect("an interface has a body");
            let (body, _) = rest.split_once("\n}").expect("which ends");
            (name, members(body))
        })
        .collect()
}

/// The names of all properties in a part of a schema.
fn properties(schema: &Value) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let mut left = vec![schema];
    while let Some(value) = left.pop() {
        match value {
            Value::Object(members) => {
                let properties = members.get("properties").and_then(Value::as_object);
                names.extend(properties.into_iter().flat_map(|it| it.keys().cloned()));
                left.extend(members.values());
            }
            Value::Array(members) => left.extend(members),
            _ => {}
        }
    }
    names
}

#[test]
fn the_page_has_the_words_of_the_report() {
    let checked = staged::merged(&[("a.lgt", &[staged::proved()])]);
    let text = crate::print::text::plain(&checked, &checked.found[0]);
    let (_, page) = drawn(checked);
    let finding = &page["findings"][0];
    assert_eq!(finding["text"], text.as_str());
    assert!(finding["markdown"].as_str().unwrap().contains(&text));
    let told = |value: &Value| {
        let sentence = value.as_str().unwrap();
        assert!(text.contains(sentence), "{sentence:?} is not in\n{text}");
    };
    told(&finding["headline"]);
    told(&finding["verdict_because"]);
    told(&finding["schedule"]["summary"]);
    for column in finding["columns"].as_array().unwrap() {
        told(&column["summary"]);
        for step in column["steps"].as_array().unwrap() {
            // The report has the lock after a colon.
            told(&step["text"].as_str().unwrap().trim_start_matches("also holds ").into());
        }
    }
    finding["schedule"]["moves"].as_array().unwrap().iter().for_each(|it| told(&it["text"]));
    for condition in finding["conditions"].as_array().unwrap() {
        condition["because"].as_array().unwrap().iter().for_each(told);
    }
    finding["remarks"].as_array().unwrap().iter().for_each(told);
    assert_eq!(finding["remarks"][0], "seen: in 12 combinations of these steps");
}

/// Two threads and two locks: each thread waits for a lock, and each lock is held by the other.
#[test]
fn a_circle_goes_round() {
    let (_, page) = drawn(staged::merged(&[("a.lgt", &[staged::deadlock()])]));
    let circle = &page["findings"][0]["circle"];
    let name = |at: &Value| circle["nodes"][at.as_u64().unwrap() as usize]["name"].clone();
    let edges = circle["edges"].as_array().unwrap().iter();
    let edges: Vec<String> = edges
        .map(|it| {
            let (from, to) = (name(&it["from"]), name(&it["to"]));
            format!("{from} {} {to}", it["act"]).replace('"', "")
        })
        .collect();
    let want = ["t1 waits lock-2", "lock-2 holds t2", "t2 waits lock-1", "lock-1 holds t1"];
    assert_eq!(edges, want);
    let spots: Vec<(u64, u64)> = circle["nodes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|node| (node["x"].as_u64().unwrap(), node["y"].as_u64().unwrap()))
        .collect();
    assert_eq!(spots, [(130, 160), (340, 50), (550, 160), (340, 270)]);
}

/// What has no threads that wait has no circle.
#[test]
fn only_waits_are_drawn() {
    let order = staged::named(Kind::NewEdge, Verdict::Possible);
    let (_, page) = drawn(staged::merged(&[("a.lgt", &[order])]));
    assert_eq!(page["findings"][0]["circle"], Value::Null);
    assert_eq!(page["findings"][0]["conditions"], Value::Array(Vec::new()));
}

#[test]
fn hostile_names_are_text() {
    for name in staged::hostile() {
        let (html, page) = drawn(staged::with_name(&name));
        let scripts = html.matches("<script").count();
        assert_eq!((scripts, html.matches("</script>").count()), (2, 2), "{name:?}");
        assert_eq!(html.matches("<!--").count(), 0, "{name:?}");
        assert_eq!(html.matches("<style").count(), 1, "{name:?}");
        let column = page["findings"][0]["columns"][0]["thread"].as_str().unwrap();
        let want = format!("thread `{}`", lockgraph::explain::visible(&name));
        assert!(column.starts_with(&want), "{column}");
        let is_hostile = |it: char| it.is_control() || ('\u{202a}'..='\u{202e}').contains(&it);
        assert_eq!(column.chars().find(|it| is_hostile(*it)), None, "{column:?}");
    }
}

#[test]
fn a_page_has_room_for_none_and_for_a_thousand() {
    let (html, page) = drawn(Checked { traces: vec!["a.lgt".into()], ..Checked::default() });
    assert_eq!(page["findings"], Value::Array(Vec::new()));
    assert_eq!(page["summary"], "no findings (1 trace: nothing recorded)");
    assert_eq!(page["title"], "a.lgt");
    assert!(html.contains("<title>a.lgt</title>"));
    let (html, page) = drawn(staged::many(1000));
    let ids = ids(&page);
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), 1000);
    assert!(html.len() < 16_000_000, "{} bytes", html.len());
}

/// Fingerprints may be the same, permalinks not; the first one keeps its.
#[test]
fn ids_are_told_apart() {
    let mut checked = staged::merged(&[("a.lgt", &[staged::deadlock()])]);
    checked.found = vec![checked.found[0].clone(), checked.found[0].clone()];
    let (_, page) = drawn(checked);
    let print = format!("{:016x}", staged::deadlock().fingerprint());
    assert_eq!(ids(&page), [print.clone(), format!("{print}-2")]);
}

#[test]
fn the_lines_around_a_place_are_in_the_page() {
    let mut finding = staged::cycle();
    let line = line!();
    crate::places::each(&mut finding, &mut |place| {
        (place.file, place.line) = (file!().into(), line);
    });
    let (_, page) = drawn(staged::merged(&[("a.lgt", &[finding])]));
    let lines = page["sources"][file!()].as_object().unwrap();
    assert_eq!(lines.len(), 7);
    assert_eq!(lines[&line.to_string()], "    let line = line!();");
}

/// A file that is there is replaced, whatever it was; directories are made.
#[test]
fn the_file_is_put_in_its_place() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("not/there/report.html");
    for text in ["one", "two"] {
        put(&file, text).unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), text);
    }
    assert_eq!(fs::read_dir(file.parent().unwrap()).unwrap().count(), 1);
    let trouble = put(&file.join("below"), "three").unwrap_err().to_string();
    assert!(trouble.contains("report.html"), "{trouble}");
}
