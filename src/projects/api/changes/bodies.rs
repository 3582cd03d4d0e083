//! The bodies that ask for a change, for the document of the API.

use crate::projects::api::create::NamedOwnerBody;
use crate::projects::model::Evidence;

/// What is asked of a milestone that is confirmed.
#[derive(utoipa::ToSchema)]
#[allow(
    dead_code,
    reason = "describes the body for the OpenAPI document; read field by field"
)]
pub struct MilestoneChangeBody {
    /// `date`, `weight` or `cancel_milestone`.
    pub kind: String,
    /// Of a date.
    pub planned_on: Option<chrono::NaiveDate>,
    /// Of a weight: a positive decimal string.
    pub weight: Option<String>,
    #[schema(min_length = 1, max_length = 2000)]
    pub reason: String,
    #[schema(max_items = 20)]
    pub evidence: Option<Vec<Evidence>>,
}

/// What is asked of a project.
#[derive(utoipa::ToSchema)]
#[allow(
    dead_code,
    reason = "describes the body for the OpenAPI document; read field by field"
)]
pub struct ProjectChangeBody {
    /// `quantity`, `owner`, `cancel_project`, `add_milestone` or `scope`.
    pub kind: String,
    /// Of a quantity: a positive decimal string, in the project's unit.
    pub quantity: Option<String>,
    /// Of an owner: `lead` or `responsible`.
    pub role: Option<String>,
    /// Of an owner: by id or code.
    pub organisation: Option<String>,
    /// Of a milestone to be added: its name.
    #[schema(min_length = 1, max_length = 100)]
    pub name: Option<String>,
    /// Of a milestone: the last part of its code; one is made where none is given.
    #[schema(min_length = 1, max_length = 60, pattern = "^[a-z0-9][a-z0-9-]*$")]
    pub slug: Option<String>,
    /// Of a milestone: its planned date, which the approval confirms.
    pub planned_on: Option<chrono::NaiveDate>,
    /// Of a milestone: a positive decimal string.
    pub weight: Option<String>,
    /// Of a milestone: what proof it wants.
    #[schema(max_items = 20)]
    pub evidence_wanted: Option<Vec<String>>,
    /// Of a milestone: before which other it stands, by id or code; after all others where none is named.
    pub before: Option<String>,
    /// Of a scope: what the project is to be called.
    #[schema(min_length = 1, max_length = 200)]
    pub title: Option<String>,
    /// Of a scope: all components that it is to have.
    #[schema(max_items = 50)]
    pub components: Option<Vec<String>>,
    /// Of a scope: its site, by id or GB/T 2260 code; null: none of its own.
    pub region: Option<String>,
    #[schema(min_length = 1, max_length = 2000)]
    pub reason: String,
    #[schema(max_items = 20)]
    pub evidence: Option<Vec<Evidence>>,
}

/// A project that somebody asks to have added to an initiative.
#[derive(utoipa::ToSchema)]
#[allow(
    dead_code,
    reason = "describes the body for the OpenAPI document; read field by field"
)]
pub struct ProposedProjectBody {
    #[schema(min_length = 1, max_length = 200)]
    pub title: String,
    /// The project's: see `/vocabularies`; its milestones begin as those of the kind.
    pub kind: String,
    /// The last part of its code; one is made where none is given.
    #[schema(min_length = 1, max_length = 60, pattern = "^[a-z0-9][a-z0-9-]*$")]
    pub slug: Option<String>,
    /// Its site, by id or GB/T 2260 code.
    pub region: Option<String>,
    /// `city` (default) or `county`.
    pub responsible_level: Option<String>,
    /// A positive decimal string, with `unit`.
    pub quantity: Option<String>,
    #[schema(max_length = 40)]
    pub unit: Option<String>,
    #[schema(max_items = 50)]
    pub components: Option<Vec<String>>,
    #[schema(max_length = 5000)]
    pub description: Option<String>,
    pub due_on: chrono::NaiveDate,
    /// `day` (default), `month`, `quarter`, `year` or `period`.
    pub due_precision: Option<String>,
    /// In yuan, a decimal string.
    pub investment_planned: Option<String>,
    /// GB/T 40058-2021.
    pub national_code: Option<String>,
    #[schema(max_items = 30)]
    pub owners: Option<Vec<NamedOwnerBody>>,
    /// The commitments it would serve, by id or code.
    #[schema(max_items = 20)]
    pub commitments: Option<Vec<String>>,
    #[schema(min_length = 1, max_length = 2000)]
    pub reason: String,
    #[schema(max_items = 20)]
    pub evidence: Option<Vec<Evidence>>,
}
