//! Signing in and out, and choosing a password.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, get, post, web};
use askama::Template;

use super::kept::{self, Kept};
use super::page::{Faults, Frame, Paged, Refused, page, see_other};
use super::posted::{Posted, csrf_of, encoded};
use super::visitor::{ACTING_COOKIE, FORM_COOKIE, SESSION_COOKIE, Visitor, cookie};
use crate::db::Door;
use crate::http::request::{State, query};
use crate::kernel::{Code, Error};
use crate::users::actions::sessions::end_own;
use crate::users::api::attempt;
use crate::users::passwords;
use crate::users::tokens::new_refresh_token;

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignIn {
    frame: Frame,
    faults: Faults,
    username: String,
    next: String,
    /// A form that came too late.
    kept: Option<Kept>,
}

/// What the sign-in page is shown with.
#[derive(Default)]
struct Shown {
    faults: Faults,
    username: String,
    next: String,
    kept: Option<Kept>,
}

/// Where somebody goes after signing in: a path of ours, whatever the address says.
pub(super) fn own_path(text: &str) -> String {
    let own = text.starts_with('/')
        && !text.starts_with("//")
        && !text.starts_with("/\\")
        && !text.contains('\\')
        && !text.chars().any(char::is_control)
        && text.len() < 2_000;
    if own { text.to_owned() } else { "/".to_owned() }
}

fn shown(
    request: &HttpRequest,
    state: &web::Data<State>,
    status: StatusCode,
    with: Shown,
) -> Result<HttpResponse, Refused> {
    // The form is proved by a secret of its own: nobody signs somebody else in.
    let (secret, fresh) = match request.cookie(FORM_COOKIE) {
        Some(known) => (known.value().to_owned(), false),
        None => (new_refresh_token().0, true),
    };
    let frame = Frame {
        csrf: csrf_of(&secret),
        ..Frame::bare("登录").saying(request.query_string())
    };
    let mut answer = page(
        status,
        &SignIn {
            frame,
            faults: with.faults,
            username: with.username,
            next: with.next,
            kept: with.kept,
        },
    )?;
    if fresh {
        answer
            .add_cookie(&cookie(request, state, FORM_COOKIE, secret))
            .map_err(Error::internal)?;
    }
    Ok(answer)
}

#[get("/sign-in")]
pub async fn form(request: HttpRequest, state: web::Data<State>) -> Paged {
    let next = query(&request).one("next").unwrap_or_default();
    if request
        .cookie(SESSION_COOKIE)
        .is_some_and(|known| !known.value().is_empty())
        && let Some(known) = request.cookie(SESSION_COOKIE)
        && state.auth.visitor_of(&state.db, known.value()).await.is_ok()
    {
        return Ok(see_other(&own_path(&next)));
    }
    let with = Shown {
        next: own_path(&next),
        ..Shown::default()
    };
    shown(&request, &state, StatusCode::OK, with)
}

/// The sign-in page for a form that came after the session had ended.
pub(super) fn interrupted(request: &HttpRequest, state: &web::Data<State>, kept: Kept) -> Paged {
    let with = Shown {
        next: "/".to_owned(),
        kept: Some(kept),
        ..Shown::default()
    };
    shown(request, state, StatusCode::UNAUTHORIZED, with)
}

