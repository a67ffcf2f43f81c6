//! A counter that must advance, and what happens when it stands still.
//!
//! The detector knows locks, joins and signals. A watchdog knows progress: whoever does a piece of
//! work ticks, and when nobody has ticked for a given time, something is wrong, whatever it is. Then
//! it says what all threads wait for and hold (as `LOCKGRAPH_STALL_AFTER` does), calls back, and has a
//! victim's lock call panic if it is to recover.
//!
//! A tick is one relaxed addition. The thread of a watchdog looks eight times in its time limit. It is
//! none of the program's: that it sleeps keeps no deadlock from being certain. So what the callback
//! does should not be what threads wait for.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::finding::{Finding, Thread};
#[cfg(not(any(debug_assertions, feature = "instrument")))]
use crate::off::{Recovering, StalledNow, guarding, stalled_now};
#[cfg(any(debug_assertions, feature = "instrument"))]
use crate::runtime::{Recovering, StalledNow, guarding, stalled_now};

/// How often it looks within its time limit.
const LOOKS: u32 = 8;

/// What a watchdog saw when its counter stood still.
///
/// It is printed as the report on those who wait, if there are any:
///
/// ```
/// use std::time::Duration;
/// use lockgraph::Standstill;
///
/// let (elapsed, findings) = (Duration::from_secs(30), Vec::new());
/// let seen = Standstill { elapsed, findings, report: String::new(), victim: None };
/// assert_eq!(
///     seen.to_string(),
///     "no progress for 30.0 s; no lock is known to be waited for: look for loops, input, and locks \
///      that are not instrumented"
/// );
/// let report = "warning[stall]: thread `cook` waits ..".to_string();
/// let seen = Standstill { report, ..seen };
/// assert_eq!(
///     seen.to_string(),
///     "no progress for 30.0 s\nwarning[stall]: thread `cook` waits .."
/// );
/// ```
#[derive(Clone, Debug)]
pub struct Standstill {
    /// Since the last tick, or the beginning.
    pub elapsed: Duration,
    /// The waits that have taken long; those that have to do with each other are one. Empty if the
    /// locks of this build are not instrumented, or if it is none of them that takes so long.
    pub findings: Vec<Finding>,
    /// The same as text.
    pub report: String,
    /// Whose wait has been given up by that.
    pub victim: Option<Thread>,
}

impl fmt::Display for Standstill {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no progress for {:.1} s", self.elapsed.as_secs_f64())?;
        if self.report.is_empty() {
            return f.write_str(
                "; no lock is known to be waited for: look for loops, input, and locks that are not \
                 instrumented",
            );
        }
        write!(f, "\n{}", self.report)
    }
}

type Callback = Box<dyn FnMut(&Standstill) + Send>;

/// A [`Watchdog`] that has not begun yet.
#[must_use = "it watches nothing until it begins"]
pub struct WatchdogBuilder {
    limit: Duration,
    recovers: bool,
    callbacks: Vec<Callback>,
}

impl fmt::Debug for WatchdogBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let WatchdogBuilder { limit, recovers, .. } = self;
        f.debug_struct("WatchdogBuilder")
            .field("limit", limit)
            .field("recovers", recovers)
            .finish_non_exhaustive()
    }
}

impl WatchdogBuilder {
    /// Calls `callback` on the watchdog's thread whenever the counter stands still: once, and again
    /// when it does so after a tick, when there is a victim after all, or when one has not helped.
    pub fn on_standstill(
        mut self,
        callback: impl FnMut(&Standstill) + Send + 'static,
    ) -> WatchdogBuilder {
        self.callbacks.push(Box::new(callback));
        self
    }

