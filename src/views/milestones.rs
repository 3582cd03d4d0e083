//! Lists of milestones and single ones, today or as of a past day.

use std::collections::BTreeMap;

use chrono::{DateTime, Days, NaiveDate, Utc};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sql_types::{self, Bool, Record};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::filters::{ProjectFilter, conditions};
use super::shown::{self, MilestoneView};
use super::window::Window;
use crate::db::paging::{self, Page, PageRequest};
use crate::db::schema::{milestone_sight as ms, milestone_versions as mv, project_versions as pv};
use crate::kernel::{Code, Error, Result};
use crate::projects::model::{MILESTONE_VERSION, MilestoneRow, PROJECT_VERSION, ProjectRow};

/// How many candidates of the sight rows are looked at first; doubled each time the page is not full.
const FIRST_BATCH: i64 = 400;

/// In which order milestones come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MilestoneSort {
    /// The most overdue first, those that are not overdue last.
    MostOverdue,
    /// By planned date.
    #[default]
    Due,
    /// The latest changed first.
    Updated,
}

impl MilestoneSort {
    pub const NAMES: [&'static str; 3] = ["-days_overdue", "due", "-updated"];

    pub fn parse(text: &str) -> Option<MilestoneSort> {
        Some(match text {
            "-days_overdue" => MilestoneSort::MostOverdue,
            "due" => MilestoneSort::Due,
            "-updated" => MilestoneSort::Updated,
            _ => return None,
        })
    }
}

/// What list of milestones is asked for.
#[derive(Debug, Clone, Default)]
pub struct MilestoneQuery {
    pub filter: ProjectFilter,
    pub overdue: Option<bool>,
    pub days_overdue_min: Option<i64>,
    /// On or before.
    pub due_before: Option<NaiveDate>,
    /// On or after.
    pub due_after: Option<NaiveDate>,
    pub date_bases: Vec<String>,
    pub states: Vec<String>,
    pub unconfirmed: Option<bool>,
    pub unverified: Option<bool>,
    pub sort: MilestoneSort,
    pub total: bool,
}

type Condition = Box<dyn BoxableExpression<mv::table, Pg, SqlType = Bool>>;

#[derive(Serialize, Deserialize)]
struct Key {
    day: Option<NaiveDate>,
    instant: Option<DateTime<Utc>>,
    id: Uuid,
}

fn any_of(conditions: Vec<Condition>) -> Condition {
    let nothing: Condition = Box::new(false.into_sql::<Bool>());
    conditions
        .into_iter()
        .reduce(|all, one| Box::new(all.or(one)))
        .unwrap_or(nothing)
}

/// Everything asked, as conditions on versions of milestones; sight and what is asked of the project among them.
fn narrowed(window: &Window, query: &MilestoneQuery) -> Vec<Condition> {
    let mut projects = pv::table.select(pv::id).into_boxed();
    for condition in conditions(window, &query.filter) {
        projects = projects.filter(condition);
    }
    let held: Condition = any_of(
        window
            .plans
            .iter()
            .map(|plan| -> Condition {
                Box::new(
                    mv::plan_id
                        .eq(plan.plan_id)
                        .and(mv::from_number.le(plan.number))
                        .and(mv::to_number.gt(plan.number)),
                )
            })
            .collect(),
    );
    let mut all: Vec<Condition> = vec![held, Box::new(mv::project_id.eq_any(projects))];
    let overdue_by = |days: i64| -> Condition {
        any_of(
            window
                .plans
                .iter()
                .map(|plan| -> Condition {
                    let back = Days::new((days.max(1) - 1).unsigned_abs());
                    let latest = plan.day.checked_sub_days(back).unwrap_or(NaiveDate::MIN);
                    Box::new(
                        mv::plan_id
                            .eq(plan.plan_id)
                            .and(mv::overdue_from.is_not_null())
                            .and(mv::overdue_from.assume_not_null().le(latest)),
                    )
                })
                .collect(),
        )
    };
    match query.overdue {
        Some(true) => all.push(overdue_by(1)),
        Some(false) => all.push(Box::new(diesel::dsl::not(overdue_by(1)))),
        None => {}
    }
    if let Some(days) = query.days_overdue_min {
        all.push(overdue_by(days));
    }
    if let Some(day) = query.due_before {
        all.push(Box::new(mv::planned_on.le(day)));
    }
    if let Some(day) = query.due_after {
        all.push(Box::new(mv::planned_on.ge(day)));
    }
    if !query.date_bases.is_empty() {
        all.push(Box::new(mv::date_basis.eq_any(query.date_bases.clone())));
    }
    if !query.states.is_empty() {
        all.push(Box::new(mv::state.eq_any(query.states.clone())));
    }
    match query.unconfirmed {
        Some(true) => all.push(Box::new(
            mv::date_basis.ne("confirmed").or(mv::weight_confirmed.eq(false)),
        )),
        Some(false) => all.push(Box::new(
            mv::date_basis.eq("confirmed").and(mv::weight_confirmed.eq(true)),
        )),
        None => {}
    }
    match query.unverified {
        Some(true) => all.push(Box::new(mv::state.eq("reported"))),
        Some(false) => all.push(Box::new(mv::state.ne("reported"))),
        None => {}
    }
    all
}

async fn rows(
    conn: &mut AsyncPgConnection,
    window: &Window,
    query: &MilestoneQuery,
    limit: i64,
    after: Option<&Key>,
    among: Option<&[Uuid]>,
) -> Result<Vec<MilestoneRow>> {
    let mut select = mv::table.select(MILESTONE_VERSION).limit(limit).into_boxed();
    for condition in narrowed(window, query) {
        select = select.filter(condition);
    }
    if let Some(key) = after {
        select = select.filter(beyond(query.sort, key)?);
    }
    if let Some(ids) = among {
        select = select.filter(mv::id.eq_any(ids.to_vec()));
    }
    select = match query.sort {
        MilestoneSort::MostOverdue => select.order((mv::overdue_from.asc().nulls_last(), mv::id)),
        MilestoneSort::Due => select.order((mv::planned_on, mv::id)),
        MilestoneSort::Updated => select.order((mv::updated_at.desc(), mv::id)),
    };
    Ok(select.load(conn).await?)
}

/// What comes after a row in an order. A range first, so that an index can begin there.
fn beyond(sort: MilestoneSort, key: &Key) -> Result<Condition> {
    let broken = || Error::malformed("?cursor", Code::CursorInvalid);
    let id = key.id;
    Ok(match (sort, key.day) {
        (MilestoneSort::MostOverdue, Some(day)) => Box::new(
            mv::overdue_from
                .is_null()
                .or(mv::overdue_from.assume_not_null().gt(day))
                .or(mv::overdue_from.assume_not_null().eq(day).and(mv::id.gt(id))),
        ),
        (MilestoneSort::MostOverdue, None) => Box::new(mv::overdue_from.is_null().and(mv::id.gt(id))),
        (MilestoneSort::Due, day) => {
            let last = (day.ok_or_else(broken)?, id);
            let row = (mv::planned_on, mv::id).into_sql::<Record<(sql_types::Date, sql_types::Uuid)>>();
            Box::new(row.gt(last.into_sql::<Record<(sql_types::Date, sql_types::Uuid)>>()))
        }
        (MilestoneSort::Updated, _) => {
            let at = key.instant.ok_or_else(broken)?;
            Box::new(
                mv::updated_at
                    .le(at)
                    .and(mv::updated_at.lt(at).or(mv::updated_at.eq(at).and(mv::id.gt(id)))),
            )
        }
    })
}

/// The next overdue milestones of these scopes in their order, each once, at most `batch`; and whether that is all.
/// Each scope is asked for its first: the first of all are among them, and each question walks one index.
async fn candidates(
    conn: &mut AsyncPgConnection,
    scopes: &[Uuid],
    latest: NaiveDate,
    batch: i64,
    after: Option<(NaiveDate, Uuid)>,
) -> Result<(Vec<(NaiveDate, Uuid)>, bool)> {
    let most = usize::try_from(batch).map_err(Error::internal)?;
    let mut exhausted = true;
    let mut all: Vec<(NaiveDate, Uuid)> = Vec::new();
    for scope in scopes {
        let mut select = ms::table
            .filter(ms::scope_id.eq(*scope).and(ms::overdue_from.le(latest)))
            .order((ms::overdue_from, ms::milestone_id))
            .select((ms::overdue_from, ms::milestone_id))
            .limit(batch)
            .into_boxed();
        if let Some(last) = after {
            // One comparison of rows: told apart by column it would read all of the day before the cursor.
            let row =
                (ms::overdue_from, ms::milestone_id).into_sql::<Record<(sql_types::Date, sql_types::Uuid)>>();
            select = select.filter(row.gt(last.into_sql::<Record<(sql_types::Date, sql_types::Uuid)>>()));
        }
        let part: Vec<(NaiveDate, Uuid)> = select.load(conn).await?;
        exhausted &= part.len() < most;
        all.extend(part);
    }
    all.sort_unstable();
    all.dedup();
    exhausted &= all.len() <= most;
    all.truncate(most);
    Ok((all, exhausted))
}

/// The page of the overdue in the order of their days, walked along the sight rows: the common question of every
/// morning, answered without looking at what is not overdue.
async fn overdue_rows(
    conn: &mut AsyncPgConnection,
    window: &Window,
    query: &MilestoneQuery,
    limit: i64,
    mut after: Option<(NaiveDate, Uuid)>,
) -> Result<Vec<MilestoneRow>> {
    let mut scopes: Vec<Uuid> = window.plans.iter().flat_map(|plan| plan.scopes.clone()).collect();
    scopes.sort_unstable();
    scopes.dedup();
    let latest = window
        .plans
        .iter()
        .map(|plan| plan.day)
        .max()
        .unwrap_or(NaiveDate::MIN);
    let wanted = usize::try_from(limit).map_err(Error::internal)?;
    let mut found: Vec<MilestoneRow> = Vec::new();
    let mut batch = FIRST_BATCH;
    loop {
        let (candidates, exhausted) = candidates(conn, &scopes, latest, batch, after).await?;
        let Some(last) = candidates.last().copied() else {
            break;
        };
        let ids: Vec<Uuid> = candidates.into_iter().map(|(_, id)| id).collect();
        let missing = limit - i64::try_from(found.len()).map_err(Error::internal)?;
        found.extend(rows(conn, window, query, missing, None, Some(&ids)).await?);
        if exhausted || found.len() >= wanted {
            break;
        }
        after = Some(last);
        batch *= 2;
    }
    Ok(found)
}

/// A page of milestones. `question` seals the cursor: everything that was asked but the page itself.
pub async fn list(
    conn: &mut AsyncPgConnection,
    window: &Window,
    query: &MilestoneQuery,
    page: &PageRequest,
    question: &str,
) -> Result<Page<MilestoneView>> {
    let key: Option<Key> = page
        .cursor
        .as_deref()
        .map(|cursor| paging::decode(question, cursor))
        .transpose()?;
    let overdue_only = query.overdue == Some(true) || query.days_overdue_min.is_some();
    let loaded = if window.as_of.is_none() && overdue_only && query.sort == MilestoneSort::MostOverdue {
        let after = key.as_ref().and_then(|key| Some((key.day?, key.id)));
        overdue_rows(conn, window, query, page.limit + 1, after).await?
    } else {
        rows(conn, window, query, page.limit + 1, key.as_ref(), None).await?
    };
    let answer = Page::cut(loaded, page, question, |row| Key {
        day: match query.sort {
            MilestoneSort::MostOverdue => row.overdue_from,
            MilestoneSort::Due => Some(row.planned_on),
            MilestoneSort::Updated => None,
        },
        instant: (query.sort == MilestoneSort::Updated).then_some(row.updated_at),
        id: row.id,
    })?;
    let total = if query.total {
        let mut count = mv::table.count().into_boxed();
        for condition in narrowed(window, query) {
            count = count.filter(condition);
        }
        Some(count.get_result(conn).await?)
    } else {
        None
    };
    let (next_cursor, limit) = (answer.next_cursor, answer.limit);
    let rows = show(conn, window, answer.rows).await?;
    Ok(Page {
        rows,
        next_cursor,
        limit,
        total,
    })
}

/// The projects of a window by their ids.
async fn projects_in(
    conn: &mut AsyncPgConnection,
    window: &Window,
    ids: Vec<Uuid>,
) -> Result<BTreeMap<Uuid, ProjectRow>> {
    let mut query = pv::table.select(PROJECT_VERSION).into_boxed();
    for condition in conditions(
        window,
        &ProjectFilter {
            projects: ids,
            ..ProjectFilter::default()
        },
    ) {
        query = query.filter(condition);
    }
    let rows: Vec<ProjectRow> = query.load(conn).await?;
    Ok(rows.into_iter().map(|row| (row.id, row)).collect())
}

async fn show(
    conn: &mut AsyncPgConnection,
    window: &Window,
    rows: Vec<MilestoneRow>,
) -> Result<Vec<MilestoneView>> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let mut ids: Vec<Uuid> = rows.iter().map(|row| row.project_id).collect();
    ids.sort_unstable();
    ids.dedup();
    let projects = projects_in(conn, window, ids).await?;
    shown::milestones(conn, window, rows, projects).await
}

/// One milestone in the window, by id or code.
pub async fn read(conn: &mut AsyncPgConnection, window: &Window, reference: &str) -> Result<MilestoneView> {
    let mut query = mv::table.select(MILESTONE_VERSION).into_boxed();
    for condition in narrowed(window, &MilestoneQuery::default()) {
        query = query.filter(condition);
    }
    query = match Uuid::try_parse(reference) {
        Ok(id) => query.filter(mv::id.eq(id)),
        Err(_) => query.filter(mv::code.eq(reference.to_owned())),
    };
    let row: MilestoneRow = query.first(conn).await?;
    show(conn, window, vec![row]).await?.pop().ok_or(Error::NotFound)
}
