//! Reports that wait for their verification, by the days they have waited.

use super::facts::Facts;
use super::rule_set::Steps;
use super::{Dimension, Light, Mark, Reason, ReasonCode, days_later, earlier};

pub(super) fn marks(facts: &Facts, rule: &Steps) -> Vec<Mark> {
    let mut marks = Vec::new();
    for milestone in &facts.milestones {
        let Some(reported_on) = milestone.reported_on else {
            continue;
        };
        // More than so many days: from the day after them on.
        let after = |days: u32| days_later(reported_on, days.saturating_add(1));
        let mut warn = |light: Light, days: u32, until: Option<u32>| {
            let reason = Reason::new(ReasonCode::VerificationWaits, Dimension::Verification, light)
                .with("name", &milestone.name)
                .with("reported_on", reported_on)
                .with("days", days);
            let until = earlier(until.map(after), milestone.verified_on);
            marks.extend(Mark::warning(after(days), until, reason));
        };
        if let Some(yellow) = rule.yellow {
            warn(Light::Yellow, yellow, rule.red);
        }
        if let Some(red) = rule.red {
            warn(Light::Red, red, None);
        }
    }
    marks
}
