//! The bodies of events are read for ever: one of each kind, version and subject is kept in `golden/events`, made by
//! really doing what it tells of.
//!
//! A new kind: do it in [`everything_happens`], run with `UPDATE_GOLDEN=1`, look at the new file. A changed shape:
//! raise the kind's version, add the step to `db::log::upcast`, keep the old file.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use guatu::cli::{load_demonstration_into, load_into};
use guatu::db::log::{self, EventKind, Finding};
use guatu::db::redaction::redact;
use guatu::db::schema::{event_bodies, events};
use guatu::db::{Door, Origin};
use guatu::kernel::{Actor, Error, Role};
use guatu::plans::actions::stand_at;
use guatu::plans::store as plans;
use guatu::projects::actions::light_spans::rebuild;
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::commitments::next_plan;
use crate::support::{HOSPITAL, LEAD, Person, RESPONSIBLE, TestApp, confirm, morning, seeds};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/golden/events")
}

fn house() -> Origin {
    Origin {
        actor: Actor::System,
        door: Door::Command,
        trace_id: "golden".to_owned(),
    }
}

/// Ids differ from run to run.
fn without_ids(value: &mut Value) {
    match value {
        Value::String(text) if Uuid::try_parse(text).is_ok() => *text = "<id>".to_owned(),
        Value::Array(items) => items.iter_mut().for_each(without_ids),
        Value::Object(map) => map.values_mut().for_each(without_ids),
        _ => {}
    }
}

/// The first body of each kind, version and subject in a log, by the name of its file.
async fn bodies(app: &TestApp) -> BTreeMap<String, Value> {
    let mut service = app.service().await;
    let rows: Vec<(String, i32, String, Option<Value>)> = events::table
        .inner_join(event_bodies::table.on(event_bodies::event_id.eq(events::id)))
        .order((events::stream_id, events::number))
        .select((
            events::kind,
            events::schema_version,
            events::subject_kind,
            event_bodies::body,
        ))
        .load(&mut service)
        .await
        .unwrap();
    let mut found = BTreeMap::new();
    for (kind, version, subject, body) in rows {
        let Some(mut body) = body else { continue };
        without_ids(&mut body);
        found
            .entry(format!("{kind}.{subject}.v{version}.json"))
            .or_insert(body);
    }
    found
}

