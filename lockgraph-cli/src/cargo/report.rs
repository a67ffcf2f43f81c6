//! The report on all traces of a run: the seam, with what `check` knows.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use lockgraph::report::Style;

use super::options::Options;
use crate::Outcome;
use crate::args::Check;
use crate::check;
use crate::workspace::Workspace;

/// Reports on the traces in a directory. The summary is printed last.
pub(crate) fn report(
    traces: &Path,
    workspace: &Workspace,
    options: &Options,
    style: Style,
    out: &mut dyn Write,
) -> io::Result<Outcome> {
    let _ = workspace;
    if fs::read_dir(traces)?.next().is_none() {
        writeln!(out, "no findings (no locks were used)")?;
        return Ok(Outcome::Clean);
    }
    let arguments =
        Check { traces: vec![traces.to_owned()], all: options.excluded, format: options.format };
    check::run(&arguments, style, out)
}
