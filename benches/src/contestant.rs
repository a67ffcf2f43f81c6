//! Who takes part, how they are built and started.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail, ensure};
use cargo_metadata::Message;
use rows::Row;
use tempfile::TempDir;

/// An environment variable and its value.
type Variable = (&'static str, &'static str);

/// Locks that are measured.
pub(crate) struct Contestant {
    pub(crate) name: &'static str,
    /// The head of its column.
    pub(crate) title: &'static str,
    pub(crate) program: Program,
    /// At `LOCKGRAPH_LEVEL=full`, with a trace.
    pub(crate) records: bool,
    pub(crate) graph: Graph,
    /// Those of the rows of channels, condition variables and semaphores that it has.
    pub(crate) waits: &'static [Row],
    pub(crate) off: Off,
}

/// A binary and the package to build for it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Program {
    package: &'static str,
    binary: &'static str,
}

/// Does it keep an order graph?
pub(crate) enum Graph {
    No,
    /// Edges without stacks.
    Bare,
    /// Stacks are kept or not as this variable says.
    Stacks {
        without: Variable,
        with: Variable,
    },
}

/// Why the row cannot be run with these locks.
pub(crate) fn lacks(contestant: &Contestant, row: Row) -> Option<&'static str> {
    let why = match row {
        Row::Mpsc | Row::PingPong => "has no channels",
        Row::Turns => "has no condition variables",
        Row::Semaphore => "has no semaphores",
        Row::Atomic => "has no atomic variables",
        _ => return None,
    };
    (!contestant.waits.contains(&row)).then_some(why)
}

/// What is left of it in a build that does not want it?
pub(crate) enum Off {
    /// That is to be seen in this program.
    In(Program),
    No(&'static str),
}

const fn program(package: &'static str, binary: &'static str) -> Program {
    Program { package, binary }
}

const LOCKGRAPH: Contestant = Contestant {
    name: "lockgraph",
    title: "lockgraph",
    program: program("contestant-lockgraph", "with-lockgraph"),
    records: false,
    graph: Graph::Stacks { without: ("LOCKGRAPH_STACKS", "off"), with: ("LOCKGRAPH_STACKS", "on") },
    waits: &[Row::Mpsc, Row::PingPong, Row::Turns, Row::Semaphore, Row::Atomic],
    off: Off::In(program("contestant-lockgraph-off", "with-lockgraph-off")),
};

const TRACING_MUTEX: Contestant = Contestant {
    name: "tracing-mutex",
    title: "tracing-mutex",
    program: program("contestant-tracing-mutex", "with-tracing-mutex"),
    records: false,
    graph: Graph::Stacks { without: ("RUST_BACKTRACE", "0"), with: ("RUST_BACKTRACE", "1") },
    waits: &[Row::Turns],
    off: Off::In(program("contestant-tracing-mutex", "with-tracing-mutex-off")),
};

const PARKING_LOT: Contestant = Contestant {
    name: "parking_lot",
    title: "parking_lot",
    program: program("contestant-parking_lot", "with-parking_lot"),
    records: false,
    graph: Graph::No,
    waits: &[Row::Turns],
    off: Off::No("is an original itself"),
};

/// All of them, in the order of the columns.
const ALL: [Contestant; 9] = [
    LOCKGRAPH,
    Contestant {
        name: "lockgraph-parking_lot",
        title: "lockgraph (parking_lot)",
        program: program("contestant-lockgraph", "with-lockgraph-parking_lot"),
        waits: &[Row::Turns],
        off: Off::In(program("contestant-lockgraph-off", "with-lockgraph-parking_lot-off")),
        ..LOCKGRAPH
    },
    Contestant {
        name: "lockgraph-full",
        title: "lockgraph, level full",
        records: true,
        ..LOCKGRAPH
    },
    PARKING_LOT,
    Contestant {
        name: "parking_lot-detecting",
        title: "parking_lot, deadlock_detection",
        program: program("contestant-parking_lot-detecting", "with-parking_lot-detecting"),
        off: Off::In(PARKING_LOT.program),
        ..PARKING_LOT
    },
    TRACING_MUTEX,
    Contestant {
        name: "tracing-mutex-parking_lot",
        title: "tracing-mutex (parking_lot)",
        program: program("contestant-tracing-mutex", "with-tracing-mutex-parking_lot"),
        waits: &[],
        off: Off::In(program("contestant-tracing-mutex", "with-tracing-mutex-parking_lot-off")),
        ..TRACING_MUTEX
    },
    Contestant {
        name: "deloxide",
        title: "deloxide, lock-order-graph",
        program: program("contestant-deloxide", "with-deloxide"),
        records: false,
        graph: Graph::Bare,
        waits: &[Row::Turns],
        off: Off::No("has no switch"),
    },
    Contestant {
        name: "std",
        title: "std",
        program: program("contestant-std", "with-std"),
        waits: &[Row::Mpsc, Row::PingPong, Row::Turns, Row::Semaphore, Row::Atomic],
        ..PARKING_LOT
    },
];

impl Contestant {
    /// Those that are asked for, else the default ones, else all.
    pub(crate) fn chosen(asked: &[String], default: &[&str]) -> Result<Vec<Contestant>> {
        if let Some(name) = asked.iter().find(|name| ALL.iter().all(|one| one.name != **name)) {
            let names: Vec<_> = ALL.iter().map(|one| one.name).collect();
            bail!("no contestant is called `{name}`; there are {}", names.join(", "));
        }
        let wants = |one: &Contestant| match asked {
            [] => default.is_empty() || default.contains(&one.name),
            _ => asked.iter().any(|name| name == one.name),
        };
        Ok(ALL.into_iter().filter(wants).collect())
    }

