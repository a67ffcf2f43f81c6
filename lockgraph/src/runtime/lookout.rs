//! A thread of our own that looks out for waits that nobody will end.
//!
//! A deadlock of locks and joins is found by the thread that closes it. A wait for a signal (a
//! notification, a message) may be ended by anybody, so it is for ever only when nobody is left to run.
//! Whoever blocks or ends last cannot see that for certain: a thread that has been woken may not have
//! come so far as to say so. So it calls the lookout, which asks the kernel.
//!
//! The kernel says of each thread whether it sleeps, in which call, and how often it has run. If all
//! sleep in futexes, twice, without having run in between, then at one moment all of them slept, and
//! none had been woken. Tracked threads have said that they wait without a time limit. If there are
//! no others, that is a proof; others (*strangers*) may sleep for a time only, so with them it is a
//! guess, made after a while. Handlers of signals count as one.
//!
//! The thread begins when it is first needed, blocks all signals, and sleeps when there is nothing to
//! look at. It is not tracked, and holds no lock of ours while it asks the kernel. Where the kernel
//! does not say what threads do, nothing is found this way.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{LazyLock, Mutex, OnceLock};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use super::standstill::{self, Snapshot};
use super::sys::{self, Call, Task};
use super::watchdog::Watch;
use super::{bystander, local, locked, report, stack, victim};
use crate::finding::{self, Finding, Stranger, Verdict};

/// From the moment at which everybody seems to be blocked to the first look, and the most between
/// two looks. Most such moments are over at once.
const FIRST: Duration = Duration::from_millis(20);
const MOST: Duration = Duration::from_secs(2);
/// A guess is made after so long.
const PATIENCE: Duration = Duration::from_secs(1);

/// There is something to look at.
static IS_CALLED: AtomicBool = AtomicBool::new(false);
/// The thread, if it could be begun.
static LOOKOUT: OnceLock<Option<Thread>> = OnceLock::new();

/// The threads of the program's watchdogs, which serve nobody.
static WATCHDOGS: Mutex<Vec<u32>> = Mutex::new(Vec::new());

/// This thread is that of a watchdog, as long as this lives: until then its number of the system is
/// nobody else's.
pub(super) struct Own(Option<u32>);

impl Own {
    pub(super) fn here() -> Own {
        let task = sys::this_task();
        local::untracked(|| locked(&WATCHDOGS).extend(task));
        Own(task)
    }
}

impl Drop for Own {
    fn drop(&mut self) {
        local::untracked(|| locked(&WATCHDOGS).retain(|known| Some(*known) != self.0));
    }
}

/// All tracked threads seem to be blocked. Cheap when called over and over.
pub(super) fn call() {
    if IS_CALLED.load(Ordering::Relaxed) || IS_CALLED.swap(true, Ordering::AcqRel) {
        return;
    }
    if let Some(lookout) = LOOKOUT.get_or_init(begin) {
        lookout.unpark();
    }
}

/// Begins the thread, for a watch that needs no call.
pub(super) fn watch() {
    LOOKOUT.get_or_init(begin);
}

fn begin() -> Option<Thread> {
    let spawn = || thread::Builder::new().name("lockgraph".into()).spawn(run);
    sys::without_signals(spawn).ok().map(|handle| handle.thread().clone())
}

fn run() {
    local::untracked(|| {
        let own = sys::this_task();
        let mut watch = Watch::default();
        loop {
            if IS_CALLED.swap(false, Ordering::AcqRel) {
                look_until_clear(own, &mut watch);
            } else {
                watch.look(own);
                match watch.pause() {
                    Some(pause) => thread::park_timeout(pause),
                    None => thread::park(),
                }
            }
        }
    });
}

/// What is to be seen.
enum Seen {
    /// Somebody runs who will say when it blocks.
    Clear,
    /// Nobody that is known runs, but not all are asleep.
    Unsure,
    /// Everybody is blocked, as this says, with these strangers.
    Still(Snapshot, Vec<Stranger>),
}

fn look_until_clear(own: Option<u32>, watch: &mut Watch) {
    let (mut pause, since) = (FIRST, Instant::now());
    loop {
        thread::sleep(pause);
        match look(own) {
            Seen::Clear => return,
            Seen::Still(snapshot, strangers)
                if strangers.is_empty() || since.elapsed() >= PATIENCE =>
            {
                tell(&snapshot, strangers);
                watch.was_told(&snapshot);
                return;
            }
            Seen::Still(..) | Seen::Unsure => pause = MOST.min(pause * 2),
        }
        // There may never be more to see here, while waits take long.
        watch.look(own);
        pause = pause.min(watch.pause().unwrap_or(MOST));
        if IS_CALLED.load(Ordering::Relaxed) {
            // Things have changed meanwhile.
            return;
        }
    }
}

