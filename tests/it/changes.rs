//! What is confirmed moves by a request and the decision of somebody else, and in no other way.

use std::collections::BTreeMap;

use guatu::cli::load_into;
use guatu::kernel::Role;
use serde_json::{Value, json};

use crate::support::{Confirmed, HOSPITAL, LEAD, Person, RESPONSIBLE, TestApp, confirm, fresh_key, seeds};

const OVERDUE: &str = "/milestones?overdue=true&programme=5&include=total";

async fn hospital(app: &TestApp) -> Confirmed {
    let planner = app.planner().await;
    let dates = BTreeMap::from([(1, "2024-02-01"), (2, "2024-06-30"), (3, "2024-09-30")]);
    confirm(&planner, HOSPITAL, &dates).await
}

fn path_of(thing: &Value, kind: &str) -> String {
    format!("/{kind}/{}/change-requests", thing["id"].as_str().unwrap())
}

fn version(thing: &Value) -> i64 {
    thing["version"].as_i64().unwrap()
}

/// Asks for a later date of a milestone.
async fn postpone(person: &Person<'_>, milestone: &Value, day: &str) -> Value {
    let body = json!({ "kind": "date", "planned_on": day, "reason": "施工许可延后",
        "evidence": [{ "kind": "请示", "reference": "民医〔2024〕3号" }] });
    person
        .post_seen(&path_of(milestone, "milestones"), version(milestone), body)
        .await
        .expect(201)
}

async fn decide(person: &Person<'_>, request: &Value, step: &str, body: Value) -> crate::support::Reply {
    let path = format!("/change-requests/{}/{step}", request["id"].as_str().unwrap());
    person.post_seen(&path, version(request), body).await
}

