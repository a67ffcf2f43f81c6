//! The corpus of real blocking bugs and harmless look-alikes, each run on lockgraph's locks.
//!
//! Three promises. A deadlock that the entry's hints force is reported as actual. A harmless entry
//! is silent, however it is run. A deadlock that can be predicted from a passing run is reported
//! from a serial run, which does not hang. `LOCKGRAPH_CORPUS=FILE` takes the entries from another
//! file of the same form, and a table of all entries is printed at the end.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::{env, fmt, fs};

use libtest_mimic::{Failed, Trial};
use serde_json::Value;

use crate::expect::{self, ANY, Case, Cast, Want};
use crate::program::Program;
use crate::stage::Run;

/// The environment variable that names another corpus.
const FILE: &str = "LOCKGRAPH_CORPUS";

/// What is expected although the entry's own fields say otherwise, and why.
struct Exception {
    id: &'static str,
    run: Run,
    want: Want,
    why: &'static str,
}

const EXCEPTIONS: &[Exception] = &[
    Exception {
        id: "pldi20/lazy_static-eae87a9",
        run: Run::Serial,
        want: Want::Silent,
        why: "the thread that comes second finds everything initialised and runs no initialiser, \
              so the other half of the cycle does not happen",
    },
    Exception {
        id: "pldi20/lazy_static-eae87a9",
        run: Run::Reversed,
        want: Want::Silent,
        why: "as in the other direction",
    },
    Exception {
        id: "goker/grpc_1353",
        run: Run::Serial,
        want: Want::Told,
        why: "the first receive needs nothing, and whether it could have met the second send is \
              known only if the channel could tell who met whom, which the schedule decides",
    },
];

/// Runs that pass, and from which the entry's deadlock is not foreseen yet: the prediction for
/// waits (`wait-while-holding` and the like) is later work. A row must go when that finds it. Some
/// get stuck in rare schedules, and are told so then.
const UNFORESEEN: &[(&str, Run)] = &[
    ("goker/etcd_7443", Run::Reversed),
    ("goker/etcd_7902", Run::Serial),
    ("goker/kubernetes_1321", Run::Reversed),
    ("goker/kubernetes_26980", Run::Reversed),
    ("goker/kubernetes_6632", Run::Reversed),
    ("goker/serving_2137", Run::Reversed),
    ("pldi20/parity-0d59319", Run::Reversed),
    ("pldi20/parity-c1aed4a", Run::Reversed),
];

/// Primitives that are locks or ends of threads, whose findings name every lock by its name.
const LOCKS: &[&str] = &["mutex", "rwlock", "reentrant", "once", "join", "leaked-guard", "trylock"];

/// What needs later work: tasks on an executor.
const ASYNC: &str = "async";

/// Entries of the shipped corpus that need later work. The number is checked, so that none is lost
/// without notice.
const LATER: usize = 10;

/// What is expected of an entry, in the corpus's own words.
pub(crate) struct Entry {
    pub(crate) id: String,
    pub(crate) text: String,
    primitives: Vec<String>,
    pub(crate) deadlocks: bool,
    forced: bool,
    /// Every schedule gets stuck.
    pub(crate) always: bool,
    pub(crate) predictable: bool,
    cycle: String,
    pub(crate) stuck: BTreeSet<String>,
    tasks: bool,
}

/// A line of the table.
struct Line {
    id: String,
    run: &'static str,
    expected: String,
    got: String,
    as_expected: bool,
}

static TABLE: Mutex<Vec<Line>> = Mutex::new(Vec::new());

/// All entries as tests. Without a readable file: one test that fails and says why.
pub(crate) fn trials() -> Vec<Trial> {
    match entries() {
        Ok(entries) => entries_as_trials(entries),
        Err(error) => vec![Trial::test("corpus/file", move || Err(Failed::from(error)))],
    }
}

/// Prints the table if another corpus was asked for.
pub(crate) fn print_table() {
    if env::var_os(FILE).is_none() {
        return;
    }
    let mut table = TABLE.lock().expect("no test panics while it adds a line");
    table.sort_by(|a, b| (&a.id, a.run).cmp(&(&b.id, b.run)));
    println!("{:<45} {:<9} {:<22} got", "id", "run", "expected");
    for Line { id, run, expected, got, as_expected } in table.iter() {
        let mark = if *as_expected { "" } else { "   <-- differs" };
        println!("{id:<45} {run:<9} {expected:<22} {got}{mark}");
    }
}

