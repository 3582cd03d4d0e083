//! Filing and correcting.

use guatu::kernel::Role;
use serde_json::{Value, json};

use super::{begin, file, path_of, report, said, under_way, version};
use crate::support::{HOSPITAL, LEAD, RESPONSIBLE, TestApp, confirm};

#[tokio::test(flavor = "multi_thread")]
async fn a_report_is_there_for_whoever_sees_its_project_with_its_money_as_it_was_given() {
    let app = TestApp::start().await;
    under_way(&app).await;
    let clerk = app.person(RESPONSIBLE, Role::Staff).await;
    let mut body = report("2024-03", "12.5");
    for name in ["required", "received", "paid", "done"] {
        body[name] = Value::Null;
    }
    body["funds"] = json!([
        { "source": "central", "received": "8000000", "done": "6000000" },
        { "source": "county", "received": "4000000.50", "done": "4000000", "paid": "20000000" },
        { "source": "bond" },
    ]);
    body["statistics_entered_on"] = json!("2024-02-10");
    let filed = file(&clerk, body).await.expect(201);
    assert_eq!(
        (
            &filed["state"],
            &filed["received"],
            &filed["done"],
            &filed["required"]
        ),
        (
            &json!("submitted"),
            &json!("12000000.5"),
            &json!("10000000"),
            &Value::Null
        )
    );
    assert_eq!(filed["due_on"], "2024-03-25");
    assert_eq!(filed["on_time"], true);
    // A source without a figure says nothing; more paid than received is told, not refused.
    assert_eq!(filed["funds"].as_array().unwrap().len(), 2);
    assert_eq!(filed["warnings"][0]["code"], "report.paid_over_received");
    for (organisation, role) in [
        (LEAD, Role::Reviewer),
        ("minqin", Role::Supervisor),
        ("wuwei", Role::Observer),
    ] {
        let reader = app.person(organisation, role).await;
        let read = reader.get(&path_of(&filed)).await.expect(200);
        assert_eq!(read["done_text"], "主体结构施工到三层");
        let project = reader.get(&format!("/projects/{HOSPITAL}")).await.expect(200);
        assert_eq!(project["latest_report"]["physical_percent"], "12.5");
        assert_eq!(project["statistics_entered_on"], "2024-02-10");
    }
    // Nobody else learns that it is there.
    for (organisation, role) in [("gulang", Role::Reviewer), ("wuwei.education", Role::Observer)] {
        let stranger = app.person(organisation, role).await;
        assert_eq!(stranger.get(&path_of(&filed)).await.status, 404);
        assert_eq!(
            stranger.get("/progress-reports?include=total").await.expect(200)["page"]["total"],
            0
        );
    }
    let listed = app.supervisor().await;
    for (query, count) in [
        ("period=2024-03", 1),
        ("month=2024-03", 1),
        ("period=2024-04&period=2024-03", 1),
        ("period=2024-Q1", 0),
        ("state=verified", 0),
        ("on_time=true&region=620621", 1),
        ("on_time=false", 0),
        ("organisation=minqin.health", 1),
        ("as_of=2024-02-29", 0),
    ] {
        let found = listed
            .get(&format!("/progress-reports?{query}"))
            .await
            .expect(200);
        assert_eq!(found["data"].as_array().unwrap().len(), count, "{query}");
    }
    for (query, pointer) in [
        ("period=2024-13", "?period"),
        ("month=2024", "?month"),
        ("edition=1", "?month"),
        ("state=lost", "?state"),
        ("colour=red", "?colour"),
    ] {
        let refused = listed
            .get(&format!("/progress-reports?{query}"))
            .await
            .expect(400);
        assert_eq!(refused["errors"][0]["pointer"], pointer, "{query}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_not_report_the_project_files_nothing() {
    let app = TestApp::start().await;
    under_way(&app).await;
    let body = || report("2024-03", "10");
    for (organisation, role, status) in [
        (LEAD, Role::Staff, 403),
        (LEAD, Role::Reviewer, 403),
        ("minqin", Role::Staff, 403),
        ("wuwei", Role::Planner, 403),
        ("minqin", Role::Supervisor, 403),
        ("gulang.health", Role::Staff, 404),
    ] {
        let person = app.person(organisation, role).await;
        assert_eq!(file(&person, body()).await.status, status, "{organisation}");
    }
    // A county department reports for the hospital below it, as it does milestones.
    let bureau = app.person("minqin.health", Role::Staff).await;
    file(&bureau, body()).await.expect(201);
    // One report of one thing for one period; of no part, where there is none.
    let clerk = app.person(RESPONSIBLE, Role::Staff).await;
    assert_eq!(file(&clerk, body()).await.refused(409), "report.exists");
    for region in ["620621", "110000"] {
        let mut part = body();
        part["region"] = json!(region);
        let refused = file(&clerk, part).await.expect(422);
        assert_eq!(refused["errors"][0]["pointer"], "/region");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_inferred_owner_reports_nothing() {
    let app = TestApp::start().await;
    begin(&app.planner().await, json!("2024-03-01")).await.expect(200);
    let clerk = app.person(RESPONSIBLE, Role::Staff).await;
    assert_eq!(
        file(&clerk, report("2024-03", "10")).await.refused(403),
        "forbidden"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_is_refused_with_every_fault_in_its_place() {
    let app = TestApp::start().await;
    under_way(&app).await;
    let clerk = app.person(RESPONSIBLE, Role::Staff).await;
    let broken = json!({ "period": "March", "physical_percent": "100.5", "paid": "-1", "done": "1.234", "done_text": "",
        "funds": [{ "source": "lottery" }, { "source": "city" }, { "source": "city" }], "colour": "red" });
    let refused = file(&clerk, broken).await.expect(400);
    let mut pointers: Vec<&str> = refused["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|fault| fault["pointer"].as_str().unwrap())
        .collect();
    pointers.sort_unstable();
    assert_eq!(
        pointers,
        [
            "/colour",
            "/done",
            "/done_text",
            "/funds/0/source",
            "/funds/2/source",
            "/paid",
            "/period",
            "/physical_percent",
        ]
    );
    for (change, code, pointer) in [
        (
            json!({ "period": "2024-04" }),
            "report.period_in_future",
            "/period",
        ),
        (
            json!({ "statistics_entered_on": "2024-03-02" }),
            "field.out_of_range",
            "/statistics_entered_on",
        ),
        (
            json!({ "funds": [{ "source": "city", "paid": "1" }] }),
            "report.funds_sum",
            "/paid",
        ),
    ] {
        let mut body = report("2024-03", "10");
        for (name, value) in change.as_object().unwrap() {
            body[name] = value.clone();
        }
        let refused = file(&clerk, body).await.expect(422);
        assert_eq!(refused["errors"][0]["code"], code);
        assert_eq!(refused["errors"][0]["pointer"], pointer);
    }
    // Where nobody reports so often there is no such period.
    let planner = app.planner().await;
    let held = planner.get("/plans/wuwei-145/reporting").await.expect(200);
    let yearly = json!({ "calendar": [{ "stage": "preparation", "frequency": "monthly", "due_day": 5, "due_month_offset": 1,
        "grace_days": 0 }] });
    planner
        .patch("/plans/wuwei-145/reporting", version(&held), yearly)
        .await
        .expect(200);
    let refused = file(&clerk, report("2024-Q1", "10")).await.refused(422);
    assert_eq!(refused, "report.frequency");
}

#[tokio::test(flavor = "multi_thread")]
async fn physical_progress_goes_back_with_a_note_only() {
    let app = TestApp::start().await;
    under_way(&app).await;
    let clerk = app.person(RESPONSIBLE, Role::Staff).await;
    file(&clerk, report("2024-02", "30")).await.expect(201);
    let refused = file(&clerk, report("2024-03", "29.99")).await.expect(422);
    assert_eq!(
        (&refused["errors"][0]["pointer"], &refused["errors"][0]["code"]),
        (&json!("/note"), &json!("report.physical_falls"))
    );
    let mut body = report("2024-03", "29.99");
    body["note"] = json!("重新测量，上期偏高");
    file(&clerk, body).await.expect(201);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_lies_before_reporting_is_filed_in_bulk_without_blame() {
    let app = TestApp::start().await;
    under_way(&app).await;
    let clerk = app.person(RESPONSIBLE, Role::Staff).await;
    let item = |period: &str, percent: &str| {
        let mut body = report(period, percent);
        body["project"] = json!(HOSPITAL);
        body
    };
    // All or none: the second one is there twice, the third in the future, the fourth of nobody's project.
    let mut nowhere = item("2023-12", "3");
    nowhere["project"] = json!("wuwei-145.5-2.no-such-project");
    let refused = clerk
        .post(
            "/progress-reports/file",
            json!({ "items": [item("2023-12", "3"), item("2023-12", "3"), item("2025-01", "4"), nowhere] }),
        )
        .await;
    assert_eq!(refused.status, 404);
    let pointers: Vec<String> = refused.body["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|fault| fault["pointer"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(pointers, ["/items/3", "/items/1/period", "/items/2/period"]);
    assert_eq!(
        clerk.get("/progress-reports?include=total").await.expect(200)["page"]["total"],
        0
    );
    let filed = clerk
        .post(
            "/progress-reports/file",
            json!({ "items": [item("2023-12", "3"), item("2024-01", "5"), item("2024-02", "8")] }),
        )
        .await
        .expect(200);
    for one in filed["data"].as_array().unwrap() {
        assert_eq!(one["on_time"], Value::Null);
    }
    let rates = clerk.get("/reporting/organisations").await.expect(200);
    assert_eq!(rates["all"]["due"], 0);
    assert_eq!(
        clerk
            .post("/progress-reports/file", json!({ "items": [] }))
            .await
            .refused(400),
        "field.empty"
    );
    let many: Vec<Value> = (0..501).map(|_| item("2024-03", "9")).collect();
    assert_eq!(
        clerk
            .post("/progress-reports/file", json!({ "items": many }))
            .await
            .refused(400),
        "field.too_many"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_is_corrected_until_it_is_verified_and_a_past_day_keeps_what_it_said() {
    let app = TestApp::start().await;
    under_way(&app).await;
    let clerk = app.person(RESPONSIBLE, Role::Staff).await;
    let reviewer = app.person(LEAD, Role::Reviewer).await;
    let mut body = report("2024-03", "10");
    body["funds"] = json!([{ "source": "city", "paid": "9000000" }]);
    let filed = file(&clerk, body).await.expect(201);
    app.pass_days(40);
    let clerk = app.person(RESPONSIBLE, Role::Staff).await;
    let path = path_of(&filed);
    assert_eq!(
        clerk
            .send(reqwest::Method::PATCH, &path, Some(said("12")), &[])
            .await
            .refused(428),
        "precondition.required"
    );
    assert_eq!(clerk.patch(&path, 7, said("12")).await.status, 412);
    assert_eq!(
        reviewer.patch(&path, 1, said("12")).await.status,
        401,
        "his session is old"
    );
    let reviewer = app.person(LEAD, Role::Reviewer).await;
    assert_eq!(reviewer.patch(&path, 1, said("12")).await.status, 403);
    let stranger = app.person("gulang.health", Role::Staff).await;
    assert_eq!(stranger.patch(&path, 1, said("12")).await.status, 404);
    let corrected = clerk.patch(&path, 1, said("12")).await.expect(200);
    assert_eq!(
        (&corrected["physical_percent"], &corrected["version"]),
        (&json!("12"), &json!(2))
    );
    assert_eq!(corrected["funds"], json!([]));
    // It was there in time; a correction changes nothing of that.
    assert_eq!(corrected["on_time"], true);
    assert_eq!(corrected["first_reported_on"], "2024-03-01");
    let before = clerk.get(&format!("{path}?as_of=2024-03-01")).await.expect(200);
    assert_eq!(before["physical_percent"], "10");
    assert_eq!(before["funds"][0]["paid"], "9000000");
    reviewer
        .post_seen(&format!("{path}/verify"), 2, json!({}))
        .await
        .expect(200);
    assert_eq!(
        clerk.patch(&path, 3, said("13")).await.refused(409),
        "report.state"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_reported_of_what_was_cancelled() {
    let app = TestApp::start().await;
    let planner = app.planner().await;
    let confirmed = confirm(&planner, HOSPITAL, &std::collections::BTreeMap::new()).await;
    let asker = app.person(RESPONSIBLE, Role::Reviewer).await;
    let asked = asker
        .post_seen(
            &format!("/projects/{HOSPITAL}/change-requests"),
            version(&confirmed.project),
            json!({ "kind": "cancel_project", "reason": "合并" }),
        )
        .await
        .expect(201);
    let path = format!("/change-requests/{}/approve", asked["id"].as_str().unwrap());
    planner.post_seen(&path, 1, json!({})).await.expect(200);
    assert_eq!(
        file(&asker, report("2024-03", "10")).await.refused(409),
        "project.closed"
    );
}
