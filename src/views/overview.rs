//! The wall chart: regions down, boxes across, and in each cell how its projects stand on a day.

use std::collections::BTreeMap;

use bigdecimal::{BigDecimal, Signed};
use chrono::{Datelike, Months, NaiveDate};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use super::filters::{ProjectFilter, conditions};
use super::lights;
use super::summary::LightCounts;
use super::window::Window;
use crate::db::schema::{organisations, programmes, project_versions as pv, regions};
use crate::kernel::{Actor, Clock, Result};
use crate::rules::lights::Light;

/// How the projects of a cell stand; each is counted once, under the gravest that holds of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cell {
    pub projects: i64,
    /// Some milestone is overdue.
    pub overdue: i64,
    /// Nothing overdue, some report waits for verification.
    pub waiting: i64,
    /// Delivered, or everything of it verified.
    pub done: i64,
    /// Nothing of it accuses anybody yet: owners or dates are proposals.
    pub unconfirmed: i64,
    /// Apart from all that, how many of each light, as it is shown.
    pub lights: LightCounts,
}

impl Cell {
    /// The worst light that some project of it shows; blue where everything is done.
    pub fn worst(&self) -> (Light, i64) {
        let lights = self.lights;
        match lights {
            LightCounts { red, .. } if red > 0 => (Light::Red, red),
            LightCounts { yellow, .. } if yellow > 0 => (Light::Yellow, yellow),
            LightCounts { green, .. } if green > 0 => (Light::Green, green),
            LightCounts { blue, .. } if blue > 0 && blue == self.projects => (Light::Blue, blue),
            LightCounts { grey, .. } => (Light::Grey, grey),
        }
    }

    pub fn add(&mut self, other: Cell) {
        self.projects += other.projects;
        self.overdue += other.overdue;
        self.waiting += other.waiting;
        self.done += other.done;
        self.unconfirmed += other.unconfirmed;
        self.lights += other.lights;
    }

    /// Those of which none of this holds: under way, nothing due.
    pub fn open(&self) -> i64 {
        self.projects - self.overdue - self.waiting - self.done - self.unconfirmed
    }
}

/// A box of the chart.
#[derive(Debug, Clone)]
pub struct Column {
    pub id: Uuid,
    pub number: i32,
    pub title: String,
}

/// A county, or the city's own: what lies in no county.
#[derive(Debug, Clone)]
pub struct Row {
    pub name: String,
    /// What the filter `region` calls it.
    pub regions: Vec<String>,
    /// By the column's id.
    pub cells: BTreeMap<Uuid, Cell>,
    pub all: Cell,
}

/// The whole chart.
#[derive(Debug, Clone)]
pub struct Wall {
    pub columns: Vec<Column>,
    pub rows: Vec<Row>,
    pub all: Cell,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = pv)]
pub(super) struct Project {
    pub id: Uuid,
    plan_id: Uuid,
    programme_id: Uuid,
    site_region_id: Option<Uuid>,
    life_cycle: String,
    overdue_from: Option<NaiveDate>,
    unverified_since: Option<NaiveDate>,
    unconfirmed: bool,
    total_weight: bigdecimal::BigDecimal,
    verified_weight: bigdecimal::BigDecimal,
}

fn cell_of(project: &Project, day: NaiveDate, light: Option<Light>) -> Cell {
    let mut cell = Cell {
        projects: 1,
        ..Cell::default()
    };
    let whole = project.total_weight.is_positive() && project.verified_weight >= project.total_weight;
    if project.overdue_from.is_some_and(|from| from <= day) {
        cell.overdue = 1;
    } else if project.unverified_since.is_some() {
        cell.waiting = 1;
    } else if project.life_cycle == "closed" || whole {
        cell.done = 1;
    } else if project.unconfirmed {
        cell.unconfirmed = 1;
    }
    cell.lights = LightCounts::one(light.unwrap_or(Light::Grey));
    cell
}

/// Each project of the window with its own cell. Cancelled ones are no part of it.
pub(super) async fn cells(conn: &mut AsyncPgConnection, window: &Window) -> Result<Vec<(Project, Cell)>> {
    if window.plans.is_empty() {
        return Ok(Vec::new());
    }
    let mut select = pv::table.select(Project::as_select()).into_boxed();
    for condition in conditions(window, &ProjectFilter::default()) {
        select = select.filter(condition);
    }
    let projects: Vec<Project> = select.filter(pv::life_cycle.ne("cancelled")).load(conn).await?;
    let ids = projects.iter().map(|project| project.id).collect();
    let lights = lights::shown(conn, window, &ids).await?;
    Ok(projects
        .into_iter()
        .filter_map(|project| {
            let day = window.day_of(project.plan_id)?;
            let cell = cell_of(&project, day, lights.get(&project.id).copied());
            Some((project, cell))
        })
        .collect())
}

/// How everything in sight stood at the end of each of the months before that of `until`, oldest first; lights apart. A
/// month before anything was recorded is left out: no record is not zero.
pub async fn trend(
    conn: &mut AsyncPgConnection,
    (clock, actor): (&Clock, &Actor),
    until: NaiveDate,
    months: u32,
) -> Result<Vec<(NaiveDate, Cell)>> {
    let mut found = Vec::new();
    for day in month_ends(until, months) {
        let window = Window::open(conn, clock, actor, &[], Some(day)).await?;
        if !window.plans.is_empty() {
            found.push((day, counted(conn, &window).await?));
        }
    }
    Ok(found)
}

