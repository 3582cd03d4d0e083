//! What a proposed owner says of the proposal: it is mine (认领), or it is not (异议). Neither confirms anything; a planner
//! does, and sees both beside the proposal. A planner who cannot tell sends the proposal to whom it names.

use serde_json::json;
use uuid::Uuid;

use crate::db::{EventKind, Subject, Tx};
use crate::kernel::authz::{self, Action, Permit, ProjectScope, Target};
use crate::kernel::{Code, Error, Fault, Result, check_version};
use crate::projects::model::{Claim, OwnerRow, ProjectRow};
use crate::projects::store;

/// A proposal that a planner sends to the organisation that it names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ask {
    pub project_id: Uuid,
    /// `lead` or `responsible`.
    pub role: String,
    pub seen_version: Option<i64>,
}

/// Sends proposals to the organisations that they name, all or none; refusals by index.
pub async fn ask(tx: &mut Tx, items: &[Ask]) -> Result<()> {
    let mut ids: Vec<Uuid> = items.iter().map(|item| item.project_id).collect();
    ids.sort_unstable();
    ids.dedup();
    let projects = store::lock_projects(tx, &ids).await?;
    let scopes = store::scopes_of(tx.conn(), &ids).await?;
    let owners = store::owners_of(tx.conn(), &ids).await?;
    let mut asked = Vec::new();
    let mut refused = Vec::new();
    for (index, item) in items.iter().enumerate() {
        let decided = match (projects.get(&item.project_id), scopes.get(&item.project_id)) {
            (Some(project), Some(scope)) => {
                let before = owners
                    .iter()
                    .find(|owner| owner.project_id == project.id && owner.role == item.role);
                decide(tx, item, project, scope, before)
            }
            _ => Err(Error::NotFound),
        };
        match decided {
            Ok((permit, row)) => asked.push((permit, row)),
            Err(error) => refused.push((index, error)),
        }
    }
    Error::of_items(refused, items.len())?;
    for (permit, row) in &mut asked {
        row.claimed_on = Some(tx.today(row.plan_id).await?);
        let body = json!({ "role": row.role, "organisation_id": row.organisation_id });
        let subject = (Subject::ProjectOwner, row.id);
        let (kind, project_id) = (EventKind::OwnerAsked, Some(row.project_id));
        tx.record_under(permit, row.plan_id, kind, subject, project_id, body);
    }
    store::save_owners(tx, &asked).await
}

/// The owner as it is once it was asked. Whoever has said something already is not asked again.
fn decide(
    tx: &Tx,
    item: &Ask,
    project: &ProjectRow,
    scope: &ProjectScope,
    before: Option<&OwnerRow>,
) -> Result<(Permit, OwnerRow)> {
    let permit = authz::require(tx.actor(), Action::Confirm, &Target::Project(scope))?;
    let before = before.ok_or(Error::NotFound)?;
    check_version(item.seen_version, before.row_version)?;
    project.still_going()?;
    if before.basis != "inferred" {
        return Err(Error::conflict(Code::ConfirmationAlready));
    }
    if let Some(claim) = &before.claim {
        return Err(Error::Conflict(
            Fault::new("", Code::ClaimSaid).with("claim", claim),
        ));
    }
    let mut row = before.clone();
    row.claim = Some("asked".to_owned());
    row.claimed_by_user_id = tx.actor().user_id();
    row.claimed_by_organisation_id = permit.organisation_id();
    row.row_version += 1;
    row.updated_at = tx.now();
    Ok((permit, row))
}

/// Says it; what was said before by the same organisation is replaced. `role` is `lead` or `responsible`.
pub async fn say(
    tx: &mut Tx,
    project_id: Uuid,
    role: &str,
    seen_version: Option<i64>,
    claim: &Claim,
) -> Result<OwnerRow> {
    let project = store::lock_projects(tx, &[project_id])
        .await?
        .remove(&project_id)
        .ok_or(Error::NotFound)?;
    let scopes = store::scopes_of(tx.conn(), &[project_id]).await?;
    let scope = scopes.get(&project_id).ok_or(Error::NotFound)?;
    let proposed = match role {
        "lead" => scope.lead.as_ref(),
        _ => scope.responsible.as_ref(),
    };
    let target = Target::Owner {
        project: scope,
        organisation_id: proposed.map(|owner| owner.organisation_id),
    };
    let permit = authz::require(tx.actor(), Action::ClaimOwner, &target)?;
    let before = store::owners_of(tx.conn(), &[project_id])
        .await?
        .into_iter()
        .find(|owner| owner.role == role)
        .ok_or(Error::NotFound)?;
    check_version(seen_version, before.row_version)?;
    if before.basis != "inferred" {
        return Err(Error::conflict(Code::ConfirmationAlready));
    }
    project.still_going()?;
    if let Some(other) = claim.organisation_id
        && !store::paths_of(tx.conn(), &[other]).await?.contains_key(&other)
    {
        return Err(Error::invalid("/organisation", Code::FieldNotFound));
    }
    let mut row = before;
    let (word, kind) = if claim.disputes {
        ("disputed", EventKind::OwnerDisputed)
    } else {
        ("claimed", EventKind::OwnerClaimed)
    };
    row.claim = Some(word.to_owned());
    row.claim_reason.clone_from(&claim.reason);
    row.claim_organisation_id = claim.organisation_id;
    row.claimed_on = Some(tx.today(row.plan_id).await?);
    row.claimed_by_user_id = tx.actor().user_id();
    row.claimed_by_organisation_id = permit.organisation_id();
    row.row_version += 1;
    row.updated_at = tx.now();
    let body = json!({ "role": role, "organisation_id": row.organisation_id, "reason": row.claim_reason,
        "suggested_organisation_id": row.claim_organisation_id });
    let subject = (Subject::ProjectOwner, row.id);
    tx.record_under(&permit, row.plan_id, kind, subject, Some(project_id), body);
    store::save_owners(tx, &[(permit, row.clone())]).await?;
    Ok(row)
}
