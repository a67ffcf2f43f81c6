//! What the gate makes of runs with these edges and findings.

use lockgraph::finding::{Blocks, Class, Lock, Wanted};

use super::*;
use crate::baseline::Baseline;
use crate::merge::Merge;
use crate::staged;
use crate::workspace::Workspace;

const TODAY: &str = "2027-01-31";

/// A gate and what comes to it; orders as [`staged::order`] has them.
#[derive(Default)]
struct Case<'a> {
    settings: &'a str,
    committed: Option<&'a str>,
    is_frozen: bool,
    runs: &'a [&'a str],
    findings: &'a [Finding],
}

/// What is said: a line for each finding, what fails first, then what is stale, then how the order
/// differs.
#[track_caller]
fn check(case: &Case<'_>, want: &[&str]) {
    let policy = policy::tests::read(case.settings).unwrap();
    let baseline = case.committed.map(|edges| Baseline::of(&staged::order("then", edges)));
    let gate = Gate { policy, baseline, is_frozen: case.is_frozen };
    let mut checked = checked(case);
    gate.judge(&mut checked, Date::parse(TODAY).unwrap());
    let mut told: Vec<String> = checked.found.iter().map(line_of).collect();
    let judgement = checked.gate.unwrap();
    told.extend(judgement.stale.iter().map(|line| format!("stale {line}")));
    let counts = [judgement.new_edges, judgement.moved_edges, judgement.unseen_edges];
    assert_eq!(judgement.has_order, case.committed.is_some());
    for (count, what) in counts.into_iter().zip(["new", "moved", "unseen"]) {
        told.extend((count > 0).then(|| format!("{count} {what}")));
    }
    assert_eq!(told, want, "{} {:?} {:?}", case.settings, case.committed, case.runs);
}

/// As the merge of these runs has it.
fn checked(case: &Case<'_>) -> Checked {
    let mut merge = Merge::new(&Workspace::default());
    for (number, edges) in case.runs.iter().enumerate() {
        let order = staged::order(&format!("run {number}"), edges);
        merge.add_checked(Checked { order, ..Checked::default() });
    }
    let found = case.findings.iter().map(|finding| staged::found("it", finding)).collect();
    merge.add_checked(Checked { found, ..Checked::default() });
    merge.finish(Vec::new(), false)
}

/// `new lock-order-cycle A>B B>A`
fn line_of(found: &Found) -> String {
    let standing = match &found.standing {
        Standing::Unjudged => "unjudged",
        Standing::New => "new",
        Standing::Accepted(it) if it.is_moved => "accepted before it moved,",
        Standing::Accepted(_) => "accepted",
        Standing::Expired(_) => "expired",
        Standing::Tolerated => "tolerated",
    };
    let name = |lock: &Lock| match &lock.class {
        Class::Named(name) => name.clone(),
        _ => "?".to_string(),
    };
    let mut line = format!("{standing} {}", found.finding.kind.name());
    for step in &found.finding.steps {
        if let (Blocks::Holds(held), Some(Wanted::Lock(wanted, _))) = (&step.blocks, &step.wants) {
            line.push_str(&format!(" {}>{}", name(&held.lock), name(wanted)));
        }
    }
    line
}

const CYCLE: &str = "lock-order-cycle lock-1>lock-2 lock-2>lock-1";
const DEADLOCK: &str = "deadlock lock-1>lock-2 lock-2>lock-1";

fn named(names: [&str; 2]) -> Finding {
    Finding { names: Some(names.map(str::to_string).to_vec()), ..staged::cycle() }
}

/// An acceptance of it, with its names if it has any.
fn accept(finding: &Finding, more: &str) -> String {
    let fingerprint = policy::shown(finding.fingerprint());
    let what = finding.names.as_ref().map(|names| format!("what = {names:?}\n"));
    let what = what.unwrap_or_default();
    format!("[[accept]]\nfingerprint = \"{fingerprint}\"\nreason = \"why\"\n{more}{what}\n")
}

