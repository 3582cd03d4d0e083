//! Started in time or not: judged at the ends of months, as the plan's start falls in a month.
//!
//! Source (Yinchuan 2025): start due this month and not started at its end: yellow; three months running: red. The end
//! of the month in which it was due is the first; the light changes on the day after it.

use super::facts::{Facts, Milestone};
use super::rule_set::Steps;
use super::{Dimension, Light, Mark, Reason, ReasonCode, day_after, earlier, first_of_month, months_later};

pub(super) fn marks(facts: &Facts, rule: &Steps) -> Vec<Mark> {
    facts
        .milestones
        .iter()
        .filter(|milestone| milestone.is_start)
        .flat_map(|milestone| of(milestone, rule))
        .collect()
}

fn of(milestone: &Milestone, rule: &Steps) -> Vec<Mark> {
    let done = milestone.reported_on;
    let due = milestone.accuses.then(|| day_after(milestone.planned_on));
    let mut marks: Vec<Mark> = earlier(due, done).map(Mark::good).into_iter().collect();
    if due.is_none() {
        return marks;
    }
    let month = first_of_month(milestone.planned_on);
    let mut warn = |light: Light, months: u32, until: Option<u32>| {
        let reason = Reason::new(ReasonCode::NotStarted, Dimension::Start, light)
            .with("name", &milestone.name)
            .with("planned_on", milestone.planned_on)
            .with("months", months);
        let until = until.map(|months| months_later(month, months));
        marks.extend(Mark::warning(
            months_later(month, months),
            earlier(until, done),
            reason,
        ));
    };
    if let Some(yellow) = rule.yellow {
        // A month more each month, until it is red.
        let last = rule.red.unwrap_or(yellow + 1).max(yellow + 1);
        for months in yellow..last {
            let ends = months + 1 < last || rule.red.is_some();
            warn(Light::Yellow, months, ends.then_some(months + 1));
        }
    }
    if let Some(red) = rule.red {
        warn(Light::Red, red, None);
    }
    marks
}
