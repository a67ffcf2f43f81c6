//! A project whose tests hang, are killed, leave children behind and lock at odd times.

use libtest_mimic::Trial;

use super::finding::Wanted;
use super::project::{Project, Shared};
use super::{Outcome, ended, page, trial};

pub(super) fn trials() -> Vec<Trial> {
    let stuck = Shared::new(&["stuck"]);
    let on = |test| stuck.on(test);
    vec![
        trial("stuck/deadlock", on(deadlock)),
        trial("stuck/children", on(children)),
        trial("stuck/late", on(late)),
        trial("stuck/message", on(message)),
        trial("stuck/stall", on(stall)),
        trial("stuck/killed", on(ended::killed)),
        trial("stuck/interrupted", on(ended::interrupted)),
        trial("stuck/terminated", on(ended::terminated)),
        trial("stuck/page_of_a_finding", on(page::of_a_finding)),
        trial("stuck/page_of_nothing", on(page::of_nothing)),
        trial("stuck/switched_off", on(switched_off)),
    ]
}

/// Both orders of the two statics, one after the other.
pub(super) const LATER: Wanted<'_> = Wanted {
    kind: "lock-order-cycle",
    verdict: "possible",
    locks: &["src/lib.rs:9", "src/lib.rs:11"],
    seen: &[],
};

/// A test that would hang fails, with the report in its own output, and the others go on.
fn deadlock(stuck: &Project) -> Outcome {
    let said = stuck.run("test --test deadlock")?;
    said.expect_code(101)?;
    said.expect_out(&[
        "test crosses ... FAILED",
        "test does_not ... ok",
        "test result: FAILED. 1 passed; 1 failed",
        "lockgraph: 1 finding: 1 actual (1 process, ",
    ])?;
    let output = said.stdout.split("---- crosses stdout ----").nth(1);
    let output = output.and_then(|rest| rest.split("\nfailures:\n").next()).unwrap_or_default();
    for text in ["error[deadlock]", "--> src/lib.rs:15:", "verdict: actual"] {
        said.require(output.contains(text), &format!("the test itself does not say {text:?}"))?;
    }
    let (kind, verdict) = ("deadlock", "actual");
    let wanted = Wanted { kind, verdict, seen: &["deadlock crosses"], ..LATER };
    stuck.report()?.expect(&[wanted]).map_err(|wrong| said.wrong(&wrong))
}

/// Programs that a test starts leave traces of their own, also the one that aborts; what the child
/// of a fork does is not recorded, and it does not hang.
fn children(stuck: &Project) -> Outcome {
    let said = stuck.run("test --test children")?;
    said.expect_code(1)?;
    said.expect_out(&["test result: ok. 3 passed"])?;
    let wanted = Wanted { seen: &["stuck abort", "stuck later"], ..LATER };
    stuck.report()?.expect(&[wanted]).map_err(|wrong| said.wrong(&wrong))
}

/// Locks that are taken while the thread-locals are destroyed.
fn late(stuck: &Project) -> Outcome {
    let said = stuck.run("test --test late")?;
    said.expect_code(0)?;
    said.expect_out(&["test result: ok. 1 passed", "lockgraph: no findings (1 process, "])
}

/// Both orders, which a message keeps apart.
fn message(stuck: &Project) -> Outcome {
    let said = stuck.run("test --test waits")?;
    said.expect_code(0)?;
    said.expect_out(&["test apart ... ok", "lockgraph: no findings (1 process, "])?;
    let said = stuck.run("test --excluded --test waits")?;
    said.expect_out(&["note[lock-order-cycle]", "hears of it through a channel"])
}

/// A wait for a message under the lock that its sender needs. The test program's own first thread is
/// not known, so it is not certain; it ends because that was asked for.
fn stall(stuck: &Project) -> Outcome {
    let said = stuck.run("test --on-stall abort --test waits -- --ignored")?;
    said.expect_code(101)?;
    said.expect_out(&["lockgraph: 1 finding: 1 stalled (1 process, "])?;
    let (kind, verdict) = ("stall", "stalled");
    let locks = &["tests/waits.rs:9", "tests/waits.rs:32"];
    let wanted = Wanted { kind, verdict, locks, seen: &["waits hangs"] };
    stuck.report()?.expect(&[wanted]).map_err(|wrong| said.wrong(&wrong))
}

/// With `LOCKGRAPH=off` the tests run, and nothing is recorded.
fn switched_off(stuck: &Project) -> Outcome {
    let mut command = stuck.lockgraph("test --test children");
    let said = super::process::run(command.env("LOCKGRAPH", "off"))?;
    said.expect_code(0)?;
    said.expect_out(&["test result: ok. 3 passed", "lockgraph: no findings (0 processes, "])?;
    said.require(stuck.traces()?.is_empty(), "there are traces")
}
