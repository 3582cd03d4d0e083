//! Facets: how a list would divide by each of its filters. Each is counted with every filter but its own, through
//! the same window as the list, so nobody counts what he cannot see.

mod changes;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::NaiveDate;
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde::Serialize;
use uuid::Uuid;

use super::filters::{ProjectFilter, conditions};
use super::lights;
use super::milestones::{self, MilestoneQuery};
use super::names::{Names, Wanted};
use super::projects::{self, ProjectQuery};
use super::shown::owners_in;
use super::window::Window;
use crate::db::schema::{milestone_versions as mv, project_versions as pv};
use crate::kernel::Result;
use crate::rules::lights::Light;
pub use changes::changes;

/// One value of a filter and how many it would leave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct FacetValue {
    /// As the filter takes it: a code or a word.
    pub value: String,
    /// The name of what has a code; words have their labels in the vocabularies.
    pub name: Option<String>,
    pub count: i64,
}

/// By the name of the filter; within each the most frequent first.
pub type Facets = BTreeMap<String, Vec<FacetValue>>;

/// What a facet needs of a project.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = pv)]
struct Project {
    id: Uuid,
    plan_id: Uuid,
    programme_id: Uuid,
    service_area_id: Option<Uuid>,
    site_region_id: Option<Uuid>,
    kind: String,
    life_cycle: String,
    overdue_from: Option<NaiveDate>,
    unconfirmed: bool,
    unverified_since: Option<NaiveDate>,
    silent_from: Option<NaiveDate>,
}

/// What a facet needs of a milestone.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = mv)]
struct Milestone {
    plan_id: Uuid,
    project_id: Uuid,
    state: String,
    date_basis: String,
    weight_confirmed: bool,
    overdue_from: Option<NaiveDate>,
}

/// The filters that are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Dimension {
    Programme,
    ServiceArea,
    Region,
    Lead,
    Responsible,
    Kind,
    Status,
    Overdue,
    Unconfirmed,
    Unverified,
    Silent,
    /// Of milestones only.
    State,
    DateBasis,
    /// Of projects.
    Light,
}

const OF_PROJECTS: [Dimension; 12] = [
    Dimension::Programme,
    Dimension::ServiceArea,
    Dimension::Region,
    Dimension::Lead,
    Dimension::Responsible,
    Dimension::Kind,
    Dimension::Status,
    Dimension::Overdue,
    Dimension::Unconfirmed,
    Dimension::Unverified,
    Dimension::Silent,
    Dimension::Light,
];
const OF_MILESTONES: [Dimension; 2] = [Dimension::State, Dimension::DateBasis];

impl Dimension {
    fn name(self) -> &'static str {
        match self {
            Dimension::Programme => "programme",
            Dimension::ServiceArea => "service_area",
            Dimension::Region => "region",
            Dimension::Lead => "lead",
            Dimension::Responsible => "responsible",
            Dimension::Kind => "kind",
            Dimension::Status => "status",
            Dimension::Overdue => "overdue",
            Dimension::Unconfirmed => "unconfirmed",
            Dimension::Unverified => "unverified",
            Dimension::Silent => "silent",
            Dimension::State => "state",
            Dimension::DateBasis => "date_basis",
            Dimension::Light => "light",
        }
    }

    /// Takes the filter of this dimension away.
    fn lift(self, filter: &mut ProjectFilter) {
        match self {
            Dimension::Programme => filter.programmes.clear(),
            Dimension::ServiceArea => filter.service_areas.clear(),
            Dimension::Region => {
                filter.regions.clear();
                filter.without_region = false;
            }
            Dimension::Lead => filter.leads.clear(),
            Dimension::Responsible => filter.responsibles.clear(),
            Dimension::Kind => filter.kinds.clear(),
            Dimension::Status => filter.life_cycles.clear(),
            Dimension::Silent => filter.silent = None,
            Dimension::Light => filter.lights.clear(),
            _ => {}
        }
    }
}

/// A value before it has its name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Id(Uuid),
    Word(String),
}

/// A list of values with their counts, gathered.
#[derive(Default)]
struct Tally(BTreeMap<Key, i64>);

impl Tally {
    fn add(&mut self, key: Option<Key>) {
        if let Some(key) = key {
            *self.0.entry(key).or_default() += 1;
        }
    }
}

