//! Channels: order, room, ends, clocks.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::cb::{
    Receiver, RecvError, RecvTimeoutError, SendError, SendTimeoutError, Sender, TryRecvError,
    TrySendError, after, at, bounded, never, tick, unbounded,
};
use crate::{LONG, SHORT};

/// Two threads send a hundred messages each, two others receive them.
fn check_all_come((sender, receiver): (Sender<u32>, Receiver<u32>)) {
    let received = thread::scope(|scope| {
        for thread in [0, 1] {
            let sender = sender.clone();
            scope.spawn(move || (0..100).for_each(|at| sender.send(100 * thread + at).unwrap()));
        }
        drop(sender);
        let other = receiver.clone();
        let other = scope.spawn(move || other.into_iter().collect::<Vec<_>>());
        [receiver.iter().collect(), other.join().unwrap()]
    });
    for received in &received {
        let in_order = |thread| received.iter().filter(move |at| *at / 100 == thread).is_sorted();
        assert!(in_order(0) && in_order(1), "{received:?}");
    }
    let all: HashSet<u32> = received.concat().into_iter().collect();
    assert_eq!(all, (0..200).collect());
}

#[test]
fn every_message_comes_once_and_in_the_order_of_its_sender() {
    check_all_come(unbounded());
    for capacity in [0, 1, 3, 1000] {
        check_all_come(bounded(capacity));
    }
}

#[test]
fn what_was_sent_outlives_its_senders() {
    for (sender, receiver) in [unbounded(), bounded(3)] {
        let clone = sender.clone();
        (1..=3).for_each(|at| clone.send(at).unwrap());
        drop(sender);
        assert_eq!(receiver.recv(), Ok(1));
        drop(clone);
        assert_eq!(receiver.iter().collect::<Vec<_>>(), [2, 3]);
        assert_eq!(receiver.recv(), Err(RecvError));
        assert_eq!(receiver.try_recv(), Err(TryRecvError::Disconnected));
        assert_eq!(receiver.recv_timeout(LONG), Err(RecvTimeoutError::Disconnected));
        let deadline = Instant::now() + LONG;
        assert_eq!(receiver.recv_deadline(deadline), Err(RecvTimeoutError::Disconnected));
        assert_eq!(receiver.try_iter().count() + receiver.into_iter().count(), 0);
    }
}

#[test]
fn without_a_receiver_the_message_comes_back() {
    #[derive(PartialEq, Debug)]
    struct Only(u8);
    for (sender, receiver) in [unbounded(), bounded(0), bounded(1)] {
        let clone = receiver.clone();
        drop(receiver);
        drop(clone);
        assert_eq!(sender.send(Only(1)), Err(SendError(Only(1))));
        assert_eq!(sender.try_send(Only(2)), Err(TrySendError::Disconnected(Only(2))));
        let timed = sender.send_timeout(Only(3), LONG);
        assert_eq!(timed, Err(SendTimeoutError::Disconnected(Only(3))));
        let timed = sender.send_deadline(Only(4), Instant::now() + LONG);
        assert_eq!(timed, Err(SendTimeoutError::Disconnected(Only(4))));
    }
}

#[test]
fn a_full_channel_gives_the_message_back_until_there_is_room() {
    let (sender, receiver) = bounded(1);
    assert_eq!(sender.try_send(1), Ok(()));
    assert_eq!(sender.try_send(2), Err(TrySendError::Full(2)));
    assert_eq!(sender.send_timeout(3, SHORT), Err(SendTimeoutError::Timeout(3)));
    let timed = sender.send_deadline(4, Instant::now());
    assert_eq!(timed, Err(SendTimeoutError::Timeout(4)));
    assert_eq!(receiver.recv_timeout(LONG), Ok(1));
    assert_eq!(sender.send_timeout(5, LONG), Ok(()));
    assert_eq!(receiver.recv_deadline(Instant::now() + LONG), Ok(5));
    assert_eq!(sender.send_deadline(6, Instant::now() + LONG), Ok(()));
    assert_eq!(receiver.try_iter().collect::<Vec<_>>(), [6]);
    assert_eq!(receiver.recv_timeout(SHORT), Err(RecvTimeoutError::Timeout));
    assert_eq!(receiver.recv_deadline(Instant::now()), Err(RecvTimeoutError::Timeout));
    assert_eq!(receiver.try_recv(), Err(TryRecvError::Empty));
}

#[test]
fn a_sender_waits_for_room_and_for_a_receiver_where_there_is_none() {
    for capacity in [0, 1, 2] {
        let (sender, receiver) = bounded(capacity);
        let is_sent = AtomicBool::new(false);
        thread::scope(|scope| {
            (0..capacity).for_each(|at| sender.send(at).unwrap());
            scope.spawn(|| {
                sender.send(capacity).unwrap();
                is_sent.store(true, Ordering::SeqCst);
                sender.send(capacity + 1).unwrap();
            });
            assert!(!is_sent.load(Ordering::SeqCst), "capacity {capacity}");
            let received: Vec<_> = receiver.iter().take(capacity + 2).collect();
            assert!(is_sent.load(Ordering::SeqCst), "capacity {capacity}");
            assert_eq!(received, (0..capacity + 2).collect::<Vec<_>>());
        });
    }
}

