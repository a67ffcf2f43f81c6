//! Ten seconds or more of sixteen threads that make, nest and drop locks: nothing is reported,
//! nothing crashes, and memory does not grow. And a thousand programs of producers and consumers.

use std::env;
use std::time::Duration;

use libtest_mimic::{Failed, Trial};

use crate::child::{self, Order, Outcome, What};
use crate::expect::{self, Want};
use crate::load;
use crate::scenario::RSS;

/// How much the second half of a run may need beyond the first, in KiB: what an allocator keeps
/// in hand, a small part of what a leak would need at this rate.
const SLACK: u64 = 4 * 1024;

pub(crate) fn trials() -> Vec<Trial> {
    let churn = |name: &'static str| {
        let test = move || check(name, flat).map_err(Failed::from);
        Trial::test(format!("stress/{name}"), test)
    };
    let heavy = || check("heavy_values", small).map_err(Failed::from);
    let heavy = Trial::test("stress/heavy_values", heavy);
    let producers = Trial::test("stress/producers", || producers().map_err(Failed::from));
    vec![churn("churn"), churn("churn_on_small_stacks"), heavy, producers]
}

/// A thousand random programs of producers and consumers on a busy machine.
fn producers() -> Result<(), String> {
    let seed = env::var("LOCKGRAPH_SEED").unwrap_or_default();
    let environment = [("E2E_SEED", seed.as_str())];
    let limit = child::limit() + Duration::from_secs(60);
    let order = Order { what: What::Scenario("producers"), environment: &environment, limit };
    let outcome = load::while_busy(|| child::run(&order)).map_err(|error| error.to_string())?;
    let last = outcome.stdout.lines().rfind(|line| line.starts_with("seed ")).unwrap_or_default();
    expect::compare(Want::Silent, &outcome)
        .map_err(|wrong| format!("{wrong}, after {last}\n{}", outcome.full()))
}

fn check(scenario: &str, memory: fn(&[u64]) -> Result<(), String>) -> Result<(), String> {
    let limit = child::limit() + Duration::from_secs(60);
    let order = Order { what: What::Scenario(scenario), environment: &[], limit };
    let outcome = child::run(&order).map_err(|error| error.to_string())?;
    expect::compare(Want::Silent, &outcome)
        .and_then(|()| memory(&samples(&outcome)))
        .map_err(|wrong| format!("{scenario}: {wrong}\n{}", outcome.full()))
}

fn samples(outcome: &Outcome) -> Vec<u64> {
    let sample = |line: &str| line.strip_prefix(RSS).and_then(|text| text.parse().ok());
    outcome.stdout.lines().filter_map(sample).collect()
}

/// The most in the second half is about the most in the first half.
fn flat(samples: &[u64]) -> Result<(), String> {
    let (first, second) = samples.split_at(samples.len() / 2);
    let most = |samples: &[u64]| samples.iter().copied().max();
    match (most(first), most(second)) {
        (Some(first), Some(second)) if second <= first + first / 10 + SLACK => Ok(()),
        (Some(first), Some(second)) => {
            Err(format!("memory grows: {first} KiB in the first half, {second} in the second"))
        }
        _ => Err("no memory was measured".to_string()),
    }
}

/// Values of a megabyte each came and went.
fn small(samples: &[u64]) -> Result<(), String> {
    const LIMIT: u64 = 30 * 1024;
    match samples.iter().max() {
        Some(most) if *most <= LIMIT => Ok(()),
        most => Err(format!("{most:?} KiB at most, allowed are {LIMIT}")),
    }
}
