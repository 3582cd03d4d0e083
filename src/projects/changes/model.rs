//! The shapes of change requests.

use bigdecimal::BigDecimal;
use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use serde_json::Value;
use uuid::Uuid;

use super::proposals::{NewStep, Proposal, Scope, ScopeEdit};
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
    AddMilestone,
    AddProject,
    /// Its name, its components, its site.
    Scope,
}

impl Kind {
    pub const ALL: [Kind; 9] = [
        Kind::Date,
        Kind::Weight,
        Kind::CancelMilestone,
        Kind::Quantity,
        Kind::Owner,
        Kind::CancelProject,
        Kind::AddMilestone,
        Kind::AddProject,
        Kind::Scope,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Date => "date",
            Kind::Weight => "weight",
            Kind::CancelMilestone => "cancel_milestone",
            Kind::Quantity => "quantity",
            Kind::Owner => "owner",
            Kind::CancelProject => "cancel_project",
            Kind::AddMilestone => "add_milestone",
            Kind::AddProject => "add_project",
            Kind::Scope => "scope",
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
    AddMilestone(NewStep),
    AddProject(Box<Proposal>),
    Scope(ScopeEdit),
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
            Change::AddMilestone(_) => Kind::AddMilestone,
            Change::AddProject(_) => Kind::AddProject,
            Change::Scope(_) => Kind::Scope,
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

/// A request for a project that is not there yet.
#[derive(Debug, Clone, PartialEq)]
pub struct NewProposal {
    pub proposal: Proposal,
    /// The last part of its code; one is made where none is given.
    pub slug: Option<String>,
    pub reason: String,
    pub evidence: Vec<Evidence>,
}

/// One row of `change_requests`.
#[derive(Debug, Clone, PartialEq, Queryable, Selectable, Insertable, AsChangeset, Identifiable)]
#[diesel(table_name = change_requests, treat_none_as_null = true)]
pub struct RequestRow {
    pub id: Uuid,
    pub plan_id: Uuid,
    /// None until a project that is asked for is there.
    pub project_id: Option<Uuid>,
    /// Of a milestone that is asked for none until it is there.
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
    pub initiative_id: Option<Uuid>,
    pub site_region_id: Option<Uuid>,
    pub title: Option<String>,
    pub folded_title: Option<String>,
    pub slug: Option<String>,
    pub evidence_wanted: Option<Vec<String>>,
    pub before_milestone_id: Option<Uuid>,
    pub proposal: Option<Value>,
    pub old_proposal: Option<Value>,
}

/// Who asks, when and why.
pub struct Asking<'a> {
    pub plan_id: Uuid,
    pub on: NaiveDate,
    pub at: DateTime<Utc>,
    pub user_id: Uuid,
    pub organisation_id: Uuid,
    pub reason: &'a str,
    pub evidence: &'a [Evidence],
}

impl RequestRow {
    /// An open request that says nothing yet of what it changes.
    pub fn begun(kind: Kind, asking: &Asking<'_>) -> Result<RequestRow> {
        Ok(RequestRow {
            id: Uuid::now_v7(),
            plan_id: asking.plan_id,
            project_id: None,
            milestone_id: None,
            kind: kind.as_str().to_owned(),
            state: State::Open.as_str().to_owned(),
            reason: asking.reason.to_owned(),
            evidence: serde_json::to_value(asking.evidence).map_err(Error::internal)?,
            planned_on: None,
            weight: None,
            quantity: None,
            owner_role: None,
            organisation_id: None,
            old_planned_on: None,
            old_weight: None,
            old_quantity: None,
            old_organisation_id: None,
            first_baseline_on: None,
            requested_on: asking.on,
            requested_at: asking.at,
            requested_by_user_id: asking.user_id,
            requested_by_organisation_id: asking.organisation_id,
            decided_on: None,
            decided_at: None,
            decided_by_user_id: None,
            decided_by_organisation_id: None,
            decision_note: None,
            row_version: 1,
            created_at: asking.at,
            updated_at: asking.at,
            initiative_id: None,
            site_region_id: None,
            title: None,
            folded_title: None,
            slug: None,
            evidence_wanted: None,
            before_milestone_id: None,
            proposal: None,
            old_proposal: None,
        })
    }

    pub fn kind(&self) -> Result<Kind> {
        Kind::parse(&self.kind).ok_or_else(|| Error::internal(format!("kind {}", self.kind)))
    }

    /// The project that is asked for.
    pub fn proposal(&self) -> Result<Proposal> {
        self.kept(self.proposal.as_ref())
    }

    /// What a project is to cover, and what it covered when it was asked.
    pub fn scopes(&self) -> Result<(Scope, Scope)> {
        Ok((
            self.kept(self.proposal.as_ref())?,
            self.kept(self.old_proposal.as_ref())?,
        ))
    }

    fn kept<T: serde::de::DeserializeOwned>(&self, value: Option<&Value>) -> Result<T> {
        let value = value.ok_or_else(|| self.broken())?.clone();
        serde_json::from_value(value).map_err(Error::internal)
    }

    fn broken(&self) -> Error {
        Error::internal(format!("change request {} lacks its value", self.id))
    }

    pub fn state(&self) -> Result<State> {
        State::parse(&self.state).ok_or_else(|| Error::internal(format!("state {}", self.state)))
    }

    /// The change that is asked for.
    pub fn change(&self) -> Result<Change> {
        let broken = || self.broken();
        Ok(match self.kind()? {
            Kind::Date => Change::Date(self.planned_on.ok_or_else(broken)?),
            Kind::Weight => Change::Weight(self.weight.clone().ok_or_else(broken)?),
            Kind::CancelMilestone => Change::CancelMilestone,
            Kind::Quantity => Change::Quantity(self.quantity.clone().ok_or_else(broken)?),
            Kind::Owner => Change::Owner {
                role: self.owner_role.clone().ok_or_else(broken)?,
                organisation_id: self.organisation_id.ok_or_else(broken)?,
            },
            Kind::CancelProject => Change::CancelProject,
            Kind::AddMilestone => Change::AddMilestone(NewStep {
                slug: Some(self.slug.clone().ok_or_else(broken)?),
                name: self.title.clone().ok_or_else(broken)?,
                planned_on: self.planned_on.ok_or_else(broken)?,
                weight: self.weight.clone().ok_or_else(broken)?,
                evidence_wanted: self.evidence_wanted.clone().ok_or_else(broken)?,
                before: self.before_milestone_id,
            }),
            Kind::AddProject => Change::AddProject(Box::new(self.proposal()?)),
            Kind::Scope => {
                let (wanted, was) = self.scopes()?;
                Change::Scope(ScopeEdit::between(&was, &wanted))
            }
        })
    }
}
