//! The milestones that a project begins with: those that its file lists, otherwise those of its kind.

use super::model::{Due, Plan, Project, ProjectKind};
use super::words::{DueBasis, Word};
use crate::rules::overdue::DateBasis;
use crate::rules::templates::{self, Milestone, Promise, Step};

/// Works out a project's milestones.
pub fn milestones(plan: &Plan, kind: &ProjectKind, project: &Project) -> Vec<Milestone> {
    if project.listed.is_empty() {
        let steps: Vec<Step<'_>> = kind
            .steps
            .iter()
            .map(|step| Step {
                code: &step.code,
                name: &step.name,
                weight: &step.weight,
                due_percent: step.due_percent,
                evidence: &step.evidence,
                marks: step.marks.map(|marks| marks.as_str()),
            })
            .collect();
        let promise = promise(project.due);
        return templates::milestones(&project.code, kind.continuing, &steps, plan.issued_on, promise);
    }
    let mut listed: Vec<_> = project.listed.iter().collect();
    listed.sort_by_key(|milestone| milestone.due.on);
    (1..)
        .zip(listed)
        .map(|(number, milestone)| {
            let due = promise(milestone.due);
            Milestone {
                code: format!("{}.{}", project.code, milestone.code),
                number,
                name: milestone.name.clone(),
                weight: milestone.weight.clone(),
                planned_on: due.on,
                basis: due.basis,
                precision: due.precision,
                evidence_wanted: milestone.evidence.clone(),
                marks: milestone.marks.map(|marks| marks.as_str().to_owned()),
            }
        })
        .collect()
}

fn promise(due: Due) -> Promise {
    Promise {
        on: due.on,
        basis: match due.basis {
            DueBasis::Plan => DateBasis::Plan,
            DueBasis::Period => DateBasis::Period,
        },
        precision: due.precision.as_str(),
    }
}
