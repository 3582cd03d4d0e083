//! Accounts by the command line, where the house itself acts: the first administrator, and whoever is locked out.

use super::actions::accounts::{self, Given};
use super::model::{NewUser, Reach, UserFilter, UserView};
use super::{passwords, store, throttle};
use crate::db::paging::{MAX_LIMIT, PageRequest};
use crate::db::{Database, Door, Origin};
use crate::kernel::authz::Person;
use crate::kernel::{Actor, Error, Result, Role};
use uuid::Uuid;

fn origin() -> Origin {
    Origin {
        actor: Actor::System,
        door: Door::Command,
        trace_id: uuid::Uuid::new_v4().simple().to_string(),
    }
}

/// A random password and its hash, off the async threads.
async fn given(must_change: bool) -> Result<(String, Given)> {
    let password = passwords::given();
    let hashed = password.clone();
    let password_hash = tokio::task::spawn_blocking(move || passwords::hash(&hashed))
        .await
        .map_err(Error::internal)??;
    Ok((
        password,
        Given {
            password_hash,
            must_change,
        },
    ))
}

/// Makes a user with his first membership and returns his password. `must_change` is false for demonstration
/// accounts only.
pub async fn create(db: &Database, new: NewUser, must_change: bool) -> Result<String> {
    let (password, given) = given(must_change).await?;
    db.write(&origin(), async |tx| accounts::create(tx, &new, &given).await)
        .await?;
    Ok(password)
}

/// Gives the user of this name a new password, which he must change, ends his sessions, and returns it.
pub async fn reset_password(db: &Database, username: &str) -> Result<String> {
    let username = throttle::folded(username);
    let (password, given) = given(true).await?;
    db.write(&origin(), async |tx| {
        let id = store::accounts::id_by_username(tx.conn(), &username)
            .await?
            .ok_or(Error::NotFound)?;
        // The command line shows no version to have seen: it takes the present one.
        let row = store::accounts::lock(tx.conn(), id)
            .await?
            .ok_or(Error::NotFound)?;
        accounts::reset_password(tx, id, Some(row.row_version), &given).await
    })
    .await?;
    Ok(password)
}

/// Every user, in the order of the user names.
pub async fn list(db: &Database) -> Result<Vec<UserView>> {
    let mut all = Vec::new();
    let mut page = PageRequest {
        limit: MAX_LIMIT,
        cursor: None,
    };
    loop {
        let found = db
            .read(async |conn| store::accounts::list(conn, &Reach::All, &UserFilter::default(), &page).await)
            .await?;
        all.extend(found.rows);
        match found.next_cursor {
            Some(cursor) => page.cursor = Some(cursor),
            None => return Ok(all),
        }
    }
}

/// Somebody who stands in an organisation in a role, as he would be signed in: the one who has stood there longest.
/// For playing a demonstration.
pub async fn acting(db: &Database, organisation_id: Uuid, role: Role) -> Result<Option<Actor>> {
    db.read(async |conn| {
        let Some(user_id) = store::memberships::first_in(conn, organisation_id, role).await? else {
            return Ok(None);
        };
        let memberships = store::memberships::live_of(conn, user_id).await?;
        Ok(Some(Actor::Person(Person {
            user_id,
            session_id: Uuid::nil(),
            must_change_password: false,
            memberships,
        })))
    })
    .await
}