/// What is known of projects beside their rows: the owner of each in one role, and its light.
#[derive(Default)]
struct Beside {
    owners: BTreeMap<(Uuid, &'static str), Uuid>,
    lights: BTreeMap<Uuid, Light>,
}

async fn beside(conn: &mut AsyncPgConnection, window: &Window, ids: &BTreeSet<Uuid>) -> Result<Beside> {
    let lights = lights::shown(conn, window, ids).await?;
    let ids: Vec<Uuid> = ids.iter().copied().collect();
    let mut by_role = BTreeMap::new();
    for (project_id, rows) in owners_in(conn, window, &ids).await? {
        for row in rows {
            for role in ["lead", "responsible"] {
                if row.role == role {
                    by_role.insert((project_id, role), row.organisation_id);
                }
            }
        }
    }
    Ok(Beside {
        owners: by_role,
        lights,
    })
}

fn flag(is: bool) -> Option<Key> {
    Some(Key::Word(is.to_string()))
}

fn overdue(window: &Window, plan_id: Uuid, from: Option<NaiveDate>) -> bool {
    match (from, window.day_of(plan_id)) {
        (Some(from), Some(day)) => from <= day,
        _ => false,
    }
}

/// The value of a project in a dimension.
fn of_project(project: &Project, dimension: Dimension, beside: &Beside, window: &Window) -> Option<Key> {
    let owner = |role| beside.owners.get(&(project.id, role)).copied().map(Key::Id);
    match dimension {
        Dimension::Programme => Some(Key::Id(project.programme_id)),
        Dimension::ServiceArea => project.service_area_id.map(Key::Id),
        Dimension::Region => project.site_region_id.map(Key::Id),
        Dimension::Lead => owner("lead"),
        Dimension::Responsible => owner("responsible"),
        Dimension::Kind => Some(Key::Word(project.kind.clone())),
        Dimension::Status => Some(Key::Word(project.life_cycle.clone())),
        Dimension::Overdue => flag(overdue(window, project.plan_id, project.overdue_from)),
        Dimension::Unconfirmed => flag(project.unconfirmed),
        Dimension::Unverified => flag(project.unverified_since.is_some()),
        Dimension::Silent => flag(overdue(window, project.plan_id, project.silent_from)),
        Dimension::Light => beside
            .lights
            .get(&project.id)
            .map(|light| Key::Word(light.as_str().to_owned())),
        Dimension::State | Dimension::DateBasis => None,
    }
}

/// The facets of a list of projects.
pub async fn projects(conn: &mut AsyncPgConnection, window: &Window, query: &ProjectQuery) -> Result<Facets> {
    let mut sets: BTreeMap<Dimension, Arc<Vec<Project>>> = BTreeMap::new();
    let base = Arc::new(load_projects(conn, window, projects::narrowed(window, query)).await?);
    for dimension in OF_PROJECTS {
        let mut lifted = query.clone();
        dimension.lift(&mut lifted.filter);
        match dimension {
            Dimension::Overdue => lifted.overdue = None,
            Dimension::Unconfirmed => lifted.unconfirmed = None,
            Dimension::Unverified => lifted.unverified = None,
            _ => {}
        }
        // Where the list is not narrowed by it, the list itself is counted.
        let rows = if lifted == *query {
            Arc::clone(&base)
        } else {
            Arc::new(load_projects(conn, window, projects::narrowed(window, &lifted)).await?)
        };
        sets.insert(dimension, rows);
    }
    let ids = sets
        .values()
        .flat_map(|rows| rows.iter())
        .map(|project| project.id)
        .collect();
    let beside = beside(conn, window, &ids).await?;
    let mut tallies = BTreeMap::new();
    for (dimension, rows) in &sets {
        let mut tally = Tally::default();
        for project in rows.iter() {
            tally.add(of_project(project, *dimension, &beside, window));
        }
        tallies.insert(*dimension, tally);
    }
    named(conn, window, tallies).await
}

async fn load_projects(
    conn: &mut AsyncPgConnection,
    window: &Window,
    conditions: Vec<super::filters::Condition>,
) -> Result<Vec<Project>> {
    if window.plans.is_empty() {
        return Ok(Vec::new());
    }
    let mut select = pv::table.select(Project::as_select()).into_boxed();
    for condition in conditions {
        select = select.filter(condition);
    }
    Ok(select.load(conn).await?)
}

/// The facets of a list of milestones: those of their projects count milestones too.
pub async fn milestones(
    conn: &mut AsyncPgConnection,
    window: &Window,
    query: &MilestoneQuery,
) -> Result<Facets> {
    let mut sets: BTreeMap<Dimension, Arc<Vec<Milestone>>> = BTreeMap::new();
    let base = Arc::new(load_milestones(conn, window, query).await?);
    for dimension in OF_PROJECTS.into_iter().chain(OF_MILESTONES) {
        let mut lifted = query.clone();
        dimension.lift(&mut lifted.filter);
        match dimension {
            Dimension::Overdue => lifted.overdue = None,
            Dimension::Unconfirmed => lifted.unconfirmed = None,
            Dimension::Unverified => lifted.unverified = None,
            Dimension::State => lifted.states.clear(),
            Dimension::DateBasis => lifted.date_bases.clear(),
            _ => {}
        }
        let rows = if lifted == *query {
            Arc::clone(&base)
        } else {
            Arc::new(load_milestones(conn, window, &lifted).await?)
        };
        sets.insert(dimension, rows);
    }
    let ids: BTreeSet<Uuid> = sets
        .values()
        .flat_map(|rows| rows.iter())
        .map(|row| row.project_id)
        .collect();
    let known = known_projects(conn, window, &ids).await?;
    let beside = beside(conn, window, &ids).await?;
    let mut tallies = BTreeMap::new();
    for (dimension, rows) in &sets {
        let mut tally = Tally::default();
        for row in rows.iter() {
            tally.add(match dimension {
                Dimension::State => Some(Key::Word(row.state.clone())),
                Dimension::DateBasis => Some(Key::Word(row.date_basis.clone())),
                Dimension::Overdue => flag(overdue(window, row.plan_id, row.overdue_from)),
                Dimension::Unconfirmed => {
                    flag(row.state != "cancelled" && (row.date_basis != "confirmed" || !row.weight_confirmed))
                }
                Dimension::Unverified => flag(row.state == "reported"),
                other => known
                    .get(&row.project_id)
                    .and_then(|project| of_project(project, *other, &beside, window)),
            });
        }
        tallies.insert(*dimension, tally);
    }
    named(conn, window, tallies).await
}

/// What the facets of other things need of their projects.
async fn known_projects(
    conn: &mut AsyncPgConnection,
    window: &Window,
    ids: &BTreeSet<Uuid>,
) -> Result<BTreeMap<Uuid, Project>> {
    if ids.is_empty() {
        return Ok(BTreeMap::new());
    }
    let of = ProjectFilter {
        projects: ids.iter().copied().collect(),
        ..ProjectFilter::any()
    };
    let rows = load_projects(conn, window, conditions(window, &of)).await?;
    Ok(rows.into_iter().map(|project| (project.id, project)).collect())
}

async fn load_milestones(
    conn: &mut AsyncPgConnection,
    window: &Window,
    query: &MilestoneQuery,
) -> Result<Vec<Milestone>> {
    if window.plans.is_empty() {
        return Ok(Vec::new());
    }
    let mut select = mv::table.select(Milestone::as_select()).into_boxed();
    for condition in milestones::narrowed(window, query) {
        select = select.filter(condition);
    }
    Ok(select.load(conn).await?)
}

async fn named(
    conn: &mut AsyncPgConnection,
    window: &Window,
    tallies: BTreeMap<Dimension, Tally>,
) -> Result<Facets> {
    let mut wanted = Wanted::seen_in(Some(window));
    for (dimension, tally) in &tallies {
        let ids = tally.0.keys().filter_map(|key| match key {
            Key::Id(id) => Some(*id),
            Key::Word(_) => None,
        });
        match dimension {
            Dimension::Programme => wanted.programmes.extend(ids),
            Dimension::ServiceArea => wanted.service_areas.extend(ids),
            Dimension::Region => wanted.regions.extend(ids),
            Dimension::Lead | Dimension::Responsible => wanted.organisations.extend(ids),
            _ => {}
        }
    }
    let names = Names::load(conn, &wanted).await?;
    let mut facets = Facets::new();
    for (dimension, tally) in tallies {
        let mut values: Vec<FacetValue> = tally
            .0
            .into_iter()
            .filter_map(|(key, count)| match key {
                Key::Word(value) => Some(FacetValue {
                    value,
                    name: None,
                    count,
                }),
                Key::Id(id) => names.get(Some(id)).map(|known| FacetValue {
                    value: known.code,
                    name: Some(known.name),
                    count,
                }),
            })
            .collect();
        values.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.value.cmp(&b.value)));
        facets.insert(dimension.name().to_owned(), values);
    }
    Ok(facets)
}
