//! Projects as they are shown after an action has changed them, in its own transaction.

use uuid::Uuid;

use crate::db::Tx;
use crate::http::reasons;
use crate::http::request::{SignedIn, State};
use crate::kernel::{Error, Result};
use crate::projects::store;
use crate::views::shown::{self, ProjectView};
use crate::views::window::Window;

/// In the order of the ids, with everything that followed from the change.
pub async fn projects(tx: &mut Tx, state: &State, who: &SignedIn, ids: &[Uuid]) -> Result<Vec<ProjectView>> {
    let mut rows = store::projects_by_id(tx.conn(), ids).await?;
    let rows = ids.iter().filter_map(|id| rows.remove(id)).collect();
    let owners = store::owners_of(tx.conn(), ids).await?;
    let window = Window::open(tx.conn(), &state.db.clock, &who.0, &[], None).await?;
    let mut views = shown::projects(tx.conn(), &window, rows, Some(owners)).await?;
    reasons::projects(&mut views);
    Ok(views)
}

/// One of them.
pub async fn project(tx: &mut Tx, state: &State, who: &SignedIn, id: Uuid) -> Result<ProjectView> {
    projects(tx, state, who, &[id])
        .await?
        .pop()
        .ok_or(Error::NotFound)
}
