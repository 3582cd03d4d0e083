//! A project stands still for a while, and goes on. It hides nothing: what is overdue stays overdue.

use chrono::{Days, NaiveDate};
use serde_json::json;
use uuid::Uuid;

use super::{derive, difference, logged_standing};
use crate::db::{EventKind, Subject, Tx};
use crate::kernel::authz::{self, Action, Permit, Target};
use crate::kernel::{Code, Error, Fault, Result, check_version};
use crate::projects::model::ProjectRow;
use crate::projects::store;

/// A suspension is looked at again within a year.
const LONGEST: u64 = 366;

async fn locked(tx: &mut Tx, id: Uuid, seen_version: Option<i64>) -> Result<(ProjectRow, Permit)> {
    let row = store::lock_projects(tx, &[id])
        .await?
        .remove(&id)
        .ok_or(Error::NotFound)?;
    let scopes = store::scopes_of(tx.conn(), &[id]).await?;
    let scope = scopes.get(&id).ok_or(Error::NotFound)?;
    let permit = authz::require(tx.actor(), Action::EditProject, &Target::Project(scope))?;
    check_version(seen_version, row.row_version)?;
    row.still_going()?;
    Ok((row, permit))
}

async fn keep(
    tx: &mut Tx,
    permit: &Permit,
    before: &ProjectRow,
    mut row: ProjectRow,
    kind: EventKind,
    reason: &str,
) -> Result<ProjectRow> {
    row.row_version += 1;
    row.updated_at = tx.now();
    let changes = difference(&logged_standing(before), &logged_standing(&row));
    let body = json!({ "changes": changes, "reason": reason });
    tx.record_under(
        permit,
        row.plan_id,
        kind,
        (Subject::Project, row.id),
        Some(row.id),
        body,
    );
    store::save_project(tx, permit, &row).await?;
    // A suspended project owes no report.
    derive::refresh(tx, &[row.id]).await?;
    Ok(row)
}

/// Suspends a project until somebody looks at it again on `review_on`, within a year from tomorrow.
pub async fn suspend(
    tx: &mut Tx,
    id: Uuid,
    seen_version: Option<i64>,
    reason: &str,
    review_on: NaiveDate,
) -> Result<ProjectRow> {
    let (before, permit) = locked(tx, id, seen_version).await?;
    if let Some(since) = before.suspended_on {
        return Err(Error::Conflict(
            Fault::new("", Code::ProjectSuspended).with("since", since),
        ));
    }
    let today = tx.today(before.plan_id).await?;
    let last = today.checked_add_days(Days::new(LONGEST)).unwrap_or(today);
    if review_on <= today || review_on > last {
        let first = today.succ_opt().unwrap_or(today);
        return Err(Error::Invalid(vec![
            Fault::new("/review_on", Code::FieldOutOfRange)
                .with("least", first)
                .with("most", last),
        ]));
    }
    let mut row = before.clone();
    row.suspended_on = Some(today);
    row.suspended_reason = Some(reason.to_owned());
    row.suspension_review_on = Some(review_on);
    keep(tx, &permit, &before, row, EventKind::ProjectSuspended, reason).await
}

/// It goes on.
pub async fn resume(tx: &mut Tx, id: Uuid, seen_version: Option<i64>, reason: &str) -> Result<ProjectRow> {
    let (before, permit) = locked(tx, id, seen_version).await?;
    if before.suspended_on.is_none() {
        return Err(Error::conflict(Code::ProjectNotSuspended));
    }
    let mut row = before.clone();
    row.suspended_on = None;
    row.suspended_reason = None;
    row.suspension_review_on = None;
    keep(tx, &permit, &before, row, EventKind::ProjectResumed, reason).await
}
