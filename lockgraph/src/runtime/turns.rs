//! In which order things are done to a condition variable or a barrier, at level full.
//!
//! All that is done to one counts up, and what its counter said goes into the trace. Whoever notifies
//! keeps the counter while the raw notification happens: a wait that begins meanwhile would be
//! counted after a notification that may end it, and nobody would know that it did.
//!
//! | calls | counts |
//! |---|---|
//! | [`told`] | at once |
//! | [`told_alone`] | when nobody keeps the counter |
//! | [`keeping`] | as `told_alone`, and keeps it |
//!
//! Nobody waits for long: who keeps the counter does not wait for anybody.

use super::events;
use super::tag::{Count, Site, Tag};
use super::{data, local};
use crate::event::Op;

/// This thread does something to the object behind `tag`.
pub(super) fn told(tag: &Tag, op: impl Fn(u64) -> Op, site: Site) {
    if let Some(count) = count(tag, site) {
        events::in_turn(op(tag.id(site).0), Some(site), count.next());
    }
}

/// As [`told`], but not while somebody keeps the counter.
pub(super) fn told_alone(tag: &Tag, op: impl Fn(u64) -> Op, site: Site) {
    if let Some(count) = count(tag, site) {
        let turn = count.keep();
        count.let_go();
        events::in_turn(op(tag.id(site).0), Some(site), turn);
    }
}

/// As [`told_alone`], and nobody else does until the result is dropped.
#[inline]
pub(super) fn keeping(tag: &Tag, op: impl Fn(u64) -> Op, site: Site) -> Kept<'_> {
    if !data::is_recorded() {
        return Kept(None);
    }
    let count = count(tag, site);
    if let Some(count) = count {
        events::in_turn(op(tag.id(site).0), Some(site), count.keep());
    }
    Kept(count)
}

fn count(tag: &Tag, site: Site) -> Option<Count<'_>> {
    if !data::is_recorded() || local::is_untracked() && !local::is_unborn() {
        return None;
    }
    tag.count().or_else(|| events::count_of(tag, site))
}

/// While it lives, nobody else counts.
#[must_use]
pub struct Kept<'a>(Option<Count<'a>>);

impl Drop for Kept<'_> {
    #[inline]
    fn drop(&mut self) {
        if let Some(count) = self.0 {
            count.let_go();
        }
    }
}
