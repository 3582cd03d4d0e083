//! 开工率, 竣工率, 投资完成率, 资金到位率 and the lights of the projects in a window: of all, by region row and by
//! programme. The formulas are `rules::tallies`.

use std::collections::BTreeMap;

use bigdecimal::BigDecimal;
use chrono::NaiveDate;
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde::Serialize;
use uuid::Uuid;

use super::filters::{ProjectFilter, conditions};
use super::lights;
use super::names::Named;
use super::reports::latest;
use super::shown::figure;
use super::summary::LightCounts;
use super::window::Window;
use crate::db::schema::{organisations, programmes, project_kinds, project_versions as pv, regions};
use crate::kernel::Result;
use crate::rules::lights::Light;
use crate::rules::tallies::{Tally, TallyFacts};

/// A share: what of what, and in per cent. Decimal strings.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct Share {
    pub numerator: String,
    pub denominator: String,
    /// To two decimals; null where the denominator is nothing.
    pub percent: Option<String>,
}

impl Share {
    fn of(numerator: &BigDecimal, denominator: &BigDecimal, rate: Option<BigDecimal>) -> Share {
        Share {
            numerator: figure(numerator),
            denominator: figure(denominator),
            percent: rate.as_ref().map(figure),
        }
    }
}

/// The four rates of some projects, and their lights.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct RatesView {
    /// Projects that count: all but the cancelled ones.
    pub projects: u64,
    /// 开工率: projects of construction kinds that have begun, of all of these kinds.
    pub begun: Share,
    /// 竣工率: those that are closed.
    pub completed: Share,
    /// 投资完成率: money done to date, of the planned investment; in yuan.
    pub investment_done: Share,
    /// 资金到位率: money received to date, of the planned investment; in yuan.
    pub funds_received: Share,
    /// Projects whose planned investment is known: the two rates of money speak of these alone.
    pub projects_with_investment: u64,
    pub currency: &'static str,
    /// How many of each light, as it is shown.
    pub lights: LightCounts,
}

#[derive(Default)]
struct Row {
    tally: Tally,
    lights: LightCounts,
}

impl Row {
    fn add(&mut self, tally: &Tally, lights: LightCounts) {
        self.tally += tally;
        self.lights += lights;
    }
}

impl RatesView {
    fn of(Row { tally, lights }: &Row) -> RatesView {
        RatesView {
            projects: tally.projects,
            begun: Share::of(
                &tally.begun.into(),
                &tally.construction.into(),
                tally.begun_rate(),
            ),
            completed: Share::of(
                &tally.completed.into(),
                &tally.construction.into(),
                tally.completed_rate(),
            ),
            investment_done: Share::of(&tally.done, &tally.planned, tally.done_rate()),
            funds_received: Share::of(&tally.received, &tally.planned, tally.received_rate()),
            projects_with_investment: tally.with_plan,
            currency: "CNY",
            lights: *lights,
        }
    }
}

/// A region's row, or 市本级: what lies in no county.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct RegionRates {
    /// null: what lies in no county.
    pub region: Option<Named>,
    pub name: String,
    #[serde(flatten)]
    pub tally: RatesView,
}

#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct ProgrammeRates {
    pub programme: Named,
    pub number: i32,
    #[serde(flatten)]
    pub tally: RatesView,
}

/// The rates of a window's projects. Regions stand in the order of their codes, programmes of their numbers.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct TalliesView {
    /// The day it speaks of; null where nothing is in sight.
    pub day: Option<NaiveDate>,
    pub all: RatesView,
    pub regions: Vec<RegionRates>,
    pub programmes: Vec<ProgrammeRates>,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = pv)]
struct Project {
    id: Uuid,
    programme_id: Uuid,
    site_region_id: Option<Uuid>,
    kind: String,
    life_cycle: String,
    investment_planned: Option<BigDecimal>,
}

/// Regions that are counties: every other is the city's own.
async fn counties(conn: &mut AsyncPgConnection) -> Result<BTreeMap<Uuid, Named>> {
    let ids: Vec<Uuid> = organisations::table
        .filter(
            organisations::kind
                .eq("county_government")
                .and(organisations::archived_reason.is_null()),
        )
        .select(organisations::region_id)
        .distinct()
        .load(conn)
        .await?;
    let rows: Vec<(Uuid, String, String)> = regions::table
        .filter(regions::id.eq_any(ids))
        .select((regions::id, regions::code, regions::name))
        .load(conn)
        .await?;
    let named = |(id, code, name)| (id, Named { id, code, name });
    Ok(rows.into_iter().map(named).collect())
}

/// Works the rates out.
pub async fn tallies(
    conn: &mut AsyncPgConnection,
    window: &Window,
    filter: &ProjectFilter,
) -> Result<TalliesView> {
    let mut projects: Vec<Project> = Vec::new();
    if !window.plans.is_empty() {
        let mut select = pv::table.select(Project::as_select()).into_boxed();
        for condition in conditions(window, filter) {
            select = select.filter(condition);
        }
        projects = select.filter(pv::life_cycle.ne("cancelled")).load(conn).await?;
    }
    let construction: Vec<String> = project_kinds::table
        .filter(project_kinds::construction.eq(true))
        .select(project_kinds::code)
        .load(conn)
        .await?;
    let reports = latest(conn, window, None).await?;
    let counties = counties(conn).await?;
    let ids = projects.iter().map(|project| project.id).collect();
    let lights = lights::shown(conn, window, &ids).await?;
    let mut all = Row::default();
    // None is what lies in no county: it comes first, as its row does.
    let mut by_region: BTreeMap<Option<String>, (Option<Named>, Row)> = BTreeMap::new();
    let mut by_programme: BTreeMap<Uuid, Row> = BTreeMap::new();
    for project in projects {
        let report = reports.get(&project.id);
        let tally = Tally::of(&TallyFacts {
            construction: construction.contains(&project.kind),
            life_cycle: project.life_cycle,
            planned: project.investment_planned,
            done: report.and_then(|report| report.sums.done.clone()),
            received: report.and_then(|report| report.sums.received.clone()),
        });
        let light = lights.get(&project.id).copied().unwrap_or(Light::Grey);
        let light = LightCounts::one(light);
        all.add(&tally, light);
        let county = project.site_region_id.and_then(|id| counties.get(&id)).cloned();
        let code = county.as_ref().map(|county| county.code.clone());
        let row = by_region.entry(code).or_insert_with(|| (county, Row::default()));
        row.1.add(&tally, light);
        by_programme
            .entry(project.programme_id)
            .or_default()
            .add(&tally, light);
    }
    let ids: Vec<Uuid> = by_programme.keys().copied().collect();
    let named: Vec<(Uuid, String, String, i32)> = programmes::table
        .filter(programmes::id.eq_any(ids))
        .order((programmes::plan_id, programmes::number))
        .select((
            programmes::id,
            programmes::code,
            programmes::title,
            programmes::number,
        ))
        .load(conn)
        .await?;
    Ok(TalliesView {
        day: window.plans.iter().map(|plan| plan.day).max(),
        all: RatesView::of(&all),
        regions: by_region
            .into_values()
            .map(|(region, tally)| RegionRates {
                name: region
                    .as_ref()
                    .map_or_else(|| "市本级".to_owned(), |region| region.name.clone()),
                region,
                tally: RatesView::of(&tally),
            })
            .collect(),
        programmes: named
            .into_iter()
            .filter_map(|(id, code, name, number)| {
                Some(ProgrammeRates {
                    tally: RatesView::of(by_programme.get(&id)?),
                    programme: Named { id, code, name },
                    number,
                })
            })
            .collect(),
    })
}
