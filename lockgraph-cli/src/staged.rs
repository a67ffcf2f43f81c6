//! Reports made by hand, for tests.

use lockgraph::check::{
    self, ContentionRow, EdgeRow, LockRow, LongestHoldRow, OrderEdge, Report, Standstill, State,
    StillNeeds, Summary, ThreadRow,
};
use lockgraph::event::{Event, How, Op};
use lockgraph::finding::{
    Act, Blocks, Class, Finding, Frame, Held, Kind, Lock, Move, Place, Reason, Step, Thread,
    Verdict, Wanted, Witness,
};
use lockgraph::id::{LockId, LockKind, Mode, Signal, SiteId, ThreadId};
use lockgraph::trace::{Awaited, Trace};
use proptest::prelude::*;
use proptest::sample::select;

use crate::check::{Checked, Found};
use crate::gate::{Acceptance, Standing};
use crate::load::Problem;
use crate::merge::{Merge, Sightings};
use crate::order::{Collected, Order, Run};
use crate::seen::Seen;
use crate::workspace::Workspace;

pub(crate) fn place(file: &str, line: u32, column: u32) -> Place {
    Place { file: file.to_string(), line, column }
}

/// Locks from 10 on are of one class.
pub(crate) fn lock(id: u64) -> Lock {
    let name = if id < 10 { format!("lock-{id}") } else { "many".to_string() };
    Lock { id, kind: LockKind::Mutex, class: Class::Named(name), made_for: None }
}

pub(crate) fn thread(id: u32) -> Thread {
    Thread { id, name: Some(format!("t{id}")).filter(|_| id < 9) }
}

pub(crate) fn held(id: u64) -> Held {
    Held { lock: lock(id), mode: Mode::Exclusive, site: Some(place("src/a.rs", 10, 5)) }
}

fn step(id: u32, held_lock: u64, wanted: u64) -> Step {
    Step {
        thread: thread(id),
        blocks: Blocks::Holds(held(held_lock)),
        wants: Some(Wanted::Lock(lock(wanted), Mode::Exclusive)),
        site: Some(place("src/a.rs", 10 + id, 7)),
        through: None,
        stack: vec![
            Frame { function: "a::b".into(), place: Some(place("src/a.rs", 9, 1)) },
            Frame { function: "a::main".into(), place: None },
        ],
        addresses: Vec::new(),
        also_holds: vec![Held { mode: Mode::Shared, site: None, ..held(8) }],
    }
}

pub(crate) fn cycle() -> Finding {
    Finding::new(Kind::LockOrderCycle, Verdict::Possible, vec![step(1, 1, 2), step(2, 2, 1)])
}

pub(crate) fn deadlock() -> Finding {
    Finding { kind: Kind::Deadlock, verdict: Verdict::Actual, ..cycle() }
}

/// Who waited for whom when that happened, beside others.
pub(crate) fn standstill() -> Standstill {
    let lock_of = |id| Wanted::Lock(lock(id), Mode::Exclusive);
    let needs = |what, of: &[usize]| StillNeeds { what, count: 1, of: of.to_vec() };
    let standing = |id, state, wants: Option<Wanted>, of: &[usize]| check::Standing {
        thread: thread(id),
        state,
        site: wants.as_ref().map(|_| place("src/a.rs", 10 + id, 7)),
        holds: vec![held(u64::from(id))],
        needs: wants.iter().map(|wanted| needs(Some(wanted.clone()), of)).collect(),
        wants,
    };
    let mut threads = vec![
        standing(1, State::Waits, Some(lock_of(2)), &[1]),
        standing(2, State::Waits, Some(lock_of(1)), &[0]),
        standing(3, State::Waits, Some(Wanted::End(thread(9))), &[4]),
        standing(4, State::Waits, Some(Wanted::Signal(Signal::Message, Some(lock(5)))), &[]),
        standing(9, State::Runs, None, &[]),
        standing(10, State::Gone, None, &[]),
    ];
    threads[3].needs.push(needs(None, &[]));
    Standstill { threads, rounds: vec![vec![2]], stuck: vec![0, 1, 3] }
}

/// The same with a schedule, which the run has in twelve ways.
pub(crate) fn proved() -> Finding {
    let site = |line| Some(place("src/a.rs", line, 5));
    let takes = |id, of| {
        let act = Act::Takes(lock(of), Mode::Exclusive);
        Move { thread: thread(id), act, site: site(10) }
    };
    let wants = |id, of| {
        let act = Act::Wants(Wanted::Lock(lock(of), Mode::Exclusive));
        Move { thread: thread(id), act, site: site(10 + id) }
    };
    let moves = vec![takes(1, 1), takes(2, 2), wants(1, 2), wants(2, 1)];
    let witness = Some(Witness { moves, changed_reads: 0 });
    Finding { verdict: Verdict::Proved, witness, instances: 12, ..cycle() }
}

