//! Progress reports in sight, today or as of a past day, or as they stood when their month was frozen.

mod latest;
mod shown;

use chrono::NaiveDate;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sql_types::{self, Bool, Record};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::filters::{ProjectFilter, conditions};
use super::window::Window;
use crate::db::paging::{self, Page, PageRequest};
use crate::db::schema::{progress_report_versions as rv, project_versions as pv};
use crate::kernel::{Code, Error, Fault, Result};
use crate::reports::model::{REPORT_VERSION, ReportRow};
use crate::reports::store;
use crate::rules::periods::Period;
pub use latest::{LatestReport, of_period};
pub(super) use latest::{latest, latest_of_parts};
pub use shown::{FundView, MoneyView, ReportView, ReportWarning, show};

/// What list of reports is asked for; empty narrows nothing.
#[derive(Debug, Clone, Default)]
pub struct ReportQuery {
    pub filter: ProjectFilter,
    pub periods: Vec<Period>,
    /// The first day of the month in which their periods end.
    pub month: Option<NaiveDate>,
    pub states: Vec<String>,
    pub on_time: Option<bool>,
    pub total: bool,
}

type Condition = Box<dyn BoxableExpression<rv::table, Pg, SqlType = Bool>>;

#[derive(Serialize, Deserialize)]
struct Key {
    end: NaiveDate,
    id: Uuid,
}

/// The versions that hold in the window.
fn held(window: &Window) -> Condition {
    let nothing: Condition = Box::new(false.into_sql::<Bool>());
    window
        .plans
        .iter()
        .map(|plan| -> Condition {
            Box::new(
                rv::plan_id
                    .eq(plan.plan_id)
                    .and(rv::from_number.le(plan.number))
                    .and(rv::to_number.gt(plan.number)),
            )
        })
        .reduce(|all, one| Box::new(all.or(one)))
        .unwrap_or(nothing)
}

fn last_day(month: NaiveDate) -> NaiveDate {
    month
        .checked_add_months(chrono::Months::new(1))
        .and_then(|next| next.pred_opt())
        .unwrap_or(month)
}

/// Everything asked, sight among it.
fn narrowed(window: &Window, query: &ReportQuery) -> Vec<Condition> {
    let mut projects = pv::table.select(pv::id).into_boxed();
    for condition in conditions(window, &query.filter) {
        projects = projects.filter(condition);
    }
    let mut all: Vec<Condition> = vec![held(window), Box::new(rv::project_id.eq_any(projects))];
    let of_period = query
        .periods
        .iter()
        .map(|period| -> Condition {
            Box::new(
                rv::period_start
                    .eq(period.start)
                    .and(rv::frequency.eq(period.frequency.as_str())),
            )
        })
        .reduce(|all, one| Box::new(all.or(one)));
    all.extend(of_period);
    if let Some(month) = query.month {
        all.push(Box::new(rv::period_end.eq(last_day(month))));
    }
    if !query.states.is_empty() {
        all.push(Box::new(rv::state.eq_any(query.states.clone())));
    }
    if let Some(on_time) = query.on_time {
        all.push(Box::new(
            rv::on_time
                .is_not_null()
                .and(rv::on_time.assume_not_null().eq(on_time)),
        ));
    }
    all
}

/// A page of reports, the latest period first.
pub async fn list(
    conn: &mut AsyncPgConnection,
    window: &Window,
    query: &ReportQuery,
    page: &PageRequest,
    question: &str,
) -> Result<Page<ReportView>> {
    let mut select = rv::table
        .select(REPORT_VERSION)
        .order((rv::period_end.desc(), rv::id.desc()))
        .limit(page.limit + 1)
        .into_boxed();
    for condition in narrowed(window, query) {
        select = select.filter(condition);
    }
    if let Some(cursor) = &page.cursor {
        let key: Key = paging::decode(question, cursor)?;
        let row = (rv::period_end, rv::id).into_sql::<Record<(sql_types::Date, sql_types::Uuid)>>();
        let last = (key.end, key.id).into_sql::<Record<(sql_types::Date, sql_types::Uuid)>>();
        select = select.filter(row.lt(last));
    }
    let rows: Vec<ReportRow> = select.load(conn).await?;
    let mut cut = Page::cut(rows, page, question, |row| Key {
        end: row.period_end,
        id: row.id,
    })?;
    if query.total {
        let mut count = rv::table.count().into_boxed();
        for condition in narrowed(window, query) {
            count = count.filter(condition);
        }
        cut.total = Some(count.get_result(conn).await?);
    }
    let rows = show(conn, Some(window), std::mem::take(&mut cut.rows)).await?;
    Ok(Page {
        rows,
        next_cursor: cut.next_cursor,
        limit: cut.limit,
        total: cut.total,
    })
}

/// One report in the window.
pub async fn read(conn: &mut AsyncPgConnection, window: &Window, id: Uuid) -> Result<ReportView> {
    let query = ReportQuery {
        filter: ProjectFilter::any(),
        ..ReportQuery::default()
    };
    let mut select = rv::table.select(REPORT_VERSION).into_boxed();
    for condition in narrowed(window, &query) {
        select = select.filter(condition);
    }
    let row: ReportRow = select.filter(rv::id.eq(id)).first(conn).await?;
    show(conn, Some(window), vec![row])
        .await?
        .pop()
        .ok_or(Error::NotFound)
}

/// Every report of a project in the window, the latest period first.
pub async fn of_project(
    conn: &mut AsyncPgConnection,
    window: &Window,
    project_id: Uuid,
) -> Result<Vec<ReportView>> {
    let rows: Vec<ReportRow> = rv::table
        .filter(rv::project_id.eq(project_id))
        .filter(held(window))
        .order((rv::period_end.desc(), rv::id.desc()))
        .select(REPORT_VERSION)
        .load(conn)
        .await?;
    show(conn, Some(window), rows).await
}

/// Looks through the window at what an edition of a frozen month speaks of: the plan as it stood then.
pub async fn at_edition(
    conn: &mut AsyncPgConnection,
    window: &mut Window,
    month: NaiveDate,
    edition: i32,
) -> Result<()> {
    let plans: Vec<Uuid> = window.plans.iter().map(|plan| plan.plan_id).collect();
    let freezes = store::freezes(conn, &plans).await?;
    window.plans.retain_mut(|plan| {
        let found = freezes
            .iter()
            .find(|one| one.plan_id == plan.plan_id && one.month == month && one.edition == edition);
        if let Some(found) = found {
            plan.number = found.frozen_at_number;
            plan.day = found.frozen_on;
        }
        found.is_some()
    });
    let last = window.plans.iter().map(|plan| (plan.plan_id, plan.number)).next();
    if let Some((plan_id, number)) = last {
        window.name_as_of(conn, plan_id, number).await?;
    }
    match window.plans.is_empty() {
        true => Err(Error::Malformed(vec![
            Fault::new("?edition", Code::FieldNotFound).with("value", edition),
        ])),
        false => Ok(()),
    }
}
