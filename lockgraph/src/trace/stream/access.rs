//! Reads and writes in a stream of events.
//!
//! Two sorts. What a lock guards is read and written inside the critical section, so such an access
//! is ordered by the lock's turn: it names the lock, which mostly lies on top of the ring, and
//! nothing else. An atomic variable has turns of its own, and its accesses use the rows of
//! acquisitions: the place, the variable, the turn. A read and a write at once are one entry in
//! the bytes and two for the reader, who finds the last byte of the first one again.

use super::super::encode::{step, tag};
use super::super::wire::{Decoder, Encoder, Malformed};
use super::{AGAIN, ANOTHER, Entry, Memory, RING, ROWS, Row, WINDOW, fold, what};
use crate::event::Op;
use crate::id::SiteId;

/// What is done to a variable.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Access {
    /// It is read.
    Read = 1,
    /// It is written.
    Write = 2,
    /// It is read, then written.
    Both = 3,
}

/// The first of the bytes for what a lock on the ring guards: three kinds of access for each depth.
const TOP: u8 = 0x72;
const KINDS: u8 = 3;
/// So many locks from the top can be named.
const DEPTHS: u8 = 4;
pub(super) const TOP_END: u8 = TOP + KINDS * DEPTHS;

/// The bit of a row's way that says that it is none of an acquisition.
const WAY: u8 = 1 << 6;

impl Access {
    pub(super) fn way(self) -> u8 {
        WAY | self as u8
    }

    /// How many turns it takes, in the numbers that turns have: what is read and written at once has
    /// one for each.
    pub(crate) fn turns(self) -> u64 {
        if self == Access::Both { 4 } else { 2 }
    }

    /// The access with this way; `None` if an acquisition has it.
    pub(super) fn of_way(way: u8) -> Option<Access> {
        [Access::Read, Access::Write, Access::Both].into_iter().find(|kind| kind.way() == way)
    }
}

impl Memory {
    /// Writes an access to what `lock` guards, by its holder; returns its length.
    #[inline]
    pub(in super::super) fn access(
        &self,
        out: &mut [u8; WINDOW],
        lock: u64,
        kind: Access,
    ) -> Option<usize> {
        for depth in 0..DEPTHS {
            if self.ring[self.top.wrapping_sub(depth.into()) % RING] == lock {
                out[0] = TOP + depth * KINDS + kind as u8 - 1;
                return Some(1);
            }
        }
        None
    }

    /// Writes an access to a variable that has turns; returns its length.
    pub(in super::super) fn touch(
        &mut self,
        out: &mut [u8; WINDOW],
        variable: u64,
        kind: Access,
        site: SiteId,
        turn: u64,
    ) -> usize {
        let what = u64::from(site.0) << 8 | u64::from(kind.way());
        let at = site.0 as usize % ROWS;
        let before = std::mem::replace(&mut self.rows[at], Row { what, lock: variable, turn });
        let mut to = Encoder::new(out);
        if before.what != what {
            to.byte(tag::EVENT + step::ACCESS);
            to.number(site.0.into());
            to.number(variable);
            to.byte(kind.way());
            to.number(turn);
        } else if before.lock == variable && before.turn.wrapping_add(kind.turns()) == turn {
            to.byte(AGAIN | at as u8);
        } else {
            let base = if before.lock == variable { before.turn } else { 0 };
            to.byte(ANOTHER | at as u8);
            to.number(fold(variable.wrapping_sub(before.lock)));
            to.number(fold(turn.wrapping_sub(base)));
        }
        to.len()
    }

    /// What `first`, one of the bytes from [`TOP`] on, says.
    pub(super) fn read_top(&mut self, first: u8) -> Result<Entry, Malformed> {
        let (depth, kind) = ((first - TOP) / KINDS, (first - TOP) % KINDS);
        match self.ring[self.top.wrapping_sub(depth.into()) % RING] {
            super::NO_LOCK => Err(Malformed("what a lock guards is used, and the lock not taken")),
            lock => {
                let kind = [Access::Read, Access::Write, Access::Both][usize::from(kind)];
                Ok(self.accessed(lock, kind, SiteId::UNKNOWN, 0))
            }
        }
    }

    /// An access that comes with everything that is to be known of it, but for the place.
    pub(super) fn read_access(
        &mut self,
        site: SiteId,
        from: &mut Decoder<'_>,
    ) -> Result<Entry, Malformed> {
        let variable = from.number()?;
        let kind = Access::of_way(from.byte()?).ok_or(Malformed("no access is of this kind"))?;
        let turn = from.number()?;
        let row = Row { what: what(site, super::Way(kind.way())), lock: variable, turn };
        self.rows[site.0 as usize % ROWS] = row;
        Ok(self.accessed(variable, kind, site, turn))
    }

    /// The entry of an access, or the first of two.
    pub(super) fn accessed(
        &mut self,
        variable: u64,
        kind: Access,
        site: SiteId,
        turn: u64,
    ) -> Entry {
        let step = |op| Entry::Step { op, site, turn };
        let next = if turn == 0 { 0 } else { turn.wrapping_add(2) };
        match kind {
            Access::Read => step(Op::Read(variable)),
            Access::Write => step(Op::Write(variable)),
            Access::Both => {
                self.second = Some(Entry::Step { op: Op::Write(variable), site, turn: next });
                step(Op::Read(variable))
            }
        }
    }
}
