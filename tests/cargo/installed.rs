//! The program alone, as it is installed: without the checkout, for the first time.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use super::finding::Wanted;
use super::process;
use super::project::{PROGRAM, Project, repository};
use super::stuck::LATER;
use super::{Outcome, at, tree};

/// The first run compiles the facade from what the program carries, and says so; the second
/// compiles nothing; nothing that is left names the checkout.
pub(super) fn alone_and_for_the_first_time() -> Outcome {
    let stuck = Project::bare(&["stuck"])?;
    let program = stuck.home().join("programs").join("cargo-lockgraph");
    fs::create_dir_all(program.parent().expect("it is in a directory")).map_err(at("make it"))?;
    // By another process, as a script is written.
    let copied = Command::new("cp").arg(PROGRAM).arg(&program).status().map_err(at("run cp"))?;
    if !copied.success() {
        return Err(format!("the program cannot be copied: {copied}"));
    }
    let said = process::run(&mut command(&stuck, &program)?)?;
    said.expect_code(1)?;
    said.expect_error(&[
        "compiling the instrumented standard library for rustc 1.",
        "the instrumented build goes to ",
    ])?;
    stuck.report()?.expect(&[SEEN]).map_err(|wrong| said.wrong(&wrong))?;
    let said = process::run(&mut command(&stuck, &program)?)?;
    said.expect_code(1)?;
    let compiles = said.stderr.to_lowercase().contains("compiling");
    said.require(!compiles, "something was compiled again")?;
    stuck.report()?.expect(&[SEEN])?;
    names_no_checkout(&stuck)
}

const SEEN: Wanted<'_> = Wanted { seen: &["stuck abort", "stuck later"], ..LATER };

/// With only the toolchain and the system's programs on the path.
fn command(stuck: &Project, program: &Path) -> Result<Command, String> {
    let mut command = stuck.command(program);
    command.args(["lockgraph", "test", "--offline", "--test", "children"]);
    command.env("PATH", path()?);
    Ok(command)
}

/// Where cargo is, and where linkers are.
fn path() -> Result<OsString, String> {
    let path = env::var_os("PATH").unwrap_or_default();
    let mut cargo = env::split_paths(&path).filter(|directory| directory.join("cargo").exists());
    let cargo = cargo.next().ok_or("cargo is not on the path")?;
    let system = ["/usr/local/bin", "/usr/bin", "/bin"].map(PathBuf::from);
    env::join_paths([cargo].into_iter().chain(system)).map_err(at("the path"))
}

fn names_no_checkout(stuck: &Project) -> Outcome {
    let checkout = repository().as_os_str().as_encoded_bytes();
    for file in tree::files(&stuck.target).map_err(at("list what was built"))? {
        let bytes = fs::read(&file).map_err(at("read what was built"))?;
        if bytes.windows(checkout.len()).any(|window| window == checkout) {
            return Err(format!("{} names the checkout", file.display()));
        }
    }
    Ok(())
}
