//! What Linux tells of this process: the programs and libraries in its memory, the ends of stacks,
//! what its threads do.

mod tasks;

pub(in crate::runtime) use tasks::{has_handlers, read_memory, tasks, this_task};

use std::ffi::{CStr, c_char, c_int, c_void};
use std::slice;

use crate::trace::Module;

/// `ElfW(Phdr)` and `struct dl_phdr_info`, as far as they are read, for 64 bits.
#[repr(C)]
struct Segment {
    sort: u32,
    flags: u32,
    offset: u64,
    address: u64,
    physical: u64,
    file_size: u64,
    memory_size: u64,
    align: u64,
}

#[repr(C)]
struct Loaded {
    base: usize,
    name: *const c_char,
    segments: *const Segment,
    segment_count: u16,
}

impl Segment {
    /// Whether this is loaded into memory from the file, and `other` is part of it.
    fn loads(&self, other: &Segment) -> bool {
        let end = |segment: &Segment, size| segment.address.checked_add(size);
        self.sort == PT_LOAD
            && self.address <= other.address
            && end(other, other.memory_size)
                .zip(end(self, self.file_size))
                .is_some_and(|(other, own)| other <= own)
    }
}

const PT_LOAD: u32 = 1;
const PT_NOTE: u32 = 4;
const NT_GNU_BUILD_ID: u32 = 3;

unsafe extern "C" {
    fn dl_iterate_phdr(
        callback: extern "C" fn(*const Loaded, usize, *mut c_void) -> c_int,
        data: *mut c_void,
    ) -> c_int;
}

/// The programs and libraries in memory.
pub(in crate::runtime) fn modules() -> Vec<Module> {
    let mut modules: Vec<Module> = Vec::new();
    if cfg!(target_pointer_width = "64") {
        // SAFETY: `note_module` takes what it is given here, a list that outlives the call.
        unsafe { dl_iterate_phdr(note_module, (&raw mut modules).cast()) };
    }
    modules
}

extern "C" fn note_module(loaded: *const Loaded, _size: usize, modules: *mut c_void) -> c_int {
    // SAFETY: the system hands over a description that is valid during this call, and `modules`
    // is the list that `modules` above lends to it alone.
    let (loaded, modules) = unsafe { (&*loaded, &mut *modules.cast::<Vec<Module>>()) };
    // SAFETY: the name is text that ends with a null, or there is none.
    let name = (!loaded.name.is_null()).then(|| unsafe { CStr::from_ptr(loaded.name) });
    let name = name.map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let path = match (name.is_empty(), modules.is_empty()) {
        (false, _) => name,
        // The program itself has no name, and comes first.
        (true, true) => match std::env::current_exe() {
            Ok(exe) => exe.to_string_lossy().into_owned(),
            Err(_) => return 0,
        },
        (true, false) => return 0,
    };
    let segments = if loaded.segments.is_null() {
        &[]
    } else {
        // SAFETY: so many segments are described there.
        unsafe { slice::from_raw_parts(loaded.segments, usize::from(loaded.segment_count)) }
    };
    // A stripped or edited file may describe notes that are not part of what is loaded.
    let is_loaded = |note: &&Segment| segments.iter().any(|segment| segment.loads(note));
    let notes = segments.iter().filter(|segment| segment.sort == PT_NOTE).filter(is_loaded);
    let build_id = notes.into_iter().find_map(|segment| {
        let start: *const u8 =
            std::ptr::with_exposed_provenance(loaded.base.wrapping_add(segment.address as usize));
        // SAFETY: these notes lie in a segment that is loaded, at the address that they say.
        build_id(unsafe { slice::from_raw_parts(start, segment.memory_size as usize) })
    });
    modules.push(Module {
        path,
        base: loaded.base as u64,
        build_id: build_id.unwrap_or_default().to_vec(),
    });
    0
}

/// The build id among `notes`: sizes of name and contents, the sort, then both, in fours.
fn build_id(mut notes: &[u8]) -> Option<&[u8]> {
    loop {
        let word = |at: usize| {
            let bytes = notes.get(at..at + 4)?;
            bytes.try_into().ok().map(u32::from_ne_bytes)
        };
        let (name, contents, sort) = (word(0)? as usize, word(4)? as usize, word(8)?);
        let at = 12 + name.next_multiple_of(4);
        if sort == NT_GNU_BUILD_ID && notes.get(12..16) == Some(b"GNU\0") {
            return notes.get(at..at + contents);
        }
        notes = notes.get(at + contents.next_multiple_of(4)..)?;
    }
}

