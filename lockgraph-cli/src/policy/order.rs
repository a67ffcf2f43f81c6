//! The declared order: which lock has to be taken before which other.
//!
//! `a < b` says that `a` is taken before `b`, where both are names of `[locks]` or of classes.
//! With `a < b` and `b < c` comes `a < c`. What would close a circle is refused, and the circle is
//! told; so the order is one. Each step costs a search over those before it: the file is written
//! by hand.
//!
//! Between the classes of one name no order is declared.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// What stands between two names. A `<` alone may be part of a name (`Pool<T>::new`).
const BEFORE: &str = " < ";

/// Names and the classes that they stand for, and the order among them.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub(super) struct Order {
    /// The name of each class that has one.
    names: BTreeMap<String, String>,
    /// Names, and those that come right after them.
    after: BTreeMap<String, BTreeSet<String>>,
}

impl Order {
    pub(super) fn new(names: BTreeMap<String, String>) -> Order {
        Order { names, after: BTreeMap::new() }
    }

    /// The name of a class.
    pub(super) fn name_of(&self, class: &str) -> Option<&str> {
        self.names.get(class).map(String::as_str)
    }

    /// Takes in `a < b < ..`, or says what is wrong with it.
    pub(super) fn declare(&mut self, line: &str) -> Result<(), String> {
        let names = names(line)?;
        for pair in names.windows(2) {
            let [before, after] = [pair[0], pair[1]].map(|name| self.node(name).to_owned());
            if let Some(path) = self.path(&after, &before) {
                let circle = [&[before.as_str()], &path[..]].concat().join(BEFORE);
                return Err(format!(
                    "this order goes round in a circle: {circle}; remove one of these orders"
                ));
            }
            self.after.entry(before).or_default().insert(after);
        }
        Ok(())
    }

    /// A class that has a name goes by it.
    fn node<'a>(&'a self, name: &'a str) -> &'a str {
        self.name_of(name).unwrap_or(name)
    }

    /// A shortest way from one name to another along the order, both included.
    fn path<'a>(&'a self, from: &'a str, to: &'a str) -> Option<Vec<&'a str>> {
        let mut came_from: BTreeMap<&str, Option<&str>> = BTreeMap::from([(from, None)]);
        let mut queue = VecDeque::from([from]);
        while let Some(name) = queue.pop_front() {
            if name == to {
                let mut path = vec![name];
                while let Some(before) = path.last().and_then(|last| came_from[last]) {
                    path.push(before);
                }
                path.reverse();
                return Some(path);
            }
            for next in self.after.get(name).into_iter().flatten() {
                came_from.entry(next).or_insert_with(|| {
                    queue.push_back(next);
                    Some(name)
                });
            }
        }
        None
    }

    /// Every two classes of which the first has to be taken before the second, declared or implied.
    pub(super) fn pairs(&self) -> BTreeSet<(String, String)> {
        let mut pairs = BTreeSet::new();
        for before in self.after.keys() {
            for after in self.all_after(before) {
                for first in self.classes(before) {
                    let second = self.classes(after).into_iter();
                    pairs.extend(second.map(|second| (first.to_owned(), second.to_owned())));
                }
            }
        }
        pairs
    }

    fn all_after(&self, name: &str) -> BTreeSet<&str> {
        let mut found = BTreeSet::new();
        let mut next: Vec<&String> = self.after.get(name).into_iter().flatten().collect();
        while let Some(name) = next.pop() {
            if found.insert(name.as_str()) {
                next.extend(self.after.get(name).into_iter().flatten());
            }
        }
        found
    }

    /// The classes that a name stands for: itself, if it is none of `[locks]`.
    fn classes<'a>(&'a self, name: &'a str) -> Vec<&'a str> {
        let classes = self.names.iter().filter(|(_, of)| *of == name);
        let classes: Vec<&str> = classes.map(|(class, _)| class.as_str()).collect();
        if classes.is_empty() { vec![name] } else { classes }
    }
}

fn names(line: &str) -> Result<Vec<&str>, String> {
    let names: Vec<&str> = line.split(BEFORE).map(str::trim).collect();
    if names.len() > 1 && names.iter().all(|name| !name.is_empty()) {
        return Ok(names);
    }
    let how = "write `accounts < audit`, the lock that is taken first on the left, a space on both \
               sides of `<`";
    Err(format!("`{line}` is no order: {how}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: [(&str, &str); 3] =
        [("a.rs: A.x", "accounts"), ("b.rs: B.x", "accounts"), ("c.rs: C.y", "audit")];

    fn order(lines: &[&str]) -> Result<Order, String> {
        let names = NAMES.map(|(class, name)| (class.to_owned(), name.to_owned()));
        let mut order = Order::new(names.into());
        lines.iter().try_for_each(|line| order.declare(line))?;
        Ok(order)
    }

    #[test]
    fn orders_hold_between_all_classes_of_the_names_and_over_steps() {
        for (lines, want) in [
            (&[][..], &[][..]),
            (&["x < y"], &[("x", "y")]),
            (&["x < y < z"], &[("x", "y"), ("x", "z"), ("y", "z")]),
            (&["y < z", "x < y"], &[("x", "y"), ("x", "z"), ("y", "z")]),
            (&["x < y", "x < y"], &[("x", "y")]),
            (&["accounts < audit"], &[("a.rs: A.x", "c.rs: C.y"), ("b.rs: B.x", "c.rs: C.y")]),
            // A class that has a name, declared as itself.
            (
                &["c.rs: C.y < l", "k < audit"],
                &[("c.rs: C.y", "l"), ("k", "c.rs: C.y"), ("k", "l")],
            ),
            (&["Pool<T>::a < Pool<T>::b"], &[("Pool<T>::a", "Pool<T>::b")]),
        ] {
            let pairs = order(lines).unwrap().pairs();
            let pairs: Vec<_> = pairs.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
            assert_eq!(pairs, want, "{lines:?}");
        }
    }

    #[test]
    fn circles_are_named() {
        for (lines, circle) in [
            (&["a < a"][..], "a < a"),
            (&["a < b", "b < a"], "b < a < b"),
            (&["a < b < c", "x < b", "c < d < a"], "d < a < b < c < d"),
            (&["accounts < audit", "c.rs: C.y < b.rs: B.x"], "audit < accounts < audit"),
        ] {
            let want =
                format!("this order goes round in a circle: {circle}; remove one of these orders");
            assert_eq!(order(lines).unwrap_err(), want);
        }
    }

    #[test]
    fn what_is_no_order_is_refused() {
        for line in ["", "a", "a<b", "a > b", "a < ", " < b", "a <  < b"] {
            let wrong = order(&[line]).unwrap_err();
            assert!(wrong.starts_with(&format!("`{line}` is no order: write ")), "{wrong}");
        }
    }
}
