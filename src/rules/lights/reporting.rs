//! Progress reports that are owed. Source of the default: one owed report yellow, two red.

use super::facts::Facts;
use super::rule_set::Steps;
use super::{Dimension, Light, Mark, Reason, ReasonCode};

pub(super) fn marks(facts: &Facts, rule: &Steps) -> Vec<Mark> {
    let mut owed = facts.reports_owed.clone().unwrap_or_default();
    owed.sort_unstable();
    let mut marks = Vec::new();
    for (index, from) in owed.iter().enumerate() {
        let count = u32::try_from(index + 1).unwrap_or(u32::MAX);
        let reached = |limit: Option<u32>| limit.is_some_and(|limit| count >= limit);
        let light = match (reached(rule.red), reached(rule.yellow)) {
            (true, _) => Light::Red,
            (false, true) => Light::Yellow,
            (false, false) => continue,
        };
        let reason = Reason::new(ReasonCode::ReportsOwed, Dimension::Reporting, light).with("count", count);
        marks.extend(Mark::warning(*from, owed.get(index + 1).copied(), reason));
    }
    marks
}
