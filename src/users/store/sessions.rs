//! The SQL of sessions, refresh tokens and failed sign-ins. What is written before anybody is known (a failure, a
//! session by a right password, a next token by a token) is proved by that secret and needs no permit.

use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use crate::db::paging::{Page, PageRequest, decode};
use crate::db::schema::{login_failures, memberships, organisations, refresh_tokens, sessions, users};
use crate::kernel::{Permit, Result};
use crate::users::model::{MembershipRow, SessionRow};
use crate::users::throttle::FORGOTTEN_HOURS;

/// A session, when its user was disabled, whether he must change his password, and a membership with the kind of
/// its organisation.
pub type Rights = (
    SessionRow,
    Option<DateTime<Utc>>,
    bool,
    Option<MembershipRow>,
    Option<String>,
);

/// All that a request needs to know of who asks, in one query: a row for each living membership, one where there is
/// none. Empty where there is no such session.
pub async fn rights(conn: &mut AsyncPgConnection, session_id: Uuid) -> Result<Vec<Rights>> {
    Ok(sessions::table
        .inner_join(users::table.on(users::id.eq(sessions::user_id)))
        .left_join(
            memberships::table
                .inner_join(organisations::table.on(organisations::id.eq(memberships::organisation_id)))
                .on(memberships::user_id
                    .eq(users::id)
                    .and(memberships::ended_at.is_null())),
        )
        .filter(sessions::id.eq(session_id))
        .order(memberships::id)
        .select((
            SessionRow::as_select(),
            users::disabled_at,
            users::must_change_password,
            Option::<MembershipRow>::as_select(),
            organisations::kind.nullable(),
        ))
        .load(conn)
        .await?)
}

/// How often an account failed from a network, and when last.
pub async fn failures(
    conn: &mut AsyncPgConnection,
    account: &str,
    network: &str,
) -> Result<Option<(i32, DateTime<Utc>)>> {
    Ok(login_failures::table
        .find((account, network))
        .select((login_failures::failures, login_failures::last_failed_at))
        .first(conn)
        .await
        .optional()?)
}

/// Counts a failure, from one again where the last is long ago, and forgets what is older than a day.
pub async fn count_failure(
    conn: &mut AsyncPgConnection,
    account: &str,
    network: &str,
    now: DateTime<Utc>,
) -> Result<()> {
    let forgotten = now - TimeDelta::hours(FORGOTTEN_HOURS);
    diesel::delete(login_failures::table.filter(login_failures::last_failed_at.lt(forgotten)))
        .execute(conn)
        .await?;
    diesel::insert_into(login_failures::table)
        .values((
            login_failures::account.eq(account),
            login_failures::network.eq(network),
            login_failures::failures.eq(1),
            login_failures::last_failed_at.eq(now),
        ))
        .on_conflict((login_failures::account, login_failures::network))
        .do_update()
        .set((
            login_failures::failures.eq(login_failures::failures + 1),
            login_failures::last_failed_at.eq(now),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// Forgets the failures of an account, from one network or from everywhere.
pub async fn clear_failures(
    conn: &mut AsyncPgConnection,
    account: &str,
    network: Option<&str>,
) -> Result<()> {
    let mut query = diesel::delete(login_failures::table)
        .filter(login_failures::account.eq(account))
        .into_boxed();
    if let Some(network) = network {
        query = query.filter(login_failures::network.eq(network));
    }
    query.execute(conn).await?;
    Ok(())
}

pub async fn insert_session(conn: &mut AsyncPgConnection, row: &SessionRow) -> Result<()> {
    diesel::insert_into(sessions::table)
        .values(row)
        .execute(conn)
        .await?;
    Ok(())
}

pub async fn insert_refresh_token(
    conn: &mut AsyncPgConnection,
    session: &SessionRow,
    token_hash: &[u8],
    now: DateTime<Utc>,
) -> Result<()> {
    diesel::insert_into(refresh_tokens::table)
        .values((
            refresh_tokens::token_hash.eq(token_hash),
            refresh_tokens::session_id.eq(session.id),
            refresh_tokens::issued_at.eq(now),
            refresh_tokens::expires_at.eq(session.expires_at),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// The session that a refresh token belongs to.
pub async fn session_of_token(conn: &mut AsyncPgConnection, token_hash: &[u8]) -> Result<Option<Uuid>> {
    Ok(refresh_tokens::table
        .find(token_hash)
        .select(refresh_tokens::session_id)
        .first(conn)
        .await
        .optional()?)
}

/// The session, held until the transaction ends: its tokens are used one after another.
pub async fn lock(conn: &mut AsyncPgConnection, id: Uuid) -> Result<Option<SessionRow>> {
    Ok(sessions::table
        .find(id)
        .select(SessionRow::as_select())
        .for_update()
        .first(conn)
        .await
        .optional()?)
}

/// Marks a refresh token as used, under the lock of its session; false where it was used before.
pub async fn use_refresh_token(
    conn: &mut AsyncPgConnection,
    token_hash: &[u8],
    now: DateTime<Utc>,
) -> Result<bool> {
    let used = diesel::update(
        refresh_tokens::table
            .find(token_hash)
            .filter(refresh_tokens::used_at.is_null()),
    )
    .set(refresh_tokens::used_at.eq(now))
    .execute(conn)
    .await?;
    Ok(used == 1)
}

/// Which sessions are ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    One(Uuid),
    All,
    AllBut(Uuid),
}

/// Ends sessions of a user that stand; says how many.
pub async fn revoke(
    conn: &mut AsyncPgConnection,
    _permit: &Permit,
    user_id: Uuid,
    which: Which,
    reason: &str,
    now: DateTime<Utc>,
) -> Result<usize> {
    let mut query = diesel::update(sessions::table)
        .filter(sessions::user_id.eq(user_id))
        .filter(sessions::revoked_at.is_null())
        .into_boxed();
    query = match which {
        Which::One(id) => query.filter(sessions::id.eq(id)),
        Which::All => query,
        Which::AllBut(id) => query.filter(sessions::id.ne(id)),
    };
    let ended = query
        .set((sessions::revoked_at.eq(now), sessions::revoked_reason.eq(reason)))
        .execute(conn)
        .await?;
    Ok(ended)
}

/// Whether the session is one of the user's, standing or ended.
pub async fn is_of(conn: &mut AsyncPgConnection, user_id: Uuid, id: Uuid) -> Result<bool> {
    let found: Option<Uuid> = sessions::table
        .find(id)
        .filter(sessions::user_id.eq(user_id))
        .select(sessions::id)
        .first(conn)
        .await
        .optional()?;
    Ok(found.is_some())
}

/// A page of the sessions of a user that stand, oldest first.
pub async fn list(
    conn: &mut AsyncPgConnection,
    user_id: Uuid,
    now: DateTime<Utc>,
    page: &PageRequest,
) -> Result<Page<SessionRow>> {
    let question = format!("sessions {user_id}");
    let mut query = sessions::table
        .filter(sessions::user_id.eq(user_id))
        .filter(sessions::revoked_at.is_null())
        .filter(sessions::expires_at.gt(now))
        .into_boxed();
    if let Some(cursor) = &page.cursor {
        query = query.filter(sessions::id.gt(decode::<Uuid>(&question, cursor)?));
    }
    let rows = query
        .order(sessions::id)
        .limit(page.limit + 1)
        .select(SessionRow::as_select())
        .load(conn)
        .await?;
    Page::cut(rows, page, &question, |row| row.id)
}
