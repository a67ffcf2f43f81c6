//! Waits that take long, told by the lookout if the settings ask for it.
//!
//! It cannot know whether somebody will end them, so it tells what there is: who waits for what, and
//! what the other threads do. Each wait is told once. A thread that holds nothing and waits for the
//! end of others, or for a signal, is no news: so do `main` and idle workers.

use std::collections::HashSet;
use std::time::Duration;

use super::lookout::stranger;
use super::standstill::{self, Snapshot};
use super::sys::{self, Task};
use super::{bystander, report, stack};
use crate::config;
use crate::finding::Stranger;

/// The waits that have been told, by their turns.
#[derive(Default)]
pub(super) struct Watch {
    told: HashSet<u64>,
}

impl Watch {
    /// Until the next look. `None`: nobody asks for it.
    pub(super) fn pause(&self) -> Option<Duration> {
        let limit = config::get().stall_after?;
        Some((limit / 4).clamp(Duration::from_millis(20), Duration::from_secs(5)))
    }

    /// These waits have been told already.
    pub(super) fn was_told(&mut self, snapshot: &Snapshot) {
        self.told.extend(snapshot.turns());
    }

    /// Tells of waits that have become too long.
    pub(super) fn look(&mut self, own: Option<u32>) {
        let Some(limit) = config::get().stall_after else { return };
        let Some(long) = standstill::long_waits(limit, &self.told) else { return };
        self.was_told(&long);
        let tasks = sys::tasks().unwrap_or_default();
        let others = [standstill::waited(&long), others(&tasks, &long, own)].concat();
        let Some(mut finding) = standstill::stall(&long, others) else { return };
        bystander::add_holders(&mut finding, &tasks);
        stack::resolve(&mut finding);
        report::report_standstill(&finding);
    }
}

/// What all others do that are not among those of `long`.
fn others(tasks: &[Task], long: &Snapshot, own: Option<u32>) -> Vec<Stranger> {
    let is_other = |task: &&Task| !task.is_gone && Some(task.id) != own && !long.has_task(task.id);
    let others = tasks.iter().filter(is_other);
    others
        .map(|task| match standstill::blocked_task(task.id) {
            Some((thread, does)) => Stranger { thread, does },
            None => stranger(task),
        })
        .collect()
}
