//! Lights as they are stored: the rules of each plan version by version, the spans that follow from them, and what
//! supervisors show instead.
//!
//! Invariants: spans are written by `actions::light_spans` alone, from facts and the rules in force; a rule set never
//! changes, another version follows it; an override never touches a span, so that the light that was worked out stays
//! visible beside it.

pub mod facts;
pub mod model;
pub mod store;
