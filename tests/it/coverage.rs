//! How far projects cover the plan, and what they lack.

use std::collections::BTreeMap;

use guatu::kernel::Role;
use serde_json::{Value, json};

use crate::support::{HOSPITAL, TestApp, confirm, seeds};

fn programme(coverage: &Value, number: i64) -> &Value {
    coverage["programmes"]
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["number"] == number)
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_loaded_plan_covers_what_its_files_say() {
    let app = TestApp::start().await;
    let planner = app.planner().await;
    let coverage = planner.get("/plans/wuwei-145/coverage").await.expect(200);
    let files = seeds();
    assert_eq!(coverage["projects"], json!(files.projects.len()));
    assert_eq!(coverage["initiatives"], json!(files.initiatives.len()));
    assert_eq!(coverage["commitments"], json!(files.commitments.len()));
    assert_eq!(coverage["uncovered_initiatives"], 0);
    let in_doubt = files
        .projects
        .iter()
        .filter(|project| project.doubt.is_some())
        .count();
    assert_eq!(coverage["in_doubt"], json!(in_doubt));
    assert_eq!(coverage["programmes"].as_array().unwrap().len(), 21);
    // Box 1 holds the 25 indicators, and no item.
    let indicators = programme(&coverage, 1);
    assert_eq!(indicators["commitments"].as_array().unwrap().len(), 25);
    assert!(indicators["initiatives"].as_array().unwrap().is_empty());
    for one in coverage["programmes"].as_array().unwrap() {
        for item in one["initiatives"].as_array().unwrap() {
            let code = item["initiative"]["code"].as_str().unwrap();
            let stands = files
                .projects
                .iter()
                .filter(|project| {
                    project.initiative == code || project.second_initiative.as_deref() == Some(code)
                })
                .count();
            assert_eq!(item["projects"], json!(stands), "{code}");
        }
    }
    // A project that stands in two boxes is one in each, and one in all.
    let sum: i64 = coverage["programmes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["projects"].as_i64().unwrap())
        .sum();
    assert!(sum > coverage["projects"].as_i64().unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn confirmation_takes_a_project_out_of_the_proposals_and_sight_bounds_the_counts() {
    let app = TestApp::start().await;
    let planner = app.planner().await;
    let before = planner.get("/plans/wuwei-145/coverage").await.expect(200);
    confirm(&planner, HOSPITAL, &BTreeMap::from([(1, "2024-05-31")])).await;
    let after = planner.get("/plans/wuwei-145/coverage").await.expect(200);
    for lacking in ["only_proposals", "without_date"] {
        let count = |coverage: &Value| programme(coverage, 5)[lacking].as_i64().unwrap();
        assert_eq!(count(&after), count(&before) - 1, "{lacking}");
    }
    let county = app.person("gulang", Role::Reviewer).await;
    let theirs = county.get("/plans/wuwei-145/coverage").await.expect(200);
    let list = county.get("/projects?limit=1&include=total").await.expect(200);
    assert_eq!(theirs["projects"], list["page"]["total"]);
    assert!(theirs["projects"].as_i64() < after["projects"].as_i64());
    assert_eq!(
        theirs["commitments"], after["commitments"],
        "printed for everybody"
    );
    assert_eq!(
        planner.get("/plans/nowhere/coverage").await.refused(404),
        "not_found"
    );
    assert_eq!(
        planner
            .get("/plans/wuwei-145/coverage?region=1")
            .await
            .refused(400),
        "field.unknown"
    );
}
