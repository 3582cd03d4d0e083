//! Progress reports: filed, corrected, verified, returned, frozen; who owes them; what follows from them.

mod filing;
mod freezing;
mod judging;
mod money;
mod owing;

mod pages;
mod parts;

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::support::{HOSPITAL, Person, Reply, TestApp, confirm};

/// Begins reporting this month, with Minqin's hospital under way: it owes March 2024 from the 29th on.
pub async fn under_way(app: &TestApp) {
    let planner = app.planner().await;
    let confirmed = confirm(&planner, HOSPITAL, &BTreeMap::new()).await;
    planner
        .patch(
            &format!("/projects/{HOSPITAL}"),
            confirmed.project["version"].as_i64().unwrap(),
            json!({ "life_cycle": "implementation", "investment_planned": "50000000" }),
        )
        .await
        .expect(200);
    begin(&planner, json!("2024-03-01")).await.expect(200);
}

/// Sets from when on the plan's reports are owed.
pub async fn begin(planner: &Person<'_>, from: Value) -> Reply {
    let held = planner.get("/plans/wuwei-145/reporting").await.expect(200);
    let version = held["version"].as_i64().unwrap();
    planner
        .patch(
            "/plans/wuwei-145/reporting",
            version,
            json!({ "reporting_from": from }),
        )
        .await
}

/// What a report says, with this much done.
pub fn said(percent: &str) -> Value {
    json!({ "physical_percent": percent, "required": "20000000", "received": "12000000.50", "paid": "9000000",
        "done": "10000000", "done_text": "主体结构施工到三层", "problems": "配套资金未到", "next_steps": "四层施工" })
}

/// The same for a period.
pub fn report(period: &str, percent: &str) -> Value {
    let mut body = said(percent);
    body["period"] = json!(period);
    body
}

pub async fn file(person: &Person<'_>, body: Value) -> Reply {
    person
        .post(&format!("/projects/{HOSPITAL}/progress-reports"), body)
        .await
}

pub fn path_of(report: &Value) -> String {
    format!("/progress-reports/{}", report["id"].as_str().unwrap())
}

pub fn version(thing: &Value) -> i64 {
    thing["version"].as_i64().unwrap()
}

/// The project as somebody sees it, silent or not.
pub async fn silent_since(person: &Person<'_>) -> Value {
    person.get(&format!("/projects/{HOSPITAL}")).await.expect(200)["silent_since"].clone()
}
