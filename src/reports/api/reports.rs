//! Reading reports: lists, one, those of a project, and what a project reports next.

use actix_web::{HttpRequest, HttpResponse, get, web};
use diesel_async::AsyncPgConnection;
use serde::Serialize;
use uuid::Uuid;

use super::body::{edition_asked, periods_asked};
use crate::http::answer::{self, ListBody, PageInfo};
use crate::http::problem::{Problem, ProblemDocument};
use crate::http::refusals::{ListRefusals, ReadRefusals};
use crate::http::request::{SignedIn, State, id_of, one_id, query, question};
use crate::kernel::{Code, Error, Fault, Result};
use crate::projects::api::filters::{ProjectFilterParams, as_of, named, open};
use crate::projects::store as projects;
use crate::reports::model::State as ReportState;
use crate::views::names::Named;
use crate::views::parts;
use crate::views::projects as project_views;
use crate::views::reporting;
use crate::views::reports::{self as views, ReportQuery, ReportView};
use crate::views::window::Window;

const STATES: [&str; 3] = ["submitted", "verified", "returned"];

/// Progress reports in sight, the latest period first.
#[utoipa::path(tag = "progress-reports", params(ProjectFilterParams,
    ("project" = Option<Vec<String>>, Query, description = "Id or code."),
    ("period" = Option<Vec<String>>, Query, description = "`2024-03`, `2024-Q1`, `2024`"),
    ("month" = Option<String>, Query, description = "`2024-03`: every period that ends in it."),
    ("edition" = Option<i64>, Query, minimum = 1, maximum = 1000, description = "With `month`: as this edition of the frozen month has it, for ever."),
    ("state" = Option<Vec<String>>, Query, description = "`submitted`, `verified`, `returned`"),
    ("on_time" = Option<bool>, Query),
    ("as_of" = Option<chrono::NaiveDate>, Query, description = "As recorded by the end of that day in the plan's zone; with today's rights."),
    ("include" = Option<String>, Query, description = "`total`"),
    ("limit" = Option<i64>, Query, minimum = 1, maximum = 200),
    ("cursor" = Option<String>, Query)),
    responses((status = 200, body = ListBody<ReportView>), ListRefusals))]
#[get("/progress-reports")]
pub async fn list(
    request: HttpRequest,
    who: SignedIn,
    state: web::Data<State>,
) -> Result<HttpResponse, Problem> {
    let mut q = query(&request);
    let mut filter = named(&mut q);
    filter.projects = q.many("project");
    let day = q.date("as_of");
    let (month, edition) = edition_asked(&mut q, day);
    let asked = ReportQuery {
        periods: periods_asked(&mut q),
        month,
        states: q.choices("state", &STATES, |text| {
            ReportState::parse(text).map(|state| state.as_str().to_owned())
        }),
        on_time: q.boolean("on_time"),
        ..ReportQuery::default()
    };
    let total = q.include(&["total"]).contains(&"total");
    let page = q.page();
    let page = q.finish(page)?;
    let sealed = question(&request);
    let found = state
        .db
        .read(async |conn| {
            let (mut window, resolved) = open(conn, &state.db.clock, &who.0, filter.clone(), day).await?;
            if let Some((month, edition)) = edition {
                views::at_edition(conn, &mut window, month, edition).await?;
            }
            let query = ReportQuery {
                filter: resolved.filter,
                total,
                ..asked.clone()
            };
            views::list(conn, &window, &query, &page, &sealed).await
        })
        .await?;
    answer::read(&request, None, &ListBody::from(found))
}

/// One progress report.
#[utoipa::path(tag = "progress-reports", params(("id" = Uuid, Path), ("as_of" = Option<chrono::NaiveDate>, Query)),
    responses((status = 200, body = ReportView),
        (status = 400, body = ProblemDocument, content_type = "application/problem+json"), ReadRefusals))]
#[get("/progress-reports/{id}")]
pub async fn read(
    request: HttpRequest,
    who: SignedIn,
    state: web::Data<State>,
    path: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    one_id(&path, &["file"])?;
    let day = as_of(&request)?;
    let id = id_of(&path)?;
    let found = state
        .db
        .read(async |conn| {
            let window = Window::open(conn, &state.db.clock, &who.0, &[], day).await?;
            views::read(conn, &window, id).await
        })
        .await?;
    answer::read(&request, Some(found.version), &found)
}

