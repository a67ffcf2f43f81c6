//! Names that outlive a change of lines: items and fields instead of places.
//!
//! A place goes by the innermost item around it: `bank/src/lib.rs: Bank::transfer`. A lock goes by
//! the item that it is made in, with what tells it from the others made there: the field that it is
//! for (`bank/src/lib.rs: Bank::new.accounts`), or its number among them from the second one on
//! (`#2`). So lines may shift, variables be renamed and other code come between. What a registry's
//! package is called has no version, and the standard library, whose sources are not everywhere, has
//! files alone.
//!
//! Where no item is found, as in a file that is not there, a place has but its file, and the
//! function of a frame if there is one. That says too little for a finding: it goes without names
//! then, and keeps its places.
//!
//! Each file is parsed once ([`Outlines`]). [`moved`] finds out what was renamed.

mod calls;
mod items;
mod moved;
mod outline;

use std::cell::RefCell;
use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use lockgraph::finding::{Blocks, Class, Finding, Held, Lock, Place, Step, Wanted};

pub(crate) use moved::moved;

use crate::workspace::Files;
use outline::{At, Outline, Taken};

/// How the name of a lock ends of which only is known where it was first taken.
pub(crate) const FIRST_TAKEN: &str = " first taken";

/// Names of what lies in some files.
pub(crate) struct Names<'a> {
    files: &'a Files,
}

/// What was parsed of some files, each once: by the name of the file in the report; nothing for what
/// cannot be parsed.
#[derive(Default)]
pub(crate) struct Outlines(RefCell<HashMap<String, Option<Arc<Outline>>>>);

