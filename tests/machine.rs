//! Runs a test program on lockgraph's locks, in the process that it is called in.
//!
//! Who called waits for the threads in joins, which the detector sees: so the whole process is
//! known to be stuck when they are. Threads that loop for ever and workers of pools are waited for
//! by nobody.

mod channel;
mod count;
mod pool;
mod shared;
mod signal;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use lockgraph::{named, sync, thread};

use self::channel::Channels;
use self::count::Count;
use self::pool::Pool;
use crate::hold::{self, Hold, Lock};
use crate::program::{Op, Program, Type, Way};

use crate::stage::{Run, Stage};

pub(crate) use self::pool::worker;

/// What the threads share.
struct World {
    program: Program,
    stage: Stage,
    locks: RwLock<BTreeMap<String, Arc<Lock>>>,
    onces: BTreeMap<String, sync::Once>,
    flags: Mutex<BTreeSet<String>>,
    handles: Mutex<BTreeMap<usize, thread::JoinHandle<()>>>,
    /// Through which a thread is unparked.
    tokens: Mutex<BTreeMap<usize, thread::Thread>>,
    condvars: BTreeMap<String, sync::Condvar>,
    barriers: BTreeMap<String, sync::Barrier>,
    channels: Channels,
    semaphores: BTreeMap<String, &'static sync::Semaphore>,
    groups: BTreeMap<String, Count>,
    events: BTreeMap<String, sync::Event>,
    pools: BTreeMap<String, Arc<Pool>>,
    /// For each job: 0 when it has ended.
    ended: BTreeMap<usize, Count>,
    /// How many threads of [`Program::ring`] have not ended.
    ring: Count,
}

/// One running thread.
struct Actor {
    me: usize,
    world: Arc<World>,
    /// The holds in the order in which they were taken. Without a hold: a refused acquisition.
    holds: Vec<(String, Option<Hold>)>,
    /// The permits in the order in which they were taken. Without one: it was refused.
    permits: Vec<(String, Option<sync::Permit<'static>>)>,
}

/// Runs `program` to its end.
pub(crate) fn run(program: &Program, run: Run) {
    let world = world(program, run);
    begin_all(&world);
    world.stage.open();
    join_all(&world);
}

/// Runs `program`, each thread doing its next step when it is its turn.
pub(crate) fn drive(program: &Program, turns: Vec<usize>) {
    let world = world(program, Run::Driven);
    begin_all(&world);
    world.stage.open();
    for turn in turns {
        world.stage.let_go(turn);
    }
    world.stage.let_all_go();
    join_all(&world);
}

fn begin_all(world: &Arc<World>) {
    let program = &world.program;
    let spawned = program.spawned();
    for (name, pool) in &world.pools {
        let shared = Arc::clone(world);
        pool.begin(program.objects.pools[name], move |job| work(&shared, job));
    }
    for (job, pool) in &program.objects.queued {
        world.pools[pool].submit(world.number(job));
    }
    for (number, thread) in program.threads.iter().enumerate() {
        if !spawned.contains(&thread.name) {
            begin(world, number);
        }
    }
}

fn world(program: &Program, run: Run) -> Arc<World> {
    let objects = &program.objects;
    let counts = |numbers: &BTreeMap<String, usize>| {
        let count = |(name, number): (&String, &usize)| (name.clone(), Count::new(name, *number));
        numbers.iter().map(count).collect()
    };
    let barrier = |(name, size): (&String, &usize)| {
        (name.clone(), named::barrier(hold::eternal_name(name), *size))
    };
    let semaphore = |(name, permits): (&String, &usize)| {
        let semaphore = named::semaphore(hold::eternal_name(name), *permits);
        (name.clone(), &*Box::leak(Box::new(semaphore)))
    };
    let number = |name: &String| program.threads.iter().position(|thread| thread.name == *name);
    let jobs = program.jobs();
    Arc::new(World {
        stage: Stage::new(program, run),
        locks: RwLock::new(locks(program)),
        onces: onces(program),
        flags: Mutex::new(program.flags.clone()),
        handles: Mutex::new(BTreeMap::new()),
        tokens: Mutex::new(BTreeMap::new()),
        condvars: each(&objects.condvars, |name| named::condvar(hold::eternal_name(name))),
        barriers: objects.barriers.iter().map(barrier).collect(),
        channels: Channels::new(objects),
        semaphores: objects.semaphores.iter().map(semaphore).collect(),
        groups: counts(&objects.groups),
        events: each(&objects.events, |name| named::event(hold::eternal_name(name))),
        pools: each(objects.pools.keys(), Pool::new),
        ended: jobs.iter().filter_map(number).map(|job| (job, Count::new("end", 1))).collect(),
        ring: Count::new("ring", program.ring().len()),
        program: program.clone(),
    })
}

fn each<'a, T>(
    names: impl IntoIterator<Item = &'a String>,
    made: impl Fn(&str) -> T,
) -> BTreeMap<String, T> {
    names.into_iter().map(|name| (name.clone(), made(name))).collect()
}

