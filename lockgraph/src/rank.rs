//! Ranks: an order of locks that is declared in the program.
//!
//! A rank says which ranks come before it, and so, through those, which others do. That is all of
//! the partial order: two ranks of which neither is reached from the other are unrelated. Ranks are
//! known by name, so that a constant and a static say the same. No I/O, no locking.
//!
//! Asking whether one comes before another costs a walk over all that come before that one; it is
//! asked once for a new nesting of locks, never for a known one. How deep one lies costs as many walks
//! as that is; it never changes, so whoever takes locks of ranks together keeps it.

use std::fmt;

/// A place in the declared order of locks.
///
/// A lock of a rank may be taken while locks are held whose ranks come before it, or are not
/// related to it; while one is held that comes after it, that is a
/// [`rank-violation`](crate::finding::Kind::RankViolation). Locks without a rank are free. Two locks
/// of one rank may only be nested through [`acquire`](fn@crate::acquire), or with keys, see
/// [`Ranked::ranked_by`](crate::Ranked::ranked_by).
///
/// ```
/// use lockgraph::{Rank, ranked, sync::Mutex};
///
/// static BRANCH: Rank = Rank::new("branch");
/// static ACCOUNT: Rank = Rank::after("account", &[&BRANCH]);
/// static AUDIT: Rank = Rank::after("audit", &[&BRANCH]);
/// static LOG: Rank = Rank::after("log", &[&ACCOUNT, &AUDIT]);
///
/// assert!(BRANCH.is_before(&LOG));
/// // Either may be taken while the other is held.
/// assert!(!ACCOUNT.is_before(&AUDIT) && !AUDIT.is_before(&ACCOUNT));
///
/// static MESSAGES: Mutex<Vec<&str>> = ranked::mutex(&LOG, Vec::new());
/// MESSAGES.lock().unwrap().push("started");
/// ```
///
/// The name is the class of the locks in reports and traces, as that of
/// [`named`](crate::named) is, and so what `lockgraph.toml` calls them. Two ranks of one name are one:
/// statics and constants will do, but a constant can only come after constants.
// The name comes first: a lock that has a rank has a name, at the same address.
#[repr(C)]
pub struct Rank {
    name: &'static str,
    after: &'static [&'static Rank],
}

impl Rank {
    /// A rank before which no other comes.
    #[must_use]
    pub const fn new(name: &'static str) -> Rank {
        Rank::after(name, &[])
    }

    /// A rank that comes after all of these, and after what they come after.
    #[must_use]
    pub const fn after(name: &'static str, ranks: &'static [&'static Rank]) -> Rank {
        Rank { name, after: ranks }
    }

    /// What it is called.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Whether it comes before `other`, directly or through others.
    pub fn is_before(&self, other: &Rank) -> bool {
        other.all_before().contains(&self)
    }

    /// How many come before it at most, one after the other: less than for any that it comes before.
    #[cfg(any(debug_assertions, feature = "instrument"))]
    pub(crate) fn depth(&self) -> usize {
        // More steps than ranks there are only in a circle.
        let most = self.all_before().len();
        let mut level = self.after.to_vec();
        let mut depth = 0;
        while !level.is_empty() && depth < most {
            depth += 1;
            let mut next: Vec<&Rank> = Vec::new();
            for before in level.iter().flat_map(|rank| rank.after) {
                if !next.contains(before) {
                    next.push(before);
                }
            }
            level = next;
        }
        depth
    }

    /// All that come before it, directly or through others, each once.
    fn all_before(&self) -> Vec<&'static Rank> {
        // Statics may name each other in a circle, which is to end all the same.
        let mut met: Vec<&Rank> = self.after.to_vec();
        let mut at = 0;
        while let Some(rank) = met.get(at).copied() {
            for before in rank.after {
                if !met.contains(before) {
                    met.push(before);
                }
            }
            at += 1;
        }
        met
    }
}

impl PartialEq for Rank {
    fn eq(&self, other: &Rank) -> bool {
        self.name == other.name
    }
}

impl Eq for Rank {}

impl fmt::Debug for Rank {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let after = self.after.iter().map(|rank| rank.name);
        f.debug_struct("Rank")
            .field("name", &self.name)
            .field("after", &after.collect::<Vec<_>>())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    static A: Rank = Rank::new("a");
    static B: Rank = Rank::after("b", &[&A]);
    static C: Rank = Rank::after("c", &[&A]);
    static D: Rank = Rank::after("d", &[&B, &C]);
    static E: Rank = Rank::after("e", &[&D, &CONSTANT]);
    const FIRST: Rank = Rank::new("first");
    const CONSTANT: Rank = Rank::after("constant", &[&FIRST]);
    static LOOP: Rank = Rank::after("loop", &[&BACK]);
    static BACK: Rank = Rank::after("back", &[&LOOP]);

    #[test]
    fn the_order_is_partial_and_transitive() {
        let check = |first: &Rank, second: &Rank, expected: [bool; 2]| {
            let is = [first.is_before(second), second.is_before(first)];
            assert_eq!(is, expected, "{first:?} {second:?}");
        };
        check(&A, &B, [true, false]);
        check(&A, &D, [true, false]);
        check(&A, &E, [true, false]);
        check(&B, &C, [false, false]);
        check(&C, &D, [true, false]);
        check(&D, &D, [false, false]);
        check(&D, &E, [true, false]);
        check(&FIRST, &CONSTANT, [true, false]);
        check(&FIRST, &E, [true, false]);
        check(&LOOP, &BACK, [true, true]);
        check(&A, &LOOP, [false, false]);
    }

    #[cfg(any(debug_assertions, feature = "instrument"))]
    #[test]
    fn what_comes_later_is_deeper() {
        let depth = |ranks: &[&Rank]| ranks.iter().map(|rank| rank.depth()).collect::<Vec<_>>();
        assert_eq!(depth(&[&A, &B, &C, &D, &E, &FIRST, &CONSTANT]), [0, 1, 1, 2, 3, 0, 1]);
        assert_eq!(depth(&[&LOOP, &BACK]), [2, 2]);
    }

    #[test]
    fn a_circle_of_ranks_comes_before_itself_and_the_walk_ends() {
        assert!(LOOP.is_before(&LOOP));
        assert!(!E.is_before(&BACK));
    }
}
