//! The few calls to the system that the runtime makes.

use std::io::IsTerminal;

use super::local;

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

/// Has the summary printed when the process exits.
pub(super) fn at_exit() {
    #[cfg(unix)]
    // SAFETY: the function is of the type that atexit takes, and stays loaded.
    unsafe {
        atexit(super::report::summary);
    }
    #[cfg(not(unix))]
    let _ = super::report::summary;
}

/// Whether reports on standard error may be coloured.
pub(super) fn is_stderr_coloured() -> bool {
    std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
        && std::io::stderr().is_terminal()
}
