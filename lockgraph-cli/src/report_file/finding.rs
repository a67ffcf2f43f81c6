//! The parts of a finding, as they are written.

use lockgraph::finding::{self, Blocks, Class, Reason, Wanted};
use lockgraph::id::{LockKind, Mode, Signal};
use serde::Deserialize;

use super::name::Name;

#[derive(Deserialize)]
pub(super) struct Place {
    file: String,
    line: u32,
    column: u32,
}

#[derive(Deserialize)]
pub(super) struct Thread {
    id: u32,
    name: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Lock {
    id: u64,
    kind: Name<LockKind>,
    name: Option<String>,
    made_at: Option<Place>,
    first_taken_at: Option<Place>,
    made_for: Option<Place>,
}

#[derive(Deserialize)]
pub(super) struct Held {
    lock: Lock,
    mode: Name<Mode>,
    site: Option<Place>,
}

#[derive(Deserialize)]
struct Frame {
    function: String,
    place: Option<Place>,
}

#[derive(Deserialize)]
pub(super) struct Step {
    thread: Thread,
    blocks: Block,
    wants: Option<Want>,
    site: Option<Place>,
    through: Option<Place>,
    stack: Vec<Frame>,
    also_holds: Vec<Held>,
}

#[derive(Deserialize)]
enum How {
    #[serde(rename = "holds")]
    Holds,
    #[serde(rename = "queues before")]
    QueuesBefore,
    #[serde(rename = "has not ended")]
    HasNotEnded,
    #[serde(rename = "cannot serve")]
    CannotServe,
    #[serde(rename = "left behind")]
    LeftBehind,
    #[serde(rename = "nobody")]
    Nobody,
}

#[derive(Deserialize)]
#[serde(try_from = "BlockAsWritten")]
struct Block(Blocks);

#[derive(Deserialize)]
struct BlockAsWritten {
    how: How,
    lock: Option<Lock>,
    mode: Option<Name<Mode>>,
    signal: Option<Name<Signal>>,
    site: Option<Place>,
}

#[derive(Deserialize)]
#[serde(try_from = "WantAsWritten")]
pub(super) struct Want(pub(super) Wanted);

#[derive(Deserialize)]
struct WantAsWritten {
    lock: Option<Lock>,
    mode: Option<Name<Mode>>,
    signal: Option<Name<Signal>>,
    end_of: Option<Thread>,
}

#[derive(Deserialize)]
enum Why {
    #[serde(rename = "one thread")]
    OneThread,
    #[serde(rename = "gate")]
    Gate,
    #[serde(rename = "spawn or join")]
    SpawnJoin,
    #[serde(rename = "message")]
    Message,
    #[serde(rename = "readers only")]
    ReadersOnly,
    #[serde(rename = "permits")]
    Permits,
}

#[derive(Deserialize)]
#[serde(try_from = "ExcludedAsWritten")]
pub(super) struct Excluded(pub(super) Reason);

#[derive(Deserialize)]
struct ExcludedAsWritten {
    reason: Why,
    lock: Option<Lock>,
    threads: Vec<Thread>,
    through: Option<Name<LockKind>>,
    #[serde(default)]
    permits: Option<u32>,
}

#[derive(Deserialize)]
pub(super) struct Stranger {
    thread: Thread,
    does: String,
}

impl From<Place> for finding::Place {
    fn from(Place { file, line, column }: Place) -> finding::Place {
        finding::Place { file, line, column }
    }
}

impl From<Thread> for finding::Thread {
    fn from(Thread { id, name }: Thread) -> finding::Thread {
        finding::Thread { id, name }
    }
}

impl From<Lock> for finding::Lock {
    fn from(lock: Lock) -> finding::Lock {
        let class = match (lock.name, lock.made_at, lock.first_taken_at) {
            (Some(name), ..) => Class::Named(name),
            (None, Some(place), _) => Class::Made(place.into()),
            (None, None, Some(place)) => Class::FirstTaken(place.into()),
            (None, None, None) => Class::Unknown,
        };
        let made_for = lock.made_for.map(Into::into);
        finding::Lock { id: lock.id, kind: lock.kind.0, class, made_for }
    }
}

impl From<Held> for finding::Held {
    fn from(Held { lock, mode, site }: Held) -> finding::Held {
        finding::Held { lock: lock.into(), mode: mode.0, site: site.map(Into::into) }
    }
}

impl From<Frame> for finding::Frame {
    fn from(Frame { function, place }: Frame) -> finding::Frame {
        finding::Frame { function, place: place.map(Into::into) }
    }
}

impl From<Step> for finding::Step {
    fn from(step: Step) -> finding::Step {
        finding::Step {
            thread: step.thread.into(),
            blocks: step.blocks.0,
            wants: step.wants.map(|want| want.0),
            site: step.site.map(Into::into),
            through: step.through.map(Into::into),
            stack: step.stack.into_iter().map(Into::into).collect(),
            addresses: Vec::new(),
            also_holds: step.also_holds.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<Stranger> for finding::Stranger {
    fn from(Stranger { thread, does }: Stranger) -> finding::Stranger {
        finding::Stranger { thread: thread.into(), does }
    }
}

impl TryFrom<BlockAsWritten> for Block {
    type Error = String;

    fn try_from(block: BlockAsWritten) -> Result<Block, String> {
        let BlockAsWritten { how, lock, mode, signal, site } = block;
        let held = |lock, mode: Option<Name<Mode>>| {
            Ok::<_, String>(finding::Held {
                lock: there(lock, "lock")?,
                mode: there(mode, "mode")?.0,
                site: site.map(Into::into),
            })
        };
        let lock = lock.map(finding::Lock::from);
        Ok(Block(match how {
            How::Holds => Blocks::Holds(held(lock, mode)?),
            How::LeftBehind => Blocks::LeftBehind(held(lock, mode)?),
            How::QueuesBefore => Blocks::QueuesBefore(there(lock, "lock")?),
            How::CannotServe => Blocks::CannotServe(there(signal, "signal")?.0, lock),
            How::HasNotEnded => Blocks::HasNotEnded,
            How::Nobody => Blocks::Nobody,
        }))
    }
}

impl TryFrom<WantAsWritten> for Want {
    type Error = String;

    fn try_from(want: WantAsWritten) -> Result<Want, String> {
        let WantAsWritten { lock, mode, signal, end_of } = want;
        wanted(lock, mode, signal, end_of).map(Want)
    }
}

/// What is waited for: an end if there is a thread, a signal if that is named, else a lock.
pub(super) fn wanted(
    lock: Option<Lock>,
    mode: Option<Name<Mode>>,
    signal: Option<Name<Signal>>,
    end_of: Option<Thread>,
) -> Result<Wanted, String> {
    let lock = lock.map(finding::Lock::from);
    Ok(match (end_of, signal) {
        (Some(thread), _) => Wanted::End(thread.into()),
        (None, Some(signal)) => Wanted::Signal(signal.0, lock),
        (None, None) => Wanted::Lock(there(lock, "lock")?, there(mode, "mode")?.0),
    })
}

impl TryFrom<ExcludedAsWritten> for Excluded {
    type Error = String;

    fn try_from(excluded: ExcludedAsWritten) -> Result<Excluded, String> {
        let ExcludedAsWritten { reason, lock, threads, through, permits } = excluded;
        let lock = lock.map(finding::Lock::from);
        let mut threads = threads.into_iter().map(finding::Thread::from);
        let mut thread = || there(threads.next(), "thread");
        Ok(Excluded(match reason {
            Why::OneThread => Reason::OneThread(thread()?),
            Why::Gate => Reason::Gate(there(lock, "lock")?),
            Why::SpawnJoin => Reason::SpawnJoin(thread()?, thread()?),
            Why::Message => Reason::Message(thread()?, thread()?, through.map(|kind| kind.0)),
            Why::ReadersOnly => Reason::ReadersOnly(there(lock, "lock")?),
            Why::Permits => Reason::Permits(there(lock, "lock")?, there(permits, "permits")?),
        }))
    }
}

/// A member that may be null in other cases than this one.
pub(super) fn there<T>(member: Option<T>, name: &str) -> Result<T, String> {
    member.ok_or_else(|| format!("a `{name}` is missing here"))
}
