//! The SQL of the parts of projects.

use std::collections::{BTreeMap, BTreeSet};

use bigdecimal::BigDecimal;
use chrono::NaiveDate;
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use super::{PART_VERSION, PartRow};
use crate::db::schema::{
    organisation_closure as c, organisations as o, plans, progress_reports as r, project_part_versions as pv,
    project_parts as p, regions,
};
use crate::db::{Tx, Versioned};
use crate::kernel::authz::{Action, OwnerScope, Permit};
use crate::kernel::{Error, Result};
use crate::projects::store::paths_of;
use crate::rules::parts::{Sums, Told, Which};
use crate::rules::periods::{Frequency, Period};

/// The parts that these projects have now, each project's in the order of the counties' codes.
pub async fn of_projects(conn: &mut AsyncPgConnection, projects: &[Uuid]) -> Result<Vec<PartRow>> {
    Ok(p::table
        .inner_join(regions::table.on(regions::id.eq(p::region_id)))
        .filter(p::project_id.eq_any(projects).and(p::removed.eq(false)))
        .order((p::project_id, regions::code))
        .select(p::all_columns)
        .load(conn)
        .await?)
}

/// The parts that projects of a plan had at a number of its events, each project's in the order of the counties' codes.
/// None: every project's.
pub async fn of_projects_at(
    conn: &mut AsyncPgConnection,
    (plan_id, number): (Uuid, i64),
    projects: Option<&[Uuid]>,
) -> Result<Vec<PartRow>> {
    let mut select = pv::table
        .inner_join(regions::table.on(regions::id.eq(pv::region_id)))
        .filter(pv::plan_id.eq(plan_id).and(pv::removed.eq(false)))
        .filter(pv::from_number.le(number).and(pv::to_number.gt(number)))
        .order((pv::project_id, regions::code))
        .select(PART_VERSION)
        .into_boxed();
    if let Some(ids) = projects {
        select = select.filter(pv::project_id.eq_any(ids.to_vec()));
    }
    Ok(select.load(conn).await?)
}

/// The counties of a plan's tree, in the order of their codes: regions of county governments below its issuer.
pub async fn counties(conn: &mut AsyncPgConnection, plan_id: Uuid) -> Result<Vec<(Uuid, String, String)>> {
    let issuer = plans::table
        .filter(plans::id.eq(plan_id))
        .select(plans::issuer_id);
    let below = c::table
        .filter(c::ancestor_id.eq_any(issuer))
        .select(c::descendant_id);
    let governed = o::table
        .filter(o::kind.eq("county_government").and(o::archived_reason.is_null()))
        .filter(o::id.eq_any(below))
        .select(o::region_id);
    Ok(regions::table
        .filter(regions::id.eq_any(governed))
        .order(regions::code)
        .select((regions::id, regions::code, regions::name))
        .load(conn)
        .await?)
}

/// Regions of which something was reported of a project, whatever became of it.
pub async fn reported(conn: &mut AsyncPgConnection, project_id: Uuid) -> Result<BTreeSet<Uuid>> {
    let ids: Vec<Uuid> = r::table
        .filter(r::project_id.eq(project_id).and(r::region_id.is_not_null()))
        .select(r::region_id.assume_not_null())
        .distinct()
        .load(conn)
        .await?;
    Ok(ids.into_iter().collect())
}

type Money = (
    Option<BigDecimal>,
    Option<BigDecimal>,
    Option<BigDecimal>,
    Option<BigDecimal>,
);
type ToldRow = (
    (Uuid, Uuid, Which),
    (String, NaiveDate, NaiveDate),
    (String, NaiveDate, BigDecimal),
    Money,
);

/// What the reports of these projects tell that were not returned, by the project.
pub async fn told_of(conn: &mut AsyncPgConnection, projects: &[Uuid]) -> Result<BTreeMap<Uuid, Vec<Told>>> {
    let rows = r::table
        .filter(r::project_id.eq_any(projects).and(r::state.ne("returned")))
        .select((
            (r::id, r::project_id, r::region_id),
            (r::frequency, r::period_start, r::period_end),
            (r::state, r::first_reported_on, r::physical_percent),
            (r::required, r::received, r::paid, r::done),
        ))
        .load::<ToldRow>(conn)
        .await?;
    let mut all: BTreeMap<Uuid, Vec<Told>> = BTreeMap::new();
    for (
        (id, project_id, which),
        (frequency, start, end),
        (state, first_reported_on, physical_percent),
        money,
    ) in rows
    {
        let frequency =
            Frequency::parse(&frequency).ok_or_else(|| Error::internal(format!("frequency {frequency}")))?;
        let (required, received, paid, done) = money;
        all.entry(project_id).or_default().push(Told {
            id,
            which,
            period: Period {
                start,
                end,
                frequency,
            },
            verified: state == "verified",
            first_reported_on,
            physical_percent,
            sums: Sums {
                required,
                received,
                paid,
                done,
            },
        });
    }
    Ok(all)
}

/// Adds parts and changes them, under a permit over their project.
pub async fn save(tx: &mut Tx, permit: &Permit, rows: &[PartRow]) -> Result<()> {
    for row in rows {
        if permit.action() != Action::EditProject || permit.target_id() != row.project_id {
            return Err(Error::internal("a project's parts are its planner's"));
        }
        tx.touch(row.plan_id, Versioned::ProjectParts, row.id);
        diesel::insert_into(p::table)
            .values(row)
            .on_conflict(p::id)
            .do_update()
            .set(row)
            .execute(tx.conn())
            .await?;
    }
    Ok(())
}

/// Says from when on parts are answered for. Needs no permit of its own: `silence` alone calls it, after a change that
/// had one.
pub(in crate::projects) async fn answer(tx: &mut Tx, row: &PartRow) -> Result<()> {
    tx.touch(row.plan_id, Versioned::ProjectParts, row.id);
    diesel::update(p::table.find(row.id))
        .set(p::owes_from.eq(row.owes_from))
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// Regions as a refusal names them.
pub async fn told(conn: &mut AsyncPgConnection, ids: &[Uuid]) -> Result<String> {
    let rows: Vec<(String, String)> = regions::table
        .filter(regions::id.eq_any(ids))
        .order(regions::code)
        .select((regions::code, regions::name))
        .load(conn)
        .await?;
    let named: Vec<String> = rows
        .into_iter()
        .map(|(code, name)| format!("{name}（{code}）"))
        .collect();
    Ok(named.join("、"))
}

/// Who answers for these parts, or is proposed to, by the part.
pub async fn holders(conn: &mut AsyncPgConnection, rows: &[PartRow]) -> Result<BTreeMap<Uuid, OwnerScope>> {
    let ids: Vec<Uuid> = rows.iter().filter_map(|row| row.organisation_id).collect();
    let paths = paths_of(conn, &ids).await?;
    let scope = |row: &PartRow| {
        let organisation_id = row.organisation_id?;
        let scope = OwnerScope {
            organisation_id,
            confirmed: row.is_confirmed(),
            path: paths.get(&organisation_id).cloned().unwrap_or_default(),
        };
        Some((row.id, scope))
    };
    Ok(rows.iter().filter_map(scope).collect())
}

/// The parts by their projects.
pub fn by_project(rows: Vec<PartRow>) -> BTreeMap<Uuid, Vec<PartRow>> {
    let mut all: BTreeMap<Uuid, Vec<PartRow>> = BTreeMap::new();
    for row in rows {
        all.entry(row.project_id).or_default().push(row);
    }
    all
}
