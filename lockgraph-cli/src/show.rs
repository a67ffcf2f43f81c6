//! `lockgraph show`: the threads, locks and edges of traces, or their order graph as text.

use std::io::{self, Write};

use lockgraph::check::{Options, Report};
use lockgraph::report::Style;

use crate::args::{Format, Show};
use crate::graph::OrderGraph;
use crate::load::Traces;
use crate::{Outcome, print};

pub(crate) fn run(arguments: &Show, style: Style, out: &mut dyn Write) -> io::Result<Outcome> {
    if arguments.graph {
        let (graph, _, traces) = OrderGraph::read(&arguments.traces, arguments.classes);
        print::outline::graph(out, &graph, style)?;
        return Ok(traces.outcome());
    }
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
