//! The clock of a demonstration, in its plan's row.

use chrono::NaiveDate;
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use crate::db::Tx;
use crate::db::schema::plans;
use crate::kernel::{Permit, Result};

/// The issuer of a plan and where its own clock stands; none: it is a real plan. The row is locked.
pub async fn today(conn: &mut AsyncPgConnection, plan_id: Uuid) -> Result<(Uuid, Option<NaiveDate>)> {
    Ok(plans::table
        .find(plan_id)
        .select((plans::issuer_id, plans::demonstration_today))
        .for_update()
        .first(conn)
        .await?)
}

/// Makes a plan a demonstration.
pub async fn begin(tx: &mut Tx, _permit: &Permit, plan_id: Uuid, day: NaiveDate) -> Result<()> {
    diesel::update(plans::table.find(plan_id))
        .set((
            plans::is_demonstration.eq(true),
            plans::demonstration_today.eq(day),
        ))
        .execute(tx.conn())
        .await?;
    tx.forget_calendar(plan_id);
    Ok(())
}

/// Sets the clock.
pub async fn set(tx: &mut Tx, _permit: &Permit, plan_id: Uuid, day: NaiveDate) -> Result<()> {
    let now = tx.now();
    diesel::update(plans::table.find(plan_id))
        .set((
            plans::demonstration_today.eq(day),
            plans::row_version.eq(plans::row_version + 1),
            plans::updated_at.eq(now),
        ))
        .execute(tx.conn())
        .await?;
    tx.forget_calendar(plan_id);
    Ok(())
}

/// The demonstrations of this installation: code and where their clocks stand.
pub async fn all(conn: &mut AsyncPgConnection) -> Result<Vec<(String, NaiveDate)>> {
    Ok(plans::table
        .filter(plans::demonstration_today.is_not_null())
        .order(plans::code)
        .select((plans::code, plans::demonstration_today.assume_not_null()))
        .load(conn)
        .await?)
}