#[test]
fn the_end_of_one_side_ends_the_waits_of_the_other() {
    let (sender, receiver) = bounded(0);
    thread::scope(|scope| {
        let waiting = [1, 2].map(|at| {
            scope.spawn({
                let sender = &sender;
                move || sender.send(at)
            })
        });
        drop(receiver);
        assert_eq!(
            waiting.map(|thread| thread.join().unwrap()),
            [Err(SendError(1)), Err(SendError(2))]
        );
    });
    let (sender, receiver) = bounded::<u8>(0);
    thread::scope(|scope| {
        let waiting = [scope.spawn(|| receiver.recv()), scope.spawn(|| receiver.clone().recv())];
        drop(sender);
        assert_eq!(waiting.map(|thread| thread.join().unwrap()), [Err(RecvError); 2]);
    });
}

#[test]
fn sizes() {
    let (sender, receiver) = bounded(2);
    let seen = |sender: &Sender<u8>, receiver: &Receiver<u8>| {
        let (len, is_empty, is_full) = (sender.len(), sender.is_empty(), sender.is_full());
        assert_eq!(
            (receiver.len(), receiver.is_empty(), receiver.is_full()),
            (len, is_empty, is_full)
        );
        assert_eq!(sender.capacity(), receiver.capacity());
        (len, is_empty, is_full, sender.capacity())
    };
    assert_eq!(seen(&sender, &receiver), (0, true, false, Some(2)));
    sender.send(1).unwrap();
    sender.send(2).unwrap();
    assert_eq!(seen(&sender, &receiver), (2, false, true, Some(2)));
    let (sender, receiver) = unbounded();
    sender.send(1).unwrap();
    assert_eq!(seen(&sender, &receiver), (1, false, false, None));
    let (sender, receiver) = bounded(0);
    assert_eq!(seen(&sender, &receiver), (0, true, true, Some(0)));
}

#[test]
fn the_same_channel() {
    let (sender, receiver) = unbounded::<Instant>();
    let (other_sender, other_receiver) = unbounded();
    assert!(sender.same_channel(&sender.clone()) && receiver.same_channel(&receiver.clone()));
    assert!(!sender.same_channel(&other_sender) && !receiver.same_channel(&other_receiver));
    let clock = after(LONG);
    assert!(clock.same_channel(&clock.clone()) && !clock.same_channel(&after(LONG)));
    assert!(!clock.same_channel(&receiver) && !receiver.same_channel(&clock));
    assert!(never::<u8>().same_channel(&never()));
}

#[test]
fn clocks() {
    let now = Instant::now();
    let once = at(now);
    assert_eq!(once.recv(), Ok(now));
    assert_eq!(once.try_recv(), Err(TryRecvError::Empty));
    assert!(after(SHORT).recv().unwrap() >= now + SHORT);
    assert!(tick(SHORT).iter().take(3).is_sorted());
    let far = after(LONG);
    assert_eq!(
        (far.len(), far.is_empty(), far.is_full(), far.capacity()),
        (0, true, false, Some(1))
    );
    assert_eq!(far.recv_timeout(SHORT), Err(RecvTimeoutError::Timeout));
    assert_eq!(far.try_iter().count(), 0);
}

#[test]
fn nothing_ever_comes_to_never() {
    let never = never::<u8>();
    assert_eq!(never.try_recv(), Err(TryRecvError::Empty));
    assert_eq!(never.recv_timeout(Duration::ZERO), Err(RecvTimeoutError::Timeout));
    assert_eq!(never.recv_deadline(Instant::now()), Err(RecvTimeoutError::Timeout));
    assert_eq!((never.len(), never.is_empty(), never.is_full()), (0, true, true));
    assert_eq!((never.capacity(), never.try_iter().next()), (Some(0), None));
}

#[test]
fn messages_that_nobody_received_go_with_the_last_receiver_or_the_channel() {
    for ((sender, receiver), kept_by_sender) in [(unbounded(), 0), (bounded(3), 2)] {
        let message = Arc::new(());
        (0..3).for_each(|_| sender.send(Arc::clone(&message)).unwrap());
        drop(receiver.recv().unwrap());
        let clone = receiver.clone();
        drop(receiver);
        assert_eq!(Arc::strong_count(&message), 3);
        drop(clone);
        assert_eq!(Arc::strong_count(&message), 1 + kept_by_sender);
        drop(sender);
        assert_eq!(Arc::strong_count(&message), 1);
    }
}

#[test]
fn printed() {
    let (sender, receiver) = unbounded::<u8>();
    let printed = [
        (format!("{sender:?}"), "Sender { .. }"),
        (format!("{receiver:?}"), "Receiver { .. }"),
        (format!("{receiver:>14?}"), " Receiver { .. }"),
        (format!("{:?}", never::<u8>()), "Receiver { .. }"),
        (format!("{:?}", receiver.iter()), "Iter { .. }"),
        (format!("{:?}", receiver.try_iter()), "TryIter { .. }"),
        (format!("{:?}", receiver.into_iter()), "IntoIter { .. }"),
    ];
    for (printed, expected) in printed {
        assert_eq!(printed.trim(), expected.trim());
    }
}
