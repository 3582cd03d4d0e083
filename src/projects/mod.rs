//! Projects, their owners and their milestones: what one organisation must deliver, and the dated, weighted,
//! verifiable steps towards it.
//!
//! Invariants: what is not confirmed accuses nobody; the first baseline is kept for ever; nobody verifies what he or
//! his own organisation reported; a change of milestones carries the project's derived span and the sight rows with
//! it, in the same transaction. A project over several counties has parts (`parts`), which report one by one.

pub mod actions;
mod asked;
pub mod changes;
pub mod evidence;
pub mod lights;
pub mod model;
pub mod parts;
pub mod silence;
pub mod store;

pub mod api;
