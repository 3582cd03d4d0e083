//! The SQL of commitments at work, their allocations and observations.

pub mod links;

use std::collections::BTreeMap;

use chrono::NaiveDate;
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use crate::commitments::model::{AllocationRow, CommitmentRow, DoubtResolution, ObservationRow, Part};
use crate::db::schema::{
    commitment_allocations as a, commitment_observations as o, commitments as c, organisations, plans,
};
use crate::db::{Tx, Versioned};
use crate::kernel::authz::{Action, CommitmentScope, OwnerScope, Permit};
use crate::kernel::{Error, Result};
use crate::orgs::store as orgs;
use crate::plans::model::CommitmentView;
use crate::sight::observations as sight;

/// Rows of one insert; an observation has 23 binds of the 65,535 that a statement takes.
const CHUNK: usize = 1_000;

/// The id that an id or a code names. Whether there is such a commitment shows when it is read.
pub async fn commitment_id(conn: &mut AsyncPgConnection, reference: &str) -> Result<Uuid> {
    match Uuid::try_parse(reference) {
        Ok(id) => Ok(id),
        Err(_) => Ok(c::table
            .filter(c::code.eq(reference))
            .select(c::id)
            .first(conn)
            .await?),
    }
}

/// Commitments by id or code, each under the name that was asked for.
pub async fn ids_named(conn: &mut AsyncPgConnection, names: &[String]) -> Result<BTreeMap<String, Uuid>> {
    let ids: Vec<Uuid> = names
        .iter()
        .filter_map(|name| Uuid::try_parse(name).ok())
        .collect();
    let rows: Vec<(Uuid, String)> = c::table
        .filter(c::id.eq_any(ids).or(c::code.eq_any(names)))
        .select((c::id, c::code))
        .load(conn)
        .await?;
    Ok(rows
        .into_iter()
        .flat_map(|(id, code)| [(id.to_string(), id), (code, id)])
        .collect())
}

/// These commitments, without a lock. What is printed is in everybody's sight.
pub async fn by_ids(conn: &mut AsyncPgConnection, ids: &[Uuid]) -> Result<BTreeMap<Uuid, CommitmentRow>> {
    let rows: Vec<CommitmentRow> = c::table
        .filter(c::id.eq_any(ids))
        .select((CommitmentView::as_select(), DoubtResolution::as_select()))
        .load(conn)
        .await?;
    Ok(rows.into_iter().map(|row| (row.printed.id, row)).collect())
}

/// These commitments, locked in the order of their ids.
pub async fn lock(tx: &mut Tx, ids: &[Uuid]) -> Result<BTreeMap<Uuid, CommitmentRow>> {
    let rows: Vec<CommitmentRow> = c::table
        .filter(c::id.eq_any(ids))
        .order(c::id)
        .select((CommitmentView::as_select(), DoubtResolution::as_select()))
        .for_update()
        .load(tx.conn())
        .await?;
    Ok(rows.into_iter().map(|row| (row.printed.id, row)).collect())
}

/// The issuer of a plan, and its first day.
pub async fn plan_of(conn: &mut AsyncPgConnection, plan_id: Uuid) -> Result<(Uuid, NaiveDate)> {
    Ok(plans::table
        .find(plan_id)
        .select((plans::issuer_id, plans::starts_on))
        .first(conn)
        .await?)
}

/// What the rules on rights must know of a commitment.
pub async fn scope_of(conn: &mut AsyncPgConnection, row: &CommitmentRow) -> Result<CommitmentScope> {
    let (issuer_id, _) = plan_of(conn, row.printed.plan_id).await?;
    let owner = match row.printed.owner_id {
        None => None,
        Some(organisation_id) => Some(OwnerScope {
            organisation_id,
            // What the plan's text names is settled; what was inferred is not.
            confirmed: row
                .printed
                .owner_basis
                .as_deref()
                .is_some_and(|basis| basis != "inferred"),
            path: orgs::path_of(conn, organisation_id).await?,
        }),
    };
    Ok(CommitmentScope {
        commitment_id: row.printed.id,
        plan_id: row.printed.plan_id,
        issuer_id,
        owner,
    })
}

