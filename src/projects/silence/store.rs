//! The SQL of silence: the spells, which are stored here alone, and what was filed.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use diesel::prelude::*;
use diesel::upsert::excluded;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use super::Filed;
use crate::db::schema::{
    progress_report_versions as rv, progress_reports as r, project_kinds, reporting_spell_versions as sv,
    reporting_spells as s,
};
use crate::db::{Tx, Versioned};
use crate::kernel::{Error, Result};
use crate::rules::parts::Which;
use crate::rules::periods::{Frequency, Period, Spell, Stage};

/// One row of `reporting_spells`.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = s)]
pub(super) struct SpellRow {
    pub(super) id: Uuid,
    pub(super) plan_id: Uuid,
    pub(super) project_id: Uuid,
    pub(super) stage: String,
    pub(super) from_on: NaiveDate,
    pub(super) until_on: Option<NaiveDate>,
    pub(super) forgiven: bool,
}

impl SpellRow {
    pub(super) fn spell(&self) -> Result<Spell> {
        Ok(Spell {
            stage: Stage::parse(&self.stage)
                .ok_or_else(|| Error::internal(format!("stage {}", self.stage)))?,
            from: self.from_on,
            until: self.until_on,
            forgiven: self.forgiven,
        })
    }
}

/// A report of a project: whose it is there, its period, and what silence looks at.
pub(super) type FiledOf = (Uuid, (Which, Period), Filed);

type FiledRow = (
    Uuid,
    Uuid,
    Which,
    String,
    NaiveDate,
    NaiveDate,
    String,
    NaiveDate,
    Option<bool>,
    Option<NaiveDate>,
);

/// The kinds of project that never end.
pub(super) async fn continuing_kinds(conn: &mut AsyncPgConnection) -> Result<BTreeSet<String>> {
    let kinds: Vec<String> = project_kinds::table
        .filter(project_kinds::continuing.eq(true))
        .select(project_kinds::code)
        .load(conn)
        .await?;
    Ok(kinds.into_iter().collect())
}

/// The spells of these projects, each project's earliest first.
pub(super) async fn spells(conn: &mut AsyncPgConnection, projects: &[Uuid]) -> Result<Vec<SpellRow>> {
    Ok(s::table
        .filter(s::project_id.eq_any(projects))
        .order((s::project_id, s::from_on, s::id))
        .select(SpellRow::as_select())
        .load(conn)
        .await?)
}

/// The spells of a plan's projects as they stood at a number of its events.
pub(super) async fn spells_at(
    conn: &mut AsyncPgConnection,
    (plan_id, number): (Uuid, i64),
    projects: &[Uuid],
) -> Result<Vec<SpellRow>> {
    Ok(sv::table
        .filter(sv::project_id.eq_any(projects).and(sv::plan_id.eq(plan_id)))
        .filter(sv::from_number.le(number).and(sv::to_number.gt(number)))
        .order((sv::project_id, sv::from_on, sv::id))
        .select((
            sv::id,
            sv::plan_id,
            sv::project_id,
            sv::stage,
            sv::from_on,
            sv::until_on,
            sv::forgiven,
        ))
        .load(conn)
        .await?)
}

/// The reports of these projects, each with its project, whose it is there, and its period.
pub(super) async fn filed(conn: &mut AsyncPgConnection, projects: &[Uuid]) -> Result<Vec<FiledOf>> {
    let rows = r::table
        .filter(r::project_id.eq_any(projects))
        .select((
            r::id,
            r::project_id,
            r::region_id,
            r::frequency,
            r::period_start,
            r::period_end,
            r::state,
            r::first_reported_on,
            r::on_time,
            r::statistics_entered_on,
        ))
        .load(conn)
        .await?;
    read(rows)
}

/// How many progress reports there are of a project and its parts, in any state.
pub(super) async fn reports_of(conn: &mut AsyncPgConnection, project_id: Uuid) -> Result<i64> {
    Ok(r::table
        .filter(r::project_id.eq(project_id))
        .count()
        .get_result(conn)
        .await?)
}

/// The same, as they stood at a number of the plan's events.
pub(super) async fn filed_at(
    conn: &mut AsyncPgConnection,
    (plan_id, number): (Uuid, i64),
    projects: &[Uuid],
) -> Result<Vec<FiledOf>> {
    let rows = rv::table
        .filter(rv::project_id.eq_any(projects).and(rv::plan_id.eq(plan_id)))
        .filter(rv::from_number.le(number).and(rv::to_number.gt(number)))
        .select((
            rv::id,
            rv::project_id,
            rv::region_id,
            rv::frequency,
            rv::period_start,
            rv::period_end,
            rv::state,
            rv::first_reported_on,
            rv::on_time,
            rv::statistics_entered_on,
        ))
        .load(conn)
        .await?;
    read(rows)
}

fn read(rows: Vec<FiledRow>) -> Result<Vec<FiledOf>> {
    let read = |row: FiledRow| {
        let (id, project_id, which, frequency, start, end, state, first_reported_on, on_time, statistics) =
            row;
        let frequency =
            Frequency::parse(&frequency).ok_or_else(|| Error::internal(format!("frequency {frequency}")))?;
        let period = Period {
            start,
            end,
            frequency,
        };
        let filed = Filed {
            id,
            state,
            first_reported_on,
            on_time,
            statistics_entered_on: statistics,
        };
        Ok((project_id, (which, period), filed))
    };
    rows.into_iter().map(read).collect()
}

/// Adds spells, and says of those that are there how they end and whether they are forgiven.
pub(super) async fn save<'a>(tx: &mut Tx, rows: impl Iterator<Item = &'a SpellRow>) -> Result<()> {
    let rows: Vec<&SpellRow> = rows.collect();
    if rows.is_empty() {
        return Ok(());
    }
    for row in &rows {
        tx.touch(row.plan_id, Versioned::ReportingSpells, row.id);
    }
    diesel::insert_into(s::table)
        .values(rows)
        .on_conflict(s::id)
        .do_update()
        .set((
            s::until_on.eq(excluded(s::until_on)),
            s::forgiven.eq(excluded(s::forgiven)),
        ))
        .execute(tx.conn())
        .await?;
    Ok(())
}
