//! Strategies for tests: any record, any entry, any finding.

use std::borrow::Cow;

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use super::figures::{Awaited, Contention, LongestHold};
use super::record::{Dependency, LockClass, Meeting, Module, Record, Span};
use super::stream::Entry;
use crate::event::{How, Op};
use crate::finding::{
    Blocks, Class, Finding, Frame, Held, Kind, Lock, Place, Reason, Step, Stranger, Thread,
    Verdict, Wanted,
};
use crate::id::{LockId, LockKind, Mode, Signal, SiteId, ThreadId};
use crate::span::Over;

/// Any record. Its texts live for ever, as those of a program do.
pub(super) fn record() -> impl Strategy<Value = Record<'static>> {
    prop_oneof![
        (site(), text(), any::<u32>(), any::<u32>())
            .prop_map(|(id, file, line, column)| Record::Site { id, file, line, column }),
        (thread(), option::of(text()), option::of(thread()), site())
            .prop_map(|(id, name, parent, site)| Record::Thread { id, name, parent, site }),
        (lock(), kind(), lock_class()).prop_map(|(id, kind, class)| Record::Lock {
            id,
            kind,
            class
        }),
        span().prop_map(|span| Record::Span(Cow::Owned(span))),
        dependency().prop_map(|dependency| Record::Dependency(Cow::Owned(dependency))),
        meeting().prop_map(|meeting| Record::Meeting(Cow::Owned(meeting))),
        lock().prop_map(Record::Destroy),
        finding().prop_map(|finding| Record::Finding(Cow::Owned(finding))),
        (".{0,20}", any::<u64>(), vec(any::<u8>(), 0..24)).prop_map(|(path, base, build_id)| {
            Record::Module(Cow::Owned(Module { path, base, build_id }))
        }),
        (lock(), vec(any::<u64>(), 0..4))
            .prop_map(|(lock, stack)| Record::Origin { lock, stack: Cow::Owned(stack) }),
        (lock(), any::<u32>())
            .prop_map(|(semaphore, permits)| Record::Permits { semaphore, permits }),
        (text(), text()).prop_map(|(name, value)| Record::Fact { name, value }),
        waited().prop_map(Record::Waited),
        longest_hold().prop_map(Record::Held),
    ]
}

/// Any entry of a stream, most of them such as repeat.
pub(super) fn entry() -> impl Strategy<Value = Entry> {
    let turn = || prop_oneof![4 => 0..6u64, 1 => any::<u64>()];
    let few = (0..3u64, mode(), 0..3u32, 0..4u64).prop_map(|(lock, mode, site, turn)| {
        let op = Op::Acquire(LockId(lock), mode, How::Blocking);
        Entry::Step { op, site: SiteId(site * 64), turn }
    });
    let back = (0..3u64).prop_map(|lock| {
        let op = Op::Release(LockId(lock));
        Entry::Step { op, site: SiteId::UNKNOWN, turn: 0 }
    });
    let step = (op(), site(), turn()).prop_map(|(op, site, turn)| {
        let has_turn = matches!(
            op,
            Op::Acquire(..)
                | Op::Read(_)
                | Op::Write(_)
                | Op::Wait(_)
                | Op::TimedWait(_)
                | Op::Woken(_)
                | Op::Notify(_)
                | Op::Arrive(_)
                | Op::Leave(_)
        );
        let turn = if has_turn { turn } else { 0 };
        Entry::Step { op, site, turn }
    });
    prop_oneof![
        8 => few,
        8 => back,
        8 => step,
        1 => thread().prop_map(Entry::Owner),
        1 => any::<u64>().prop_map(Entry::Time),
        1 => any::<u64>().prop_map(Entry::Lost),
    ]
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        (lock(), mode()).prop_map(|(lock, mode)| Op::Request(lock, mode)),
        (lock(), mode(), how()).prop_map(|(lock, mode, how)| Op::Acquire(lock, mode, how)),
        (lock(), mode(), how()).prop_map(|(lock, mode, how)| Op::Refused(lock, mode, how)),
        lock().prop_map(Op::Release),
        lock().prop_map(Op::Destroy),
        thread().prop_map(Op::Fork),
        thread().prop_map(Op::Join),
        thread().prop_map(Op::Joining),
        Just(Op::Begin),
        Just(Op::End),
        any::<u64>().prop_map(Op::Read),
        any::<u64>().prop_map(Op::Write),
        any::<u64>().prop_map(Op::Wait),
        any::<u64>().prop_map(Op::TimedWait),
        any::<u64>().prop_map(Op::Woken),
        any::<u64>().prop_map(Op::Notify),
        any::<u64>().prop_map(Op::Arrive),
        any::<u64>().prop_map(Op::Leave),
        (any::<u64>(), any::<u32>()).prop_map(|(channel, room)| Op::Channel(channel, room)),
        any::<u64>().prop_map(Op::Send),
        any::<u64>().prop_map(Op::Receive),
        any::<u64>().prop_map(Op::Tell),
        any::<u64>().prop_map(Op::Hear),
        Just(Op::Branch),
    ]
}

