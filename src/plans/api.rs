//! The JSON door of plans, programmes and initiatives. A plan prints some hundreds of these at most,
//! so their lists come whole.

use actix_web::{HttpRequest, HttpResponse, get, web};
use utoipa_actix_web::service_config::ServiceConfig;

use super::model::{InitiativeView, PlanView, ProgrammeView, ServiceAreaView};
use super::store::{self, Within};
use crate::http::answer::{self, ListBody, PageInfo};
use crate::http::problem::{Problem, ProblemDocument};
use crate::http::refusals::{ListRefusals, ReadRefusals};
use crate::http::request::{SignedIn, State, query};
use crate::kernel::Result;
use crate::views::coverage::{self as views, CoverageView};
use crate::views::resolve::{NamedFilter, resolve};
use crate::views::window::Window;

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(plans)
        .service(plan)
        .service(coverage)
        .service(service_areas)
        .service(programmes)
        .service(programme)
        .service(initiatives)
        .service(initiative);
}

/// A list that comes whole.
fn whole<T>(data: Vec<T>) -> ListBody<T> {
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

/// What the query narrows to.
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
#[utoipa::path(tag = "plans", responses((status = 200, body = ListBody<PlanView>), ListRefusals))]
#[get("/plans")]
pub async fn plans(
    request: HttpRequest,
    _who: SignedIn,
    state: web::Data<State>,
) -> Result<HttpResponse, Problem> {
    query(&request).finish(())?;
    let rows = state.db.read(async |conn| store::plans(conn).await).await?;
    answer::read(&request, None, &whole(rows))
}

/// One plan.
#[utoipa::path(tag = "plans", params(("plan" = String, Path, description = "Id or code.")),
    responses((status = 200, body = PlanView), ReadRefusals))]
#[get("/plans/{plan}")]
pub async fn plan(
    request: HttpRequest,
    _who: SignedIn,
    state: web::Data<State>,
    path: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let row = state.db.read(async |conn| store::plan(conn, &path).await).await?;
    answer::read(&request, Some(row.row_version), &row)
}

/// How far projects cover the plan, box by box and item by item, and what they lack: owners, dates, anything that is
/// confirmed. Counts the projects in sight.
#[utoipa::path(tag = "plans", params(("plan" = String, Path, description = "Id or code."), ("as_of" = Option<chrono::NaiveDate>, Query)),
    responses((status = 200, body = CoverageView),
        (status = 400, body = ProblemDocument, content_type = "application/problem+json"), ReadRefusals))]
#[get("/plans/{plan}/coverage")]
pub async fn coverage(
    request: HttpRequest,
    who: SignedIn,
    state: web::Data<State>,
    path: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let mut q = query(&request);
    let as_of = q.date("as_of");
    let as_of = q.finish(as_of)?;
    let found = state
        .db
        .read(async |conn| {
            let known = store::plan(conn, &path).await?;
            let window = Window::open(conn, &state.db.clock, &who.0, &[known.id], as_of).await?;
            views::read(conn, &window, known.id).await
        })
        .await?;
    answer::read(&request, None, &found)
}

/// The service areas of a plan.
#[utoipa::path(tag = "plans", params(("plan" = String, Path)),
    responses((status = 200, body = ListBody<ServiceAreaView>), ReadRefusals))]
#[get("/plans/{plan}/service-areas")]
pub async fn service_areas(
    request: HttpRequest,
    _who: SignedIn,
    state: web::Data<State>,
    path: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let rows = state
        .db
        .read(async |conn| {
            let found = store::plan(conn, &path).await?;
            store::service_areas(conn, found.id).await
        })
        .await?;
    answer::read(&request, None, &whole(rows))
}

/// The programmes (专栏), in the order of their numbers.
#[utoipa::path(tag = "programmes", params(("plan" = Option<Vec<String>>, Query, description = "Id or code."),
    ("programme" = Option<Vec<String>>, Query, description = "Id, code or number.")),
    responses((status = 200, body = ListBody<ProgrammeView>), ListRefusals))]
#[get("/programmes")]
pub async fn programmes(
    request: HttpRequest,
    _who: SignedIn,
    state: web::Data<State>,
) -> Result<HttpResponse, Problem> {
    let within = within(&request, &state).await?;
    let rows = state
        .db
        .read(async |conn| store::programmes(conn, &within).await)
        .await?;
    answer::read(&request, None, &whole(rows))
}

/// One programme.
#[utoipa::path(tag = "programmes", params(("programme" = String, Path, description = "Id or code.")),
    responses((status = 200, body = ProgrammeView), ReadRefusals))]
#[get("/programmes/{programme}")]
pub async fn programme(
    request: HttpRequest,
    _who: SignedIn,
    state: web::Data<State>,
    path: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let row = state
        .db
        .read(async |conn| store::programme(conn, &path).await)
        .await?;
    answer::read(&request, Some(row.row_version), &row)
}

/// The initiatives, in the order of print.
#[utoipa::path(tag = "initiatives", params(("plan" = Option<Vec<String>>, Query),
    ("programme" = Option<Vec<String>>, Query, description = "Id, code or number.")),
    responses((status = 200, body = ListBody<InitiativeView>), ListRefusals))]
#[get("/initiatives")]
pub async fn initiatives(
    request: HttpRequest,
    _who: SignedIn,
    state: web::Data<State>,
) -> Result<HttpResponse, Problem> {
    let within = within(&request, &state).await?;
    let rows = state
        .db
        .read(async |conn| store::initiatives(conn, &within).await)
        .await?;
    answer::read(&request, None, &whole(rows))
}

/// One initiative.
#[utoipa::path(tag = "initiatives", params(("initiative" = String, Path, description = "Id or code.")),
    responses((status = 200, body = InitiativeView), ReadRefusals))]
#[get("/initiatives/{initiative}")]
pub async fn initiative(
    request: HttpRequest,
    _who: SignedIn,
    state: web::Data<State>,
    path: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let row = state
        .db
        .read(async |conn| store::initiative(conn, &path).await)
        .await?;
    answer::read(&request, Some(row.row_version), &row)
}
