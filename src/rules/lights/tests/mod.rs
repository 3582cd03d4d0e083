//! The published rules, held to their own words on the days and points at which they turn; and the law said again, day
//! by day.

mod law;

use bigdecimal::BigDecimal;
use chrono::NaiveDate;

use super::facts::{Commitment, Facts, Milestone, Payment, Standing};
use super::ready::{codes, named};
use super::rule_set::{Measure, Promises, Steps, Warning};
use super::timeline::{BEGINNING, Step};
use super::{Dimension, Light, ReasonCode, RuleSet, timeline};
use crate::rules::course;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn step(weight: i64, planned_on: &str) -> Milestone {
    Milestone {
        name: "主体完工".to_owned(),
        weight: BigDecimal::from(weight),
        planned_on: day(planned_on),
        accuses: true,
        reported_on: None,
        actual_on: None,
        verified_on: None,
        is_start: false,
    }
}

fn reported(weight: i64, planned_on: &str, reported_on: &str) -> Milestone {
    Milestone {
        reported_on: Some(day(reported_on)),
        actual_on: Some(day(reported_on)),
        ..step(weight, planned_on)
    }
}

fn facts(milestones: Vec<Milestone>) -> Facts {
    Facts {
        standing: Standing::Going,
        answerable: true,
        milestones,
        reports_owed: None,
        payments: None,
        statistics: None,
        commitments: None,
    }
}

fn rules(code: &str) -> RuleSet {
    named(code).unwrap()
}

fn on<'a>(steps: &'a [Step], text: &str) -> &'a Step {
    let wanted = day(text);
    steps.iter().rev().find(|step| step.from <= wanted).unwrap()
}

fn light(facts: &Facts, code: &str, text: &str) -> Light {
    on(&timeline(facts, &rules(code)), text).light
}

#[test]
fn every_ready_made_set_is_sound_and_says_where_it_comes_from() {
    let all: Vec<&str> = codes().collect();
    assert_eq!(all, ["default", "yinchuan-2025", "wuhan"]);
    for code in all {
        let rules = rules(code);
        assert_eq!(rules.faults(), [], "{code}");
        assert!(!rules.source.is_empty());
        let stored = serde_json::to_value(&rules).unwrap();
        assert_eq!(serde_json::from_value::<RuleSet>(stored).unwrap(), rules);
    }
}

/// 银川：当月应开工、月底未开工黄灯，连续三个月红灯。
#[test]
fn yinchuan_a_start_that_was_due_turns_yellow_after_its_month_and_red_after_the_third() {
    let mut start = step(9, "2025-03-10");
    start.is_start = true;
    // Much else is done, so that the schedule says nothing.
    let mut all = vec![start, reported(91, "2025-01-31", "2025-01-31")];
    let open = facts(all.clone());
    for code in ["yinchuan-2025", "default"] {
        assert_eq!(light(&open, code, "2025-03-31"), Light::Green);
        assert_eq!(light(&open, code, "2025-04-01"), Light::Yellow);
        assert_eq!(light(&open, code, "2025-05-31"), Light::Yellow);
        assert_eq!(light(&open, code, "2025-06-01"), Light::Red);
    }
    let steps = timeline(&open, &rules("yinchuan-2025"));
    let told = on(&steps, "2025-05-01").reasons.clone();
    assert!(told.iter().any(|reason| reason.code == ReasonCode::NotStarted
        && reason.params["months"] == "2"
        && reason.params["planned_on"] == "2025-03-10"));
    all[0].reported_on = Some(day("2025-05-20"));
    let begun = facts(all);
    assert_eq!(light(&begun, "yinchuan-2025", "2025-05-19"), Light::Yellow);
    assert_eq!(light(&begun, "yinchuan-2025", "2025-06-01"), Light::Green);
}

/// 银川：落后 10–30 个百分点（含 30）黄灯，超过 30 红灯。
#[test]
fn yinchuan_behind_by_thirty_points_is_yellow_and_by_more_is_red() {
    let behind = |points: i64, decimals: i64| {
        let mut late = step(points, "2025-02-28");
        late.weight += BigDecimal::new(decimals.into(), 2);
        let mut rest = step(100 - points, "2025-12-31");
        rest.weight -= BigDecimal::new(decimals.into(), 2);
        light(&facts(vec![late, rest]), "yinchuan-2025", "2025-03-01")
    };
    assert_eq!(behind(9, 99), Light::Green);
    assert_eq!(behind(10, 0), Light::Yellow);
    assert_eq!(behind(30, 0), Light::Yellow);
    assert_eq!(behind(30, 1), Light::Red);
}

