//! Observations: filing one or many, correcting; judging them is in `judgements`.

use actix_web::{HttpRequest, HttpResponse, get, patch, post, web};
use bigdecimal::BigDecimal;
use diesel_async::AsyncPgConnection;
use serde_json::Value;
use uuid::Uuid;

use super::commitments::whole;
use crate::commitments::actions::observe;
use crate::commitments::model::{Correction, Figure, NewObservation, ObservationEdit, ObservationRow, Part};
use crate::commitments::store;
use crate::db::Tx;
use crate::http::answer::{self, Answer, ListBody};
use crate::http::form::Fields;
use crate::http::problem::{Problem, ProblemDocument};
use crate::http::refusals::{AddRefusals, ChangeRefusals, ReadRefusals};
use crate::http::request::{Body, Keyed, Seen, SignedIn, State, one_id, path_id, query};
use crate::http::run;
use crate::kernel::{Code, Error, Fault, Result};
use crate::orgs::store as orgs;
use crate::views::observations::{self as views, ObservationView};
use crate::views::window::Window;

/// The most observations in one request.
pub(super) const MOST: usize = 500;
/// What is done with many at once, by its word in the address.
const MANY: [&str; 2] = ["file", "confirm"];

/// An observation, as it is sent. At most one of `region` and `organisation`: the part of an allocation that it speaks of;
/// neither: the whole.
#[derive(utoipa::ToSchema)]
#[allow(
    dead_code,
    reason = "describes the body for the OpenAPI document; read field by field"
)]
pub struct ObservationBody {
    /// The last day of the period.
    pub observed_on: chrono::NaiveDate,
    /// A decimal string. Of a sum it is everything since the plan's first day, never a period's share.
    pub value: String,
    /// The commitment's `unit` or `base_unit`; left out: `unit`.
    pub unit: Option<String>,
    /// By id or code.
    pub region: Option<String>,
    /// By id or code.
    pub organisation: Option<String>,
    /// Where the figure comes from: a yearbook, a department's statistics.
    #[schema(min_length = 1, max_length = 500)]
    pub source: String,
    #[schema(max_length = 2000)]
    pub note: Option<String>,
}

/// The same with the commitment that it is of.
#[derive(utoipa::ToSchema)]
#[allow(
    dead_code,
    reason = "describes the body for the OpenAPI document; read field by field"
)]
pub struct ObservationItemBody {
    /// By id or code.
    pub commitment: String,
    #[serde(flatten)]
    pub observation: ObservationBody,
}

/// Up to 500 observations.
#[derive(utoipa::ToSchema)]
#[allow(
    dead_code,
    reason = "describes the body for the OpenAPI document; read field by field"
)]
pub struct ObservationsBody {
    #[schema(min_items = 1, max_items = 500)]
    pub items: Vec<ObservationItemBody>,
}

/// What is corrected.
#[derive(utoipa::ToSchema)]
#[allow(
    dead_code,
    reason = "describes the body for the OpenAPI document; read field by field"
)]
pub struct ObservationEditBody {
    pub observed_on: Option<chrono::NaiveDate>,
    pub value: Option<String>,
    /// Of the value.
    pub unit: Option<String>,
    #[schema(min_length = 1, max_length = 500)]
    pub source: Option<String>,
    /// null takes it away.
    #[schema(max_length = 2000)]
    pub note: Option<String>,
}

/// A part as it was named.
#[derive(Debug, Clone, Default)]
pub struct Named {
    pub region: Option<String>,
    pub organisation: Option<String>,
}

/// Reads which part is meant; both at once are none, and `must` one be named.
pub fn part_of(f: &mut Fields, must: bool) -> Named {
    let named = Named {
        region: f.filled_text("region", 100),
        organisation: f.filled_text("organisation", 100),
    };
    match (&named.region, &named.organisation) {
        (Some(_), Some(_)) => {
            f.fault("organisation", Code::FieldDuplicate);
        }
        (None, None) if must => {
            f.fault("region", Code::FieldMissing);
        }
        _ => {}
    }
    named
}

