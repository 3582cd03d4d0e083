//! The SQL of a plan's reporting calendar (调度安排).

use std::collections::BTreeMap;

use chrono::NaiveDate;
use diesel::prelude::*;
use diesel::upsert::excluded;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use crate::db::schema::{
    plan_versions as plan_v, plans, reporting_calendar_versions as cv, reporting_calendars as c,
};
use crate::db::{Tx, Versioned};
use crate::kernel::authz::{Action, Permit};
use crate::kernel::{Error, Result};
use crate::rules::periods::{Frequency, ReportingCalendar, Stage, Terms};

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = c)]
struct Row {
    plan_id: Uuid,
    stage: String,
    frequency: String,
    due_day: i32,
    due_month_offset: i32,
    grace_days: i32,
}

fn unsigned(value: i32) -> Result<u32> {
    u32::try_from(value).map_err(Error::internal)
}

impl Row {
    fn of(plan_id: Uuid, terms: &Terms) -> Result<Row> {
        let signed = |value: u32| i32::try_from(value).map_err(Error::internal);
        Ok(Row {
            plan_id,
            stage: terms.stage.as_str().to_owned(),
            frequency: terms.frequency.as_str().to_owned(),
            due_day: signed(terms.due_day)?,
            due_month_offset: signed(terms.due_month_offset)?,
            grace_days: signed(terms.grace_days)?,
        })
    }

    fn terms(&self) -> Result<Terms> {
        let broken = || Error::internal(format!("calendar of {} {}", self.stage, self.frequency));
        Ok(Terms {
            stage: Stage::parse(&self.stage).ok_or_else(broken)?,
            frequency: Frequency::parse(&self.frequency).ok_or_else(broken)?,
            due_day: unsigned(self.due_day)?,
            due_month_offset: unsigned(self.due_month_offset)?,
            grace_days: unsigned(self.grace_days)?,
        })
    }
}

/// The calendars of these plans, by the plan's id; the terms in the order of the stages.
pub async fn calendars(
    conn: &mut AsyncPgConnection,
    plan_ids: &[Uuid],
) -> Result<BTreeMap<Uuid, ReportingCalendar>> {
    let heads = plans::table
        .filter(plans::id.eq_any(plan_ids))
        .select((plans::id, plans::reporting_from, plans::starts_on, plans::ends_on))
        .load(conn)
        .await?;
    let rows = c::table
        .filter(c::plan_id.eq_any(plan_ids))
        .select(Row::as_select())
        .load(conn)
        .await?;
    read(heads, rows)
}

/// The calendars as they stood at a number of each plan's events.
pub async fn calendars_at(
    conn: &mut AsyncPgConnection,
    plans: &[(Uuid, i64)],
) -> Result<BTreeMap<Uuid, ReportingCalendar>> {
    let mut heads = Vec::new();
    let mut rows = Vec::new();
    for (plan_id, number) in plans {
        heads.extend(
            plan_v::table
                .filter(plan_v::id.eq(plan_id))
                .filter(plan_v::from_number.le(number).and(plan_v::to_number.gt(number)))
                .select((
                    plan_v::id,
                    plan_v::reporting_from,
                    plan_v::starts_on,
                    plan_v::ends_on,
                ))
                .load::<Days>(conn)
                .await?,
        );
        rows.extend(
            cv::table
                .filter(cv::plan_id.eq(plan_id))
                .filter(cv::from_number.le(number).and(cv::to_number.gt(number)))
                .select((
                    cv::plan_id,
                    cv::stage,
                    cv::frequency,
                    cv::due_day,
                    cv::due_month_offset,
                    cv::grace_days,
                ))
                .load::<Row>(conn)
                .await?,
        );
    }
    read(heads, rows)
}

/// A plan's first day of reporting, and its own first and last day.
type Days = (Uuid, Option<NaiveDate>, NaiveDate, NaiveDate);

