//! What follows from milestones, owners, reports and the commitments served: a project's span, its weights, whether something is unconfirmed,
//! from when on it is silent, its light, and the sight rows of what is overdue.

use std::collections::BTreeMap;

use bigdecimal::BigDecimal;
use diesel_async::AsyncPgConnection;
use uuid::Uuid;

use super::light_spans;
use crate::commitments::standing;
use crate::db::Tx;
use crate::kernel::Result;
use crate::projects::lights;
use crate::projects::model::{MilestoneRow, OwnerRow, ProjectRow};
use crate::projects::silence::{self, Facts};
use crate::projects::store;
use crate::rules::lights::facts::{Commitment, Payment};
use crate::rules::overdue::{DateBasis, MilestoneState, milestone_span, project_span};
use crate::sight;

/// Sets a milestone's own derived days; to be called after every change of its facts, before it is saved.
pub fn span(row: &mut MilestoneRow) -> Result<()> {
    let span = milestone_span(row.facts()?);
    row.overdue_from = span.overdue_from;
    row.lapsed_from = span.lapsed_from;
    Ok(())
}

/// Works out the derived columns of a project from its milestones.
pub fn project(row: &mut ProjectRow, milestones: &[&MilestoneRow], owners_unconfirmed: bool) -> Result<()> {
    let facts = milestones
        .iter()
        .map(|milestone| milestone.facts())
        .collect::<Result<Vec<_>>>()?;
    let span = project_span(row.is_over(), facts);
    (row.overdue_from, row.lapsed_from) = (span.overdue_from, span.lapsed_from);
    (row.next_due_on, row.unverified_since) = (span.next_due_on, span.unverified_since);
    let weight_of = |wanted: &dyn Fn(MilestoneState) -> bool| -> Result<BigDecimal> {
        let mut sum = BigDecimal::from(0);
        for milestone in milestones {
            if wanted(milestone.state()?) {
                sum += &milestone.weight;
            }
        }
        Ok(sum)
    };
    row.total_weight = weight_of(&|state| state != MilestoneState::Cancelled)?;
    // Earned: what is reported and not returned; the verified share of it beside.
    row.earned_weight =
        weight_of(&|state| matches!(state, MilestoneState::Reported | MilestoneState::Verified))?;
    row.verified_weight = weight_of(&|state| state == MilestoneState::Verified)?;
    let mut dates_unconfirmed = false;
    for milestone in milestones {
        dates_unconfirmed |= milestone.state()? != MilestoneState::Cancelled
            && (milestone.basis()? != DateBasis::Confirmed || !milestone.weight_confirmed);
    }
    row.unconfirmed = owners_unconfirmed || dates_unconfirmed;
    Ok(())
}

/// A project with what its derived columns and its light follow from.
pub(super) struct Known {
    pub project: ProjectRow,
    /// In the order of their numbers.
    pub milestones: Vec<MilestoneRow>,
    pub owners: Vec<OwnerRow>,
    /// What was required and paid, in the order of the days on which it was reported.
    pub payments: Vec<Payment>,
    /// How the commitments stand that it serves.
    pub commitments: Vec<Commitment>,
}

/// Gathers what belongs to these projects.
pub(super) async fn gather(conn: &mut AsyncPgConnection, rows: Vec<ProjectRow>) -> Result<Vec<Known>> {
    let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
    let mut milestones: BTreeMap<Uuid, Vec<MilestoneRow>> = BTreeMap::new();
    for milestone in store::milestones_of(conn, &ids).await? {
        milestones
            .entry(milestone.project_id)
            .or_default()
            .push(milestone);
    }
    let mut owners: BTreeMap<Uuid, Vec<OwnerRow>> = BTreeMap::new();
    for owner in store::owners_of(conn, &ids).await? {
        owners.entry(owner.project_id).or_default().push(owner);
    }
    let mut payments = lights::store::payments(conn, &ids).await?;
    let mut commitments = standing::served(conn, &ids).await?;
    let of = |project: ProjectRow| Known {
        commitments: commitments.remove(&project.id).unwrap_or_default(),
        payments: payments.remove(&project.id).unwrap_or_default(),
        milestones: milestones.remove(&project.id).unwrap_or_default(),
        owners: owners.remove(&project.id).unwrap_or_default(),
        project,
    };
    Ok(rows.into_iter().map(of).collect())
}

/// The same of projects that were changed under a permit already, locked.
pub(super) async fn known(tx: &mut Tx, project_ids: &[Uuid]) -> Result<Vec<Known>> {
    let rows = store::lock_projects_unseen(tx, project_ids).await?;
    gather(tx.conn(), rows).await
}

/// Locks projects whose lights will follow, in the order of their ids: before the commitments that they serve.
pub async fn lock(tx: &mut Tx, project_ids: &[Uuid]) -> Result<()> {
    store::lock_projects_unseen(tx, project_ids).await.map(drop)
}

/// Brings the lights of projects, locked, after the commitments that they serve; nothing else of them follows from those.
pub async fn lights(tx: &mut Tx, project_ids: &[Uuid]) -> Result<()> {
    let all = known(tx, project_ids).await?;
    light_spans::follow(tx, &all).await.map(drop)
}

/// Brings projects after their milestones, owners and reports, and their lights with them. The rows were locked by the
/// action that changed them.
pub async fn refresh(tx: &mut Tx, project_ids: &[Uuid]) -> Result<()> {
    let mut all = known(tx, project_ids).await?;
    let heads: Vec<(Uuid, Uuid)> = all
        .iter()
        .map(|one| (one.project.id, one.project.plan_id))
        .collect();
    let facts = Facts::load(tx.conn(), &heads).await?;
    for one in &mut all {
        let before = one.project.clone();
        let milestones: Vec<&MilestoneRow> = one.milestones.iter().collect();
        let mut roles = one.owners.iter().filter(|owner| owner.role != "supporting");
        let settled = roles.clone().count() == 2 && roles.all(|owner| owner.basis != "inferred");
        project(&mut one.project, &milestones, !settled)?;
        let answered = one
            .owners
            .iter()
            .any(|owner| owner.role == "responsible" && owner.basis != "inferred");
        silence::follow(tx, &facts, &mut one.project, answered).await?;
        if one.project != before {
            store::save_derived(tx, &one.project).await?;
        }
    }
    light_spans::follow(tx, &all).await?;
    sight::follow_milestones(tx, project_ids).await
}
