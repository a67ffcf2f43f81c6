//! How often to try again before a wait.
//!
//! Many a message is on its way, and a wait that is told takes longer than that. Where there are
//! several processors, its sender is at work on another one meanwhile; where there is one, only if
//! this thread lets it.

use std::hint;
use std::sync::LazyLock;
use std::thread;

/// How often it was tried again.
#[derive(Default)]
pub(crate) struct Patience(u32);

/// Rounds of trying again, each after twice the pauses of the one before.
const ROUNDS: u32 = 6;

/// The same on one processor. The second is for threads that have a processor each: those of the
/// others are not seen here.
const YIELDS: u32 = 2;

/// Asked once, because the system is asked for it, by whoever has to wait first.
static IS_ALONE: LazyLock<bool> =
    LazyLock::new(|| thread::available_parallelism().is_ok_and(|count| count.get() == 1));

impl Patience {
    /// Whether to try once more. Pauses before it says so.
    #[cold]
    pub(crate) fn is_left(&mut self) -> bool {
        let most = if *IS_ALONE { YIELDS } else { ROUNDS };
        if self.0 == most {
            return false;
        }
        if *IS_ALONE {
            thread::yield_now();
        } else {
            (0..1 << self.0).for_each(|_| hint::spin_loop());
        }
        self.0 += 1;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patience_ends_and_stays_so() {
        let mut patience = Patience::default();
        let tries = (0..100).filter(|_| patience.is_left()).count();
        assert_eq!(tries, if *IS_ALONE { 2 } else { 6 });
    }
}
