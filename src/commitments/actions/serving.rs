//! The projects that serve a commitment, whose lights follow from its standing.

use uuid::Uuid;

use crate::commitments::store;
use crate::db::Tx;
use crate::kernel::{Error, Result};
use crate::projects::actions::derive;

/// Those that serve it, locked.
pub(super) struct Serving(Vec<Uuid>);

/// Locks the projects that serve a commitment, in the order of their ids, then the commitment: as everybody does who
/// holds both. As long as it is held, nobody else comes to serve it: a new link locks the commitment's key.
pub(super) async fn lock(tx: &mut Tx, commitment_id: Uuid) -> Result<Serving> {
    let ids = store::links::serving(tx.conn(), &[commitment_id]).await?;
    derive::lock(tx, &ids).await?;
    store::lock(tx, &[commitment_id]).await?;
    // Somebody linked another project meanwhile: it is locked before the commitment too, so from the beginning.
    if store::links::serving(tx.conn(), &[commitment_id]).await? != ids {
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
