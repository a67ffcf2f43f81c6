//! The house rules, read from the sources: floors, file sizes, names, where `unsafe` may be.

use std::fs;
use std::path::{Path, PathBuf};

/// The modules from the ground up; each imports only from lower floors.
const FLOORS: &[&[&str]] = &[
    &["id", "polling", "rank", "safety", "slab"],
    &["index"],
    &["event", "finding", "order"],
    &["held", "span", "stacks", "predict", "explain"],
    &["chain", "meet", "names", "wait", "report"],
    &["graph"],
    &["cycle"],
    &["describe"],
    &["trace"],
    &["config"],
    &["check", "runtime", "off"],
    &["channel"],
    &["sync", "thread", "raw"],
    &[
        "named",
        "timed",
        "watchdog",
        "crossbeam_channel",
        "parking_lot",
        "parking_lot_0_13",
        "hooks",
    ],
    &["lockable", "ranked", "retry"],
    &["acquire", "asserted"],
];

/// Where `unsafe` may be: what touches raw locks, raw memory or the system.
const UNSAFE: &[&str] = &[
    "runtime/bystander.rs",
    "runtime/holds.rs",
    "runtime/identity.rs",
    "runtime/local.rs",
    "runtime/seen.rs",
    "runtime/stack/",
    "runtime/sys",
    "runtime/tag.rs",
    "trace/map.rs",
    "sync/",
    "thread",
    "raw",
    "parking_lot",
];

const MOST_LINES: usize = 500;
const NAMES: &[&str] = &["util", "utils", "helper", "helpers", "common", "misc", "manager"];

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the crate lies in a workspace")
        .to_owned()
}

/// Every Rust source file below `dir`, with its text.
fn sources(dir: &Path) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut dirs = vec![dir.to_owned()];
    while let Some(dir) = dirs.pop() {
        for entry in fs::read_dir(&dir).expect("a directory of ours can be read") {
            let path = entry.expect("its entries too").path();
            if path.is_dir() && path.file_name().is_none_or(|name| name != "target") {
                dirs.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).expect("a source file is text");
                found.push((path, text));
            }
        }
    }
    assert!(!found.is_empty(), "no sources in {}", dir.display());
    found
}

/// The library's sources by path from `src`, without tests and comments.
fn library() -> Vec<(String, String)> {
    let src = repository().join("lockgraph/src");
    let code = |text: &str| {
        let shipped = text.split("#[cfg(test)]\nmod ").next().unwrap_or_default();
        let lines = shipped.lines().filter(|line| !line.trim_start().starts_with("//"));
        lines.collect::<Vec<_>>().join("\n")
    };
    sources(&src)
        .into_iter()
        .map(|(path, text)| {
            let name = path.strip_prefix(&src).expect("it lies below src").display().to_string();
            (name.replace('\\', "/"), code(&text))
        })
        .filter(|(name, _)| !name.ends_with("tests.rs") && !name.ends_with("arbitrary.rs"))
        .collect()
}

fn floor(module: &str) -> Option<usize> {
    FLOORS.iter().position(|floor| floor.contains(&module))
}

/// The top modules that `code` names with `crate::`.
fn imports(code: &str) -> Vec<String> {
    let mut found = Vec::new();
    for rest in code.split("crate::").skip(1) {
        match rest.strip_prefix('{') {
            Some(group) => found.extend(group_heads(group)),
            None => found.push(identifier(rest)),
        }
    }
    found
}

/// The first identifiers of the items of `{a::b, c::{d, e}}`, from after the first brace.
fn group_heads(group: &str) -> Vec<String> {
    let mut depth = 0;
    let mut heads = vec![identifier(group)];
    for (at, character) in group.char_indices() {
        match character {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => heads.push(identifier(&group[at + 1..])),
            _ => {}
        }
    }
    heads.retain(|head| !head.is_empty());
    heads
}

fn identifier(text: &str) -> String {
    text.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}

#[test]
fn modules_import_only_from_lower_floors() {
    let mut wrong = Vec::new();
    for (file, code) in library().iter().filter(|(file, _)| file != "lib.rs") {
        let own = file.split(['/', '.']).next().unwrap_or_default();
        let Some(level) = floor(own) else {
            wrong.push(format!("{file}: {own} is on no floor"));
            continue;
        };
        for import in imports(code).iter().filter(|import| *import != own) {
            // Names from lib.rs itself (`crate::findings`) are not modules.
            if floor(import).is_some_and(|other| other >= level) {
                wrong.push(format!("{file} imports {import}, which is not below it"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn imports_are_seen_in_all_their_forms() {
    let code =
        "use crate::id::LockId;\nuse crate::{graph::{A, B}, wait};\nlet x = crate::trace::read();";
    assert_eq!(imports(code), ["id", "graph", "wait", "trace"]);
}

#[test]
fn unsafe_code_is_where_it_may_be() {
    let wrong: Vec<_> = library()
        .into_iter()
        .filter(|(file, code)| {
            code.contains("unsafe ") && !UNSAFE.iter().any(|u| file.starts_with(u))
        })
        .map(|(file, _)| file)
        .collect();
    assert!(wrong.is_empty(), "unsafe code in {wrong:?}");
}

#[test]
fn files_are_short_named_for_what_they_hold_and_say_what_they_are() {
    let root = repository();
    let mut wrong = Vec::new();
    for dir in ["lockgraph", "lockgraph-cli", "tests", "fixtures", "benches", "fuzz"] {
        for (path, text) in sources(&root.join(dir)) {
            let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            let lines = text.lines().count();
            if lines > MOST_LINES {
                wrong.push(format!("{}: {lines} lines, at most {MOST_LINES}", path.display()));
            }
            if NAMES.contains(&stem.as_str()) {
                wrong.push(format!("{}: a name that does not say what it holds", path.display()));
            }
            if !text.starts_with("//!") && !text.starts_with("#![") {
                wrong.push(format!("{}: does not begin by saying what it is", path.display()));
            }
            for word in ["todo!(", "unimplemented!(", "FIXME"] {
                if text.contains(word) && !path.ends_with("tidy.rs") {
                    wrong.push(format!("{}: {word} was left behind", path.display()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
