//! Splitting parts off a project, and merging it into another.

use actix_web::{post, web};
use serde_json::{Map, Value, json};

use super::PARTS;
use super::forms::sent;
use crate::http::form::Fields;
use crate::http::request::State;
use crate::kernel::{Code, Error, Result};
use crate::projects::actions::lineage;
use crate::projects::api::lineage::{read_merge, read_split};
use crate::projects::store;
use crate::web::page::Paged;
use crate::web::posted::Posted;
use crate::web::visitor::Visitor;

/// The parts that were filled in: a row in which nothing was typed is none.
fn split_body(posted: &Posted) -> Result<Fields> {
    let mut parts: Vec<Value> = Vec::new();
    for row in 0..PARTS {
        let typed = |name: &str| posted.one(&format!("{name}-{row}")).map(str::to_owned);
        let mut part = Map::new();
        for name in ["slug", "title", "region", "quantity"] {
            if let Some(text) = typed(name) {
                part.insert(name.to_owned(), Value::String(text));
            }
        }
        if let Some(organisation) = typed("responsible") {
            let owner = json!({ "role": "responsible", "organisation": organisation });
            part.insert("owners".to_owned(), json!([owner]));
        }
        if !part.is_empty() {
            parts.push(Value::Object(part));
        }
    }
    let mut body = Map::new();
    body.insert("parts".to_owned(), Value::Array(parts));
    if posted.one("close_origin").is_some() {
        body.insert("close_origin".to_owned(), Value::Bool(true));
    }
    if let Some(reason) = posted.one("reason") {
        body.insert("reason".to_owned(), Value::String(reason.to_owned()));
    }
    Fields::of(Value::Object(body))
}

#[post("/projects/{project}/split")]
pub async fn split(
    state: web::Data<State>,
    visitor: Visitor,
    path: web::Path<String>,
    posted: Posted,
) -> Paged {
    let sent = sent(&state, &visitor, &path, "split", &posted);
    let read = split_body(&posted).and_then(read_split);
    let done = sent
        .run(read, async |tx, id, (parts, close, reason)| {
            let seen = posted.seen_version();
            lineage::split(tx, id, seen, parts, *close, reason)
                .await
                .map(drop)
        })
        .await;
    sent.gone(done).await
}

#[post("/projects/{project}/merge")]
pub async fn merge(
    state: web::Data<State>,
    visitor: Visitor,
    path: web::Path<String>,
    posted: Posted,
) -> Paged {
    let sent = sent(&state, &visitor, &path, "merge", &posted);
    let read = posted.fields(&["into", "reason"]).and_then(read_merge);
    let done = sent
        .run(read, async |tx, id, (into, reason)| {
            // One that is not there is the same as one out of sight.
            let other = store::project_id(tx.conn(), into).await.unwrap_or_default();
            lineage::merge(tx, id, posted.seen_version(), other, reason)
                .await
                .map(drop)
        })
        .await;
    // The page is about a project in sight, so what is not there is the other one.
    let done = match done {
        Err(Error::NotFound) => Err(Error::invalid("/into", Code::FieldNotFound)),
        other => other,
    };
    sent.gone(done).await
}