/// Does everything of which the log can tell.
async fn everything_happens(app: &TestApp) {
    let mut files = seeds();
    let planner = app.planner().await;
    let city = app.person("wuwei", Role::Administrator).await;
    let clerk = app.person(RESPONSIBLE, Role::Staff).await;
    let reviewer = app.person(LEAD, Role::Reviewer).await;
    // Projects and milestones.
    planner
        .patch(
            &format!("/projects/{HOSPITAL}"),
            1,
            json!({ "description": "内科楼" }),
        )
        .await
        .expect(200);
    let milestones = planner
        .get(&format!("/projects/{HOSPITAL}/milestones"))
        .await
        .expect(200);
    let first = milestones["data"][0]["id"].as_str().unwrap();
    planner
        .patch(&format!("/milestones/{first}"), 1, json!({ "name": "方案批复" }))
        .await
        .expect(200);
    let mut replaced = planner
        .get("/projects/wuwei-145.5-4.liangzhou-infectious-disease-hospital")
        .await;
    if replaced.status != 200 {
        replaced = planner.get("/projects?programme=5&limit=1").await;
        replaced.body = replaced.body["data"][0].clone();
        let path = format!("/projects/{}", replaced.body["id"].as_str().unwrap());
        replaced = planner.get(&path).await;
    }
    let owner = &replaced.body["owners"][0];
    let item = json!({ "kind": "owner", "project_id": replaced.body["id"], "role": owner["role"],
        "version": owner["version"], "organisation": "wuwei.education" });
    planner
        .post("/confirmations", json!({ "items": [item] }))
        .await
        .expect(200);
    planner
        .post_seen(&format!("/projects/{HOSPITAL}/owners/lead/ask"), 1, json!({}))
        .await
        .expect(200);
    let proposed = app.person(RESPONSIBLE, Role::Reviewer).await;
    for (version, word, body) in [
        (1, "claim", json!({ "reason": "属我院" })),
        (
            2,
            "dispute",
            json!({ "reason": "已移交", "organisation": "minqin.health" }),
        ),
    ] {
        let path = format!("/projects/{HOSPITAL}/owners/responsible/{word}");
        proposed.post_seen(&path, version, body).await.expect(200);
    }
    confirm(&planner, HOSPITAL, &BTreeMap::from([(1, "2024-02-01")])).await;
    let path = format!("/milestones/{first}");
    clerk
        .upload(
            &format!("{path}/evidence-files?name=批复.pdf"),
            b"%PDF-1.7 golden",
        )
        .await
        .expect(201);
    let report = json!({ "actual_on": "2024-02-20", "note": "已批复",
        "evidence": [{ "kind": "方案批复", "reference": "民卫发〔2024〕1号" }] });
    clerk
        .post_seen(&format!("{path}/report"), 3, report.clone())
        .await
        .expect(200);
    clerk
        .post_seen(&format!("{path}/withdraw"), 4, json!({ "reason": "日期有误" }))
        .await
        .expect(200);
    clerk
        .post_seen(&format!("{path}/report"), 5, report.clone())
        .await
        .expect(200);
    reviewer
        .post_seen(&format!("{path}/return"), 6, json!({ "reason": "缺章" }))
        .await
        .expect(200);
    clerk
        .post_seen(&format!("{path}/report"), 7, report)
        .await
        .expect(200);
    reviewer
        .post_seen(&format!("{path}/verify"), 8, json!({ "note": "属实" }))
        .await
        .expect(200);
    planner
        .post_seen(&format!("{path}/reopen"), 9, json!({ "reason": "不属实" }))
        .await
        .expect(200);
    // Progress reports, their month and their calendar; planned investment.
    let version = async |path: &str| planner.get(path).await.expect(200)["version"].as_i64().unwrap();
    let calendar = "/plans/wuwei-145/reporting";
    planner
        .patch(
            calendar,
            version(calendar).await,
            json!({ "reporting_from": "2024-04-01" }),
        )
        .await
        .expect(200);
    let said = json!({ "physical_percent": "12.5", "done_text": "施工到三层", "problems": "资金未到", "next_steps": "四层",
        "note": "首次填报", "statistics_entered_on": "2024-02-01", "paid": "30", "done": "40",
        "funds": [{ "source": "central", "required": "10.50", "received": "9" }] });
    let mut filed = said.clone();
    filed["period"] = json!("2024-Q1");
    let filed = clerk
        .post(&format!("/projects/{HOSPITAL}/progress-reports"), filed)
        .await
        .expect(201);
    let of = format!("/progress-reports/{}", filed["id"].as_str().unwrap());
    reviewer
        .post_seen(&format!("{of}/return"), 1, json!({ "reason": "支付数不符" }))
        .await
        .expect(200);
    let mut again = said;
    again["paid"] = json!("31");
    clerk.patch(&of, 2, again).await.expect(200);
    reviewer
        .post_seen(&format!("{of}/verify"), 3, json!({ "note": "属实" }))
        .await
        .expect(200);
    let month = json!({ "month": "2024-02" });
    planner
        .post(&format!("{calendar}/freeze"), month)
        .await
        .expect(200);
    let why = json!({ "month": "2024-02", "reason": "更正支付数" });
    planner.post(&format!("{calendar}/reopen"), why).await.expect(200);
    let planned = format!("/projects/{HOSPITAL}/investment-plan");
    let seen = format!("\"{}\"", version(&planned).await);
    let items = json!({ "items": [{ "year": 2024, "source": "central", "amount": "1000.50" }] });
    planner
        .send(Method::PUT, &planned, Some(items), &[("If-Match", &seen)])
        .await
        .expect(200);
    // Change requests: one of each end.
    let asker = app.person(RESPONSIBLE, Role::Reviewer).await;
    let other = app.planner().await;
    let ask = async |path: String, version: i64, body: Value| {
        asker
            .post_seen(&format!("{path}/change-requests"), version, body)
            .await
            .expect(201)
    };
    let step = async |person: &Person<'_>, asked: &Value, step: &str, body: Value| {
        let path = format!("/change-requests/{}/{step}", asked["id"].as_str().unwrap());
        person.post_seen(&path, 1, body).await.expect(200)
    };
    let asked = ask(
        path.clone(),
        10,
        json!({ "kind": "weight", "weight": "9", "reason": "重排" }),
    )
    .await;
    step(&asker, &asked, "withdraw", json!({})).await;
    let asked = ask(
        path.clone(),
        10,
        json!({ "kind": "date", "planned_on": "2024-06-01", "reason": "延后",
        "evidence": [{ "kind": "请示", "reference": "民医〔2024〕3号" }] }),
    )
    .await;
    step(&other, &asked, "reject", json!({ "note": "理由不足" })).await;
    let asked = ask(
        path.clone(),
        10,
        json!({ "kind": "cancel_milestone", "reason": "并入下一节点" }),
    )
    .await;
    step(&other, &asked, "approve", json!({ "note": "同意" })).await;
    let project = format!("/projects/{HOSPITAL}");
    let seen = planner.get(&project).await.expect(200)["version"]
        .as_i64()
        .unwrap();
    let asked = ask(
        project,
        seen,
        json!({ "kind": "cancel_project", "reason": "合并" }),
    )
    .await;
    step(&other, &asked, "approve", json!({})).await;
    // A file that changed.
    files.projects[0].title.push_str("（一期）");
    files.programmes[1].page += 1;
    load_into(&app.db, &files).await.unwrap();
    // The registry.
    let new = json!({ "code": "wuwei.spare", "name": "备用单位", "kind": "institution", "parent": "wuwei",
        "region": "620600" });
    city.post("/organisations", new).await.expect(201);
    city.patch("/organisations/wuwei.spare", 1, json!({ "name": "改名" }))
        .await
        .expect(200);
    let new = json!({ "username": "newcomer", "display_name": "新人", "organisation": RESPONSIBLE, "role": "staff",
        "phone": "13800000000" });
    let made = city.post("/users", new).await.expect(201);
    let user = made["user"]["id"].as_str().unwrap();
    let newcomer = app.sign_in("newcomer", made["password"].as_str().unwrap()).await;
    let change = json!({ "old_password": made["password"], "new_password": "willow-river-2024" });
    newcomer.post("/auth/password", change).await.expect(204);
    let other = app.sign_in("newcomer", "willow-river-2024").await;
    let session = other.get("/auth/me").await.expect(200)["session_id"]
        .as_str()
        .unwrap()
        .to_owned();
    city.send(
        Method::DELETE,
        &format!("/users/{user}/sessions/{session}"),
        None,
        &[],
    )
    .await
    .expect(204);
    let seen = async || {
        city.get(&format!("/users/{user}")).await.expect(200)["version"]
            .as_i64()
            .unwrap()
    };
    let path = format!("/users/{user}");
    city.patch(&path, seen().await, json!({ "display_name": "王某" }))
        .await
        .expect(200);
    city.post_seen(&format!("{path}/reset-password"), seen().await, json!({}))
        .await
        .expect(200);
    let off = json!({ "disabled": true, "disabled_reason": "离职" });
    city.patch(&path, seen().await, off).await.expect(200);
    city.patch(&path, seen().await, json!({ "disabled": false }))
        .await
        .expect(200);
    let grant = json!({ "user_id": user, "organisation": LEAD, "role": "observer" });
    let membership = city.post("/memberships", grant).await.expect(201);
    let end = format!("/memberships/{}/end", membership["id"].as_str().unwrap());
    city.post_seen(&end, 1, json!({ "reason": "调离" }))
        .await
        .expect(200);
    // A project that is added, stands still, goes on, is split, and merged into another.
    let new = |slug: &str| {
        json!({ "initiative": "wuwei-145.5-2", "slug": slug, "title": slug, "kind": "new_build", "quantity": "2",
            "unit": "栋", "due_on": "2026-12-31", "owners_confirmed": true,
            "owners": [{ "role": "lead", "organisation": LEAD }] })
    };
    let one = planner.post("/projects", new("clinic")).await.expect(201);
    let other = planner.post("/projects", new("clinic-two")).await.expect(201);
    let path = |project: &Value, word: &str| format!("/projects/{}/{word}", project["id"].as_str().unwrap());
    let supports = json!({ "organisation": "wuwei.education" });
    let added = planner.post(&path(&one, "owners"), supports).await.expect(201);
    let owners = added["owners"].as_array().unwrap();
    let owner = owners.iter().find(|owner| owner["role"] == "supporting").unwrap();
    let end = format!("{}/{}/end", path(&one, "owners"), owner["id"].as_str().unwrap());
    planner
        .post_seen(&end, 1, json!({ "reason": "职责调整" }))
        .await
        .expect(200);
    for (version, word, body) in [
        (
            1,
            "suspend",
            json!({ "reason": "资金未到位", "review_on": "2024-06-01" }),
        ),
        (2, "resume", json!({ "reason": "资金到位" })),
        (
            3,
            "split",
            json!({ "reason": "名单已定", "parts": [{ "slug": "clinic-a", "title": "甲", "quantity": "1" }] }),
        ),
        (4, "merge", json!({ "reason": "登记重复", "into": other["id"] })),
    ] {
        planner
            .post_seen(&path(&one, word), version, body)
            .await
            .expect(200);
    }
    // A project over several counties.
    let parts = path(&other, "parts");
    let held = planner.get(&parts).await.expect(200);
    let items =
        json!({ "items": [{ "region": "620622", "organisation": "gulang.health", "quantity": "1" }] });
    let seen = format!("\"{}\"", held["version"]);
    planner
        .send(reqwest::Method::PUT, &parts, Some(items), &[("If-Match", &seen)])
        .await
        .expect(200);
    // Other rules of lights, a light that a supervisor shows, and lights that were written by hand.
    planner
        .post_seen(
            "/plans/wuwei-145/light-rules",
            1,
            json!({ "set": "yinchuan-2025", "reason": "从严" }),
        )
        .await
        .expect(201);
    let supervisor = app.supervisor().await;
    let seen = other["version"].as_i64().unwrap() + 2;
    let instead = json!({ "light": "green", "reason": "已核查", "until_on": "2024-03-05" });
    let made = supervisor
        .post_seen(&path(&other, "light-overrides"), seen, instead)
        .await
        .expect(201);
    let end = format!(
        "{}/{}/end",
        path(&other, "light-overrides"),
        made["id"].as_str().unwrap()
    );
    supervisor
        .post_seen(&end, 1, json!({ "reason": "已解决" }))
        .await
        .expect(200);
    diesel::sql_query("DELETE FROM light_spans")
        .execute(&mut app.superuser().await)
        .await
        .unwrap();
    app.db
        .write(&house(), async |tx| {
            let plan = plans::plan(tx.conn(), "wuwei-145").await?;
            rebuild(tx, &plan).await
        })
        .await
        .unwrap();
    commitments_happen(app, &planner).await;
    // And a body that is erased.
    let history = planner
        .get(&format!("/projects/{HOSPITAL}/history?limit=200"))
        .await
        .expect(200);
    let edited = history["data"]
        .as_array()
        .unwrap()
        .iter()
        .find(|event| event["kind"] == "milestone.reported")
        .unwrap();
    let id = Uuid::try_parse(edited["id"].as_str().unwrap()).unwrap();
    app.db
        .write(&house(), async |tx| redact(tx, id, "写了个人信息").await)
        .await
        .unwrap();
}

