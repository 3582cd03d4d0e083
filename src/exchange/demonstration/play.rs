//! Plays a story: the plan's clock is set to each of its days in turn, and each act is an ordinary action by whoever
//! would take it. It goes on where it was interrupted, and on to a later day when asked again.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use uuid::Uuid;

use super::figures;
use super::story::{Act, Milestone, Project, Scene, tell};
use crate::db::{Database, Door, Origin};
use crate::exchange::plan_files::PlanFiles;
use crate::exchange::plan_files::scenario::Scenario;
use crate::kernel::{Actor, Code, Error, Fault, Patch, Result, Role};
use crate::plans::actions::stand_at;
use crate::plans::store as plans;
use crate::projects::actions::milestones::{Command, Step, step};
use crate::projects::actions::{confirm, edit, light_overrides};
use crate::projects::lights::model::NewOverride;
use crate::projects::lights::store as lights;
use crate::projects::model::{Confirmation, MilestoneRow, ProjectEdit, Report};
use crate::projects::store;
use crate::reports::actions::{calendar, file, freeze, judge};
use crate::reports::model::{CalendarEdit, Judgement, NewReport, ReportRow, State};
use crate::reports::store as reports;
use crate::rules::periods::Period;
use crate::users::command::acting;

/// What playing did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Played {
    pub scenes: usize,
    /// Acts that no longer fit what people did by hand meanwhile, or whose organisation has nobody to act.
    pub skipped: usize,
    /// Where the plan's clock stands now.
    pub today: NaiveDate,
}

/// Whoever acts for an organisation in a role, looked up once.
struct Cast<'a> {
    db: &'a Database,
    known: BTreeMap<(Uuid, Role), Option<Actor>>,
}

impl Cast<'_> {
    async fn of(&mut self, organisation_id: Uuid, role: Role) -> Result<Option<Actor>> {
        if let Some(known) = self.known.get(&(organisation_id, role)) {
            return Ok(known.clone());
        }
        let found = acting(self.db, organisation_id, role).await?;
        self.known.insert((organisation_id, role), found.clone());
        Ok(found)
    }
}

fn origin(actor: Actor) -> Origin {
    Origin {
        actor,
        door: Door::Command,
        trace_id: Uuid::new_v4().simple().to_string(),
    }
}

/// Plays the story of a demonstration plan up to `today`. The plan's clock never goes back: an earlier day than
/// where it stands is refused.
pub async fn play(db: &Database, files: &PlanFiles, scenario: &Scenario, today: NaiveDate) -> Result<Played> {
    let plan = db
        .read(async |conn| plans::plan(conn, &files.plan.code).await)
        .await?;
    let stood_at = match plan.demonstration_today {
        None => return Err(Error::conflict(Code::DemonstrationMixed)),
        Some(day) if today < day => {
            let fault = Fault::new("", Code::DemonstrationBack).with("today", day);
            return Err(Error::Conflict(fault));
        }
        Some(day) => day,
    };
    let projects = facts(db, files, plan.id).await?;
    let mut clock = stood_at;
    let mut cast = Cast {
        db,
        known: BTreeMap::new(),
    };
    let mut played = Played {
        scenes: 0,
        skipped: 0,
        today,
    };
    for scene in tell(scenario, &projects, today) {
        // What lies before the clock was played already; what lies on its day may have been cut short.
        if scene.day < stood_at {
            continue;
        }
        if scene.day > clock {
            clock = scene.day;
            db.write(&origin(Actor::System), async |tx| {
                stand_at(tx, plan.id, clock).await
            })
            .await?;
        }
        match act(db, &mut cast, (plan.id, plan.issuer_id), &scene).await {
            Ok(true) => played.scenes += 1,
            Ok(false) => {}
            Err(
                Error::NotFound
                | Error::Forbidden(_)
                | Error::Conflict(_)
                | Error::Invalid(_)
                | Error::Items(_),
            ) => played.skipped += 1,
            Err(error) => return Err(error),
        }
    }
    db.write(&origin(Actor::System), async |tx| {
        stand_at(tx, plan.id, today).await
    })
    .await?;
    Ok(played)
}

