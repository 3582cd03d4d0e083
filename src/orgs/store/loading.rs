//! The SQL of loading regions.

use std::collections::BTreeMap;

use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde_json::json;
use uuid::Uuid;

use crate::db::log::REGISTRY;
use crate::db::schema::regions;
use crate::db::{EventKind, Subject, Tx};
use crate::kernel::{Action, Error, Permit, Result};
use crate::orgs::model::RegionRow;

/// Every region's id by its code.
pub async fn region_ids(conn: &mut AsyncPgConnection) -> Result<BTreeMap<String, Uuid>> {
    let pairs: Vec<(String, Uuid)> = regions::table
        .select((regions::code, regions::id))
        .load(conn)
        .await?;
    Ok(pairs.into_iter().collect())
}

/// Keeps a region as the files give it; its parent is there already. Whether anything was new or changed.
pub async fn keep_region(
    tx: &mut Tx,
    permit: &Permit,
    code: &str,
    name: &str,
    parent: Option<&str>,
    position: i32,
) -> Result<(bool, bool)> {
    if permit.action() != Action::LoadPlan {
        return Err(Error::internal("regions are kept by loading files only"));
    }
    let ids = region_ids(tx.conn()).await?;
    let parent_id = parent
        .map(|code| ids.get(code).copied().ok_or(Error::NotFound))
        .transpose()?;
    let held: Option<RegionRow> = regions::table
        .filter(regions::code.eq(code))
        .select(RegionRow::as_select())
        .first(tx.conn())
        .await
        .optional()?;
    let wanted = RegionRow {
        id: held.as_ref().map_or_else(Uuid::now_v7, |row| row.id),
        code: code.to_owned(),
        name: name.to_owned(),
        parent_id,
        valid_from: held.as_ref().and_then(|row| row.valid_from),
        valid_to: held.as_ref().and_then(|row| row.valid_to),
        position,
    };
    if held.as_ref() == Some(&wanted) {
        return Ok((false, false));
    }
    let kind = if held.is_some() {
        EventKind::RecordEdited
    } else {
        EventKind::RecordCreated
    };
    let body =
        json!({ "state": { "code": code, "name": name, "parent_id": parent_id, "position": position } });
    tx.record_under(permit, REGISTRY, kind, (Subject::Region, wanted.id), None, body);
    let changed = (
        regions::name.eq(name),
        regions::parent_id.eq(parent_id),
        regions::position.eq(position),
    );
    diesel::insert_into(regions::table)
        .values(&wanted)
        .on_conflict(regions::id)
        .do_update()
        .set(changed)
        .execute(tx.conn())
        .await?;
    Ok((held.is_none(), held.is_some()))
}
