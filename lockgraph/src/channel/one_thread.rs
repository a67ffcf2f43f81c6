//! Whether one thread alone does something.

use std::cell::Cell;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::{Relaxed, SeqCst};

/// The only thread that did it, by a number that no other thread gets; [`SEVERAL`] if there are more.
#[derive(Default)]
pub(super) struct OneThread(AtomicUsize);

const SEVERAL: usize = usize::MAX;

impl OneThread {
    /// This thread does it, too. Whether it is the only one so far. Of two threads that ask at the same
    /// moment, one at least is told that it is not.
    pub(super) fn is_still(&self) -> bool {
        let own = own();
        match self.0.compare_exchange(0, own, SeqCst, SeqCst) {
            Err(first) if first != own => {
                self.0.store(SEVERAL, SeqCst);
                false
            }
            _ => true,
        }
    }
}

/// The number of this thread. Without a destructor, so that it is there until the very end.
fn own() -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(1);
    thread_local!(static OWN: Cell<usize> = const { Cell::new(0) });
    if OWN.get() == 0 {
        OWN.set(NEXT.fetch_add(1, Relaxed));
    }
    OWN.get()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_thread_is_told_and_so_is_the_first() {
        let one = OneThread::default();
        assert!(one.is_still() && one.is_still());
        let is_still = std::thread::scope(|scope| scope.spawn(|| one.is_still()).join());
        assert_eq!((is_still.ok(), one.is_still()), (Some(false), false));
    }
}
