//! Made-up confirmation and progress, so that the product can be seen at work: a story ([`story`]) told through the
//! same actions as everybody's, with the plan's own clock set to each of its days ([`play`]). The plan that holds it
//! says so for ever: it is loaded as a demonstration and never becomes a real one.

mod figures;
mod play;
mod reporting;
mod story;

pub use play::{Played, play};
pub use story::{Act, Milestone, Project, Scene, tell};
