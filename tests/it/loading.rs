//! Loading a plan's files: the same ones change nothing, a changed one just that, and what was confirmed or edited
//! stands.

use std::collections::BTreeMap;

use guatu::cli::load_into;
use serde_json::json;

use crate::support::{HOSPITAL, TestApp, confirm, seeds};

#[tokio::test(flavor = "multi_thread")]
async fn the_same_files_again_change_nothing_and_record_nothing() {
    let app = TestApp::start().await;
    let planner = app.planner().await;
    let before = planner.get("/events?limit=200&kind=plan.loaded").await.ids();
    let outcome = load_into(&app.db, &seeds()).await.unwrap();
    assert_eq!(
        (outcome.created, outcome.changed, outcome.differences.len()),
        (0, 0, 0),
        "{:?}",
        outcome.differences
    );
    assert!(outcome.unchanged > 300);
    assert_eq!(
        planner.get("/events?limit=200&kind=plan.loaded").await.ids(),
        before
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_file_changes_just_that_with_an_event() {
    let app = TestApp::start().await;
    let planner = app.planner().await;
    let mut files = seeds();
    let project = files
        .projects
        .iter_mut()
        .find(|project| project.code == HOSPITAL)
        .unwrap();
    project.title.push_str("（一期）");
    let outcome = load_into(&app.db, &files).await.unwrap();
    assert_eq!(
        (outcome.created, outcome.changed, outcome.differences.len()),
        (0, 1, 0)
    );
    let shown = planner.get(&format!("/projects/{HOSPITAL}")).await.expect(200);
    assert!(shown["title"].as_str().unwrap().ends_with("（一期）"));
    let found = planner.get("/projects?q=一期").await.ids();
    assert_eq!(found, [shown["id"].as_str().unwrap()]);
    let history = planner
        .get(&format!("/projects/{HOSPITAL}/history?limit=200"))
        .await
        .expect(200);
    let last = history["data"].as_array().unwrap().last().unwrap().clone();
    assert_eq!(
        (last["kind"].clone(), last["door"].clone()),
        (json!("record.edited"), json!("file"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_confirmed_or_edited_stands_and_the_difference_is_told() {
    let app = TestApp::start().await;
    let planner = app.planner().await;
    confirm(&planner, HOSPITAL, &BTreeMap::from([(1, "2024-05-05")])).await;
    planner
        .patch(
            &format!("/projects/{HOSPITAL}"),
            1,
            json!({ "title": "改过的名称" }),
        )
        .await
        .expect(200);
    let mut files = seeds();
    let project = files
        .projects
        .iter_mut()
        .find(|project| project.code == HOSPITAL)
        .unwrap();
    project.title.push_str("（二期）");
    for owner in &mut project.owners {
        owner.organisation = "wuwei.education".to_owned();
    }
    let kind = project.kind.clone();
    let kind = files.kinds.iter_mut().find(|one| one.code == kind).unwrap();
    kind.steps[0].due_percent -= 5;
    let outcome = load_into(&app.db, &files).await.unwrap();
    let told: Vec<(&str, &str)> = outcome
        .differences
        .iter()
        .map(|one| (one.code.as_str(), one.field.as_str()))
        .collect();
    assert!(told.contains(&(HOSPITAL, "title")), "{told:?}");
    assert!(
        told.contains(&(HOSPITAL, "lead")) && told.contains(&(HOSPITAL, "responsible")),
        "{told:?}"
    );
    let shown = planner.get(&format!("/projects/{HOSPITAL}")).await.expect(200);
    assert_eq!(shown["title"], "改过的名称");
    assert_eq!(shown["owners"][0]["organisation"]["code"], "wuwei.health");
    let milestones = planner
        .get(&format!("/projects/{HOSPITAL}/milestones"))
        .await
        .expect(200);
    assert_eq!(milestones["data"][0]["planned_on"], "2024-05-05");
}
