//! Lights (红黄绿灯): how a project stands, worked out from facts and a plan's own rules, never typed in.
//!
//! The answer is a timeline: from which day on which light, if nothing more happens. It depends on what is recorded
//! and on the rules only, never on today, so it is stored at each change and nothing has to run at midnight. Each
//! dimension has a file of its own and gives marks: between which days which light, and why; the worst of a day wins,
//! and every reason that is not green is told. What is due today is not late: a promise counts as broken from the day
//! after it on. Source: the product's law, "Lights" and "Basis".

pub mod facts;
pub mod ready;
pub mod rule_set;
pub mod timeline;

mod commitment;
mod investment;
mod reporting;
mod schedule;
mod start;
mod statistics;
mod verification;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use chrono::{Datelike, Days, Months, NaiveDate};
use serde::{Deserialize, Serialize};

pub use facts::{Facts, Standing};
pub use rule_set::RuleSet;
pub use timeline::{Step, timeline};

/// A light. In the order of gravity, the least grave first: of two reasons the later one wins.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Light {
    /// Nothing due yet, unconfirmed, or no data.
    Grey,
    /// Delivered, or everything of it verified.
    Blue,
    Green,
    Yellow,
    Red,
}

impl Light {
    /// As they are listed: the gravest first.
    pub const ALL: [Light; 5] = [Light::Red, Light::Yellow, Light::Green, Light::Blue, Light::Grey];

    pub fn as_str(self) -> &'static str {
        match self {
            Light::Red => "red",
            Light::Yellow => "yellow",
            Light::Green => "green",
            Light::Blue => "blue",
            Light::Grey => "grey",
        }
    }

    pub fn parse(text: &str) -> Option<Light> {
        Light::ALL.into_iter().find(|light| light.as_str() == text)
    }

    /// Whether it says that something is wrong.
    pub fn warns(self) -> bool {
        matches!(self, Light::Red | Light::Yellow)
    }
}

/// In what respect a light was worked out.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Dimension {
    Start,
    Schedule,
    Investment,
    /// Entry in statistics (入统).
    Statistics,
    Reporting,
    Verification,
    Commitment,
    /// The project as a whole: delivered, cancelled, not confirmed.
    Project,
}

impl Dimension {
    pub const ALL: [Dimension; 8] = [
        Dimension::Start,
        Dimension::Schedule,
        Dimension::Investment,
        Dimension::Statistics,
        Dimension::Reporting,
        Dimension::Verification,
        Dimension::Commitment,
        Dimension::Project,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Dimension::Start => "start",
            Dimension::Schedule => "schedule",
            Dimension::Investment => "investment",
            Dimension::Statistics => "statistics",
            Dimension::Reporting => "reporting",
            Dimension::Verification => "verification",
            Dimension::Commitment => "commitment",
            Dimension::Project => "project",
        }
    }
}

/// Why, by name. The doors say it in Chinese, with the figures of the reason.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum ReasonCode {
    /// `name`, `planned_on`, `months`.
    NotStarted,
    /// `planned`, `earned`, `behind`: per cent and percentage points.
    BehindPoints,
    /// `planned`, `earned`, `reached`: per cent, the last one of what is planned.
    BehindRatio,
    /// Behind through the ends of `months` months, since `since`; `planned`, `earned`.
    BehindForMonths,
    /// `name`, `planned_on`.
    DueSoon,
    /// `required`, `paid` in yuan, `reached` in per cent.
    PaidBelow,
    /// `started_on`, `months`.
    NotInStatistics,
    /// `count`.
    ReportsOwed,
    /// `name`, `reported_on`, `days`.
    VerificationWaits,
    /// `code`, `metric`, `latest`, `observed_on`, `reference`, `unit`; `behind` in percentage points of the whole way.
    CommitmentBehind,
    /// The same, but `reached` in per cent of the way that it should have gone.
    CommitmentBehindRatio,
    /// What is to be held is not: `code`, `metric`, `latest`, `observed_on`, `reference`, `unit`.
    CommitmentBreached,
    /// The same with `due_on`; `breaches`, how often it was not held, of what is to be held.
    CommitmentMissed,
    Closed,
    AllVerified,
    Cancelled,
    OwnerUnconfirmed,
    DatesUnconfirmed,
    NothingDue,
    NoData,
}

/// One reason of a light.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    pub code: ReasonCode,
    pub dimension: Dimension,
    pub light: Light,
    /// Figures and days as text, by name.
    pub params: BTreeMap<String, String>,
}

impl Reason {
    fn new(code: ReasonCode, dimension: Dimension, light: Light) -> Reason {
        Reason {
            code,
            dimension,
            light,
            params: BTreeMap::new(),
        }
    }

    fn with(mut self, name: &str, value: impl ToString) -> Reason {
        self.params.insert(name.to_owned(), value.to_string());
        self
    }
}

/// Between which days a dimension gives which light.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Mark {
    from: NaiveDate,
    /// The first day on which it holds no more; none: for ever.
    until: Option<NaiveDate>,
    light: Light,
    /// Always there where the light warns.
    reason: Option<Reason>,
}

impl Mark {
    fn good(from: NaiveDate) -> Mark {
        Mark {
            from,
            until: None,
            light: Light::Green,
            reason: None,
        }
    }

    /// What a reason says from `from` on until the day before `until`; nothing where no day lies between.
    fn warning(from: NaiveDate, until: Option<NaiveDate>, reason: Reason) -> Option<Mark> {
        until.is_none_or(|until| from < until).then_some(Mark {
            from,
            until,
            light: reason.light,
            reason: Some(reason),
        })
    }
}

/// The earlier of two ends, where none is for ever.
fn earlier(one: Option<NaiveDate>, other: Option<NaiveDate>) -> Option<NaiveDate> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}

/// The day after; the calendar of these rules never ends.
fn day_after(day: NaiveDate) -> NaiveDate {
    days_later(day, 1)
}

fn days_later(day: NaiveDate, days: u32) -> NaiveDate {
    day.checked_add_days(Days::new(u64::from(days))).unwrap_or(day)
}

fn months_later(day: NaiveDate, months: u32) -> NaiveDate {
    day.checked_add_months(Months::new(months)).unwrap_or(day)
}

fn first_of_month(day: NaiveDate) -> NaiveDate {
    day.with_day(1).unwrap_or(day)
}
