//! Promised numbers that the project serves: behind their course, not held, or missed on their day. How each stands is
//! what `rules::course` says everywhere; here it only gets its light. Without a figure that counts nothing is said: who
//! filed none is asked elsewhere. On course is the number's praise, not the project's: it gives no green.

use super::facts::{Commitment, Facts};
use super::rule_set::{Measure, Promises};
use super::schedule::told;
use super::{Dimension, Light, Mark, Reason, ReasonCode};
use crate::rules::course::{Course, Lag, Standing};

pub(super) fn marks(facts: &Facts, rule: &Promises) -> Vec<Mark> {
    let mut marks = Vec::new();
    for one in facts.commitments.iter().flatten() {
        for (index, step) in one.steps.iter().enumerate() {
            let until = one.steps.get(index + 1).map(|next| next.from);
            if let Some(reason) = reason(one, &step.course, rule) {
                marks.extend(Mark::warning(step.from, until, reason));
            }
        }
    }
    marks
}

/// What a course says against the project under these rules.
fn reason(one: &Commitment, course: &Course, rule: &Promises) -> Option<Reason> {
    let warned = |code: ReasonCode, light: Light| {
        let light = match one.may_turn_red {
            true => light,
            false => Light::Yellow,
        };
        let mut reason = Reason::new(code, Dimension::Commitment, light)
            .with("code", &one.code)
            .with("metric", &one.metric)
            .with("unit", &one.unit);
        if let Some(latest) = &course.latest {
            reason = reason
                .with("latest", latest.value.normalized().to_plain_string())
                .with("observed_on", latest.on);
        }
        match &course.reference {
            Some(reference) => reason.with("reference", reference.normalized().to_plain_string()),
            None => reason,
        }
    };
    match course.standing {
        Standing::Behind if one.maintained => rule
            .breached
            .map(|warning| warned(ReasonCode::CommitmentBreached, warning.light())),
        Standing::Behind => {
            let (lag, measure) = course.lag.as_ref().zip(rule.measure)?;
            let light = behind(lag, measure, rule)?;
            Some(match measure {
                Measure::Points => {
                    warned(ReasonCode::CommitmentBehind, light).with("behind", told(&lag.points()))
                }
                Measure::Ratio => {
                    warned(ReasonCode::CommitmentBehindRatio, light).with("reached", told(&lag.reached()))
                }
            })
        }
        Standing::Missed => {
            let reason = warned(ReasonCode::CommitmentMissed, rule.missed?.light());
            let reason = reason.with("due_on", one.due_on);
            Some(match course.breaches.len() {
                0 => reason,
                breaches => reason.with("breaches", breaches),
            })
        }
        Standing::NotComparable | Standing::NoData | Standing::OnCourse | Standing::Met => None,
    }
}

fn behind(lag: &Lag, measure: Measure, rule: &Promises) -> Option<Light> {
    let over = |limit: &Option<bigdecimal::BigDecimal>| {
        limit.as_ref().is_some_and(|limit| match measure {
            Measure::Points => lag.is_points(limit),
            Measure::Ratio => lag.is_below(limit),
        })
    };
    match (over(&rule.red), over(&rule.yellow)) {
        (true, _) => Some(Light::Red),
        (false, true) => Some(Light::Yellow),
        (false, false) => None,
    }
}
