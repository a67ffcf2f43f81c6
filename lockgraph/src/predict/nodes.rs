//! Abstract attempts: a thread, what it takes or waits for, and what it holds. Each once.

use super::Claim;
use super::sets::{SetId, Sets};
use crate::index::{self, Index};

/// What somebody is about to do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Aim {
    /// Takes the lock, however long that takes.
    Take(Claim),
    /// Takes the lock if it can be had, at once or in time.
    Try(Claim),
    /// Waits for the end of this thread.
    Join(u32),
}

/// An abstract attempt.
#[derive(Clone, Copy, Debug)]
pub(super) struct Node {
    aim: u64,
    pub(super) thread: u32,
    /// What is held meanwhile.
    pub(super) set: SetId,
    /// What is held afterwards; [`UNASKED`] before somebody asks, which is rare for the innermost.
    after: SetId,
    /// It was made, and not only asked for.
    pub(super) is_made: bool,
}

const UNASKED: SetId = SetId(u32::MAX);

const _: () = assert!(size_of::<Node>() == 24);

/// All of them.
#[derive(Default)]
pub(super) struct Nodes {
    all: Vec<Node>,
    index: Index,
}

impl Node {
    /// What it is about.
    pub(super) fn aim(&self) -> Aim {
        let what = self.aim >> 2;
        match self.aim & 3 {
            0 => Aim::Take(Claim(what)),
            1 => Aim::Try(Claim(what)),
            _ => Aim::Join(what as u32),
        }
    }

    fn hash(&self) -> u64 {
        index::hash([self.aim, u64::from(self.thread) << 32 | u64::from(self.set.0)])
    }
}

impl Nodes {
    pub(super) fn all(&self) -> &[Node] {
        &self.all
    }

    /// The claim of a section's node.
    pub(super) fn claim(&self, node: u32) -> Claim {
        Claim(self.all[node as usize].aim >> 2)
    }

    /// What is held after this node.
    pub(super) fn after(&mut self, node: u32, sets: &mut Sets) -> SetId {
        let node = &mut self.all[node as usize];
        if node.after == UNASKED {
            node.after = sets.with(node.set, Claim(node.aim >> 2));
        }
        node.after
    }

    #[inline]
    pub(super) fn waits(&mut self, thread: u32, claim: Claim, set: SetId) -> u32 {
        let node = self.asks(thread, claim, set);
        self.all[node as usize].is_made = true;
        node
    }

    /// As [`waits`](Nodes::waits), before it is known how long.
    #[inline]
    pub(super) fn asks(&mut self, thread: u32, claim: Claim, set: SetId) -> u32 {
        self.find_or_add(thread, claim.0 << 2, set)
    }

    #[inline]
    pub(super) fn tries(&mut self, thread: u32, claim: Claim, set: SetId) -> u32 {
        self.find_or_add(thread, claim.0 << 2 | 1, set)
    }

    pub(super) fn joins(&mut self, thread: u32, child: u32, set: SetId) -> u32 {
        self.find_or_add(thread, u64::from(child) << 2 | 2, set)
    }

    #[inline]
    fn find_or_add(&mut self, thread: u32, aim: u64, set: SetId) -> u32 {
        let Nodes { all, index } = self;
        let node = Node { aim, thread, set, after: UNASKED, is_made: false };
        let hash = node.hash();
        let is_it = |number: u32| {
            let other = &all[number as usize];
            other.aim == aim && other.thread == thread && other.set == set
        };
        if let Some(number) = index.find(hash, is_it) {
            return number;
        }
        let number = all.len() as u32;
        all.push(node);
        index.insert(number, hash, |number| all[number as usize].hash());
        number
    }
}
