//! The sheet on which somebody files the figures of many commitments for one period, without scripts.

use guatu::kernel::Role;
use reqwest::Method;
use serde_json::{Value, json};

use crate::commitments::{JOBS, JOBS_OWNER, figure, file, settle, step};
use crate::support::surfer::Shown;
use crate::support::{LEAD, TestApp};

const SHEET: &str = "/plans/wuwei-145/observations";
/// 职业技能培训: another sum of the same department.
const TRAINING: &str = "/commitments/wuwei-145.1.vocational-training";

/// The ids of both commitments, their owner confirmed.
async fn settled(app: &TestApp) -> (String, String) {
    let planner = app.planner().await;
    let id = |view: Value| view["id"].as_str().unwrap().to_owned();
    (
        id(settle(&planner, JOBS, JOBS_OWNER).await),
        id(settle(&planner, TRAINING, JOBS_OWNER).await),
    )
}

/// The figures of a commitment as a planner has them, the latest first.
async fn figures(app: &TestApp, path: &str) -> Vec<Value> {
    let planner = app.planner().await;
    let list = planner.get(&format!("{path}/observations")).await.expect(200);
    list["data"].as_array().unwrap().clone()
}

/// The fields of a sheet as a browser sends them: those that the page holds, with these in their place.
fn filled(page: &Shown, typed: &[(&str, &str)]) -> Vec<(String, String)> {
    let form = page
        .text
        .split("<form method=\"post\" action=\"/plans/")
        .nth(1)
        .unwrap();
    let form = form.split("</form>").next().unwrap();
    let attribute = |tag: &str, name: &str| {
        let rest = tag.split_once(&format!(" {name}=\""))?.1;
        Some(rest.split('"').next()?.to_owned())
    };
    let mut fields: Vec<(String, String)> = Vec::new();
    for tag in form
        .split("<input")
        .skip(1)
        .chain(form.split("<textarea").skip(1))
    {
        let (tag, rest) = tag.split_once('>').unwrap();
        let held =
            attribute(tag, "value").unwrap_or_else(|| rest.split("</textarea>").next().unwrap().to_owned());
        let name = attribute(tag, "name").unwrap();
        if name != "_csrf" {
            let typed = typed.iter().find(|(known, _)| *known == name);
            fields.push((name, typed.map_or(held, |(_, value)| (*value).to_owned())));
        }
    }
    for (name, _) in typed {
        assert!(
            fields.iter().any(|(known, _)| known == name),
            "{name} is not on the page"
        );
    }
    fields
}

