//! The periods of progress reports: months, quarters and years; when a period's report is due; which periods a
//! project owes.
//!
//! Source: the product's law, "Time". A report is owed when today is after its due day and the days of grace, from
//! the plan's `reporting_from` on. Projects under way report every month, those in preparation every quarter,
//! standing work every year. A period is owed where the project stood in one stage on each of its days: who begins,
//! changes its stage or goes on again in the middle of a period owes the next full one first.

use chrono::{Datelike, Days, Months, NaiveDate};

/// How often somebody reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Frequency {
    Monthly,
    Quarterly,
    Yearly,
}

impl Frequency {
    pub const ALL: [Frequency; 3] = [Frequency::Monthly, Frequency::Quarterly, Frequency::Yearly];

    pub fn as_str(self) -> &'static str {
        match self {
            Frequency::Monthly => "monthly",
            Frequency::Quarterly => "quarterly",
            Frequency::Yearly => "yearly",
        }
    }

    pub fn parse(text: &str) -> Option<Frequency> {
        Frequency::ALL.into_iter().find(|one| one.as_str() == text)
    }

    fn months(self) -> u32 {
        match self {
            Frequency::Monthly => 1,
            Frequency::Quarterly => 3,
            Frequency::Yearly => 12,
        }
    }
}

/// A month, a quarter or a year. Begins on the first of a month, ends on the last of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Period {
    pub start: NaiveDate,
    pub end: NaiveDate,
    pub frequency: Frequency,
}

fn first_of(year: i32, month: u32) -> Option<NaiveDate> {
    NaiveDate::from_ymd_opt(year, month, 1)
}

impl Period {
    fn from_start(frequency: Frequency, start: NaiveDate) -> Option<Period> {
        let end = start
            .checked_add_months(Months::new(frequency.months()))?
            .pred_opt()?;
        Some(Period {
            start,
            end,
            frequency,
        })
    }

    /// The period in which a day lies.
    pub fn containing(frequency: Frequency, day: NaiveDate) -> Option<Period> {
        let months = frequency.months();
        let month = (day.month0() / months) * months + 1;
        Period::from_start(frequency, first_of(day.year(), month)?)
    }

    /// The first period that begins on a day or after it.
    pub fn first_full(frequency: Frequency, day: NaiveDate) -> Option<Period> {
        let held = Period::containing(frequency, day)?;
        match held.start == day {
            true => Some(held),
            false => held.next(),
        }
    }

    pub fn next(self) -> Option<Period> {
        Period::from_start(self.frequency, self.end.succ_opt()?)
    }

    pub fn previous(self) -> Option<Period> {
        Period::containing(self.frequency, self.start.pred_opt()?)
    }

    /// The month in which it ends: what is frozen together.
    pub fn last_month(self) -> NaiveDate {
        first_of(self.end.year(), self.end.month()).unwrap_or(self.start)
    }

    /// `2024-03`, `2024-Q1` or `2024`.
    pub fn label(self) -> String {
        let (year, month) = (self.start.year(), self.start.month());
        match self.frequency {
            Frequency::Monthly => format!("{year:04}-{month:02}"),
            Frequency::Quarterly => format!("{year:04}-Q{}", month.div_ceil(3)),
            Frequency::Yearly => format!("{year:04}"),
        }
    }

    /// Reads what [`Period::label`] writes; years from 1900 to 2199.
    pub fn parse(text: &str) -> Option<Period> {
        let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
        let (year, rest) = match text.split_once('-') {
            Some((year, rest)) => (year, Some(rest)),
            None => (text, None),
        };
        if year.len() != 4 || !digits(year) {
            return None;
        }
        let year: i32 = year.parse().ok()?;
        if !(1900..2200).contains(&year) {
            return None;
        }
        let (frequency, month) = match rest {
            None => (Frequency::Yearly, 1),
            Some(rest) => match rest.strip_prefix('Q') {
                Some(quarter) if matches!(quarter, "1" | "2" | "3" | "4") => {
                    (Frequency::Quarterly, quarter.parse::<u32>().ok()? * 3 - 2)
                }
                None if rest.len() == 2 && digits(rest) => (Frequency::Monthly, rest.parse().ok()?),
                _ => return None,
            },
        };
        Period::from_start(frequency, first_of(year, month)?)
    }
}

