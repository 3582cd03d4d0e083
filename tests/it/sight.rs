//! Nobody sees what is not his: in a list, a count, a search, a history, the log.

use std::collections::BTreeMap;

use guatu::kernel::Role;
use serde_json::json;

use crate::support::{HOSPITAL, LEAD, RESPONSIBLE, TestApp, confirm};

#[tokio::test(flavor = "multi_thread")]
async fn another_county_finds_a_project_by_no_road() {
    let app = TestApp::start().await;
    let planner = app.planner().await;
    let confirmed = confirm(&planner, HOSPITAL, &BTreeMap::from([(1, "2024-02-01")])).await;
    let id = confirmed.project["id"].as_str().unwrap();
    for role in [
        Role::Staff,
        Role::Reviewer,
        Role::Planner,
        Role::Supervisor,
        Role::Observer,
        Role::Administrator,
    ] {
        let foreign = app.person("gulang", role).await;
        let projects = foreign.get("/projects?limit=200&include=total").await.expect(200);
        let seen = projects["data"].as_array().unwrap();
        assert_eq!(projects["page"]["total"], json!(seen.len()));
        assert!(
            !seen.is_empty() && seen.iter().all(|one| one["id"] != id),
            "{role:?}"
        );
        assert_eq!(
            foreign
                .get("/projects?q=民勤县人民医院&include=total")
                .await
                .expect(200)["page"]["total"],
            0
        );
        let overdue = foreign
            .get("/milestones?overdue=true&sort=-days_overdue&limit=200")
            .await
            .expect(200);
        assert!(
            overdue["data"]
                .as_array()
                .unwrap()
                .iter()
                .all(|one| one["project"]["id"] != id)
        );
        for path in ["", "/milestones", "/history"] {
            assert_eq!(
                foreign.get(&format!("/projects/{id}{path}")).await.refused(404),
                "not_found"
            );
            assert_eq!(
                foreign
                    .get(&format!("/projects/{HOSPITAL}{path}"))
                    .await
                    .refused(404),
                "not_found"
            );
        }
        assert_eq!(
            foreign
                .get(&format!("/projects/{id}?as_of=2024-03-01"))
                .await
                .refused(404),
            "not_found"
        );
        let events = foreign
            .get("/events?limit=200&kind=date.confirmed")
            .await
            .expect(200);
        assert!(
            events["data"].as_array().unwrap().is_empty(),
            "{role:?}: {events}"
        );
        let patch = foreign
            .patch(&format!("/projects/{id}"), 1, json!({ "title": "别人的" }))
            .await;
        assert_eq!(patch.refused(404), "not_found");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn owners_their_superiors_and_the_county_of_the_site_see_a_project() {
    let app = TestApp::start().await;
    for organisation in [RESPONSIBLE, LEAD, "minqin", "wuwei"] {
        let person = app.person(organisation, Role::Observer).await;
        person.get(&format!("/projects/{HOSPITAL}")).await.expect(200);
    }
    let education = app.person("wuwei.education", Role::Observer).await;
    assert_eq!(
        education.get(&format!("/projects/{HOSPITAL}")).await.refused(404),
        "not_found"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_right_that_is_taken_away_is_gone_at_once() {
    let app = TestApp::start().await;
    let clerk = app.person(RESPONSIBLE, Role::Staff).await;
    clerk.get(&format!("/projects/{HOSPITAL}")).await.expect(200);
    let administrator = app.person("wuwei", Role::Administrator).await;
    let memberships = administrator
        .get(&format!("/memberships?organisation={RESPONSIBLE}"))
        .await
        .expect(200);
    let membership = memberships["data"][0]["id"].as_str().unwrap();
    let end = format!("/memberships/{membership}/end");
    administrator
        .post_seen(&end, 1, json!({ "reason": "调离" }))
        .await
        .expect(200);
    assert_eq!(
        clerk.get(&format!("/projects/{HOSPITAL}")).await.refused(404),
        "not_found"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replaced_owner_no_longer_sees_the_project_and_the_new_one_does() {
    let app = TestApp::start().await;
    let planner = app.planner().await;
    let education = app.person("wuwei.education", Role::Staff).await;
    let health = app.person(LEAD, Role::Staff).await;
    let project = planner.get(&format!("/projects/{HOSPITAL}")).await.expect(200);
    let lead = project["owners"]
        .as_array()
        .unwrap()
        .iter()
        .find(|owner| owner["role"] == "lead")
        .unwrap();
    let item = json!({ "kind": "owner", "project_id": project["id"], "role": "lead", "version": lead["version"],
        "organisation": "wuwei.education" });
    planner
        .post("/confirmations", json!({ "items": [item] }))
        .await
        .expect(200);
    education.get(&format!("/projects/{HOSPITAL}")).await.expect(200);
    assert_eq!(
        health.get(&format!("/projects/{HOSPITAL}")).await.refused(404),
        "not_found"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn several_memberships_add_up_and_no_milestone_comes_twice() {
    let app = TestApp::start().await;
    let planner = app.planner().await;
    let mut dates = BTreeMap::new();
    for number in 1..=4 {
        dates.insert(number, "2024-02-01");
    }
    for code in [
        HOSPITAL,
        "wuwei-145.12-1.liangzhou-no1-kindergarten",
        "wuwei-145.5-1.cancer-hospital",
    ] {
        confirm(&planner, code, &dates).await;
    }
    // One of them lies under another, one is elsewhere, and two see the same project.
    let organisations = [RESPONSIBLE, "minqin", LEAD, "wuwei.education"];
    let (username, password) = app.account(organisations[0], Role::Observer).await;
    let mut expected = std::collections::BTreeSet::new();
    let administrator = app.person("wuwei", Role::Administrator).await;
    let users = administrator.get("/users?limit=200").await.expect(200);
    let user = users["data"]
        .as_array()
        .unwrap()
        .iter()
        .find(|user| user["username"] == json!(username))
        .unwrap();
    let list = "/milestones?overdue=true&sort=-days_overdue";
    for organisation in organisations {
        if organisation != organisations[0] {
            let body = json!({ "user_id": user["id"], "organisation": organisation, "role": "observer" });
            administrator.post("/memberships", body).await.expect(201);
        }
        let alone = app.person(organisation, Role::Observer).await;
        expected.extend(alone.get(&format!("{list}&limit=200")).await.ids());
    }
    assert!(expected.len() >= 8, "{}", expected.len());
    let person = app.sign_in(&username, &password).await;
    let whole = person
        .get(&format!("{list}&limit=200&include=total"))
        .await
        .expect(200);
    assert_eq!(whole["page"]["total"], json!(expected.len()));
    let mut paged: Vec<String> = Vec::new();
    let mut path = format!("{list}&limit=3");
    loop {
        let page = person.get(&path).await.expect(200);
        let ids = page["data"].as_array().unwrap().iter();
        paged.extend(ids.map(|one| one["id"].as_str().unwrap().to_owned()));
        let Some(cursor) = page["page"]["next_cursor"].as_str() else {
            break;
        };
        path = format!("{list}&limit=3&cursor={cursor}");
    }
    assert_eq!(paged.len(), expected.len(), "each once");
    assert_eq!(
        paged.into_iter().collect::<std::collections::BTreeSet<_>>(),
        expected
    );
}
