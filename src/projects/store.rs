//! The SQL of projects, owners and milestones.

use std::collections::BTreeMap;

use diesel::prelude::*;
use diesel::upsert::excluded;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use super::model::{MilestoneRow, OwnerRow, ProjectRow};
use crate::db::schema::{
    milestones, organisation_closure, organisations, plans, project_owners, projects, regions,
};
use crate::db::{Tx, Versioned};
use crate::kernel::authz::{Action, OwnerScope, Permit, ProjectScope};
use crate::kernel::{Error, Result};
use crate::sight;

/// Rows of one insert; a milestone has 33 binds of the 65,535 that a statement takes.
const CHUNK: usize = 1_000;

/// The milestones of these ids that the actor may see, locked in the order of their ids.
/// Sight comes first, so nobody waits for a row that he may not see.
pub async fn lock_milestones(tx: &mut Tx, ids: &[Uuid]) -> Result<BTreeMap<Uuid, MilestoneRow>> {
    let actor = tx.actor().clone();
    let of_projects: Vec<(Uuid, Uuid)> = milestones::table
        .filter(milestones::id.eq_any(ids))
        .select((milestones::id, milestones::project_id))
        .load(tx.conn())
        .await?;
    let project_ids: Vec<Uuid> = of_projects.iter().map(|(_, project_id)| *project_id).collect();
    let seen = sight::visible(tx.conn(), &actor, &project_ids).await?;
    let wanted: Vec<Uuid> = of_projects
        .into_iter()
        .filter(|(_, project_id)| seen.binary_search(project_id).is_ok())
        .map(|(id, _)| id)
        .collect();
    let rows: Vec<MilestoneRow> = milestones::table
        .filter(milestones::id.eq_any(&wanted))
        .order(milestones::id)
        .for_update()
        .load(tx.conn())
        .await?;
    Ok(rows.into_iter().map(|row| (row.id, row)).collect())
}

/// The same for projects.
pub async fn lock_projects(tx: &mut Tx, ids: &[Uuid]) -> Result<BTreeMap<Uuid, ProjectRow>> {
    let actor = tx.actor().clone();
    let seen = sight::visible(tx.conn(), &actor, ids).await?;
    let rows: Vec<ProjectRow> = projects::table
        .filter(projects::id.eq_any(&seen))
        .order(projects::id)
        .for_update()
        .load(tx.conn())
        .await?;
    Ok(rows.into_iter().map(|row| (row.id, row)).collect())
}

/// Projects whose milestones or owners were changed under a permit already, locked in the order of their ids.
pub(super) async fn lock_projects_unseen(tx: &mut Tx, ids: &[Uuid]) -> Result<Vec<ProjectRow>> {
    Ok(projects::table
        .filter(projects::id.eq_any(ids))
        .order(projects::id)
        .for_update()
        .load(tx.conn())
        .await?)
}

/// Projects by id, without a lock.
pub async fn projects_by_id(
    conn: &mut AsyncPgConnection,
    ids: &[Uuid],
) -> Result<BTreeMap<Uuid, ProjectRow>> {
    let rows: Vec<ProjectRow> = projects::table
        .filter(projects::id.eq_any(ids))
        .load(conn)
        .await?;
    Ok(rows.into_iter().map(|row| (row.id, row)).collect())
}

/// Every milestone of these projects, in the order of their numbers.
pub async fn milestones_of(conn: &mut AsyncPgConnection, project_ids: &[Uuid]) -> Result<Vec<MilestoneRow>> {
    Ok(milestones::table
        .filter(milestones::project_id.eq_any(project_ids))
        .order((milestones::project_id, milestones::number))
        .load(conn)
        .await?)
}

/// The owners that these projects have now.
pub async fn owners_of(conn: &mut AsyncPgConnection, project_ids: &[Uuid]) -> Result<Vec<OwnerRow>> {
    Ok(project_owners::table
        .filter(
            project_owners::project_id
                .eq_any(project_ids)
                .and(project_owners::removed.eq(false)),
        )
        .order((
            project_owners::project_id,
            project_owners::role,
            project_owners::created_at,
            project_owners::id,
        ))
        .load(conn)
        .await?)
}

/// For each of these organisations those above it, itself first.
pub async fn paths_of(conn: &mut AsyncPgConnection, ids: &[Uuid]) -> Result<BTreeMap<Uuid, Vec<Uuid>>> {
    let rows: Vec<(Uuid, Uuid)> = organisation_closure::table
        .filter(organisation_closure::descendant_id.eq_any(ids))
        .order((organisation_closure::descendant_id, organisation_closure::depth))
        .select((
            organisation_closure::descendant_id,
            organisation_closure::ancestor_id,
        ))
        .load(conn)
        .await?;
    let mut paths: BTreeMap<Uuid, Vec<Uuid>> = BTreeMap::new();
    for (descendant, ancestor) in rows {
        paths.entry(descendant).or_default().push(ancestor);
    }
    Ok(paths)
}

