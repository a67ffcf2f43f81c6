//! Findings made by hand, one of every kind, for tests.

use crate::finding::{
    Act, Blocks, Class, Finding, Frame, Held, Kind, Lock, Move, Place, Reason, Step, Thread,
    Verdict, Wanted, Witness,
};
use crate::id::{LockKind, Mode};

/// `file:line:column`.
pub(crate) fn place(text: &str) -> Place {
    let mut parts = text.rsplitn(3, ':');
    let mut number = || parts.next().and_then(|part| part.parse().ok()).unwrap();
    let (column, line) = (number(), number());
    Place { file: parts.next().unwrap().to_string(), line, column }
}

pub(crate) fn mutex(id: u64, name: &str) -> Lock {
    Lock { id, kind: LockKind::Mutex, class: Class::Named(name.to_string()), made_for: None }
}

pub(crate) fn made(id: u64, kind: LockKind, site: &str) -> Lock {
    Lock { id, kind, class: Class::Made(place(site)), made_for: None }
}

pub(crate) fn thread(id: u32, name: &str) -> Thread {
    Thread { id, name: Some(name.to_string()).filter(|name| !name.is_empty()) }
}

pub(crate) fn held(lock: &Lock, mode: Mode, site: &str) -> Held {
    Held { lock: lock.clone(), mode, site: Some(place(site)) }
}

pub(crate) fn holds(lock: &Lock, mode: Mode, site: &str) -> Blocks {
    Blocks::Holds(held(lock, mode, site))
}

pub(crate) fn step(thread: Thread, blocks: Blocks, lock: &Lock, mode: Mode, site: &str) -> Step {
    Step {
        thread,
        blocks,
        wants: Some(Wanted::Lock(lock.clone(), mode)),
        site: Some(place(site)),
        through: None,
        stack: Vec::new(),
        addresses: Vec::new(),
        also_holds: Vec::new(),
    }
}

pub(crate) fn frame(function: &str, site: &str) -> Frame {
    Frame { function: function.to_string(), place: Some(place(site)) }
}

pub(crate) fn finding(kind: Kind, verdict: Verdict, steps: Vec<Step>) -> Finding {
    Finding::new(kind, verdict, steps)
}

const X: Mode = Mode::Exclusive;
const R: Mode = Mode::Shared;

/// Two tellers, two locks.
pub(crate) fn deadlock() -> Finding {
    let (accounts, audit) = (mutex(1, "accounts"), mutex(2, "audit"));
    let log = made(3, LockKind::RwLock, "src/log.rs:7:20");
    let mut first = step(
        thread(1, "teller-1"),
        holds(&accounts, X, "src/transfer.rs:2:34"),
        &audit,
        X,
        "src/transfer.rs:3:28",
    );
    first.stack = vec![
        frame("bank::transfer", "src/transfer.rs:3:28"),
        frame("bank::main::{closure#0}", "src/main.rs:9:26"),
    ];
    first.also_holds = vec![held(&log, R, "src/main.rs:8:13")];
    let second = step(
        thread(2, "teller-2"),
        holds(&audit, X, "src/transfer.rs:8:28"),
        &accounts,
        X,
        "src/transfer.rs:10:34",
    );
    finding(Kind::Deadlock, Verdict::Actual, vec![first, second])
}

pub(crate) fn lock_order_cycle() -> Finding {
    Finding { kind: Kind::LockOrderCycle, verdict: Verdict::Possible, ..deadlock() }
}

/// Two accounts, locked by the same lines.
pub(crate) fn same_code() -> Finding {
    let (a, b) = (
        made(1, LockKind::Mutex, "src/bank.rs:5:18"),
        made(2, LockKind::Mutex, "src/bank.rs:5:18"),
    );
    let steps = [(1, &a, &b), (2, &b, &a)].map(|(id, from, to)| {
        let holds = holds(from, X, "src/bank.rs:9:24");
        step(thread(id, ""), holds, to, X, "src/bank.rs:10:22")
    });
    finding(Kind::LockOrderCycle, Verdict::Possible, steps.into())
}

/// Both places on one line.
pub(crate) fn self_deadlock() -> Finding {
    let map = mutex(1, "map");
    let holds = holds(&map, X, "src/one.rs:2:17");
    let step = step(thread(1, "main"), holds, &map, X, "src/one.rs:2:45");
    finding(Kind::SelfDeadlock, Verdict::Actual, vec![step])
}

pub(crate) fn read_recursion(verdict: Verdict) -> Finding {
    let cache = Lock { kind: LockKind::RwLock, ..mutex(1, "cache") };
    let reader = step(
        thread(1, "reader"),
        holds(&cache, R, "src/cache.rs:2:25"),
        &cache,
        R,
        "src/cache.rs:3:25",
    );
    let queue = Blocks::QueuesBefore(cache.clone());
    let writer = step(thread(2, "writer"), queue, &cache, X, "src/cache.rs:7:23");
    finding(Kind::ReadRecursion, verdict, vec![reader, writer])
}

pub(crate) fn lock_upgrade() -> Finding {
    let cache = Lock { kind: LockKind::RwLock, ..mutex(1, "cache") };
    let holds = holds(&cache, R, "src/cache.rs:2:25");
    let step = step(thread(1, "main"), holds, &cache, X, "src/cache.rs:4:13");
    finding(Kind::LockUpgrade, Verdict::Actual, vec![step])
}

