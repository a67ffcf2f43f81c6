//! Which findings are told, each in short.

use lockgraph::finding::{Kind, Reason};

use super::*;
use crate::staged;

/// What is told of these findings, where the sources have names that are `there`.
#[track_caller]
fn check(old: &[&Finding], new: &[&Finding], there: &[&str], want: &str) {
    let [old, new] = [old, new].map(|findings| {
        findings.iter().map(|finding| staged::found("it", finding)).collect::<Vec<_>>()
    });
    let changes = changes(&old, &new, &|name| there.contains(&name));
    assert_eq!(changes.iter().map(in_short).collect::<Vec<_>>().join("; "), want);
}

/// `+ deadlock actual`, `~ deadlock actual, lock-order-cycle possible`
fn in_short(change: &Change<&Found>) -> String {
    let short =
        |found: &Found| format!("{} {}", found.finding.kind.name(), found.finding.verdict.name());
    let was = match change {
        Change::Became { then, .. } => format!(", {}", short(then)),
        _ => String::new(),
    };
    format!("{} {}{was}", change.sign(), short(change.latest()))
}

fn cycle(verdict: Verdict) -> Finding {
    Finding { verdict, ..staged::cycle() }
}

/// The staged cycle under these names.
fn named(names: [&str; 2]) -> Finding {
    Finding { names: Some(names.map(str::to_string).to_vec()), ..staged::cycle() }
}

/// At places of its own, so that only names can say that it is the same.
fn elsewhere(finding: &Finding) -> Finding {
    let mut finding = finding.clone();
    crate::places::each(&mut finding, &mut |place| place.line += 100);
    finding
}

const AB: [&str; 2] = ["A -> B in f", "B -> A in g"];
const AC: [&str; 2] = ["A -> C in f", "C -> A in g"];

#[test]
fn what_came_and_went_is_told_once_the_surest_first() {
    let possible = &staged::cycle();
    let upgrade = &staged::named(Kind::LockUpgrade, Verdict::Possible);
    let other = &elsewhere(&staged::deadlock());
    check(&[possible, upgrade], &[upgrade, possible], &[], "");
    check(&[possible, &cycle(Verdict::Proved)], &[&cycle(Verdict::Proved)], &[], "");
    check(&[], &[possible], &[], "+ lock-order-cycle possible");
    check(&[possible], &[], &[], "- lock-order-cycle possible");
    check(
        &[upgrade, upgrade],
        &[possible, possible, other],
        &[],
        "+ deadlock actual; + lock-order-cycle possible; - lock-upgrade possible",
    );
}

#[test]
fn what_is_the_same_by_fingerprint_names_or_places_has_changed() {
    let (possible, proved) = (&cycle(Verdict::Possible), &cycle(Verdict::Proved));
    check(&[possible], &[proved], &[], "~ lock-order-cycle proved, lock-order-cycle possible");
    // What happened has another kind, and so another fingerprint, than what could.
    let happened = "~ deadlock actual, lock-order-cycle possible";
    check(&[possible], &[&staged::deadlock()], &[], happened);
    let deadlock = Finding { kind: Kind::Deadlock, verdict: Verdict::Actual, ..named(AB) };
    check(&[&named(AB)], &[&elsewhere(&deadlock)], &[], happened);
    // Lines may shift where there are names.
    check(&[&named(AB)], &[&elsewhere(&named(AB))], &[], "");
    // Where one side had no sources, there are places.
    let renamed = "~ lock-order-cycle possible, lock-order-cycle possible";
    check(&[possible], &[&named(AB)], &[], renamed);
    // Of two that could be it, none is.
    let reader = Finding { kind: Kind::ReadRecursion, ..named(AB) };
    check(
        &[&named(AB), &reader],
        &[&deadlock],
        &[],
        "+ deadlock actual; - lock-order-cycle possible; - read-recursion possible",
    );
}

#[test]
fn what_was_renamed_is_the_same_if_its_name_has_gone() {
    let (then, now) = (&named(AB), &elsewhere(&named(AC)));
    let renamed = "~ lock-order-cycle possible, lock-order-cycle possible";
    let both = "+ lock-order-cycle possible; - lock-order-cycle possible";
    check(&[then], &[now], &[], renamed);
    check(&[then], &[now], &["B"], both);
    // A finding that is the same still has the name, or had it before.
    let other = &named(["B -> D in h", "D -> B in h"]);
    check(&[then, other], &[now, other], &[], both);
    let other = &named(["C -> D in h", "D -> C in h"]);
    check(&[then, other], &[now, other], &[], both);
    let deadlock = Finding { kind: Kind::Deadlock, verdict: Verdict::Actual, ..now.clone() };
    check(&[then], &[&deadlock], &[], "+ deadlock actual; - lock-order-cycle possible");
}

#[test]
fn what_cannot_deadlock_matters_where_it_could() {
    let possible = &staged::cycle();
    let excluded = Some(Reason::OneThread(staged::thread(1)));
    let excluded = &Finding { excluded, ..cycle(Verdict::Excluded) };
    check(&[excluded], &[], &[], "");
    check(&[], &[excluded], &[], "");
    check(&[excluded], &[&elsewhere(excluded)], &[], "");
    let cannot = "~ lock-order-cycle excluded, lock-order-cycle possible";
    check(&[possible], &[excluded], &[], cannot);
    let can = "~ lock-order-cycle possible, lock-order-cycle excluded";
    check(&[excluded], &[possible], &[], can);
}

#[test]
fn what_is_inside_dependencies_matters_if_it_is_outside_for_the_other() {
    let found =
        |verdict, is_inside| vec![Found { is_inside, ..staged::found("it", &cycle(verdict)) }];
    let possible = |is_inside| found(Verdict::Possible, is_inside);
    let proved = |is_inside| found(Verdict::Proved, is_inside);
    for (old, new, want) in [
        (vec![], possible(true), 0),
        (possible(true), vec![], 0),
        (possible(false), possible(true), 0),
        (possible(true), proved(true), 0),
        (possible(true), proved(false), 1),
        (vec![], possible(false), 1),
    ] {
        assert_eq!(changes(&old, &new, &|_| false).len(), want);
    }
}
