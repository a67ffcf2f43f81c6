//! What the threads of a test program can do.

/// What a thread does in one step.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Op {
    /// Takes a lock, waiting as long as it takes.
    Take(String, Way),
    /// Takes a lock if that needs no waiting. A failure also skips the matching [`Op::Give`].
    Try(String, Way),
    /// Takes a mutex, waiting for a short time at most. A failure is as that of [`Op::Try`].
    Timed(String),
    /// Tries again and again until it has the lock, as a spin lock does.
    Spin(String),
    /// Gives back the latest hold of a lock.
    Give(String),
    /// Turns an upgradable read into a write.
    Upgrade(String),
    /// Leaks the guard.
    Forget(String),
    /// Runs an initialisation, or waits for it.
    Once(String, Vec<Op>),
    /// Begins a thread.
    Spawn(String),
    /// Waits for the end of a thread.
    Join(String),
    /// Repeats; for ever without a number.
    Loop(Option<u32>, Vec<Op>),
    /// Hint: meets all threads that have the same phase.
    Phase(u32),
    /// Hint: lets the others run until they block, so many times in a row.
    Settle(u32),
    /// Sets a flag.
    Set(String),
    /// Clears a flag.
    Clear(String),
    /// Ends the thread if the flag is in this state.
    EndIf(String, bool),
    /// Blocks until a flag is set, in a way that nobody tracks.
    WaitFlag(String),
    /// Puts a new lock into the place of the old one, which is destroyed.
    New(String),
    /// Destroys a lock.
    Destroy(String),
    /// Ends the thread.
    Return,
    /// What is neither a lock nor about threads.
    Signal(Signal),
}

/// A step that waits for what another thread does, or does what others wait for.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Signal {
    /// Waits once on a condition variable with a mutex.
    Wait { condvar: String, mutex: String },
    /// Waits on a condition variable with a mutex until a flag is set.
    WaitUntil { condvar: String, mutex: String, flag: String },
    /// Waits once, for a short time at most.
    WaitTimed { condvar: String, mutex: String },
    /// Notifies one, or all.
    Notify { condvar: String, all: bool },
    /// Sends or receives; one of these, or nothing if `otherwise` and none is possible at once.
    Select { arms: Vec<Arm>, otherwise: bool },
    /// Receives, waiting for a short time at most.
    RecvTimed(String),
    /// Closes a channel: there are no senders any more.
    Close(String),
    /// Takes permits of a semaphore.
    Acquire(String, usize),
    /// Takes permits if that needs no waiting. A failure skips the matching release.
    TryAcquire(String, usize),
    /// Gives permits back.
    Release(String, usize),
    /// Adds to what a wait group counts.
    Add(String, usize),
    /// One less to wait for.
    Done(String),
    /// Waits until a wait group has counted down.
    Await(String),
    /// Meets the others at a barrier.
    Meet(String),
    /// Sets an event.
    Raise(String),
    /// Clears an event.
    Lower(String),
    /// Waits until an event is set.
    AwaitEvent(String),
    /// Waits for the thread's token.
    Park,
    /// Gives a thread its token.
    Unpark(String),
    /// Queues a job on a pool.
    Submit { pool: String, job: String },
    /// Waits for the end of a job, and may run other jobs before that.
    Get { job: String, steal: Vec<String> },
}

/// One thing that a [`Signal::Select`] may do.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Arm {
    pub(crate) channel: String,
    pub(crate) sends: bool,
}

/// How a lock is taken.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Way {
    Lock,
    Read,
    Write,
    Upgradable,
    ReadRecursive,
}

/// Shows every operation, those inside of others too.
pub(crate) fn visit(ops: &[Op], seen: &mut dyn FnMut(&Op)) {
    for op in ops {
        seen(op);
        if let Op::Once(_, body) | Op::Loop(_, body) = op {
            visit(body, seen);
        }
    }
}
