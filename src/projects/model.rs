//! The shapes of projects, their owners and their milestones.

use bigdecimal::BigDecimal;
use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use serde_json::{Value, json};
use uuid::Uuid;

pub use super::asked::*;
use crate::db::bigrams;
use crate::db::columns::columns;

use crate::db::schema::{
    milestone_versions as mv, milestones, project_owners, project_versions as pv, projects,
};
use crate::kernel::{Code, Error, Fault, Result};
use crate::rules::overdue::{DateBasis, MilestoneFacts, MilestoneState};
use crate::rules::templates::Milestone;

/// One row of `projects`, or of its versions.
#[derive(Debug, Clone, PartialEq, Queryable, Insertable, AsChangeset, Identifiable)]
#[diesel(table_name = projects, treat_none_as_null = true)]
pub struct ProjectRow {
    pub id: Uuid,
    pub plan_id: Uuid,
    pub code: String,
    pub title: String,
    pub kind: String,
    pub programme_id: Uuid,
    pub initiative_id: Uuid,
    pub second_initiative_id: Option<Uuid>,
    pub service_area_id: Option<Uuid>,
    pub site_region_id: Option<Uuid>,
    pub responsible_level: String,
    pub life_cycle: String,
    pub suspended_on: Option<NaiveDate>,
    pub suspended_reason: Option<String>,
    pub suspension_review_on: Option<NaiveDate>,
    pub quantity: Option<BigDecimal>,
    pub quantity_delivered: Option<BigDecimal>,
    pub unit: Option<String>,
    pub is_remainder: bool,
    pub open_ended: bool,
    pub components: Vec<String>,
    pub description: String,
    pub as_printed: String,
    pub doubt: Option<String>,
    pub due_on: NaiveDate,
    pub due_precision: String,
    pub due_basis: String,
    /// In yuan.
    pub investment_planned: Option<BigDecimal>,
    pub national_code: Option<String>,
    pub latitude: Option<BigDecimal>,
    pub longitude: Option<BigDecimal>,
    pub is_public: bool,
    pub overdue_from: Option<NaiveDate>,
    pub lapsed_from: Option<NaiveDate>,
    pub next_due_on: Option<NaiveDate>,
    pub unverified_since: Option<NaiveDate>,
    pub unconfirmed: bool,
    pub total_weight: BigDecimal,
    pub earned_weight: BigDecimal,
    pub verified_weight: BigDecimal,
    pub folded_title: String,
    pub bigrams: Vec<String>,
    pub seed: Value,
    pub archived_reason: Option<String>,
    pub row_version: i64,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    /// The project that a planner split it from.
    pub split_from_id: Option<Uuid>,
    /// The project that a planner merged it into; archived ones only.
    pub merged_into_id: Option<Uuid>,
    /// From which day on it owes a report, and from which two, if nothing more happens.
    pub silent_from: Option<NaiveDate>,
    pub twice_silent_from: Option<NaiveDate>,
    /// 入统, as the latest report that tells it has it.
    pub statistics_entered_on: Option<NaiveDate>,
}

/// What a milestone's line shows of its project; the whole row is several times as dear to read.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = crate::db::schema::project_versions)]
pub struct ProjectHead {
    pub id: Uuid,
    pub code: String,
    pub title: String,
    pub programme_id: Uuid,
    pub site_region_id: Option<Uuid>,
}

impl From<ProjectRow> for ProjectHead {
    fn from(row: ProjectRow) -> ProjectHead {
        ProjectHead {
            id: row.id,
            code: row.code,
            title: row.title,
            programme_id: row.programme_id,
            site_region_id: row.site_region_id,
        }
    }
}

/// One row of `milestones`, or of its versions.
#[derive(Debug, Clone, PartialEq, Queryable, Insertable, AsChangeset, Identifiable)]
#[diesel(table_name = milestones, treat_none_as_null = true)]
pub struct MilestoneRow {
    pub id: Uuid,
    pub plan_id: Uuid,
    pub project_id: Uuid,
    pub code: String,
    pub number: i32,
    pub name: String,
    pub weight: BigDecimal,
    pub weight_confirmed: bool,
    pub planned_on: NaiveDate,
    pub date_basis: String,
    pub date_precision: String,
    pub first_baseline_on: Option<NaiveDate>,
    pub evidence_wanted: Vec<String>,
    pub state: String,
    pub actual_on: Option<NaiveDate>,
    pub note: Option<String>,
    pub evidence: Value,
    pub reported_on: Option<NaiveDate>,
    pub reported_at: Option<DateTime<Utc>>,
    pub reported_by_user_id: Option<Uuid>,
    pub reported_by_organisation_id: Option<Uuid>,
    pub verified_on: Option<NaiveDate>,
    pub verified_at: Option<DateTime<Utc>>,
    pub verified_by_user_id: Option<Uuid>,
    pub verified_by_organisation_id: Option<Uuid>,
    pub back_reason: Option<String>,
    pub overdue_from: Option<NaiveDate>,
    pub lapsed_from: Option<NaiveDate>,
    pub seed: Value,
    pub row_version: i64,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    /// `start` or `finish`: the step of the project that a rule asks for by what it is.
    pub marks: Option<String>,
}

