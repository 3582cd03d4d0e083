//! The timeline of a project's light: the marks of all dimensions laid over one another.

use std::collections::BTreeSet;

use chrono::NaiveDate;

use super::facts::{Facts, Standing};
use super::rule_set::RuleSet;
use super::{
    Dimension, Light, Mark, Reason, ReasonCode, commitment, days_later, investment, reporting, schedule,
    start, statistics, verification,
};

/// The first day of every timeline: no date that anybody gives lies before it.
pub const BEGINNING: NaiveDate = match NaiveDate::from_ymd_opt(1900, 1, 1) {
    Some(day) => day,
    None => NaiveDate::MIN,
};

/// From which day on which light, until the next step, or for ever.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    pub from: NaiveDate,
    pub light: Light,
    /// The gravest first; of a light that is green none.
    pub reasons: Vec<Reason>,
    /// What it was before, where it caught up within the days that the rules give. No reason against anybody.
    pub recovered_from: Option<Light>,
}

/// Works out the light of every day, if nothing more happens. Never empty; the first step is [`BEGINNING`]'s, and two
/// that follow one another differ.
pub fn timeline(facts: &Facts, rules: &RuleSet) -> Vec<Step> {
    let whole = |code: ReasonCode, light: Light| Step {
        from: BEGINNING,
        light,
        reasons: vec![Reason::new(code, Dimension::Project, light)],
        recovered_from: None,
    };
    match facts.standing {
        Standing::Over => return vec![whole(ReasonCode::Cancelled, Light::Grey)],
        Standing::Closed => return vec![whole(ReasonCode::Closed, Light::Blue)],
        Standing::Going => {}
    }
    // What is not confirmed accuses nobody.
    let marks = match facts.answerable {
        true => marks(facts, rules),
        false => Vec::new(),
    };
    let done_from = all_verified_from(facts);
    let mut days: BTreeSet<NaiveDate> = BTreeSet::from([BEGINNING]);
    days.extend(done_from);
    for mark in &marks {
        days.insert(mark.from);
        days.extend(mark.until);
    }
    let mut steps: Vec<Step> = Vec::new();
    for day in days {
        let step = match done_from.is_some_and(|from| from <= day) {
            true => Step {
                from: day,
                ..whole(ReasonCode::AllVerified, Light::Blue)
            },
            false => on(day, &marks, facts, rules),
        };
        let same = |last: &Step| last.light == step.light && last.reasons == step.reasons;
        if !steps.last().is_some_and(same) {
            steps.push(step);
        }
    }
    match rules.recovered_within_days {
        Some(days) => remembering(steps, days),
        None => steps,
    }
}

fn marks(facts: &Facts, rules: &RuleSet) -> Vec<Mark> {
    let mut all = Vec::new();
    if let Some(rule) = &rules.start {
        all.extend(start::marks(facts, rule));
    }
    if let Some(rule) = &rules.schedule {
        all.extend(schedule::marks(facts, rule));
    }
    if let Some(rule) = &rules.investment {
        all.extend(investment::marks(facts, rule));
    }
    if let Some(rule) = &rules.statistics {
        all.extend(statistics::marks(facts, rule));
    }
    if let Some(rule) = &rules.reporting {
        all.extend(reporting::marks(facts, rule));
    }
    if let Some(rule) = &rules.verification {
        all.extend(verification::marks(facts, rule));
    }
    if let Some(rule) = &rules.commitment {
        all.extend(commitment::marks(facts, rule));
    }
    all
}

/// The day on which the last of it was verified, where all of it is.
fn all_verified_from(facts: &Facts) -> Option<NaiveDate> {
    let days: Option<Vec<NaiveDate>> = facts
        .milestones
        .iter()
        .map(|milestone| milestone.verified_on)
        .collect();
    days?.into_iter().max()
}

/// The light of a day: the worst of the marks that cover it.
fn on(day: NaiveDate, marks: &[Mark], facts: &Facts, rules: &RuleSet) -> Step {
    let covering: Vec<&Mark> = marks
        .iter()
        .filter(|mark| mark.from <= day && mark.until.is_none_or(|until| day < until))
        .collect();
    let light = covering
        .iter()
        .map(|mark| mark.light)
        .max()
        .unwrap_or(Light::Grey);
    let mut reasons: Vec<Reason> = covering.iter().filter_map(|mark| mark.reason.clone()).collect();
    reasons.sort_by(|one, other| {
        (other.light, one.dimension, one.code)
            .cmp(&(one.light, other.dimension, other.code))
            .then_with(|| one.params.cmp(&other.params))
    });
    if light == Light::Grey {
        reasons.push(why_grey(facts, rules));
    }
    Step {
        from: day,
        light,
        reasons,
        recovered_from: None,
    }
}

fn why_grey(facts: &Facts, rules: &RuleSet) -> Reason {
    let (code, dimension) = if !facts.answerable {
        (ReasonCode::OwnerUnconfirmed, Dimension::Project)
    } else if facts.milestones.is_empty() || rules.schedule.is_none() {
        (ReasonCode::NoData, Dimension::Project)
    } else if !facts.milestones.iter().any(|one| one.accuses) {
        (ReasonCode::DatesUnconfirmed, Dimension::Schedule)
    } else {
        (ReasonCode::NothingDue, Dimension::Schedule)
    };
    Reason::new(code, dimension, Light::Grey)
}

/// Notes on the days after it caught up what it was: late and caught up is not the same as never late.
fn remembering(steps: Vec<Step>, days: u32) -> Vec<Step> {
    let mut noted: Vec<Step> = Vec::with_capacity(steps.len() + 1);
    // The worst since it last stood well, and until when that is told.
    let mut worst: Option<Light> = None;
    let mut told: Option<(Light, NaiveDate)> = None;
    for (index, step) in steps.iter().enumerate() {
        let mut step = step.clone();
        if step.light.warns() {
            worst = worst.max(Some(step.light));
            told = None;
            noted.push(step);
            continue;
        }
        if step.light == Light::Grey {
            (worst, told) = (None, None);
            noted.push(step);
            continue;
        }
        if let Some(was) = worst.take() {
            told = Some((was, days_later(step.from, days)));
        }
        let Some((was, until)) = told.filter(|(_, until)| step.from < *until) else {
            noted.push(step);
            continue;
        };
        let next = steps.get(index + 1).map(|next| next.from);
        step.recovered_from = Some(was);
        let (light, reasons) = (step.light, step.reasons.clone());
        noted.push(step);
        if next.is_none_or(|next| until < next) {
            noted.push(Step {
                from: until,
                light,
                reasons,
                recovered_from: None,
            });
        }
    }
    noted
}
