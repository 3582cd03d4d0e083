//! One project's report for one period: what it says beside the last one, filing it, correcting, verifying, returning.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, get, post, web};
use askama::Template;
use diesel_async::AsyncPgConnection;
use serde_json::{Value, json};
use uuid::Uuid;

use super::page::{Faults, Frame, Paged, page, see_other};
use super::posted::{Posted, plain_figure};
use super::shown::Badge;
use super::visitor::Visitor;
use crate::http::form::Fields;
use crate::http::messages;
use crate::http::request::{State, id_of};
use crate::http::vocabularies::{FUND_SOURCES, label};
use crate::kernel::authz::{self, Action, ProjectScope, Reporter, Target};
use crate::kernel::{Error, Result};
use crate::projects::parts::PartRow;
use crate::projects::parts::store as part_store;
use crate::projects::silence::Facts;
use crate::projects::store as projects;
use crate::reports::actions::{file, judge};
use crate::reports::api::body;
use crate::reports::model::{Judgement, NewReport, SOURCES, State as ReportState};
use crate::reports::store;
use crate::rules::periods::Period;
use crate::views::names::{Named, Names, Wanted};
use crate::views::projects as project_views;
use crate::views::reports::{self as views, LatestReport, MoneyView, ReportView};
use crate::views::shown::ProjectView;
use crate::views::window::Window;

const MONEY: [(&str, &str); 4] = [
    ("required", "需求"),
    ("received", "到位"),
    ("paid", "支付"),
    ("done", "完成投资"),
];
const TEXTS: [&str; 6] = [
    "physical_percent",
    "done_text",
    "problems",
    "next_steps",
    "note",
    "statistics_entered_on",
];

fn figure<'a>(money: &'a MoneyView, name: &str) -> &'a str {
    let value = match name {
        "required" => &money.required,
        "received" => &money.received,
        "paid" => &money.paid,
        _ => &money.done,
    };
    value.as_deref().unwrap_or_default()
}

/// A figure of money as a field: its name, label, value, and what it was.
struct Sum {
    name: &'static str,
    label: &'static str,
    value: String,
    before: String,
}

