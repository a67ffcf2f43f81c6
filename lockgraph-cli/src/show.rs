//! `lockgraph show`: the threads, locks and edges of traces.

use std::io::{self, Write};

use lockgraph::check::{Options, Report};

use crate::args::{Format, Show};
use crate::load::Traces;
use crate::{Outcome, print};

pub(crate) fn run(arguments: &Show, out: &mut dyn Write) -> io::Result<Outcome> {
    let mut reports: Vec<(String, Report)> = Vec::new();
    let traces = Traces::each(&arguments.traces, &Options::default(), |file, _, report| {
        reports.push((file.to_string(), report));
    });
    match arguments.format {
        Format::Text => print::table::shown(out, &reports)?,
        Format::Json => print::json::shown(out, &reports, &traces.problems)?,
    }
    Ok(traces.outcome())
}
