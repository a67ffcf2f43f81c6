//! `mpsc`: channels and rendezvous.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use super::{unwind_with, while_unwinding};
use crate::sync::atomic::{AtomicBool, Ordering};
use crate::sync::mpsc::{
    self, Receiver, RecvError, RecvTimeoutError, SendError, Sender, SyncSender, TryRecvError,
    TrySendError, channel, sync_channel,
};
use crate::sync::{Arc, LazyLock, Mutex, OnceLock};
use crate::thread;

/// Long enough that a test which waits so long is broken.
const LONG: Duration = Duration::from_secs(60);
/// Short enough to wait for in vain.
const SHORT: Duration = Duration::from_millis(1);

/// Either sender.
trait Sends<T>: Clone {
    fn give(&self, message: T) -> Result<(), SendError<T>>;
}

impl<T> Sends<T> for Sender<T> {
    fn give(&self, message: T) -> Result<(), SendError<T>> {
        self.send(message)
    }
}

impl<T> Sends<T> for SyncSender<T> {
    fn give(&self, message: T) -> Result<(), SendError<T>> {
        self.send(message)
    }
}

/// Two threads send a hundred messages each, which come in order from either.
fn check_order<S: Sends<(u8, u32)> + Send>((sender, receiver): (S, Receiver<(u8, u32)>)) {
    thread::scope(|scope| {
        for thread in [0, 1] {
            let sender = sender.clone();
            scope.spawn(move || (0..100).for_each(|at| sender.give((thread, at)).unwrap()));
        }
        drop(sender);
        let mut next = [0, 0];
        for (thread, at) in &receiver {
            assert_eq!(at, next[usize::from(thread)]);
            next[usize::from(thread)] += 1;
        }
        assert_eq!(next, [100, 100]);
    });
}

#[test]
fn messages_come_in_the_order_of_their_sender() {
    check_order(channel());
    for capacity in [0, 1, 3, 63, 1000] {
        check_order(sync_channel(capacity));
    }
}

/// The receiver's end of the story: what was sent comes, and then the end, in every way to ask.
fn check_end<S: Sends<u8>>(pair: impl Fn() -> (S, Receiver<u8>)) {
    let ended = |messages: &[u8]| {
        let (sender, receiver) = pair();
        let clone = sender.clone();
        messages.iter().for_each(|message| clone.give(*message).unwrap());
        drop(sender);
        assert_eq!(receiver.try_recv().is_ok(), !messages.is_empty());
        drop(clone);
        receiver
    };
    assert_eq!(ended(&[1, 2]).recv(), Ok(2));
    assert_eq!(ended(&[]).recv(), Err(RecvError));
    assert_eq!(ended(&[1]).recv(), Err(RecvError));
    assert_eq!(ended(&[1]).try_recv(), Err(TryRecvError::Disconnected));
    assert_eq!(ended(&[1, 2]).recv_timeout(LONG), Ok(2));
    assert_eq!(ended(&[1]).recv_timeout(LONG), Err(RecvTimeoutError::Disconnected));
    assert_eq!(ended(&[1, 2, 3]).iter().collect::<Vec<_>>(), [2, 3]);
    assert_eq!(ended(&[1, 2, 3]).try_iter().collect::<Vec<_>>(), [2, 3]);
    assert_eq!(ended(&[1, 2, 3]).into_iter().collect::<Vec<_>>(), [2, 3]);
}

#[test]
fn what_was_sent_outlives_its_senders() {
    check_end(channel);
    check_end(|| sync_channel(3));
    check_end(|| sync_channel(100));
}

#[test]
fn only_the_last_sender_is_the_end() {
    let (sender, receiver) = channel::<u8>();
    let clones: Vec<_> = (0..3).map(|_| sender.clone()).collect();
    drop(sender);
    for clone in clones {
        assert_eq!(receiver.try_recv(), Err(TryRecvError::Empty));
        drop(clone);
    }
    assert_eq!(receiver.try_recv(), Err(TryRecvError::Disconnected));
}

#[test]
fn without_a_receiver_the_message_comes_back() {
    // It can neither be copied nor cloned.
    #[derive(PartialEq, Debug)]
    struct Only(u8);
    let (sender, receiver) = channel();
    drop(receiver);
    assert_eq!(sender.send(Only(1)), Err(SendError(Only(1))));
    for capacity in [0, 1] {
        let (sender, receiver) = sync_channel(capacity);
        drop(receiver);
        assert_eq!(sender.send(Only(1)), Err(SendError(Only(1))));
        assert_eq!(sender.try_send(Only(2)), Err(TrySendError::Disconnected(Only(2))));
    }
}

