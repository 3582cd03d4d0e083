//! 规划: the plan as printed, box by box, with what covers it.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, get, web};
use askama::Template;
use diesel_async::AsyncPgConnection;

use super::listing::Asked;
use super::page::{Frame, Paged, page, see_other};
use super::projects::{ProjectLine, kinds, project_line};
use super::visitor::Visitor;
use crate::db::paging::PageRequest;
use crate::http::request::State;
use crate::kernel::authz::{self, Action, Target};
use crate::kernel::{Error, Result};
use crate::plans::model::{CommitmentView, InitiativeView, PlanView, ProgrammeView};
use crate::plans::store::{self as plans, Within};
use crate::views::changes::{self, ChangeQuery};
use crate::views::coverage::{self, CoverageView};
use crate::views::projects::{self as project_views, ProjectQuery, ProjectSort};
use crate::views::shown::ProjectView;
use crate::views::window::Window;

#[derive(Template)]
#[template(path = "plans.html")]
struct Plans {
    frame: Frame,
    plans: Vec<PlanView>,
}

#[get("/plans")]
pub async fn list(request: HttpRequest, state: web::Data<State>, visitor: Visitor) -> Paged {
    let all = state.db.read(async |conn| plans::plans(conn).await).await?;
    // Where there is one plan, that is the one.
    if let [only] = all.as_slice() {
        return Ok(see_other(&format!("/plans/{}", only.code)));
    }
    let frame = Frame::of(&visitor, "规划", "/plans", request.query_string());
    page(StatusCode::OK, &Plans { frame, plans: all })
}

#[derive(Template)]
#[template(path = "plan.html")]
struct PlanPage {
    frame: Frame,
    plan: PlanView,
    coverage: CoverageView,
    confirms: bool,
    /// Its address without a day.
    here: String,
    /// The past day that is shown; empty: now.
    as_of: String,
    /// The same for an address.
    day: String,
}

/// Whether somebody confirms anything at all.
fn confirms(visitor: &Visitor) -> bool {
    visitor.is(crate::kernel::Role::Planner)
}

#[get("/plans/{plan}")]
pub async fn show(
    request: HttpRequest,
    state: web::Data<State>,
    visitor: Visitor,
    path: web::Path<String>,
) -> Paged {
    let as_of = Asked::of("/plans", request.query_string()).day()?;
    let (plan, coverage) = state
        .db
        .read(async |conn| {
            let plan = plans::plan(conn, &path).await?;
            let window = Window::open(conn, &state.db.clock, &visitor.actor, &[plan.id], as_of).await?;
            let coverage = coverage::read(conn, &window, plan.id).await?;
            Ok((plan, coverage))
        })
        .await?;
    let shown = PlanPage {
        frame: Frame::of(&visitor, "规划", "/plans", request.query_string()),
        confirms: as_of.is_none() && confirms(&visitor),
        here: format!("/plans/{}", plan.code),
        as_of: as_of.map(|day| day.to_string()).unwrap_or_default(),
        day: as_of.map(|day| format!("?as_of={day}")).unwrap_or_default(),
        plan,
        coverage,
    };
    page(StatusCode::OK, &shown)
}

/// An item of a box with what carries it.
struct Item {
    initiative: InitiativeView,
    projects: Vec<ProjectLine>,
    commitments: Vec<CommitmentView>,
    /// The projects that are asked for, in sight and open.
    requested: Vec<String>,
}

#[derive(Template)]
#[template(path = "box.html")]
struct BoxPage {
    frame: Frame,
    plan: PlanView,
    programme: ProgrammeView,
    items: Vec<Item>,
    own: Vec<CommitmentView>,
    confirms: bool,
    proposes: bool,
    /// Its address without a day.
    here: String,
    /// The past day that is shown; empty: now.
    as_of: String,
}

