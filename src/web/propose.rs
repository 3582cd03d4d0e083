//! 申请增加项目: a project that somebody asks to have added to an item of a box.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, get, post, web};
use askama::Template;

use super::manage::{Offered, Typed, own_fields, owners, placed};
use super::page::{Faults, Frame, Paged, page, see_other};
use super::plan::{programme_of, proposes};
use super::posted::{Posted, Shape};
use super::visitor::Visitor;
use crate::http::form::Fields;
use crate::http::request::State;
use crate::kernel::authz::Action;
use crate::kernel::{Error, Result};
use crate::plans::model::{PlanView, ProgrammeView};
use crate::projects::actions::changes as actions;
use crate::projects::api::changes::asking::a_project;

#[derive(Template)]
#[template(path = "request_project.html")]
struct Request {
    frame: Frame,
    faults: Faults,
    typed: Typed,
    plan: PlanView,
    programme: ProgrammeView,
    offered: Offered,
}

async fn shown(
    state: &State,
    visitor: &Visitor,
    (plan, number): (&str, i32),
    (status, faults, typed): (StatusCode, Faults, Typed),
) -> Paged {
    let shown = state
        .db
        .read(async |conn| {
            let (plan, programme) = programme_of(conn, plan, number).await?;
            if !proposes(visitor, &plan) {
                return Err(Error::Forbidden(Action::RequestProject));
            }
            Ok(Request {
                frame: Frame::of(
                    visitor,
                    format!("申请增加项目：{}", programme.title),
                    "/plans",
                    "",
                ),
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

#[get("/plans/{plan}/{number}/request")]
pub async fn blank(
    request: HttpRequest,
    state: web::Data<State>,
    visitor: Visitor,
    path: web::Path<(String, String)>,
) -> Paged {
    let number: i32 = path.1.parse().map_err(|_| Error::NotFound)?;
    // The item from which somebody came is chosen.
    let typed = match crate::http::request::query(&request).one("initiative") {
        Some(item) => Typed::with("new", "initiative", item),
        None => Typed::default(),
    };
    let fresh = (StatusCode::OK, Faults::default(), typed);
    shown(&state, &visitor, (&path.0, number), fresh).await
}

/// The form as the API's body; owners are two fields here and a list there.
fn body(posted: &Posted) -> Result<Fields> {
    let shape = Shape {
        texts: &[
            "slug",
            "title",
            "kind",
            "region",
            "responsible_level",
            "quantity",
            "unit",
            "due_on",
            "description",
            "investment_planned",
            "national_code",
            "reason",
        ],
        lists: &["components"],
        ..Shape::default()
    };
    posted.body_with(&shape, "owners", owners(posted))
}

#[post("/plans/{plan}/{number}/request")]
pub async fn ask(
    state: web::Data<State>,
    visitor: Visitor,
    path: web::Path<(String, String)>,
    posted: Posted,
) -> Paged {
    let number: i32 = path.1.parse().map_err(|_| Error::NotFound)?;
    let item = posted.one("initiative");
    let read = body(&posted).and_then(|mut fields| {
        if item.is_none() {
            fields.fault("initiative", crate::kernel::Code::FieldMissing);
        }
        a_project(fields, item.unwrap_or_default().to_owned())
    });
    let done = match read {
        Err(error) => Err(error),
        Ok(new) => {
            state
                .db
                .write(&visitor.origin(), async |tx| actions::propose(tx, &new).await)
                .await
        }
    };
    match done {
        Ok(_) => Ok(see_other("/changes?done=asked")),
        Err(error) => {
            let (faults, status) = Faults::of(error)?;
            let faults = placed("new", own_fields(&posted, faults));
            let told = (status, faults, Typed::of("new", &posted));
            shown(&state, &visitor, (&path.0, number), told).await
        }
    }
}