/// What the rules on rights must know of these projects.
pub async fn scopes_of(
    conn: &mut AsyncPgConnection,
    project_ids: &[Uuid],
) -> Result<BTreeMap<Uuid, ProjectScope>> {
    let heads: Vec<(Uuid, Uuid, Uuid)> = projects::table
        .inner_join(plans::table.on(plans::id.eq(projects::plan_id)))
        .filter(projects::id.eq_any(project_ids))
        .select((projects::id, plans::id, plans::issuer_id))
        .load(conn)
        .await?;
    let owners = owners_of(conn, project_ids).await?;
    let organisations: Vec<Uuid> = owners.iter().map(|owner| owner.organisation_id).collect();
    let paths = paths_of(conn, &organisations).await?;
    let mut scopes: BTreeMap<Uuid, ProjectScope> = heads
        .into_iter()
        .map(|(project_id, plan_id, issuer_id)| {
            (
                project_id,
                ProjectScope {
                    project_id,
                    plan_id,
                    issuer_id,
                    lead: None,
                    responsible: None,
                },
            )
        })
        .collect();
    for owner in owners {
        let scope = OwnerScope {
            organisation_id: owner.organisation_id,
            // What the plan's text names is settled; what was inferred is not.
            confirmed: owner.basis != "inferred",
            path: paths.get(&owner.organisation_id).cloned().unwrap_or_default(),
        };
        if let Some(project) = scopes.get_mut(&owner.project_id) {
            match owner.role.as_str() {
                "lead" => project.lead = Some(scope),
                "responsible" => project.responsible = Some(scope),
                _ => {}
            }
        }
    }
    Ok(scopes)
}

fn allowed(permit: &Permit, target_id: Uuid, actions: &[Action]) -> Result<()> {
    if permit.target_id() == target_id && actions.contains(&permit.action()) {
        Ok(())
    } else {
        Err(Error::internal(format!(
            "a permit for {:?} does not cover this change",
            permit.action()
        )))
    }
}

/// Writes milestones, new ones and changed ones, in a few statements; each under its permit: on the milestone, or on
/// its project for confirmation and loading.
pub async fn save_milestones(tx: &mut Tx, changes: &[(Permit, MilestoneRow)]) -> Result<()> {
    use milestones as m;
    for (permit, row) in changes {
        let target = match permit.action() {
            Action::Confirm
            | Action::DecideChange
            | Action::CreateProject
            | Action::EditProject
            | Action::ReshapeProject => row.project_id,
            Action::LoadPlan => row.plan_id,
            _ => row.id,
        };
        allowed(
            permit,
            target,
            &[
                Action::ReportMilestone,
                Action::WithdrawMilestone,
                Action::VerifyMilestone,
                Action::ReturnMilestone,
                Action::ReopenMilestone,
                Action::EditMilestone,
                Action::CreateProject,
                Action::EditProject,
                Action::ReshapeProject,
                Action::Confirm,
                Action::DecideChange,
                Action::LoadPlan,
            ],
        )?;
    }
    for chunk in changes.chunks(CHUNK) {
        let rows: Vec<&MilestoneRow> = chunk.iter().map(|(_, row)| row).collect();
        diesel::insert_into(m::table)
            .values(rows)
            .on_conflict(m::id)
            .do_update()
            .set((
                m::number.eq(excluded(m::number)),
                m::name.eq(excluded(m::name)),
                m::weight.eq(excluded(m::weight)),
                m::weight_confirmed.eq(excluded(m::weight_confirmed)),
                m::planned_on.eq(excluded(m::planned_on)),
                m::date_basis.eq(excluded(m::date_basis)),
                m::date_precision.eq(excluded(m::date_precision)),
                m::first_baseline_on.eq(excluded(m::first_baseline_on)),
                m::evidence_wanted.eq(excluded(m::evidence_wanted)),
                m::state.eq(excluded(m::state)),
                m::actual_on.eq(excluded(m::actual_on)),
                m::note.eq(excluded(m::note)),
                m::evidence.eq(excluded(m::evidence)),
                m::reported_on.eq(excluded(m::reported_on)),
                m::reported_at.eq(excluded(m::reported_at)),
                m::reported_by_user_id.eq(excluded(m::reported_by_user_id)),
                m::reported_by_organisation_id.eq(excluded(m::reported_by_organisation_id)),
                m::verified_on.eq(excluded(m::verified_on)),
                m::verified_at.eq(excluded(m::verified_at)),
                m::verified_by_user_id.eq(excluded(m::verified_by_user_id)),
                m::verified_by_organisation_id.eq(excluded(m::verified_by_organisation_id)),
                m::back_reason.eq(excluded(m::back_reason)),
                m::overdue_from.eq(excluded(m::overdue_from)),
                m::lapsed_from.eq(excluded(m::lapsed_from)),
                m::seed.eq(excluded(m::seed)),
                m::marks.eq(excluded(m::marks)),
                m::row_version.eq(excluded(m::row_version)),
                m::updated_at.eq(excluded(m::updated_at)),
            ))
            .execute(tx.conn())
            .await?;
    }
    for (_, row) in changes {
        tx.touch(row.plan_id, Versioned::Milestones, row.id);
    }
    Ok(())
}

