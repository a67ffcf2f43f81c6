//! Stacks: raw addresses when something new is seen, names only when it is printed.

use std::sync::Arc;

use crate::finding::Frame;

/// A stack as raw return addresses, innermost first.
pub(crate) type Stack = Option<Arc<[usize]>>;

/// Frames of a stack that are kept.
#[cfg(feature = "backtrace")]
const DEPTH: usize = 32;
/// Frames of a stack that are printed.
#[cfg(feature = "backtrace")]
const SHORT: usize = 8;

/// The stack of this moment.
#[cfg(feature = "backtrace")]
pub(crate) fn capture() -> Stack {
    if !crate::config::get().stacks {
        return None;
    }
    let mut addresses = Vec::with_capacity(DEPTH);
    walk(|frame| {
        addresses.push(frame.ip().addr());
        addresses.len() < DEPTH
    });
    Some(addresses.into())
}

/// Unix unwinders need no lock. The crate's own would stand in an order with the graph's, and
/// user code may run under it.
#[cfg(all(feature = "backtrace", unix))]
fn walk(each: impl FnMut(&backtrace::Frame) -> bool) {
    // SAFETY: the lock is for platforms whose unwinder keeps state of the process; this one is of
    // the thread's own.
    unsafe { backtrace::trace_unsynchronized(each) }
}

#[cfg(all(feature = "backtrace", not(unix)))]
fn walk(each: impl FnMut(&backtrace::Frame) -> bool) {
    backtrace::trace(each);
}

/// Without the feature there are none.
#[cfg(not(feature = "backtrace"))]
pub(crate) fn capture() -> Stack {
    None
}

/// For each stack the frames that a reader wants to see: those of the program, innermost first.
///
/// On a thread of its own, because reading debug information takes far more stack than the
/// observed thread may have left. No thread, no frames.
#[cfg(feature = "backtrace")]
pub(crate) fn resolve(stacks: Vec<Stack>) -> Vec<Vec<Frame>> {
    let count = stacks.len();
    let (send, receive) = std::sync::mpsc::channel();
    let work = move || {
        let frames = super::local::untracked(|| stacks.iter().map(resolve_one).collect());
        let _ = send.send(frames);
    };
    let thread = std::thread::Builder::new().stack_size(RESOLVER_STACK).spawn(work);
    // The observed thread may be in the crate's own callbacks, under its lock: no waiting for ever.
    let frames = thread.ok().and_then(|_| receive.recv_timeout(RESOLVER_TIME).ok());
    frames.unwrap_or_else(|| vec![Vec::new(); count])
}

/// Without the feature there are none.
#[cfg(not(feature = "backtrace"))]
pub(crate) fn resolve(stacks: Vec<Stack>) -> Vec<Vec<Frame>> {
    stacks.into_iter().map(|_| Vec::new()).collect()
}

#[cfg(feature = "backtrace")]
const RESOLVER_STACK: usize = 4 << 20;
#[cfg(feature = "backtrace")]
const RESOLVER_TIME: std::time::Duration = std::time::Duration::from_secs(5);

#[cfg(feature = "backtrace")]
fn resolve_one(stack: &Stack) -> Vec<Frame> {
    let mut frames = Vec::new();
    for address in stack.iter().flat_map(|addresses| addresses.iter()) {
        let address = std::ptr::without_provenance_mut(*address);
        backtrace::resolve(address, |symbol| frames.extend(frame(symbol)));
    }
    frames.truncate(SHORT);
    frames
}

#[cfg(feature = "backtrace")]
fn frame(symbol: &backtrace::Symbol) -> Option<Frame> {
    let name = format!("{:#}", symbol.name()?);
    if is_machinery(&name) {
        return None;
    }
    let place = symbol.filename().zip(symbol.lineno()).map(|(file, line)| crate::finding::Place {
        file: file.display().to_string(),
        line,
        column: symbol.colno().unwrap_or(0),
    });
    Some(Frame { function: name, place })
}

/// Frames that are the same in every stack: ours, the locks', the standard library's.
#[cfg(feature = "backtrace")]
fn is_machinery(function: &str) -> bool {
    const CRATES: [&str; 9] = [
        "lockgraph::",
        "backtrace::",
        "std::",
        "core::",
        "alloc::",
        "test::",
        "lock_api::",
        "parking_lot::",
        "parking_lot_core::",
    ];
    const NAMES: [&str; 8] = [
        "main",
        "_start",
        "__libc_start",
        "start_thread",
        "clone",
        "__clone",
        "__rust",
        "rust_begin",
    ];
    // `<T as core::..>::call`: what counts is the trait's crate.
    let path = match function.strip_prefix('<') {
        Some(rest) => rest.split_once(" as ").map_or(rest, |(_, path)| path),
        None => function,
    };
    CRATES.iter().any(|name| path.starts_with(name))
        || NAMES.iter().any(|name| function.starts_with(name) && !function.contains("::"))
}
