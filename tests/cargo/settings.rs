//! What users have set for cargo and rustc stays in force.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use libtest_mimic::Trial;

use super::process::{self, Said};
use super::project::{PROGRAM, Project, Shared, script};
use super::{Outcome, at, trial};

pub(super) fn trials() -> Vec<Trial> {
    let stuck = Shared::new(&["stuck"]);
    let on = |test| stuck.on(test);
    vec![
        trial("settings/environment", on(environment)),
        trial("settings/configuration", on(configuration)),
        trial("settings/inside", on(inside)),
    ]
}

const FLAG: &str = "--cfg flag_of_the_user";

/// A test that fails without the flag.
const TEST: &str = "#[test]\nfn flag() {\n    stuck::cross_later();\n    \
                    assert!(cfg!(flag_of_the_user));\n}\n";

fn environment(stuck: &Project) -> Outcome {
    let wrapper = Wrapper::new(stuck, "wrapper of the environment")?;
    let mut command = flag_test(stuck)?;
    command.env("RUSTC_WRAPPER", &wrapper.program).env("RUSTFLAGS", FLAG);
    wrapper.check(&process::run(&mut command)?)
}

fn configuration(stuck: &Project) -> Outcome {
    let wrapper = Wrapper::new(stuck, "wrapper of the configuration")?;
    let text = format!(
        "[build]\nrustc-wrapper = {:?}\nrustflags = {:?}\n",
        wrapper.program.strip_prefix(&stuck.directory).map_err(at("the wrapper"))?,
        // One more than in the other trial, so that everything is compiled anew.
        FLAG.split(' ').chain(["--cfg", "configured"]).collect::<Vec<_>>()
    );
    stuck.write(".cargo/config.toml", &text)?;
    let said = process::run(&mut flag_test(stuck)?);
    fs::remove_dir_all(stuck.directory.join(".cargo")).map_err(at("remove the configuration"))?;
    wrapper.check(&said?)
}

/// A test that calls us in its own project would wait for a run that waits for it.
fn inside(stuck: &Project) -> Outcome {
    let text = format!(
        "#[test]\nfn inside() {{\n    let mut program = std::process::Command::new({PROGRAM:?});\n    \
         let status = program.args([\"lockgraph\", \"test\", \"--offline\"]).status();\n    \
         assert_eq!(status.unwrap().code(), Some(2));\n}}\n"
    );
    stuck.write("tests/inside.rs", &text)?;
    let said = stuck.run("test --test inside -- --nocapture");
    fs::remove_file(stuck.directory.join("tests/inside.rs")).map_err(at("remove the test"))?;
    let said = said?;
    said.expect_code(0)?;
    said.expect_error(&["this was started by a cargo lockgraph that uses "])
}

fn flag_test(stuck: &Project) -> Result<Command, String> {
    stuck.write("tests/flag.rs", TEST)?;
    Ok(stuck.lockgraph("test --test flag"))
}

/// A compiler wrapper that writes down what it is called with.
struct Wrapper {
    program: PathBuf,
    log: PathBuf,
}

impl Wrapper {
    fn new(stuck: &Project, name: &str) -> Result<Wrapper, String> {
        let program = stuck.directory.join("tools").join(name);
        let log = program.with_extension("log");
        let text = format!("echo \"$@\" >> '{}'\nexec \"$@\"", log.display());
        script(&program, &text).map_err(at("write the wrapper"))?;
        Ok(Wrapper { program, log })
    }

    /// The flag arrived, and every crate was compiled through the wrapper, against the facade.
    fn check(&self, said: &Said) -> Outcome {
        said.expect_code(1)?;
        said.expect_out(&["test result: ok. 1 passed", "lockgraph: 1 finding: 1 possible (1 "])?;
        let calls = fs::read_to_string(&self.log).map_err(|_| said.wrong("no call was logged"))?;
        for name in ["stuck", "flag"] {
            let crate_name = format!("--crate-name {name} ");
            let call = calls.lines().find(|call| call.contains(&crate_name)).unwrap_or_default();
            let is_rustc = call.split(' ').next().map(Path::new).and_then(Path::file_name)
                == Some("rustc".as_ref());
            let is_ours = call.contains("--extern std=") && call.contains(FLAG);
            said.require(is_rustc && is_ours, &format!("{name} was compiled with {call:?}"))?;
        }
        Ok(())
    }
}
