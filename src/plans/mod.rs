//! Plans as they were published: service areas, programmes (专栏), initiatives (一是、二是 …), and the promised numbers
//! (commitments) of each. What is printed is public, so everyone who signs in reads all of it.

pub mod actions;
pub mod api;
pub mod model;
pub mod store;
