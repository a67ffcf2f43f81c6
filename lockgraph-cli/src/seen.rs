//! In which test, or by which program, something was seen.
//!
//! nextest says it in the environment, which processes that a test starts inherit. libtest gives
//! the thread of a test its path for a name. That thread is not of our making, so it has no
//! parent, and the threads that it starts lead back to it. All else is known by its program.

use std::collections::BTreeSet;
use std::path::Path;

use lockgraph::finding::Finding;
use lockgraph::id::ThreadId;
use lockgraph::trace::{Process, Source, Trace};

/// Arguments of a program that are named, and how long they may be together.
const ARGUMENTS: usize = 60;

/// Who ran when something was seen.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Seen {
    /// A test: its program and its path, as nextest names them.
    Test(String),
    /// A program that is no test's.
    Program(String),
}

/// Who ran, and the paths of the tests from their crates.
#[derive(Default)]
pub(crate) struct Cast {
    pub(crate) seen: BTreeSet<Seen>,
    pub(crate) tests: BTreeSet<String>,
}

impl Seen {
    pub(crate) fn name(&self) -> &str {
        match self {
            Seen::Test(name) | Seen::Program(name) => name,
        }
    }
}

/// Who ran when `finding` was made in `trace`.
pub(crate) fn cast(finding: &Finding, trace: &Trace) -> Cast {
    let threads: Vec<ThreadId> =
        finding.steps.iter().map(|step| ThreadId(step.thread.id)).collect();
    of_threads(&threads, trace)
}

/// Who ran, of these threads of `trace`.
pub(crate) fn of_threads(threads: &[ThreadId], trace: &Trace) -> Cast {
    let mut cast = Cast::default();
    let Source::Native(process) = &trace.source else { return cast };
    let fact = |name: &str| process.facts.get(name).map(String::as_str);
    if let Some(test) = fact("NEXTEST_TEST_NAME") {
        let binary = fact("NEXTEST_BINARY_ID").unwrap_or(stem(process));
        cast.add(binary, test);
        return cast;
    }
    if is_test_program(process) {
        for thread in threads {
            if let Some(test) = test_of(*thread, trace) {
                cast.add(stem(process), test);
            }
        }
    }
    if cast.seen.is_empty() {
        cast.seen.insert(Seen::Program(program(process)));
    }
    cast
}

impl Cast {
    fn add(&mut self, program: &str, test: &str) {
        self.seen.insert(Seen::Test(format!("{program} {test}")));
        self.tests.insert(test.to_string());
    }
}

/// The name of the thread that a thread descends from, if that is a test's.
fn test_of(thread: ThreadId, trace: &Trace) -> Option<&str> {
    let mut at = trace.threads.get(&thread)?;
    // Parents in a damaged trace may go round.
    for _ in 0..trace.threads.len() {
        match at.parent.and_then(|parent| trace.threads.get(&parent)) {
            Some(parent) => at = parent,
            None => break,
        }
    }
    at.name.as_deref().filter(|name| *name != "main")
}

fn path(process: &Process) -> &str {
    process.facts.get("exe").map_or(process.program.as_str(), String::as_str)
}

/// Whether cargo built it as a test or benchmark: `deps/NAME-HASH`. Merged doctests are a test
/// program too.
fn is_test_program(process: &Process) -> bool {
    let path = Path::new(path(process));
    let directory = path.parent().and_then(Path::file_name);
    let is_doctest = path.file_stem().is_some_and(|stem| stem == "rust_out");
    is_doctest || directory.is_some_and(|name| name == "deps") && stem_of(path) != file_stem(path)
}

/// The name of the program without cargo's hash.
fn stem(process: &Process) -> &str {
    match stem_of(Path::new(path(process))) {
        "rust_out" => process.facts.get("CARGO_PKG_NAME").map_or("doctest", String::as_str),
        stem => stem,
    }
}

fn file_stem(path: &Path) -> &str {
    path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default()
}

