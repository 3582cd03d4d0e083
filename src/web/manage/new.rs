//! A project that a planner adds to an item of a box.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, get, post, web};
use askama::Template;
use diesel_async::AsyncPgConnection;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Choices, Typed, initiatives, organisations, placed, regions};
use crate::http::form::Fields;
use crate::http::request::State;
use crate::kernel::authz::Action;
use crate::kernel::{Error, Result, Role};
use crate::plans::model::{PlanView, ProgrammeView};
use crate::plans::store::{self as plans, Within};
use crate::projects::actions::create as actions;
use crate::projects::api::create::new_project;
use crate::web::page::{Faults, Frame, Paged, page, see_other};
use crate::web::plan::programme_of;
use crate::web::posted::{Posted, Shape};
use crate::web::visitor::Visitor;

#[derive(Template)]
#[template(path = "new_project.html")]
struct New {
    frame: Frame,
    faults: Faults,
    typed: Typed,
    plan: PlanView,
    programme: ProgrammeView,
    offered: Offered,
}

/// What the forms of a new project choose from.
pub(in crate::web) struct Offered {
    pub initiatives: Choices,
    pub kinds: Choices,
    pub regions: Choices,
    pub organisations: Choices,
}

impl Offered {
    pub async fn of(conn: &mut AsyncPgConnection, programme_id: Uuid) -> Result<Offered> {
        let within = Within {
            programmes: vec![programme_id],
            ..Within::default()
        };
        let kinds = plans::kinds(conn).await?.into_iter();
        Ok(Offered {
            initiatives: initiatives(conn, &within).await?,
            kinds: kinds.map(|kind| (kind.code, kind.name)).collect(),
            regions: regions(conn).await?,
            organisations: organisations(conn).await?,
        })
    }
}

/// The form's two owners as the list that the API takes.
pub(in crate::web) fn owners(posted: &Posted) -> Value {
    ["lead", "responsible"]
        .into_iter()
        .filter_map(|role| Some(json!({ "role": role, "organisation": posted.one(role)? })))
        .collect()
}

async fn shown(
    state: &State,
    visitor: &Visitor,
    (plan, number): (&str, i32),
    (status, faults, typed): (StatusCode, Faults, Typed),
) -> Paged {
    if !visitor.is(Role::Planner) {
        return Err(Error::Forbidden(Action::CreateProject).into());
    }
    let shown = state
        .db
        .read(async |conn| {
            let (plan, programme) = programme_of(conn, plan, number).await?;
            Ok(New {
                frame: Frame::of(visitor, format!("新增项目：{}", programme.title), "/plans", ""),
                faults: faults.clone(),
                typed: typed.clone(),
                offered: Offered::of(conn, programme.id).await?,
                plan,
                programme,
            })
        })
        .await?;
    page(status, &shown)
}

#[get("/plans/{plan}/{number}/new")]
pub async fn blank(
    request: HttpRequest,
    state: web::Data<State>,
    visitor: Visitor,
    path: web::Path<(String, String)>,
) -> Paged {
    let number: i32 = path.1.parse().map_err(|_| Error::NotFound)?;
    // The item from which somebody came is chosen.
    let mut typed = Typed::default();
    if let Some(item) = crate::http::request::query(&request).one("initiative") {
        typed.form = "new";
        typed.values.insert("initiative".to_owned(), item);
        typed.values.insert("is_public".to_owned(), "yes".to_owned());
        typed.values.insert("due_basis".to_owned(), "plan".to_owned());
    }
    let fresh = (StatusCode::OK, Faults::default(), typed);
    shown(&state, &visitor, (&path.0, number), fresh).await
}

/// The form as the API's body; owners are two fields here and a list there.
fn body(posted: &Posted) -> Result<Fields> {
    let shape = Shape {
        texts: &[
            "initiative",
            "slug",
            "title",
            "kind",
            "region",
            "responsible_level",
            "quantity",
            "unit",
            "due_on",
            "due_basis",
            "as_printed",
            "description",
            "investment_planned",
            "national_code",
        ],
        flags: &["is_public", "is_remainder", "open_ended", "owners_confirmed"],
        ..Shape::default()
    };
    posted.body_with(&shape, "owners", owners(posted))
}

/// The names of the form's own fields for the pointers of the body's list of owners.
pub(in crate::web) fn own_fields(posted: &Posted, faults: Faults) -> Faults {
    let roles: Vec<&str> = ["lead", "responsible"]
        .into_iter()
        .filter(|role| posted.one(role).is_some())
        .collect();
    let mut faults = faults;
    for told in &mut faults.0 {
        for (index, role) in roles.iter().enumerate() {
            if told.field.starts_with(&format!("owners/{index}")) {
                told.field = (*role).to_owned();
            }
        }
    }
    faults
}

#[post("/plans/{plan}/{number}/new")]
pub async fn create(
    state: web::Data<State>,
    visitor: Visitor,
    path: web::Path<(String, String)>,
    posted: Posted,
) -> Paged {
    let number: i32 = path.1.parse().map_err(|_| Error::NotFound)?;
    let done = match body(&posted).and_then(new_project) {
        Err(error) => Err(error),
        Ok(new) => {
            state
                .db
                .write(&visitor.origin(), async |tx| actions::project(tx, &new).await)
                .await
        }
    };
    match done {
        Ok(row) => Ok(see_other(&format!("/projects/{}?done=saved", row.code))),
        Err(error) => {
            let (faults, status) = Faults::of(error)?;
            let faults = placed("new", own_fields(&posted, faults));
            let told = (status, faults, Typed::of("new", &posted));
            shown(&state, &visitor, (&path.0, number), told).await
        }
    }
}
