//! The second pair of eyes on an observation: confirming it, or sending it back with a reason. A confirmed figure that turns
//! out wrong is sent back by the issuer's planner, corrected, and confirmed again.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, Utc};
use diesel_async::AsyncPgConnection;
use serde_json::json;
use uuid::Uuid;

use super::{all_or_none, difference, serving};
use crate::commitments::model::{ObservationRow, ObservationState};
use crate::commitments::store;
use crate::db::{EventKind, Subject, Tx};
use crate::kernel::authz::{self, Action, CommitmentScope, Permit, Reporter, Target};
use crate::kernel::{Actor, Code, Error, Fault, Result, check_version};

/// What is decided on an observation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Judgement {
    Confirm,
    Return { reason: String },
}

/// Which observation is judged, as it was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judged {
    pub id: Uuid,
    pub seen_version: Option<i64>,
}

/// What is known of observations while they are judged: for whoever judges them, and for pages that offer it.
pub struct Judging {
    scopes: BTreeMap<Uuid, CommitmentScope>,
    /// Those of which the actor filed or corrected any version.
    own: BTreeSet<Uuid>,
}

impl Judging {
    pub async fn load<'a>(
        conn: &mut AsyncPgConnection,
        actor: &Actor,
        rows: impl Iterator<Item = &'a ObservationRow> + Clone,
    ) -> Result<Judging> {
        let of: Vec<Uuid> = rows.clone().map(|row| row.commitment_id).collect();
        let commitments = store::by_ids(conn, &of).await?;
        let ids: Vec<Uuid> = rows.map(|row| row.id).collect();
        Ok(Judging {
            scopes: store::scopes_of(conn, commitments.values()).await?,
            own: match actor.user_id() {
                Some(user_id) => store::filed_by(conn, &ids, user_id).await?,
                None => BTreeSet::new(),
            },
        })
    }

    /// The permit to judge an observation as it is.
    pub fn permit(&self, actor: &Actor, row: &ObservationRow, judgement: &Judgement) -> Result<Permit> {
        let scope = self.scopes.get(&row.commitment_id).ok_or(Error::NotFound)?;
        let returns = matches!(judgement, Judgement::Return { .. });
        // What counts already is taken back by the issuer's planner alone.
        if row.state()? == ObservationState::Confirmed && returns {
            return authz::require(actor, Action::EditCommitment, &Target::Commitment(scope));
        }
        let target = Target::Observation {
            commitment: scope,
            part: None,
            filer: Some(Reporter {
                user_id: row.filed_by_user_id,
                organisation_id: row.filed_by_organisation_id,
            }),
        };
        let permit = authz::require(actor, Action::JudgeObservation, &target)?;
        // Whoever filed or corrected any version of it is no second pair of eyes, whoever touched it last.
        if !returns && self.own.contains(&row.id) {
            return Err(Error::Forbidden(Action::JudgeObservation));
        }
        Ok(permit)
    }
}

/// Judges one.
pub async fn judge(
    tx: &mut Tx,
    id: Uuid,
    seen_version: Option<i64>,
    judgement: &Judgement,
) -> Result<ObservationRow> {
    let one = Judged { id, seen_version };
    let mut rows = judge_many(tx, &[one], judgement).await?;
    rows.pop().ok_or(Error::NotFound)
}

/// Judges all of them alike, or none.
pub async fn judge_many(tx: &mut Tx, items: &[Judged], judgement: &Judgement) -> Result<Vec<ObservationRow>> {
    let ids: Vec<Uuid> = items.iter().map(|item| item.id).collect();
    let actor = tx.actor().clone();
    // Nobody waits for what he may not judge.
    let seen = store::observed(tx, &ids).await?;
    let judging = Judging::load(tx.conn(), &actor, seen.values()).await?;
    all_or_none(items.iter().map(|item| {
        let row = seen.get(&item.id).ok_or(Error::NotFound)?;
        judging.permit(&actor, row, judgement)
    }))?;
    // Before the observations themselves: the lights of these projects follow from what counts, which a part's figure
    // does not.
    let whole: BTreeSet<Uuid> = seen
        .values()
        .filter(|row| row.is_of_the_whole())
        .map(|row| row.commitment_id)
        .collect();
    let whole: Vec<Uuid> = whole.into_iter().collect();
    let serving = serving::lock(tx, &whole).await?;
    let mut held = store::lock_observations(tx, &ids).await?;
    let judging = Judging::load(tx.conn(), &actor, held.values()).await?;
    let mut days: BTreeMap<Uuid, NaiveDate> = BTreeMap::new();
    for row in held.values() {
        days.insert(row.plan_id, tx.today(row.plan_id).await?);
    }
    let now = tx.now();
    let judged = all_or_none(items.iter().map(|item| {
        // Out of sight by now, or named twice.
        let before = held.remove(&item.id).ok_or(Error::NotFound)?;
        let permit = judging.permit(&actor, &before, judgement)?;
        check_version(item.seen_version, before.row_version)?;
        let today = *days.get(&before.plan_id).ok_or(Error::NotFound)?;
        let row = decided(&before, judgement, (&actor, &permit), (today, now))?;
        Ok((permit, before, row))
    }))?;
    let kind = match judgement {
        Judgement::Confirm => EventKind::ObservationConfirmed,
        Judgement::Return { .. } => EventKind::ObservationReturned,
    };
    let mut rows = Vec::with_capacity(judged.len());
    for (permit, before, row) in judged {
        let body = json!({ "changes": difference(&before.logged(), &row.logged()) });
        let subject = (Subject::Observation, row.id);
        tx.record_under(&permit, row.plan_id, kind, subject, None, body);
        store::save_observation(tx, &permit, &row).await?;
        rows.push(row);
    }
    serving.follow(tx).await?;
    Ok(rows)
}

/// What becomes of an observation.
fn decided(
    before: &ObservationRow,
    judgement: &Judgement,
    (actor, permit): (&Actor, &Permit),
    (today, now): (NaiveDate, DateTime<Utc>),
) -> Result<ObservationRow> {
    let state = before.state()?;
    let allowed = match judgement {
        Judgement::Confirm => state == ObservationState::Filed,
        Judgement::Return { .. } => state != ObservationState::Returned,
    };
    if !allowed {
        let fault = Fault::new("", Code::ObservationState).with("state", state.as_str());
        return Err(Error::Conflict(fault));
    }
    let mut row = before.clone();
    match judgement {
        Judgement::Confirm => {
            row.state = ObservationState::Confirmed.as_str().to_owned();
            row.confirmed_on = Some(today);
            row.confirmed_at = Some(now);
            row.confirmed_by_user_id = actor.user_id();
            row.confirmed_by_organisation_id = permit.organisation_id();
        }
        Judgement::Return { reason } => {
            row.state = ObservationState::Returned.as_str().to_owned();
            row.back_reason = Some(reason.clone());
            row.confirmed_on = None;
            row.confirmed_at = None;
            row.confirmed_by_user_id = None;
            row.confirmed_by_organisation_id = None;
        }
    }
    row.row_version += 1;
    row.updated_at = now;
    Ok(row)
}