#[test]
fn findings_are_new_accepted_expired_or_tolerated() {
    let accepted = accept(&staged::cycle(), "");
    let until = |day| accept(&staged::cycle(), &format!("expires = {day}\n"));
    let ignored = "ignore.crates = [\"dep\"]\n";
    for (settings, want) in [
        ("", format!("new {CYCLE}")),
        (&accepted, format!("accepted {CYCLE}")),
        (&until(TODAY), format!("accepted {CYCLE}")),
        (&until("2027-01-30"), format!("expired {CYCLE}")),
        ("gate.allow = [\"lock-order-cycle\"]", format!("tolerated {CYCLE}")),
        ("gate.allow = [\"deadlock\"]", format!("new {CYCLE}")),
        ("gate.fail-on = \"feasible\"", format!("tolerated {CYCLE}")),
        (ignored, format!("new {CYCLE}")),
    ] {
        let findings = &[staged::cycle()];
        check(&Case { settings, findings, ..Case::default() }, &[&want]);
    }
    // What lies in an ignored crate alone.
    let in_crate = |lines: std::ops::Range<u32>| {
        let mut finding = staged::cycle();
        crate::places::each(&mut finding, &mut |place| {
            if lines.contains(&place.line) {
                place.file = "dep-1.0.0/src/a.rs".to_string();
            }
        });
        finding
    };
    for (lines, standing) in [(0..99, "tolerated"), (0..12, "new")] {
        let want = format!("{standing} {CYCLE}");
        let findings = &[in_crate(lines)];
        check(&Case { settings: ignored, findings, ..Case::default() }, &[&want]);
    }
    // What fails comes first, though it is less sure.
    let settings = "gate.allow = [\"deadlock\"]";
    let mut other = staged::named(Kind::LockUpgrade, Verdict::Possible);
    crate::places::each(&mut other, &mut |place| place.line += 100);
    let findings = &[staged::deadlock(), other];
    let want = ["new lock-upgrade lock-1>lock-2", &format!("tolerated {DEADLOCK}")];
    check(&Case { settings, findings, ..Case::default() }, &want);
}

#[test]
fn acceptances_are_stale_or_move_with_a_name() {
    let ab = named(["A -> B in f", "B -> A in g"]);
    let ac = named(["A -> C in f", "C -> A in g"]);
    let bd = named(["B -> D in f", "D -> B in g"]);
    let deadlock = Finding { kind: Kind::Deadlock, ..ac.clone() };
    let elsewhere = |finding: &Finding| {
        let mut finding = finding.clone();
        crate::places::each(&mut finding, &mut |place| place.line += 100);
        finding
    };
    let stale = |finding: &Finding| format!("stale {} (why)", policy::shown(finding.fingerprint()));
    let (new, accepted) = (format!("new {CYCLE}"), format!("accepted {CYCLE}"));
    let moved = format!("accepted before it moved, {CYCLE}");
    let passed = "expires = 2027-01-30\n";
    for (settings, findings, want) in [
        (accept(&ab, ""), vec![], vec![stale(&ab)]),
        (accept(&ab, ""), vec![ab.clone()], vec![accepted.clone()]),
        (accept(&ab, ""), vec![ac.clone()], vec![moved]),
        (accept(&ab, passed), vec![ac.clone()], vec![format!("expired {CYCLE}")]),
        // Another kind is another finding.
        (accept(&ab, ""), vec![deadlock], vec![format!("new {DEADLOCK}"), stale(&ab)]),
        // The name was known before: nothing has become it.
        (
            [accept(&ab, ""), accept(&bd, "")].concat(),
            vec![named(["A -> D in f", "D -> A in g"]), elsewhere(&bd)],
            vec![new.clone(), accepted.clone(), stale(&ab)],
        ),
        // The name is still that of something else that is found: nothing has come of it.
        (
            [accept(&ab, ""), accept(&bd, "")].concat(),
            vec![ac, elsewhere(&bd)],
            vec![new, accepted, stale(&ab)],
        ),
    ] {
        let want: Vec<&str> = want.iter().map(String::as_str).collect();
        let findings = &findings[..];
        check(&Case { settings: &settings, findings, ..Case::default() }, &want);
    }
}

