//! The SQL of rule sets, spans and overrides.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use super::model::{InForce, OverrideRow, RuleSetRow, SpanRow};
use crate::db::schema::{
    light_override_versions as ov, light_overrides as o, light_rule_sets as r, light_span_versions as v,
    light_spans as s,
};
use crate::db::tx::FOR_EVER;
use crate::db::{Tx, Versioned};
use crate::kernel::authz::{Action, Permit};
use crate::kernel::{Error, Result};
use crate::projects::parts::{self, PartRow};
use crate::rules::lights::facts::Payment;
use crate::rules::lights::ready;
use crate::rules::parts::{Part, figures};

/// Rows of one insert: a span has nine binds of the 65,535 that a statement takes.
const CHUNK: usize = 2_000;

/// Every version of a plan's rules, the latest first.
pub async fn versions(conn: &mut AsyncPgConnection, plan_id: Uuid) -> Result<Vec<RuleSetRow>> {
    Ok(r::table
        .filter(r::plan_id.eq(plan_id))
        .order(r::version.desc())
        .select(RuleSetRow::as_select())
        .load(conn)
        .await?)
}

/// The rules in force: the highest version. A plan that has none yet goes by the default, as version 0.
pub async fn in_force(conn: &mut AsyncPgConnection, plan_id: Uuid) -> Result<InForce> {
    let row: Option<RuleSetRow> = r::table
        .filter(r::plan_id.eq(plan_id))
        .order(r::version.desc())
        .select(RuleSetRow::as_select())
        .first(conn)
        .await
        .optional()?;
    Ok(match row {
        Some(row) => InForce {
            version: row.version,
            rules: row.rules()?,
        },
        None => InForce {
            version: 0,
            rules: ready::named(ready::DEFAULT)
                .ok_or_else(|| Error::internal("the default light rules are broken"))?,
        },
    })
}

/// Adds a version. By a planner over the plan, or by loading its files.
pub async fn insert_rules(tx: &mut Tx, permit: &Permit, row: &RuleSetRow) -> Result<()> {
    allowed(permit, row.plan_id, &[Action::EditLightRules, Action::LoadPlan])?;
    diesel::insert_into(r::table)
        .values(row)
        .execute(tx.conn())
        .await?;
    Ok(())
}

fn allowed(permit: &Permit, target_id: Uuid, actions: &[Action]) -> Result<()> {
    if permit.target_id() == target_id && actions.contains(&permit.action()) {
        Ok(())
    } else {
        Err(Error::internal(format!(
            "a permit for {:?} does not cover lights",
            permit.action()
        )))
    }
}

/// The spans that projects have now, in the order of their days.
pub async fn spans_of(
    conn: &mut AsyncPgConnection,
    project_ids: &[Uuid],
) -> Result<BTreeMap<Uuid, Vec<SpanRow>>> {
    let rows: Vec<SpanRow> = s::table
        .filter(s::project_id.eq_any(project_ids))
        .order((s::project_id, s::from_on))
        .select(SpanRow::as_select())
        .load(conn)
        .await?;
    let mut spans: BTreeMap<Uuid, Vec<SpanRow>> = BTreeMap::new();
    for row in rows {
        spans.entry(row.project_id).or_default().push(row);
    }
    Ok(spans)
}

/// Puts new spans in the place of those that hold no more. Needs no permit of its own: `actions::light_spans` alone
/// calls it, after a change that had one.
pub(in crate::projects) async fn replace_spans(tx: &mut Tx, gone: &[SpanRow], new: &[SpanRow]) -> Result<()> {
    if !gone.is_empty() {
        let ids: Vec<Uuid> = gone.iter().map(|row| row.id).collect();
        diesel::delete(s::table.filter(s::id.eq_any(ids)))
            .execute(tx.conn())
            .await?;
    }
    for chunk in new.chunks(CHUNK) {
        diesel::insert_into(s::table)
            .values(chunk)
            .execute(tx.conn())
            .await?;
    }
    for row in gone.iter().chain(new) {
        tx.touch(row.plan_id, Versioned::LightSpans, row.id);
    }
    Ok(())
}

