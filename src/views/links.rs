//! Which projects serve which commitments, as it stood in a window.

use std::collections::BTreeMap;

use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use super::names::Named;
use super::window::Window;
use crate::db::schema::{
    commitment_versions as cv, commitments as c, project_commitment_versions as lv, project_commitments as l,
};
use crate::kernel::Result;

/// The links of these commitments in a window: the commitment, then the project, in sight or not.
pub async fn of_commitments(
    conn: &mut AsyncPgConnection,
    window: &Window,
    commitment_ids: &[Uuid],
) -> Result<Vec<(Uuid, Uuid)>> {
    let mut links = Vec::new();
    for plan in &window.plans {
        let rows: Vec<(Uuid, Uuid)> = lv::table
            .filter(lv::plan_id.eq(plan.plan_id))
            .filter(
                lv::commitment_id
                    .eq_any(commitment_ids)
                    .and(lv::removed.eq(false)),
            )
            .filter(lv::from_number.le(plan.number).and(lv::to_number.gt(plan.number)))
            .order((lv::commitment_id, lv::project_id))
            .select((lv::commitment_id, lv::project_id))
            .load(conn)
            .await?;
        links.extend(rows);
    }
    Ok(links)
}

/// What these projects served in a window, in the order of the commitments' codes.
pub async fn of_projects(
    conn: &mut AsyncPgConnection,
    window: &Window,
    project_ids: &[Uuid],
) -> Result<BTreeMap<Uuid, Vec<Named>>> {
    let mut rows = Vec::new();
    for plan in &window.plans {
        let found: Vec<(Uuid, Uuid, String, String)> = lv::table
            .inner_join(cv::table.on(cv::id.eq(lv::commitment_id)))
            .filter(lv::plan_id.eq(plan.plan_id))
            .filter(lv::project_id.eq_any(project_ids).and(lv::removed.eq(false)))
            .filter(lv::from_number.le(plan.number).and(lv::to_number.gt(plan.number)))
            .filter(cv::from_number.le(plan.number).and(cv::to_number.gt(plan.number)))
            .order((lv::project_id, cv::code))
            .select((lv::project_id, cv::id, cv::code, cv::metric))
            .load(conn)
            .await?;
        rows.extend(found);
    }
    Ok(by_project(rows))
}

/// What these projects serve now: an action shows what it has just changed, before its versions are kept.
pub async fn now(conn: &mut AsyncPgConnection, project_ids: &[Uuid]) -> Result<BTreeMap<Uuid, Vec<Named>>> {
    let rows = l::table
        .inner_join(c::table.on(c::id.eq(l::commitment_id)))
        .filter(l::project_id.eq_any(project_ids).and(l::removed.eq(false)))
        .order((l::project_id, c::code))
        .select((l::project_id, c::id, c::code, c::metric))
        .load(conn)
        .await?;
    Ok(by_project(rows))
}

fn by_project(rows: Vec<(Uuid, Uuid, String, String)>) -> BTreeMap<Uuid, Vec<Named>> {
    let mut all: BTreeMap<Uuid, Vec<Named>> = BTreeMap::new();
    for (project, id, code, name) in rows {
        all.entry(project).or_default().push(Named { id, code, name });
    }
    all
}
