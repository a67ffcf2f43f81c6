//! What the messages of channels order, on real threads: who gives one, then who gets it; and the
//! other way round where there is room for few.

#![cfg(any(debug_assertions, feature = "instrument"))]
#![expect(clippy::unwrap_used, reason = "what tests call is part of the tests")]

use std::sync::Barrier;
use std::time::Duration;

use lockgraph::sync::Mutex;
use lockgraph::sync::mpsc::{Receiver, channel, sync_channel};
use lockgraph::{named, thread};

/// Two locks with names of their own, so that findings about them are known.
struct Pair {
    names: [String; 2],
    a: Mutex<()>,
    b: Mutex<()>,
}

impl Pair {
    fn new(name: &str) -> Pair {
        let names = ["a", "b"].map(|end| format!("{name}.{end}"));
        let lock = |name: &String| {
            let name: &'static str = name.clone().leak();
            named::mutex(Box::leak(Box::new(name)), ())
        };
        let [a, b] = [lock(&names[0]), lock(&names[1])];
        Pair { names, a, b }
    }

    fn there(&self) {
        let _a = self.a.lock().unwrap();
        let _b = self.b.lock().unwrap();
    }

    fn back(&self) {
        let _b = self.b.lock().unwrap();
        let _a = self.a.lock().unwrap();
    }

    fn is_reported(&self) -> bool {
        lockgraph::findings().iter().any(|finding| {
            let names: Vec<String> = finding.locks().iter().map(|lock| lock.class.key()).collect();
            self.names.iter().all(|name| names.contains(name))
        })
    }
}

/// One thread takes the locks, does `give` and takes others; the other does `get`, and takes all of
/// them the other way round. What the first one did before `give` is over then, and nothing else.
#[track_caller]
fn check_ordered(name: &str, give: impl FnOnce() + Send, get: impl FnOnce() + Send) {
    assert_eq!(reported(name, give, get), [false, true], "{name}: reported before, after");
}

#[track_caller]
fn check_unordered(name: &str, give: impl FnOnce() + Send, get: impl FnOnce() + Send) {
    assert_eq!(reported(name, give, get), [true, true], "{name}: reported before, after");
}

fn reported(name: &str, give: impl FnOnce() + Send, get: impl FnOnce() + Send) -> [bool; 2] {
    let pairs = ["before", "after"].map(|when| Pair::new(&format!("{when} {name}")));
    let [before, after] = &pairs;
    // The originals, which lockgraph does not see.
    let start = Barrier::new(2);
    let (done, is_done) = std::sync::mpsc::channel();
    let start = &start;
    thread::scope(|scope| {
        scope.spawn(move || {
            start.wait();
            before.there();
            give();
            after.there();
            done.send(()).unwrap();
        });
        scope.spawn(move || {
            start.wait();
            get();
            is_done.recv().unwrap();
            before.back();
            after.back();
        });
    });
    pairs.map(|pair| pair.is_reported())
}

const LONG: Duration = Duration::from_secs(3600);

#[test]
fn a_message_comes_after_its_sender() {
    type Receive = fn(&Receiver<u8>) -> Option<u8>;
    let ways: [(&str, Receive); 5] = [
        ("recv", |receiver| receiver.recv().ok()),
        ("recv_timeout", |receiver| receiver.recv_timeout(LONG).ok()),
        ("try_recv", |receiver| {
            std::iter::repeat_with(|| receiver.try_recv().ok()).find_map(|r| r)
        }),
        ("iter", |receiver| receiver.iter().next()),
        ("try_iter", |receiver| {
            std::iter::repeat_with(|| receiver.try_iter().next()).find_map(|r| r)
        }),
    ];
    for (name, receive) in ways {
        let (sender, receiver) = channel();
        let get = move || assert_eq!(receive(&receiver), Some(1));
        check_ordered(name, || sender.send(1).unwrap(), get);
        for capacity in [0, 1, 100] {
            let (sender, receiver) = sync_channel(capacity);
            let get = move || assert_eq!(receive(&receiver), Some(1));
            check_ordered(&format!("{name} {capacity}"), || sender.send(1).unwrap(), get);
        }
    }
    let (sender, receiver) = sync_channel(0);
    let give = move || while sender.try_send(1).is_err() {};
    check_ordered("try_send", give, move || assert_eq!(receiver.into_iter().next(), Some(1)));
}

