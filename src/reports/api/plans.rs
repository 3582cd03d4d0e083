//! When a plan's projects report, and which of its months are frozen.

use actix_web::{HttpRequest, HttpResponse, get, patch, post, web};
use chrono::{DateTime, NaiveDate, Utc};
use diesel_async::AsyncPgConnection;
use serde::Serialize;
use uuid::Uuid;

use super::body::{CalendarPatch, MonthBody, ReopenBody, calendar, month};
use crate::http::answer::{self, Answer};
use crate::http::problem::{Problem, ProblemDocument};
use crate::http::refusals::{AddRefusals, ChangeRefusals, ReadRefusals};
use crate::http::request::{Body, Keyed, Seen, SignedIn, State, query};
use crate::http::run;
use crate::kernel::{Code, Error, Result};
use crate::plans::store as plans;
use crate::plans::store::reporting;
use crate::reports::actions::{calendar as actions, freeze as freezing};
use crate::reports::model::FreezeRow;
use crate::reports::store;

/// How often projects of a stage report, and by when.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct TermsView {
    /// `preparation`, `under_way` or `continuing`.
    pub stage: &'static str,
    /// `monthly`, `quarterly` or `yearly`.
    pub frequency: &'static str,
    pub due_day: u32,
    /// 0: of the period's last month; 1 to 3: so many months after it.
    pub due_month_offset: u32,
    pub grace_days: u32,
}

/// A frozen month, or an edition of one that was reopened.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct FreezeView {
    /// `2024-03`
    pub month: String,
    pub edition: i32,
    /// It stands: nothing of the month moves.
    pub frozen: bool,
    /// The plan's last event before it: what the month speaks of.
    pub frozen_at_number: i64,
    pub frozen_on: NaiveDate,
    pub frozen_at: DateTime<Utc>,
    pub frozen_by_user_id: Uuid,
    pub reopened_on: Option<NaiveDate>,
    pub reopened_by_user_id: Option<Uuid>,
    pub reopen_reason: Option<String>,
}

impl From<FreezeRow> for FreezeView {
    fn from(row: FreezeRow) -> FreezeView {
        FreezeView {
            month: row.month.format("%Y-%m").to_string(),
            frozen: row.stands(),
            edition: row.edition,
            frozen_at_number: row.frozen_at_number,
            frozen_on: row.frozen_on,
            frozen_at: row.frozen_at,
            frozen_by_user_id: row.frozen_by_user_id,
            reopened_on: row.reopened_on,
            reopened_by_user_id: row.reopened_by_user_id,
            reopen_reason: row.reopen_reason,
        }
    }
}

/// When a plan's projects report.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ReportingView {
    pub plan_id: Uuid,
    /// null: nobody owes a report yet.
    pub reporting_from: Option<NaiveDate>,
    pub calendar: Vec<TermsView>,
    /// Every edition of every month that was frozen, the latest first.
    pub freezes: Vec<FreezeView>,
    /// Of the plan: what `If-Match` names to change this.
    pub version: i64,
}

async fn shown(conn: &mut AsyncPgConnection, plan_id: Uuid) -> Result<ReportingView> {
    let plan = plans::plan(conn, &plan_id.to_string()).await?;
    let held = reporting::calendars(conn, &[plan_id])
        .await?
        .remove(&plan_id)
        .ok_or(Error::NotFound)?;
    let freezes = store::freezes(conn, &[plan_id]).await?;
    Ok(ReportingView {
        plan_id,
        reporting_from: held.reporting_from,
        calendar: held
            .terms
            .iter()
            .map(|terms| TermsView {
                stage: terms.stage.as_str(),
                frequency: terms.frequency.as_str(),
                due_day: terms.due_day,
                due_month_offset: terms.due_month_offset,
                grace_days: terms.grace_days,
            })
            .collect(),
        freezes: freezes.into_iter().map(FreezeView::from).collect(),
        version: plan.row_version,
    })
}

