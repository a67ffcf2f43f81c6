//! The steps of a thread that wait for what others do, and those that others wait for.

use std::ops::ControlFlow;
use std::sync::Arc;

use lockgraph::sync::Permit;

use super::{Actor, lock};
use crate::program::Signal;

impl Actor {
    pub(super) fn signal(&mut self, signal: &Signal) -> ControlFlow<()> {
        match signal {
            Signal::Wait { condvar, mutex } => self.wait(condvar, mutex, false),
            Signal::WaitTimed { condvar, mutex } => self.wait(condvar, mutex, true),
            Signal::WaitUntil { condvar, mutex, flag } => {
                while !lock(&self.world.flags).contains(flag) {
                    self.wait(condvar, mutex, false);
                }
            }
            Signal::Notify { condvar, all: true } => self.world.condvars[condvar].notify_all(),
            Signal::Notify { condvar, all: false } => self.world.condvars[condvar].notify_one(),
            Signal::Park | Signal::Unpark(_) => self.token(signal),
            Signal::Submit { .. } | Signal::Get { .. } => self.job(signal),
            Signal::Close(channel) => self.world.channels.close(channel),
            Signal::Acquire(name, count) => self.acquire(name, *count),
            Signal::TryAcquire(name, count) => {
                let permit = self.world.semaphores[name].try_acquire_many(*count);
                self.permits.push((name.clone(), permit));
            }
            Signal::Release(name, count) => self.release(name, *count),
            Signal::Raise(name) => self.world.events[name].set(),
            Signal::Lower(name) => self.world.events[name].clear(),
            _ => self.at_object(signal),
        }
        ControlFlow::Continue(())
    }

    /// What may block, or ends a wait, and changes nothing of this thread.
    fn at_object(&self, signal: &Signal) {
        let world = &*self.world;
        world.stage.at_signal(self.me, || match signal {
            Signal::Select { arms, otherwise } => world.channels.select(arms, *otherwise),
            Signal::RecvTimed(channel) => world.channels.receive_timed(channel),
            Signal::Add(name, count) => world.groups[name].add(*count),
            Signal::Done(name) => world.groups[name].take(1),
            Signal::Await(name) => world.groups[name].wait_for_none(),
            Signal::Meet(name) => drop(world.barriers[name].wait()),
            Signal::AwaitEvent(name) => world.events[name].wait(),
            _ => panic!("{signal:?} is done elsewhere"),
        });
    }

    fn wait(&mut self, condvar: &str, mutex: &str, timed: bool) {
        let world = Arc::clone(&self.world);
        let condvar = &world.condvars[condvar];
        let hold = self.remove(mutex).unwrap_or_else(|| panic!("{mutex} is not held"));
        let again = world.stage.at_signal(self.me, || hold.wait(condvar, timed));
        self.holds.push((mutex.to_string(), Some(again)));
    }

    fn acquire(&mut self, name: &str, count: usize) {
        let semaphore = self.world.semaphores[name];
        let permit = self.world.stage.at_signal(self.me, || semaphore.acquire_many(count));
        self.permits.push((name.to_string(), Some(permit)));
    }

    /// Gives back the latest permit, if it is one for as many; else gives what nobody took.
    fn release(&mut self, name: &str, count: usize) {
        let is_it = |(taken, permit): &(String, Option<Permit<'static>>)| {
            taken == name && permit.as_ref().is_none_or(|permit| permit.permits() == count)
        };
        match self.permits.iter().rposition(is_it) {
            Some(at) => drop(self.permits.remove(at)),
            None => self.world.semaphores[name].release(count),
        }
    }

    /// A semaphore is no lock: what a thread does not give back stays taken.
    pub(super) fn keep_permits(&mut self) {
        for permit in self.permits.drain(..).filter_map(|(_, permit)| permit) {
            permit.forget();
        }
    }

    fn token(&self, signal: &Signal) {
        let Signal::Unpark(whom) = signal else {
            return self.world.stage.at_signal(self.me, lockgraph::thread::park);
        };
        let whom = self.number(whom);
        let known = || lock(&self.world.tokens).get(&whom).cloned();
        self.world.stage.wait_until(self.me, || known().is_some());
        known().expect("it was there already").unpark();
    }

    fn job(&mut self, signal: &Signal) {
        match signal {
            Signal::Submit { pool, job } => self.world.pools[pool].submit(self.number(job)),
            Signal::Get { job, steal } => {
                for stolen in steal {
                    self.steal(self.number(stolen));
                }
                let ended = &self.world.ended[&self.number(job)];
                self.world.stage.at_signal(self.me, || ended.wait_for_none());
            }
            _ => {}
        }
    }

    /// Runs a job inside of this one, as a worker of a pool does while it waits for another.
    fn steal(&self, job: usize) {
        self.world.stage.step_aside(self.me);
        super::work(&self.world, job);
        self.world.stage.step_back(self.me);
    }
}
