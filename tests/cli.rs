//! The command line: exit codes, damaged and foreign files, pipes, colours, formats.

use std::ffi::OsStr;
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use libtest_mimic::{Failed, Trial};
use lockgraph::finding::Kind;
use tempfile::TempDir;

use crate::child::{self, Order, What};
use crate::fixture;
use crate::stage::Run;

/// What the command line said.
pub(crate) struct Said {
    code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Said {
    pub(crate) fn expect_code(&self, code: i32) -> Result<(), String> {
        self.require(self.code == Some(code), &format!("the exit code is not {code}"))
    }

    fn require(&self, holds: bool, otherwise: &str) -> Result<(), String> {
        if holds {
            return Ok(());
        }
        let Said { code, stdout, stderr } = self;
        Err(format!("{otherwise}\nexit code: {code:?}\nstdout:\n{stdout}\nstderr:\n{stderr}"))
    }

    fn expect_text(&self, text: &str) -> Result<(), String> {
        self.require(self.stdout.contains(text), &format!("{text:?} is missing"))
    }
}

/// Runs the command line.
pub(crate) fn run<S: AsRef<OsStr>>(arguments: &[S]) -> Result<Said, String> {
    let mut command = lockgraph();
    said(command.args(arguments))
}

/// Runs `command` to its end.
pub(crate) fn said(command: &mut Command) -> Result<Said, String> {
    let output = command.output().map_err(|error| error.to_string())?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Ok(Said {
        code: output.status.code(),
        stdout: text(&output.stdout),
        stderr: text(&output.stderr),
    })
}

pub(crate) fn lockgraph() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lockgraph"));
    child::clean(&mut command);
    command.stdin(Stdio::null());
    command
}

pub(crate) fn trials() -> Vec<Trial> {
    TESTS.iter().map(|(name, test)| trial(name, *test)).collect()
}

type Test = fn() -> Result<(), String>;

fn trial(name: &str, test: Test) -> Trial {
    Trial::test(format!("cli/{name}"), move || test().map_err(Failed::from))
}

const TESTS: &[(&str, Test)] = &[
    ("clean_is_0", clean),
    ("findings_are_1", findings),
    ("no_file_is_2", no_file),
    ("bad_usage_is_2", bad_usage),
    ("empty_file", empty),
    ("foreign_file", foreign),
    ("future_file", future),
    ("truncated_file", truncated),
    ("torn_file", torn),
    ("broken_pipe", broken_pipe),
    ("no_colour_in_pipes", no_colour),
    ("explain_every_kind", explain),
    ("graph_dot", graph_dot),
    ("graph_json", graph_json),
    ("graph_svg", graph_svg),
    ("show_graph", show_graph),
    ("check_json", check_json),
    ("check_several_formats", several_formats),
    ("check_one_report_on_stdout", one_report_on_stdout),
    ("check_unwritable_report", unwritable_report),
    ("check_in_a_job", in_a_job),
    ("diff_of_two_runs", diff),
    ("dump_is_read_again", dump_is_read_again),
    ("live_findings_are_in_the_trace", live_and_trace_agree),
    ("several_traces_at_once", several_traces),
];

/// Two orders of two locks, as other tools write it.
const ABBA: &str = "\
T0|fork(T1)|0\nT0|fork(T2)|0\n\
T1|acq(L1)|11\nT1|acq(L2)|12\nT1|rel(L2)|13\nT1|rel(L1)|14\n\
T2|acq(L2)|21\nT2|acq(L1)|22\nT2|rel(L1)|23\nT2|rel(L2)|24\n";

/// One order.
const CLEAN: &str = "\
T0|fork(T1)|0\n\
T0|acq(L1)|1\nT0|acq(L2)|2\nT0|rel(L2)|3\nT0|rel(L1)|4\n\
T1|acq(L1)|11\nT1|acq(L2)|12\nT1|rel(L2)|13\nT1|rel(L1)|14\n";

/// A file of this content, alive as long as its directory.
fn file(name: &str, content: impl AsRef<[u8]>) -> Result<(TempDir, PathBuf), String> {
    let directory = TempDir::new().map_err(|error| error.to_string())?;
    let path = directory.path().join(name);
    fs::write(&path, content).map_err(|error| error.to_string())?;
    Ok((directory, path))
}