#[test]
fn a_frozen_order_fails_on_every_new_edge() {
    for (settings, is_frozen, committed, runs, want) in [
        ("", true, "A>B", &["A>B"][..], &[][..]),
        ("", true, "A>B C>D", &["A>B"], &["1 unseen"]),
        ("", true, "A>B", &["A>B B>C"], &["new new-edge B>C", "1 new"]),
        ("", false, "A>B", &["A>B B>C"], &["1 new"]),
        // However often it was seen.
        ("", true, "A>B", &["B>C", "B>C", "A>B"], &["new new-edge B>C", "1 new"]),
        // How sure a deadlock has to be says nothing of an edge.
        ("gate.fail-on = \"actual\"", true, "", &["A>B"], &["new new-edge A>B", "1 new"]),
        ("gate.allow = [\"new-edge\"]", true, "", &["A>B"], &["tolerated new-edge A>B", "1 new"]),
        // Another name makes no new edge; two names do.
        ("", true, "A>B B>C", &["A>X X>C"], &["2 moved"]),
        ("", true, "A>B B>C", &["A>X B>C"], &["new new-edge A>X", "1 new", "1 unseen"]),
    ] {
        let committed = Some(committed);
        check(&Case { settings, is_frozen, committed, runs, ..Case::default() }, want);
    }
}

#[test]
fn an_edge_against_the_declared_order_fails() {
    let line = "order.declared = [\"A < B < C\"]\n";
    let aliases = "locks = { x = [\"A\", \"D\"], y = \"B\" }\norder.declared = [\"x < y < C\"]\n";
    for (settings, committed, runs, want) in [
        (line, None, &["A>B B>C A>C"][..], &[][..]),
        (line, None, &["B>A", "X>A"], &["new rank-violation B>A"]),
        (line, None, &["C>A"], &["new rank-violation C>A"]),
        (aliases, None, &["A>B D>B B>C A>D D>A"], &[]),
        // What has a name is called by it.
        (aliases, None, &["B>D"], &["new rank-violation y>x"]),
        (aliases, None, &["C>A C>B"], &["new rank-violation C>x", "new rank-violation C>y"]),
        // That it was committed does not help; nor that it is not sure that anything comes of it.
        (line, Some("B>A"), &["B>A"], &["new rank-violation B>A"]),
        (
            "gate.fail-on = \"actual\"\norder.declared = [\"A < B\"]\n",
            None,
            &["B>A"],
            &["new rank-violation B>A"],
        ),
    ] {
        check(&Case { settings, committed, runs, ..Case::default() }, want);
    }
}

#[test]
fn an_edge_closes_a_circle_with_those_that_are_committed() {
    for (settings, committed, runs, want) in [
        ("", "A>B", &["B>A"][..], &["new lock-order-cycle A>B B>A", "1 new", "1 unseen"][..]),
        ("", "A>B B>C", &["C>A"], &["new lock-order-cycle A>B B>C C>A", "1 new", "2 unseen"]),
        ("limits.max-length = 2", "A>B B>C", &["C>A"], &["1 new", "2 unseen"]),
        ("", "A>B B>C", &["B>C C>A"], &["new lock-order-cycle A>B B>C C>A", "1 new", "1 unseen"]),
        (
            "gate.fail-on = \"proved\"",
            "A>B",
            &["B>A"],
            &["tolerated lock-order-cycle A>B B>A", "1 new", "1 unseen"],
        ),
        // It was known when it was committed.
        ("", "A>B B>A", &["A>B"], &["1 unseen"]),
        ("", "A>B B>C C>A", &["B>C", "C>A"], &["1 unseen"]),
        // The runs show it by themselves: once.
        ("", "A>B", &["A>B", "B>A"], &["new lock-order-cycle A>B B>A", "1 new"]),
        // One run had it, and its judge found nothing wrong.
        ("", "A>B", &["A>B B>A"], &["1 new"]),
    ] {
        let committed = Some(committed);
        check(&Case { settings, committed, runs, ..Case::default() }, want);
    }
}
