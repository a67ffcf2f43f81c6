//! What is different, line by line.

use lockgraph::finding::{Finding, Kind, Verdict};
use lockgraph::report::Style;

use super::side::Form;
use super::*;
use crate::policy::{self, Policy};
use crate::staged;

/// A run with these edges (see [`staged::order`]) and findings, in its one test.
fn side(edges: &str, findings: &[Finding]) -> Side {
    Side {
        file: "run.json".to_string(),
        form: Form::Report,
        order: staged::order("bank tests::it", edges),
        findings: Some(findings.iter().map(|finding| staged::found("it", finding)).collect()),
        files: None,
        problems: Vec::new(),
    }
}

/// The lines of the text without those that are set in, of the edges alone or of all.
fn heads(old: &Side, new: &Side, there: &[&str]) -> Vec<String> {
    let text = text(old, new, there, &Policy::default());
    text.lines().filter(|line| !line.starts_with(' ')).map(str::to_string).collect()
}

fn text(old: &Side, new: &Side, there: &[&str], policy: &Policy) -> String {
    let changes = Changes::between(old, new, false, &|name| there.contains(&name));
    let mut out = Vec::new();
    let page = print::diff::Page { old, new, policy, style: Style::Plain };
    page.changes(&mut out, &changes).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn edges_that_came_and_went_and_were_renamed() {
    for (old, new, there, want) in [
        ("A>B", "A>B", &[][..], &["order: no difference in 1 edge"][..]),
        ("", "", &[], &["order: no difference in 0 edges"]),
        ("A>B", "B>A A>B", &[], &["+ B -> A", "", "order: 1 came"]),
        ("A>B B>C", "A>B", &[], &["- B -> C", "", "order: 1 went"]),
        // Sorted by name, whatever became of them.
        (
            "A>B C>D E>F",
            "A>C E>F G>H",
            &["A", "B", "C", "D"],
            &["- A -> B", "+ A -> C", "- C -> D", "+ G -> H", "", "order: 2 came, 2 went"],
        ),
        ("A>B B>C", "A>X X>C", &[], &["~ A -> X", "~ X -> C", "", "order: 2 changed"]),
        // What the sources have was not renamed, nor what the other side has elsewhere.
        ("A>B", "A>X", &["B"], &["- A -> B", "+ A -> X", "", "order: 1 came, 1 went"]),
        ("A>B B>C", "A>X B>C", &[], &["- A -> B", "+ A -> X", "", "order: 1 came, 1 went"]),
        ("A>B X>C", "A>X X>C", &[], &["- A -> B", "+ A -> X", "", "order: 1 came, 1 went"]),
        // Two that could be it.
        ("A>B", "A>X A>Y", &[], &["- A -> B", "+ A -> X", "+ A -> Y", "", "order: 2 came, 1 went"]),
    ] {
        let (old, new) = (side(old, &[]), side(new, &[]));
        let got = heads(&old, &new, there);
        let (last, got) = got.split_last().unwrap();
        assert_eq!(got, want);
        assert_eq!(last, "findings: no difference in 0 findings");
    }
}

#[test]
fn the_text_is_for_a_review() {
    let old = side("A>B B>C D>E", &[staged::cycle()]);
    let new = side("X>B B>A B>C D>E", &[staged::deadlock()]);
    let policy = policy::tests::read("[locks]\naudit = [\"B\"]\n").unwrap();
    let [was, is] = [staged::cycle(), staged::deadlock()].map(|it| policy::shown(it.fingerprint()));
    let known = "    in src/a.rs: f2
    at src/a.rs:2:5, the first one taken at src/a.rs:1:5
    seen in test bank tests::it";
    let want = format!(
        "- A -> audit
    that is A -> B
{known}
+ audit -> A
    that is B -> A
{known}
+ X -> audit
    that is X -> B
{known}
~ error[deadlock]: threads `t1` and `t2` wait for each other for ever (a.rs:11:7, a.rs:12:7)
    actual, was possible; fingerprint: {is}, was {was}
    seen in test bank tests::it

order: 2 came, 1 went
findings: 1 changed
"
    );
    assert_eq!(text(&old, &new, &[], &policy), want);
}

#[test]
fn signs_have_colours() {
    let (old, new) = (side("A>B C>D D>E", &[]), side("A>X C>Y Y>E", &[]));
    let changes = Changes::between(&old, &new, true, &|name| name == "B");
    let policy = &Policy::default();
    let page = print::diff::Page { old: &old, new: &new, policy, style: Style::Colour };
    let mut out = Vec::new();
    page.changes(&mut out, &changes).unwrap();
    let text = String::from_utf8(out).unwrap();
    let heads: Vec<&str> = text.lines().filter(|line| line.starts_with('\x1b')).collect();
    assert_eq!(
        heads,
        [
            "\x1b[1;31m- A -> B\x1b[0m",
            "\x1b[1;32m+ A -> X\x1b[0m",
            "\x1b[1;33m~ C -> Y\x1b[0m",
            "\x1b[1;33m~ Y -> E\x1b[0m",
        ]
    );
    assert!(text.ends_with("\n\norder: 1 came, 1 went, 2 changed\n"), "{text}");
}

#[test]
fn programs_get_the_same() {
    let mut old = side("A>B C>D D>E", &[staged::cycle()]);
    let new = side(
        "A>X C>Y Y>E",
        &[staged::deadlock(), staged::named(Kind::LockUpgrade, Verdict::Proved)],
    );
    old.problems.push(staged::problem());
    let changes = Changes::between(&old, &new, false, &|name| name == "B");
    let mut out = Vec::new();
    print::json_diff::changes(&mut out, &old, &new, &changes).unwrap();
    let value: serde_json::Value = serde_json::from_slice(&out).unwrap();
    print::json::tests::check(include_str!("../../schema/diff-v1.json"), &value);
    for (pointer, want) in [
        ("/version", serde_json::json!(1)),
        ("/old/form", "report".into()),
        ("/new/edges", 3.into()),
        ("/new/findings", 2.into()),
        ("/order/came/0/to", "X".into()),
        ("/order/came/0/in", serde_json::json!(["src/a.rs: f2"])),
        ("/order/came/0/wanted_at/line", 2.into()),
        ("/order/went/0/tests/0", "bank tests::it".into()),
        ("/order/became/1/then/from", "D".into()),
        ("/order/became/1/now/from", "Y".into()),
        ("/findings/came/0/kind", "lock-upgrade".into()),
        ("/findings/became/0/then/verdict", "possible".into()),
        ("/findings/became/0/now/verdict", "actual".into()),
        ("/findings/became/0/now/sites/1/line", 12.into()),
        ("/findings/went", serde_json::json!([])),
        ("/problems/0/position", "byte 4096".into()),
    ] {
        assert_eq!(value.pointer(pointer), Some(&want), "{pointer}");
    }
}
