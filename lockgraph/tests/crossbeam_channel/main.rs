//! `lockgraph::crossbeam_channel` is a drop-in for `crossbeam_channel`: the same test source runs on
//! the original and on ours.

#![cfg(feature = "crossbeam-channel")]
#![expect(clippy::duplicate_mod, reason = "the same source is to run on both crates")]
#![expect(clippy::unwrap_used, reason = "what tests call is part of the tests")]

#[cfg(not(any(debug_assertions, feature = "instrument")))]
mod off;
mod original;
mod tracked;

use std::time::Duration;

/// Long enough that a test which waits so long is broken.
const LONG: Duration = Duration::from_secs(60);
/// Short enough to wait for in vain.
const SHORT: Duration = Duration::from_millis(1);

/// Which of `Send`, `Sync`, `UnwindSafe` and `RefUnwindSafe` a type is, by its name.
type AutoTraits = Vec<(&'static str, [bool; 4])>;

#[test]
fn auto_traits_are_those_of_the_original() {
    let originals = original::auto_traits();
    assert_eq!(tracked::auto_traits(), originals);
    // The table can tell.
    for column in 0..4 {
        assert!(originals.iter().any(|(_, traits)| traits[column]), "{column}");
    }
    assert!(originals.iter().any(|(_, traits)| !traits[0] && !traits[1]));
}
