//! From a confirmed owner to an overdue list, and the ways of a milestone.

use std::collections::BTreeMap;

use guatu::kernel::Role;
use serde_json::{Value, json};

use crate::support::{HOSPITAL, LEAD, RESPONSIBLE, TestApp, confirm, fresh_key};

const OVERDUE: &str = "/milestones?overdue=true&sort=-days_overdue&include=total";

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_confirmed_accuses_nobody_even_when_every_proposed_date_has_passed() {
    let app = TestApp::start_at("2025-12-31T01:00:00Z".parse().unwrap()).await;
    let supervisor = app.supervisor().await;
    let overdue = supervisor.get(OVERDUE).await.expect(200);
    let plan_given = |list: &Value| {
        list["data"]
            .as_array()
            .unwrap()
            .iter()
            .all(|one| one["date_basis"] == "plan")
    };
    assert!(plan_given(&overdue), "{overdue}");
    app.pass_days(1);
    let supervisor = app.supervisor().await;
    let lapsed = supervisor.get(&format!("/projects/{HOSPITAL}")).await.expect(200);
    assert_eq!(
        (lapsed["lapsed"].clone(), lapsed["overdue"].clone()),
        (json!(true), json!(false))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_confirmed_date_that_passed_is_overdue_until_it_is_reported_and_again_when_it_is_returned() {
    let app = TestApp::start().await;
    let planner = app.planner().await;
    let supervisor = app.supervisor().await;
    let before = supervisor.get(OVERDUE).await.expect(200)["page"]["total"]
        .as_i64()
        .unwrap();
    let confirmed = confirm(&planner, HOSPITAL, &BTreeMap::from([(1, "2024-03-01")])).await;
    let milestone = &confirmed.milestones[0];
    assert_eq!(milestone["first_baseline_on"], "2024-03-01");
    // Due today is not overdue; the day after it is, by one day.
    assert_eq!(
        supervisor.get(OVERDUE).await.expect(200)["page"]["total"],
        json!(before)
    );
    app.pass_days(1);
    let supervisor = app.supervisor().await;
    let list = supervisor
        .get("/milestones?overdue=true&region=620621&sort=-days_overdue")
        .await
        .expect(200);
    assert_eq!(list["data"][0]["id"], milestone["id"]);
    assert_eq!(list["data"][0]["days_overdue"], 1);

    let path = format!("/milestones/{}", milestone["id"].as_str().unwrap());
    let clerk = app.person(RESPONSIBLE, Role::Staff).await;
    let report = json!({ "actual_on": "2024-03-02", "note": "批复已取得" });
    let reported = clerk
        .post_seen(&format!("{path}/report"), 2, report)
        .await
        .expect(200);
    assert_eq!(reported["state"], "reported");
    assert_eq!(
        (reported["overdue"].clone(), reported["late"].clone()),
        (json!(false), json!(true))
    );
    assert_eq!(reported["waiting_with"]["code"], LEAD);

    let reviewer = app.person(LEAD, Role::Reviewer).await;
    let returned = reviewer
        .post_seen(&format!("{path}/return"), 3, json!({ "reason": "缺批复文件" }))
        .await
        .expect(200);
    assert_eq!(
        (returned["state"].clone(), returned["days_overdue"].clone()),
        (json!("returned"), json!(1))
    );
    clerk
        .post_seen(&format!("{path}/report"), 4, json!({ "actual_on": "2024-03-02" }))
        .await
        .expect(200);
    let verified = reviewer
        .post_seen(&format!("{path}/verify"), 5, json!({}))
        .await
        .expect(200);
    assert_eq!(verified["state"], "verified");
    let planner = app.planner().await;
    let reopened = planner
        .post_seen(&format!("{path}/reopen"), 6, json!({ "reason": "不属实" }))
        .await
        .expect(200);
    assert_eq!(
        (reopened["state"].clone(), reopened["days_overdue"].clone()),
        (json!("reopened"), json!(1))
    );
    assert_eq!(reopened["first_baseline_on"], "2024-03-01");
    let history = clerk.get(&format!("{path}/history")).await.expect(200);
    let kinds: Vec<&str> = history["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| event["kind"].as_str().unwrap())
        .collect();
    assert_eq!(
        kinds,
        [
            "record.created",
            "date.confirmed",
            "weight.confirmed",
            "milestone.reported",
            "milestone.returned",
            "milestone.reported",
            "milestone.verified",
            "milestone.reopened"
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn several_reports_are_all_taken_or_none() {
    let app = TestApp::start().await;
    let planner = app.planner().await;
    let dates = BTreeMap::from([(1, "2024-02-01"), (2, "2024-02-10")]);
    let confirmed = confirm(&planner, HOSPITAL, &dates).await;
    let clerk = app.person(RESPONSIBLE, Role::Staff).await;
    let item = |index: usize, version: i64| json!({ "milestone_id": confirmed.milestones[index]["id"], "version": version, "actual_on": "2024-02-20" });
    let refused = clerk
        .post("/milestones/report", json!({ "items": [item(0, 2), item(1, 1)] }))
        .await;
    assert_eq!(refused.body["errors"][0]["pointer"], "/items/1");
    assert_eq!(refused.refused(412), "precondition.stale");
    let path = format!("/milestones/{}", confirmed.milestones[0]["id"].as_str().unwrap());
    assert_eq!(clerk.get(&path).await.expect(200)["state"], "pending");
    let taken = clerk
        .post("/milestones/report", json!({ "items": [item(0, 2), item(1, 2)] }))
        .await
        .expect(200);
    assert_eq!(taken["data"].as_array().unwrap().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_key_gives_the_first_answer_again_and_does_nothing_twice() {
    let app = TestApp::start().await;
    let planner = app.planner().await;
    let confirmed = confirm(&planner, HOSPITAL, &BTreeMap::from([(1, "2024-02-01")])).await;
    let path = format!(
        "/milestones/{}/report",
        confirmed.milestones[0]["id"].as_str().unwrap()
    );
    let clerk = app.person(RESPONSIBLE, Role::Staff).await;
    let key = fresh_key();
    let headers = [("Idempotency-Key", key.as_str()), ("If-Match", "\"2\"")];
    let body = json!({ "actual_on": "2024-02-20" });
    let first = clerk
        .send(reqwest::Method::POST, &path, Some(body.clone()), &headers)
        .await;
    let again = clerk
        .send(reqwest::Method::POST, &path, Some(body), &headers)
        .await;
    assert_eq!(first.etag, again.etag);
    assert_eq!(first.expect(200), again.expect(200));
    let other = clerk
        .send(
            reqwest::Method::POST,
            &path,
            Some(json!({ "actual_on": "2024-02-21" })),
            &headers,
        )
        .await;
    assert_eq!(other.refused(422), "idempotency.key_reused");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_verifies_for_his_own_organisation_and_the_planner_steps_in_where_the_lead_reported() {
    let app = TestApp::start().await;
    let planner = app.planner().await;
    // Standing work that the city's health commission both leads and delivers.
    let code = "wuwei-145.5-3.primary-care";
    let confirmed = confirm(&planner, code, &BTreeMap::from([(1, "2024-02-01")])).await;
    let path = format!("/milestones/{}", confirmed.milestones[0]["id"].as_str().unwrap());
    let clerk = app.person(LEAD, Role::Staff).await;
    clerk
        .post_seen(&format!("{path}/report"), 2, json!({ "actual_on": "2024-02-01" }))
        .await
        .expect(200);
    let reviewer = app.person(LEAD, Role::Reviewer).await;
    assert_eq!(
        reviewer
            .post_seen(&format!("{path}/verify"), 3, json!({}))
            .await
            .refused(403),
        "forbidden"
    );
    planner
        .post_seen(&format!("{path}/verify"), 3, json!({}))
        .await
        .expect(200);
}
