//! Schedules of every shape, written as traces: each must be one that deadlocks.

use std::collections::BTreeSet;

use lockgraph::check::{Options, check, confirm};
use lockgraph::finding::{
    Act, Class, Finding, Kind, Lock, Move, Place, Thread, Verdict, Wanted, Witness,
};
use lockgraph::id::{LockKind, Mode};
use lockgraph::trace::{self, Trace};

/// A thread by its letter.
fn thread(letter: &str) -> Thread {
    let id = letter.bytes().map(u32::from).sum();
    Thread { id, name: Some(format!("thread of {letter}")) }
}

fn lock(letter: &str) -> Lock {
    let id = letter.bytes().map(u64::from).sum();
    let class = Class::Named(format!("lock {letter}"));
    Lock { id, kind: LockKind::RwLock, class, made_for: None }
}

fn mode(text: &str) -> Mode {
    match text {
        "read" => Mode::Shared,
        "reread" => Mode::SharedRecursive,
        "upgradable" => Mode::Upgradable,
        _ => Mode::Exclusive,
    }
}

/// `t takes a`, `t takes a read`, `t begins u`, .. with a semicolon between the moves.
fn witness(text: &str) -> Witness {
    let step = |(number, text): (usize, &str)| {
        let mut words = text.split_whitespace();
        let mut word = || words.next().unwrap_or_default();
        let (who, act, what) = (thread(word()), word(), word());
        let mode = mode(word());
        let act = match act {
            "takes" => Act::Takes(lock(what), mode),
            "returns" => Act::GivesBack(lock(what)),
            "begins" => Act::Begins(thread(what)),
            "joins" => Act::Joins(thread(what)),
            "tells" => Act::Tells(what.parse().expect("a number")),
            "hears" => Act::Hears(what.parse().expect("a number")),
            "wants" => Act::Wants(Wanted::Lock(lock(what), mode)),
            "joining" => Act::Wants(Wanted::End(thread(what))),
            _ => panic!("{act} is no move"),
        };
        let site = Some(Place { file: "src/a.rs".into(), line: number as u32 + 1, column: 5 });
        Move { thread: who, act, site }
    };
    let moves = text.split(';').map(str::trim).filter(|move_| !move_.is_empty()).enumerate();
    Witness { moves: moves.map(step).collect(), changed_reads: 0 }
}

fn written(witness: &Witness) -> String {
    let mut out = Vec::new();
    trace::write_witness(&mut out, witness).expect("memory takes everything");
    String::from_utf8(out).expect("STD is text")
}

fn read(witness: &Witness) -> Trace {
    trace::read_bytes("witness.std", written(witness).as_bytes()).expect("it was just written")
}

/// What the last words of the moves say that they wait for is what the deadlock consists of.
fn names(finding: &Finding) -> BTreeSet<String> {
    let name = |thread: &Thread| thread.name.clone().unwrap_or_else(|| thread.id.to_string());
    let step = |step: &lockgraph::finding::Step| {
        let wants = match &step.wants {
            Some(Wanted::Lock(lock, mode)) => format!("{} {mode:?}", lock.class.key()),
            Some(Wanted::End(other)) => format!("end of {}", name(other)),
            _ => "nothing".to_string(),
        };
        format!("{} wants {wants}", name(&step.thread))
    };
    finding.steps.iter().map(step).collect()
}

const ABBA: &str = "t takes a; u takes b; t wants b; u wants a";