/// Waits for all threads that end some day, and for all jobs that began.
fn join_all(world: &Arc<World>) {
    while let Some(handle) = next_to_join(world) {
        // A thread that panicked was reported already.
        let _ = handle.join();
    }
    for (job, ended) in &world.ended {
        let queued = &world.program.objects.queued;
        let name = &world.program.threads[*job].name;
        if world.stage.is_there(*job) || queued.iter().any(|(job, _)| job == name) {
            ended.wait_for_none();
        }
    }
    world.ring.wait_for_none();
}

/// A thread that no other thread is going to join. Where all have ended but those that should be
/// joined by a thread that never began, one of them.
fn next_to_join(world: &World) -> Option<thread::JoinHandle<()>> {
    let joiners = world.program.joiners();
    // The stage is not asked under the lock of the handles: it asks for them under its own.
    let begun: Vec<usize> = lock(&world.handles).keys().copied().collect();
    let joiner = |whom: &usize| joiners.get(&world.program.threads[*whom].name).copied();
    let ends = |whom: &&usize| !world.program.threads[**whom].is_endless();
    let unjoined = |whom: &&usize| joiner(whom).is_none_or(|by| world.stage.is_over(by));
    let orphan = |whom: &&usize| joiner(whom).is_some_and(|by| !world.stage.is_there(by));
    let next = begun.iter().filter(ends).find(unjoined);
    let next = next.or_else(|| begun.iter().filter(ends).find(orphan)).copied()?;
    let handle = lock(&world.handles).remove(&next);
    // Another thread may have taken it meanwhile.
    handle.or_else(|| next_to_join(world))
}

/// Does a job, if no other thread has begun it.
fn work(world: &Arc<World>, job: usize) {
    if world.stage.claim(job) {
        play(world, job);
    }
}

/// Does what the thread or job `number` does, on the calling thread.
fn play(world: &Arc<World>, number: usize) {
    let holds = Vec::new();
    let permits = Vec::new();
    let mut actor = Actor { me: number, world: Arc::clone(world), holds, permits };
    world.stage.enter(number);
    // The end of the operations and an early `return` are the same to the thread.
    let _ = actor.ops(&world.program.threads[number].ops);
    // The end is a step, too: it gives back what is held.
    world.stage.step(number);
}

fn locks(program: &Program) -> BTreeMap<String, Arc<Lock>> {
    let lock = |(name, lock_type): (&String, &Type)| (name.clone(), Lock::new(*lock_type, name));
    program.types.iter().map(lock).collect()
}

fn onces(program: &Program) -> BTreeMap<String, sync::Once> {
    let once = |name: String| {
        let once = named::once(hold::eternal_name(&name));
        (name, once)
    };
    program.onces().into_iter().map(once).collect()
}

fn begin(world: &Arc<World>, number: usize) {
    let name = world.program.threads[number].name.clone();
    world.stage.announce(number);
    let shared = Arc::clone(world);
    let body = move || play(&shared, number);
    let handle = thread::Builder::new().name(name).spawn(body).expect("a thread can be begun");
    lock(&world.tokens).insert(number, handle.thread().clone());
    lock(&world.handles).insert(number, handle);
    world.stage.tell();
}

impl Actor {
    fn ops(&mut self, ops: &[Op]) -> ControlFlow<()> {
        ops.iter().try_for_each(|op| self.op(op))
    }

    fn op(&mut self, op: &Op) -> ControlFlow<()> {
        if !matches!(op, Op::Loop(..) | Op::Phase(_) | Op::Settle(_) | Op::Return) {
            self.world.stage.step(self.me);
        }
        match op {
            Op::Take(name, way) => self.take(name, |lock| Some(hold::take(lock, *way))),
            Op::Try(name, way) => self.take(name, |lock| hold::try_take(lock, *way)),
            Op::Timed(name) => self.take(name, hold::take_timed),
            Op::Spin(name) => self.take(name, spin),
            Op::Give(name) => drop(self.remove(name)),
            Op::Upgrade(name) => self.upgrade(name),
            Op::Forget(name) => {
                if let Some(hold) = self.remove(name) {
                    hold.forget();
                }
            }
            Op::Once(name, body) => return self.once(name, body),
            Op::Spawn(name) => begin(&self.world, self.number(name)),
            Op::Join(name) => self.join(name),
            Op::Loop(times, body) => return self.repeat(*times, body),
            Op::Phase(number) => self.world.stage.meet(self.me, *number),
            Op::Settle(times) => self.world.stage.settle(self.me, *times),
            Op::Set(_) | Op::Clear(_) => self.write_flag(op),
            Op::EndIf(flag, state) => {
                if lock(&self.world.flags).contains(flag) == *state {
                    return ControlFlow::Break(());
                }
            }
            Op::WaitFlag(flag) => {
                let is_set = || lock(&self.world.flags).contains(flag);
                self.world.stage.wait_until(self.me, is_set);
            }
            Op::New(name) => self.replace(name),
            Op::Destroy(name) => drop(self.write_locks().remove(name)),
            Op::Return => return ControlFlow::Break(()),
            Op::Signal(signal) => return self.signal(signal),
        }
        ControlFlow::Continue(())
    }

