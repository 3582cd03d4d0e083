//! Any past day answers as the live product answered at the end of it.

use std::collections::BTreeMap;

use guatu::kernel::Role;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

use crate::support::{HOSPITAL, LEAD, RESPONSIBLE, TestApp, confirm};

const LISTS: [&str; 3] = [
    "/milestones?limit=200&programme=5",
    "/projects?limit=200&sort=name",
    "/milestones?overdue=true&limit=200",
];

async fn answers(person: &crate::support::Person<'_>, as_of: Option<&str>) -> Vec<Value> {
    let mut all = Vec::new();
    for list in LISTS {
        let path = as_of.map_or(list.to_owned(), |day| format!("{list}&as_of={day}"));
        all.push(person.get(&path).await.expect(200)["data"].clone());
    }
    all
}

/// Random steps by whoever may take them, some refused; a random number of days between.
#[tokio::test(flavor = "multi_thread")]
async fn after_a_random_history_each_day_answers_as_it_did_then() {
    let mut runner = TestRunner::deterministic();
    let steps = proptest::collection::vec((0..6_usize, 0..3_usize, 0..3_i64), 120)
        .new_tree(&mut runner)
        .unwrap();
    let app = TestApp::start().await;
    let planner = app.planner().await;
    let clerk = app.person(RESPONSIBLE, Role::Staff).await;
    let reviewer = app.person(LEAD, Role::Reviewer).await;
    let dates = BTreeMap::from([(1, "2024-03-02"), (2, "2024-03-20"), (3, "2024-04-10")]);
    let confirmed = confirm(&planner, HOSPITAL, &dates).await;
    let ids: Vec<String> = confirmed
        .milestones
        .iter()
        .map(|milestone| milestone["id"].as_str().unwrap().to_owned())
        .collect();
    let mut then: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    let mut taken = 0;
    let (mut planner, mut clerk, mut reviewer) = (planner, clerk, reviewer);
    for (step, which, days) in steps.current() {
        let today = app.clock.now().date_naive().to_string();
        let path = format!("/milestones/{}", ids[which % ids.len()]);
        let version = planner.get(&path).await.expect(200)["version"].as_i64().unwrap();
        let reply = match step {
            0 => {
                clerk
                    .post_seen(&format!("{path}/report"), version, json!({ "actual_on": today }))
                    .await
            }
            1 => {
                clerk
                    .post_seen(&format!("{path}/withdraw"), version, json!({}))
                    .await
            }
            2 => {
                reviewer
                    .post_seen(&format!("{path}/verify"), version, json!({}))
                    .await
            }
            3 => {
                reviewer
                    .post_seen(&format!("{path}/return"), version, json!({ "reason": "再核" }))
                    .await
            }
            4 => {
                let later = app.clock.now().date_naive() + chrono::Days::new(20);
                let body = json!({ "kind": "date", "planned_on": later, "reason": "延后" });
                let asked = reviewer
                    .post_seen(&format!("{path}/change-requests"), version, body)
                    .await;
                if asked.status == 201 {
                    let approve = format!("/change-requests/{}/approve", asked.body["id"].as_str().unwrap());
                    planner.post_seen(&approve, 1, json!({})).await
                } else {
                    asked
                }
            }
            _ => {
                planner
                    .post_seen(&format!("{path}/reopen"), version, json!({ "reason": "不属实" }))
                    .await
            }
        };
        assert!(
            matches!(reply.status, 200 | 403 | 409 | 422),
            "{} {}",
            reply.status,
            reply.body
        );
        taken += usize::from(reply.status == 200);
        then.insert(today, answers(&planner, None).await);
        if days > 0 {
            app.pass_days(days);
            // A token lives a quarter of an hour.
            planner = app.planner().await;
            clerk = app.person(RESPONSIBLE, Role::Staff).await;
            reviewer = app.person(LEAD, Role::Reviewer).await;
        }
    }
    assert!(
        taken >= 10 && then.len() >= 10,
        "{taken} steps on {} days tell too little",
        then.len()
    );
    for (day, live) in &then {
        assert_eq!(&answers(&planner, Some(day)).await, live, "{day}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn before_the_first_record_there_is_none() {
    let app = TestApp::start().await;
    let planner = app.planner().await;
    assert!(planner.get("/projects?as_of=2022-03-17").await.ids().is_empty());
    assert!(!planner.get("/projects?as_of=2022-03-18").await.ids().is_empty());
    assert_eq!(
        planner
            .get(&format!("/projects/{HOSPITAL}?as_of=2022-03-17"))
            .await
            .refused(404),
        "not_found"
    );
}
