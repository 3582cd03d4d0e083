//! The registry and what the plan prints.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde_json::json;
use uuid::Uuid;

use super::{Difference, Outcome};
use crate::db::{EventKind, Subject, Tx};
use crate::exchange::plan_files::{PlanFiles, Word};
use crate::kernel::authz::{self, Action, Target};
use crate::kernel::{Error, Permit, Result};
use crate::orgs::model::NewOrganisation;
use crate::plans::model::{
    CommitmentRecord, InitiativeRecord, PlanRecord, ProgrammeRecord, ServiceAreaRecord, StepRecord,
};
use crate::plans::store::printed as store;
use crate::plans::store::printed::Kept;
use crate::plans::store::reporting as calendars;
use crate::rules::periods::Terms;
use crate::{orgs, plans};

/// The ids of everything that projects refer to, by code.
pub struct Printed {
    pub plan_id: Uuid,
    pub issuer_id: Uuid,
    pub permit: Permit,
    /// The plan's own row changed: what follows from it is worked out anew for every project.
    pub moved: bool,
    pub organisations: BTreeMap<String, Uuid>,
    pub regions: BTreeMap<String, Uuid>,
    pub service_areas: BTreeMap<String, Uuid>,
    pub programmes: BTreeMap<String, Uuid>,
    pub initiatives: BTreeMap<String, Uuid>,
    pub commitments: BTreeMap<String, Uuid>,
    /// Those of them that are new or promised otherwise than before: the lights of projects follow from them.
    pub promised: Vec<Uuid>,
}

/// The id of a code; the files were checked, so each is there.
pub fn id(of: &BTreeMap<String, Uuid>, code: &str) -> Result<Uuid> {
    of.get(code)
        .copied()
        .ok_or_else(|| Error::internal(format!("{code} is not loaded")))
}

/// Regions, kinds and organisations.
pub async fn registry(tx: &mut Tx, files: &PlanFiles, outcome: &mut Outcome) -> Result<()> {
    let permit = authz::require(tx.actor(), Action::LoadPlan, &Target::Registry)?;
    // A parent before its children, however the files order them.
    let mut waiting: Vec<_> = files.regions.iter().enumerate().collect();
    while !waiting.is_empty() {
        let before = waiting.len();
        let codes: Vec<String> = waiting.iter().map(|(_, region)| region.code.clone()).collect();
        let mut later = Vec::new();
        for (position, region) in waiting {
            if region
                .parent
                .as_ref()
                .is_some_and(|parent| codes.contains(parent))
            {
                later.push((position, region));
                continue;
            }
            let position = i32::try_from(position).map_err(Error::internal)?;
            let parent = region.parent.as_deref();
            let kept =
                orgs::store::loading::keep_region(tx, &permit, &region.code, &region.name, parent, position)
                    .await?;
            outcome.count(match kept {
                (true, _) => Kept::Created,
                (_, true) => Kept::Changed,
                _ => Kept::Unchanged,
            });
        }
        if later.len() == before {
            return Err(Error::internal("regions lie above one another"));
        }
        waiting = later;
    }
    for kind in &files.kinds {
        let steps: Vec<StepRecord> = kind
            .steps
            .iter()
            .map(|step| StepRecord {
                kind: kind.code.clone(),
                number: step.number,
                code: step.code.clone(),
                name: step.name.clone(),
                weight: step.weight.normalized(),
                due_percent: step.due_percent,
                evidence: step.evidence.clone(),
                marks: step.marks.map(|marks| marks.as_str().to_owned()),
            })
            .collect();
        let head = (
            kind.code.as_str(),
            kind.name.as_str(),
            kind.position,
            kind.construction,
            kind.continuing,
        );
        outcome.count(store::keep_kind(tx, &permit, head, &steps).await?);
    }
    organisations(tx, files, outcome).await
}

