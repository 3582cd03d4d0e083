//! Projects with their owners and milestones.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use uuid::Uuid;

use super::printed::{Printed, id};
use super::{Difference, Outcome, decide};
use crate::commitments::store::links;
use crate::db::{EventKind, Subject, Tx};
use crate::exchange::plan_files::{self, PlanFiles, Word};
use crate::kernel::{Error, Permit, Result};
use crate::plans::store as plans;
use crate::plans::store::printed::Kept;
use crate::projects::actions::{derive, difference, logged_milestone, logged_owner, logged_project};
use crate::projects::model::{MilestoneRow, OwnerRow, Place, ProjectRow};
use crate::projects::store;
use crate::sight;

/// Locks the projects of a plan that was loaded before: as everybody does, before the commitments that they serve.
pub async fn lock(tx: &mut Tx, plan: &str) -> Result<()> {
    let plan_id = match plans::plan(tx.conn(), plan).await {
        Err(Error::NotFound) => return Ok(()),
        found => found?.id,
    };
    let held = store::of_plan(tx.conn(), plan_id).await?;
    let ids: Vec<Uuid> = held.iter().map(|row| row.id).collect();
    derive::lock(tx, &ids).await
}

/// Keeps every project of the files; their milestones and owners with them.
pub async fn keep(tx: &mut Tx, files: &PlanFiles, printed: &Printed, outcome: &mut Outcome) -> Result<()> {
    let permit = printed.permit.clone();
    let held = store::of_plan(tx.conn(), printed.plan_id).await?;
    let mut by_code: BTreeMap<String, ProjectRow> =
        held.into_iter().map(|row| (row.code.clone(), row)).collect();
    let held_ids: Vec<Uuid> = by_code.values().map(|row| row.id).collect();
    let mut milestones: BTreeMap<String, MilestoneRow> = store::milestones_of(tx.conn(), &held_ids)
        .await?
        .into_iter()
        .map(|row| (row.code.clone(), row))
        .collect();
    let owners = store::owners_of(tx.conn(), &held_ids).await?;

    let mut new_projects = Vec::new();
    let mut saved_milestones: Vec<(Permit, MilestoneRow)> = Vec::new();
    let mut saved_owners: Vec<(Permit, OwnerRow)> = Vec::new();
    let mut served: Vec<Served<'_>> = Vec::new();
    let mut changed: Vec<Uuid> = Vec::new();
    for project in &files.projects {
        let kind = files
            .kind(&project.kind)
            .ok_or_else(|| Error::internal("a kind is missing"))?;
        let wanted = row(tx, printed, project)?;
        let seeded = logged_project(&wanted);
        let serves = project
            .serves
            .iter()
            .map(|code| id(&printed.commitments, code))
            .collect::<Result<Vec<_>>>()?;
        let project_id = match by_code.remove(&project.code) {
            None => {
                let mut fresh = wanted;
                fresh.seed = seeded.clone();
                let subject = (Subject::Project, fresh.id);
                let body = json!({ "state": seeded });
                tx.record_under(
                    &permit,
                    printed.plan_id,
                    EventKind::RecordCreated,
                    subject,
                    Some(fresh.id),
                    body,
                );
                outcome.count(Kept::Created);
                changed.push(fresh.id);
                let id = fresh.id;
                new_projects.push(fresh);
                id
            }
            // Merged or split up since: the files say nothing of it any more but what they changed.
            Some(current) if current.archived_reason.is_some() => {
                if current.seed != seeded {
                    outcome.differences.push(Difference {
                        code: current.code.clone(),
                        field: "archived_reason".to_owned(),
                        held: json!(current.archived_reason),
                        in_files: Value::Null,
                    });
                }
                outcome.count(Kept::Unchanged);
                milestones.retain(|_, milestone| milestone.project_id != current.id);
                continue;
            }
            Some(mut current) => {
                let before = logged_project(&current);
                let fields = decide(
                    &project.code,
                    &current.seed,
                    &before,
                    &seeded,
                    &mut outcome.differences,
                );
                if current.seed != seeded {
                    take_project(&mut current, &wanted, &fields);
                    let body =
                        json!({ "changes": difference(&before, &logged_project(&current)), "seed": seeded });
                    let subject = (Subject::Project, current.id);
                    current.seed = seeded;
                    current.row_version += 1;
                    current.updated_at = tx.now();
                    let id = current.id;
                    tx.record_under(
                        &permit,
                        printed.plan_id,
                        EventKind::RecordEdited,
                        subject,
                        Some(id),
                        body,
                    );
                    store::save_project(tx, &permit, &current).await?;
                    outcome.count(Kept::Changed);
                    changed.push(id);
                } else {
                    outcome.count(Kept::Unchanged);
                }
                current.id
            }
        };
        let mut kept_any = false;
        for milestone in plan_files::milestones(&files.plan, kind, project) {
            let wanted = MilestoneRow::begun((printed.plan_id, project_id), &milestone, tx.now());
            let current = milestones.remove(&milestone.code);
            if let Some(row) = keep_milestone(tx, &permit, current, wanted, outcome)? {
                kept_any = true;
                saved_milestones.push((permit.clone(), row));
            }
        }
        let own: Vec<&OwnerRow> = owners
            .iter()
            .filter(|owner| owner.project_id == project_id)
            .collect();
        let kept_owners = keep_owners(tx, printed, project, project_id, &own, outcome)?;
        if kept_any || !kept_owners.is_empty() {
            changed.push(project_id);
        }
        saved_owners.extend(kept_owners.into_iter().map(|row| (permit.clone(), row)));
        if !serves.is_empty() {
            served.push(Served {
                project_id,
                code: &project.code,
                commitments: serves,
            });
        }
    }
    // What a planner added by hand has no seed, and is none of the files' business.
    let from_files = |seed: &Value| seed.as_object().is_some_and(|seed| !seed.is_empty());
    let projects = by_code
        .iter()
        .filter(|(_, row)| from_files(&row.seed) && !row.is_over())
        .map(|(code, _)| (code, "project"));
    let steps = milestones
        .iter()
        .filter(|(_, row)| row.state != "cancelled" && from_files(&row.seed))
        .map(|(code, _)| (code, "milestone"));
    for (code, gone) in projects.chain(steps) {
        // Nothing is deleted: a planner cancels or archives it, with a reason.
        outcome.differences.push(Difference {
            code: code.clone(),
            field: gone.to_owned(),
            held: json!("present"),
            in_files: Value::Null,
        });
    }
    store::insert_projects(tx, &permit, &new_projects).await?;
    store::save_milestones(tx, &saved_milestones).await?;
    store::save_owners(tx, &saved_owners).await?;
    let linked = keep_links(tx, (&permit, printed.plan_id), &served, outcome).await?;
    changed.extend(linked);
    changed.extend(links::serving(tx.conn(), &printed.promised).await?);
    if printed.moved {
        let all = store::of_plan(tx.conn(), printed.plan_id).await?;
        changed.extend(all.iter().map(|row| row.id));
    }
    changed.sort_unstable();
    changed.dedup();
    if !changed.is_empty() {
        sight::rebuild(tx, &changed).await?;
        derive::refresh(tx, &changed).await?;
    }
    Ok(())
}

