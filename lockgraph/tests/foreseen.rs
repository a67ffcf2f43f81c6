//! Waits that did not hang and could have, on real threads: each with a program like it that cannot.
//! Live, and in the trace of the same run.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::OnceLock;

use lockgraph::check::{Options, check};
use lockgraph::finding::{Finding, Kind, Verdict};
use lockgraph::sync::{Barrier, Condvar, Event, Mutex, Once, RwLock, Semaphore, mpsc};
use lockgraph::{Config, named, thread, trace};

/// All tests of this process write one trace.
fn trace_dir() -> &'static PathBuf {
    static DIR: OnceLock<PathBuf> = OnceLock::new();
    DIR.get_or_init(|| {
        let dir = tempfile::tempdir().expect("a directory").keep();
        let config = Config { trace: Some(dir.clone()), ..Config::from_env() };
        config.install().expect("no lock has been used");
        dir
    })
}

/// A lock that only one program has, and its name, by which findings are known.
fn lock(name: &'static &'static str) -> (Mutex<()>, &'static str) {
    trace_dir();
    (named::mutex(name, ()), *name)
}

fn read() -> Vec<Finding> {
    let mut files = std::fs::read_dir(trace_dir()).expect("a directory of our own");
    let path = files.next().expect("there is a trace").expect("it can be listed").path();
    let trace = trace::read(&path).expect("the trace can be read");
    check(&trace, &Options::default()).findings
}

fn kinds(findings: &[Finding], name: &str) -> BTreeSet<(Kind, Verdict)> {
    let is_about = |f: &&Finding| f.locks().iter().any(|lock| lock.class.key() == name);
    findings.iter().filter(is_about).map(|finding| (finding.kind, finding.verdict)).collect()
}

/// What is said of the lock with this name: that it is possible, or nothing.
#[track_caller]
fn said(name: &str, want: Option<Kind>) {
    let want: BTreeSet<_> = want.into_iter().map(|kind| (kind, Verdict::Possible)).collect();
    assert_eq!(kinds(&lockgraph::findings(), name), want, "live");
    assert_eq!(kinds(&read(), name), want, "in the trace");
}

const WAIT: Option<Kind> = Some(Kind::WaitWhileHolding);

/// What rests on a lock that was taken alone and given back is seen only where the hooks are calls.
fn noted(kind: Kind) -> Option<Kind> {
    cfg!(debug_assertions).then_some(kind)
}

