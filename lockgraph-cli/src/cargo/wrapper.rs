//! This program as `RUSTC_WRAPPER` and as `RUSTDOC`.
//!
//! A crate is compiled as cargo says, and against the facade: `--extern std=` makes every path
//! that begins with `std` resolve there. What asks the compiler a question goes through as it is,
//! but for `-vV`: what we are is added to the answer, so that cargo takes the compiler with the
//! facade for another compiler, and builds anew what an older lockgraph has built.

use std::ffi::{OsStr, OsString};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use super::compiler::Compiler;
use super::facade::{self, Facade, joined};
use super::invocation::Invocation;
use super::layout::Layout;
use super::plan::{self, Plan};
use super::trouble::{Result, Trouble};
use super::{exec, substitute};

/// What the runtime reads. Inside compilers it has nothing to do: procedural macros run there.
const VARIABLES: [&str; 12] = [
    "LOCKGRAPH",
    "LOCKGRAPH_LEVEL",
    "LOCKGRAPH_LONG_HOLD",
    "LOCKGRAPH_LONG_HOLD_SHARED",
    "LOCKGRAPH_ON_DEADLOCK",
    "LOCKGRAPH_ON_STALL",
    "LOCKGRAPH_ON_VIOLATION",
    "LOCKGRAPH_REPEATED_TIMEOUT",
    "LOCKGRAPH_STACKS",
    "LOCKGRAPH_STALL_AFTER",
    "LOCKGRAPH_TRACE",
    plan::VARIABLE,
];

/// Does what cargo asks of a compiler.
pub(crate) fn rustc(plan: &Path, line: Vec<OsString>) -> Result<ExitCode> {
    let (layout, plan) = read(plan)?;
    let invocation = Invocation::new(line);
    if invocation.asks_for_version() {
        return version(command(&plan, &invocation, invocation.arguments.clone()));
    }
    if !invocation.compiles() {
        return exec::replace(command(&plan, &invocation, invocation.arguments.clone()));
    }
    let facade = facade_for(&layout, &plan, &invocation)?;
    let substitute = substitute::substitute(&layout, &facade, &invocation)?;
    let instrumented =
        |from: Option<&Path>| command(&plan, &invocation, instrumented(&invocation, &facade, from));
    match &substitute {
        Some(copy) if invocation.is_library("lock_api") => {
            if let Some(code) = tried(instrumented(Some(copy)))? {
                return Ok(code);
            }
            substitute::does_not_compile(&layout)?;
            exec::replace(instrumented(None))
        }
        substitute => exec::replace(instrumented(substitute.as_deref())),
    }
}

/// Compiles what is not the user's own text. `None`: it does not compile, and nothing was said.
fn tried(mut command: Command) -> Result<Option<ExitCode>> {
    let program = PathBuf::from(command.get_program());
    let output = command.output().map_err(Trouble::at("run", &program))?;
    if !output.status.success() {
        return Ok(None);
    }
    let told = io::stdout().write_all(&output.stdout);
    told.and_then(|()| io::stderr().write_all(&output.stderr))
        .map_err(Trouble::at("answer", Path::new("cargo")))?;
    Ok(Some(ExitCode::SUCCESS))
}

/// Does what cargo asks of rustdoc.
pub(crate) fn rustdoc(plan: &Path, arguments: Vec<OsString>) -> Result<ExitCode> {
    let (layout, plan) = read(plan)?;
    let mut command = Command::new(rustdoc_program(&plan));
    let invocation =
        Invocation::new([OsString::from("rustdoc")].into_iter().chain(arguments).collect());
    command.args(&invocation.arguments);
    if invocation.source().is_some() || invocation.value("--crate-name").is_some() {
        let rustc = plan.compiler.program.clone();
        let facade = facade(&layout, &plan, rustc.as_os_str(), invocation.value("--target"))?;
        command.args(flags(&invocation, &facade));
    }
    // Where it runs doctests they leave traces, as all tests do.
    if !invocation.expanded.iter().any(|argument| argument == "--test") {
        strip(&mut command);
    }
    exec::replace(command)
}

fn read(plan: &Path) -> Result<(Layout, Plan)> {
    let layout = Layout::of_plan(plan);
    let layout = layout.ok_or_else(|| Trouble(format!("{} is no plan", plan.display())))?;
    Ok((layout, Plan::read(plan)?))
}

/// The rustdoc that the user wants, else the one beside the compiler.
fn rustdoc_program(plan: &Plan) -> PathBuf {
    let name = Path::new("rustdoc").with_extension(std::env::consts::EXE_EXTENSION);
    let beside = || {
        let path = plan.compiler.sysroot.join("bin").join(&name);
        plan.compiler.is(plan.compiler.program.as_os_str()) && path.exists()
    };
    match &plan.rustdoc {
        Some(rustdoc) => rustdoc.clone(),
        None if beside() => plan.compiler.sysroot.join("bin").join(&name),
        None => name,
    }
}

