//! 量化承诺: the promised numbers at work. What is printed of them stands in `plans`; here is who answers for each, how it is
//! divided among counties and organisations (任务分解), and what was observed of it, period by period.
//!
//! Invariants: an observation is filed by whoever answers for the figure and counts once another person has confirmed
//! it; of one part there is one figure for one day, and another is a correction of it; the parts of an allocation need
//! not add up to the promise, and the difference is shown; what is printed never changes, a doubt is resolved beside
//! it. An observation of a sum is everything since the plan's first day (`counted_from`), never a period's share.
//! Figures are kept in base units. Where a commitment should be, `rules::course` says.

pub mod actions;
pub mod api;
pub mod columns;
pub mod model;
pub mod standing;
pub mod store;