/// Organisations belong to their administrators once they are there: the files add, and tell what differs.
async fn organisations(tx: &mut Tx, files: &PlanFiles, outcome: &mut Outcome) -> Result<()> {
    let mut waiting: Vec<_> = files.organisations.iter().collect();
    while !waiting.is_empty() {
        let before = waiting.len();
        let codes: Vec<String> = waiting
            .iter()
            .map(|organisation| organisation.code.clone())
            .collect();
        let mut later = Vec::new();
        for organisation in waiting {
            if organisation
                .parent
                .as_ref()
                .is_some_and(|parent| codes.contains(parent))
            {
                later.push(organisation);
                continue;
            }
            match orgs::store::find(tx.conn(), &organisation.code).await? {
                None => {
                    let new = NewOrganisation {
                        code: organisation.code.clone(),
                        name: organisation.name.clone(),
                        kind: organisation.kind.as_str().to_owned(),
                        parent: organisation.parent.clone(),
                        region: organisation.region.clone(),
                        duties: Some(organisation.duties.clone()),
                        ..NewOrganisation::default()
                    };
                    orgs::actions::create(tx, new).await?;
                    outcome.count(Kept::Created);
                }
                Some(held) => {
                    for (field, held, in_files) in [
                        ("name", &held.name, organisation.name.as_str()),
                        ("kind", &held.kind, organisation.kind.as_str()),
                        ("duties", &held.duties, organisation.duties.as_str()),
                    ] {
                        if held != in_files {
                            outcome.differences.push(Difference {
                                code: organisation.code.clone(),
                                field: field.to_owned(),
                                held: held.as_str().into(),
                                in_files: in_files.into(),
                            });
                        }
                    }
                    outcome.count(Kept::Unchanged);
                }
            }
        }
        if later.len() == before {
            return Err(Error::internal("organisations lie above one another"));
        }
        waiting = later;
    }
    Ok(())
}

/// The plan, its service areas, programmes, initiatives and commitments.
pub async fn plan(
    tx: &mut Tx,
    files: &PlanFiles,
    demonstration_from: Option<NaiveDate>,
    outcome: &mut Outcome,
) -> Result<Printed> {
    let codes: Vec<String> = files
        .organisations
        .iter()
        .map(|organisation| organisation.code.clone())
        .collect();
    let organisations = orgs::store::ids_by_codes(tx.conn(), &codes).await?;
    let regions = orgs::store::loading::region_ids(tx.conn()).await?;
    let known = store::known_plans(tx).await?;
    let plan = &files.plan;
    let (plan_id, issuer_id) = (
        store::id_of(&known, &plan.code),
        id(&organisations, &plan.issuer)?,
    );
    let permit = authz::require(
        tx.actor(),
        Action::LoadPlan,
        &Target::Plan {
            id: plan_id,
            issuer_id,
        },
    )?;
    let record = PlanRecord {
        id: plan_id,
        code: plan.code.clone(),
        title: plan.title.clone(),
        document_number: plan.document_number.clone(),
        issuer_id,
        issued_on: plan.issued_on,
        starts_on: plan.starts_on,
        ends_on: plan.ends_on,
        time_zone: plan.time_zone.clone(),
        reporting_from: plan.reporting_from,
        source: plan.source.clone(),
    };
    let kept = store::keep_plan(tx, &permit, &known, &record).await?;
    if let Some(day) = demonstration_from {
        plans::actions::begin_demonstration(tx, &permit, plan_id, day, kept == Kept::Created).await?;
    }
    outcome.count(kept);
    reporting(tx, &permit, plan_id, &files.reporting).await?;
    let mut printed = Printed {
        plan_id,
        issuer_id,
        permit,
        moved: kept == Kept::Changed,
        organisations,
        regions,
        service_areas: BTreeMap::new(),
        programmes: BTreeMap::new(),
        initiatives: BTreeMap::new(),
        commitments: BTreeMap::new(),
        promised: Vec::new(),
    };
    areas_and_boxes(tx, files, &mut printed, outcome).await?;
    commitments(tx, files, &mut printed, outcome).await?;
    Ok(printed)
}

/// The calendar belongs to the planner once it is there: the files add what a stage lacks.
async fn reporting(tx: &mut Tx, permit: &Permit, plan_id: Uuid, terms: &[Terms]) -> Result<()> {
    let held = calendars::calendars(tx.conn(), &[plan_id]).await?;
    let lacking: Vec<Terms> = terms
        .iter()
        .filter(|terms| {
            held.get(&plan_id)
                .is_none_or(|held| held.terms_of(terms.stage).is_none())
        })
        .copied()
        .collect();
    if lacking.is_empty() {
        return Ok(());
    }
    calendars::keep_terms(tx, permit, plan_id, &lacking).await?;
    let body = json!({ "changes": { "calendar": [null, lacking] } });
    let subject = (Subject::Plan, plan_id);
    tx.record_under(permit, plan_id, EventKind::ReportingEdited, subject, None, body);
    Ok(())
}

