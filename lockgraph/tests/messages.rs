//! The order that messages make, on real threads: what comes before a message and what comes after
//! it do not meet. Each rule with what it orders, and with what it must not order; live, and in the
//! trace of the same run.

use std::path::PathBuf;
use std::sync::OnceLock as StdOnceLock;

use lockgraph::check::{Options, check};
use lockgraph::finding::{Finding, Reason, Verdict};
use lockgraph::id::LockKind;
use lockgraph::sync::{Barrier, Condvar, Event, LazyLock, Mutex, Once, OnceLock, Semaphore, mpsc};
use lockgraph::{Config, named, thread, trace};

/// Two locks with names of their own, so that findings about them are known.
struct Pair {
    names: [&'static str; 2],
    a: Mutex<()>,
    b: Mutex<()>,
}

impl Pair {
    fn new(name: &str) -> Pair {
        trace_dir();
        let leak = |end: &str| &*Box::leak(Box::new(&*format!("{name}.{end}").leak()));
        let names = [leak("a"), leak("b")];
        let [a, b] = names.map(|name| named::mutex(name, ()));
        Pair { names: names.map(|name| *name), a, b }
    }

    fn there(&self) {
        let _a = self.a.lock().expect("nobody panics");
        let _b = self.b.lock().expect("nobody panics");
    }

    fn back(&self) {
        let _b = self.b.lock().expect("nobody panics");
        let _a = self.a.lock().expect("nobody panics");
    }

    fn is_about(&self, finding: &Finding) -> bool {
        let names: Vec<String> = finding.locks().iter().map(|lock| lock.class.key()).collect();
        self.names.iter().all(|name| names.iter().any(|other| other == name))
    }
}

/// All tests of this process write one trace.
fn trace_dir() -> &'static PathBuf {
    static DIR: StdOnceLock<PathBuf> = StdOnceLock::new();
    DIR.get_or_init(|| {
        let dir = tempfile::tempdir().expect("a directory").keep();
        let config = Config { trace: Some(dir.clone()), ..Config::from_env() };
        config.install().expect("no lock has been used");
        dir
    })
}

/// What the reader of the trace says of this pair.
fn read(pair: &Pair) -> Vec<Finding> {
    let mut files = std::fs::read_dir(trace_dir()).expect("a directory of our own");
    let path = files.next().expect("there is a trace").expect("it can be listed").path();
    let trace = trace::read(&path).expect("the trace can be read");
    let report = check(&trace, &Options { all: true, ..Options::default() });
    report.findings.into_iter().filter(|finding| pair.is_about(finding)).collect()
}

/// Nothing is to be said but, on request, that a message through `by` comes between.
#[track_caller]
fn is_ordered(pair: &Pair, by: LockKind) {
    let live: Vec<_> = lockgraph::findings().into_iter().filter(|f| pair.is_about(f)).collect();
    assert_eq!(live, []);
    let reasons: Vec<_> = read(pair).into_iter().map(|finding| finding.excluded).collect();
    let is_it = |reason: &Option<Reason>| matches!(reason, Some(Reason::Message(_, _, Some(kind))) if *kind == by);
    assert!(!reasons.is_empty() && reasons.iter().all(is_it), "{reasons:?}");
}

#[track_caller]
fn is_possible(pair: &Pair) {
    let is_it = |finding: &Finding| pair.is_about(finding) && finding.verdict == Verdict::Possible;
    assert!(lockgraph::findings().iter().any(is_it), "live");
    assert!(read(pair).iter().any(is_it), "in the trace");
}

/// A way for one thread to let another go on that lockgraph does not see.
fn unseen() -> std::sync::Barrier {
    std::sync::Barrier::new(2)
}

/// The first thread does `first`, the second one, after that, `second`. Both exist before.
fn in_turn(first: impl FnOnce() + Send, second: impl FnOnce() + Send) {
    let turn = unseen();
    let start = unseen();
    thread::scope(|scope| {
        scope.spawn(|| {
            start.wait();
            first();
            turn.wait();
        });
        scope.spawn(|| {
            start.wait();
            turn.wait();
            second();
        });
    });
}

