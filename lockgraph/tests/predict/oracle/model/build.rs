//! Makes the model of a trace: once over the events, and a look back for each rule.

use std::collections::{HashMap, HashSet};

use lockgraph::event::{Event, Op};
use lockgraph::id::{Mode, ThreadId};

use super::super::{Rule, Rules, Want};
use super::{Done, Model, NEVER, Point, THREADS, Touch, VARIABLES};

/// What was seen of a channel.
#[derive(Default)]
pub(super) struct Channel {
    /// `None` is room for all.
    pub(super) room: Option<u32>,
    pub(super) sends: Vec<(usize, u8)>,
    pub(super) receives: Vec<(usize, u8)>,
}

#[derive(Default)]
pub(super) struct Building {
    pub(super) model: Model,
    /// What each thread holds: lock, mode, number of the section.
    pub(super) holds: Vec<Vec<(u64, Mode, Option<usize>)>>,
    pub(super) channels: HashMap<u64, Channel>,
    /// Forks of threads, as what must be done.
    pub(super) forks: HashMap<usize, Done>,
    /// Who told what, notified, arrived; and waits of threads by position in the trace.
    tells: Vec<(Op, Done, usize)>,
    waits: HashMap<(usize, u64), usize>,
    variables: HashMap<u64, (usize, u8, u8)>,
    pub(super) rules: Rules,
    shared: HashSet<u64>,
    /// What threads have asked for, and not got yet.
    pub(super) asked: HashMap<usize, (u64, Mode)>,
    /// What must be done before a thread has ended, beside all of its points.
    pub(super) endings: HashMap<usize, Vec<Done>>,
}

impl Model {
    /// The model of `events`.
    pub(crate) fn new(events: &[Event]) -> Model {
        Model::by(Rules::default(), events)
    }

    /// The same by these rules.
    pub(crate) fn by(rules: Rules, events: &[Event]) -> Model {
        let mut building = Building { shared: shared(events), rules, ..Building::default() };
        building.model.rules = rules;
        for event in events {
            building.name(event.thread.0);
            if let Op::Fork(other) = event.op {
                building.name(other.0);
            }
        }
        for (number, event) in events.iter().enumerate() {
            let is_last = || {
                let later = events[number + 1..].iter().filter(|one| one.thread == event.thread);
                later.into_iter().all(|one| is_mark(one.op))
            };
            building.event(number, event, is_last);
        }
        building.link_channels();
        building.link_forks_and_joins(events);
        building.link_sections();
        building.place();
        building.model
    }
}

/// The variables that somebody reads and another one writes: other reads see what they saw in any
/// order.
pub(crate) fn shared(events: &[Event]) -> HashSet<u64> {
    let mut reads: HashMap<u64, HashSet<ThreadId>> = HashMap::new();
    for event in events {
        if let Op::Read(variable) = event.op {
            reads.entry(variable).or_default().insert(event.thread);
        }
    }
    let is_other = |event: &Event| match event.op {
        Op::Write(variable) => {
            let readers = reads.get(&variable)?;
            readers.iter().any(|reader| *reader != event.thread).then_some(variable)
        }
        _ => None,
    };
    events.iter().filter_map(is_other).collect()
}

fn is_mark(op: Op) -> bool {
    matches!(op, Op::Begin | Op::End | Op::Branch)
}

impl Building {
    fn name(&mut self, thread: u32) {
        if !self.model.names.contains(&thread) {
            self.model.names.push(thread);
            self.model.threads.push(Vec::new());
            self.holds.push(Vec::new());
            assert!(self.model.names.len() <= THREADS, "too many threads to try everything");
        }
    }

    pub(super) fn thread(&self, name: u32) -> Option<usize> {
        self.model.names.iter().position(|known| *known == name)
    }

