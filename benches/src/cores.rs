//! Processes that may use one processor only, or all that there are.

use std::io;
use std::process::{Child, Command};

/// How many processors a process may use.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Cores {
    One,
    All,
}

/// Starts `command` so. `None`: this system cannot confine a process.
pub(crate) fn start(command: &mut Command, cores: Cores) -> io::Result<Option<Child>> {
    match cores {
        Cores::One => start_on_one(command),
        Cores::All => command.spawn().map(Some),
    }
}

/// A child may use what the thread that starts it may use.
#[cfg(target_os = "linux")]
fn start_on_one(command: &mut Command) -> io::Result<Option<Child>> {
    use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

    let all = sched_getaffinity(None)?;
    let mut one = CpuSet::new();
    if let Some(last) = (0..CpuSet::MAX_CPU).rev().find(|cpu| all.is_set(*cpu)) {
        one.set(last);
    }
    sched_setaffinity(None, &one)?;
    let child = command.spawn();
    sched_setaffinity(None, &all)?;
    child.map(Some)
}

#[cfg(not(target_os = "linux"))]
fn start_on_one(_: &mut Command) -> io::Result<Option<Child>> {
    Ok(None)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::process::Stdio;

    use super::*;

    #[test]
    fn a_child_on_one_processor_sees_one() {
        let before = std::thread::available_parallelism().expect("it can be told");
        let mut command = Command::new("grep");
        command.args(["Cpus_allowed_list", "/proc/self/status"]).stdout(Stdio::piped());
        let child = start(&mut command, Cores::One).expect("grep is there").expect("on Linux");
        let output = child.wait_with_output().expect("it ends");
        let text = String::from_utf8_lossy(&output.stdout);
        let list = text.split_whitespace().last().expect("a line");
        assert!(list.parse::<usize>().is_ok(), "{list} is more than one");
        assert_eq!(std::thread::available_parallelism().expect("it can be told"), before);
    }
}
