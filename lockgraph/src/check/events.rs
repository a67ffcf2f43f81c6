//! The events of a trace, one after the other: who holds what, and what that means.

use super::Judge;
use crate::event::{Event, How, Op};
use crate::held::Hold;
use crate::id::{LockId, LockKind, Mode, SiteId, ThreadId};
use crate::wait::Target;

/// Builds the graphs from the events.
pub(super) fn replay(judge: &mut Judge<'_>) {
    walk(judge, true);
    let mut waiting: Vec<(ThreadId, (LockId, Mode, SiteId))> = judge
        .threads
        .iter()
        .filter_map(|(thread, progress)| Some((*thread, progress.pending?)))
        .collect();
    waiting.sort_unstable_by_key(|(thread, _)| *thread);
    // A request without an acquisition, where the trace ends: that thread hangs.
    for (thread, (lock, mode, site)) in waiting {
        let held = judge.threads[&thread].held.holds().to_vec();
        judge.wanted(&held, thread, (lock, mode, site), &[]);
        judge.block(thread, Target::Lock(lock, mode), site, held, Vec::new());
    }
}

/// Only counts, and keeps what is held: the graphs come from elsewhere.
pub(super) fn count(judge: &mut Judge<'_>) {
    walk(judge, false);
}

fn walk(judge: &mut Judge<'_>, judges: bool) {
    let trace = judge.trace;
    for event in &trace.events {
        step(judge, *event, judges);
    }
}

fn step(judge: &mut Judge<'_>, event: Event, judges: bool) {
    let Event { thread, op, site } = event;
    match op {
        Op::Request(lock, mode) => {
            judge.threads.entry(thread).or_default().pending = Some((lock, mode, site));
            if !judges {
                judge.locks.entry(lock).or_default().contended += 1;
            }
        }
        Op::Acquire(lock, mode, how) => acquire(judge, event, (lock, mode, how), judges),
        Op::Release(lock) => {
            judge.threads.entry(thread).or_default().held.release(lock);
        }
        Op::Destroy(lock) if judges => judge.graph.destroy(lock),
        Op::Fork(child) if judges => judge.graph.spans.fork(thread, child),
        Op::Join(child) if judges => judge.graph.spans.join(thread, child),
        _ => {}
    }
}

fn acquire(judge: &mut Judge<'_>, event: Event, what: (LockId, Mode, How), judges: bool) {
    let (lock, mode, how) = what;
    let thread = event.thread;
    judge.acquisitions += 1;
    judge.locks.entry(lock).or_default().acquisitions += 1;
    let progress = judge.threads.entry(thread).or_default();
    progress.pending = None;
    progress.acquisitions += 1;
    let is_reentrant =
        judge.trace.locks.get(&lock).is_some_and(|lock| lock.kind == LockKind::Reentrant);
    if is_reentrant && progress.held.deepen(lock) {
        return;
    }
    // A hold that changes its mode is recorded as one more acquisition of the same lock.
    let is_change = |hold: &Hold| hold.lock == lock && hold.mode != mode;
    if how == How::Try && progress.held.holds().iter().any(is_change) {
        progress.held.change_mode(lock, mode);
        return;
    }
    if judges && how == How::Blocking {
        let held = progress.held.holds().to_vec();
        judge.wanted(&held, thread, (lock, mode, event.site), &[]);
    }
    judge.threads.entry(thread).or_default().held.push(lock, mode, event.site);
}
