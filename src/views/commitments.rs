//! Commitments with their course: what is promised, where it should be, what was found, and what projects delivered.
//!
//! What is printed and every confirmed figure are everybody's who signs in; what projects delivered is counted through
//! the asker's sight.

use std::collections::{BTreeMap, BTreeSet};

use bigdecimal::BigDecimal;
use chrono::NaiveDate;
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde::Serialize;
use uuid::Uuid;

use super::filters::{ProjectFilter, conditions};
use super::links;
use super::names::{Named, Names, Wanted};
use super::shown::figure;
use super::window::{PlanWindow, Window};
use crate::commitments::columns::COMMITMENT_VERSION;
use crate::commitments::model::CommitmentRow;
use crate::db::schema::{
    commitment_observation_versions as ov, commitment_versions as cv, commitments, organisation_closure,
    plans, programmes, project_versions as pv,
};
use crate::kernel::{Error, Result};
use crate::plans::model::CommitmentView;
use crate::rules::course::{Against, Observation, Promise, Standing, course};

/// What a list of commitments is narrowed by; empty and none narrow nothing. The plans are the window's.
#[derive(Debug, Clone, Default)]
pub struct CommitmentFilter {
    pub ids: Vec<Uuid>,
    pub programmes: Vec<Uuid>,
    pub initiatives: Vec<Uuid>,
    /// With everything below them.
    pub owners: Vec<Uuid>,
    pub natures: Vec<String>,
    pub strengths: Vec<String>,
    pub measures: Vec<String>,
    pub maintained: Option<bool>,
    /// Whether it has a doubt that nobody has resolved.
    pub doubt: Option<bool>,
    pub standings: Vec<Standing>,
}

/// The course of a commitment on a day. Figures are decimal strings in `base_unit`.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct CourseView {
    /// The plan's today, or the day asked for.
    pub day: NaiveDate,
    /// Where it should be on that day: a straight line from the baseline (of a sum: from 0 on the plan's first day) to the
    /// target; null without a baseline.
    pub expected: Option<String>,
    /// The latest confirmed figure of the whole, and the last day of the period that it speaks of. Of a sum it is
    /// everything since the plan's first day.
    pub latest: Option<String>,
    pub observed_on: Option<NaiveDate>,
    /// What the latest figure is held against: the line on the day that it speaks of; once the due day has passed, the
    /// target.
    pub reference: Option<String>,
    /// What the latest figure lacks of it: positive is behind, whichever way is better.
    pub gap: Option<String>,
    /// Of the way from its start to its target.
    pub percent: Option<String>,
    /// `met`, `on_course`, `behind`, `missed`, `no_data` or `not_comparable`.
    pub standing: &'static str,
    /// The day of the first figure that meets the target.
    pub met_on: Option<NaiveDate>,
    /// Of what is to be maintained: days whose figures did not hold it.
    pub breaches: Vec<NaiveDate>,
}

/// What the projects that serve a commitment delivered. It stands beside the observations; neither corrects the other.
#[derive(Debug, Clone, Default, Serialize, utoipa::ToSchema)]
pub struct DeliveredView {
    /// Projects in the asker's sight that serve it, and how many of them are closed.
    pub projects: i64,
    pub closed: i64,
    /// How many of them count in the commitment's unit, and the sum of what those delivered, in `base_unit`; null where
    /// none does.
    pub counted: i64,
    pub quantity: Option<String>,
}

/// A commitment: what is printed, and how it stands.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct CommitmentCourseView {
    #[serde(flatten)]
    pub printed: CommitmentView,
    pub programme: Option<Named>,
    pub owner: Option<Named>,
    /// What a planner has said of the doubt, which stays as it is.
    pub doubt_resolution: Option<String>,
    pub doubt_resolved_on: Option<NaiveDate>,
    pub doubt_resolved_by: Option<Named>,
    /// Only a firm promise may turn a light red, and none whose doubt nobody has resolved.
    pub may_turn_red: bool,
    pub course: CourseView,
    pub delivered: DeliveredView,
}

/// A commitment with the facts that its course and its picture are worked out from.
#[derive(Debug, Clone)]
pub struct Known {
    pub view: CommitmentCourseView,
    pub promise: Promise,
    /// Confirmed figures of the whole, in the order of their days.
    pub observations: Vec<Observation>,
}

