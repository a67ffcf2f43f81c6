//! What each thread held and waited for, from which event to which: bars in lanes, told as they end.
//!
//! A thread is a lane. Bars of a lane that lie on each other are on levels: a hold takes the lowest
//! that is free, so bars of one level never overlap, in whatever order locks are given back. Where a
//! hold changes its mode, one bar ends and the next begins. Events are numbered from 0; a bar covers
//! those from its beginning to before its end, and a moment none.
//!
//! A request that nobody stands in the way of is no wait: some tools write one before every
//! acquisition. A thread that takes, waits for or joins something else waits no more. Whoever gives
//! back a lock that it has not got ends the hold of who took it last. What makes no sense is left
//! out, and nothing fails.
//!
//! An event takes O(holds of its thread and holders of its lock); memory follows threads, locks and
//! open holds. No locking inside.

mod lane;
mod thing;

use std::collections::HashMap;

use lockgraph::event::{Event, How, Op};
use lockgraph::id::{LockId, Mode, Signal, SiteId, ThreadId};
use lockgraph::trace::{Source, Trace, WaitSlot, Waiting};

use lane::{Hold, Lane, Wait};
pub(crate) use thing::Thing;
use thing::Things;

/// What a bar is. The numbers are those of the page.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
#[repr(u8)]
pub(crate) enum Kind {
    Held = 0,
    HeldShared = 1,
    Waited = 2,
    /// A wait that does not end.
    WaitsForEver = 3,
    /// A hold that does not end.
    HeldForEver = 4,
    /// Moments, from here on.
    Begins = 5,
    Ends = 6,
    Forks = 7,
    Joins = 8,
    Tells = 9,
}

impl Kind {
    /// All of them, in the order of their numbers.
    pub(crate) const ALL: [Kind; 10] = [
        Kind::Held,
        Kind::HeldShared,
        Kind::Waited,
        Kind::WaitsForEver,
        Kind::HeldForEver,
        Kind::Begins,
        Kind::Ends,
        Kind::Forks,
        Kind::Joins,
        Kind::Tells,
    ];

    pub(crate) fn is_wait(self) -> bool {
        matches!(self, Kind::Waited | Kind::WaitsForEver)
    }

    fn of_hold(mode: Mode) -> Kind {
        if mode == Mode::Exclusive { Kind::Held } else { Kind::HeldShared }
    }
}

/// The number of a lane, in the order in which threads occur.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(crate) struct LaneId(pub(crate) u32);

/// The number of what is held or waited for, in the order in which it occurs.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(crate) struct ThingId(pub(crate) u32);

/// Something that lasted from one event to another; or a moment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Bar {
    pub(crate) lane: LaneId,
    pub(crate) kind: Kind,
    pub(crate) from: u64,
    pub(crate) to: u64,
    pub(crate) level: u32,
    /// What was held, waited for or told.
    pub(crate) thing: Option<ThingId>,
    pub(crate) site: SiteId,
    /// Of a wait: who stood in the way.
    pub(crate) by: Option<By>,
}

/// Who stands in the way of a wait.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct By {
    pub(crate) lane: LaneId,
    /// On which level its hold lies, and since when it has that, if it is one of a lock.
    pub(crate) hold: Option<(u32, u64)>,
}

/// What the events so far have led to.
#[derive(Default)]
pub(crate) struct Lanes {
    /// The number of the next event.
    at: u64,
    lanes: Vec<Lane>,
    by_thread: HashMap<ThreadId, LaneId>,
    things: Things,
}

/// Takes bars as they end.
pub(crate) type Put<'a> = &'a mut dyn FnMut(Bar);

