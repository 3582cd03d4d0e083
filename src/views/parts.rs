//! The parts of a project (分县任务), each with who answers for it, its latest report and what it owes; beside the sums of
//! all of them what the project itself promises.

use std::collections::BTreeMap;

use bigdecimal::BigDecimal;
use chrono::NaiveDate;
use diesel_async::AsyncPgConnection;
use serde::Serialize;
use uuid::Uuid;

use super::filters::ProjectFilter;
use super::names::{Named, Names, Wanted};
use super::reporting::{OwedPeriod, answering, owed_period, owing};
use super::reports::{self, LatestReport};
use super::shown::{figure, owners_in};
use super::window::Window;
use crate::kernel::Result;
use crate::projects::model::ProjectRow;
use crate::projects::parts::{PartRow, store};

/// A county's part of a project.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct PartView {
    pub region: Option<Named>,
    /// The organisation that answers for the part; null: the project's own does.
    pub organisation: Option<Named>,
    /// `confirmed`, or `inferred`: a proposal; null where none is named.
    pub basis: Option<String>,
    /// Promised, as a decimal string in the project's unit.
    pub quantity: Option<String>,
    /// In yuan, as a decimal string.
    pub investment_planned: Option<String>,
    /// Its reports begin with the period in which this day lies.
    pub from_on: NaiveDate,
    /// Its latest report that was not returned.
    pub latest_report: Option<LatestReport>,
    /// What it owes on the day of the answer.
    pub owed: Vec<OwedPeriod>,
}

/// How a project is divided among counties.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct PartsView {
    pub project_id: Uuid,
    /// In the order of the counties' codes.
    pub items: Vec<PartView>,
    pub unit: Option<String>,
    /// What the project promises.
    pub quantity: Option<String>,
    /// What the parts promise, of those that say it; null where none does.
    pub quantity_sum: Option<String>,
    /// The sum less what the project promises.
    pub quantity_difference: Option<String>,
    /// In yuan, of the project.
    pub investment_planned: Option<String>,
    pub investment_sum: Option<String>,
    pub investment_difference: Option<String>,
    pub currency: &'static str,
    /// Of the project: what `If-Match` names to change this.
    pub version: i64,
}

/// The parts that projects have in a window, by the project, each project's in the order of the counties' codes. None: of
/// every project of its plans.
pub async fn in_window(
    conn: &mut AsyncPgConnection,
    window: &Window,
    ids: Option<&[Uuid]>,
) -> Result<BTreeMap<Uuid, Vec<PartRow>>> {
    let mut parts = BTreeMap::new();
    for plan in &window.plans {
        let rows = store::of_projects_at(conn, (plan.plan_id, plan.number), ids).await?;
        parts.extend(store::by_project(rows));
    }
    Ok(parts)
}

/// A project's parts in the window; `fresh` stand for them where an action has just changed them.
pub async fn of_project(
    conn: &mut AsyncPgConnection,
    window: &Window,
    project: &ProjectRow,
    fresh: Option<Vec<PartRow>>,
) -> Result<PartsView> {
    let rows = match fresh {
        Some(rows) => rows,
        None => in_window(conn, window, Some(&[project.id]))
            .await?
            .remove(&project.id)
            .unwrap_or_default(),
    };
    let mut wanted = Wanted::seen_in(Some(window));
    wanted.regions.extend(rows.iter().map(|row| row.region_id));
    wanted
        .organisations
        .extend(rows.iter().filter_map(|row| row.organisation_id));
    let own = owners_in(conn, window, &[project.id]).await?;
    let own = own.get(&project.id).and_then(|all| answering(all));
    wanted.organisations.extend(own);
    let names = Names::load(conn, &wanted).await?;
    let mut latest = reports::latest_of_parts(conn, window, &[project.id]).await?;
    let mut owed: BTreeMap<Uuid, Vec<OwedPeriod>> = BTreeMap::new();
    if !rows.is_empty() {
        let of = ProjectFilter {
            projects: vec![project.id],
            ..ProjectFilter::any()
        };
        for one in owing(conn, window, &of, |debt, day| debt.owed_from <= day).await? {
            if let Some(part) = one.part.as_ref().filter(|_| one.is_owed()) {
                owed.entry(part.id).or_default().push(owed_period(&one));
            }
        }
    }
    let quantity = Compared::of(&project.quantity, rows.iter().map(|row| &row.quantity));
    let investment = Compared::of(
        &project.investment_planned,
        rows.iter().map(|row| &row.investment_planned),
    );
    let items = rows
        .into_iter()
        .map(|row| PartView {
            owed: match row.owes_from.and(row.answers().or(own)) {
                // Of a fresh row it is who answers now, whoever did in the window.
                Some(answers) => owed
                    .remove(&row.region_id)
                    .unwrap_or_default()
                    .into_iter()
                    .map(|one| OwedPeriod {
                        responsible: names.get(Some(answers)),
                        ..one
                    })
                    .collect(),
                None => Vec::new(),
            },
            region: names.get(Some(row.region_id)),
            organisation: names.get(row.organisation_id),
            basis: row.basis,
            quantity: row.quantity.as_ref().map(figure),
            investment_planned: row.investment_planned.as_ref().map(figure),
            from_on: row.from_on,
            latest_report: latest.remove(&(project.id, row.region_id)),
        })
        .collect();
    Ok(PartsView {
        project_id: project.id,
        items,
        unit: project.unit.clone(),
        quantity: quantity.own,
        quantity_sum: quantity.sum,
        quantity_difference: quantity.difference,
        investment_planned: investment.own,
        investment_sum: investment.sum,
        investment_difference: investment.difference,
        currency: "CNY",
        version: project.row_version,
    })
}

/// A figure of the project beside the sum of its parts.
struct Compared {
    own: Option<String>,
    sum: Option<String>,
    difference: Option<String>,
}

impl Compared {
    fn of<'a>(own: &Option<BigDecimal>, parts: impl Iterator<Item = &'a Option<BigDecimal>>) -> Compared {
        let sum = parts.flatten().cloned().reduce(|all, one| all + one);
        let difference = sum.as_ref().zip(own.as_ref()).map(|(sum, own)| sum - own);
        Compared {
            own: own.as_ref().map(figure),
            sum: sum.as_ref().map(figure),
            difference: difference.as_ref().map(figure),
        }
    }
}
