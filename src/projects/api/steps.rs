//! The steps of a milestone: report (one or many), withdraw, verify, return, reopen.

use actix_web::{HttpRequest, HttpResponse, post, web};
use serde_json::Value;
use uuid::Uuid;

use super::milestones::shown;
use crate::http::answer::{Answer, ListBody, PageInfo};
use crate::http::form::Fields;
use crate::http::problem::Problem;
use crate::http::refusals::ChangeRefusals;
use crate::http::request::{Body, Keyed, Seen, SignedIn, State};
use crate::http::run;
use crate::kernel::{Code, Error, Fault, Result};
use crate::projects::actions::milestones::{Command, Step, step};
use crate::projects::model::{Evidence, Report};
use crate::projects::store;
use crate::views::shown::MilestoneView;

/// How many reports one request may hold.
const MOST: usize = 500;

/// A report of a milestone.
#[derive(utoipa::ToSchema)]
#[allow(
    dead_code,
    reason = "describes the body for the OpenAPI document; read field by field"
)]
pub struct ReportBody {
    /// The day on which it was reached; not in the future.
    pub actual_on: chrono::NaiveDate,
    #[schema(max_length = 5000)]
    pub note: Option<String>,
    #[schema(max_items = 20)]
    pub evidence: Option<Vec<Evidence>>,
}

/// Several reports, all taken or none.
#[derive(utoipa::ToSchema)]
#[allow(
    dead_code,
    reason = "describes the body for the OpenAPI document; read field by field"
)]
pub struct ReportManyBody {
    #[schema(min_items = 1, max_items = 500)]
    pub items: Vec<ReportItem>,
}

/// One of several reports.
#[derive(utoipa::ToSchema)]
#[allow(
    dead_code,
    reason = "describes the body for the OpenAPI document; read field by field"
)]
pub struct ReportItem {
    pub milestone_id: Uuid,
    /// The version that was seen.
    pub version: i64,
    pub actual_on: chrono::NaiveDate,
    #[schema(max_length = 5000)]
    pub note: Option<String>,
    #[schema(max_items = 20)]
    pub evidence: Option<Vec<Evidence>>,
}

/// Why it goes back.
#[derive(utoipa::ToSchema)]
#[allow(
    dead_code,
    reason = "describes the body for the OpenAPI document; read field by field"
)]
pub struct ReasonBody {
    #[schema(min_length = 1, max_length = 2000)]
    pub reason: String,
}

/// Why a report is taken back, if one wants to say.
#[derive(utoipa::ToSchema)]
#[allow(
    dead_code,
    reason = "describes the body for the OpenAPI document; read field by field"
)]
pub struct WithdrawBody {
    #[schema(max_length = 2000)]
    pub reason: Option<String>,
}

/// A word with a verification.
#[derive(utoipa::ToSchema)]
#[allow(
    dead_code,
    reason = "describes the body for the OpenAPI document; read field by field"
)]
pub struct VerifyBody {
    #[schema(max_length = 2000)]
    pub note: Option<String>,
}

pub(super) fn evidence(pointer: String, value: Value) -> Result<Evidence, Vec<Fault>> {
    let mut f = Fields::under(pointer, value).map_err(|fault| vec![fault])?;
    let kind = f.required_text("kind", 100);
    let reference = f.required_text("reference", 500);
    f.finish_item(Evidence { kind, reference })
}

fn report_of(f: &mut Fields) -> (chrono::NaiveDate, Option<String>, Vec<Evidence>) {
    let actual_on = f.date("actual_on");
    let actual_on = f.required("actual_on", actual_on);
    let note = f.text("note", 5_000).filter(|note| !note.is_empty());
    let evidence = f.list("evidence", 20, evidence).unwrap_or_default();
    (actual_on, note, evidence)
}

fn item(pointer: String, value: Value) -> Result<Command, Vec<Fault>> {
    let mut f = Fields::under(pointer, value).map_err(|fault| vec![fault])?;
    let id = f.uuid("milestone_id");
    let milestone_id = f.required("milestone_id", id);
    let version = f.integer("version", 1, i64::MAX);
    let version = f.required("version", version);
    let (actual_on, note, evidence) = report_of(&mut f);
    let seen_version = Some(version);
    let reported = Report {
        milestone_id,
        seen_version,
        actual_on,
        note,
        evidence,
    };
    f.finish_item(Command {
        milestone_id,
        seen_version,
        step: Step::Report(reported),
    })
}

/// Takes one step for the door: under its key, by the version in If-Match.
async fn one(
    request: &HttpRequest,
    who: &SignedIn,
    state: &State,
    body: &Body,
    make: impl Fn(Uuid, Option<i64>) -> Step,
) -> Result<HttpResponse, Problem> {
    let reference = request
        .match_info()
        .get("milestone")
        .unwrap_or_default()
        .to_owned();
    let seen = Seen::of(request)?;
    let keyed = Keyed::of(request, body)?;
    let answer = run::keyed(state, who, &keyed, async |tx| {
        let id = store::milestone_id(tx.conn(), &reference).await?;
        let seen_version = seen.version();
        let rows = step(
            tx,
            &[Command {
                milestone_id: id,
                seen_version,
                step: make(id, seen_version),
            }],
        )
        .await?;
        let view = shown(tx.conn(), &state.db.clock, &who.0, rows)
            .await?
            .pop()
            .ok_or(Error::NotFound)?;
        Answer::object(view.version, &view)
    })
    .await?;
    Ok(answer.respond())
}

