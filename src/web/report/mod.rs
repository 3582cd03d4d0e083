//! One project's report for one period: what it says beside the last one, and what can be done with it.

mod form;
pub mod steps;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, get, web};
use askama::Template;
use diesel_async::AsyncPgConnection;
use uuid::Uuid;

use self::form::{Form, figure, form};
use super::page::{Faults, Frame, Paged, page};
use super::posted::Posted;
use super::shown::Badge;
use super::visitor::Visitor;
use crate::http::messages;
use crate::http::problem::faults_of;
use crate::http::request::State;
use crate::http::vocabularies::label;
use crate::kernel::authz::{self, Action, ProjectScope, Reporter, Target};
use crate::kernel::{Error, Result};
use crate::projects::parts::PartRow;
use crate::projects::parts::store as part_store;
use crate::projects::silence::Facts;
use crate::projects::store as projects;
use crate::reports::actions::{file, judge};
use crate::reports::model::{Judgement, State as ReportState};
use crate::reports::store;
use crate::rules::periods::Period;
use crate::views::names::{Named, Names, Wanted};
use crate::views::projects as project_views;
use crate::views::reports::{self as views, LatestReport, MoneyView, ReportView};
use crate::views::shown::ProjectView;
use crate::views::window::Window;

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
    closed: Option<String>,
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
            let regions: Vec<Uuid> = parts.iter().map(|part| part.region_id).collect();
            let named = part_store::told(conn, &regions).await?;
            let closed = match held {
                _ if frozen.is_some() => {
                    Some("这一期所在的月份已封存，不能改动；确需更正，请规划主管说明理由后解封。".to_owned())
                }
                _ if row.is_over() => Some("项目已取消或归档。".to_owned()),
                Some(one) if one.state == "verified" => {
                    Some("这一期已核验；要改，请规划主管退回。".to_owned())
                }
                Some(_) => None,
                // What would be refused is not offered.
                None => file::asked_for(&facts, &row, (which, period), project.day, &named)
                    .err()
                    .and_then(|error| faults_of(&error).first().map(messages::text)),
            };
            let judged = match held.filter(|_| frozen.is_none() && !row.is_over()) {
                Some(one) => judgements(conn, visitor, scope, one).await?,
                None => (false, false),
            };
            let sum = match (by_parts, which) {
                (true, None) => views::of_period(conn, &window, project.id, period).await?,
                _ => None,
            };
            let mut wanted = Wanted::seen_in(Some(&window));
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
