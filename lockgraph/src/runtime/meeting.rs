//! What could have hung: who waits while holding locks, and what the others need before they end
//! such waits ([`crate::meet`]). Judged when an object goes and at the end of the program, because it
//! rests on everything that was seen of the object.
//!
//! Each thread tells of each object, signal and set of locks once; the cold part takes the graph's
//! lock. A service that needs nothing needs nothing more to be told of. What is found is kept until
//! the end, in the graph's state; only a join is told to the trace as it is judged.

use super::block::{Live, Taken, sure_holds};
use super::identity::Identity;
use super::local::{self, Local};
use super::stamp::{Moment, Stamp};
use super::state::Known;
use super::tag::{Site, Tag};
use super::word::Word;
use super::{record, report, state};
use crate::describe;
use crate::finding::Finding;
use crate::held::Hold;
use crate::id::{LockId, Mode, Signal, ThreadId};
use crate::meet::{Ends, Join, Meeting, Meetings, Role, StuckJoin, Take};

/// So many findings are kept until the end.
const KEPT: usize = 1000;

/// What is known of waits that have not hung.
#[derive(Default)]
pub(super) struct Foresight {
    meetings: Meetings<Taken>,
    ends: Ends<Taken>,
    found: Vec<Finding>,
}

/// The steady state of a service: this thread gives `signal` at `tag` without needing anything, as it
/// was told before, and has nothing new to tell. The stamp for it. Not for barriers, whose every
/// arrival is an event.
#[inline]
pub(super) fn serves_again(tag: &Tag, signal: Signal) -> Option<Stamp> {
    let word = tag.word();
    local::hot(|local| {
        let stamp = local.news.stamp().filter(|_| signal != Signal::Arrival)?;
        let is_free = local.seen.has_at_home(local.key_of_free(word, signal));
        is_free.then(|| {
            local.way.arrive();
            Stamp::of(stamp)
        })
    })?
}

/// This thread gives `signal` at `tag`, which has its number.
pub(super) fn serves(tag: &Tag, signal: Signal, site: Site) {
    let word = tag.word();
    let is_known = local::hot(|local| {
        let is_known = local.seen.contains(local.key_of_free(word, signal))
            || local.seen.contains(local.key_of_service(word, signal));
        if is_known {
            local.way.arrive();
        }
        is_known
    });
    if is_known == Some(false) {
        serve(tag, signal, site);
    }
}

/// This thread gives back what it held at `tag` as a lock. What it took meanwhile, the order graph
/// has seen taken under that lock, so here it is somebody who needs nothing.
#[inline]
pub(super) fn gives_back(tag: &Tag, signal: Signal, site: Site) {
    let word = tag.word();
    if local::hot(|local| local.seen.contains(local.key_of_free(word, signal))) == Some(false) {
        give_back(tag, signal, site);
    }
}

#[cold]
fn give_back(tag: &Tag, signal: Signal, site: Site) {
    local::busy(|local| {
        state::with_known(|known| {
            meet(known, local.id, (tag, signal, site), Role::Serves, Vec::new())
        });
        local.seen.insert(local.key_of_free(tag.word(), signal));
    });
}

#[cold]
fn serve(tag: &Tag, signal: Signal, site: Site) {
    local::busy(|local| {
        let word = tag.word();
        let mut needs: Vec<Hold<Taken>> = sure_holds(local).collect();
        for hold in local.way.here().filter(|hold| !hold.site.identity.is_sendable()) {
            if needs.iter().all(|need| need.lock != hold.lock) {
                needs.push(hold);
            }
        }
        let needs_some = !needs.is_empty();
        let is_free = state::with_known(|known| {
            let span = meet(known, local.id, (tag, signal, site), Role::Serves, needs);
            known.foresight.meetings.needs(word.number(), span, signal).is_empty()
        });
        if is_free {
            local.seen.insert(local.key_of_free(word, signal));
        } else {
            local.seen.insert(local.key_of_service(word, signal));
        }
        if needs_some {
            local.news.add();
        }
        local.way.arrive();
    });
}

/// This thread waits, or might have had to, as long as it takes, until somebody gives `signal` at
/// `tag`. It gives `mutex` back meanwhile.
#[inline]
pub(super) fn waits(tag: &Tag, signal: Signal, mutex: Option<LockId>, site: Site) {
    let word = tag.word();
    let is_known = local::hot(|local| {
        local.holds.is_empty()
            || word.has_number() && local.seen.contains(local.key_of_wait(word, signal))
    });
    if is_known == Some(false) {
        wait(tag, signal, mutex, site);
    }
}

