//! 任务分解: dividing a promise among counties or organisations. The parts need not add up to it: a plan often leaves a
//! remainder or asks for more than it promises, and the difference is shown, never reconciled.

use std::collections::BTreeSet;

use serde_json::json;
use uuid::Uuid;

use super::edit::lock;
use crate::commitments::model::{AllocationRow, CommitmentRow, NewAllocation, Part};
use crate::commitments::store;
use crate::db::{EventKind, Subject, Tx};
use crate::kernel::{Code, Error, Fault, Result};
use crate::orgs::store as orgs;

/// Sets the whole allocation: parts that are not named fall away. The version is the commitment's.
pub async fn allocate(
    tx: &mut Tx,
    id: Uuid,
    seen_version: Option<i64>,
    wanted: &[NewAllocation],
) -> Result<CommitmentRow> {
    let (mut row, permit) = lock(tx, id, seen_version).await?;
    let before = store::allocations_of(tx.conn(), &[id]).await?;
    let now = tx.now();
    let mut faults = Vec::new();
    let mut named = BTreeSet::new();
    let mut rows: Vec<AllocationRow> = Vec::new();
    for (index, new) in wanted.iter().enumerate() {
        let pointer = format!("/items/{index}");
        if !stands(tx, new.part).await? {
            faults.push(Fault::new(
                format!("{pointer}/{}", new.part.field()),
                Code::FieldNotFound,
            ));
        } else if !named.insert(new.part) {
            faults.push(Fault::new(
                format!("{pointer}/{}", new.part.field()),
                Code::FieldDuplicate,
            ));
        }
        match row.in_base_units(&pointer, &new.figure) {
            Err(fault) => faults.push(fault),
            Ok(quantity) => rows.push(AllocationRow {
                id: before
                    .iter()
                    .find(|held| held.part() == new.part)
                    .map_or_else(Uuid::now_v7, |held| held.id),
                plan_id: row.printed.plan_id,
                commitment_id: id,
                region_id: new.part.region_id(),
                organisation_id: new.part.organisation_id(),
                quantity,
                due_on: new.due_on.unwrap_or(row.printed.due_on),
                removed: false,
                row_version: 1,
                created_at: now,
                updated_at: now,
            }),
        }
    }
    if !faults.is_empty() {
        return Err(Error::Invalid(faults));
    }
    let mut changed: Vec<AllocationRow> = Vec::new();
    for mut new in rows.clone() {
        match before.iter().find(|held| held.id == new.id) {
            None => changed.push(new),
            Some(held) if held.quantity == new.quantity && held.due_on == new.due_on => {}
            Some(held) => {
                new.row_version = held.row_version + 1;
                new.created_at = held.created_at;
                changed.push(new);
            }
        }
    }
    for held in before.iter().filter(|held| !named.contains(&held.part())) {
        changed.push(AllocationRow {
            removed: true,
            row_version: held.row_version + 1,
            updated_at: now,
            ..held.clone()
        });
    }
    if changed.is_empty() {
        return Ok(row);
    }
    let logged = |rows: &[AllocationRow]| rows.iter().map(AllocationRow::logged).collect::<Vec<_>>();
    let body = json!({ "changes": { "allocations": [logged(&before), logged(&rows)] } });
    let subject = (Subject::Commitment, id);
    let plan_id = row.printed.plan_id;
    tx.record_under(
        &permit,
        plan_id,
        EventKind::CommitmentAllocated,
        subject,
        None,
        body,
    );
    store::save_allocations(tx, &permit, &changed).await?;
    // One version for the commitment and its parts: whoever changes them saw them all.
    row.printed.row_version += 1;
    store::save(tx, &permit, &row).await?;
    Ok(row)
}

/// Whether there is such a county or organisation to take a part.
async fn stands(tx: &mut Tx, part: Part) -> Result<bool> {
    Ok(match part {
        Part::Whole => false,
        Part::Region(id) => store::region_named(tx.conn(), &id.to_string()).await?.is_some(),
        Part::Organisation(id) => orgs::find(tx.conn(), &id.to_string())
            .await?
            .is_some_and(|organisation| organisation.archived_reason.is_none()),
    })
}
