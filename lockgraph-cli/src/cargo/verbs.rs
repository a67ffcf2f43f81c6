//! What each verb of `cargo lockgraph` does.

use std::env;
use std::ffi::OsString;
use std::fs::{File, TryLockError};
use std::io::{self, BufWriter, IsTerminal as _, Write};
use std::path::Path;
use std::process::ExitCode;

use clap::Parser as _;
use lockgraph::report::Style;

use super::cargo_arguments::CargoArguments;
use super::environment::{self, Variable};
use super::facade::Facade;
use super::options::{Line, Options, Verb, writes_settings};
use super::plan::Plan;
use super::project::Project;
use super::report::Printing;
use super::trouble::{Result, Trouble};
use super::{report, runner, settings, substitute, this_program};
use crate::gate::Gate;
use crate::output::{Job, Outputs};
use crate::{Outcome, complain, usage};

/// What was asked for.
#[derive(Clone, Copy)]
struct Asked<'a> {
    options: &'a Options,
    outputs: &'a Outputs,
    gate: Option<&'a Gate>,
    verb: Verb,
}

/// Does what the arguments say, which follow `cargo lockgraph`.
pub(crate) fn run(arguments: Vec<OsString>) -> Result<ExitCode> {
    let Line { verb, ours, cargo } = Line::split(arguments.iter().cloned());
    if verb.as_deref().is_some_and(writes_settings) {
        return settings::run(arguments);
    }
    let options = match Options::try_parse_from(
        [OsString::from("cargo lockgraph")].into_iter().chain(ours),
    ) {
        Ok(options) => options,
        Err(error) => return Ok(usage(&error)),
    };
    let verb = known(verb)?;
    let mut outputs = Outputs::chosen(&options.format, Job::current()).map_err(Trouble)?;
    let arguments = CargoArguments::new(cargo);
    let project = Project::find(&arguments)?;
    if let Some(file) = options.html.clone() {
        let beside = || project.workspace.target_directory.join("lockgraph/report.html");
        outputs = outputs.with_page(file.unwrap_or_else(beside));
    }
    // What is wrong with the settings is told before anything is built.
    let gate = (options.gate || options.frozen_order)
        .then(|| Gate::of(&project.workspace.root, None, options.frozen_order))
        .transpose()
        .map_err(|trouble| Trouble(trouble.to_string()))?;
    let asked = Asked { options: &options, outputs: &outputs, gate: gate.as_ref(), verb };
    match verb {
        Verb::Test | Verb::Nextest | Verb::Run | Verb::Bench => test(&project, &asked, &arguments),
        Verb::ShowEnv => show_env(&project, &options, &arguments),
        Verb::Report => {
            require_traces(&project)?;
            let outcome = print_report(&project, &asked)?;
            Ok(exit_code(0, outcome))
        }
        Verb::Clean if options.traces => project.layout.remove_traces().map(|()| ExitCode::SUCCESS),
        Verb::Clean => project.layout.remove().map(|()| ExitCode::SUCCESS),
    }
}

/// A report on nothing at all would say that nothing was found.
fn require_traces(project: &Project) -> Result<()> {
    let traces = project.layout.traces();
    if traces.is_dir() {
        return Ok(());
    }
    let traces = traces.display();
    Err(Trouble(format!("no run has left traces in {traces} yet: `cargo lockgraph test` does")))
}

fn known(verb: Option<OsString>) -> Result<Verb> {
    let help = "`cargo lockgraph --help` lists them";
    let Some(verb) = verb else {
        return Err(Trouble(format!("what to do is missing: a verb like `test`; {help}")));
    };
    Verb::from_name(&verb)
        .ok_or_else(|| Trouble(format!("`{}` is no verb of ours; {help}", verb.display())))
}

/// Builds and runs what the user wants to see, and reports.
fn test(project: &Project, asked: &Asked<'_>, arguments: &CargoArguments) -> Result<ExitCode> {
    let Asked { options, outputs, verb, .. } = *asked;
    if verb == Verb::Nextest {
        runner::require_nextest(&project.tools.cargo)?;
    }
    let variables = prepare(project, options, arguments)?;
    let _alone = lock(project)?;
    project.layout.remove_traces()?;
    let arguments = runner::arguments(verb, &arguments.passed);
    let code = runner::run(project, outputs, &variables, &arguments)?;
    substitute::notes(&project.layout).iter().for_each(|note| complain(note));
    let outcome = print_report(project, asked)?;
    Ok(exit_code(code, outcome))
}

