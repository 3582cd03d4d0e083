//! What a filter names, by id, code or number, as ids. Everything here is public or known to whoever signs in:
//! plans, programmes, initiatives, regions, organisations.

use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use super::filters::ProjectFilter;
use crate::db::schema::{
    commitments, initiatives, organisations, plans, programmes, project_kinds, projects, regions,
    service_areas,
};
use crate::kernel::{Code, Error, Fault, Result};

/// The names in a filter as they were sent.
#[derive(Debug, Clone, Default)]
pub struct NamedFilter {
    pub plans: Vec<String>,
    /// Ids, codes, or numbers within the plans asked.
    pub programmes: Vec<String>,
    pub initiatives: Vec<String>,
    pub service_areas: Vec<String>,
    /// Ids or codes.
    pub commitments: Vec<String>,
    pub regions: Vec<String>,
    pub organisations: Vec<String>,
    pub leads: Vec<String>,
    pub responsibles: Vec<String>,
    pub kinds: Vec<String>,
    pub life_cycles: Vec<String>,
    pub suspended: Option<bool>,
    pub silent: Option<bool>,
    pub claims: Vec<String>,
    pub lights: Vec<String>,
    pub q: Option<String>,
    /// Ids or codes. One that is out of sight finds nothing, as one that is not there.
    pub projects: Vec<String>,
}

/// A filter with every name resolved.
#[derive(Debug, Clone, Default)]
pub struct Resolved {
    pub plans: Vec<Uuid>,
    pub filter: ProjectFilter,
}

/// Names to ids; one that stands for nothing is a fault of its parameter.
fn matched(
    parameter: &str,
    names: &[String],
    known: &[(Uuid, String)],
    also: impl Fn(&str) -> Vec<Uuid>,
    faults: &mut Vec<Fault>,
) -> Vec<Uuid> {
    let mut ids = Vec::new();
    for name in names {
        let id = Uuid::try_parse(name).ok();
        let before = ids.len();
        ids.extend(
            known
                .iter()
                .filter(|(known_id, code)| Some(*known_id) == id || code == name)
                .map(|(id, _)| *id),
        );
        ids.extend(also(name));
        if ids.len() == before {
            faults.push(Fault::new(format!("?{parameter}"), Code::FieldNotFound).with("value", name));
        }
    }
    ids
}

/// The ids among `names`, to look them up beside codes.
fn ids_of(names: &[String]) -> Vec<Uuid> {
    names
        .iter()
        .filter_map(|name| Uuid::try_parse(name).ok())
        .collect()
}

pub async fn resolve(conn: &mut AsyncPgConnection, named: NamedFilter) -> Result<Resolved> {
    let mut faults = Vec::new();
    let none = |_: &str| Vec::new();
    let mut resolved = Resolved::default();
    if !named.plans.is_empty() {
        let known: Vec<(Uuid, String)> = plans::table.select((plans::id, plans::code)).load(conn).await?;
        resolved.plans = matched("plan", &named.plans, &known, none, &mut faults);
    }
    let filter = &mut resolved.filter;
    if !named.programmes.is_empty() {
        let mut query = programmes::table
            .select((programmes::id, programmes::code, programmes::number))
            .into_boxed();
        if !resolved.plans.is_empty() {
            query = query.filter(programmes::plan_id.eq_any(resolved.plans.clone()));
        }
        let rows: Vec<(Uuid, String, i32)> = query.load(conn).await?;
        let known: Vec<(Uuid, String)> = rows.iter().map(|(id, code, _)| (*id, code.clone())).collect();
        let by_number = |name: &str| {
            let number: Option<i32> = name.parse().ok();
            rows.iter()
                .filter(|(_, _, n)| Some(*n) == number)
                .map(|(id, _, _)| *id)
                .collect()
        };
        filter.programmes = matched("programme", &named.programmes, &known, by_number, &mut faults);
    }
    if !named.initiatives.is_empty() {
        use initiatives as t;
        let names = &named.initiatives;
        let known: Vec<(Uuid, String)> = t::table
            .filter(t::id.eq_any(ids_of(names)).or(t::code.eq_any(names)))
            .select((t::id, t::code))
            .load(conn)
            .await?;
        filter.initiatives = matched("initiative", names, &known, none, &mut faults);
    }
    if !named.service_areas.is_empty() {
        use service_areas as t;
        let names = &named.service_areas;
        let known: Vec<(Uuid, String)> = t::table
            .filter(t::id.eq_any(ids_of(names)).or(t::code.eq_any(names)))
            .select((t::id, t::code))
            .load(conn)
            .await?;
        filter.service_areas = matched("service_area", names, &known, none, &mut faults);
    }
    if !named.commitments.is_empty() {
        use commitments as t;
        let names = &named.commitments;
        let known: Vec<(Uuid, String)> = t::table
            .filter(t::id.eq_any(ids_of(names)).or(t::code.eq_any(names)))
            .select((t::id, t::code))
            .load(conn)
            .await?;
        filter.commitments = matched("commitment", names, &known, none, &mut faults);
    }
    if !named.regions.is_empty() {
        let all_regions = named.regions.len();
        let known: Vec<(Uuid, String)> = regions::table
            .select((regions::id, regions::code))
            .load(conn)
            .await?;
        let named: Vec<String> = named
            .regions
            .iter()
            .filter(|name| *name != "none")
            .cloned()
            .collect();
        filter.without_region = named.len() < all_regions;
        filter.regions = matched("region", &named, &known, none, &mut faults);
    }
    for (parameter, names, into) in [
        ("organisation", &named.organisations, &mut filter.organisations),
        ("lead", &named.leads, &mut filter.leads),
        ("responsible", &named.responsibles, &mut filter.responsibles),
    ] {
        if !names.is_empty() {
            use organisations as t;
            let known: Vec<(Uuid, String)> = t::table
                .filter(t::id.eq_any(ids_of(names)).or(t::code.eq_any(names)))
                .select((t::id, t::code))
                .load(conn)
                .await?;
            *into = matched(parameter, names, &known, none, &mut faults);
        }
    }
    if !named.projects.is_empty() {
        use projects as t;
        let names = &named.projects;
        filter.projects = t::table
            .filter(t::id.eq_any(ids_of(names)).or(t::code.eq_any(names)))
            .select(t::id)
            .load(conn)
            .await?;
        // None would narrow nothing.
        if filter.projects.is_empty() {
            filter.projects.push(Uuid::nil());
        }
    }
    if !named.kinds.is_empty() {
        let known: Vec<String> = project_kinds::table
            .select(project_kinds::code)
            .load(conn)
            .await?;
        for kind in named.kinds.iter().filter(|kind| !known.contains(kind)) {
            faults.push(Fault::new("?kind", Code::FieldNotFound).with("value", kind));
        }
        filter.kinds = named.kinds;
    }
    filter.life_cycles = named.life_cycles;
    filter.suspended = named.suspended;
    filter.silent = named.silent;
    filter.claims = named.claims;
    filter.lights = named.lights;
    filter.q = named.q;
    if faults.is_empty() {
        Ok(resolved)
    } else {
        Err(Error::Malformed(faults))
    }
}
