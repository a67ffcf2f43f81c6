//! Waits that take long, told while the tests run.
//!
//! A deadlock among locks that we know ends in a panic and a report. What else hangs (a condition
//! variable that nobody notifies, a lock held over a blocking read) is only suspected, so it is
//! told once on standard error, and the runner is left alone: it may have a time limit.
//!
//! Who waits stands in the traces, which are read every few seconds, from outside. Only those of
//! living processes are read, and one that takes long to read is given up, so that the tests do
//! not feel it. A thread that waits for the end of others and holds nothing is no news: `main`
//! often does.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use lockgraph::explain::{self, Spelling};
use lockgraph::finding::{Lock, Place};
use lockgraph::id::{LockId, SiteId, ThreadId};
use lockgraph::trace::{self, Source, Trace, WaitSlot, Waiting};

use crate::complain;

/// Between two looks.
const PAUSE: Duration = Duration::from_secs(10);
/// A trace that takes longer to read is not read again.
const PATIENCE: Duration = Duration::from_millis(200);

/// Runs `run`, and tells meanwhile of waits that take longer than `seconds`; 0 for never.
pub(crate) fn watch<R>(traces: &Path, seconds: u64, run: impl FnOnce() -> R) -> R {
    if seconds == 0 {
        return run();
    }
    let limit = Duration::from_secs(seconds);
    let (ended, end) = mpsc::channel();
    thread::scope(|scope| {
        scope.spawn(move || look_until(&end, traces, limit));
        let result = run();
        drop(ended);
        result
    })
}

fn look_until(end: &Receiver<()>, traces: &Path, limit: Duration) {
    let mut watch = Watch { limit, ..Watch::default() };
    while end.recv_timeout(PAUSE.min(limit)) == Err(RecvTimeoutError::Timeout) {
        watch.look(traces).iter().for_each(|stall| complain(stall));
    }
}

/// What has been told, and who is left out.
#[derive(Default)]
struct Watch {
    limit: Duration,
    told: HashSet<(PathBuf, ThreadId, u64)>,
    given_up: HashSet<PathBuf>,
}

impl Watch {
    /// What is to be told now.
    fn look(&mut self, traces: &Path) -> Vec<String> {
        let mut stalls = Vec::new();
        for entry in fs::read_dir(traces).into_iter().flatten().flatten() {
            let path = entry.path();
            if !process(&path).is_some_and(is_alive) || self.given_up.contains(&path) {
                continue;
            }
            let before = Instant::now();
            if let Ok(trace) = trace::read(&path) {
                stalls.extend(self.stalls(&path, &trace, now()));
            }
            if before.elapsed() > PATIENCE {
                self.given_up.insert(path);
            }
        }
        stalls
    }

    /// The waits in `trace` that are too long at `now`, and have not been told.
    fn stalls(&mut self, path: &Path, trace: &Trace, now: Duration) -> Vec<String> {
        let Source::Native(process) = &trace.source else { return Vec::new() };
        let mut stalls = Vec::new();
        for wait in trace.waits.iter().filter(|wait| is_news(wait)) {
            let since =
                Duration::from_nanos(process.started_nanos.saturating_add(wait.since_nanos));
            let waited = now.saturating_sub(since);
            let key = (path.to_owned(), wait.thread, wait.since_nanos);
            if waited >= self.limit && self.told.insert(key) {
                let program = Path::new(&process.program).file_name().unwrap_or_default();
                let place = format!("{} (process {})", program.display(), process.pid);
                stalls.push(told(trace, wait, &place, waited));
            }
        }
        stalls
    }
}

/// Of whose trace this is the file.
fn process(path: &Path) -> Option<i32> {
    let name = path.file_stem().filter(|_| path.extension() == Some(OsStr::new("lgt")))?;
    name.to_str()?.split('-').next()?.parse().ok()
}

#[cfg(unix)]
fn is_alive(process: i32) -> bool {
    let pid = rustix::process::Pid::from_raw(process);
    pid.is_some_and(|pid| rustix::process::test_kill_process(pid).is_ok())
}

/// Not known here.
#[cfg(not(unix))]
fn is_alive(_process: i32) -> bool {
    true
}

fn now() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

fn is_news(wait: &WaitSlot) -> bool {
    matches!(wait.wants, Waiting::Lock(..)) || wait.held_count > 0
}

