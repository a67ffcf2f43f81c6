//! The settings of a project, `lockgraph.toml` at its root: what fails, what was accepted and why,
//! how locks are called, in which order they have to be taken.
//!
//! Reading fails with everything that is wrong at once ([`Trouble`]); a key that is not known is
//! wrong too, because it does nothing and its author believes that it does. Judging a finding
//! costs a look into a list of what was accepted.

mod date;
mod edit;
mod ignored;
mod keys;
mod order;
mod parse;
mod syntax;
mod trouble;
mod values;

#[cfg(test)]
pub(crate) mod tests;

use std::collections::BTreeSet;
use std::fs;
use std::io::ErrorKind;
use std::ops::Range;
use std::path::{Path, PathBuf};

use lockgraph::finding::{Finding, Kind, Verdict};
use lockgraph::predict;

use crate::gate::{Acceptance, Standing};
pub(crate) use date::Date;
pub(crate) use edit::{Edit, put, write_new};
use ignored::Ignored;
use order::Order;
pub(crate) use trouble::Trouble;

/// The name of the file.
pub(crate) const FILE: &str = "lockgraph.toml";

/// A file that says nothing, with every key in a comment.
pub(crate) const COMMENTED: &str = include_str!("policy/commented.toml");

/// What the file says, or would say where there is none.
#[derive(Clone, Default, Debug)]
pub(crate) struct Policy {
    /// Where it is, or would be.
    pub(crate) file: PathBuf,
    pub(crate) gate: Gate,
    pub(crate) accepted: Vec<Accept>,
    pub(crate) limits: Limits,
    order: Order,
    /// What follows from the order.
    pairs: BTreeSet<(String, String)>,
    ignored: Ignored,
}

/// `[gate]`
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Gate {
    /// The least sure verdict that fails.
    pub(crate) fail_on: Verdict,
    /// What never fails.
    pub(crate) allow: Vec<Kind>,
    /// Where the order is kept, from the directory of the settings.
    pub(crate) order_file: String,
    /// Whether every edge fails that is not in that file.
    pub(crate) frozen_order: bool,
}

impl Default for Gate {
    fn default() -> Gate {
        Gate {
            fail_on: Verdict::Possible,
            allow: Vec::new(),
            order_file: "lock-order.json".into(),
            frozen_order: false,
        }
    }
}

/// `[limits]`: how much is looked for, where the file says so.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(crate) struct Limits {
    pub(crate) max_length: Option<usize>,
    pub(crate) budget: Option<u64>,
}

impl Limits {
    /// These, where they are set, in the place of others.
    pub(crate) fn over(self, limits: predict::Limits) -> predict::Limits {
        predict::Limits {
            max_length: self.max_length.unwrap_or(limits.max_length),
            budget: self.budget.unwrap_or(limits.budget),
        }
    }
}

/// `[[accept]]`: a finding that may stay.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Accept {
    pub(crate) fingerprint: u64,
    pub(crate) reason: String,
    /// The last day on which it holds.
    pub(crate) expires: Option<Date>,
    /// The steps of the finding in names, by which it is known again after one was renamed.
    pub(crate) what: Vec<String>,
    /// Which lines of the file it is, from 1.
    pub(crate) lines: Range<usize>,
}

impl Accept {
    /// What the gate says of a finding that it covers.
    pub(crate) fn standing(&self, is_moved: bool, today: Date) -> Standing {
        let acceptance = Acceptance {
            reason: self.reason.clone(),
            expires: self.expires.map(|date| date.to_string()),
            is_moved,
        };
        match self.expires {
            Some(last) if last < today => Standing::Expired(acceptance),
            _ => Standing::Accepted(acceptance),
        }
    }
}

impl Policy {
    /// The settings in a file.
    pub(crate) fn read(file: &Path) -> Result<Policy, Trouble> {
        Policy::of_text(&edit::text(file)?, file)
    }

    /// The settings in the directory, if there are any.
    pub(crate) fn find(root: &Path) -> Result<Option<Policy>, Trouble> {
        let file = root.join(FILE);
        match fs::symlink_metadata(&file) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            _ => Policy::read(&file).map(Some),
        }
    }

    /// Those that hold where there are none.
    pub(crate) fn nowhere(root: &Path) -> Policy {
        Policy { file: root.join(FILE), ..Policy::default() }
    }

    fn of_text(text: &str, file: &Path) -> Result<Policy, Trouble> {
        parse::parse(text, file).map_err(|mistakes| Trouble::new(file, mistakes))
    }

    /// What the gate makes of a finding.
    pub(crate) fn judge(&self, finding: &Finding, today: Date) -> Standing {
        self.judge_as(finding.fingerprint(), finding.kind, finding.verdict, today)
    }

    /// The same, of what a finding is known by.
    pub(crate) fn judge_as(
        &self,
        fingerprint: u64,
        kind: Kind,
        verdict: Verdict,
        today: Date,
    ) -> Standing {
        let accept = self.accepted.iter().find(|accept| accept.fingerprint == fingerprint);
        match accept.map(|accept| accept.standing(false, today)) {
            Some(standing @ Standing::Accepted(_)) => standing,
            // What may stay anyway does not fail because an acceptance has expired.
            _ if self.tolerates(kind, verdict) => Standing::Tolerated,
            Some(standing) => standing,
            None => Standing::New,
        }
    }

    fn tolerates(&self, kind: Kind, verdict: Verdict) -> bool {
        // The surest verdict is the least. That an edge is there is sure, whatever comes of it.
        verdict == Verdict::Excluded
            || (verdict > self.gate.fail_on && !kind.is_edge())
            || self.gate.allow.contains(&kind)
    }

    /// What was accepted and is not among the fingerprints that were seen.
    pub(crate) fn stale(&self, seen: &[u64]) -> Vec<&Accept> {
        self.accepted.iter().filter(|accept| !seen.contains(&accept.fingerprint)).collect()
    }

    /// The name that `[locks]` gives to a class.
    pub(crate) fn alias_of(&self, class: &str) -> Option<&str> {
        self.order.name_of(class)
    }

    /// Every two classes of which the first has to be taken before the second.
    pub(crate) fn declared(&self) -> impl Iterator<Item = (&str, &str)> {
        self.pairs.iter().map(|(before, after)| (before.as_str(), after.as_str()))
    }

    /// Whether a file, by its name in a report, is of a crate that is ignored.
    pub(crate) fn is_ignored(&self, file: &str) -> bool {
        self.ignored.has(file)
    }

    /// Where the order is kept.
    pub(crate) fn order_file(&self) -> PathBuf {
        self.file.parent().unwrap_or(Path::new("")).join(&self.gate.order_file)
    }
}

/// A fingerprint as the settings and reports have it.
pub(crate) fn shown(fingerprint: u64) -> String {
    format!("{fingerprint:016x}")
}

/// The number that a finding is known by, from its 16 hexadecimal digits.
pub(crate) fn fingerprint(text: &str) -> Option<u64> {
    let is_one = text.len() == 16 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_one { u64::from_str_radix(text, 16).ok() } else { None }
}
