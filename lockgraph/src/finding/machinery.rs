//! Which functions say nothing about the program, because they are the same in every stack: the
//! detector's, the locks', the standard library's.
//!
//! One rule for stacks that a live program resolves and for those of a trace. It goes by the
//! demangled name alone.

use super::Frame;

/// The detector is here twice: under a program that is compiled with the facade, the runtime's
/// own crate is called `std`.
const CRATES: [&str; 9] = [
    "lockgraph",
    "backtrace",
    "std",
    "core",
    "alloc",
    "test",
    "lock_api",
    "parking_lot",
    "parking_lot_core",
];

/// Functions without a path: the beginnings of programs and threads.
const BEGINNINGS: [&str; 8] =
    ["main", "_start", "__libc_start", "start_thread", "clone", "__clone", "__rust", "rust_begin"];

impl Frame {
    /// Whether a function of this name, demangled, is in every stack and says nothing of the
    /// program: ours, the locks', the standard library's.
    pub fn is_machinery(function: &str) -> bool {
        match qualified(function) {
            // A method of a program's own type is the program's, whosever the trait is: what locks
            // in a `Drop` or a `Debug` must be seen. The call of a closure is not: the closure has
            // a frame of its own.
            Some((_, Some(of))) if of.starts_with("core::ops::function::Fn") => true,
            Some((own, Some(of))) => is_foreign(of) && is_shell(own),
            Some((own, None)) => is_foreign(own),
            None if function.contains("::") => is_foreign(function),
            None => BEGINNINGS.iter().any(|name| function.starts_with(name)),
        }
    }
}

/// The type and the trait of `<type as trait>::method`.
fn qualified(function: &str) -> Option<(&str, Option<&str>)> {
    let inner = function.strip_prefix('<')?;
    let mut depth = 0;
    let mut trait_at = None;
    for (at, letter) in inner.char_indices() {
        match letter {
            '<' => depth += 1,
            // The arrow of a function type closes nothing.
            '>' if inner[..at].ends_with('-') => {}
            '>' if depth == 0 => {
                let own = &inner[..trait_at.unwrap_or(at)];
                return Some((own, trait_at.map(|from| &inner[from + " as ".len()..at])));
            }
            '>' => depth -= 1,
            ' ' if depth == 0 && inner[at..].starts_with(" as ") => trait_at = Some(at),
            _ => {}
        }
    }
    Some((inner, None))
}

fn is_foreign(path: &str) -> bool {
    let path = path.trim_start_matches(['&', '<', '*', '[']).trim_start_matches("mut ");
    let name = path.split("::").next().unwrap_or_default();
    // The compiler tells crates of one name apart: `core[0123456789abcdef]`.
    CRATES.contains(&name.split('[').next().unwrap_or_default())
}

/// Whether a type is none of the program's: a parameter, a box.
fn is_shell(own: &str) -> bool {
    !own.contains("::") || is_foreign(own)
}

#[cfg(test)]
mod tests {
    use crate::finding::Frame;

    #[test]
    fn what_the_program_did_is_told_from_how() {
        for (function, want) in [
            ("std::sync::mutex::Mutex<T>::lock", true),
            ("lockgraph::sync::mutex::Mutex<T>::lock", true),
            ("std::runtime::hook::acquiring", true),
            ("<std::sync::Mutex<bank::Account>>::lock", true),
            ("<alloc::boxed::Box<F,A> as core::ops::function::FnOnce<Args>>::call_once", true),
            ("<bank::run::{closure#0} as core::ops::function::FnOnce<()>>::call_once", true),
            ("<fn() -> bank::Account as core::ops::function::FnOnce<()>>::call_once", true),
            ("<T as core::any::Any>::type_id", true),
            ("core::ops::function::FnOnce::call_once", true),
            ("main", true),
            ("__libc_start_main", true),
            ("clone3", true),
            ("bank::main", false),
            ("bank::run::{{closure}}", false),
            ("standard::run", false),
            ("<bank::Account as core::ops::drop::Drop>::drop", false),
            ("<bank::Account as core::convert::From<fn(u8) -> u8>>::from", false),
            ("<bank::Account>::audit", false),
            ("<std::vec::Vec<T> as bank::Audit>::audit", false),
            ("lock_all", false),
            ("<", false),
            ("", false),
        ] {
            assert_eq!(Frame::is_machinery(function), want, "{function}");
        }
    }
}
