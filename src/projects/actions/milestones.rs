//! The life of a milestone: reported, withdrawn, verified, returned, reopened.

use std::collections::BTreeMap;

use serde_json::json;
use uuid::Uuid;

use super::{derive, difference, logged_milestone};
use crate::db::{EventKind, Subject, Tx};
use crate::kernel::authz::{self, Action, Permit, ProjectScope, Reporter, Target};
use crate::kernel::{Code, Error, Fault, Result, check_version};
use crate::projects::model::{MilestoneRow, Report};
use crate::projects::{evidence, store};
use crate::rules::overdue::MilestoneState;

/// What is to happen to one milestone.
#[derive(Debug, Clone)]
pub enum Step {
    Report(Report),
    Withdraw { reason: Option<String> },
    Verify { note: Option<String> },
    Return { reason: String },
    Reopen { reason: String },
}

/// One step of one milestone, by whoever saw this version of it.
#[derive(Debug, Clone)]
pub struct Command {
    pub milestone_id: Uuid,
    pub seen_version: Option<i64>,
    pub step: Step,
}

impl Step {
    fn action(&self) -> Action {
        match self {
            Step::Report(_) => Action::ReportMilestone,
            Step::Withdraw { .. } => Action::WithdrawMilestone,
            Step::Verify { .. } => Action::VerifyMilestone,
            Step::Return { .. } => Action::ReturnMilestone,
            Step::Reopen { .. } => Action::ReopenMilestone,
        }
    }

    fn event(&self) -> EventKind {
        match self {
            Step::Report(_) => EventKind::MilestoneReported,
            Step::Withdraw { .. } => EventKind::MilestoneWithdrawn,
            Step::Verify { .. } => EventKind::MilestoneVerified,
            Step::Return { .. } => EventKind::MilestoneReturned,
            Step::Reopen { .. } => EventKind::MilestoneReopened,
        }
    }
}

/// Takes each step, or none: the refusals of several are told with their places.
pub async fn step(tx: &mut Tx, commands: &[Command]) -> Result<Vec<MilestoneRow>> {
    let ids: Vec<Uuid> = commands.iter().map(|command| command.milestone_id).collect();
    let rows = store::lock_milestones(tx, &ids).await?;
    let mut project_ids: Vec<Uuid> = rows.values().map(|row| row.project_id).collect();
    project_ids.sort_unstable();
    project_ids.dedup();
    let projects = store::projects_by_id(tx.conn(), &project_ids).await?;
    let scopes = store::scopes_of(tx.conn(), &project_ids).await?;
    let reporters: Vec<Uuid> = rows
        .values()
        .filter_map(|row| row.reported_by_organisation_id)
        .collect();
    let paths = store::paths_of(tx.conn(), &reporters).await?;
    let files = evidence::store::of_milestones(tx.conn(), &ids).await?;

    let mut changes: Vec<(Permit, MilestoneRow)> = Vec::with_capacity(commands.len());
    let mut refusals: Vec<(usize, Error)> = Vec::new();
    let mut seen = std::collections::BTreeSet::new();
    for (index, command) in commands.iter().enumerate() {
        let known = rows
            .get(&command.milestone_id)
            .and_then(|row| Some((row, scopes.get(&row.project_id)?, projects.get(&row.project_id)?)));
        let Some((before, scope, project)) = known else {
            refusals.push((index, Error::NotFound));
            continue;
        };
        if !seen.insert(before.id) {
            refusals.push((index, Error::invalid("/milestone_id", Code::FieldDuplicate)));
            continue;
        }
        let today = tx.today(before.plan_id).await?;
        let outcome = permit(tx, command, before, scope, &paths).and_then(|permit| {
            check_version(command.seen_version, before.row_version)?;
            if matches!(project.life_cycle.as_str(), "cancelled" | "closed")
                || project.archived_reason.is_some()
            {
                return Err(Error::Conflict(
                    Fault::new("", Code::ProjectClosed).with("life_cycle", &project.life_cycle),
                ));
            }
            if let Step::Report(report) = &command.step {
                evidence::check_references(&report.evidence, before.id, &files)?;
            }
            let mut row = before.clone();
            decide(&mut row, command, &permit, tx, today)?;
            Ok((permit, row))
        });
        match outcome {
            Ok(change) => changes.push(change),
            Err(error) => refusals.push((index, error)),
        }
    }
    Error::of_items(refusals, commands.len())?;

    for ((permit, row), command) in changes.iter().zip(commands) {
        if let Some(before) = rows.get(&row.id) {
            let mut body =
                json!({ "changes": difference(&logged_milestone(before), &logged_milestone(row)) });
            if let Step::Verify { note: Some(note) } = &command.step {
                body["note"] = json!(note);
            }
            if let Step::Withdraw { reason: Some(reason) } = &command.step {
                body["reason"] = json!(reason);
            }
            let subject = (Subject::Milestone, row.id);
            tx.record_under(
                permit,
                row.plan_id,
                command.step.event(),
                subject,
                Some(row.project_id),
                body,
            );
        }
    }
    store::save_milestones(tx, &changes).await?;
    derive::refresh(tx, &project_ids).await?;
    Ok(changes.into_iter().map(|(_, row)| row).collect())
}

