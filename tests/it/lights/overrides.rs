//! What a supervisor shows instead: visible beside what was worked out, with a reason, until its day.

use guatu::kernel::Role;
use serde_json::{Value, json};

use super::{behind, light, version};
use crate::support::{HOSPITAL, LEAD, RESPONSIBLE, TestApp};

const OVERRIDES: &str = "/projects/wuwei-145.5-2.minqin-peoples-hospital/light-overrides";

fn instead(light: &str, until_on: &str) -> Value {
    json!({ "light": light, "reason": "现场核查，已实质开工", "until_on": until_on })
}

#[tokio::test(flavor = "multi_thread")]
async fn an_override_is_shown_beside_what_was_worked_out_and_ends_by_itself_on_its_day() {
    let app = TestApp::start().await;
    let confirmed = behind(&app.planner().await).await;
    let seen = version(&confirmed.project);
    let supervisor = app.supervisor().await;
    let made = supervisor
        .post_seen(OVERRIDES, seen, instead("green", "2024-03-05"))
        .await
        .expect(201);
    assert_eq!(
        (&made["from_on"], &made["in_force"]),
        (&json!("2024-03-01"), &json!(true))
    );
    let now = light(&supervisor, None).await;
    assert_eq!(
        (&now["worked_out"], &now["shown"]),
        (&json!("yellow"), &json!("green"))
    );
    assert_eq!(now["override"]["reason"], "现场核查，已实质开工");
    assert_eq!(now["reasons"][0]["code"], "behind_points");
    assert_eq!(
        supervisor
            .get("/projects?programme=5&light=green")
            .await
            .ids()
            .len(),
        1
    );
    assert!(
        supervisor
            .get("/projects?programme=5&light=yellow")
            .await
            .ids()
            .is_empty()
    );
    let twice = supervisor
        .post_seen(OVERRIDES, seen, instead("red", "2024-03-05"))
        .await;
    assert_eq!(twice.refused(409), "light_override.exists");
    app.pass_days(4);
    let supervisor = app.supervisor().await;
    assert_eq!(light(&supervisor, None).await["shown"], "green");
    app.pass_days(1);
    let supervisor = app.supervisor().await;
    let after = light(&supervisor, None).await;
    assert_eq!(
        (&after["shown"], &after["override"]),
        (&json!("yellow"), &Value::Null)
    );
    assert_eq!(light(&supervisor, Some("2024-03-05")).await["shown"], "green");
    let as_of = "/projects?programme=5&light=green&as_of=2024-03-05";
    assert_eq!(supervisor.get(as_of).await.ids().len(), 1);
    let path = format!("/projects/{HOSPITAL}/light");
    let all = supervisor.get(&path).await.expect(200);
    assert_eq!(all["overrides"][0]["in_force"], false);
    // Its time is over: there is nothing to end, and room for another.
    let end = format!("{OVERRIDES}/{}/end", made["id"].as_str().unwrap());
    let over = supervisor.post_seen(&end, 1, json!({ "reason": "已到期" })).await;
    assert_eq!(over.refused(409), "light_override.over");
    supervisor
        .post_seen(OVERRIDES, seen, instead("red", "2024-03-20"))
        .await
        .expect(201);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_override_is_ended_before_its_day_and_the_days_before_keep_it() {
    let app = TestApp::start().await;
    let confirmed = behind(&app.planner().await).await;
    let supervisor = app.person("minqin", Role::Supervisor).await;
    let seen = version(&confirmed.project);
    let made = supervisor
        .post_seen(OVERRIDES, seen, instead("red", "2024-03-31"))
        .await
        .expect(201);
    app.pass_days(3);
    let supervisor = app.person("minqin", Role::Supervisor).await;
    let end = format!("{OVERRIDES}/{}/end", made["id"].as_str().unwrap());
    let body = json!({ "reason": "问题已解决" });
    assert_eq!(
        supervisor.post(&end, body.clone()).await.refused(428),
        "precondition.required"
    );
    assert_eq!(
        supervisor.post_seen(&end, 7, body.clone()).await.refused(412),
        "precondition.stale"
    );
    assert_eq!(
        supervisor.post_seen(&end, 1, json!({})).await.refused(400),
        "field.missing"
    );
    let ended = supervisor.post_seen(&end, 1, body.clone()).await.expect(200);
    assert_eq!(
        (&ended["ended_on"], &ended["in_force"]),
        (&json!("2024-03-04"), &json!(false))
    );
    assert_eq!(light(&supervisor, None).await["shown"], "yellow");
    let then = light(&supervisor, Some("2024-03-03")).await;
    assert_eq!(then["shown"], "red");
    // As it was known then.
    assert_eq!(
        (&then["override"]["ended_on"], &then["override"]["version"]),
        (&Value::Null, &json!(1))
    );
    assert_eq!(
        supervisor.post_seen(&end, 2, body).await.refused(409),
        "light_override.over"
    );
    let nothing = format!("{OVERRIDES}/{}/end", uuid::Uuid::nil());
    let absent = supervisor.post_seen(&nothing, 1, json!({ "reason": "无" })).await;
    assert_eq!(absent.refused(404), "not_found");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_a_supervisor_over_the_project_overrides_and_only_with_a_reason_and_a_day_to_come() {
    let app = TestApp::start().await;
    let confirmed = behind(&app.planner().await).await;
    let seen = version(&confirmed.project);
    let body = instead("green", "2024-03-05");
    for (organisation, role) in [
        ("wuwei", Role::Planner),
        ("wuwei", Role::Observer),
        ("wuwei", Role::Administrator),
        (LEAD, Role::Reviewer),
        (RESPONSIBLE, Role::Staff),
        // Nobody judges his own work.
        (RESPONSIBLE, Role::Supervisor),
        (LEAD, Role::Supervisor),
    ] {
        let person = app.person(organisation, role).await;
        assert_eq!(
            person.post_seen(OVERRIDES, seen, body.clone()).await.refused(403),
            "forbidden"
        );
    }
    let stranger = app.person("gulang", Role::Supervisor).await;
    assert_eq!(
        stranger
            .post_seen(OVERRIDES, seen, body.clone())
            .await
            .refused(404),
        "not_found"
    );
    let supervisor = app.supervisor().await;
    for (until, status) in [("2024-02-29", 422), ("2025-06-01", 422), ("soon", 400)] {
        let reply = supervisor
            .post_seen(OVERRIDES, seen, instead("green", until))
            .await;
        assert_eq!(reply.status, status, "{until}: {}", reply.body);
    }
    // Done is done by verification only.
    let blue = supervisor
        .post_seen(OVERRIDES, seen, instead("blue", "2024-03-05"))
        .await;
    assert_eq!(blue.refused(400), "field.not_allowed");
    let silent = json!({ "light": "green", "reason": " ", "until_on": "2024-03-05" });
    assert_eq!(
        supervisor.post_seen(OVERRIDES, seen, silent).await.refused(400),
        "field.empty"
    );
    assert_eq!(
        supervisor.post(OVERRIDES, body.clone()).await.refused(428),
        "precondition.required"
    );
    assert_eq!(
        supervisor.post_seen(OVERRIDES, 1_000, body).await.refused(412),
        "precondition.stale"
    );
    assert_eq!(light(&supervisor, None).await["override"], Value::Null);
}
