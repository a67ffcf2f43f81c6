//! The parts of a finding in words, for printers that do not print it from top to bottom.

use super::phrase::{act, has, held_here, queues, title, wanted_here, wants};
use super::scene::Scene;
use super::visible;
use crate::finding::{Blocks, Finding};

/// What a schedule is, as its title.
pub const SCHEDULE: &str = "how it can happen, step by step; the waits at the end are for ever";

/// What there is to say about one step of a finding; each a phrase without a full stop.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StepWords {
    /// Who it is, what it has and what it waits for.
    pub title: String,
    /// Who it is, and what it has that is in the way, if that is anything.
    pub has: Option<String>,
    /// Who it is, and what it waits for.
    pub wants: Option<String>,
    /// The label of the place where it took what is in the way, if there is one.
    pub held_here: Option<String>,
    /// The label of the place where it wants what it waits for.
    pub wanted_here: Option<String>,
}

/// Puts the steps of a finding into words, in their order.
pub fn steps(finding: &Finding) -> Vec<StepWords> {
    let scene = Scene::new(finding);
    let words = |step| {
        let sentence = |does: String| format!("{} {does}", scene.thread(step));
        let has = match &step.blocks {
            Blocks::QueuesBefore(lock) => Some(queues(&scene, lock)),
            _ => has(&scene, step),
        };
        StepWords {
            title: title(&scene, step),
            has: has.map(sentence),
            wants: wants(&scene, step).map(sentence),
            held_here: held_here(&scene, step),
            wanted_here: wanted_here(&scene, step),
        }
    };
    finding.steps.iter().map(words).collect()
}

/// Puts the moves of the schedule of a finding into words, in their order: "takes `audit`".
pub fn moves(finding: &Finding) -> Vec<String> {
    let scene = Scene::new(finding);
    let moves = finding.witness.iter().flat_map(|witness| &witness.moves);
    moves.map(|step| act(&scene, &step.act)).collect()
}

/// How often it was seen, and each step of it where, if no single run had them all: "in 12
/// combinations of these steps", "thread `a` in test b".
pub fn sightings(finding: &Finding) -> Vec<String> {
    let scene = Scene::new(finding);
    let often = (finding.instances > 1)
        .then(|| format!("in {} combinations of these steps", finding.instances));
    let steps = finding.steps.iter().zip(&finding.runs);
    let runs = steps.map(|(step, run)| format!("{} in {}", scene.thread(step), visible(run)));
    often.into_iter().chain(runs).collect()
}
