//! Rule sets: versions, previews, and the lights of past days by the rules of those days.

use std::path::Path;

use diesel_async::RunQueryDsl;
use guatu::db::{Door, Origin};
use guatu::kernel::{Actor, Role};
use guatu::plans::store as plans;
use guatu::projects::actions::light_spans::{Rebuilt, rebuild};
use serde_json::{Value, json};

use super::{behind, light};
use crate::support::{HOSPITAL, TestApp};

const RULES: &str = "/plans/wuwei-145/light-rules";
const PREVIEW: &str = "/plans/wuwei-145/light-rules/preview";

fn by_points() -> Value {
    json!({ "name": "更严的规则", "schedule": { "measure": "points", "yellow": "5", "yellow_included": true, "red": "15.5" } })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_begins_with_the_set_that_its_files_name_and_every_ready_made_set_is_told() {
    let app = TestApp::start().await;
    let clerk = app.person("minqin.peoples-hospital", Role::Staff).await;
    let versions = clerk.get(RULES).await.expect(200);
    assert_eq!(versions["data"].as_array().unwrap().len(), 1);
    assert_eq!(
        (&versions["data"][0]["version"], &versions["data"][0]["in_force"]),
        (&json!(1), &json!(true))
    );
    let sets = clerk.get("/light-rule-sets").await.expect(200);
    let mut codes: Vec<&str> = sets["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["code"].as_str().unwrap())
        .collect();
    assert_eq!(codes, ["default", "yinchuan-2025", "wuhan"]);
    assert_eq!(versions["data"][0]["rules"], sets["data"][0]["rules"]);
    // Each is a file, and each file is one.
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds/light-rules");
    let mut files: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| {
            entry
                .unwrap()
                .path()
                .file_stem()
                .unwrap()
                .to_str()
                .unwrap()
                .to_owned()
        })
        .collect();
    files.sort_unstable();
    codes.sort_unstable();
    assert_eq!(files, codes);
    assert_eq!(
        clerk.get("/plans/nowhere/light-rules").await.refused(404),
        "not_found"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_preview_tells_what_would_turn_and_changes_nothing() {
    let app = TestApp::start().await;
    let planner = app.planner().await;
    behind(&planner).await;
    let before = planner
        .get("/projects?limit=200&sort=name&programme=5")
        .await
        .expect(200);
    for body in [json!({ "set": "wuhan" }), json!({ "rules": by_points() })] {
        let found = planner.post(PREVIEW, body).await.expect(200);
        let turned = found["counts"]
            .as_array()
            .unwrap()
            .iter()
            .find(|one| one["from"] != one["to"])
            .unwrap();
        assert_eq!(turned, &json!({ "from": "yellow", "to": "red", "count": 1 }));
        assert_eq!(found["changed"], 1);
        assert_eq!(found["projects"][0]["project"]["code"], HOSPITAL);
        assert!(
            found["projects"][0]["reasons"][0]["text"]
                .as_str()
                .unwrap()
                .contains("20%")
        );
        let total: i64 = found["counts"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["count"].as_i64().unwrap())
            .sum();
        let all = planner.get("/projects?limit=1&include=total").await.expect(200);
        assert_eq!(all["page"]["total"], total);
    }
    let after = planner
        .get("/projects?limit=200&sort=name&programme=5")
        .await
        .expect(200);
    assert_eq!(before["data"], after["data"]);
    assert_eq!(
        planner.get(RULES).await.expect(200)["data"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn new_rules_hold_from_their_day_on_and_a_past_day_keeps_the_rules_it_had() {
    let app = TestApp::start().await;
    behind(&app.planner().await).await;
    app.pass_days(3);
    let planner = app.planner().await;
    let body = json!({ "set": "wuhan", "reason": "按市里要求从严" });
    let made = planner.post_seen(RULES, 1, body.clone()).await.expect(201);
    assert_eq!(
        (&made["version"], &made["reason"]),
        (&json!(2), &json!("按市里要求从严"))
    );
    let now = light(&planner, None).await;
    assert_eq!((&now["shown"], &now["rule_version"]), (&json!("red"), &json!(2)));
    assert_eq!(now["reasons"][0]["code"], "behind_ratio");
    let then = light(&planner, Some("2024-03-03")).await;
    assert_eq!(
        (&then["shown"], &then["rule_version"]),
        (&json!("yellow"), &json!(1))
    );
    let as_of = "/projects?programme=5&light=yellow&as_of=2024-03-03";
    assert_eq!(planner.get(as_of).await.ids().len(), 1);
    assert_eq!(
        planner.get("/projects?programme=5&light=red").await.ids().len(),
        1
    );
    let versions = planner.get(RULES).await.expect(200);
    let all: Vec<i64> = versions["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["version"].as_i64().unwrap())
        .collect();
    assert_eq!(all, [2, 1]);
    assert_eq!(
        planner.post_seen(RULES, 2, body.clone()).await.refused(409),
        "light_rules.same"
    );
    assert_eq!(
        planner.post_seen(RULES, 1, body.clone()).await.refused(412),
        "precondition.stale"
    );
    assert_eq!(
        planner.post(RULES, body).await.refused(428),
        "precondition.required"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_that_cannot_be_used_and_people_who_may_not_choose_them_are_refused() {
    let app = TestApp::start().await;
    let planner = app.planner().await;
    let mut broken = by_points();
    broken["schedule"]["red"] = json!("5");
    broken["start"] = json!({ "yellow": 2, "red": 1 });
    let refused = planner
        .post_seen(RULES, 1, json!({ "rules": broken, "reason": "试" }))
        .await;
    let told = refused.body["errors"].as_array().unwrap().clone();
    assert_eq!(refused.refused(422), "light_rules.order");
    let pointers: Vec<&str> = told.iter().map(|one| one["pointer"].as_str().unwrap()).collect();
    assert_eq!(pointers, ["/rules/start/red", "/rules/schedule/red"]);
    let empty = json!({ "rules": { "name": "空" } });
    let many = json!({ "rules": { "name": "空", "start": { "yellow": "many" } } });
    let amber = json!({ "rules": { "name": "空", "start": { "amber": 1 } } });
    for (body, status, pointer, code) in [
        (empty, 422, "/rules", "light_rules.empty"),
        (many, 400, "/rules/start/yellow", "field.type"),
        (amber, 400, "/rules/start/amber", "field.unknown"),
        (
            json!({ "rules": by_points(), "set": "wuhan" }),
            400,
            "/set",
            "field.duplicate",
        ),
        (json!({ "set": "nowhere" }), 400, "/set", "field.not_allowed"),
        (json!({}), 400, "/rules", "field.missing"),
    ] {
        let reply = planner.post(PREVIEW, body.clone()).await;
        let fault = &reply.body["errors"][0];
        assert_eq!(
            (reply.status, &fault["pointer"], &fault["code"]),
            (status, &json!(pointer), &json!(code)),
            "{body}: {}",
            reply.body
        );
    }
    let body = json!({ "set": "wuhan", "reason": "试" });
    for (organisation, role) in [
        ("wuwei", Role::Supervisor),
        ("wuwei", Role::Administrator),
        ("minqin", Role::Planner),
    ] {
        let person = app.person(organisation, role).await;
        assert_eq!(
            person.post_seen(RULES, 1, body.clone()).await.refused(403),
            "forbidden"
        );
        assert_eq!(
            person.post(PREVIEW, json!({ "set": "wuhan" })).await.refused(403),
            "forbidden"
        );
    }
    assert_eq!(
        planner
            .post_seen("/plans/nowhere/light-rules", 1, body)
            .await
            .refused(404),
        "not_found"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn spans_that_somebody_wrote_by_hand_are_found_and_rebuilt() {
    let app = TestApp::start().await;
    let planner = app.planner().await;
    behind(&planner).await;
    let right = light(&planner, None).await;
    let mut superuser = app.superuser().await;
    for table in ["light_spans", "light_span_versions"] {
        diesel::sql_query(format!(
            "UPDATE {table} SET light = 'green', reasons = '[]' WHERE light = 'yellow'"
        ))
        .execute(&mut superuser)
        .await
        .unwrap();
    }
    assert_eq!(light(&planner, None).await["shown"], "green");
    let origin = Origin {
        actor: Actor::System,
        door: Door::Command,
        trace_id: "rebuild".to_owned(),
    };
    let rebuilt = async || {
        app.db
            .write(&origin, async |tx| {
                let plan = plans::plan(tx.conn(), "wuwei-145").await?;
                rebuild(tx, &plan).await
            })
            .await
            .unwrap()
    };
    assert_eq!(
        (rebuilt().await.projects, rebuilt().await),
        (1, Rebuilt::default())
    );
    assert_eq!(light(&planner, None).await, right);
    // A span of which no version is kept, then a version of which there is no span.
    for (table, projects) in [("light_span_versions", 0), ("light_spans", 1)] {
        diesel::sql_query(format!("DELETE FROM {table} WHERE light = 'yellow'"))
            .execute(&mut superuser)
            .await
            .unwrap();
        let found = rebuilt().await;
        assert_eq!((found.projects, found.versions), (projects, 1), "{table}");
        assert_eq!(light(&planner, None).await, right);
    }
    assert_eq!(rebuilt().await, Rebuilt::default());
}
