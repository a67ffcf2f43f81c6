//! From the return addresses in a trace to functions and lines.
//!
//! The program is not run: its file is read, and those of its libraries. A file that is no longer
//! the one that ran (its build id tells) gives no frames and one problem, for wrong names are
//! worse than none. Traces of one build share what was found, wherever it was loaded, so that the
//! thousands of traces of a test suite cost little more than one.
//!
//! A return address is that of the instruction after the call, which may be in the next line or
//! function: what is looked up is the byte before.
//!
//! An open file costs memory for its debug information, so few are; what was found stays.

use std::collections::HashMap;
use std::fs::File;
use std::path::Path;
use std::rc::Rc;

use addr2line::Loader;
use lockgraph::finding::{Frame, Place};
use lockgraph::trace::Module;
use object::Object as _;
use object::read::ReadCache;

use crate::load::Problem;

/// Files that are kept open.
const OPEN: usize = 4;

/// Everything that has been looked up.
#[derive(Default)]
pub(crate) struct Symbols {
    builds: Vec<Build>,
    /// By path and build id: the position in `builds`.
    numbers: HashMap<(String, Vec<u8>), usize>,
    /// The files that are open, by the position in `builds`; the last one used is the last.
    open: Vec<(usize, Loader)>,
    problems: Vec<Problem>,
}

/// One build of a program or library.
struct Build {
    path: String,
    is_readable: bool,
    /// By the address in the file.
    frames: HashMap<u64, Rc<[Frame]>>,
}

impl Symbols {
    /// The frames of a stack, innermost first, inlined functions included; without those that are
    /// the same in every stack. What `is_own` is kept by whatever name: a crate of the user's may
    /// be called `core` or `test`, and `parking_lot` has tests of its own.
    pub(crate) fn frames(
        &mut self,
        modules: &[Module],
        addresses: &[u64],
        is_own: &dyn Fn(&Place) -> bool,
    ) -> Vec<Frame> {
        let mut frames = Vec::new();
        for address in addresses {
            let call = address.saturating_sub(1);
            // They do not overlap: it is the last one that begins before.
            let before = modules.iter().filter(|module| module.base <= call);
            if let Some(module) = before.max_by_key(|module| module.base) {
                frames.extend_from_slice(&self.at(module, call - module.base, is_own));
            }
        }
        frames
    }

    /// What could not be read, each file once.
    pub(crate) fn into_problems(self) -> Vec<Problem> {
        self.problems
    }

    fn at(
        &mut self,
        module: &Module,
        address: u64,
        is_own: &dyn Fn(&Place) -> bool,
    ) -> Rc<[Frame]> {
        let number = self.number(module);
        if let Some(frames) = self.builds[number].frames.get(&address) {
            return Rc::clone(frames);
        }
        let loader = self.loader(number);
        let frames: Rc<[Frame]> =
            loader.map(|loader| look_up(loader, address, is_own)).unwrap_or_default().into();
        self.builds[number].frames.insert(address, Rc::clone(&frames));
        frames
    }

    fn number(&mut self, module: &Module) -> usize {
        let key = (module.path.clone(), module.build_id.clone());
        if let Some(number) = self.numbers.get(&key) {
            return *number;
        }
        let problem = mismatch(module);
        let build = Build {
            path: module.path.clone(),
            is_readable: problem.is_none(),
            frames: HashMap::new(),
        };
        self.problems.extend(problem);
        self.builds.push(build);
        self.numbers.insert(key, self.builds.len() - 1);
        self.builds.len() - 1
    }

    fn loader(&mut self, number: usize) -> Option<&Loader> {
        let build = &mut self.builds[number];
        if let Some(at) = self.open.iter().position(|(open, _)| *open == number) {
            let used = self.open.remove(at);
            self.open.push(used);
        } else if build.is_readable {
            // A file without debug information, or none at all: not a word about each libc.
            build.is_readable = false;
            let loader = Loader::new(&build.path).ok()?;
            build.is_readable = true;
            self.open.push((number, loader));
            if self.open.len() > OPEN {
                self.open.remove(0);
            }
        } else {
            return None;
        }
        self.open.last().map(|(_, loader)| loader)
    }
}

/// What is wrong if the file is not the one that ran. Files that never were (the kernel's own
/// library has a name, but no file) are no loss.
fn mismatch(module: &Module) -> Option<Problem> {
    let problem = |message: &str| {
        let message = message.to_string();
        Some(Problem { file: module.path.clone(), position: None, message })
    };
    let path = Path::new(&module.path);
    if !path.is_absolute() {
        return None;
    }
    let Ok(file) = File::open(path) else {
        return problem(
            "the program is gone, or cannot be read; frames of its stacks are left out",
        );
    };
    if module.build_id.is_empty() {
        return None;
    }
    let cache = ReadCache::new(file);
    let file = object::File::parse(&cache);
    match file.as_ref().map(object::File::build_id) {
        Ok(Ok(Some(id))) if id == module.build_id => None,
        _ => problem(
            "the program was built anew since the trace was recorded; frames of its stacks are \
             left out, so run it again to see them",
        ),
    }
}

