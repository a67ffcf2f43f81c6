//! Waits for messages and for room that nobody ends: each is told, with the channel's name, in a
//! process of its own in which everybody waits.

#![cfg(any(debug_assertions, feature = "instrument"))]

mod process;

use lockgraph::finding::Verdict;
use lockgraph::named;
use lockgraph::sync::Mutex;

use process::Case;

const TEST: &str = "a_wait_that_nobody_ends_is_told";

/// What hangs, and what its page says.
const CASES: &[(Case, &str)] = &[
    (("recv", recv), "a message in `jobs`"),
    (("iter", iter), "a message in `jobs`"),
    (("send", send), "room in `jobs`"),
    (("rendezvous", rendezvous), "room in `jobs`"),
    (("with_a_lock", with_a_lock), "a message in `jobs`"),
    #[cfg(feature = "crossbeam-channel")]
    (("crossbeam_recv", crossbeam::recv), "a message in `jobs`"),
    #[cfg(feature = "crossbeam-channel")]
    (("crossbeam_send", crossbeam::send), "room in `jobs`"),
    #[cfg(feature = "crossbeam-channel")]
    (("select", crossbeam::select), "a message in `jobs`"),
    #[cfg(feature = "crossbeam-channel")]
    (("ready", crossbeam::ready), "a message in `jobs`"),
];

fn recv() {
    let (_sender, receiver) = named::channel::<u8>(&"jobs");
    let _ = receiver.recv();
}

fn iter() {
    let (_sender, receiver) = named::sync_channel::<u8>(&"jobs", 1);
    receiver.iter().for_each(drop);
}

fn send() {
    let (sender, _receiver) = named::sync_channel(&"jobs", 1);
    (0..2).for_each(|at| sender.send(at).expect("there is a receiver"));
}

fn rendezvous() {
    let (sender, _receiver) = named::sync_channel(&"jobs", 0);
    sender.send(1).expect("there is a receiver");
}

/// The sender wants a lock that the receiver holds while it waits.
fn with_a_lock() {
    static STATE: Mutex<()> = named::mutex(&"state", ());
    let (sender, receiver) = named::channel(&"jobs");
    let state = STATE.lock();
    let sending = lockgraph::thread::spawn(move || {
        drop(STATE.lock());
        sender.send(1)
    });
    let _ = receiver.recv();
    drop(state);
    drop(sending.join());
}

#[cfg(feature = "crossbeam-channel")]
mod crossbeam {
    use lockgraph::crossbeam_channel::{self, Select, named, never};

    pub(crate) fn recv() {
        let (_sender, receiver) = named::unbounded::<u8>(&"jobs");
        let _ = receiver.recv();
    }

    pub(crate) fn send() {
        let (sender, _receiver) = named::bounded(&"jobs", 0);
        sender.send(1).expect("there is a receiver");
    }

    pub(crate) fn select() {
        let ((_sender, receiver), never) = (named::bounded::<u8>(&"jobs", 0), never::<u8>());
        crossbeam_channel::select! {
            recv(receiver) -> _ => (),
            recv(never) -> _ => (),
        }
    }

    pub(crate) fn ready() {
        let (_sender, receiver) = named::bounded::<u8>(&"jobs", 0);
        let mut select = Select::new();
        select.recv(&receiver);
        select.ready();
    }
}

#[test]
fn a_wait_that_nobody_ends_is_told() {
    let cases: Vec<Case> = CASES.iter().map(|(case, _)| *case).collect();
    if process::is_child(&cases) {
        return;
    }
    for ((name, _), page) in CASES {
        // The thread of the test's runner sleeps, and nobody knows what for: it is no certainty.
        let ended = process::run(TEST, name, &[("LOCKGRAPH_ON_STALL", "abort")]);
        assert_eq!(ended.found(), [("stall", Verdict::Stalled)], "{name}: {}", ended.stderr);
        assert!(ended.stderr.contains(page), "{name}: {}", ended.stderr);
        assert!(!ended.ended_well(), "{name}");
    }
}