async fn total(person: &Person<'_>, path: &str) -> i64 {
    person.get(path).await.expect(200)["page"]["total"]
        .as_i64()
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_postponed_milestone_is_overdue_no_more_and_keeps_its_first_baseline_and_stands_in_the_ledger() {
    let app = TestApp::start().await;
    let confirmed = hospital(&app).await;
    let (planner, supervisor) = (app.planner().await, app.supervisor().await);
    let reviewer = app.person(RESPONSIBLE, Role::Reviewer).await;
    let milestone = &confirmed.milestones[0];
    let before = total(&supervisor, OVERDUE).await;
    let asked = postpone(&reviewer, milestone, "2024-05-31").await;
    assert_eq!(
        (
            asked["state"].clone(),
            asked["old_planned_on"].clone(),
            asked["slip_days"].clone()
        ),
        (json!("open"), json!("2024-02-01"), json!(120))
    );
    // Asking moves nothing.
    assert_eq!(total(&supervisor, OVERDUE).await, before);
    assert_eq!(total(&supervisor, "/date-changes?include=total").await, 0);
    let done = decide(&planner, &asked, "approve", json!({ "note": "同意延期" }))
        .await
        .expect(200);
    assert_eq!(done["state"], "approved");
    assert_eq!(done["decided_on"], "2024-03-01");
    assert_eq!(total(&supervisor, OVERDUE).await, before - 1);
    let path = format!("/milestones/{}", milestone["id"].as_str().unwrap());
    let now = planner.get(&path).await.expect(200);
    assert_eq!(
        (
            now["planned_on"].clone(),
            now["first_baseline_on"].clone(),
            now["slip_days"].clone()
        ),
        (json!("2024-05-31"), json!("2024-02-01"), json!(120))
    );
    // A second move: the slip is against the first baseline still.
    let again = postpone(&reviewer, &now, "2024-06-10").await;
    decide(&planner, &again, "approve", json!({})).await.expect(200);
    let ledger = supervisor
        .get(&format!("/date-changes?project={HOSPITAL}&include=total"))
        .await
        .expect(200);
    let told: Vec<(Value, Value, Value)> = ledger["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            (
                one["old_planned_on"].clone(),
                one["planned_on"].clone(),
                one["slip_days"].clone(),
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            (json!("2024-05-31"), json!("2024-06-10"), json!(130)),
            (json!("2024-02-01"), json!("2024-05-31"), json!(120))
        ]
    );
    let first = &ledger["data"][1];
    assert_eq!(first["requested_by"]["code"], RESPONSIBLE);
    assert_eq!(first["decided_by"]["code"], "wuwei");
    assert_eq!(first["decision_note"], "同意延期");
    // It stands in the history of the milestone, with the request that moved it.
    let history = planner
        .get(&format!("{path}/history?limit=200"))
        .await
        .expect(200);
    let moved: Vec<&Value> = history["data"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|event| event["kind"] == "milestone.edited")
        .collect();
    assert_eq!(moved.len(), 2);
    assert_eq!(moved[0]["body"]["change_request_id"], asked["id"]);
    assert_eq!(
        moved[0]["body"]["changes"]["planned_on"],
        json!(["2024-02-01", "2024-05-31"])
    );
    // As of yesterday it was where it had been.
    app.pass_days(1);
    let planner = app.planner().await;
    assert_eq!(
        planner.get(&format!("{path}?as_of=2024-03-01")).await.expect(200)["planned_on"],
        "2024-06-10"
    );
    // The same files again take nothing of it back.
    load_into(&app.db, &seeds()).await.unwrap();
    assert_eq!(planner.get(&path).await.expect(200)["planned_on"], "2024-06-10");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asked_does_not_decide_and_who_has_no_part_does_neither() {
    let app = TestApp::start().await;
    let confirmed = hospital(&app).await;
    let milestone = &confirmed.milestones[1];
    let body = json!({ "kind": "date", "planned_on": "2024-12-31", "reason": "资金未到" });
    let path = path_of(milestone, "milestones");
    for (organisation, role) in [
        (RESPONSIBLE, Role::Staff),
        ("wuwei", Role::Supervisor),
        ("wuwei", Role::Observer),
        ("wuwei", Role::Administrator),
    ] {
        let person = app.person(organisation, role).await;
        let refused = person.post_seen(&path, version(milestone), body.clone()).await;
        assert_eq!(refused.refused(403), "forbidden", "{organisation} {role:?}");
    }
    let foreign = app.person("gulang", Role::Planner).await;
    let refused = foreign.post_seen(&path, version(milestone), body.clone()).await;
    assert_eq!(refused.refused(404), "not_found");
    let planner = app.planner().await;
    let asked = planner
        .post_seen(&path, version(milestone), body.clone())
        .await
        .expect(201);
    assert_eq!(
        decide(&planner, &asked, "approve", json!({})).await.refused(403),
        "forbidden"
    );
    let county = app.person("minqin", Role::Planner).await;
    assert_eq!(
        decide(&county, &asked, "approve", json!({})).await.refused(403),
        "forbidden",
        "the city asked: a county does not decide on that"
    );
    for step in ["approve", "withdraw"] {
        assert_eq!(
            decide(&foreign, &asked, step, json!({})).await.refused(404),
            "not_found"
        );
    }
    let id = asked["id"].as_str().unwrap();
    assert_eq!(
        foreign.get(&format!("/change-requests/{id}")).await.refused(404),
        "not_found"
    );
    assert_eq!(total(&foreign, "/change-requests?include=total").await, 0);
    assert_eq!(
        total(
            &foreign,
            &format!("/change-requests?project={HOSPITAL}&include=total")
        )
        .await,
        0
    );
    let other = app.planner().await;
    assert_eq!(
        decide(&other, &asked, "withdraw", json!({})).await.refused(403),
        "forbidden"
    );
    decide(&other, &asked, "approve", json!({})).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_county_decides_on_what_those_below_it_ask() {
    let app = TestApp::start().await;
    let confirmed = hospital(&app).await;
    let reviewer = app.person(RESPONSIBLE, Role::Reviewer).await;
    let asked = postpone(&reviewer, &confirmed.milestones[1], "2024-12-31").await;
    let county = app.person("minqin", Role::Planner).await;
    decide(&county, &asked, "approve", json!({})).await.expect(200);
    // The city's commission asked: it stands above nobody in the county, and the county not above it.
    let lead = app.person(LEAD, Role::Reviewer).await;
    let asked = postpone(&lead, &confirmed.milestones[2], "2024-12-31").await;
    assert_eq!(
        decide(&county, &asked, "approve", json!({})).await.refused(403),
        "forbidden"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_is_refused_for_each_reason() {
    let app = TestApp::start().await;
    let confirmed = hospital(&app).await;
    let reviewer = app.person(RESPONSIBLE, Role::Reviewer).await;
    let planner = app.planner().await;
    let milestone = &confirmed.milestones[0];
    let path = path_of(milestone, "milestones");
    let seen = version(milestone);
    let date = json!({ "kind": "date", "planned_on": "2024-05-31", "reason": "延后" });
    let post = async |path: &str, seen: i64, body: Value| reviewer.post_seen(path, seen, body).await;
    // The form: all faults at once.
    let broken = post(&path, seen, json!({ "kind": "date", "weight": "3" })).await;
    assert_eq!(broken.status, 400);
    let pointers: Vec<&str> = broken.body["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|fault| fault["pointer"].as_str().unwrap())
        .collect();
    for pointer in ["/planned_on", "/reason", "/weight"] {
        assert!(pointers.contains(&pointer), "{pointers:?}");
    }
    let refused = post(&path, seen, json!({ "kind": "quantity", "reason": "x" })).await;
    assert_eq!(refused.status, 400, "a milestone has no quantity");
    let refused = post(
        &path_of(&confirmed.project, "projects"),
        1,
        json!({ "kind": "quantity", "quantity": "0", "reason": "x" }),
    )
    .await;
    assert_eq!(refused.status, 400);
    // Precondition, version.
    let key = fresh_key();
    let unseen = reviewer
        .send(
            reqwest::Method::POST,
            &path,
            Some(date.clone()),
            &[("Idempotency-Key", &key)],
        )
        .await;
    assert_eq!(unseen.refused(428), "precondition.required");
    assert_eq!(
        post(&path, seen + 7, date.clone()).await.refused(412),
        "precondition.stale"
    );
    // The rules.
    let same = json!({ "kind": "date", "planned_on": "2024-02-01", "reason": "延后" });
    assert_eq!(
        post(&path, seen, same).await.refused(422),
        "change_request.nothing"
    );
    let same = json!({ "kind": "weight", "weight": milestone["weight"], "reason": "x" });
    assert_eq!(
        post(&path, seen, same).await.refused(422),
        "change_request.nothing"
    );
    let proposals = planner
        .get("/projects/wuwei-145.5-1.cancer-hospital/milestones")
        .await
        .expect(200);
    let proposal = &proposals["data"][0];
    for body in [
        json!({ "kind": "date", "planned_on": "2025-05-31", "reason": "x" }),
        json!({ "kind": "weight", "weight": "7", "reason": "x" }),
    ] {
        let refused = planner
            .post_seen(&path_of(proposal, "milestones"), version(proposal), body)
            .await;
        assert_eq!(refused.refused(409), "change_request.unconfirmed");
    }
    let owner = json!({ "kind": "owner", "role": "lead", "organisation": "nobody", "reason": "职能划转" });
    let of_project = path_of(&confirmed.project, "projects");
    let seen_project = version(&confirmed.project);
    assert_eq!(
        post(&of_project, seen_project, owner).await.refused(422),
        "field.not_found"
    );
    let owner = json!({ "kind": "owner", "role": "lead", "organisation": LEAD, "reason": "x" });
    assert_eq!(
        post(&of_project, seen_project, owner).await.refused(422),
        "change_request.nothing"
    );
    // One open request for one thing.
    let asked = post(&path, seen, date.clone()).await.expect(201);
    assert_eq!(
        post(&path, seen, date.clone()).await.refused(409),
        "change_request.open"
    );
    // A rejection needs its reason; what is decided is decided.
    assert_eq!(
        decide(&planner, &asked, "reject", json!({})).await.refused(400),
        "field.missing"
    );
    let rejected = decide(&planner, &asked, "reject", json!({ "note": "理由不足" }))
        .await
        .expect(200);
    assert_eq!(rejected["decision_note"], "理由不足");
    for (person, step, body) in [
        (&planner, "approve", json!({})),
        (&planner, "reject", json!({ "note": "再驳" })),
        (&reviewer, "withdraw", json!({})),
    ] {
        assert_eq!(
            decide(person, &rejected, step, body).await.refused(409),
            "change_request.state",
            "{step}"
        );
    }
    let now = planner
        .get(&format!("/milestones/{}", milestone["id"].as_str().unwrap()))
        .await
        .expect(200);
    assert_eq!(now["planned_on"], "2024-02-01");
    // Withdrawn by who asked, it may be asked again.
    let asked = post(&path, seen, date.clone()).await.expect(201);
    let gone = decide(&reviewer, &asked, "withdraw", json!({})).await.expect(200);
    assert_eq!(gone["state"], "withdrawn");
    post(&path, seen, date).await.expect(201);
    assert_eq!(
        total(&planner, "/change-requests?state=open&include=total").await,
        1
    );
    assert_eq!(
        total(&planner, "/change-requests?kind=date&include=total").await,
        3
    );
    assert_eq!(
        planner.get("/change-requests?overdue=true").await.refused(400),
        "field.unknown"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_moved_since_it_was_asked_is_not_approved() {
    let app = TestApp::start().await;
    let confirmed = hospital(&app).await;
    let (planner, reviewer) = (app.planner().await, app.person(RESPONSIBLE, Role::Reviewer).await);
    // Reported in the meantime.
    let milestone = &confirmed.milestones[0];
    let asked = postpone(&reviewer, milestone, "2024-05-31").await;
    let path = format!("/milestones/{}/report", milestone["id"].as_str().unwrap());
    reviewer
        .post_seen(&path, version(milestone), json!({ "actual_on": "2024-02-20" }))
        .await
        .expect(200);
    assert_eq!(
        decide(&planner, &asked, "approve", json!({})).await.refused(409),
        "milestone.state"
    );
    decide(&planner, &asked, "reject", json!({ "note": "已上报" }))
        .await
        .expect(200);
    // The owner was replaced by another way in the meantime.
    let of_project = path_of(&confirmed.project, "projects");
    let seen = version(&confirmed.project);
    let body =
        |organisation: &str| json!({ "kind": "quantity", "quantity": organisation, "reason": "规模调整" });
    let first = reviewer
        .post_seen(&of_project, seen, body("300"))
        .await
        .expect(201);
    let mut files = seeds();
    let project = files
        .projects
        .iter_mut()
        .find(|project| project.code.ends_with("minqin-peoples-hospital"))
        .unwrap();
    project.quantity = Some("450".parse().unwrap());
    if project.unit.is_none() {
        project.unit = Some("张".to_owned());
    }
    load_into(&app.db, &files).await.unwrap();
    assert_eq!(
        decide(&planner, &first, "approve", json!({})).await.refused(409),
        "change_request.stale"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_project_accuses_nobody_and_keeps_what_was_done() {
    let app = TestApp::start().await;
    let confirmed = hospital(&app).await;
    let (planner, supervisor) = (app.planner().await, app.supervisor().await);
    let reviewer = app.person(RESPONSIBLE, Role::Reviewer).await;
    let reported = &confirmed.milestones[1];
    let path = format!("/milestones/{}/report", reported["id"].as_str().unwrap());
    reviewer
        .post_seen(&path, version(reported), json!({ "actual_on": "2024-02-20" }))
        .await
        .expect(200);
    // One milestone alone first.
    let lone = &confirmed.milestones[2];
    let body = json!({ "kind": "cancel_milestone", "reason": "并入下一节点" });
    let asked = reviewer
        .post_seen(&path_of(lone, "milestones"), version(lone), body)
        .await
        .expect(201);
    decide(&planner, &asked, "approve", json!({})).await.expect(200);
    let lone_path = format!("/milestones/{}", lone["id"].as_str().unwrap());
    let gone = planner.get(&lone_path).await.expect(200);
    assert_eq!(gone["state"], "cancelled");
    let edit = planner
        .patch(&lone_path, version(&gone), json!({ "name": "改名" }))
        .await;
    assert_eq!(edit.refused(409), "milestone.state");
    let item = json!({ "kind": "weight", "milestone_id": gone["id"], "version": gone["version"] });
    let confirmation = planner.post("/confirmations", json!({ "items": [item] })).await;
    assert_eq!(confirmation.refused(409), "milestone.state");
    let before = total(&supervisor, OVERDUE).await;
    let project = planner.get(&format!("/projects/{HOSPITAL}")).await.expect(200);
    assert_eq!(project["overdue"], true);
    let body = json!({ "kind": "cancel_project", "reason": "与医共体项目合并" });
    let asked = reviewer
        .post_seen(&path_of(&project, "projects"), version(&project), body)
        .await
        .expect(201);
    decide(&planner, &asked, "approve", json!({})).await.expect(200);
    let project = planner.get(&format!("/projects/{HOSPITAL}")).await.expect(200);
    assert_eq!(
        (
            project["life_cycle"].clone(),
            project["overdue"].clone(),
            project["next_due_on"].clone()
        ),
        (json!("cancelled"), json!(false), Value::Null)
    );
    assert_eq!(total(&supervisor, OVERDUE).await, before - 1);
    let states: Vec<Value> = planner
        .get(&format!("/projects/{HOSPITAL}/milestones"))
        .await
        .expect(200)["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|milestone| milestone["state"].clone())
        .collect();
    assert_eq!(states.iter().filter(|state| **state == "reported").count(), 1);
    assert_eq!(
        states.iter().filter(|state| **state == "cancelled").count(),
        states.len() - 1
    );
    for body in [
        json!({ "kind": "cancel_project", "reason": "再取消" }),
        json!({ "kind": "quantity", "quantity": "3", "reason": "x" }),
        json!({ "kind": "scope", "title": "别名", "reason": "x" }),
        json!({ "kind": "add_milestone", "name": "验收", "planned_on": "2024-12-31", "weight": "1", "reason": "x" }),
    ] {
        let refused = reviewer
            .post_seen(&path_of(&project, "projects"), version(&project), body)
            .await;
        assert_eq!(refused.refused(409), "project.closed");
    }
    // The files still name it: loading them brings nothing back.
    load_into(&app.db, &seeds()).await.unwrap();
    let after = planner.get(&format!("/projects/{HOSPITAL}")).await.expect(200);
    let everybody = app.anonymous().get(&format!("/public/projects/{HOSPITAL}")).await;
    assert_eq!(everybody.expect(200)["cancelled"], true);
    assert_eq!(after["life_cycle"], "cancelled");
    assert_eq!(after["version"], project["version"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn weights_quantities_and_owners_change_by_request_too() {
    let app = TestApp::start().await;
    let confirmed = hospital(&app).await;
    let (planner, reviewer) = (app.planner().await, app.person(LEAD, Role::Reviewer).await);
    let milestone = &confirmed.milestones[0];
    let body = json!({ "kind": "weight", "weight": "12.5", "reason": "工作量调整" });
    let asked = reviewer
        .post_seen(&path_of(milestone, "milestones"), version(milestone), body)
        .await
        .expect(201);
    decide(&planner, &asked, "approve", json!({})).await.expect(200);
    let path = format!("/milestones/{}", milestone["id"].as_str().unwrap());
    assert_eq!(planner.get(&path).await.expect(200)["weight"], "12.5");
    let of_project = path_of(&confirmed.project, "projects");
    let body = json!({ "kind": "quantity", "quantity": "300", "reason": "规模调整" });
    let asked = reviewer
        .post_seen(&of_project, version(&confirmed.project), body)
        .await
        .expect(201);
    decide(&planner, &asked, "approve", json!({})).await.expect(200);
    let project = planner.get(&format!("/projects/{HOSPITAL}")).await.expect(200);
    assert_eq!(project["quantity"], "300");
    let body =
        json!({ "kind": "owner", "role": "lead", "organisation": "wuwei.education", "reason": "职能划转" });
    let asked = reviewer
        .post_seen(&of_project, version(&project), body)
        .await
        .expect(201);
    assert_eq!(asked["old_organisation"]["code"], LEAD);
    decide(&planner, &asked, "approve", json!({})).await.expect(200);
    let project = planner.get(&format!("/projects/{HOSPITAL}")).await.expect(200);
    let lead = project["owners"]
        .as_array()
        .unwrap()
        .iter()
        .find(|owner| owner["role"] == "lead")
        .unwrap();
    assert_eq!(
        (lead["organisation"]["code"].clone(), lead["basis"].clone()),
        (json!("wuwei.education"), json!("confirmed"))
    );
    // Sight follows: who led sees it no more, who leads does.
    assert_eq!(
        reviewer.get(&format!("/projects/{HOSPITAL}")).await.refused(404),
        "not_found"
    );
    assert_eq!(
        reviewer
            .get(&format!("/change-requests/{}", asked["id"].as_str().unwrap()))
            .await
            .refused(404),
        "not_found"
    );
    let now_leads = app.person("wuwei.education", Role::Staff).await;
    now_leads.get(&format!("/projects/{HOSPITAL}")).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_past_day_a_request_stands_as_it_stood_then_and_nobody_decides_there() {
    let app = TestApp::start().await;
    let confirmed = hospital(&app).await;
    app.pass_days(1);
    let reviewer = app.person(RESPONSIBLE, Role::Reviewer).await;
    let asked = postpone(&reviewer, &confirmed.milestones[0], "2024-05-31").await;
    app.pass_days(2);
    let planner = app.planner().await;
    decide(&planner, &asked, "approve", json!({})).await.expect(200);
    let id = asked["id"].as_str().unwrap();
    let one = |day: &str| format!("/change-requests/{id}?as_of={day}");
    assert_eq!(planner.get(&one("2024-03-01")).await.status, 404);
    let open = planner.get(&one("2024-03-03")).await.expect(200);
    assert_eq!(
        (
            &open["state"],
            &open["decided_on"],
            &open["decided_by"],
            &open["version"]
        ),
        (&json!("open"), &json!(null), &json!(null), &json!(1))
    );
    let decided = planner.get(&one("2024-03-04")).await.expect(200);
    assert_eq!(decided["state"], "approved");
    for (path, day, many) in [
        ("/change-requests?include=total", "2024-03-01", 0),
        ("/change-requests?state=open&include=total", "2024-03-02", 1),
        ("/change-requests?state=approved&include=total", "2024-03-03", 0),
        ("/change-requests?state=open&include=total", "2024-03-04", 0),
        ("/date-changes?include=total", "2024-03-03", 0),
        ("/date-changes?include=total", "2024-03-04", 1),
        ("/date-changes/by-project?include=total", "2024-03-03", 0),
        ("/date-changes/by-project?include=total", "2024-03-04", 1),
    ] {
        let asked = format!("{path}&as_of={day}");
        assert_eq!(total(&planner, &asked).await, many, "{asked}");
    }
    let ahead = planner.get("/change-requests?as_of=2030-01-01").await;
    assert_eq!(
        (ahead.status, &ahead.body["errors"][0]["pointer"]),
        (400, &json!("?as_of"))
    );
    let surfer = app.visitor("wuwei", Role::Planner).await;
    let page = surfer.get("/changes?as_of=2024-03-03").await.expect(200);
    assert!(page.has("这是 2024-03-03 当天结束时的记录") && page.has("施工许可延后"));
    assert!(!page.has("同意并生效") && page.has("href=\"/changes\""));
    assert_eq!(surfer.get("/changes?as_of=someday").await.status, 400);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_past_day_calls_organisations_and_counts_the_plan_as_they_were_then() {
    let app = TestApp::start().await;
    hospital(&app).await;
    let planner = app.planner().await;
    let coverage = planner.get("/plans/wuwei-145/coverage").await.expect(200);
    let path = format!("/projects/{HOSPITAL}");
    let lead = |project: &Value| {
        let owners = project["owners"].as_array().unwrap().iter();
        let mut leads = owners.filter(|one| one["role"] == "lead");
        leads.next().unwrap()["organisation"]["name"].clone()
    };
    let before = lead(&planner.get(&path).await.expect(200));
    app.pass_days(1);
    let administrator = app.person("wuwei", Role::Administrator).await;
    let organisation = format!("/organisations/{LEAD}");
    let seen = version(&administrator.get(&organisation).await.expect(200));
    let body = json!({ "name": "市卫生健康局" });
    administrator.patch(&organisation, seen, body).await.expect(200);
    let planner = app.planner().await;
    let seen = version(&planner.get(&path).await.expect(200));
    let doubt = json!({ "doubt": "规模与附表不一致" });
    planner.patch(&path, seen, doubt).await.expect(200);
    assert_eq!(lead(&planner.get(&path).await.expect(200)), "市卫生健康局");
    let then = planner.get(&format!("{path}?as_of=2024-03-01")).await.expect(200);
    assert_eq!(lead(&then), before);
    let surfer = app.visitor("wuwei", Role::Planner).await;
    let page = surfer.get(&format!("{path}?as_of=2024-03-01")).await.expect(200);
    assert!(page.has(before.as_str().unwrap()) && !page.has("市卫生健康局"));
    let now = planner.get("/plans/wuwei-145/coverage").await.expect(200);
    assert_ne!(now, coverage);
    let then = planner
        .get("/plans/wuwei-145/coverage?as_of=2024-03-01")
        .await
        .expect(200);
    assert_eq!(then, coverage);
    for page in [
        "/plans/wuwei-145",
        "/plans/wuwei-145/5",
        "/commitments/wuwei-145.1.new-urban-jobs",
    ] {
        let shown = surfer.get(&format!("{page}?as_of=2024-03-01")).await.expect(200);
        assert!(shown.has("这是 2024-03-01 当天结束时的记录"), "{page}");
        assert!(!shown.has("确认建议</a>"), "{page}");
        assert_eq!(
            surfer.get(&format!("{page}?as_of=2024-13-01")).await.status,
            400,
            "{page}"
        );
    }
}
