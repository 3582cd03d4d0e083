//! How projects and milestones look to those who may see them. Every figure comes from `rules` or is stored by it.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde::Serialize;
use uuid::Uuid;

use super::filters::{ProjectFilter, conditions};
use super::lights::{self, LightView, Source};
use super::links;
use super::names::{Named, Names, Wanted};
use super::reports::{self, LatestReport};
use super::window::Window;
use crate::db::schema::project_owner_versions as ov;
use crate::kernel::{Error, Result};
use crate::projects::model::{Evidence, MilestoneRow, OwnerRow, ProjectHead, ProjectRow};
use crate::rules::overdue::{DateBasis, MilestoneState, days_overdue};

/// What a proposed owner says of the proposal. It confirms nothing.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct ClaimView {
    /// `asked` (by a planner), `claimed` or `disputed`.
    pub claim: String,
    pub reason: Option<String>,
    /// Who it is instead.
    pub suggested: Option<Named>,
    pub said_on: Option<NaiveDate>,
    pub said_by_user_id: Option<Uuid>,
    pub said_by: Option<Named>,
}

/// An owner of a project.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct OwnerView {
    pub id: Uuid,
    /// `lead`, `responsible` or `supporting`.
    pub role: String,
    pub organisation: Option<Named>,
    /// `plan`, `inferred` or `confirmed`; an inferred owner is a proposal.
    pub basis: String,
    /// Of a proposal that its organisation has claimed or disputed.
    pub claim: Option<ClaimView>,
    /// Named when this owner is confirmed.
    pub version: i64,
}

/// A project, as those see it who have it in sight.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct ProjectView {
    pub id: Uuid,
    pub code: String,
    pub plan: Option<Named>,
    pub title: String,
    pub kind: String,
    pub programme: Option<Named>,
    pub initiative: Option<Named>,
    pub second_initiative: Option<Named>,
    pub service_area: Option<Named>,
    pub site_region: Option<Named>,
    /// `city` or `county`.
    pub responsible_level: String,
    pub life_cycle: String,
    pub suspended_on: Option<NaiveDate>,
    pub suspended_reason: Option<String>,
    pub suspension_review_on: Option<NaiveDate>,
    /// Promised, as a decimal string in `unit`.
    pub quantity: Option<String>,
    pub quantity_delivered: Option<String>,
    pub unit: Option<String>,
    /// What is left of a promised number once the named ones are taken away.
    pub is_remainder: bool,
    /// The plan says 等 without a number.
    pub open_ended: bool,
    pub components: Vec<String>,
    pub description: String,
    /// The plan's own words.
    pub as_printed: String,
    pub doubt: Option<String>,
    pub due_on: NaiveDate,
    pub due_precision: String,
    /// `plan`, `period` or `confirmed`.
    pub due_basis: String,
    /// In yuan, as a decimal string.
    pub investment_planned: Option<String>,
    pub currency: &'static str,
    pub national_code: Option<String>,
    pub is_public: bool,
    pub owners: Vec<OwnerView>,
    pub overdue: bool,
    /// Those of its most overdue milestone; null where none is.
    pub days_overdue: Option<i64>,
    /// 期满未报: a date that only the plan's period gives has passed without a report.
    pub lapsed: bool,
    pub next_due_on: Option<NaiveDate>,
    /// The day of the oldest report that waits for verification.
    pub unverified_since: Option<NaiveDate>,
    /// Some owner, date or weight is a proposal still.
    pub unconfirmed: bool,
    /// Per cent of the weights reported and not returned; decimal string, null without milestones.
    pub earned_percent: Option<String>,
    /// The verified share of it, per cent of all weights.
    pub verified_percent: Option<String>,
    /// How it stands by the plan's own rules, and why.
    pub light: Option<LightView>,
    /// The promised numbers that it serves; the name is the metric.
    pub commitments: Vec<Named>,
    /// Why it was split up or merged into another; it stands in no list any more.
    pub archived_reason: Option<String>,
    /// The project that it was split from, where that is in sight.
    pub split_from: Option<Named>,
    /// The project that it was merged into, where that is in sight.
    pub merged_into: Option<Named>,
    /// It owes a progress report.
    pub silent: bool,
    /// The first day on which it owed one, as things stand.
    pub silent_since: Option<NaiveDate>,
    /// 入统: when it was entered in the statistics, as its reports tell.
    pub statistics_entered_on: Option<NaiveDate>,
    /// Its latest progress report that was not returned: physical progress and money to date. Feeds no light.
    pub latest_report: Option<LatestReport>,
    /// The day that overdue and days overdue speak of: today of the plan, or the day asked for.
    pub day: NaiveDate,
    pub version: i64,
    pub updated_at: DateTime<Utc>,
}

