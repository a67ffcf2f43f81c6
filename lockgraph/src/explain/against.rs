//! An edge of the order graph that the project's settings do not want: it contradicts the declared
//! order, or is not in the committed one. Nobody hangs, so none of the four conditions.

use super::WayOut;
use super::phrase::how;
use super::scene::{Scene, held, wanted_lock};
use super::way_out::circular_wait;
use crate::finding::{Class, Held, Kind, Lock, Step};
use crate::id::Mode;

/// What is held, and what is wanted meanwhile.
fn edge(step: &Step) -> Option<(&Held, &Lock, Mode)> {
    let (wanted, mode) = wanted_lock(step)?;
    Some((held(step)?, wanted, mode))
}

pub(super) fn headline(scene: &Scene<'_>) -> String {
    let Some((held, wanted, _)) = scene.finding.steps.first().and_then(edge) else {
        return "locks are taken in an order that is not wanted".into();
    };
    let (first, second) = (scene.lock(&held.lock), scene.lock(wanted));
    let is = match scene.finding.kind {
        Kind::RankViolation if are_alike(&held.lock, wanted) => {
            "which is of the same rank, with no keys that allow it"
        }
        Kind::RankViolation => "against the declared order",
        _ => "which the committed order does not have",
    };
    format!("{second} is taken while {first} is held, {is}")
}

pub(super) fn way_out(scene: &Scene<'_>) -> Option<WayOut> {
    let step = scene.finding.steps.first()?;
    let (held, wanted, mode) = edge(step)?;
    let (first, second) = (scene.lock(&held.lock), scene.lock(wanted));
    let early = format!(
        "take {second}{} before {first}{}",
        how(wanted, mode),
        scene.at_site(held.site.as_ref())
    );
    Some(match scene.finding.kind {
        Kind::RankViolation if are_alike(&held.lock, wanted) => circular_wait(
            "take both at once: `lockgraph::acquire`".into(),
            vec![
                "take the one with the lesser key first; `ranked_by` makes locks with keys".into(),
            ],
        ),
        Kind::RankViolation => circular_wait(
            early,
            vec![
                "change what is declared, in lockgraph.toml or with the ranks, if it is the order \
                 that is wrong"
                    .into(),
            ],
        ),
        _ => circular_wait(
            "learn the order anew and commit it, if it is meant to be so: `cargo lockgraph learn`"
                .into(),
            vec![early],
        ),
    })
}

/// Whether both are of one rank, which is known by its name.
fn are_alike(held: &Lock, wanted: &Lock) -> bool {
    matches!(held.class, Class::Named(_)) && held.class == wanted.class
}

/// Why the verdict is what it is. `None` for other kinds.
pub(super) fn why(kind: Kind) -> Option<&'static str> {
    Some(match kind {
        Kind::RankViolation => {
            "it was seen; as long as nobody takes the two the other way round, it cannot hang, and \
             whoever does will hang with it"
        }
        Kind::NewEdge => "it was seen; it closes no circle yet that is known",
        _ => return None,
    })
}
