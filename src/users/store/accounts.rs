//! The SQL of users.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use super::memberships as of_memberships;
use crate::db::paging::{Page, PageRequest, decode};
use crate::db::schema::{memberships, organisation_closure, organisations, users};
use crate::kernel::{Error, Permit, Result};
use crate::orgs::store::{containing, ids_by_references};
use crate::users::model::{Credentials, Reach, UserFilter, UserRow, UserView};

type Selection = diesel::dsl::Select<users::table, CredentialColumns>;
type CredentialColumns = (
    users::id,
    users::username,
    users::password_hash,
    users::must_change_password,
    users::disabled_at,
);

fn credentials_query() -> Selection {
    users::table.select((
        users::id,
        users::username,
        users::password_hash,
        users::must_change_password,
        users::disabled_at,
    ))
}

/// What signing in looks at, by user name.
pub async fn credentials(conn: &mut AsyncPgConnection, username: &str) -> Result<Option<Credentials>> {
    Ok(credentials_query()
        .filter(users::username.eq(username))
        .first(conn)
        .await
        .optional()?)
}

/// The same by id.
pub async fn credentials_of(conn: &mut AsyncPgConnection, id: Uuid) -> Result<Option<Credentials>> {
    Ok(credentials_query()
        .filter(users::id.eq(id))
        .first(conn)
        .await
        .optional()?)
}

/// The same, held as it is until the transaction ends: a user who signs in must not be disabled meanwhile.
pub async fn credentials_shared(conn: &mut AsyncPgConnection, id: Uuid) -> Result<Option<Credentials>> {
    Ok(credentials_query()
        .filter(users::id.eq(id))
        .for_share()
        .first(conn)
        .await
        .optional()?)
}

/// The same, held for a change.
pub async fn credentials_locked(conn: &mut AsyncPgConnection, id: Uuid) -> Result<Option<Credentials>> {
    Ok(credentials_query()
        .filter(users::id.eq(id))
        .for_update()
        .first(conn)
        .await
        .optional()?)
}

/// The user, held until the transaction ends.
pub async fn lock(conn: &mut AsyncPgConnection, id: Uuid) -> Result<Option<UserRow>> {
    Ok(users::table
        .find(id)
        .select(UserRow::as_select())
        .for_update()
        .first(conn)
        .await
        .optional()?)
}

/// The same for somebody who only needs that he stays as he is.
pub async fn lock_shared(conn: &mut AsyncPgConnection, id: Uuid) -> Result<Option<UserRow>> {
    Ok(users::table
        .find(id)
        .select(UserRow::as_select())
        .for_share()
        .first(conn)
        .await
        .optional()?)
}

pub async fn id_by_username(conn: &mut AsyncPgConnection, username: &str) -> Result<Option<Uuid>> {
    Ok(users::table
        .filter(users::username.eq(username))
        .select(users::id)
        .first(conn)
        .await
        .optional()?)
}

/// Whether an administrator who reaches so far has the user in sight: a membership of his, living or ended, lies
/// there; somebody who never had one is seen by the administrator of a root.
pub async fn sees(conn: &mut AsyncPgConnection, reach: &Reach, id: Uuid) -> Result<bool> {
    let below = match reach {
        Reach::All => return Ok(true),
        Reach::Below(below) => below,
    };
    let mut paths = memberships::table
        .inner_join(
            organisation_closure::table
                .on(organisation_closure::descendant_id.eq(memberships::organisation_id)),
        )
        .filter(memberships::user_id.eq(id))
        .select(organisation_closure::ancestor_id)
        .load::<Uuid>(conn)
        .await?;
    if paths.is_empty() {
        paths = roots_among(conn, below).await?;
    }
    Ok(paths.iter().any(|above| below.contains(above)))
}

async fn roots_among(conn: &mut AsyncPgConnection, ids: &[Uuid]) -> Result<Vec<Uuid>> {
    Ok(organisations::table
        .filter(organisations::id.eq_any(ids))
        .filter(organisations::parent_id.is_null())
        .select(organisations::id)
        .load(conn)
        .await?)
}

/// The user with the memberships that lie within `reach`. Whether he himself is in sight, [`sees`] says.
pub async fn view_of(conn: &mut AsyncPgConnection, reach: &Reach, id: Uuid) -> Result<Option<UserView>> {
    let row: Option<UserRow> = users::table
        .find(id)
        .select(UserRow::as_select())
        .first(conn)
        .await
        .optional()?;
    let Some(row) = row else { return Ok(None) };
    let own = of_memberships::of_users(conn, reach, &[id]).await?;
    Ok(Some(UserView::of(row, own)))
}

