//! A project's latest figures, of the whole or from its parts: what tallies, lists, lights and pages show of its reports.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde::Serialize;
use uuid::Uuid;

use super::held;
use super::shown::MoneyView;
use crate::db::schema::progress_report_versions as rv;
use crate::kernel::Result;
use crate::projects::parts::PartRow;
use crate::reports::model::{REPORT_VERSION, ReportRow, State};
use crate::rules::parts::{Figures, Part, Sums, Told, figures};
use crate::rules::periods::Period;
use crate::views::parts;
use crate::views::shown::figure;
use crate::views::window::Window;

/// The latest report of a project that was not returned. A divided project has reported a period once all its parts have:
/// physical progress is then weighted by their quantities where all of these are known, otherwise the mean; money is summed.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct LatestReport {
    /// null: the figures follow from the reports of its parts.
    pub id: Option<Uuid>,
    pub period: String,
    pub period_end: NaiveDate,
    /// `verified`, of parts once all of them are; otherwise `submitted`.
    pub state: String,
    pub physical_percent: String,
    #[serde(flatten)]
    pub money: MoneyView,
}

fn told(row: &ReportRow) -> Result<Told> {
    Ok(Told {
        id: row.id,
        which: row.region_id,
        period: row.period()?,
        verified: row.state()? == State::Verified,
        first_reported_on: row.first_reported_on,
        physical_percent: row.physical_percent.clone(),
        sums: Sums {
            required: row.required.clone(),
            received: row.received.clone(),
            paid: row.paid.clone(),
            done: row.done.clone(),
        },
    })
}

/// The latest figures of projects in the window, by the project. None: of every project of its plans.
pub(in crate::views) async fn latest(
    conn: &mut AsyncPgConnection,
    window: &Window,
    ids: Option<&[Uuid]>,
) -> Result<BTreeMap<Uuid, Figures>> {
    let mut latest: BTreeMap<Uuid, Figures> = BTreeMap::new();
    for row in latest_of_wholes(conn, window, ids).await? {
        latest.extend(
            figures(&[], &[told(&row)?])
                .pop()
                .map(|one| (row.project_id, one)),
        );
    }
    let divided = parts::in_window(conn, window, ids).await?;
    let mut told_of: BTreeMap<Uuid, Vec<Told>> = BTreeMap::new();
    if !divided.is_empty() {
        let ids: Vec<Uuid> = divided.keys().copied().collect();
        let rows: Vec<ReportRow> = rv::table
            .filter(held(window))
            .filter(rv::project_id.eq_any(ids).and(rv::state.ne("returned")))
            .select(REPORT_VERSION)
            .load(conn)
            .await?;
        for row in &rows {
            told_of.entry(row.project_id).or_default().push(told(row)?);
        }
    }
    for (project_id, told) in told_of {
        let of_project: Vec<Part> = divided
            .get(&project_id)
            .map(|rows| rows.iter().map(PartRow::facts).collect())
            .unwrap_or_default();
        latest.extend(figures(&of_project, &told).pop().map(|one| (project_id, one)));
    }
    Ok(latest)
}

async fn latest_of_wholes(
    conn: &mut AsyncPgConnection,
    window: &Window,
    ids: Option<&[Uuid]>,
) -> Result<Vec<ReportRow>> {
    let mut select = rv::table
        .filter(held(window))
        .filter(rv::region_id.is_null())
        .filter(rv::state.ne("returned"))
        .distinct_on(rv::project_id)
        .order((rv::project_id, rv::period_end.desc(), rv::period_start.desc()))
        .select(REPORT_VERSION)
        .into_boxed();
    if let Some(ids) = ids {
        select = select.filter(rv::project_id.eq_any(ids.to_vec()));
    }
    Ok(select.load(conn).await?)
}

/// A project's figures of one period in the window, of the whole or from all its parts; none as long as one is missing.
pub async fn of_period(
    conn: &mut AsyncPgConnection,
    window: &Window,
    project_id: Uuid,
    period: Period,
) -> Result<Option<LatestReport>> {
    let rows: Vec<ReportRow> = rv::table
        .filter(held(window))
        .filter(rv::project_id.eq(project_id).and(rv::state.ne("returned")))
        .filter(
            rv::period_start
                .eq(period.start)
                .and(rv::frequency.eq(period.frequency.as_str())),
        )
        .select(REPORT_VERSION)
        .load(conn)
        .await?;
    let parts = parts::in_window(conn, window, Some(&[project_id])).await?;
    let parts: Vec<Part> = parts.values().flatten().map(PartRow::facts).collect();
    let told = rows.iter().map(told).collect::<Result<Vec<Told>>>()?;
    Ok(figures(&parts, &told).pop().as_ref().map(LatestReport::of))
}

/// The latest report of each part of projects in the window, by the project and the region.
pub(in crate::views) async fn latest_of_parts(
    conn: &mut AsyncPgConnection,
    window: &Window,
    ids: &[Uuid],
) -> Result<BTreeMap<(Uuid, Uuid), LatestReport>> {
    let rows: Vec<ReportRow> = rv::table
        .filter(held(window))
        .filter(rv::project_id.eq_any(ids).and(rv::region_id.is_not_null()))
        .filter(rv::state.ne("returned"))
        .distinct_on((rv::project_id, rv::region_id))
        .order((
            rv::project_id,
            rv::region_id,
            rv::period_end.desc(),
            rv::period_start.desc(),
        ))
        .select(REPORT_VERSION)
        .load(conn)
        .await?;
    let mut latest = BTreeMap::new();
    for row in &rows {
        // As a whole of its own: what it tells is what is shown.
        let alone = Told {
            which: None,
            ..told(row)?
        };
        if let (Some(region_id), Some(one)) = (row.region_id, figures(&[], &[alone]).pop()) {
            latest.insert((row.project_id, region_id), LatestReport::of(&one));
        }
    }
    Ok(latest)
}

impl LatestReport {
    pub(in crate::views) fn of(of: &Figures) -> LatestReport {
        let state = match of.verified {
            true => State::Verified,
            false => State::Submitted,
        };
        LatestReport {
            id: of.report_id,
            period: of.period.label(),
            period_end: of.period.end,
            state: state.as_str().to_owned(),
            physical_percent: figure(&of.physical_percent),
            money: MoneyView::of([&of.sums.required, &of.sums.received, &of.sums.paid, &of.sums.done]),
        }
    }
}
