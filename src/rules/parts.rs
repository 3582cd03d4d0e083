//! A project over several counties (分县任务): whose report a period asks for, and the project's figures that follow from
//! the reports of its parts.
//!
//! Source: the product's law, "Project": a project over several counties has a part for each. The law leaves open how
//! parts add up; so each rule is said here in full.
//!
//! - A period is the parts' where one of them was there by its end. Before that, and where the whole was reported already,
//!   it is the whole's: nobody comes to owe backwards because a project was divided.
//! - A part owes the periods that end on the day from which it is answered for, or after it.
//! - The project has figures of a period once every part that was there by its end has reported it. Physical progress is
//!   weighted by the quantities promised where all of these are known, otherwise the plain mean; money is summed.

use std::collections::{BTreeMap, BTreeSet};

use bigdecimal::{BigDecimal, Zero};
use chrono::NaiveDate;
use uuid::Uuid;

use super::periods::{Period, Terms};

/// Which report of a period: a part's by its region, or the whole's.
pub type Which = Option<Uuid>;

/// A part as its reports see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    pub region_id: Uuid,
    /// Periods that end before it were never its own.
    pub from: NaiveDate,
    /// None: nobody answers for it, so it owes nothing.
    pub owes_from: Option<NaiveDate>,
    /// Promised.
    pub quantity: Option<BigDecimal>,
}

/// The parts of a project, and the periods that were reported of it as a whole.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Division {
    pub parts: Vec<Part>,
    pub whole: BTreeSet<Period>,
}

impl Division {
    fn has_begun(&self, period: Period) -> bool {
        self.parts.iter().any(|part| part.from <= period.end)
    }

    /// Whether a period's reports are the parts', one each.
    pub fn is_of_parts(&self, period: Period) -> bool {
        self.has_begun(period) && !self.whole.contains(&period)
    }

    /// Whose reports a period asks for.
    pub fn owing(&self, period: Period) -> Vec<Which> {
        if !self.is_of_parts(period) {
            return vec![None];
        }
        self.parts
            .iter()
            .filter(|part| part.owes_from.is_some_and(|from| from <= period.end))
            .map(|part| Some(part.region_id))
            .collect()
    }

    /// Whether anything may be owed of this period or of one that comes after it; a report of the whole that was sent back
    /// is, whoever answers for the parts.
    pub fn goes_on(&self, period: Period) -> bool {
        !self.has_begun(period)
            || self.parts.iter().any(|part| part.owes_from.is_some())
            || self.whole.iter().any(|whole| whole.end >= period.end)
    }
}

/// From which day on somebody who comes in today has periods: from the one that runs, or the next one where the time of
/// this one is over already.
pub fn first_day(terms: Option<&Terms>, today: NaiveDate) -> NaiveDate {
    let over = terms.and_then(|terms| {
        let period = Period::containing(terms.frequency, today)?;
        (terms.owed_from(period)? <= today).then(|| period.next())?
    });
    over.map_or(today, |next| next.start)
}

/// Money in yuan, cumulative; none where nobody tells it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sums {
    pub required: Option<BigDecimal>,
    pub received: Option<BigDecimal>,
    pub paid: Option<BigDecimal>,
    pub done: Option<BigDecimal>,
}

/// What a report that was not returned tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    pub id: Uuid,
    pub which: Which,
    pub period: Period,
    pub verified: bool,
    pub first_reported_on: NaiveDate,
    pub physical_percent: BigDecimal,
    pub sums: Sums,
}

/// A project's figures of a period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figures {
    /// The report; none where they follow from those of its parts.
    pub report_id: Option<Uuid>,
    pub period: Period,
    /// All that they follow from is.
    pub verified: bool,
    /// The day on which the last of it was first there.
    pub reported_on: NaiveDate,
    pub physical_percent: BigDecimal,
    pub sums: Sums,
    /// What was required and paid, of the reports that tell both.
    pub payment: Option<(BigDecimal, BigDecimal)>,
}

/// A project's figures, period by period in their order; of periods that end on one day the shortest comes last.
pub fn figures(parts: &[Part], told: &[Told]) -> Vec<Figures> {
    let mut by_period: BTreeMap<(NaiveDate, NaiveDate, Period), Vec<&Told>> = BTreeMap::new();
    for one in told {
        let key = (one.period.end, one.period.start, one.period);
        by_period.entry(key).or_default().push(one);
    }
    by_period
        .into_iter()
        .filter_map(|((_, _, period), told)| of_period(parts, period, &told))
        .collect()
}

