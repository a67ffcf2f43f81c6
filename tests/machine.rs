//! Runs a test program on lockgraph's locks, in the process that it is called in.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use lockgraph::{named, sync, thread};

use crate::hold::{self, Hold, Lock};
use crate::program::{Op, Program, Type, Way};
use crate::stage::{Run, Stage};

/// What the threads share.
struct World {
    program: Program,
    stage: Stage,
    locks: RwLock<BTreeMap<String, Arc<Lock>>>,
    onces: BTreeMap<String, sync::Once>,
    flags: Mutex<BTreeSet<String>>,
    handles: Mutex<BTreeMap<usize, thread::JoinHandle<()>>>,
}

/// One running thread.
struct Actor {
    me: usize,
    world: Arc<World>,
    /// The holds in the order in which they were taken. Without a hold: a refused acquisition.
    holds: Vec<(String, Option<Hold>)>,
}

/// Runs `program` to its end.
pub(crate) fn run(program: &Program, run: Run) {
    let world = Arc::new(World {
        stage: Stage::new(program, run),
        locks: RwLock::new(locks(program)),
        onces: onces(program),
        flags: Mutex::new(program.flags.clone()),
        handles: Mutex::new(BTreeMap::new()),
        program: program.clone(),
    });
    let spawned = program.spawned();
    for (number, thread) in program.threads.iter().enumerate() {
        if !spawned.contains(&thread.name) {
            begin(&world, number);
        }
    }
    world.stage.open();
    world.stage.wait_for_all();
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
    let body = move || {
        let mut actor = Actor { me: number, world: shared, holds: Vec::new() };
        actor.world.stage.enter(number);
        let world = Arc::clone(&actor.world);
        // The end of the operations and an early `return` are the same to the thread.
        let _ = actor.ops(&world.program.threads[number].ops);
    };
    let handle = thread::Builder::new().name(name).spawn(body).expect("a thread can be begun");
    locked(&world.handles).insert(number, handle);
    world.stage.tell();
}

impl Actor {
    fn ops(&mut self, ops: &[Op]) -> ControlFlow<()> {
        ops.iter().try_for_each(|op| self.op(op))
    }

    fn op(&mut self, op: &Op) -> ControlFlow<()> {
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
                if locked(&self.world.flags).contains(flag) == *state {
                    return ControlFlow::Break(());
                }
            }
            Op::WaitFlag(flag) => {
                let is_set = || locked(&self.world.flags).contains(flag);
                self.world.stage.wait_until(self.me, is_set);
            }
            Op::New(name) => self.replace(name),
            Op::Destroy(name) => drop(self.write_locks().remove(name)),
            Op::Return => return ControlFlow::Break(()),
        }
        ControlFlow::Continue(())
    }

    fn take(&mut self, name: &str, how: impl FnOnce(&Arc<Lock>) -> Option<Hold>) {
        let lock = self.lock(name);
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
            world.onces[name].call_once(|| flow = world.stage.inside(me, || self.ops(body)));
        });
        flow
    }

    fn join(&mut self, name: &str) {
        let whom = self.number(name);
        let world = Arc::clone(&self.world);
        let handle = || locked(&world.handles).remove(&whom);
        world.stage.wait_until(self.me, || locked(&world.handles).contains_key(&whom));
        world.stage.before_join(self.me, whom);
        let Some(handle) = handle() else { panic!("{name} is joined twice") };
        // A thread that panicked was reported already.
        let _ = world.stage.at_lock(self.me, || handle.join());
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
            Op::Set(flag) => drop(locked(&self.world.flags).insert(flag.clone())),
            Op::Clear(flag) => drop(locked(&self.world.flags).remove(flag)),
            _ => {}
        }
        self.world.stage.tell();
    }

    fn replace(&self, name: &str) {
        let lock = Lock::new(self.world.program.types[name], name);
        drop(self.write_locks().insert(name.to_string(), lock));
    }

    fn lock(&self, name: &str) -> Arc<Lock> {
        let locks = self.world.locks.read().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(locks.get(name).unwrap_or_else(|| panic!("there is no lock {name}")))
    }

    fn write_locks(&self) -> std::sync::RwLockWriteGuard<'_, BTreeMap<String, Arc<Lock>>> {
        self.world.locks.write().unwrap_or_else(PoisonError::into_inner)
    }

    fn number(&self, name: &str) -> usize {
        let number = self.world.program.threads.iter().position(|thread| thread.name == name);
        number.unwrap_or_else(|| panic!("there is no thread {name}"))
    }
}

impl Drop for Actor {
    fn drop(&mut self) {
        while let Some(hold) = self.holds.pop() {
            drop(hold);
        }
        self.world.stage.leave(self.me);
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

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
