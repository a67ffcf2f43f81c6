//! Reads the settings out of the text of the file.
//!
//! By hand over the tree with the places, and not by a derive, which would stop at the first
//! mistake: who writes such a file wants to know of all of them. Only where the text is no TOML
//! nothing else is told, since what follows from that would be told too.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use lockgraph::finding::{Kind, Verdict};
use toml::de::{DeTable, DeValue};

use super::ignored::Ignored;
use super::keys;
use super::order::Order;
use super::syntax;
use super::trouble::Mistake;
use super::values::{Reading, Text, Value};
use super::{Accept, Date, Gate, Limits, Policy};

/// The settings, or all that is wrong with them.
pub(super) fn parse(text: &str, file: &Path) -> Result<Policy, Vec<Mistake>> {
    // Editors on Windows put it there. It is no part of the first line.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let tree = syntax::tree(text)?;
    let mut reading = Reading::new(text);
    let policy = reading.policy(tree.get_ref(), file);
    if reading.mistakes.is_empty() { Ok(policy) } else { Err(reading.mistakes) }
}

impl<'t> Reading<'t> {
    fn policy(&mut self, tables: &'t DeTable<'t>, file: &Path) -> Policy {
        self.no_other_tables(tables);
        let root = file.parent().unwrap_or(Path::new(""));
        let names = self.locks(tables);
        let order = self.order(tables, names);
        Policy {
            file: file.to_owned(),
            gate: self.gate(tables),
            accepted: self.accepted(tables),
            pairs: order.pairs(),
            order,
            ignored: Ignored::new(root, self.ignored(tables)),
            limits: self.limits(tables),
        }
    }

    fn gate(&mut self, tables: &'t DeTable<'t>) -> Gate {
        let gate = self.table(tables, "gate");
        let default = Gate::default();
        Gate {
            fail_on: self.key(gate, "fail-on", Self::level).unwrap_or(default.fail_on),
            allow: self.key(gate, "allow", Self::kinds).unwrap_or(default.allow),
            order_file: self
                .key(gate, "order-file", Self::full)
                .map_or(default.order_file, |(name, _)| name.to_owned()),
            frozen_order: self
                .key(gate, "frozen-order", Self::boolean)
                .unwrap_or(default.frozen_order),
        }
    }

    /// The least sure verdict that fails.
    fn level(&mut self, key: &str, value: &'t Value<'t>) -> Option<Verdict> {
        let (name, at) = self.string(key, value)?;
        let known: Vec<&str> = LEVELS.map(Verdict::name).to_vec();
        let level = Verdict::from_name(name).filter(|verdict| LEVELS.contains(verdict));
        if level.is_none() {
            let meant = keys::suggestion(name, &known);
            let what = if name == Verdict::Excluded.name() {
                "what is `excluded` cannot deadlock and never fails; the least sure verdict that \
                 can is `possible`"
                    .to_owned()
            } else {
                format!("`{name}` is no verdict: {meant}")
            };
            self.wrong(&at, what);
        }
        level
    }

