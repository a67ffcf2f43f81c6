//! One finding of every kind, for tests.

use super::row;
use super::staged::{self, finding, frame, held, holds, mutex, place, step, thread};
use crate::finding::{Blocks, Finding, Kind, Lock, Step, Stranger, Verdict, Wanted};
use crate::id::{LockKind, Mode, Signal};

const X: Mode = Mode::Exclusive;

/// A finding of this kind, as it is made of what happens.
pub(crate) fn of_kind(kind: Kind) -> Finding {
    match kind {
        Kind::Deadlock => staged::deadlock(),
        Kind::SelfDeadlock => staged::self_deadlock(),
        Kind::ReadRecursion => staged::read_recursion(Verdict::Actual),
        Kind::LockUpgrade => staged::lock_upgrade(),
        Kind::OrphanedLock => staged::orphaned_lock(),
        Kind::LockOrderCycle => staged::lock_order_cycle(),
        Kind::WaitWhileHolding => wait_while_holding(),
        Kind::JoinWhileHolding => join_while_holding(),
        Kind::OnceWhileHolding => Finding { kind, ..staged::initialiser() },
        Kind::LostNotification => lost_notification(),
        Kind::NeverWoken => never_woken(),
        Kind::Stall => stall(),
        Kind::CondvarWithTwoMutexes => condvar_with_two_mutexes(),
        Kind::SemaphoreOverRelease => semaphore_over_release(),
        Kind::ThreadEndedHolding => thread_ended_holding(),
        Kind::DestroyedWhileLocked => destroyed_while_locked(),
        Kind::LongHold => long_hold(),
        Kind::RepeatedTimeout => repeated_timeout(),
        Kind::RankViolation | Kind::NewEdge => of_order(kind),
    }
}

fn object(id: u64, name: &str, kind: LockKind) -> Lock {
    Lock { kind, ..mutex(id, name) }
}

fn idle(who: (u32, &str), blocks: Blocks, site: &str) -> Step {
    let site = (!site.is_empty()).then(|| place(site));
    Step {
        thread: thread(who.0, who.1),
        blocks,
        wants: None,
        site,
        through: None,
        stack: Vec::new(),
        addresses: Vec::new(),
        also_holds: Vec::new(),
    }
}

fn wait_while_holding() -> Finding {
    let (jobs, done) = (mutex(1, "jobs"), object(2, "done", LockKind::Condvar));
    let wants = Some(Wanted::Signal(Signal::Notify, Some(done.clone())));
    let waiter = Step {
        wants,
        ..idle((1, "main"), holds(&jobs, X, "src/pool.rs:3:21"), "src/pool.rs:5:14")
    };
    let serves = Blocks::CannotServe(Signal::Notify, Some(done));
    let server = step(thread(2, "worker"), serves, &jobs, X, "src/pool.rs:12:25");
    finding(Kind::WaitWhileHolding, Verdict::Possible, vec![waiter, server])
}

fn join_while_holding() -> Finding {
    let (kind, verdict) = (Kind::JoinWhileHolding, Verdict::Possible);
    Finding { kind, verdict, ..staged::join_while_holding() }
}

fn lost_notification() -> Finding {
    let ready = object(1, "ready", LockKind::Condvar);
    let wants = Some(Wanted::Signal(Signal::Notify, Some(ready.clone())));
    let waiter = Step { wants, ..idle((1, "main"), Blocks::Nobody, "src/start.rs:8:19") };
    let serves = Blocks::CannotServe(Signal::Notify, Some(ready));
    let notifier = idle((2, "worker"), serves, "src/start.rs:21:11");
    finding(Kind::LostNotification, Verdict::Possible, vec![waiter, notifier])
}

fn never_woken() -> Finding {
    let ready = object(1, "ready", LockKind::Condvar);
    let wants = Some(Wanted::Signal(Signal::Notify, Some(ready)));
    let waiter = Step { wants, ..idle((1, "main"), Blocks::Nobody, "src/start.rs:8:19") };
    let does = "notified it before, at src/start.rs:21:11".into();
    let strangers = vec![Stranger { thread: thread(2, "worker"), does }];
    Finding { strangers, ..finding(Kind::NeverWoken, Verdict::Actual, vec![waiter]) }
}