#[test]
fn what_is_due_today_is_not_behind_until_tomorrow() {
    let open = facts(vec![step(40, "2025-02-28"), step(60, "2025-12-31")]);
    assert_eq!(light(&open, "default", "2025-02-28"), Light::Grey);
    assert_eq!(light(&open, "default", "2025-03-01"), Light::Red);
    let steps = timeline(&open, &rules("default"));
    let reason = &on(&steps, "2025-03-01").reasons[0];
    assert_eq!(
        (reason.code, reason.params["planned"].as_str()),
        (ReasonCode::BehindPoints, "40")
    );
    assert_eq!(
        (reason.params["earned"].as_str(), reason.params["behind"].as_str()),
        ("0", "40")
    );
}

/// 武汉：不足计划进度的 80% 黄灯，不足 60% 红灯。
#[test]
fn wuhan_less_than_eighty_per_cent_is_yellow_and_less_than_sixty_red() {
    let reached = |part: i64| {
        let done = reported(part, "2025-01-31", "2025-01-20");
        let late = step(100 - part, "2025-02-28");
        let rest = step(100, "2025-12-31");
        light(&facts(vec![done, late, rest]), "wuhan", "2025-03-01")
    };
    assert_eq!(reached(80), Light::Green);
    assert_eq!(reached(79), Light::Yellow);
    assert_eq!(reached(60), Light::Yellow);
    assert_eq!(reached(59), Light::Red);
}

/// 银川：预算内资金支付低于要求，红灯。
#[test]
fn yinchuan_money_paid_below_requirement_is_red() {
    let with = |paid: i64| {
        let mut all = facts(vec![step(100, "2025-12-31")]);
        all.payments = Some(vec![Payment {
            from: day("2025-03-31"),
            required: BigDecimal::from(1_000_000),
            paid: BigDecimal::from(paid),
        }]);
        all
    };
    assert_eq!(light(&with(999_999), "yinchuan-2025", "2025-03-30"), Light::Grey);
    assert_eq!(light(&with(999_999), "yinchuan-2025", "2025-03-31"), Light::Red);
    assert_eq!(
        light(&with(1_000_000), "yinchuan-2025", "2025-03-31"),
        Light::Green
    );
    assert_eq!(light(&with(999_999), "default", "2025-03-31"), Light::Grey);
}

/// 银川：开工一个月未入统黄灯，两个月红灯。
#[test]
fn yinchuan_not_in_statistics_a_month_after_the_start_is_yellow_and_two_red() {
    let begun = |entered: Option<&str>| {
        let mut start = reported(100, "2025-01-31", "2025-01-31");
        start.is_start = true;
        let mut all = facts(vec![start]);
        all.statistics = Some(entered.map(day));
        all
    };
    let never = begun(None);
    assert_eq!(light(&never, "yinchuan-2025", "2025-02-28"), Light::Green);
    assert_eq!(light(&never, "yinchuan-2025", "2025-03-01"), Light::Yellow);
    assert_eq!(light(&never, "yinchuan-2025", "2025-03-31"), Light::Yellow);
    assert_eq!(light(&never, "yinchuan-2025", "2025-04-01"), Light::Red);
    let late = begun(Some("2025-03-15"));
    assert_eq!(light(&late, "yinchuan-2025", "2025-03-14"), Light::Yellow);
    assert_eq!(light(&late, "yinchuan-2025", "2025-03-15"), Light::Green);
    let mut unknown = begun(None);
    unknown.statistics = None;
    assert_eq!(light(&unknown, "yinchuan-2025", "2025-12-31"), Light::Green);
}

#[test]
fn by_the_default_one_owed_report_is_yellow_and_two_are_red() {
    let mut all = facts(vec![step(100, "2025-12-31")]);
    all.reports_owed = Some(vec![day("2025-03-01"), day("2025-04-01")]);
    assert_eq!(light(&all, "default", "2025-02-28"), Light::Grey);
    assert_eq!(light(&all, "default", "2025-03-01"), Light::Yellow);
    assert_eq!(light(&all, "default", "2025-04-01"), Light::Red);
    assert_eq!(light(&all, "wuhan", "2025-04-01"), Light::Grey);
}

