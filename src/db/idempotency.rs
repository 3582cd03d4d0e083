//! The SQL of answers that are kept under keys of requests.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde_json::Value;
use uuid::Uuid;

use super::schema::idempotency_keys as k;
use crate::kernel::Result;

/// What was answered, and to which request.
#[derive(Debug, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = k, check_for_backend(diesel::pg::Pg))]
pub struct KeptAnswer {
    pub request_hash: Vec<u8>,
    pub status: i32,
    pub headers: Value,
    pub body: Value,
}

/// What this user's key was answered with after an instant.
pub async fn kept(
    conn: &mut AsyncPgConnection,
    user_id: Uuid,
    key: &str,
    since: DateTime<Utc>,
) -> Result<Option<KeptAnswer>> {
    Ok(k::table
        .find((user_id, key))
        .filter(k::created_at.gt(since))
        .select(KeptAnswer::as_select())
        .first(conn)
        .await
        .optional()?)
}

/// Keeps an answer under this user's key, in place of one that is too old.
pub async fn keep(
    conn: &mut AsyncPgConnection,
    user_id: Uuid,
    key: &str,
    answer: &KeptAnswer,
    now: DateTime<Utc>,
) -> Result<()> {
    let created = k::created_at.eq(now);
    diesel::insert_into(k::table)
        .values((k::user_id.eq(user_id), k::key.eq(key), answer, created))
        .on_conflict((k::user_id, k::key))
        .do_update()
        .set((answer, created))
        .execute(conn)
        .await?;
    Ok(())
}