fn command(name: &str, path: &Path) -> Result<Said, String> {
    run(&[OsStr::new(name), path.as_os_str()])
}

fn clean() -> Result<(), String> {
    let (_directory, path) = file("clean.std", CLEAN)?;
    command("check", &path)?.expect_code(0)
}

fn findings() -> Result<(), String> {
    let (_directory, path) = file("abba.std", ABBA)?;
    let said = command("check", &path)?;
    said.expect_code(1)?;
    said.expect_text("warning[lock-order-cycle]")
}

fn no_file() -> Result<(), String> {
    let said = command("check", Path::new("no/such/file.lgt"))?;
    said.expect_code(2)?;
    one_sentence(&said, "no/such/file.lgt")
}

fn bad_usage() -> Result<(), String> {
    run(&["chekc"])?.expect_code(2)?;
    run(&["check"])?.expect_code(2)?;
    run(&["explain", "no-such-kind"])?.expect_code(2)
}

fn diff() -> Result<(), String> {
    let (directory, abba) = file("abba.std", ABBA)?;
    let clean = directory.path().join("clean.std");
    fs::write(&clean, CLEAN).map_err(|error| error.to_string())?;
    let of = |old: &Path, new: &Path| run(&[OsStr::new("diff"), old.as_os_str(), new.as_os_str()]);
    of(&abba, &abba)?.expect_code(0)?;
    let came = of(&clean, &abba)?;
    came.expect_code(1)?;
    came.expect_text("+ warning[lock-order-cycle]: ")?;
    came.expect_text("\norder: no difference in 0 edges\nfindings: 1 came\n")?;
    of(&clean, Path::new("no/such/file.lgt"))?.expect_code(2)?;
    let mut command = lockgraph();
    let input = fs::File::open(&abba).map_err(|error| error.to_string())?;
    let went = said(command.args(["diff", "-"]).arg(&clean).stdin(input))?;
    went.expect_code(1)?;
    went.expect_text("- warning[lock-order-cycle]: ")
}

/// One line on stderr, with the file in it.
fn one_sentence(said: &Said, name: &str) -> Result<(), String> {
    said.require(said.stderr.lines().count() == 1, "it is not one line")?;
    said.require(said.stderr.contains(name), &format!("{name} is not named"))?;
    said.require(!said.stderr.contains("panicked"), "it panicked")
}

fn empty() -> Result<(), String> {
    let (_directory, path) = file("empty.lgt", "")?;
    let said = command("check", &path)?;
    said.expect_code(2)?;
    one_sentence(&said, "empty.lgt")
}

fn foreign() -> Result<(), String> {
    let (_directory, path) = file("picture.lgt", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\0")?;
    let said = command("check", &path)?;
    said.expect_code(2)?;
    one_sentence(&said, "picture.lgt")
}

/// A trace that a program left, at the given level.
fn recorded(level: &str) -> Result<(TempDir, PathBuf), String> {
    let directory = TempDir::new().map_err(|error| error.to_string())?;
    let path = directory.path().to_string_lossy().into_owned();
    let environment = [("LOCKGRAPH_TRACE", path.as_str()), ("LOCKGRAPH_LEVEL", level)];
    let what = What::Program("T1: AB\nT2: BA\nT3: CD\n", Run::Serial);
    let order = Order { what, environment: &environment, limit: child::limit() };
    let outcome = child::run(&order).map_err(|error| error.to_string())?;
    let files = fixture::files(directory.path()).map_err(|error| error.to_string())?;
    match &files[..] {
        [path] => Ok((directory, path.clone())),
        _ => Err(format!("there are {} trace files\n{}", files.len(), outcome.full())),
    }
}

/// A trace whose bytes were changed.
fn damaged(name: &str, damage: fn(&mut Vec<u8>)) -> Result<(TempDir, PathBuf), String> {
    let (_keep, path) = recorded("full")?;
    let mut bytes = fs::read(path).map_err(|error| error.to_string())?;
    damage(&mut bytes);
    file(name, bytes)
}

/// The version follows the eight bytes that say whose file it is.
fn future() -> Result<(), String> {
    let (_directory, path) = damaged("future.lgt", |bytes| bytes[8..12].fill(0x7f))?;
    let said = command("check", &path)?;
    said.expect_code(2)?;
    one_sentence(&said, "future.lgt")?;
    said.require(said.stderr.contains("version"), "it does not say that the version is the reason")
}

/// Where the last record of the first chunk ends: what was never written is zero.
fn end_of_records(bytes: &[u8]) -> usize {
    const CHUNK: usize = 64 * 1024;
    bytes[..CHUNK].iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1)
}

