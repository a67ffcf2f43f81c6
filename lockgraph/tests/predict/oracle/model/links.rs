//! What lies between the points of different threads: messages, forks and joins, sections that
//! exclude each other.

use lockgraph::event::{Event, Op};

use super::super::{Rule, keeps_out};
use super::build::{Building, Channel};
use super::{Clash, Done, NEVER};

impl Building {
    /// Messages are sent in order, received in order and after they were sent, and sent only when
    /// there is room.
    pub(super) fn link_channels(&mut self) {
        for channel in std::mem::take(&mut self.channels).into_values() {
            let done = |(thread, at): (usize, u8)| (thread, at + 1);
            for (number, (thread, at)) in channel.sends.iter().enumerate() {
                let before = number.checked_sub(1).filter(|_| self.rules.has(Rule::SentInOrder));
                let before = before.map(|before| done(channel.sends[before]));
                let freed = match channel.room {
                    None | Some(0) => None,
                    Some(room) => number.checked_sub(room as usize),
                };
                let freed = freed.filter(|_| self.rules.has(Rule::RoomIsBounded));
                let freed = freed.map(|freed| match channel.receives.get(freed) {
                    Some(receive) => done(*receive),
                    None => (*thread, NEVER),
                });
                let point = &mut self.model.threads[*thread][usize::from(*at)];
                point.needs.extend(before.into_iter().chain(freed));
            }
            for (number, (thread, at)) in channel.receives.iter().enumerate() {
                let before =
                    number.checked_sub(1).filter(|_| self.rules.has(Rule::ReceivedInOrder));
                let before = before.map(|before| done(channel.receives[before]));
                let sent = channel.sends.get(number).map_or((*thread, NEVER), |send| done(*send));
                let point = &mut self.model.threads[*thread][usize::from(*at)];
                let sent = Some(sent).filter(|_| self.rules.has(Rule::SentBeforeReceived));
                point.needs.extend(before.into_iter().chain(sent));
            }
            if channel.room == Some(0) && self.rules.has(Rule::HandToHand) {
                self.link_hands(&channel);
            }
        }
    }

    /// Who sends hand to hand goes on only when the receiver is there.
    fn link_hands(&mut self, channel: &Channel) {
        for (number, (thread, at)) in channel.sends.iter().enumerate() {
            let there = match channel.receives.get(number) {
                Some((receiver, before)) => self.at_point(*receiver, *before),
                None => vec![(*thread, NEVER)],
            };
            match self.model.threads[*thread].get_mut(usize::from(*at) + 1) {
                Some(next) => next.arrives.extend(there),
                None => self.endings.entry(*thread).or_default().extend(there),
            }
        }
    }

    /// What must be done for a thread to have done so many steps, and to have begun.
    fn at_point(&self, thread: usize, steps: u8) -> Vec<Done> {
        self.forks.get(&thread).copied().into_iter().chain([(thread, steps)]).collect()
    }

    /// A thread begins after its fork, and a join comes after all of the thread.
    pub(super) fn link_forks_and_joins(&mut self, events: &[Event]) {
        for (child, fork) in &self.forks {
            if let Some(first) = self.model.threads[*child].first_mut()
                && self.rules.has(Rule::ForksComeFirst)
            {
                first.arrives.push(*fork);
            }
        }
        for joiner in 0..self.model.threads.len() {
            for at in 0..self.model.threads[joiner].len() {
                let event = events[self.model.threads[joiner][at].event];
                if let Op::Join(joined) = event.op
                    && self.rules.has(Rule::JoinsComeLast)
                {
                    let joined = self.thread(joined.0).expect("other joins are no points");
                    let all = self.model.threads[joined].len() as u8;
                    let ending = self.endings.get(&joined).into_iter().flatten().copied();
                    let over: Vec<Done> =
                        self.at_point(joined, all).into_iter().chain(ending).collect();
                    self.model.threads[joiner][at].needs.extend(over);
                }
            }
        }
    }

    /// Sections that exclude each other come one after the other, in the order of the trace.
    pub(super) fn link_sections(&mut self) {
        for own in &self.model.sections {
            for other in &self.model.sections {
                let excludes =
                    own.lock == other.lock && keeps_out(self.rules, other.mode, own.mode);
                if own.thread == other.thread || !excludes {
                    continue;
                }
                // One that comes later in the trace must not have begun.
                let is_earlier = other.event < own.event;
                let in_any_order = !self.rules.has(Rule::SectionsKeepTheirOrder);
                let ends = if is_earlier || in_any_order { other.ends } else { NEVER };
                if is_earlier && !self.rules.has(Rule::SectionsEnd) {
                    continue;
                }
                let clash = Clash { thread: other.thread, begins: other.begins, ends };
                let point = &mut self.model.threads[own.thread][usize::from(own.begins)];
                point.clashes.push(clash);
            }
        }
    }
}
