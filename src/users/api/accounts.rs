//! Users, for administrators.

use actix_web::{HttpRequest, HttpResponse, delete, get, patch, post, web};
use uuid::Uuid;

use super::attempt;
use super::auth::session_page;
use crate::db::Tx;
use crate::db::paging::PageRequest;
use crate::http::answer::{Answer, ListBody, read as answer_read};
use crate::http::form::Fields;
use crate::http::problem::Problem;
use crate::http::refusals::{ChangeRefusals, CreateRefusals, ListRefusals, ReadRefusals};
use crate::http::request::{Body, Seen, SignedIn, State, id_of, query};
use crate::http::run;
use crate::kernel::Patch;
use crate::kernel::{Code, Error, Result, Role};
use crate::users::actions::{accounts, reach_of, sessions as of_sessions};
use crate::users::model::{GivenPassword, NewUser, SessionView, UserFilter, UserPatch, UserView};
use crate::users::store;

type Answered = Result<HttpResponse, Problem>;

/// The names of the roles, as a form may say them.
pub(super) const ROLES: [&str; 6] = [
    "staff",
    "reviewer",
    "planner",
    "supervisor",
    "observer",
    "administrator",
];

/// The users of whom the administrator has a membership in sight, in the order of their user names.
#[utoipa::path(
    tag = "users",
    params(
        ("q" = Option<String>, Query, description = "Part of the user name or display name"),
        ("organisation" = Option<Vec<String>>, Query, description = "In any of these or below, by code or id"),
        ("role" = Option<Vec<Role>>, Query, description = "In any of these roles"),
        ("disabled" = Option<bool>, Query, description = "Only those disabled, or only the others"),
        ("include" = Option<Vec<String>>, Query, description = "`total`: how many there are in all"),
        ("limit" = Option<i64>, Query, description = "1 to 200; 50 where absent"),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before"),
    ),
    responses(ListRefusals, (status = 200, description = "A page", body = ListBody<UserView>)),
)]
#[get("/users")]
pub async fn list(state: web::Data<State>, who: SignedIn, request: HttpRequest) -> Answered {
    let (filter, page) = filter_of(&request)?;
    let reach = reach_of(&who.0)?;
    let found = state
        .db
        .read(async |conn| store::accounts::list(conn, &reach, &filter, &page).await)
        .await?;
    answer_read(&request, None, &ListBody::from(found))
}

/// One user, with the memberships in sight.
#[utoipa::path(
    tag = "users",
    params(("id" = Uuid, Path, description = "The user")),
    responses(ReadRefusals, (status = 200, description = "The user; `ETag` is his version", body = UserView)),
)]
#[get("/users/{id}")]
pub async fn read(
    state: web::Data<State>,
    who: SignedIn,
    id: web::Path<String>,
    request: HttpRequest,
) -> Answered {
    let found = in_sight(&state, &who, &id).await?;
    answer_read(&request, Some(found.row_version), &found)
}

/// Makes a user with his first membership. The answer shows his password this once: it is therefore kept under no
/// Idempotency-Key (one may be sent, and does nothing); a repeated request is refused, for the user name is taken.
#[utoipa::path(
    tag = "users",
    request_body = NewUser,
    responses(
        CreateRefusals,
        (status = 201, description = "The user, his `Location`, and his password, this once", body = GivenPassword),
        (status = 429, description = "Too many passwords are being hashed; `Retry-After` says when to come again"),
    ),
)]
#[post("/users")]
pub async fn create(state: web::Data<State>, who: SignedIn, body: Body, request: HttpRequest) -> Answered {
    let new = new_of(body.fields()?)?;
    reach_of(&who.0)?;
    let (password, given) = state.auth.given_password(&attempt(&state.auth, &request)).await?;
    let answer = run::change(&state, &who, async |tx| {
        let id = accounts::create(tx, &new, &given).await?;
        let user = shown(tx, id).await?;
        let (version, password) = (user.row_version, password.clone());
        Answer::created(
            version,
            format!("/api/v1/users/{id}"),
            &GivenPassword { user, password },
        )
    });
    Ok(answer.await?.respond())
}

/// Changes a user's personal data; disables him with a reason, which ends his sessions.
#[utoipa::path(
    tag = "users",
    request_body = UserPatch,
    params(
        ("id" = Uuid, Path, description = "The user"),
        ("If-Match" = String, Header, description = "The `ETag` that was read"),
    ),
    responses(ChangeRefusals, (status = 200, description = "The user as he is now", body = UserView)),
)]
#[patch("/users/{id}")]
pub async fn edit(
    state: web::Data<State>,
    who: SignedIn,
    id: web::Path<String>,
    body: Body,
    request: HttpRequest,
) -> Answered {
    let patch = patch_of(body.fields()?)?;
    let seen = Seen::of(&request)?;
    let id = id_of(&id)?;
    let answer = run::change(&state, &who, async |tx| {
        accounts::edit(tx, id, seen.version(), patch.clone()).await?;
        let user = shown(tx, id).await?;
        Answer::object(user.row_version, &user)
    });
    Ok(answer.await?.respond())
}

