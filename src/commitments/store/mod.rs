//! The SQL of commitments at work, their allocations and observations.

pub mod links;

use std::collections::{BTreeMap, BTreeSet};

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
use crate::projects::store::paths_of;
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

/// The commitments of a plan.
pub async fn of_plan(conn: &mut AsyncPgConnection, plan_id: Uuid) -> Result<BTreeMap<Uuid, CommitmentRow>> {
    let ids: Vec<Uuid> = c::table
        .filter(c::plan_id.eq(plan_id))
        .select(c::id)
        .load(conn)
        .await?;
    by_ids(conn, &ids).await
}

/// What the rules on rights must know of a commitment.
pub async fn scope_of(conn: &mut AsyncPgConnection, row: &CommitmentRow) -> Result<CommitmentScope> {
    let mut scopes = scopes_of(conn, [row]).await?;
    scopes.remove(&row.printed.id).ok_or(Error::NotFound)
}

/// What the rules on rights must know of these commitments.
pub async fn scopes_of(
    conn: &mut AsyncPgConnection,
    rows: impl IntoIterator<Item = &CommitmentRow> + Clone,
) -> Result<BTreeMap<Uuid, CommitmentScope>> {
    let of_plans: BTreeSet<Uuid> = rows.clone().into_iter().map(|row| row.printed.plan_id).collect();
    let issuers: BTreeMap<Uuid, Uuid> = plans::table
        .filter(plans::id.eq_any(of_plans))
        .select((plans::id, plans::issuer_id))
        .load::<(Uuid, Uuid)>(conn)
        .await?
        .into_iter()
        .collect();
    let owners: Vec<Uuid> = rows
        .clone()
        .into_iter()
        .filter_map(|row| row.printed.owner_id)
        .collect();
    let paths = paths_of(conn, &owners).await?;
    rows.into_iter()
        .map(|row| {
            let printed = &row.printed;
            let owner = printed.owner_id.map(|organisation_id| OwnerScope {
                organisation_id,
                // What the plan's text names is settled; what was inferred is not.
                confirmed: printed
                    .owner_basis
                    .as_deref()
                    .is_some_and(|basis| basis != "inferred"),
                path: paths.get(&organisation_id).cloned().unwrap_or_default(),
            });
            let scope = CommitmentScope {
                commitment_id: printed.id,
                plan_id: printed.plan_id,
                issuer_id: *issuers.get(&printed.plan_id).ok_or(Error::NotFound)?,
                owner,
            };
            Ok((printed.id, scope))
        })
        .collect()
}

/// Whoever answers for these parts, then those above: the organisation, or the government of the county.
pub async fn holders_of(
    conn: &mut AsyncPgConnection,
    parts: &BTreeSet<Part>,
) -> Result<BTreeMap<Part, Vec<Uuid>>> {
    let regions: Vec<Uuid> = parts.iter().filter_map(|part| part.region_id()).collect();
    let governments: Vec<(Uuid, Uuid)> = organisations::table
        .filter(organisations::region_id.eq_any(regions))
        .filter(organisations::kind.eq_any(["county_government", "city_government"]))
        .order((organisations::kind, organisations::code))
        .select((organisations::region_id, organisations::id))
        .load(conn)
        .await?;
    let mut held: BTreeMap<Part, Uuid> = BTreeMap::new();
    for (region_id, id) in governments {
        held.entry(Part::Region(region_id)).or_insert(id);
    }
    held.extend(
        parts
            .iter()
            .filter_map(|part| Some((*part, part.organisation_id()?))),
    );
    let ids: Vec<Uuid> = held.values().copied().collect();
    let paths = paths_of(conn, &ids).await?;
    Ok(held
        .into_iter()
        .filter_map(|(part, id)| Some((part, paths.get(&id)?.clone())))
        .collect())
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

/// The parts of these commitments as they are allocated now, those of each in the order in which they were made.
pub async fn allocations_of(
    conn: &mut AsyncPgConnection,
    commitment_ids: &[Uuid],
) -> Result<Vec<AllocationRow>> {
    Ok(a::table
        .filter(a::commitment_id.eq_any(commitment_ids).and(a::removed.eq(false)))
        .order((a::commitment_id, a::created_at, a::id))
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

/// Those of these observations that the actor sees. One that is confirmed everybody sees who has the plan.
pub async fn observed(tx: &mut Tx, ids: &[Uuid]) -> Result<BTreeMap<Uuid, ObservationRow>> {
    let actor = tx.actor().clone();
    let mut rows: Vec<ObservationRow> = o::table.filter(o::id.eq_any(ids)).load(tx.conn()).await?;
    let of_plans: BTreeSet<Uuid> = rows.iter().map(|row| row.plan_id).collect();
    let mut seen = BTreeSet::new();
    for plan_id in of_plans {
        seen.extend(sight::seen(tx.conn(), &actor, plan_id, ids).await?);
    }
    rows.retain(|row| row.state == "confirmed" || seen.contains(&row.id));
    Ok(rows.into_iter().map(|row| (row.id, row)).collect())
}

/// Those of these observations that the actor sees, locked in the order of their ids.
pub async fn lock_observations(tx: &mut Tx, ids: &[Uuid]) -> Result<BTreeMap<Uuid, ObservationRow>> {
    let ids: Vec<Uuid> = observed(tx, ids).await?.into_keys().collect();
    let rows: Vec<ObservationRow> = o::table
        .filter(o::id.eq_any(ids))
        .order(o::id)
        .for_update()
        .load(tx.conn())
        .await?;
    Ok(rows.into_iter().map(|row| (row.id, row)).collect())
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

/// Those of these observations that somebody filed or corrected, at any time.
pub async fn filed_by(conn: &mut AsyncPgConnection, ids: &[Uuid], user_id: Uuid) -> Result<BTreeSet<Uuid>> {
    use crate::db::schema::commitment_observation_versions as v;
    let found: Vec<Uuid> = v::table
        .filter(v::id.eq_any(ids).and(v::filed_by_user_id.eq(user_id)))
        .select(v::id)
        .distinct()
        .load(conn)
        .await?;
    Ok(found.into_iter().collect())
}
