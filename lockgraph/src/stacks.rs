//! Stacks of return addresses, each kept once, for as long as somebody names it.
//!
//! Most witnesses come from the same few stacks. One that is known costs four bytes where it is
//! named; the empty one costs nothing else.
//!
//! Interning is O(depth). No locking inside.

use crate::index::{self, Index};
use crate::slab::Slab;

/// A stack; [`Stacks::EMPTY`] has no frames.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct StackId(u32);

impl StackId {
    /// What tells it from others.
    pub(crate) fn number(self) -> u32 {
        self.0
    }
}

struct Stack {
    /// Innermost first.
    addresses: Box<[u64]>,
    users: u32,
}

/// All stacks that are named by a witness.
#[derive(Default)]
pub(crate) struct Stacks {
    stacks: Slab<Stack>,
    index: Index,
}

impl Stacks {
    pub(crate) const EMPTY: StackId = StackId(u32::MAX);

    /// The stack of these addresses, counted once more.
    pub(crate) fn retain(&mut self, addresses: &[u64]) -> StackId {
        if addresses.is_empty() {
            return Stacks::EMPTY;
        }
        let hash = hash(addresses);
        let known = self.index.find(hash, |at| *self.stacks[at].addresses == *addresses);
        let at = known.unwrap_or_else(|| self.add(addresses, hash));
        self.stacks[at].users += 1;
        StackId(at)
    }

    /// One user less.
    pub(crate) fn release(&mut self, stack: StackId) {
        if stack == Stacks::EMPTY {
            return;
        }
        self.stacks[stack.0].users -= 1;
        if self.stacks[stack.0].users == 0 {
            let (hash, stacks) = (hash(&self.stacks[stack.0].addresses), &self.stacks);
            self.index.remove(stack.0, hash, hash_in(stacks));
            self.stacks.remove(stack.0);
        }
    }

    /// The addresses of a stack, innermost first.
    pub(crate) fn get(&self, stack: StackId) -> &[u64] {
        match stack {
            Stacks::EMPTY => &[],
            StackId(at) => &self.stacks[at].addresses,
        }
    }

    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        assert_eq!(self.stacks.len(), self.index.len());
        self.stacks.len()
    }

    fn add(&mut self, addresses: &[u64], hash: u64) -> u32 {
        let at = self.stacks.insert(Stack { addresses: addresses.into(), users: 0 });
        let stacks = &self.stacks;
        self.index.insert(at, hash, hash_in(stacks));
        at
    }
}

fn hash(addresses: &[u64]) -> u64 {
    index::hash(addresses.iter().copied())
}

fn hash_in(stacks: &Slab<Stack>) -> impl Fn(u32) -> u64 {
    |at| hash(&stacks[at].addresses)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stack_is_kept_once_and_goes_with_its_last_user() {
        let mut stacks = Stacks::default();
        let first = stacks.retain(&[1, 2, 3]);
        let other = stacks.retain(&[1, 2]);
        assert_eq!(stacks.retain(&[1, 2, 3]), first);
        assert_ne!(first, other);
        assert_eq!((stacks.get(first), stacks.get(other)), (&[1, 2, 3][..], &[1, 2][..]));
        stacks.release(first);
        assert_eq!(stacks.len(), 2, "it has a user left");
        stacks.release(first);
        assert_eq!(stacks.len(), 1);
        stacks.release(other);
        assert_eq!(stacks.len(), 0);
    }

    #[test]
    fn no_stack_costs_nothing() {
        let mut stacks = Stacks::default();
        let none = stacks.retain(&[]);
        assert_eq!((stacks.get(none), stacks.len()), (&[][..], 0));
        stacks.release(none);
    }
}
