//! The public facts of public projects, for everyone: what the plan prints, the site's county, owners and dates that
//! are confirmed or printed, results that are verified. Nothing else comes in: not proposals, not reports that wait,
//! not notes, persons, versions or instants, for these would tell of working data by their change.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::filters::ProjectFilter;
use super::names::{Named, Names, Wanted};
use super::shown::figure;
use crate::db::bigrams;
use crate::db::paging::{self, Page, PageRequest};
use crate::db::schema::{milestones, project_owners, projects};
use crate::kernel::{Error, Result};
use crate::plans::model::CommitmentView;

/// An owner that is confirmed or printed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct PublicOwner {
    /// `lead`, `responsible` or `supporting`.
    pub role: String,
    pub organisation: Option<Named>,
}

/// A project, as everybody may see it.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct PublicProjectView {
    /// Its stable name, in addresses and exports.
    pub code: String,
    pub title: String,
    pub kind: String,
    pub plan: Option<Named>,
    pub programme: Option<Named>,
    pub initiative: Option<Named>,
    pub second_initiative: Option<Named>,
    pub service_area: Option<Named>,
    pub site_region: Option<Named>,
    /// Promised, as a decimal string in `unit`.
    pub quantity: Option<String>,
    pub unit: Option<String>,
    pub is_remainder: bool,
    pub open_ended: bool,
    pub components: Vec<String>,
    /// The plan's own words.
    pub as_printed: String,
    /// Given up, by an approved change request.
    pub cancelled: bool,
    /// Where the plan prints it or it is confirmed; null where only the plan's last day is known.
    pub due_on: Option<NaiveDate>,
    pub due_precision: Option<String>,
    pub owners: Vec<PublicOwner>,
    /// How many of its dated milestones are verified, and how many there are.
    pub milestones_verified: i64,
    pub milestones: i64,
    pub last_verified_on: Option<NaiveDate>,
}

/// A milestone with a date that is confirmed or printed.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct PublicMilestoneView {
    pub code: String,
    pub name: String,
    pub planned_on: NaiveDate,
    pub date_precision: String,
    pub verified: bool,
    /// Of a verified one.
    pub actual_on: Option<NaiveDate>,
    pub verified_on: Option<NaiveDate>,
}

/// What is looked at of a project.
#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = projects)]
struct Row {
    id: Uuid,
    plan_id: Uuid,
    code: String,
    title: String,
    kind: String,
    programme_id: Uuid,
    initiative_id: Uuid,
    second_initiative_id: Option<Uuid>,
    service_area_id: Option<Uuid>,
    site_region_id: Option<Uuid>,
    quantity: Option<bigdecimal::BigDecimal>,
    unit: Option<String>,
    is_remainder: bool,
    open_ended: bool,
    components: Vec<String>,
    as_printed: String,
    life_cycle: String,
    due_on: NaiveDate,
    due_precision: String,
    due_basis: String,
}

/// What is looked at of a milestone.
#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = milestones)]
struct MilestoneRow {
    project_id: Uuid,
    code: String,
    name: String,
    planned_on: NaiveDate,
    date_precision: String,
    state: String,
    actual_on: Option<NaiveDate>,
    verified_on: Option<NaiveDate>,
}

/// The bases that bind: nobody is named or dated by a proposal.
const BINDING: [&str; 2] = ["plan", "confirmed"];

#[derive(Serialize, Deserialize)]
struct Key {
    code: String,
}

/// Public projects that pass a filter; owners and states are no filter here, for they would tell of proposals.
fn public(plans: &[Uuid], filter: &ProjectFilter) -> projects::BoxedQuery<'static, Pg> {
    let mut select = projects::table
        .filter(
            projects::is_public
                .eq(true)
                .and(projects::archived_reason.is_null()),
        )
        .into_boxed();
    if !plans.is_empty() {
        select = select.filter(projects::plan_id.eq_any(plans.to_vec()));
    }
    if !filter.programmes.is_empty() {
        select = select.filter(projects::programme_id.eq_any(filter.programmes.clone()));
    }
    if !filter.initiatives.is_empty() {
        let ids: Vec<Option<Uuid>> = filter.initiatives.iter().copied().map(Some).collect();
        select = select.filter(
            projects::initiative_id
                .nullable()
                .eq_any(ids.clone())
                .or(projects::second_initiative_id.eq_any(ids)),
        );
    }
    if !filter.service_areas.is_empty() {
        let ids: Vec<Option<Uuid>> = filter.service_areas.iter().copied().map(Some).collect();
        select = select.filter(projects::service_area_id.eq_any(ids));
    }
    if !filter.regions.is_empty() || filter.without_region {
        let ids: Vec<Option<Uuid>> = filter.regions.iter().copied().map(Some).collect();
        let sited = projects::site_region_id.eq_any(ids).assume_not_null();
        select = match filter.without_region {
            true => select.filter(projects::site_region_id.is_null().or(sited)),
            false => select.filter(sited),
        };
    }
    if !filter.kinds.is_empty() {
        select = select.filter(projects::kind.eq_any(filter.kinds.clone()));
    }
    if let Some(q) = &filter.q {
        select = select
            .filter(projects::bigrams.contains(bigrams::wanted(q)))
            .filter(projects::folded_title.like(bigrams::pattern(q)));
    }
    select
}