#[test]
fn without_a_message_nothing_is_ordered() {
    let pair = Pair::new("unordered");
    in_turn(|| pair.there(), || pair.back());
    is_possible(&pair);
}

/// Both threads pass the barrier, the one on the left before or after it has taken its locks.
#[test]
fn all_arrivals_come_before_all_departures() {
    let (before, after) = (Pair::new("before barrier"), Pair::new("after barrier"));
    let barrier = Barrier::new(2);
    let turn = unseen();
    thread::scope(|scope| {
        scope.spawn(|| {
            before.there();
            barrier.wait();
            after.there();
            turn.wait();
        });
        scope.spawn(|| {
            barrier.wait();
            turn.wait();
            before.back();
            after.back();
        });
    });
    is_ordered(&before, LockKind::Barrier);
    is_possible(&after);
}

#[test]
fn what_is_done_again_after_a_message_is_seen_again() {
    let pair = Pair::new("again");
    let barrier = Barrier::new(2);
    let turn = unseen();
    thread::scope(|scope| {
        scope.spawn(|| {
            pair.there();
            barrier.wait();
            pair.there();
            turn.wait();
        });
        scope.spawn(|| {
            barrier.wait();
            turn.wait();
            pair.back();
        });
    });
    is_possible(&pair);
}

#[test]
fn an_order_goes_through_a_thread_that_only_passes_it_on() {
    let pair = Pair::new("passed on");
    let (first, second) = (Barrier::new(2), Barrier::new(2));
    thread::scope(|scope| {
        scope.spawn(|| {
            pair.there();
            first.wait();
        });
        scope.spawn(|| {
            first.wait();
            second.wait();
        });
        scope.spawn(|| {
            second.wait();
            pair.back();
        });
    });
    is_ordered(&pair, LockKind::Barrier);
}

/// One thread waits, another wakes it by so many notifications.
fn woken(pair: &Pair, notifications: usize) {
    let (mutex, condvar) = (Mutex::new(()), Condvar::new());
    let waits = unseen();
    thread::scope(|scope| {
        scope.spawn(|| {
            waits.wait();
            pair.there();
            // Free only while the other one waits.
            let _guard = mutex.lock().expect("nobody panics");
            (0..notifications).for_each(|_| condvar.notify_all());
        });
        scope.spawn(|| {
            let guard = mutex.lock().expect("nobody panics");
            waits.wait();
            drop(condvar.wait(guard).expect("nobody panics"));
            pair.back();
        });
    });
}

#[test]
fn a_notification_comes_before_the_wake_if_it_is_the_only_one() {
    let (one, two) = (Pair::new("one notification"), Pair::new("two notifications"));
    woken(&one, 1);
    is_ordered(&one, LockKind::Condvar);
    woken(&two, 2);
    is_possible(&two);
}

#[test]
fn a_wait_with_a_time_limit_proves_nothing() {
    let pair = Pair::new("timed");
    let (mutex, condvar) = (Mutex::new(()), Condvar::new());
    let waits = unseen();
    thread::scope(|scope| {
        scope.spawn(|| {
            waits.wait();
            pair.there();
            let _guard = mutex.lock().unwrap();
            condvar.notify_all();
        });
        scope.spawn(|| {
            let guard = mutex.lock().unwrap();
            waits.wait();
            let limit = std::time::Duration::from_secs(3600);
            drop(condvar.wait_timeout(guard, limit).unwrap());
            pair.back();
        });
    });
    is_possible(&pair);
}

