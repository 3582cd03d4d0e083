//! The use cases of projects and milestones. Each loads many, decides by pure rules, applies many; one is a slice
//! of one.

pub mod changes;
pub mod claims;
pub mod confirm;
pub mod create;
pub mod derive;
pub mod edit;
pub mod evidence;
pub mod light_overrides;
pub mod light_rules;
pub mod light_spans;
pub mod lineage;
pub mod milestones;
pub mod parts;
pub mod standing;
pub mod supporting;

use serde_json::{Value, json};

use super::model::{MilestoneRow, OwnerRow, ProjectRow};

/// A milestone as the log keeps it. Persons by id only; figures as strings.
pub fn logged_milestone(row: &MilestoneRow) -> Value {
    json!({
        "code": row.code, "project_id": row.project_id, "number": row.number, "name": row.name,
        "weight": row.weight.normalized().to_string(), "weight_confirmed": row.weight_confirmed,
        "planned_on": row.planned_on, "date_basis": row.date_basis, "date_precision": row.date_precision,
        "first_baseline_on": row.first_baseline_on, "evidence_wanted": row.evidence_wanted, "state": row.state,
        "actual_on": row.actual_on, "note": row.note, "evidence": row.evidence,
        "reported_on": row.reported_on, "reported_by_user_id": row.reported_by_user_id,
        "reported_by_organisation_id": row.reported_by_organisation_id, "verified_on": row.verified_on,
        "verified_by_user_id": row.verified_by_user_id,
        "verified_by_organisation_id": row.verified_by_organisation_id, "back_reason": row.back_reason,
    })
}

/// A project as the log keeps it, without what is derived.
pub fn logged_project(row: &ProjectRow) -> Value {
    let figure =
        |value: &Option<bigdecimal::BigDecimal>| value.as_ref().map(|v| v.normalized().to_plain_string());
    json!({
        "code": row.code, "title": row.title, "kind": row.kind, "initiative_id": row.initiative_id,
        "second_initiative_id": row.second_initiative_id, "site_region_id": row.site_region_id,
        "responsible_level": row.responsible_level, "life_cycle": row.life_cycle,
        "quantity": figure(&row.quantity), "quantity_delivered": figure(&row.quantity_delivered), "unit": row.unit,
        "is_remainder": row.is_remainder, "open_ended": row.open_ended, "components": row.components,
        "description": row.description, "as_printed": row.as_printed, "doubt": row.doubt, "due_on": row.due_on,
        "due_precision": row.due_precision, "due_basis": row.due_basis,
        "investment_planned": figure(&row.investment_planned), "national_code": row.national_code,
        "is_public": row.is_public, "archived_reason": row.archived_reason,
    })
}

/// What of a project neither its files nor an edit touch: whether it stands still, and where it came from or went.
pub fn logged_standing(row: &ProjectRow) -> Value {
    json!({
        "suspended_on": row.suspended_on, "suspended_reason": row.suspended_reason,
        "suspension_review_on": row.suspension_review_on, "archived_reason": row.archived_reason,
        "split_from_id": row.split_from_id, "merged_into_id": row.merged_into_id,
    })
}

/// An owner as the log keeps it.
pub fn logged_owner(row: &OwnerRow) -> Value {
    json!({
        "project_id": row.project_id, "role": row.role, "organisation_id": row.organisation_id,
        "basis": row.basis, "removed": row.removed,
    })
}

/// The fields that differ, each with what it was and what it is.
pub fn difference(before: &Value, after: &Value) -> Value {
    let mut changes = serde_json::Map::new();
    if let (Value::Object(before), Value::Object(after)) = (before, after) {
        for (field, now) in after {
            let was = before.get(field).unwrap_or(&Value::Null);
            if was != now {
                changes.insert(field.clone(), json!([was, now]));
            }
        }
    }
    Value::Object(changes)
}
