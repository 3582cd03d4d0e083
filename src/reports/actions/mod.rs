//! The use cases of progress reports. Filing takes many; one is a slice of one.

pub mod calendar;
pub mod file;
pub mod freeze;
pub mod investment;
pub mod judge;

use std::collections::BTreeMap;

use chrono::NaiveDate;
use uuid::Uuid;

use super::model::ReportRow;
use super::store;
use crate::db::Tx;
use crate::kernel::authz::{Permit, ProjectScope};
use crate::kernel::{Code, Error, Fault, Result};
use crate::plans::store::reporting;
use crate::projects::model::ProjectRow;
use crate::projects::store as projects;
use crate::rules::periods::Period;

/// Months that are frozen, with their editions.
type Frozen = BTreeMap<(Uuid, NaiveDate), i32>;

/// Which months of these plans are frozen; none is frozen or reopened until the transaction ends.
async fn hold(tx: &mut Tx, plan_ids: &[Uuid]) -> Result<Frozen> {
    reporting::hold(tx, plan_ids).await?;
    store::frozen(tx.conn(), plan_ids).await
}

/// Refuses a period whose month is frozen.
fn still_moves(frozen: &Frozen, plan_id: Uuid, period: Period) -> Result<()> {
    match frozen.get(&(plan_id, period.last_month())) {
        None => Ok(()),
        Some(edition) => Err(Error::Conflict(
            Fault::new("", Code::ReportMonthFrozen)
                .with("month", period.last_month().format("%Y-%m"))
                .with("edition", edition),
        )),
    }
}

/// A report of a project in sight, both locked, the project first as everywhere.
async fn lock(tx: &mut Tx, id: Uuid) -> Result<(ReportRow, ProjectRow, ProjectScope)> {
    let project_id = store::find(tx, id).await?.project_id;
    let project = projects::lock_projects(tx, &[project_id])
        .await?
        .remove(&project_id)
        .ok_or(Error::NotFound)?;
    let scope = projects::scopes_of(tx.conn(), &[project_id])
        .await?
        .remove(&project_id)
        .ok_or(Error::NotFound)?;
    Ok((store::lock(tx, id).await?, project, scope))
}

/// Who acts, and for which organisation. The house itself files and judges nothing.
fn person(tx: &Tx, permit: &Permit) -> Result<(Uuid, Uuid)> {
    tx.actor()
        .user_id()
        .zip(permit.organisation_id())
        .ok_or_else(|| Error::internal("a report without a person"))
}

fn wrong_state(row: &ReportRow) -> Error {
    Error::Conflict(Fault::new("", Code::ReportState).with("state", &row.state))
}
