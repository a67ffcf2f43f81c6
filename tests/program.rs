//! Small concurrent programs as text: a few threads, each a list of operations.
//!
//! One thread a line, `NAME: op op ...`; lines that begin with `@` declare objects. Two notations
//! may be mixed: the corpus's own words (`lock(m)`, `rlock(r)`, `once(o) .. end(o)`, `ph(1)`) and
//! the short one of the truth tables (`L(A)`, `W(A)`, `AB` for `L(A) L(B) U(B) U(A)`). A guard
//! that is not given back lives to the end of its thread.
//!
//! Parsing fails on an operation that is not about locks, joins or initialisation; who reads the
//! corpus takes that as "belongs to later work".

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// What a thread does in one step.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Op {
    /// Takes a lock, waiting as long as it takes.
    Take(String, Way),
    /// Takes a lock if that needs no waiting. A failure also skips the matching [`Op::Give`].
    Try(String, Way),
    /// Takes a mutex, waiting for a short time at most. A failure is as that of [`Op::Try`].
    Timed(String),
    /// Tries again and again until it has the lock, as a spin lock does.
    Spin(String),
    /// Gives back the latest hold of a lock.
    Give(String),
    /// Turns an upgradable read into a write.
    Upgrade(String),
    /// Leaks the guard.
    Forget(String),
    /// Runs an initialisation, or waits for it.
    Once(String, Vec<Op>),
    /// Begins a thread.
    Spawn(String),
    /// Waits for the end of a thread.
    Join(String),
    /// Repeats; for ever without a number.
    Loop(Option<u32>, Vec<Op>),
    /// Hint: meets all threads that have the same phase.
    Phase(u32),
    /// Hint: lets the others run until they block, so many times in a row.
    Settle(u32),
    /// Sets a flag.
    Set(String),
    /// Clears a flag.
    Clear(String),
    /// Ends the thread if the flag is in this state.
    EndIf(String, bool),
    /// Blocks until a flag is set.
    WaitFlag(String),
    /// Puts a new lock into the place of the old one, which is destroyed.
    New(String),
    /// Destroys a lock.
    Destroy(String),
    /// Ends the thread.
    Return,
}

