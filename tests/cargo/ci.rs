//! The recipes in `fixtures/ci`: what in them is ours runs in a small project, in the environment
//! of such a job. What needs a service or installs something is left out.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::process::Command;

use libtest_mimic::Trial;
use saphyr::{LoadableYamlNode as _, YamlOwned};

use super::process::{self, Said};
use super::project::{PROGRAM, Project, Shared, repository};
use super::{Outcome, at, nextest, trial};

pub(super) fn trials() -> Vec<Trial> {
    let stuck = Shared::new(&["stuck"]);
    let on = |test| stuck.on(test);
    vec![
        trial("ci/github", on(github)),
        trial("ci/gitlab", on(gitlab)),
        nextest::trial("ci/nextest", on(nextest)),
        trial("ci/pre_push", on(pre_push)),
    ]
}

/// A test that takes two locks in both orders.
const WRONG: &str = "#[test]\nfn later() {\n    stuck::cross_later();\n}\n";
/// One that does not.
const RIGHT: &str = "#[test]\nfn later() {\n    drop(stuck::take(&stuck::LEFT));\n}\n";

/// Gives the project this test, and no other.
fn begin(stuck: &Project, test: &str) -> Outcome {
    let tests = stuck.directory.join("tests");
    if tests.is_dir() {
        fs::remove_dir_all(tests).map_err(at("remove the tests"))?;
    }
    stuck.write("tests/later.rs", test)
}

fn recipe(name: &str) -> Result<String, String> {
    fs::read_to_string(repository().join("fixtures/ci").join(name)).map_err(at(name))
}

fn yaml(name: &str) -> Result<YamlOwned, String> {
    let documents = YamlOwned::load_from_str(&recipe(name)?).map_err(at(name))?;
    let one = <[YamlOwned; 1]>::try_from(documents).map_err(|_| "it is not one document")?;
    Ok(one.into_iter().next().expect("there is one"))
}

/// What is found at `a/b/c`.
fn find<'y>(yaml: &'y YamlOwned, path: &str) -> Option<&'y YamlOwned> {
    path.split('/').try_fold(yaml, |yaml, key| yaml.as_mapping_get(key))
}

fn list<'y>(yaml: &'y YamlOwned, path: &str) -> &'y [YamlOwned] {
    find(yaml, path).and_then(YamlOwned::as_sequence).map_or(&[], Vec::as_slice)
}

fn text<'y>(yaml: &'y YamlOwned, path: &str) -> Result<&'y str, String> {
    find(yaml, path).and_then(YamlOwned::as_str).ok_or_else(|| format!("there is no {path}"))
}

/// `program` in the project, as in a job: `cargo lockgraph` is the one that is tested.
fn in_job(stuck: &Project, program: &str) -> Result<Command, String> {
    let ours = Path::new(PROGRAM).parent().expect("it is in a directory").to_owned();
    let path = env::var_os("PATH").unwrap_or_default();
    let path: Result<OsString, _> =
        env::join_paths([ours].into_iter().chain(env::split_paths(&path)));
    let mut command = stuck.command(program);
    command.env("PATH", path.map_err(at("the search path"))?);
    command.env("CARGO_NET_OFFLINE", "true").env("CI", "true");
    Ok(command)
}

/// Runs a script of a recipe, if it is ours, as jobs do.
fn run(stuck: &Project, script: &str, variables: &[(&str, &str)]) -> Result<Option<Said>, String> {
    if !script.starts_with("cargo lockgraph ") {
        return Ok(None);
    }
    let mut command = in_job(stuck, "sh")?;
    command.args(["-e", "-c", script]).envs(variables.iter().copied());
    process::run(&mut command).map(Some)
}

