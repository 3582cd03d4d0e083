//! Carrying over, and saying what it became.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde_json::{Value, json};
use uuid::Uuid;

use super::model::{CarryOverRow, Item, Kind, NewCarryOver};
use super::store;
use crate::commitments::store as commitments;
use crate::db::{EventKind, Subject, Tx};
use crate::kernel::authz::{self, Action, Permit, Target};
use crate::kernel::{Code, Error, Fault, Result, check_version};
use crate::plans::model::PlanView;
use crate::plans::store as plans;
use crate::projects::actions::difference;
use crate::projects::store as projects;
use crate::rules::course::{Against, Observation, Standing, course};

fn permit(tx: &Tx, plan: &PlanView) -> Result<Permit> {
    let target = Target::Plan {
        id: plan.id,
        issuer_id: plan.issuer_id,
    };
    authz::require(tx.actor(), Action::CarryOver, &target)
}

/// Tells it in the logs of both plans, so that either keeps its own history.
fn tell(tx: &mut Tx, permit: &Permit, row: &CarryOverRow, kind: EventKind, body: &Value) {
    for plan_id in [row.plan_id, row.into_plan_id] {
        let subject = (Subject::CarryOver, row.id);
        tx.record_under(permit, plan_id, kind, subject, row.project_id, body.clone());
    }
}

/// Carries over all of it or nothing.
pub async fn carry(tx: &mut Tx, new: &NewCarryOver) -> Result<Vec<CarryOverRow>> {
    let plan = plans::plan(tx.conn(), &new.plan).await?;
    let leave = permit(tx, &plan)?;
    let into = match plans::plan(tx.conn(), &new.into).await {
        Err(Error::NotFound) => return Err(Error::invalid("/into", Code::FieldNotFound)),
        found => found?,
    };
    permit(tx, &into)?;
    if into.issuer_id != plan.issuer_id || into.starts_on <= plan.starts_on {
        return Err(Error::invalid("/into", Code::CarryOverPlans));
    }
    let today = tx.today(plan.id).await?;
    let mut objects: Vec<Result<Uuid>> = Vec::new();
    for item in &new.items {
        objects.push(match store::object(tx.conn(), item.kind, &item.code).await? {
            Some((id, plan_id)) if plan_id == plan.id => Ok(id),
            _ => Err(Error::NotFound),
        });
    }
    let finished = finished(tx, (&plan, today), &new.items, &objects).await?;
    let mut carried = store::carried_into(tx.conn(), into.id).await?;
    let (user_id, organisation_id) = tx
        .actor()
        .user_id()
        .zip(leave.organisation_id())
        .ok_or_else(|| Error::internal("a carry-over without a person"))?;
    let now = tx.now();
    let mut refusals = Vec::new();
    let mut rows = Vec::new();
    for (index, (item, object)) in new.items.iter().zip(objects).enumerate() {
        let refused = match &object {
            Err(_) => Some(Error::NotFound),
            Ok(id) => match finished.get(id) {
                Some(state) => {
                    let fault = Fault::new("", Code::CarryOverFinished).with("state", state);
                    Some(Error::Conflict(fault))
                }
                None if carried.contains(id) => Some(Error::conflict(Code::CarryOverExists)),
                None => None,
            },
        };
        match (object, refused) {
            (Ok(id), None) => {
                carried.push(id);
                rows.push(CarryOverRow {
                    id: Uuid::now_v7(),
                    plan_id: plan.id,
                    into_plan_id: into.id,
                    kind: item.kind.as_str().to_owned(),
                    project_id: (item.kind == Kind::Project).then_some(id),
                    commitment_id: (item.kind == Kind::Commitment).then_some(id),
                    into_project_id: None,
                    into_commitment_id: None,
                    reason: new.reason.clone(),
                    carried_on: today,
                    carried_at: now,
                    carried_by_user_id: user_id,
                    carried_by_organisation_id: organisation_id,
                    row_version: 1,
                    created_at: now,
                    updated_at: now,
                });
            }
            (_, refused) => refusals.push((index, refused.unwrap_or(Error::NotFound))),
        }
    }
    Error::of_items(refusals, new.items.len())?;
    store::insert(tx, &leave, &rows).await?;
    for row in &rows {
        let body = json!({ "state": row.logged() });
        tell(tx, &leave, row, EventKind::CarriedOver, &body);
    }
    Ok(rows)
}

/// Of these objects those that are finished, with the state they are in.
async fn finished(
    tx: &mut Tx,
    (plan, today): (&PlanView, NaiveDate),
    items: &[Item],
    objects: &[Result<Uuid>],
) -> Result<BTreeMap<Uuid, String>> {
    let of = |kind: Kind| -> Vec<Uuid> {
        items
            .iter()
            .zip(objects)
            .filter(|(item, _)| item.kind == kind)
            .filter_map(|(_, object)| object.as_ref().ok().copied())
            .collect()
    };
    let mut states = BTreeMap::new();
    for (id, row) in projects::lock_projects(tx, &of(Kind::Project)).await? {
        if row.archived_reason.is_some() {
            states.insert(id, "archived".to_owned());
        } else if matches!(row.life_cycle.as_str(), "closed" | "cancelled") {
            states.insert(id, row.life_cycle);
        }
    }
    let ids = of(Kind::Commitment);
    let rows = commitments::lock(tx, &ids).await?;
    let figures = commitments::counting(tx.conn(), &ids).await?;
    for (id, row) in rows {
        let observations: Vec<Observation> = figures
            .iter()
            .filter(|one| one.commitment_id == id)
            .map(|one| Observation {
                on: one.observed_on,
                value: one.value.clone(),
            })
            .collect();
        let promise = row.promise(plan.starts_on)?;
        if course(&promise, &observations, today, Against::Line).standing == Standing::Met {
            states.insert(id, Standing::Met.as_str().to_owned());
        }
    }
    Ok(states)
}

/// Says what a thing became in the other plan, by id or code.
pub async fn link(
    tx: &mut Tx,
    id: Uuid,
    seen_version: Option<i64>,
    into_object: &str,
) -> Result<CarryOverRow> {
    let mut row = store::lock(tx, id).await?;
    let into = plans::plan(tx.conn(), &row.into_plan_id.to_string()).await?;
    let permit = permit(tx, &into)?;
    check_version(seen_version, row.row_version)?;
    let kind = Kind::parse(&row.kind).ok_or_else(|| Error::internal(format!("kind {}", row.kind)))?;
    let object = match store::object(tx.conn(), kind, into_object).await? {
        Some((object, plan_id)) if plan_id == into.id => object,
        _ => return Err(Error::invalid("/into_object", Code::CarryOverElsewhere)),
    };
    let before = row.clone();
    match kind {
        Kind::Project => row.into_project_id = Some(object),
        Kind::Commitment => row.into_commitment_id = Some(object),
    }
    if before == row {
        return Ok(row);
    }
    row.row_version += 1;
    row.updated_at = tx.now();
    store::save(tx, &permit, &row).await?;
    let body = json!({ "changes": difference(&before.logged(), &row.logged()) });
    tell(tx, &permit, &row, EventKind::CarryOverLinked, &body);
    Ok(row)
}
