//! Analysis of a whole run, after the fact. Knows nothing of files or of the live program.

mod patterns;

pub use patterns::{Acquire, Patterns, patterns};
