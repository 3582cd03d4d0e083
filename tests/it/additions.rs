//! Requests for what is not there yet, a milestone or a project, and for what a project covers.

use std::collections::BTreeMap;

use guatu::kernel::Role;
use serde_json::{Value, json};

use crate::support::{Confirmed, HOSPITAL, LEAD, Person, RESPONSIBLE, Reply, TestApp, confirm, fresh_key};

const ASK_PROJECT: &str = "/initiatives/wuwei-145.5-2/change-requests";

async fn hospital(app: &TestApp) -> Confirmed {
    let dates = BTreeMap::from([(1, "2024-02-01"), (2, "2024-06-30"), (3, "2024-09-30")]);
    confirm(&app.planner().await, HOSPITAL, &dates).await
}

fn version(thing: &Value) -> i64 {
    thing["version"].as_i64().unwrap()
}

async fn ask(person: &Person<'_>, body: Value) -> Reply {
    let project = person.get(&format!("/projects/{HOSPITAL}")).await.expect(200);
    let path = format!("/projects/{HOSPITAL}/change-requests");
    person.post_seen(&path, version(&project), body).await
}

async fn decide(person: &Person<'_>, request: &Value, step: &str, body: Value) -> Reply {
    let path = format!("/change-requests/{}/{step}", request["id"].as_str().unwrap());
    person.post_seen(&path, version(request), body).await
}

/// Number, name and date of each milestone of the hospital.
async fn steps(person: &Person<'_>, as_of: &str) -> Vec<(i64, String, String)> {
    let found = person
        .get(&format!("/projects/{HOSPITAL}/milestones{as_of}"))
        .await
        .expect(200);
    let text = |one: &Value, name: &str| one[name].as_str().unwrap().to_owned();
    let all = found["data"].as_array().unwrap().iter();
    let mut steps: Vec<(i64, String, String)> = all
        .map(|one| {
            (
                one["number"].as_i64().unwrap(),
                text(one, "name"),
                text(one, "planned_on"),
            )
        })
        .collect();
    steps.sort();
    steps
}

fn step(before: &Value) -> Value {
    json!({ "kind": "add_milestone", "name": "消防验收", "planned_on": "2024-08-31", "weight": "5",
        "evidence_wanted": ["消防验收意见书"], "before": before, "reason": "消防部门要求单独验收" })
}

