//! Small concurrent programs as text: a few threads, each a list of operations.
//!
//! One thread a line, `NAME: op op ...`; lines that begin with `@` declare objects. Two notations
//! may be mixed: the corpus's own words (`lock(m)`, `rlock(r)`, `once(o) .. end(o)`, `ph(1)`) and
//! the short one of the truth tables (`L(A)`, `W(A)`, `AB` for `L(A) L(B) U(B) U(A)`). A guard
//! that is not given back lives to the end of its thread.
//!
//! Locks, flags, condition variables and events need no declaration; channels (`@c:chan(2)`,
//! `chan(inf)`), semaphores (`sem(1)`), wait groups (`wg(2)`), barriers (`barrier(2)`) and pools
//! (`pool(1)`) do. `@J@P` queues the job `J` on the pool `P` before anything begins.
//!
//! Parsing fails on an operation of tasks; who reads the corpus takes that as "belongs to later
//! work".

mod objects;
mod op;
mod text;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use self::text::thread;

pub(crate) use self::objects::Objects;
pub(crate) use self::op::{Arm, Op, Signal, Way, visit};
pub(crate) use self::text::{spelled_out, text_of};

/// The type that stands behind a lock's name.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Type {
    Mutex,
    RwLock,
    /// `parking_lot`'s, for timed acquisition.
    TimedMutex,
    /// `parking_lot`'s, for recursive and upgradable reads.
    Wide,
    Reentrant,
}

/// One thread.
#[derive(Clone, Debug)]
pub(crate) struct Thread {
    pub(crate) name: String,
    pub(crate) ops: Vec<Op>,
}

/// The whole program.
#[derive(Clone, Debug)]
pub(crate) struct Program {
    pub(crate) threads: Vec<Thread>,
    pub(crate) types: BTreeMap<String, Type>,
    /// Flags that are set from the start.
    pub(crate) flags: BTreeSet<String>,
    pub(crate) objects: Objects,
}

/// What could not be understood.
#[derive(Debug)]
pub(crate) struct Unknown(pub(crate) String);

impl fmt::Display for Unknown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not understood: {}", self.0)
    }
}

impl Program {
    /// Reads a program from its text.
    pub(crate) fn parse(text: &str) -> Result<Program, Unknown> {
        let mut program = Program {
            threads: Vec::new(),
            types: BTreeMap::new(),
            flags: BTreeSet::new(),
            objects: Objects::default(),
        };
        for line in text.lines().filter(|line| !line.trim().is_empty()) {
            match line.trim().strip_prefix('@') {
                Some(object) => program.declare(object)?,
                None => program.threads.push(thread(line)?),
            }
        }
        for thread in &program.threads {
            infer(&thread.ops, &mut program.types);
        }
        program.objects.infer(&program.threads)?;
        Ok(program)
    }

    /// Threads that do not begin by themselves: another one begins them, or a pool runs them.
    pub(crate) fn spawned(&self) -> BTreeSet<String> {
        let mut names = self.jobs();
        self.each_op(&mut |op| {
            if let Op::Spawn(name) = op {
                names.insert(name.clone());
            }
        });
        names
    }

    /// What pools run.
    pub(crate) fn jobs(&self) -> BTreeSet<String> {
        let mut names: BTreeSet<String> =
            self.objects.queued.iter().map(|(job, _)| job.clone()).collect();
        self.each_op(&mut |op| match op {
            Op::Signal(Signal::Submit { job, .. }) => drop(names.insert(job.clone())),
            Op::Signal(Signal::Get { steal, .. }) => names.extend(steal.iter().cloned()),
            _ => {}
        });
        names
    }

    /// Who joins each thread.
    pub(crate) fn joiners(&self) -> BTreeMap<String, usize> {
        let mut joiners = BTreeMap::new();
        for (number, thread) in self.threads.iter().enumerate() {
            visit(&thread.ops, &mut |op| {
                if let Op::Join(whom) = op {
                    joiners.insert(whom.clone(), number);
                }
            });
        }
        joiners
    }

    /// Threads that may wait for ever without being part of what went wrong, or that lend their
    /// name to what a job does.
    pub(crate) fn bystanders(&self) -> BTreeSet<String> {
        let steals = |thread: &&Thread| {
            let mut steals = false;
            visit(&thread.ops, &mut |op| {
                steals |= matches!(op, Op::Signal(Signal::Get { steal, .. }) if !steal.is_empty());
            });
            thread.is_endless() || steals
        };
        let mut names: BTreeSet<String> =
            self.threads.iter().filter(steals).map(|thread| thread.name.clone()).collect();
        names.insert("main".to_string());
        let workers = self.objects.pools.values().max().copied().unwrap_or_default();
        names.extend((0..workers).map(crate::machine::worker));
        names
    }

