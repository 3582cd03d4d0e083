//! A facet's count is the length of the list that its filter gives: for each asker, whatever else is asked.

use std::collections::BTreeMap;

use guatu::kernel::Role;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use serde_json::Value;

use crate::support::{HOSPITAL, LEAD, Person, RESPONSIBLE, TestApp, confirm};

/// Filters to draw from; each gives some, none or all.
const DRAWN: [&str; 15] = [
    "programme=5",
    "programme=12&programme=19",
    "region=620621",
    "region=620622&region=620600",
    "kind=new_build",
    "kind=continuing",
    "status=identification",
    "overdue=true",
    "overdue=false",
    "unconfirmed=true",
    "unverified=true",
    "silent=false",
    "lead=wuwei.health",
    "responsible=minqin.peoples-hospital",
    "q=医院",
];
const DRAWN_OF_MILESTONES: [&str; 4] = [
    "state=pending",
    "state=reported",
    "date_basis=template",
    "date_basis=confirmed",
];

fn name_of(filter: &str) -> &str {
    filter.split('=').next().unwrap()
}

async fn total(person: &Person<'_>, list: &str, filters: &[String]) -> i64 {
    let path = format!("{list}?limit=1&include=total&{}", filters.join("&"));
    person.get(&path).await.expect(200)["page"]["total"]
        .as_i64()
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_count_is_the_length_of_its_list() {
    let app = TestApp::start().await;
    let planner = app.planner().await;
    let confirmed = confirm(
        &planner,
        HOSPITAL,
        &BTreeMap::from([(1, "2024-01-31"), (2, "2024-02-10")]),
    )
    .await;
    let clerk = app.person(RESPONSIBLE, Role::Staff).await;
    let first = confirmed.milestones[0]["id"].as_str().unwrap();
    clerk
        .post_seen(
            &format!("/milestones/{first}/report"),
            2,
            serde_json::json!({ "actual_on": "2024-02-01" }),
        )
        .await
        .expect(200);
    let people = [
        planner,
        clerk,
        app.person("gulang", Role::Reviewer).await,
        app.person(LEAD, Role::Reviewer).await,
    ];
    let mut runner = TestRunner::deterministic();
    let mut compared = 0;
    let mut values_seen = 0;
    for round in 0..16 {
        let milestones = round % 2 == 1;
        let list = if milestones { "/milestones" } else { "/projects" };
        let most = if milestones {
            DRAWN.len() + DRAWN_OF_MILESTONES.len()
        } else {
            DRAWN.len()
        };
        let drawn = proptest::collection::vec(0..most, 0..4)
            .new_tree(&mut runner)
            .unwrap()
            .current();
        let mut filters: Vec<String> = Vec::new();
        for index in drawn {
            let filter = DRAWN
                .iter()
                .chain(&DRAWN_OF_MILESTONES)
                .nth(index)
                .unwrap()
                .to_string();
            if filters.iter().all(|one| name_of(one) != name_of(&filter)) {
                filters.push(filter);
            }
        }
        let person = &people[(round / 2) % people.len()];
        let path = format!("{list}?limit=1&include=total,facets&{}", filters.join("&"));
        let answer = person.get(&path).await.expect(200);
        for (name, values) in answer["facets"].as_object().unwrap() {
            let others: Vec<String> = filters
                .iter()
                .filter(|one| name_of(one) != name)
                .cloned()
                .collect();
            values_seen += values.as_array().unwrap().len();
            for value in values.as_array().unwrap().iter().take(3) {
                let mut narrowed = others.clone();
                narrowed.push(format!("{name}={}", value["value"].as_str().unwrap()));
                assert_eq!(
                    total(person, list, &narrowed).await,
                    value["count"].as_i64().unwrap(),
                    "{list} {narrowed:?}"
                );
                compared += 1;
            }
            // Every row has one value of these: nothing is left out.
            if ["programme", "kind", "status", "overdue", "state"].contains(&name.as_str()) {
                let sum: i64 = values
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|value| value["count"].as_i64().unwrap())
                    .sum();
                assert_eq!(
                    sum,
                    total(person, list, &others).await,
                    "{list} {name} {others:?}"
                );
            }
        }
    }
    assert!(
        compared > 200 && values_seen > compared,
        "{compared} {values_seen}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn facets_tell_nothing_that_the_asker_may_not_see() {
    let app = TestApp::start().await;
    let planner = app.planner().await;
    let foreign = app.person("gulang", Role::Observer).await;
    let values = |answer: &Value, facet: &str| -> Vec<String> {
        answer["facets"][facet]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["value"].as_str().unwrap().to_owned())
            .collect()
    };
    for list in ["/projects", "/milestones"] {
        let path = format!("{list}?limit=1&include=facets");
        let theirs = values(&foreign.get(&path).await.expect(200), "responsible");
        let all = values(&planner.get(&path).await.expect(200), "responsible");
        assert!(all.contains(&RESPONSIBLE.to_owned()), "{list}");
        assert!(
            !theirs.is_empty() && !theirs.contains(&RESPONSIBLE.to_owned()),
            "{list}"
        );
        let before = planner.get(&format!("{path}&as_of=2022-03-17")).await.expect(200);
        assert!(values(&before, "kind").is_empty(), "nothing was recorded yet");
        assert_eq!(
            planner
                .get(&format!("{list}?include=facets,sums"))
                .await
                .refused(400),
            "field.not_allowed"
        );
        assert!(
            planner.get(&format!("{list}?limit=1")).await.expect(200)["facets"].is_null(),
            "only on request"
        );
    }
}

