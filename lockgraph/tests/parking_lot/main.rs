//! `lockgraph::parking_lot` is a drop-in for `parking_lot`: the same test source runs on the
//! original and on ours, for 0.12 and for 0.13.

#![cfg(any(feature = "parking_lot", feature = "parking_lot_0_13"))]
#![expect(clippy::duplicate_mod, reason = "the same source is to run on four crates")]
#![expect(clippy::unwrap_used, reason = "what tests call is part of the tests")]

#[cfg(not(any(debug_assertions, feature = "instrument")))]
mod off;
#[cfg(feature = "parking_lot")]
mod original_0_12;
#[cfg(feature = "parking_lot_0_13")]
mod original_0_13;
#[cfg(feature = "parking_lot")]
mod tracked_0_12;
#[cfg(feature = "parking_lot_0_13")]
mod tracked_0_13;

use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// Long enough that a test which waits so long is broken.
const LONG: Duration = Duration::from_secs(60);
/// Short enough to wait for in vain.
const SHORT: Duration = Duration::from_millis(1);

/// Runs `f` in another thread.
fn elsewhere<R: Send>(f: impl FnOnce() -> R + Send) -> R {
    thread::scope(|scope| scope.spawn(f).join().unwrap())
}

/// Calls `give_way` until another thread, which has to wait for that, has had `take`.
fn until_taken(take: impl FnOnce() + Send, mut give_way: impl FnMut()) {
    let (done, is_done) = mpsc::channel();
    thread::scope(|scope| {
        scope.spawn(move || {
            take();
            done.send(()).unwrap();
        });
        while is_done.try_recv().is_err() {
            give_way();
        }
    });
}

/// Which of `Send`, `Sync`, `UnwindSafe` and `RefUnwindSafe` a type is, by its name.
type AutoTraits = Vec<(&'static str, [bool; 4])>;

#[cfg(feature = "parking_lot")]
#[test]
fn auto_traits_are_those_of_0_12() {
    assert_eq!(tracked_0_12::auto_traits(), original_0_12::auto_traits());
}

#[cfg(feature = "parking_lot_0_13")]
#[test]
fn auto_traits_are_those_of_0_13() {
    assert_eq!(tracked_0_13::auto_traits(), original_0_13::auto_traits());
}
