use proptest::prelude::*;

use super::*;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn after(days: i64) -> NaiveDate {
    day("2021-01-01") + chrono::TimeDelta::days(days)
}

fn number(value: i64) -> BigDecimal {
    BigDecimal::from(value)
}

/// Five years from 2021; a level from 0.37 in 2020 to 2.2 at the end of 2025, as a plan prints it.
fn level(baseline: Option<&str>, target: &str) -> Promise {
    Promise {
        measure: Measure::Level,
        better: Better::Higher,
        operator: Operator::AtLeast,
        target_min: target.parse().unwrap(),
        target_max: None,
        baseline: baseline.map(|text| (day("2020-12-31"), text.parse().unwrap())),
        starts_on: day("2021-01-01"),
        due_on: day("2025-12-31"),
        maintained: false,
    }
}

fn at(on: &str, value: &str) -> Observation {
    Observation {
        on: day(on),
        value: value.parse().unwrap(),
    }
}

fn standing(promise: &Promise, observations: &[Observation], on: &str) -> Standing {
    course(promise, observations, day(on), Against::Line).standing
}

fn promise() -> impl Strategy<Value = Promise> {
    (
        prop::sample::select(vec![Measure::Level, Measure::Stock, Measure::Sum]),
        prop::sample::select(vec![Operator::AtLeast, Operator::MoreThan, Operator::Equal]),
        -50..200_i64,
        prop::option::of(0..50_i64),
        prop::option::of(-50..200_i64),
        any::<bool>(),
        30..1_900_i64,
    )
        .prop_map(
            |(measure, operator, target, wide, baseline, maintained, due)| Promise {
                measure,
                better: Better::Higher,
                operator,
                target_min: number(target),
                target_max: wide.map(|wide| number(target + wide)),
                baseline: baseline.map(|value| (day("2020-12-31"), number(value))),
                starts_on: day("2021-01-01"),
                due_on: after(due),
                maintained,
            },
        )
}

/// The same promise of the opposite figure: less is better.
fn mirrored(promise: &Promise) -> Promise {
    let turned = |value: &BigDecimal| -value.clone();
    Promise {
        better: Better::Lower,
        operator: match promise.operator {
            Operator::AtLeast => Operator::AtMost,
            other => other,
        },
        target_min: turned(promise.target_max.as_ref().unwrap_or(&promise.target_min)),
        target_max: promise.target_max.as_ref().map(|_| turned(&promise.target_min)),
        baseline: promise.baseline.as_ref().map(|(on, value)| (*on, turned(value))),
        ..promise.clone()
    }
}

