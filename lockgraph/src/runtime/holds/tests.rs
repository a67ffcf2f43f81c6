//! The stack of holds, and the fast path that it makes against a thread that always asks the graph.

use std::collections::BTreeSet;
use std::mem::ManuallyDrop;

use proptest::prelude::*;

use super::*;
use crate::cycle::{Search, search};
use crate::graph::{Graph, Want};
use crate::id::{LockKind, SiteId, ThreadId};
use crate::runtime::local::Local;
use crate::runtime::seen::Seen;
use crate::runtime::tag::Tag;
use crate::runtime::word::{NUMBER, of_kind};

fn word(lock: u64) -> Word {
    Word(lock << NUMBER | of_kind(LockKind::RwLock))
}

fn hold(lock: u64, mode: Mode) -> Hold {
    let identity = Tag::unplaced(LockKind::RwLock).identity();
    let (_, class) = identity.parts();
    Hold::new(Identity::of_hold(word(lock), class), mode, std::panic::Location::caller())
}

fn held(locks: &[(u64, Mode)]) -> Holds {
    let mut holds = Holds::with_room(false);
    locks.iter().for_each(|(lock, mode)| holds.push_slowly(hold(*lock, *mode)));
    holds
}

fn chain(locks: &[u64]) -> u64 {
    let locks: Vec<_> = locks.iter().map(|lock| (*lock, Mode::Exclusive)).collect();
    held(&locks).chain_with(word(99), Mode::Exclusive)
}

#[test]
fn dropping_in_any_order_leaves_the_chain_of_what_is_held() {
    for (drops, left) in [(vec![1], vec![2, 3]), (vec![2], vec![1, 3]), (vec![3, 1], vec![2])] {
        let mut holds = held(&[1, 2, 3].map(|lock| (lock, Mode::Exclusive)));
        for lock in drops {
            assert!(holds.release(LockId(lock)).is_some());
        }
        assert_eq!(holds.chain_with(word(99), Mode::Exclusive), chain(&left), "{left:?}");
    }
}

#[test]
fn order_and_mode_are_part_of_the_chain() {
    assert_ne!(chain(&[1, 2]), chain(&[2, 1]));
    let mut holds = held(&[(1, Mode::Shared)]);
    assert_ne!(holds.chain_with(word(99), Mode::Exclusive), chain(&[1]));
    holds.change_mode(LockId(1), Mode::Exclusive);
    assert_eq!(holds.chain_with(word(99), Mode::Exclusive), chain(&[1]));
    holds.change_salt(7);
    assert_ne!(holds.chain_with(word(99), Mode::Exclusive), chain(&[1]));
}

#[test]
fn the_fast_way_and_the_slow_way_make_the_same_stack() {
    let mut holds = held(&[(1, Mode::Exclusive)]);
    let chain = holds.chain_with(word(2), Mode::Shared);
    let (_, class) = hold(2, Mode::Shared).identity().parts();
    let site = std::panic::Location::caller();
    // SAFETY: they are this thread's own.
    assert!(unsafe { Holds::push(&raw mut holds, word(2), class, Mode::Shared, site, chain) });
    let slowly = held(&[(1, Mode::Exclusive), (2, Mode::Shared)]);
    let next = |holds: &Holds| holds.chain_with(word(3), Mode::Exclusive);
    assert_eq!(next(&holds), next(&slowly));
    // SAFETY: as above.
    unsafe {
        assert!(!Holds::pop(&raw mut holds, word(2), Mode::Exclusive), "another mode");
        assert!(!Holds::pop(&raw mut holds, word(1), Mode::Exclusive), "another lock");
        assert!(Holds::pop(&raw mut holds, word(2), Mode::Shared));
    }
    holds.mark_told();
    // SAFETY: as above.
    assert!(!unsafe { Holds::pop(&raw mut holds, word(1), Mode::Exclusive) }, "to be told");
}

