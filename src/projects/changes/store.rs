//! The SQL of change requests.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use super::model::RequestRow;
use crate::db::Tx;
use crate::db::schema::change_requests as c;
use crate::kernel::authz::{Action, Permit};
use crate::kernel::{Error, Result};

/// A request as it is now, without a lock: whether it is in sight is for its project to say.
pub async fn find(tx: &mut Tx, id: Uuid) -> Result<RequestRow> {
    Ok(c::table.find(id).first(tx.conn()).await?)
}

/// The request, locked. Its project was locked before.
pub async fn lock(tx: &mut Tx, id: Uuid) -> Result<RequestRow> {
    Ok(c::table.find(id).for_update().first(tx.conn()).await?)
}

fn allowed(permit: &Permit, row: &RequestRow) -> Result<()> {
    let fits = matches!(
        permit.action(),
        Action::RequestChange | Action::WithdrawChange | Action::DecideChange
    );
    if fits && permit.target_id() == row.project_id {
        Ok(())
    } else {
        Err(Error::internal(format!(
            "a permit for {:?} does not cover a change request",
            permit.action()
        )))
    }
}

pub async fn insert(tx: &mut Tx, permit: &Permit, row: &RequestRow) -> Result<()> {
    allowed(permit, row)?;
    diesel::insert_into(c::table)
        .values(row)
        .execute(tx.conn())
        .await?;
    Ok(())
}

pub async fn save(tx: &mut Tx, permit: &Permit, row: &RequestRow) -> Result<()> {
    allowed(permit, row)?;
    diesel::update(c::table.find(row.id))
        .set(row)
        .execute(tx.conn())
        .await?;
    Ok(())
}
