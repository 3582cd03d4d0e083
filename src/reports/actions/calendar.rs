//! When a plan's projects report: a planner begins it, and sets how often and by when.

use chrono::{Datelike, NaiveDate};
use serde_json::json;
use uuid::Uuid;

use crate::db::{EventKind, Subject, Tx};
use crate::kernel::authz::{self, Action, Target};
use crate::kernel::{Code, Error, Fault, Result, check_version};
use crate::plans::store::reporting;
use crate::projects::actions::derive;
use crate::projects::store as projects;
use crate::reports::model::CalendarEdit;
use crate::rules::periods::{ReportingCalendar, Terms};

/// Projects that are worked out anew at once.
const CHUNK: usize = 1_000;

/// Edits a plan's calendar; from when on each of its projects is silent follows at once. Reports are never owed from
/// a day before the present month: nobody comes to owe backwards.
pub async fn edit(tx: &mut Tx, plan_id: Uuid, seen_version: Option<i64>, edit: &CalendarEdit) -> Result<()> {
    let head = reporting::lock(tx, plan_id).await?;
    let target = Target::Plan {
        id: plan_id,
        issuer_id: head.issuer_id,
    };
    let permit = authz::require(tx.actor(), Action::EditReporting, &target)?;
    check_version(seen_version, head.row_version)?;
    let before = reporting::calendars(tx.conn(), &[plan_id])
        .await?
        .remove(&plan_id)
        .ok_or(Error::NotFound)?;
    let from = edit.reporting_from.clone().apply(before.reporting_from);
    let today = tx.today(plan_id).await?;
    let least = NaiveDate::from_ymd_opt(today.year(), today.month(), 1).unwrap_or(today);
    if from != before.reporting_from && from.is_some_and(|from| from < least) {
        return Err(Error::Invalid(vec![
            Fault::new("/reporting_from", Code::ReportingBackwards).with("least", least),
        ]));
    }
    let moved: Vec<Terms> = edit
        .terms
        .iter()
        .filter(|terms| before.terms_of(terms.stage) != Some(*terms))
        .copied()
        .collect();
    if moved.is_empty() && from == before.reporting_from {
        return Ok(());
    }
    // Other periods, or an earlier day, would make reports of months gone by owed at once: they begin with this month.
    if from.is_some_and(|from| from < least) && moved.iter().any(|terms| tightens(&before, terms)) {
        return Err(Error::Invalid(vec![
            Fault::new("/reporting_from", Code::ReportingBackwards).with("least", least),
        ]));
    }
    if !moved.is_empty() {
        reporting::keep_terms(tx, &permit, plan_id, &moved).await?;
    }
    reporting::keep_from(tx, &permit, plan_id, from).await?;
    let after = reporting::calendars(tx.conn(), &[plan_id])
        .await?
        .remove(&plan_id)
        .ok_or(Error::NotFound)?;
    let mut changes = serde_json::Map::new();
    if from != before.reporting_from {
        changes.insert("reporting_from".to_owned(), json!([before.reporting_from, from]));
    }
    if !moved.is_empty() {
        changes.insert("calendar".to_owned(), json!([before.terms, after.terms]));
    }
    let subject = (Subject::Plan, plan_id);
    let body = json!({ "changes": changes });
    tx.record_under(&permit, plan_id, EventKind::ReportingEdited, subject, None, body);
    let mut ids: Vec<Uuid> = projects::of_plan(tx.conn(), plan_id)
        .await?
        .into_iter()
        .map(|row| row.id)
        .collect();
    ids.sort_unstable();
    for chunk in ids.chunks(CHUNK) {
        derive::refresh(tx, chunk).await?;
    }
    Ok(())
}

/// Whether reports of a stage would be owed for other periods than before, or sooner.
fn tightens(before: &ReportingCalendar, terms: &Terms) -> bool {
    let until = |terms: &Terms| (terms.due_month_offset, terms.due_day + terms.grace_days);
    before
        .terms_of(terms.stage)
        .is_none_or(|was| was.frequency != terms.frequency || until(terms) < until(was))
}