/// Gives a user a new password, shown this once and kept under no Idempotency-Key, and ends his sessions. Not for
/// oneself: that is `/auth/password`.
#[utoipa::path(
    tag = "users",
    params(
        ("id" = Uuid, Path, description = "The user"),
        ("If-Match" = String, Header, description = "The `ETag` that was read"),
    ),
    responses(
        ChangeRefusals,
        (status = 200, description = "The user and his password, this once", body = GivenPassword),
        (status = 429, description = "Too many passwords are being hashed; `Retry-After` says when to come again"),
    ),
)]
#[post("/users/{id}/reset-password")]
pub async fn reset_password(
    state: web::Data<State>,
    who: SignedIn,
    id: web::Path<String>,
    body: Body,
    request: HttpRequest,
) -> Answered {
    body.fields()?.finish(())?;
    let seen = Seen::of(&request)?;
    let id = in_sight(&state, &who, &id).await?.id;
    let (password, given) = state.auth.given_password(&attempt(&state.auth, &request)).await?;
    let answer = run::change(&state, &who, async |tx| {
        accounts::reset_password(tx, id, seen.version(), &given).await?;
        let user = shown(tx, id).await?;
        let (version, password) = (user.row_version, password.clone());
        Answer::object(version, &GivenPassword { user, password })
    });
    Ok(answer.await?.respond())
}

/// The sessions of a user that stand, oldest first.
#[utoipa::path(
    tag = "users",
    params(
        ("id" = Uuid, Path, description = "The user"),
        ("limit" = Option<i64>, Query, description = "1 to 200; 50 where absent"),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before"),
    ),
    responses(
        ListRefusals,
        (status = 200, description = "A page", body = ListBody<SessionView>),
        (status = 404, description = "Absent or out of sight"),
    ),
)]
#[get("/users/{id}/sessions")]
pub async fn sessions(
    state: web::Data<State>,
    who: SignedIn,
    id: web::Path<String>,
    request: HttpRequest,
) -> Answered {
    let mut query = query(&request);
    let page = query.page();
    let page = query.finish(page)?;
    let user = in_sight(&state, &who, &id).await?;
    answer_read(&request, None, &session_page(&state, user.id, None, &page).await?)
}

/// Ends a session of a user; one that has ended already stays ended. A session has no version, so no `If-Match`.
#[utoipa::path(
    tag = "users",
    params(("id" = Uuid, Path, description = "The user"), ("sid" = Uuid, Path, description = "The session")),
    responses(ReadRefusals, (status = 204, description = "Ended")),
)]
#[delete("/users/{id}/sessions/{sid}")]
pub async fn end_session(
    state: web::Data<State>,
    who: SignedIn,
    path: web::Path<(String, String)>,
) -> Answered {
    reach_of(&who.0)?;
    let (user_id, session_id) = (id_of(&path.0)?, id_of(&path.1)?);
    run::change(&state, &who, async |tx| {
        of_sessions::end_of(tx, user_id, session_id).await?;
        Answer::plain(&())
    })
    .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// The user, where the asker administers somewhere and has him in sight.
async fn in_sight(state: &State, who: &SignedIn, id: &str) -> Result<UserView> {
    let reach = reach_of(&who.0)?;
    let id = id_of(id)?;
    state
        .db
        .read(async |conn| {
            if !store::accounts::sees(conn, &reach, id).await? {
                return Err(Error::NotFound);
            }
            store::accounts::view_of(conn, &reach, id)
                .await?
                .ok_or(Error::NotFound)
        })
        .await
}

async fn shown(tx: &mut Tx, id: Uuid) -> Result<UserView> {
    let reach = reach_of(tx.actor())?;
    let found = store::accounts::view_of(tx.conn(), &reach, id).await?;
    found.ok_or(Error::NotFound)
}

fn filter_of(request: &HttpRequest) -> Result<(UserFilter, PageRequest)> {
    let mut query = query(request);
    let filter = UserFilter {
        q: query.one("q"),
        organisations: query.many("organisation"),
        roles: query.choices("role", &ROLES, Role::parse),
        disabled: query.boolean("disabled"),
        total: !query.include(&["total"]).is_empty(),
    };
    let page = query.page();
    query.finish((filter, page))
}

fn new_of(mut fields: Fields) -> Result<NewUser> {
    let username = fields.required_text("username", 64);
    if !username.is_empty() && !accounts::username_is_sound(&username) {
        let fault = fields.fault("username", Code::FieldFormat);
        fault.params.push(("format", "2–64: a-z 0-9 . _ -".to_owned()));
    }
    let display_name = fields.filled_text("display_name", 100);
    let organisation = fields.filled_text("organisation", 80);
    let role = fields.choice("role", &ROLES, Role::parse);
    if role.is_none() {
        fields.required::<String>("role", None);
    }
    let new = NewUser {
        username,
        display_name: fields.required("display_name", display_name),
        phone: fields.filled_text("phone", 40),
        email: fields.filled_text("email", 200),
        organisation: fields.required("organisation", organisation),
        role: role.unwrap_or(Role::Observer),
        plan: fields.filled_text("plan", 80),
    };
    fields.finish(new)
}

fn patch_of(mut fields: Fields) -> Result<UserPatch> {
    let patch = UserPatch {
        display_name: fields.patch_kept("display_name", |f| f.filled_text("display_name", 100)),
        phone: change(fields.patch("phone", |f| f.filled_text("phone", 40))),
        email: change(fields.patch("email", |f| f.filled_text("email", 200))),
        disabled: fields.patch_kept("disabled", |f| f.boolean("disabled")),
        disabled_reason: fields.patch_kept("disabled_reason", |f| f.filled_text("disabled_reason", 500)),
    };
    fields.finish(patch)
}

/// What a PATCH says of a field, as the actions take it.
fn change<T>(patch: Patch<T>) -> Option<Option<T>> {
    match patch {
        Patch::Keep => None,
        Patch::Clear => Some(None),
        Patch::Set(value) => Some(Some(value)),
    }
}
