//! Which promised numbers a project serves: set by a planner, told for any past day, and not undone by a later load.

use std::collections::BTreeMap;

use guatu::cli::load_into;
use guatu::kernel::Role;
use serde_json::{Value, json};

use crate::support::{HOSPITAL, LEAD, Person, RESPONSIBLE, TestApp, confirm, seeds};

const HOME: &str = "wuwei-145.6-4.city-elderly-home";
const BEDS: &str = "wuwei-145.6-4.beds-added";
const OWNER: &str = "wuwei.civil-affairs";

fn path() -> String {
    format!("/projects/{HOSPITAL}")
}

async fn version(person: &Person<'_>, path: &str) -> i64 {
    person.get(path).await.expect(200)["version"].as_i64().unwrap()
}

async fn serve(planner: &Person<'_>, commitments: Value) -> Value {
    let seen = version(planner, &path()).await;
    let body = json!({ "commitments": commitments });
    planner.patch(&path(), seen, body).await.expect(200)
}

fn codes(project: &Value) -> Vec<&str> {
    let all = project["commitments"].as_array().unwrap();
    all.iter().map(|one| one["code"].as_str().unwrap()).collect()
}

async fn serving(person: &Person<'_>, as_of: &str) -> (Vec<String>, i64) {
    let asked = format!("/projects?commitment={BEDS}&sort=name{as_of}");
    let listed = person.get(&asked).await.expect(200);
    let found = listed["data"].as_array().unwrap().iter();
    let day = as_of.replacen('&', "?", 1);
    let promise = person.get(&format!("/commitments/{BEDS}{day}")).await.expect(200);
    (
        found
            .map(|one| one["code"].as_str().unwrap().to_owned())
            .collect(),
        promise["delivered"]["projects"].as_i64().unwrap(),
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_project_serves_is_set_as_a_whole_and_the_day_before_has_its_own() {
    let app = TestApp::start().await;
    let planner = app.planner().await;
    let before = serving(&planner, "").await;
    assert!(!before.0.contains(&HOSPITAL.to_owned()) && before.1 == before.0.len() as i64);
    let own = planner.get(&path()).await.expect(200);
    let own: Vec<String> = codes(&own).into_iter().map(str::to_owned).collect();
    app.pass_days(1);
    let planner = app.planner().await;
    let mut wanted = own.clone();
    wanted.push(BEDS.to_owned());
    // Named twice it is served once.
    let twice: Vec<&String> = wanted.iter().chain([wanted.last().unwrap()]).collect();
    let served = serve(&planner, json!(twice)).await;
    wanted.sort();
    assert_eq!(codes(&served), wanted);
    let named = served["commitments"].as_array().unwrap();
    assert!(named.iter().any(|one| one["name"] == "新增养老床位"), "{named:?}");
    let now = serving(&planner, "").await;
    assert!(now.0.contains(&HOSPITAL.to_owned()));
    assert_eq!(now.1, before.1 + 1);
    // Its event tells what was served and what is; the same again is no change.
    let history = planner
        .get(&format!("{}/history?limit=200", path()))
        .await
        .expect(200);
    let last = history["data"].as_array().unwrap().last().unwrap();
    let said = &last["body"]["changes"]["serves"];
    assert_eq!(last["kind"], "project.edited");
    assert_eq!(
        said[0].as_array().unwrap().len() + 1,
        said[1].as_array().unwrap().len()
    );
    let again = serve(&planner, json!(wanted)).await;
    assert_eq!(again["version"], served["version"]);
    app.pass_days(1);
    let planner = app.planner().await;
    let none = serve(&planner, json!([])).await;
    assert_eq!(codes(&none), Vec::<&str>::new());
    assert_eq!(serving(&planner, "").await, before);
    assert_eq!(serving(&planner, "&as_of=2024-03-02").await, now);
    assert_eq!(serving(&planner, "&as_of=2024-03-01").await, before);
    let then = planner
        .get(&format!("{}?as_of=2024-03-02", path()))
        .await
        .expect(200);
    assert_eq!(codes(&then), wanted);
    // Milestones are narrowed by it too, and what is no commitment is told.
    let steps = planner
        .get(&format!(
            "/milestones?commitment={BEDS}&as_of=2024-03-02&limit=200"
        ))
        .await
        .expect(200);
    let of_hospital = |one: &&Value| one["project"]["code"] == HOSPITAL;
    assert!(
        steps["data"]
            .as_array()
            .unwrap()
            .iter()
            .any(|one| of_hospital(&one))
    );
    let wrong = planner.get("/projects?commitment=nothing").await;
    assert_eq!(
        (wrong.status, &wrong.body["errors"][0]["pointer"]),
        (400, &json!("?commitment"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_commitment_of_the_plan_and_whoever_may_not_is_refused_and_nothing_changes() {
    let app = TestApp::start().await;
    let planner = app.planner().await;
    let seen = version(&planner, &path()).await;
    let wrong = planner
        .patch(
            &path(),
            seen,
            json!({ "title": "别的", "commitments": [BEDS, "no-such"] }),
        )
        .await;
    assert_eq!(
        (
            wrong.status,
            &wrong.body["errors"][0]["pointer"],
            &wrong.body["errors"][0]["code"]
        ),
        (422, &json!("/commitments/1"), &json!("field.not_found"))
    );
    let many: Vec<&str> = std::iter::repeat_n(BEDS, 51).collect();
    let many = planner.patch(&path(), seen, json!({ "commitments": many })).await;
    assert_eq!(
        (many.status, &many.body["errors"][0]["pointer"]),
        (400, &json!("/commitments"))
    );
    let body = json!({ "commitments": [BEDS] });
    let stale = planner.patch(&path(), seen + 1, body.clone()).await;
    assert_eq!(stale.refused(412), "precondition.stale");
    for (organisation, role) in [(RESPONSIBLE, Role::Staff), (LEAD, Role::Reviewer)] {
        let person = app.person(organisation, role).await;
        assert_eq!(
            person.patch(&path(), seen, body.clone()).await.refused(403),
            "forbidden"
        );
    }
    let outside = app.person("gulang", Role::Planner).await;
    assert_eq!(outside.patch(&path(), seen, body).await.status, 404);
    let held = planner.get(&path()).await.expect(200);
    assert_eq!(held["version"], seen);
    assert!(!codes(&held).contains(&BEDS));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_turns_the_light_at_once_and_its_end_gives_it_back() {
    let app = TestApp::start().await;
    let planner = app.planner().await;
    confirm(&planner, HOSPITAL, &BTreeMap::new()).await;
    let promise = format!("/commitments/{BEDS}");
    let seen = version(&planner, &promise).await;
    let settled = json!({ "owner": OWNER, "doubt_resolution": "按合计掌握" });
    planner.patch(&promise, seen, settled).await.expect(200);
    let rules = json!({ "name": "承诺入灯", "commitment":
        { "measure": "points", "yellow": "10", "red": "30", "breached": "yellow", "missed": "red" } });
    let body = json!({ "rules": rules, "reason": "承诺进展纳入亮灯" });
    planner
        .post_seen("/plans/wuwei-145/light-rules", 1, body)
        .await
        .expect(201);
    let clerk = app.person(OWNER, Role::Staff).await;
    let figure = json!({ "observed_on": "2023-12-31", "value": "50", "source": "民政统计" });
    let filed = clerk
        .post(&format!("{promise}/observations"), figure)
        .await
        .expect(201);
    let confirmed = format!("/observations/{}/confirm", filed["id"].as_str().unwrap());
    planner.post_seen(&confirmed, 1, json!({})).await.expect(200);
    let light = async || {
        let told = planner.get(&path()).await.expect(200);
        told["light"]["shown"].as_str().unwrap().to_owned()
    };
    let before = light().await;
    assert_ne!(before, "red");
    let served = serve(&planner, json!([BEDS])).await;
    assert_eq!(served["light"]["shown"], "red");
    assert_eq!(light().await, "red");
    serve(&planner, json!([])).await;
    assert_eq!(light().await, before);
    // Taken up again, it follows what is confirmed from now on as others do.
    serve(&planner, json!([BEDS])).await;
    let better = json!({ "observed_on": "2024-02-29", "value": "490", "source": "民政统计" });
    let filed = clerk
        .post(&format!("{promise}/observations"), better)
        .await
        .expect(201);
    let confirmed = format!("/observations/{}/confirm", filed["id"].as_str().unwrap());
    planner.post_seen(&confirmed, 1, json!({})).await.expect(200);
    assert_ne!(light().await, "red");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_load_adds_what_the_files_name_with_an_event_and_brings_back_nothing_that_a_planner_took_away() {
    let app = TestApp::start().await;
    let planner = app.planner().await;
    let mut files = seeds();
    let project = files
        .projects
        .iter_mut()
        .find(|project| project.code == HOSPITAL)
        .unwrap();
    project.serves.push(BEDS.to_owned());
    load_into(&app.db, &files).await.unwrap();
    let held = planner.get(&path()).await.expect(200);
    assert!(codes(&held).contains(&BEDS));
    let history = planner
        .get(&format!("{}/history?limit=200", path()))
        .await
        .expect(200);
    let last = history["data"].as_array().unwrap().last().unwrap();
    assert_eq!(
        (&last["kind"], &last["door"]),
        (&json!("project.edited"), &json!("file"))
    );
    assert!(last["body"]["changes"]["serves"].is_array());
    // The same files again: nothing.
    let again = load_into(&app.db, &files).await.unwrap();
    assert_eq!((again.changed, again.differences.len()), (0, 0));
    serve(&planner, json!([])).await;
    let told = load_into(&app.db, &files).await.unwrap();
    let told: Vec<(&str, &str)> = told
        .differences
        .iter()
        .map(|one| (one.code.as_str(), one.field.as_str()))
        .collect();
    assert!(told.contains(&(HOSPITAL, "serves")), "{told:?}");
    let held = planner.get(&path()).await.expect(200);
    assert_eq!(codes(&held), Vec::<&str>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn on_its_page_a_planner_ticks_what_a_project_serves_without_a_script() {
    let app = TestApp::start().await;
    let planner = app.visitor("wuwei", Role::Planner).await;
    let manage = format!("/projects/{HOME}/manage");
    let page = planner.get(&manage).await.expect(200);
    let ticked = format!("name=\"serves-{BEDS}\" value=\"yes\" checked");
    assert!(page.has(&ticked), "the promise of its own item is ticked");
    let version = |text: &str| {
        let (_, rest) = text
            .split_once(&format!("action=\"/projects/{HOME}/serves\""))
            .unwrap();
        let (_, rest) = rest.split_once("name=\"version\" value=\"").unwrap();
        rest.split('"').next().unwrap().to_owned()
    };
    let seen = version(&page.text);
    let action = format!("/projects/{HOME}/serves");
    let sent = planner.send(&action, &[("version", &seen)]).await;
    assert_eq!(sent.leads_to(), format!("{manage}?done=saved"));
    let page = planner.get(&manage).await.expect(200);
    assert!(!page.has(&ticked) && page.has(&format!("name=\"serves-{BEDS}\"")));
    // Who saw it before is told, with his ticks kept.
    let box_of = format!("serves-{BEDS}");
    let stale = planner
        .send(&action, &[("version", &seen), (&box_of, "yes")])
        .await
        .expect(412);
    assert!(stale.has(&ticked) && stale.has("内容已被他人修改"));
    let now = version(&stale.text);
    let sent = planner
        .send(&action, &[("version", &now), (&box_of, "yes")])
        .await;
    assert_eq!(sent.leads_to(), format!("{manage}?done=saved"), "{}", sent.text);
    let shown = planner.get(&format!("/projects/{HOME}")).await.expect(200);
    assert!(shown.has(&format!("href=\"/commitments/{BEDS}\"")));
    // Nobody else has the form, nor its way in.
    let clerk = app.visitor(OWNER, Role::Staff).await;
    assert_eq!(clerk.get(&manage).await.status, 403);
    assert_eq!(clerk.send(&action, &[("version", &now)]).await.status, 403);
}
