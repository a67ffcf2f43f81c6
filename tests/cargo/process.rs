//! A process group that is watched while it runs, and killed when its time is over.

use std::io::{self, BufRead as _, BufReader, Read};
use std::mem;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;
use std::time::Instant;

use rustix::process::{Pid, Signal, kill_process_group};

use super::{Outcome, at, limit};
use crate::child;

/// A command that runs.
pub(super) struct Running {
    child: Child,
    lines: Receiver<Line>,
    said: Said,
    end: Instant,
}

enum Line {
    Out(String),
    Error(String),
}

/// What a command has said.
#[derive(Default, Debug)]
pub(super) struct Said {
    /// 128 and the signal for who was killed; `None` while it runs, or if its time was over.
    pub(super) code: Option<i32>,
    pub(super) stdout: String,
    pub(super) stderr: String,
}

/// Runs `command` to its end.
pub(super) fn run(command: &mut Command) -> Result<Said, String> {
    Running::start(command)?.end()
}

impl Running {
    /// Starts `command` in a group of its own.
    pub(super) fn start(command: &mut Command) -> Result<Running, String> {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let name = format!("{command:?}");
        let mut child = command.process_group(0).spawn().map_err(at(&name))?;
        let (sender, lines) = mpsc::channel();
        forward(child.stdout.take(), sender.clone(), Line::Out);
        forward(child.stderr.take(), sender, Line::Error);
        Ok(Running { child, lines, said: Said::default(), end: Instant::now() + limit() })
    }

    /// Waits until it says `text` on its standard output.
    pub(super) fn until(&mut self, text: &str) -> Outcome {
        while let Some(line) = self.next() {
            let is_it = matches!(&line, Line::Out(line) if line.contains(text));
            self.said.add(line);
            if is_it {
                return Ok(());
            }
        }
        Err(self.said.wrong(&format!("it did not say {text:?}")))
    }

    /// Sends `signal` to it and all that it has started.
    pub(super) fn signal_group(&self, signal: Signal) -> Outcome {
        kill_process_group(self.pid(), signal).map_err(at("signal the group"))
    }

    /// Its number.
    pub(super) fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    /// Waits for its end, and for that of everybody who could still write to its output.
    pub(super) fn end(mut self) -> Result<Said, String> {
        while let Some(line) = self.next() {
            self.said.add(line);
        }
        let left = self.end.saturating_duration_since(Instant::now());
        let status = child::wait(&mut self.child, left).map_err(at("wait"))?;
        let mut said = mem::take(&mut self.said);
        said.code = status.and_then(code);
        let is_over = Instant::now() >= self.end;
        said.require(!is_over, "it did not end in time, or left somebody running")?;
        Ok(said)
    }

    /// `None` at the end of the output, or of its time.
    fn next(&self) -> Option<Line> {
        let left = self.end.saturating_duration_since(Instant::now());
        self.lines.recv_timeout(left).ok()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Whoever is left would run for ever. Usually nobody is.
        let _ = self.signal_group(Signal::KILL);
        let _ = self.child.wait();
    }
}

fn code(status: ExitStatus) -> Option<i32> {
    use std::os::unix::process::ExitStatusExt as _;
    status.code().or_else(|| status.signal().map(|signal| 128 + signal))
}

/// Sends what comes out of `pipe`, line by line.
fn forward(pipe: Option<impl Read + Send + 'static>, to: Sender<Line>, line: fn(String) -> Line) {
    let Some(pipe) = pipe else { return };
    thread::spawn(move || -> io::Result<()> {
        let mut pipe = BufReader::new(pipe);
        let mut bytes = Vec::new();
        while pipe.read_until(b'\n', &mut bytes)? > 0 {
            let text = String::from_utf8_lossy(&bytes).into_owned();
            bytes.clear();
            if to.send(line(text)).is_err() {
                break;
            }
        }
        Ok(())
    });
}

impl Said {
    fn add(&mut self, line: Line) {
        match line {
            Line::Out(line) => self.stdout.push_str(&line),
            Line::Error(line) => self.stderr.push_str(&line),
        }
    }

    pub(super) fn expect_code(&self, code: i32) -> Outcome {
        self.require(self.code == Some(code), &format!("the exit code is not {code}"))
    }

    /// Every one of `texts` was printed to standard output.
    pub(super) fn expect_out(&self, texts: &[&str]) -> Outcome {
        self.expect(&self.stdout, texts)
    }

    /// Every one of `texts` was printed to standard error.
    pub(super) fn expect_error(&self, texts: &[&str]) -> Outcome {
        self.expect(&self.stderr, texts)
    }

    fn expect(&self, output: &str, texts: &[&str]) -> Outcome {
        let missing = texts.iter().find(|text| !output.contains(**text));
        self.require(missing.is_none(), &format!("{missing:?} was not said where it belongs"))
    }

    pub(super) fn require(&self, holds: bool, otherwise: &str) -> Outcome {
        if holds { Ok(()) } else { Err(self.wrong(otherwise)) }
    }

    /// What is wrong, and all that was said.
    pub(super) fn wrong(&self, what: &str) -> String {
        let Said { code, stdout, stderr } = self;
        format!("{what}\nexit code: {code:?}\nstdout:\n{stdout}\nstderr:\n{stderr}")
    }
}
