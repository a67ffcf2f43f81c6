//! Stacks by the unwinder, named by this process.

use crate::finding::{Finding, Frame, Place};

/// Frames of a stack that are printed.
const SHORT: usize = 8;
const RESOLVER_STACK: usize = 4 << 20;
const RESOLVER_TIME: std::time::Duration = std::time::Duration::from_secs(5);

/// Fills `addresses` with the return addresses of this moment, innermost first, and returns how
/// many there are.
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
pub(super) use super::latest::capture;

/// Fills `addresses` with the return addresses of this moment, innermost first, and returns how
/// many there are.
#[cfg(not(all(target_os = "linux", target_arch = "x86_64")))]
pub(super) fn capture(addresses: &mut [u64]) -> usize {
    unwind(addresses, |_, _| {})
}

/// As [`capture`], by the unwinder. Shows each frame, with its number.
pub(super) fn unwind(
    addresses: &mut [u64],
    mut each: impl FnMut(usize, &backtrace::Frame),
) -> usize {
    let mut count = 0;
    walk(|frame| {
        addresses[count] = frame.ip().addr() as u64;
        each(count, frame);
        count += 1;
        count < addresses.len()
    });
    count
}

/// None: a thread that waits for a lock is not to pay for the unwinder each time.
pub(crate) fn capture_if_cheap() -> Vec<u64> {
    Vec::new()
}

/// Unix unwinders need no lock. The crate's own would stand in an order with the graph's, and
/// user code may run under it.
#[cfg(unix)]
fn walk(each: impl FnMut(&backtrace::Frame) -> bool) {
    // SAFETY: the lock is for platforms whose unwinder keeps state of the process; this one is of
    // the thread's own.
    unsafe { backtrace::trace_unsynchronized(each) }
}

#[cfg(not(unix))]
fn walk(each: impl FnMut(&backtrace::Frame) -> bool) {
    backtrace::trace(each);
}

/// Finds the names of the frames in a finding's stacks: those that a reader wants to see, the
/// program's own, innermost first.
///
/// On a thread of its own, because reading debug information takes far more stack than the
/// observed thread may have left. No thread, no frames.
pub(crate) fn resolve(finding: &mut Finding) {
    let stacks: Vec<Vec<u64>> =
        finding.steps.iter_mut().map(|step| std::mem::take(&mut step.addresses)).collect();
    let (send, receive) = std::sync::mpsc::channel();
    let work = move || {
        let frames: Vec<Vec<Frame>> = super::super::local::untracked(|| {
            stacks.iter().map(|stack| resolve_one(stack)).collect()
        });
        let _ = send.send(frames);
    };
    let thread = std::thread::Builder::new().stack_size(RESOLVER_STACK).spawn(work);
    // The observed thread may be in the crate's own callbacks, under its lock: no waiting for ever.
    let frames = thread.ok().and_then(|_| receive.recv_timeout(RESOLVER_TIME).ok());
    for (step, frames) in finding.steps.iter_mut().zip(frames.unwrap_or_default()) {
        step.stack = frames;
    }
}

fn resolve_one(stack: &[u64]) -> Vec<Frame> {
    let mut frames = Vec::new();
    for address in stack {
        let address = std::ptr::without_provenance_mut(*address as usize);
        backtrace::resolve(address, |symbol| frames.extend(frame(symbol)));
    }
    frames.truncate(SHORT);
    frames
}

fn frame(symbol: &backtrace::Symbol) -> Option<Frame> {
    let name = format!("{:#}", symbol.name()?);
    if Frame::is_machinery(&name) {
        return None;
    }
    let place = symbol.filename().zip(symbol.lineno()).map(|(file, line)| Place {
        file: file.display().to_string(),
        line,
        column: symbol.colno().unwrap_or(0),
    });
    Some(Frame { function: name, place })
}
