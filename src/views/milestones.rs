//! Lists of milestones and single ones, today or as of a past day.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sql_types::{self, Bool, Record};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::filters::{ProjectFilter, conditions};
use super::overdue;
use super::shown::{self, MilestoneView};
use super::window::Window;
use crate::db::paging::{self, Page, PageRequest};
use crate::db::schema::{milestone_versions as mv, milestones, project_versions as pv};
use crate::kernel::{Code, Error, Result};
use crate::projects::model::{MILESTONE_VERSION, MilestoneRow, ProjectHead};

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
#[derive(Debug, Clone, Default, PartialEq, Eq)]
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

pub(super) type Condition = Box<dyn BoxableExpression<mv::table, Pg, SqlType = Bool>>;

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
pub(super) fn narrowed(window: &Window, query: &MilestoneQuery) -> Vec<Condition> {
    let mut projects = pv::table.select(pv::id).into_boxed();
    for condition in conditions(window, &query.filter) {
        projects = projects.filter(condition);
    }
    let mut all = of_milestones(window, query);
    all.push(Box::new(mv::project_id.eq_any(projects)));
    all
}

/// What is asked of the milestone itself. Says nothing of sight.
pub(super) fn of_milestones(window: &Window, query: &MilestoneQuery) -> Vec<Condition> {
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
    let mut all: Vec<Condition> = vec![held];
    let overdue_by = |days: i64| -> Condition {
        any_of(
            window
                .plans
                .iter()
                .map(|plan| -> Condition {
                    let latest = overdue::since(plan, Some(days));
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
        Some(true) => {
            all.push(Box::new(mv::state.ne("cancelled").and(
                mv::date_basis.ne("confirmed").or(mv::weight_confirmed.eq(false)),
            )))
        }
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
) -> Result<Vec<MilestoneRow>> {
    let mut select = mv::table.select(MILESTONE_VERSION).limit(limit).into_boxed();
    for condition in narrowed(window, query) {
        select = select.filter(condition);
    }
    if let Some(key) = after {
        select = select.filter(beyond(query.sort, key)?);
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

/// How many there are in all.
async fn count(conn: &mut AsyncPgConnection, window: &Window, query: &MilestoneQuery) -> Result<i64> {
    let overdue =
        query.overdue == Some(true) || (query.overdue.is_none() && query.days_overdue_min.is_some());
    if window.as_of.is_none() && overdue && overdue::only(query) {
        return overdue::count(conn, window, query).await;
    }
    let mut select = mv::table.count().into_boxed();
    for condition in narrowed(window, query) {
        select = select.filter(condition);
    }
    Ok(select.get_result(conn).await?)
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
    let (loaded, projects) =
        if window.as_of.is_none() && overdue_only && query.sort == MilestoneSort::MostOverdue {
            let after = key.as_ref().and_then(|key| Some((key.day?, key.id)));
            overdue::rows(conn, window, query, page.limit + 1, after).await?
        } else {
            let rows = rows(conn, window, query, page.limit + 1, key.as_ref()).await?;
            (rows, BTreeMap::new())
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
        Some(count(conn, window, query).await?)
    } else {
        None
    };
    let (next_cursor, limit) = (answer.next_cursor, answer.limit);
    let rows = show(conn, window, answer.rows, projects).await?;
    Ok(Page {
        rows,
        next_cursor,
        limit,
        total,
    })
}

/// The projects of a window that pass a filter.
pub(super) async fn projects_in(
    conn: &mut AsyncPgConnection,
    window: &Window,
    filter: &ProjectFilter,
) -> Result<BTreeMap<Uuid, ProjectHead>> {
    let mut query = pv::table.select(ProjectHead::as_select()).into_boxed();
    for condition in conditions(window, filter) {
        query = query.filter(condition);
    }
    let rows: Vec<ProjectHead> = query.load(conn).await?;
    Ok(rows.into_iter().map(|row| (row.id, row)).collect())
}

/// Shows milestones; `projects` are those that are known already, and the rest is looked up.
pub(super) async fn show(
    conn: &mut AsyncPgConnection,
    window: &Window,
    rows: Vec<MilestoneRow>,
    mut projects: BTreeMap<Uuid, ProjectHead>,
) -> Result<Vec<MilestoneView>> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let mut ids: Vec<Uuid> = rows.iter().map(|row| row.project_id).collect();
    ids.sort_unstable();
    ids.dedup();
    projects.retain(|id, _| ids.binary_search(id).is_ok());
    ids.retain(|id| !projects.contains_key(id));
    if !ids.is_empty() {
        let filter = ProjectFilter {
            projects: ids,
            ..ProjectFilter::any()
        };
        projects.extend(projects_in(conn, window, &filter).await?);
    }
    shown::milestones(conn, window, rows, projects).await
}

/// One milestone in the window, by id or code.
pub async fn read(conn: &mut AsyncPgConnection, window: &Window, reference: &str) -> Result<MilestoneView> {
    let mut query = mv::table.select(MILESTONE_VERSION).into_boxed();
    let any = MilestoneQuery {
        filter: ProjectFilter::any(),
        ..MilestoneQuery::default()
    };
    for condition in narrowed(window, &any) {
        query = query.filter(condition);
    }
    query = match Uuid::try_parse(reference) {
        Ok(id) => query.filter(mv::id.eq(id)),
        // A code never changes; the live table has the index for it.
        Err(_) => query.filter(
            mv::id.eq_any(
                milestones::table
                    .filter(milestones::code.eq(reference.to_owned()))
                    .select(milestones::id),
            ),
        ),
    };
    let row: MilestoneRow = query.first(conn).await?;
    show(conn, window, vec![row], BTreeMap::new())
        .await?
        .pop()
        .ok_or(Error::NotFound)
}
