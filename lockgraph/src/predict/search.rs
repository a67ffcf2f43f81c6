//! All circles of attempts in a group: abstract deadlock patterns.
//!
//! Depth-first from each attempt over later ones, so every circle is met once, at its first
//! attempt. A candidate is turned down at once if its thread is on the path, if something that it
//! holds shuts out what is held on the path, or if what it wants is wanted there already. The last
//! does not lose a deadlock: of two that want the same, one is in a shorter circle. But a reader
//! and the writer whom it stands behind in the queue want the same lock.
//!
//! Exponential in the worst case, and so bounded by a budget of candidates. Short circles come
//! first, so that a spent budget leaves out long ones. Iterative; no locking inside.

use std::collections::HashMap;

use super::attempts::Attempt;
use super::nodes::Aim;
use crate::id::Mode;
use crate::slab::Hashing;

/// Circles of up to this length are looked for before longer ones.
const SHORT: usize = 3;

/// How an attempt stands in the way of another.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Way {
    Holds,
    Queues,
}

/// Hands the circles of `group` to `found`, as numbers of its attempts: each is blocked by the next
/// one, the last by the first. Returns whether there may be more: the budget is spent, or there are
/// paths longer than `longest`.
pub(super) fn circles(
    group: &[Attempt],
    longest: usize,
    budget: &mut u64,
    mut found: impl FnMut(&[u32]),
) -> bool {
    let mut search = Search::new(group);
    let mut is_cut = false;
    for (shortest, longest) in [(2, longest.min(SHORT)), (SHORT + 1, longest)] {
        if shortest > longest {
            continue;
        }
        search.is_bounded = false;
        for start in 0..group.len() as u32 {
            search.from(start, (shortest, longest), budget, &mut found);
            if *budget == 0 {
                return true;
            }
        }
        is_cut = search.is_bounded;
        if !is_cut {
            break;
        }
    }
    is_cut
}

struct Search {
    members: Vec<Member>,
    /// By what is wanted: who is in the way because of what it holds, or of its thread.
    holders: Vec<Vec<u32>>,
    /// By what is wanted: who wants to write it.
    writers: Vec<Vec<u32>>,
    path: Vec<(u32, Way)>,
    /// By thread: whether it is on the path.
    threads: Vec<bool>,
    /// By what can be wanted: how many on the path want it.
    wants: Vec<u32>,
    /// By lock and mode: how many on the path hold it.
    holds: Vec<[u32; Mode::ALL.len()]>,
    /// A path was left because of its length.
    is_bounded: bool,
}

/// An attempt, with numbers that are small in its group.
struct Member {
    thread: u32,
    want: u32,
    /// `None`: it is a join.
    mode: Option<Mode>,
    held: Vec<(u32, Mode)>,
}

/// Numbers for what is wanted and held in a group.
#[derive(Default)]
struct Local(HashMap<(bool, u32), u32, Hashing>);

impl Local {
    fn lock(&mut self, lock: u32) -> u32 {
        self.number((false, lock))
    }

    fn end(&mut self, thread: u32) -> u32 {
        self.number((true, thread))
    }

    fn number(&mut self, what: (bool, u32)) -> u32 {
        let next = self.0.len() as u32;
        *self.0.entry(what).or_insert(next)
    }
}

impl Search {
    fn new(group: &[Attempt]) -> Search {
        let (mut wanted, mut threads) = (Local::default(), Local::default());
        let members: Vec<Member> = group
            .iter()
            .map(|attempt| Member {
                thread: threads.end(attempt.thread),
                want: match attempt.aim {
                    Aim::Take(claim) | Aim::Try(claim) => wanted.lock(claim.lock()),
                    Aim::Join(child) => wanted.end(child),
                },
                mode: match attempt.aim {
                    Aim::Take(claim) | Aim::Try(claim) => Some(claim.mode()),
                    Aim::Join(_) => None,
                },
                held: attempt
                    .held
                    .iter()
                    .map(|claim| (wanted.lock(claim.lock()), claim.mode()))
                    .collect(),
            })
            .collect();
        let vertices = wanted.0.len();
        let mut holders = vec![Vec::new(); vertices];
        let mut writers = vec![Vec::new(); vertices];
        for (at, (member, attempt)) in (0..).zip(members.iter().zip(group)) {
            let end = wanted.0.get(&(true, attempt.thread)).copied();
            for vertex in member.held.iter().map(|(lock, _)| *lock).chain(end) {
                let list: &mut Vec<u32> = &mut holders[vertex as usize];
                if list.last() != Some(&at) {
                    list.push(at);
                }
            }
            if member.mode == Some(Mode::Exclusive) {
                writers[member.want as usize].push(at);
            }
        }
        Search {
            members,
            holders,
            writers,
            path: Vec::new(),
            threads: vec![false; threads.0.len()],
            wants: vec![0; vertices],
            holds: vec![[0; Mode::ALL.len()]; vertices],
            is_bounded: false,
        }
    }

