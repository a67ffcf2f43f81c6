//! Spans by example, by random programs, and by how little they keep.

use super::*;

const MAIN: ThreadId = ThreadId(0);
const A: ThreadId = ThreadId(1);
const B: ThreadId = ThreadId(2);

fn ordered(spans: &Spans, a: SpanId, b: SpanId) -> Option<(u32, u32)> {
    spans.ordered(a, b).map(|Ordered { first, second, .. }| (first.0, second.0))
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

/// `sender` sends and `receiver` receives at once. Whether that was news.
fn pass(spans: &mut Spans, sender: ThreadId, receiver: ThreadId) -> bool {
    let sent = spans.send(sender);
    sent.is_some_and(|segment| spans.receive(receiver, (sender, segment), LockKind::Channel))
}

#[test]
fn a_message_orders_what_was_before_it_and_what_comes_after() {
    let mut spans = Spans::default();
    let (before, early) = (mark(&mut spans, A), mark(&mut spans, B));
    assert!(pass(&mut spans, A, B));
    let (after, late) = (mark(&mut spans, A), mark(&mut spans, B));
    assert_eq!(ordered(&spans, before, late), Some((1, 2)));
    assert_eq!(spans.ordered(before, late).unwrap().by, Some(LockKind::Channel));
    for (a, b) in [(before, early), (after, early), (after, late)] {
        assert_eq!(ordered(&spans, a, b), None);
    }
}

#[test]
fn news_travel_on() {
    let mut spans = Spans::default();
    let first = mark(&mut spans, A);
    assert!(pass(&mut spans, A, MAIN));
    assert!(pass(&mut spans, MAIN, B), "MAIN did nothing itself, but it knows of A");
    let last = mark(&mut spans, B);
    assert_eq!(ordered(&spans, first, last), Some((1, 2)));
}

#[test]
fn who_has_nothing_to_tell_closes_nothing_and_two_who_talk_come_to_an_end() {
    let mut spans = Spans::default();
    assert_eq!(spans.send(A), None);
    mark(&mut spans, A);
    assert_eq!((spans.send(A), spans.send(A)), (Some(0), Some(0)));
    mark(&mut spans, B);
    let news = (0..20).filter(|_| pass(&mut spans, A, B) | pass(&mut spans, B, A)).count();
    assert!(news <= 2, "{news}");
    for round in 0..100 {
        spans.mark(A);
        spans.mark(B);
        assert!(pass(&mut spans, A, B) && pass(&mut spans, B, A), "round {round}");
    }
    assert!(spans.lives[&A].closed.len() <= KEPT_CLOSED);
}

#[test]
fn ten_million_messages_leave_nothing_behind() {
    let mut spans = Spans::default();
    for message in 0..10_000_000_u32 {
        // What the graph does with a new witness that it drops again, now and then.
        if message % 1024 == 0 {
            let span = mark(&mut spans, A);
            spans.release(span);
        }
        pass(&mut spans, A, B);
    }
    assert_eq!((spans.stored.len(), spans.lives.len()), (2, 2));
    assert!(spans.lives[&A].closed.is_empty(), "its clock never changed");
}

/// As in a proof: every mark has all that is before it.
#[derive(Default)]
struct Twin {
    /// By thread, the marks before its next step.
    past: Vec<Vec<bool>>,
    marks: Vec<(usize, SpanId, Vec<bool>)>,
    /// What was sent: by whom, the segment, the marks before.
    sent: Vec<(ThreadId, u32, Vec<bool>)>,
}

fn merge(into: &mut Vec<bool>, from: &[bool]) {
    into.resize(into.len().max(from.len()), false);
    from.iter().enumerate().filter(|(_, is)| **is).for_each(|(at, _)| into[at] = true);
}

#[test]
fn random_messages_order_what_a_naive_twin_orders() {
    const THREADS: u32 = 4;
    for seed in 1..=2_000_u64 {
        let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let mut random = |below: u64| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state % below
        };
        let mut spans = Spans::default();
        let mut twin = Twin { past: vec![Vec::new(); THREADS as usize], ..Twin::default() };
        for _ in 0..40 {
            let thread = random(THREADS.into()) as usize;
            let id = ThreadId(thread as u32);
            match random(3) {
                0 => {
                    let span = mark(&mut spans, id);
                    twin.marks.push((thread, span, twin.past[thread].clone()));
                    let own: Vec<bool> =
                        (1..=twin.marks.len()).map(|at| at == twin.marks.len()).collect();
                    merge(&mut twin.past[thread], &own);
                }
                1 => {
                    if let Some(segment) = spans.send(id) {
                        twin.sent.push((id, segment, twin.past[thread].clone()));
                    } else {
                        assert!(twin.past[thread].iter().all(|is| !is), "seed {seed}");
                    }
                }
                _ if !twin.sent.is_empty() => {
                    let (sender, segment, before) =
                        twin.sent[random(twin.sent.len() as u64) as usize].clone();
                    if sender != id {
                        spans.receive(id, (sender, segment), LockKind::Channel);
                        merge(&mut twin.past[thread], &before);
                    }
                }
                _ => {}
            }
        }
        for (first, (a, a_span, _)) in twin.marks.iter().enumerate() {
            for (b, b_span, before) in &twin.marks {
                let is_before = before.get(first) == Some(&true);
                let is_ordered = ordered(&spans, *a_span, *b_span) == Some((*a as u32, *b as u32));
                assert!(a == b || is_before == is_ordered, "seed {seed}: {a} and {b}");
            }
        }
    }
}
