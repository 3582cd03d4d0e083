//! Promised numbers that the project serves: behind where they should be, or missed on their day. Only firm ones turn
//! red.

use super::facts::Facts;
use super::rule_set::Promises;
use super::{Dimension, Light, Mark, Reason, ReasonCode};

pub(super) fn marks(facts: &Facts, rule: &Promises) -> Vec<Mark> {
    let mut marks = Vec::new();
    for one in facts.commitments.iter().flatten() {
        let of = |light: Light| match one.firm {
            true => light,
            false => Light::Yellow,
        };
        if let Some((from, light)) = one.behind_from.zip(rule.behind) {
            let reason = Reason::new(
                ReasonCode::CommitmentBehind,
                Dimension::Commitment,
                of(light.light()),
            )
            .with("metric", &one.metric);
            marks.extend(Mark::warning(from, one.missed_from, reason));
        }
        if let Some((from, light)) = one.missed_from.zip(rule.missed) {
            let reason = Reason::new(
                ReasonCode::CommitmentMissed,
                Dimension::Commitment,
                of(light.light()),
            )
            .with("metric", &one.metric);
            marks.extend(Mark::warning(from, None, reason));
        }
    }
    marks
}
