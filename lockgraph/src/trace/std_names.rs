//! The names in STD text, and the numbers that stand for them.
//!
//! A number is final when it is given, because the event that has it is not seen again. A name of
//! one letter and a number (`T1`, `L2`) gets its own number if that is free, any other name the
//! first one that is, from 1 on. So a text in which all names are numbered keeps the numbers, and
//! one in which none is has them numbered as they come.
//!
//! A look-up costs O(1), memory follows the names. No locking inside.

use std::collections::{BTreeMap, HashMap};

use super::contents::Trace;
use super::dense::Rows;
use super::rapid_bin::LOCATION;
use crate::finding::{Class, Place};
use crate::id::{LockId, SiteId, ThreadId};

/// Names of one sort.
pub(super) struct Names {
    letter: u8,
    /// No number is larger.
    most: u64,
    numbers: Rows<Bearer>,
    /// Names that have another number than their own, or none of their own.
    others: HashMap<Box<[u8]>, u64>,
    /// The last number given to one of those.
    latest: u64,
}

/// Who has a number.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
enum Bearer {
    #[default]
    Nobody,
    /// The name that is the letter and this number.
    Own,
    Other,
}

impl Names {
    /// Of what is called by this letter, with numbers up to `most`.
    pub(super) fn new(letter: u8, most: u64) -> Names {
        let (numbers, others) = (Rows::default(), HashMap::new());
        Names { letter, most, numbers, others, latest: 0 }
    }

    /// The number of a name.
    #[inline]
    pub(super) fn number(&mut self, name: &[u8]) -> u64 {
        match self.own_number(name) {
            Some(number) if *self.numbers.row(number) == Bearer::Own => number,
            own => self.find_or_add(name, own),
        }
    }

    #[cold]
    fn find_or_add(&mut self, name: &[u8], own: Option<u64>) -> u64 {
        if let Some(number) = self.others.get(name) {
            return *number;
        }
        if let Some(number) = own {
            let bearer = self.numbers.row(number);
            if *bearer == Bearer::Nobody {
                *bearer = Bearer::Own;
                return number;
            }
        }
        let number = loop {
            self.latest += 1;
            let bearer = self.numbers.row(self.latest);
            if *bearer == Bearer::Nobody {
                *bearer = Bearer::Other;
                break self.latest;
            }
        };
        self.others.insert(name.into(), number);
        number
    }

    /// The number in a name. Not in `T01` or `T+1`, which are other names than `T1`.
    #[inline]
    fn own_number(&self, name: &[u8]) -> Option<u64> {
        let digits = name.strip_prefix(&[self.letter])?;
        number(digits).filter(|number| *number <= self.most)
    }

    /// All names and their numbers, if not all are numbers anyway.
    fn unless_numbered(self) -> Vec<(u64, String)> {
        if self.others.is_empty() {
            return Vec::new();
        }
        let letter = char::from(self.letter);
        let own = self.numbers.iter().filter(|(_, bearer)| **bearer == Bearer::Own);
        let own = own.map(|(number, _)| (number, format!("{letter}{number}")));
        let others = self.others.iter();
        let others = others.map(|(name, number)| (*number, String::from_utf8_lossy(name).into()));
        own.chain(others).collect()
    }

    /// Names the threads of `trace`, if not all are called by their numbers.
    pub(super) fn name_threads(self, trace: &mut Trace) {
        for (number, name) in self.unless_numbered() {
            if let Some(thread) = trace.threads.get_mut(&ThreadId(number as u32)) {
                thread.name = Some(name);
            }
        }
    }

    /// Names the locks of `trace`, if not all are called by their numbers.
    pub(super) fn name_locks(self, trace: &mut Trace) {
        for (number, name) in self.unless_numbered() {
            if let Some(lock) = trace.locks.get_mut(&LockId(number)) {
                lock.class = Class::Named(name);
            }
        }
    }
}

