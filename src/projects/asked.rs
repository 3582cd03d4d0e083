//! What the doors ask of projects and milestones: the shapes that the actions take.

use bigdecimal::BigDecimal;
use chrono::NaiveDate;
use uuid::Uuid;

use super::model::Evidence;

/// One milestone's report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    pub milestone_id: Uuid,
    pub seen_version: Option<i64>,
    pub actual_on: NaiveDate,
    pub note: Option<String>,
    pub evidence: Vec<Evidence>,
}

/// What a proposed owner says of the proposal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    pub disputes: bool,
    pub reason: Option<String>,
    /// Who it is instead.
    pub organisation_id: Option<Uuid>,
}

/// What is to be confirmed of one project, or changed and confirmed at once.
#[derive(Debug, Clone, PartialEq)]
pub enum Confirmation {
    /// The owner in a role; another organisation than the proposed one replaces it.
    Owner {
        project_id: Uuid,
        seen_version: Option<i64>,
        role: String,
        organisation_id: Option<Uuid>,
    },
    /// A milestone's planned date; another than the proposed one is set first. The baseline is set with it.
    Date {
        milestone_id: Uuid,
        seen_version: Option<i64>,
        planned_on: Option<NaiveDate>,
    },
    Weight {
        milestone_id: Uuid,
        seen_version: Option<i64>,
        weight: Option<BigDecimal>,
    },
}

/// What a planner edits of a project.
#[derive(Debug, Clone, Default)]
pub struct ProjectEdit {
    pub title: Option<String>,
    pub life_cycle: Option<String>,
    pub description: Option<String>,
    pub components: Option<Vec<String>>,
    pub is_public: Option<bool>,
    pub quantity_delivered: crate::kernel::Patch<BigDecimal>,
    pub investment_planned: crate::kernel::Patch<BigDecimal>,
    pub national_code: crate::kernel::Patch<String>,
    pub doubt: crate::kernel::Patch<String>,
    pub site_region_id: crate::kernel::Patch<Uuid>,
    pub second_initiative_id: crate::kernel::Patch<Uuid>,
    /// All the commitments that it is to serve, by id or code.
    pub commitments: Option<Vec<String>>,
}

/// What a planner edits of a milestone that is not confirmed yet.
#[derive(Debug, Clone, Default)]
pub struct MilestoneEdit {
    pub name: Option<String>,
    pub planned_on: Option<NaiveDate>,
    pub weight: Option<BigDecimal>,
    pub evidence_wanted: Option<Vec<String>>,
}

/// An organisation that is named as an owner.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct NamedOwner {
    /// `lead`, `responsible` or `supporting`.
    pub role: String,
    /// By id or code.
    pub organisation: String,
}

/// A project that a planner adds. What it refers to is named by id or code.
#[derive(Debug, Clone)]
pub struct NewProject {
    pub initiative: String,
    pub second_initiative: Option<String>,
    /// The last part of its code.
    pub slug: String,
    pub title: String,
    pub kind: String,
    pub region: Option<String>,
    pub responsible_level: String,
    pub quantity: Option<BigDecimal>,
    pub unit: Option<String>,
    pub is_remainder: bool,
    pub open_ended: bool,
    pub components: Vec<String>,
    pub description: String,
    pub as_printed: String,
    pub doubt: Option<String>,
    pub due_on: NaiveDate,
    pub due_precision: String,
    /// `plan` or `period`.
    pub due_basis: String,
    pub investment_planned: Option<BigDecimal>,
    pub national_code: Option<String>,
    pub is_public: bool,
    pub owners: Vec<NamedOwner>,
    /// The owners are settled, not proposals.
    pub owners_confirmed: bool,
    /// The commitments it serves, by id or code.
    pub commitments: Vec<String>,
}

/// A milestone that a planner adds: a proposal until it is confirmed.
#[derive(Debug, Clone)]
pub struct NewMilestone {
    /// The last part of its code.
    pub slug: String,
    pub name: String,
    pub planned_on: NaiveDate,
    pub date_precision: String,
    pub weight: BigDecimal,
    pub evidence_wanted: Vec<String>,
}

/// One of the projects that another is split into.
#[derive(Debug, Clone)]
pub struct Part {
    pub slug: String,
    pub title: String,
    pub region: Option<String>,
    pub quantity: Option<BigDecimal>,
    pub components: Vec<String>,
    pub description: String,
    /// In place of the origin's owners in their roles; settled by being named.
    pub owners: Vec<NamedOwner>,
}
