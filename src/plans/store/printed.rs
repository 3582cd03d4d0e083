//! Keeping what a plan prints, as its files give it. Nobody edits these by hand, so a changed file changes the row.

use std::collections::BTreeMap;

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use serde::Serialize;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::db::schema::{commitments, initiatives, plans, programmes, service_areas, streams};
use crate::db::{EventKind, Subject, Tx, Versioned};
use crate::kernel::{Action, Error, Permit, Result};
use crate::plans::model::{
    CommitmentRecord, InitiativeRecord, PlanRecord, ProgrammeRecord, ServiceAreaRecord, StepRecord,
};

/// What became of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    Created,
    Changed,
    Unchanged,
}

/// The fields that differ between what was loaded before and now.
fn changes(before: &Value, now: &Value) -> Value {
    let mut changed = serde_json::Map::new();
    if let Some(fields) = now.as_object() {
        for (field, value) in fields {
            if before.get(field) != Some(value) {
                changed.insert(field.clone(), json!([before.get(field), value]));
            }
        }
    }
    Value::Object(changed)
}

fn tell(
    tx: &mut Tx,
    permit: &Permit,
    subject: (Subject, Uuid),
    before: Option<&Value>,
    now: &Value,
) -> Result<Kept> {
    if permit.action() != Action::LoadPlan {
        return Err(Error::internal(
            "a plan's print is kept by loading its files only",
        ));
    }
    let (kind, body, kept) = match before {
        None => (EventKind::RecordCreated, json!({ "state": now }), Kept::Created),
        Some(before) => {
            let changed = changes(before, now);
            if changed == json!({}) {
                return Ok(Kept::Unchanged);
            }
            (
                EventKind::RecordEdited,
                json!({ "changes": changed }),
                Kept::Changed,
            )
        }
    };
    tx.record_under(permit, permit.target_id(), kind, subject, None, body);
    Ok(kept)
}

/// The ids of what is there by code, with the seed of each.
pub type Known = BTreeMap<String, (Uuid, Value)>;

fn known(rows: Vec<(String, Uuid, Value)>) -> Known {
    rows.into_iter()
        .map(|(code, id, seed)| (code, (id, seed)))
        .collect()
}

/// The id of a code: the one it has, or a new one.
pub fn id_of(known: &Known, code: &str) -> Uuid {
    known.get(code).map_or_else(Uuid::now_v7, |(id, _)| *id)
}

fn seed(record: &impl Serialize) -> Result<Value> {
    serde_json::to_value(record).map_err(Error::internal)
}

pub async fn known_plans(tx: &mut Tx) -> Result<Known> {
    Ok(known(
        plans::table
            .select((plans::code, plans::id, plans::seed))
            .load(tx.conn())
            .await?,
    ))
}

pub async fn known_service_areas(tx: &mut Tx, plan_id: Uuid) -> Result<Known> {
    use service_areas as t;
    Ok(known(
        t::table
            .filter(t::plan_id.eq(plan_id))
            .select((t::code, t::id, t::seed))
            .load(tx.conn())
            .await?,
    ))
}

pub async fn known_programmes(tx: &mut Tx, plan_id: Uuid) -> Result<Known> {
    use programmes as t;
    Ok(known(
        t::table
            .filter(t::plan_id.eq(plan_id))
            .select((t::code, t::id, t::seed))
            .load(tx.conn())
            .await?,
    ))
}

pub async fn known_initiatives(tx: &mut Tx, plan_id: Uuid) -> Result<Known> {
    use initiatives as t;
    Ok(known(
        t::table
            .filter(t::plan_id.eq(plan_id))
            .select((t::code, t::id, t::seed))
            .load(tx.conn())
            .await?,
    ))
}

pub async fn known_commitments(tx: &mut Tx, plan_id: Uuid) -> Result<Known> {
    use commitments as t;
    Ok(known(
        t::table
            .filter(t::plan_id.eq(plan_id))
            .select((t::code, t::id, t::seed))
            .load(tx.conn())
            .await?,
    ))
}

