//! The law said again, for one day at a time and without spans; random facts, rules and days hold the timeline to it.

use bigdecimal::BigDecimal;
use chrono::{Datelike, Days, Months, NaiveDate};
use proptest::prelude::*;

use super::super::facts::{Commitment, Facts, Milestone, Payment, Standing};
use super::super::rule_set::{Measure, Promises, Schedule, Shares, Steps, Warning};
use super::super::timeline::BEGINNING;
use super::super::{Light, RuleSet, timeline};
use crate::rules::course::{self, Course, Lag, Observation, Step};

fn day(offset: i64) -> NaiveDate {
    NaiveDate::from_ymd_opt(2024, 1, 1).unwrap() + chrono::TimeDelta::days(offset)
}

fn by(limit: Option<u32>, number: i64) -> bool {
    limit.is_some_and(|limit| number >= i64::from(limit))
}

fn stepped(rule: &Steps, number: i64) -> Option<Light> {
    match (by(rule.red, number), by(rule.yellow, number)) {
        (true, _) => Some(Light::Red),
        (_, true) => Some(Light::Yellow),
        _ => None,
    }
}

/// Behind schedule or not, on one day; none before anything was due or done.
fn schedule(facts: &Facts, rule: &Schedule, today: NaiveDate) -> Option<Light> {
    let sum = |wanted: &dyn Fn(&Milestone) -> bool| -> BigDecimal {
        facts
            .milestones
            .iter()
            .filter(|one| wanted(one))
            .map(|one| &one.weight)
            .sum()
    };
    let zero = BigDecimal::from(0);
    let whole = sum(&|_| true);
    let planned = sum(&|one| one.accuses && one.planned_on < today);
    let earned = sum(&|one| one.reported_on.is_some_and(|on| on <= today));
    if planned == zero && earned == zero {
        return None;
    }
    let hundred = BigDecimal::from(100);
    let bad = |limit: &BigDecimal, included: bool| match rule.measure {
        Measure::Points => {
            let behind = (&planned - &earned) * &hundred;
            behind > limit * &whole || (included && behind == limit * &whole)
        }
        Measure::Ratio => {
            let reached = &earned * &hundred;
            planned > zero && (reached < limit * &planned || (included && reached == limit * &planned))
        }
    };
    Some(if bad(&rule.red, rule.red_included) {
        Light::Red
    } else if bad(&rule.yellow, rule.yellow_included) {
        Light::Yellow
    } else {
        Light::Green
    })
}

fn is_month_end(day: NaiveDate) -> bool {
    (day + Days::new(1)).day() == 1
}

/// Through the ends of how many months before `today` it has warned without a break.
fn month_ends_behind(facts: &Facts, rule: &Schedule, today: NaiveDate) -> u32 {
    let mut ends = 0;
    let mut before = today - Days::new(1);
    while schedule(facts, rule, before).is_some_and(Light::warns) {
        ends += u32::from(is_month_end(before));
        before = before - Days::new(1);
    }
    ends
}

fn months_between(from: NaiveDate, to: NaiveDate) -> i64 {
    let count = |day: NaiveDate| i64::from(day.year()) * 12 + i64::from(day.month());
    count(to) - count(from)
}

