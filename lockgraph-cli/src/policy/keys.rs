//! Every key of the settings, and what was meant by one that there is not.

/// A key of a table.
pub(super) struct Key {
    pub(super) table: &'static str,
    pub(super) name: &'static str,
    /// A value for it, as the file has it.
    pub(super) example: &'static str,
}

/// The tables. The keys of `locks` are names of the user's choice.
pub(super) const TABLES: [&str; 6] = ["gate", "locks", "order", "ignore", "limits", "accept"];

/// The keys of the other tables.
pub(super) const KEYS: [Key; 12] = [
    key("gate", "fail-on", "\"possible\""),
    key("gate", "allow", "[\"long-hold\"]"),
    key("gate", "order-file", "\"lock-order.json\""),
    key("gate", "frozen-order", "true"),
    key("order", "declared", "[\"accounts < audit\"]"),
    key("ignore", "crates", "[\"tokio\"]"),
    key("limits", "max-length", "8"),
    key("limits", "budget", "4000000"),
    key("accept", "fingerprint", "\"0123456789abcdef\""),
    key("accept", "reason", "\"the two threads never run at the same time\""),
    key("accept", "expires", "2027-01-31"),
    key("accept", "what", "[\"bank/src/lib.rs: Bank::transfer\"]"),
];

const fn key(table: &'static str, name: &'static str, example: &'static str) -> Key {
    Key { table, name, example }
}

/// The names of the keys of a table.
pub(super) fn of(table: &str) -> Vec<&'static str> {
    KEYS.iter().filter(|key| key.table == table).map(|key| key.name).collect()
}

/// How a value of a key looks.
pub(super) fn example(name: &str) -> String {
    let key = KEYS.iter().find(|key| key.name == name);
    let value = key.map_or("\"bank/src/lib.rs: Bank::new.accounts\"", |key| key.example);
    format!("`{name} = {value}`")
}

/// The table that a key belongs to.
pub(super) fn home(name: &str) -> Option<&'static str> {
    KEYS.iter().find(|key| key.name == name).map(|key| key.table)
}

/// "did you mean `b`?" if one of them is like `name`, else "one of `a`, `b`".
pub(super) fn suggestion(name: &str, known: &[&str]) -> String {
    match nearest(name, known) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => format!("it is one of `{}`", known.join("`, `")),
    }
}

/// The one that is most like `name`, if one is like it at all: at most half of it is different.
fn nearest<'a>(name: &str, known: &[&'a str]) -> Option<&'a str> {
    let name = name.to_lowercase();
    let likeness = |known: &str| strsim::normalized_damerau_levenshtein(&name, known);
    let scored = known.iter().map(|known| (likeness(known), *known));
    let best = scored.max_by(|one, other| one.0.total_cmp(&other.0));
    best.filter(|(score, _)| *score >= 0.5).map(|(_, known)| known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_that_is_nearly_right_is_suggested() {
        let gate = of("gate");
        for (name, want) in [
            ("fail_on", "did you mean `fail-on`?"),
            ("Fail-On", "did you mean `fail-on`?"),
            ("alow", "did you mean `allow`?"),
            ("order", "did you mean `order-file`?"),
            ("x", "it is one of `fail-on`, `allow`, `order-file`, `frozen-order`"),
        ] {
            assert_eq!(suggestion(name, &gate), want, "{name}");
        }
    }

    #[test]
    fn every_key_is_of_a_table() {
        for key in KEYS {
            assert!(TABLES.contains(&key.table), "{}", key.name);
            assert_eq!(home(key.name), Some(key.table), "{} is a key twice", key.name);
        }
    }
}
