//! Sets of held locks, each kept once.
//!
//! A set is a sorted list of claims. Finding one costs its length; no locking inside.

use super::Claim;
use crate::index::{self, Index};

/// One of the sets.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Debug)]
pub(super) struct SetId(pub(super) u32);

impl SetId {
    /// The set of nothing.
    pub(super) const EMPTY: SetId = SetId(0);
}

/// All sets that were held at some time.
pub(super) struct Sets {
    claims: Vec<Claim>,
    /// Where the claims of each set end; they begin where those of the one before end.
    ends: Vec<usize>,
    index: Index,
    scratch: Vec<Claim>,
}

impl Default for Sets {
    fn default() -> Sets {
        let mut sets = Sets {
            claims: Vec::new(),
            ends: Vec::new(),
            index: Index::default(),
            scratch: Vec::new(),
        };
        sets.intern(&[]);
        sets
    }
}

impl Sets {
    /// The claims of a set, sorted.
    #[inline]
    pub(super) fn get(&self, set: SetId) -> &[Claim] {
        claims(&self.claims, &self.ends, set.0)
    }

    /// `set` and `claim`.
    pub(super) fn with(&mut self, set: SetId, claim: Claim) -> SetId {
        let mut all = std::mem::take(&mut self.scratch);
        all.clear();
        all.extend_from_slice(self.get(set));
        if let Err(at) = all.binary_search(&claim) {
            all.insert(at, claim);
        }
        let found = self.intern(&all);
        self.scratch = all;
        found
    }

    fn intern(&mut self, all: &[Claim]) -> SetId {
        let Sets { claims: kept, ends, index, .. } = self;
        let hash = hash(all);
        if let Some(number) = index.find(hash, |number| claims(kept, ends, number) == all) {
            return SetId(number);
        }
        let number = ends.len() as u32;
        kept.extend_from_slice(all);
        ends.push(kept.len());
        index.insert(number, hash, |number| self::hash(claims(kept, ends, number)));
        SetId(number)
    }
}

fn claims<'a>(claims: &'a [Claim], ends: &[usize], set: u32) -> &'a [Claim] {
    let at = set as usize;
    let start = if at == 0 { 0 } else { ends[at - 1] };
    &claims[start..ends[at]]
}

fn hash(claims: &[Claim]) -> u64 {
    index::hash(claims.iter().map(|claim| claim.0))
}