/// Every value that a list's facets tell gives a list of that length.
async fn holds(person: &Person<'_>, list: &str, filter: &str, dimensions: &[&str]) {
    let path = format!("{list}?limit=1&include=total,facets&{filter}");
    let body = person.get(&path).await.expect(200);
    let told: Vec<&str> = body["facets"]
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    for dimension in dimensions {
        assert!(told.contains(dimension), "{list} tells {told:?}");
    }
    for (dimension, values) in body["facets"].as_object().unwrap() {
        // Its own filter is lifted.
        let rest: Vec<String> = filter
            .split('&')
            .filter(|one| !one.is_empty() && name_of(one) != dimension)
            .map(str::to_owned)
            .collect();
        for value in values.as_array().unwrap() {
            let mut filters = rest.clone();
            filters.push(format!("{dimension}={}", value["value"].as_str().unwrap()));
            let length = total(person, list, &filters).await;
            assert_eq!(value["count"], length, "{list} {filters:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_proposals_and_organisations_are_counted_by_their_filters_too() {
    let app = TestApp::start().await;
    let planner = app.planner().await;
    let confirmed = confirm(&planner, HOSPITAL, &BTreeMap::from([(1, "2024-01-31")])).await;
    let reviewer = app.person(RESPONSIBLE, Role::Reviewer).await;
    let first = confirmed.milestones[0]["id"].as_str().unwrap();
    for (path, version, body) in [
        (
            format!("/projects/{HOSPITAL}/change-requests"),
            confirmed.project["version"].as_i64().unwrap(),
            serde_json::json!({ "kind": "quantity", "quantity": "3", "reason": "规模调整" }),
        ),
        (
            format!("/milestones/{first}/change-requests"),
            2,
            serde_json::json!({ "kind": "date", "planned_on": "2024-06-30", "reason": "设计变更" }),
        ),
    ] {
        reviewer.post_seen(&path, version, body).await.expect(201);
    }
    let requests = [
        "kind",
        "state",
        "programme",
        "region",
        "lead",
        "responsible",
        "status",
    ];
    for filter in [
        "",
        "kind=date",
        "state=open&kind=quantity",
        "state=approved",
        "region=620621",
    ] {
        holds(&planner, "/change-requests", filter, &requests).await;
    }
    // Who does not see the project counts no request of it.
    let elsewhere = app.person("gulang", Role::Reviewer).await;
    let none = elsewhere.get("/change-requests?include=facets").await.expect(200);
    let counted = none["facets"].as_object().unwrap().values();
    assert!(
        counted.into_iter().all(|values| values == &serde_json::json!([])),
        "{none}"
    );
    for filter in ["programme=5", "programme=5&kind=new_build", "claim=claimed"] {
        holds(&planner, "/confirmations", filter, &["programme", "lead", "kind"]).await;
    }
    for filter in ["", "kind=institution", "kind=county_department&region=620621"] {
        holds(&planner, "/organisations", filter, &["kind", "region"]).await;
    }
}
