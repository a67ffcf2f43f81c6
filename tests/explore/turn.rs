//! One step of one thread.

use super::Rule;
use super::code::{Code, Mode, Step};
use super::state::{Once, State, Status};

const NOBODY: usize = usize::MAX;

/// Every state that one step of any thread leads to.
pub(super) fn all(code: &Code, state: &State) -> Vec<State> {
    (0..state.threads.len()).flat_map(|thread| of(code, state, thread)).collect()
}

/// Every state that one step of this thread leads to. Without any it waits.
pub(super) fn of(code: &Code, state: &State, thread: usize) -> Vec<State> {
    match state.threads[thread].status {
        Status::Absent | Status::Done | Status::AtBarrier => Vec::new(),
        Status::Queued(pool, place) => begin_job(code, state, thread, pool, place),
        Status::Ready => {
            let next = perform(code, state, thread);
            if next.is_empty() { vec![blocked(state, thread)] } else { next }
        }
        Status::Blocked => perform(code, state, thread),
        Status::InWait => match state.step(code, thread) {
            Step::Wait { timed: true, .. } => vec![woken(state, thread)],
            _ => Vec::new(),
        },
        Status::Woken => take_again(code, state, thread),
    }
}

fn blocked(state: &State, thread: usize) -> State {
    with(state, |next| next.threads[thread].status = Status::Blocked)
}

fn woken(state: &State, thread: usize) -> State {
    with(state, |next| next.threads[thread].status = Status::Woken)
}

fn with(state: &State, change: impl FnOnce(&mut State)) -> State {
    let mut next = state.clone();
    change(&mut next);
    next
}

/// The step is done, and this is what it changed.
fn done(code: &Code, state: &State, thread: usize, change: impl FnOnce(&mut State)) -> Vec<State> {
    vec![with(state, |next| {
        change(next);
        next.advance(code, thread);
    })]
}

/// As [`done`], if it is possible.
fn done_if(
    possible: bool,
    code: &Code,
    state: &State,
    thread: usize,
    change: impl FnOnce(&mut State),
) -> Vec<State> {
    if possible { done(code, state, thread, change) } else { Vec::new() }
}

fn perform(code: &Code, state: &State, thread: usize) -> Vec<State> {
    let go = |possible: bool, change: &dyn Fn(&mut State)| {
        done_if(possible, code, state, thread, |next| change(next))
    };
    match *state.step(code, thread) {
        Step::Take(lock, mode) => {
            go(is_free(code, state, thread, lock, mode), &|next| hold(next, thread, lock, mode))
        }
        Step::Try(lock, mode) => attempt(code, state, thread, lock, mode),
        Step::Give(lock) => go(true, &|next| give(next, thread, lock, thread)),
        Step::Leak(lock) => go(true, &|next| give(next, thread, lock, NOBODY)),
        Step::OnceBegin(once, end) => once_begin(code, state, thread, once, end),
        Step::OnceEnd(once) => go(true, &|next| next.onces[once] = Once::Over),
        Step::Spawn(whom) => go(true, &|next| next.threads[whom].status = Status::Ready),
        Step::Join(whom) => {
            let ended = state.threads[whom].status == Status::Done;
            go(ended || !state.has(Rule::JoinWaits), &|_| {})
        }
        Step::Wait { mutex, flag, .. } => {
            if flag.is_some_and(|flag| state.flags[flag]) {
                return go(true, &|_| {});
            }
            vec![with(state, |next| wait(next, thread, mutex))]
        }
        Step::Notify { condvar, all } => notify(code, state, thread, condvar, all),
        Step::Set(flag, value) => go(true, &|next| next.flags[flag] = value),
        Step::EndIf(flag, value) if state.flags[flag] == value => {
            vec![with(state, |next| next.go(thread, usize::MAX))]
        }
        Step::EndIf(..) | Step::Jump(_) => go(true, &|_| {}),
        Step::AwaitFlag(flag) => go(state.flags[flag], &|_| {}),
        Step::Select { ref arms, otherwise } => select(code, state, thread, arms, otherwise),
        Step::RecvTimed(channel) => select(code, state, thread, &[(channel, false)], true),
        Step::Close(channel) => go(true, &|next| next.channels[channel].1 = true),
        Step::Acquire(semaphore, count) => acquire(code, state, thread, semaphore, count),
        Step::TryAcquire(semaphore, count) => go(true, &|next| {
            let is_taken = next.permits[semaphore] >= count;
            next.permits[semaphore] -= if is_taken { count } else { 0 };
            next.threads[thread].permits.push((semaphore, count, is_taken));
        }),
        Step::Release(semaphore, count) => go(true, &|next| next.release(thread, semaphore, count)),
        Step::Add(group, count) => go(true, &|next| next.groups[group] += count),
        Step::Done(group) => go(true, &|next| {
            next.groups[group] = next.groups[group].saturating_sub(1);
        }),
        Step::Await(group) => {
            go(state.groups[group] == 0 || !state.has(Rule::GroupCounts), &|_| {})
        }
        Step::Meet(barrier) => vec![meet(code, state, thread, barrier)],
        Step::SetEvent(event, value) => go(true, &|next| next.events[event] = value),
        Step::AwaitEvent(event) => go(state.events[event], &|next| {
            next.events[event] = next.has(Rule::EventStays);
        }),
        Step::Park => {
            go(state.threads[thread].tokens > 0, &|next| next.threads[thread].tokens -= 1)
        }
        Step::Unpark(whom) => {
            let is_there = state.threads[whom].status != Status::Absent;
            go(is_there, &|next| unpark(code, next, whom))
        }
        Step::Submit(pool, job) => go(true, &|next| next.submit(pool, job)),
        Step::Get(job) => go(state.threads[job].status == Status::Done, &|_| {}),
        Step::End => vec![with(state, |next| end(next, thread))],
    }
}

