//! What the rules on lights must know of a project. What is not known yet is none: it neither accuses nor praises.

use bigdecimal::BigDecimal;
use chrono::NaiveDate;

use crate::rules::course::Step;

/// Whether somebody works on it still.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Suspended or not: a suspension hides nothing.
    Going,
    /// Delivered, or in use.
    Closed,
    /// Cancelled, merged into another, or split up.
    Over,
}

/// A step of a project that is not cancelled.
#[derive(Debug, Clone, PartialEq)]
pub struct Milestone {
    pub name: String,
    pub weight: BigDecimal,
    pub planned_on: NaiveDate,
    /// Its date is confirmed or of the plan's text.
    pub accuses: bool,
    /// The plan's day of the report that stands, verified or not; none where it is still owed.
    pub reported_on: Option<NaiveDate>,
    /// Of a report that stands.
    pub actual_on: Option<NaiveDate>,
    pub verified_on: Option<NaiveDate>,
    /// The start of works.
    pub is_start: bool,
}

/// What was required and paid by a day, in yuan, from the beginning.
#[derive(Debug, Clone, PartialEq)]
pub struct Payment {
    /// From this day on these are the figures, until the next.
    pub from: NaiveDate,
    pub required: BigDecimal,
    pub paid: BigDecimal,
}

/// How a promised number that the project serves stands, if nothing more happens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commitment {
    pub code: String,
    pub metric: String,
    /// That of its figures.
    pub unit: String,
    pub due_on: NaiveDate,
    /// It is to be held all the time.
    pub maintained: bool,
    /// Those that may not are yellow at most.
    pub may_turn_red: bool,
    /// In the order of their days; before the first one nothing is known.
    pub steps: Vec<Step>,
}

/// Everything that a light follows from.
#[derive(Debug, Clone, PartialEq)]
pub struct Facts {
    pub standing: Standing,
    /// The responsible organisation is confirmed, or of the plan's text.
    pub answerable: bool,
    pub milestones: Vec<Milestone>,
    /// The day from which on the first report is owed, the second, and so on, in their order.
    pub reports_owed: Option<Vec<NaiveDate>>,
    /// In the order of their days.
    pub payments: Option<Vec<Payment>>,
    /// The day of entry in statistics; the outer none says that nobody keeps it.
    pub statistics: Option<Option<NaiveDate>>,
    pub commitments: Option<Vec<Commitment>>,
}