/// Every move that a schedule can have.
fn every_move() -> Witness {
    let acts = [
        Act::Takes(lock(1), Mode::Upgradable),
        Act::GivesBack(lock(10)),
        Act::Begins(thread(9)),
        Act::Joins(thread(2)),
        Act::Tells(u64::MAX),
        Act::Hears(0),
        Act::Wants(Wanted::Lock(lock(2), Mode::Shared)),
        Act::Wants(Wanted::End(thread(9))),
        Act::Wants(Wanted::Signal(Signal::Message, None)),
    ];
    let step = |act| Move { thread: thread(1), act, site: None };
    Witness { moves: acts.map(step).into(), changed_reads: 1 }
}

/// A finding that has little but these.
pub(crate) fn named(kind: Kind, verdict: Verdict) -> Finding {
    Finding::new(kind, verdict, vec![step(1, 1, 2)])
}

const X: Mode = Mode::Exclusive;

/// One finding of every way to block, to want and to be excluded.
pub(crate) fn every_shape() -> Vec<Finding> {
    let blocks = [
        Blocks::Holds(held(1)),
        Blocks::QueuesBefore(lock(1)),
        Blocks::HasNotEnded,
        Blocks::LeftBehind(held(1)),
        Blocks::Nobody,
        Blocks::CannotServe(Signal::Unpark, None),
        Blocks::CannotServe(Signal::Message, Some(lock(4))),
    ];
    let mut wants = vec![
        None,
        Some(Wanted::End(thread(9))),
        Some(Wanted::Lock(lock(2), Mode::SharedRecursive)),
    ];
    wants.extend(Mode::ALL.map(|mode| Some(Wanted::Lock(lock(2), mode))));
    wants.extend(LockKind::ALL.map(|kind| Some(Wanted::Lock(Lock { kind, ..lock(2) }, X))));
    wants.extend(Signal::ALL.map(|signal| Some(Wanted::Signal(signal, Some(lock(2))))));
    let reasons = [
        None,
        Some(Reason::OneThread(thread(1))),
        Some(Reason::Gate(lock(3))),
        Some(Reason::SpawnJoin(thread(1), thread(9))),
        Some(Reason::Message(thread(1), thread(9), Some(LockKind::Channel))),
        Some(Reason::ReadersOnly(lock(3))),
        Some(Reason::Permits(lock(3), 4)),
    ];
    let mut findings = Vec::new();
    for (at, blocks) in blocks.into_iter().enumerate() {
        for wants in &wants {
            let (kind, verdict) = (Kind::ALL[at], Verdict::ALL[at % 3]);
            let mut step = step(1, 1, 2);
            (step.blocks, step.wants, step.site) = (blocks.clone(), wants.clone(), None);
            let excluded = reasons[at].clone();
            let witness = Some(every_move()).filter(|_| verdict == Verdict::Proved);
            findings.push(Finding { excluded, witness, ..Finding::new(kind, verdict, vec![step]) });
        }
    }
    findings
}

pub(crate) fn problem() -> Problem {
    Problem {
        file: "d.lgt".into(),
        position: Some("byte 4096".into()),
        message: "the file was cut".into(),
    }
}

/// A report with a row in each table and nothing found.
pub(crate) fn report() -> Report {
    let summary = Summary {
        events: 40,
        threads: 2,
        locks: 2,
        edges: 2,
        acquisitions: 12,
        patterns: 1,
        searches_cut: 1,
        witnessed: 3,
    };
    let locks = [1, 2].map(|id| LockRow {
        lock: lock(id),
        acquisitions: 6 * id,
        contended: id - 1,
        held_by_at_end: vec![thread(id as u32)],
    });
    let threads = [1, 9].map(|id| ThreadRow {
        thread: thread(id),
        parent: Some(1).filter(|_| id > 1),
        acquisitions: 6,
        waits_for: (id > 1).then(|| Wanted::Lock(lock(1), Mode::Exclusive)),
        holds: (0..u64::from(id)).map(|at| held(at + 2)).collect(),
    });
    Report {
        summary,
        locks: locks.into(),
        threads: threads.into(),
        contention: contention(),
        longest_holds: vec![LongestHoldRow {
            held: Held { mode: Mode::Shared, ..held(2) },
            thread: thread(1),
            nanos: 340_000_000,
        }],
        ..edges(&[(1, 2), (2, 1)])
    }
}

