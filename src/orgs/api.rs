//! Organisations and regions by the JSON API. Everyone who has signed in reads them; administrators change them.

use std::collections::BTreeMap;

use actix_web::{HttpRequest, HttpResponse, get, patch, post, web};
use diesel_async::AsyncPgConnection;

use super::model::{
    Kind, NewOrganisation, OrganisationFilter, OrganisationPatch, OrganisationView, RegionView,
};
use super::{actions, store};
use crate::db::Tx;
use crate::db::paging::PageRequest;
use crate::http::answer::{Answer, ListBody, read as answer_read};
use crate::http::form::Fields;
use crate::http::problem::Problem;
use crate::http::refusals::{ChangeRefusals, CreateRefusals, ListRefusals, ReadRefusals};
use crate::http::request::{Body, Keyed, Seen, SignedIn, State, query};
use crate::http::run;
use crate::kernel::Patch;
use crate::kernel::{Error, Result};
use crate::views::facets::{FacetValue, Facets};
use uuid::Uuid;

type Answered = Result<HttpResponse, Problem>;

/// Organisations in the order of their codes.
#[utoipa::path(
    tag = "organisations",
    params(
        ("kind" = Option<Vec<Kind>>, Query, description = "Any of these kinds"),
        ("region" = Option<Vec<String>>, Query, description = "In any of these regions, by code or id"),
        ("parent" = Option<Vec<String>>, Query, description = "Directly below any of these, by code or id"),
        ("archived" = Option<bool>, Query, description = "Only those out of use, or only those in use"),
        ("q" = Option<String>, Query, description = "Part of the name"),
        ("include" = Option<Vec<String>>, Query, description = "`total`: how many there are in all; `facets`: by `kind` and `region`"),
        ("limit" = Option<i64>, Query, description = "1 to 200; 50 where absent"),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before"),
    ),
    responses(ListRefusals, (status = 200, description = "A page", body = ListBody<OrganisationView>)),
)]
#[get("/organisations")]
pub async fn list(state: web::Data<State>, _who: SignedIn, request: HttpRequest) -> Answered {
    let (filter, page, facets) = filter_of(&request)?;
    let found = state
        .db
        .read(async |conn| {
            let facets = match facets {
                true => Some(facets_of(conn, &filter).await?),
                false => None,
            };
            let page = store::list(conn, &filter, &page).await?;
            Ok(ListBody::from(page).with_facets(facets))
        })
        .await?;
    answer_read(&request, None, &found)
}

/// One organisation, by id or code.
#[utoipa::path(
    tag = "organisations",
    params(("id" = String, Path, description = "Id or code")),
    responses(ReadRefusals, (status = 200, description = "The organisation; `ETag` is its version", body = OrganisationView)),
)]
#[get("/organisations/{id}")]
pub async fn read(
    state: web::Data<State>,
    _who: SignedIn,
    id: web::Path<String>,
    request: HttpRequest,
) -> Answered {
    let found = state
        .db
        .read(async |conn| store::view_of(conn, &id).await)
        .await?;
    let found = found.ok_or(Error::NotFound)?;
    answer_read(&request, Some(found.row_version), &found)
}

/// Adds an organisation below one that the administrator's own organisation reaches.
#[utoipa::path(
    tag = "organisations",
    request_body = NewOrganisation,
    params(("Idempotency-Key" = String, Header, description = "A new value for each new request")),
    responses(CreateRefusals, (status = 201, description = "The organisation and its `Location`", body = OrganisationView)),
)]
#[post("/organisations")]
pub async fn create(state: web::Data<State>, who: SignedIn, body: Body, request: HttpRequest) -> Answered {
    let new = new_of(body.fields()?)?;
    let key = Keyed::of(&request, &body)?;
    let answer = run::keyed(&state, &who, &key, async |tx| {
        let id = actions::create(tx, new.clone()).await?;
        let made = shown(tx, id).await?;
        Answer::created(made.row_version, format!("/api/v1/organisations/{id}"), &made)
    });
    Ok(answer.await?.respond())
}

/// Changes an organisation: name, duties, place in the tree, region, validity; archives it with a reason.
#[utoipa::path(
    tag = "organisations",
    request_body = OrganisationPatch,
    params(
        ("id" = String, Path, description = "Id or code"),
        ("If-Match" = String, Header, description = "The `ETag` that was read"),
    ),
    responses(ChangeRefusals, (status = 200, description = "The organisation as it is now", body = OrganisationView)),
)]
#[patch("/organisations/{id}")]
pub async fn edit(
    state: web::Data<State>,
    who: SignedIn,
    id: web::Path<String>,
    body: Body,
    request: HttpRequest,
) -> Answered {
    let patch = patch_of(body.fields()?)?;
    let seen = Seen::of(&request)?;
    let answer = run::change(&state, &who, async |tx| {
        let id = actions::edit(tx, &id, seen.version(), patch.clone()).await?;
        let now = shown(tx, id).await?;
        Answer::object(now.row_version, &now)
    });
    Ok(answer.await?.respond())
}

