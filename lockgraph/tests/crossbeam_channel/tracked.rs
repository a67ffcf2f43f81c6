//! The shared tests on: the channels of ours in the shape of crossbeam.

use lockgraph::crossbeam_channel as cb;

#[path = "auto_traits.rs"]
mod auto_traits;
#[path = "channels.rs"]
mod channels;
#[path = "select.rs"]
mod select;
#[path = "select_macro.rs"]
mod select_macro;
#[path = "signature.rs"]
mod signature;

pub(crate) use auto_traits::auto_traits;