    fn kinds(&mut self, key: &str, value: &'t Value<'t>) -> Option<Vec<Kind>> {
        let known = Kind::ALL.map(Kind::name);
        let names = self.strings(key, value)?;
        let kind = |(name, at): Text<'t>| {
            let kind = Kind::from_name(name);
            if kind.is_none() {
                let meant = keys::suggestion(name, &known);
                self.wrong(&at, format!("`{name}` is no kind of finding: {meant}"));
            }
            kind
        };
        Some(names.into_iter().filter_map(kind).collect())
    }

    /// The name of each class that has one.
    fn locks(&mut self, tables: &'t DeTable<'t>) -> BTreeMap<String, String> {
        let mut entries: Vec<_> = self.table(tables, "locks").into_iter().flatten().collect();
        entries.sort_by_key(|(name, _)| name.span().start);
        let mut classes: BTreeMap<String, (String, usize)> = BTreeMap::new();
        for (name, value) in entries {
            let (name, at) = (&**name.get_ref(), name.span());
            if name.trim().is_empty() || name.contains('<') {
                let remedy = "cannot stand in an order: use a name without `<`";
                self.wrong(&at, format!("`{name}` {remedy}"));
            }
            let line = self.line(at.start);
            for (class, at) in self.classes(name, value) {
                match classes.get(class) {
                    Some((other, line)) if other != name => self.wrong(
                        &at,
                        format!(
                            "`{class}` is `{other}` already (line {line}): a class has one name, \
                             remove it here or there"
                        ),
                    ),
                    _ => drop(classes.insert(class.to_owned(), (name.to_owned(), line))),
                }
            }
        }
        classes.into_iter().map(|(class, (name, _))| (class, name)).collect()
    }

    /// A class or a list of them.
    fn classes(&mut self, name: &str, value: &'t Value<'t>) -> Vec<Text<'t>> {
        if !value.get_ref().is_array() {
            return self.full(name, value).into_iter().collect();
        }
        let classes = self.strings(name, value).unwrap_or_default();
        if classes.is_empty() {
            self.wrong(&value.span(), format!("`{name}` names no class: list some, or remove it"));
        }
        classes
    }

    fn order(&mut self, tables: &'t DeTable<'t>, names: BTreeMap<String, String>) -> Order {
        let table = self.table(tables, "order");
        let mut order = Order::new(names);
        for (line, at) in self.key(table, "declared", Self::strings).unwrap_or_default() {
            if let Err(what) = order.declare(line) {
                self.wrong(&at, what);
            }
        }
        order
    }

    fn ignored(&mut self, tables: &'t DeTable<'t>) -> Vec<String> {
        let table = self.table(tables, "ignore");
        let crates = self.key(table, "crates", Self::strings).unwrap_or_default();
        crates.into_iter().map(|(name, _)| name.to_owned()).collect()
    }

    fn limits(&mut self, tables: &'t DeTable<'t>) -> Limits {
        let table = self.table(tables, "limits");
        Limits {
            max_length: self.key(table, "max-length", |reading, key, value| {
                reading.number(key, value, 2).and_then(|number| usize::try_from(number).ok())
            }),
            budget: self.key(table, "budget", |reading, key, value| reading.number(key, value, 0)),
        }
    }

    fn accepted(&mut self, tables: &'t DeTable<'t>) -> Vec<Accept> {
        let Some(value) = tables.get("accept") else { return Vec::new() };
        let entries = value.get_ref().as_array().map(|entries| &entries[..]).unwrap_or_default();
        // Also so that there is one form only to be edited.
        let is_by_table = |entry: &Value| self.text[entry.span().start..].starts_with("[[");
        if !value.get_ref().is_array() || !entries.iter().all(is_by_table) {
            let remedy = "begin each accepted finding with a line `[[accept]]`";
            self.wrong(&value.span(), format!("this is no list of tables: {remedy}"));
            return Vec::new();
        }
        let accepted: Vec<_> = entries.iter().filter_map(|entry| self.accept(entry)).collect();
        self.each_once(&accepted);
        accepted
    }

    fn accept(&mut self, entry: &'t Value<'t>) -> Option<Accept> {
        let table = entry.get_ref().as_table();
        self.no_other_keys("accept", table?);
        let fingerprint = self.required(table, "fingerprint", entry, "which finding it is");
        let fingerprint = fingerprint.and_then(|value| self.fingerprint("fingerprint", value));
        let reason = self.required(table, "reason", entry, "why the finding may stay");
        let reason = reason.and_then(|value| self.full("reason", value));
        let what = self.key(table, "what", Self::strings).unwrap_or_default();
        let end = table?.values().map(|value| value.span().end).max();
        let expires = self.key(table, "expires", Self::date);
        Some(Accept {
            fingerprint: fingerprint?,
            reason: reason?.0.to_owned(),
            expires,
            what: what.into_iter().map(|(name, _)| name.to_owned()).collect(),
            lines: self.line(entry.span().start)..self.line(end?) + 1,
        })
    }

    fn fingerprint(&mut self, key: &str, value: &'t Value<'t>) -> Option<u64> {
        let (text, at) = self.string(key, value)?;
        let fingerprint = super::fingerprint(text);
        if fingerprint.is_none() {
            let remedy = "copy it from the line `fingerprint:` of the finding";
            self.wrong(&at, format!("`{text}` is not 16 hexadecimal digits: {remedy}"));
        }
        fingerprint
    }

    fn date(&mut self, key: &str, value: &'t Value<'t>) -> Option<Date> {
        let DeValue::Datetime(moment) = value.get_ref() else {
            self.not(key, value, "a day without quotes");
            return None;
        };
        match (moment.date, moment.time) {
            (Some(day), None) => {
                let date = Date::new(day.year, day.month, day.day);
                if date.is_none() {
                    self.wrong(&value.span(), "the calendar begins with the year 1".to_owned());
                }
                date
            }
            _ => {
                self.not(key, value, "a day without a time");
                None
            }
        }
    }

    fn each_once(&mut self, accepted: &[Accept]) {
        let mut lines: HashMap<u64, usize> = HashMap::new();
        for Accept { fingerprint, lines: own, .. } in accepted {
            if let Some(line) = lines.insert(*fingerprint, own.start) {
                let at = self.text.split_inclusive('\n').take(own.start - 1).map(str::len).sum();
                let what = format!("`{fingerprint:016x}` is accepted in line {line} already");
                self.wrong(&(at..at), format!("{what}: keep one of the two"));
            }
        }
    }
}

/// What may be the least sure verdict that fails.
const LEVELS: [Verdict; 5] =
    [Verdict::Actual, Verdict::Stalled, Verdict::Proved, Verdict::Feasible, Verdict::Possible];
