//! The pages of reports, without scripts.

use guatu::kernel::Role;
use serde_json::json;

use super::{file, report, under_way};
use crate::support::{HOSPITAL, LEAD, RESPONSIBLE, TestApp};

#[tokio::test(flavor = "multi_thread")]
async fn a_clerk_finds_what_he_owes_and_files_it_with_last_months_values_beside_it() {
    let app = TestApp::start().await;
    under_way(&app).await;
    let clerk = app.person(RESPONSIBLE, Role::Staff).await;
    file(&clerk, report("2024-02", "8")).await.expect(201);
    app.pass_days(30);
    let surfer = app.visitor(RESPONSIBLE, Role::Staff).await;
    let todo = surfer.get("/").await.expect(200);
    let path = format!("/projects/{HOSPITAL}/reports/2024-03");
    assert!(todo.has("欠报的月报（1）") && todo.has(&path), "{}", todo.text);
    let month = surfer.get("/reports?month=2024-03").await.expect(200);
    assert!(month.has("未报（1）") && month.has("欠 3 天") && month.has("我单位待报"));
    let form = surfer.get(&path).await.expect(200);
    // The last values are offered; the last words stand beside.
    assert!(form.has("name=\"physical_percent\" value=\"8\"") && form.has("name=\"paid\" value=\"9000000\""));
    assert!(form.has("主体结构施工到三层") && form.has("上一期（2024-02）"));
    let fields = [
        ("physical_percent", "7"),
        ("paid", "lots"),
        ("central-done", "-5"),
        ("done_text", ""),
        ("problems", "雨季停工"),
    ];
    let wrong = surfer.send(&path, &fields).await.expect(400);
    for (id, typed) in [
        ("e-paid", "value=\"lots\""),
        ("e-done_text", "雨季停工"),
        ("e-funds/0/done", "value=\"-5\""),
    ] {
        assert!(
            wrong.has(&format!("id=\"{id}\"")) && wrong.has(typed),
            "{id} {}",
            wrong.text
        );
    }
    let fields = [
        ("physical_percent", "7"),
        ("paid", "9,100,000"),
        ("done_text", "停工"),
    ];
    let falls = surfer.send(&path, &fields).await.expect(422);
    assert!(falls.has("id=\"e-note\"") && falls.has("9,100,000"));
    let mut fields = fields.to_vec();
    fields.push(("note", "重新测量"));
    let done = surfer.send(&path, &fields).await;
    assert_eq!(done.leads_to(), format!("{path}?done=filed"));
    let shown = surfer.get(&path).await.expect(200);
    assert!(shown.has("已报待核验") && shown.has("9100000") && shown.has("迟报"));
    assert!(!surfer.get("/").await.expect(200).has("欠报的月报"));
    // He corrects it from the same page.
    let version = shown.hidden("version").unwrap();
    let id = shown.hidden("report").unwrap();
    let fields = [
        ("report", id.as_str()),
        ("version", version.as_str()),
        ("physical_percent", "9"),
        ("done_text", "复工"),
    ];
    assert_eq!(surfer.send(&path, &fields).await.status, 303);
    let stale = surfer.send(&path, &fields).await.expect(412);
    assert!(stale.has("内容已被他人修改"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_lead_verifies_or_returns_and_who_may_not_finds_no_form() {
    let app = TestApp::start().await;
    under_way(&app).await;
    let clerk = app.person(RESPONSIBLE, Role::Staff).await;
    let filed = file(&clerk, report("2024-03", "8")).await.expect(201);
    let path = format!("/projects/{HOSPITAL}/reports/2024-03");
    let observer = app.visitor("wuwei", Role::Observer).await;
    let seen = observer.get(&path).await.expect(200);
    assert!(seen.has("主体结构施工到三层") && !seen.has("id=\"judge\"") && !seen.has("id=\"fill\""));
    let stranger = app.visitor("gulang", Role::Reviewer).await;
    stranger.get(&path).await.expect(404);
    let lead = app.visitor(LEAD, Role::Reviewer).await;
    lead.get(&path).await.expect(200);
    let id = filed["id"].as_str().unwrap();
    let nothing = lead
        .send(
            &format!("/progress-reports/{id}/return"),
            &[("version", "1"), ("judged", "yes"), ("reason", "")],
        )
        .await
        .expect(400);
    assert!(nothing.has("id=\"e-reason\""));
    let back = lead
        .send(
            &format!("/progress-reports/{id}/return"),
            &[("version", "1"), ("judged", "yes"), ("reason", "金额不符")],
        )
        .await;
    assert_eq!(back.leads_to(), format!("{path}?done=returned"));
    assert!(lead.get(&path).await.expect(200).has("金额不符"));
    clerk
        .patch(&super::path_of(&filed), 2, super::said("9"))
        .await
        .expect(200);
    lead.get(&path).await.expect(200);
    let done = lead
        .send(
            &format!("/progress-reports/{id}/verify"),
            &[("version", "3"), ("judged", "yes")],
        )
        .await;
    assert_eq!(done.leads_to(), format!("{path}?done=verified"));
    let project = lead.get(&format!("/projects/{HOSPITAL}")).await.expect(200);
    assert!(project.has("资金和月报") && project.has("已核验"));
    for gone in [
        format!("/projects/{HOSPITAL}/reports/march"),
        "/projects/nowhere/reports/2024-03".to_owned(),
    ] {
        lead.get(&gone).await.expect(404);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_planner_begins_reporting_freezes_a_month_and_reopens_it_on_the_page() {
    let app = TestApp::start().await;
    let planner = app.visitor("wuwei", Role::Planner).await;
    let page = planner.get("/reports").await.expect(200);
    assert!(page.has("还没有启用月报调度") && page.has("四率"));
    let version = page.hidden("version").unwrap();
    let calendar = |from: &'static str, due: &'static str| {
        [
            ("plan", "wuwei-145"),
            ("reporting_from", from),
            ("under_way-frequency", "monthly"),
            ("under_way-due_day", due),
            ("under_way-due_month_offset", "0"),
            ("under_way-grace_days", "0"),
        ]
    };
    let send = async |from, due, version: &str| {
        let mut fields = calendar(from, due).to_vec();
        fields.push(("version", version));
        planner.send("/reports/calendar", &fields).await
    };
    let wrong = send("2024-01-01", "28", &version).await.expect(422);
    assert!(wrong.has("id=\"e-reporting_from\"") && wrong.has("value=\"2024-01-01\""));
    let wrong = send("2024-03-01", "40", &version).await.expect(400);
    assert!(wrong.has("id=\"e-calendar/1/due_day\"") && wrong.has("value=\"40\""));
    let done = send("2024-03-01", "28", &version).await;
    assert_eq!(done.leads_to(), "/reports?plan=wuwei-145&done=saved");
    let page = planner.get("/reports").await.expect(200);
    assert!(page.has("自 2024-03-01 起报") && page.has("28 日截止"));
    let month = [("plan", "wuwei-145"), ("month", "2024-03")];
    let done = planner.send("/reports/freeze", &month).await;
    assert_eq!(
        done.leads_to(),
        "/reports?plan=wuwei-145&month=2024-03&done=frozen"
    );
    let page = planner.get("/reports?month=2024-03").await.expect(200);
    assert!(page.has("封存（第 1 版）"));
    let mut why = month.to_vec();
    let refused = planner.send("/reports/reopen", &why).await.expect(400);
    assert!(refused.has("id=\"e-reason\""));
    why.push(("reason", "更正支付数"));
    let done = planner.send("/reports/reopen", &why).await;
    assert_eq!(
        done.leads_to(),
        "/reports?plan=wuwei-145&month=2024-03&done=unfrozen"
    );
    assert!(
        planner
            .get("/reports?month=2024-03")
            .await
            .expect(200)
            .has("更正支付数")
    );
    // Who is no planner of the issuer finds no such forms, and may not send them.
    let lead = app.visitor(LEAD, Role::Reviewer).await;
    assert!(!lead.get("/reports").await.expect(200).has("/reports/freeze"));
    lead.send("/reports/freeze", &month).await.expect(403);
    let json = app
        .planner()
        .await
        .get("/plans/wuwei-145/reporting")
        .await
        .expect(200);
    assert_eq!(json["calendar"][1]["grace_days"], json!(0));
}
