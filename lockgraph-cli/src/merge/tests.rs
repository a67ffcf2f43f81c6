//! Findings of several traces, in every order.

use std::borrow::Cow;
use std::path::Path;

use lockgraph::check::Options;
use lockgraph::finding::{Blocks, Class, Finding, Kind, Place, Verdict};
use lockgraph::id::{LockId, LockKind, Mode, SiteId, ThreadId};
use lockgraph::report::Style;
use lockgraph::trace::{DEFAULT_LIMIT, Dependency, Level, LockClass, Record, Span, Writer};

use super::Merge;
use crate::check::{Checked, Found};
use crate::input::Inputs;
use crate::symbols::tests::{KNOWN_LINE, return_address, this_program};
use crate::workspace::{Files, Workspace};
use crate::{places, print, staged};

/// The same finding in another process: other numbers, no stacks.
pub(super) fn elsewhere(finding: &Finding) -> Finding {
    let mut finding = finding.clone();
    places::each_lock(&mut finding, &mut |lock| lock.id += 100);
    for step in &mut finding.steps {
        step.thread.id += 100;
        step.stack.clear();
    }
    finding
}

/// As a trace without places has it.
pub(super) fn without_sites(mut finding: Finding) -> Finding {
    for step in &mut finding.steps {
        step.site = None;
        if let Blocks::Holds(held) = &mut step.blocks {
            held.site = None;
        }
    }
    finding
}

fn printed(checked: &Checked) -> (String, String) {
    let (mut text, mut json) = (Vec::new(), Vec::new());
    print::text::checked(&mut text, checked, Style::Plain).unwrap();
    print::json::checked(&mut json, checked).unwrap();
    (String::from_utf8(text).unwrap(), String::from_utf8(json).unwrap())
}

/// Every order of `0..count`.
fn orders(count: usize) -> Vec<Vec<usize>> {
    let Some(last) = count.checked_sub(1) else { return vec![Vec::new()] };
    let longer = |order: Vec<usize>| {
        (0..count).map(move |at| {
            let mut order = order.clone();
            order.insert(at, last);
            order
        })
    };
    orders(last).into_iter().flat_map(longer).collect()
}

#[test]
fn the_order_of_the_traces_does_not_matter() {
    let (cycle, deadlock) = (staged::cycle(), staged::deadlock());
    let mut other = staged::cycle();
    places::each(&mut other, &mut |place| place.line += 1000);
    let nameless = || without_sites(staged::cycle());
    let traces: [(&str, Vec<Finding>); 5] = [
        ("a", vec![cycle.clone()]),
        ("b", vec![elsewhere(&cycle), nameless(), elsewhere(&nameless())]),
        ("c", vec![deadlock.clone(), elsewhere(&other)]),
        ("d", vec![elsewhere(&deadlock), nameless(), nameless()]),
        ("e", vec![other, nameless()]),
    ];
    let in_order = |order: &[usize]| {
        let traces: Vec<(&str, &[Finding])> =
            order.iter().map(|at| (traces[*at].0, &traces[*at].1[..])).collect();
        staged::merged(&traces)
    };
    let first = in_order(&[0, 1, 2, 3, 4]);
    let shown: Vec<Vec<&str>> =
        first.found.iter().map(|found| found.traces.iter().map(String::as_str).collect()).collect();
    assert_eq!(
        shown,
        [vec!["a", "b", "c", "d"], vec!["b", "d", "e"], vec!["b", "d"], vec!["c", "e"]]
    );
    assert!(first.found.iter().all(|found| !found.finding.steps[0].stack.is_empty()));
    for order in orders(5) {
        assert_eq!(printed(&in_order(&order)), printed(&first), "{order:?}");
    }
}

#[test]
fn what_deadlocked_is_told_once_with_where_it_only_could() {
    let checked = staged::merged(&[
        ("a", &[staged::cycle()]),
        ("b", &[staged::deadlock()]),
        ("c", &[staged::cycle(), staged::cycle()]),
    ]);
    let [found] = &checked.found[..] else { panic!("{} findings", checked.found.len()) };
    let text = printed(&checked).0;
    assert!(text.contains("\nseen in test bank tests::b\n"), "{text}");
    assert!(
        text.contains("\ncould also happen in 2 tests: bank tests::a, bank tests::c\n"),
        "{text}"
    );
    assert_eq!(found.traces.len(), 3);
}

