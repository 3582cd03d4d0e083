//! What can be done with users, memberships and sessions.

pub mod accounts;
pub mod memberships;
pub mod saved;
pub mod sessions;

use uuid::Uuid;

use super::model::Reach;
use super::store;
use crate::db::Tx;
use crate::kernel::authz::{Action, Actor, Permit, Role, Target, require};
use crate::kernel::{Error, Result};
use crate::orgs;

/// How far the actor administers; refused for whoever is no administrator anywhere.
pub fn reach_of(actor: &Actor) -> Result<Reach> {
    require(actor, Action::ReadUsers, &Target::Registry)?;
    Ok(match actor {
        Actor::System => Reach::All,
        Actor::Person(person) => Reach::Below(
            person
                .memberships
                .iter()
                .filter(|m| m.role == Role::Administrator)
                .map(|m| m.organisation_id)
                .collect(),
        ),
    })
}

/// The right to change a user. He must be in sight, and every place where he stands must be within the actor's reach:
/// who could reset the password of somebody with further rights would have those rights.
async fn permit_over(tx: &mut Tx, user_id: Uuid) -> Result<Permit> {
    let reach = reach_of(tx.actor())?;
    if !store::accounts::sees(tx.conn(), &reach, user_id).await? {
        return Err(Error::NotFound);
    }
    // Held before it is asked where he stands: nobody gives him a further membership meanwhile.
    store::accounts::lock(tx.conn(), user_id)
        .await?
        .ok_or(Error::NotFound)?;
    let stands_in = store::memberships::stands_in(tx.conn(), user_id).await?;
    let mut paths = Vec::with_capacity(stands_in.len());
    for organisation_id in stands_in {
        paths.push(orgs::store::path_of(tx.conn(), organisation_id).await?);
    }
    if paths.is_empty() {
        // He stands nowhere; that the actor has him in sight at all says that a root is his.
        paths.push(own_places(tx.actor()));
    }
    let mut first = None;
    for path in &paths {
        let target = Target::Organisation { id: user_id, path };
        let permit = require(tx.actor(), Action::AdministerUsers, &target)?;
        first.get_or_insert(permit);
    }
    first.ok_or(Error::NotFound)
}

/// The organisations in which the actor is something.
fn own_places(actor: &Actor) -> Vec<Uuid> {
    actor.memberships().iter().map(|m| m.organisation_id).collect()
}

/// Refuses a change of one's own account that must go another way.
fn not_oneself(actor: &Actor, user_id: Uuid) -> Result<()> {
    if actor.user_id() == Some(user_id) {
        return Err(Error::Forbidden(Action::AdministerUsers));
    }
    Ok(())
}
