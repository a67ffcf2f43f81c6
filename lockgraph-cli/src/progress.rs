//! Says what takes long, on standard error: a line that moves if that is a terminal, else one
//! line for each. The reading of a trace has a bar, with how much was read and how fast.

use std::io::{self, IsTerminal as _, Write as _};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use lockgraph::trace::Progress;

/// What takes less needs no word.
const PATIENCE: Duration = Duration::from_secs(1);
const TICK: Duration = Duration::from_millis(100);

const SPINNER: &str = "{spinner} {msg} ({elapsed})";
const BAR: &str = "{msg} {bar:24} {bytes} of {total_bytes}, {prefix} ({elapsed}, {eta} left)";
const PARTS: &str = "{msg} {bar:24} {human_pos} of {human_len}, {per_sec} ({elapsed}, {eta} left)";
/// Of what has no end that is known: a pipe.
const COUNTER: &str = "{spinner} {msg} {bytes}, {prefix} ({elapsed})";

/// Does `work`; if it takes longer than a second, says `what` it is.
pub(crate) fn during<T>(what: &str, work: impl FnOnce() -> T) -> T {
    beside(|is_done| speak(what, is_done), work)
}

/// Does `work`, which reads a trace and tells how far it is; if it takes longer than a second, says
/// that too.
pub(crate) fn reading<T>(what: &str, work: impl FnOnce(&Progress) -> T) -> T {
    let progress = Progress::default();
    let begin = Instant::now();
    beside(|is_done| watch(what, &progress, begin, is_done), || work(&progress))
}

/// Does `work`, which has so many parts and counts those that are done; if it takes longer than a
/// second, says that too.
pub(crate) fn counting<T>(what: &str, total: u64, work: impl FnOnce(&AtomicU64) -> T) -> T {
    let done = AtomicU64::new(0);
    let begin = Instant::now();
    beside(|is_done| count(what, total, &done, begin, is_done), || work(&done))
}

/// Does `work` while another thread does `speak`, which ends when its receiver hears something.
fn beside<T>(speak: impl FnOnce(&Receiver<()>) + Send, work: impl FnOnce() -> T) -> T {
    thread::scope(|scope| {
        // The sender is dropped when the work is done, or unwinds: that ends the wait.
        let (done, is_done) = mpsc::channel();
        scope.spawn(move || speak(&is_done));
        let result = work();
        drop(done);
        result
    })
}

fn speak(what: &str, is_done: &Receiver<()>) {
    if !is_worth_telling(what, is_done) {
        return;
    }
    let bar = ProgressBar::new_spinner().with_message(what.to_string());
    set_style(&bar, SPINNER);
    bar.enable_steady_tick(TICK);
    let _ = is_done.recv();
    bar.finish_and_clear();
}

fn watch(what: &str, progress: &Progress, begin: Instant, is_done: &Receiver<()>) {
    if !is_worth_telling(what, is_done) {
        return;
    }
    let bar = ProgressBar::new(progress.total()).with_message(what.to_string());
    bar.set_elapsed(begin.elapsed());
    set_style(&bar, if progress.total() > 0 { BAR } else { COUNTER });
    loop {
        bar.set_prefix(rate(progress.events(), begin.elapsed()));
        bar.set_position(progress.done());
        if is_done.recv_timeout(TICK) != Err(RecvTimeoutError::Timeout) {
            break;
        }
    }
    bar.finish_and_clear();
}

fn count(what: &str, total: u64, done: &AtomicU64, begin: Instant, is_done: &Receiver<()>) {
    if !is_worth_telling(what, is_done) {
        return;
    }
    let bar = ProgressBar::new(total).with_message(what.to_string());
    bar.set_elapsed(begin.elapsed());
    set_style(&bar, PARTS);
    loop {
        bar.set_position(done.load(Ordering::Relaxed));
        if is_done.recv_timeout(TICK) != Err(RecvTimeoutError::Timeout) {
            break;
        }
    }
    bar.finish_and_clear();
}

/// Whether it takes long, and there is a terminal to draw on. If there is none, tells it here.
fn is_worth_telling(what: &str, is_done: &Receiver<()>) -> bool {
    if is_done.recv_timeout(PATIENCE) != Err(RecvTimeoutError::Timeout) {
        return false;
    }
    let is_terminal = io::stderr().is_terminal();
    if !is_terminal {
        let _ = writeln!(io::stderr(), "lockgraph: {what} ...");
    }
    is_terminal
}

fn set_style(bar: &ProgressBar, template: &str) {
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
}

/// Events in a second.
fn rate(events: u64, elapsed: Duration) -> String {
    let rate = events as f64 / elapsed.as_secs_f64().max(1e-9);
    match rate {
        rate if rate >= 1e6 => format!("{:.1} M events/s", rate / 1e6),
        rate if rate >= 1e3 => format!("{:.0} K events/s", rate / 1e3),
        rate => format!("{rate:.0} events/s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_work_is_done_and_its_panics_come_through() {
        assert_eq!(during("counting", || 7), 7);
        assert_eq!(reading("reading", Progress::events), 0);
        assert_eq!(counting("counting", 7, |done| done.load(Ordering::Relaxed)), 0);
        let panic = std::panic::catch_unwind(|| during("failing", || panic!("no")));
        assert!(panic.is_err());
    }

    #[test]
    fn the_lines_can_be_drawn() {
        for template in [SPINNER, BAR, PARTS, COUNTER] {
            assert!(ProgressStyle::with_template(template).is_ok(), "{template}");
        }
    }

    #[test]
    fn rates_have_three_digits_at_most() {
        for (events, millis, told) in [
            (0, 100, "0 events/s"),
            (999, 1_000, "999 events/s"),
            (5_500, 1_000, "6 K events/s"),
            (49_000, 1_000, "49 K events/s"),
            (12_345_678, 500, "24.7 M events/s"),
        ] {
            assert_eq!(rate(events, Duration::from_millis(millis)), told);
        }
    }
}
