//! Filing observations, and correcting what was filed or sent back.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use serde_json::json;
use uuid::Uuid;

use super::difference;
use crate::commitments::model::{
    CommitmentRow, NewObservation, ObservationEdit, ObservationRow, ObservationState, Part,
};
use crate::commitments::store;
use crate::db::{EventKind, Subject, Tx};
use crate::kernel::authz::{self, Action, CommitmentScope, OwnerScope, Permit, Target};
use crate::kernel::{Code, Error, Fault, Result, check_version};

/// What is known of a commitment while its figures are filed.
struct Known {
    row: CommitmentRow,
    scope: CommitmentScope,
    parts: Vec<Part>,
    starts_on: NaiveDate,
    today: NaiveDate,
}

async fn known(tx: &mut Tx, row: CommitmentRow) -> Result<Known> {
    let scope = store::scope_of(tx.conn(), &row).await?;
    let allocations = store::allocations_of(tx.conn(), row.printed.id).await?;
    let (_, starts_on) = store::plan_of(tx.conn(), row.printed.plan_id).await?;
    Ok(Known {
        scope,
        parts: allocations.iter().map(|one| one.part()).collect(),
        starts_on,
        today: tx.today(row.printed.plan_id).await?,
        row,
    })
}

/// The permit to file a figure of this part. Where only the owner's confirmation is missing, that is said.
async fn permit(tx: &mut Tx, known: &Known, part: Part) -> Result<Permit> {
    let holder = match known.parts.contains(&part) {
        true => store::holder_of(tx.conn(), part).await?,
        false => None,
    };
    let ask = |scope: &CommitmentScope| {
        let target = Target::Observation {
            commitment: scope,
            part: holder.as_deref(),
            filer: None,
        };
        authz::require(tx.actor(), Action::FileObservation, &target)
    };
    let asked = ask(&known.scope);
    let proposed = known.scope.owner.as_ref().filter(|owner| !owner.confirmed);
    if let (Err(_), Some(owner)) = (&asked, proposed) {
        let if_confirmed = CommitmentScope {
            owner: Some(OwnerScope {
                confirmed: true,
                ..owner.clone()
            }),
            ..known.scope.clone()
        };
        if ask(&if_confirmed).is_ok() {
            return Err(Error::conflict(Code::CommitmentOwnerUnconfirmed));
        }
    }
    asked
}

/// Refuses a day that no figure can speak of yet, or that was before the plan.
fn dated(known: &Known, day: NaiveDate) -> Result<()> {
    if day > known.today {
        let fault = Fault::new("/observed_on", Code::ObservationInFuture).with("today", known.today);
        return Err(Error::Invalid(vec![fault]));
    }
    if day < known.starts_on {
        let fault =
            Fault::new("/observed_on", Code::ObservationBeforePlan).with("starts_on", known.starts_on);
        return Err(Error::Invalid(vec![fault]));
    }
    Ok(())
}

fn filer(tx: &Tx, permit: &Permit) -> Result<(Uuid, Uuid)> {
    tx.actor()
        .user_id()
        .zip(permit.organisation_id())
        .ok_or_else(|| Error::internal("an observation without a person"))
}

/// Files all of them or none.
pub async fn file(tx: &mut Tx, items: &[NewObservation]) -> Result<Vec<ObservationRow>> {
    let ids: BTreeSet<Uuid> = items.iter().map(|item| item.commitment_id).collect();
    let ids: Vec<Uuid> = ids.into_iter().collect();
    let mut all: BTreeMap<Uuid, Known> = BTreeMap::new();
    // Locked, so that two who file for one day are told so one after the other.
    for (id, row) in store::lock(tx, &ids).await? {
        all.insert(id, known(tx, row).await?);
    }
    let mut taken: BTreeSet<(Uuid, Part, NaiveDate)> =
        store::observed_days(tx.conn(), &ids).await?.into_iter().collect();
    let mut refusals = Vec::new();
    let mut rows: Vec<(Permit, ObservationRow)> = Vec::new();
    for (index, item) in items.iter().enumerate() {
        let filed = match all.get(&item.commitment_id) {
            None => Err(Error::NotFound),
            Some(known) => new_row(tx, known, item, &mut taken).await,
        };
        match filed {
            Ok(filed) => rows.push(filed),
            Err(error @ (Error::Internal(_) | Error::DatabaseAway(_) | Error::Again(_))) => {
                return Err(error);
            }
            Err(error) => refusals.push((index, error)),
        }
    }
    Error::of_items(refusals, items.len())?;
    for (permit, row) in &rows {
        let body = json!({ "changes": difference(&json!({}), &row.logged()) });
        let subject = (Subject::Observation, row.id);
        tx.record_under(
            permit,
            row.plan_id,
            EventKind::ObservationFiled,
            subject,
            None,
            body,
        );
    }
    store::insert_observations(tx, &rows).await?;
    Ok(rows.into_iter().map(|(_, row)| row).collect())
}

