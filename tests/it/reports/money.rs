//! Investment plans and the four rates.

use guatu::kernel::Role;
use reqwest::Method;
use serde_json::{Value, json};

use super::{file, report, under_way, version};
use crate::support::{HOSPITAL, LEAD, Person, RESPONSIBLE, Reply, TestApp};

async fn put(person: &Person<'_>, version: i64, items: Value) -> Reply {
    person
        .send(
            Method::PUT,
            &format!("/projects/{HOSPITAL}/investment-plan"),
            Some(json!({ "items": items })),
            &[("If-Match", &format!("\"{version}\""))],
        )
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_planner_plans_investment_by_year_and_source_and_the_sum_stands_beside_the_projects() {
    let app = TestApp::start().await;
    under_way(&app).await;
    let planner = app.planner().await;
    let path = format!("/projects/{HOSPITAL}/investment-plan");
    let empty = planner.get(&path).await.expect(200);
    assert_eq!((&empty["total"], &empty["items"]), (&json!("0"), &json!([])));
    let items = json!([
        { "year": 2024, "source": "central", "amount": "20000000" },
        { "year": 2023, "source": "county", "amount": "5000000.5" },
        { "year": 2024, "source": "bond", "amount": "10000000" },
    ]);
    let kept = put(&planner, version(&empty), items.clone()).await.expect(200);
    assert_eq!(kept["total"], "35000000.5");
    assert_eq!(kept["investment_planned"], "50000000");
    assert_eq!(
        kept["years"],
        json!([{ "year": 2023, "amount": "5000000.5" }, { "year": 2024, "amount": "30000000" }])
    );
    // The same again changes nothing; another whole takes its place.
    assert_eq!(
        put(&planner, version(&kept), items.clone()).await.expect(200)["version"],
        kept["version"]
    );
    assert_eq!(put(&planner, version(&empty), items.clone()).await.status, 412);
    let twice = json!([{ "year": 2024, "source": "city", "amount": "1" }, { "year": 2024, "source": "city", "amount": "2" }]);
    assert_eq!(
        put(&planner, version(&kept), twice).await.refused(400),
        "field.duplicate"
    );
    let negative = json!([{ "year": 1024, "source": "wish", "amount": "-1" }]);
    let refused = put(&planner, version(&kept), negative).await.expect(400);
    assert_eq!(refused["errors"].as_array().unwrap().len(), 3);
    for (organisation, role, status) in [
        (LEAD, Role::Reviewer, 403),
        (RESPONSIBLE, Role::Staff, 403),
        ("gulang", Role::Planner, 404),
    ] {
        let person = app.person(organisation, role).await;
        assert_eq!(
            put(&person, version(&kept), items.clone()).await.status,
            status,
            "{organisation}"
        );
    }
    assert_eq!(
        put(&planner, version(&kept), json!([])).await.expect(200)["total"],
        "0"
    );
    let history = planner
        .get(&format!("/projects/{HOSPITAL}/history?limit=200"))
        .await
        .expect(200);
    let planned = history["data"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|event| event["kind"] == "investment.planned")
        .count();
    assert_eq!(planned, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_rates_follow_from_life_cycles_and_latest_reports_and_a_past_day_has_its_own() {
    let app = TestApp::start().await;
    let supervisor = app.supervisor().await;
    let before = supervisor.get("/tallies").await.expect(200);
    assert_eq!(before["all"]["begun"]["numerator"], "0");
    assert_eq!(before["all"]["investment_done"]["percent"], Value::Null);
    app.pass_days(1);
    under_way(&app).await;
    let clerk = app.person(RESPONSIBLE, Role::Staff).await;
    file(&clerk, report("2024-02", "5")).await.expect(201);
    let mut march = report("2024-03", "10");
    march["done"] = json!("12500000");
    let filed = file(&clerk, march).await.expect(201);
    let supervisor = app.supervisor().await;
    let now = supervisor.get("/tallies?region=620621").await.expect(200);
    let all = &now["all"];
    assert_eq!(
        (&all["begun"]["numerator"], &all["completed"]["numerator"]),
        (&json!("1"), &json!("0"))
    );
    assert_eq!(
        (
            &all["investment_done"]["numerator"],
            &all["investment_done"]["denominator"],
            &all["investment_done"]["percent"]
        ),
        (&json!("12500000"), &json!("50000000"), &json!("25"))
    );
    assert_eq!(all["funds_received"]["numerator"], "12000000.5");
    assert_eq!(now["regions"].as_array().unwrap().len(), 1);
    assert_eq!(now["regions"][0]["region"]["code"], "620621");
    // Rows add up to the whole.
    let whole = supervisor.get("/tallies").await.expect(200);
    for part in ["regions", "programmes"] {
        let sum: i64 = whole[part]
            .as_array()
            .unwrap()
            .iter()
            .map(|row| row["projects"].as_i64().unwrap())
            .sum();
        assert_eq!(sum, whole["all"]["projects"].as_i64().unwrap(), "{part}");
    }
    assert_eq!(whole["regions"][0]["name"], "市本级");
    let past = supervisor.get("/tallies?as_of=2024-03-01").await.expect(200);
    assert_eq!(
        (&past["all"]["begun"]["numerator"], &past["day"]),
        (&json!("0"), &json!("2024-03-01"))
    );
    // What was sent back counts no more: February's figures are the latest again.
    let lead = app.person(LEAD, Role::Reviewer).await;
    let back = format!("{}/return", super::path_of(&filed));
    lead.post_seen(&back, 1, json!({ "reason": "不符" }))
        .await
        .expect(200);
    let now = supervisor.get("/tallies?region=620621").await.expect(200);
    assert_eq!(now["all"]["investment_done"]["percent"], "20");
    let stranger = app.person("gulang", Role::Observer).await;
    assert_eq!(
        stranger.get("/tallies?region=620621").await.expect(200)["all"]["projects"],
        0
    );
}
