//! Redaction: the body of an event is erased, its head and its hash stay, and an event says that it was done and why.
//! The database allows no other change of a body.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use serde_json::json;
use uuid::Uuid;

use super::log::{EventKind, NewEvent, Subject};
use super::schema::{event_bodies, events};
use super::tx::Tx;
use crate::kernel::{Code, Error, Result};

/// Erases the body of an event for good. Refused for one that is erased already (409) and for one that tells of a
/// redaction (422), which must stay readable.
pub async fn redact(tx: &mut Tx, event_id: Uuid, reason: &str) -> Result<()> {
    let (stream_id, kind, project_id, gone): (Uuid, String, Option<Uuid>, Option<Uuid>) = events::table
        .inner_join(event_bodies::table.on(event_bodies::event_id.eq(events::id)))
        .filter(events::id.eq(event_id))
        .select((
            events::stream_id,
            events::kind,
            events::project_id,
            event_bodies::redacted_by_event_id,
        ))
        .first(tx.conn())
        .await?;
    if kind == EventKind::EventRedacted.as_str() {
        return Err(Error::invalid("/event_id", Code::FieldReadOnly));
    }
    if gone.is_some() {
        return Err(Error::conflict(Code::EventRedacted));
    }
    tx.record(NewEvent {
        stream_id,
        kind: EventKind::EventRedacted,
        subject: Subject::Event,
        subject_id: event_id,
        project_id,
        membership_id: None,
        body: json!({ "reason": reason, "kind": kind }),
    });
    Ok(())
}
