//! Running another program in our place.

use std::path::PathBuf;
use std::process::{Command, ExitCode, ExitStatus};

use super::trouble::{Result, Trouble};

/// Becomes `command`; where that cannot be done, runs it and ends as it does.
pub(crate) fn replace(mut command: Command) -> Result<ExitCode> {
    let program = PathBuf::from(command.get_program());
    #[cfg(unix)]
    let outcome: std::io::Result<ExitStatus> =
        Err(std::os::unix::process::CommandExt::exec(&mut command));
    #[cfg(not(unix))]
    let outcome = command.status();
    outcome.map(exit_code).map_err(Trouble::at("run", &program))
}

/// The exit code of a process that ended so.
pub(crate) fn exit_code(status: ExitStatus) -> ExitCode {
    ExitCode::from(code(status))
}

/// As shells count: 128 and the signal for who was killed.
pub(crate) fn code(status: ExitStatus) -> u8 {
    #[cfg(unix)]
    let signal = std::os::unix::process::ExitStatusExt::signal(&status);
    #[cfg(not(unix))]
    let signal: Option<i32> = None;
    let code = status.code().or(signal.map(|signal| 128 + signal)).unwrap_or(1);
    // Windows has wider codes; none of them may turn into success.
    u8::try_from(code).unwrap_or(u8::MAX)
}
