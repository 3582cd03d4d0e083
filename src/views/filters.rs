//! The filters of projects and milestones, as one query for the ids of the projects that pass: in sight, in the
//! window, and what was asked.

use chrono::NaiveDate;
use diesel::dsl::{exists, not};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sql_types::Bool;
use uuid::Uuid;

use super::window::{PlanWindow, Window};
use crate::db::bigrams;
use crate::db::schema::{
    light_override_versions as lo, light_span_versions as lv, organisation_closure,
    project_commitment_versions as cv, project_owner_versions as ov, project_part_versions as tv,
    project_sight, project_versions as pv,
};

/// What a list of projects or milestones may be narrowed by; empty and none narrow nothing. Ids are resolved already.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProjectFilter {
    pub programmes: Vec<Uuid>,
    pub initiatives: Vec<Uuid>,
    pub service_areas: Vec<Uuid>,
    /// Those that they serve.
    pub commitments: Vec<Uuid>,
    pub regions: Vec<Uuid>,
    /// Also, or only, those without a site of their own.
    pub without_region: bool,
    /// With everything below them: owners in any role, or named for a part.
    pub organisations: Vec<Uuid>,
    pub leads: Vec<Uuid>,
    pub responsibles: Vec<Uuid>,
    /// Responsible for the project, or named for a part of it.
    pub answering: Vec<Uuid>,
    pub kinds: Vec<String>,
    pub life_cycles: Vec<String>,
    pub suspended: Option<bool>,
    /// It owes a report.
    pub silent: Option<bool>,
    /// What a proposed owner says: `asked`, `claimed`, `disputed`.
    pub claims: Vec<String>,
    pub q: Option<String>,
    /// What is shown: worked out, or put in its place by a supervisor.
    pub lights: Vec<String>,
    /// The projects themselves; empty means any.
    pub projects: Vec<Uuid>,
    /// Also those that were split up or merged into others: they are read one by one, and stand in no list.
    pub with_archived: bool,
}

impl ProjectFilter {
    /// Whatever is in sight, archived or not: to read one object.
    pub fn any() -> ProjectFilter {
        ProjectFilter {
            with_archived: true,
            ..ProjectFilter::default()
        }
    }
}

/// A condition on versions of projects.
pub type Condition = Box<dyn BoxableExpression<pv::table, Pg, SqlType = Bool>>;

fn any_of(conditions: Vec<Condition>) -> Condition {
    let nothing: Condition = Box::new(false.into_sql::<Bool>());
    conditions
        .into_iter()
        .reduce(|all, one| Box::new(all.or(one)))
        .unwrap_or(nothing)
}

/// The one predicate of sight, for one plan: a row of one of the asker's organisations.
fn in_sight(plan: &PlanWindow) -> Condition {
    Box::new(
        pv::plan_id
            .eq(plan.plan_id)
            .and(pv::from_number.le(plan.number))
            .and(pv::to_number.gt(plan.number))
            .and(
                pv::id.eq_any(
                    project_sight::table
                        .filter(project_sight::scope_id.eq_any(plan.scopes.clone()))
                        .select(project_sight::project_id),
                ),
            ),
    )
}

fn owned_by(plan: &PlanWindow, organisations: &[Uuid], role: Option<&'static str>) -> Condition {
    let held = ov::project_id
        .eq(pv::id)
        .and(ov::from_number.le(plan.number))
        .and(ov::to_number.gt(plan.number))
        .and(ov::removed.eq(false));
    let below = organisation_closure::table
        .filter(organisation_closure::ancestor_id.eq_any(organisations.to_vec()))
        .select(organisation_closure::descendant_id);
    match role {
        // Sets of ids: joined by OR, conditions on each project would be looked through one by one.
        None => {
            let owned = ov::table
                .filter(ov::plan_id.eq(plan.plan_id))
                .filter(ov::from_number.le(plan.number).and(ov::to_number.gt(plan.number)))
                .filter(ov::removed.eq(false))
                .filter(ov::organisation_id.eq_any(below.clone()))
                .select(ov::project_id);
            let part = tv::table
                .filter(tv::plan_id.eq(plan.plan_id))
                .filter(tv::from_number.le(plan.number).and(tv::to_number.gt(plan.number)))
                .filter(tv::removed.eq(false).and(tv::organisation_id.is_not_null()))
                .filter(tv::organisation_id.assume_not_null().eq_any(below))
                .select(tv::project_id);
            Box::new(pv::id.eq_any(owned).or(pv::id.eq_any(part)))
        }
        Some(role) => Box::new(exists(
            ov::table
                .filter(held)
                .filter(ov::role.eq(role))
                .filter(ov::organisation_id.eq_any(organisations.to_vec())),
        )),
    }
}

/// Of one of these lights on the plan's day, as it is shown.
fn lit(plan: &PlanWindow, lights: &[String]) -> Condition {
    // Sets of ids, not conditions on each project: the index of spans by light and day gives them at once, where a
    // timeline of each project would have to be looked through.
    let overridden = lo::table
        .filter(lo::plan_id.eq(plan.plan_id))
        .filter(lo::from_number.le(plan.number).and(lo::to_number.gt(plan.number)))
        .filter(lo::from_on.le(plan.day).and(lo::until_on.ge(plan.day)))
        .filter(
            lo::ended_on
                .is_null()
                .or(lo::ended_on.assume_not_null().gt(plan.day)),
        )
        .select(lo::project_id);
    let worked_out = lv::table
        .filter(lv::plan_id.eq(plan.plan_id))
        .filter(lv::light.eq_any(lights.to_vec()).and(lv::from_on.le(plan.day)))
        .filter(
            lv::until_on
                .is_null()
                .or(lv::until_on.assume_not_null().gt(plan.day)),
        )
        .filter(lv::from_number.le(plan.number).and(lv::to_number.gt(plan.number)))
        .select(lv::project_id);
    let instead = overridden.filter(lo::light.eq_any(lights.to_vec()));
    Box::new(
        pv::id
            .eq_any(instead)
            .or(pv::id.eq_any(worked_out).and(not(pv::id.eq_any(overridden)))),
    )
}

