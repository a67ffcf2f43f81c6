//! What was found: kept, printed once, told to callbacks, and acted upon.
//!
//! Called with no lock of the detector held: callbacks and panics run user code.

use std::cell::Cell;
use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock, Mutex, Once};

use super::{inescapable, local, locked, meeting, record, state};
use crate::config::{self, OnDeadlock, OnStall, OnViolation};
use crate::finding::{Finding, Verdict};
use crate::report::{self, Style};

/// Findings that are kept for [`findings`]; more are only counted.
const KEPT: usize = 1000;

type Callback = Arc<dyn Fn(&Finding) + Send + Sync>;

#[derive(Default)]
struct Found {
    findings: Vec<Finding>,
    fingerprints: HashSet<u64>,
    counts: [usize; Verdict::ALL.len()],
    callbacks: Vec<Callback>,
}

static HAS_PRINTED: AtomicBool = AtomicBool::new(false);
static FOUND: LazyLock<Mutex<Found>> = LazyLock::new(Mutex::default);

thread_local! {
    /// A callback is at work on this thread: what it does wrong is reported, but not to itself.
    static IN_CALLBACK: Cell<bool> = const { Cell::new(false) };
}

/// What has been found so far, oldest first; the first 1,000 of them. Last, what would be found if
/// the program ended now.
pub fn findings() -> Vec<Finding> {
    local::untracked(|| {
        let foreseen = foreseen();
        let found = locked(&FOUND);
        let news = |finding: &Finding| !found.fingerprints.contains(&finding.fingerprint());
        found.findings.iter().cloned().chain(foreseen.into_iter().filter(news)).collect()
    })
}

/// What rests on all that was seen of an object, each once.
fn foreseen() -> Vec<Finding> {
    let mut seen = HashSet::new();
    let all = state::with_known(|known| meeting::foreseen(known));
    all.into_iter().filter(|finding| seen.insert(finding.fingerprint())).collect()
}

/// Calls `callback` with every finding from now on, on the thread that found it and before that
/// thread panics or blocks. What is only known at the end of the program is not told so. The detector holds nothing of its own meanwhile, so the callback may
/// take instrumented locks; the thread holds the locks that the finding says.
pub fn on_finding(callback: impl Fn(&Finding) + Send + Sync + 'static) {
    let callback: Callback = Arc::new(callback);
    local::untracked(|| locked(&FOUND).callbacks.push(callback));
}

/// Whether a finding has been reported before; its stacks do not matter.
pub(super) fn is_known(finding: &Finding) -> bool {
    locked(&FOUND).fingerprints.contains(&finding.fingerprint())
}

/// Reports a finding, if it is new. Does not return if the settings say so.
#[track_caller]
pub(super) fn report(finding: &Finding) {
    let Some(callbacks) = local::untracked(|| keep(finding, will_panic_with_report())) else {
        return;
    };
    if !IN_CALLBACK.get() {
        let _in_callback = InCallback::enter();
        callbacks.iter().for_each(|callback| callback(finding));
    }
    match finding.verdict {
        Verdict::Actual => react(finding),
        _ if config::get().on_violation == OnViolation::Panic && !std::thread::panicking() => {
            panic!("lockgraph: {}", report::headline(finding));
        }
        _ => {}
    }
}

/// Reports a misuse or a hold that was too long, if it is new. The program goes on, whatever the
/// settings say: callbacks that panic are caught, because it may be in a destructor.
pub(super) fn report_misuse(finding: &Finding) {
    let Some(callbacks) = local::untracked(|| keep(finding, false)) else { return };
    if IN_CALLBACK.get() {
        return;
    }
    let _in_callback = InCallback::enter();
    for callback in callbacks {
        let _ = catch_unwind(AssertUnwindSafe(|| callback(finding)));
    }
}

/// Reports a deadlock of another thread, which can no longer be reached, or what could happen, where
/// this thread must not unwind.
pub(super) fn report_for_another(finding: &Finding) {
    let Some(callbacks) = local::untracked(|| keep(finding, false)) else { return };
    for callback in callbacks {
        // A panic here, at the end of a thread, would abort the process.
        let _ = catch_unwind(AssertUnwindSafe(|| callback(finding)));
    }
    if finding.verdict == Verdict::Actual && config::get().on_deadlock == OnDeadlock::Abort {
        std::process::abort();
    }
}

/// Reports waits that nobody will end, or so it seems. Nobody can be unwound there: if the settings
/// do not want a hang, the process is aborted, after all of them were told.
pub(super) fn report_standstills(findings: &[Finding]) {
    let news = findings.iter().filter(|finding| tell_standstill(finding)).count();
    let is_unwanted = |finding: &Finding| match finding.verdict {
        Verdict::Actual => config::get().on_deadlock != OnDeadlock::Report,
        _ => config::get().on_stall == OnStall::Abort,
    };
    if news > 0 && findings.iter().any(is_unwanted) {
        inescapable::abort("the process is aborted, for nobody would end these waits");
    }
}

