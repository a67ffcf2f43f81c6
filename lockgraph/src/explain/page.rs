//! What each kind of finding is, with an example and the ways out.

use crate::finding::Kind;

/// What there is to say about a kind of finding.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Page {
    /// Which kind.
    pub kind: Kind,
    /// What it is, in a few sentences.
    pub what: &'static str,
    /// A short program that has it.
    pub example: &'static str,
    /// What to do about it, best first.
    pub ways_out: &'static [&'static str],
}

/// Explains a kind of finding.
pub fn page(kind: Kind) -> Page {
    match kind {
        Kind::Deadlock => DEADLOCK,
        Kind::SelfDeadlock => SELF_DEADLOCK,
        Kind::ReadRecursion => READ_RECURSION,
        Kind::LockUpgrade => LOCK_UPGRADE,
        Kind::OrphanedLock => ORPHANED_LOCK,
        Kind::LockOrderCycle => LOCK_ORDER_CYCLE,
        Kind::WaitWhileHolding => WAIT_WHILE_HOLDING,
        Kind::JoinWhileHolding => JOIN_WHILE_HOLDING,
        Kind::OnceWhileHolding => ONCE_WHILE_HOLDING,
        Kind::LostNotification => LOST_NOTIFICATION,
        Kind::NeverWoken => NEVER_WOKEN,
        Kind::Stall => STALL,
        Kind::CondvarWithTwoMutexes => CONDVAR_WITH_TWO_MUTEXES,
        Kind::SemaphoreOverRelease => SEMAPHORE_OVER_RELEASE,
        Kind::ThreadEndedHolding => THREAD_ENDED_HOLDING,
        Kind::DestroyedWhileLocked => DESTROYED_WHILE_LOCKED,
        Kind::LongHold => LONG_HOLD,
        Kind::RepeatedTimeout => REPEATED_TIMEOUT,
        Kind::RankViolation => RANK_VIOLATION,
        Kind::NewEdge => NEW_EDGE,
    }
}

const DEADLOCK: Page = Page {
    kind: Kind::Deadlock,
    what: "Threads wait for each other for ever: each holds what the next one wants. It was seen \
           while it happened, by the thread that closed the circle, so it is not a guess. The \
           end of a thread counts as something it holds, and so does a place in the queue of a \
           reader-writer lock.",
    example: "\
// thread 1                          // thread 2
let a = accounts.lock()?;            let b = audit.lock()?;
let b = audit.lock()?; // waits      let a = accounts.lock()?; // waits
",
    ways_out: &[
        "Take locks in one order everywhere: always `accounts` before `audit`.",
        "Hold one lock at a time: copy what is needed, drop the guard, then take the next.",
        "Drop guards before joining a thread that needs them.",
        "Use `try_lock` or `try_lock_for` for the second lock, and begin again on failure.",
    ],
};

const SELF_DEADLOCK: Page = Page {
    kind: Kind::SelfDeadlock,
    what: "A thread waits for a lock that it holds itself, or for its own end. In Rust the first \
           guard is often a temporary that nobody sees: in the head of a `match`, an `if let` or \
           a loop, or in an argument, it lives to the end of the whole statement. Code that runs \
           under a lock without looking like it (`Debug`, logging, `Drop`, callbacks) is the \
           other usual way.",
    example: "\
match map.lock()?.get(&key) {        // this guard lives to the end of the match
    Some(value) => use_it(value),
    None => { map.lock()?.insert(key, new()); } // waits for itself
}
",
    ways_out: &[
        "Bind what is needed with `let` before the statement, so that the guard ends there.",
        "Pass the guard, or `&mut` to the value, to the code that would lock again.",
        "Call user code (callbacks, formatting, drops) after the guard is dropped.",
        "A `ReentrantMutex` lets its holder in again, but gives only shared access to the value.",
    ],
};

const READ_RECURSION: Page = Page {
    kind: Kind::ReadRecursion,
    what: "A thread reads a reader-writer lock that it is reading already. That works until a \
           writer queues up between the two reads: the second read waits behind the writer, and \
           the writer waits for the first read. The locks of `std` and parking_lot both make \
           readers queue behind waiting writers.",
    example: "\
// thread 1                          // thread 2
let first = cache.read()?;
                                     let w = cache.write()?; // waits for `first`
let again = cache.read()?; // waits for `w`
",
    ways_out: &[
        "Hand the first guard, or a reference to the value, to the code that reads again.",
        "Drop the first guard before reading again.",
        "parking_lot's `read_recursive()` overtakes waiting writers, at the risk of starving them.",
    ],
};

