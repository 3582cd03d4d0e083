//! The SQL of filters that somebody keeps.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use crate::db::schema::saved_filters as t;
use crate::kernel::{Permit, Result};

/// What somebody has kept for a page: name and query, by name.
pub async fn list(conn: &mut AsyncPgConnection, user_id: Uuid, page: &str) -> Result<Vec<(String, String)>> {
    Ok(t::table
        .filter(t::user_id.eq(user_id).and(t::page.eq(page)))
        .order(t::name)
        .select((t::name, t::query))
        .load(conn)
        .await?)
}

/// Keeps one; the same name again stands for the new one.
pub async fn put(
    conn: &mut AsyncPgConnection,
    permit: &Permit,
    (page, name, query): (&str, &str, &str),
    now: DateTime<Utc>,
) -> Result<()> {
    diesel::insert_into(t::table)
        .values((
            t::user_id.eq(permit.target_id()),
            t::page.eq(page),
            t::name.eq(name),
            t::query.eq(query),
            t::saved_at.eq(now),
        ))
        .on_conflict((t::user_id, t::page, t::name))
        .do_update()
        .set((t::query.eq(query), t::saved_at.eq(now)))
        .execute(conn)
        .await?;
    Ok(())
}

pub async fn delete(conn: &mut AsyncPgConnection, permit: &Permit, page: &str, name: &str) -> Result<()> {
    diesel::delete(t::table.find((permit.target_id(), page, name)))
        .execute(conn)
        .await?;
    Ok(())
}
