//! Refusals, in the order in which they are told: 401, 400, 404, 403, 428, 412, 409, 422.

use std::collections::BTreeMap;

use guatu::kernel::Role;
use reqwest::Method;
use serde_json::json;

use crate::support::{HOSPITAL, RESPONSIBLE, TestApp, confirm, fresh_key};

#[tokio::test(flavor = "multi_thread")]
async fn a_report_is_refused_for_each_reason_in_its_order() {
    let app = TestApp::start().await;
    let planner = app.planner().await;
    let confirmed = confirm(&planner, HOSPITAL, &BTreeMap::from([(1, "2024-02-01")])).await;
    let id = confirmed.milestones[0]["id"].as_str().unwrap();
    let path = format!("/milestones/{id}/report");
    let clerk = app.person(RESPONSIBLE, Role::Staff).await;
    let foreign = app.person("gulang", Role::Staff).await;
    let body = || json!({ "actual_on": "2024-02-20" });

    // Nobody, with everything else wrong too.
    let nobody = app
        .anonymous()
        .send(Method::POST, &path, Some(json!({ "x": 1 })), &[])
        .await;
    assert_eq!(nobody.refused(401), "auth.required");
    // A broken form is told whole, before whether there is such a milestone.
    let broken = foreign
        .post(&path, json!({ "actual_on": "soon", "note": 7, "colour": "red" }))
        .await;
    let pointers: Vec<&str> = broken.body["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|fault| fault["pointer"].as_str().unwrap())
        .collect();
    assert_eq!(pointers, ["/actual_on", "/note", "/colour"]);
    assert_eq!(broken.status, 400);
    // Out of sight is as absent, but for the trace id.
    let mut hidden = foreign.post(&path, body()).await.expect(404);
    let mut absent = foreign
        .post(&format!("/milestones/{}/report", uuid::Uuid::nil()), body())
        .await
        .expect(404);
    hidden["trace_id"] = json!("");
    absent["trace_id"] = json!("");
    assert_eq!(hidden, absent);
    // In sight but not his.
    assert_eq!(planner.post(&path, body()).await.refused(403), "forbidden");
    assert_eq!(
        clerk.post(&path, body()).await.refused(428),
        "precondition.required"
    );
    assert_eq!(
        clerk.post_seen(&path, 1, body()).await.refused(412),
        "precondition.stale"
    );
    let future = clerk
        .post_seen(&path, 2, json!({ "actual_on": "2024-03-02" }))
        .await;
    assert_eq!(future.body["errors"][0]["pointer"], "/actual_on");
    assert_eq!(future.refused(422), "milestone.actual_in_future");
    let keyless = clerk
        .send(Method::POST, &path, Some(body()), &[("If-Match", "\"2\"")])
        .await;
    assert_eq!(keyless.refused(400), "idempotency.key_missing");
    clerk.post_seen(&path, 2, body()).await.expect(200);
    let twice = clerk.post_seen(&path, 3, body()).await;
    assert_eq!(twice.refused(409), "milestone.state");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_inferred_owner_sees_his_project_and_may_not_report() {
    let app = TestApp::start().await;
    let clerk = app.person(RESPONSIBLE, Role::Staff).await;
    let milestones = clerk
        .get(&format!("/projects/{HOSPITAL}/milestones"))
        .await
        .expect(200);
    let path = format!(
        "/milestones/{}/report",
        milestones["data"][0]["id"].as_str().unwrap()
    );
    assert_eq!(
        clerk
            .post_seen(&path, 1, json!({ "actual_on": "2024-02-20" }))
            .await
            .refused(403),
        "forbidden"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_confirmed_date_does_not_move_by_an_edit_and_is_not_confirmed_twice() {
    let app = TestApp::start().await;
    let planner = app.planner().await;
    let confirmed = confirm(&planner, HOSPITAL, &BTreeMap::from([(1, "2024-02-01")])).await;
    let id = confirmed.milestones[0]["id"].as_str().unwrap();
    let edit = planner
        .patch(
            &format!("/milestones/{id}"),
            2,
            json!({ "planned_on": "2024-09-01" }),
        )
        .await;
    assert_eq!(edit.refused(409), "milestone.date_confirmed");
    let again = json!({ "items": [{ "kind": "date", "milestone_id": id, "version": 2 }] });
    assert_eq!(
        planner.post("/confirmations", again).await.refused(409),
        "confirmation.already"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_parameter_or_value_is_named_with_what_is_allowed() {
    let app = TestApp::start().await;
    let planner = app.planner().await;
    for (query, pointer, code) in [
        ("colour=red", "?colour", "field.unknown"),
        ("overdue=perhaps", "?overdue", "field.not_allowed"),
        ("sort=size", "?sort", "field.not_allowed"),
        ("days_overdue_min=0", "?days_overdue_min", "field.out_of_range"),
        ("due_before=2024-2-1", "?due_before", "field.format"),
        ("region=999999", "?region", "field.not_found"),
        ("organisation=nowhere", "?organisation", "field.not_found"),
        ("programme=99", "?programme", "field.not_found"),
        ("limit=201", "?limit", "field.out_of_range"),
        ("as_of=2024-03-02", "?as_of", "as_of.in_future"),
        ("cursor=AAAA", "?cursor", "cursor.invalid"),
    ] {
        for list in ["projects", "milestones"] {
            let refused = planner.get(&format!("/{list}?{query}")).await;
            assert_eq!(refused.status, 400, "{list}?{query}: {}", refused.body);
            assert_eq!(refused.body["errors"][0]["pointer"], pointer, "{list}?{query}");
            assert_eq!(refused.body["code"], code, "{list}?{query}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cursor_of_another_question_is_refused_and_pages_hold_each_row_once() {
    let app = TestApp::start().await;
    let planner = app.planner().await;
    for sort in ["-days_overdue", "due", "name", "-updated"] {
        let whole = planner
            .get(&format!(
                "/projects?programme=12&programme=19&sort={sort}&limit=200"
            ))
            .await
            .ids();
        let mut paged = Vec::new();
        let mut path = format!("/projects?programme=12&programme=19&sort={sort}&limit=7");
        loop {
            let page = planner.get(&path).await.expect(200);
            paged.extend(
                page["data"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|one| one["id"].as_str().unwrap().to_owned()),
            );
            let Some(cursor) = page["page"]["next_cursor"].as_str() else {
                break;
            };
            let other = planner
                .get(&format!(
                    "/projects?programme=12&sort={sort}&overdue=true&cursor={cursor}"
                ))
                .await;
            assert_eq!(other.refused(400), "cursor.invalid");
            path = format!("/projects?programme=12&programme=19&sort={sort}&limit=7&cursor={cursor}");
        }
        assert_eq!(paged, whole, "{sort}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_is_no_json_or_too_large_is_refused() {
    let app = TestApp::start().await;
    let planner = app.planner().await;
    let large = json!({ "items": "x".repeat(1_100_000) });
    assert_eq!(
        planner.post("/confirmations", large).await.refused(413),
        "body.too_large"
    );
    let key = fresh_key();
    let form = [("Idempotency-Key", key.as_str()), ("Content-Type", "text/plain")];
    let plain = planner
        .send(Method::POST, "/confirmations", Some(json!({})), &form)
        .await;
    assert!(matches!(plain.status, 400 | 415), "{}", plain.body);
}
