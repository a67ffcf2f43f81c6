//! Bytes as records: the other direction of [`super::encode`]. Any bytes may come.

use std::borrow::Cow;

use super::encode::tag;
use super::figures::{Awaited, Contention, LongestHold};
use super::record::{Dependency, LockClass, Meeting, Module, Record, Span};
use super::wire::{Decoder, Malformed};
use crate::finding::{
    Blocks, Class, Finding, Frame, Held, Kind, Lock, Place, Reason, Step, Stranger, Thread,
    Verdict, Wanted,
};
use crate::id::{LockId, LockKind, Mode, Signal, SiteId, ThreadId};
use crate::span::Over;

/// Sorts of locks and signals grow in number within one version of the format: what a program does
/// not use, its trace does not name.
const UNKNOWN_LOCK_KIND: &str = "a lock is of a sort that this lockgraph does not know; if a later one \
                                 wrote the trace, update lockgraph";
const UNKNOWN_SIGNAL: &str = "what is waited for is of a sort that this lockgraph does not know; if a \
                              later one wrote the trace, update lockgraph";

/// The next record.
pub(super) fn decode<'a>(from: &mut Decoder<'a>) -> Result<Record<'a>, Malformed> {
    let tag = from.byte()?;
    match tag {
        tag::SITE => Ok(Record::Site {
            id: site(from)?,
            file: from.text()?,
            line: from.number32()?,
            column: from.number32()?,
        }),
        tag::THREAD => Ok(Record::Thread {
            id: thread(from)?,
            name: from.option(Decoder::text)?,
            parent: from.option(thread)?,
            site: site(from)?,
        }),
        tag::LOCK => {
            Ok(Record::Lock { id: lock(from)?, kind: lock_kind(from)?, class: lock_class(from)? })
        }
        tag::SPAN => Ok(Record::Span(Cow::Owned(span(from, |_| Ok(None))?))),
        tag::SPAN_HEARD => {
            let by = |from: &mut Decoder<'_>| from.option(lock_kind);
            Ok(Record::Span(Cow::Owned(span(from, by)?)))
        }
        tag::DEPENDENCY => Ok(Record::Dependency(Cow::Owned(dependency(from)?))),
        tag::MEETING => Ok(Record::Meeting(Cow::Owned(meeting(from)?))),
        tag::DESTROY => Ok(Record::Destroy(lock(from)?)),
        tag::FINDING => Ok(Record::Finding(Cow::Owned(finding(from)?))),
        tag::MODULE => Ok(Record::Module(Cow::Owned(module(from)?))),
        tag::ORIGIN => {
            Ok(Record::Origin { lock: lock(from)?, stack: Cow::Owned(from.list(Decoder::number)?) })
        }
        tag::PERMITS => Ok(Record::Permits { semaphore: lock(from)?, permits: from.number32()? }),
        tag::WAITED => waited(from).map(Record::Waited),
        tag::HELD => longest_hold(from).map(Record::Held),
        tag::FACT => Ok(Record::Fact { name: from.text()?, value: from.text()? }),
        _ => Err(Malformed("no record begins with this byte")),
    }
}

fn thread(from: &mut Decoder<'_>) -> Result<ThreadId, Malformed> {
    from.number32().map(ThreadId)
}

fn site(from: &mut Decoder<'_>) -> Result<SiteId, Malformed> {
    from.number32().map(SiteId)
}

fn lock(from: &mut Decoder<'_>) -> Result<LockId, Malformed> {
    from.number().map(LockId)
}

fn mode(from: &mut Decoder<'_>) -> Result<Mode, Malformed> {
    let number = usize::from(from.byte()?);
    Mode::ALL.get(number).copied().ok_or(Malformed("no mode has this number"))
}

fn lock_kind(from: &mut Decoder<'_>) -> Result<LockKind, Malformed> {
    let number = usize::from(from.byte()?);
    LockKind::ALL.get(number).copied().ok_or(Malformed(UNKNOWN_LOCK_KIND))
}

fn lock_class<'a>(from: &mut Decoder<'a>) -> Result<LockClass<'a>, Malformed> {
    match from.byte()? {
        0 => Ok(LockClass::Unknown),
        1 => from.text().map(LockClass::Named),
        2 => site(from).map(LockClass::Made),
        3 => site(from).map(LockClass::FirstTaken),
        _ => Err(Malformed("no lock class has this number")),
    }
}

