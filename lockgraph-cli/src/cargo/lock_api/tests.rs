//! The rewriter on samples, and on the sources of `lock_api` that this workspace is built with.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{env, fs};

use serde_json::Value;

use super::found::Found;
use super::shape::Generation;
use super::{RawModule, rewrite, rewrite_text};
use crate::cargo::compiler::Compiler;

const RAW: RawModule<'_> =
    RawModule { shared: "shared", added: "added", hooks_0_4: "0.4", hooks_0_5: "0.5" };
const SITE: &str = "let lockgraph_site = ::core::panic::Location::caller();";

/// `code` in a file with a mutex; what is inserted behind the mutex is left out of the result.
fn rewritten(code: &str) -> Result<String, String> {
    let mutex = "struct Mutex<R, T> { raw: R, data: UnsafeCell<T> }";
    let text = rewrite_text(&format!("{mutex}\n{code}"), &mut Found::default());
    let text = text.map_err(|error| error.to_string())?;
    let (first, rest) = text.split_once('\n').expect("no line is taken away");
    assert!(first.starts_with(
        "struct Mutex<R, T> { raw: crate::lockgraph_raw::Raw<R>, data: UnsafeCell<T> } "
    ));
    Ok(rest.replace(SITE, "SITE"))
}

#[test]
fn what_uses_the_raw_lock_says_what_it_wants() {
    let check = |code: &str, expected: &str| {
        assert_eq!(rewritten(code).as_deref(), Ok(expected), "{code}");
    };
    check(
        "impl<R, T> Mutex<R, T> { pub const fn new(v: T) -> Self { Mutex { \
         raw: R::INIT, data: v } } }",
        "impl<R, T> Mutex<R, T> { #[track_caller] pub const fn new(v: T) -> Self { Mutex { \
         raw: crate::lockgraph_raw::Raw::mutex(R::INIT), data: v } } }",
    );
    check(
        "impl<R> Mutex<R, ()> { fn of(raw: R) -> Self { Self { raw, data: () } } }",
        "impl<R> Mutex<R, ()> { #[track_caller] fn of(raw: R) -> Self { Self { \
         raw: crate::lockgraph_raw::Raw::mutex(raw), data: () } } }",
    );
    check(
        "impl<R> Mutex<R, ()> { #[inline]\n#[track_caller] pub fn lock(&self) { \
         self.raw.lock(); } }",
        "impl<R> Mutex<R, ()> { #[inline]\n#[track_caller] pub fn lock(&self) { SITE \
         self.raw.at(lockgraph_site).lock(); } }",
    );
    check(
        "impl<R> Mutex<R, ()> { pub unsafe fn raw(&self) -> &R { &self.raw } }",
        "impl<R> Mutex<R, ()> { #[track_caller] pub unsafe fn raw(&self) -> &R { \
         self.raw.handed_out() } }",
    );
    check(
        "impl<R> Mutex<R, ()> { fn into_inner_with_raw(self) -> (R, ()) { \
         (self.raw, self.data) } }",
        "impl<R> Mutex<R, ()> { #[track_caller] fn into_inner_with_raw(self) -> (R, ()) { \
         (self.raw.into_raw(), self.data) } }",
    );
    check(
        "impl<R> Drop for Guard<R> { fn drop(&mut self) { unsafe { self.mutex.raw.unlock() } } }",
        "impl<R> Drop for Guard<R> { fn drop(&mut self) { unsafe { self.mutex.raw.unlock() } } }",
    );
    check(
        "impl<R> Guard<R> { fn unlocked(s: &mut Self) { s.mutex.raw.unlock(); \
         defer!(s.guard = keep(|| s.mutex.raw.lock())); } }",
        "impl<R> Guard<R> { #[track_caller] fn unlocked(s: &mut Self) { SITE \
         s.mutex.raw.unlock(); \
         defer!(s.guard = keep(|| s.mutex.raw.again(lockgraph_site).lock())); } }",
    );
    check(
        "impl<R> Mutex<R, ()> { fn is_locked(&self) -> bool { self.raw.is_locked() } }",
        "impl<R> Mutex<R, ()> { #[track_caller] fn is_locked(&self) -> bool { \
         self.raw.untracked().is_locked() } }",
    );
    check(
        "impl<'a, R> Guard<'a, R> { fn map(s: Self) { let raw = &s.mutex.raw; Mapped { raw } } }",
        "impl<'a, R> Guard<'a, R> { #[track_caller] fn map(s: Self) { let raw = &s.mutex.raw; \
         Mapped { raw } } }",
    );
}