/// Everything that a project is told on one day.
fn lights(facts: &Facts, rules: &RuleSet, today: NaiveDate) -> Vec<Light> {
    let mut all: Vec<Light> = Vec::new();
    for one in &facts.milestones {
        let done = one.reported_on.is_some_and(|on| on <= today);
        if let (Some(rule), true) = (&rules.start, one.is_start) {
            if done || (one.accuses && one.planned_on < today) {
                all.push(Light::Green);
            }
            if !done && one.accuses {
                all.extend(stepped(rule, months_between(one.planned_on, today)));
            }
        }
        if let (Some(rule), Some(reported)) = (&rules.verification, one.reported_on)
            && reported <= today
            && one.verified_on.is_none_or(|on| on > today)
        {
            // More than so many days.
            all.extend(stepped(rule, (today - reported).num_days() - 1));
        }
        let soon = rules.schedule.as_ref().and_then(|rule| rule.due_soon_days);
        if let Some(days) = soon
            && one.accuses
            && !done
            && today <= one.planned_on
            && (one.planned_on - today).num_days() <= i64::from(days)
        {
            all.push(Light::Yellow);
        }
    }
    if let Some(rule) = &rules.schedule {
        let light = schedule(facts, rule, today);
        all.extend(light);
        if let (Some(Light::Yellow), Some(months)) = (light, rule.red_after_months)
            && month_ends_behind(facts, rule, today) >= months
        {
            all.push(Light::Red);
        }
    }
    if let (Some(rule), Some(owed)) = (&rules.reporting, &facts.reports_owed) {
        let count = owed.iter().filter(|on| **on <= today).count();
        all.extend(stepped(rule, i64::try_from(count).unwrap()));
    }
    let begun = facts
        .milestones
        .iter()
        .filter(|one| one.is_start)
        .filter_map(|one| Some((one.reported_on?, one.actual_on?)))
        .min();
    if let (Some(rule), Some(entered), Some((reported, actual))) =
        (&rules.statistics, facts.statistics, begun)
        && reported <= today
    {
        all.push(Light::Green);
        let passed = (0..400)
            .take_while(|months| actual + Months::new(months + 1) < today)
            .count();
        if entered.is_none_or(|on| on > today) {
            all.extend(stepped(rule, i64::try_from(passed).unwrap()));
        }
    }
    let paid = facts
        .payments
        .iter()
        .flatten()
        .rfind(|payment| payment.from <= today);
    if let (Some(rule), Some(payment)) = (&rules.investment, paid) {
        let below = |limit: &Option<BigDecimal>| {
            limit
                .as_ref()
                .is_some_and(|limit| &payment.paid * BigDecimal::from(100) < limit * &payment.required)
        };
        all.push(match (below(&rule.red), below(&rule.yellow)) {
            (true, _) => Light::Red,
            (_, true) => Light::Yellow,
            _ => Light::Green,
        });
    }
    for one in facts.commitments.iter().flatten() {
        let Some(rule) = &rules.commitment else { continue };
        let course = one
            .steps
            .iter()
            .rfind(|step| step.from <= today)
            .map(|step| &step.course);
        let hundred = BigDecimal::from(100);
        let beyond = |limit: &Option<BigDecimal>| {
            let (Some(limit), Some(lag)) = (limit, course.and_then(|course| course.lag.as_ref())) else {
                return false;
            };
            match rule.measure {
                Some(Measure::Points) => &lag.gap / &lag.whole * &hundred >= *limit,
                Some(Measure::Ratio) => (&lag.due - &lag.gap) / &lag.due * &hundred < *limit,
                None => false,
            }
        };
        let light = match course.map(|course| course.standing) {
            Some(course::Standing::Missed) => rule.missed.map(Warning::light),
            Some(course::Standing::Behind) if one.maintained => rule.breached.map(Warning::light),
            Some(course::Standing::Behind) if beyond(&rule.red) => Some(Light::Red),
            Some(course::Standing::Behind) if beyond(&rule.yellow) => Some(Light::Yellow),
            _ => None,
        };
        all.extend(light.map(|light| match one.may_turn_red {
            true => light,
            false => Light::Yellow,
        }));
    }
    all
}

fn law(facts: &Facts, rules: &RuleSet, today: NaiveDate) -> Light {
    let verified = !facts.milestones.is_empty()
        && facts
            .milestones
            .iter()
            .all(|one| one.verified_on.is_some_and(|on| on <= today));
    match facts.standing {
        Standing::Over => Light::Grey,
        Standing::Closed => Light::Blue,
        Standing::Going if verified => Light::Blue,
        Standing::Going if !facts.answerable => Light::Grey,
        Standing::Going => {
            let all = lights(facts, rules, today);
            [Light::Red, Light::Yellow, Light::Green]
                .into_iter()
                .find(|light| all.contains(light))
                .unwrap_or(Light::Grey)
        }
    }
}

