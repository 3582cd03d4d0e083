//! The shapes of plans and what they print.

use bigdecimal::BigDecimal;
use chrono::NaiveDate;
use diesel::prelude::*;
use serde::{Serialize, Serializer};
use uuid::Uuid;

use crate::db::schema::{commitments, initiatives, milestone_templates, plans, programmes, service_areas};

fn figure<S: Serializer>(value: &BigDecimal, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(&value.normalized().to_plain_string())
}

fn figure_or_null<S: Serializer>(value: &Option<BigDecimal>, to: S) -> Result<S::Ok, S::Error> {
    match value {
        Some(value) => figure(value, to),
        None => to.serialize_none(),
    }
}

/// A published plan.
#[derive(Debug, Clone, Queryable, Selectable, Serialize, utoipa::ToSchema)]
#[diesel(table_name = plans, check_for_backend(diesel::pg::Pg))]
pub struct PlanView {
    pub id: Uuid,
    pub code: String,
    pub title: String,
    pub document_number: String,
    pub issuer_id: Uuid,
    pub issued_on: NaiveDate,
    pub starts_on: NaiveDate,
    pub ends_on: NaiveDate,
    /// IANA name; the plan's today is a day of this zone.
    pub time_zone: String,
    pub reporting_from: Option<NaiveDate>,
    /// Holds made-up progress and has a clock of its own.
    pub is_demonstration: bool,
    pub demonstration_today: Option<NaiveDate>,
    pub source: String,
    #[serde(rename = "version")]
    pub row_version: i64,
}

/// A service area (领域) of a plan.
#[derive(Debug, Clone, Queryable, Selectable, Serialize, utoipa::ToSchema)]
#[diesel(table_name = service_areas, check_for_backend(diesel::pg::Pg))]
pub struct ServiceAreaView {
    pub id: Uuid,
    pub plan_id: Uuid,
    pub code: String,
    pub number: i32,
    pub name: String,
    /// `basic`, `inclusive` or `life`.
    pub class: String,
    /// Other names that the text uses for it.
    pub aliases: Vec<String>,
}

/// A programme (专栏) of a plan. Box 1 holds the indicators.
#[derive(Debug, Clone, Queryable, Selectable, Serialize, utoipa::ToSchema)]
#[diesel(table_name = programmes, check_for_backend(diesel::pg::Pg))]
pub struct ProgrammeView {
    pub id: Uuid,
    pub plan_id: Uuid,
    pub code: String,
    pub number: i32,
    pub title: String,
    pub service_area_id: Option<Uuid>,
    /// The section of the plan it stands in, and the page where the contents table puts that section.
    pub section: String,
    pub page: i32,
    pub as_printed: String,
    #[serde(rename = "version")]
    pub row_version: i64,
}

/// One numbered item of a programme.
#[derive(Debug, Clone, Queryable, Selectable, Serialize, utoipa::ToSchema)]
#[diesel(table_name = initiatives, check_for_backend(diesel::pg::Pg))]
pub struct InitiativeView {
    pub id: Uuid,
    pub plan_id: Uuid,
    pub programme_id: Uuid,
    pub code: String,
    pub number: i32,
    pub title: String,
    pub as_printed: String,
    /// Standing work: reviewed every year, without milestones of construction.
    pub continuing: bool,
    #[serde(rename = "version")]
    pub row_version: i64,
}

/// A promised number or rate.
#[derive(Debug, Clone, Queryable, Selectable, Serialize, utoipa::ToSchema)]
#[diesel(table_name = commitments, check_for_backend(diesel::pg::Pg))]
pub struct CommitmentView {
    pub id: Uuid,
    pub plan_id: Uuid,
    pub programme_id: Uuid,
    pub initiative_id: Option<Uuid>,
    pub code: String,
    pub position: i32,
    pub metric: String,
    pub category: Option<String>,
    /// The unit as printed, in which the figures here are.
    pub unit: String,
    pub base_unit: String,
    /// A printed figure times this is the figure in base units; decimal string.
    #[serde(serialize_with = "figure")]
    #[schema(value_type = String)]
    pub base_factor: BigDecimal,
    /// `at_least`, `more_than`, `equal` or `at_most`.
    pub operator: String,
    #[serde(serialize_with = "figure")]
    #[schema(value_type = String)]
    pub target_min: BigDecimal,
    /// Of a range, which is met at its lower end.
    #[serde(serialize_with = "figure_or_null")]
    #[schema(value_type = Option<String>)]
    pub target_max: Option<BigDecimal>,
    /// null where the plan prints none.
    #[serde(serialize_with = "figure_or_null")]
    #[schema(value_type = Option<String>)]
    pub baseline: Option<BigDecimal>,
    pub baseline_year: Option<i32>,
    pub due_on: NaiveDate,
    pub due_precision: String,
    /// `level`, `sum` (over the period, from 0) or `stock` (grows from the baseline).
    pub measure: String,
    /// `higher` or `lower`.
    pub better: String,
    /// Every observation is held to it.
    pub maintained: bool,
    /// `binding` (约束性) or `expected` (预期性).
    pub nature: Option<String>,
    /// `firm`, `principle` (原则上), `strive` (力争) or `encourage` (鼓励); only firm ones may turn red.
    pub strength: String,
    pub allocation: Option<String>,
    /// Who answers for the figure, and on what ground: `plan`, `inferred` or `confirmed`.
    pub owner_id: Option<Uuid>,
    pub owner_basis: Option<String>,
    pub as_printed: String,
    pub page: i32,
    pub definition: Option<String>,
    /// A contradiction or misprint that a planner is to resolve.
    pub doubt: Option<String>,
    #[serde(rename = "version")]
    pub row_version: i64,
}

