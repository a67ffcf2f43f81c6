//! Who holds what: attempts, and the sections in which locks are held.

use lockgraph::event::How;
use lockgraph::id::Mode;

use super::super::{Attempt, Rule, Want, keeps_out};
use super::build::Building;
use super::{NEVER, Point, Section};

impl Building {
    /// The number of an attempt, which is new if there is no such one. None if the thread has
    /// what it wants.
    pub(super) fn attempt(&mut self, thread: usize, want: Want) -> Option<usize> {
        let mut held: Vec<_> =
            self.holds[thread].iter().map(|(lock, mode, _)| (*lock, *mode)).collect();
        held.sort_unstable();
        held.dedup();
        let has_it = |(lock, how): &(u64, Mode)| {
            matches!(want, Want::Lock(wanted, _) if wanted == *lock) && *how == Mode::Exclusive
        };
        if held.iter().any(has_it) {
            return None;
        }
        let attempt = Attempt { thread: self.model.names[thread], want, held };
        let attempts = &mut self.model.attempts;
        let known = attempts.iter().position(|other| *other == attempt);
        known.or_else(|| {
            attempts.push(attempt);
            Some(attempts.len() - 1)
        })
    }

    pub(super) fn acquire(
        &mut self,
        point: &mut Point,
        thread: usize,
        what: (u64, Mode, How),
        at: u8,
    ) {
        let (lock, mode, how) = what;
        // An upgrade that had to wait has asked before.
        let has_asked = self.asked.remove(&thread) == Some((lock, mode));
        let is_change = |hold: &(u64, Mode, _)| hold.0 == lock && hold.1 != mode;
        if how == How::Try
            && self.rules.has(Rule::ChangesKeepOneHold)
            && let Some(changed) = self.holds[thread].iter().rposition(is_change)
        {
            // One hold changes its mode.
            if has_asked {
                point.attempt = self.attempt(thread, Want::Lock(lock, mode));
            }
            if let (_, _, Some(section)) = self.holds[thread].remove(changed) {
                let section = &mut self.model.sections[section];
                (section.ends, section.end) = (at, Some(point.event));
            }
            self.begin_section(point.event, thread, (lock, mode), at);
            return;
        }
        let is_own = |hold: &(u64, Mode, _)| hold.0 == lock && hold.1 == Mode::Exclusive;
        if self.holds[thread].iter().any(is_own) {
            // It has it already: neither waits nor begins anything.
            if self.rules.has(Rule::TakenAgainIsHeldLonger) {
                self.holds[thread].push((lock, mode, None));
            }
            return;
        }
        if how == How::Blocking || !self.rules.has(Rule::TriesGiveUp) {
            point.attempt = self.attempt(thread, Want::Lock(lock, mode));
        }
        self.begin_section(point.event, thread, (lock, mode), at);
    }

    fn begin_section(&mut self, event: usize, thread: usize, what: (u64, Mode), at: u8) {
        let (lock, mode) = what;
        self.holds[thread].push((lock, mode, Some(self.model.sections.len())));
        self.model.sections.push(Section {
            thread,
            lock,
            mode,
            begins: at,
            ends: NEVER,
            event,
            end: None,
        });
    }

    /// The open sections of other threads that keep out who wants a lock in this mode.
    pub(super) fn refusers(&self, thread: usize, lock: u64, mode: Mode) -> Vec<usize> {
        let is_in_the_way = |section: &Section| {
            let is_there =
                section.lock == lock && section.thread != thread && section.end.is_none();
            is_there && keeps_out(self.rules, section.mode, mode)
        };
        let sections = self.model.sections.iter().enumerate();
        sections.filter(|(_, section)| is_in_the_way(section)).map(|(number, _)| number).collect()
    }

    /// Ends the latest hold.
    pub(super) fn release(&mut self, event: usize, thread: usize, lock: u64, at: u8) {
        let holds = &mut self.holds[thread];
        if let Some(latest) = holds.iter().rposition(|(held, ..)| *held == lock)
            && let (_, _, Some(section)) = holds.remove(latest)
        {
            let section = &mut self.model.sections[section];
            (section.ends, section.end) = (at, Some(event));
        }
    }
}