/// A source with its four fields.
struct Source {
    index: usize,
    label: String,
    /// The input's name, the field's name in faults, the column's label, the value.
    fields: Vec<(String, String, &'static str, String)>,
}

/// What the form holds: what was typed, what is there, or what was last.
struct Form {
    physical_percent: String,
    done_text: String,
    problems: String,
    next_steps: String,
    note: String,
    statistics_entered_on: String,
    sums: Vec<Sum>,
    sources: Vec<Source>,
    /// Some source has a figure: the part is shown unfolded.
    by_source: bool,
}

fn form(held: Option<&ReportView>, before: Option<&ReportView>, typed: Option<&Posted>) -> Form {
    // A correction begins with what is there, a new report with the last values: money and progress go on from them,
    // words do not.
    let from = held.or(before);
    let text = |name: &str, value: Option<String>| match typed {
        Some(posted) => posted.typed(name),
        None => value.unwrap_or_default(),
    };
    let own = |read: fn(&ReportView) -> Option<String>| held.and_then(read);
    let sources: Vec<Source> = FUND_SOURCES
        .iter()
        .enumerate()
        .map(|(index, (source, label))| {
            let fund = from.and_then(|report| report.funds.iter().find(|fund| fund.source == *source));
            let fields = MONEY
                .into_iter()
                .map(|(name, label)| {
                    let input = format!("{source}-{name}");
                    let value = text(&input, fund.map(|fund| figure(&fund.money, name).to_owned()));
                    (input, format!("funds/{index}/{name}"), label, value)
                })
                .collect();
            Source {
                index,
                label: (*label).to_owned(),
                fields,
            }
        })
        .collect();
    Form {
        physical_percent: text(
            "physical_percent",
            from.map(|report| report.physical_percent.clone()),
        ),
        done_text: text("done_text", own(|report| Some(report.done_text.clone()))),
        problems: text("problems", own(|report| report.problems.clone())),
        next_steps: text("next_steps", own(|report| report.next_steps.clone())),
        note: text("note", own(|report| report.note.clone())),
        statistics_entered_on: text(
            "statistics_entered_on",
            from.and_then(|report| report.statistics_entered_on)
                .map(|day| day.to_string()),
        ),
        sums: MONEY
            .into_iter()
            .map(|(name, label)| Sum {
                name,
                label,
                value: text(name, from.map(|report| figure(&report.money, name).to_owned())),
                before: before
                    .map(|report| figure(&report.money, name).to_owned())
                    .unwrap_or_default(),
            })
            .collect(),
        by_source: sources
            .iter()
            .flat_map(|source| &source.fields)
            .any(|(.., value)| !value.is_empty()),
        sources,
    }
}

/// A report as somebody reads it.
struct Shown {
    period: String,
    badge: Badge,
    rows: Vec<(String, String)>,
    money: Vec<(String, String, String, String, String)>,
    reported: String,
    verified: Option<String>,
    back_reason: Option<String>,
    warnings: Vec<String>,
}

/// A county's part of the project in this period.
struct PartLine {
    href: String,
    region: String,
    organisation: String,
    badge: Badge,
    physical: String,
    done: String,
    /// The page is about it.
    current: bool,
}

/// Where a report stands: of the whole, or of one county's part.
pub(super) fn address(project: &str, period: &str, region: Option<&str>) -> String {
    match region {
        None => format!("/projects/{project}/reports/{period}"),
        Some(region) => format!("/projects/{project}/reports/{period}/{region}"),
    }
}

fn badge(state: &str) -> Badge {
    let tone = match state {
        "verified" => "done",
        "submitted" => "wait",
        _ => "back",
    };
    Badge {
        tone,
        text: label("report_states", state).to_owned(),
    }
}

fn read(report: &ReportView) -> Shown {
    let name = super::shown::name;
    let mut rows = vec![
        ("形象进度".to_owned(), format!("{}%", report.physical_percent)),
        ("本期完成".to_owned(), report.done_text.clone()),
    ];
    for (title, text) in [
        ("存在问题", &report.problems),
        ("下步安排", &report.next_steps),
        ("备注", &report.note),
    ] {
        if let Some(text) = text {
            rows.push((title.to_owned(), text.clone()));
        }
    }
    if let Some(day) = report.statistics_entered_on {
        rows.push(("入统日期".to_owned(), day.to_string()));
    }
    let line = |title: &str, money: &MoneyView| {
        let cell = |name| figure(money, name).to_owned();
        (
            title.to_owned(),
            cell("required"),
            cell("received"),
            cell("paid"),
            cell("done"),
        )
    };
    let mut money: Vec<_> = report
        .funds
        .iter()
        .map(|fund| line(label("fund_sources", &fund.source), &fund.money))
        .collect();
    money.push(line("合计", &report.money));
    let in_time = match report.on_time {
        Some(true) => "，按时",
        Some(false) => "，迟报",
        None => "，补报",
    };
    Shown {
        period: report.period.clone(),
        badge: badge(&report.state),
        rows,
        money,
        reported: format!("{} {}{in_time}", name(&report.reported_by), report.reported_on),
        verified: report
            .verified_on
            .map(|on| format!("{} {on}", name(&report.verified_by))),
        back_reason: report.back_reason.clone(),
        warnings: report
            .warnings
            .iter()
            .map(|one| messages::text(&one.fault))
            .collect(),
    }
}

#[derive(Template)]
#[template(path = "report.html")]
struct ReportPage {
    frame: Frame,
    faults: Faults,
    project: ProjectView,
    period: String,
    today: String,
    /// The county whose part it is.
    region: Option<Named>,
    action: String,
    held: Option<Shown>,
    parts: Vec<PartLine>,
    /// What the parts come to, once all have reported.
    sum: Option<LatestReport>,
    before: Option<Shown>,
    /// The report's own id and version, where it is there.
    id: Option<Uuid>,
    version: i64,
    frozen: Option<i32>,
    /// What may be filed or corrected.
    form: Option<Form>,
    verifies: bool,
    returns: bool,
    /// Why nothing can be filed here.
    closed: Option<&'static str>,
    reason: String,
}

fn period_of(text: &str) -> Result<Period> {
    Period::parse(text).ok_or(Error::NotFound)
}

/// Which report a page is about.
#[derive(Clone, Copy)]
struct Asked<'a> {
    project: &'a str,
    period: Period,
    /// A region's id or code.
    region: Option<&'a str>,
    query: &'a str,
}

/// The county that is asked for: one that has a part, or of which something was reported.
async fn region_of(
    conn: &mut AsyncPgConnection,
    asked: &Asked<'_>,
    parts: &[PartRow],
    reports: &[ReportView],
) -> Result<Option<Named>> {
    let Some(name) = asked.region else {
        return Ok(None);
    };
    let id = projects::region_named(conn, name).await?.ok_or(Error::NotFound)?;
    let reported = reports
        .iter()
        .filter_map(|one| one.region.as_ref())
        .any(|region| region.id == id);
    if !reported && parts.iter().all(|part| part.region_id != id) {
        return Err(Error::NotFound);
    }
    let mut wanted = Wanted::default();
    wanted.regions.insert(id);
    let names = Names::load(conn, &wanted).await?;
    names.get(Some(id)).map(Some).ok_or(Error::NotFound)
}

