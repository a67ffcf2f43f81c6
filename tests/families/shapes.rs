//! Small traces, each of which needs one rule: with the rule dropped, something else is found.

use lockgraph::event::Op;
use lockgraph::id::Mode;

use super::script::Script;
use super::{Trace, Truth};

const A: u64 = 0;
const B: u64 = 1;
const C: u64 = 2;

/// What readers do while a writer waits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Reads {
    /// They queue behind it.
    Fair,
    /// They overtake it.
    Recursive,
}

impl Reads {
    fn mode(self) -> Mode {
        match self {
            Reads::Fair => Mode::Shared,
            Reads::Recursive => Mode::SharedRecursive,
        }
    }
}

/// Thread 0 holds A while it begins and joins thread 1, which takes B; thread 2 takes B, then A.
pub(crate) fn join_gate() -> Trace {
    let mut script = Script::default();
    script.fork(0, 2);
    script.lock(0, A, 10);
    script.fork(0, 1);
    script.lock(1, B, 20);
    script.unlock(1, B);
    script.join(0, 1);
    script.unlock(0, A);
    script.nest(2, B, A, 30);
    script.join(0, 2);
    Trace { events: script.events, truth: Truth::all(1).instances(1) }
}

/// Thread 1 is joined before thread 2 begins.
pub(crate) fn lifetime() -> Trace {
    let mut script = Script::default();
    script.fork(0, 1);
    script.nest(1, A, B, 10);
    script.join(0, 1);
    script.fork(0, 2);
    script.nest(2, B, A, 20);
    script.join(0, 2);
    Trace { events: script.events, truth: Truth::new(1, 0, 0).instances(1) }
}

/// Thread 1 reads what it reads already, while thread 2 may wait to write.
pub(crate) fn recursive_read(reads: Reads) -> Trace {
    let events = Script::of(2, 9, |script| {
        script.take(1, A, reads.mode(), 10);
        script.take(1, A, reads.mode(), 11);
        script.unlock(1, A);
        script.unlock(1, A);
        script.lock(2, A, 20);
        script.unlock(2, A);
    });
    let patterns = u64::from(reads == Reads::Fair);
    Trace { events, truth: Truth::all(patterns).instances(patterns) }
}

/// A ring of an even number of threads; each holds one lock, every other one as a reader, and
/// wants the next in the opposite mode, so that each waits. An open ring has one edge at which both
/// read; if its readers are fair, there is a writer for them to queue behind.
pub(crate) fn rw_chain(threads: u32, reads: Reads, is_open: bool) -> Trace {
    assert!(threads.is_multiple_of(2), "an odd ring has two neighbours of one sort");
    let own = |thread: u32| if thread.is_multiple_of(2) { Mode::Exclusive } else { reads.mode() };
    let writer = threads + 1;
    let has_writer = is_open && reads == Reads::Fair;
    let events = Script::of(threads + u32::from(has_writer), 6 * threads as usize + 3, |script| {
        for thread in 1..=threads {
            let next = thread % threads + 1;
            // Lock 1 is held by a reader.
            let wanted = match own(next) {
                Mode::Exclusive => reads.mode(),
                _ if is_open && next == 1 => reads.mode(),
                _ => Mode::Exclusive,
            };
            script.take(thread, thread.into(), own(thread), 10);
            script.take(thread, next.into(), wanted, 11);
            script.unlock(thread, next.into());
            script.unlock(thread, thread.into());
        }
        if has_writer {
            script.lock(writer, 1, 20);
            script.unlock(writer, 1);
        }
    });
    let patterns = u64::from(!is_open || has_writer);
    Trace { events, truth: Truth::all(patterns).instances(patterns) }
}