/// How a lock is taken.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Way {
    Lock,
    Read,
    Write,
    Upgradable,
    ReadRecursive,
}

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
        let mut program =
            Program { threads: Vec::new(), types: BTreeMap::new(), flags: BTreeSet::new() };
        for line in text.lines().filter(|line| !line.trim().is_empty()) {
            match line.trim().strip_prefix('@') {
                Some(object) => program.declare(object)?,
                None => program.threads.push(thread(line)?),
            }
        }
        for thread in &program.threads {
            infer(&thread.ops, &mut program.types);
        }
        Ok(program)
    }

    /// Threads that another one begins.
    pub(crate) fn spawned(&self) -> BTreeSet<String> {
        let mut names = BTreeSet::new();
        self.each_op(&mut |op| {
            if let Op::Spawn(name) = op {
                names.insert(name.clone());
            }
        });
        names
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
        let (name, what) = object.split_once(':').ok_or_else(|| Unknown(object.to_string()))?;
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
            _ => return Err(Unknown(object.to_string())),
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

/// The text of a program in the short notation: threads apart by `->`, `>>` or `||`, named T1,
/// T2...; words that begin with `@` declare objects.
pub(crate) fn text_of(notation: &str) -> String {
    let (objects, words): (Vec<&str>, Vec<&str>) =
        notation.split_whitespace().partition(|word| word.starts_with('@'));
    let mut text: String = objects.iter().map(|object| format!("{object}\n")).collect();
    let threads = words.join(" ").replace("||", "->").replace(">>", "->");
    for (at, ops) in threads.split("->").enumerate() {
        text.push_str(&format!("T{}: {}\n", at + 1, ops.trim()));
    }
    text
}

/// Writes `AB` out as `L(A) L(B) U(B) U(A)`, so that the way of locking can be replaced.
pub(crate) fn spelled_out(notation: &str) -> String {
    let spell = |word: &str| {
        if !is_nest(word) {
            return word.to_string();
        }
        let down = word.chars().map(|lock| format!("L({lock})"));
        let up = word.chars().rev().map(|lock| format!("U({lock})"));
        down.chain(up).collect::<Vec<_>>().join(" ")
    };
    notation.split_whitespace().map(spell).collect::<Vec<_>>().join(" ")
}

fn is_nest(word: &str) -> bool {
    !word.is_empty() && word.chars().all(|c| c.is_ascii_uppercase())
}

fn thread(line: &str) -> Result<Thread, Unknown> {
    let (name, ops) = line.split_once(':').ok_or_else(|| Unknown(line.to_string()))?;
    let spelled = spelled_out(ops).replace('{', "{ ").replace('}', " }");
    let words: Vec<&str> = spelled.split_whitespace().filter(|word| *word != ";").collect();
    let mut at = 0;
    let ops = block(&words, &mut at, None)?;
    Ok(Thread { name: name.trim().to_string(), ops })
}

/// Reads operations up to the word `end`, or up to the last word.
fn block(words: &[&str], at: &mut usize, end: Option<&str>) -> Result<Vec<Op>, Unknown> {
    let mut ops = Vec::new();
    while let Some(word) = words.get(*at) {
        *at += 1;
        if Some(*word) == end {
            return Ok(ops);
        }
        match (step(word, words, at)?, ops.last_mut()) {
            (Some(Op::Settle(more)), Some(Op::Settle(times))) => *times += more,
            (Some(op), _) => ops.push(op),
            (None, _) => {}
        }
    }
    match end {
        // An initialisation that the program leaves open lasts to the end of the thread.
        None => Ok(ops),
        Some(end) if end.starts_with("end(") => Ok(ops),
        Some(end) => Err(Unknown(format!("a block without its {end}"))),
    }
}

fn step(word: &str, words: &[&str], at: &mut usize) -> Result<Option<Op>, Unknown> {
    let unknown = || Unknown(word.to_string());
    let (name, argument) = match word.split_once('(') {
        Some((name, rest)) => (name, rest.trim_end_matches(['{', ')']).to_string()),
        None => (word, String::new()),
    };
    let op = match name {
        "lock" | "L" => Op::Take(argument, Way::Lock),
        "rlock" | "r" => Op::Take(argument, Way::Read),
        "wlock" | "W" => Op::Take(argument, Way::Write),
        "ulock" | "u" => Op::Take(argument, Way::Upgradable),
        "rlock_rec" | "R" => Op::Take(argument, Way::ReadRecursive),
        "trylock" | "T" => Op::Try(argument, Way::Lock),
        "tryrlock" | "Tr" => Op::Try(argument, Way::Read),
        "trywlock" | "TW" => Op::Try(argument, Way::Write),
        "timed" | "D" => Op::Timed(argument),
        "spin" => Op::Spin(argument),
        "unlock" | "U" => Op::Give(argument),
        "upgrade" => Op::Upgrade(argument),
        "forget" | "F" => Op::Forget(argument),
        "spawn" | "S" => Op::Spawn(argument),
        "join" | "J" => Op::Join(argument),
        "ph" => Op::Phase(argument.parse().map_err(|_| unknown())?),
        "bar" => Op::Phase(0),
        "settle" => Op::Settle(1),
        "set" => Op::Set(argument),
        "clear" => Op::Clear(argument),
        "if" => Op::EndIf(argument, true),
        "unless" => Op::EndIf(argument, false),
        "wait_flag" => Op::WaitFlag(argument),
        "new" => Op::New(argument),
        "destroy" => Op::Destroy(argument),
        "return" => Op::Return,
        "sleep" => return Ok(None),
        "once" => {
            let body = block(words, at, Some(&format!("end({argument})")))?;
            Op::Once(argument, body)
        }
        "loop" => {
            let times = match argument.as_str() {
                "inf" => None,
                number => Some(number.parse().map_err(|_| unknown())?),
            };
            Op::Loop(times, block(words, at, Some("}"))?)
        }
        _ => return Err(unknown()),
    };
    Ok(Some(op))
}

fn visit(ops: &[Op], seen: &mut dyn FnMut(&Op)) {
    for op in ops {
        seen(op);
        if let Op::Once(_, body) | Op::Loop(_, body) = op {
            visit(body, seen);
        }
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
