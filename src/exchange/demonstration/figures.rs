//! Made-up figures of commitments, filed and judged by the ordinary actions. Each answers false where it had been done before an
//! interruption.

use uuid::Uuid;

use crate::commitments::actions::judge::Judgement;
use crate::commitments::actions::{edit, judge as judging, observe};
use crate::commitments::model::{CommitmentEdit, Figure, NewObservation, ObservationRow, Part};
use crate::commitments::store;
use crate::db::{Database, Origin, Tx};
use crate::exchange::plan_files::scenario::Observed;
use crate::kernel::{Error, Result};

/// Confirms who answers for these commitments, as it is proposed.
pub async fn settle(db: &Database, origin: &Origin, commitments: &[String]) -> Result<bool> {
    db.write(origin, async |tx| {
        let mut done = false;
        for code in commitments {
            let id = store::commitment_id(tx.conn(), code).await?;
            let rows = store::by_ids(tx.conn(), &[id]).await?;
            let row = rows.get(&id).ok_or(Error::NotFound)?;
            if row.printed.owner_basis.as_deref() != Some("inferred") {
                continue;
            }
            let change = CommitmentEdit {
                owner_id: row.printed.owner_id,
                doubt_resolution: None,
            };
            edit::edit(tx, id, Some(row.printed.row_version), &change).await?;
            done = true;
        }
        Ok(done)
    })
    .await
}

/// Who answers for a commitment.
pub async fn owner_of(db: &Database, code: &str) -> Result<Uuid> {
    db.read(async |conn| {
        let id = store::commitment_id(conn, code).await?;
        let rows = store::by_ids(conn, &[id]).await?;
        rows.get(&id)
            .and_then(|row| row.printed.owner_id)
            .ok_or(Error::NotFound)
    })
    .await
}

async fn found(tx: &mut Tx, observed: &Observed) -> Result<(Uuid, Option<ObservationRow>)> {
    let id = store::commitment_id(tx.conn(), &observed.commitment).await?;
    let row = store::observation_of(tx.conn(), id, observed.on).await?;
    Ok((id, row))
}

pub async fn file(db: &Database, origin: &Origin, observed: &Observed) -> Result<bool> {
    db.write(origin, async |tx| {
        let (commitment_id, held) = found(tx, observed).await?;
        if held.is_some() {
            return Ok(false);
        }
        let new = NewObservation {
            commitment_id,
            part: Part::Whole,
            observed_on: observed.on,
            figure: Figure {
                value: observed.value.clone(),
                unit: None,
            },
            source: observed.source.clone(),
            note: None,
        };
        observe::file(tx, &[new]).await?;
        Ok(true)
    })
    .await
}

pub async fn judge(db: &Database, origin: &Origin, observed: &Observed, back: Option<&str>) -> Result<bool> {
    db.write(origin, async |tx| {
        let (_, held) = found(tx, observed).await?;
        let row = held.ok_or(Error::NotFound)?;
        let (judgement, done) = match back {
            Some(reason) => (
                Judgement::Return {
                    reason: reason.to_owned(),
                },
                "returned",
            ),
            None => (Judgement::Confirm, "confirmed"),
        };
        if row.state == done {
            return Ok(false);
        }
        judging::judge(tx, row.id, Some(row.row_version), &judgement).await?;
        Ok(true)
    })
    .await
}
