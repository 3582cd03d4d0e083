//! Asking for a change, taking it back, deciding on it and applying it.

use serde_json::{Value, json};
use uuid::Uuid;

use super::{derive, difference, logged_milestone, logged_owner, logged_project};
use crate::db::{EventKind, Subject, Tx};
use crate::kernel::authz::{self, Action, Permit, ProjectScope, Reporter, Target};
use crate::kernel::{Code, Error, Fault, Result, check_version};
use crate::projects::changes::model::{Change, Decision, NewRequest, Of, RequestRow, State};
use crate::projects::changes::store;
use crate::projects::model::{MilestoneRow, OwnerRow, ProjectRow};
use crate::projects::store as projects;
use crate::rules::overdue::{DateBasis, MilestoneState};
use crate::sight;

/// A request as the log keeps it. Persons by id only.
fn logged(row: &RequestRow) -> Value {
    let figure =
        |value: &Option<bigdecimal::BigDecimal>| value.as_ref().map(|v| v.normalized().to_plain_string());
    json!({
        "project_id": row.project_id, "milestone_id": row.milestone_id, "kind": row.kind, "state": row.state,
        "reason": row.reason, "evidence": row.evidence, "planned_on": row.planned_on, "weight": figure(&row.weight),
        "quantity": figure(&row.quantity), "owner_role": row.owner_role, "organisation_id": row.organisation_id,
        "old_planned_on": row.old_planned_on, "old_weight": figure(&row.old_weight),
        "old_quantity": figure(&row.old_quantity), "old_organisation_id": row.old_organisation_id,
        "first_baseline_on": row.first_baseline_on, "requested_by_user_id": row.requested_by_user_id,
        "requested_by_organisation_id": row.requested_by_organisation_id,
        "decided_by_user_id": row.decided_by_user_id,
        "decided_by_organisation_id": row.decided_by_organisation_id, "decision_note": row.decision_note,
    })
}

/// What a change is about, as it is now.
struct Thing {
    project: ProjectRow,
    milestone: Option<MilestoneRow>,
    /// Of the role that is to change.
    owner: Option<OwnerRow>,
}

/// Locks what a change is about; what is not in sight is not there.
async fn lock(tx: &mut Tx, of: Of, change: &Change) -> Result<Thing> {
    let milestone_project = match of {
        Of::Project(id) => id,
        // Which project is read before the lock: a milestone never moves to another.
        Of::Milestone(id) => projects::project_of_milestone(tx.conn(), id).await?,
    };
    let project = projects::lock_projects(tx, &[milestone_project])
        .await?
        .remove(&milestone_project)
        .ok_or(Error::NotFound)?;
    let milestone = match of {
        Of::Project(_) => None,
        Of::Milestone(id) => projects::lock_milestones(tx, &[id]).await?.remove(&id),
    };
    let owner = match change {
        Change::Owner { role, .. } => projects::owners_of(tx.conn(), &[project.id])
            .await?
            .into_iter()
            .find(|owner| owner.role == *role),
        _ => None,
    };
    Ok(Thing {
        project,
        milestone,
        owner,
    })
}

impl Thing {
    fn milestone(&self) -> Result<&MilestoneRow> {
        self.milestone.as_ref().ok_or(Error::NotFound)
    }

    fn version(&self) -> i64 {
        self.milestone
            .as_ref()
            .map_or(self.project.row_version, |milestone| milestone.row_version)
    }