#[cold]
fn wait(tag: &Tag, signal: Signal, mutex: Option<LockId>, site: Site) {
    tag.id(site);
    local::busy(|local| {
        let held: Vec<_> = sure_holds(local).filter(|hold| Some(hold.lock) != mutex).collect();
        if !held.is_empty() {
            local.holds.mark_told();
            let what = (tag, signal, site);
            state::with_known(|known| meet(known, local.id, what, Role::Waits, held));
            local.news.add();
            report::at_the_end();
        }
        local.seen.insert(local.key_of_wait(tag.word(), signal));
    });
}

fn meet(
    known: &mut Known,
    thread: ThreadId,
    (tag, signal, site): (&Tag, Signal, Site),
    role: Role,
    locks: Vec<Hold<Taken>>,
) -> crate::span::SpanId {
    // Its end is to be told.
    tag.mark_known();
    let object = tag.word().number();
    let spans = &mut known.graph.spans;
    let span = spans.current(thread);
    let site = Taken { site, identity: tag.identity(), releases: 0 };
    let meeting = Meeting { thread, span, signal, role, site, locks };
    let news = known.foresight.meetings.add(object, meeting, spans);
    news.iter().for_each(|meeting| record::meeting(known, object, meeting));
    span
}

/// This thread has waited for the end of `child`. Call it before the order of that is known.
pub(super) fn joined(known: &mut Known, local: &Local, child: ThreadId, site: Site) {
    let site = Taken { site, identity: Identity::NONE, releases: 0 };
    let held = sure_holds(local).collect();
    let knows = known.graph.spans.known_of(local.id, child).max(local.news.known_of(child));
    let join = Join { thread: local.id, site, held, knows };
    let stuck = known.foresight.ends.joined(child, join);
    foresee(known, stuck);
}

/// A thread has ended.
pub(super) fn ended(known: &mut Known, local: &Local) {
    let take = |(hold, stamp): (Hold<Taken>, Moment)| Take { hold, after: stamp.closed() };
    let life = local.way.life();
    let life = life.into_iter().filter(|(hold, _)| !hold.site.identity.is_sendable());
    let stuck = known.foresight.ends.ended(local.id, life.map(take).collect());
    foresee(known, stuck);
}

fn foresee(known: &mut Known, stuck: Option<StuckJoin<Taken>>) {
    let Some(stuck) = stuck else { return };
    let finding = describe::join_while_holding(&stuck, &Live);
    if known.foresight.keep(finding.clone()) {
        record::finding(&finding);
        report::at_the_end();
    }
}

/// The object is gone: nothing more will be known of it.
pub(super) fn forget(known: &mut Known, object: LockId) {
    let spans = &mut known.graph.spans;
    let foreseen = known.foresight.meetings.judge(object, spans);
    let found: Vec<Finding> =
        foreseen.iter().map(|found| describe::wait_while_holding(found, &Live)).collect();
    known.foresight.meetings.remove(object, spans);
    found.into_iter().for_each(|finding| _ = known.foresight.keep(finding));
}

/// What is to be said if the program ends now.
pub(super) fn foreseen(known: &Known) -> Vec<Finding> {
    let Foresight { meetings, found, .. } = &known.foresight;
    let mut all = found.clone();
    for object in meetings.objects() {
        let foreseen = meetings.judge(object, &known.graph.spans);
        all.extend(foreseen.iter().map(|found| describe::wait_while_holding(found, &Live)));
    }
    all
}

impl Foresight {
    /// Returns whether it is news.
    fn keep(&mut self, finding: Finding) -> bool {
        let fingerprint = finding.fingerprint();
        let is_new = self.found.len() < KEPT
            && self.found.iter().all(|other| other.fingerprint() != fingerprint);
        if is_new {
            self.found.push(finding);
        }
        is_new
    }
}

impl Local {
    /// What stands, among the chains that this thread has seen, for giving `signal` at an object
    /// with what is held and was taken on the way.
    fn key_of_service(&self, object: Word, signal: Signal) -> u64 {
        let chain = self.holds.chain_with(object, Mode::Shared);
        chain.rotate_left(signal as u32).wrapping_add(self.way.sum()) | 1
    }

    /// For waiting for it with what is held.
    #[inline]
    fn key_of_wait(&self, object: Word, signal: Signal) -> u64 {
        self.holds.chain_with(object, Mode::Exclusive).rotate_left(signal as u32) | 1
    }

    /// For giving it without needing anything.
    #[inline]
    fn key_of_free(&self, object: Word, signal: Signal) -> u64 {
        let object = object.number().0 << Signal::BITS | signal as u64;
        (object.wrapping_mul(0xa076_1d64_78bd_642f) ^ self.salt()) | 1
    }
}
