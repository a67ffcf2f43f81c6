//! The printers, one file a format. Each is a function over a writer.

pub(crate) mod dot;
pub(crate) mod json;
mod json_finding;
mod json_graph;
mod json_table;
mod json_witness;
pub(crate) mod page;
pub(crate) mod table;
pub(crate) mod text;
