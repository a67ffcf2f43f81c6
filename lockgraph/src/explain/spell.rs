//! How locks, threads and places are spelled in the sentences about one finding.
//!
//! As short as they can be without becoming ambiguous: of a file as many trailing components as
//! tell it from the other files of the finding, and a number after a name only if two locks or
//! threads share it.

use std::collections::{BTreeSet, HashMap};
use std::fmt::Write;

use crate::finding::{
    Act, Blocks, Class, Finding, Held, Lock, Move, Place, Reason, Step, Thread, Wanted,
};
use crate::id::LockKind;

/// How long a name may be in a sentence, in characters. The middle of a longer one is cut out.
const LONGEST: usize = 96;

/// The spelling for one finding, or for one table.
#[derive(Clone, Default, Debug)]
pub struct Spelling {
    /// By file: how it is spelled.
    files: HashMap<String, String>,
    /// The classes that several locks share.
    shared_classes: BTreeSet<String>,
    /// The same with for whom the locks were made.
    shared_origins: BTreeSet<String>,
    /// The names that several threads share.
    shared_names: BTreeSet<String>,
}

impl Spelling {
    /// The spelling for what occurs in `finding`.
    pub fn of(finding: &Finding) -> Spelling {
        let mut cast = Cast::default();
        cast.finding(finding);
        cast.spelling()
    }

    /// The spelling for a table or a graph of these locks, threads and places.
    pub fn of_all<'a>(
        locks: impl IntoIterator<Item = &'a Lock>,
        threads: impl IntoIterator<Item = &'a Thread>,
        places: impl IntoIterator<Item = &'a Place>,
    ) -> Spelling {
        let mut cast = Cast::default();
        locks.into_iter().for_each(|lock| cast.lock(lock));
        threads.into_iter().for_each(|thread| cast.thread(thread));
        places.into_iter().for_each(|place| cast.place(place));
        cast.spelling()
    }

    /// A lock in a sentence: its name in backticks, or `the mutex made at bank.rs:12:9`, or
    /// `lock 3` if that would not tell it from another.
    pub fn lock(&self, lock: &Lock) -> String {
        match &lock.class {
            Class::Named(name) => format!("`{}`{}", visible(name), self.number(lock)),
            Class::Unknown => format!("{} {}", noun(lock.kind), lock.id),
            _ if self.is_shared(lock) => format!("lock {}", lock.id),
            _ => match &lock.made_for {
                Some(place) if self.shared_classes.contains(&lock.class.key()) => {
                    format!("the {} for {}", noun(lock.kind), self.place(place))
                }
                _ => format!("the {}", self.origin(lock)),
            },
        }
    }

    /// As [`Spelling::lock`], with the origin of a lock that is only a number otherwise.
    pub fn lock_in_full(&self, lock: &Lock) -> String {
        let short = self.lock(lock);
        match &lock.class {
            Class::Made(_) | Class::FirstTaken(_) if self.is_shared(lock) => {
                format!("{short} ({})", self.origin(lock))
            }
            Class::Made(_) | Class::FirstTaken(_) => format!("the {}", self.origin(lock)),
            _ => short,
        }
    }

    /// `mutex made at bank.rs:12:9`, with ` for teller.rs:5:17` if it is known for whom.
    fn origin(&self, lock: &Lock) -> String {
        let (what, whom) = (noun(lock.kind), self.whom(lock));
        match &lock.class {
            Class::Made(place) => format!("{what} made at {}{whom}", self.place(place)),
            Class::FirstTaken(place) => {
                format!("{what} first taken at {}{whom}", self.place(place))
            }
            Class::Named(_) | Class::Unknown => what.to_string(),
        }
    }

    fn whom(&self, lock: &Lock) -> String {
        let place = lock.made_for.as_ref();
        place.map_or_else(String::new, |place| format!(" for {}", self.place(place)))
    }

    /// Whether another lock of the finding has the same class, and is not told from this one by
    /// for whom it was made.
    fn is_shared(&self, lock: &Lock) -> bool {
        self.shared_origins.contains(&origin_key(lock))
    }

    /// A lock in a table or a graph: its name, or the place where it was made.
    pub fn label(&self, lock: &Lock) -> String {
        let number = self.number(lock);
        match &lock.class {
            Class::Named(name) => format!("{}{number}", visible(name)),
            Class::Made(place) | Class::FirstTaken(place) => {
                format!("{}{}{number}", self.place(place), self.whom(lock))
            }
            Class::Unknown => format!("{} {}", noun(lock.kind), lock.id),
        }
    }

    /// What a lock has in common with its like, in a table or a graph; empty if nothing is known.
    pub fn class(&self, class: &Class) -> String {
        match class {
            Class::Named(name) => visible(name),
            Class::Made(place) => self.place(place),
            Class::FirstTaken(place) => format!("{} (first taken)", self.place(place)),
            Class::Unknown => String::new(),
        }
    }

    /// A thread in a sentence.
    pub fn thread(&self, thread: &Thread) -> String {
        match &thread.name {
            Some(name) if self.shared_names.contains(name) => {
                format!("thread `{}` (thread {})", visible(name), thread.id)
            }
            Some(name) => format!("thread `{}`", visible(name)),
            None => format!("thread {}", thread.id),
        }
    }

    /// A thread in a table or a graph: its name, or its number where that does not tell it from others.
    pub fn thread_label(&self, thread: &Thread) -> String {
        match &thread.name {
            Some(name) if self.shared_names.contains(name) => {
                format!("{} (thread {})", visible(name), thread.id)
            }
            Some(name) => visible(name),
            None => format!("thread {}", thread.id),
        }
    }

    /// A place in a sentence.
    pub fn place(&self, place: &Place) -> String {
        let file = self.files.get(&place.file).map_or(place.file.as_str(), String::as_str);
        position(&visible(file), place)
    }

    /// A place that may not be known.
    pub fn site(&self, site: Option<&Place>) -> String {
        site.map_or_else(|| "a place that is not known".to_string(), |place| self.place(place))
    }

    fn number(&self, lock: &Lock) -> String {
        if self.is_shared(lock) { format!(" (lock {})", lock.id) } else { String::new() }
    }
}