/// Runs the steps of the only job of a workflow, and gives back what ours said. After one that
/// failed those run that say so.
fn workflow(stuck: &Project, name: &str) -> Result<(Vec<Said>, String), String> {
    let workflow = yaml(name)?;
    let steps = list(&workflow, "jobs/lockgraph/steps");
    text(&workflow, "jobs/lockgraph/runs-on")?;
    let summary = stuck.home().join("summary.md");
    let _ = fs::remove_file(&summary);
    let summary = summary.to_string_lossy().into_owned();
    let here = stuck.directory.to_string_lossy().into_owned();
    let variables = [
        ("GITHUB_ACTIONS", "true"),
        ("GITHUB_STEP_SUMMARY", &*summary),
        ("GITHUB_WORKSPACE", &*here),
    ];
    let (mut said, mut has_failed) = (Vec::new(), false);
    for step in steps {
        let uses = text(step, "uses");
        let (action, _) = uses.as_ref().map_or(Ok(("", "")), |uses| {
            uses.split_once("@v").ok_or_else(|| format!("{uses} has no version"))
        })?;
        let script = text(step, "run");
        if script.is_ok() != action.is_empty() {
            return Err(format!("a step either runs or uses something: {step:?}"));
        }
        let runs_always = text(step, "if").is_ok_and(|when| when.contains("!cancelled()"));
        if has_failed && !runs_always {
            continue;
        }
        let of_step = script.map_or(Ok(None), |script| run(stuck, script, &variables))?;
        let is_optional = find(step, "continue-on-error").and_then(YamlOwned::as_bool);
        if let Some(of_step) = of_step {
            has_failed |= of_step.code != Some(0) && is_optional != Some(true);
            said.push(of_step);
        }
    }
    let summary = fs::read_to_string(&summary).map_err(at("the summary"))?;
    Ok((said, summary))
}

/// Findings are annotated, on the page and in the file that is uploaded; and the job fails.
fn github(stuck: &Project) -> Outcome {
    begin(stuck, WRONG)?;
    let (said, summary) = workflow(stuck, "github.yml")?;
    let [test, report] = &said[..] else { return Err(format!("{said:?}")) };
    test.expect_code(1)?;
    test.expect_out(&["lockgraph: 1 finding: 1 ", "\n::error file=src/lib.rs,line="])?;
    test.require(summary.contains("| lock-order-cycle&#58; "), &summary)?;
    let definition = yaml("github.yml")?;
    report
        .require(text(&definition, "permissions/security-events")? == "write", "no permission")?;
    let steps = list(&definition, "jobs/lockgraph/steps");
    let uploaded = steps.iter().find_map(|step| text(step, "with/sarif_file").ok());
    let path = stuck.directory.join(uploaded.ok_or("nothing is uploaded")?);
    let sarif = fs::read_to_string(&path).map_err(at("the uploaded file"))?;
    let sarif: serde_json::Value = serde_json::from_str(&sarif).map_err(at("the uploaded file"))?;
    let uri = "/runs/0/results/0/locations/0/physicalLocation/artifactLocation/uri";
    let uri = sarif.pointer(uri).and_then(serde_json::Value::as_str);
    report.require(uri == Some("src/lib.rs"), &format!("{sarif:#}"))?;
    begin(stuck, RIGHT)?;
    let (said, summary) = workflow(stuck, "github.yml")?;
    said.iter().try_for_each(|said| said.expect_code(0))?;
    said[0].require(summary.starts_with("## lockgraph: no findings"), &summary)
}

fn nextest(stuck: &Project) -> Outcome {
    begin(stuck, WRONG)?;
    let (said, summary) = workflow(stuck, "nextest.yml")?;
    let [test] = &said[..] else { return Err(format!("{said:?}")) };
    test.expect_code(1)?;
    test.expect_out(&["seen in test stuck::later later\n"])?;
    test.require(summary.contains("| lock-order-cycle&#58; "), &summary)?;
    begin(stuck, RIGHT)?;
    workflow(stuck, "nextest.yml")?.0.iter().try_for_each(|said| said.expect_code(0))
}