fn facade(layout: &Layout, plan: &Plan, rustc: &OsStr, target: Option<&OsStr>) -> Result<Facade> {
    if plan.compiler.is(rustc) {
        return Facade::get(layout, &plan.compiler, target, || ());
    }
    Facade::get(layout, &Compiler::ask(Path::new(rustc))?, target, || ())
}

/// What a crate is compiled against.
fn facade_for(layout: &Layout, plan: &Plan, invocation: &Invocation) -> Result<Facade> {
    if invocation.values("--extern").any(is_std) {
        let what = "the standard library is built with the project (-Z build-std), and lockgraph \
                    cannot put its locks into it; build without";
        return Err(Trouble::new(what));
    }
    facade(layout, plan, invocation.rustc(), invocation.value("--target"))
}

/// `std=path`, or with modifiers, `noprelude:std=path`
fn is_std(value: &OsStr) -> bool {
    let name = value.to_str().and_then(|value| value.split('=').next()).unwrap_or_default();
    name.rsplit(':').next() == Some("std")
}

/// The arguments of a compilation against `facade`, of `substitute` if there is one.
fn instrumented(
    invocation: &Invocation,
    facade: &Facade,
    substitute: Option<&Path>,
) -> Vec<OsString> {
    let mut arguments = invocation.arguments.clone();
    if let (Some(file), Some(at)) = (substitute, invocation.source()) {
        arguments = invocation.expanded.clone();
        arguments[at] = file.into();
        arguments.extend(["--extern".into(), joined("lockgraph_rt=", &facade.runtime())]);
    }
    arguments.extend(flags(invocation, facade));
    arguments
}

/// What rustc and rustdoc are told beyond what cargo says. They stand last, so that of an option
/// given twice ours counts.
fn flags(invocation: &Invocation, facade: &Facade) -> Vec<OsString> {
    let mut flags = vec![
        "--extern".into(),
        joined("std=", &facade.std()),
        "-L".into(),
        joined("dependency=", &facade.directory),
        "-C".into(),
        "force-frame-pointers=yes".into(),
    ];
    // To `unused_crate_dependencies` the facade is a crate that `#![no_std]` does not use, and to
    // `rust_2018_idioms` an `extern crate std` is superfluous now. A crate that denies them would
    // not build.
    if invocation.value("--cap-lints").is_none() {
        flags.extend(["--cap-lints".into(), "warn".into()]);
    }
    // Functions and places for the stacks, in the user's own crates, where the profile (release)
    // or the user has none. With lines alone, inlined functions would have no paths, ours neither.
    let is_own = invocation.value("--cap-lints").is_none();
    if needs_debuginfo(debuginfo(invocation), is_own) {
        flags.extend(["-C", "debuginfo=1"].map(OsString::from));
    }
    if is_own {
        flags.extend(["-C", "strip=none"].map(OsString::from));
    }
    flags
}

fn needs_debuginfo(given: Option<&str>, is_own: bool) -> bool {
    match given {
        Some("1" | "2" | "limited" | "full") => false,
        given => is_own || given.is_some_and(|given| given.starts_with("line-")),
    }
}

/// What the profile and `RUSTFLAGS` say, in any of the ways in which it can be said; the last one
/// counts.
fn debuginfo(invocation: &Invocation) -> Option<&str> {
    let arguments = invocation.expanded.iter().filter_map(|argument| argument.to_str());
    arguments.filter_map(debuginfo_in).next_back()
}

fn debuginfo_in(argument: &str) -> Option<&str> {
    if argument == "-g" {
        return Some("2");
    }
    let option = ["-C", "--codegen="].iter().find_map(|form| argument.strip_prefix(form));
    option.unwrap_or(argument).strip_prefix("debuginfo=")
}

/// The user's own wrapper, if there is one, around the programs, with these arguments.
fn command(plan: &Plan, invocation: &Invocation, arguments: Vec<OsString>) -> Command {
    let wrapper = plan.rustc_wrapper.iter().map(|path| path.clone().into_os_string());
    let mut words = wrapper.chain(invocation.programs.iter().cloned());
    let mut command = Command::new(words.next().unwrap_or_else(|| "rustc".into()));
    command.args(words).args(arguments);
    strip(&mut command);
    command
}

fn strip(command: &mut Command) {
    VARIABLES.iter().for_each(|variable| {
        command.env_remove(variable);
    });
}