#[test]
fn what_is_not_known_is_refused() {
    let check = |code: &str, position: &str, reason: &str| {
        assert_eq!(rewritten(code), Err(format!(":{position}: {reason}")), "{code}");
    };
    let (method, raw_use) =
        ("a method of the raw lock that is not known", "a use of a raw lock that is not known");
    check("impl<R> Mutex<R, ()> { fn f(&self) { self.raw.lock_twice() } }", "2:47", method);
    check("impl<R> Mutex<R, ()> { fn f(&self) { g(&self.raw) } }", "2:41", raw_use);
    check("impl<R> Mutex<R, ()> { fn f(self) -> R { self.raw } }", "2:42", raw_use);
    check("fn f<R>(m: Mutex<R, ()>) { let Mutex { raw, .. } = m; }", "2:32", raw_use);
    check(
        "impl<R> Mutex<R, ()> { fn f(&self) { take!(self.raw) } }",
        "2:38",
        "a raw lock in a macro that is not known",
    );
    check(
        "impl<R> Drop for Guard<R> { fn drop(&mut self) { self.mutex.raw.lock() } }",
        "2:32",
        "a lock is taken where its user is not known",
    );
    check("struct Other<R> { lock: R }", "2:19", "a field with a raw lock that is not known");
    check("struct Other { raw: u8 }", "2:16", "a field called like that with the raw lock");
    check(
        "pub unsafe trait RawMutex { fn seize(&self); }",
        "2:32",
        "a raw method that is not known",
    );
}

#[test]
fn a_crate_without_the_known_locks_is_refused_and_nothing_is_written() {
    let dir = tempfile::tempdir().expect("a directory for the test");
    let (from, into) = (dir.path().join("from"), dir.path().join("into"));
    fs::create_dir(&from).expect("a new directory");
    fs::write(from.join("lib.rs"), "trait RawMutex { type GuardMarker; }").expect("a new file");
    let error = rewrite(&from, &into, &RAW).expect_err("there is no mutex").to_string();
    assert_eq!(error, format!("{}: the field `raw` of `Mutex` was not found", from.display()));
    assert!(!into.exists());
}

/// What must be seen in the copy, and how often.
struct Expected {
    version: &'static str,
    hooks: &'static str,
    counts: &'static [(&'static str, &'static str, usize)],
}

#[test]
fn the_sources_of_this_workspace_are_rewritten() {
    check_copy(&Expected {
        version: "0.4.14",
        hooks: "0.4",
        counts: &[
            ("lib.rs", "mod lockgraph_raw; mod mutex;", 1),
            ("mutex.rs", "lockgraph_raw::Raw<R>", 4),
            ("mutex.rs", "lockgraph_raw::Raw::mutex(", 2),
            ("mutex.rs", ".again(lockgraph_site).lock()", 4),
            ("mutex.rs", ".handed_out()", 1),
            ("remutex.rs", "lockgraph_raw::Raw<R>", 1),
            ("remutex.rs", "lockgraph_raw::Raw::reentrant(", 3),
            ("remutex.rs", ".handed_out()", 1),
            ("rwlock.rs", "lockgraph_raw::Raw<R>", 5),
            ("rwlock.rs", "lockgraph_raw::Raw::rwlock(", 2),
            ("rwlock.rs", ".again(lockgraph_site).lock_exclusive()", 4),
            ("rwlock.rs", ".again(lockgraph_site).lock_shared()", 4),
            ("rwlock.rs", ".again(lockgraph_site).lock_upgradable()", 4),
            ("rwlock.rs", ".at(lockgraph_site).upgrade()", 4),
        ],
    });
    check_copy(&Expected {
        version: "0.5.0",
        hooks: "0.5",
        counts: &[
            ("lib.rs", "mod lockgraph_raw; mod guard;", 1),
            ("mutex.rs", "lockgraph_raw::Raw<R>", 4),
            ("mutex.rs", ".again(lockgraph_site).lock()", 4),
            ("mutex.rs", ".into_raw()", 1),
            ("remutex.rs", "lockgraph_raw::Raw::reentrant(", 3),
            ("remutex.rs", ".into_raw()", 1),
            ("rwlock.rs", "lockgraph_raw::Raw<R>", 5),
            ("rwlock.rs", ".handed_out()", 1),
            ("rwlock.rs", ".at(lockgraph_site).upgrade(", 4),
            ("condvar.rs", "lockgraph_raw::hooks::Condition<C>", 1),
            ("condvar.rs", ".at(lockgraph_site).notify_one()", 1),
            ("condvar.rs", ".lockgraph_raw()", 5),
            ("condvar.rs", ".untracked()", 1),
        ],
    });
}

