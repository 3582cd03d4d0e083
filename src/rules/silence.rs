//! Who is silent: from which day on a project owes one report, and from which two, if nothing more happens.
//!
//! Like what is overdue it follows from what is recorded and never from today: silent on day D means
//! `silent_from <= D`. Unlike it, it depends on periods that are still to come: a project that goes on and never
//! reports again will owe one, then two. Source: the product's law, "Time" and "Project": a project is silent when it
//! owes a report.

use std::collections::BTreeSet;

use chrono::NaiveDate;

use super::periods::{Period, ReportingCalendar, Spell, debts};

/// A project's span of silence, if nothing more happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SilenceSpan {
    /// The first day on which it owes a report.
    pub silent_from: Option<NaiveDate>,
    /// The first day on which it owes two.
    pub twice_silent_from: Option<NaiveDate>,
}

/// Works out the span. `settled` are the periods whose report is there and was not returned.
pub fn silence_span(
    calendar: &ReportingCalendar,
    spells: &[Spell],
    settled: &BTreeSet<Period>,
) -> SilenceSpan {
    let mut owed: Vec<NaiveDate> = spells
        .iter()
        .flat_map(|spell| {
            debts(calendar, spell)
                .filter(|debt| !settled.contains(&debt.period))
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
    use crate::rules::periods::{Frequency, Stage, Terms};
    use proptest::prelude::*;

    fn first() -> NaiveDate {
        NaiveDate::from_ymd_opt(2023, 1, 1).unwrap()
    }

    fn day(offset: i64) -> NaiveDate {
        first() + chrono::TimeDelta::days(offset)
    }

    /// How many reports are owed on `today`, in the law's words: a period of the stage's frequency, on each day of
    /// which the project stood in the stage, not before `reporting_from`, whose due day and grace have passed, and
    /// whose report is not there.
    fn owed_by_the_law(
        calendar: &ReportingCalendar,
        spells: &[Spell],
        settled: &BTreeSet<Period>,
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
                let ended = terms.stage == Stage::Continuing && period.start > calendar.ends_on;
                let due = terms.due_on(period).unwrap();
                let passed = (today - due).num_days() > i64::from(terms.grace_days);
                if whole && !ended && period.start >= from && passed && !settled.contains(&period) {
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
            300..900_i64,
            term(Stage::Preparation),
            term(Stage::UnderWay),
            term(Stage::Continuing),
        )
            .prop_map(|(from, ends, one, two, three)| ReportingCalendar {
                reporting_from: from.map(day),
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

    fn settled() -> impl Strategy<Value = BTreeSet<Period>> {
        prop::collection::vec((0..900_i64, prop::sample::select(&Frequency::ALL[..])), 0..12).prop_map(
            |all| {
                all.into_iter()
                    .map(|(offset, frequency)| Period::containing(frequency, day(offset)).unwrap())
                    .collect()
            },
        )
    }

    proptest! {
        #[test]
        fn the_span_answers_as_the_law_does_on_every_day(
            calendar in calendars(), spells in spells(), settled in settled(), today in 0..1_100_i64
        ) {
            let span = silence_span(&calendar, &spells, &settled);
            let owed = owed_by_the_law(&calendar, &spells, &settled, day(today));
            let silent = |from: Option<NaiveDate>| from.is_some_and(|from| from <= day(today));
            prop_assert_eq!(silent(span.silent_from), owed >= 1, "{:?} owes {}", span, owed);
            prop_assert_eq!(silent(span.twice_silent_from), owed >= 2, "{:?} owes {}", span, owed);
        }
    }

    fn monthly(reporting_from: Option<&str>) -> ReportingCalendar {
        ReportingCalendar {
            reporting_from: reporting_from.map(|text| text.parse().unwrap()),
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
            &BTreeSet::new(),
        );
        assert_eq!(span.silent_from, Some("2023-06-29".parse().unwrap()));
        assert_eq!(span.twice_silent_from, Some("2023-07-29".parse().unwrap()));
    }

    #[test]
    fn a_report_there_moves_both_days_and_before_a_planner_begins_nobody_owes() {
        let settled = BTreeSet::from([Period::parse("2023-06").unwrap()]);
        let span = silence_span(&monthly(Some("2023-01-01")), &[under_way("2023-05-10")], &settled);
        assert_eq!(span.silent_from, Some("2023-07-29".parse().unwrap()));
        assert_eq!(
            silence_span(&monthly(None), &[under_way("2023-05-10")], &settled),
            SilenceSpan::default()
        );
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
            &BTreeSet::new(),
        );
        assert_eq!(span.silent_from, Some("2023-09-29".parse().unwrap()));
    }
}
