//! The JSON door of change requests.

pub(crate) mod asking;
mod bodies;
pub mod lists;
pub mod steps;
