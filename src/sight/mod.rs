//! Who sees what: one row for each organisation that may see a project, ancestors of its owners included.
//!
//! An organisation sees the projects that it or any below it owns in any role and basis (an inferred owner sees what
//! it is to confirm or dispute); a county government also those sited in its region; who answers for a part of a project,
//! or is proposed to, and the county government of that part as well; the issuer of a plan all of it.
//! The rows are worked out here and nowhere else, in the transaction of the change they follow from.

pub mod observations;
pub mod proposals;

use diesel::prelude::*;
use diesel::sql_types::{Array, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use crate::db::Tx;
use crate::db::schema::{
    organisation_closure, organisations, project_owners, project_parts, project_sight, projects,
};
use crate::kernel::{Actor, Membership, Result};

/// The organisations through which somebody looks at a plan.
pub fn scopes(actor: &Actor, plan_id: Uuid) -> Vec<Uuid> {
    let mut scopes: Vec<Uuid> = actor
        .memberships()
        .iter()
        .filter(|Membership { plan_id: only, .. }| only.is_none_or(|only| only == plan_id))
        .map(|membership| membership.organisation_id)
        .collect();
    scopes.sort_unstable();
    scopes.dedup();
    scopes
}

/// Scopes without those that lie under another one of them, which see nothing more.
pub async fn widest(conn: &mut AsyncPgConnection, scopes: Vec<Uuid>) -> Result<Vec<Uuid>> {
    use organisation_closure as c;
    if scopes.len() < 2 {
        return Ok(scopes);
    }
    let below: Vec<Uuid> = c::table
        .filter(
            c::ancestor_id
                .eq_any(&scopes)
                .and(c::descendant_id.eq_any(&scopes))
                .and(c::depth.gt(0)),
        )
        .select(c::descendant_id)
        .load(conn)
        .await?;
    Ok(scopes
        .into_iter()
        .filter(|scope| !below.contains(scope))
        .collect())
}

/// Those of `project_ids` that the actor may see, in the order of their ids.
pub async fn visible(conn: &mut AsyncPgConnection, actor: &Actor, project_ids: &[Uuid]) -> Result<Vec<Uuid>> {
    if matches!(actor, Actor::System) {
        return Ok(projects::table
            .filter(projects::id.eq_any(project_ids))
            .order(projects::id)
            .select(projects::id)
            .load(conn)
            .await?);
    }
    let mut seen: Vec<Uuid> = Vec::new();
    for membership in actor.memberships() {
        let mut query = project_sight::table
            .filter(
                project_sight::scope_id
                    .eq(membership.organisation_id)
                    .and(project_sight::project_id.eq_any(project_ids)),
            )
            .select(project_sight::project_id)
            .into_boxed();
        if let Some(plan_id) = membership.plan_id {
            query = query.filter(project_sight::plan_id.eq(plan_id));
        }
        seen.extend(query.load::<Uuid>(conn).await?);
    }
    seen.sort_unstable();
    seen.dedup();
    Ok(seen)
}

/// Works out the rows of these projects anew, and those of their milestones.
pub async fn rebuild(tx: &mut Tx, project_ids: &[Uuid]) -> Result<()> {
    // A union of five sources, kept by difference: what is new is inserted, what no longer follows is deleted; rows
    // that stay are not written again. The builder has no WITH for this.
    diesel::sql_query(
        "WITH wanted AS MATERIALIZED (
             SELECT c.ancestor_id AS scope_id, o.plan_id, o.project_id
               FROM project_owners o JOIN organisation_closure c ON c.descendant_id = o.organisation_id
              WHERE o.project_id = ANY($1) AND NOT o.removed
             UNION
             SELECT c.ancestor_id, p.plan_id, p.id
               FROM projects p
               JOIN organisations g ON g.region_id = p.site_region_id AND g.kind = 'county_government'
               JOIN organisation_closure c ON c.descendant_id = g.id
              WHERE p.id = ANY($1)
             UNION
             SELECT c.ancestor_id, t.plan_id, t.project_id
               FROM project_parts t JOIN organisation_closure c ON c.descendant_id = t.organisation_id
              WHERE t.project_id = ANY($1) AND NOT t.removed
             UNION
             SELECT c.ancestor_id, t.plan_id, t.project_id
               FROM project_parts t
               JOIN organisations g ON g.region_id = t.region_id AND g.kind = 'county_government'
               JOIN organisation_closure c ON c.descendant_id = g.id
              WHERE t.project_id = ANY($1) AND NOT t.removed
             UNION
             SELECT l.issuer_id, p.plan_id, p.id FROM projects p JOIN plans l ON l.id = p.plan_id WHERE p.id = ANY($1)
         ), gone AS (
             DELETE FROM project_sight s WHERE s.project_id = ANY($1)
                AND NOT EXISTS (SELECT FROM wanted w WHERE w.scope_id = s.scope_id AND w.project_id = s.project_id)
         )
         INSERT INTO project_sight (scope_id, plan_id, project_id)
         SELECT scope_id, plan_id, project_id FROM wanted ON CONFLICT DO NOTHING",
    )
    .bind::<Array<SqlUuid>, _>(project_ids)
    .execute(tx.conn())
    .await?;
    follow_milestones(tx, project_ids).await
}

