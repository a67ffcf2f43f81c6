//! Which parts of the threads' lives can overlap, judged by spawn, join and messages alone.
//!
//! A *span* is a stretch of one thread's life between two spawns, joins or messages of its own. It
//! knows, as a vector clock, which stretches of other threads are over for certain when it begins.
//! The order in which locks were handed over is left out on purpose: it would put every observed
//! inversion in an order, and with it every deadlock that a different schedule would meet.
//!
//! A message is whatever one thread does and another waits for: a send, a notification, an arrival
//! at a barrier, an initialisation. Who sends closes the segment that it is in, and whoever receives
//! learns that this segment is over ([`Spans::send`], [`Spans::receive`]). Only what bears witness is
//! worth learning: a segment in which nothing was marked is not closed, and news of it are none. So
//! two threads that go on sending to each other reach a state in which nothing is new.
//!
//! Clocks name only threads that still matter: those alive, and those that some witness in the
//! graph names. So they stay small in a program that spawns a thread for every request.
//!
//! Comparing is O(log clock), a spawn, a join or news O(clock). No locking inside.

use std::collections::{HashMap, VecDeque};

use crate::id::{LockKind, ThreadId};
use crate::slab::{Hashing, Slab};

/// A stretch of one thread's life.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(crate) struct SpanId(pub u32);

/// What a span is: whose, which, and what is over before it begins.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Span {
    /// Whose.
    pub(crate) thread: ThreadId,
    /// Counts the thread's spawns, joins and messages.
    pub(crate) segment: u32,
    /// What is over, sorted by thread.
    pub(crate) clock: Clock,
}

/// What is over of several threads, sorted by thread.
pub(crate) type Clock = Vec<Over>;

/// Part of a thread's life that is over.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Over {
    /// Whose.
    pub thread: ThreadId,
    /// Everything up to and with this segment.
    pub segment: u32,
    /// What sort of object the message went through by which this is known; `None` if it is known
    /// by spawn and join.
    pub by: Option<LockKind>,
}

/// Ended threads whose clocks are kept for a join that may still come.
const KEPT_ENDED: usize = 4096;

/// Closed segments of one thread, each with another clock, of which it is kept what was over before
/// them. Of a message that is older than these, only what its sender did itself is known.
const KEPT_CLOSED: usize = 64;

struct Life {
    span: SpanId,
    ended: bool,
    /// Ended a short while ago: may still be joined.
    lingers: bool,
    /// Witnesses that name this thread.
    witnesses: u32,
    /// The latest segment in which something was marked.
    marked: Option<u32>,
    /// The latest segment that was closed to send.
    sent: Option<u32>,
    /// The clocks of the segments that were closed to send, where they changed.
    closed: VecDeque<(u32, Clock)>,
}

impl Life {
    fn new(span: SpanId) -> Life {
        Life {
            span,
            ended: false,
            lingers: false,
            witnesses: 0,
            marked: None,
            sent: None,
            closed: VecDeque::new(),
        }
    }

    /// What was over before a segment that was closed to send.
    fn before(&self, segment: u32) -> &[Over] {
        let before = self.closed.iter().rev().find(|(from, _)| *from <= segment);
        before.map_or(&[], |(_, clock)| clock)
    }
}

struct Stored {
    span: Span,
    /// Witnesses of this span, plus one while it is its thread's current span.
    uses: u32,
}

/// All spans that are current or named by a witness.
#[derive(Default)]
pub(crate) struct Spans {
    stored: Slab<Stored>,
    lives: HashMap<ThreadId, Life, Hashing>,
    ended: VecDeque<ThreadId>,
}

impl Spans {
    /// The span that `thread` is in. A thread never heard of begins now, with no past.
    pub(crate) fn current(&mut self, thread: ThreadId) -> SpanId {
        if let Some(life) = self.lives.get(&thread) {
            return life.span;
        }
        self.enter(Span { thread, segment: 0, clock: Vec::new() })
    }

    /// What a span is.
    pub(crate) fn get(&self, span: SpanId) -> &Span {
        &self.stored[span.0].span
    }

