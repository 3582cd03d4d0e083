//! Who is silent, who is in time, and the calendar that says so.

use guatu::cli::load_into;
use guatu::kernel::Role;
use serde_json::{Value, json};

use super::{begin, file, report, silent_since, under_way, version};
use crate::support::{HOSPITAL, LEAD, Person, RESPONSIBLE, TestApp, seeds};

async fn owed(person: &Person<'_>) -> Vec<String> {
    let found = person.get("/reporting/owed?include=total").await.expect(200);
    let data = found["data"].as_array().unwrap();
    assert_eq!(found["page"]["total"], data.len());
    data.iter()
        .flat_map(|one| one["owed"].as_array().unwrap())
        .map(|one| format!("{} {}", one["period"].as_str().unwrap(), one["days"]))
        .collect()
}

async fn silent(person: &Person<'_>) -> i64 {
    let found = person
        .get("/projects?silent=true&include=total,facets")
        .await
        .expect(200);
    let total = found["page"]["total"].as_i64().unwrap();
    let facet = found["facets"]["silent"].as_array().unwrap();
    let counted = facet
        .iter()
        .find(|one| one["value"] == "true")
        .map_or(0, |one| one["count"].as_i64().unwrap());
    assert_eq!(counted, total);
    let milestones = person
        .get("/milestones?silent=true&include=total")
        .await
        .expect(200);
    assert_eq!(milestones["page"]["total"].as_i64().unwrap() > 0, total > 0);
    total
}

#[tokio::test(flavor = "multi_thread")]
async fn a_project_is_silent_the_day_after_grace_and_until_its_report_is_there() {
    let app = TestApp::start().await;
    under_way(&app).await;
    app.pass_days(27);
    let clerk = app.person(RESPONSIBLE, Role::Staff).await;
    assert_eq!((silent(&clerk).await, owed(&clerk).await), (0, vec![]));
    let next = clerk
        .get(&format!("/projects/{HOSPITAL}/progress-reports/next"))
        .await
        .expect(200);
    assert_eq!(
        (&next["period"], &next["due_on"], &next["owed"]),
        (&json!("2024-03"), &json!("2024-03-25"), &json!(false))
    );
    app.pass_days(1);
    let clerk = app.person(RESPONSIBLE, Role::Staff).await;
    assert_eq!(silent_since(&clerk).await, "2024-03-29");
    assert_eq!(
        (silent(&clerk).await, owed(&clerk).await),
        (1, vec!["2024-03 1".to_owned()])
    );
    // Others who see the project see that it is silent; who does not, does not.
    let supervisor = app.supervisor().await;
    assert_eq!(silent(&supervisor).await, 1);
    let stranger = app.person("gulang", Role::Reviewer).await;
    assert_eq!((silent(&stranger).await, owed(&stranger).await), (0, vec![]));
    app.pass_days(31);
    let clerk = app.person(RESPONSIBLE, Role::Staff).await;
    assert_eq!(owed(&clerk).await, ["2024-03 32", "2024-04 1"]);
    let late = file(&clerk, report("2024-03", "10")).await.expect(201);
    assert_eq!(late["on_time"], false);
    assert_eq!(owed(&clerk).await, ["2024-04 1"]);
    assert_eq!(silent_since(&clerk).await, "2024-04-29");
    let next = clerk
        .get(&format!("/projects/{HOSPITAL}/progress-reports/next"))
        .await
        .expect(200);
    assert_eq!(
        (
            &next["period"],
            &next["owed"],
            &next["previous"]["physical_percent"]
        ),
        (&json!("2024-04"), &json!(true), &json!("10"))
    );
    file(&clerk, report("2024-04", "20")).await.expect(201);
    file(&clerk, report("2024-05", "21")).await.expect_err_in_future();
    assert_eq!(silent(&clerk).await, 0);
    // It was silent on the day it was: with what was recorded by then.
    let then = clerk
        .get(&format!("/projects/{HOSPITAL}?as_of=2024-04-28"))
        .await
        .expect(200);
    assert_eq!(then["silent_since"], "2024-03-29");
    let rates = supervisor_rates(&app).await;
    let of_hospital = rates["organisations"]
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["organisation"]["code"] == RESPONSIBLE)
        .unwrap();
    assert_eq!(
        (
            &of_hospital["due"],
            &of_hospital["on_time"],
            &of_hospital["late"],
            &of_hospital["owed"],
            &of_hospital["rate"]
        ),
        (&json!(2), &json!(0), &json!(2), &json!(0), &json!("0"))
    );
}

trait InFuture {
    fn expect_err_in_future(self);
}

impl InFuture for crate::support::Reply {
    /// The month has not begun.
    fn expect_err_in_future(self) {
        assert_eq!(self.refused(422), "report.period_in_future");
    }
}

async fn supervisor_rates(app: &TestApp) -> Value {
    app.supervisor()
        .await
        .get("/reporting/organisations")
        .await
        .expect(200)
}