/// Reports a milestone reached.
#[utoipa::path(tag = "milestones", request_body = ReportBody,
    params(("milestone" = String, Path), ("If-Match" = String, Header), ("Idempotency-Key" = String, Header)),
    responses((status = 200, body = MilestoneView), ChangeRefusals))]
#[post("/milestones/{milestone}/report")]
pub async fn report(
    request: HttpRequest,
    who: SignedIn,
    state: web::Data<State>,
    body: Body,
) -> Result<HttpResponse, Problem> {
    let mut f = body.fields()?;
    let (actual_on, note, evidence) = report_of(&mut f);
    f.finish(())?;
    one(&request, &who, &state, &body, |milestone_id, seen_version| {
        let (note, evidence) = (note.clone(), evidence.clone());
        Step::Report(Report {
            milestone_id,
            seen_version,
            actual_on,
            note,
            evidence,
        })
    })
    .await
}

/// Reports up to 500 milestones: all are taken or none.
#[utoipa::path(tag = "milestones", request_body = ReportManyBody, params(("Idempotency-Key" = String, Header)),
    responses((status = 200, body = ListBody<MilestoneView>), ChangeRefusals))]
#[post("/milestones/report")]
pub async fn report_many(
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
    let commands = f.required("items", items);
    let commands = f.finish(commands)?;
    let keyed = Keyed::of(&request, &body)?;
    let answer = run::keyed(&state, &who, &keyed, async |tx| {
        let rows = step(tx, &commands).await?;
        let data = shown(tx.conn(), &state.db.clock, &who.0, rows).await?;
        Answer::plain(&ListBody {
            data,
            page: PageInfo {
                next_cursor: None,
                limit: MOST as i64,
                total: None,
            },
            facets: None,
        })
    })
    .await?;
    Ok(answer.respond())
}

/// Takes one's own report back, before it is judged.
#[utoipa::path(tag = "milestones", request_body = WithdrawBody,
    params(("milestone" = String, Path), ("If-Match" = String, Header), ("Idempotency-Key" = String, Header)),
    responses((status = 200, body = MilestoneView), ChangeRefusals))]
#[post("/milestones/{milestone}/withdraw")]
pub async fn withdraw(
    request: HttpRequest,
    who: SignedIn,
    state: web::Data<State>,
    body: Body,
) -> Result<HttpResponse, Problem> {
    let mut f = body.fields()?;
    let reason = f.text("reason", 2_000).filter(|reason| !reason.is_empty());
    let reason = f.finish(reason)?;
    one(&request, &who, &state, &body, |_, _| Step::Withdraw {
        reason: reason.clone(),
    })
    .await
}

/// Verifies what was reported.
#[utoipa::path(tag = "milestones", request_body = VerifyBody,
    params(("milestone" = String, Path), ("If-Match" = String, Header), ("Idempotency-Key" = String, Header)),
    responses((status = 200, body = MilestoneView), ChangeRefusals))]
#[post("/milestones/{milestone}/verify")]
pub async fn verify(
    request: HttpRequest,
    who: SignedIn,
    state: web::Data<State>,
    body: Body,
) -> Result<HttpResponse, Problem> {
    let mut f = body.fields()?;
    let note = f.text("note", 2_000).filter(|note| !note.is_empty());
    let note = f.finish(note)?;
    one(&request, &who, &state, &body, |_, _| Step::Verify {
        note: note.clone(),
    })
    .await
}

fn reason_of(body: &Body) -> Result<String> {
    let mut f = body.fields()?;
    let reason = f.required_text("reason", 2_000);
    f.finish(reason)
}

/// Returns what was reported, with a reason: it is owed again.
#[utoipa::path(tag = "milestones", request_body = ReasonBody,
    params(("milestone" = String, Path), ("If-Match" = String, Header), ("Idempotency-Key" = String, Header)),
    responses((status = 200, body = MilestoneView), ChangeRefusals))]
#[post("/milestones/{milestone}/return")]
pub async fn send_back(
    request: HttpRequest,
    who: SignedIn,
    state: web::Data<State>,
    body: Body,
) -> Result<HttpResponse, Problem> {
    let reason = reason_of(&body)?;
    one(&request, &who, &state, &body, |_, _| Step::Return {
        reason: reason.clone(),
    })
    .await
}

/// Reopens what was verified, with a reason: it is owed again.
#[utoipa::path(tag = "milestones", request_body = ReasonBody,
    params(("milestone" = String, Path), ("If-Match" = String, Header), ("Idempotency-Key" = String, Header)),
    responses((status = 200, body = MilestoneView), ChangeRefusals))]
#[post("/milestones/{milestone}/reopen")]
pub async fn reopen(
    request: HttpRequest,
    who: SignedIn,
    state: web::Data<State>,
    body: Body,
) -> Result<HttpResponse, Problem> {
    let reason = reason_of(&body)?;
    one(&request, &who, &state, &body, |_, _| Step::Reopen {
        reason: reason.clone(),
    })
    .await
}