fn text() -> impl Strategy<Value = &'static str> {
    ".{0,20}".prop_map(|text| &*text.leak())
}

fn thread() -> impl Strategy<Value = ThreadId> {
    prop_oneof![0..4u32, any::<u32>()].prop_map(ThreadId)
}

fn lock() -> impl Strategy<Value = LockId> {
    prop_oneof![0..4u64, 0..u64::MAX].prop_map(LockId)
}

fn site() -> impl Strategy<Value = SiteId> {
    prop_oneof![0..4u32, any::<u32>()].prop_map(SiteId)
}

fn mode() -> impl Strategy<Value = Mode> {
    select(&Mode::ALL[..])
}

fn signal() -> impl Strategy<Value = Signal> {
    select(&Signal::ALL[..])
}

fn kind() -> impl Strategy<Value = LockKind> {
    select(&LockKind::ALL[..])
}

fn how() -> impl Strategy<Value = How> {
    select(&[How::Blocking, How::Try, How::Timed][..])
}

fn lock_class() -> impl Strategy<Value = LockClass<'static>> {
    prop_oneof![
        text().prop_map(LockClass::Named),
        site().prop_map(LockClass::Made),
        site().prop_map(LockClass::FirstTaken),
        Just(LockClass::Unknown),
    ]
}

fn span() -> impl Strategy<Value = Span> {
    let over = (thread(), any::<u32>(), option::of(kind()))
        .prop_map(|(thread, segment, by)| Over { thread, segment, by });
    (any::<u32>(), thread(), any::<u32>(), vec(over, 0..4))
        .prop_map(|(id, thread, segment, clock)| Span { id, thread, segment, clock })
}

fn dependency() -> impl Strategy<Value = Dependency> {
    let hold = || (lock(), mode(), site());
    (thread(), any::<u32>(), vec(hold(), 0..4), hold(), vec(any::<u64>(), 0..4)).prop_map(
        |(thread, span, held, (want, mode, site), stack)| Dependency {
            thread,
            span,
            held,
            want,
            mode,
            site,
            stack,
        },
    )
}

fn meeting() -> impl Strategy<Value = Meeting> {
    let hold = || (lock(), mode(), site());
    (thread(), any::<u32>(), lock(), signal(), any::<bool>(), site(), vec(hold(), 0..4)).prop_map(
        |(thread, span, object, signal, waits, site, locks)| Meeting {
            thread,
            span,
            object,
            signal,
            waits,
            site,
            locks,
        },
    )
}

fn waited() -> impl Strategy<Value = Contention> {
    let what = prop_oneof![
        lock().prop_map(Awaited::Lock),
        (signal(), option::of(lock())).prop_map(|(signal, at)| Awaited::Signal(signal, at)),
        Just(Awaited::Ends),
        Just(Awaited::Others),
    ];
    (what, site(), any::<[u64; 3]>(), thread()).prop_map(|(what, site, numbers, thread)| {
        let [waits, total_nanos, longest_nanos] = numbers;
        Contention { what, site, waits, total_nanos, longest_nanos, thread }
    })
}