    /// Refuses what cannot be changed, or need not be: what is not confirmed is edited, not requested.
    fn fits(&self, change: &Change) -> Result<()> {
        if matches!(self.project.life_cycle.as_str(), "cancelled" | "closed")
            || self.project.archived_reason.is_some()
        {
            let fault = Fault::new("", Code::ProjectClosed).with("life_cycle", &self.project.life_cycle);
            return Err(Error::Conflict(fault));
        }
        if let Some(milestone) = &self.milestone {
            let state = milestone.state()?;
            if !state.open() {
                let fault = Fault::new("", Code::MilestoneState).with("state", state.as_str());
                return Err(Error::Conflict(fault));
            }
        }
        let unconfirmed = || Err(Error::conflict(Code::ChangeUnconfirmed));
        let nothing = |pointer: &str| Err(Error::invalid(pointer, Code::ChangeNothing));
        match change {
            Change::Date(day) => {
                let milestone = self.milestone()?;
                if !matches!(milestone.basis()?, DateBasis::Confirmed | DateBasis::Plan) {
                    return unconfirmed();
                }
                if *day == milestone.planned_on {
                    return nothing("/planned_on");
                }
            }
            Change::Weight(weight) => {
                let milestone = self.milestone()?;
                if !milestone.weight_confirmed {
                    return unconfirmed();
                }
                if *weight == milestone.weight {
                    return nothing("/weight");
                }
            }
            Change::Quantity(quantity) => {
                if self.project.quantity.as_ref() == Some(quantity) {
                    return nothing("/quantity");
                }
            }
            Change::Owner { organisation_id, .. } => match &self.owner {
                Some(owner) if owner.basis != "inferred" => {
                    if owner.organisation_id == *organisation_id {
                        return nothing("/organisation");
                    }
                }
                _ => return unconfirmed(),
            },
            Change::CancelMilestone | Change::CancelProject => {}
        }
        Ok(())
    }

    /// Refuses where what the request would replace is no longer what it was.
    fn unmoved(&self, request: &RequestRow) -> Result<()> {
        let moved = |was: Option<String>, is: Option<String>| {
            if was == is {
                return Ok(());
            }
            let text = |value: Option<String>| value.unwrap_or_else(|| "—".to_owned());
            Err(Error::Conflict(
                Fault::new("", Code::ChangeStale)
                    .with("was", text(was))
                    .with("is", text(is)),
            ))
        };
        let figure = |value: &bigdecimal::BigDecimal| value.normalized().to_plain_string();
        match request.change()? {
            Change::Date(_) => moved(
                request.old_planned_on.map(|day| day.to_string()),
                Some(self.milestone()?.planned_on.to_string()),
            ),
            Change::Weight(_) => moved(
                request.old_weight.as_ref().map(figure),
                Some(figure(&self.milestone()?.weight)),
            ),
            Change::Quantity(_) => moved(
                request.old_quantity.as_ref().map(figure),
                self.project.quantity.as_ref().map(figure),
            ),
            Change::Owner { .. } => moved(
                request.old_organisation_id.map(|id| id.to_string()),
                self.owner.as_ref().map(|owner| owner.organisation_id.to_string()),
            ),
            Change::CancelMilestone | Change::CancelProject => Ok(()),
        }
    }
}

async fn scope_of(tx: &mut Tx, project_id: Uuid) -> Result<ProjectScope> {
    projects::scopes_of(tx.conn(), &[project_id])
        .await?
        .remove(&project_id)
        .ok_or(Error::NotFound)
}