/// The project that a milestone belongs to, in short.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct ProjectBrief {
    pub id: Uuid,
    pub code: String,
    pub title: String,
    pub programme: Option<Named>,
    pub site_region: Option<Named>,
    pub lead: Option<OwnerView>,
    pub responsible: Option<OwnerView>,
}

/// A milestone, as those see it who have its project in sight.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct MilestoneView {
    pub id: Uuid,
    pub code: String,
    pub project: ProjectBrief,
    pub number: i32,
    pub name: String,
    /// A decimal string.
    pub weight: String,
    pub weight_confirmed: bool,
    pub planned_on: NaiveDate,
    /// `plan`, `period`, `template` or `confirmed`; only `plan` and `confirmed` accuse anybody.
    pub date_basis: String,
    pub date_precision: String,
    pub first_baseline_on: Option<NaiveDate>,
    /// (Actual or planned) minus first baseline, in days.
    pub slip_days: Option<i64>,
    pub state: String,
    pub overdue: bool,
    pub days_overdue: Option<i64>,
    /// 期满未报
    pub lapsed: bool,
    /// Reported or verified with an actual date after the planned one.
    pub late: bool,
    pub evidence_wanted: Vec<String>,
    pub evidence: Vec<Evidence>,
    /// Kinds of evidence that the template wants and the report does not name.
    pub evidence_missing: Vec<String>,
    pub actual_on: Option<NaiveDate>,
    pub note: Option<String>,
    pub reported_on: Option<NaiveDate>,
    /// Days from the actual date to the day of reporting.
    pub reporting_lag_days: Option<i64>,
    pub reported_by_user_id: Option<Uuid>,
    pub reported_by: Option<Named>,
    /// How many days its report has waited for verification, and with whom it is.
    pub waiting_days: Option<i64>,
    pub waiting_with: Option<Named>,
    pub verified_on: Option<NaiveDate>,
    pub verified_by_user_id: Option<Uuid>,
    pub verified_by: Option<Named>,
    /// Why it was returned or reopened.
    pub back_reason: Option<String>,
    pub day: NaiveDate,
    pub version: i64,
    pub updated_at: DateTime<Utc>,
}

/// A decimal string without trailing zeros.
pub(super) fn figure(value: &bigdecimal::BigDecimal) -> String {
    value.normalized().to_plain_string()
}

fn percent(part: &bigdecimal::BigDecimal, whole: &bigdecimal::BigDecimal) -> Option<String> {
    use bigdecimal::Zero;
    (!whole.is_zero()).then(|| figure(&(part * bigdecimal::BigDecimal::from(100) / whole).round(2)))
}

