//! Says what takes long, on standard error: a line that moves if that is a terminal, else one
//! line for each.

use std::io::{self, IsTerminal as _, Write as _};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

/// What takes less needs no word.
const PATIENCE: Duration = Duration::from_secs(1);
const TICK: Duration = Duration::from_millis(100);

/// Does `work`; if it takes longer than a second, says `what` it is.
pub(crate) fn during<T>(what: &str, work: impl FnOnce() -> T) -> T {
    thread::scope(|scope| {
        // The sender is dropped when the work is done, or unwinds: that ends the wait.
        let (done, is_done) = mpsc::channel();
        scope.spawn(move || speak(what, &is_done, PATIENCE));
        let result = work();
        drop(done);
        result
    })
}

fn speak(what: &str, is_done: &Receiver<()>, patience: Duration) {
    if is_done.recv_timeout(patience) != Err(RecvTimeoutError::Timeout) {
        return;
    }
    if !io::stderr().is_terminal() {
        let _ = writeln!(io::stderr(), "lockgraph: {what} ...");
        return;
    }
    let bar = ProgressBar::new_spinner().with_message(what.to_string());
    if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} ({elapsed})") {
        bar.set_style(style);
    }
    bar.enable_steady_tick(TICK);
    let _ = is_done.recv();
    bar.finish_and_clear();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_work_is_done_and_its_panics_come_through() {
        assert_eq!(during("counting", || 7), 7);
        let panic = std::panic::catch_unwind(|| during("failing", || panic!("no")));
        assert!(panic.is_err());
    }
}
