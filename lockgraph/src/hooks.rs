//! What the locks of other crates call when `cargo lockgraph` compiles them.
//!
//! Not for use: it changes with every version, together with the code that is put into those
//! crates.

pub use crate::event::How;
pub use crate::id::{LockKind, Mode};
pub use crate::raw::{take, take_again, took_politely, upgraded_politely};
pub use crate::runtime::{
    Attempt, CondWait, CondvarTag, Limited, Site, Tag, acquired_politely, acquiring, changed_mode,
    cond_waiting, contended, handed_out, keyed, limited, notifying, refused, released, released_as,
    released_if_held, upgrading,
};
