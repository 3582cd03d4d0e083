//! Every route of the OpenAPI document, asked by everybody: a route without a case fails, and so does a case without
//! a route.
//!
//! A change is asked for without `If-Match`, or otherwise so that it cannot happen: refusals come in the order 401,
//! 400, 404, 403, 428, so who may is told 428 (or 409, 422) and nothing changes between one asker and the next.

use std::collections::{BTreeMap, BTreeSet};

use guatu::kernel::Role;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{HOSPITAL, LEAD, Person, RESPONSIBLE, Reply, TestApp, confirm, fresh_key};

/// How a route is asked.
struct Case {
    /// Below `/api/v1`, with the thing's own id where the document has a parameter.
    path: String,
    body: Option<Value>,
    /// The same about a thing that is not there, where who sees the thing depends on who asks.
    absent: Option<String>,
}

fn open(path: &str) -> Case {
    Case {
        path: path.to_owned(),
        body: None,
        absent: None,
    }
}

/// About one thing, which only some see.
fn about(template: &str, id: &str) -> Case {
    Case {
        path: template.replace("{}", id),
        body: None,
        absent: Some(template.replace("{}", &uuid::Uuid::nil().to_string())),
    }
}

impl Case {
    fn with(mut self, body: Value) -> Case {
        self.body = Some(body);
        self
    }
}

/// A project of Minqin's hospital with a reported milestone, and what stands around it.
struct World {
    project: String,
    milestones: Vec<String>,
    clerk: String,
    clerk_session: String,
    membership: String,
    initiative: String,
    commitment: String,
    change_request: String,
    file: String,
    report: String,
    observation: String,
}

async fn world(app: &TestApp) -> World {
    let planner = app.planner().await;
    let confirmed = confirm(&planner, HOSPITAL, &BTreeMap::from([(1, "2024-02-01")])).await;
    let milestones: Vec<String> = confirmed
        .milestones
        .iter()
        .map(|one| one["id"].as_str().unwrap().to_owned())
        .collect();
    let clerk = app.person(RESPONSIBLE, Role::Staff).await;
    clerk
        .post_seen(
            &format!("/milestones/{}/report", milestones[0]),
            2,
            json!({ "actual_on": "2024-02-01", "note": "内部说明" }),
        )
        .await
        .expect(200);
    let file = clerk
        .upload(
            &format!("/milestones/{}/evidence-files?name=批复.pdf", milestones[1]),
            b"%PDF-1.7\n1 0 obj",
        )
        .await
        .expect(201);
    let asked = app
        .person(RESPONSIBLE, Role::Reviewer)
        .await
        .post_seen(
            &format!("/projects/{HOSPITAL}/change-requests"),
            confirmed.project["version"].as_i64().unwrap(),
            json!({ "kind": "quantity", "quantity": "300", "reason": "规模调整" }),
        )
        .await
        .expect(201);
    let filed = clerk
        .post(
            &format!("/projects/{HOSPITAL}/progress-reports"),
            json!({ "period": "2024-Q1", "physical_percent": "5", "done_text": "内部说明" }),
        )
        .await
        .expect(201);
    let commitment = planner.get("/commitments?programme=5").await.expect(200)["data"][0].clone();
    let commitment = commitment["id"].as_str().unwrap().to_owned();
    planner
        .patch(&format!("/commitments/{commitment}"), 1, json!({ "owner": LEAD }))
        .await
        .expect(200);
    let observation = app
        .person(LEAD, Role::Staff)
        .await
        .post(
            &format!("/commitments/{commitment}/observations"),
            json!({ "observed_on": "2023-12-31", "value": "1", "source": "年报", "note": "内部说明" }),
        )
        .await
        .expect(201);
    let me = clerk.get("/auth/me").await.expect(200);
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let first = |list: Value| text(&list["data"][0]["id"]);
    World {
        project: text(&confirmed.project["id"]),
        milestones,
        clerk: text(&me["user"]["id"]),
        clerk_session: text(&me["session_id"]),
        membership: text(&me["user"]["memberships"][0]["id"]),
        initiative: first(planner.get("/initiatives?programme=5").await.expect(200)),
        file: text(&file["id"]),
        report: text(&filed["id"]),
        change_request: text(&asked["id"]),
        observation: text(&observation["id"]),
        commitment,
    }
}

