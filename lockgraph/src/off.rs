//! What the runtime offers, in builds where it is off.

use std::time::Duration;

use crate::finding::{Finding, Thread};

/// What has been found so far: nothing, for the locks of this build are not instrumented.
pub fn findings() -> Vec<Finding> {
    Vec::new()
}

/// Does nothing: the locks of this build are not instrumented.
pub fn on_finding(_callback: impl Fn(&Finding) + Send + Sync + 'static) {}

/// What a watchdog is told: that nothing is known.
#[derive(Default)]
pub(crate) struct StalledNow {
    pub(crate) findings: Vec<Finding>,
    pub(crate) report: String,
    pub(crate) victim: Option<Thread>,
}

/// Nobody listens.
pub(crate) struct Recovering;

impl Recovering {
    pub(crate) fn begin() -> Recovering {
        Recovering
    }
}

pub(crate) fn guarding(run: impl FnOnce()) {
    run();
}

pub(crate) fn stalled_now(
    _limit: Duration,
    _recovering: Option<&Recovering>,
    _is_told: bool,
) -> StalledNow {
    StalledNow::default()
}