/// All entries of the file.
pub(crate) fn entries() -> Result<Vec<Entry>, String> {
    let path = file();
    let failed = |error: &dyn fmt::Display| format!("{}: {error}", path.display());
    let text = fs::read_to_string(&path).map_err(|error| failed(&error))?;
    let json: Value = serde_json::from_str(&text).map_err(|error| failed(&error))?;
    let list = json["entries"].as_array().or(json.as_array());
    list.ok_or_else(|| failed(&"there are no entries"))?.iter().map(entry).collect()
}

/// The corpus to run. Tests run in the directory of their package, but whoever names a file most
/// likely stands in the root.
fn file() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    match env::var_os(FILE).map(PathBuf::from) {
        Some(path) if path.exists() => path,
        Some(path) => root.join(path),
        None => root.join("fixtures/corpus.json"),
    }
}

fn entry(json: &Value) -> Result<Entry, String> {
    let id = json["id"].as_str().ok_or("an entry without an id")?.to_string();
    let expected = &json["expected"];
    let verdict = expected["verdict"].as_str().ok_or_else(|| format!("{id}: no verdict"))?;
    let threads = json["threads"].as_array().ok_or_else(|| format!("{id}: no threads"))?;
    let mut text: String = words(&json["objects"]).map(|object| format!("@{object}\n")).collect();
    for thread in threads {
        let name = thread["name"].as_str().unwrap_or("T");
        let ops: Vec<&str> = words(&thread["ops"]).collect();
        text.push_str(&format!("{name}: {}\n", ops.join(" ")));
    }
    Ok(Entry {
        text,
        primitives: words(&json["primitives"]).map(str::to_string).collect(),
        deadlocks: verdict != "ok",
        forced: json["phases_force_it"] == true,
        always: expected["manifests"] == "always",
        predictable: expected["predictable_from_passing_run"] == true,
        cycle: words(&expected["cycle"]).collect::<Vec<_>>().join("; "),
        stuck: words(&expected["stuck_threads"]).map(str::to_string).collect(),
        tasks: threads.iter().any(|thread| thread["kind"] == "task"),
        id,
    })
}

fn words(json: &Value) -> impl Iterator<Item = &str> {
    json.as_array().into_iter().flatten().filter_map(Value::as_str)
}

impl Entry {
    /// Why this entry cannot be run yet.
    pub(crate) fn needs_later_work(&self) -> Option<String> {
        if self.tasks || self.primitives.iter().any(|name| name == ASYNC) {
            return Some(ASYNC.to_string());
        }
        Program::parse(&self.text).err().map(|unknown| unknown.to_string())
    }

    fn cases(&self) -> Vec<Case> {
        let want = |run: Run| match run {
            _ if !self.deadlocks => Want::Silent,
            _ if self.always => self.stuck_for_ever(),
            Run::Hinted if self.forced => self.stuck_for_ever(),
            Run::Serial | Run::Reversed if self.predictable => self.foreseen(),
            _ => Want::Told,
        };
        Run::ALL.into_iter().map(|run| self.case(run, want(run))).collect()
    }

    /// Where all that is waited for are locks and ends of threads, it is certain.
    fn stuck_for_ever(&self) -> Want {
        if self.has_only_locks() { Want::Actual(ANY) } else { Want::Blocked(ANY) }
    }

    /// A serial run passes where only locks are waited for; else one of the two directions does.
    fn foreseen(&self) -> Want {
        if self.has_only_locks() { Want::Possible(ANY) } else { Want::Foreseen(ANY) }
    }

    fn has_only_locks(&self) -> bool {
        self.primitives.iter().all(|name| LOCKS.contains(&name.as_str()))
    }