/// Asks for a change.
pub async fn request(tx: &mut Tx, new: &NewRequest) -> Result<RequestRow> {
    let thing = lock(tx, new.of, &new.change).await?;
    let scope = scope_of(tx, thing.project.id).await?;
    let permit = authz::require(tx.actor(), Action::RequestChange, &Target::Project(&scope))?;
    check_version(new.seen_version, thing.version())?;
    thing.fits(&new.change)?;
    let (user_id, organisation_id) = asker(tx, &permit)?;
    if let Change::Owner { organisation_id, .. } = &new.change
        && !projects::paths_of(tx.conn(), &[*organisation_id])
            .await?
            .contains_key(organisation_id)
    {
        return Err(Error::invalid("/organisation", Code::FieldNotFound));
    }
    let now = tx.now();
    let milestone = thing.milestone.as_ref();
    let kind = new.change.kind();
    let mut row = RequestRow {
        id: Uuid::now_v7(),
        plan_id: thing.project.plan_id,
        project_id: thing.project.id,
        milestone_id: milestone.map(|milestone| milestone.id),
        kind: kind.as_str().to_owned(),
        state: State::Open.as_str().to_owned(),
        reason: new.reason.clone(),
        evidence: serde_json::to_value(&new.evidence).map_err(Error::internal)?,
        planned_on: None,
        weight: None,
        quantity: None,
        owner_role: None,
        organisation_id: None,
        old_planned_on: milestone.map(|milestone| milestone.planned_on),
        old_weight: milestone.map(|milestone| milestone.weight.clone()),
        old_quantity: thing.project.quantity.clone(),
        old_organisation_id: thing.owner.as_ref().map(|owner| owner.organisation_id),
        first_baseline_on: milestone.and_then(|milestone| milestone.first_baseline_on),
        requested_on: tx.today(thing.project.plan_id).await?,
        requested_at: now,
        requested_by_user_id: user_id,
        requested_by_organisation_id: organisation_id,
        decided_on: None,
        decided_at: None,
        decided_by_user_id: None,
        decided_by_organisation_id: None,
        decision_note: None,
        row_version: 1,
        created_at: now,
        updated_at: now,
    };
    match &new.change {
        Change::Date(day) => row.planned_on = Some(*day),
        Change::Weight(weight) => row.weight = Some(weight.clone()),
        Change::Quantity(quantity) => row.quantity = Some(quantity.clone()),
        Change::Owner {
            role,
            organisation_id,
        } => {
            row.owner_role = Some(role.clone());
            row.organisation_id = Some(*organisation_id);
        }
        Change::CancelMilestone | Change::CancelProject => {}
    }
    store::insert(tx, &permit, &row).await?;
    let body = json!({ "changes": difference(&json!({}), &logged(&row)) });
    tell(tx, &permit, &row, EventKind::ChangeRequested, body);
    Ok(row)
}

/// Who asks, and for which organisation. The house itself asks for nothing.
fn asker(tx: &Tx, permit: &Permit) -> Result<(Uuid, Uuid)> {
    tx.actor()
        .user_id()
        .zip(permit.organisation_id())
        .ok_or_else(|| Error::internal("a change request without a person"))
}

fn tell(tx: &mut Tx, permit: &Permit, row: &RequestRow, kind: EventKind, body: Value) {
    let subject = (Subject::ChangeRequest, row.id);
    tx.record_under(permit, row.plan_id, kind, subject, Some(row.project_id), body);
}

/// The request and what it is about, locked: the project first, as everywhere.
async fn lock_request(tx: &mut Tx, id: Uuid) -> Result<(RequestRow, Thing, ProjectScope)> {
    let found = store::find(tx, id).await?;
    let of = found
        .milestone_id
        .map_or(Of::Project(found.project_id), Of::Milestone);
    let thing = lock(tx, of, &found.change()?).await?;
    let scope = scope_of(tx, thing.project.id).await?;
    Ok((store::lock(tx, id).await?, thing, scope))
}

fn still_open(row: &RequestRow) -> Result<()> {
    match row.state()? {
        State::Open => Ok(()),
        state => Err(Error::Conflict(
            Fault::new("", Code::ChangeState).with("state", state.as_str()),
        )),
    }
}

/// Takes one's own request back.
pub async fn withdraw(tx: &mut Tx, id: Uuid, seen_version: Option<i64>) -> Result<RequestRow> {
    let (before, _, scope) = lock_request(tx, id).await?;
    let permit = permit_on(tx, Action::WithdrawChange, &before, &scope, &[])?;
    check_version(seen_version, before.row_version)?;
    still_open(&before)?;
    let mut row = before.clone();
    row.state = State::Withdrawn.as_str().to_owned();
    close(tx, &permit, &before, row, EventKind::ChangeWithdrawn).await
}

