//! The JSON door of the rules of lights: ready-made sets, a plan's versions, what would change colour, and another
//! version.

use actix_web::{HttpRequest, HttpResponse, get, post, web};
use chrono::NaiveDate;
use serde::Serialize;

use crate::db::Database;
use crate::http::answer::{self, Answer, ListBody, PageInfo};
use crate::http::form::Fields;
use crate::http::problem::{Problem, ProblemDocument};
use crate::http::reasons;
use crate::http::refusals::{AddRefusals, ChangeRefusals, ListRefusals, ReadRefusals};
use crate::http::request::{Body, Keyed, Seen, SignedIn, State, query};
use crate::http::run;
use crate::kernel::{Actor, Code, Error, Fault, Result};
use crate::plans::model::PlanView;
use crate::plans::store as plans;
use crate::projects::actions::light_rules as actions;
use crate::rules::lights::rule_set::{
    MOST_MONTHS, MOST_STEPS, Measure, Promises, Schedule, Shares, Steps, Warning,
};
use crate::rules::lights::{Light, RuleSet, ready};
use crate::views::lights::{self as views, LightRulesView, ReasonView};
use crate::views::names::Named;
use crate::views::window::Window;

/// How many projects a preview names; it counts all.
const NAMED: usize = 500;

/// A rule set that comes ready-made.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ReadyRules {
    /// Named as `set`.
    pub code: &'static str,
    pub rules: RuleSet,
}

/// Rules, or a ready-made set of them.
#[derive(utoipa::ToSchema)]
#[allow(
    dead_code,
    reason = "describes the body for the OpenAPI document; read field by field"
)]
pub struct LightRulesPreviewBody {
    pub rules: Option<RuleSet>,
    /// The code of a ready-made set, in place of `rules`.
    pub set: Option<String>,
}

/// Rules to be put in force, and why.
#[derive(utoipa::ToSchema)]
#[allow(
    dead_code,
    reason = "describes the body for the OpenAPI document; read field by field"
)]
pub struct LightRulesBody {
    pub rules: Option<RuleSet>,
    /// The code of a ready-made set, in place of `rules`.
    pub set: Option<String>,
    #[schema(min_length = 1, max_length = 2000)]
    pub reason: String,
}

/// How many of one light would be of another.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct TurnCount {
    pub from: Light,
    pub to: Light,
    pub count: i64,
}

/// A project whose light would be another.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct TurnedProject {
    pub project: Named,
    pub from: Light,
    pub to: Light,
    /// Of the light that it would have.
    pub reasons: Vec<ReasonView>,
}

/// What would change colour, of what is worked out; overrides stay as they are.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct LightRulesPreview {
    pub day: NaiveDate,
    /// Of every project, those that would stay as they are too.
    pub counts: Vec<TurnCount>,
    /// How many would change.
    pub changed: usize,
    /// The first 500 of those, the gravest first.
    pub projects: Vec<TurnedProject>,
}

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

/// A number that a threshold may be.
fn number(f: &mut Fields, name: &'static str, most: u32) -> Option<u32> {
    f.integer(name, 1, i64::from(most))
        .and_then(|number| u32::try_from(number).ok())
}

fn steps(mut f: Fields) -> Result<Steps, Vec<Fault>> {
    let (yellow, red) = (
        number(&mut f, "yellow", MOST_STEPS),
        number(&mut f, "red", MOST_STEPS),
    );
    f.finish_item(Steps { yellow, red })
}

fn shares(mut f: Fields) -> Result<Shares, Vec<Fault>> {
    let (yellow, red) = (f.decimal("yellow", 0, 100, 2), f.decimal("red", 0, 100, 2));
    f.finish_item(Shares { yellow, red })
}

fn schedule(mut f: Fields) -> Result<Schedule, Vec<Fault>> {
    let measure = f.choice("measure", &Measure::ALL.map(Measure::as_str), Measure::parse);
    let measure = f
        .required("measure", measure.map(Some))
        .unwrap_or(Measure::Points);
    let yellow = f.decimal("yellow", 0, 100, 2);
    let yellow = f.required("yellow", yellow);
    let red = f.decimal("red", 0, 100, 2);
    let red = f.required("red", red);
    let rule = Schedule {
        measure,
        yellow,
        yellow_included: f.boolean("yellow_included").unwrap_or(false),
        red,
        red_included: f.boolean("red_included").unwrap_or(false),
        red_after_months: number(&mut f, "red_after_months", MOST_MONTHS),
        due_soon_days: number(&mut f, "due_soon_days", MOST_STEPS),
    };
    f.finish_item(rule)
}

fn promises(mut f: Fields) -> Result<Promises, Vec<Fault>> {
    let words = ["yellow", "red"];
    let rule = Promises {
        measure: f.choice("measure", &Measure::ALL.map(Measure::as_str), Measure::parse),
        yellow: f.decimal("yellow", 0, 100, 2),
        red: f.decimal("red", 0, 100, 2),
        breached: f.choice("breached", &words, Warning::parse),
        missed: f.choice("missed", &words, Warning::parse),
    };
    f.finish_item(rule)
}

/// Reads a rule set's form, every fault at once; whether it makes sense is for the rules to say.
fn rule_set(mut f: Fields) -> Result<RuleSet, Vec<Fault>> {
    let name = f.filled_text("name", 100);
    let rules = RuleSet {
        name: f.required("name", name),
        source: f.text("source", 300).unwrap_or_default(),
        recovered_within_days: number(&mut f, "recovered_within_days", MOST_STEPS),
        start: f.object("start", steps),
        schedule: f.object("schedule", schedule),
        investment: f.object("investment", shares),
        statistics: f.object("statistics", steps),
        reporting: f.object("reporting", steps),
        verification: f.object("verification", steps),
        commitment: f.object("commitment", promises),
    };
    f.finish_item(rules)
}

