//! Wrappers, dependencies and tests, each as a cycle of two steps with stacks.

use std::collections::{BTreeSet, HashMap};

use lockgraph::finding::{
    Blocks, Class, Finding, Frame, Held, Kind, Lock, Place, Step, Verdict, Wanted,
};
use lockgraph::id::{LockKind, Mode};

use super::{Known, is_in_tests, locate};
use crate::staged::thread;

/// `src/pool.rs:41`.
fn place(text: &str) -> Place {
    let (file, line) = text.split_once(':').expect("FILE:LINE");
    crate::staged::place(file, line.parse().expect("a line"), 0)
}

/// `pool::get src/pool.rs:41; ...`, innermost first.
fn stack(text: &str) -> Vec<Frame> {
    let frames = text.split("; ").filter(|frame| !frame.is_empty());
    frames
        .map(|frame| {
            let (function, at) = frame.rsplit_once(' ').expect("FUNCTION PLACE");
            Frame { function: function.to_string(), place: Some(place(at)) }
        })
        .collect()
}

/// Two locks made at `class`, one from each of `origins`; taken at `held`, and then wanted with
/// each of `stacks`, whose first frame is the site.
struct Scene {
    class: &'static str,
    origins: [&'static str; 2],
    held: &'static str,
    stacks: [&'static str; 2],
}

/// The finding with the user's own places, as seen in the test `tests::NAME`.
fn located(scene: &Scene, test: &str) -> Finding {
    let lock = |id: u64| {
        let class = Class::Made(place(scene.class));
        Lock { id, kind: LockKind::Mutex, class, made_for: None }
    };
    let step = |at: usize| {
        let (own, other) = (at as u64, 1 - at as u64);
        let stack = stack(&scene.stacks[at].replace("TEST", test));
        let site = Some(place(scene.held));
        Step {
            thread: thread(at as u32),
            blocks: Blocks::Holds(Held { lock: lock(own), mode: Mode::Exclusive, site }),
            wants: Some(Wanted::Lock(lock(other), Mode::Exclusive)),
            site: stack[0].place.clone(),
            through: None,
            stack,
            addresses: Vec::new(),
            also_holds: Vec::new(),
        }
    };
    let mut finding = Finding::new(Kind::LockOrderCycle, Verdict::Possible, vec![step(0), step(1)]);
    let origins: HashMap<u64, Vec<Frame>> =
        (0..2).map(|id| (id, stack(&scene.origins[id as usize].replace("TEST", test)))).collect();
    let tests = BTreeSet::from([format!("tests::{test}")]);
    let is_own = |place: &Place| !place.file.starts_with("dep-1.0.0/");
    locate(&mut finding, &Known { origins: &origins, tests: &tests, is_own: &is_own });
    finding
}

fn text(place: Option<&Place>) -> String {
    place.map_or_else(|| "-".to_string(), |place| format!("{}:{}", place.file, place.line))
}

/// `site through site; ...` and for whom the locks were made.
fn shown(finding: &Finding) -> (Vec<String>, Vec<String>) {
    let step =
        |step: &Step| format!("{} {}", text(step.site.as_ref()), text(step.through.as_ref()));
    let locks = finding.locks();
    (
        finding.steps.iter().map(step).collect(),
        locks.iter().map(|lock| text(lock.made_for.as_ref())).collect(),
    )
}

fn check(scene: &Scene, sites: [&str; 2], made_for: [&str; 2], is_one_for_all_tests: bool) {
    let (first, second) = (located(scene, "first"), located(scene, "second"));
    let (got_sites, got_made_for) = shown(&first);
    assert_eq!(got_sites, sites, "sites");
    assert_eq!(got_made_for, made_for, "made for");
    assert_eq!(first.fingerprint() == second.fingerprint(), is_one_for_all_tests, "one finding");
}

#[test]
fn what_is_the_users_own_stays() {
    let scene = Scene {
        class: "src/account.rs:3",
        origins: [
            "bank::Account::new src/account.rs:3; bank::tests::TEST src/lib.rs:90",
            "bank::Account::new src/account.rs:3; bank::tests::TEST src/lib.rs:91",
        ],
        held: "src/transfer.rs:4",
        stacks: [
            "bank::transfer src/transfer.rs:5; bank::tests::TEST src/lib.rs:93",
            "bank::transfer src/transfer.rs:5; bank::tests::TEST::{{closure}} src/lib.rs:94",
        ],
    };
    let sites = ["src/transfer.rs:5 -"; 2];
    check(&scene, sites, ["src/lib.rs:90", "src/lib.rs:91"], true);
}

#[test]
fn in_a_dependency_the_caller_counts() {
    let scene = Scene {
        class: "dep-1.0.0/src/mutex.rs:22",
        origins: [
            "dep::Mutex::new dep-1.0.0/src/mutex.rs:22; bank::Pool::new src/pool.rs:41",
            "dep::Mutex::new dep-1.0.0/src/mutex.rs:22; bank::Pool::new src/pool.rs:42",
        ],
        held: "dep-1.0.0/src/mutex.rs:30",
        stacks: [
            "dep::Mutex::lock dep-1.0.0/src/mutex.rs:30; bank::get src/pool.rs:50; \
             bank::tests::TEST src/lib.rs:93",
            "dep::Mutex::lock dep-1.0.0/src/mutex.rs:30; bank::put src/pool.rs:60; \
             bank::tests::TEST src/lib.rs:94",
        ],
    };
    let through = "dep-1.0.0/src/mutex.rs:30";
    let sites = [format!("src/pool.rs:50 {through}"), format!("src/pool.rs:60 {through}")];
    check(&scene, [&sites[0], &sites[1]], ["src/pool.rs:41", "src/pool.rs:42"], true);
}

#[test]
fn a_bug_of_a_dependency_is_one_though_only_tests_of_ours_see_it() {
    let scene = Scene {
        class: "dep-1.0.0/src/pool.rs:22",
        origins: ["dep::Pool::new dep-1.0.0/src/pool.rs:22; bank::tests::TEST src/lib.rs:90"; 2],
        held: "dep-1.0.0/src/pool.rs:30",
        stacks: ["dep::get dep-1.0.0/src/pool.rs:31; bank::tests::TEST src/lib.rs:93"; 2],
    };
    check(&scene, ["dep-1.0.0/src/pool.rs:31 -"; 2], ["src/lib.rs:90"; 2], true);
}

#[test]
fn who_uses_a_wrapper_counts() {
    let scene = Scene {
        class: "src/wrapper.rs:22",
        origins: [
            "bank::Wrapper::new src/wrapper.rs:22; bank::Pool::new src/pool.rs:41; \
             bank::tests::TEST src/lib.rs:90",
            "bank::Wrapper::new src/wrapper.rs:22; bank::Pool::new src/pool.rs:42; \
             bank::tests::TEST src/lib.rs:90",
        ],
        held: "src/wrapper.rs:30",
        stacks: [
            "bank::Wrapper::lock src/wrapper.rs:30; bank::Wrapper::with src/wrapper.rs:35; \
             bank::get src/pool.rs:50; bank::tests::TEST src/lib.rs:93",
            "bank::Wrapper::lock src/wrapper.rs:30; bank::put src/pool.rs:60; \
             bank::tests::TEST src/lib.rs:94",
        ],
    };
    let sites = ["src/pool.rs:50 src/wrapper.rs:30", "src/pool.rs:60 src/wrapper.rs:30"];
    check(&scene, sites, ["src/pool.rs:41", "src/pool.rs:42"], true);
}

/// A wrapper that takes its lock in several lines, for `makers`.
fn wrapper_of_readers_and_writers(makers: [&'static str; 2]) -> Scene {
    Scene {
        class: "src/wrapper.rs:22",
        origins: makers,
        held: "src/wrapper.rs:33",
        stacks: [
            "bank::Wrapper::read src/wrapper.rs:30; bank::get src/pool.rs:50; \
             bank::tests::TEST src/lib.rs:93",
            "bank::Wrapper::read src/wrapper.rs:30; bank::put src/pool.rs:60; \
             bank::tests::TEST src/lib.rs:94",
        ],
    }
}

#[test]
fn a_wrapper_may_have_a_line_for_readers_and_one_for_writers() {
    let scene = wrapper_of_readers_and_writers([
        "bank::Wrapper::new src/wrapper.rs:22; bank::Pool::new src/pool.rs:41; \
         bank::tests::TEST src/lib.rs:90",
        "bank::Wrapper::new src/wrapper.rs:22; bank::Pool::new src/pool.rs:42; \
         bank::tests::TEST src/lib.rs:90",
    ]);
    let sites = ["src/pool.rs:50 src/wrapper.rs:30", "src/pool.rs:60 src/wrapper.rs:30"];
    check(&scene, sites, ["src/pool.rs:41", "src/pool.rs:42"], true);
}

#[test]
fn a_type_that_takes_two_locks_of_its_kind_is_no_wrapper() {
    for makers in [
        // An account like all others, ..
        ["bank::Account::new src/wrapper.rs:22; bank::open src/pool.rs:41"; 2],
        // .. and two of a test.
        [
            "bank::Account::new src/wrapper.rs:22; bank::tests::TEST src/lib.rs:90",
            "bank::Account::new src/wrapper.rs:22; bank::tests::TEST src/lib.rs:91",
        ],
    ] {
        let finding = located(&wrapper_of_readers_and_writers(makers), "first");
        assert_eq!(shown(&finding).0, ["src/wrapper.rs:30 -"; 2]);
    }
}

#[test]
fn what_tests_do_with_a_wrapper_is_theirs() {
    let scene = Scene {
        class: "dep-1.0.0/src/mutex.rs:22",
        origins: [
            "dep::Mutex::new dep-1.0.0/src/mutex.rs:22; bank::tests::TEST src/TEST.rs:90",
            "dep::Mutex::new dep-1.0.0/src/mutex.rs:22; bank::tests::TEST src/TEST.rs:91",
        ],
        held: "dep-1.0.0/src/mutex.rs:30",
        stacks: [
            "dep::Mutex::lock dep-1.0.0/src/mutex.rs:30; bank::tests::TEST src/TEST.rs:93",
            "dep::Mutex::lock dep-1.0.0/src/mutex.rs:30; \
             bank::tests::TEST::{{closure}} src/TEST.rs:94; bank::tests::both src/lib.rs:7",
        ],
    };
    let through = "dep-1.0.0/src/mutex.rs:30";
    let sites = [format!("src/first.rs:93 {through}"), format!("src/first.rs:94 {through}")];
    check(&scene, [&sites[0], &sites[1]], ["src/first.rs:90", "src/first.rs:91"], false);
}

#[test]
fn one_line_that_takes_both_is_no_wrapper_if_nobody_calls_it() {
    let scene = Scene {
        class: "src/fork.rs:3",
        origins: ["table::Fork::new src/fork.rs:3; table::main src/table.rs:9"; 2],
        held: "src/table.rs:20",
        stacks: ["table::eat src/table.rs:20; table::main::{{closure}} src/table.rs:30"; 2],
    };
    check(&scene, ["src/table.rs:20 -"; 2], ["src/table.rs:9"; 2], true);
}

#[test]
fn a_derived_lock_is_made_in_the_line_of_its_field() {
    let derived = "<bank::Ledger as core::default::Default>::default";
    let (accounts, audit) =
        (format!("{derived} src/ledger.rs:45"), format!("{derived} src/ledger.rs:46"));
    let scene = Scene {
        class: "src/ledger.rs:43",
        origins: [accounts.leak(), audit.leak()],
        held: "src/ledger.rs:52",
        stacks: ["bank::deposit src/ledger.rs:54", "bank::review src/ledger.rs:60"],
    };
    let finding = located(&scene, "first");
    let class = |lock: &&Lock| match &lock.class {
        Class::Made(place) => text(Some(place)),
        _ => "-".to_string(),
    };
    let classes: Vec<String> = finding.locks().iter().map(class).collect();
    assert_eq!(classes, ["src/ledger.rs:45", "src/ledger.rs:46"]);
    assert_eq!(shown(&finding).1, ["-", "-"]);
}

#[test]
fn a_directory_of_tests_that_a_path_only_leads_through_is_none() {
    let place = |file: &str| Place { file: file.into(), line: 1, column: 1 };
    for (file, wanted) in [
        ("bank/tests/all.rs", true),
        ("bank/src/tests.rs", true),
        ("bank/src/tests/all.rs", true),
        ("bank/tests/../src/../tests/all.rs", true),
        ("bank/src/vault.rs", false),
        ("bank/tests/../src/vault.rs", false),
        ("bank/tests/deep/../../fixtures/vault.rs", false),
    ] {
        assert_eq!(is_in_tests(&place(file)), wanted, "{file}");
    }
}
