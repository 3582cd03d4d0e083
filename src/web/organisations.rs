//! 单位: the tree of organisations for administrators: added below one that they reach, corrected, moved, archived.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, get, post, web};
use askama::Template;

use super::admin::organisations as standing;
use super::listing::Asked;
use super::page::{Faults, Frame, Paged, page, see_other};
use super::posted::{Posted, Shape};
use super::visitor::Visitor;
use crate::db::paging::PageRequest;
use crate::http::request::State;
use crate::http::vocabularies::label;
use crate::kernel::{Error, Result};
use crate::orgs::actions;
use crate::orgs::api::{new_of, patch_of};
use crate::orgs::model::{Kind, OrganisationFilter, OrganisationPatch, OrganisationView};
use crate::orgs::store;
use crate::users::actions::reach_of;

/// What was typed into a form of the page.
#[derive(Default, Clone)]
struct Typed {
    code: String,
    name: String,
    kind: String,
    parent: String,
    region: String,
    duties: String,
    archived_reason: String,
}

impl Typed {
    fn of(posted: &Posted) -> Typed {
        Typed {
            code: posted.typed("code"),
            name: posted.typed("name"),
            kind: posted.typed("kind"),
            parent: posted.typed("parent"),
            region: posted.typed("region"),
            duties: posted.typed("duties"),
            archived_reason: posted.typed("archived_reason"),
        }
    }

    fn held(one: &OrganisationView) -> Typed {
        Typed {
            code: one.code.clone(),
            name: one.name.clone(),
            kind: one.kind.as_str().to_owned(),
            parent: one
                .parent
                .as_ref()
                .map(|above| above.code.clone())
                .unwrap_or_default(),
            region: one.region.code.clone(),
            duties: one.duties.clone(),
            archived_reason: one.archived_reason.clone().unwrap_or_default(),
        }
    }
}

#[derive(Template)]
#[template(path = "admin_organisations.html")]
struct Organisations {
    frame: Frame,
    faults: Faults,
    lines: Vec<(OrganisationView, String)>,
    total: i64,
    q: String,
    before: Option<String>,
    next: Option<String>,
    kinds: Vec<(String, String)>,
    regions: Vec<(String, String)>,
    parents: Vec<(String, String)>,
    typed: Typed,
}

fn kinds() -> Vec<(String, String)> {
    Kind::ALL
        .into_iter()
        .map(|kind| {
            let code = kind.as_str();
            (code.to_owned(), label("organisation_kinds", code).to_owned())
        })
        .collect()
}

async fn regions(state: &State) -> Result<Vec<(String, String)>> {
    let all = PageRequest {
        limit: 10_000,
        cursor: None,
    };
    let found = state
        .db
        .read(async |conn| store::list_regions(conn, &[], &all).await)
        .await?;
    Ok(found.rows.into_iter().map(|one| (one.code, one.name)).collect())
}

async fn parents(state: &State) -> Result<Vec<(String, String)>> {
    Ok(standing(state)
        .await?
        .into_iter()
        .map(|one| (one.code, one.name))
        .collect())
}

async fn shown(
    state: &State,
    visitor: &Visitor,
    query: &str,
    (status, faults, typed): (StatusCode, Faults, Typed),
) -> Paged {
    reach_of(&visitor.actor)?;
    let asked = Asked::of("/admin/organisations", query);
    let filter = OrganisationFilter {
        q: asked.one("q").map(str::to_owned),
        total: true,
        ..OrganisationFilter::default()
    };
    let wanted = PageRequest {
        limit: 100,
        cursor: asked.one("cursor").map(str::to_owned),
    };
    let found = state
        .db
        .read(async |conn| store::list(conn, &filter, &wanted).await)
        .await?;
    let (before, next) = asked.pages(found.next_cursor.as_deref());
    let shown = Organisations {
        frame: Frame::of(visitor, "单位", "/admin", query),
        faults,
        total: found.total.unwrap_or(0),
        lines: found
            .rows
            .into_iter()
            .map(|one| {
                let kind = label("organisation_kinds", one.kind.as_str()).to_owned();
                (one, kind)
            })
            .collect(),
        q: asked.one("q").unwrap_or_default().to_owned(),
        before,
        next,
        kinds: kinds(),
        regions: regions(state).await?,
        parents: parents(state).await?,
        typed,
    };
    page(status, &shown)
}

