//! The rows, and the work of each: a loop over one small piece of a program with locks.

use std::hint::black_box;

use crate::edges::{LOCKS, pairs};
use crate::locks::Locks;

/// A row that is a loop, so that it can be timed and counted.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Row {
    /// Lock and unlock a mutex that nobody else wants.
    Mutex,
    /// A reader-writer lock, read.
    Read,
    /// A reader-writer lock, written.
    Write,
    /// Two mutexes, one inside the other.
    Nested2,
    /// Eight.
    Nested8,
    /// `Nested2` in two threads at once that share nothing.
    OwnPairs,
    /// Two threads, one mutex, nothing else to do.
    OneLock,
    /// A mutex that is made and dropped, and never locked.
    New,
    /// A mutex that is made, locked once, and dropped.
    NewLock,
    /// Two of 10,000 mutexes, in an order seen before: 20,000 pairs over and over.
    KnownEdges,
    /// Two of 10,000 mutexes, in an order that is new each time.
    NewEdge,
    /// A channel: 1,000 messages sent, then received, by one thread.
    Mpsc,
    /// Two threads and two channels: a message there, a message back.
    PingPong,
    /// Two threads and a condition variable: each waits for its turn, and tells the other.
    Turns,
    /// Take a permit of a semaphore that nobody else wants, and give it back.
    Semaphore,
    /// Lock a mutex once, and use what it guards 1,000 times.
    Held,
    /// Add to an atomic variable.
    Atomic,
}

/// A row's work, to be done so many times.
pub type Work = Box<dyn FnMut(u64)>;

/// Of one batch through a channel.
const MESSAGES: u64 = 1_000;
const USES: u64 = 1_000;
const KNOWN_PAIRS: usize = 20_000;
/// More than are ever counted.
const NEW_PAIRS: usize = 50_000;

impl Row {
    /// All of them, in the order of the table.
    pub const ALL: [Row; 17] = [
        Row::Mutex,
        Row::Read,
        Row::Write,
        Row::Nested2,
        Row::Nested8,
        Row::OwnPairs,
        Row::OneLock,
        Row::New,
        Row::NewLock,
        Row::KnownEdges,
        Row::NewEdge,
        Row::Mpsc,
        Row::PingPong,
        Row::Turns,
        Row::Semaphore,
        Row::Held,
        Row::Atomic,
    ];

    /// The name in arguments.
    pub fn name(self) -> &'static str {
        match self {
            Row::Mutex => "mutex",
            Row::Read => "read",
            Row::Write => "write",
            Row::Nested2 => "nested-2",
            Row::Nested8 => "nested-8",
            Row::OwnPairs => "own-pairs",
            Row::OneLock => "one-lock",
            Row::New => "new",
            Row::NewLock => "new-lock",
            Row::KnownEdges => "known-edges",
            Row::NewEdge => "new-edge",
            Row::Mpsc => "mpsc",
            Row::PingPong => "ping-pong",
            Row::Turns => "turns",
            Row::Semaphore => "semaphore",
            Row::Held => "held",
            Row::Atomic => "atomic",
        }
    }

    /// The row with this name.
    pub fn from_name(name: &str) -> Option<Row> {
        Row::ALL.into_iter().find(|row| row.name() == name)
    }

    /// Is it done by two threads at once?
    pub fn is_parallel(self) -> bool {
        matches!(self, Row::OwnPairs | Row::OneLock | Row::PingPong | Row::Turns)
    }

    /// How many results one round of the work is divided by: locks where the row says "per lock",
    /// those of both threads where two share the work.
    pub fn per(self) -> u64 {
        match self {
            Row::Nested2 | Row::OwnPairs | Row::OneLock => 2,
            Row::Nested8 => 8,
            Row::Mpsc => MESSAGES,
            Row::Held => USES,
            _ => 1,
        }
    }

    /// How often the work is done before it counts.
    pub(crate) fn warm_up(self) -> u64 {
        match self {
            Row::KnownEdges => 2 * KNOWN_PAIRS as u64,
            Row::NewEdge => 0,
            Row::Mpsc | Row::Held => 10,
            _ => 1_000,
        }
    }

    /// The work of one thread, with locks of its own.
    pub(crate) fn work<L: Locks>(self) -> Work {
        // The locks are reached through `black_box`, as if they came from far away, and the value
        // is used, as if there were a reason to lock. The guard stays where the compiler puts it.
        match self {
            Row::Mutex | Row::OneLock => mutex::<L>(Box::leak(Box::new(L::mutex()))),
            Row::Read => {
                let lock = L::rwlock();
                repeat(move || {
                    black_box(*L::read(black_box(&lock)));
                })
            }
            Row::Write => {
                let lock = L::rwlock();
                repeat(move || *L::write(black_box(&lock)) += 1)
            }
            Row::Nested2 | Row::OwnPairs => {
                let (first, second) = (L::mutex(), L::mutex());
                repeat(move || {
                    let _outer = L::lock(black_box(&first));
                    *L::lock(black_box(&second)) += 1;
                })
            }
            Row::Nested8 => nested_8::<L>(),
            Row::New => repeat(|| {
                black_box(&L::mutex());
            }),
            Row::NewLock => repeat(|| *L::lock(black_box(&L::mutex())) += 1),
            Row::KnownEdges => walk::<L>(pairs(KNOWN_PAIRS)),
            Row::NewEdge => walk::<L>(pairs(NEW_PAIRS)),
            Row::Mpsc => messages::<L>(),
            Row::PingPong => {
                let (sender, receiver) = L::channel();
                ping::<L>(sender, receiver)
            }
            Row::Turns => L::turns().expect("a contestant with condition variables")(2),
            Row::Semaphore => L::permits().expect("a contestant with semaphores"),
            Row::Held => held::<L>(),
            Row::Atomic => L::atomic().expect("a contestant with atomic variables"),
        }
    }
}

