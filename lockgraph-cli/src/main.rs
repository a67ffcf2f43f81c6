//! The program `lockgraph`.

use std::process::ExitCode;

fn main() -> ExitCode {
    lockgraph_cli::lockgraph()
}
