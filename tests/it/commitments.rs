//! Commitments at work: owners, observations, allocations, courses, assessments, carry-overs.

use std::io::{Cursor, Read};

use guatu::cli::load_into;
use guatu::exchange::plan_files::PlanFiles;
use guatu::kernel::Role;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{HOSPITAL, LEAD, Person, RESPONSIBLE, TestApp, seeds};

/// 城镇新增就业人数: a sum of 75,000 over 2021 to 2025, printed as 7.5 万人.
pub const JOBS: &str = "/commitments/wuwei-145.1.new-urban-jobs";
pub const JOBS_OWNER: &str = "wuwei.human-resources";

/// A later plan of the same issuer, with one box and two indicators.
pub fn next_plan() -> PlanFiles {
    let renamed = |code: &str| code.replacen("wuwei-145", "wuwei-155", 1);
    let mut files = seeds();
    files.plan.code = "wuwei-155".to_owned();
    files.plan.title = "武威市“十五五”公共服务规划".to_owned();
    files.plan.starts_on = "2026-01-01".parse().unwrap();
    files.plan.ends_on = "2030-12-31".parse().unwrap();
    files.service_areas.clear();
    files.initiatives.clear();
    files.projects.clear();
    files.programmes.truncate(1);
    files.programmes[0].code = renamed(&files.programmes[0].code);
    files.programmes[0].service_area = None;
    files.commitments.truncate(2);
    for one in &mut files.commitments {
        one.code = renamed(&one.code);
        one.programme = renamed(&one.programme);
        one.initiative = None;
        one.due.on = "2030-12-31".parse().unwrap();
    }
    files
}

fn version(value: &Value) -> i64 {
    value["version"].as_i64().unwrap()
}

/// Confirms who answers for a commitment; it as it is then.
pub async fn settle(planner: &Person<'_>, path: &str, owner: &str) -> Value {
    let seen = planner.get(path).await.expect(200);
    planner
        .patch(path, version(&seen), json!({ "owner": owner }))
        .await
        .expect(200)
}

pub fn figure(on: &str, value: &str) -> Value {
    json!({ "observed_on": on, "value": value, "source": "就业统计月报" })
}

pub async fn file(clerk: &Person<'_>, path: &str, body: Value) -> Value {
    clerk
        .post(&format!("{path}/observations"), body)
        .await
        .expect(201)
}

