//! What we must understand of cargo's own arguments: where the project is, where it is built, and
//! for which targets. All else goes through as it is.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

/// Options of cargo and nextest whose value may be the next argument.
const VALUED: [&str; 41] = [
    "--bench",
    "--bin",
    "--cargo-profile",
    "--color",
    "--config",
    "--config-file",
    "--example",
    "--exclude",
    "--features",
    "--filter-expr",
    "--filterset",
    "--jobs",
    "--lockfile-path",
    "--manifest-path",
    "--max-fail",
    "--message-format",
    "--package",
    "--partition",
    "--profile",
    "--retries",
    "--run-ignored",
    "--status-level",
    "--final-status-level",
    "--success-output",
    "--failure-output",
    "--target",
    "--target-dir",
    "--test",
    "--test-threads",
    "--tool-config-file",
    "--build-jobs",
    "--artifact-dir",
    "--user-config-file",
    "-C",
    "-E",
    "-F",
    "-P",
    "-Z",
    "-j",
    "-p",
    "-n",
];

/// Whether the value of this option is the next argument.
pub(crate) fn takes_value(argument: &OsStr) -> bool {
    VALUED.iter().any(|option| argument == *option)
}

/// Cargo's arguments.
#[derive(PartialEq, Eq, Default, Debug)]
pub(crate) struct CargoArguments {
    /// As they are handed on: without `--target-dir`, which we replace.
    pub(crate) passed: Vec<OsString>,
    /// Those that say where the project is and how it is configured, for `cargo metadata`.
    pub(crate) metadata: Vec<OsString>,
    /// `--target-dir`.
    pub(crate) target_dir: Option<PathBuf>,
    /// Every `--target`.
    pub(crate) targets: Vec<OsString>,
    /// Every `--config`.
    pub(crate) config: Vec<OsString>,
}

impl CargoArguments {
    pub(crate) fn new(arguments: Vec<OsString>) -> CargoArguments {
        let mut all = CargoArguments::default();
        let mut rest = arguments.into_iter();
        while let Some(argument) = rest.next() {
            if argument == "--" {
                all.passed.push(argument);
                break;
            }
            let (name, mut value) = parts(&argument);
            let mut words = vec![argument];
            if value.is_none() && takes_value(&name) {
                value = rest.next();
                words.extend(value.clone());
            }
            all.add(name.to_str().unwrap_or_default(), value, words);
        }
        all.passed.extend(rest);
        all
    }

    fn add(&mut self, name: &str, value: Option<OsString>, words: Vec<OsString>) {
        match (name, value) {
            ("--target-dir", Some(value)) => {
                self.target_dir = Some(value.into());
                return;
            }
            ("--target", Some(value)) => self.targets.push(value),
            ("--config", Some(value)) => {
                self.config.push(value);
                self.metadata.extend(words.clone());
            }
            ("--manifest-path" | "--lockfile-path", Some(_))
            | ("--locked" | "--offline" | "--frozen", None) => self.metadata.extend(words.clone()),
            _ => {}
        }
        self.passed.extend(words);
    }
}

/// `--name=value` as name and value.
fn parts(argument: &OsStr) -> (OsString, Option<OsString>) {
    match argument.to_str().and_then(|text| text.split_once('=')) {
        Some((name, value)) if name.starts_with("--") => (name.into(), Some(value.into())),
        _ => (argument.to_owned(), None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<OsString> {
        text.split_whitespace().map(OsString::from).collect()
    }

    #[test]
    fn the_target_directory_is_taken_out_and_all_else_stays() {
        for (line, passed, target_dir) in [
            ("-p a --target-dir x -v", "-p a -v", Some("x")),
            ("--target-dir=x --release", "--release", Some("x")),
            ("--release -- --target-dir x", "--release -- --target-dir x", None),
            ("-p --target-dir x", "-p --target-dir x", None),
        ] {
            let arguments = CargoArguments::new(words(line));
            assert_eq!(arguments.passed, words(passed), "{line}");
            assert_eq!(arguments.target_dir, target_dir.map(PathBuf::from), "{line}");
        }
    }

    #[test]
    fn what_says_where_the_project_is_goes_to_metadata_too() {
        for (line, metadata) in [
            ("--manifest-path a/Cargo.toml --locked -p x", "--manifest-path a/Cargo.toml --locked"),
            ("--manifest-path=a -F y --offline", "--manifest-path=a --offline"),
            ("--config a=1 --config=b --target t", "--config a=1 --config=b"),
            ("x -- --frozen", ""),
        ] {
            let arguments = CargoArguments::new(words(line));
            assert_eq!(arguments.metadata, words(metadata), "{line}");
            assert_eq!(arguments.passed, words(line), "{line}");
        }
        let arguments = CargoArguments::new(words("--target a --target=b --config c"));
        assert_eq!((arguments.targets, arguments.config), (words("a b"), words("c")));
    }
}