    fn event(&mut self, number: usize, event: &Event, is_last: impl Fn() -> bool) {
        let thread = self.thread(event.thread.0).expect("it was named");
        let at = self.model.threads[thread].len() as u8;
        let mut point = Point { event: number, ..Point::default() };
        match event.op {
            Op::Request(lock, mode) if is_last() => {
                self.stuck(&mut point, thread, Want::Lock(lock.0, mode));
            }
            Op::Joining(other) if is_last() && self.is_other(event, other) => {
                self.stuck(&mut point, thread, Want::End(other.0));
            }
            Op::Request(lock, mode) => {
                self.asked.insert(thread, (lock.0, mode));
                return;
            }
            Op::Acquire(lock, mode, how) => {
                self.acquire(&mut point, thread, (lock.0, mode, how), at);
            }
            Op::Release(lock) => self.release(number, thread, lock.0, at),
            Op::Join(other) if self.is_other(event, other) => {
                if self.rules.has(Rule::JoinsBlock) {
                    point.attempt = self.attempt(thread, Want::End(other.0));
                }
            }
            Op::Fork(child) => {
                let child = self.thread(child.0).expect("it was named");
                self.forks.entry(child).or_insert((thread, at + 1));
            }
            Op::Read(variable) | Op::Write(variable) if !self.shared.contains(&variable) => return,
            Op::Read(variable) => point.touch = self.read(variable),
            Op::Write(variable) => point.touch = self.write(variable),
            Op::Channel(channel, room) => self.channel(channel).room = Some(room),
            Op::Send(channel) => self.channel(channel).sends.push((thread, at)),
            Op::Receive(channel) => self.channel(channel).receives.push((thread, at)),
            Op::Wait(condvar) | Op::TimedWait(condvar) => {
                self.waits.insert((thread, condvar), number);
            }
            Op::Tell(_) | Op::Notify(_) | Op::Arrive(_) => {
                self.tells.push((event.op, (thread, at + 1), number));
            }
            Op::Hear(object) => point.needs = self.told(Op::Tell(object), 0),
            Op::Leave(barrier) => point.needs = self.told(Op::Arrive(barrier), 0),
            Op::Woken(condvar) => {
                let since = self.waits.get(&(thread, condvar)).copied().unwrap_or(number);
                point.needs = self.told(Op::Notify(condvar), since);
            }
            // A join of nobody, and what changes nothing.
            Op::Refused(lock, mode, _) if self.rules.has(Rule::RefusedWhileHeld) => {
                point.refusers = self.refusers(thread, lock.0, mode);
            }
            Op::Join(_)
            | Op::Joining(_)
            | Op::Refused(..)
            | Op::Destroy(_)
            | Op::Begin
            | Op::End
            | Op::Branch => {
                return;
            }
        }
        self.model.threads[thread].push(point);
        assert!(at + 1 < NEVER, "too many steps to try everything");
    }

    fn stuck(&mut self, point: &mut Point, thread: usize, want: Want) {
        point.is_stuck = true;
        if self.rules.has(Rule::RequestsBlock) {
            point.attempt = self.attempt(thread, want);
        }
    }

    fn is_other(&self, event: &Event, other: ThreadId) -> bool {
        self.thread(other.0).is_some() && other != event.thread
    }

    /// How many numbers each part of a state can be.
    fn place(&mut self) {
        self.model.places = [1; THREADS + VARIABLES];
        let (threads, variables) = self.model.places.split_at_mut(THREADS);
        for (place, points) in threads.iter_mut().zip(&self.model.threads) {
            *place = points.len() as u64 + 1;
        }
        for (index, writes, _) in self.variables.values() {
            variables[*index] = u64::from(*writes) + 1;
        }
    }

    fn channel(&mut self, channel: u64) -> &mut Channel {
        self.channels.entry(channel).or_default()
    }

    /// Its index, how many writes there were, and which was the last.
    fn variable(&mut self, variable: u64) -> (usize, u8, u8) {
        let next = self.variables.len();
        let known = *self.variables.entry(variable).or_insert((next, 0, 0));
        assert!(known.0 < VARIABLES && known.1 + 1 < NEVER, "too much data to try everything");
        known
    }

    fn read(&mut self, variable: u64) -> Touch {
        self.model.has_reads = true;
        let (index, _, last) = self.variable(variable);
        Touch::Reads(index, last)
    }

    fn write(&mut self, variable: u64) -> Touch {
        let (index, writes, _) = self.variable(variable);
        self.variables.insert(variable, (index, writes + 1, writes + 1));
        Touch::Writes(index, writes + 1)
    }

    /// What was told at this object after event `since`.
    fn told(&self, op: Op, since: usize) -> Vec<Done> {
        let rule = match op {
            Op::Tell(_) => Rule::ToldBeforeHeard,
            Op::Notify(_) => Rule::NotifiedBeforeWoken,
            _ => Rule::ArrivedBeforeLeft,
        };
        let is_it = |told: Op, at: usize| told == op && at >= since && self.rules.has(rule);
        let those = self.tells.iter().filter(|(told, _, at)| is_it(*told, *at));
        those.map(|(_, done, _)| *done).collect()
    }
}
