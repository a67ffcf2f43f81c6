//! What the detector has to say: findings as data.
//!
//! A finding stands on its own: names and places are spelled out, so that it can be printed,
//! stored and compared after the program that it is about has gone. Printing is in
//! [`crate::report`].

mod key;
mod machinery;
mod witness;

use crate::id::{LockKind, Mode, Signal};
pub use witness::{Act, Move, Witness};

/// What went wrong, or could.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Kind {
    /// Threads wait for each other for ever, each holding what the next one wants.
    Deadlock,
    /// A thread waits for a lock that it holds itself, or for its own end.
    SelfDeadlock,
    /// A reader reads again behind a writer that waits for the first read to end.
    ReadRecursion,
    /// A reader wants to write without giving up its read first.
    LockUpgrade,
    /// A lock whose holder is gone: the thread ended, or leaked the guard.
    OrphanedLock,
    /// Threads take the same locks in different orders.
    LockOrderCycle,
    /// A thread waits for what others have to do, while it holds a lock that they need first.
    WaitWhileHolding,
    /// A thread waits for the end of another, while it holds a lock that the other takes.
    JoinWhileHolding,
    /// A notification could come before the wait that it is to end, and be lost.
    LostNotification,
    /// A thread waits for an initialisation, while it holds a lock that the initialiser takes.
    OnceWhileHolding,
    /// Threads wait for something that nobody is left to do.
    NeverWoken,
    /// As far as can be seen nobody will end these waits, but it is not certain.
    Stall,
    /// One condition variable is waited for with two mutexes at once.
    CondvarWithTwoMutexes,
    /// A bounded semaphore is given more permits than it began with.
    SemaphoreOverRelease,
    /// A thread ended without giving back a lock.
    ThreadEndedHolding,
    /// A lock is destroyed while its guard, which was leaked, still has it.
    DestroyedWhileLocked,
    /// A lock was held for longer than the settings allow.
    LongHold,
    /// A lock was not had within its time limit, many times in a row.
    RepeatedTimeout,
    /// Locks are taken against the order that the settings or their ranks declare.
    RankViolation,
    /// A lock is taken while another one is held, and the committed order does not have that.
    NewEdge,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Kind; 20] = [
        Kind::Deadlock,
        Kind::SelfDeadlock,
        Kind::ReadRecursion,
        Kind::LockUpgrade,
        Kind::OrphanedLock,
        Kind::LockOrderCycle,
        Kind::WaitWhileHolding,
        Kind::JoinWhileHolding,
        Kind::OnceWhileHolding,
        Kind::LostNotification,
        Kind::NeverWoken,
        Kind::Stall,
        Kind::CondvarWithTwoMutexes,
        Kind::SemaphoreOverRelease,
        Kind::ThreadEndedHolding,
        Kind::DestroyedWhileLocked,
        Kind::LongHold,
        Kind::RepeatedTimeout,
        Kind::RankViolation,
        Kind::NewEdge,
    ];

    /// The name in reports and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Deadlock => "deadlock",
            Kind::SelfDeadlock => "self-deadlock",
            Kind::ReadRecursion => "read-recursion",
            Kind::LockUpgrade => "lock-upgrade",
            Kind::OrphanedLock => "orphaned-lock",
            Kind::LockOrderCycle => "lock-order-cycle",
            Kind::WaitWhileHolding => "wait-while-holding",
            Kind::JoinWhileHolding => "join-while-holding",
            Kind::OnceWhileHolding => "once-while-holding",
            Kind::LostNotification => "lost-notification",
            Kind::NeverWoken => "never-woken",
            Kind::Stall => "stall",
            Kind::CondvarWithTwoMutexes => "condvar-with-two-mutexes",
            Kind::SemaphoreOverRelease => "semaphore-over-release",
            Kind::ThreadEndedHolding => "thread-ended-holding",
            Kind::DestroyedWhileLocked => "destroyed-while-locked",
            Kind::LongHold => "long-hold",
            Kind::RepeatedTimeout => "repeated-timeout",
            Kind::RankViolation => "rank-violation",
            Kind::NewEdge => "new-edge",
        }
    }

    /// Whether it is an edge of the order graph by itself, which the project does not want: nobody
    /// waits, and the conditions of a deadlock do not matter.
    pub fn is_edge(self) -> bool {
        matches!(self, Kind::RankViolation | Kind::NewEdge)
    }

    /// Whether it is one primitive used wrongly, and no wait: nothing need be done about it at
    /// once, and the conditions of a deadlock do not matter.
    pub fn is_misuse(self) -> bool {
        matches!(
            self,
            Kind::CondvarWithTwoMutexes
                | Kind::SemaphoreOverRelease
                | Kind::ThreadEndedHolding
                | Kind::DestroyedWhileLocked
        )
    }

    /// The kind with this name.
    pub fn from_name(name: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// How sure it is, surest first.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Verdict {
    /// These threads wait for each other for ever, now.
    Actual,
    /// These threads wait now, and nobody that is known can end it; but not everybody is known.
    Stalled,
    /// A schedule of the steps that were seen deadlocks, and every read in it still sees what it
    /// saw.
    Proved,
    /// A schedule of the steps that were seen deadlocks, if the threads would take them: what they
    /// read was not recorded, or would be something else.
    Feasible,
    /// A cycle that survives the filters; some schedule may hang.
    Possible,
    /// A cycle that cannot deadlock, for the reason given. Shown only on request.
    Excluded,
}