/// The owners that projects have in a window.
pub(super) async fn owners_in(
    conn: &mut AsyncPgConnection,
    window: &Window,
    project_ids: &[Uuid],
) -> Result<BTreeMap<Uuid, Vec<OwnerRow>>> {
    let mut owners: BTreeMap<Uuid, Vec<OwnerRow>> = BTreeMap::new();
    for plan in &window.plans {
        let rows: Vec<OwnerRow> = ov::table
            .filter(
                ov::project_id
                    .eq_any(project_ids)
                    .and(ov::plan_id.eq(plan.plan_id)),
            )
            .filter(ov::from_number.le(plan.number).and(ov::to_number.gt(plan.number)))
            .filter(ov::removed.eq(false))
            .order((ov::role, ov::created_at, ov::id))
            .select((
                ov::id,
                ov::plan_id,
                ov::project_id,
                ov::role,
                ov::organisation_id,
                ov::basis,
                ov::removed,
                ov::row_version,
                ov::created_at,
                ov::updated_at,
                ov::claim,
                ov::claim_reason,
                ov::claim_organisation_id,
                ov::claimed_on,
                ov::claimed_by_user_id,
                ov::claimed_by_organisation_id,
            ))
            .load(conn)
            .await?;
        for row in rows {
            owners.entry(row.project_id).or_default().push(row);
        }
    }
    Ok(owners)
}

/// The organisations that an owner names: itself, and those of its claim.
fn named_by(owner: &OwnerRow) -> impl Iterator<Item = Uuid> + use<> {
    [
        Some(owner.organisation_id),
        owner.claim_organisation_id,
        owner.claimed_by_organisation_id,
    ]
    .into_iter()
    .flatten()
}

fn owner_view(names: &Names, owner: &OwnerRow) -> OwnerView {
    OwnerView {
        id: owner.id,
        role: owner.role.clone(),
        organisation: names.get(Some(owner.organisation_id)),
        basis: owner.basis.clone(),
        claim: owner.claim.clone().map(|claim| ClaimView {
            claim,
            reason: owner.claim_reason.clone(),
            suggested: names.get(owner.claim_organisation_id),
            said_on: owner.claimed_on,
            said_by_user_id: owner.claimed_by_user_id,
            said_by: names.get(owner.claimed_by_organisation_id),
        }),
        version: owner.row_version,
    }
}

/// The names of projects that others came from or went into, of those in sight.
async fn kin_in_sight(
    conn: &mut AsyncPgConnection,
    window: &Window,
    ids: Vec<Uuid>,
) -> Result<BTreeMap<Uuid, Named>> {
    use crate::db::schema::project_versions as pv;
    if ids.is_empty() {
        return Ok(BTreeMap::new());
    }
    let filter = ProjectFilter {
        projects: ids,
        ..ProjectFilter::any()
    };
    let mut query = pv::table.select((pv::id, pv::code, pv::title)).into_boxed();
    for condition in conditions(window, &filter) {
        query = query.filter(condition);
    }
    let rows: Vec<(Uuid, String, String)> = query.load(conn).await?;
    let named = |(id, code, name)| (id, Named { id, code, name });
    Ok(rows.into_iter().map(named).collect())
}

