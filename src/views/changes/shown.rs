//! What is shown of a change request.

use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde::Serialize;
use uuid::Uuid;

use crate::db::schema::{
    commitments, milestone_versions as mv, milestones, project_versions as pv, projects,
};
use crate::kernel::{Error, Result};
use crate::projects::changes::model::{Kind, RequestRow};
use crate::projects::changes::proposals::{Proposal, Scope};
use crate::projects::model::Evidence;
use crate::views::names::{Named, Names, Wanted};
use crate::views::shown::figure;
use crate::views::window::Window;

/// A change request, as those see it who have its project in sight.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct ChangeRequestView {
    pub id: Uuid,
    pub plan_id: Uuid,
    /// None until a project that is asked for is there.
    pub project: Option<Named>,
    /// None until a milestone that is asked for is there.
    pub milestone: Option<Named>,
    /// `date`, `weight`, `cancel_milestone`, `quantity`, `owner`, `cancel_project`, `add_milestone`, `add_project` or `scope`.
    pub kind: String,
    /// `open`, `approved`, `rejected` or `withdrawn`.
    pub state: String,
    pub reason: String,
    pub evidence: Vec<Evidence>,
    pub planned_on: Option<NaiveDate>,
    /// As it was when it was asked.
    pub old_planned_on: Option<NaiveDate>,
    pub first_baseline_on: Option<NaiveDate>,
    /// Of a date: days from the first baseline to the date that is asked for.
    pub slip_days: Option<i64>,
    /// Decimal strings.
    pub weight: Option<String>,
    pub old_weight: Option<String>,
    pub quantity: Option<String>,
    pub old_quantity: Option<String>,
    /// Of an owner: `lead` or `responsible`.
    pub role: Option<String>,
    pub organisation: Option<Named>,
    pub old_organisation: Option<Named>,
    /// Of what is to be added: its name, and the last part of its code.
    pub title: Option<String>,
    pub slug: Option<String>,
    /// Of a milestone: what proof it wants.
    pub evidence_wanted: Option<Vec<String>>,
    /// Of a milestone: before which other it stands; none: after all others.
    pub before: Option<Named>,
    /// Of a project: what it is to be.
    pub proposal: Option<ProposedProjectView>,
    /// Of a scope: what the project is to cover, and what it covered when it was asked.
    pub scope: Option<ScopeView>,
    pub old_scope: Option<ScopeView>,
    pub requested_on: NaiveDate,
    pub requested_at: DateTime<Utc>,
    pub requested_by_user_id: Uuid,
    pub requested_by: Option<Named>,
    pub decided_on: Option<NaiveDate>,
    pub decided_at: Option<DateTime<Utc>>,
    pub decided_by_user_id: Option<Uuid>,
    pub decided_by: Option<Named>,
    pub decision_note: Option<String>,
    pub version: i64,
    pub updated_at: DateTime<Utc>,
}

impl ChangeRequestView {
    /// The title of the initiative to which a project is to be added.
    pub fn initiative(&self) -> &str {
        let named = self.proposal.as_ref().and_then(|it| it.initiative.as_ref());
        named.map_or("", |initiative| initiative.name.as_str())
    }

    /// And its id.
    pub fn initiative_id(&self) -> Option<Uuid> {
        let named = self.proposal.as_ref().and_then(|it| it.initiative.as_ref());
        named.map(|initiative| initiative.id)
    }
}

/// What a project covers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct ScopeView {
    pub title: String,
    pub components: Vec<String>,
    pub site_region: Option<Named>,
}

impl ScopeView {
    fn of(scope: Scope, names: &Names) -> ScopeView {
        ScopeView {
            site_region: names.get(scope.site_region_id),
            title: scope.title,
            components: scope.components,
        }
    }
}

/// An organisation that a request names as an owner.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct ProposedOwner {
    /// `lead`, `responsible` or `supporting`.
    pub role: String,
    pub organisation: Option<Named>,
}

/// A project that is asked for.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct ProposedProjectView {
    pub initiative: Option<Named>,
    /// See `/vocabularies`.
    pub kind: String,
    pub site_region: Option<Named>,
    /// `city` or `county`.
    pub responsible_level: String,
    /// A decimal string.
    pub quantity: Option<String>,
    pub unit: Option<String>,
    pub components: Vec<String>,
    pub description: String,
    pub due_on: NaiveDate,
    pub due_precision: String,
    /// In yuan, a decimal string.
    pub investment_planned: Option<String>,
    pub national_code: Option<String>,
    pub owners: Vec<ProposedOwner>,
    /// The commitments it would serve.
    pub commitments: Vec<Named>,
}

