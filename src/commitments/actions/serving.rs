//! The projects that serve commitments, whose lights follow from their standing.

use uuid::Uuid;

use crate::commitments::store;
use crate::db::Tx;
use crate::kernel::{Error, Result};
use crate::projects::actions::derive;

/// Those that serve them, locked.
pub(super) struct Serving(Vec<Uuid>);

/// Locks the projects that serve these commitments, in the order of their ids, then the commitments: as everybody does who
/// holds both. As long as they are held, nobody else comes to serve them: a new link locks the commitment's key.
pub(super) async fn lock(tx: &mut Tx, commitment_ids: &[Uuid]) -> Result<Serving> {
    let ids = store::links::serving(tx.conn(), commitment_ids).await?;
    derive::lock(tx, &ids).await?;
    store::lock(tx, commitment_ids).await?;
    // Somebody linked another project meanwhile: it is locked before the commitment too, so from the beginning.
    if store::links::serving(tx.conn(), commitment_ids).await? != ids {
        return Err(Error::Again(diesel::result::Error::RollbackTransaction));
    }
    Ok(Serving(ids))
}

impl Serving {
    /// Brings their lights after what was changed.
    pub async fn follow(&self, tx: &mut Tx) -> Result<()> {
        derive::lights(tx, &self.0).await
    }
}
