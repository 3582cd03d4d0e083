//! Earned progress against planned progress, by weight: in percentage points, or as a share of what is planned.
//!
//! Planned is the weight whose day has passed; earned is the weight of what is reported and not returned, whether its
//! date is confirmed or not: who works ahead is credited. Comparisons are exact; only what is told is rounded.
//! Sources: Yinchuan 2025: behind by 10–30 percentage points (30 included) yellow, more red. Wuhan: less than 80 % of
//! the planned progress yellow, less than 60 % red.

use bigdecimal::{BigDecimal, Zero};
use chrono::NaiveDate;
use std::collections::BTreeSet;

use super::facts::Facts;
use super::rule_set::{Measure, Schedule};
use super::{Dimension, Light, Mark, Reason, ReasonCode, day_after, earlier, first_of_month, months_later};

/// What is planned and what is earned on a day, in weights.
struct Progress {
    whole: BigDecimal,
    planned: BigDecimal,
    earned: BigDecimal,
}

impl Progress {
    fn on(facts: &Facts, day: NaiveDate) -> Progress {
        let mut progress = Progress {
            whole: BigDecimal::zero(),
            planned: BigDecimal::zero(),
            earned: BigDecimal::zero(),
        };
        for milestone in &facts.milestones {
            progress.whole += &milestone.weight;
            if milestone.accuses && milestone.planned_on < day {
                progress.planned += &milestone.weight;
            }
            if milestone.reported_on.is_some_and(|reported| reported <= day) {
                progress.earned += &milestone.weight;
            }
        }
        progress
    }

    fn nothing_yet(&self) -> bool {
        self.planned.is_zero() && self.earned.is_zero()
    }

    fn light(&self, rule: &Schedule) -> Light {
        let hundred = BigDecimal::from(100);
        let (yellow, red) = match rule.measure {
            Measure::Points => {
                let behind = (&self.planned - &self.earned) * hundred;
                let over = |limit: &BigDecimal, included: bool| {
                    let limit = limit * &self.whole;
                    behind > limit || (included && behind == limit)
                };
                (
                    over(&rule.yellow, rule.yellow_included),
                    over(&rule.red, rule.red_included),
                )
            }
            Measure::Ratio => {
                let reached = &self.earned * hundred;
                let under = |limit: &BigDecimal, included: bool| {
                    let limit = limit * &self.planned;
                    !self.planned.is_zero() && (reached < limit || (included && reached == limit))
                };
                (
                    under(&rule.yellow, rule.yellow_included),
                    under(&rule.red, rule.red_included),
                )
            }
        };
        match (red, yellow) {
            (true, _) => Light::Red,
            (false, true) => Light::Yellow,
            (false, false) => Light::Green,
        }
    }

    fn reason(&self, code: ReasonCode, light: Light) -> Reason {
        let share = |part: &BigDecimal, whole: &BigDecimal| told(&(part * BigDecimal::from(100) / whole));
        let reason = Reason::new(code, Dimension::Schedule, light)
            .with("planned", share(&self.planned, &self.whole))
            .with("earned", share(&self.earned, &self.whole));
        match code {
            ReasonCode::BehindRatio if !self.planned.is_zero() => {
                reason.with("reached", share(&self.earned, &self.planned))
            }
            ReasonCode::BehindPoints => {
                let behind = &self.planned - &self.earned;
                reason.with("behind", share(&behind, &self.whole))
            }
            _ => reason,
        }
    }
}

/// A figure as it is told: two decimals, no trailing zeros.
pub(super) fn told(figure: &BigDecimal) -> String {
    figure.round(2).normalized().to_plain_string()
}

pub(super) fn marks(facts: &Facts, rule: &Schedule) -> Vec<Mark> {
    let days: BTreeSet<NaiveDate> = facts
        .milestones
        .iter()
        .flat_map(|one| [one.accuses.then(|| day_after(one.planned_on)), one.reported_on])
        .flatten()
        .collect();
    let mut marks = due_soon(facts, rule);
    let mut ends = days.iter().skip(1).copied();
    // Since when it warns without a break.
    let mut since: Option<NaiveDate> = None;
    for from in &days {
        let (from, until) = (*from, ends.next());
        let progress = Progress::on(facts, from);
        if progress.nothing_yet() || progress.whole.is_zero() {
            continue;
        }
        let light = progress.light(rule);
        marks.push(Mark {
            until,
            ..Mark::good(from)
        });
        if !light.warns() {
            since = None;
            continue;
        }
        let began = *since.get_or_insert(from);
        let code = match rule.measure {
            Measure::Points => ReasonCode::BehindPoints,
            Measure::Ratio => ReasonCode::BehindRatio,
        };
        marks.extend(Mark::warning(from, until, progress.reason(code, light)));
        if light == Light::Yellow
            && let Some(months) = rule.red_after_months
        {
            let red_from = months_later(first_of_month(began), months).max(from);
            let reason = progress
                .reason(ReasonCode::BehindForMonths, Light::Red)
                .with("months", months)
                .with("since", began);
            marks.extend(Mark::warning(red_from, until, reason));
        }
    }
    marks
}

/// What is due within some days and not reported, until its day.
fn due_soon(facts: &Facts, rule: &Schedule) -> Vec<Mark> {
    let Some(days) = rule.due_soon_days else {
        return Vec::new();
    };
    facts
        .milestones
        .iter()
        .filter(|milestone| milestone.accuses)
        .filter_map(|milestone| {
            let back = chrono::Days::new(u64::from(days));
            let from = milestone.planned_on.checked_sub_days(back)?;
            let until = earlier(Some(day_after(milestone.planned_on)), milestone.reported_on);
            let reason = Reason::new(ReasonCode::DueSoon, Dimension::Schedule, Light::Yellow)
                .with("name", &milestone.name)
                .with("planned_on", milestone.planned_on);
            Mark::warning(from, until, reason)
        })
        .collect()
}
