//! The shapes of rule sets, spans and overrides.

use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use serde_json::Value;
use uuid::Uuid;

use crate::db::schema::{light_overrides, light_rule_sets, light_spans};
use crate::kernel::{Error, Result};
use crate::rules::lights::{Light, RuleSet, Step};

/// One row of `light_rule_sets`.
#[derive(Debug, Clone, PartialEq, Queryable, Selectable, Insertable)]
#[diesel(table_name = light_rule_sets, check_for_backend(diesel::pg::Pg))]
pub struct RuleSetRow {
    pub id: Uuid,
    pub plan_id: Uuid,
    pub version: i32,
    pub rules: Value,
    pub reason: String,
    pub made_on: NaiveDate,
    pub made_at: DateTime<Utc>,
    pub made_by_user_id: Option<Uuid>,
    pub made_by_organisation_id: Option<Uuid>,
}

impl RuleSetRow {
    pub fn rules(&self) -> Result<RuleSet> {
        serde_json::from_value(self.rules.clone()).map_err(Error::internal)
    }
}

/// The rules in force, and which version they are.
#[derive(Debug, Clone, PartialEq)]
pub struct InForce {
    pub version: i32,
    pub rules: RuleSet,
}

/// One row of `light_spans`.
#[derive(Debug, Clone, PartialEq, Queryable, Selectable, Insertable)]
#[diesel(table_name = light_spans, check_for_backend(diesel::pg::Pg))]
pub struct SpanRow {
    pub id: Uuid,
    pub plan_id: Uuid,
    pub project_id: Uuid,
    pub from_on: NaiveDate,
    /// The first day on which it holds no more; none: for ever.
    pub until_on: Option<NaiveDate>,
    pub light: String,
    pub reasons: Value,
    pub recovered_from: Option<String>,
    pub rule_version: i32,
}

impl SpanRow {
    /// The spans of a timeline.
    pub fn of(
        (plan_id, project_id): (Uuid, Uuid),
        steps: &[Step],
        rule_version: i32,
    ) -> Result<Vec<SpanRow>> {
        steps
            .iter()
            .enumerate()
            .map(|(index, step)| {
                Ok(SpanRow {
                    id: Uuid::now_v7(),
                    plan_id,
                    project_id,
                    from_on: step.from,
                    until_on: steps.get(index + 1).map(|next| next.from),
                    light: step.light.as_str().to_owned(),
                    reasons: serde_json::to_value(&step.reasons).map_err(Error::internal)?,
                    recovered_from: step.recovered_from.map(|light| light.as_str().to_owned()),
                    rule_version,
                })
            })
            .collect()
    }

    /// Whether it says the same, whatever its id.
    pub fn says(&self, other: &SpanRow) -> bool {
        SpanRow {
            id: other.id,
            ..self.clone()
        } == *other
    }

    pub fn holds_on(&self, day: NaiveDate) -> bool {
        self.from_on <= day && self.until_on.is_none_or(|until| day < until)
    }
}

/// What a supervisor shows instead, as it comes in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewOverride {
    pub light: Light,
    pub reason: String,
    /// The last day on which it is shown.
    pub until_on: NaiveDate,
}

/// One row of `light_overrides`.
#[derive(Debug, Clone, PartialEq, Queryable, Selectable, Insertable, AsChangeset, Identifiable)]
#[diesel(table_name = light_overrides, treat_none_as_null = true, check_for_backend(diesel::pg::Pg))]
pub struct OverrideRow {
    pub id: Uuid,
    pub plan_id: Uuid,
    pub project_id: Uuid,
    pub light: String,
    pub reason: String,
    pub from_on: NaiveDate,
    pub until_on: NaiveDate,
    pub made_at: DateTime<Utc>,
    pub made_by_user_id: Uuid,
    pub made_by_organisation_id: Uuid,
    pub ended_on: Option<NaiveDate>,
    pub ended_reason: Option<String>,
    pub ended_by_user_id: Option<Uuid>,
    pub ended_by_organisation_id: Option<Uuid>,
    pub row_version: i64,
}

impl OverrideRow {
    /// Whether it is shown on a day. It begins on the day on which it is made, and nobody ends it backwards: so this
    /// answers for a past day as it was at the end of it.
    pub fn holds_on(&self, day: NaiveDate) -> bool {
        self.from_on <= day && day <= self.until_on && self.ended_on.is_none_or(|ended| day < ended)
    }
}
