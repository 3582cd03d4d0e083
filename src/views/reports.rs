//! Progress reports in sight, today or as of a past day, or as they stood when their month was frozen.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sql_types::{self, Bool, Record};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::filters::{ProjectFilter, conditions};
use super::names::{Named, Names, Wanted};
use super::parts;
use super::shown::figure;
use super::window::Window;
use crate::db::paging::{self, Page, PageRequest};
use crate::db::schema::{progress_report_versions as rv, project_versions as pv, projects};
use crate::kernel::{Code, Error, Fault, Result};
use crate::projects::parts::PartRow;
use crate::projects::parts::store as part_store;
use crate::reports::model::{FreezeRow, REPORT_VERSION, ReportRow, State};
use crate::reports::store;
use crate::rules::parts::{Figures, Part, Sums, Told, figures};
use crate::rules::periods::Period;

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

/// Money in yuan as decimal strings, cumulative to the period's end; null where it does not apply.
#[derive(Debug, Clone, Default, Serialize, utoipa::ToSchema)]
pub struct MoneyView {
    pub required: Option<String>,
    pub received: Option<String>,
    pub paid: Option<String>,
    pub done: Option<String>,
}

/// Money of one source.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct FundView {
    /// `central`, `provincial`, `city`, `county`, `bond`, `bank_loan`, `private` or `other`.
    pub source: String,
    #[serde(flatten)]
    pub money: MoneyView,
}

/// Something that looks wrong and was taken all the same.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct ReportWarning {
    /// Of the field.
    pub pointer: String,
    pub code: String,
    #[serde(skip)]
    pub fault: Fault,
}

/// A progress report, as those see it who have its project in sight.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct ReportView {
    pub id: Uuid,
    pub project: Option<Named>,
    /// The county whose part of the project it is; null: of the whole.
    pub region: Option<Named>,
    /// `2024-03`, `2024-Q1` or `2024`.
    pub period: String,
    /// `monthly`, `quarterly` or `yearly`.
    pub frequency: String,
    pub period_start: NaiveDate,
    pub period_end: NaiveDate,
    pub due_on: NaiveDate,
    /// `submitted`, `verified` or `returned`.
    pub state: String,
    /// Whether it was in time when it was first there; null for what nobody owed.
    pub on_time: Option<bool>,
    /// Per cent of the project (形象进度), a decimal string.
    pub physical_percent: String,
    #[serde(flatten)]
    pub money: MoneyView,
    pub currency: &'static str,
    pub funds: Vec<FundView>,
    pub done_text: String,
    pub problems: Option<String>,
    pub next_steps: Option<String>,
    pub note: Option<String>,
    /// 入统
    pub statistics_entered_on: Option<NaiveDate>,
    pub first_reported_on: NaiveDate,
    pub reported_on: NaiveDate,
    pub reported_at: DateTime<Utc>,
    pub reported_by_user_id: Uuid,
    pub reported_by: Option<Named>,
    pub verified_on: Option<NaiveDate>,
    pub verified_by_user_id: Option<Uuid>,
    pub verified_by: Option<Named>,
    /// Why it went back.
    pub back_reason: Option<String>,
    /// Its month is frozen: nothing of it moves.
    pub frozen: bool,
    pub warnings: Vec<ReportWarning>,
    pub version: i64,
    pub updated_at: DateTime<Utc>,
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
    match window.plans.is_empty() {
        true => Err(Error::Malformed(vec![
            Fault::new("?edition", Code::FieldNotFound).with("value", edition),
        ])),
        false => Ok(()),
    }
}

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

