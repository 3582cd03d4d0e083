//! The use cases of commitments. Each loads, decides by pure rules, writes; one is a slice of many.

pub mod allocate;
pub mod edit;
pub mod filing;
pub mod judge;
pub mod observe;
mod serving;

use serde_json::{Value, json};

use crate::kernel::{Error, Result};

/// What was decided on each of several items, if none was refused.
fn all_or_none<T>(decided: impl IntoIterator<Item = Result<T>>) -> Result<Vec<T>> {
    let (mut sound, mut refusals) = (Vec::new(), Vec::new());
    for (index, one) in decided.into_iter().enumerate() {
        match one {
            Ok(one) => sound.push(one),
            // Nobody's refusal of one item.
            Err(error @ (Error::Internal(_) | Error::DatabaseAway(_) | Error::Again(_))) => {
                return Err(error);
            }
            Err(error) => refusals.push((index, error)),
        }
    }
    let asked = sound.len() + refusals.len();
    Error::of_items(refusals, asked)?;
    Ok(sound)
}

/// The fields that differ, each with what it was and what it is.
fn difference(before: &Value, after: &Value) -> Value {
    let mut changes = serde_json::Map::new();
    if let (Value::Object(before), Value::Object(after)) = (before, after) {
        for (field, now) in after {
            let was = before.get(field).unwrap_or(&Value::Null);
            if was != now {
                changes.insert(field.clone(), json!([was, now]));
            }
        }
    }
    Value::Object(changes)
}
