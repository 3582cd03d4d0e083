//! What an approval does.

use serde_json::json;
use uuid::Uuid;

use super::things::Thing;
use crate::db::{EventKind, Subject, Tx, bigrams};
use crate::kernel::authz::{Action, Permit};
use crate::kernel::{Error, Result};
use crate::projects::actions::{derive, difference, logged_milestone, logged_owner, logged_project};
use crate::projects::changes::model::{Change, RequestRow};
use crate::projects::changes::proposals::{NewStep, Scope, ScopeEdit};
use crate::projects::model::{MilestoneRow, OwnerRow, ProjectRow};
use crate::projects::parts::store as parts;
use crate::projects::store as projects;
use crate::rules::overdue::{DateBasis, MilestoneState};
use crate::rules::templates::Milestone;
use crate::sight;

/// Below the issuer a planner gives and takes only what is his subtree's: neither does an owner outside it come in or go,
/// nor a project away from one, of the whole or of a part, nor a site to or from a county outside it. The rest is for the issuer's planners.
pub(super) async fn within_reach(
    tx: &mut Tx,
    permit: &Permit,
    request: &RequestRow,
    thing: &Thing,
) -> Result<()> {
    let scope = &thing.scope;
    let Some(own) = permit.organisation_id().filter(|own| *own != scope.issuer_id) else {
        return Ok(());
    };
    let owners = [("lead", &scope.lead), ("responsible", &scope.responsible)];
    let touched = |role: &str| match request.kind.as_str() {
        "owner" => request.owner_role.as_deref() == Some(role),
        "cancel_project" => true,
        _ => false,
    };
    let leaves = owners
        .into_iter()
        .filter(|(role, _)| touched(role))
        .filter_map(|(_, owner)| owner.as_ref());
    let mut inside = leaves
        .clone()
        .all(|owner| !owner.confirmed || owner.path.contains(&own));
    if request.kind == "cancel_project" {
        let held = parts::of_projects(tx.conn(), &[thing.project.id]).await?;
        let holders = parts::holders(tx.conn(), &held).await?;
        inside &= holders
            .values()
            .all(|owner| !owner.confirmed || owner.path.contains(&own));
    }
    if let (true, Some(id)) = (request.kind == "owner", request.organisation_id) {
        let paths = projects::paths_of(tx.conn(), &[id]).await?;
        inside &= paths.get(&id).is_some_and(|path| path.contains(&own));
    }
    if request.kind == "scope" {
        let (wanted, was) = request.scopes()?;
        let sites: Vec<Uuid> = match wanted.site_region_id == was.site_region_id {
            true => Vec::new(),
            false => [was.site_region_id, wanted.site_region_id]
                .into_iter()
                .flatten()
                .collect(),
        };
        let counties = projects::county_governments(tx.conn(), &sites).await?;
        let paths = projects::paths_of(tx.conn(), &counties).await?;
        inside &= paths.values().all(|path| path.contains(&own));
    }
    match inside {
        true => Ok(()),
        false => Err(Error::Forbidden(Action::DecideChange)),
    }
}