fn origin_key(lock: &Lock) -> String {
    format!("{} {:?}", lock.class.key(), lock.made_for)
}

/// The place with its whole file name, as compilers print it.
pub(crate) fn full_place(place: &Place) -> String {
    position(&escaped(&collapsed(&place.file)), place)
}

/// `a/../b` is `b`: a module with a `#[path]` is named the long way.
fn collapsed(file: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in file.split('/') {
        let leaves =
            part == ".." && parts.last().is_some_and(|last| !matches!(*last, "" | "." | ".."));
        if leaves {
            parts.pop();
        } else {
            parts.push(part);
        }
    }
    parts.join("/")
}

fn position(file: &str, place: &Place) -> String {
    match (place.line, place.column) {
        (0, _) => file.to_string(),
        (line, 0) => format!("{file}:{line}"),
        (line, column) => format!("{file}:{line}:{column}"),
    }
}

/// The word for a kind of lock in a sentence.
pub(crate) fn noun(kind: LockKind) -> &'static str {
    match kind {
        // `Once`, `OnceLock` and `LazyLock`: "the once made at" reads like a mistake.
        LockKind::Once => "once-cell",
        kind => kind.name(),
    }
}

/// A name as it may be printed: nothing that moves the cursor, changes the direction of the text
/// or cannot be seen is left in it, and nothing is longer than a line.
pub fn visible(text: &str) -> String {
    let length = text.chars().count();
    if length <= LONGEST {
        return escaped(text);
    }
    let kept = LONGEST / 2;
    let head: String = text.chars().take(kept).collect();
    let tail: String = text.chars().skip(length - kept).collect();
    format!("{}...{}", escaped(&head), escaped(&tail))
}

/// As [`visible`], in full length.
pub fn escaped(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for letter in text.chars() {
        if is_hostile(letter) {
            let _ = write!(shown, "{}", letter.escape_default());
        } else {
            shown.push(letter);
        }
    }
    shown
}

/// A line of source text, each character of which stays where it is: what would move the cursor or
/// turn the direction of the text becomes a replacement character.
pub fn defused(line: &str) -> String {
    let shown = |letter| if is_hostile(letter) && letter != '\t' { '\u{fffd}' } else { letter };
    line.chars().map(shown).collect()
}

