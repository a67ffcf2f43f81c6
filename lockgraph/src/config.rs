//! How the detector behaves: a few settings, each with an environment variable.

use std::fmt;
use std::path::PathBuf;
use std::sync::OnceLock;
use std::time::Duration;

use crate::trace::Level;

/// What to do about an actual deadlock, after it has been reported.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum OnDeadlock {
    /// Panic in the thread that closed it, so that its locks are given back and the others go
    /// on; abort the process if that thread is unwinding already. In a test: a failure with a
    /// report instead of a hang.
    #[default]
    Panic,
    /// Panic in the thread of the circle that holds least (the fewest locks, then the youngest), which
    /// is often not the one that closed it; the others go on. Its panic is the one of
    /// [`Panic`](OnDeadlock::Panic) else, also where it comes from and that it poisons nothing.
    ///
    /// So that they can be told to give up, threads that wait for a lock or for the end of another
    /// one sleep in short pieces in this mode, of 10 ms at most, and try in between. Waits for
    /// signals, initialisations and the ends of scopes are none of these: where nobody can be told,
    /// this is as `Panic`.
    ///
    /// The panic says what the report has said at length, with the way out:
    ///
    /// ```
    /// # #[cfg(any(debug_assertions, feature = "instrument"))] {
    /// use std::sync::Barrier;
    /// use lockgraph::{Config, OnDeadlock, named, sync::Mutex, thread};
    ///
    /// Config { on_deadlock: OnDeadlock::Victim, ..Config::from_env() }.install().unwrap();
    /// let [fork, knife, plate] = [&"fork", &"knife", &"plate"].map(|name| named::mutex(name, 0));
    /// let both_have = Barrier::new(2);
    /// # let hook = std::panic::take_hook();
    /// # std::panic::set_hook(Box::new(|_| ()));
    /// let told = thread::scope(|scope| {
    ///     let _two = (fork.lock().unwrap(), plate.lock().unwrap());
    ///     let guest = scope.spawn(|| {
    ///         let _knife = knife.lock().unwrap();
    ///         both_have.wait();
    ///         drop(fork.lock());
    ///     });
    ///     both_have.wait();
    ///     // It comes free because the guest, who holds less, gives up. It is not poisoned.
    ///     drop(knife.lock().unwrap());
    ///     guest.join().unwrap_err()
    /// });
    /// # std::panic::set_hook(hook);
    /// let told = told.downcast_ref::<String>().unwrap();
    /// # let in_turn = "lockgraph: deadlock: threads 1 and `main` wait for each other for ever";
    /// # let told = if told == in_turn { "lockgraph: deadlock: threads `main` and 1 wait for each other for ever" } else { told };
    /// assert_eq!(
    ///     told,
    ///     "lockgraph: deadlock: threads `main` and 1 wait for each other for ever"
    /// );
    /// # }
    /// ```
    Victim,
    /// Let it hang.
    Report,
    /// Abort the process.
    Abort,
}

/// What to do about a deadlock that could happen, the first time it is found.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum OnViolation {
    /// Print it on standard error and go on.
    #[default]
    Report,
    /// Print it and panic in the thread that was seen last.
    Panic,
    /// Only keep it for [`findings`](crate::findings), the callback and the trace.
    Ignore,
}

/// What to do about waits that nobody seems to end, after they have been reported.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum OnStall {
    /// Leave them alone.
    #[default]
    Report,
    /// Abort the process.
    Abort,
}

