//! The tests that need a database, in one binary.

mod as_of;
mod audit;
mod authz;
mod concurrency;
mod crash;
mod demonstration;
mod health;
mod layering;
mod loading;
mod local_cluster;
mod milestones;
mod openapi;
mod refusals;
mod schema;
mod sight;
mod support;