/// The parts of the project with their reports of the period.
fn part_lines(
    asked: &Asked<'_>,
    (project, parts): (&ProjectView, &[PartRow]),
    names: &Names,
    (reports, region): (&[ReportView], Option<&Named>),
) -> Vec<PartLine> {
    let label = asked.period.label();
    let line = |part: &PartRow| {
        let named = names.get(Some(part.region_id))?;
        let report = reports.iter().find(|one| {
            one.period == label
                && one
                    .region
                    .as_ref()
                    .is_some_and(|region| region.id == part.region_id)
        });
        Some(PartLine {
            href: address(&project.code, &label, Some(&named.code)),
            organisation: names.get(part.answers()).map(|one| one.name).unwrap_or_default(),
            badge: report.map_or_else(
                || Badge {
                    tone: "open",
                    text: "未报".to_owned(),
                },
                |one| badge(&one.state),
            ),
            physical: report.map(|one| one.physical_percent.clone()).unwrap_or_default(),
            done: report.and_then(|one| one.money.done.clone()).unwrap_or_default(),
            current: region.is_some_and(|region| region.id == part.region_id),
            region: named.name,
        })
    };
    parts.iter().filter_map(line).collect()
}

/// What somebody may find of a report that is there: verify it, return it.
async fn judgements(
    conn: &mut AsyncPgConnection,
    visitor: &Visitor,
    scope: &ProjectScope,
    one: &ReportView,
) -> Result<(bool, bool)> {
    let reporter = Reporter {
        user_id: one.reported_by_user_id,
        organisation_id: one.reported_by.as_ref().map(|by| by.id).unwrap_or_default(),
    };
    let paths = projects::paths_of(conn, &[reporter.organisation_id]).await?;
    let target = Target::Report {
        id: one.id,
        project: scope,
        reporter,
        reporter_path: paths.get(&reporter.organisation_id).map_or(&[], Vec::as_slice),
    };
    let stands = ReportState::parse(&one.state).unwrap_or(ReportState::Returned);
    let may = |judgement: Judgement| {
        let action = judge::action(&judgement, stands);
        authz::require(&visitor.actor, action, &target).is_ok()
    };
    Ok((
        stands == ReportState::Submitted && may(Judgement::Verify { note: None }),
        stands != ReportState::Returned
            && may(Judgement::Return {
                reason: String::new(),
            }),
    ))
}

