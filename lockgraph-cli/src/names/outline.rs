//! What a source file has: its items, the calls in them, and the fields that are given values.
//!
//! A file is parsed on a thread of its own. It has a large stack, because the parser recurses, and
//! it takes the positions of the tokens with it, which live as long as their thread. A file that
//! cannot be parsed has no outline.
//!
//! Positions are looked up by binary search, and then up through the items around; what tells the
//! calls of one item apart takes a pass over these.

use std::thread;

use proc_macro2::{LineColumn, Span, TokenStream};

use super::calls::{self, Call};
use super::items;

/// Lazily taken from the system: what rustc can parse is parsed here too.
const STACK: usize = 256 << 20;

/// A line and a column, both from 1.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct At {
    pub(super) line: u32,
    pub(super) column: u32,
}

/// What has a name, and lies from `start` to `end`.
pub(super) struct Item {
    /// `bank::Bank::transfer`, from the file on.
    pub(super) path: String,
    pub(super) start: At,
    pub(super) end: At,
    /// What it lies in.
    pub(super) parent: Option<usize>,
    /// Whether it is a static or a constant, all of which is one value.
    pub(super) is_value: bool,
}

/// A field: of a struct, or one that is given a value.
pub(super) struct Field {
    /// `.inner.accounts`
    pub(super) name: String,
    pub(super) start: At,
    pub(super) end: At,
}

/// One file.
pub(super) struct Outline {
    /// By their starts, so that each comes after what it lies in.
    items: Vec<Item>,
    /// With the items they lie in, by these and then by their places.
    calls: Vec<(Option<usize>, Call)>,
    /// By their starts.
    fields: Vec<Field>,
}

impl At {
    /// Where a span begins. Columns of spans are counted from 0.
    pub(super) fn start(span: Span) -> At {
        At::of(span.start())
    }

    pub(super) fn end(span: Span) -> At {
        At::of(span.end())
    }

    fn of(place: LineColumn) -> At {
        let number = |from: usize| u32::try_from(from).unwrap_or(u32::MAX);
        At { line: number(place.line), column: number(place.column + 1) }
    }

    /// Whether it lies in a piece of text; in one of its lines, if the column is not known.
    fn is_in(self, start: At, end: At) -> bool {
        match self.column {
            0 => (start.line..=end.line).contains(&self.line),
            _ => start <= self && self <= end,
        }
    }
}

impl Outline {
    /// That of a file with this text.
    pub(super) fn of(text: &str) -> Option<Outline> {
        thread::scope(|scope| {
            let builder = thread::Builder::new().name("parse".into()).stack_size(STACK);
            builder.spawn_scoped(scope, || parse(text)).ok()?.join().ok()?
        })
    }

    /// The innermost item around a place.
    fn innermost(&self, at: At) -> Option<usize> {
        // Where the column is not known, whatever begins in the line is as good.
        let last = At { column: if at.column == 0 { u32::MAX } else { at.column }, ..at };
        let mut item = self.items.partition_point(|item| item.start <= last).checked_sub(1);
        while let Some(number) = item.filter(|item| !self.is_in(*item, at)) {
            item = self.items[number].parent;
        }
        item
    }

    fn is_in(&self, item: usize, at: At) -> bool {
        at.is_in(self.items[item].start, self.items[item].end)
    }

    /// The path of the innermost item around a place.
    pub(super) fn item(&self, at: At) -> Option<&str> {
        self.innermost(at).map(|item| self.items[item].path.as_str())
    }

    /// What tells a lock that is made at a place from others made in the same item: the field that
    /// it is for, and which of the field's or the item's it is if it is not the first.
    pub(super) fn made(&self, at: At) -> String {
        let item = self.innermost(at);
        let calls = self.calls_of(item);
        match call_at(calls, at) {
            Some(call) => told_apart(calls, call, self.is_value(item)),
            None => self.field(item, at).unwrap_or_default().to_string(),
        }
    }

    /// What is taken at a place, if it has a name of its own: a static of this file, or a field of
    /// the type whose function this is.
    pub(super) fn taken(&self, at: At) -> Option<Taken> {
        let item = self.innermost(at);
        let calls = self.calls_of(item);
        let call = call_at(calls, at)?;
        if let Some(fields) = call.receiver.strip_prefix("self.") {
            let path = self.items[item?].path.as_str();
            let (owner, _) = path.rsplit_once("::")?;
            return Some(Taken::Field(format!("{owner}.{fields}")));
        }
        let mut items = self.items.iter().map(|item| item.path.as_str());
        let is_it = |path: &&str| path.rsplit("::").next() == Some(&call.receiver);
        if let Some(path) = items.find(is_it) {
            return Some(Taken::Static(path.to_string()));
        }
        Some(Taken::Other(told_apart(calls, call, self.is_value(item))))
    }

