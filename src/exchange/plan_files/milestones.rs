//! The milestones that a project begins with.

use bigdecimal::BigDecimal;
use chrono::{Datelike, Days, Months, NaiveDate};
use serde::Serialize;

use super::model::{Due, KindStep, Plan, Project, ProjectKind};
use super::words::{DueBasis, Precision};
use crate::rules::overdue::DateBasis;

/// A dated step of a project as it is first loaded.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Milestone {
    /// The project's code, a dot and the step's.
    pub code: String,
    /// From 1, in the order of their days.
    pub number: i32,
    pub name: String,
    pub weight: BigDecimal,
    pub planned_on: NaiveDate,
    pub basis: DateBasis,
    pub precision: Precision,
    pub evidence_wanted: Vec<String>,
}

/// Works out a project's milestones: those that its file lists, otherwise those of its kind.
///
/// A kind's step is due so many per cent of the way from the plan's issue to the promised day, moved to the end of
/// its month: a proposal (`template`), never later than the promise. The last one is due on the promised day and has
/// the promise's own basis and precision. Standing work has one review a year, from the year of issue to that of
/// the promise.
pub fn milestones(plan: &Plan, kind: &ProjectKind, project: &Project) -> Vec<Milestone> {
    let mut found: Vec<Milestone> = if !project.listed.is_empty() {
        let mut listed: Vec<_> = project.listed.iter().collect();
        listed.sort_by_key(|milestone| milestone.due.on);
        listed
            .into_iter()
            .map(|milestone| Milestone {
                code: format!("{}.{}", project.code, milestone.code),
                number: 0,
                name: milestone.name.clone(),
                weight: milestone.weight.clone(),
                planned_on: milestone.due.on,
                basis: basis_of(milestone.due),
                precision: milestone.due.precision,
                evidence_wanted: milestone.evidence.clone(),
            })
            .collect()
    } else if kind.continuing {
        kind.steps
            .iter()
            .flat_map(|step| reviews(plan, project, step))
            .collect()
    } else {
        kind.steps
            .iter()
            .map(|step| step_of(plan, project, step))
            .collect()
    };
    for (number, milestone) in (1..).zip(found.iter_mut()) {
        milestone.number = number;
    }
    found
}

fn step_of(plan: &Plan, project: &Project, step: &KindStep) -> Milestone {
    let (planned_on, basis, precision) = if step.due_percent == 100 {
        (project.due.on, basis_of(project.due), project.due.precision)
    } else {
        (
            along_the_way(plan.issued_on, project.due.on, step.due_percent),
            DateBasis::Template,
            Precision::Month,
        )
    };
    Milestone {
        code: format!("{}.{}", project.code, step.code),
        number: 0,
        name: step.name.clone(),
        weight: step.weight.clone(),
        planned_on,
        basis,
        precision,
        evidence_wanted: step.evidence.clone(),
    }
}

/// One review for each year, due on its last day, the last one on the promised day.
fn reviews(plan: &Plan, project: &Project, step: &KindStep) -> Vec<Milestone> {
    let last = project.due.on.year();
    (plan.issued_on.year().min(last)..=last)
        .filter_map(|year| {
            let (planned_on, basis, precision) = if year == last {
                (project.due.on, basis_of(project.due), project.due.precision)
            } else {
                (
                    NaiveDate::from_ymd_opt(year, 12, 31)?,
                    DateBasis::Template,
                    Precision::Year,
                )
            };
            Some(Milestone {
                code: format!("{}.{}-{year}", project.code, step.code),
                number: 0,
                name: format!("{year}{}", step.name),
                weight: step.weight.clone(),
                planned_on,
                basis,
                precision,
                evidence_wanted: step.evidence.clone(),
            })
        })
        .collect()
}

fn along_the_way(issued_on: NaiveDate, due_on: NaiveDate, percent: i32) -> NaiveDate {
    let whole_way = (due_on - issued_on).num_days().max(0);
    let days = u64::try_from(whole_way * i64::from(percent) / 100).unwrap_or(0);
    let day = issued_on.checked_add_days(Days::new(days)).unwrap_or(due_on);
    end_of_month(day).unwrap_or(day).min(due_on)
}

/// The last day of the month that holds `day`.
pub(super) fn end_of_month(day: NaiveDate) -> Option<NaiveDate> {
    day.with_day(1)?.checked_add_months(Months::new(1))?.pred_opt()
}

fn basis_of(due: Due) -> DateBasis {
    match due.basis {
        DueBasis::Plan => DateBasis::Plan,
        DueBasis::Period => DateBasis::Period,
    }
}
