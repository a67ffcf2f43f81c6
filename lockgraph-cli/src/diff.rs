//! `lockgraph diff`: how the order of locks and the findings of two runs, reports or committed orders
//! differ.
//!
//! Edges go by the names of their classes, findings by their fingerprints; what was renamed is
//! looked for in what is left ([`Difference`], [`findings`]). In which functions an edge was seen,
//! and how often, makes no difference: that is other from run to run.

mod findings;
pub(crate) mod side;
#[cfg(test)]
mod tests;

use std::io::{self, Write};
use std::path::PathBuf;

use clap::Args;
use lockgraph::report::Style;

use crate::args::Format;
use crate::baseline::Baseline;
use crate::check::Found;
use crate::gate::Difference;
use crate::names::Names;
use crate::order::{Edge, Order, Pair};
use crate::policy::Policy;
use crate::settings::Place;
use crate::workspace::{Files, Workspace};
use crate::{Outcome, complain, print};
use side::Side;

/// Arguments of `diff`.
#[derive(Args, Debug)]
#[command(after_help = "Exit codes: 0 the same, 1 different, 2 failure.")]
#[command(after_long_help = "\
A trace has places, and names are looked up in the sources as they are now. So of two versions of a \
program, compare reports or committed orders, which have the names of their own version:

  lockgraph diff <(git show main:lock-order.json) lock-order.json

Exit codes: 0 the same, 1 different, 2 failure.")]
pub(crate) struct Diff {
    /// A trace, a directory of traces, a report (JSON), or a committed order; `-` is standard input
    old: PathBuf,
    /// The same
    new: PathBuf,
    /// Compare the order of locks alone
    #[arg(long)]
    order: bool,
    #[arg(long, default_value = "text")]
    format: Format,
}

/// What there is on one side only, or on both and not the same.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Change<T> {
    Came(T),
    Went(T),
    Became { then: T, now: T },
}

/// An edge with what is known of it.
pub(crate) type Row<'a> = (&'a Pair, &'a Edge);

/// From one side to the other.
pub(crate) struct Changes<'a> {
    /// By name.
    pub(crate) edges: Vec<Change<Row<'a>>>,
    /// What came first; then the surest first. `None` if they were not compared.
    pub(crate) findings: Option<Vec<Change<&'a Found>>>,
    /// Whether nobody asks for those.
    pub(crate) are_edges_enough: bool,
}

pub(crate) fn run(arguments: &Diff, style: Style, out: &mut dyn Write) -> io::Result<Outcome> {
    let root = Place::here().root;
    let policy = match Policy::find(&root) {
        Ok(policy) => policy.unwrap_or_default(),
        Err(trouble) => {
            trouble.to_string().lines().for_each(complain);
            return Ok(Outcome::Failure);
        }
    };
    // What is wrong with either is told.
    let (old, new) = (side::read(&arguments.old), side::read(&arguments.new));
    let (Some(old), Some(new)) = (old, new) else { return Ok(Outcome::Failure) };
    let files = Files::of(&Workspace { root, ..Workspace::default() });
    let names = Names::of(new.files.as_ref().unwrap_or(&files));
    let changes = Changes::between(&old, &new, arguments.order, &|name| names.has(name));
    match arguments.format {
        Format::Text => {
            let page = print::diff::Page { old: &old, new: &new, policy: &policy, style };
            page.changes(out, &changes)?;
        }
        Format::Json => print::json_diff::changes(out, &old, &new, &changes)?,
    }
    let is_read = old.problems.is_empty() && new.problems.is_empty();
    Ok(if is_read { changes.outcome() } else { Outcome::Failure })
}

impl<'a> Changes<'a> {
    /// `is_there` says whether the sources have a name now.
    pub(crate) fn between(
        old: &'a Side,
        new: &'a Side,
        order_alone: bool,
        is_there: &dyn Fn(&str) -> bool,
    ) -> Changes<'a> {
        let both = old.findings.as_ref().zip(new.findings.as_ref());
        let findings = both.filter(|_| !order_alone);
        Changes {
            edges: edges(&old.order, &new.order, is_there),
            findings: findings.map(|(old, new)| findings::changes(old, new, is_there)),
            are_edges_enough: order_alone,
        }
    }

    fn outcome(&self) -> Outcome {
        let are_same = self.edges.is_empty() && self.findings.as_ref().is_none_or(Vec::is_empty);
        if are_same { Outcome::Clean } else { Outcome::Findings }
    }
}

impl<T> Change<T> {
    /// As a diff has it.
    pub(crate) fn sign(&self) -> char {
        match self {
            Change::Came(_) => '+',
            Change::Went(_) => '-',
            Change::Became { .. } => '~',
        }
    }

    /// As it is now; as it was, if it is no more.
    pub(crate) fn latest(&self) -> &T {
        match self {
            Change::Came(it) | Change::Went(it) | Change::Became { now: it, .. } => it,
        }
    }
}

/// By name, those of one name with what went first.
fn edges<'a>(
    old: &'a Order,
    new: &'a Order,
    is_there: &dyn Fn(&str) -> bool,
) -> Vec<Change<Row<'a>>> {
    let difference = Difference::of(&Baseline::of(old), &Baseline::of(new), is_there);
    let was = |pair: &Pair| old.edges.get_key_value(pair);
    let is = |pair: &Pair| new.edges.get_key_value(pair);
    let came = difference.new.iter().filter_map(is).map(Change::Came);
    let went = difference.unseen.iter().filter_map(was).map(Change::Went);
    let both = difference.moved.iter().filter_map(|(then, now)| was(then).zip(is(now)));
    let became = both.map(|(then, now)| Change::Became { then, now });
    let mut changes: Vec<Change<Row<'a>>> = went.chain(became).chain(came).collect();
    changes.sort_by_key(|change| change.latest().0);
    changes
}
