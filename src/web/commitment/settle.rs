//! What a planner settles of a commitment: who answers for it, its doubt, how it is divided.

use actix_web::{post, web};

use super::told;
use crate::commitments::actions::{allocate, edit};
use crate::commitments::api::observations::{Named as NamedPart, figure_of, resolved};
use crate::commitments::model::{CommitmentEdit, Figure, NewAllocation};
use crate::commitments::store;
use crate::db::Tx;
use crate::http::form::Fields;
use crate::http::request::State;
use crate::kernel::{Error, Result};
use crate::orgs::store as orgs;
use crate::web::page::Paged;
use crate::web::posted::Posted;
use crate::web::visitor::Visitor;

async fn settled(tx: &mut Tx, reference: &str, posted: &Posted, change: &CommitmentEdit) -> Result<()> {
    let id = store::commitment_id(tx.conn(), reference).await?;
    edit::edit(tx, id, posted.seen_version(), change).await?;
    Ok(())
}

#[post("/commitments/{commitment}/owner")]
pub async fn confirm_owner(
    state: web::Data<State>,
    visitor: Visitor,
    path: web::Path<String>,
    posted: Posted,
) -> Paged {
    let mut fields = posted.fields(&["owner"])?;
    let owner = fields.required_text("owner", 100);
    let done = match fields.finish(owner) {
        Err(error) => Err(error),
        Ok(owner) => {
            state
                .db
                .write(&visitor.origin(), async |tx| {
                    let found = orgs::find(tx.conn(), &owner).await?;
                    let change = CommitmentEdit {
                        owner_id: Some(found.map(|one| one.id).unwrap_or_default()),
                        doubt_resolution: None,
                    };
                    settled(tx, &path, &posted, &change).await
                })
                .await
        }
    };
    told(&state, &visitor, (&path, "saved"), &posted, done).await
}

#[post("/commitments/{commitment}/doubt")]
pub async fn resolve_doubt(
    state: web::Data<State>,
    visitor: Visitor,
    path: web::Path<String>,
    posted: Posted,
) -> Paged {
    let mut fields = posted.fields(&["doubt_resolution"])?;
    let text = fields.required_text("doubt_resolution", 2_000);
    let done = match fields.finish(text) {
        Err(error) => Err(error),
        Ok(text) => {
            let change = CommitmentEdit {
                owner_id: None,
                doubt_resolution: Some(text),
            };
            state
                .db
                .write(&visitor.origin(), async |tx| {
                    settled(tx, &path, &posted, &change).await
                })
                .await
        }
    };
    told(&state, &visitor, (&path, "saved"), &posted, done).await
}

/// The parts that a form of the allocation says: a field for each county, and one more organisation.
fn parts_of(posted: &Posted) -> Result<Vec<(NamedPart, Figure)>> {
    let mut parts = Vec::new();
    let mut faults = Vec::new();
    let mut broken = None;
    let mut add = |part: NamedPart, name: &str, text: &str| {
        let body = serde_json::json!({ "value": text });
        let read = Fields::of(body).and_then(|mut fields| {
            let figure = figure_of(&mut fields);
            fields.finish(figure)
        });
        match read {
            Ok(Some(figure)) => parts.push((part, figure)),
            Ok(None) => {}
            Err(Error::Malformed(found)) => faults.extend(found.into_iter().map(|mut fault| {
                fault.pointer = format!("/{name}");
                fault
            })),
            Err(error) => broken = Some(error),
        }
    };
    for code in posted.named("region-") {
        let name = format!("region-{code}");
        if let Some(text) = posted.one(&name) {
            let part = NamedPart {
                region: Some(code.to_owned()),
                organisation: None,
            };
            add(part, &name, text);
        }
    }
    for code in posted.named("organisation-") {
        let name = format!("organisation-{code}");
        if let Some(text) = posted.one(&name) {
            let part = NamedPart {
                region: None,
                organisation: Some(code.to_owned()),
            };
            add(part, &name, text);
        }
    }
    if let (Some(code), Some(text)) = (posted.one("organisation"), posted.one("amount")) {
        let part = NamedPart {
            region: None,
            organisation: Some(code.to_owned()),
        };
        add(part, "amount", text);
    }
    match broken {
        Some(error) => Err(error),
        None if faults.is_empty() => Ok(parts),
        None => Err(Error::Malformed(faults)),
    }
}

#[post("/commitments/{commitment}/allocations")]
pub async fn divide(
    state: web::Data<State>,
    visitor: Visitor,
    path: web::Path<String>,
    posted: Posted,
) -> Paged {
    let done = match parts_of(&posted) {
        Err(error) => Err(error),
        Ok(parts) => state
            .db
            .write(&visitor.origin(), async |tx| {
                let id = store::commitment_id(tx.conn(), &path).await?;
                let held = store::allocations_of(tx.conn(), &[id]).await?;
                let mut wanted = Vec::with_capacity(parts.len());
                for (named, figure) in &parts {
                    let part = resolved(tx.conn(), named).await?;
                    wanted.push(NewAllocation {
                        // A day that was set otherwise stays: the form has none.
                        due_on: held.iter().find(|one| one.part() == part).map(|one| one.due_on),
                        part,
                        figure: figure.clone(),
                    });
                }
                allocate::allocate(tx, id, posted.seen_version(), &wanted).await
            })
            .await
            .map(drop),
    };
    told(&state, &visitor, (&path, "saved"), &posted, done).await
}