    /// Threads that are joined, directly or not, by themselves.
    pub(crate) fn ring(&self) -> BTreeSet<usize> {
        let joiners = self.joiners();
        let joiner = |whom: &usize| joiners.get(&self.threads[*whom].name).copied();
        let is_in = |at: &usize| {
            let line = std::iter::successors(joiner(at), joiner);
            line.take(self.threads.len()).any(|by| by == *at)
        };
        (0..self.threads.len()).filter(is_in).collect()
    }

    /// How many threads meet at each phase.
    pub(crate) fn meetings(&self) -> BTreeMap<u32, usize> {
        let mut meetings = BTreeMap::new();
        for thread in &self.threads {
            let mut phases = BTreeSet::new();
            visit(&thread.ops, &mut |op| {
                if let Op::Phase(number) = op {
                    phases.insert(*number);
                }
            });
            for phase in phases {
                *meetings.entry(phase).or_default() += 1;
            }
        }
        meetings
    }

    /// The initialisations.
    pub(crate) fn onces(&self) -> BTreeSet<String> {
        let mut names = BTreeSet::new();
        self.each_op(&mut |op| {
            if let Op::Once(name, _) = op {
                names.insert(name.clone());
            }
        });
        names
    }

    fn each_op(&self, seen: &mut dyn FnMut(&Op)) {
        for thread in &self.threads {
            visit(&thread.ops, seen);
        }
    }

    fn declare(&mut self, object: &str) -> Result<(), Unknown> {
        let (name, what) = match (object.split_once(':'), object.split_once('@')) {
            (Some(declaration), _) => declaration,
            (None, Some((job, pool))) => {
                self.objects.queued.push((job.to_string(), pool.to_string()));
                return Ok(());
            }
            (None, None) => return Err(Unknown(object.to_string())),
        };
        let lock_type = match what.split('(').next().unwrap_or(what) {
            "flag" if what == "flag(1)" => {
                self.flags.insert(name.to_string());
                return Ok(());
            }
            "flag" | "once" => return Ok(()),
            "mutex" => Type::Mutex,
            "rwlock" => Type::RwLock,
            "wide" => Type::Wide,
            "reentrant" | "reentrant_mutex" => Type::Reentrant,
            _ => return self.objects.declare(name, what),
        };
        self.types.insert(name.to_string(), lock_type);
        Ok(())
    }
}

impl Thread {
    /// Whether it waits for others by a hint.
    pub(crate) fn has_hints(&self) -> bool {
        let mut hints = false;
        visit(&self.ops, &mut |op| hints |= matches!(op, Op::Phase(_) | Op::Settle(_)));
        hints
    }

    /// Whether it loops for ever.
    pub(crate) fn is_endless(&self) -> bool {
        let mut endless = false;
        visit(&self.ops, &mut |op| endless |= matches!(op, Op::Loop(None, _)));
        endless
    }
}

/// Guesses each lock's type from how it is taken; what was declared stays.
fn infer(ops: &[Op], types: &mut BTreeMap<String, Type>) {
    visit(ops, &mut |op| {
        let (name, wanted) = match op {
            Op::Take(name, Way::Lock) | Op::Try(name, Way::Lock) | Op::Spin(name) => {
                (name, Type::Mutex)
            }
            Op::Take(name, Way::Read | Way::Write) | Op::Try(name, _) => (name, Type::RwLock),
            Op::Take(name, _) | Op::Upgrade(name) => (name, Type::Wide),
            Op::Timed(name) => (name, Type::TimedMutex),
            Op::New(name) => (name, Type::Mutex),
            Op::Signal(Signal::Wait { mutex, .. } | Signal::WaitUntil { mutex, .. }) => {
                (mutex, Type::Mutex)
            }
            _ => return,
        };
        let known = types.entry(name.clone()).or_insert(wanted);
        *known = wider(*known, wanted);
    });
}

/// The type that can do what both can.
fn wider(known: Type, wanted: Type) -> Type {
    match (known, wanted) {
        (Type::Reentrant, _) => Type::Reentrant,
        (Type::Wide, _) | (_, Type::Wide) => Type::Wide,
        (Type::RwLock, _) | (_, Type::RwLock) => Type::RwLock,
        (Type::TimedMutex, _) | (_, Type::TimedMutex) => Type::TimedMutex,
        (Type::Mutex, other) => other,
    }
}