/// Adds projects: as the plan's files give them under one permit over the plan, or one by one by a planner.
pub async fn insert_projects(tx: &mut Tx, permit: &Permit, rows: &[ProjectRow]) -> Result<()> {
    for row in rows {
        let target = match permit.action() {
            Action::CreateProject => row.id,
            _ => row.plan_id,
        };
        allowed(permit, target, &[Action::LoadPlan, Action::CreateProject])?;
        tx.touch(row.plan_id, Versioned::Projects, row.id);
    }
    for chunk in rows.chunks(CHUNK) {
        diesel::insert_into(projects::table)
            .values(chunk)
            .execute(tx.conn())
            .await?;
    }
    Ok(())
}

/// Writes what was edited of a project.
pub async fn save_project(tx: &mut Tx, permit: &Permit, row: &ProjectRow) -> Result<()> {
    let target = if permit.action() == Action::LoadPlan {
        row.plan_id
    } else {
        row.id
    };
    allowed(
        permit,
        target,
        &[
            Action::EditProject,
            Action::ReshapeProject,
            Action::DecideChange,
            Action::LoadPlan,
        ],
    )?;
    diesel::update(projects::table.find(row.id))
        .set(row)
        .execute(tx.conn())
        .await?;
    tx.touch(row.plan_id, Versioned::Projects, row.id);
    Ok(())
}

/// Writes what follows from a project's milestones and owners. Needs no permit of its own: `actions::derive` alone
/// calls it, after a change that had one.
pub(super) async fn save_derived(tx: &mut Tx, row: &ProjectRow) -> Result<()> {
    diesel::update(projects::table.find(row.id))
        .set((
            projects::overdue_from.eq(row.overdue_from),
            projects::lapsed_from.eq(row.lapsed_from),
            projects::next_due_on.eq(row.next_due_on),
            projects::unverified_since.eq(row.unverified_since),
            projects::unconfirmed.eq(row.unconfirmed),
            projects::total_weight.eq(&row.total_weight),
            projects::earned_weight.eq(&row.earned_weight),
            projects::verified_weight.eq(&row.verified_weight),
            projects::silent_from.eq(row.silent_from),
            projects::twice_silent_from.eq(row.twice_silent_from),
            projects::statistics_entered_on.eq(row.statistics_entered_on),
        ))
        .execute(tx.conn())
        .await?;
    tx.touch(row.plan_id, Versioned::Projects, row.id);
    Ok(())
}

/// Adds or changes owners, each under a permit over its project (or plan, when loading).
pub async fn save_owners(tx: &mut Tx, changes: &[(Permit, OwnerRow)]) -> Result<()> {
    use project_owners as o;
    for (permit, row) in changes {
        let target = if permit.action() == Action::LoadPlan {
            row.plan_id
        } else {
            row.project_id
        };
        allowed(
            permit,
            target,
            &[
                Action::CreateProject,
                Action::EditProject,
                Action::ReshapeProject,
                Action::Confirm,
                Action::DecideChange,
                Action::ClaimOwner,
                Action::LoadPlan,
            ],
        )?;
        tx.touch(row.plan_id, Versioned::ProjectOwners, row.id);
    }
    // Removed ones first: a role has one owner at a time.
    let (removed, kept): (Vec<&OwnerRow>, Vec<&OwnerRow>) =
        changes.iter().map(|(_, row)| row).partition(|row| row.removed);
    for chunk in removed.chunks(CHUNK).chain(kept.chunks(CHUNK)) {
        diesel::insert_into(o::table)
            .values(chunk.to_vec())
            .on_conflict(o::id)
            .do_update()
            .set((
                o::basis.eq(excluded(o::basis)),
                o::removed.eq(excluded(o::removed)),
                o::claim.eq(excluded(o::claim)),
                o::claim_reason.eq(excluded(o::claim_reason)),
                o::claim_organisation_id.eq(excluded(o::claim_organisation_id)),
                o::claimed_on.eq(excluded(o::claimed_on)),
                o::claimed_by_user_id.eq(excluded(o::claimed_by_user_id)),
                o::claimed_by_organisation_id.eq(excluded(o::claimed_by_organisation_id)),
                o::row_version.eq(excluded(o::row_version)),
                o::updated_at.eq(excluded(o::updated_at)),
            ))
            .execute(tx.conn())
            .await?;
    }
    Ok(())
}