/// Whoever answers for a part, then those above: the organisation, or the government of the county.
pub async fn holder_of(conn: &mut AsyncPgConnection, part: Part) -> Result<Option<Vec<Uuid>>> {
    let holder = match part {
        Part::Whole => None,
        Part::Organisation(id) => Some(id),
        Part::Region(region_id) => organisations::table
            .filter(organisations::region_id.eq(region_id))
            .filter(organisations::kind.eq_any(["county_government", "city_government"]))
            .order((organisations::kind, organisations::code))
            .select(organisations::id)
            .first(conn)
            .await
            .optional()?,
    };
    match holder {
        None => Ok(None),
        Some(id) => Ok(Some(orgs::path_of(conn, id).await?)),
    }
}

fn allowed(permit: &Permit, commitment_id: Uuid, actions: &[Action]) -> Result<()> {
    if permit.target_id() == commitment_id && actions.contains(&permit.action()) {
        Ok(())
    } else {
        Err(Error::internal(format!(
            "a permit for {:?} does not cover this commitment",
            permit.action()
        )))
    }
}

/// Keeps who answers for a commitment and what was said of its doubt; nothing else of it is anybody's to change.
pub async fn save(tx: &mut Tx, permit: &Permit, row: &CommitmentRow) -> Result<()> {
    let printed = &row.printed;
    allowed(permit, printed.id, &[Action::EditCommitment])?;
    diesel::update(c::table.find(printed.id))
        .set((
            c::owner_id.eq(printed.owner_id),
            c::owner_basis.eq(&printed.owner_basis),
            &row.resolution,
            c::row_version.eq(printed.row_version),
        ))
        .execute(tx.conn())
        .await?;
    tx.touch(printed.plan_id, Versioned::Commitments, printed.id);
    Ok(())
}

/// The parts of a commitment as they are allocated now.
pub async fn allocations_of(conn: &mut AsyncPgConnection, commitment_id: Uuid) -> Result<Vec<AllocationRow>> {
    Ok(a::table
        .filter(a::commitment_id.eq(commitment_id).and(a::removed.eq(false)))
        .order((a::created_at, a::id))
        .load(conn)
        .await?)
}

/// Keeps parts, new ones and changed ones.
pub async fn save_allocations(tx: &mut Tx, permit: &Permit, rows: &[AllocationRow]) -> Result<()> {
    for row in rows {
        allowed(permit, row.commitment_id, &[Action::EditCommitment])?;
        diesel::insert_into(a::table)
            .values(row)
            .on_conflict(a::id)
            .do_update()
            .set(row)
            .execute(tx.conn())
            .await?;
        tx.touch(row.plan_id, Versioned::Allocations, row.id);
    }
    Ok(())
}

/// An observation that the actor sees. One that is confirmed everybody sees who has the plan.
pub async fn observed(tx: &mut Tx, id: Uuid) -> Result<ObservationRow> {
    let actor = tx.actor().clone();
    let row: ObservationRow = o::table.find(id).first(tx.conn()).await?;
    if row.state != "confirmed" && !sight::sees(tx.conn(), &actor, row.plan_id, id).await? {
        return Err(Error::NotFound);
    }
    Ok(row)
}

/// An observation that the actor sees, locked.
pub async fn lock_observation(tx: &mut Tx, id: Uuid) -> Result<ObservationRow> {
    observed(tx, id).await?;
    Ok(o::table.find(id).for_update().first(tx.conn()).await?)
}