/// Looks for spans of which no version is kept, and versions of which there is no span any more; whatever is found gets
/// its versions with the next commit. Answers how many.
pub(in crate::projects) async fn keep_versions(tx: &mut Tx, plan_id: Uuid) -> Result<usize> {
    let open = v::table.filter(v::plan_id.eq(plan_id).and(v::to_number.eq(FOR_EVER)));
    let of_plan = s::table.filter(s::plan_id.eq(plan_id));
    let mut ids: Vec<Uuid> = of_plan
        .filter(s::id.ne_all(open.select(v::id)))
        .select(s::id)
        .load(tx.conn())
        .await?;
    ids.extend(
        open.filter(v::id.ne_all(of_plan.select(s::id)))
            .select(v::id)
            .load::<Uuid>(tx.conn())
            .await?,
    );
    for id in &ids {
        tx.touch(plan_id, Versioned::LightSpans, *id);
    }
    Ok(ids.len())
}

/// The overrides of these projects, the latest first.
pub async fn overrides_of(conn: &mut AsyncPgConnection, project_ids: &[Uuid]) -> Result<Vec<OverrideRow>> {
    Ok(o::table
        .filter(o::project_id.eq_any(project_ids))
        .order(o::id.desc())
        .select(OverrideRow::as_select())
        .load(conn)
        .await?)
}

/// The overrides of a plan's projects as they stood at a number of its events, the latest first.
pub async fn overrides_at(
    conn: &mut AsyncPgConnection,
    (plan_id, number): (Uuid, i64),
    project_ids: &[Uuid],
) -> Result<Vec<OverrideRow>> {
    Ok(ov::table
        .filter(ov::plan_id.eq(plan_id).and(ov::project_id.eq_any(project_ids)))
        .filter(ov::from_number.le(number).and(ov::to_number.gt(number)))
        .order(ov::id.desc())
        .select((
            ov::id,
            ov::plan_id,
            ov::project_id,
            ov::light,
            ov::reason,
            ov::from_on,
            ov::until_on,
            ov::made_at,
            ov::made_by_user_id,
            ov::made_by_organisation_id,
            ov::ended_on,
            ov::ended_reason,
            ov::ended_by_user_id,
            ov::ended_by_organisation_id,
            ov::row_version,
        ))
        .load(conn)
        .await?)
}

/// An override of a project, locked. The project was locked before.
pub async fn lock_override(tx: &mut Tx, project_id: Uuid, id: Uuid) -> Result<OverrideRow> {
    Ok(o::table
        .filter(o::id.eq(id).and(o::project_id.eq(project_id)))
        .for_update()
        .select(OverrideRow::as_select())
        .first(tx.conn())
        .await?)
}

/// Whether one is shown on a day.
pub async fn is_overridden(tx: &mut Tx, project_id: Uuid, day: NaiveDate) -> Result<bool> {
    let all = overrides_of(tx.conn(), &[project_id]).await?;
    Ok(all.iter().any(|row| row.holds_on(day)))
}

pub async fn insert_override(tx: &mut Tx, permit: &Permit, row: &OverrideRow) -> Result<()> {
    allowed(permit, row.project_id, &[Action::OverrideLight])?;
    diesel::insert_into(o::table)
        .values(row)
        .execute(tx.conn())
        .await?;
    tx.touch(row.plan_id, Versioned::LightOverrides, row.id);
    Ok(())
}

pub async fn save_override(tx: &mut Tx, permit: &Permit, row: &OverrideRow) -> Result<()> {
    allowed(permit, row.project_id, &[Action::OverrideLight])?;
    diesel::update(o::table.find(row.id))
        .set(row)
        .execute(tx.conn())
        .await?;
    tx.touch(row.plan_id, Versioned::LightOverrides, row.id);
    Ok(())
}

/// What the reports of projects say was required and paid, each from the day on which it was first reported, in the order
/// of the periods; of those that end on one day the shortest speaks last, as in the views. What was sent back says nothing;
/// a divided project speaks once all its parts do.
pub async fn payments(conn: &mut AsyncPgConnection, ids: &[Uuid]) -> Result<BTreeMap<Uuid, Vec<Payment>>> {
    let parts = parts::store::by_project(parts::store::of_projects(conn, ids).await?);
    let mut all: BTreeMap<Uuid, Vec<Payment>> = BTreeMap::new();
    for (project_id, told) in parts::store::told_of(conn, ids).await? {
        let of_project: Vec<Part> = parts
            .get(&project_id)
            .map_or(&[][..], Vec::as_slice)
            .iter()
            .map(PartRow::facts)
            .collect();
        let own = all.entry(project_id).or_default();
        for figures in figures(&of_project, &told) {
            let Some((required, paid)) = figures.payment else {
                continue;
            };
            // A period that was reported late speaks from then on, and not before the one that it follows.
            let from = own.last().map_or(figures.reported_on, |last: &Payment| {
                last.from.max(figures.reported_on)
            });
            own.push(Payment { from, required, paid });
        }
    }
    Ok(all)
}