/// `by` reads what a part of the clock is known by.
fn span(
    from: &mut Decoder<'_>,
    by: impl Fn(&mut Decoder<'_>) -> Result<Option<LockKind>, Malformed>,
) -> Result<Span, Malformed> {
    let over = |from: &mut Decoder<'_>| {
        Ok(Over { thread: thread(from)?, segment: from.number32()?, by: by(from)? })
    };
    Ok(Span {
        id: from.number32()?,
        thread: thread(from)?,
        segment: from.number32()?,
        clock: from.list(over)?,
    })
}

fn dependency(from: &mut Decoder<'_>) -> Result<Dependency, Malformed> {
    let (thread, span) = (thread(from)?, from.number32()?);
    let held = from.list(hold)?;
    let (want, mode, site) = hold(from)?;
    let stack = from.list(Decoder::number)?;
    Ok(Dependency { thread, span, held, want, mode, site, stack })
}

fn meeting(from: &mut Decoder<'_>) -> Result<Meeting, Malformed> {
    Ok(Meeting {
        thread: thread(from)?,
        span: from.number32()?,
        object: lock(from)?,
        signal: signal(from)?,
        waits: match from.byte()? {
            0 => false,
            1 => true,
            _ => return Err(Malformed("nobody waits or serves by this number")),
        },
        site: site(from)?,
        locks: from.list(hold)?,
    })
}

/// A lock, how and where.
pub(super) fn hold(from: &mut Decoder<'_>) -> Result<(LockId, Mode, SiteId), Malformed> {
    Ok((lock(from)?, mode(from)?, site(from)?))
}

fn waited(from: &mut Decoder<'_>) -> Result<Contention, Malformed> {
    let what = match from.byte()? {
        0 => Awaited::Lock(lock(from)?),
        1 => Awaited::Signal(signal(from)?, from.option(lock)?),
        2 => Awaited::Ends,
        3 => Awaited::Others,
        _ => return Err(Malformed("nothing waited for has this number")),
    };
    Ok(Contention {
        what,
        site: site(from)?,
        waits: from.number()?,
        total_nanos: from.number()?,
        longest_nanos: from.number()?,
        thread: thread(from)?,
    })
}

fn longest_hold(from: &mut Decoder<'_>) -> Result<LongestHold, Malformed> {
    let (lock, mode, site) = hold(from)?;
    Ok(LongestHold { lock, mode, site, thread: thread(from)?, nanos: from.number()? })
}

fn module(from: &mut Decoder<'_>) -> Result<Module, Malformed> {
    Ok(Module {
        path: from.text()?.to_string(),
        base: from.number()?,
        build_id: from.bytes()?.to_vec(),
    })
}

fn finding(from: &mut Decoder<'_>) -> Result<Finding, Malformed> {
    let kind =
        Kind::from_name(from.text()?).ok_or(Malformed("no kind of finding has this name"))?;
    let verdict = Verdict::from_name(from.text()?).ok_or(Malformed("no verdict has this name"))?;
    let steps = from.list(step_of_cycle)?;
    let excluded = from.option(reason)?;
    let strangers = from.list(stranger)?;
    Ok(Finding { excluded, strangers, ..Finding::new(kind, verdict, steps) })
}

fn stranger(from: &mut Decoder<'_>) -> Result<Stranger, Malformed> {
    Ok(Stranger { thread: finding_thread(from)?, does: from.text()?.to_string() })
}

fn step_of_cycle(from: &mut Decoder<'_>) -> Result<Step, Malformed> {
    let thread = finding_thread(from)?;
    let blocks = match from.byte()? {
        0 => Blocks::Holds(finding_held(from)?),
        1 => Blocks::QueuesBefore(finding_lock(from)?),
        2 => Blocks::HasNotEnded,
        3 => Blocks::LeftBehind(finding_held(from)?),
        4 => Blocks::Nobody,
        5 => Blocks::CannotServe(signal(from)?, from.option(finding_lock)?),
        _ => return Err(Malformed("no way to block has this number")),
    };
    Ok(Step {
        thread,
        blocks,
        wants: from.option(wanted)?,
        site: from.option(place)?,
        through: None,
        stack: from.list(frame)?,
        addresses: from.list(Decoder::number)?,
        also_holds: from.list(finding_held)?,
    })
}

