//! Who may run when, made of plain `std` primitives so that the detector sees nothing of it.
//!
//! Two ways to run a program. *Hinted*: all threads at once, meeting at its phases. *Serial*: one
//! thread at a time, each until it ends or blocks, in the order of the program or the reverse. In both, all threads that nobody spawns exist before the first of them runs, so
//! the detector sees no order between them.
//!
//! `settle` needs to know that the other threads have blocked. A thread says so itself before it
//! asks for a lock, and the kernel confirms that it sleeps; guessing a time would not be enough
//! on a busy machine.

use std::collections::BTreeMap;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use std::{fs, thread};

use crate::program::{Program, Thread};

/// How to run a program.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Run {
    Hinted,
    Serial,
    /// Serial, last thread first.
    Reversed,
    /// One step at a time, of the thread that the caller says. Hints mean nothing.
    Driven,
}

impl Run {
    pub(crate) const ALL: [Run; 3] = [Run::Hinted, Run::Serial, Run::Reversed];

    /// Whether one thread runs at a time, as long as it can.
    fn is_serial(self) -> bool {
        matches!(self, Run::Serial | Run::Reversed)
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Run::Hinted => "hinted",
            Run::Serial => "serial",
            Run::Reversed => "reversed",
            Run::Driven => "driven",
        }
    }
}

/// How often the kernel is asked whether a thread sleeps, and how many times in a row it must say
/// so.
const LOOK: Duration = Duration::from_millis(1);
const LOOKS: u32 = 5;

/// What a thread does, as far as others must know.
#[derive(Clone, Debug, PartialEq)]
enum State {
    /// Not begun, and nobody may wait for it.
    Absent,
    /// Wants to run, and waits for its turn.
    Ready,
    Running,
    /// In an operation that may block for a lock.
    AtLock,
    /// In an operation that may block for something that another thread does.
    AtSignal,
    /// Waits for a phase, a flag or another thread.
    Waiting,
    /// Waits for so many moments at which all others are blocked.
    Settling(u32),
    Done,
}

struct Actor {
    state: State,
    /// Where the kernel tells whether the thread sleeps.
    stat: Option<String>,
    /// It has had its turn once.
    has_begun: bool,
    /// Those after it begin when it has come to its first hint.
    has_hints: bool,
    /// It has come to its first hint, or cannot come to it without the others.
    is_placed: bool,
}

/// A meeting of threads: how many have come, and how often it took place.
#[derive(Default)]
struct Meeting {
    size: usize,
    arrived: usize,
    times: usize,
}

struct Inside {
    open: bool,
    turn: Option<usize>,
    /// No thread waits for its turn any more.
    all_go: bool,
    actors: Vec<Actor>,
    meetings: BTreeMap<u32, Meeting>,
}

/// The threads of one program; each is known by its place in the program.
pub(crate) struct Stage {
    run: Run,
    inside: Mutex<Inside>,
    changed: Condvar,
}

impl Stage {
    pub(crate) fn new(program: &Program, run: Run) -> Stage {
        let actor = |thread: &Thread| Actor {
            state: State::Absent,
            stat: None,
            has_begun: false,
            has_hints: thread.has_hints(),
            is_placed: false,
        };
        let meeting = |(number, size)| (number, Meeting { size, ..Meeting::default() });
        let inside = Inside {
            open: false,
            turn: None,
            all_go: false,
            actors: program.threads.iter().map(actor).collect(),
            meetings: program.meetings().into_iter().map(meeting).collect(),
        };
        Stage { run, inside: Mutex::new(inside), changed: Condvar::new() }
    }

    /// The thread is going to be.
    pub(crate) fn announce(&self, me: usize) {
        self.lock().actors[me].state = State::Ready;
    }

    pub(crate) fn run(&self) -> Run {
        self.run
    }

    /// All first threads exist: go.
    pub(crate) fn open(&self) {
        let mut inside = self.lock();
        inside.open = true;
        self.pass_on(&mut inside);
    }

    /// First thing in a thread: waits for its turn.
    pub(crate) fn enter(&self, me: usize) {
        let mut inside = self.lock();
        inside.actors[me].stat = stat_file();
        drop(self.wait(inside, |inside| inside.open));
        if self.run == Run::Hinted {
            self.follow(me);
        }
        self.take_turn(me);
    }