    /// `parent` begins `child`: what `parent` did so far is over before `child` begins.
    pub(crate) fn fork(&mut self, parent: ThreadId, child: ThreadId) {
        let current = self.current(parent);
        let Span { segment, clock, .. } = self.get(current).clone();
        let mut past = self.still_needed(clock.clone());
        insert(&mut past, Over { thread: parent, segment, by: None });
        self.enter(Span { thread: child, segment: 0, clock: past });
        self.enter(Span { thread: parent, segment: segment + 1, clock });
    }

    /// `parent` has waited for the end of `child`: all of `child` is over.
    pub(crate) fn join(&mut self, parent: ThreadId, child: ThreadId) {
        let Some(ended) = self.lives.get(&child).map(|life| life.span) else { return };
        let Span { segment: last, clock: known, .. } = self.get(ended).clone();
        let current = self.current(parent);
        let Span { segment, mut clock, .. } = self.get(current).clone();
        for over in known.into_iter().filter(|over| over.thread != parent) {
            insert(&mut clock, over);
        }
        insert(&mut clock, Over { thread: child, segment: last, by: None });
        let clock = self.still_needed(clock);
        self.enter(Span { thread: parent, segment: segment + 1, clock });
    }

    /// What `thread` does now is to be told from what it does after its next message.
    pub(crate) fn mark(&mut self, thread: ThreadId) {
        let span = self.current(thread);
        let segment = self.get(span).segment;
        if let Some(life) = self.lives.get_mut(&thread) {
            life.marked = Some(segment);
        }
    }

    /// `thread` sends a message: what it did up to and with the segment that is returned is over
    /// when that is received. `None`: nothing that anybody would want to know.
    pub(crate) fn send(&mut self, thread: ThreadId) -> Option<u32> {
        let span = self.current(thread);
        let Span { segment, clock, .. } = &self.stored[span.0].span;
        let next = segment.checked_add(1)?;
        let life = self.lives.get_mut(&thread)?;
        let is_same = life.closed.back().map_or(&[][..], |(_, clock)| clock) == &clock[..];
        if is_same && life.marked <= life.sent {
            return life.sent;
        }
        let (segment, clock) = (*segment, clock.clone());
        if !is_same {
            life.closed.push_back((segment, clock.clone()));
            if life.closed.len() > KEPT_CLOSED {
                life.closed.pop_front();
            }
        }
        life.sent = Some(segment);
        self.enter(Span { thread, segment: next, clock });
        Some(segment)
    }

    /// `thread` has received what `sender` sent as it closed `segment`, through an object of this
    /// kind. Returns whether that was news.
    pub(crate) fn receive(
        &mut self,
        thread: ThreadId,
        (sender, segment): (ThreadId, u32),
        by: LockKind,
    ) -> bool {
        let current = self.current(thread);
        let Span { segment: own, mut clock, .. } = self.get(current).clone();
        let Some(next) = own.checked_add(1) else { return false };
        let Some(life) = self.lives.get(&sender) else { return false };
        let told = life.before(segment).iter().map(|over| (over.thread, over.segment));
        let mut is_news = false;
        for (whose, segment) in told.chain([(sender, segment)]) {
            if whose != thread && self.is_news(&clock, whose, segment) {
                insert(&mut clock, Over { thread: whose, segment, by: Some(by) });
                is_news = true;
            }
        }
        if is_news {
            let clock = self.still_needed(clock);
            self.enter(Span { thread, segment: next, clock });
        }
        is_news
    }

    /// Whether something was marked in the segments of a thread that `clock` does not know, up to
    /// and with this one.
    fn is_news(&self, clock: &[Over], thread: ThreadId, segment: u32) -> bool {
        let known = find(clock, thread).ok().map(|at| clock[at].segment);
        let marked = self.lives.get(&thread).and_then(|life| life.marked);
        known < Some(segment) && known < marked
    }

    /// The last segment of `other` that is over where `thread` is.
    pub(crate) fn known_of(&self, thread: ThreadId, other: ThreadId) -> Option<u32> {
        let clock = &self.get(self.lives.get(&thread)?.span).clock;
        find(clock, other).ok().map(|at| clock[at].segment)
    }

