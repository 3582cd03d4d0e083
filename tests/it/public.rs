//! Everybody reads the public facts, and nothing of the work behind them: not in an answer, a count, an order or a tag.

use std::collections::{BTreeMap, BTreeSet};

use guatu::kernel::Role;
use serde_json::{Value, json};

use crate::support::{HOSPITAL, LEAD, RESPONSIBLE, Reply, TestApp, confirm};

fn addresses() -> Vec<String> {
    vec![
        "/public/plans".to_owned(),
        "/public/programmes?plan=wuwei-145".to_owned(),
        "/public/initiatives?programme=5".to_owned(),
        "/public/commitments?programme=1".to_owned(),
        "/public/projects?programme=5&include=total&limit=200".to_owned(),
        format!("/public/projects/{HOSPITAL}"),
        format!("/public/projects/{HOSPITAL}/milestones"),
    ]
}

async fn everything(app: &TestApp) -> Vec<(Value, Option<String>)> {
    let mut all = Vec::new();
    for path in addresses() {
        let reply = app.anonymous().get(&path).await;
        let tag = reply.etag.clone();
        all.push((reply.expect(200), tag));
    }
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn everybody_reads_the_plan_and_a_shared_cache_may_keep_it() {
    let app = TestApp::start().await;
    let document = serde_json::to_value(guatu::app::openapi()).unwrap();
    let documented: BTreeSet<String> = document["paths"]
        .as_object()
        .unwrap()
        .keys()
        .filter_map(|path| path.strip_prefix("/api/v1"))
        .filter(|path| path.starts_with("/public/"))
        .map(str::to_owned)
        .collect();
    let asked: BTreeSet<String> = addresses()
        .iter()
        .map(|path| path.split('?').next().unwrap().replace(HOSPITAL, "{project}"))
        .collect();
    assert_eq!(asked, documented);
    for path in addresses() {
        let reply = app.anonymous().get(&path).await;
        assert_eq!(reply.status, 200, "{path}");
        assert_eq!(reply.headers["cache-control"], "public, max-age=60");
        assert!(!reply.headers["vary"].to_lowercase().contains("authorization"));
        let tag = reply.etag.clone().unwrap();
        let again = app
            .anonymous()
            .send(reqwest::Method::GET, &path, None, &[("If-None-Match", &tag)])
            .await;
        assert_eq!(again.status, 304, "{path}");
    }
    let indicators = app
        .anonymous()
        .get("/public/commitments?programme=1")
        .await
        .expect(200);
    assert_eq!(indicators["data"].as_array().unwrap().len(), 25);
    let whole = app
        .anonymous()
        .get("/public/projects?include=total&limit=1")
        .await
        .expect(200);
    assert_eq!(
        whole["page"]["total"],
        json!(crate::support::seeds().projects.len())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn proposals_and_reports_that_wait_leave_no_trace() {
    let app = TestApp::start().await;
    let planner = app.planner().await;
    let project = app
        .anonymous()
        .get(&format!("/public/projects/{HOSPITAL}"))
        .await
        .expect(200);
    assert_eq!(
        project["owners"],
        json!([]),
        "inferred owners are nobody's business"
    );
    assert_eq!(
        (project["due_on"].clone(), project["milestones"].clone()),
        (Value::Null, json!(0))
    );
    for word in ["id", "version", "updated_at", "doubt", "description"] {
        assert!(project.get(word).is_none(), "{word}");
    }
    let untouched = everything(&app).await;
    // What a planner works on before it is confirmed.
    let milestones = planner
        .get(&format!("/projects/{HOSPITAL}/milestones"))
        .await
        .expect(200);
    let third = milestones["data"][2]["id"].as_str().unwrap();
    planner
        .patch(
            &format!("/milestones/{third}"),
            1,
            json!({ "name": "内部节点", "planned_on": "2025-01-01", "weight": "33" }),
        )
        .await
        .expect(200);
    planner
        .patch(
            &format!("/projects/{HOSPITAL}"),
            1,
            json!({ "description": "内部说明", "doubt": "存疑", "investment_planned": "1000000" }),
        )
        .await
        .expect(200);
    assert_eq!(everything(&app).await, untouched, "working data shows");
    // Confirmed: owners and the date show.
    let confirmed = confirm(&planner, HOSPITAL, &BTreeMap::from([(1, "2024-02-01")])).await;
    let shown = everything(&app).await;
    assert_ne!(shown, untouched);
    let project = &shown[5].0;
    assert_eq!(project["owners"].as_array().unwrap().len(), 2);
    assert_eq!(
        shown[6].0["data"].as_array().unwrap().len(),
        1,
        "one date is confirmed"
    );
    // Reported, returned, reported again, a change asked for: nothing of it.
    let clerk = app.person(RESPONSIBLE, Role::Staff).await;
    let reviewer = app.person(LEAD, Role::Reviewer).await;
    let path = format!("/milestones/{}", confirmed.milestones[0]["id"].as_str().unwrap());
    let report = json!({ "actual_on": "2024-02-20", "note": "内部说明" });
    clerk
        .post_seen(&format!("{path}/report"), 2, report.clone())
        .await
        .expect(200);
    assert_eq!(everything(&app).await, shown, "a report that waits shows");
    reviewer
        .post_seen(&format!("{path}/return"), 3, json!({ "reason": "缺章" }))
        .await
        .expect(200);
    reviewer
        .post_seen(
            &format!("{path}/change-requests"),
            4,
            json!({ "kind": "date", "planned_on": "2024-08-01", "reason": "延后" }),
        )
        .await
        .expect(201);
    clerk
        .post_seen(&format!("{path}/report"), 4, report)
        .await
        .expect(200);
    assert_eq!(everything(&app).await, shown);
    // Verified: the result shows.
    reviewer
        .post_seen(&format!("{path}/verify"), 5, json!({ "note": "属实" }))
        .await
        .expect(200);
    let verified = everything(&app).await;
    let milestone = &verified[6].0["data"][0];
    assert_eq!(
        (
            milestone["verified"].clone(),
            milestone["actual_on"].clone(),
            milestone["verified_on"].clone()
        ),
        (json!(true), json!("2024-02-20"), json!("2024-03-01"))
    );
    assert_eq!(verified[5].0["milestones_verified"], 1);
    assert_eq!(verified[5].0["last_verified_on"], "2024-03-01");
    let text = format!("{verified:?}");
    for secret in ["内部", "属实", "缺章", "存疑"] {
        assert!(!text.contains(secret), "{secret}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_project_that_is_not_public_is_as_if_it_were_not_there() {
    let app = TestApp::start().await;
    let planner = app.planner().await;
    let id = planner.get(&format!("/projects/{HOSPITAL}")).await.expect(200)["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let list = "/public/projects?programme=5&include=total&limit=200";
    let before = app.anonymous().get(list).await.expect(200);
    planner
        .patch(&format!("/projects/{HOSPITAL}"), 1, json!({ "is_public": false }))
        .await
        .expect(200);
    let after = app.anonymous().get(list).await.expect(200);
    assert_eq!(
        after["page"]["total"].as_i64().unwrap(),
        before["page"]["total"].as_i64().unwrap() - 1
    );
    assert!(!after.to_string().contains("minqin-peoples-hospital"));
    assert_eq!(
        app.anonymous()
            .get("/public/projects?q=民勤县人民医院&include=total")
            .await
            .expect(200)["page"]["total"],
        0
    );
    // Named by code or id, signed in or not: the answer for what never was.
    let told = |mut reply: Reply| {
        reply.body.as_object_mut().unwrap().remove("trace_id");
        for name in ["date", "x-trace-id"] {
            reply.headers.remove(name);
        }
        (reply.status, reply.headers, reply.body)
    };
    for below in ["", "/milestones"] {
        let never = told(
            app.anonymous()
                .get(&format!("/public/projects/{}{below}", uuid::Uuid::nil()))
                .await,
        );
        assert_eq!(never.0, 404);
        for name in [HOSPITAL, &id] {
            for person in [&app.anonymous(), &planner] {
                let path = format!("/public/projects/{name}{below}");
                assert_eq!(told(person.get(&path).await), never, "{path}");
            }
        }
    }
    // Pages hold each public project once, and not this one.
    let mut seen = Vec::new();
    let mut path = "/public/projects?programme=5&limit=4".to_owned();
    loop {
        let page = app.anonymous().get(&path).await.expect(200);
        for project in page["data"].as_array().unwrap() {
            seen.push(project["code"].as_str().unwrap().to_owned());
        }
        let Some(cursor) = page["page"]["next_cursor"].as_str() else {
            break;
        };
        path = format!("/public/projects?programme=5&limit=4&cursor={cursor}");
    }
    let mut sorted = seen.clone();
    sorted.sort_unstable();
    sorted.dedup();
    assert_eq!(seen, sorted);
    assert_eq!(json!(seen.len()), after["page"]["total"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_public_list_is_asked_by_public_facts_only() {
    let app = TestApp::start().await;
    for refused in [
        "overdue=true",
        "lead=wuwei.health",
        "unverified=true",
        "as_of=2024-01-01",
    ] {
        let reply = app.anonymous().get(&format!("/public/projects?{refused}")).await;
        assert_eq!(reply.refused(400), "field.unknown", "{refused}");
    }
    let reply = app.anonymous().get("/public/projects?region=999999").await;
    assert_eq!(reply.refused(400), "field.not_found");
    let county = app
        .anonymous()
        .get("/public/projects?region=620621&limit=200")
        .await
        .expect(200);
    assert!(!county["data"].as_array().unwrap().is_empty());
    for project in county["data"].as_array().unwrap() {
        assert_eq!(project["site_region"]["code"], "620621");
    }
    let post = app
        .anonymous()
        .send(reqwest::Method::POST, "/public/projects", Some(json!({})), &[])
        .await;
    assert_eq!(post.status, 405);
}
