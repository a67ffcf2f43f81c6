//! Which entries of a list are entries of a newer one, after something was renamed or a file moved.
//!
//! Entries are texts with names in them: [`Finding::names`](lockgraph::finding::Finding::names), or
//! an edge between classes as one text, `A -> B`. A name is *gone* if the newer list does not have
//! it and the sources neither; it is *fresh* if the older list does not have it. Two entries can be
//! the same if they are so with one identifier, or one file, left blank in all of their gone and
//! fresh names. So renaming a type is one change, though it is in the names of all its functions.
//!
//! Of these pairs those are taken that have no other choice. What they say was renamed then decides
//! about others, until nothing is decided any more. Where two say that one name has become two
//! others, or two names one, none of them is believed.
//!
//! Linear but for entries that look the same when blank: of more than [`MOST`] none is told.

use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Entries of one list that may look the same when blank.
const MOST: usize = 64;

/// What is between two names. All that follows a name up to the next of them is a part of it.
const BETWEEN: [&str; 5] = [" -> ", " taken in ", " in ", " at ", " for "];

const BLANK: &str = "\0";

/// A name and what it has become.
type Renamed<'a> = (&'a str, String);

/// A pair that can be the same.
struct Pair<'a> {
    old: usize,
    new: usize,
    renamed: Vec<Renamed<'a>>,
}

/// Each pair of an old entry and a new one that it has become, by their positions, in order.
/// `is_there` says whether the sources have a name now. The order of an entry's texts does not
/// matter; that of the names in a text does.
pub(crate) fn moved(
    old: &[&[String]],
    new: &[&[String]],
    is_there: &dyn Fn(&str) -> bool,
) -> Vec<(usize, usize)> {
    let (old_groups, new_groups) = (groups(old), groups(new));
    let (old_names, new_names) = (names(&old_groups), names(&new_groups));
    let gone: BTreeSet<&str> =
        old_names.difference(&new_names).copied().filter(|name| !is_there(name)).collect();
    let fresh: BTreeSet<&str> = new_names.difference(&old_names).copied().collect();
    let pairs = pairs(&old_groups, &new_groups, &gone, &fresh);
    let mut moved: Vec<(usize, usize)> = decided(pairs)
        .into_iter()
        .flat_map(|(from, to)| {
            let (from, to) = (&old_groups[from].at, &new_groups[to].at);
            from.iter().flat_map(move |from| to.iter().map(move |to| (*from, *to)))
        })
        .collect();
    moved.sort_unstable();
    moved
}

/// Entries that are the same.
struct Group<'a> {
    /// Sorted.
    texts: Vec<&'a str>,
    at: Vec<usize>,
}

fn groups<'a>(entries: &[&'a [String]]) -> Vec<Group<'a>> {
    let mut groups: BTreeMap<Vec<&str>, Vec<usize>> = BTreeMap::new();
    for (at, entry) in entries.iter().enumerate() {
        let mut texts: Vec<&str> = entry.iter().map(String::as_str).collect();
        texts.sort_unstable();
        groups.entry(texts).or_default().push(at);
    }
    groups.into_iter().map(|(texts, at)| Group { texts, at }).collect()
}

fn names<'a>(groups: &[Group<'a>]) -> BTreeSet<&'a str> {
    let texts = groups.iter().flat_map(|group| &group.texts);
    texts
        .flat_map(|text| parts(text))
        .filter(|(_, is_name)| *is_name)
        .map(|(name, _)| name)
        .collect()
}

/// A text in names and what is between them, and which it is.
fn parts(text: &str) -> Vec<(&str, bool)> {
    let mut parts = Vec::new();
    let mut rest = text;
    loop {
        let next = BETWEEN.iter().filter_map(|mark| Some((rest.find(mark)?, mark.len()))).min();
        let Some((at, length)) = next else { break };
        parts.push((&rest[..at], true));
        parts.push((&rest[at..at + length], false));
        rest = &rest[at + length..];
    }
    parts.push((rest, true));
    parts
}