proptest! {
    #[test]
    fn the_line_lies_between_its_start_and_its_target_and_never_turns_back(
        promise in promise(), one in 0..2_200_i64, later in 0..400_i64
    ) {
        let (Some(first), Some(second)) = (promise.expected_on(after(one)), promise.expected_on(after(one + later)))
        else {
            prop_assert!(promise.measure != Measure::Sum && promise.baseline.is_none() && !promise.maintained);
            return Ok(());
        };
        let goal = promise.goal().clone();
        let low = promise.start().map_or(goal.clone(), |(_, start)| start.min(goal.clone()));
        let high = promise.start().map_or(goal.clone(), |(_, start)| start.max(goal.clone()));
        prop_assert!(low <= first && first <= high, "{first} of {low} to {high}");
        // Towards the target, whichever side it is on.
        prop_assert!((&goal - &second).abs() <= (&goal - &first).abs());
        prop_assert_eq!(promise.expected_on(promise.due_on), Some(goal));
    }

    #[test]
    fn a_better_figure_never_stands_worse(
        promise in promise(), value in -100..300_i64, more in 0..100_i64, on in 0..2_000_i64, wait in 0..400_i64
    ) {
        let judged = |value: i64| {
            let seen = [Observation { on: after(on), value: number(value) }];
            course(&promise, &seen, after(on + wait), Against::Line)
        };
        let (worse, better) = (judged(value), judged(value + more));
        prop_assert!(better.standing >= worse.standing, "{:?} then {:?}", worse.standing, better.standing);
        if let (Some(worse), Some(better)) = (worse.gap, better.gap) {
            prop_assert_eq!(worse - better, number(more));
        }
        if let (Some(worse), Some(better)) = (worse.percent, better.percent) {
            prop_assert!(better >= worse);
        }
    }

    #[test]
    fn where_less_is_better_everything_is_the_other_way_round(
        promise in promise(), value in -100..300_i64, on in 0..2_000_i64, wait in 0..400_i64
    ) {
        prop_assume!(promise.measure != Measure::Sum && promise.operator != Operator::MoreThan && !promise.maintained);
        let other = mirrored(&promise);
        let seen = |value: i64| [Observation { on: after(on), value: number(value) }];
        let straight = course(&promise, &seen(value), after(on + wait), Against::Line);
        let turned = course(&other, &seen(-value), after(on + wait), Against::Line);
        prop_assert_eq!(straight.standing, turned.standing);
        prop_assert_eq!(straight.gap, turned.gap);
        prop_assert_eq!(straight.expected.map(|value| -value), turned.expected);
        prop_assert_eq!(straight.met_on, turned.met_on);
    }

    #[test]
    fn a_range_is_met_at_its_lower_end_and_nothing_later_than_the_day_counts(
        min in 1..100_i64, wide in 0..50_i64, on in 0..1_800_i64, early in 1..400_i64
    ) {
        let mut range = level(Some("0"), "1");
        range.target_min = number(min);
        range.target_max = Some(number(min + wide));
        let seen = [Observation { on: after(on), value: number(min) }];
        prop_assert_eq!(course(&range, &seen, after(on), Against::Line).standing, Standing::Met);
        let before = course(&range, &seen, after(on - early), Against::Line);
        prop_assert_eq!(before.standing, Standing::NoData);
    }

    #[test]
    fn what_is_to_be_maintained_is_held_to_its_target_at_every_observation(
        values in prop::collection::vec(95..105_i64, 1..8), end in any::<bool>()
    ) {
        let mut kept = level(Some("100"), "100");
        kept.maintained = true;
        let seen: Vec<Observation> = (0..)
            .zip(&values)
            .map(|(at, value)| Observation { on: after(at * 100), value: number(*value) })
            .collect();
        let today = if end { day("2026-01-01") } else { after(900) };
        let found = course(&kept, &seen, today, Against::Line);
        let broken = values.iter().filter(|value| **value < 100).count();
        prop_assert_eq!(found.breaches.len(), broken);
        let last_holds = values.last().is_some_and(|value| *value >= 100);
        prop_assert_eq!(found.standing, match (end, broken == 0, last_holds) {
            (true, true, _) => Standing::Met,
            (true, false, _) => Standing::Missed,
            (false, _, true) => Standing::OnCourse,
            (false, _, false) => Standing::Behind,
        });
    }
}

#[test]
fn a_level_goes_from_its_baseline_to_its_target_and_a_figure_is_held_to_the_day_it_speaks_of() {
    let places = level(Some("0.37"), "2.2");
    let expected = |on: &str| places.expected_on(day(on)).unwrap().to_plain_string();
    assert_eq!(expected("2020-12-31"), "0.37");
    assert_eq!(expected("2025-12-31"), "2.2");
    assert_eq!(expected("2023-07-02"), "1.285");
    let seen = [at("2022-12-31", "1.2"), at("2021-12-31", "0.7")];
    let found = course(&places, &seen, day("2024-09-30"), Against::Line);
    // By the end of 2022 it should have been at 1.1016, and was ahead; that today asks for more says nothing yet.
    assert_eq!(found.standing, Standing::OnCourse);
    assert_eq!(found.reference.unwrap().to_plain_string(), "1.1016");
    assert_eq!(found.gap.unwrap().to_plain_string(), "-0.0984");
    assert_eq!(found.percent.unwrap().to_plain_string(), "45.4");
    assert_eq!(found.expected.unwrap().to_plain_string(), "1.742");
    assert_eq!(found.latest, Some(seen[0].clone()));
    assert_eq!(
        standing(&places, &[at("2022-12-31", "1.0")], "2024-09-30"),
        Standing::Behind
    );
    assert_eq!(
        standing(&places, &[at("2025-12-31", "2.2")], "2026-03-01"),
        Standing::Met
    );
    assert_eq!(
        standing(&places, &[at("2025-12-31", "2.1")], "2025-12-31"),
        Standing::Behind
    );
    assert_eq!(
        standing(&places, &[at("2025-12-31", "2.1")], "2026-01-01"),
        Standing::Missed
    );
    // What was before the plan is no observation of it.
    assert_eq!(
        standing(&places, &[at("2020-12-31", "3")], "2024-01-01"),
        Standing::NoData
    );
}