/// The commitments that pass, in the order of print. `working` is the asker's own window.
pub async fn list(
    conn: &mut AsyncPgConnection,
    (printed, working): (&Window, &Window),
    filter: &CommitmentFilter,
    against: Against,
) -> Result<Vec<Known>> {
    let mut found: Vec<(NaiveDate, NaiveDate, CommitmentRow)> = Vec::new();
    let mut observed: BTreeMap<Uuid, Vec<Observation>> = BTreeMap::new();
    let starts: BTreeMap<Uuid, NaiveDate> = plans::table
        .select((plans::id, plans::starts_on))
        .load::<(Uuid, NaiveDate)>(conn)
        .await?
        .into_iter()
        .collect();
    for plan in &printed.plans {
        let starts_on = starts.get(&plan.plan_id).copied().ok_or(Error::NotFound)?;
        for row in rows(conn, plan, filter).await? {
            found.push((starts_on, plan.day, row));
        }
        for (id, one) in observations(conn, plan, &filter.ids).await? {
            observed.entry(id).or_default().push(one);
        }
    }
    let ids: Vec<Uuid> = found.iter().map(|(_, _, row)| row.printed.id).collect();
    let mut delivered = deliveries(conn, working, &found, &ids).await?;
    let mut wanted = Wanted::seen_in(Some(printed));
    for (_, _, row) in &found {
        wanted.programmes.insert(row.printed.programme_id);
        wanted.organisations.extend(row.printed.owner_id);
        wanted
            .organisations
            .extend(row.resolution.doubt_resolved_by_organisation_id);
    }
    let names = Names::load(conn, &wanted).await?;
    let mut all = Vec::with_capacity(found.len());
    for (starts_on, day, row) in found {
        let id = row.printed.id;
        let observations = observed.remove(&id).unwrap_or_default();
        let promise = row.promise(starts_on)?;
        let course = course_view(&promise, &observations, day, against);
        let view = CommitmentCourseView {
            programme: names.get(Some(row.printed.programme_id)),
            owner: names.get(row.printed.owner_id),
            doubt_resolved_by: names.get(row.resolution.doubt_resolved_by_organisation_id),
            may_turn_red: row.may_turn_red(),
            doubt_resolution: row.resolution.doubt_resolution,
            doubt_resolved_on: row.resolution.doubt_resolved_on,
            course,
            delivered: delivered.remove(&id).unwrap_or_default(),
            printed: row.printed,
        };
        all.push(Known {
            view,
            promise,
            observations,
        });
    }
    let standings: Vec<&str> = filter.standings.iter().map(|one| one.as_str()).collect();
    all.retain(|one| standings.is_empty() || standings.contains(&one.view.course.standing));
    Ok(all)
}

/// One commitment, by id or code.
pub async fn read(
    conn: &mut AsyncPgConnection,
    windows: (&Window, &Window),
    reference: &str,
) -> Result<Known> {
    let by_code = || commitments::table.filter(commitments::code.eq(reference));
    let id: Uuid = match Uuid::try_parse(reference) {
        Ok(id) => id,
        Err(_) => by_code().select(commitments::id).first(conn).await?,
    };
    let filter = CommitmentFilter {
        ids: vec![id],
        ..CommitmentFilter::default()
    };
    list(conn, windows, &filter, Against::Line)
        .await?
        .pop()
        .ok_or(Error::NotFound)
}

fn course_view(
    promise: &Promise,
    observations: &[Observation],
    day: NaiveDate,
    against: Against,
) -> CourseView {
    let found = course(promise, observations, day, against);
    CourseView {
        day,
        expected: found.expected.as_ref().map(figure),
        observed_on: found.latest.as_ref().map(|latest| latest.on),
        latest: found.latest.as_ref().map(|latest| figure(&latest.value)),
        reference: found.reference.as_ref().map(figure),
        gap: found.gap.as_ref().map(figure),
        percent: found.percent.as_ref().map(figure),
        standing: found.standing.as_str(),
        met_on: found.met_on,
        breaches: found.breaches,
    }
}

/// The commitments of a plan as they stood in its window.
async fn rows(
    conn: &mut AsyncPgConnection,
    plan: &PlanWindow,
    filter: &CommitmentFilter,
) -> Result<Vec<CommitmentRow>> {
    let mut query = cv::table
        .inner_join(programmes::table.on(programmes::id.eq(cv::programme_id)))
        .filter(cv::plan_id.eq(plan.plan_id))
        .filter(cv::from_number.le(plan.number).and(cv::to_number.gt(plan.number)))
        .order((programmes::number, cv::position, cv::id))
        .select(COMMITMENT_VERSION)
        .into_boxed();
    if !filter.ids.is_empty() {
        query = query.filter(cv::id.eq_any(filter.ids.clone()));
    }
    if !filter.programmes.is_empty() {
        query = query.filter(cv::programme_id.eq_any(filter.programmes.clone()));
    }
    if !filter.initiatives.is_empty() {
        query = query.filter(
            cv::initiative_id.is_not_null().and(
                cv::initiative_id
                    .assume_not_null()
                    .eq_any(filter.initiatives.clone()),
            ),
        );
    }
    if !filter.owners.is_empty() {
        let below = organisation_closure::table
            .filter(organisation_closure::ancestor_id.eq_any(filter.owners.clone()))
            .select(organisation_closure::descendant_id);
        query = query.filter(
            cv::owner_id
                .is_not_null()
                .and(cv::owner_id.assume_not_null().eq_any(below)),
        );
    }
    if !filter.natures.is_empty() {
        query = query.filter(
            cv::nature
                .is_not_null()
                .and(cv::nature.assume_not_null().eq_any(filter.natures.clone())),
        );
    }
    if !filter.strengths.is_empty() {
        query = query.filter(cv::strength.eq_any(filter.strengths.clone()));
    }
    if !filter.measures.is_empty() {
        query = query.filter(cv::measure.eq_any(filter.measures.clone()));
    }
    if let Some(maintained) = filter.maintained {
        query = query.filter(cv::maintained.eq(maintained));
    }
    match filter.doubt {
        Some(true) => query = query.filter(cv::doubt.is_not_null().and(cv::doubt_resolution.is_null())),
        Some(false) => query = query.filter(cv::doubt.is_null().or(cv::doubt_resolution.is_not_null())),
        None => {}
    }
    Ok(query.load(conn).await?)
}

