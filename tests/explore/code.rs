//! A program as lists of steps, its objects as numbers.

use std::collections::BTreeMap;

use crate::program::{Op, Program, Signal, Type, Unknown, Way};

/// More steps than this in one thread are not taken.
const LIMIT: usize = 60;

/// How a lock is taken, as far as others must know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Mode {
    Write,
    Read,
    /// Overtakes waiting writers.
    ReadRecursive,
}

/// What a thread does in one step.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Step {
    Take(usize, Mode),
    Try(usize, Mode),
    Give(usize),
    Leak(usize),
    /// Runs what follows, or goes on behind it if another thread did.
    OnceBegin(usize, usize),
    OnceEnd(usize),
    Spawn(usize),
    Join(usize),
    Wait {
        condvar: usize,
        mutex: usize,
        flag: Option<usize>,
        timed: bool,
    },
    Notify {
        condvar: usize,
        all: bool,
    },
    Set(usize, bool),
    EndIf(usize, bool),
    AwaitFlag(usize),
    Select {
        arms: Vec<(usize, bool)>,
        otherwise: bool,
    },
    RecvTimed(usize),
    Close(usize),
    Acquire(usize, usize),
    TryAcquire(usize, usize),
    Release(usize, usize),
    Add(usize, usize),
    Done(usize),
    Await(usize),
    Meet(usize),
    SetEvent(usize, bool),
    AwaitEvent(usize),
    Park,
    Unpark(usize),
    Submit(usize, usize),
    Get(usize),
    Jump(usize),
    End,
}

/// A program for the explorer.
#[derive(Clone, Debug, Default)]
pub(crate) struct Code {
    pub(super) threads: Vec<Vec<Step>>,
    pub(super) names: Vec<String>,
    /// Threads that begin by themselves.
    pub(super) first: Vec<usize>,
    /// Threads that loop for ever.
    pub(super) endless: Vec<bool>,
    /// Jobs that are queued at first, and where.
    pub(super) queued: Vec<(usize, usize)>,
    pub(super) flags: Vec<bool>,
    pub(super) rooms: Vec<Option<usize>>,
    pub(super) permits: Vec<usize>,
    pub(super) groups: Vec<usize>,
    pub(super) barriers: Vec<usize>,
    pub(super) workers: Vec<usize>,
    pub(super) locks: usize,
    pub(super) onces: usize,
    pub(super) events: usize,
}

/// Numbers for names.
#[derive(Default)]
struct Numbers(BTreeMap<String, usize>);

impl Numbers {
    fn of(&mut self, name: &str) -> usize {
        let next = self.0.len();
        *self.0.entry(name.to_string()).or_insert(next)
    }
}

#[derive(Default)]
struct Names {
    threads: Numbers,
    locks: Numbers,
    condvars: Numbers,
    flags: Numbers,
    channels: Numbers,
    semaphores: Numbers,
    groups: Numbers,
    barriers: Numbers,
    pools: Numbers,
    onces: Numbers,
    events: Numbers,
}

impl Code {
    /// The steps of `program`; fails on what the model does not know.
    pub(crate) fn of(program: &Program) -> Result<Code, Unknown> {
        let plain = |kind: &Type| matches!(kind, Type::Mutex | Type::RwLock | Type::Wide);
        if let Some((name, _)) = program.types.iter().find(|(_, kind)| !plain(kind)) {
            return Err(Unknown(format!("the lock {name}")));
        }
        let mut names = Names::default();
        for thread in &program.threads {
            names.threads.of(&thread.name);
        }
        let objects = &program.objects;
        let mut code = Code {
            rooms: objects.channels.values().copied().collect(),
            permits: objects.semaphores.values().copied().collect(),
            groups: objects.groups.values().copied().collect(),
            barriers: objects.barriers.values().copied().collect(),
            workers: objects.pools.values().copied().collect(),
            ..Code::default()
        };
        for name in objects.channels.keys() {
            names.channels.of(name);
        }
        for name in objects.semaphores.keys() {
            names.semaphores.of(name);
        }
        for name in objects.groups.keys() {
            names.groups.of(name);
        }
        for name in objects.barriers.keys() {
            names.barriers.of(name);
        }
        for name in objects.pools.keys() {
            names.pools.of(name);
        }
        for thread in &program.threads {
            let mut steps = Vec::new();
            names.steps(&thread.ops, &mut steps)?;
            steps.push(Step::End);
            if steps.len() > LIMIT {
                return Err(Unknown(format!("so many steps in {}", thread.name)));
            }
            code.threads.push(steps);
            code.names.push(thread.name.clone());
            code.endless.push(thread.is_endless());
        }
        let spawned = program.spawned();
        let is_first = |number: &usize| !spawned.contains(&program.threads[*number].name);
        code.first = (0..program.threads.len()).filter(is_first).collect();
        let place = |(job, pool): &(String, String)| (names.threads.of(job), names.pools.of(pool));
        code.queued = objects.queued.iter().map(place).collect();
        code.flags = vec![false; names.flags.0.len()];
        for (name, number) in &names.flags.0 {
            code.flags[*number] = program.flags.contains(name);
        }
        code.locks = names.locks.0.len();
        code.onces = names.onces.0.len();
        code.events = names.events.0.len();
        Ok(code)
    }
}

