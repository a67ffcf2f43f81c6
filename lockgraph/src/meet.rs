//! Who waits for what at an object that is no lock, and what whoever serves there needs first: the
//! evidence for waits that have not hung yet.
//!
//! A *wait* is that of a thread which holds locks, without a time limit. A *service* is what ends
//! such waits: a send, a notification, an arrival, a permit given. Its *needs* are the locks that its
//! thread held then, or had waited for since its service before.
//!
//! A wait under a lock can last for ever if every service by another thread that could come to it
//! needs this lock, in a mode that the hold shuts out. At a barrier everybody must come, so one is
//! enough. A service that is over before the wait begins, by spawn, join or messages, could not come.
//!
//! Of one span's services at one object only what all of them need is kept, so that a thread in a
//! loop adds little. An object with more than [`MOST`] entries is given up, with all that is in
//! doubt. Adding is O(entries of the object), judging O(waits * services). No locking inside.

mod ends;

use std::collections::HashMap;

use crate::held::Hold;
use crate::id::{LockId, Signal, ThreadId};
use crate::slab::Hashing;
use crate::span::{SpanId, Spans};
pub(crate) use ends::{Ends, Join, StuckJoin, Take};

/// Waits and services of one object. One that has more is not judged.
const MOST: usize = 256;

/// Objects that are kept. Others are not judged.
const MOST_OBJECTS: usize = 1 << 18;

/// A thread waits at an object, or serves there; where a site is an `S`.
#[derive(Clone, Debug)]
pub(crate) struct Meeting<S> {
    pub(crate) thread: ThreadId,
    pub(crate) span: SpanId,
    pub(crate) signal: Signal,
    pub(crate) role: Role,
    pub(crate) site: S,
    /// What a wait holds, what a service needs; oldest first.
    pub(crate) locks: Vec<Hold<S>>,
}

/// Which side of a wait.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Role {
    Waits,
    Serves,
}

/// A wait that may last for ever: the lock is the hold at that place, and the service needs it.
#[derive(Debug)]
pub(crate) struct Foreseen<'a, S> {
    pub(crate) object: LockId,
    pub(crate) wait: &'a Meeting<S>,
    pub(crate) hold: usize,
    pub(crate) service: &'a Meeting<S>,
    pub(crate) need: &'a Hold<S>,
}

struct Object<S> {
    meetings: Vec<Meeting<S>>,
    /// More came than are kept.
    is_crowded: bool,
}

/// What became of an entry.
enum Taken {
    /// It is a new one.
    Added(usize),
    /// One that was there lost some of its needs.
    Narrowed(usize),
    /// It says nothing new.
    Known,
    /// There is no room.
    Not,
}

/// All objects that live.
pub(crate) struct Meetings<S> {
    objects: HashMap<LockId, Object<S>, Hashing>,
    /// Objects that are not judged because there were too many, or too much at them.
    pub(crate) left_out: u64,
}

impl<S> Default for Meetings<S> {
    fn default() -> Meetings<S> {
        Meetings { objects: HashMap::default(), left_out: 0 }
    }
}

impl<S: Copy> Meetings<S> {
    /// Takes note. Returns what is new, for who writes it down: nothing as long as nobody waits
    /// there, then all of it.
    pub(crate) fn add(
        &mut self,
        object: LockId,
        meeting: Meeting<S>,
        spans: &mut Spans,
    ) -> Vec<Meeting<S>> {
        if !self.objects.contains_key(&object) && self.objects.len() >= MOST_OBJECTS {
            self.left_out += 1;
            return Vec::new();
        }
        let new = || Object { meetings: Vec::new(), is_crowded: false };
        let at = self.objects.entry(object).or_insert_with(new);
        let was_waited_at = at.is_waited_at();
        let place = match at.take_in(meeting) {
            Taken::Added(place) => {
                spans.retain(at.meetings[place].span);
                place
            }
            Taken::Narrowed(place) => place,
            Taken::Known => return Vec::new(),
            Taken::Not => {
                self.left_out += u64::from(!std::mem::replace(&mut at.is_crowded, true));
                return Vec::new();
            }
        };
        match (was_waited_at, at.is_waited_at()) {
            (true, _) => vec![at.meetings[place].clone()],
            (false, true) => at.meetings.clone(),
            (false, false) => Vec::new(),
        }
    }

