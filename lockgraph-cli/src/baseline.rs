//! The committed order, `lock-order.json`: which class of locks is taken while which other one is
//! held, an edge a line, sorted, so that a change of the order is a line in a review.
//!
//! Classes and functions have names without lines ([`crate::names`]). Reading fails with the line
//! and column of what is wrong. Writing leaves the old file where it fails.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::load;
use crate::order::{Order, Pair};
use crate::policy::Trouble;

/// The version of the form. A newer one may mean what this one cannot say.
const VERSION: u64 = 1;

/// What the file says.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub(crate) struct Baseline {
    /// The functions in which the second of the two is wanted.
    pub(crate) edges: BTreeMap<Pair, BTreeSet<String>>,
}

#[derive(Deserialize)]
struct Head {
    version: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[expect(dead_code, reason = "looked at before")]
    version: u64,
    order: Vec<Row>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    from: String,
    to: String,
    r#in: BTreeSet<String>,
}

impl Baseline {
    /// What was seen.
    pub(crate) fn of(order: &Order) -> Baseline {
        let edges = order.edges.iter().map(|(pair, edge)| (pair.clone(), edge.within.clone()));
        Baseline { edges: edges.collect() }
    }

    /// The order in a file; `None` if there is no such file.
    pub(crate) fn find(file: &Path) -> Result<Option<Baseline>, Trouble> {
        match fs::read_to_string(file) {
            Ok(text) => Baseline::parse(&text, file).map(Some),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Trouble::when("read", file)(error)),
        }
    }

    pub(crate) fn parse(text: &str, file: &Path) -> Result<Baseline, Trouble> {
        if let Some(line) = load::conflict(text.as_bytes()) {
            let what = "git left a conflict here: keep the lines of both sides and remove the \
                        marks, or remove the file and learn anew: `cargo lockgraph learn`";
            return Err(Trouble::at_line(file, line, 1, what));
        }
        let wrong = |error: &serde_json::Error| {
            // serde_json says the place, too.
            let what = error.to_string();
            let what = what.split(" at line ").next().unwrap_or_default();
            let what = format!(
                "{what}; mend it by hand, or remove the file and learn anew: `cargo lockgraph learn`"
            );
            Trouble::at_line(file, error.line(), error.column().max(1), what)
        };
        let head: Head = serde_json::from_str(text).map_err(|error| wrong(&error))?;
        if head.version > VERSION {
            let what = format!(
                "is of version {}, and this lockgraph knows {VERSION}: update lockgraph",
                head.version
            );
            return Err(Trouble::of_file(file, what));
        }
        let read: File = serde_json::from_str(text).map_err(|error| wrong(&error))?;
        let edges = read.order.into_iter().map(|row| ((row.from, row.to), row.r#in));
        Ok(Baseline { edges: edges.collect() })
    }

    /// The text of the file.
    pub(crate) fn text(&self) -> String {
        let mut text = format!("{{\n\"version\": {VERSION},\n\"order\": [");
        for (number, ((from, to), within)) in self.edges.iter().enumerate() {
            let row = Row { from: from.clone(), to: to.clone(), r#in: within.clone() };
            let comma = if number > 0 { "," } else { "" };
            let row = serde_json::to_string(&row).unwrap_or_default();
            let _ = write!(text, "{comma}\n{row}");
        }
        text.push_str("\n]\n}\n");
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(from: &str, to: &str) -> Pair {
        (from.to_string(), to.to_string())
    }

    fn some() -> Baseline {
        let within = |names: &[&str]| names.iter().map(|name| (*name).to_string()).collect();
        Baseline {
            edges: [
                (pair("a.rs: B", "a.rs: A \"q\""), within(&["a.rs: g"])),
                (pair("a.rs: A", "a.rs: B"), within(&["b.rs: h", "a.rs: f"])),
            ]
            .into(),
        }
    }

    #[test]
    fn an_edge_is_a_line() {
        let text = some().text();
        assert_eq!(
            text,
            "{\n\"version\": 1,\n\"order\": [\n\
             {\"from\":\"a.rs: A\",\"to\":\"a.rs: B\",\"in\":[\"a.rs: f\",\"b.rs: h\"]},\n\
             {\"from\":\"a.rs: B\",\"to\":\"a.rs: A \\\"q\\\"\",\"in\":[\"a.rs: g\"]}\n]\n}\n"
        );
        assert_eq!(Baseline::parse(&text, Path::new("x")), Ok(some()));
        let nothing = Baseline::default();
        assert_eq!(Baseline::parse(&nothing.text(), Path::new("x")), Ok(nothing));
    }

    #[test]
    fn what_is_wrong_is_told_with_its_place_and_the_remedy() {
        let again = "; mend it by hand, or remove the file and learn anew: `cargo lockgraph learn`";
        for (text, want) in [
            ("{\n\"version\": 1,\n\"order\": [\n{\"from\": 1}]}", format!("o.json:4:10: invalid type: integer `1`, expected a string{again}")),
            ("{\n\"version\": 1,\n\"order\": [\n", format!("o.json:4:1: EOF while parsing a list{again}")),
            ("{\"version\": 1, \"order\": [], \"more\": 1}", format!("o.json:1:34: unknown field `more`, expected `version` or `order`{again}")),
            ("{\"version\": 2, \"edges\": 1}", "o.json: is of version 2, and this lockgraph knows 1: update lockgraph".to_string()),
            (
                "{\n\"version\": 1,\n\"order\": [\n<<<<<<< HEAD\n=======\n>>>>>>> branch\n]\n}\n",
                "o.json:4:1: git left a conflict here: keep the lines of both sides and remove the marks, or remove the file and learn anew: `cargo lockgraph learn`".to_string(),
            ),
        ] {
            let error = Baseline::parse(text, Path::new("o.json")).expect_err(text);
            assert_eq!(error.to_string(), want);
        }
    }
}
