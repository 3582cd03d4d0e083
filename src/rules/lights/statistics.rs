//! Entry in statistics (入统) after the start of works. Source (Yinchuan 2025): not entered one month after start:
//! yellow; two: red. The month is counted from the actual start; the light changes on the day after it, and not before
//! the start was reported.

use super::facts::Facts;
use super::rule_set::Steps;
use super::{Dimension, Light, Mark, Reason, ReasonCode, day_after, earlier, months_later};

pub(super) fn marks(facts: &Facts, rule: &Steps) -> Vec<Mark> {
    let Some(entered_on) = facts.statistics else {
        return Vec::new();
    };
    let started = facts
        .milestones
        .iter()
        .filter(|milestone| milestone.is_start)
        .filter_map(|milestone| milestone.reported_on.zip(milestone.actual_on))
        .min();
    let Some((reported_on, actual_on)) = started else {
        return Vec::new();
    };
    let after = |months: u32| day_after(months_later(actual_on, months)).max(reported_on);
    let mut marks = vec![Mark::good(reported_on)];
    let mut warn = |light: Light, months: u32, until: Option<u32>| {
        let reason = Reason::new(ReasonCode::NotInStatistics, Dimension::Statistics, light)
            .with("started_on", actual_on)
            .with("months", months);
        let until = earlier(until.map(after), entered_on);
        marks.extend(Mark::warning(after(months), until, reason));
    };
    if let Some(yellow) = rule.yellow {
        warn(Light::Yellow, yellow, rule.red);
    }
    if let Some(red) = rule.red {
        warn(Light::Red, red, None);
    }
    marks
}