/// Whether `thread` can take the lock now.
fn is_free(code: &Code, state: &State, thread: usize, lock: usize, mode: Mode) -> bool {
    let shares =
        |held: Mode| mode != Mode::Write && held != Mode::Write && state.has(Rule::ReadersShare);
    let excludes = |(_, held): &(usize, Mode)| !shares(*held);
    if state.has(Rule::HoldersExclude) && state.locks[lock].holders.iter().any(excludes) {
        return false;
    }
    let queues = |other: usize| {
        let waits = state.threads[other].status == Status::Blocked;
        other != thread && waits && *state.step(code, other) == Step::Take(lock, Mode::Write)
    };
    let queue = mode == Mode::Read && state.has(Rule::ReadersQueue);
    !queue || !(0..state.threads.len()).any(queues)
}

fn hold(state: &mut State, thread: usize, lock: usize, mode: Mode) {
    state.locks[lock].holders.push((thread, mode));
    state.threads[thread].holds.push((lock, true));
}

fn attempt(code: &Code, state: &State, thread: usize, lock: usize, mode: Mode) -> Vec<State> {
    if is_free(code, state, thread, lock, mode) {
        return done(code, state, thread, |next| hold(next, thread, lock, mode));
    }
    let gives_up = state.has(Rule::TryGivesUp);
    done_if(gives_up, code, state, thread, |next| next.threads[thread].holds.push((lock, false)))
}

/// Gives the latest hold back, or leaves it to `whom`.
fn give(state: &mut State, thread: usize, lock: usize, whom: usize) {
    let holds = &mut state.threads[thread].holds;
    let Some(at) = holds.iter().rposition(|(held, _)| *held == lock) else { return };
    let (_, is_held) = holds.remove(at);
    if is_held {
        free(state, thread, lock, whom);
    }
}

fn free(state: &mut State, thread: usize, lock: usize, whom: usize) {
    let holders = &mut state.locks[lock].holders;
    if let Some(at) = holders.iter().rposition(|(holder, _)| *holder == thread) {
        let (_, mode) = holders.remove(at);
        if whom == NOBODY {
            holders.push((NOBODY, mode));
        }
        holders.sort_by_key(|(holder, mode)| (*holder, *mode as usize));
    }
}

fn once_begin(code: &Code, state: &State, thread: usize, once: usize, end: usize) -> Vec<State> {
    match state.onces[once] {
        Once::New => done(code, state, thread, |next| next.onces[once] = Once::Running),
        Once::Over => vec![with(state, |next| next.go(thread, end))],
        Once::Running if state.has(Rule::OnceRunsOnce) => Vec::new(),
        Once::Running => done(code, state, thread, |_| {}),
    }
}

fn acquire(
    code: &Code,
    state: &State,
    thread: usize,
    semaphore: usize,
    count: usize,
) -> Vec<State> {
    let enough = state.permits[semaphore] >= count || !state.has(Rule::PermitsAreCounted);
    done_if(enough, code, state, thread, |next| {
        next.permits[semaphore] = next.permits[semaphore].saturating_sub(count);
        next.threads[thread].permits.push((semaphore, count, true));
    })
}

/// Gives the mutex back and waits.
fn wait(state: &mut State, thread: usize, mutex: usize) {
    if state.has(Rule::WaitReleases) {
        free(state, thread, mutex, thread);
    }
    state.threads[thread].status = Status::InWait;
}

fn take_again(code: &Code, state: &State, thread: usize) -> Vec<State> {
    let Step::Wait { mutex, flag, .. } = *state.step(code, thread) else { return Vec::new() };
    let is_free = is_free(code, state, thread, mutex, Mode::Write);
    if state.has(Rule::WaitReleases) && state.has(Rule::WaitTakesAgain) && !is_free {
        return Vec::new();
    }
    vec![with(state, |next| {
        if next.has(Rule::WaitReleases) && next.has(Rule::WaitTakesAgain) {
            next.locks[mutex].holders.push((thread, Mode::Write));
        }
        if flag.is_some_and(|flag| !next.flags[flag]) {
            wait(next, thread, mutex);
        } else {
            next.advance(code, thread);
        }
    })]
}

