//! Filing reports, correcting, verifying and returning them.

use actix_web::{HttpRequest, HttpResponse, patch, post, web};
use uuid::Uuid;

use super::body::{FiguresBody, ProgressReportBody, ReportsBody, figures, item, report};
use crate::http::answer::{Answer, ListBody, PageInfo};
use crate::http::problem::Problem;
use crate::http::refusals::{AddRefusals, ChangeRefusals};
use crate::http::request::{Body, Keyed, Seen, SignedIn, State, id_of, one_id};
use crate::http::run;
use crate::kernel::{Code, Error, Result};
use crate::projects::store as projects;
use crate::reports::actions::{file as filing, judge as judging};
use crate::reports::model::{Judgement, NewReport, ReportRow};
use crate::views::reports::{self as views, ReportView};

/// Why a report goes back.
#[derive(utoipa::ToSchema)]
#[allow(
    dead_code,
    reason = "describes the body for the OpenAPI document; read field by field"
)]
pub struct ReturnReportBody {
    #[schema(min_length = 1, max_length = 2000)]
    pub reason: String,
}

/// A word with a verification.
#[derive(utoipa::ToSchema)]
#[allow(
    dead_code,
    reason = "describes the body for the OpenAPI document; read field by field"
)]
pub struct VerifyReportBody {
    #[schema(max_length = 2000)]
    pub note: Option<String>,
}

async fn one(tx: &mut crate::db::Tx, row: ReportRow) -> Result<ReportView> {
    views::show(tx.conn(), None, vec![row])
        .await?
        .pop()
        .ok_or(Error::NotFound)
}

/// Files a project's report for a period: of the whole, or of a county's part where the project is divided.
#[utoipa::path(tag = "progress-reports", request_body = ProgressReportBody,
    params(("project" = String, Path, description = "Id or code."), ("Idempotency-Key" = String, Header)),
    responses((status = 201, body = ReportView), AddRefusals))]
#[post("/projects/{project}/progress-reports")]
pub async fn file(
    request: HttpRequest,
    who: SignedIn,
    state: web::Data<State>,
    path: web::Path<String>,
    body: Body,
) -> Result<HttpResponse, Problem> {
    let mut f = body.fields()?;
    let new = report(&mut f);
    let new = f
        .finish(new)?
        .ok_or_else(|| Error::invalid("/period", Code::FieldFormat))?;
    let keyed = Keyed::of(&request, &body)?;
    let answer = run::keyed(&state, &who, &keyed, async |tx| {
        let project_id = projects::project_id(tx.conn(), &path).await?;
        let new = NewReport {
            project_id,
            ..new.clone()
        };
        let row = filing::file(tx, &[new]).await?.pop().ok_or(Error::NotFound)?;
        let view = one(tx, row).await?;
        let location = format!("/api/v1/progress-reports/{}", view.id);
        Answer::created(view.version, location, &view)
    })
    .await?;
    Ok(answer.respond())
}

/// Files up to 500 reports at once, all or none; faults are told by their place. Also to file, without blame, what
/// lies before the plan's `reporting_from`.
#[utoipa::path(tag = "progress-reports", request_body = ReportsBody, params(("Idempotency-Key" = String, Header)),
    responses((status = 200, body = ListBody<ReportView>), AddRefusals))]
#[post("/progress-reports/file")]
pub async fn file_many(
    request: HttpRequest,
    who: SignedIn,
    state: web::Data<State>,
    body: Body,
) -> Result<HttpResponse, Problem> {
    let mut f = body.fields()?;
    let items = f.list("items", 500, item);
    let items = f.required("items", items);
    if items.is_empty() {
        f.fault("items", Code::FieldEmpty);
    }
    let items = f.finish(items)?;
    let keyed = Keyed::of(&request, &body)?;
    let answer = run::keyed(&state, &who, &keyed, async |tx| {
        let mut new = Vec::with_capacity(items.len());
        for (project, report) in &items {
            let Some(report) = report else { continue };
            // A code that is none finds nothing, as one that is out of sight.
            let project_id = match projects::project_id(tx.conn(), project).await {
                Err(Error::NotFound) => Uuid::nil(),
                found => found?,
            };
            new.push(NewReport {
                project_id,
                ..report.clone()
            });
        }
        let rows = filing::file(tx, &new).await?;
        let data = views::show(tx.conn(), None, rows).await?;
        let total = i64::try_from(data.len()).ok();
        Answer::plain(&ListBody {
            page: PageInfo {
                next_cursor: None,
                limit: total.unwrap_or(0),
                total,
            },
            data,
            facets: None,
        })
    })
    .await?;
    Ok(answer.respond())
}

