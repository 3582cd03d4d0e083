//! 分县任务: dividing a project among counties. The sums of the parts may differ from the project's own figures: both are
//! shown, nothing is reconciled.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;
use uuid::Uuid;

use super::derive;
use crate::db::{EventKind, Subject, Tx};
use crate::kernel::authz::{self, Action, Permit, Target};
use crate::kernel::{Code, Error, Fault, Result, check_version};
use crate::projects::model::ProjectRow;
use crate::projects::parts::store as parts;
use crate::projects::parts::{NewPart, PartRow};
use crate::projects::silence::Facts;
use crate::projects::store;
use crate::rules::parts::first_day;
use crate::sight;

/// Sets all the parts of a project: those that are not named fall away. The version is the project's.
pub async fn divide(
    tx: &mut Tx,
    id: Uuid,
    seen_version: Option<i64>,
    wanted: &[NewPart],
) -> Result<ProjectRow> {
    let mut row = store::lock_projects(tx, &[id])
        .await?
        .remove(&id)
        .ok_or(Error::NotFound)?;
    let scopes = store::scopes_of(tx.conn(), &[id]).await?;
    let scope = scopes.get(&id).ok_or(Error::NotFound)?;
    let permit = authz::require(tx.actor(), Action::EditProject, &Target::Project(scope))?;
    check_version(seen_version, row.row_version)?;
    row.still_going()?;
    let before = parts::of_projects(tx.conn(), &[id]).await?;
    let read = read(tx, &row, &before, wanted).await?;
    let mut after = read.rows;
    let reach = Reach::of(tx, &permit, scope.issuer_id, before.iter().chain(&after)).await?;
    for part in &mut after {
        let held = before.iter().find(|held| held.id == part.id);
        reach.settle(part, held);
    }
    let gone: Vec<&PartRow> = before
        .iter()
        .filter(|held| !read.named.contains(&held.region_id))
        .collect();
    let changed: Vec<PartRow> = changed(tx, &before, &after, &gone);
    reach.covers(&before, &changed)?;
    still_reported(tx, id, &gone).await?;
    if !read.faults.is_empty() {
        return Err(Error::Invalid(read.faults));
    }
    if changed.is_empty() {
        return Ok(row);
    }
    let logged = |rows: &[PartRow]| rows.iter().map(PartRow::logged).collect::<Vec<_>>();
    let body = json!({ "changes": { "parts": [logged(&before), logged(&after)] } });
    let subject = (Subject::Project, id);
    let kind = EventKind::ProjectDivided;
    tx.record_under(&permit, row.plan_id, kind, subject, Some(id), body);
    parts::save(tx, &permit, &changed).await?;
    // One version for the project and its parts: whoever changes them saw them all.
    row.row_version += 1;
    row.updated_at = tx.now();
    store::save_project(tx, &permit, &row).await?;
    sight::rebuild(tx, &[id]).await?;
    derive::refresh(tx, &[id]).await?;
    Ok(row)
}

/// What was asked for, as far as it can be.
struct Read {
    rows: Vec<PartRow>,
    named: BTreeSet<Uuid>,
    faults: Vec<Fault>,
}

async fn read(tx: &mut Tx, project: &ProjectRow, before: &[PartRow], wanted: &[NewPart]) -> Result<Read> {
    let counties = parts::counties(tx.conn(), project.plan_id).await?;
    let names: Vec<String> = wanted.iter().filter_map(|new| new.organisation.clone()).collect();
    let organisations = store::standing_organisations(tx.conn(), &names).await?;
    let facts = Facts::load(tx.conn(), &[(project.id, project.plan_id)]).await?;
    let stage = facts.stage(&project.kind, &project.life_cycle);
    let calendar = facts.calendar(project.plan_id);
    let terms = calendar.zip(stage).and_then(|(held, stage)| held.terms_of(stage));
    let first = first_day(terms, tx.today(project.plan_id).await?);
    let now = tx.now();
    let mut read = Read {
        rows: Vec::new(),
        named: BTreeSet::new(),
        faults: Vec::new(),
    };
    for (index, new) in wanted.iter().enumerate() {
        let mut fault = |field: &str, code| {
            read.faults
                .push(Fault::new(format!("/items/{index}/{field}"), code))
        };
        let organisation_id = new.organisation.as_ref().and_then(|name| organisations.get(name));
        if new.organisation.is_some() && organisation_id.is_none() {
            fault("organisation", Code::FieldNotFound);
        }
        let Some(region_id) = store::region_named(tx.conn(), &new.region).await? else {
            fault("region", Code::FieldNotFound);
            continue;
        };
        let held = before.iter().find(|held| held.region_id == region_id);
        if held.is_none() && counties.iter().all(|(id, ..)| *id != region_id) {
            fault("region", Code::PartRegionNotCounty);
        } else if read.named.contains(&region_id) {
            fault("region", Code::FieldDuplicate);
        }
        read.named.insert(region_id);
        let basis = if new.confirmed { "confirmed" } else { "inferred" };
        read.rows.push(PartRow {
            id: held.map_or_else(Uuid::now_v7, |held| held.id),
            plan_id: project.plan_id,
            project_id: project.id,
            region_id,
            organisation_id: organisation_id.copied(),
            basis: organisation_id.map(|_| basis.to_owned()),
            quantity: new.quantity.clone(),
            investment_planned: new.investment_planned.clone(),
            from_on: held.map_or(first, |held| held.from_on),
            owes_from: held.and_then(|held| held.owes_from),
            removed: false,
            row_version: held.map_or(1, |held| held.row_version),
            created_at: held.map_or(now, |held| held.created_at),
            updated_at: now,
        });
    }
    // As they are listed, whatever order they were sent in.
    let place = |row: &PartRow| counties.iter().position(|(id, ..)| *id == row.region_id);
    read.rows.sort_by_key(place);
    Ok(read)
}

