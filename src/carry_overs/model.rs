//! The shapes of carry-overs.

use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::db::schema::carry_overs;

/// What kind of thing is carried over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Kind {
    #[default]
    Project,
    Commitment,
}

impl Kind {
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Project => "project",
            Kind::Commitment => "commitment",
        }
    }

    pub fn parse(text: &str) -> Option<Kind> {
        [Kind::Project, Kind::Commitment]
            .into_iter()
            .find(|kind| kind.as_str() == text)
    }
}

/// One thing to carry over, by id or code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    pub kind: Kind,
    pub code: String,
}

/// What is carried over, as it comes in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewCarryOver {
    /// The plans, by id or code.
    pub plan: String,
    pub into: String,
    pub items: Vec<Item>,
    pub reason: String,
}

/// One row of `carry_overs`.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Insertable, AsChangeset, Identifiable)]
#[diesel(table_name = carry_overs, treat_none_as_null = true)]
pub struct CarryOverRow {
    pub id: Uuid,
    pub plan_id: Uuid,
    pub into_plan_id: Uuid,
    pub kind: String,
    pub project_id: Option<Uuid>,
    pub commitment_id: Option<Uuid>,
    pub into_project_id: Option<Uuid>,
    pub into_commitment_id: Option<Uuid>,
    pub reason: String,
    pub carried_on: NaiveDate,
    pub carried_at: DateTime<Utc>,
    pub carried_by_user_id: Uuid,
    pub carried_by_organisation_id: Uuid,
    pub row_version: i64,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

impl CarryOverRow {
    /// As the logs of both plans keep it.
    pub fn logged(&self) -> Value {
        json!({
            "plan_id": self.plan_id, "into_plan_id": self.into_plan_id, "kind": self.kind,
            "project_id": self.project_id, "commitment_id": self.commitment_id,
            "into_project_id": self.into_project_id, "into_commitment_id": self.into_commitment_id,
            "reason": self.reason,
        })
    }
}