/// Keeps a plan, and begins its stream where it is new.
pub async fn keep_plan(tx: &mut Tx, permit: &Permit, before: &Known, record: &PlanRecord) -> Result<Kept> {
    let now = tx.now();
    let seeded = seed(record)?;
    let known = before.get(&record.code).map(|(_, seed)| seed);
    let kept = tell(tx, permit, (Subject::Plan, record.id), known, &seeded)?;
    match kept {
        Kept::Created => {
            diesel::insert_into(streams::table)
                .values((streams::id.eq(record.id), streams::kind.eq("plan")))
                .execute(tx.conn())
                .await?;
            diesel::insert_into(plans::table)
                .values((
                    record,
                    plans::seed.eq(&seeded),
                    plans::created_at.eq(now),
                    plans::updated_at.eq(now),
                ))
                .execute(tx.conn())
                .await?;
        }
        Kept::Changed => {
            let mut record = record.clone();
            // A planner sets it too: the files move it only where they themselves say something else than before.
            let moved = known.is_none_or(|seed| seed.get("reporting_from") != seeded.get("reporting_from"));
            if !moved {
                record.reporting_from = plans::table
                    .find(record.id)
                    .select(plans::reporting_from)
                    .first(tx.conn())
                    .await?;
            }
            diesel::update(plans::table.find(record.id))
                .set((
                    &record,
                    plans::seed.eq(&seeded),
                    plans::row_version.eq(plans::row_version + 1),
                    plans::updated_at.eq(now),
                ))
                .execute(tx.conn())
                .await?;
        }
        Kept::Unchanged => {}
    }
    if kept != Kept::Unchanged {
        tx.touch(record.id, Versioned::Plans, record.id);
    }
    Ok(kept)
}

pub async fn keep_service_area(
    tx: &mut Tx,
    permit: &Permit,
    before: &Known,
    record: &ServiceAreaRecord,
) -> Result<Kept> {
    use service_areas as t;
    let seeded = seed(record)?;
    let known = before.get(&record.code).map(|(_, seed)| seed);
    let kept = tell(tx, permit, (Subject::ServiceArea, record.id), known, &seeded)?;
    if kept != Kept::Unchanged {
        diesel::insert_into(t::table)
            .values((record, t::seed.eq(&seeded)))
            .on_conflict(t::id)
            .do_update()
            .set((record, t::seed.eq(&seeded), t::row_version.eq(t::row_version + 1)))
            .execute(tx.conn())
            .await?;
    }
    Ok(kept)
}

pub async fn keep_programme(
    tx: &mut Tx,
    permit: &Permit,
    before: &Known,
    record: &ProgrammeRecord,
) -> Result<Kept> {
    use programmes as t;
    let seeded = seed(record)?;
    let known = before.get(&record.code).map(|(_, seed)| seed);
    let kept = tell(tx, permit, (Subject::Programme, record.id), known, &seeded)?;
    if kept != Kept::Unchanged {
        diesel::insert_into(t::table)
            .values((record, t::seed.eq(&seeded)))
            .on_conflict(t::id)
            .do_update()
            .set((record, t::seed.eq(&seeded), t::row_version.eq(t::row_version + 1)))
            .execute(tx.conn())
            .await?;
    }
    Ok(kept)
}

pub async fn keep_initiative(
    tx: &mut Tx,
    permit: &Permit,
    before: &Known,
    record: &InitiativeRecord,
) -> Result<Kept> {
    use initiatives as t;
    let seeded = seed(record)?;
    let known = before.get(&record.code).map(|(_, seed)| seed);
    let kept = tell(tx, permit, (Subject::Initiative, record.id), known, &seeded)?;
    if kept != Kept::Unchanged {
        diesel::insert_into(t::table)
            .values((record, t::seed.eq(&seeded)))
            .on_conflict(t::id)
            .do_update()
            .set((record, t::seed.eq(&seeded), t::row_version.eq(t::row_version + 1)))
            .execute(tx.conn())
            .await?;
    }
    Ok(kept)
}

