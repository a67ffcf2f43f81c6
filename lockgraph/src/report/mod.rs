//! Prints findings the way the Rust compiler prints its own: for people, live and offline.
//!
//! [`print()`] writes one finding in full, [`headline`] and [`one_line`] one line of it,
//! [`summary`] the last line. The sentences come from [`crate::explain`]. What is read from a
//! program or a trace (names, source lines) is escaped before it is printed, and long cycles,
//! stacks and source lines are cut.
//!
//! The caller says how a source file is read, so nothing here does I/O but through the writer.
//! Only the writer fails. No locking.

mod columns;
mod frame;
mod paint;
mod schedule;

#[cfg(test)]
mod any_shape;
#[cfg(test)]
mod beside_rustc;
#[cfg(test)]
mod every_kind;
#[cfg(test)]
mod tests;

use std::io;

use crate::explain::{self, Condition, Explanation, Scene, full_place};
use crate::finding::{Finding, Frame, Step, Verdict};
pub use columns::text_width;
use frame::{Mark, Sources};
use paint::{Paint, Painter};

/// Steps of a cycle that are printed at each of its ends; those between are counted.
const STEPS: usize = 6;
/// Frames of a stack that are printed.
const FRAMES: usize = 8;
/// Other locks that a thread holds that are printed.
const HOLDS: usize = 8;

/// What a report looks like.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Style {
    /// Text.
    #[default]
    Plain,
    /// Text with ANSI colours.
    Colour,
}

/// Prints a finding in full.
///
/// `source` is asked for the text of a source file by the name that the compiler knows it by.
/// Where it has none, the places are printed without their lines.
///
/// # Errors
///
/// Those of `out`.
pub fn print(
    out: &mut dyn io::Write,
    finding: &Finding,
    style: Style,
    source: &dyn Fn(&str) -> Option<String>,
) -> io::Result<()> {
    let scene = Scene::new(finding);
    let mut report = Report {
        painter: Painter::new(out, style == Style::Colour, severity(finding.verdict)),
        sources: Sources::new(source),
        gutter: gutter(finding),
        scene: &scene,
    };
    let explanation = explain::explain(finding);
    report.headline(&explanation.headline)?;
    report.steps()?;
    report.schedule()?;
    report.notes(&explanation)
}

/// A finding in one line, without its verdict: `deadlock: threads ... wait for each other`.
pub fn headline(finding: &Finding) -> String {
    format!("{}: {}", finding.kind.name(), explain::headline(finding))
}

/// A finding in one line: severity, kind, sentence and the places where the threads wait.
pub fn one_line(finding: &Finding) -> String {
    let (word, kind) = (word(finding.verdict), finding.kind.name());
    let spell = explain::Spelling::of(finding);
    let mut sites: Vec<String> = Vec::new();
    for site in finding.steps.iter().filter_map(|step| step.site.as_ref()) {
        let site = spell.place(site);
        if sites.len() <= STEPS && !sites.contains(&site) {
            sites.push(site);
        }
    }
    if sites.len() > STEPS {
        sites[STEPS] = "...".to_string();
    }
    let places = if sites.is_empty() { String::new() } else { format!(" ({})", sites.join(", ")) };
    format!("{word}[{kind}]: {}{places}", explain::headline(finding))
}

/// The last line: how many findings there were.
pub fn summary(count: impl Fn(Verdict) -> usize) -> String {
    let shown = Verdict::ALL.into_iter().filter(|verdict| *verdict != Verdict::Excluded);
    let counts: Vec<(usize, &str)> =
        shown.map(|verdict| (count(verdict), verdict.name())).collect();
    let all: usize = counts.iter().map(|(count, _)| count).sum();
    let counts: Vec<String> = counts
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, verdict)| format!("{count} {verdict}"))
        .collect();
    match all {
        0 => "no findings".to_string(),
        1 => format!("1 finding: {}", counts.join(", ")),
        all => format!("{all} findings: {}", counts.join(", ")),
    }
}

fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Actual | Verdict::Proved => "error",
        Verdict::Stalled | Verdict::Feasible | Verdict::Possible => "warning",
        Verdict::Excluded => "note",
    }
}

fn severity(verdict: Verdict) -> Paint {
    match verdict {
        Verdict::Actual | Verdict::Proved => Paint::Error,
        Verdict::Stalled | Verdict::Feasible | Verdict::Possible => Paint::Warning,
        Verdict::Excluded => Paint::Note,
    }
}

/// How wide the column of line numbers is.
fn gutter(finding: &Finding) -> usize {
    let shown = shown(&finding.steps);
    let lines = shown.flat_map(|step| marks_of(step).into_iter().flatten()).map(|place| place.line);
    lines.max().unwrap_or(1).max(1).ilog10() as usize + 1
}

fn marks_of(step: &Step) -> [Option<&crate::finding::Place>; 2] {
    let held = explain::held(step).and_then(|held| held.site.as_ref());
    [held, step.site.as_ref()]
}

/// The steps that are printed: all, or those at both ends.
fn shown(steps: &[Step]) -> impl Iterator<Item = &Step> {
    let cut = steps.len().saturating_sub(2 * STEPS);
    let tail = if cut > 0 { STEPS + cut } else { STEPS.min(steps.len()) };
    steps[..STEPS.min(steps.len())].iter().chain(&steps[tail..])
}

struct Report<'a> {
    painter: Painter<'a>,
    sources: Sources<'a>,
    gutter: usize,
    scene: &'a Scene<'a>,
}

