//! The second pair of eyes on observations: confirming one or many, sending back.

use actix_web::{HttpRequest, HttpResponse, post, web};
use serde_json::Value;
use uuid::Uuid;

use super::commitments::whole;
use super::observations::{MOST, one};
use crate::commitments::actions::judge::{Judged, Judgement, judge, judge_many};
use crate::http::answer::{Answer, ListBody};
use crate::http::form::Fields;
use crate::http::problem::Problem;
use crate::http::refusals::ChangeRefusals;
use crate::http::request::{Body, Keyed, Seen, SignedIn, State, path_id};
use crate::http::run;
use crate::kernel::{Code, Fault, Result};
use crate::views::observations::{self as views, ObservationView};

/// An observation that is confirmed with others.
#[derive(utoipa::ToSchema)]
#[allow(
    dead_code,
    reason = "describes the body for the OpenAPI document; read field by field"
)]
pub struct ObservationsConfirmItem {
    pub id: Uuid,
    /// The version that was seen.
    pub version: i64,
}

/// Up to 500 observations that are confirmed.
#[derive(utoipa::ToSchema)]
#[allow(
    dead_code,
    reason = "describes the body for the OpenAPI document; read field by field"
)]
pub struct ObservationsConfirmBody {
    #[schema(min_items = 1, max_items = 500)]
    pub items: Vec<ObservationsConfirmItem>,
}

/// Why it is sent back.
#[derive(utoipa::ToSchema)]
#[allow(
    dead_code,
    reason = "describes the body for the OpenAPI document; read field by field"
)]
pub struct ObservationReturnBody {
    #[schema(min_length = 1, max_length = 2000)]
    pub reason: String,
}

async fn step(
    request: &HttpRequest,
    who: &SignedIn,
    state: &State,
    body: &Body,
    judgement: Judgement,
) -> Result<HttpResponse, Problem> {
    let seen = Seen::of(request)?;
    let keyed = Keyed::of(request, body)?;
    let id = path_id(request)?;
    let answer = run::keyed(state, who, &keyed, async |tx| {
        let row = judge(tx, id, seen.version(), &judgement).await?;
        let view = one(tx, who, vec![row]).await?;
        Answer::object(view.version, &view)
    })
    .await?;
    Ok(answer.respond())
}

/// Confirms an observation: from then on it counts. Another person than its filer.
#[utoipa::path(tag = "commitments",
    params(("id" = Uuid, Path), ("If-Match" = String, Header), ("Idempotency-Key" = String, Header)),
    responses((status = 200, body = ObservationView), ChangeRefusals))]
#[post("/observations/{id}/confirm")]
pub async fn confirm(
    request: HttpRequest,
    who: SignedIn,
    state: web::Data<State>,
    body: Body,
) -> Result<HttpResponse, Problem> {
    body.fields()?.finish(())?;
    step(&request, &who, &state, &body, Judgement::Confirm).await
}

/// Confirms up to 500 observations at once: all of them or none.
#[utoipa::path(tag = "commitments", request_body = ObservationsConfirmBody, params(("Idempotency-Key" = String, Header)),
    responses((status = 200, body = ListBody<ObservationView>), ChangeRefusals))]
#[post("/observations/confirm")]
pub async fn confirm_many(
    request: HttpRequest,
    who: SignedIn,
    state: web::Data<State>,
    body: Body,
) -> Result<HttpResponse, Problem> {
    let mut f = body.fields()?;
    let items = f.distinct_list("items", MOST, judged, ("/id", |one| one.id));
    if items.as_ref().is_some_and(Vec::is_empty) {
        f.fault("items", Code::FieldEmpty);
    }
    let items = f.required("items", items);
    let items = f.finish(items)?;
    let keyed = Keyed::of(&request, &body)?;
    let answer = run::keyed(&state, &who, &keyed, async |tx| {
        let rows = judge_many(tx, &items, &Judgement::Confirm).await?;
        Answer::plain(&whole(views::show(tx.conn(), (&who.0, None), rows).await?))
    })
    .await?;
    Ok(answer.respond())
}

fn judged(pointer: String, value: Value) -> Result<Judged, Vec<Fault>> {
    let mut f = Fields::under(pointer, value).map_err(|fault| vec![fault])?;
    let id = f.uuid("id");
    let judged = Judged {
        id: f.required("id", id),
        seen_version: f.integer("version", 1, i64::MAX),
    };
    f.finish_item(judged)
}

/// Sends an observation back with a reason. One that is confirmed already: the issuer's planner.
#[utoipa::path(tag = "commitments", request_body = ObservationReturnBody,
    params(("id" = Uuid, Path), ("If-Match" = String, Header), ("Idempotency-Key" = String, Header)),
    responses((status = 200, body = ObservationView), ChangeRefusals))]
#[post("/observations/{id}/return")]
pub async fn send_back(
    request: HttpRequest,
    who: SignedIn,
    state: web::Data<State>,
    body: Body,
) -> Result<HttpResponse, Problem> {
    let mut f = body.fields()?;
    let reason = f.required_text("reason", 2_000);
    let reason = f.finish(reason)?;
    step(&request, &who, &state, &body, Judgement::Return { reason }).await
}
