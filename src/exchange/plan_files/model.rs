//! The shapes that the files are read into. A code is complete (`plan.12-1.slug`), a figure exact.
//!
//! `place` says where the record begins in the files; it is no part of what a record says, so it is left out of
//! what is serialized: a comment above a record changes no seed.

use bigdecimal::BigDecimal;
use chrono::NaiveDate;
use serde::Serialize;

use crate::rules::periods::Terms;

use super::Place;
use super::words::{
    Better, DueBasis, Level, Marks, Measure, Nature, Operator, OrganisationKind, OwnerBasis, OwnerRole,
    Precision, ServiceClass, Strength,
};

/// Everything that the files of one plan say. Lists are in the order of the files; parents of organisations and
/// regions may come after their children.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PlanFiles {
    pub regions: Vec<Region>,
    pub organisations: Vec<Organisation>,
    pub kinds: Vec<ProjectKind>,
    pub plan: Plan,
    /// When the plan's projects report (调度安排), a stage each.
    pub reporting: Vec<Terms>,
    pub service_areas: Vec<ServiceArea>,
    pub programmes: Vec<Programme>,
    pub initiatives: Vec<Initiative>,
    pub commitments: Vec<Commitment>,
    pub projects: Vec<Project>,
}

impl PlanFiles {
    /// The kind of a project. Always there for projects of the same files.
    pub fn kind(&self, code: &str) -> Option<&ProjectKind> {
        self.kinds.iter().find(|kind| kind.code == code)
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Region {
    /// GB/T 2260, six digits.
    pub code: String,
    pub name: String,
    pub parent: Option<String>,
    #[serde(skip)]
    pub place: Place,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Organisation {
    pub code: String,
    pub name: String,
    pub kind: OrganisationKind,
    pub parent: Option<String>,
    pub region: String,
    pub duties: String,
    #[serde(skip)]
    pub place: Place,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ProjectKind {
    pub code: String,
    pub name: String,
    pub position: i32,
    /// Counts in 开工率 and 竣工率.
    pub construction: bool,
    /// Standing work: its single step is repeated every year.
    pub continuing: bool,
    /// In ascending order of `due_percent`, the last one at 100.
    pub steps: Vec<KindStep>,
    #[serde(skip)]
    pub place: Place,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct KindStep {
    pub number: i32,
    pub code: String,
    pub name: String,
    pub weight: BigDecimal,
    /// How far along the way from the plan's issue to the promised day, 1 to 100.
    pub due_percent: i32,
    pub evidence: Vec<String>,
    pub marks: Option<Marks>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Plan {
    pub code: String,
    pub title: String,
    pub document_number: String,
    pub issuer: String,
    pub issued_on: NaiveDate,
    pub starts_on: NaiveDate,
    pub ends_on: NaiveDate,
    /// A name of the IANA time zone database.
    pub time_zone: String,
    /// None until a planner begins the monthly reports: before that nobody owes one.
    pub reporting_from: Option<NaiveDate>,
    pub source: String,
    /// The code of the ready-made light rules with which it begins.
    pub light_rules: String,
    #[serde(skip)]
    pub place: Place,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ServiceArea {
    pub code: String,
    pub number: i32,
    pub name: String,
    pub class: ServiceClass,
    /// Other names of the same area in the text.
    pub aliases: Vec<String>,
    #[serde(skip)]
    pub place: Place,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Programme {
    pub code: String,
    pub number: i32,
    pub title: String,
    pub service_area: Option<String>,
    pub section: String,
    /// Where the contents table puts the section.
    pub page: i32,
    pub as_printed: String,
    #[serde(skip)]
    pub place: Place,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Initiative {
    pub code: String,
    pub programme: String,
    pub number: i32,
    pub title: String,
    pub as_printed: String,
    /// The whole item is standing work.
    pub continuing: bool,
    #[serde(skip)]
    pub place: Place,
}

/// A promised day: the last one that the words allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Due {
    pub on: NaiveDate,
    pub precision: Precision,
    pub basis: DueBasis,
}

/// A promised number or rate. Figures are as printed; times `base_factor` they are in base units.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Commitment {
    pub code: String,
    pub programme: String,
    pub initiative: Option<String>,
    /// From 1, through the programme.
    pub position: i32,
    pub metric: String,
    /// The heading under which a table of indicators puts it.
    pub category: Option<String>,
    pub unit: String,
    pub base_unit: String,
    pub base_factor: BigDecimal,
    pub operator: Operator,
    pub target_min: BigDecimal,
    /// The upper end of a range, which is met at its lower end.
    pub target_max: Option<BigDecimal>,
    pub baseline: Option<BigDecimal>,
    pub baseline_year: Option<i32>,
    pub due: Due,
    pub measure: Measure,
    pub better: Better,
    /// Every observation is held to it, not only the last.
    pub maintained: bool,
    pub nature: Option<Nature>,
    pub strength: Strength,
    /// Over what the promise holds one by one: every street, every county.
    pub allocation: Option<String>,
    pub as_printed: String,
    pub page: i32,
    pub definition: Option<String>,
    pub doubt: Option<String>,
    /// Who answers for the figure. The role is always lead.
    pub owner: Option<Owner>,
    /// What the quantities of the projects that serve it add up to, where it counts projects.
    pub promised_count: Option<BigDecimal>,
    #[serde(skip)]
    pub place: Place,
}

impl Commitment {
    /// The promised figure in base units: 2.51 万户 is 25,100 户.
    pub fn target_in_base_units(&self) -> BigDecimal {
        (&self.target_min * &self.base_factor).normalized()
    }

    /// The baseline in base units.
    pub fn baseline_in_base_units(&self) -> Option<BigDecimal> {
        self.baseline
            .as_ref()
            .map(|baseline| (baseline * &self.base_factor).normalized())
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Owner {
    pub role: OwnerRole,
    pub organisation: String,
    pub basis: OwnerBasis,
}

/// What one responsible organisation must deliver.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Project {
    pub code: String,
    pub programme: String,
    pub initiative: String,
    /// Where the same work stands in a second box; totals count it once, under `initiative`.
    pub second_initiative: Option<String>,
    pub service_area: Option<String>,
    pub title: String,
    pub kind: String,
    pub region: Option<String>,
    pub level: Level,
    pub quantity: Option<BigDecimal>,
    pub unit: Option<String>,
    /// The part of a printed number that the text does not name; always has a quantity and is never open-ended.
    pub remainder: bool,
    /// The printed list it stands in ends with 等 and gives no number.
    pub open_ended: bool,
    pub components: Vec<String>,
    pub description: String,
    pub as_printed: String,
    pub doubt: Option<String>,
    pub due: Due,
    /// In yuan.
    pub investment_planned: Option<BigDecimal>,
    pub national_code: Option<String>,
    pub public: bool,
    /// One lead, one responsible, any number of supporting ones.
    pub owners: Vec<Owner>,
    /// Codes of the commitments it serves.
    pub serves: Vec<String>,
    /// Milestones that the file gives in place of the kind's steps; empty: the kind's.
    pub listed: Vec<ListedMilestone>,
    #[serde(skip)]
    pub place: Place,
}

/// A milestone that the file itself gives.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ListedMilestone {
    pub code: String,
    pub name: String,
    pub weight: BigDecimal,
    pub due: Due,
    pub evidence: Vec<String>,
    pub marks: Option<Marks>,
}
