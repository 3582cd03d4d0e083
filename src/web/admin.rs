//! 管理: organisations, users and what they are where, for administrators, within their reach.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, get, post, web};
use askama::Template;
use uuid::Uuid;

use super::listing::Asked;
use super::page::{Faults, Frame, Paged, page, see_other};
use super::posted::Posted;
use super::visitor::Visitor;
use crate::db::Door;
use crate::db::paging::PageRequest;
use crate::http::request::{State, id_of};
use crate::http::vocabularies::role_label;
use crate::kernel::{Code, Error, Result, Role};
use crate::orgs;
use crate::orgs::model::{OrganisationFilter, OrganisationView};
use crate::users::actions::{accounts, memberships, reach_of};
use crate::users::api::attempt;
use crate::users::model::{NewMembership, NewUser, UserFilter, UserPatch, UserView};
use crate::users::store;

/// Every role with its name.
fn roles() -> Vec<(&'static str, &'static str)> {
    Role::ALL
        .into_iter()
        .map(|role| (role.as_str(), role_label(role)))
        .collect()
}

/// What was typed into the form for a new user.
#[derive(Default)]
struct Typed {
    username: String,
    display_name: String,
    organisation: String,
    role: String,
}

#[derive(Template)]
#[template(path = "admin.html")]
struct Admin {
    frame: Frame,
    faults: Faults,
    users: Vec<UserView>,
    total: i64,
    q: String,
    before: Option<String>,
    next: Option<String>,
    organisations: Vec<(String, String)>,
    roles: Vec<(&'static str, &'static str)>,
    typed: Typed,
    /// Shown this once: user name and password.
    given: Option<(String, String)>,
}

impl Admin {
    /// What somebody is where, in a line.
    fn places(&self, user: &UserView) -> String {
        user.memberships
            .iter()
            .filter(|membership| membership.ended_at.is_none())
            .map(|membership| format!("{} {}", membership.organisation.name, role_label(membership.role)))
            .collect::<Vec<_>>()
            .join("；")
    }
}

/// Those organisations that somebody may name.
pub(super) async fn organisations(state: &State) -> Result<Vec<OrganisationView>> {
    let filter = OrganisationFilter {
        archived: Some(false),
        ..OrganisationFilter::default()
    };
    let all = PageRequest {
        limit: 10_000,
        cursor: None,
    };
    let found = state
        .db
        .read(async |conn| orgs::store::list(conn, &filter, &all).await)
        .await?;
    Ok(found.rows)
}

async fn shown(
    state: &State,
    visitor: &Visitor,
    query: &str,
    (status, faults, typed, given): (StatusCode, Faults, Typed, Option<(String, String)>),
) -> Paged {
    let reach = reach_of(&visitor.actor)?;
    let asked = Asked::of("/admin", query);
    let filter = UserFilter {
        q: asked.one("q").map(str::to_owned),
        total: true,
        ..UserFilter::default()
    };
    let wanted = PageRequest {
        limit: 50,
        cursor: asked.one("cursor").map(str::to_owned),
    };
    let found = state
        .db
        .read(async |conn| store::accounts::list(conn, &reach, &filter, &wanted).await)
        .await?;
    let (before, next) = asked.pages(found.next_cursor.as_deref());
    let shown = Admin {
        frame: Frame::of(visitor, "管理", "/admin", query),
        faults,
        total: found.total.unwrap_or(0),
        users: found.rows,
        q: asked.one("q").unwrap_or_default().to_owned(),
        before,
        next,
        organisations: organisations(state)
            .await?
            .into_iter()
            .map(|one| (one.code, one.name))
            .collect(),
        roles: roles(),
        typed,
        given,
    };
    page(status, &shown)
}

#[get("/admin")]
pub async fn show(request: HttpRequest, state: web::Data<State>, visitor: Visitor) -> Paged {
    let fresh = (StatusCode::OK, Faults::default(), Typed::default(), None);
    shown(&state, &visitor, request.query_string(), fresh).await
}

