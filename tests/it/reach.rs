//! Nobody widens his own reach: by organisations of his own making, by settling for others, by judging himself in two
//! seats, by taking back what stands above him.

use std::collections::BTreeMap;

use guatu::kernel::Role;
use serde_json::{Value, json};

use crate::support::{HOSPITAL, LEAD, Person, RESPONSIBLE, TestApp, confirm};

fn organisation(code: &str, kind: &str, parent: &str, region: &str) -> Value {
    json!({ "code": code, "name": "某单位", "kind": kind, "parent": parent, "region": region })
}

async fn version(person: &Person<'_>, path: &str) -> i64 {
    let found = person.get(path).await.expect(200);
    let version = found["version"].as_i64().or(found["row_version"].as_i64());
    version.unwrap_or_else(|| panic!("{found}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn governments_and_their_regions_are_settled_at_the_head_of_the_tree() {
    let app = TestApp::start().await;
    let county = app.person("minqin", Role::Administrator).await;
    for (kind, region) in [("county_government", "620621"), ("city_government", "620600")] {
        let made = organisation("minqin.fake", kind, "minqin", region);
        assert_eq!(
            county.post("/organisations", made).await.refused(403),
            "forbidden",
            "{kind}"
        );
    }
    // A clinic stands in its county, not in the one next to it.
    let made = organisation("minqin.clinic", "institution", "minqin.health", "620622");
    let refused = county.post("/organisations", made).await;
    assert_eq!(
        (refused.status, &refused.body["errors"][0]["pointer"]),
        (422, &json!("/region")),
        "{}",
        refused.body
    );
    let made = organisation("minqin.clinic", "institution", "minqin.health", "620621");
    county.post("/organisations", made).await.expect(201);
    let seen = version(&county, "/organisations/minqin.clinic").await;
    let moved = county
        .patch(
            "/organisations/minqin.clinic",
            seen,
            json!({ "region": "620622" }),
        )
        .await;
    assert_eq!(moved.refused(422), "organisation.region");
    let seen = version(&county, "/organisations/minqin").await;
    for change in [json!({ "region": "620622" }), json!({ "region": "620600" })] {
        let refused = county.patch("/organisations/minqin", seen, change).await;
        assert_eq!(refused.refused(403), "forbidden");
    }
    // Its other facts are the county's own to correct, and the head of the tree makes governments.
    county
        .patch("/organisations/minqin", seen, json!({ "duties": "县政府" }))
        .await
        .expect(200);
    let head = app.person("wuwei", Role::Administrator).await;
    let made = organisation("wuwei.new-district", "county_government", "wuwei", "620602");
    head.post("/organisations", made).await.expect(201);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_county_neither_takes_a_project_from_the_city_nor_cancels_it() {
    let app = TestApp::start().await;
    let planner = app.planner().await;
    let confirmed = confirm(&planner, HOSPITAL, &BTreeMap::from([(1, "2024-06-30")])).await;
    let seen = confirmed.project["version"].as_i64().unwrap();
    let reviewer = app.person(RESPONSIBLE, Role::Reviewer).await;
    let county = app.person("minqin", Role::Planner).await;
    let path = format!("/projects/{HOSPITAL}/change-requests");
    let mut open = Vec::new();
    for body in [
        json!({ "kind": "owner", "role": "lead", "organisation": "minqin.health", "reason": "改由县里牵头" }),
        json!({ "kind": "owner", "role": "responsible", "organisation": "gulang.health", "reason": "移交" }),
        json!({ "kind": "cancel_project", "reason": "不建了" }),
    ] {
        let asked = reviewer.post_seen(&path, seen, body).await.expect(201);
        let id = asked["id"].as_str().unwrap().to_owned();
        let approve = format!("/change-requests/{id}/approve");
        assert_eq!(
            county.post_seen(&approve, 1, json!({})).await.refused(403),
            "forbidden",
            "{asked}"
        );
        let reject = format!("/change-requests/{id}/reject");
        if open.is_empty() {
            county
                .post_seen(&reject, 1, json!({ "note": "不妥" }))
                .await
                .expect(200);
        } else {
            planner
                .post_seen(&reject, 1, json!({ "note": "不妥" }))
                .await
                .expect(200);
        }
        open.push(id);
    }
    // Within its own subtree it decides.
    let body =
        json!({ "kind": "owner", "role": "responsible", "organisation": "minqin.health", "reason": "移交" });
    let asked = reviewer.post_seen(&path, seen, body).await.expect(201);
    let approve = format!("/change-requests/{}/approve", asked["id"].as_str().unwrap());
    county.post_seen(&approve, 1, json!({})).await.expect(200);
    // Nor does it bind others by adding a project.
    let new = |slug: &str, responsible: &str| {
        json!({ "initiative": "wuwei-145.5-2", "slug": slug, "title": "新院区", "kind": "new_build", "due_on": "2025-12-31",
            "region": "620621", "owners_confirmed": true, "owners": [{ "role": "lead", "organisation": "minqin.health" },
            { "role": "responsible", "organisation": responsible }] })
    };
    let made = county
        .post("/projects", new("bound", "gulang.health"))
        .await
        .expect(201);
    let basis = |made: &Value, role: &str| {
        let owners = made["owners"].as_array().unwrap();
        owners.iter().find(|owner| owner["role"] == role).unwrap()["basis"].clone()
    };
    assert_eq!(
        (basis(&made, "lead"), basis(&made, "responsible")),
        (json!("confirmed"), json!("inferred"))
    );
    let made = county
        .post("/projects", new("own", RESPONSIBLE))
        .await
        .expect(201);
    assert_eq!(basis(&made, "responsible"), "confirmed");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_filed_any_version_of_a_report_is_no_second_pair_of_eyes() {
    let app = TestApp::start().await;
    let planner = app.planner().await;
    confirm(&planner, HOSPITAL, &BTreeMap::from([(1, "2024-06-30")])).await;
    // One person in two seats: staff of the hospital, reviewer of the lead.
    let (username, password) = app.account(RESPONSIBLE, Role::Staff).await;
    let head = app.person("wuwei", Role::Administrator).await;
    let user = head.get(&format!("/users?q={username}")).await.expect(200);
    let seat = json!({ "user_id": user["data"][0]["id"], "organisation": LEAD, "role": "reviewer" });
    head.post("/memberships", seat).await.expect(201);
    let two = app.sign_in(&username, &password).await;
    let body = json!({ "period": "2024-Q1", "physical_percent": "5", "done_text": "完成招标" });
    let filed = two
        .post(&format!("/projects/{HOSPITAL}/progress-reports"), body)
        .await
        .expect(201);
    let path = format!("/progress-reports/{}", filed["id"].as_str().unwrap());
    assert_eq!(
        two.post_seen(&format!("{path}/verify"), 1, json!({}))
            .await
            .refused(403),
        "forbidden"
    );
    // A colleague touches it, and it is no more the other's to verify than before.
    let colleague = app.person(RESPONSIBLE, Role::Staff).await;
    let body = json!({ "physical_percent": "5", "done_text": "完成招标", "note": "补一句" });
    colleague.patch(&path, 1, body).await.expect(200);
    assert_eq!(
        two.post_seen(&format!("{path}/verify"), 2, json!({}))
            .await
            .refused(403),
        "forbidden"
    );
    app.person(LEAD, Role::Reviewer)
        .await
        .post_seen(&format!("{path}/verify"), 2, json!({}))
        .await
        .expect(200);
    // A year that is not over speaks for no month of a project that reports by quarters.
    let body = json!({ "period": "2024", "physical_percent": "90", "done_text": "抢报" });
    let early = colleague
        .post(&format!("/projects/{HOSPITAL}/progress-reports"), body)
        .await;
    assert_eq!(early.refused(422), "report.frequency");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_filed_any_version_of_a_figure_is_no_second_pair_of_eyes() {
    const JOBS: &str = "/commitments/wuwei-145.1.new-urban-jobs";
    const OWNER: &str = "wuwei.human-resources";
    let app = TestApp::start().await;
    let planner = app.planner().await;
    planner
        .patch(JOBS, 1, json!({ "owner": OWNER }))
        .await
        .expect(200);
    // One person in two seats: staff of the owner, planner of the city.
    let (username, password) = app.account(OWNER, Role::Staff).await;
    let head = app.person("wuwei", Role::Administrator).await;
    let user = head.get(&format!("/users?q={username}")).await.expect(200);
    let seat = json!({ "user_id": user["data"][0]["id"], "organisation": "wuwei", "role": "planner" });
    head.post("/memberships", seat).await.expect(201);
    let two = app.sign_in(&username, &password).await;
    let body = json!({ "observed_on": "2023-12-31", "value": "4.7", "source": "就业统计月报" });
    let filed = two.post(&format!("{JOBS}/observations"), body).await.expect(201);
    let path = format!("/observations/{}", filed["id"].as_str().unwrap());
    // A colleague touches it last, and it is still the other's own figure.
    let colleague = app.person(OWNER, Role::Staff).await;
    colleague
        .patch(&path, 1, json!({ "note": "补一句" }))
        .await
        .expect(200);
    assert_eq!(
        two.post_seen(&format!("{path}/confirm"), 2, json!({}))
            .await
            .refused(403),
        "forbidden"
    );
    planner
        .post_seen(&format!("{path}/confirm"), 2, json!({}))
        .await
        .expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_city_shows_in_place_of_a_light_is_not_taken_back_by_a_county() {
    let app = TestApp::start().await;
    let planner = app.planner().await;
    let confirmed = confirm(&planner, HOSPITAL, &BTreeMap::from([(1, "2024-06-30")])).await;
    let seen = confirmed.project["version"].as_i64().unwrap();
    let path = format!("/projects/{HOSPITAL}/light-overrides");
    let body = json!({ "light": "red", "reason": "现场停工", "until_on": "2024-03-20" });
    let made = app
        .supervisor()
        .await
        .post_seen(&path, seen, body)
        .await
        .expect(201);
    let end = format!("{path}/{}/end", made["id"].as_str().unwrap());
    let county = app.person("minqin", Role::Supervisor).await;
    let refused = county.post_seen(&end, 1, json!({ "reason": "已复工" })).await;
    assert_eq!(refused.refused(403), "forbidden");
    app.supervisor()
        .await
        .post_seen(&end, 1, json!({ "reason": "已复工" }))
        .await
        .expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn odd_addresses_and_figures_are_refused_and_never_an_internal_error() {
    let app = TestApp::start().await;
    let planner = app.planner().await;
    for path in [
        "/projects/%00",
        "/commitments/a%00b",
        "/plans/%00/reporting",
        "/milestones/%00/history",
    ] {
        assert_eq!(planner.get(path).await.refused(404), "not_found", "{path}");
    }
    for path in [
        "/public/projects/%00",
        "/public/plans/%00/12",
        "/projects/%00",
        "/sign-in/%00",
    ] {
        assert_eq!(app.status_of(path).await, 404, "{path}");
    }
    assert_eq!(app.status_of("/api/v1/public/projects/%00").await, 404);
    // The address of many at once takes POST alone.
    for path in [
        "/observations/file",
        "/observations/confirm",
        "/progress-reports/file",
    ] {
        let answer = planner.get(path).await;
        assert_eq!(
            (answer.status, answer.headers["allow"].as_str()),
            (405, "POST"),
            "{path}"
        );
        let answer = planner.patch(path, 1, json!({ "items": [] })).await;
        assert_eq!(
            (answer.status, answer.headers["allow"].as_str()),
            (405, "POST"),
            "{path}"
        );
    }
    let (username, password) = app.account(RESPONSIBLE, Role::Staff).await;
    for next in ["/\u{1}", "/\u{b}x", "/\u{1f}", "/\u{7f}"] {
        let surfer = app.surfer();
        surfer.get("/sign-in").await;
        let fields = [
            ("username", username.as_str()),
            ("password", &password),
            ("next", next),
        ];
        assert_eq!(surfer.send("/sign-in", &fields).await.leads_to(), "/", "{next:?}");
    }
    let path = "/commitments/wuwei-145.1.childcare-places/allocations";
    let body = json!({ "items": [{ "region": "620622", "value": "-5" }] });
    let seen = version(&planner, "/commitments/wuwei-145.1.childcare-places").await;
    let refused = planner
        .send(
            reqwest::Method::PUT,
            path,
            Some(body),
            &[("If-Match", &format!("\"{seen}\""))],
        )
        .await;
    assert_eq!(
        (refused.status, &refused.body["errors"][0]["pointer"]),
        (400, &json!("/items/0/value")),
        "{}",
        refused.body
    );
}
