//! The tests that need a database, in one binary.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test that cannot go on fails where it stands"
)]

mod accounts;
mod additions;
mod as_of;
mod audit;
mod auth;
mod authz;
mod changes;
mod claims;
mod commitments;
mod comparison;
mod concurrency;
mod coverage;
mod crash;
mod demonstration;
mod docs;
mod evidence;
mod facets;
mod golden;
mod health;
mod layering;
mod lights;
mod lineage;
mod links;
mod loading;
mod local_cluster;
mod manage;
mod matrix;
mod milestones;
mod observations;
mod openapi;
mod organisations;
mod pages;
mod public;
mod reach;
mod refusals;
mod reports;
mod schema;
mod shutdown;
mod sight;
mod support;
