//! Organisations: who may change the tree, and what it does not allow.

use guatu::kernel::Role;
use serde_json::json;

use crate::support::{HOSPITAL, LEAD, RESPONSIBLE, TestApp};

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_changes_his_subtree_and_nothing_leaves_or_enters_it() {
    let app = TestApp::start().await;
    let county = app.person("minqin", Role::Administrator).await;
    let new = |code: &str, parent: &str| json!({ "code": code, "name": "某卫生院", "kind": "institution", "parent": parent, "region": "620621" });
    let made = county
        .post("/organisations", new("minqin.some-clinic", "minqin.health"))
        .await
        .expect(201);
    assert_eq!(made["code"], "minqin.some-clinic");
    let taken = county
        .post("/organisations", new("minqin.some-clinic", "minqin.health"))
        .await;
    assert_eq!(taken.refused(409), "code.taken");
    assert_eq!(
        county
            .post("/organisations", new("gulang.some-clinic", "gulang.health"))
            .await
            .refused(403),
        "forbidden"
    );
    let nowhere = county
        .post("/organisations", new("minqin.other-clinic", "nowhere"))
        .await;
    assert_eq!(
        (nowhere.status, &nowhere.body["errors"][0]["pointer"]),
        (422, &json!("/parent"))
    );

    let path = "/organisations/minqin.some-clinic";
    // Out of one's subtree: it would hand the organisation to somebody else.
    let out = county.patch(path, 1, json!({ "parent": "gulang.health" })).await;
    assert_eq!(out.refused(403), "forbidden");
    let code = county.patch(path, 1, json!({ "code": "other" })).await;
    assert_eq!(code.body["errors"][0]["pointer"], "/code");
    assert_eq!(code.status, 400);
    assert_eq!(
        county
            .patch(path, 7, json!({ "name": "改名" }))
            .await
            .refused(412),
        "precondition.stale"
    );
    let renamed = county.patch(path, 1, json!({ "name": "改名" })).await.expect(200);
    assert_eq!(
        (&renamed["name"], &renamed["version"]),
        (&json!("改名"), &json!(2))
    );
    let period = json!({ "valid_from": "2024-01-01", "valid_to": "2023-01-01" });
    let backwards = county.patch(path, 2, period).await;
    assert_eq!(
        (backwards.status, &backwards.body["errors"][0]["pointer"]),
        (422, &json!("/valid_to"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tree_has_no_circle_and_what_is_in_use_is_not_archived() {
    let app = TestApp::start().await;
    let city = app.person("wuwei", Role::Administrator).await;
    let version = |code: &str| {
        let (city, path) = (&city, format!("/organisations/{code}"));
        async move { city.get(&path).await.expect(200)["version"].as_i64().unwrap() }
    };
    let circle = city
        .patch(
            "/organisations/minqin",
            version("minqin").await,
            json!({ "parent": "minqin.health" }),
        )
        .await;
    assert_eq!(circle.refused(409), "organisation.cycle");
    for code in ["minqin", RESPONSIBLE, LEAD] {
        let used = city
            .patch(
                &format!("/organisations/{code}"),
                version(code).await,
                json!({ "archived_reason": "撤并" }),
            )
            .await;
        assert_eq!(used.refused(409), "organisation.in_use", "{code}");
    }
    let new = json!({ "code": "wuwei.spare", "name": "备用单位", "kind": "institution", "parent": "wuwei",
        "region": "620600" });
    city.post("/organisations", new).await.expect(201);
    let archived = city
        .patch(
            "/organisations/wuwei.spare",
            1,
            json!({ "archived_reason": "撤并" }),
        )
        .await
        .expect(200);
    assert_eq!(archived["archived_reason"], "撤并");
    let user = app
        .person(LEAD, Role::Staff)
        .await
        .get("/auth/me")
        .await
        .expect(200);
    let grant = json!({ "user_id": user["user"]["id"], "organisation": "wuwei.spare", "role": "staff" });
    assert_eq!(
        city.post("/memberships", grant).await.refused(409),
        "organisation.archived"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_moved_organisation_takes_its_sight_with_it() {
    let app = TestApp::start().await;
    let city = app.person("wuwei", Role::Administrator).await;
    let department = app.person("minqin.education", Role::Reviewer).await;
    let path = format!("/projects/{HOSPITAL}");
    assert_eq!(department.get(&path).await.refused(404), "not_found");
    let moved = json!({ "parent": "minqin.education" });
    city.patch(&format!("/organisations/{RESPONSIBLE}"), 1, moved)
        .await
        .expect(200);
    department.get(&path).await.expect(200);
}