    /// Waits until the thread before is at its first hint. What stands before the hints happens
    /// in the order of the program then, so that no thread takes a lock that another one was to
    /// have had before the meeting.
    fn follow(&self, me: usize) {
        let mut asleep = 0;
        let mut inside = self.lock();
        let Some(before) = inside.before(me) else { return };
        while !inside.actors[before].is_placed && asleep < LOOKS {
            asleep = if inside.actors[before].is_stuck() { asleep + 1 } else { 0 };
            let waited = self.changed.wait_timeout(inside, LOOK);
            inside = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        inside.actors[before].is_placed = true;
    }

    /// Last thing in a thread.
    pub(crate) fn leave(&self, me: usize) {
        self.give_turn(me, State::Done);
    }

    /// Whether the thread began.
    pub(crate) fn is_there(&self, whom: usize) -> bool {
        self.lock().actors[whom].state != State::Absent
    }

    /// Whether the thread ended.
    pub(crate) fn is_over(&self, whom: usize) -> bool {
        self.lock().actors[whom].state == State::Done
    }

    /// Whether the job is the caller's to run, and not begun by another already.
    pub(crate) fn claim(&self, job: usize) -> bool {
        let mut inside = self.lock();
        let is_free = inside.actors[job].state == State::Absent;
        if is_free {
            inside.actors[job].state = State::Ready;
        }
        is_free
    }

    /// Before each step: in a driven run the thread waits for its turn.
    pub(crate) fn step(&self, me: usize) {
        if self.run != Run::Driven {
            return;
        }
        let mut inside = self.lock();
        inside.actors[me].state = State::Waiting;
        self.changed.notify_all();
        let mut inside = self.wait(inside, |inside| inside.turn == Some(me) || inside.all_go);
        inside.turn = None;
        inside.actors[me].state = State::Running;
        self.changed.notify_all();
    }

    /// Lets a thread do its next step, and waits until nobody can run on.
    pub(crate) fn let_go(&self, whom: usize) {
        self.wait_until_quiet();
        self.lock().turn = Some(whom);
        self.changed.notify_all();
        drop(self.wait(self.lock(), |inside| inside.turn.is_none()));
        self.wait_until_quiet();
    }

    /// Lets all threads run.
    pub(crate) fn let_all_go(&self) {
        self.lock().all_go = true;
        self.changed.notify_all();
    }

    fn wait_until_quiet(&self) {
        let mut quiet = 0;
        while quiet < LOOKS {
            let inside = self.lock();
            let asleep = inside.actors.iter().all(Actor::is_stuck);
            // Who waits for its turn has said so; only those in operations must be asked for.
            let certain = asleep && inside.actors.iter().all(|actor| !actor.is_at_work());
            drop(inside);
            quiet = if asleep { quiet + 1 } else { 0 };
            if certain {
                return;
            }
            thread::sleep(LOOK);
        }
    }

    /// Gives up the turn, for something else on the same thread.
    pub(crate) fn step_aside(&self, me: usize) {
        self.give_turn(me, State::Waiting);
    }

    /// That is over.
    pub(crate) fn step_back(&self, me: usize) {
        self.take_turn(me);
    }

    /// Runs an operation that may block for a lock. In a serial run somebody else gets the turn if
    /// it does.
    pub(crate) fn at_lock<R>(&self, me: usize, operation: impl FnOnce() -> R) -> R {
        self.may_block(me, State::AtLock, operation)
    }

    /// Runs an operation that may block for what another thread does, as [`Stage::at_lock`] does.
    pub(crate) fn at_signal<R>(&self, me: usize, operation: impl FnOnce() -> R) -> R {
        self.may_block(me, State::AtSignal, operation)
    }

    fn may_block<R>(&self, me: usize, state: State, operation: impl FnOnce() -> R) -> R {
        self.lock().actors[me].state = state;
        let result = operation();
        self.resume(me);
        result
    }

    /// Runs what an initialisation consists of, from within [`Stage::at_lock`].
    pub(crate) fn inside<R>(&self, me: usize, body: impl FnOnce() -> R) -> R {
        self.resume(me);
        let result = body();
        self.lock().actors[me].state = State::AtLock;
        result
    }

    fn resume(&self, me: usize) {
        let mut inside = self.lock();
        if !self.run.is_serial() || inside.turn == Some(me) {
            inside.actors[me].state = State::Running;
        } else {
            drop(inside);
            self.take_turn(me);
        }
    }

    /// Waits until `ready` without holding up the others.
    pub(crate) fn wait_until(&self, me: usize, ready: impl Fn() -> bool) {
        self.give_turn(me, State::Waiting);
        drop(self.wait(self.lock(), |_| ready()));
        self.take_turn(me);
    }

    /// Something changed that a thread in [`Stage::wait_until`] may wait for.
    pub(crate) fn tell(&self) {
        let _inside = self.lock();
        self.changed.notify_all();
    }

    /// Meets the other threads that have this phase. Only a hint, so no thread waits in serial
    /// runs.
    pub(crate) fn meet(&self, me: usize, phase: u32) {
        if self.run != Run::Hinted {
            return;
        }
        let mut inside = self.lock();
        inside.actors[me].place(State::Waiting);
        let meeting = inside.meetings.entry(phase).or_default();
        let times = meeting.times;
        meeting.arrived += 1;
        if meeting.arrived >= meeting.size {
            meeting.arrived = 0;
            meeting.times += 1;
            self.changed.notify_all();
        }
        let mut inside = self.wait(inside, |inside| inside.meetings[&phase].times != times);
        inside.actors[me].state = State::Running;
    }

    /// Lets the others run until all of them are blocked, `times` times in a row. Threads that
    /// settle together go on together.
    pub(crate) fn settle(&self, me: usize, times: u32) {
        if self.run != Run::Hinted {
            return;
        }
        self.lock().actors[me].place(State::Settling(times));
        let mut quiet = 0;
        while let Some(left) = self.settling(me) {
            quiet = if self.lock().is_quiet(me) { quiet + 1 } else { 0 };
            if quiet >= LOOKS {
                self.end_round(me, left);
                quiet = 0;
            }
            thread::sleep(LOOK);
        }
    }

    fn settling(&self, me: usize) -> Option<u32> {
        match self.lock().actors[me].state {
            State::Settling(left) => Some(left),
            _ => None,
        }
    }

    fn end_round(&self, me: usize, left: u32) {
        let mut inside = self.lock();
        // Another thread may have ended the round meanwhile.
        if inside.actors[me].state != State::Settling(left) {
            return;
        }
        for actor in &mut inside.actors {
            match &mut actor.state {
                State::Settling(1) => actor.state = State::Running,
                State::Settling(left) => *left -= 1,
                _ => {}
            }
        }
    }

    fn give_turn(&self, me: usize, state: State) {
        let mut inside = self.lock();
        inside.actors[me].place(state);
        if inside.turn == Some(me) {
            inside.turn = None;
        }
        self.pass_on(&mut inside);
    }

    fn take_turn(&self, me: usize) {
        let mut inside = self.lock();
        inside.actors[me].state = State::Ready;
        self.pass_on(&mut inside);
        let mut asleep = 0;
        while self.run.is_serial() && inside.turn != Some(me) {
            let waited = self.changed.wait_timeout(inside, LOOK);
            inside = waited.unwrap_or_else(PoisonError::into_inner).0;
            asleep = if inside.turn_is_stuck() { asleep + 1 } else { 0 };
            if asleep >= LOOKS {
                inside.turn = None;
                self.pass_on(&mut inside);
                asleep = 0;
            }
        }
        inside.actors[me].has_begun = true;
        inside.actors[me].state = State::Running;
    }

    fn pass_on(&self, inside: &mut Inside) {
        if self.run.is_serial() && inside.open && inside.turn.is_none() {
            let mut ready = (0..inside.actors.len())
                .filter(|&actor| inside.actors[actor].state == State::Ready);
            inside.turn = if self.run == Run::Reversed { ready.next_back() } else { ready.next() };
        }
        self.changed.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'a>(
        &self,
        inside: MutexGuard<'a, Inside>,
        ready: impl Fn(&Inside) -> bool,
    ) -> MutexGuard<'a, Inside> {
        let waited = self.changed.wait_while(inside, |inside| !ready(inside));
        waited.unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inside {
    /// The nearest thread before `me` that has hints and is there.
    fn before(&self, me: usize) -> Option<usize> {
        let there = |actor: &Actor| actor.has_hints && actor.state != State::Absent;
        self.actors[..me].iter().rposition(there)
    }

    /// Whether the thread whose turn it is has blocked. At a lock that needs somebody who has it
    /// without being at turn; without such it sleeps for a moment, in the detector.
    fn turn_is_stuck(&self) -> bool {
        let Some(turn) = self.turn else { return false };
        let holds_on =
            |actor: &Actor| actor.has_begun && !matches!(actor.state, State::Absent | State::Done);
        let others = self.actors.iter().enumerate().filter(|(at, _)| *at != turn);
        let can_block = match self.actors[turn].state {
            State::AtLock => others.map(|(_, actor)| actor).any(holds_on),
            _ => true,
        };
        can_block && self.actors[turn].is_stuck()
    }

    /// Whether nobody but `me` can run on.
    fn is_quiet(&self, me: usize) -> bool {
        self.actors.iter().enumerate().all(|(at, actor)| at == me || actor.is_stuck())
    }
}

impl Actor {
    /// Whether it is in an operation that may block.
    fn is_at_work(&self) -> bool {
        matches!(self.state, State::AtLock | State::AtSignal)
    }

    /// Enters a state in which it lets others go first.
    fn place(&mut self, state: State) {
        self.state = state;
        self.is_placed = true;
    }

    /// Whether it cannot run on without the others.
    fn is_stuck(&self) -> bool {
        match self.state {
            State::Absent | State::Done | State::Waiting | State::Settling(_) => true,
            State::AtLock | State::AtSignal => self.stat.as_deref().is_some_and(sleeps),
            State::Ready | State::Running => false,
        }
    }
}

/// The file in which the kernel describes the calling thread.
fn stat_file() -> Option<String> {
    let task = fs::read_link("/proc/thread-self").ok()?;
    Some(format!("/proc/{}/stat", task.display()))
}

/// Whether the kernel says that the thread sleeps. The state follows the name in parentheses.
fn sleeps(stat: &str) -> bool {
    let text = fs::read_to_string(stat).unwrap_or_default();
    text.rsplit_once(')').is_some_and(|(_, rest)| rest.trim_start().starts_with('S'))
}
