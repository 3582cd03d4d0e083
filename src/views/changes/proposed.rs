//! Requests for projects that are not there yet: in sight, and narrowed by what they name.

use std::collections::BTreeMap;

use diesel::prelude::*;
use diesel::sql_types::Bool;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use super::Head;
use crate::db::bigrams;
use crate::db::schema::{
    change_request_owners as o, change_requests as c, initiatives, organisation_closure, programmes,
};
use crate::kernel::Result;
use crate::projects::changes::proposals::NamedRow;
use crate::sight::proposals::{Condition, seen};
use crate::views::filters::ProjectFilter;
use crate::views::window::Window;

/// What no project that is not there yet has: a life cycle, a light, a report owed, what its owners say.
fn asks_what_none_has(filter: &ProjectFilter) -> bool {
    !filter.life_cycles.is_empty()
        || !filter.lights.is_empty()
        || !filter.claims.is_empty()
        || filter.silent == Some(true)
        || filter.suspended == Some(true)
}

/// Those that are seen and pass a filter of projects.
pub fn passing(window: &Window, filter: &ProjectFilter) -> Condition {
    let nothing: Condition = Box::new(false.into_sql::<Bool>());
    if asks_what_none_has(filter) {
        return nothing;
    }
    let in_sight = window
        .plans
        .iter()
        .map(|plan| seen(plan.plan_id, &plan.scopes))
        .reduce(|all, one| Box::new(all.or(one)))
        .unwrap_or(nothing);
    narrowing(filter)
        .into_iter()
        .fold(in_sight, |all, one| Box::new(all.and(one)))
}

fn narrowing(filter: &ProjectFilter) -> Vec<Condition> {
    let mut all: Vec<Condition> = Vec::new();
    if !filter.projects.is_empty() {
        all.push(Box::new(
            c::project_id
                .is_not_null()
                .and(c::project_id.assume_not_null().eq_any(filter.projects.clone())),
        ));
    }
    if !filter.initiatives.is_empty() {
        all.push(within(filter.initiatives.clone()));
    }
    if !filter.programmes.is_empty() {
        let found = initiatives::table
            .filter(initiatives::programme_id.eq_any(filter.programmes.clone()))
            .select(initiatives::id);
        all.push(Box::new(
            c::initiative_id
                .is_not_null()
                .and(c::initiative_id.assume_not_null().eq_any(found)),
        ));
    }
    if !filter.service_areas.is_empty() {
        let found = initiatives::table
            .inner_join(programmes::table.on(programmes::id.eq(initiatives::programme_id)))
            .filter(programmes::service_area_id.is_not_null())
            .filter(
                programmes::service_area_id
                    .assume_not_null()
                    .eq_any(filter.service_areas.clone()),
            )
            .select(initiatives::id);
        all.push(Box::new(
            c::initiative_id
                .is_not_null()
                .and(c::initiative_id.assume_not_null().eq_any(found)),
        ));
    }
    if !filter.regions.is_empty() || filter.without_region {
        let sited: Condition = Box::new(
            c::site_region_id
                .is_not_null()
                .and(c::site_region_id.assume_not_null().eq_any(filter.regions.clone())),
        );
        all.push(match filter.without_region {
            true => Box::new(c::site_region_id.is_null().or(sited)),
            false => sited,
        });
    }
    if !filter.organisations.is_empty() {
        let below = organisation_closure::table
            .filter(organisation_closure::ancestor_id.eq_any(filter.organisations.clone()))
            .select(organisation_closure::descendant_id);
        let naming = o::table
            .filter(o::organisation_id.eq_any(below))
            .select(o::request_id);
        all.push(Box::new(c::id.eq_any(naming)));
    }
    for (role, organisations) in [("lead", &filter.leads), ("responsible", &filter.responsibles)] {
        if !organisations.is_empty() {
            let naming = o::table
                .filter(o::role.eq(role))
                .filter(o::organisation_id.eq_any(organisations.clone()))
                .select(o::request_id);
            all.push(Box::new(c::id.eq_any(naming)));
        }
    }
    if let Some(q) = &filter.q {
        all.push(Box::new(
            c::folded_title
                .is_not_null()
                .and(c::folded_title.assume_not_null().like(bigrams::pattern(q))),
        ));
    }
    all
}

fn within(initiatives: Vec<Uuid>) -> Condition {
    Box::new(
        c::initiative_id
            .is_not_null()
            .and(c::initiative_id.assume_not_null().eq_any(initiatives)),
    )
}

/// What a request for a project names, for facets.
#[derive(Debug, Clone, Default)]
pub struct Proposed {
    pub programme_id: Option<Uuid>,
    pub service_area_id: Option<Uuid>,
    pub region_id: Option<Uuid>,
    pub lead_id: Option<Uuid>,
    pub responsible_id: Option<Uuid>,
}

/// What those of these requests name that are for projects.
pub async fn named_by(conn: &mut AsyncPgConnection, heads: &[Head]) -> Result<BTreeMap<Uuid, Proposed>> {
    let of: Vec<Uuid> = heads.iter().filter_map(|head| head.initiative_id).collect();
    let places: Vec<(Uuid, Uuid, Option<Uuid>)> = initiatives::table
        .inner_join(programmes::table.on(programmes::id.eq(initiatives::programme_id)))
        .filter(initiatives::id.eq_any(of))
        .select((initiatives::id, programmes::id, programmes::service_area_id))
        .load::<(Uuid, Uuid, Option<Uuid>)>(conn)
        .await?;
    let ids: Vec<Uuid> = heads.iter().map(|head| head.id).collect();
    let named: Vec<NamedRow> = o::table.filter(o::request_id.eq_any(ids)).load(conn).await?;
    let owner = |id: Uuid, role: &str| {
        named
            .iter()
            .find(|row| row.request_id == id && row.role == role)
            .map(|row| row.organisation_id)
    };
    Ok(heads
        .iter()
        .filter_map(|head| {
            let place = places.iter().find(|(id, ..)| Some(*id) == head.initiative_id)?;
            let proposed = Proposed {
                programme_id: Some(place.1),
                service_area_id: place.2,
                region_id: head.site_region_id,
                lead_id: owner(head.id, "lead"),
                responsible_id: owner(head.id, "responsible"),
            };
            Some((head.id, proposed))
        })
        .collect())
}
