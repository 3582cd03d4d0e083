//! Promised numbers as a reason of the lights of the projects that serve them.

use std::collections::BTreeMap;

use guatu::kernel::Role;
use serde_json::{Value, json};

use super::version;
use crate::support::{Person, TestApp, confirm};

const HOME: &str = "wuwei-145.6-4.city-elderly-home";
const BEDS: &str = "/commitments/wuwei-145.6-4.beds-added";
const OWNER: &str = "wuwei.civil-affairs";
const RULES: &str = "/plans/wuwei-145/light-rules";

/// A hundred per cent of five hundred beds by the end of 2025: behind by ten points of the way is yellow, by thirty red.
fn rules(measure: &str, yellow: &str, red: &str) -> Value {
    json!({ "name": "承诺入灯", "commitment":
        { "measure": measure, "yellow": yellow, "red": red, "breached": "yellow", "missed": "red" } })
}

async fn shown(person: &Person<'_>, as_of: Option<&str>) -> (String, Vec<String>) {
    let query = as_of.map(|day| format!("?as_of={day}")).unwrap_or_default();
    let project = person.get(&format!("/projects/{HOME}{query}")).await.expect(200);
    let light = &project["light"];
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let reasons = light["reasons"].as_array().unwrap().iter();
    let of_promises = reasons.filter(|one| one["dimension"] == "commitment");
    (
        text(&light["shown"]),
        of_promises.map(|one| text(&one["text"])).collect(),
    )
}

/// Files a figure that speaks of a day, and has it confirmed; as it is then.
async fn observe(app: &TestApp, on: &str, value: &str) -> Value {
    let clerk = app.person(OWNER, Role::Staff).await;
    let body = json!({ "observed_on": on, "value": value, "source": "民政统计" });
    let filed = clerk
        .post(&format!("{BEDS}/observations"), body)
        .await
        .expect(201);
    let path = format!("/observations/{}/confirm", filed["id"].as_str().unwrap());
    app.planner()
        .await
        .post_seen(&path, version(&filed), json!({}))
        .await
        .expect(200)
}

