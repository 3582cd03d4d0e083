//! The parts of a project over several counties: who sets and sees them, who reports them, who owes, and the figures of the
//! whole that follow.

use guatu::kernel::Role;
use reqwest::Method;
use serde_json::{Value, json};

use super::{file, path_of, report, said, silent_since, under_way, version};
use crate::support::{HOSPITAL, LEAD, Person, RESPONSIBLE, Reply, TestApp, confirm};

pub const BUREAU: &str = "gulang.health";

fn path() -> String {
    format!("/projects/{HOSPITAL}/parts")
}

pub async fn put(person: &Person<'_>, version: i64, items: Value) -> Reply {
    let seen = format!("\"{version}\"");
    person
        .send(
            Method::PUT,
            &path(),
            Some(json!({ "items": items })),
            &[("If-Match", &seen)],
        )
        .await
}

async fn seen(person: &Person<'_>) -> i64 {
    version(&person.get(&path()).await.expect(200))
}

/// Minqin's part is answered for by the project's own hospital, Gulang's by its bureau.
pub fn two() -> Value {
    json!([
        { "region": "620622", "organisation": BUREAU, "quantity": "100", "investment_planned": "20000000" },
        { "region": "620621", "quantity": "300" },
    ])
}

/// The hospital under way, reporting from March 2024 on, and divided between two counties.
pub async fn divided(app: &TestApp) -> Value {
    under_way(app).await;
    let planner = app.planner().await;
    put(&planner, seen(&planner).await, two()).await.expect(200)
}

pub fn of(region: &str, period: &str, percent: &str) -> Value {
    let mut body = report(period, percent);
    body["region"] = json!(region);
    body
}

async fn owed(person: &Person<'_>) -> Vec<String> {
    let found = person.get("/reporting/owed").await.expect(200);
    let all = found["data"].as_array().unwrap();
    let text = |value: &Value| value.as_str().unwrap_or("whole").to_owned();
    all.iter()
        .flat_map(|one| one["owed"].as_array().unwrap())
        .map(|one| {
            let who = text(&one["responsible"]["code"]);
            format!("{} {} {who}", text(&one["period"]), text(&one["region"]["code"]))
        })
        .collect()
}

