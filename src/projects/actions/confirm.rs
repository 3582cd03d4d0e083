//! Confirmation: a planner makes proposals binding. From then on they may accuse somebody.

use std::collections::BTreeSet;

use serde_json::json;
use uuid::Uuid;

use super::edit::not_cancelled;
use super::{derive, difference, logged_milestone, logged_owner};
use crate::db::{EventKind, Subject, Tx};
use crate::kernel::authz::{self, Action, Permit, Target};
use crate::kernel::{Code, Error, Fault, Result, check_version};
use crate::projects::model::{Confirmation, MilestoneRow, OwnerRow};
use crate::projects::store;
use crate::rules::overdue::DateBasis;
use crate::sight;

/// What was confirmed: the rows as they are now, in the order asked.
#[derive(Debug, Clone)]
pub enum Confirmed {
    Owner(Box<OwnerRow>),
    Milestone(Box<MilestoneRow>),
}

/// Confirms all of it or nothing. A milestone's date and weight may both stand in one request, with the version
/// that was seen before either.
pub async fn confirm(tx: &mut Tx, items: &[Confirmation]) -> Result<Vec<Confirmed>> {
    if items.is_empty() {
        return Err(Error::invalid("/items", Code::ConfirmationNothing));
    }
    let milestone_ids: Vec<Uuid> = items
        .iter()
        .filter_map(|item| match item {
            Confirmation::Date { milestone_id, .. } | Confirmation::Weight { milestone_id, .. } => {
                Some(*milestone_id)
            }
            Confirmation::Owner { .. } => None,
        })
        .collect();
    let owner_projects: Vec<Uuid> = items
        .iter()
        .filter_map(|item| match item {
            Confirmation::Owner { project_id, .. } => Some(*project_id),
            _ => None,
        })
        .collect();
    // Projects before milestones, as every action that takes both does.
    let projects = store::lock_projects(tx, &owner_projects).await?;
    let mut milestones = store::lock_milestones(tx, &milestone_ids).await?;
    let originals = milestones.clone();
    let project_ids: Vec<Uuid> = projects
        .keys()
        .copied()
        .chain(milestones.values().map(|row| row.project_id))
        .collect::<BTreeSet<_>>()
        .into_iter()
        .collect();
    let scopes = store::scopes_of(tx.conn(), &project_ids).await?;
    let mut owners = store::owners_of(tx.conn(), &project_ids).await?;
    let organisations: Vec<Uuid> = items
        .iter()
        .filter_map(|item| match item {
            Confirmation::Owner { organisation_id, .. } => *organisation_id,
            _ => None,
        })
        .collect();
    let known_organisations = store::paths_of(tx.conn(), &organisations).await?;

    let now = tx.now();
    let mut refusals: Vec<(usize, Error)> = Vec::new();
    let mut confirmed: Vec<Confirmed> = Vec::new();
    let mut saved_owners: Vec<(Permit, OwnerRow)> = Vec::new();
    let mut changed: Vec<(Permit, Uuid, EventKind)> = Vec::new();
    for (index, item) in items.iter().enumerate() {
        let project_id = match item {
            Confirmation::Owner { project_id, .. } => {
                projects.contains_key(project_id).then_some(*project_id)
            }
            Confirmation::Date { milestone_id, .. } | Confirmation::Weight { milestone_id, .. } => {
                milestones.get(milestone_id).map(|row| row.project_id)
            }
        };
        let Some(scope) = project_id.and_then(|id| scopes.get(&id)) else {
            refusals.push((index, Error::NotFound));
            continue;
        };
        let permit = match authz::require(tx.actor(), Action::Confirm, &Target::Project(scope)) {
            Ok(permit) => permit,
            Err(error) => {
                refusals.push((index, error));
                continue;
            }
        };
        let outcome: Result<()> = match item {
            Confirmation::Owner {
                project_id,
                seen_version,
                role,
                organisation_id,
            } => {
                let unknown = organisation_id.is_some_and(|id| !known_organisations.contains_key(&id));
                let current = owners
                    .iter()
                    .position(|o| o.project_id == *project_id && o.role == *role);
                let done = if unknown {
                    Err(Error::invalid("/organisation", Code::FieldNotFound))
                } else {
                    confirm_owner(
                        current.map(|at| &owners[at]),
                        scope,
                        role,
                        *organisation_id,
                        *seen_version,
                        now,
                    )
                };
                done.map(|rows| {
                    for row in rows {
                        if !row.removed {
                            confirmed.push(Confirmed::Owner(Box::new(row.clone())));
                        }
                        let before = owners.iter().find(|o| o.id == row.id).map(logged_owner);
                        let kind = if row.removed {
                            EventKind::OwnerReplaced
                        } else {
                            EventKind::OwnerConfirmed
                        };
                        let changes = difference(&before.unwrap_or_else(|| json!({})), &logged_owner(&row));
                        let subject = (Subject::ProjectOwner, row.id);
                        let body = json!({ "changes": changes });
                        tx.record_under(&permit, row.plan_id, kind, subject, Some(row.project_id), body);
                        saved_owners.push((permit.clone(), row));
                    }
                    if let Some(at) = current {
                        owners.remove(at);
                    }
                })
            }
            Confirmation::Date {
                milestone_id,
                seen_version,
                planned_on,
            } => {
                with_milestone(&mut milestones, &originals, *milestone_id, *seen_version, |row| {
                    if row.basis()? == DateBasis::Confirmed {
                        return Err(Error::conflict(Code::ConfirmationAlready));
                    }
                    if let Some(day) = planned_on.filter(|day| *day != row.planned_on) {
                        row.planned_on = day;
                        row.date_precision = "day".to_owned();
                    }
                    row.date_basis = DateBasis::Confirmed.as_str().to_owned();
                    // The first baseline is kept for ever: one that the plan's text set stays.
                    row.first_baseline_on = row.first_baseline_on.or(Some(row.planned_on));
                    Ok(())
                })
                .map(|()| changed.push((permit, *milestone_id, EventKind::DateConfirmed)))
            }
            Confirmation::Weight {
                milestone_id,
                seen_version,
                weight,
            } => with_milestone(&mut milestones, &originals, *milestone_id, *seen_version, |row| {
                if row.weight_confirmed {
                    return Err(Error::conflict(Code::ConfirmationAlready));
                }
                if let Some(weight) = weight {
                    row.weight = weight.clone();
                }
                row.weight_confirmed = true;
                Ok(())
            })
            .map(|()| changed.push((permit, *milestone_id, EventKind::WeightConfirmed))),
        };
        if let Err(error) = outcome {
            refusals.push((index, error));
        }
    }
    Error::of_items(refusals, items.len())?;

    let mut saved: Vec<(Permit, MilestoneRow)> = Vec::new();
    let mut logged = originals;
    for (permit, id, kind) in changed {
        let (Some(row), Some(before)) = (milestones.get_mut(&id), logged.get_mut(&id)) else {
            continue;
        };
        // One milestone may be named twice, for its date and its weight: each event tells its own share.
        let mut after = before.clone();
        match kind {
            EventKind::DateConfirmed => {
                after.planned_on = row.planned_on;
                after.date_precision.clone_from(&row.date_precision);
                after.date_basis.clone_from(&row.date_basis);
                after.first_baseline_on = row.first_baseline_on;
            }
            _ => {
                after.weight.clone_from(&row.weight);
                after.weight_confirmed = row.weight_confirmed;
            }
        }
        let body = json!({ "changes": difference(&logged_milestone(before), &logged_milestone(&after)) });
        tx.record_under(
            &permit,
            row.plan_id,
            kind,
            (Subject::Milestone, id),
            Some(row.project_id),
            body,
        );
        *before = after;
        if !saved.iter().any(|(_, saved)| saved.id == id) {
            row.row_version += 1;
            row.updated_at = now;
            derive::span(row)?;
            saved.push((permit, row.clone()));
            confirmed.push(Confirmed::Milestone(Box::new(row.clone())));
        }
    }
    store::save_owners(tx, &saved_owners).await?;
    store::save_milestones(tx, &saved).await?;
    if !saved_owners.is_empty() {
        sight::rebuild(tx, &owner_projects).await?;
    }
    derive::refresh(tx, &project_ids).await?;
    Ok(confirmed)
}

