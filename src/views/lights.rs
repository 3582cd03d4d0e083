//! The lights of projects in a window: what was worked out, why, and what a supervisor shows instead.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde::Serialize;
use uuid::Uuid;

use super::names::{Named, Names, Wanted};
use super::window::{PlanWindow, Window};
use crate::db::schema::{light_override_versions as lo, light_span_versions as lv};
use crate::kernel::{Error, Result};
use crate::projects::lights::model::{OverrideRow, RuleSetRow, SpanRow};
use crate::projects::lights::store;
use crate::rules::lights::timeline::BEGINNING;
use crate::rules::lights::{Dimension, Light, Reason, ReasonCode, RuleSet};

/// One reason of a light.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct ReasonView {
    pub code: ReasonCode,
    pub dimension: Dimension,
    pub light: Light,
    /// Figures and days, by name.
    pub params: BTreeMap<String, String>,
    /// In Chinese; written by the door.
    pub text: String,
}

/// What a supervisor shows in place of what was worked out.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct LightOverrideView {
    pub id: Uuid,
    pub light: String,
    pub reason: String,
    pub from_on: NaiveDate,
    /// The last day on which it is shown.
    pub until_on: NaiveDate,
    pub in_force: bool,
    pub made_at: DateTime<Utc>,
    pub made_by_user_id: Uuid,
    pub made_by: Option<Named>,
    /// Ended by hand: from this day on it is shown no more.
    pub ended_on: Option<NaiveDate>,
    pub ended_reason: Option<String>,
    pub ended_by_user_id: Option<Uuid>,
    pub ended_by: Option<Named>,
    pub version: i64,
}

/// The light of a project on a day.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct LightView {
    /// By the rules: `red`, `yellow`, `green`, `blue` (done) or `grey` (nothing due yet, unconfirmed, or no data).
    pub worked_out: String,
    /// What is shown: the same, or what a supervisor put in its place.
    pub shown: String,
    /// From when on it is what was worked out; null where it has never been otherwise.
    pub since: Option<NaiveDate>,
    /// What it was before, where it caught up of late.
    pub recovered_from: Option<String>,
    /// Of what was worked out; the gravest first.
    pub reasons: Vec<ReasonView>,
    pub rule_version: i32,
    #[serde(rename = "override")]
    pub overridden: Option<LightOverrideView>,
}

/// A step of the timeline to come.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct LightStepView {
    /// Null: since ever.
    pub from_on: Option<NaiveDate>,
    /// The first day on which it holds no more; null: for ever.
    pub until_on: Option<NaiveDate>,
    pub light: String,
    pub recovered_from: Option<String>,
    pub reasons: Vec<ReasonView>,
}

/// The light of a project, and what it will be if nothing more happens.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct LightTimelineView {
    pub project: Named,
    pub day: NaiveDate,
    pub now: LightView,
    /// From the step of the day on.
    pub timeline: Vec<LightStepView>,
    /// Everything that supervisors showed, the latest first.
    pub overrides: Vec<LightOverrideView>,
}

/// One version of a plan's rules.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct LightRulesView {
    pub plan_id: Uuid,
    /// Named in `If-Match` by whoever makes the next one.
    pub version: i32,
    pub in_force: bool,
    pub rules: RuleSet,
    pub reason: String,
    pub made_on: NaiveDate,
    pub made_at: DateTime<Utc>,
    pub made_by_user_id: Option<Uuid>,
    pub made_by: Option<Named>,
}

/// Reasons as they are stored, to be shown; the door gives them their words.
pub fn reasons(value: serde_json::Value) -> Result<Vec<ReasonView>> {
    let reasons: Vec<Reason> = serde_json::from_value(value).map_err(Error::internal)?;
    Ok(reasons
        .into_iter()
        .map(|reason| ReasonView {
            code: reason.code,
            dimension: reason.dimension,
            light: reason.light,
            params: reason.params,
            text: String::new(),
        })
        .collect())
}

/// Where the spans are read: in the window, or as an action has just left them, before their versions are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    Window,
    Now,
}

async fn spans(
    conn: &mut AsyncPgConnection,
    plan: &PlanWindow,
    ids: &[Uuid],
    source: Source,
) -> Result<BTreeMap<Uuid, Vec<SpanRow>>> {
    if source == Source::Now {
        let mut all = store::spans_of(conn, ids).await?;
        all.retain(|_, spans| {
            spans
                .as_slice()
                .first()
                .is_some_and(|span| span.plan_id == plan.plan_id)
        });
        return Ok(all);
    }
    let rows: Vec<SpanRow> = lv::table
        .filter(lv::plan_id.eq(plan.plan_id).and(lv::project_id.eq_any(ids)))
        .filter(lv::from_number.le(plan.number).and(lv::to_number.gt(plan.number)))
        .order((lv::project_id, lv::from_on))
        .select((
            lv::id,
            lv::plan_id,
            lv::project_id,
            lv::from_on,
            lv::until_on,
            lv::light,
            lv::reasons,
            lv::recovered_from,
            lv::rule_version,
        ))
        .load(conn)
        .await?;
    let mut spans: BTreeMap<Uuid, Vec<SpanRow>> = BTreeMap::new();
    for row in rows {
        spans.entry(row.project_id).or_default().push(row);
    }
    Ok(spans)
}