/// The part that is meant; one that stands for nothing becomes the nil id, which no allocation holds.
pub async fn resolved(conn: &mut AsyncPgConnection, named: &Named) -> Result<Part> {
    Ok(match (&named.region, &named.organisation) {
        (Some(name), _) => Part::Region(store::region_named(conn, name).await?.unwrap_or_default()),
        (None, Some(name)) => Part::Organisation(
            orgs::find(conn, name)
                .await?
                .map(|one| one.id)
                .unwrap_or_default(),
        ),
        (None, None) => Part::Whole,
    })
}

/// Reads a figure and its unit.
pub fn figure_of(f: &mut Fields) -> Option<Figure> {
    let value: Option<BigDecimal> = f.decimal("value", -10_000_000_000_000, 10_000_000_000_000, 4);
    let unit = f.filled_text("unit", 20);
    value.map(|value| Figure { value, unit })
}

/// An observation as it was sent: the part that it names is still a name.
#[derive(Debug, Clone)]
struct Sent {
    commitment: String,
    part: Named,
    new: NewObservation,
}

/// Reads a figure with its day, source and note: of no commitment yet, and of the whole.
pub fn observed(f: &mut Fields) -> NewObservation {
    let observed_on = f.date("observed_on");
    let observed_on = f.required("observed_on", observed_on);
    let figure = figure_of(f);
    let figure = f.required("value", figure);
    let source = f.required_text("source", 500);
    let note = f.text("note", 2_000).filter(|note| !note.is_empty());
    NewObservation {
        commitment_id: Uuid::nil(),
        part: Part::Whole,
        observed_on,
        figure,
        source,
        note,
    }
}

fn sent(f: &mut Fields, commitment: String) -> Sent {
    Sent {
        commitment,
        part: part_of(f, false),
        new: observed(f),
    }
}

fn item(pointer: String, value: Value) -> Result<Sent, Vec<Fault>> {
    let mut f = Fields::under(pointer, value).map_err(|fault| vec![fault])?;
    let commitment = f.required_text("commitment", 200);
    let sent = sent(&mut f, commitment);
    f.finish_item(sent)
}

/// Files what was sent.
async fn filed(tx: &mut Tx, sent: &[Sent]) -> Result<Vec<ObservationRow>> {
    let names: Vec<String> = sent.iter().map(|one| one.commitment.clone()).collect();
    let known = store::ids_named(tx.conn(), &names).await?;
    let mut items = Vec::with_capacity(sent.len());
    for one in sent {
        items.push(NewObservation {
            // One that is not there stays the nil id, which finds nothing.
            commitment_id: known.get(&one.commitment).copied().unwrap_or_default(),
            part: resolved(tx.conn(), &one.part).await?,
            ..one.new.clone()
        });
    }
    observe::file(tx, &items).await
}

/// The observations of a commitment, the latest first: confirmed ones, and those that wait or were sent back where they are
/// in sight. As of a past day they are as they were then.
#[utoipa::path(tag = "commitments", params(("commitment" = String, Path, description = "Id or code."),
    ("as_of" = Option<chrono::NaiveDate>, Query)),
    responses((status = 200, body = ListBody<ObservationView>),
        (status = 400, body = ProblemDocument, content_type = "application/problem+json"), ReadRefusals))]
#[get("/commitments/{commitment}/observations")]
pub async fn list(
    request: HttpRequest,
    who: SignedIn,
    state: web::Data<State>,
    path: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let as_of = crate::projects::api::filters::as_of(&request)?;
    let rows = state
        .db
        .read(async |conn| {
            let printed = Window::printed(conn, &state.db.clock, &[], as_of).await?;
            let working = Window::open(conn, &state.db.clock, &who.0, &[], as_of).await?;
            let known = crate::views::commitments::read(conn, (&printed, &working), &path).await?;
            views::list(conn, &printed, &who.0, &known.view.printed).await
        })
        .await?;
    answer::read(&request, None, &whole(rows))
}

/// Files what was found of a commitment. It counts once another person has confirmed it.
#[utoipa::path(tag = "commitments", request_body = ObservationBody,
    params(("commitment" = String, Path, description = "Id or code."), ("Idempotency-Key" = String, Header)),
    responses((status = 201, body = ObservationView), AddRefusals))]
