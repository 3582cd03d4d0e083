//! The SQL of carry-overs.

use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use super::model::{CarryOverRow, Kind};
use crate::db::schema::{carry_overs as t, commitments, projects};
use crate::db::{Tx, Versioned};
use crate::kernel::authz::{Action, Permit};
use crate::kernel::{Error, Result};

fn allowed(permit: &Permit, row: &CarryOverRow) -> Result<()> {
    let over = [row.plan_id, row.into_plan_id];
    if permit.action() == Action::CarryOver && over.contains(&permit.target_id()) {
        Ok(())
    } else {
        Err(Error::internal("a permit does not cover a carry-over"))
    }
}

pub async fn insert(tx: &mut Tx, permit: &Permit, rows: &[CarryOverRow]) -> Result<()> {
    for row in rows {
        allowed(permit, row)?;
    }
    diesel::insert_into(t::table)
        .values(rows)
        .execute(tx.conn())
        .await?;
    for row in rows {
        tx.touch(row.plan_id, Versioned::CarryOvers, row.id);
    }
    Ok(())
}

pub async fn save(tx: &mut Tx, permit: &Permit, row: &CarryOverRow) -> Result<()> {
    allowed(permit, row)?;
    diesel::update(t::table.find(row.id))
        .set(row)
        .execute(tx.conn())
        .await?;
    tx.touch(row.plan_id, Versioned::CarryOvers, row.id);
    Ok(())
}

pub async fn lock(tx: &mut Tx, id: Uuid) -> Result<CarryOverRow> {
    Ok(t::table.find(id).for_update().first(tx.conn()).await?)
}

/// The objects that were carried over into a plan already.
pub async fn carried_into(conn: &mut AsyncPgConnection, into_plan_id: Uuid) -> Result<Vec<Uuid>> {
    let rows: Vec<(Option<Uuid>, Option<Uuid>)> = t::table
        .filter(t::into_plan_id.eq(into_plan_id))
        .select((t::project_id, t::commitment_id))
        .load(conn)
        .await?;
    Ok(rows
        .into_iter()
        .filter_map(|(project, commitment)| project.or(commitment))
        .collect())
}

/// The id and plan of an object, by id or code; none where there is none.
pub async fn object(conn: &mut AsyncPgConnection, kind: Kind, name: &str) -> Result<Option<(Uuid, Uuid)>> {
    let id = Uuid::try_parse(name).ok();
    Ok(match (kind, id) {
        (Kind::Project, Some(id)) => {
            let found = projects::table.filter(projects::id.eq(id));
            found.select((projects::id, projects::plan_id)).first(conn).await
        }
        (Kind::Project, None) => {
            let found = projects::table.filter(projects::code.eq(name));
            found.select((projects::id, projects::plan_id)).first(conn).await
        }
        (Kind::Commitment, Some(id)) => {
            let found = commitments::table.filter(commitments::id.eq(id));
            found
                .select((commitments::id, commitments::plan_id))
                .first(conn)
                .await
        }
        (Kind::Commitment, None) => {
            let found = commitments::table.filter(commitments::code.eq(name));
            found
                .select((commitments::id, commitments::plan_id))
                .first(conn)
                .await
        }
    }
    .optional()?)
}