/// The settings of this process. They are fixed when the first lock is used.
///
/// ```
/// let config = lockgraph::Config { stacks: false, ..lockgraph::Config::from_env() };
/// config.install().expect("no lock has been used yet");
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Config {
    /// `LOCKGRAPH=off` switches the detector off; the locks work as those of `std` do.
    pub enabled: bool,
    /// `LOCKGRAPH_TRACE=DIR`: leave a trace in this directory.
    pub trace: Option<PathBuf>,
    /// `LOCKGRAPH_LEVEL=graph|full`: how much goes into the trace. At `graph` its size follows
    /// what the program does differently, at `full` it has every event.
    pub level: Level,
    /// `LOCKGRAPH_ON_DEADLOCK=panic|victim|report|abort`.
    pub on_deadlock: OnDeadlock,
    /// `LOCKGRAPH_ON_VIOLATION=report|panic|ignore`.
    pub on_violation: OnViolation,
    /// `LOCKGRAPH_STALL_AFTER=SECONDS`: report waits without a time limit that take longer than
    /// this, whether or not it is known that nobody will end them. Not set, or 0: never.
    pub stall_after: Option<Duration>,
    /// `LOCKGRAPH_ON_STALL=report|abort`.
    pub on_stall: OnStall,
    /// `LOCKGRAPH_LONG_HOLD=MILLISECONDS`: report locks that were held for longer than this, and keep
    /// the longest hold of each lock in the trace. Every acquisition and release then looks at the
    /// clock. Not set, or 0: never.
    pub long_hold: Option<Duration>,
    /// `LOCKGRAPH_LONG_HOLD_SHARED=MILLISECONDS`: the same for readers, which have the limit of
    /// the others if this is not set, and none if it is 0.
    pub long_hold_shared: Option<Duration>,
    /// `LOCKGRAPH_REPEATED_TIMEOUT=TIMES`: report a lock that was not had within its time limit so
    /// often in a row, at one place and by whatever threads. Not set: 10. 0: never.
    pub repeated_timeout: u32,
    /// `LOCKGRAPH_STACKS=on|off`: keep a stack for each new edge, about two microseconds apiece.
    /// Without the feature `backtrace` there are none.
    pub stacks: bool,
}

impl Default for Config {
    fn default() -> Config {
        Config {
            enabled: true,
            trace: None,
            level: Level::Graph,
            on_deadlock: OnDeadlock::default(),
            on_violation: OnViolation::default(),
            stall_after: None,
            on_stall: OnStall::default(),
            long_hold: None,
            long_hold_shared: None,
            repeated_timeout: 10,
            stacks: true,
        }
    }
}

/// The settings were fixed before: a lock had been used, or other settings installed.
///
/// ```
/// # #[cfg(any(debug_assertions, feature = "instrument"))] {
/// use lockgraph::{Config, sync::Mutex};
///
/// drop(Mutex::new(1).lock());
/// let error = Config::from_env().install().unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "the lockgraph configuration is fixed once the first lock has been used; install it at the \
///      beginning of `main`"
/// );
/// # }
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TooLate;

impl fmt::Display for TooLate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "the lockgraph configuration is fixed once the first lock has been used; install it at the \
             beginning of `main`",
        )
    }
}

impl std::error::Error for TooLate {}

static CONFIG: OnceLock<Config> = OnceLock::new();

impl Config {
    /// The settings that the environment asks for. A variable with a value that is not one of
    /// its own is reported on standard error and taken as not set.
    pub fn from_env() -> Config {
        let mut config = Config::default();
        choose("LOCKGRAPH", &[("on", true), ("off", false)], &mut config.enabled);
        config.trace =
            std::env::var_os("LOCKGRAPH_TRACE").filter(|d| !d.is_empty()).map(PathBuf::from);
        let levels = [("graph", Level::Graph), ("full", Level::Full)];
        choose("LOCKGRAPH_LEVEL", &levels, &mut config.level);
        let reactions = [
            ("panic", OnDeadlock::Panic),
            ("victim", OnDeadlock::Victim),
            ("report", OnDeadlock::Report),
            ("abort", OnDeadlock::Abort),
        ];
        choose("LOCKGRAPH_ON_DEADLOCK", &reactions, &mut config.on_deadlock);
        let reactions = [
            ("report", OnViolation::Report),
            ("panic", OnViolation::Panic),
            ("ignore", OnViolation::Ignore),
        ];
        choose("LOCKGRAPH_ON_VIOLATION", &reactions, &mut config.on_violation);
        config.stall_after = time("LOCKGRAPH_STALL_AFTER", SECONDS).flatten();
        let reactions = [("report", OnStall::Report), ("abort", OnStall::Abort)];
        choose("LOCKGRAPH_ON_STALL", &reactions, &mut config.on_stall);
        config.long_hold = time("LOCKGRAPH_LONG_HOLD", MILLISECONDS).flatten();
        let shared = time("LOCKGRAPH_LONG_HOLD_SHARED", MILLISECONDS);
        config.long_hold_shared = shared.unwrap_or(config.long_hold);
        count("LOCKGRAPH_REPEATED_TIMEOUT", &mut config.repeated_timeout);
        choose("LOCKGRAPH_STACKS", &[("on", true), ("off", false)], &mut config.stacks);
        config.enabled &= is_wanted(&config);
        config
    }