/// The home with its dates far off, so that nothing but the promise turns its light; the promise with its owner.
async fn serving(app: &TestApp) {
    let planner = app.planner().await;
    confirm(&planner, HOME, &BTreeMap::new()).await;
    let seen = version(&planner.get(BEDS).await.expect(200));
    planner
        .patch(BEDS, seen, json!({ "owner": OWNER }))
        .await
        .expect(200);
    let body = json!({ "rules": rules("points", "10", "30"), "reason": "承诺进展纳入亮灯" });
    planner.post_seen(RULES, 1, body).await.expect(201);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_figure_turns_the_light_of_whoever_serves_the_promise_as_soon_as_it_counts() {
    let app = TestApp::start().await;
    serving(&app).await;
    let planner = app.planner().await;
    assert_eq!(shown(&planner, None).await, ("grey".to_owned(), vec![]));
    // By the end of 2023, 299.7 of 500 beds should be there: 230 lack 14 points of the way.
    app.pass_days(1);
    let confirmed = observe(&app, "2023-12-31", "230").await;
    let planner = app.planner().await;
    let (light, reasons) = shown(&planner, None).await;
    assert_eq!(light, "yellow");
    assert_eq!(reasons.len(), 1);
    for word in ["新增养老床位", "230", "299.7", "2023-12-31", "13.9"] {
        assert!(reasons[0].contains(word), "{word}: {}", reasons[0]);
    }
    // The list, the facet, the tallies and the promise itself say the same.
    let found = planner
        .get("/projects?programme=6&light=yellow&include=facets")
        .await
        .expect(200);
    let codes: Vec<&Value> = found["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["code"])
        .collect();
    assert_eq!(codes, [HOME]);
    let facet = found["facets"]["light"].as_array().unwrap();
    let yellow = facet.iter().find(|one| one["value"] == "yellow").unwrap();
    assert_eq!(yellow["count"], 1);
    let rates = planner.get("/tallies?programme=6").await.expect(200);
    assert_eq!(rates["all"]["lights"]["yellow"], 1);
    let promise = planner.get(BEDS).await.expect(200);
    assert_eq!(promise["course"]["standing"], "behind");
    // The day before has its own light; one sent back counts no more.
    app.pass_days(1);
    assert_eq!(shown(&app.planner().await, Some("2024-03-01")).await.0, "grey");
    let back = format!("/observations/{}/return", confirmed["id"].as_str().unwrap());
    let planner = app.planner().await;
    planner
        .post_seen(&back, version(&confirmed), json!({ "reason": "口径有误" }))
        .await
        .expect(200);
    assert_eq!(shown(&planner, None).await, ("grey".to_owned(), vec![]));
    assert_eq!(shown(&planner, Some("2024-03-02")).await.0, "yellow");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_promise_in_doubt_is_yellow_at_most_until_a_planner_has_resolved_it() {
    let app = TestApp::start().await;
    serving(&app).await;
    observe(&app, "2023-12-31", "50").await;
    let planner = app.planner().await;
    assert_eq!(shown(&planner, None).await.0, "yellow");
    let promise = planner.get(BEDS).await.expect(200);
    assert_eq!(
        (&promise["strength"], &promise["may_turn_red"]),
        (&json!("firm"), &json!(false))
    );
    let resolved = json!({ "doubt_resolution": "按三家养老机构合计新增 500 张掌握" });
    planner.patch(BEDS, version(&promise), resolved).await.expect(200);
    assert_eq!(shown(&planner, None).await.0, "red");
    assert_eq!(planner.get(BEDS).await.expect(200)["may_turn_red"], true);
    // The due day passes without it: it says so, with no other change.
    app.pass_days(672);
    let planner = app.planner().await;
    let (light, reasons) = shown(&planner, None).await;
    assert_eq!(light, "red");
    assert!(reasons[0].contains("2025-12-31 到期未达到"), "{}", reasons[0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn thresholds_are_data_of_the_rules_and_a_preview_tells_what_they_would_turn() {
    let app = TestApp::start().await;
    serving(&app).await;
    observe(&app, "2023-12-31", "230").await;
    let planner = app.planner().await;
    // 230 of 299.7 are 76.7 per cent of what should be there.
    let body = json!({ "rules": rules("ratio", "70", "60") });
    let preview = planner
        .post(&format!("{RULES}/preview"), body.clone())
        .await
        .expect(200);
    assert_eq!(preview["changed"], 1);
    let turned = &preview["projects"][0];
    assert_eq!(
        (&turned["project"]["code"], &turned["from"], &turned["to"]),
        (&json!(HOME), &json!("yellow"), &json!("grey"))
    );
    assert_eq!(shown(&planner, None).await.0, "yellow");
    let body = json!({ "rules": rules("ratio", "80", "60"), "reason": "改按比例" });
    planner.post_seen(RULES, 2, body).await.expect(201);
    let (light, reasons) = shown(&planner, None).await;
    assert_eq!(light, "yellow");
    assert!(reasons[0].contains("只达到应有进度的 76.7"), "{}", reasons[0]);
    for (rule, pointer, code) in [
        (json!({}), "/rules/commitment", "light_rules.empty"),
        (
            json!({ "yellow": "10" }),
            "/rules/commitment/measure",
            "field.missing",
        ),
        (
            json!({ "measure": "points" }),
            "/rules/commitment/yellow",
            "field.missing",
        ),
        (
            json!({ "measure": "points", "yellow": "100.5" }),
            "/rules/commitment/yellow",
            "field.out_of_range",
        ),
        (
            json!({ "measure": "points", "yellow": "30", "red": "10" }),
            "/rules/commitment/red",
            "light_rules.order",
        ),
        (
            json!({ "measure": "ratio", "yellow": "60", "red": "80" }),
            "/rules/commitment/red",
            "light_rules.order",
        ),
    ] {
        let body = json!({ "rules": { "name": "错的", "commitment": rule } });
        // What no figure may be is a matter of form.
        let status = if code == "field.out_of_range" { 400 } else { 422 };
        let refused = planner
            .post(&format!("{RULES}/preview"), body)
            .await
            .expect(status);
        let faults: Vec<(&str, &str)> = refused["errors"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| (one["pointer"].as_str().unwrap(), one["code"].as_str().unwrap()))
            .collect();
        assert_eq!(faults, [(pointer, code)]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn figures_confirmed_at_once_with_a_change_of_the_project_wait_for_each_other() {
    let app = TestApp::start().await;
    serving(&app).await;
    let clerk = app.person(OWNER, Role::Staff).await;
    let mut filed = Vec::new();
    for (on, value) in [
        ("2023-06-30", "100"),
        ("2023-09-30", "110"),
        ("2023-12-31", "120"),
    ] {
        let body = json!({ "observed_on": on, "value": value, "source": "民政统计" });
        let one = clerk
            .post(&format!("{BEDS}/observations"), body)
            .await
            .expect(201);
        filed.push(format!("/observations/{}/confirm", one["id"].as_str().unwrap()));
    }
    let planner = app.planner().await;
    let project = version(&planner.get(&format!("/projects/{HOME}")).await.expect(200));
    let confirmations = filed.iter().map(|path| planner.post_seen(path, 1, json!({})));
    let stop = json!({ "reason": "资金未到位", "review_on": "2024-06-01" });
    let suspend = format!("/projects/{HOME}/suspend");
    let (confirmed, stopped) = futures::join!(
        futures::future::join_all(confirmations),
        planner.post_seen(&suspend, project, stop),
    );
    for one in confirmed {
        one.expect(200);
    }
    stopped.expect(200);
    let (light, reasons) = shown(&planner, None).await;
    assert_eq!(light, "yellow");
    assert!(reasons[0].contains("120"), "{}", reasons[0]);
    let project = planner.get(&format!("/projects/{HOME}")).await.expect(200);
    assert_eq!(project["suspended_reason"], "资金未到位");
}
