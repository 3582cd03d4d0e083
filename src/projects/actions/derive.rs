//! What follows from milestones, owners and reports: a project's span, its weights, whether something is unconfirmed,
//! from when on it is silent, and the sight rows of what is overdue.

use std::collections::BTreeMap;

use bigdecimal::BigDecimal;
use uuid::Uuid;

use crate::db::Tx;
use crate::kernel::Result;
use crate::projects::model::{MilestoneRow, ProjectRow};
use crate::projects::silence::{self, Facts};
use crate::projects::store;
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

/// Brings projects after their milestones, owners and reports. The rows were locked by the action that changed them.
pub async fn refresh(tx: &mut Tx, project_ids: &[Uuid]) -> Result<()> {
    let rows = store::lock_projects_unseen(tx, project_ids).await?;
    let milestones = store::milestones_of(tx.conn(), project_ids).await?;
    let owners = store::owners_of(tx.conn(), project_ids).await?;
    let heads: Vec<_> = rows.iter().map(|row| (row.id, row.plan_id)).collect();
    let facts = Facts::load(tx.conn(), &heads).await?;
    let mut by_project: BTreeMap<Uuid, Vec<&MilestoneRow>> = BTreeMap::new();
    for milestone in &milestones {
        by_project
            .entry(milestone.project_id)
            .or_default()
            .push(milestone);
    }
    for before in rows {
        let mut row = before.clone();
        let of_it = by_project.remove(&row.id).unwrap_or_default();
        let mut roles = owners
            .iter()
            .filter(|owner| owner.project_id == row.id && owner.role != "supporting");
        let settled = roles.clone().count() == 2 && roles.all(|owner| owner.basis != "inferred");
        project(&mut row, &of_it, !settled)?;
        let answered = owners.iter().any(|owner| {
            owner.project_id == row.id && owner.role == "responsible" && owner.basis != "inferred"
        });
        silence::follow(tx, &facts, &mut row, answered).await?;
        if row != before {
            store::save_derived(tx, &row).await?;
        }
    }
    sight::follow_milestones(tx, project_ids).await
}