/// Reads `rules`, or `set`: one of them.
pub(crate) fn chosen(f: &mut Fields) -> Option<RuleSet> {
    let both = f.sent("rules") && f.sent("set");
    let rules = f.object("rules", rule_set);
    let codes: Vec<&'static str> = ready::codes().collect();
    let set = f.choice("set", &codes, ready::named);
    if both {
        f.fault("set", Code::FieldDuplicate);
    }
    let chosen = rules.or(set);
    if chosen.is_none() {
        f.missing("rules");
    }
    chosen
}

/// Tries rules on what is in the asker's sight, today. Changes nothing.
pub(crate) async fn tried(
    db: &Database,
    actor: &Actor,
    reference: &str,
    rules: &RuleSet,
) -> Result<(PlanView, LightRulesPreview)> {
    db.read(async |conn| {
        let plan = plans::plan(conn, reference).await?;
        actions::permit(actor, &plan)?;
        let window = Window::open(conn, &db.clock, actor, &[plan.id], None).await?;
        let (day, named) = views::projects_in(conn, &window, plan.id).await?;
        let ids: Vec<uuid::Uuid> = named.keys().copied().collect();
        let found = actions::preview(conn, actor, &plan, rules, (day, &ids)).await?;
        let changed = found.turned.len();
        let mut projects = Vec::new();
        for one in found.turned.into_iter().take(NAMED) {
            let project = named.get(&one.project_id).cloned().ok_or(Error::NotFound)?;
            let mut told = views::reasons(one.reasons)?;
            reasons::told(&mut told);
            projects.push(TurnedProject {
                project,
                from: one.from,
                to: one.to,
                reasons: told,
            });
        }
        let counts = found
            .counts
            .into_iter()
            .map(|((from, to), count)| TurnCount { from, to, count })
            .collect();
        let answer = LightRulesPreview {
            day,
            counts,
            changed,
            projects,
        };
        Ok((plan, answer))
    })
    .await
}

/// The rule sets that come ready-made.
#[utoipa::path(tag = "lights", responses((status = 200, body = ListBody<ReadyRules>), ListRefusals))]
#[get("/light-rule-sets")]
pub async fn ready_made(request: HttpRequest, _who: SignedIn) -> Result<HttpResponse, Problem> {
    query(&request).finish(())?;
    let all = ready::codes()
        .filter_map(|code| ready::named(code).map(|rules| ReadyRules { code, rules }))
        .collect();
    answer::read(&request, None, &whole(all))
}

/// Every version of the rules of a plan's lights, the latest first: that one is in force.
#[utoipa::path(tag = "lights", params(("plan" = String, Path, description = "Id or code.")),
    responses((status = 200, body = ListBody<LightRulesView>),
        (status = 400, body = ProblemDocument, content_type = "application/problem+json"), ReadRefusals))]
#[get("/plans/{plan}/light-rules")]
pub async fn list(
    request: HttpRequest,
    _who: SignedIn,
    state: web::Data<State>,
    path: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    query(&request).finish(())?;
    let rows = state
        .db
        .read(async |conn| {
            let plan = plans::plan(conn, &path).await?;
            views::rule_sets(conn, plan.id).await
        })
        .await?;
    answer::read(&request, None, &whole(rows))
}

/// What would change colour today under other rules. Changes nothing, and needs no key.
#[utoipa::path(tag = "lights", request_body = LightRulesPreviewBody,
    params(("plan" = String, Path, description = "Id or code.")),
    responses((status = 200, body = LightRulesPreview), AddRefusals))]
#[post("/plans/{plan}/light-rules/preview")]
pub async fn preview(
    who: SignedIn,
    state: web::Data<State>,
    path: web::Path<String>,
    body: Body,
) -> Result<HttpResponse, Problem> {
    let mut f = body.fields()?;
    let rules = chosen(&mut f);
    let rules = f
        .finish(rules)?
        .ok_or_else(|| Error::malformed("/rules", Code::FieldMissing))?;
    let (_, found) = tried(&state.db, &who.0, &path, &rules).await?;
    Ok(Answer::plain(&found)?.respond())
}

/// Puts rules in force: every light of the plan is worked out by them from now on. `If-Match` is the version in force.
#[utoipa::path(tag = "lights", request_body = LightRulesBody,
    params(("plan" = String, Path, description = "Id or code."), ("If-Match" = String, Header), ("Idempotency-Key" = String, Header)),
    responses((status = 201, body = LightRulesView), ChangeRefusals))]
#[post("/plans/{plan}/light-rules")]
pub async fn change(
    request: HttpRequest,
    who: SignedIn,
    state: web::Data<State>,
    path: web::Path<String>,
    body: Body,
) -> Result<HttpResponse, Problem> {
    let mut f = body.fields()?;
    let rules = chosen(&mut f);
    let reason = f.required_text("reason", 2_000);
    let rules = f
        .finish(rules)?
        .ok_or_else(|| Error::malformed("/rules", Code::FieldMissing))?;
    let seen = Seen::of(&request)?;
    let keyed = Keyed::of(&request, &body)?;
    let answer = run::keyed(&state, &who, &keyed, async |tx| {
        let plan = plans::plan(tx.conn(), &path).await?;
        let row = actions::change(tx, &plan, seen.version(), &rules, &reason).await?;
        let location = format!("/api/v1/plans/{}/light-rules", plan.code);
        let version = i64::from(row.version);
        let view = views::show_rule_sets(tx.conn(), vec![row]).await?.pop();
        Answer::created(version, location, &view.ok_or(Error::NotFound)?)
    })
    .await?;
    Ok(answer.respond())
}
