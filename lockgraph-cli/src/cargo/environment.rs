//! The environment in which a runner leaves traces.

use std::env;
use std::ffi::OsString;
use std::path::Path;
use std::process::Command;

use super::options::{Options, name};
use super::plan;
use super::project::Project;

/// A variable, and its value for the runner.
pub(crate) type Variable = (&'static str, OsString);

/// In seconds, unless the user wants it otherwise.
const STALL_AFTER: u64 = 60;

/// Every variable that differs from the user's.
pub(crate) fn variables(project: &Project, options: &Options, program: &Path) -> Vec<Variable> {
    let layout = &project.layout;
    let mut variables = vec![
        ("RUSTC_WRAPPER", program.into()),
        ("RUSTDOC", program.into()),
        ("CARGO_TARGET_DIR", layout.root().into()),
        (plan::VARIABLE, layout.plan().into()),
        ("LOCKGRAPH_TRACE", layout.traces().into()),
    ];
    if project.has_build_directory {
        variables.push(("CARGO_BUILD_BUILD_DIR", layout.root().into()));
    }
    if let Some(level) = &options.level {
        variables.push(("LOCKGRAPH_LEVEL", name(level).into()));
    }
    if let Some(reaction) = &options.on_deadlock {
        variables.push(("LOCKGRAPH_ON_DEADLOCK", name(reaction).into()));
    }
    let stall_after = options.stall_after.or_else(|| {
        let is_set = env::var_os("LOCKGRAPH_STALL_AFTER").is_some();
        (!is_set).then_some(STALL_AFTER)
    });
    if let Some(seconds) = stall_after {
        variables.push(("LOCKGRAPH_STALL_AFTER", seconds.to_string().into()));
    }
    if let Some(reaction) = &options.on_stall {
        variables.push(("LOCKGRAPH_ON_STALL", name(reaction).into()));
    }
    // What could happen is told once, in the report; unless the user wants it otherwise.
    if env::var_os("LOCKGRAPH_ON_VIOLATION").is_none() {
        variables.push(("LOCKGRAPH_ON_VIOLATION", "ignore".into()));
    }
    variables
}

/// What these variables are now, for [`restore`].
pub(crate) fn outer(variables: &[Variable]) -> Vec<(String, Option<String>)> {
    let value = |name: &str| env::var_os(name).map(|value| value.to_string_lossy().into_owned());
    variables.iter().map(|(name, _)| ((*name).to_owned(), value(name))).collect()
}

/// Gives `command` the environment as it was.
pub(crate) fn restore(command: &mut Command, outer: &[(String, Option<String>)]) {
    for (name, value) in outer {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
}

/// Takes what is ours out of the environment of `command`, where it is not known what was there
/// before: what names this plan's directory, and the program that reads the plan.
pub(crate) fn leave(command: &mut Command, plan: &Path) {
    let Some(root) = plan.parent() else { return };
    let is_ours = |value: &OsString| Path::new(value).starts_with(root);
    for name in ["CARGO_TARGET_DIR", "CARGO_BUILD_BUILD_DIR", "LOCKGRAPH_TRACE"] {
        if env::var_os(name).as_ref().is_some_and(is_ours) {
            command.env_remove(name);
        }
    }
    // Whatever their names, what they call reads the plan.
    for name in ["RUSTC_WRAPPER", "RUSTDOC", "LOCKGRAPH_ON_VIOLATION", "LOCKGRAPH_STALL_AFTER"] {
        command.env_remove(name);
    }
}

/// `export NAME='value'`, for a shell.
pub(crate) fn export((name, value): &Variable) -> String {
    let value = value.to_string_lossy().replace('\'', r"'\''");
    format!("export {name}='{value}'")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shells_read_back_what_is_exported() {
        for (value, want) in [
            ("/a b", "export X='/a b'"),
            ("it's", r"export X='it'\''s'"),
            ("$(rm) `x`", "export X='$(rm) `x`'"),
        ] {
            assert_eq!(export(&("X", value.into())), want);
        }
    }

    #[test]
    fn without_a_plan_what_is_ours_is_removed() {
        let mut command = Command::new("x");
        leave(&mut command, Path::new("/no/such/plan.json"));
        let removed: Vec<_> = command.get_envs().map(|(name, _)| name).collect();
        let ours = ["LOCKGRAPH_ON_VIOLATION", "LOCKGRAPH_STALL_AFTER", "RUSTC_WRAPPER", "RUSTDOC"];
        assert_eq!(removed, ours);
    }

    #[test]
    fn what_was_set_is_set_again_and_what_was_not_is_removed() {
        let mut command = Command::new("x");
        restore(&mut command, &[("A".into(), Some("1".into())), ("B".into(), None)]);
        let envs: Vec<_> = command.get_envs().collect();
        assert_eq!(envs, [("A".as_ref(), Some("1".as_ref())), ("B".as_ref(), None)]);
    }
}