#[test]
fn reports_that_wait_for_verification_turn_by_days() {
    let mut rules = rules("wuhan");
    rules.verification = Some(Steps {
        yellow: Some(10),
        red: Some(20),
    });
    let mut all = facts(vec![reported(100, "2025-01-31", "2025-01-31")]);
    let steps = timeline(&all, &rules);
    assert_eq!(on(&steps, "2025-02-10").light, Light::Green);
    assert_eq!(on(&steps, "2025-02-11").light, Light::Yellow);
    assert_eq!(on(&steps, "2025-02-21").light, Light::Red);
    all.milestones[0].verified_on = Some(day("2025-02-15"));
    assert_eq!(on(&timeline(&all, &rules), "2025-02-15").light, Light::Blue);
}

/// A hundred beds in the course of 2025, of which these are there: the day of which a figure speaks, the day from which
/// on it counts, and the figure.
fn beds(figures: &[(&str, &str, i64)]) -> Commitment {
    let promise = course::Promise {
        measure: course::Measure::Sum,
        better: course::Better::Higher,
        operator: course::Operator::AtLeast,
        target_min: BigDecimal::from(100),
        target_max: None,
        baseline: None,
        starts_on: day("2025-01-01"),
        due_on: day("2025-12-31"),
        maintained: false,
    };
    let counted = |(on, from, value): &(&str, &str, i64)| course::Counted {
        from: day(from),
        observation: course::Observation {
            on: day(on),
            value: BigDecimal::from(*value),
        },
    };
    let counted: Vec<course::Counted> = figures.iter().map(counted).collect();
    Commitment {
        code: "plan.beds".to_owned(),
        metric: "床位".to_owned(),
        unit: "张".to_owned(),
        due_on: promise.due_on,
        maintained: false,
        may_turn_red: true,
        steps: course::steps(&promise, &counted),
    }
}

fn promised(measure: Measure, yellow: i64, red: i64) -> RuleSet {
    let mut rules = rules("wuhan");
    rules.commitment = Some(Promises {
        measure: Some(measure),
        yellow: Some(BigDecimal::from(yellow)),
        red: Some(BigDecimal::from(red)),
        breached: Some(Warning::Yellow),
        missed: Some(Warning::Red),
    });
    rules
}

#[test]
fn a_promise_behind_its_course_or_missed_turns_the_light_and_only_a_firm_one_red() {
    let mut all = facts(vec![step(100, "2027-12-31")]);
    // By the 2nd of July half of the year is over: 30 of 50; by the 1st of October 10 of some 75.
    let behind = beds(&[("2025-07-02", "2025-07-10", 30), ("2025-10-01", "2025-10-05", 10)]);
    all.commitments = Some(vec![behind.clone()]);
    let steps = timeline(&all, &promised(Measure::Points, 10, 40));
    for (text, light, code) in [
        ("2025-07-09", Light::Grey, None),
        ("2025-07-10", Light::Yellow, Some(ReasonCode::CommitmentBehind)),
        ("2025-10-04", Light::Yellow, Some(ReasonCode::CommitmentBehind)),
        ("2025-10-05", Light::Red, Some(ReasonCode::CommitmentBehind)),
        ("2025-12-31", Light::Red, Some(ReasonCode::CommitmentBehind)),
        ("2026-01-01", Light::Red, Some(ReasonCode::CommitmentMissed)),
    ] {
        let found = on(&steps, text);
        let reason = found
            .reasons
            .iter()
            .find(|one| one.dimension == Dimension::Commitment);
        assert_eq!((found.light, reason.map(|one| one.code)), (light, code), "{text}");
    }
    let reason = &on(&steps, "2025-07-10").reasons[0];
    let told = |name: &str| reason.params.get(name).map(String::as_str);
    assert_eq!(
        (told("metric"), told("latest"), told("observed_on"), told("unit")),
        (Some("床位"), Some("30"), Some("2025-07-02"), Some("张"))
    );
    // 30 is about 60 per cent of what should be there.
    for (yellow, red, light) in [
        (70, 50, Light::Yellow),
        (80, 70, Light::Red),
        (50, 40, Light::Grey),
    ] {
        let steps = timeline(&all, &promised(Measure::Ratio, yellow, red));
        let found = on(&steps, "2025-07-10");
        assert_eq!(found.light, light, "{yellow} {red}");
        let mut reasons = found.reasons.iter();
        let told = reasons.find(|one| one.dimension == Dimension::Commitment);
        let code = (light != Light::Grey).then_some(ReasonCode::CommitmentBehindRatio);
        assert_eq!(told.map(|one| one.code), code);
    }
    // What is to be held is not held.
    let mut held = behind.clone();
    held.maintained = true;
    all.commitments = Some(vec![held]);
    let steps = timeline(&all, &promised(Measure::Points, 10, 40));
    let found = on(&steps, "2025-10-05");
    assert_eq!(
        (found.light, found.reasons[0].code),
        (Light::Yellow, ReasonCode::CommitmentBreached)
    );
    // One that does not bind is yellow at most.
    all.commitments = Some(vec![Commitment {
        may_turn_red: false,
        ..behind
    }]);
    let steps = timeline(&all, &promised(Measure::Points, 10, 40));
    assert_eq!(on(&steps, "2025-10-05").light, Light::Yellow);
    assert_eq!(on(&steps, "2026-01-01").light, Light::Yellow);
    // Nothing is said without a figure that counts, or of what is on its course or met.
    for figures in [
        &[][..],
        &[("2025-07-02", "2025-07-10", 60)][..],
        &[("2025-07-02", "2025-07-10", 100)][..],
    ] {
        all.commitments = Some(vec![beds(figures)]);
        let steps = timeline(&all, &promised(Measure::Points, 10, 40));
        assert_eq!(on(&steps, "2025-08-01").light, Light::Grey, "{figures:?}");
    }
}