    /// The programs that it is measured with.
    pub(crate) fn programs(&self) -> impl Iterator<Item = Program> {
        let off = match self.off {
            Off::In(program) => Some(program),
            Off::No(_) => None,
        };
        std::iter::once(self.program).chain(off)
    }
}

/// Where the programs are.
pub(crate) struct Built(BTreeMap<Program, PathBuf>);

/// Builds these programs: each package by a cargo of its own, which is what keeps features apart.
pub(crate) fn build(programs: impl Iterator<Item = Program>) -> Result<Built> {
    let mut wanted: BTreeMap<&str, Vec<Program>> = BTreeMap::new();
    for program in programs {
        wanted.entry(program.package).or_default().push(program);
    }
    let mut built = BTreeMap::new();
    for (package, programs) in wanted {
        let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
        let binaries =
            build_package(&manifest, package).with_context(|| format!("building {package}"))?;
        for program in programs {
            let path = binaries.get(program.binary).context("cargo names no such program")?;
            built.insert(program, path.clone());
        }
    }
    Ok(Built(built))
}

/// Builds a binary of the repository itself, with the features that it is shipped with.
pub(crate) fn build_binary(package: &str, binary: &str) -> Result<PathBuf> {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("../Cargo.toml");
    let mut binaries = build_package(&manifest, package)?;
    binaries.remove(binary).with_context(|| format!("cargo names no program `{binary}`"))
}

/// Builds a binary of this workspace that is no contestant.
pub(crate) fn build_member(package: &str, binary: &str) -> Result<PathBuf> {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
    let mut binaries = build_package(&manifest, package)?;
    binaries.remove(binary).with_context(|| format!("cargo names no program `{binary}`"))
}

fn build_package(manifest: &Path, package: &str) -> Result<BTreeMap<String, PathBuf>> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
    let output = Command::new(cargo)
        .args(["build", "--release", "--quiet", "--message-format=json-render-diagnostics"])
        .args(["--package", package, "--manifest-path"])
        .arg(manifest)
        .stderr(Stdio::inherit())
        .output()
        .context("cargo cannot be started")?;
    ensure!(output.status.success(), "cargo build: {}", output.status);
    let mut binaries = BTreeMap::new();
    for message in Message::parse_stream(&output.stdout[..]) {
        if let Message::CompilerArtifact(artifact) = message?
            && let Some(path) = artifact.executable
        {
            binaries.insert(artifact.target.name, path.into_std_path_buf());
        }
    }
    Ok(binaries)
}

/// A contestant about to be started. Its traces, if it records, are gone afterwards.
pub(crate) struct Start {
    command: Command,
    traces: Option<TempDir>,
}

impl Built {
    /// The contestant as it is used: with stacks or without, or as it likes best.
    pub(crate) fn start(&self, contestant: &Contestant, stacks: Option<bool>) -> Result<Start> {
        self.start_below(None, contestant, stacks)
    }

