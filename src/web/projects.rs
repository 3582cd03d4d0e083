//! 项目库: every filter of the API as a form and as links.

use std::collections::BTreeMap;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, get, web};
use askama::Template;
use diesel_async::AsyncPgConnection;

use super::listing::{Asked, Chip, Facet};
use super::page::{Frame, Paged, page};
use super::saved::{self, Saved};
use super::shown::{Badge, Holder, Lamp, name};
use super::visitor::Visitor;
use crate::db::paging::PageRequest;
use crate::http::request::State;
use crate::http::vocabularies::label;
use crate::kernel::Result;
use crate::plans::store as plans;
use crate::projects::api::filters::{common_of, open};
use crate::views::facets;
use crate::views::projects::{self as views, ProjectQuery, ProjectSort};
use crate::views::shown::ProjectView;

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
