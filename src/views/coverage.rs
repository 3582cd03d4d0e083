//! Coverage of a plan: for each box, item and commitment how many projects carry it, and what they lack still.
//! Of the projects in the asker's sight; boxes, items and commitments are printed and count for everybody.

use std::collections::{BTreeMap, BTreeSet};

use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde::Serialize;
use uuid::Uuid;

use super::filters::{ProjectFilter, conditions};
use super::links;
use super::names::Named;
use super::shown::owners_in;
use super::window::Window;
use crate::db::schema::{
    commitments, initiatives, milestone_versions as mv, plans, programmes, project_versions as pv,
};
use crate::kernel::{Error, Result};

/// Projects counted, and what they lack.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Counts {
    /// Each once, however many items it stands in.
    pub projects: i64,
    /// Has no lead or no responsible organisation, not even a proposed one.
    pub without_owner: i64,
    /// The plan gives its last day only, and no milestone has a date that is confirmed or printed.
    pub without_date: i64,
    /// No owner and no date is confirmed or printed.
    pub only_proposals: i64,
    /// Some doubt is open.
    pub in_doubt: i64,
}

/// A commitment and how many projects serve it.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct CommitmentCoverage {
    pub commitment: Named,
    pub projects: i64,
    pub in_doubt: bool,
}

/// An item of a box.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct InitiativeCoverage {
    pub initiative: Named,
    pub number: i32,
    #[serde(flatten)]
    pub counts: Counts,
    pub commitments: Vec<CommitmentCoverage>,
    /// Neither a project in sight nor a commitment carries it.
    pub uncovered: bool,
}

/// A box.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct ProgrammeCoverage {
    pub programme: Named,
    pub number: i32,
    #[serde(flatten)]
    pub counts: Counts,
    /// Those of the box itself (the indicators), not of its items.
    pub commitments: Vec<CommitmentCoverage>,
    pub initiatives: Vec<InitiativeCoverage>,
}

/// A plan, box by box.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct CoverageView {
    pub plan: Named,
    #[serde(flatten)]
    pub counts: Counts,
    pub initiatives: i64,
    pub commitments: i64,
    /// Items that neither a project nor a commitment carries.
    pub uncovered_initiatives: i64,
    pub programmes: Vec<ProgrammeCoverage>,
}

/// What is looked at of a project.
#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = pv)]
struct Project {
    id: Uuid,
    initiative_id: Uuid,
    second_initiative_id: Option<Uuid>,
    due_basis: String,
    doubt: Option<String>,
}

/// What is looked at of a commitment.
#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = commitments)]
struct Commitment {
    id: Uuid,
    code: String,
    metric: String,
    programme_id: Uuid,
    initiative_id: Option<Uuid>,
    doubt: Option<String>,
}

/// What one project adds to the counts.
#[derive(Debug, Clone, Copy)]
struct Lacks {
    owner: bool,
    date: bool,
    everything: bool,
    doubt: bool,
}

impl Counts {
    fn add(&mut self, lacks: Lacks) {
        self.projects += 1;
        self.without_owner += i64::from(lacks.owner);
        self.without_date += i64::from(lacks.date);
        self.only_proposals += i64::from(lacks.everything);
        self.in_doubt += i64::from(lacks.doubt);
    }

    fn of<'a>(projects: impl Iterator<Item = &'a Project>, lacks: &BTreeMap<Uuid, Lacks>) -> Counts {
        let mut counts = Counts::default();
        let mut seen = BTreeSet::new();
        for project in projects {
            if let Some(lacks) = lacks.get(&project.id).filter(|_| seen.insert(project.id)) {
                counts.add(*lacks);
            }
        }
        counts
    }
}

/// What each project lacks.
async fn lacks(
    conn: &mut AsyncPgConnection,
    window: &Window,
    projects: &[Project],
) -> Result<BTreeMap<Uuid, Lacks>> {
    let ids: Vec<Uuid> = projects.iter().map(|project| project.id).collect();
    let owners = owners_in(conn, window, &ids).await?;
    let mut dated: BTreeSet<Uuid> = BTreeSet::new();
    for plan in &window.plans {
        let found: Vec<Uuid> = mv::table
            .filter(mv::plan_id.eq(plan.plan_id).and(mv::project_id.eq_any(&ids)))
            .filter(mv::from_number.le(plan.number).and(mv::to_number.gt(plan.number)))
            .filter(mv::date_basis.eq_any(["plan", "confirmed"]))
            .select(mv::project_id)
            .distinct()
            .load(conn)
            .await?;
        dated.extend(found);
    }
    Ok(projects
        .iter()
        .map(|project| {
            let held = owners.get(&project.id).map_or(&[][..], Vec::as_slice);
            let has = |role: &str| held.iter().any(|owner| owner.role == role);
            let dated = dated.contains(&project.id);
            let settled = held.iter().any(|owner| owner.basis != "inferred") || dated;
            let lacks = Lacks {
                owner: !has("lead") || !has("responsible"),
                date: project.due_basis == "period" && !dated,
                everything: !settled && project.due_basis == "period",
                doubt: project.doubt.is_some(),
            };
            (project.id, lacks)
        })
        .collect())
}