    /// The same below another program, which gets its name and arguments as arguments.
    pub(crate) fn start_below(
        &self,
        above: Option<Command>,
        contestant: &Contestant,
        stacks: Option<bool>,
    ) -> Result<Start> {
        let path = &self.0[&contestant.program];
        let mut command = match above {
            Some(mut above) => {
                above.arg(path);
                above
            }
            None => Command::new(path),
        };
        // Nobody's detector is set by the environment of this program.
        let ours = |name: &OsString| name.to_string_lossy().starts_with("LOCKGRAPH");
        for (name, _) in std::env::vars_os().filter(|(name, _)| ours(name)) {
            command.env_remove(name);
        }
        command.env_remove("RUST_BACKTRACE").env_remove("RUST_LIB_BACKTRACE");
        if let (Graph::Stacks { without, with }, Some(stacks)) = (&contestant.graph, stacks) {
            command.envs([if stacks { *with } else { *without }]);
        }
        let traces = contestant.records.then(tempfile::tempdir).transpose()?;
        if let Some(traces) = &traces {
            command.env("LOCKGRAPH_LEVEL", "full").env("LOCKGRAPH_TRACE", traces.path());
        }
        Ok(Start { command, traces })
    }

    /// Is the program's lock the very type whose shape it has?
    pub(crate) fn is_original(&self, program: Program) -> Result<bool> {
        let mut start = Start { command: Command::new(&self.0[&program]), traces: None };
        Ok(start.ask(&["facts"], "original")? == [[1.0]])
    }
}

impl Start {
    /// Runs it with these arguments. The numbers of its lines that begin with `word`.
    pub(crate) fn ask(&mut self, arguments: &[&str], word: &str) -> Result<Vec<Vec<f64>>> {
        let output = self.command.args(arguments).stderr(Stdio::inherit()).output();
        let output = output.with_context(|| format!("{:?}", self.command))?;
        ensure!(output.status.success(), "{:?}: {}", self.command, output.status);
        Ok(numbers(&String::from_utf8_lossy(&output.stdout), word))
    }

    /// Runs it with these arguments. What it, or the program above it, says on standard error.
    pub(crate) fn listen(&mut self, arguments: &[&str]) -> Result<String> {
        let output = self.command.args(arguments).output();
        let output = output.with_context(|| format!("{:?}", self.command))?;
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        ensure!(output.status.success(), "{:?}: {}\n{text}", self.command, output.status);
        Ok(text)
    }

    /// The size of the trace that it left, in bytes.
    pub(crate) fn trace_size(&self) -> Result<u64> {
        let traces = self.traces.as_ref().context("it does not record")?;
        let trace = traces.path().read_dir()?.next().context("it left no trace")??;
        Ok(trace.metadata()?.len())
    }
}

/// A contestant may print what it likes beside, so other lines are passed over.
fn numbers(text: &str, word: &str) -> Vec<Vec<f64>> {
    let lines = text.lines().filter_map(|line| line.strip_prefix(word)?.strip_prefix(' '));
    lines.filter_map(|line| line.split(' ').map(|number| number.parse().ok()).collect()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_found_between_other_lines() {
        let text = "  banner\npair 1.5 2\npairs 3 4\npair x 2\npair 3 4.25\nbytes 16\n";
        assert_eq!(numbers(text, "pair"), [[1.5, 2.0], [3.0, 4.25]]);
        assert_eq!(numbers(text, "bytes"), [[16.0]]);
        assert!(numbers(text, "edges").is_empty());
    }

    #[test]
    fn contestants_are_those_asked_for_else_the_default_else_all() {
        let names = |asked: &[&str], default: &[&str]| {
            let asked: Vec<String> = asked.iter().map(|name| name.to_string()).collect();
            let chosen = Contestant::chosen(&asked, default).map_err(|error| error.to_string())?;
            Ok::<_, String>(chosen.iter().map(|one| one.name).collect::<Vec<_>>())
        };
        assert_eq!(names(&["std", "deloxide"], &["lockgraph"]).unwrap(), ["deloxide", "std"]);
        assert_eq!(names(&[], &["lockgraph"]).unwrap(), ["lockgraph"]);
        assert_eq!(names(&[], &[]).unwrap().len(), ALL.len());
        assert!(names(&["dealoxide"], &[]).unwrap_err().contains("deloxide"));
    }
}
