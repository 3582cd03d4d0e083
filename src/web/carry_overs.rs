//! 结转: what a plan carried over and what came to it, and carrying over what is unfinished.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, get, post, web};
use askama::Template;

use super::page::{Faults, Frame, Paged, page, see_other};
use super::posted::Posted;
use super::visitor::Visitor;
use crate::carry_overs::actions;
use crate::carry_overs::model::{Item, Kind, NewCarryOver};
use crate::db::paging::PageRequest;
use crate::http::request::{State, id_of};
use crate::http::vocabularies::label;
use crate::kernel::authz::{self, Action, Target};
use crate::kernel::{Code, Result};
use crate::plans::model::PlanView;
use crate::plans::store as plans;
use crate::rules::course::Against;
use crate::views::carry_overs::{self as views, CarryOverView};
use crate::views::commitments::{self, CommitmentFilter};
use crate::views::projects::{self, ProjectQuery, ProjectSort};
use crate::views::window::Window;

/// Something unfinished that may be ticked.
struct Open {
    /// `project:code` or `commitment:code`.
    value: String,
    name: String,
    state: String,
    ticked: bool,
}

#[derive(Template)]
#[template(path = "carry_overs.html")]
struct CarryOvers {
    frame: Frame,
    faults: Faults,
    plan: PlanView,
    carried: Vec<CarryOverView>,
    /// Whose into-object the visitor may still say.
    links: bool,
    /// Later plans of the same issuer that the visitor may carry into.
    into: Vec<PlanView>,
    open_projects: Vec<Open>,
    open_commitments: Vec<Open>,
    reason: String,
}

fn carries(visitor: &Visitor, plan: &PlanView) -> bool {
    let target = Target::Plan {
        id: plan.id,
        issuer_id: plan.issuer_id,
    };
    authz::require(&visitor.actor, Action::CarryOver, &target).is_ok()
}

async fn shown(
    state: &State,
    visitor: &Visitor,
    (reference, query): (&str, &str),
    (status, faults): (StatusCode, Faults),
    posted: Option<&Posted>,
) -> Paged {
    let found = state
        .db
        .read(async |conn| {
            let plan = plans::plan(conn, reference).await?;
            let window = Window::open(conn, &state.db.clock, &visitor.actor, &[], None).await?;
            let printed = Window::printed(conn, &state.db.clock, &[plan.id], None).await?;
            let carried = views::list(conn, &window, plan.id).await?;
            let may = carries(visitor, &plan);
            let into: Vec<PlanView> = plans::plans(conn)
                .await?
                .into_iter()
                .filter(|other| may && other.issuer_id == plan.issuer_id && other.starts_on > plan.starts_on)
                .collect();
            let ticked: Vec<&str> = posted.map(|posted| posted.many("pick")).unwrap_or_default();
            let left = |id: uuid::Uuid| !carried.iter().any(|one| one.touches(id));
            let mut open_projects = Vec::new();
            let mut open_commitments = Vec::new();
            if !into.is_empty() {
                let every = PageRequest {
                    limit: 10_000,
                    cursor: None,
                };
                let query = ProjectQuery {
                    sort: ProjectSort::Name,
                    ..ProjectQuery::default()
                };
                for one in projects::list(conn, &window, &query, &every, "").await?.rows {
                    if !matches!(one.life_cycle.as_str(), "closed" | "cancelled") && left(one.id) {
                        let value = format!("project:{}", one.code);
                        open_projects.push(Open {
                            ticked: ticked.contains(&value.as_str()),
                            value,
                            name: one.title,
                            state: label("life_cycles", &one.life_cycle).to_owned(),
                        });
                    }
                }
                let filter = CommitmentFilter::default();
                for one in commitments::list(conn, (&printed, &window), &filter, Against::Line).await? {
                    let view = one.view;
                    if view.course.standing != "met" && left(view.printed.id) {
                        let value = format!("commitment:{}", view.printed.code);
                        open_commitments.push(Open {
                            ticked: ticked.contains(&value.as_str()),
                            value,
                            name: view.printed.metric,
                            state: label("standings", view.course.standing).to_owned(),
                        });
                    }
                }
            }
            Ok(CarryOvers {
                frame: Frame::of(visitor, "结转", "/plans", query),
                faults: faults.clone(),
                links: may,
                plan,
                carried,
                into,
                open_projects,
                open_commitments,
                reason: posted.map(|posted| posted.typed("reason")).unwrap_or_default(),
            })
        })
        .await?;
    page(status, &found)
}

#[get("/plans/{plan}/carry-overs")]
pub async fn show(
    request: HttpRequest,
    state: web::Data<State>,
    visitor: Visitor,
    path: web::Path<String>,
) -> Paged {
    let told = (StatusCode::OK, Faults::default());
    shown(&state, &visitor, (&path, request.query_string()), told, None).await
}

async fn told(state: &State, visitor: &Visitor, plan: &str, posted: &Posted, done: Result<()>) -> Paged {
    match done {
        Ok(()) => Ok(see_other(&format!("/plans/{plan}/carry-overs?done=saved"))),
        Err(error) => {
            let told = Faults::of(error)?;
            let (faults, status) = told;
            shown(state, visitor, (plan, ""), (status, faults), Some(posted)).await
        }
    }
}

#[post("/plans/{plan}/carry-overs")]
pub async fn carry(
    state: web::Data<State>,
    visitor: Visitor,
    path: web::Path<String>,
    posted: Posted,
) -> Paged {
    let mut fields = posted.fields(&["into", "reason"])?;
    let into = fields.required_text("into", 100);
    let reason = fields.required_text("reason", 2_000);
    let items: Vec<Item> = posted
        .many("pick")
        .into_iter()
        .filter_map(|pick| {
            let (kind, code) = pick.split_once(':')?;
            Some(Item {
                kind: Kind::parse(kind)?,
                code: code.to_owned(),
            })
        })
        .collect();
    if items.is_empty() {
        fields.fault("pick", Code::FieldMissing);
    }
    let new = fields.finish(NewCarryOver {
        plan: path.as_str().to_owned(),
        into,
        items,
        reason,
    });
    let done = match new {
        Err(error) => Err(error),
        Ok(new) => state
            .db
            .write(&visitor.origin(), async |tx| actions::carry(tx, &new).await)
            .await
            .map(drop),
    };
    told(&state, &visitor, &path, &posted, done).await
}

#[post("/plans/{plan}/carry-overs/{id}/link")]
pub async fn link(
    state: web::Data<State>,
    visitor: Visitor,
    path: web::Path<(String, String)>,
    posted: Posted,
) -> Paged {
    let id = id_of(&path.1)?;
    let mut fields = posted.fields(&["into_object"])?;
    let object = fields.required_text("into_object", 200);
    let done = match fields.finish(object) {
        Err(error) => Err(error),
        Ok(object) => state
            .db
            .write(&visitor.origin(), async |tx| {
                let window = Window::open(tx.conn(), &state.db.clock, &visitor.actor, &[], None).await?;
                views::read(tx.conn(), &window, id).await?;
                actions::link(tx, id, posted.seen_version(), &object).await
            })
            .await
            .map(drop),
    };
    told(&state, &visitor, &path.0, &posted, done).await
}