/// A page of public projects, in the order of their codes.
pub async fn list(
    conn: &mut AsyncPgConnection,
    plans: &[Uuid],
    filter: &ProjectFilter,
    total: bool,
    page: &PageRequest,
    question: &str,
) -> Result<Page<PublicProjectView>> {
    let mut select = public(plans, filter)
        .order(projects::code)
        .limit(page.limit + 1)
        .select(Row::as_select());
    if let Some(cursor) = &page.cursor {
        let key: Key = paging::decode(question, cursor)?;
        select = select.filter(projects::code.gt(key.code));
    }
    let rows: Vec<Row> = select.load(conn).await?;
    let mut cut = Page::cut(rows, page, question, |row| Key {
        code: row.code.clone(),
    })?;
    if total {
        cut.total = Some(public(plans, filter).count().get_result(conn).await?);
    }
    let rows = show(conn, std::mem::take(&mut cut.rows)).await?;
    Ok(Page {
        rows,
        next_cursor: cut.next_cursor,
        limit: cut.limit,
        total: cut.total,
    })
}

async fn find(conn: &mut AsyncPgConnection, reference: &str) -> Result<Row> {
    let select = public(&[], &ProjectFilter::default()).select(Row::as_select());
    let select = match Uuid::try_parse(reference) {
        Ok(id) => select.filter(projects::id.eq(id)),
        Err(_) => select.filter(projects::code.eq(reference.to_owned())),
    };
    Ok(select.first(conn).await?)
}

/// One public project, by id or code.
pub async fn read(conn: &mut AsyncPgConnection, reference: &str) -> Result<PublicProjectView> {
    let row = find(conn, reference).await?;
    show(conn, vec![row]).await?.pop().ok_or(Error::NotFound)
}

async fn dated(conn: &mut AsyncPgConnection, project_ids: &[Uuid]) -> Result<Vec<MilestoneRow>> {
    Ok(milestones::table
        .filter(
            milestones::project_id
                .eq_any(project_ids)
                .and(milestones::date_basis.eq_any(BINDING))
                .and(milestones::state.ne("cancelled")),
        )
        .order((milestones::planned_on, milestones::code))
        .select(MilestoneRow::as_select())
        .load(conn)
        .await?)
}

/// The milestones of a public project whose dates bind, by their dates. A report that nobody has verified does not
/// show.
pub async fn milestones_of(
    conn: &mut AsyncPgConnection,
    reference: &str,
) -> Result<Vec<PublicMilestoneView>> {
    let project = find(conn, reference).await?;
    Ok(dated(conn, &[project.id])
        .await?
        .into_iter()
        .map(|row| {
            let verified = row.state == "verified";
            PublicMilestoneView {
                code: row.code,
                name: row.name,
                planned_on: row.planned_on,
                date_precision: row.date_precision,
                verified,
                actual_on: row.actual_on.filter(|_| verified),
                verified_on: row.verified_on.filter(|_| verified),
            }
        })
        .collect())
}

