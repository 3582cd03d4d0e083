//! The SQL of progress reports, frozen months and investment plans.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use super::model::{FreezeRow, FundRow, InvestmentRow, ReportRow};
use crate::db::schema::{
    investment_plans as i, progress_report_funds as f, progress_reports as r, report_freezes as z,
};
use crate::db::{Tx, Versioned};
use crate::kernel::authz::{Action, Permit};
use crate::kernel::{Error, Result};

/// Rows of one insert.
const CHUNK: usize = 1_000;

/// A report as it is now, without a lock: whether it is in sight is for its project to say.
pub async fn find(tx: &mut Tx, id: Uuid) -> Result<ReportRow> {
    Ok(r::table.find(id).first(tx.conn()).await?)
}

/// The report, locked. Its project was locked before.
pub async fn lock(tx: &mut Tx, id: Uuid) -> Result<ReportRow> {
    Ok(r::table.find(id).for_update().first(tx.conn()).await?)
}

/// Every report of these projects, in the order of their periods.
pub async fn of_projects(conn: &mut AsyncPgConnection, project_ids: &[Uuid]) -> Result<Vec<ReportRow>> {
    Ok(r::table
        .filter(r::project_id.eq_any(project_ids))
        .order((r::project_id, r::period_end, r::period_start, r::id))
        .load(conn)
        .await?)
}

/// A report's figures by source, as given with a version of it.
pub async fn funds_of(conn: &mut AsyncPgConnection, reports: &[(Uuid, i64)]) -> Result<Vec<FundRow>> {
    let ids: Vec<Uuid> = reports.iter().map(|(id, _)| *id).collect();
    let given: BTreeMap<Uuid, i64> = reports.iter().copied().collect();
    let rows: Vec<FundRow> = f::table
        .filter(f::report_id.eq_any(ids))
        .select(FundRow::as_select())
        .load(conn)
        .await?;
    Ok(rows
        .into_iter()
        .filter(|row| given.get(&row.report_id) == Some(&row.given_in_version))
        .collect())
}

fn allowed(permit: &Permit, row: &ReportRow) -> Result<()> {
    let target = match permit.action() {
        Action::FileReport => row.project_id,
        Action::VerifyReport | Action::ReturnReport | Action::ReopenReport => row.id,
        _ => Uuid::nil(),
    };
    if permit.target_id() == target {
        Ok(())
    } else {
        Err(Error::internal(format!(
            "a permit for {:?} does not cover a report",
            permit.action()
        )))
    }
}

/// Adds reports, each under its permit.
pub async fn insert(tx: &mut Tx, rows: &[(Permit, ReportRow)]) -> Result<()> {
    for (permit, row) in rows {
        allowed(permit, row)?;
        tx.touch(row.plan_id, Versioned::ProgressReports, row.id);
    }
    for chunk in rows.chunks(CHUNK) {
        let rows: Vec<&ReportRow> = chunk.iter().map(|(_, row)| row).collect();
        diesel::insert_into(r::table)
            .values(rows)
            .execute(tx.conn())
            .await?;
    }
    Ok(())
}

/// Writes what became of a report.
pub async fn save(tx: &mut Tx, permit: &Permit, row: &ReportRow) -> Result<()> {
    allowed(permit, row)?;
    tx.touch(row.plan_id, Versioned::ProgressReports, row.id);
    diesel::update(r::table.find(row.id))
        .set(row)
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// Adds figures by source to reports that were written under a permit in this transaction.
pub async fn insert_funds(tx: &mut Tx, rows: &[FundRow]) -> Result<()> {
    for chunk in rows.chunks(CHUNK) {
        diesel::insert_into(f::table)
            .values(chunk)
            .execute(tx.conn())
            .await?;
    }
    Ok(())
}

/// Every edition of these plans' months, the latest month and edition first.
pub async fn freezes(conn: &mut AsyncPgConnection, plan_ids: &[Uuid]) -> Result<Vec<FreezeRow>> {
    Ok(z::table
        .filter(z::plan_id.eq_any(plan_ids))
        .order((z::month.desc(), z::edition.desc(), z::plan_id))
        .select(FreezeRow::as_select())
        .load(conn)
        .await?)
}

/// The months of these plans that are frozen now, with their editions.
pub async fn frozen(
    conn: &mut AsyncPgConnection,
    plan_ids: &[Uuid],
) -> Result<BTreeMap<(Uuid, NaiveDate), i32>> {
    let rows: Vec<(Uuid, NaiveDate, i32)> = z::table
        .filter(z::plan_id.eq_any(plan_ids).and(z::reopened_at.is_null()))
        .select((z::plan_id, z::month, z::edition))
        .load(conn)
        .await?;
    Ok(rows
        .into_iter()
        .map(|(plan_id, month, edition)| ((plan_id, month), edition))
        .collect())
}

/// Every edition of one month, the latest first.
pub async fn editions(tx: &mut Tx, plan_id: Uuid, month: NaiveDate) -> Result<Vec<FreezeRow>> {
    Ok(z::table
        .filter(z::plan_id.eq(plan_id).and(z::month.eq(month)))
        .order(z::edition.desc())
        .select(FreezeRow::as_select())
        .load(tx.conn())
        .await?)
}

/// Keeps an edition, a new one or one that ends.
pub async fn keep_freeze(tx: &mut Tx, permit: &Permit, row: &FreezeRow) -> Result<()> {
    if permit.action() != Action::FreezeReports || permit.target_id() != row.plan_id {
        return Err(Error::internal("a month is frozen by its own right only"));
    }
    diesel::insert_into(z::table)
        .values(row)
        .on_conflict(z::id)
        .do_update()
        .set(row)
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// A project's investment plan, by year and source.
pub async fn investment(conn: &mut AsyncPgConnection, project_id: Uuid) -> Result<Vec<InvestmentRow>> {
    Ok(i::table
        .filter(i::project_id.eq(project_id))
        .order((i::year, i::source))
        .select(InvestmentRow::as_select())
        .load(conn)
        .await?)
}

/// Puts rows in the place of a project's whole investment plan.
pub async fn replace_investment(
    tx: &mut Tx,
    permit: &Permit,
    project_id: Uuid,
    rows: &[InvestmentRow],
) -> Result<()> {
    if permit.action() != Action::EditProject || permit.target_id() != project_id {
        return Err(Error::internal("an investment plan is its project's planner's"));
    }
    diesel::delete(i::table.filter(i::project_id.eq(project_id)))
        .execute(tx.conn())
        .await?;
    diesel::insert_into(i::table)
        .values(rows)
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// Whether somebody filed or corrected a report, at any time.
pub async fn has_filed(conn: &mut AsyncPgConnection, id: Uuid, user_id: Uuid) -> Result<bool> {
    use crate::db::schema::progress_report_versions as v;
    let found: i64 = v::table
        .filter(v::id.eq(id).and(v::reported_by_user_id.eq(user_id)))
        .count()
        .get_result(conn)
        .await?;
    Ok(found > 0)
}
