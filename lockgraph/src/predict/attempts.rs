//! The attempts of a run that can be part of a circle, in groups that have nothing to do with each
//! other.
//!
//! An attempt blocks another by what it holds, by the end of its thread, or by its place in a
//! queue. In the graph of locks and ends, with an arrow from what is held to what is wanted, a
//! circle of attempts is a circle of arrows, so it lies in one strongly connected component. A
//! component goes as a whole if all of its attempts are of one thread, or hold one lock in modes
//! that shut each other out.
//!
//! O(attempts times locks held).

use std::collections::{HashMap, HashSet};

use super::history::History;
use super::life::Waiting;
use super::nodes::Aim;
use super::sets::SetId;
use super::strong::Successors;
use super::{Claim, Step, Want};
use crate::id::{LockId, Mode, SiteId, ThreadId};
use crate::slab::Hashing;

/// A place in a run where an attempt was made.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Instance {
    /// The step.
    pub(super) at: u32,
    pub(super) site: SiteId,
}

/// An attempt that may be part of a circle.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Attempt {
    pub(super) thread: u32,
    pub(super) aim: Aim,
    /// Sorted.
    pub(super) held: Vec<Claim>,
    /// In the order of the steps.
    pub(super) instances: Vec<Instance>,
}

/// A group of attempts in a fixed order.
pub(super) type Group = Vec<Attempt>;

impl Attempt {
    /// What it is to the outside.
    pub(super) fn step(&self, history: &History, site: SiteId) -> Step {
        let lock = |lock: u32| LockId(history.locks.own(lock));
        let want = match self.aim {
            Aim::Take(claim) | Aim::Try(claim) => Want::Lock(lock(claim.lock()), claim.mode()),
            Aim::Join(child) => Want::End(thread_id(history, child)),
        };
        let mut held: Vec<(LockId, Mode)> =
            self.held.iter().map(|claim| (lock(claim.lock()), claim.mode())).collect();
        held.sort_unstable();
        Step { thread: thread_id(history, self.thread), want, held, site }
    }
}

/// The threads of a circle, and where each of them is first.
pub(super) fn when(circle: &[&Attempt]) -> (Vec<u32>, Vec<u32>) {
    let mut when: Vec<(u32, u32)> = circle
        .iter()
        .map(|attempt| (attempt.thread, attempt.instances.first().map_or(0, |first| first.at)))
        .collect();
    when.sort_unstable();
    when.into_iter().unzip()
}

pub(super) fn thread_id(history: &History, thread: u32) -> ThreadId {
    ThreadId(history.threads.own(thread) as u32)
}

/// What could be part of a circle, before the graph is looked at.
struct Candidate {
    node: u32,
    thread: u32,
    want: u32,
    mode: Option<Mode>,
    set: SetId,
}

/// All groups, the one with the first thread's first attempt first.
pub(super) fn groups(history: &History) -> Vec<Group> {
    let locks = history.locks.len() as u32;
    let vertices = history.locks.len() + history.lives.len();
    let candidates = candidates(history);
    let joined = joined(history, &candidates);
    let queued = queued(history, &candidates);
    let held = |candidate: &Candidate| {
        let end = joined[candidate.thread as usize].then_some(locks + candidate.thread);
        let set = history.sets.get(candidate.set).iter().map(|claim| claim.lock());
        set.filter(|lock| !history.travelling.contains(lock)).chain(end)
    };
    let arrows = || candidates.iter().flat_map(|of| held(of).map(|from| (from, of.want)));
    let component = Successors::new(vertices, arrows).components();
    let of = |vertex: u32| component[vertex as usize];
    let mut members: HashMap<u32, Vec<usize>, Hashing> = HashMap::default();
    for (at, candidate) in candidates.iter().enumerate() {
        if held(candidate).any(|from| of(from) == of(candidate.want)) {
            members.entry(of(candidate.want)).or_default().push(at);
        }
    }
    // Writers stand in the way of readers by their place in the queue alone.
    for (at, candidate) in candidates.iter().enumerate() {
        let writes = candidate.mode == Some(Mode::Exclusive) && queued[candidate.want as usize];
        if writes
            && let Some(group) = members.get_mut(&of(candidate.want))
            && !held(candidate).any(|from| of(from) == of(candidate.want))
        {
            group.push(at);
        }
    }
    let mut groups: Vec<Vec<usize>> = members.into_values().collect();
    groups.retain(|group| can_close(history, group, &candidates));
    finish(history, &candidates, &groups)
}