fn contention() -> Vec<ContentionRow> {
    let lock = ContentionRow {
        what: Awaited::Lock(lock(1)),
        site: Some(place("src/a.rs", 3, 9)),
        waits: 12,
        total_nanos: 3_050_000_000,
        longest_nanos: 1_250_000_000,
        thread: thread(1),
    };
    let notified = ContentionRow {
        what: Awaited::Signal(Signal::Notify, Some(self::lock(2))),
        site: Some(place("src/a.rs", 4, 9)),
        waits: 1,
        total_nanos: 40_000_000,
        longest_nanos: 40_000_000,
        thread: thread(9),
    };
    vec![lock, notified]
}

/// A report with these edges.
pub(crate) fn edges(edges: &[(u64, u64)]) -> Report {
    let row = |(from, to): &(u64, u64)| EdgeRow {
        from: lock(*from),
        to: lock(*to),
        count: 1,
        threads: vec![thread(1)],
        from_site: Some(place("src/a.rs", *from as u32, 5)),
        to_site: Some(place("src/a.rs", *to as u32, 9)),
    };
    Report { edges: edges.iter().map(row).collect(), ..Report::default() }
}

/// The order of a run that has these edges between named classes, with a reader's in lower case and
/// gates after a slash, with how many they let in: `A>B`, `b>C/G`, `b>C/G*2`.
pub(crate) fn order(run: &str, edges: &str) -> Order {
    order_called(run, edges, &[])
}

/// The same, with other names for some classes.
pub(crate) fn order_called(run: &str, edges: &str, calls: &[(&str, &str)]) -> Order {
    let mut names: Vec<String> = Vec::new();
    let mut number = |name: &str| {
        let name = name.to_uppercase();
        let at = names.iter().position(|known| *known == name).unwrap_or(names.len());
        if at == names.len() {
            names.push(name);
        }
        LockId(at as u64)
    };
    let is_read = |name: &str| name.chars().all(char::is_lowercase);
    let edges: Vec<OrderEdge> = edges
        .split_whitespace()
        .map(|edge| {
            let (edge, held) = edge.strip_prefix('!').map_or((edge, 1), |edge| (edge, 3));
            let (edge, gate) = edge.split_once('/').map_or((edge, None), |(a, b)| (a, Some(b)));
            let gate = gate.map(|gate| gate.split_once('*').unwrap_or((gate, "1")));
            let gate = gate.map(|(name, most)| (number(name), most.parse().expect("a number")));
            let (from, to) = edge.split_once('>').expect("an edge");
            OrderEdge {
                from: number(from),
                to: number(to),
                count: 1,
                threads: Vec::new(),
                sites: (SiteId(held), SiteId(2)),
                are_reads: (is_read(from), is_read(to)),
                under: gate.iter().filter(|(_, most)| *most == 1).map(|(gate, _)| *gate).collect(),
                under_permits: gate.into_iter().filter(|(_, most)| *most > 1).collect(),
            }
        })
        .collect();
    let named =
        |id: LockId| Some(Lock { class: Class::Named(names[id.0 as usize].clone()), ..lock(id.0) });
    let run = Run {
        lock: &named,
        place: &|site| Some(place("src/a.rs", site.0, 5)),
        is_own: &|_| true,
        is_in_test: &|place| place.line == 3,
        seen: &|_| [Seen::Test(run.to_string())].into(),
    };
    let mut collected = Collected::default();
    collected.add(&edges, &run);
    let class = |lock: &Lock| {
        let key = lock.class.key();
        calls.iter().find(|(from, _)| *from == key).map_or(key.clone(), |(_, to)| (*to).to_string())
    };
    let function = |place: &Place| format!("{}: f{}", place.file, place.line);
    collected.named(&class, &function, &|_| true)
}

/// A trace with nothing in it.
pub(crate) fn trace() -> Trace {
    let mut trace = lockgraph::trace::read_bytes("staged", b"T1|begin|a.rs:1\n").expect("STD text");
    trace.events.clear();
    trace
}

/// A finding of a trace, seen in its only test.
pub(crate) fn found(file: &str, finding: &Finding) -> Found {
    let seen = [Seen::Test(format!("bank tests::{file}"))].into();
    let sightings = Sightings::once(finding.instances, file, seen, false);
    Found::of(finding.clone(), sightings, None)
}

/// Traces with these findings.
pub(crate) fn merged(traces: &[(&str, &[Finding])]) -> Checked {
    let mut merge = Merge::new(&Workspace::default());
    for (file, findings) in traces {
        let findings = findings.iter().map(|finding| found(file, finding)).collect();
        merge.add_found(file, &report(), findings);
    }
    merge.finish(Vec::new(), false)
}

/// Four traces, with two findings and a problem.
pub(crate) fn checked() -> Checked {
    let other = Finding { steps: vec![step(3, 3, 4)], ..cycle() };
    let findings = [deadlock(), other];
    let traces = ["a.lgt", "b.lgt", "c.lgt", "d.lgt"].map(|name| (name, &findings[..]));
    Checked { problems: vec![problem()], ..merged(&traces) }
}

