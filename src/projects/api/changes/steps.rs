//! What happens to a change request: it is taken back, or decided.

use actix_web::{HttpRequest, HttpResponse, post, web};

use crate::http::answer::Answer;
use crate::http::problem::Problem;
use crate::http::refusals::ChangeRefusals;
use crate::http::request::{Body, Keyed, Seen, SignedIn, State, path_id};
use crate::http::run;
use crate::kernel::Error;
use crate::projects::actions::changes as actions;
use crate::projects::changes::model::Decision;
use crate::views::changes::ChangeRequestView;
use crate::views::changes::shown as views;

/// A word with an approval.
#[derive(utoipa::ToSchema)]
#[allow(
    dead_code,
    reason = "describes the body for the OpenAPI document; read field by field"
)]
pub struct ApproveBody {
    #[schema(max_length = 2000)]
    pub note: Option<String>,
}

/// Why a request is rejected.
#[derive(utoipa::ToSchema)]
#[allow(
    dead_code,
    reason = "describes the body for the OpenAPI document; read field by field"
)]
pub struct RejectBody {
    #[schema(min_length = 1, max_length = 2000)]
    pub note: String,
}

/// What happens to a request.
enum Step {
    Withdraw,
    Decide(Decision),
}

async fn step(
    request: &HttpRequest,
    who: &SignedIn,
    state: &State,
    body: &Body,
    step: Step,
) -> Result<HttpResponse, Problem> {
    let seen = Seen::of(request)?;
    let keyed = Keyed::of(request, body)?;
    let id = path_id(request)?;
    let answer = run::keyed(state, who, &keyed, async |tx| {
        let row = match &step {
            Step::Withdraw => actions::withdraw(tx, id, seen.version()).await?,
            Step::Decide(decision) => actions::decide(tx, id, seen.version(), decision).await?,
        };
        let view = views::show(tx.conn(), None, vec![row])
            .await?
            .pop()
            .ok_or(Error::NotFound)?;
        Answer::object(view.version, &view)
    })
    .await?;
    Ok(answer.respond())
}

/// Takes one's own request back.
#[utoipa::path(tag = "change-requests",
    params(("id" = Uuid, Path), ("If-Match" = String, Header), ("Idempotency-Key" = String, Header)),
    responses((status = 200, body = ChangeRequestView), ChangeRefusals))]
#[post("/change-requests/{id}/withdraw")]
pub async fn withdraw(
    request: HttpRequest,
    who: SignedIn,
    state: web::Data<State>,
    body: Body,
) -> Result<HttpResponse, Problem> {
    body.fields()?.finish(())?;
    step(&request, &who, &state, &body, Step::Withdraw).await
}

/// Approves a request; the change is made at once.
#[utoipa::path(tag = "change-requests", request_body = ApproveBody,
    params(("id" = Uuid, Path), ("If-Match" = String, Header), ("Idempotency-Key" = String, Header)),
    responses((status = 200, body = ChangeRequestView), ChangeRefusals))]
#[post("/change-requests/{id}/approve")]
pub async fn approve(
    request: HttpRequest,
    who: SignedIn,
    state: web::Data<State>,
    body: Body,
) -> Result<HttpResponse, Problem> {
    let mut f = body.fields()?;
    let note = f.text("note", 2_000).filter(|note| !note.is_empty());
    let note = f.finish(note)?;
    step(
        &request,
        &who,
        &state,
        &body,
        Step::Decide(Decision::Approve { note }),
    )
    .await
}

/// Rejects a request, with a reason.
#[utoipa::path(tag = "change-requests", request_body = RejectBody,
    params(("id" = Uuid, Path), ("If-Match" = String, Header), ("Idempotency-Key" = String, Header)),
    responses((status = 200, body = ChangeRequestView), ChangeRefusals))]
#[post("/change-requests/{id}/reject")]
pub async fn reject(
    request: HttpRequest,
    who: SignedIn,
    state: web::Data<State>,
    body: Body,
) -> Result<HttpResponse, Problem> {
    let mut f = body.fields()?;
    let note = f.required_text("note", 2_000);
    let note = f.finish(note)?;
    step(
        &request,
        &who,
        &state,
        &body,
        Step::Decide(Decision::Reject { note }),
    )
    .await
}
