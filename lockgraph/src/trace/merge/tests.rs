//! A run that really was, taken apart by thread and put together again.

use proptest::collection::vec;
use proptest::prelude::*;

use super::super::contents::{Process, Source, Trace};
use super::super::intake::{Intake, Outlet};
use super::super::layout::Level;
use super::*;
use crate::event::How;
use crate::finding::{Class, Lock};
use crate::id::SiteId;

const THREADS: u32 = 4;

fn empty_trace() -> Trace {
    let mut trace = Trace::new(Source::Native(Process {
        version: 1,
        level: Level::Full,
        pid: 1,
        started_nanos: 0,
        program: String::new(),
        arguments: Vec::new(),
        facts: std::collections::BTreeMap::new(),
    }));
    for id in 0..4 {
        let lock = Lock { id, kind: LockKind::RwLock, class: Class::Unknown, made_for: None };
        trace.locks.insert(LockId(id), lock);
    }
    for id in 0..THREADS {
        trace.threads.insert(ThreadId(id), Default::default());
    }
    trace
}

/// A program that really ran, one step after the other.
#[derive(Default)]
struct Run {
    log: Vec<Logged>,
    held: Vec<(u32, u64, Mode)>,
    counts: HashMap<u64, u64>,
    /// How often each of the three locks was destroyed and made anew.
    made: [u64; 3],
    begun: BTreeSet<u32>,
    ended: BTreeSet<u32>,
}

impl Run {
    fn log(&mut self, thread: u32, op: Op, turn: u64, timed: bool) {
        let event = Event { thread: ThreadId(thread), op, site: SiteId::UNKNOWN };
        let nanos = timed.then_some(self.log.len() as u64);
        self.log.push(Logged { event, turn, nanos });
    }

    fn step(&mut self, thread: u32, choice: u8, lock: usize, mode: Mode, timed: bool) {
        if self.ended.contains(&thread) {
            return;
        }
        if thread > 0 && self.begun.insert(thread) {
            self.log(0, Op::Fork(ThreadId(thread)), 0, timed);
            self.log(thread, Op::Begin, 0, timed);
        }
        let slot = lock;
        let lock = slot as u64 + 3 * self.made[slot];
        if choice == 8 && self.held.iter().all(|(_, held, _)| *held != lock) {
            self.log(thread, Op::Destroy(LockId(lock)), 0, timed);
            self.made[slot] += 1;
            return;
        }
        let own = self.held.iter().position(|(holder, ..)| *holder == thread);
        let free = self.held.iter().all(|(holder, held, with)| {
            *held != lock || *holder != thread && !mode.waits_for(*with) && !with.waits_for(mode)
        });
        match (choice, own) {
            (0, None) if thread > 0 => {
                self.log(thread, Op::End, 0, timed);
                self.log(0, Op::Join(ThreadId(thread)), 0, timed);
                self.ended.insert(thread);
            }
            (0..4, Some(own)) => {
                let (_, lock, _) = self.held.remove(own);
                self.log(thread, Op::Release(LockId(lock)), 0, timed);
            }
            _ if free => {
                let count = self.counts.entry(lock).or_default();
                *count += if mode.is_read() { 0 } else { 2 };
                let turn = *count + u64::from(mode.is_read());
                self.held.push((thread, lock, mode));
                self.log(thread, Op::Acquire(LockId(lock), mode, How::Blocking), turn, timed);
            }
            _ => {}
        }
    }
}

/// The events as they are put together, and how many of them were forced on.
fn merged(log: &[Logged], trace: &Trace) -> (Vec<Event>, u64) {
    let mut lives: BTreeMap<ThreadId, Vec<Logged>> = BTreeMap::new();
    let mut plan = Plan::default();
    for logged in log {
        lives.entry(logged.event.thread).or_default().push(*logged);
    }
    for logged in lives.values().flatten() {
        plan.note(logged.event.op, logged.turn);
    }
    plan.seal(&trace.locks);
    let lives = lives.into_iter().map(|(thread, life)| (thread, life.into_iter())).collect();
    let mut events = Vec::new();
    let forced = merge(lives, plan, &mut |event, _| events.push(event));
    (events, forced)
}

