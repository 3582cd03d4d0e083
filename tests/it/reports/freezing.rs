//! Frozen months.

use guatu::kernel::Role;
use serde_json::json;

use super::{file, path_of, report, said, under_way};
use crate::support::{LEAD, RESPONSIBLE, TestApp};

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
    // Each round races for one month; the earlier the filings begin, the more of them are taken.
    for (round, month) in ["2024-03", "2024-02", "2024-01"]
        .into_iter()
        .cycle()
        .take(30)
        .enumerate()
    {
        let edition = round / 3 + 1;
        let body = |part: Option<&str>, percent: usize| {
            let mut body = report(month, &percent.to_string());
            body["region"] = json!(part);
            body
        };
        let count = async |query: &str| {
            let path = format!("/progress-reports?month={month}&include=total{query}");
            planner.get(&path).await.expect(200)["page"]["total"]
                .as_u64()
                .unwrap()
        };
        let before = count("").await;
        let parts = [
            None,
            Some("620600"),
            Some("620602"),
            Some("620621"),
            Some("620622"),
            Some("620623"),
        ];
        let filings = parts.map(|part| file(&clerk, body(part, 10)));
        let (filed, frozen) = tokio::join!(
            futures::future::join_all(filings),
            planner.post(FREEZE, json!({ "month": month }))
        );
        frozen.expect(200);
        let mut there = before;
        for reply in filed {
            match reply.status {
                201 => there += 1,
                _ if reply.body["errors"][0]["code"] == "report.exists" => {}
                _ => {
                    assert_eq!(reply.refused(409), "report.month_frozen");
                    refused += 1;
                }
            }
        }
        taken += there - before;
        assert_eq!(count(&format!("&edition={edition}")).await, there);
        assert_eq!(count("").await, there);
        if taken > 0 && refused > 0 {
            return;
        }
        planner
            .post(REOPEN, json!({ "month": month, "reason": "再试" }))
            .await
            .expect(200);
    }
    panic!("thirty rounds without a race: {taken} taken, {refused} refused");
}
