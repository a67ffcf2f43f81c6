//! `lockgraph view --open`: what the desktop's opener is asked to open, and what is said where there
//! is none, or where it fails. The opener is a program of ours, the only one in the search path.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::{Server, abba, require, shown};
use crate::cargo::script;
use crate::{child, cli};

/// Writes down what it is told to open, if that is there.
const OPENS: &str = "case \"$1\" in http:*) ;; *) test -s \"$1\" || exit 4;; esac\n\
                     printf '%s\\n' \"$@\" > \"$0.part\" && exec /bin/mv \"$0.part\" \"$0.asked\"";

/// A search path with this opener alone.
struct SearchPath {
    bin: PathBuf,
}

impl SearchPath {
    fn of(directory: &TempDir, opener: Option<&str>) -> Result<SearchPath, String> {
        let bin = directory.path().join("bin");
        shown(fs::create_dir(&bin))?;
        if let Some(text) = opener {
            shown(script(&bin.join("xdg-open"), text))?;
        }
        Ok(SearchPath { bin })
    }

    fn command(&self) -> Command {
        let mut command = cli::lockgraph();
        command.env("PATH", &self.bin);
        command
    }

    /// What the opener was asked to open; it may still be at it.
    fn asked(&self) -> Result<String, String> {
        let (file, end) = (self.bin.join("xdg-open.asked"), Instant::now() + child::limit());
        while !file.exists() {
            require(Instant::now() < end, "nothing was opened")?;
            std::thread::sleep(Duration::from_millis(5));
        }
        shown(fs::read_to_string(file))
    }
}

fn opening(path: &SearchPath, trace: &Path, page: &Path, code: i32) -> Result<cli::Said, String> {
    let mut command = path.command();
    command.args([OsStr::new("view"), trace.as_os_str(), OsStr::new("--open"), OsStr::new("-o")]);
    let said = cli::said(command.arg(page))?;
    said.expect_code(code)?;
    Ok(said)
}

/// The page is there by then, whatever its name.
pub(super) fn a_page() -> Result<(), String> {
    let directory = abba()?;
    let path = SearchPath::of(&directory, Some(OPENS))?;
    let page = directory.path().join("a page & more.html");
    let said = opening(&path, &directory.path().join("abba.std"), &page, 0)?;
    require(said.stderr.is_empty(), said.stderr)?;
    let asked = path.asked()?;
    require(asked == format!("{}\n", page.display()), asked)
}

/// The address with the secret.
pub(super) fn a_server() -> Result<(), String> {
    let directory = abba()?;
    let path = SearchPath::of(&directory, Some(OPENS))?;
    let mut command = path.command();
    let server =
        Server::begin(command.args(["view", "--open"]), &directory.path().join("abba.std"))?;
    let asked = path.asked()?;
    require(asked == format!("http://{}{}\n", server.host(), server.path), asked)
}

/// Then the page is there all the same, and it is said which it is and what to do with it.
pub(super) fn nobody_opens() -> Result<(), String> {
    for opener in [None, Some("exit 3")] {
        let directory = abba()?;
        let path = SearchPath::of(&directory, opener)?;
        let page = directory.path().join("page.html");
        let said = opening(&path, &directory.path().join("abba.std"), &page, 2)?;
        let remedy = format!("; open {} in one yourself\n", page.display());
        let is_told = said.stderr.starts_with("lockgraph: no browser could be started: ");
        require(is_told && said.stderr.ends_with(&remedy), said.stderr)?;
        require(page.exists(), "there is no page")?;
        require(said.stdout.contains(&format!("the page is {}\n", page.display())), said.stdout)?;
    }
    Ok(())
}

/// The server goes on: its address is in the message.
pub(super) fn nobody_opens_a_server() -> Result<(), String> {
    let directory = abba()?;
    let path = SearchPath::of(&directory, Some("exit 3"))?;
    let mut command = path.command();
    let server =
        Server::begin(command.args(["view", "--open"]), &directory.path().join("abba.std"))?;
    let answer = server.ask("GET", &server.path, &server.host())?;
    require(answer.starts_with("HTTP/1.1 200 OK\r\n"), answer)
}