/// A file that ends in its last records: what is before them is still reported.
fn truncated() -> Result<(), String> {
    let (_directory, path) = damaged("cut.lgt", |bytes| bytes.truncate(end_of_records(bytes) - 9))?;
    still_read(&command("check", &path)?, "cut.lgt")
}

/// The last records are nonsense.
fn torn() -> Result<(), String> {
    let (_directory, path) = damaged("torn.lgt", |bytes| {
        let end = end_of_records(bytes);
        bytes[end - 40..end].fill(0xff);
    })?;
    still_read(&command("check", &path)?, "torn.lgt")
}

/// What could be read is reported, and where it ends is said.
fn still_read(said: &Said, name: &str) -> Result<(), String> {
    said.expect_code(2)?;
    said.expect_text("[lock-order-cycle]")?;
    let place = said.stderr.contains(name) && said.stderr.contains("byte ");
    said.require(place, "it does not say where")?;
    said.require(!said.stderr.contains("panicked"), "it panicked")
}

/// Whoever closes a pipe early has seen enough.
fn broken_pipe() -> Result<(), String> {
    let mut command = lockgraph();
    command.arg("dump").arg(shipped("jigsaw.data"));
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(|error| error.to_string())?;
    let mut start = [0; 100];
    let read = child.stdout.take().map(|mut pipe| pipe.read_exact(&mut start));
    let output = child.wait_with_output().map_err(|error| error.to_string())?;
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    let said = Said { code: output.status.code(), stdout: String::new(), stderr };
    said.require(matches!(read, Some(Ok(()))), "nothing was printed")?;
    said.expect_code(0)?;
    // This trace has steps that make no sense, which is told; a closed pipe is not.
    let complains = said.stderr.contains("pipe") || said.stderr.contains("panicked");
    said.require(!complains, "it complains")
}

fn no_colour() -> Result<(), String> {
    let (_directory, path) = file("abba.std", ABBA)?;
    for value in ["", "1"] {
        let mut command = lockgraph();
        let output = command.arg("check").arg(&path).env("NO_COLOR", value).output();
        let output = output.map_err(|error| error.to_string())?;
        if output.stdout.contains(&0x1b) || output.stderr.contains(&0x1b) {
            return Err("there are escape codes in a pipe".to_string());
        }
    }
    Ok(())
}

fn explain() -> Result<(), String> {
    for kind in Kind::ALL {
        let said = run(&["explain", kind.name()])?;
        said.expect_code(0)?;
        said.expect_text(kind.name())?;
        said.require(said.stdout.lines().count() > 5, "that is hardly an explanation")?;
    }
    Ok(())
}

fn graph(format: &str) -> Result<(TempDir, Said), String> {
    let (directory, path) = file("abba.std", ABBA)?;
    let format = ["graph", "--format", format].map(OsStr::new);
    let said = run(&[&format[..], &[path.as_os_str()]].concat())?;
    said.expect_code(0)?;
    Ok((directory, said))
}

fn graph_dot() -> Result<(), String> {
    let (_directory, said) = graph("dot")?;
    let lines = || said.stdout.lines().map(str::trim);
    said.require(lines().any(|line| line.starts_with("digraph")), "it is no graph")?;
    let edges = lines().filter(|line| line.starts_with('n') && line.contains("-> n"));
    said.require(edges.count() == 2, "it has not two edges")
}

fn graph_json() -> Result<(), String> {
    let (_directory, said) = graph("json")?;
    json(&said).map(drop)
}