#[test]
fn the_stack_grows_and_what_is_recorded_never_goes_the_fast_way() {
    let site = std::panic::Location::caller();
    for are_recorded in [false, true] {
        let mut holds = Holds::with_room(are_recorded);
        for lock in 1..100 {
            // SAFETY: they are this thread's own.
            let fast = unsafe {
                Holds::push(&raw mut holds, word(lock), ptr::null(), Mode::Exclusive, site, 0)
            };
            assert!(!fast || !are_recorded);
            if !fast {
                if holds.is_full() {
                    holds.reserve();
                }
                holds.push_slowly(hold(lock, Mode::Exclusive));
            }
        }
        let locks: Vec<u64> = holds.as_slice().iter().map(|hold| hold.lock().0).collect();
        assert_eq!(locks, (1..100).collect::<Vec<_>>());
        // SAFETY: as above.
        let fast = unsafe { Holds::pop(&raw mut holds, word(99), Mode::Exclusive) };
        assert!(!(are_recorded && fast));
    }
}

#[test]
fn a_release_says_which_of_two_holds_of_one_lock_it_ends() {
    for (released, left) in
        [(Mode::Shared, Mode::Upgradable), (Mode::Upgradable, Mode::SharedRecursive)]
    {
        for modes in
            [[Mode::Upgradable, Mode::SharedRecursive], [Mode::SharedRecursive, Mode::Upgradable]]
        {
            let mut holds = held(&modes.map(|mode| (1, mode)));
            assert!(holds.release_as(LockId(1), released).is_some());
            let modes: Vec<Mode> = holds.as_slice().iter().map(Hold::mode).collect();
            assert_eq!(modes, [left]);
        }
    }
    let mut holds = held(&[(1, Mode::Upgradable), (1, Mode::Shared)]);
    holds.change_mode(LockId(1), Mode::Exclusive);
    assert_eq!(holds.as_slice()[0].mode(), Mode::Exclusive);
}

#[test]
fn nothing_is_fast_on_a_thread_that_is_not_tracked() {
    let mut holds = ManuallyDrop::new(Holds::nobodys());
    let seen = ManuallyDrop::new(Seen::nobodys());
    for word in [Word(0), word(1)] {
        for mode in Mode::ALL {
            let chain = holds.chain_with(word, mode);
            assert!(!holds.is_empty() && !seen.has_at_home(chain) && !seen.contains(chain));
            let site = std::panic::Location::caller();
            // SAFETY: they are nobody's.
            unsafe {
                assert!(!Holds::push(&raw mut *holds, word, ptr::null(), mode, site, chain));
                assert!(!Holds::pop(&raw mut *holds, word, mode));
            }
        }
    }
}

#[test]
fn forgotten_holds_are_gone_wherever_they_were() {
    let mut holds = held(&[1, 2, 3, 4].map(|lock| (lock, Mode::Exclusive)));
    holds.forget(|hold| hold.lock().0 % 2 == 1);
    assert_eq!(holds.chain_with(word(99), Mode::Exclusive), chain(&[2, 4]));
}

#[test]
fn a_chain_in_hand_is_not_pushed_once_the_chains_have_changed() {
    let check = |change: &dyn Fn(&mut Holds)| {
        let mut holds = held(&[(1, Mode::Exclusive), (2, Mode::Exclusive)]);
        let stale = holds.chain_with(word(3), Mode::Exclusive);
        change(&mut holds);
        let site = std::panic::Location::caller();
        let push = |holds: &mut Holds, lock, chain| {
            // SAFETY: they are this thread's own.
            unsafe { Holds::push(holds, word(lock), ptr::null(), Mode::Exclusive, site, chain) }
        };
        assert!(!push(&mut holds, 3, stale));
        holds.push_slowly(hold(3, Mode::Exclusive));
        let fresh = holds.chain_with(word(4), Mode::Exclusive);
        assert!(push(&mut holds, 4, fresh), "the slow way has been gone once");
    };
    check(&|holds| holds.forget(|hold| hold.lock() == LockId(1)));
    check(&|holds| holds.change_salt(7));
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Take(usize, usize, Mode),
    /// Gives back what was taken last but so many.
    Give(usize, usize),
    /// The latest hold changes its mode.
    Change(usize, Mode),
    /// The lock is destroyed, if nobody holds it, and another takes its place.
    Destroy(usize),
    Fork(usize, u32),
}

const THREADS: usize = 3;
const LOCKS: usize = 4;
/// No deeper, because an edge keeps eight witnesses, and a graph that has forgotten one finds what
/// it found before once more when it is asked again.
const DEPTH: usize = 3;