fn milestone() -> impl Strategy<Value = Milestone> {
    (
        1..40_i64,
        0..500_i64,
        prop::bool::weighted(0.8),
        prop::option::of((0..600_i64, 0..90_i64, prop::option::of(0..60_i64))),
        prop::bool::weighted(0.3),
    )
        .prop_map(|(weight, planned, accuses, report, is_start)| Milestone {
            name: "节点".to_owned(),
            weight: BigDecimal::from(weight),
            planned_on: day(planned),
            accuses,
            reported_on: report.map(|(on, ..)| day(on)),
            actual_on: report.map(|(on, before, _)| day(on - before)),
            verified_on: report.and_then(|(on, _, after)| Some(day(on + after?))),
            is_start,
        })
}

fn payment() -> impl Strategy<Value = Payment> {
    (0..600_i64, 0..100_i64, 0..100_i64).prop_map(|(from, required, paid)| Payment {
        from: day(from),
        required: BigDecimal::from(required),
        paid: BigDecimal::from(paid),
    })
}

/// A course of which the rules on lights look at the standing and the lag: of quarters, so that shares are exact.
fn a_course() -> impl Strategy<Value = Course> {
    (
        prop::sample::select(course::Standing::ALL.to_vec()),
        0..=4_i64,
        1..=4_i64,
    )
        .prop_map(|(standing, gap, due)| Course {
            expected: None,
            latest: Some(Observation {
                on: day(0),
                value: BigDecimal::from(due - gap),
            }),
            reference: Some(BigDecimal::from(due)),
            gap: Some(BigDecimal::from(gap)),
            percent: None,
            standing,
            met_on: None,
            breaches: Vec::new(),
            lag: (standing == course::Standing::Behind).then(|| Lag {
                gap: BigDecimal::from(gap),
                whole: BigDecimal::from(4),
                due: BigDecimal::from(due),
            }),
        })
}

fn commitment() -> impl Strategy<Value = Commitment> {
    (
        prop::bool::ANY,
        prop::bool::weighted(0.2),
        prop::collection::btree_map(0..700_i64, a_course(), 0..4),
    )
        .prop_map(|(may_turn_red, maintained, steps)| Commitment {
            code: "plan.beds".to_owned(),
            metric: "床位".to_owned(),
            unit: "张".to_owned(),
            due_on: day(600),
            maintained,
            may_turn_red,
            steps: steps
                .into_iter()
                .map(|(from, course)| Step {
                    from: day(from),
                    course,
                })
                .collect(),
        })
}

fn any_facts() -> impl Strategy<Value = Facts> {
    (
        prop::sample::select(vec![
            Standing::Going,
            Standing::Going,
            Standing::Going,
            Standing::Closed,
            Standing::Over,
        ]),
        prop::bool::weighted(0.9),
        prop::collection::vec(milestone(), 0..5),
        prop::option::of(prop::collection::btree_set(0..600_i64, 0..4)),
        prop::option::of(prop::collection::vec(payment(), 0..4)),
        prop::option::of(prop::option::of(0..700_i64)),
        prop::option::of(prop::collection::vec(commitment(), 0..3)),
    )
        .prop_map(
            |(standing, answerable, milestones, owed, payments, statistics, commitments)| Facts {
                standing,
                answerable,
                milestones,
                reports_owed: owed.map(|days| days.into_iter().map(day).collect()),
                payments: payments.map(|mut all| {
                    all.sort_by_key(|one| one.from);
                    all
                }),
                statistics: statistics.map(|entered| entered.map(day)),
                commitments,
            },
        )
}

fn steps() -> impl Strategy<Value = Option<Steps>> {
    let pair = (prop::option::of(1..5_u32), prop::option::of(5..9_u32));
    prop::option::of(pair.prop_map(|(yellow, red)| Steps { yellow, red }))
}