fn stem_of(path: &Path) -> &str {
    let stem = file_stem(path);
    match stem.rsplit_once('-') {
        Some((name, hash))
            if hash.len() == 16 && hash.bytes().all(|byte| byte.is_ascii_hexdigit()) =>
        {
            name
        }
        _ => stem,
    }
}

/// `server --port 80`.
fn program(process: &Process) -> String {
    let stem = stem(process);
    let mut name = if stem.is_empty() { "a program" } else { stem }.to_string();
    for argument in &process.arguments {
        if name.len() + argument.len() > ARGUMENTS {
            name.push_str(" ...");
            break;
        }
        name = format!("{name} {argument}");
    }
    name
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use lockgraph::id::SiteId;
    use lockgraph::trace::{Level, Thread};

    use super::*;
    use crate::staged;

    type Facts = &'static [(&'static str, &'static str)];

    /// A process whose threads 1 and 2, those of the staged cycle, have these names and parents.
    fn trace(facts: Facts, threads: [(Option<&str>, Option<u32>); 2]) -> Trace {
        let mut trace = staged::trace();
        let fact = |(name, value): &(&str, &str)| (name.to_string(), value.to_string());
        trace.source = Source::Native(Process {
            version: 1,
            level: Level::Graph,
            pid: 1,
            started_nanos: 0,
            program: "./server".into(),
            arguments: vec!["--port".into(), "80".into()],
            facts: facts.iter().map(fact).collect(),
        });
        let thread = |(name, parent): (Option<&str>, Option<u32>)| Thread {
            name: name.map(str::to_string),
            parent: parent.map(ThreadId),
            site: SiteId::UNKNOWN,
        };
        let ids = [1, 2].map(ThreadId);
        trace.threads = ids.into_iter().zip(threads.map(thread)).collect::<BTreeMap<_, _>>();
        trace
    }

    fn check(facts: Facts, threads: [(Option<&str>, Option<u32>); 2], want: &[&str]) {
        let cast = cast(&staged::cycle(), &trace(facts, threads));
        let names: Vec<&str> = cast.seen.iter().map(Seen::name).collect();
        assert_eq!(names, want);
    }

    const LIBTEST: Facts = &[("exe", "/t/debug/deps/bank-0123456789abcdef")];

    #[test]
    fn tests_of_libtest_are_known_by_their_threads() {
        let test = (Some("tests::a"), None);
        check(LIBTEST, [test, (Some("worker"), Some(1))], &["bank tests::a"]);
        check(LIBTEST, [test, (Some("tests::b"), None)], &["bank tests::a", "bank tests::b"]);
        // Around in a circle, as no program can.
        check(LIBTEST, [(None, Some(2)), (None, Some(1))], &["bank --port 80"]);
        check(LIBTEST, [(Some("main"), None), (Some("x"), Some(1))], &["bank --port 80"]);
    }

    #[test]
    fn nextest_says_it_and_its_children_inherit_it() {
        let facts: Facts = &[
            ("exe", "/t/debug/server"),
            ("NEXTEST_BINARY_ID", "bank::it"),
            ("NEXTEST_TEST_NAME", "tests::a"),
        ];
        check(facts, [(Some("main"), None), (None, Some(1))], &["bank::it tests::a"]);
    }

    #[test]
    fn programs_are_known_by_their_names() {
        let threads = [(Some("main"), None), (Some("worker"), None)];
        check(&[], threads, &["server --port 80"]);
        check(&[("exe", "/t/debug/bank-server")], threads, &["bank-server --port 80"]);
        check(&[("exe", "/t/deps/bank-server")], threads, &["bank-server --port 80"]);
        let doctest: Facts = &[("exe", "/tmp/x/rust_out"), ("CARGO_PKG_NAME", "bank")];
        check(doctest, [(Some("main"), None); 2], &["bank --port 80"]);
    }

    #[test]
    fn other_traces_say_nothing() {
        assert!(cast(&staged::cycle(), &staged::trace()).seen.is_empty());
    }
}
