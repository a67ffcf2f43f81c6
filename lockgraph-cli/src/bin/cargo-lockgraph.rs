//! The program `cargo-lockgraph`, which cargo runs for `cargo lockgraph`.

use std::process::ExitCode;

fn main() -> ExitCode {
    lockgraph_cli::cargo_lockgraph()
}