fn look_up(loader: &Loader, address: u64, is_own: &dyn Fn(&Place) -> bool) -> Vec<Frame> {
    let mut frames = Vec::new();
    let mut is_known = false;
    // Where a program has lines and nothing else (`debug = "line-tables-only"`), the place has no
    // function.
    let mut place = None;
    if let Ok(mut found) = loader.find_frames(address) {
        while let Ok(Some(frame)) = found.next() {
            let at = frame.location.as_ref().and_then(self::place);
            match frame.function.as_ref().and_then(|name| name.raw_name().ok()) {
                Some(name) => {
                    is_known = true;
                    frames.extend(program_frame(&name, at, is_own));
                }
                None => place = place.or(at),
            }
        }
    }
    if !is_known {
        let symbol = loader.find_symbol(address);
        frames.extend(symbol.and_then(|name| program_frame(name, place, is_own)));
    }
    frames
}

fn program_frame(
    mangled: &str,
    place: Option<Place>,
    is_own: &dyn Fn(&Place) -> bool,
) -> Option<Frame> {
    let function = format!("{:#}", rustc_demangle::demangle(mangled));
    let is_kept = !Frame::is_machinery(&function) || place.as_ref().is_some_and(is_own);
    is_kept.then_some(Frame { function, place })
}

fn place(location: &addr2line::Location<'_>) -> Option<Place> {
    Some(Place {
        file: location.file?.to_string(),
        line: location.line?,
        column: location.column.unwrap_or(0),
    })
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// Where this program was loaded and how far in it `address` is: what the runtime records.
    pub(crate) fn this_program(address: u64) -> Module {
        let path = std::env::current_exe().unwrap().display().to_string();
        let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
        let bases = maps.lines().filter(|line| line.ends_with(&path)).map(|line| {
            let start = line.split('-').next().unwrap();
            u64::from_str_radix(start, 16).unwrap()
        });
        let base = bases.min().unwrap();
        assert!(base < address);
        let file = std::fs::read(&path).unwrap();
        let file = object::File::parse(&*file).unwrap();
        Module { path, base, build_id: file.build_id().unwrap().unwrap_or_default().to_vec() }
    }

    #[inline(never)]
    fn known(number: u32) -> u32 {
        std::hint::black_box(number) + 1
    }

    pub(crate) const KNOWN_LINE: u32 = line!() - 4;

    /// As if `known` had called somebody in its first instruction.
    pub(crate) fn return_address() -> u64 {
        known as fn(u32) -> u32 as usize as u64 + 1
    }

    #[test]
    fn an_address_of_this_program_is_found_in_its_file() {
        let module = this_program(return_address());
        let mut symbols = Symbols::default();
        let kernel =
            Module { path: "linux-vdso.so.1".into(), base: u64::MAX - 9, build_id: vec![] };
        let modules = [kernel, module];
        let frames = symbols.frames(&modules, &[return_address(), 7, u64::MAX], &|_| false);
        assert_eq!(known(1), 2);
        let [frame] = &frames[..] else { panic!("{frames:?}") };
        assert!(frame.function.ends_with("symbols::tests::known"), "{frame:?}");
        let place = frame.place.as_ref().unwrap();
        assert!(place.file.ends_with(file!()), "{place:?}");
        assert_eq!(place.line, KNOWN_LINE);
        // Where it is loaded does not matter.
        let elsewhere = Module { base: modules[1].base + 4096, ..modules[1].clone() };
        assert_eq!(symbols.frames(&[elsewhere], &[return_address() + 4096], &|_| false), frames);
        assert_eq!(symbols.builds[0].frames.len(), 1, "one lookup for both");
        assert_eq!(symbols.into_problems(), []);
    }

    #[test]
    fn what_is_the_users_own_is_kept_by_whatever_name() {
        let place = Place { file: "src/lib.rs".into(), line: 1, column: 1 };
        for (function, is_own, is_kept) in [
            ("core::pool::take", true, true),
            ("core::pool::take", false, false),
            ("bank::pool::take", false, true),
        ] {
            let frame = program_frame(function, Some(place.clone()), &|_| is_own);
            assert_eq!(frame.is_some(), is_kept, "{function} {is_own}");
        }
        assert_eq!(program_frame("core::pool::take", None, &|_| true), None);
    }

    #[test]
    fn another_build_is_said_once_and_gives_no_frames() {
        let module = Module { build_id: vec![1, 2, 3], ..this_program(return_address()) };
        let gone = Module { path: "/no/such/program".into(), base: 0, build_id: vec![4] };
        let mut symbols = Symbols::default();
        for _ in 0..2 {
            let modules = [module.clone(), gone.clone()];
            assert_eq!(symbols.frames(&modules, &[return_address(), 7], &|_| false), []);
        }
        let problems = symbols.into_problems();
        let files: Vec<&str> = problems.iter().map(|problem| problem.file.as_str()).collect();
        assert_eq!(files, [module.path.as_str(), "/no/such/program"]);
    }

    #[test]
    fn few_files_are_open_at_once() {
        let module = this_program(return_address());
        let mut symbols = Symbols::default();
        for number in 0..2 * OPEN {
            // The same file by another name is another build.
            let path = format!("/{}{}", "./".repeat(number), &module.path[1..]);
            let modules = [Module { path, ..module.clone() }];
            let frames = symbols.frames(&modules, &[return_address()], &|_| false);
            assert_eq!(frames.len(), 1);
            assert!(symbols.open.len() <= OPEN);
        }
    }
}