/// One row of `project_owners`, or of its versions.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Insertable, AsChangeset, Identifiable)]
#[diesel(table_name = project_owners, treat_none_as_null = true)]
pub struct OwnerRow {
    pub id: Uuid,
    pub plan_id: Uuid,
    pub project_id: Uuid,
    pub role: String,
    pub organisation_id: Uuid,
    pub basis: String,
    pub removed: bool,
    pub row_version: i64,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    /// `claimed` or `disputed`: what the proposed owner says.
    pub claim: Option<String>,
    pub claim_reason: Option<String>,
    /// Who it is instead, by whoever disputes.
    pub claim_organisation_id: Option<Uuid>,
    pub claimed_on: Option<NaiveDate>,
    pub claimed_by_user_id: Option<Uuid>,
    pub claimed_by_organisation_id: Option<Uuid>,
}

impl OwnerRow {
    /// A new owner in a role, of whom nothing is said yet.
    pub fn new(
        (plan_id, project_id): (Uuid, Uuid),
        role: &str,
        organisation_id: Uuid,
        basis: &str,
        now: DateTime<Utc>,
    ) -> OwnerRow {
        OwnerRow {
            id: Uuid::now_v7(),
            plan_id,
            project_id,
            role: role.to_owned(),
            organisation_id,
            basis: basis.to_owned(),
            removed: false,
            row_version: 1,
            created_at: now,
            updated_at: now,
            claim: None,
            claim_reason: None,
            claim_organisation_id: None,
            claimed_on: None,
            claimed_by_user_id: None,
            claimed_by_organisation_id: None,
        }
    }

    /// Forgets what was said of the proposal: it is none any more. The log and the versions keep it.
    pub fn settle(&mut self) {
        self.claim = None;
        self.claim_reason = None;
        self.claim_organisation_id = None;
        self.claimed_on = None;
        self.claimed_by_user_id = None;
        self.claimed_by_organisation_id = None;
    }
}

/// Where a project stands in its plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    pub plan_id: Uuid,
    pub programme_id: Uuid,
    pub initiative_id: Uuid,
    pub service_area_id: Option<Uuid>,
}

impl ProjectRow {
    /// A project as it begins: nothing delivered, nothing known of it but this. What is derived follows from its
    /// milestones and owners.
    pub fn begun(
        place: Place,
        code: String,
        title: &str,
        kind: &str,
        due: (NaiveDate, &str, &str),
        now: DateTime<Utc>,
    ) -> ProjectRow {
        let zero = || BigDecimal::from(0);
        let (due_on, due_precision, due_basis) = due;
        ProjectRow {
            id: Uuid::now_v7(),
            plan_id: place.plan_id,
            code,
            title: title.to_owned(),
            kind: kind.to_owned(),
            programme_id: place.programme_id,
            initiative_id: place.initiative_id,
            second_initiative_id: None,
            service_area_id: place.service_area_id,
            site_region_id: None,
            responsible_level: "city".to_owned(),
            life_cycle: "identification".to_owned(),
            suspended_on: None,
            suspended_reason: None,
            suspension_review_on: None,
            quantity: None,
            quantity_delivered: None,
            unit: None,
            is_remainder: false,
            open_ended: false,
            components: Vec::new(),
            description: String::new(),
            as_printed: String::new(),
            doubt: None,
            due_on,
            due_precision: due_precision.to_owned(),
            due_basis: due_basis.to_owned(),
            investment_planned: None,
            national_code: None,
            latitude: None,
            longitude: None,
            is_public: true,
            overdue_from: None,
            lapsed_from: None,
            next_due_on: None,
            unverified_since: None,
            unconfirmed: true,
            total_weight: zero(),
            earned_weight: zero(),
            verified_weight: zero(),
            folded_title: bigrams::folded(title),
            bigrams: bigrams::of(title),
            seed: json!({}),
            archived_reason: None,
            row_version: 1,
            created_at: now,
            updated_at: now,
            split_from_id: None,
            merged_into_id: None,
            silent_from: None,
            twice_silent_from: None,
            statistics_entered_on: None,
        }
    }

    /// Nobody works on it any more: cancelled, merged into another, or split up.
    pub fn is_over(&self) -> bool {
        self.life_cycle == "cancelled" || self.archived_reason.is_some()
    }

    /// Refuses what is over.
    pub fn still_going(&self) -> Result<()> {
        match self.is_over() {
            true => Err(Error::Conflict(
                Fault::new("", Code::ProjectClosed).with("life_cycle", &self.life_cycle),
            )),
            false => Ok(()),
        }
    }
}

