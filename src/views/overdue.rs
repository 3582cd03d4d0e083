//! What is overdue today, in the order of its days, walked along the rows of sight.

use std::collections::BTreeMap;

use chrono::{Days, NaiveDate};
use diesel::prelude::*;
use diesel::sql_types::{self, Record};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use super::filters::{ProjectFilter, conditions};
use super::milestones::{MilestoneQuery, of_milestones, projects_in};
use super::window::{PlanWindow, Window};
use crate::db::schema::{milestone_sight as ms, milestone_versions as mv, project_versions as pv};
use crate::kernel::{Error, Result};
use crate::projects::model::{MILESTONE_VERSION, MilestoneRow, ProjectHead};

/// How many rows of sight are looked at first where more is asked than what is overdue; doubled each time the page
/// is not full.
const FIRST_BATCH: i64 = 400;

/// A row of sight: from when it is overdue, which milestone, of which project.
type Candidate = (NaiveDate, Uuid, Uuid);

/// The next overdue milestones of these scopes in their order, each once, at most `batch`; and whether that is all.
/// Each scope is asked for its first: the first of all are among them, and each question walks one index.
async fn candidates(
    conn: &mut AsyncPgConnection,
    scopes: &[Uuid],
    latest: NaiveDate,
    batch: i64,
    after: Option<(NaiveDate, Uuid)>,
) -> Result<(Vec<Candidate>, bool)> {
    let most = usize::try_from(batch).map_err(Error::internal)?;
    let mut exhausted = true;
    let mut all: Vec<Candidate> = Vec::new();
    for scope in scopes {
        let mut select = ms::table
            .filter(ms::scope_id.eq(*scope).and(ms::overdue_from.le(latest)))
            .order((ms::overdue_from, ms::milestone_id))
            .select((ms::overdue_from, ms::milestone_id, ms::project_id))
            .limit(batch)
            .into_boxed();
        if let Some(last) = after {
            // One comparison of rows: told apart by column it would read all of the day before the cursor.
            let row =
                (ms::overdue_from, ms::milestone_id).into_sql::<Record<(sql_types::Date, sql_types::Uuid)>>();
            select = select.filter(row.gt(last.into_sql::<Record<(sql_types::Date, sql_types::Uuid)>>()));
        }
        let part: Vec<Candidate> = select.load(conn).await?;
        exhausted &= part.len() < most;
        all.extend(part);
    }
    all.sort_unstable();
    all.dedup();
    exhausted &= all.len() <= most;
    all.truncate(most);
    Ok((all, exhausted))
}

/// Whether nothing is asked but what is overdue, and since when.
pub fn only(query: &MilestoneQuery) -> bool {
    query.due_before.is_none()
        && query.due_after.is_none()
        && query.date_bases.is_empty()
        && query.states.is_empty()
        && query.unconfirmed.is_none()
        && query.unverified.is_none()
}

/// The latest day from which on a milestone is overdue as long as asked, in one plan.
pub fn since(plan: &PlanWindow, days: Option<i64>) -> NaiveDate {
    let back = Days::new((days.unwrap_or(1).max(1) - 1).unsigned_abs());
    plan.day.checked_sub_days(back).unwrap_or(NaiveDate::MIN)
}

/// The page of the overdue in the order of their days, walked along the sight rows: the common question of every
/// morning, answered without looking at what is not overdue. Keys first, then the projects and milestones of those
/// that may stand on the page.
pub async fn rows(
    conn: &mut AsyncPgConnection,
    window: &Window,
    query: &MilestoneQuery,
    limit: i64,
    mut after: Option<(NaiveDate, Uuid)>,
) -> Result<(Vec<MilestoneRow>, BTreeMap<Uuid, ProjectHead>)> {
    let mut scopes: Vec<Uuid> = window.plans.iter().flat_map(|plan| plan.scopes.clone()).collect();
    scopes.sort_unstable();
    scopes.dedup();
    let latest = window
        .plans
        .iter()
        .map(|plan| since(plan, query.days_overdue_min))
        .max()
        .unwrap_or(NaiveDate::MIN);
    let wanted = usize::try_from(limit).map_err(Error::internal)?;
    let mut found: Vec<MilestoneRow> = Vec::new();
    let mut projects: BTreeMap<Uuid, ProjectHead> = BTreeMap::new();
    // Where nothing else is asked, every candidate of one plan stands on the page.
    let mut batch = if only(query) && query.filter == ProjectFilter::default() {
        limit
    } else {
        limit.max(FIRST_BATCH)
    };
    loop {
        let (candidates, exhausted) = candidates(conn, &scopes, latest, batch, after).await?;
        let Some((day, id, _)) = candidates.last().copied() else {
            break;
        };
        after = Some((day, id));
        let mut of: Vec<Uuid> = candidates
            .iter()
            .map(|(_, _, project)| *project)
            .filter(|id| query.filter.projects.is_empty() || query.filter.projects.contains(id))
            .collect();
        of.sort_unstable();
        of.dedup();
        let filter = ProjectFilter {
            projects: of,
            ..query.filter.clone()
        };
        if !filter.projects.is_empty() {
            projects.extend(projects_in(conn, window, &filter).await?);
        }
        let ids: Vec<Uuid> = candidates
            .into_iter()
            .filter(|(_, _, project)| projects.contains_key(project))
            .map(|(_, id, _)| id)
            .collect();
        let mut select = mv::table
            .filter(mv::id.eq_any(ids))
            .order((mv::overdue_from, mv::id))
            .limit(limit - i64::try_from(found.len()).map_err(Error::internal)?)
            .select(MILESTONE_VERSION)
            .into_boxed();
        for condition in of_milestones(window, query) {
            select = select.filter(condition);
        }
        found.extend(select.load::<MilestoneRow>(conn).await?);
        if exhausted || found.len() >= wanted {
            break;
        }
        batch = (batch * 2).max(FIRST_BATCH);
    }
    Ok((found, projects))
}

/// How many are overdue, of those that pass the filter on their projects: counted from sight alone.
pub async fn count(conn: &mut AsyncPgConnection, window: &Window, query: &MilestoneQuery) -> Result<i64> {
    let mut total = 0;
    for plan in &window.plans {
        let latest = since(plan, query.days_overdue_min);
        let mut select = ms::table
            .filter(ms::scope_id.eq_any(plan.scopes.clone()))
            .filter(ms::overdue_from.le(latest).and(ms::plan_id.eq(plan.plan_id)))
            .into_boxed();
        if query.filter != ProjectFilter::default() {
            let mut projects = pv::table.select(pv::id).into_boxed();
            for condition in conditions(window, &query.filter) {
                projects = projects.filter(condition);
            }
            select = select.filter(ms::project_id.eq_any(projects));
        }
        total += if plan.scopes.len() == 1 {
            select.count().get_result::<i64>(conn).await?
        } else {
            let distinct = diesel::dsl::count(ms::milestone_id).aggregate_distinct();
            select.select(distinct).get_result(conn).await?
        };
    }
    Ok(total)
}