async fn send(surfer: &crate::support::surfer::Surfer, page: &Shown, typed: &[(&str, &str)]) -> Shown {
    let fields = filled(page, typed);
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (&**name, &**value)).collect();
    surfer.send(SHEET, &fields).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clerk_fills_in_what_he_has_of_a_period_and_sends_it_at_once() {
    let app = TestApp::start().await;
    let clerk = app.visitor(JOBS_OWNER, Role::Staff).await;
    // What nobody confirmed is told, not offered.
    let early = clerk.get(SHEET).await.expect(200);
    assert!(early.has("暂不能填报") && early.has("城镇新增就业人数") && !early.has("name=\"value-"));
    let (jobs, training) = settled(&app).await;
    let list = clerk.get("/commitments").await.expect(200);
    assert!(list.has(&format!("href=\"{SHEET}\"")));
    let sheet = clerk.get(SHEET).await.expect(200);
    assert!(
        sheet.has("2023 年末 ✓") && sheet.has("7.5 万人") && sheet.has("4.4959 万人"),
        "{}",
        sheet.text
    );
    let (of_jobs, of_training) = (format!("value-{jobs}"), format!("value-{training}"));
    let done = send(&clerk, &sheet, &[(&of_jobs, "4.7"), ("source", "就业统计年报")]).await;
    assert_eq!(done.leads_to(), format!("{SHEET}?on=2023-12-31&done=observed"));
    let filed = figures(&app, JOBS).await;
    assert_eq!(
        (
            &filed[0]["printed_value"],
            &filed[0]["state"],
            &filed[0]["source"]
        ),
        (&json!("4.7"), &json!("filed"), &json!("就业统计年报"))
    );
    assert!(figures(&app, TRAINING).await.is_empty());
    // Sent back, its value is offered with the reason; what is not changed is not filed again.
    let planner = app.planner().await;
    step(
        &planner,
        &filed[0],
        "return",
        json!({ "reason": "含外省，请剔除" }),
    )
    .await;
    let sheet = clerk.get(SHEET).await.expect(200);
    assert!(sheet.has("退回理由：含外省，请剔除") && sheet.has(&format!("name=\"{of_jobs}\" value=\"4.7\"")));
    send(&clerk, &sheet, &[(&of_training, "3"), ("source", "培训台账")])
        .await
        .leads_to();
    assert_eq!(figures(&app, JOBS).await[0]["state"], "returned");
    assert_eq!(figures(&app, TRAINING).await[0]["printed_value"], "3");
    // Corrected, it waits again; confirmed, it stands without a field.
    let sheet = clerk.get(SHEET).await.expect(200);
    let note = format!("note-{jobs}");
    send(&clerk, &sheet, &[(&of_jobs, "4.2"), (&note, "已剔除")])
        .await
        .leads_to();
    let corrected = figures(&app, JOBS).await;
    assert_eq!(
        (
            corrected.len(),
            &corrected[0]["printed_value"],
            &corrected[0]["note"]
        ),
        (1, &json!("4.2"), &json!("已剔除"))
    );
    step(&planner, &corrected[0], "confirm", json!({})).await;
    let sheet = clerk.get(SHEET).await.expect(200);
    assert!(sheet.has("4.2 万人") && !sheet.has(&format!("name=\"{of_jobs}\"")));
    // In another period it is the latest figure.
    let other = clerk.get(&format!("{SHEET}?on=2022-12-31")).await.expect(200);
    assert!(other.has("4.2 万人") && other.has(&format!("name=\"{of_jobs}\" value=\"\"")));
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_holds_a_part_finds_that_alone_on_his_sheet_and_whoever_files_nothing_has_none() {
    let app = TestApp::start().await;
    let (jobs, _) = settled(&app).await;
    let planner = app.planner().await;
    let items =
        json!({ "items": [{ "region": "620621", "value": "1.5" }, { "organisation": LEAD, "value": "2" }] });
    let path = format!("{JOBS}/allocations");
    let divided = planner
        .send(Method::PUT, &path, Some(items), &[("If-Match", "\"2\"")])
        .await;
    let region = divided.expect(200)["items"][0]["region"]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let county = app.visitor("minqin", Role::Staff).await;
    let sheet = county.get(SHEET).await.expect(200);
    let part = format!("value-{jobs}-region-{region}");
    assert!(
        sheet.has("民勤县")
            && sheet.has("1.5 万人（2025-12-31）")
            && !sheet.has(&format!("name=\"value-{jobs}\""))
    );
    assert_eq!(sheet.text.matches("name=\"value-").count(), 1);
    send(&county, &sheet, &[(&part, "0.9"), ("source", "县就业台账")])
        .await
        .leads_to();
    let filed = figures(&app, JOBS).await;
    assert_eq!(
        (&filed[0]["region"]["code"], &filed[0]["printed_value"]),
        (&json!("620621"), &json!("0.9"))
    );
    // The owner has the whole and every part.
    let owner = app.visitor(JOBS_OWNER, Role::Reviewer).await;
    let sheet = owner.get(SHEET).await.expect(200);
    assert!(sheet.has(&format!("name=\"value-{jobs}\"")) && sheet.has("原填 0.9 万人"));
    // Another's commitment, sent by hand: nothing of the sheet is filed.
    owner.get(SHEET).await;
    county.get(SHEET).await;
    let whole = format!("value-{jobs}");
    let by_hand = [
        ("observed_on", "2022-12-31"),
        (whole.as_str(), "1"),
        (part.as_str(), "1"),
        ("source", "自拟"),
    ];
    let refused = county.send(SHEET, &by_hand).await.expect(403);
    assert!(refused.has("observation.file"), "{}", refused.text);
    let nobodys = format!("value-{}", uuid::Uuid::nil());
    let by_hand = [
        ("observed_on", "2022-12-31"),
        (nobodys.as_str(), "1"),
        ("source", "自拟"),
    ];
    county.send(SHEET, &by_hand).await.expect(404);
    assert_eq!(figures(&app, JOBS).await.len(), 1);
    for (organisation, role) in [
        ("gulang", Role::Staff),
        ("wuwei", Role::Planner),
        (JOBS_OWNER, Role::Observer),
    ] {
        let other = app.visitor(organisation, role).await;
        assert_eq!(other.get(SHEET).await.status, 403, "{organisation} {role:?}");
        let list = other.get("/commitments").await.expect(200);
        assert!(!list.has(&format!("href=\"{SHEET}\"")), "{organisation} {role:?}");
    }
    county.get("/plans/nowhere/observations").await.expect(404);
    assert_eq!(app.surfer().get(SHEET).await.status, 303);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sheet_with_one_figure_that_cannot_be_is_shown_again_and_nothing_of_it_is_filed() {
    let app = TestApp::start().await;
    let (jobs, training) = settled(&app).await;
    let clerk = app.visitor(JOBS_OWNER, Role::Staff).await;
    let (of_jobs, of_training) = (format!("value-{jobs}"), format!("value-{training}"));
    let sheet = clerk.get(SHEET).await.expect(200);
    let nothing = send(&clerk, &sheet, &[("source", "年报")]).await.expect(409);
    assert!(nothing.has("没有要提交的数") && nothing.has("value=\"年报\""));
    let wrong = send(&clerk, &sheet, &[(&of_jobs, "许多"), (&of_training, "1,234.5")])
        .await
        .expect(400);
    for there in [
        format!("id=\"e-{of_jobs}\""),
        "id=\"e-source\"".to_owned(),
        "城镇新增就业人数：格式不对".to_owned(),
        format!("name=\"{of_jobs}\" value=\"许多\""),
        format!("name=\"{of_training}\" value=\"1,234.5\""),
        "有 2 处需要更正".to_owned(),
    ] {
        assert!(wrong.has(&there), "{there} {}", wrong.text);
    }
    // What the action refuses is told beside its line too.
    let low = send(
        &clerk,
        &sheet,
        &[(&of_jobs, "-1"), (&of_training, "3"), ("source", "年报")],
    )
    .await
    .expect(422);
    assert!(low.has(&format!("id=\"e-{of_jobs}\"")) && !low.has(&format!("id=\"e-{of_training}\"")));
    assert!(low.has(&format!("name=\"{of_training}\" value=\"3\"")));
    // A day that has not come, of the address and of the form.
    let ahead = clerk.get(&format!("{SHEET}?on=2024-12-31")).await.expect(422);
    assert!(ahead.has("id=\"e-observed_on\"") && ahead.has("所属期末不能晚于今天（2024-03-01）"));
    let before = clerk.get(&format!("{SHEET}?on=2020-12-31")).await.expect(422);
    assert!(before.has("所属期末不能早于规划期首日"));
    clerk.get(&format!("{SHEET}?on=soon")).await.expect(400);
    let ahead = send(
        &clerk,
        &ahead,
        &[(&of_jobs, "5"), (&of_training, "3"), ("source", "年报")],
    )
    .await
    .expect(422);
    assert!(ahead.has("有 1 处需要更正") && ahead.has(&format!("name=\"{of_jobs}\" value=\"5\"")));
    assert!(figures(&app, JOBS).await.is_empty() && figures(&app, TRAINING).await.is_empty());
    // A colleague was first: his figure stands beside what was typed, and the second sending corrects it.
    let sheet = clerk.get(SHEET).await.expect(200);
    let colleague = app.person(JOBS_OWNER, Role::Staff).await;
    let first = file(&colleague, JOBS, figure("2023-12-31", "4.6")).await;
    let late = send(
        &clerk,
        &sheet,
        &[(&of_jobs, "4.7"), (&of_training, "3"), ("source", "年报")],
    )
    .await
    .expect(409);
    assert!(late.has(&format!("id=\"e-{of_jobs}\"")) && late.has("原填 4.6 万人"));
    assert!(late.has(&format!("name=\"{of_jobs}\" value=\"4.7\"")));
    assert!(figures(&app, TRAINING).await.is_empty());
    // Changed again meanwhile: stale, and what was typed stays.
    let path = format!("/observations/{}", first["id"].as_str().unwrap());
    colleague
        .patch(&path, 1, json!({ "value": "4.5" }))
        .await
        .expect(200);
    let stale = send(&clerk, &late, &[]).await.expect(412);
    assert!(stale.has("内容已被他人修改") && stale.has("原填 4.5 万人"));
    assert!(
        stale.has(&format!("name=\"{of_jobs}\" value=\"4.7\"")) && figures(&app, TRAINING).await.is_empty()
    );
    send(&clerk, &stale, &[]).await.leads_to();
    let (now, other) = (figures(&app, JOBS).await, figures(&app, TRAINING).await);
    assert_eq!(
        (
            &now[0]["printed_value"],
            &now[0]["version"],
            &other[0]["printed_value"]
        ),
        (&json!("4.7"), &json!(3), &json!("3"))
    );
    // Sent twice, it is told what stands already.
    let again = send(&clerk, &sheet, &[(&of_training, "3"), ("source", "年报")])
        .await
        .expect(409);
    assert!(again.has("这一天的数已经填报过"));
    assert_eq!(figures(&app, TRAINING).await.len(), 1);
}

const WAITING: &str = "/plans/wuwei-145/observations/waiting";

fn item(one: &Value) -> Value {
    json!({ "id": one["id"], "version": one["version"] })
}

#[tokio::test(flavor = "multi_thread")]
async fn many_figures_are_confirmed_together_or_none_of_them() {
    let app = TestApp::start().await;
    settled(&app).await;
    let clerk = app.person(JOBS_OWNER, Role::Staff).await;
    let one = file(&clerk, JOBS, figure("2023-12-31", "4.7")).await;
    let other = file(&clerk, TRAINING, figure("2023-12-31", "3")).await;
    let planner = app.planner().await;
    let path = "/observations/confirm";
    let mut stale = item(&other);
    stale["version"] = json!(7);
    let unseen = json!({ "id": other["id"] });
    let absent = json!({ "id": uuid::Uuid::now_v7(), "version": 1 });
    for (items, status, pointer) in [
        (json!([]), 400, "/items"),
        (json!([item(&one), item(&one)]), 400, "/items/1/id"),
        (json!([item(&one), { "version": 1 }]), 400, "/items/1/id"),
        (json!([item(&one), absent]), 404, "/items/1"),
        (json!([item(&one), unseen]), 428, "/items/1"),
        (json!([item(&one), stale]), 412, "/items/1"),
    ] {
        let refused = planner.post(path, json!({ "items": items })).await;
        assert_eq!(refused.status, status, "{}", refused.body);
        assert_eq!(refused.body["errors"][0]["pointer"], pointer, "{}", refused.body);
    }
    let both = json!({ "items": [item(&one), item(&other)] });
    assert_eq!(clerk.post(path, both.clone()).await.status, 403);
    // Out of sight and absent are the same to a stranger.
    let stranger = app.person("gulang", Role::Reviewer).await;
    assert_eq!(stranger.post(path, both.clone()).await.status, 404);
    for path in [JOBS, TRAINING] {
        assert_eq!(figures(&app, path).await[0]["state"], "filed");
    }
    let confirmed = planner.post(path, both.clone()).await.expect(200);
    assert_eq!(
        (&confirmed["data"][0]["id"], &confirmed["data"][1]["id"]),
        (&one["id"], &other["id"])
    );
    for path in [JOBS, TRAINING] {
        assert_eq!(figures(&app, path).await[0]["state"], "confirmed");
        assert_ne!(
            planner.get(path).await.expect(200)["course"]["standing"],
            "no_data"
        );
    }
    let again = planner.post(path, both).await;
    assert_eq!(
        (again.status, &again.body["errors"][0]["code"]),
        (412, &json!("precondition.stale"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_planner_ticks_what_waits_and_confirms_it_in_one_step() {
    let app = TestApp::start().await;
    settled(&app).await;
    let clerk = app.person(JOBS_OWNER, Role::Staff).await;
    let one = file(&clerk, JOBS, figure("2023-12-31", "4.7")).await;
    let other = file(&clerk, TRAINING, figure("2023-12-31", "3")).await;
    let planner = app.visitor("wuwei", Role::Planner).await;
    assert!(
        planner
            .get("/commitments")
            .await
            .expect(200)
            .has("待确认的数据（2）")
    );
    let page = planner.get(WAITING).await.expect(200);
    assert!(page.has("待确认的数据（2）") && page.has("4.7 万人") && page.has("4.4959 万人"));
    let none = planner.send(WAITING, &[]).await.expect(422);
    assert!(none.has("id=\"e-pick\""));
    let (id, another) = (one["id"].as_str().unwrap(), other["id"].as_str().unwrap());
    let (seen, also) = (format!("seen-{id}"), format!("seen-{another}"));
    let fields = [("pick", id), ("pick", another), (&*seen, "1"), (&*also, "1")];
    clerk
        .patch(&format!("/observations/{another}"), 1, json!({ "value": "3.1" }))
        .await
        .expect(200);
    let stale = planner.send(WAITING, &fields).await.expect(412);
    assert!(stale.has(&format!("id=\"e-pick-{another}\"")) && stale.has("3.1 万人"));
    assert_eq!(stale.text.matches(" checked").count(), 2);
    assert_eq!(figures(&app, JOBS).await[0]["state"], "filed");
    let fields = [("pick", id), ("pick", another), (&*seen, "1"), (&*also, "2")];
    let done = planner.send(WAITING, &fields).await;
    assert_eq!(done.leads_to(), format!("{WAITING}?done=confirmed"));
    assert!(planner.get(WAITING).await.expect(200).has("没有等您确认的数据"));
    for path in [JOBS, TRAINING] {
        assert_eq!(figures(&app, path).await[0]["state"], "confirmed");
    }
    // The owner's reviewer is no second pair of eyes on what his own organisation filed.
    let reviewer = app.visitor(JOBS_OWNER, Role::Reviewer).await;
    let third = file(&clerk, JOBS, figure("2022-12-31", "3.1")).await;
    assert!(reviewer.get(WAITING).await.expect(200).has("没有等您确认的数据"));
    let id = third["id"].as_str().unwrap();
    let seen = format!("seen-{id}");
    reviewer.get("/acting").await;
    let refused = reviewer
        .send(WAITING, &[("pick", id), (&seen, "1")])
        .await
        .expect(403);
    assert!(refused.has("observation.judge"));
}
