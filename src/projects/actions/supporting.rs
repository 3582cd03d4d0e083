//! Supporting owners (配合单位): they read. A planner adds one, or ends one with a reason.

use serde_json::json;
use uuid::Uuid;

use super::{derive, difference, logged_owner};
use crate::db::{EventKind, Subject, Tx};
use crate::kernel::authz::{self, Action, Permit, Target};
use crate::kernel::{Code, Error, Fault, Result, check_version};
use crate::projects::model::{OwnerRow, ProjectRow};
use crate::projects::store;
use crate::sight;

async fn locked(tx: &mut Tx, id: Uuid) -> Result<(ProjectRow, Permit)> {
    let row = store::lock_projects(tx, &[id])
        .await?
        .remove(&id)
        .ok_or(Error::NotFound)?;
    let scopes = store::scopes_of(tx.conn(), &[id]).await?;
    let scope = scopes.get(&id).ok_or(Error::NotFound)?;
    let permit = authz::require(tx.actor(), Action::EditProject, &Target::Project(scope))?;
    Ok((row, permit))
}

/// Adds a supporting owner, by the id or code of an organisation that stands. Naming it settles it.
pub async fn add(tx: &mut Tx, project_id: Uuid, organisation: &str) -> Result<OwnerRow> {
    let (project, permit) = locked(tx, project_id).await?;
    project.still_going()?;
    let name = organisation.to_owned();
    let known = store::standing_organisations(tx.conn(), std::slice::from_ref(&name)).await?;
    let Some(organisation_id) = known.get(organisation).copied() else {
        return Err(Error::invalid("/organisation", Code::FieldNotFound));
    };
    let held = store::owners_of(tx.conn(), &[project_id]).await?;
    if held.iter().any(|owner| owner.organisation_id == organisation_id) {
        return Err(Error::Conflict(Fault::new("/organisation", Code::OwnerExists)));
    }
    let of = (project.plan_id, project_id);
    let row = OwnerRow::new(of, "supporting", organisation_id, "confirmed", tx.now());
    let body = json!({ "state": logged_owner(&row) });
    let subject = (Subject::ProjectOwner, row.id);
    tx.record_under(
        &permit,
        row.plan_id,
        EventKind::OwnerAdded,
        subject,
        Some(project_id),
        body,
    );
    keep(tx, permit, row).await
}

/// Ends a supporting owner; the log and the versions keep that it was one.
pub async fn end(
    tx: &mut Tx,
    project_id: Uuid,
    owner_id: Uuid,
    seen_version: Option<i64>,
    reason: &str,
) -> Result<OwnerRow> {
    let (project, permit) = locked(tx, project_id).await?;
    let before = store::owners_of(tx.conn(), &[project_id])
        .await?
        .into_iter()
        .find(|owner| owner.id == owner_id)
        .ok_or(Error::NotFound)?;
    check_version(seen_version, before.row_version)?;
    project.still_going()?;
    if before.role != "supporting" {
        return Err(Error::conflict(Code::OwnerNotSupporting));
    }
    let mut row = before.clone();
    row.removed = true;
    row.row_version += 1;
    row.updated_at = tx.now();
    let changes = difference(&logged_owner(&before), &logged_owner(&row));
    let body = json!({ "changes": changes, "organisation_id": row.organisation_id, "reason": reason });
    let subject = (Subject::ProjectOwner, row.id);
    tx.record_under(
        &permit,
        row.plan_id,
        EventKind::OwnerEnded,
        subject,
        Some(project_id),
        body,
    );
    keep(tx, permit, row).await
}

async fn keep(tx: &mut Tx, permit: Permit, row: OwnerRow) -> Result<OwnerRow> {
    store::save_owners(tx, &[(permit, row.clone())]).await?;
    sight::rebuild(tx, &[row.project_id]).await?;
    derive::refresh(tx, &[row.project_id]).await?;
    Ok(row)
}
