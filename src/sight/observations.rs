//! Who sees an observation that nobody has confirmed yet: it is working data. Whoever filed it and those above him; whoever
//! answers for the commitment, or for the part that it speaks of, and those above; the issuer of the plan. Confirmed
//! figures are results, and everybody's: whoever reads those adds that himself.

use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sql_types::Bool;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use super::scopes;
use crate::db::schema::{
    commitment_observations as o, commitments, organisation_closure, organisations, plans,
};
use crate::kernel::{Actor, Result};

/// A condition on observations.
pub type Condition = Box<dyn BoxableExpression<o::table, Pg, SqlType = Bool>>;

/// The observations of a plan that these organisations see in every state.
pub fn working(plan_id: Uuid, scopes: &[Uuid]) -> Condition {
    let below = || {
        organisation_closure::table
            .filter(organisation_closure::ancestor_id.eq_any(scopes.to_vec()))
            .select(organisation_closure::descendant_id)
    };
    let issued = plans::table
        .filter(plans::issuer_id.eq_any(scopes.to_vec()))
        .select(plans::id);
    let counties = organisations::table
        .filter(organisations::id.eq_any(scopes.to_vec()))
        .filter(organisations::kind.eq("county_government"))
        .select(organisations::region_id);
    let owned = commitments::table
        .filter(commitments::owner_id.is_not_null())
        .filter(commitments::owner_id.assume_not_null().eq_any(below()))
        .select(commitments::id);
    Box::new(
        o::plan_id.eq(plan_id).and(
            o::plan_id
                .eq_any(issued)
                .or(o::filed_by_organisation_id.eq_any(below()))
                .or(o::commitment_id.eq_any(owned))
                .or(o::organisation_id
                    .is_not_null()
                    .and(o::organisation_id.assume_not_null().eq_any(below())))
                .or(o::region_id
                    .is_not_null()
                    .and(o::region_id.assume_not_null().eq_any(counties))),
        ),
    )
}

/// Whether the actor sees an observation of this plan in every state.
pub async fn sees(conn: &mut AsyncPgConnection, actor: &Actor, plan_id: Uuid, id: Uuid) -> Result<bool> {
    Ok(!seen(conn, actor, plan_id, &[id]).await?.is_empty())
}

/// Those of these observations of a plan that the actor sees in every state.
pub async fn seen(
    conn: &mut AsyncPgConnection,
    actor: &Actor,
    plan_id: Uuid,
    ids: &[Uuid],
) -> Result<Vec<Uuid>> {
    let mut query = o::table
        .filter(o::id.eq_any(ids.to_vec()).and(o::plan_id.eq(plan_id)))
        .select(o::id)
        .into_boxed();
    if !matches!(actor, Actor::System) {
        query = query.filter(working(plan_id, &scopes(actor, plan_id)));
    }
    Ok(query.load(conn).await?)
}