#[test]
fn a_sum_begins_at_nothing_whatever_the_year_before_brought() {
    let mut jobs = level(Some("20600"), "75000");
    jobs.measure = Measure::Sum;
    assert_eq!(jobs.expected_on(day("2021-01-01")), Some(number(0)));
    let half = jobs.expected_on(day("2023-07-02")).unwrap();
    assert_eq!(half.to_plain_string(), "37479.4521");
    let found = course(
        &jobs,
        &[at("2022-12-31", "30000")],
        day("2023-01-20"),
        Against::Line,
    );
    assert_eq!(
        (found.standing, found.percent),
        (Standing::OnCourse, Some(number(40)))
    );
}

#[test]
fn a_ceiling_on_a_sum_is_kept_only_once_the_sum_is_complete() {
    let mut losses = level(None, "100");
    losses.measure = Measure::Sum;
    losses.better = Better::Lower;
    losses.operator = Operator::AtMost;
    assert_eq!(
        standing(&losses, &[at("2022-12-31", "30")], "2023-01-01"),
        Standing::OnCourse
    );
    assert_eq!(
        standing(&losses, &[at("2022-12-31", "60")], "2023-01-01"),
        Standing::Behind
    );
    assert_eq!(
        standing(&losses, &[at("2025-12-31", "90")], "2026-01-01"),
        Standing::Met
    );
    assert_eq!(
        standing(&losses, &[at("2025-12-31", "101")], "2026-01-01"),
        Standing::Missed
    );
}

#[test]
fn without_a_baseline_only_the_target_is_judged() {
    let rate = level(None, "80");
    assert_eq!(rate.expected_on(day("2024-01-01")), None);
    let found = course(&rate, &[at("2023-12-31", "60")], day("2024-01-01"), Against::Line);
    assert_eq!((found.standing, found.gap), (Standing::NotComparable, None));
    assert_eq!(
        standing(&rate, &[at("2023-12-31", "80")], "2024-01-01"),
        Standing::Met
    );
    assert_eq!(
        standing(&rate, &[at("2025-12-31", "79")], "2026-01-01"),
        Standing::Missed
    );
    assert_eq!(standing(&rate, &[], "2026-01-01"), Standing::NoData);
    // A final assessment holds everything against the target.
    let found = course(
        &rate,
        &[at("2023-12-31", "60")],
        day("2024-01-01"),
        Against::Target,
    );
    assert_eq!((found.standing, found.gap), (Standing::Behind, Some(number(20))));
}

#[test]
fn more_than_is_not_met_by_the_figure_itself_and_a_baseline_that_was_there_asks_for_no_more() {
    let mut more = level(Some("50"), "80");
    more.operator = Operator::MoreThan;
    assert_eq!(
        standing(&more, &[at("2025-12-31", "80")], "2026-01-01"),
        Standing::Missed
    );
    assert_eq!(
        standing(&more, &[at("2025-12-31", "80.1")], "2026-01-01"),
        Standing::Met
    );
    let there = level(Some("3.8"), "2.5");
    assert_eq!(
        there.expected_on(day("2023-01-01")).unwrap().to_plain_string(),
        "2.5"
    );
}

