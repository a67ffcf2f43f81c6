//! Every thread is blocked: what to show of it.
//!
//! Nobody is left to end a wait, so that much is certain, whoever could have. A circle explains it
//! best: one of certain edges, or one in which a thread waits for what another one has done before
//! (or would do, had it the lock that the first one holds). Where there is none, a signal has been
//! lost, or never was: then all that wait for signals are shown.

use std::collections::{HashMap, HashSet};

use super::{Because, Target, WaitCycle, Waits, trace_back};
use crate::id::{LockId, Signal, ThreadId};
use crate::slab::Hashing;

/// Who has given a signal before.
pub(crate) type Servers = HashMap<(LockId, Signal), Vec<ThreadId>, Hashing>;

/// What a standstill comes to.
pub(crate) enum Standstill {
    /// Threads in a circle.
    Circle(WaitCycle),
    /// Threads that wait for what nobody will do.
    Line(Vec<ThreadId>),
}

impl<S: Copy> Waits<S> {
    /// What to show if all threads are blocked.
    pub(crate) fn standstill(&self, servers: &Servers) -> Standstill {
        let mut threads: Vec<ThreadId> = self.blocked.keys().copied().collect();
        threads.sort_unstable();
        let certain = threads.iter().filter_map(|thread| self.deadlock(*thread));
        let circle = certain.min_by_key(Vec::len).or_else(|| {
            let through = threads.iter().filter_map(|thread| self.circle_through(*thread, servers));
            through.min_by_key(likeliest).map(|(_, circle)| circle)
        });
        match circle {
            Some(circle) => Standstill::Circle(circle),
            None => Standstill::Line(self.worth_showing(threads)),
        }
    }

    /// The likeliest circle in which `waiter` waits for a signal, and whether the one that it waits
    /// for has never given it.
    fn circle_through(&self, waiter: ThreadId, servers: &Servers) -> Option<(bool, WaitCycle)> {
        let (signal, object) = match self.get(waiter)?.target {
            Target::Signal(signal, object, _) => (signal, object),
            Target::Any(signal, object) => (signal, Some(object)),
            _ => return None,
        };
        let known = object.and_then(|object| servers.get(&(object, signal)));
        let holders = object.and_then(|object| self.holders.get(&object));
        let has = |list: Option<&Vec<ThreadId>>, thread: &ThreadId| {
            list.is_some_and(|list| list.contains(thread))
        };
        let is_known = |thread: &ThreadId| has(known, thread) || has(holders, thread);
        let mut others: Vec<ThreadId> = self.blocked.keys().copied().collect();
        // Who has done it before comes first.
        others.sort_unstable_by_key(|thread| (!is_known(thread), *thread));
        let paths = others.into_iter().filter(|other| *other != waiter).filter_map(|other| {
            let mut path = self.path(other, waiter, servers)?;
            path[0].1 = match object.filter(|_| has(holders, &other)) {
                Some(object) => Because::Holds(object),
                None => Because::Serves(signal, object),
            };
            let channel = matches!(signal, Signal::Message | Signal::Space);
            // Whoever but waits for the end of the waiter may have done all that it had to do.
            let is_held_up = path.iter().any(|(_, because)| is_hold(because));
            (is_held_up || channel && is_known(&other)).then_some((!is_known(&other), path))
        });
        paths.min_by_key(likeliest)
    }

    /// The shortest way on which `from` waits for `to`: each thread with why it stands in the way of
    /// the one before it; the reason of the first is to be filled in, and that of `to` closes it.
    fn path(&self, from: ThreadId, to: ThreadId, servers: &Servers) -> Option<WaitCycle> {
        let mut before: HashMap<ThreadId, (ThreadId, Because), Hashing> = HashMap::default();
        let mut seen: HashSet<ThreadId, Hashing> = HashSet::from_iter([from]);
        let mut queue = vec![from];
        let mut at = 0;
        while at < queue.len() {
            let thread = queue[at];
            at += 1;
            for (next, because) in self.in_the_way_of(thread, servers) {
                if next == to {
                    let mut cycle = trace_back(&before, from, thread, Because::Runs);
                    cycle.push((to, because));
                    return Some(cycle);
                }
                if self.blocked.contains_key(&next) && seen.insert(next) {
                    before.insert(next, (thread, because));
                    queue.push(next);
                }
            }
        }
        None
    }

    fn in_the_way_of(&self, thread: ThreadId, servers: &Servers) -> Vec<(ThreadId, Because)> {
        let mut found = self.waits_for(thread);
        found.retain(|(_, because)| !matches!(because, Because::Left(_)));
        if let Some(Target::Signal(signal, Some(object), _)) = self.get(thread).map(|b| &b.target) {
            // Permits come from those who have them, all else from those who gave it before.
            let holders = self.holders.get(object).into_iter().flatten();
            let known = servers.get(&(*object, *signal)).into_iter().flatten();
            let because = Because::Serves(*signal, Some(*object));
            let holders = holders.map(|other| (*other, Because::Holds(*object)));
            let both = holders.chain(known.map(|other| (*other, because)));
            found.extend(both.filter(|(other, _)| *other != thread));
        }
        found
    }

    /// Those that wait for more than the end of others.
    fn worth_showing(&self, threads: Vec<ThreadId>) -> Vec<ThreadId> {
        let joins = |thread: &ThreadId| {
            let target = self.get(*thread).map(|blocked| &blocked.target);
            matches!(target, Some(Target::Ends(_) | Target::Returns(_)))
        };
        let (joining, waiting): (Vec<_>, Vec<_>) = threads.into_iter().partition(joins);
        if waiting.is_empty() { joining } else { waiting }
    }
}

/// Any thread could give a signal, but whoever has done so is who is waited for: of a pool whose
/// workers receive under a lock, not another worker, which waits for that lock.
fn likeliest((is_a_guess, circle): &(bool, WaitCycle)) -> (bool, usize) {
    (*is_a_guess, circle.len())
}

fn is_hold(because: &Because) -> bool {
    matches!(because, Because::Holds(_) | Because::Queues(_))
}
