//! 项目: one project with all that is known of it, today or on a past day.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, get, web};
use askama::Template;

use super::charts::{Curve, Timeline, curve, timeline};
use super::ledger::{Change, change};
use super::listing::Asked;
use super::page::{Faults, Frame, Paged, page};
use super::project_light::{Lights, lights_of};
use super::project_parts::Parts;
use super::projects::{ProjectLine, kinds, project_line};
use super::report::address;
use super::shown::{Holder, Line, dated, lines, name};
use super::visitor::Visitor;
use crate::db::paging::PageRequest;
use crate::http::request::State;
use crate::http::vocabularies::label;
use crate::kernel::Actor;
use crate::kernel::authz::{self, Action, ProjectScope, Target};
use crate::plans::model::InitiativeView;
use crate::plans::store as plans;
use crate::projects::store;
use crate::views::carry_overs::{self, CarryOverView};
use crate::views::changes::{self, ChangeQuery};
use crate::views::history::{self, EventQuery};
use crate::views::lights as light_views;
use crate::views::milestones::{self as milestone_views, MilestoneQuery};
use crate::views::names::Named;
use crate::views::parts;
use crate::views::projects::{self as views};
use crate::views::reporting;
use crate::views::reports::{self as report_views, ReportView};
use crate::views::shown::ProjectView;
use crate::views::window::Window;

/// Something that happened, as somebody reads it.
pub struct Happened {
    pub day: String,
    pub what: String,
    pub detail: String,
    pub door: String,
}

#[derive(Template)]
#[template(path = "project.html")]
struct ProjectPage {
    frame: Frame,
    line: ProjectLine,
    project: ProjectView,
    due: String,
    due_basis: String,
    supporting: Vec<Holder>,
    milestones: Vec<Line>,
    picture: Option<Timeline>,
    curve: Option<Curve>,
    initiative: Option<InitiativeView>,
    commitments: Vec<Named>,
    changes: Vec<Change>,
    carried: Vec<CarryOverView>,
    history: Vec<Happened>,
    as_of: Option<String>,
    faults: Faults,
    says: Vec<Says>,
    /// The visitor edits it, or asks for changes.
    manages: bool,
    reports: Vec<ReportLine>,
    /// What it reports next, and where.
    next_report: Option<(String, String)>,
    lights: Option<Lights>,
    parts: Option<Parts>,
}

/// A progress report as a line.
struct ReportLine {
    href: String,
    period: String,
    region: String,
    state: String,
    on_time: &'static str,
    physical: String,
    received: String,
    paid: String,
    done: String,
}

fn report_line(report: ReportView, code: &str) -> ReportLine {
    ReportLine {
        href: address(
            code,
            &report.period,
            report.region.as_ref().map(|region| region.code.as_str()),
        ),
        region: name(&report.region),
        state: label("report_states", &report.state).to_owned(),
        on_time: match report.on_time {
            Some(true) => "按时",
            Some(false) => "迟报",
            None => "补报",
        },
        physical: report.physical_percent,
        received: report.money.received.unwrap_or_default(),
        paid: report.money.paid.unwrap_or_default(),
        done: report.money.done.unwrap_or_default(),
        period: report.period,
    }
}

/// A proposal of which the visitor's organisation says whether it is so.
struct Says {
    role: String,
    label: String,
    version: i64,
}

/// The proposals that name an organisation of the visitor's.
fn says(actor: &Actor, project: &ProjectView, scope: &ProjectScope) -> Vec<Says> {
    project
        .owners
        .iter()
        .filter(|owner| {
            owner.basis == "inferred" && owner.role != "supporting" && project.archived_reason.is_none()
        })
        .filter(|owner| {
            let target = Target::Owner {
                project: scope,
                organisation_id: owner.organisation.as_ref().map(|one| one.id),
            };
            authz::require(actor, Action::ClaimOwner, &target).is_ok()
        })
        .map(|owner| Says {
            label: label("owner_roles", &owner.role).to_owned(),
            role: owner.role.clone(),
            version: owner.version,
        })
        .collect()
}

/// What of a body of an event somebody can read: the reason, and which figures and days moved.
pub(super) fn detail(body: Option<&serde_json::Value>) -> String {
    let Some(body) = body else {
        return "内容已按规定脱敏".to_owned();
    };
    let mut said: Vec<String> = Vec::new();
    let changes = &body["changes"];
    for (field, what) in [
        ("planned_on", "计划完成"),
        ("actual_on", "实际完成"),
        ("title", "名称"),
        ("quantity", "数量"),
        ("weight", "权重"),
        ("suspension_review_on", "复核日期"),
    ] {
        let pair = &changes[field];
        let text = |value: &serde_json::Value| value.as_str().unwrap_or("无").to_owned();
        if pair.is_array() {
            said.push(format!("{what} {} → {}", text(&pair[0]), text(&pair[1])));
        }
    }
    if let (Some(before), Some(after)) = (changes["parts"][0].as_array(), changes["parts"][1].as_array()) {
        said.push(format!("{} 个县区 → {} 个县区", before.len(), after.len()));
    }
    for value in [&body["reason"], &changes["back_reason"][1]] {
        if let Some(reason) = value.as_str() {
            said.push(format!("理由：{reason}"));
        }
    }
    said.join("；")
}