/// Shows projects of a window, in the order given. `fresh` owners stand for those of the window: an action shows
/// what it has just changed, before its versions are kept.
pub async fn projects(
    conn: &mut AsyncPgConnection,
    window: &Window,
    rows: Vec<ProjectRow>,
    fresh: Option<Vec<OwnerRow>>,
) -> Result<Vec<ProjectView>> {
    let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
    let source = match fresh {
        Some(_) => Source::Now,
        None => Source::Window,
    };
    let mut lights = lights::of(conn, window, &ids, source).await?;
    let mut commitments = match fresh {
        Some(_) => links::now(conn, &ids).await?,
        None => links::of_projects(conn, window, &ids).await?,
    };
    let owners = match fresh {
        Some(fresh) => by_project(fresh),
        None => owners_in(conn, window, &ids).await?,
    };
    let mut wanted = Wanted::seen_in(Some(window));
    for row in &rows {
        wanted.plans.insert(row.plan_id);
        wanted.programmes.insert(row.programme_id);
        wanted.initiatives.insert(row.initiative_id);
        wanted.initiatives.extend(row.second_initiative_id);
        wanted.regions.extend(row.site_region_id);
        wanted.service_areas.extend(row.service_area_id);
    }
    wanted
        .organisations
        .extend(owners.values().flatten().flat_map(named_by));
    let names = Names::load(conn, &wanted).await?;
    let kin: Vec<Uuid> = rows
        .iter()
        .flat_map(|row| [row.split_from_id, row.merged_into_id])
        .flatten()
        .collect();
    let kin = kin_in_sight(conn, window, kin).await?;
    let latest = reports::latest(conn, window, Some(&ids)).await?;
    let related = |id: Option<Uuid>| id.and_then(|id| kin.get(&id).cloned());
    rows.into_iter()
        .map(|row| {
            let day = window.day_of(row.plan_id).ok_or(Error::NotFound)?;
            let days = days_overdue(row.overdue_from, day);
            Ok(ProjectView {
                split_from: related(row.split_from_id),
                merged_into: related(row.merged_into_id),
                archived_reason: row.archived_reason,
                light: lights.remove(&row.id),
                commitments: commitments.remove(&row.id).unwrap_or_default(),
                plan: names.get(Some(row.plan_id)),
                programme: names.get(Some(row.programme_id)),
                initiative: names.get(Some(row.initiative_id)),
                second_initiative: names.get(row.second_initiative_id),
                service_area: names.get(row.service_area_id),
                site_region: names.get(row.site_region_id),
                owners: owners
                    .get(&row.id)
                    .map(|all| all.iter().map(|owner| owner_view(&names, owner)).collect())
                    .unwrap_or_default(),
                silent: row.silent_from.is_some_and(|from| from <= day),
                silent_since: row.silent_from.filter(|from| *from <= day),
                statistics_entered_on: row.statistics_entered_on,
                latest_report: latest.get(&row.id).map(LatestReport::of),
                overdue: days.is_some(),
                days_overdue: days,
                lapsed: row.lapsed_from.is_some_and(|from| from <= day),
                earned_percent: percent(&row.earned_weight, &row.total_weight),
                verified_percent: percent(&row.verified_weight, &row.total_weight),
                quantity: row.quantity.as_ref().map(figure),
                quantity_delivered: row.quantity_delivered.as_ref().map(figure),
                investment_planned: row.investment_planned.as_ref().map(figure),
                currency: "CNY",
                day,
                id: row.id,
                code: row.code,
                title: row.title,
                kind: row.kind,
                responsible_level: row.responsible_level,
                life_cycle: row.life_cycle,
                suspended_on: row.suspended_on,
                suspended_reason: row.suspended_reason,
                suspension_review_on: row.suspension_review_on,
                unit: row.unit,
                is_remainder: row.is_remainder,
                open_ended: row.open_ended,
                components: row.components,
                description: row.description,
                as_printed: row.as_printed,
                doubt: row.doubt,
                due_on: row.due_on,
                due_precision: row.due_precision,
                due_basis: row.due_basis,
                national_code: row.national_code,
                is_public: row.is_public,
                next_due_on: row.next_due_on,
                unverified_since: row.unverified_since,
                unconfirmed: row.unconfirmed,
                version: row.row_version,
                updated_at: row.updated_at,
            })
        })
        .collect()
}

fn by_project(rows: Vec<OwnerRow>) -> BTreeMap<Uuid, Vec<OwnerRow>> {
    let mut owners: BTreeMap<Uuid, Vec<OwnerRow>> = BTreeMap::new();
    for row in rows {
        owners.entry(row.project_id).or_default().push(row);
    }
    owners
}