/// The stamp of a message travels with it; what is done after the send comes after it.
#[test]
fn a_send_comes_before_its_receive() {
    let (before, after) = (Pair::new("before send"), Pair::new("after send"));
    let (sender, receiver) = mpsc::channel();
    let first = || {
        before.there();
        sender.send(()).unwrap();
        after.there();
    };
    let pairs = [&before, &after];
    in_turn(first, move || {
        receiver.recv().unwrap();
        pairs.iter().for_each(|pair| pair.back());
    });
    is_ordered(&before, LockKind::Channel);
    is_possible(&after);
}

#[test]
fn the_end_of_the_last_sender_comes_before_the_end_of_the_channel() {
    let pair = Pair::new("last sender");
    let (sender, receiver) = mpsc::channel::<()>();
    let (there, back) = (&pair, &pair);
    let first = move || {
        there.there();
        drop(sender);
    };
    in_turn(first, move || {
        assert!(receiver.recv().is_err());
        back.back();
    });
    is_ordered(&pair, LockKind::Channel);
}

/// A receive comes before the send that needs its room.
#[test]
fn room_comes_before_who_needs_it() {
    for (name, needs) in [("needed room", true), ("other room", false)] {
        let pair = Pair::new(name);
        let (sender, receiver) = mpsc::sync_channel(if needs { 1 } else { 2 });
        sender.send(()).unwrap();
        let (there, back) = (&pair, &pair);
        let first = move || {
            there.there();
            receiver.recv().unwrap();
            receiver
        };
        let receiver = Mutex::new(None);
        in_turn(
            || *receiver.lock().unwrap() = Some(first()),
            || {
                sender.send(()).unwrap();
                back.back();
            },
        );
        if needs { is_ordered(&pair, LockKind::Channel) } else { is_possible(&pair) }
    }
}

#[test]
fn a_set_comes_before_the_wait_and_a_release_before_its_permit() {
    let (before, after) = (Pair::new("before set"), Pair::new("after set"));
    let event = Event::new();
    let first = || {
        before.there();
        event.set();
        after.there();
    };
    let second = || {
        event.wait();
        before.back();
        after.back();
    };
    in_turn(first, second);
    is_ordered(&before, LockKind::Event);
    is_possible(&after);
    let (before, after) = (Pair::new("before release"), Pair::new("after release"));
    let permits = Semaphore::new(0);
    let first = || {
        before.there();
        permits.release(1);
        after.there();
    };
    let second = || {
        permits.acquire().forget();
        before.back();
        after.back();
    };
    in_turn(first, second);
    is_ordered(&before, LockKind::Semaphore);
    is_possible(&after);
}

#[test]
fn an_initialisation_comes_before_whoever_finds_it_done() {
    static ONCE: Once = Once::new();
    static CELL: OnceLock<u32> = OnceLock::new();
    static LAZY: LazyLock<u32> = LazyLock::new(|| 1);
    let rows: [(&str, fn()); 3] = [
        ("once", || ONCE.call_once(|| {})),
        ("cell", || assert_eq!(*CELL.get_or_init(|| 1), 1)),
        ("lazy", || assert_eq!(*LAZY, 1)),
    ];
    for (name, pass) in rows {
        let (before, after) = (Pair::new(name), Pair::new(&format!("after {name}")));
        let first = || {
            before.there();
            pass();
            after.there();
        };
        let second = || {
            pass();
            before.back();
            after.back();
        };
        in_turn(first, second);
        is_ordered(&before, LockKind::Once);
        is_possible(&after);
    }
}

#[test]
fn who_waited_for_an_initialisation_comes_after_it() {
    let pair = Pair::new("waited for once");
    let once = Once::new();
    let runs = unseen();
    let waits = unseen();
    thread::scope(|scope| {
        scope.spawn(|| {
            once.call_once(|| {
                pair.there();
                runs.wait();
                waits.wait();
            });
        });
        scope.spawn(|| {
            runs.wait();
            waits.wait();
            once.call_once(|| unreachable!("the other one runs it"));
            pair.back();
        });
    });
    is_ordered(&pair, LockKind::Once);
}
