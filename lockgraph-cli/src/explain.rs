//! `lockgraph explain`: what a kind of finding is, and what a verdict means.

use std::io::{self, Write};

use lockgraph::explain::{page, verdict_page};
use lockgraph::finding::{Kind, Verdict};
use lockgraph::report::Style;

use crate::args::{Explain, Topic};
use crate::{Outcome, print};

pub(crate) fn run(arguments: &Explain, style: Style, out: &mut dyn Write) -> io::Result<Outcome> {
    match arguments.topic {
        Some(Topic::Kind(kind)) => print::page::page(out, &page(kind), style)?,
        Some(Topic::Verdict(verdict)) => {
            print::page::verdict(out, &verdict_page(verdict), style)?;
        }
        None => {
            print::page::list(out, &Kind::ALL.map(page), style)?;
            print::page::verdicts(out, &Verdict::ALL.map(verdict_page), style)?;
        }
    }
    Ok(Outcome::Clean)
}