#[tokio::test(flavor = "multi_thread")]
async fn in_time_counts_for_the_rate_of_its_month() {
    let app = TestApp::start().await;
    under_way(&app).await;
    let clerk = app.person(RESPONSIBLE, Role::Staff).await;
    file(&clerk, report("2024-03", "10")).await.expect(201);
    app.pass_days(28);
    let rates = supervisor_rates(&app).await;
    assert_eq!(
        (&rates["all"]["due"], &rates["all"]["rate"]),
        (&json!(1), &json!("100"))
    );
    let supervisor = app.supervisor().await;
    let february = supervisor
        .get("/reporting/organisations?month=2024-02")
        .await
        .expect(200);
    assert_eq!(
        (&february["all"]["due"], &february["all"]["rate"]),
        (&json!(0), &Value::Null)
    );
    assert_eq!(
        supervisor.get("/reporting/organisations?month=2024").await.status,
        400
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_suspended_project_owes_none_and_after_it_goes_on_the_next_full_month_first() {
    let app = TestApp::start().await;
    under_way(&app).await;
    app.pass_days(30);
    let planner = app.planner().await;
    let path = format!("/projects/{HOSPITAL}");
    assert_eq!(silent_since(&planner).await, "2024-03-29");
    let seen = version(&planner.get(&path).await.expect(200));
    let stop = json!({ "reason": "资金未到位", "review_on": "2024-06-01" });
    let stopped = planner
        .post_seen(&format!("{path}/suspend"), seen, stop)
        .await
        .expect(200);
    assert_eq!(stopped["silent"], false);
    assert_eq!(owed(&planner).await, [""; 0]);
    app.pass_days(20);
    let planner = app.planner().await;
    assert_eq!(silent(&planner).await, 0);
    let seen = version(&planner.get(&path).await.expect(200));
    planner
        .post_seen(&format!("{path}/resume"), seen, json!({ "reason": "资金到位" }))
        .await
        .expect(200);
    // It goes on on the 20th of April: May is the first month owed, from the 29th on.
    app.pass_days(38);
    let planner = app.planner().await;
    assert_eq!(owed(&planner).await, [""; 0]);
    app.pass_days(1);
    let planner = app.planner().await;
    assert_eq!(owed(&planner).await, ["2024-05 1"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_delivered_owes_what_it_owed_and_nothing_new() {
    let app = TestApp::start().await;
    under_way(&app).await;
    app.pass_days(33);
    let planner = app.planner().await;
    let path = format!("/projects/{HOSPITAL}");
    let seen = version(&planner.get(&path).await.expect(200));
    planner
        .patch(&path, seen, json!({ "life_cycle": "closed" }))
        .await
        .expect(200);
    app.pass_days(90);
    let clerk = app.person(RESPONSIBLE, Role::Staff).await;
    assert_eq!(owed(&clerk).await, ["2024-03 96"]);
    file(&clerk, report("2024-03", "100")).await.expect(201);
    assert_eq!(owed(&clerk).await, [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_comes_to_owe_backwards_and_the_issuers_planner_alone_says_when() {
    let app = TestApp::start().await;
    under_way(&app).await;
    let planner = app.planner().await;
    assert_eq!(
        begin(&planner, json!("2024-02-29")).await.refused(422),
        "reporting.backwards"
    );
    for (organisation, role) in [
        ("minqin", Role::Planner),
        ("wuwei", Role::Supervisor),
        (LEAD, Role::Reviewer),
    ] {
        let person = app.person(organisation, role).await;
        assert_eq!(
            begin(&person, json!("2024-04-01")).await.status,
            403,
            "{organisation}"
        );
    }
    let path = "/plans/wuwei-145/reporting";
    let held = planner.get(path).await.expect(200);
    assert_eq!(
        planner
            .send(reqwest::Method::PATCH, path, Some(json!({})), &[])
            .await
            .status,
        428
    );
    assert_eq!(
        planner.patch(path, version(&held) - 1, json!({})).await.status,
        412
    );
    let broken = json!({ "calendar": [{ "stage": "under_way", "frequency": "daily", "due_day": 32, "due_month_offset": 0 }] });
    let refused = planner.patch(path, version(&held), broken).await.expect(400);
    assert_eq!(refused["errors"].as_array().unwrap().len(), 3, "{refused}");
    // Another due day moves everybody's silence at once; the same again changes nothing.
    let terms = json!({ "calendar": [{ "stage": "under_way", "frequency": "monthly", "due_day": 5, "due_month_offset": 1,
        "grace_days": 0 }] });
    let edited = planner
        .patch(path, version(&held), terms.clone())
        .await
        .expect(200);
    assert_eq!(edited["calendar"][1]["due_day"], 5);
    let same = planner.patch(path, version(&edited), terms).await.expect(200);
    assert_eq!(same["version"], edited["version"]);
    app.pass_days(35);
    assert_eq!(silent(&app.supervisor().await).await, 0);
    app.pass_days(1);
    assert_eq!(silent_since(&app.supervisor().await).await, "2024-04-06");
    // Sooner, or for other periods, only from this month on: nobody comes to owe backwards.
    let planner = app.planner().await;
    let held = planner.get(path).await.expect(200);
    let tighter = json!({ "stage": "under_way", "frequency": "monthly", "due_day": 1, "due_month_offset": 1, "grace_days": 0 });
    let other = json!({ "stage": "under_way", "frequency": "quarterly", "due_day": 5, "due_month_offset": 1, "grace_days": 0 });
    for terms in [tighter, other] {
        let refused = planner
            .patch(path, version(&held), json!({ "calendar": [terms] }))
            .await;
        assert_eq!(refused.refused(422), "reporting.backwards");
    }
    // The files never take back what the planner set.
    let mut files = seeds();
    files.plan.source.push('。');
    load_into(&app.db, &files).await.unwrap();
    let kept = app.planner().await.get(path).await.expect(200);
    assert_eq!(
        (&kept["reporting_from"], &kept["calendar"][1]["due_day"]),
        (&json!("2024-03-01"), &json!(5))
    );
    // Without a day to begin, nobody owes.
    begin(&app.planner().await, Value::Null).await.expect(200);
    assert_eq!(silent(&app.supervisor().await).await, 0);
}

/// What is owed and in time, live or as of a day.
async fn owing(app: &TestApp, day: Option<&str>) -> Value {
    let supervisor = app.supervisor().await;
    let then = day.map(|day| format!("&as_of={day}")).unwrap_or_default();
    let mut all = serde_json::Map::new();
    for path in [
        "reporting/owed?include=total",
        "reporting/organisations?region=620621",
        "reporting/organisations?month=2024-03",
        "tallies?region=620621",
    ] {
        all.insert(
            path.to_owned(),
            supervisor.get(&format!("/{path}{then}")).await.expect(200),
        );
    }
    Value::Object(all)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_owed_on_a_past_day_is_told_as_it_was_told_then() {
    let app = TestApp::start().await;
    under_way(&app).await;
    let mut days: Vec<(&str, Value)> = vec![("2024-03-01", owing(&app, None).await)];
    let path = format!("/projects/{HOSPITAL}");
    // Owed; filed late; sent back; the calendar changed; stopped; gone on; nobody's.
    app.pass_days(30);
    days.push(("2024-03-31", owing(&app, None).await));
    app.pass_days(1);
    let clerk = app.person(RESPONSIBLE, Role::Staff).await;
    let filed = file(&clerk, report("2024-03", "10")).await.expect(201);
    days.push(("2024-04-01", owing(&app, None).await));
    app.pass_days(1);
    let lead = app.person(LEAD, Role::Reviewer).await;
    lead.post_seen(
        &format!("{}/return", super::path_of(&filed)),
        1,
        json!({ "reason": "数不对" }),
    )
    .await
    .expect(200);
    days.push(("2024-04-02", owing(&app, None).await));
    app.pass_days(28);
    days.push(("2024-04-30", owing(&app, None).await));
    app.pass_days(1);
    let planner = app.planner().await;
    let held = planner.get("/plans/wuwei-145/reporting").await.expect(200);
    let slower = json!({ "stage": "under_way", "frequency": "monthly", "due_day": 25, "due_month_offset": 1, "grace_days": 9 });
    planner
        .patch(
            "/plans/wuwei-145/reporting",
            version(&held),
            json!({ "calendar": [slower] }),
        )
        .await
        .expect(200);
    days.push(("2024-05-01", owing(&app, None).await));
    app.pass_days(5);
    days.push(("2024-05-06", owing(&app, None).await));
    app.pass_days(1);
    let planner = app.planner().await;
    let seen = version(&planner.get(&path).await.expect(200));
    let stop = json!({ "reason": "资金未到位", "review_on": "2024-06-01" });
    planner
        .post_seen(&format!("{path}/suspend"), seen, stop)
        .await
        .expect(200);
    days.push(("2024-05-07", owing(&app, None).await));
    app.pass_days(1);
    let planner = app.planner().await;
    let seen = version(&planner.get(&path).await.expect(200));
    planner
        .post_seen(&format!("{path}/resume"), seen, json!({ "reason": "资金到位" }))
        .await
        .expect(200);
    days.push(("2024-05-08", owing(&app, None).await));
    app.pass_days(90);
    let owed = |told: &Value| {
        told["reporting/owed?include=total"]["page"]["total"]
            .as_i64()
            .unwrap()
    };
    let each: Vec<i64> = days.iter().map(|(_, told)| owed(told)).collect();
    // By the calendar of May, March is owed from the 5th of May on.
    assert_eq!(each, [0, 1, 0, 1, 1, 0, 1, 0, 0]);
    for (day, told) in &days {
        assert_eq!(&owing(&app, Some(day)).await, told, "{day}");
    }
}