#[get("/admin/organisations")]
pub async fn list(request: HttpRequest, state: web::Data<State>, visitor: Visitor) -> Paged {
    let fresh = (StatusCode::OK, Faults::default(), Typed::default());
    shown(&state, &visitor, request.query_string(), fresh).await
}

#[post("/admin/organisations")]
pub async fn create(state: web::Data<State>, visitor: Visitor, posted: Posted) -> Paged {
    let shape = Shape {
        texts: &["code", "name", "kind", "parent", "region", "duties"],
        ..Shape::default()
    };
    let done = match posted.body(&shape).and_then(new_of) {
        Err(error) => Err(error),
        Ok(new) => {
            state
                .db
                .write(&visitor.origin(), async |tx| {
                    actions::create(tx, new.clone()).await
                })
                .await
        }
    };
    match done {
        Ok(id) => Ok(see_other(&format!("/admin/organisations/{id}?done=saved"))),
        Err(error) => {
            let (faults, status) = Faults::of(error)?;
            shown(&state, &visitor, "", (status, faults, Typed::of(&posted))).await
        }
    }
}

#[derive(Template)]
#[template(path = "admin_organisation.html")]
struct One {
    frame: Frame,
    faults: Faults,
    one: OrganisationView,
    kind: String,
    regions: Vec<(String, String)>,
    parents: Vec<(String, String)>,
    typed: Typed,
}

async fn one(
    state: &State,
    visitor: &Visitor,
    (reference, query): (&str, &str),
    (status, faults, typed): (StatusCode, Faults, Option<Typed>),
) -> Paged {
    reach_of(&visitor.actor)?;
    let one = state
        .db
        .read(async |conn| store::view_of(conn, reference).await)
        .await?
        .ok_or(Error::NotFound)?;
    let shown = One {
        frame: Frame::of(visitor, one.name.clone(), "/admin", query),
        faults,
        kind: label("organisation_kinds", one.kind.as_str()).to_owned(),
        regions: regions(state).await?,
        parents: parents(state).await?,
        typed: typed.unwrap_or_else(|| Typed::held(&one)),
        one,
    };
    page(status, &shown)
}

#[get("/admin/organisations/{id}")]
pub async fn show(
    request: HttpRequest,
    state: web::Data<State>,
    visitor: Visitor,
    path: web::Path<String>,
) -> Paged {
    let fresh = (StatusCode::OK, Faults::default(), None);
    one(&state, &visitor, (&path, request.query_string()), fresh).await
}

/// What the form changes. An empty reason leaves the organisation in use, or takes it back.
fn read_patch(posted: &Posted) -> Result<OrganisationPatch> {
    let shape = Shape {
        texts: &["parent"],
        kept: &["name", "duties", "region"],
        clearing: &["archived_reason"],
        ..Shape::default()
    };
    patch_of(posted.body(&shape)?)
}

#[post("/admin/organisations/{id}")]
pub async fn edit(
    state: web::Data<State>,
    visitor: Visitor,
    path: web::Path<String>,
    posted: Posted,
) -> Paged {
    let done = match read_patch(&posted) {
        Err(error) => Err(error),
        Ok(patch) => state
            .db
            .write(&visitor.origin(), async |tx| {
                actions::edit(tx, &path, posted.seen_version(), patch.clone()).await
            })
            .await
            .map(drop),
    };
    match done {
        Ok(()) => Ok(see_other(&format!(
            "/admin/organisations/{}?done=saved",
            path.as_str()
        ))),
        Err(error) => {
            let (faults, status) = Faults::of(error)?;
            let told = (status, faults, Some(Typed::of(&posted)));
            one(&state, &visitor, (&path, ""), told).await
        }
    }
}
