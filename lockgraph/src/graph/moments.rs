//! What many witnesses have in common: the span, the place, the mode and the stack of a want.
//!
//! A thread in a loop over many locks makes many witnesses and few of these. Each is kept once,
//! for as long as a witness names it. Interning is O(1).

use crate::id::{Mode, SiteId};
use crate::index::{self, Index};
use crate::slab::Slab;
use crate::span::SpanId;
use crate::stacks::StackId;

/// A moment, as long as a witness names it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct MomentId(u32);

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Moment {
    pub(super) span: SpanId,
    pub(super) mode: Mode,
    pub(super) site: SiteId,
    pub(super) stack: StackId,
}

struct Kept {
    moment: Moment,
    users: u32,
}

const _: () = assert!(size_of::<Option<Kept>>() == 20);

#[derive(Default)]
pub(super) struct Moments {
    kept: Slab<Kept>,
    index: Index,
}

impl Moments {
    /// A moment, counted once more, and whether that is the first time.
    pub(super) fn retain(&mut self, moment: Moment) -> (MomentId, bool) {
        let hash = moment.hash();
        let known = self.index.find(hash, |at| self.kept[at].moment == moment);
        let at = known.unwrap_or_else(|| {
            let at = self.kept.insert(Kept { moment, users: 0 });
            let kept = &self.kept;
            self.index.insert(at, hash, |at| kept[at].moment.hash());
            at
        });
        self.kept[at].users += 1;
        (MomentId(at), known.is_none())
    }

    /// One user less. Returns the moment if that was the last one.
    pub(super) fn release(&mut self, moment: MomentId) -> Option<Moment> {
        self.kept[moment.0].users -= 1;
        if self.kept[moment.0].users > 0 {
            return None;
        }
        let (hash, kept) = (self.get(moment).hash(), &self.kept);
        self.index.remove(moment.0, hash, |at| kept[at].moment.hash());
        self.kept.remove(moment.0).map(|kept| kept.moment)
    }

    #[inline]
    pub(super) fn get(&self, moment: MomentId) -> &Moment {
        &self.kept[moment.0].moment
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        assert_eq!(self.kept.len(), self.index.len());
        self.kept.len()
    }
}

impl Moment {
    fn hash(&self) -> u64 {
        let Moment { span, mode, site, stack } = *self;
        let place = u64::from(site.0) << 2 | mode as u64;
        index::hash([u64::from(span.0) << 32 | u64::from(stack.number()), place])
    }
}
