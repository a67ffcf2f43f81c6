//! Records as bytes: a tag, then the fields in order. [`super::decode`] is the other direction,
//! and [`super::stream`] the code of events.
//!
//! Kinds and verdicts are written by name, modes and lock kinds by number: names survive when the
//! list of kinds grows in the middle.

use super::figures::{Awaited, Contention, LongestHold};
use super::record::{Dependency, LockClass, Meeting, Module, Record, Span};
use super::wire::Encoder;
use crate::finding::{
    Blocks, Class, Finding, Frame, Held, Lock, Place, Reason, Step, Stranger, Thread, Wanted,
};
use crate::id::{LockId, Mode, SiteId};
use crate::span::Over;

/// First bytes of records. Never reuse a number.
pub(super) mod tag {
    pub(in crate::trace) const SITE: u8 = 1;
    pub(in crate::trace) const THREAD: u8 = 2;
    pub(in crate::trace) const LOCK: u8 = 3;
    pub(in crate::trace) const SPAN: u8 = 4;
    pub(in crate::trace) const DEPENDENCY: u8 = 5;
    pub(in crate::trace) const DESTROY: u8 = 6;
    pub(in crate::trace) const FINDING: u8 = 7;
    pub(in crate::trace) const TIME: u8 = 8;
    pub(in crate::trace) const LOST: u8 = 9;
    pub(in crate::trace) const MODULE: u8 = 10;
    pub(in crate::trace) const ORIGIN: u8 = 11;
    pub(in crate::trace) const FACT: u8 = 12;
    pub(in crate::trace) const OWNER: u8 = 13;
    /// As [`SPAN`], with what each part of the clock is known by.
    pub(in crate::trace) const SPAN_HEARD: u8 = 14;
    pub(in crate::trace) const MEETING: u8 = 15;
    pub(in crate::trace) const WAITED: u8 = 16;
    pub(in crate::trace) const HELD: u8 = 17;
    pub(in crate::trace) const PERMITS: u8 = 18;
    /// Events: this plus the number of the step.
    pub(in crate::trace) const EVENT: u8 = 0x40;
}

/// Numbers of steps, added to [`tag::EVENT`]. Never reuse a number.
pub(super) mod step {
    pub(in crate::trace) const REQUEST: u8 = 0;
    pub(in crate::trace) const ACQUIRE: u8 = 1;
    pub(in crate::trace) const REFUSED: u8 = 2;
    pub(in crate::trace) const RELEASE: u8 = 3;
    pub(in crate::trace) const DESTROY: u8 = 4;
    pub(in crate::trace) const FORK: u8 = 5;
    pub(in crate::trace) const JOIN: u8 = 6;
    pub(in crate::trace) const BEGIN: u8 = 7;
    pub(in crate::trace) const END: u8 = 8;
    pub(in crate::trace) const READ: u8 = 9;
    pub(in crate::trace) const WRITE: u8 = 10;
    pub(in crate::trace) const WAIT: u8 = 11;
    pub(in crate::trace) const WOKEN: u8 = 12;
    pub(in crate::trace) const NOTIFY: u8 = 13;
    pub(in crate::trace) const ARRIVE: u8 = 14;
    pub(in crate::trace) const LEAVE: u8 = 15;
    pub(in crate::trace) const BRANCH: u8 = 16;
    pub(in crate::trace) const CHANNEL: u8 = 17;
    pub(in crate::trace) const SEND: u8 = 18;
    pub(in crate::trace) const RECEIVE: u8 = 19;
    pub(in crate::trace) const TELL: u8 = 20;
    pub(in crate::trace) const HEAR: u8 = 21;
    pub(in crate::trace) const JOINING: u8 = 22;
    pub(in crate::trace) const ACCESS: u8 = 23;
    pub(in crate::trace) const TIMED_WAIT: u8 = 24;
}

/// Writes `record` to the start of `out` and returns its length. If that is more than `out` has,
/// what is in `out` is no record, and the length is what it would take.
pub(super) fn encode(record: &Record<'_>, out: &mut [u8]) -> usize {
    let mut to = Encoder::new(out);
    write(&mut to, record);
    to.len()
}