/// The rows that are to be written: new ones, those that say something else, those that fall away.
fn changed(tx: &Tx, before: &[PartRow], after: &[PartRow], gone: &[&PartRow]) -> Vec<PartRow> {
    let held = |row: &PartRow| before.iter().find(|held| held.id == row.id);
    let again = |row: &PartRow| PartRow {
        row_version: row.row_version + 1,
        updated_at: tx.now(),
        ..row.clone()
    };
    let mut changed: Vec<PartRow> = Vec::new();
    // What falls away first: a county has one part at a time.
    changed.extend(gone.iter().map(|row| PartRow {
        removed: true,
        ..again(row)
    }));
    for row in after {
        match held(row) {
            None => changed.push(row.clone()),
            Some(held) if held.says(row) => {}
            Some(_) => changed.push(again(row)),
        }
    }
    changed
}

/// Refuses to let parts vanish of which something was reported.
async fn still_reported(tx: &mut Tx, project_id: Uuid, gone: &[&PartRow]) -> Result<()> {
    let reported = parts::reported(tx.conn(), project_id).await?;
    let lost: Vec<Uuid> = gone
        .iter()
        .map(|row| row.region_id)
        .filter(|id| reported.contains(id))
        .collect();
    if lost.is_empty() {
        return Ok(());
    }
    let regions = parts::told(tx.conn(), &lost).await?;
    Err(Error::Conflict(
        Fault::new("", Code::PartHasReports).with("regions", regions),
    ))
}

/// Below the issuer a planner gives and takes only what is his subtree's: an organisation outside it that he names for a
/// part is a proposal, and the part of one that is confirmed stays as it is.
struct Reach {
    /// None: the issuer's own planner.
    own: Option<Uuid>,
    paths: BTreeMap<Uuid, Vec<Uuid>>,
}

impl Reach {
    async fn of(
        tx: &mut Tx,
        permit: &Permit,
        issuer_id: Uuid,
        rows: impl Iterator<Item = &PartRow>,
    ) -> Result<Reach> {
        let ids: Vec<Uuid> = rows.filter_map(|row| row.organisation_id).collect();
        Ok(Reach {
            own: permit.organisation_id().filter(|own| *own != issuer_id),
            paths: store::paths_of(tx.conn(), &ids).await?,
        })
    }

    fn is_outside(&self, organisation_id: Uuid) -> bool {
        self.own.is_some_and(|own| {
            !self
                .paths
                .get(&organisation_id)
                .is_some_and(|path| path.contains(&own))
        })
    }

    fn settle(&self, part: &mut PartRow, held: Option<&PartRow>) {
        let stands = held.is_some_and(|held| held.answers() == part.organisation_id);
        if part.answers().is_some_and(|id| self.is_outside(id)) && !stands {
            part.basis = Some("inferred".to_owned());
        }
    }

    fn covers(&self, before: &[PartRow], changed: &[PartRow]) -> Result<()> {
        let touched = before
            .iter()
            .filter(|held| changed.iter().any(|row| row.id == held.id));
        match touched.filter_map(PartRow::answers).any(|id| self.is_outside(id)) {
            true => Err(Error::Forbidden(Action::EditProject)),
            false => Ok(()),
        }
    }
}
