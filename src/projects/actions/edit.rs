//! What a planner corrects by hand: a project's description, a milestone that is not confirmed yet.

use serde_json::json;
use uuid::Uuid;

use super::{derive, difference, logged_milestone, logged_project};
use crate::commitments::store as promises;
use crate::commitments::store::links;
use crate::db::{EventKind, Subject, Tx, bigrams};
use crate::kernel::authz::{self, Action, Permit, Target};
use crate::kernel::{Code, Error, Fault, Patch, Result, check_version};
use crate::plans::store as plans;
use crate::projects::model::{MilestoneEdit, MilestoneRow, ProjectEdit, ProjectRow};
use crate::projects::store;
use crate::rules::overdue::{DateBasis, MilestoneState};
use crate::sight;

/// Edits a project. Life cycles `cancelled` needs a change request and is refused here.
pub async fn project(
    tx: &mut Tx,
    id: Uuid,
    seen_version: Option<i64>,
    edit: &ProjectEdit,
) -> Result<ProjectRow> {
    let before = store::lock_projects(tx, &[id])
        .await?
        .remove(&id)
        .ok_or(Error::NotFound)?;
    let scopes = store::scopes_of(tx.conn(), &[id]).await?;
    let scope = scopes.get(&id).ok_or(Error::NotFound)?;
    let permit = authz::require(tx.actor(), Action::EditProject, &Target::Project(scope))?;
    check_version(seen_version, before.row_version)?;
    before.still_going()?;
    let serves = refers(tx, &before, edit).await?;
    let mut row = before.clone();
    if let Some(title) = &edit.title {
        row.bigrams = bigrams::of(title);
        row.folded_title = bigrams::folded(title);
        row.title.clone_from(title);
    }
    if let Some(life_cycle) = &edit.life_cycle {
        row.life_cycle.clone_from(life_cycle);
    }
    if let Some(description) = &edit.description {
        row.description.clone_from(description);
    }
    if let Some(components) = &edit.components {
        row.components.clone_from(components);
    }
    if let Some(is_public) = edit.is_public {
        row.is_public = is_public;
    }
    row.quantity_delivered = edit.quantity_delivered.clone().apply(row.quantity_delivered);
    row.investment_planned = edit.investment_planned.clone().apply(row.investment_planned);
    row.national_code = edit.national_code.clone().apply(row.national_code);
    row.doubt = edit.doubt.clone().apply(row.doubt);
    row.site_region_id = edit.site_region_id.clone().apply(row.site_region_id);
    row.second_initiative_id = edit.second_initiative_id.clone().apply(row.second_initiative_id);
    let mut changes = difference(&logged_project(&before), &logged_project(&row));
    let links = serves.filter(|links| !links.is_empty());
    if let (Some(links), Some(changes)) = (&links, changes.as_object_mut()) {
        changes.insert("serves".to_owned(), json!([links.before, links.after]));
    }
    if changes == json!({}) {
        return Ok(before);
    }
    row.row_version += 1;
    row.updated_at = tx.now();
    let body = json!({ "changes": changes });
    tx.record_under(
        &permit,
        row.plan_id,
        EventKind::ProjectEdited,
        (Subject::Project, id),
        Some(id),
        body,
    );
    if let Some(links) = &links {
        links.save(tx, &permit, &row).await?;
    }
    store::save_project(tx, &permit, &row).await?;
    if row.site_region_id != before.site_region_id {
        sight::rebuild(tx, &[id]).await?;
    }
    derive::refresh(tx, &[id]).await?;
    Ok(row)
}

/// The commitments that a project served and is to serve.
struct Links {
    before: Vec<Uuid>,
    after: Vec<Uuid>,
}

impl Links {
    fn is_empty(&self) -> bool {
        self.before == self.after
    }

    async fn save(&self, tx: &mut Tx, permit: &Permit, project: &ProjectRow) -> Result<()> {
        let of = (project.plan_id, project.id);
        let gone: Vec<Uuid> = without(&self.before, &self.after);
        links::take_away(tx, permit, of, &gone).await?;
        let added = without(&self.after, &self.before);
        let added: Vec<(Uuid, Uuid)> = added.into_iter().map(|id| (project.id, id)).collect();
        links::add(tx, permit, project.plan_id, &added).await
    }
}

/// Those of `these` that are not among `others`.
fn without(these: &[Uuid], others: &[Uuid]) -> Vec<Uuid> {
    let kept = these.iter().filter(|id| !others.contains(id));
    kept.copied().collect()
}

