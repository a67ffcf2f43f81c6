//! Who holds a lock that somebody waits for, if the holder is not blocked in anything of ours.
//!
//! Only threads that block publish their holds. Those of others lie in their own memory, which they
//! write without any lock. So they are read from outside, by way of the system, which refuses what is
//! no memory any more; and they are believed only of a thread that sleeps and has not run between the
//! look before and the look after: then nobody has written what was read.

use std::collections::{HashMap, HashSet};
use std::mem::MaybeUninit;
use std::sync::{LazyLock, Mutex};

use super::holds::{Extent, Hold};
use super::local::Local;
use super::standstill;
use super::sys::{self, Task};
use super::{locked, state};
use crate::finding::{Blocks, Finding, Held, Step, Thread, Wanted};
use crate::id::{LockId, ThreadId};

/// More holds than this are not looked at.
const MOST: usize = 256;

/// Where the state of a thread lies, and the system's number of the thread.
type Place = (usize, u32);

static TRACKED: LazyLock<Mutex<HashMap<ThreadId, Place>>> = LazyLock::new(Mutex::default);

/// A thread is tracked from now on. Its state stays where it is until [`ends`].
pub(super) fn begins(thread: ThreadId, local: *const Local, task: u32) {
    locked(&TRACKED).insert(thread, (local.expose_provenance(), task));
}

/// The state of a thread is about to go.
pub(super) fn ends(thread: ThreadId) {
    locked(&TRACKED).remove(&thread);
}

/// The threads that are tracked.
pub(super) fn alive() -> HashSet<ThreadId> {
    locked(&TRACKED).keys().copied().collect()
}

/// The tracked thread with this number of the system.
pub(super) fn thread_of(task: u32) -> Option<Thread> {
    let tracked = locked(&TRACKED);
    let (thread, _) = tracked.iter().find(|(_, (_, known))| *known == task)?;
    Some(state::name_thread(*thread))
}

/// A thread as the system knows it, and what it holds.
struct Bystander {
    thread: ThreadId,
    holds: Vec<Hold>,
}

/// Puts behind each step that waits for a lock the one that holds it, if that can be seen.
pub(super) fn add_holders(finding: &mut Finding, tasks: &[Task]) {
    let bystanders = bystanders(tasks);
    let steps = std::mem::take(&mut finding.steps);
    for step in steps {
        let wanted = match &step.wants {
            Some(Wanted::Lock(lock, _)) => Some(LockId(lock.id)),
            _ => None,
        };
        finding.steps.push(step);
        finding.steps.extend(wanted.and_then(|lock| holder(&bystanders, lock)));
    }
}

fn holder(bystanders: &[Bystander], lock: LockId) -> Option<Step> {
    bystanders.iter().find_map(|Bystander { thread, holds }| {
        let hold = holds.iter().find(|hold| hold.lock() == lock)?;
        let held = Held {
            lock: state::lock(lock, &hold.identity()),
            mode: hold.mode(),
            site: Some(state::place(hold.site)),
        };
        Some(Step {
            thread: state::name_thread(*thread),
            blocks: Blocks::Holds(held),
            wants: None,
            site: None,
            through: None,
            stack: Vec::new(),
            addresses: Vec::new(),
            also_holds: Vec::new(),
        })
    })
}

/// Tracked threads that sleep in something that is not ours, and hold something.
fn bystanders(before: &[Task]) -> Vec<Bystander> {
    let asleep = |task: u32| before.iter().find(|seen| seen.id == task && seen.is_asleep);
    let tracked = locked(&TRACKED);
    let read: Vec<(ThreadId, u32, Vec<MaybeUninit<Hold>>)> = tracked
        .iter()
        .filter(|(_, (_, task))| {
            asleep(*task).is_some() && standstill::blocked_task(*task).is_none()
        })
        .filter_map(|(thread, (local, task))| {
            let holds = read(std::ptr::with_exposed_provenance(*local))?;
            Some((*thread, *task, holds))
        })
        .collect();
    drop(tracked);
    let after = sys::tasks().unwrap_or_default();
    let is_still_asleep = |task: u32| after.iter().any(|seen| Some(seen) == asleep(task));
    let sure = read.into_iter().filter(|(_, task, _)| is_still_asleep(*task));
    sure.map(|(thread, _, holds)| {
        // SAFETY: the thread has not run since before they were read, so they are what it wrote.
        let holds = holds.into_iter().map(|hold| unsafe { hold.assume_init() }).collect();
        Bystander { thread, holds }
    })
    .collect()
}

/// What lies where the holds of a state are to be.
fn read(local: *const Local) -> Option<Vec<MaybeUninit<Hold>>> {
    let mut extent = MaybeUninit::<Extent>::uninit();
    let from = local.cast::<u8>().wrapping_add(Local::HOLDS).addr();
    if !sys::read_memory(from, bytes_of(std::slice::from_mut(&mut extent))) {
        return None;
    }
    // SAFETY: all of it was read, and any numbers are one.
    let extent = unsafe { extent.assume_init() };
    let count = extent.count().filter(|count| *count <= MOST)?;
    let mut holds = vec![MaybeUninit::uninit(); count];
    sys::read_memory(extent.start(), bytes_of(&mut holds)).then_some(holds)
}

fn bytes_of<T>(values: &mut [MaybeUninit<T>]) -> &mut [MaybeUninit<u8>] {
    let len = size_of_val(values);
    // SAFETY: the same memory, of which nothing need be initialised.
    unsafe { std::slice::from_raw_parts_mut(values.as_mut_ptr().cast(), len) }
}