pub(crate) fn orphaned_lock() -> Finding {
    let queue = mutex(1, "queue");
    let waiter = step(thread(0, "main"), Blocks::Nobody, &queue, X, "src/gone.rs:6:11");
    let gone = Step {
        thread: thread(3, "worker"),
        blocks: Blocks::LeftBehind(held(&queue, X, "src/gone.rs:2:29")),
        wants: None,
        site: None,
        through: None,
        stack: Vec::new(),
        addresses: Vec::new(),
        also_holds: Vec::new(),
    };
    finding(Kind::OrphanedLock, Verdict::Actual, vec![waiter, gone])
}

/// The main thread joins a worker that needs its lock.
pub(crate) fn join_while_holding() -> Finding {
    let jobs = mutex(1, "jobs");
    let worker = thread(1, "worker");
    let mut main =
        step(thread(0, "main"), holds(&jobs, X, "src/pool.rs:3:21"), &jobs, X, "src/pool.rs:4:12");
    main.wants = Some(Wanted::End(worker.clone()));
    let worker = step(worker, Blocks::HasNotEnded, &jobs, X, "src/pool.rs:9:10");
    finding(Kind::Deadlock, Verdict::Actual, vec![main, worker])
}

/// A name, a thread, a file and a source line that want to do harm.
pub(crate) fn hostile() -> Finding {
    let lock = mutex(1, "a\x1b[31m\n\u{202e}b");
    let holds = holds(&lock, X, "src/wide.rs:1:13");
    let who = thread(1, "t\x07\u{9b}2J");
    let mut step = step(who, holds, &lock, X, "src/wide.rs:2:5");
    step.stack = vec![frame("evil\r\x1b]0;title\x07", "src/\x1b[2J.rs:1:1")];
    finding(Kind::SelfDeadlock, Verdict::Actual, vec![step])
}

/// Under one lock, so that it cannot happen.
pub(crate) fn excluded() -> Finding {
    let reason = Reason::Gate(made(9, LockKind::Mutex, "src/gate.rs:3:5"));
    Finding { verdict: Verdict::Excluded, excluded: Some(reason), ..lock_order_cycle() }
}

/// A lock in an initialiser, and the initialiser under the lock.
pub(crate) fn initialiser() -> Finding {
    let (config, log) = (made(4, LockKind::Once, "src/config.rs:3:26"), mutex(5, "log"));
    let first = step(
        thread(1, "first"),
        holds(&config, X, "src/config.rs:8:12"),
        &log,
        X,
        "src/config.rs:4:9",
    );
    let second =
        step(thread(2, "second"), holds(&log, X, "src/log.rs:5:17"), &config, X, "src/log.rs:6:20");
    finding(Kind::LockOrderCycle, Verdict::Possible, vec![first, second])
}

/// A circle of `count` threads.
pub(crate) fn ring(count: u64) -> Finding {
    let fork = |id: u64| mutex(id % count, &format!("fork-{}", id % count));
    let steps = (0..count).map(|id| {
        let holds = holds(&fork(id), X, &format!("src/dine.rs:{}:9", 10 + id));
        let who = thread(id as u32, &format!("eater-{id}"));
        step(who, holds, &fork(id + 1), X, &format!("src/dine.rs:{}:9", 1000 + id))
    });
    finding(Kind::LockOrderCycle, Verdict::Possible, steps.collect())
}

pub(crate) fn moved(thread: &Thread, act: Act, site: &str) -> Move {
    Move { thread: thread.clone(), act, site: (!site.is_empty()).then(|| place(site)) }
}

/// The schedule of a cycle of locks: each thread takes what it holds, then each asks for the next.
pub(crate) fn scheduled(finding: Finding) -> Finding {
    let mut moves = Vec::new();
    for step in &finding.steps {
        if let Blocks::Holds(held) = &step.blocks {
            let act = Act::Takes(held.lock.clone(), held.mode);
            moves.push(Move { thread: step.thread.clone(), act, site: held.site.clone() });
        }
    }
    for step in &finding.steps {
        let Some(wanted) = step.wants.clone() else { continue };
        let act = Act::Wants(wanted);
        moves.push(Move { thread: step.thread.clone(), act, site: step.site.clone() });
    }
    let witness = Some(Witness { moves, changed_reads: 0 });
    Finding { verdict: Verdict::Proved, witness, instances: 12, ..finding }
}

/// Two tellers whom the main thread begins, one of them after it has looked at the log.
pub(crate) fn proved() -> Finding {
    let mut finding = scheduled(lock_order_cycle());
    let main = thread(0, "main");
    let log = made(3, LockKind::RwLock, "src/log.rs:7:20");
    let tellers = [thread(1, "teller-1"), thread(2, "teller-2")];
    let mut moves = vec![
        moved(&main, Act::Begins(tellers[0].clone()), "src/main.rs:9:26"),
        moved(&main, Act::Begins(tellers[1].clone()), "src/main.rs:14:26"),
        moved(&tellers[0], Act::Takes(log.clone(), R), "src/main.rs:8:13"),
        moved(&tellers[0], Act::Tells(1), ""),
        moved(&tellers[1], Act::Hears(1), ""),
    ];
    let rest = finding.witness.take().map(|witness| witness.moves).unwrap_or_default();
    moves.extend(rest);
    finding.witness = Some(Witness { moves, changed_reads: 0 });
    finding
}
