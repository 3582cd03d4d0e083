//! Running a change for a door, once per key: the key's answer is stored in the transaction of the change itself.

use serde_json::json;
use sha2::{Digest, Sha256};

use super::answer::Answer;
use super::request::{Keyed, SignedIn, State};
use crate::db::idempotency::{self, KeptAnswer};
use crate::db::{Origin, Tx};
use crate::kernel::{Code, Error, Result};

/// For how long an answer is kept, in hours.
pub const KEPT_HOURS: i64 = 24;

/// Runs a change without a key (PATCH, DELETE: their If-Match makes them safe to repeat).
pub async fn change(
    state: &State,
    who: &SignedIn,
    work: impl AsyncFn(&mut Tx) -> Result<Answer>,
) -> Result<Answer> {
    state.db.write(&who.origin(), work).await
}

/// Runs a change under its key: the same key and request give the first answer again, another request is refused.
pub async fn keyed(
    state: &State,
    who: &SignedIn,
    keyed: &Keyed,
    work: impl AsyncFn(&mut Tx) -> Result<Answer>,
) -> Result<Answer> {
    let origin: Origin = who.origin();
    let user_id = who
        .0
        .user_id()
        .ok_or(Error::Unauthenticated(Code::AuthRequired))?;
    state
        .db
        .write(&origin, async |tx| {
            // Two requests under one key: the second waits here and then finds the first one's answer.
            let digest = Sha256::digest([user_id.as_bytes().as_slice(), keyed.key.as_bytes()].concat());
            let mut short = [0; 8];
            short.copy_from_slice(&digest[..8]);
            tx.hold(i64::from_be_bytes(short)).await?;
            let now = tx.now();
            let since = now - chrono::TimeDelta::hours(KEPT_HOURS);
            let kept = idempotency::kept(tx.conn(), user_id, &keyed.key, since).await?;
            if let Some(kept) = kept {
                if kept.request_hash != keyed.request_hash {
                    return Err(Error::invalid("Idempotency-Key", Code::IdempotencyKeyReused));
                }
                return Ok(Answer {
                    status: u16::try_from(kept.status).map_err(Error::internal)?,
                    version: kept.headers["version"].as_i64(),
                    location: kept.headers["location"].as_str().map(str::to_owned),
                    body: kept.body,
                });
            }
            let answer = work(tx).await?;
            let row = KeptAnswer {
                request_hash: keyed.request_hash.clone(),
                status: i32::from(answer.status),
                headers: json!({ "version": answer.version, "location": answer.location }),
                body: answer.body.clone(),
            };
            idempotency::keep(tx.conn(), user_id, &keyed.key, &row, now).await?;
            Ok(answer)
        })
        .await
}
