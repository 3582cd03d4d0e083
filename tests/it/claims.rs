//! A proposed owner says whether it is the owner; a planner decides.

use std::collections::BTreeMap;

use guatu::kernel::Role;
use serde_json::{Value, json};

use crate::support::{HOSPITAL, LEAD, Person, RESPONSIBLE, TestApp, confirm};

async fn owner(person: &Person<'_>, role: &str) -> Value {
    let project = person.get(&format!("/projects/{HOSPITAL}")).await.expect(200);
    let all = project["owners"].as_array().unwrap();
    all.iter().find(|owner| owner["role"] == role).unwrap().clone()
}

fn path(role: &str, word: &str) -> String {
    format!("/projects/{HOSPITAL}/owners/{role}/{word}")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_claim_or_dispute_stands_beside_the_proposal_until_a_planner_settles_it() {
    let app = TestApp::start().await;
    let planner = app.planner().await;
    let hospital = app.person(RESPONSIBLE, Role::Reviewer).await;
    let health = app.person(LEAD, Role::Reviewer).await;
    hospital
        .post_seen(&path("responsible", "claim"), 1, json!({}))
        .await
        .expect(200);
    let body = json!({ "reason": "改由教育局牵头", "organisation": "wuwei.education" });
    health
        .post_seen(&path("lead", "dispute"), 1, body)
        .await
        .expect(200);
    let lead = owner(&planner, "lead").await;
    assert_eq!(
        lead["claim"],
        json!({ "claim": "disputed", "reason": "改由教育局牵头",
            "suggested": lead["claim"]["suggested"], "said_on": "2024-03-01",
            "said_by_user_id": lead["claim"]["said_by_user_id"], "said_by": lead["claim"]["said_by"] })
    );
    assert_eq!(lead["claim"]["suggested"]["code"], "wuwei.education");
    assert_eq!(lead["claim"]["said_by"]["code"], LEAD);
    assert_eq!(lead["basis"], "inferred", "saying confirms nothing");
    // A clerk of a proposed owner that claims may report no more than before.
    let total = async |filter: &str| {
        let path = format!("/confirmations?include=total&limit=1&{filter}");
        planner.get(&path).await.expect(200)["page"]["total"]
            .as_i64()
            .unwrap()
    };
    assert_eq!(
        (total("claim=disputed").await, total("claim=claimed").await),
        (1, 1)
    );
    assert_eq!(total("claim=disputed&claim=claimed").await, 1, "one project");
    assert_eq!(
        planner
            .get("/projects?claim=disputed&include=total")
            .await
            .expect(200)["page"]["total"],
        1
    );
    // Said again, it is replaced; and it was as it was on its day.
    app.pass_days(1);
    let health = app.person(LEAD, Role::Reviewer).await;
    health
        .post_seen(
            &path("lead", "claim"),
            2,
            json!({ "reason": "经核对确由我委牵头" }),
        )
        .await
        .expect(200);
    let planner = app.planner().await;
    assert_eq!(owner(&planner, "lead").await["claim"]["claim"], "claimed");
    let then = planner
        .get(&format!("/projects/{HOSPITAL}?as_of=2024-03-01"))
        .await
        .expect(200);
    assert!(then.to_string().contains("改由教育局牵头"));
    confirm(&planner, HOSPITAL, &BTreeMap::new()).await;
    for role in ["lead", "responsible"] {
        let settled = owner(&planner, role).await;
        assert_eq!(
            (settled["basis"].clone(), settled["claim"].clone()),
            (json!("confirmed"), Value::Null)
        );
    }
    let history = planner
        .get(&format!("/projects/{HOSPITAL}/history?limit=200"))
        .await
        .expect(200);
    let said: Vec<&str> = history["data"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|event| event["kind"].as_str())
        .filter(|kind| matches!(*kind, "owner.claimed" | "owner.disputed"))
        .collect();
    assert_eq!(said, ["owner.claimed", "owner.disputed", "owner.claimed"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_proposed_organisation_s_reviewer_speaks_and_only_of_a_proposal() {
    let app = TestApp::start().await;
    let planner = app.planner().await;
    let dispute = json!({ "reason": "不归我" });
    for (organisation, role) in [
        (RESPONSIBLE, Role::Staff),
        ("minqin.health", Role::Reviewer),
        ("minqin", Role::Reviewer),
        (LEAD, Role::Reviewer),
        ("wuwei", Role::Planner),
    ] {
        let person = app.person(organisation, role).await;
        let refused = person
            .post_seen(&path("responsible", "dispute"), 1, dispute.clone())
            .await;
        assert_eq!(refused.refused(403), "forbidden", "{organisation} {role:?}");
    }
    let foreign = app.person("gulang.health", Role::Reviewer).await;
    let refused = foreign
        .post_seen(&path("responsible", "dispute"), 1, dispute.clone())
        .await;
    assert_eq!(refused.refused(404), "not_found");
    let hospital = app.person(RESPONSIBLE, Role::Reviewer).await;
    let say = async |role: &str, word: &str, version: i64, body: Value| {
        hospital.post_seen(&path(role, word), version, body).await
    };
    assert_eq!(
        say("supporting", "claim", 1, json!({})).await.refused(404),
        "not_found"
    );
    assert_eq!(
        say("responsible", "dispute", 1, json!({})).await.refused(400),
        "field.missing"
    );
    assert_eq!(
        say("responsible", "claim", 7, json!({})).await.refused(412),
        "precondition.stale"
    );
    let nobody = json!({ "reason": "不归我", "organisation": "nobody" });
    assert_eq!(
        say("responsible", "dispute", 1, nobody).await.refused(422),
        "field.not_found"
    );
    assert!(owner(&planner, "responsible").await["claim"].is_null());
    confirm(&planner, HOSPITAL, &BTreeMap::new()).await;
    assert_eq!(
        say("responsible", "dispute", 2, dispute).await.refused(409),
        "confirmation.already"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_planner_asks_the_proposed_owner_who_then_says_what_he_has_to_say() {
    let app = TestApp::start().await;
    let planner = app.planner().await;
    let asked = planner
        .post_seen(&path("lead", "ask"), 1, json!({}))
        .await
        .expect(200);
    assert_eq!(asked["code"], HOSPITAL);
    let lead = owner(&planner, "lead").await;
    assert_eq!(
        (&lead["claim"]["claim"], &lead["basis"]),
        (&json!("asked"), &json!("inferred"))
    );
    assert_eq!(lead["claim"]["said_by"]["code"], "wuwei");
    let listed = planner
        .get("/projects?claim=asked&include=total")
        .await
        .expect(200);
    assert_eq!(listed["page"]["total"], 1);
    // Nobody is asked twice, nor once he has said something; nor is it for anybody but a planner to ask.
    let again = planner.post_seen(&path("lead", "ask"), 2, json!({})).await;
    assert_eq!(again.refused(409), "claim.said");
    let health = app.person(LEAD, Role::Reviewer).await;
    let own = health.post_seen(&path("lead", "ask"), 2, json!({})).await;
    assert_eq!(own.refused(403), "forbidden");
    let supporting = planner.post_seen(&path("supporting", "ask"), 1, json!({})).await;
    assert_eq!(supporting.refused(404), "not_found");
    let stale = planner.post_seen(&path("responsible", "ask"), 7, json!({})).await;
    assert_eq!(stale.refused(412), "precondition.stale");
    health
        .post_seen(&path("lead", "claim"), 2, json!({}))
        .await
        .expect(200);
    assert_eq!(owner(&planner, "lead").await["claim"]["claim"], "claimed");
    confirm(&planner, HOSPITAL, &BTreeMap::new()).await;
    let settled = planner.post_seen(&path("lead", "ask"), 4, json!({})).await;
    assert_eq!(settled.refused(409), "confirmation.already");
}
