//! The SQL of memberships.

use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use crate::db::paging::{Page, PageRequest, decode};
use crate::db::schema::{memberships, organisation_closure, organisations, plans, users};
use crate::kernel::{Error, Membership, Permit, Result, Role};
use crate::orgs::model::OrganisationRef;
use crate::orgs::store::ids_by_references;
use crate::users::model::{MembershipFilter, MembershipRow, MembershipView, PlanRef, Reach, UserRef};

/// The plan with this id or code.
pub async fn plan_id(conn: &mut AsyncPgConnection, reference: &str) -> Result<Option<Uuid>> {
    let query = plans::table.select(plans::id);
    Ok(match Uuid::try_parse(reference) {
        Ok(id) => query.filter(plans::id.eq(id)).first(conn).await,
        Err(_) => query.filter(plans::code.eq(reference)).first(conn).await,
    }
    .optional()?)
}

/// Memberships by id: the organisation's name, and the role. Ended ones too.
pub async fn named(conn: &mut AsyncPgConnection, ids: &[Uuid]) -> Result<Vec<(Uuid, String, String)>> {
    Ok(memberships::table
        .inner_join(organisations::table.on(organisations::id.eq(memberships::organisation_id)))
        .filter(memberships::id.eq_any(ids))
        .select((memberships::id, organisations::name, memberships::role))
        .load(conn)
        .await?)
}

type Names = (String, String, String, String, Option<(String, String)>);

fn view((row, names): (MembershipRow, Names)) -> Result<MembershipView> {
    let role = Role::parse(&row.role).ok_or_else(|| Error::internal(format!("role {}", row.role)))?;
    let (username, display_name, code, name, plan) = names;
    Ok(MembershipView {
        id: row.id,
        user: UserRef {
            id: row.user_id,
            username,
            display_name,
        },
        organisation: OrganisationRef {
            id: row.organisation_id,
            code,
            name,
        },
        role,
        plan: row
            .plan_id
            .zip(plan)
            .map(|(id, (code, title))| PlanRef { id, code, title }),
        ended_at: row.ended_at,
        ended_reason: row.ended_reason,
        created_at: row.created_at,
        row_version: row.row_version,
    })
}

/// The memberships within reach that `narrow` leaves, in the order in which they were given.
async fn load(
    conn: &mut AsyncPgConnection,
    reach: &Reach,
    filter: &MembershipFilter,
    after: Option<Uuid>,
    limit: Option<i64>,
) -> Result<Vec<MembershipView>> {
    let within = ids_by_references(conn, &filter.organisations).await?;
    let mut query = narrowed(reach, filter, within).order(memberships::id);
    if let Some(after) = after {
        query = query.filter(memberships::id.gt(after));
    }
    if let Some(limit) = limit {
        query = query.limit(limit);
    }
    let rows: Vec<MembershipRow> = query.select(MembershipRow::as_select()).load(conn).await?;
    let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
    let named: Vec<(MembershipRow, Names)> = memberships::table
        .inner_join(users::table.on(users::id.eq(memberships::user_id)))
        .inner_join(organisations::table.on(organisations::id.eq(memberships::organisation_id)))
        .left_join(plans::table.on(plans::id.nullable().eq(memberships::plan_id)))
        .filter(memberships::id.eq_any(ids))
        .order(memberships::id)
        .select((
            MembershipRow::as_select(),
            (
                users::username,
                users::display_name,
                organisations::code,
                organisations::name,
                (plans::code, plans::title).nullable(),
            ),
        ))
        .load(conn)
        .await?;
    named.into_iter().map(view).collect()
}

type Boxed<'a> = memberships::BoxedQuery<'a, diesel::pg::Pg>;

fn narrowed<'a>(reach: &Reach, filter: &MembershipFilter, within: Vec<Uuid>) -> Boxed<'a> {
    let subtree = |ids: Vec<Uuid>| {
        organisation_closure::table
            .filter(organisation_closure::ancestor_id.eq_any(ids))
            .select(organisation_closure::descendant_id)
    };
    let mut query = memberships::table.into_boxed();
    if let Reach::Below(below) = reach {
        query = query.filter(memberships::organisation_id.eq_any(subtree(below.clone())));
    }
    if !filter.users.is_empty() {
        query = query.filter(memberships::user_id.eq_any(filter.users.clone()));
    }
    if !filter.organisations.is_empty() {
        query = query.filter(memberships::organisation_id.eq_any(subtree(within)));
    }
    if !filter.roles.is_empty() {
        let roles: Vec<&str> = filter.roles.iter().map(|role| role.as_str()).collect();
        query = query.filter(memberships::role.eq_any(roles));
    }
    match filter.ended {
        Some(true) => query.filter(memberships::ended_at.is_not_null()),
        Some(false) => query.filter(memberships::ended_at.is_null()),
        None => query,
    }
}

