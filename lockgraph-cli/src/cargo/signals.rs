//! Signals: what asks us to end is for the runner, and we end when it has ended.
//!
//! The terminal sends its signals to the whole group, so the runner has an interrupt already when
//! we sit in the foreground of one. All else that reaches us reaches us alone.
//!
//! A signal to the group may end the runner before our own copy of it is looked at. So the first
//! one is the run's even if it comes to us afterwards: the report is printed. The next one ends us.

#[cfg(unix)]
pub(crate) use unix::watch;

#[cfg(not(unix))]
pub(crate) use plain::watch;

#[cfg(unix)]
mod unix {
    use std::fs;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
    use std::thread;

    use rustix::process::{Pid, Signal};
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    use signal_hook::{iterator, low_level};

    use crate::cargo::trouble::{Result, Trouble};

    /// Where signals go.
    #[derive(Clone, Default)]
    pub(crate) struct Signals {
        /// The process of the runner, or one of the two below.
        runner: Arc<AtomicU32>,
        /// A signal has come since the runner began.
        has_come: Arc<AtomicBool>,
    }

    /// The runner has not begun.
    const BEFORE: u32 = 0;
    /// It has ended.
    const AFTER: u32 = u32::MAX;

    /// Whose business a signal is.
    #[derive(PartialEq, Eq, Debug)]
    enum For {
        /// It ends us, as it would have without a watch.
        Us,
        Runner(u32),
        /// It asks for what is happening already.
        Nobody,
    }

    /// Takes signals from now on.
    pub(crate) fn watch() -> Result<Signals> {
        let mut arriving = iterator::Signals::new([SIGHUP, SIGINT, SIGTERM])
            .map_err(|error| Trouble(format!("cannot watch for signals: {error}")))?;
        let signals = Signals::default();
        let watched = signals.clone();
        thread::spawn(move || arriving.forever().for_each(|signal| watched.take(signal)));
        Ok(signals)
    }

    impl Signals {
        /// Signals are for this process.
        pub(crate) fn hand_on_to(&self, process: u32) {
            self.runner.store(process, Ordering::Relaxed);
        }

        /// Signals are for us again, but for one that the runner has had.
        pub(crate) fn stop(&self) {
            self.hand_on_to(AFTER);
        }

        fn take(&self, signal: i32) {
            match self.next() {
                // If it does not end us, there will be another.
                For::Us => drop(low_level::emulate_default_handler(signal)),
                For::Runner(_) if signal == SIGINT && is_in_foreground() => {}
                For::Runner(runner) => hand_on(runner, signal),
                For::Nobody => {}
            }
        }

        /// Whose the signal is that has come now.
        fn next(&self) -> For {
            match self.runner.load(Ordering::Relaxed) {
                BEFORE => For::Us,
                runner => match (self.has_come.swap(true, Ordering::Relaxed), runner) {
                    (true, AFTER) => For::Us,
                    (false, AFTER) => For::Nobody,
                    (_, runner) => For::Runner(runner),
                },
            }
        }
    }

    /// Whether the terminal sends its signals to our group.
    fn is_in_foreground() -> bool {
        let terminal = fs::File::open("/dev/tty");
        let group = terminal.ok().and_then(|terminal| rustix::termios::tcgetpgrp(terminal).ok());
        group == Some(rustix::process::getpgrp())
    }

    /// To the runner, and to what it has started: cargo ends at once, and would leave the tests
    /// running.
    fn hand_on(runner: u32, signal: i32) {
        let Some(signal) = Signal::from_named_raw(signal) else { return };
        let mut processes = vec![runner];
        let mut at = 0;
        while let Some(process) = processes.get(at) {
            processes.extend(children(*process));
            at += 1;
        }
        for process in processes {
            let pid = i32::try_from(process).ok().and_then(Pid::from_raw);
            // Who has ended meanwhile needs no signal.
            let _ = pid.map(|pid| rustix::process::kill_process(pid, signal));
        }
    }

    /// Where the system tells.
    fn children(process: u32) -> Vec<u32> {
        let threads = fs::read_dir(format!("/proc/{process}/task"));
        let lists = threads.into_iter().flatten().flatten();
        let texts =
            lists.filter_map(|entry| fs::read_to_string(entry.path().join("children")).ok());
        texts
            .flat_map(|text| text.split_whitespace().map(str::parse).collect::<Vec<_>>())
            .flatten()
            .collect()
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn the_first_signal_of_a_run_leaves_us_the_report() {
            for during in [0, 1, 2] {
                let signals = Signals::default();
                assert_eq!(signals.next(), For::Us, "nothing runs yet");
                signals.hand_on_to(7);
                (0..during).for_each(|_| assert_eq!(signals.next(), For::Runner(7)));
                signals.stop();
                if during == 0 {
                    assert_eq!(signals.next(), For::Nobody, "the runner has had it");
                }
                assert_eq!(signals.next(), For::Us);
            }
        }
    }
}

#[cfg(not(unix))]
mod plain {
    use crate::cargo::trouble::Result;

    /// The console tells every process by itself.
    pub(crate) struct Signals;

    /// Takes no signals.
    pub(crate) fn watch() -> Result<Signals> {
        Ok(Signals)
    }

    impl Signals {
        /// Nothing.
        pub(crate) fn hand_on_to(&self, _process: u32) {}

        /// Nothing.
        pub(crate) fn stop(&self) {}
    }
}
