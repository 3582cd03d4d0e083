//! Lists of projects and single ones, today or as of a past day.

use chrono::{DateTime, Days, NaiveDate, Utc};
use diesel::prelude::*;
use diesel::sql_types::{self, Record};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::filters::{Condition, ProjectFilter, conditions, negated, on_the_day};
use super::shown::{self, ProjectView};
use super::window::Window;
use crate::db::paging::{self, Page, PageRequest};
use crate::db::schema::{project_versions as pv, projects};
use crate::kernel::{Error, Result};
use crate::projects::model::{PROJECT_VERSION, ProjectRow};

/// In which order projects come. Sorting by days overdue is sorting by the day from which they are overdue, so that
/// a cursor outlives midnight.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ProjectSort {
    /// The most overdue first, those that are not overdue last.
    #[default]
    MostOverdue,
    /// The next due first.
    Due,
    Name,
    /// The latest changed first.
    Updated,
}

impl ProjectSort {
    pub const NAMES: [&'static str; 4] = ["-days_overdue", "due", "name", "-updated"];

    pub fn parse(text: &str) -> Option<ProjectSort> {
        Some(match text {
            "-days_overdue" => ProjectSort::MostOverdue,
            "due" => ProjectSort::Due,
            "name" => ProjectSort::Name,
            "-updated" => ProjectSort::Updated,
            _ => return None,
        })
    }
}

/// What list of projects is asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProjectQuery {
    pub filter: ProjectFilter,
    pub overdue: Option<bool>,
    pub days_overdue_min: Option<i64>,
    /// On or before; of the next thing due.
    pub due_before: Option<NaiveDate>,
    /// On or after.
    pub due_after: Option<NaiveDate>,
    pub unconfirmed: Option<bool>,
    pub unverified: Option<bool>,
    pub sort: ProjectSort,
    pub total: bool,
}

/// The sort values of a row; those that its order does not use stay none.
#[derive(Serialize, Deserialize)]
struct Key {
    day: Option<NaiveDate>,
    text: Option<String>,
    instant: Option<DateTime<Utc>>,
    id: Uuid,
}

pub(super) fn narrowed(window: &Window, query: &ProjectQuery) -> Vec<Condition> {
    let mut all = conditions(window, &query.filter);
    let overdue_by = |days: i64| {
        on_the_day(window, move |plan_id, day| {
            let latest = day
                .checked_sub_days(Days::new((days.max(1) - 1).unsigned_abs()))
                .unwrap_or(NaiveDate::MIN);
            Box::new(
                pv::plan_id
                    .eq(plan_id)
                    .and(pv::overdue_from.is_not_null())
                    .and(pv::overdue_from.assume_not_null().le(latest)),
            )
        })
    };
    match query.overdue {
        Some(true) => all.push(overdue_by(1)),
        Some(false) => all.push(negated(overdue_by(1))),
        None => {}
    }
    if let Some(days) = query.days_overdue_min {
        all.push(overdue_by(days));
    }
    if let Some(day) = query.due_before {
        all.push(Box::new(
            pv::next_due_on
                .is_not_null()
                .and(pv::next_due_on.assume_not_null().le(day)),
        ));
    }
    if let Some(day) = query.due_after {
        all.push(Box::new(
            pv::next_due_on
                .is_not_null()
                .and(pv::next_due_on.assume_not_null().ge(day)),
        ));
    }
    if let Some(unconfirmed) = query.unconfirmed {
        all.push(Box::new(pv::unconfirmed.eq(unconfirmed)));
    }
    match query.unverified {
        Some(true) => all.push(Box::new(pv::unverified_since.is_not_null())),
        Some(false) => all.push(Box::new(pv::unverified_since.is_null())),
        None => {}
    }
    all
}