fn new_user(posted: &Posted) -> Result<NewUser> {
    let mut f = posted.fields(&["username", "display_name", "organisation", "role"])?;
    let username = f.required_text("username", 64);
    if !username.is_empty() && !accounts::username_is_sound(&username) {
        f.fault("username", Code::FieldFormat)
            .params
            .push(("format", "2–64 位 a-z 0-9 . _ -".to_owned()));
    }
    let display_name = f.filled_text("display_name", 100);
    let organisation = f.filled_text("organisation", 80);
    let role = f.required_text("role", 40);
    let new = NewUser {
        username,
        display_name: f.required("display_name", display_name),
        phone: None,
        email: None,
        organisation: f.required("organisation", organisation),
        role: Role::parse(&role).unwrap_or(Role::Observer),
        plan: None,
    };
    if !role.is_empty() && Role::parse(&role).is_none() {
        f.fault("role", Code::FieldFormat)
            .params
            .push(("format", "角色".to_owned()));
    }
    f.finish(new)
}

/// Makes a user; the password that he is given is shown this once.
#[post("/admin/users")]
pub async fn create(
    request: HttpRequest,
    state: web::Data<State>,
    visitor: Visitor,
    posted: Posted,
) -> Paged {
    reach_of(&visitor.actor)?;
    let typed = Typed {
        username: posted.typed("username"),
        display_name: posted.typed("display_name"),
        organisation: posted.typed("organisation"),
        role: posted.typed("role"),
    };
    let mut from = attempt(&state.auth, &request);
    from.door = Door::Page;
    let done = match new_user(&posted) {
        Err(error) => Err(error),
        Ok(new) => match state.auth.given_password(&from).await {
            Err(error) => Err(error),
            Ok((password, given)) => state
                .db
                .write(&visitor.origin(), async |tx| {
                    accounts::create(tx, &new, &given).await
                })
                .await
                .map(|_| (new.username, password)),
        },
    };
    match done {
        Ok(given) => {
            let fresh = (
                StatusCode::CREATED,
                Faults::default(),
                Typed::default(),
                Some(given),
            );
            shown(&state, &visitor, "", fresh).await
        }
        Err(error) => {
            let (faults, status) = Faults::of(error)?;
            shown(&state, &visitor, "", (status, faults, typed, None)).await
        }
    }
}

#[derive(Template)]
#[template(path = "admin_user.html")]
struct UserPage {
    frame: Frame,
    faults: Faults,
    user: UserView,
    organisations: Vec<(String, String)>,
    roles: Vec<(&'static str, &'static str)>,
    given: Option<String>,
}

async fn one(
    state: &State,
    visitor: &Visitor,
    (id, query): (&str, &str),
    (status, faults, given): (StatusCode, Faults, Option<String>),
) -> Paged {
    let reach = reach_of(&visitor.actor)?;
    let id = id_of(id)?;
    let user = state
        .db
        .read(async |conn| {
            if !store::accounts::sees(conn, &reach, id).await? {
                return Err(Error::NotFound);
            }
            store::accounts::view_of(conn, &reach, id)
                .await?
                .ok_or(Error::NotFound)
        })
        .await?;
    let shown = UserPage {
        frame: Frame::of(visitor, user.display_name.clone(), "/admin", query),
        faults,
        organisations: organisations(state)
            .await?
            .into_iter()
            .map(|one| (one.code, one.name))
            .collect(),
        roles: roles(),
        given,
        user,
    };
    page(status, &shown)
}

#[get("/admin/users/{id}")]
pub async fn show_user(
    request: HttpRequest,
    state: web::Data<State>,
    visitor: Visitor,
    path: web::Path<String>,
) -> Paged {
    let fresh = (StatusCode::OK, Faults::default(), None);
    one(&state, &visitor, (&path, request.query_string()), fresh).await
}