/// A picture of a trace in which five philosophers go round.
fn graph_svg() -> Result<(), String> {
    let arguments = ["graph", "--format", "svg"].map(OsStr::new);
    let path = shipped("DiningPhil.data");
    let said = run(&[&arguments[..], &[path.as_os_str()]].concat())?;
    said.expect_code(0)?;
    let picture = roxmltree::Document::parse(&said.stdout).map_err(|error| error.to_string())?;
    let of_class =
        |class| picture.descendants().filter(|it| it.attribute("class") == Some(class)).count();
    said.require(of_class("node cycle") == 5, "it has not five locks in a cycle")?;
    said.require(of_class("edge cycle") == 5, "it has not five edges in a cycle")
}

fn show_graph() -> Result<(), String> {
    let arguments = ["show", "--graph"].map(OsStr::new);
    let said = run(&[&arguments[..], &[shipped("Dbcp1.data").as_os_str()]].concat())?;
    said.expect_code(0)?;
    said.expect_text("cycle 1 of 1: 2 locks\n  +--> reentrant mutex 1\n")?;
    said.expect_text(
        "\n  [cycle: reentrant mutex 1, reentrant mutex 2]\n    reentrant mutex 3  at ",
    )?;
    said.expect_text("\n3 locks, 3 edges, 1 cycle\n")
}

fn json(said: &Said) -> Result<serde_json::Value, String> {
    serde_json::from_str(&said.stdout).map_err(|error| format!("{error} in\n{}", said.stdout))
}

fn check_json() -> Result<(), String> {
    let (_directory, path) = file("abba.std", ABBA)?;
    let arguments = ["check", "--format", "json"].map(OsStr::new);
    let said = run(&[&arguments[..], &[path.as_os_str()]].concat())?;
    said.expect_code(1)?;
    let json = json(&said)?;
    said.require(json["version"].is_number(), "the version is missing")?;
    let kinds = json["findings"].as_array().map(|list| list.iter().map(|f| f["kind"].clone()));
    let kinds: Vec<_> = kinds.into_iter().flatten().collect();
    said.require(kinds == ["lock-order-cycle"], "it is not the one finding")
}

fn check_with(formats: &[String], path: &Path) -> Result<Said, String> {
    let formats = formats.iter().flat_map(|format| ["--format", format]).map(OsStr::new);
    let arguments: Vec<&OsStr> = [OsStr::new("check")].into_iter().chain(formats).collect();
    run(&[&arguments[..], &[path.as_os_str()]].concat())
}

/// Text stays on standard output while files are written.
fn several_formats() -> Result<(), String> {
    let (directory, path) = file("abba.std", ABBA)?;
    let report = |name: &str| directory.path().join("reports").join(name);
    let formats = ["sarif", "junit", "gitlab"];
    let said = check_with(&formats.map(|it| format!("{it}={}", report(it).display())), &path)?;
    said.expect_code(1)?;
    said.expect_text("warning[lock-order-cycle]")?;
    for (name, text) in [("sarif", "\"2.1.0\""), ("junit", "<failure "), ("gitlab", "\"major\"")] {
        let report =
            fs::read_to_string(report(name)).map_err(|error| format!("{name}: {error}"))?;
        said.require(report.contains(text), &report)?;
    }
    Ok(())
}

fn one_report_on_stdout() -> Result<(), String> {
    let (_directory, path) = file("abba.std", ABBA)?;
    let said = check_with(&["json".into(), "sarif".into()], &path)?;
    said.expect_code(2)?;
    one_sentence(&said, "not both json and sarif")?;
    check_with(&["dot".into()], &path)?.expect_code(2)
}

/// It is a failure, but what else was asked for is there.
fn unwritable_report() -> Result<(), String> {
    let (directory, path) = file("abba.std", ABBA)?;
    let good = directory.path().join("good.xml");
    let bad = format!("sarif={}", path.join("below a file").display());
    let said = check_with(&[bad, format!("junit={}", good.display())], &path)?;
    said.expect_code(2)?;
    one_sentence(&said, "below a file")?;
    said.expect_text("warning[lock-order-cycle]")?;
    said.require(good.is_file(), "the other report is missing")
}

