//! Opening, refreshing and ending sessions; changing one's own password.

use chrono::TimeDelta;
use serde_json::json;
use uuid::Uuid;

use super::{permit_over, reach_of};
use crate::db::log::REGISTRY;
use crate::db::{Door, EventKind, NewEvent, Subject, Tx};
use crate::kernel::authz::{Action, Actor, Person, Target, require};
use crate::kernel::{Code, Error, Result};
use crate::users::model::{Credentials, SessionRow};
use crate::users::store;
use crate::users::store::sessions::Which;
use crate::users::tokens::{PAGE_HOURS, SESSION_DAYS, hash_of, new_refresh_token};

/// A session and the refresh token that goes on with it.
#[derive(Clone)]
pub struct Opened {
    pub session: SessionRow,
    pub refresh_token: String,
    pub must_change_password: bool,
}

/// What became of a refresh token.
#[derive(Clone)]
pub enum Refreshed {
    Next(Opened),
    /// It had been used before: the session is ended. No error, so that the end is committed.
    Reused,
}

/// Opens a session for somebody whose password was just found right, if that is still so. A session serves the door
/// by which it was opened and no other.
pub async fn open(tx: &mut Tx, known: &Credentials, door: Door) -> Result<Opened> {
    let wrong = Error::Unauthenticated(Code::AuthCredentialsWrong);
    let present = store::accounts::credentials_shared(tx.conn(), known.user_id).await?;
    let Some(present) =
        present.filter(|now| now.disabled_at.is_none() && now.password_hash == known.password_hash)
    else {
        return Err(wrong);
    };
    let now = tx.now();
    let lasts = match door {
        Door::Page => TimeDelta::hours(PAGE_HOURS),
        _ => TimeDelta::days(SESSION_DAYS),
    };
    let session = SessionRow {
        id: Uuid::now_v7(),
        user_id: known.user_id,
        door: door.as_str().to_owned(),
        created_at: now,
        expires_at: now + lasts,
        revoked_at: None,
        revoked_reason: None,
    };
    store::sessions::insert_session(tx.conn(), &session).await?;
    let (refresh_token, hash) = new_refresh_token();
    store::sessions::insert_refresh_token(tx.conn(), &session, &hash, now).await?;
    Ok(Opened {
        session,
        refresh_token,
        must_change_password: present.must_change_password,
    })
}

/// Gives the next refresh token for one that was not used yet. A used one ends the session: one of the two who had
/// it was not its owner.
pub async fn refresh(tx: &mut Tx, token: &str) -> Result<Refreshed> {
    let hash = hash_of(token);
    let session_id = store::sessions::session_of_token(tx.conn(), &hash)
        .await?
        .ok_or(Error::Unauthenticated(Code::AuthTokenInvalid))?;
    let ended = || Error::Unauthenticated(Code::AuthSessionEnded);
    let session = store::sessions::lock(tx.conn(), session_id)
        .await?
        .ok_or_else(ended)?;
    let now = tx.now();
    let stands = session.revoked_at.is_none() && session.expires_at > now && session.door == "api";
    let user = store::accounts::credentials_of(tx.conn(), session.user_id).await?;
    let Some(user) = user.filter(|user| stands && user.disabled_at.is_none()) else {
        return Err(ended());
    };
    if !store::sessions::use_refresh_token(tx.conn(), &hash, now).await? {
        end_for_reuse(tx, &session).await?;
        return Ok(Refreshed::Reused);
    }
    let (refresh_token, hash) = new_refresh_token();
    store::sessions::insert_refresh_token(tx.conn(), &session, &hash, now).await?;
    Ok(Refreshed::Next(Opened {
        session,
        refresh_token,
        must_change_password: user.must_change_password,
    }))
}

/// The house itself ends a session; the log says so, for somebody may have had a token stolen.
async fn end_for_reuse(tx: &mut Tx, session: &SessionRow) -> Result<()> {
    let target = Target::Account {
        user_id: session.user_id,
    };
    let permit = require(&Actor::System, Action::AdministerUsers, &target)?;
    let (which, now) = (Which::One(session.id), tx.now());
    store::sessions::revoke(tx.conn(), &permit, session.user_id, which, "refresh_reused", now).await?;
    tx.record(NewEvent {
        stream_id: REGISTRY,
        kind: EventKind::SessionRevoked,
        subject: Subject::User,
        subject_id: session.user_id,
        project_id: None,
        membership_id: None,
        body: json!({ "session_id": session.id, "cause": "refresh_reused" }),
    });
    Ok(())
}

/// Ends one of one's own sessions; one that has ended already stays ended.
pub async fn end_own(tx: &mut Tx, person: &Person, session_id: Uuid, reason: &str) -> Result<()> {
    let user_id = person.user_id;
    if !store::sessions::is_of(tx.conn(), user_id, session_id).await? {
        return Err(Error::NotFound);
    }
    let permit = require(tx.actor(), Action::OwnAccount, &Target::Account { user_id })?;
    let (which, now) = (Which::One(session_id), tx.now());
    store::sessions::revoke(tx.conn(), &permit, user_id, which, reason, now).await?;
    Ok(())
}

/// Ends a session of a user whom the actor administers.
pub async fn end_of(tx: &mut Tx, user_id: Uuid, session_id: Uuid) -> Result<()> {
    reach_of(tx.actor())?;
    // First whether there is such a session of somebody in sight, then whether he may be touched.
    let permit = match permit_over(tx, user_id).await {
        Err(Error::Forbidden(_)) if !store::sessions::is_of(tx.conn(), user_id, session_id).await? => {
            return Err(Error::NotFound);
        }
        other => other?,
    };
    if !store::sessions::is_of(tx.conn(), user_id, session_id).await? {
        return Err(Error::NotFound);
    }
    let (which, now) = (Which::One(session_id), tx.now());
    let ended = store::sessions::revoke(tx.conn(), &permit, user_id, which, "administrator", now).await?;
    if ended > 0 {
        let body = json!({ "session_id": session_id, "cause": "administrator" });
        let subject = (Subject::User, user_id);
        tx.record_under(&permit, REGISTRY, EventKind::SessionRevoked, subject, None, body);
    }
    Ok(())
}

/// Takes the password that somebody chose for himself, where the old one is still what was found right, and ends his
/// other sessions.
pub async fn change_password(
    tx: &mut Tx,
    person: &Person,
    known: &Credentials,
    password_hash: &str,
) -> Result<()> {
    let user_id = person.user_id;
    let permit = require(tx.actor(), Action::OwnAccount, &Target::Account { user_id })?;
    let present = store::accounts::credentials_locked(tx.conn(), user_id).await?;
    if present.is_none_or(|now| now.password_hash != known.password_hash) {
        return Err(Error::invalid("/old_password", Code::AuthCredentialsWrong));
    }
    let now = tx.now();
    store::accounts::update_password(tx.conn(), &permit, user_id, password_hash, false, now).await?;
    let which = Which::AllBut(person.session_id);
    let ended = store::sessions::revoke(tx.conn(), &permit, user_id, which, "password_changed", now).await?;
    let body = json!({ "sessions_ended": ended });
    let subject = (Subject::User, user_id);
    tx.record_under(
        &permit,
        REGISTRY,
        EventKind::UserPasswordChanged,
        subject,
        None,
        body,
    );
    Ok(())
}