/// What the story must know of the plan's projects, as they were loaded.
async fn facts(db: &Database, files: &PlanFiles, plan_id: Uuid) -> Result<Vec<Project>> {
    db.read(async |conn| {
        let mut rows = store::of_plan(conn, plan_id).await?;
        rows.sort_by(|one, other| one.code.cmp(&other.code));
        let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
        let owners = store::owners_of(conn, &ids).await?;
        let mut milestones: BTreeMap<Uuid, Vec<MilestoneRow>> = BTreeMap::new();
        for row in store::milestones_of(conn, &ids).await? {
            milestones.entry(row.project_id).or_default().push(row);
        }
        let places: BTreeMap<&str, i32> = (1..)
            .zip(&files.programmes)
            .map(|(place, programme)| (programme.code.as_str(), place))
            .collect();
        Ok(rows
            .into_iter()
            .filter_map(|row| {
                // Made by hand since: no part of the story.
                let file = files.projects.iter().find(|project| project.code == row.code)?;
                let owner = |role: &str| {
                    owners
                        .iter()
                        .find(|owner| owner.project_id == row.id && owner.role == role)
                        .map(|owner| owner.organisation_id)
                };
                let mut steps = milestones.remove(&row.id).unwrap_or_default();
                steps.sort_by_key(|step| step.number);
                Some(Project {
                    id: row.id,
                    code: row.code.clone(),
                    programme: places.get(file.programme.as_str()).copied().unwrap_or(1),
                    construction: files.kind(&row.kind).is_some_and(|kind| kind.construction),
                    continuing: files.kind(&row.kind).is_some_and(|kind| kind.continuing),
                    quantity: row.quantity.clone(),
                    lead: owner("lead"),
                    responsible: owner("responsible"),
                    milestones: steps
                        .into_iter()
                        .map(|step| Milestone {
                            id: step.id,
                            name: step.name,
                            planned_on: step.planned_on,
                            evidence_wanted: step.evidence_wanted,
                        })
                        .collect(),
                })
            })
            .collect())
    })
    .await
}

/// Takes one act. False where it had been taken before an interruption.
async fn act(
    db: &Database,
    cast: &mut Cast<'_>,
    (plan_id, issuer_id): (Uuid, Uuid),
    scene: &Scene,
) -> Result<bool> {
    let planner = cast.of(issuer_id, Role::Planner).await?.ok_or(Error::NotFound)?;
    match &scene.act {
        Act::Confirm { projects } => {
            db.write(&origin(planner), async |tx| confirm_all(tx, projects).await)
                .await
        }
        Act::Report {
            milestone,
            responsible,
            actual_on,
            note,
            evidence,
        } => {
            let clerk = cast.of(*responsible, Role::Staff).await?.ok_or(Error::NotFound)?;
            let step = Step::Report(Report {
                milestone_id: *milestone,
                seen_version: None,
                actual_on: *actual_on,
                note: Some(note.clone()),
                evidence: evidence.clone(),
            });
            take(db, &clerk, *milestone, &step, |row| {
                row.reported_on == Some(scene.day)
            })
            .await
        }
        Act::Return {
            milestone,
            lead,
            reason,
        } => {
            let step = Step::Return {
                reason: reason.clone(),
            };
            judge(db, cast, *lead, &planner, *milestone, &step, |row| {
                row.state == "returned"
            })
            .await
        }
        Act::Verify { milestone, lead } => {
            let step = Step::Verify { note: None };
            judge(db, cast, *lead, &planner, *milestone, &step, |row| {
                row.state == "verified"
            })
            .await
        }
        Act::OverrideLight {
            project,
            light,
            reason,
            until_on,
        } => {
            let supervisor = cast
                .of(issuer_id, Role::Supervisor)
                .await?
                .ok_or(Error::NotFound)?;
            let new = NewOverride {
                light: *light,
                reason: reason.clone(),
                until_on: *until_on,
            };
            db.write(&origin(supervisor), async |tx| {
                let made = lights::overrides_of(tx.conn(), &[*project]).await?;
                if made.iter().any(|row| row.from_on == scene.day) {
                    return Ok(false);
                }
                let rows = store::projects_by_id(tx.conn(), &[*project]).await?;
                let seen = rows.get(project).map(|row| row.row_version);
                light_overrides::make(tx, *project, seen, &new).await?;
                Ok(true)
            })
            .await
        }
        Act::MoveOn {
            project,
            life_cycle,
            delivered,
            investment,
        } => {
            let edit = ProjectEdit {
                life_cycle: Some((*life_cycle).to_owned()),
                quantity_delivered: delivered.clone().map_or(Patch::Keep, Patch::Set),
                investment_planned: investment.clone().map_or(Patch::Keep, Patch::Set),
                ..ProjectEdit::default()
            };
            db.write(&origin(planner), async |tx| {
                let rows = store::projects_by_id(tx.conn(), &[*project]).await?;
                let row = rows.get(project).ok_or(Error::NotFound)?;
                if row.life_cycle == *life_cycle {
                    return Ok(false);
                }
                let seen = Some(row.row_version);
                edit::project(tx, *project, seen, &edit).await?;
                Ok(true)
            })
            .await
        }
        Act::BeginReporting { from } => {
            let edit = CalendarEdit {
                reporting_from: Patch::Set(*from),
                terms: Vec::new(),
            };
            db.write(&origin(planner), async |tx| {
                let plan = plans::plan(tx.conn(), &plan_id.to_string()).await?;
                if plan.reporting_from.is_some() {
                    return Ok(false);
                }
                calendar::edit(tx, plan_id, Some(plan.row_version), &edit).await?;
                Ok(true)
            })
            .await
        }
        Act::ReportPeriod {
            project,
            responsible,
            period,
            figures,
        } => {
            let clerk = cast.of(*responsible, Role::Staff).await?.ok_or(Error::NotFound)?;
            db.write(&origin(clerk), async |tx| {
                if reported(tx, *project, *period).await?.is_some() {
                    return Ok(false);
                }
                let new = NewReport {
                    project_id: *project,
                    region: None,
                    period: *period,
                    figures: figures.as_ref().clone(),
                };
                file::file(tx, &[new]).await?;
                Ok(true)
            })
            .await
        }
        Act::VerifyPeriod {
            project,
            period,
            lead,
        } => {
            let reviewer = match lead {
                Some(lead) => cast.of(*lead, Role::Reviewer).await?,
                None => None,
            };
            if let Some(reviewer) = reviewer {
                match verify(db, &reviewer, *project, *period).await {
                    Err(Error::Forbidden(_)) => {}
                    answer => return answer,
                }
            }
            verify(db, &planner, *project, *period).await
        }
        Act::Freeze { month } => {
            db.write(&origin(planner), async |tx| {
                if !reports::editions(tx, plan_id, month.start).await?.is_empty() {
                    return Ok(false);
                }
                freeze::freeze(tx, plan_id, *month).await?;
                Ok(true)
            })
            .await
        }
        Act::Settle { commitments } => figures::settle(db, &origin(planner), commitments).await,
        Act::Observe(observed) => {
            let owner = figures::owner_of(db, &observed.commitment).await?;
            let clerk = cast.of(owner, Role::Staff).await?.ok_or(Error::NotFound)?;
            figures::file(db, &origin(clerk), observed).await
        }
        Act::Judge { observed, back } => {
            figures::judge(db, &origin(planner), observed, back.as_deref()).await
        }
    }
}