/// A page of the users within reach, in the order of their user names.
pub async fn list(
    conn: &mut AsyncPgConnection,
    reach: &Reach,
    filter: &UserFilter,
    page: &PageRequest,
) -> Result<Page<UserView>> {
    let question = format!("users {filter:?}");
    let within = ids_by_references(conn, &filter.organisations).await?;
    let sees_strays = match reach {
        Reach::All => true,
        Reach::Below(below) => !roots_among(conn, below).await?.is_empty(),
    };
    let build = || {
        let mut query = users::table.into_boxed();
        if let Reach::Below(below) = reach {
            let members = memberships::table
                .inner_join(
                    organisation_closure::table
                        .on(organisation_closure::descendant_id.eq(memberships::organisation_id)),
                )
                .filter(organisation_closure::ancestor_id.eq_any(below.clone()))
                .select(memberships::user_id);
            query = if sees_strays {
                let somebody = memberships::table.select(memberships::user_id);
                query.filter(users::id.eq_any(members).or(users::id.ne_all(somebody)))
            } else {
                query.filter(users::id.eq_any(members))
            };
        }
        if !filter.roles.is_empty() || !filter.organisations.is_empty() {
            let mut members = memberships::table
                .filter(memberships::ended_at.is_null())
                .select(memberships::user_id)
                .into_boxed();
            if !filter.roles.is_empty() {
                let roles: Vec<&str> = filter.roles.iter().map(|role| role.as_str()).collect();
                members = members.filter(memberships::role.eq_any(roles));
            }
            if !filter.organisations.is_empty() {
                let subtree = organisation_closure::table
                    .filter(organisation_closure::ancestor_id.eq_any(within.clone()))
                    .select(organisation_closure::descendant_id);
                members = members.filter(memberships::organisation_id.eq_any(subtree));
            }
            // A role that somebody in sight has elsewhere is not told by a filter either.
            if let Reach::Below(below) = reach {
                let subtree = organisation_closure::table
                    .filter(organisation_closure::ancestor_id.eq_any(below.clone()))
                    .select(organisation_closure::descendant_id);
                members = members.filter(memberships::organisation_id.eq_any(subtree));
            }
            query = query.filter(users::id.eq_any(members));
        }
        match filter.disabled {
            Some(true) => query = query.filter(users::disabled_at.is_not_null()),
            Some(false) => query = query.filter(users::disabled_at.is_null()),
            None => {}
        }
        if let Some(q) = &filter.q {
            let pattern = containing(q);
            query = query.filter(
                users::username
                    .ilike(pattern.clone())
                    .or(users::display_name.ilike(pattern)),
            );
        }
        query
    };
    let mut query = build();
    if let Some(cursor) = &page.cursor {
        query = query.filter(users::username.gt(decode::<String>(&question, cursor)?));
    }
    let rows: Vec<UserRow> = query
        .order(users::username)
        .limit(page.limit + 1)
        .select(UserRow::as_select())
        .load(conn)
        .await?;
    let mut cut = Page::cut(rows, page, &question, |row| row.username.clone())?;
    if filter.total {
        cut.total = Some(build().count().get_result(conn).await?);
    }
    let ids: Vec<Uuid> = cut.rows.iter().map(|row| row.id).collect();
    let mut all = of_memberships::of_users(conn, reach, &ids).await?;
    Ok(cut.map(|row| {
        let (own, others) = all.drain(..).partition(|membership| membership.user.id == row.id);
        all = others;
        UserView::of(row, own)
    }))
}

/// A user as he is first written, with the hash of the password that he was given.
#[derive(Debug, Clone, Insertable)]
#[diesel(table_name = users, check_for_backend(diesel::pg::Pg))]
pub struct InsertedUser {
    pub id: Uuid,
    pub username: String,
    pub display_name: String,
    pub phone: Option<String>,
    pub email: Option<String>,
    pub password_hash: String,
    pub must_change_password: bool,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

pub async fn insert(conn: &mut AsyncPgConnection, _permit: &Permit, row: &InsertedUser) -> Result<()> {
    diesel::insert_into(users::table)
        .values(row)
        .execute(conn)
        .await?;
    Ok(())
}

/// Writes everything of a user but his name for signing in and his password; the version must have risen.
pub async fn update(conn: &mut AsyncPgConnection, _permit: &Permit, row: &UserRow) -> Result<()> {
    let changed = diesel::update(users::table.find(row.id))
        .set((
            users::display_name.eq(&row.display_name),
            users::phone.eq(&row.phone),
            users::email.eq(&row.email),
            users::disabled_at.eq(row.disabled_at),
            users::disabled_reason.eq(&row.disabled_reason),
            users::row_version.eq(row.row_version),
            users::updated_at.eq(row.updated_at),
        ))
        .execute(conn)
        .await?;
    if changed == 1 {
        Ok(())
    } else {
        Err(Error::NotFound)
    }
}

/// Writes the hash of a new password.
pub async fn update_password(
    conn: &mut AsyncPgConnection,
    _permit: &Permit,
    id: Uuid,
    password_hash: &str,
    must_change_password: bool,
    now: DateTime<Utc>,
) -> Result<()> {
    let changed = diesel::update(users::table.find(id))
        .set((
            users::password_hash.eq(password_hash),
            users::must_change_password.eq(must_change_password),
            users::row_version.eq(users::row_version + 1),
            users::updated_at.eq(now),
        ))
        .execute(conn)
        .await?;
    if changed == 1 {
        Ok(())
    } else {
        Err(Error::NotFound)
    }
}

/// What somebody is called.
pub async fn display_name(conn: &mut AsyncPgConnection, id: Uuid) -> Result<String> {
    Ok(users::table
        .find(id)
        .select(users::display_name)
        .first(conn)
        .await?)
}