/// What [`cell_of`] says of every project of a window, summed by the database: a year of months loads no rows. A test
/// holds both to one another.
async fn counted(conn: &mut AsyncPgConnection, window: &Window) -> Result<Cell> {
    use diesel::dsl::{case_when, count_star, not, sum};
    use diesel::sql_types::Integer;
    let mut all = Cell::default();
    for plan in &window.plans {
        let day = plan.day;
        let overdue = || {
            pv::overdue_from
                .is_not_null()
                .and(pv::overdue_from.assume_not_null().le(day))
        };
        let waiting = || not(overdue()).and(pv::unverified_since.is_not_null());
        let over = || {
            let whole = pv::total_weight
                .gt(BigDecimal::from(0))
                .and(pv::verified_weight.ge(pv::total_weight));
            pv::life_cycle.eq("closed").or(whole)
        };
        let settled = || not(overdue()).and(pv::unverified_since.is_null());
        let one = || 1.into_sql::<Integer>();
        let none = || 0.into_sql::<Integer>();
        let mut select = pv::table
            .filter(pv::plan_id.eq(plan.plan_id).and(pv::life_cycle.ne("cancelled")))
            .select((
                count_star(),
                sum(case_when(overdue(), one()).otherwise(none())),
                sum(case_when(waiting(), one()).otherwise(none())),
                sum(case_when(settled().and(over()), one()).otherwise(none())),
                sum(
                    case_when(settled().and(not(over())).and(pv::unconfirmed.eq(true)), one())
                        .otherwise(none()),
                ),
            ))
            .into_boxed();
        for condition in conditions(window, &ProjectFilter::default()) {
            select = select.filter(condition);
        }
        type Sums = (i64, Option<i64>, Option<i64>, Option<i64>, Option<i64>);
        let (projects, overdue, waiting, done, unconfirmed): Sums = select.first(conn).await?;
        all.add(Cell {
            projects,
            overdue: overdue.unwrap_or(0),
            waiting: waiting.unwrap_or(0),
            done: done.unwrap_or(0),
            unconfirmed: unconfirmed.unwrap_or(0),
            ..Cell::default()
        });
    }
    Ok(all)
}

/// The last days of the months before that of `until`, oldest first.
pub(super) fn month_ends(until: NaiveDate, months: u32) -> Vec<NaiveDate> {
    let first = until.with_day(1).unwrap_or(until);
    (0..months)
        .rev()
        .filter_map(|back| first.checked_sub_months(Months::new(back))?.pred_opt())
        .collect()
}

/// The chart of what is in the window. Cancelled projects are no part of it.
pub async fn wall(conn: &mut AsyncPgConnection, window: &Window) -> Result<Wall> {
    let plans: Vec<Uuid> = window.plans.iter().map(|plan| plan.plan_id).collect();
    let columns: Vec<(Uuid, i32, String)> = programmes::table
        .filter(programmes::plan_id.eq_any(&plans))
        .order((programmes::plan_id, programmes::number))
        .select((programmes::id, programmes::number, programmes::title))
        .load(conn)
        .await?;
    let counties: Vec<Uuid> = organisations::table
        .filter(
            organisations::kind
                .eq("county_government")
                .and(organisations::archived_reason.is_null()),
        )
        .select(organisations::region_id)
        .distinct()
        .load(conn)
        .await?;
    let named: Vec<(Uuid, String, String)> = regions::table
        .order(regions::code)
        .select((regions::id, regions::code, regions::name))
        .load(conn)
        .await?;
    let projects = cells(conn, window).await?;
    let elsewhere: Vec<String> = named
        .iter()
        .filter(|(id, ..)| !counties.contains(id))
        .map(|(_, code, _)| code.clone())
        .chain(["none".to_owned()])
        .collect();
    let mut rows = vec![Row {
        name: "市本级".to_owned(),
        regions: elsewhere,
        cells: BTreeMap::new(),
        all: Cell::default(),
    }];
    let mut places: BTreeMap<Uuid, usize> = BTreeMap::new();
    for (id, code, name) in named.iter().filter(|(id, ..)| counties.contains(id)) {
        places.insert(*id, rows.len());
        rows.push(Row {
            name: name.clone(),
            regions: vec![code.clone()],
            cells: BTreeMap::new(),
            all: Cell::default(),
        });
    }
    let mut all = Cell::default();
    for (project, cell) in projects {
        let at = project
            .site_region_id
            .and_then(|region| places.get(&region).copied())
            .unwrap_or(0);
        if let Some(row) = rows.get_mut(at) {
            row.cells.entry(project.programme_id).or_default().add(cell);
            row.all.add(cell);
        }
        all.add(cell);
    }
    // Who sees one county only has no use for the empty rows of the others.
    rows.retain(|row| row.all.projects > 0);
    Ok(Wall {
        columns: columns
            .into_iter()
            .filter(|(id, ..)| rows.iter().any(|row| row.cells.contains_key(id)))
            .map(|(id, number, title)| Column { id, number, title })
            .collect(),
        rows,
        all,
    })
}
