//! 月报: who has reported and who has not, how punctual each organisation is, the tallies; freezing a month, and when
//! a plan's projects report.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, get, post, web};
use askama::Template;
use diesel_async::AsyncPgConnection;
use serde_json::{Value, json};
use uuid::Uuid;

use super::listing::Asked;
use super::page::{Faults, Frame, Paged, page, see_other};
use super::posted::Posted;
use super::report::address;
use super::shown::{Badge, name};
use super::todo::reporting;
use super::visitor::Visitor;
use crate::http::form::Fields;
use crate::http::request::State;
use crate::http::vocabularies::label;
use crate::kernel::authz::{self, Action, Target};
use crate::kernel::{Error, Fault, Result};
use crate::plans::model::PlanView;
use crate::plans::store as plans;
use crate::plans::store::reporting as calendars;
use crate::reports::actions::{calendar, freeze};
use crate::reports::api::body;
use crate::reports::model::FreezeRow;
use crate::reports::store;
use crate::rules::periods::{Frequency, Period, ReportingCalendar, Stage, Terms};
use crate::views::filters::ProjectFilter;
use crate::views::reporting::{self as views, Owing, Punctuality};
use crate::views::tallies::{self, RatesView, Share};
use crate::views::window::Window;

/// So many projects of each kind stand on the page; the rest is a link away.
const ROWS: usize = 100;

/// A period of a project as a line.
pub struct Line {
    pub href: String,
    pub project: String,
    /// The county whose part it is; empty: the whole.
    pub part: String,
    pub project_href: String,
    pub responsible: String,
    pub period: String,
    pub due: String,
    pub badge: Badge,
    /// 欠 12 天, 按时, 迟报
    pub word: String,
}

impl Line {
    pub fn of(one: &Owing) -> Line {
        let label = one.debt.period.label();
        let days = (one.day - one.debt.owed_from).num_days() + 1;
        let (tone, text) = match one.report.as_ref().map(|report| report.state.as_str()) {
            Some("verified") => ("done", "已核验"),
            Some("submitted") => ("wait", "待核验"),
            Some(_) => ("back", "已退回"),
            None if one.is_over() => ("late", "欠报"),
            None => ("open", "未到期"),
        };
        let word = match &one.report {
            _ if one.is_owed() => format!("欠 {days} 天"),
            Some(report) => match report.on_time {
                Some(true) => "按时".to_owned(),
                Some(false) => "迟报".to_owned(),
                None => String::new(),
            },
            None => String::new(),
        };
        Line {
            href: address(
                &one.project.code,
                &label,
                one.part.as_ref().map(|part| part.code.as_str()),
            ),
            part: name(&one.part),
            project: one.project.name.clone(),
            project_href: format!("/projects/{}", one.project.code),
            responsible: one
                .responsible
                .as_ref()
                .map(|named| named.name.clone())
                .unwrap_or_default(),
            period: label,
            due: one.debt.due_on.to_string(),
            badge: Badge {
                tone,
                text: text.to_owned(),
            },
            word,
        }
    }
}

/// A row of rates.
struct Rates {
    name: String,
    projects: u64,
    cells: Vec<(String, String)>,
}

fn rates(name: String, tally: &RatesView) -> Rates {
    let cell = |share: &Share, unit: &str| {
        let rate = share.percent.as_ref().map(|percent| format!("{percent}%"));
        let of = format!("{} / {}{unit}", share.numerator, share.denominator);
        (rate.unwrap_or_else(|| "—".to_owned()), of)
    };
    Rates {
        name,
        projects: tally.projects,
        cells: vec![
            cell(&tally.begun, ""),
            cell(&tally.completed, ""),
            cell(&tally.investment_done, " 元"),
            cell(&tally.funds_received, " 元"),
        ],
    }
}

