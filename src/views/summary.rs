//! The tallies of a day: counts and lights by region and programme, by responsible organisation, and by month.

use std::collections::BTreeMap;
use std::ops::AddAssign;

use chrono::NaiveDate;
use diesel_async::AsyncPgConnection;
use serde::Serialize;
use uuid::Uuid;

use super::names::{Named, Names, Wanted};
use super::overview::{self, Cell, month_ends};
use super::shown::owners_in;
use super::window::Window;
use crate::kernel::{Actor, Clock, Result};
use crate::rules::lights::Light;

/// How many projects there are of each light, as it is shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct LightCounts {
    pub red: i64,
    pub yellow: i64,
    pub green: i64,
    pub blue: i64,
    pub grey: i64,
}

impl LightCounts {
    /// One project that shows this light.
    pub fn one(light: Light) -> LightCounts {
        let mut counts = LightCounts::default();
        match light {
            Light::Red => counts.red = 1,
            Light::Yellow => counts.yellow = 1,
            Light::Green => counts.green = 1,
            Light::Blue => counts.blue = 1,
            Light::Grey => counts.grey = 1,
        }
        counts
    }
}

impl AddAssign for LightCounts {
    fn add_assign(&mut self, other: LightCounts) {
        self.red += other.red;
        self.yellow += other.yellow;
        self.green += other.green;
        self.blue += other.blue;
        self.grey += other.grey;
    }
}

/// How the projects of a cell stand. Each is counted once under `overdue`, `waiting`, `done` and `unconfirmed`: under
/// the gravest that holds of it.
#[derive(Debug, Clone, Copy, Serialize, utoipa::ToSchema)]
pub struct TallyView {
    pub projects: i64,
    pub overdue: i64,
    /// Nothing overdue, some report waits for verification.
    pub waiting: i64,
    /// Delivered, or everything of it verified.
    pub done: i64,
    /// Nothing of it accuses anybody yet.
    pub unconfirmed: i64,
    pub lights: LightCounts,
}

impl From<Cell> for TallyView {
    fn from(cell: Cell) -> TallyView {
        TallyView {
            projects: cell.projects,
            overdue: cell.overdue,
            waiting: cell.waiting,
            done: cell.done,
            unconfirmed: cell.unconfirmed,
            lights: cell.lights,
        }
    }
}

/// A programme's part.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct ProgrammeTally {
    pub id: Uuid,
    pub number: i32,
    pub title: String,
    pub tally: TallyView,
}

/// A county, or 市本级: what lies in no county.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct RegionTally {
    pub name: String,
    /// What the filter `region` calls it; several for 市本级.
    pub regions: Vec<String>,
    pub tally: TallyView,
    pub programmes: Vec<ProgrammeTally>,
}

/// A responsible organisation's part, in the order of codes.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct OrganisationTally {
    /// Null: nobody is proposed.
    pub organisation: Option<Named>,
    pub tally: TallyView,
}

/// How it stood at the end of a month, as recorded by then.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct MonthTally {
    /// The month's last day.
    pub day: NaiveDate,
    pub tally: TallyView,
}

/// The tallies of a day, of what is in sight. Cancelled projects are no part of them.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct SummaryView {
    /// The latest day that it speaks of; null where nothing is in sight.
    pub day: Option<NaiveDate>,
    pub tally: TallyView,
    pub regions: Vec<RegionTally>,
    pub programmes: Vec<ProgrammeTally>,
    pub organisations: Vec<OrganisationTally>,
    /// The ends of the last months before the day, the earliest first; those before the first record are left out.
    pub months: Vec<MonthTally>,
}

/// Whose summary, of which plans, of which day, and how many months back.
#[derive(Debug, Clone)]
pub struct SummaryQuery {
    pub plans: Vec<Uuid>,
    pub as_of: Option<NaiveDate>,
    pub months: i64,
}

/// The tallies; for each month a handful of statements.
pub async fn read(
    conn: &mut AsyncPgConnection,
    clock: &Clock,
    actor: &Actor,
    query: &SummaryQuery,
) -> Result<SummaryView> {
    let window = Window::open(conn, clock, actor, &query.plans, query.as_of).await?;
    let day = window.plans.iter().map(|plan| plan.day).max();
    let wall = overview::wall(conn, &window).await?;
    let programme = |id: Uuid, cell: Cell| {
        wall.columns
            .iter()
            .find(|column| column.id == id)
            .map(|column| ProgrammeTally {
                id,
                number: column.number,
                title: column.title.clone(),
                tally: cell.into(),
            })
    };
    let mut by_programme: BTreeMap<Uuid, Cell> = BTreeMap::new();
    for (id, cell) in wall.rows.iter().flat_map(|row| &row.cells) {
        by_programme.entry(*id).or_default().add(*cell);
    }
    let in_order = |mut programmes: Vec<ProgrammeTally>| {
        programmes.sort_by_key(|one| (one.number, one.id));
        programmes
    };
    let mut months = Vec::new();
    let back = u32::try_from(query.months).unwrap_or(0);
    for then in day.map(|day| month_ends(day, back)).unwrap_or_default() {
        let window = Window::open(conn, clock, actor, &query.plans, Some(then)).await?;
        if !window.plans.is_empty() {
            let mut all = Cell::default();
            for (_, cell) in overview::cells(conn, &window).await? {
                all.add(cell);
            }
            months.push(MonthTally {
                day: then,
                tally: all.into(),
            });
        }
    }
    Ok(SummaryView {
        day,
        tally: wall.all.into(),
        regions: wall
            .rows
            .iter()
            .map(|row| RegionTally {
                name: row.name.clone(),
                regions: row.regions.clone(),
                tally: row.all.into(),
                programmes: in_order(
                    row.cells
                        .iter()
                        .filter_map(|(id, cell)| programme(*id, *cell))
                        .collect(),
                ),
            })
            .collect(),
        programmes: in_order(
            by_programme
                .iter()
                .filter_map(|(id, cell)| programme(*id, *cell))
                .collect(),
        ),
        organisations: organisations(conn, &window).await?,
        months,
    })
}

async fn organisations(conn: &mut AsyncPgConnection, window: &Window) -> Result<Vec<OrganisationTally>> {
    let cells = overview::cells(conn, window).await?;
    let ids: Vec<Uuid> = cells.iter().map(|(project, _)| project.id).collect();
    let owners = owners_in(conn, window, &ids).await?;
    let mut tallies: BTreeMap<Option<Uuid>, Cell> = BTreeMap::new();
    for (project, cell) in &cells {
        let responsible = owners
            .get(&project.id)
            .and_then(|all| all.iter().find(|owner| owner.role == "responsible"))
            .map(|owner| owner.organisation_id);
        tallies.entry(responsible).or_default().add(*cell);
    }
    let wanted = Wanted {
        organisations: tallies.keys().flatten().copied().collect(),
        ..Wanted::seen_in(Some(window))
    };
    let names = Names::load(conn, &wanted).await?;
    let mut found: Vec<OrganisationTally> = tallies
        .into_iter()
        .map(|(id, cell)| OrganisationTally {
            organisation: names.get(id),
            tally: cell.into(),
        })
        .collect();
    found.sort_by(|one, other| {
        let code = |tally: &OrganisationTally| tally.organisation.as_ref().map(|it| it.code.clone());
        code(one).cmp(&code(other))
    });
    Ok(found)
}