/// Answers `-vV`.
fn version(mut command: Command) -> Result<ExitCode> {
    let program = PathBuf::from(command.get_program());
    let output = command.output().map_err(Trouble::at("run", &program))?;
    let _ = io::stderr().write_all(&output.stderr);
    let mut answer = output.stdout;
    if output.status.success() {
        answer.extend_from_slice(format!("lockgraph: {:016x}\n", stamp()).as_bytes());
    }
    io::stdout().write_all(&answer).map_err(Trouble::at("answer", Path::new("cargo")))?;
    Ok(exec::exit_code(output.status))
}

/// Changes with whatever changes what is compiled.
pub(crate) fn stamp() -> u64 {
    let mut hasher = DefaultHasher::new();
    facade::sources_hash().hash(&mut hasher);
    env!("CARGO_PKG_VERSION").hash(&mut hasher);
    super::lock_api::SELF.hash(&mut hasher);
    [include_str!("substitute.rs"), include_str!("wrapper.rs")].hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<OsString> {
        text.split_whitespace().map(OsString::from).collect()
    }

    fn staged_facade() -> Facade {
        Facade { directory: "/f".into() }
    }

    const FLAGS: &str = "--extern std=/f/libstd-lockgraph.rlib -L dependency=/f \
                         -C force-frame-pointers=yes";

    const OWN: &str = "--cap-lints warn -C strip=none";

    const ALL_OWN: &str = "--cap-lints warn -C debuginfo=1 -C strip=none";

    #[test]
    fn a_crate_is_compiled_against_the_facade() {
        for (given, added) in [
            ("--crate-name a src/lib.rs --out-dir x", ALL_OWN),
            ("--crate-name a src/lib.rs -C debuginfo=2 -C strip=debuginfo", OWN),
            ("--crate-name a src/lib.rs -Cdebuginfo=2", OWN),
            ("--crate-name a src/lib.rs -g", OWN),
            ("--crate-name a src/lib.rs -C debuginfo=2 --codegen=debuginfo=0", ALL_OWN),
            ("--crate-name a src/lib.rs -C debuginfo=line-tables-only", ALL_OWN),
            ("--crate-name a src/lib.rs --cap-lints allow", ""),
            ("--crate-name a src/lib.rs --cap-lints=allow", ""),
            ("--crate-name a src/lib.rs --cap-lints allow -Cdebuginfo=0", ""),
            (
                "--crate-name a src/lib.rs --cap-lints allow -C debuginfo=line-tables-only",
                "-C debuginfo=1",
            ),
        ] {
            let invocation = Invocation::new(words(&format!("rustc {given}")));
            let arguments = instrumented(&invocation, &staged_facade(), None);
            assert_eq!(arguments, words(&format!("{given} {FLAGS} {added}")));
        }
    }

    #[test]
    fn a_substitute_takes_the_place_of_the_source() {
        let line = "rustc --crate-name lock_api src/lib.rs --cap-lints allow --crate-type lib";
        let invocation = Invocation::new(words(line));
        let arguments = instrumented(&invocation, &staged_facade(), Some(Path::new("/r/lib.rs")));
        let want = format!(
            "--crate-name lock_api /r/lib.rs --cap-lints allow --crate-type lib \
             --extern lockgraph_rt=/f/libstd-lockgraph_rt.rlib {FLAGS}"
        );
        assert_eq!(arguments, words(&want));
    }

    #[test]
    fn a_standard_library_of_the_users_own_is_seen() {
        for (value, want) in [
            ("noprelude:std=/x/libstd.rlib", true),
            ("std=/x/libstd.rlib", true),
            ("serde_std=/x", false),
            ("serde=/x/std", false),
        ] {
            assert_eq!(is_std(value.as_ref()), want, "{value}");
        }
    }

    #[test]
    fn the_users_wrapper_goes_first_and_variables_of_ours_go() {
        let compiler: Compiler = serde_json::from_str(
            r#"{"program": "rustc", "sysroot": "/s", "version": "", "toolchain": null}"#,
        )
        .unwrap();
        let mut plan = Plan { compiler, rustc_wrapper: None, rustdoc: None, outer: Vec::new() };
        let invocation = Invocation::new(words("clippy-driver /s/bin/rustc -vV"));
        for (wrapper, want) in [
            (None, "clippy-driver /s/bin/rustc -vV"),
            (Some("sccache".into()), "sccache clippy-driver /s/bin/rustc -vV"),
        ] {
            plan.rustc_wrapper = wrapper;
            let command = command(&plan, &invocation, invocation.arguments.clone());
            let line: Vec<_> =
                [command.get_program()].into_iter().chain(command.get_args()).collect();
            assert_eq!(line, words(want));
            let removed =
                |name: &str| command.get_envs().any(|(key, value)| key == name && value.is_none());
            assert!(VARIABLES.into_iter().all(removed));
        }
    }
}
