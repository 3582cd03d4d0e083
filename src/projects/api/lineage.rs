//! The JSON door to split a project and to merge two.

use actix_web::{HttpRequest, HttpResponse, post, web};
use serde::Serialize;
use uuid::Uuid;

use super::after;
use super::create::{NamedOwnerBody, owner, quantity, slug};
use crate::http::answer::Answer;
use crate::http::form::Fields;
use crate::http::problem::Problem;
use crate::http::refusals::ChangeRefusals;
use crate::http::request::{Body, Keyed, Seen, SignedIn, State};
use crate::http::run;
use crate::kernel::{Code, Error, Fault, Result};
use crate::projects::actions::lineage as actions;
use crate::projects::model::Part;
use crate::projects::store;
use crate::views::shown::ProjectView;

/// One of the projects that another is split into.
#[derive(utoipa::ToSchema)]
#[allow(
    dead_code,
    reason = "describes the body for the OpenAPI document; read field by field"
)]
pub struct PartBody {
    /// The last part of its code: lower-case letters, digits and hyphens.
    #[schema(min_length = 1, max_length = 60, pattern = "^[a-z0-9][a-z0-9-]*$")]
    pub slug: String,
    #[schema(min_length = 1, max_length = 200)]
    pub title: String,
    /// Its site; the origin's where none is given.
    pub region: Option<String>,
    /// Its share of the origin's quantity, a positive decimal string in its unit: for every part or for none.
    pub quantity: Option<String>,
    #[schema(max_items = 50)]
    pub components: Option<Vec<String>>,
    #[schema(max_length = 5000)]
    pub description: Option<String>,
    /// In place of the origin's owners in their roles, confirmed.
    #[schema(max_items = 30)]
    pub owners: Option<Vec<NamedOwnerBody>>,
}

/// How a project is split.
#[derive(utoipa::ToSchema)]
#[allow(
    dead_code,
    reason = "describes the body for the OpenAPI document; read field by field"
)]
pub struct SplitBody {
    #[schema(min_items = 1, max_items = 100)]
    pub parts: Vec<PartBody>,
    /// Archive the origin; for one without a quantity. One with a quantity is archived when nothing of it is left.
    pub close_origin: Option<bool>,
    #[schema(min_length = 1, max_length = 2000)]
    pub reason: String,
}

/// Into which project one is merged.
#[derive(utoipa::ToSchema)]
#[allow(
    dead_code,
    reason = "describes the body for the OpenAPI document; read field by field"
)]
pub struct MergeBody {
    /// Of the same plan, by id or code.
    pub into: String,
    #[schema(min_length = 1, max_length = 2000)]
    pub reason: String,
}

/// A project that was split, and its parts in the order given.
#[derive(Serialize, utoipa::ToSchema)]
pub struct SplitView {
    pub origin: ProjectView,
    pub parts: Vec<ProjectView>,
}

/// Two projects that are one now.
#[derive(Serialize, utoipa::ToSchema)]
pub struct MergeView {
    /// Archived.
    pub merged: ProjectView,
    pub into: ProjectView,
}

fn part(pointer: String, value: serde_json::Value) -> Result<Part, Vec<Fault>> {
    let mut f = Fields::under(pointer, value).map_err(|fault| vec![fault])?;
    let slug = slug(&mut f);
    let title = f.filled_text("title", 200);
    let part = Part {
        slug,
        title: f.required("title", title),
        region: f.filled_text("region", 100),
        quantity: quantity(&mut f),
        components: f.texts("components", 50, 100).unwrap_or_default(),
        description: f.text("description", 5_000).unwrap_or_default(),
        owners: f.list("owners", 30, owner).unwrap_or_default(),
    };
    f.finish_item(part)
}

/// Reads how a project is split: its parts, whether the origin is archived, and why.
pub(crate) fn read_split(mut f: Fields) -> Result<(Vec<Part>, Option<bool>, String)> {
    let parts = f.list("parts", 100, part);
    if parts.as_ref().is_some_and(Vec::is_empty) {
        f.fault("parts", Code::FieldEmpty);
    }
    let parts = f.required("parts", parts);
    let close = f.boolean("close_origin");
    let reason = f.required_text("reason", 2_000);
    f.finish((parts, close, reason))
}

/// Splits parts off a project: each becomes a project of its own with the origin's owners, commitments and milestones,
/// dates and baselines included; reports stay with the origin, which keeps what is left of its quantity as a remainder.
#[utoipa::path(tag = "projects", request_body = SplitBody,
    params(("project" = String, Path, description = "Id or code."), ("If-Match" = String, Header), ("Idempotency-Key" = String, Header)),
    responses((status = 200, body = SplitView), ChangeRefusals))]
#[post("/projects/{project}/split")]
pub async fn split(
    request: HttpRequest,
    who: SignedIn,
    state: web::Data<State>,
    path: web::Path<String>,
    body: Body,
) -> Result<HttpResponse, Problem> {
    let (parts, close, reason) = read_split(body.fields()?)?;
    let seen = Seen::of(&request)?;
    let keyed = Keyed::of(&request, &body)?;
    let answer = run::keyed(&state, &who, &keyed, async |tx| {
        let id = store::project_id(tx.conn(), &path).await?;
        let (origin, made) = actions::split(tx, id, seen.version(), &parts, close, &reason).await?;
        let all: Vec<Uuid> = std::iter::once(origin.id).chain(made).collect();
        let mut views = after::projects(tx, &state, &who, &all).await?.into_iter();
        let origin = views.next().ok_or(Error::NotFound)?;
        let parts = views.collect();
        Answer::object(origin.version, &SplitView { origin, parts })
    })
    .await?;
    Ok(answer.respond())
}

/// Reads into which project one is merged, and why.
pub(crate) fn read_merge(mut f: Fields) -> Result<(String, String)> {
    let into = f.filled_text("into", 100);
    let reason = f.filled_text("reason", 2_000);
    let said = (f.required("into", into), f.required("reason", reason));
    f.finish(said)
}

/// Merges a project into another of the same plan; it is archived and points to the survivor. Refused where reports,
/// deliveries, an open request or something overdue would be lost by it.
#[utoipa::path(tag = "projects", request_body = MergeBody,
    params(("project" = String, Path, description = "Id or code."), ("If-Match" = String, Header), ("Idempotency-Key" = String, Header)),
    responses((status = 200, body = MergeView), ChangeRefusals))]
#[post("/projects/{project}/merge")]
pub async fn merge(
    request: HttpRequest,
    who: SignedIn,
    state: web::Data<State>,
    path: web::Path<String>,
    body: Body,
) -> Result<HttpResponse, Problem> {
    let (into, reason) = read_merge(body.fields()?)?;
    let seen = Seen::of(&request)?;
    let keyed = Keyed::of(&request, &body)?;
    let answer = run::keyed(&state, &who, &keyed, async |tx| {
        let id = store::project_id(tx.conn(), &path).await?;
        // One that is not there is the same as one out of sight.
        let other = store::project_id(tx.conn(), &into).await.unwrap_or_default();
        let (merged, kept) = actions::merge(tx, id, seen.version(), other, &reason).await?;
        let both = [merged.id, kept.id];
        let mut views = after::projects(tx, &state, &who, &both).await?.into_iter();
        let (Some(merged), Some(into)) = (views.next(), views.next()) else {
            return Err(Error::NotFound);
        };
        Answer::object(merged.version, &MergeView { merged, into })
    })
    .await?;
    Ok(answer.respond())
}