impl Names {
    fn steps(&mut self, ops: &[Op], steps: &mut Vec<Step>) -> Result<(), Unknown> {
        for op in ops {
            match op {
                Op::Phase(_) | Op::Settle(_) => {}
                Op::Once(name, body) => {
                    let once = self.onces.of(name);
                    let begin = steps.len();
                    steps.push(Step::End);
                    self.steps(body, steps)?;
                    steps.push(Step::OnceEnd(once));
                    steps[begin] = Step::OnceBegin(once, steps.len());
                }
                Op::Loop(Some(times), body) => {
                    for _ in 0..*times {
                        self.steps(body, steps)?;
                        if steps.len() > LIMIT {
                            break;
                        }
                    }
                }
                Op::Loop(None, body) => {
                    let begin = steps.len();
                    self.steps(body, steps)?;
                    steps.push(Step::Jump(begin));
                }
                Op::Signal(signal) => steps.push(self.signal(signal)?),
                _ => steps.push(self.step(op)?),
            }
        }
        Ok(())
    }

    fn step(&mut self, op: &Op) -> Result<Step, Unknown> {
        let mode = |way: &Way| match way {
            Way::Lock | Way::Write => Ok(Mode::Write),
            Way::Read => Ok(Mode::Read),
            Way::ReadRecursive => Ok(Mode::ReadRecursive),
            Way::Upgradable => Err(Unknown(format!("{op:?}"))),
        };
        Ok(match op {
            Op::Take(name, way) => Step::Take(self.locks.of(name), mode(way)?),
            Op::Try(name, way) => Step::Try(self.locks.of(name), mode(way)?),
            Op::Give(name) => Step::Give(self.locks.of(name)),
            Op::Forget(name) => Step::Leak(self.locks.of(name)),
            Op::Spawn(name) => Step::Spawn(self.threads.of(name)),
            Op::Join(name) => Step::Join(self.threads.of(name)),
            Op::Set(name) => Step::Set(self.flags.of(name), true),
            Op::Clear(name) => Step::Set(self.flags.of(name), false),
            Op::EndIf(name, state) => Step::EndIf(self.flags.of(name), *state),
            Op::WaitFlag(name) => Step::AwaitFlag(self.flags.of(name)),
            Op::Return => Step::Jump(usize::MAX),
            _ => return Err(Unknown(format!("{op:?}"))),
        })
    }

    fn signal(&mut self, signal: &Signal) -> Result<Step, Unknown> {
        let wait = |names: &mut Names, condvar: &str, mutex: &str, flag, timed| Step::Wait {
            condvar: names.condvars.of(condvar),
            mutex: names.locks.of(mutex),
            flag,
            timed,
        };
        Ok(match signal {
            Signal::Wait { condvar, mutex } => wait(self, condvar, mutex, None, false),
            Signal::WaitTimed { condvar, mutex } => wait(self, condvar, mutex, None, true),
            Signal::WaitUntil { condvar, mutex, flag } => {
                let flag = Some(self.flags.of(flag));
                wait(self, condvar, mutex, flag, false)
            }
            Signal::Notify { condvar, all } => {
                Step::Notify { condvar: self.condvars.of(condvar), all: *all }
            }
            Signal::Select { arms, otherwise } => {
                let arm = |arm: &crate::program::Arm| (self.channels.of(&arm.channel), arm.sends);
                Step::Select { arms: arms.iter().map(arm).collect(), otherwise: *otherwise }
            }
            Signal::RecvTimed(name) => Step::RecvTimed(self.channels.of(name)),
            Signal::Close(name) => Step::Close(self.channels.of(name)),
            Signal::Acquire(name, count) => Step::Acquire(self.semaphores.of(name), *count),
            Signal::TryAcquire(name, count) => Step::TryAcquire(self.semaphores.of(name), *count),
            Signal::Release(name, count) => Step::Release(self.semaphores.of(name), *count),
            Signal::Add(name, count) => Step::Add(self.groups.of(name), *count),
            Signal::Done(name) => Step::Done(self.groups.of(name)),
            Signal::Await(name) => Step::Await(self.groups.of(name)),
            Signal::Meet(name) => Step::Meet(self.barriers.of(name)),
            Signal::Raise(name) => Step::SetEvent(self.events.of(name), true),
            Signal::Lower(name) => Step::SetEvent(self.events.of(name), false),
            Signal::AwaitEvent(name) => Step::AwaitEvent(self.events.of(name)),
            Signal::Park => Step::Park,
            Signal::Unpark(name) => Step::Unpark(self.threads.of(name)),
            Signal::Submit { pool, job } => Step::Submit(self.pools.of(pool), self.threads.of(job)),
            Signal::Get { job, steal } if steal.is_empty() => Step::Get(self.threads.of(job)),
            Signal::Get { .. } => return Err(Unknown(format!("{signal:?}"))),
        })
    }
}