async fn show(conn: &mut AsyncPgConnection, rows: Vec<Row>) -> Result<Vec<PublicProjectView>> {
    let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
    let held: Vec<(Uuid, String, Uuid)> = project_owners::table
        .filter(
            project_owners::project_id
                .eq_any(&ids)
                .and(project_owners::removed.eq(false))
                .and(project_owners::basis.eq_any(BINDING)),
        )
        .order((project_owners::role, project_owners::organisation_id))
        .select((
            project_owners::project_id,
            project_owners::role,
            project_owners::organisation_id,
        ))
        .load(conn)
        .await?;
    let mut steps: BTreeMap<Uuid, Vec<MilestoneRow>> = BTreeMap::new();
    for row in dated(conn, &ids).await? {
        steps.entry(row.project_id).or_default().push(row);
    }
    let mut wanted = Wanted::default();
    for row in &rows {
        wanted.plans.insert(row.plan_id);
        wanted.programmes.insert(row.programme_id);
        wanted.initiatives.insert(row.initiative_id);
        wanted.initiatives.extend(row.second_initiative_id);
        wanted.service_areas.extend(row.service_area_id);
        wanted.regions.extend(row.site_region_id);
    }
    wanted.organisations.extend(held.iter().map(|owner| owner.2));
    let names = Names::load(conn, &wanted).await?;
    let count = |n: usize| i64::try_from(n).map_err(Error::internal);
    rows.into_iter()
        .map(|row| {
            let own = steps.remove(&row.id).unwrap_or_default();
            let done: Vec<&MilestoneRow> = own.iter().filter(|step| step.state == "verified").collect();
            let binding = BINDING.contains(&row.due_basis.as_str());
            Ok(PublicProjectView {
                plan: names.get(Some(row.plan_id)),
                programme: names.get(Some(row.programme_id)),
                initiative: names.get(Some(row.initiative_id)),
                second_initiative: names.get(row.second_initiative_id),
                service_area: names.get(row.service_area_id),
                site_region: names.get(row.site_region_id),
                quantity: row.quantity.as_ref().map(figure),
                due_on: binding.then_some(row.due_on),
                due_precision: binding.then_some(row.due_precision),
                owners: held
                    .iter()
                    .filter(|owner| owner.0 == row.id)
                    .map(|owner| PublicOwner {
                        role: owner.1.clone(),
                        organisation: names.get(Some(owner.2)),
                    })
                    .collect(),
                milestones: count(own.len())?,
                milestones_verified: count(done.len())?,
                last_verified_on: done.iter().filter_map(|step| step.verified_on).max(),
                cancelled: row.life_cycle == "cancelled",
                code: row.code,
                title: row.title,
                kind: row.kind,
                unit: row.unit,
                is_remainder: row.is_remainder,
                open_ended: row.open_ended,
                components: row.components,
                as_printed: row.as_printed,
            })
        })
        .collect()
}

/// A promised number or rate, as everybody may see it: as printed, with an owner only where one is confirmed or printed.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct PublicCommitmentView {
    pub code: String,
    pub plan_id: Uuid,
    pub programme_id: Uuid,
    pub initiative_id: Option<Uuid>,
    pub metric: String,
    pub category: Option<String>,
    /// The unit as printed, in which the figures here are.
    pub unit: String,
    pub operator: String,
    /// Decimal strings.
    pub target_min: String,
    pub target_max: Option<String>,
    pub baseline: Option<String>,
    pub baseline_year: Option<i32>,
    pub due_on: NaiveDate,
    pub due_precision: String,
    pub measure: String,
    pub better: String,
    pub maintained: bool,
    pub nature: Option<String>,
    pub strength: String,
    pub owner_id: Option<Uuid>,
    pub as_printed: String,
    pub page: i32,
    pub definition: Option<String>,
}

impl From<CommitmentView> for PublicCommitmentView {
    fn from(row: CommitmentView) -> PublicCommitmentView {
        let binding = row
            .owner_basis
            .as_deref()
            .is_some_and(|basis| BINDING.contains(&basis));
        PublicCommitmentView {
            code: row.code,
            plan_id: row.plan_id,
            programme_id: row.programme_id,
            initiative_id: row.initiative_id,
            metric: row.metric,
            category: row.category,
            unit: row.unit,
            operator: row.operator,
            target_min: figure(&row.target_min),
            target_max: row.target_max.as_ref().map(figure),
            baseline: row.baseline.as_ref().map(figure),
            baseline_year: row.baseline_year,
            due_on: row.due_on,
            due_precision: row.due_precision,
            measure: row.measure,
            better: row.better,
            maintained: row.maintained,
            nature: row.nature,
            strength: row.strength,
            owner_id: row.owner_id.filter(|_| binding),
            as_printed: row.as_printed,
            page: row.page,
            definition: row.definition,
        }
    }
}
