//! A proof is uploaded by whoever may report its milestone, while the report is owed.

use serde_json::json;
use uuid::Uuid;

use crate::db::{EventKind, Subject, Tx};
use crate::kernel::authz::{self, Action, Target};
use crate::kernel::{Code, Error, Fault, Result};
use crate::projects::evidence::{self, FileRow, Keeper, MOST};
use crate::projects::store;

/// Adds a file to a milestone; the same content again is the file that is there. Answers whether it is new.
pub async fn add(
    tx: &mut Tx,
    keeper: &Keeper,
    milestone_id: Uuid,
    name: &str,
    content: &[u8],
) -> Result<(FileRow, bool)> {
    let milestone = store::lock_milestones(tx, &[milestone_id])
        .await?
        .remove(&milestone_id)
        .ok_or(Error::NotFound)?;
    let scopes = store::scopes_of(tx.conn(), &[milestone.project_id]).await?;
    let project = scopes.get(&milestone.project_id).ok_or(Error::NotFound)?;
    let target = Target::Milestone {
        id: milestone_id,
        project,
        reporter: None,
        reporter_path: &[],
    };
    let permit = authz::require(tx.actor(), Action::ReportMilestone, &target)?;
    let state = milestone.state()?;
    if !state.open() {
        return Err(Error::Conflict(
            Fault::new("", Code::MilestoneState).with("state", state.as_str()),
        ));
    }
    if content.is_empty() {
        return Err(Error::invalid("/file", Code::EvidenceEmpty));
    }
    if content.len() > MOST {
        return Err(Error::TooLarge { limit: MOST });
    }
    let Some(media_type) = evidence::media_type(content) else {
        return Err(Error::invalid("/file", Code::EvidenceType));
    };
    let sha256 = evidence::hash_of(content);
    let known = evidence::store::of_milestones(tx.conn(), &[milestone_id])
        .await?
        .into_iter()
        .find(|file| file.sha256 == sha256);
    if let Some(known) = known {
        return Ok((known, false));
    }
    let (Some(user_id), Some(organisation_id)) = (tx.actor().user_id(), permit.organisation_id()) else {
        return Err(Error::internal("a proof is uploaded by a person"));
    };
    let row = FileRow {
        id: Uuid::now_v7(),
        plan_id: milestone.plan_id,
        project_id: milestone.project_id,
        milestone_id,
        name: name.to_owned(),
        media_type: media_type.to_owned(),
        size: i32::try_from(content.len()).map_err(Error::internal)?,
        sha256,
        uploaded_by_user_id: user_id,
        uploaded_by_organisation_id: organisation_id,
        uploaded_at: tx.now(),
    };
    keeper.put(tx, &row.sha256, content).await?;
    evidence::store::insert(tx, &permit, &row).await?;
    let body = json!({ "file_id": row.id, "name": row.name, "media_type": row.media_type, "size": row.size,
        "sha256": row.sha256 });
    let subject = (Subject::Milestone, milestone_id);
    let project_id = Some(row.project_id);
    tx.record_under(
        &permit,
        row.plan_id,
        EventKind::EvidenceAdded,
        subject,
        project_id,
        body,
    );
    Ok((row, true))
}