/// One after the other, on threads that both exist before.
fn in_turn(first: impl FnOnce() + Send, second: impl FnOnce() + Send) {
    let (start, turn) = (std::sync::Barrier::new(2), std::sync::Barrier::new(2));
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
fn an_event_that_is_set_under_the_lock() {
    for (name, takes, want) in [(&"set under", true, WAIT), (&"set beside", false, None)] {
        let ((lock, name), event) = (lock(name), Event::new());
        let set = || {
            let _guard = takes.then(|| lock.lock().unwrap());
            event.set();
        };
        let wait = || {
            let _guard = lock.lock().unwrap();
            event.wait();
        };
        in_turn(set, wait);
        said(name, want);
    }
}

#[test]
fn an_event_that_is_set_after_the_lock() {
    for (name, serves_between, want) in
        [(&"set after", false, noted(Kind::WaitWhileHolding)), (&"set after another", true, None)]
    {
        let ((lock, name), event, other) = (lock(name), Event::new(), Event::new());
        let set = || {
            drop(lock.lock().unwrap());
            if serves_between {
                other.set();
            }
            event.set();
        };
        let wait = || {
            let _guard = lock.lock().unwrap();
            event.wait();
        };
        in_turn(set, wait);
        said(name, want);
    }
}

#[test]
fn somebody_who_does_not_need_the_lock() {
    let ((lock, name), event) = (lock(&"not all"), Event::new());
    let set = || {
        drop(lock.lock().unwrap());
        event.set();
    };
    in_turn(set, || {});
    let wait = || {
        let _guard = lock.lock().unwrap();
        event.wait();
    };
    in_turn(|| event.set(), wait);
    said(name, None);
}

#[test]
fn who_waits_with_a_time_limit_or_only_looks() {
    let ((lock, name), event) = (lock(&"limit"), Event::new());
    let set = || {
        let _guard = lock.lock().unwrap();
        event.set();
    };
    let wait = || {
        let _guard = lock.lock().unwrap();
        assert!(event.is_set());
        assert!(event.wait_timeout(std::time::Duration::from_secs(3600)));
    };
    in_turn(set, wait);
    said(name, None);
}

#[test]
fn readers_do_not_keep_each_other_from_serving() {
    trace_dir();
    for (name, writes, want) in
        [(&"read, written", true, noted(Kind::WaitWhileHolding)), (&"only read", false, None)]
    {
        let (lock, event): (RwLock<()>, _) = (named::rwlock(name, ()), Event::new());
        let set = || {
            if writes {
                drop(lock.write().unwrap());
            } else {
                drop(lock.read().unwrap());
            }
            event.set();
        };
        let wait = || {
            let _guard = lock.read().unwrap();
            event.wait();
        };
        in_turn(set, wait);
        said(name, want);
    }
}

#[test]
fn a_message_that_is_sent_under_the_lock() {
    for (name, takes, want) in [(&"sent under", true, WAIT), (&"sent beside", false, None)] {
        let ((lock, name), (sender, receiver)) = (lock(name), mpsc::channel());
        let send = || {
            let _guard = takes.then(|| lock.lock().unwrap());
            sender.send(()).unwrap();
        };
        let of_receiver = &lock;
        let receive = move || {
            let _guard = of_receiver.lock().unwrap();
            receiver.recv().unwrap();
        };
        in_turn(send, receive);
        // The end of the last sender is no message.
        drop(sender);
        said(name, want);
    }
}

/// As in many a pool: only those who receive take the lock around the receiver.
#[test]
fn a_mutex_around_a_receiver() {
    trace_dir();
    let (sender, receiver) = mpsc::channel();
    let receiver = named::mutex(&"around", receiver);
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| while receiver.lock().unwrap().recv().is_ok() {});
        }
        (0..100).for_each(|job| sender.send(job).unwrap());
        drop(sender);
    });
    said("around", None);
}

#[test]
fn room_that_is_made_under_the_lock() {
    for (name, takes, want) in [(&"room under", true, WAIT), (&"room beside", false, None)] {
        let ((lock, name), (sender, receiver)) = (lock(name), mpsc::sync_channel(1));
        let of_receiver = &lock;
        let receive = move || {
            let _guard = takes.then(|| of_receiver.lock().unwrap());
            receiver.recv().unwrap();
            receiver
        };
        let kept = Mutex::new(None);
        let send = || {
            let _guard = lock.lock().unwrap();
            sender.send(()).unwrap();
        };
        sender.send(()).unwrap();
        in_turn(|| *kept.lock().unwrap() = Some(receive()), send);
        said(name, want);
    }
}

/// P09: the outer lock is kept while the inner one is given back.
#[test]
fn the_nested_monitor() {
    for (name, takes, want) in [(&"monitor", true, WAIT), (&"no monitor", false, None)] {
        let ((outer, name), inner, condvar) = (lock(name), Mutex::new(false), Condvar::new());
        let notify = || {
            let _outer = takes.then(|| outer.lock().unwrap());
            *inner.lock().unwrap() = true;
            condvar.notify_one();
        };
        let wait = || {
            let _outer = outer.lock().unwrap();
            let ready = condvar.wait_while(inner.lock().unwrap(), |ready| !*ready);
            assert!(*ready.unwrap());
        };
        in_turn(notify, wait);
        said(name, want);
    }
}

