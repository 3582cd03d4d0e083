//! Projects that a planner adds, splits, merges, suspends; milestones and supporting owners that he adds.

use std::collections::BTreeMap;

use guatu::cli::load_into;
use guatu::kernel::Role;
use serde_json::{Value, json};

use crate::support::{HOSPITAL, LEAD, Person, RESPONSIBLE, Reply, TestApp, confirm, seeds};

fn codes(list: &Value) -> Vec<&str> {
    let all = list["data"].as_array().unwrap();
    all.iter().map(|one| one["code"].as_str().unwrap()).collect()
}

/// 居家养老服务中心 4 个 (未点名), a remainder.
async fn centres(planner: &Person<'_>) -> Value {
    let found = planner.get("/projects?programme=6&limit=200").await.expect(200);
    let all = found["data"].as_array().unwrap();
    let one = all
        .iter()
        .find(|one| one["code"].as_str().unwrap().ends_with(".home-care-centres"));
    one.unwrap().clone()
}

/// Splits or merges as whoever saw this version.
async fn ask(person: &Person<'_>, project: &Value, word: &str, body: Value) -> Reply {
    let path = format!("/projects/{}/{word}", project["id"].as_str().unwrap());
    person
        .post_seen(&path, project["version"].as_i64().unwrap(), body)
        .await
}

async fn coverage(planner: &Person<'_>) -> Value {
    let all = planner.get("/plans/wuwei-145/coverage").await.expect(200);
    all["counts"].clone()
}