fn permit_on(
    tx: &Tx,
    action: Action,
    row: &RequestRow,
    scope: &ProjectScope,
    requester_path: &[Uuid],
) -> Result<Permit> {
    let target = Target::Change {
        project: scope,
        requester: Reporter {
            user_id: row.requested_by_user_id,
            organisation_id: row.requested_by_organisation_id,
        },
        requester_path,
    };
    authz::require(tx.actor(), action, &target)
}

/// Approves or rejects. What is approved is applied at once.
pub async fn decide(
    tx: &mut Tx,
    id: Uuid,
    seen_version: Option<i64>,
    decision: &Decision,
) -> Result<RequestRow> {
    let (before, thing, scope) = lock_request(tx, id).await?;
    let asking = before.requested_by_organisation_id;
    let path = projects::paths_of(tx.conn(), &[asking])
        .await?
        .remove(&asking)
        .unwrap_or_default();
    let permit = permit_on(tx, Action::DecideChange, &before, &scope, &path)?;
    check_version(seen_version, before.row_version)?;
    still_open(&before)?;
    let (user_id, organisation_id) = asker(tx, &permit)?;
    let mut row = before.clone();
    row.decided_on = Some(tx.today(before.plan_id).await?);
    row.decided_at = Some(tx.now());
    row.decided_by_user_id = Some(user_id);
    row.decided_by_organisation_id = Some(organisation_id);
    match decision {
        Decision::Approve { note } => {
            within_reach(tx, &permit, &before, &scope).await?;
            thing.fits(&before.change()?)?;
            thing.unmoved(&before)?;
            row.state = State::Approved.as_str().to_owned();
            row.decision_note.clone_from(note);
            apply(tx, &permit, &before, thing).await?;
            close(tx, &permit, &before, row, EventKind::ChangeApproved).await
        }
        Decision::Reject { note } => {
            row.state = State::Rejected.as_str().to_owned();
            row.decision_note = Some(note.clone());
            close(tx, &permit, &before, row, EventKind::ChangeRejected).await
        }
    }
}

/// Below the issuer a planner gives and takes only what is his subtree's: neither does an owner outside it come in or go,
/// nor a project away from one. The rest is for the issuer's planners.
async fn within_reach(
    tx: &mut Tx,
    permit: &Permit,
    request: &RequestRow,
    scope: &ProjectScope,
) -> Result<()> {
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
    if let (true, Some(id)) = (request.kind == "owner", request.organisation_id) {
        let paths = projects::paths_of(tx.conn(), &[id]).await?;
        inside &= paths.get(&id).is_some_and(|path| path.contains(&own));
    }
    match inside {
        true => Ok(()),
        false => Err(Error::Forbidden(Action::DecideChange)),
    }
}

async fn close(
    tx: &mut Tx,
    permit: &Permit,
    before: &RequestRow,
    mut row: RequestRow,
    kind: EventKind,
) -> Result<RequestRow> {
    row.row_version += 1;
    row.updated_at = tx.now();
    store::save(tx, permit, &row).await?;
    let body = json!({ "changes": difference(&logged(before), &logged(&row)) });
    tell(tx, permit, &row, kind, body);
    Ok(row)
}

/// Makes the change, with an event of its own on what changed.
async fn apply(tx: &mut Tx, permit: &Permit, request: &RequestRow, thing: Thing) -> Result<()> {
    let project_id = thing.project.id;
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
    }
    derive::refresh(tx, &[project_id]).await
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
    for (before, mut row) in changed {
        row.row_version += 1;
        row.updated_at = tx.now();
        derive::span(&mut row)?;
        let body = json!({ "change_request_id": request.id,
            "changes": difference(&logged_milestone(&before), &logged_milestone(&row)) });
        let subject = (Subject::Milestone, row.id);
        tx.record_under(permit, row.plan_id, kind, subject, Some(row.project_id), body);
        saved.push((permit.clone(), row));
    }
    projects::save_milestones(tx, &saved).await
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
