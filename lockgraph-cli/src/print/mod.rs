//! The printers, one file a format. Each is a function over a writer.

pub(crate) mod diff;
pub(crate) mod dot;
pub(crate) mod gate;
pub(crate) mod github;
pub(crate) mod gitlab;
pub(crate) mod json;
pub(crate) mod json_diff;
pub(crate) mod json_finding;
mod json_graph;
mod json_standstill;
mod json_table;
mod json_witness;
pub(crate) mod junit;
pub(crate) mod markdown;
pub(crate) mod outline;
pub(crate) mod page;
pub(crate) mod perfetto;
pub(crate) mod sarif;
mod sarif_flow;
mod sarif_place;
mod sarif_rule;
pub(crate) mod severity;
pub(crate) mod svg;
pub(crate) mod table;
pub(crate) mod text;
mod whereabouts;
mod xml;
