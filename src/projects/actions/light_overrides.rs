//! A supervisor shows another light than the one that was worked out, for a while and with a reason.

use chrono::{Days, NaiveDate};
use serde_json::{Value, json};
use uuid::Uuid;

use super::difference;
use crate::db::{EventKind, Subject, Tx};
use crate::kernel::authz::{self, Action, Permit, Target};
use crate::kernel::{Code, Error, Fault, Result, check_version};
use crate::projects::lights::model::{NewOverride, OverrideRow};
use crate::projects::lights::store;
use crate::projects::model::ProjectRow;
use crate::projects::store as projects;

/// The longest that one may last: what stands for longer is no exception.
const LONGEST: u64 = 366;

/// An override as the log keeps it. Persons by id only.
fn logged(row: &OverrideRow) -> Value {
    json!({
        "project_id": row.project_id, "light": row.light, "reason": row.reason, "from_on": row.from_on,
        "until_on": row.until_on, "made_by_user_id": row.made_by_user_id,
        "made_by_organisation_id": row.made_by_organisation_id, "ended_on": row.ended_on,
        "ended_reason": row.ended_reason, "ended_by_user_id": row.ended_by_user_id,
        "ended_by_organisation_id": row.ended_by_organisation_id,
    })
}

async fn locked(tx: &mut Tx, project_id: Uuid) -> Result<(ProjectRow, Permit)> {
    let project = projects::lock_projects(tx, &[project_id])
        .await?
        .remove(&project_id)
        .ok_or(Error::NotFound)?;
    let scopes = projects::scopes_of(tx.conn(), &[project_id]).await?;
    let scope = scopes.get(&project_id).ok_or(Error::NotFound)?;
    let permit = authz::require(tx.actor(), Action::OverrideLight, &Target::Project(scope))?;
    Ok((project, permit))
}

/// Who does it, and for which organisation. The house itself overrides nothing.
fn supervisor(tx: &Tx, permit: &Permit) -> Result<(Uuid, Uuid)> {
    tx.actor()
        .user_id()
        .zip(permit.organisation_id())
        .ok_or_else(|| Error::internal("an override without a person"))
}

fn tell(tx: &mut Tx, permit: &Permit, kind: EventKind, before: &Value, row: &OverrideRow) {
    let body = json!({ "changes": difference(before, &logged(row)) });
    let subject = (Subject::LightOverride, row.id);
    tx.record_under(permit, row.plan_id, kind, subject, Some(row.project_id), body);
}

/// Overrides the light of a project from today on until a day.
pub async fn make(
    tx: &mut Tx,
    project_id: Uuid,
    seen_version: Option<i64>,
    new: &NewOverride,
) -> Result<OverrideRow> {
    let (project, permit) = locked(tx, project_id).await?;
    check_version(seen_version, project.row_version)?;
    project.still_going()?;
    let today = tx.today(project.plan_id).await?;
    if store::is_overridden(tx, project_id, today).await? {
        return Err(Error::conflict(Code::LightOverridden));
    }
    until(new.until_on, today)?;
    let (user_id, organisation_id) = supervisor(tx, &permit)?;
    let row = OverrideRow {
        id: Uuid::now_v7(),
        plan_id: project.plan_id,
        project_id,
        light: new.light.as_str().to_owned(),
        reason: new.reason.clone(),
        from_on: today,
        until_on: new.until_on,
        made_at: tx.now(),
        made_by_user_id: user_id,
        made_by_organisation_id: organisation_id,
        ended_on: None,
        ended_reason: None,
        ended_by_user_id: None,
        ended_by_organisation_id: None,
        row_version: 1,
    };
    store::insert_override(tx, &permit, &row).await?;
    tell(tx, &permit, EventKind::LightOverridden, &json!({}), &row);
    Ok(row)
}

fn until(day: NaiveDate, today: NaiveDate) -> Result<()> {
    let last = today.checked_add_days(Days::new(LONGEST)).unwrap_or(today);
    if day < today || day > last {
        return Err(Error::Invalid(vec![
            Fault::new("/until_on", Code::FieldOutOfRange)
                .with("least", today)
                .with("most", last),
        ]));
    }
    Ok(())
}

/// Ends an override before its last day.
pub async fn end(
    tx: &mut Tx,
    project_id: Uuid,
    id: Uuid,
    seen_version: Option<i64>,
    reason: &str,
) -> Result<OverrideRow> {
    let (project, permit) = locked(tx, project_id).await?;
    let before = store::lock_override(tx, project_id, id).await?;
    let maker = before.made_by_organisation_id;
    let above = projects::paths_of(tx.conn(), &[maker]).await?;
    let (_, ender) = supervisor(tx, &permit)?;
    // What an office above showed is not taken back from below.
    if !above.get(&maker).is_some_and(|path| path.contains(&ender)) {
        return Err(Error::Forbidden(Action::OverrideLight));
    }
    check_version(seen_version, before.row_version)?;
    let today = tx.today(project.plan_id).await?;
    if !before.holds_on(today) {
        return Err(Error::conflict(Code::LightOverrideOver));
    }
    let (user_id, organisation_id) = supervisor(tx, &permit)?;
    let mut row = before.clone();
    row.ended_on = Some(today);
    row.ended_reason = Some(reason.to_owned());
    row.ended_by_user_id = Some(user_id);
    row.ended_by_organisation_id = Some(organisation_id);
    row.row_version += 1;
    store::save_override(tx, &permit, &row).await?;
    tell(tx, &permit, EventKind::LightOverrideEnded, &logged(&before), &row);
    Ok(row)
}
