//! The use cases of commitments. Each loads, decides by pure rules, writes; one is a slice of many.

pub mod allocate;
pub mod edit;
pub mod judge;
pub mod observe;
mod serving;

use serde_json::{Value, json};

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