    fn from(
        &mut self,
        start: u32,
        (shortest, longest): (usize, usize),
        budget: &mut u64,
        found: &mut impl FnMut(&[u32]),
    ) {
        self.push(start, Way::Holds);
        // How far each member of the path has gone through those in its way.
        let mut next = vec![0];
        while let Some(at) = next.last_mut() {
            let Some((candidate, way)) = self.blocker(*at) else {
                next.pop();
                self.pop();
                continue;
            };
            *at += 1;
            if *budget == 0 {
                while !self.path.is_empty() {
                    self.pop();
                }
                return;
            }
            *budget -= 1;
            if candidate == start {
                if self.path.len() >= shortest && self.closes(way) {
                    let circle: Vec<u32> = self.path.iter().map(|(member, _)| *member).collect();
                    found(&circle);
                    // Whatever is kept of it has room for what is held: thousands of locks, perhaps.
                    let held = circle.iter().map(|at| self.member(*at).held.len() as u64);
                    *budget = budget.saturating_sub(held.sum());
                }
            } else if candidate > start && self.fits(candidate, way) {
                if self.path.len() == longest {
                    self.is_bounded = true;
                } else {
                    self.push(candidate, way);
                    next.push(0);
                }
            }
        }
    }

    fn member(&self, at: u32) -> &Member {
        &self.members[at as usize]
    }

    fn start(&self) -> &Member {
        self.member(self.path[0].0)
    }

    fn last(&self) -> (&Member, Way) {
        let (last, way) = self.path[self.path.len() - 1];
        (self.member(last), way)
    }

    /// The `at`-th that may be in the way of the last one of the path.
    fn blocker(&self, at: usize) -> Option<(u32, Way)> {
        let (last, _) = self.last();
        let holders = &self.holders[last.want as usize];
        if let Some(holder) = holders.get(at) {
            return Some((*holder, Way::Holds));
        }
        if !last.mode.is_some_and(Mode::queues_behind_writers) {
            return None;
        }
        let writer = self.writers[last.want as usize].get(at - holders.len())?;
        Some((*writer, Way::Queues))
    }

    /// Whether `candidate` may come next on the path.
    fn fits(&self, candidate: u32, way: Way) -> bool {
        let candidate = self.member(candidate);
        let wanted = self.wants[candidate.want as usize];
        let is_free = wanted == 0 || wanted == 1 && self.may_queue_for_start(candidate);
        // A writer wants what the reader behind it wants, and nobody else on the path does.
        (is_free || way == Way::Queues)
            && !self.has_to_close()
            && !self.threads[candidate.thread as usize]
            && self.blocks(candidate, way)
            && candidate.held.iter().all(|(lock, mode)| self.is_compatible(*lock, *mode))
    }

    /// Whether the member of the path that wants the same is the start, a writer, and this one
    /// stands behind it.
    fn may_queue_for_start(&self, candidate: &Member) -> bool {
        let start = self.start();
        start.want == candidate.want
            && start.mode == Some(Mode::Exclusive)
            && candidate.mode.is_some_and(Mode::queues_behind_writers)
    }

    /// Whether the last one of the path was let on because it stands behind the start.
    fn has_to_close(&self) -> bool {
        self.path.len() > 1 && self.may_queue_for_start(self.last().0)
    }

    /// Whether `candidate` is in the way of the last one of the path in this way.
    fn blocks(&self, candidate: &Member, way: Way) -> bool {
        let (last, last_way) = self.last();
        let Some(mode) = last.mode else { return true };
        match (way, last_way) {
            (Way::Queues, _) => true,
            (Way::Holds, Way::Queues) => candidate.only_reads(last.want),
            (Way::Holds, Way::Holds) => {
                let mut held = candidate.held.iter();
                held.any(|(lock, held)| *lock == last.want && mode.waits_for(*held))
            }
        }
    }

    /// Whether the start is in the way of the last one of the path in this way.
    fn closes(&self, way: Way) -> bool {
        let start = self.start();
        match way {
            Way::Holds => !self.has_to_close() && self.blocks(start, way),
            Way::Queues => {
                let second = self.path.get(1).map(|(second, _)| self.member(*second));
                self.has_to_close() && second.is_some_and(|second| second.only_reads(start.want))
            }
        }
    }

    fn is_compatible(&self, lock: u32, mode: Mode) -> bool {
        let holds = &self.holds[lock as usize];
        Mode::ALL.iter().all(|held| holds[*held as usize] == 0 || !mode.waits_for(*held))
    }

    fn push(&mut self, member: u32, way: Way) {
        self.path.push((member, way));
        self.count(member, 1);
    }

    fn pop(&mut self) {
        if let Some((member, _)) = self.path.pop() {
            self.count(member, -1);
        }
    }

    fn count(&mut self, member: u32, change: i32) {
        let Search { members, threads, wants, holds, .. } = self;
        let member = &members[member as usize];
        let add = |count: &mut u32| *count = count.wrapping_add_signed(change);
        threads[member.thread as usize] = change > 0;
        add(&mut wants[member.want as usize]);
        for (lock, mode) in &member.held {
            add(&mut holds[*lock as usize][*mode as usize]);
        }
    }
}

impl Member {
    /// Whether it holds `lock` as a plain reader. A writer stops others by its place in the queue
    /// only while it waits for readers to leave: one that waits for an upgradable hold does not.
    fn only_reads(&self, lock: u32) -> bool {
        let mut held = self.held.iter().filter(|(held, _)| *held == lock).peekable();
        held.peek().is_some() && held.all(|(_, mode)| mode.is_read())
    }
}