impl MilestoneRow {
    /// A milestone as it begins. A date of the plan's own text is a promise, and its own first baseline.
    pub fn begun(
        (plan_id, project_id): (Uuid, Uuid),
        planned: &Milestone,
        now: DateTime<Utc>,
    ) -> MilestoneRow {
        MilestoneRow {
            id: Uuid::now_v7(),
            plan_id,
            project_id,
            code: planned.code.clone(),
            number: planned.number,
            name: planned.name.clone(),
            weight: planned.weight.clone(),
            weight_confirmed: false,
            planned_on: planned.planned_on,
            date_basis: planned.basis.as_str().to_owned(),
            date_precision: planned.precision.to_owned(),
            first_baseline_on: (planned.basis == DateBasis::Plan).then_some(planned.planned_on),
            evidence_wanted: planned.evidence_wanted.clone(),
            state: MilestoneState::Pending.as_str().to_owned(),
            actual_on: None,
            note: None,
            evidence: json!([]),
            reported_on: None,
            reported_at: None,
            reported_by_user_id: None,
            reported_by_organisation_id: None,
            verified_on: None,
            verified_at: None,
            verified_by_user_id: None,
            verified_by_organisation_id: None,
            back_reason: None,
            overdue_from: None,
            lapsed_from: None,
            seed: json!({}),
            row_version: 1,
            created_at: now,
            updated_at: now,
            marks: planned.marks.clone(),
        }
    }

    pub fn state(&self) -> Result<MilestoneState> {
        MilestoneState::parse(&self.state).ok_or_else(|| Error::internal(format!("state {}", self.state)))
    }

    pub fn basis(&self) -> Result<DateBasis> {
        DateBasis::parse(&self.date_basis)
            .ok_or_else(|| Error::internal(format!("basis {}", self.date_basis)))
    }

    /// What the rules must know of it.
    pub fn facts(&self) -> Result<MilestoneFacts> {
        Ok(MilestoneFacts {
            planned_on: self.planned_on,
            basis: self.basis()?,
            state: self.state()?,
            reported_on: self.reported_on,
        })
    }
}

columns! {
    /// The columns of a version of a project, in the order of [`ProjectRow`].
    PROJECT_VERSION: ProjectVersionColumns = (
        pv::id,
        pv::plan_id,
        pv::code,
        pv::title,
        pv::kind,
        pv::programme_id,
        pv::initiative_id,
        pv::second_initiative_id,
        pv::service_area_id,
        pv::site_region_id,
        pv::responsible_level,
        pv::life_cycle,
        pv::suspended_on,
        pv::suspended_reason,
        pv::suspension_review_on,
        pv::quantity,
        pv::quantity_delivered,
        pv::unit,
        pv::is_remainder,
        pv::open_ended,
        pv::components,
        pv::description,
        pv::as_printed,
        pv::doubt,
        pv::due_on,
        pv::due_precision,
        pv::due_basis,
        pv::investment_planned,
        pv::national_code,
        pv::latitude,
        pv::longitude,
        pv::is_public,
        pv::overdue_from,
        pv::lapsed_from,
        pv::next_due_on,
        pv::unverified_since,
        pv::unconfirmed,
        pv::total_weight,
        pv::earned_weight,
        pv::verified_weight,
        pv::folded_title,
        pv::bigrams,
        pv::seed,
        pv::archived_reason,
        pv::row_version,
        pv::created_at,
        pv::updated_at,
        pv::split_from_id,
        pv::merged_into_id,
        pv::silent_from,
        pv::twice_silent_from,
        pv::statistics_entered_on,
    )
}

columns! {
    /// The columns of a version of a milestone, in the order of [`MilestoneRow`].
    MILESTONE_VERSION: MilestoneVersionColumns = (
        mv::id,
        mv::plan_id,
        mv::project_id,
        mv::code,
        mv::number,
        mv::name,
        mv::weight,
        mv::weight_confirmed,
        mv::planned_on,
        mv::date_basis,
        mv::date_precision,
        mv::first_baseline_on,
        mv::evidence_wanted,
        mv::state,
        mv::actual_on,
        mv::note,
        mv::evidence,
        mv::reported_on,
        mv::reported_at,
        mv::reported_by_user_id,
        mv::reported_by_organisation_id,
        mv::verified_on,
        mv::verified_at,
        mv::verified_by_user_id,
        mv::verified_by_organisation_id,
        mv::back_reason,
        mv::overdue_from,
        mv::lapsed_from,
        mv::seed,
        mv::row_version,
        mv::created_at,
        mv::updated_at,
        mv::marks,
    )
}

/// A proof that a report names: what it is, and where it is or its number.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
pub struct Evidence {
    /// What the template asks for: 批复, 施工许可证 …
    pub kind: String,
    /// An address (http or https), or the number of the document.
    pub reference: String,
}
