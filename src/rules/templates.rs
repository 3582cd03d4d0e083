//! The milestones that a project of a kind begins with: proposals, worked out from the promised day.
//!
//! A step is due so many per cent of the way from the plan's issue to the promised day, moved to the end of its
//! month, never later than the promise. The last step is due on the promised day itself and has the promise's basis
//! and precision. Standing work has one review a year, from the year of issue to that of the promise. Source: the
//! kinds and their steps are data (`seeds/project-kinds`).

use bigdecimal::BigDecimal;
use chrono::{Datelike, Days, Months, NaiveDate};
use serde::Serialize;

use super::overdue::DateBasis;

/// The day on which a project is promised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Promise {
    pub on: NaiveDate,
    pub basis: DateBasis,
    /// `day`, `month`, `quarter`, `year` or `period`.
    pub precision: &'static str,
}

/// One step that projects of a kind take.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Step<'a> {
    pub code: &'a str,
    pub name: &'a str,
    pub weight: &'a BigDecimal,
    /// How far along the way from the plan's issue to the promised day, 1 to 100.
    pub due_percent: i32,
    pub evidence: &'a [String],
    /// `start` or `finish`.
    pub marks: Option<&'a str>,
}

/// A dated step of a project as it begins.
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
    pub precision: &'static str,
    pub evidence_wanted: Vec<String>,
    /// `start` or `finish`.
    pub marks: Option<String>,
}

/// The milestones of a project by the steps of its kind, which stand in ascending order of `due_percent`.
pub fn milestones(
    project_code: &str,
    continuing: bool,
    steps: &[Step<'_>],
    issued_on: NaiveDate,
    promise: Promise,
) -> Vec<Milestone> {
    let dated = |step: &Step<'_>, (code, name): (String, String), due: Promise| Milestone {
        code: format!("{project_code}.{code}"),
        number: 0,
        name,
        weight: step.weight.clone(),
        planned_on: due.on,
        basis: due.basis,
        precision: due.precision,
        evidence_wanted: step.evidence.to_vec(),
        marks: step.marks.map(str::to_owned),
    };
    let mut found: Vec<Milestone> = Vec::new();
    for step in steps {
        if continuing {
            for (year, due) in reviews(issued_on, promise) {
                let named = (format!("{}-{year}", step.code), format!("{year}{}", step.name));
                found.push(dated(step, named, due));
            }
        } else {
            let due = along_the_way(issued_on, promise, step.due_percent);
            found.push(dated(step, (step.code.to_owned(), step.name.to_owned()), due));
        }
    }
    for (number, milestone) in (1..).zip(found.iter_mut()) {
        milestone.number = number;
    }
    found
}

/// Each year's review, due on the year's last day, the last one on the promised day.
fn reviews(issued_on: NaiveDate, promise: Promise) -> impl Iterator<Item = (i32, Promise)> {
    let last = promise.on.year();
    (issued_on.year().min(last)..=last).filter_map(move |year| {
        let due = match year == last {
            true => promise,
            false => Promise {
                on: NaiveDate::from_ymd_opt(year, 12, 31)?,
                basis: DateBasis::Template,
                precision: "year",
            },
        };
        Some((year, due))
    })
}

fn along_the_way(issued_on: NaiveDate, promise: Promise, percent: i32) -> Promise {
    if percent == 100 {
        return promise;
    }
    let whole_way = (promise.on - issued_on).num_days().max(0);
    let days = u64::try_from(whole_way * i64::from(percent) / 100).unwrap_or(0);
    let day = issued_on.checked_add_days(Days::new(days)).unwrap_or(promise.on);
    Promise {
        on: end_of_month(day).unwrap_or(day).min(promise.on),
        basis: DateBasis::Template,
        precision: "month",
    }
}

/// The last day of the month that holds `day`.
pub fn end_of_month(day: NaiveDate) -> Option<NaiveDate> {
    day.with_day(1)?.checked_add_months(Months::new(1))?.pred_opt()
}
