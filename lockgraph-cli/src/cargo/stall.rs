//! stub
use std::path::Path;
pub(crate) fn watch<R>(traces: &Path, seconds: u64, run: impl FnOnce() -> R) -> R {
    let _ = (traces, seconds);
    run()
}
