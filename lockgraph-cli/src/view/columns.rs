//! What each thread of a finding did, in order.

use lockgraph::explain::{Spelling, StepWords, visible};
use lockgraph::finding::{self, Blocks, Finding, Held, Lock, Step, Wanted};
use serde::Serialize;

use super::place::Place;
use crate::workspace::Files;

/// So many of what a thread holds besides, and of the frames of a stack, are told.
const MOST: usize = 100;

#[derive(Serialize)]
pub(super) struct Column {
    thread: String,
    summary: String,
    steps: Vec<ColumnStep>,
    stack: Vec<Frame>,
}

#[derive(Serialize)]
struct ColumnStep {
    act: &'static str,
    text: String,
    lock: Option<String>,
    place: Option<Place>,
    through: Option<Place>,
}

#[derive(Serialize)]
struct Frame {
    function: String,
    place: Option<Place>,
    is_own: bool,
}

/// One for each thread of the circle, in its order.
pub(super) fn columns(finding: &Finding, words: &[StepWords], files: &Files) -> Vec<Column> {
    let spell = Spelling::of(finding);
    let column = |(step, words): (&Step, &StepWords)| Column {
        thread: spell.thread(&step.thread),
        summary: words.title.clone(),
        steps: steps(&spell, step, words),
        stack: step.stack.iter().take(MOST).map(|it| frame(it, files)).collect(),
    };
    finding.steps.iter().zip(words).map(column).collect()
}

fn steps(spell: &Spelling, step: &Step, words: &StepWords) -> Vec<ColumnStep> {
    let held = match &step.blocks {
        Blocks::Holds(held) | Blocks::LeftBehind(held) => Some(held),
        _ => None,
    };
    let took = held.map(|held| took(spell, held, words));
    let also = step.also_holds.iter().take(MOST).map(|held| also_holds(spell, held));
    let wants = words.wanted_here.as_ref().map(|here| wanted(spell, step, here, words));
    let is_gone = matches!(step.blocks, Blocks::LeftBehind(_)) && step.wants.is_none();
    let gone = words.has.clone().filter(|_| is_gone);
    let gone = gone.map(|text| ColumnStep { act: "gone", text, ..ColumnStep::about(None) });
    took.into_iter().chain(also).chain(wants).chain(gone).collect()
}

impl ColumnStep {
    fn about(lock: Option<String>) -> ColumnStep {
        ColumnStep { act: "does", text: String::new(), lock, place: None, through: None }
    }
}

/// What is said of a place makes no sense without it.
fn here<'w>(place: Option<&Place>, here: Option<&'w String>, all: Option<&'w String>) -> &'w str {
    let text = if place.is_some() { here.or(all) } else { all.or(here) };
    text.map_or("", String::as_str)
}

fn took(spell: &Spelling, held: &Held, words: &StepWords) -> ColumnStep {
    let place = held.site.as_ref().map(Place::of);
    let text = here(place.as_ref(), words.held_here.as_ref(), words.has.as_ref()).to_string();
    ColumnStep { act: "took", text, place, ..ColumnStep::about(Some(spell.label(&held.lock))) }
}

fn also_holds(spell: &Spelling, held: &Held) -> ColumnStep {
    ColumnStep {
        act: "also holds",
        text: format!("also holds {}", spell.lock(&held.lock)),
        place: held.site.as_ref().map(Place::of),
        ..ColumnStep::about(Some(spell.label(&held.lock)))
    }
}

fn wanted(spell: &Spelling, step: &Step, text: &String, words: &StepWords) -> ColumnStep {
    let place = step.site.as_ref().map(Place::of);
    ColumnStep {
        act: if step.wants.is_some() { "wants" } else { "does" },
        text: here(place.as_ref(), Some(text), words.wants.as_ref()).to_string(),
        through: step.through.as_ref().map(Place::of),
        place,
        ..ColumnStep::about(step.wants.as_ref().and_then(object).map(|lock| spell.label(lock)))
    }
}

/// The lock, or the object, that is wanted.
pub(super) fn object(wanted: &Wanted) -> Option<&Lock> {
    match wanted {
        Wanted::Lock(lock, _) => Some(lock),
        Wanted::Signal(_, object) => object.as_ref(),
        Wanted::End(_) => None,
    }
}

fn frame(frame: &finding::Frame, files: &Files) -> Frame {
    Frame {
        function: visible(&frame.function),
        place: frame.place.as_ref().map(Place::of),
        is_own: frame.place.as_ref().is_some_and(|place| files.seems_own(place)),
    }
}