/// Runs `f`, which begins a thread that signals are to leave alone: they are for the threads of the
/// program.
pub(in crate::runtime) fn without_signals<R>(f: impl FnOnce() -> R) -> R {
    /// `sigset_t` is at most 128 bytes on any Linux.
    #[repr(C, align(8))]
    struct Signals([u8; 128]);

    unsafe extern "C" {
        fn sigfillset(set: *mut Signals) -> c_int;
        fn pthread_sigmask(how: c_int, set: *const Signals, before: *mut Signals) -> c_int;
    }
    const SETMASK: c_int =
        if cfg!(any(target_arch = "mips", target_arch = "mips64")) { 3 } else { 2 };

    let (mut all, mut before) = (Signals([0; 128]), Signals([0; 128]));
    // SAFETY: the sets are ours and large enough; a new thread inherits the mask of this one.
    let is_set = unsafe {
        sigfillset(&raw mut all) == 0
            && pthread_sigmask(SETMASK, &raw const all, &raw mut before) == 0
    };
    let result = f();
    if is_set {
        // SAFETY: as above; the mask is what it was.
        unsafe { pthread_sigmask(SETMASK, &raw const before, std::ptr::null_mut()) };
    }
    result
}

/// Where the stack of this thread begins and ends; it grows down from the end.
#[cfg(any(
    lockgraph_facade,
    all(feature = "backtrace", target_os = "linux", target_arch = "x86_64")
))]
pub(in crate::runtime) fn stack() -> Option<(usize, usize)> {
    /// `pthread_attr_t` is at most 64 bytes on any Linux.
    #[repr(C, align(16))]
    struct Attributes([u8; 128]);

    unsafe extern "C" {
        fn pthread_self() -> usize;
        fn pthread_getattr_np(thread: usize, attributes: *mut Attributes) -> c_int;
        fn pthread_attr_getstack(
            attributes: *const Attributes,
            address: *mut usize,
            size: *mut usize,
        ) -> c_int;
        fn pthread_attr_destroy(attributes: *mut Attributes) -> c_int;
    }

    let mut attributes = Attributes([0; 128]);
    let (mut address, mut size) = (0, 0);
    // SAFETY: the system fills the attributes of this very thread, which is alive, and frees what
    // it allocated for them; both numbers are ours.
    let failed = unsafe {
        if pthread_getattr_np(pthread_self(), &raw mut attributes) != 0 {
            return None;
        }
        let failed = pthread_attr_getstack(&raw const attributes, &raw mut address, &raw mut size);
        pthread_attr_destroy(&raw mut attributes);
        failed
    };
    (failed == 0).then(|| Some((address, address.checked_add(size)?)))?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_program_is_in_memory() {
        let modules = modules();
        let own = this_program_is_in_memory as *const () as u64;
        let exe = std::env::current_exe().expect("it runs");
        assert_eq!(modules[0].path, exe.to_string_lossy());
        let of_own = modules.iter().filter(|module| module.base <= own).max_by_key(|m| m.base);
        assert_eq!(of_own.map(|module| &module.path), Some(&modules[0].path));
    }

    #[test]
    fn only_what_is_loaded_is_read() {
        let segment = |sort, address, size| Segment {
            sort,
            flags: 0,
            offset: 0,
            address,
            physical: 0,
            file_size: size,
            memory_size: size,
            align: 4,
        };
        let check = |loaded: Segment, note: Segment, expected| {
            assert_eq!(loaded.loads(&note), expected, "{:#x}", note.address);
        };
        let note = |address, size| segment(PT_NOTE, address, size);
        check(segment(PT_LOAD, 0x1000, 0x100), note(0x1000, 0x100), true);
        check(segment(PT_LOAD, 0x1000, 0x100), note(0x10f0, 0x20), false);
        check(segment(PT_LOAD, 0x1000, 0x100), note(0xfff, 0x10), false);
        check(segment(PT_LOAD, 0x1000, 0x100), note(u64::MAX, 2), false);
        check(segment(PT_NOTE, 0x1000, 0x100), note(0x1000, 0x10), false);
    }

    #[test]
    fn a_build_id_is_found_among_other_notes() {
        let note = |name: &[u8], contents: &[u8], sort: u32| {
            let mut bytes = Vec::new();
            bytes.extend((name.len() as u32).to_ne_bytes());
            bytes.extend((contents.len() as u32).to_ne_bytes());
            bytes.extend(sort.to_ne_bytes());
            for part in [name, contents] {
                bytes.extend(part);
                bytes.resize(bytes.len().next_multiple_of(4), 0);
            }
            bytes
        };
        let other = note(b"stapsdt\0", &[9; 7], 3);
        let id = note(b"GNU\0", &[1, 2, 3, 4, 5], 3);
        assert_eq!(build_id(&[other.clone(), id].concat()), Some(&[1, 2, 3, 4, 5][..]));
        assert_eq!(build_id(&other), None);
        assert_eq!(build_id(&other[..10]), None);
        assert_eq!(build_id(&[]), None);
    }
}
