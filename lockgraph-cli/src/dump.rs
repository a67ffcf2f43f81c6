//! `lockgraph dump`: the events of a trace as STD text.

use std::io::{self, Write};

use crate::args::Dump;
use crate::load::Traces;
use crate::{Outcome, complain};

pub(crate) fn run(arguments: &Dump, mut out: &mut dyn Write) -> io::Result<Outcome> {
    let mut traces = Traces::default();
    if let Some(trace) = traces.read(&arguments.trace) {
        if trace.events.is_empty() {
            let file = arguments.trace.display();
            complain(&format!(
                "{file}: no events were recorded; record with LOCKGRAPH_LEVEL=full to have them"
            ));
        }
        lockgraph::trace::write_std(&mut out, &trace)?;
    }
    Ok(traces.outcome())
}
