//! Pieces of the trace file in memory: shared mappings. The only unsafe code of the trace.
//!
//! A [`Region`] is the only one in this process that touches its bytes, so they are handed out
//! as a plain `&mut [u8]`. It may be cut in two, each for an owner of its own. Other processes may read them at any time; what they rely on (the
//! committed length, a slot's version) is stored with [`Region::store`].
//!
//! [`grow`] makes the file longer with its blocks allocated: a write to a hole of a mapped file
//! kills the process with SIGBUS when the disk is full. It refuses to pass the process's limit
//! on file sizes, which would kill it with SIGXFSZ. What is left: somebody who cuts the file
//! while it is mapped, and file systems that break their promise about allocated blocks.

use std::ffi::{c_int, c_void};
use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::fs::FileExt;
use std::ptr::{self, NonNull};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

/// `off_t`.
#[cfg(all(target_pointer_width = "32", any(target_env = "gnu", target_os = "android")))]
type Offset = i32;
#[cfg(not(all(target_pointer_width = "32", any(target_env = "gnu", target_os = "android"))))]
type Offset = i64;

/// `rlim_t`.
#[cfg(all(target_pointer_width = "32", any(target_env = "gnu", target_os = "android")))]
type Limit = u32;
#[cfg(not(all(target_pointer_width = "32", any(target_env = "gnu", target_os = "android"))))]
type Limit = u64;

#[repr(C)]
struct Limits {
    soft: Limit,
    hard: Limit,
}

// These numbers are the same on every Unix that Rust has a standard library for.
const PROT_READ: c_int = 1;
const PROT_WRITE: c_int = 2;
const MAP_SHARED: c_int = 1;
const RLIMIT_FSIZE: c_int = 1;

unsafe extern "C" {
    fn mmap(
        address: *mut c_void,
        len: usize,
        protection: c_int,
        flags: c_int,
        file: c_int,
        offset: Offset,
    ) -> *mut c_void;
    fn munmap(address: *mut c_void, len: usize) -> c_int;
    fn getrlimit(resource: c_int, limits: *mut Limits) -> c_int;
    #[cfg(any(target_os = "linux", target_os = "android"))]
    fn posix_fallocate(file: c_int, offset: Offset, len: Offset) -> c_int;
}

/// A mapping, unmapped with its last region.
struct Mapping {
    start: NonNull<u8>,
    len: usize,
}

// SAFETY: a mapping belongs to the process, not to a thread, and its bytes are reached through
// regions alone, each of which has bytes of its own.
unsafe impl Send for Mapping {}
// SAFETY: as above.
unsafe impl Sync for Mapping {}

/// A piece of a mapping. Nobody else in this process has the bytes that it is used for.
pub(super) struct Region {
    /// At a multiple of [`WORD`] from the start of a mapping.
    start: NonNull<u8>,
    len: usize,
    mapping: Arc<Mapping>,
}

// SAFETY: `start` points into the mapping, which any thread may use; `Region` is the only user of
// its bytes.
unsafe impl Send for Region {}

const WORD: usize = size_of::<u32>();

impl Region {
    /// Maps `len` bytes of `file` from `offset`, a multiple of the page size. The file must be
    /// that long.
    pub(super) fn map(file: &File, offset: u64, len: usize) -> io::Result<Region> {
        let offset = Offset::try_from(offset).map_err(|_| too_large())?;
        let protection = PROT_READ | PROT_WRITE;
        // SAFETY: a new mapping at an address that the kernel chooses touches nothing of ours;
        // `file` is open for reading and writing while the call lasts.
        let start =
            unsafe { mmap(ptr::null_mut(), len, protection, MAP_SHARED, file.as_raw_fd(), offset) };
        match NonNull::new(start.cast::<u8>()) {
            Some(start) if start.as_ptr() as isize != -1 => {
                Ok(Region { start, len, mapping: Arc::new(Mapping { start, len }) })
            }
            _ => Err(io::Error::last_os_error()),
        }
    }

    /// Cuts the region at `at`, a multiple of four, and returns what is behind.
    pub(super) fn split_off(&mut self, at: usize) -> Region {
        assert!(at.is_multiple_of(WORD) && at <= self.len, "a piece of the layout is inside");
        // SAFETY: `at` is not beyond the end of this region (see the assertion), which lies in
        // the mapping.
        let start = unsafe { self.start.add(at) };
        let rest = Region { start, len: self.len - at, mapping: self.mapping.clone() };
        self.len = at;
        rest
    }

