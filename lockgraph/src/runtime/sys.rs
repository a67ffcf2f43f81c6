//! The few calls to the system that the runtime makes.

use std::io::{self, IsTerminal};

use super::local;

#[cfg(target_os = "linux")]
#[path = "sys/linux.rs"]
mod platform;
#[cfg(not(target_os = "linux"))]
#[path = "sys/elsewhere.rs"]
mod platform;

#[cfg(any(
    lockgraph_facade,
    all(feature = "backtrace", target_os = "linux", target_arch = "x86_64")
))]
pub(super) use platform::stack;
pub(super) use platform::{has_handlers, modules, read_memory, tasks, this_task, without_signals};

/// A thread of this process at one moment, as the system sees it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Task {
    pub(super) id: u32,
    pub(super) name: String,
    /// It has ended, but something of it is still there.
    pub(super) is_gone: bool,
    /// It sleeps, and nobody has woken it.
    pub(super) is_asleep: bool,
    /// How often it was switched to and from.
    pub(super) switches: u64,
    pub(super) call: Call,
}

/// The call to the system that a thread is in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(not(target_os = "linux"), expect(dead_code, reason = "only Linux tells"))]
pub(super) enum Call {
    /// The one behind locks, condition variables and joins.
    Futex {
        is_timed: bool,
    },
    Other(u64),
    Unknown,
}

/// The number of the parent process; 0 where that is not known.
pub(super) fn parent() -> u32 {
    #[cfg(unix)]
    return std::os::unix::process::parent_id();
    #[cfg(not(unix))]
    0
}

#[cfg(unix)]
unsafe extern "C" {
    fn pthread_atfork(
        prepare: Option<extern "C" fn()>,
        parent: Option<extern "C" fn()>,
        child: Option<extern "C" fn()>,
    ) -> i32;
    fn atexit(function: extern "C" fn()) -> i32;
}

/// Makes the child of a fork leave the detector alone.
pub(super) fn watch_forks() {
    #[cfg(unix)]
    // SAFETY: the handler only stores to an atomic and to thread-locals without destructor, which
    // is allowed in the child of a fork.
    unsafe {
        pthread_atfork(None, None, Some(local::after_fork_in_child));
    }
    #[cfg(not(unix))]
    let _ = local::after_fork_in_child;
}

/// Has `last` called when the process exits.
pub(super) fn at_exit(last: extern "C" fn()) {
    #[cfg(unix)]
    // SAFETY: the function is of the type that atexit takes, and stays loaded.
    unsafe {
        atexit(last);
    }
    #[cfg(not(unix))]
    let _ = last;
}

/// Writes to standard error without the lock of the standard library's handle, which the thread
/// that is reported on, or another one in the deadlock, may hold.
#[cfg(unix)]
pub(super) fn write_stderr(text: &[u8]) -> io::Result<()> {
    use std::io::Write;
    use std::os::fd::FromRawFd;
    // SAFETY: the descriptor is only borrowed: `ManuallyDrop` keeps it open. If it is closed, the
    // write fails.
    let mut file = std::mem::ManuallyDrop::new(unsafe { std::fs::File::from_raw_fd(2) });
    file.write_all(text)
}

/// Writes to standard error.
#[cfg(not(unix))]
pub(super) fn write_stderr(text: &[u8]) -> io::Result<()> {
    io::Write::write_all(&mut io::stderr(), text)
}

/// Whether reports on standard error may be coloured.
pub(super) fn is_stderr_coloured() -> bool {
    std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
        && std::io::stderr().is_terminal()
}