/// The mutex of the wait itself is given back.
#[test]
fn a_wait_with_its_own_mutex() {
    let ((mutex, name), condvar) = (lock(&"own"), Condvar::new());
    let waits = std::sync::Barrier::new(2);
    let notify = || {
        let _guard = mutex.lock().unwrap();
        condvar.notify_one();
    };
    thread::scope(|scope| {
        scope.spawn(|| {
            let guard = mutex.lock().unwrap();
            waits.wait();
            drop(condvar.wait(guard).unwrap());
        });
        waits.wait();
        notify();
    });
    said(name, None);
}

#[test]
fn a_barrier_at_which_somebody_arrives_late() {
    for (name, takes, want) in
        [(&"late", true, noted(Kind::WaitWhileHolding)), (&"not late", false, None)]
    {
        let ((lock, name), barrier) = (lock(name), Barrier::new(2));
        let turn = std::sync::Barrier::new(2);
        thread::scope(|scope| {
            scope.spawn(|| {
                if takes {
                    drop(lock.lock().unwrap());
                }
                turn.wait();
                barrier.wait();
            });
            scope.spawn(|| {
                turn.wait();
                let _guard = lock.lock().unwrap();
                barrier.wait();
            });
        });
        said(name, want);
    }
}

#[test]
fn permits_that_are_given_under_the_lock() {
    for (name, takes, want) in [(&"permits", true, WAIT), (&"free permits", false, None)] {
        let ((lock, name), permits) = (lock(name), Semaphore::new(0));
        let give = || {
            let _guard = takes.then(|| lock.lock().unwrap());
            permits.release(1);
        };
        let take = || {
            let _guard = lock.lock().unwrap();
            permits.acquire().forget();
        };
        in_turn(give, take);
        said(name, want);
    }
}

/// Whoever has a permit needs nothing more to give it back.
#[test]
fn a_lock_that_was_taken_before_the_permit() {
    let ((lock, name), permits) = (lock(&"before the permit"), Semaphore::new(1));
    let one = || {
        drop(lock.lock().unwrap());
        drop(permits.acquire());
    };
    let other = || {
        let _guard = lock.lock().unwrap();
        drop(permits.acquire());
    };
    in_turn(one, other);
    said(name, None);
}

#[test]
fn a_join_under_a_lock_that_the_thread_takes() {
    for (name, says_so, takes, want) in [
        (&"joined under", false, true, noted(Kind::JoinWhileHolding)),
        (&"past it", true, true, None),
        (&"joined beside", false, false, None),
    ] {
        let ((lock, name), past) = (lock(name), Event::new());
        let turn = std::sync::Barrier::new(2);
        thread::scope(|scope| {
            let child = scope.spawn(|| {
                if takes {
                    drop(lock.lock().unwrap());
                }
                if says_so {
                    past.set();
                }
                turn.wait();
            });
            turn.wait();
            if says_so {
                past.wait();
            }
            let _guard = lock.lock().unwrap();
            child.join().unwrap();
        });
        said(name, want);
    }
}

#[cfg(debug_assertions)]
#[test]
fn the_end_of_a_scope_is_a_join() {
    let (lock, name) = lock(&"scope");
    let turn = std::sync::Barrier::new(2);
    let mut guard = None;
    thread::scope(|scope| {
        scope.spawn(|| {
            drop(lock.lock().unwrap());
            turn.wait();
        });
        turn.wait();
        guard = Some(lock.lock().unwrap());
    });
    drop(guard);
    // A scope ends before its threads do.
    while kinds(&lockgraph::findings(), name).is_empty() {
        thread::yield_now();
    }
    said(name, Some(Kind::JoinWhileHolding));
}

#[test]
fn an_initialiser_that_takes_the_lock() {
    for (name, takes, want) in [
        (&"initialised under", true, Some(Kind::OnceWhileHolding)),
        (&"initialised beside", false, None),
    ] {
        let ((lock, name), once) = (lock(name), Once::new());
        let run = || {
            once.call_once(|| {
                if takes {
                    drop(lock.lock().unwrap());
                }
            });
        };
        let pass = || {
            let _guard = lock.lock().unwrap();
            once.call_once(|| unreachable!("it was run"));
        };
        in_turn(run, pass);
        said(name, want);
    }
}