#[test]
fn a_rendezvous_comes_after_its_receiver_too() {
    let (sender, receiver) = sync_channel(0);
    check_ordered(
        "receiver",
        move || assert_eq!(receiver.recv(), Ok(1)),
        || sender.send(1).unwrap(),
    );
    let (sender, receiver) = sync_channel(0);
    let give = move || assert_eq!(receiver.recv_timeout(LONG), Ok(1));
    check_ordered("timed receiver", give, || while sender.try_send(1).is_err() {});
}

#[test]
fn a_message_comes_after_who_made_room_for_it() {
    for capacity in [1, 2, 62] {
        let name = format!("room {capacity}");
        let (sender, receiver) = sync_channel(capacity);
        // The original's again; the receiver is to outlive its thread.
        let receiver = std::sync::Mutex::new(receiver);
        let give = || assert_eq!(receiver.lock().unwrap().recv(), Ok(0));
        let get = || (0..=capacity).for_each(|at| sender.send(at).unwrap());
        check_ordered(&name, give, get);
        // The message before that one finds room without anybody's help.
        let (sender, receiver) = sync_channel(capacity);
        let receiver = std::sync::Mutex::new(receiver);
        let give = || assert_eq!(receiver.lock().unwrap().recv(), Ok(0));
        let get = || (0..capacity).for_each(|at| sender.send(at).unwrap());
        check_unordered(&format!("free {name}"), give, get);
    }
}

#[test]
fn where_there_is_room_for_all_nobody_waits_for_the_receiver() {
    let (sender, receiver) = channel();
    check_unordered(
        "unbounded",
        move || assert_eq!(receiver.recv(), Ok(1)),
        || {
            sender.send(1).unwrap();
        },
    );
    let (sender, receiver) = channel();
    let get = || while sender.send(1).is_ok() {};
    check_unordered("end of an unbounded receiver", move || drop(receiver), get);
}

#[test]
fn the_end_comes_after_the_last_of_the_other_side() {
    let (sender, receiver) = channel::<u8>();
    let get = move || assert!(receiver.recv().is_err());
    check_ordered("last sender", move || drop(sender), get);
    let (sender, receiver) = sync_channel(1);
    sender.send(1).unwrap();
    let get = move || assert!(sender.send(2).is_err());
    check_ordered("receiver that went", move || drop(receiver), get);
    let (sender, receiver) = channel::<u8>();
    let get =
        move || while receiver.try_recv() != Err(std::sync::mpsc::TryRecvError::Disconnected) {};
    check_ordered("last sender, polled", move || drop(sender), get);
}

#[cfg(feature = "crossbeam-channel")]
mod crossbeam {
    use lockgraph::crossbeam_channel::{Receiver, Select, bounded, never, select, unbounded};

    use super::{LONG, check_ordered, check_unordered};

    #[test]
    fn a_message_comes_after_its_sender() {
        type Receive = fn(&Receiver<u8>) -> Option<u8>;
        let ways: [(&str, Receive); 5] = [
            ("c recv", |receiver| receiver.recv().ok()),
            ("c recv_timeout", |receiver| receiver.recv_timeout(LONG).ok()),
            ("c iter", |receiver| receiver.iter().next()),
            ("c Select", |receiver| {
                let mut select = Select::new();
                select.recv(receiver);
                select.select().recv(receiver).ok()
            }),
            ("c select!", |receiver| {
                let never = never::<u8>();
                select! {
                    recv(never) -> _ => None,
                    recv(receiver) -> message => message.ok(),
                }
            }),
        ];
        for (name, receive) in ways {
            for (at, (sender, receiver)) in
                [unbounded(), bounded(0), bounded(1)].into_iter().enumerate()
            {
                let get = move || assert_eq!(receive(&receiver), Some(1));
                check_ordered(&format!("{name} {at}"), || sender.send(1).unwrap(), get);
            }
        }
    }

    #[test]
    fn a_message_that_was_selected_comes_after_its_sender() {
        let (sender, receiver) = bounded(0);
        let give = || select! { send(sender, 1) -> result => result.unwrap() };
        check_ordered("c send", give, move || assert_eq!(receiver.recv(), Ok(1)));
    }

    #[test]
    fn who_made_room_is_not_known() {
        let (sender, receiver) = bounded(0);
        let give = move || assert_eq!(receiver.recv(), Ok(1));
        check_unordered("c receiver", give, || sender.send(1).unwrap());
    }

    #[test]
    fn the_end_comes_after_the_last_of_the_other_side() {
        let (sender, receiver) = unbounded::<u8>();
        let get = move || assert!(receiver.recv().is_err());
        check_ordered("c last sender", move || drop(sender), get);
        let (sender, receiver) = bounded(0);
        let get = move || assert!(sender.send(2).is_err());
        check_ordered("c receiver that went", move || drop(receiver), get);
    }
}
