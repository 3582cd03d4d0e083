//! The names that answers carry beside ids: organisations, regions, programmes, initiatives, plans.

use std::collections::{BTreeMap, BTreeSet};

use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde::Serialize;
use uuid::Uuid;

use super::window::Window;
use crate::db::schema::{
    initiatives, organisation_versions, organisations, plans, programmes, regions, service_areas,
};
use crate::kernel::Result;

/// Something named: its id, its stable code, its name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Named {
    pub id: Uuid,
    pub code: String,
    pub name: String,
}

/// The names of everything that was asked for.
#[derive(Debug, Default)]
pub struct Names {
    known: BTreeMap<Uuid, Named>,
}

/// What names are wanted of.
#[derive(Debug, Default)]
pub struct Wanted {
    pub organisations: BTreeSet<Uuid>,
    pub regions: BTreeSet<Uuid>,
    pub programmes: BTreeSet<Uuid>,
    pub initiatives: BTreeSet<Uuid>,
    pub service_areas: BTreeSet<Uuid>,
    pub plans: BTreeSet<Uuid>,
    /// The number of the registry's last event that counts; none: what organisations are called now.
    pub registry: Option<i64>,
}

impl Wanted {
    /// Nothing yet, as it was called in a window; without one, as it is called now.
    pub fn seen_in(window: Option<&Window>) -> Wanted {
        Wanted {
            registry: window.and_then(|window| window.registry),
            ..Wanted::default()
        }
    }
}

impl Names {
    pub async fn load(conn: &mut AsyncPgConnection, wanted: &Wanted) -> Result<Names> {
        let mut rows: Vec<(Uuid, String, String)> = Vec::new();
        if !wanted.organisations.is_empty() {
            use organisations as t;
            rows.extend(
                t::table
                    .filter(t::id.eq_any(&wanted.organisations))
                    .select((t::id, t::code, t::name))
                    .load(conn)
                    .await?,
            );
        }
        // After those of today, so that they stand for them; who came later keeps his name.
        if let Some(number) = wanted.registry
            && !wanted.organisations.is_empty()
        {
            use organisation_versions as t;
            rows.extend(
                t::table
                    .filter(t::id.eq_any(&wanted.organisations))
                    .filter(t::from_number.le(number).and(t::to_number.gt(number)))
                    .select((t::id, t::code, t::name))
                    .load(conn)
                    .await?,
            );
        }
        if !wanted.regions.is_empty() {
            use regions as t;
            rows.extend(
                t::table
                    .filter(t::id.eq_any(&wanted.regions))
                    .select((t::id, t::code, t::name))
                    .load(conn)
                    .await?,
            );
        }
        if !wanted.programmes.is_empty() {
            use programmes as t;
            rows.extend(
                t::table
                    .filter(t::id.eq_any(&wanted.programmes))
                    .select((t::id, t::code, t::title))
                    .load(conn)
                    .await?,
            );
        }
        if !wanted.initiatives.is_empty() {
            use initiatives as t;
            rows.extend(
                t::table
                    .filter(t::id.eq_any(&wanted.initiatives))
                    .select((t::id, t::code, t::title))
                    .load(conn)
                    .await?,
            );
        }
        if !wanted.service_areas.is_empty() {
            use service_areas as t;
            rows.extend(
                t::table
                    .filter(t::id.eq_any(&wanted.service_areas))
                    .select((t::id, t::code, t::name))
                    .load(conn)
                    .await?,
            );
        }
        if !wanted.plans.is_empty() {
            use plans as t;
            rows.extend(
                t::table
                    .filter(t::id.eq_any(&wanted.plans))
                    .select((t::id, t::code, t::title))
                    .load(conn)
                    .await?,
            );
        }
        Ok(Names {
            known: rows
                .into_iter()
                .map(|(id, code, name)| (id, Named { id, code, name }))
                .collect(),
        })
    }

    pub fn get(&self, id: Option<Uuid>) -> Option<Named> {
        self.known.get(&id?).cloned()
    }
}
