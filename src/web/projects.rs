//! 项目库 and 项目: every filter of the API as a form and as links, and one project with all that is known of it.

use std::collections::BTreeMap;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, get, web};
use askama::Template;
use diesel_async::AsyncPgConnection;

use super::charts::{Curve, Timeline, curve, timeline};
use super::ledger::{Change, change};
use super::listing::{Asked, Chip, Facet};
use super::page::{Faults, Frame, Paged, page};
use super::project_light::{Lights, lights_of};
use super::project_parts::Parts;
use super::report::address;
use super::saved::{self, Saved};
use super::shown::{Badge, Holder, Lamp, Line, dated, lines, name};
use super::visitor::Visitor;
use crate::db::paging::PageRequest;
use crate::http::request::State;
use crate::http::vocabularies::label;
use crate::kernel::authz::{self, Action, ProjectScope, Target};
use crate::kernel::{Actor, Result};
use crate::plans::model::{CommitmentView, InitiativeView};
use crate::plans::store as plans;
use crate::projects::api::filters::{common_of, open};
use crate::projects::store;
use crate::views::carry_overs::{self, CarryOverView};
use crate::views::changes::{self, ChangeQuery};
use crate::views::facets;
use crate::views::history::{self, EventQuery};
use crate::views::lights as light_views;
use crate::views::milestones::{self as milestone_views, MilestoneQuery};
use crate::views::parts;
use crate::views::projects::{self as views, ProjectQuery, ProjectSort};
use crate::views::reporting;
use crate::views::reports::{self as report_views, ReportView};
use crate::views::shown::ProjectView;
use crate::views::window::Window;

/// The columns that can be chosen, besides the title and the state.
const COLUMNS: [(&str, &str); 9] = [
    ("programme", "专栏"),
    ("region", "地点"),
    ("lead", "牵头单位"),
    ("responsible", "责任单位"),
    ("next", "下一到期"),
    ("progress", "进度"),
    ("quantity", "数量"),
    ("kind", "类型"),
    ("status", "阶段"),
];
const CHOSEN: [&str; 5] = ["programme", "region", "responsible", "next", "progress"];

const SORTS: [(&str, &str); 4] = [
    ("-days_overdue", "逾期最久的在前"),
    ("due", "最先到期的在前"),
    ("name", "按名称"),
    ("-updated", "最近改动的在前"),
];

const FACETS: [(&str, &str); 11] = [
    ("light", "红黄绿灯"),
    ("overdue", "逾期"),
    ("unverified", "有待核验"),
    ("unconfirmed", "有待确认"),
    ("silent", "欠报月报"),
    ("region", "地点"),
    ("programme", "专栏"),
    ("responsible", "责任单位"),
    ("lead", "牵头单位"),
    ("kind", "类型"),
    ("status", "阶段"),
];

/// A project as a line of a list.
pub struct ProjectLine {
    pub href: String,
    pub title: String,
    pub code: String,
    pub badge: Badge,
    pub lamp: Option<Lamp>,
    /// A supervisor shows another light than the one that was worked out.
    pub instead_of: Option<Lamp>,
    pub overdue: Option<String>,
    pub programme: String,
    pub region: String,
    pub lead: Holder,
    pub responsible: Holder,
    pub next: String,
    pub earned: Option<String>,
    pub verified: Option<String>,
    pub quantity: String,
    pub kind: String,
    pub status: String,
    pub suspended: bool,
}

/// How a project stands, in a word.
pub fn badge(project: &ProjectView) -> Badge {
    let verified = project.verified_percent.as_deref() == Some("100");
    let (tone, text) = match project {
        one if one.archived_reason.is_some() => ("off", "已归档"),
        one if one.life_cycle == "cancelled" => ("off", "已取消"),
        one if one.overdue => ("late", "逾期"),
        one if one.unverified_since.is_some() => ("wait", "待核验"),
        one if one.life_cycle == "closed" || verified => ("done", "已完成"),
        one if one.lapsed => ("lapsed", "期满未报"),
        one if one.unconfirmed => ("off", "待确认"),
        _ => ("open", "未到期"),
    };
    Badge {
        tone,
        text: text.to_owned(),
    }
}

/// The quantity with its unit.
fn quantity(project: &ProjectView) -> String {
    let unit = project.unit.as_deref().unwrap_or_default();
    match (&project.quantity, &project.quantity_delivered) {
        (Some(promised), Some(delivered)) => format!("{delivered} / {promised} {unit}"),
        (Some(promised), None) => format!("{promised} {unit}"),
        _ => String::new(),
    }
}

fn owner(project: &ProjectView, role: &str) -> Holder {
    Holder::of(project.owners.iter().find(|owner| owner.role == role))
}

