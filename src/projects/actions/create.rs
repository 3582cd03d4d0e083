//! A planner adds a project to an initiative, or a milestone to a project. Milestones are proposals until confirmed.

use chrono::NaiveDate;
use serde_json::json;
use uuid::Uuid;

use super::{derive, logged_milestone, logged_owner, logged_project, logged_standing};
use crate::commitments::store::links;
use crate::db::{EventKind, Subject, Tx};
use crate::kernel::authz::{self, Action, OwnerScope, Permit, ProjectScope, Target};
use crate::kernel::{Code, Error, Fault, Result};
use crate::plans::model::{InitiativeView, PlanView, StepRecord};
use crate::plans::store as plans;
use crate::projects::model::{
    MilestoneRow, NamedOwner, NewMilestone, NewProject, OwnerRow, Place, ProjectRow,
};
use crate::projects::store;
use crate::rules::overdue::DateBasis;
use crate::rules::templates::{self, Milestone, Promise, Step};
use crate::sight;

/// Everything that a new project begins with.
pub(super) struct Begun {
    pub project: ProjectRow,
    pub owners: Vec<OwnerRow>,
    pub milestones: Vec<MilestoneRow>,
    pub serves: Vec<Uuid>,
}

/// A project that would be, with what it refers to looked up.
pub(super) struct Draft {
    pub plan: PlanView,
    pub project: ProjectRow,
    pub owners: Vec<OwnerRow>,
    pub serves: Vec<Uuid>,
    /// Whether its kind goes on and on, and the steps of it.
    template: (bool, Vec<StepRecord>),
    /// What is wrong with it.
    pub faults: Vec<Fault>,
}

fn missing(pointer: &str) -> Fault {
    Fault::new(pointer, Code::FieldNotFound)
}