fn stall() -> Finding {
    let jobs = mutex(1, "jobs");
    let waiter = step(thread(1, "main"), Blocks::Nobody, &jobs, X, "src/pool.rs:4:12");
    let holder = idle((2, "worker"), holds(&jobs, X, "src/pool.rs:9:10"), "");
    let does = "sleeps in a futex".into();
    let strangers = vec![Stranger { thread: thread(2, "worker"), does }];
    let stall = finding(Kind::Stall, Verdict::Stalled, vec![waiter, holder]);
    Finding { strangers, ..stall }
}

fn condvar_with_two_mutexes() -> Finding {
    let changed = object(1, "changed", LockKind::Condvar);
    let waiter = |id, name, lock: &Lock, site| {
        let blocks = Blocks::Holds(crate::finding::Held { site: None, ..held(lock, X, site) });
        let wants = Some(Wanted::Signal(Signal::Notify, Some(changed.clone())));
        Step { wants, ..idle((id, name), blocks, site) }
    };
    let steps = vec![
        waiter(1, "reader", &mutex(2, "cache"), "src/watch.rs:8:17"),
        waiter(2, "writer", &mutex(3, "log"), "src/watch.rs:15:17"),
    ];
    finding(Kind::CondvarWithTwoMutexes, Verdict::Actual, steps)
}

fn semaphore_over_release() -> Finding {
    let slots = object(1, "slots", LockKind::Semaphore);
    let serves = Blocks::CannotServe(Signal::Permits, Some(slots));
    let stack = vec![frame("pool::give_back", "src/pool.rs:31:15")];
    let step = Step { stack, ..idle((1, "main"), serves, "src/pool.rs:31:15") };
    finding(Kind::SemaphoreOverRelease, Verdict::Actual, vec![step])
}

fn thread_ended_holding() -> Finding {
    let left = Blocks::LeftBehind(held(&mutex(1, "queue"), X, "src/gone.rs:2:29"));
    finding(Kind::ThreadEndedHolding, Verdict::Possible, vec![idle((3, "worker"), left, "")])
}

fn destroyed_while_locked() -> Finding {
    let held = holds(&mutex(1, "queue"), X, "src/gone.rs:2:29");
    let stack = vec![frame("gone::main", "src/gone.rs:9:1")];
    let step = Step { stack, ..idle((0, "main"), held, "") };
    finding(Kind::DestroyedWhileLocked, Verdict::Possible, vec![step])
}

fn long_hold() -> Finding {
    let step = idle((1, "teller"), holds(&mutex(1, "accounts"), X, "src/transfer.rs:2:34"), "");
    let does = "held it for 1.2 s; the limit is 500 ms".into();
    let strangers = vec![Stranger { thread: step.thread.clone(), does }];
    Finding { strangers, ..finding(Kind::LongHold, Verdict::Possible, vec![step]) }
}

/// Two that take each other's locks with a time limit.
pub(crate) fn repeated_timeout() -> Finding {
    let does = [row(10, 523_000_000), row(9, 498_000_000)];
    let circle = staged::lock_order_cycle();
    let strangers = circle.steps.iter().zip(does);
    let strangers =
        strangers.map(|(step, does)| Stranger { thread: step.thread.clone(), does }).collect();
    Finding { kind: Kind::RepeatedTimeout, strangers, ..circle }
}

/// What the settings do not want, seen in a run.
fn of_order(kind: Kind) -> Finding {
    let (accounts, audit) = (mutex(1, "accounts"), mutex(2, "audit"));
    let holds = holds(&audit, X, "src/transfer.rs:8:28");
    let step = step(thread(2, "teller-2"), holds, &accounts, X, "src/transfer.rs:10:34");
    finding(kind, Verdict::Possible, vec![step])
}