    /// `thread` has ended.
    pub(crate) fn end(&mut self, thread: ThreadId) {
        let Some(life) = self.lives.get_mut(&thread) else { return };
        if std::mem::replace(&mut life.ended, true) {
            return;
        }
        life.lingers = true;
        self.ended.push_back(thread);
        if self.ended.len() > KEPT_ENDED
            && let Some(oldest) = self.ended.pop_front()
            && let Some(life) = self.lives.get_mut(&oldest)
        {
            life.lingers = false;
            self.forget_if_unused(oldest);
        }
    }

    /// Whether `thread` has ended, or was never heard of.
    pub(crate) fn has_ended(&self, thread: ThreadId) -> bool {
        self.lives.get(&thread).is_none_or(|life| life.ended)
    }

    /// Whether a report may still name `thread`.
    pub(crate) fn is_needed(&self, thread: ThreadId) -> bool {
        self.lives.get(&thread).is_some_and(|life| !life.ended || life.witnesses > 0)
    }

    /// Enters a span read from a trace and makes it its thread's current one.
    pub(crate) fn enter(&mut self, span: Span) -> SpanId {
        let thread = span.thread;
        let id = SpanId(self.stored.insert(Stored { span, uses: 1 }));
        match self.lives.get_mut(&thread) {
            Some(life) => {
                let before = std::mem::replace(&mut life.span, id);
                self.drop_use(before);
            }
            None => {
                self.lives.insert(thread, Life::new(id));
            }
        }
        id
    }

    /// A witness names `span` from now on.
    pub(crate) fn retain(&mut self, span: SpanId) {
        self.stored[span.0].uses += 1;
        let Span { thread, segment, .. } = self.stored[span.0].span;
        if let Some(life) = self.lives.get_mut(&thread) {
            life.witnesses += 1;
            life.marked = life.marked.max(Some(segment));
        }
    }

    /// A witness that named `span` is gone.
    pub(crate) fn release(&mut self, span: SpanId) {
        let thread = self.stored[span.0].span.thread;
        if let Some(life) = self.lives.get_mut(&thread) {
            life.witnesses -= 1;
        }
        self.drop_use(span);
        self.forget_if_unused(thread);
    }

    /// Whether one of two spans of different threads is over before the other begins.
    pub(crate) fn ordered(&self, a: SpanId, b: SpanId) -> Option<Ordered> {
        let (first, second) = (self.get(a), self.get(b));
        order(first, second).or_else(|| order(second, first))
    }

    fn drop_use(&mut self, span: SpanId) {
        let stored = &mut self.stored[span.0];
        stored.uses -= 1;
        if stored.uses == 0 {
            self.stored.remove(span.0);
        }
    }

    fn forget_if_unused(&mut self, thread: ThreadId) {
        if let Some(life) = self.lives.get(&thread)
            && life.ended
            && !life.lingers
            && life.witnesses == 0
        {
            let span = life.span;
            self.lives.remove(&thread);
            self.drop_use(span);
        }
    }

    /// Leaves out threads that have ended and that no witness names: nobody will ask for them.
    fn still_needed(&self, mut clock: Clock) -> Clock {
        clock.retain(|over| self.is_needed(over.thread));
        clock
    }
}

/// What `first` does is over before `second` begins.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Ordered {
    pub(crate) first: ThreadId,
    pub(crate) second: ThreadId,
    /// As in [`Over`].
    pub(crate) by: Option<LockKind>,
}

fn order(first: &Span, second: &Span) -> Option<Ordered> {
    let over = second.clock[find(&second.clock, first.thread).ok()?];
    let is_over = over.segment >= first.segment;
    is_over.then_some(Ordered { first: first.thread, second: second.thread, by: over.by })
}

fn find(clock: &[Over], thread: ThreadId) -> Result<usize, usize> {
    clock.binary_search_by_key(&thread, |over| over.thread)
}

/// Takes in what is over, unless that or more was known.
fn insert(clock: &mut Clock, over: Over) {
    match find(clock, over.thread) {
        Ok(at) if clock[at].segment < over.segment => clock[at] = over,
        Ok(_) => {}
        Err(at) => clock.insert(at, over),
    }
}

#[cfg(test)]
mod tests;
