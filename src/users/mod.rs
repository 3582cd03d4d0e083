//! Users, their sessions and their memberships.

mod auth;

pub use auth::Auth;
