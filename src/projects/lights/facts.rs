//! What the rules on lights are told of a project.

use crate::kernel::Result;
use crate::projects::model::{MilestoneRow, OwnerRow, ProjectRow};
use crate::rules::lights::facts::{Facts, Milestone, Standing};
use crate::rules::overdue::MilestoneState;

/// The facts of a project, from its row, its milestones and its owners. Reports, payments, entry in statistics and
/// the standing of commitments are none as long as nobody keeps them.
pub fn of(project: &ProjectRow, milestones: &[&MilestoneRow], owners: &[&OwnerRow]) -> Result<Facts> {
    let mut standing_milestones = Vec::with_capacity(milestones.len());
    for row in milestones {
        let state = row.state()?;
        if state == MilestoneState::Cancelled {
            continue;
        }
        let stands = matches!(state, MilestoneState::Reported | MilestoneState::Verified);
        standing_milestones.push(Milestone {
            name: row.name.clone(),
            weight: row.weight.clone(),
            planned_on: row.planned_on,
            accuses: row.basis()?.accuses(),
            reported_on: row.reported_on.filter(|_| stands),
            actual_on: row.actual_on.filter(|_| stands),
            verified_on: row.verified_on.filter(|_| state == MilestoneState::Verified),
            is_start: row.marks.as_deref() == Some("start"),
        });
    }
    Ok(Facts {
        standing: match project.life_cycle.as_str() {
            _ if project.is_over() => Standing::Over,
            "closed" => Standing::Closed,
            _ => Standing::Going,
        },
        answerable: owners
            .iter()
            .any(|owner| owner.role == "responsible" && owner.basis != "inferred"),
        milestones: standing_milestones,
        reports_owed: None,
        payments: None,
        statistics: None,
        commitments: None,
    })
}