fn with_milestone(
    milestones: &mut std::collections::BTreeMap<Uuid, MilestoneRow>,
    originals: &std::collections::BTreeMap<Uuid, MilestoneRow>,
    id: Uuid,
    seen_version: Option<i64>,
    change: impl FnOnce(&mut MilestoneRow) -> Result<()>,
) -> Result<()> {
    let row = milestones.get_mut(&id).ok_or(Error::NotFound)?;
    let original = originals.get(&id).ok_or(Error::NotFound)?;
    check_version(seen_version, original.row_version)?;
    not_cancelled(original)?;
    change(row)
}

/// The owner rows that follow: the confirmed one, and before it the one that it replaces.
fn confirm_owner(
    current: Option<&OwnerRow>,
    scope: &authz::ProjectScope,
    role: &str,
    organisation_id: Option<Uuid>,
    seen_version: Option<i64>,
    now: chrono::DateTime<chrono::Utc>,
) -> Result<Vec<OwnerRow>> {
    let fresh = |organisation_id| {
        let of = (scope.plan_id, scope.project_id);
        OwnerRow::new(of, role, organisation_id, "confirmed", now)
    };
    match (current, organisation_id) {
        (None, None) => Err(Error::Conflict(
            Fault::new("", Code::ProjectOwnerMissing).with("role", role),
        )),
        (None, Some(organisation_id)) => Ok(vec![fresh(organisation_id)]),
        (Some(current), wanted) => {
            check_version(seen_version, current.row_version)?;
            if current.basis == "confirmed" {
                return Err(Error::conflict(Code::ConfirmationAlready));
            }
            let mut row = current.clone();
            row.row_version += 1;
            row.updated_at = now;
            match wanted.filter(|wanted| *wanted != current.organisation_id) {
                None => {
                    row.basis = "confirmed".to_owned();
                    row.settle();
                    Ok(vec![row])
                }
                Some(other) => {
                    row.removed = true;
                    Ok(vec![row, fresh(other)])
                }
            }
        }
    }
}
