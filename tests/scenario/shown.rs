//! The demonstrations of `fixtures/`, run as their users run them.

use crate::detector;

#[expect(dead_code, reason = "its `main` is for `cargo run --example`")]
#[path = "../../fixtures/bank.rs"]
mod bank;
#[expect(dead_code, reason = "its `main` is for `cargo run --example`")]
#[path = "../../fixtures/philosophers.rs"]
mod philosophers;

pub(super) fn dinner(ordered: bool) {
    detector::tell_at_once();
    philosophers::run(ordered);
}

pub(super) fn transfers(ordered: bool) {
    detector::tell_at_once();
    bank::run(ordered);
}
