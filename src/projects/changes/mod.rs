//! Change requests (计划调整): what is confirmed moves by a request with a reason and a decision of somebody else, and
//! in no other way. A date that moved keeps its first baseline; the requests that were approved are the ledger of
//! postponements (延期台账).
//!
//! So does what is not there yet: a milestone of a confirmed project, a project of an initiative. Of a project that is
//! asked for there is no sight of a project: `sight::proposals` says who sees the request, before and after the decision.
//!
//! Invariants: one open request for one thing; who asked does not decide; what was decided is applied in the same
//! transaction, or refused where the thing is no longer what it was when it was asked. The use cases are in
//! `projects::actions::changes`.

pub mod model;
pub mod proposals;
pub mod store;
