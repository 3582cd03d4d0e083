//! What is observed of a commitment: filed, confirmed, sent back, corrected.

use actix_web::{post, web};
use uuid::Uuid;

use super::told;
use crate::commitments::actions::judge::{self, Judgement};
use crate::commitments::actions::observe;
use crate::commitments::api::observations::{Named as NamedPart, observed, resolved};
use crate::commitments::model::{Correction, NewObservation, ObservationEdit};
use crate::commitments::store;
use crate::http::request::{State, id_of};
use crate::kernel::Result;
use crate::views::observations;
use crate::web::page::Paged;
use crate::web::posted::Posted;
use crate::web::visitor::Visitor;

const OBSERVED: [&str; 4] = ["observed_on", "value", "source", "note"];

#[post("/commitments/{commitment}/observations")]
pub async fn file(
    state: web::Data<State>,
    visitor: Visitor,
    path: web::Path<String>,
    posted: Posted,
) -> Paged {
    let mut fields = posted.fields(&OBSERVED)?;
    let new = observed(&mut fields);
    let part = match posted.one("part").and_then(|part| part.split_once(':')) {
        Some(("region", code)) => NamedPart {
            region: Some(code.to_owned()),
            organisation: None,
        },
        Some((_, code)) => NamedPart {
            region: None,
            organisation: Some(code.to_owned()),
        },
        None => NamedPart::default(),
    };
    let done = match fields.finish(new) {
        Err(error) => Err(error),
        Ok(new) => state
            .db
            .write(&visitor.origin(), async |tx| {
                let new = NewObservation {
                    commitment_id: store::commitment_id(tx.conn(), &path).await?,
                    part: resolved(tx.conn(), &part).await?,
                    ..new.clone()
                };
                observe::file(tx, &[new]).await
            })
            .await
            .map(drop),
    };
    told(&state, &visitor, (&path, "observed"), &posted, done).await
}

/// The commitment of an observation, for the page that its steps lead back to.
async fn code_of(state: &State, visitor: &Visitor, id: &str) -> Result<(Uuid, String)> {
    let id = id_of(id)?;
    let found = state
        .db
        .read(async |conn| observations::read(conn, &visitor.actor, id).await)
        .await?;
    let code = found.commitment.map(|one| one.code).unwrap_or_default();
    Ok((id, code))
}

async fn step(
    state: &State,
    visitor: &Visitor,
    (id, word): (&str, &str),
    posted: &Posted,
    judgement: Result<Judgement>,
) -> Paged {
    let (id, code) = code_of(state, visitor, id).await?;
    let done = match judgement {
        Err(error) => Err(error),
        Ok(judgement) => state
            .db
            .write(&visitor.origin(), async |tx| {
                judge::judge(tx, id, posted.seen_version(), &judgement).await
            })
            .await
            .map(drop),
    };
    told(state, visitor, (&code, word), posted, done).await
}

#[post("/observations/{id}/confirm")]
pub async fn confirm(
    state: web::Data<State>,
    visitor: Visitor,
    path: web::Path<String>,
    posted: Posted,
) -> Paged {
    step(
        &state,
        &visitor,
        (&path, "confirmed"),
        &posted,
        Ok(Judgement::Confirm),
    )
    .await
}

#[post("/observations/{id}/return")]
pub async fn send_back(
    state: web::Data<State>,
    visitor: Visitor,
    path: web::Path<String>,
    posted: Posted,
) -> Paged {
    let mut fields = posted.fields(&["reason"])?;
    let reason = fields.required_text("reason", 2_000);
    let judgement = fields.finish(Judgement::Return { reason });
    step(&state, &visitor, (&path, "sent-back"), &posted, judgement).await
}

#[post("/observations/{id}/correct")]
pub async fn correct(
    state: web::Data<State>,
    visitor: Visitor,
    path: web::Path<String>,
    posted: Posted,
) -> Paged {
    let (id, code) = code_of(&state, &visitor, &path).await?;
    let mut fields = posted.fields(&OBSERVED)?;
    let new = observed(&mut fields);
    let done = match fields.finish(new) {
        Err(error) => Err(error),
        Ok(new) => state
            .db
            .write(&visitor.origin(), async |tx| {
                let correction = Correction {
                    id,
                    seen_version: posted.seen_version(),
                    edit: ObservationEdit::whole(new.clone()),
                };
                observe::correct(tx, &[correction]).await
            })
            .await
            .map(drop),
    };
    told(&state, &visitor, (&code, "observed"), &posted, done).await
}
