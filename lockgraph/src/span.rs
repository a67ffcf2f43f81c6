//! Which parts of the threads' lives can overlap, judged by spawn and join alone.
//!
//! A *span* is a stretch of one thread's life between two spawns or joins of its own. It knows,
//! as a vector clock, which stretches of other threads are over for certain when it begins. The
//! order in which locks were handed over is left out on purpose: it would put every observed
//! inversion in an order, and with it every deadlock that a different schedule would meet.
//!
//! Clocks name only threads that still matter: those alive, and those that some witness in the
//! graph names. So they stay small in a program that spawns a thread for every request.
//!
//! Comparing is O(log clock), a spawn or join O(clock). No locking inside.

use std::collections::{HashMap, VecDeque};

use crate::id::ThreadId;
use crate::slab::{Hashing, Slab};

/// A stretch of one thread's life.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(crate) struct SpanId(pub u32);

/// What a span is: whose, which, and what is over before it begins.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Span {
    /// Whose.
    pub(crate) thread: ThreadId,
    /// Counts the thread's spawns and joins.
    pub(crate) segment: u32,
    /// Threads of which everything up to a segment is over, sorted.
    pub(crate) clock: Vec<(ThreadId, u32)>,
}

/// Ended threads whose clocks are kept for a join that may still come.
const KEPT_ENDED: usize = 4096;

struct Life {
    span: SpanId,
    ended: bool,
    /// Ended a short while ago: may still be joined.
    lingers: bool,
    /// Witnesses that name this thread.
    witnesses: u32,
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
        insert(&mut past, parent, segment);
        self.enter(Span { thread: child, segment: 0, clock: past });
        self.enter(Span { thread: parent, segment: segment + 1, clock });
    }

    /// `parent` has waited for the end of `child`: all of `child` is over.
    pub(crate) fn join(&mut self, parent: ThreadId, child: ThreadId) {
        let Some(ended) = self.lives.get(&child).map(|life| life.span) else { return };
        let Span { segment: last, clock: known, .. } = self.get(ended).clone();
        let current = self.current(parent);
        let Span { segment, mut clock, .. } = self.get(current).clone();
        for (thread, segment) in known.into_iter().filter(|(thread, _)| *thread != parent) {
            insert(&mut clock, thread, segment);
        }
        insert(&mut clock, child, last);
        let clock = self.still_needed(clock);
        self.enter(Span { thread: parent, segment: segment + 1, clock });
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
                self.lives
                    .insert(thread, Life { span: id, ended: false, lingers: false, witnesses: 0 });
            }
        }
        id
    }

    /// A witness names `span` from now on.
    pub(crate) fn retain(&mut self, span: SpanId) {
        self.stored[span.0].uses += 1;
        let thread = self.stored[span.0].span.thread;
        if let Some(life) = self.lives.get_mut(&thread) {
            life.witnesses += 1;
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
    /// Returns them in that order.
    pub(crate) fn ordered(&self, a: SpanId, b: SpanId) -> Option<(ThreadId, ThreadId)> {
        let (first, second) = (self.get(a), self.get(b));
        if is_over(first, second) {
            Some((first.thread, second.thread))
        } else if is_over(second, first) {
            Some((second.thread, first.thread))
        } else {
            None
        }
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
    fn still_needed(&self, mut clock: Vec<(ThreadId, u32)>) -> Vec<(ThreadId, u32)> {
        clock.retain(|(thread, _)| self.is_needed(*thread));
        clock
    }
}

fn is_over(first: &Span, second: &Span) -> bool {
    match second.clock.binary_search_by_key(&first.thread, |(thread, _)| *thread) {
        Ok(at) => second.clock[at].1 >= first.segment,
        Err(_) => false,
    }
}

fn insert(clock: &mut Vec<(ThreadId, u32)>, thread: ThreadId, segment: u32) {
    match clock.binary_search_by_key(&thread, |(thread, _)| *thread) {
        Ok(at) => clock[at].1 = clock[at].1.max(segment),
        Err(at) => clock.insert(at, (thread, segment)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAIN: ThreadId = ThreadId(0);
    const A: ThreadId = ThreadId(1);
    const B: ThreadId = ThreadId(2);

    fn ordered(spans: &Spans, a: SpanId, b: SpanId) -> Option<(u32, u32)> {
        spans.ordered(a, b).map(|(first, second)| (first.0, second.0))
    }

    /// A witness in every span, so that none is forgotten.
    fn mark(spans: &mut Spans, thread: ThreadId) -> SpanId {
        let span = spans.current(thread);
        spans.retain(span);
        span
    }

    #[test]
    fn spawn_and_join_order_and_nothing_else_does() {
        let mut spans = Spans::default();
        let before = mark(&mut spans, MAIN);
        spans.fork(MAIN, A);
        let during = mark(&mut spans, MAIN);
        let a = mark(&mut spans, A);
        assert_eq!(ordered(&spans, before, a), Some((0, 1)));
        assert_eq!(ordered(&spans, during, a), None);
        spans.end(A);
        spans.join(MAIN, A);
        let after = mark(&mut spans, MAIN);
        assert_eq!(ordered(&spans, after, a), Some((1, 0)));
        spans.fork(MAIN, B);
        let b = mark(&mut spans, B);
        assert_eq!(ordered(&spans, a, b), Some((1, 2)), "joined before the other was spawned");
        assert_eq!(ordered(&spans, before, b), Some((0, 2)));
    }

    #[test]
    fn a_join_by_somebody_else_carries_the_order_of_the_spawn() {
        let mut spans = Spans::default();
        spans.current(MAIN);
        let root = ThreadId(9);
        let early = mark(&mut spans, root);
        spans.fork(root, A);
        spans.end(A);
        spans.join(MAIN, A);
        let late = mark(&mut spans, MAIN);
        assert_eq!(ordered(&spans, early, late), Some((9, 0)));
    }

    #[test]
    fn a_thread_for_every_request_leaves_nothing_behind() {
        let mut spans = Spans::default();
        spans.current(MAIN);
        for request in 1..200_000 {
            spans.fork(MAIN, ThreadId(request));
            spans.end(ThreadId(request));
            spans.join(MAIN, ThreadId(request));
        }
        let current = spans.current(MAIN);
        assert!(spans.get(current).clock.is_empty());
        assert!(spans.lives.len() <= KEPT_ENDED + 1);
        assert_eq!(spans.stored.len(), spans.lives.len());
    }
}