/// Where a project stands, for its reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    Preparation,
    UnderWay,
    /// Standing work: it neither begins nor ends.
    Continuing,
}

impl Stage {
    pub const ALL: [Stage; 3] = [Stage::Preparation, Stage::UnderWay, Stage::Continuing];

    pub fn as_str(self) -> &'static str {
        match self {
            Stage::Preparation => "preparation",
            Stage::UnderWay => "under_way",
            Stage::Continuing => "continuing",
        }
    }

    pub fn parse(text: &str) -> Option<Stage> {
        Stage::ALL.into_iter().find(|stage| stage.as_str() == text)
    }

    /// The stage of a project by its kind and life cycle; none where nothing more is to be done.
    pub fn of(continuing: bool, life_cycle: &str) -> Option<Stage> {
        match life_cycle {
            "closed" | "cancelled" => None,
            _ if continuing => Some(Stage::Continuing),
            "identification" | "preparation" => Some(Stage::Preparation),
            _ => Some(Stage::UnderWay),
        }
    }
}

/// How often projects of a stage report, and by when.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct Terms {
    pub stage: Stage,
    pub frequency: Frequency,
    /// 1 to 31; a month without such a day ends earlier.
    pub due_day: u32,
    /// 0: of the period's last month; 1: of the month after it.
    pub due_month_offset: u32,
    pub grace_days: u32,
}

impl Terms {
    /// The day by which a period's report is due.
    pub fn due_on(&self, period: Period) -> Option<NaiveDate> {
        let month = period
            .last_month()
            .checked_add_months(Months::new(self.due_month_offset))?;
        let last = month.checked_add_months(Months::new(1))?.pred_opt()?;
        Some(month.with_day(self.due_day).unwrap_or(last))
    }

    /// The last day on which it is in time.
    pub fn in_time_until(&self, period: Period) -> Option<NaiveDate> {
        self.due_on(period)?
            .checked_add_days(Days::new(u64::from(self.grace_days)))
    }

    /// The first day on which it is owed: due day and grace have passed.
    pub fn owed_from(&self, period: Period) -> Option<NaiveDate> {
        self.in_time_until(period)?.succ_opt()
    }
}

/// When a plan's projects report.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReportingCalendar {
    /// None until a planner begins: nobody owes anything.
    pub reporting_from: Option<NaiveDate>,
    /// The plan's first day: nothing is owed for periods that begin before it.
    pub starts_on: NaiveDate,
    /// The plan's last day: reports are owed for periods that begin by then.
    pub ends_on: NaiveDate,
    pub terms: Vec<Terms>,
}

impl ReportingCalendar {
    pub fn terms_of(&self, stage: Stage) -> Option<&Terms> {
        self.terms.iter().find(|terms| terms.stage == stage)
    }

    /// The terms by which a period's report is judged: the stage's where it reports so often, otherwise another's that
    /// does; none where nobody in this plan reports so often.
    pub fn terms_for(&self, frequency: Frequency, stage: Option<Stage>) -> Option<&Terms> {
        stage
            .and_then(|stage| self.terms_of(stage))
            .filter(|terms| terms.frequency == frequency)
            .or_else(|| self.terms.iter().find(|terms| terms.frequency == frequency))
    }
}

/// A stretch of days in which a project owes reports: in one stage, its responsible organisation confirmed, not
/// suspended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spell {
    pub stage: Stage,
    pub from: NaiveDate,
    /// The first day on which it holds no more; none while it goes on.
    pub until: Option<NaiveDate>,
    /// A suspension came after it: after going on again the next full period is the first one owed.
    pub forgiven: bool,
}