async fn shown(
    state: &State,
    visitor: &Visitor,
    asked: Asked<'_>,
    (status, faults, typed): (StatusCode, Faults, Option<&Posted>),
) -> Paged {
    let period = asked.period;
    let found = state
        .db
        .read(async |conn| {
            let window = Window::open(conn, &state.db.clock, &visitor.actor, &[], None).await?;
            let row = project_views::find(conn, &window, asked.project).await?;
            let project = project_views::read(conn, &window, asked.project).await?;
            let reports = views::of_project(conn, &window, project.id).await?;
            let facts = Facts::load(conn, &[(row.id, row.plan_id)]).await?;
            let parts = facts.parts(row.id);
            let region = region_of(conn, &asked, parts, &reports).await?;
            let which = region.as_ref().map(|region| region.id);
            let of_it = |one: &&ReportView| one.region.as_ref().map(|region| region.id) == which;
            let label = period.label();
            let held = reports.iter().filter(of_it).find(|one| one.period == label);
            let before = reports
                .iter()
                .filter(of_it)
                .find(|one| one.period_end < period.end);
            let scopes = projects::scopes_of(conn, &[project.id]).await?;
            let scope = scopes.get(&project.id).ok_or(Error::NotFound)?;
            let months = store::frozen(conn, &[row.plan_id]).await?;
            let frozen = months.get(&(row.plan_id, period.last_month())).copied();
            let holders = part_store::holders(conn, parts).await?;
            let target = match which.and_then(|region| facts.part(row.id, region)) {
                None => Target::Project(scope),
                Some(part) => Target::ProjectPart {
                    project: scope,
                    holder: holders.get(&part.id),
                },
            };
            let files = authz::require(&visitor.actor, Action::FileReport, &target).is_ok();
            let by_parts = facts.division(row.id).is_of_parts(period);
            let outside = facts
                .calendar(row.plan_id)
                .is_some_and(|held| period.end < held.starts_on || period.start > held.ends_on);
            let closed = if frozen.is_some() {
                Some("这一期所在的月份已封存，不能改动；确需更正，请规划主管说明理由后解封。")
            } else if row.is_over() {
                Some("项目已取消或归档。")
            } else if held.is_some_and(|one| one.state == "verified") {
                Some("这一期已核验；要改，请规划主管退回。")
            } else if held.is_some() {
                None
            } else if period.start > project.day {
                Some("这一期还没有开始。")
            } else if outside {
                Some("这一期不在规划期内，不用报。")
            } else if by_parts && which.is_none() {
                Some("本项目分县填报：请选县区，分别填报。")
            } else if !by_parts && which.is_some() {
                Some("这一期在分县以前，或已按整个项目报过：请按整个项目填报。")
            } else {
                None
            };
            let judged = match held.filter(|_| frozen.is_none() && !row.is_over()) {
                Some(one) => judgements(conn, visitor, scope, one).await?,
                None => (false, false),
            };
            let sum = match (by_parts, which) {
                (true, None) => views::of_period(conn, &window, project.id, period).await?,
                _ => None,
            };
            let mut wanted = Wanted::default();
            wanted.regions.extend(parts.iter().map(|part| part.region_id));
            wanted
                .organisations
                .extend(parts.iter().filter_map(PartRow::answers));
            let names = Names::load(conn, &wanted).await?;
            let title = match &region {
                None => format!("{label} 月报：{}", project.title),
                Some(region) => format!("{label} 月报：{}（{}）", project.title, region.name),
            };
            Ok(ReportPage {
                frame: Frame::of(visitor, title, "/reports", asked.query),
                faults: faults.clone(),
                today: project.day.to_string(),
                action: address(
                    &project.code,
                    &label,
                    region.as_ref().map(|region| region.code.as_str()),
                ),
                held: held.map(read),
                parts: part_lines(&asked, (&project, parts), &names, (&reports, region.as_ref())),
                sum,
                before: before.map(read),
                id: held.map(|one| one.id),
                version: held.map_or(0, |one| one.version),
                form: (files && closed.is_none()).then(|| {
                    form(
                        held,
                        before,
                        typed.filter(|posted| posted.one("judged").is_none()),
                    )
                }),
                closed: closed.filter(|_| files),
                frozen,
                verifies: judged.0,
                returns: judged.1,
                reason: typed.map(|posted| posted.typed("reason")).unwrap_or_default(),
                region,
                period: label,
                project,
            })
        })
        .await?;
    page(status, &found)
}

async fn open(
    (request, state, visitor): (&HttpRequest, &State, &Visitor),
    project: &str,
    period: &str,
    region: Option<&str>,
) -> Paged {
    let asked = Asked {
        project,
        period: period_of(period)?,
        region,
        query: request.query_string(),
    };
    shown(state, visitor, asked, (StatusCode::OK, Faults::default(), None)).await
}

#[get("/projects/{project}/reports/{period}")]
pub async fn show(
    request: HttpRequest,
    state: web::Data<State>,
    visitor: Visitor,
    path: web::Path<(String, String)>,
) -> Paged {
    open((&request, &state, &visitor), &path.0, &path.1, None).await
}

#[get("/projects/{project}/reports/{period}/{region}")]
pub async fn show_part(
    request: HttpRequest,
    state: web::Data<State>,
    visitor: Visitor,
    path: web::Path<(String, String, String)>,
) -> Paged {
    open((&request, &state, &visitor), &path.0, &path.1, Some(&path.2)).await
}

/// The form as the body that the API takes. Money may be typed with separators of thousands.
fn body_of(posted: &Posted) -> Value {
    let mut object = serde_json::Map::new();
    for name in TEXTS {
        if let Some(text) = posted.one(name) {
            object.insert(name.to_owned(), json!(text));
        }
    }
    for (name, _) in MONEY {
        if let Some(text) = posted.one(name) {
            object.insert(name.to_owned(), json!(plain_figure(text)));
        }
    }
    // Every source in its place, so that a fault's place is the field's.
    let mut any = false;
    let funds: Vec<Value> = SOURCES
        .iter()
        .map(|source| {
            let mut fund = serde_json::Map::new();
            fund.insert("source".to_owned(), json!(source));
            for (name, _) in MONEY {
                if let Some(text) = posted.one(&format!("{source}-{name}")) {
                    any = true;
                    fund.insert(name.to_owned(), json!(plain_figure(text)));
                }
            }
            Value::Object(fund)
        })
        .collect();
    if any {
        object.insert("funds".to_owned(), Value::Array(funds));
    }
    Value::Object(object)
}