impl<'a> Names<'a> {
    pub(crate) fn of(files: &'a Files) -> Names<'a> {
        Names { files }
    }

    /// `bank/src/lib.rs: Bank::transfer`
    pub(crate) fn item(&self, place: &Place) -> String {
        self.item_of(place, None)
    }

    /// The same, with the function that the place is known to lie in for where there is no source.
    pub(crate) fn item_of(&self, place: &Place, function: Option<&str>) -> String {
        let file = self.file(&place.file);
        if !is_source(&place.file) {
            // All that it has is the line.
            return format!("{file}:{}", place.line);
        }
        let outline = self.outline(&place.file);
        let item = outline.as_ref().and_then(|outline| outline.item(at(place)));
        match item.or(function.map(plain)) {
            Some(item) => format!("{file}: {item}"),
            None => file,
        }
    }

    /// `bank/src/lib.rs: Bank::new.accounts`. Where all that is known lies in a dependency, it is
    /// said for whom the lock was made.
    pub(crate) fn class(&self, lock: &Lock) -> String {
        let is_own = match &lock.class {
            Class::Made(place) | Class::FirstTaken(place) => self.files.is_own(place),
            Class::Named(_) | Class::Unknown => true,
        };
        self.class_of(lock, !is_own)
    }

    fn class_of(&self, lock: &Lock, says_for_whom: bool) -> String {
        let class = match &lock.class {
            Class::Named(name) => name.clone(),
            Class::Made(place) => format!("{}{}", self.item(place), self.made(place)),
            Class::FirstTaken(place) => self.taken(place),
            Class::Unknown => "?".to_string(),
        };
        match &lock.made_for {
            Some(place) if says_for_whom => format!("{class} for {}", self.item(place)),
            _ => class,
        }
    }

    fn made(&self, place: &Place) -> String {
        self.outline(&place.file).map(|outline| outline.made(at(place))).unwrap_or_default()
    }

    /// A lock of which only is known where it was first taken. In the next run that may be
    /// elsewhere, so it goes by what is taken if that has a name.
    fn taken(&self, place: &Place) -> String {
        let file = self.file(&place.file);
        match self.outline(&place.file).and_then(|outline| outline.taken(at(place))) {
            Some(Taken::Static(path)) => format!("{file}: {path}"),
            Some(Taken::Field(path)) => format!("{file}: {path}{FIRST_TAKEN}"),
            Some(Taken::Other(rest)) => format!("{}{rest}{FIRST_TAKEN}", self.item(place)),
            None => format!("{}{FIRST_TAKEN}", self.item(place)),
        }
    }

    /// Whether the sources have an item, a class or a file of this name now.
    pub(crate) fn has(&self, name: &str) -> bool {
        if let Some((class, whom)) = name.split_once(" for ") {
            return self.has(class) && self.has(whom);
        }
        let name = name.strip_suffix(FIRST_TAKEN).unwrap_or(name);
        let (file, item) = name.split_once(": ").unwrap_or((name, ""));
        if !is_source(file) {
            return false;
        }
        let rest = [".", "#", " by "].iter().filter_map(|mark| item.find(mark)).min();
        let (path, rest) = item.split_at(rest.unwrap_or(item.len()));
        let is_in = |file: &str| match item {
            "" => self.files.text(file).is_some(),
            _ => self.outline(file).is_some_and(|outline| outline.has(path, rest)),
        };
        let is_it = |known: &str| known != file && self.file(known) == file;
        is_in(file) || self.files.names_like(&is_it).iter().any(|known| is_in(known))
    }

    /// The steps of a finding without places, as [`Finding::names`] has them. They depend on
    /// nothing but its [circle](Finding::circle) and the sources, so it does not matter in which of
    /// several traces it was seen. Nothing if that would say too little.
    pub(crate) fn steps(&self, finding: &Finding) -> Option<Vec<String>> {
        let steps = finding.lasting();
        let is_told = finding.has_places() && steps.iter().all(|step| self.is_told(step));
        if !is_told || steps.is_empty() {
            return None;
        }
        let says_for_whom = finding.is_in_one_line();
        let step = |step: &Step| self.step(step, says_for_whom);
        let mut steps: Vec<String> = steps.iter().map(step).collect();
        steps.sort_unstable();
        Some(steps)
    }

    /// `A -> B in transfer`; `A taken in audit -> B in transfer` if it was not taken there too.
    fn step(&self, step: &Step, says_for_whom: bool) -> String {
        let class = |lock: &Lock| self.class_of(lock, says_for_whom);
        let signal = |name: &str, object: &Option<Lock>| match object {
            Some(object) => format!("{name} at {}", class(object)),
            None => name.to_string(),
        };
        let site = step.site.as_ref().map(|site| self.item_of(site, function(step)));
        let held = |held: &Held| {
            let taken = held.site.as_ref().map(|taken| self.item(taken));
            match taken.filter(|taken| Some(taken) != site.as_ref()) {
                Some(taken) => format!("{} taken in {taken}", class(&held.lock)),
                None => class(&held.lock),
            }
        };
        let blocks = match &step.blocks {
            Blocks::Holds(it) | Blocks::LeftBehind(it) => held(it),
            Blocks::QueuesBefore(lock) => class(lock),
            Blocks::HasNotEnded => "end".to_string(),
            Blocks::CannotServe(what, object) => signal(what.name(), object),
            Blocks::Nobody => "-".to_string(),
        };
        let wants = match &step.wants {
            Some(Wanted::Lock(lock, _)) => class(lock),
            Some(Wanted::End(_)) => "join".to_string(),
            Some(Wanted::Signal(what, object)) => signal(what.name(), object),
            None => "gone".to_string(),
        };
        let place = site.as_ref().map(|site| format!(" in {site}"));
        format!("{blocks} -> {wants}{}", place.unwrap_or_default())
    }

    /// Whether the names of a step say more than in which files it is.
    fn is_told(&self, step: &Step) -> bool {
        let blocks = match &step.blocks {
            Blocks::Holds(held) | Blocks::LeftBehind(held) => Some(&held.lock),
            Blocks::QueuesBefore(lock) => Some(lock),
            Blocks::CannotServe(_, object) => object.as_ref(),
            Blocks::HasNotEnded | Blocks::Nobody => None,
        };
        let wants = match &step.wants {
            Some(Wanted::Lock(lock, _)) => Some(lock),
            Some(Wanted::Signal(_, object)) => object.as_ref(),
            Some(Wanted::End(_)) | None => None,
        };
        let is_class_told = |lock: &Lock| match &lock.class {
            Class::Named(_) => true,
            Class::Made(place) | Class::FirstTaken(place) => self.is_found(place),
            Class::Unknown => false,
        };
        let is_site_told = |site| self.is_found(site) || function(step).is_some();
        [blocks, wants].into_iter().flatten().all(is_class_told)
            && step.site.as_ref().is_none_or(is_site_told)
    }

    fn is_found(&self, place: &Place) -> bool {
        let has_item = |outline: Arc<Outline>| outline.item(at(place)).is_some();
        !is_source(&place.file)
            || self.is_std(&place.file)
            || self.outline(&place.file).is_some_and(has_item)
    }

    /// The name of a file, without the version of a package that is not the user's own.
    fn file(&self, name: &str) -> String {
        let package = name.split_once('/').filter(|_| !self.files.is_own_file(name));
        match package.and_then(|(package, rest)| Some((without_version(package)?, rest))) {
            Some((package, rest)) => format!("{package}/{rest}"),
            None => name.to_string(),
        }
    }

    fn is_std(&self, file: &str) -> bool {
        file.starts_with("library/") && !self.files.is_own_file(file)
    }

    fn outline(&self, file: &str) -> Option<Arc<Outline>> {
        let Outlines(outlines) = &self.files.outlines;
        if let Some(outline) = outlines.borrow().get(file) {
            return outline.clone();
        }
        let text = || Some(file).filter(|file| is_source(file) && !self.is_std(file));
        let text = text().and_then(|file| self.files.text(file));
        let outline = text.and_then(|text| Outline::of(&text)).map(Arc::new);
        outlines.borrow_mut().insert(file.to_string(), outline.clone());
        outline
    }
}

fn at(place: &Place) -> At {
    At { line: place.line, column: place.column }
}

/// The function in which a step wants what it waits for, by its stack.
fn function(step: &Step) -> Option<&str> {
    let frame = step.stack.iter().find(|frame| frame.place.is_some() && frame.place == step.site);
    frame.map(|frame| frame.function.as_str())
}

/// A function without the closures in it.
fn plain(function: &str) -> &str {
    function.split("::{").next().unwrap_or(function)
}

fn is_source(file: &str) -> bool {
    Path::new(file).extension().is_some_and(|extension| extension == "rs")
}

/// `tokio` of `tokio-1.54.1` and of `tokio-0a1b2c3`, as directories of cargo's are called.
fn without_version(package: &str) -> Option<&str> {
    let is_version = |text: &str| {
        let numbers: Vec<&str> = text.splitn(3, '.').collect();
        let is_number = |part: &&str| part.bytes().all(|byte| byte.is_ascii_digit());
        numbers.len() == 3
            && numbers[..2].iter().all(|part| !part.is_empty() && is_number(part))
            && numbers[2].starts_with(|first: char| first.is_ascii_digit())
    };
    let is_commit =
        |text: &str| text.len() >= 7 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let mut dashes = package.match_indices('-').map(|(at, _)| (&package[..at], &package[at + 1..]));
    dashes.find(|(_, rest)| is_version(rest) || is_commit(rest)).map(|(name, _)| name)
}

#[cfg(test)]
mod tests;
