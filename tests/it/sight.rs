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