fn of_period(parts: &[Part], period: Period, told: &[&Told]) -> Option<Figures> {
    if let Some(whole) = told.iter().find(|one| one.which.is_none()) {
        return summed(period, whole.physical_percent.clone(), Some(whole.id), &[whole]);
    }
    let mut expected = parts.iter().filter(|part| part.from <= period.end).peekable();
    expected.peek()?;
    let report_of = |part: &Part| told.iter().find(|one| one.which == Some(part.region_id)).copied();
    if !expected.all(|part| report_of(part).is_some()) {
        return None;
    }
    let both: Vec<(&Part, &Told)> = parts
        .iter()
        .filter_map(|part| Some((part, report_of(part)?)))
        .collect();
    let told: Vec<&Told> = both.iter().map(|(_, one)| *one).collect();
    summed(period, physical(&both), None, &told)
}

/// Physical progress of the whole, to two decimals.
fn physical(both: &[(&Part, &Told)]) -> BigDecimal {
    let weights: Option<Vec<&BigDecimal>> = both.iter().map(|(part, _)| part.quantity.as_ref()).collect();
    let weights = weights.filter(|all| all.iter().any(|one| !one.is_zero()));
    let one = BigDecimal::from(1);
    let weight = |place: usize| {
        weights
            .as_ref()
            .and_then(|all| all.get(place).copied())
            .unwrap_or(&one)
    };
    let mut sum = BigDecimal::zero();
    let mut whole = BigDecimal::zero();
    for (place, (_, told)) in both.iter().enumerate() {
        sum += &told.physical_percent * weight(place);
        whole += weight(place);
    }
    match whole.is_zero() {
        true => whole,
        false => (sum / whole).round(2).normalized(),
    }
}