fn permit(
    tx: &Tx,
    command: &Command,
    row: &MilestoneRow,
    project: &ProjectScope,
    paths: &BTreeMap<Uuid, Vec<Uuid>>,
) -> Result<Permit> {
    // A pending milestone has no report to judge; the right is asked for as if the lead's side looked at it, so that
    // the state is told only to those who could act on it.
    let reporter = match (row.reported_by_user_id, row.reported_by_organisation_id) {
        (Some(user_id), Some(organisation_id)) => Some(Reporter {
            user_id,
            organisation_id,
        }),
        _ => project
            .responsible
            .as_ref()
            .filter(|_| matches!(command.step, Step::Verify { .. } | Step::Return { .. }))
            .map(|owner| Reporter {
                user_id: Uuid::nil(),
                organisation_id: owner.organisation_id,
            }),
    };
    let reporter_path: &[Uuid] = match reporter {
        Some(reporter) => match paths.get(&reporter.organisation_id) {
            Some(path) => path,
            None => project
                .responsible
                .as_ref()
                .map_or(&[], |owner| owner.path.as_slice()),
        },
        None => &[],
    };
    let target = Target::Milestone {
        id: row.id,
        project,
        reporter,
        reporter_path,
    };
    authz::require(tx.actor(), command.step.action(), &target)
}

/// The step itself, on facts alone.
fn decide(
    row: &mut MilestoneRow,
    command: &Command,
    permit: &Permit,
    tx: &Tx,
    today: chrono::NaiveDate,
) -> Result<()> {
    let state = row.state()?;
    let wrong_state = || Error::Conflict(Fault::new("", Code::MilestoneState).with("state", state.as_str()));
    let now = tx.now();
    match &command.step {
        Step::Report(report) => {
            if !state.open() {
                return Err(wrong_state());
            }
            if report.actual_on > today {
                return Err(Error::Invalid(vec![
                    Fault::new("/actual_on", Code::MilestoneActualInFuture).with("today", today),
                ]));
            }
            row.state = MilestoneState::Reported.as_str().to_owned();
            row.actual_on = Some(report.actual_on);
            row.note.clone_from(&report.note);
            row.evidence = serde_json::to_value(&report.evidence).map_err(Error::internal)?;
            row.reported_on = Some(today);
            row.reported_at = Some(now);
            row.reported_by_user_id = tx.actor().user_id();
            row.reported_by_organisation_id = permit.organisation_id();
            clear_verification(row);
            row.back_reason = None;
        }
        Step::Withdraw { .. } => {
            if state != MilestoneState::Reported {
                return Err(wrong_state());
            }
            row.state = MilestoneState::Pending.as_str().to_owned();
            row.actual_on = None;
            row.note = None;
            row.evidence = json!([]);
            row.reported_on = None;
            row.reported_at = None;
            row.reported_by_user_id = None;
            row.reported_by_organisation_id = None;
        }
        Step::Verify { .. } => {
            if state != MilestoneState::Reported {
                return Err(wrong_state());
            }
            row.state = MilestoneState::Verified.as_str().to_owned();
            row.verified_on = Some(today);
            row.verified_at = Some(now);
            row.verified_by_user_id = tx.actor().user_id();
            row.verified_by_organisation_id = permit.organisation_id();
        }
        Step::Return { reason } => {
            if state != MilestoneState::Reported {
                return Err(wrong_state());
            }
            row.state = MilestoneState::Returned.as_str().to_owned();
            row.back_reason = Some(reason.clone());
        }
        Step::Reopen { reason } => {
            if state != MilestoneState::Verified {
                return Err(wrong_state());
            }
            row.state = MilestoneState::Reopened.as_str().to_owned();
            row.back_reason = Some(reason.clone());
            clear_verification(row);
        }
    }
    row.row_version += 1;
    row.updated_at = now;
    derive::span(row)
}

fn clear_verification(row: &mut MilestoneRow) {
    row.verified_on = None;
    row.verified_at = None;
    row.verified_by_user_id = None;
    row.verified_by_organisation_id = None;
}
