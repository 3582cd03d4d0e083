//! What belongs to no domain: the log, health.

use actix_web::{HttpRequest, HttpResponse, get, web};
use utoipa_actix_web::service_config::ServiceConfig;

use super::answer::{self, ListBody};
use super::problem::Problem;
use super::refusals::ListRefusals;
use super::request::{SignedIn, State, query, question};
use crate::db::{EventKind, migrate};
use crate::kernel::Result;
use crate::views::history::{self, EventQuery, EventView};
use crate::views::resolve::{NamedFilter, resolve};
use crate::views::window::Window;

pub fn routes(config: &mut ServiceConfig) {
    config.service(events);
}

/// The log within one's sight, oldest first. `next_cursor` is there on the last page too: given again later, it finds
/// what was recorded since.
#[utoipa::path(tag = "events", params(("plan" = Option<Vec<String>>, Query),
    ("kind" = Option<Vec<String>>, Query, description = "Kind of event, such as `milestone.reported`."),
    ("limit" = Option<i64>, Query, minimum = 1, maximum = 200), ("cursor" = Option<String>, Query)),
    responses((status = 200, body = ListBody<EventView>), ListRefusals))]
#[get("/events")]
pub async fn events(
    request: HttpRequest,
    who: SignedIn,
    state: web::Data<State>,
) -> Result<HttpResponse, Problem> {
    let mut q = query(&request);
    let named = NamedFilter {
        plans: q.many("plan"),
        ..NamedFilter::default()
    };
    let names: Vec<&'static str> = EventKind::ALL.into_iter().map(EventKind::as_str).collect();
    let kinds = q.choices("kind", &names, |text| {
        names.contains(&text).then(|| text.to_owned())
    });
    let page = q.page();
    let page = q.finish(page)?;
    let asked = question(&request);
    let events = state
        .db
        .read(async |conn| {
            let resolved = resolve(conn, named.clone()).await?;
            let window = Window::open(conn, &state.db.clock, &who.0, &resolved.plans, None).await?;
            let query = EventQuery {
                kinds: kinds.clone(),
                plan_ids: resolved.plans,
                ..EventQuery::default()
            };
            history::list(conn, &window, &who.0, &query, &page, &asked).await
        })
        .await?;
    answer::read(&request, None, &ListBody::from(events))
}

/// The program runs.
#[get("/health/live")]
pub async fn live() -> HttpResponse {
    HttpResponse::Ok().json(serde_json::json!({ "status": "live" }))
}

/// The database answers and its migrations are those of this binary.
#[get("/health/ready")]
pub async fn ready(state: web::Data<State>) -> Result<HttpResponse, Problem> {
    let pending = state
        .db
        .read(async |conn| migrate::pending_count(conn).await)
        .await?;
    Ok(if pending == 0 {
        HttpResponse::Ok().json(serde_json::json!({ "status": "ready" }))
    } else {
        HttpResponse::ServiceUnavailable()
            .json(serde_json::json!({ "status": "migrations pending", "pending": pending }))
    })
}