/// Has everything that the wrapper needs in its place.
fn prepare(
    project: &Project,
    options: &Options,
    arguments: &CargoArguments,
) -> Result<Vec<Variable>> {
    project.layout.create()?;
    let compiler = project.compiler()?;
    let tell = || {
        complain(&format!(
            "compiling the instrumented standard library for rustc {}, once; it takes some seconds",
            compiler.release()
        ));
        complain(&format!(
            "the instrumented build goes to {}; your other builds, Cargo.lock and sources stay as \
             they are",
            project.layout.root().display()
        ));
    };
    Facade::get(&project.layout, &compiler, None, tell)?;
    for target in arguments.targets.iter().filter(|target| *target != "host-tuple") {
        Facade::get(&project.layout, &compiler, Some(target), || {
            complain(&format!("compiling it for {} too", target.display()));
        })?;
    }
    let variables = environment::variables(project, options, &this_program()?);
    let plan = Plan {
        compiler,
        rustc_wrapper: project.tools.rustc_wrapper.clone(),
        rustdoc: project.tools.rustdoc.clone(),
        outer: environment::outer(&variables),
    };
    plan.write(&project.layout)?;
    Ok(variables)
}

/// Waits until no other run uses the directory of the traces.
fn lock(project: &Project) -> Result<File> {
    let path = project.layout.lock();
    let file = File::create(&path).map_err(Trouble::at("create", &path))?;
    if let Err(TryLockError::WouldBlock) = file.try_lock() {
        let inside = env::var_os(runner::INSIDE);
        if inside.is_some_and(|root| Path::new(&root) == project.layout.root()) {
            let root = project.layout.root().display();
            return Err(Trouble(format!(
                "this was started by a cargo lockgraph that uses {root} and waits for its end: \
                 name another directory with --target-dir"
            )));
        }
        complain("waiting for another cargo lockgraph in this target directory");
    }
    file.lock().map_err(Trouble::at("lock", &path))?;
    Ok(file)
}

fn show_env(project: &Project, options: &Options, arguments: &CargoArguments) -> Result<ExitCode> {
    let variables = prepare(project, options, arguments)?;
    let lines: Vec<String> = variables.iter().map(environment::export).collect();
    writeln!(io::stdout(), "{}", lines.join("\n")).map_err(cannot_print)?;
    Ok(ExitCode::SUCCESS)
}

fn print_report(project: &Project, asked: &Asked<'_>) -> Result<Outcome> {
    let Asked { options, outputs, verb, gate } = *asked;
    // What the program of `run` prints may be for another program to read.
    let is_on_error = verb == Verb::Run && !outputs.is_for_programs();
    let is_terminal =
        if is_on_error { io::stderr().is_terminal() } else { io::stdout().is_terminal() };
    let out: Box<dyn Write> =
        if is_on_error { Box::new(io::stderr()) } else { Box::new(io::stdout()) };
    let mut out = BufWriter::new(UntilClosed(out));
    let style: Style = options.color.style(is_terminal);
    let traces = project.layout.traces();
    let outcome = report::report(
        &traces,
        &project.workspace,
        options,
        &Printing { outputs, style },
        gate,
        &mut out,
    );
    outcome.and_then(|outcome| out.flush().map(|()| outcome)).map_err(cannot_print)
}

/// Output that nobody may read to its end (`| head`). The exit code is the same.
struct UntilClosed<W>(W);

impl<W: Write> Write for UntilClosed<W> {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        match self.0.write(text) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(text.len()),
            result => result,
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self.0.flush() {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            result => result,
        }
    }
}

#[expect(clippy::needless_pass_by_value, reason = "it is handed to map_err")]
fn cannot_print(error: io::Error) -> Trouble {
    Trouble(format!("cannot write the output: {error}"))
}

/// The runner's own code if it failed; else what the report came to.
fn exit_code(runner: u8, outcome: Outcome) -> ExitCode {
    ExitCode::from(match (runner, outcome) {
        (0, Outcome::Clean) => 0,
        (0, Outcome::Findings) => 1,
        (0, Outcome::Failure) => 2,
        (code, _) => code,
    })
}
