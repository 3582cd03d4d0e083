//! The proof of the log: numbers without gaps, hashes over what they cover, bodies as they were written.

use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use super::log::{BodyRow, EventKind, EventRow, body_hash, hex};
use super::schema::{event_bodies, events, streams};
use crate::kernel::Result;

/// The head of a stream, as it can be exported and kept elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Head {
    pub stream_id: Uuid,
    pub number: i64,
    /// Hexadecimal.
    pub hash: String,
}

/// What is wrong with a log, at the first place where it is.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[serde(tag = "finding", rename_all = "snake_case")]
pub enum Finding {
    Missing {
        stream_id: Uuid,
        number: i64,
    },
    ChainBroken {
        stream_id: Uuid,
        number: i64,
    },
    HashWrong {
        stream_id: Uuid,
        number: i64,
    },
    BodyChanged {
        stream_id: Uuid,
        number: i64,
    },
    BodyMissing {
        stream_id: Uuid,
        number: i64,
    },
    /// A body is gone and no event says that it was redacted.
    RedactionUnfounded {
        stream_id: Uuid,
        number: i64,
    },
    TimeGoesBack {
        stream_id: Uuid,
        number: i64,
    },
    HeadDiffers {
        stream_id: Uuid,
        number: i64,
    },
    /// The head that was kept elsewhere is not an event of this log.
    KeptHeadDiffers {
        stream_id: Uuid,
        number: i64,
    },
}

/// The outcome of a verification: how many events were read, the heads, and what was found.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Proof {
    pub events: i64,
    pub heads: Vec<Head>,
    pub findings: Vec<Finding>,
}

/// The heads as they stand, to be kept elsewhere.
pub async fn heads(conn: &mut AsyncPgConnection) -> Result<Vec<Head>> {
    let all: Vec<(Uuid, i64, Vec<u8>)> = streams::table
        .order(streams::id)
        .select((streams::id, streams::last_number, streams::head))
        .load(conn)
        .await?;
    Ok(all
        .into_iter()
        .map(|(stream_id, number, head)| Head {
            stream_id,
            number,
            hash: hex(&head),
        })
        .collect())
}

/// Reads the whole log and proves it: numbers without gaps, each hash over what it covers, the stored head, and the
/// heads that were kept elsewhere. It proves that the log is the one those heads speak of, and nothing more: whoever
/// can write to the whole database can write another consistent log.
pub async fn verify(conn: &mut AsyncPgConnection, kept: &[Head]) -> Result<Proof> {
    const BATCH: i64 = 2_000;
    let mut proof = Proof {
        events: 0,
        heads: Vec::new(),
        findings: Vec::new(),
    };
    let all: Vec<(Uuid, i64, Vec<u8>)> = streams::table
        .order(streams::id)
        .select((streams::id, streams::last_number, streams::head))
        .load(conn)
        .await?;
    for (stream_id, last_number, head) in all {
        let mut number = 0;
        let mut previous = vec![0_u8; 32];
        let mut recorded_at = DateTime::<Utc>::MIN_UTC;
        let mut day = NaiveDate::MIN;
        let kept_here: Vec<&Head> = kept.iter().filter(|head| head.stream_id == stream_id).collect();
        loop {
            let batch: Vec<(EventRow, Option<BodyRow>)> = events::table
                .left_join(event_bodies::table.on(event_bodies::event_id.eq(events::id)))
                .filter(events::stream_id.eq(stream_id).and(events::number.gt(number)))
                .order(events::number)
                .limit(BATCH)
                .select((EventRow::as_select(), Option::<BodyRow>::as_select()))
                .load(conn)
                .await?;
            let full = batch.len() as i64 == BATCH;
            for (event, body) in batch {
                proof.events += 1;
                let at = event.number;
                if at != number + 1 {
                    proof.findings.push(Finding::Missing {
                        stream_id,
                        number: number + 1,
                    });
                } else if event.previous_hash != previous {
                    proof.findings.push(Finding::ChainBroken {
                        stream_id,
                        number: at,
                    });
                }
                if event.hash != event.chain_hash() {
                    proof.findings.push(Finding::HashWrong {
                        stream_id,
                        number: at,
                    });
                }
                if event.recorded_at < recorded_at || event.day < day {
                    proof.findings.push(Finding::TimeGoesBack {
                        stream_id,
                        number: at,
                    });
                }
                match body {
                    None => proof.findings.push(Finding::BodyMissing {
                        stream_id,
                        number: at,
                    }),
                    Some(BodyRow {
                        salt: Some(salt),
                        body: Some(body),
                        ..
                    }) => {
                        if body_hash(&salt, &body) != event.body_hash {
                            proof.findings.push(Finding::BodyChanged {
                                stream_id,
                                number: at,
                            });
                        }
                    }
                    Some(redacted) => {
                        if !is_redaction(conn, &event, redacted.redacted_by_event_id).await? {
                            proof.findings.push(Finding::RedactionUnfounded {
                                stream_id,
                                number: at,
                            });
                        }
                    }
                }
                if kept_here
                    .iter()
                    .any(|head| head.number == at && head.hash != hex(&event.hash))
                {
                    proof.findings.push(Finding::KeptHeadDiffers {
                        stream_id,
                        number: at,
                    });
                }
                (number, previous, recorded_at, day) = (at, event.hash, event.recorded_at, event.day);
            }
            if !full {
                break;
            }
        }
        if number != last_number || previous != head {
            proof.findings.push(Finding::HeadDiffers {
                stream_id,
                number: last_number,
            });
        }
        for head in kept_here.iter().filter(|head| head.number > number) {
            proof.findings.push(Finding::KeptHeadDiffers {
                stream_id,
                number: head.number,
            });
        }
        proof.heads.push(Head {
            stream_id,
            number,
            hash: hex(&previous),
        });
    }
    for head in kept {
        if !proof.heads.iter().any(|found| found.stream_id == head.stream_id) {
            proof.findings.push(Finding::KeptHeadDiffers {
                stream_id: head.stream_id,
                number: head.number,
            });
        }
    }
    Ok(proof)
}

/// Whether `by` is the event that redacted the body of `event`.
async fn is_redaction(conn: &mut AsyncPgConnection, event: &EventRow, by: Option<Uuid>) -> Result<bool> {
    let Some(by) = by else {
        return Ok(false);
    };
    let found: i64 = events::table
        .filter(events::id.eq(by))
        .filter(events::kind.eq(EventKind::EventRedacted.as_str()))
        .filter(events::subject_id.eq(event.id))
        .count()
        .get_result(conn)
        .await?;
    Ok(found == 1)
}