/// Refuses a region that is none, a second initiative that is none of the plan's or the first one again, and commitments
/// that are none of the plan's. Answers what the project is to serve, where that was said.
async fn refers(tx: &mut Tx, project: &ProjectRow, edit: &ProjectEdit) -> Result<Option<Links>> {
    let mut faults = Vec::new();
    if let Patch::Set(id) = edit.site_region_id
        && store::region_named(tx.conn(), &id.to_string()).await?.is_none()
    {
        faults.push(Fault::new("/region", Code::FieldNotFound));
    }
    if let Patch::Set(id) = edit.second_initiative_id {
        let found = plans::initiative(tx.conn(), &id.to_string()).await.ok();
        if !found.is_some_and(|found| found.plan_id == project.plan_id && id != project.initiative_id) {
            faults.push(Fault::new("/second_initiative", Code::FieldNotFound));
        }
    }
    let mut links = None;
    if let Some(names) = &edit.commitments {
        let known = promises::ids_named(tx.conn(), names).await?;
        let ids: Vec<Uuid> = known.values().copied().collect();
        let rows = promises::by_ids(tx.conn(), &ids).await?;
        let mut after: Vec<Uuid> = Vec::new();
        for (index, name) in names.iter().enumerate() {
            match known.get(name).filter(|id| {
                rows.get(id)
                    .is_some_and(|row| row.printed.plan_id == project.plan_id)
            }) {
                Some(id) => after.push(*id),
                None => faults.push(Fault::new(format!("/commitments/{index}"), Code::FieldNotFound)),
            }
        }
        after.sort_unstable();
        after.dedup();
        let before = links::served_by_one(tx.conn(), project.id).await?;
        links = Some(Links { before, after });
    }
    if faults.is_empty() {
        Ok(links)
    } else {
        Err(Error::Invalid(faults))
    }
}

/// Edits a milestone. What is confirmed moves only by a change request.
pub async fn milestone(
    tx: &mut Tx,
    id: Uuid,
    seen_version: Option<i64>,
    edit: &MilestoneEdit,
) -> Result<MilestoneRow> {
    let before = store::lock_milestones(tx, &[id])
        .await?
        .remove(&id)
        .ok_or(Error::NotFound)?;
    let scopes = store::scopes_of(tx.conn(), &[before.project_id]).await?;
    let scope = scopes.get(&before.project_id).ok_or(Error::NotFound)?;
    let target = Target::Milestone {
        id,
        project: scope,
        reporter: None,
        reporter_path: &[],
    };
    let permit = authz::require(tx.actor(), Action::EditMilestone, &target)?;
    check_version(seen_version, before.row_version)?;
    not_cancelled(&before)?;
    let mut row = before.clone();
    if let Some(name) = &edit.name {
        row.name.clone_from(name);
    }
    if let Some(day) = edit.planned_on.filter(|day| *day != row.planned_on) {
        // A date of the plan's text is a promise already: it moves by a change request like a confirmed one.
        if matches!(row.basis()?, DateBasis::Confirmed | DateBasis::Plan) {
            return Err(Error::Conflict(Fault::new(
                "/planned_on",
                Code::MilestoneDateConfirmed,
            )));
        }
        row.planned_on = day;
        row.date_basis = DateBasis::Template.as_str().to_owned();
        row.date_precision = "day".to_owned();
    }
    if let Some(weight) = edit.weight.as_ref().filter(|weight| **weight != row.weight) {
        if row.weight_confirmed {
            return Err(Error::Conflict(Fault::new(
                "/weight",
                Code::MilestoneWeightConfirmed,
            )));
        }
        row.weight = weight.clone();
    }
    if let Some(wanted) = &edit.evidence_wanted {
        row.evidence_wanted.clone_from(wanted);
    }
    let changes = difference(&logged_milestone(&before), &logged_milestone(&row));
    if changes == json!({}) {
        return Ok(before);
    }
    row.row_version += 1;
    row.updated_at = tx.now();
    derive::span(&mut row)?;
    let body = json!({ "changes": changes });
    let subject = (Subject::Milestone, id);
    tx.record_under(
        &permit,
        row.plan_id,
        EventKind::MilestoneEdited,
        subject,
        Some(row.project_id),
        body,
    );
    store::save_milestones(tx, &[(permit, row.clone())]).await?;
    derive::refresh(tx, &[row.project_id]).await?;
    Ok(row)
}

/// What was cancelled stays as it was.
pub(super) fn not_cancelled(row: &MilestoneRow) -> Result<()> {
    match row.state()? {
        MilestoneState::Cancelled => Err(Error::Conflict(
            Fault::new("", Code::MilestoneState).with("state", MilestoneState::Cancelled.as_str()),
        )),
        _ => Ok(()),
    }
}
