//! Milestones: list, read, edit, history.

use actix_web::{HttpRequest, HttpResponse, get, patch, web};

use super::filters::{ProjectFilterParams, as_of, common, open};
use crate::http::answer::{self, Answer, ListBody};
use crate::http::problem::{Problem, ProblemDocument};
use crate::http::refusals::{ChangeRefusals, ListRefusals, ReadRefusals};
use crate::http::request::{Body, Seen, SignedIn, State, query, question};
use crate::http::run;
use crate::kernel::{Actor, Clock, Error, Result};
use crate::projects::actions::edit as edits;
use crate::projects::model::{MilestoneEdit, MilestoneRow};
use crate::projects::store;
use crate::rules::overdue::{DateBasis, MilestoneState};
use crate::views::facets;
use crate::views::history::{self as log_views, EventQuery, EventView};
use crate::views::milestones::{self as views, MilestoneQuery, MilestoneSort};
use crate::views::shown::{self, MilestoneView};
use crate::views::window::Window;

const BASES: [&str; 4] = ["plan", "period", "template", "confirmed"];
const STATES: [&str; 6] = [
    "pending",
    "reported",
    "returned",
    "verified",
    "reopened",
    "cancelled",
];

/// Milestones in sight, a page at a time.
#[utoipa::path(tag = "milestones", params(ProjectFilterParams,
    ("kind" = Option<Vec<String>>, Query),
    ("claim" = Option<Vec<String>>, Query, description = "What a proposed owner says: `asked`, `claimed`, `disputed`."),
    ("light" = Option<Vec<String>>, Query, description = "Of the project, as it is shown: `red`, `yellow`, `green`, `blue`, `grey`."),
    ("as_of" = Option<chrono::NaiveDate>, Query),
    ("overdue" = Option<bool>, Query),
    ("days_overdue_min" = Option<i64>, Query, minimum = 1, maximum = 36500),
    ("due_before" = Option<chrono::NaiveDate>, Query, description = "Planned on or before."),
    ("due_after" = Option<chrono::NaiveDate>, Query, description = "Planned on or after."),
    ("date_basis" = Option<Vec<DateBasis>>, Query),
    ("state" = Option<Vec<MilestoneState>>, Query),
    ("unconfirmed" = Option<bool>, Query, description = "Date or weight is a proposal still."),
    ("unverified" = Option<bool>, Query, description = "Reported and waiting."),
    ("silent" = Option<bool>, Query, description = "Its project owes a progress report."),
    ("include" = Option<String>, Query, description = "`total,facets`"),
    ("sort" = Option<String>, Query, description = "`due` (default), `-days_overdue`, `-updated`"),
    ("limit" = Option<i64>, Query, minimum = 1, maximum = 200),
    ("cursor" = Option<String>, Query)),
    responses((status = 200, body = ListBody<MilestoneView>), ListRefusals))]
#[get("/milestones")]
pub async fn list(
    request: HttpRequest,
    who: SignedIn,
    state: web::Data<State>,
) -> Result<HttpResponse, Problem> {
    let (mut q, common) = common(&request);
    let date_bases = q.choices("date_basis", &BASES, |text| {
        DateBasis::parse(text).map(|b| b.as_str().to_owned())
    });
    let states = q.choices("state", &STATES, |text| {
        MilestoneState::parse(text).map(|s| s.as_str().to_owned())
    });
    let sort = q
        .choices("sort", &MilestoneSort::NAMES, MilestoneSort::parse)
        .pop()
        .unwrap_or_default();
    let page = q.page();
    let page = q.finish(page)?;
    let asked = question(&request);
    let answer = state
        .db
        .read(async |conn| {
            let (window, resolved) =
                open(conn, &state.db.clock, &who.0, common.named.clone(), common.as_of).await?;
            let query = MilestoneQuery {
                filter: resolved.filter,
                overdue: common.overdue,
                days_overdue_min: common.days_overdue_min,
                due_before: common.due_before,
                due_after: common.due_after,
                date_bases: date_bases.clone(),
                states: states.clone(),
                unconfirmed: common.unconfirmed,
                unverified: common.unverified,
                sort,
                total: common.total,
            };
            let facets = match common.facets {
                true => Some(facets::milestones(conn, &window, &query).await?),
                false => None,
            };
            let page = views::list(conn, &window, &query, &page, &asked).await?;
            Ok(ListBody::from(page).with_facets(facets))
        })
        .await?;
    answer::read(&request, None, &answer)
}

/// One milestone.
#[utoipa::path(tag = "milestones", params(("milestone" = String, Path, description = "Id or code."),
    ("as_of" = Option<chrono::NaiveDate>, Query)),
    responses((status = 200, body = MilestoneView), (status = 400, body = ProblemDocument, content_type = "application/problem+json"), ReadRefusals))]