const LOCK_UPGRADE: Page = Page {
    kind: Kind::LockUpgrade,
    what: "A thread wants to write a reader-writer lock without giving up its own read. The \
           write waits until all reads have ended, its own among them. With two threads that \
           upgrade at the same time, each waits for the other's read.",
    example: "\
let cached = cache.read()?;
if cached.get(&key).is_none() {
    cache.write()?.insert(key, new()); // waits for `cached`
}
",
    ways_out: &[
        "Drop the read guard, take the write lock, and look again: it may be there by now.",
        "Take parking_lot's `upgradable_read()`, of which there is one at a time, and upgrade it.",
        "Take the write lock from the start, if writing is not rare.",
    ],
};

const ORPHANED_LOCK: Page = Page {
    kind: Kind::OrphanedLock,
    what: "A thread waits for a lock whose holder is gone: it ended without giving the lock \
           back, because the guard was leaked. Nobody is left who could release it.",
    example: "\
thread::spawn(|| std::mem::forget(queue.lock())).join()?;
queue.lock()?; // waits for ever
",
    ways_out: &[
        "Let the guard be dropped: look for `mem::forget`, `ManuallyDrop`, `Box::leak` and cycles \
         of `Rc` that it ends up in.",
        "If the lock is meant to be released elsewhere, release it there before the thread ends.",
    ],
};

const LOCK_ORDER_CYCLE: Page = Page {
    kind: Kind::LockOrderCycle,
    what: "Threads take the same locks in different orders. Nothing hung this time, but if each \
           gets its first lock before the others get their second, all wait for ever. Orders \
           that cannot meet are not reported: steps of a single thread, steps under one common \
           lock, steps that spawn or join put one after the other, and acquisitions that give \
           up by themselves.",
    example: "\
fn transfer(from: &Account, to: &Account) {
    let a = from.balance.lock()?;
    let b = to.balance.lock()?; // transfer(x, y) against transfer(y, x)
}
",
    ways_out: &[
        "Take locks in one order everywhere. For locks of one type, sort them first: by a key of \
         what they guard, or by address.",
        "Hold one lock at a time.",
        "Take one outer lock around all places that take several.",
        "Use `try_lock` or `try_lock_for` for the second lock, and begin again on failure.",
    ],
};

const WAIT_WHILE_HOLDING: Page = Page {
    kind: Kind::WaitWhileHolding,
    what: "A thread waits, without a time limit, for what another thread has to do (notify, send, \
           arrive, give a permit back, set an event), while it holds a lock. Every thread that was \
           seen to do it took that lock first. This time it was early enough; if the wait begins \
           first, nobody can end it. A lock that only the waiting side takes, such as one around a \
           receiver, does no harm. It is judged at the end of the run, over all that was seen.",
    example: "\
// thread 1                          // thread 2
let s = state.lock()?;               let s = state.lock()?; // waits for thread 1
let job = jobs.recv()?; // waits     jobs.send(s.next())?;
",
    ways_out: &[
        "Drop the guard before waiting, and take the lock again afterwards.",
        "Do not take the lock on the way to what others wait for.",
        "For a condition variable, keep the condition under the one mutex that its waits give back.",
        "Wait with a time limit, and drop the guard when it is over.",
    ],
};

const JOIN_WHILE_HOLDING: Page = Page {
    kind: Kind::JoinWhileHolding,
    what: "A thread waits for the end of another while it holds a lock that the other one takes in \
           its life. This time the other one had it early enough; if the lock is taken first, the \
           thread cannot end, and the join waits for ever.",
    example: "\
let worker = thread::spawn(|| count(&stats.lock()?));
let all = stats.lock()?;
worker.join()?; // waits for ever if the worker has not had `stats` by now
",
    ways_out: &[
        "Drop the guard before the join.",
        "Take the handles out of what the lock guards, drop the guard, and then join them.",
        "Have the thread say that it is past the lock, by a message, before the lock is taken here.",
    ],
};

const ONCE_WHILE_HOLDING: Page = Page {
    kind: Kind::OnceWhileHolding,
    what: "A thread waits for an initialisation, or finds it done, while it holds a lock that the \
           initialiser takes. If another thread is in the initialiser at that moment, it waits for \
           the lock, and the holder of the lock waits for it.",
    example: "\
static TABLE: LazyLock<Table> = LazyLock::new(|| read(&config.lock().unwrap()));
let c = config.lock()?;
TABLE.find(&c.name); // waits for an initialiser that waits for `config`
",
    ways_out: &[
        "Initialise before taking the lock, for instance at the start of the program.",
        "Take no lock in the initialiser.",
        "Copy what is needed, and drop the guard before using what is initialised.",
    ],
};

