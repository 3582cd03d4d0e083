//! What is done with a plan as a whole.

use chrono::NaiveDate;
use serde_json::json;
use uuid::Uuid;

use super::store::demonstration as store;
use crate::db::{EventKind, Subject, Tx};
use crate::kernel::authz::{self, Action, Permit, Target};
use crate::kernel::{Code, Error, Fault, Result};

/// Marks a plan that is new in this transaction as a demonstration, whose clock begins on `day`. A plan that was
/// there before must be one already: made-up work never mixes with true work.
pub async fn begin_demonstration(
    tx: &mut Tx,
    permit: &Permit,
    plan_id: Uuid,
    day: NaiveDate,
    is_new: bool,
) -> Result<()> {
    if is_new {
        return store::begin(tx, permit, plan_id, day).await;
    }
    match store::today(tx.conn(), plan_id).await? {
        (_, Some(_)) => Ok(()),
        (_, None) => Err(Error::conflict(Code::DemonstrationMixed)),
    }
}

/// Sets the clock of a demonstration on a day. It never goes back; the day on which it stands changes nothing.
pub async fn stand_at(tx: &mut Tx, plan_id: Uuid, day: NaiveDate) -> Result<()> {
    let (issuer_id, before) = store::today(tx.conn(), plan_id).await?;
    let target = Target::Plan {
        id: plan_id,
        issuer_id,
    };
    let permit = authz::require(tx.actor(), Action::LoadPlan, &target)?;
    let Some(before) = before else {
        return Err(Error::conflict(Code::DemonstrationMixed));
    };
    if day < before {
        return Err(Error::Conflict(
            Fault::new("", Code::DemonstrationBack).with("today", before),
        ));
    }
    if day == before {
        return Ok(());
    }
    store::set(tx, &permit, plan_id, day).await?;
    let body = json!({ "changes": { "demonstration_today": [before, day] } });
    let subject = (Subject::Plan, plan_id);
    tx.record_under(&permit, plan_id, EventKind::PlanDayMoved, subject, None, body);
    Ok(())
}