/// A page of projects. `question` seals the cursor: everything that was asked but the page itself.
pub async fn list(
    conn: &mut AsyncPgConnection,
    window: &Window,
    query: &ProjectQuery,
    page: &PageRequest,
    question: &str,
) -> Result<Page<ProjectView>> {
    let mut rows = pv::table
        .select(PROJECT_VERSION)
        .limit(page.limit + 1)
        .into_boxed();
    let mut count = pv::table.count().into_boxed();
    for condition in narrowed(window, query) {
        rows = rows.filter(condition);
    }
    if let Some(cursor) = &page.cursor {
        let key: Key = paging::decode(question, cursor)?;
        rows = rows.filter(after(query.sort, key)?);
    }
    rows = match query.sort {
        ProjectSort::MostOverdue => rows.order((pv::overdue_from.asc().nulls_last(), pv::id)),
        ProjectSort::Due => rows.order((pv::next_due_on.asc().nulls_last(), pv::id)),
        ProjectSort::Name => rows.order((pv::folded_title, pv::id)),
        ProjectSort::Updated => rows.order((pv::updated_at.desc(), pv::id)),
    };
    let loaded: Vec<ProjectRow> = rows.load(conn).await?;
    let mut answer = Page::cut(loaded, page, question, |row| Key {
        day: match query.sort {
            ProjectSort::MostOverdue => row.overdue_from,
            ProjectSort::Due => row.next_due_on,
            _ => None,
        },
        text: (query.sort == ProjectSort::Name).then(|| row.folded_title.clone()),
        instant: (query.sort == ProjectSort::Updated).then_some(row.updated_at),
        id: row.id,
    })?;
    if query.total {
        for condition in narrowed(window, query) {
            count = count.filter(condition);
        }
        answer.total = Some(count.get_result(conn).await?);
    }
    let (next_cursor, limit, total) = (answer.next_cursor, answer.limit, answer.total);
    let rows = shown::projects(conn, window, answer.rows, None).await?;
    Ok(Page {
        rows,
        next_cursor,
        limit,
        total,
    })
}

/// What comes after a row in an order. A range first, so that an index can begin there.
fn after(sort: ProjectSort, key: Key) -> Result<Condition> {
    let broken = || Error::malformed("?cursor", crate::kernel::Code::CursorInvalid);
    Ok(match (sort, key.day) {
        (ProjectSort::MostOverdue, Some(day)) => Box::new(
            pv::overdue_from
                .is_null()
                .or(pv::overdue_from.assume_not_null().gt(day))
                .or(pv::overdue_from.assume_not_null().eq(day).and(pv::id.gt(key.id))),
        ),
        (ProjectSort::MostOverdue, None) => Box::new(pv::overdue_from.is_null().and(pv::id.gt(key.id))),
        (ProjectSort::Due, Some(day)) => Box::new(
            pv::next_due_on
                .is_null()
                .or(pv::next_due_on.assume_not_null().gt(day))
                .or(pv::next_due_on.assume_not_null().eq(day).and(pv::id.gt(key.id))),
        ),
        (ProjectSort::Due, None) => Box::new(pv::next_due_on.is_null().and(pv::id.gt(key.id))),
        (ProjectSort::Name, _) => {
            let last = (key.text.ok_or_else(broken)?, key.id);
            let row = (pv::folded_title, pv::id).into_sql::<Record<(sql_types::Text, sql_types::Uuid)>>();
            Box::new(row.gt(last.into_sql::<Record<(sql_types::Text, sql_types::Uuid)>>()))
        }
        (ProjectSort::Updated, _) => {
            let at = key.instant.ok_or_else(broken)?;
            Box::new(
                pv::updated_at.le(at).and(
                    pv::updated_at
                        .lt(at)
                        .or(pv::updated_at.eq(at).and(pv::id.gt(key.id))),
                ),
            )
        }
    })
}

/// One project in the window, by id or code.
pub async fn find(conn: &mut AsyncPgConnection, window: &Window, reference: &str) -> Result<ProjectRow> {
    let mut query = pv::table.select(PROJECT_VERSION).into_boxed();
    for condition in conditions(window, &ProjectFilter::any()) {
        query = query.filter(condition);
    }
    query = match Uuid::try_parse(reference) {
        Ok(id) => query.filter(pv::id.eq(id)),
        // A code never changes; the live table has the index for it.
        Err(_) => query.filter(
            pv::id.eq_any(
                projects::table
                    .filter(projects::code.eq(reference.to_owned()))
                    .select(projects::id),
            ),
        ),
    };
    Ok(query.first(conn).await?)
}

/// One project as it is shown.
pub async fn read(conn: &mut AsyncPgConnection, window: &Window, reference: &str) -> Result<ProjectView> {
    let row = find(conn, window, reference).await?;
    shown::projects(conn, window, vec![row], None)
        .await?
        .pop()
        .ok_or(Error::NotFound)
}
