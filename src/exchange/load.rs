//! Loading a plan's files: the same files again change nothing, a changed file changes just that, and what somebody
//! has confirmed or edited since is never overwritten but listed as a difference.
//!
//! Each project and milestone remembers what was loaded last (its seed). A field is taken from the files where the
//! row still holds what was loaded; where somebody changed it since, it stands and the difference is told.

mod printed;
mod projects;

use chrono::NaiveDate;
use serde_json::{Value, json};

use super::plan_files::PlanFiles;
use crate::db::{EventKind, Subject, Tx};
use crate::kernel::Result;
use crate::kernel::authz::{self, Action, Target};
use crate::plans::store::printed::Kept;
use crate::projects::actions::light_rules;

/// Something that the files say otherwise than the database, and that was left as it is.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Difference {
    /// The stable code of the record.
    pub code: String,
    pub field: String,
    pub held: Value,
    pub in_files: Value,
}

/// What loading did.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Outcome {
    pub created: usize,
    pub changed: usize,
    pub unchanged: usize,
    pub differences: Vec<Difference>,
}

impl Outcome {
    fn count(&mut self, kept: Kept) {
        match kept {
            Kept::Created => self.created += 1,
            Kept::Changed => self.changed += 1,
            Kept::Unchanged => self.unchanged += 1,
        }
    }
}

/// Loads everything that the files say, or nothing.
pub async fn load(tx: &mut Tx, files: &PlanFiles) -> Result<Outcome> {
    load_as(tx, files, None).await
}

/// The same for a demonstration: a plan that is new gets a clock of its own, which begins on the day of its issue,
/// and is marked for ever. One that was loaded as a real plan is refused.
pub async fn load_demonstration(tx: &mut Tx, files: &PlanFiles) -> Result<Outcome> {
    load_as(tx, files, Some(files.plan.issued_on)).await
}

async fn load_as(tx: &mut Tx, files: &PlanFiles, demonstration_from: Option<NaiveDate>) -> Result<Outcome> {
    // Two loads at once would both find a record missing.
    tx.hold(0x6775_6174_7502).await?;
    let mut outcome = Outcome::default();
    printed::registry(tx, files, &mut outcome).await?;
    projects::lock(tx, &files.plan.code).await?;
    let printed = printed::plan(tx, files, demonstration_from, &mut outcome).await?;
    light_rules::begin(
        tx,
        &printed.permit,
        printed.plan_id,
        Some(&files.plan.light_rules),
    )
    .await?;
    projects::keep(tx, files, &printed, &mut outcome).await?;
    if outcome.created + outcome.changed > 0 {
        let target = Target::Plan {
            id: printed.plan_id,
            issuer_id: printed.issuer_id,
        };
        let permit = authz::require(tx.actor(), Action::LoadPlan, &target)?;
        let body = json!({
            "created": outcome.created, "changed": outcome.changed, "unchanged": outcome.unchanged,
            "differences": outcome.differences.len(),
        });
        let subject = (Subject::Plan, printed.plan_id);
        tx.record_under(
            &permit,
            printed.plan_id,
            EventKind::PlanLoaded,
            subject,
            None,
            body,
        );
    }
    Ok(outcome)
}

/// Decides a record field by field: which fields are taken from the files, and which differ but stand.
pub(super) fn decide(
    code: &str,
    loaded_before: &Value,
    held: &Value,
    in_files: &Value,
    differences: &mut Vec<Difference>,
) -> Vec<String> {
    let mut taken = Vec::new();
    let Some(fields) = in_files.as_object() else {
        return taken;
    };
    for (field, wanted) in fields {
        let (before, now) = (loaded_before.get(field), held.get(field));
        if now == Some(wanted) || before == Some(wanted) {
            continue;
        }
        if now == before {
            taken.push(field.clone());
        } else {
            differences.push(Difference {
                code: code.to_owned(),
                field: field.clone(),
                held: now.cloned().unwrap_or(Value::Null),
                in_files: wanted.clone(),
            });
        }
    }
    taken
}
