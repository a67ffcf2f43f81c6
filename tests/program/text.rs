//! From text to operations.

use super::op::{Arm, Op, Signal, Way};
use super::{Thread, Unknown};

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

/// Reads one thread.
pub(super) fn thread(line: &str) -> Result<Thread, Unknown> {
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
    let (name, argument) = split(word);
    if name == "sleep" {
        return Ok(None);
    }
    let op = lock(name, argument).or_else(|| signal(name, argument).map(Op::Signal));
    match op {
        Some(Op::Signal(Signal::Get { job, .. })) if word.ends_with('{') => {
            let steal = jobs(words, at)?;
            Ok(Some(Op::Signal(Signal::Get { job, steal })))
        }
        Some(op) => Ok(Some(op)),
        None => flow(word, words, at).map(Some),
    }
}

/// `name(argument)`, a brace behind it left out.
fn split(word: &str) -> (&str, &str) {
    let word = word.trim_end_matches('{');
    match word.split_once('(') {
        Some((name, rest)) => (name, rest.strip_suffix(')').unwrap_or(rest)),
        None => (word, ""),
    }
}

fn lock(name: &str, argument: &str) -> Option<Op> {
    let argument = argument.to_string();
    Some(match name {
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
        "new" => Op::New(argument),
        "destroy" => Op::Destroy(argument),
        _ => return None,
    })
}

fn signal(name: &str, argument: &str) -> Option<Signal> {
    let words: Vec<String> = argument.split(',').map(str::to_string).collect();
    let first = || words[0].clone();
    let second = || words.get(1).cloned().unwrap_or_default();
    let count = || words.get(1).map_or(Some(1), |number| number.parse().ok());
    let one = |sends, otherwise| Signal::Select {
        arms: vec![Arm { channel: first(), sends }],
        otherwise,
    };
    Some(match name {
        "wait" | "cw" => Signal::Wait { condvar: first(), mutex: second() },
        "wait_until" => {
            let flag = words.get(2).cloned()?;
            Signal::WaitUntil { condvar: first(), mutex: second(), flag }
        }
        "wait_to" => Signal::WaitTimed { condvar: first(), mutex: second() },
        "notify" | "sg" => Signal::Notify { condvar: first(), all: false },
        "notify_all" => Signal::Notify { condvar: first(), all: true },
        "send" => one(true, false),
        "recv" => one(false, false),
        "try_send" => one(true, true),
        "try_recv" => one(false, true),
        "recv_to" => Signal::RecvTimed(first()),
        "sel" => select(argument)?,
        "close" => Signal::Close(first()),
        "sem_acquire" | "P" => Signal::Acquire(first(), count()?),
        "sem_try" => Signal::TryAcquire(first(), count()?),
        "sem_release" | "V" => Signal::Release(first(), count()?),
        "wg_add" => Signal::Add(first(), count()?),
        "wg_done" => Signal::Done(first()),
        "wg_wait" => Signal::Await(first()),
        "meet" => Signal::Meet(first()),
        "raise" => Signal::Raise(first()),
        "lower" => Signal::Lower(first()),
        "await_event" => Signal::AwaitEvent(first()),
        "park" => Signal::Park,
        "unpark" => Signal::Unpark(first()),
        "submit" => Signal::Submit { pool: first(), job: second() },
        "get" => Signal::Get { job: first(), steal: Vec::new() },
        _ => return None,
    })
}

fn select(argument: &str) -> Option<Signal> {
    let mut arms = Vec::new();
    let mut otherwise = false;
    for word in argument.split('|') {
        match split(word) {
            ("recv", channel) => arms.push(Arm { channel: channel.to_string(), sends: false }),
            ("send", channel) => arms.push(Arm { channel: channel.to_string(), sends: true }),
            ("default" | "timeout", _) => otherwise = true,
            _ => return None,
        }
    }
    Some(Signal::Select { arms, otherwise })
}

fn flow(word: &str, words: &[&str], at: &mut usize) -> Result<Op, Unknown> {
    let unknown = || Unknown(word.to_string());
    let (name, argument) = split(word);
    let argument = argument.to_string();
    Ok(match name {
        "spawn" | "S" => Op::Spawn(argument),
        "join" | "J" => Op::Join(argument),
        "ph" => Op::Phase(argument.parse().map_err(|_| unknown())?),
        "bar" if argument.is_empty() => Op::Phase(0),
        "settle" => Op::Settle(1),
        "set" => Op::Set(argument),
        "clear" => Op::Clear(argument),
        "if" => Op::EndIf(argument, true),
        "unless" => Op::EndIf(argument, false),
        "wait_flag" => Op::WaitFlag(argument),
        "return" => Op::Return,
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
    })
}

/// The jobs named in `{ steal(a) steal(b) }`.
fn jobs(words: &[&str], at: &mut usize) -> Result<Vec<String>, Unknown> {
    let mut jobs = Vec::new();
    while let Some(word) = words.get(*at) {
        *at += 1;
        match split(word) {
            ("}", _) => return Ok(jobs),
            ("steal", job) => jobs.push(job.to_string()),
            _ => return Err(Unknown((*word).to_string())),
        }
    }
    Err(Unknown("a block without its }".to_string()))
}
