//! Our own trouble is 2; what cargo does not like is cargo's to say.

use libtest_mimic::Trial;

use super::process;
use super::project::{Project, Shared};
use super::{Outcome, at, trial};

pub(super) fn trials() -> Vec<Trial> {
    let lodger = Shared::new(&["lodger", "landlord"]);
    let on = |test| lodger.on(test);
    vec![
        trial("exit_codes/usage", on(usage)),
        trial("exit_codes/no_project", on(no_project)),
        trial("exit_codes/no_run", no_run),
        trial("exit_codes/cargos_own", on(cargos_own)),
        trial("exit_codes/does_not_compile", on(does_not_compile)),
    ]
}

fn usage(lodger: &Project) -> Outcome {
    for (words, complaint) in [
        ("tset", "`tset` is no verb of ours"),
        ("--deps", "a verb like `test`"),
        ("test --on-deadlock dance", "invalid value 'dance' for '--on-deadlock <WHAT>'"),
        ("test --level", "a value is required for '--level <LEVEL>'"),
    ] {
        let said = lodger.run(words)?;
        said.expect_code(2)?;
        said.expect_error(&[complaint])?;
    }
    let said = lodger.run("test --help")?;
    said.expect_code(0)?;
    said.expect_out(&["nextest", "--deps", "show-env"])
}

/// Cargo says what is missing.
fn no_project(lodger: &Project) -> Outcome {
    let mut command = lodger.lockgraph("test");
    let said = process::run(command.current_dir(lodger.home()))?;
    said.expect_code(2)?;
    said.expect_error(&["could not find `Cargo.toml`", "nothing was built or run"])
}

/// Before the first run there is nothing to report on, and nothing to remove.
fn no_run() -> Outcome {
    let lodger = Project::bare(&["lodger", "landlord"])?;
    let said = lodger.run("report")?;
    said.expect_code(2)?;
    said.expect_error(&["no run has left traces in "])?;
    lodger.run("clean")?.expect_code(0)
}

/// Options that are not ours are cargo's, and so is the complaint.
fn cargos_own(lodger: &Project) -> Outcome {
    let plain = process::run(lodger.command("cargo").args(["test", "--dance"]))?;
    let said = lodger.run("test --dance")?;
    said.require(said.code == plain.code, &format!("cargo's own exit code is {:?}", plain.code))?;
    said.expect_error(&["unexpected argument '--dance'"])
}

/// Nothing ran, so nothing was found.
fn does_not_compile(lodger: &Project) -> Outcome {
    let project = lodger.directory.join("tests");
    lodger.write("tests/wrong.rs", "compile_error!(\"not today\");\n")?;
    let said = lodger.run("test --test wrong");
    std::fs::remove_file(project.join("wrong.rs")).map_err(at("remove the test"))?;
    let said = said?;
    said.expect_code(101)?;
    said.expect_error(&["not today"])?;
    said.require(!said.stderr.contains("panicked"), "somebody panicked")?;
    said.require(!said.stdout.contains("[lock-order-cycle]"), "something was found")
}