impl Report<'_> {
    fn headline(&mut self, sentence: &str) -> io::Result<()> {
        let finding = self.scene.finding;
        let title = format!("{}[{}]", word(finding.verdict), finding.kind.name());
        self.painter.severe(&title)?;
        self.painter.paint(Paint::Title, &format!(": {sentence}"))?;
        self.painter.end_line()
    }

    fn steps(&mut self) -> io::Result<()> {
        let steps = &self.scene.finding.steps;
        let cut = steps.len().saturating_sub(2 * STEPS);
        for (number, step) in shown(steps).enumerate() {
            if cut > 0 && number == STEPS {
                self.painter.line(&format!("... {cut} more ..."))?;
            }
            self.step(step)?;
        }
        Ok(())
    }

    fn step(&mut self, step: &Step) -> io::Result<()> {
        self.painter.paint(Paint::Note, "note")?;
        let title = format!(": {}", explain::title(self.scene, step));
        self.painter.paint(Paint::Title, &title)?;
        self.painter.end_line()?;
        let marks = self.marks(step);
        frame::print(&mut self.painter, &mut self.sources, self.gutter, marks)?;
        if let Some(place) = &step.through {
            self.note(Paint::Title, "through", &full_place(place))?;
        }
        self.also_holds(step)?;
        self.stack(&step.stack)
    }

    fn marks<'s>(&self, step: &'s Step) -> Vec<Mark<'s>> {
        let [held, wanted] = marks_of(step);
        let primary = wanted.zip(explain::wanted_here(self.scene, step));
        let secondary = held.zip(explain::held_here(self.scene, step));
        let primary = primary.map(|(place, label)| Mark { place, label, is_primary: true });
        let secondary = secondary.map(|(place, label)| Mark { place, label, is_primary: false });
        primary.into_iter().chain(secondary).collect()
    }

    fn also_holds(&mut self, step: &Step) -> io::Result<()> {
        let spell = &self.scene.spell;
        for held in step.also_holds.iter().take(HOLDS) {
            let site = held.site.as_ref().map(|site| format!(", taken at {}", full_place(site)));
            let text = format!("{}{}", spell.lock(&held.lock), site.unwrap_or_default());
            self.note(Paint::Title, "also holds", &text)?;
        }
        match step.also_holds.len().saturating_sub(HOLDS) {
            0 => Ok(()),
            1 => self.note(Paint::Title, "also holds", "1 more lock"),
            more => self.note(Paint::Title, "also holds", &format!("{more} more locks")),
        }
    }

    fn stack(&mut self, frames: &[Frame]) -> io::Result<()> {
        for (number, frame) in frames.iter().take(FRAMES).enumerate() {
            let place = frame.place.as_ref().map(|place| format!(" at {}", full_place(place)));
            let function = explain::visible(&frame.function);
            let text = format!("{function}{}", place.unwrap_or_default());
            match number {
                0 => self.note(Paint::Title, "stack", &text)?,
                _ => self.below("stack", &text)?,
            }
        }
        match frames.len().saturating_sub(FRAMES) {
            0 => Ok(()),
            more => self.below("stack", &format!("... {more} more")),
        }
    }

    /// A line that belongs to the note before it, which has this name.
    fn below(&mut self, name: &str, text: &str) -> io::Result<()> {
        let indent = self.gutter + " = : ".len() + name.len();
        self.painter.line(&format!("{:indent$}{text}", ""))
    }

    fn schedule(&mut self) -> io::Result<()> {
        match &self.scene.finding.witness {
            Some(witness) => schedule::print(&mut self.painter, self.scene, witness, self.gutter),
            None => Ok(()),
        }
    }

    fn notes(&mut self, explanation: &Explanation) -> io::Result<()> {
        let finding = self.scene.finding;
        // What cannot happen needs no way out.
        if finding.verdict != Verdict::Excluded {
            explanation.conditions.iter().try_for_each(|condition| self.condition(condition))?;
            self.note(Paint::Help, "help", &explanation.way_out.advice)?;
            for alternative in &explanation.way_out.alternatives {
                self.note(Paint::Help, "help", &format!("or {alternative}"))?;
            }
        }
        for (number, seen) in explain::sightings(finding).iter().enumerate() {
            match number {
                0 => self.note(Paint::Title, "seen", seen)?,
                _ => self.below("seen", seen)?,
            }
        }
        let verdict = format!("{}: {}", finding.verdict.name(), explanation.verdict);
        self.note(Paint::Title, "verdict", &verdict)?;
        self.note(Paint::Title, "fingerprint", &format!("{:016x}", finding.fingerprint()))
    }

    fn condition(&mut self, condition: &Condition) -> io::Result<()> {
        let easiest = if condition.is_easiest { " (easiest to break here)" } else { "" };
        let name = format!("{}{easiest}", condition.name.name());
        match condition.because.as_slice() {
            [] => self.note(Paint::Note, "note", &name),
            [only] => self.note(Paint::Note, "note", &format!("{name}: {only}")),
            several => {
                self.note(Paint::Note, "note", &format!("{name}:"))?;
                several.iter().try_for_each(|sentence| self.below("note", sentence))
            }
        }
    }

    fn note(&mut self, paint: Paint, name: &str, text: &str) -> io::Result<()> {
        self.painter.paint(Paint::Gutter, &format!("{:1$} = ", "", self.gutter))?;
        self.painter.paint(paint, name)?;
        self.painter.line(&format!(": {text}"))
    }
}