/// Places, numbered from 1 as they come.
#[derive(Default)]
pub(super) struct Places {
    /// By number, those that are called by numbers.
    lines: Rows<SiteId>,
    others: HashMap<Box<[u8]>, SiteId>,
    sites: BTreeMap<SiteId, Place>,
}

impl Places {
    /// The number of a place.
    #[inline]
    pub(super) fn site(&mut self, text: &[u8]) -> SiteId {
        if matches!(text, b"" | b"?" | b"-") {
            return SiteId::UNKNOWN;
        }
        let line = number(text);
        let known = match line {
            Some(line) => *self.lines.row(line),
            None => self.others.get(text).copied().unwrap_or_default(),
        };
        if known == SiteId::UNKNOWN { self.add(text, line) } else { known }
    }

    #[cold]
    fn add(&mut self, text: &[u8], line: Option<u64>) -> SiteId {
        let site = SiteId(self.sites.len() as u32 + 1);
        self.sites.insert(site, place(&String::from_utf8_lossy(text)));
        match line {
            Some(line) => *self.lines.row(line) = site,
            None => {
                self.others.insert(text.into(), site);
            }
        }
        site
    }

    /// What the numbers stand for.
    pub(super) fn into_sites(self) -> BTreeMap<SiteId, Place> {
        self.sites
    }
}

#[inline]
fn value(digit: u8) -> Option<u64> {
    let value = digit.wrapping_sub(b'0');
    (value < 10).then_some(value.into())
}

/// Digits as a number, if that is written in the same way.
#[inline]
fn number(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() || digits.len() > 20 || digits[0] == b'0' && digits.len() > 1 {
        return None;
    }
    let (last, before) = digits.split_last()?;
    // Nineteen digits always fit, the twentieth may not.
    let mut number: u64 = 0;
    for digit in before {
        number = number * 10 + value(*digit)?;
    }
    number.checked_mul(10)?.checked_add(value(*last)?)
}

/// `file:line:column`, `file:line`, a number, or just a name.
fn place(text: &str) -> Place {
    let number = |text: &str| text.parse::<u32>().ok();
    let of = |file: &str, line, column| Place { file: file.to_string(), line, column };
    if let Some(line) = number(text) {
        return of(LOCATION, line, 0);
    }
    let Some((rest, last)) = text.rsplit_once(':') else { return of(text, 0, 0) };
    let Some(last) = number(last) else { return of(text, 0, 0) };
    match rest.rsplit_once(':').map(|(file, line)| (file, number(line))) {
        Some((file, Some(line))) => of(file, line, last),
        _ => of(rest, last, 0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_those_of_the_names_where_they_are_free() {
        for (names, numbers) in [
            (&["T3", "T0", "T3"][..], &[3, 0, 3][..]),
            (&["a", "b", "a"], &[1, 2, 1]),
            (&["a", "T1", "T2", "b", "T1"], &[1, 2, 3, 4, 2]),
            (&["T7", "a", "T1", "T7"], &[7, 1, 2, 7]),
            (&["T01", "T+1", "T", "T1"], &[1, 2, 3, 4]),
            (&["T4294967296", "T4294967295", "T99999999999999999999"], &[1, 4_294_967_295, 2]),
        ] {
            let mut all = Names::new(b'T', u32::MAX.into());
            let given: Vec<u64> = names.iter().map(|name| all.number(name.as_bytes())).collect();
            assert_eq!(given, numbers, "{names:?}");
        }
    }

    #[test]
    fn names_are_kept_if_one_of_them_is_no_number() {
        let named = |names: &[&str]| {
            let mut all = Names::new(b'L', u64::MAX);
            names.iter().for_each(|name| {
                all.number(name.as_bytes());
            });
            let mut named = all.unless_numbered();
            named.sort_unstable();
            named
        };
        assert_eq!(named(&["L2", "L18446744073709551615"]), []);
        let expected = [(1, "a".to_string()), (2, "L2".to_string())];
        assert_eq!(named(&["L2", "a"]), expected);
    }
}
