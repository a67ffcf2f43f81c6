//! The settings file, by the command line on real files: written, read, edited, refused.

use std::ffi::OsStr;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use libtest_mimic::{Failed, Trial};
use tempfile::TempDir;

use crate::child;

type Outcome = Result<(), String>;
type Test = fn() -> Outcome;

pub(crate) fn trials() -> Vec<Trial> {
    let tests: [(&str, Test); 4] = [
        ("from_init_to_prune", from_init_to_prune),
        ("a_review_without_answers", a_review_without_answers),
        ("all_mistakes_are_told", all_mistakes_are_told),
        ("found_from_below", found_from_below),
    ];
    let trial = |(name, test): (&str, Test)| {
        Trial::test(format!("settings/{name}"), move || test().map_err(Failed::from))
    };
    tests.into_iter().map(trial).collect()
}

/// Two orders of two locks, as other tools write it; and one.
const ABBA: &str = "\
T0|fork(T1)|0\nT0|fork(T2)|0\n\
T1|acq(L1)|11\nT1|acq(L2)|12\nT1|rel(L2)|13\nT1|rel(L1)|14\n\
T2|acq(L2)|21\nT2|acq(L1)|22\nT2|rel(L1)|23\nT2|rel(L2)|24\n";
const AB: &str = "T1|acq(L1)|11\nT1|acq(L2)|12\nT1|rel(L2)|13\nT1|rel(L1)|14\n";

/// A directory with reports on both.
struct Project(TempDir);

impl Project {
    fn new() -> Result<Project, String> {
        let project = Project(TempDir::new().map_err(text)?);
        for (name, trace) in [("abba", ABBA), ("ab", AB)] {
            project.write(&format!("{name}.std"), trace)?;
            let said = project.run(&["check", "--format", "json", &format!("{name}.std")], "")?;
            project.write(&format!("{name}.json"), &said.stdout)?;
        }
        Ok(project)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, content: &str) -> Outcome {
        fs::write(self.path(name), content).map_err(text)
    }

    fn settings(&self) -> Result<String, String> {
        fs::read_to_string(self.path("lockgraph.toml")).map_err(text)
    }

    /// Runs the command line in the directory, with these answers.
    fn run(&self, arguments: &[&str], answers: &str) -> Result<Said, String> {
        run(self.0.path(), arguments, answers)
    }
}

struct Said {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

fn run<S: AsRef<OsStr>>(directory: &Path, arguments: &[S], answers: &str) -> Result<Said, String> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lockgraph"));
    child::clean(&mut command);
    command.args(arguments).current_dir(directory);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(text)?;
    let mut input = child.stdin.take().ok_or("it has no standard input")?;
    // Who asks for nothing may be gone by now.
    let _ = input.write_all(answers.as_bytes());
    drop(input);
    let output = child.wait_with_output().map_err(text)?;
    let string = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (stdout, stderr) = (string(&output.stdout), string(&output.stderr));
    Ok(Said { code: output.status.code(), stdout, stderr })
}

impl Said {
    fn expect(&self, code: i32, stdout: &str, stderr: &str) -> Outcome {
        let Said { code: got, stdout: out, stderr: err } = self;
        if *got == Some(code) && out.contains(stdout) && err.contains(stderr) {
            return Ok(());
        }
        Err(format!("wanted {code} {stdout:?} {stderr:?}, got {got:?}\n{out}\n{err}"))
    }
}

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}

fn require(holds: bool, otherwise: &str) -> Outcome {
    if holds { Ok(()) } else { Err(otherwise.to_owned()) }
}

fn from_init_to_prune() -> Outcome {
    let project = Project::new()?;
    project.run(&["init"], "")?.expect(0, "wrote lockgraph.toml: every setting ", "")?;
    let commented = project.settings()?;
    project.run(&["init"], "")?.expect(
        2,
        "",
        "lockgraph: lockgraph.toml: is there already, and was left as it is\n",
    )?;
    let review = ["review", "abba.json"];
    let said = project.run(&review, "a they never meet\n")?;
    said.expect(0, "finding 1 of 1\n\nwarning[lock-order-cycle]: ", "")?;
    said.expect(0, "1 accepted, 0 skipped, 0 not looked at\n", "")?;
    let settings = project.settings()?;
    require(settings.starts_with(&commented), "the comments are gone")?;
    require(settings.contains("\nreason = \"they never meet\"\n"), &settings)?;
    project.run(&review, "")?.expect(0, "there is nothing to review: none of 1 findings", "")?;
    project.run(&["prune", "abba.json"], "")?.expect(0, "there is nothing to prune: all", "")?;
    project.run(&["prune", "ab.json"], "")?.expect(0, "): they never meet\nchanged ", "")?;
    require(project.settings()? == commented, "it is not as it was")?;
    let accept = ["accept", "--all", "--reason", "old", "abba.json"];
    project.run(&accept, "")?.expect(0, "changed lockgraph.toml: commit it\n", "")?;
    project.run(&review, "")?.expect(0, "there is nothing to review: ", "")
}

fn a_review_without_answers() -> Outcome {
    let project = Project::new()?;
    project.run(&["review", "abba.json"], "")?.expect(
        2,
        "finding 1 of 1\n",
        "lockgraph: standard input has no answers; without a terminal: `lockgraph accept \
         FINGERPRINT.. --reason TEXT`, or `lockgraph accept --all --reason TEXT`\n",
    )?;
    require(!project.path("lockgraph.toml").exists(), "settings were written")?;
    project.run(&["review"], "")?.expect(
        2,
        "",
        "report.json: there is no such report: `cargo lockgraph test` leaves one, ",
    )
}

fn all_mistakes_are_told() -> Outcome {
    let project = Project::new()?;
    project.write("lockgraph.toml", "[gate]\nfail_on = \"actual\"\n[limit]\nbudget = 1\n")?;
    project.run(&["review", "abba.json"], "s\n")?.expect(
        2,
        "",
        "lockgraph: lockgraph.toml:2:1: `fail_on` is no key of `gate`: did you mean `fail-on`?\n\
         lockgraph: lockgraph.toml:3:2: `limit` is no table of the settings: did you mean \
         `limits`?\n",
    )
}

/// The settings above the current directory count, not new ones in it.
fn found_from_below() -> Outcome {
    let project = Project::new()?;
    project.write("lockgraph.toml", "")?;
    let below = project.path("src/deep");
    fs::create_dir_all(&below).map_err(text)?;
    let said = run(&below, &["accept", "--all", "--reason", "old", "../../abba.json"], "")?;
    said.expect(0, "lockgraph.toml: commit it\n", "")?;
    require(project.settings()?.starts_with("[[accept]]\n"), "it was not accepted there")?;
    require(!below.join("lockgraph.toml").exists(), "there are other settings below")
}
