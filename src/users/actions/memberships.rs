//! Giving and ending memberships.

use serde_json::json;
use uuid::Uuid;

use super::{own_places, reach_of};
use crate::db::log::REGISTRY;
use crate::db::{EventKind, Subject, Tx};
use crate::kernel::authz::{Action, Permit, Role, Target, require};
use crate::kernel::{Code, Error, Fault, Result, check_version};
use crate::orgs;
use crate::users::model::{MembershipRow, NewMembership};
use crate::users::store;

/// Gives a user a role in an organisation; returns the membership's id. Nobody gives himself one.
pub async fn grant(tx: &mut Tx, new: &NewMembership) -> Result<Uuid> {
    let reach = reach_of(tx.actor())?;
    let in_sight = store::accounts::sees(tx.conn(), &reach, new.user_id).await?;
    give(tx, new, in_sight).await
}

/// The same for a user who is known to be in sight or not; one who was just made stands nowhere yet.
pub(super) async fn give(tx: &mut Tx, new: &NewMembership, in_sight: bool) -> Result<Uuid> {
    let organisation = orgs::store::find(tx.conn(), &new.organisation).await?;
    let path = match &organisation {
        Some(organisation) => orgs::store::path_of(tx.conn(), organisation.id).await?,
        None => own_places(tx.actor()),
    };
    let target = Target::MembershipOf {
        user_id: new.user_id,
        path: &path,
    };
    let permit = require(tx.actor(), Action::AdministerMemberships, &target)?;
    // Both are held as they are: neither is disabled or archived while the membership is made.
    let user = match in_sight {
        true => store::accounts::lock_shared(tx.conn(), new.user_id).await?,
        false => None,
    };
    let organisation = match organisation {
        Some(found) => orgs::store::lock_shared(tx.conn(), found.id).await?,
        None => None,
    };
    let plan_id = match &new.plan {
        Some(reference) => store::memberships::plan_id(tx.conn(), reference).await?,
        None => None,
    };
    if user.as_ref().is_some_and(|user| user.disabled_at.is_some()) {
        return Err(Error::Conflict(Fault::new("/user_id", Code::UserDisabled)));
    }
    if organisation
        .as_ref()
        .is_some_and(|organisation| organisation.archived_reason.is_some())
    {
        return Err(Error::Conflict(Fault::new(
            "/organisation",
            Code::OrganisationArchived,
        )));
    }
    let mut faults = Vec::new();
    if user.is_none() {
        faults.push(Fault::new("/user_id", Code::FieldNotFound));
    }
    if new.plan.is_some() && plan_id.is_none() {
        faults.push(Fault::new("/plan", Code::FieldNotFound));
    }
    if new.plan.is_some() && new.role == Role::Administrator {
        // Users and organisations are the same in all plans, and so is who administers them.
        faults.push(Fault::new("/plan", Code::FieldNotAllowed).with("allowed", "null"));
    }
    let Some(organisation) = organisation else {
        faults.push(Fault::new("/organisation", Code::FieldNotFound));
        return Err(Error::Invalid(faults));
    };
    if !faults.is_empty() {
        return Err(Error::Invalid(faults));
    }
    insert(tx, &permit, new, organisation.id, plan_id).await
}

async fn insert(
    tx: &mut Tx,
    permit: &Permit,
    new: &NewMembership,
    organisation_id: Uuid,
    plan_id: Option<Uuid>,
) -> Result<Uuid> {
    let now = tx.now();
    let row = MembershipRow {
        id: Uuid::now_v7(),
        user_id: new.user_id,
        organisation_id,
        role: new.role.as_str().to_owned(),
        plan_id,
        ended_at: None,
        ended_reason: None,
        row_version: 1,
        created_at: now,
        updated_at: now,
    };
    store::memberships::insert(tx.conn(), permit, &row).await?;
    record(tx, permit, EventKind::MembershipGranted, &row);
    Ok(row.id)
}

/// Ends a membership, with the reason, which stays with it and out of the log. Nobody ends his own.
pub async fn end(tx: &mut Tx, id: Uuid, seen: Option<i64>, reason: &str) -> Result<()> {
    let reach = reach_of(tx.actor())?;
    let found = store::memberships::view_of(tx.conn(), &reach, id).await?;
    let found = found.ok_or(Error::NotFound)?;
    let path = orgs::store::path_of(tx.conn(), found.organisation.id).await?;
    let target = Target::MembershipOf {
        user_id: found.user.id,
        path: &path,
    };
    let permit = require(tx.actor(), Action::AdministerMemberships, &target)?;
    let mut row = store::memberships::lock(tx.conn(), id)
        .await?
        .ok_or(Error::NotFound)?;
    check_version(seen, row.row_version)?;
    if row.ended_at.is_some() {
        return Err(Error::conflict(Code::MembershipEnded));
    }
    let now = tx.now();
    row.ended_at = Some(now);
    row.ended_reason = Some(reason.to_owned());
    row.row_version += 1;
    row.updated_at = now;
    store::memberships::update_end(tx.conn(), &permit, &row).await?;
    record(tx, &permit, EventKind::MembershipEnded, &row);
    Ok(())
}

fn record(tx: &mut Tx, permit: &Permit, kind: EventKind, row: &MembershipRow) {
    let body = json!({
        "user_id": row.user_id, "organisation_id": row.organisation_id,
        "role": row.role, "plan_id": row.plan_id,
    });
    tx.record_under(permit, REGISTRY, kind, (Subject::Membership, row.id), None, body);
}