/// What a request keeps in its own words.
enum Told {
    Nothing,
    Project(Box<Proposal>),
    Scope(Scope, Scope),
}

fn id_in(text: &str) -> Option<Uuid> {
    Uuid::try_parse(text).ok()
}

impl Told {
    /// Reads it, and says whose names it wants.
    fn of(row: &RequestRow, wanted: &mut Wanted) -> Result<Told> {
        Ok(match row.kind()? {
            Kind::AddProject => {
                let proposal = row.proposal()?;
                wanted.initiatives.extend(row.initiative_id);
                wanted.regions.extend(row.site_region_id);
                let named = proposal
                    .owners
                    .iter()
                    .filter_map(|owner| id_in(&owner.organisation));
                wanted.organisations.extend(named);
                Told::Project(Box::new(proposal))
            }
            Kind::Scope => {
                let (to_be, was) = row.scopes()?;
                wanted.regions.extend(to_be.site_region_id);
                wanted.regions.extend(was.site_region_id);
                Told::Scope(to_be, was)
            }
            _ => Told::Nothing,
        })
    }

    fn commitments(&self) -> Vec<Uuid> {
        match self {
            Told::Project(proposal) => proposal.commitments.iter().filter_map(|id| id_in(id)).collect(),
            _ => Vec::new(),
        }
    }
}

fn proposal(
    it: &Proposal,
    names: &Names,
    initiative: Option<Named>,
    named: &impl Fn(Uuid) -> Option<Named>,
) -> ProposedProjectView {
    ProposedProjectView {
        initiative,
        kind: it.kind.clone(),
        site_region: names.get(it.region.as_deref().and_then(id_in)),
        responsible_level: it.responsible_level.clone(),
        quantity: it.quantity.as_ref().map(figure),
        unit: it.unit.clone(),
        components: it.components.clone(),
        description: it.description.clone(),
        due_on: it.due_on,
        due_precision: it.due_precision.clone(),
        investment_planned: it.investment_planned.as_ref().map(figure),
        national_code: it.national_code.clone(),
        owners: it
            .owners
            .iter()
            .map(|owner| ProposedOwner {
                role: owner.role.clone(),
                organisation: names.get(id_in(&owner.organisation)),
            })
            .collect(),
        commitments: it
            .commitments
            .iter()
            .filter_map(|id| id_in(id).and_then(named))
            .collect(),
    }
}

/// An id, a code and a name.
type Thing = (Uuid, String, String);

/// What projects and milestones were called in a window.
async fn called_then(
    conn: &mut AsyncPgConnection,
    window: &Window,
    project_ids: &[Uuid],
    milestone_ids: &[Uuid],
) -> Result<Vec<Thing>> {
    let mut things = Vec::new();
    for plan in &window.plans {
        let projects: Vec<Thing> = pv::table
            .filter(pv::id.eq_any(project_ids).and(pv::plan_id.eq(plan.plan_id)))
            .filter(pv::from_number.le(plan.number).and(pv::to_number.gt(plan.number)))
            .select((pv::id, pv::code, pv::title))
            .load(conn)
            .await?;
        let milestones: Vec<Thing> = mv::table
            .filter(mv::id.eq_any(milestone_ids).and(mv::plan_id.eq(plan.plan_id)))
            .filter(mv::from_number.le(plan.number).and(mv::to_number.gt(plan.number)))
            .select((mv::id, mv::code, mv::name))
            .load(conn)
            .await?;
        things.extend(projects);
        things.extend(milestones);
    }
    Ok(things)
}

