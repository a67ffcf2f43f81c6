//! `lockgraph dump`: the events of a trace, as STD text or as a timeline.

use std::io::{self, Write};
use std::path::Path;

use lockgraph::event::Event;
use lockgraph::trace::Trace;

use crate::args::{Dump, DumpFormat};
use crate::load::{self, Traces};
use crate::print::perfetto;
use crate::{Outcome, complain};

pub(crate) fn run(arguments: &Dump, out: &mut dyn Write) -> io::Result<Outcome> {
    let mut traces = Traces::default();
    match arguments.format {
        DumpFormat::Std => std(&mut traces, &arguments.trace, out)?,
        DumpFormat::Perfetto => timeline(&mut traces, &arguments.trace, out)?,
    }
    Ok(traces.outcome())
}

fn std(traces: &mut Traces, path: &Path, mut out: &mut dyn Write) -> io::Result<()> {
    let Some(trace) = traces.read(path) else { return Ok(()) };
    if trace.events.is_empty() {
        without_events(path);
    }
    lockgraph::trace::write_std(&mut out, &trace)
}

/// Names are known when a trace was read to its end, so it is read twice: that takes no memory. What
/// can be read only once is kept.
fn timeline(traces: &mut Traces, path: &Path, out: &mut dyn Write) -> io::Result<()> {
    if !path.is_file() {
        let Some(trace) = traces.read(path) else { return Ok(()) };
        return written(&trace, path, out, &mut |step| step(&trace.events));
    }
    let Some(trace) = traces.scan(path, &mut |_| {}) else { return Ok(()) };
    written(&trace, path, out, &mut |step| {
        // What is wrong with it was told the first time.
        let _ = load::read(path, step);
    })
}

/// Hands the events of a trace to whoever wants them.
type Feed<'a> = &'a mut dyn FnMut(&mut dyn FnMut(&[Event]));

fn written(trace: &Trace, path: &Path, out: &mut dyn Write, feed: Feed<'_>) -> io::Result<()> {
    if trace.event_count == 0 {
        without_events(path);
    }
    let mut timeline = perfetto::Timeline::begin(out, trace)?;
    let mut result = Ok(());
    feed(&mut |events| {
        for event in events {
            if result.is_ok() {
                result = timeline.step(event);
            }
        }
    });
    result?;
    timeline.finish()
}

fn without_events(path: &Path) {
    let file = path.display();
    complain(&format!(
        "{file}: no events were recorded; record with LOCKGRAPH_LEVEL=full to have them"
    ));
}
