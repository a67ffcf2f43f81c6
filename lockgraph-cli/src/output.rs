//! Where reports go, and in which form: `--format FORMAT[=FILE]`, as often as one likes.
//!
//! One report goes to standard output: the one without a file, or text. In a job of GitHub or
//! GitLab nobody need say anything: what these show is written beside the text (`job`).
//!
//! A file that cannot be written does not keep the others from being written; it is told, and makes
//! the run a failure.

mod document;
mod job;

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use lockgraph::explain::escaped;
use lockgraph::report::Style;

use crate::check::Checked;
use crate::{complain, print};
pub(crate) use document::document;
pub(crate) use job::Job;

/// What `--format` is, in a line.
pub(crate) const HELP: &str = "A form of the report, and its file; may be given several times";
/// What `--format` is, in full.
pub(crate) const LONG_HELP: &str = "\
A form of the report, and its file; may be given several times

One of text, json, sarif, junit, github, markdown, gitlab and html. What has no file goes to standard \
output, which takes one report: text, unless another is given. If it is one for programs, what \
cargo and tests print goes to standard error. Directories of files are made.

Without this, a job of GitHub gets text, annotations and its summary, and a job of GitLab text and \
gl-code-quality-report.json.";

/// What a report is for.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Form {
    /// For people
    Text,
    /// For programs; see the schema directory
    Json,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// JUnit XML
    Junit,
    /// Annotations, as workflow commands of GitHub
    Github,
    /// For a page such as GitHub's job summary
    Markdown,
    /// GitLab's code quality report
    Gitlab,
    /// A page to look at in a browser
    Html,
}

/// A form, and the file that it goes to; without one to standard output.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Output {
    form: Form,
    file: Option<PathBuf>,
}

impl Output {
    /// Text, and nothing else.
    pub(crate) const TEXT: Output = Output { form: Form::Text, file: None };
    /// JSON, and nothing else.
    pub(crate) const JSON: Output = Output { form: Form::Json, file: None };

    /// Reads `FORMAT[=FILE]`.
    pub(crate) fn parse(text: &str) -> Result<Output, String> {
        let (name, file) = match text.split_once('=') {
            Some((_, "")) => return Err("the name of the file is missing after `=`".into()),
            Some((name, file)) => (name, Some(PathBuf::from(file))),
            None => (text, None),
        };
        let form = Form::from_str(name, false).map_err(|_| {
            let names = Form::value_variants().iter().filter_map(Form::to_possible_value);
            let names: Vec<String> = names.map(|value| value.get_name().to_string()).collect();
            format!("no such format; there are {}", names.join(", "))
        })?;
        Ok(Output { form, file })
    }
}

/// All that is to be written about one run.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Outputs {
    stdout: Form,
    files: Vec<(Form, PathBuf)>,
    job: Job,
}

/// Prints the text report, which commands have different ones of.
pub(crate) type Text<'a> = &'a dyn Fn(&mut dyn Write, Style) -> io::Result<()>;

impl Outputs {
    /// What was asked for; if nothing was, what `job` shows.
    pub(crate) fn chosen(asked: &[Output], job: Job) -> Result<Outputs, String> {
        let mut stdout = asked.iter().filter(|output| output.file.is_none());
        let first = stdout.next().map_or(Form::Text, |output| output.form);
        if let Some(second) = stdout.next() {
            let [first, second] = [first, second.form].map(name);
            return Err(format!(
                "only one report can go to standard output, not both {first} and {second}: give \
                 one a file, as in `--format {second}=FILE`"
            ));
        }
        let files = asked.iter().filter_map(|output| Some((output.form, output.file.clone()?)));
        let job = if asked.is_empty() { job } else { Job::None };
        Ok(Outputs { stdout: first, files: files.collect(), job })
    }

    /// The same with a page in this file, beside what a job shows.
    pub(crate) fn with_page(mut self, file: PathBuf) -> Outputs {
        self.files.push((Form::Html, file));
        self
    }

    /// The files of pages.
    pub(crate) fn pages(&self) -> impl Iterator<Item = &Path> {
        let pages = self.files.iter().filter(|(form, _)| *form == Form::Html);
        pages.map(|(_, file)| file.as_path())
    }

    /// Whether a page is to be made.
    pub(crate) fn has_page(&self) -> bool {
        self.stdout == Form::Html || self.pages().next().is_some()
    }

    /// Whether standard output is for a program to read, so that nothing else may go there.
    pub(crate) fn is_for_programs(&self) -> bool {
        !matches!(self.stdout, Form::Text | Form::Github)
    }

    /// Writes all of them; `out` is standard output. Returns whether every file was written.
    pub(crate) fn write(
        &self,
        checked: &Checked,
        style: Style,
        out: &mut dyn Write,
        text: Text<'_>,
    ) -> io::Result<bool> {
        let mut is_well = true;
        for (form, file) in &self.files {
            let written = to_file(file, &mut |out| print(*form, checked, Style::Plain, out, text));
            is_well &= told(file, &written);
        }
        print(self.stdout, checked, style, out, text)?;
        match &self.job {
            Job::None => {}
            Job::GitHub { summary } => {
                print::github::checked(out, checked)?;
                if let Some(file) = summary {
                    is_well &= told(file, &append_summary(file, checked));
                }
            }
            Job::GitLab => {
                let file = Path::new(job::CODE_QUALITY);
                let written = to_file(file, &mut |out| print::gitlab::checked(out, checked));
                if told(file, &written) {
                    writeln!(
                        out,
                        "lockgraph: GitLab's code quality report is in {}",
                        job::CODE_QUALITY
                    )?;
                } else {
                    is_well = false;
                }
            }
        }
        Ok(is_well)
    }
}

fn print(
    form: Form,
    checked: &Checked,
    style: Style,
    out: &mut dyn Write,
    text: Text<'_>,
) -> io::Result<()> {
    match form {
        Form::Text => text(out, style),
        Form::Json => print::json::checked(out, checked),
        Form::Sarif => print::sarif::checked(out, checked),
        Form::Junit => print::junit::checked(out, checked),
        Form::Github => print::github::checked(out, checked),
        Form::Markdown => print::markdown::checked(out, checked, print::markdown::LARGEST),
        Form::Gitlab => print::gitlab::checked(out, checked),
        Form::Html => out.write_all(checked.page.as_deref().unwrap_or_default().as_bytes()),
    }
}

fn name(form: Form) -> String {
    form.to_possible_value().map(|value| value.get_name().to_string()).unwrap_or_default()
}

fn to_file(file: &Path, write: &mut dyn FnMut(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    if let Some(directory) = file.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        fs::create_dir_all(directory)?;
    }
    let mut out = BufWriter::new(File::create(file)?);
    write(&mut out)?;
    out.flush()
}

/// Others may have written to the page before, and the limit is for all of it.
fn append_summary(file: &Path, checked: &Checked) -> io::Result<()> {
    let mut out = OpenOptions::new().append(true).create(true).open(file)?;
    let there = usize::try_from(out.metadata()?.len()).unwrap_or(usize::MAX);
    let mut page = Vec::new();
    print::markdown::checked(&mut page, checked, print::markdown::LARGEST.saturating_sub(there))?;
    out.write_all(&page)
}

/// Whether it was written. If not, that is said.
fn told(file: &Path, written: &io::Result<()>) -> bool {
    if let Err(error) = written {
        complain(&format!("cannot write {}: {error}", escaped(&file.display().to_string())));
    }
    written.is_ok()
}

#[cfg(test)]
mod tests;