impl Verdict {
    /// All verdicts, surest first.
    pub const ALL: [Verdict; 6] = [
        Verdict::Actual,
        Verdict::Stalled,
        Verdict::Proved,
        Verdict::Feasible,
        Verdict::Possible,
        Verdict::Excluded,
    ];

    /// The name in reports and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Verdict::Actual => "actual",
            Verdict::Stalled => "stalled",
            Verdict::Proved => "proved",
            Verdict::Feasible => "feasible",
            Verdict::Possible => "possible",
            Verdict::Excluded => "excluded",
        }
    }

    /// The verdict with this name.
    pub fn from_name(name: &str) -> Option<Verdict> {
        Verdict::ALL.into_iter().find(|verdict| verdict.name() == name)
    }
}

/// A place in the source.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Place {
    /// The file, as the compiler was given it.
    pub file: String,
    /// The line, from 1.
    pub line: u32,
    /// The column in characters, from 1; 0 if it is not known.
    pub column: u32,
}

/// Where a lock comes from, or the name it was given: what it has in common with its like.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Class {
    /// The name that the program gave.
    Named(String),
    /// Where it was made.
    Made(Place),
    /// Where it was first taken, for locks whose making leaves no mark.
    FirstTaken(Place),
    /// Nothing is known (an imported trace).
    Unknown,
}

/// A lock as a finding shows it.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Lock {
    /// Its number in this run.
    pub id: u64,
    /// What sort of lock.
    pub kind: LockKind,
    /// Where it comes from.
    pub class: Class,
    /// For whom it was made, if its class is a line that many reach, such as the `new` of a
    /// wrapper: the call in the program that tells it from others of its class. No part of a
    /// trace; who has the stack of its making can say.
    pub made_for: Option<Place>,
}

/// A thread as a finding shows it.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Thread {
    /// Its number in this run.
    pub id: u32,
    /// Its name, if it has one.
    pub name: Option<String>,
}

/// One frame of a stack.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Frame {
    /// The function, demangled.
    pub function: String,
    /// Where in the source, if it is known.
    pub place: Option<Place>,
}

/// A lock that a thread holds.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Held {
    /// Which.
    pub lock: Lock,
    /// How.
    pub mode: Mode,
    /// Where it was taken.
    pub site: Option<Place>,
}

/// What a thread waits for, or would.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Wanted {
    /// A lock.
    Lock(Lock, Mode),
    /// The end of a thread.
    End(Thread),
    /// Something that another thread has to do; at this object, or to the thread itself.
    Signal(Signal, Option<Lock>),
}

/// Why a thread stands in the way of the one before it in the cycle.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Blocks {
    /// It holds the lock.
    Holds(Held),
    /// It waits to write, and readers queue behind it.
    QueuesBefore(Lock),
    /// It is the thread whose end is waited for.
    HasNotEnded,
    /// It has done before what is waited for, and cannot do it now.
    CannotServe(Signal, Option<Lock>),
    /// It ended, or leaked the guard, while it held the lock.
    LeftBehind(Held),
    /// It does not: it is the first of a line, not of a circle, that ends with a thread that is
    /// gone.
    Nobody,
}

/// One thread of a cycle: it stands in the way of the thread before it, and wants what the next
/// one has. The last one wants what the first one has.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Step {
    /// Who.
    pub thread: Thread,
    /// How it blocks the thread before it.
    pub blocks: Blocks,
    /// What it waits for itself. `None`: it is gone.
    pub wants: Option<Wanted>,
    /// Where it wants it.
    pub site: Option<Place>,
    /// What `site` calls, if that is not where the lock is wanted itself but the call, in the
    /// program, of a wrapper or a dependency which wants it here. No part of a trace either.
    pub through: Option<Place>,
    /// The stack of that moment, user frames first; empty if there is none.
    pub stack: Vec<Frame>,
    /// The same as return addresses, innermost first, where they have not been resolved yet.
    pub addresses: Vec<u64>,
    /// What else it holds at that moment.
    pub also_holds: Vec<Held>,
}

/// Why a cycle cannot deadlock.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Reason {
    /// Every step, or too many of them, belong to this one thread.
    OneThread(Thread),
    /// The lock is held in all places, so that only one thread at a time is in.
    Gate(Lock),
    /// The first thread's step is over before the second thread's can begin.
    SpawnJoin(Thread, Thread),
    /// The same, by a message that went through an object of this kind, if that is known: a
    /// notification, a send, an arrival.
    Message(Thread, Thread, Option<LockKind>),
    /// Readers do not block each other, and no writer was seen.
    ReadersOnly(Lock),
    /// More threads would have to hold permits of this semaphore than it has.
    Permits(Lock, u32),
}

