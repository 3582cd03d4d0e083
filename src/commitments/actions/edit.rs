//! Settling a commitment: who answers for it, and what a doubt comes to. What is printed stays as it is.

use serde_json::{Value, json};
use uuid::Uuid;

use super::{difference, serving};
use crate::commitments::model::{CommitmentEdit, CommitmentRow};
use crate::commitments::store;
use crate::db::{EventKind, Subject, Tx};
use crate::kernel::authz::{self, Action, Permit, Target};
use crate::kernel::{Code, Error, Result, check_version};
use crate::orgs::store as orgs;

/// Who answers, as the log keeps it.
fn owned(row: &CommitmentRow) -> Value {
    json!({ "owner_id": row.printed.owner_id, "owner_basis": row.printed.owner_basis })
}

/// What was said of the doubt, as the log keeps it.
fn resolved(row: &CommitmentRow) -> Value {
    let resolution = &row.resolution;
    json!({ "doubt_resolution": resolution.doubt_resolution, "doubt_resolved_on": resolution.doubt_resolved_on,
        "doubt_resolved_by_user_id": resolution.doubt_resolved_by_user_id,
        "doubt_resolved_by_organisation_id": resolution.doubt_resolved_by_organisation_id })
}

/// The commitment, locked, with the permit to settle it.
pub(super) async fn lock(
    tx: &mut Tx,
    id: Uuid,
    seen_version: Option<i64>,
) -> Result<(CommitmentRow, Permit)> {
    let row = store::lock(tx, &[id]).await?.remove(&id).ok_or(Error::NotFound)?;
    let scope = store::scope_of(tx.conn(), &row).await?;
    let permit = authz::require(tx.actor(), Action::EditCommitment, &Target::Commitment(&scope))?;
    check_version(seen_version, row.printed.row_version)?;
    Ok((row, permit))
}

/// Refuses whoever may not settle it, before anything is locked.
async fn may_edit(tx: &mut Tx, id: Uuid) -> Result<()> {
    let row = store::by_ids(tx.conn(), &[id]).await?;
    let row = row.get(&id).ok_or(Error::NotFound)?;
    let scope = store::scope_of(tx.conn(), row).await?;
    let target = Target::Commitment(&scope);
    authz::require(tx.actor(), Action::EditCommitment, &target).map(drop)
}

/// Settles what is said; what is as it was changes nothing.
pub async fn edit(
    tx: &mut Tx,
    id: Uuid,
    seen_version: Option<i64>,
    edit: &CommitmentEdit,
) -> Result<CommitmentRow> {
    // A doubt that is resolved may change lights; nobody waits for what he may not change.
    let serving = match edit.doubt_resolution {
        Some(_) => {
            may_edit(tx, id).await?;
            Some(serving::lock(tx, &[id]).await?)
        }
        None => None,
    };
    let (before, permit) = lock(tx, id, seen_version).await?;
    let mut row = before.clone();
    if let Some(owner_id) = edit.owner_id {
        let stands = orgs::lock_shared(tx.conn(), owner_id).await?;
        if stands.is_none_or(|organisation| organisation.archived_reason.is_some()) {
            return Err(Error::invalid("/owner", Code::FieldNotFound));
        }
        row.printed.owner_id = Some(owner_id);
        row.printed.owner_basis = Some("confirmed".to_owned());
    }
    if let Some(text) = &edit.doubt_resolution {
        if row.printed.doubt.is_none() {
            return Err(Error::conflict(Code::CommitmentNoDoubt));
        }
        if row.resolution.doubt_resolution.as_ref() != Some(text) {
            row.resolution.doubt_resolution = Some(text.clone());
            row.resolution.doubt_resolved_on = Some(tx.today(row.printed.plan_id).await?);
            row.resolution.doubt_resolved_by_user_id = tx.actor().user_id();
            row.resolution.doubt_resolved_by_organisation_id = permit.organisation_id();
        }
    }
    let replaced = before.printed.owner_id.is_some() && before.printed.owner_id != row.printed.owner_id;
    let of_owner = if replaced {
        EventKind::OwnerReplaced
    } else {
        EventKind::OwnerConfirmed
    };
    let told = [
        (of_owner, difference(&owned(&before), &owned(&row))),
        (
            EventKind::DoubtResolved,
            difference(&resolved(&before), &resolved(&row)),
        ),
    ];
    let mut changed = false;
    for (kind, changes) in told.into_iter().filter(|(_, changes)| *changes != json!({})) {
        changed = true;
        let subject = (Subject::Commitment, id);
        let body = json!({ "changes": changes });
        tx.record_under(&permit, row.printed.plan_id, kind, subject, None, body);
    }
    if changed {
        row.printed.row_version += 1;
        store::save(tx, &permit, &row).await?;
        if let Some(serving) = serving {
            serving.follow(tx).await?;
        }
    }
    Ok(row)
}
