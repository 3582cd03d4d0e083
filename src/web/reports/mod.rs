//! 月报: who has reported and who has not, how punctual each organisation is, the tallies; freezing a month, and when
//! a plan's projects report.

pub mod steps;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, get, web};
use askama::Template;
use chrono::NaiveDate;
use diesel_async::AsyncPgConnection;
use uuid::Uuid;

use super::listing::Asked;
use super::page::{Faults, Frame, Paged, page};
use super::posted::{Posted, encoded};
use super::report::address as report_address;
use super::shown::{Badge, Lamp, name, ten_thousands};
use super::todo::reporting;
use super::visitor::Visitor;
use crate::http::request::State;
use crate::http::vocabularies::label;
use crate::kernel::Result;
use crate::kernel::authz::{self, Action, Target};
use crate::plans::model::PlanView;
use crate::plans::store as plans;
use crate::plans::store::reporting as calendars;
use crate::reports::api::body;
use crate::reports::model::FreezeRow;
use crate::reports::store;
use crate::rules::periods::{Frequency, Period, ReportingCalendar, Stage, Terms};
use crate::views::filters::ProjectFilter;
use crate::views::reporting::{self as views, Owing, Punctuality};
use crate::views::reports::at_edition;
use crate::views::summary::LightCounts;
use crate::views::tallies::{self, RatesView, Share, TalliesView};
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
            href: report_address(
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
    /// Those that some project shows: tone, and how many.
    lights: Vec<(&'static str, String)>,
}

fn lamps(counts: LightCounts) -> Vec<(&'static str, String)> {
    let all = [
        ("red", counts.red),
        ("yellow", counts.yellow),
        ("green", counts.green),
        ("blue", counts.blue),
        ("grey", counts.grey),
    ];
    let some = all.into_iter().filter(|(_, count)| *count > 0);
    let told = |(light, count)| {
        let lamp = Lamp::of(light);
        (lamp.tone, format!("{} {count}", lamp.text))
    };
    some.map(told).collect()
}

fn rates(name: String, tally: &RatesView) -> Rates {
    let cell = |share: &Share, unit: &str| {
        let rate = share.percent.as_ref().map(|percent| format!("{percent}%"));
        let of = match unit {
            "" => format!("{} / {}", share.numerator, share.denominator),
            _ => {
                let [part, whole] = [&share.numerator, &share.denominator].map(|yuan| ten_thousands(yuan));
                format!("{part} / {whole}{unit}")
            }
        };
        (rate.unwrap_or_else(|| "—".to_owned()), of)
    };
    Rates {
        name,
        projects: tally.projects,
        cells: vec![
            cell(&tally.begun, ""),
            cell(&tally.completed, ""),
            cell(&tally.investment_done, " 万元"),
            cell(&tally.funds_received, " 万元"),
        ],
        lights: lamps(tally.lights),
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

/// One time that the month was frozen.
struct Edition {
    number: i32,
    href: String,
    frozen_on: String,
    /// The page shows it.
    shows: bool,
    /// When it was reopened, and why.
    reopened: Option<(String, String)>,
}

#[derive(Template)]
#[template(path = "reports.html")]
struct Reports {
    frame: Frame,
    faults: Faults,
    plan: Option<PlanView>,
    plans: Vec<(String, String, bool)>,
    today: String,
    /// The day that everything but the forms speaks of; empty where nothing was recorded.
    speaks_of: String,
    /// The past day that was asked for.
    as_of: String,
    now_href: String,
    month: String,
    before: String,
    after: Option<String>,
    /// None: nobody owes a report yet.
    reporting_from: Option<String>,
    calendar: Vec<String>,
    frozen: Option<(i32, String, bool)>,
    editions: Vec<Edition>,
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

/// What the page speaks of: now, a past day, or an edition of a frozen month.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Moment {
    Now,
    Day(NaiveDate),
    /// The second: it was asked for by its number, not shown because the month is frozen.
    Edition(i32, bool),
}

impl Moment {
    fn is_edition(self, number: i32) -> bool {
        matches!(self, Moment::Edition(edition, _) if edition == number)
    }

    /// It was chosen by the reader: what can be done now has no place beside it.
    fn is_chosen(self) -> bool {
        matches!(self, Moment::Day(_) | Moment::Edition(_, true))
    }
}

/// What the address asks.
struct AskedFor {
    plan: Option<String>,
    month: Option<NaiveDate>,
    edition: Option<i32>,
    as_of: Option<NaiveDate>,
}

impl AskedFor {
    fn of(asked: &Asked) -> Result<AskedFor> {
        let mut q = asked.query(&["plan"]);
        let as_of = q.date("as_of");
        let (month, edition) = body::edition_asked(&mut q, as_of);
        q.finish(AskedFor {
            plan: asked.one("plan").map(str::to_owned),
            month,
            edition: edition.map(|(_, edition)| edition),
            as_of,
        })
    }

    /// A frozen month is shown as it was frozen, unless something else is asked for.
    fn moment(&self, freezes: &[FreezeRow]) -> Moment {
        let standing = freezes.iter().find(|one| one.stands()).map(|one| one.edition);
        match (self.as_of, self.edition, standing) {
            (Some(day), ..) => Moment::Day(day),
            (None, Some(edition), _) => Moment::Edition(edition, true),
            (None, None, Some(edition)) => Moment::Edition(edition, false),
            (None, None, None) => Moment::Now,
        }
    }
}

/// The page of a plan's month, of another moment than now.
fn address(plan: Option<&str>, month: &str, moment: Option<(&str, &str)>) -> String {
    let named = [plan.map(|code| ("plan", code)), Some(("month", month)), moment];
    let pairs: Vec<String> = named
        .iter()
        .flatten()
        .map(|(name, value)| format!("{name}={}", encoded(value)))
        .collect();
    format!("/reports?{}", pairs.join("&"))
}

/// The month's editions, the latest first.
fn editions(freezes: &[FreezeRow], moment: Moment, plan: Option<&str>, month: &str) -> Vec<Edition> {
    let of = |one: &FreezeRow| Edition {
        number: one.edition,
        shows: moment.is_edition(one.edition),
        href: address(plan, month, Some(("edition", &one.edition.to_string()))),
        frozen_on: one.frozen_on.to_string(),
        reopened: one
            .reopened_on
            .map(|on| on.to_string())
            .zip(one.reopen_reason.clone()),
    };
    freezes.iter().map(of).collect()
}

fn rows_of(tallies: &TalliesView) -> Vec<Rates> {
    let mut rows = vec![rates("全部".to_owned(), &tallies.all)];
    let regions = tallies.regions.iter();
    rows.extend(regions.map(|row| rates(row.name.clone(), &row.tally)));
    rows.extend(tallies.programmes.iter().map(|row| {
        let name = format!("专栏 {}　{}", row.number, row.programme.name);
        rates(name, &row.tally)
    }));
    rows
}

async fn shown(
    state: &State,
    visitor: &Visitor,
    query: &str,
    (status, faults, typed): (StatusCode, Faults, Option<&Posted>),
) -> Paged {
    let asked = Asked::of("/reports", query);
    let wanted = AskedFor::of(&asked)?;
    let reports = state
        .db
        .read(async |conn| {
            let mut window = Window::open(conn, &state.db.clock, &visitor.actor, &[], None).await?;
            let known = open_plans(conn, &window).await?;
            let plan = known
                .iter()
                .find(|plan| wanted.plan.as_deref().is_none_or(|wanted| plan.code == wanted))
                .or(known.first())
                .cloned();
            let ids: Vec<Uuid> = plan.iter().map(|plan| plan.id).collect();
            window.plans.retain(|one| ids.contains(&one.plan_id));
            let today = window.plans.first().map(|plan| plan.day);
            let month = wanted
                .month
                .or(wanted.as_of)
                .or(today)
                .and_then(|day| Period::containing(Frequency::Monthly, day));
            let of_month = month.map(|month| month.start);
            let mut freezes = store::freezes(conn, &ids).await?;
            freezes.retain(|one| Some(one.month) == of_month);
            let moment = wanted.moment(&freezes);
            let mine = match moment.is_chosen() {
                true => Vec::new(),
                false => mine(conn, visitor, &window).await?,
            };
            match (moment, of_month) {
                (Moment::Day(day), _) if !ids.is_empty() => {
                    window = Window::open(conn, &state.db.clock, &visitor.actor, &ids, Some(day)).await?;
                }
                (Moment::Edition(edition, _), Some(month)) => {
                    at_edition(conn, &mut window, month, edition).await?;
                }
                _ => {}
            }
            let filter = ProjectFilter::default();
            let all = views::owing(conn, &window, &filter, |debt, _| {
                Some(debt.period.last_month()) == of_month
            })
            .await?;
            let tallies = tallies::tallies(conn, &window, &filter).await?;
            let held = calendar_at(conn, &window).await?;
            let (organisations, whole) = views::punctuality(&all);
            let (filed, missing): (Vec<&Owing>, Vec<&Owing>) = all.iter().partition(|one| one.settled());
            let lines = |all: &[&Owing]| all.iter().take(ROWS).map(|one| Line::of(one)).collect::<Vec<_>>();
            let may = plan.as_ref().filter(|plan| {
                let target = Target::Plan {
                    id: plan.id,
                    issuer_id: plan.issuer_id,
                };
                !moment.is_chosen() && authz::require(&visitor.actor, Action::EditReporting, &target).is_ok()
            });
            let governs = match may {
                Some(plan) => {
                    let held = calendars::calendars(conn, &ids).await?.remove(&plan.id);
                    let typed = typed.filter(|posted| posted.one("month").is_none());
                    Some(governs(plan, &held.unwrap_or_default(), typed))
                }
                None => None,
            };
            let told = |day: Option<NaiveDate>| day.map(|day| day.to_string()).unwrap_or_default();
            let label = month.map(Period::label).unwrap_or_default();
            let code = plan.as_ref().map(|plan| plan.code.as_str());
            let of = |month: Period| address(code, &month.label(), None);
            Ok(Reports {
                frame: Frame::of(visitor, "月报", "/reports", query),
                faults: faults.clone(),
                governs,
                plans: known
                    .iter()
                    .map(|one| {
                        let chosen = plan.as_ref().is_some_and(|plan| plan.id == one.id);
                        (one.code.clone(), one.title.clone(), chosen)
                    })
                    .collect(),
                today: told(today),
                speaks_of: told(tallies.day),
                as_of: told(wanted.as_of),
                now_href: address(code, &label, Some(("as_of", &told(today)))),
                before: month.and_then(Period::previous).map(of).unwrap_or_default(),
                after: month
                    .and_then(Period::next)
                    .filter(|next| today.is_some_and(|today| next.start <= today))
                    .map(of),
                reporting_from: held.reporting_from.map(|day| day.to_string()),
                calendar: held.terms.iter().map(self::told).collect(),
                frozen: freezes.iter().find(|one| one.stands()).map(|one| {
                    let shows = moment.is_edition(one.edition);
                    (one.edition, one.frozen_on.to_string(), shows)
                }),
                editions: editions(&freezes, moment, code, &label),
                month: label,
                mine,
                missing: lines(&missing),
                filed: lines(&filed),
                more: (missing.len(), filed.len()),
                organisations,
                whole: (whole.due > 0).then_some(whole),
                rows: rows_of(&tallies),
                reason: typed.map(|posted| posted.typed("reason")).unwrap_or_default(),
                plan,
            })
        })
        .await?;
    page(status, &reports)
}

/// What the visitor's own organisations still report, of any month.
async fn mine(conn: &mut AsyncPgConnection, visitor: &Visitor, window: &Window) -> Result<Vec<Line>> {
    let organisations = reporting(conn, &visitor.person.memberships).await?;
    if organisations.is_empty() {
        return Ok(Vec::new());
    }
    let owed = answered_by(conn, window, &organisations).await?;
    Ok(owed.iter().filter(|one| !one.settled()).map(Line::of).collect())
}

/// When the plan's projects report, as it was set at the window's moment.
async fn calendar_at(conn: &mut AsyncPgConnection, window: &Window) -> Result<ReportingCalendar> {
    let at: Vec<(Uuid, i64)> = window.plans.iter().map(|one| (one.plan_id, one.number)).collect();
    let held = calendars::calendars_at(conn, &at).await?;
    Ok(held.into_values().next().unwrap_or_default())
}

#[get("/reports")]
pub async fn show(request: HttpRequest, state: web::Data<State>, visitor: Visitor) -> Paged {
    let fresh = (StatusCode::OK, Faults::default(), None);
    shown(&state, &visitor, request.query_string(), fresh).await
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
