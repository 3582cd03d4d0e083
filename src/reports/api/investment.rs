//! A project's planned investment by year and source.

use actix_web::{HttpRequest, HttpResponse, get, put, web};
use bigdecimal::BigDecimal;
use diesel_async::AsyncPgConnection;
use serde::Serialize;
use std::collections::BTreeMap;
use uuid::Uuid;

use super::body::{InvestmentBody, investment};
use crate::http::answer::{self, Answer};
use crate::http::problem::{Problem, ProblemDocument};
use crate::http::refusals::{ChangeRefusals, ReadRefusals};
use crate::http::request::{Body, Seen, SignedIn, State, query};
use crate::http::run;
use crate::kernel::Result;
use crate::projects::model::ProjectRow;
use crate::projects::store as projects;
use crate::reports::actions::investment as actions;
use crate::reports::store;
use crate::views::projects as views;
use crate::views::window::Window;

/// An amount planned for a year from a source.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct PlannedView {
    pub year: i32,
    pub source: String,
    /// In yuan, a decimal string.
    pub amount: String,
}

/// What is planned for a year, from all sources.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct YearView {
    pub year: i32,
    pub amount: String,
}

/// A project's investment plan, beside the sum that the project itself carries.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct InvestmentView {
    pub project_id: Uuid,
    pub items: Vec<PlannedView>,
    pub years: Vec<YearView>,
    /// The sum of all years and sources.
    pub total: String,
    /// `investment_planned` of the project; null where it is not known.
    pub investment_planned: Option<String>,
    pub currency: &'static str,
    /// Of the project: what `If-Match` names to change this.
    pub version: i64,
}

fn text(value: &BigDecimal) -> String {
    value.normalized().to_plain_string()
}

async fn shown(conn: &mut AsyncPgConnection, project: &ProjectRow) -> Result<InvestmentView> {
    let rows = store::investment(conn, project.id).await?;
    let mut years: BTreeMap<i32, BigDecimal> = BTreeMap::new();
    for row in &rows {
        *years.entry(row.year).or_default() += &row.amount;
    }
    Ok(InvestmentView {
        project_id: project.id,
        total: text(&years.values().sum()),
        years: years
            .iter()
            .map(|(year, amount)| YearView {
                year: *year,
                amount: text(amount),
            })
            .collect(),
        items: rows
            .into_iter()
            .map(|row| PlannedView {
                year: row.year,
                amount: text(&row.amount),
                source: row.source,
            })
            .collect(),
        investment_planned: project.investment_planned.as_ref().map(text),
        currency: "CNY",
        version: project.row_version,
    })
}

/// A project's investment plan by year and source.
#[utoipa::path(tag = "projects", params(("project" = String, Path, description = "Id or code.")),
    responses((status = 200, body = InvestmentView),
        (status = 400, body = ProblemDocument, content_type = "application/problem+json"), ReadRefusals))]
#[get("/projects/{project}/investment-plan")]
pub async fn read(
    request: HttpRequest,
    who: SignedIn,
    state: web::Data<State>,
    path: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    query(&request).finish(())?;
    let found = state
        .db
        .read(async |conn| {
            let window = Window::open(conn, &state.db.clock, &who.0, &[], None).await?;
            let project = views::find(conn, &window, &path).await?;
            shown(conn, &project).await
        })
        .await?;
    answer::read(&request, Some(found.version), &found)
}

/// Puts a plan in the place of the project's whole investment plan. `If-Match` is the project's.
#[utoipa::path(tag = "projects", request_body = InvestmentBody,
    params(("project" = String, Path, description = "Id or code."), ("If-Match" = String, Header)),
    responses((status = 200, body = InvestmentView), ChangeRefusals))]
#[put("/projects/{project}/investment-plan")]
pub async fn replace(
    request: HttpRequest,
    who: SignedIn,
    state: web::Data<State>,
    path: web::Path<String>,
    body: Body,
) -> Result<HttpResponse, Problem> {
    let seen = Seen::of(&request)?;
    let mut f = body.fields()?;
    let planned = investment(&mut f);
    let planned = f.finish(planned)?;
    let answer = run::change(&state, &who, async |tx| {
        let id = projects::project_id(tx.conn(), &path).await?;
        let row = actions::replace(tx, id, seen.version(), &planned).await?;
        let view = shown(tx.conn(), &row).await?;
        Answer::object(view.version, &view)
    })
    .await?;
    Ok(answer.respond())
}
