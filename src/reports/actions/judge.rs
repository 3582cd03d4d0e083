//! The second pair of eyes on a report: it is verified, or goes back with a reason.

use serde_json::json;
use uuid::Uuid;

use super::{hold, lock, person, still_moves, wrong_state};
use crate::db::{EventKind, Subject, Tx};
use crate::kernel::authz::{self, Action, Reporter, Target};
use crate::kernel::{Error, Result, check_version};
use crate::projects::actions::{derive, difference};
use crate::projects::store as projects;
use crate::reports::model::{Judgement, ReportRow, State, logged};
use crate::reports::store;

/// The right that a judgement asks for: what was verified is sent back by a planner only.
pub fn action(judgement: &Judgement, state: State) -> Action {
    match (judgement, state) {
        (Judgement::Verify { .. }, _) => Action::VerifyReport,
        (Judgement::Return { .. }, State::Verified) => Action::ReopenReport,
        (Judgement::Return { .. }, _) => Action::ReturnReport,
    }
}

/// Verifies a report or sends it back. One that went back is owed again.
pub async fn judge(
    tx: &mut Tx,
    id: Uuid,
    seen_version: Option<i64>,
    judgement: &Judgement,
) -> Result<ReportRow> {
    let (held, project, scope) = lock(tx, id).await?;
    let reporter = Reporter {
        user_id: held.reported_by_user_id,
        organisation_id: held.reported_by_organisation_id,
    };
    let path = projects::paths_of(tx.conn(), &[reporter.organisation_id])
        .await?
        .remove(&reporter.organisation_id)
        .unwrap_or_default();
    let target = Target::Report {
        id,
        project: &scope,
        reporter,
        reporter_path: &path,
    };
    let state = held.state()?;
    let permit = authz::require(tx.actor(), action(judgement, state), &target)?;
    let (user_id, organisation_id) = person(tx, &permit)?;
    // Whoever filed or corrected any version of it is no second pair of eyes, whoever touched it last.
    if matches!(judgement, Judgement::Verify { .. }) && store::has_filed(tx.conn(), id, user_id).await? {
        return Err(Error::Forbidden(Action::VerifyReport));
    }
    check_version(seen_version, held.row_version)?;
    project.still_going()?;
    let frozen = hold(tx, &[held.plan_id]).await?;
    still_moves(&frozen, held.plan_id, held.period()?)?;
    let mut row = held.clone();
    let (kind, note) = match judgement {
        Judgement::Verify { note } => {
            if state != State::Submitted {
                return Err(wrong_state(&held));
            }
            row.state = State::Verified.as_str().to_owned();
            row.verified_on = Some(tx.today(row.plan_id).await?);
            row.verified_at = Some(tx.now());
            row.verified_by_user_id = Some(user_id);
            row.verified_by_organisation_id = Some(organisation_id);
            (EventKind::ReportVerified, note.clone())
        }
        Judgement::Return { reason } => {
            if state == State::Returned {
                return Err(wrong_state(&held));
            }
            row.state = State::Returned.as_str().to_owned();
            row.back_reason = Some(reason.clone());
            row.unverify();
            (EventKind::ReportReturned, None)
        }
    };
    row.row_version += 1;
    row.updated_at = tx.now();
    let mut body = json!({ "changes": difference(&logged(&held), &logged(&row)) });
    if let Some(note) = note {
        body["note"] = json!(note);
    }
    let subject = (Subject::ProgressReport, row.id);
    tx.record_under(&permit, row.plan_id, kind, subject, Some(row.project_id), body);
    store::save(tx, &permit, &row).await?;
    derive::refresh(tx, &[row.project_id]).await?;
    Ok(row)
}
