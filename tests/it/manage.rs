//! The pages on which planners change projects by hand, administrators organisations, and the log is read and proved.

use std::collections::BTreeMap;

use diesel_async::RunQueryDsl;
use guatu::kernel::Role;

use crate::support::surfer::{Shown, Surfer};
use crate::support::{HOSPITAL, LEAD, RESPONSIBLE, TestApp, confirm};

fn manage() -> String {
    format!("/projects/{HOSPITAL}/manage")
}

fn at(word: &str) -> String {
    format!("/projects/{HOSPITAL}/{word}")
}

/// The version in the form that goes to `action`.
fn version(page: &Shown, action: &str) -> String {
    let (_, rest) = page
        .text
        .split_once(&format!("action=\"{action}\""))
        .unwrap_or_else(|| panic!("no form {action}"));
    let (_, rest) = rest.split_once("name=\"version\" value=\"").unwrap();
    rest.split('"').next().unwrap().to_owned()
}

/// Sends the facts of the hospital with one of them changed.
async fn send_facts(surfer: &Surfer, version: &str, changed: &[(&str, &str)]) -> Shown {
    let mut fields: BTreeMap<&str, &str> = BTreeMap::from([
        ("version", version),
        ("title", "民勤县人民医院整体搬迁"),
        ("life_cycle", "preparation"),
        ("region", "620621"),
        ("is_public", "yes"),
        ("components", "门诊楼\n住院楼\n"),
        ("description", "一期"),
    ]);
    fields.extend(changed.iter().copied());
    let fields: Vec<(&str, &str)> = fields.into_iter().collect();
    surfer.send(&at("edit"), &fields).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_planner_edits_a_project_and_what_is_wrong_stands_beside_its_field() {
    let app = TestApp::start().await;
    let surfer = app.visitor("wuwei", Role::Planner).await;
    let page = surfer.get(&manage()).await.expect(200);
    let seen = version(&page, &at("edit"));
    let wrong = send_facts(
        &surfer,
        &seen,
        &[
            ("title", ""),
            ("national_code", "12"),
            ("investment_planned", "-3"),
        ],
    )
    .await
    .expect(400);
    assert!(wrong.has("有 3 处需要更正"), "{}", wrong.text);
    for field in ["edit-title", "edit-national_code", "edit-investment_planned"] {
        assert!(
            wrong.has(&format!("href=\"#f-{field}\"")) && wrong.has(&format!("id=\"f-{field}\"")),
            "{field}"
        );
    }
    assert!(
        wrong.has("value=\"12\"") && wrong.has("门诊楼\n住院楼"),
        "what was typed stays"
    );
    let done = send_facts(
        &surfer,
        &seen,
        &[("investment_planned", "12000000.50"), ("doubt", "面积两处不一")],
    )
    .await;
    assert_eq!(done.leads_to(), format!("{}?done=saved", manage()));
    let planner = app.planner().await;
    let project = planner.get(&format!("/projects/{HOSPITAL}")).await.expect(200);
    assert_eq!(project["components"], serde_json::json!(["门诊楼", "住院楼"]));
    assert_eq!(
        (&project["investment_planned"], &project["doubt"]),
        (&"12000000.5".into(), &"面积两处不一".into())
    );
    // Somebody else's version: told, nothing lost.
    let stale = send_facts(&surfer, &seen, &[("description", "二期")])
        .await
        .expect(412);
    assert!(stale.has("内容已被他人修改") && stale.has("二期"));
    // Emptied again.
    let page = surfer.get(&manage()).await.expect(200);
    send_facts(&surfer, &version(&page, &at("edit")), &[])
        .await
        .leads_to();
    let project = planner.get(&format!("/projects/{HOSPITAL}")).await.expect(200);
    assert!(project["doubt"].is_null() && project["investment_planned"].is_null());
}

#[tokio::test(flavor = "multi_thread")]
async fn milestones_standing_and_supporting_owners_are_managed_on_the_page() {
    let app = TestApp::start().await;
    let surfer = app.visitor("wuwei", Role::Planner).await;
    surfer.get(&manage()).await.expect(200);
    let wrong = surfer
        .send(&at("milestones"), &[("name", "试运行"), ("weight", "0")])
        .await
        .expect(400);
    for field in ["step-slug", "step-planned_on", "step-weight"] {
        assert!(wrong.has(&format!("id=\"e-{field}\"")), "{field}");
    }
    let added = surfer
        .send(
            &at("milestones"),
            &[
                ("name", "试运行"),
                ("slug", "trial"),
                ("planned_on", "2025-11-30"),
                ("weight", "5"),
                ("evidence_wanted", "试运行报告"),
            ],
        )
        .await;
    assert_eq!(added.leads_to(), format!("{}?done=saved", manage()));
    assert!(
        surfer
            .get(&format!("/projects/{HOSPITAL}"))
            .await
            .expect(200)
            .has("试运行")
    );
    let page = surfer.get(&manage()).await.expect(200);
    let seen = version(&page, &at("suspend"));
    let wrong = surfer
        .send(
            &at("suspend"),
            &[
                ("version", &seen),
                ("reason", "资金未到位"),
                ("review_on", "2020-01-01"),
            ],
        )
        .await
        .expect(422);
    assert!(
        wrong.has("id=\"e-suspend-review_on\"") && wrong.has("资金未到位"),
        "{}",
        wrong.text
    );
    surfer
        .send(
            &at("suspend"),
            &[
                ("version", &seen),
                ("reason", "资金未到位"),
                ("review_on", "2024-06-01"),
            ],
        )
        .await
        .leads_to();
    let page = surfer.get(&manage()).await.expect(200);
    assert!(page.has("已暂停：资金未到位") && !page.has(&format!("action=\"{}\"", at("suspend"))));
    let seen = version(&page, &at("resume"));
    assert!(
        surfer
            .send(&at("resume"), &[("version", &seen)])
            .await
            .expect(400)
            .has("id=\"e-resume-reason\"")
    );
    surfer
        .send(&at("resume"), &[("version", &seen), ("reason", "资金到位")])
        .await
        .leads_to();
    let unknown = surfer
        .send(&at("supporting"), &[("organisation", "nowhere")])
        .await
        .expect(422);
    assert!(unknown.has("id=\"e-support-organisation\""));
    surfer
        .send(&at("supporting"), &[("organisation", "wuwei.education")])
        .await
        .leads_to();
    let page = surfer.get(&manage()).await.expect(200);
    let (_, rest) = page
        .text
        .split_once(&format!("action=\"{}/", at("supporting")))
        .unwrap();
    let end = format!("{}/{}/end", at("supporting"), rest.split('/').next().unwrap());
    let seen = version(&page, &end);
    assert!(
        surfer
            .send(&end, &[("version", &seen)])
            .await
            .expect(400)
            .has("f-unsupport-reason")
    );
    surfer
        .send(&end, &[("version", &seen), ("reason", "职责调整")])
        .await
        .leads_to();
    assert!(surfer.get(&manage()).await.expect(200).has("还没有。"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_planner_adds_splits_and_merges_projects_on_pages() {
    let app = TestApp::start().await;
    let surfer = app.visitor("wuwei", Role::Planner).await;
    let path = "/plans/wuwei-145/5/new";
    let blank = surfer
        .get(&format!("{path}?initiative=wuwei-145.5-2"))
        .await
        .expect(200);
    assert!(
        blank.has("<option value=\"wuwei-145.5-2\" selected>"),
        "{}",
        blank.text
    );
    let wrong = surfer
        .send(
            path,
            &[
                ("initiative", "wuwei-145.5-2"),
                ("title", "新院区"),
                ("quantity", "3"),
                ("lead", "nowhere"),
            ],
        )
        .await
        .expect(400);
    for field in ["new-slug", "new-kind", "new-due_on", "new-unit"] {
        assert!(wrong.has(&format!("id=\"e-{field}\"")), "{field} {}", wrong.text);
    }
    assert!(wrong.has("value=\"新院区\"") && wrong.has("value=\"nowhere\""));
    let mut fields = vec![
        ("initiative", "wuwei-145.5-2"),
        ("title", "新院区"),
        ("slug", "new-campus"),
        ("kind", "new_build"),
        ("region", "620621"),
        ("responsible_level", "county"),
        ("quantity", "3"),
        ("unit", "栋"),
        ("due_on", "2025-12-31"),
        ("due_basis", "plan"),
        ("lead", LEAD),
        ("responsible", "nowhere"),
        ("owners_confirmed", "yes"),
        ("is_public", "yes"),
    ];
    let wrong = surfer.send(path, &fields).await.expect(422);
    assert!(wrong.has("id=\"e-new-responsible\""), "{}", wrong.text);
    fields[11] = ("responsible", RESPONSIBLE);
    let made = surfer.send(path, &fields).await;
    assert_eq!(made.leads_to(), "/projects/wuwei-145.5-2.new-campus?done=saved");
    let again = surfer.send(path, &fields).await.expect(409);
    assert!(again.has("id=\"e-new-slug\""), "{}", again.text);
    // Two parts are named, one remains.
    let own = "/projects/wuwei-145.5-2.new-campus";
    let page = surfer.get(&format!("{own}/manage")).await.expect(200);
    let seen = version(&page, &format!("{own}/split"));
    let split = format!("{own}/split");
    let wrong = surfer
        .send(&split, &[("version", &seen), ("title-0", "内科楼")])
        .await
        .expect(400);
    assert!(
        wrong.has("id=\"e-split-parts-0-slug\"") && wrong.has("value=\"内科楼\""),
        "{}",
        wrong.text
    );
    assert!(wrong.has("id=\"e-split-reason\""));
    let none = surfer
        .send(&split, &[("version", &seen), ("reason", "另立")])
        .await
        .expect(400);
    assert!(none.has("id=\"f-split-parts\""));
    let done = surfer
        .send(
            &split,
            &[
                ("version", &seen),
                ("title-0", "内科楼"),
                ("slug-0", "campus-inner"),
                ("quantity-0", "1"),
                ("title-1", "外科楼"),
                ("slug-1", "campus-outer"),
                ("quantity-1", "1"),
                ("responsible-1", "minqin.health"),
                ("reason", "分栋建设"),
            ],
        )
        .await;
    assert_eq!(done.leads_to(), format!("{own}?done=saved"));
    let part = surfer
        .get("/projects/wuwei-145.5-2.campus-outer")
        .await
        .expect(200);
    assert!(part.has("民勤县卫生健康局"), "{}", part.text);
    assert!(surfer.get(own).await.expect(200).has("1 栋"));
    // Merged back.
    let inner = "/projects/wuwei-145.5-2.campus-inner";
    let page = surfer.get(&format!("{inner}/manage")).await.expect(200);
    let seen = version(&page, &format!("{inner}/merge"));
    let merge = format!("{inner}/merge");
    let unknown = surfer
        .send(
            &merge,
            &[
                ("version", &seen),
                ("into", "wuwei-145.nothing"),
                ("reason", "合并"),
            ],
        )
        .await
        .expect(422);
    assert!(unknown.has("id=\"e-merge-into\""), "{}", unknown.text);
    surfer
        .send(
            &merge,
            &[
                ("version", &seen),
                ("into", "wuwei-145.5-2.new-campus"),
                ("reason", "合并"),
            ],
        )
        .await
        .leads_to();
    assert!(surfer.get(inner).await.expect(200).has("本项目已归档"));
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_may_not_manage_is_shown_nothing_of_it_and_owners_ask_for_changes() {
    let app = TestApp::start().await;
    let planner = app.planner().await;
    let confirmed = confirm(&planner, HOSPITAL, &BTreeMap::from([(1, "2024-02-01")])).await;
    for (organisation, role) in [
        (RESPONSIBLE, Role::Staff),
        ("wuwei", Role::Supervisor),
        ("wuwei", Role::Observer),
    ] {
        let surfer = app.visitor(organisation, role).await;
        assert!(
            !surfer
                .get(&format!("/projects/{HOSPITAL}"))
                .await
                .expect(200)
                .has("/manage\"")
        );
        surfer.get(&manage()).await.expect(403);
        let refused = send_facts(&surfer, "2", &[]).await;
        assert_eq!(refused.status, 403, "{}", refused.text);
    }
    app.visitor("gulang", Role::Planner)
        .await
        .get(&manage())
        .await
        .expect(404);
    app.visitor(RESPONSIBLE, Role::Staff)
        .await
        .get("/plans/wuwei-145/5/new")
        .await
        .expect(403);
    // The owner's reviewer has one form of the page: he asks.
    let reviewer = app.visitor(RESPONSIBLE, Role::Reviewer).await;
    let page = reviewer.get(&manage()).await.expect(200);
    assert!(page.has("申请调整") && !page.has(&format!("action=\"{}\"", at("edit"))));
    let seen = version(&page, &at("change"));
    let wrong = reviewer
        .send(
            &at("change"),
            &[
                ("version", &seen),
                ("kind", "quantity"),
                ("quantity", "-1"),
                ("reason", "规模变化"),
            ],
        )
        .await
        .expect(400);
    assert!(
        wrong.has("id=\"e-change-quantity\"") && wrong.has("规模变化"),
        "{}",
        wrong.text
    );
    let none = reviewer
        .send(&at("change"), &[("version", &seen)])
        .await
        .expect(400);
    assert!(none.has("id=\"e-change-kind\"") && none.has("id=\"e-change-reason\""));
    let asked = reviewer
        .send(
            &at("change"),
            &[
                ("version", &seen),
                ("kind", "owner"),
                ("role", "responsible"),
                ("organisation", "minqin.health"),
                ("reason", "移交"),
            ],
        )
        .await;
    assert_eq!(asked.leads_to(), format!("{}?done=asked", manage()));
    assert!(reviewer.get("/changes").await.expect(200).has("移交"));
    // And of a milestone its weight, on its own page.
    let milestone = confirmed.milestones[0]["id"].as_str().unwrap();
    let path = format!("/milestones/{milestone}/change");
    reviewer
        .get(&format!("/milestones/{milestone}"))
        .await
        .expect(200);
    let wrong = reviewer
        .send(
            &path,
            &[
                ("version", "3"),
                ("kind", "weight"),
                ("weight", "x"),
                ("reason", "工程量变化"),
            ],
        )
        .await
        .expect(400);
    assert!(wrong.has("id=\"e-weight\"") && wrong.has("工程量变化"));
    let version = confirmed.milestones[0]["version"].to_string();
    let asked = reviewer
        .send(
            &path,
            &[
                ("version", &version),
                ("kind", "weight"),
                ("weight", "12.5"),
                ("reason", "工程量变化"),
            ],
        )
        .await;
    assert_eq!(asked.leads_to(), format!("/milestones/{milestone}?done=asked"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_planner_sends_a_boxs_proposals_to_those_whom_they_name() {
    let app = TestApp::start().await;
    let planner = app.visitor("wuwei", Role::Planner).await;
    let bench = planner.get("/plans/wuwei-145/5/confirm").await.expect(200);
    let project = app
        .planner()
        .await
        .get(&format!("/projects/{HOSPITAL}"))
        .await
        .expect(200);
    let id = project["id"].as_str().unwrap();
    let seen = bench.hidden(&format!("ask-{id}-lead")).unwrap();
    let nothing = planner.send("/plans/wuwei-145/5/ask", &[]).await.expect(422);
    assert!(nothing.has("id=\"f-pick\""));
    let (lead, responsible) = (format!("ask-{id}-lead"), format!("ask-{id}-responsible"));
    let fields = [
        ("pick", id),
        (lead.as_str(), seen.as_str()),
        (responsible.as_str(), "1"),
    ];
    let sent = planner.send("/plans/wuwei-145/5/ask", &fields).await;
    assert_eq!(sent.leads_to(), "/plans/wuwei-145/5/confirm?done=sent");
    let again = planner.send("/plans/wuwei-145/5/ask", &fields).await;
    assert_eq!(again.status, 412, "{}", again.text);
    // It stands among what the organisation's reviewer has to do, and is done there.
    let reviewer = app.visitor(RESPONSIBLE, Role::Reviewer).await;
    let todo = reviewer.get("/").await.expect(200);
    assert!(todo.has("请您单位认领或提出异议（1）"), "{}", todo.text);
    assert!(
        !app.visitor("gulang.health", Role::Reviewer)
            .await
            .get("/")
            .await
            .expect(200)
            .has("请您单位认领")
    );
    let path = format!("/projects/{HOSPITAL}/owners/responsible/claim");
    let claimed = reviewer.send(&path, &[("version", "2"), ("then", "todo")]).await;
    assert_eq!(claimed.leads_to(), "/?done=claimed");
    assert!(!reviewer.get("/").await.expect(200).has("请您单位认领"));
    assert!(
        planner
            .get("/plans/wuwei-145/5/confirm")
            .await
            .expect(200)
            .has("已认领")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_adds_corrects_and_archives_organisations_within_reach() {
    let app = TestApp::start().await;
    let surfer = app.visitor("minqin", Role::Administrator).await;
    let path = "/admin/organisations";
    surfer.get(path).await.expect(200);
    let wrong = surfer
        .send(path, &[("name", "某卫生院"), ("code", "不行")])
        .await
        .expect(400);
    assert!(
        wrong.has("id=\"e-kind\"") && wrong.has("id=\"e-parent\"") && wrong.has("value=\"某卫生院\""),
        "{}",
        wrong.text
    );
    let mut fields = vec![
        ("name", "某卫生院"),
        ("code", "minqin.some-clinic"),
        ("kind", "institution"),
        ("parent", "gulang.health"),
        ("region", "620621"),
    ];
    let foreign = surfer.send(path, &fields).await;
    assert_eq!(foreign.status, 403, "{}", foreign.text);
    fields[3] = ("parent", "minqin.health");
    let made = surfer.send(path, &fields).await;
    let to = made.leads_to().split('?').next().unwrap().to_owned();
    let page = surfer.get(&to).await.expect(200);
    assert!(page.has("某卫生院") && page.has("minqin.some-clinic"));
    let seen = page.hidden("version").unwrap();
    let edit = "/admin/organisations/minqin.some-clinic";
    let wrong = surfer
        .send(
            edit,
            &[
                ("version", &seen),
                ("name", ""),
                ("region", "620621"),
                ("parent", "minqin.health"),
            ],
        )
        .await
        .expect(400);
    assert!(wrong.has("id=\"e-name\""));
    let archived = surfer
        .send(
            edit,
            &[
                ("version", &seen),
                ("name", "某中心卫生院"),
                ("region", "620621"),
                ("parent", "minqin.health"),
                ("archived_reason", "撤并"),
            ],
        )
        .await;
    assert_eq!(archived.leads_to(), format!("{edit}?done=saved"));
    let found = surfer.get(&format!("{path}?q=某中心")).await.expect(200);
    assert!(
        found.has("某中心卫生院") && found.has("已归档") && found.has("共 1 个"),
        "{}",
        found.text
    );
    // One in use stays.
    let page = surfer.get("/admin/organisations/minqin.health").await.expect(200);
    let seen = page.hidden("version").unwrap();
    let used = surfer
        .send(
            "/admin/organisations/minqin.health",
            &[
                ("version", &seen),
                ("name", "民勤县卫生健康局"),
                ("region", "620621"),
                ("parent", "minqin"),
                ("archived_reason", "撤并"),
            ],
        )
        .await;
    assert_eq!(used.status, 409, "{}", used.text);
    app.visitor("wuwei", Role::Planner)
        .await
        .get(path)
        .await
        .expect(403);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_is_read_within_ones_sight_and_proved_at_the_head_of_the_tree() {
    let app = TestApp::start().await;
    let planner = app.planner().await;
    confirm(&planner, HOSPITAL, &BTreeMap::from([(1, "2024-02-01")])).await;
    let observer = app.visitor("wuwei", Role::Observer).await;
    assert!(observer.get("/").await.expect(200).has("href=\"/log\""));
    let page = observer.get("/log").await.expect(200);
    assert!(
        page.has("民勤县人民医院") && page.has("武威市人民政府 规划主管"),
        "{}",
        page.text
    );
    assert!(
        !page.has("核对日志"),
        "an observer reads, the registry's administrator proves"
    );
    observer.send("/log/verify", &[]).await.expect(403);
    observer.get("/log/heads.json").await.expect(403);
    // Another county sees nothing of it.
    let other = app
        .visitor("gulang", Role::Observer)
        .await
        .get("/log")
        .await
        .expect(200);
    assert!(!other.has("民勤县人民医院"), "{}", other.text);
    let dates = observer.get("/log?kind=date.confirmed").await.expect(200);
    assert!(dates.has("确认") && !dates.has("加载"), "{}", dates.text);
    assert!(
        observer
            .get("/log?from=2024-03-02")
            .await
            .expect(200)
            .has("没有这样的记录")
    );
    observer.get("/log?kind=nonsense").await.expect(400);
    // Older pages, and back.
    let older = page
        .text
        .split("href=\"")
        .find(|part| part.starts_with("/log?cursor="))
        .unwrap();
    let older = older
        .split('"')
        .next()
        .unwrap()
        .replace("&#38;", "&")
        .replace("&amp;", "&");
    let second = observer.get(&older).await.expect(200);
    assert!(second.has("后一页"), "{}", second.text);

    let head = app.visitor("wuwei", Role::Administrator).await;
    let before = head.get("/log/heads.json").await.expect(200);
    head.get("/log").await.expect(200);
    let sound = head
        .send("/log/verify", &[("kept", &before.text)])
        .await
        .expect(200);
    assert!(sound.has("没有发现改动"), "{}", sound.text);
    let broken = head.send("/log/verify", &[("kept", "不是")]).await.expect(400);
    assert!(broken.has("id=\"e-kept\""));
    // Somebody who owns the whole database rewrites a body.
    let mut superuser = app.superuser().await;
    for statement in [
        "ALTER TABLE event_bodies DISABLE TRIGGER ALL",
        "UPDATE event_bodies SET body = '{\"forged\": true}' WHERE event_id = (SELECT id FROM events \
         WHERE kind = 'date.confirmed' LIMIT 1)",
    ] {
        diesel::sql_query(statement)
            .execute(&mut superuser)
            .await
            .unwrap();
    }
    let found = head.send("/log/verify", &[]).await.expect(200);
    assert!(
        found.has("发现 1 处问题") && found.has("正文被改动"),
        "{}",
        found.text
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_trend_says_of_each_months_end_what_that_day_says_itself() {
    let app = TestApp::start().await;
    let planner = app.planner().await;
    confirm(&planner, HOSPITAL, &BTreeMap::from([(1, "2024-04-10")])).await;
    app.pass_days(75);
    let surfer = app.visitor("wuwei", Role::Supervisor).await;
    let page = surfer.get("/overview").await.expect(200);
    // No record is not zero: the months before the plan was loaded are not there.
    let first = surfer.get("/overview?as_of=2022-05-31").await.expect(200);
    assert!(
        first.has("as_of=2022-03-31") && !first.has("as_of=2022-02-28"),
        "{}",
        first.text
    );
    let figures = |text: &str, label: &str| {
        let (_, rest) = text.split_once(label).unwrap_or_else(|| panic!("{label}"));
        rest.split('"').next().unwrap().to_owned()
    };
    for day in ["2024-03-31", "2024-04-30", "2024-05-15"] {
        let told = figures(&page.text, &format!("aria-label=\"{day}，"));
        let then = surfer.get(&format!("/overview?as_of={day}")).await.expect(200);
        let own = figures(&then.text, &format!("aria-label=\"{day}，"));
        assert_eq!(told, own, "{day}");
        let overdue = i64::from(day > "2024-04-10");
        assert!(told.contains(&format!("逾期 {overdue}、")), "{day} {told}");
        let (_, tile) = then.text.split_once("class=\"is-late\"").unwrap();
        assert!(
            tile.split("</a>")
                .next()
                .unwrap()
                .contains(&format!("<b>{overdue}</b>")),
            "{day}"
        );
    }
}
