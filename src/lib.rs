//! Guatu 挂图: the key projects of a published plan, who owes them, what is late, and what was done about it.
//!
//! One request told as a story: it comes in by a door (`http` is the kit of the doors; each domain has its own
//! `api`, the pages stand in `web`), which finds out who asks (`users`) and parses what is asked. The door calls one action of a domain
//! (`projects::actions` …) or one view that reads across domains (`views`). An action loads rows in sight (`sight`),
//! asks for the right to change them (`kernel::authz`), decides by pure rules (`rules`), and writes through one
//! transaction that carries its events (`db::tx`). What it answers, the door shapes.
//!
//! Each room knows only those above it in this list.

pub mod kernel;

pub mod db;

pub mod formats;
pub mod rules;
pub mod sight;

pub mod orgs;
pub mod users;

pub mod plans;

pub mod commitments;

pub mod projects;

pub mod reports;

pub mod carry_overs;

pub mod views;

pub mod http;

pub mod web;

pub mod exchange;

pub mod app;

pub mod cli;
pub mod config;
