//! What the locks of other crates call when `cargo lockgraph` compiles them.
//!
//! Not for use: it changes with every version, together with the code that is put into those
//! crates.

pub use crate::event::How;
pub use crate::id::{LockKind, Mode};
pub use crate::raw::{take, take_again, took_politely, upgraded_politely};
pub use crate::runtime::{
    Attempt, Site, Tag, acquired_politely, acquiring, changed_mode, contended, refused, released,
    released_as, upgrading,
};