#[test]
fn every_shape_of_a_schedule_deadlocks() {
    for (text, kind, threads) in [
        (ABBA, Kind::Deadlock, 2),
        // What was given back is no part of it, and what begins a thread comes first.
        (
            "m begins t; m begins u; t takes c; t returns c; t takes a; u takes b; u wants a; \
             t wants b",
            Kind::Deadlock,
            2,
        ),
        ("t takes a; u takes b; v takes c; t wants b; u wants c; v wants a", Kind::Deadlock, 3),
        // Joins: alone, in a ring with locks, and each other's.
        ("m takes a; m begins t; m joining t; t wants a", Kind::Deadlock, 2),
        ("m begins t; t takes a; m takes b; m joining t; t wants b", Kind::Deadlock, 2),
        (
            "m begins t; m begins u; m takes b; t takes a; u wants b; t joining u; m wants a",
            Kind::Deadlock,
            3,
        ),
        ("m begins t; t joining m; m joining t", Kind::Deadlock, 2),
        // A thread that was waited for is over.
        (
            "m begins s; s takes a; s returns a; m joins s; m takes a; m begins t; t takes b; \
          t wants a; m wants b",
            Kind::Deadlock,
            2,
        ),
        // Readers who queue behind a writer, and the modes.
        ("t takes a read; u wants a; t wants a read", Kind::ReadRecursion, 2),
        ("t takes a read; t wants a read; u wants a", Kind::ReadRecursion, 2),
        ("t takes a read; u wants a; t wants a upgradable", Kind::ReadRecursion, 2),
        ("t takes a read; u takes b; v wants a; u wants a read; t wants b", Kind::Deadlock, 3),
        ("t takes a read; u takes b read; t wants b; u wants a", Kind::Deadlock, 2),
        (
            "t takes a upgradable; u takes b; t wants b reread; u wants a upgradable",
            Kind::Deadlock,
            2,
        ),
        ("t takes a reread; u takes b; t wants b read; u wants a", Kind::Deadlock, 2),
        (
            "s takes g read; t takes g read; s takes a; t takes b; s wants b; t wants a",
            Kind::Deadlock,
            2,
        ),
        // Two who read and want to write: one of them is enough.
        ("t takes a read; u takes a read; t wants a; u wants a", Kind::LockUpgrade, 1),
        // What others have to have done.
        ("t takes a; t tells 7; u hears 7; u takes b; u wants a; t wants b", Kind::Deadlock, 2),
    ] {
        let witness = witness(text);
        let trace = read(&witness);
        assert_eq!(trace.problems, [], "{text}");
        let finding = confirm(&witness).unwrap_or_else(|why| panic!("{text}: {why}"));
        assert_eq!((finding.kind, finding.verdict), (kind, Verdict::Actual), "{text}");
        assert_eq!(finding.steps.len(), threads, "{text}");
        let report = check(&trace, &Options::default());
        assert_eq!(report.findings.iter().map(names).next(), Some(names(&finding)), "{text}");
    }
}

#[test]
fn what_does_not_deadlock_is_not_confirmed() {
    for (text, why) in [
        ("t takes a; u takes b; t wants b", "nobody waits for ever"),
        ("t takes a; t returns a; u takes b; t wants b; u wants a", "nobody waits for ever"),
        ("t takes a; u takes b; u wants a; t wants b; t takes c", "nobody waits for ever"),
        ("t takes a reread; u wants a; t wants a reread", "nobody waits for ever"),
        ("t takes a read; u takes b read; t wants b read; u wants a", "nobody waits for ever"),
        ("m begins t; m joining t", "nobody waits for ever"),
        // Moves that no run can have.
        ("t takes a; u takes a; t wants b; u wants b", "which thread 1 holds"),
        ("u takes b; m begins u; m takes a; m wants b; u wants a", "which has already run"),
        ("t returns a; t takes a; u takes b; u wants a; t wants b", "which it does not hold"),
        ("", "the file is empty"),
    ] {
        let error = confirm(&witness(text)).map(|finding| names(&finding)).unwrap_err();
        assert!(error.contains(why), "{text}: {error}");
    }
}

/// Two locks and two threads with these names, in the ABBA of `t` and `u`.
fn renamed(threads: [Option<&str>; 2], locks: &[Class; 2]) -> Witness {
    let mut witness = witness(ABBA);
    let own = |letter: &str| usize::from(letter == "u" || letter == "b");
    let by_id =
        |id: u64| own(if id == u64::from(b'a') || id == u64::from(b't') { "a" } else { "b" });
    for step in &mut witness.moves {
        step.thread.name = threads[by_id(step.thread.id.into())].map(str::to_string);
        if let Act::Takes(lock, _) | Act::Wants(Wanted::Lock(lock, _)) = &mut step.act {
            lock.class = locks[by_id(lock.id)].clone();
        }
    }
    witness
}

