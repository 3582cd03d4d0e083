//! What the rules on lights are told of a project.

use crate::kernel::Result;
use crate::projects::model::{MilestoneRow, OwnerRow, ProjectRow};
use crate::rules::lights::facts::{Commitment, Facts, Milestone, Payment, Standing};
use crate::rules::overdue::MilestoneState;

/// The facts of a project, from its row, its milestones, its owners, what its reports say was paid, and how the
/// commitments stand that it serves.
pub fn of(
    project: &ProjectRow,
    milestones: &[&MilestoneRow],
    owners: &[&OwnerRow],
    payments: &[Payment],
    commitments: &[Commitment],
) -> Result<Facts> {
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
        // The rules look at the first and the second that are owed.
        reports_owed: Some(
            [project.silent_from, project.twice_silent_from]
                .into_iter()
                .flatten()
                .collect(),
        ),
        payments: Some(payments.to_vec()),
        statistics: Some(project.statistics_entered_on),
        commitments: Some(commitments.to_vec()),
    })
}