const LOST_NOTIFICATION: Page = Page {
    kind: Kind::LostNotification,
    what: "A notification wakes whoever waits at that moment, and is gone. This one ended a wait, \
           but nothing makes it come after the wait has begun. If it comes first, the thread waits \
           for ever, for it does not look, under the mutex, whether what it waits for has already \
           come, or that is changed without the mutex. It takes a trace at level `full` to tell.",
    example: "\
// thread 1                          // thread 2
let guard = state.lock()?;           DONE.store(true, Release);
changed.wait(guard)?;                changed.notify_one(); // too early?
",
    ways_out: &[
        "Check the condition under the mutex before you wait, in a loop or with `wait_while`.",
        "Change the condition under the same mutex, then notify.",
        "Use what remembers: a channel, a semaphore, an `Event`, `park` and `unpark`.",
    ],
};

const NEVER_WOKEN: Page = Page {
    kind: Kind::NeverWoken,
    what: "A thread waits for what another thread has to do (notify, send, arrive, give a permit \
           back, set an event, unpark), and no thread is left that could: every thread of the \
           process is blocked without a time limit. The notification came before the wait began, \
           or its sender took another path, or a sender that nobody uses keeps the channel open.",
    example: "\
let guard = state.lock()?;
changed.wait(guard)?; // whoever notifies has done so before
",
    ways_out: &[
        "Wait in a loop on a condition that is kept under the mutex: `wait_while(guard, |s| !s.done)`.",
        "Change the condition under the mutex, then notify.",
        "Drop senders that are no longer used, so that receivers are told of the end.",
        "See that panics and early returns notify, send or arrive too: do it in a `Drop`.",
    ],
};

const LONG_HOLD: Page = Page {
    kind: Kind::LongHold,
    what: "A thread held a lock for longer than `LOCKGRAPH_LONG_HOLD` says (in milliseconds; \
           `LOCKGRAPH_LONG_HOLD_SHARED` for readers). Nobody hangs, but whoever wants the lock \
           meanwhile waits as long. Each place is told once. What a thread takes again while it \
           holds it counts from the first time, and a wait on a condition variable gives the mutex \
           back.",
    example: "\
let cache = cache.lock()?;
let page = download(&cache.url)?; // everybody else waits for the network
",
    ways_out: &[
        "Compute, read, write and wait before the lock is taken, or after it is given back.",
        "Copy what is needed out of the lock, and drop the guard.",
        "Divide what the lock guards.",
    ],
};