impl Lanes {
    /// The next event.
    pub(crate) fn step(&mut self, event: &Event, put: Put<'_>) {
        let Event { thread, op, site } = *event;
        let lane = self.lane(thread);
        match op {
            Op::Request(lock, mode) => self.request(lane, lock, mode, site, put),
            Op::Acquire(lock, mode, how) => self.acquire(lane, (lock, mode, site), how, put),
            Op::Release(lock) => self.release(lane, lock, put),
            Op::Destroy(lock) => self.destroy(lock, put),
            Op::Refused(..) | Op::Woken(_) | Op::Leave(_) => self.end_wait(lane, put),
            Op::Wait(object) => self.wait(lane, Thing::Condvar(object), site, false, put),
            Op::TimedWait(object) => self.wait(lane, Thing::Condvar(object), site, true, put),
            Op::Arrive(object) => self.wait(lane, Thing::Barrier(object), site, false, put),
            Op::Joining(child) => self.joining(lane, child, site, put),
            Op::Join(child) => self.join(lane, child, site, put),
            Op::Fork(child) => {
                self.lane(child);
                self.moment(lane, Kind::Forks, None, site, put);
            }
            Op::Begin => self.moment(lane, Kind::Begins, None, site, put),
            Op::End => {
                self.lane_mut(lane).ended = Some(self.at);
                self.moment(lane, Kind::Ends, None, site, put);
            }
            Op::Notify(object) => self.tells(lane, Thing::Condvar(object), site, put),
            Op::Send(object) => self.tells(lane, Thing::Channel(object), site, put),
            Op::Tell(object) => self.tells(lane, Thing::Object(object), site, put),
            Op::Channel(..)
            | Op::Receive(_)
            | Op::Hear(_)
            | Op::Read(_)
            | Op::Write(_)
            | Op::Branch => {}
        }
        self.lane_mut(lane).latest = Some(self.at);
        self.at += 1;
    }

    /// How many events there were.
    pub(crate) fn events(&self) -> u64 {
        self.at
    }

    /// The threads, by number of lane.
    pub(crate) fn threads(&self) -> impl Iterator<Item = ThreadId> {
        self.lanes.iter().map(|lane| lane.thread)
    }

    /// The thread of a lane.
    pub(crate) fn thread(&self, lane: LaneId) -> ThreadId {
        self.lanes[lane.0 as usize].thread
    }

    /// The lane of a thread, if it has one.
    pub(crate) fn of(&self, thread: ThreadId) -> Option<LaneId> {
        self.by_thread.get(&thread).copied()
    }

    /// What was held and waited for, by number.
    pub(crate) fn things(&self) -> &[Thing] {
        self.things.all()
    }

    /// After the last event: what did not end. Who waited is in `trace` too, joins and signals
    /// nowhere else.
    pub(crate) fn end(&mut self, trace: &Trace, put: Put<'_>) {
        for wait in &trace.waits {
            self.still_waits(wait);
        }
        // In our own traces it is known who waited, and for certain.
        let is_native = matches!(trace.source, Source::Native(_));
        for number in 0..self.lanes.len() as u32 {
            let lane = LaneId(number);
            if let Some(mut wait) = self.lane_mut(lane).wait.take() {
                wait.by = wait.want.and_then(|want| self.in_the_way(lane, want)).or(wait.by);
                let is_for_ever = !wait.is_timed && (wait.is_recorded || !is_native);
                let kind = if is_for_ever { Kind::WaitsForEver } else { Kind::Waited };
                put(wait.bar(lane, kind, self.at));
            }
        }
        // Only now, for they are what is waited for.
        for number in 0..self.lanes.len() as u32 {
            let lane = LaneId(number);
            for hold in std::mem::take(&mut self.lane_mut(lane).holds) {
                put(hold.bar(lane, Kind::HeldForEver, self.at));
            }
        }
    }