/// Regions in the order of their codes.
#[utoipa::path(
    tag = "regions",
    params(
        ("parent" = Option<Vec<String>>, Query, description = "Directly within any of these, by code"),
        ("limit" = Option<i64>, Query, description = "1 to 200; 50 where absent"),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before"),
    ),
    responses(ListRefusals, (status = 200, description = "A page", body = ListBody<RegionView>)),
)]
#[get("/regions")]
pub async fn list_regions(state: web::Data<State>, _who: SignedIn, request: HttpRequest) -> Answered {
    let mut query = query(&request);
    let parents = query.many("parent");
    let page = query.page();
    query.finish(())?;
    let found = state
        .db
        .read(async |conn| store::list_regions(conn, &parents, &page).await)
        .await?;
    answer_read(&request, None, &ListBody::from(found))
}

async fn shown(tx: &mut Tx, id: Uuid) -> Result<OrganisationView> {
    let found = store::view_of(tx.conn(), &id.to_string()).await?;
    found.ok_or(Error::NotFound)
}

/// Each with every filter but its own. There are hundreds of organisations, not thousands: they are looked through.
async fn facets_of(conn: &mut AsyncPgConnection, filter: &OrganisationFilter) -> Result<Facets> {
    let all = PageRequest {
        limit: i64::from(i32::MAX),
        cursor: None,
    };
    let (mut any_kind, mut any_region) = (filter.clone(), filter.clone());
    any_kind.kinds.clear();
    any_region.regions.clear();
    let (mut kinds, mut regions) = (BTreeMap::new(), BTreeMap::new());
    for row in store::list(conn, &any_kind, &all).await?.rows {
        *kinds.entry((row.kind.as_str().to_owned(), None)).or_insert(0) += 1;
    }
    for row in store::list(conn, &any_region, &all).await?.rows {
        *regions
            .entry((row.region.code, Some(row.region.name)))
            .or_insert(0) += 1;
    }
    let told = |counts: BTreeMap<(String, Option<String>), i64>| {
        let mut values: Vec<FacetValue> = counts
            .into_iter()
            .map(|((value, name), count)| FacetValue { value, name, count })
            .collect();
        values.sort_by_key(|value| -value.count);
        values
    };
    Ok(Facets::from([
        ("kind".to_owned(), told(kinds)),
        ("region".to_owned(), told(regions)),
    ]))
}

fn filter_of(request: &HttpRequest) -> Result<(OrganisationFilter, PageRequest, bool)> {
    let mut query = query(request);
    let include = query.include(&["total", "facets"]);
    let filter = OrganisationFilter {
        kinds: query.choices("kind", &Kind::NAMES, Kind::parse),
        regions: query.many("region"),
        parents: query.many("parent"),
        archived: query.boolean("archived"),
        q: query.one("q"),
        total: include.contains(&"total"),
    };
    let page = query.page();
    query.finish((filter, page, include.contains(&"facets")))
}

/// Reads an organisation that is to be added, by whichever door.
pub(crate) fn new_of(mut fields: Fields) -> Result<NewOrganisation> {
    let code = fields.filled_text("code", 80);
    let name = fields.filled_text("name", 200);
    let kind = fields.choice("kind", &Kind::NAMES, |text| {
        Kind::parse(text).map(|_| text.to_owned())
    });
    let parent = fields.filled_text("parent", 80);
    let region = fields.filled_text("region", 40);
    let new = NewOrganisation {
        code: fields.required("code", code),
        name: fields.required("name", name),
        kind: fields.required("kind", kind),
        parent: Some(fields.required("parent", parent)),
        region: fields.required("region", region),
        duties: fields.text("duties", 4000),
        valid_from: fields.date("valid_from"),
        valid_to: fields.date("valid_to"),
    };
    fields.finish(new)
}

/// Reads what is to change of one.
pub(crate) fn patch_of(mut fields: Fields) -> Result<OrganisationPatch> {
    let patch = OrganisationPatch {
        name: fields.patch_kept("name", |f| f.filled_text("name", 200)),
        duties: fields.patch_kept("duties", |f| f.text("duties", 4000)),
        parent: fields.patch_kept("parent", |f| f.filled_text("parent", 80)),
        region: fields.patch_kept("region", |f| f.filled_text("region", 40)),
        valid_from: change(fields.patch("valid_from", |f| f.date("valid_from"))),
        valid_to: change(fields.patch("valid_to", |f| f.date("valid_to"))),
        archived_reason: change(fields.patch("archived_reason", |f| f.filled_text("archived_reason", 500))),
    };
    fields.finish(patch)
}

/// What a PATCH says of a field, as the actions take it.
fn change<T>(patch: Patch<T>) -> Option<Option<T>> {
    match patch {
        Patch::Keep => None,
        Patch::Clear => Some(None),
        Patch::Set(value) => Some(Some(value)),
    }
}
