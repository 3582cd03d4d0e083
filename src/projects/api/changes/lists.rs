//! Reading change requests: lists, the ledger, one.

use actix_web::{HttpRequest, HttpResponse, get, web};

use crate::http::answer::{self, ListBody};
use crate::http::form::Query;
use crate::http::problem::{Problem, ProblemDocument};
use crate::http::refusals::{ListRefusals, ReadRefusals};
use crate::http::request::{SignedIn, State, id_of, query, question};
use crate::projects::api::filters::{ProjectFilterParams, as_of, included, named, open};
use crate::projects::changes::model::{Kind, State as RequestState};
use crate::views::changes::{self as views, ChangeQuery, ChangeRequestView};
use crate::views::facets;
use crate::views::movers::{self, MoverView};
use crate::views::window::Window;

const KINDS: [&str; 9] = [
    "date",
    "weight",
    "cancel_milestone",
    "quantity",
    "owner",
    "cancel_project",
    "add_milestone",
    "add_project",
    "scope",
];
const STATES: [&str; 4] = ["open", "approved", "rejected", "withdrawn"];

fn narrowing(q: &mut Query) -> (Vec<String>, Vec<String>) {
    let kinds = q.choices("kind", &KINDS, |text| {
        Kind::parse(text).map(|k| k.as_str().to_owned())
    });
    let states = q.choices("state", &STATES, |text| {
        RequestState::parse(text).map(|s| s.as_str().to_owned())
    });
    (kinds, states)
}

/// Change requests in sight, the latest first. One for a project that is not there yet is narrowed by what it names: its
/// initiative, site, organisations, title; `status` leaves none of them.
#[utoipa::path(tag = "change-requests", params(ProjectFilterParams,
    ("project" = Option<Vec<String>>, Query, description = "Id or code."),
    ("kind" = Option<Vec<String>>, Query, description = "`date`, `weight`, `cancel_milestone`, `quantity`, `owner`, `cancel_project`, `add_milestone`, `add_project`, `scope`"),
    ("state" = Option<Vec<String>>, Query, description = "`open`, `approved`, `rejected`, `withdrawn`"),
    ("as_of" = Option<chrono::NaiveDate>, Query, description = "As it stood at the end of that day."),
    ("include" = Option<String>, Query, description = "`total,facets`"),
    ("limit" = Option<i64>, Query, minimum = 1, maximum = 200),
    ("cursor" = Option<String>, Query)),
    responses((status = 200, body = ListBody<ChangeRequestView>), ListRefusals))]
#[get("/change-requests")]
pub async fn list(
    request: HttpRequest,
    who: SignedIn,
    state: web::Data<State>,
) -> Result<HttpResponse, Problem> {
    let mut q = query(&request);
    let (kinds, states) = narrowing(&mut q);
    listed(&request, &who, &state, q, kinds, states).await
}

/// The ledger of dates that moved (延期台账): every approved change of a date, the latest first, with who asked, who
/// decided, and the slip against the first baseline.
#[utoipa::path(tag = "change-requests", params(ProjectFilterParams,
    ("project" = Option<Vec<String>>, Query, description = "Id or code."),
    ("as_of" = Option<chrono::NaiveDate>, Query, description = "As it stood at the end of that day."),
    ("include" = Option<String>, Query, description = "`total,facets`"),
    ("limit" = Option<i64>, Query, minimum = 1, maximum = 200),
    ("cursor" = Option<String>, Query)),
    responses((status = 200, body = ListBody<ChangeRequestView>), ListRefusals))]
#[get("/date-changes")]
pub async fn ledger(
    request: HttpRequest,
    who: SignedIn,
    state: web::Data<State>,
) -> Result<HttpResponse, Problem> {
    let q = query(&request);
    let kinds = vec![Kind::Date.as_str().to_owned()];
    let states = vec![RequestState::Approved.as_str().to_owned()];
    listed(&request, &who, &state, q, kinds, states).await
}

/// Which projects move their dates most: approved moves summed by project, those that moved furthest first.
#[utoipa::path(tag = "change-requests", params(ProjectFilterParams,
    ("as_of" = Option<chrono::NaiveDate>, Query, description = "As it stood at the end of that day."),
    ("include" = Option<String>, Query, description = "`total`"),
    ("limit" = Option<i64>, Query, minimum = 1, maximum = 200),
    ("cursor" = Option<String>, Query)),
    responses((status = 200, body = ListBody<MoverView>), ListRefusals))]
#[get("/date-changes/by-project")]
pub async fn most_moved(
    request: HttpRequest,
    who: SignedIn,
    state: web::Data<State>,
) -> Result<HttpResponse, Problem> {
    let mut q = query(&request);
    let filter = named(&mut q);
    let as_of = q.date("as_of");
    let total = q.include(&["total"]).contains(&"total");
    let page = q.page();
    let page = q.finish(page)?;
    let asked = question(&request);
    let found = state
        .db
        .read(async |conn| {
            let (window, resolved) = open(conn, &state.db.clock, &who.0, filter.clone(), as_of).await?;
            let query = ChangeQuery {
                filter: resolved.filter,
                total,
                ..ChangeQuery::default()
            };
            movers::list(conn, &window, &query, &page, &asked).await
        })
        .await?;
    answer::read(&request, None, &ListBody::from(found))
}

async fn listed(
    request: &HttpRequest,
    who: &SignedIn,
    state: &State,
    mut q: Query,
    kinds: Vec<String>,
    states: Vec<String>,
) -> Result<HttpResponse, Problem> {
    let mut filter = named(&mut q);
    filter.projects = q.many("project");
    let as_of = q.date("as_of");
    let (total, facets) = included(&mut q);
    let page = q.page();
    let page = q.finish(page)?;
    let asked = question(request);
    let answer = state
        .db
        .read(async |conn| {
            let (window, resolved) = open(conn, &state.db.clock, &who.0, filter.clone(), as_of).await?;
            let query = ChangeQuery {
                filter: resolved.filter,
                kinds: kinds.clone(),
                states: states.clone(),
                total,
            };
            let facets = match facets {
                true => Some(facets::changes(conn, &window, &query).await?),
                false => None,
            };
            let page = views::list(conn, &window, &query, &page, &asked).await?;
            Ok(ListBody::from(page).with_facets(facets))
        })
        .await?;
    answer::read(request, None, &answer)
}

/// One change request.
#[utoipa::path(tag = "change-requests", params(("id" = Uuid, Path), ("as_of" = Option<chrono::NaiveDate>, Query)),
    responses((status = 200, body = ChangeRequestView),
        (status = 400, body = ProblemDocument, content_type = "application/problem+json"), ReadRefusals))]
#[get("/change-requests/{id}")]
pub async fn read(
    request: HttpRequest,
    who: SignedIn,
    state: web::Data<State>,
    path: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let day = as_of(&request)?;
    let id = id_of(&path)?;
    let found = state
        .db
        .read(async |conn| {
            let window = Window::open(conn, &state.db.clock, &who.0, &[], day).await?;
            views::read(conn, &window, id).await
        })
        .await?;
    answer::read(&request, Some(found.version), &found)
}
