//! What a change is asked of, locked, and whether it can be changed so.

use chrono::NaiveDate;

use crate::db::Tx;
use crate::kernel::authz::ProjectScope;
use crate::kernel::{Code, Error, Fault, Result};
use crate::plans::store as plans;
use crate::projects::actions::create::before_the_plan;
use crate::projects::changes::model::{Change, Of, RequestRow};
use crate::projects::changes::proposals::{NewStep, Scope};
use crate::projects::model::{MilestoneRow, OwnerRow, ProjectRow};
use crate::projects::store as projects;
use crate::rules::overdue::{DateBasis, MilestoneState};

/// What a change is about, as it is now.
pub(super) struct Thing {
    pub project: ProjectRow,
    pub milestone: Option<MilestoneRow>,
    /// Of the role that is to change.
    pub owner: Option<OwnerRow>,
    pub scope: ProjectScope,
    /// Of a project that is to have another: all that it has, in the order of their numbers, and the plan's first day.
    pub steps: Vec<MilestoneRow>,
    starts_on: NaiveDate,
}

/// Locks what a change is about; what is not in sight is not there.
pub(super) async fn lock(tx: &mut Tx, of: Of, change: &Change) -> Result<Thing> {
    let milestone_project = match of {
        Of::Project(id) => id,
        // Which project is read before the lock: a milestone never moves to another.
        Of::Milestone(id) => projects::project_of_milestone(tx.conn(), id).await?,
    };
    let project = projects::lock_projects(tx, &[milestone_project])
        .await?
        .remove(&milestone_project)
        .ok_or(Error::NotFound)?;
    let milestone = match of {
        Of::Project(_) => None,
        Of::Milestone(id) => projects::lock_milestones(tx, &[id]).await?.remove(&id),
    };
    let owner = match change {
        Change::Owner { role, .. } => projects::owners_of(tx.conn(), &[project.id])
            .await?
            .into_iter()
            .find(|owner| owner.role == *role),
        _ => None,
    };
    let scope = projects::scopes_of(tx.conn(), &[project.id])
        .await?
        .remove(&project.id)
        .ok_or(Error::NotFound)?;
    let (steps, starts_on) = match change {
        Change::AddMilestone(_) => {
            let plan = plans::plan(tx.conn(), &project.plan_id.to_string()).await?;
            let steps = projects::milestones_of(tx.conn(), &[project.id]).await?;
            (steps, plan.starts_on)
        }
        _ => (Vec::new(), NaiveDate::MIN),
    };
    Ok(Thing {
        project,
        milestone,
        owner,
        scope,
        steps,
        starts_on,
    })
}

impl Thing {
    pub(super) fn milestone(&self) -> Result<&MilestoneRow> {
        self.milestone.as_ref().ok_or(Error::NotFound)
    }

    pub(super) fn version(&self) -> i64 {
        self.milestone
            .as_ref()
            .map_or(self.project.row_version, |milestone| milestone.row_version)
    }

    /// Refuses what cannot be changed, or need not be: what is not confirmed is edited, not requested.
    pub(super) fn fits(&self, change: &Change) -> Result<()> {
        if matches!(self.project.life_cycle.as_str(), "cancelled" | "closed")
            || self.project.archived_reason.is_some()
        {
            let fault = Fault::new("", Code::ProjectClosed).with("life_cycle", &self.project.life_cycle);
            return Err(Error::Conflict(fault));
        }
        if let Some(milestone) = &self.milestone {
            let state = milestone.state()?;
            if !state.open() {
                let fault = Fault::new("", Code::MilestoneState).with("state", state.as_str());
                return Err(Error::Conflict(fault));
            }
        }
        let unconfirmed = || Err(Error::conflict(Code::ChangeUnconfirmed));
        let nothing = |pointer: &str| Err(Error::invalid(pointer, Code::ChangeNothing));
        match change {
            Change::Date(day) => {
                let milestone = self.milestone()?;
                if !matches!(milestone.basis()?, DateBasis::Confirmed | DateBasis::Plan) {
                    return unconfirmed();
                }
                if *day == milestone.planned_on {
                    return nothing("/planned_on");
                }
            }
            Change::Weight(weight) => {
                let milestone = self.milestone()?;
                if !milestone.weight_confirmed {
                    return unconfirmed();
                }
                if *weight == milestone.weight {
                    return nothing("/weight");
                }
            }
            Change::Quantity(quantity) => {
                if self.project.quantity.as_ref() == Some(quantity) {
                    return nothing("/quantity");
                }
            }
            Change::Owner { organisation_id, .. } => match &self.owner {
                Some(owner) if owner.basis != "inferred" => {
                    if owner.organisation_id == *organisation_id {
                        return nothing("/organisation");
                    }
                }
                _ => return unconfirmed(),
            },
            Change::AddMilestone(step) => {
                if !self.confirmed() {
                    return unconfirmed();
                }
                self.has_room(step)?;
            }
            Change::Scope(edit) => {
                if !self.confirmed() {
                    return unconfirmed();
                }
                let scope = Scope::of(&self.project);
                if edit.on(&scope) == scope {
                    return nothing("");
                }
            }
            Change::CancelMilestone | Change::CancelProject | Change::AddProject(_) => {}
        }
        Ok(())
    }