/// Shows the user again: as he is now, or with what was refused.
async fn after(state: &State, visitor: &Visitor, id: &str, done: Result<()>) -> Paged {
    match done {
        Ok(()) => Ok(see_other(&format!("/admin/users/{id}?done=saved"))),
        Err(error) => {
            let (faults, status) = Faults::of(error)?;
            one(state, visitor, (id, ""), (status, faults, None)).await
        }
    }
}

#[post("/admin/users/{id}/reset")]
pub async fn reset(
    request: HttpRequest,
    state: web::Data<State>,
    visitor: Visitor,
    path: web::Path<String>,
    posted: Posted,
) -> Paged {
    reach_of(&visitor.actor)?;
    let id = id_of(&path)?;
    let mut from = attempt(&state.auth, &request);
    from.door = Door::Page;
    let (password, given) = state.auth.given_password(&from).await?;
    let done = state
        .db
        .write(&visitor.origin(), async |tx| {
            accounts::reset_password(tx, id, posted.seen_version(), &given).await
        })
        .await;
    match done {
        Ok(()) => {
            let fresh = (StatusCode::OK, Faults::default(), Some(password));
            one(&state, &visitor, (&path, ""), fresh).await
        }
        Err(error) => after(&state, &visitor, &path, Err(error)).await,
    }
}

/// Disables or enables.
#[post("/admin/users/{id}/disable")]
pub async fn disable(
    state: web::Data<State>,
    visitor: Visitor,
    path: web::Path<String>,
    posted: Posted,
) -> Paged {
    let id = id_of(&path)?;
    let disabled = posted.one("disabled") == Some("yes");
    let mut fields = posted.fields(&["disabled_reason"])?;
    let reason = fields.filled_text("disabled_reason", 500);
    if disabled && reason.is_none() {
        fields.fault("disabled_reason", Code::FieldMissing);
    }
    let done = match fields.finish(()) {
        Err(error) => Err(error),
        Ok(()) => {
            state
                .db
                .write(&visitor.origin(), async |tx| {
                    let patch = UserPatch {
                        disabled: Some(disabled),
                        disabled_reason: reason.clone().filter(|_| disabled),
                        ..UserPatch::default()
                    };
                    accounts::edit(tx, id, posted.seen_version(), patch).await
                })
                .await
        }
    };
    after(&state, &visitor, &path, done).await
}

/// Gives a role in an organisation.
#[post("/admin/users/{id}/grant")]
pub async fn grant(
    state: web::Data<State>,
    visitor: Visitor,
    path: web::Path<String>,
    posted: Posted,
) -> Paged {
    let id = id_of(&path)?;
    let mut fields = posted.fields(&["organisation", "role"])?;
    let organisation = fields.required_text("organisation", 80);
    let role = fields.filled_text("role", 40);
    let role = Role::parse(&fields.required("role", role));
    if role.is_none() {
        fields.required::<String>("role", None);
    }
    let done = match fields.finish(()) {
        Err(error) => Err(error),
        Ok(()) => state
            .db
            .write(&visitor.origin(), async |tx| {
                let new = NewMembership {
                    user_id: id,
                    organisation: organisation.clone(),
                    role: role.unwrap_or(Role::Observer),
                    plan: None,
                };
                memberships::grant(tx, &new).await
            })
            .await
            .map(drop),
    };
    after(&state, &visitor, &path, done).await
}

/// Ends a role, with the reason.
#[post("/admin/users/{id}/end")]
pub async fn end(
    state: web::Data<State>,
    visitor: Visitor,
    path: web::Path<String>,
    posted: Posted,
) -> Paged {
    let membership = posted
        .one("membership")
        .and_then(|text| Uuid::try_parse(text).ok());
    let mut fields = posted.fields(&["reason"])?;
    let reason = fields.required_text("reason", 500);
    let done = match fields.finish(()) {
        Err(error) => Err(error),
        Ok(()) => {
            let id = membership.ok_or(Error::NotFound)?;
            state
                .db
                .write(&visitor.origin(), async |tx| {
                    memberships::end(tx, id, posted.seen_version(), &reason).await
                })
                .await
        }
    };
    after(&state, &visitor, &path, done).await
}