fn longest_hold() -> impl Strategy<Value = LongestHold> {
    (lock(), mode(), site(), thread(), any::<u64>()).prop_map(
        |(lock, mode, site, thread, nanos)| LongestHold { lock, mode, site, thread, nanos },
    )
}

fn finding() -> impl Strategy<Value = Finding> {
    let kind = select(&Kind::ALL[..]);
    let verdict = select(&Verdict::ALL[..]);
    (kind, verdict, vec(step(), 0..3), option::of(reason()), vec(stranger(), 0..2)).prop_map(
        |(kind, verdict, steps, excluded, strangers)| Finding {
            excluded,
            strangers,
            ..Finding::new(kind, verdict, steps)
        },
    )
}

fn stranger() -> impl Strategy<Value = Stranger> {
    (finding_thread(), text().prop_map(str::to_string))
        .prop_map(|(thread, does)| Stranger { thread, does })
}

fn step() -> impl Strategy<Value = Step> {
    let stack = vec(frame(), 0..3);
    let wants = option::of(wanted());
    let site = option::of(place());
    let addresses = vec(any::<u64>(), 0..3);
    (finding_thread(), blocks(), wants, site, stack, addresses, vec(finding_held(), 0..3)).prop_map(
        |(thread, blocks, wants, site, stack, addresses, also_holds)| Step {
            thread,
            blocks,
            wants,
            site,
            through: None,
            stack,
            addresses,
            also_holds,
        },
    )
}

fn blocks() -> impl Strategy<Value = Blocks> {
    prop_oneof![
        finding_held().prop_map(Blocks::Holds),
        finding_lock().prop_map(Blocks::QueuesBefore),
        Just(Blocks::HasNotEnded),
        finding_held().prop_map(Blocks::LeftBehind),
        Just(Blocks::Nobody),
        (signal(), option::of(finding_lock()))
            .prop_map(|(signal, at)| Blocks::CannotServe(signal, at)),
    ]
}

fn wanted() -> impl Strategy<Value = Wanted> {
    prop_oneof![
        (finding_lock(), mode()).prop_map(|(lock, mode)| Wanted::Lock(lock, mode)),
        finding_thread().prop_map(Wanted::End),
        (signal(), option::of(finding_lock())).prop_map(|(signal, at)| Wanted::Signal(signal, at)),
    ]
}

fn reason() -> impl Strategy<Value = Reason> {
    prop_oneof![
        finding_thread().prop_map(Reason::OneThread),
        finding_lock().prop_map(Reason::Gate),
        (finding_thread(), finding_thread()).prop_map(|(a, b)| Reason::SpawnJoin(a, b)),
        finding_lock().prop_map(Reason::ReadersOnly),
        (finding_lock(), any::<u32>()).prop_map(|(lock, permits)| Reason::Permits(lock, permits)),
        (finding_thread(), finding_thread(), option::of(kind()))
            .prop_map(|(a, b, by)| Reason::Message(a, b, by)),
    ]
}

fn finding_thread() -> impl Strategy<Value = Thread> {
    (any::<u32>(), option::of(".{0,10}")).prop_map(|(id, name)| Thread { id, name })
}

fn finding_lock() -> impl Strategy<Value = Lock> {
    let class = prop_oneof![
        ".{0,10}".prop_map(Class::Named),
        place().prop_map(Class::Made),
        place().prop_map(Class::FirstTaken),
        Just(Class::Unknown),
    ];
    (any::<u64>(), kind(), class).prop_map(|(id, kind, class)| Lock {
        id,
        kind,
        class,
        made_for: None,
    })
}

fn finding_held() -> impl Strategy<Value = Held> {
    (finding_lock(), mode(), option::of(place())).prop_map(|(lock, mode, site)| Held {
        lock,
        mode,
        site,
    })
}

fn frame() -> impl Strategy<Value = Frame> {
    (".{0,20}", option::of(place())).prop_map(|(function, place)| Frame { function, place })
}

fn place() -> impl Strategy<Value = Place> {
    (".{0,20}", any::<u32>(), any::<u32>()).prop_map(|(file, line, column)| Place {
        file,
        line,
        column,
    })
}