/// Whether the visitor may ask that a project be added to the plan.
pub(super) fn proposes(visitor: &Visitor, plan: &PlanView) -> bool {
    let target = Target::Plan {
        id: plan.id,
        issuer_id: plan.issuer_id,
    };
    authz::require(&visitor.actor, Action::RequestProject, &target).is_ok()
}

pub(super) async fn programme_of(
    conn: &mut AsyncPgConnection,
    plan: &str,
    number: i32,
) -> Result<(PlanView, ProgrammeView)> {
    let plan = plans::plan(conn, plan).await?;
    let within = Within {
        plans: vec![plan.id],
        ..Within::default()
    };
    let programme = plans::programmes(conn, &within)
        .await?
        .into_iter()
        .find(|programme| programme.number == number)
        .ok_or(Error::NotFound)?;
    Ok((plan, programme))
}

#[get("/plans/{plan}/{number}")]
pub async fn show_box(
    request: HttpRequest,
    state: web::Data<State>,
    visitor: Visitor,
    path: web::Path<(String, String)>,
) -> Paged {
    let number: i32 = path.1.parse().map_err(|_| Error::NotFound)?;
    let as_of = Asked::of("/plans", request.query_string()).day()?;
    let shown = state
        .db
        .read(async |conn| {
            let (plan, programme) = programme_of(conn, &path.0, number).await?;
            let window = Window::open(conn, &state.db.clock, &visitor.actor, &[plan.id], as_of).await?;
            let within = Within {
                programmes: vec![programme.id],
                ..Within::default()
            };
            let initiatives = plans::initiatives(conn, &within).await?;
            let commitments = plans::commitments(conn, &within).await?;
            let mut query = ProjectQuery {
                sort: ProjectSort::Name,
                ..ProjectQuery::default()
            };
            query.filter.initiatives = initiatives.iter().map(|one| one.id).collect();
            let all = PageRequest {
                limit: 10_000,
                cursor: None,
            };
            let projects: Vec<ProjectView> = match initiatives.is_empty() {
                true => Vec::new(),
                false => project_views::list(conn, &window, &query, &all, "").await?.rows,
            };
            let kinds = kinds(conn).await?;
            let mut asked = ChangeQuery {
                kinds: vec!["add_project".to_owned()],
                states: vec!["open".to_owned()],
                ..ChangeQuery::default()
            };
            asked.filter.programmes = vec![programme.id];
            let requested = changes::list(conn, &window, &asked, &all, "").await?.rows;
            let (own, of_items): (Vec<CommitmentView>, Vec<CommitmentView>) = commitments
                .into_iter()
                .partition(|one| one.initiative_id.is_none());
            let items = initiatives
                .into_iter()
                .map(|initiative| Item {
                    projects: projects
                        .iter()
                        .filter(|project| {
                            [&project.initiative, &project.second_initiative]
                                .into_iter()
                                .flatten()
                                .any(|one| one.id == initiative.id)
                        })
                        .map(|project| project_line(project, &kinds))
                        .collect(),
                    commitments: of_items
                        .iter()
                        .filter(|one| one.initiative_id == Some(initiative.id))
                        .cloned()
                        .collect(),
                    requested: requested
                        .iter()
                        .filter(|one| one.initiative_id() == Some(initiative.id))
                        .filter_map(|one| one.title.clone())
                        .collect(),
                    initiative,
                })
                .collect();
            let title = format!("专栏 {} {}", programme.number, programme.title);
            let proposes = as_of.is_none() && proposes(&visitor, &plan);
            Ok(BoxPage {
                here: format!("/plans/{}/{number}", plan.code),
                as_of: as_of.map(|day| day.to_string()).unwrap_or_default(),
                frame: Frame::of(&visitor, title, "/plans", request.query_string()),
                plan,
                programme,
                items,
                own,
                confirms: as_of.is_none() && confirms(&visitor),
                proposes,
            })
        })
        .await?;
    page(StatusCode::OK, &shown)
}
