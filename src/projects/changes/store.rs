//! The SQL of change requests.

use std::collections::BTreeMap;

use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use super::model::{Kind, RequestRow};
use super::proposals::NamedRow;
use crate::db::Tx;
use crate::db::schema::{change_request_owners as o, change_requests as c, plans};
use crate::kernel::authz::{Action, OwnerScope, Permit, ProjectScope};
use crate::kernel::{Error, Result};
use crate::projects::store::paths_of;
use crate::sight::proposals;

/// A request as it is now, without a lock: whether it is in sight is for its project to say.
pub async fn find(tx: &mut Tx, id: Uuid) -> Result<RequestRow> {
    Ok(c::table.find(id).first(tx.conn()).await?)
}

/// The request, locked. Its project was locked before.
pub async fn lock(tx: &mut Tx, id: Uuid) -> Result<RequestRow> {
    Ok(c::table.find(id).for_update().first(tx.conn()).await?)
}

/// A request for a project that the actor may see, locked. Sight comes first, so nobody waits for what he may not see.
pub async fn lock_proposal(tx: &mut Tx, plan_id: Uuid, id: Uuid) -> Result<RequestRow> {
    let actor = tx.actor().clone();
    match proposals::sees(tx.conn(), &actor, plan_id, id).await? {
        true => lock(tx, id).await,
        false => Err(Error::NotFound),
    }
}

/// What the rules on rights must know of the projects that are asked for, each under its request: those whom it names
/// own it, as they would.
pub async fn proposed_scopes(
    conn: &mut AsyncPgConnection,
    request_ids: &[Uuid],
) -> Result<BTreeMap<Uuid, ProjectScope>> {
    let heads: Vec<(Uuid, Uuid, Uuid)> = c::table
        .inner_join(plans::table.on(plans::id.eq(c::plan_id)))
        .filter(c::id.eq_any(request_ids))
        .filter(c::kind.eq(Kind::AddProject.as_str()))
        .select((c::id, plans::id, plans::issuer_id))
        .load(conn)
        .await?;
    let named: Vec<NamedRow> = o::table
        .filter(o::request_id.eq_any(request_ids))
        .load(conn)
        .await?;
    let organisations: Vec<Uuid> = named.iter().map(|row| row.organisation_id).collect();
    let paths = paths_of(conn, &organisations).await?;
    let owner = |request_id: Uuid, role: &str| {
        let row = named
            .iter()
            .find(|row| row.request_id == request_id && row.role == role)?;
        Some(OwnerScope {
            organisation_id: row.organisation_id,
            confirmed: true,
            path: paths.get(&row.organisation_id).cloned().unwrap_or_default(),
        })
    };
    Ok(heads
        .into_iter()
        .map(|(id, plan_id, issuer_id)| {
            let scope = ProjectScope {
                project_id: id,
                plan_id,
                issuer_id,
                lead: owner(id, "lead"),
                responsible: owner(id, "responsible"),
            };
            (id, scope)
        })
        .collect())
}

fn allowed(permit: &Permit, row: &RequestRow) -> Result<()> {
    // Of a project that is not there yet the plan stands for it when it is asked for, the request afterwards.
    let (target, asks) = match row.kind()? {
        Kind::AddProject if permit.action() == Action::RequestProject => {
            (Some(row.plan_id), Action::RequestProject)
        }
        Kind::AddProject => (Some(row.id), Action::RequestProject),
        _ => (row.project_id, Action::RequestChange),
    };
    let fits = [asks, Action::WithdrawChange, Action::DecideChange].contains(&permit.action());
    if fits && Some(permit.target_id()) == target {
        Ok(())
    } else {
        Err(Error::internal(format!(
            "a permit for {:?} does not cover a change request",
            permit.action()
        )))
    }
}

pub async fn insert(tx: &mut Tx, permit: &Permit, row: &RequestRow, named: &[NamedRow]) -> Result<()> {
    allowed(permit, row)?;
    diesel::insert_into(c::table)
        .values(row)
        .execute(tx.conn())
        .await?;
    diesel::insert_into(o::table)
        .values(named)
        .execute(tx.conn())
        .await?;
    Ok(())
}

pub async fn save(tx: &mut Tx, permit: &Permit, row: &RequestRow) -> Result<()> {
    allowed(permit, row)?;
    diesel::update(c::table.find(row.id))
        .set(row)
        .execute(tx.conn())
        .await?;
    Ok(())
}
