//! The crate and the module of a source file, as its path tells them.
//!
//! A guess: only the compiler knows, but files hardly ever lie elsewhere. The directory of a package
//! is taken for the name of its crate.

/// The directories of a package in which crates begin.
const ROOTS: [&str; 4] = ["src", "tests", "examples", "benches"];

/// A crate and a module of it: `bank` and `bank::transfer`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Default, Debug)]
pub(crate) struct Module {
    pub(crate) krate: String,
    /// The path, with the crate before it.
    pub(crate) path: String,
}

/// The module of a file, by its name in a report. A package in the root of the workspace goes by
/// `root`.
pub(crate) fn of_file(file: &str, root: &str) -> Module {
    let parts: Vec<&str> = file.split(['/', '\\']).filter(|part| !part.is_empty()).collect();
    let Some((name, directories)) = parts.split_last() else { return Module::default() };
    let begins = directories.iter().rposition(|part| ROOTS.contains(part));
    let package = begins.map_or(directories.last(), |at| at.checked_sub(1).map(|at| &parts[at]));
    let package = package.filter(|name| !name.starts_with('.')).copied();
    let krate = without_version(package.unwrap_or(root)).replace('-', "_");
    let inside = begins.map_or(&[][..], |at| &directories[at..]);
    let inside = inside.iter().filter(|part| **part != "src").copied();
    let stem = name.rsplit_once('.').map_or(*name, |(stem, _)| stem);
    let stem = Some(stem).filter(|stem| !matches!(*stem, "lib" | "main" | "mod"));
    let path: Vec<&str> = std::iter::once(krate.as_str()).chain(inside).chain(stem).collect();
    let path = path.join("::");
    Module { krate, path }
}

/// `tokio-1.54.1` is `tokio`.
fn without_version(package: &str) -> &str {
    match package.rsplit_once('-') {
        Some((name, version)) if version.starts_with(|it: char| it.is_ascii_digit()) => name,
        _ => package,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_tell_their_modules() {
        for (file, krate, path) in [
            ("bank/src/lib.rs", "bank", "bank"),
            ("bank/src/transfer/out.rs", "bank", "bank::transfer::out"),
            ("bank/src/pool/mod.rs", "bank", "bank::pool"),
            ("my-bank/src/bin/teller.rs", "my_bank", "my_bank::bin::teller"),
            ("bank/tests/all.rs", "bank", "bank::tests::all"),
            ("src/pool.rs", "root", "root::pool"),
            ("tests/all.rs", "root", "root::tests::all"),
            ("tokio-1.54.1/src/loom/std/mutex.rs", "tokio", "tokio::loom::std::mutex"),
            ("library/std/src/sync/mutex.rs", "std", "std::sync::mutex"),
            ("/home/me/bank/src/main.rs", "bank", "bank"),
            ("Account.java", "root", "root::Account"),
            ("net/Account.java", "net", "net::Account"),
            ("C:\\bank\\src\\pool.rs", "bank", "bank::pool"),
            ("", "", ""),
        ] {
            let want = Module { krate: krate.into(), path: path.into() };
            assert_eq!(of_file(file, "root"), want, "{file}");
        }
    }
}