/// The problems of these events.
fn problems(events: &[Event], trace: Trace) -> Vec<String> {
    let out = Outlet { give: &mut |_| {}, progress: None, keeps_times: false };
    let mut intake = Intake::with_tables(trace, out);
    events.iter().for_each(|event| intake.push(*event, 0));
    intake.finish().problems.iter().map(ToString::to_string).collect()
}

fn of_thread(events: &[Event], thread: u32) -> Vec<Event> {
    events.iter().copied().filter(|event| event.thread.0 == thread).collect()
}

/// Who took the lock, one after the other, with all readers of one turn together.
fn takers(events: &[Event], lock: u64) -> Vec<Vec<(ThreadId, Mode)>> {
    let takes = events.iter().filter_map(|event| match event.op {
        Op::Acquire(id, mode, _) if id.0 == lock => Some((event.thread, mode)),
        _ => None,
    });
    let takes: Vec<(ThreadId, Mode)> = takes.collect();
    let turns = takes.chunk_by(|(_, a), (_, b)| a.is_read() && b.is_read());
    let sorted = |turn: &[(ThreadId, Mode)]| {
        let mut turn = turn.to_vec();
        turn.sort_by_key(|(thread, mode)| (*thread, *mode as u8));
        turn
    };
    turns.map(sorted).collect()
}

proptest! {
    #[test]
    fn a_run_is_put_together_again(
        steps in vec((0..THREADS, 0..9u8, 0..3usize, 0..4usize, any::<bool>()), 0..200),
        lost in any::<proptest::sample::Index>(),
    ) {
        let mut run = Run::default();
        for (thread, choice, lock, mode, timed) in steps {
            run.step(thread, choice, lock, Mode::ALL[mode], timed);
        }
        let ran: Vec<Event> = run.log.iter().map(|logged| logged.event).collect();
        let trace = empty_trace();
        let (events, forced) = merged(&run.log, &trace);
        prop_assert_eq!(forced, 0);
        for thread in 0..THREADS {
            prop_assert_eq!(of_thread(&events, thread), of_thread(&ran, thread));
        }
        for lock in 0..3 * 200 {
            prop_assert_eq!(takers(&events, lock), takers(&ran, lock));
        }
        prop_assert_eq!(problems(&events, trace), Vec::<String>::new());

        // Without one of the events, the others all still come out.
        if !run.log.is_empty() {
            run.log.remove(lost.index(run.log.len()));
            prop_assert_eq!(merged(&run.log, &empty_trace()).0.len(), run.log.len());
        }
    }
}

/// In which order the steps come, and how many of them are forced on.
fn check(log: &[(u32, Op, u64)], expected: &[usize], forced: u64) {
    let log: Vec<Logged> = log
        .iter()
        .map(|(thread, op, turn)| Logged {
            event: Event { thread: ThreadId(*thread), op: *op, site: SiteId::UNKNOWN },
            turn: *turn,
            nanos: None,
        })
        .collect();
    let (events, were_forced) = merged(&log, &empty_trace());
    let expected: Vec<Event> = expected.iter().map(|index| log[*index].event).collect();
    assert_eq!(events, expected);
    assert_eq!(were_forced, forced);
}

