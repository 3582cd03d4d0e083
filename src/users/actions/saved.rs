//! Filters that somebody keeps for himself under a name. They are his own affair: the log says nothing of them.

use uuid::Uuid;

use crate::db::Tx;
use crate::kernel::authz::{Action, Permit, Target, require};
use crate::kernel::{Code, Error, Fault, Result};
use crate::users::store;

/// So many may one person keep for a page.
const MOST: usize = 50;

fn own(tx: &Tx, user_id: Uuid) -> Result<Permit> {
    require(tx.actor(), Action::OwnAccount, &Target::Account { user_id })
}

/// Keeps a filter; the same name again stands for the new one.
pub async fn keep(tx: &mut Tx, user_id: Uuid, page: &str, name: &str, query: &str) -> Result<()> {
    let permit = own(tx, user_id)?;
    let kept = store::saved::list(tx.conn(), user_id, page).await?;
    if kept.iter().filter(|(known, _)| known != name).count() >= MOST {
        return Err(Error::Conflict(
            Fault::new("/name", Code::SavedTooMany).with("most", MOST),
        ));
    }
    let now = tx.now();
    store::saved::put(tx.conn(), &permit, (page, name, query), now).await
}

/// Forgets one; one that is not there is forgotten already.
pub async fn forget(tx: &mut Tx, user_id: Uuid, page: &str, name: &str) -> Result<()> {
    let permit = own(tx, user_id)?;
    store::saved::delete(tx.conn(), &permit, page, name).await
}