#[test]
fn only_firm_promises_turn_a_light_red() {
    assert!(may_turn_red("firm", false) && !may_turn_red("firm", true));
    for strength in ["principle", "strive", "encourage"] {
        assert!(!may_turn_red(strength, false));
    }
}

#[test]
fn once_its_day_has_passed_a_promise_is_judged_by_what_stood_by_that_day() {
    let promise = level(Some("0.37"), "2.2");
    let in_time = at("2025-12-31", "2.2");
    // Met on its day; what it fell to afterwards is another story.
    let fell = [in_time.clone(), at("2026-06-30", "2.1")];
    assert_eq!(standing(&promise, &fell, "2026-07-01"), Standing::Met);
    // Missed on its day; reaching it half a year later does not make it kept, and is told.
    let late = [at("2025-12-31", "2.1"), at("2026-06-30", "2.3")];
    assert_eq!(standing(&promise, &late, "2026-07-01"), Standing::Missed);
    let told = course(&promise, &late, day("2026-07-01"), Against::Line);
    assert_eq!(
        (told.latest.unwrap().on, told.met_on),
        (day("2025-12-31"), Some(day("2026-06-30")))
    );
}

proptest! {
    #[test]
    fn the_steps_say_on_every_day_what_the_course_says_by_what_counted_on_it(
        measure in prop::sample::select(vec![Measure::Level, Measure::Sum, Measure::Stock]),
        baseline in prop::option::of(0..120_i64),
        maintained in any::<bool>(),
        figures in prop::collection::vec((0..1_900_i64, 0..200_i64, 0..140_i64), 0..6),
        asked in prop::collection::vec(-10..2_200_i64, 30),
    ) {
        let mut promise = level(baseline.map(|figure| figure.to_string()).as_deref(), "100");
        promise.measure = measure;
        promise.maintained = maintained;
        let counted: Vec<Counted> = figures
            .iter()
            .map(|(on, waited, value)| Counted {
                from: after(on + waited),
                observation: Observation { on: after(*on), value: BigDecimal::from(*value) },
            })
            .collect();
        let steps = steps(&promise, &counted);
        prop_assert!(steps.windows(2).all(|pair| pair[0].from < pair[1].from));
        for today in asked.into_iter().map(after) {
            let counting: Vec<Observation> = counted
                .iter()
                .filter(|one| one.from <= today)
                .map(|one| one.observation.clone())
                .collect();
            let told = course(&promise, &counting, today, Against::Line);
            match steps.iter().rfind(|step| step.from <= today) {
                Some(step) => {
                    let same = |course: &Course| Course { expected: None, ..course.clone() };
                    prop_assert_eq!(same(&step.course), same(&told), "{}", today);
                }
                None => prop_assert!(told.latest.is_none()),
            }
        }
    }
}

#[test]
fn a_lag_is_of_the_way_from_the_start_and_on_a_flat_line_of_the_target() {
    let lag = |promise: &Promise, value: &str| {
        let told = course(
            promise,
            &[at("2023-07-02", value)],
            day("2023-07-02"),
            Against::Line,
        );
        told.lag.unwrap()
    };
    let mut promise = level(Some("50"), "100");
    // Half of the way: 913 of 1,826 days from the end of 2020, so 75 should be there.
    let half = lag(&promise, "60");
    assert_eq!(
        (&half.gap, &half.whole, &half.due),
        (&number(15), &number(50), &number(25))
    );
    assert!(half.is_points(&number(30)) && !half.is_points(&number(31)));
    assert!(half.is_below(&number(41)) && !half.is_below(&number(40)));
    promise.maintained = true;
    let flat = lag(&promise, "60");
    assert_eq!(
        (flat.gap, flat.whole, flat.due),
        (number(40), number(100), number(100))
    );
    let back = Lag {
        gap: number(10),
        whole: number(50),
        due: number(0),
    };
    assert!(back.is_below(&number(1)));
    assert_eq!(back.reached(), number(0));
}