pub fn project_line(project: &ProjectView, kinds: &BTreeMap<String, String>) -> ProjectLine {
    ProjectLine {
        href: format!("/projects/{}", project.code),
        title: project.title.clone(),
        code: project.code.clone(),
        badge: badge(project),
        lamp: project.light.as_ref().map(|light| Lamp::of(&light.shown)),
        instead_of: project
            .light
            .as_ref()
            .filter(|light| light.overridden.is_some())
            .map(|light| Lamp::of(&light.worked_out)),
        overdue: project.days_overdue.map(|days| format!("逾期 {days} 天")),
        programme: name(&project.programme),
        region: name(&project.site_region),
        lead: owner(project, "lead"),
        responsible: owner(project, "responsible"),
        next: project.next_due_on.map(|day| day.to_string()).unwrap_or_default(),
        earned: project.earned_percent.clone(),
        verified: project.verified_percent.clone(),
        quantity: quantity(project),
        kind: kinds
            .get(&project.kind)
            .cloned()
            .unwrap_or_else(|| project.kind.clone()),
        status: label("life_cycles", &project.life_cycle).to_owned(),
        suspended: project.suspended_on.is_some(),
    }
}

/// The names of the kinds of projects.
pub async fn kinds(conn: &mut AsyncPgConnection) -> Result<BTreeMap<String, String>> {
    let all = plans::kinds(conn).await?;
    Ok(all.into_iter().map(|kind| (kind.code, kind.name)).collect())
}

#[derive(Template)]
#[template(path = "projects.html")]
struct Projects {
    frame: Frame,
    asked: Asked,
    lines: Vec<ProjectLine>,
    total: i64,
    facets: Vec<Facet>,
    /// Where a list too long to be divided at once is divided.
    dividing: Option<String>,
    chips: Vec<Chip>,
    columns: Vec<(&'static str, &'static str)>,
    chosen: Vec<String>,
    sort: String,
    before: Option<String>,
    next: Option<String>,
    carried: Vec<(String, String)>,
    day: String,
    saved: Vec<Saved>,
}

impl Projects {
    /// The orders, and which is chosen.
    fn sorts(&self) -> Vec<(&'static str, &'static str, bool)> {
        SORTS
            .into_iter()
            .map(|(value, text)| (value, text, self.sort == value))
            .collect()
    }

    fn shows(&self, column: &str) -> bool {
        self.chosen.iter().any(|one| one == column)
    }
}

#[get("/projects")]
pub async fn list(request: HttpRequest, state: web::Data<State>, visitor: Visitor) -> Paged {
    let asked = Asked::of("/projects", request.query_string());
    let (mut q, common) = common_of(asked.query(&["col"]));
    let sort = q
        .choices("sort", &ProjectSort::NAMES, ProjectSort::parse)
        .pop()
        .unwrap_or_default();
    let common = q.finish(common)?;
    let chosen: Vec<String> = match asked.one("col") {
        Some(_) => COLUMNS
            .into_iter()
            .filter(|(column, _)| asked.has("col", column))
            .map(|(column, _)| column.to_owned())
            .collect(),
        None => CHOSEN.map(str::to_owned).to_vec(),
    };
    let wanted = PageRequest {
        limit: 50,
        cursor: asked.one("cursor").map(str::to_owned),
    };
    let question = asked.question();
    let (found, counted, kinds, (day, saved)) = state
        .db
        .read(async |conn| {
            let (window, resolved) = open(
                conn,
                &state.db.clock,
                &visitor.actor,
                common.named.clone(),
                common.as_of,
            )
            .await?;
            let query = ProjectQuery {
                filter: resolved.filter,
                overdue: common.overdue,
                days_overdue_min: common.days_overdue_min,
                due_before: common.due_before,
                due_after: common.due_after,
                unconfirmed: common.unconfirmed,
                unverified: common.unverified,
                sort,
                total: true,
            };
            let found = views::list(conn, &window, &query, &wanted, &question).await?;
            let counted = match asked.divides(found.total) {
                true => facets::projects(conn, &window, &query).await?,
                false => facets::Facets::new(),
            };
            let day = window.plans.iter().map(|plan| plan.day).max();
            let saved = saved::of(conn, visitor.person.user_id, "projects").await?;
            Ok((found, counted, kinds(conn).await?, (day, saved)))
        })
        .await?;
    let (before, next) = asked.pages(found.next_cursor.as_deref());
    let shown = Projects {
        frame: Frame::of(&visitor, "项目库", "/projects", request.query_string()),
        lines: found
            .rows
            .iter()
            .map(|project| project_line(project, &kinds))
            .collect(),
        total: found.total.unwrap_or(0),
        dividing: counted.is_empty().then(|| asked.dividing()),
        facets: asked.facets(&counted, &FACETS, &kinds),
        chips: asked.chips(&counted, &kinds),
        columns: COLUMNS.to_vec(),
        chosen,
        sort: asked.one("sort").unwrap_or("-days_overdue").to_owned(),
        before,
        next,
        carried: asked.carried(&[
            "q",
            "sort",
            "as_of",
            "days_overdue_min",
            "due_before",
            "due_after",
            "col",
        ]),
        day: day.map(|day| day.to_string()).unwrap_or_default(),
        saved,
        asked,
    };
    page(StatusCode::OK, &shown)
}

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
    commitments: Vec<CommitmentView>,
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
            let mut commitments = Vec::new();
            for id in plans::served_by(conn, project.id).await? {
                commitments.push(plans::commitment(conn, &id.to_string()).await?);
            }
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
                commitments,
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
