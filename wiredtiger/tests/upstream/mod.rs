//! What the tests in `upstream_tools.rs` need: the tool, the data, and the tool's output read.

pub(crate) mod dump;
pub(crate) mod home;
pub(crate) mod sample;
pub(crate) mod tool;