/// Makes the change, with an event of its own on what changed. Answers the milestone that was added.
pub(super) async fn apply(
    tx: &mut Tx,
    permit: &Permit,
    request: &RequestRow,
    thing: Thing,
) -> Result<Option<Uuid>> {
    let project_id = thing.project.id;
    let mut added = None;
    match request.change()? {
        Change::Date(day) => {
            let mut row = thing.milestone()?.clone();
            // A date of the plan's text becomes a confirmed one; the first baseline stays what it was.
            row.first_baseline_on = row.first_baseline_on.or(Some(row.planned_on));
            row.planned_on = day;
            row.date_precision = "day".to_owned();
            row.date_basis = DateBasis::Confirmed.as_str().to_owned();
            let changed = vec![(thing.milestone()?.clone(), row)];
            milestones(tx, permit, request, changed, EventKind::MilestoneEdited).await?;
        }
        Change::Weight(weight) => {
            let mut row = thing.milestone()?.clone();
            row.weight = weight;
            let changed = vec![(thing.milestone()?.clone(), row)];
            milestones(tx, permit, request, changed, EventKind::MilestoneEdited).await?;
        }
        Change::CancelMilestone => {
            let changed = vec![cancelled(thing.milestone()?)];
            milestones(tx, permit, request, changed, EventKind::MilestoneCancelled).await?;
        }
        Change::Quantity(quantity) => {
            let mut row = thing.project.clone();
            row.quantity = Some(quantity);
            project(tx, permit, request, &thing.project, row, EventKind::ProjectEdited).await?;
        }
        Change::Owner {
            role,
            organisation_id,
        } => replace_owner(tx, permit, request, &thing, role, organisation_id).await?,
        Change::CancelProject => {
            let all = projects::milestones_of(tx.conn(), &[project_id]).await?;
            let ids: Vec<Uuid> = all.iter().map(|milestone| milestone.id).collect();
            let mut changed = Vec::new();
            for milestone in projects::lock_milestones(tx, &ids).await?.into_values() {
                // What was reported or verified happened, and stays.
                if milestone.state()?.open() {
                    changed.push(cancelled(&milestone));
                }
            }
            milestones(tx, permit, request, changed, EventKind::MilestoneCancelled).await?;
            let mut row = thing.project.clone();
            row.life_cycle = "cancelled".to_owned();
            project(
                tx,
                permit,
                request,
                &thing.project,
                row,
                EventKind::ProjectCancelled,
            )
            .await?;
        }
        Change::AddMilestone(step) => added = Some(add(tx, permit, request, &thing, &step).await?),
        Change::Scope(edit) => cover(tx, permit, request, &thing.project, &edit).await?,
        Change::AddProject(_) => return Err(Error::internal("a project is added by its own action")),
    }
    derive::refresh(tx, &[project_id]).await?;
    Ok(added)
}

/// Adds a milestone, confirmed by the approval: its date is its first baseline. Those after it move by one.
async fn add(
    tx: &mut Tx,
    permit: &Permit,
    request: &RequestRow,
    thing: &Thing,
    step: &NewStep,
) -> Result<Uuid> {
    let place = thing
        .steps
        .iter()
        .find(|one| Some(one.id) == step.before)
        .map(|next| next.number);
    let last = thing.steps.iter().map(|one| one.number).max().unwrap_or(0);
    let number = place.unwrap_or(last + 1);
    let after: Vec<Uuid> = thing
        .steps
        .iter()
        .filter(|one| one.number >= number)
        .map(|one| one.id)
        .collect();
    let mut moved = Vec::with_capacity(after.len() + 1);
    for before in projects::lock_milestones(tx, &after).await?.into_values() {
        let mut row = before.clone();
        row.number += 1;
        moved.push(told(
            tx,
            permit,
            request,
            (&before, row),
            EventKind::MilestoneEdited,
        )?);
    }
    let slug = step.slug.as_deref().unwrap_or_default();
    let planned = Milestone {
        marks: None,
        code: format!("{}.{slug}", thing.project.code),
        number,
        name: step.name.clone(),
        weight: step.weight.clone(),
        planned_on: step.planned_on,
        basis: DateBasis::Confirmed,
        precision: "day",
        evidence_wanted: step.evidence_wanted.clone(),
    };
    let mut row = MilestoneRow::begun((thing.project.plan_id, thing.project.id), &planned, tx.now());
    row.first_baseline_on = Some(row.planned_on);
    row.weight_confirmed = true;
    derive::span(&mut row)?;
    let body = json!({ "change_request_id": request.id, "state": logged_milestone(&row) });
    let (id, subject) = (row.id, (Subject::Milestone, row.id));
    let created = EventKind::RecordCreated;
    tx.record_under(permit, row.plan_id, created, subject, Some(row.project_id), body);
    moved.push((permit.clone(), row));
    projects::save_milestones(tx, &moved).await?;
    Ok(id)
}

