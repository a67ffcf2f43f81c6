//! What threads wait at that is no lock: declared with a number, or known from its use.

use std::collections::{BTreeMap, BTreeSet};

use super::op::{Op, Signal, visit};
use super::{Thread, Unknown};

/// By name.
#[derive(Clone, Debug, Default)]
pub(crate) struct Objects {
    /// How many messages have room; without a number, any number has.
    pub(crate) channels: BTreeMap<String, Option<usize>>,
    /// How many permits there are at first.
    pub(crate) semaphores: BTreeMap<String, usize>,
    /// How many are waited for at first.
    pub(crate) groups: BTreeMap<String, usize>,
    /// How many threads meet.
    pub(crate) barriers: BTreeMap<String, usize>,
    /// How many workers there are.
    pub(crate) pools: BTreeMap<String, usize>,
    /// Jobs that are queued before anything begins, and on which pool.
    pub(crate) queued: Vec<(String, String)>,
    pub(crate) condvars: BTreeSet<String>,
    pub(crate) events: BTreeSet<String>,
    /// Channels that several threads receive from, or that a choice is made between.
    pub(crate) shared: BTreeSet<String>,
}

impl Objects {
    /// Adds `name`, described as in `chan(2)`.
    pub(super) fn declare(&mut self, name: &str, what: &str) -> Result<(), Unknown> {
        let unknown = || Unknown(format!("{name}:{what}"));
        let (kind, argument) = what.split_once('(').ok_or_else(unknown)?;
        let argument = argument.trim_end_matches(')');
        let number = argument.parse().ok();
        let name = name.to_string();
        if kind == "chan" && argument == "inf" {
            self.channels.insert(name, None);
            return Ok(());
        }
        let number: usize = number.ok_or_else(unknown)?;
        match kind {
            "chan" => drop(self.channels.insert(name, Some(number))),
            "sem" => drop(self.semaphores.insert(name, number)),
            "wg" => drop(self.groups.insert(name, number)),
            "barrier" => drop(self.barriers.insert(name, number)),
            "pool" => drop(self.pools.insert(name, number)),
            _ => return Err(unknown()),
        }
        Ok(())
    }

    /// Finds what is known from its use, and what is used without being known.
    pub(super) fn infer(&mut self, threads: &[Thread]) -> Result<(), Unknown> {
        let mut receivers = BTreeMap::new();
        let mut missing = None;
        for (number, thread) in threads.iter().enumerate() {
            visit(&thread.ops, &mut |op| {
                let Op::Signal(signal) = op else { return };
                self.meet(signal, number, &mut receivers);
                if !self.knows(signal) {
                    missing.get_or_insert(format!("{signal:?}"));
                }
            });
        }
        missing.map_or(Ok(()), |signal| Err(Unknown(signal)))
    }

    fn meet(&mut self, signal: &Signal, by: usize, receivers: &mut BTreeMap<String, usize>) {
        match signal {
            Signal::Wait { condvar, .. }
            | Signal::WaitUntil { condvar, .. }
            | Signal::WaitTimed { condvar, .. }
            | Signal::Notify { condvar, .. } => drop(self.condvars.insert(condvar.clone())),
            Signal::Raise(event) | Signal::Lower(event) | Signal::AwaitEvent(event) => {
                self.events.insert(event.clone());
            }
            Signal::Select { arms, .. } if arms.len() > 1 => {
                self.shared.extend(arms.iter().map(|arm| arm.channel.clone()));
            }
            Signal::Select { arms, .. } if !arms[0].sends => {
                self.received(&arms[0].channel, by, receivers);
            }
            Signal::RecvTimed(channel) => self.received(channel, by, receivers),
            _ => {}
        }
    }

    fn received(&mut self, channel: &str, by: usize, receivers: &mut BTreeMap<String, usize>) {
        if *receivers.entry(channel.to_string()).or_insert(by) != by {
            self.shared.insert(channel.to_string());
        }
    }

    fn knows(&self, signal: &Signal) -> bool {
        match signal {
            Signal::Select { arms, .. } => {
                arms.iter().all(|arm| self.channels.contains_key(&arm.channel))
            }
            Signal::RecvTimed(channel) | Signal::Close(channel) => {
                self.channels.contains_key(channel)
            }
            Signal::Acquire(name, _) | Signal::TryAcquire(name, _) | Signal::Release(name, _) => {
                self.semaphores.contains_key(name)
            }
            Signal::Add(name, _) | Signal::Done(name) | Signal::Await(name) => {
                self.groups.contains_key(name)
            }
            Signal::Meet(name) => self.barriers.contains_key(name),
            Signal::Submit { pool, .. } => self.pools.contains_key(pool),
            _ => true,
        }
    }
}
