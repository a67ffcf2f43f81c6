//! Findings of every shape that a damaged trace could hold.

use super::one_line;
use super::tests::printed;
use crate::explain::staged::{self, mutex, place, thread};
use crate::finding::{Blocks, Held, Kind, Lock, Step, Verdict, Wanted};
use crate::id::{LockKind, Mode};
use crate::report::Style;

/// A trace may say anything: every shape of a finding is printed, and nothing in it panics.
#[test]
fn any_shape_is_printed() {
    let sites =
        [None, Some("src/one.rs:0:0"), Some("src/one.rs:2:0"), Some("x:4294967295:4294967295")];
    let all: Vec<Step> = sites.iter().flat_map(|site| steps(*site)).collect();
    for kind in Kind::ALL {
        for verdict in Verdict::ALL {
            let mut shapes: Vec<Vec<Step>> = vec![Vec::new()];
            shapes.extend(all.iter().map(|step| vec![step.clone()]));
            shapes.extend(all.windows(2).map(<[Step]>::to_vec));
            shapes.extend(all.windows(9).step_by(5).map(<[Step]>::to_vec));
            for steps in shapes {
                let finding = staged::finding(kind, verdict, steps);
                assert!(printed(&finding, Style::Plain).contains(kind.name()));
                assert!(!one_line(&finding).is_empty());
                // A schedule looks the same in all of them.
                if (kind, verdict) == (Kind::Deadlock, Verdict::Actual) {
                    let finding = staged::scheduled(finding);
                    assert!(printed(&finding, Style::Plain).contains("step by step"));
                }
            }
        }
    }
}

/// Every way to block with every way to want, at one place.
fn steps(site: Option<&str>) -> Vec<Step> {
    let locks = LockKind::ALL.map(|kind| Lock { kind, ..mutex(kind as u64, "same") });
    let held =
        |lock: &Lock| Held { lock: lock.clone(), mode: Mode::Upgradable, site: site.map(place) };
    let wants = |lock: &Lock| Some(Wanted::Lock(lock.clone(), Mode::Exclusive));
    let mut steps = Vec::new();
    for lock in &locks {
        let blocks = [
            Blocks::Holds(held(lock)),
            Blocks::QueuesBefore(lock.clone()),
            Blocks::HasNotEnded,
            Blocks::LeftBehind(held(lock)),
            Blocks::Nobody,
        ];
        for blocks in blocks {
            for wants in [None, Some(Wanted::End(thread(1, ""))), wants(lock), wants(&locks[0])] {
                steps.push(Step {
                    thread: thread(steps.len() as u32 % 3, "same"),
                    blocks: blocks.clone(),
                    wants,
                    site: site.map(place),
                    through: None,
                    stack: Vec::new(),
                    addresses: Vec::new(),
                    also_holds: vec![held(lock); steps.len() % 12],
                });
            }
        }
    }
    steps
}