/// Every membership within reach of some users.
pub async fn of_users(
    conn: &mut AsyncPgConnection,
    reach: &Reach,
    users: &[Uuid],
) -> Result<Vec<MembershipView>> {
    if users.is_empty() {
        return Ok(Vec::new());
    }
    let filter = MembershipFilter {
        users: users.to_vec(),
        ..MembershipFilter::default()
    };
    load(conn, reach, &filter, None, None).await
}

/// The membership, where it lies within reach.
pub async fn view_of(
    conn: &mut AsyncPgConnection,
    reach: &Reach,
    id: Uuid,
) -> Result<Option<MembershipView>> {
    let user: Option<Uuid> = memberships::table
        .find(id)
        .select(memberships::user_id)
        .first(conn)
        .await
        .optional()?;
    let Some(user) = user else { return Ok(None) };
    let all = of_users(conn, reach, &[user]).await?;
    Ok(all.into_iter().find(|membership| membership.id == id))
}

/// A page of the memberships within reach, oldest first.
pub async fn list(
    conn: &mut AsyncPgConnection,
    reach: &Reach,
    filter: &MembershipFilter,
    page: &PageRequest,
) -> Result<Page<MembershipView>> {
    let question = format!("memberships {filter:?}");
    let after = page
        .cursor
        .as_ref()
        .map(|cursor| decode::<Uuid>(&question, cursor))
        .transpose()?;
    let rows = load(conn, reach, filter, after, Some(page.limit + 1)).await?;
    let mut cut = Page::cut(rows, page, &question, |row| row.id)?;
    if filter.total {
        let within = ids_by_references(conn, &filter.organisations).await?;
        cut.total = Some(narrowed(reach, filter, within).count().get_result(conn).await?);
    }
    Ok(cut)
}

/// The membership, held until the transaction ends.
pub async fn lock(conn: &mut AsyncPgConnection, id: Uuid) -> Result<Option<MembershipRow>> {
    Ok(memberships::table
        .find(id)
        .select(MembershipRow::as_select())
        .for_update()
        .first(conn)
        .await
        .optional()?)
}

/// Where a user stands: the organisations of his living memberships, or of the ended ones where none lives.
pub async fn stands_in(conn: &mut AsyncPgConnection, user_id: Uuid) -> Result<Vec<Uuid>> {
    let mut all: Vec<(Uuid, bool)> = memberships::table
        .filter(memberships::user_id.eq(user_id))
        .select((memberships::organisation_id, memberships::ended_at.is_null()))
        .order(memberships::id)
        .load(conn)
        .await?;
    if all.iter().any(|(_, lives)| *lives) {
        all.retain(|(_, lives)| *lives);
    }
    Ok(all.into_iter().map(|(id, _)| id).collect())
}

pub async fn insert(conn: &mut AsyncPgConnection, _permit: &Permit, row: &MembershipRow) -> Result<()> {
    diesel::insert_into(memberships::table)
        .values(row)
        .execute(conn)
        .await?;
    Ok(())
}

/// Writes the end of a membership; the version must have risen.
pub async fn update_end(conn: &mut AsyncPgConnection, _permit: &Permit, row: &MembershipRow) -> Result<()> {
    diesel::update(memberships::table.find(row.id))
        .set((
            memberships::ended_at.eq(row.ended_at),
            memberships::ended_reason.eq(&row.ended_reason),
            memberships::row_version.eq(row.row_version),
            memberships::updated_at.eq(row.updated_at),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// Who has stood longest in an organisation in a role, in every plan, and is not disabled.
pub async fn first_in(
    conn: &mut AsyncPgConnection,
    organisation_id: Uuid,
    role: Role,
) -> Result<Option<Uuid>> {
    Ok(memberships::table
        .inner_join(users::table.on(users::id.eq(memberships::user_id)))
        .filter(memberships::organisation_id.eq(organisation_id))
        .filter(memberships::role.eq(role.as_str()))
        .filter(
            memberships::ended_at
                .is_null()
                .and(memberships::plan_id.is_null()),
        )
        .filter(users::disabled_at.is_null())
        .order(memberships::id)
        .select(memberships::user_id)
        .first(conn)
        .await
        .optional()?)
}

/// Where a user stands now.
pub async fn live_of(conn: &mut AsyncPgConnection, user_id: Uuid) -> Result<Vec<Membership>> {
    let rows: Vec<(MembershipRow, String)> = memberships::table
        .inner_join(organisations::table.on(organisations::id.eq(memberships::organisation_id)))
        .filter(
            memberships::user_id
                .eq(user_id)
                .and(memberships::ended_at.is_null()),
        )
        .order(memberships::id)
        .select((MembershipRow::as_select(), organisations::kind))
        .load(conn)
        .await?;
    rows.into_iter()
        .map(|(row, organisation_kind)| row.judged(organisation_kind))
        .collect()
}
