//! A copy of the repository in which the tests of the analysis can be built and run.

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use std::{env, fs, thread};

/// How many times as long as with all rules in place the tests may take, and how long at least. One
/// of the rules may have kept them from searching for ever.
const PATIENCE: u32 = 10;
const LEAST: Duration = Duration::from_secs(30);
/// How long they may take with all rules in place.
const LONGEST: Duration = Duration::from_secs(600);
/// How much memory they may have, in KiB: for ever would take all of the machine's.
const MEMORY: u32 = 8 << 20;

/// The copy. It is kept, so that the next run builds little.
pub(crate) struct Tree {
    root: PathBuf,
    limit: Duration,
}

/// What became of the tests.
pub(crate) enum Ended {
    Well,
    /// This one failed, as the first of all; or they came to a bad end.
    Failed(Option<String>),
    /// Time was up.
    Not,
    /// They were not compiled.
    Unbuilt,
}

impl Ended {
    /// Whether the tests ran, and did not all pass.
    pub(crate) fn is_noticed(&self) -> bool {
        matches!(self, Ended::Failed(_) | Ended::Not)
    }
}

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Ended::Well => write!(f, "NOBODY"),
            Ended::Failed(test) => write!(f, "{}", test.as_deref().unwrap_or("its end")),
            Ended::Not => write!(f, "its time"),
            Ended::Unbuilt => write!(f, "THE COMPILER"),
        }
    }
}

impl Tree {
    pub(crate) fn copied() -> Tree {
        let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join("mutations/tree");
        let repository = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a workspace");
        copy(repository, &root);
        Tree { root, limit: LONGEST }
    }

    /// Builds and runs the tests as they are. From then on they may not take much longer than that.
    pub(crate) fn measured(&mut self) -> Ended {
        let Some(program) = self.built() else { return Ended::Unbuilt };
        let began = Instant::now();
        let ended = self.run(&program);
        self.limit = LEAST.max(began.elapsed() * PATIENCE);
        ended
    }

    /// A source file of the analysis.
    pub(crate) fn source(&self, name: &str) -> PathBuf {
        self.root.join("lockgraph/src/predict").join(name)
    }

    /// Builds and runs the tests.
    pub(crate) fn tested(&self) -> Ended {
        match self.built() {
            Some(program) => self.run(&program),
            None => Ended::Unbuilt,
        }
    }

    fn built(&self) -> Option<PathBuf> {
        let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let output = Command::new(cargo)
            .args(["test", "-p", "lockgraph", "--test", "predict", "--no-run"])
            .current_dir(&self.root)
            .env("CARGO_TARGET_DIR", self.root.with_file_name("target"))
            .env("CARGO_PROFILE_DEV_DEBUG", "0")
            // Else what did not change is optimised anew with what did.
            .env("CARGO_PROFILE_DEV_LTO", "off")
            .env("CARGO_TERM_COLOR", "never")
            .stdin(Stdio::null())
            .output()
            .expect("cargo can be started");
        let said = String::from_utf8_lossy(&output.stderr);
        if !output.status.success() {
            eprintln!("{said}");
            return None;
        }
        let line = said.lines().rfind(|line| line.contains("Executable"));
        let (_, program) = line?.split_once('(')?;
        Some(self.root.join(program.strip_suffix(')')?))
    }

    fn run(&self, program: &Path) -> Ended {
        let told = self.root.with_file_name("told");
        let mut child = Command::new("sh")
            .arg("-c")
            .arg(format!("ulimit -v {MEMORY}; exec \"$0\" \"$@\""))
            .arg(program)
            // What the oracle says of itself has nothing to do with the analysis.
            .args(["--skip", "rules::"])
            .current_dir(&self.root)
            .env("LOCKGRAPH_TRACES", env::var("LOCKGRAPH_TRACES").unwrap_or("3000".into()))
            .stdin(Stdio::null())
            .stdout(fs::File::create(&told).expect("it is ours"))
            .stderr(Stdio::null())
            .spawn()
            .expect("what was built can be started");
        let end = Instant::now() + self.limit;
        let ended = loop {
            let status = child.try_wait().expect("the child is ours");
            let failed = failed(&fs::read_to_string(&told).expect("it is ours"));
            match status {
                Some(status) if status.success() => return Ended::Well,
                Some(_) => return Ended::Failed(failed),
                // The others may take long to show why they fail.
                None if failed.is_some() => break Ended::Failed(failed),
                None if Instant::now() > end => break Ended::Not,
                None => thread::sleep(Duration::from_millis(20)),
            }
        };
        child.kill().expect("the child is ours");
        child.wait().expect("the child is ours");
        ended
    }
}

/// Which test failed first, by the lines that tell so one at a time.
fn failed(told: &str) -> Option<String> {
    let name = |line: &str| Some(line.strip_prefix("test ")?.strip_suffix(" ... FAILED")?.into());
    told.lines().find_map(name)
}

/// Copies what differs, so that what does not need not be built again.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("it is ours");
    for entry in fs::read_dir(from).expect("a directory of ours can be read") {
        let path = entry.expect("its entries too").path();
        let name = path.file_name().expect("an entry has a name");
        if path.is_dir() {
            if name != "target" && name != ".git" && name != "corpus" {
                copy(&path, &to.join(name));
            }
            continue;
        }
        let bytes = fs::read(&path).expect("a file of ours can be read");
        if fs::read(to.join(name)).ok().as_ref() != Some(&bytes) {
            fs::write(to.join(name), bytes).expect("it is ours");
        }
    }
}
