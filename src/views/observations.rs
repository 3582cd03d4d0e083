//! Observations and allocations as they are shown. A confirmed figure is everybody's who signs in, without its note; one that
//! waits or was sent back is for those who have it in sight (`sight::observations`).

use std::collections::BTreeSet;

use bigdecimal::BigDecimal;
use chrono::{DateTime, NaiveDate, Utc};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sql_types::Bool;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde::Serialize;
use uuid::Uuid;

use super::names::{Named, Names, Wanted};
use super::shown::figure;
use super::window::{PlanWindow, Window};
use crate::commitments::columns::{ALLOCATION_VERSION, OBSERVATION_VERSION};
use crate::commitments::model::{AllocationRow, ObservationRow, Part};
use crate::db::schema::{
    commitment_allocation_versions as av, commitment_observation_versions as ov,
    commitment_observations as o, commitments,
};
use crate::kernel::{Actor, Error, Result};
use crate::plans::model::CommitmentView;
use crate::sight::{self, observations as seen};

/// What was found of a commitment at the end of a period.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct ObservationView {
    pub id: Uuid,
    pub commitment: Option<Named>,
    /// Of an allocation's part; both null: the whole.
    pub region: Option<Named>,
    pub organisation: Option<Named>,
    /// Of a sum: the plan's first day, from which on the value counts everything; never a period's share. Null for a level
    /// or a stock.
    pub counted_from: Option<NaiveDate>,
    /// The last day of the period.
    pub observed_on: NaiveDate,
    /// In `base_unit`; decimal string.
    pub value: String,
    pub base_unit: String,
    /// The same in the unit as printed.
    pub printed_value: String,
    pub unit: String,
    pub source: String,
    /// For those who have it in sight in every state.
    pub note: Option<String>,
    /// `filed`, `confirmed` or `returned`; only confirmed ones count.
    pub state: String,
    pub filed_on: NaiveDate,
    pub filed_by: Option<Named>,
    pub filed_by_user_id: Uuid,
    pub confirmed_on: Option<NaiveDate>,
    pub confirmed_by: Option<Named>,
    pub confirmed_by_user_id: Option<Uuid>,
    pub back_reason: Option<String>,
    pub version: i64,
    pub updated_at: DateTime<Utc>,
}

/// The part of a county or an organisation.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct AllocationView {
    pub id: Uuid,
    pub region: Option<Named>,
    pub organisation: Option<Named>,
    /// In `base_unit`; decimal string.
    pub quantity: String,
    pub due_on: NaiveDate,
    /// The latest confirmed figure of this part, and its day.
    pub latest: Option<String>,
    pub observed_on: Option<NaiveDate>,
}

/// How a promise is divided (任务分解). Figures in `base_unit`.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct AllocationsView {
    pub commitment: Option<Named>,
    pub unit: String,
    pub base_unit: String,
    pub promised: String,
    pub allocated: String,
    /// Promised less allocated: the parts need not add up, and nobody makes them.
    pub difference: String,
    pub items: Vec<AllocationView>,
    /// The commitment's, for the next change.
    pub version: i64,
}

/// A condition on the versions of observations.
type Condition = Box<dyn BoxableExpression<ov::table, Pg, SqlType = Bool>>;

fn plan_of(window: &Window, plan_id: Uuid) -> Result<&PlanWindow> {
    window
        .plans
        .iter()
        .find(|plan| plan.plan_id == plan_id)
        .ok_or(Error::NotFound)
}

/// Every observation of a commitment that the actor sees, the latest day first.
pub async fn list(
    conn: &mut AsyncPgConnection,
    window: &Window,
    actor: &Actor,
    commitment: &CommitmentView,
) -> Result<Vec<ObservationView>> {
    let rows = of_commitments(conn, (window, actor), commitment.plan_id, &[commitment.id]).await?;
    show(conn, (actor, Some(window)), rows).await
}

