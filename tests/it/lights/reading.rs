//! What is read of lights: views, filters, facets, timelines, tallies.

use guatu::kernel::Role;
use serde_json::{Value, json};

use super::{behind, light, version};
use crate::support::{HOSPITAL, LEAD, RESPONSIBLE, TestApp};

const LIGHTS: [&str; 5] = ["red", "yellow", "green", "blue", "grey"];

#[tokio::test(flavor = "multi_thread")]
async fn a_light_tells_its_reasons_with_figures_in_chinese_and_its_rule_version() {
    let app = TestApp::start().await;
    let planner = app.planner().await;
    let before = light(&planner, None).await;
    assert_eq!(before["worked_out"], "grey");
    assert_eq!(before["reasons"][0]["code"], "owner_unconfirmed");
    assert_eq!(before["reasons"][0]["text"], "责任单位尚未确认，不亮灯");
    behind(&planner).await;
    let after = light(&planner, None).await;
    assert_eq!(
        (&after["worked_out"], &after["shown"]),
        (&json!("yellow"), &json!("yellow"))
    );
    // From the day after the date on.
    assert_eq!(after["since"], "2024-02-11");
    assert_eq!(after["rule_version"], 1);
    assert_eq!(after["override"], Value::Null);
    let reason = &after["reasons"][0];
    assert_eq!(
        reason["params"],
        json!({ "planned": "20", "earned": "0", "behind": "20" })
    );
    assert_eq!(
        reason["text"],
        "到期应完成 20%，已完成 0%，落后计划进度 20 个百分点"
    );
    let whole = planner
        .get(&format!("/projects/{HOSPITAL}/light"))
        .await
        .expect(200);
    assert_eq!(whole["now"], after);
    let steps = whole["timeline"].as_array().unwrap();
    assert_eq!(steps[0]["light"], "yellow");
    assert_eq!(steps.last().unwrap()["until_on"], Value::Null);
    // At the end of May the start is due: yellow for itself, red for the forty points that are behind then.
    let may = steps.iter().find(|step| step["from_on"] == "2024-06-01").unwrap();
    assert_eq!(may["light"], "red");
    let codes: Vec<&str> = may["reasons"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["code"].as_str().unwrap())
        .collect();
    assert_eq!(codes, ["behind_points", "not_started"]);
    for pair in steps.windows(2) {
        assert_eq!(pair[0]["until_on"], pair[1]["from_on"]);
    }
    let stranger = app.person("gulang", Role::Observer).await;
    let path = format!("/projects/{HOSPITAL}/light");
    assert_eq!(stranger.get(&path).await.refused(404), "not_found");
    assert_eq!(
        planner.get(&format!("{path}?of=1")).await.refused(400),
        "field.unknown"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_filter_finds_what_the_view_shows_and_the_facet_counts_it() {
    let app = TestApp::start().await;
    let planner = app.planner().await;
    let confirmed = behind(&planner).await;
    let supervisor = app.supervisor().await;
    let all = planner
        .get("/projects?limit=200&programme=5&include=total,facets")
        .await
        .expect(200);
    let counted = |light: &str| {
        all["facets"]["light"]
            .as_array()
            .unwrap()
            .iter()
            .find(|one| one["value"] == light)
            .map_or(0, |one| one["count"].as_i64().unwrap())
    };
    let mut sum = 0;
    for light in LIGHTS {
        let path = format!("/projects?limit=200&programme=5&light={light}&include=total");
        let found = planner.get(&path).await.expect(200);
        let rows = found["data"].as_array().unwrap();
        assert!(rows.iter().all(|row| row["light"]["shown"] == light), "{light}");
        assert_eq!(found["page"]["total"], counted(light), "{light}");
        sum += rows.len();
    }
    assert_eq!(all["page"]["total"], sum);
    assert_eq!(counted("yellow"), 1);
    let either = planner
        .get("/projects?light=yellow&light=red&programme=5")
        .await
        .ids();
    assert_eq!(either, [confirmed.project["id"].as_str().unwrap()]);
    let milestones = planner
        .get("/milestones?light=yellow&limit=200&include=facets")
        .await
        .expect(200);
    assert_eq!(
        milestones["data"].as_array().unwrap().len(),
        confirmed.milestones.len()
    );
    assert!(milestones["facets"]["light"].is_array());
    // The page of what is overdue walks another way.
    let overdue = supervisor
        .get("/milestones?overdue=true&sort=-days_overdue&light=red")
        .await;
    assert!(overdue.ids().is_empty());
    let overdue = supervisor
        .get("/milestones?overdue=true&sort=-days_overdue&light=yellow")
        .await;
    assert_eq!(overdue.ids().len(), 1);
    assert_eq!(
        planner.get("/projects?light=amber").await.refused(400),
        "field.not_allowed"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn caught_up_is_green_with_a_note_and_a_past_day_keeps_its_light() {
    let app = TestApp::start().await;
    let confirmed = behind(&app.planner().await).await;
    app.pass_days(2);
    let clerk = app.person(RESPONSIBLE, Role::Staff).await;
    for milestone in &confirmed.milestones[..1] {
        let path = format!("/milestones/{}/report", milestone["id"].as_str().unwrap());
        let body = json!({ "actual_on": "2024-03-02" });
        clerk.post_seen(&path, version(milestone), body).await.expect(200);
    }
    let planner = app.planner().await;
    let now = light(&planner, None).await;
    assert_eq!(
        (&now["shown"], &now["since"]),
        (&json!("green"), &json!("2024-03-03"))
    );
    assert_eq!(
        (&now["recovered_from"], &now["reasons"]),
        (&json!("yellow"), &json!([]))
    );
    let then = light(&planner, Some("2024-03-02")).await;
    assert_eq!(
        (&then["shown"], &then["recovered_from"]),
        (&json!("yellow"), &Value::Null)
    );
    let found = |list: &str| format!("/projects?programme=5&{list}");
    assert_eq!(
        planner
            .get(&found("light=yellow&as_of=2024-03-02"))
            .await
            .ids()
            .len(),
        1
    );
    assert!(planner.get(&found("light=yellow")).await.ids().is_empty());
    // Sent back, it is behind again.
    let reviewer = app.person(LEAD, Role::Reviewer).await;
    for milestone in &confirmed.milestones[..1] {
        let path = format!("/milestones/{}/return", milestone["id"].as_str().unwrap());
        let body = json!({ "reason": "缺章" });
        reviewer
            .post_seen(&path, version(milestone) + 1, body)
            .await
            .expect(200);
    }
    assert_eq!(light(&planner, None).await["shown"], "yellow");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tallies_count_each_project_once_by_region_programme_organisation_and_month() {
    let app = TestApp::start().await;
    behind(&app.planner().await).await;
    app.pass_days(40);
    let planner = app.planner().await;
    let summary = planner.get("/summary?months=3").await.expect(200);
    assert_eq!(summary["day"], "2024-04-10");
    let of = |tally: &Value| {
        let lights: i64 = LIGHTS
            .iter()
            .map(|light| tally["lights"][*light].as_i64().unwrap())
            .sum();
        assert_eq!(tally["projects"], lights);
        lights
    };
    let whole = of(&summary["tally"]);
    for list in ["regions", "programmes", "organisations"] {
        let sum: i64 = summary[list]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| of(&one["tally"]))
            .sum();
        assert_eq!(sum, whole, "{list}");
    }
    assert_eq!(summary["regions"][0]["name"], "市本级");
    let minqin = summary["regions"]
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["regions"] == json!(["620621"]))
        .unwrap();
    assert_eq!(minqin["tally"]["lights"]["yellow"], 1);
    let sum: i64 = minqin["programmes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| of(&one["tally"]))
        .sum();
    assert_eq!(minqin["tally"]["projects"], sum);
    let months: Vec<(String, i64)> = summary["months"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            (
                one["day"].as_str().unwrap().to_owned(),
                one["tally"]["lights"]["yellow"].as_i64().unwrap(),
            )
        })
        .collect();
    let wanted = [("2024-01-31", 0), ("2024-02-29", 0), ("2024-03-31", 1)];
    assert_eq!(months, wanted.map(|(day, count)| (day.to_owned(), count)));
    // A past day's tallies are those of its day.
    let then = planner
        .get("/summary?as_of=2024-02-29&months=1")
        .await
        .expect(200);
    assert_eq!(then["tally"]["lights"]["yellow"], 0);
    let county = app.person("minqin", Role::Observer).await;
    let own = county.get("/summary").await.expect(200);
    assert!(of(&own["tally"]) < whole && own["tally"]["lights"]["yellow"] == 1);
    assert_eq!(
        planner.get("/summary?months=0").await.refused(400),
        "field.out_of_range"
    );
    assert_eq!(
        planner.get("/summary?as_of=2030-01-01").await.refused(400),
        "as_of.in_future"
    );
}
