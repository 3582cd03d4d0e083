//! The rules, as pure functions of facts: no database, no clock, no HTTP. One calculation of each figure.

pub mod course;
pub mod overdue;
pub mod progress;
pub mod templates;
