//! Asking for a change, taking it back, deciding on it and applying it.

mod apply;
mod things;

use serde_json::{Value, json};
use uuid::Uuid;

use super::create;
use super::difference;
use crate::db::{EventKind, Subject, Tx, bigrams};
use crate::kernel::authz::{self, Action, Permit, ProjectScope, Reporter, Target};
use crate::kernel::{Code, Error, Fault, Patch, Result, check_version};
use crate::projects::changes::model::{
    Asking, Change, Decision, Kind, NewProposal, NewRequest, Of, RequestRow, State,
};
use crate::projects::changes::proposals::{NamedRow, Proposal, Scope, made_slug};
use crate::projects::changes::store;
use crate::projects::model::NamedOwner;
use crate::projects::store as projects;
use things::Thing;

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
        "initiative_id": row.initiative_id, "title": row.title, "slug": row.slug,
        "evidence_wanted": row.evidence_wanted, "before_milestone_id": row.before_milestone_id,
        "proposal": row.proposal, "old_proposal": row.old_proposal,
    })
}

/// Asks for a change of what is there.
pub async fn request(tx: &mut Tx, new: &NewRequest) -> Result<RequestRow> {
    let thing = things::lock(tx, new.of, &new.change).await?;
    let permit = authz::require(tx.actor(), Action::RequestChange, &Target::Project(&thing.scope))?;
    check_version(new.seen_version, thing.version())?;
    thing.fits(&new.change)?;
    refers(tx, &new.change).await?;
    let of = (
        thing.project.plan_id,
        new.reason.as_str(),
        new.evidence.as_slice(),
    );
    let mut row = begun(tx, &permit, new.change.kind(), of).await?;
    let milestone = thing.milestone.as_ref();
    row.project_id = Some(thing.project.id);
    row.milestone_id = milestone.map(|milestone| milestone.id);
    row.old_planned_on = milestone.map(|milestone| milestone.planned_on);
    row.old_weight = milestone.map(|milestone| milestone.weight.clone());
    row.old_quantity.clone_from(&thing.project.quantity);
    row.old_organisation_id = thing.owner.as_ref().map(|owner| owner.organisation_id);
    row.first_baseline_on = milestone.and_then(|milestone| milestone.first_baseline_on);
    say(&mut row, &thing, &new.change)?;
    store::insert(tx, &permit, &row, &[]).await?;
    tell_of_new(tx, &permit, &row);
    Ok(row)
}

/// Refuses what refers to something that is not there.
async fn refers(tx: &mut Tx, change: &Change) -> Result<()> {
    match change {
        Change::Owner { organisation_id, .. } => {
            let known = projects::paths_of(tx.conn(), &[*organisation_id]).await?;
            match known.contains_key(organisation_id) {
                true => Ok(()),
                false => Err(Error::invalid("/organisation", Code::FieldNotFound)),
            }
        }
        Change::Scope(edit) => match edit.site_region_id {
            Patch::Set(id)
                if projects::region_named(tx.conn(), &id.to_string())
                    .await?
                    .is_none() =>
            {
                Err(Error::invalid("/region", Code::FieldNotFound))
            }
            _ => Ok(()),
        },
        _ => Ok(()),
    }
}

/// Writes into a request what the thing is to become.
fn say(row: &mut RequestRow, thing: &Thing, change: &Change) -> Result<()> {
    match change {
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
        Change::AddMilestone(step) => {
            row.planned_on = Some(step.planned_on);
            row.weight = Some(step.weight.clone());
            row.title = Some(step.name.clone());
            row.slug = Some(step.slug.clone().unwrap_or_else(made_slug));
            row.evidence_wanted = Some(step.evidence_wanted.clone());
            row.before_milestone_id = step.before;
        }
        Change::Scope(edit) => {
            let was = Scope::of(&thing.project);
            row.proposal = Some(serde_json::to_value(edit.on(&was)).map_err(Error::internal)?);
            row.old_proposal = Some(serde_json::to_value(was).map_err(Error::internal)?);
        }
        Change::CancelMilestone | Change::CancelProject | Change::AddProject(_) => {}
    }
    Ok(())
}

