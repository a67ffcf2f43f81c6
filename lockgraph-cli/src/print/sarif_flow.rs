//! The circle of a finding as SARIF has it: one thread flow a thread, with what it took and what
//! it wants in order, and the locks' origins beside it.
//!
//! GitHub shows 1,000 locations of thread flows and 100 others; there are never more.

use lockgraph::explain::{Spelling, StepWords, steps};
use lockgraph::finding::{Finding, Frame, Place, Step};
use serde_json::{Value, json};

use super::sarif_place::{location, message};
use super::whereabouts::{Whereabouts, held};
use crate::places::origin;

/// Steps that are told, of at most [`LOCATIONS`] each.
const STEPS: usize = 100;
const LOCATIONS: usize = 10;
/// Frames of a stack that are told.
const FRAMES: usize = 32;
/// Places beside the circle that are told.
const RELATED: usize = 99;

/// The code flow of a finding, if it has steps.
pub(super) fn flow(whereabouts: &Whereabouts<'_>, finding: &Finding) -> Option<Value> {
    let spelling = Spelling::of(finding);
    let told = finding.steps.iter().zip(steps(finding)).take(STEPS).enumerate();
    let threads: Vec<Value> = told
        .map(|(number, (step, words))| thread(whereabouts, &spelling, number, step, &words))
        .collect();
    let left_out = finding.steps.len().saturating_sub(STEPS);
    let text = match left_out {
        0 => "What each thread of the circle does.".to_string(),
        more => format!("What each thread of the circle does; {more} more are left out."),
    };
    (!threads.is_empty()).then(|| json!({ "message": message(&text), "threadFlows": threads }))
}

fn thread(
    whereabouts: &Whereabouts<'_>,
    spelling: &Spelling,
    number: usize,
    step: &Step,
    words: &StepWords,
) -> Value {
    let mut locations = Vec::new();
    for held in step.also_holds.iter().take(LOCATIONS - 2) {
        let text = format!("{} was taken here, and is held too", spelling.lock(&held.lock));
        let at = location(whereabouts, held.site.as_ref(), None, Some(&text));
        locations.push(json!({ "location": at, "kinds": ["acquire", "lock"] }));
    }
    if let Some(text) = &words.held_here {
        let site = held(step).and_then(|held| held.site.as_ref());
        let at = location(whereabouts, site, None, Some(text));
        locations.push(json!({
            "location": at, "kinds": ["acquire", "lock"], "importance": "essential",
        }));
    }
    let function = step.stack.first().map(|frame| frame.function.as_str());
    let text = words.wanted_here.as_ref().unwrap_or(&words.title);
    let at = location(whereabouts, step.site.as_ref(), function, Some(text));
    locations.push(json!({
        "location": at,
        "kinds": ["acquire", "lock", "danger"],
        "importance": "essential",
        "stack": stack(whereabouts, &step.stack),
    }));
    json!({
        "id": format!("{} {}", number + 1, spelling.thread(&step.thread)),
        "message": message(&words.title),
        "locations": locations,
    })
}

fn stack(whereabouts: &Whereabouts<'_>, frames: &[Frame]) -> Option<Value> {
    let frame = |frame: &Frame| {
        let place = frame.place.as_ref();
        json!({ "location": location(whereabouts, place, Some(&frame.function), None) })
    };
    let told: Vec<Value> = frames.iter().take(FRAMES).map(frame).collect();
    let text = match frames.len().saturating_sub(FRAMES) {
        0 => "The stack at that moment.".to_string(),
        more => format!("The stack at that moment; {more} more frames are left out."),
    };
    (!told.is_empty()).then(|| json!({ "message": message(&text), "frames": told }))
}

/// Where the locks come from and where the other threads are, but for `main`.
pub(super) fn related(
    whereabouts: &Whereabouts<'_>,
    finding: &Finding,
    main: Option<&Place>,
) -> Vec<Value> {
    let mut told: Vec<(&Place, String)> = Vec::new();
    let words = steps(finding);
    for (step, words) in finding.steps.iter().zip(&words) {
        let held_at = held(step).and_then(|held| held.site.as_ref());
        told.extend(held_at.zip(words.held_here.clone()));
        told.extend(step.site.as_ref().zip(words.wanted_here.clone()));
    }
    let spelling = Spelling::of(finding);
    for lock in finding.locks() {
        let text = format!("{} comes from here", spelling.lock(lock));
        told.extend(origin(&lock.class).map(|place| (place, text)));
    }
    let told = told.into_iter().filter(|(place, _)| Some(*place) != main).take(RELATED);
    let related = told.enumerate().map(|(number, (place, text))| {
        let mut at = location(whereabouts, Some(place), None, Some(&text));
        at["id"] = json!(number + 1);
        at
    });
    related.collect()
}