/// Files a report again with other figures, until it is verified. All that it says is given anew.
#[utoipa::path(tag = "progress-reports", request_body = FiguresBody,
    params(("id" = Uuid, Path), ("If-Match" = String, Header)),
    responses((status = 200, body = ReportView), ChangeRefusals))]
#[patch("/progress-reports/{id}")]
pub async fn correct(
    request: HttpRequest,
    who: SignedIn,
    state: web::Data<State>,
    path: web::Path<String>,
    body: Body,
) -> Result<HttpResponse, Problem> {
    one_id(&path, &["file"])?;
    let seen = Seen::of(&request)?;
    let mut f = body.fields()?;
    let said = figures(&mut f);
    let said = f.finish(said)?;
    let id = id_of(&path)?;
    let answer = run::change(&state, &who, async |tx| {
        let row = filing::correct(tx, id, seen.version(), &said).await?;
        let view = one(tx, row).await?;
        Answer::object(view.version, &view)
    })
    .await?;
    Ok(answer.respond())
}

async fn judged(
    (request, who, state): (&HttpRequest, &SignedIn, &State),
    id: &str,
    body: &Body,
    judgement: &Judgement,
) -> Result<HttpResponse, Problem> {
    let seen = Seen::of(request)?;
    let keyed = Keyed::of(request, body)?;
    let id = id_of(id)?;
    let answer = run::keyed(state, who, &keyed, async |tx| {
        let row = judging::judge(tx, id, seen.version(), judgement).await?;
        let view = one(tx, row).await?;
        Answer::object(view.version, &view)
    })
    .await?;
    Ok(answer.respond())
}

/// Verifies a report: another person, of an organisation that is neither the reporter's nor below it.
#[utoipa::path(tag = "progress-reports", request_body = VerifyReportBody,
    params(("id" = Uuid, Path), ("If-Match" = String, Header), ("Idempotency-Key" = String, Header)),
    responses((status = 200, body = ReportView), ChangeRefusals))]
#[post("/progress-reports/{id}/verify")]
pub async fn verify(
    request: HttpRequest,
    who: SignedIn,
    state: web::Data<State>,
    path: web::Path<String>,
    body: Body,
) -> Result<HttpResponse, Problem> {
    let mut f = body.fields()?;
    let note = f.text("note", 2_000).filter(|note| !note.is_empty());
    let judgement = Judgement::Verify {
        note: f.finish(note)?,
    };
    judged((&request, &who, &state), &path, &body, &judgement).await
}

/// Sends a report back with a reason; it is owed again. What was verified is sent back by a planner only.
#[utoipa::path(tag = "progress-reports", request_body = ReturnReportBody,
    params(("id" = Uuid, Path), ("If-Match" = String, Header), ("Idempotency-Key" = String, Header)),
    responses((status = 200, body = ReportView), ChangeRefusals))]
#[post("/progress-reports/{id}/return")]
pub async fn send_back(
    request: HttpRequest,
    who: SignedIn,
    state: web::Data<State>,
    path: web::Path<String>,
    body: Body,
) -> Result<HttpResponse, Problem> {
    let mut f = body.fields()?;
    let reason = f.required_text("reason", 2_000);
    let judgement = Judgement::Return {
        reason: f.finish(reason)?,
    };
    judged((&request, &who, &state), &path, &body, &judgement).await
}