/// Every observation of these commitments of a plan that the actor sees, the latest day first.
pub async fn of_commitments(
    conn: &mut AsyncPgConnection,
    asker: (&Window, &Actor),
    plan_id: Uuid,
    ids: &[Uuid],
) -> Result<Vec<ObservationRow>> {
    in_sight(
        conn,
        asker,
        plan_id,
        Box::new(ov::commitment_id.eq_any(ids.to_vec())),
    )
    .await
}

/// Every observation of a plan that waits for its confirmation and that the actor sees, the latest day first.
pub async fn waiting(
    conn: &mut AsyncPgConnection,
    asker: (&Window, &Actor),
    plan_id: Uuid,
) -> Result<Vec<ObservationRow>> {
    in_sight(conn, asker, plan_id, Box::new(ov::state.eq("filed"))).await
}

async fn in_sight(
    conn: &mut AsyncPgConnection,
    (window, actor): (&Window, &Actor),
    plan_id: Uuid,
    which: Condition,
) -> Result<Vec<ObservationRow>> {
    let plan = plan_of(window, plan_id)?;
    let scopes = sight::scopes(actor, plan_id);
    let working = o::table
        .select(o::id)
        .into_boxed()
        .filter(seen::working(plan_id, &scopes));
    Ok(ov::table
        .filter(ov::plan_id.eq(plan_id))
        .filter(which)
        .filter(ov::from_number.le(plan.number).and(ov::to_number.gt(plan.number)))
        .filter(ov::state.eq("confirmed").or(ov::id.eq_any(working)))
        .order((ov::observed_on.desc(), ov::id))
        .select(OBSERVATION_VERSION)
        .load(conn)
        .await?)
}

/// One observation that the actor sees.
pub async fn read(conn: &mut AsyncPgConnection, actor: &Actor, id: Uuid) -> Result<ObservationView> {
    let row: ObservationRow = o::table.find(id).first(conn).await?;
    if row.state != "confirmed" && !seen::sees(conn, actor, row.plan_id, id).await? {
        return Err(Error::NotFound);
    }
    show(conn, (actor, None), vec![row])
        .await?
        .pop()
        .ok_or(Error::NotFound)
}

/// Observations as they are shown to the actor, in the order given. Whoever calls has seen to it that he sees them.
pub async fn show(
    conn: &mut AsyncPgConnection,
    (actor, window): (&Actor, Option<&Window>),
    rows: Vec<ObservationRow>,
) -> Result<Vec<ObservationView>> {
    let mut wanted = Wanted::seen_in(window);
    let mut plan_ids = BTreeSet::new();
    for row in &rows {
        plan_ids.insert(row.plan_id);
        wanted.regions.extend(row.region_id);
        wanted.organisations.insert(row.filed_by_organisation_id);
        wanted.organisations.extend(
            [row.organisation_id, row.confirmed_by_organisation_id]
                .into_iter()
                .flatten(),
        );
    }
    let names = Names::load(conn, &wanted).await?;
    let mut working: BTreeSet<Uuid> = BTreeSet::new();
    let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
    for plan_id in plan_ids {
        let scopes = sight::scopes(actor, plan_id);
        let found: Vec<Uuid> = o::table
            .filter(o::id.eq_any(ids.clone()))
            .filter(seen::working(plan_id, &scopes))
            .select(o::id)
            .load(conn)
            .await?;
        working.extend(found);
    }
    let of: Vec<Uuid> = rows.iter().map(|row| row.commitment_id).collect();
    let known: Vec<CommitmentView> = commitments::table
        .filter(commitments::id.eq_any(of))
        .select(CommitmentView::as_select())
        .load(conn)
        .await?;
    rows.into_iter()
        .map(|row| {
            let commitment = known
                .iter()
                .find(|one| one.id == row.commitment_id)
                .ok_or(Error::NotFound)?;
            Ok(ObservationView {
                commitment: Some(named(commitment)),
                region: names.get(row.region_id),
                organisation: names.get(row.organisation_id),
                value: figure(&row.value),
                printed_value: in_print(&row.value, commitment),
                base_unit: commitment.base_unit.clone(),
                unit: commitment.unit.clone(),
                note: row.note.filter(|_| working.contains(&row.id)),
                back_reason: row.back_reason.filter(|_| working.contains(&row.id)),
                filed_by: names.get(Some(row.filed_by_organisation_id)),
                confirmed_by: names.get(row.confirmed_by_organisation_id),
                id: row.id,
                counted_from: row.counted_from,
                observed_on: row.observed_on,
                source: row.source,
                state: row.state,
                filed_on: row.filed_on,
                filed_by_user_id: row.filed_by_user_id,
                confirmed_on: row.confirmed_on,
                confirmed_by_user_id: row.confirmed_by_user_id,
                version: row.row_version,
                updated_at: row.updated_at,
            })
        })
        .collect()
}

