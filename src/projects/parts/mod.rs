//! The parts of a project over several counties (分县任务): which county delivers how much of it, and who answers for it
//! there.
//!
//! Invariants: a county has one part of a project at most; a part of which something was reported does not vanish; what
//! the parts promise together may differ from the project's promise, and both stand beside each other. Whose report a
//! period asks for, and how the parts' figures make the project's, is `rules::parts`.

pub mod store;

use bigdecimal::BigDecimal;
use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::db::columns::columns;
use crate::db::schema::{project_part_versions as pv, project_parts};
use crate::rules::parts::Part;

/// A part as a planner sets it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPart {
    /// Id or code.
    pub region: String,
    /// Who answers for it, by id or code.
    pub organisation: Option<String>,
    /// Settled by being named, not only proposed.
    pub confirmed: bool,
    /// In the project's unit.
    pub quantity: Option<BigDecimal>,
    /// In yuan.
    pub investment_planned: Option<BigDecimal>,
}

/// One row of `project_parts`, or of its versions.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Insertable, AsChangeset, Identifiable)]
#[diesel(table_name = project_parts, treat_none_as_null = true)]
pub struct PartRow {
    pub id: Uuid,
    pub plan_id: Uuid,
    pub project_id: Uuid,
    pub region_id: Uuid,
    pub organisation_id: Option<Uuid>,
    /// `inferred` or `confirmed`; none where nobody is named.
    pub basis: Option<String>,
    pub quantity: Option<BigDecimal>,
    pub investment_planned: Option<BigDecimal>,
    /// Periods that end before it were never this part's.
    pub from_on: NaiveDate,
    /// From when on somebody confirmed answers for it. Derived by `silence`.
    pub owes_from: Option<NaiveDate>,
    pub removed: bool,
    pub row_version: i64,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

impl PartRow {
    pub fn is_confirmed(&self) -> bool {
        self.basis.as_deref() == Some("confirmed")
    }

    /// The organisation that answers for it by itself; where there is none, the project's does.
    pub fn answers(&self) -> Option<Uuid> {
        self.organisation_id.filter(|_| self.is_confirmed())
    }

    /// What the rules look at.
    pub fn facts(&self) -> Part {
        Part {
            region_id: self.region_id,
            from: self.from_on,
            owes_from: self.owes_from,
            quantity: self.quantity.clone(),
        }
    }

    /// Whether it says the same as another one of its county.
    pub fn says(&self, other: &PartRow) -> bool {
        self.organisation_id == other.organisation_id
            && self.basis == other.basis
            && self.quantity == other.quantity
            && self.investment_planned == other.investment_planned
    }

    /// As the log keeps it, without what is derived.
    pub fn logged(&self) -> Value {
        let figure =
            |value: &Option<BigDecimal>| value.as_ref().map(|value| value.normalized().to_plain_string());
        json!({
            "region_id": self.region_id, "organisation_id": self.organisation_id, "basis": self.basis,
            "quantity": figure(&self.quantity), "investment_planned": figure(&self.investment_planned),
            "from_on": self.from_on,
        })
    }
}

columns! {
    /// The columns of a version of a part, in the order of [`PartRow`].
    PART_VERSION: PartVersionColumns = (
        pv::id,
        pv::plan_id,
        pv::project_id,
        pv::region_id,
        pv::organisation_id,
        pv::basis,
        pv::quantity,
        pv::investment_planned,
        pv::from_on,
        pv::owes_from,
        pv::removed,
        pv::row_version,
        pv::created_at,
        pv::updated_at,
    )
}