/// A project's own report of a period.
async fn reported(tx: &mut crate::db::Tx, project: Uuid, period: Period) -> Result<Option<ReportRow>> {
    let all = reports::of_projects(tx.conn(), &[project]).await?;
    Ok(all.into_iter().find(|row| {
        row.region_id.is_none()
            && row.period_start == period.start
            && row.frequency == period.frequency.as_str()
    }))
}

async fn verify(db: &Database, actor: &Actor, project: Uuid, period: Period) -> Result<bool> {
    db.write(&origin(actor.clone()), async |tx| {
        let row = reported(tx, project, period).await?.ok_or(Error::NotFound)?;
        if row.state()? == State::Verified {
            return Ok(false);
        }
        let judgement = Judgement::Verify { note: None };
        judge::judge(tx, row.id, Some(row.row_version), &judgement).await?;
        Ok(true)
    })
    .await
}

/// The lead's reviewer judges a report; where he may not (the lead itself reported), the planner does.
async fn judge(
    db: &Database,
    cast: &mut Cast<'_>,
    lead: Option<Uuid>,
    planner: &Actor,
    milestone: Uuid,
    step: &Step,
    done: impl Fn(&MilestoneRow) -> bool,
) -> Result<bool> {
    let reviewer = match lead {
        Some(lead) => cast.of(lead, Role::Reviewer).await?,
        None => None,
    };
    if let Some(reviewer) = reviewer {
        match take(db, &reviewer, milestone, step, &done).await {
            Err(Error::Forbidden(_)) => {}
            answer => return answer,
        }
    }
    take(db, planner, milestone, step, &done).await
}

async fn take(
    db: &Database,
    actor: &Actor,
    milestone_id: Uuid,
    what: &Step,
    done: impl Fn(&MilestoneRow) -> bool,
) -> Result<bool> {
    db.write(&origin(actor.clone()), async |tx| {
        let rows = store::lock_milestones(tx, &[milestone_id]).await?;
        let row = rows.get(&milestone_id).ok_or(Error::NotFound)?;
        if done(row) {
            return Ok(false);
        }
        let command = Command {
            milestone_id,
            seen_version: Some(row.row_version),
            step: what.clone(),
        };
        step(tx, &[command]).await?;
        Ok(true)
    })
    .await
}

/// Confirms what is proposed of these projects and not confirmed yet.
async fn confirm_all(tx: &mut crate::db::Tx, projects: &[Uuid]) -> Result<bool> {
    let mut items = Vec::new();
    for owner in store::owners_of(tx.conn(), projects).await? {
        if owner.basis != "confirmed" {
            items.push(Confirmation::Owner {
                project_id: owner.project_id,
                seen_version: Some(owner.row_version),
                role: owner.role,
                organisation_id: None,
            });
        }
    }
    for row in store::milestones_of(tx.conn(), projects).await? {
        let (milestone_id, seen_version) = (row.id, Some(row.row_version));
        if row.date_basis != "confirmed" {
            items.push(Confirmation::Date {
                milestone_id,
                seen_version,
                planned_on: None,
            });
        }
        if !row.weight_confirmed {
            items.push(Confirmation::Weight {
                milestone_id,
                seen_version,
                weight: None,
            });
        }
    }
    if items.is_empty() {
        return Ok(false);
    }
    confirm::confirm(tx, &items).await?;
    Ok(true)
}