#[post("/commitments/{commitment}/observations")]
pub async fn file(
    request: HttpRequest,
    who: SignedIn,
    state: web::Data<State>,
    path: web::Path<String>,
    body: Body,
) -> Result<HttpResponse, Problem> {
    let mut f = body.fields()?;
    let sent = sent(&mut f, path.into_inner());
    let sent = f.finish(sent)?;
    let keyed = Keyed::of(&request, &body)?;
    let answer = run::keyed(&state, &who, &keyed, async |tx| {
        let rows = filed(tx, std::slice::from_ref(&sent)).await?;
        let view = one(tx, &who, rows).await?;
        Answer::created(view.version, format!("/api/v1/observations/{}", view.id), &view)
    })
    .await?;
    Ok(answer.respond())
}

pub(super) async fn one(tx: &mut Tx, who: &SignedIn, rows: Vec<ObservationRow>) -> Result<ObservationView> {
    views::show(tx.conn(), (&who.0, None), rows)
        .await?
        .pop()
        .ok_or(Error::NotFound)
}

/// Files up to 500 observations of any commitments: all are taken or none.
#[utoipa::path(tag = "commitments", request_body = ObservationsBody, params(("Idempotency-Key" = String, Header)),
    responses((status = 200, body = ListBody<ObservationView>), AddRefusals))]
#[post("/observations/file")]
pub async fn file_many(
    request: HttpRequest,
    who: SignedIn,
    state: web::Data<State>,
    body: Body,
) -> Result<HttpResponse, Problem> {
    let mut f = body.fields()?;
    let items = f.list("items", MOST, item);
    if items.as_ref().is_some_and(Vec::is_empty) {
        f.fault("items", Code::FieldEmpty);
    }
    let items = f.required("items", items);
    let items = f.finish(items)?;
    let keyed = Keyed::of(&request, &body)?;
    let answer = run::keyed(&state, &who, &keyed, async |tx| {
        let rows = filed(tx, &items).await?;
        Answer::plain(&whole(views::show(tx.conn(), (&who.0, None), rows).await?))
    })
    .await?;
    Ok(answer.respond())
}

/// One observation in sight.
#[utoipa::path(tag = "commitments", params(("id" = Uuid, Path)),
    responses((status = 200, body = ObservationView),
        (status = 400, body = ProblemDocument, content_type = "application/problem+json"), ReadRefusals))]
#[get("/observations/{id}")]
pub async fn read(
    request: HttpRequest,
    who: SignedIn,
    state: web::Data<State>,
) -> Result<HttpResponse, Problem> {
    one_id(request.match_info().get("id").unwrap_or_default(), &MANY)?;
    query(&request).finish(())?;
    let id = path_id(&request)?;
    let found = state
        .db
        .read(async |conn| views::read(conn, &who.0, id).await)
        .await?;
    answer::read(&request, Some(found.version), &found)
}

/// Corrects an observation that waits or was sent back, and files it again.
#[utoipa::path(tag = "commitments", request_body = ObservationEditBody,
    params(("id" = Uuid, Path), ("If-Match" = String, Header)),
    responses((status = 200, body = ObservationView), ChangeRefusals))]
#[patch("/observations/{id}")]
pub async fn correct(
    request: HttpRequest,
    who: SignedIn,
    state: web::Data<State>,
    body: Body,
) -> Result<HttpResponse, Problem> {
    one_id(request.match_info().get("id").unwrap_or_default(), &MANY)?;
    let seen = Seen::of(&request)?;
    let mut f = body.fields()?;
    let edit = ObservationEdit {
        observed_on: f.patch_kept("observed_on", |f| f.date("observed_on")),
        figure: f.patch_kept("value", figure_of),
        source: f.patch_kept("source", |f| f.filled_text("source", 500)),
        note: f.patch("note", |f| f.filled_text("note", 2_000)),
    };
    if edit.figure.is_none() && f.sent("unit") {
        f.filled_text("unit", 20);
        f.fault("value", Code::FieldMissing);
    }
    let edit = f.finish(edit)?;
    let id = path_id(&request)?;
    let answer = run::change(&state, &who, async |tx| {
        let correction = Correction {
            id,
            seen_version: seen.version(),
            edit: edit.clone(),
        };
        let rows = observe::correct(tx, &[correction]).await?;
        let view = one(tx, &who, rows).await?;
        Answer::object(view.version, &view)
    })
    .await?;
    Ok(answer.respond())
}