/// Every condition of a filter that is the same for projects and milestones.
pub fn conditions(window: &Window, filter: &ProjectFilter) -> Vec<Condition> {
    let per_plan = window
        .plans
        .iter()
        .map(|plan| -> Condition {
            let mut condition = in_sight(plan);
            for (organisations, role) in [
                (&filter.organisations, None),
                (&filter.leads, Some("lead")),
                (&filter.responsibles, Some("responsible")),
            ] {
                if !organisations.is_empty() {
                    condition = Box::new(condition.and(owned_by(plan, organisations, role)));
                }
            }
            if !filter.answering.is_empty() {
                let whole = owned_by(plan, &filter.answering, Some("responsible"));
                let part = tv::table
                    .filter(tv::project_id.eq(pv::id))
                    .filter(tv::from_number.le(plan.number).and(tv::to_number.gt(plan.number)))
                    .filter(tv::removed.eq(false).and(tv::organisation_id.is_not_null()))
                    .filter(
                        tv::organisation_id
                            .assume_not_null()
                            .eq_any(filter.answering.clone()),
                    );
                condition = Box::new(condition.and(whole.or(exists(part))));
            }
            if !filter.claims.is_empty() {
                let said = ov::table
                    .filter(ov::project_id.eq(pv::id))
                    .filter(ov::from_number.le(plan.number).and(ov::to_number.gt(plan.number)))
                    .filter(ov::removed.eq(false))
                    .filter(ov::claim.is_not_null())
                    .filter(ov::claim.assume_not_null().eq_any(filter.claims.clone()));
                condition = Box::new(condition.and(exists(said)));
            }
            if !filter.commitments.is_empty() {
                let serving = cv::table
                    .filter(cv::commitment_id.eq_any(filter.commitments.clone()))
                    .filter(cv::removed.eq(false))
                    .filter(cv::from_number.le(plan.number).and(cv::to_number.gt(plan.number)))
                    .select(cv::project_id);
                condition = Box::new(condition.and(pv::id.eq_any(serving)));
            }
            if !filter.lights.is_empty() {
                condition = Box::new(condition.and(lit(plan, &filter.lights)));
            }
            condition
        })
        .collect();
    let mut all: Vec<Condition> = vec![any_of(per_plan)];
    if !filter.with_archived {
        all.push(Box::new(pv::archived_reason.is_null()));
    }
    if !filter.programmes.is_empty() {
        all.push(Box::new(pv::programme_id.eq_any(filter.programmes.clone())));
    }
    if !filter.initiatives.is_empty() {
        let ids = filter.initiatives.clone();
        all.push(Box::new(
            pv::initiative_id.eq_any(ids.clone()).or(pv::second_initiative_id
                .is_not_null()
                .and(pv::second_initiative_id.assume_not_null().eq_any(ids))),
        ));
    }
    if !filter.service_areas.is_empty() {
        all.push(Box::new(
            pv::service_area_id.is_not_null().and(
                pv::service_area_id
                    .assume_not_null()
                    .eq_any(filter.service_areas.clone()),
            ),
        ));
    }
    if !filter.regions.is_empty() || filter.without_region {
        let sited: Condition = Box::new(
            pv::site_region_id.is_not_null().and(
                pv::site_region_id
                    .assume_not_null()
                    .eq_any(filter.regions.clone()),
            ),
        );
        all.push(match filter.without_region {
            true => Box::new(pv::site_region_id.is_null().or(sited)),
            false => sited,
        });
    }
    if !filter.kinds.is_empty() {
        all.push(Box::new(pv::kind.eq_any(filter.kinds.clone())));
    }
    if !filter.life_cycles.is_empty() {
        all.push(Box::new(pv::life_cycle.eq_any(filter.life_cycles.clone())));
    }
    match filter.suspended {
        Some(true) => all.push(Box::new(pv::suspended_on.is_not_null())),
        Some(false) => all.push(Box::new(pv::suspended_on.is_null())),
        None => {}
    }
    if let Some(silent) = filter.silent {
        let owes = on_the_day(window, |plan_id, day| {
            Box::new(
                pv::plan_id
                    .eq(plan_id)
                    .and(pv::silent_from.is_not_null())
                    .and(pv::silent_from.assume_not_null().le(day)),
            )
        });
        all.push(match silent {
            true => owes,
            false => negated(owes),
        });
    }
    if let Some(q) = &filter.q {
        // The index of pairs finds its rows in the whole plan, and is worth nothing where sight leaves few of them:
        // there the titles are looked through. The text decides, so that pairs of other places do not count.
        if window.plans.iter().all(|plan| plan.whole) {
            all.push(Box::new(pv::bigrams.contains(bigrams::wanted(q))));
        }
        all.push(Box::new(pv::folded_title.like(bigrams::pattern(q))));
    }
    if !filter.projects.is_empty() {
        all.push(Box::new(pv::id.eq_any(filter.projects.clone())));
    }
    all
}

/// A condition with a day of its own for each plan: what is overdue or lapsed on the day that is asked about.
pub fn on_the_day(window: &Window, make: impl Fn(Uuid, NaiveDate) -> Condition) -> Condition {
    any_of(
        window
            .plans
            .iter()
            .map(|plan| make(plan.plan_id, plan.day))
            .collect(),
    )
}

/// The opposite.
pub fn negated(condition: Condition) -> Condition {
    Box::new(not(condition))
}
