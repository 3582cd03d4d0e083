//! Signing in and out, who one is, one's own sessions and password.

use actix_web::{HttpRequest, HttpResponse, delete, get, post, web};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{attempt, person};
use crate::db::paging::PageRequest;
use crate::http::answer::{Answer, ListBody, read};
use crate::http::form::Fields;
use crate::http::problem::{Problem, ProblemDocument};
use crate::http::refusals::{ListRefusals, ReadRefusals, SignInRefusals};
use crate::http::request::{Body, SignedIn, State, id_of, query};
use crate::http::run;
use crate::kernel::Error;
use crate::users::actions::sessions::end_own;
use crate::users::model::{Reach, SessionRow, SessionView, TokenPair, UserView};
use crate::users::{passwords, store};

type Answered = Result<HttpResponse, Problem>;

/// User name and password.
#[derive(ToSchema)]
#[allow(
    dead_code,
    reason = "the shape for the OpenAPI document; the parser reads the fields"
)]
pub struct SignIn {
    username: String,
    password: String,
}

/// A refresh token that was not used yet.
#[derive(ToSchema)]
#[allow(
    dead_code,
    reason = "the shape for the OpenAPI document; the parser reads the fields"
)]
pub struct Refresh {
    refresh_token: String,
}

/// The password that was and the one that shall be: at least 10 characters, not a common one, not the user name.
#[derive(ToSchema)]
#[allow(
    dead_code,
    reason = "the shape for the OpenAPI document; the parser reads the fields"
)]
pub struct PasswordChange {
    old_password: String,
    new_password: String,
}

/// Who asks, by which session.
#[derive(Serialize, ToSchema)]
pub struct Me {
    pub session_id: Uuid,
    /// With the living memberships.
    pub user: UserView,
}

/// Opens a session. Somebody unknown, disabled or mistaken gets the same answer.
#[utoipa::path(
    tag = "auth",
    request_body = SignIn,
    responses(SignInRefusals, (status = 200, description = "A session", body = TokenPair)),
    security(()),
)]
#[post("/auth/login")]
pub async fn login(state: web::Data<State>, body: Body, request: HttpRequest) -> Answered {
    let mut fields = body.fields()?;
    let username = fields.required_text("username", 200);
    let password = secret(&mut fields, "password");
    let password = fields.finish(password)?;
    let from = attempt(&state.auth, &request);
    let pair = state.auth.sign_in(&state.db, &from, &username, password).await?;
    Ok(Answer::plain(&pair)?.respond())
}

/// Gives the next pair of tokens. A token that was used before ends its session.
#[utoipa::path(
    tag = "auth",
    request_body = Refresh,
    responses(SignInRefusals, (status = 200, description = "The next tokens", body = TokenPair)),
    security(()),
)]
#[post("/auth/refresh")]
pub async fn refresh(state: web::Data<State>, body: Body, request: HttpRequest) -> Answered {
    let mut fields = body.fields()?;
    let token = secret(&mut fields, "refresh_token");
    let token = fields.finish(token)?;
    let from = attempt(&state.auth, &request);
    let pair = state.auth.refresh(&state.db, &from, &token).await?;
    Ok(Answer::plain(&pair)?.respond())
}

/// Ends the session by which the request came.
#[utoipa::path(
    tag = "auth",
    responses(ReadRefusals, (status = 204, description = "Ended")),
)]
#[post("/auth/logout")]
pub async fn logout(state: web::Data<State>, who: SignedIn) -> Answered {
    let me = person(&who.0)?;
    run::change(&state, &who, async |tx| {
        end_own(tx, me, me.session_id, "logout").await?;
        Answer::plain(&())
    })
    .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Who one is, and what one is where.
#[utoipa::path(
    tag = "auth",
    responses(ReadRefusals, (status = 200, description = "The user and his living memberships", body = Me)),
)]
#[get("/auth/me")]
pub async fn read_me(state: web::Data<State>, who: SignedIn, request: HttpRequest) -> Answered {
    let me = person(&who.0)?;
    let found = state
        .db
        .read(async |conn| store::accounts::view_of(conn, &Reach::All, me.user_id).await)
        .await?;
    let mut user = found.ok_or(Error::NotFound)?;
    user.memberships
        .retain(|membership| membership.ended_at.is_none());
    let session_id = me.session_id;
    read(&request, Some(user.row_version), &Me { session_id, user })
}

/// Changes one's own password and ends one's other sessions.
#[utoipa::path(
    tag = "auth",
    request_body = PasswordChange,
    responses(
        SignInRefusals,
        (status = 204, description = "Changed"),
        (status = 422, description = "The old one is wrong, or the new one is not taken", body = ProblemDocument,
         content_type = "application/problem+json"),
    ),
)]
#[post("/auth/password")]
pub async fn change_password(
    state: web::Data<State>,
    who: SignedIn,
    body: Body,
    request: HttpRequest,
) -> Answered {
    let mut fields = body.fields()?;
    let old = secret(&mut fields, "old_password");
    let new = secret(&mut fields, "new_password");
    let (old, new) = fields.finish((old, new))?;
    let from = attempt(&state.auth, &request);
    let me = person(&who.0)?;
    state.auth.change_password(&state.db, &from, me, old, new).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// One's sessions that stand, oldest first.
#[utoipa::path(
    tag = "auth",
    params(
        ("limit" = Option<i64>, Query, description = "1 to 200; 50 where absent"),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before"),
    ),
    responses(ListRefusals, (status = 200, description = "A page", body = ListBody<SessionView>)),
)]
#[get("/auth/sessions")]
pub async fn sessions(state: web::Data<State>, who: SignedIn, request: HttpRequest) -> Answered {
    let me = person(&who.0)?;
    let mut query = query(&request);
    let page = query.page();
    let page = query.finish(page)?;
    read(
        &request,
        None,
        &session_page(&state, me.user_id, Some(me.session_id), &page).await?,
    )
}

/// Ends one of one's sessions; one that has ended already stays ended.
#[utoipa::path(
    tag = "auth",
    params(("id" = Uuid, Path, description = "The session")),
    responses(ReadRefusals, (status = 204, description = "Ended")),
)]
#[delete("/auth/sessions/{id}")]
pub async fn end_session(state: web::Data<State>, who: SignedIn, id: web::Path<String>) -> Answered {
    let me = person(&who.0)?;
    let id = id_of(&id)?;
    run::change(&state, &who, async |tx| {
        end_own(tx, me, id, "ended_by_user").await?;
        Answer::plain(&())
    })
    .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// A page of the sessions of a user that stand.
pub(super) async fn session_page(
    state: &State,
    user_id: Uuid,
    current: Option<Uuid>,
    page: &PageRequest,
) -> crate::kernel::Result<ListBody<SessionView>> {
    let now = state.db.clock.now();
    let found = state
        .db
        .read(async |conn| store::sessions::list(conn, user_id, now, page).await)
        .await?;
    Ok(ListBody::from(found.map(|row: SessionRow| SessionView {
        current: Some(row.id) == current,
        id: row.id,
        door: row.door,
        created_at: row.created_at,
        expires_at: row.expires_at,
    })))
}

fn secret(fields: &mut Fields, name: &'static str) -> String {
    let value = fields.secret(name, passwords::MOST);
    fields.required(name, value)
}