/// Every report of a project, the latest period first.
#[utoipa::path(tag = "progress-reports",
    params(("project" = String, Path, description = "Id or code."), ("as_of" = Option<chrono::NaiveDate>, Query)),
    responses((status = 200, body = ListBody<ReportView>),
        (status = 400, body = ProblemDocument, content_type = "application/problem+json"), ReadRefusals))]
#[get("/projects/{project}/progress-reports")]
pub async fn of_project(
    request: HttpRequest,
    who: SignedIn,
    state: web::Data<State>,
    path: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let day = as_of(&request)?;
    let data = state
        .db
        .read(async |conn| {
            let window = Window::open(conn, &state.db.clock, &who.0, &[], day).await?;
            let project = project_views::find(conn, &window, &path).await?;
            views::of_project(conn, &window, project.id).await
        })
        .await?;
    let total = i64::try_from(data.len()).ok();
    let whole = ListBody {
        page: PageInfo {
            next_cursor: None,
            limit: total.unwrap_or(0),
            total,
        },
        data,
        facets: None,
    };
    answer::read(&request, None, &whole)
}

/// The region of a part of the project, by its id or code.
async fn part_named(
    conn: &mut AsyncPgConnection,
    window: &Window,
    project_id: Uuid,
    name: &str,
) -> Result<Uuid> {
    let unknown = || {
        let fault = Fault::new("?region", Code::FieldNotFound).with("value", name);
        Error::Malformed(vec![fault])
    };
    let region_id = projects::region_named(conn, name).await?.ok_or_else(unknown)?;
    let parts = parts::in_window(conn, window, Some(&[project_id])).await?;
    let mut rows = parts.values().flatten();
    match rows.any(|part| part.region_id == region_id) {
        true => Ok(region_id),
        false => Err(unknown()),
    }
}

/// What a project reports next, with the values of its last report to begin from.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct NextView {
    /// The county whose part it is; null: the whole.
    pub region: Option<Named>,
    /// The earliest period that is owed, or the one that runs; null where nothing is to be reported: no reporting yet,
    /// no confirmed responsible organisation, suspended, delivered, or all there.
    pub period: Option<String>,
    pub frequency: Option<&'static str>,
    pub due_on: Option<chrono::NaiveDate>,
    /// The first day on which it is owed.
    pub owed_from: Option<chrono::NaiveDate>,
    pub owed: bool,
    /// It was there and was sent back: correct that one.
    pub returned_id: Option<Uuid>,
    pub previous: Option<ReportView>,
}

/// What a project reports next, with its last values offered. Of a divided project the part that owes first, or that of the
/// region asked for.
#[utoipa::path(tag = "progress-reports", params(("project" = String, Path, description = "Id or code."),
    ("region" = Option<String>, Query, description = "Id or code of a part's region.")),
    responses((status = 200, body = NextView),
        (status = 400, body = ProblemDocument, content_type = "application/problem+json"), ReadRefusals))]
#[get("/projects/{project}/progress-reports/next")]
pub async fn next(
    request: HttpRequest,
    who: SignedIn,
    state: web::Data<State>,
    path: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let mut q = query(&request);
    let asked = q.one("region");
    let asked = q.finish(asked)?;
    let found = state
        .db
        .read(async |conn| {
            let window = Window::open(conn, &state.db.clock, &who.0, &[], None).await?;
            let project = project_views::find(conn, &window, &path).await?;
            let region_id = match &asked {
                None => None,
                Some(name) => Some(part_named(conn, &window, project.id, name).await?),
            };
            let owing = reporting::next_of(conn, &window, project.id, region_id).await?;
            let next = owing.as_ref().map(|one| one.debt);
            let region = owing.as_ref().and_then(|one| one.part.clone());
            let which = region_id.or(region.as_ref().map(|region| region.id));
            let all = views::of_project(conn, &window, project.id).await?;
            Ok(NextView {
                region,
                period: next.map(|debt| debt.period.label()),
                frequency: next.map(|debt| debt.period.frequency.as_str()),
                due_on: next.map(|debt| debt.due_on),
                owed_from: next.map(|debt| debt.owed_from),
                owed: owing.as_ref().is_some_and(reporting::Owing::is_owed),
                returned_id: owing.and_then(|one| one.report.map(|report| report.id)),
                previous: all.into_iter().find(|one| {
                    one.region.as_ref().map(|region| region.id) == which
                        && next.is_none_or(|debt| one.period_end < debt.period.end)
                }),
            })
        })
        .await?;
    answer::read(&request, None, &found)
}