/// Brings the rows of the milestones of these projects after what is overdue, or will be.
pub async fn follow_milestones(tx: &mut Tx, project_ids: &[Uuid]) -> Result<()> {
    // By difference too: see `rebuild`.
    diesel::sql_query(
        "WITH wanted AS MATERIALIZED (
             SELECT s.scope_id, s.plan_id, m.id AS milestone_id, m.project_id, m.overdue_from
               FROM milestones m JOIN project_sight s ON s.project_id = m.project_id
              WHERE m.project_id = ANY($1) AND m.overdue_from IS NOT NULL
         ), gone AS (
             DELETE FROM milestone_sight s WHERE s.project_id = ANY($1)
                AND NOT EXISTS (SELECT FROM wanted w WHERE w.scope_id = s.scope_id AND w.milestone_id = s.milestone_id)
         )
         INSERT INTO milestone_sight (scope_id, plan_id, milestone_id, project_id, overdue_from)
         SELECT scope_id, plan_id, milestone_id, project_id, overdue_from FROM wanted
         ON CONFLICT (scope_id, milestone_id) DO UPDATE SET overdue_from = excluded.overdue_from
          WHERE milestone_sight.overdue_from <> excluded.overdue_from",
    )
    .bind::<Array<SqlUuid>, _>(project_ids)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Follows a change in the tree or of a region: the projects that these organisations, or any below them, own or have a
/// part of; those that they saw until now; those sited or divided into their regions, which county governments see.
pub async fn rebuild_for_organisations(tx: &mut Tx, organisation_ids: &[Uuid]) -> Result<()> {
    let mut affected: Vec<Uuid> = project_owners::table
        .inner_join(
            organisation_closure::table
                .on(organisation_closure::descendant_id.eq(project_owners::organisation_id)),
        )
        .filter(
            organisation_closure::ancestor_id
                .eq_any(organisation_ids)
                .and(project_owners::removed.eq(false)),
        )
        .select(project_owners::project_id)
        .distinct()
        .load(tx.conn())
        .await?;
    let seen: Vec<Uuid> = project_sight::table
        .filter(project_sight::scope_id.eq_any(organisation_ids))
        .select(project_sight::project_id)
        .load(tx.conn())
        .await?;
    let sited: Vec<Uuid> = projects::table
        .inner_join(organisations::table.on(organisations::region_id.nullable().eq(projects::site_region_id)))
        .filter(
            organisations::id
                .eq_any(organisation_ids)
                .and(organisations::kind.eq("county_government")),
        )
        .select(projects::id)
        .load(tx.conn())
        .await?;
    let held: Vec<Uuid> = project_parts::table
        .inner_join(
            organisation_closure::table.on(organisation_closure::descendant_id
                .nullable()
                .eq(project_parts::organisation_id)),
        )
        .filter(
            organisation_closure::ancestor_id
                .eq_any(organisation_ids)
                .and(project_parts::removed.eq(false)),
        )
        .select(project_parts::project_id)
        .load(tx.conn())
        .await?;
    let divided: Vec<Uuid> = project_parts::table
        .inner_join(organisations::table.on(organisations::region_id.eq(project_parts::region_id)))
        .filter(
            organisations::id
                .eq_any(organisation_ids)
                .and(organisations::kind.eq("county_government"))
                .and(project_parts::removed.eq(false)),
        )
        .select(project_parts::project_id)
        .load(tx.conn())
        .await?;
    affected.extend(held);
    affected.extend(divided);
    affected.extend(seen);
    affected.extend(sited);
    affected.sort_unstable();
    affected.dedup();
    if affected.is_empty() {
        return Ok(());
    }
    rebuild(tx, &affected).await
}
