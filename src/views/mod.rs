//! What reads across domains: lists, single objects as they are shown, histories, the log within one's sight.
//! Never writes. Every read goes through a [`window::Window`]: whose sight, which plans, which day.

pub mod assessment;
pub mod carry_overs;
pub mod changes;
pub mod commitments;
pub mod comparison;
pub mod coverage;
pub mod facets;
pub mod filters;
pub mod history;
pub mod lights;
pub mod links;
pub mod milestones;
pub mod movers;
pub mod names;
pub mod observations;
pub mod overdue;
pub mod overview;
pub mod parts;
pub mod projects;
pub mod public;
pub mod reporting;
pub mod reports;
pub mod resolve;
pub mod shown;
pub mod summary;
pub mod tallies;
pub mod window;
