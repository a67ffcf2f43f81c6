//! A place as the page has it.

use lockgraph::explain::escaped;
use lockgraph::finding;
use serde::Serialize;

/// Where in the source.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Debug)]
pub(crate) struct Place {
    /// As it is printed: of a name with letters that could do harm, none is left.
    pub(crate) file: String,
    pub(crate) line: u32,
    pub(crate) column: u32,
}

impl Place {
    pub(crate) fn of(place: &finding::Place) -> Place {
        Place { file: escaped(&place.file), line: place.line, column: place.column }
    }
}
