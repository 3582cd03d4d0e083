//! The JSON door to suspend a project and to let it go on.

use actix_web::{HttpRequest, HttpResponse, post, web};

use super::after;
use crate::db::Tx;
use crate::http::answer::Answer;
use crate::http::problem::Problem;
use crate::http::refusals::ChangeRefusals;
use crate::http::request::{Body, Keyed, Seen, SignedIn, State};
use crate::http::run;
use crate::kernel::Result;
use crate::projects::actions::standing as actions;
use crate::projects::model::ProjectRow;
use crate::projects::store;
use crate::views::shown::ProjectView;

/// Why a project stands still, and when somebody looks at it again.
#[derive(utoipa::ToSchema)]
#[allow(
    dead_code,
    reason = "describes the body for the OpenAPI document; read field by field"
)]
pub struct SuspendBody {
    #[schema(min_length = 1, max_length = 2000)]
    pub reason: String,
    /// After today, within a year.
    pub review_on: chrono::NaiveDate,
}

/// Why a project goes on.
#[derive(utoipa::ToSchema)]
#[allow(
    dead_code,
    reason = "describes the body for the OpenAPI document; read field by field"
)]
pub struct ResumeBody {
    #[schema(min_length = 1, max_length = 2000)]
    pub reason: String,
}

/// Runs a change of one project under its key and answers with the project.
async fn of_project(
    request: &HttpRequest,
    who: &SignedIn,
    state: &State,
    body: &Body,
    work: impl AsyncFn(&mut Tx, uuid::Uuid, Option<i64>) -> Result<ProjectRow>,
) -> Result<HttpResponse, Problem> {
    let seen = Seen::of(request)?;
    let keyed = Keyed::of(request, body)?;
    let reference = request.match_info().get("project").unwrap_or_default().to_owned();
    let answer = run::keyed(state, who, &keyed, async |tx| {
        let id = store::project_id(tx.conn(), &reference).await?;
        let row = work(tx, id, seen.version()).await?;
        let view = after::project(tx, state, who, row.id).await?;
        Answer::object(view.version, &view)
    })
    .await?;
    Ok(answer.respond())
}

/// Suspends a project: with a reason, and the day on which somebody looks at it again. What is overdue stays overdue.
#[utoipa::path(tag = "projects", request_body = SuspendBody,
    params(("project" = String, Path, description = "Id or code."), ("If-Match" = String, Header), ("Idempotency-Key" = String, Header)),
    responses((status = 200, body = ProjectView), ChangeRefusals))]
#[post("/projects/{project}/suspend")]
pub async fn suspend(
    request: HttpRequest,
    who: SignedIn,
    state: web::Data<State>,
    body: Body,
) -> Result<HttpResponse, Problem> {
    let mut f = body.fields()?;
    let reason = f.filled_text("reason", 2_000);
    let review_on = f.date("review_on");
    let said = (f.required("reason", reason), f.required("review_on", review_on));
    let (reason, review_on) = f.finish(said)?;
    of_project(&request, &who, &state, &body, async |tx, id, seen| {
        actions::suspend(tx, id, seen, &reason, review_on).await
    })
    .await
}

/// Lets a suspended project go on.
#[utoipa::path(tag = "projects", request_body = ResumeBody,
    params(("project" = String, Path, description = "Id or code."), ("If-Match" = String, Header), ("Idempotency-Key" = String, Header)),
    responses((status = 200, body = ProjectView), ChangeRefusals))]
#[post("/projects/{project}/resume")]
pub async fn resume(
    request: HttpRequest,
    who: SignedIn,
    state: web::Data<State>,
    body: Body,
) -> Result<HttpResponse, Problem> {
    let mut f = body.fields()?;
    let reason = f.required_text("reason", 2_000);
    let reason = f.finish(reason)?;
    of_project(&request, &who, &state, &body, async |tx, id, seen| {
        actions::resume(tx, id, seen, &reason).await
    })
    .await
}
