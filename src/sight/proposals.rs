//! Who sees a request for a project that is not there yet: whoever asked and those above him; whoever would see the project,
//! were it there: the organisations that it names, the county government of its site, those above them, and the issuer of
//! the plan. The decision changes nothing of it.

use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sql_types::Bool;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use super::scopes;
use crate::db::schema::{
    change_request_owners, change_requests as c, organisation_closure, organisations, plans,
};
use crate::kernel::{Actor, Result};

/// A condition on change requests.
pub type Condition = Box<dyn BoxableExpression<c::table, Pg, SqlType = Bool>>;

/// The requests for projects of a plan that these organisations see.
pub fn seen(plan_id: Uuid, scopes: &[Uuid]) -> Condition {
    let below = || {
        organisation_closure::table
            .filter(organisation_closure::ancestor_id.eq_any(scopes.to_vec()))
            .select(organisation_closure::descendant_id)
    };
    let issued = plans::table
        .filter(plans::issuer_id.eq_any(scopes.to_vec()))
        .select(plans::id);
    let naming = change_request_owners::table
        .filter(change_request_owners::organisation_id.eq_any(below()))
        .select(change_request_owners::request_id);
    let counties = organisations::table
        .filter(organisations::id.eq_any(below()))
        .filter(organisations::kind.eq("county_government"))
        .select(organisations::region_id);
    Box::new(
        c::plan_id.eq(plan_id).and(c::kind.eq("add_project")).and(
            c::plan_id
                .eq_any(issued)
                .or(c::requested_by_organisation_id.eq_any(below()))
                .or(c::id.eq_any(naming))
                .or(c::site_region_id
                    .is_not_null()
                    .and(c::site_region_id.assume_not_null().eq_any(counties))),
        ),
    )
}

/// Whether the actor sees a request for a project of this plan.
pub async fn sees(conn: &mut AsyncPgConnection, actor: &Actor, plan_id: Uuid, id: Uuid) -> Result<bool> {
    if matches!(actor, Actor::System) {
        return Ok(true);
    }
    let found: Option<Uuid> = c::table
        .filter(c::id.eq(id))
        .filter(seen(plan_id, &scopes(actor, plan_id)))
        .select(c::id)
        .first(conn)
        .await
        .optional()?;
    Ok(found.is_some())
}
