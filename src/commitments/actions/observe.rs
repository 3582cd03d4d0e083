//! Filing observations, and correcting what was filed or sent back.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use serde_json::{Value, json};
use uuid::Uuid;

use super::filing::Filing;
use super::{all_or_none, difference};
use crate::commitments::model::{
    CommitmentRow, Correction, NewObservation, ObservationRow, ObservationState, Part, SheetLine,
};
use crate::commitments::store;
use crate::db::{EventKind, Subject, Tx};
use crate::kernel::authz::Permit;
use crate::kernel::{Code, Error, Fault, Result, check_version};

async fn filing(tx: &mut Tx, rows: BTreeMap<Uuid, CommitmentRow>) -> Result<Filing> {
    let mut days = BTreeMap::new();
    for row in rows.values() {
        let plan_id = row.printed.plan_id;
        days.insert(plan_id, tx.today(plan_id).await?);
    }
    Filing::load(tx.conn(), rows, &days).await
}

fn filer(tx: &Tx, permit: &Permit) -> Result<(Uuid, Uuid)> {
    tx.actor()
        .user_id()
        .zip(permit.organisation_id())
        .ok_or_else(|| Error::internal("an observation without a person"))
}

/// A row that is to be there, and the permit for it.
type New = (Permit, ObservationRow);

/// Files all of them or none.
pub async fn file(tx: &mut Tx, items: &[NewObservation]) -> Result<Vec<ObservationRow>> {
    let items: Vec<&NewObservation> = items.iter().collect();
    let rows = all_or_none(new_rows(tx, &items).await?)?;
    write_new(tx, &rows).await?;
    Ok(rows.into_iter().map(|(_, row)| row).collect())
}

async fn new_rows(tx: &mut Tx, items: &[&NewObservation]) -> Result<Vec<Result<New>>> {
    let ids: BTreeSet<Uuid> = items.iter().map(|item| item.commitment_id).collect();
    let ids: Vec<Uuid> = ids.into_iter().collect();
    // Locked, so that two who file for one day are told so one after the other.
    let locked = store::lock(tx, &ids).await?;
    let filing = filing(tx, locked).await?;
    let mut taken: BTreeSet<(Uuid, Part, NaiveDate)> =
        store::observed_days(tx.conn(), &ids).await?.into_iter().collect();
    let decided = items.iter().map(|item| new_row(tx, &filing, item, &mut taken));
    Ok(decided.collect())
}

async fn write_new(tx: &mut Tx, rows: &[New]) -> Result<()> {
    for (permit, row) in rows {
        record(tx, permit, &json!({}), row);
    }
    store::insert_observations(tx, rows).await
}

fn record(tx: &mut Tx, permit: &Permit, before: &Value, row: &ObservationRow) {
    let body = json!({ "changes": difference(before, &row.logged()) });
    let (kind, subject) = (EventKind::ObservationFiled, (Subject::Observation, row.id));
    tx.record_under(permit, row.plan_id, kind, subject, None, body);
}

fn new_row(
    tx: &Tx,
    filing: &Filing,
    item: &NewObservation,
    taken: &mut BTreeSet<(Uuid, Part, NaiveDate)>,
) -> Result<(Permit, ObservationRow)> {
    let known = filing.known(item.commitment_id)?;
    let permit = filing.permit(tx.actor(), item.commitment_id, item.part)?;
    if !taken.insert((item.commitment_id, item.part, item.observed_on)) {
        return Err(Error::Conflict(Fault::new(
            "/observed_on",
            Code::ObservationExists,
        )));
    }
    known.dated(item.observed_on)?;
    if item.part != Part::Whole && !known.holds(item.part) {
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

/// What is to be of an observation, with the permit for it and what it was.
struct Corrected {
    permit: Permit,
    before: ObservationRow,
    row: ObservationRow,
}

/// Corrects what waits or was sent back, and files it again, all of them or none: whoever corrects one is its filer from
/// then on.
pub async fn correct(tx: &mut Tx, items: &[Correction]) -> Result<Vec<ObservationRow>> {
    let items: Vec<&Correction> = items.iter().collect();
    let changed = all_or_none(corrections(tx, &items).await?)?;
    write_corrected(tx, &changed).await?;
    Ok(changed.into_iter().map(|one| one.row).collect())
}

async fn corrections(tx: &mut Tx, items: &[&Correction]) -> Result<Vec<Result<Corrected>>> {
    let ids: Vec<Uuid> = items.iter().map(|item| item.id).collect();
    let mut held = store::lock_observations(tx, &ids).await?;
    let of: Vec<Uuid> = held.values().map(|row| row.commitment_id).collect();
    let commitments = store::by_ids(tx.conn(), &of).await?;
    let filing = filing(tx, commitments).await?;
    let decided = items.iter().map(|item| {
        // Out of sight, or named twice.
        let before = held.remove(&item.id).ok_or(Error::NotFound)?;
        corrected(tx, &filing, item, before)
    });
    Ok(decided.collect())
}

async fn write_corrected(tx: &mut Tx, changed: &[Corrected]) -> Result<()> {
    for one in changed {
        record(tx, &one.permit, &one.before.logged(), &one.row);
        store::save_observation(tx, &one.permit, &one.row).await?;
    }
    Ok(())
}

fn corrected(tx: &Tx, filing: &Filing, item: &Correction, before: ObservationRow) -> Result<Corrected> {
    let known = filing.known(before.commitment_id)?;
    let permit = filing.permit(tx.actor(), before.commitment_id, before.part())?;
    check_version(item.seen_version, before.row_version)?;
    if before.state()? == ObservationState::Confirmed {
        let fault = Fault::new("", Code::ObservationState).with("state", &before.state);
        return Err(Error::Conflict(fault));
    }
    let mut row = before.clone();
    let edit = &item.edit;
    if let Some(day) = edit.observed_on {
        known.dated(day)?;
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
    Ok(Corrected { permit, before, row })
}

/// What was decided on a line of a sheet.
enum Decided {
    New(Box<New>),
    Corrected(Box<Corrected>),
}

/// Files what is new and corrects what is held, all lines of a sheet or none. Every refusal is told at its line.
pub async fn file_sheet(tx: &mut Tx, lines: &[SheetLine]) -> Result<()> {
    if lines.is_empty() {
        return Err(Error::conflict(Code::ObservationNothing));
    }
    let (mut new, mut held) = (Vec::new(), Vec::new());
    for line in lines {
        match line {
            SheetLine::New(one) => new.push(one),
            SheetLine::Correction(one) => held.push(one),
        }
    }
    // Commitments before observations, as whoever judges them does.
    let mut new = new_rows(tx, &new).await?.into_iter();
    let mut held = corrections(tx, &held).await?.into_iter();
    let decided = lines.iter().filter_map(|line| match line {
        SheetLine::New(_) => new.next().map(|one| one.map(|one| Decided::New(Box::new(one)))),
        SheetLine::Correction(_) => held
            .next()
            .map(|one| one.map(|one| Decided::Corrected(Box::new(one)))),
    });
    let (mut new, mut held) = (Vec::new(), Vec::new());
    for one in all_or_none(decided)? {
        match one {
            Decided::New(one) => new.push(*one),
            Decided::Corrected(one) => held.push(*one),
        }
    }
    write_new(tx, &new).await?;
    write_corrected(tx, &held).await
}