    /// Makes these the settings of this process.
    ///
    /// # Errors
    ///
    /// If a lock has been used before, or settings have been installed.
    pub fn install(self) -> Result<(), TooLate> {
        CONFIG.set(self).map_err(|_| TooLate)
    }
}

/// Under `cargo lockgraph` every program of a build has the detector in it. Only those whose traces
/// are asked for use it, and of these not the build's own: build scripts, and compilers that run
/// procedural macros.
#[cfg(lockgraph_facade)]
fn is_wanted(config: &Config) -> bool {
    // What cargo tells build scripts, and together nobody else.
    const BUILD_SCRIPT: [&str; 4] = ["OUT_DIR", "HOST", "TARGET", "NUM_JOBS"];
    const COMPILERS: [&str; 4] = ["rustc", "rustdoc", "clippy-driver", "rustfmt"];
    let is_compiler = || {
        let program = std::env::current_exe().ok();
        let name = program.as_deref().and_then(|path| path.file_stem()?.to_str());
        name.is_some_and(|name| COMPILERS.contains(&name))
    };
    config.trace.is_some()
        && !BUILD_SCRIPT.iter().all(|name| std::env::var_os(name).is_some())
        && !is_compiler()
}

#[cfg(not(lockgraph_facade))]
fn is_wanted(_: &Config) -> bool {
    true
}

/// The settings, fixed now if they were not.
pub(crate) fn get() -> &'static Config {
    CONFIG.get_or_init(Config::from_env)
}

fn choose<T: Copy>(variable: &str, choices: &[(&str, T)], setting: &mut T) {
    let Some(value) = std::env::var_os(variable).filter(|value| !value.is_empty()) else { return };
    match choices.iter().find(|(name, _)| value == *name) {
        Some((_, choice)) => *setting = *choice,
        None => {
            let names: Vec<&str> = choices.iter().map(|(name, _)| *name).collect();
            let names = names.join(", ");
            eprintln!("lockgraph: {variable}={value:?} is ignored: it is none of {names}");
        }
    }
}

/// The name of a unit of time, and how many of it are a second.
type Unit = (&'static str, f64);

const SECONDS: Unit = ("seconds", 1.0);
const MILLISECONDS: Unit = ("milliseconds", 1000.0);

/// A number of such units, which may have a fraction; `None` if it is not there, and in it `None`
/// if it is 0.
fn time(variable: &str, (unit, in_a_second): Unit) -> Option<Option<Duration>> {
    let value = std::env::var_os(variable).filter(|value| !value.is_empty())?;
    let number = value.to_str().and_then(|text| text.parse::<f64>().ok());
    let seconds = number.map(|number| number / in_a_second);
    match seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()) {
        Some(time) => Some(Some(time).filter(|time| !time.is_zero())),
        None => {
            eprintln!("lockgraph: {variable}={value:?} is ignored: it is no number of {unit}");
            None
        }
    }
}

/// A whole number.
fn count(variable: &str, setting: &mut u32) {
    let Some(value) = std::env::var_os(variable).filter(|value| !value.is_empty()) else { return };
    match value.to_str().and_then(|text| text.parse().ok()) {
        Some(number) => *setting = number,
        None => eprintln!(
            "lockgraph: {variable}={value:?} is ignored: it is not a whole number; write how often, \
             such as 10, or 0 for never"
        ),
    }
}
