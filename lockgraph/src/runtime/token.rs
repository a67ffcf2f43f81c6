//! The token of a thread: who has given it.
//!
//! Whoever unparks a thread leaves here what it has to tell, before the raw token is given. Whoever
//! has parked takes it. Several unparks make one token, and each alone would have been enough: what
//! came before them is heard of, but no order is made of it, unless all are of one thread, of which
//! the first came before the others.
//!
//! The raw token and what lies here are not taken at once. Between the two somebody else may unpark
//! the thread, which is then heard of one `park` too early: it has happened, so nothing wrong is
//! believed, and the next `park` finds nothing here. So does one that ended for nothing, or that was
//! ended by a handle of the original's. Then it is not known what was heard.
//!
//! A lock of its own, which is held while the trace is told.

use std::sync::Mutex;

use super::stamp::{self, Stamp};
use super::tag::Site;
use super::{data, locked};
use crate::id::LockKind;

/// What was given with the token, while nobody has taken it.
#[derive(Debug, Default)]
pub(crate) struct Token(Mutex<Option<Stamp>>);

impl Token {
    /// About to unpark the thread.
    pub(crate) fn giving(&self, site: Site) {
        let own = stamp::stamp();
        let mut given = locked(&self.0);
        *given = Some(match given.take() {
            None => own.told(site),
            Some(before) => before.and_also(own, site),
        });
    }

    /// The thread has parked, and goes on.
    pub(crate) fn taken(&self, site: Site) {
        let given = locked(&self.0).take();
        match given {
            Some(stamp) => stamp::heard(stamp, LockKind::Token, Some(site)),
            None => data::gap("a thread waited in `park`, and it is not seen who unparked it"),
        }
    }

    /// The thread has parked for a time, and goes on, perhaps for that reason.
    pub(crate) fn perhaps_taken(&self) {
        let given = locked(&self.0).take();
        if given.is_some() {
            data::gap(
                "a thread waited in `park_timeout`, and it is not seen whether it was unparked",
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: u64 = 7 << 32 | 3;
    const LATER: u64 = 7 << 32 | 4;
    const OF_ANOTHER: u64 = 8 << 32 | 1;

    #[test]
    fn several_unparks_order_only_what_comes_before_the_first_of_one_thread() {
        for (given, expected) in [
            (&[FIRST][..], FIRST),
            (&[FIRST, LATER], FIRST),
            (&[FIRST, LATER, OF_ANOTHER], 0),
            (&[FIRST, OF_ANOTHER, FIRST], 0),
            (&[0, FIRST], 0),
            (&[FIRST, 0], 0),
        ] {
            let site = std::panic::Location::caller();
            let stamps = given.iter().map(|bits| Stamp::from_bits(*bits));
            let token = stamps.reduce(|before, stamp| before.and_also(stamp, site));
            assert_eq!(token.map(Stamp::bits), Some(expected), "{given:x?}");
        }
    }
}