/// Everything that waits.
fn candidates(history: &History) -> Vec<Candidate> {
    let locks = history.locks.len() as u32;
    let requests = history.lives.iter().filter_map(|life| life.request);
    let stuck: HashSet<u32, Hashing> = requests.map(|request| request.node).collect();
    let mut found = Vec::new();
    for (number, node) in (0..).zip(history.nodes.all()) {
        let (want, mode) = match node.aim() {
            Aim::Try(_) => continue,
            // Asked for, and refused or taken in time.
            Aim::Take(_) if !node.is_made && !stuck.contains(&number) => continue,
            Aim::Take(claim) => (claim.lock(), Some(claim.mode())),
            Aim::Join(child) => (locks + child, None),
        };
        let (node, thread, set) = (number, node.thread, node.set);
        found.push(Candidate { node, thread, want, mode, set });
    }
    found
}

/// By thread: whether somebody waits for its end.
fn joined(history: &History, candidates: &[Candidate]) -> Vec<bool> {
    let mut joined = vec![false; history.lives.len()];
    for candidate in candidates.iter().filter(|candidate| candidate.mode.is_none()) {
        joined[candidate.want as usize - history.locks.len()] = true;
    }
    joined
}

/// By lock: whether somebody wants it who queues behind writers.
fn queued(history: &History, candidates: &[Candidate]) -> Vec<bool> {
    let mut queued = vec![false; history.locks.len()];
    for candidate in candidates {
        if candidate.mode.is_some_and(Mode::queues_behind_writers) {
            queued[candidate.want as usize] = true;
        }
    }
    queued
}

fn can_close(history: &History, group: &[usize], candidates: &[Candidate]) -> bool {
    let mut members = group.iter().map(|at| &candidates[*at]);
    let Some(first) = members.next() else { return false };
    let mut gates: Vec<Claim> = history.sets.get(first.set).to_vec();
    gates.retain(|claim| !claim.mode().is_read());
    // Who holds a lock whose guards travel is not known.
    gates.retain(|claim| !history.travelling.contains(&claim.lock()));
    let mut is_alone = true;
    for member in members {
        is_alone &= member.thread == first.thread;
        let held = history.sets.get(member.set);
        // Two who read behind a third one's gate can meet.
        let is_kept = |gate: &Claim| {
            held.iter().any(|claim| claim.lock() == gate.lock() && !claim.mode().is_read())
        };
        gates.retain(is_kept);
        if !is_alone && gates.is_empty() {
            return true;
        }
    }
    !is_alone && gates.is_empty()
}

fn finish(history: &History, candidates: &[Candidate], groups: &[Vec<usize>]) -> Vec<Group> {
    let mut instances = instances(history, candidates, groups);
    let mut finished: Vec<Vec<(Step, Attempt)>> = Vec::new();
    for group in groups {
        let mut attempts = Vec::new();
        for at in group {
            let candidate = &candidates[*at];
            let held = history.sets.get(candidate.set).iter().copied();
            let attempt = Attempt {
                thread: candidate.thread,
                aim: history.nodes.all()[candidate.node as usize].aim(),
                held: held.filter(|claim| !history.travelling.contains(&claim.lock())).collect(),
                instances: instances.remove(&candidate.node).unwrap_or_default(),
            };
            attempts.push((attempt.step(history, SiteId::UNKNOWN), attempt));
        }
        attempts.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
        finished.push(attempts);
    }
    finished.sort_unstable_by(|a, b| a[0].0.cmp(&b[0].0));
    finished
        .into_iter()
        .map(|group| group.into_iter().map(|(_, attempt)| attempt).collect())
        .collect()
}

/// By node of a group: where it was.
fn instances(
    history: &History,
    candidates: &[Candidate],
    groups: &[Vec<usize>],
) -> HashMap<u32, Vec<Instance>, Hashing> {
    let mut found: HashMap<u32, Vec<Instance>, Hashing> = HashMap::default();
    let mut is_wanted = vec![false; history.nodes.all().len()];
    let mut threads = vec![false; history.lives.len()];
    for candidate in groups.iter().flatten().map(|at| &candidates[*at]) {
        is_wanted[candidate.node as usize] = true;
        threads[candidate.thread as usize] = true;
    }
    for (life, _) in history.lives.iter().zip(threads).filter(|(_, is_wanted)| *is_wanted) {
        let sections = life.sections.iter().map(|section| (section.node, section.at, section.site));
        let waiting = |waiting: &Waiting| (waiting.node, waiting.at, waiting.site);
        let others = life.joins.iter().chain(&life.request).map(waiting);
        for (node, at, site) in sections.chain(others) {
            if is_wanted[node as usize] {
                found.entry(node).or_default().push(Instance { at, site });
            }
        }
    }
    // A request at the end comes after the sections, but a join may not.
    found.values_mut().for_each(|instances| instances.sort_unstable_by_key(|at| at.at));
    found
}
