//! Lists before and after a change. Names that begin with `src/there.rs` are in the sources.

use super::moved;

/// Entries in lines, whose texts are parted by `;`.
fn entries(list: &str) -> Vec<Vec<String>> {
    let lines = list.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.map(|line| line.split("; ").map(str::to_string).collect()).collect()
}

fn check(old: &str, new: &str, want: &[(usize, usize)]) {
    let (old, new) = (entries(old), entries(new));
    let is_there = |name: &str| name.starts_with("src/there.rs");
    let forward = |old: &[Vec<String>], new: &[Vec<String>]| {
        let slices = |list: &[Vec<String>]| list.iter().map(Vec::clone).collect::<Vec<_>>();
        let (old, new) = (slices(old), slices(new));
        let (old, new): (Vec<&[String]>, Vec<&[String]>) =
            (old.iter().map(Vec::as_slice).collect(), new.iter().map(Vec::as_slice).collect());
        moved(&old, &new, &is_there)
    };
    assert_eq!(forward(&old, &new), want, "{old:?} {new:?}");
    // The order of the lists does not matter, nor that of the texts.
    let turned = |list: &[Vec<String>]| {
        let mut list: Vec<Vec<String>> = list.to_vec();
        list.reverse();
        list.iter_mut().for_each(|texts| texts.reverse());
        list
    };
    let mut back: Vec<(usize, usize)> = forward(&turned(&old), &turned(&new))
        .into_iter()
        .map(|(from, to)| (old.len() - 1 - from, new.len() - 1 - to))
        .collect();
    back.sort_unstable();
    assert_eq!(back, want, "turned");
}

#[test]
fn a_renamed_item_is_known_again() {
    // A function; a type with all of its functions, in two files; a file; a field; a lock with a
    // name of its own.
    check(
        "A -> B in a.rs: f; B -> A in a.rs: g",
        "A -> B in a.rs: h; B -> A in a.rs: g",
        &[(0, 0)],
    );
    check(
        "a.rs: Bank::new.x -> a.rs: Bank::new.y in b.rs: Bank::f; X -> Y in b.rs: <Bank as T>::f",
        "a.rs: Pool::new.x -> a.rs: Pool::new.y in b.rs: Pool::f; X -> Y in b.rs: <Pool as T>::f",
        &[(0, 0)],
    );
    check("a.rs: X -> b.rs: Y in a.rs: f", "c/a.rs: X -> b.rs: Y in c/a.rs: f", &[(0, 0)]);
    check("a.rs: f.x#2 -> a.rs: f.y", "a.rs: f.z#2 -> a.rs: f.y", &[(0, 0)]);
    check("accounts -> audit", "ledger -> audit", &[(0, 0)]);
    check("a.rs: f taken in a.rs: g -> X", "a.rs: f taken in a.rs: h -> X", &[(0, 0)]);
    check("a.rs: f first taken -> X", "a.rs: g first taken -> X", &[(0, 0)]);
}

#[test]
fn what_is_more_than_one_change_is_not() {
    check("a.rs: f -> a.rs: g", "a.rs: h -> a.rs: i", &[]);
    check("a.rs: f -> a.rs: g", "b.rs: h -> b.rs: g", &[]);
    // Turned round, it is another order.
    check("a.rs: f -> X", "X -> a.rs: g", &[]);
    check("a.rs: f -> X; Y", "a.rs: g -> X", &[]);
    check("a.rs: f.x -> X", "a.rs: f#2 -> X", &[]);
    // Two for one.
    check("a.rs: f -> a.rs: f", "a.rs: g -> a.rs: h", &[]);
}

#[test]
fn what_is_there_or_was_there_is_not_renamed() {
    check("src/there.rs: f -> X", "src/there.rs: g -> X", &[]);
    check("a.rs: f -> X\na.rs: g -> Y", "a.rs: g -> X\na.rs: g -> Y", &[]);
    check("a.rs: f -> X\na.rs: f -> Y", "a.rs: g -> X\na.rs: f -> Y", &[]);
    check("a.rs: f -> X", "a.rs: f -> X", &[]);
    check("", "a.rs: f -> X", &[]);
}

#[test]
fn of_several_that_it_could_be_it_is_none() {
    check("a.rs: f -> X", "a.rs: g -> X\na.rs: h -> X", &[]);
    check("a.rs: f -> X\na.rs: g -> X", "a.rs: h -> X", &[]);
    // A function that became two, and two that became one.
    check("a.rs: f -> X\na.rs: f -> Y", "a.rs: g -> X\na.rs: h -> Y", &[]);
    check("a.rs: f -> X\na.rs: g -> Y", "a.rs: h -> X\na.rs: h -> Y", &[]);
}

#[test]
fn what_was_renamed_elsewhere_decides() {
    check(
        "a.rs: f -> X\na.rs: g -> X\na.rs: f -> Y",
        "a.rs: h -> X\na.rs: i -> X\na.rs: h -> Y",
        &[(0, 0), (1, 1), (2, 2)],
    );
    // Several at once, each by itself.
    check(
        "a.rs: f -> X\nb.rs: g -> Y\nc.rs: h -> Z",
        "d.rs: h -> Z\na.rs: i -> X\nb.rs: j -> Y",
        &[(0, 1), (1, 2), (2, 0)],
    );
}

#[test]
fn entries_that_are_the_same_move_together() {
    check("a.rs: f -> X\na.rs: f -> X", "a.rs: g -> X", &[(0, 0), (1, 0)]);
}

#[test]
fn a_long_list_of_what_looks_the_same_is_nobodys() {
    let list = |from: usize| {
        (from..from + 5000).map(|at| format!("a.rs: f{at} -> X\n")).collect::<String>()
    };
    check(&list(0), &list(5000), &[]);
    // All in one file that moved.
    let moved = list(0).replace("a.rs", "b.rs");
    check(&list(0), &moved, &(0..5000).map(|at| (at, at)).collect::<Vec<_>>());
}