#[test]
fn a_full_channel_gives_the_message_back_until_there_is_room() {
    let (sender, receiver) = sync_channel(2);
    sender.send(1).unwrap();
    assert_eq!(sender.try_send(2), Ok(()));
    assert_eq!(sender.try_send(3), Err(TrySendError::Full(3)));
    assert_eq!(receiver.recv(), Ok(1));
    assert_eq!(sender.try_send(4), Ok(()));
    assert_eq!(receiver.try_iter().collect::<Vec<_>>(), [2, 4]);
    assert_eq!(receiver.try_recv(), Err(TryRecvError::Empty));
    assert_eq!(receiver.recv_timeout(SHORT), Err(RecvTimeoutError::Timeout));
    assert_eq!(receiver.recv_timeout(Duration::ZERO), Err(RecvTimeoutError::Timeout));
}

#[test]
fn a_sender_waits_for_room_and_for_the_receiver_where_there_is_none() {
    for capacity in [0, 1, 2] {
        let (sender, receiver) = sync_channel(capacity);
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
fn a_rendezvous_needs_both() {
    let (sender, receiver) = sync_channel(0);
    assert_eq!(sender.try_send(1), Err(TrySendError::Full(1)));
    assert_eq!(receiver.try_recv(), Err(TryRecvError::Empty));
    assert_eq!(receiver.recv_timeout(SHORT), Err(RecvTimeoutError::Timeout));
    thread::scope(|scope| {
        scope.spawn(|| while sender.try_send(2) == Err(TrySendError::Full(2)) {});
        assert_eq!(receiver.recv(), Ok(2));
    });
    thread::scope(|scope| {
        scope.spawn(|| sender.send(3).unwrap());
        let polled = std::iter::repeat_with(|| receiver.try_recv()).find(|polled| polled.is_ok());
        assert_eq!(polled, Some(Ok(3)));
    });
    thread::scope(|scope| {
        scope.spawn(|| sender.send(4).unwrap());
        assert_eq!(receiver.recv_timeout(LONG), Ok(4));
    });
}

#[test]
fn the_end_of_one_side_ends_the_waits_of_the_other() {
    for capacity in [0, 1] {
        let (sender, receiver) = sync_channel(capacity);
        (0..capacity).for_each(|at| sender.send(at).unwrap());
        thread::scope(|scope| {
            let waiting = scope.spawn(|| sender.send(9));
            let waiting_too = scope.spawn(|| sender.clone().send(8));
            drop(receiver);
            assert_eq!(waiting.join().unwrap(), Err(SendError(9)));
            assert_eq!(waiting_too.join().unwrap(), Err(SendError(8)));
        });
    }
    let (sender, receiver) = channel::<u8>();
    thread::scope(|scope| {
        let waiting = scope.spawn(move || receiver.recv());
        drop(sender);
        assert_eq!(waiting.join().unwrap(), Err(RecvError));
    });
}

#[test]
fn loops_and_adapters() {
    let (sender, receiver) = channel();
    (1..=6).for_each(|at| sender.send(at).unwrap());
    let mut seen = Vec::new();
    for message in &receiver {
        seen.push(message);
        if seen.len() == 2 {
            break;
        }
    }
    seen.extend(receiver.iter().take(1));
    seen.extend(receiver.try_iter().map(|message| message * 10));
    assert_eq!(seen, [1, 2, 3, 40, 50, 60]);
    sender.send(7).unwrap();
    drop(sender);
    for message in receiver {
        seen.push(message);
    }
    assert_eq!(seen[6..], [7]);
}

/// Counts how often it is dropped.
struct Dropped(Rc<Cell<u32>>);

impl Drop for Dropped {
    fn drop(&mut self) {
        self.0.set(self.0.get() + 1);
    }
}

#[test]
fn messages_that_nobody_received_go_with_the_receiver() {
    let count = Rc::new(Cell::new(0));
    let (sender, receiver) = channel();
    let (bounded, receiver_of_bounded) = sync_channel(3);
    for _ in 0..3 {
        sender.send(Dropped(Rc::clone(&count))).unwrap();
        bounded.send(Dropped(Rc::clone(&count))).unwrap();
    }
    drop(receiver.recv().unwrap());
    assert_eq!(count.get(), 1);
    drop(receiver);
    assert_eq!(count.get(), 3);
    drop(receiver_of_bounded);
    assert_eq!(count.get(), 6);
    assert!(sender.send(Dropped(Rc::clone(&count))).is_err());
    assert_eq!(count.get(), 7);
    drop(bounded.try_send(Dropped(Rc::clone(&count))));
    assert_eq!(count.get(), 8);
}

#[test]
fn messages_that_nobody_received_may_hold_the_channel_itself() {
    let (sender, receiver) = channel::<Box<dyn std::any::Any>>();
    sender.send(Box::new(sender.clone())).unwrap();
    drop(sender);
    drop(receiver);
}

#[test]
fn handles_that_are_dropped_while_unwinding_are_gone() {
    let (sender, receiver) = channel::<u8>();
    unwind_with(sender);
    assert_eq!(receiver.recv(), Err(RecvError));
    let (sender, receiver) = sync_channel(1);
    unwind_with(receiver);
    assert_eq!(sender.send(1), Err(SendError(1)));
}

#[test]
fn destructors_send_and_receive_while_the_thread_unwinds() {
    let (sender, receiver) = sync_channel(1);
    while_unwinding(|| {
        sender.send(1).unwrap();
        assert_eq!(receiver.recv(), Ok(1));
        assert_eq!(receiver.try_recv(), Err(TryRecvError::Empty));
    });
}

#[test]
fn a_panic_of_the_other_thread_is_the_end() {
    let (sender, receiver) = channel::<u8>();
    let thread = thread::spawn(move || {
        sender.send(1).unwrap();
        std::panic::resume_unwind(Box::new(()));
    });
    assert_eq!(receiver.iter().collect::<Vec<_>>(), [1]);
    assert!(thread.join().is_err());
}

static JOBS: OnceLock<Sender<u32>> = OnceLock::new();
static RESULTS: LazyLock<(SyncSender<u32>, Mutex<Receiver<u32>>)> = LazyLock::new(|| {
    let (sender, receiver) = sync_channel(1);
    (sender, Mutex::new(receiver))
});

#[test]
fn handles_in_statics() {
    let (sender, receiver) = mpsc::channel();
    assert!(JOBS.set(sender).is_ok());
    let worker = thread::spawn(move || RESULTS.0.send(receiver.recv().unwrap() + 1));
    JOBS.get().unwrap().send(1).unwrap();
    assert_eq!(RESULTS.1.lock().unwrap().recv(), Ok(2));
    worker.join().unwrap().unwrap();
}

thread_local! {
    static AT_THE_END: RefCell<Option<Sender<&'static str>>> = const { RefCell::new(None) };
}

#[test]
fn handles_in_thread_locals_last_as_long_as_their_thread() {
    struct Last(Sender<&'static str>);
    impl Drop for Last {
        fn drop(&mut self) {
            self.0.send("destroyed").unwrap();
        }
    }
    thread_local!(static LAST: RefCell<Option<Last>> = const { RefCell::new(None) });
    let (sender, receiver) = channel();
    thread::spawn(move || {
        LAST.set(Some(Last(sender.clone())));
        AT_THE_END.set(Some(sender));
        AT_THE_END.with_borrow(|sender| sender.as_ref().unwrap().send("kept").unwrap());
    });
    assert_eq!(receiver.into_iter().collect::<Vec<_>>(), ["kept", "destroyed"]);
}

#[test]
fn senders_are_shared_and_messages_borrow() {
    let words = ["one".to_string(), "two".to_string()];
    let (sender, receiver) = channel::<&str>();
    let (bounded, of_bounded) = sync_channel::<&str>(2);
    thread::scope(|scope| {
        for word in &words {
            let (sender, bounded) = (&sender, &bounded);
            scope.spawn(move || {
                sender.send(word).unwrap();
                bounded.send(word).unwrap();
            });
        }
    });
    for receiver in [receiver, of_bounded] {
        let mut received: Vec<_> = receiver.try_iter().collect();
        received.sort_unstable();
        assert_eq!(received, words);
    }
}

#[test]
fn messages_of_every_size() {
    let (units, of_units) = channel();
    let (large, of_large) = sync_channel(1);
    units.send(()).unwrap();
    large.send([7_u64; 100]).unwrap();
    assert_eq!((of_units.recv(), of_large.recv()), (Ok(()), Ok([7; 100])));
    // More than lie in one allocation of the channel.
    let (sender, receiver) = channel();
    (0..1000).for_each(|at| sender.send(Arc::new(at)).unwrap());
    assert!(receiver.try_iter().map(|at| *at).eq(0..1000));
}

/// Takes the names as programs do.
fn relay<T: Send + 'static>(
    from: mpsc::Receiver<T>,
    to: impl Fn(T) -> Result<(), mpsc::SendError<T>> + Send + 'static,
) -> crate::thread::JoinHandle<Result<(), mpsc::SendError<T>>> {
    thread::spawn(move || from.into_iter().try_for_each(to))
}

#[test]
fn a_pipeline() {
    let (first, second) = (channel(), sync_channel(1));
    let worker = relay(first.1, move |message| second.0.send(message));
    (0..10).for_each(|at| first.0.send(at).unwrap());
    drop(first.0);
    let messages: mpsc::IntoIter<u32> = second.1.into_iter();
    assert!(messages.eq(0..10));
    assert_eq!(worker.join().unwrap(), Ok(()));
}

#[test]
fn printed() {
    let (sender, receiver) = channel::<u8>();
    let (bounded, _receiver) = sync_channel::<u8>(1);
    let printed = [
        (format!("{sender:?}"), "Sender { .. }"),
        (format!("{bounded:#?}"), "SyncSender { .. }"),
        (format!("{receiver:?}"), "Receiver { .. }"),
        (format!("{:?}", receiver.iter()), "Iter { rx: Receiver { .. } }"),
        (format!("{:?}", receiver.try_iter()), "TryIter { rx: Receiver { .. } }"),
        (format!("{:?}", receiver.into_iter()), "IntoIter { rx: Receiver { .. } }"),
    ];
    for (printed, expected) in printed {
        assert_eq!(printed, expected);
    }
}
