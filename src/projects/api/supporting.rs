//! The JSON door of supporting owners (配合单位).

use actix_web::{HttpRequest, HttpResponse, post, web};

use super::after;
use crate::http::answer::Answer;
use crate::http::problem::Problem;
use crate::http::refusals::{AddRefusals, ChangeRefusals};
use crate::http::request::{Body, Keyed, Seen, SignedIn, State, id_of};
use crate::http::run;
use crate::projects::actions::supporting as actions;
use crate::projects::store;
use crate::views::shown::ProjectView;

/// An organisation that supports the project.
#[derive(utoipa::ToSchema)]
#[allow(
    dead_code,
    reason = "describes the body for the OpenAPI document; read field by field"
)]
pub struct SupportingBody {
    /// By id or code.
    pub organisation: String,
}

/// Why it supports the project no more.
#[derive(utoipa::ToSchema)]
#[allow(
    dead_code,
    reason = "describes the body for the OpenAPI document; read field by field"
)]
pub struct EndOwnerBody {
    #[schema(min_length = 1, max_length = 2000)]
    pub reason: String,
}

/// Adds a supporting owner; it reads the project from then on. Answers the project.
#[utoipa::path(tag = "projects", request_body = SupportingBody,
    params(("project" = String, Path, description = "Id or code."), ("Idempotency-Key" = String, Header)),
    responses((status = 201, body = ProjectView), AddRefusals))]
#[post("/projects/{project}/owners")]
pub async fn add(
    request: HttpRequest,
    who: SignedIn,
    state: web::Data<State>,
    path: web::Path<String>,
    body: Body,
) -> Result<HttpResponse, Problem> {
    let mut f = body.fields()?;
    let organisation = f.required_text("organisation", 100);
    let organisation = f.finish(organisation)?;
    let keyed = Keyed::of(&request, &body)?;
    let answer = run::keyed(&state, &who, &keyed, async |tx| {
        let id = store::project_id(tx.conn(), &path).await?;
        actions::add(tx, id, &organisation).await?;
        let view = after::project(tx, &state, &who, id).await?;
        Answer::created(view.version, format!("/api/v1/projects/{id}"), &view)
    })
    .await?;
    Ok(answer.respond())
}

/// Ends a supporting owner, with a reason. `If-Match` is the owner's version. Answers the project.
#[utoipa::path(tag = "projects", request_body = EndOwnerBody,
    params(("project" = String, Path, description = "Id or code."), ("owner" = Uuid, Path),
        ("If-Match" = String, Header), ("Idempotency-Key" = String, Header)),
    responses((status = 200, body = ProjectView), ChangeRefusals))]
#[post("/projects/{project}/owners/{owner}/end")]
pub async fn end(
    request: HttpRequest,
    who: SignedIn,
    state: web::Data<State>,
    path: web::Path<(String, String)>,
    body: Body,
) -> Result<HttpResponse, Problem> {
    let mut f = body.fields()?;
    let reason = f.required_text("reason", 2_000);
    let reason = f.finish(reason)?;
    let seen = Seen::of(&request)?;
    let keyed = Keyed::of(&request, &body)?;
    let (project, owner) = path.into_inner();
    let owner = id_of(&owner)?;
    let answer = run::keyed(&state, &who, &keyed, async |tx| {
        let id = store::project_id(tx.conn(), &project).await?;
        actions::end(tx, id, owner, seen.version(), &reason).await?;
        let view = after::project(tx, &state, &who, id).await?;
        Answer::object(view.version, &view)
    })
    .await?;
    Ok(answer.respond())
}