pub(crate) fn accepted() -> Standing {
    let reason = "\"old\" & <known>".to_string();
    Standing::Accepted(Acceptance { reason, expires: None, is_moved: true })
}

pub(crate) fn expired() -> Standing {
    let (reason, expires) = ("for a while".to_string(), Some("2026-01-31".to_string()));
    Standing::Expired(Acceptance { reason, expires, is_moved: false })
}

/// Names that could break a format, a page or a terminal.
const HOSTILE: [&str; 9] = [
    "\"quoted\" 'twice' `thrice`",
    "</script><img src=x onerror=alert(1)>",
    "]]> --> <!-- &amp; %0A::error::x",
    "two\nlines\r\n::error file=x,line=1::gone",
    "\u{0}\u{1}\u{b}\u{1b}[31m\u{7f}\u{85}\u{ffff}\u{fffe}",
    "🔒 \u{202e}desrever\u{202c} 日本語",
    "| a | b |\\|[x](javascript:1) **b** _i_ @you #1 $x$ :smile: ~~~ ``` ~~~~",
    "{0} {{1}} [text](0) \\[x](1)",
    "</details>\n\n# heading\n\n- list\n\n```\n",
];

/// The same, and one of ten thousand letters.
pub(crate) fn hostile() -> Vec<String> {
    let long = "[`|<x".repeat(2000);
    HOSTILE.iter().map(|name| name.to_string()).chain([long]).collect()
}

/// A cycle of edges, and one more, in whose every part this name occurs.
pub(crate) fn edges_with_name(name: &str) -> Report {
    let mut report = edges(&[(1, 2), (2, 1), (2, 3)]);
    for row in &mut report.edges {
        row.from.class = Class::Named(format!("{name}{}", row.from.id));
        row.from_site = Some(place(name, 1, 1));
        row.threads[0].name = Some(name.to_string());
    }
    report
}

/// A cycle in whose every part this name occurs.
pub(crate) fn with_name(name: &str) -> Checked {
    let mut cycle = cycle();
    for step in &mut cycle.steps {
        step.thread.name = Some(name.to_string());
        step.stack[0].function = name.to_string();
    }
    crate::places::each_lock(&mut cycle, &mut |lock| lock.class = Class::Named(name.to_string()));
    crate::places::each(&mut cycle, &mut |place| place.file = format!("src/{name}.rs"));
    let mut checked = merged(&[("a.lgt", &[cycle])]);
    for found in &mut checked.found {
        found.seen = [Seen::Test(name.to_string()), Seen::Program(name.to_string())].into();
    }
    checked
}

/// So many cycles, each at places of its own.
pub(crate) fn many(count: u32) -> Checked {
    let cycles = (0..count).map(|number| {
        let mut cycle = cycle();
        crate::places::each(&mut cycle, &mut |place| place.line += 100 * number);
        cycle
    });
    merged(&[("a.lgt", &cycles.collect::<Vec<_>>())])
}

/// Events that need make no sense, of so many threads and as many locks and other objects.
pub(crate) fn events(threads: u32, objects: u64) -> impl Strategy<Value = Vec<Event>> {
    let mode = || select(&Mode::ALL[..]);
    let how = select(&[How::Blocking, How::Try, How::Timed][..]);
    let lock = move || (0..objects).prop_map(LockId);
    let thread = move || (0..threads).prop_map(ThreadId);
    let of_object = select(
        &[
            Op::Wait as fn(u64) -> Op,
            Op::TimedWait,
            Op::Woken,
            Op::Notify,
            Op::Arrive,
            Op::Leave,
            Op::Send,
            Op::Receive,
            Op::Tell,
            Op::Hear,
        ][..],
    );
    let op = prop_oneof![
        4 => (lock(), mode()).prop_map(|(lock, mode)| Op::Request(lock, mode)),
        8 => (lock(), mode(), how.clone()).prop_map(|(lock, mode, how)| Op::Acquire(lock, mode, how)),
        1 => (lock(), mode(), how).prop_map(|(lock, mode, how)| Op::Refused(lock, mode, how)),
        8 => lock().prop_map(Op::Release),
        1 => lock().prop_map(Op::Destroy),
        1 => thread().prop_map(Op::Fork),
        1 => thread().prop_map(Op::Joining),
        2 => thread().prop_map(Op::Join),
        2 => select(&[Op::Begin, Op::End, Op::Branch][..]),
        4 => (of_object, 0..objects).prop_map(|(op, object)| op(object)),
    ];
    let site = (0..3_u32).prop_map(SiteId);
    let event = (thread(), op, site).prop_map(|(thread, op, site)| Event { thread, op, site });
    proptest::collection::vec(event, 0..120)
}