/// The id of a project by its id or code; sight is for the lock to judge.
pub async fn project_id(conn: &mut AsyncPgConnection, reference: &str) -> Result<Uuid> {
    match Uuid::try_parse(reference) {
        Ok(id) => Ok(id),
        Err(_) => Ok(projects::table
            .filter(projects::code.eq(reference))
            .select(projects::id)
            .first(conn)
            .await?),
    }
}

/// Which project a milestone is of; a milestone never moves to another.
pub async fn project_of_milestone(conn: &mut AsyncPgConnection, id: Uuid) -> Result<Uuid> {
    Ok(milestones::table
        .find(id)
        .select(milestones::project_id)
        .first(conn)
        .await?)
}

/// The id of a milestone by its id or code; sight is for the lock to judge.
pub async fn milestone_id(conn: &mut AsyncPgConnection, reference: &str) -> Result<Uuid> {
    match Uuid::try_parse(reference) {
        Ok(id) => Ok(id),
        Err(_) => Ok(milestones::table
            .filter(milestones::code.eq(reference))
            .select(milestones::id)
            .first(conn)
            .await?),
    }
}

/// Organisations by id or code, each under the name that was asked for.
pub async fn organisations_named(
    conn: &mut AsyncPgConnection,
    names: &[String],
) -> Result<BTreeMap<String, Uuid>> {
    let ids: Vec<Uuid> = names
        .iter()
        .filter_map(|name| Uuid::try_parse(name).ok())
        .collect();
    let rows: Vec<(Uuid, String)> = organisations::table
        .filter(
            organisations::id
                .eq_any(ids)
                .or(organisations::code.eq_any(names)),
        )
        .select((organisations::id, organisations::code))
        .load(conn)
        .await?;
    Ok(rows
        .into_iter()
        .flat_map(|(id, code)| [(id.to_string(), id), (code, id)])
        .collect())
}

/// Every project of a plan, for the loading of its files.
pub async fn of_plan(conn: &mut AsyncPgConnection, plan_id: Uuid) -> Result<Vec<ProjectRow>> {
    Ok(projects::table
        .filter(projects::plan_id.eq(plan_id))
        .order(projects::id)
        .load(conn)
        .await?)
}

/// Organisations that stand, by id or code, each under the name that was asked for.
pub async fn standing_organisations(
    conn: &mut AsyncPgConnection,
    names: &[String],
) -> Result<BTreeMap<String, Uuid>> {
    let known = organisations_named(conn, names).await?;
    let ids: Vec<Uuid> = known.values().copied().collect();
    let standing: Vec<Uuid> = organisations::table
        .filter(
            organisations::id
                .eq_any(ids)
                .and(organisations::archived_reason.is_null()),
        )
        .select(organisations::id)
        .load(conn)
        .await?;
    Ok(known
        .into_iter()
        .filter(|(_, id)| standing.contains(id))
        .collect())
}

/// A region by id or code.
pub async fn region_named(conn: &mut AsyncPgConnection, name: &str) -> Result<Option<Uuid>> {
    let query = regions::table.select(regions::id).into_boxed();
    let query = match Uuid::try_parse(name) {
        Ok(id) => query.filter(regions::id.eq(id)),
        Err(_) => query.filter(regions::code.eq(name.to_owned())),
    };
    Ok(query.first(conn).await.optional()?)
}

/// The county governments of these regions.
pub async fn county_governments(conn: &mut AsyncPgConnection, region_ids: &[Uuid]) -> Result<Vec<Uuid>> {
    Ok(organisations::table
        .filter(organisations::region_id.eq_any(region_ids))
        .filter(organisations::kind.eq("county_government"))
        .select(organisations::id)
        .load(conn)
        .await?)
}

/// Whether a change of the project or of one of its milestones waits for a decision.
pub async fn has_open_change(conn: &mut AsyncPgConnection, project_id: Uuid) -> Result<bool> {
    use crate::db::schema::change_requests as c;
    Ok(diesel::select(diesel::dsl::exists(
        c::table.filter(c::project_id.eq(project_id).and(c::state.eq("open"))),
    ))
    .get_result(conn)
    .await?)
}