    /// What all services of this span there need, as far as is known.
    pub(crate) fn needs(&self, object: LockId, span: SpanId, signal: Signal) -> &[Hold<S>] {
        let meetings = self.objects.get(&object).map_or(&[][..], |object| &object.meetings);
        let is_it = |m: &&Meeting<S>| m.is_service(signal) && m.span == span;
        meetings.iter().find(is_it).map_or(&[], |service| &service.locks)
    }

    /// The waits at this object that may last for ever.
    pub(crate) fn judge(&self, object: LockId, spans: &Spans) -> Vec<Foreseen<'_, S>> {
        let Some(at) = self.objects.get(&object) else { return Vec::new() };
        let waits = at.meetings.iter().filter(|meeting| meeting.role == Role::Waits);
        waits.filter_map(|wait| at.foresee(object, wait, spans)).collect()
    }

    /// The objects at which somebody waited, in order.
    pub(crate) fn objects(&self) -> Vec<LockId> {
        let waited = self.objects.iter().filter(|(_, object)| object.is_waited_at());
        let mut objects: Vec<LockId> = waited.map(|(id, _)| *id).collect();
        objects.sort_unstable();
        objects
    }

    /// The object is gone.
    pub(crate) fn remove(&mut self, object: LockId, spans: &mut Spans) {
        let Some(gone) = self.objects.remove(&object) else { return };
        gone.meetings.iter().for_each(|meeting| spans.release(meeting.span));
    }
}

impl<S> Meeting<S> {
    fn is_service(&self, signal: Signal) -> bool {
        self.role == Role::Serves && self.signal == signal
    }
}

impl<S: Copy> Object<S> {
    fn is_waited_at(&self) -> bool {
        self.meetings.iter().any(|meeting| meeting.role == Role::Waits)
    }

    fn take_in(&mut self, meeting: Meeting<S>) -> Taken {
        let is_like = |m: &Meeting<S>| m.is_service(meeting.signal) && m.span == meeting.span;
        let like = match meeting.role {
            Role::Serves => self.meetings.iter().position(is_like),
            Role::Waits => None,
        };
        if let Some(place) = like {
            let before = &mut self.meetings[place].locks;
            let count = before.len();
            before.retain(|need| meeting.locks.iter().any(|other| is_same(need, other)));
            return if before.len() < count { Taken::Narrowed(place) } else { Taken::Known };
        }
        if self.meetings.len() >= MOST {
            return Taken::Not;
        }
        self.meetings.push(meeting);
        Taken::Added(self.meetings.len() - 1)
    }

    fn foresee<'a>(
        &'a self,
        object: LockId,
        wait: &'a Meeting<S>,
        spans: &Spans,
    ) -> Option<Foreseen<'a, S>> {
        if self.is_crowded {
            return None;
        }
        let could_come = |service: &&Meeting<S>| {
            let is_over = |order: crate::span::Ordered| order.first == service.thread;
            service.is_service(wait.signal)
                && service.thread != wait.thread
                && !spans.ordered(service.span, wait.span).is_some_and(is_over)
        };
        let services: Vec<&Meeting<S>> = self.meetings.iter().filter(could_come).collect();
        wait.locks.iter().enumerate().find_map(|(hold, held)| {
            let needs = |service: &&'a Meeting<S>| {
                let is_it =
                    |need: &&Hold<S>| need.lock == held.lock && need.mode.waits_for(held.mode);
                Some((*service, service.locks.iter().find(is_it)?))
            };
            let mut stuck = services.iter().filter_map(needs);
            let (service, need) = stuck.next()?;
            let all = stuck.count() + 1 == services.len();
            let is_certain = all || wait.signal == Signal::Arrival;
            is_certain.then_some(Foreseen { object, wait, hold, service, need })
        })
    }
}

fn is_same<S>(first: &Hold<S>, second: &Hold<S>) -> bool {
    first.lock == second.lock && first.mode == second.mode
}

#[cfg(test)]
mod tests;
