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

#[tokio::test(flavor = "multi_thread")]
async fn a_planner_fills_in_the_investment_plan_and_what_is_wrong_stays_where_it_was_typed() {
    let app = TestApp::start().await;
    under_way(&app).await;
    let path = format!("/projects/{HOSPITAL}/investment");
    let planner = app.visitor("wuwei", Role::Planner).await;
    let empty = planner.get(&path).await.expect(200);
    assert!(empty.has("还没有投资计划") && empty.has("项目计划投资 5,000 万元"));
    let version = empty.hidden("version").unwrap();
    let row = |index: usize, year: &'static str, source: &'static str, amount: &'static str| {
        [
            (format!("year-{index}"), year),
            (format!("source-{index}"), source),
            (format!("amount-{index}"), amount),
        ]
    };
    let filled = |version: &str, rows: Vec<[(String, &'static str); 3]>| -> Vec<(String, String)> {
        let mut fields: Vec<(String, String)> = rows
            .into_iter()
            .flatten()
            .map(|(name, value)| (name, value.to_owned()))
            .collect();
        fields.push(("version".to_owned(), version.to_owned()));
        fields
    };
    let send = async |fields: &[(String, String)]| {
        let fields: Vec<(&str, &str)> = fields
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        planner.send(&path, &fields).await
    };
    // An empty row between is none; a fault stands in the row that it was typed in.
    let wrong = filled(
        &version,
        vec![
            row(0, "2024", "central", "20,000,000"),
            row(1, "", "", ""),
            row(2, "1024", "county", "-1"),
            row(3, "2025", "", ""),
        ],
    );
    let refused = send(&wrong).await.expect(400);
    for id in [
        "e-items/2/year",
        "e-items/2/amount",
        "e-items/3/source",
        "e-items/3/amount",
    ] {
        assert!(refused.has(&format!("id=\"{id}\"")), "{id} {}", refused.text);
    }
    assert!(!refused.has("id=\"e-items/0/") && !refused.has("id=\"e-items/1/"));
    assert!(refused.has("超出范围，应在") && refused.has("必填，请补上"));
    assert!(refused.has("value=\"20,000,000\"") && refused.has("value=\"1024\""));
    let twice = filled(
        &version,
        vec![
            row(0, "2024", "central", "1"),
            row(1, "", "", ""),
            row(2, "2024", "central", "2"),
        ],
    );
    assert!(send(&twice).await.expect(400).has("id=\"e-items/2/year\""));
    let right = filled(
        &version,
        vec![
            row(0, "2024", "central", "20,000,000"),
            row(2, "2025", "county", "5000000.5"),
        ],
    );
    assert_eq!(send(&right).await.leads_to(), format!("{path}?done=saved"));
    assert!(send(&right).await.expect(412).has("内容已被他人修改"));
    let kept = planner.get(&path).await.expect(200);
    assert!(kept.has("各年合计 2,500.00005 万元") && kept.has("两个数不一致"));
    // An emptied amount takes its row away.
    let version = kept.hidden("version").unwrap();
    let mut fewer = filled(
        &version,
        vec![
            row(0, "2024", "central", "20000000"),
            row(1, "2025", "county", ""),
        ],
    );
    fewer.extend([
        ("was-0".to_owned(), "yes".to_owned()),
        ("was-1".to_owned(), "yes".to_owned()),
    ]);
    assert_eq!(send(&fewer).await.leads_to(), format!("{path}?done=saved"));
    let kept = app.planner().await;
    let kept = kept
        .get(&format!("/projects/{HOSPITAL}/investment-plan"))
        .await
        .expect(200);
    assert_eq!(
        kept["items"],
        json!([{ "year": 2024, "source": "central", "amount": "20000000" }])
    );
    // Who sees the project reads the plan; who does not plan it has no form, and his form is refused.
    let clerk = app.visitor(RESPONSIBLE, Role::Staff).await;
    let shown = clerk.get(&path).await.expect(200);
    assert!(shown.has("2,000") && !shown.has("保存投资计划"));
    let version = kept["version"].to_string();
    let fields = [
        ("version", version.as_str()),
        ("year-0", "2024"),
        ("source-0", "city"),
        ("amount-0", "1"),
    ];
    clerk.send(&path, &fields).await.expect(403);
    let stranger = app.visitor("gulang", Role::Planner).await;
    stranger.get(&path).await.expect(404);
    stranger.send(&path, &fields).await.expect(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_project_is_divided_on_its_page_and_each_county_files_its_own_report() {
    let app = TestApp::start().await;
    under_way(&app).await;
    let manage = format!("/projects/{HOSPITAL}/manage");
    let parts = format!("/projects/{HOSPITAL}/parts");
    let planner = app.visitor("wuwei", Role::Planner).await;
    let version = planner.get(&manage).await.expect(200).hidden("version").unwrap();
    let mut fields = vec![
        ("version", version.as_str()),
        ("taken-620621", "yes"),
        ("quantity-620621", "300"),
        ("taken-620622", "yes"),
        ("organisation-620622", "nobody.here"),
        ("quantity-620622", "100"),
    ];
    let wrong = planner.send(&parts, &fields).await.expect(422);
    assert!(
        wrong.has("-organisation\"") && wrong.has("nobody.here") && wrong.has("value=\"300\""),
        "{}",
        wrong.text
    );
    fields[4] = ("organisation-620622", "gulang.health");
    assert!(
        planner
            .send(&parts, &fields)
            .await
            .leads_to()
            .ends_with("done=saved")
    );
    let shown = planner.get(&format!("/projects/{HOSPITAL}")).await.expect(200);
    assert!(shown.has("分县任务") && shown.has("古浪县卫生健康局"));
    app.pass_days(30);
    // Each finds its own county's report in its list, and files it there.
    for (organisation, region, other) in [
        ("gulang.health", "620622", "620621"),
        (RESPONSIBLE, "620621", "620622"),
    ] {
        let clerk = app.visitor(organisation, Role::Staff).await;
        let path = format!("/projects/{HOSPITAL}/reports/2024-03/{region}");
        let todo = clerk.get("/").await.expect(200);
        assert!(todo.has(&path), "{organisation} {}", todo.text);
        assert!(!todo.has(&format!("/reports/2024-03/{other}")), "{organisation}");
        let form = clerk.get(&path).await.expect(200);
        assert!(form.has("name=\"physical_percent\""), "{organisation}");
        let empty = clerk.send(&path, &[("physical_percent", "40")]).await.expect(400);
        assert!(empty.has("id=\"e-done_text\"") && empty.has("value=\"40\""));
        let fields = [("physical_percent", "40"), ("done_text", "主体施工")];
        assert_eq!(
            clerk.send(&path, &fields).await.leads_to(),
            format!("{path}?done=filed")
        );
        assert!(!clerk.get("/").await.expect(200).has("欠报的月报"));
    }
    let planner = app.visitor("wuwei", Role::Planner).await;
    let month = planner.get("/reports?month=2024-03").await.expect(200);
    assert!(month.has("已报（2）") && month.has("未报（0）"), "{}", month.text);
    // Who answers for one part has no form for the other, and who sees nothing has none at all.
    let clerk = app.visitor("gulang.health", Role::Staff).await;
    let other = format!("/projects/{HOSPITAL}/reports/2024-04/620621");
    assert!(
        !clerk
            .get(&other)
            .await
            .expect(200)
            .has("name=\"physical_percent\"")
    );
    let fields = [("physical_percent", "1"), ("done_text", "冒报")];
    clerk.send(&other, &fields).await.expect(403);
    let stranger = app.visitor("tianzhu", Role::Staff).await;
    stranger.get(&other).await.expect(404);
}