fn new_clinic() -> Value {
    json!({
        "initiative": "wuwei-145.5-2", "slug": "minqin-clinic", "title": "民勤县新建门诊楼", "kind": "new_build",
        "region": "620621", "responsible_level": "county", "quantity": "2", "unit": "栋", "due_on": "2025-06-30",
        "due_precision": "month", "due_basis": "plan", "components": ["门诊", "医技"], "as_printed": "新建门诊楼",
        "owners": [{ "role": "lead", "organisation": LEAD }, { "role": "responsible", "organisation": RESPONSIBLE },
            { "role": "supporting", "organisation": "minqin.health" }],
        "owners_confirmed": true, "commitments": []
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_planner_adds_a_project_with_the_milestones_of_its_kind() {
    let app = TestApp::start().await;
    let planner = app.planner().await;
    let made = planner.post("/projects", new_clinic()).await;
    assert!(
        made.headers["location"].starts_with("/api/v1/projects/"),
        "{:?}",
        made.headers
    );
    let made = made.expect(201);
    assert_eq!(made["code"], "wuwei-145.5-2.minqin-clinic");
    assert_eq!(
        (made["quantity"].as_str(), made["programme"]["code"].as_str()),
        (Some("2"), Some("wuwei-145.5"))
    );
    assert_eq!(made["owners"].as_array().unwrap().len(), 3);
    assert!(
        made["owners"]
            .as_array()
            .unwrap()
            .iter()
            .all(|owner| owner["basis"] == "confirmed")
    );
    let path = format!("/projects/{}/milestones", made["id"].as_str().unwrap());
    let steps = planner.get(&path).await.expect(200);
    let steps = steps["data"].as_array().unwrap();
    assert!(steps.len() > 3, "{steps:?}");
    let last = steps.last().unwrap();
    assert_eq!(
        (
            last["planned_on"].as_str(),
            last["date_basis"].as_str(),
            last["first_baseline_on"].as_str()
        ),
        (Some("2025-06-30"), Some("plan"), Some("2025-06-30"))
    );
    assert!(
        steps[..steps.len() - 1]
            .iter()
            .all(|step| step["date_basis"] == "template"
                && step["planned_on"].as_str().unwrap() < "2025-06-30")
    );
    // Who owns it has it in sight at once, and reports; another county does not see it.
    let clerk = app.person(RESPONSIBLE, Role::Staff).await;
    clerk
        .get("/projects/wuwei-145.5-2.minqin-clinic")
        .await
        .expect(200);
    let elsewhere = app.person("gulang", Role::Planner).await;
    elsewhere
        .get("/projects/wuwei-145.5-2.minqin-clinic")
        .await
        .refused(404);
    // Loading the files again leaves it alone, and does not miss it in them.
    let outcome = load_into(&app.db, &seeds()).await.unwrap();
    assert_eq!(
        (outcome.changed, outcome.differences.len()),
        (0, 0),
        "{outcome:?}"
    );
    // The same name again.
    assert_eq!(
        planner.post("/projects", new_clinic()).await.refused(409),
        "code.taken"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_project_is_refused_by_every_name_that_is_none_and_to_everybody_it_is_not_for() {
    let app = TestApp::start().await;
    let planner = app.planner().await;
    let faults = async |change: Value| {
        let mut body = new_clinic();
        for (field, value) in change.as_object().unwrap() {
            body[field] = value.clone();
        }
        let reply = planner.post("/projects", body).await;
        let pointers: Vec<String> = reply.body["errors"]
            .as_array()
            .unwrap_or(&vec![])
            .iter()
            .map(|fault| fault["pointer"].as_str().unwrap().to_owned())
            .collect();
        (reply.status, pointers.join(" "))
    };
    for (change, status, pointers) in [
        (json!({ "initiative": "nowhere" }), 422, "/initiative"),
        (
            json!({ "kind": "castle", "region": "999999", "second_initiative": "wuwei-145.5-2", "commitments": ["x"],
                "owners": [{ "role": "lead", "organisation": "nobody" }], "due_on": "2020-01-01" }),
            422,
            "/second_initiative /region /owners/0/organisation /commitments/0 /kind /due_on",
        ),
        (
            json!({ "owners": [{ "role": "lead", "organisation": LEAD }, { "role": "lead", "organisation": "wuwei.education" }] }),
            422,
            "/owners/1",
        ),
        (
            json!({ "slug": "Clinic No 1", "unit": null, "quantity": "0", "national_code": "1", "due_basis": "confirmed",
                "owners": [{ "role": "boss" }] }),
            400,
            "/slug /quantity /national_code /owners/0/role /owners/0/organisation /due_basis",
        ),
        (
            json!({ "is_remainder": true, "quantity": null }),
            400,
            "/quantity",
        ),
    ] {
        assert_eq!(
            faults(change.clone()).await,
            (status, pointers.to_owned()),
            "{change}"
        );
    }
    // A county's planner adds what his own organisations lead or deliver, confirmed; no more.
    let county = app.person("minqin", Role::Planner).await;
    let mut proposal = new_clinic();
    proposal["owners_confirmed"] = json!(false);
    assert_eq!(county.post("/projects", proposal).await.refused(403), "forbidden");
    county.post("/projects", new_clinic()).await.expect(201);
    let other = app.person("gulang", Role::Planner).await;
    let mut theirs = new_clinic();
    theirs["slug"] = json!("another");
    assert_eq!(
        other.post("/projects", theirs.clone()).await.refused(403),
        "forbidden"
    );
    let staff = app.person("wuwei", Role::Staff).await;
    assert_eq!(staff.post("/projects", theirs).await.refused(403), "forbidden");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_milestone_is_added_as_a_proposal_after_those_that_are_there() {
    let app = TestApp::start().await;
    let planner = app.planner().await;
    let path = format!("/projects/{HOSPITAL}/milestones");
    let body = json!({ "slug": "extra", "name": "消防验收", "planned_on": "2024-01-31", "weight": "2.5",
        "evidence_wanted": ["消防验收意见书"] });
    let made = planner.post(&path, body.clone()).await.expect(201);
    assert_eq!(
        (
            made["number"].as_i64(),
            made["date_basis"].as_str(),
            made["overdue"].as_bool()
        ),
        (Some(4), Some("template"), Some(false)),
        "a proposal accuses nobody"
    );
    assert_eq!(made["code"], format!("{HOSPITAL}.extra"));
    let project = planner.get(&format!("/projects/{HOSPITAL}")).await.expect(200);
    assert_eq!(project["unconfirmed"], true);
    assert_eq!(planner.post(&path, body.clone()).await.refused(409), "code.taken");
    let bad = json!({ "slug": "", "name": "", "planned_on": "31-1", "weight": "0" });
    assert_eq!(planner.post(&path, bad).await.refused(400), "field.empty");
    for (organisation, role) in [
        (RESPONSIBLE, Role::Staff),
        (LEAD, Role::Reviewer),
        ("wuwei", Role::Supervisor),
    ] {
        let person = app.person(organisation, role).await;
        assert_eq!(person.post(&path, body.clone()).await.refused(403), "forbidden");
    }
    let outcome = load_into(&app.db, &seeds()).await.unwrap();
    assert_eq!(
        (outcome.changed, outcome.differences.len()),
        (0, 0),
        "{outcome:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn names_become_known_and_the_promised_number_stays_the_same_in_sum() {
    let app = TestApp::start().await;
    let planner = app.planner().await;
    let origin = centres(&planner).await;
    let code = origin["code"].as_str().unwrap().to_owned();
    assert_eq!(
        (origin["quantity"].as_str(), origin["is_remainder"].as_bool()),
        (Some("4"), Some(true))
    );
    let before = coverage(&planner).await;
    let body = json!({ "reason": "名单已定", "parts": [
        { "slug": "minqin-home-care", "title": "民勤县居家养老服务中心", "region": "620621", "quantity": "1",
          "owners": [{ "role": "responsible", "organisation": "minqin.civil-affairs" }] },
        { "slug": "gulang-home-care", "title": "古浪县居家养老服务中心", "region": "620622", "quantity": "2" }] });
    app.pass_days(1);
    let planner = app.planner().await;
    let done = ask(&planner, &origin, "split", body.clone()).await.expect(200);
    assert_eq!(done["origin"]["quantity"], "1");
    assert_eq!(
        done["parts"][0]["split_from"]["code"].as_str(),
        Some(code.as_str())
    );
    assert_eq!(done["parts"][0]["quantity"], "1");
    let owners = done["parts"][0]["owners"].as_array().unwrap();
    let held = |role: &str| owners.iter().find(|owner| owner["role"] == role).unwrap();
    assert_eq!(
        held("responsible")["organisation"]["code"],
        "minqin.civil-affairs"
    );
    assert_eq!(held("responsible")["basis"], "confirmed");
    assert_eq!(
        held("lead")["basis"],
        "inferred",
        "the lead goes over as it stood"
    );
    // Each part stands on the origin's own dates.
    let dates = async |path: &str| {
        let all = planner.get(path).await.expect(200);
        let all = all["data"].as_array().unwrap();
        all.iter()
            .map(|one| {
                (
                    one["planned_on"].clone(),
                    one["date_basis"].clone(),
                    one["weight"].clone(),
                )
            })
            .collect::<Vec<_>>()
    };
    let part = format!("/projects/{}", done["parts"][0]["id"].as_str().unwrap());
    assert_eq!(
        dates(&format!("{part}/milestones")).await,
        dates(&format!("/projects/{code}/milestones")).await
    );
    let after = coverage(&planner).await;
    assert_eq!(
        after["projects"].as_i64(),
        before["projects"].as_i64().map(|n| n + 2)
    );
    // The commitment that they serve is covered as before.
    let minqin = app.person("minqin", Role::Observer).await;
    minqin.get(&part).await.expect(200);
    // Yesterday there was one project of four.
    let then = planner
        .get(&format!("/projects/{code}?as_of=2024-03-01"))
        .await
        .expect(200);
    assert_eq!(then["quantity"], "4");
    planner
        .get(&format!("{part}?as_of=2024-03-01"))
        .await
        .refused(404);
    // Stale, and the same names again.
    assert_eq!(
        ask(&planner, &origin, "split", body.clone()).await.refused(412),
        "precondition.stale"
    );
    let mut again = body.clone();
    again["parts"] = json!([body["parts"][0]]);
    assert_eq!(
        ask(&planner, &done["origin"], "split", again).await.refused(409),
        "code.taken"
    );
    // The last one: nothing is left, so the origin is archived, read on its own but in no list.
    let last = json!({ "reason": "最后一个", "parts": [
        { "slug": "tianzhu-home-care", "title": "天祝县居家养老服务中心", "quantity": "1" }] });
    let done = ask(&planner, &done["origin"], "split", last).await.expect(200);
    assert_eq!(done["origin"]["archived_reason"], "最后一个");
    let listed = planner.get("/projects?programme=6&limit=200").await.expect(200);
    assert!(!codes(&listed).contains(&code.as_str()));
    assert!(
        codes(&listed)
            .iter()
            .any(|one| one.ends_with("tianzhu-home-care"))
    );
    let history = planner
        .get(&format!("/projects/{code}/history?limit=200"))
        .await
        .expect(200);
    let kinds: Vec<&str> = history["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| event["kind"].as_str().unwrap())
        .collect();
    assert_eq!(kinds.iter().filter(|kind| **kind == "project.split").count(), 2);
    assert_eq!(
        ask(&planner, &done["origin"], "split", body).await.refused(409),
        "project.closed"
    );
    // The files know of none of this, and undo none of it.
    let outcome = load_into(&app.db, &seeds()).await.unwrap();
    assert_eq!((outcome.created, outcome.changed), (0, 0), "{outcome:?}");
    let mut files = seeds();
    let held = files
        .projects
        .iter_mut()
        .find(|project| project.code == code)
        .unwrap();
    held.title.push_str("（修订）");
    let outcome = load_into(&app.db, &files).await.unwrap();
    let told: Vec<(&str, &str)> = outcome
        .differences
        .iter()
        .map(|one| (one.code.as_str(), one.field.as_str()))
        .collect();
    assert_eq!(told, [(code.as_str(), "archived_reason")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_split_that_does_not_add_up_or_would_lose_reports_is_refused() {
    let app = TestApp::start().await;
    let planner = app.planner().await;
    let origin = centres(&planner).await;
    let part = |slug: &str, quantity: Value| json!({ "slug": slug, "title": slug, "quantity": quantity });
    for (parts, close) in [
        (json!([part("a", json!("3")), part("b", json!("2"))]), Value::Null),
        (
            json!([part("a", json!("3")), part("b", Value::Null)]),
            Value::Null,
        ),
        (json!([part("a", json!("3"))]), json!(true)),
        (json!([part("a", json!("4"))]), json!(false)),
        (json!([part("a", Value::Null)]), json!(true)),
    ] {
        let body = json!({ "reason": "试", "parts": parts, "close_origin": close });
        let refused = ask(&planner, &origin, "split", body).await;
        assert_eq!(refused.body["errors"][0]["pointer"], "/parts");
        assert_eq!(refused.refused(422), "split.quantity");
    }
    let body = json!({ "reason": "试", "parts": [{ "slug": "a", "title": "a", "quantity": "1", "region": "000000",
        "owners": [{ "role": "lead", "organisation": "nobody" }] }] });
    let refused = ask(&planner, &origin, "split", body).await;
    assert_eq!(refused.status, 422);
    assert_eq!(
        refused.body["errors"].as_array().unwrap().len(),
        2,
        "{}",
        refused.body
    );
    let body = json!({ "reason": "", "parts": [] });
    assert_eq!(ask(&planner, &origin, "split", body).await.status, 400);
    // Only the issuer's planners move promises about.
    let body = json!({ "reason": "试", "parts": [{ "slug": "a", "title": "a", "quantity": "1" }] });
    let confirmed = confirm(&planner, HOSPITAL, &BTreeMap::from([(1, "2024-02-01")])).await;
    let own = app.person(RESPONSIBLE, Role::Planner).await;
    assert_eq!(
        ask(&own, &confirmed.project, "split", body.clone())
            .await
            .refused(403),
        "forbidden"
    );
    // What was reported would count nowhere.
    let clerk = app.person(RESPONSIBLE, Role::Staff).await;
    let first = confirmed.milestones[0]["id"].as_str().unwrap();
    clerk
        .post_seen(
            &format!("/milestones/{first}/report"),
            2,
            json!({ "actual_on": "2024-02-20" }),
        )
        .await
        .expect(200);
    assert_eq!(
        ask(&planner, &confirmed.project, "split", body)
            .await
            .refused(409),
        "project.has_reports"
    );
    // While the origin stays, they stay with it.
    let body = json!({ "reason": "另立项目", "parts": [{ "slug": "equipment", "title": "设备更新" }] });
    let done = ask(&planner, &confirmed.project, "split", body).await.expect(200);
    let part = done["parts"][0]["id"].as_str().unwrap();
    let steps = planner
        .get(&format!("/projects/{part}/milestones"))
        .await
        .expect(200);
    let first = &steps["data"][0];
    assert_eq!(
        (
            first["state"].as_str(),
            first["overdue"].as_bool(),
            first["first_baseline_on"].as_str()
        ),
        (Some("pending"), Some(true), Some("2024-02-01")),
        "a part cannot leave what is overdue behind"
    );
    assert_eq!(
        (
            &done["origin"]["archived_reason"],
            done["origin"]["quantity"].as_str(),
            done["origin"]["is_remainder"].as_bool()
        ),
        (&Value::Null, Some("1"), Some(false))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn two_projects_that_are_one_become_one_and_nothing_is_lost() {
    let app = TestApp::start().await;
    let planner = app.planner().await;
    let mut one = new_clinic();
    one["due_on"] = json!("2025-12-31");
    let one = planner.post("/projects", one).await.expect(201);
    let mut other = new_clinic();
    for (field, value) in [
        ("slug", json!("minqin-clinic-again")),
        ("initiative", json!("wuwei-145.5-1")),
        ("due_on", json!("2025-12-31")),
        ("components", json!(["医技", "停车场"])),
        (
            "owners",
            json!([{ "role": "lead", "organisation": "wuwei.education" }]),
        ),
    ] {
        other[field] = value;
    }
    let other = planner.post("/projects", other).await.expect(201);
    app.pass_days(1);
    let planner = app.planner().await;
    let into = json!({ "into": one["code"], "reason": "同一件事登记了两次" });
    // By whoever may not, into what is not there, into itself.
    for (organisation, status) in [("wuwei.education", 403), ("gulang", 404)] {
        let person = app.person(organisation, Role::Planner).await;
        assert_eq!(ask(&person, &other, "merge", into.clone()).await.status, status);
    }
    let nowhere = json!({ "into": "nowhere", "reason": "x" });
    assert_eq!(
        ask(&planner, &other, "merge", nowhere).await.refused(404),
        "not_found"
    );
    let itself = json!({ "into": other["id"], "reason": "x" });
    assert_eq!(
        ask(&planner, &other, "merge", itself).await.refused(422),
        "field.not_allowed"
    );
    let done = ask(&planner, &other, "merge", into.clone()).await.expect(200);
    assert_eq!(done["into"]["quantity"], "4");
    assert_eq!(done["into"]["components"], json!(["门诊", "医技", "停车场"]));
    assert_eq!(done["into"]["second_initiative"]["code"], "wuwei-145.5-1");
    let supports = done["into"]["owners"].as_array().unwrap();
    assert!(
        supports
            .iter()
            .any(|owner| owner["role"] == "supporting" && owner["organisation"]["code"] == "wuwei.education"),
        "nobody loses sight of it"
    );
    assert_eq!(done["merged"]["merged_into"]["id"], one["id"]);
    let gone = format!("/projects/{}", other["id"].as_str().unwrap());
    let steps = planner.get(&format!("{gone}/milestones")).await.expect(200);
    let steps = steps["data"].as_array().unwrap();
    assert!(steps.len() > 3 && steps.iter().all(|step| step["state"] == "cancelled"));
    let one = format!("/milestones/{}", steps[0]["id"].as_str().unwrap());
    planner.get(&one).await.expect(200);
    let listed = planner.get("/projects?programme=5&limit=200").await.expect(200);
    assert!(!codes(&listed).contains(&other["code"].as_str().unwrap()));
    let then = planner.get(&format!("{gone}?as_of=2024-03-01")).await.expect(200);
    assert_eq!(
        (&then["archived_reason"], &then["merged_into"]),
        (&Value::Null, &Value::Null)
    );
    let history = planner
        .get(&format!("{gone}/history?limit=200"))
        .await
        .expect(200);
    assert!(
        history["data"]
            .as_array()
            .unwrap()
            .iter()
            .any(|event| event["kind"] == "project.merged")
    );
    // It is over.
    assert_eq!(
        ask(&planner, &done["merged"], "merge", into).await.refused(409),
        "project.closed"
    );
    let body = json!({ "reason": "x", "review_on": "2024-06-01" });
    assert_eq!(
        ask(&planner, &done["merged"], "suspend", body).await.refused(409),
        "project.closed"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_merge_that_would_hide_or_lose_something_is_refused() {
    let app = TestApp::start().await;
    let planner = app.planner().await;
    let mut other = new_clinic();
    other["unit"] = json!("平方米");
    other["due_on"] = json!("2025-12-31");
    let other = planner.post("/projects", other).await.expect(201);
    let found = planner.get("/projects?programme=5&limit=200").await.expect(200);
    let with_unit = found["data"]
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["quantity"].is_string() && one["unit"] != "平方米")
        .unwrap();
    let into = json!({ "into": with_unit["id"], "reason": "x" });
    assert_eq!(
        ask(&planner, &other, "merge", into).await.refused(409),
        "merge.units"
    );
    // Something overdue does not vanish into another project.
    let confirmed = confirm(&planner, HOSPITAL, &BTreeMap::from([(1, "2024-02-01")])).await;
    let into = json!({ "into": other["id"], "reason": "x" });
    let refused = ask(&planner, &confirmed.project, "merge", into.clone()).await;
    assert!(
        refused.body["detail"].as_str().unwrap().contains("1 个逾期"),
        "{}",
        refused.body
    );
    assert_eq!(refused.refused(409), "merge.overdue");
    // Nor does a report.
    let clerk = app.person(RESPONSIBLE, Role::Staff).await;
    let first = confirmed.milestones[0]["id"].as_str().unwrap();
    clerk
        .post_seen(
            &format!("/milestones/{first}/report"),
            2,
            json!({ "actual_on": "2024-02-20" }),
        )
        .await
        .expect(200);
    assert_eq!(
        ask(&planner, &confirmed.project, "merge", into.clone())
            .await
            .refused(409),
        "project.has_reports"
    );
    // Nor a request that waits.
    let reviewer = app.person(RESPONSIBLE, Role::Reviewer).await;
    let clinic = format!("/projects/{}", other["id"].as_str().unwrap());
    let asked = json!({ "kind": "quantity", "quantity": "9", "reason": "规模调整" });
    reviewer
        .post_seen(&format!("{clinic}/change-requests"), 1, asked)
        .await
        .expect(201);
    let into = json!({ "into": with_unit["id"], "reason": "x" });
    assert_eq!(
        ask(&planner, &other, "merge", into).await.refused(409),
        "project.change_open"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_suspended_project_says_so_and_hides_nothing_overdue() {
    let app = TestApp::start().await;
    let planner = app.planner().await;
    let confirmed = confirm(&planner, HOSPITAL, &BTreeMap::from([(1, "2024-02-01")])).await;
    let project = confirmed.project;
    for day in ["2024-03-01", "2025-03-03"] {
        let body = json!({ "reason": "资金未到位", "review_on": day });
        let refused = ask(&planner, &project, "suspend", body).await;
        assert_eq!(refused.body["errors"][0]["pointer"], "/review_on", "{day}");
        assert_eq!(refused.refused(422), "field.out_of_range");
    }
    let body = json!({ "reason": "资金未到位", "review_on": "2024-06-01" });
    let clerk = app.person(RESPONSIBLE, Role::Staff).await;
    assert_eq!(
        ask(&clerk, &project, "suspend", body.clone()).await.refused(403),
        "forbidden"
    );
    let resumed = json!({ "reason": "x" });
    assert_eq!(
        ask(&planner, &project, "resume", resumed).await.refused(409),
        "project.not_suspended"
    );
    let still = ask(&planner, &project, "suspend", body.clone()).await.expect(200);
    assert_eq!(
        (
            still["suspended_on"].as_str(),
            still["suspension_review_on"].as_str(),
            still["overdue"].as_bool()
        ),
        (Some("2024-03-01"), Some("2024-06-01"), Some(true))
    );
    let total = async |filter: &str| {
        let path = format!("/projects?include=total&limit=1&{filter}");
        planner.get(&path).await.expect(200)["page"]["total"]
            .as_i64()
            .unwrap()
    };
    assert_eq!(
        (total("suspended=true").await, total("overdue=true").await),
        (1, 1)
    );
    assert_eq!(
        ask(&planner, &still, "suspend", body).await.refused(409),
        "project.suspended_already"
    );
    let on = ask(&planner, &still, "resume", json!({ "reason": "资金到位" }))
        .await
        .expect(200);
    assert_eq!(
        (&on["suspended_on"], &on["suspended_reason"]),
        (&Value::Null, &Value::Null)
    );
    assert_eq!(total("suspended=true").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_supporting_owner_reads_until_its_part_is_ended() {
    let app = TestApp::start().await;
    let planner = app.planner().await;
    let path = format!("/projects/{HOSPITAL}/owners");
    let education = app.person("wuwei.education", Role::Staff).await;
    education.get(&format!("/projects/{HOSPITAL}")).await.refused(404);
    let body = json!({ "organisation": "wuwei.education" });
    let done = planner.post(&path, body.clone()).await.expect(201);
    let owner = done["owners"]
        .as_array()
        .unwrap()
        .iter()
        .find(|owner| owner["role"] == "supporting")
        .unwrap();
    assert_eq!(
        (owner["organisation"]["code"].as_str(), owner["basis"].as_str()),
        (Some("wuwei.education"), Some("confirmed"))
    );
    education.get(&format!("/projects/{HOSPITAL}")).await.expect(200);
    assert_eq!(
        education.post(&path, body.clone()).await.refused(403),
        "forbidden"
    );
    assert_eq!(planner.post(&path, body).await.refused(409), "owner.exists");
    let lead = json!({ "organisation": LEAD });
    assert_eq!(planner.post(&path, lead).await.refused(409), "owner.exists");
    let nobody = json!({ "organisation": "nobody" });
    assert_eq!(planner.post(&path, nobody).await.refused(422), "field.not_found");
    let end = format!("{path}/{}/end", owner["id"].as_str().unwrap());
    let reason = json!({ "reason": "职责调整" });
    assert_eq!(
        planner.post(&end, reason.clone()).await.refused(428),
        "precondition.required"
    );
    assert_eq!(
        planner.post_seen(&end, 9, reason.clone()).await.refused(412),
        "precondition.stale"
    );
    assert_eq!(
        education.post_seen(&end, 1, reason.clone()).await.refused(403),
        "forbidden"
    );
    let responsible = done["owners"]
        .as_array()
        .unwrap()
        .iter()
        .find(|owner| owner["role"] == "responsible")
        .unwrap();
    let other = format!("{path}/{}/end", responsible["id"].as_str().unwrap());
    assert_eq!(
        planner.post_seen(&other, 1, reason.clone()).await.refused(409),
        "owner.not_supporting"
    );
    planner.post_seen(&end, 1, reason.clone()).await.expect(200);
    education.get(&format!("/projects/{HOSPITAL}")).await.refused(404);
    assert_eq!(planner.post_seen(&end, 2, reason).await.refused(404), "not_found");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_project_moves_to_another_county_and_its_sight_follows() {
    let app = TestApp::start().await;
    let planner = app.planner().await;
    let gulang = app.person("gulang", Role::Observer).await;
    let path = format!("/projects/{HOSPITAL}");
    gulang.get(&path).await.refused(404);
    for (field, value) in [
        ("region", json!("000000")),
        ("second_initiative", json!("nowhere")),
        ("second_initiative", json!("wuwei-145.5-2")),
    ] {
        let refused = planner.patch(&path, 1, json!({ field: value })).await;
        assert_eq!(refused.body["errors"][0]["pointer"], format!("/{field}"));
        assert_eq!(refused.refused(422), "field.not_found");
    }
    let moved = json!({ "region": "620622", "second_initiative": "wuwei-145.5-1" });
    let done = planner.patch(&path, 1, moved).await.expect(200);
    assert_eq!(
        (
            done["site_region"]["code"].as_str(),
            done["second_initiative"]["code"].as_str()
        ),
        (Some("620622"), Some("wuwei-145.5-1"))
    );
    gulang.get(&path).await.expect(200);
    let back = json!({ "region": null, "second_initiative": null });
    let done = planner.patch(&path, 2, back).await.expect(200);
    assert_eq!(
        (&done["site_region"], &done["second_initiative"]),
        (&Value::Null, &Value::Null)
    );
    gulang.get(&path).await.refused(404);
}
