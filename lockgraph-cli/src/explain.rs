//! `lockgraph explain`: what a kind of finding is.

use std::io::{self, Write};

use lockgraph::explain::page;
use lockgraph::finding::Kind;
use lockgraph::report::Style;

use crate::args::Explain;
use crate::{Outcome, print};

pub(crate) fn run(arguments: &Explain, style: Style, out: &mut dyn Write) -> io::Result<Outcome> {
    match arguments.kind {
        Some(kind) => print::page::page(out, &page(kind), style)?,
        None => print::page::list(out, &Kind::ALL.map(page), style)?,
    }
    Ok(Outcome::Clean)
}