/// Control characters, line separators, and what turns the direction of text or has no width.
pub(crate) fn is_hostile(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// Everybody and everything that occurs in a finding.
#[derive(Default)]
struct Cast<'a> {
    locks: HashMap<u64, &'a Lock>,
    threads: HashMap<u32, &'a str>,
    files: BTreeSet<&'a str>,
}

impl<'a> Cast<'a> {
    fn finding(&mut self, finding: &'a Finding) {
        finding.steps.iter().for_each(|step| self.step(step));
        finding.strangers.iter().for_each(|stranger| self.thread(&stranger.thread));
        let moves = finding.witness.iter().flat_map(|witness| &witness.moves);
        moves.for_each(|step| self.step_of_schedule(step));
        match &finding.excluded {
            Some(Reason::OneThread(thread)) => self.thread(thread),
            Some(Reason::SpawnJoin(first, second) | Reason::Message(first, second, _)) => {
                self.thread(first);
                self.thread(second);
            }
            Some(Reason::Gate(lock) | Reason::ReadersOnly(lock) | Reason::Permits(lock, _)) => {
                self.lock(lock);
            }
            None => {}
        }
    }

    fn step(&mut self, step: &'a Step) {
        self.thread(&step.thread);
        if let Blocks::Holds(held) | Blocks::LeftBehind(held) = &step.blocks {
            self.held(held);
        }
        if let Blocks::QueuesBefore(lock) | Blocks::CannotServe(_, Some(lock)) = &step.blocks {
            self.lock(lock);
        }
        step.wants.iter().for_each(|wanted| self.wanted(wanted));
        step.also_holds.iter().for_each(|held| self.held(held));
        step.site.iter().chain(&step.through).for_each(|place| self.place(place));
    }

    fn step_of_schedule(&mut self, step: &'a Move) {
        self.thread(&step.thread);
        step.site.iter().for_each(|place| self.place(place));
        match &step.act {
            Act::Takes(lock, _) | Act::GivesBack(lock) => self.lock(lock),
            Act::Begins(thread) | Act::Joins(thread) => self.thread(thread),
            Act::Wants(wanted) => self.wanted(wanted),
            Act::Tells(_) | Act::Hears(_) => {}
        }
    }

    fn wanted(&mut self, wanted: &'a Wanted) {
        match wanted {
            Wanted::Lock(lock, _) => self.lock(lock),
            Wanted::End(thread) => self.thread(thread),
            Wanted::Signal(_, object) => object.iter().for_each(|object| self.lock(object)),
        }
    }

    fn held(&mut self, held: &'a Held) {
        self.lock(&held.lock);
        held.site.iter().for_each(|place| self.place(place));
    }

    fn lock(&mut self, lock: &'a Lock) {
        self.locks.insert(lock.id, lock);
        lock.made_for.iter().for_each(|place| self.place(place));
        if let Class::Made(place) | Class::FirstTaken(place) = &lock.class {
            self.place(place);
        }
    }

    fn thread(&mut self, thread: &'a Thread) {
        if let Some(name) = &thread.name {
            self.threads.insert(thread.id, name);
        }
    }

    fn place(&mut self, place: &'a Place) {
        self.files.insert(&place.file);
    }

    fn spelling(&self) -> Spelling {
        Spelling {
            files: shorten(&self.files),
            shared_classes: shared(self.locks.values().map(|lock| lock.class.key())),
            shared_origins: shared(self.locks.values().map(|lock| origin_key(lock))),
            shared_names: shared(self.threads.values().map(|name| (*name).to_string())),
        }
    }
}

fn shared(names: impl Iterator<Item = String>) -> BTreeSet<String> {
    let mut seen = BTreeSet::new();
    names.filter(|name| !seen.insert(name.clone())).collect()
}

/// Names that many files have, so that the directory says more.
const ANYWHERE: [&str; 5] = ["lib.rs", "main.rs", "mod.rs", "src/lib.rs", "src/main.rs"];

/// Each file by as many trailing components as no other file has.
fn shorten(files: &BTreeSet<&str>) -> HashMap<String, String> {
    let mut short = HashMap::new();
    let mut left: Vec<&str> = files.iter().copied().collect();
    let mut parts = 1;
    while !left.is_empty() {
        let mut counts: HashMap<&str, usize> = HashMap::new();
        for file in &left {
            *counts.entry(tail(file, parts)).or_default() += 1;
        }
        left.retain(|file| {
            let end = tail(file, parts);
            let is_one = counts[end] == 1 && !ANYWHERE.contains(&end);
            let is_clear = is_one || end.len() == file.len();
            if is_clear {
                short.insert((*file).to_string(), end.to_string());
            }
            !is_clear
        });
        parts += 1;
    }
    short
}