/// The figures of wholes that counted in a plan's window.
async fn observations(
    conn: &mut AsyncPgConnection,
    plan: &PlanWindow,
    ids: &[Uuid],
) -> Result<Vec<(Uuid, Observation)>> {
    let mut query = ov::table
        .filter(ov::plan_id.eq(plan.plan_id))
        .filter(ov::from_number.le(plan.number).and(ov::to_number.gt(plan.number)))
        .filter(ov::state.eq("confirmed"))
        .filter(ov::region_id.is_null().and(ov::organisation_id.is_null()))
        .order(ov::observed_on)
        .select((ov::commitment_id, ov::observed_on, ov::value))
        .into_boxed();
    if !ids.is_empty() {
        query = query.filter(ov::commitment_id.eq_any(ids.to_vec()));
    }
    let found: Vec<(Uuid, NaiveDate, BigDecimal)> = query.load(conn).await?;
    Ok(found
        .into_iter()
        .map(|(id, on, value)| (id, Observation { on, value }))
        .collect())
}

/// What is looked at of a project.
type Delivering = (Uuid, Option<String>, Option<BigDecimal>, String);

/// What the projects in sight delivered, by commitment.
async fn deliveries(
    conn: &mut AsyncPgConnection,
    working: &Window,
    found: &[(NaiveDate, NaiveDate, CommitmentRow)],
    ids: &[Uuid],
) -> Result<BTreeMap<Uuid, DeliveredView>> {
    let links = links::of_commitments(conn, working, ids).await?;
    let linked: BTreeSet<Uuid> = links.iter().map(|(_, project)| *project).collect();
    let mut query = pv::table
        .filter(pv::id.eq_any(linked))
        .select((pv::id, pv::unit, pv::quantity_delivered, pv::life_cycle))
        .into_boxed();
    for condition in conditions(working, &ProjectFilter::default()) {
        query = query.filter(condition);
    }
    let projects: BTreeMap<Uuid, Delivering> = query
        .load::<Delivering>(conn)
        .await?
        .into_iter()
        .map(|row| (row.0, row))
        .collect();
    let mut all: BTreeMap<Uuid, DeliveredView> = BTreeMap::new();
    for (_, _, row) in found {
        let printed = &row.printed;
        let mut view = DeliveredView::default();
        let mut sum = BigDecimal::from(0);
        for (_, project) in links.iter().filter(|(id, _)| *id == printed.id) {
            let Some((_, unit, quantity, life_cycle)) = projects.get(project) else {
                continue;
            };
            view.projects += 1;
            view.closed += i64::from(life_cycle == "closed");
            let factor = match unit.as_deref() {
                Some(unit) if unit == printed.base_unit => BigDecimal::from(1),
                Some(unit) if unit == printed.unit => printed.base_factor.clone(),
                _ => continue,
            };
            view.counted += 1;
            sum += quantity.clone().unwrap_or_default() * factor;
        }
        view.quantity = (view.counted > 0).then(|| figure(&sum));
        all.insert(printed.id, view);
    }
    Ok(all)
}

/// Brings a view after a row that was changed in this transaction: its versions are written at commit.
pub async fn renew(
    conn: &mut AsyncPgConnection,
    view: &mut CommitmentCourseView,
    row: &CommitmentRow,
) -> Result<()> {
    let mut wanted = Wanted::default();
    wanted.organisations.extend(row.printed.owner_id);
    wanted
        .organisations
        .extend(row.resolution.doubt_resolved_by_organisation_id);
    let names = Names::load(conn, &wanted).await?;
    view.owner = names.get(row.printed.owner_id);
    view.doubt_resolved_by = names.get(row.resolution.doubt_resolved_by_organisation_id);
    view.doubt_resolution.clone_from(&row.resolution.doubt_resolution);
    view.doubt_resolved_on = row.resolution.doubt_resolved_on;
    view.printed = row.printed.clone();
    Ok(())
}