    /// The bytes from `from` on; none if that is beyond the end.
    #[inline]
    pub(super) fn bytes_mut(&mut self, from: usize) -> &mut [u8] {
        let from = from.min(self.len);
        // SAFETY: `from..len` lies in the mapping, which lives as long as `self`, and no other
        // region has these bytes; `self` is borrowed mutably, so nobody else in this process has a
        // reference to them.
        unsafe { std::slice::from_raw_parts_mut(self.start.as_ptr().add(from), self.len - from) }
    }

    /// `N` bytes from `from` on, if there are so many.
    #[inline]
    pub(super) fn window<const N: usize>(&mut self, from: usize) -> Option<&mut [u8; N]> {
        if self.len < N || from > self.len - N {
            return None;
        }
        // SAFETY: as in `bytes_mut`, for `N` bytes that are inside.
        Some(unsafe { &mut *self.start.as_ptr().add(from).cast() })
    }

    /// Stores a word for readers in other processes, after everything written before it.
    #[inline]
    pub(super) fn store(&mut self, at: usize, value: u32) {
        assert!(at.is_multiple_of(WORD) && at + WORD <= self.len, "a word of the layout is inside");
        // SAFETY: the word lies in the region (see the assertion), is aligned because mappings
        // are and regions begin at words, and in this process is only reached through `self`,
        // which is borrowed mutably.
        let word = unsafe { AtomicU32::from_ptr(self.start.as_ptr().add(at).cast()) };
        word.store(value.to_le(), Ordering::Release);
    }

    /// Makes `from..to` visible to readers, which a shared mapping does by itself.
    #[inline]
    pub(super) fn publish(&mut self, _from: usize, _to: usize) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: `map` made exactly this mapping, and every region of it is gone.
        unsafe { munmap(self.start.as_ptr().cast(), self.len) };
    }
}

/// Makes `file` longer, from `end` by `len` bytes of zeros, with blocks for them.
pub(super) fn grow(file: &File, end: u64, len: usize) -> io::Result<()> {
    let new_end = end.checked_add(len as u64).ok_or_else(too_large)?;
    if new_end > size_limit() {
        return Err(too_large());
    }
    if allocate(file, end, len)? { Ok(()) } else { write_zeros(file, end, len) }
}

/// False: this file system or platform cannot.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn allocate(file: &File, end: u64, len: usize) -> io::Result<bool> {
    const EINTR: c_int = 4;
    const EINVAL: c_int = 22;
    const ENOSYS: c_int = 38;
    const EOPNOTSUPP: c_int = 95;
    let offset = Offset::try_from(end).map_err(|_| too_large())?;
    let len = Offset::try_from(len).map_err(|_| too_large())?;
    loop {
        // SAFETY: the call changes the file only, which is open while it lasts.
        match unsafe { posix_fallocate(file.as_raw_fd(), offset, len) } {
            0 => return Ok(true),
            EINTR => {}
            EINVAL | ENOSYS | EOPNOTSUPP => return Ok(false),
            error => return Err(io::Error::from_raw_os_error(error)),
        }
    }
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn allocate(_: &File, _: u64, _: usize) -> io::Result<bool> {
    Ok(false)
}

fn write_zeros(file: &File, end: u64, len: usize) -> io::Result<()> {
    const ZEROS: [u8; 4096] = [0; 4096];
    for at in (0..len).step_by(ZEROS.len()) {
        file.write_all_at(&ZEROS[..ZEROS.len().min(len - at)], end + at as u64)?;
    }
    Ok(())
}

/// How long this process may make a file.
fn size_limit() -> u64 {
    let mut limits = Limits { soft: 0, hard: 0 };
    // SAFETY: `limits` has the layout that the call fills in.
    match unsafe { getrlimit(RLIMIT_FSIZE, &mut limits) } {
        // All ones and, on some systems, all but the top bit stand for no limit. Both are larger
        // than any file.
        0 => widen(limits.soft),
        _ => u64::MAX,
    }
}

#[cfg(all(target_pointer_width = "32", any(target_env = "gnu", target_os = "android")))]
fn widen(limit: Limit) -> u64 {
    limit.into()
}

#[cfg(not(all(target_pointer_width = "32", any(target_env = "gnu", target_os = "android"))))]
fn widen(limit: Limit) -> u64 {
    limit
}

fn too_large() -> io::Error {
    io::Error::new(io::ErrorKind::FileTooLarge, "the process may not make a file this large")
}