#[get("/milestones/{milestone}")]
pub async fn read(
    request: HttpRequest,
    who: SignedIn,
    state: web::Data<State>,
    path: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let as_of = as_of(&request)?;
    let milestone = state
        .db
        .read(async |conn| {
            let window = Window::open(conn, &state.db.clock, &who.0, &[], as_of).await?;
            views::read(conn, &window, &path).await
        })
        .await?;
    answer::read(&request, Some(milestone.version), &milestone)
}

/// Milestones that an action has just changed, as they are shown.
pub(super) async fn shown(
    conn: &mut diesel_async::AsyncPgConnection,
    clock: &Clock,
    actor: &Actor,
    rows: Vec<MilestoneRow>,
) -> Result<Vec<MilestoneView>> {
    let window = Window::open(conn, clock, actor, &[], None).await?;
    let ids: Vec<uuid::Uuid> = rows.iter().map(|row| row.project_id).collect();
    let projects = store::projects_by_id(conn, &ids)
        .await?
        .into_iter()
        .map(|(id, row)| (id, row.into()))
        .collect();
    shown::milestones(conn, &window, rows, projects).await
}

/// What a planner corrects of a milestone that is not confirmed yet.
#[derive(utoipa::ToSchema)]
#[allow(
    dead_code,
    reason = "describes the body for the OpenAPI document; read field by field"
)]
pub struct MilestonePatch {
    pub name: Option<String>,
    /// Refused where it is confirmed or given by the plan: such a date moves by a change request.
    pub planned_on: Option<chrono::NaiveDate>,
    /// A positive decimal string.
    pub weight: Option<String>,
    pub evidence_wanted: Option<Vec<String>>,
}

/// A weight: positive, at most 10,000, two decimals.
pub(crate) fn weight(f: &mut crate::http::form::Fields) -> Option<bigdecimal::BigDecimal> {
    use bigdecimal::Signed;
    let weight = f.decimal("weight", 0, 10_000, 2)?;
    if !weight.is_positive() {
        f.fault("weight", crate::kernel::Code::FieldOutOfRange).params =
            vec![("least", "0.01".to_owned()), ("most", "10000".to_owned())];
    }
    Some(weight)
}

/// Corrects a milestone.
#[utoipa::path(tag = "milestones", request_body = MilestonePatch,
    params(("milestone" = String, Path), ("If-Match" = String, Header)),
    responses((status = 200, body = MilestoneView), ChangeRefusals))]
#[patch("/milestones/{milestone}")]
pub async fn edit(
    request: HttpRequest,
    who: SignedIn,
    state: web::Data<State>,
    path: web::Path<String>,
    body: Body,
) -> Result<HttpResponse, Problem> {
    let seen = Seen::of(&request)?;
    let mut f = body.fields()?;
    let edited = MilestoneEdit {
        name: f.patch_kept("name", |f| f.filled_text("name", 100)),
        planned_on: f.patch_kept("planned_on", |f| f.date("planned_on")),
        weight: f.patch_kept("weight", weight),
        evidence_wanted: f.patch_kept("evidence_wanted", |f| f.texts("evidence_wanted", 20, 100)),
    };
    let edited = f.finish(edited)?;
    let answer = run::change(&state, &who, async |tx| {
        let id = store::milestone_id(tx.conn(), &path).await?;
        let row = edits::milestone(tx, id, seen.version(), &edited).await?;
        let view = shown(tx.conn(), &state.db.clock, &who.0, vec![row])
            .await?
            .pop()
            .ok_or(Error::NotFound)?;
        Answer::object(view.version, &view)
    })
    .await?;
    Ok(answer.respond())
}

/// Everything that happened to a milestone, oldest first.
#[utoipa::path(tag = "milestones", params(("milestone" = String, Path), ("limit" = Option<i64>, Query, minimum = 1, maximum = 200),
    ("cursor" = Option<String>, Query)),
    responses((status = 200, body = ListBody<EventView>), (status = 400, body = ProblemDocument, content_type = "application/problem+json"), ReadRefusals))]
#[get("/milestones/{milestone}/history")]
pub async fn history(
    request: HttpRequest,
    who: SignedIn,
    state: web::Data<State>,
    path: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let mut q = query(&request);
    let page = q.page();
    let page = q.finish(page)?;
    let asked = question(&request);
    let events = state
        .db
        .read(async |conn| {
            let window = Window::open(conn, &state.db.clock, &who.0, &[], None).await?;
            let milestone = views::read(conn, &window, &path).await?;
            let query = EventQuery {
                subject_ids: vec![milestone.id],
                ..EventQuery::default()
            };
            log_views::list(conn, &window, &who.0, &query, &page, &asked).await
        })
        .await?;
    answer::read(&request, None, &ListBody::from(events))
}
