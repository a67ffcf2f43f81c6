//! The neighbours of a node, one way: the other ends of its edges, oldest first.
//!
//! A list is four bytes: many locks have one neighbour, and it is that. A longer one is an array
//! beside, because whoever looks for a cycle walks whole lists.

use crate::slab::Slab;

/// Some nodes: [`NONE`], the only one, or the number of an array with [`LONG`] set.
#[derive(PartialEq, Eq, Debug)]
pub(super) struct Ends(u32);

const NONE: u32 = u32::MAX;
const LONG: u32 = 1 << 31;

/// How many nodes an array begins with room for.
const FEWEST: usize = 4;

/// The arrays.
#[derive(Default)]
pub(super) struct Table {
    long: Slab<Vec<u32>>,
}

impl Table {
    /// The nodes on a list, oldest first.
    #[inline]
    pub(super) fn of<'a>(&'a self, list: &'a Ends) -> &'a [u32] {
        match list.0 {
            NONE => &[],
            node if node & LONG == 0 => std::slice::from_ref(&list.0),
            long => &self.long[long & !LONG],
        }
    }

    /// Adds a node.
    pub(super) fn push(&mut self, list: &mut Ends, node: u32) {
        if list.0 == NONE {
            list.0 = node;
            return;
        }
        if list.0 & LONG == 0 {
            let mut array = Vec::with_capacity(FEWEST);
            array.push(list.0);
            list.0 = self.long.insert(array) | LONG;
        }
        let array = &mut self.long[list.0 & !LONG];
        if array.len() == array.capacity() {
            // Less than twice as much, because there are many arrays, and what they do not use
            // is on the same page with what they do.
            array.reserve_exact(array.len() / 2);
        }
        array.push(node);
    }

    /// Takes nodes off a list, and puts them on another.
    pub(super) fn take_if(
        &mut self,
        list: &mut Ends,
        is_it: impl Fn(u32) -> bool,
        taken: &mut Vec<u32>,
    ) {
        let before = self.of(list).len();
        let left: Vec<u32> = self.of(list).iter().copied().filter(|node| !is_it(*node)).collect();
        if left.len() == before {
            return;
        }
        taken.extend(self.of(list).iter().copied().filter(|node| is_it(*node)));
        self.remove(&std::mem::take(list));
        match left[..] {
            [] => {}
            [node] => list.0 = node,
            _ => list.0 = self.long.insert(left) | LONG,
        }
    }

    /// Forgets a list.
    pub(super) fn remove(&mut self, list: &Ends) {
        if list.0 != NONE && list.0 & LONG != 0 {
            self.long.remove(list.0 & !LONG);
        }
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.long.len()
    }
}

impl Default for Ends {
    fn default() -> Ends {
        Ends(NONE)
    }
}