fn told(trace: &Trace, wait: &WaitSlot, program: &str, waited: Duration) -> String {
    let names = Names { trace, spelling: Spelling::of_all(trace.locks.values(), [], []) };
    let wants = match &wait.wants {
        Waiting::Lock(lock, _) => names.lock(*lock),
        Waiting::Ends { count: 1, threads } if threads.len() == 1 => {
            format!("the end of {}", names.thread(threads[0]))
        }
        Waiting::Ends { count, .. } => format!("the ends of {count} threads"),
        Waiting::Signal(signal, object, _) => {
            explain::awaited(*signal, object.map(|object| names.lock(object)).as_deref())
        }
    };
    let holds: Vec<String> = wait
        .held
        .iter()
        .map(|(lock, _, site)| format!("{} (taken at {})", names.lock(*lock), names.site(*site)))
        .collect();
    let holds = match holds.len() {
        0 => "nothing".to_owned(),
        _ => holds.join(" and "),
    };
    format!(
        "{} of {program} has waited {} s for {} at {}, and holds {holds}; it is left alone, until \
         the runner or you end it",
        names.thread(wait.thread),
        waited.as_secs(),
        wants,
        names.site(wait.site),
    )
}

/// What is called how.
struct Names<'a> {
    trace: &'a Trace,
    spelling: Spelling,
}

impl Names<'_> {
    fn lock(&self, id: LockId) -> String {
        let lock: Option<&Lock> = self.trace.locks.get(&id);
        lock.map_or_else(|| format!("lock {}", id.0), |lock| self.spelling.lock_in_full(lock))
    }

    fn site(&self, id: SiteId) -> String {
        let place = self.trace.sites.get(&id);
        let text = |place: &Place| format!("{}:{}:{}", place.file, place.line, place.column);
        place.map_or_else(|| "a place that is not known".to_owned(), text)
    }

    /// In tests, the thread's name is the test's.
    fn thread(&self, id: ThreadId) -> String {
        match self.trace.threads.get(&id).and_then(|thread| thread.name.as_deref()) {
            Some(name) => format!("thread `{name}`"),
            None => format!("thread {}", id.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use lockgraph::id::{LockKind, Mode};
    use lockgraph::trace::{Level, LockClass, Record, Writer};

    use super::*;

    /// The trace of this process, with one thread that waits.
    fn staged(directory: &Path, wait: &WaitSlot) -> (PathBuf, Trace) {
        let mut writer = Writer::create(directory, Level::Graph, 1 << 20).unwrap();
        let site = Record::Site { id: SiteId(1), file: "src/a.rs", line: 7, column: 3 };
        writer.graph(&site);
        writer.graph(&Record::Thread {
            id: ThreadId(1),
            name: Some("tests::slow"),
            parent: None,
            site: SiteId::UNKNOWN,
        });
        for (id, name) in [(1, "audit"), (2, "accounts")] {
            let class = LockClass::Named(name);
            writer.graph(&Record::Lock { id: LockId(id), kind: LockKind::Mutex, class });
        }
        writer.slot().unwrap().show(wait);
        let path = writer.path().to_owned();
        let trace = trace::read(&path).unwrap();
        (path, trace)
    }

    fn wait(wants: Waiting, held: &[(LockId, Mode, SiteId)]) -> WaitSlot {
        WaitSlot {
            thread: ThreadId(1),
            wants,
            site: SiteId(1),
            since_nanos: 0,
            held: held.to_vec(),
            held_count: held.len() as u32,
            stack: Vec::new(),
        }
    }

    fn check(wants: Waiting, held: &[(LockId, Mode, SiteId)], seconds: u64, want: Option<&str>) {
        let directory = tempfile::tempdir().unwrap();
        let (path, trace) = staged(directory.path(), &wait(wants, held));
        let Source::Native(process) = &trace.source else { panic!("it is our own") };
        let now = Duration::from_nanos(process.started_nanos) + Duration::from_secs(seconds);
        let mut watch = Watch { limit: Duration::from_secs(60), ..Watch::default() };
        let first = watch.stalls(&path, &trace, now);
        assert_eq!(first.len(), usize::from(want.is_some()), "{first:?}");
        if let Some(want) = want {
            assert!(first[0].contains(want) && first[0].starts_with("thread `tests::slow` of "));
        }
        assert!(watch.stalls(&path, &trace, now).is_empty(), "it is told once");
    }

    #[test]
    fn a_long_wait_is_told_once() {
        let hold = (LockId(2), Mode::Exclusive, SiteId(1));
        let lock = || Waiting::Lock(LockId(1), Mode::Exclusive);
        let end = || Waiting::Ends { threads: vec![ThreadId(2)], count: 1 };
        check(lock(), &[], 59, None);
        check(
            lock(),
            &[],
            61,
            Some("has waited 61 s for `audit` at src/a.rs:7:3, and holds nothing"),
        );
        check(
            lock(),
            &[hold],
            61,
            Some("and holds `accounts` (taken at src/a.rs:7:3); it is left"),
        );
        check(end(), &[hold], 61, Some("for the end of thread 2 at src/a.rs:7:3"));
        check(end(), &[], 600, None);
    }

    #[test]
    fn the_process_is_in_the_name_of_the_file() {
        for (name, want) in [("12-ab.lgt", Some(12)), ("12-ab.txt", None), ("x.lgt", None)] {
            assert_eq!(process(Path::new(name)), want, "{name}");
        }
    }
}