#[test]
fn what_lies_inside_dependencies_is_counted() {
    let inside = |finding: Finding| Found { is_inside: true, ..staged::found("a", &finding) };
    let mut other = staged::cycle();
    places::each(&mut other, &mut |place| place.line += 1000);
    // Whom one test of ours leads to is not hidden.
    let traces = [
        vec![inside(staged::cycle()), inside(other.clone())],
        vec![staged::found("b", &staged::cycle())],
    ];
    for (deps, want) in [(false, (1, 1)), (true, (2, 0))] {
        let mut merge = Merge::new(&Workspace::default());
        for found in traces.clone() {
            merge.add_found("trace", &staged::report(), found);
        }
        let checked = merge.finish(Vec::new(), deps);
        assert_eq!((checked.found.len(), checked.hidden), want);
    }
}

/// A cycle whose class, sites and frames are in the files of the given directories.
fn lying_in(class: &str, sites: &str, frames: &str) -> Finding {
    let mut finding = staged::cycle();
    let place = |directory: &str| Place { file: format!("{directory}/a.rs"), line: 1, column: 1 };
    places::each(&mut finding, &mut |at| *at = place(sites));
    for step in &mut finding.steps {
        step.stack[0].place = Some(place(frames));
    }
    places::each_lock(&mut finding, &mut |lock| lock.class = Class::Made(place(class)));
    finding
}

#[test]
fn one_place_of_the_workspace_makes_it_the_users_own() {
    let workspace = Workspace {
        root: "/no/such/ws".into(),
        members: vec!["/no/such/ws/member".into()],
        target_directory: "/no/such/ws/target".into(),
    };
    let (own, foreign) =
        ("/no/such/ws/member/src", "/home/.cargo/registry/src/index/dep-1.0.0/src");
    let deadlock = Finding {
        verdict: lockgraph::finding::Verdict::Actual,
        ..lying_in(foreign, foreign, foreign)
    };
    for (mut finding, want) in [
        (lying_in(foreign, foreign, foreign), true),
        (lying_in(own, foreign, foreign), false),
        (lying_in(foreign, "member/src", foreign), false),
        (lying_in(foreign, foreign, own), false),
        (lying_in(foreign, foreign, "/no/such/ws/target/debug/build/x/out"), true),
        (deadlock, false),
        (without_sites(staged::cycle()), false),
    ] {
        let merge = Merge::new(&workspace);
        let files = Files::of(&workspace);
        files.rename(&mut finding);
        assert_eq!(merge.is_inside(&mut finding, &files), want, "{finding:?}");
    }
}

/// Two locks made at line 1 of a dependency and taken at its line 2 in both orders, by this
/// program; with what the live detector says of that, which has no stacks.
fn write_trace(directory: &Path) {
    let file = "/h/.cargo/registry/src/index/dep-1.0.0/src/mutex.rs";
    let mut writer = Writer::create(directory, Level::Graph, DEFAULT_LIMIT).unwrap();
    let module = this_program(return_address());
    writer.graph(&Record::Module(Cow::Borrowed(&module)));
    for line in [1, 2] {
        writer.graph(&Record::Site { id: SiteId(line), file, line, column: 5 });
    }
    for id in [1, 2] {
        let (lock, class) = (LockId(id), LockClass::Made(SiteId(1)));
        writer.graph(&Record::Lock { id: lock, kind: LockKind::Mutex, class });
        let stack = Cow::Owned(vec![return_address()]);
        writer.graph(&Record::Origin { lock, stack });
    }
    for (id, held, want) in [(1, 1, 2), (2, 2, 1)] {
        let (thread, clock) = (ThreadId(id), Vec::new());
        writer.graph(&Record::Thread { id: thread, name: None, parent: None, site: SiteId(0) });
        writer.graph(&Record::Span(Cow::Owned(Span { id, thread, segment: 0, clock })));
        writer.graph(&Record::Dependency(Cow::Owned(Dependency {
            thread,
            span: id,
            held: vec![(LockId(held), Mode::Exclusive, SiteId(2))],
            want: LockId(want),
            mode: Mode::Exclusive,
            site: SiteId(2),
            stack: vec![return_address()],
        })));
    }
    let trace = lockgraph::trace::read(writer.path()).unwrap();
    let report = lockgraph::check::check(&trace, &Options::default());
    let [finding] = &report.findings[..] else { panic!("{:?}", report.findings) };
    let mut live = finding.clone();
    live.steps.iter_mut().for_each(|step| step.addresses.clear());
    writer.graph(&Record::Finding(Cow::Owned(live)));
}

