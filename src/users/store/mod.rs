//! The SQL of users, memberships, sessions and failed sign-ins.

pub mod accounts;
pub mod memberships;
pub mod saved;
pub mod sessions;
