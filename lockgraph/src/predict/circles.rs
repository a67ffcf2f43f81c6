//! The circles of a run, in parts that can be judged side by side.
//!
//! There are always as many parts, each with its share of the budget, so that what is found does
//! not depend on how many threads there are to judge them.

use super::attempts::{self, Attempt, Group};
use super::closure::Closure;
use super::history::History;
use super::{Limits, Pattern, Prediction, lost, search};

/// Sections that may be looked at while judging, for each candidate of the search.
const SECTIONS: u64 = 16;

/// All circles of attempts of a run. [`predict`](super::predict) does all of this in one go.
pub struct Circles<'a> {
    history: &'a History,
    groups: Vec<Group>,
    /// By the order in which they were found: the group, and its attempts.
    found: Vec<(usize, Vec<u32>)>,
    /// Those of the same threads next to each other, in the order of time: what leads to one leads
    /// to the next.
    by_time: Vec<usize>,
    is_cut: bool,
    /// Sections that each part may look at.
    budget: u64,
}

/// What became of one part.
pub struct Judged {
    patterns: Vec<(usize, Pattern)>,
    is_cut: bool,
}

impl Circles<'_> {
    /// Into so many parts the circles are divided.
    pub const PARTS: usize = 4;

    /// The circles of `history`, as far as `limits` go.
    pub fn find<'a>(history: &'a History, limits: &Limits) -> Circles<'a> {
        let groups = attempts::groups(history);
        let mut is_cut = false;
        let mut found = Vec::new();
        for (number, group) in groups.iter().enumerate() {
            let mut budget = limits.budget;
            is_cut |= search::circles(group, limits.max_length, &mut budget, |circle| {
                found.push((number, circle.to_vec()));
            });
        }
        let budget = limits.budget.saturating_mul(SECTIONS / Circles::PARTS as u64);
        let mut by_time: Vec<usize> = (0..found.len()).collect();
        by_time.sort_by_cached_key(|at| attempts::when(&attempts_of(&groups, &found[*at])));
        Circles { history, groups, found, by_time, is_cut, budget }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.found.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// Judges the circles of this part.
    pub fn judge(&self, part: usize) -> Judged {
        let share = self.by_time.len().div_ceil(Circles::PARTS);
        let from = self.by_time.len().min(part * share);
        let own = &self.by_time[from..self.by_time.len().min(from + share)];
        if own.is_empty() {
            return Judged { patterns: Vec::new(), is_cut: false };
        }
        let mut closure = Closure::new(self.history, self.budget);
        let judge = |at: &usize| (*at, closure.judge(&attempts_of(&self.groups, &self.found[*at])));
        let patterns = own.iter().map(judge).collect();
        Judged { patterns, is_cut: closure.is_cut() }
    }

    /// Puts the parts together, and judges the notifications that could have been lost.
    pub fn gather(self, parts: Vec<Judged>) -> Prediction {
        let mut closure = Closure::new(self.history, self.budget);
        let lost = lost::judge(self.history, &mut closure);
        let is_cut = self.is_cut || closure.is_cut() || parts.iter().any(|part| part.is_cut);
        let mut patterns: Vec<(usize, Pattern)> =
            parts.into_iter().flat_map(|part| part.patterns).collect();
        patterns.sort_unstable_by_key(|(number, _)| *number);
        let patterns = patterns.into_iter().map(|(_, pattern)| pattern).collect();
        Prediction { patterns, lost, is_cut }
    }
}

fn attempts_of<'a>(groups: &'a [Group], (group, members): &(usize, Vec<u32>)) -> Vec<&'a Attempt> {
    members.iter().map(|member| &groups[*group][*member as usize]).collect()
}