    fn case(&self, run: Run, want: Want) -> Case {
        let excepted = EXCEPTIONS.iter().find(|e| e.id == self.id && e.run == run);
        let excepted = excepted.map(|exception| (exception.want, exception.why));
        let unforeseen = UNFORESEEN.contains(&(self.id.as_str(), run));
        let excepted =
            excepted.or(unforeseen.then_some((Want::Unforeseen, "prediction for waits")));
        Case {
            name: format!("corpus/{}/{}", self.id, run.name()),
            text: self.text.clone(),
            run,
            want: excepted.map_or(want, |(want, _)| want),
            cast: self.cast(want),
            environment: &[],
            why: excepted.map_or("", |(_, why)| why),
        }
    }

    /// Only locks and threads of the entry's cycle may be named, and who just waits for ever: the
    /// thread that called the program, threads that loop for ever, and workers of pools. Other
    /// files may describe their cycles in other words, so only ours is held to them.
    fn cast(&self, want: Want) -> Option<Cast> {
        if env::var_os(FILE).is_some() || matches!(want, Want::Told | Want::Unforeseen) {
            return None;
        }
        let program = Program::parse(&self.text).ok()?;
        let mentioned = |name: &String| self.cycle.split(is_no_name).any(|word| word == name);
        let onces = program.onces();
        let all_locks = program.types.keys().chain(&onces);
        let locks = all_locks.filter(|name| mentioned(name)).cloned().collect();
        let locks = self.has_only_locks().then_some(locks);
        let mut threads = self.stuck.clone();
        threads.extend(program.bystanders());
        self.deadlocks.then_some(Cast { locks, threads })
    }
}

fn is_no_name(c: char) -> bool {
    !(c.is_alphanumeric() || c == '_')
}

fn entries_as_trials(entries: Vec<Entry>) -> Vec<Trial> {
    let mut trials = Vec::new();
    let mut later = Vec::new();
    for entry in entries {
        match entry.needs_later_work() {
            None => trials.extend(entry.cases().into_iter().map(trial)),
            Some(primitive) => later.push((entry.id, primitive)),
        }
    }
    trials.push(Trial::test("corpus/needs_later_work", move || list_later(&later)));
    trials.push(Trial::test("corpus/exceptions_have_reasons", reasons));
    trials
}

fn trial(case: Case) -> Trial {
    let name = case.name.clone();
    Trial::test(name, move || {
        let outcome = expect::outcome_of(&case)?;
        let verdict = expect::verdict(&case, &outcome);
        let id = case.name.trim_start_matches("corpus/").trim_end_matches(case.run.name());
        add_line(Line {
            id: id.trim_end_matches('/').to_string(),
            run: case.run.name(),
            expected: expectation(case.want).to_string(),
            got: outcome.summary(),
            as_expected: verdict.is_ok(),
        });
        verdict.map_err(|wrong| Failed::from(expect::explain(&case, &outcome, &wrong)))
    })
}

fn expectation(want: Want) -> &'static str {
    match want {
        Want::Silent => "silent",
        Want::Possible(_) => "possible",
        Want::Foreseen(_) => "possible, or stuck",
        Want::Actual(_) | Want::Freed(_) | Want::Stuck(_) => "actual",
        Want::Blocked(_) => "actual or stalled",
        Want::Told | Want::Unforeseen => "told if stuck",
        Want::HangsUnseen => "hangs",
    }
}

fn add_line(line: Line) {
    TABLE.lock().expect("no test panics while it adds a line").push(line);
}

fn list_later(later: &[(String, String)]) -> Result<(), Failed> {
    for (id, primitive) in later {
        add_line(Line {
            id: id.clone(),
            run: "-",
            expected: "later".to_string(),
            got: format!("needs {primitive}"),
            as_expected: true,
        });
    }
    println!("{} runs from which nothing is foreseen yet: {UNFORESEEN:?}", UNFORESEEN.len());
    let list: Vec<String> =
        later.iter().map(|(id, primitive)| format!("  {id} ({primitive})")).collect();
    let text = format!("{} entries need later work:\n{}", later.len(), list.join("\n"));
    println!("{text}");
    if env::var_os(FILE).is_none() && later.len() != LATER {
        return Err(Failed::from(format!("expected {LATER}, but {text}")));
    }
    Ok(())
}

fn reasons() -> Result<(), Failed> {
    match EXCEPTIONS.iter().find(|exception| exception.why.is_empty()) {
        Some(exception) => Err(Failed::from(format!("{} says no reason", exception.id))),
        None => Ok(()),
    }
}