fn write(to: &mut Encoder<'_>, record: &Record<'_>) {
    match record {
        Record::Site { id, file, line, column } => {
            to.byte(tag::SITE);
            to.number(id.0.into());
            to.text(file);
            to.number((*line).into());
            to.number((*column).into());
        }
        Record::Thread { id, name, parent, site } => {
            to.byte(tag::THREAD);
            to.number(id.0.into());
            to.option(*name, Encoder::text);
            to.option(*parent, |to, parent| to.number(parent.0.into()));
            to.number(site.0.into());
        }
        Record::Lock { id, kind, class } => {
            to.byte(tag::LOCK);
            to.number(id.0);
            to.byte(*kind as u8);
            lock_class(to, *class);
        }
        Record::Span(record) => span(to, record),
        Record::Dependency(record) => dependency(to, record),
        Record::Meeting(record) => meeting(to, record),
        Record::Destroy(lock) => {
            to.byte(tag::DESTROY);
            to.number(lock.0);
        }
        Record::Finding(record) => finding(to, record),
        Record::Module(record) => module(to, record),
        Record::Origin { lock, stack } => {
            to.byte(tag::ORIGIN);
            to.number(lock.0);
            addresses_of(to, stack);
        }
        Record::Permits { semaphore, permits } => {
            to.byte(tag::PERMITS);
            to.number(semaphore.0);
            to.number((*permits).into());
        }
        Record::Fact { name, value } => {
            to.byte(tag::FACT);
            to.text(name);
            to.text(value);
        }
        Record::Waited(record) => waited(to, record),
        Record::Held(record) => longest_hold(to, record),
    }
}

fn lock_class(to: &mut Encoder<'_>, class: LockClass<'_>) {
    match class {
        LockClass::Unknown => to.byte(0),
        LockClass::Named(name) => {
            to.byte(1);
            to.text(name);
        }
        LockClass::Made(site) => {
            to.byte(2);
            to.number(site.0.into());
        }
        LockClass::FirstTaken(site) => {
            to.byte(3);
            to.number(site.0.into());
        }
    }
}

fn span(to: &mut Encoder<'_>, Span { id, thread, segment, clock }: &Span) {
    let is_heard = clock.iter().any(|over| over.by.is_some());
    to.byte(if is_heard { tag::SPAN_HEARD } else { tag::SPAN });
    to.number((*id).into());
    to.number(thread.0.into());
    to.number((*segment).into());
    to.list(clock, |to, Over { thread, segment, by }| {
        to.number(thread.0.into());
        to.number((*segment).into());
        if is_heard {
            to.option(*by, |to, by| to.byte(by as u8));
        }
    });
}

fn dependency(to: &mut Encoder<'_>, dependency: &Dependency) {
    let Dependency { thread, span, held, want, mode, site, stack } = dependency;
    to.byte(tag::DEPENDENCY);
    to.number(thread.0.into());
    to.number((*span).into());
    to.list(held, hold);
    hold(to, &(*want, *mode, *site));
    addresses_of(to, stack);
}

fn meeting(to: &mut Encoder<'_>, meeting: &Meeting) {
    let Meeting { thread, span, object, signal, waits, site, locks } = meeting;
    to.byte(tag::MEETING);
    to.number(thread.0.into());
    to.number((*span).into());
    to.number(object.0);
    to.byte(*signal as u8);
    to.byte(u8::from(*waits));
    to.number(site.0.into());
    to.list(locks, hold);
}

/// Return addresses.
pub(super) fn addresses_of(to: &mut Encoder<'_>, addresses: &[u64]) {
    to.list(addresses, |to, address| to.number(*address));
}

/// A lock, how and where.
pub(super) fn hold(to: &mut Encoder<'_>, (lock, mode, site): &(LockId, Mode, SiteId)) {
    to.number(lock.0);
    to.byte(*mode as u8);
    to.number(site.0.into());
}

fn waited(to: &mut Encoder<'_>, figures: &Contention) {
    let Contention { what, site, waits, total_nanos, longest_nanos, thread } = figures;
    to.byte(tag::WAITED);
    match what {
        Awaited::Lock(lock) => {
            to.byte(0);
            to.number(lock.0);
        }
        Awaited::Signal(signal, object) => {
            to.byte(1);
            to.byte(*signal as u8);
            to.option(*object, |to, object| to.number(object.0));
        }
        Awaited::Ends => to.byte(2),
        Awaited::Others => to.byte(3),
    }
    to.number(site.0.into());
    for number in [*waits, *total_nanos, *longest_nanos] {
        to.number(number);
    }
    to.number(thread.0.into());
}

fn longest_hold(to: &mut Encoder<'_>, longest: &LongestHold) {
    let LongestHold { lock, mode, site, thread, nanos } = longest;
    to.byte(tag::HELD);
    hold(to, &(*lock, *mode, *site));
    to.number(thread.0.into());
    to.number(*nanos);
}