/// How a stage reports, as the form has it.
struct StageForm {
    stage: &'static str,
    label: String,
    frequencies: Vec<(&'static str, String, bool)>,
    due_day: String,
    due_month_offset: String,
    grace_days: String,
}

/// What the planner may change.
struct Governs {
    version: i64,
    reporting_from: String,
    stages: Vec<StageForm>,
}

#[derive(Template)]
#[template(path = "reports.html")]
struct Reports {
    frame: Frame,
    faults: Faults,
    plan: Option<PlanView>,
    plans: Vec<(String, String, bool)>,
    day: String,
    month: String,
    before: String,
    after: Option<String>,
    /// None: nobody owes a report yet.
    reporting_from: Option<String>,
    calendar: Vec<String>,
    frozen: Option<(i32, String)>,
    editions: Vec<(i32, String, String)>,
    mine: Vec<Line>,
    missing: Vec<Line>,
    filed: Vec<Line>,
    more: (usize, usize),
    organisations: Vec<Punctuality>,
    whole: Option<Punctuality>,
    rows: Vec<Rates>,
    governs: Option<Governs>,
    reason: String,
}

/// How a stage reports, in words.
fn told(terms: &Terms) -> String {
    let when = match terms.due_month_offset {
        0 => "期末当月".to_owned(),
        1 => "次月".to_owned(),
        more => format!("期末后第 {more} 个月"),
    };
    format!(
        "{}{}报，{when} {} 日截止，宽限 {} 天",
        label("reporting_stages", terms.stage.as_str()),
        label("reporting_frequencies", terms.frequency.as_str()),
        terms.due_day,
        terms.grace_days
    )
}

fn governs(plan: &PlanView, held: &ReportingCalendar, typed: Option<&Posted>) -> Governs {
    let stages = Stage::ALL
        .into_iter()
        .map(|stage| {
            let terms = held.terms_of(stage);
            let word = stage.as_str();
            let shown = |name: &str, held: Option<u32>| match typed {
                Some(posted) => posted.typed(&format!("{word}-{name}")),
                None => held.map(|value| value.to_string()).unwrap_or_default(),
            };
            let chosen = match typed {
                Some(posted) => posted.typed(&format!("{word}-frequency")),
                None => terms
                    .map(|terms| terms.frequency.as_str().to_owned())
                    .unwrap_or_default(),
            };
            StageForm {
                stage: word,
                label: label("reporting_stages", word).to_owned(),
                frequencies: Frequency::ALL
                    .into_iter()
                    .map(|one| {
                        let text = label("reporting_frequencies", one.as_str()).to_owned();
                        (one.as_str(), text, one.as_str() == chosen)
                    })
                    .collect(),
                due_day: shown("due_day", terms.map(|terms| terms.due_day)),
                due_month_offset: shown("due_month_offset", terms.map(|terms| terms.due_month_offset)),
                grace_days: shown("grace_days", terms.map(|terms| terms.grace_days)),
            }
        })
        .collect();
    Governs {
        version: plan.row_version,
        reporting_from: match typed {
            Some(posted) => posted.typed("reporting_from"),
            None => held.reporting_from.map(|day| day.to_string()).unwrap_or_default(),
        },
        stages,
    }
}

/// The plans that the visitor may look at.
async fn open_plans(conn: &mut AsyncPgConnection, window: &Window) -> Result<Vec<PlanView>> {
    let mut all = plans::plans(conn).await?;
    all.retain(|plan| window.day_of(plan.id).is_some());
    Ok(all)
}

async fn shown(
    state: &State,
    visitor: &Visitor,
    query: &str,
    (status, faults, typed): (StatusCode, Faults, Option<&Posted>),
) -> Paged {
    let asked = Asked::of("/reports", query);
    let wanted = asked.one("plan").map(str::to_owned);
    let month = asked
        .one("month")
        .and_then(Period::parse)
        .filter(|period| period.frequency == Frequency::Monthly);
    let reports = state
        .db
        .read(async |conn| {
            let mut window = Window::open(conn, &state.db.clock, &visitor.actor, &[], None).await?;
            let known = open_plans(conn, &window).await?;
            let plan = known
                .iter()
                .find(|plan| wanted.as_deref().is_none_or(|wanted| plan.code == wanted))
                .or(known.first())
                .cloned();
            window
                .plans
                .retain(|one| plan.as_ref().is_some_and(|plan| plan.id == one.plan_id));
            let day = window.plans.first().map(|plan| plan.day);
            let month = month.or_else(|| Period::containing(Frequency::Monthly, day?));
            let of_month = month.map(|month| month.start);
            let filter = ProjectFilter::default();
            let all = views::owing(conn, &window, &filter, |debt, _| {
                Some(debt.period.last_month()) == of_month
            })
            .await?;
            let mine = reporting(conn, &visitor.person.memberships).await?;
            let owed = match mine.is_empty() {
                true => Vec::new(),
                false => {
                    answered_by(conn, &window, &mine).await?
                }
            };
            let tallies = tallies::tallies(conn, &window, &filter).await?;
            let ids: Vec<Uuid> = plan.iter().map(|plan| plan.id).collect();
            let held = calendars::calendars(conn, &ids)
                .await?
                .into_values()
                .next()
                .unwrap_or_default();
            let mut freezes = store::freezes(conn, &ids).await?;
            freezes.retain(|one| Some(one.month) == of_month);
            let (organisations, whole) = views::punctuality(&all);
            let (filed, missing): (Vec<&Owing>, Vec<&Owing>) = all.iter().partition(|one| one.settled());
            let lines = |all: &[&Owing]| all.iter().take(ROWS).map(|one| Line::of(one)).collect::<Vec<_>>();
            let mut rows = vec![rates("全部".to_owned(), &tallies.all)];
            rows.extend(
                tallies
                    .regions
                    .iter()
                    .map(|row| rates(row.name.clone(), &row.tally)),
            );
            rows.extend(tallies.programmes.iter().map(|row| {
                let name = format!("专栏 {}　{}", row.number, row.programme.name);
                rates(name, &row.tally)
            }));
            let may = plan.as_ref().filter(|plan| {
                let target = Target::Plan {
                    id: plan.id,
                    issuer_id: plan.issuer_id,
                };
                authz::require(&visitor.actor, Action::EditReporting, &target).is_ok()
            });
            Ok(Reports {
                frame: Frame::of(visitor, "月报", "/reports", query),
                faults: faults.clone(),
                governs: may
                    .map(|plan| governs(plan, &held, typed.filter(|posted| posted.one("month").is_none()))),
                plans: known
                    .iter()
                    .map(|one| {
                        let chosen = plan.as_ref().is_some_and(|plan| plan.id == one.id);
                        (one.code.clone(), one.title.clone(), chosen)
                    })
                    .collect(),
                day: day.map(|day| day.to_string()).unwrap_or_default(),
                month: month.map(Period::label).unwrap_or_default(),
                before: month
                    .and_then(Period::previous)
                    .map(|month| asked.with("month", &month.label()))
                    .unwrap_or_default(),
                after: month
                    .and_then(Period::next)
                    .filter(|next| day.is_some_and(|day| next.start <= day))
                    .map(|month| asked.with("month", &month.label())),
                reporting_from: held.reporting_from.map(|day| day.to_string()),
                calendar: held.terms.iter().map(told).collect(),
                frozen: freezes
                    .iter()
                    .find(|one| one.stands())
                    .map(|one| (one.edition, one.frozen_on.to_string())),
                editions: freezes.iter().filter_map(reopened).collect(),
                mine: owed.iter().filter(|one| !one.settled()).map(Line::of).collect(),
                missing: lines(&missing),
                filed: lines(&filed),
                more: (missing.len(), filed.len()),
                organisations,
                whole: (whole.due > 0).then_some(whole),
                rows,
                reason: typed.map(|posted| posted.typed("reason")).unwrap_or_default(),
                plan,
            })
        })
        .await?;
    page(status, &reports)
}

/// An edition that was reopened: its number, when, and why.
fn reopened(one: &FreezeRow) -> Option<(i32, String, String)> {
    Some((
        one.edition,
        one.reopened_on?.to_string(),
        one.reopen_reason.clone()?,
    ))
}

#[get("/reports")]
pub async fn show(request: HttpRequest, state: web::Data<State>, visitor: Visitor) -> Paged {
    let fresh = (StatusCode::OK, Faults::default(), None);
    shown(&state, &visitor, request.query_string(), fresh).await
}

/// Where a form of this page leads back to.
fn back_to(posted: &Posted) -> String {
    let mut query = String::new();
    for name in ["plan", "month"] {
        if let Some(value) = posted.one(name) {
            query.push_str(&format!("{name}={}&", super::posted::encoded(value)));
        }
    }
    query
}

async fn ended(state: &State, visitor: &Visitor, posted: &Posted, done: Result<()>, word: &str) -> Paged {
    let query = back_to(posted);
    match done {
        Ok(()) => Ok(see_other(&format!("/reports?{query}done={word}"))),
        Err(error) => {
            let (faults, status) = Faults::of(error)?;
            shown(state, visitor, &query, (status, faults, Some(posted))).await
        }
    }
}

async fn plan_of(tx: &mut crate::db::Tx, posted: &Posted) -> Result<Uuid> {
    let code = posted.one("plan").unwrap_or_default();
    Ok(plans::plan(tx.conn(), code).await?.id)
}

/// Freezes the month.
#[post("/reports/freeze")]
pub async fn freeze_month(state: web::Data<State>, visitor: Visitor, posted: Posted) -> Paged {
    let mut fields = posted.fields(&["month"])?;
    let month = body::month(&mut fields);
    let done = match fields.finish(month) {
        Ok(Some(month)) => state
            .db
            .write(&visitor.origin(), async |tx| {
                let plan_id = plan_of(tx, &posted).await?;
                freeze::freeze(tx, plan_id, month).await
            })
            .await
            .map(drop),
        Ok(None) => Err(Error::NotFound),
        Err(error) => Err(error),
    };
    ended(&state, &visitor, &posted, done, "frozen").await
}

/// Lets the month move again.
#[post("/reports/reopen")]
pub async fn reopen_month(state: web::Data<State>, visitor: Visitor, posted: Posted) -> Paged {
    let mut fields = posted.fields(&["month", "reason"])?;
    let month = body::month(&mut fields);
    let reason = fields.required_text("reason", 2_000);
    let done = match fields.finish((month, reason)) {
        Ok((Some(month), reason)) => state
            .db
            .write(&visitor.origin(), async |tx| {
                let plan_id = plan_of(tx, &posted).await?;
                freeze::reopen(tx, plan_id, month, &reason).await
            })
            .await
            .map(drop),
        Ok((None, _)) => Err(Error::NotFound),
        Err(error) => Err(error),
    };
    ended(&state, &visitor, &posted, done, "unfrozen").await
}

/// The form of the calendar as the body that the API takes, and which stages it names. A stage of which nothing is
/// filled in keeps what it has.
fn calendar_of(posted: &Posted) -> (Value, Vec<usize>) {
    let whole = |text: &str| {
        text.parse::<i64>()
            .map_or_else(|_| json!(text), |number| json!(number))
    };
    let mut named = Vec::new();
    let mut stages: Vec<Value> = Vec::new();
    for (place, stage) in Stage::ALL.into_iter().enumerate() {
        let word = stage.as_str();
        let mut object = serde_json::Map::new();
        for name in ["frequency", "due_day", "due_month_offset", "grace_days"] {
            if let Some(text) = posted.one(&format!("{word}-{name}")) {
                let value = if name == "frequency" {
                    json!(text)
                } else {
                    whole(text)
                };
                object.insert(name.to_owned(), value);
            }
        }
        if !object.is_empty() {
            object.insert("stage".to_owned(), json!(word));
            stages.push(Value::Object(object));
            named.push(place);
        }
    }
    let body = json!({ "reporting_from": posted.one("reporting_from"), "calendar": stages });
    (body, named)
}

/// A fault of the body belongs to the field of the stage that it names.
fn in_place(error: Error, named: &[usize]) -> Error {
    let moved = |mut fault: Fault| {
        let place = fault.pointer.strip_prefix("/calendar/").and_then(|rest| {
            let (index, field) = rest.split_once('/')?;
            let place = named.get(index.parse::<usize>().ok()?)?;
            Some(format!("/calendar/{place}/{field}"))
        });
        if let Some(place) = place {
            fault.pointer = place;
        }
        fault
    };
    match error {
        Error::Malformed(faults) => Error::Malformed(faults.into_iter().map(moved).collect()),
        other => other,
    }
}

/// Sets when the plan's projects report.
#[post("/reports/calendar")]
pub async fn set_calendar(state: web::Data<State>, visitor: Visitor, posted: Posted) -> Paged {
    let (sent, named) = calendar_of(&posted);
    let mut fields = Fields::of(sent)?;
    let edit = body::calendar(&mut fields);
    let done = match fields.finish(edit) {
        Ok(edit) => {
            state
                .db
                .write(&visitor.origin(), async |tx| {
                    let plan_id = plan_of(tx, &posted).await?;
                    calendar::edit(tx, plan_id, posted.seen_version(), &edit).await
                })
                .await
        }
        Err(error) => Err(in_place(error, &named)),
    };
    ended(&state, &visitor, &posted, done, "saved").await
}

/// The periods for which one of these organisations answers: for the project, or for a part of it.
async fn answered_by(
    conn: &mut AsyncPgConnection,
    window: &Window,
    organisations: &[Uuid],
) -> Result<Vec<Owing>> {
    let filter = ProjectFilter {
        answering: organisations.to_vec(),
        ..ProjectFilter::default()
    };
    let mut all = views::owing(conn, window, &filter, |_, _| true).await?;
    all.retain(|one| {
        let responsible = one.responsible.as_ref();
        responsible.is_some_and(|one| organisations.contains(&one.id))
    });
    Ok(all)
}

/// Periods that somebody reports and that are not there, for his list of what to do: owed or sent back.
pub async fn owed_by(
    conn: &mut AsyncPgConnection,
    window: &Window,
    organisations: &[Uuid],
) -> Result<Vec<Line>> {
    let all = answered_by(conn, window, organisations).await?;
    let wanted = |one: &&Owing| one.is_owed() || (one.report.is_some() && !one.settled());
    Ok(all.iter().filter(wanted).map(Line::of).collect())
}