/// A thread of the process of which too little is known to be certain: it is not tracked, or it is
/// blocked in something that is not. Where nobody is left, one that has done before what is waited
/// for. Where a deadlock is broken, the victim.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Stranger {
    /// Which.
    pub thread: Thread,
    /// What it does: `sleeps in a futex`.
    pub does: String,
}

/// One thing found.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Finding {
    /// What.
    pub kind: Kind,
    /// How sure.
    pub verdict: Verdict,
    /// The cycle, one step a thread.
    pub steps: Vec<Step>,
    /// Why it cannot deadlock, for [`Verdict::Excluded`].
    pub excluded: Option<Reason>,
    /// Who keeps it from being certain, for [`Verdict::Stalled`]; who did too early what is waited
    /// for, for [`Kind::NeverWoken`]; whose wait is given up, for [`Verdict::Actual`] with
    /// [`OnDeadlock::Victim`](crate::OnDeadlock::Victim).
    pub strangers: Vec<Stranger>,
    /// The schedule that deadlocks, for [`Verdict::Proved`] and [`Verdict::Feasible`].
    pub witness: Option<Witness>,
    /// In how many ways the run had the parts of this; 0 if they were not counted.
    pub instances: u64,
    /// Its steps in names that outlive a change of lines: classes and functions instead of places.
    /// No part of a trace; who has the sources can say.
    pub names: Option<Vec<String>>,
    /// For each step where it was seen, if no single run had them all; else empty.
    pub runs: Vec<String>,
}

impl Finding {
    /// A finding without what only some have.
    pub fn new(kind: Kind, verdict: Verdict, steps: Vec<Step>) -> Finding {
        Finding {
            kind,
            verdict,
            steps,
            excluded: None,
            strangers: Vec::new(),
            witness: None,
            instances: 0,
            names: None,
            runs: Vec::new(),
        }
    }

    /// A number that stays the same from run to run: as long as its steps have the same
    /// [`names`](Finding::names) if it has any, or else the same classes of locks and the same
    /// places where they are taken; see [`Finding::lasting`].
    pub fn fingerprint(&self) -> u64 {
        let circle = || self.circle();
        let about = self.names.as_ref().map_or_else(circle, |names| names.join("; "));
        fnv1a(format!("{} {about}", self.kind.name()).as_bytes())
    }

    /// What it is about, as text: the same for findings about the same locks, taken at the same
    /// places, as a deadlock that happened and the cycle that said it could.
    ///
    /// Where all locks are taken in one line, which is then a wrapper's, it takes more than
    /// classes and sites to tell one finding from another: for whom the locks were made. It would
    /// tell too much elsewhere, where it is one mistake whichever locks meet there.
    pub fn circle(&self) -> String {
        key::keys(self.lasting())
    }

    /// The steps that it is known by: all of a circle. Of a [line](Kind::RepeatedTimeout) the first
    /// alone, for who is seen behind it differs from run to run.
    pub fn lasting(&self) -> &[Step] {
        match self.steps.as_slice() {
            [first, ..] if self.kind == Kind::RepeatedTimeout && first.blocks == Blocks::Nobody => {
                std::slice::from_ref(first)
            }
            all => all,
        }
    }

    /// Whether it is known of every step where it wants what it waits for. In a trace without
    /// places, findings about different locks share a fingerprint.
    pub fn has_places(&self) -> bool {
        self.lasting().iter().all(|step| step.site.is_some() || step.wants.is_none())
    }

    /// Whether every lock of the cycle is taken at one and the same place: that of a wrapper, or
    /// of a function that calls itself.
    pub fn is_in_one_line(&self) -> bool {
        key::are_in_one_line(self.lasting())
    }

    /// Where the locks of the cycle are taken themselves, and not what calls that.
    pub fn sites(&self) -> impl Iterator<Item = &Place> {
        key::sites(&self.steps)
    }

    /// The locks of the cycle, each once, in the order of the steps.
    pub fn locks(&self) -> Vec<&Lock> {
        let mut locks: Vec<&Lock> = Vec::new();
        for step in &self.steps {
            let blocked = match &step.blocks {
                Blocks::Holds(held) | Blocks::LeftBehind(held) => Some(&held.lock),
                Blocks::QueuesBefore(lock) => Some(lock),
                Blocks::CannotServe(_, object) => object.as_ref(),
                Blocks::HasNotEnded | Blocks::Nobody => None,
            };
            let wanted = match &step.wants {
                Some(Wanted::Lock(lock, _)) => Some(lock),
                Some(Wanted::Signal(_, object)) => object.as_ref(),
                _ => None,
            };
            for lock in [blocked, wanted].into_iter().flatten() {
                if locks.iter().all(|seen| seen.id != lock.id) {
                    locks.push(lock);
                }
            }
        }
        locks
    }
}

/// FNV-1a, 64 bits: small, and the same on every machine and version.
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}
