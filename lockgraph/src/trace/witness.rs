//! Writes the schedule of a finding as STD text: a run that ends in the deadlock.
//!
//! One line a move, so that the n-th event of the file is the n-th move. What a thread wants and
//! never gets is a request without an acquisition, which is how any trace shows that a thread
//! hangs; so whoever reads the file sees a deadlock that happened. Threads and locks keep their
//! names, escaped where a name would break a line or be taken for a comment, and with a number
//! where two share one. What has no name is known by its number, and a lock that was made
//! somewhere by that place.
//!
//! Only the writer fails. Linear in the moves.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt::Write as _;
use std::io::{self, Write};

use super::std_text::Verb;
use super::std_write::{write_lock_op, write_place};
use crate::event::How;
use crate::explain::{Spelling, escaped};
use crate::finding::{Act, Class, Lock, Move, Thread, Wanted, Witness};
use crate::id::Mode;

/// Writes `witness` as STD text, of which [`check`](crate::check::check) says that it deadlocks.
///
/// A wait for anything but a lock or the end of a thread has no operation that would say that it
/// never ended, and becomes a comment: no schedule that is searched for ends so.
///
/// # Errors
///
/// When `out` fails.
pub fn write_witness(out: &mut impl Write, witness: &Witness) -> io::Result<()> {
    let names = Names::of(witness);
    witness.moves.iter().try_for_each(|step| write_move(out, step, &names))
}

fn write_move(out: &mut impl Write, step: &Move, names: &Names) -> io::Result<()> {
    let who = names.thread(&step.thread);
    if let Act::Wants(Wanted::Signal(signal, _)) = &step.act {
        return writeln!(out, "# {who} waits for: {}", signal.name());
    }
    write!(out, "{who}|")?;
    let mut of_lock = |verb, mode, lock: &Lock| write_lock_op(out, verb, mode, names.lock(lock));
    match &step.act {
        Act::Takes(lock, mode) => of_lock(Verb::Acquire(How::Blocking), *mode, lock),
        Act::GivesBack(lock) => of_lock(Verb::Release, Mode::Exclusive, lock),
        Act::Wants(Wanted::Lock(lock, mode)) => of_lock(Verb::Request, *mode, lock),
        Act::Begins(thread) => write!(out, "fork({})", names.thread(thread)),
        Act::Joins(thread) => write!(out, "join({})", names.thread(thread)),
        Act::Wants(Wanted::End(thread)) => write!(out, "joining({})", names.thread(thread)),
        Act::Tells(number) => write!(out, "tell(O{number})"),
        Act::Hears(number) => write!(out, "hear(O{number})"),
        Act::Wants(Wanted::Signal(..)) => Ok(()),
    }?;
    out.write_all(b"|")?;
    write_place(out, step.site.as_ref())?;
    out.write_all(b"\n")
}

/// What threads and locks are called in the file, by their numbers.
struct Names {
    threads: HashMap<u32, String>,
    locks: HashMap<u64, String>,
}

impl Names {
    fn of(witness: &Witness) -> Names {
        let (mut threads, mut locks) = (BTreeMap::new(), BTreeMap::new());
        for step in &witness.moves {
            threads.insert(step.thread.id, &step.thread);
            match &step.act {
                Act::Takes(lock, _) | Act::GivesBack(lock) | Act::Wants(Wanted::Lock(lock, _)) => {
                    locks.insert(lock.id, lock);
                }
                Act::Begins(thread) | Act::Joins(thread) | Act::Wants(Wanted::End(thread)) => {
                    threads.insert(thread.id, thread);
                }
                Act::Tells(_) | Act::Hears(_) | Act::Wants(Wanted::Signal(..)) => {}
            }
        }
        let spell = Spelling::of_all(locks.values().copied(), threads.values().copied(), []);
        let lock = |lock: &Lock| lock_name(lock, &spell);
        Names {
            threads: distinct(threads.into_iter().map(|(id, it)| (id, thread_name(it))), "thread"),
            locks: distinct(locks.into_iter().map(|(id, it)| (id, lock(it))), "lock"),
        }
    }

    fn thread(&self, thread: &Thread) -> &str {
        self.threads.get(&thread.id).map_or("?", String::as_str)
    }

    fn lock(&self, lock: &Lock) -> &str {
        self.locks.get(&lock.id).map_or("?", String::as_str)
    }
}

/// `T3` if it has no name: where all are like that, the numbers are kept.
fn thread_name(thread: &Thread) -> String {
    let name = thread.name.as_deref().map(word).filter(|name| !name.is_empty());
    name.unwrap_or_else(|| format!("T{}", thread.id))
}

fn lock_name(lock: &Lock, spell: &Spelling) -> String {
    let name = match &lock.class {
        Class::Named(name) => word(name),
        Class::Made(_) | Class::FirstTaken(_) => {
            let full = spell.lock_in_full(lock);
            word(full.strip_prefix("the ").unwrap_or(&full))
        }
        Class::Unknown => String::new(),
    };
    if name.is_empty() { format!("L{}", lock.id) } else { name }
}

/// A name that stays one in a line of STD text.
fn word(name: &str) -> String {
    let mut safe = String::new();
    let name = escaped(name);
    let last = name.chars().count().saturating_sub(1);
    for (at, letter) in name.chars().enumerate() {
        let is_at_end = at == 0 || at == last;
        let is_safe = letter != '|' && (at > 0 || letter != '#');
        if is_safe && !(is_at_end && letter.is_whitespace()) {
            safe.push(letter);
        } else {
            let _ = write!(safe, "{}", letter.escape_unicode());
        }
    }
    safe
}

/// Gives a number to the names that several share.
fn distinct<I: Copy + Eq + std::hash::Hash + std::fmt::Display>(
    names: impl Iterator<Item = (I, String)>,
    what: &str,
) -> HashMap<I, String> {
    let names: Vec<(I, String)> = names.collect();
    let mut uses: HashMap<&str, u32> = HashMap::new();
    names.iter().for_each(|(_, name)| *uses.entry(name).or_default() += 1);
    // A name may also be what another one becomes.
    let mut taken: HashSet<String> = HashSet::new();
    let mut distinct = HashMap::new();
    for (id, name) in &names {
        let mut own = name.clone();
        if uses[name.as_str()] > 1 {
            own = format!("{name} ({what} {id})");
        }
        while taken.contains(&own) || (own != *name && uses.contains_key(own.as_str())) {
            own.push('\'');
        }
        taken.insert(own.clone());
        distinct.insert(*id, own);
    }
    distinct
}