    /// Somebody answers for the project. Of others a planner adds and edits without asking.
    fn confirmed(&self) -> bool {
        [&self.scope.lead, &self.scope.responsible]
            .into_iter()
            .flatten()
            .any(|owner| owner.confirmed)
    }

    /// Refuses a further milestone for which there is no place: a day before the plan, a code that is taken, one to stand
    /// before that is not there or fell away.
    fn has_room(&self, step: &NewStep) -> Result<()> {
        if let Some(before) = step.before {
            let next = self.steps.iter().find(|one| one.id == before);
            let next = next.ok_or_else(|| Error::invalid("/before", Code::FieldNotFound))?;
            if next.state()? == MilestoneState::Cancelled {
                let fault = Fault::new("/before", Code::MilestoneState).with("state", &next.state);
                return Err(Error::Conflict(fault));
            }
        }
        let code = step
            .slug
            .as_ref()
            .map(|slug| format!("{}.{slug}", self.project.code));
        if self.steps.iter().any(|one| Some(&one.code) == code.as_ref()) {
            return Err(Error::Conflict(Fault::new("/slug", Code::CodeTaken)));
        }
        match before_the_plan("/planned_on", step.planned_on, self.starts_on) {
            Some(fault) => Err(Error::Invalid(vec![fault])),
            None => Ok(()),
        }
    }

    /// Refuses where what the request would replace is no longer what it was.
    pub(super) fn unmoved(&self, request: &RequestRow) -> Result<()> {
        let stale = |was: String, is: String| {
            let fault = Fault::new("", Code::ChangeStale).with("was", was).with("is", is);
            Err(Error::Conflict(fault))
        };
        let moved = |was: Option<String>, is: Option<String>| {
            if was == is {
                return Ok(());
            }
            let text = |value: Option<String>| value.unwrap_or_else(|| "—".to_owned());
            stale(text(was), text(is))
        };
        let figure = |value: &bigdecimal::BigDecimal| value.normalized().to_plain_string();
        match request.change()? {
            Change::Date(_) => moved(
                request.old_planned_on.map(|day| day.to_string()),
                Some(self.milestone()?.planned_on.to_string()),
            ),
            Change::Weight(_) => moved(
                request.old_weight.as_ref().map(figure),
                Some(figure(&self.milestone()?.weight)),
            ),
            Change::Quantity(_) => moved(
                request.old_quantity.as_ref().map(figure),
                self.project.quantity.as_ref().map(figure),
            ),
            Change::Owner { .. } => moved(
                request.old_organisation_id.map(|id| id.to_string()),
                self.owner.as_ref().map(|owner| owner.organisation_id.to_string()),
            ),
            Change::Scope(edit) => {
                let (_, was) = request.scopes()?;
                match edit.moved(&was, &Scope::of(&self.project)) {
                    Some((was, is)) => stale(was, is),
                    None => Ok(()),
                }
            }
            // What it needs is judged by `fits`.
            Change::AddMilestone(_) => Ok(()),
            Change::CancelMilestone | Change::CancelProject | Change::AddProject(_) => Ok(()),
        }
    }
}
