//! 办理身份: whoever has several roles chooses in which one he acts on the pages, or acts in all of them together. A
//! choice only narrows what the memberships give; nothing but memberships of his own can be chosen.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, get, post, web};
use askama::Template;
use uuid::Uuid;

use super::page::{Faults, Frame, Paged, page, see_other};
use super::posted::Posted;
use super::sign_in::own_path;
use super::visitor::{ACTING_COOKIE, Visitor, cookie};
use crate::http::request::{State, query};
use crate::kernel::{Code, Error};

#[derive(Template)]
#[template(path = "acting.html")]
struct Acting {
    frame: Frame,
    faults: Faults,
    /// The membership's id, what it is, and whether it is chosen.
    choices: Vec<(Uuid, String, bool)>,
    all: bool,
    next: String,
}

fn shown(visitor: &Visitor, status: StatusCode, faults: Faults, next: String) -> Paged {
    page(
        status,
        &Acting {
            frame: Frame::of(visitor, "办理身份", "", ""),
            faults,
            choices: visitor
                .seats
                .iter()
                .map(|(id, text)| (*id, text.clone(), visitor.acting == Some(*id)))
                .collect(),
            all: visitor.acting.is_none(),
            next,
        },
    )
}

#[get("/acting")]
pub async fn form(request: HttpRequest, visitor: Visitor) -> Paged {
    let next = query(&request).one("next").unwrap_or_default();
    shown(&visitor, StatusCode::OK, Faults::default(), own_path(&next))
}

#[post("/acting")]
pub async fn choose(
    request: HttpRequest,
    state: web::Data<State>,
    visitor: Visitor,
    posted: Posted,
) -> Paged {
    let next = own_path(posted.one("next").unwrap_or("/"));
    let chosen = posted.one("membership").unwrap_or_default();
    let known = chosen == "all" || visitor.seats.iter().any(|(id, _)| id.to_string() == chosen);
    if !known {
        let (faults, status) = Faults::of(Error::invalid("/membership", Code::FieldNotFound))?;
        return shown(&visitor, status, faults, next);
    }
    let mut answer = see_other(&next);
    let mut kept = cookie(&request, &state, ACTING_COOKIE, chosen.to_owned());
    if chosen == "all" {
        kept.make_removal();
    }
    answer.add_cookie(&kept).map_err(Error::internal)?;
    Ok(answer)
}