#[test]
fn what_is_not_confirmed_accuses_nobody() {
    let mut proposed = step(100, "2025-01-31");
    proposed.accuses = false;
    proposed.is_start = true;
    let grey = |facts: &Facts| timeline(facts, &rules("default"));
    let steps = grey(&facts(vec![proposed]));
    assert_eq!(
        (steps.len(), steps[0].from, steps[0].light),
        (1, BEGINNING, Light::Grey)
    );
    assert_eq!(steps[0].reasons[0].code, ReasonCode::DatesUnconfirmed);
    let mut inferred = facts(vec![step(100, "2025-01-31")]);
    inferred.answerable = false;
    let steps = grey(&inferred);
    assert_eq!((steps.len(), steps[0].light), (1, Light::Grey));
    assert_eq!(steps[0].reasons[0].code, ReasonCode::OwnerUnconfirmed);
}

#[test]
fn late_and_caught_up_is_told_for_as_long_as_the_rules_say() {
    let mut rules = rules("default");
    rules.recovered_within_days = Some(30);
    let late = facts(vec![
        reported(40, "2025-01-31", "2025-03-10"),
        step(60, "2025-12-31"),
    ]);
    let steps = timeline(&late, &rules);
    assert_eq!(on(&steps, "2025-03-09").light, Light::Red);
    let after = on(&steps, "2025-03-10");
    assert_eq!(
        (after.light, after.recovered_from),
        (Light::Green, Some(Light::Red))
    );
    assert!(after.reasons.is_empty());
    assert_eq!(on(&steps, "2025-04-08").recovered_from, Some(Light::Red));
    assert_eq!(on(&steps, "2025-04-09").recovered_from, None);
    assert_eq!(on(&steps, "2026-01-01").light, Light::Red);
}

#[test]
fn yellow_through_the_ends_of_months_turns_red_where_the_rules_say_so() {
    let mut rules = rules("yinchuan-2025");
    if let Some(schedule) = &mut rules.schedule {
        schedule.red_after_months = Some(2);
        schedule.due_soon_days = Some(7);
    }
    let behind = facts(vec![step(20, "2025-01-15"), step(80, "2025-12-31")]);
    let steps = timeline(&behind, &rules);
    assert_eq!(on(&steps, "2025-01-07").light, Light::Grey);
    assert_eq!(on(&steps, "2025-01-08").reasons[0].code, ReasonCode::DueSoon);
    assert_eq!(on(&steps, "2025-02-28").light, Light::Yellow);
    assert_eq!(on(&steps, "2025-03-01").light, Light::Red);
}

#[test]
fn a_broken_set_names_each_faulty_field() {
    let mut rules = rules("yinchuan-2025");
    rules.start = Some(Steps {
        yellow: Some(3),
        red: Some(3),
    });
    rules.reporting = Some(Steps {
        yellow: None,
        red: None,
    });
    rules.statistics = Some(Steps {
        yellow: Some(0),
        red: None,
    });
    if let Some(schedule) = &mut rules.schedule {
        schedule.red = BigDecimal::from(5);
    }
    rules.recovered_within_days = Some(900);
    rules.name = " ".to_owned();
    let pointers: Vec<String> = rules.faults().into_iter().map(|fault| fault.pointer).collect();
    assert_eq!(
        pointers,
        [
            "/start/red",
            "/statistics/yellow",
            "/reporting",
            "/schedule/red",
            "/recovered_within_days",
            "/name"
        ]
    );
    let nothing: RuleSet = serde_json::from_value(serde_json::json!({ "name": "空" })).unwrap();
    assert_eq!(nothing.faults()[0].code.as_str(), "light_rules.empty");
}
