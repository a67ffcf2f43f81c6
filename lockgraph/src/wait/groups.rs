//! Blocked threads, apart by whether they have anything to do with each other.
//!
//! Two threads do if one waits for the other, or might (it is known to give the signal), or both wait
//! for the same lock or object, or if both have to do with a third that is blocked. Who holds a lock
//! that nobody blocked wants has nothing to do with others who hold it.
//!
//! Linear, but for the union of sets, in threads, holds and those who give signals.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::{Blocked, Servers, Target, Waits};
use crate::id::{LockId, ThreadId};
use crate::slab::Hashing;

/// What can bring threads together.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Thing {
    Thread(ThreadId),
    Object(LockId),
}

/// Sets of things: each leads to another one of its set, in the end always to the same.
#[derive(Default)]
struct Sets(HashMap<Thing, Thing, Hashing>);

impl<S: Copy> Waits<S> {
    /// These threads in groups. Both the groups and their threads go by the lowest number.
    pub(crate) fn groups(&self, threads: &[ThreadId], servers: &Servers) -> Vec<Vec<ThreadId>> {
        let wanted: HashSet<LockId, Hashing> =
            self.blocked.values().flat_map(|blocked| objects(&blocked.target)).collect();
        let mut sets = Sets::default();
        for (thread, blocked) in &self.blocked {
            let held = blocked.held.iter().map(|hold| hold.lock);
            let objects = objects(&blocked.target).chain(held.filter(|lock| wanted.contains(lock)));
            let others = self.others(blocked, servers).map(Thing::Thread);
            for thing in objects.map(Thing::Object).chain(others) {
                sets.join(Thing::Thread(*thread), thing);
            }
        }
        let mut sorted = threads.to_vec();
        sorted.sort_unstable();
        let mut places = HashMap::<Thing, usize, Hashing>::default();
        let mut groups = BTreeMap::<usize, Vec<ThreadId>>::new();
        for thread in sorted {
            let next = places.len();
            let place = *places.entry(sets.first(Thing::Thread(thread))).or_insert(next);
            groups.entry(place).or_default().push(thread);
        }
        groups.into_values().collect()
    }

    /// The blocked threads that one waits for, or that give what it waits for.
    fn others<'a>(
        &'a self,
        blocked: &'a Blocked<S>,
        servers: &'a Servers,
    ) -> impl Iterator<Item = ThreadId> + 'a {
        let (ends, served) = match &blocked.target {
            Target::Ends(threads) | Target::Returns(threads) => (Some(threads), None),
            Target::Signal(signal, Some(object), _) | Target::Any(signal, object) => {
                (None, servers.get(&(*object, *signal)))
            }
            Target::Lock(..) | Target::Signal(_, None, _) => (None, None),
        };
        let all = ends.into_iter().chain(served).flatten().copied();
        all.filter(|thread| self.blocked.contains_key(thread))
    }
}

/// The locks and objects that a wait is for.
fn objects(target: &Target) -> impl Iterator<Item = LockId> + use<> {
    let (object, mutex) = match target {
        Target::Lock(lock, _) => (Some(*lock), None),
        Target::Signal(_, object, mutex) => (*object, *mutex),
        Target::Any(_, object) => (Some(*object), None),
        Target::Ends(_) | Target::Returns(_) => (None, None),
    };
    object.into_iter().chain(mutex)
}

impl Sets {
    /// What stands for the set of this.
    fn first(&mut self, mut thing: Thing) -> Thing {
        while let Some(next) = self.0.get(&thing).copied() {
            // Halves the way for those who come later.
            if let Some(after) = self.0.get(&next).copied() {
                self.0.insert(thing, after);
            }
            thing = next;
        }
        thing
    }

    fn join(&mut self, one: Thing, other: Thing) {
        let (one, other) = (self.first(one), self.first(other));
        if one != other {
            self.0.insert(other, one);
        }
    }
}
