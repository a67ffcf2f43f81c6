//! What an acquisition costs, against the original in the same run:
//! `cargo run --release -p lockgraph --features instrument --example cost`.
//!
//! Batches of ours and of the original alternate; the figure is the median of the ratios.

use std::hint::black_box;
use std::sync as raw;
use std::time::Instant;

use lockgraph::sync as ours;

const BATCHES: usize = 101;
const TIMES: u32 = 50_000;

/// Nanoseconds for one of `TIMES` calls.
fn batch(mut work: impl FnMut()) -> f64 {
    let start = Instant::now();
    (0..TIMES).for_each(|_| work());
    start.elapsed().as_nanos() as f64 / f64::from(TIMES)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn row(name: &str, mut ours: impl FnMut(), mut raw: impl FnMut()) {
    let pairs: Vec<(f64, f64)> =
        (0..BATCHES).map(|_| (batch(&mut ours), batch(&mut raw))).collect();
    let ratio = median(pairs.iter().map(|(ours, raw)| ours / raw).collect());
    let ours = median(pairs.iter().map(|(ours, _)| *ours).collect());
    let raw = median(pairs.iter().map(|(_, raw)| *raw).collect());
    println!("| {name} | {ours:.1} | {raw:.1} | {ratio:.2} |");
}

fn main() {
    println!("| | lockgraph ns | std ns | ratio |\n|---|---|---|---|");
    let (a, b) = (ours::Mutex::new(0), raw::Mutex::new(0));
    let (c, d) = (ours::Mutex::new(0), raw::Mutex::new(0));
    row(
        "uncontended mutex",
        || drop(black_box(black_box(&a).lock())),
        || drop(black_box(black_box(&b).lock())),
    );
    row(
        "two nested mutexes",
        || {
            let _outer = black_box(&a).lock();
            drop(black_box(black_box(&c).lock()));
        },
        || {
            let _outer = black_box(&b).lock();
            drop(black_box(black_box(&d).lock()));
        },
    );
    let (r, s) = (ours::RwLock::new(0), raw::RwLock::new(0));
    row(
        "uncontended read",
        || drop(black_box(black_box(&r).read())),
        || drop(black_box(black_box(&s).read())),
    );
    row(
        "uncontended write",
        || drop(black_box(black_box(&r).write())),
        || drop(black_box(black_box(&s).write())),
    );
    row(
        "new, lock, drop",
        || drop(black_box(ours::Mutex::new(0).lock())),
        || drop(black_box(raw::Mutex::new(0).lock())),
    );
}
