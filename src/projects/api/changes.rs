//! The JSON door of change requests.

use actix_web::{HttpRequest, HttpResponse, get, post, web};
use uuid::Uuid;

use super::filters::{ProjectFilterParams, included, named, open};
use super::milestones::weight;
use super::steps::evidence;
use crate::db::Tx;
use crate::http::answer::{self, Answer, ListBody};
use crate::http::form::{Fields, Query};
use crate::http::problem::{Problem, ProblemDocument};
use crate::http::refusals::{ChangeRefusals, ListRefusals, ReadRefusals};
use crate::http::request::{Body, Keyed, Seen, SignedIn, State, id_of, path_id, query, question};
use crate::http::run;
use crate::kernel::{Error, Result};
use crate::projects::actions::changes as actions;
use crate::projects::changes::model::{
    Change, Decision, Kind, NewRequest, Of, RequestRow, State as RequestState,
};
use crate::projects::model::Evidence;
use crate::projects::store;
use crate::views::changes::{self as views, ChangeQuery, ChangeRequestView};
use crate::views::facets;
use crate::views::movers::{self, MoverView};
use crate::views::window::Window;

const KINDS: [&str; 6] = [
    "date",
    "weight",
    "cancel_milestone",
    "quantity",
    "owner",
    "cancel_project",
];
const STATES: [&str; 4] = ["open", "approved", "rejected", "withdrawn"];

/// What is asked of a milestone that is confirmed.
#[derive(utoipa::ToSchema)]
#[allow(
    dead_code,
    reason = "describes the body for the OpenAPI document; read field by field"
)]
pub struct MilestoneChangeBody {
    /// `date`, `weight` or `cancel_milestone`.
    pub kind: String,
    /// Of a date.
    pub planned_on: Option<chrono::NaiveDate>,
    /// Of a weight: a positive decimal string.
    pub weight: Option<String>,
    #[schema(min_length = 1, max_length = 2000)]
    pub reason: String,
    #[schema(max_items = 20)]
    pub evidence: Option<Vec<Evidence>>,
}

/// What is asked of a project.
#[derive(utoipa::ToSchema)]
#[allow(
    dead_code,
    reason = "describes the body for the OpenAPI document; read field by field"
)]
pub struct ProjectChangeBody {
    /// `quantity`, `owner` or `cancel_project`.
    pub kind: String,
    /// Of a quantity: a positive decimal string, in the project's unit.
    pub quantity: Option<String>,
    /// Of an owner: `lead` or `responsible`.
    pub role: Option<String>,
    /// Of an owner: by id or code.
    pub organisation: Option<String>,
    #[schema(min_length = 1, max_length = 2000)]
    pub reason: String,
    #[schema(max_items = 20)]
    pub evidence: Option<Vec<Evidence>>,
}

/// A word with an approval.
#[derive(utoipa::ToSchema)]
#[allow(
    dead_code,
    reason = "describes the body for the OpenAPI document; read field by field"
)]
pub struct ApproveBody {
    #[schema(max_length = 2000)]
    pub note: Option<String>,
}

/// Why a request is rejected.
#[derive(utoipa::ToSchema)]
#[allow(
    dead_code,
    reason = "describes the body for the OpenAPI document; read field by field"
)]
pub struct RejectBody {
    #[schema(min_length = 1, max_length = 2000)]
    pub note: String,
}

/// What every request says besides its change.
fn why(f: &mut Fields) -> (String, Vec<Evidence>) {
    let reason = f.required_text("reason", 2_000);
    (reason, f.list("evidence", 20, evidence).unwrap_or_default())
}

fn narrowing(q: &mut Query) -> (Vec<String>, Vec<String>) {
    let kinds = q.choices("kind", &KINDS, |text| {
        Kind::parse(text).map(|k| k.as_str().to_owned())
    });
    let states = q.choices("state", &STATES, |text| {
        RequestState::parse(text).map(|s| s.as_str().to_owned())
    });
    (kinds, states)
}

