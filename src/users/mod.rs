//! Users 用户, their sessions and their memberships.
//!
//! In the real world a person who works with the plan, and what he is in which organisation (经办, 审核, 规划主管,
//! 督查, 观察, 管理员). Personal data (name, phone, e-mail) stands in `users` alone, so that it can be erased: events
//! name persons by id and tell of personal data only which field changed.
//!
//! Invariants: rights are read fresh on each request, never out of a token; a token is good only while its session
//! stands, and a session only while its user is not disabled. A refresh token serves once; whoever shows a used one
//! ends the session, for one of the two who had it was not its owner. A password is hashed outside of every
//! transaction, one at a time. Somebody unknown, disabled or mistaken in his password gets the same answer for the
//! same work. An administrator acts below his own organisation; on a user only where each living membership of that
//! user is there too (else he would take over somebody whose rights reach further than his own); never on his own
//! roles.

pub mod actions;
pub mod api;
mod auth;
pub mod command;
pub mod model;
pub mod passwords;
pub mod store;
pub mod throttle;
pub mod tokens;

pub use auth::{Attempt, Auth};

use utoipa_actix_web::service_config::ServiceConfig;

/// The routes for everyone: there is no token yet.
pub fn open_routes(cfg: &mut ServiceConfig) {
    cfg.service(api::auth::login).service(api::auth::refresh);
}

/// The routes for those who have signed in.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.service(api::auth::logout)
        .service(api::auth::read_me)
        .service(api::auth::change_password)
        .service(api::auth::sessions)
        .service(api::auth::end_session)
        .service(api::accounts::list)
        .service(api::accounts::read)
        .service(api::accounts::create)
        .service(api::accounts::edit)
        .service(api::accounts::reset_password)
        .service(api::accounts::sessions)
        .service(api::accounts::end_session)
        .service(api::memberships::list)
        .service(api::memberships::read)
        .service(api::memberships::grant)
        .service(api::memberships::end);
}
