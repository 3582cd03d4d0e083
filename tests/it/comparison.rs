//! Two days beside each other, and which projects move their dates most.

use std::collections::{BTreeMap, BTreeSet};

use guatu::kernel::Role;
use serde_json::{Value, json};

use crate::support::{HOSPITAL, LEAD, Person, RESPONSIBLE, TestApp, confirm};

/// The names of the milestones of a list.
fn names(view: &Value, list: &str) -> BTreeSet<String> {
    view[list]
        .as_array()
        .unwrap_or_else(|| panic!("{list} {view}"))
        .iter()
        .map(|one| one["milestone"]["number"].to_string())
        .collect()
}

fn numbers(all: &[&str]) -> BTreeSet<String> {
    all.iter().map(|one| (*one).to_owned()).collect()
}

async fn compared(person: &Person<'_>, query: &str) -> Value {
    person.get(&format!("/comparison?{query}")).await.expect(200)
}

/// The version of a milestone as it stands.
async fn version(person: &Person<'_>, id: &str) -> i64 {
    let found = person.get(&format!("/milestones/{id}")).await.expect(200);
    found["version"].as_i64().unwrap()
}

/// Asks for another date of a milestone, and has it approved.
async fn postpone(app: &TestApp, id: &str, to: &str) {
    let reviewer = app.person(RESPONSIBLE, Role::Reviewer).await;
    let seen = version(&reviewer, id).await;
    let body = json!({ "kind": "date", "planned_on": to, "reason": "征地未完成" });
    let path = format!("/milestones/{id}/change-requests");
    let asked = reviewer.post_seen(&path, seen, body).await.expect(201);
    let path = format!("/change-requests/{}/approve", asked["id"].as_str().unwrap());
    app.planner()
        .await
        .post_seen(&path, 1, json!({}))
        .await
        .expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_turned_between_two_days_is_told_and_by_nobodys_sight_but_ones_own() {
    let app = TestApp::start().await;
    let planner = app.planner().await;
    // By 1 March: 1 overdue, 2 due at the end of March, 3 in June.
    let dates = BTreeMap::from([(1, "2024-02-01"), (2, "2024-03-31"), (3, "2024-06-30")]);
    let confirmed = confirm(&planner, HOSPITAL, &dates).await;
    let id = |number: usize| {
        confirmed.milestones[number - 1]["id"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    app.pass_days(40);
    let clerk = app.person(RESPONSIBLE, Role::Staff).await;
    let report = json!({ "actual_on": "2024-04-02" });
    let seen = version(&clerk, &id(1)).await;
    clerk
        .post_seen(&format!("/milestones/{}/report", id(1)), seen, report)
        .await
        .expect(200);
    postpone(&app, &id(3), "2024-09-30").await;
    let supervisor = app.supervisor().await;
    let view = compared(&supervisor, "from=2024-03-01").await;
    assert_eq!(
        (&view["from"], &view["to"]),
        (&json!("2024-03-01"), &json!("2024-04-10"))
    );
    assert_eq!(names(&view, "finished"), numbers(&["1"]));
    assert_eq!(names(&view, "recovered"), numbers(&["1"]));
    assert_eq!(names(&view, "slipped"), numbers(&["3"]));
    assert_eq!(names(&view, "newly_overdue"), numbers(&["2"]));
    let slipped = &view["slipped"][0];
    assert_eq!(slipped["was_planned_on"], "2024-06-30");
    assert_eq!(slipped["milestone"]["planned_on"], "2024-09-30");
    let recovered = &view["recovered"][0];
    assert_eq!(
        (&recovered["was_days_overdue"], &recovered["was_state"]),
        (&json!(29), &json!("pending"))
    );
    assert_eq!(view["newly_overdue"][0]["milestone"]["days_overdue"], 10);
    // Two past days: before the report and the postponement were recorded, only time had passed.
    let view = compared(&supervisor, "from=2024-03-01&to=2024-04-09").await;
    assert_eq!(names(&view, "newly_overdue"), numbers(&["2"]));
    for list in ["finished", "recovered", "slipped"] {
        assert!(names(&view, list).is_empty(), "{list}");
    }
    // The day on which it is due is not a day of being overdue.
    let view = compared(&supervisor, "from=2024-03-01&to=2024-03-31").await;
    assert!(names(&view, "newly_overdue").is_empty());
    // Filters narrow it; another county learns nothing.
    assert!(
        names(
            &compared(&supervisor, "from=2024-03-01&programme=12").await,
            "slipped"
        )
        .is_empty()
    );
    assert_eq!(
        names(
            &compared(&supervisor, "from=2024-03-01&programme=5").await,
            "slipped"
        ),
        numbers(&["3"])
    );
    let other = app.person("gulang", Role::Supervisor).await;
    let view = compared(&other, "from=2024-03-01").await;
    for list in ["finished", "recovered", "slipped", "newly_overdue"] {
        assert!(names(&view, list).is_empty(), "{list}");
    }
    // Refusals.
    for (query, pointer) in [
        ("", "?from"),
        ("from=2024-04-10", "?from"),
        ("from=2024-03-01&to=2024-03-01", "?to"),
        ("from=2024-03-01&to=2024-02-01", "?to"),
        ("from=2024-03-01&to=2024-04-11", "?as_of"),
        ("from=gestern", "?from"),
        ("from=2024-03-01&colour=red", "?colour"),
    ] {
        let refused = supervisor.get(&format!("/comparison?{query}")).await;
        assert_eq!(refused.status, 400, "{query} {}", refused.body);
        assert_eq!(
            refused.body["errors"][0]["pointer"], pointer,
            "{query} {}",
            refused.body
        );
    }
    // The page says the same.
    let surfer = app.visitor("wuwei", Role::Supervisor).await;
    let page = surfer
        .get("/comparison?from=2024-03-01&to=2024-04-10")
        .await
        .expect(200);
    for text in [
        "新增逾期（1）",
        "完成（已上报或已核验）（1）",
        "推迟（1）",
        "不再逾期（1）",
        "逾期 29 天",
    ] {
        assert!(page.has(text), "{text} {}", page.text);
    }
    let wrong = surfer
        .get("/comparison?from=2024-04-10&to=2024-03-01")
        .await
        .expect(400);
    assert!(wrong.has("id=\"e-from\"") && wrong.has("value=\"2024-03-01\""));
}

#[tokio::test(flavor = "multi_thread")]
async fn projects_that_move_their_dates_are_summed_and_the_furthest_come_first() {
    let app = TestApp::start().await;
    let planner = app.planner().await;
    let confirmed = confirm(
        &planner,
        HOSPITAL,
        &BTreeMap::from([(1, "2024-06-30"), (2, "2024-09-30")]),
    )
    .await;
    let id = |number: usize| {
        confirmed.milestones[number - 1]["id"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    postpone(&app, &id(1), "2024-08-31").await;
    postpone(&app, &id(1), "2024-07-31").await;
    postpone(&app, &id(2), "2024-12-31").await;
    let mover = |body: &Value| body["data"][0].clone();
    let found = planner
        .get("/date-changes/by-project?include=total")
        .await
        .expect(200);
    assert_eq!(found["page"]["total"], 1);
    let one = mover(&found);
    assert_eq!(one["project"]["code"], HOSPITAL);
    // 62 days later, 31 earlier, 92 later; the second milestone stands 92 days after its first baseline.
    assert_eq!((&one["moves"], &one["moved_days"]), (&json!(3), &json!(123)));
    assert_eq!(
        (&one["worst_slip_days"], &one["last_moved_on"]),
        (&json!(92), &json!("2024-03-01"))
    );
    assert!(
        mover(
            &planner
                .get("/date-changes/by-project?programme=12")
                .await
                .expect(200)
        )
        .is_null()
    );
    let other = app.person("gulang", Role::Supervisor).await;
    assert!(mover(&other.get("/date-changes/by-project").await.expect(200)).is_null());
    let refused = planner.get("/date-changes/by-project?state=open").await;
    assert_eq!(refused.status, 400, "{}", refused.body);
    let page = app
        .visitor(LEAD, Role::Reviewer)
        .await
        .get("/changes?state=approved")
        .await
        .expect(200);
    assert!(
        page.has("改期最多的项目") && page.has("123 天") && page.has("3 次"),
        "{}",
        page.text
    );
}