/// The days of which a part has a figure, in any state.
pub async fn observed_days(
    conn: &mut AsyncPgConnection,
    commitment_ids: &[Uuid],
) -> Result<Vec<(Uuid, Part, NaiveDate)>> {
    let rows: Vec<(Uuid, Option<Uuid>, Option<Uuid>, NaiveDate)> = o::table
        .filter(o::commitment_id.eq_any(commitment_ids))
        .select((o::commitment_id, o::region_id, o::organisation_id, o::observed_on))
        .load(conn)
        .await?;
    Ok(rows
        .into_iter()
        .map(|(id, region, organisation, day)| (id, Part::of(region, organisation), day))
        .collect())
}

/// Figures of the whole that count now, of these commitments.
pub async fn counting(conn: &mut AsyncPgConnection, commitment_ids: &[Uuid]) -> Result<Vec<ObservationRow>> {
    Ok(o::table
        .filter(o::commitment_id.eq_any(commitment_ids))
        .filter(o::region_id.is_null().and(o::organisation_id.is_null()))
        .filter(o::state.eq("confirmed"))
        .order((o::commitment_id, o::observed_on))
        .load(conn)
        .await?)
}

/// Keeps new observations, each under its permit.
pub async fn insert_observations(tx: &mut Tx, rows: &[(Permit, ObservationRow)]) -> Result<()> {
    for (permit, row) in rows {
        allowed(permit, row.commitment_id, &[Action::FileObservation])?;
        tx.touch(row.plan_id, Versioned::Observations, row.id);
    }
    let rows: Vec<&ObservationRow> = rows.iter().map(|(_, row)| row).collect();
    for chunk in rows.chunks(CHUNK) {
        diesel::insert_into(o::table)
            .values(chunk.to_vec())
            .execute(tx.conn())
            .await?;
    }
    Ok(())
}

pub async fn save_observation(tx: &mut Tx, permit: &Permit, row: &ObservationRow) -> Result<()> {
    let actions = [
        Action::FileObservation,
        Action::JudgeObservation,
        Action::EditCommitment,
    ];
    allowed(permit, row.commitment_id, &actions)?;
    diesel::update(o::table.find(row.id))
        .set(row)
        .execute(tx.conn())
        .await?;
    tx.touch(row.plan_id, Versioned::Observations, row.id);
    Ok(())
}

/// A region by id or code.
pub async fn region_named(conn: &mut AsyncPgConnection, name: &str) -> Result<Option<Uuid>> {
    Ok(orgs::find_region(conn, name).await?.map(|region| region.id))
}

/// Every figure of a commitment that counts, of the whole and of its parts, up to a day; the latest first.
pub async fn figures_until(
    conn: &mut AsyncPgConnection,
    commitment_id: Uuid,
    day: NaiveDate,
) -> Result<Vec<ObservationRow>> {
    Ok(o::table
        .filter(o::commitment_id.eq(commitment_id))
        .filter(o::state.eq("confirmed").and(o::observed_on.le(day)))
        .order(o::observed_on.desc())
        .load(conn)
        .await?)
}

/// The figure of the whole of a commitment for one day, in any state.
pub async fn observation_of(
    conn: &mut AsyncPgConnection,
    commitment_id: Uuid,
    observed_on: NaiveDate,
) -> Result<Option<ObservationRow>> {
    Ok(o::table
        .filter(
            o::commitment_id
                .eq(commitment_id)
                .and(o::observed_on.eq(observed_on)),
        )
        .filter(o::region_id.is_null().and(o::organisation_id.is_null()))
        .first(conn)
        .await
        .optional()?)
}

/// Whether somebody filed or corrected an observation, at any time.
pub async fn has_filed(conn: &mut AsyncPgConnection, id: Uuid, user_id: Uuid) -> Result<bool> {
    use crate::db::schema::commitment_observation_versions as v;
    let found: i64 = v::table
        .filter(v::id.eq(id).and(v::filed_by_user_id.eq(user_id)))
        .count()
        .get_result(conn)
        .await?;
    Ok(found > 0)
}