    /// Has one of the threads that have waited too long panic in its lock call, or in its `join`: the
    /// one that holds least, but something. Its locks are given back by that, not poisoned, and the
    /// others go on. If that does not help, the next one after the same time; and if there is none yet,
    /// it looks again after that.
    ///
    /// As long as such a watchdog lives, contended acquisitions and joins sleep in pieces of 10 ms at
    /// most, so that they can be told; see [`OnDeadlock::Victim`](crate::OnDeadlock::Victim). Those
    /// that began before do not, nor those for a semaphore, a signal, an initialisation or the end
    /// of a scope.
    ///
    /// What the victim's wait panics with, and what to do: catch it where its work can begin again.
    ///
    /// ```
    /// # #[cfg(any(debug_assertions, feature = "instrument"))] {
    /// use std::time::Duration;
    /// use lockgraph::{Watchdog, sync::Mutex, thread};
    ///
    /// let watchdog = Watchdog::after(Duration::from_millis(100)).recovering().begin().unwrap();
    /// let stove = Mutex::new(());
    /// // The detector does not know who sends here.
    /// let (dish, dishes) = std::sync::mpsc::channel::<&str>();
    /// # let hook = std::panic::take_hook();
    /// # std::panic::set_hook(Box::new(|_| ()));
    /// let told = thread::scope(|scope| {
    ///     let held = stove.lock().unwrap();
    ///     let cook = scope.spawn(|| {
    ///         let dish = dish;
    ///         let _stove = stove.lock().unwrap();
    ///         dish.send("soup").unwrap();
    ///     });
    ///     assert!(dishes.recv().is_err(), "the cook has given up, and its sender is gone");
    ///     drop(watchdog);
    ///     drop(held);
    ///     cook.join().unwrap_err()
    /// });
    /// # std::panic::set_hook(hook);
    /// assert_eq!(
    ///     told.downcast_ref::<String>().unwrap(),
    ///     "lockgraph: this wait is given up so that others go on: a watchdog saw no progress; what \
    ///      this thread held is given back as it unwinds, and it can begin again"
    /// );
    /// # }
    /// ```
    pub fn recovering(mut self) -> WatchdogBuilder {
        self.recovers = true;
        self
    }

    /// Begins to watch.
    ///
    /// # Errors
    ///
    /// The system cannot begin a thread.
    pub fn begin(self) -> io::Result<Watchdog> {
        let WatchdogBuilder { limit, recovers, callbacks } = self;
        let shared = Arc::<Shared>::default();
        let recovering = recovers.then(Recovering::begin);
        let watch = Watch { shared: Arc::clone(&shared), limit, recovering, callbacks };
        let builder = thread::Builder::new().name("lockgraph watchdog".into());
        let thread = builder.spawn(move || guarding(|| watch.run()))?;
        Ok(Watchdog { shared, thread: Some(thread) })
    }
}

/// A counter that threads must advance. Dropping it ends the watch.
///
/// ```
/// use std::time::Duration;
/// use lockgraph::Watchdog;
///
/// let watchdog = Watchdog::after(Duration::from_secs(30))
///     .on_standstill(|seen| eprintln!("{seen}"))
///     .recovering()
///     .begin()
///     .expect("a thread can begin");
/// for _order in 0..100 {
///     // Whatever may hang ...
///     watchdog.tick();
/// }
/// ```
#[derive(Debug)]
pub struct Watchdog {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default, Debug)]
struct Shared {
    ticks: AtomicU64,
    is_over: AtomicBool,
}

impl Watchdog {
    /// One that minds if nobody ticks for `limit`.
    pub fn after(limit: Duration) -> WatchdogBuilder {
        WatchdogBuilder { limit, recovers: false, callbacks: Vec::new() }
    }

    /// There is progress.
    #[inline]
    pub fn tick(&self) {
        self.shared.ticks.fetch_add(1, Ordering::Relaxed);
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        self.shared.is_over.store(true, Ordering::Release);
        let Some(thread) = self.thread.take() else { return };
        thread.thread().unpark();
        // A callback may be what drops it.
        if thread.thread().id() != thread::current().id() {
            let _ = thread.join();
        }
    }
}

/// What the thread of a watchdog has.
struct Watch {
    shared: Arc<Shared>,
    limit: Duration,
    recovering: Option<Recovering>,
    callbacks: Vec<Callback>,
}

impl Watch {
    fn run(mut self) {
        let (mut ticks, mut since, mut minded) = (0, Instant::now(), Instant::now());
        let mut has_minded = false;
        while !self.shared.is_over.load(Ordering::Acquire) {
            let now = self.shared.ticks.load(Ordering::Relaxed);
            if now != ticks {
                (ticks, since, minded, has_minded) = (now, Instant::now(), Instant::now(), false);
            } else if minded.elapsed() >= self.limit && (!has_minded || self.recovering.is_some()) {
                has_minded = self.mind(since, has_minded).is_none();
                minded = Instant::now();
            }
            thread::park_timeout(self.limit / LOOKS);
        }
    }

    /// Nobody has ticked for too long, which `is_told` already or not. Returns who was told to give up.
    fn mind(&mut self, since: Instant, is_told: bool) -> Option<Thread> {
        let elapsed = since.elapsed();
        // A wait may have begun a while after the last tick.
        let StalledNow { findings, report, victim } =
            stalled_now(self.limit / 2, self.recovering.as_ref(), is_told);
        // Without a victim nothing changes by saying it again.
        if is_told && victim.is_none() {
            return None;
        }
        let seen = Standstill { elapsed, findings, report, victim };
        self.callbacks.iter_mut().for_each(|callback| callback(&seen));
        seen.victim
    }
}
