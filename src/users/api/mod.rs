//! Users, memberships and sessions by the JSON API.

pub mod accounts;
pub mod auth;
pub mod memberships;

use std::net::IpAddr;

use actix_web::HttpRequest;

use super::throttle::network_of;
use super::{Attempt, Auth};
use crate::db::Door;
use crate::http::problem::trace_id;
use crate::kernel::authz::Person;
use crate::kernel::{Actor, Code, Error, Result};

/// Where a request comes from. The network is that of the peer itself, or, behind a proxy of the operator's, of the
/// peer that the proxy saw: the last entry, for the ones before it anybody may have written.
pub(crate) fn attempt(auth: &Auth, request: &HttpRequest) -> Attempt {
    let forwarded = request
        .headers()
        .get_all("x-forwarded-for")
        .next_back()
        .filter(|_| auth.behind_proxy())
        .and_then(|value| value.to_str().ok())
        .and_then(|list| list.rsplit(',').next())
        .and_then(|last| last.trim().parse::<IpAddr>().ok());
    let address = forwarded.or_else(|| request.peer_addr().map(|peer| peer.ip()));
    Attempt {
        network: address.map_or_else(|| "unknown".to_owned(), network_of),
        trace_id: trace_id(),
        door: Door::Api,
    }
}

/// The person who asks; the house itself never comes by this door.
fn person(actor: &Actor) -> Result<&Person> {
    match actor {
        Actor::Person(person) => Ok(person),
        Actor::System => Err(Error::Unauthenticated(Code::AuthRequired)),
    }
}
