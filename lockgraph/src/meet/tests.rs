//! Waits and services by example.

use super::*;
use crate::id::Mode;

const OBJECT: LockId = LockId(9);

/// Who waits (`w`) or serves (`s`), and with which locks; a small letter is a reader's.
fn meeting(spans: &mut Spans, text: &str, signal: Signal) -> Meeting<()> {
    let (who, locks) = text.split_once(' ').unwrap_or((text, ""));
    let (role, thread) = who.split_at(1);
    let thread = ThreadId(thread.parse().unwrap());
    let lock = |letter: u8| {
        let mode = if letter.is_ascii_uppercase() { Mode::Exclusive } else { Mode::Shared };
        Hold::new(LockId(letter.to_ascii_uppercase().into()), mode, ())
    };
    Meeting {
        thread,
        span: spans.current(thread),
        signal,
        role: if role == "w" { Role::Waits } else { Role::Serves },
        site: (),
        locks: locks.bytes().map(lock).collect(),
    }
}

/// The waiter and the lock of each wait that may last for ever.
fn foreseen(story: &str, signal: Signal) -> Vec<(u32, char)> {
    let (mut spans, mut meetings) = (Spans::default(), Meetings::default());
    for step in story.split("; ") {
        if let Some((first, second)) = step.split_once(" then ") {
            let [first, second] = [first, second].map(|t| ThreadId(t.parse().unwrap()));
            let sent = spans.send(first).expect("it has done something");
            spans.receive(second, (first, sent), crate::id::LockKind::Channel);
        } else {
            let meeting = meeting(&mut spans, step, signal);
            meetings.add(OBJECT, meeting, &mut spans);
        }
    }
    let found = meetings.judge(OBJECT, &spans).into_iter().map(|found| {
        assert_eq!(found.need.lock, found.wait.locks[found.hold].lock);
        let lock = char::from(u8::try_from(found.need.lock.0).unwrap());
        (found.wait.thread.0, lock)
    });
    let found = found.collect();
    meetings.remove(OBJECT, &mut spans);
    assert!(meetings.objects.is_empty());
    found
}

#[test]
fn a_wait_lasts_if_all_who_could_end_it_need_what_it_holds() {
    for (story, want) in [
        ("w1 A; s2 A", vec![(1, 'A')]),
        ("w1 A; s2", vec![]),
        ("w1 A", vec![]),
        ("w1; s2 A", vec![]),
        ("w1 AB; s2 B; s3 BA", vec![(1, 'B')]),
        ("w1 A; s2 A; s3 B", vec![]),
        // One's own services do not count, for or against.
        ("w1 A; s1; s2 A", vec![(1, 'A')]),
        ("w1 A; s1 A", vec![]),
        // Of one span's services, what is common.
        ("w1 A; s2 AB; s2 A", vec![(1, 'A')]),
        ("w1 A; s2 A; s2", vec![]),
        ("s2 A; s2; w1 A", vec![]),
        // Readers do not shut each other out.
        ("w1 a; s2 a", vec![]),
        ("w1 a; s2 A", vec![(1, 'A')]),
        ("w1 A; s2 a", vec![(1, 'A')]),
        ("w1 A; w3 A; s2 A", vec![(1, 'A'), (3, 'A')]),
    ] {
        assert_eq!(foreseen(story, Signal::Message), want, "{story}");
    }
}

#[test]
fn a_service_that_is_over_is_none() {
    for (story, want) in [
        ("s2; 2 then 1; w1 A; s3 A", vec![(1, 'A')]),
        ("s2 A; 2 then 1; w1 A", vec![]),
        ("s2 A; 2 then 1; s2 A; w1 A", vec![(1, 'A')]),
        // A wait that is over does not keep a service from having been able to come.
        ("w1 A; 1 then 2; s2 A", vec![(1, 'A')]),
    ] {
        assert_eq!(foreseen(story, Signal::Set), want, "{story}");
    }
}

#[test]
fn at_a_barrier_one_who_cannot_come_is_enough() {
    assert_eq!(foreseen("w1 A; s2 A; s3", Signal::Arrival), [(1, 'A')]);
    assert_eq!(foreseen("w1 A; s2 B; s3", Signal::Arrival), []);
}

#[test]
fn other_signals_of_an_object_are_not_mixed_up() {
    let (mut spans, mut meetings) = (Spans::default(), Meetings::default());
    for (text, signal) in
        [("w1 A", Signal::Message), ("s2", Signal::Space), ("s2 A", Signal::Message)]
    {
        let meeting = meeting(&mut spans, text, signal);
        meetings.add(OBJECT, meeting, &mut spans);
    }
    assert_eq!(meetings.judge(OBJECT, &spans).len(), 1);
}

#[test]
fn nothing_is_told_before_somebody_waits_and_then_all_of_it() {
    let (mut spans, mut meetings) = (Spans::default(), Meetings::default());
    for (text, want) in
        [("s2 A", 0), ("s3 AB", 0), ("w1 A", 3), ("s3 AB", 0), ("s3 A", 1), ("s4", 1)]
    {
        let meeting = meeting(&mut spans, text, Signal::Notify);
        assert_eq!(meetings.add(OBJECT, meeting, &mut spans).len(), want, "{text}");
    }
}

#[test]
fn a_crowded_object_is_given_up() {
    let (mut spans, mut meetings) = (Spans::default(), Meetings::default());
    let wait = meeting(&mut spans, "w0 A", Signal::Notify);
    meetings.add(OBJECT, wait, &mut spans);
    for thread in 1..=MOST {
        assert_eq!(meetings.judge(OBJECT, &spans).len(), usize::from(thread > 1));
        let service = meeting(&mut spans, &format!("s{thread} A"), Signal::Notify);
        meetings.add(OBJECT, service, &mut spans);
    }
    assert_eq!((meetings.judge(OBJECT, &spans).len(), meetings.left_out), (0, 1));
}