async fn new_row(
    tx: &mut Tx,
    known: &Known,
    item: &NewObservation,
    taken: &mut BTreeSet<(Uuid, Part, NaiveDate)>,
) -> Result<(Permit, ObservationRow)> {
    let permit = permit(tx, known, item.part).await?;
    if !taken.insert((item.commitment_id, item.part, item.observed_on)) {
        return Err(Error::Conflict(Fault::new(
            "/observed_on",
            Code::ObservationExists,
        )));
    }
    dated(known, item.observed_on)?;
    if item.part != Part::Whole && !known.parts.contains(&item.part) {
        let pointer = format!("/{}", item.part.field());
        return Err(Error::invalid(pointer, Code::ObservationPart));
    }
    let value = known
        .row
        .in_base_units("", &item.figure)
        .map_err(|fault| Error::Invalid(vec![fault]))?;
    let (user_id, organisation_id) = filer(tx, &permit)?;
    let now = tx.now();
    let row = ObservationRow {
        id: Uuid::now_v7(),
        plan_id: known.row.printed.plan_id,
        commitment_id: item.commitment_id,
        region_id: item.part.region_id(),
        organisation_id: item.part.organisation_id(),
        counted_from: (known.row.printed.measure == "sum").then_some(known.starts_on),
        observed_on: item.observed_on,
        value,
        source: item.source.clone(),
        note: item.note.clone(),
        state: ObservationState::Filed.as_str().to_owned(),
        filed_on: known.today,
        filed_at: now,
        filed_by_user_id: user_id,
        filed_by_organisation_id: organisation_id,
        confirmed_on: None,
        confirmed_at: None,
        confirmed_by_user_id: None,
        confirmed_by_organisation_id: None,
        back_reason: None,
        row_version: 1,
        created_at: now,
        updated_at: now,
    };
    Ok((permit, row))
}

/// Corrects what waits or was sent back, and files it again: whoever corrects it is its filer from then on.
pub async fn correct(
    tx: &mut Tx,
    id: Uuid,
    seen_version: Option<i64>,
    edit: &ObservationEdit,
) -> Result<ObservationRow> {
    let before = store::lock_observation(tx, id).await?;
    let commitment = store::by_ids(tx.conn(), &[before.commitment_id])
        .await?
        .remove(&before.commitment_id)
        .ok_or(Error::NotFound)?;
    let known = known(tx, commitment).await?;
    let permit = permit(tx, &known, before.part()).await?;
    check_version(seen_version, before.row_version)?;
    if before.state()? == ObservationState::Confirmed {
        let fault = Fault::new("", Code::ObservationState).with("state", &before.state);
        return Err(Error::Conflict(fault));
    }
    let mut row = before.clone();
    if let Some(day) = edit.observed_on {
        dated(&known, day)?;
        row.observed_on = day;
    }
    if let Some(figure) = &edit.figure {
        row.value = known
            .row
            .in_base_units("", figure)
            .map_err(|fault| Error::Invalid(vec![fault]))?;
    }
    if let Some(source) = &edit.source {
        row.source.clone_from(source);
    }
    row.note = edit.note.clone().apply(row.note);
    let (user_id, organisation_id) = filer(tx, &permit)?;
    row.state = ObservationState::Filed.as_str().to_owned();
    row.back_reason = None;
    row.filed_on = known.today;
    row.filed_at = tx.now();
    row.filed_by_user_id = user_id;
    row.filed_by_organisation_id = organisation_id;
    row.row_version += 1;
    row.updated_at = row.filed_at;
    let body = json!({ "changes": difference(&before.logged(), &row.logged()) });
    let subject = (Subject::Observation, id);
    tx.record_under(
        &permit,
        row.plan_id,
        EventKind::ObservationFiled,
        subject,
        None,
        body,
    );
    store::save_observation(tx, &permit, &row).await?;
    Ok(row)
}