/// Change requests in sight, the latest first.
#[utoipa::path(tag = "change-requests", params(ProjectFilterParams,
    ("project" = Option<Vec<String>>, Query, description = "Id or code."),
    ("kind" = Option<Vec<String>>, Query, description = "`date`, `weight`, `cancel_milestone`, `quantity`, `owner`, `cancel_project`"),
    ("state" = Option<Vec<String>>, Query, description = "`open`, `approved`, `rejected`, `withdrawn`"),
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
    let total = q.include(&["total"]).contains(&"total");
    let page = q.page();
    let page = q.finish(page)?;
    let asked = question(&request);
    let found = state
        .db
        .read(async |conn| {
            let (window, resolved) = open(conn, &state.db.clock, &who.0, filter.clone(), None).await?;
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
    let (total, facets) = included(&mut q);
    let page = q.page();
    let page = q.finish(page)?;
    let asked = question(request);
    let answer = state
        .db
        .read(async |conn| {
            let (window, resolved) = open(conn, &state.db.clock, &who.0, filter.clone(), None).await?;
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
#[utoipa::path(tag = "change-requests", params(("id" = Uuid, Path)),
    responses((status = 200, body = ChangeRequestView),
        (status = 400, body = ProblemDocument, content_type = "application/problem+json"), ReadRefusals))]
#[get("/change-requests/{id}")]
pub async fn read(
    request: HttpRequest,
    who: SignedIn,
    state: web::Data<State>,
    path: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    query(&request).finish(())?;
    let id = id_of(&path)?;
    let found = state
        .db
        .read(async |conn| {
            let window = Window::open(conn, &state.db.clock, &who.0, &[], None).await?;
            views::read(conn, &window, id).await
        })
        .await?;
    answer::read(&request, Some(found.version), &found)
}

/// What is asked, and where the organisation that it names is still a name.
pub(crate) struct Asked {
    change: Change,
    organisation: Option<String>,
    reason: String,
    evidence: Vec<Evidence>,
}

impl Asked {
    /// Asks for it, of whoever saw this version.
    pub(crate) async fn request(&self, tx: &mut Tx, of: Of, seen_version: Option<i64>) -> Result<RequestRow> {
        let mut change = self.change.clone();
        if let (Change::Owner { organisation_id, .. }, Some(name)) = (&mut change, &self.organisation) {
            let known = store::organisations_named(tx.conn(), std::slice::from_ref(name)).await?;
            // Whether it exists is said after it is known that the asker may ask.
            *organisation_id = known.get(name).copied().unwrap_or_default();
        }
        let new = NewRequest {
            of,
            seen_version,
            change,
            reason: self.reason.clone(),
            evidence: self.evidence.clone(),
        };
        actions::request(tx, &new).await
    }
}

/// Runs a request under its key and answers with it.
async fn ask(
    request: &HttpRequest,
    who: &SignedIn,
    state: &State,
    body: &Body,
    asked: &Asked,
) -> Result<HttpResponse, Problem> {
    let seen = Seen::of(request)?;
    let keyed = Keyed::of(request, body)?;
    let part = |name: &str| request.match_info().get(name).map(str::to_owned);
    let (project, milestone) = (part("project"), part("milestone"));
    let answer = run::keyed(state, who, &keyed, async |tx| {
        let of = match (&milestone, &project) {
            (Some(reference), _) => Of::Milestone(store::milestone_id(tx.conn(), reference).await?),
            (None, Some(reference)) => Of::Project(store::project_id(tx.conn(), reference).await?),
            (None, None) => return Err(Error::NotFound),
        };
        let row = asked.request(tx, of, seen.version()).await?;
        let location = format!("/api/v1/change-requests/{}", row.id);
        let view = views::show(tx.conn(), vec![row])
            .await?
            .pop()
            .ok_or(Error::NotFound)?;
        Answer::created(view.version, location, &view)
    })
    .await?;
    Ok(answer.respond())
}

/// The kind that is asked for, of those that fit.
fn one_of(f: &mut Fields, kinds: &'static [&'static str]) -> Option<Kind> {
    f.choice("kind", kinds, |text| {
        kinds.contains(&text).then(|| Kind::parse(text)).flatten()
    })
}

/// Reads what change of a milestone is asked for, by whichever door.
pub(crate) fn of_a_milestone(mut f: Fields) -> Result<Asked> {
    let kind = one_of(&mut f, &KINDS[..3]);
    let change = match f.required("kind", kind.map(Some)) {
        Some(Kind::Date) => {
            let day = f.date("planned_on");
            Change::Date(f.required("planned_on", day))
        }
        Some(Kind::Weight) => {
            let weight = weight(&mut f);
            Change::Weight(f.required("weight", weight))
        }
        _ => Change::CancelMilestone,
    };
    let (reason, evidence) = why(&mut f);
    f.finish(Asked {
        change,
        organisation: None,
        reason,
        evidence,
    })
}

/// Reads what change of a project is asked for.
pub(crate) fn of_a_project(mut f: Fields) -> Result<Asked> {
    let kind = one_of(&mut f, &KINDS[3..]);
    let mut organisation = None;
    let change = match f.required("kind", kind.map(Some)) {
        Some(Kind::Quantity) => {
            let quantity = super::create::quantity(&mut f);
            let quantity = f.required("quantity", quantity);
            Change::Quantity(quantity)
        }
        Some(Kind::Owner) => {
            let roles = ["lead", "responsible"];
            let role = f.choice("role", &roles, |text| {
                roles.contains(&text).then(|| text.to_owned())
            });
            let role = f.required("role", role);
            let name = f.filled_text("organisation", 100);
            organisation = Some(f.required("organisation", name));
            Change::Owner {
                role,
                organisation_id: Uuid::nil(),
            }
        }
        _ => Change::CancelProject,
    };
    let (reason, evidence) = why(&mut f);
    f.finish(Asked {
        change,
        organisation,
        reason,
        evidence,
    })
}

/// Asks for a change of a milestone: its date, its weight, or that it falls away. `If-Match` is the milestone's.
#[utoipa::path(tag = "change-requests", request_body = MilestoneChangeBody,
    params(("milestone" = String, Path, description = "Id or code."), ("If-Match" = String, Header), ("Idempotency-Key" = String, Header)),
    responses((status = 201, body = ChangeRequestView), ChangeRefusals))]