    fn take(&mut self, name: &str, how: impl FnOnce(&Arc<Lock>) -> Option<Hold>) {
        let lock = self.named(name);
        let hold = self.world.stage.at_lock(self.me, || how(&lock));
        self.holds.push((name.to_string(), hold));
    }

    /// Takes the latest hold of the lock out of the list. `None` if it was refused.
    fn remove(&mut self, name: &str) -> Option<Hold> {
        let at = self.holds.iter().rposition(|(held, _)| held == name)?;
        self.holds.remove(at).1
    }

    fn upgrade(&mut self, name: &str) {
        let Some(hold) = self.remove(name) else { return };
        let hold = self.world.stage.at_lock(self.me, || hold.upgrade());
        self.holds.push((name.to_string(), Some(hold)));
    }

    fn once(&mut self, name: &str, body: &[Op]) -> ControlFlow<()> {
        let world = Arc::clone(&self.world);
        let mut flow = ControlFlow::Continue(());
        let me = self.me;
        world.stage.at_lock(me, || {
            world.onces[name].call_once(|| {
                flow = world.stage.inside(me, || {
                    let flow = self.ops(body);
                    world.stage.step(me);
                    flow
                });
            });
        });
        flow
    }

    fn join(&mut self, name: &str) {
        let whom = self.number(name);
        let world = Arc::clone(&self.world);
        let handle = || lock(&world.handles).remove(&whom);
        world.stage.wait_until(self.me, || lock(&world.handles).contains_key(&whom));
        let Some(handle) = handle() else { panic!("{name} is joined twice") };
        // A thread that panicked was reported already.
        let _ = world.stage.at_signal(self.me, || handle.join());
    }

    fn repeat(&mut self, times: Option<u32>, body: &[Op]) -> ControlFlow<()> {
        // One round shows all that a serial run of an endless loop can show.
        let serial = self.world.stage.run() != Run::Hinted;
        let mut left = if serial { times.or(Some(1)) } else { times };
        while left != Some(0) {
            self.ops(body)?;
            left = left.map(|left| left - 1);
        }
        ControlFlow::Continue(())
    }

    fn write_flag(&self, op: &Op) {
        match op {
            Op::Set(flag) => drop(lock(&self.world.flags).insert(flag.clone())),
            Op::Clear(flag) => drop(lock(&self.world.flags).remove(flag)),
            _ => {}
        }
        self.world.stage.tell();
    }

    fn replace(&self, name: &str) {
        let lock = Lock::new(self.world.program.types[name], name);
        drop(self.write_locks().insert(name.to_string(), lock));
    }

    fn named(&self, name: &str) -> Arc<Lock> {
        let locks = self.world.locks.read().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(locks.get(name).unwrap_or_else(|| panic!("there is no lock {name}")))
    }

    fn write_locks(&self) -> std::sync::RwLockWriteGuard<'_, BTreeMap<String, Arc<Lock>>> {
        self.world.locks.write().unwrap_or_else(PoisonError::into_inner)
    }

    fn number(&self, name: &str) -> usize {
        self.world.number(name)
    }
}

impl World {
    fn number(&self, name: &str) -> usize {
        let number = self.program.threads.iter().position(|thread| thread.name == name);
        number.unwrap_or_else(|| panic!("there is no thread {name}"))
    }
}

impl Drop for Actor {
    fn drop(&mut self) {
        while let Some(hold) = self.holds.pop() {
            drop(hold);
        }
        self.keep_permits();
        self.world.stage.leave(self.me);
        if self.world.program.ring().contains(&self.me) {
            self.world.ring.take(1);
        }
        if let Some(ended) = self.world.ended.get(&self.me) {
            ended.take(1);
        }
    }
}

fn spin(lock: &Arc<Lock>) -> Option<Hold> {
    loop {
        match hold::try_take(lock, Way::Lock) {
            None => std::thread::yield_now(),
            hold => return hold,
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