/// Whether that was news.
fn tell_standstill(finding: &Finding) -> bool {
    // Those that the settings let hang were told of when they closed the circle.
    if is_known(finding) {
        return false;
    }
    let Some(callbacks) = local::untracked(|| keep(finding, false)) else { return false };
    for callback in callbacks {
        let _ = catch_unwind(AssertUnwindSafe(|| callback(finding)));
    }
    true
}

struct InCallback;

impl InCallback {
    fn enter() -> InCallback {
        IN_CALLBACK.set(true);
        InCallback
    }
}

impl Drop for InCallback {
    fn drop(&mut self) {
        IN_CALLBACK.set(false);
    }
}

/// Prints a line of our own on standard error.
pub(super) fn warn(text: &str) {
    local::untracked(|| {
        let _ = super::sys::write_stderr(format!("lockgraph: {text}\n").as_bytes());
    });
}

/// Takes note of a finding and prints it, unless a panic is to tell of it. `None`: it is not news.
fn keep(finding: &Finding, will_panic: bool) -> Option<Vec<Callback>> {
    let mut found = locked(&FOUND);
    let is_new = found.fingerprints.insert(finding.fingerprint());
    let is_actual = finding.verdict == Verdict::Actual;
    // A deadlock that happens again ends or hangs a thread again, so it is told again.
    if !is_new && (!is_actual || finding.kind.is_misuse()) {
        return None;
    }
    found.counts[finding.verdict as usize] += 1;
    if found.findings.len() < KEPT {
        found.findings.push(finding.clone());
    }
    let callbacks = found.callbacks.clone();
    drop(found);
    record::finding(finding);
    let is_wanted = is_actual || config::get().on_violation != OnViolation::Ignore;
    if is_wanted && !(is_actual && will_panic) {
        print(finding);
    }
    Some(callbacks)
}

/// Under `cargo lockgraph` the report is the message of the panic, so that the runner shows it with
/// the test that failed. Elsewhere it is printed past the standard library's lock of standard
/// error, which a thread of the deadlock may hold.
fn will_panic_with_report() -> bool {
    cfg!(lockgraph_facade)
        && config::get().on_deadlock == OnDeadlock::Panic
        && !std::thread::panicking()
        && !inescapable::is_inescapable()
}

/// In one write, so that reports of several threads or processes do not mix.
fn print(finding: &Finding) {
    at_the_end();
    HAS_PRINTED.store(true, Ordering::Relaxed);
    let style = if super::sys::is_stderr_coloured() { Style::Colour } else { Style::Plain };
    let _ = super::sys::write_stderr(&text(finding, style));
}

/// There will be something to say when the process exits.
pub(super) fn at_the_end() {
    static END: Once = Once::new();
    // `cargo lockgraph` has the last word for all processes together.
    if !cfg!(lockgraph_facade) {
        END.call_once(|| super::sys::at_exit(summary));
    }
}

fn text(finding: &Finding, style: Style) -> Vec<u8> {
    let mut text = Vec::new();
    // Writing to memory does not fail.
    let _ = report::print(&mut text, finding, style, &source);
    text
}

/// A finding as text, as it would be printed.
pub(super) fn plain(finding: &Finding) -> String {
    String::from_utf8_lossy(&text(finding, Style::Plain)).into_owned()
}

/// The last word: called when the process exits, if anything was printed or may still be.
extern "C" fn summary() {
    if local::is_fork() {
        return;
    }
    local::untracked(|| foreseen().iter().for_each(|finding| _ = keep(finding, false)));
    if !HAS_PRINTED.load(Ordering::Relaxed) {
        return;
    }
    let found = locked(&FOUND);
    let counts = found.counts;
    drop(found);
    let trace = record::path().map(|path| format!("; trace in {}", path.display()));
    let line = report::summary(|verdict| counts[verdict as usize]);
    let line = format!("lockgraph: {line}{}\n", trace.unwrap_or_default());
    let _ = super::sys::write_stderr(line.as_bytes());
}

/// The text of a source file. The compiler names files from the directory it ran in, the root of
/// a workspace, while tests run in their package: so the file is looked for upwards.
fn source(file: &str) -> Option<String> {
    let file = Path::new(file);
    if file.is_absolute() {
        return std::fs::read_to_string(file).ok();
    }
    let here = std::env::current_dir().ok()?;
    here.ancestors().find_map(|dir| std::fs::read_to_string(dir.join(file)).ok())
}

fn message(finding: &Finding) -> String {
    if will_panic_with_report() {
        local::untracked(|| plain(finding))
    } else {
        report::headline(finding)
    }
}

/// What the victim of a deadlock panics with.
pub(super) fn panic_message(finding: &Finding) -> String {
    format!("lockgraph: {}", report::headline(finding))
}

#[track_caller]
fn react(finding: &Finding) {
    match config::get().on_deadlock {
        OnDeadlock::Report => {}
        OnDeadlock::Panic | OnDeadlock::Victim if !std::thread::panicking() => {
            local::hot(|local| local.holds.mark_spared());
            panic!("lockgraph: {}", message(finding));
        }
        // A panic while unwinding would abort too, without saying why.
        OnDeadlock::Abort | OnDeadlock::Panic | OnDeadlock::Victim => std::process::abort(),
    }
}