/// A period that a project owes from some day on, unless its report is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Debt {
    pub period: Period,
    pub due_on: NaiveDate,
    /// The first day on which it is owed.
    pub owed_from: NaiveDate,
}

/// The periods of a spell, in order; without an end where it goes on.
pub fn debts<'a>(calendar: &'a ReportingCalendar, spell: &Spell) -> impl Iterator<Item = Debt> + use<'a> {
    let spell = *spell;
    let terms = calendar
        .terms_of(spell.stage)
        .filter(|_| !spell.forgiven)
        .zip(calendar.reporting_from);
    let first = terms.and_then(|(terms, from)| {
        Period::first_full(terms.frequency, spell.from.max(from).max(calendar.starts_on))
    });
    let last_start = calendar.ends_on;
    std::iter::successors(first, |period| period.next())
        .take_while(move |period| {
            spell.until.is_none_or(|until| period.end < until) && period.start <= last_start
        })
        .map_while(move |period| {
            let (terms, _) = terms?;
            Some(Debt {
                period,
                due_on: terms.due_on(period)?,
                owed_from: terms.owed_from(period)?,
            })
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn terms(frequency: Frequency, due_day: u32, due_month_offset: u32) -> Terms {
        Terms {
            stage: Stage::UnderWay,
            frequency,
            due_day,
            due_month_offset,
            grace_days: 3,
        }
    }

    #[test]
    fn a_due_day_that_a_month_lacks_is_its_last_one() {
        let february = Period::parse("2024-02").unwrap();
        assert_eq!(
            terms(Frequency::Monthly, 31, 0).due_on(february),
            Some(day("2024-02-29"))
        );
        assert_eq!(
            terms(Frequency::Monthly, 31, 1).due_on(february),
            Some(day("2024-03-31"))
        );
        let quarter = Period::parse("2024-Q4").unwrap();
        assert_eq!(
            terms(Frequency::Quarterly, 5, 1).owed_from(quarter),
            Some(day("2025-01-09"))
        );
    }

    #[test]
    fn in_time_until_grace_is_over_and_owed_the_day_after() {
        let march = Period::parse("2024-03").unwrap();
        let terms = terms(Frequency::Monthly, 25, 0);
        assert_eq!(terms.in_time_until(march), Some(day("2024-03-28")));
        assert_eq!(terms.owed_from(march), Some(day("2024-03-29")));
    }

    #[test]
    fn the_stage_follows_from_the_kind_and_the_life_cycle() {
        assert_eq!(Stage::of(false, "identification"), Some(Stage::Preparation));
        assert_eq!(Stage::of(false, "completion"), Some(Stage::UnderWay));
        assert_eq!(Stage::of(true, "identification"), Some(Stage::Continuing));
        assert_eq!(Stage::of(true, "closed"), None);
        assert_eq!(Stage::of(false, "cancelled"), None);
    }

    #[test]
    fn what_is_no_period_is_not_read() {
        for text in [
            "",
            "24-03",
            "2024-13",
            "2024-00",
            "2024-3",
            "2024-Q5",
            "2024-q1",
            "2024-03-01",
            "1899",
            "+024",
        ] {
            assert_eq!(Period::parse(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn every_day_lies_in_the_period_that_is_said_and_labels_are_read_as_written(
            offset in 0..60_000_i64, frequency in prop::sample::select(&Frequency::ALL[..])
        ) {
            let day = day("1950-01-01") + chrono::TimeDelta::days(offset);
            let period = Period::containing(frequency, day).unwrap();
            prop_assert!(period.start <= day && day <= period.end);
            prop_assert_eq!(Period::parse(&period.label()), Some(period));
            prop_assert_eq!(period.next().unwrap().previous(), Some(period));
            let full = Period::first_full(frequency, day).unwrap();
            prop_assert!(full.start >= day && full.previous().unwrap().start < day);
        }
    }
}
