//! What was found in the files of a crate, and whether that is all there must be.

use super::error::RewriteError;
use super::shape::{BORROWERS, Generation, OWNERS, Owner};

/// What was found in the files so far.
#[derive(Default)]
pub(super) struct Found {
    /// What the traits say.
    pub(super) generation: Option<Generation>,
    /// The structs whose field with the raw lock has its wrapper.
    pub(super) wrapped: Vec<&'static str>,
    /// The structs that are made somewhere.
    pub(super) constructed: Vec<&'static str>,
    /// The structs whose raw lock somebody can ask for.
    pub(super) handed_out: Vec<&'static str>,
    /// The module of ours is declared.
    pub(super) is_declared: bool,
}

impl Found {
    /// Which generation it is, if all was there that must be.
    pub(super) fn complete(&self) -> Result<Generation, RewriteError> {
        let missing = |what: &str| Err(RewriteError::shape(format!("{what} was not found")));
        let Some(generation) = self.generation else { return missing("the trait `RawMutex`") };
        let owners = match generation {
            Generation::Marker => &OWNERS[..3],
            Generation::Guard => &OWNERS[..],
        };
        for Owner { name, field, .. } in owners {
            if !self.wrapped.contains(name) {
                return missing(&format!("the field `{field}` of `{name}`"));
            }
            if !self.constructed.contains(name) {
                return missing(&format!("an expression that makes a `{name}`"));
            }
            if !self.handed_out.contains(name) {
                return missing(&format!("the method `raw` for the field `{field}` of `{name}`"));
            }
        }
        match BORROWERS.iter().find(|name| !self.wrapped.contains(name)) {
            Some(name) => missing(&format!("the field `raw` of `{name}`")),
            None if !self.is_declared => missing("a declaration of a module"),
            None => Ok(generation),
        }
    }
}