/// The last `parts` components of a path.
fn tail(path: &str, parts: usize) -> &str {
    let is_separator = |letter| letter == '/' || letter == '\\';
    let cut = path.rmatch_indices(is_separator).nth(parts - 1);
    cut.map_or(path, |(at, _)| &path[at + 1..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_as_short_as_is_clear() {
        let rows: &[(&[&str], &[&str])] = &[
            (&["src/bank.rs", "src/audit.rs"], &["bank.rs", "audit.rs"]),
            (&["a/src/mod.rs", "b/src/mod.rs"], &["a/src/mod.rs", "b/src/mod.rs"]),
            (&["x/a/mod.rs", "x/b/mod.rs", "x/b/lib.rs"], &["a/mod.rs", "b/mod.rs", "b/lib.rs"]),
            (&["mod.rs", "a/mod.rs"], &["mod.rs", "a/mod.rs"]),
            (&["x/a/src/lib.rs", "src/main.rs"], &["a/src/lib.rs", "src/main.rs"]),
            (&["C:\\b\\main.rs"], &["b\\main.rs"]),
            (&["", "/"], &["", "/"]),
        ];
        for (files, want) in rows {
            let short = shorten(&files.iter().copied().collect());
            let got: Vec<&str> = files.iter().map(|file| short[*file].as_str()).collect();
            assert_eq!(&got, want, "{files:?}");
        }
    }

    #[test]
    fn the_way_up_and_down_again_is_left_out() {
        for (file, short) in [
            ("a/src/../../b/c.rs", "b/c.rs"),
            ("../a.rs", "../a.rs"),
            ("/../a.rs", "/../a.rs"),
            ("a/../../b.rs", "../b.rs"),
            ("a.rs", "a.rs"),
        ] {
            assert_eq!(collapsed(file), short);
        }
    }

    #[test]
    fn nothing_hostile_is_printed() {
        for (text, want) in [
            ("plain \u{e9}\u{4e16}", "plain \u{e9}\u{4e16}"),
            ("a\x1b[31mb\r\n\0", "a\\u{1b}[31mb\\r\\n\\u{0}"),
            ("\u{202e}evil\u{2069}\u{200b}", "\\u{202e}evil\\u{2069}\\u{200b}"),
            ("\u{9b}31m", "\\u{9b}31m"),
        ] {
            assert_eq!(visible(text), want);
        }
        let long = format!("a{}b", "x".repeat(1000));
        let shown = visible(&long);
        assert_eq!(shown.chars().count(), LONGEST + 3);
        assert!(shown.starts_with("axx") && shown.ends_with("xxb") && shown.contains("..."));
    }

    #[test]
    fn a_source_line_keeps_its_columns() {
        assert_eq!(defused("\ta\x1b[2J\u{202e}\u{e9}\r"), "\ta\u{fffd}[2J\u{fffd}\u{e9}\u{fffd}");
    }

    #[test]
    fn locks_of_a_class_are_told_apart_by_for_whom_they_were_made() {
        let place = |line| Place { file: "src/pool.rs".into(), line, column: 9 };
        let class = || Class::Made(Place { file: "src/wrapper.rs".into(), line: 22, column: 5 });
        let lock = |id, made_for: Option<u32>| {
            let made_for = made_for.map(place);
            Lock { id, kind: LockKind::Mutex, class: class(), made_for }
        };
        let made = "mutex made at wrapper.rs:22:5";
        for (first, second, short, full) in [
            (None, None, "lock 1", format!("lock 1 ({made})")),
            (
                Some(41),
                Some(42),
                "the mutex for pool.rs:41:9",
                format!("the {made} for pool.rs:41:9"),
            ),
            (Some(41), Some(41), "lock 1", format!("lock 1 ({made} for pool.rs:41:9)")),
        ] {
            let locks = [lock(1, first), lock(2, second)];
            let spelling = Spelling::of_all(&locks, [], []);
            assert_eq!(spelling.lock(&locks[0]), short);
            assert_eq!(spelling.lock_in_full(&locks[0]), full);
        }
    }
}