    fn still_waits(&mut self, slot: &WaitSlot) {
        let lane = self.lane(slot.thread);
        let (thing, want, by) = match &slot.wants {
            Waiting::Lock(lock, mode) => {
                let thing = self.things.number(Thing::Lock(*lock));
                (Some(thing), Some((thing, *mode)), None)
            }
            Waiting::Ends { threads, .. } => {
                let lanes = threads.iter().filter_map(|thread| self.of(*thread));
                let mut running = lanes.filter(|lane| self.lanes[lane.0 as usize].ended.is_none());
                (None, None, running.next().map(|lane| By { lane, hold: None }))
            }
            Waiting::Signal(signal, object, _) => {
                let thing = object.map(|object| self.things.number(awaited(*signal, object)));
                (thing, None, None)
            }
        };
        let last = self.at.saturating_sub(1);
        let lane = self.lane_mut(lane);
        if let Some(wait) = &mut lane.wait {
            wait.is_recorded = true;
            return;
        }
        let from = lane.latest.map_or(0, |latest| latest + 1).min(last);
        let level = lane.free_level();
        let (is_timed, is_recorded, site) = (false, true, slot.site);
        let wait = Wait { from, level, thing, want, site, by, is_timed, is_recorded };
        lane.wait = Some(wait);
    }

    fn lane(&mut self, thread: ThreadId) -> LaneId {
        let Lanes { lanes, by_thread, .. } = self;
        *by_thread.entry(thread).or_insert_with(|| {
            lanes.push(Lane::new(thread));
            LaneId(lanes.len() as u32 - 1)
        })
    }

    fn lane_mut(&mut self, lane: LaneId) -> &mut Lane {
        &mut self.lanes[lane.0 as usize]
    }
}

impl Lanes {
    fn request(&mut self, lane: LaneId, lock: LockId, mode: Mode, site: SiteId, put: Put<'_>) {
        self.end_wait(lane, put);
        let thing = self.things.number(Thing::Lock(lock));
        let by = self.in_the_way(lane, (thing, mode));
        self.begin_wait(lane, (Some(thing), Some((thing, mode)), by), site, false);
    }

    fn wait(&mut self, lane: LaneId, of: Thing, site: SiteId, is_timed: bool, put: Put<'_>) {
        self.end_wait(lane, put);
        let thing = self.things.number(of);
        self.begin_wait(lane, (Some(thing), None, None), site, is_timed);
    }

    fn joining(&mut self, lane: LaneId, child: ThreadId, site: SiteId, put: Put<'_>) {
        self.end_wait(lane, put);
        let by = By { lane: self.lane(child), hold: None };
        self.begin_wait(lane, (None, None, Some(by)), site, false);
    }

    /// That a join had to wait shows in that the other thread ended after what this one did last.
    fn join(&mut self, lane: LaneId, child: ThreadId, site: SiteId, put: Put<'_>) {
        let child = self.lane(child);
        let (ended, at) = (self.lane_mut(child).ended, self.at);
        let joiner = self.lane_mut(lane);
        let from = joiner.latest.map_or(0, |latest| latest + 1);
        if joiner.wait.is_none() && ended.is_some_and(|ended| ended >= from) {
            let (kind, level, thing) = (Kind::Waited, joiner.free_level(), None);
            let by = Some(By { lane: child, hold: None });
            put(Bar { lane, kind, from, to: at, level, thing, site, by });
        }
        self.moment(lane, Kind::Joins, None, site, put);
    }

    fn begin_wait(
        &mut self,
        lane: LaneId,
        (thing, want, by): (Option<ThingId>, Option<(ThingId, Mode)>, Option<By>),
        site: SiteId,
        is_timed: bool,
    ) {
        let from = self.at;
        let lane = self.lane_mut(lane);
        let (level, is_recorded) = (lane.free_level(), false);
        lane.wait = Some(Wait { from, level, thing, want, site, by, is_timed, is_recorded });
    }

    fn end_wait(&mut self, lane: LaneId, put: Put<'_>) {
        let at = self.at;
        if let Some(wait) = self.lane_mut(lane).wait.take().filter(Wait::was_one) {
            put(wait.bar(lane, Kind::Waited, at));
        }
    }