fn summed(
    period: Period,
    physical_percent: BigDecimal,
    report_id: Option<Uuid>,
    told: &[&Told],
) -> Option<Figures> {
    let sum = |figure: fn(&Sums) -> &Option<BigDecimal>| {
        told.iter()
            .filter_map(|one| figure(&one.sums).clone())
            .reduce(|all, one| all + one)
    };
    let payment = told
        .iter()
        .filter_map(|one| one.sums.required.clone().zip(one.sums.paid.clone()))
        .reduce(|(required, paid), one| (required + one.0, paid + one.1));
    Some(Figures {
        report_id,
        period,
        verified: told.iter().all(|one| one.verified),
        reported_on: told.iter().map(|one| one.first_reported_on).max()?,
        physical_percent,
        sums: Sums {
            required: sum(|sums| &sums.required),
            received: sum(|sums| &sums.received),
            paid: sum(|sums| &sums.paid),
            done: sum(|sums| &sums.done),
        },
        payment,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::periods::{Frequency, Stage};
    use proptest::prelude::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn id(number: u128) -> Uuid {
        Uuid::from_u128(number)
    }

    fn part(number: u128, from: &str, quantity: Option<i64>) -> Part {
        Part {
            region_id: id(number),
            from: day(from),
            owes_from: Some(day(from)),
            quantity: quantity.map(BigDecimal::from),
        }
    }

    fn told(which: Which, period: &str, percent: i64, done: Option<i64>) -> Told {
        Told {
            id: id(99),
            which,
            period: Period::parse(period).unwrap(),
            verified: true,
            first_reported_on: day("2024-03-20"),
            physical_percent: BigDecimal::from(percent),
            sums: Sums {
                done: done.map(BigDecimal::from),
                ..Sums::default()
            },
        }
    }

    fn terms(due_day: u32, due_month_offset: u32) -> Terms {
        Terms {
            stage: Stage::UnderWay,
            frequency: Frequency::Monthly,
            due_day,
            due_month_offset,
            grace_days: 3,
        }
    }

    #[test]
    fn the_shortest_of_one_day_comes_last_and_what_was_paid_is_of_those_that_tell_both() {
        let all = ["2024-03", "2024-Q1", "2023"].map(|period| told(None, period, 1, None));
        let order: Vec<String> = figures(&[], &all).iter().map(|one| one.period.label()).collect();
        assert_eq!(order, ["2023", "2024-Q1", "2024-03"]);
        // Quantities of nothing weigh alike.
        let parts = [part(1, "2024-01-01", Some(0)), part(2, "2024-01-01", Some(0))];
        let mut both = [
            told(Some(id(1)), "2024-03", 80, None),
            told(Some(id(2)), "2024-03", 40, None),
        ];
        both[0].sums.required = Some(9.into());
        both[0].sums.paid = Some(6.into());
        both[1].sums.paid = Some(5.into());
        let found = &figures(&parts, &both)[0];
        assert_eq!(found.physical_percent, BigDecimal::from(60));
        assert_eq!(found.payment, Some((9.into(), 6.into())));
        assert_eq!(found.sums.paid, Some(11.into()));
    }

    #[test]
    fn a_part_begins_with_the_running_period_or_with_the_next_where_the_time_of_this_one_is_over() {
        let first = |terms: Terms, today| first_day(Some(&terms), day(today));
        assert_eq!(first(terms(25, 0), "2024-03-28"), day("2024-03-28"));
        assert_eq!(first(terms(25, 0), "2024-03-29"), day("2024-04-01"));
        assert_eq!(first(terms(5, 1), "2024-03-31"), day("2024-03-31"));
        assert_eq!(first_day(None, day("2024-03-31")), day("2024-03-31"));
    }

    #[test]
    fn a_period_is_the_parts_from_the_first_one_on_but_for_what_was_reported_as_a_whole() {
        let period = |text| Period::parse(text).unwrap();
        let mut late = part(2, "2024-05-10", None);
        late.owes_from = None;
        let division = Division {
            parts: vec![part(1, "2024-03-10", None), late],
            whole: BTreeSet::from([period("2024-04")]),
        };
        assert_eq!(division.owing(period("2024-02")), [None]);
        assert_eq!(division.owing(period("2024-03")), [Some(id(1))]);
        assert_eq!(division.owing(period("2024-04")), [None]);
        assert_eq!(division.owing(period("2024-06")), [Some(id(1))]);
    }

    #[test]
    fn figures_are_there_once_every_part_has_reported_weighted_where_all_quantities_are_known() {
        let mut parts = vec![part(1, "2024-01-01", Some(30)), part(2, "2024-01-01", Some(10))];
        let mut reports = vec![told(Some(id(1)), "2024-03", 80, Some(7))];
        assert_eq!(figures(&parts, &reports), []);
        reports.push(Told {
            verified: false,
            first_reported_on: day("2024-03-27"),
            ..told(Some(id(2)), "2024-03", 40, None)
        });
        let found = figures(&parts, &reports);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].physical_percent, BigDecimal::from(70));
        assert_eq!((found[0].verified, found[0].report_id), (false, None));
        assert_eq!(found[0].reported_on, day("2024-03-27"));
        assert_eq!(found[0].sums.done, Some(BigDecimal::from(7)));
        assert_eq!(found[0].sums.paid, None);
        parts[1].quantity = None;
        assert_eq!(
            figures(&parts, &reports)[0].physical_percent,
            BigDecimal::from(60)
        );
        // One that came in later is not waited for before.
        parts.push(part(3, "2024-04-01", None));
        assert_eq!(
            figures(&parts, &reports)[0].physical_percent,
            BigDecimal::from(60)
        );
        assert_eq!(figures(&[], &reports), []);
        let whole = told(None, "2024-03", 5, None);
        assert_eq!(figures(&parts, &[whole])[0].physical_percent, BigDecimal::from(5));
    }

    proptest! {
        #[test]
        fn the_whole_lies_between_its_parts_and_their_money_adds_up(
            all in prop::collection::vec((0..=100_i64, prop::option::of(0..1_000_i64), prop::option::of(0..9_000_i64)), 1..6)
        ) {
            let parts: Vec<Part> = all.iter().zip(1..)
                .map(|((_, quantity, _), number)| part(number, "2024-01-01", *quantity)).collect();
            let reports: Vec<Told> = all.iter().zip(1..)
                .map(|((percent, _, done), number)| told(Some(id(number)), "2024-03", *percent, *done)).collect();
            let found = figures(&parts, &reports);
            prop_assert_eq!(found.len(), 1);
            let least = all.iter().map(|one| one.0).min().unwrap();
            let most = all.iter().map(|one| one.0).max().unwrap();
            prop_assert!(found[0].physical_percent >= least && found[0].physical_percent <= most);
            let sum: i64 = all.iter().filter_map(|one| one.2).sum();
            let told_any = all.iter().any(|one| one.2.is_some());
            prop_assert_eq!(found[0].sums.done.clone(), told_any.then(|| BigDecimal::from(sum)));
            for missing in 0..reports.len() {
                let mut fewer = reports.clone();
                fewer.remove(missing);
                prop_assert_eq!(figures(&parts, &fewer), vec![]);
            }
        }
    }
}