fn notify(code: &Code, state: &State, thread: usize, condvar: usize, all: bool) -> Vec<State> {
    let waits = |other: &usize| {
        let in_wait = state.threads[*other].status == Status::InWait;
        let here = |step: &Step| matches!(step, Step::Wait { condvar: c, .. } if *c == condvar);
        in_wait && here(state.step(code, *other))
    };
    let waiting: Vec<usize> = (0..state.threads.len()).filter(waits).collect();
    let wake = |whom: &[usize]| {
        done(code, state, thread, |next| {
            for &other in whom {
                next.threads[other].status = Status::Woken;
            }
        })
    };
    let all = all || !state.has(Rule::NotifyWakesOne);
    match waiting[..] {
        // A notification that is kept would be one that waits for a waiter.
        [] => done_if(state.has(Rule::NotifyIsLost), code, state, thread, |_| {}),
        _ if all => wake(&waiting),
        _ => waiting.iter().flat_map(|other| wake(&[*other])).collect(),
    }
}

fn select(
    code: &Code,
    state: &State,
    thread: usize,
    arms: &[(usize, bool)],
    otherwise: bool,
) -> Vec<State> {
    let mut next: Vec<State> =
        arms.iter().flat_map(|arm| transfer(code, state, thread, *arm)).collect();
    // Somebody who is at a meeting may have come or not, so a choice may also miss him.
    if otherwise && (next.is_empty() || arms.iter().any(|(at, _)| code.rooms[*at] == Some(0))) {
        next.extend(done(code, state, thread, |_| {}));
    }
    next
}

fn transfer(code: &Code, state: &State, thread: usize, arm: (usize, bool)) -> Vec<State> {
    let (channel, sends) = arm;
    let (queued, closed) = state.channels[channel];
    let room = code.rooms[channel];
    let has_room = room.is_none_or(|room| queued < room) || !state.has(Rule::RoomIsBounded);
    if sends && (has_room || room == Some(0) && !state.has(Rule::MeetingNeedsBoth)) {
        return done(code, state, thread, |next| next.channels[channel].0 += 1);
    }
    if !sends && queued > 0 {
        return done(code, state, thread, |next| next.channels[channel].0 -= 1);
    }
    let mut next = meetings(code, state, thread, arm);
    if !sends && closed && state.has(Rule::CloseWakes) {
        next.extend(done(code, state, thread, |_| {}));
    }
    next
}

/// Meets somebody who waits at a channel without room.
fn meetings(
    code: &Code,
    state: &State,
    thread: usize,
    (channel, sends): (usize, bool),
) -> Vec<State> {
    let fits = |step: &Step| match step {
        Step::Select { arms, .. } => arms.contains(&(channel, !sends)),
        Step::RecvTimed(at) => *at == channel && sends,
        _ => false,
    };
    let waits = |other: &usize| {
        let waits = state.threads[*other].status == Status::Blocked;
        waits && *other != thread && fits(state.step(code, *other))
    };
    if code.rooms[channel] != Some(0) {
        return Vec::new();
    }
    let meet = |other: usize| done(code, state, thread, |next| next.advance(code, other));
    (0..state.threads.len()).filter(waits).flat_map(meet).collect()
}

fn meet(code: &Code, state: &State, thread: usize, barrier: usize) -> State {
    let is_there = |other: &usize| {
        let at = state.threads[*other].status == Status::AtBarrier;
        at && *state.step(code, *other) == Step::Meet(barrier)
    };
    let there: Vec<usize> = (0..state.threads.len()).filter(is_there).collect();
    let all = there.len() + 1 >= code.barriers[barrier];
    with(state, |next| {
        if all || !next.has(Rule::BarrierWaitsForAll) {
            for other in there {
                next.advance(code, other);
            }
            next.advance(code, thread);
        } else {
            next.threads[thread].status = Status::AtBarrier;
        }
    })
}

fn unpark(code: &Code, state: &mut State, whom: usize) {
    let is_parked =
        state.threads[whom].status == Status::Blocked && *state.step(code, whom) == Step::Park;
    if !is_parked && !state.has(Rule::TokenStays) {
        return;
    }
    let one = state.has(Rule::TokenIsOne);
    let tokens = &mut state.threads[whom].tokens;
    *tokens = if one { 1 } else { *tokens + 1 };
}

/// Drops what the thread still holds.
fn end(state: &mut State, thread: usize) {
    while let Some((lock, is_held)) = state.threads[thread].holds.pop() {
        if is_held && state.has(Rule::EndReleases) {
            free(state, thread, lock, thread);
        }
    }
    state.threads[thread].status = Status::Done;
}

fn begin_job(code: &Code, state: &State, job: usize, pool: usize, place: usize) -> Vec<State> {
    let runs =
        |thread: &&super::state::Thread| thread.pool == Some(pool) && thread.status != Status::Done;
    let is_before = |thread: &super::state::Thread| matches!(thread.status, Status::Queued(other, earlier) if other == pool && earlier < place);
    let busy = state.threads.iter().filter(runs).count();
    let all_busy = busy >= code.workers[pool] && state.has(Rule::WorkersAreFew);
    if all_busy || state.threads.iter().any(is_before) {
        return Vec::new();
    }
    vec![with(state, |next| {
        next.threads[job].status = Status::Ready;
        next.threads[job].pool = Some(pool);
    })]
}