#[post("/sign-in")]
pub async fn enter(request: HttpRequest, state: web::Data<State>, posted: Posted) -> Paged {
    let mut from = attempt(&state.auth, &request);
    from.door = Door::Page;
    let next = own_path(posted.one("next").unwrap_or("/"));
    let kept = Kept::of(&posted);
    let username = posted.typed("username");
    let password = posted.secret("password");
    let mut fields = posted.fields(&["username"])?;
    let name = fields.required_text("username", 200);
    if password.is_empty() {
        fields.fault("password", Code::FieldMissing);
    }
    let opened = match fields.finish(()) {
        Ok(()) => state.auth.open(&state.db, &from, &name, password).await,
        Err(error) => Err(error),
    };
    match opened {
        Ok(opened) => {
            let secret = &opened.refresh_token;
            let mut answer = match (&kept, opened.must_change_password) {
                (_, true) => see_other("/password"),
                (Some(kept), false) => kept::resume(kept, secret)?,
                (None, false) if has_several(&state, secret).await? => {
                    see_other(&format!("/acting?next={}", encoded(&next)))
                }
                (None, false) => see_other(&next),
            };
            answer
                .add_cookie(&cookie(&request, &state, SESSION_COOKIE, opened.refresh_token))
                .map_err(Error::internal)?;
            Ok(answer)
        }
        // Wrong is told in the form; so is that one must wait.
        Err(Error::Unauthenticated(code)) => {
            let told = Error::invalid("/username", code);
            let (faults, _) = Faults::of(told)?;
            let with = Shown {
                faults,
                username,
                next,
                kept,
            };
            shown(&request, &state, StatusCode::UNAUTHORIZED, with)
        }
        Err(error) => {
            let (faults, status) = Faults::of(error)?;
            let with = Shown {
                faults,
                username,
                next,
                kept,
            };
            shown(&request, &state, status, with)
        }
    }
}

/// Whether somebody works for several organisations or in several roles, and so chooses.
async fn has_several(state: &State, secret: &str) -> Result<bool, Error> {
    let person = state.auth.visitor_of(&state.db, secret).await?;
    Ok(person.memberships.len() > 1)
}

#[post("/sign-out")]
pub async fn leave(
    request: HttpRequest,
    state: web::Data<State>,
    visitor: Visitor,
    _posted: Posted,
) -> Paged {
    let person = visitor.person.clone();
    state
        .db
        .write(&visitor.origin(), async |tx| {
            end_own(tx, &person, person.session_id, "logout").await
        })
        .await?;
    let mut answer = see_other("/sign-in?done=signed-out");
    for name in [SESSION_COOKIE, ACTING_COOKIE] {
        let mut gone = cookie(&request, &state, name, String::new());
        gone.make_removal();
        answer.add_cookie(&gone).map_err(Error::internal)?;
    }
    // What the browser kept of the pages goes with the session.
    answer.headers_mut().insert(
        actix_web::http::header::HeaderName::from_static("clear-site-data"),
        actix_web::http::header::HeaderValue::from_static("\"cache\""),
    );
    Ok(answer)
}

#[derive(Template)]
#[template(path = "password.html")]
struct Password {
    frame: Frame,
    faults: Faults,
    /// He was given his password and must choose his own.
    forced: bool,
}

fn password_page(visitor: &Visitor, faults: Faults, status: StatusCode) -> Paged {
    let forced = visitor.person.must_change_password;
    let mut frame = Frame::of(visitor, "修改密码", "", "");
    if forced {
        frame.places.clear();
    }
    page(
        status,
        &Password {
            frame,
            faults,
            forced,
        },
    )
}

#[get("/password")]
pub async fn password_form(visitor: Visitor) -> Paged {
    password_page(&visitor, Faults::default(), StatusCode::OK)
}

#[post("/password")]
pub async fn change_password(
    request: HttpRequest,
    state: web::Data<State>,
    visitor: Visitor,
    posted: Posted,
) -> Paged {
    let mut from = attempt(&state.auth, &request);
    from.door = Door::Page;
    let (old, new) = (posted.secret("old_password"), posted.secret("new_password"));
    let mut fields = posted.fields(&[])?;
    if old.is_empty() {
        fields.fault("old_password", Code::FieldMissing);
    }
    if new.is_empty() {
        fields.fault("new_password", Code::FieldMissing);
    } else if new != posted.secret("again") {
        fields.fault("again", Code::FieldAgain);
    }
    if new.chars().count() > passwords::MOST {
        fields.fault("new_password", Code::FieldTooLong).params = vec![("most", passwords::MOST.to_string())];
    }
    let changed = match fields.finish(()) {
        Ok(()) => {
            let auth = &state.auth;
            auth.change_password(&state.db, &from, &visitor.person, old, new)
                .await
        }
        Err(error) => Err(error),
    };
    match changed {
        Ok(()) => Ok(see_other("/?done=password")),
        Err(error) => {
            let (faults, status) = Faults::of(error)?;
            password_page(&visitor, faults, status)
        }
    }
}