pub(super) fn signal(from: &mut Decoder<'_>) -> Result<Signal, Malformed> {
    let number = usize::from(from.byte()?);
    Signal::ALL.get(number).copied().ok_or(Malformed(UNKNOWN_SIGNAL))
}

fn wanted(from: &mut Decoder<'_>) -> Result<Wanted, Malformed> {
    match from.byte()? {
        0 => Ok(Wanted::Lock(finding_lock(from)?, mode(from)?)),
        1 => finding_thread(from).map(Wanted::End),
        2 => Ok(Wanted::Signal(signal(from)?, from.option(finding_lock)?)),
        _ => Err(Malformed("nothing wanted has this number")),
    }
}

fn reason(from: &mut Decoder<'_>) -> Result<Reason, Malformed> {
    match from.byte()? {
        0 => finding_thread(from).map(Reason::OneThread),
        1 => finding_lock(from).map(Reason::Gate),
        2 => Ok(Reason::SpawnJoin(finding_thread(from)?, finding_thread(from)?)),
        3 => finding_lock(from).map(Reason::ReadersOnly),
        4 => {
            let (first, second) = (finding_thread(from)?, finding_thread(from)?);
            Ok(Reason::Message(first, second, from.option(lock_kind)?))
        }
        5 => Ok(Reason::Permits(finding_lock(from)?, from.number32()?)),
        _ => Err(Malformed("no reason has this number")),
    }
}

fn finding_thread(from: &mut Decoder<'_>) -> Result<Thread, Malformed> {
    Ok(Thread { id: from.number32()?, name: from.option(|from| from.text().map(str::to_string))? })
}

fn finding_lock(from: &mut Decoder<'_>) -> Result<Lock, Malformed> {
    let (id, kind) = (from.number()?, lock_kind(from)?);
    let class = match from.byte()? {
        0 => Class::Unknown,
        1 => Class::Named(from.text()?.to_string()),
        2 => Class::Made(place(from)?),
        3 => Class::FirstTaken(place(from)?),
        _ => return Err(Malformed("no lock class has this number")),
    };
    Ok(Lock { id, kind, class, made_for: None })
}

fn finding_held(from: &mut Decoder<'_>) -> Result<Held, Malformed> {
    Ok(Held { lock: finding_lock(from)?, mode: mode(from)?, site: from.option(place)? })
}

fn frame(from: &mut Decoder<'_>) -> Result<Frame, Malformed> {
    Ok(Frame { function: from.text()?.to_string(), place: from.option(place)? })
}

fn place(from: &mut Decoder<'_>) -> Result<Place, Malformed> {
    Ok(Place { file: from.text()?.to_string(), line: from.number32()?, column: from.number32()? })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::arbitrary::record;
    use super::super::encode::encode;
    use super::*;

    #[test]
    fn what_a_later_version_knows_is_told_as_that() {
        let update = "if a later one wrote the trace, update lockgraph";
        let lock = "a lock is of a sort that this lockgraph does not know";
        let signal = "what is waited for is of a sort that this lockgraph does not know";
        for (bytes, what) in [(&[tag::LOCK, 1, 11][..], lock), (&[tag::WAITED, 1, 8], signal)] {
            let told = decode(&mut Decoder::new(bytes)).map_err(|malformed| malformed.0);
            assert_eq!(told, Err(format!("{what}; {update}").as_str()));
        }
        let bytes = [tag::LOCK, 1, 10, 0];
        let (id, kind) = (LockId(1), LockKind::Banker);
        let banker = Record::Lock { id, kind, class: LockClass::Unknown };
        assert_eq!(decode(&mut Decoder::new(&bytes)), Ok(banker));
    }

    proptest! {
        #[test]
        fn every_record_comes_back_and_its_length_is_told_beforehand(record in record()) {
            let len = encode(&record, &mut []);
            let mut bytes = vec![0; len];
            prop_assert_eq!(encode(&record, &mut bytes), len);
            let mut from = Decoder::new(&bytes);
            prop_assert_eq!(decode(&mut from), Ok(record));
            prop_assert_eq!(from.left(), 0);
            for cut in 0..len {
                prop_assert!(decode(&mut Decoder::new(&bytes[..cut])).is_err(), "cut at {}", cut);
            }
        }

        #[test]
        fn no_bytes_make_the_decoder_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let mut from = Decoder::new(&bytes);
            while decode(&mut from).is_ok() {}
        }
    }
}
