//! Who is silent: from which day on a project owes one report, and from which two, if nothing more happens.
//!
//! Like what is overdue it follows from what is recorded and never from today: silent on day D means
//! `silent_from <= D`. Unlike it, it depends on periods that are still to come: a project that goes on and never
//! reports again will owe one, then two. Source: the product's law, "Time" and "Project": a project is silent when it
//! owes a report. One that is divided owes a period as long as any of its parts does; parts that owe the same period make
//! it owe one, not several, so that a project in four counties is not red sooner than one in a single county.

use std::collections::BTreeSet;

use chrono::NaiveDate;

use super::parts::{Division, Which};
use super::periods::{Period, ReportingCalendar, Spell, debts};

/// A project's span of silence, if nothing more happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SilenceSpan {
    /// The first day on which it owes a report.
    pub silent_from: Option<NaiveDate>,
    /// The first day on which it owes two.
    pub twice_silent_from: Option<NaiveDate>,
}

/// Works out the span. `settled` are the reports that are there and were not returned: of the whole, or of a part.
pub fn silence_span(
    calendar: &ReportingCalendar,
    spells: &[Spell],
    division: &Division,
    settled: &BTreeSet<(Which, Period)>,
) -> SilenceSpan {
    let mut owed: Vec<NaiveDate> = spells
        .iter()
        .flat_map(|spell| {
            debts(calendar, spell)
                .take_while(|debt| division.goes_on(debt.period))
                .filter(|debt| {
                    let mut owing = division.owing(debt.period).into_iter();
                    owing.any(|which| !settled.contains(&(which, debt.period)))
                })
                .take(2)
                .map(|debt| debt.owed_from)
        })
        .collect();
    owed.sort_unstable();
    let mut owed = owed.into_iter();
    SilenceSpan {
        silent_from: owed.next(),
        twice_silent_from: owed.next(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::parts::Part;
    use crate::rules::periods::{Frequency, Stage, Terms};
    use proptest::prelude::*;
    use uuid::Uuid;

    fn first() -> NaiveDate {
        NaiveDate::from_ymd_opt(2023, 1, 1).unwrap()
    }

    fn day(offset: i64) -> NaiveDate {
        first() + chrono::TimeDelta::days(offset)
    }

    /// How many periods are owed on `today`, in the law's words: a period of the stage's frequency, on each day of
    /// which the project stood in the stage, not before `reporting_from` nor outside the plan, whose due day and grace
    /// have passed, and of which a report is not there: the whole's, or that of a part that was answered for by its end.
    fn owed_by_the_law(
        calendar: &ReportingCalendar,
        spells: &[Spell],
        division: &Division,
        settled: &BTreeSet<(Which, Period)>,
        today: NaiveDate,
    ) -> usize {
        let Some(from) = calendar.reporting_from else {
            return 0;
        };
        let stage_on = |day: NaiveDate| {
            spells
                .iter()
                .position(|spell| {
                    !spell.forgiven && spell.from <= day && spell.until.is_none_or(|until| day < until)
                })
                .map(|place| (place, spells[place].stage))
        };
        let mut owed = 0;
        for terms in &calendar.terms {
            // Before anything that the strategies make.
            let mut period = Period::containing(terms.frequency, day(-800)).unwrap();
            while period.start <= today {
                let stages: BTreeSet<Option<(usize, Stage)>> = period
                    .start
                    .iter_days()
                    .take_while(|day| *day <= period.end)
                    .map(stage_on)
                    .collect();
                let whole = matches!(
                    stages.iter().collect::<Vec<_>>()[..],
                    [Some((_, stage))] if *stage == terms.stage
                );
                let outside = period.start > calendar.ends_on || period.start < calendar.starts_on;
                let due = terms.due_on(period).unwrap();
                let passed = (today - due).num_days() > i64::from(terms.grace_days);
                let by_parts = !division.whole.contains(&period)
                    && division.parts.iter().any(|part| period.end >= part.from);
                let missing = match by_parts {
                    false => !settled.contains(&(None, period)),
                    true => division.parts.iter().any(|part| {
                        part.owes_from.is_some_and(|from| period.end >= from)
                            && !settled.contains(&(Some(part.region_id), period))
                    }),
                };
                if whole && !outside && period.start >= from && passed && missing {
                    owed += 1;
                }
                period = period.next().unwrap();
            }
        }
        owed
    }

    fn calendars() -> impl Strategy<Value = ReportingCalendar> {
        let term = |stage: Stage| {
            (
                prop::sample::select(&Frequency::ALL[..]),
                1..=31_u32,
                0..=1_u32,
                0..=40_u32,
            )
                .prop_map(move |(frequency, due_day, due_month_offset, grace_days)| Terms {
                    stage,
                    frequency,
                    due_day,
                    due_month_offset,
                    grace_days,
                })
        };
        (
            prop::option::weighted(0.9, -200..500_i64),
            (-300..300_i64, 300..900_i64),
            term(Stage::Preparation),
            term(Stage::UnderWay),
            term(Stage::Continuing),
        )
            .prop_map(|(from, (starts, ends), one, two, three)| ReportingCalendar {
                reporting_from: from.map(day),
                starts_on: day(starts),
                ends_on: day(ends),
                terms: vec![one, two, three],
            })
    }

    /// Spells one after the other, with gaps or without; only the last goes on.
    fn spells() -> impl Strategy<Value = Vec<Spell>> {
        let one = (
            prop_oneof![Just(0_i64), 0..120_i64],
            0..250_i64,
            prop::sample::select(&Stage::ALL[..]),
        );
        (prop::collection::vec(one, 0..4), any::<bool>(), 0..3_usize).prop_map(
            |(parts, goes_on, forgiven)| {
                let mut at = -60;
                let count = parts.len();
                parts
                    .into_iter()
                    .enumerate()
                    .map(|(place, (gap, length, stage))| {
                        at += gap;
                        let from = day(at);
                        at += length;
                        let last = place + 1 == count;
                        Spell {
                            stage,
                            from,
                            until: (!(last && goes_on)).then(|| day(at)),
                            forgiven: place < forgiven && !last,
                        }
                    })
                    .collect()
            },
        )
    }

    fn periods(most: usize) -> impl Strategy<Value = Vec<Period>> {
        prop::collection::vec((0..900_i64, prop::sample::select(&Frequency::ALL[..])), 0..most).prop_map(
            |all| {
                all.into_iter()
                    .map(|(offset, frequency)| Period::containing(frequency, day(offset)).unwrap())
                    .collect()
            },
        )
    }

    /// Reports of the whole and of three counties.
    fn settled() -> impl Strategy<Value = BTreeSet<(Which, Period)>> {
        let which = prop::collection::vec(prop::option::of(0..3_u128), 24);
        (periods(24), which).prop_map(|(periods, which)| {
            let which = which.into_iter().map(|number| number.map(Uuid::from_u128));
            which.zip(periods).collect()
        })
    }

    /// None to three counties' parts, answered for from when they were there, later, or not at all.
    fn divisions() -> impl Strategy<Value = Division> {
        let part = (-100..700_i64, prop::option::weighted(0.8, 0..200_i64));
        (prop::collection::vec(part, 0..4), periods(6)).prop_map(|(parts, whole)| Division {
            parts: parts
                .into_iter()
                .zip(0_u128..)
                .map(|((from, later), number)| Part {
                    region_id: Uuid::from_u128(number),
                    from: day(from),
                    owes_from: later.map(|later| day(from + later)),
                    quantity: None,
                })
                .collect(),
            whole: whole.into_iter().collect(),
        })
    }

    proptest! {
        #[test]
        fn the_span_answers_as_the_law_does_on_every_day(
            calendar in calendars(), spells in spells(), division in divisions(), settled in settled(),
            today in 0..1_100_i64
        ) {
            let span = silence_span(&calendar, &spells, &division, &settled);
            let owed = owed_by_the_law(&calendar, &spells, &division, &settled, day(today));
            let silent = |from: Option<NaiveDate>| from.is_some_and(|from| from <= day(today));
            prop_assert_eq!(silent(span.silent_from), owed >= 1, "{:?} owes {}", span, owed);
            prop_assert_eq!(silent(span.twice_silent_from), owed >= 2, "{:?} owes {}", span, owed);
        }
    }

    fn monthly(reporting_from: Option<&str>) -> ReportingCalendar {
        ReportingCalendar {
            reporting_from: reporting_from.map(|text| text.parse().unwrap()),
            starts_on: "2021-01-01".parse().unwrap(),
            ends_on: "2025-12-31".parse().unwrap(),
            terms: vec![Terms {
                stage: Stage::UnderWay,
                frequency: Frequency::Monthly,
                due_day: 25,
                due_month_offset: 0,
                grace_days: 3,
            }],
        }
    }

    fn under_way(from: &str) -> Spell {
        Spell {
            stage: Stage::UnderWay,
            from: from.parse().unwrap(),
            until: None,
            forgiven: false,
        }
    }

    #[test]
    fn who_goes_on_in_the_middle_of_a_month_owes_the_next_one_first() {
        let span = silence_span(
            &monthly(Some("2023-01-01")),
            &[under_way("2023-05-10")],
            &Division::default(),
            &BTreeSet::new(),
        );
        assert_eq!(span.silent_from, Some("2023-06-29".parse().unwrap()));
        assert_eq!(span.twice_silent_from, Some("2023-07-29".parse().unwrap()));
    }

    #[test]
    fn a_report_there_moves_both_days_and_before_a_planner_begins_nobody_owes() {
        let settled = BTreeSet::from([(None, Period::parse("2023-06").unwrap())]);
        let spells = [under_way("2023-05-10")];
        let span = |calendar| silence_span(&calendar, &spells, &Division::default(), &settled);
        let begun = span(monthly(Some("2023-01-01")));
        assert_eq!(begun.silent_from, Some("2023-07-29".parse().unwrap()));
        assert_eq!(span(monthly(None)), SilenceSpan::default());
    }

    #[test]
    fn a_report_of_the_whole_that_was_sent_back_is_owed_though_nobody_answers_for_the_parts() {
        let division = Division {
            parts: vec![Part {
                region_id: Uuid::from_u128(0),
                from: "2023-05-01".parse().unwrap(),
                owes_from: None,
                quantity: None,
            }],
            whole: BTreeSet::from([Period::parse("2023-07").unwrap()]),
        };
        let calendar = monthly(Some("2023-06-01"));
        let span = silence_span(&calendar, &[under_way("2023-05-10")], &division, &BTreeSet::new());
        assert_eq!(span.silent_from, Some("2023-07-29".parse().unwrap()));
        assert_eq!(span.twice_silent_from, None);
    }

    #[test]
    fn what_was_owed_before_a_suspension_is_owed_no_more() {
        let before = Spell {
            until: Some("2023-05-15".parse().unwrap()),
            forgiven: true,
            ..under_way("2023-01-01")
        };
        let span = silence_span(
            &monthly(Some("2023-01-01")),
            &[before, under_way("2023-09-01")],
            &Division::default(),
            &BTreeSet::new(),
        );
        assert_eq!(span.silent_from, Some("2023-09-29".parse().unwrap()));
    }
}
