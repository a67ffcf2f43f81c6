//! What is measured, generic over the locks.
//!
//! Every contestant is a program of three lines around this crate: it says which locks, and
//! [`main`] does what its arguments ask for. The rows are generic and the locks' functions always
//! inlined, so a contestant's loops are compiled as a user's would be: lock and unlock inline as
//! far as their crates let them.
//!
//! | file | what is in it |
//! |---|---|
//! | `locks` | the locks of one contestant, and those of `std` |
//! | `row` | the rows, and the work of each |
//! | `waits` | the rows of condition variables and semaphores |
//! | `pace` | clocks, and how long a batch is |
//! | `one_thread`, `two_threads` | batches of ours and of `std` in turn |
//! | `edges` | the order graph as it grows |
//! | `crowd` | many locks, many threads, many requests |
//!
//! Linux only: it reads `/proc`.

mod crowd;
mod edges;
mod locks;
mod one_thread;
mod pace;
mod row;
mod two_threads;
mod waits;

use std::time::Duration;

pub use crate::locks::{Locks, Std};
pub use crate::row::{Row, Work, adds};
pub use crate::waits::{Turns, passes, plain_passes, turns};

/// Does what the arguments of this process ask for, and prints what came of it: a line for each
/// result, of a word and numbers, separated by spaces.
///
/// | arguments | lines |
/// |---|---|
/// | `facts` | `bytes N`: `Mutex<()>` over the original; `original 0` or `1`: the same type |
/// | `compare ROW MILLISECONDS` | `pair OURS STD`: nanoseconds, for each pair of batches |
/// | `count ROW ours` or `std` `N` | none; does the row's work `N` times |
/// | `edges SECONDS N..` | see [`edges`] |
/// | `live N`, `threads N ours` or `std`, `requests MILLIONS alone` or `nested` | see [`crowd`] |
///
/// # Panics
///
/// If the arguments are not of these.
pub fn main<L: Locks>() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let row = |name: &str| Row::from_name(name).expect("the name of a row");
    let number = |text: &str| text.parse::<usize>().expect("a number");
    match arguments[..] {
        ["facts"] => {
            println!("bytes {}", L::BYTES_OVER_ORIGINAL);
            println!("original {}", u8::from(L::is_original()));
        }
        ["compare", name, milliseconds] => {
            let time = Duration::from_millis(number(milliseconds) as u64);
            let report = |ours: f64, std: f64| println!("pair {ours} {std}");
            match row(name) {
                row if row.is_parallel() => two_threads::compare::<L>(row, time, report),
                row => one_thread::compare::<L>(row, time, report),
            }
        }
        ["count", name, "ours", times] => count::<L>(row(name), number(times) as u64),
        ["count", name, "std", times] => count::<Std>(row(name), number(times) as u64),
        ["edges", seconds, ref numbers @ ..] => {
            let checkpoints: Vec<usize> = numbers.iter().map(|text| number(text)).collect();
            edges::grow::<L>(Duration::from_secs(number(seconds) as u64), &checkpoints);
        }
        ["live", locks] => crowd::live::<L>(number(locks)),
        ["threads", threads, "ours"] => crowd::threads::<L>(number(threads)),
        ["threads", threads, "std"] => crowd::threads::<Std>(number(threads)),
        ["requests", millions, "alone"] => crowd::requests::<L>(number(millions), false),
        ["requests", millions, "nested"] => crowd::requests::<L>(number(millions), true),
        _ => panic!("not an argument of a contestant: {arguments:?}"),
    }
}

/// The row's work, for a program that counts instructions around it. No clock, no barrier: the
/// same instructions in every run.
fn count<L: Locks>(row: Row, times: u64) {
    if row.is_parallel() {
        two_threads::count::<L>(row, times);
        return;
    }
    let mut work = row.work::<L>();
    work(row.warm_up());
    work(times);
}