/// What is not there is none; any other error stays one.
fn found<T>(looked_up: Result<T>) -> Result<Option<T>> {
    match looked_up {
        Ok(found) => Ok(Some(found)),
        Err(Error::NotFound) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Looks up what a new project refers to. Its owners are proposals, or settled, as it says itself.
pub(super) async fn draft(tx: &mut Tx, new: &NewProject) -> Result<Draft> {
    let mut faults = Vec::new();
    let initiative = match found(plans::initiative(tx.conn(), &new.initiative).await)? {
        Some(initiative) => initiative,
        None => return Err(Error::Invalid(vec![missing("/initiative")])),
    };
    let plan = plans::plan(tx.conn(), &initiative.plan_id.to_string()).await?;
    let programme = plans::programme(tx.conn(), &initiative.programme_id.to_string()).await?;
    let second = match &new.second_initiative {
        None => None,
        Some(name) => {
            let found = found(plans::initiative(tx.conn(), name).await)?;
            let found = found
                .filter(|second: &InitiativeView| second.plan_id == plan.id && second.id != initiative.id);
            if found.is_none() {
                faults.push(missing("/second_initiative"));
            }
            found.map(|second| second.id)
        }
    };
    let site_region_id = region(tx, new.region.as_deref(), "/region", &mut faults).await?;
    let place = Place {
        plan_id: plan.id,
        programme_id: programme.id,
        initiative_id: initiative.id,
        service_area_id: programme.service_area_id,
    };
    let project = begun(tx, new, place, &initiative.code, (second, site_region_id));
    let basis = if new.owners_confirmed {
        "confirmed"
    } else {
        "inferred"
    };
    let owners = owners(tx, &project, &new.owners, basis, "/owners", &mut faults).await?;
    let mut serves = Vec::new();
    for (index, name) in new.commitments.iter().enumerate() {
        match found(plans::commitment(tx.conn(), name).await)? {
            Some(found) if found.plan_id == plan.id => serves.push(found.id),
            _ => faults.push(missing(&format!("/commitments/{index}"))),
        }
    }
    let template = plans::template(tx.conn(), &new.kind).await?;
    if template.is_none() {
        faults.push(missing("/kind"));
    }
    faults.extend(before_the_plan("/due_on", new.due_on, plan.starts_on));
    Ok(Draft {
        plan,
        project,
        owners,
        serves,
        template: template.unwrap_or_default(),
        faults,
    })
}

/// A day that lies before the plan's first.
pub(super) fn before_the_plan(pointer: &str, day: NaiveDate, starts_on: NaiveDate) -> Option<Fault> {
    let fault = Fault::new(pointer, Code::FieldOutOfRange)
        .with("least", starts_on)
        .with("most", "2199-12-31");
    (day < starts_on).then_some(fault)
}

fn begun(
    tx: &Tx,
    new: &NewProject,
    place: Place,
    within: &str,
    (second_initiative_id, site_region_id): (Option<Uuid>, Option<Uuid>),
) -> ProjectRow {
    let code = format!("{within}.{}", new.slug);
    let due = (new.due_on, new.due_precision.as_str(), new.due_basis.as_str());
    ProjectRow {
        second_initiative_id,
        site_region_id,
        responsible_level: new.responsible_level.clone(),
        quantity: new.quantity.clone(),
        unit: new.unit.clone(),
        is_remainder: new.is_remainder,
        open_ended: new.open_ended,
        components: new.components.clone(),
        description: new.description.clone(),
        as_printed: new.as_printed.clone(),
        doubt: new.doubt.clone(),
        investment_planned: new.investment_planned.clone(),
        national_code: new.national_code.clone(),
        is_public: new.is_public,
        ..ProjectRow::begun(place, code, &new.title, &new.kind, due, tx.now())
    }
}

/// Adds a project with the milestones of its kind.
pub async fn project(tx: &mut Tx, new: &NewProject) -> Result<ProjectRow> {
    let mut draft = draft(tx, new).await?;
    // Whether it may be added is said before what else is wrong with it, but after what it refers to was looked up:
    // who owns it decides.
    let permit = permit(tx, &draft.project, &draft.owners, draft.plan.issuer_id).await?;
    if !draft.faults.is_empty() {
        return Err(Error::Invalid(draft.faults));
    }
    if new.owners_confirmed {
        propose_others(tx, &permit, &mut draft.owners, draft.plan.issuer_id).await?;
    }
    let begun = Begun {
        milestones: steps_of(tx, &draft, new),
        project: draft.project,
        owners: draft.owners,
        serves: draft.serves,
    };
    let id = keep(tx, &permit, begun).await?;
    store::projects_by_id(tx.conn(), &[id])
        .await?
        .remove(&id)
        .ok_or(Error::NotFound)
}

/// The milestones of its kind, as they lie between the plan's issue and its own day.
fn steps_of(tx: &Tx, draft: &Draft, new: &NewProject) -> Vec<MilestoneRow> {
    let (continuing, steps) = &draft.template;
    let steps: Vec<Step<'_>> = steps
        .iter()
        .map(|step| Step {
            code: &step.code,
            name: &step.name,
            weight: &step.weight,
            due_percent: step.due_percent,
            evidence: &step.evidence,
            marks: step.marks.as_deref(),
        })
        .collect();
    let row = &draft.project;
    let promise = Promise {
        on: row.due_on,
        basis: DateBasis::parse(&new.due_basis).unwrap_or(DateBasis::Period),
        precision: precision(&new.due_precision),
    };
    templates::milestones(&row.code, *continuing, &steps, draft.plan.issued_on, promise)
        .iter()
        .map(|planned| MilestoneRow::begun((draft.plan.id, row.id), planned, tx.now()))
        .collect()
}

/// The word for a precision, as the rules know it.
pub(super) fn precision(text: &str) -> &'static str {
    ["day", "month", "quarter", "year", "period"]
        .into_iter()
        .find(|known| *known == text)
        .unwrap_or("day")
}

/// Below the issuer a planner settles for organisations of his own subtree only; another that leads or delivers by his
/// word is a proposal, which it claims or disputes and the issuer's planner settles.
async fn propose_others(
    tx: &mut Tx,
    permit: &Permit,
    owners: &mut [OwnerRow],
    issuer_id: Uuid,
) -> Result<()> {
    let Some(own) = permit.organisation_id().filter(|own| *own != issuer_id) else {
        return Ok(());
    };
    let ids: Vec<Uuid> = owners.iter().map(|owner| owner.organisation_id).collect();
    let paths = store::paths_of(tx.conn(), &ids).await?;
    for owner in owners.iter_mut().filter(|owner| owner.role != "supporting") {
        let path = paths.get(&owner.organisation_id);
        if !path.is_some_and(|path| path.contains(&own)) {
            owner.basis = "inferred".to_owned();
        }
    }
    Ok(())
}

/// The site that a name means.
pub(super) async fn region(
    tx: &mut Tx,
    name: Option<&str>,
    pointer: &str,
    faults: &mut Vec<Fault>,
) -> Result<Option<Uuid>> {
    let Some(name) = name else { return Ok(None) };
    let found = store::region_named(tx.conn(), name).await?;
    if found.is_none() {
        faults.push(Fault::new(pointer, Code::FieldNotFound));
    }
    Ok(found)
}

/// The owners that a project begins with.
pub(super) async fn owners(
    tx: &mut Tx,
    project: &ProjectRow,
    named: &[NamedOwner],
    basis: &str,
    pointer: &str,
    faults: &mut Vec<Fault>,
) -> Result<Vec<OwnerRow>> {
    let names: Vec<String> = named.iter().map(|owner| owner.organisation.clone()).collect();
    let known = store::standing_organisations(tx.conn(), &names).await?;
    let mut rows: Vec<OwnerRow> = Vec::new();
    for (index, owner) in named.iter().enumerate() {
        let Some(organisation_id) = known.get(&owner.organisation) else {
            faults.push(Fault::new(
                format!("{pointer}/{index}/organisation"),
                Code::FieldNotFound,
            ));
            continue;
        };
        // One lead, one responsible; nobody supports what he leads.
        let taken = rows.iter().any(|row| {
            (row.role == owner.role && owner.role != "supporting")
                || (row.organisation_id == *organisation_id
                    && (row.role == "supporting" || owner.role == "supporting"))
        });
        if taken {
            faults.push(Fault::new(format!("{pointer}/{index}"), Code::FieldDuplicate));
            continue;
        }
        let of = (project.plan_id, project.id);
        rows.push(OwnerRow::new(of, &owner.role, *organisation_id, basis, tx.now()));
    }
    Ok(rows)
}

/// The permit to add a project with these owners.
pub(super) async fn permit(
    tx: &mut Tx,
    project: &ProjectRow,
    owners: &[OwnerRow],
    issuer_id: Uuid,
) -> Result<Permit> {
    let ids: Vec<Uuid> = owners.iter().map(|owner| owner.organisation_id).collect();
    let mut paths = store::paths_of(tx.conn(), &ids).await?;
    let mut scope = |role: &str| {
        let owner = owners.iter().find(|owner| owner.role == role)?;
        Some(OwnerScope {
            organisation_id: owner.organisation_id,
            confirmed: owner.basis != "inferred",
            path: paths.remove(&owner.organisation_id).unwrap_or_default(),
        })
    };
    let (lead, responsible) = (scope("lead"), scope("responsible"));
    let scope = ProjectScope {
        project_id: project.id,
        plan_id: project.plan_id,
        issuer_id,
        lead,
        responsible,
    };
    authz::require(tx.actor(), Action::CreateProject, &Target::Project(&scope))
}

/// Keeps a new project with all that it begins with, an event for each record.
pub(super) async fn keep(tx: &mut Tx, permit: &Permit, begun: Begun) -> Result<Uuid> {
    let Begun {
        project,
        owners,
        mut milestones,
        serves,
    } = begun;
    let (plan_id, id) = (project.plan_id, project.id);
    let mut state = logged_project(&project);
    if project.split_from_id.is_some()
        && let (Some(all), Some(standing)) = (state.as_object_mut(), logged_standing(&project).as_object())
    {
        all.extend(standing.clone());
    }
    let created = EventKind::RecordCreated;
    let body = json!({ "state": state, "serves": serves });
    tx.record_under(permit, plan_id, created, (Subject::Project, id), Some(id), body);
    for milestone in &mut milestones {
        derive::span(milestone)?;
        let subject = (Subject::Milestone, milestone.id);
        let body = json!({ "state": logged_milestone(milestone) });
        tx.record_under(permit, plan_id, created, subject, Some(id), body);
    }
    for owner in &owners {
        let subject = (Subject::ProjectOwner, owner.id);
        let body = json!({ "state": logged_owner(owner) });
        tx.record_under(permit, plan_id, created, subject, Some(id), body);
    }
    store::insert_projects(tx, permit, &[project]).await?;
    let milestones: Vec<_> = milestones.into_iter().map(|row| (permit.clone(), row)).collect();
    store::save_milestones(tx, &milestones).await?;
    let owners: Vec<_> = owners.into_iter().map(|row| (permit.clone(), row)).collect();
    store::save_owners(tx, &owners).await?;
    let linked: Vec<(Uuid, Uuid)> = serves.iter().map(|one| (id, *one)).collect();
    links::add(tx, permit, plan_id, &linked).await?;
    sight::rebuild(tx, &[id]).await?;
    derive::refresh(tx, &[id]).await?;
    Ok(id)
}

/// Adds a milestone to a project, after those that it has.
pub async fn milestone(tx: &mut Tx, project_id: Uuid, new: &NewMilestone) -> Result<MilestoneRow> {
    let project = store::lock_projects(tx, &[project_id])
        .await?
        .remove(&project_id)
        .ok_or(Error::NotFound)?;
    let scopes = store::scopes_of(tx.conn(), &[project_id]).await?;
    let scope = scopes.get(&project_id).ok_or(Error::NotFound)?;
    let permit = authz::require(tx.actor(), Action::EditProject, &Target::Project(scope))?;
    project.still_going()?;
    let last = store::milestones_of(tx.conn(), &[project_id])
        .await?
        .iter()
        .map(|row| row.number)
        .max();
    let planned = Milestone {
        marks: None,
        code: format!("{}.{}", project.code, new.slug),
        number: last.unwrap_or(0) + 1,
        name: new.name.clone(),
        weight: new.weight.clone(),
        planned_on: new.planned_on,
        basis: DateBasis::Template,
        precision: precision(&new.date_precision),
        evidence_wanted: new.evidence_wanted.clone(),
    };
    let mut row = MilestoneRow::begun((project.plan_id, project_id), &planned, tx.now());
    derive::span(&mut row)?;
    let subject = (Subject::Milestone, row.id);
    let body = json!({ "state": logged_milestone(&row) });
    tx.record_under(
        &permit,
        row.plan_id,
        EventKind::RecordCreated,
        subject,
        Some(project_id),
        body,
    );
    store::save_milestones(tx, &[(permit, row.clone())]).await?;
    derive::refresh(tx, &[project_id]).await?;
    Ok(row)
}