fn any_schedule() -> impl Strategy<Value = Option<Schedule>> {
    prop::option::of(
        (
            prop::bool::ANY,
            1..40_i64,
            40..90_i64,
            prop::bool::ANY,
            prop::bool::ANY,
            prop::option::of(1..4_u32),
            prop::option::of(1..20_u32),
        )
            .prop_map(|(points, low, high, one, other, months, soon)| {
                let (yellow, red) = if points { (low, high) } else { (high, low) };
                Schedule {
                    measure: if points { Measure::Points } else { Measure::Ratio },
                    yellow: BigDecimal::from(yellow),
                    yellow_included: one,
                    red: BigDecimal::from(red),
                    red_included: other,
                    red_after_months: months,
                    due_soon_days: soon,
                }
            }),
    )
}

fn promises() -> impl Strategy<Value = Option<Promises>> {
    let warning = || prop::option::of(prop::sample::select(vec![Warning::Yellow, Warning::Red]));
    let measure = prop::option::of(prop::bool::ANY);
    // The limits are shares of quarters too, so that a figure often stands on one.
    let limits = (prop::option::of(1..3_i64), prop::option::of(3..=4_i64));
    prop::option::of((measure, limits, warning(), warning()).prop_map(
        |(points, (low, high), breached, missed)| {
            let share = |quarters: i64| BigDecimal::from(quarters * 25);
            let (low, high) = (low.map(share), high.map(share));
            let (yellow, red) = match points {
                Some(true) => (low, high),
                _ => (high, low),
            };
            Promises {
                measure: points.map(|points| match points {
                    true => Measure::Points,
                    false => Measure::Ratio,
                }),
                yellow,
                red,
                breached,
                missed,
            }
        },
    ))
}

fn any_rules() -> impl Strategy<Value = RuleSet> {
    (
        prop::option::of(1..40_u32),
        steps(),
        any_schedule(),
        prop::option::of((50..80_i64, 80..100_i64)),
        steps(),
        steps(),
        steps(),
        promises(),
    )
        .prop_map(
            |(recovered, start, schedule, shares, statistics, reporting, verification, promises)| RuleSet {
                name: "随机".to_owned(),
                source: String::new(),
                recovered_within_days: recovered,
                start,
                schedule,
                investment: shares.map(|(red, yellow)| Shares {
                    yellow: Some(BigDecimal::from(yellow)),
                    red: Some(BigDecimal::from(red)),
                }),
                statistics,
                reporting,
                verification,
                commitment: promises,
            },
        )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn the_timeline_answers_as_the_law_does_on_every_day(
        facts in any_facts(), rules in any_rules(), days in prop::collection::vec(-40..800_i64, 40)
    ) {
        let steps = timeline(&facts, &rules);
        prop_assert_eq!(steps[0].from, BEGINNING);
        for pair in steps.windows(2) {
            prop_assert!(pair[0].from < pair[1].from);
            prop_assert!(
                (pair[0].light, &pair[0].reasons, pair[0].recovered_from)
                    != (pair[1].light, &pair[1].reasons, pair[1].recovered_from)
            );
        }
        // The days on which something turns, and the days before them, besides any others.
        let turning = steps.iter().skip(1).flat_map(|step| [step.from, step.from - Days::new(1)]);
        for today in days.into_iter().map(day).chain(turning) {
            let step = steps.iter().rev().find(|step| step.from <= today).unwrap();
            prop_assert_eq!(step.light, law(&facts, &rules, today), "{} {:?}", today, step);
            let gravest = step.reasons.first().map(|reason| reason.light);
            prop_assert_eq!(gravest, Some(step.light).filter(|light| *light != Light::Green));
        }
    }

    #[test]
    fn what_is_remembered_was_worse_within_the_days_before(facts in any_facts(), rules in any_rules()) {
        let steps = timeline(&facts, &rules);
        for step in steps.iter().filter(|step| step.recovered_from.is_some()) {
            prop_assert!(!step.light.warns() && step.light != Light::Grey);
            let window = Days::new(u64::from(rules.recovered_within_days.unwrap()));
            let worse = steps.iter().any(|one| one.from < step.from && Some(one.light) == step.recovered_from);
            prop_assert!(worse);
            let last_warning = (0..).map(|back| step.from - Days::new(back))
                .find(|day| law(&facts, &rules, *day).warns()).unwrap();
            prop_assert!(step.from < last_warning + Days::new(1) + window);
        }
    }
}