/// Without a word, a job gets what it can show; `--format text` is text alone.
fn in_a_job() -> Result<(), String> {
    let (directory, path) = file("abba.std", ABBA)?;
    let page = directory.path().join("page.md");
    for (variable, formats, wanted, unwanted) in [
        ("GITHUB_ACTIONS", &[][..], "\n::warning file=location,line=12,", "gl-code-quality"),
        ("GITLAB_CI", &[], " is in gl-code-quality-report.json\n", "::warning "),
        ("GITHUB_ACTIONS", &["--format", "text"], "warning[", "::warning "),
        ("GITLAB_CI", &["--format", "text"], "warning[", "gl-code-quality"),
    ] {
        let mut command = lockgraph();
        command.env(variable, "true").env("GITHUB_STEP_SUMMARY", &page);
        command.current_dir(directory.path()).arg("check").args(formats).arg(&path);
        let said = said(&mut command)?;
        said.expect_code(1)?;
        said.expect_text(wanted)?;
        said.require(!said.stdout.contains(unwanted), &format!("{unwanted} is there"))?;
    }
    let text = |name: &str| fs::read_to_string(directory.path().join(name)).unwrap_or_default();
    let page = text("page.md");
    let quality: serde_json::Value =
        serde_json::from_str(&text("gl-code-quality-report.json")).unwrap_or_default();
    let are_there = page.matches("## lockgraph: ").count() == 1 && quality[0].is_object();
    if are_there { Ok(()) } else { Err(format!("{page}\n{quality:#}")) }
}

/// What `dump` writes is a trace that `check` reads, with the same findings.
fn dump_is_read_again() -> Result<(), String> {
    for name in ["DiningPhil.data", "Account.data", "Dbcp1.data"] {
        let original = command("check", &shipped(name))?;
        let dumped = command("dump", &shipped(name))?;
        dumped.expect_code(0)?;
        let (_directory, path) = file("again.std", &dumped.stdout)?;
        let again = command("check", &path)?;
        let heads = |said: &Said| said.stdout.matches("[lock-order-cycle]").count();
        again.require(again.code == original.code, "the exit code is another one")?;
        again.require(heads(&again) == heads(&original), "the findings are others")?;
    }
    Ok(())
}

fn live_and_trace_agree() -> Result<(), String> {
    // All events together prove what the program itself could only warn of.
    for (level, word, verdict) in [("graph", "warning", "possible"), ("full", "error", "proved")] {
        let (_directory, path) = recorded(level)?;
        let said = command("check", &path)?;
        said.expect_code(1)?;
        said.expect_text(&format!("{word}[lock-order-cycle]"))?;
        said.expect_text(&format!("verdict: {verdict}"))?;
        said.require(said.stdout.matches("[lock-order-cycle]").count() == 1, "not just one")?;
        command("show", &path)?.expect_code(0)?;
    }
    Ok(())
}

fn several_traces() -> Result<(), String> {
    let (_abba, abba) = file("abba.std", ABBA)?;
    let (_clean, clean) = file("clean.std", CLEAN)?;
    run(&[OsStr::new("check"), clean.as_os_str(), abba.as_os_str()])?.expect_code(1)?;
    run(&[OsStr::new("check"), clean.as_os_str(), clean.as_os_str()])?.expect_code(0)
}

/// One of the real traces.
pub(crate) fn shipped(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/traces").join(name)
}

/// Whether the command line counts in a real trace what the reference did. Two of them have steps
/// that make no sense, which decides the exit code there.
pub(crate) fn counts(path: &Path, wanted: &[(&str, u64)]) -> Result<(), String> {
    let arguments = ["check", "--format", "json"].map(OsStr::new);
    let said = run(&[&arguments[..], &[path.as_os_str()]].concat())?;
    let summary = &json(&said)?["summary"];
    for (field, wanted) in wanted {
        let got = summary[field].as_u64();
        said.require(got == Some(*wanted), &format!("{field}: {got:?} instead of {wanted}"))?;
    }
    Ok(())
}
