//! What everybody may read without signing in: the plans as printed, and the public facts of public projects.
//! Shared caches may keep these answers for a minute.

use actix_web::{HttpRequest, HttpResponse, get, web};
use serde::Serialize;
use utoipa_actix_web::service_config::ServiceConfig;

use super::answer::{self, ListBody, PageInfo};
use super::form::Query;
use super::problem::Problem;
use super::refusals::PublicRefusals;
use super::request::{State, query, question};
use crate::db::paging::PageRequest;
use crate::kernel::{Code, Result};
use crate::plans::model::{InitiativeView, PlanView, ProgrammeView};
use crate::plans::store::{self, Within};
use crate::views::public::{self as views, PublicCommitmentView, PublicMilestoneView, PublicProjectView};
use crate::views::resolve::{NamedFilter, resolve};

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(plans)
        .service(programmes)
        .service(initiatives)
        .service(commitments)
        .service(projects)
        .service(project)
        .service(milestones);
}

type Answered = Result<HttpResponse, Problem>;

/// A list that comes whole.
fn whole<T: Serialize>(request: &HttpRequest, data: Vec<T>) -> Answered {
    let total = i64::try_from(data.len()).ok();
    let page = PageInfo {
        next_cursor: None,
        limit: total.unwrap_or(0),
        total,
    };
    let body = ListBody {
        data,
        page,
        facets: None,
    };
    answer::public(request, &body)
}

/// What a list of printed things is narrowed to.
async fn within(request: &HttpRequest, state: &State) -> Result<Within> {
    let mut q = query(request);
    let named = NamedFilter {
        plans: q.many("plan"),
        programmes: q.many("programme"),
        initiatives: q.many("initiative"),
        ..NamedFilter::default()
    };
    let named = q.finish(named)?;
    let resolved = state
        .db
        .read(async |conn| resolve(conn, named.clone()).await)
        .await?;
    Ok(Within {
        plans: resolved.plans,
        programmes: resolved.filter.programmes,
        initiatives: resolved.filter.initiatives,
    })
}

/// All plans.
#[utoipa::path(tag = "public", security(()), responses((status = 200, body = ListBody<PlanView>), PublicRefusals))]
#[get("/plans")]
pub async fn plans(request: HttpRequest, state: web::Data<State>) -> Answered {
    query(&request).finish(())?;
    let rows = state.db.read(async |conn| store::plans(conn).await).await?;
    whole(&request, rows)
}

/// The programmes (专栏), in the order of their numbers.
#[utoipa::path(tag = "public", security(()), params(("plan" = Option<Vec<String>>, Query, description = "Id or code."),
    ("programme" = Option<Vec<String>>, Query), ("initiative" = Option<Vec<String>>, Query)),
    responses((status = 200, body = ListBody<ProgrammeView>), PublicRefusals))]
#[get("/programmes")]
pub async fn programmes(request: HttpRequest, state: web::Data<State>) -> Answered {
    let within = within(&request, &state).await?;
    let rows = state
        .db
        .read(async |conn| store::programmes(conn, &within).await)
        .await?;
    whole(&request, rows)
}

/// The items of the programmes.
#[utoipa::path(tag = "public", security(()), params(("plan" = Option<Vec<String>>, Query),
    ("programme" = Option<Vec<String>>, Query, description = "Id, code or number."), ("initiative" = Option<Vec<String>>, Query)),
    responses((status = 200, body = ListBody<InitiativeView>), PublicRefusals))]
#[get("/initiatives")]
pub async fn initiatives(request: HttpRequest, state: web::Data<State>) -> Answered {
    let within = within(&request, &state).await?;
    let rows = state
        .db
        .read(async |conn| store::initiatives(conn, &within).await)
        .await?;
    whole(&request, rows)
}

/// The promised numbers; `programme=1` are the plan's indicators.
#[utoipa::path(tag = "public", security(()), params(("plan" = Option<Vec<String>>, Query),
    ("programme" = Option<Vec<String>>, Query), ("initiative" = Option<Vec<String>>, Query)),
    responses((status = 200, body = ListBody<PublicCommitmentView>), PublicRefusals))]
#[get("/commitments")]
pub async fn commitments(request: HttpRequest, state: web::Data<State>) -> Answered {
    let within = within(&request, &state).await?;
    let rows = state
        .db
        .read(async |conn| store::commitments(conn, &within).await)
        .await?;
    let rows: Vec<PublicCommitmentView> = rows.into_iter().map(Into::into).collect();
    whole(&request, rows)
}

/// What a list of public projects is narrowed by: public facts only.
fn narrowing(q: &mut Query) -> (NamedFilter, bool, PageRequest) {
    let named = NamedFilter {
        plans: q.many("plan"),
        programmes: q.many("programme"),
        initiatives: q.many("initiative"),
        service_areas: q.many("service_area"),
        regions: q.many("region"),
        kinds: q.many("kind"),
        q: q.one("q"),
        ..NamedFilter::default()
    };
    if named.q.as_ref().is_some_and(|text| text.trim().is_empty()) {
        q.fault("q", Code::FieldEmpty, &[]);
    }
    let total = q.include(&["total"]).contains(&"total");
    (named, total, q.page())
}

/// Public projects, in the order of their codes.
#[utoipa::path(tag = "public", security(()), params(("plan" = Option<Vec<String>>, Query),
    ("programme" = Option<Vec<String>>, Query, description = "Id, code, or number within the plan."),
    ("initiative" = Option<Vec<String>>, Query), ("service_area" = Option<Vec<String>>, Query),
    ("region" = Option<Vec<String>>, Query, description = "Id or GB/T 2260 code."), ("kind" = Option<Vec<String>>, Query),
    ("q" = Option<String>, Query, description = "Part of the title."),
    ("include" = Option<String>, Query, description = "`total`"),
    ("limit" = Option<i64>, Query, minimum = 1, maximum = 200), ("cursor" = Option<String>, Query)),
    responses((status = 200, body = ListBody<PublicProjectView>), PublicRefusals))]
#[get("/projects")]
pub async fn projects(request: HttpRequest, state: web::Data<State>) -> Answered {
    let mut q = query(&request);
    let narrowed = narrowing(&mut q);
    let (named, total, page) = q.finish(narrowed)?;
    let asked = question(&request);
    let found = state
        .db
        .read(async |conn| {
            let resolved = resolve(conn, named.clone()).await?;
            views::list(conn, &resolved.plans, &resolved.filter, total, &page, &asked).await
        })
        .await?;
    answer::public(&request, &ListBody::from(found))
}

/// One public project, by its stable code.
#[utoipa::path(tag = "public", security(()), params(("project" = String, Path, description = "Code or id.")),
    responses((status = 200, body = PublicProjectView), PublicRefusals))]
#[get("/projects/{project}")]
pub async fn project(request: HttpRequest, state: web::Data<State>, path: web::Path<String>) -> Answered {
    query(&request).finish(())?;
    let found = state.db.read(async |conn| views::read(conn, &path).await).await?;
    answer::public(&request, &found)
}

/// The milestones of a public project whose dates are confirmed or printed.
#[utoipa::path(tag = "public", security(()), params(("project" = String, Path, description = "Code or id.")),
    responses((status = 200, body = ListBody<PublicMilestoneView>), PublicRefusals))]
#[get("/projects/{project}/milestones")]
pub async fn milestones(request: HttpRequest, state: web::Data<State>, path: web::Path<String>) -> Answered {
    query(&request).finish(())?;
    let rows = state
        .db
        .read(async |conn| views::milestones_of(conn, &path).await)
        .await?;
    whole(&request, rows)
}