fn module(to: &mut Encoder<'_>, Module { path, base, build_id }: &Module) {
    to.byte(tag::MODULE);
    to.text(path);
    to.number(*base);
    to.bytes(build_id);
}

fn finding(to: &mut Encoder<'_>, finding: &Finding) {
    // Schedules are found by whoever reads the trace, so the program that writes it has none.
    let Finding {
        kind,
        verdict,
        steps,
        excluded,
        strangers,
        witness: _,
        instances: _,
        names: _,
        runs: _,
    } = finding;
    to.byte(tag::FINDING);
    to.text(kind.name());
    to.text(verdict.name());
    to.list(steps, step_of_cycle);
    to.option(excluded.as_ref(), reason);
    to.list(strangers, |to, Stranger { thread, does }| {
        finding_thread(to, thread);
        to.text(does);
    });
}

fn step_of_cycle(to: &mut Encoder<'_>, step: &Step) {
    let Step { thread, blocks, wants, site, through: _, stack, addresses, also_holds } = step;
    finding_thread(to, thread);
    match blocks {
        Blocks::Holds(held) => {
            to.byte(0);
            finding_held(to, held);
        }
        Blocks::QueuesBefore(lock) => {
            to.byte(1);
            finding_lock(to, lock);
        }
        Blocks::HasNotEnded => to.byte(2),
        Blocks::LeftBehind(held) => {
            to.byte(3);
            finding_held(to, held);
        }
        Blocks::Nobody => to.byte(4),
        Blocks::CannotServe(signal, object) => {
            to.byte(5);
            to.byte(*signal as u8);
            to.option(object.as_ref(), finding_lock);
        }
    }
    to.option(wants.as_ref(), wanted);
    to.option(site.as_ref(), place);
    to.list(stack, frame);
    addresses_of(to, addresses);
    to.list(also_holds, finding_held);
}

fn wanted(to: &mut Encoder<'_>, wanted: &Wanted) {
    match wanted {
        Wanted::Lock(lock, mode) => {
            to.byte(0);
            finding_lock(to, lock);
            to.byte(*mode as u8);
        }
        Wanted::End(thread) => {
            to.byte(1);
            finding_thread(to, thread);
        }
        Wanted::Signal(signal, object) => {
            to.byte(2);
            to.byte(*signal as u8);
            to.option(object.as_ref(), finding_lock);
        }
    }
}

fn reason(to: &mut Encoder<'_>, reason: &Reason) {
    match reason {
        Reason::OneThread(thread) => {
            to.byte(0);
            finding_thread(to, thread);
        }
        Reason::Gate(lock) => {
            to.byte(1);
            finding_lock(to, lock);
        }
        Reason::SpawnJoin(first, second) => {
            to.byte(2);
            finding_thread(to, first);
            finding_thread(to, second);
        }
        Reason::ReadersOnly(lock) => {
            to.byte(3);
            finding_lock(to, lock);
        }
        Reason::Permits(lock, permits) => {
            to.byte(5);
            finding_lock(to, lock);
            to.number((*permits).into());
        }
        Reason::Message(first, second, by) => {
            to.byte(4);
            finding_thread(to, first);
            finding_thread(to, second);
            to.option(*by, |to, by| to.byte(by as u8));
        }
    }
}

fn finding_thread(to: &mut Encoder<'_>, Thread { id, name }: &Thread) {
    to.number((*id).into());
    to.option(name.as_deref(), Encoder::text);
}

fn finding_lock(to: &mut Encoder<'_>, Lock { id, kind, class, made_for: _ }: &Lock) {
    to.number(*id);
    to.byte(*kind as u8);
    match class {
        Class::Unknown => to.byte(0),
        Class::Named(name) => {
            to.byte(1);
            to.text(name);
        }
        Class::Made(made) => {
            to.byte(2);
            place(to, made);
        }
        Class::FirstTaken(taken) => {
            to.byte(3);
            place(to, taken);
        }
    }
}

fn finding_held(to: &mut Encoder<'_>, Held { lock, mode, site }: &Held) {
    finding_lock(to, lock);
    to.byte(*mode as u8);
    to.option(site.as_ref(), place);
}

fn frame(to: &mut Encoder<'_>, Frame { function, place: at }: &Frame) {
    to.text(function);
    to.option(at.as_ref(), place);
}

fn place(to: &mut Encoder<'_>, Place { file, line, column }: &Place) {
    to.text(file);
    to.number((*line).into());
    to.number((*column).into());
}