/// When a plan's projects report, and its frozen months.
#[utoipa::path(tag = "reporting", params(("plan" = String, Path, description = "Id or code.")),
    responses((status = 200, body = ReportingView),
        (status = 400, body = ProblemDocument, content_type = "application/problem+json"), ReadRefusals))]
#[get("/plans/{plan}/reporting")]
pub async fn read(
    request: HttpRequest,
    _who: SignedIn,
    state: web::Data<State>,
    path: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    query(&request).finish(())?;
    let found = state
        .db
        .read(async |conn| {
            let plan = plans::plan(conn, &path).await?;
            shown(conn, plan.id).await
        })
        .await?;
    answer::read(&request, Some(found.version), &found)
}

/// Changes when a plan's projects report. Its planner begins reporting with `reporting_from`.
#[utoipa::path(tag = "reporting", request_body = CalendarPatch,
    params(("plan" = String, Path, description = "Id or code."), ("If-Match" = String, Header)),
    responses((status = 200, body = ReportingView), ChangeRefusals))]
#[patch("/plans/{plan}/reporting")]
pub async fn edit(
    request: HttpRequest,
    who: SignedIn,
    state: web::Data<State>,
    path: web::Path<String>,
    body: Body,
) -> Result<HttpResponse, Problem> {
    let seen = Seen::of(&request)?;
    let mut f = body.fields()?;
    let edit = calendar(&mut f);
    let edit = f.finish(edit)?;
    let answer = run::change(&state, &who, async |tx| {
        let plan = plans::plan(tx.conn(), &path).await?;
        actions::edit(tx, plan.id, seen.version(), &edit).await?;
        let view = shown(tx.conn(), plan.id).await?;
        Answer::object(view.version, &view)
    })
    .await?;
    Ok(answer.respond())
}

/// Freezes a month: the reports of every period that ends in it stand still. Freezing again after a reopening makes
/// the next edition.
#[utoipa::path(tag = "reporting", request_body = MonthBody,
    params(("plan" = String, Path, description = "Id or code."), ("Idempotency-Key" = String, Header)),
    responses((status = 200, body = FreezeView), AddRefusals))]
#[post("/plans/{plan}/reporting/freeze")]
pub async fn freeze(
    request: HttpRequest,
    who: SignedIn,
    state: web::Data<State>,
    path: web::Path<String>,
    body: Body,
) -> Result<HttpResponse, Problem> {
    let mut f = body.fields()?;
    let asked = month(&mut f);
    let asked = f
        .finish(asked)?
        .ok_or_else(|| Error::invalid("/month", Code::FieldFormat))?;
    let keyed = Keyed::of(&request, &body)?;
    let answer = run::keyed(&state, &who, &keyed, async |tx| {
        let plan = plans::plan(tx.conn(), &path).await?;
        let row = freezing::freeze(tx, plan.id, asked).await?;
        Answer::plain(&FreezeView::from(row))
    })
    .await?;
    Ok(answer.respond())
}

/// Lets a frozen month's reports move again, with a reason.
#[utoipa::path(tag = "reporting", request_body = ReopenBody,
    params(("plan" = String, Path, description = "Id or code."), ("Idempotency-Key" = String, Header)),
    responses((status = 200, body = FreezeView), AddRefusals))]
#[post("/plans/{plan}/reporting/reopen")]
pub async fn reopen(
    request: HttpRequest,
    who: SignedIn,
    state: web::Data<State>,
    path: web::Path<String>,
    body: Body,
) -> Result<HttpResponse, Problem> {
    let mut f = body.fields()?;
    let asked = month(&mut f);
    let reason = f.required_text("reason", 2_000);
    let (asked, reason) = f.finish((asked, reason))?;
    let asked = asked.ok_or_else(|| Error::invalid("/month", Code::FieldFormat))?;
    let keyed = Keyed::of(&request, &body)?;
    let answer = run::keyed(&state, &who, &keyed, async |tx| {
        let plan = plans::plan(tx.conn(), &path).await?;
        let row = freezing::reopen(tx, plan.id, asked, &reason).await?;
        Answer::plain(&FreezeView::from(row))
    })
    .await?;
    Ok(answer.respond())
}