/// The overrides of a plan's projects, the latest first.
async fn overrides(
    conn: &mut AsyncPgConnection,
    plan: &PlanWindow,
    ids: &[Uuid],
    source: Source,
) -> Result<Vec<OverrideRow>> {
    match source {
        Source::Window => store::overrides_at(conn, (plan.plan_id, plan.number), ids).await,
        Source::Now => {
            let mut rows = store::overrides_of(conn, ids).await?;
            rows.retain(|row| row.plan_id == plan.plan_id);
            Ok(rows)
        }
    }
}

fn override_view(row: OverrideRow, names: &Names, day: NaiveDate) -> LightOverrideView {
    LightOverrideView {
        in_force: row.holds_on(day),
        made_by: names.get(Some(row.made_by_organisation_id)),
        ended_by: names.get(row.ended_by_organisation_id),
        id: row.id,
        light: row.light,
        reason: row.reason,
        from_on: row.from_on,
        until_on: row.until_on,
        made_at: row.made_at,
        made_by_user_id: row.made_by_user_id,
        ended_on: row.ended_on,
        ended_reason: row.ended_reason,
        ended_by_user_id: row.ended_by_user_id,
        version: row.row_version,
    }
}

async fn named_by(
    conn: &mut AsyncPgConnection,
    window: Option<&Window>,
    rows: &[OverrideRow],
) -> Result<Names> {
    let organisations: BTreeSet<Uuid> = rows
        .iter()
        .flat_map(|row| [Some(row.made_by_organisation_id), row.ended_by_organisation_id])
        .flatten()
        .collect();
    let wanted = Wanted {
        organisations,
        ..Wanted::seen_in(window)
    };
    Names::load(conn, &wanted).await
}

/// An override as it is shown.
pub async fn show_override(
    conn: &mut AsyncPgConnection,
    row: OverrideRow,
    day: NaiveDate,
) -> Result<LightOverrideView> {
    let names = named_by(conn, None, std::slice::from_ref(&row)).await?;
    Ok(override_view(row, &names, day))
}

/// The light of a timeline on a day.
fn light_on(spans: &[SpanRow], day: NaiveDate) -> Result<Option<LightView>> {
    let Some(at) = spans.iter().position(|span| span.holds_on(day)) else {
        return Ok(None);
    };
    let span = &spans[at];
    let first = spans[..=at]
        .iter()
        .rev()
        .take_while(|earlier| earlier.light == span.light)
        .last()
        .unwrap_or(span);
    Ok(Some(LightView {
        worked_out: span.light.clone(),
        shown: span.light.clone(),
        since: Some(first.from_on).filter(|day| *day != BEGINNING),
        recovered_from: span.recovered_from.clone(),
        reasons: reasons(span.reasons.clone())?,
        rule_version: span.rule_version,
        overridden: None,
    }))
}

/// The lights of these projects in a window: some statements for each plan, however many projects.
pub async fn of(
    conn: &mut AsyncPgConnection,
    window: &Window,
    ids: &[Uuid],
    source: Source,
) -> Result<BTreeMap<Uuid, LightView>> {
    let mut lights = BTreeMap::new();
    if ids.is_empty() {
        return Ok(lights);
    }
    for plan in &window.plans {
        for (project_id, spans) in spans(conn, plan, ids, source).await? {
            if let Some(light) = light_on(&spans, plan.day)? {
                lights.insert(project_id, light);
            }
        }
    }
    let mut held = Vec::new();
    for plan in &window.plans {
        let rows = overrides(conn, plan, ids, source).await?;
        let holding = rows.into_iter().filter(|row| row.holds_on(plan.day));
        held.extend(holding.map(|row| (row, plan.day)));
    }
    let rows: Vec<OverrideRow> = held.iter().map(|(row, _)| row.clone()).collect();
    let names = named_by(conn, Some(window), &rows).await?;
    for (row, day) in held {
        if let Some(light) = lights.get_mut(&row.project_id) {
            light.shown.clone_from(&row.light);
            light.overridden = Some(override_view(row, &names, day));
        }
    }
    Ok(lights)
}

