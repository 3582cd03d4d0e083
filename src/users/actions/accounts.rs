//! Making and changing users.

use serde_json::json;
use uuid::Uuid;

use super::{not_oneself, own_places, permit_over};
use crate::db::log::REGISTRY;
use crate::db::{EventKind, Subject, Tx};
use crate::kernel::authz::{Action, Target, require};
use crate::kernel::{Code, Error, Fault, Result, check_version};
use crate::orgs;
use crate::users::model::{NewMembership, NewUser, UserPatch, UserRow};
use crate::users::store::accounts::InsertedUser;
use crate::users::store::sessions::Which;
use crate::users::{store, throttle};

/// The hash of a password that somebody is given, and whether he must choose his own at once (always, but for
/// demonstration accounts).
#[derive(Debug, Clone)]
pub struct Given {
    pub password_hash: String,
    pub must_change: bool,
}

/// Makes a user with his first membership; returns his id.
pub async fn create(tx: &mut Tx, new: &NewUser, given: &Given) -> Result<Uuid> {
    let id = Uuid::now_v7();
    let organisation = orgs::store::find(tx.conn(), &new.organisation).await?;
    let path = match &organisation {
        Some(organisation) => orgs::store::path_of(tx.conn(), organisation.id).await?,
        None => own_places(tx.actor()),
    };
    let target = Target::Organisation { id, path: &path };
    let permit = require(tx.actor(), Action::AdministerUsers, &target)?;
    let now = tx.now();
    let row = InsertedUser {
        id,
        username: new.username.clone(),
        display_name: new.display_name.clone(),
        phone: new.phone.clone(),
        email: new.email.clone(),
        password_hash: given.password_hash.clone(),
        must_change_password: given.must_change,
        created_at: now,
        updated_at: now,
    };
    if !username_is_sound(&new.username) {
        return Err(Error::invalid("/username", Code::FieldFormat));
    }
    store::accounts::insert(tx.conn(), &permit, &row).await?;
    let fields: Vec<&str> = [("phone", new.phone.is_some()), ("email", new.email.is_some())]
        .into_iter()
        .filter_map(|(name, is_set)| is_set.then_some(name))
        .collect();
    let subject = (Subject::User, id);
    tx.record_under(
        &permit,
        REGISTRY,
        EventKind::UserCreated,
        subject,
        None,
        json!({ "must_change_password": given.must_change, "fields": fields }),
    );
    let membership = NewMembership {
        user_id: id,
        organisation: new.organisation.clone(),
        role: new.role,
        plan: new.plan.clone(),
    };
    super::memberships::give(tx, &membership, true).await?;
    Ok(id)
}

/// Changes what `patch` says of a user. The log learns which fields changed, never what stands in them.
pub async fn edit(tx: &mut Tx, id: Uuid, seen: Option<i64>, patch: UserPatch) -> Result<()> {
    let permit = permit_over(tx, id).await?;
    let before = store::accounts::lock(tx.conn(), id)
        .await?
        .ok_or(Error::NotFound)?;
    if patch.disabled == Some(true) {
        not_oneself(tx.actor(), id)?;
    }
    check_version(seen, before.row_version)?;
    let now = tx.now();
    let mut after = decide(&before, patch, now)?;
    if after == before {
        return Ok(());
    }
    after.row_version += 1;
    after.updated_at = now;
    store::accounts::update(tx.conn(), &permit, &after).await?;
    let subject = (Subject::User, id);
    let changed = changed_fields(&before, &after);
    if !changed.is_empty() {
        let body = json!({ "changed": changed });
        tx.record_under(&permit, REGISTRY, EventKind::UserEdited, subject, None, body);
    }
    match (before.disabled_at, after.disabled_at) {
        (None, Some(_)) => {
            let ended =
                store::sessions::revoke(tx.conn(), &permit, id, Which::All, "user_disabled", now).await?;
            let body = json!({ "sessions_ended": ended });
            tx.record_under(&permit, REGISTRY, EventKind::UserDisabled, subject, None, body);
        }
        (Some(_), None) => {
            tx.record_under(
                &permit,
                REGISTRY,
                EventKind::UserEnabled,
                subject,
                None,
                json!({}),
            );
        }
        _ => {}
    }
    Ok(())
}

fn decide(before: &UserRow, patch: UserPatch, now: chrono::DateTime<chrono::Utc>) -> Result<UserRow> {
    let mut after = before.clone();
    after.display_name = patch.display_name.unwrap_or(after.display_name);
    after.phone = patch.phone.unwrap_or(after.phone);
    after.email = patch.email.unwrap_or(after.email);
    match patch.disabled {
        Some(true) => {
            after.disabled_at = before.disabled_at.or(Some(now));
            after.disabled_reason = patch.disabled_reason.or(after.disabled_reason);
        }
        Some(false) => (after.disabled_at, after.disabled_reason) = (None, None),
        None if patch.disabled_reason.is_some() => after.disabled_reason = patch.disabled_reason,
        None => {}
    }
    match (after.disabled_at.is_some(), after.disabled_reason.is_some()) {
        (true, false) => Err(Error::invalid("/disabled_reason", Code::FieldMissing)),
        (false, true) => Err(Error::Invalid(vec![Fault::new(
            "/disabled_reason",
            Code::FieldReadOnly,
        )])),
        _ => Ok(after),
    }
}

fn changed_fields(before: &UserRow, after: &UserRow) -> Vec<&'static str> {
    [
        ("display_name", before.display_name != after.display_name),
        ("phone", before.phone != after.phone),
        ("email", before.email != after.email),
    ]
    .into_iter()
    .filter_map(|(name, differs)| differs.then_some(name))
    .collect()
}

/// Gives a user a new password, ends all his sessions and forgets his failures. Nobody does it to himself: he would
/// need no old password.
pub async fn reset_password(tx: &mut Tx, id: Uuid, seen: Option<i64>, given: &Given) -> Result<()> {
    let permit = permit_over(tx, id).await?;
    not_oneself(tx.actor(), id)?;
    let before = store::accounts::lock(tx.conn(), id)
        .await?
        .ok_or(Error::NotFound)?;
    check_version(seen, before.row_version)?;
    if before.disabled_at.is_some() {
        return Err(Error::conflict(Code::UserDisabled));
    }
    let now = tx.now();
    let hash = &given.password_hash;
    store::accounts::update_password(tx.conn(), &permit, id, hash, given.must_change, now).await?;
    let ended = store::sessions::revoke(tx.conn(), &permit, id, Which::All, "password_reset", now).await?;
    let account = throttle::account_of(&before.username);
    store::sessions::clear_failures(tx.conn(), &account, None).await?;
    let body = json!({ "sessions_ended": ended });
    tx.record_under(
        &permit,
        REGISTRY,
        EventKind::UserPasswordReset,
        (Subject::User, id),
        None,
        body,
    );
    Ok(())
}

/// As the table's own check has it.
pub fn username_is_sound(username: &str) -> bool {
    let plain = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit();
    (2..=64).contains(&username.len())
        && username.bytes().next().is_some_and(plain)
        && username
            .bytes()
            .all(|c| plain(c) || matches!(c, b'.' | b'_' | b'-'))
}