/// Shows milestones of a window, in the order given, with their projects as they were in it.
pub async fn milestones(
    conn: &mut AsyncPgConnection,
    window: &Window,
    rows: Vec<MilestoneRow>,
    projects: BTreeMap<Uuid, ProjectHead>,
) -> Result<Vec<MilestoneView>> {
    let ids: Vec<Uuid> = projects.keys().copied().collect();
    let owners = owners_in(conn, window, &ids).await?;
    let mut wanted = Wanted::seen_in(Some(window));
    for project in projects.values() {
        wanted.programmes.insert(project.programme_id);
        wanted.regions.extend(project.site_region_id);
    }
    wanted
        .organisations
        .extend(owners.values().flatten().flat_map(named_by));
    for row in &rows {
        wanted.organisations.extend(row.reported_by_organisation_id);
        wanted.organisations.extend(row.verified_by_organisation_id);
    }
    let names = Names::load(conn, &wanted).await?;
    rows.into_iter()
        .map(|row| {
            let project = projects.get(&row.project_id).ok_or(Error::NotFound)?;
            let day = window.day_of(row.plan_id).ok_or(Error::NotFound)?;
            one_milestone(
                row,
                project,
                owners.get(&project.id).map_or(&[], Vec::as_slice),
                &names,
                day,
            )
        })
        .collect()
}

fn one_milestone(
    row: MilestoneRow,
    project: &ProjectHead,
    owners: &[OwnerRow],
    names: &Names,
    day: NaiveDate,
) -> Result<MilestoneView> {
    let owner = |role: &str| {
        owners
            .iter()
            .find(|owner| owner.role == role)
            .map(|owner| owner_view(names, owner))
    };
    let evidence: Vec<Evidence> = serde_json::from_value(row.evidence.clone()).map_err(Error::internal)?;
    let reported = row.state()? == MilestoneState::Reported;
    let done = matches!(row.state()?, MilestoneState::Reported | MilestoneState::Verified);
    let lead = owner("lead");
    let days = days_overdue(row.overdue_from, day);
    let waiting_with = if reported {
        lead.as_ref()
            .filter(|lead| lead.basis != "inferred")
            .and_then(|lead| lead.organisation.clone())
    } else {
        None
    };
    let end = if done {
        row.actual_on.unwrap_or(row.planned_on)
    } else {
        row.planned_on
    };
    Ok(MilestoneView {
        project: ProjectBrief {
            id: project.id,
            code: project.code.clone(),
            title: project.title.clone(),
            programme: names.get(Some(project.programme_id)),
            site_region: names.get(project.site_region_id),
            lead,
            responsible: owner("responsible"),
        },
        slip_days: row.first_baseline_on.map(|baseline| (end - baseline).num_days()),
        overdue: days.is_some(),
        days_overdue: days,
        lapsed: row.lapsed_from.is_some_and(|from| from <= day),
        late: done
            && row.basis()? != DateBasis::Template
            && row.actual_on.is_some_and(|on| on > row.planned_on),
        evidence_missing: if done {
            row.evidence_wanted
                .iter()
                .filter(|kind| !evidence.iter().any(|e| e.kind == **kind))
                .cloned()
                .collect()
        } else {
            Vec::new()
        },
        reporting_lag_days: match (row.actual_on, row.reported_on) {
            (Some(actual), Some(reported)) => Some((reported - actual).num_days()),
            _ => None,
        },
        reported_by: names.get(row.reported_by_organisation_id),
        waiting_days: row
            .reported_on
            .filter(|_| reported)
            .map(|on| (day - on).num_days()),
        waiting_with,
        verified_by: names.get(row.verified_by_organisation_id),
        weight: figure(&row.weight),
        evidence,
        day,
        id: row.id,
        code: row.code,
        number: row.number,
        name: row.name,
        weight_confirmed: row.weight_confirmed,
        planned_on: row.planned_on,
        date_basis: row.date_basis,
        date_precision: row.date_precision,
        first_baseline_on: row.first_baseline_on,
        state: row.state,
        evidence_wanted: row.evidence_wanted,
        actual_on: row.actual_on,
        note: row.note,
        reported_on: row.reported_on,
        reported_by_user_id: row.reported_by_user_id,
        verified_on: row.verified_on,
        verified_by_user_id: row.verified_by_user_id,
        back_reason: row.back_reason,
        version: row.row_version,
        updated_at: row.updated_at,
    })
}