#[test]
fn names_survive() {
    let named = |name: &str| Class::Named(name.to_string());
    let made = |line| Class::Made(Place { file: "src/a.rs".into(), line, column: 9 });
    for (threads, locks, want) in [
        (
            [Some("teller 1"), Some("teller 2")],
            [named("accounts"), named("audit")],
            ["teller 1 wants audit", "teller 2 wants accounts"],
        ),
        // Of the same name; and one that is what the other becomes.
        (
            [Some("teller"), Some("teller")],
            [named("account"), named("account")],
            [
                "teller (thread 116) wants account (lock 98)",
                "teller (thread 117) wants account (lock 97)",
            ],
        ),
        // Without names: numbers are kept where nobody has one.
        ([None, None], [Class::Unknown, Class::Unknown], ["116 wants ?", "117 wants ?"]),
        (
            [None, Some("x")],
            [Class::Unknown, made(3)],
            ["T116 wants rwlock made at a.rs:3:9", "x wants L97"],
        ),
        (
            [Some("x"), Some("y")],
            [made(3), made(3)],
            [
                "x wants lock 98 (rwlock made at a.rs:3:9)",
                "y wants lock 97 (rwlock made at a.rs:3:9)",
            ],
        ),
        // What would break a line, or not be there.
        (
            [Some("# a|b"), Some(" \n")],
            [named("a)b(|\u{202e}"), named("")],
            ["\\u{20}\\n wants a)b(\\u{7c}\\u{202e}", "\\u{23} a\\u{7c}b wants L98"],
        ),
        (
            [Some(""), Some("T1|acq(L1)")],
            [named("x y"), named(",")],
            ["T1\\u{7c}acq(L1) wants x y", "T116 wants ,"],
        ),
    ] {
        let witness = renamed(threads, &locks);
        let finding = confirm(&witness).unwrap_or_else(|why| panic!("{threads:?}: {why}"));
        let want: BTreeSet<String> = want.iter().map(|name| format!("{name} Exclusive")).collect();
        assert_eq!(names(&finding), want, "{}", written(&witness));
    }
}

#[test]
fn places_survive() {
    let mut witness = witness(ABBA);
    let sites = [
        Some(Place { file: "a|b\n.rs".into(), line: 7, column: 0 }),
        None,
        Some(Place { file: "location".into(), line: 12, column: 0 }),
        Some(Place { file: "src/x y.rs".into(), line: 1, column: 2 }),
    ];
    for (step, site) in witness.moves.iter_mut().zip(sites) {
        step.site = site;
    }
    let lines: Vec<String> = written(&witness).lines().map(str::to_string).collect();
    let place = |line: &String| line.rsplit('|').next().map(str::to_string);
    let places: Vec<String> = lines.iter().filter_map(place).collect();
    assert_eq!(places, ["a_b_.rs:7", "?", "12", "src/x y.rs:1:2"]);
    assert!(confirm(&witness).is_ok());
}

/// Every schedule that is found in the real traces, and how many findings have one.
#[test]
fn schedules_of_real_runs_deadlock() {
    for (name, want) in [
        ("Account.data", 2),
        ("Bensalem.data", 2),
        ("Bensalem_dlf.data", 2),
        ("Dbcp1.data", 1),
        ("Dbcp2.data", 1),
        ("Deadlock.data", 1),
        ("DiningPhil.data", 1),
        ("StringBuffer.data", 1),
        ("Transfer.data", 1),
        ("cache4j_dlf.data", 0),
        ("jigsaw.data", 2),
    ] {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../fixtures/traces/");
        let trace = trace::read((path.to_string() + name).as_ref()).expect("it is there");
        let findings = check(&trace, &Options::default()).findings;
        let witnesses: Vec<&Witness> =
            findings.iter().filter_map(|finding| finding.witness.as_ref()).collect();
        assert_eq!(witnesses.len(), want, "{name}");
        for witness in witnesses {
            confirm(witness).unwrap_or_else(|why| panic!("{name}: {why}\n{}", written(witness)));
        }
    }
}
