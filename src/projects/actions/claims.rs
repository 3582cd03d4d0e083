//! What a proposed owner says of the proposal: it is mine (认领), or it is not (异议). Neither confirms anything; a planner
//! does, and sees both beside the proposal.

use serde_json::json;
use uuid::Uuid;

use crate::db::{EventKind, Subject, Tx};
use crate::kernel::authz::{self, Action, Target};
use crate::kernel::{Code, Error, Result, check_version};
use crate::projects::model::{Claim, OwnerRow};
use crate::projects::store;

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
