//! The SQL of which projects serve which commitments. A link that was taken away stays as a row: its versions tell any
//! past day, and a later load of the plan's files does not bring it back.

use std::collections::BTreeMap;

use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use crate::db::schema::{commitments as c, project_commitments as t};
use crate::db::{Tx, Versioned};
use crate::kernel::authz::{Action, Permit};
use crate::kernel::{Error, Result};

/// Rows of one insert; a link has five binds of the 65,535 that a statement takes.
const CHUNK: usize = 5_000;

/// A project and a commitment, whether it serves it still.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = t)]
pub struct LinkRow {
    pub plan_id: Uuid,
    pub project_id: Uuid,
    pub commitment_id: Uuid,
    pub id: Uuid,
    pub removed: bool,
}

/// The projects that serve one of these commitments, in sight or not.
pub async fn serving(conn: &mut AsyncPgConnection, commitment_ids: &[Uuid]) -> Result<Vec<Uuid>> {
    Ok(t::table
        .filter(t::commitment_id.eq_any(commitment_ids).and(t::removed.eq(false)))
        .order(t::project_id)
        .select(t::project_id)
        .distinct()
        .load(conn)
        .await?)
}

/// Which commitments these projects serve: the project, then the commitment.
pub async fn served_by(conn: &mut AsyncPgConnection, project_ids: &[Uuid]) -> Result<Vec<(Uuid, Uuid)>> {
    Ok(t::table
        .filter(t::project_id.eq_any(project_ids).and(t::removed.eq(false)))
        .order((t::project_id, t::commitment_id))
        .select((t::project_id, t::commitment_id))
        .load(conn)
        .await?)
}

/// The commitments that one project serves.
pub async fn served_by_one(conn: &mut AsyncPgConnection, project_id: Uuid) -> Result<Vec<Uuid>> {
    let links = served_by(conn, &[project_id]).await?;
    Ok(links.into_iter().map(|(_, commitment)| commitment).collect())
}

/// All links of these projects, those that were taken away too, by project and commitment.
pub async fn of_projects(
    conn: &mut AsyncPgConnection,
    project_ids: &[Uuid],
) -> Result<BTreeMap<(Uuid, Uuid), LinkRow>> {
    let rows: Vec<LinkRow> = t::table
        .filter(t::project_id.eq_any(project_ids))
        .select(LinkRow::as_select())
        .load(conn)
        .await?;
    Ok(rows
        .into_iter()
        .map(|row| ((row.project_id, row.commitment_id), row))
        .collect())
}

/// Says that projects serve commitments, and keeps the versions; whose link was taken away has it again. The projects
/// are locked, and their event is recorded, by the caller. Nobody changes what counts of these commitments until this
/// transaction ends: whoever does locks the commitment, and finds the link.
pub async fn add(tx: &mut Tx, permit: &Permit, plan_id: Uuid, wanted: &[(Uuid, Uuid)]) -> Result<()> {
    let projects: Vec<Uuid> = wanted.iter().map(|(project, _)| *project).collect();
    covered(permit, plan_id, &projects)?;
    let commitments: Vec<Uuid> = wanted.iter().map(|(_, commitment)| *commitment).collect();
    c::table
        .filter(c::id.eq_any(&commitments))
        .order(c::id)
        .select(c::id)
        .for_key_share()
        .load::<Uuid>(tx.conn())
        .await?;
    let held = of_projects(tx.conn(), &projects).await?;
    let mut fresh: Vec<LinkRow> = Vec::new();
    let mut again: Vec<Uuid> = Vec::new();
    for (project_id, commitment_id) in wanted {
        match held.get(&(*project_id, *commitment_id)) {
            None => fresh.push(LinkRow {
                plan_id,
                project_id: *project_id,
                commitment_id: *commitment_id,
                id: Uuid::now_v7(),
                removed: false,
            }),
            Some(row) if row.removed => again.push(row.id),
            Some(_) => {}
        }
    }
    for chunk in fresh.chunks(CHUNK) {
        diesel::insert_into(t::table)
            .values(chunk)
            .execute(tx.conn())
            .await?;
    }
    mark(tx, &again, false).await?;
    for id in fresh.iter().map(|row| row.id).chain(again) {
        tx.touch(plan_id, Versioned::Links, id);
    }
    Ok(())
}

/// Takes links of a project away. The project is locked, and its event is recorded, by the caller.
pub async fn take_away(
    tx: &mut Tx,
    permit: &Permit,
    (plan_id, project_id): (Uuid, Uuid),
    commitment_ids: &[Uuid],
) -> Result<()> {
    covered(permit, plan_id, &[project_id])?;
    let ids: Vec<Uuid> = of_projects(tx.conn(), &[project_id])
        .await?
        .into_values()
        .filter(|row| !row.removed && commitment_ids.contains(&row.commitment_id))
        .map(|row| row.id)
        .collect();
    mark(tx, &ids, true).await?;
    for id in ids {
        tx.touch(plan_id, Versioned::Links, id);
    }
    Ok(())
}

async fn mark(tx: &mut Tx, ids: &[Uuid], removed: bool) -> Result<()> {
    if !ids.is_empty() {
        diesel::update(t::table.filter(t::id.eq_any(ids)))
            .set(t::removed.eq(removed))
            .execute(tx.conn())
            .await?;
    }
    Ok(())
}

/// A permit over the plan, when loading, or over the one project.
fn covered(permit: &Permit, plan_id: Uuid, project_ids: &[Uuid]) -> Result<()> {
    let covered = match permit.action() {
        Action::LoadPlan => permit.target_id() == plan_id,
        Action::CreateProject | Action::ReshapeProject | Action::EditProject => {
            project_ids.iter().all(|id| *id == permit.target_id())
        }
        _ => false,
    };
    match covered {
        true => Ok(()),
        false => Err(Error::internal("a permit does not cover what a project serves")),
    }
}
