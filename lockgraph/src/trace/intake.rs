//! Where readers put the events: judged one by one, and given on in batches.
//!
//! No more than a batch is kept here. With two threads, one reads and judges while the other one
//! does whatever the batches are for; a few batches may be on their way between them.

use std::panic;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc;
use std::thread;

use super::audit::Audit;
use super::contents::{Source, Trace};
use crate::event::Event;

/// Large enough that handing it over costs nothing, small enough to stay in a cache.
const BATCH: usize = 1024;
/// Batches on their way between two threads.
const UNDERWAY: usize = 16;

/// How far the reading of a trace is. For other threads to look at.
#[derive(Default, Debug)]
pub struct Progress {
    pub(super) done: AtomicU64,
    pub(super) total: AtomicU64,
    pub(super) events: AtomicU64,
}

impl Progress {
    /// Bytes read.
    pub fn done(&self) -> u64 {
        self.done.load(Ordering::Relaxed)
    }

    /// Bytes to read; 0 if that is not known.
    pub fn total(&self) -> u64 {
        self.total.load(Ordering::Relaxed)
    }

    /// Events read.
    pub fn events(&self) -> u64 {
        self.events.load(Ordering::Relaxed)
    }
}

/// Takes the events of a batch, and leaves it empty.
pub(super) type Give<'a> = dyn FnMut(&mut Vec<Event>) + 'a;

/// Where events go.
pub(super) struct Outlet<'a> {
    pub(super) give: &'a mut Give<'a>,
    pub(super) progress: Option<&'a Progress>,
    /// Whether the times of events go into the trace.
    pub(super) keeps_times: bool,
}

/// A trace while it is read.
pub(super) struct Intake<'a> {
    pub(super) trace: Trace,
    audit: Audit,
    batch: Vec<Event>,
    out: Outlet<'a>,
    /// How many events there will be, and in how many bytes, if that is known.
    expected: Option<(u64, u64)>,
}

impl<'a> Intake<'a> {
    /// Of a trace from `source`, with nothing in it.
    pub(super) fn new(source: Source, out: Outlet<'a>) -> Intake<'a> {
        Intake::with_tables(Trace::new(source), out)
    }

    /// Of a trace whose tables are known.
    pub(super) fn with_tables(trace: Trace, out: Outlet<'a>) -> Intake<'a> {
        let audit = Audit::new(&trace.source);
        Intake { trace, audit, batch: Vec::with_capacity(BATCH), out, expected: None }
    }

    /// There will be so many events, from so many bytes.
    pub(super) fn expect(&mut self, events: u64, bytes: u64) {
        self.expected = Some((events, bytes));
    }

    /// The next event, which stands in line or at byte `at`.
    #[inline]
    pub(super) fn push(&mut self, event: Event, at: u64) {
        self.audit.step(&event, &mut self.trace, at);
        self.batch.push(event);
        if self.batch.len() >= BATCH {
            self.flush();
        }
    }

    /// The next event happened at this time.
    pub(super) fn time(&mut self, nanos: u64) {
        if self.out.keeps_times {
            self.trace.times.push((self.count() as usize, nanos));
        }
    }

    /// How many events there were.
    pub(super) fn count(&self) -> u64 {
        self.audit.count()
    }

    /// There are no more events.
    pub(super) fn finish(mut self) -> Trace {
        self.flush();
        self.audit.finish(&mut self.trace);
        self.trace
    }

    // Once in a thousand events.
    #[cold]
    fn flush(&mut self) {
        if let Some(progress) = self.out.progress {
            progress.events.store(self.count(), Ordering::Relaxed);
            if let Some((events, bytes)) = self.expected {
                let share =
                    u128::from(bytes) * u128::from(self.count()) / u128::from(events.max(1));
                progress.done.store(share as u64, Ordering::Relaxed);
            }
        }
        (self.out.give)(&mut self.batch);
        self.batch.clear();
    }
}

/// Hands batches from one thread to another. They come back to be filled again.
pub(crate) struct Sender {
    full: mpsc::SyncSender<Vec<Event>>,
    empty: mpsc::Receiver<Vec<Event>>,
}

/// Where they arrive.
pub(crate) struct Receiver {
    filled: mpsc::Receiver<Vec<Event>>,
    used: mpsc::Sender<Vec<Event>>,
}

/// A few batches may be on their way between the two.
pub(crate) fn between_threads() -> (Sender, Receiver) {
    let (full, filled) = mpsc::sync_channel(UNDERWAY);
    let (used, empty) = mpsc::channel();
    (Sender { full, empty }, Receiver { filled, used })
}

impl Sender {
    /// Takes a batch, and leaves an empty one.
    pub(crate) fn send(&self, batch: &mut Vec<Event>) {
        let next = self.empty.try_recv().unwrap_or_else(|_| Vec::with_capacity(BATCH));
        // Fails if the other thread panicked: then nobody wants it any more.
        let _ = self.full.send(std::mem::replace(batch, next));
    }
}

impl Receiver {
    /// Hands every batch to `take`, until there are no more.
    pub(crate) fn each(self, take: &mut dyn FnMut(&[Event])) {
        for mut batch in self.filled {
            take(&batch);
            batch.clear();
            let _ = self.used.send(batch);
        }
    }
}

/// Runs `produce` in a thread of its own, and what it gives through `take` in this one.
pub(super) fn in_two_threads<T: Send>(
    produce: impl FnOnce(&mut Give<'_>) -> T + Send,
    take: &mut dyn FnMut(&[Event]),
) -> T {
    thread::scope(|scope| {
        let (sender, receiver) = between_threads();
        let producer = scope.spawn(move || produce(&mut |batch| sender.send(batch)));
        receiver.each(take);
        producer.join().unwrap_or_else(|payload| panic::resume_unwind(payload))
    })
}
