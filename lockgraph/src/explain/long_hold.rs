//! A lock that was held for longer than the settings allow: nobody hangs, but others wait.

use super::WayOut;
use super::phrase::how;
use super::scene::{Scene, held};
use super::way_out::hold_and_wait;

/// "thread `teller` took `accounts` and held it for 1.2 s; the limit is 500 ms".
pub(super) fn headline(scene: &Scene<'_>) -> String {
    let step = scene.finding.steps.first();
    let Some((step, held)) = step.and_then(|step| Some((step, held(step)?))) else {
        return "a lock was held for too long".into();
    };
    let does = scene.finding.strangers.first().map(|stranger| stranger.does.as_str());
    format!(
        "{} took {}{} and {}",
        scene.thread(step),
        scene.taken(&held.lock),
        how(&held.lock, held.mode),
        super::visible(does.unwrap_or("held it for too long"))
    )
}

pub(super) fn way_out(scene: &Scene<'_>) -> Option<WayOut> {
    let held = held(scene.finding.steps.first()?)?;
    let (lock, taken) = (scene.lock(&held.lock), scene.at_site(held.site.as_ref()));
    let advice = format!(
        "do less between taking {lock}{taken} and giving it back: compute, read, write and wait \
         before or after"
    );
    let alternatives = [
        "copy what is needed, and drop the guard before the work begins".to_string(),
        "divide what the lock guards, so that the others need another one".to_string(),
    ];
    Some(hold_and_wait(advice, &alternatives))
}

pub(super) const VERDICT: &str = "it happened, and others can only have had to wait; a hold that \
                                  ends is no deadlock, however long it is";
