//! 结转: what a plan leaves unfinished and another one takes up. A link from an object of the one plan into the other, with a
//! reason; and to what it became there, once that is loaded or added. Both sides keep their own history and figures.
//!
//! Invariants: only what is not finished is carried over, and into one plan once; both plans have the same issuer, whose
//! planner does it, and the other begins later.

pub mod actions;
pub mod api;
pub mod model;
pub mod store;
