//! Who can still go on: reduction of the wait-for graph, where a wait needs so many of so many.
//!
//! A blocked thread has needs: a lock needs each of its holders to go on, a join each thread, a
//! signal one of those who are known to give it (and the mutex that must be had again each of its
//! holders). Where nobody is known to give it, anybody may.
//! Threads that run may do anything, so whoever is not blocked satisfies; who is satisfied in all
//! its needs goes on and satisfies others; what is left at the end never will. That is the greatest
//! set of threads that nobody outside can free: one look is enough, for it only grows (Bracha and
//! Toueg, 1987; the models are those of Knapp's survey of the same year). A circle of locks is the
//! special case where all of all are needed, a knot the one where one is enough.
//!
//! Linear in threads and needs.

use std::collections::{HashMap, HashSet};

use super::{Because, Servers, Target, Waits};
use crate::id::ThreadId;
use crate::slab::Hashing;

/// A need that is not satisfied yet: so many of those who have it among their [`Dependents`].
type Missing = usize;
/// By thread: which needs are satisfied by one when it goes on, as waiter and number of the need.
type Dependents = HashMap<ThreadId, Vec<(ThreadId, usize)>, Hashing>;

/// The threads that nobody can free, in the order of their numbers, of blocked ones with their needs.
/// `told` gets those that go on in each round: all that need nobody of a later one.
pub(crate) fn reduce(
    blocked: Vec<(ThreadId, Vec<Need>)>,
    told: &mut dyn FnMut(&[ThreadId]),
) -> Vec<ThreadId> {
    let mut missing: HashMap<ThreadId, Vec<Missing>, Hashing> = HashMap::default();
    let mut dependents = Dependents::default();
    let mut free = Vec::new();
    for (thread, needs) in blocked {
        let left: Vec<Missing> = needs.iter().map(|need| need.missing).collect();
        for (number, need) in needs.into_iter().enumerate() {
            for of in need.of {
                dependents.entry(of).or_default().push((thread, number));
            }
        }
        if left.iter().all(|missing| *missing == 0) {
            free.push(thread);
        }
        missing.insert(thread, left);
    }
    let mut freed: HashSet<ThreadId, Hashing> = free.iter().copied().collect();
    while !free.is_empty() {
        told(&free);
        for thread in std::mem::take(&mut free) {
            for (waiter, number) in dependents.remove(&thread).unwrap_or_default() {
                let Some(left) = missing.get_mut(&waiter) else { continue };
                left[number] = left[number].saturating_sub(1);
                if left.iter().all(|missing| *missing == 0) && freed.insert(waiter) {
                    free.push(waiter);
                }
            }
        }
    }
    let mut stuck: Vec<ThreadId> =
        missing.into_keys().filter(|thread| !freed.contains(thread)).collect();
    stuck.sort_unstable();
    stuck
}

impl<S: Copy> Waits<S> {
    /// The blocked threads that nobody can free, as far as `servers` has all who give signals, in the
    /// order of their numbers.
    pub(crate) fn stuck(&self, servers: &Servers) -> Vec<ThreadId> {
        let blocked = self.blocked.keys().map(|thread| (*thread, self.needs(*thread, servers)));
        reduce(blocked.collect(), &mut |_| {})
    }

    pub(super) fn needs(&self, thread: ThreadId, servers: &Servers) -> Vec<Need> {
        // Each of those that stand in the way for certain must go on; who is gone never will.
        let certain = self.waits_for(thread);
        let gone =
            certain.iter().filter(|(_, because)| matches!(because, Because::Left(_))).count();
        let of: Vec<ThreadId> = certain
            .into_iter()
            .filter(|(_, because)| !matches!(because, Because::Left(_)))
            .map(|(other, _)| other)
            .collect();
        let mut needs = vec![Need { missing: of.len() + gone, of }];
        let target = self.get(thread).map(|blocked| &blocked.target);
        if let Some(Target::Signal(signal, Some(object), _)) = target
            && let Some(known) = servers.get(&(*object, *signal))
        {
            needs.push(self.one_of(thread, known));
        }
        needs
    }

    /// One of those who give the signal, of whom the waiter itself is none.
    fn one_of(&self, thread: ThreadId, servers: &[ThreadId]) -> Need {
        let of: Vec<ThreadId> = servers.iter().copied().filter(|s| *s != thread).collect();
        let runs = of.iter().any(|server| !self.blocked.contains_key(server));
        Need { missing: usize::from(!runs), of }
    }
}

/// So many of these threads must go on.
pub(crate) struct Need {
    pub(crate) missing: Missing,
    pub(crate) of: Vec<ThreadId>,
}