pub async fn step(person: &Person<'_>, one: &Value, word: &str, body: Value) -> Value {
    let path = format!("/observations/{}/{word}", one["id"].as_str().unwrap());
    person.post_seen(&path, version(one), body).await.expect(200)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_figure_counts_once_another_person_has_confirmed_it() {
    let app = TestApp::start().await;
    let planner = app.planner().await;
    let clerk = app.person(JOBS_OWNER, Role::Staff).await;
    let path = format!("{JOBS}/observations");
    let before = planner.get(JOBS).await.expect(200);
    assert_eq!(before["course"]["standing"], "no_data");
    assert_eq!(before["owner_basis"], "inferred");
    // What nobody confirmed obliges nobody: not even the proposed owner files.
    let body = figure("2023-12-31", "4.7");
    let early = clerk.post(&path, body.clone()).await;
    assert_eq!(early.refused(409), "commitment.owner_unconfirmed");
    let other = app.person(LEAD, Role::Staff).await;
    assert_eq!(other.post(&path, body.clone()).await.refused(403), "forbidden");
    let settled = settle(&planner, JOBS, JOBS_OWNER).await;
    assert_eq!(
        (&settled["owner_basis"], &settled["owner"]["code"]),
        (&json!("confirmed"), &json!(JOBS_OWNER))
    );
    let filed = file(&clerk, JOBS, body).await;
    // 4.7 万人 are 47,000, counted from the plan's first day.
    assert_eq!(
        (&filed["value"], &filed["printed_value"]),
        (&json!("47000"), &json!("4.7"))
    );
    assert_eq!(
        (&filed["counted_from"], &filed["state"]),
        (&json!("2021-01-01"), &json!("filed"))
    );
    assert_eq!(
        planner.get(JOBS).await.expect(200)["course"]["standing"],
        "no_data"
    );
    let confirm = format!("/observations/{}/confirm", filed["id"].as_str().unwrap());
    assert_eq!(
        clerk.post_seen(&confirm, 1, json!({})).await.refused(403),
        "forbidden"
    );
    assert_eq!(planner.post(&confirm, json!({})).await.status, 428);
    assert_eq!(planner.post_seen(&confirm, 7, json!({})).await.status, 412);
    let confirmed = step(&planner, &filed, "confirm", json!({})).await;
    assert_eq!(confirmed["state"], "confirmed");
    let again = planner.post_seen(&confirm, 2, json!({})).await;
    assert_eq!(again.refused(409), "observation.state");
    let course = planner.get(JOBS).await.expect(200)["course"].clone();
    assert_eq!(course["standing"], "on_course");
    assert_eq!(
        (&course["latest"], &course["observed_on"]),
        (&json!("47000"), &json!("2023-12-31"))
    );
    // By the end of 2023 it should have been 75,000 × 1,094 ÷ 1,825 days.
    assert_eq!(
        (&course["reference"], &course["gap"]),
        (&json!("44958.9041"), &json!("-2041.0959"))
    );
    assert_eq!(course["percent"], "62.7");
    // It turns out wrong: the planner sends it back, the owner corrects it, and until it is confirmed again it does not count.
    let back = step(
        &planner,
        &confirmed,
        "return",
        json!({ "reason": "含外省，请剔除" }),
    )
    .await;
    assert_eq!(
        (&back["state"], &back["confirmed_on"]),
        (&json!("returned"), &Value::Null)
    );
    assert_eq!(
        planner.get(JOBS).await.expect(200)["course"]["standing"],
        "no_data"
    );
    let path = format!("/observations/{}", filed["id"].as_str().unwrap());
    let body = json!({ "value": "42000", "unit": "人", "note": "已剔除" });
    let corrected = clerk.patch(&path, version(&back), body).await.expect(200);
    assert_eq!(
        (
            &corrected["value"],
            &corrected["state"],
            &corrected["back_reason"]
        ),
        (&json!("42000"), &json!("filed"), &Value::Null)
    );
    step(&planner, &corrected, "confirm", json!({})).await;
    let course = planner.get(JOBS).await.expect(200)["course"].clone();
    assert_eq!(
        (&course["standing"], &course["gap"]),
        (&json!("behind"), &json!("2958.9041"))
    );
    // Confirmed, it is nobody's to change any more.
    let late = clerk.patch(&path, 5, json!({ "value": "5" })).await;
    assert_eq!(late.refused(409), "observation.state");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_is_seen_by_those_it_concerns_and_a_past_day_stays_as_it_was() {
    let app = TestApp::start().await;
    let planner = app.planner().await;
    settle(&planner, JOBS, JOBS_OWNER).await;
    let clerk = app.person(JOBS_OWNER, Role::Staff).await;
    let mut body = figure("2023-12-31", "4.7");
    body["note"] = json!("内部说明");
    let filed = file(&clerk, JOBS, body).await;
    let path = format!("/observations/{}", filed["id"].as_str().unwrap());
    let list = format!("{JOBS}/observations");
    let stranger = app.person("gulang", Role::Observer).await;
    stranger.get(&path).await.expect(404);
    assert!(stranger.get(&list).await.ids().is_empty());
    let log = stranger
        .get("/events?kind=observation.filed&limit=200")
        .await
        .expect(200)
        .to_string();
    assert!(!log.contains("内部说明") && !log.contains(filed["id"].as_str().unwrap()));
    let reader = app.person("wuwei", Role::Observer).await;
    assert_eq!(reader.get(&list).await.ids().len(), 1);
    let log = reader
        .get("/events?kind=observation.filed&limit=200")
        .await
        .expect(200)
        .to_string();
    assert!(log.contains("observation.filed") && log.contains("内部说明"));

    app.pass_days(4);
    let planner = app.planner().await;
    step(&planner, &filed, "confirm", json!({})).await;
    let stranger = app.person("gulang", Role::Observer).await;
    let shown = stranger.get(&path).await.expect(200);
    assert_eq!((&shown["value"], &shown["note"]), (&json!("47000"), &Value::Null));
    // Confirmed on 5 March: on 4 March it did not count, and its list shows it as it waited.
    let then = planner.get(&format!("{JOBS}?as_of=2024-03-04")).await.expect(200);
    assert_eq!(
        (&then["course"]["latest"], &then["course"]["day"]),
        (&Value::Null, &json!("2024-03-04"))
    );
    let listed = planner.get(&format!("{list}?as_of=2024-03-04")).await.expect(200);
    assert_eq!(listed["data"][0]["state"], "filed");
    assert!(
        stranger
            .get(&format!("{list}?as_of=2024-03-04"))
            .await
            .ids()
            .is_empty()
    );
    let assessed = planner
        .get("/plans/wuwei-145/assessment?as_of=2024-03-04")
        .await
        .expect(200);
    assert_eq!(assessed["all"]["by_standing"]["on_course"], 0);
    let now = planner.get("/plans/wuwei-145/assessment").await.expect(200);
    assert_eq!(now["all"]["by_standing"]["on_course"], 1);
    // Before it was confirmed who answers for it, nobody did.
    let day = planner
        .get("/commitments?as_of=2024-02-28&owner=wuwei.human-resources")
        .await
        .expect(200);
    assert!(!day["data"].as_array().unwrap().is_empty());
    assert!(
        day["data"]
            .as_array()
            .unwrap()
            .iter()
            .all(|one| one["owner_basis"] == "inferred")
    );
    planner
        .get("/plans/wuwei-145/assessment?as_of=2022-03-17")
        .await
        .expect(404);
    planner.get("/commitments?as_of=2030-01-01").await.expect(400);
}

#[tokio::test(flavor = "multi_thread")]
async fn figures_that_cannot_be_are_refused_each_with_its_reason_and_many_are_taken_together_or_not() {
    let app = TestApp::start().await;
    let planner = app.planner().await;
    settle(&planner, JOBS, JOBS_OWNER).await;
    let clerk = app.person(JOBS_OWNER, Role::Staff).await;
    let path = format!("{JOBS}/observations");
    for (field, value, status, code) in [
        ("observed_on", json!("2024-03-02"), 422, "observation.in_future"),
        ("observed_on", json!("2020-12-31"), 422, "observation.before_plan"),
        ("unit", json!("吨"), 422, "field.not_allowed"),
        ("value", json!("-1"), 422, "field.out_of_range"),
        ("value", json!("many"), 400, "field.format"),
        ("region", json!("620621"), 422, "observation.no_such_part"),
        ("region", json!("999999"), 422, "observation.no_such_part"),
        ("colour", json!("red"), 400, "field.unknown"),
    ] {
        let mut body = figure("2023-12-31", "4.7");
        body[field] = value;
        let refused = clerk.post(&path, body).await;
        assert_eq!(refused.status, status, "{field} {}", refused.body);
        assert_eq!(refused.body["errors"][0]["code"], code, "{}", refused.body);
    }
    file(&clerk, JOBS, figure("2023-12-31", "4.7")).await;
    let twice = clerk.post(&path, figure("2023-12-31", "4.8")).await;
    assert_eq!(twice.refused(409), "observation.exists");
    // Many at once: one that cannot be, and none is taken.
    let item = |commitment: &str, on: &str, value: &str| {
        let mut body = figure(on, value);
        body["commitment"] = json!(commitment);
        body
    };
    let (jobs, training) = ("wuwei-145.1.new-urban-jobs", "wuwei-145.1.vocational-training");
    settle(&planner, &format!("/commitments/{training}"), JOBS_OWNER).await;
    let items = [
        item(training, "2022-12-31", "4"),
        item(jobs, "2022-12-31", "3.1"),
        item(jobs, "2023-12-31", "4.9"),
        item(jobs, "2025-12-31", "9"),
    ];
    let refused = clerk.post("/observations/file", json!({ "items": items })).await;
    let pointers: Vec<&str> = refused.body["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| error["pointer"].as_str().unwrap())
        .collect();
    assert_eq!(
        (refused.status, pointers),
        (409, vec!["/items/2/observed_on", "/items/3/observed_on"])
    );
    assert_eq!(planner.get(&path).await.ids().len(), 1);
    let taken = clerk
        .post("/observations/file", json!({ "items": items[..2] }))
        .await;
    assert_eq!(taken.ids().len(), 2);
    let empty = clerk.post("/observations/file", json!({ "items": [] })).await;
    assert_eq!(empty.status, 400);
    let absent = clerk
        .post(
            "/observations/file",
            json!({ "items": [item("nowhere", "2022-12-31", "1")] }),
        )
        .await;
    assert_eq!(absent.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_promise_is_divided_among_counties_which_file_their_parts_and_the_difference_is_shown() {
    let app = TestApp::start().await;
    let planner = app.planner().await;
    settle(&planner, JOBS, JOBS_OWNER).await;
    let path = format!("{JOBS}/allocations");
    let put = async |person: &Person<'_>, version: i64, items: Value| {
        let tag = format!("\"{version}\"");
        let body = Some(json!({ "items": items }));
        person.send(Method::PUT, &path, body, &[("If-Match", &tag)]).await
    };
    let items = json!([
        { "region": "620621", "value": "1.5" },
        { "region": "620622", "value": "20000", "unit": "人", "due_on": "2024-12-31" },
    ]);
    let owner = app.person(JOBS_OWNER, Role::Reviewer).await;
    assert_eq!(put(&owner, 2, items.clone()).await.refused(403), "forbidden");
    assert_eq!(put(&planner, 1, items.clone()).await.status, 412);
    let bad = json!([{ "region": "999999", "value": "1" }, { "organisation": LEAD, "value": "1" },
        { "organisation": LEAD, "value": "2", "unit": "吨" }]);
    let refused = put(&planner, 2, bad).await;
    let codes: Vec<&str> = refused.body["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| error["code"].as_str().unwrap())
        .collect();
    assert_eq!(
        (refused.status, codes),
        (
            422,
            vec!["field.not_found", "field.duplicate", "field.not_allowed"]
        )
    );
    let both = json!([{ "region": "620621", "organisation": LEAD, "value": "1" }]);
    assert_eq!(put(&planner, 2, both).await.status, 400);
    let made = put(&planner, 2, items).await.expect(200);
    // 15,000 and 20,000 of 75,000: nobody makes them add up.
    assert_eq!(
        (&made["promised"], &made["allocated"], &made["difference"]),
        (&json!("75000"), &json!("35000"), &json!("40000"))
    );
    assert_eq!(made["items"][1]["due_on"], "2024-12-31");
    // The county files its part, not the whole and not another's.
    let county = app.person("minqin", Role::Staff).await;
    let mut body = figure("2023-12-31", "0.9");
    assert_eq!(
        county
            .post(&format!("{JOBS}/observations"), body.clone())
            .await
            .refused(403),
        "forbidden"
    );
    body["region"] = json!("620622");
    assert_eq!(
        county
            .post(&format!("{JOBS}/observations"), body.clone())
            .await
            .refused(403),
        "forbidden"
    );
    body["region"] = json!("620621");
    let filed = file(&county, JOBS, body).await;
    assert_eq!(filed["region"]["code"], "620621");
    // The owner's reviewer looks at what a county filed; not at what his own organisation filed.
    step(&owner, &filed, "confirm", json!({})).await;
    let clerk = app.person(JOBS_OWNER, Role::Staff).await;
    let own = file(&clerk, JOBS, figure("2023-12-31", "4.7")).await;
    let confirm = format!("/observations/{}/confirm", own["id"].as_str().unwrap());
    assert_eq!(
        owner.post_seen(&confirm, 1, json!({})).await.refused(403),
        "forbidden"
    );
    let shown = planner.get(&path).await.expect(200);
    assert_eq!(
        (&shown["items"][0]["latest"], &shown["items"][1]["latest"]),
        (&json!("9000"), &Value::Null)
    );
    // A part is no figure of the whole.
    assert_eq!(
        planner.get(JOBS).await.expect(200)["course"]["latest"],
        Value::Null
    );
    // The same again changes nothing; another list replaces it.
    let same = json!([{ "region": "620621", "value": "1.5" },
        { "region": "620622", "value": "2", "due_on": "2024-12-31" }]);
    assert_eq!(version(&put(&planner, 3, same).await.expect(200)), 3);
    let less = put(&planner, 3, json!([{ "region": "620621", "value": "1.5" }]))
        .await
        .expect(200);
    assert_eq!((less["items"].as_array().unwrap().len(), version(&less)), (1, 4));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_planner_settles_owners_and_doubts_and_loading_the_files_again_leaves_both() {
    let app = TestApp::start().await;
    let planner = app.planner().await;
    let seen = planner.get(JOBS).await.expect(200);
    assert!(seen["doubt"].is_string());
    let text = json!({ "doubt_resolution": "按人社部门口径，五年累计为目标。" });
    let reviewer = app.person(JOBS_OWNER, Role::Reviewer).await;
    assert_eq!(
        reviewer.patch(JOBS, 1, text.clone()).await.refused(403),
        "forbidden"
    );
    let doubted = "/commitments?doubt=true&programme=1";
    let mut before = planner.get(doubted).await.ids();
    let resolved = planner.patch(JOBS, 1, text).await.expect(200);
    assert_eq!(
        (&resolved["doubt"], &resolved["doubt_resolved_on"]),
        (&seen["doubt"], &json!("2024-03-01"))
    );
    assert_eq!(resolved["doubt_resolved_by"]["code"], "wuwei");
    let at = before.iter().position(|id| *id == seen["id"]).unwrap();
    before.remove(at);
    assert_eq!(planner.get(doubted).await.ids(), before);
    let certain = "/commitments/wuwei-145.1.childcare-places";
    let none = planner
        .patch(certain, 1, json!({ "doubt_resolution": "没有存疑" }))
        .await;
    assert_eq!(none.refused(409), "commitment.no_doubt");
    let nobody = planner.patch(JOBS, 2, json!({ "owner": "nobody" })).await;
    assert_eq!(
        (nobody.status, &nobody.body["errors"][0]["pointer"]),
        (422, &json!("/owner"))
    );
    assert_eq!(planner.patch(JOBS, 1, json!({ "owner": LEAD })).await.status, 412);
    // Another owner than the files propose; then a file that changed.
    let replaced = settle(&planner, JOBS, LEAD).await;
    assert_eq!(replaced["owner"]["code"], LEAD);
    let mut files = seeds();
    let one = files
        .commitments
        .iter_mut()
        .find(|one| one.code == "wuwei-145.1.new-urban-jobs")
        .unwrap();
    one.page += 1;
    let outcome = load_into(&app.db, &files).await.unwrap();
    assert_eq!((outcome.changed, outcome.differences.len()), (1, 1));
    assert_eq!(
        (
            outcome.differences[0].code.as_str(),
            outcome.differences[0].field.as_str()
        ),
        ("wuwei-145.1.new-urban-jobs", "owner")
    );
    let after = planner.get(JOBS).await.expect(200);
    assert_eq!(after["owner"]["code"], LEAD);
    assert_eq!(after["owner_basis"], "confirmed");
    assert_eq!(after["doubt_resolution"], resolved["doubt_resolution"]);
    assert_eq!(
        after["page"].as_i64().unwrap(),
        seen["page"].as_i64().unwrap() + 1
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_list_is_narrowed_by_how_things_stand_and_says_what_projects_delivered() {
    let app = TestApp::start().await;
    let planner = app.planner().await;
    let all = planner.get("/commitments?include=total").await.expect(200);
    let rows = all["data"].as_array().unwrap();
    assert_eq!(all["page"]["total"], rows.len());
    assert_eq!(rows.len(), seeds().commitments.len());
    for (narrowed, passes) in [
        (
            "nature=binding",
            &(|one: &Value| one["nature"] == "binding") as &dyn Fn(&Value) -> bool,
        ),
        ("strength=strive&strength=encourage", &|one| {
            one["strength"] == "strive" || one["strength"] == "encourage"
        }),
        ("measure=sum", &|one| one["measure"] == "sum"),
        ("maintained=true", &|one| one["maintained"] == true),
        ("doubt=true", &|one| one["doubt"].is_string()),
        ("standing=no_data", &|_| true),
        ("standing=met&standing=behind", &|_| false),
        ("owner=wuwei.health", &|one| {
            one["owner"]["code"] == "wuwei.health"
        }),
    ] {
        let wanted = rows.iter().filter(|one| passes(one)).count();
        let found = planner.get(&format!("/commitments?{narrowed}")).await.ids();
        assert_eq!(found.len(), wanted, "{narrowed}");
    }
    for (bad, code) in [
        ("standing=late", "field.not_allowed"),
        ("owner=nobody", "field.not_found"),
        ("colour=red", "field.unknown"),
        ("maintained=yes", "field.not_allowed"),
    ] {
        let refused = planner.get(&format!("/commitments?{bad}")).await;
        assert_eq!(
            (refused.status, &refused.body["errors"][0]["code"]),
            (400, &json!(code)),
            "{bad}"
        );
    }
    // A commitment that projects serve in its own unit: what they delivered stands beside what was observed.
    let served = rows
        .iter()
        .find(|one| one["delivered"]["counted"].as_i64().unwrap() > 0 && one["base_unit"] == one["unit"])
        .unwrap();
    assert_eq!(served["delivered"]["quantity"], "0");
    let code = served["code"].as_str().unwrap();
    let files = seeds();
    let project = files
        .projects
        .iter()
        .find(|one| {
            one.serves.iter().any(|other| other == code) && one.unit.as_deref() == served["unit"].as_str()
        })
        .unwrap();
    let path = format!("/projects/{}", project.code);
    let body = json!({ "quantity_delivered": "3", "life_cycle": "closed" });
    planner.patch(&path, 1, body).await.expect(200);
    let after = planner.get(&format!("/commitments/{code}")).await.expect(200);
    assert_eq!(
        (&after["delivered"]["quantity"], &after["delivered"]["closed"]),
        (&json!("3"), &json!(1))
    );
    assert_eq!(after["course"]["standing"], "no_data");
    // Counted through sight.
    let stranger = app.person(RESPONSIBLE, Role::Staff).await;
    let theirs = stranger.get(&format!("/commitments/{code}")).await.expect(200);
    assert!(
        theirs["delivered"]["projects"].as_i64().unwrap() < after["delivered"]["projects"].as_i64().unwrap()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_assessment_is_a_page_an_answer_and_a_word_document_with_the_same_figures() {
    let app = TestApp::start().await;
    let planner = app.planner().await;
    settle(&planner, JOBS, JOBS_OWNER).await;
    let clerk = app.person(JOBS_OWNER, Role::Staff).await;
    let filed = file(&clerk, JOBS, figure("2023-12-31", "4.7")).await;
    step(&planner, &filed, "confirm", json!({})).await;
    let row = |found: &Value| {
        found["rows"]
            .as_array()
            .unwrap()
            .iter()
            .find(|row| row["code"] == "wuwei-145.1.new-urban-jobs")
            .unwrap()
            .clone()
    };
    let middle = planner
        .get("/plans/wuwei-145/assessment?stage=mid_term")
        .await
        .expect(200);
    assert_eq!(middle["day"], "2024-03-01");
    assert_eq!(middle["all"]["total"], seeds().commitments.len());
    assert_eq!(row(&middle)["course"]["standing"], "on_course");
    // At the end the same figure is held against the target.
    let end = planner
        .get("/plans/wuwei-145/assessment?stage=final")
        .await
        .expect(200);
    assert_eq!(
        (&row(&end)["course"]["standing"], &row(&end)["course"]["gap"]),
        (&json!("behind"), &json!("28000"))
    );
    for bad in ["stage=early", "stage=final&stage=mid_term", "as_of=soon"] {
        let refused = planner.get(&format!("/plans/wuwei-145/assessment?{bad}")).await;
        assert_eq!(refused.status, 400, "{bad}");
    }
    let (status, headers, bytes) = planner
        .download("/plans/wuwei-145/assessment.docx?stage=mid_term")
        .await;
    assert_eq!(status, 200);
    assert!(headers["content-disposition"].starts_with("attachment; filename*=UTF-8''%E3%80%8A"));
    let text = word(bytes);
    for wanted in [
        "中期评估表",
        "城镇新增就业人数",
        "4.7 万人（2023-12-31）",
        "4.4959 万人",
        "62.7%",
        "符合进度",
    ] {
        assert!(text.contains(wanted), "{wanted} is missing");
    }
    assert!(!text.contains("演示数据"));
    let visitor = app.visitor("gulang", Role::Observer).await;
    let page = visitor
        .get("/plans/wuwei-145/assessment?stage=mid_term")
        .await
        .expect(200);
    assert!(page.has("4.7 万人") && page.has("4.4959 万人") && page.has("62.7%"));
    assert!(page.has("/plans/wuwei-145/assessment.docx?stage=mid_term"));
    let got = visitor.get("/plans/wuwei-145/assessment.docx").await.expect(200);
    assert!(got.headers["content-type"].contains("wordprocessingml"));
}

/// The text of a Word document.
fn word(bytes: Vec<u8>) -> String {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    let mut text = String::new();
    archive
        .by_name("word/document.xml")
        .unwrap()
        .read_to_string(&mut text)
        .unwrap();
    text
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_unfinished_is_carried_over_into_the_next_plan_and_both_sides_tell_it() {
    let app = TestApp::start().await;
    load_into(&app.db, &next_plan()).await.unwrap();
    let planner = app.planner().await;
    let path = "/plans/wuwei-145/carry-overs";
    let (jobs, childcare) = ("wuwei-145.1.new-urban-jobs", "wuwei-145.1.childcare-places");
    let body =
        |into: &str, items: Value| json!({ "into": into, "items": items, "reason": "未完成，继续实施" });
    let one = |kind: &str, code: &str| json!({ "kind": kind, "code": code });
    let project = planner.get(&format!("/projects/{HOSPITAL}")).await.expect(200);
    // Who may not; where to; what is not there.
    let supervisor = app.supervisor().await;
    let asked = body("wuwei-155", json!([one("commitment", jobs)]));
    assert_eq!(
        supervisor.post(path, asked.clone()).await.refused(403),
        "forbidden"
    );
    for into in ["wuwei-145", "nowhere"] {
        let refused = planner
            .post(path, body(into, json!([one("commitment", jobs)])))
            .await;
        assert_eq!(
            (refused.status, &refused.body["errors"][0]["pointer"]),
            (422, &json!("/into"))
        );
    }
    let backwards = planner
        .post(
            "/plans/wuwei-155/carry-overs",
            body(
                "wuwei-145",
                json!([one("commitment", "wuwei-155.1.childcare-places")]),
            ),
        )
        .await;
    assert_eq!(backwards.body["errors"][0]["code"], "carry_over.plans");
    let absent = planner
        .post(
            path,
            body(
                "wuwei-155",
                json!([one("commitment", "wuwei-155.1.childcare-places")]),
            ),
        )
        .await;
    assert_eq!(absent.status, 404);
    // One that is met and one that is closed: refused with their states, and nothing is carried.
    settle(&planner, JOBS, JOBS_OWNER).await;
    let clerk = app.person(JOBS_OWNER, Role::Staff).await;
    let filed = file(&clerk, JOBS, figure("2023-12-31", "8")).await;
    step(&planner, &filed, "confirm", json!({})).await;
    let closed = &seeds().projects[0].code;
    planner
        .patch(
            &format!("/projects/{closed}"),
            1,
            json!({ "life_cycle": "closed" }),
        )
        .await
        .expect(200);
    let refused = planner
        .post(
            path,
            body(
                "wuwei-155",
                json!([
                    one("commitment", childcare),
                    one("commitment", jobs),
                    one("project", closed)
                ]),
            ),
        )
        .await;
    let told: Vec<_> = refused.body["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["code"].as_str().unwrap(), one["message"].as_str().unwrap()))
        .collect();
    assert_eq!(
        (refused.status, told.as_slice()),
        (
            409,
            [
                ("carry_over.finished", "“已达到”的不用结转。"),
                ("carry_over.finished", "“已交付”的不用结转。")
            ]
            .as_slice()
        )
    );
    assert!(planner.get(path).await.ids().is_empty());
    // The others.
    let carried = planner
        .post(
            path,
            body(
                "wuwei-155",
                json!([one("commitment", childcare), one("project", HOSPITAL)]),
            ),
        )
        .await
        .expect(200);
    assert_eq!(carried["data"].as_array().unwrap().len(), 2);
    let twice = planner
        .post(path, body("wuwei-155", json!([one("project", HOSPITAL)])))
        .await;
    assert_eq!(twice.refused(409), "carry_over.exists");
    for plan in ["wuwei-145", "wuwei-155"] {
        assert_eq!(
            planner
                .get(&format!("/plans/{plan}/carry-overs"))
                .await
                .ids()
                .len(),
            2
        );
    }
    // The project's is for those who have it in sight; the commitment's for everybody.
    let stranger = app.person("gulang", Role::Observer).await;
    assert_eq!(stranger.get(path).await.ids().len(), 1);
    let of_project = carried["data"]
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["kind"] == "project")
        .unwrap()
        .clone();
    assert_eq!(of_project["object"]["id"], project["id"]);
    stranger
        .get(&format!("/carry-overs/{}", of_project["id"].as_str().unwrap()))
        .await
        .expect(404);
    // What it became, once it is there.
    let of_commitment = carried["data"]
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["kind"] == "commitment")
        .unwrap();
    let link = format!("/carry-overs/{}", of_commitment["id"].as_str().unwrap());
    let wrong = planner.patch(&link, 1, json!({ "into_object": jobs })).await;
    assert_eq!(
        (wrong.status, &wrong.body["errors"][0]["code"]),
        (422, &json!("carry_over.elsewhere"))
    );
    let into = json!({ "into_object": "wuwei-155.1.childcare-places" });
    assert_eq!(
        stranger.patch(&link, 1, into.clone()).await.refused(403),
        "forbidden"
    );
    let linked = planner.patch(&link, 1, into.clone()).await.expect(200);
    assert_eq!(linked["into_object"]["code"], "wuwei-155.1.childcare-places");
    assert_eq!(planner.patch(&link, 1, into).await.status, 412);
    // Both pages and the assessment say so, and both logs.
    let visitor = app.visitor("wuwei", Role::Planner).await;
    for page in [
        "/commitments/wuwei-145.1.childcare-places",
        "/commitments/wuwei-155.1.childcare-places",
        &format!("/projects/{HOSPITAL}"),
        "/plans/wuwei-155/carry-overs",
    ] {
        let shown = visitor.get(page).await.expect(200);
        assert!(shown.has("结转到") && shown.has("未完成，继续实施"), "{page}");
    }
    assert!(
        visitor
            .get("/plans/wuwei-145/assessment")
            .await
            .expect(200)
            .has("结转到《武威市“十五五”公共服务规划》")
    );
    let events = planner
        .get("/events?kind=carry_over.recorded&limit=200")
        .await
        .expect(200);
    assert_eq!(events["data"].as_array().unwrap().len(), 4);
    // What it became is corrected on another day; the day before knows what was said then.
    app.pass_days(1);
    let planner = app.planner().await;
    let all = planner.get("/commitments?plan=wuwei-155").await.expect(200);
    let other = all["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["code"].as_str().unwrap().to_owned())
        .find(|code| code != "wuwei-155.1.childcare-places")
        .unwrap();
    planner
        .patch(&link, 2, json!({ "into_object": other }))
        .await
        .expect(200);
    let visitor = app.visitor("wuwei", Role::Planner).await;
    let page = "/commitments/wuwei-145.1.childcare-places";
    let (was, is) = (
        "\"/commitments/wuwei-155.1.childcare-places\"",
        format!("\"/commitments/{other}\""),
    );
    let now = visitor.get(page).await.expect(200);
    assert!(now.has(&is) && !now.has(was));
    let then = visitor.get(&format!("{page}?as_of=2024-03-01")).await.expect(200);
    assert!(then.has(was) && !then.has(&is));
    let before = visitor.get(&format!("{page}?as_of=2024-02-29")).await.expect(200);
    assert!(!before.has("结转到"));
}

#[tokio::test(flavor = "multi_thread")]
async fn on_its_page_a_commitment_is_settled_divided_observed_and_confirmed_without_a_script() {
    let app = TestApp::start().await;
    let page = JOBS;
    let planner = app.visitor("wuwei", Role::Planner).await;
    let shown = planner.get(page).await.expect(200);
    assert!(shown.has("推定") && shown.has("确认负责单位") && !shown.has("填报数据"));
    let seen = shown.hidden("version").unwrap();
    let wrong = planner
        .send(
            &format!("{page}/owner"),
            &[("version", &seen), ("owner", "nobody")],
        )
        .await
        .expect(422);
    assert!(wrong.has("id=\"e-owner\"") && wrong.has("value=\"nobody\""));
    let done = planner
        .send(
            &format!("{page}/owner"),
            &[("version", &seen), ("owner", JOBS_OWNER)],
        )
        .await;
    assert_eq!(done.leads_to(), format!("{page}?done=saved"));
    let stale = planner
        .send(
            &format!("{page}/doubt"),
            &[("version", &seen), ("doubt_resolution", "口径已明确")],
        )
        .await
        .expect(412);
    assert!(stale.has("内容已被他人修改") && stale.has("口径已明确"));
    let seen = stale.hidden("version").unwrap();
    planner
        .send(
            &format!("{page}/doubt"),
            &[("version", &seen), ("doubt_resolution", "口径已明确")],
        )
        .await
        .leads_to();
    let seen = planner.get(page).await.hidden("version").unwrap();
    let fields = [
        ("version", seen.as_str()),
        ("region-620621", "1.5"),
        ("region-620622", ""),
        ("organisation", LEAD),
        ("amount", "2"),
    ];
    let wrong = [
        ("version", seen.as_str()),
        ("region-620621", "许多"),
        ("organisation", ""),
    ];
    let refused = planner
        .send(&format!("{page}/allocations"), &wrong)
        .await
        .expect(400);
    assert!(refused.has("id=\"e-region-620621\""), "{}", refused.text);
    planner
        .send(&format!("{page}/allocations"), &fields)
        .await
        .leads_to();
    let shown = planner.get(page).await.expect(200);
    assert!(shown.has("合计 3.5 万人，承诺减合计 4 万人") && shown.has("口径已明确"));
    // The owner's clerk files; what is wrong is told beside its field and stays typed.
    let clerk = app.visitor(JOBS_OWNER, Role::Staff).await;
    let shown = clerk.get(page).await.expect(200);
    assert!(shown.has("填报数据") && shown.has("从规划期首日到所属期末的累计数"));
    let wrong = [
        ("observed_on", "2024-03-02"),
        ("value", "4.7"),
        ("source", "月报"),
    ];
    let refused = clerk
        .send(&format!("{page}/observations"), &wrong)
        .await
        .expect(422);
    assert!(refused.has("id=\"e-observed_on\"") && refused.has("value=\"4.7\""));
    let right = [
        ("observed_on", "2023-12-31"),
        ("value", "4.7"),
        ("source", "月报"),
        ("note", "初步"),
    ];
    let filed = clerk.send(&format!("{page}/observations"), &right).await;
    assert_eq!(filed.leads_to(), format!("{page}?done=observed"));
    assert!(
        clerk
            .get(&format!("{page}?done=observed"))
            .await
            .expect(200)
            .has("已填报，等待他人确认")
    );
    // Returned, corrected, confirmed.
    let id = app
        .planner()
        .await
        .get(&format!("{page}/observations"))
        .await
        .ids()[0]
        .clone();
    planner.get(page).await;
    let back = planner
        .send(
            &format!("/observations/{id}/return"),
            &[("version", "1"), ("reason", "口径不符")],
        )
        .await;
    assert_eq!(back.leads_to(), format!("{page}?done=sent-back"));
    assert!(clerk.get(page).await.expect(200).has("退回理由：口径不符"));
    let mut again = right.to_vec();
    again[1] = ("value", "4.6");
    again.push(("version", "2"));
    clerk
        .send(&format!("/observations/{id}/correct"), &again)
        .await
        .leads_to();
    planner
        .send(&format!("/observations/{id}/confirm"), &[("version", "3")])
        .await
        .leads_to();
    let shown = planner.get(page).await.expect(200);
    assert!(shown.has("4.6 万人") && shown.has("符合进度") && shown.has("<circle class=\"actual\""));
    let list = planner.get("/commitments?standing=on_course").await.expect(200);
    assert!(list.has("城镇新增就业人数") && list.has("共 1 项"));
    let past = planner.get("/commitments?as_of=2024-02-29").await.expect(200);
    assert!(past.has("截至 2024-02-29") && !past.has("4.6 万人"));
    planner.get("/commitments?standing=late").await.expect(400);
    // A stranger reads the result, not the note.
    let stranger = app.visitor("gulang", Role::Observer).await;
    let shown = stranger.get(page).await.expect(200);
    assert!(shown.has("4.6 万人") && !shown.has("初步") && !shown.has("填报数据"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_project_became_is_told_to_those_alone_who_have_that_in_sight_too() {
    let app = TestApp::start().await;
    let renamed = |code: &str| code.replacen("wuwei-145", "wuwei-155", 1);
    let all = seeds();
    let mut project = all
        .projects
        .iter()
        .find(|one| one.code == HOSPITAL)
        .unwrap()
        .clone();
    let mut initiative = all
        .initiatives
        .iter()
        .find(|one| one.code == project.initiative)
        .unwrap()
        .clone();
    let mut files = next_plan();
    files.commitments.clear();
    files.programmes = all
        .programmes
        .iter()
        .filter(|one| one.code == initiative.programme)
        .cloned()
        .collect();
    files.programmes[0].code = renamed(&files.programmes[0].code);
    files.programmes[0].service_area = None;
    initiative.code = renamed(&initiative.code);
    initiative.programme = renamed(&initiative.programme);
    project.code = renamed(&project.code);
    project.initiative = renamed(&project.initiative);
    project.programme = renamed(&project.programme);
    project.service_area = None;
    project.serves.clear();
    project.due.on = "2030-12-31".parse().unwrap();
    // Another's from now on: the county that has the old one in sight does not see it.
    project.region = Some("620622".to_owned());
    for owner in &mut project.owners {
        owner.organisation = "gulang.health".to_owned();
    }
    files.initiatives.push(initiative);
    files.projects.push(project.clone());
    load_into(&app.db, &files).await.unwrap();
    let planner = app.planner().await;
    let item = json!([{ "kind": "project", "code": HOSPITAL }]);
    let carried = planner
        .post(
            "/plans/wuwei-145/carry-overs",
            json!({ "into": "wuwei-155", "items": item, "reason": "未完成" }),
        )
        .await
        .expect(200);
    let path = format!("/carry-overs/{}", carried["data"][0]["id"].as_str().unwrap());
    let linked = planner
        .patch(&path, 1, json!({ "into_object": project.code }))
        .await
        .expect(200);
    assert_eq!(linked["into_object"]["code"], json!(project.code));
    let clerk = app.person(RESPONSIBLE, Role::Staff).await;
    let seen = clerk.get(&path).await.expect(200);
    assert_eq!(seen["object"]["code"], HOSPITAL);
    assert_eq!(seen["into_object"], Value::Null);
}