fn faults(reply: Reply, status: u16) -> Vec<(String, String)> {
    let refused = reply.expect(status);
    let text = |one: &Value, name: &str| one[name].as_str().unwrap().to_owned();
    refused["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (text(one, "pointer"), text(one, "code")))
        .collect()
}

fn one(pointer: &str, code: &str) -> Vec<(String, String)> {
    vec![(pointer.to_owned(), code.to_owned())]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_milestone_that_is_asked_for_comes_in_confirmed_in_its_place_and_once_only() {
    let app = TestApp::start().await;
    let confirmed = hospital(&app).await;
    app.pass_days(1);
    let planner = app.planner().await;
    let reviewer = app.person(RESPONSIBLE, Role::Reviewer).await;
    let before = steps(&planner, "").await;
    let asked = ask(&reviewer, step(&confirmed.milestones[2]["id"]))
        .await
        .expect(201);
    assert_eq!(
        (
            &asked["state"],
            &asked["milestone"],
            &asked["title"],
            &asked["weight"]
        ),
        (&json!("open"), &Value::Null, &json!("消防验收"), &json!("5"))
    );
    assert_eq!(asked["before"]["id"], confirmed.milestones[2]["id"]);
    // Asking adds nothing; the same is not asked twice.
    assert_eq!(steps(&planner, "").await, before);
    let again = ask(&reviewer, step(&Value::Null)).await;
    assert_eq!(again.refused(409), "change_request.open");
    // Two planners approve at once: one milestone.
    let other = app.person("wuwei", Role::Planner).await;
    let (first, second) = futures::join!(
        decide(&planner, &asked, "approve", json!({})),
        decide(&other, &asked, "approve", json!({}))
    );
    let mut statuses = [first.status, second.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 412]);
    let after = steps(&planner, "").await;
    assert_eq!(after.len(), before.len() + 1);
    assert_eq!(after[2], (3, "消防验收".to_owned(), "2024-08-31".to_owned()));
    assert_eq!(after[3].1, before[2].1);
    let numbers: Vec<i64> = after.iter().map(|(number, ..)| *number).collect();
    assert_eq!(numbers, (1..=after.len() as i64).collect::<Vec<_>>());
    let made = planner
        .get(&format!("/change-requests/{}", asked["id"].as_str().unwrap()))
        .await
        .expect(200);
    let id = made["milestone"]["id"].as_str().unwrap();
    let added = planner.get(&format!("/milestones/{id}")).await.expect(200);
    assert_eq!(
        (
            &added["date_basis"],
            &added["first_baseline_on"],
            &added["weight"]
        ),
        (&json!("confirmed"), &json!("2024-08-31"), &json!("5"))
    );
    // It is reported and overdue like any other, and yesterday it was not there.
    app.pass_days(184);
    let supervisor = app.supervisor().await;
    let overdue = supervisor
        .get("/milestones?overdue=true&programme=5&limit=200")
        .await
        .expect(200);
    assert!(
        overdue["data"]
            .as_array()
            .unwrap()
            .iter()
            .any(|one| one["id"] == id)
    );
    assert_eq!(steps(&supervisor, "?as_of=2024-03-01").await, before);
    assert_eq!(steps(&supervisor, "?as_of=2024-03-02").await, after);
    let history = supervisor
        .get(&format!("/projects/{HOSPITAL}/history?limit=200"))
        .await
        .expect(200);
    let kinds: Vec<&str> = history["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["kind"].as_str().unwrap())
        .collect();
    for kind in [
        "change.requested",
        "change.approved",
        "record.created",
        "milestone.edited",
    ] {
        assert!(kinds.contains(&kind), "{kind} {kinds:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_milestone_for_which_there_is_no_place_is_refused() {
    let app = TestApp::start().await;
    let reviewer = app.person(RESPONSIBLE, Role::Reviewer).await;
    // Whoever answers for nothing yet asks for nothing.
    assert_eq!(ask(&reviewer, step(&Value::Null)).await.refused(403), "forbidden");
    let planner = app.planner().await;
    let renamed = json!({ "kind": "scope", "title": "别名", "reason": "更名" });
    for body in [step(&Value::Null), renamed] {
        let refused = ask(&planner, body).await;
        assert_eq!(refused.refused(409), "change_request.unconfirmed");
    }
    let confirmed = hospital(&app).await;
    let with = |field: &str, value: Value| {
        let mut body = step(&Value::Null);
        body[field] = value;
        body
    };
    let code = confirmed.milestones[0]["code"].as_str().unwrap();
    let slug = code.rsplit_once('.').unwrap().1;
    for (body, status, told) in [
        (
            with("weight", json!("0")),
            400,
            one("/weight", "field.out_of_range"),
        ),
        (with("name", json!("")), 400, one("/name", "field.empty")),
        (
            with("planned_on", json!("2020-12-31")),
            422,
            one("/planned_on", "field.out_of_range"),
        ),
        (
            with("before", json!("nowhere")),
            422,
            one("/before", "field.not_found"),
        ),
        (with("slug", json!(slug)), 409, one("/slug", "code.taken")),
        (with("reason", json!("")), 400, one("/reason", "field.empty")),
    ] {
        assert_eq!(faults(ask(&reviewer, body.clone()).await, status), told, "{body}");
    }
    let clerk = app.person(RESPONSIBLE, Role::Staff).await;
    assert_eq!(ask(&clerk, step(&Value::Null)).await.refused(403), "forbidden");
    let stranger = app.person("gulang", Role::Reviewer).await;
    let path = format!("/projects/{HOSPITAL}/change-requests");
    assert_eq!(stranger.post_seen(&path, 1, step(&Value::Null)).await.status, 404);
    // What it stands before falls away meanwhile: the approval is refused, and nothing came of it.
    let third = &confirmed.milestones[2];
    let asked = ask(&reviewer, step(&third["id"])).await.expect(201);
    let gone = reviewer
        .post_seen(
            &format!("/milestones/{}/change-requests", third["id"].as_str().unwrap()),
            version(third),
            json!({ "kind": "cancel_milestone", "reason": "合并办理" }),
        )
        .await
        .expect(201);
    decide(&planner, &gone, "approve", json!({})).await.expect(200);
    let before = steps(&planner, "").await;
    let refused = decide(&planner, &asked, "approve", json!({})).await;
    assert_eq!(faults(refused, 409), one("/before", "milestone.state"));
    assert_eq!(steps(&planner, "").await, before);
    let rejected = decide(
        &planner,
        &asked,
        "reject",
        json!({ "note": "与规划验收一并办理" }),
    )
    .await;
    assert_eq!(rejected.expect(200)["decision_note"], "与规划验收一并办理");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_project_covers_changes_as_one_and_sight_follows_its_site() {
    let app = TestApp::start().await;
    hospital(&app).await;
    let planner = app.planner().await;
    let reviewer = app.person(RESPONSIBLE, Role::Reviewer).await;
    let gulang = app.person("gulang", Role::Observer).await;
    let path = format!("/projects/{HOSPITAL}");
    assert_eq!(gulang.get(&path).await.status, 404);
    let was = planner.get(&path).await.expect(200);
    let scope = json!({ "kind": "scope", "title": "民勤县人民医院内科楼及门诊楼维修", "components": ["内科楼", "门诊楼"],
        "region": "620622", "reason": "省级批复扩大范围" });
    let asked = ask(&reviewer, scope.clone()).await.expect(201);
    assert_eq!(asked["old_scope"]["title"], was["title"]);
    assert_eq!(asked["scope"]["components"], json!(["内科楼", "门诊楼"]));
    assert_eq!(asked["scope"]["site_region"]["code"], "620622");
    assert_eq!(planner.get(&path).await.expect(200)["title"], was["title"]);
    // Below the issuer nobody moves a project into another county.
    let county = app.person("minqin", Role::Planner).await;
    assert_eq!(
        decide(&county, &asked, "approve", json!({})).await.refused(403),
        "forbidden"
    );
    decide(&planner, &asked, "approve", json!({})).await.expect(200);
    let now = gulang.get(&path).await.expect(200);
    assert_eq!(
        (&now["title"], &now["components"], &now["site_region"]["code"]),
        (&scope["title"], &scope["components"], &json!("620622"))
    );
    assert!(
        !planner
            .get("/projects?q=%E9%97%A8%E8%AF%8A%E6%A5%BC%E7%BB%B4%E4%BF%AE")
            .await
            .ids()
            .is_empty()
    );
    // What it would replace has moved: refused, with what it was and is.
    let asked = ask(
        &reviewer,
        json!({ "kind": "scope", "title": "民勤县人民医院维修", "reason": "简化名称" }),
    )
    .await
    .expect(201);
    let held = version(&planner.get(&path).await.expect(200));
    planner
        .patch(&path, held, json!({ "title": "民勤县人民医院内科楼维修" }))
        .await
        .expect(200);
    let refused = decide(&planner, &asked, "approve", json!({})).await;
    assert_eq!(faults(refused, 409), one("", "change_request.stale"));
    decide(&reviewer, &asked, "withdraw", json!({})).await.expect(200);
    // Nothing, nowhere, nobody.
    for (body, status, told) in [
        (
            json!({ "kind": "scope", "reason": "无" }),
            422,
            one("", "change_request.nothing"),
        ),
        (
            json!({ "kind": "scope", "region": "999999", "reason": "误" }),
            422,
            one("/region", "field.not_found"),
        ),
        (
            json!({ "kind": "scope", "title": "", "reason": "误" }),
            400,
            one("/title", "field.empty"),
        ),
    ] {
        assert_eq!(faults(ask(&reviewer, body.clone()).await, status), told, "{body}");
    }
}

fn clinic() -> Value {
    json!({ "title": "民勤县中医院门诊楼", "kind": "new_build", "slug": "tcm-clinic", "region": "620621", "due_on": "2025-12-31",
        "quantity": "1", "unit": "栋", "investment_planned": "30000000", "components": ["门诊楼"],
        "owners": [{ "role": "lead", "organisation": LEAD }, { "role": "responsible", "organisation": RESPONSIBLE }],
        "reason": "省级资金已安排" })
}

async fn waiting(person: &Person<'_>, and: &str) -> i64 {
    let found = person
        .get(&format!("/change-requests?kind=add_project&include=total{and}"))
        .await
        .expect(200);
    found["page"]["total"].as_i64().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_project_that_is_asked_for_is_seen_by_whom_it_concerns_and_made_by_the_approval() {
    let app = TestApp::start().await;
    let asker = app.person("minqin.health", Role::Reviewer).await;
    let key = fresh_key();
    let send = async || {
        asker
            .send(
                reqwest::Method::POST,
                ASK_PROJECT,
                Some(clinic()),
                &[("Idempotency-Key", &key)],
            )
            .await
    };
    let asked = send().await.expect(201);
    assert_eq!(send().await.expect(201)["id"], asked["id"]);
    assert_eq!(
        asker.post(ASK_PROJECT, clinic()).await.refused(409),
        "change_request.open"
    );
    // Whoever does not see it may ask for the same, and learns nothing of it.
    let elsewhere = app.person("gulang", Role::Reviewer).await;
    let other = elsewhere.post(ASK_PROJECT, clinic()).await.expect(201);
    decide(&elsewhere, &other, "withdraw", json!({}))
        .await
        .expect(200);
    assert_eq!(
        (&asked["state"], &asked["project"], &asked["title"]),
        (&json!("open"), &Value::Null, &json!("民勤县中医院门诊楼"))
    );
    assert_eq!(
        asked["proposal"]["owners"][1]["organisation"]["code"],
        RESPONSIBLE
    );
    let path = format!("/change-requests/{}", asked["id"].as_str().unwrap());
    for (organisation, role, seen) in [
        ("minqin.health", Role::Staff, true),
        ("minqin", Role::Observer, true),
        (RESPONSIBLE, Role::Staff, true),
        (LEAD, Role::Reviewer, true),
        ("wuwei", Role::Supervisor, true),
        ("wuwei.education", Role::Reviewer, false),
        ("gulang.health", Role::Planner, false),
        ("gulang.health", Role::Reviewer, false),
    ] {
        let person = app.person(organisation, role).await;
        let status = if seen { 200 } else { 404 };
        assert_eq!(person.get(&path).await.status, status, "{organisation}");
        let own = waiting(&person, "&state=open").await;
        assert_eq!(own, i64::from(seen), "{organisation}");
        let log = person
            .get("/events?limit=200&kind=change.requested")
            .await
            .expect(200);
        let told = log.to_string().contains(asked["id"].as_str().unwrap());
        assert_eq!(told, seen, "{organisation}");
    }
    for (organisation, role, status) in [
        ("wuwei", Role::Supervisor, 403),
        (LEAD, Role::Reviewer, 403),
        ("gulang", Role::Planner, 404),
    ] {
        let person = app.person(organisation, role).await;
        let decided = decide(&person, &asked, "approve", json!({})).await;
        assert_eq!(decided.status, status, "{organisation}");
    }
    let planner = app.planner().await;
    let other = app.person("wuwei", Role::Planner).await;
    let (first, second) = futures::join!(
        decide(&planner, &asked, "approve", json!({ "note": "同意" })),
        decide(&other, &asked, "approve", json!({ "note": "同意" }))
    );
    let mut statuses = [first.status, second.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 412]);
    let made = planner.get(&path).await.expect(200);
    let code = "wuwei-145.5-2.tcm-clinic";
    assert_eq!(
        (&made["state"], &made["project"]["code"]),
        (&json!("approved"), &json!(code))
    );
    let project = asker.get(&format!("/projects/{code}")).await.expect(200);
    assert_eq!(
        (
            &project["investment_planned"],
            &project["quantity"],
            &project["is_public"]
        ),
        (&json!("30000000"), &json!("1"), &json!(true))
    );
    let bases: Vec<&Value> = project["owners"]
        .as_array()
        .unwrap()
        .iter()
        .map(|owner| &owner["basis"])
        .collect();
    assert_eq!(bases, ["confirmed", "confirmed"]);
    let milestones = asker
        .get(&format!("/projects/{code}/milestones"))
        .await
        .expect(200);
    assert_eq!(milestones["data"].as_array().unwrap().len(), 6);
    // Asked again: its code is taken, which is told to whoever decides.
    let again = asker.post(ASK_PROJECT, clinic()).await.expect(201);
    let refused = decide(&planner, &again, "approve", json!({})).await;
    assert_eq!(faults(refused, 409), one("/slug", "code.taken"));
    let stranger = app.person("minqin", Role::Reviewer).await;
    assert_eq!(
        decide(&stranger, &again, "withdraw", json!({}))
            .await
            .refused(403),
        "forbidden"
    );
    let gone = decide(&asker, &again, "withdraw", json!({})).await.expect(200);
    assert_eq!(gone["state"], "withdrawn");
    assert_eq!(
        decide(&planner, &gone, "reject", json!({ "note": "重复" }))
            .await
            .refused(409),
        "change_request.state"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_approves_what_he_asked_for_and_a_county_settles_its_own_only() {
    let app = TestApp::start().await;
    let planner = app.planner().await;
    let asked = planner.post(ASK_PROJECT, clinic()).await.expect(201);
    assert_eq!(
        decide(&planner, &asked, "approve", json!({})).await.refused(403),
        "forbidden"
    );
    let note = json!({ "note": "资金未落实" });
    let other = app.person("wuwei", Role::Planner).await;
    let rejected = decide(&other, &asked, "reject", note).await.expect(200);
    assert_eq!(rejected["decision_note"], "资金未落实");
    for (organisation, role) in [
        ("minqin.health", Role::Staff),
        ("minqin", Role::Supervisor),
        ("wuwei", Role::Observer),
    ] {
        let person = app.person(organisation, role).await;
        assert_eq!(person.post(ASK_PROJECT, clinic()).await.refused(403), "forbidden");
    }
    let reviewer = app.person("minqin.health", Role::Reviewer).await;
    let with = |change: Value| {
        let mut body = clinic();
        for (field, value) in change.as_object().unwrap() {
            body[field] = value.clone();
        }
        body
    };
    for (body, status, told) in [
        (
            with(json!({ "kind": "castle" })),
            422,
            one("/kind", "field.not_found"),
        ),
        (
            with(json!({ "region": "999999" })),
            422,
            one("/region", "field.not_found"),
        ),
        (
            with(json!({ "due_on": "2020-01-01" })),
            422,
            one("/due_on", "field.out_of_range"),
        ),
        (
            with(json!({ "owners": [{ "role": "lead", "organisation": "nobody.here" }] })),
            422,
            one("/owners/0/organisation", "field.not_found"),
        ),
        (with(json!({ "title": "" })), 400, one("/title", "field.empty")),
        (
            with(json!({ "is_public": false })),
            400,
            one("/is_public", "field.unknown"),
        ),
    ] {
        assert_eq!(
            faults(reviewer.post(ASK_PROJECT, body.clone()).await, status),
            told,
            "{body}"
        );
    }
    let nowhere = reviewer
        .post("/initiatives/nowhere/change-requests", clinic())
        .await;
    assert_eq!(nowhere.status, 404);
    // The county's planner decides on what is his county's; the lead outside it is a proposal then.
    let asked = reviewer.post(ASK_PROJECT, clinic()).await.expect(201);
    let county = app.person("minqin", Role::Planner).await;
    decide(&county, &asked, "approve", json!({})).await.expect(200);
    let project = county.get("/projects/wuwei-145.5-2.tcm-clinic").await.expect(200);
    let bases: BTreeMap<&str, &str> = project["owners"]
        .as_array()
        .unwrap()
        .iter()
        .map(|owner| (owner["role"].as_str().unwrap(), owner["basis"].as_str().unwrap()))
        .collect();
    assert_eq!(
        bases,
        BTreeMap::from([("lead", "inferred"), ("responsible", "confirmed")])
    );
    // One that lies in another county and names somebody of a third is not his, whoever asked: those three see it.
    let elsewhere = with(
        json!({ "title": "北院门诊楼", "slug": "north", "region": "620622",
        "owners": [{ "role": "responsible", "organisation": "liangzhou" }] }),
    );
    let theirs = reviewer.post(ASK_PROJECT, elsewhere).await.expect(201);
    let path = format!("/change-requests/{}", theirs["id"].as_str().unwrap());
    for (organisation, status) in [
        ("gulang", 200),
        ("minqin", 200),
        ("liangzhou", 200),
        ("gulang.health", 404),
        ("tianzhu", 404),
    ] {
        let person = app.person(organisation, Role::Observer).await;
        assert_eq!(person.get(&path).await.status, status, "{organisation}");
    }
    assert_eq!(
        decide(&county, &theirs, "approve", json!({})).await.refused(403),
        "forbidden"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn on_the_pages_a_project_is_asked_for_from_its_box_and_decided_among_the_changes() {
    let app = TestApp::start().await;
    let asker = app.visitor("minqin.health", Role::Reviewer).await;
    let form = "/plans/wuwei-145/5/request";
    let plan = asker.get("/plans/wuwei-145/5").await.expect(200);
    assert!(plan.has(&format!("{form}?initiative=wuwei-145.5-2")));
    let blank = asker
        .get(&format!("{form}?initiative=wuwei-145.5-2"))
        .await
        .expect(200);
    assert!(blank.has("value=\"wuwei-145.5-2\" selected"));
    let mut fields = vec![
        ("initiative", "wuwei-145.5-2"),
        ("title", "民勤县中医院门诊楼"),
        ("kind", "new_build"),
        ("slug", "tcm-clinic"),
        ("region", "620621"),
        ("due_on", "1999-12-31"),
        ("responsible", "nobody.here"),
        ("reason", "省级资金已安排"),
    ];
    let wrong = asker.send(form, &fields).await.expect(422);
    for id in ["e-new-due_on", "e-new-responsible"] {
        assert!(wrong.has(&format!("id=\"{id}\"")), "{id} {}", wrong.text);
    }
    assert!(wrong.has("民勤县中医院门诊楼") && wrong.has("省级资金已安排") && wrong.has("nobody.here"));
    fields[5] = ("due_on", "2025-12-31");
    fields[6] = ("responsible", RESPONSIBLE);
    assert_eq!(asker.send(form, &fields).await.leads_to(), "/changes?done=asked");
    let plan = asker.get("/plans/wuwei-145/5").await.expect(200);
    assert!(plan.has("申请增加项目：<a href=\"/changes?kind=add_project\">民勤县中医院门诊楼</a>"));
    let stranger = app.visitor("gulang", Role::Reviewer).await;
    let plan = stranger.get("/plans/wuwei-145/5").await.expect(200);
    assert!(!plan.has("民勤县中医院门诊楼"));
    assert!(
        !stranger
            .get("/changes")
            .await
            .expect(200)
            .has("民勤县中医院门诊楼")
    );
    // Who may not ask has no way in; who decides finds it in his list.
    let clerk = app.visitor("minqin.health", Role::Staff).await;
    assert!(!clerk.get("/plans/wuwei-145/5").await.expect(200).has(form));
    clerk.get(form).await.expect(403);
    let planner = app.visitor("wuwei", Role::Planner).await;
    assert!(planner.get("/").await.expect(200).has("<b>1</b>待决定的计划调整"));
    let changes = planner.get("/changes?kind=add_project").await.expect(200);
    assert!(changes.has("增加项目") && changes.has("民勤县人民医院") && changes.has("省级资金已安排"));
    let approve = changes.text.split("action=\"/changes/").nth(1).unwrap();
    let id = approve.split('/').next().unwrap().to_owned();
    let done = planner
        .send(&format!("/changes/{id}/approve"), &[("version", "1")])
        .await;
    assert!(done.leads_to().starts_with("/changes"), "{}", done.leads_to());
    let project = asker.get("/projects/wuwei-145.5-2.tcm-clinic").await.expect(200);
    assert!(project.has("民勤县中医院门诊楼"));
    // A milestone and the scope are asked for on the project's own page.
    hospital(&app).await;
    let reviewer = app.visitor(RESPONSIBLE, Role::Reviewer).await;
    let manage = reviewer
        .get(&format!("/projects/{HOSPITAL}/manage"))
        .await
        .expect(200);
    let version = manage.hidden("version").unwrap();
    let change = format!("/projects/{HOSPITAL}/change");
    let step = [
        ("version", version.as_str()),
        ("kind", "add_milestone"),
        ("name", "消防验收"),
        ("planned_on", "1999-01-01"),
        ("weight", "5"),
        ("reason", "消防部门要求"),
    ];
    let wrong = reviewer.send(&change, &step).await.expect(422);
    assert!(wrong.has("id=\"e-further-planned_on\"") && wrong.has("消防验收"));
    let mut step = step;
    step[3] = ("planned_on", "2024-08-31");
    assert!(
        reviewer
            .send(&change, &step)
            .await
            .leads_to()
            .ends_with("done=asked")
    );
    let changes = planner.get("/changes?kind=add_milestone").await.expect(200);
    assert!(changes.has("消防验收") && changes.has("2024-08-31"));
}