#[get("/projects/{project}")]
pub async fn show(
    request: HttpRequest,
    state: web::Data<State>,
    visitor: Visitor,
    path: web::Path<String>,
) -> Paged {
    let asked = Asked::of("/projects", request.query_string());
    let mut q = asked.query(&[]);
    let as_of = q.date("as_of");
    let as_of = q.finish(as_of)?;
    let fresh = (StatusCode::OK, Faults::default(), Default::default());
    one(&state, &visitor, (&path, request.query_string(), as_of), fresh).await
}

/// The page again, with what was refused.
pub(super) async fn refused(
    state: &State,
    visitor: &Visitor,
    reference: &str,
    (status, faults): (StatusCode, Faults),
) -> Paged {
    refused_typed(state, visitor, reference, (status, faults, Default::default())).await
}

/// The same with the light, the reason and the last day that were typed.
pub(super) async fn refused_typed(
    state: &State,
    visitor: &Visitor,
    reference: &str,
    told: (StatusCode, Faults, [String; 3]),
) -> Paged {
    one(state, visitor, (reference, "", None), told).await
}

async fn one(
    state: &State,
    visitor: &Visitor,
    (path, query_string, as_of): (&str, &str, Option<chrono::NaiveDate>),
    (status, faults, typed): (StatusCode, Faults, [String; 3]),
) -> Paged {
    let shown = state
        .db
        .read(async |conn| {
            let window = Window::open(conn, &state.db.clock, &visitor.actor, &[], as_of).await?;
            let project = views::read(conn, &window, path).await?;
            let mut query = MilestoneQuery::default();
            query.filter.projects = vec![project.id];
            query.filter.with_archived = true;
            let all = PageRequest {
                limit: 500,
                cursor: None,
            };
            let mut found = milestone_views::list(conn, &window, &query, &all, "").await?.rows;
            found.sort_by_key(|milestone| milestone.number);
            let picture = timeline(&found, project.day);
            let curve = curve(&found, project.day);
            let milestones = lines(conn, &visitor.actor, found).await?;
            let initiative = match &project.initiative {
                Some(initiative) => Some(plans::initiative(conn, &initiative.id.to_string()).await?),
                None => None,
            };
            let mut requests = ChangeQuery::default();
            requests.filter.projects = vec![project.id];
            requests.filter.with_archived = true;
            let changes = changes::list(conn, &window, &requests, &all, "").await?.rows;
            let events = EventQuery {
                project_id: Some(project.id),
                newest_first: true,
                until: as_of,
                ..EventQuery::default()
            };
            let latest = PageRequest {
                limit: 60,
                cursor: None,
            };
            let events = history::list(conn, &window, &visitor.actor, &events, &latest, "")
                .await?
                .rows;
            let carried = match &project.plan {
                Some(plan) => carry_overs::list(conn, &window, plan.id).await?,
                None => Vec::new(),
            };
            let kinds = kinds(conn).await?;
            let scopes = store::scopes_of(conn, &[project.id]).await?;
            let reports = report_views::of_project(conn, &window, project.id).await?;
            let next = match as_of {
                None => reporting::next_of_each(conn, &window, project.id).await?,
                Some(_) => Vec::new(),
            };
            let row = views::find(conn, &window, path).await?;
            let parts = parts::of_project(conn, &window, &row, None).await?;
            let supervises = as_of.is_none()
                && scopes.get(&project.id).is_some_and(|scope| {
                    let target = Target::Project(scope);
                    authz::require(&visitor.actor, Action::OverrideLight, &target).is_ok()
                });
            let lights = match &project.light {
                Some(_) => Some(light_views::timeline(conn, &window, path).await?),
                None => None,
            };
            Ok(ProjectPage {
                lights: lights.map(|view| lights_of(view, supervises, typed.clone())),
                reports: reports
                    .into_iter()
                    .map(|report| report_line(report, &project.code))
                    .collect(),
                next_report: next.iter().find(|next| next.part.is_none()).map(|next| {
                    let period = next.debt.period.label();
                    (address(&project.code, &period, None), period)
                }),
                parts: Parts::of(parts, &next, &project.code),
                frame: Frame::of(visitor, project.title.clone(), "/projects", query_string),
                commitments: project.commitments.clone(),
                line: project_line(&project, &kinds),
                due: dated(project.due_on, &project.due_precision),
                due_basis: label("date_bases", &project.due_basis).to_owned(),
                supporting: project
                    .owners
                    .iter()
                    .filter(|owner| owner.role == "supporting")
                    .map(|owner| Holder::of(Some(owner)))
                    .collect(),
                milestones,
                picture,
                curve,
                initiative,
                changes: changes.into_iter().map(|one| change(one, &kinds)).collect(),
                carried: carried
                    .into_iter()
                    .filter(|one| one.touches(project.id))
                    .collect(),
                history: events
                    .iter()
                    .map(|event| Happened {
                        day: event.day.to_string(),
                        what: label("event_kinds", &event.kind).to_owned(),
                        detail: detail(event.body.as_ref()),
                        door: label("doors", &event.door).to_owned(),
                    })
                    .collect(),
                as_of: as_of.map(|day| day.to_string()),
                faults: faults.clone(),
                says: match as_of {
                    None => scopes
                        .get(&project.id)
                        .map(|scope| says(&visitor.actor, &project, scope))
                        .unwrap_or_default(),
                    Some(_) => Vec::new(),
                },
                manages: as_of.is_none()
                    && scopes.get(&project.id).is_some_and(|scope| {
                        [Action::EditProject, Action::RequestChange]
                            .into_iter()
                            .any(|action| {
                                authz::require(&visitor.actor, action, &Target::Project(scope)).is_ok()
                            })
                    }),
                project,
            })
        })
        .await?;
    page(status, &shown)
}