/// Owners, doubts, parts and figures of commitments, and what goes over into the next plan.
async fn commitments_happen(app: &TestApp, planner: &Person<'_>) {
    let jobs = "/commitments/wuwei-145.1.new-urban-jobs";
    for (version, body) in [
        (1, json!({ "owner": "wuwei.human-resources" })),
        (2, json!({ "owner": LEAD, "doubt_resolution": "以五年累计为准" })),
    ] {
        planner.patch(jobs, version, body).await.expect(200);
    }
    let parts = json!({ "items": [{ "region": "620621", "value": "1.5" }] });
    planner
        .send(
            Method::PUT,
            &format!("{jobs}/allocations"),
            Some(parts),
            &[("If-Match", "\"3\"")],
        )
        .await
        .expect(200);
    let clerk = app.person(LEAD, Role::Staff).await;
    let figure = json!({ "observed_on": "2023-12-31", "value": "4.7", "source": "年报", "note": "初步" });
    let filed = clerk
        .post(&format!("{jobs}/observations"), figure)
        .await
        .expect(201);
    let path = format!("/observations/{}", filed["id"].as_str().unwrap());
    planner
        .post_seen(&format!("{path}/return"), 1, json!({ "reason": "口径不符" }))
        .await
        .expect(200);
    clerk.patch(&path, 2, json!({ "value": "4.6" })).await.expect(200);
    planner
        .post_seen(&format!("{path}/confirm"), 3, json!({}))
        .await
        .expect(200);
    load_into(&app.db, &next_plan()).await.unwrap();
    let body = json!({ "into": "wuwei-155", "reason": "未完成",
        "items": [{ "kind": "commitment", "code": "wuwei-145.1.childcare-places" }] });
    let carried = planner
        .post("/plans/wuwei-145/carry-overs", body)
        .await
        .expect(200);
    let path = format!("/carry-overs/{}", carried["data"][0]["id"].as_str().unwrap());
    planner
        .patch(&path, 1, json!({ "into_object": "wuwei-155.1.childcare-places" }))
        .await
        .expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_kind_of_event_is_written_as_its_golden_file_has_it() {
    let app = TestApp::start().await;
    everything_happens(&app).await;
    let mut found = bodies(&app).await;
    let demonstration = TestApp::start_empty(morning()).await;
    load_demonstration_into(&demonstration.db, &seeds())
        .await
        .unwrap();
    let plan_id: Uuid = {
        let mut service = demonstration.service().await;
        events::table
            .filter(events::kind.eq("plan.loaded"))
            .select(events::subject_id)
            .first(&mut service)
            .await
            .unwrap()
    };
    let day = "2022-05-01".parse().unwrap();
    demonstration
        .db
        .write(&house(), async |tx| stand_at(tx, plan_id, day).await)
        .await
        .unwrap();
    found.extend(
        bodies(&demonstration)
            .await
            .into_iter()
            .filter(|(name, _)| name.starts_with("plan.day_moved")),
    );

    let told: BTreeSet<&str> = found.keys().map(|name| kind_of(name).0).collect();
    for kind in EventKind::ALL {
        assert!(
            told.contains(kind.as_str()),
            "let `everything_happens` do what {} tells of",
            kind.as_str()
        );
    }
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::create_dir_all(folder()).unwrap();
        for (name, body) in &found {
            fs::write(folder().join(name), format!("{body:#}\n")).unwrap();
        }
    }
    for (name, body) in &found {
        let name = name.as_str();
        let kept = fs::read_to_string(folder().join(name))
            .unwrap_or_else(|_| panic!("{name} is missing: run with UPDATE_GOLDEN=1 and look at it"));
        assert_alike(&serde_json::from_str(&kept).unwrap(), body, name);
    }
}

