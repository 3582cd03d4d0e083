//! Progress reports (调度、月报): for each period what a project has built, what money it needed, got, paid and used,
//! what stands in its way and what comes next; who has not reported; and the months whose reports are frozen.
//!
//! Invariants: one report of one thing for one period; nobody verifies what he or his own organisation reported, as
//! with milestones; a frozen month moves only after a planner reopened it with a reason, and freezing it again makes
//! the next edition; figures by source are never changed, a correction gives new ones; whether a report was in time
//! is settled by when it was first there. From when on a project is silent is derived with its other facts
//! (`projects::silence`).

pub mod actions;
pub mod model;
pub mod store;

pub mod api;