/// The coverage of a plan by what is in the window, which holds this plan alone or nothing.
pub async fn read(conn: &mut AsyncPgConnection, window: &Window, plan_id: Uuid) -> Result<CoverageView> {
    let plan: (String, String) = plans::table
        .find(plan_id)
        .select((plans::code, plans::title))
        .first(conn)
        .await?;
    let boxes: Vec<(Uuid, String, String, i32)> = programmes::table
        .filter(programmes::plan_id.eq(plan_id))
        .order(programmes::number)
        .select((
            programmes::id,
            programmes::code,
            programmes::title,
            programmes::number,
        ))
        .load(conn)
        .await?;
    let items: Vec<(Uuid, String, String, i32, Uuid)> = initiatives::table
        .filter(initiatives::plan_id.eq(plan_id))
        .order((initiatives::programme_id, initiatives::number))
        .select((
            initiatives::id,
            initiatives::code,
            initiatives::title,
            initiatives::number,
            initiatives::programme_id,
        ))
        .load(conn)
        .await?;
    let promised: Vec<Commitment> = commitments::table
        .filter(commitments::plan_id.eq(plan_id))
        .order((commitments::programme_id, commitments::position))
        .select(Commitment::as_select())
        .load(conn)
        .await?;
    let mut projects: Vec<Project> = Vec::new();
    if !window.plans.is_empty() {
        let mut select = pv::table.select(Project::as_select()).into_boxed();
        for condition in conditions(window, &ProjectFilter::default()) {
            select = select.filter(condition);
        }
        projects = select.load(conn).await?;
    }
    let lacks = lacks(conn, window, &projects).await?;
    let ids: Vec<Uuid> = projects.iter().map(|project| project.id).collect();
    let mut serving: BTreeMap<Uuid, i64> = BTreeMap::new();
    for commitment in links::of_projects(conn, window, &ids)
        .await?
        .into_values()
        .flatten()
    {
        *serving.entry(commitment.id).or_default() += 1;
    }
    let committed = |of: &dyn Fn(&Commitment) -> bool| -> Vec<CommitmentCoverage> {
        promised
            .iter()
            .filter(|one| of(one))
            .map(|one| CommitmentCoverage {
                commitment: Named {
                    id: one.id,
                    code: one.code.clone(),
                    name: one.metric.clone(),
                },
                projects: serving.get(&one.id).copied().unwrap_or(0),
                in_doubt: one.doubt.is_some(),
            })
            .collect()
    };
    let stands_in =
        |project: &Project, id: Uuid| project.initiative_id == id || project.second_initiative_id == Some(id);
    let mut view = CoverageView {
        plan: Named {
            id: plan_id,
            code: plan.0,
            name: plan.1,
        },
        counts: Counts::of(projects.iter(), &lacks),
        initiatives: i64::try_from(items.len()).map_err(Error::internal)?,
        commitments: i64::try_from(promised.len()).map_err(Error::internal)?,
        uncovered_initiatives: 0,
        programmes: Vec::with_capacity(boxes.len()),
    };
    for (programme_id, code, title, number) in boxes {
        let own: Vec<_> = items.iter().filter(|item| item.4 == programme_id).collect();
        let inside = |project: &&Project| own.iter().any(|item| stands_in(project, item.0));
        let covered: Vec<InitiativeCoverage> = own
            .iter()
            .map(|(id, code, title, number, _)| {
                let counts = Counts::of(projects.iter().filter(|p| stands_in(p, *id)), &lacks);
                let commitments = committed(&|one| one.initiative_id == Some(*id));
                InitiativeCoverage {
                    initiative: Named {
                        id: *id,
                        code: code.clone(),
                        name: title.clone(),
                    },
                    number: *number,
                    uncovered: counts.projects == 0 && commitments.is_empty(),
                    counts,
                    commitments,
                }
            })
            .collect();
        view.uncovered_initiatives += covered.iter().map(|one| i64::from(one.uncovered)).sum::<i64>();
        view.programmes.push(ProgrammeCoverage {
            programme: Named {
                id: programme_id,
                code,
                name: title,
            },
            number,
            counts: Counts::of(projects.iter().filter(inside), &lacks),
            commitments: committed(&|one| one.programme_id == programme_id && one.initiative_id.is_none()),
            initiatives: covered,
        });
    }
    Ok(view)
}
