//! Frozen months.

use guatu::kernel::Role;
use serde_json::{Value, json};

use super::{file, path_of, report, said, under_way, version};
use crate::support::{HOSPITAL, LEAD, Person, RESPONSIBLE, TestApp};

const FREEZE: &str = "/plans/wuwei-145/reporting/freeze";
const REOPEN: &str = "/plans/wuwei-145/reporting/reopen";

#[tokio::test(flavor = "multi_thread")]
async fn a_frozen_month_stands_still_and_answers_the_same_for_ever_and_a_correction_is_another_edition() {
    let app = TestApp::start().await;
    under_way(&app).await;
    let (clerk, lead, planner) = (
        app.person(RESPONSIBLE, Role::Staff).await,
        app.person(LEAD, Role::Reviewer).await,
        app.planner().await,
    );
    let filed = file(&clerk, report("2024-03", "10")).await.expect(201);
    let march = json!({ "month": "2024-03" });
    let frozen = planner.post(FREEZE, march.clone()).await.expect(200);
    assert_eq!((&frozen["edition"], &frozen["frozen"]), (&json!(1), &json!(true)));
    assert_eq!(
        planner.post(FREEZE, march.clone()).await.refused(409),
        "report.month_frozen"
    );
    let path = path_of(&filed);
    assert_eq!(clerk.get(&path).await.expect(200)["frozen"], true);
    assert_eq!(
        clerk.patch(&path, 1, said("11")).await.refused(409),
        "report.month_frozen"
    );
    for (step, body) in [("verify", json!({})), ("return", json!({ "reason": "有误" }))] {
        let refused = lead.post_seen(&format!("{path}/{step}"), 1, body).await;
        assert_eq!(refused.refused(409), "report.month_frozen", "{step}");
    }
    // A quarter that ends in the month stands still with it; another month moves.
    assert_eq!(
        file(&clerk, report("2024-Q1", "10")).await.refused(409),
        "report.month_frozen"
    );
    file(&clerk, report("2024-02", "9")).await.expect(201);
    // Reopened with a reason only.
    assert_eq!(
        planner.post(REOPEN, march.clone()).await.refused(400),
        "field.missing"
    );
    let why = json!({ "month": "2024-03", "reason": "更正民勤医院支付数" });
    let reopened = planner.post(REOPEN, why.clone()).await.expect(200);
    assert_eq!(reopened["reopen_reason"], "更正民勤医院支付数");
    assert_eq!(planner.post(REOPEN, why).await.refused(409), "report.month_open");
    clerk.patch(&path, 1, said("11")).await.expect(200);
    assert_eq!(planner.post(FREEZE, march).await.expect(200)["edition"], 2);
    for (edition, percent) in [(1, "10"), (2, "11")] {
        let told = planner
            .get(&format!("/progress-reports?month=2024-03&edition={edition}"))
            .await
            .expect(200);
        assert_eq!(told["data"][0]["physical_percent"], percent, "edition {edition}");
        assert_eq!(told["data"].as_array().unwrap().len(), 1);
    }
    let none = planner.get("/progress-reports?month=2024-03&edition=3").await;
    assert_eq!(none.refused(400), "field.not_found");
    let mixed = planner
        .get("/progress-reports?month=2024-03&edition=1&as_of=2024-03-01")
        .await;
    assert_eq!(mixed.refused(400), "as_of.not_with");
    let held = planner.get("/plans/wuwei-145/reporting").await.expect(200);
    let editions: Vec<(i64, bool)> = held["freezes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["edition"].as_i64().unwrap(), one["frozen"].as_bool().unwrap()))
        .collect();
    assert_eq!(editions, [(2, true), (1, false)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_issuers_planner_alone_freezes_and_no_month_that_is_still_to_come() {
    let app = TestApp::start().await;
    under_way(&app).await;
    let march = json!({ "month": "2024-03" });
    for (organisation, role) in [
        ("minqin", Role::Planner),
        ("wuwei", Role::Supervisor),
        (LEAD, Role::Reviewer),
        (RESPONSIBLE, Role::Staff),
    ] {
        let person = app.person(organisation, role).await;
        assert_eq!(
            person.post(FREEZE, march.clone()).await.status,
            403,
            "{organisation}"
        );
        let why = json!({ "month": "2024-03", "reason": "更正" });
        assert_eq!(person.post(REOPEN, why).await.status, 403, "{organisation}");
    }
    let planner = app.planner().await;
    assert_eq!(
        planner
            .post(FREEZE, json!({ "month": "2024-04" }))
            .await
            .refused(422),
        "report.period_in_future"
    );
    assert_eq!(
        planner
            .post(FREEZE, json!({ "month": "2024-Q1" }))
            .await
            .refused(400),
        "field.format"
    );
    assert_eq!(
        planner
            .post("/plans/nowhere/reporting/freeze", march)
            .await
            .status,
        404
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_while_a_month_is_frozen_is_in_its_edition_or_refused() {
    let app = TestApp::start().await;
    under_way(&app).await;
    let (clerk, planner) = (app.person(RESPONSIBLE, Role::Staff).await, app.planner().await);
    let (mut taken, mut refused) = (0, 0);
    // Each round races for a quarter's last month: the month, the quarter and, in December, the year end in it.
    for year in 2021..=2023 {
        for quarter in 1..=4 {
            let month = format!("{year}-{:02}", quarter * 3);
            let mut periods = vec![month.clone(), format!("{year}-Q{quarter}")];
            if quarter == 4 {
                periods.push(year.to_string());
            }
            let filings = periods.iter().map(|period| file(&clerk, report(period, "10")));
            let freezing = async {
                // Now the one comes first, now the other.
                tokio::time::sleep(std::time::Duration::from_millis(quarter * 5)).await;
                planner.post(FREEZE, json!({ "month": month })).await
            };
            let (filed, frozen) = tokio::join!(futures::future::join_all(filings), freezing);
            frozen.expect(200);
            let mut there = 0;
            for reply in filed {
                match reply.status {
                    201 => there += 1,
                    _ => {
                        assert_eq!(reply.refused(409), "report.month_frozen");
                        refused += 1;
                    }
                }
            }
            taken += there;
            for query in ["&edition=1", ""] {
                let path = format!("/progress-reports?month={month}&include=total{query}");
                let found = planner.get(&path).await.expect(200);
                assert_eq!(found["page"]["total"], there, "{path}");
            }
            if taken > 0 && refused > 0 {
                return;
            }
        }
    }
    panic!("twelve rounds without a race: {taken} taken, {refused} refused");
}

/// What an edition of March says of everything but single reports.
async fn told(person: &Person<'_>, edition: i64) -> Value {
    let mut all = serde_json::Map::new();
    for path in ["tallies", "reporting/organisations", "progress-reports"] {
        let address = format!("/{path}?month=2024-03&edition={edition}");
        all.insert(path.to_owned(), person.get(&address).await.expect(200));
    }
    Value::Object(all)
}

#[tokio::test(flavor = "multi_thread")]
async fn rates_lights_and_punctuality_of_a_frozen_month_stay_and_a_correction_has_its_own() {
    let app = TestApp::start().await;
    under_way(&app).await;
    let clerk = app.person(RESPONSIBLE, Role::Staff).await;
    let filed = file(&clerk, report("2024-03", "10")).await.expect(201);
    // Due on the 25th and graceful to the 28th: the month is over, and in time.
    app.pass_days(30);
    let planner = app.planner().await;
    let march = json!({ "month": "2024-03" });
    planner.post(FREEZE, march.clone()).await.expect(200);
    let first = told(&planner, 1).await;
    assert_eq!(first["tallies"]["day"], "2024-03-31");
    let all = &first["tallies"]["all"];
    assert_eq!(all["investment_done"]["numerator"], "10000000");
    assert_eq!(all["begun"]["numerator"], "1");
    let lights = all["lights"].as_object().unwrap();
    let counted: i64 = lights.values().map(|count| count.as_i64().unwrap()).sum();
    assert_eq!(counted, all["projects"].as_i64().unwrap());
    assert_eq!(all["lights"]["red"], 0);
    let punctual = &first["reporting/organisations"]["all"];
    assert_eq!((&punctual["due"], &punctual["rate"]), (&json!(1), &json!("100")));

    // The same day still, a supervisor shows red; the calendar moves; the project is stopped.
    let supervisor = app.supervisor().await;
    let project = format!("/projects/{HOSPITAL}");
    let seen = version(&supervisor.get(&project).await.expect(200));
    let red = json!({ "light": "red", "reason": "现场停工", "until_on": "2024-12-31" });
    supervisor
        .post_seen(&format!("{project}/light-overrides"), seen, red)
        .await
        .expect(201);
    let held = planner.get("/plans/wuwei-145/reporting").await.expect(200);
    let slower = json!({ "stage": "under_way", "frequency": "quarterly", "due_day": 25, "due_month_offset": 1, "grace_days": 9 });
    planner
        .patch(
            "/plans/wuwei-145/reporting",
            version(&held),
            json!({ "calendar": [slower] }),
        )
        .await
        .expect(200);
    let seen = version(&planner.get(&project).await.expect(200));
    let stop = json!({ "reason": "资金未到位", "review_on": "2024-06-01" });
    planner
        .post_seen(&format!("{project}/suspend"), seen, stop)
        .await
        .expect(200);
    let now = planner.get("/tallies").await.expect(200);
    assert_eq!(now["all"]["lights"]["red"], 1);
    let punctual = planner
        .get("/reporting/organisations?month=2024-03")
        .await
        .expect(200);
    assert_eq!(punctual["all"]["due"], 0);
    assert_eq!(told(&planner, 1).await, first);

    // A correction: the first edition answers as it did, the second with what was corrected.
    let why = json!({ "month": "2024-03", "reason": "更正完成投资" });
    planner.post(REOPEN, why).await.expect(200);
    assert_eq!(first["progress-reports"]["data"][0]["frozen"], true);
    assert_eq!(told(&planner, 1).await, first);
    let mut corrected = said("10");
    corrected["done"] = json!("11000000");
    let clerk = app.person(RESPONSIBLE, Role::Staff).await;
    clerk.patch(&path_of(&filed), 1, corrected).await.expect(200);
    assert_eq!(planner.post(FREEZE, march).await.expect(200)["edition"], 2);
    assert_eq!(told(&planner, 1).await, first);
    let second = told(&planner, 2).await;
    let all = &second["tallies"]["all"];
    assert_eq!(
        (&all["investment_done"]["numerator"], &all["lights"]["red"]),
        (&json!("11000000"), &json!(1))
    );
    assert_eq!(second["reporting/organisations"]["all"]["due"], 0);

    // The page shows the standing edition, the first on request, and today's on request.
    let page = app.visitor("wuwei", Role::Planner).await;
    let shown = page.get("/reports?month=2024-03").await.expect(200);
    assert!(shown.has("第 2 版") && shown.has("1,100 / 5,000 万元") && shown.has("永远不变"));
    assert!(shown.has("action=\"/reports/reopen\""));
    let shown = page.get("/reports?month=2024-03&edition=1").await.expect(200);
    assert!(shown.has("1,000 / 5,000 万元") && !shown.has("1,100 / 5,000 万元"));
    assert!(shown.has("更正完成投资") && !shown.has("action=\"/reports/reopen\""));
    assert!(!shown.has("红灯") && shown.has("100%"));
    let shown = page
        .get("/reports?month=2024-03&as_of=2024-03-31")
        .await
        .expect(200);
    assert!(shown.has("1,100 / 5,000 万元") && shown.has("红灯 1"));
    let shown = page
        .get("/reports?month=2024-03&as_of=2024-03-30")
        .await
        .expect(200);
    assert!(shown.has("1,000 / 5,000 万元") && shown.has("2024-03-30 当天结束时的记录"));
    let shown = page.get("/reports?as_of=2020-01-01").await.expect(200);
    assert!(shown.has("2020-01-01 当天还没有记录"));
    page.get("/reports?month=2024-03&edition=3").await.expect(400);
    page.get("/reports?as_of=2024-04-01").await.expect(400);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edition_is_asked_for_with_its_month_and_without_a_day() {
    let app = TestApp::start().await;
    let planner = app.planner().await;
    for (question, pointer, code) in [
        ("tallies?edition=1", "?month", "field.missing"),
        ("tallies?month=2024-03", "?edition", "field.missing"),
        ("tallies?month=2024&edition=1", "?month", "field.format"),
        (
            "tallies?month=2024-03&edition=0",
            "?edition",
            "field.out_of_range",
        ),
        ("tallies?month=2024-03&edition=1", "?edition", "field.not_found"),
        (
            "tallies?month=2024-03&edition=1&as_of=2024-03-01",
            "?as_of",
            "as_of.not_with",
        ),
        ("reporting/organisations?edition=1", "?month", "field.missing"),
        (
            "reporting/organisations?month=2024-03&edition=7",
            "?edition",
            "field.not_found",
        ),
        (
            "reporting/organisations?month=2024-03&edition=1&as_of=2024-03-01",
            "?as_of",
            "as_of.not_with",
        ),
        ("reporting/owed?as_of=2024-03-02", "?as_of", "as_of.in_future"),
        (
            "reporting/organisations?as_of=2024-03-02",
            "?as_of",
            "as_of.in_future",
        ),
    ] {
        let refused = planner.get(&format!("/{question}")).await.expect(400);
        let faults: Vec<(&str, &str)> = refused["errors"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| (one["pointer"].as_str().unwrap(), one["code"].as_str().unwrap()))
            .collect();
        assert_eq!(faults, [(pointer, code)], "{question}");
    }
}