/// The same fields with values of the same type; what they say may differ, for the seeds do.
fn assert_alike(kept: &Value, written: &Value, place: &str) {
    match (kept, written) {
        (Value::Null, _) | (_, Value::Null) => {}
        (Value::Object(kept), Value::Object(written)) => {
            let names = |map: &serde_json::Map<String, Value>| map.keys().cloned().collect::<Vec<_>>();
            assert_eq!(names(kept), names(written), "{place}");
            for (name, value) in kept {
                assert_alike(value, &written[name], &format!("{place} {name}"));
            }
        }
        (Value::Array(kept), Value::Array(written)) => {
            // A list of unlike things has a meaning for each place; one of like things may be of any length but none.
            let mut types = kept.iter().map(std::mem::discriminant);
            let first = types.next();
            match types.all(|one| Some(one) == first) {
                true => assert_eq!(kept.is_empty(), written.is_empty(), "{place}"),
                false => assert_eq!(kept.len(), written.len(), "{place}"),
            }
            for (one, other) in kept.iter().zip(written) {
                assert_alike(one, other, place);
            }
        }
        (Value::String(_), Value::String(_))
        | (Value::Number(_), Value::Number(_))
        | (Value::Bool(_), Value::Bool(_)) => {}
        _ => panic!("{place}: {written} is of another type than {kept}"),
    }
}

