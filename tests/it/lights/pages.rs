//! The pages of lights, without scripts: rules tried and put in force, badges with their reasons, overrides.

use guatu::kernel::Role;

use super::{behind, light};
use crate::support::{HOSPITAL, RESPONSIBLE, TestApp};

const PAGE: &str = "/plans/wuwei-145/lights";

#[tokio::test(flavor = "multi_thread")]
async fn a_planner_tries_rules_and_puts_them_in_force_with_a_reason() {
    let app = TestApp::start().await;
    behind(&app.planner().await).await;
    let surfer = app.visitor("wuwei", Role::Planner).await;
    let page = surfer.get(PAGE).await.expect(200);
    assert!(page.has("现行规则：默认规则（第 1 版）") && page.has("欠报 2 期，红灯"));
    assert!(page.has("落后计划进度达到 10 个百分点，黄灯；落后计划进度超过 30 个百分点，红灯"));
    let tried = surfer
        .send(PAGE, &[("set", "wuhan"), ("do", "preview")])
        .await
        .expect(200);
    assert!(tried.has("1 个项目会变灯") && tried.has("民勤县人民医院") && tried.has("只达到计划进度的 0%"));
    assert_eq!(light(&app.planner().await, None).await["shown"], "yellow");
    // Without a reason it is shown again, with what was tried.
    let version = tried.hidden("version").unwrap();
    let apply = [("set", "wuhan"), ("do", "apply"), ("version", version.as_str())];
    let refused = surfer.send(PAGE, &apply).await.expect(400);
    assert!(refused.has("必填，请补上。") && refused.has("按这套规则执行"));
    let mut apply = apply.to_vec();
    apply.push(("reason", "按市里要求从严"));
    let done = surfer.send(PAGE, &apply).await;
    assert_eq!(done.leads_to(), format!("{PAGE}?done=rules"));
    let page = surfer.get(&format!("{PAGE}?done=rules")).await.expect(200);
    assert!(page.has("武汉市规则（第 2 版）") && page.has("按市里要求从严") && page.has("第 1 版"));
    assert_eq!(light(&app.planner().await, None).await["shown"], "red");
    // Somebody who saw the first version is told.
    let stale = surfer.send(PAGE, &apply).await;
    assert_eq!(stale.status, 412);
    assert!(stale.has("内容已被他人修改"));
}

#[tokio::test(flavor = "multi_thread")]
async fn thresholds_are_edited_field_by_field_and_each_fault_stands_beside_its_field() {
    let app = TestApp::start().await;
    behind(&app.planner().await).await;
    let surfer = app.visitor("wuwei", Role::Planner).await;
    surfer.get(PAGE).await.expect(200);
    let own = [
        ("rules/name", "本市规则"),
        ("rules/start/yellow", "1"),
        ("rules/schedule/measure", "points"),
        ("rules/schedule/yellow", "5"),
        ("rules/schedule/yellow_included", "true"),
        ("rules/schedule/red", "15.5"),
        ("do", "preview"),
    ];
    let tried = surfer.send(PAGE, &own).await.expect(200);
    assert!(tried.has("试算：本市规则") && tried.has("落后计划进度超过 15.5 个百分点，红灯"));
    assert_eq!(tried.hidden("rules/schedule/red").unwrap(), "15.5");
    let mut broken = own.to_vec();
    broken[5] = ("rules/schedule/red", "3");
    broken[1] = ("rules/start/yellow", "0");
    let refused = surfer.send(PAGE, &broken).await;
    assert_eq!(refused.status, 400);
    assert!(refused.has("id=\"e-rules/start/yellow\"") && refused.has("value=\"本市规则\""));
    broken[1] = ("rules/start/yellow", "1");
    let refused = surfer.send(PAGE, &broken).await;
    assert_eq!(refused.status, 422);
    assert!(refused.has("id=\"e-rules/schedule/red\"") && refused.has("红灯的门槛应比黄灯更严"));
    // Whoever may not choose sees the rules and no form, and a form of his own is refused.
    let clerk = app.visitor(RESPONSIBLE, Role::Staff).await;
    let page = clerk.get(PAGE).await.expect(200);
    assert!(page.has("现行规则") && !page.has("调整门槛"));
    assert_eq!(clerk.send(PAGE, &own).await.status, 403);
    surfer.get("/plans/nowhere/lights").await.expect(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_light_stands_on_lists_and_on_its_project_and_a_supervisor_shows_another() {
    let app = TestApp::start().await;
    behind(&app.planner().await).await;
    let surfer = app.visitor("wuwei", Role::Supervisor).await;
    let list = surfer.get("/projects?light=yellow").await.expect(200);
    assert!(list.has("class=\"badge yellow\">黄灯") && list.has("红黄绿灯：黄灯"));
    let overdue = surfer.get("/overdue?light=yellow").await.expect(200);
    assert!(overdue.has("共 1 个逾期节点") && overdue.has("红黄绿灯：黄灯"));
    let wall = surfer.get("/overview").await.expect(200);
    assert!(wall.has("class=\"cell yellow\"") && wall.has("黄灯 1"));
    let path = format!("/projects/{HOSPITAL}");
    let page = surfer.get(&path).await.expect(200);
    assert!(page.has("落后计划进度 20 个百分点") && page.has("规则第 1 版") && page.has("自 2024-02-11 起"));
    let version = page
        .text
        .split("light-overrides")
        .nth(1)
        .and_then(|form| form.split("name=\"version\" value=\"").nth(1))
        .and_then(|rest| rest.split('"').next())
        .unwrap()
        .to_owned();
    let action = format!("{path}/light-overrides");
    let fields = |reason: &'static str| {
        [
            ("version".to_owned(), version.clone()),
            ("light".to_owned(), "green".to_owned()),
            ("until_on".to_owned(), "2024-03-05".to_owned()),
            ("reason".to_owned(), reason.to_owned()),
        ]
    };
    let send = async |reason: &'static str| {
        let fields = fields(reason);
        let fields: Vec<(&str, &str)> = fields
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        surfer.send(&action, &fields).await
    };
    let refused = send("").await;
    assert_eq!(refused.status, 400);
    assert!(refused.has("id=\"e-reason\"") && refused.has("value=\"2024-03-05\""));
    assert_eq!(
        send("现场核查，已实质开工").await.leads_to(),
        format!("{path}?done=saved")
    );
    let page = surfer.get(&path).await.expect(200);
    assert!(
        page.has("督查调整显示，系统算出为") && page.has("现场核查，已实质开工") && page.has("结束督查调整")
    );
    assert!(
        surfer
            .get("/projects?light=green")
            .await
            .expect(200)
            .has("督查调整，算出为黄灯")
    );
    let end = page
        .text
        .split("action=\"")
        .filter_map(|rest| rest.split('"').next())
        .find(|action| action.ends_with("/end"))
        .unwrap()
        .to_owned();
    let done = surfer
        .send(&end, &[("version", "1"), ("reason", "问题已解决")])
        .await;
    assert_eq!(done.leads_to(), format!("{path}?done=saved"));
    assert!(
        surfer
            .get(&path)
            .await
            .expect(200)
            .has("2024-03-01 结束：问题已解决")
    );
    // A clerk sees the light and no form.
    let clerk = app.visitor(RESPONSIBLE, Role::Staff).await;
    let page = clerk.get(&path).await.expect(200);
    assert!(page.has("落后计划进度 20 个百分点") && !page.has("督查调整显示的灯"));
}
