//! Waits that take long, told by the lookout if the settings ask for it.
//!
//! It cannot know whether somebody will end them, so it tells what there is: who waits for what, and
//! what the other threads do. Waits that have nothing to do with each other are findings of their
//! own. Each wait is told once. A thread that holds nothing and waits for the
//! end of others, or for a signal, is no news: so do `main` and idle workers.
//!
//! The program's own watchdogs ask for the same when their counters stand still.

use std::collections::HashSet;
use std::time::Duration;

use super::lookout::stranger;
use super::standstill::{self, Snapshot};
use super::sys::{self, Task};
use super::victim::{self, Recovering};
use super::{bystander, local, lookout, report, stack};
use crate::config;
use crate::finding::{Finding, Stranger, Thread};

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
        let others = others(&tasks, &long, own);
        let groups = standstill::apart(&long);
        let findings: Vec<Finding> =
            groups.iter().filter_map(|group| stall(group, &tasks, &others)).collect();
        report::report_standstills(&findings);
    }
}

/// What a watchdog of the program is told.
#[derive(Default)]
pub(crate) struct StalledNow {
    pub(crate) findings: Vec<Finding>,
    pub(crate) report: String,
    pub(crate) victim: Option<Thread>,
}

/// Runs the thread of such a watchdog, which is none of the program's.
pub(crate) fn guarding(run: impl FnOnce()) {
    let _own = lookout::Own::here();
    run();
}

/// The waits of more than `limit`, which are reported; one of them is given up if somebody is
/// `recovering`. Where that `is_told` already it is told again only with one that is given up.
pub(crate) fn stalled_now(
    limit: Duration,
    recovering: Option<&Recovering>,
    is_told: bool,
) -> StalledNow {
    local::untracked(|| {
        let Some(long) = standstill::long_waits(limit, &HashSet::new()) else {
            return StalledNow::default();
        };
        let chosen = |findings: &mut [Finding]| {
            recovering.and_then(|_| victim::of_long(&long.threads(), findings))
        };
        if is_told && chosen(&mut []).is_none() {
            return StalledNow::default();
        }
        let tasks = sys::tasks().unwrap_or_default();
        let others = others(&tasks, &long, sys::this_task());
        let groups = standstill::apart(&long);
        let mut findings: Vec<Finding> =
            groups.iter().filter_map(|group| stall(group, &tasks, &others)).collect();
        let chosen = chosen(&mut findings);
        report::report_standstills(&findings);
        let report = findings.iter().map(report::plain).collect();
        let victim = chosen.map(|chosen| chosen.give_up("a watchdog saw no progress"));
        StalledNow { findings, report, victim }
    })
}

/// What waits that have to do with each other come to. `None`: one of them is over.
fn stall(group: &Snapshot, tasks: &[Task], others: &[Stranger]) -> Option<Finding> {
    let strangers = [&standstill::waited(group), others].concat();
    let mut finding = standstill::stall(group, strangers)?;
    bystander::add_holders(&mut finding, tasks);
    stack::resolve(&mut finding);
    Some(finding)
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