/// Kind and version of a golden file.
fn kind_of(name: &str) -> (&str, i32) {
    let stem = name.strip_suffix(".json").unwrap();
    let (rest, version) = stem.rsplit_once(".v").unwrap();
    (rest.rsplit_once('.').unwrap().0, version.parse().unwrap())
}

#[test]
fn every_body_ever_written_can_be_read_today() {
    let mut read = BTreeSet::new();
    for entry in fs::read_dir(folder()).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let (kind, version) = kind_of(&name);
        let body: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        let (reached, today) =
            log::upcast(kind, version, body.clone()).unwrap_or_else(|error| panic!("{name}: {error}"));
        let known = EventKind::ALL
            .into_iter()
            .find(|one| one.as_str() == kind)
            .unwrap();
        assert_eq!(reached, known.schema_version(), "{name}");
        if version == reached {
            assert_eq!(today, body, "{name}");
        } else {
            let newest = name.replace(&format!(".v{version}."), &format!(".v{reached}."));
            let newest = fs::read_to_string(folder().join(newest)).unwrap();
            assert_alike(&serde_json::from_str(&newest).unwrap(), &today, &name);
        }
        read.insert(kind.to_owned());
    }
    assert_eq!(read.len(), EventKind::ALL.len());
    assert!(log::upcast("milestone.reported", 99, json!({})).is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redacted_body_is_gone_the_chain_holds_and_only_an_event_may_say_so() {
    let app = TestApp::start().await;
    let planner = app.planner().await;
    planner
        .patch(
            &format!("/projects/{HOSPITAL}"),
            1,
            json!({ "description": "张三，13800000000" }),
        )
        .await
        .expect(200);
    let history = async || {
        planner
            .get(&format!("/projects/{HOSPITAL}/history?limit=200"))
            .await
            .expect(200)
    };
    let id = |history: &Value, kind: &str| {
        let event = history["data"]
            .as_array()
            .unwrap()
            .iter()
            .find(|event| event["kind"] == kind)
            .unwrap()
            .clone();
        (Uuid::try_parse(event["id"].as_str().unwrap()).unwrap(), event)
    };
    let (edited, _) = id(&history().await, "project.edited");
    app.db
        .write(&house(), async |tx| redact(tx, edited, "写了个人信息").await)
        .await
        .unwrap();
    let after = history().await;
    assert_eq!(id(&after, "project.edited").1["body"], Value::Null);
    assert!(!after.to_string().contains("张三"));
    let (telling, event) = id(&after, "event.redacted");
    assert_eq!(event["body"]["reason"], "写了个人信息");
    let proof = app
        .db
        .read(async |conn| log::verify(conn, &[]).await)
        .await
        .unwrap();
    assert_eq!(proof.findings, []);

    let twice = app
        .db
        .write(&house(), async |tx| redact(tx, edited, "再来").await)
        .await;
    assert!(matches!(twice, Err(Error::Conflict(fault)) if fault.code.as_str() == "event.redacted_already"));
    let telling = app
        .db
        .write(&house(), async |tx| redact(tx, telling, "掩盖").await)
        .await;
    assert!(matches!(telling, Err(Error::Invalid(_))));
    let absent = app
        .db
        .write(&house(), async |tx| redact(tx, Uuid::nil(), "无").await)
        .await;
    assert!(matches!(absent, Err(Error::NotFound)));

    // Somebody with every right erases a body and points at any event.
    let mut superuser = app.superuser().await;
    diesel::sql_query("SET session_replication_role = replica")
        .execute(&mut superuser)
        .await
        .unwrap();
    diesel::sql_query(
        "UPDATE event_bodies SET salt = NULL, body = NULL, redacted_by_event_id = event_id WHERE event_id = \
         (SELECT id FROM events WHERE kind = 'plan.loaded')",
    )
    .execute(&mut superuser)
    .await
    .unwrap();
    let proof = app
        .db
        .read(async |conn| log::verify(conn, &[]).await)
        .await
        .unwrap();
    assert!(
        matches!(proof.findings.as_slice(), [Finding::RedactionUnfounded { .. }]),
        "{:?}",
        proof.findings
    );
}
