//! A run as the page has it: names in place of numbers.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::hash::Hash;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use lockgraph::explain::Spelling;
use lockgraph::finding::{Lock, Thread};
use lockgraph::trace::Trace;
use serde::Serialize;

use super::bar::{self, Bar, Positions};
use super::{Kept, Told, marks};
use crate::lanes::Lanes;
use crate::view::place::Place;

/// `Run` of the page's model.
#[derive(Serialize, Debug)]
pub(crate) struct Run {
    pub(crate) name: String,
    pub(crate) seen: String,
    pub(crate) threads: Vec<String>,
    pub(crate) locks: Vec<RunLock>,
    pub(crate) places: Vec<Place>,
    pub(crate) events: u64,
    pub(crate) left_out: u64,
    pub(crate) lanes: Vec<LaneBytes>,
    pub(crate) marks: Vec<Mark>,
}

#[derive(Serialize, Debug)]
pub(crate) struct RunLock {
    pub(crate) name: String,
    pub(crate) node: Option<usize>,
}

#[derive(Serialize, PartialEq, Eq, Debug)]
#[serde(rename_all = "lowercase")]
pub(crate) enum LaneBytes {
    Base64(String),
    Url(String),
}

#[derive(Serialize, PartialEq, Eq, Debug)]
pub(crate) struct Mark {
    pub(crate) event: u64,
    pub(crate) text: String,
    pub(crate) finding: usize,
}

/// Lanes that are in the page itself.
pub(crate) fn inlined(lanes: &[Vec<u8>]) -> Vec<LaneBytes> {
    lanes.iter().map(|bytes| LaneBytes::Base64(STANDARD.encode(bytes))).collect()
}

pub(super) fn run(
    lanes: &Lanes,
    kept: Kept,
    trace: &Trace,
    told: &Told<'_>,
) -> (Run, Vec<Vec<u8>>) {
    let Kept { lanes: mut bars, sites, left_out, .. } = kept;
    bars.resize_with(lanes.threads().count(), Vec::new);
    for lane in &mut bars {
        lane.sort_unstable_by_key(|bar| (bar.from, bar.level(), bar.kind()));
    }
    let locks = lanes.things().iter().map(|thing| Some(thing.lock(trace)));
    let (things, locks) = used(locks, bars.iter().flatten().filter_map(thing_of));
    let places = sites.all.iter().map(|site| trace.place(*site).cloned());
    let (sites, places) = used(places, bars.iter().flatten().filter_map(Bar::site));
    let mut order: Vec<usize> = (0..bars.len()).collect();
    let threads: Vec<_> = lanes.threads().collect();
    order.sort_unstable_by_key(|lane| threads[*lane]);
    let mut positions = vec![0; order.len()];
    order.iter().zip(0..).for_each(|(lane, at)| positions[*lane] = at);
    let marks = marks::marks(lanes, &bars, &locks, &places, (&things, &sites), told);
    let things = things.into_iter().map(Option::unwrap_or_default).collect();
    let positions = Positions { things, sites, lanes: positions };
    let bytes = order.iter().map(|lane| bar::bytes(&bars[*lane], &positions)).collect();
    let threads: Vec<Thread> = order.iter().map(|lane| trace.thread(threads[*lane])).collect();
    let shown: Vec<Lock> = locks.iter().map(|lock| told.files.renamed_lock(lock)).collect();
    let spell = Spelling::of_all(&shown, &threads, []);
    let run = Run {
        name: told.name.to_owned(),
        seen: told.seen.to_owned(),
        threads: threads.iter().map(|thread| spell.thread_label(thread)).collect(),
        locks: shown
            .iter()
            .zip(&locks)
            .map(|(shown, lock)| RunLock { name: spell.label(shown), node: (told.node)(lock) })
            .collect(),
        places: places.iter().map(|place| Place::of(&told.files.renamed_place(place))).collect(),
        events: lanes.events(),
        left_out: left_out.into(),
        lanes: Vec::new(),
        marks,
    };
    (run, bytes)
}

fn thing_of(bar: &Bar) -> Option<usize> {
    bar.thing().map(|thing| thing.0 as usize)
}

/// Those of `all` that occur in `uses`, each once, the most used first, so that what is used most
/// takes the fewest bytes; and by number, where each is among them.
fn used<T: Eq + Hash + Clone>(
    all: impl Iterator<Item = Option<T>>,
    uses: impl Iterator<Item = usize>,
) -> (Vec<Option<u32>>, Vec<T>) {
    let all: Vec<Option<T>> = all.collect();
    let mut counts = vec![0_u64; all.len()];
    uses.for_each(|number| counts[number] += 1);
    let mut order: Vec<usize> = (0..all.len()).filter(|number| counts[*number] > 0).collect();
    order.sort_by_key(|number| Reverse(counts[*number]));
    let (mut positions, mut list) = (vec![None; all.len()], Vec::new());
    let mut known = HashMap::new();
    for number in order {
        let Some(one) = &all[number] else { continue };
        let at = *known.entry(one.clone()).or_insert_with(|| {
            list.push(one.clone());
            list.len() as u32 - 1
        });
        positions[number] = Some(at);
    }
    (positions, list)
}