fn step() -> impl Strategy<Value = Step> {
    let mode = || (0..4_usize).prop_map(|mode| Mode::ALL[mode]);
    prop_oneof![
        12 => (0..THREADS, 0..LOCKS, mode()).prop_map(|(t, l, m)| Step::Take(t, l, m)),
        8 => (0..THREADS, 0..3_usize).prop_map(|(t, n)| Step::Give(t, n)),
        1 => (0..THREADS, mode()).prop_map(|(t, m)| Step::Change(t, m)),
        1 => (0..LOCKS).prop_map(Step::Destroy),
        1 => (0..THREADS, 3..9_u32).prop_map(|(t, n)| Step::Fork(t, n)),
    ]
}

/// A thread's want that closed a cycle.
type Found = (u32, u64, Mode, Vec<(u64, Mode)>);

/// One graph, and what was found in it.
#[derive(Default)]
struct Judge {
    graph: Graph,
    found: BTreeSet<Found>,
}

impl Judge {
    fn show(&mut self, local: &Local, lock: u64, mode: Mode) {
        let lock = LockId(lock);
        let site = SiteId::UNKNOWN;
        let want = Want { thread: local.id, lock, kind: LockKind::RwLock, mode, site };
        let holds = local.holds.as_slice().iter();
        let holds: Vec<_> = holds.map(|hold| (hold.lock(), hold.mode(), site)).collect();
        if let Some(witness) = self.graph.observe(&holds, want, || [])
            && let Search::Found(_) = search(&self.graph, witness)
        {
            let holds = holds.iter().map(|(lock, mode, _)| (lock.0, *mode)).collect();
            self.found.insert((local.id.0, lock.0, mode, holds));
        }
    }
}

/// The cache of the threads holds eight chains, so that it loses them all the time.
fn check(steps: &[Step]) {
    let mut threads: Vec<Local> = (0..THREADS).map(|t| Local::tiny(ThreadId(t as u32))).collect();
    let mut numbers: Vec<u64> = (1..=LOCKS as u64).collect();
    let (mut fast, mut slow) = (Judge::default(), Judge::default());
    for step in steps {
        match *step {
            Step::Take(thread, lock, mode) => {
                let (local, lock) = (&mut threads[thread], numbers[lock]);
                let is_in_its_way =
                    |hold: &Hold| hold.lock().0 == lock && mode.waits_for(hold.mode());
                let holds = local.holds.as_slice();
                if holds.len() == DEPTH || holds.iter().any(is_in_its_way) {
                    continue;
                }
                slow.show(local, lock, mode);
                if !local.is_known(word(lock), mode) {
                    fast.show(local, lock, mode);
                    local.seen.insert(local.holds.chain_with(word(lock), mode));
                }
                local.holds.push_slowly(hold(lock, mode));
            }
            Step::Give(thread, below_top) => {
                let holds = &mut threads[thread].holds;
                let at = holds.as_slice().len().checked_sub(below_top + 1);
                if let Some(hold) = at.map(|at| holds.as_slice()[at]) {
                    holds.release_as(hold.lock(), hold.mode());
                }
            }
            Step::Change(thread, mode) => {
                let holds = &mut threads[thread].holds;
                if let Some(lock) = holds.as_slice().last().map(Hold::lock) {
                    holds.change_mode(lock, mode);
                }
            }
            Step::Destroy(lock) => {
                let mut held = threads.iter().flat_map(|local| local.holds.as_slice());
                if held.all(|hold| hold.lock().0 != numbers[lock]) {
                    fast.graph.destroy(LockId(numbers[lock]));
                    slow.graph.destroy(LockId(numbers[lock]));
                    numbers[lock] += LOCKS as u64;
                }
            }
            Step::Fork(thread, child) => {
                let parent = threads[thread].id;
                fast.graph.spans.fork(parent, ThreadId(child));
                slow.graph.spans.fork(parent, ThreadId(child));
                threads[thread].next_span();
            }
        }
    }
    assert_eq!(fast.found, slow.found);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]
    #[test]
    fn the_fast_path_loses_no_violation(steps in prop::collection::vec(step(), 1..120)) {
        check(&steps);
    }
}
