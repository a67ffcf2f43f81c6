//! The latest stacks of this thread, so that the unwinder need not walk the same one again.
//!
//! On x86-64 a return address lies right below where the stack ends once it is used. So a stack
//! that was unwound before can be looked at again without the unwinder: the frame that looks is
//! at the same place, and every return address lies where it lay. What else could tell two stacks
//! apart, a frame of variable size, moves the addresses above it. A look costs a nanosecond a
//! frame, the unwinder a hundred.
//!
//! Only on the stack that the system gave the thread: others (coroutines) come and go, and what
//! was above a frame may not be mapped when the next one has a frame at that place.

use std::cell::RefCell;

use backtrace::Frame;

use super::DEPTH;
use super::source::unwind;
use crate::runtime::sys;

const WORD: usize = size_of::<usize>();

/// How many stacks are remembered: threads take locks in turn in a few places.
const REMEMBERED: usize = 4;

/// A stack, and where its return addresses lie.
#[derive(Clone, Copy)]
struct Walk {
    /// Where the frame is that looked; 0 for none.
    here: usize,
    count: usize,
    addresses: [u64; DEPTH],
    /// 0 for frames that are always the same: those that the unwinder is called through.
    slots: [usize; DEPTH],
}

struct Latest {
    walks: [Walk; REMEMBERED],
    /// The one to be forgotten next.
    oldest: usize,
    /// The ends of this thread's stack; nothing if they are not known.
    stack: (usize, usize),
    has_asked: bool,
}

const NONE: Walk = Walk { here: 0, count: 0, addresses: [0; DEPTH], slots: [0; DEPTH] };

thread_local! {
    static LATEST: RefCell<Latest> = const {
        let walks = [NONE; REMEMBERED];
        RefCell::new(Latest { walks, oldest: 0, stack: (0, 0), has_asked: false })
    };
}

/// Fills `addresses` with the return addresses of this moment, innermost first, and returns how
/// many there are.
#[inline(never)]
pub(super) fn capture(addresses: &mut [u64]) -> usize {
    let anchor = 0_u8;
    let here = std::ptr::from_ref(std::hint::black_box(&anchor)).addr();
    LATEST.with(|latest| match latest.try_borrow_mut() {
        Ok(mut latest) => latest.capture(here, addresses),
        // A signal has come while this thread was here.
        Err(_) => unwind(addresses, |_, _| {}),
    })
}

impl Latest {
    fn capture(&mut self, here: usize, addresses: &mut [u64]) -> usize {
        let known = self.walks.iter().find(|walk| walk.here == here && walk.is_as_it_was());
        if let Some(Walk { count, addresses: known, .. }) = known {
            addresses[..*count].copy_from_slice(&known[..*count]);
            return *count;
        }
        if !std::mem::replace(&mut self.has_asked, true) {
            self.stack = sys::stack().unwrap_or_default();
        }
        let (bottom, top) = self.stack;
        let mut walk = Walk { here, ..NONE };
        let mut is_sure = bottom <= here && here < top;
        let Walk { slots, .. } = &mut walk;
        let slot_of = |at: usize, frame: &Frame| {
            let address = frame.ip().addr();
            let slot = frame.sp().addr().wrapping_sub(WORD);
            if address == 0 || slot < here {
                return;
            }
            slots[at] = slot;
            is_sure = is_sure
                && slot <= top - WORD
                && slot.is_multiple_of(WORD)
                && read(slot) == address as u64;
        };
        walk.count = unwind(addresses, slot_of);
        if is_sure {
            walk.addresses[..walk.count].copy_from_slice(&addresses[..walk.count]);
            self.walks[self.oldest] = walk;
            self.oldest = (self.oldest + 1) % REMEMBERED;
        }
        walk.count
    }
}

impl Walk {
    /// Whether every return address lies where it lay. To be asked on the thread, and with the
    /// frame at the place, that this was remembered for.
    fn is_as_it_was(&self) -> bool {
        let frames = self.slots.iter().zip(&self.addresses).take(self.count);
        frames.filter(|(slot, _)| **slot != 0).all(|(slot, address)| read(*slot) == *address)
    }
}

/// A word of this thread's stack, above the frame of [`capture`].
fn read(slot: usize) -> u64 {
    let word: *const u64 = std::ptr::with_exposed_provenance(slot);
    // SAFETY: the word is aligned, and lies between a frame that runs and the end of the stack
    // that the system gave this thread, all of which is mapped as long as the thread lives:
    // slots are compared with both before they are read or kept, and never leave the thread.
    unsafe { word.read_volatile() }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Calls itself as `path` says, from different places, and looks at the stack twice, and then
    /// with nothing remembered: from one place, so that all must be the same.
    #[inline(never)]
    fn walk(path: u32, steps: u32) -> u64 {
        let below = match (steps, path % 3) {
            (0, _) => {
                let looks: Vec<Vec<u64>> = (0..3)
                    .map(|round| {
                        if round == 2 {
                            LATEST.with_borrow_mut(|latest| latest.walks = [NONE; REMEMBERED]);
                        }
                        let mut addresses = [0; DEPTH];
                        let count = capture(&mut addresses);
                        addresses[..count].to_vec()
                    })
                    .collect();
                assert!(looks[0].len() > steps as usize + 3);
                assert_eq!(looks[0], looks[1]);
                assert_eq!(looks[0], looks[2]);
                return looks[0].iter().fold(0, |all, address| all.rotate_left(7) ^ address);
            }
            (_, 0) => walk(path / 3, steps - 1),
            (_, 1) => walk(path / 3, steps - 1).rotate_left(1),
            _ => walk(path / 3, steps - 1).rotate_left(2),
        };
        std::hint::black_box(below)
    }

    #[test]
    fn a_stack_seen_again_is_the_one_that_the_unwinder_finds() {
        for path in 0..81 {
            walk(path, 4);
        }
    }

    #[test]
    fn stacks_of_one_depth_are_told_apart() {
        /// Each call is from a place of its own, with the frames at the same place.
        #[inline(never)]
        fn look() -> Vec<u64> {
            let mut addresses = [0; DEPTH];
            let count = capture(&mut addresses);
            addresses[..count].to_vec()
        }
        let (first, second, third) = (look(), look(), look());
        assert!(first != second && second != third && first != third);
        let remembered =
            LATEST.with_borrow(|latest| latest.walks.iter().filter(|walk| walk.here != 0).count());
        assert!(remembered > 1, "the frames of all three are at one place");
    }
}
