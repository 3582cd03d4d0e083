//! What a plan carried over into another, and what came to it from one. Of a project: where that is in sight.

use chrono::NaiveDate;
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde::Serialize;
use uuid::Uuid;

use super::filters::{ProjectFilter, conditions};
use super::names::{Named, Names, Wanted};
use super::window::Window;
use crate::carry_overs::model::CarryOverRow;
use crate::db::columns::columns;
use crate::db::schema::{
    carry_over_versions as v, carry_overs as t, commitments, project_versions as pv, projects,
};
use crate::db::tx::{FOR_EVER, number_by};
use crate::kernel::{Error, Result};

/// A link from one plan into another.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct CarryOverView {
    pub id: Uuid,
    pub plan: Option<Named>,
    pub into_plan: Option<Named>,
    /// `project` or `commitment`.
    pub kind: String,
    /// What was carried over.
    pub object: Option<Named>,
    /// What it became, once that is said.
    pub into_object: Option<Named>,
    pub reason: String,
    pub carried_on: NaiveDate,
    pub carried_by: Option<Named>,
    pub carried_by_user_id: Uuid,
    pub version: i64,
}

impl CarryOverView {
    /// Whether it is about this object, on either side.
    pub fn touches(&self, id: Uuid) -> bool {
        [&self.object, &self.into_object]
            .into_iter()
            .flatten()
            .any(|object| object.id == id)
    }
}

columns! {
    /// The columns of a version, in the order of [`CarryOverRow`].
    VERSION: VersionColumns = (
        v::id,
        v::plan_id,
        v::into_plan_id,
        v::kind,
        v::project_id,
        v::commitment_id,
        v::into_project_id,
        v::into_commitment_id,
        v::reason,
        v::carried_on,
        v::carried_at,
        v::carried_by_user_id,
        v::carried_by_organisation_id,
        v::row_version,
        v::created_at,
        v::updated_at,
    )
}

/// Those of a plan, in both directions, by the window's day; in the order in which they were recorded.
pub async fn list(
    conn: &mut AsyncPgConnection,
    window: &Window,
    plan_id: Uuid,
) -> Result<Vec<CarryOverView>> {
    let Some(day) = window.day_of(plan_id) else {
        return Ok(Vec::new());
    };
    // The other plan may be out of the window; the projects of the one that carries are what sight is about.
    let seen = || {
        conditions(window, &ProjectFilter::any())
            .into_iter()
            .fold(pv::table.select(pv::id).into_boxed(), |seen, condition| {
                seen.filter(condition)
            })
    };
    // A version is of the plan that carries, whose own day it is that counts.
    let from: Vec<Uuid> = v::table
        .filter(v::plan_id.eq(plan_id).or(v::into_plan_id.eq(plan_id)))
        .select(v::plan_id)
        .distinct()
        .load(conn)
        .await?;
    let mut rows: Vec<CarryOverRow> = Vec::new();
    for from in from {
        let number = match window.as_of {
            None => FOR_EVER - 1,
            Some(_) => match number_by(conn, from, day).await? {
                Some(number) => number,
                None => continue,
            },
        };
        let of_plan = v::plan_id.eq(plan_id).or(v::into_plan_id.eq(plan_id));
        rows.extend(
            v::table
                .filter(v::plan_id.eq(from).and(of_plan))
                .filter(v::from_number.le(number).and(v::to_number.gt(number)))
                .filter(
                    v::project_id.is_null().or(v::project_id
                        .is_not_null()
                        .and(v::project_id.assume_not_null().eq_any(seen()))),
                )
                .select(VERSION)
                .load::<CarryOverRow>(conn)
                .await?,
        );
    }
    rows.sort_by_key(|row| row.id);
    // What a project became may lie out of the asker's sight, whoever sees what it was.
    let became: Vec<Uuid> = rows.iter().filter_map(|row| row.into_project_id).collect();
    let seen: Vec<Uuid> = seen().filter(pv::id.eq_any(became)).load(conn).await?;
    for row in &mut rows {
        row.into_project_id = row.into_project_id.filter(|id| seen.contains(id));
    }
    show(conn, Some(window), rows).await
}

/// One that the window shows.
pub async fn read(conn: &mut AsyncPgConnection, window: &Window, id: Uuid) -> Result<CarryOverView> {
    let plan_id: Uuid = t::table.find(id).select(t::plan_id).first(conn).await?;
    list(conn, window, plan_id)
        .await?
        .into_iter()
        .find(|one| one.id == id)
        .ok_or(Error::NotFound)
}

/// Carry-overs as they are shown, in the order given. Whoever calls has seen to it that they are in sight.
pub async fn show(
    conn: &mut AsyncPgConnection,
    window: Option<&Window>,
    rows: Vec<CarryOverRow>,
) -> Result<Vec<CarryOverView>> {
    let mut wanted = Wanted::seen_in(window);
    for row in &rows {
        wanted.plans.extend([row.plan_id, row.into_plan_id]);
        wanted.organisations.insert(row.carried_by_organisation_id);
    }
    let names = Names::load(conn, &wanted).await?;
    let ids = |of: &dyn Fn(&CarryOverRow) -> [Option<Uuid>; 2]| -> Vec<Uuid> {
        rows.iter().flat_map(of).flatten().collect()
    };
    let mut things: Vec<(Uuid, String, String)> = projects::table
        .filter(projects::id.eq_any(ids(&|row| [row.project_id, row.into_project_id])))
        .select((projects::id, projects::code, projects::title))
        .load(conn)
        .await?;
    things.extend(
        commitments::table
            .filter(commitments::id.eq_any(ids(&|row| [row.commitment_id, row.into_commitment_id])))
            .select((commitments::id, commitments::code, commitments::metric))
            .load::<(Uuid, String, String)>(conn)
            .await?,
    );
    let named = |wanted: Option<Uuid>| {
        things
            .iter()
            .find(|(id, ..)| Some(*id) == wanted)
            .map(|thing| Named {
                id: thing.0,
                code: thing.1.clone(),
                name: thing.2.clone(),
            })
    };
    Ok(rows
        .iter()
        .map(|row| CarryOverView {
            id: row.id,
            plan: names.get(Some(row.plan_id)),
            into_plan: names.get(Some(row.into_plan_id)),
            kind: row.kind.clone(),
            object: named(row.project_id.or(row.commitment_id)),
            into_object: named(row.into_project_id.or(row.into_commitment_id)),
            reason: row.reason.clone(),
            carried_on: row.carried_on,
            carried_by: names.get(Some(row.carried_by_organisation_id)),
            carried_by_user_id: row.carried_by_user_id,
            version: row.row_version,
        })
        .collect())
}
