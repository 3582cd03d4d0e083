//! The forms of 月报: freezing a month, reopening it, and when a plan's projects report.

use actix_web::{post, web};
use serde_json::{Value, json};
use uuid::Uuid;

use super::shown;
use crate::http::form::Fields;
use crate::http::request::State;
use crate::kernel::{Error, Result};
use crate::plans::store as plans;
use crate::reports::actions::{calendar, freeze};
use crate::reports::api::body;
use crate::rules::periods::Stage;
use crate::web::page::{Faults, Paged, in_place, see_other};
use crate::web::posted::{Posted, encoded};
use crate::web::visitor::Visitor;

/// Where a form of this page leads back to.
fn back_to(posted: &Posted) -> String {
    let mut query = String::new();
    for name in ["plan", "month"] {
        if let Some(value) = posted.one(name) {
            query.push_str(&format!("{name}={}&", encoded(value)));
        }
    }
    query
}

async fn ended(state: &State, visitor: &Visitor, posted: &Posted, done: Result<()>, word: &str) -> Paged {
    let query = back_to(posted);
    match done {
        Ok(()) => Ok(see_other(&format!("/reports?{query}done={word}"))),
        Err(error) => {
            let (faults, status) = Faults::of(error)?;
            shown(state, visitor, &query, (status, faults, Some(posted))).await
        }
    }
}

async fn plan_of(tx: &mut crate::db::Tx, posted: &Posted) -> Result<Uuid> {
    let code = posted.one("plan").unwrap_or_default();
    Ok(plans::plan(tx.conn(), code).await?.id)
}

/// Freezes the month.
#[post("/reports/freeze")]
pub async fn freeze_month(state: web::Data<State>, visitor: Visitor, posted: Posted) -> Paged {
    let mut fields = posted.fields(&["month"])?;
    let month = body::month(&mut fields);
    let done = match fields.finish(month) {
        Ok(Some(month)) => state
            .db
            .write(&visitor.origin(), async |tx| {
                let plan_id = plan_of(tx, &posted).await?;
                freeze::freeze(tx, plan_id, month).await
            })
            .await
            .map(drop),
        Ok(None) => Err(Error::NotFound),
        Err(error) => Err(error),
    };
    ended(&state, &visitor, &posted, done, "frozen").await
}

/// Lets the month move again.
#[post("/reports/reopen")]
pub async fn reopen_month(state: web::Data<State>, visitor: Visitor, posted: Posted) -> Paged {
    let mut fields = posted.fields(&["month", "reason"])?;
    let month = body::month(&mut fields);
    let reason = fields.required_text("reason", 2_000);
    let done = match fields.finish((month, reason)) {
        Ok((Some(month), reason)) => state
            .db
            .write(&visitor.origin(), async |tx| {
                let plan_id = plan_of(tx, &posted).await?;
                freeze::reopen(tx, plan_id, month, &reason).await
            })
            .await
            .map(drop),
        Ok((None, _)) => Err(Error::NotFound),
        Err(error) => Err(error),
    };
    ended(&state, &visitor, &posted, done, "unfrozen").await
}

/// The form of the calendar as the body that the API takes, and which stages it names. A stage of which nothing is
/// filled in keeps what it has.
fn calendar_of(posted: &Posted) -> (Value, Vec<usize>) {
    let whole = |text: &str| {
        text.parse::<i64>()
            .map_or_else(|_| json!(text), |number| json!(number))
    };
    let mut named = Vec::new();
    let mut stages: Vec<Value> = Vec::new();
    for (place, stage) in Stage::ALL.into_iter().enumerate() {
        let word = stage.as_str();
        let mut object = serde_json::Map::new();
        for name in ["frequency", "due_day", "due_month_offset", "grace_days"] {
            if let Some(text) = posted.one(&format!("{word}-{name}")) {
                let value = if name == "frequency" {
                    json!(text)
                } else {
                    whole(text)
                };
                object.insert(name.to_owned(), value);
            }
        }
        if !object.is_empty() {
            object.insert("stage".to_owned(), json!(word));
            stages.push(Value::Object(object));
            named.push(place);
        }
    }
    let body = json!({ "reporting_from": posted.one("reporting_from"), "calendar": stages });
    (body, named)
}

/// Sets when the plan's projects report.
#[post("/reports/calendar")]
pub async fn set_calendar(state: web::Data<State>, visitor: Visitor, posted: Posted) -> Paged {
    let (sent, named) = calendar_of(&posted);
    let mut fields = Fields::of(sent)?;
    let edit = body::calendar(&mut fields);
    let done = match fields.finish(edit) {
        Ok(edit) => {
            state
                .db
                .write(&visitor.origin(), async |tx| {
                    let plan_id = plan_of(tx, &posted).await?;
                    calendar::edit(tx, plan_id, posted.seen_version(), &edit).await
                })
                .await
        }
        Err(error) => Err(in_place(error, ("/calendar/", "/calendar/"), &named, "frequency")),
    };
    ended(&state, &visitor, &posted, done, "saved").await
}