/// All pairs that one change can explain.
fn pairs<'a>(
    old: &[Group<'a>],
    new: &[Group<'a>],
    gone: &BTreeSet<&str>,
    fresh: &BTreeSet<&str>,
) -> Vec<Pair<'a>> {
    let mut newer: HashMap<Vec<String>, Vec<(usize, &str)>> = HashMap::new();
    for (at, group) in new.iter().enumerate() {
        for (key, word) in blanks(group, fresh) {
            newer.entry(key).or_default().push((at, word));
        }
    }
    let mut older: BTreeMap<Vec<String>, Vec<(usize, &'a str)>> = BTreeMap::new();
    for (at, group) in old.iter().enumerate() {
        for (key, word) in blanks(group, gone) {
            older.entry(key).or_default().push((at, word));
        }
    }
    let mut pairs: BTreeMap<(usize, usize), Pair<'a>> = BTreeMap::new();
    for (key, froms) in older {
        let Some(tos) = newer.get(&key).filter(|tos| tos.len().max(froms.len()) <= MOST) else {
            continue;
        };
        for (from, before) in &froms {
            for (to, after) in tos {
                let renamed = renamed(&old[*from], gone, before, after);
                let pair = || Pair { old: *from, new: *to, renamed };
                pairs.entry((*from, *to)).or_insert_with(pair);
            }
        }
    }
    pairs.into_values().collect()
}

/// What a group is with each word of its names that are in `of` left blank, and that word.
fn blanks<'a>(group: &Group<'a>, of: &BTreeSet<&str>) -> Vec<(Vec<String>, &'a str)> {
    let parts: Vec<Vec<(&str, bool)>> = group.texts.iter().map(|text| parts(text)).collect();
    let is_open = |part: &(&str, bool)| part.1 && of.contains(part.0);
    let open = parts.iter().flatten().filter(|part| is_open(part));
    let words: BTreeSet<&str> = open.flat_map(|(name, _)| words(name)).collect();
    let blank = |word: &'a str| {
        let text = |parts: &Vec<(&str, bool)>| {
            let part = |part: &(&str, bool)| {
                if is_open(part) { replaced(part.0, word, BLANK) } else { part.0.to_string() }
            };
            parts.iter().map(part).collect::<String>()
        };
        let mut key: Vec<String> = parts.iter().map(text).collect();
        key.sort_unstable();
        (key, word)
    };
    words.into_iter().map(blank).collect()
}

/// What a change makes of the gone names of a group.
fn renamed<'a>(
    group: &Group<'a>,
    gone: &BTreeSet<&str>,
    before: &str,
    after: &str,
) -> Vec<Renamed<'a>> {
    let parts = group.texts.iter().flat_map(|text| parts(text));
    let names = parts.filter(|(name, is_name)| *is_name && gone.contains(name));
    names.map(|(name, _)| (name, replaced(name, before, after))).collect()
}

/// The pairs that have no other choice.
fn decided(mut pairs: Vec<Pair<'_>>) -> Vec<(usize, usize)> {
    let mut taken = Vec::new();
    let (mut became, mut was) = (BTreeMap::new(), BTreeMap::new());
    loop {
        pairs.retain(|pair| {
            pair.renamed.iter().all(|(from, to)| {
                became.get(from).is_none_or(|known| known == to)
                    && was.get(to).is_none_or(|known| known == from)
            })
        });
        let uses = |of: &dyn Fn(&Pair<'_>) -> usize| {
            let mut uses: HashMap<usize, usize> = HashMap::new();
            pairs.iter().for_each(|pair| *uses.entry(of(pair)).or_default() += 1);
            uses
        };
        let (old, new) = (uses(&|pair| pair.old), uses(&|pair| pair.new));
        let is_only = |pair: &Pair<'_>| old[&pair.old] == 1 && new[&pair.new] == 1;
        let (only, rest): (Vec<_>, Vec<_>) = pairs.into_iter().partition(is_only);
        if only.is_empty() {
            return taken;
        }
        let agreed = agreed(only);
        for pair in agreed {
            taken.push((pair.old, pair.new));
            for (from, to) in pair.renamed {
                became.insert(from, to.clone());
                was.insert(to, from);
            }
        }
        pairs = rest;
    }
}

/// Those of the pairs that say of no name what another one denies.
fn agreed(pairs: Vec<Pair<'_>>) -> Vec<Pair<'_>> {
    let (mut became, mut was) = (BTreeMap::new(), BTreeMap::new());
    for (from, to) in pairs.iter().flat_map(|pair| &pair.renamed) {
        became.entry(*from).or_insert_with(BTreeSet::new).insert(to.clone());
        was.entry(to.clone()).or_insert_with(BTreeSet::new).insert(*from);
    }
    let is_agreed = |(from, to): &Renamed<'_>| became[from].len() == 1 && was[to].len() == 1;
    pairs.into_iter().filter(|pair| pair.renamed.iter().all(is_agreed)).collect()
}

/// The file of a name, and the identifiers of the rest.
fn words(name: &str) -> Vec<&str> {
    let (file, rest) = name.split_once(": ").unwrap_or(("", name));
    let words = rest.split(|character: char| !is_word(character));
    [file].into_iter().chain(words).filter(|word| !word.is_empty()).collect()
}

/// A name with another word in each place of one.
fn replaced(name: &str, word: &str, other: &str) -> String {
    let (file, rest) = match name.split_once(": ") {
        Some((file, rest)) => (Some(file), rest),
        None => (None, name),
    };
    let mut text = String::new();
    if let Some(file) = file {
        text = format!("{}: ", if file == word { other } else { file });
    }
    let mut rest = rest;
    while let Some(first) = rest.chars().next() {
        let is_alike = |character: char| is_word(character) == is_word(first);
        let length = rest.find(|character| !is_alike(character)).unwrap_or(rest.len());
        let part = &rest[..length];
        text.push_str(if part == word { other } else { part });
        rest = &rest[length..];
    }
    text
}

fn is_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

#[cfg(test)]
mod tests;
