//! What the threads of this process do, by the word of the kernel.
//!
//! `/proc/self/task` has a directory for each. Its `status` tells whether the thread sleeps, and how
//! often it was switched to and from: if that number is the same in two readings, the thread has not
//! run in between. Its `syscall` tells in which call it sleeps. A thread that was woken is no longer
//! asleep, even if no processor has taken it up yet.

use std::fs::{self, File};
use std::io;
use std::mem::MaybeUninit;
use std::os::unix::fs::FileExt;
use std::path::Path;

use crate::runtime::sys::{Call, Task};

#[cfg(target_arch = "x86_64")]
const FUTEX: Option<u64> = Some(202);
#[cfg(any(target_arch = "aarch64", target_arch = "riscv64", target_arch = "loongarch64"))]
const FUTEX: Option<u64> = Some(98);
#[cfg(not(any(
    target_arch = "x86_64",
    target_arch = "aarch64",
    target_arch = "riscv64",
    target_arch = "loongarch64"
)))]
const FUTEX: Option<u64> = None;

/// The number of this thread.
pub(in crate::runtime) fn this_task() -> Option<u32> {
    let link = fs::read_link("/proc/thread-self").ok()?;
    link.file_name()?.to_str()?.parse().ok()
}

/// Reads memory of this process, whatever lies there. False if not all of it is memory.
pub(in crate::runtime) fn read_memory(from: usize, to: &mut [MaybeUninit<u8>]) -> bool {
    let Ok(memory) = File::open("/proc/self/mem") else { return false };
    let mut bytes = vec![0; to.len()];
    let is_read = memory.read_exact_at(&mut bytes, from as u64).is_ok();
    if is_read {
        to.iter_mut().zip(bytes).for_each(|(to, byte)| *to = MaybeUninit::new(byte));
    }
    is_read
}

/// All threads of this process, in the order of their numbers. `None` if the kernel does not say of
/// each what it does: it has no such fields, or there are no descriptors left to read them.
pub(in crate::runtime) fn tasks() -> Option<Vec<Task>> {
    let mut tasks = Vec::new();
    for entry in fs::read_dir("/proc/self/task").ok()? {
        let path = entry.ok()?.path();
        match fs::read_to_string(path.join("status")) {
            Ok(status) => tasks.push(task(&path, &status)?),
            // One that has ended meanwhile is none any more.
            Err(error) if is_end(&error) => {}
            Err(_) => return None,
        }
    }
    tasks.sort_unstable_by_key(|task| task.id);
    Some(tasks)
}

/// Whether a signal may run code of the program, or the kernel does not say.
pub(in crate::runtime) fn has_handlers() -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:"));
    caught.is_none_or(|mask| catches(mask.trim()))
}

/// Whether more is caught than a thread does to itself, and than the C library has for itself.
fn catches(mask: &str) -> bool {
    /// SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV, SIGSYS, and 32 to 34.
    const OTHERS: [u32; 10] = [4, 5, 6, 7, 8, 11, 31, 32, 33, 34];
    let others = OTHERS.iter().fold(0, |mask, signal| mask | 1_u128 << (signal - 1));
    u128::from_str_radix(mask, 16).map_or(true, |caught| caught & !others != 0)
}

/// Whether this is the kernel's word that there is no such thread any more.
fn is_end(error: &io::Error) -> bool {
    /// Where the directory was there, but not the thread.
    const ESRCH: i32 = 3;
    error.kind() == io::ErrorKind::NotFound || error.raw_os_error() == Some(ESRCH)
}

fn task(path: &Path, status: &str) -> Option<Task> {
    let id = path.file_name()?.to_str()?.parse().ok()?;
    let field = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        line.and_then(|rest| rest.strip_prefix(':')).map(str::trim)
    };
    let count = |name| field(name).and_then(|text| text.parse::<u64>().ok());
    let state = field("State")?.chars().next()?;
    Some(Task {
        id,
        name: field("Name")?.to_owned(),
        is_gone: matches!(state, 'Z' | 'X'),
        is_asleep: state == 'S',
        switches: count("voluntary_ctxt_switches")? + count("nonvoluntary_ctxt_switches")?,
        call: call(&fs::read_to_string(path.join("syscall")).unwrap_or_default()),
    })
}

/// The call that the text of `syscall` tells of: its number and arguments, or `running`.
fn call(text: &str) -> Call {
    let mut words = text.split_whitespace();
    let number = words.next().and_then(|word| word.parse::<u64>().ok());
    match number {
        Some(number) if Some(number) == FUTEX => {
            // A futex is waited for without a time limit if the fourth argument is null.
            Call::Futex { is_timed: words.nth(3) != Some("0x0") }
        }
        Some(number) => Call::Other(number),
        None => Call::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::thread;

    use super::*;

    #[test]
    fn the_kernel_tells_of_a_thread_that_sleeps() {
        let own = this_task().expect("Linux has /proc");
        let (tell, told) = mpsc::channel();
        let (end, ended) = mpsc::channel::<()>();
        let sleeper = thread::spawn(move || {
            tell.send(this_task().expect("here too")).expect("it is received");
            let _ = ended.recv();
        });
        let other = told.recv().expect("it is sent");
        let find = |id| tasks().expect("they can be read").into_iter().find(|task| task.id == id);
        let asleep = || {
            let task = find(other).expect("it is alive");
            task.is_asleep && task.call == Call::Futex { is_timed: false }
        };
        while !asleep() {
            thread::yield_now();
        }
        let switches = || find(other).map(|task| task.switches);
        let before = switches();
        assert_eq!(before, switches(), "it has not run");
        assert!(!find(own).expect("this thread").is_asleep);
        drop(end);
        sleeper.join().expect("it ends");
        assert!(find(other).is_none_or(|task| task.is_gone));
    }

    #[test]
    fn what_the_kernel_does_not_say_is_not_made_up() {
        let status = "Name:\tteller\nState:\tS (sleeping)\n";
        let path = Path::new("/proc/self/task/0");
        assert_eq!(task(path, status), None);
        let counts = "voluntary_ctxt_switches:\t3\nnonvoluntary_ctxt_switches:\t4\n";
        let seen = task(path, &format!("{status}{counts}")).expect("all is there");
        assert!(seen.is_asleep && seen.switches == 7 && seen.call == Call::Unknown);
        let none_left = io::Error::from_raw_os_error(24);
        assert!(!is_end(&none_left) && is_end(&io::Error::from_raw_os_error(3)));
    }

    #[test]
    fn handlers_of_the_program_are_told_from_those_for_crashes() {
        // What the standard library catches, with what the C library does, and with SIGTERM.
        for (mask, is_there) in
            [("0000000000000440", false), ("0000000180000440", false), ("0000000000004440", true)]
        {
            assert_eq!(catches(mask), is_there, "{mask}");
        }
    }

    #[test]
    fn calls_are_told_apart() {
        if FUTEX == Some(202) {
            let timed = "202 0x7f 0x80 0x2 0x0 0x0 0x0 0x7ffd 0x7f12";
            assert_eq!(call(timed), Call::Futex { is_timed: false });
            let timed = "202 0x7f 0x89 0x2 0x7fee 0x0 0xffffffff 0x7ffd 0x7f12";
            assert_eq!(call(timed), Call::Futex { is_timed: true });
        }
        assert_eq!(call("0 0x0 0x7f 0x400 0x0 0x0 0x0 0x7ffd 0x7f12\n"), Call::Other(0));
        assert_eq!(call("running\n"), Call::Unknown);
        assert_eq!(call(""), Call::Unknown);
    }
}