fn read(heads: Vec<Days>, rows: Vec<Row>) -> Result<BTreeMap<Uuid, ReportingCalendar>> {
    let mut calendars: BTreeMap<Uuid, ReportingCalendar> = heads
        .into_iter()
        .map(|(id, reporting_from, starts_on, ends_on)| {
            let calendar = ReportingCalendar {
                reporting_from,
                starts_on,
                ends_on,
                terms: Vec::new(),
            };
            (id, calendar)
        })
        .collect();
    for row in rows {
        if let Some(calendar) = calendars.get_mut(&row.plan_id) {
            calendar.terms.push(row.terms()?);
        }
    }
    for calendar in calendars.values_mut() {
        calendar.terms.sort_by_key(|terms| terms.stage);
    }
    Ok(calendars)
}

/// What is locked of a plan.
#[derive(Debug, Clone, Queryable)]
pub struct Head {
    pub issuer_id: Uuid,
    pub reporting_from: Option<NaiveDate>,
    pub row_version: i64,
}

/// A plan, locked: nobody files a report of it meanwhile.
pub async fn lock(tx: &mut Tx, plan_id: Uuid) -> Result<Head> {
    Ok(plans::table
        .find(plan_id)
        .select((plans::issuer_id, plans::reporting_from, plans::row_version))
        .for_no_key_update()
        .first(tx.conn())
        .await?)
}

/// Holds plans as they are, beside others who do the same: no month of theirs is frozen meanwhile.
pub async fn hold(tx: &mut Tx, plan_ids: &[Uuid]) -> Result<()> {
    let _: Vec<Uuid> = plans::table
        .filter(plans::id.eq_any(plan_ids))
        .order(plans::id)
        .select(plans::id)
        .for_share()
        .load(tx.conn())
        .await?;
    Ok(())
}

/// Writes terms, each in place of what the stage had: by whoever may, or from the plan's files.
pub async fn keep_terms(tx: &mut Tx, permit: &Permit, plan_id: Uuid, terms: &[Terms]) -> Result<()> {
    allowed(permit, plan_id)?;
    let rows = terms
        .iter()
        .map(|terms| Row::of(plan_id, terms))
        .collect::<Result<Vec<_>>>()?;
    let kept: Vec<Uuid> = diesel::insert_into(c::table)
        .values(&rows)
        .on_conflict((c::plan_id, c::stage))
        .do_update()
        .set((
            c::frequency.eq(excluded(c::frequency)),
            c::due_day.eq(excluded(c::due_day)),
            c::due_month_offset.eq(excluded(c::due_month_offset)),
            c::grace_days.eq(excluded(c::grace_days)),
        ))
        .returning(c::id)
        .get_results(tx.conn())
        .await?;
    for id in kept {
        tx.touch(plan_id, Versioned::ReportingCalendars, id);
    }
    Ok(())
}

/// Sets from when on reports are owed; the plan is another version then.
pub async fn keep_from(
    tx: &mut Tx,
    permit: &Permit,
    plan_id: Uuid,
    reporting_from: Option<NaiveDate>,
) -> Result<()> {
    allowed(permit, plan_id)?;
    let now = tx.now();
    diesel::update(plans::table.find(plan_id))
        .set((
            plans::reporting_from.eq(reporting_from),
            plans::row_version.eq(plans::row_version + 1),
            plans::updated_at.eq(now),
        ))
        .execute(tx.conn())
        .await?;
    tx.touch(plan_id, Versioned::Plans, plan_id);
    Ok(())
}

fn allowed(permit: &Permit, plan_id: Uuid) -> Result<()> {
    let fits = matches!(permit.action(), Action::EditReporting | Action::LoadPlan);
    if fits && permit.target_id() == plan_id {
        Ok(())
    } else {
        Err(Error::internal(format!(
            "a permit for {:?} does not cover a calendar",
            permit.action()
        )))
    }
}
