//! Lights: as they are read, the rules that they follow from, and what supervisors show instead.

mod overrides;
mod pages;
mod promises;
mod reading;
mod rules;

use std::collections::BTreeMap;

use serde_json::Value;

use crate::support::{Confirmed, HOSPITAL, Person, confirm};

/// The hospital with a milestone of twenty weights of a hundred overdue since February: behind by twenty points. Its
/// start is due in May.
pub async fn behind(planner: &Person<'_>) -> Confirmed {
    confirm(
        planner,
        HOSPITAL,
        &BTreeMap::from([(1, "2024-02-10"), (2, "2024-05-31")]),
    )
    .await
}

/// The light of the hospital, as of a day or now.
pub async fn light(person: &Person<'_>, as_of: Option<&str>) -> Value {
    let query = as_of.map(|day| format!("?as_of={day}")).unwrap_or_default();
    person
        .get(&format!("/projects/{HOSPITAL}{query}"))
        .await
        .expect(200)["light"]
        .clone()
}

pub fn version(value: &Value) -> i64 {
    value["version"].as_i64().unwrap()
}
