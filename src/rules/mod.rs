//! The rules, as pure functions of facts: no database, no clock, no HTTP. One calculation of each figure.

pub mod course;
pub mod lights;
pub mod overdue;
pub mod parts;
pub mod periods;
pub mod progress;
pub mod silence;
pub mod tallies;
pub mod templates;