/// Takes this one lock, which may be shared.
pub(crate) fn mutex<L: Locks>(lock: &'static L::Mutex) -> Work {
    repeat(move || *L::lock(black_box(lock)) += 1)
}

/// Each use depends on the one before, so that the compiler makes no closed form of them.
fn held<L: Locks>() -> Work {
    let lock = L::mutex();
    repeat(move || {
        let mut guard = L::lock(black_box(&lock));
        for number in 0..USES {
            *guard = (*guard ^ number).rotate_left(5);
        }
    })
}

fn messages<L: Locks>() -> Work {
    let (sender, receiver) = L::channel();
    repeat(move || {
        for message in 0..MESSAGES {
            L::send(black_box(&sender), message);
        }
        for _ in 0..MESSAGES {
            black_box(L::recv(black_box(&receiver)));
        }
    })
}

/// Sends a message and waits for the answer; from itself, if both are of one channel.
pub(crate) fn ping<L: Locks>(sender: L::Sender, receiver: L::Receiver) -> Work {
    let mut message = 0;
    repeat(move || {
        L::send(&sender, message);
        message = L::recv(&receiver);
    })
}

/// Waits for a message and answers.
pub(crate) fn pong<L: Locks>(sender: L::Sender, receiver: L::Receiver) -> Work {
    repeat(move || L::send(&sender, L::recv(&receiver)))
}

pub(crate) fn repeat(mut once: impl FnMut() + 'static) -> Work {
    Box::new(move |times| (0..times).for_each(|_| once()))
}

/// Adds to an atomic variable, as `add` does.
pub fn adds<A: 'static>(variable: A, add: impl Fn(&A) + 'static) -> Work {
    repeat(move || add(black_box(&variable)))
}

/// Takes one pair after the other, from the beginning again at the end.
fn walk<L: Locks>(pairs: Vec<[u32; 2]>) -> Work {
    let locks: Vec<L::Mutex> = (0..LOCKS).map(|_| L::mutex()).collect();
    let mut at = 0;
    repeat(move || {
        pair::<L>(&locks, pairs[at]);
        at = if at + 1 < pairs.len() { at + 1 } else { 0 };
    })
}

/// Takes both, the second inside the first.
#[inline(always)]
pub(crate) fn pair<L: Locks>(locks: &[L::Mutex], [first, second]: [u32; 2]) {
    let _outer = L::lock(&locks[first as usize]);
    *L::lock(&locks[second as usize]) += 1;
}

fn nested_8<L: Locks>() -> Work {
    let locks: [L::Mutex; 8] = std::array::from_fn(|_| L::mutex());
    repeat(move || {
        // Named, because they are given back from the last to the first, as scopes do.
        let _first = L::lock(black_box(&locks[0]));
        let _second = L::lock(black_box(&locks[1]));
        let _third = L::lock(black_box(&locks[2]));
        let _fourth = L::lock(black_box(&locks[3]));
        let _fifth = L::lock(black_box(&locks[4]));
        let _sixth = L::lock(black_box(&locks[5]));
        let _seventh = L::lock(black_box(&locks[6]));
        *L::lock(black_box(&locks[7])) += 1;
    })
}