fn codes(refused: &Value) -> Vec<String> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    refused["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|fault| format!("{} {}", text(&fault["pointer"]), text(&fault["code"])))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_planner_divides_a_project_and_whoever_has_a_part_sees_it_until_it_falls_away() {
    let app = TestApp::start().await;
    under_way(&app).await;
    app.pass_days(1);
    let planner = app.planner().await;
    let gulang = app.person("gulang", Role::Observer).await;
    let bureau = app.person(BUREAU, Role::Staff).await;
    let education = app.person("gulang.education", Role::Observer).await;
    for person in [&gulang, &bureau, &education] {
        assert_eq!(person.get(&path()).await.status, 404);
    }
    let seen_by_bureau = async || {
        let found = bureau.get("/projects?include=total").await.expect(200);
        found["page"]["total"].as_i64().unwrap()
    };
    let before = seen_by_bureau().await;
    let found_by = async |organisation: &str, as_of: &str| {
        let asked = format!("/projects?organisation={organisation}&limit=200{as_of}");
        let found = planner.get(&asked).await.expect(200);
        let all = found["data"].as_array().unwrap();
        all.iter().any(|one| one["code"] == HOSPITAL)
    };
    assert!(!found_by(BUREAU, "").await && !found_by("gulang", "").await);
    let set = put(&planner, seen(&planner).await, two()).await.expect(200);
    let items = set["items"].as_array().unwrap();
    assert_eq!(items.len(), 2);
    // Whoever looks for what an organisation has to do with finds it by the part, and by what lies above.
    assert!(found_by(BUREAU, "").await && found_by("gulang", "").await);
    assert!(!found_by(BUREAU, "&as_of=2024-03-01").await && !found_by("gulang.education", "").await);
    assert_eq!(
        (
            &items[0]["region"]["code"],
            &items[0]["organisation"],
            &items[0]["basis"]
        ),
        (&json!("620621"), &Value::Null, &Value::Null)
    );
    assert_eq!(
        (
            &items[1]["organisation"]["code"],
            &items[1]["basis"],
            &items[1]["from_on"]
        ),
        (&json!(BUREAU), &json!("confirmed"), &json!("2024-03-02"))
    );
    // The sums stand beside the project's own figures, and what lies between them.
    assert_eq!(
        (
            &set["quantity_sum"],
            &set["investment_sum"],
            &set["investment_planned"],
            &set["investment_difference"]
        ),
        (
            &json!("400"),
            &json!("20000000"),
            &json!("50000000"),
            &json!("-30000000")
        )
    );
    // The county government of a part and its organisation see the project; others of the county do not.
    assert_eq!(gulang.get(&path()).await.expect(200), set);
    assert_eq!(bureau.get(&path()).await.expect(200)["items"], set["items"]);
    assert_eq!(education.get(&path()).await.status, 404);
    assert_eq!(seen_by_bureau().await, before + 1);
    // The same again changes nothing.
    let again = put(&planner, version(&set), two()).await.expect(200);
    assert_eq!(again["version"], set["version"]);
    let history = planner
        .get(&format!("/projects/{HOSPITAL}/history?limit=200"))
        .await
        .expect(200);
    let told: Vec<&Value> = history["data"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|event| event["kind"] == "project.divided")
        .collect();
    assert_eq!(told.len(), 1);
    assert_eq!(told[0]["body"]["changes"]["parts"][0], json!([]));
    assert_eq!(told[0]["body"]["changes"]["parts"][1][1]["quantity"], "100");
    // A past day has its own parts.
    let before = planner
        .get(&format!("{}?as_of=2024-03-01", path()))
        .await
        .expect(200);
    assert_eq!(before["items"], json!([]));
    app.pass_days(1);
    let planner = app.planner().await;
    let gone = put(&planner, version(&set), json!([])).await.expect(200);
    assert_eq!(
        (&gone["items"], &gone["quantity_sum"]),
        (&json!([]), &Value::Null)
    );
    let gulang = app.person("gulang", Role::Observer).await;
    assert_eq!(gulang.get(&path()).await.status, 404);
    let then = planner
        .get(&format!("{}?as_of=2024-03-02", path()))
        .await
        .expect(200);
    assert_eq!(then["items"].as_array().unwrap().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_part_is_refused_with_every_fault_in_its_place() {
    let app = TestApp::start().await;
    under_way(&app).await;
    let planner = app.planner().await;
    let held = seen(&planner).await;
    let broken = json!([
        { "region": "620600" },
        { "region": "999999", "organisation": "nobody.here" },
        { "region": "620621" },
        { "region": region_id(&planner, "620621").await },
    ]);
    let refused = put(&planner, held, broken).await.expect(422);
    let mut told = codes(&refused);
    told.sort();
    assert_eq!(
        told,
        [
            "/items/0/region part.region_not_county",
            "/items/1/organisation field.not_found",
            "/items/1/region field.not_found",
            "/items/3/region field.duplicate",
        ]
    );
    let malformed = json!([
        { "region": "620621", "quantity": "-1", "basis": "plan" },
        { "region": "620621", "investment_planned": "many", "colour": "red" },
    ]);
    let refused = put(&planner, held, malformed).await.expect(400);
    let mut told = codes(&refused);
    told.sort();
    assert_eq!(
        told,
        [
            "/items/0/basis field.not_allowed",
            "/items/0/quantity field.out_of_range",
            "/items/1/colour field.unknown",
            "/items/1/investment_planned field.format",
        ]
    );
    assert_eq!(
        put(&planner, held - 1, two()).await.refused(412),
        "precondition.stale"
    );
    let without = planner
        .send(Method::PUT, &path(), Some(json!({ "items": [] })), &[])
        .await;
    assert_eq!(without.refused(428), "precondition.required");
    for (organisation, role, status) in [
        (LEAD, Role::Reviewer, 403),
        (RESPONSIBLE, Role::Reviewer, 403),
        ("minqin", Role::Supervisor, 403),
        ("gulang", Role::Planner, 404),
    ] {
        let person = app.person(organisation, role).await;
        assert_eq!(put(&person, held, two()).await.status, status, "{organisation}");
    }
    let set = put(&planner, held, two()).await.expect(200);
    // A part gives no right over the project.
    for (organisation, role) in [("gulang", Role::Planner), (BUREAU, Role::Reviewer)] {
        let person = app.person(organisation, role).await;
        assert_eq!(
            put(&person, version(&set), json!([])).await.refused(403),
            "forbidden"
        );
    }
    // An organisation that has a part is not given up.
    let administrator = app.person("wuwei", Role::Administrator).await;
    let held = administrator
        .get(&format!("/organisations/{BUREAU}"))
        .await
        .expect(200);
    let archived = administrator
        .patch(
            &format!("/organisations/{BUREAU}"),
            version(&held),
            json!({ "archived_reason": "撤并" }),
        )
        .await;
    assert_eq!(archived.refused(409), "organisation.in_use");
    let clerk = app.person(BUREAU, Role::Staff).await;
    let filed = file(&clerk, of("620622", "2024-03", "10")).await.expect(201);
    let minqin = json!([{ "region": "620621" }]);
    let refused = put(&planner, version(&set), minqin).await.expect(409);
    assert_eq!(refused["errors"][0]["code"], "part.has_reports");
    let text = refused["errors"][0]["message"].as_str().unwrap();
    assert!(text.contains("古浪县（620622）"), "{text}");
    // Another organisation takes it up instead; one that reported nothing goes.
    let other = json!([{ "region": "620622", "organisation": "gulang" }]);
    let now = put(&planner, version(&set), other).await.expect(200);
    let items = now["items"].as_array().unwrap();
    assert_eq!(items.len(), 1);
    assert_eq!(items[0]["organisation"]["code"], "gulang");
    // Whoever answered for it before corrects nothing of it any more; who does now, does.
    let before = clerk.patch(&path_of(&filed), 1, said("11")).await;
    assert_eq!(before.status, 404);
    let gulang = app.person("gulang", Role::Staff).await;
    gulang.patch(&path_of(&filed), 1, said("11")).await.expect(200);
}

async fn region_id(person: &Person<'_>, code: &str) -> Value {
    let found = person.get("/regions?limit=200").await.expect(200);
    let all = found["data"].as_array().unwrap();
    all.iter().find(|one| one["code"] == code).unwrap()["id"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_divided_that_is_over() {
    let app = TestApp::start().await;
    let planner = app.planner().await;
    let confirmed = confirm(&planner, HOSPITAL, &std::collections::BTreeMap::new()).await;
    let asker = app.person(RESPONSIBLE, Role::Reviewer).await;
    let asked = asker
        .post_seen(
            &format!("/projects/{HOSPITAL}/change-requests"),
            version(&confirmed.project),
            json!({ "kind": "cancel_project", "reason": "合并" }),
        )
        .await
        .expect(201);
    let approve = format!("/change-requests/{}/approve", asked["id"].as_str().unwrap());
    planner.post_seen(&approve, 1, json!({})).await.expect(200);
    let held = seen(&planner).await;
    assert_eq!(put(&planner, held, two()).await.refused(409), "project.closed");
}

#[tokio::test(flavor = "multi_thread")]
async fn below_the_issuer_a_planner_settles_for_his_own_subtree_only() {
    let app = TestApp::start().await;
    under_way(&app).await;
    let county = app.person("minqin", Role::Planner).await;
    let items = json!([
        { "region": "620621", "organisation": "minqin.health" },
        { "region": "620622", "organisation": BUREAU },
    ]);
    let set = put(&county, seen(&county).await, items).await.expect(200);
    assert_eq!(set["items"][0]["basis"], "confirmed");
    assert_eq!(set["items"][1]["basis"], "inferred");
    // Who is proposed sees it, and reports nothing.
    let clerk = app.person(BUREAU, Role::Staff).await;
    clerk.get(&path()).await.expect(200);
    assert_eq!(
        file(&clerk, of("620622", "2024-03", "1")).await.refused(403),
        "forbidden"
    );
    let planner = app.planner().await;
    let set = put(&planner, version(&set), two()).await.expect(200);
    assert_eq!(set["items"][1]["basis"], "confirmed");
    // The part of one outside his subtree that is confirmed is not his to change; his own is.
    let without = json!([{ "region": "620621" }]);
    assert_eq!(
        put(&county, version(&set), without).await.refused(403),
        "forbidden"
    );
    let mut own = two();
    own[1]["quantity"] = json!("250");
    let set = put(&county, version(&set), own).await.expect(200);
    assert_eq!(
        (&set["items"][0]["quantity"], &set["items"][1]["basis"]),
        (&json!("250"), &json!("confirmed"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn who_answers_for_a_part_reports_it_and_nothing_else_of_the_project() {
    let app = TestApp::start().await;
    divided(&app).await;
    let clerk = app.person(BUREAU, Role::Staff).await;
    let hospital = app.person(RESPONSIBLE, Role::Staff).await;
    assert_eq!(
        file(&clerk, of("620621", "2024-03", "10")).await.refused(403),
        "forbidden"
    );
    let milestones = clerk
        .get(&format!("/projects/{HOSPITAL}/milestones"))
        .await
        .expect(200);
    let milestone = milestones["data"][0]["id"].as_str().unwrap().to_owned();
    assert_eq!(
        clerk
            .post_seen(
                &format!("/milestones/{milestone}/report"),
                version(&milestones["data"][0]),
                json!({ "actual_on": "2024-02-20" })
            )
            .await
            .refused(403),
        "forbidden"
    );
    for (organisation, role, status) in [
        ("gulang", Role::Staff, 403),
        (LEAD, Role::Staff, 403),
        ("wuwei", Role::Planner, 403),
        (BUREAU, Role::Observer, 403),
        ("gulang.education", Role::Staff, 404),
    ] {
        let person = app.person(organisation, role).await;
        let refused = file(&person, of("620622", "2024-03", "10")).await;
        assert_eq!(refused.status, status, "{organisation}");
    }
    let filed = file(&clerk, of("620622", "2024-03", "10")).await.expect(201);
    assert_eq!(
        (&filed["region"]["code"], &filed["on_time"]),
        (&json!("620622"), &json!(true))
    );
    assert_eq!(
        file(&clerk, of("620622", "2024-03", "11")).await.refused(409),
        "report.exists"
    );
    // The project's own hospital may file for any part, also in bulk, and corrects.
    let mut item = of("620621", "2024-03", "30");
    item["project"] = json!(HOSPITAL);
    let many = hospital
        .post("/progress-reports/file", json!({ "items": [item] }))
        .await
        .expect(200);
    assert_eq!(many["data"][0]["region"]["code"], "620621");
    let corrected = clerk.patch(&path_of(&filed), 1, said("12")).await.expect(200);
    assert_eq!(corrected["physical_percent"], "12");
    hospital.patch(&path_of(&filed), 2, said("13")).await.expect(200);
    let other = path_of(&many["data"][0]);
    assert_eq!(clerk.patch(&other, 1, said("40")).await.refused(403), "forbidden");
    // Verified by the lead's reviewer; the county's may send it back.
    let verify = format!("{}/verify", path_of(&filed));
    for (organisation, role) in [
        ("gulang", Role::Reviewer),
        (BUREAU, Role::Reviewer),
        ("wuwei", Role::Planner),
    ] {
        let person = app.person(organisation, role).await;
        assert_eq!(
            person.post_seen(&verify, 3, json!({})).await.refused(403),
            "forbidden"
        );
    }
    let lead = app.person(LEAD, Role::Reviewer).await;
    let verified = lead.post_seen(&verify, 3, json!({})).await.expect(200);
    assert_eq!(verified["state"], "verified");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_names_its_part_where_there_are_parts_and_only_then() {
    let app = TestApp::start().await;
    under_way(&app).await;
    let hospital = app.person(RESPONSIBLE, Role::Staff).await;
    let refused = file(&hospital, of("620621", "2024-03", "10")).await.expect(422);
    assert_eq!(codes(&refused), ["/region report.no_parts"]);
    for (period, code) in [("2020-12", "outside"), ("2026-Q1", "future")] {
        let refused = file(&hospital, report(period, "10")).await.expect(422);
        let wanted = match code {
            "outside" => "/period report.period_outside_plan",
            _ => "/period report.period_in_future",
        };
        assert_eq!(codes(&refused), [wanted]);
    }
    file(&hospital, report("2024-02", "5")).await.expect(201);
    let planner = app.planner().await;
    put(&planner, seen(&planner).await, two()).await.expect(200);
    let refused = file(&hospital, report("2024-03", "10")).await.expect(422);
    assert_eq!(codes(&refused), ["/region report.region_required"]);
    let text = refused["errors"][0]["message"].as_str().unwrap();
    assert!(text.contains("民勤县（620621）、古浪县（620622）"), "{text}");
    // Who may report one of them is told the same.
    let clerk = app.person(BUREAU, Role::Staff).await;
    let refused = file(&clerk, report("2024-03", "10")).await.expect(422);
    assert_eq!(codes(&refused), ["/region report.region_required"]);
    let refused = file(&hospital, of("620602", "2024-03", "10")).await.expect(422);
    assert_eq!(codes(&refused), ["/region report.region_not_part"]);
    let refused = file(&hospital, of("110000", "2024-03", "10")).await.expect(422);
    assert_eq!(codes(&refused), ["/region field.not_found"]);
    // A period from before it was divided is the whole's.
    let refused = file(&hospital, of("620621", "2024-01", "10")).await.expect(422);
    assert_eq!(codes(&refused), ["/region report.whole_period"]);
    // Who answers for a part reports nothing of the whole, there or not.
    assert_eq!(
        file(&clerk, report("2024-01", "4")).await.refused(403),
        "forbidden"
    );
    file(&hospital, report("2024-01", "4")).await.expect(201);
    assert_eq!(
        file(&clerk, report("2024-01", "4")).await.refused(403),
        "forbidden"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_reported_or_owed_after_the_plans_last_day() {
    let app = TestApp::start().await;
    under_way(&app).await;
    app.pass_days(670);
    let hospital = app.person(RESPONSIBLE, Role::Staff).await;
    let before = owed(&hospital).await;
    assert_eq!(before.last().unwrap(), &format!("2025-12 whole {RESPONSIBLE}"));
    app.pass_days(60);
    let hospital = app.person(RESPONSIBLE, Role::Staff).await;
    assert_eq!(owed(&hospital).await, before);
    let refused = file(&hospital, report("2026-01", "10")).await.expect(422);
    assert_eq!(codes(&refused), ["/period report.period_outside_plan"]);
    let text = refused["errors"][0]["message"].as_str().unwrap();
    assert!(text.contains("2021-01-01 至 2025-12-31"), "{text}");
    file(&hospital, report("2025-12", "10")).await.expect(201);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_part_owes_its_own_report_and_the_project_is_silent_as_long_as_one_does() {
    let app = TestApp::start().await;
    divided(&app).await;
    app.pass_days(28);
    let planner = app.planner().await;
    assert_eq!(
        owed(&planner).await,
        [
            format!("2024-03 620621 {RESPONSIBLE}"),
            format!("2024-03 620622 {BUREAU}")
        ]
    );
    let parts = planner.get(&path()).await.expect(200);
    assert_eq!(parts["items"][1]["owed"][0]["period"], "2024-03");
    let clerk = app.person(BUREAU, Role::Staff).await;
    let next = clerk
        .get(&format!(
            "/projects/{HOSPITAL}/progress-reports/next?region=620622"
        ))
        .await
        .expect(200);
    assert_eq!(
        (&next["period"], &next["region"]["code"], &next["owed"]),
        (&json!("2024-03"), &json!("620622"), &json!(true))
    );
    let unknown = clerk
        .get(&format!(
            "/projects/{HOSPITAL}/progress-reports/next?region=620602"
        ))
        .await
        .expect(400);
    assert_eq!(codes(&unknown), ["?region field.not_found"]);
    let late = file(&clerk, of("620622", "2024-03", "10")).await.expect(201);
    assert_eq!(late["on_time"], false);
    assert_eq!(owed(&clerk).await, [format!("2024-03 620621 {RESPONSIBLE}")]);
    assert_eq!(silent_since(&clerk).await, "2024-03-29");
    let hospital = app.person(RESPONSIBLE, Role::Staff).await;
    file(&hospital, of("620621", "2024-03", "30")).await.expect(201);
    assert_eq!(owed(&clerk).await, Vec::<String>::new());
    assert_eq!(silent_since(&clerk).await, Value::Null);
    // Sent back, it is owed again, of that part alone.
    let lead = app.person(LEAD, Role::Reviewer).await;
    lead.post_seen(
        &format!("{}/return", path_of(&late)),
        1,
        json!({ "reason": "不符" }),
    )
    .await
    .expect(200);
    assert_eq!(owed(&lead).await, [format!("2024-03 620622 {BUREAU}")]);
    // Both are counted, each with who answers for it.
    let rates = planner.get("/reporting/organisations").await.expect(200);
    let of = |code: &str| {
        let all = rates["organisations"].as_array().unwrap();
        let one = all
            .iter()
            .find(|one| one["organisation"]["code"] == code)
            .unwrap();
        (one["due"].clone(), one["owed"].clone())
    };
    assert_eq!(of(BUREAU), (json!(1), json!(1)));
    assert_eq!(of(RESPONSIBLE), (json!(1), json!(0)));
}

#[tokio::test(flavor = "multi_thread")]
async fn parts_that_owe_the_same_period_make_the_project_owe_one_and_two_periods_turn_it_red() {
    let app = TestApp::start().await;
    divided(&app).await;
    app.pass_days(28);
    let planner = app.planner().await;
    let project = planner.get(&format!("/projects/{HOSPITAL}")).await.expect(200);
    let reasons = |project: &Value| {
        let all = project["light"]["reasons"].as_array().unwrap().clone();
        all.into_iter()
            .filter(|one| one["dimension"] == "reporting")
            .collect::<Vec<_>>()
    };
    assert_eq!(reasons(&project).len(), 1, "{}", project["light"]);
    assert_eq!(reasons(&project)[0]["light"], "yellow", "{}", project["light"]);
    app.pass_days(31);
    let planner = app.planner().await;
    let project = planner.get(&format!("/projects/{HOSPITAL}")).await.expect(200);
    assert_eq!(reasons(&project)[0]["light"], "red", "{}", project["light"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_part_that_comes_in_later_owes_from_then_on_and_nothing_backwards() {
    let app = TestApp::start().await;
    divided(&app).await;
    // The time of March is over: the third part begins with April.
    app.pass_days(28);
    let planner = app.planner().await;
    let mut three = two();
    three
        .as_array_mut()
        .unwrap()
        .push(json!({ "region": "620602", "organisation": "liangzhou" }));
    let set = put(&planner, seen(&planner).await, three.clone())
        .await
        .expect(200);
    assert_eq!(set["items"][0]["from_on"], "2024-04-01");
    assert_eq!(
        owed(&planner).await,
        [
            format!("2024-03 620621 {RESPONSIBLE}"),
            format!("2024-03 620622 {BUREAU}")
        ]
    );
    // March is the two parts'; what the third one tells of it is no debt.
    let clerk = app.person(BUREAU, Role::Staff).await;
    let hospital = app.person(RESPONSIBLE, Role::Staff).await;
    file(&clerk, of("620622", "2024-03", "10")).await.expect(201);
    file(&hospital, of("620621", "2024-03", "30")).await.expect(201);
    let project = planner.get(&format!("/projects/{HOSPITAL}")).await.expect(200);
    assert_eq!(project["latest_report"]["period"], "2024-03");
    let liangzhou = app.person("liangzhou", Role::Staff).await;
    let early = file(&liangzhou, of("620602", "2024-03", "50")).await.expect(201);
    assert_eq!(early["on_time"], Value::Null);
    app.pass_days(31);
    let planner = app.planner().await;
    assert_eq!(
        owed(&planner).await,
        [
            "2024-04 620602 liangzhou".to_owned(),
            format!("2024-04 620621 {RESPONSIBLE}"),
            format!("2024-04 620622 {BUREAU}")
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_owed_before_a_project_was_divided_stays_the_wholes() {
    let app = TestApp::start().await;
    under_way(&app).await;
    app.pass_days(40);
    let planner = app.planner().await;
    let hospital = app.person(RESPONSIBLE, Role::Staff).await;
    // April was reported as a whole already: its report settles it, for all parts.
    file(&hospital, report("2024-04", "20")).await.expect(201);
    put(&planner, seen(&planner).await, two()).await.expect(200);
    assert_eq!(owed(&planner).await, [format!("2024-03 whole {RESPONSIBLE}")]);
    let refused = file(&hospital, of("620621", "2024-04", "10")).await.expect(422);
    assert_eq!(codes(&refused), ["/region report.whole_period"]);
    file(&hospital, report("2024-03", "10")).await.expect(201);
    assert_eq!(owed(&planner).await, Vec::<String>::new());
    app.pass_days(50);
    let planner = app.planner().await;
    assert_eq!(
        owed(&planner).await,
        [
            format!("2024-05 620621 {RESPONSIBLE}"),
            format!("2024-05 620622 {BUREAU}")
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_part_of_which_nobody_is_confirmed_owes_nothing_and_one_that_is_owes_by_itself() {
    let app = TestApp::start().await;
    let planner = app.planner().await;
    // The project's own responsible organisation is inferred.
    super::begin(&planner, json!("2024-03-01")).await.expect(200);
    let held = seen(&planner).await;
    planner
        .patch(
            &format!("/projects/{HOSPITAL}"),
            held,
            json!({ "life_cycle": "implementation" }),
        )
        .await
        .expect(200);
    put(&planner, seen(&planner).await, two()).await.expect(200);
    app.pass_days(60);
    let planner = app.planner().await;
    // Gulang's bureau answers for its part from the first of March on, and the project stands in its stage since then.
    let of_gulang = |month: &str| format!("{month} 620622 {BUREAU}");
    assert_eq!(owed(&planner).await, [of_gulang("2024-03"), of_gulang("2024-04")]);
    let clerk = app.person(BUREAU, Role::Staff).await;
    let late = file(&clerk, of("620622", "2024-03", "10")).await.expect(201);
    assert_eq!(late["on_time"], false);
    // Once the hospital is confirmed its part owes from then on.
    confirm(&planner, HOSPITAL, &std::collections::BTreeMap::new()).await;
    assert_eq!(owed(&planner).await, [of_gulang("2024-04")]);
    app.pass_days(31);
    let planner = app.planner().await;
    assert!(
        owed(&planner)
            .await
            .contains(&format!("2024-05 620621 {RESPONSIBLE}"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_projects_figures_follow_from_its_parts_once_all_have_reported() {
    let app = TestApp::start().await;
    divided(&app).await;
    let hospital = app.person(RESPONSIBLE, Role::Staff).await;
    let clerk = app.person(BUREAU, Role::Staff).await;
    file(&hospital, report("2024-02", "7")).await.expect(201);
    let mut body = of("620622", "2024-03", "10");
    body["done"] = json!("30000000");
    let filed = file(&clerk, body).await.expect(201);
    // Of its own plan, not the project's, is it more than planned.
    assert_eq!(filed["warnings"][0]["code"], "report.done_over_planned");
    let project =
        async || clerk.get(&format!("/projects/{HOSPITAL}")).await.expect(200)["latest_report"].clone();
    let rates =
        async || clerk.get("/tallies").await.expect(200)["all"]["investment_done"]["numerator"].clone();
    // As long as one is missing the last whole report stands.
    assert_eq!(project().await["period"], "2024-02");
    assert_eq!(rates().await, "10000000");
    app.pass_days(1);
    let hospital = app.person(RESPONSIBLE, Role::Staff).await;
    let clerk = app.person(BUREAU, Role::Staff).await;
    let own = file(&hospital, of("620621", "2024-03", "30")).await.expect(201);
    let latest = clerk.get(&format!("/projects/{HOSPITAL}")).await.expect(200)["latest_report"].clone();
    // 300 at 30 % and 100 at 10 %; money summed.
    assert_eq!(
        (
            &latest["id"],
            &latest["period"],
            &latest["physical_percent"],
            &latest["done"],
            &latest["paid"],
            &latest["state"]
        ),
        (
            &Value::Null,
            &json!("2024-03"),
            &json!("25"),
            &json!("40000000"),
            &json!("18000000"),
            &json!("submitted")
        )
    );
    let tallied = clerk.get("/tallies").await.expect(200);
    assert_eq!(tallied["all"]["investment_done"]["numerator"], "40000000");
    assert_eq!(tallied["all"]["investment_done"]["percent"], "80");
    let past = clerk.get("/tallies?as_of=2024-03-01").await.expect(200);
    assert_eq!(past["all"]["investment_done"]["numerator"], "10000000");
    let lead = app.person(LEAD, Role::Reviewer).await;
    for (report, state) in [(&filed, "submitted"), (&own, "verified")] {
        lead.post_seen(&format!("{}/verify", path_of(report)), 1, json!({}))
            .await
            .expect(200);
        let latest = lead.get(&format!("/projects/{HOSPITAL}")).await.expect(200)["latest_report"].clone();
        assert_eq!(latest["state"], state);
    }
    // Where one does not say its quantity it is the plain mean.
    let planner = app.planner().await;
    let mut items = two();
    items[0]["quantity"] = Value::Null;
    let set = put(&planner, seen(&planner).await, items).await.expect(200);
    assert_eq!(set["items"][1]["latest_report"]["physical_percent"], "10");
    let latest = planner.get(&format!("/projects/{HOSPITAL}")).await.expect(200)["latest_report"].clone();
    assert_eq!(latest["physical_percent"], "20");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_divided_or_has_reports_is_not_merged_away_and_no_county_cancels_anothers_part() {
    let app = TestApp::start().await;
    let planner = app.planner().await;
    let new = |slug: &str| {
        json!({ "initiative": "wuwei-145.5-2", "slug": slug, "title": slug, "kind": "new_build", "due_on": "2025-12-31",
            "owners_confirmed": true, "owners": [{ "role": "responsible", "organisation": RESPONSIBLE }] })
    };
    let one = planner.post("/projects", new("clinic")).await.expect(201);
    let other = planner.post("/projects", new("clinic-two")).await.expect(201);
    let at = format!("/projects/{}", one["id"].as_str().unwrap());
    let now = async || version(&planner.get(&at).await.expect(200));
    let merge = async || {
        let body = json!({ "reason": "重复", "into": other["id"] });
        planner.post_seen(&format!("{at}/merge"), now().await, body).await
    };
    let divide = async |items: Value| {
        let seen = format!("\"{}\"", now().await);
        let body = Some(json!({ "items": items }));
        planner
            .send(Method::PUT, &format!("{at}/parts"), body, &[("If-Match", &seen)])
            .await
            .expect(200)
    };
    divide(two()).await;
    assert_eq!(merge().await.refused(409), "project.has_parts");
    // Its owner asks that it fall away: his county's planner does not take Gulang's part from Gulang.
    let reviewer = app.person(RESPONSIBLE, Role::Reviewer).await;
    let cancel = json!({ "kind": "cancel_project", "reason": "不再建设" });
    let path = format!("{at}/change-requests");
    let asked = reviewer.post_seen(&path, now().await, cancel).await.expect(201);
    let approve = format!("/change-requests/{}/approve", asked["id"].as_str().unwrap());
    let county = app.person("minqin", Role::Planner).await;
    assert_eq!(
        county.post_seen(&approve, 1, json!({})).await.refused(403),
        "forbidden"
    );
    divide(json!([{ "region": "620621" }])).await;
    county.post_seen(&approve, 1, json!({})).await.expect(200);
    // Reports of the whole hold a project as well.
    let at = format!("/projects/{}", other["id"].as_str().unwrap());
    let clerk = app.person(RESPONSIBLE, Role::Staff).await;
    clerk
        .post(&format!("{at}/progress-reports"), report("2024-02", "3"))
        .await
        .expect(201);
    let third = planner.post("/projects", new("clinic-three")).await.expect(201);
    let seen = version(&planner.get(&at).await.expect(200));
    let body = json!({ "reason": "重复", "into": third["id"] });
    let refused = planner.post_seen(&format!("{at}/merge"), seen, body).await;
    assert_eq!(refused.refused(409), "project.has_reports");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_answer_of_a_division_speaks_of_the_parts_as_they_are_then() {
    let app = TestApp::start().await;
    divided(&app).await;
    app.pass_days(30);
    let planner = app.planner().await;
    let owed = |set: &Value| set["items"][1]["owed"][0]["responsible"]["code"].clone();
    let before = planner.get(&path()).await.expect(200);
    assert_eq!(owed(&before), BUREAU);
    let mut items = two();
    items[0]["organisation"] = json!("gulang");
    let set = put(&planner, version(&before), items).await.expect(200);
    assert_eq!(
        (&set["items"][1]["organisation"]["code"], owed(&set)),
        (&json!("gulang"), json!("gulang"))
    );
    let after = planner.get(&path()).await.expect(200);
    assert_eq!(after["items"], set["items"]);
}
