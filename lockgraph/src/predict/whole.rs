//! Whether the events of a run say all that flowed between its threads.

use super::history::History;

impl History {
    /// Whether all that flowed between threads is among the events. Unless this is said, one read or
    /// write is taken to mean that all are there.
    pub fn set_whole(&mut self, is_whole: bool) {
        self.is_whole = Some(is_whole);
    }

    /// Whether a schedule that keeps every read is a proof.
    pub(super) fn proves(&self) -> bool {
        self.is_whole.unwrap_or(self.has_data)
    }
}