/// Runs the lines of the job; gives back what `script` said, and then what all others did.
fn job(stuck: &Project) -> Result<Vec<Said>, String> {
    let definition = yaml("gitlab-ci.yml")?;
    let variables = [("GITLAB_CI", "true")];
    let mut said = Vec::new();
    for part in ["before_script", "script", "after_script"] {
        for line in list(&definition, &format!("lockgraph/{part}")) {
            let line = line.as_str().ok_or("a line is no text")?;
            said.extend(run(stuck, line, &variables)?);
        }
    }
    Ok(said)
}

/// The reports that the job names are written, and it fails.
fn gitlab(stuck: &Project) -> Outcome {
    begin(stuck, WRONG)?;
    let said = job(stuck)?;
    let [test, after] = &said[..] else { return Err(format!("{said:?}")) };
    test.expect_code(1)?;
    test.expect_out(&[
        "\nlockgraph: GitLab's code quality report is in gl-code-quality-report.json",
    ])?;
    let definition = yaml("gitlab-ci.yml")?;
    let read = |kind: &str| {
        let name = text(&definition, &format!("lockgraph/artifacts/reports/{kind}"))?;
        fs::read_to_string(stuck.directory.join(name)).map_err(at(name))
    };
    let quality: serde_json::Value =
        serde_json::from_str(&read("codequality")?).map_err(at("it"))?;
    let path = quality.pointer("/0/location/path").and_then(serde_json::Value::as_str);
    test.require(path == Some("src/lib.rs"), &format!("{quality:#}"))?;
    let junit = read("junit")?;
    let document = roxmltree::Document::parse(&junit).map_err(at("the report of tests"))?;
    let failures = document.descendants().filter(|node| node.has_tag_name("failure")).count();
    after.require(failures == 1, &junit)?;
    begin(stuck, RIGHT)?;
    job(stuck)?.iter().try_for_each(|said| said.expect_code(0))?;
    test.require(read("codequality")?.trim() == "[]", "there is something left")
}

/// `git WORDS..` in the project, without anybody's configuration.
fn git(stuck: &Project, words: &str) -> Result<Said, String> {
    let mut command = in_job(stuck, "git")?;
    for name in ["user.name=a", "user.email=a@b", "init.defaultBranch=main"] {
        command.args(["-c", name]);
    }
    command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
    process::run(command.args(words.split(' ')))
}

/// Whether a hook says it: where it goes depends on the version of git.
fn says(said: &Said, text: &str) -> bool {
    said.stdout.contains(text) || said.stderr.contains(text)
}

/// The hook stops a push with a new finding, and no other.
fn pre_push(stuck: &Project) -> Outcome {
    begin(stuck, WRONG)?;
    for words in ["init", "init --bare ../there.git", "remote add there ../there.git", "add ."] {
        git(stuck, words)?.expect_code(0)?;
    }
    git(stuck, "commit -m wrong")?.expect_code(0)?;
    let hook = stuck.directory.join(".git/hooks/pre-push");
    // With its permissions.
    fs::copy(repository().join("fixtures/ci/pre-push"), &hook).map_err(at("copy the hook"))?;
    let stopped = git(stuck, "push there main")?;
    stopped.expect_code(1)?;
    stopped.require(says(&stopped, "lockgraph: 1 finding: 1 "), "the finding is not told")?;
    let branches = git(stuck, "ls-remote there")?;
    branches.require(branches.stdout.is_empty(), "it was pushed")?;
    git(stuck, "push --no-verify there main main:other")?.expect_code(0)?;
    let removed = git(stuck, "push there --delete other")?;
    removed.expect_code(0)?;
    removed.require(!says(&removed, "lockgraph: "), "the tests ran")?;
    begin(stuck, RIGHT)?;
    git(stuck, "commit -a -m right")?.expect_code(0)?;
    let pushed = git(stuck, "push there main")?;
    pushed.expect_code(0)?;
    pushed.require(says(&pushed, "lockgraph: no findings "), "the tests did not run")
}