/// Asks that a project be added to an initiative.
pub async fn propose(tx: &mut Tx, new: &NewProposal) -> Result<RequestRow> {
    let slug = new.slug.clone().unwrap_or_else(made_slug);
    let draft = create::draft(tx, &new.proposal.project(&slug)).await?;
    let target = Target::Plan {
        id: draft.plan.id,
        issuer_id: draft.plan.issuer_id,
    };
    let permit = authz::require(tx.actor(), Action::RequestProject, &target)?;
    if !draft.faults.is_empty() {
        return Err(Error::Invalid(draft.faults));
    }
    // Whether its code is taken is told to whoever decides: it may be so by a project out of the asker's sight.
    let of = (draft.plan.id, new.reason.as_str(), new.evidence.as_slice());
    let mut row = begun(tx, &permit, Kind::AddProject, of).await?;
    // What it refers to is kept by id: codes may change.
    let proposal = Proposal {
        initiative: draft.project.initiative_id.to_string(),
        region: draft.project.site_region_id.map(|id| id.to_string()),
        owners: draft
            .owners
            .iter()
            .map(|owner| NamedOwner {
                role: owner.role.clone(),
                organisation: owner.organisation_id.to_string(),
            })
            .collect(),
        commitments: draft.serves.iter().map(Uuid::to_string).collect(),
        ..new.proposal.clone()
    };
    row.initiative_id = Some(draft.project.initiative_id);
    row.site_region_id = draft.project.site_region_id;
    row.folded_title = Some(bigrams::folded(&proposal.title));
    row.title = Some(proposal.title.clone());
    row.slug = Some(slug);
    row.proposal = Some(serde_json::to_value(proposal).map_err(Error::internal)?);
    let named: Vec<NamedRow> = draft
        .owners
        .into_iter()
        .map(|owner| NamedRow {
            request_id: row.id,
            role: owner.role,
            organisation_id: owner.organisation_id,
        })
        .collect();
    store::insert(tx, &permit, &row, &named).await?;
    tell_of_new(tx, &permit, &row);
    Ok(row)
}

async fn begun(
    tx: &mut Tx,
    permit: &Permit,
    kind: Kind,
    (plan_id, reason, evidence): (Uuid, &str, &[crate::projects::model::Evidence]),
) -> Result<RequestRow> {
    let (user_id, organisation_id) = asker(tx, permit)?;
    let asking = Asking {
        plan_id,
        on: tx.today(plan_id).await?,
        at: tx.now(),
        user_id,
        organisation_id,
        reason,
        evidence,
    };
    RequestRow::begun(kind, &asking)
}

/// Who asks, and for which organisation. The house itself asks for nothing.
fn asker(tx: &Tx, permit: &Permit) -> Result<(Uuid, Uuid)> {
    tx.actor()
        .user_id()
        .zip(permit.organisation_id())
        .ok_or_else(|| Error::internal("a change request without a person"))
}

fn tell_of_new(tx: &mut Tx, permit: &Permit, row: &RequestRow) {
    let body = json!({ "changes": difference(&json!({}), &logged(row)) });
    tell(tx, permit, row, EventKind::ChangeRequested, body);
}

fn tell(tx: &mut Tx, permit: &Permit, row: &RequestRow, kind: EventKind, body: Value) {
    let subject = (Subject::ChangeRequest, row.id);
    // A request for a project has a sight of its own, which is not the project's.
    let project_id = row.project_id.filter(|_| row.initiative_id.is_none());
    tx.record_under(permit, row.plan_id, kind, subject, project_id, body);
}

/// A request, locked, with what it is about: of a project that is asked for nothing is there.
struct Held {
    row: RequestRow,
    thing: Option<Thing>,
    scope: ProjectScope,
}

/// The request and what it is about, locked: the project first, as everywhere.
async fn lock_request(tx: &mut Tx, id: Uuid) -> Result<Held> {
    let found = store::find(tx, id).await?;
    if found.kind()? == Kind::AddProject {
        let row = store::lock_proposal(tx, found.plan_id, id).await?;
        let scope = store::proposed_scopes(tx.conn(), &[id])
            .await?
            .remove(&id)
            .ok_or(Error::NotFound)?;
        return Ok(Held {
            row,
            thing: None,
            scope,
        });
    }
    let project_id = found.project_id.ok_or(Error::NotFound)?;
    let of = match found.kind()? {
        Kind::AddMilestone => Of::Project(project_id),
        _ => found.milestone_id.map_or(Of::Project(project_id), Of::Milestone),
    };
    let thing = things::lock(tx, of, &found.change()?).await?;
    Ok(Held {
        row: store::lock(tx, id).await?,
        scope: thing.scope.clone(),
        thing: Some(thing),
    })
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
    let Held {
        row: before, scope, ..
    } = lock_request(tx, id).await?;
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
    let Held {
        row: before,
        thing,
        scope,
    } = lock_request(tx, id).await?;
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
            make(tx, &permit, &mut row, thing).await?;
            row.state = State::Approved.as_str().to_owned();
            row.decision_note.clone_from(note);
            close(tx, &permit, &before, row, EventKind::ChangeApproved).await
        }
        Decision::Reject { note } => {
            row.state = State::Rejected.as_str().to_owned();
            row.decision_note = Some(note.clone());
            close(tx, &permit, &before, row, EventKind::ChangeRejected).await
        }
    }
}

/// Makes what a request asks for, and keeps with it what came to be.
async fn make(tx: &mut Tx, permit: &Permit, row: &mut RequestRow, thing: Option<Thing>) -> Result<()> {
    let change = row.change()?;
    let Some(thing) = thing else {
        // As if the planner added it: his own right, and the reach of it.
        let slug = row.slug.clone().unwrap_or_default();
        let project = create::project(tx, &row.proposal()?.project(&slug)).await?;
        row.project_id = Some(project.id);
        return Ok(());
    };
    apply::within_reach(tx, permit, row, &thing).await?;
    thing.fits(&change)?;
    thing.unmoved(row)?;
    if let Some(added) = apply::apply(tx, permit, row, thing).await? {
        row.milestone_id = Some(added);
    }
    Ok(())
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
