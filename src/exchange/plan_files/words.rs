//! The words of the files that come from a closed list, each the text that the tables' CHECKs allow, and the form of
//! a code.

use serde::{Deserialize, Serialize};

use crate::rules::periods::{Frequency, Stage};

/// A closed list of words.
pub trait Word: Copy + PartialEq + 'static {
    /// Every value with its text, each once.
    const ALL: &'static [(Self, &'static str)];

    fn parse(text: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .find(|(_, word)| *word == text)
            .map(|(value, _)| *value)
    }

    fn as_str(self) -> &'static str {
        Self::ALL
            .iter()
            .find(|(value, _)| *value == self)
            .map_or("", |(_, word)| *word)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrganisationKind {
    CityGovernment,
    CityDepartment,
    CountyGovernment,
    CountyDepartment,
    Township,
    Institution,
}

impl Word for OrganisationKind {
    const ALL: &'static [(Self, &'static str)] = &[
        (Self::CityGovernment, "city_government"),
        (Self::CityDepartment, "city_department"),
        (Self::CountyGovernment, "county_government"),
        (Self::CountyDepartment, "county_department"),
        (Self::Township, "township"),
        (Self::Institution, "institution"),
    ];
}

impl Word for Stage {
    const ALL: &'static [(Self, &'static str)] = &[
        (Self::Preparation, "preparation"),
        (Self::UnderWay, "under_way"),
        (Self::Continuing, "continuing"),
    ];
}

impl Word for Frequency {
    const ALL: &'static [(Self, &'static str)] = &[
        (Self::Monthly, "monthly"),
        (Self::Quarterly, "quarterly"),
        (Self::Yearly, "yearly"),
    ];
}

/// Basic public services, inclusive ones beyond them, and services of daily life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ServiceClass {
    Basic,
    Inclusive,
    Life,
}

impl Word for ServiceClass {
    const ALL: &'static [(Self, &'static str)] = &[
        (Self::Basic, "basic"),
        (Self::Inclusive, "inclusive"),
        (Self::Life, "life"),
    ];
}

/// How an observed figure is held against the promised one. None printed means at least.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Operator {
    AtLeast,
    MoreThan,
    Equal,
    AtMost,
}

impl Word for Operator {
    const ALL: &'static [(Self, &'static str)] = &[
        (Self::AtLeast, "at_least"),
        (Self::MoreThan, "more_than"),
        (Self::Equal, "equal"),
        (Self::AtMost, "at_most"),
    ];
}

/// The step of a project that a rule asks for by what it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Marks {
    Start,
    Finish,
}

impl Word for Marks {
    const ALL: &'static [(Self, &'static str)] = &[(Self::Start, "start"), (Self::Finish, "finish")];
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// A state on a day.
    Level,
    /// What adds up over the plan's period, from 0.
    Sum,
    /// What grows from the baseline.
    Stock,
}

impl Word for Measure {
    const ALL: &'static [(Self, &'static str)] =
        &[(Self::Level, "level"), (Self::Sum, "sum"), (Self::Stock, "stock")];
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Better {
    Higher,
    Lower,
}

impl Word for Better {
    const ALL: &'static [(Self, &'static str)] = &[(Self::Higher, "higher"), (Self::Lower, "lower")];
}

/// 约束性 or 预期性.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Nature {
    Binding,
    Expected,
}

impl Word for Nature {
    const ALL: &'static [(Self, &'static str)] = &[(Self::Binding, "binding"), (Self::Expected, "expected")];
}

/// 确保 (or nothing said), 原则上, 力争, 鼓励. Only what is firm turns red.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Strength {
    Firm,
    Principle,
    Strive,
    Encourage,
}

impl Word for Strength {
    const ALL: &'static [(Self, &'static str)] = &[
        (Self::Firm, "firm"),
        (Self::Principle, "principle"),
        (Self::Strive, "strive"),
        (Self::Encourage, "encourage"),
    ];
}

/// How exactly a date is given; the date itself is the last day that the words allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Precision {
    Day,
    Month,
    Quarter,
    Year,
    Period,
}

impl Word for Precision {
    const ALL: &'static [(Self, &'static str)] = &[
        (Self::Day, "day"),
        (Self::Month, "month"),
        (Self::Quarter, "quarter"),
        (Self::Year, "year"),
        (Self::Period, "period"),
    ];
}

/// Whether the text gives the date, or only the plan's last day is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DueBasis {
    Plan,
    Period,
}

impl Word for DueBasis {
    const ALL: &'static [(Self, &'static str)] = &[(Self::Plan, "plan"), (Self::Period, "period")];
}

/// The level of government that is responsible, apart from where the project is sited.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    City,
    County,
}

impl Word for Level {
    const ALL: &'static [(Self, &'static str)] = &[(Self::City, "city"), (Self::County, "county")];
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OwnerRole {
    Lead,
    Responsible,
    Supporting,
}

impl Word for OwnerRole {
    const ALL: &'static [(Self, &'static str)] = &[
        (Self::Lead, "lead"),
        (Self::Responsible, "responsible"),
        (Self::Supporting, "supporting"),
    ];
}

/// Whether the text names the owner, or it was inferred from duties. A file confirms nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OwnerBasis {
    Plan,
    Inferred,
}

impl Word for OwnerBasis {
    const ALL: &'static [(Self, &'static str)] = &[(Self::Plan, "plan"), (Self::Inferred, "inferred")];
}

pub(super) use crate::kernel::is_slug;