fn check_copy(expected: &Expected) {
    let from = source_of(expected.version);
    let dir = tempfile::tempdir().expect("a directory for the test");
    let into = dir.path().join("lock_api/src");
    rewrite(&from, &into, &RAW).expect("the shape is known");
    let read = |dir: &Path, name: &str| fs::read_to_string(dir.join(name)).expect("it is there");
    for (name, text, count) in expected.counts {
        let found = read(&into, name).matches(text).count();
        assert_eq!(found, *count, "`{text}` in {name} of {}", expected.version);
    }
    for entry in fs::read_dir(&from).expect("the sources can be read") {
        let name = entry.expect("its entries too").file_name();
        let name = name.to_str().expect("a plain name");
        let (before, after) = (read(&from, name), read(&into, name));
        assert_eq!(before.lines().count(), after.lines().count(), "lines of {name}");
        syn::parse_file(&after).expect("the copy is Rust");
        // Nothing takes a lock without a place. In remutex.rs, `raw` is lock_api's own.
        let field = if name == "remutex.rs" { "mutex.lock" } else { "raw.lock" };
        assert_eq!(after.matches(field).count(), 0, "{name} of {}", expected.version);
    }
    assert_eq!(read(&into, "lockgraph_raw.rs"), "shared");
    assert_eq!(read(&into, "lockgraph_raw/added.rs"), "added");
    assert_eq!(read(&into, "lockgraph_raw/hooks.rs"), expected.hooks);
}

/// Where the sources of a version of `lock_api` are that this workspace is locked to.
fn source_of(version: &str) -> PathBuf {
    let rustc = env::var_os("RUSTC").unwrap_or("rustc".into());
    let compiler = Compiler::ask(rustc.as_ref()).expect("a compiler");
    let cargo = env::var_os("CARGO").expect("cargo runs the tests");
    // What other platforms need is not here.
    let metadata = Command::new(cargo)
        .args(["metadata", "--offline", "--locked", "--format-version", "1"])
        .args(["--filter-platform", compiler.host(), "--manifest-path"])
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"))
        .stderr(Stdio::inherit())
        .output()
        .expect("cargo can be run");
    assert!(metadata.status.success(), "{}", metadata.status);
    let metadata: Value = serde_json::from_slice(&metadata.stdout).expect("cargo prints JSON");
    let packages = metadata["packages"].as_array().expect("a list of packages");
    let package = packages
        .iter()
        .find(|package| package["name"] == "lock_api" && package["version"] == version)
        .expect("a dependency of the workspace");
    let manifest = Path::new(package["manifest_path"].as_str().expect("a path"));
    manifest.with_file_name("src")
}

#[test]
fn the_traits_say_which_generation_it_is() {
    for (part, expected) in [("GuardMarker", Generation::Marker), ("Guard", Generation::Guard)] {
        let mut found = Found::default();
        rewrite_text(&format!("pub unsafe trait RawMutex {{ type {part}; }}"), &mut found)
            .expect("a trait");
        assert_eq!(found.generation, Some(expected));
    }
}
