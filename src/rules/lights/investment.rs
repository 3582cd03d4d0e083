//! Money paid against money required. Source (Yinchuan 2025): budget money paid below requirement: red.

use bigdecimal::{BigDecimal, Zero};

use super::facts::{Facts, Payment};
use super::rule_set::Shares;
use super::schedule::told;
use super::{Dimension, Light, Mark, Reason, ReasonCode};

pub(super) fn marks(facts: &Facts, rule: &Shares) -> Vec<Mark> {
    let payments = facts.payments.as_deref().unwrap_or_default();
    let mut marks = Vec::new();
    for (index, payment) in payments.iter().enumerate() {
        let until = payments.get(index + 1).map(|next| next.from);
        if until.is_some_and(|until| until <= payment.from) {
            continue;
        }
        marks.push(Mark {
            until,
            ..Mark::good(payment.from)
        });
        if let Some(light) = light(payment, rule) {
            let reason = Reason::new(ReasonCode::PaidBelow, Dimension::Investment, light)
                .with("required", told(&payment.required))
                .with("paid", told(&payment.paid))
                .with(
                    "reached",
                    told(&(&payment.paid * BigDecimal::from(100) / &payment.required)),
                );
            marks.extend(Mark::warning(payment.from, until, reason));
        }
    }
    marks
}

fn light(payment: &Payment, rule: &Shares) -> Option<Light> {
    if payment.required.is_zero() {
        return None;
    }
    let reached = &payment.paid * BigDecimal::from(100);
    let below = |limit: &Option<BigDecimal>| {
        limit
            .as_ref()
            .is_some_and(|limit| reached < limit * &payment.required)
    };
    match (below(&rule.red), below(&rule.yellow)) {
        (true, _) => Some(Light::Red),
        (false, true) => Some(Light::Yellow),
        (false, false) => None,
    }
}