/// The latest figures of projects in the window, by the project. Empty `ids`: of every project of its plans.
pub(super) async fn latest(
    conn: &mut AsyncPgConnection,
    window: &Window,
    ids: &[Uuid],
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
    ids: &[Uuid],
) -> Result<Vec<ReportRow>> {
    let mut select = rv::table
        .filter(held(window))
        .filter(rv::region_id.is_null())
        .filter(rv::state.ne("returned"))
        .distinct_on(rv::project_id)
        .order((rv::project_id, rv::period_end.desc(), rv::period_start.desc()))
        .select(REPORT_VERSION)
        .into_boxed();
    if !ids.is_empty() {
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
    let parts = parts::in_window(conn, window, &[project_id]).await?;
    let parts: Vec<Part> = parts.values().flatten().map(PartRow::facts).collect();
    let told = rows.iter().map(told).collect::<Result<Vec<Told>>>()?;
    Ok(figures(&parts, &told).pop().as_ref().map(LatestReport::of))
}

/// The latest report of each part of projects in the window, by the project and the region.
pub(super) async fn latest_of_parts(
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

fn money(row: &ReportRow) -> MoneyView {
    let text = |value: &Option<bigdecimal::BigDecimal>| value.as_ref().map(figure);
    MoneyView {
        required: text(&row.required),
        received: text(&row.received),
        paid: text(&row.paid),
        done: text(&row.done),
    }
}

impl LatestReport {
    pub(super) fn of(of: &Figures) -> LatestReport {
        let text = |value: &Option<bigdecimal::BigDecimal>| value.as_ref().map(figure);
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
            money: MoneyView {
                required: text(&of.sums.required),
                received: text(&of.sums.received),
                paid: text(&of.sums.paid),
                done: text(&of.sums.done),
            },
        }
    }
}

/// What looks wrong in a report's figures and is allowed.
fn warnings(row: &ReportRow, planned: Option<&bigdecimal::BigDecimal>) -> Vec<ReportWarning> {
    let mut faults = Vec::new();
    if let (Some(paid), Some(received)) = (&row.paid, &row.received)
        && paid > received
    {
        faults.push(
            Fault::new("/paid", Code::ReportPaidOverReceived)
                .with("paid", figure(paid))
                .with("received", figure(received)),
        );
    }
    if let (Some(done), Some(planned)) = (&row.done, planned)
        && done > planned
    {
        faults.push(
            Fault::new("/done", Code::ReportDoneOverPlanned)
                .with("done", figure(done))
                .with("planned", figure(planned)),
        );
    }
    faults
        .into_iter()
        .map(|fault| ReportWarning {
            pointer: fault.pointer.clone(),
            code: fault.code.as_str().to_owned(),
            fault,
        })
        .collect()
}

type ProjectOf = (Uuid, String, String, Option<bigdecimal::BigDecimal>);

/// The projects of reports, with the names and the planned investment that they have in the window.
async fn projects_of(
    conn: &mut AsyncPgConnection,
    window: Option<&Window>,
    ids: &[Uuid],
) -> Result<BTreeMap<Uuid, ProjectOf>> {
    let mut of: Vec<ProjectOf> = Vec::new();
    match window {
        None => {
            use projects as p;
            of = p::table
                .filter(p::id.eq_any(ids))
                .select((p::id, p::code, p::title, p::investment_planned))
                .load(conn)
                .await?;
        }
        Some(window) => {
            for plan in &window.plans {
                of.extend(
                    pv::table
                        .filter(pv::id.eq_any(ids).and(pv::plan_id.eq(plan.plan_id)))
                        .filter(pv::from_number.le(plan.number).and(pv::to_number.gt(plan.number)))
                        .select((pv::id, pv::code, pv::title, pv::investment_planned))
                        .load::<ProjectOf>(conn)
                        .await?,
                );
            }
        }
    }
    Ok(of.into_iter().map(|one| (one.0, one)).collect())
}

/// Whether a month stood still at the window's moment; an edition shows its own month so, whatever became of it.
fn is_frozen(freezes: &[FreezeRow], window: Option<&Window>, plan_id: Uuid, month: NaiveDate) -> bool {
    let seen = window.and_then(|window| window.plans.iter().find(|plan| plan.plan_id == plan_id));
    freezes
        .iter()
        .filter(|one| one.plan_id == plan_id && one.month == month)
        .any(|one| match seen {
            None => one.stands(),
            Some(plan) if plan.number == one.frozen_at_number && plan.day == one.frozen_on => true,
            Some(plan) => {
                one.frozen_on <= plan.day && one.reopened_on.is_none_or(|reopened| plan.day < reopened)
            }
        })
}

/// Reports as they are shown, in the order given. Whoever calls has seen to it that their projects are in sight.
/// Without a window: as an action has just left them, before their versions are kept.
pub async fn show(
    conn: &mut AsyncPgConnection,
    window: Option<&Window>,
    rows: Vec<ReportRow>,
) -> Result<Vec<ReportView>> {
    let mut wanted = Wanted::default();
    for row in &rows {
        wanted.regions.extend(row.region_id);
        wanted.organisations.insert(row.reported_by_organisation_id);
        wanted.organisations.extend(row.verified_by_organisation_id);
    }
    let names = Names::load(conn, &wanted).await?;
    let ids: Vec<Uuid> = rows.iter().map(|row| row.project_id).collect();
    let of = projects_of(conn, window, &ids).await?;
    let parts: Vec<PartRow> = match window {
        None => part_store::of_projects(conn, &ids).await?,
        Some(_) if ids.is_empty() => Vec::new(),
        Some(window) => {
            let parts = parts::in_window(conn, window, &ids).await?;
            parts.into_values().flatten().collect()
        }
    };
    let plans: Vec<Uuid> = rows.iter().map(|row| row.plan_id).collect();
    let freezes = store::freezes(conn, &plans).await?;
    let given: Vec<(Uuid, i64)> = rows.iter().map(|row| (row.id, row.funds_version)).collect();
    let mut funds: BTreeMap<Uuid, Vec<FundView>> = BTreeMap::new();
    for row in store::funds_of(conn, &given).await? {
        let text = |value: &Option<bigdecimal::BigDecimal>| value.as_ref().map(figure);
        funds.entry(row.report_id).or_default().push(FundView {
            money: MoneyView {
                required: text(&row.required),
                received: text(&row.received),
                paid: text(&row.paid),
                done: text(&row.done),
            },
            source: row.source,
        });
    }
    for of_one in funds.values_mut() {
        of_one.sort_by_key(|fund| {
            crate::reports::model::SOURCES
                .iter()
                .position(|source| *source == fund.source)
        });
    }
    rows.into_iter()
        .map(|row| {
            let period = row.period()?;
            let project = of.get(&row.project_id);
            // A part's money is held against what is planned for the part.
            let planned = match row.region_id {
                None => project.and_then(|(.., planned)| planned.as_ref()),
                Some(region_id) => parts
                    .iter()
                    .find(|part| part.project_id == row.project_id && part.region_id == region_id)
                    .and_then(|part| part.investment_planned.as_ref()),
            };
            Ok(ReportView {
                project: project.map(|(id, code, name, _)| Named {
                    id: *id,
                    code: code.clone(),
                    name: name.clone(),
                }),
                region: names.get(row.region_id),
                period: period.label(),
                money: money(&row),
                currency: "CNY",
                funds: funds.remove(&row.id).unwrap_or_default(),
                reported_by: names.get(Some(row.reported_by_organisation_id)),
                verified_by: names.get(row.verified_by_organisation_id),
                frozen: is_frozen(&freezes, window, row.plan_id, period.last_month()),
                warnings: warnings(&row, planned),
                physical_percent: figure(&row.physical_percent),
                id: row.id,
                frequency: row.frequency,
                period_start: row.period_start,
                period_end: row.period_end,
                due_on: row.due_on,
                state: row.state,
                on_time: row.on_time,
                done_text: row.done_text,
                problems: row.problems,
                next_steps: row.next_steps,
                note: row.note,
                statistics_entered_on: row.statistics_entered_on,
                first_reported_on: row.first_reported_on,
                reported_on: row.reported_on,
                reported_at: row.reported_at,
                reported_by_user_id: row.reported_by_user_id,
                verified_on: row.verified_on,
                verified_by_user_id: row.verified_by_user_id,
                back_reason: row.back_reason,
                version: row.row_version,
                updated_at: row.updated_at,
            })
        })
        .collect()
}
