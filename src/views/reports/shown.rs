//! A report as it is shown, with what of its project and its month belongs beside it.

use std::collections::BTreeMap;

use bigdecimal::BigDecimal;
use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde::Serialize;
use uuid::Uuid;

use crate::db::schema::{project_versions as pv, projects};
use crate::kernel::{Code, Fault, Result};
use crate::projects::parts::PartRow;
use crate::projects::parts::store as part_store;
use crate::reports::model::{FreezeRow, ReportRow};
use crate::reports::store;
use crate::views::names::{Named, Names, Wanted};
use crate::views::parts;
use crate::views::shown::figure;
use crate::views::window::Window;

/// Money in yuan as decimal strings, cumulative to the period's end; null where it does not apply.
#[derive(Debug, Clone, Default, Serialize, utoipa::ToSchema)]
pub struct MoneyView {
    pub required: Option<String>,
    pub received: Option<String>,
    pub paid: Option<String>,
    pub done: Option<String>,
}

impl MoneyView {
    /// Of required, received, paid and done.
    pub(in crate::views) fn of(sums: [&Option<BigDecimal>; 4]) -> MoneyView {
        let [required, received, paid, done] = sums.map(|sum| sum.as_ref().map(figure));
        MoneyView {
            required,
            received,
            paid,
            done,
        }
    }
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

/// What looks wrong in a report's figures and is allowed.
fn warnings(row: &ReportRow, planned: Option<&BigDecimal>) -> Vec<ReportWarning> {
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

type ProjectOf = (Uuid, String, String, Option<BigDecimal>);

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
    let mut wanted = Wanted::seen_in(window);
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
        Some(window) => {
            let parts = parts::in_window(conn, window, Some(&ids)).await?;
            parts.into_values().flatten().collect()
        }
    };
    let plans: Vec<Uuid> = rows.iter().map(|row| row.plan_id).collect();
    let freezes = store::freezes(conn, &plans).await?;
    let given: Vec<(Uuid, i64)> = rows.iter().map(|row| (row.id, row.funds_version)).collect();
    let mut funds: BTreeMap<Uuid, Vec<FundView>> = BTreeMap::new();
    for row in store::funds_of(conn, &given).await? {
        funds.entry(row.report_id).or_default().push(FundView {
            money: MoneyView::of([&row.required, &row.received, &row.paid, &row.done]),
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
                money: MoneyView::of([&row.required, &row.received, &row.paid, &row.done]),
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
