//! Users and memberships: how far an administrator reaches, and each refusal.

use guatu::kernel::Role;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{LEAD, Person, RESPONSIBLE, TestApp, fresh_key};

async fn id_of(person: &Person<'_>) -> String {
    let me = person.get("/auth/me").await.expect(200);
    me["user"]["id"].as_str().unwrap().to_owned()
}

async fn membership_of(administrator: &Person<'_>, user: &str) -> (String, i64) {
    let found = administrator
        .get(&format!("/memberships?user={user}"))
        .await
        .expect(200);
    let one = &found["data"][0];
    (
        one["id"].as_str().unwrap().to_owned(),
        one["version"].as_i64().unwrap(),
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_county_administrator_reaches_his_county_and_nobody_who_also_stands_above_it() {
    let app = TestApp::start().await;
    let city = app.person("wuwei", Role::Administrator).await;
    let county = app.person("minqin", Role::Administrator).await;
    let own = app.person(RESPONSIBLE, Role::Staff).await;
    let foreign = app.person("gulang", Role::Staff).await;
    let (own, foreign) = (id_of(&own).await, id_of(&foreign).await);
    county.get(&format!("/users/{own}")).await.expect(200);
    for path in [format!("/users/{foreign}"), format!("/users/{foreign}/sessions")] {
        assert_eq!(county.get(&path).await.refused(404), "not_found");
    }
    let listed = county.get("/users?limit=200").await.ids();
    assert!(listed.contains(&own) && !listed.contains(&foreign));
    county
        .patch(&format!("/users/{own}"), 1, json!({ "display_name": "王某" }))
        .await
        .expect(200);
    // A role above his county: seen still, changed no more, or resetting a password would give those rights.
    let grant = json!({ "user_id": own, "organisation": LEAD, "role": "reviewer" });
    city.post("/memberships", grant).await.expect(201);
    county.get(&format!("/users/{own}")).await.expect(200);
    let edit = county
        .patch(&format!("/users/{own}"), 2, json!({ "display_name": "李某" }))
        .await;
    assert_eq!(edit.refused(403), "forbidden");
    let reset = county
        .post_seen(&format!("/users/{own}/reset-password"), 2, json!({}))
        .await;
    assert_eq!(reset.refused(403), "forbidden");
    // He sees only the memberships of his own county.
    let shown = county.get(&format!("/users/{own}")).await.expect(200);
    assert_eq!(shown["memberships"].as_array().unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_resets_disables_promotes_or_ends_himself() {
    let app = TestApp::start().await;
    let administrator = app.person("wuwei", Role::Administrator).await;
    let me = id_of(&administrator).await;
    let (membership, version) = membership_of(&administrator, &me).await;
    let reset = format!("/users/{me}/reset-password");
    assert_eq!(
        administrator.post_seen(&reset, 1, json!({})).await.refused(403),
        "forbidden"
    );
    let disable = json!({ "disabled": true, "disabled_reason": "试" });
    let refused = administrator.patch(&format!("/users/{me}"), 1, disable).await;
    assert_eq!(refused.refused(403), "forbidden");
    let grant = json!({ "user_id": me, "organisation": "wuwei", "role": "planner" });
    assert_eq!(
        administrator.post("/memberships", grant).await.refused(403),
        "forbidden"
    );
    let end = format!("/memberships/{membership}/end");
    let refused = administrator
        .post_seen(&end, version, json!({ "reason": "试" }))
        .await;
    assert_eq!(refused.refused(403), "forbidden");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_membership_is_given_and_ended_once_and_only_where_it_makes_sense() {
    let app = TestApp::start().await;
    let city = app.person("wuwei", Role::Administrator).await;
    let county = app.person("minqin", Role::Administrator).await;
    let user = id_of(&app.person(RESPONSIBLE, Role::Staff).await).await;
    let foreign = id_of(&app.person("gulang", Role::Staff).await).await;
    let grant = |user: &str, organisation: &str, role: &str, plan: Value| json!({ "user_id": user, "organisation": organisation, "role": role, "plan": plan });
    let codes = |reply: &crate::support::Reply| -> Vec<String> {
        reply.body["errors"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| {
                format!(
                    "{} {}",
                    one["pointer"].as_str().unwrap(),
                    one["code"].as_str().unwrap()
                )
            })
            .collect()
    };
    // Somebody out of sight is as somebody who is not there.
    for absent in [foreign.as_str(), &uuid::Uuid::nil().to_string()] {
        let reply = county
            .post("/memberships", grant(absent, RESPONSIBLE, "staff", Value::Null))
            .await;
        assert_eq!(
            (reply.status, codes(&reply)),
            (422, vec!["/user_id field.not_found".to_owned()])
        );
    }
    let reply = city
        .post(
            "/memberships",
            grant(&user, "nowhere", "administrator", json!("wuwei-145")),
        )
        .await;
    assert_eq!(reply.status, 422);
    assert_eq!(
        codes(&reply),
        ["/plan field.not_allowed", "/organisation field.not_found"]
    );
    let again = county
        .post("/memberships", grant(&user, RESPONSIBLE, "staff", Value::Null))
        .await;
    assert_eq!(again.refused(409), "membership.exists");
    let above = county
        .post("/memberships", grant(&user, LEAD, "staff", Value::Null))
        .await;
    assert_eq!(above.refused(403), "forbidden");

    let key = fresh_key();
    let body = grant(&user, RESPONSIBLE, "reviewer", json!("wuwei-145"));
    let keyed = [("Idempotency-Key", key.as_str())];
    let first = county
        .send(Method::POST, "/memberships", Some(body.clone()), &keyed)
        .await
        .expect(201);
    let replayed = county
        .send(Method::POST, "/memberships", Some(body.clone()), &keyed)
        .await
        .expect(201);
    assert_eq!(first, replayed);
    let other = grant(&user, RESPONSIBLE, "observer", Value::Null);
    let reused = county
        .send(Method::POST, "/memberships", Some(other), &keyed)
        .await;
    assert_eq!(reused.refused(422), "idempotency.key_reused");
    let keyless = county.send(Method::POST, "/memberships", Some(body), &[]).await;
    assert_eq!(keyless.refused(400), "idempotency.key_missing");

    let end = format!("/memberships/{}/end", first["id"].as_str().unwrap());
    let gulang = app.person("gulang", Role::Administrator).await;
    // Out of sight comes before what the request lacks.
    assert_eq!(
        gulang.post(&end, json!({ "reason": "调离" })).await.refused(404),
        "not_found"
    );
    assert_eq!(
        county.post(&end, json!({ "reason": "调离" })).await.refused(428),
        "precondition.required"
    );
    assert_eq!(
        county
            .post_seen(&end, 9, json!({ "reason": "调离" }))
            .await
            .refused(412),
        "precondition.stale"
    );
    county
        .post_seen(&end, 1, json!({ "reason": "调离" }))
        .await
        .expect(200);
    let twice = county.post_seen(&end, 2, json!({ "reason": "调离" })).await;
    assert_eq!(twice.refused(409), "membership.ended");

    let version = county.get(&format!("/users/{user}")).await.expect(200)["version"]
        .as_i64()
        .unwrap();
    let disable = json!({ "disabled": true, "disabled_reason": "离职" });
    county
        .patch(&format!("/users/{user}"), version, disable)
        .await
        .expect(200);
    let disabled = county
        .post("/memberships", grant(&user, RESPONSIBLE, "observer", Value::Null))
        .await;
    assert_eq!(disabled.refused(409), "user.disabled");
    let reset = format!("/users/{user}/reset-password");
    let refused = county.post_seen(&reset, version + 1, json!({})).await;
    assert_eq!(refused.refused(409), "user.disabled");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_user_needs_a_name_of_his_own_and_a_place_within_reach() {
    let app = TestApp::start().await;
    let county = app.person("minqin", Role::Administrator).await;
    let new = |username: &str, organisation: &str| json!({ "username": username, "display_name": "新人", "organisation": organisation, "role": "staff" });
    county
        .post("/users", new("newcomer", RESPONSIBLE))
        .await
        .expect(201);
    let taken = county.post("/users", new("newcomer", RESPONSIBLE)).await;
    assert_eq!(taken.refused(409), "user.username_taken");
    assert_eq!(
        county.post("/users", new("another", "gulang")).await.refused(403),
        "forbidden"
    );
    let unknown = county.post("/users", new("another", "nowhere")).await;
    assert_eq!(unknown.body["errors"][0]["pointer"], "/organisation");
    assert_eq!(unknown.status, 422);
    let broken = county
        .post(
            "/users",
            json!({ "username": "A B", "role": "king", "colour": 1 }),
        )
        .await;
    let pointers: Vec<&str> = broken.body["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["pointer"].as_str().unwrap())
        .collect();
    assert_eq!(broken.status, 400);
    for pointer in ["/display_name", "/organisation", "/role", "/colour"] {
        assert!(pointers.contains(&pointer), "{pointer} is not among {pointers:?}");
    }
    let clerk = app.person(RESPONSIBLE, Role::Staff).await;
    assert_eq!(
        clerk.post("/users", new("third", RESPONSIBLE)).await.refused(403),
        "forbidden"
    );
    assert_eq!(clerk.get("/users").await.refused(403), "forbidden");
}
