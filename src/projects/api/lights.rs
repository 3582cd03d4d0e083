//! The JSON door of lights: a project's timeline to come, and what supervisors show instead.

use actix_web::{HttpRequest, HttpResponse, get, post, web};

use super::filters::as_of;
use crate::db::Tx;
use crate::http::answer::{self, Answer};
use crate::http::form::Fields;
use crate::http::problem::{Problem, ProblemDocument};
use crate::http::reasons;
use crate::http::refusals::{ChangeRefusals, ReadRefusals};
use crate::http::request::{Body, Keyed, Seen, SignedIn, State, id_of};
use crate::http::run;
use crate::kernel::Result;
use crate::projects::actions::light_overrides as actions;
use crate::projects::lights::model::{NewOverride, OverrideRow};
use crate::projects::store;
use crate::rules::lights::Light;
use crate::views::lights::{self as views, LightOverrideView, LightTimelineView};
use crate::views::window::Window;

/// What may be shown in place of what was worked out: done is done by verification only.
pub(crate) const INSTEAD: [&str; 4] = ["red", "yellow", "green", "grey"];

/// Another light, why, and until when.
#[derive(utoipa::ToSchema)]
#[allow(
    dead_code,
    reason = "describes the body for the OpenAPI document; read field by field"
)]
pub struct LightOverrideBody {
    /// `red`, `yellow`, `green` or `grey`.
    pub light: String,
    #[schema(min_length = 1, max_length = 2000)]
    pub reason: String,
    /// The last day on which it is shown: from today on, within a year.
    pub until_on: chrono::NaiveDate,
}

/// Why it is ended before its day.
#[derive(utoipa::ToSchema)]
#[allow(
    dead_code,
    reason = "describes the body for the OpenAPI document; read field by field"
)]
pub struct LightOverrideEnd {
    #[schema(min_length = 1, max_length = 2000)]
    pub reason: String,
}

/// The light of a project with its reasons, from which day on it will be which if nothing more happens, and what
/// supervisors showed.
#[utoipa::path(tag = "lights", params(("project" = String, Path, description = "Id or code."),
    ("as_of" = Option<chrono::NaiveDate>, Query)),
    responses((status = 200, body = LightTimelineView),
        (status = 400, body = ProblemDocument, content_type = "application/problem+json"), ReadRefusals))]
#[get("/projects/{project}/light")]
pub async fn read(
    request: HttpRequest,
    who: SignedIn,
    state: web::Data<State>,
    path: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let as_of = as_of(&request)?;
    let mut found = state
        .db
        .read(async |conn| {
            let window = Window::open(conn, &state.db.clock, &who.0, &[], as_of).await?;
            views::timeline(conn, &window, &path).await
        })
        .await?;
    reasons::timeline(&mut found);
    answer::read(&request, None, &found)
}

async fn shown(tx: &mut Tx, row: OverrideRow) -> Result<LightOverrideView> {
    let today = tx.today(row.plan_id).await?;
    views::show_override(tx.conn(), row, today).await
}

/// Reads what is shown instead: a light, a reason, a last day.
pub(crate) fn instead(mut f: Fields) -> Result<NewOverride> {
    let light = f.choice("light", &INSTEAD, |text| {
        INSTEAD.contains(&text).then(|| Light::parse(text)).flatten()
    });
    let light = f.required("light", light.map(Some)).unwrap_or(Light::Grey);
    let reason = f.required_text("reason", 2_000);
    let until_on = f.date("until_on");
    let until_on = f.required("until_on", until_on);
    f.finish(NewOverride {
        light,
        reason,
        until_on,
    })
}

/// Shows another light from today on until a day; what was worked out stays beside it. `If-Match` is the project's.
#[utoipa::path(tag = "lights", request_body = LightOverrideBody,
    params(("project" = String, Path, description = "Id or code."), ("If-Match" = String, Header), ("Idempotency-Key" = String, Header)),
    responses((status = 201, body = LightOverrideView), ChangeRefusals))]
#[post("/projects/{project}/light-overrides")]
pub async fn override_light(
    request: HttpRequest,
    who: SignedIn,
    state: web::Data<State>,
    path: web::Path<String>,
    body: Body,
) -> Result<HttpResponse, Problem> {
    let new = instead(body.fields()?)?;
    let seen = Seen::of(&request)?;
    let keyed = Keyed::of(&request, &body)?;
    let answer = run::keyed(&state, &who, &keyed, async |tx| {
        let id = store::project_id(tx.conn(), &path).await?;
        let row = actions::make(tx, id, seen.version(), &new).await?;
        let view = shown(tx, row).await?;
        Answer::created(view.version, format!("/api/v1/projects/{id}/light"), &view)
    })
    .await?;
    Ok(answer.respond())
}

/// Ends what is shown instead before its day. `If-Match` is the override's.
#[utoipa::path(tag = "lights", request_body = LightOverrideEnd,
    params(("project" = String, Path, description = "Id or code."), ("id" = Uuid, Path), ("If-Match" = String, Header), ("Idempotency-Key" = String, Header)),
    responses((status = 200, body = LightOverrideView), ChangeRefusals))]
#[post("/projects/{project}/light-overrides/{id}/end")]
pub async fn end_override(
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
    let id = id_of(&path.1)?;
    let answer = run::keyed(&state, &who, &keyed, async |tx| {
        let project_id = store::project_id(tx.conn(), &path.0).await?;
        let row = actions::end(tx, project_id, id, seen.version(), &reason).await?;
        let view = shown(tx, row).await?;
        Answer::object(view.version, &view)
    })
    .await?;
    Ok(answer.respond())
}