/// The case of each route. To add a route: say how it is asked, run with INSTA_UPDATE=always, and look at its line of
/// the golden table.
fn cases(w: &World) -> BTreeMap<&'static str, Case> {
    let step = |name: &str| about(&format!("/milestones/{{}}/{name}"), &w.milestones[0]);
    BTreeMap::from([
        ("GET /auth/me", open("/auth/me")),
        ("GET /auth/sessions", open("/auth/sessions")),
        (
            "DELETE /auth/sessions/{id}",
            about("/auth/sessions/{}", &w.clerk_session),
        ),
        // A wrong old password changes nothing.
        (
            "POST /auth/password",
            open("/auth/password")
                .with(json!({ "old_password": "wrong-wrong-wrong", "new_password": "another-one-17" })),
        ),
        ("GET /plans", open("/plans")),
        ("GET /plans/{plan}", open("/plans/wuwei-145")),
        ("GET /plans/{plan}/coverage", open("/plans/wuwei-145/coverage")),
        (
            "GET /plans/{plan}/service-areas",
            open("/plans/wuwei-145/service-areas"),
        ),
        ("GET /programmes", open("/programmes")),
        ("GET /programmes/{programme}", open("/programmes/wuwei-145.5")),
        ("GET /initiatives", open("/initiatives")),
        (
            "GET /initiatives/{initiative}",
            open(&format!("/initiatives/{}", w.initiative)),
        ),
        ("GET /commitments", open("/commitments")),
        (
            "GET /commitments/{commitment}",
            open(&format!("/commitments/{}", w.commitment)),
        ),
        ("GET /regions", open("/regions")),
        ("GET /vocabularies", open("/vocabularies")),
        ("GET /organisations", open("/organisations")),
        (
            "GET /organisations/{id}",
            open(&format!("/organisations/{RESPONSIBLE}")),
        ),
        (
            "POST /organisations",
            open("/organisations").with(
                json!({ "code": "not a code", "name": "某院", "kind": "institution",
                "parent": "minqin.health", "region": "620621" }),
            ),
        ),
        (
            "PATCH /organisations/{id}",
            open(&format!("/organisations/{RESPONSIBLE}")).with(json!({ "name": "改名" })),
        ),
        ("GET /users", open("/users?limit=200")),
        ("GET /users/{id}", about("/users/{}", &w.clerk)),
        (
            "POST /users",
            open("/users").with(
                json!({ "username": "nobody-yet", "display_name": "某人", "organisation": RESPONSIBLE, "plan": "nowhere",
                "role": "staff" }),
            ),
        ),
        (
            "PATCH /users/{id}",
            about("/users/{}", &w.clerk).with(json!({ "display_name": "改名" })),
        ),
        (
            "POST /users/{id}/reset-password",
            about("/users/{}/reset-password", &w.clerk).with(json!({})),
        ),
        ("GET /users/{id}/sessions", about("/users/{}/sessions", &w.clerk)),
        (
            "DELETE /users/{id}/sessions/{sid}",
            about(&format!("/users/{{}}/sessions/{}", uuid::Uuid::nil()), &w.clerk),
        ),
        ("GET /memberships", open("/memberships?limit=200")),
        ("GET /memberships/{id}", about("/memberships/{}", &w.membership)),
        (
            "POST /memberships",
            open("/memberships")
                .with(json!({ "user_id": w.clerk, "organisation": RESPONSIBLE, "role": "staff" })),
        ),
        (
            "POST /memberships/{id}/end",
            about("/memberships/{}/end", &w.membership).with(json!({ "reason": "调离" })),
        ),
        ("GET /projects", open("/projects?limit=200&programme=5")),
        ("GET /projects/{project}", about("/projects/{}", &w.project)),
        (
            "PATCH /projects/{project}",
            about("/projects/{}", &w.project).with(json!({ "title": "改名" })),
        ),
        (
            "GET /projects/{project}/history",
            about("/projects/{}/history", &w.project),
        ),
        (
            "GET /projects/{project}/milestones",
            about("/projects/{}/milestones", &w.project),
        ),
        (
            "POST /projects",
            open("/projects").with(json!({ "initiative": "wuwei-145.5-2", "slug": "matrix", "title": "新建", "kind": "castle",
                "due_on": "2025-12-31", "owners_confirmed": true, "owners": [{ "role": "responsible", "organisation": RESPONSIBLE }] })),
        ),
        (
            "POST /projects/{project}/milestones",
            about("/projects/{}/milestones", &w.project)
                .with(json!({ "slug": "matrix", "name": "新节点", "planned_on": "2025-01-01", "weight": "1" })),
        ),
        (
            "POST /projects/{project}/suspend",
            about("/projects/{}/suspend", &w.project)
                .with(json!({ "reason": "资金未到位", "review_on": "2024-06-01" })),
        ),
        (
            "POST /projects/{project}/resume",
            about("/projects/{}/resume", &w.project).with(json!({ "reason": "资金到位" })),
        ),
        (
            "POST /projects/{project}/split",
            about("/projects/{}/split", &w.project)
                .with(json!({ "reason": "另立", "parts": [{ "slug": "matrix-part", "title": "部分" }] })),
        ),
        (
            "POST /projects/{project}/merge",
            about("/projects/{}/merge", &w.project).with(json!({ "into": w.project, "reason": "合并" })),
        ),
        (
            "POST /projects/{project}/owners",
            about("/projects/{}/owners", &w.project).with(json!({ "organisation": LEAD })),
        ),
        (
            "POST /projects/{project}/owners/{role}/ask",
            about("/projects/{}/owners/lead/ask", &w.project).with(json!({})),
        ),
        (
            "POST /projects/{project}/owners/{owner}/end",
            about(
                &format!("/projects/{{}}/owners/{}/end", uuid::Uuid::nil()),
                &w.project,
            )
            .with(json!({ "reason": "职责调整" })),
        ),
        ("GET /comparison", open("/comparison?from=2023-12-31&programme=5")),
        ("GET /date-changes/by-project", open("/date-changes/by-project")),
        ("GET /milestones", open("/milestones?limit=200&programme=5")),
        (
            "GET /milestones/{milestone}",
            about("/milestones/{}", &w.milestones[0]),
        ),
        (
            "PATCH /milestones/{milestone}",
            about("/milestones/{}", &w.milestones[0]).with(json!({ "name": "改名" })),
        ),
        (
            "GET /milestones/{milestone}/history",
            about("/milestones/{}/history", &w.milestones[0]),
        ),
        (
            "POST /milestones/{milestone}/report",
            step("report").with(json!({ "actual_on": "2024-02-02" })),
        ),
        (
            "POST /milestones/{milestone}/withdraw",
            step("withdraw").with(json!({})),
        ),
        (
            "POST /milestones/{milestone}/verify",
            step("verify").with(json!({})),
        ),
        (
            "POST /milestones/{milestone}/return",
            step("return").with(json!({ "reason": "缺章" })),
        ),
        (
            "POST /milestones/{milestone}/reopen",
            step("reopen").with(json!({ "reason": "不属实" })),
        ),
        (
            "POST /milestones/{milestone}/evidence-files",
            about("/milestones/{}/evidence-files?name=a.pdf", &w.milestones[1]).with(json!({ "no": "file" })),
        ),
        (
            "GET /milestones/{milestone}/evidence-files",
            about("/milestones/{}/evidence-files", &w.milestones[1]),
        ),
        (
            "GET /evidence-files/{id}/content",
            about("/evidence-files/{}/content", &w.file),
        ),
        (
            "POST /milestones/report",
            open("/milestones/report").with(json!({ "items": [
                { "milestone_id": w.milestones[1], "version": 99, "actual_on": "2024-02-02" }] })),
        ),
        ("GET /confirmations", open("/confirmations?limit=200&programme=5")),
        (
            "POST /confirmations",
            open("/confirmations").with(json!({ "items": [
                { "kind": "weight", "milestone_id": w.milestones[1], "version": 99 }] })),
        ),
        (
            "POST /projects/{project}/owners/{role}/claim",
            about("/projects/{}/owners/responsible/claim", &w.project).with(json!({})),
        ),
        (
            "POST /projects/{project}/owners/{role}/dispute",
            about("/projects/{}/owners/lead/dispute", &w.project).with(json!({ "reason": "不归我委" })),
        ),
        ("GET /change-requests", open("/change-requests")),
        ("GET /date-changes", open("/date-changes")),
        (
            "GET /change-requests/{id}",
            about("/change-requests/{}", &w.change_request),
        ),
        (
            "POST /change-requests/{id}/withdraw",
            about("/change-requests/{}/withdraw", &w.change_request).with(json!({})),
        ),
        (
            "POST /change-requests/{id}/approve",
            about("/change-requests/{}/approve", &w.change_request).with(json!({})),
        ),
        (
            "POST /change-requests/{id}/reject",
            about("/change-requests/{}/reject", &w.change_request).with(json!({ "note": "理由不足" })),
        ),
        (
            "POST /milestones/{milestone}/change-requests",
            step("change-requests").with(json!({ "kind": "cancel_milestone", "reason": "合并" })),
        ),
        (
            "POST /projects/{project}/change-requests",
            about("/projects/{}/change-requests", &w.project)
                .with(json!({ "kind": "cancel_project", "reason": "合并" })),
        ),
        (
            "POST /initiatives/{initiative}/change-requests",
            open("/initiatives/wuwei-145.5-2/change-requests").with(json!({ "title": "民勤县中医院门诊楼", "kind": "new_build",
                "due_on": "2025-12-31", "region": "620621", "reason": "省级资金已安排",
                "owners": [{ "role": "responsible", "organisation": "minqin.peoples-hospital" }] })),
        ),
        ("GET /events", open("/events?limit=200")),
        (
            "GET /progress-reports",
            open("/progress-reports?limit=200&programme=5"),
        ),
        (
            "GET /progress-reports/{id}",
            about("/progress-reports/{}", &w.report),
        ),
        (
            "PATCH /progress-reports/{id}",
            about("/progress-reports/{}", &w.report)
                .with(json!({ "physical_percent": "6", "done_text": "改" })),
        ),
        (
            "POST /progress-reports/{id}/verify",
            about("/progress-reports/{}/verify", &w.report).with(json!({})),
        ),
        (
            "POST /progress-reports/{id}/return",
            about("/progress-reports/{}/return", &w.report).with(json!({ "reason": "不符" })),
        ),
        // A period that has not begun: nothing is filed.
        (
            "POST /progress-reports/file",
            open("/progress-reports/file").with(json!({ "items": [{ "project": HOSPITAL, "period": "2030-Q1",
                "physical_percent": "6", "done_text": "早" }] })),
        ),
        (
            "GET /projects/{project}/progress-reports",
            about("/projects/{}/progress-reports", &w.project),
        ),
        (
            "GET /projects/{project}/progress-reports/next",
            about("/projects/{}/progress-reports/next", &w.project),
        ),
        (
            "POST /projects/{project}/progress-reports",
            about("/projects/{}/progress-reports", &w.project)
                .with(json!({ "period": "2030-Q1", "physical_percent": "6", "done_text": "早" })),
        ),
        (
            "GET /projects/{project}/investment-plan",
            about("/projects/{}/investment-plan", &w.project),
        ),
        (
            "GET /projects/{project}/parts",
            about("/projects/{}/parts", &w.project),
        ),
        (
            "PUT /projects/{project}/parts",
            about("/projects/{}/parts", &w.project).with(json!({ "items": [] })),
        ),
        (
            "PUT /projects/{project}/investment-plan",
            about("/projects/{}/investment-plan", &w.project).with(json!({ "items": [] })),
        ),
        (
            "GET /plans/{plan}/reporting",
            open("/plans/wuwei-145/reporting"),
        ),
        (
            "PATCH /plans/{plan}/reporting",
            open("/plans/wuwei-145/reporting").with(json!({ "reporting_from": "2024-04-01" })),
        ),
        (
            "POST /plans/{plan}/reporting/freeze",
            open("/plans/wuwei-145/reporting/freeze").with(json!({ "month": "2030-01" })),
        ),
        (
            "POST /plans/{plan}/reporting/reopen",
            open("/plans/wuwei-145/reporting/reopen").with(json!({ "month": "2030-01", "reason": "更正" })),
        ),
        ("GET /reporting/owed", open("/reporting/owed?limit=200")),
        ("GET /reporting/organisations", open("/reporting/organisations")),
        ("GET /tallies", open("/tallies")),
        ("GET /projects/{project}/light", about("/projects/{}/light", &w.project)),
        (
            "POST /projects/{project}/light-overrides",
            about("/projects/{}/light-overrides", &w.project)
                .with(json!({ "light": "green", "reason": "已核查", "until_on": "2024-03-05" })),
        ),
        (
            "POST /projects/{project}/light-overrides/{id}/end",
            about(
                &format!("/projects/{{}}/light-overrides/{}/end", uuid::Uuid::nil()),
                &w.project,
            )
            .with(json!({ "reason": "已解决" })),
        ),
        ("GET /light-rule-sets", open("/light-rule-sets")),
        ("GET /plans/{plan}/light-rules", open("/plans/wuwei-145/light-rules")),
        (
            "POST /plans/{plan}/light-rules/preview",
            open("/plans/wuwei-145/light-rules/preview").with(json!({ "set": "wuhan" })),
        ),
        (
            "POST /plans/{plan}/light-rules",
            open("/plans/wuwei-145/light-rules").with(json!({ "set": "wuhan", "reason": "从严" })),
        ),
        ("GET /summary", open("/summary?months=2")),
        (
            "PATCH /commitments/{commitment}",
            open(&format!("/commitments/{}", w.commitment)).with(json!({ "owner": LEAD })),
        ),
        (
            "GET /commitments/{commitment}/allocations",
            open(&format!("/commitments/{}/allocations", w.commitment)),
        ),
        (
            "PUT /commitments/{commitment}/allocations",
            open(&format!("/commitments/{}/allocations", w.commitment)).with(json!({ "items": [] })),
        ),
        (
            "GET /commitments/{commitment}/observations",
            open(&format!("/commitments/{}/observations", w.commitment)),
        ),
        // No figure speaks of a day to come.
        (
            "POST /commitments/{commitment}/observations",
            open(&format!("/commitments/{}/observations", w.commitment))
                .with(json!({ "observed_on": "2030-12-31", "value": "1", "source": "年报" })),
        ),
        (
            "POST /observations/file",
            open("/observations/file").with(json!({ "items": [
                { "commitment": w.commitment, "observed_on": "2030-12-31", "value": "1", "source": "年报" }] })),
        ),
        (
            "GET /observations/{id}",
            about("/observations/{}", &w.observation),
        ),
        (
            "PATCH /observations/{id}",
            about("/observations/{}", &w.observation).with(json!({ "value": "2" })),
        ),
        (
            "POST /observations/confirm",
            open("/observations/confirm").with(json!({ "items": [{ "id": w.observation }] })),
        ),
        (
            "POST /observations/{id}/confirm",
            about("/observations/{}/confirm", &w.observation).with(json!({})),
        ),
        (
            "POST /observations/{id}/return",
            about("/observations/{}/return", &w.observation).with(json!({ "reason": "口径不符" })),
        ),
        (
            "GET /plans/{plan}/assessment",
            open("/plans/wuwei-145/assessment?stage=final"),
        ),
        (
            "GET /plans/{plan}/assessment.docx",
            open("/plans/wuwei-145/assessment.docx"),
        ),
        (
            "GET /plans/{plan}/carry-overs",
            open("/plans/wuwei-145/carry-overs"),
        ),
        (
            "POST /plans/{plan}/carry-overs",
            open("/plans/wuwei-145/carry-overs").with(json!({ "into": "nowhere", "reason": "未完成",
                "items": [{ "kind": "commitment", "code": w.commitment }] })),
        ),
        // There is no second plan here; proved in `commitments.rs`.
        (
            "GET /carry-overs/{id}",
            open(&format!("/carry-overs/{}", uuid::Uuid::nil())),
        ),
        (
            "PATCH /carry-overs/{id}",
            open(&format!("/carry-overs/{}", uuid::Uuid::nil())).with(json!({ "into_object": "x" })),
        ),
    ])
}