/// What the files say that a project serves.
struct Served<'a> {
    project_id: Uuid,
    code: &'a str,
    commitments: Vec<Uuid>,
}

/// Adds the links that the files name and that never were; one that a planner took away stays away. Answers the projects
/// that serve more than before.
async fn keep_links(
    tx: &mut Tx,
    (permit, plan_id): (&Permit, Uuid),
    served: &[Served<'_>],
    outcome: &mut Outcome,
) -> Result<Vec<Uuid>> {
    let ids: Vec<Uuid> = served.iter().map(|one| one.project_id).collect();
    let held = links::of_projects(tx.conn(), &ids).await?;
    let mut fresh: Vec<(Uuid, Uuid)> = Vec::new();
    let mut changed = Vec::new();
    for one in served {
        let mut added: Vec<Uuid> = Vec::new();
        for commitment_id in &one.commitments {
            match held.get(&(one.project_id, *commitment_id)) {
                None => added.push(*commitment_id),
                Some(link) if link.removed => outcome.differences.push(Difference {
                    code: one.code.to_owned(),
                    field: "serves".to_owned(),
                    held: Value::Null,
                    in_files: json!(commitment_id),
                }),
                Some(_) => {}
            }
        }
        if added.is_empty() {
            continue;
        }
        let all = (one.project_id, Uuid::nil())..=(one.project_id, Uuid::max());
        let stand = held.range(all).filter(|(_, link)| !link.removed);
        let before: Vec<Uuid> = stand.map(|((_, commitment), _)| *commitment).collect();
        let after: Vec<Uuid> = before.iter().chain(&added).copied().collect();
        let body = json!({ "changes": { "serves": [before, after] } });
        let subject = (Subject::Project, one.project_id);
        let kind = EventKind::ProjectEdited;
        tx.record_under(permit, plan_id, kind, subject, Some(one.project_id), body);
        fresh.extend(added.iter().map(|commitment| (one.project_id, *commitment)));
        changed.push(one.project_id);
    }
    links::add(tx, permit, plan_id, &fresh).await?;
    Ok(changed)
}

/// A project as the files give it.
fn row(tx: &Tx, printed: &Printed, project: &plan_files::Project) -> Result<ProjectRow> {
    let place = Place {
        plan_id: printed.plan_id,
        programme_id: id(&printed.programmes, &project.programme)?,
        initiative_id: id(&printed.initiatives, &project.initiative)?,
        service_area_id: project
            .service_area
            .as_deref()
            .map(|code| id(&printed.service_areas, code))
            .transpose()?,
    };
    let due = (
        project.due.on,
        project.due.precision.as_str(),
        project.due.basis.as_str(),
    );
    let code = project.code.clone();
    let second = project.second_initiative.as_deref();
    let region = project.region.as_deref();
    Ok(ProjectRow {
        second_initiative_id: second.map(|code| id(&printed.initiatives, code)).transpose()?,
        site_region_id: region.map(|code| id(&printed.regions, code)).transpose()?,
        responsible_level: project.level.as_str().to_owned(),
        quantity: project.quantity.clone(),
        unit: project.unit.clone(),
        is_remainder: project.remainder,
        open_ended: project.open_ended,
        components: project.components.clone(),
        description: project.description.clone(),
        as_printed: project.as_printed.clone(),
        doubt: project.doubt.clone(),
        investment_planned: project.investment_planned.clone(),
        national_code: project.national_code.clone(),
        is_public: project.public,
        ..ProjectRow::begun(place, code, &project.title, &project.kind, due, tx.now())
    })
}

/// Takes these fields, by their names in the log, from what the files want.
fn take_project(row: &mut ProjectRow, wanted: &ProjectRow, fields: &[String]) {
    let wanted = wanted.clone();
    for field in fields {
        match field.as_str() {
            "title" => {
                row.title.clone_from(&wanted.title);
                row.folded_title.clone_from(&wanted.folded_title);
                row.bigrams.clone_from(&wanted.bigrams);
            }
            "kind" => row.kind.clone_from(&wanted.kind),
            "initiative_id" => {
                row.initiative_id = wanted.initiative_id;
                row.programme_id = wanted.programme_id;
                row.service_area_id = wanted.service_area_id;
            }
            "second_initiative_id" => row.second_initiative_id = wanted.second_initiative_id,
            "site_region_id" => row.site_region_id = wanted.site_region_id,
            "responsible_level" => row.responsible_level.clone_from(&wanted.responsible_level),
            "quantity" => row.quantity.clone_from(&wanted.quantity),
            "unit" => row.unit.clone_from(&wanted.unit),
            "is_remainder" => row.is_remainder = wanted.is_remainder,
            "open_ended" => row.open_ended = wanted.open_ended,
            "components" => row.components.clone_from(&wanted.components),
            "description" => row.description.clone_from(&wanted.description),
            "as_printed" => row.as_printed.clone_from(&wanted.as_printed),
            "doubt" => row.doubt.clone_from(&wanted.doubt),
            "due_on" => row.due_on = wanted.due_on,
            "due_precision" => row.due_precision.clone_from(&wanted.due_precision),
            "due_basis" => row.due_basis.clone_from(&wanted.due_basis),
            "investment_planned" => row.investment_planned.clone_from(&wanted.investment_planned),
            "national_code" => row.national_code.clone_from(&wanted.national_code),
            "is_public" => row.is_public = wanted.is_public,
            // The rest is no business of the files: life cycle, what was delivered.
            _ => {}
        }
    }
}

/// What of a milestone the files own.
fn owned(row: &MilestoneRow) -> Value {
    let mut all = logged_milestone(row);
    if let Some(fields) = all.as_object_mut() {
        fields.retain(|field, _| {
            matches!(
                field.as_str(),
                "number"
                    | "name"
                    | "weight"
                    | "planned_on"
                    | "date_basis"
                    | "date_precision"
                    | "evidence_wanted"
            )
        });
    }
    all
}

fn keep_milestone(
    tx: &mut Tx,
    permit: &Permit,
    current: Option<MilestoneRow>,
    mut wanted: MilestoneRow,
    outcome: &mut Outcome,
) -> Result<Option<MilestoneRow>> {
    let seeded = owned(&wanted);
    let Some(mut row) = current else {
        wanted.seed = seeded;
        derive::span(&mut wanted)?;
        let body = json!({ "state": logged_milestone(&wanted) });
        let subject = (Subject::Milestone, wanted.id);
        tx.record_under(
            permit,
            wanted.plan_id,
            EventKind::RecordCreated,
            subject,
            Some(wanted.project_id),
            body,
        );
        outcome.count(Kept::Created);
        return Ok(Some(wanted));
    };
    let mut fields = decide(
        &row.code,
        &row.seed,
        &owned(&row),
        &seeded,
        &mut outcome.differences,
    );
    if row.seed == seeded && row.marks == wanted.marks {
        outcome.count(Kept::Unchanged);
        return Ok(None);
    }
    row.marks.clone_from(&wanted.marks);
    // A date belongs together: where any part of it was changed here, none is taken.
    let date = ["planned_on", "date_basis", "date_precision"];
    let held = owned(&row);
    if date.iter().any(|field| held.get(*field) != row.seed.get(*field)) {
        fields.retain(|field| !date.contains(&field.as_str()));
    }
    let before = logged_milestone(&row);
    for field in &fields {
        match field.as_str() {
            "number" => row.number = wanted.number,
            "name" => row.name.clone_from(&wanted.name),
            "weight" => row.weight.clone_from(&wanted.weight),
            "planned_on" => row.planned_on = wanted.planned_on,
            "date_basis" => row.date_basis.clone_from(&wanted.date_basis),
            "date_precision" => row.date_precision.clone_from(&wanted.date_precision),
            "evidence_wanted" => row.evidence_wanted.clone_from(&wanted.evidence_wanted),
            _ => {}
        }
    }
    if row.first_baseline_on.is_none() {
        row.first_baseline_on = wanted
            .first_baseline_on
            .filter(|_| row.date_basis == wanted.date_basis);
    }
    row.seed = seeded;
    row.row_version += 1;
    row.updated_at = tx.now();
    derive::span(&mut row)?;
    let body = json!({ "changes": difference(&before, &logged_milestone(&row)), "seed": row.seed });
    let subject = (Subject::Milestone, row.id);
    tx.record_under(
        permit,
        row.plan_id,
        EventKind::RecordEdited,
        subject,
        Some(row.project_id),
        body,
    );
    outcome.count(Kept::Changed);
    Ok(Some(row))
}

/// Adds the owners that the files propose where a role has none. One that is there stands: it was proposed before, or
/// somebody confirmed or changed it since.
fn keep_owners(
    tx: &mut Tx,
    printed: &Printed,
    project: &plan_files::Project,
    project_id: Uuid,
    held: &[&OwnerRow],
    outcome: &mut Outcome,
) -> Result<Vec<OwnerRow>> {
    let now = tx.now();
    let mut kept = Vec::new();
    for owner in &project.owners {
        let organisation_id = id(&printed.organisations, &owner.organisation)?;
        let role = owner.role.as_str();
        let in_role: Vec<&&OwnerRow> = held.iter().filter(|row| row.role == role).collect();
        let same = in_role.iter().any(|row| row.organisation_id == organisation_id);
        let single = role != "supporting";
        if same {
            outcome.count(Kept::Unchanged);
            continue;
        }
        let mut replaced = None;
        if let Some(current) = in_role.first().filter(|_| single) {
            if current.basis == "confirmed" {
                outcome.differences.push(Difference {
                    code: project.code.clone(),
                    field: role.to_owned(),
                    held: json!(current.organisation_id),
                    in_files: json!(owner.organisation),
                });
                continue;
            }
            let mut row = (**current).clone();
            row.removed = true;
            row.row_version += 1;
            row.updated_at = now;
            replaced = Some(row);
        }
        let of = (printed.plan_id, project_id);
        let fresh = OwnerRow::new(of, role, organisation_id, owner.basis.as_str(), now);
        let kind = if replaced.is_some() {
            EventKind::OwnerReplaced
        } else {
            EventKind::RecordCreated
        };
        let subject = (Subject::ProjectOwner, fresh.id);
        let body = json!({ "state": logged_owner(&fresh), "replaces": replaced.as_ref().map(|row| row.id) });
        tx.record_under(
            &printed.permit,
            printed.plan_id,
            kind,
            subject,
            Some(project_id),
            body,
        );
        outcome.count(if replaced.is_some() {
            Kept::Changed
        } else {
            Kept::Created
        });
        kept.extend(replaced);
        kept.push(fresh);
    }
    Ok(kept)
}