#[post("/milestones/{milestone}/change-requests")]
pub async fn of_milestone(
    request: HttpRequest,
    who: SignedIn,
    state: web::Data<State>,
    body: Body,
) -> Result<HttpResponse, Problem> {
    let asked = of_a_milestone(body.fields()?)?;
    ask(&request, &who, &state, &body, &asked).await
}

/// Asks for a change of a project: its quantity, an owner, or that it falls away. `If-Match` is the project's.
#[utoipa::path(tag = "change-requests", request_body = ProjectChangeBody,
    params(("project" = String, Path, description = "Id or code."), ("If-Match" = String, Header), ("Idempotency-Key" = String, Header)),
    responses((status = 201, body = ChangeRequestView), ChangeRefusals))]
#[post("/projects/{project}/change-requests")]
pub async fn of_project(
    request: HttpRequest,
    who: SignedIn,
    state: web::Data<State>,
    body: Body,
) -> Result<HttpResponse, Problem> {
    let asked = of_a_project(body.fields()?)?;
    ask(&request, &who, &state, &body, &asked).await
}

/// What happens to a request.
enum Step {
    Withdraw,
    Decide(Decision),
}

async fn step(
    request: &HttpRequest,
    who: &SignedIn,
    state: &State,
    body: &Body,
    step: Step,
) -> Result<HttpResponse, Problem> {
    let seen = Seen::of(request)?;
    let keyed = Keyed::of(request, body)?;
    let id = path_id(request)?;
    let answer = run::keyed(state, who, &keyed, async |tx| {
        let row = match &step {
            Step::Withdraw => actions::withdraw(tx, id, seen.version()).await?,
            Step::Decide(decision) => actions::decide(tx, id, seen.version(), decision).await?,
        };
        let view = views::show(tx.conn(), vec![row])
            .await?
            .pop()
            .ok_or(Error::NotFound)?;
        Answer::object(view.version, &view)
    })
    .await?;
    Ok(answer.respond())
}

/// Takes one's own request back.
#[utoipa::path(tag = "change-requests",
    params(("id" = Uuid, Path), ("If-Match" = String, Header), ("Idempotency-Key" = String, Header)),
    responses((status = 200, body = ChangeRequestView), ChangeRefusals))]
#[post("/change-requests/{id}/withdraw")]
pub async fn withdraw(
    request: HttpRequest,
    who: SignedIn,
    state: web::Data<State>,
    body: Body,
) -> Result<HttpResponse, Problem> {
    body.fields()?.finish(())?;
    step(&request, &who, &state, &body, Step::Withdraw).await
}

/// Approves a request; the change is made at once.
#[utoipa::path(tag = "change-requests", request_body = ApproveBody,
    params(("id" = Uuid, Path), ("If-Match" = String, Header), ("Idempotency-Key" = String, Header)),
    responses((status = 200, body = ChangeRequestView), ChangeRefusals))]
#[post("/change-requests/{id}/approve")]
pub async fn approve(
    request: HttpRequest,
    who: SignedIn,
    state: web::Data<State>,
    body: Body,
) -> Result<HttpResponse, Problem> {
    let mut f = body.fields()?;
    let note = f.text("note", 2_000).filter(|note| !note.is_empty());
    let note = f.finish(note)?;
    step(
        &request,
        &who,
        &state,
        &body,
        Step::Decide(Decision::Approve { note }),
    )
    .await
}

/// Rejects a request, with a reason.
#[utoipa::path(tag = "change-requests", request_body = RejectBody,
    params(("id" = Uuid, Path), ("If-Match" = String, Header), ("Idempotency-Key" = String, Header)),
    responses((status = 200, body = ChangeRequestView), ChangeRefusals))]
#[post("/change-requests/{id}/reject")]
pub async fn reject(
    request: HttpRequest,
    who: SignedIn,
    state: web::Data<State>,
    body: Body,
) -> Result<HttpResponse, Problem> {
    let mut f = body.fields()?;
    let note = f.required_text("note", 2_000);
    let note = f.finish(note)?;
    step(
        &request,
        &who,
        &state,
        &body,
        Step::Decide(Decision::Reject { note }),
    )
    .await
}
