//! A call of rustc, as far as the wrapper must understand it.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::Path;

/// Cargo's `WRAPPER [WORKSPACE_WRAPPER] RUSTC ARGUMENTS`, without the wrapper, which we are.
#[derive(PartialEq, Eq, Debug)]
pub(crate) struct Invocation {
    /// The programs that stand before the arguments; the last is rustc.
    pub(crate) programs: Vec<OsString>,
    /// As they are handed on.
    pub(crate) arguments: Vec<OsString>,
    /// The same, with those that are in a file (`@path`).
    pub(crate) expanded: Vec<OsString>,
}

impl Invocation {
    pub(crate) fn new(line: Vec<OsString>) -> Invocation {
        // Build scripts call compilers as they like; a second program is one that is named rustc.
        let is_chained =
            |argument: &OsString| Path::new(argument).file_stem() == Some("rustc".as_ref());
        let count = if line.get(1).is_some_and(is_chained) { 2 } else { 1 };
        let mut programs = line;
        let arguments = programs.split_off(count.min(programs.len()));
        let expanded = arguments.iter().flat_map(expanded).collect();
        Invocation { programs, arguments, expanded }
    }

    /// The compiler itself.
    pub(crate) fn rustc(&self) -> &OsStr {
        self.programs.last().map_or("rustc".as_ref(), OsString::as_os_str)
    }

    /// Whether it asks for the version, which is all that cargo knows of a compiler.
    pub(crate) fn asks_for_version(&self) -> bool {
        self.expanded == ["-vV"]
    }

    /// Whether it compiles a crate; else it asks rustc something, or compiles standard input to
    /// see whether that can be done.
    pub(crate) fn compiles(&self) -> bool {
        let reads_input = self.expanded.iter().any(|argument| argument == "-");
        !reads_input && (self.source().is_some() || self.value("--out-dir").is_some())
    }

    /// The position of the crate's first file among the expanded arguments.
    pub(crate) fn source(&self) -> Option<usize> {
        self.expanded.iter().rposition(|argument| {
            let is_option = argument.as_encoded_bytes().starts_with(b"-");
            !is_option && Path::new(argument).extension() == Some("rs".as_ref())
        })
    }

    /// The value of `--option value` or `--option=value`.
    pub(crate) fn value<'a>(&'a self, option: &'a str) -> Option<&'a OsStr> {
        self.values(option).next()
    }

    /// All of them.
    pub(crate) fn values<'a>(&'a self, option: &'a str) -> impl Iterator<Item = &'a OsStr> {
        let next = self.expanded.iter().skip(1).map(Some).chain([None]);
        self.expanded.iter().zip(next).filter_map(move |(argument, next)| {
            if argument == option {
                return next.map(OsString::as_os_str);
            }
            let value = argument.to_str()?.strip_prefix(option)?.strip_prefix('=')?;
            Some(OsStr::new(value))
        })
    }

    /// Whether this is the library of this name, and not its tests.
    pub(crate) fn is_library(&self, name: &str) -> bool {
        let is_library = |kind: &OsStr| kind == "lib" || kind == "rlib";
        self.value("--crate-name") == Some(name.as_ref())
            && self.values("--crate-type").any(is_library)
            && !self.expanded.iter().any(|argument| argument == "--test")
    }
}

/// An argument, or the lines of the file that it names.
fn expanded(argument: &OsString) -> Vec<OsString> {
    let file = argument.to_str().and_then(|text| text.strip_prefix('@'));
    match file.and_then(|file| fs::read_to_string(file).ok()) {
        Some(text) => text.lines().map(OsString::from).collect(),
        None => vec![argument.clone()],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn invocation(line: &str) -> Invocation {
        Invocation::new(line.split_whitespace().map(OsString::from).collect())
    }

    #[test]
    fn programs_are_told_from_arguments() {
        for (line, programs, arguments) in [
            ("rustc --crate-name a src/lib.rs", 1, 3),
            ("/t/bin/rustc -vV", 1, 1),
            ("/x/clippy-driver /t/bin/rustc --crate-name a src/lib.rs", 2, 3),
            ("rustc probe.rs -o x", 1, 3),
            ("rustc", 1, 0),
        ] {
            let invocation = invocation(line);
            assert_eq!(invocation.programs.len(), programs, "{line}");
            assert_eq!(invocation.arguments.len(), arguments, "{line}");
        }
    }

    #[test]
    fn questions_are_told_from_compilations() {
        for (line, compiles) in [
            ("rustc --crate-name a --edition=2021 src/lib.rs --crate-type lib --out-dir x", true),
            ("rustc --crate-name a src/main --out-dir x", true),
            ("rustc --crate-name=p --emit=metadata --out-dir x build/probe.rs", true),
            ("rustc - --crate-name ___ --print=file-names --crate-type bin", false),
            ("rustc --crate-name autocfg_1 --crate-type=lib --out-dir x --emit=llvm-ir -", false),
            ("rustc -vV", false),
            ("rustc --print sysroot", false),
        ] {
            assert_eq!(invocation(line).compiles(), compiles, "{line}");
        }
    }

    #[test]
    fn a_library_is_not_its_tests_or_its_build_script() {
        for (line, want) in [
            ("rustc --crate-name lock_api src/lib.rs --crate-type lib", true),
            ("rustc --crate-name=lock_api src/lib.rs --crate-type=rlib", true),
            ("rustc --crate-name lock_api src/lib.rs --test", false),
            ("rustc --crate-name lock_api src/lib.rs --crate-type lib --test", false),
            ("rustc --crate-name build_script_build build.rs --crate-type bin", false),
        ] {
            assert_eq!(invocation(line).is_library("lock_api"), want, "{line}");
        }
    }

    #[test]
    fn arguments_in_a_file_are_seen() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("arguments");
        fs::write(&file, "--crate-name\na b\nsrc/lib.rs\n--out-dir\nx").unwrap();
        let at = OsString::from(format!("@{}", file.display()));
        let invocation = Invocation::new(vec!["rustc".into(), at.clone()]);
        assert_eq!(invocation.value("--crate-name"), Some("a b".as_ref()));
        assert_eq!(invocation.source(), Some(2));
        assert_eq!(invocation.arguments, [at]);
    }
}
