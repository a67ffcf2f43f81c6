//! What a finding means, in sentences: plain text for every printer to share.
//!
//! [`explain`] tells of one finding: the headline, the four conditions that a deadlock needs with
//! what in the program makes each of them true, the way out, and why the verdict is what it is.
//! [`page`] tells of a kind of finding in general.
//!
//! Nothing fails: a finding of any shape, read from any file, gets sentences. Control characters
//! in names are escaped, and long lists are cut. Linear in the size of the finding, but for the
//! places, whose files are compared by name. No I/O, no locking.

mod against;
mod conditions;
mod headline;
mod long_hold;
mod misuse;
mod page;
mod phrase;
mod repeated_timeout;
mod scene;
mod signal;
mod spell;
mod time;
mod verdict;
mod verdict_page;
mod way_out;
mod words;

#[cfg(test)]
pub(crate) mod staged;
#[cfg(test)]
pub(crate) mod staged_kinds;
#[cfg(test)]
mod tests;

pub use page::{Page, page};
pub use phrase::goal_of as goal;
pub use signal::{deed_for as deed, spelled as awaited};
pub use spell::{Spelling, defused, escaped, visible};
pub use time::time;
pub use verdict_page::{VerdictPage, verdict_page};
pub use words::{SCHEDULE, StepWords, moves, sightings, steps};

pub(crate) use phrase::{act, held_here, title, wanted_here};
pub(crate) use repeated_timeout::row;
pub(crate) use scene::{Scene, held};
pub(crate) use spell::{full_place, is_hostile};

use crate::finding::{Finding, Kind};

/// What there is to say about a finding.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Explanation {
    /// What it is, in one sentence without a full stop.
    pub headline: String,
    /// The four conditions, in the order of [`ConditionName::ALL`]; none if it is no matter of
    /// waiting (see [`Kind::is_misuse`](crate::finding::Kind::is_misuse)).
    pub conditions: Vec<Condition>,
    /// What to do about it.
    pub way_out: WayOut,
    /// Why the verdict is not higher or lower.
    pub verdict: String,
}

/// One of the four conditions, and what makes it true here.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Condition {
    /// Which.
    pub name: ConditionName,
    /// What in this program makes it true, in sentences without a full stop.
    pub because: Vec<String>,
    /// Whether this is the one that is easiest to break here.
    pub is_easiest: bool,
}

/// The four conditions of Coffman, Elphick and Shoshani (1971): a deadlock needs all of them.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum ConditionName {
    /// What is held shuts others out.
    MutualExclusion,
    /// Who waits keeps what it has.
    HoldAndWait,
    /// Nobody can take away what another holds.
    NoPreemption,
    /// The waits form a circle.
    CircularWait,
}

impl ConditionName {
    /// All four, in the usual order.
    pub const ALL: [ConditionName; 4] = [
        ConditionName::MutualExclusion,
        ConditionName::HoldAndWait,
        ConditionName::NoPreemption,
        ConditionName::CircularWait,
    ];

    /// The name in reports.
    pub fn name(self) -> &'static str {
        match self {
            ConditionName::MutualExclusion => "mutual exclusion",
            ConditionName::HoldAndWait => "hold and wait",
            ConditionName::NoPreemption => "no preemption",
            ConditionName::CircularWait => "circular wait",
        }
    }

    /// What it is, in a sentence.
    pub fn what(self) -> &'static str {
        match self {
            ConditionName::MutualExclusion => "What is held shuts others out.",
            ConditionName::HoldAndWait => "Who waits keeps what it has.",
            ConditionName::NoPreemption => "Nobody can take away what another holds.",
            ConditionName::CircularWait => "The waits form a circle.",
        }
    }
}

/// What to do about a finding.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WayOut {
    /// The condition that it breaks, if there are any.
    pub breaks: ConditionName,
    /// What to do, naming locks and places; a sentence without a full stop.
    pub advice: String,
    /// What else would do.
    pub alternatives: Vec<String>,
}

/// Puts a finding into words.
pub fn explain(finding: &Finding) -> Explanation {
    let scene = Scene::new(finding);
    let way_out = way_out::way_out(&scene);
    let kind = finding.kind;
    let is_of_waiting = match kind {
        Kind::LongHold => false,
        Kind::RepeatedTimeout => repeated_timeout::is_circle(finding),
        _ => !kind.is_misuse() && !kind.is_edge(),
    };
    let conditions = ConditionName::ALL.into_iter().filter(|_| is_of_waiting);
    let conditions = conditions.map(|name| Condition {
        name,
        because: conditions::because(&scene, name),
        is_easiest: name == way_out.breaks,
    });
    Explanation {
        headline: headline::headline(&scene),
        conditions: conditions.collect(),
        way_out,
        verdict: verdict::why(&scene),
    }
}

/// What a finding is, in one sentence without a full stop: the headline of [`explain`] alone.
pub fn headline(finding: &Finding) -> String {
    headline::headline(&Scene::new(finding))
}