/// Files the report, or corrects the one that is there.
#[post("/projects/{project}/reports/{period}")]
pub async fn save(
    state: web::Data<State>,
    visitor: Visitor,
    path: web::Path<(String, String)>,
    posted: Posted,
) -> Paged {
    kept((&state, &visitor, &posted), &path.0, &path.1, None).await
}

/// The same for a county's part.
#[post("/projects/{project}/reports/{period}/{region}")]
pub async fn save_part(
    state: web::Data<State>,
    visitor: Visitor,
    path: web::Path<(String, String, String)>,
    posted: Posted,
) -> Paged {
    kept((&state, &visitor, &posted), &path.0, &path.1, Some(&path.2)).await
}

async fn kept(
    (state, visitor, posted): (&State, &Visitor, &Posted),
    project: &str,
    label: &str,
    region: Option<&str>,
) -> Paged {
    let period = period_of(label)?;
    let mut fields = Fields::of(body_of(posted))?;
    let said = body::figures(&mut fields);
    let held = posted.one("report").and_then(|id| Uuid::try_parse(id).ok());
    let done = match fields.finish(said) {
        Err(error) => Err(error),
        Ok(figures) => {
            state
                .db
                .write(&visitor.origin(), async |tx| match held {
                    Some(id) => file::correct(tx, id, posted.seen_version(), &figures)
                        .await
                        .map(drop),
                    None => {
                        let new = NewReport {
                            project_id: projects::project_id(tx.conn(), project).await?,
                            region: region.map(str::to_owned),
                            period,
                            figures: figures.clone(),
                        };
                        file::file(tx, &[new]).await.map(drop)
                    }
                })
                .await
        }
    };
    match done {
        Ok(()) => Ok(see_other(&format!(
            "{}?done=filed",
            address(project, label, region)
        ))),
        Err(error) => {
            let (faults, status) = Faults::of(error)?;
            let asked = Asked {
                project,
                period,
                region,
                query: "",
            };
            shown(state, visitor, asked, (status, faults, Some(posted))).await
        }
    }
}

async fn judged(
    (state, visitor): (&State, &Visitor),
    id: &str,
    posted: &Posted,
    judgement: Result<Judgement>,
    word: &str,
) -> Paged {
    let id = id_of(id)?;
    // Where it is shown again; what is not in sight is not there.
    let (project, period, region) = state
        .db
        .read(async |conn| {
            let window = Window::open(conn, &state.db.clock, &visitor.actor, &[], None).await?;
            let report = views::read(conn, &window, id).await?;
            let project = report.project.map(|project| project.code).unwrap_or_default();
            Ok((project, report.period, report.region.map(|region| region.code)))
        })
        .await?;
    let done = match judgement {
        Ok(judgement) => state
            .db
            .write(&visitor.origin(), async |tx| {
                judge::judge(tx, id, posted.seen_version(), &judgement).await
            })
            .await
            .map(drop),
        Err(error) => Err(error),
    };
    match done {
        Ok(()) => Ok(see_other(&format!(
            "{}?done={word}",
            address(&project, &period, region.as_deref())
        ))),
        Err(error) => {
            let (faults, status) = Faults::of(error)?;
            let asked = Asked {
                project: &project,
                period: period_of(&period)?,
                region: region.as_deref(),
                query: "",
            };
            shown(state, visitor, asked, (status, faults, Some(posted))).await
        }
    }
}

#[post("/progress-reports/{id}/verify")]
pub async fn verify(
    state: web::Data<State>,
    visitor: Visitor,
    path: web::Path<String>,
    posted: Posted,
) -> Paged {
    let judgement = Ok(Judgement::Verify { note: None });
    judged((&state, &visitor), &path, &posted, judgement, "verified").await
}

#[post("/progress-reports/{id}/return")]
pub async fn send_back(
    state: web::Data<State>,
    visitor: Visitor,
    path: web::Path<String>,
    posted: Posted,
) -> Paged {
    let mut fields = posted.fields(&["reason"])?;
    let reason = fields.required_text("reason", 2_000);
    let judgement = fields.finish(Judgement::Return { reason });
    judged((&state, &visitor), &path, &posted, judgement, "returned").await
}