/// Routes that need no token, and why; proved in `auth.rs`.
const WITHOUT_TOKEN: [&str; 2] = ["POST /auth/login", "POST /auth/refresh"];
/// Ends the asker's own session, whoever he is; proved in `auth.rs`.
const ENDS_THE_ASKER: &str = "POST /auth/logout";

/// The operations of the document, as `METHOD /path` below `/api/v1`.
fn routes() -> BTreeSet<String> {
    let document = serde_json::to_value(guatu::app::openapi()).unwrap();
    let mut routes = BTreeSet::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for method in methods
            .as_object()
            .unwrap()
            .keys()
            .filter(|name| *name != "parameters")
        {
            let path = path.strip_prefix("/api/v1").unwrap_or(path);
            routes.insert(format!("{} {path}", method.to_uppercase()));
        }
    }
    routes
}

/// The statuses that the document names for a route.
fn documented(route: &str) -> BTreeSet<u16> {
    let document = serde_json::to_value(guatu::app::openapi()).unwrap();
    let (method, path) = route.split_once(' ').unwrap();
    let responses = &document["paths"][format!("/api/v1{path}")][method.to_lowercase()]["responses"];
    let responses = responses.as_object().unwrap();
    responses.keys().map(|status| status.parse().unwrap()).collect()
}