/// Thread 1 takes A, then B, and notifies; thread 2 waits for that, then takes B, then A.
pub(crate) fn condvar_handshake(is_notified: bool) -> Trace {
    let (monitor, condvar) = (C, 0);
    let events = Script::of(2, 24, |script| {
        script.lock(2, monitor, 20);
        script.unlock(2, monitor);
        script.does(2, Op::Wait(condvar));
        script.nest(1, A, B, 10);
        if is_notified {
            script.lock(1, monitor, 12);
            script.does(1, Op::Notify(condvar));
            script.unlock(1, monitor);
        }
        script.does(2, Op::Woken(condvar));
        script.lock(2, monitor, 20);
        script.unlock(2, monitor);
        script.nest(2, B, A, 21);
    });
    let possible = u64::from(!is_notified);
    Trace { events, truth: Truth::new(1, possible, possible).instances(1) }
}

/// Thread 1 waits for a notification while it holds A, under which thread 2 notified before: not
/// a pattern of locks.
pub(crate) fn nested_monitor() -> Trace {
    let (monitor, condvar) = (C, 0);
    let events = Script::of(2, 24, |script| {
        script.lock(2, A, 20);
        script.lock(2, monitor, 21);
        script.does(2, Op::Notify(condvar));
        script.unlock(2, monitor);
        script.unlock(2, A);
        script.lock(1, A, 10);
        script.lock(1, monitor, 11);
        script.unlock(1, monitor);
        script.does(1, Op::Wait(condvar));
        script.does(2, Op::Notify(condvar));
        script.does(1, Op::Woken(condvar));
        script.lock(1, monitor, 11);
        script.unlock(1, monitor);
        script.unlock(1, A);
    });
    Trace { events, truth: Truth::none().instances(0) }
}

/// AB and BA, where A is taken twice over.
pub(crate) fn reentrant() -> Trace {
    let events = Script::of(2, 16, |script| {
        script.lock(1, A, 10);
        script.again(1, A);
        script.lock(1, B, 11);
        script.unlock(1, B);
        script.unlock(1, A);
        script.unlock(1, A);
        script.lock(2, B, 20);
        script.lock(2, A, 21);
        script.again(2, A);
        script.unlock(2, A);
        script.unlock(2, A);
        script.unlock(2, B);
    });
    Trace { events, truth: Truth::all(1).instances(1) }
}

/// Thread 1 never gives C back, and still thread 2 takes it: no such run, but a file may say so.
pub(crate) fn open_section() -> Trace {
    let events = Script::of(2, 18, |script| {
        script.lock(1, C, 9);
        script.nest(1, A, B, 10);
        script.lock(2, C, 19);
        script.unlock(2, C);
        script.nest(2, B, A, 20);
    });
    Trace { events, truth: Truth::new(1, 0, 0).instances(1) }
}

/// Thread 3 joins thread 4, whose first step wants what thread 2 holds; but thread 4 is begun only
/// after something that thread 2 wrote later was read.
pub(crate) fn first_event() -> Trace {
    let mut script = Script::default();
    script.fork(0, 2);
    script.fork(0, 3);
    script.nest(2, B, A, 10);
    script.write(2, 0);
    script.read(0, 0);
    script.fork(0, 4);
    script.lock(3, A, 20);
    // Without a request, so that the acquisition itself is the first event.
    script.again(4, B);
    script.unlock(4, B);
    script.join(3, 4);
    script.unlock(3, A);
    script.join(0, 2);
    script.join(0, 3);
    Trace { events: script.events, truth: Truth::new(1, 0, 1).instances(1) }
}

/// A deadlock in which thread 2 has to take C before thread 1, other than it did. It can happen,
/// but not with the sections of each lock in their order.
pub(crate) fn swapped_sections() -> Trace {
    let events = Script::of(2, 18, |script| {
        script.lock(1, C, 9);
        script.nest(1, A, B, 10);
        script.unlock(1, C);
        script.lock(2, C, 19);
        script.unlock(2, C);
        script.nest(2, B, A, 20);
    });
    Trace { events, truth: Truth::new(1, 0, 0).instances(1) }
}