/// A kind of project, and the steps its projects usually take.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct KindView {
    pub code: String,
    pub name: String,
    pub construction: bool,
    pub continuing: bool,
}

/// One row of `plans`, as its files give it.
#[derive(Debug, Clone, Insertable, AsChangeset, Serialize)]
#[diesel(table_name = plans, treat_none_as_null = true)]
pub struct PlanRecord {
    pub id: Uuid,
    pub code: String,
    pub title: String,
    pub document_number: String,
    pub issuer_id: Uuid,
    pub issued_on: NaiveDate,
    pub starts_on: NaiveDate,
    pub ends_on: NaiveDate,
    pub time_zone: String,
    pub reporting_from: Option<NaiveDate>,
    pub source: String,
}

/// One row of `service_areas`.
#[derive(Debug, Clone, Insertable, AsChangeset, Serialize)]
#[diesel(table_name = service_areas, treat_none_as_null = true)]
pub struct ServiceAreaRecord {
    pub id: Uuid,
    pub plan_id: Uuid,
    pub code: String,
    pub number: i32,
    pub name: String,
    pub class: String,
    pub aliases: Vec<String>,
}

/// One row of `programmes`.
#[derive(Debug, Clone, Insertable, AsChangeset, Serialize)]
#[diesel(table_name = programmes, treat_none_as_null = true)]
pub struct ProgrammeRecord {
    pub id: Uuid,
    pub plan_id: Uuid,
    pub code: String,
    pub number: i32,
    pub title: String,
    pub service_area_id: Option<Uuid>,
    pub section: String,
    pub page: i32,
    pub as_printed: String,
}

/// One row of `initiatives`.
#[derive(Debug, Clone, Insertable, AsChangeset, Serialize)]
#[diesel(table_name = initiatives, treat_none_as_null = true)]
pub struct InitiativeRecord {
    pub id: Uuid,
    pub plan_id: Uuid,
    pub programme_id: Uuid,
    pub code: String,
    pub number: i32,
    pub title: String,
    pub as_printed: String,
    pub continuing: bool,
}

/// One row of `commitments`.
#[derive(Debug, Clone, Insertable, AsChangeset, Serialize)]
#[diesel(table_name = commitments, treat_none_as_null = true)]
pub struct CommitmentRecord {
    pub id: Uuid,
    pub plan_id: Uuid,
    pub programme_id: Uuid,
    pub initiative_id: Option<Uuid>,
    pub code: String,
    pub position: i32,
    pub metric: String,
    pub category: Option<String>,
    pub unit: String,
    pub base_unit: String,
    #[serde(serialize_with = "figure")]
    pub base_factor: BigDecimal,
    pub operator: String,
    #[serde(serialize_with = "figure")]
    pub target_min: BigDecimal,
    #[serde(serialize_with = "figure_or_null")]
    pub target_max: Option<BigDecimal>,
    #[serde(serialize_with = "figure_or_null")]
    pub baseline: Option<BigDecimal>,
    pub baseline_year: Option<i32>,
    pub due_on: NaiveDate,
    pub due_precision: String,
    pub measure: String,
    pub better: String,
    pub maintained: bool,
    pub nature: Option<String>,
    pub strength: String,
    pub allocation: Option<String>,
    pub owner_id: Option<Uuid>,
    pub owner_basis: Option<String>,
    pub as_printed: String,
    pub page: i32,
    pub definition: Option<String>,
    pub doubt: Option<String>,
}

/// One row of `milestone_templates`: a step that projects of a kind usually take.
#[derive(Debug, Clone, PartialEq, Queryable, Selectable, Insertable, Serialize)]
#[diesel(table_name = milestone_templates, check_for_backend(diesel::pg::Pg))]
pub struct StepRecord {
    pub kind: String,
    pub number: i32,
    pub code: String,
    pub name: String,
    #[serde(serialize_with = "figure")]
    pub weight: BigDecimal,
    pub due_percent: i32,
    pub evidence: Vec<String>,
    /// `start` or `finish`. The log tells it beside the steps, whose shape is for ever.
    #[serde(skip)]
    pub marks: Option<String>,
}