async fn ask(person: &Person<'_>, route: &str, path: &str, body: &Option<Value>) -> Reply {
    let method: Method = route.split(' ').next().unwrap().parse().unwrap();
    let key = fresh_key();
    let keyed = [("Idempotency-Key", key.as_str())];
    let headers: &[(&str, &str)] = if method == Method::POST { &keyed } else { &[] };
    person.send(method, path, body.clone(), headers).await
}

#[tokio::test(flavor = "multi_thread")]
async fn every_route_has_a_case_and_every_case_a_route() {
    let app = TestApp::start().await;
    let world = world(&app).await;
    let cases: BTreeSet<String> = cases(&world).keys().map(|route| (*route).to_owned()).collect();
    let mut known = cases.clone();
    known.extend(WITHOUT_TOKEN.map(str::to_owned));
    known.insert(ENDS_THE_ASKER.to_owned());
    let routes = routes();
    // What needs no token at all: proved in `public.rs`.
    known.extend(
        routes
            .iter()
            .filter(|route| route.starts_with("GET /public/"))
            .cloned(),
    );
    let without: Vec<_> = routes.difference(&known).collect();
    assert!(
        without.is_empty(),
        "say in `cases` how these are asked: {without:?}"
    );
    let gone: Vec<_> = known.difference(&routes).collect();
    assert!(gone.is_empty(), "no such route is in the document: {gone:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_gets_anything_without_a_token() {
    let app = TestApp::start().await;
    let world = world(&app).await;
    for (route, case) in cases(&world) {
        let reply = ask(&app.anonymous(), route, &case.path, &case.body).await;
        assert_eq!(reply.status, 401, "{route}: {}", reply.body);
        assert_eq!(reply.refused(401), "auth.required", "{route}");
    }
}

/// Bodies and headers alike, but for what names the request.
fn told(mut reply: Reply) -> (u16, BTreeMap<String, String>, Value) {
    if let Some(body) = reply.body.as_object_mut() {
        body.remove("trace_id");
    }
    for name in ["date", "x-trace-id"] {
        reply.headers.remove(name);
    }
    (reply.status, reply.headers, reply.body)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_another_county_has_is_as_if_it_were_not_there() {
    let app = TestApp::start().await;
    let world = world(&app).await;
    let secrets = [
        &world.project,
        &world.milestones[0],
        &world.milestones[1],
        &world.clerk,
        &world.change_request,
        &world.observation,
        &world.membership,
        &world.report,
        &"内部说明".to_owned(),
        &"minqin-peoples-hospital".to_owned(),
    ];
    for (organisation, roles) in [
        ("gulang", Role::ALL.to_vec()),
        ("gulang.health", vec![Role::Staff, Role::Reviewer]),
        (
            "wuwei.education",
            vec![Role::Staff, Role::Reviewer, Role::Observer],
        ),
    ] {
        for role in roles {
            let stranger = app.person(organisation, role).await;
            for (route, case) in cases(&world) {
                let reply = ask(&stranger, route, &case.path, &case.body).await;
                let asked = format!("{organisation}/{} {route}", role.as_str());
                assert!(reply.status < 500, "{asked}: {}", reply.body);
                let Some(absent) = &case.absent else {
                    let text = reply.body.to_string();
                    // His own session and the registry's organisations hold nothing of the project.
                    for secret in secrets {
                        assert!(!text.contains(secret.as_str()), "{asked} tells {secret}");
                    }
                    continue;
                };
                assert_ne!(reply.status, 200, "{asked}");
                let nothing = ask(&stranger, route, absent, &case.body).await;
                assert_eq!(told(reply), told(nothing), "{asked}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_ask_what_is_the_golden_table() {
    let app = TestApp::start().await;
    let world = world(&app).await;
    let mut persons: Vec<(String, Person<'_>)> = Vec::new();
    for (organisation, roles) in [
        (RESPONSIBLE, vec![Role::Staff, Role::Reviewer]),
        ("minqin.health", vec![Role::Staff, Role::Reviewer]),
        ("minqin", Role::ALL.to_vec()),
        (LEAD, vec![Role::Staff, Role::Reviewer]),
        ("wuwei.education", vec![Role::Reviewer]),
        ("gulang", vec![Role::Reviewer, Role::Planner, Role::Administrator]),
        ("wuwei", Role::ALL.to_vec()),
    ] {
        for role in roles {
            let person = app.person(organisation, role).await;
            persons.push((format!("{organisation}/{}", role.as_str()), person));
        }
    }
    let mut table = String::new();
    for (route, case) in cases(&world) {
        let mut by_status: BTreeMap<u16, Vec<&str>> = BTreeMap::new();
        for (name, person) in &persons {
            let reply = ask(person, route, &case.path, &case.body).await;
            by_status.entry(reply.status).or_default().push(name);
        }
        table.push_str(&format!("{route}\n"));
        for (status, names) in by_status {
            let told = documented(route);
            assert!(
                told.contains(&status),
                "{route} answers {status}, its document says {told:?}"
            );
            let names = if names.len() == persons.len() {
                "everybody".to_owned()
            } else {
                names.join(" ")
            };
            table.push_str(&format!("    {status} {names}\n"));
        }
    }
    insta::assert_snapshot!("matrix", table);
}