const REPEATED_TIMEOUT: Page = Page {
    kind: Kind::RepeatedTimeout,
    what: "A lock was wanted with a time limit, and was not had in time: at one place, so many times \
           in a row, by whatever threads (`LOCKGRAPH_REPEATED_TIMEOUT` says how many, 10 if it is \
           not set; 0 switches this off). Nobody hangs, but what should be done there is not done. \
           The worst case is told with all its threads: each holds what another one wants, so that \
           it would be a deadlock without the time limits, and as they all begin again it is one \
           over and over. Each place is told once, for locks that were made together. A success \
           begins the count anew, and `try_lock` does not count.",
    example: "\
// thread 1                          // thread 2
loop {                               loop {
    let a = accounts.lock();             let b = audit.lock();
    if let Some(b) =                     if let Some(a) =
        audit.try_lock_for(ms) {             accounts.try_lock_for(ms) {
        break;                               break;
    } // gives back `accounts`, and      } // gives back `audit`, and takes
}     // takes it anew at once           }     // it anew at once
",
    ways_out: &[
        "Take locks in one order everywhere, or at once with `lockgraph::acquire`.",
        "Begin again after a pause that differs from thread to thread: `lockgraph::retry` does.",
        "Have whoever holds the lock give it back before it waits or computes.",
        "Wait for longer, if the holder is only slow.",
    ],
};

const STALL: Page = Page {
    kind: Kind::Stall,
    what: "Threads wait without a time limit, and nobody that lockgraph knows can end their waits. \
           It is no certainty: threads that it does not know (started past it, or waiting in a \
           lock, a channel or a call that is not tracked) sleep too, and may wake up.",
    example: "\
// thread 1                          // thread 2
let a = tracked.lock()?;             let b = raw.lock()?;
let b = raw.lock()?; // unseen       let a = tracked.lock()?; // waits
",
    ways_out: &[
        "Use tracked types for all that takes part, or `cargo lockgraph test`.",
        "Give back what is held before waiting.",
        "Wait with a time limit where the other side may not come.",
    ],
};

const CONDVAR_WITH_TWO_MUTEXES: Page = Page {
    kind: Kind::CondvarWithTwoMutexes,
    what: "Two threads wait for one condition variable at the same time, each with another mutex. \
           A condition variable belongs to the condition that it tells of, and so to the one mutex \
           that guards it. With two, a notification that is sent under one of them can fall into \
           the gap between another thread's look and its wait. parking_lot panics then, and so \
           does `std` on some systems. One mutex after another, with nobody waiting in between, is \
           no mistake.",
    example: "\
// thread 1                          // thread 2
let g = left.lock()?;                let g = right.lock()?;
changed.wait(g)?;                    changed.wait(g)?; // another mutex
",
    ways_out: &[
        "Wait with the mutex that guards the condition.",
        "Give each mutex a condition variable of its own.",
    ],
};

const SEMAPHORE_OVER_RELEASE: Page = Page {
    kind: Kind::SemaphoreOverRelease,
    what: "`release` was called on a bounded semaphore that would have had more permits after it \
           than it was made with, those that guards have among them. So a permit was given back \
           that nobody had taken, or one was given back twice: by hand, and by its guard. The call \
           has no effect. With a semaphore that has no bound it would let one thread more in than \
           was meant to be.",
    example: "\
static SLOTS: Semaphore = Semaphore::bounded(4);
let slot = SLOTS.acquire();
SLOTS.release(1);                     // and `slot` gives its permit back too
",
    ways_out: &[
        "Leave giving back to the guard.",
        "Call `forget` on the guard where another thread is to release.",
        "Use `Semaphore::new` where permits are signals and have no bound.",
    ],
};

const THREAD_ENDED_HOLDING: Page = Page {
    kind: Kind::ThreadEndedHolding,
    what: "A thread has ended and left a lock taken, because it leaked the guard. Nobody waited \
           for the lock, so nothing hangs yet; whoever wants it from now on waits for ever, and \
           that is an `orphaned-lock`.",
    example: "\
thread::spawn(|| std::mem::forget(queue.lock())).join()?;
",
    ways_out: &[
        "Let the guard be dropped: look for `mem::forget`, `ManuallyDrop`, `Box::leak` and cycles \
         of `Rc` that it ends up in.",
        "If the lock is meant to be released elsewhere, release it there before the thread ends.",
    ],
};

const DESTROYED_WHILE_LOCKED: Page = Page {
    kind: Kind::DestroyedWhileLocked,
    what: "A lock was destroyed by a thread that still had it. A guard borrows its lock, so that \
           takes a guard that was leaked: its borrow is over, but it was never dropped. Nobody can \
           wait for a lock that is being destroyed, since whoever waits borrows it too. What is \
           wrong is the guard: what its end was to do (give back, notify, poison) was not done. It is \
           a warning, for one may leak a guard on purpose, to have a reference that lasts.",
    example: "\
let queue = Mutex::new(Vec::new());
std::mem::forget(queue.lock());
drop(queue);                          // still taken
",
    ways_out: &[
        "Let the guard be dropped: look for `mem::forget`, `ManuallyDrop`, `Box::leak` and cycles \
         of `Rc` that it ends up in.",
        "Where the value is wanted for good, use `get_mut` or `into_inner`, which need no guard.",
    ],
};

const RANK_VIOLATION: Page = Page {
    kind: Kind::RankViolation,
    what: "A lock was taken while another one was held, and the project declares that it comes \
           before that one: in lockgraph.toml, by the names of locks, or in the program, by their \
           ranks. By itself this hangs nobody. But others may rely on the declared \
           order, and two threads that take the same two locks in two orders can wait for each \
           other for ever. Locks of one rank have no order among them, so that nesting two of them \
           is such a violation too, unless they are taken at once or have keys.",
    example: "\
# lockgraph.toml
[locks]
accounts = \"bank/src/lib.rs: Bank::new.accounts\"
audit = \"bank/src/lib.rs: Bank::new.audit\"
[order]
declared = [\"accounts < audit\"]

let log = bank.audit.lock()?;
let all = bank.accounts.lock()?; // `accounts` comes first

// The same in the program.
static ACCOUNTS: Rank = Rank::new(\"accounts\");
static AUDIT: Rank = Rank::after(\"audit\", &[&ACCOUNTS]);
",
    ways_out: &[
        "Take the locks in the declared order.",
        "Drop the first guard before taking the other lock.",
        "Take both with `lockgraph::acquire`, if they are of one rank.",
        "Change the declaration, if it is the order of all the other code that is wrong.",
    ],
};

const NEW_EDGE: Page = Page {
    kind: Kind::NewEdge,
    what: "A lock was taken while another one was held, and the committed order does not have \
           these two. It closes no circle that is known. It is told because the project asked for \
           a frozen order: each new nesting of locks is to be looked at before it comes in.",
    example: "\
# lock-order.json has nothing on these two
let queue = jobs.lock()?;
let all = workers.lock()?;
",
    ways_out: &[
        "Drop the first guard before taking the other lock.",
        "Learn the order anew, `cargo lockgraph learn`, and have the change reviewed.",
        "Do without `frozen-order`: then only what closes a circle fails.",
    ],
};
