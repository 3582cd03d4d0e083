//! The second pair of eyes on an observation: confirming it, or sending it back with a reason. A confirmed figure that turns
//! out wrong is sent back by the issuer's planner, corrected, and confirmed again.

use serde_json::json;
use uuid::Uuid;

use super::{difference, serving};
use crate::commitments::model::{ObservationRow, ObservationState};
use crate::commitments::store;
use crate::db::{EventKind, Subject, Tx};
use crate::kernel::authz::{self, Action, Permit, Reporter, Target};
use crate::kernel::{Code, Error, Fault, Result, check_version};

/// What is decided on an observation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Judgement {
    Confirm,
    Return { reason: String },
}

pub async fn judge(
    tx: &mut Tx,
    id: Uuid,
    seen_version: Option<i64>,
    judgement: &Judgement,
) -> Result<ObservationRow> {
    // Nobody waits for what he may not judge.
    let seen = store::observed(tx, id).await?;
    permit(tx, &seen, seen.state()?, judgement).await?;
    // Before the observation itself: the lights of these projects follow from what counts, which a part's figure does not.
    let serving = match seen.is_of_the_whole() {
        true => Some(serving::lock(tx, seen.commitment_id).await?),
        false => None,
    };
    let before = store::lock_observation(tx, id).await?;
    let state = before.state()?;
    let permit = permit(tx, &before, state, judgement).await?;
    // Whoever filed or corrected any version of it is no second pair of eyes, whoever touched it last.
    if let (Judgement::Confirm, Some(user_id)) = (judgement, tx.actor().user_id())
        && store::has_filed(tx.conn(), id, user_id).await?
    {
        return Err(Error::Forbidden(Action::JudgeObservation));
    }
    check_version(seen_version, before.row_version)?;
    let allowed = match judgement {
        Judgement::Confirm => state == ObservationState::Filed,
        Judgement::Return { .. } => state != ObservationState::Returned,
    };
    if !allowed {
        let fault = Fault::new("", Code::ObservationState).with("state", state.as_str());
        return Err(Error::Conflict(fault));
    }
    let mut row = before.clone();
    let kind = match judgement {
        Judgement::Confirm => {
            row.state = ObservationState::Confirmed.as_str().to_owned();
            row.confirmed_on = Some(tx.today(row.plan_id).await?);
            row.confirmed_at = Some(tx.now());
            row.confirmed_by_user_id = tx.actor().user_id();
            row.confirmed_by_organisation_id = permit.organisation_id();
            EventKind::ObservationConfirmed
        }
        Judgement::Return { reason } => {
            row.state = ObservationState::Returned.as_str().to_owned();
            row.back_reason = Some(reason.clone());
            row.confirmed_on = None;
            row.confirmed_at = None;
            row.confirmed_by_user_id = None;
            row.confirmed_by_organisation_id = None;
            EventKind::ObservationReturned
        }
    };
    row.row_version += 1;
    row.updated_at = tx.now();
    let body = json!({ "changes": difference(&before.logged(), &row.logged()) });
    tx.record_under(&permit, row.plan_id, kind, (Subject::Observation, id), None, body);
    store::save_observation(tx, &permit, &row).await?;
    if let Some(serving) = serving {
        serving.follow(tx).await?;
    }
    Ok(row)
}

async fn permit(
    tx: &mut Tx,
    row: &ObservationRow,
    state: ObservationState,
    judgement: &Judgement,
) -> Result<Permit> {
    let commitment = store::by_ids(tx.conn(), &[row.commitment_id])
        .await?
        .remove(&row.commitment_id)
        .ok_or(Error::NotFound)?;
    let scope = store::scope_of(tx.conn(), &commitment).await?;
    // What counts already is taken back by the issuer's planner alone.
    if state == ObservationState::Confirmed && matches!(judgement, Judgement::Return { .. }) {
        return authz::require(tx.actor(), Action::EditCommitment, &Target::Commitment(&scope));
    }
    let target = Target::Observation {
        commitment: &scope,
        part: None,
        filer: Some(Reporter {
            user_id: row.filed_by_user_id,
            organisation_id: row.filed_by_organisation_id,
        }),
    };
    authz::require(tx.actor(), Action::JudgeObservation, &target)
}
