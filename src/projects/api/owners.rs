//! The JSON door of proposed owners: 认领 and 异议.

use actix_web::{HttpRequest, HttpResponse, post, web};
use uuid::Uuid;

use super::after;
use crate::http::answer::Answer;
use crate::http::problem::Problem;
use crate::http::refusals::ChangeRefusals;
use crate::http::request::{Body, Keyed, Seen, SignedIn, State};
use crate::http::run;
use crate::kernel::{Error, Result};
use crate::projects::actions::claims::{self, Ask};
use crate::projects::model::Claim;
use crate::projects::store;
use crate::views::shown::ProjectView;

/// A word with a claim.
#[derive(utoipa::ToSchema)]
#[allow(
    dead_code,
    reason = "describes the body for the OpenAPI document; read field by field"
)]
pub struct ClaimBody {
    #[schema(max_length = 2000)]
    pub reason: Option<String>,
}

/// Why it is not the owner, and who is, where that is known.
#[derive(utoipa::ToSchema)]
#[allow(
    dead_code,
    reason = "describes the body for the OpenAPI document; read field by field"
)]
pub struct DisputeBody {
    #[schema(min_length = 1, max_length = 2000)]
    pub reason: String,
    /// By id or code.
    pub organisation: Option<String>,
}

async fn say(
    request: &HttpRequest,
    who: &SignedIn,
    state: &State,
    body: &Body,
    claim: Claim,
    suggested: Option<String>,
) -> Result<HttpResponse, Problem> {
    let part = |name: &str| request.match_info().get(name).unwrap_or_default().to_owned();
    let (project, role) = (part("project"), part("role"));
    if !["lead", "responsible"].contains(&role.as_str()) {
        return Err(Problem(Error::NotFound));
    }
    let seen = Seen::of(request)?;
    let keyed = Keyed::of(request, body)?;
    let answer = run::keyed(state, who, &keyed, async |tx| {
        let id = store::project_id(tx.conn(), &project).await?;
        let mut claim = claim.clone();
        if let Some(name) = &suggested {
            let known = store::organisations_named(tx.conn(), std::slice::from_ref(name)).await?;
            // Whether it exists is said after it is known that the asker may speak.
            claim.organisation_id = Some(known.get(name).copied().unwrap_or(Uuid::nil()));
        }
        claims::say(tx, id, &role, seen.version(), &claim).await?;
        let view = after::project(tx, state, who, id).await?;
        Answer::object(view.version, &view)
    })
    .await?;
    Ok(answer.respond())
}

/// The proposed owner says that it is: a planner confirms. `If-Match` is the owner's version; `role` is `lead` or
/// `responsible`. Answers the project.
#[utoipa::path(tag = "projects", request_body = ClaimBody,
    params(("project" = String, Path, description = "Id or code."), ("role" = String, Path, description = "`lead` or `responsible`"),
        ("If-Match" = String, Header), ("Idempotency-Key" = String, Header)),
    responses((status = 200, body = ProjectView), ChangeRefusals))]
#[post("/projects/{project}/owners/{role}/claim")]
pub async fn claim_owner(
    request: HttpRequest,
    who: SignedIn,
    state: web::Data<State>,
    body: Body,
) -> Result<HttpResponse, Problem> {
    let mut f = body.fields()?;
    let reason = f.text("reason", 2_000).filter(|reason| !reason.is_empty());
    let claim = f.finish(Claim {
        disputes: false,
        reason,
        organisation_id: None,
    })?;
    say(&request, &who, &state, &body, claim, None).await
}

/// The proposed owner says that it is not, why, and who is. `If-Match` is the owner's version; `role` is `lead` or
/// `responsible`. Answers the project.
#[utoipa::path(tag = "projects", request_body = DisputeBody,
    params(("project" = String, Path, description = "Id or code."), ("role" = String, Path, description = "`lead` or `responsible`"),
        ("If-Match" = String, Header), ("Idempotency-Key" = String, Header)),
    responses((status = 200, body = ProjectView), ChangeRefusals))]
#[post("/projects/{project}/owners/{role}/dispute")]
pub async fn dispute_owner(
    request: HttpRequest,
    who: SignedIn,
    state: web::Data<State>,
    body: Body,
) -> Result<HttpResponse, Problem> {
    let mut f = body.fields()?;
    let reason = f.filled_text("reason", 2_000);
    let reason = Some(f.required("reason", reason));
    let suggested = f.filled_text("organisation", 100);
    let claim = f.finish(Claim {
        disputes: true,
        reason,
        organisation_id: None,
    })?;
    say(&request, &who, &state, &body, claim, suggested).await
}

/// A planner sends a proposal to the organisation that it names, to be claimed or disputed. `If-Match` is the owner's
/// version; `role` is `lead` or `responsible`. Answers the project.
#[utoipa::path(tag = "projects",
    params(("project" = String, Path, description = "Id or code."), ("role" = String, Path, description = "`lead` or `responsible`"),
        ("If-Match" = String, Header), ("Idempotency-Key" = String, Header)),
    responses((status = 200, body = ProjectView), ChangeRefusals))]
#[post("/projects/{project}/owners/{role}/ask")]
pub async fn ask_owner(
    request: HttpRequest,
    who: SignedIn,
    state: web::Data<State>,
    path: web::Path<(String, String)>,
    body: Body,
) -> Result<HttpResponse, Problem> {
    let (project, role) = path.into_inner();
    if !["lead", "responsible"].contains(&role.as_str()) {
        return Err(Problem(Error::NotFound));
    }
    body.fields()?.finish(())?;
    let seen = Seen::of(&request)?;
    let keyed = Keyed::of(&request, &body)?;
    let answer = run::keyed(&state, &who, &keyed, async |tx| {
        let project_id = store::project_id(tx.conn(), &project).await?;
        let asked = Ask {
            project_id,
            role: role.clone(),
            seen_version: seen.version(),
        };
        claims::ask(tx, &[asked]).await?;
        let view = after::project(tx, &state, &who, project_id).await?;
        Answer::object(view.version, &view)
    })
    .await?;
    Ok(answer.respond())
}
