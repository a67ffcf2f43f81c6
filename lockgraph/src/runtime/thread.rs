//! What threads and joins call: the beginning of a thread, its end, and the wait for that.

use super::block::Wait;
use super::hook::event;
use super::tag::Site;
use super::{local, meeting, state};
use crate::event::Op;
use crate::id::ThreadId;
use crate::wait::Target;

/// About to begin a thread. Call it in the parent, and [`Child::enter`] first thing in the child.
pub(crate) fn forking(name: Option<&str>, site: Site) -> Child {
    let id = local::busy(|local| {
        let id = local::next_thread();
        state::thread_forked(local.id, id, name, site);
        local.way.arrive();
        local.next_span();
        id
    });
    let id = id.unwrap_or_else(local::next_thread);
    event(Op::Fork(id), Some(site));
    Child { id }
}

/// A thread that is about to begin.
pub(crate) struct Child {
    id: ThreadId,
}

impl Child {
    /// Its number, for [`joining`].
    pub(crate) fn id(&self) -> ThreadId {
        self.id
    }

    /// The thread has begun; called in it.
    pub(crate) fn enter(self) {
        local::enter(self.id);
        event(Op::Begin, None);
    }

    /// The thread could not be begun.
    pub(crate) fn abandon(self) {
        local::untracked(|| state::thread_not_begun(self.id));
    }
}

/// The closure of this thread has returned: a scope waits no longer for it.
pub(crate) fn returned() {
    local::hot(|local| local.has_returned = true);
}

/// About to wait for the end of `thread`, which has returned when `is_over`. Hold the result until the
/// wait is over.
#[track_caller]
pub(crate) fn joining(thread: ThreadId, site: Site, is_over: impl Fn() -> bool) -> JoinWait {
    let mut wait = JoinWait::new(&[thread], Target::Ends(vec![thread]), true, site);
    if let Some(wait) = &mut wait.wait {
        wait.look_until_sure();
        wait.try_while_willing(|| is_over().then_some(()));
        // What is left of the thread is its thread-locals, and the original waits for these.
        wait.be_unwilling();
    }
    wait
}

/// As [`joining`], at the end of a scope, which waits until the closures of all `threads` have
/// returned.
#[track_caller]
pub(crate) fn scope_ending(threads: &[ThreadId], site: Site) -> JoinWait {
    let mut wait = JoinWait::new(threads, Target::Returns(threads.to_vec()), false, site);
    if let Some(wait) = &mut wait.wait {
        wait.look_until_sure();
    }
    wait
}

/// A wait for the end of threads. Dropping it without [`JoinWait::joined`] forgets it.
#[must_use]
pub(crate) struct JoinWait {
    wait: Option<Wait>,
    threads: Vec<ThreadId>,
    site: Site,
}

impl JoinWait {
    fn new(threads: &[ThreadId], target: Target, give_up: bool, site: Site) -> JoinWait {
        let wait = Wait::for_threads(target, give_up, site);
        JoinWait { wait, threads: threads.to_vec(), site }
    }

    /// All of them have ended.
    pub(crate) fn joined(mut self) {
        drop(self.wait.take());
        local::busy(|local| {
            state::with_known(|known| {
                for child in &self.threads {
                    meeting::joined(known, local, *child, self.site);
                    known.graph.spans.join(local.id, *child);
                }
            });
            local.news.add();
            local.next_span();
        });
        for child in &self.threads {
            event(Op::Join(*child), Some(self.site));
        }
    }
}