/// The lights that are shown of these projects, and nothing else of them: for counting.
pub async fn shown(
    conn: &mut AsyncPgConnection,
    window: &Window,
    ids: &BTreeSet<Uuid>,
) -> Result<BTreeMap<Uuid, Light>> {
    let mut lights = BTreeMap::new();
    if ids.is_empty() {
        return Ok(lights);
    }
    let ids: Vec<Uuid> = ids.iter().copied().collect();
    for plan in &window.plans {
        let mut rows: Vec<(Uuid, String)> = lv::table
            .filter(lv::plan_id.eq(plan.plan_id).and(lv::project_id.eq_any(&ids)))
            .filter(lv::from_number.le(plan.number).and(lv::to_number.gt(plan.number)))
            .filter(lv::from_on.le(plan.day))
            .filter(
                lv::until_on
                    .is_null()
                    .or(lv::until_on.assume_not_null().gt(plan.day)),
            )
            .select((lv::project_id, lv::light))
            .load(conn)
            .await?;
        let instead: Vec<(Uuid, String)> = lo::table
            .filter(lo::plan_id.eq(plan.plan_id).and(lo::project_id.eq_any(&ids)))
            .filter(lo::from_number.le(plan.number).and(lo::to_number.gt(plan.number)))
            .filter(lo::from_on.le(plan.day).and(lo::until_on.ge(plan.day)))
            .filter(
                lo::ended_on
                    .is_null()
                    .or(lo::ended_on.assume_not_null().gt(plan.day)),
            )
            .select((lo::project_id, lo::light))
            .load(conn)
            .await?;
        rows.extend(instead);
        for (project_id, light) in rows {
            let light = Light::parse(&light).ok_or_else(|| Error::internal(format!("light {light}")))?;
            lights.insert(project_id, light);
        }
    }
    Ok(lights)
}

/// The timeline of a project in a window, from its day on.
pub async fn timeline(
    conn: &mut AsyncPgConnection,
    window: &Window,
    reference: &str,
) -> Result<LightTimelineView> {
    let project = super::projects::find(conn, window, reference).await?;
    let plan = window
        .plans
        .iter()
        .find(|plan| plan.plan_id == project.plan_id)
        .ok_or(Error::NotFound)?;
    let now = of(conn, window, &[project.id], Source::Window)
        .await?
        .remove(&project.id)
        .ok_or(Error::NotFound)?;
    let all = spans(conn, plan, &[project.id], Source::Window)
        .await?
        .remove(&project.id)
        .unwrap_or_default();
    let mut steps = Vec::new();
    for span in all {
        if span.until_on.is_none_or(|until| plan.day < until) {
            steps.push(LightStepView {
                from_on: Some(span.from_on).filter(|day| *day != BEGINNING),
                until_on: span.until_on,
                light: span.light,
                recovered_from: span.recovered_from,
                reasons: reasons(span.reasons)?,
            });
        }
    }
    let rows = store::overrides_at(conn, (plan.plan_id, plan.number), &[project.id]).await?;
    let names = named_by(conn, Some(window), &rows).await?;
    Ok(LightTimelineView {
        day: plan.day,
        now,
        timeline: steps,
        overrides: rows
            .into_iter()
            .map(|row| override_view(row, &names, plan.day))
            .collect(),
        project: Named {
            id: project.id,
            code: project.code,
            name: project.title,
        },
    })
}

/// Every version of a plan's rules, the latest first.
pub async fn rule_sets(conn: &mut AsyncPgConnection, plan_id: Uuid) -> Result<Vec<LightRulesView>> {
    let rows = store::versions(conn, plan_id).await?;
    show_rule_sets(conn, rows).await
}

/// Rule sets as they are shown; the first is in force.
pub async fn show_rule_sets(
    conn: &mut AsyncPgConnection,
    rows: Vec<RuleSetRow>,
) -> Result<Vec<LightRulesView>> {
    let wanted = Wanted {
        organisations: rows
            .iter()
            .filter_map(|row| row.made_by_organisation_id)
            .collect(),
        ..Wanted::default()
    };
    let names = Names::load(conn, &wanted).await?;
    rows.into_iter()
        .enumerate()
        .map(|(index, row)| {
            Ok(LightRulesView {
                rules: row.rules()?,
                in_force: index == 0,
                made_by: names.get(row.made_by_organisation_id),
                plan_id: row.plan_id,
                version: row.version,
                reason: row.reason,
                made_on: row.made_on,
                made_at: row.made_at,
                made_by_user_id: row.made_by_user_id,
            })
        })
        .collect()
}

/// The projects of a plan in the window, and the day that it speaks of there.
pub async fn projects_in(
    conn: &mut AsyncPgConnection,
    window: &Window,
    plan_id: Uuid,
) -> Result<(NaiveDate, BTreeMap<Uuid, Named>)> {
    let day = window.day_of(plan_id).ok_or(Error::NotFound)?;
    let heads =
        super::milestones::projects_in(conn, window, &super::filters::ProjectFilter::default()).await?;
    let named = heads.into_values().map(|head| {
        let named = Named {
            id: head.id,
            code: head.code,
            name: head.title,
        };
        (head.id, named)
    });
    Ok((day, named.collect()))
}
