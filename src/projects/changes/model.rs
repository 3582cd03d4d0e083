//! The shapes of change requests.

use bigdecimal::BigDecimal;
use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use serde_json::Value;
use uuid::Uuid;

use crate::db::schema::change_requests;
use crate::kernel::{Error, Result};
use crate::projects::model::Evidence;

/// What kind of change is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// 延期, or earlier.
    Date,
    Weight,
    CancelMilestone,
    Quantity,
    Owner,
    CancelProject,
}

impl Kind {
    pub const ALL: [Kind; 6] = [
        Kind::Date,
        Kind::Weight,
        Kind::CancelMilestone,
        Kind::Quantity,
        Kind::Owner,
        Kind::CancelProject,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Date => "date",
            Kind::Weight => "weight",
            Kind::CancelMilestone => "cancel_milestone",
            Kind::Quantity => "quantity",
            Kind::Owner => "owner",
            Kind::CancelProject => "cancel_project",
        }
    }

    pub fn parse(text: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

/// Where a request stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    Open,
    Approved,
    Rejected,
    Withdrawn,
}

impl State {
    pub const ALL: [State; 4] = [State::Open, State::Approved, State::Rejected, State::Withdrawn];

    pub fn as_str(self) -> &'static str {
        match self {
            State::Open => "open",
            State::Approved => "approved",
            State::Rejected => "rejected",
            State::Withdrawn => "withdrawn",
        }
    }

    pub fn parse(text: &str) -> Option<State> {
        State::ALL.into_iter().find(|state| state.as_str() == text)
    }
}

/// What a thing is to become. Quantities in the project's unit, weights as in its milestones.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    Date(NaiveDate),
    Weight(BigDecimal),
    CancelMilestone,
    Quantity(BigDecimal),
    /// `role` is `lead` or `responsible`.
    Owner {
        role: String,
        organisation_id: Uuid,
    },
    CancelProject,
}

impl Change {
    pub fn kind(&self) -> Kind {
        match self {
            Change::Date(_) => Kind::Date,
            Change::Weight(_) => Kind::Weight,
            Change::CancelMilestone => Kind::CancelMilestone,
            Change::Quantity(_) => Kind::Quantity,
            Change::Owner { .. } => Kind::Owner,
            Change::CancelProject => Kind::CancelProject,
        }
    }
}

/// What a change is asked of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Of {
    Project(Uuid),
    Milestone(Uuid),
}

/// A request, as it comes in.
#[derive(Debug, Clone, PartialEq)]
pub struct NewRequest {
    pub of: Of,
    /// The version of the project or milestone that was seen.
    pub seen_version: Option<i64>,
    pub change: Change,
    pub reason: String,
    pub evidence: Vec<Evidence>,
}

/// What is decided on a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    Approve { note: Option<String> },
    Reject { note: String },
}

/// One row of `change_requests`.
#[derive(Debug, Clone, PartialEq, Queryable, Selectable, Insertable, AsChangeset, Identifiable)]
#[diesel(table_name = change_requests, treat_none_as_null = true)]
pub struct RequestRow {
    pub id: Uuid,
    pub plan_id: Uuid,
    pub project_id: Uuid,
    pub milestone_id: Option<Uuid>,
    pub kind: String,
    pub state: String,
    pub reason: String,
    pub evidence: Value,
    pub planned_on: Option<NaiveDate>,
    pub weight: Option<BigDecimal>,
    pub quantity: Option<BigDecimal>,
    pub owner_role: Option<String>,
    pub organisation_id: Option<Uuid>,
    pub old_planned_on: Option<NaiveDate>,
    pub old_weight: Option<BigDecimal>,
    pub old_quantity: Option<BigDecimal>,
    pub old_organisation_id: Option<Uuid>,
    pub first_baseline_on: Option<NaiveDate>,
    pub requested_on: NaiveDate,
    pub requested_at: DateTime<Utc>,
    pub requested_by_user_id: Uuid,
    pub requested_by_organisation_id: Uuid,
    pub decided_on: Option<NaiveDate>,
    pub decided_at: Option<DateTime<Utc>>,
    pub decided_by_user_id: Option<Uuid>,
    pub decided_by_organisation_id: Option<Uuid>,
    pub decision_note: Option<String>,
    pub row_version: i64,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

impl RequestRow {
    pub fn state(&self) -> Result<State> {
        State::parse(&self.state).ok_or_else(|| Error::internal(format!("state {}", self.state)))
    }

    /// The change that is asked for.
    pub fn change(&self) -> Result<Change> {
        let broken = || Error::internal(format!("change request {} lacks its value", self.id));
        let kind = Kind::parse(&self.kind).ok_or_else(broken)?;
        Ok(match kind {
            Kind::Date => Change::Date(self.planned_on.ok_or_else(broken)?),
            Kind::Weight => Change::Weight(self.weight.clone().ok_or_else(broken)?),
            Kind::CancelMilestone => Change::CancelMilestone,
            Kind::Quantity => Change::Quantity(self.quantity.clone().ok_or_else(broken)?),
            Kind::Owner => Change::Owner {
                role: self.owner_role.clone().ok_or_else(broken)?,
                organisation_id: self.organisation_id.ok_or_else(broken)?,
            },
            Kind::CancelProject => Change::CancelProject,
        })
    }
}