#[test]
fn what_must_come_first_comes_first() {
    let lock = LockId(1);
    let take = |mode| Op::Acquire(lock, mode, How::Blocking);
    let (exclusive, shared) = (take(Mode::Exclusive), take(Mode::Shared));
    // By number, although the second thread is written first.
    check(&[(1, exclusive, 2), (2, exclusive, 1), (2, Op::Release(lock), 0)], &[1, 2, 0], 0);
    // Readers of one turn come as they are, but before the writer after them.
    let log = [(1, exclusive, 2), (2, shared, 1), (2, Op::Release(lock), 0), (3, shared, 1)];
    let log = [log[0], log[1], log[2], log[3], (3, Op::Release(lock), 0)];
    check(&log, &[1, 2, 3, 4, 0], 0);
    // A gap in the numbers is no reason to wait.
    check(&[(1, shared, 9), (2, shared, 4)], &[1, 0], 0);
    // Destruction comes after the last use, and the drop of a guard that was sent after
    // its acquisition.
    check(&[(1, Op::Destroy(lock), 0), (2, shared, 1), (2, Op::Release(lock), 0)], &[1, 2, 0], 0);
    check(&[(1, Op::Release(lock), 0), (2, exclusive, 1)], &[1, 0], 0);
    // An upgrade and a downgrade are one hold, with one release.
    let upgradable = take(Mode::Upgradable);
    let holds = [(1, exclusive, 4), (2, upgradable, 1), (2, exclusive, 2), (2, shared, 3)];
    let log = [holds[0], holds[1], holds[2], holds[3], (2, Op::Release(lock), 0)];
    check(&log, &[1, 2, 3, 4, 0], 0);
    // A downgrade lets a reader in, whose number is not known.
    let log = [
        (1, exclusive, 1),
        (1, Op::Join(ThreadId(3)), 0),
        (1, shared, 2),
        (1, Op::Join(ThreadId(2)), 0),
        (2, shared, 0),
        (3, Op::Branch, 0),
    ];
    check(&log, &[0, 5, 1, 2, 4, 3], 0);
    // A release that was lost.
    let log = [(1, exclusive, 1), (2, exclusive, 2), (2, Op::Branch, 0)];
    check(&log, &[0, 1, 2], 1);
    // One that goes on out of turn does not leave those behind that it overtook.
    let join = Op::Join(ThreadId(1));
    let log = [(1, shared, 9), (2, shared, 5), (3, join, 0), (3, shared, 3)];
    check(&log, &[0, 1, 2, 3], 1);
}

#[test]
fn a_thread_runs_between_its_fork_and_its_join() {
    let child = ThreadId(1);
    let log = [
        (1, Op::Begin, 0),
        (1, Op::End, 0),
        (2, Op::Branch, 0),
        (2, Op::Fork(child), 0),
        (2, Op::Join(child), 0),
    ];
    check(&log, &[2, 3, 0, 1, 4], 0);
}

#[test]
fn what_is_done_to_an_object_goes_by_its_turns() {
    let (read, write) = (Op::Read(7), Op::Write(7));
    // By number, although the second thread is written first; both halves of one turn together.
    check(&[(1, read, 2), (2, read, 1), (2, write, 1)], &[1, 2, 0], 0);
    check(&[(1, Op::Notify(7), 2), (2, Op::Wait(7), 1), (2, Op::Woken(7), 3)], &[1, 0, 2], 0);
    check(&[(1, Op::Leave(7), 3), (2, Op::Arrive(7), 1), (3, Op::Arrive(7), 2)], &[1, 2, 0], 0);
    // Another object's turns are its own; what a lock guards has none.
    check(&[(1, Op::Read(8), 2), (2, read, 1)], &[0, 1], 0);
    check(&[(1, read, 0), (2, write, 1)], &[0, 1], 0);
    // A gap in the numbers is no reason to wait.
    check(&[(1, write, 9), (2, write, 4)], &[1, 0], 0);
    // One that goes on out of turn does not leave those behind that it overtook.
    let log = [(1, read, 9), (2, read, 5), (3, Op::Join(ThreadId(1)), 0), (3, read, 3)];
    check(&log, &[0, 1, 2, 3], 1);
}

#[test]
fn what_was_heard_comes_after_all_that_was_told() {
    let (tell, hear) = (Op::Tell(7), Op::Hear(7));
    check(&[(1, hear, 0), (2, tell, 0)], &[1, 0], 0);
    check(&[(1, hear, 0), (2, tell, 0), (2, Op::Branch, 0), (3, tell, 0)], &[1, 2, 3, 0], 0);
    check(&[(1, hear, 0), (1, Op::Branch, 0), (2, Op::Tell(8), 0)], &[0, 1, 2], 0);
    let log = [(1, hear, 0), (1, Op::Tell(8), 0), (2, Op::Hear(8), 0), (2, tell, 0)];
    check(&log, &[0, 1, 2, 3], 1);
}