    fn acquire(
        &mut self,
        lane: LaneId,
        (lock, mode, site): (LockId, Mode, SiteId),
        how: How,
        put: Put<'_>,
    ) {
        self.end_wait(lane, put);
        let thing = self.things.number(Thing::Lock(lock));
        let at = self.at;
        let taker = self.lane_mut(lane);
        if let Some(held) = taker.latest_of(thing).map(|hold| hold.mode) {
            if held.is_reentered(mode) {
                taker.deepen(thing);
                return;
            }
            if how.changes(held, mode) {
                let Some((before, hold)) = taker.change_mode(thing, mode, at) else { return };
                // Where nothing is seen of the change, nothing is drawn.
                if Kind::of_hold(before.mode) == Kind::of_hold(mode) {
                    hold.from = before.from;
                } else {
                    put(before.bar(lane, Kind::of_hold(before.mode), at));
                }
                self.things.change_holder(thing, lane, before.mode, mode);
                return;
            }
        }
        let level = taker.free_level();
        taker.take(Hold { thing, level, taken: at, from: at, site, mode, depth: 1 });
        self.things.add_holder(thing, lane, mode);
    }

    fn release(&mut self, lane: LaneId, lock: LockId, put: Put<'_>) {
        let Some(thing) = self.things.find(Thing::Lock(lock)) else { return };
        let has = self.lane_mut(lane).latest_of(thing).is_some();
        let owner = if has { Some(lane) } else { self.things.latest_holder(thing) };
        let Some(owner) = owner else { return };
        let at = self.at;
        let holder = self.lane_mut(owner);
        if let Some(hold) = holder.give_back(thing) {
            holder.latest = Some(at);
            self.things.remove_holder(thing, owner, hold.mode);
            put(hold.bar(owner, Kind::of_hold(hold.mode), at));
        }
    }

    /// No hold outlives its lock.
    fn destroy(&mut self, lock: LockId, put: Put<'_>) {
        let Some(thing) = self.things.find(Thing::Lock(lock)) else { return };
        let at = self.at;
        for (lane, _) in self.things.take_holders(thing) {
            let holder = self.lane_mut(lane);
            holder.latest = Some(at);
            for hold in holder.lose(thing) {
                put(hold.bar(lane, Kind::of_hold(hold.mode), at));
            }
        }
    }

    fn tells(&mut self, lane: LaneId, of: Thing, site: SiteId, put: Put<'_>) {
        let thing = self.things.number(of);
        self.moment(lane, Kind::Tells, Some(thing), site, put);
    }

    /// Who does something waits no more.
    fn moment(
        &mut self,
        lane: LaneId,
        kind: Kind,
        thing: Option<ThingId>,
        site: SiteId,
        put: Put<'_>,
    ) {
        self.end_wait(lane, put);
        let (at, level) = (self.at, self.lane_mut(lane).free_level());
        put(Bar { lane, kind, from: at, to: at, level, thing, site, by: None });
    }

    /// Who has a lock that is wanted: of several one that shuts out who wants it, and rather another
    /// thread than itself.
    fn in_the_way(&self, lane: LaneId, (thing, mode): (ThingId, Mode)) -> Option<By> {
        let holder = self.things.in_the_way(thing, lane, mode)?;
        let hold = self.lanes[holder.0 as usize].latest_of(thing);
        Some(By { lane: holder, hold: hold.map(|hold| (hold.level, hold.taken)) })
    }
}

/// What is waited for where this signal is.
fn awaited(signal: Signal, object: LockId) -> Thing {
    match signal {
        Signal::Notify => Thing::Condvar(object.0),
        Signal::Arrival => Thing::Barrier(object.0),
        Signal::Message | Signal::Space => Thing::Channel(object.0),
        Signal::Permits => Thing::Lock(object),
        Signal::Set | Signal::Unpark | Signal::Units => Thing::Object(object.0),
    }
}

#[cfg(test)]
mod tests;