#[test]
fn stacks_of_a_trace_lead_to_the_users_own_places() {
    let directory = tempfile::tempdir().unwrap();
    write_trace(directory.path());
    let member = Path::new(env!("CARGO_MANIFEST_DIR"));
    let workspace = Workspace {
        root: member.parent().unwrap().to_owned(),
        members: vec![member.to_owned()],
        target_directory: "/no/such/target".into(),
    };
    let mut merge = Merge::new(&workspace);
    let options = Merge::default().options(Options::default());
    let inputs = Inputs::of_run(directory.path());
    let problems = inputs.each(&options, &mut |file, input| merge.add_input(file, input));
    let checked = merge.finish(problems, false);
    assert_eq!((&checked.problems, &checked.notes), (&vec![], &vec![]));
    let [found] = &checked.found[..] else { panic!("{:?}", checked.found) };
    for step in &found.finding.steps {
        let site = step.site.as_ref().unwrap();
        assert_eq!((site.file.as_str(), site.line), ("lockgraph-cli/src/symbols.rs", KNOWN_LINE));
        let through = step.through.as_ref().unwrap();
        assert_eq!((through.file.as_str(), through.line), ("dep-1.0.0/src/mutex.rs", 2));
        assert_eq!((step.stack.len(), step.addresses.len()), (1, 0));
    }
    let text = printed(&checked).0;
    let made = format!("mutex made at mutex.rs:1:5 for symbols.rs:{KNOWN_LINE}");
    assert!(text.contains(&made), "{text}");
    assert!(text.contains(" = through: dep-1.0.0/src/mutex.rs:2:5\n"), "{text}");
    assert!(text.contains("fn known(number: u32) -> u32 {"), "{text}");
}

/// The same circle with every verdict, in every order of the traces.
#[test]
fn the_surest_verdict_of_a_circle_is_told_with_all_instances() {
    let possible = Finding { instances: 5, ..staged::cycle() };
    let feasible = Finding { verdict: Verdict::Feasible, instances: 7, ..staged::proved() };
    let excluded = Finding { verdict: Verdict::Excluded, instances: 100, ..staged::cycle() };
    let traces = [
        ("a", vec![possible.clone()]),
        ("b", vec![staged::proved(), possible]),
        ("c", vec![feasible]),
        ("d", vec![staged::proved()]),
        ("e", vec![excluded]),
    ];
    for order in orders(5) {
        let traces: Vec<(&str, &[Finding])> =
            order.iter().map(|at| (traces[*at].0, &traces[*at].1[..])).collect();
        let checked = staged::merged(&traces);
        let [found] = &checked.found[..] else { panic!("{} findings", checked.found.len()) };
        assert_eq!(found.finding.verdict, Verdict::Proved);
        assert_eq!(found.finding.witness, staged::proved().witness);
        assert_eq!(found.finding.instances, 12 + 5 + 5 + 7 + 12, "{order:?}");
        assert_eq!(found.traces.iter().map(String::as_str).collect::<String>(), "abcd");
        assert_eq!(found.seen.len(), 4);
    }
    // What was excluded everywhere is a finding of its own; and a stall is no guess.
    let stalled = Finding { verdict: Verdict::Stalled, kind: Kind::Stall, ..staged::cycle() };
    let excluded = Finding { verdict: Verdict::Excluded, ..elsewhere(&stalled) };
    let checked =
        staged::merged(&[("a", &[stalled, staged::deadlock()]), ("b", &[staged::cycle()])]);
    assert_eq!(checked.found.len(), 2);
    assert_eq!(staged::merged(&[("a", &[excluded])]).found.len(), 1);
}