fn named(commitment: &CommitmentView) -> Named {
    Named {
        id: commitment.id,
        code: commitment.code.clone(),
        name: commitment.metric.clone(),
    }
}

/// A figure in base units as the plan would print it.
pub fn in_print(value: &BigDecimal, commitment: &CommitmentView) -> String {
    figure(&(value / &commitment.base_factor).round(4))
}

/// How a commitment is divided.
pub async fn allocations(
    conn: &mut AsyncPgConnection,
    window: &Window,
    commitment: &CommitmentView,
) -> Result<AllocationsView> {
    let plan = plan_of(window, commitment.plan_id)?;
    let rows: Vec<AllocationRow> = av::table
        .filter(av::commitment_id.eq(commitment.id))
        .filter(av::from_number.le(plan.number).and(av::to_number.gt(plan.number)))
        .filter(av::removed.eq(false))
        .order((av::created_at, av::id))
        .select(ALLOCATION_VERSION)
        .load(conn)
        .await?;
    let figures: Vec<ObservationRow> = ov::table
        .filter(ov::commitment_id.eq(commitment.id))
        .filter(ov::from_number.le(plan.number).and(ov::to_number.gt(plan.number)))
        .filter(ov::state.eq("confirmed").and(ov::observed_on.le(plan.day)))
        .order(ov::observed_on.desc())
        .select(OBSERVATION_VERSION)
        .load(conn)
        .await?;
    shown(conn, (commitment, Some(window)), &rows, &figures).await
}

/// The same of rows that were just written.
pub async fn shown(
    conn: &mut AsyncPgConnection,
    (commitment, window): (&CommitmentView, Option<&Window>),
    rows: &[AllocationRow],
    figures: &[ObservationRow],
) -> Result<AllocationsView> {
    let mut wanted = Wanted::seen_in(window);
    for row in rows {
        wanted.regions.extend(row.region_id);
        wanted.organisations.extend(row.organisation_id);
    }
    let names = Names::load(conn, &wanted).await?;
    let latest = |part: Part| figures.iter().find(|one| one.part() == part);
    let promised = &commitment.target_min * &commitment.base_factor;
    let allocated: BigDecimal = rows.iter().map(|row| &row.quantity).sum();
    Ok(AllocationsView {
        commitment: Some(named(commitment)),
        unit: commitment.unit.clone(),
        base_unit: commitment.base_unit.clone(),
        promised: figure(&promised),
        allocated: figure(&allocated),
        difference: figure(&(promised - allocated)),
        items: rows
            .iter()
            .map(|row| AllocationView {
                id: row.id,
                region: names.get(row.region_id),
                organisation: names.get(row.organisation_id),
                quantity: figure(&row.quantity),
                due_on: row.due_on,
                latest: latest(row.part()).map(|one| figure(&one.value)),
                observed_on: latest(row.part()).map(|one| one.observed_on),
            })
            .collect(),
        version: commitment.row_version,
    })
}
