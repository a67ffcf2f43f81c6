//! Tables and values of the file, whatever they are for: each is what it should be, or a mistake is
//! noted and it counts as not there.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::keys;
use super::trouble::{Mistake, Position};

pub(super) type Value<'t> = Spanned<DeValue<'t>>;
/// A table of the file, if it is there.
pub(super) type Table<'t> = Option<&'t DeTable<'t>>;
/// A text, and where it is.
pub(super) type Text<'t> = (&'t str, Range<usize>);

/// A file that is being read.
pub(super) struct Reading<'t> {
    pub(super) text: &'t str,
    pub(super) mistakes: Vec<Mistake>,
}

impl<'t> Reading<'t> {
    pub(super) fn new(text: &'t str) -> Reading<'t> {
        Reading { text, mistakes: Vec::new() }
    }

    /// The line of a byte, from 1.
    pub(super) fn line(&self, byte: usize) -> usize {
        Position::of(self.text, byte).line
    }

    pub(super) fn wrong(&mut self, at: &Range<usize>, what: String) {
        self.mistakes.push(Mistake::at(self.text, at, what));
    }

    pub(super) fn no_other_tables(&mut self, tables: &DeTable<'_>) {
        for name in tables.keys().filter(|name| !keys::TABLES.contains(&&**name.get_ref())) {
            let at = name.span();
            let name = name.get_ref();
            let what = match keys::home(name) {
                Some(table) => format!("`{name}` belongs below `[{table}]`: move it there"),
                None => {
                    let meant = keys::suggestion(name, &keys::TABLES);
                    format!("`{name}` is no table of the settings: {meant}")
                }
            };
            self.wrong(&at, what);
        }
    }

    pub(super) fn no_other_keys(&mut self, table: &'static str, keys: &DeTable<'_>) {
        let known = keys::of(table);
        for name in keys.keys().filter(|name| !known.contains(&&**name.get_ref())) {
            let at = name.span();
            let name = name.get_ref();
            let what = match keys::home(name) {
                Some(home) => format!("`{name}` belongs below `[{home}]`: move it there"),
                None => {
                    let meant = keys::suggestion(name, &known);
                    format!("`{name}` is no key of `{table}`: {meant}")
                }
            };
            self.wrong(&at, what);
        }
    }

    /// A table of the file, if it is there. Those of `locks` have any keys.
    pub(super) fn table(&mut self, tables: &'t DeTable<'t>, name: &'static str) -> Table<'t> {
        let value = tables.get(name)?;
        let table = value.get_ref().as_table();
        match table {
            Some(table) if name != "locks" => self.no_other_keys(name, table),
            Some(_) => {}
            None => {
                let what = found(value.get_ref());
                self.wrong(&value.span(), format!("`{name}` is a table, not {what}: `[{name}]`"));
            }
        }
        table
    }

    pub(super) fn key<T>(
        &mut self,
        table: Table<'t>,
        key: &str,
        read: impl FnOnce(&mut Self, &str, &'t Value<'t>) -> Option<T>,
    ) -> Option<T> {
        read(self, key, table?.get(key)?)
    }

    pub(super) fn required(
        &mut self,
        table: Table<'t>,
        key: &str,
        entry: &Value<'_>,
        says: &str,
    ) -> Option<&'t Value<'t>> {
        let value = table?.get(key);
        if value.is_none() {
            let example = keys::example(key);
            let what = format!("`{key}` is missing, which says {says}: for example {example}");
            self.wrong(&entry.span(), what);
        }
        value
    }

    /// A value of another type than it should be.
    pub(super) fn not(&mut self, key: &str, value: &Value<'_>, wanted: &str) {
        let (found, example) = (found(value.get_ref()), keys::example(key));
        let what = format!("`{key}` is {wanted}, not {found}: for example {example}");
        self.wrong(&value.span(), what);
    }

    pub(super) fn string(&mut self, key: &str, value: &'t Value<'t>) -> Option<Text<'t>> {
        let text = value.get_ref().as_str();
        if text.is_none() {
            self.not(key, value, "a text in quotes");
        }
        Some((text?, value.span()))
    }

    /// A string with something in it.
    pub(super) fn full(&mut self, key: &str, value: &'t Value<'t>) -> Option<Text<'t>> {
        let (text, at) = self.string(key, value)?;
        if text.trim().is_empty() {
            let example = keys::example(key);
            self.wrong(&at, format!("`{key}` is empty: for example {example}"));
            return None;
        }
        Some((text, at))
    }

    pub(super) fn strings(&mut self, key: &str, value: &'t Value<'t>) -> Option<Vec<Text<'t>>> {
        let Some(values) = value.get_ref().as_array() else {
            self.not(key, value, "a list of texts");
            return None;
        };
        let mut texts = Vec::new();
        for value in values {
            match value.get_ref().as_str() {
                Some(text) => texts.push((text, value.span())),
                None => self.not(key, value, "a list of texts"),
            }
        }
        Some(texts)
    }

    pub(super) fn boolean(&mut self, key: &str, value: &'t Value<'t>) -> Option<bool> {
        let value_of = value.get_ref().as_bool();
        if value_of.is_none() {
            self.not(key, value, "`true` or `false`");
        }
        value_of
    }

    pub(super) fn number(&mut self, key: &str, value: &'t Value<'t>, least: u64) -> Option<u64> {
        let number = value.get_ref().as_integer();
        let number = number.and_then(|it| u64::from_str_radix(it.as_str(), it.radix()).ok());
        let number = number.filter(|number| *number >= least);
        if number.is_none() {
            self.not(key, value, &format!("a whole number from {least} on"));
        }
        number
    }
}

/// What there is instead.
fn found(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(_) => "a text".into(),
        DeValue::Integer(number) => number.to_string(),
        DeValue::Float(number) => number.to_string(),
        DeValue::Boolean(value) => format!("`{value}`"),
        DeValue::Datetime(moment) => moment.to_string(),
        DeValue::Array(_) => "a list".into(),
        DeValue::Table(_) => "a table".into(),
    }
}
