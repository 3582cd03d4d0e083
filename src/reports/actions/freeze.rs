//! Freezing a month, so that its reports stand still, and reopening it.

use chrono::NaiveDate;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::db::{EventKind, Subject, Tx};
use crate::kernel::authz::{self, Action, Permit, Target};
use crate::kernel::{Code, Error, Fault, Result};
use crate::plans::store::reporting;
use crate::reports::model::FreezeRow;
use crate::reports::store;
use crate::rules::periods::{Frequency, Period};

fn month_of(period: Period) -> Result<NaiveDate> {
    match period.frequency {
        Frequency::Monthly => Ok(period.start),
        _ => Err(Error::Invalid(vec![
            Fault::new("/month", Code::FieldFormat).with("format", "YYYY-MM"),
        ])),
    }
}

/// The plan, locked so that nobody files meanwhile, and the permit to freeze.
async fn permit(tx: &mut Tx, plan_id: Uuid) -> Result<Permit> {
    let head = reporting::lock(tx, plan_id).await?;
    let target = Target::Plan {
        id: plan_id,
        issuer_id: head.issuer_id,
    };
    authz::require(tx.actor(), Action::FreezeReports, &target)
}

fn person(tx: &Tx) -> Result<Uuid> {
    tx.actor()
        .user_id()
        .ok_or_else(|| Error::internal("a month is frozen by a person"))
}

fn tell(tx: &mut Tx, permit: &Permit, row: &FreezeRow, kind: EventKind, body: Value) {
    tx.record_under(
        permit,
        row.plan_id,
        kind,
        (Subject::ReportFreeze, row.id),
        None,
        body,
    );
}

/// Freezes the reports of every period that ends in a month: the first edition, or the next after a reopening. What
/// speaks of the month reads the log as it stood then.
pub async fn freeze(tx: &mut Tx, plan_id: Uuid, month: Period) -> Result<FreezeRow> {
    let permit = permit(tx, plan_id).await?;
    let month = month_of(month)?;
    let editions = store::editions(tx, plan_id, month).await?;
    if let Some(standing) = editions.iter().find(|edition| edition.stands()) {
        return Err(Error::Conflict(
            Fault::new("", Code::ReportMonthFrozen)
                .with("month", month.format("%Y-%m"))
                .with("edition", standing.edition),
        ));
    }
    let today = tx.today(plan_id).await?;
    if month > today {
        return Err(Error::Invalid(vec![
            Fault::new("/month", Code::ReportPeriodFuture).with("today", today),
        ]));
    }
    let row = FreezeRow {
        id: Uuid::now_v7(),
        plan_id,
        month,
        edition: editions.first().map_or(1, |last| last.edition + 1),
        frozen_at_number: tx.last_number(plan_id).await?,
        frozen_on: today,
        frozen_at: tx.now(),
        frozen_by_user_id: person(tx)?,
        reopened_on: None,
        reopened_at: None,
        reopened_by_user_id: None,
        reopen_reason: None,
    };
    store::keep_freeze(tx, &permit, &row).await?;
    let body = json!({ "month": month, "edition": row.edition, "frozen_at_number": row.frozen_at_number });
    tell(tx, &permit, &row, EventKind::ReportsFrozen, body);
    Ok(row)
}

/// Lets the reports of a frozen month move again.
pub async fn reopen(tx: &mut Tx, plan_id: Uuid, month: Period, reason: &str) -> Result<FreezeRow> {
    let permit = permit(tx, plan_id).await?;
    let month = month_of(month)?;
    let editions = store::editions(tx, plan_id, month).await?;
    let Some(mut row) = editions.into_iter().find(FreezeRow::stands) else {
        return Err(Error::Conflict(
            Fault::new("", Code::ReportMonthOpen).with("month", month.format("%Y-%m")),
        ));
    };
    row.reopened_on = Some(tx.today(plan_id).await?);
    row.reopened_at = Some(tx.now());
    row.reopened_by_user_id = Some(person(tx)?);
    row.reopen_reason = Some(reason.to_owned());
    store::keep_freeze(tx, &permit, &row).await?;
    let body = json!({ "month": month, "edition": row.edition, "reason": reason });
    tell(tx, &permit, &row, EventKind::ReportsReopened, body);
    Ok(row)
}
