//! The demonstrations of `fixtures/`, run as their users run them.

use crate::detector;

#[expect(dead_code, reason = "its `main` is for `cargo run --example`")]
#[path = "../../fixtures/bank.rs"]
mod bank;
#[path = "../../fixtures/dinner.rs"]
mod dinner;
#[expect(dead_code, reason = "its `main` is for `cargo run --example`")]
#[path = "../../fixtures/philosophers.rs"]
mod philosophers;

pub(super) use dinner::Way;

pub(super) fn dinner(ordered: bool) {
    detector::tell_at_once();
    philosophers::run(ordered);
}

/// Everybody eats a hundred times, in one of the ways that cannot deadlock.
pub(super) fn dinner_by(way: Way) {
    const MEALS: usize = 100;
    detector::tell_at_once();
    assert_eq!(dinner::dine(way, MEALS), 5 * MEALS);
}

pub(super) fn transfers(ordered: bool) {
    detector::tell_at_once();
    bank::run(ordered);
}