    /// Whether there is an item with this path, and in it something with this rest of a name.
    pub(super) fn has(&self, path: &str, rest: &str) -> bool {
        let mut items = (0..self.items.len()).filter(|item| self.items[*item].path == path);
        items.any(|item| rest.is_empty() || self.has_part(item, rest))
    }

    fn has_part(&self, item: usize, rest: &str) -> bool {
        let calls = self.calls_of(Some(item));
        let is_call = || {
            let rest_of = |call: &Call| told_apart(calls, call, self.items[item].is_value);
            calls.iter().any(|(_, call)| rest_of(call) == rest)
        };
        let is_field = |field: &Field| field.name == rest && self.is_in(item, field.start);
        self.fields.iter().any(is_field) || is_call()
    }

    fn is_value(&self, item: Option<usize>) -> bool {
        item.is_some_and(|item| self.items[item].is_value)
    }

    fn calls_of(&self, item: Option<usize>) -> &[(Option<usize>, Call)] {
        let from = self.calls.partition_point(|(of, _)| *of < item);
        let to = self.calls.partition_point(|(of, _)| *of <= item);
        &self.calls[from..to]
    }

    /// The innermost field around a place in an item.
    fn field(&self, item: Option<usize>, at: At) -> Option<&str> {
        let item = &self.items[item?];
        let around = |field: &&Field| {
            field.start.is_in(item.start, item.end) && at.is_in(field.start, field.end)
        };
        self.fields.iter().rfind(around).map(|field| field.name.as_str())
    }
}

/// What is taken somewhere.
pub(super) enum Taken {
    /// The path of a static.
    Static(String),
    /// `Bank.accounts`
    Field(String),
    /// What tells it from others that are taken in the same item.
    Other(String),
}

fn parse(text: &str) -> Option<Outline> {
    let tokens: TokenStream = without_shebang(text).parse().ok()?;
    let file = syn::parse2(tokens.clone()).ok()?;
    let (items, mut fields) = items::of(&file);
    let (calls, values) = calls::of(tokens);
    fields.extend(values);
    fields.sort_by_key(|field| field.start);
    let mut outline = Outline { items, calls: Vec::new(), fields };
    outline.calls = calls.into_iter().map(|call| (outline.innermost(call.at), call)).collect();
    outline.calls.sort_by_key(|(item, call)| (*item, call.at));
    Some(outline)
}

/// The line's end stays, so that the other lines keep their numbers.
fn without_shebang(text: &str) -> &str {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let is_shebang = |rest: &str| !rest.trim_start().starts_with('[');
    match text.strip_prefix("#!").filter(|rest| is_shebang(rest)) {
        Some(rest) => &rest[rest.find('\n').unwrap_or(rest.len())..],
        None => text,
    }
}

/// The call at a place. Where the column is not known, it is the first of the line that makes a
/// lock, or else the first.
fn call_at(calls: &[(Option<usize>, Call)], at: At) -> Option<&Call> {
    let line = || calls.iter().map(|(_, call)| call).filter(|call| call.at.line == at.line);
    if at.column > 0 {
        return line().find(|call| call.at == at);
    }
    line().find(|call| call.is_lock()).or_else(|| line().next())
}

/// What tells a call from the others of its item. Those that are known to make locks are counted in
/// their field, or in the item; any other is counted among its like, and is called by what it calls
/// unless it is all that the field, or the static, has.
fn told_apart(calls: &[(Option<usize>, Call)], call: &Call, is_value: bool) -> String {
    let near = || calls.iter().map(|(_, other)| other).filter(|other| other.field == call.field);
    let is_alike =
        |other: &&Call| if call.is_lock() { other.is_lock() } else { other.callee == call.callee };
    let before = near().filter(is_alike).filter(|other| other.at < call.at).count();
    let is_other = |other: &Call| other.may_make() && other.callee != call.callee;
    let is_one_value = is_value || !call.field.is_empty();
    let needs_no_word = call.is_lock() || is_one_value && !near().any(is_other);
    let by = if needs_no_word { String::new() } else { format!(" by {}", call.callee) };
    let ordinal = if before > 0 { format!("#{}", before + 1) } else { String::new() };
    format!("{}{by}{ordinal}", call.field)
}
