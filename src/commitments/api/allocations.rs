//! The allocation of a commitment (任务分解).

use actix_web::{HttpRequest, HttpResponse, get, put, web};
use bigdecimal::Signed;
use serde_json::Value;
use uuid::Uuid;

use super::observations::{Named, figure_of, part_of, resolved};
use crate::commitments::actions::allocate::allocate;
use crate::commitments::model::{Figure, NewAllocation};
use crate::commitments::store;
use crate::http::answer::{self, Answer};
use crate::http::form::Fields;
use crate::http::problem::{Problem, ProblemDocument};
use crate::http::refusals::{ChangeRefusals, ReadRefusals};
use crate::http::request::{Body, Seen, SignedIn, State};
use crate::http::run;
use crate::kernel::{Code, Error, Fault, Result};
use crate::views::observations::{self as views, AllocationsView};
use crate::views::window::Window;

/// So many parts make an allocation at most.
const MOST: usize = 200;

/// A part, as it is sent. One of `region` and `organisation`.
#[derive(utoipa::ToSchema)]
#[allow(
    dead_code,
    reason = "describes the body for the OpenAPI document; read field by field"
)]
pub struct AllocationBody {
    /// By id or code.
    pub region: Option<String>,
    /// By id or code.
    pub organisation: Option<String>,
    /// A decimal string.
    pub value: String,
    /// The commitment's `unit` or `base_unit`; left out: `unit`.
    pub unit: Option<String>,
    /// Left out: the commitment's.
    pub due_on: Option<chrono::NaiveDate>,
}

/// The whole allocation: parts that are not named fall away.
#[derive(utoipa::ToSchema)]
#[allow(
    dead_code,
    reason = "describes the body for the OpenAPI document; read field by field"
)]
pub struct AllocationsBody {
    #[schema(max_items = 200)]
    pub items: Vec<AllocationBody>,
}

/// How a commitment is divided, what of each part was found, and how much the parts differ from the promise.
#[utoipa::path(tag = "commitments", params(("commitment" = String, Path, description = "Id or code."),
    ("as_of" = Option<chrono::NaiveDate>, Query)),
    responses((status = 200, body = AllocationsView),
        (status = 400, body = ProblemDocument, content_type = "application/problem+json"), ReadRefusals))]
#[get("/commitments/{commitment}/allocations")]
pub async fn read(
    request: HttpRequest,
    who: SignedIn,
    state: web::Data<State>,
    path: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let as_of = crate::projects::api::filters::as_of(&request)?;
    let found = state
        .db
        .read(async |conn| {
            let printed = Window::printed(conn, &state.db.clock, &[], as_of).await?;
            let working = Window::open(conn, &state.db.clock, &who.0, &[], as_of).await?;
            let known = crate::views::commitments::read(conn, (&printed, &working), &path).await?;
            views::allocations(conn, &printed, &known.view.printed).await
        })
        .await?;
    answer::read(&request, Some(found.version), &found)
}

/// A part as it was sent.
type Sent = (Named, Figure, Option<chrono::NaiveDate>);

fn item(pointer: String, value: Value) -> Result<Sent, Vec<Fault>> {
    let mut f = Fields::under(pointer, value).map_err(|fault| vec![fault])?;
    let part = part_of(&mut f, true);
    let figure = figure_of(&mut f);
    if figure.as_ref().is_some_and(|figure| figure.value.is_negative()) {
        f.fault("value", Code::FieldOutOfRange).params =
            vec![("least", "0".to_owned()), ("most", "10000000000000".to_owned())];
    }
    let figure = f.required("value", figure);
    let due_on = f.date("due_on");
    f.finish_item((part, figure, due_on))
}

/// Divides a commitment anew. The issuer's planners; `If-Match` is the commitment's.
#[utoipa::path(tag = "commitments", request_body = AllocationsBody,
    params(("commitment" = String, Path, description = "Id or code."), ("If-Match" = String, Header)),
    responses((status = 200, body = AllocationsView), ChangeRefusals))]
#[put("/commitments/{commitment}/allocations")]
pub async fn replace(
    request: HttpRequest,
    who: SignedIn,
    state: web::Data<State>,
    path: web::Path<String>,
    body: Body,
) -> Result<HttpResponse, Problem> {
    let seen = Seen::of(&request)?;
    let mut f = body.fields()?;
    let items = f.list("items", MOST, item);
    let items = f.required("items", items);
    let items = f.finish(items)?;
    let answer = run::change(&state, &who, async |tx| {
        let id: Uuid = store::commitment_id(tx.conn(), &path).await?;
        let mut wanted = Vec::with_capacity(items.len());
        for (part, figure, due_on) in &items {
            wanted.push(NewAllocation {
                part: resolved(tx.conn(), part).await?,
                figure: figure.clone(),
                due_on: *due_on,
            });
        }
        let row = allocate(tx, id, seen.version(), &wanted).await?;
        let parts = store::allocations_of(tx.conn(), &[id]).await?;
        let window = Window::printed(tx.conn(), &state.db.clock, &[row.printed.plan_id], None).await?;
        let day = window.day_of(row.printed.plan_id).ok_or(Error::NotFound)?;
        let figures = store::figures_until(tx.conn(), id, day).await?;
        let view = views::shown(tx.conn(), (&row.printed, None), &parts, &figures).await?;
        Answer::object(view.version, &view)
    })
    .await?;
    Ok(answer.respond())
}
