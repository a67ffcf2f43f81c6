//! Whether a trace has all that flowed from thread to thread.
//!
//! Only then is a schedule made from it a proof. In the field's own formats that cannot be told, so
//! one read or write is taken to mean that they are all there. Our own says so itself, in a fact, and
//! says instead what is missing as soon as something is.

use super::contents::{Process, Source, Trace};
use crate::event::Op;

/// The fact that says it.
pub(crate) const DATA_FLOW: &str = "data-flow";
/// Its value if nothing is known to be missing.
pub(crate) const WHOLE: &str = "whole";

const NOT_RECORDED: &str = "reads and writes were not recorded";
const LOST: &str = "a part of the trace is missing";

impl Process {
    /// Why its trace has not all that flowed from thread to thread; `None` if it has.
    pub fn data_gap(&self) -> Option<&str> {
        match self.facts.get(DATA_FLOW).map(String::as_str) {
            Some(WHOLE) => None,
            gap => Some(gap.unwrap_or(NOT_RECORDED)),
        }
    }
}

impl Trace {
    /// Why this trace has not all that flowed from thread to thread, as far as it was to be seen;
    /// `None` if it has.
    pub fn data_gap(&self) -> Option<&str> {
        match &self.source {
            Source::Native(process) => {
                let lost = (!self.problems.is_empty()).then_some(LOST);
                process.data_gap().or(lost)
            }
            Source::Std | Source::RapidBin(_) => {
                let is_access = |op: &Op| matches!(op, Op::Read(_) | Op::Write(_));
                let is_there = self.events.iter().any(|event| is_access(&event.op));
                (!is_there).then_some(NOT_RECORDED)
            }
        }
    }

    /// Whether a schedule made from this trace is a proof.
    pub fn has_data(&self) -> bool {
        self.data_gap().is_none()
    }
}
