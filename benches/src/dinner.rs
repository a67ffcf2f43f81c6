//! How many meals five philosophers get in a second, in five ways that cannot deadlock.
//!
//! One thread a philosopher, nothing to do between the meals: only the locks are measured, at their
//! most contended. The library is switched off, as in a release build, so these are the ways alone. They
//! take turns; a cell is the median of the rounds, and of the ratios of neighbours.

use std::time::Instant;

use anyhow::{Result, ensure};

use crate::machine;
use crate::sample::{median, spread};
use crate::table::{Cell, Table};

#[path = "../../fixtures/dinner.rs"]
mod way;

use way::{Way, dine};

const WAYS: [Way; 5] = [Way::Ordered, Way::Ranked, Way::BackOff, Way::Banker, Way::Waiter];
const ROUNDS: usize = 15;
/// For each of the five.
const MEALS: usize = 20_000;

/// Prints the table; one round if it should be quick.
pub(crate) fn report(quick: bool) -> Result<()> {
    let mut rates: Vec<Vec<f64>> = vec![Vec::new(); WAYS.len()];
    for _ in 0..if quick { 1 } else { ROUNDS } {
        for (way, rates) in WAYS.into_iter().zip(&mut rates) {
            let began = Instant::now();
            let eaten = dine(way, MEALS);
            ensure!(eaten == 5 * MEALS, "{way:?}: {eaten} meals instead of {}", 5 * MEALS);
            rates.push(eaten as f64 / began.elapsed().as_secs_f64());
        }
    }
    let mut table = Table::new(["way", "meals a second", "over ordered"]);
    for (way, rates_of_way) in WAYS.into_iter().zip(&rates) {
        let ratios: Vec<f64> =
            rates_of_way.iter().zip(&rates[0]).map(|(rate, ordered)| rate / ordered).collect();
        let rate = median(rates_of_way).unwrap_or_default();
        let apart = spread(rates_of_way).unwrap_or_default() * 100.0;
        let ratio = median(&ratios).unwrap_or_default();
        let cells = [format!("{rate:.0} ±{apart:.0} %"), format!("{ratio:.2}")];
        table.row(format!("{way:?}"), cells.map(Cell::Text).into());
    }
    println!("{}\n{table}", machine::describe());
    Ok(())
}