fn look(own: Option<u32>) -> Seen {
    let Some(before) = standstill::snapshot_if_all_are_blocked() else { return Seen::Clear };
    let Some(own) = own else { return Seen::Clear };
    let Some(first) = others(own) else { return Seen::Clear };
    let Some(willing) = victim::try_again() else { return Seen::Unsure };
    let Some(second) = others(own) else { return Seen::Clear };
    // Those that can be told to give up run now and then, and have just tried in vain.
    let is_still = |task: &&Task| !willing.contains(&task.id);
    if !first.iter().filter(is_still).eq(second.iter().filter(is_still)) {
        return Seen::Unsure;
    }
    match strangers(&first, &before, &willing) {
        Some(strangers) => Seen::Still(before, strangers),
        None => Seen::Unsure,
    }
}

/// All threads but this one, which runs, and may be switched from as it reads of many, and those of
/// watchdogs.
fn others(own: u32) -> Option<Vec<Task>> {
    let mut tasks = sys::tasks()?;
    let watchdogs = locked(&WATCHDOGS);
    tasks.retain(|task| !task.is_gone && task.id != own && !watchdogs.contains(&task.id));
    Some(tasks)
}

/// The threads that are not tracked, if all threads are asleep but those that have just tried.
fn strangers(tasks: &[Task], snapshot: &Snapshot, willing: &[u32]) -> Option<Vec<Stranger>> {
    if !snapshot.is_among(tasks) {
        return None;
    }
    let mut strangers = Vec::new();
    for task in tasks.iter().filter(|task| !willing.contains(&task.id)) {
        let is_known = snapshot.has_task(task.id);
        // The first thread of a test program waits, for a time, for the tests.
        let is_runner = task.id == std::process::id() && is_test();
        match task.call {
            _ if !task.is_asleep => return None,
            Call::Futex { .. } | Call::Unknown if is_known => {}
            Call::Futex { is_timed } if !is_timed || is_runner => strangers.push(stranger(task)),
            _ => return None,
        }
    }
    if sys::has_handlers() {
        strangers.push(handlers());
    }
    Some(strangers)
}

/// Whether this is a program of tests, by where cargo puts those.
fn is_test() -> bool {
    static IS_TEST: LazyLock<bool> = LazyLock::new(|| {
        let program = std::env::current_exe().ok();
        let directory = program.as_deref().and_then(|path| path.parent()?.file_name());
        directory.is_some_and(|name| name == "deps")
    });
    *IS_TEST
}

/// A signal may come at any time, and its handler end a wait, or the process.
fn handlers() -> Stranger {
    let thread = finding::Thread { id: 0, name: Some("handlers of signals".into()) };
    Stranger { thread, does: "may run when a signal comes".to_owned() }
}

/// A thread that is not blocked in anything of ours.
pub(super) fn stranger(task: &Task) -> Stranger {
    let known = bystander::thread_of(task.id);
    let unknown = || finding::Thread { id: task.id, name: Some(task.name.clone()) };
    Stranger { thread: known.unwrap_or_else(unknown), does: does(task).to_owned() }
}

/// What a thread does, as far as the system says.
fn does(task: &Task) -> &'static str {
    match task.call {
        _ if !task.is_asleep => "runs",
        Call::Futex { is_timed: false } => "sleeps in a lock or the like that is not tracked",
        Call::Futex { is_timed: true } => "sleeps in a lock or the like, for a time",
        Call::Other(_) => "sleeps in a call to the system",
        Call::Unknown => "sleeps",
    }
}

fn tell(snapshot: &Snapshot, strangers: Vec<Stranger>) {
    if let Some(mut finding) = standstill::finding(snapshot, strangers) {
        stack::resolve(&mut finding);
        if !tell_victim(&mut finding, snapshot) {
            report::report_standstills(&[finding]);
        }
    }
}

/// Has one give up who is blocked for ever and can be reached. Whether there is one, and the settings
/// ask for it.
fn tell_victim(finding: &mut Finding, snapshot: &Snapshot) -> bool {
    if finding.verdict != Verdict::Actual || !victim::is_asked_for() {
        return false;
    }
    let Some((thread, bell)) = victim::of_standstill(&snapshot.threads(), finding) else {
        return false;
    };
    victim::name(finding, thread);
    report::report_for_another(finding);
    bell.tell(report::panic_message(finding));
    true
}
