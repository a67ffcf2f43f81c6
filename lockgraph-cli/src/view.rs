//! `lockgraph view`: what was found, as one page of HTML that asks for nothing.
//!
//! The page (`viewer/`) is told what it shows as JSON ([`page`]), with all sentences, from the same
//! functions as those of the terminal report. It is a file by itself ([`html`]), or comes from a
//! server that this machine alone can reach ([`serve`]), where there is too much for a file.
//!
//! A viewer judges nobody: it fails only if something could not be read or written, and what could be
//! read is shown all the same.

mod circle;
mod columns;
mod contention;
mod finding;
mod gathered;
pub(crate) mod graph;
mod help;
mod html;
pub(crate) mod layout;
pub(crate) mod module;
mod page;
mod place;
mod schedule;
mod serve;
mod snapshot;
mod sources;
#[cfg(test)]
mod tests;
mod timeline;

use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::time::Duration;

use lockgraph::check::Options;
use lockgraph::explain::escaped;

use crate::args::View;
use crate::check::Checked;
use crate::input::Inputs;
use crate::merge::Merge;
use crate::policy::{self, Trouble};
use crate::print::text;
use crate::workspace::{Files, Workspace};
use crate::{Outcome, complain};
pub(crate) use gathered::Gathered;
use html::Source;
pub(crate) use timeline::{MOST_BARS, Timeline};

/// Where the page goes unless it is said.
const FILE: &str = "lockgraph-report.html";
/// How long the desktop's opener may take to fail. One that is still there then has handed the page on.
const OPENS: Duration = Duration::from_secs(5);
/// Bars of a timeline that are kept for a server: 320 MB of memory, and some 130 MB to be fetched.
const MOST_SERVED: usize = 16 * MOST_BARS;

pub(crate) fn run(arguments: &View, out: &mut dyn Write) -> io::Result<Outcome> {
    let mut merge = Merge::new(&Workspace::default()).drawing(true);
    let options = merge.options(Options { all: arguments.all, ..Options::default() });
    let bars = if arguments.serve { MOST_SERVED } else { MOST_BARS };
    let inputs = Inputs::of(&arguments.inputs, true).with_events(Some(bars));
    let problems = inputs.each(&options, &mut |file, input| merge.add_input(file, input));
    let mut checked = merge.finish(problems, true);
    let outcome = if checked.problems.is_empty() { Outcome::Clean } else { Outcome::Failure };
    let is_shown = match arguments.serve {
        true => serve::run(arguments, &mut checked, out)?,
        false => write(arguments, &mut checked, out)?,
    };
    Ok(if is_shown { outcome } else { Outcome::Failure })
}

/// Writes the page to its file, and opens that. Returns whether that went well.
fn write(arguments: &View, checked: &mut Checked, out: &mut dyn Write) -> io::Result<bool> {
    draw(checked);
    let text = checked.page.as_deref().unwrap_or_default();
    let file = arguments.output.as_deref().unwrap_or(Path::new(FILE));
    if file == Path::new("-") {
        out.write_all(text.as_bytes())?;
        return Ok(true);
    }
    if let Err(trouble) = put(file, text) {
        trouble.to_string().lines().for_each(complain);
        return Ok(false);
    }
    writeln!(out, "{}", text::last_line(checked))?;
    writeln!(out, "the page is {}", escaped(&file.display().to_string()))?;
    Ok(!arguments.open || open(file.as_os_str()))
}

/// Writes beside the file and renames, so that a page that is open somewhere is never half of one.
fn put(file: &Path, text: &str) -> Result<(), Trouble> {
    if let Some(directory) = file.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        fs::create_dir_all(directory).map_err(Trouble::when("made", directory))?;
    }
    policy::put(file, text)
}

/// Opens the page in a browser. Returns whether that went well.
fn open(what: &std::ffi::OsStr) -> bool {
    let opened = open::that_detached_with_timeout(what, OPENS);
    if let Err(error) = &opened {
        let what = what.display();
        complain(&format!("no browser could be started: {error}; open {what} in one yourself"));
    }
    opened.is_ok()
}

/// Makes the page of what was found, if there is to be one, as a file by itself.
pub(crate) fn draw(checked: &mut Checked) {
    if let Some(gathered) = checked.gathered.take() {
        let page = page::page(checked, gathered);
        checked.page = Some(html::document(&page.title, &json(&page), Source::File));
    }
}

fn json(page: &page::Page) -> String {
    serde_json::to_string(page).expect("all keys of a page are text, and no number is odd")
}

/// What the workspace is called where it stands for a crate.
fn root_or_crate(files: &Files) -> String {
    Some(root(files)).filter(|root| !root.is_empty()).unwrap_or_else(|| "crate".into())
}

/// What the workspace is called; empty if it is not known.
fn root(files: &Files) -> String {
    let name = files.root().and_then(Path::file_name);
    name.map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}