async fn areas_and_boxes(
    tx: &mut Tx,
    files: &PlanFiles,
    printed: &mut Printed,
    outcome: &mut Outcome,
) -> Result<()> {
    let (plan_id, permit) = (printed.plan_id, printed.permit.clone());
    let known = store::known_service_areas(tx, plan_id).await?;
    for area in &files.service_areas {
        let record = ServiceAreaRecord {
            id: store::id_of(&known, &area.code),
            plan_id,
            code: area.code.clone(),
            number: area.number,
            name: area.name.clone(),
            class: area.class.as_str().to_owned(),
            aliases: area.aliases.clone(),
        };
        outcome.count(store::keep_service_area(tx, &permit, &known, &record).await?);
        printed.service_areas.insert(record.code, record.id);
    }
    let known = store::known_programmes(tx, plan_id).await?;
    for programme in &files.programmes {
        let area = programme
            .service_area
            .as_deref()
            .map(|code| id(&printed.service_areas, code))
            .transpose()?;
        let record = ProgrammeRecord {
            id: store::id_of(&known, &programme.code),
            plan_id,
            code: programme.code.clone(),
            number: programme.number,
            title: programme.title.clone(),
            service_area_id: area,
            section: programme.section.clone(),
            page: programme.page,
            as_printed: programme.as_printed.clone(),
        };
        outcome.count(store::keep_programme(tx, &permit, &known, &record).await?);
        printed.programmes.insert(record.code, record.id);
    }
    let known = store::known_initiatives(tx, plan_id).await?;
    for initiative in &files.initiatives {
        let record = InitiativeRecord {
            id: store::id_of(&known, &initiative.code),
            plan_id,
            programme_id: id(&printed.programmes, &initiative.programme)?,
            code: initiative.code.clone(),
            number: initiative.number,
            title: initiative.title.clone(),
            as_printed: initiative.as_printed.clone(),
            continuing: initiative.continuing,
        };
        outcome.count(store::keep_initiative(tx, &permit, &known, &record).await?);
        printed.initiatives.insert(record.code, record.id);
    }
    Ok(())
}

async fn commitments(
    tx: &mut Tx,
    files: &PlanFiles,
    printed: &mut Printed,
    outcome: &mut Outcome,
) -> Result<()> {
    let known = store::known_commitments(tx, printed.plan_id).await?;
    let settled = store::settled_owners(tx, printed.plan_id).await?;
    for commitment in &files.commitments {
        let owner = commitment.owner.as_ref();
        let record = CommitmentRecord {
            id: store::id_of(&known, &commitment.code),
            plan_id: printed.plan_id,
            programme_id: id(&printed.programmes, &commitment.programme)?,
            initiative_id: commitment
                .initiative
                .as_deref()
                .map(|code| id(&printed.initiatives, code))
                .transpose()?,
            code: commitment.code.clone(),
            position: commitment.position,
            metric: commitment.metric.clone(),
            category: commitment.category.clone(),
            unit: commitment.unit.clone(),
            base_unit: commitment.base_unit.clone(),
            base_factor: commitment.base_factor.clone(),
            operator: commitment.operator.as_str().to_owned(),
            target_min: commitment.target_min.clone(),
            target_max: commitment.target_max.clone(),
            baseline: commitment.baseline.clone(),
            baseline_year: commitment.baseline_year,
            due_on: commitment.due.on,
            due_precision: commitment.due.precision.as_str().to_owned(),
            measure: commitment.measure.as_str().to_owned(),
            better: commitment.better.as_str().to_owned(),
            maintained: commitment.maintained,
            nature: commitment.nature.map(|nature| nature.as_str().to_owned()),
            strength: commitment.strength.as_str().to_owned(),
            allocation: commitment.allocation.clone(),
            owner_id: owner
                .map(|owner| id(&printed.organisations, &owner.organisation))
                .transpose()?,
            owner_basis: owner.map(|owner| owner.basis.as_str().to_owned()),
            as_printed: commitment.as_printed.clone(),
            page: commitment.page,
            definition: commitment.definition.clone(),
            doubt: commitment.doubt.clone(),
        };
        let held = settled.get(&record.id);
        // What a planner has settled stands; where the files name somebody else, that is told.
        if let Some((held, _)) = held.filter(|(held, _)| *held != record.owner_id) {
            outcome.differences.push(Difference {
                code: record.code.clone(),
                field: "owner".to_owned(),
                held: json!(held),
                in_files: json!(record.owner_id),
            });
        }
        let permit = printed.permit.clone();
        let kept = store::keep_commitment(tx, &permit, &known, &record, held).await?;
        if kept != Kept::Unchanged {
            printed.promised.push(record.id);
        }
        outcome.count(kept);
        printed.commitments.insert(record.code, record.id);
    }
    Ok(())
}