/// Keeps a commitment; an owner that is settled stands, whatever the files say.
pub async fn keep_commitment(
    tx: &mut Tx,
    permit: &Permit,
    before: &Known,
    record: &CommitmentRecord,
    settled: Option<&SettledOwner>,
) -> Result<Kept> {
    use commitments as t;
    let seeded = seed(record)?;
    let known = before.get(&record.code).map(|(_, seed)| seed);
    let kept = tell(tx, permit, (Subject::Commitment, record.id), known, &seeded)?;
    if kept != Kept::Unchanged {
        let mut row = record.clone();
        if let Some((owner_id, owner_basis)) = settled {
            row.owner_id = *owner_id;
            row.owner_basis.clone_from(owner_basis);
        }
        diesel::insert_into(t::table)
            .values((&row, t::seed.eq(&seeded)))
            .on_conflict(t::id)
            .do_update()
            .set((&row, t::seed.eq(&seeded), t::row_version.eq(t::row_version + 1)))
            .execute(tx.conn())
            .await?;
        tx.touch(record.plan_id, Versioned::Commitments, record.id);
    }
    Ok(kept)
}

/// Who answers for a commitment, and on what ground.
pub type SettledOwner = (Option<Uuid>, Option<String>);

/// The owners of a plan's commitments that a planner has confirmed: the files do not overwrite them.
pub async fn settled_owners(tx: &mut Tx, plan_id: Uuid) -> Result<BTreeMap<Uuid, SettledOwner>> {
    use commitments as t;
    let rows: Vec<(Uuid, Option<Uuid>, Option<String>)> = t::table
        .filter(t::plan_id.eq(plan_id))
        .filter(t::owner_basis.eq("confirmed"))
        .select((t::id, t::owner_id, t::owner_basis))
        .load(tx.conn())
        .await?;
    Ok(rows
        .into_iter()
        .map(|(id, owner_id, basis)| (id, (owner_id, basis)))
        .collect())
}

/// Keeps a kind of project with its steps. Kinds belong to the registry: every plan shares them.
pub async fn keep_kind(
    tx: &mut Tx,
    permit: &Permit,
    kind: (&str, &str, i32, bool, bool),
    steps: &[StepRecord],
) -> Result<Kept> {
    use crate::db::log::REGISTRY;
    use crate::db::schema::{milestone_templates as s, project_kinds as k};
    let (code, name, position, construction, continuing) = kind;
    let state = |steps: &[StepRecord]| {
        let marks: BTreeMap<&str, &str> = steps
            .iter()
            .filter_map(|step| Some((step.code.as_str(), step.marks.as_deref()?)))
            .collect();
        json!([name, position, construction, continuing, steps, marks])
    };
    let current: Option<(String, i32, bool, bool)> = k::table
        .find(code)
        .select((k::name, k::position, k::construction, k::continuing))
        .first(tx.conn())
        .await
        .optional()?;
    let mut current_steps: Vec<StepRecord> = s::table
        .filter(s::kind.eq(code))
        .order(s::number)
        .select(StepRecord::as_select())
        .load(tx.conn())
        .await?;
    for step in &mut current_steps {
        step.weight = step.weight.normalized();
    }
    let same_head = current == Some((name.to_owned(), position, construction, continuing));
    if same_head && state(&current_steps) == state(steps) {
        return Ok(Kept::Unchanged);
    }
    let kept = if current.is_some() {
        Kept::Changed
    } else {
        Kept::Created
    };
    let event = if current.is_some() {
        EventKind::RecordEdited
    } else {
        EventKind::RecordCreated
    };
    // Kinds are named by code; the event's subject id is worked out from it, the same everywhere.
    let digest = <sha2::Sha256 as sha2::Digest>::digest(code.as_bytes());
    let mut id = [0; 16];
    id.copy_from_slice(&digest[..16]);
    let subject = (
        Subject::ProjectKind,
        uuid::Builder::from_random_bytes(id).into_uuid(),
    );
    let body = json!({ "code": code, "state": state(steps) });
    tx.record_under(permit, REGISTRY, event, subject, None, body);
    let head = (
        k::code.eq(code),
        k::name.eq(name),
        k::position.eq(position),
        k::construction.eq(construction),
        k::continuing.eq(continuing),
    );
    diesel::insert_into(k::table)
        .values(head)
        .on_conflict(k::code)
        .do_update()
        .set(head)
        .execute(tx.conn())
        .await?;
    diesel::delete(s::table.filter(s::kind.eq(code)))
        .execute(tx.conn())
        .await?;
    diesel::insert_into(s::table)
        .values(steps)
        .execute(tx.conn())
        .await?;
    Ok(kept)
}