/// Requests as they are shown, in the order given. Whoever calls has seen to it that their projects are in sight.
pub async fn show(
    conn: &mut AsyncPgConnection,
    window: Option<&Window>,
    rows: Vec<RequestRow>,
) -> Result<Vec<ChangeRequestView>> {
    let mut wanted = Wanted::seen_in(window);
    for row in &rows {
        wanted.organisations.extend(
            [
                Some(row.requested_by_organisation_id),
                row.decided_by_organisation_id,
                row.organisation_id,
                row.old_organisation_id,
            ]
            .into_iter()
            .flatten(),
        );
    }
    let mut told = Vec::with_capacity(rows.len());
    for row in &rows {
        told.push(Told::of(row, &mut wanted)?);
    }
    let names = Names::load(conn, &wanted).await?;
    let served: Vec<Uuid> = told.iter().flat_map(Told::commitments).collect();
    // A project that came of a request is named as the request names it: those who see the one need not see the other.
    let of_projects = rows.iter().filter(|row| row.initiative_id.is_none());
    let project_ids: Vec<Uuid> = of_projects.filter_map(|row| row.project_id).collect();
    let milestone_ids: Vec<Uuid> = rows
        .iter()
        .flat_map(|row| [row.milestone_id, row.before_milestone_id])
        .flatten()
        .collect();
    // As they were called on a past day, before what they are called now.
    let mut things: Vec<Thing> = match window.filter(|window| window.as_of.is_some()) {
        Some(window) => called_then(conn, window, &project_ids, &milestone_ids).await?,
        None => Vec::new(),
    };
    things.extend(
        projects::table
            .filter(projects::id.eq_any(project_ids))
            .select((projects::id, projects::code, projects::title))
            .load::<Thing>(conn)
            .await?,
    );
    things.extend(
        milestones::table
            .filter(milestones::id.eq_any(milestone_ids))
            .select((milestones::id, milestones::code, milestones::name))
            .load::<(Uuid, String, String)>(conn)
            .await?,
    );
    things.extend(
        commitments::table
            .filter(commitments::id.eq_any(served))
            .select((commitments::id, commitments::code, commitments::metric))
            .load::<(Uuid, String, String)>(conn)
            .await?,
    );
    let named = |wanted: Uuid| {
        things.iter().find(|(id, ..)| *id == wanted).map(|thing| Named {
            id: thing.0,
            code: thing.1.clone(),
            name: thing.2.clone(),
        })
    };
    rows.into_iter()
        .zip(told)
        .map(|(row, told)| {
            let initiative = names.get(row.initiative_id);
            let added = || {
                let place = &initiative.as_ref()?.code;
                Some(Named {
                    id: row.project_id?,
                    code: format!("{place}.{}", row.slug.as_ref()?),
                    name: row.title.clone()?,
                })
            };
            let (proposal, scope, old_scope) = match told {
                Told::Nothing => (None, None, None),
                Told::Project(it) => (
                    Some(proposal(&it, &names, initiative.clone(), &named)),
                    None,
                    None,
                ),
                Told::Scope(wanted, was) => (
                    None,
                    Some(ScopeView::of(wanted, &names)),
                    Some(ScopeView::of(was, &names)),
                ),
            };
            Ok(ChangeRequestView {
                project: match row.initiative_id {
                    Some(_) => added(),
                    None => row.project_id.and_then(named),
                },
                proposal,
                scope,
                old_scope,
                before: row.before_milestone_id.and_then(named),
                title: row.title,
                slug: row.slug,
                evidence_wanted: row.evidence_wanted,
                plan_id: row.plan_id,
                milestone: row.milestone_id.and_then(named),
                slip_days: row
                    .planned_on
                    .zip(row.first_baseline_on)
                    .map(|(day, baseline)| (day - baseline).num_days()),
                evidence: serde_json::from_value(row.evidence).map_err(Error::internal)?,
                weight: row.weight.as_ref().map(figure),
                old_weight: row
                    .old_weight
                    .filter(|_| row.kind == "weight")
                    .as_ref()
                    .map(figure),
                quantity: row.quantity.as_ref().map(figure),
                old_quantity: row
                    .old_quantity
                    .filter(|_| row.kind == "quantity")
                    .as_ref()
                    .map(figure),
                role: row.owner_role,
                organisation: names.get(row.organisation_id),
                old_organisation: names.get(row.old_organisation_id),
                requested_by: names.get(Some(row.requested_by_organisation_id)),
                decided_by: names.get(row.decided_by_organisation_id),
                id: row.id,
                kind: row.kind,
                state: row.state,
                reason: row.reason,
                planned_on: row.planned_on,
                old_planned_on: row.old_planned_on,
                first_baseline_on: row.first_baseline_on,
                requested_on: row.requested_on,
                requested_at: row.requested_at,
                requested_by_user_id: row.requested_by_user_id,
                decided_on: row.decided_on,
                decided_at: row.decided_at,
                decided_by_user_id: row.decided_by_user_id,
                decision_note: row.decision_note,
                version: row.row_version,
                updated_at: row.updated_at,
            })
        })
        .collect()
}
