//! The JSON door of carry-overs (结转).

use actix_web::{HttpRequest, HttpResponse, get, patch, post, web};
use serde_json::Value;
use utoipa_actix_web::service_config::ServiceConfig;

use super::actions;
use super::model::{Item, Kind, NewCarryOver};
use crate::http::answer::{self, Answer, ListBody, PageInfo};
use crate::http::form::Fields;
use crate::http::problem::{Problem, ProblemDocument};
use crate::http::refusals::{AddRefusals, ChangeRefusals, ReadRefusals};
use crate::http::request::{Body, Keyed, Seen, SignedIn, State, path_id, query};
use crate::http::run;
use crate::kernel::{Code, Error, Fault, Result};
use crate::plans::store as plans;
use crate::views::carry_overs::{self as views, CarryOverView};
use crate::views::window::Window;

pub fn routes(config: &mut ServiceConfig) {
    config.service(list).service(carry).service(read).service(link);
}

/// The most things in one request.
const MOST: usize = 500;
const KINDS: [&str; 2] = ["project", "commitment"];

/// One thing to carry over.
#[derive(utoipa::ToSchema)]
#[allow(
    dead_code,
    reason = "describes the body for the OpenAPI document; read field by field"
)]
pub struct CarryOverItemBody {
    /// `project` or `commitment`.
    pub kind: String,
    /// Its code or id.
    pub code: String,
}

/// What is carried over, and into which plan.
#[derive(utoipa::ToSchema)]
#[allow(
    dead_code,
    reason = "describes the body for the OpenAPI document; read field by field"
)]
pub struct CarryOverBody {
    /// The other plan, by id or code.
    pub into: String,
    #[schema(min_items = 1, max_items = 500)]
    pub items: Vec<CarryOverItemBody>,
    #[schema(min_length = 1, max_length = 2000)]
    pub reason: String,
}

/// What it became.
#[derive(utoipa::ToSchema)]
#[allow(
    dead_code,
    reason = "describes the body for the OpenAPI document; read field by field"
)]
pub struct CarryOverLinkBody {
    /// The project or commitment of the other plan, by id or code.
    pub into_object: String,
}

fn whole(data: Vec<CarryOverView>) -> ListBody<CarryOverView> {
    let total = i64::try_from(data.len()).ok();
    ListBody {
        page: PageInfo {
            next_cursor: None,
            limit: total.unwrap_or(0),
            total,
        },
        data,
        facets: None,
    }
}

/// What a plan carried over into another, and what came to it from one.
#[utoipa::path(tag = "plans", params(("plan" = String, Path, description = "Id or code.")),
    responses((status = 200, body = ListBody<CarryOverView>),
        (status = 400, body = ProblemDocument, content_type = "application/problem+json"), ReadRefusals))]
#[get("/plans/{plan}/carry-overs")]
pub async fn list(
    request: HttpRequest,
    who: SignedIn,
    state: web::Data<State>,
    path: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    query(&request).finish(())?;
    let rows = state
        .db
        .read(async |conn| {
            let plan = plans::plan(conn, &path).await?;
            let window = Window::open(conn, &state.db.clock, &who.0, &[], None).await?;
            views::list(conn, &window, plan.id).await
        })
        .await?;
    answer::read(&request, None, &whole(rows))
}

fn item(pointer: String, value: Value) -> Result<Item, Vec<Fault>> {
    let mut f = Fields::under(pointer, value).map_err(|fault| vec![fault])?;
    let kind = f.choice("kind", &KINDS, Kind::parse);
    let kind = f.required("kind", kind);
    let code = f.required_text("code", 200);
    f.finish_item(Item { kind, code })
}

/// Carries what is unfinished over into another plan of the same issuer: all of it or nothing. What is closed, cancelled or
/// met is refused with its state. What it becomes there is said later.
#[utoipa::path(tag = "plans", request_body = CarryOverBody,
    params(("plan" = String, Path, description = "Id or code."), ("Idempotency-Key" = String, Header)),
    responses((status = 200, body = ListBody<CarryOverView>), AddRefusals))]
#[post("/plans/{plan}/carry-overs")]
pub async fn carry(
    request: HttpRequest,
    who: SignedIn,
    state: web::Data<State>,
    path: web::Path<String>,
    body: Body,
) -> Result<HttpResponse, Problem> {
    let mut f = body.fields()?;
    let into = f.required_text("into", 100);
    let items = f.list("items", MOST, item);
    if items.as_ref().is_some_and(Vec::is_empty) {
        f.fault("items", Code::FieldEmpty);
    }
    let items = f.required("items", items);
    let reason = f.required_text("reason", 2_000);
    let new = f.finish(NewCarryOver {
        plan: path.into_inner(),
        into,
        items,
        reason,
    })?;
    let keyed = Keyed::of(&request, &body)?;
    let answer = run::keyed(&state, &who, &keyed, async |tx| {
        let rows = actions::carry(tx, &new).await?;
        Answer::plain(&whole(views::show(tx.conn(), None, rows).await?))
    })
    .await?;
    Ok(answer.respond())
}

/// One carry-over in sight.
#[utoipa::path(tag = "plans", params(("id" = Uuid, Path)),
    responses((status = 200, body = CarryOverView),
        (status = 400, body = ProblemDocument, content_type = "application/problem+json"), ReadRefusals))]
#[get("/carry-overs/{id}")]
pub async fn read(
    request: HttpRequest,
    who: SignedIn,
    state: web::Data<State>,
) -> Result<HttpResponse, Problem> {
    query(&request).finish(())?;
    let id = path_id(&request)?;
    let found = state
        .db
        .read(async |conn| {
            let window = Window::open(conn, &state.db.clock, &who.0, &[], None).await?;
            views::read(conn, &window, id).await
        })
        .await?;
    answer::read(&request, Some(found.version), &found)
}

/// Says what a thing became in the other plan, once it is there.
#[utoipa::path(tag = "plans", request_body = CarryOverLinkBody,
    params(("id" = Uuid, Path), ("If-Match" = String, Header)),
    responses((status = 200, body = CarryOverView), ChangeRefusals))]
#[patch("/carry-overs/{id}")]
pub async fn link(
    request: HttpRequest,
    who: SignedIn,
    state: web::Data<State>,
    body: Body,
) -> Result<HttpResponse, Problem> {
    let seen = Seen::of(&request)?;
    let mut f = body.fields()?;
    let object = f.required_text("into_object", 200);
    let object = f.finish(object)?;
    let id = path_id(&request)?;
    let answer = run::change(&state, &who, async |tx| {
        let window = Window::open(tx.conn(), &state.db.clock, &who.0, &[], None).await?;
        views::read(tx.conn(), &window, id).await?;
        let row = actions::link(tx, id, seen.version(), &object).await?;
        let view = views::show(tx.conn(), None, vec![row])
            .await?
            .pop()
            .ok_or(Error::NotFound)?;
        Answer::object(view.version, &view)
    })
    .await?;
    Ok(answer.respond())
}