/// Changes what a project covers. Sight follows its site.
async fn cover(
    tx: &mut Tx,
    permit: &Permit,
    request: &RequestRow,
    before: &ProjectRow,
    edit: &ScopeEdit,
) -> Result<()> {
    let scope = edit.on(&Scope::of(before));
    let mut row = before.clone();
    row.bigrams = bigrams::of(&scope.title);
    row.folded_title = bigrams::folded(&scope.title);
    row.title = scope.title;
    row.components = scope.components;
    row.site_region_id = scope.site_region_id;
    let moves = row.site_region_id != before.site_region_id;
    project(tx, permit, request, before, row, EventKind::ProjectEdited).await?;
    match moves {
        true => sight::rebuild(tx, &[before.id]).await,
        false => Ok(()),
    }
}

fn cancelled(milestone: &MilestoneRow) -> (MilestoneRow, MilestoneRow) {
    let mut row = milestone.clone();
    row.state = MilestoneState::Cancelled.as_str().to_owned();
    (milestone.clone(), row)
}

async fn milestones(
    tx: &mut Tx,
    permit: &Permit,
    request: &RequestRow,
    changed: Vec<(MilestoneRow, MilestoneRow)>,
    kind: EventKind,
) -> Result<()> {
    let mut saved = Vec::with_capacity(changed.len());
    for (before, row) in changed {
        saved.push(told(tx, permit, request, (&before, row), kind)?);
    }
    projects::save_milestones(tx, &saved).await
}

/// A milestone that the request changes, with its event, to be saved.
fn told(
    tx: &mut Tx,
    permit: &Permit,
    request: &RequestRow,
    (before, mut row): (&MilestoneRow, MilestoneRow),
    kind: EventKind,
) -> Result<(Permit, MilestoneRow)> {
    row.row_version += 1;
    row.updated_at = tx.now();
    derive::span(&mut row)?;
    let body = json!({ "change_request_id": request.id,
        "changes": difference(&logged_milestone(before), &logged_milestone(&row)) });
    let subject = (Subject::Milestone, row.id);
    tx.record_under(permit, row.plan_id, kind, subject, Some(row.project_id), body);
    Ok((permit.clone(), row))
}

async fn project(
    tx: &mut Tx,
    permit: &Permit,
    request: &RequestRow,
    before: &ProjectRow,
    mut row: ProjectRow,
    kind: EventKind,
) -> Result<()> {
    row.row_version += 1;
    row.updated_at = tx.now();
    let body = json!({ "change_request_id": request.id,
        "changes": difference(&logged_project(before), &logged_project(&row)) });
    let subject = (Subject::Project, row.id);
    tx.record_under(permit, row.plan_id, kind, subject, Some(row.id), body);
    projects::save_project(tx, permit, &row).await
}

async fn replace_owner(
    tx: &mut Tx,
    permit: &Permit,
    request: &RequestRow,
    thing: &Thing,
    role: String,
    organisation_id: Uuid,
) -> Result<()> {
    let before = thing.owner.as_ref().ok_or(Error::NotFound)?;
    let now = tx.now();
    let mut ended = before.clone();
    ended.removed = true;
    ended.row_version += 1;
    ended.updated_at = now;
    let of = (before.plan_id, before.project_id);
    let fresh = OwnerRow::new(of, &role, organisation_id, "confirmed", now);
    for (was, row, kind) in [
        (logged_owner(before), &ended, EventKind::OwnerReplaced),
        (json!({}), &fresh, EventKind::OwnerConfirmed),
    ] {
        let body =
            json!({ "change_request_id": request.id, "changes": difference(&was, &logged_owner(row)) });
        let subject = (Subject::ProjectOwner, row.id);
        tx.record_under(permit, row.plan_id, kind, subject, Some(row.project_id), body);
    }
    projects::save_owners(tx, &[(permit.clone(), ended), (permit.clone(), fresh)]).await?;
    sight::rebuild(tx, &[thing.project.id]).await
}
