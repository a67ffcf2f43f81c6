//! Waiting until another thread waits: the kernel says whether it sleeps.

use std::sync::OnceLock;
use std::time::Duration;
use std::{fs, thread};

/// A thread that is about to wait for something, and nothing else.
#[derive(Default)]
pub(crate) struct Sleeper(OnceLock<Option<String>>);

impl Sleeper {
    /// It is the calling thread, and what it waits for next is what it is to sleep in.
    pub(crate) fn is_here(&self) {
        let task = fs::read_link("/proc/thread-self");
        let stat = task.ok().map(|task| format!("/proc/{}/stat", task.display()));
        self.0.set(stat).expect("it is one thread, once");
    }

    /// Waits until it sleeps, without sleeping in a lock.
    pub(crate) fn wait(&self) {
        let stat = loop {
            match self.0.get() {
                Some(stat) => break stat,
                None => thread::yield_now(),
            }
        };
        match stat {
            // It may sleep for a moment before it comes to its wait.
            Some(stat) => {
                let mut looks = 0;
                while looks < 3 {
                    looks = if sleeps(stat) { looks + 1 } else { 0 };
                    thread::sleep(Duration::from_millis(2));
                }
            }
            // The kernel says nothing of threads: a while has to do.
            None => thread::sleep(Duration::from_millis(200)),
        }
    }
}

/// Whether the kernel says so. The state follows the name in parentheses.
fn sleeps(stat: &str) -> bool {
    let text = fs::read_to_string(stat).expect("the thread is there");
    text.rsplit_once(')').is_some_and(|(_, rest)| rest.trim_start().starts_with('S'))
}
