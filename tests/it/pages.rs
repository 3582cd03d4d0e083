//! The pages, without scripts: signing in, each persona's work, and what must never happen.

use std::collections::BTreeMap;

use guatu::kernel::Role;
use serde_json::json;

use crate::support::surfer::Surfer;
use crate::support::{HOSPITAL, LEAD, RESPONSIBLE, TestApp, confirm};

/// A page of each kind, that a planner of the city sees.
fn pages(milestone: &str) -> Vec<String> {
    let mut all: Vec<String> = [
        "/",
        "/overview",
        "/overview?as_of=2024-03-01",
        "/overdue",
        "/overdue?region=620621&days_overdue_min=1",
        "/projects",
        "/projects?programme=5&region=620621&sort=name&q=医院",
        "/projects?kind=new_build&overdue=false",
        "/commitments",
        "/commitments?standing=no_data&nature=binding",
        "/commitments/wuwei-145.1.new-urban-jobs",
        "/plans/wuwei-145/assessment",
        "/plans/wuwei-145/assessment?stage=final&as_of=2024-03-01",
        "/plans/wuwei-145/observations/waiting",
        "/plans/wuwei-145/carry-overs",
        "/plans/wuwei-145",
        "/plans/wuwei-145/1",
        "/plans/wuwei-145/5",
        "/plans/wuwei-145/5/confirm",
        "/plans/wuwei-145/5/new",
        "/plans/wuwei-145/5/new?initiative=wuwei-145.5-2",
        "/plans/wuwei-145/lights",
        "/projects?light=yellow&light=grey",
        "/changes",
        "/changes?state=approved",
        "/comparison",
        "/comparison?from=2023-12-31&to=2024-02-29",
        "/log",
        "/log?kind=plan.loaded",
        "/acting",
        "/reports",
        "/reports?month=2024-02",
        "/password",
        "/public",
        "/public/plans/wuwei-145/5",
    ]
    .map(str::to_owned)
    .to_vec();
    all.push(format!("/projects/{HOSPITAL}"));
    all.push(format!("/projects/{HOSPITAL}/manage"));
    all.push(format!("/projects/{HOSPITAL}/reports/2024-Q1"));
    all.push(format!("/public/projects/{HOSPITAL}"));
    all.push(format!("/milestones/{milestone}"));
    all
}

/// The hospital with one overdue milestone; the milestone's id.
async fn overdue(app: &TestApp) -> String {
    let planner = app.planner().await;
    let confirmed = confirm(&planner, HOSPITAL, &BTreeMap::from([(1, "2024-02-01")])).await;
    confirmed.milestones[0]["id"].as_str().unwrap().to_owned()
}

async fn state_of(app: &TestApp, milestone: &str) -> String {
    let planner = app.planner().await;
    let found = planner.get(&format!("/milestones/{milestone}")).await.expect(200);
    found["state"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_signs_in_goes_where_he_was_going_and_signs_out() {
    let app = TestApp::start().await;
    let (username, password) = app.account(RESPONSIBLE, Role::Staff).await;
    let surfer = app.surfer();
    let sent = surfer.get("/projects?programme=5").await;
    assert_eq!(sent.leads_to(), "/sign-in?next=%2Fprojects%3Fprogramme%3D5");
    let form = surfer
        .get("/sign-in?next=%2Fprojects%3Fprogramme%3D5")
        .await
        .expect(200);
    assert_eq!(form.hidden("next").unwrap(), "/projects?programme=5");
    // A wrong password: told in the form, what was typed stays, and nothing is said of whether the user exists.
    for name in [username.as_str(), "nobody-here"] {
        let wrong = surfer
            .send(
                "/sign-in",
                &[
                    ("username", name),
                    ("password", "wrong-wrong-wrong"),
                    ("next", "/"),
                ],
            )
            .await
            .expect(401);
        assert!(wrong.has("用户名或密码不正确") && wrong.has(&format!("value=\"{name}\"")));
        assert!(wrong.has("href=\"#f-username\"") && wrong.has("id=\"f-username\""));
    }
    let empty = surfer
        .send("/sign-in", &[("username", ""), ("password", "")])
        .await
        .expect(400);
    assert!(empty.has("有 2 处需要更正"), "{}", empty.text);
    let right = surfer
        .send(
            "/sign-in",
            &[
                ("username", &username),
                ("password", &password),
                ("next", "/projects?programme=5"),
            ],
        )
        .await;
    assert_eq!(right.leads_to(), "/projects?programme=5");
    let cookie = &right.cookies[0];
    assert!(
        cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax") && cookie.contains("Path=/"),
        "{cookie}"
    );
    let page = surfer.get("/projects?programme=5").await.expect(200);
    assert!(page.has("民勤县人民医院"));
    assert_eq!(page.headers["cache-control"], "private, no-store");
    let secret = surfer.cookie("guatu_session").unwrap();
    // The cookie is no token of the API, and a token no cookie of the pages.
    let api = app.with_token(&secret).get("/projects").await;
    assert_eq!(api.status, 401);
    let token = app.sign_in(&username, &password).await.token.unwrap();
    let other = app.surfer();
    other.set_cookie("guatu_session", &token);
    assert_eq!(other.get("/projects").await.status, 303);
    let out = surfer.send("/sign-out", &[]).await;
    assert_eq!(out.leads_to(), "/sign-in?done=signed-out");
    assert_eq!(out.headers["clear-site-data"], "\"cache\"");
    // The secret serves nobody any more, whoever kept it.
    other.set_cookie("guatu_session", &secret);
    assert_eq!(other.get("/projects").await.status, 303);
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_in_leads_to_no_other_site_and_over_tls_the_cookie_is_for_tls() {
    let app = TestApp::start().await;
    let (username, password) = app.account(RESPONSIBLE, Role::Staff).await;
    for next in [
        "//evil.example/",
        "https://evil.example/",
        "/\\evil.example",
        "\\\\evil",
        "/\t/evil.example",
    ] {
        let surfer = app.surfer();
        surfer.get("/sign-in").await;
        let answer = surfer
            .send(
                "/sign-in",
                &[("username", &username), ("password", &password), ("next", next)],
            )
            .await;
        assert_eq!(answer.leads_to(), "/", "{next}");
    }
    let proxied = app.proxied().await;
    let surfer = proxied.surfer();
    surfer.get("/sign-in").await;
    let form = surfer
        .get_with("/sign-in", &[("x-forwarded-proto", "https")])
        .await;
    let token = form.hidden("_csrf").unwrap();
    let fields = [
        ("_csrf", token.as_str()),
        ("username", &username),
        ("password", &password),
    ];
    let answer = surfer
        .post("/sign-in", &fields, &[("x-forwarded-proto", "https")])
        .await;
    assert!(answer.cookies[0].contains("Secure"), "{:?}", answer.cookies);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_was_given_his_password_chooses_his_own_first() {
    let app = TestApp::start().await;
    let city = app.person("wuwei", Role::Administrator).await;
    let made = city
        .post(
            "/users",
            json!({ "username": "new-clerk", "display_name": "新人", "organisation": RESPONSIBLE, "role": "staff" }),
        )
        .await
        .expect(201);
    let given = made["password"].as_str().unwrap();
    let surfer = app.surfer();
    surfer.get("/sign-in").await;
    let answer = surfer
        .send("/sign-in", &[("username", "new-clerk"), ("password", given)])
        .await;
    assert_eq!(answer.leads_to(), "/password");
    assert_eq!(surfer.get("/projects").await.leads_to(), "/password");
    surfer.get("/password").await.expect(200);
    let faults = surfer
        .send(
            "/password",
            &[
                ("old_password", given),
                ("new_password", "long-enough-17"),
                ("again", "other"),
            ],
        )
        .await
        .expect(400);
    assert!(faults.has("两次输入的不一致") && faults.has("id=\"e-again\""));
    let short = surfer
        .send(
            "/password",
            &[
                ("old_password", given),
                ("new_password", "short"),
                ("again", "short"),
            ],
        )
        .await
        .expect(422);
    assert!(short.has("id=\"e-new_password\""), "{}", short.text);
    let fields = [
        ("old_password", given),
        ("new_password", "a-good-password-17"),
        ("again", "a-good-password-17"),
    ];
    assert_eq!(
        surfer.send("/password", &fields).await.leads_to(),
        "/?done=password"
    );
    surfer.get("/projects").await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_form_without_its_token_is_refused_and_nothing_is_done() {
    let app = TestApp::start().await;
    let milestone = overdue(&app).await;
    let surfer = app.visitor(RESPONSIBLE, Role::Staff).await;
    let other = app.visitor(RESPONSIBLE, Role::Staff).await;
    let foreign = other
        .get(&format!("/milestones/{milestone}"))
        .await
        .hidden("_csrf")
        .unwrap();
    let page = surfer.get(&format!("/milestones/{milestone}")).await.expect(200);
    let (own, version) = (page.hidden("_csrf").unwrap(), page.hidden("version").unwrap());
    assert_ne!(own, foreign);
    let filled = |path: &str| {
        path.replace("{id}", &milestone)
            .replace("{project}", HOSPITAL)
            .replace("{role}", "responsible")
            .replace("{plan}", "wuwei-145")
            .replace("{commitment}", "wuwei-145.1.new-urban-jobs")
            .replace("{number}", "5")
            .replace("{period}", "2024-Q1")
    };
    let fields = [
        ("version", version.as_str()),
        ("actual_on", "2024-02-20"),
        ("pick", &format!("{milestone}:{version}")),
        ("reason", "理由"),
    ];
    for path in guatu::web::FORMS {
        let path = filled(path);
        if path.ends_with("/evidence") {
            // A form of another kind, which is no form here at all; with files it is tried in `evidence.rs`.
            assert_eq!(surfer.post(&path, &fields, &[]).await.status, 415);
            continue;
        }
        for token in [None, Some(""), Some("0"), Some(foreign.as_str())] {
            let mut all = fields.to_vec();
            all.extend(token.map(|token| ("_csrf", token)));
            let refused = surfer.post(&path, &all, &[]).await;
            assert_eq!(refused.status, 403, "{path} {token:?}");
            assert!(refused.has("表单已过期"), "{path}");
        }
        let mut all = fields.to_vec();
        all.push(("_csrf", own.as_str()));
        let across = surfer
            .post(&path, &all, &[("sec-fetch-site", "cross-site")])
            .await;
        assert_eq!(across.status, 403, "{path} from another site");
    }
    assert_eq!(state_of(&app, &milestone).await, "pending");
    // And every form that the pages hold is in the list.
    for page in pages(&milestone) {
        let text = app.visitor("wuwei", Role::Planner).await.get(&page).await.text;
        for form in text.split("<form ").skip(1) {
            let tag = form.split('>').next().unwrap();
            if tag.contains("method=\"post\"") {
                let action = tag.split("action=\"").nth(1).unwrap().split('"').next().unwrap();
                let known = guatu::web::FORMS.iter().any(|known| fits(known, action));
                assert!(known, "{action} of {page} stands in no list");
                let body = form.split("</form>").next().unwrap();
                assert!(body.contains("name=\"_csrf\""), "{action} of {page} has no token");
            }
        }
    }
}

fn fits(template: &str, path: &str) -> bool {
    let (wanted, found): (Vec<&str>, Vec<&str>) = (template.split('/').collect(), path.split('/').collect());
    wanted.len() == found.len()
        && wanted
            .iter()
            .zip(&found)
            .all(|(wanted, found)| wanted == found || wanted.starts_with('{'))
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_is_ours_alone_small_and_without_a_word_of_script_in_it() {
    let app = TestApp::start().await;
    let milestone = overdue(&app).await;
    let planner = app.visitor("wuwei", Role::Planner).await;
    for path in pages(&milestone) {
        let page = planner.get(&path).await.expect(200);
        let policy = &page.headers["content-security-policy"];
        for rule in [
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "frame-ancestors 'none'",
            "base-uri 'none'",
        ] {
            assert!(policy.contains(rule), "{path} {policy}");
        }
        assert!(!policy.contains("unsafe"));
        assert_eq!(page.headers["x-frame-options"], "DENY");
        assert_eq!(page.headers["x-content-type-options"], "nosniff");
        for bad in [
            " style=",
            " onclick=",
            " onsubmit=",
            "javascript:",
            "http://",
            "https://",
            "<script>",
        ] {
            assert!(!page.text.contains(bad), "{path} holds {bad}");
        }
        let packed = planner.get_with(&path, &[("accept-encoding", "gzip")]).await;
        assert_eq!(packed.headers["content-encoding"], "gzip", "{path}");
        assert!(packed.size <= 60 * 1024, "{path} is {} bytes packed", packed.size);
    }
    let page = planner.get("/").await.text;
    for ending in [".css\"", ".js\""] {
        let address = page
            .split('"')
            .find(|part| part.starts_with("/static/") && format!("{part}\"").ends_with(ending))
            .unwrap();
        let asset = planner.get(address).await.expect(200);
        assert!(asset.headers["cache-control"].contains("immutable"));
        assert!(asset.text.len() <= 30 * 1024 && (ending != ".js\"" || asset.text.len() <= 15 * 1024));
    }
    planner.get("/static/guatu-000000000000.css").await.expect(404);
    planner.get("/nowhere").await.expect(404);
    planner.get("/projects?nonsense=1").await.expect(400);
    planner.get("/projects?cursor=abc").await.expect(400);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clerk_reports_a_reviewer_verifies_and_a_returned_one_comes_back() {
    let app = TestApp::start().await;
    let milestone = overdue(&app).await;
    let clerk = app.visitor(RESPONSIBLE, Role::Staff).await;
    let todo = clerk.get("/").await.expect(200);
    assert!(
        todo.has("逾期 29 天") && todo.has("已逾期，尚未上报（1）"),
        "{}",
        todo.text
    );
    let pick = format!("{milestone}:2");
    assert!(todo.has(&format!("value=\"{pick}\"")));
    // In the future, and nothing ticked: told beside the fields, what was typed stays.
    let wrong = clerk
        .send(
            "/milestones/report",
            &[
                ("pick", &pick),
                ("actual_on", "2024-03-02"),
                ("note", "已批<b>复</b>"),
            ],
        )
        .await
        .expect(422);
    assert!(
        wrong.has("实际完成日期不能晚于今天") && wrong.has("value=\"2024-03-02\"") && wrong.has(" checked")
    );
    assert!(wrong.has("已批&#60;b&#62;复"), "{}", wrong.text);
    let none = clerk
        .send("/milestones/report", &[("actual_on", "2024-02-20")])
        .await
        .expect(400);
    assert!(none.has("href=\"#f-pick\""));
    let stale = clerk
        .send(
            "/milestones/report",
            &[("pick", &format!("{milestone}:1")), ("actual_on", "2024-02-20")],
        )
        .await;
    assert_eq!(stale.status, 412);
    assert!(stale.has("内容已被他人修改"));
    let done = clerk
        .send(
            "/milestones/report",
            &[("pick", &pick), ("actual_on", "2024-02-20"), ("note", "已批复")],
        )
        .await;
    assert_eq!(done.leads_to(), "/?done=reported");
    assert!(
        clerk
            .get("/?done=reported")
            .await
            .expect(200)
            .has("已上报，等待核验。")
    );
    assert_eq!(state_of(&app, &milestone).await, "reported");
    // The lead's reviewer sees both sides, must say why he returns it, returns it.
    let reviewer = app.visitor(LEAD, Role::Reviewer).await;
    assert!(reviewer.get("/").await.expect(200).has("待我核验（1）"));
    let page = reviewer
        .get(&format!("/milestones/{milestone}"))
        .await
        .expect(200);
    assert!(page.has("已批复") && page.has("核验属实") && page.has("2024-02-20"));
    let version = page.hidden("version").unwrap();
    let path = format!("/milestones/{milestone}/return");
    let silent = reviewer
        .send(&path, &[("version", &version), ("reason", " ")])
        .await
        .expect(400);
    assert!(silent.has("id=\"e-reason\""));
    let back = reviewer
        .send(&path, &[("version", &version), ("reason", "缺批复文件")])
        .await;
    assert_eq!(back.leads_to(), format!("/milestones/{milestone}?done=returned"));
    let clerks = clerk.get("/").await;
    assert!(clerks.has("退回和重开，须重新上报（1）") && clerks.has("缺批复文件"));
    // Reported again with its proof, verified, and the next one of the list at once.
    let page = clerk.get(&format!("/milestones/{milestone}")).await;
    let version = page.hidden("version").unwrap();
    let half = clerk
        .send(
            &format!("/milestones/{milestone}/report"),
            &[
                ("version", &version),
                ("actual_on", "2024-02-20"),
                ("reference-0", "民卫发〔2024〕1号"),
            ],
        )
        .await
        .expect(422);
    assert!(half.has("id=\"e-kind-0\"") && half.has("民卫发〔2024〕1号"));
    let fields = [
        ("version", version.as_str()),
        ("actual_on", "2024-02-20"),
        ("kind-0", "批复"),
        ("reference-0", "民卫发〔2024〕1号"),
        ("then", "todo"),
    ];
    let again = clerk
        .send(&format!("/milestones/{milestone}/report"), &fields)
        .await;
    assert_eq!(again.leads_to(), "/?done=reported");
    let page = reviewer.get(&format!("/milestones/{milestone}")).await;
    assert!(page.has("批复：民卫发〔2024〕1号"));
    let fields = [("version", page.hidden("version").unwrap())];
    let fields: Vec<(&str, &str)> = fields
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    let verified = reviewer
        .send(&format!("/milestones/{milestone}/verify"), &fields)
        .await;
    assert_eq!(
        verified.leads_to(),
        format!("/milestones/{milestone}?done=verified")
    );
    // On the page the button leads on to the next report that waits; there is none.
    assert!(page.has("name=\"then\" value=\"next\""));
    assert_eq!(state_of(&app, &milestone).await, "verified");
    let planner = app.planner().await;
    let history = planner
        .get(&format!("/milestones/{milestone}/history"))
        .await
        .expect(200);
    let events = history["data"].as_array().unwrap();
    assert!(
        events
            .iter()
            .any(|event| event["kind"] == "milestone.verified" && event["door"] == "page")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_shows_nothing_and_does_nothing_that_the_api_would_not() {
    let app = TestApp::start().await;
    let milestone = overdue(&app).await;
    let foreign = app.visitor("gulang", Role::Planner).await;
    for path in [
        format!("/projects/{HOSPITAL}"),
        format!("/milestones/{milestone}"),
    ] {
        let page = foreign.get(&path).await.expect(404);
        assert!(!page.has("民勤县人民医院"));
    }
    for path in [
        "/",
        "/overview",
        "/overdue",
        "/projects",
        "/plans/wuwei-145/5",
        "/plans/wuwei-145/5/confirm",
        "/changes",
    ] {
        let page = foreign.get(path).await.expect(200);
        // The plan's own words are everybody's; the project behind them is not.
        assert!(!page.has(HOSPITAL), "{path}");
    }
    let refused = foreign
        .send(
            &format!("/milestones/{milestone}/report"),
            &[("version", "2"), ("actual_on", "2024-02-20")],
        )
        .await;
    assert_eq!(refused.status, 404);
    // In sight, but not his to report: the page has no form for it, and the form that is made up is refused.
    let supervisor = app.visitor("wuwei", Role::Supervisor).await;
    let page = supervisor
        .get(&format!("/milestones/{milestone}"))
        .await
        .expect(200);
    assert!(!page.has("/report\""));
    supervisor.get("/").await;
    let refused = supervisor
        .send(
            &format!("/milestones/{milestone}/report"),
            &[("version", "2"), ("actual_on", "2024-02-20")],
        )
        .await;
    assert_eq!(refused.status, 403);
    assert_eq!(state_of(&app, &milestone).await, "pending");
    for path in ["/admin", "/admin/organisations"] {
        assert_eq!(supervisor.get(path).await.status, 403, "{path}");
    }
    let unknown = uuid::Uuid::nil();
    supervisor
        .get(&format!("/milestones/{unknown}"))
        .await
        .expect(404);
    // The counts of the wall are of what is in sight.
    let own = app.visitor(RESPONSIBLE, Role::Staff).await;
    let wall = own.get("/overview").await;
    assert!(wall.has("民勤县") && !wall.has("古浪县"), "{}", wall.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_texts_stay_texts_wherever_they_are_shown() {
    let app = TestApp::start().await;
    let milestone = overdue(&app).await;
    let planner = app.planner().await;
    let hostile = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>";
    let version = planner.get(&format!("/projects/{HOSPITAL}")).await.expect(200)["version"]
        .as_i64()
        .unwrap();
    planner
        .patch(
            &format!("/projects/{HOSPITAL}"),
            version,
            json!({ "title": hostile, "description": hostile, "components": [hostile], "doubt": hostile }),
        )
        .await
        .expect(200);
    let clerk = app.person(RESPONSIBLE, Role::Staff).await;
    clerk
        .post_seen(
            &format!("/milestones/{milestone}/report"),
            2,
            json!({ "actual_on": "2024-02-20", "note": hostile, "evidence": [{ "kind": hostile, "reference": "javascript:alert(3)" }] }),
        )
        .await
        .expect(200);
    let surfer = app.visitor("wuwei", Role::Planner).await;
    let query = "%3Cscript%3Ealert(1)%3C/script%3E%22%27%3E";
    let mut all = pages(&milestone);
    for path in [
        "/projects?q=",
        "/overdue?q=",
        "/sign-in?next=",
        "/projects?col=",
        "/?done=",
    ] {
        all.push(format!("{path}{query}"));
    }
    for path in all {
        let page = surfer.get(&path).await;
        for bad in ["<script>", "<img", "onerror=alert(2)>", "\"'>"] {
            assert!(!page.text.contains(bad), "{path} holds {bad}");
        }
    }
    let shown = surfer.get(&format!("/milestones/{milestone}")).await;
    assert!(
        shown.has("alert(1)") && !shown.has("href=\"javascript:"),
        "the text itself is there"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_planner_confirms_a_box_and_an_owner_speaks_for_himself() {
    let app = TestApp::start().await;
    // The proposed owner disputes, with a word of why.
    let reviewer = app.visitor(RESPONSIBLE, Role::Reviewer).await;
    let page = reviewer.get(&format!("/projects/{HOSPITAL}")).await.expect(200);
    assert!(page.has("推定是您单位"));
    let path = format!("/projects/{HOSPITAL}/owners/responsible");
    let silent = reviewer
        .send(&format!("{path}/dispute"), &[("version", "1")])
        .await
        .expect(400);
    assert!(silent.has("必填"));
    let said = reviewer
        .send(
            &format!("{path}/dispute"),
            &[
                ("version", "1"),
                ("reason", "已移交"),
                ("organisation", "minqin.health"),
            ],
        )
        .await;
    assert_eq!(said.leads_to(), format!("/projects/{HOSPITAL}?done=disputed"));
    let planner = app.visitor("wuwei", Role::Planner).await;
    let bench = planner.get("/plans/wuwei-145/5/confirm").await.expect(200);
    assert!(
        bench.has("有异议：已移交（建议 民勤县卫生健康局，minqin.health）"),
        "{}",
        bench.text
    );
    let api = app.planner().await;
    let project = api.get(&format!("/projects/{HOSPITAL}")).await.expect(200);
    let id = project["id"].as_str().unwrap();
    let steps = api
        .get(&format!("/projects/{HOSPITAL}/milestones"))
        .await
        .expect(200);
    let mut fields: Vec<(String, String)> = vec![("pick".into(), id.into())];
    for owner in project["owners"].as_array().unwrap() {
        let key = format!("{id}-{}", owner["role"].as_str().unwrap());
        let code = owner["organisation"]["code"].as_str().unwrap();
        fields.push((format!("owner-{key}"), code.into()));
        fields.push((format!("seen-{key}"), owner["version"].to_string()));
    }
    for step in steps["data"].as_array().unwrap() {
        let step_id = step["id"].as_str().unwrap();
        fields.push((format!("step-{id}"), step_id.into()));
        fields.push((format!("seen-{step_id}"), step["version"].to_string()));
        fields.push((format!("date-{step_id}"), "2024-02-10".into()));
        fields.push((format!("weight-{step_id}"), "30".into()));
    }
    fn pairs(fields: &[(String, String)]) -> Vec<(&str, &str)> {
        fields
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect()
    }
    let path = "/plans/wuwei-145/5/confirm";
    // A date that is none, an owner that is none, nothing ticked: said, nothing is done, what was typed stays.
    let mut wrong = fields.clone();
    let at = wrong
        .iter()
        .position(|(name, _)| name.starts_with("date-"))
        .unwrap();
    wrong[at].1 = "2024-13-40".into();
    let refused = planner.send(path, &pairs(&wrong)).await.expect(422);
    assert!(
        refused.has("日期格式不对") && refused.has("2024-13-40"),
        "{}",
        refused.text
    );
    let mut wrong = fields.clone();
    let at = wrong
        .iter()
        .position(|(name, _)| name.starts_with("owner-"))
        .unwrap();
    wrong[at].1 = "nobody".into();
    let refused = planner.send(path, &pairs(&wrong)).await;
    assert!(
        refused.status >= 400 && refused.has("找不到所指的对象") && refused.has("value=\"nobody\""),
        "{}",
        refused.text
    );
    assert!(planner.send(path, &[]).await.expect(422).has("必填"));
    let unchanged = api.get(&format!("/projects/{HOSPITAL}")).await.expect(200);
    assert_eq!(unchanged["owners"][0]["basis"], "inferred");
    let done = planner.send(path, &pairs(&fields)).await;
    assert_eq!(done.leads_to(), format!("{path}?done=confirmed"));
    let project = api.get(&format!("/projects/{HOSPITAL}")).await.expect(200);
    assert_eq!(
        (project["unconfirmed"].as_bool(), project["days_overdue"].as_i64()),
        (Some(false), Some(20))
    );
    // Late, he asks for a later date; the planner agrees, on the page.
    let milestone = steps["data"][0]["id"].as_str().unwrap();
    let page = reviewer
        .get(&format!("/milestones/{milestone}"))
        .await
        .expect(200);
    assert!(page.has("申请调整时间"));
    let version = page.hidden("version").unwrap();
    let path = format!("/milestones/{milestone}/postpone");
    let silent = reviewer
        .send(&path, &[("version", &version), ("planned_on", "2024-06-30")])
        .await
        .expect(400);
    assert!(silent.has("id=\"e-why\"") && silent.has("value=\"2024-06-30\""));
    let fields = [
        ("version", version.as_str()),
        ("planned_on", "2024-06-30"),
        ("why", "设计变更"),
    ];
    assert_eq!(
        reviewer.send(&path, &fields).await.leads_to(),
        format!("/milestones/{milestone}?done=asked")
    );
    let open = planner.get("/changes").await.expect(200);
    assert!(open.has("设计变更") && open.has("+141 天") && open.has("同意并生效"));
    let action = open
        .text
        .split("action=\"")
        .find(|part| part.contains("/approve"))
        .unwrap();
    let approve = action.split('"').next().unwrap().to_owned();
    let silent = planner
        .send(&approve.replace("/approve", "/reject"), &[("version", "1")])
        .await
        .expect(400);
    assert!(silent.has("必填"));
    planner.send(&approve, &[("version", "1")]).await.expect(303);
    assert!(
        planner
            .get(&format!("/projects/{HOSPITAL}"))
            .await
            .expect(200)
            .has("计划调整（延期台账）")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn every_filter_is_a_link_and_pages_go_both_ways() {
    let app = TestApp::start().await;
    let planner = app.visitor("wuwei", Role::Planner).await;
    let first = planner.get("/projects?sort=name").await.expect(200);
    assert!(first.has("共 257 个项目") && !first.has("上一页"));
    let link = |page: &crate::support::surfer::Shown, rel: &str| {
        let tag = page
            .text
            .split("<a class=\"button second\"")
            .find(|part| part.contains(&format!("rel=\"{rel}\"")));
        let href = tag?.split("href=\"").nth(1)?.split('"').next()?;
        Some(href.replace("&#38;", "&").replace("&amp;", "&"))
    };
    let titles = |page: &crate::support::surfer::Shown| -> Vec<String> {
        page.text
            .split("<td class=\"title\"><a href=\"/projects/")
            .skip(1)
            .map(|part| part.split('"').next().unwrap().to_owned())
            .collect()
    };
    let mut seen = titles(&first);
    let mut page = first.clone();
    let mut passed = vec![titles(&first)];
    while let Some(next) = link(&page, "next") {
        page = planner.get(&next).await.expect(200);
        passed.push(titles(&page));
        seen.extend(titles(&page));
    }
    assert_eq!((seen.len(), passed.len()), (257, 6));
    passed.pop();
    while let Some(before) = link(&page, "prev") {
        page = planner.get(&before).await.expect(200);
        assert_eq!(titles(&page), passed.pop().unwrap());
    }
    assert!(passed.is_empty());
    // A facet is a link to the list that it counts; chosen once more it is off.
    let href = first
        .text
        .split("<a href=\"")
        .find(|part| part.starts_with("/projects?") && part.contains("region=620621"))
        .unwrap();
    let count = href
        .split("<span>")
        .nth(2)
        .unwrap()
        .split('<')
        .next()
        .unwrap()
        .to_owned();
    let href = href
        .split('"')
        .next()
        .unwrap()
        .replace("&#38;", "&")
        .replace("&amp;", "&");
    let narrowed = planner.get(&href).await.expect(200);
    assert!(
        narrowed.has(&format!("共 {count} 个项目")) && narrowed.has("地点：民勤县"),
        "{href}"
    );
    let none = planner.get("/projects?q=没有这样的项目").await.expect(200);
    assert!(none.has("没有符合条件的项目"));
    assert!(
        planner
            .get("/projects?col=lead&col=kind")
            .await
            .expect(200)
            .has("<th scope=\"col\">牵头单位</th>")
    );
    // A cell of the wall leads to just its projects.
    let wall = planner.get("/overview").await;
    for part in wall.text.split("<a class=\"cell ").skip(1).step_by(7) {
        let href = part.split("href=\"").nth(1).unwrap().split('"').next().unwrap();
        let href = href.replace("&#38;", "&").replace("&amp;", "&");
        let count = part.split("<b>").nth(1).unwrap().split('<').next().unwrap();
        let list = planner.get(&href).await.expect(200);
        assert!(list.has(&format!("共 {count} 个项目")), "{href} {count}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_keeps_a_filter_under_a_name_for_himself_alone() {
    let app = TestApp::start().await;
    let (username, password) = app.account("wuwei", Role::Supervisor).await;
    let surfer = app.surfer();
    surfer.sign_in(&username, &password).await;
    surfer
        .get("/projects?region=620621&programme=5&cursor=")
        .await
        .expect(200);
    let query = "region=620621&programme=5&cursor=abc&done=saved";
    let fields = [("page", "projects"), ("name", "民勤<医疗>"), ("query", query)];
    let saved = surfer.send("/saved-filters", &fields).await;
    assert_eq!(saved.leads_to(), "/projects?region=620621&programme=5");
    let page = surfer.get("/projects").await.expect(200);
    assert!(
        page.has("★ 民勤&#60;医疗&#62;") && page.has("/projects?region=620621&#38;programme=5"),
        "{}",
        page.text
    );
    // The same name again stands for the new one; another page has its own.
    let fields = [("page", "projects"), ("name", "民勤<医疗>"), ("query", "q=医院")];
    surfer.send("/saved-filters", &fields).await.expect(303);
    let page = surfer.get("/projects").await;
    assert_eq!(page.text.matches("★ ").count(), 1);
    assert!(!surfer.get("/overdue").await.expect(200).has("★ "));
    let other = app.visitor("wuwei", Role::Supervisor).await;
    assert!(!other.get("/projects").await.expect(200).has("★ "));
    for (page, name, status) in [
        ("nowhere", "x", 404),
        ("projects", "", 400),
        ("projects", &"长".repeat(61), 400),
    ] {
        let fields = [("page", page), ("name", name), ("query", "")];
        assert_eq!(
            surfer.send("/saved-filters", &fields).await.status,
            status,
            "{page} {name}"
        );
    }
    for number in 0..60 {
        let name = format!("筛选{number}");
        let kept = surfer
            .send(
                "/saved-filters",
                &[("page", "overdue"), ("name", &name), ("query", "")],
            )
            .await;
        assert_eq!(kept.status, if number < 50 { 303 } else { 409 }, "{number}");
    }
    let gone = [("page", "projects"), ("name", "民勤<医疗>")];
    assert_eq!(
        surfer.send("/saved-filters/remove", &gone).await.leads_to(),
        "/projects"
    );
    assert!(!surfer.get("/projects").await.expect(200).has("★ "));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_keeps_users_within_his_reach() {
    let app = TestApp::start().await;
    let admin = app.visitor("minqin", Role::Administrator).await;
    let page = admin.get("/admin").await.expect(200);
    assert!(page.has("新建用户"));
    let faults = admin
        .send(
            "/admin/users",
            &[
                ("username", "Bad Name"),
                ("display_name", ""),
                ("organisation", RESPONSIBLE),
            ],
        )
        .await
        .expect(400);
    for field in ["username", "display_name", "role"] {
        assert!(faults.has(&format!("id=\"e-{field}\"")), "{field}");
    }
    let fields = [
        ("username", "li.si"),
        ("display_name", "李四"),
        ("organisation", RESPONSIBLE),
        ("role", "staff"),
    ];
    let made = admin.send("/admin/users", &fields).await.expect(201);
    let password = made
        .text
        .split("<code>")
        .nth(1)
        .unwrap()
        .split('<')
        .next()
        .unwrap()
        .to_owned();
    let taken = admin.send("/admin/users", &fields).await.expect(409);
    assert!(taken.has("id=\"e-username\"") && taken.has("value=\"li.si\""));
    let beyond = [
        ("username", "wang.wu"),
        ("display_name", "王五"),
        ("organisation", "gulang"),
        ("role", "staff"),
    ];
    assert_eq!(admin.send("/admin/users", &beyond).await.status, 403);
    // He signs in with it, once he has chosen his own.
    let clerk = app.surfer();
    clerk.get("/sign-in").await;
    let entered = clerk
        .send("/sign-in", &[("username", "li.si"), ("password", &password)])
        .await;
    assert_eq!(entered.leads_to(), "/password");
    let found = admin.get("/admin?q=李四").await.expect(200);
    let id = found
        .text
        .split("/admin/users/")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap()
        .to_owned();
    let user = |word: &str| format!("/admin/users/{id}{word}");
    let page = admin.get(&user("")).await.expect(200);
    let silent = admin
        .send(&user("/disable"), &[("version", "1"), ("disabled", "yes")])
        .await
        .expect(400);
    assert!(silent.has("id=\"e-disabled_reason\""));
    let granted = admin
        .send(
            &user("/grant"),
            &[("organisation", RESPONSIBLE), ("role", "reviewer")],
        )
        .await;
    assert_eq!(granted.leads_to(), user("?done=saved"));
    let membership = page.hidden("membership").unwrap();
    let ended = admin
        .send(
            &user("/end"),
            &[("membership", &membership), ("version", "1"), ("reason", "调岗")],
        )
        .await;
    assert_eq!(ended.leads_to(), user("?done=saved"));
    let version = admin.get(&user("")).await.text;
    let version = version
        .split("/reset\"")
        .nth(1)
        .unwrap()
        .split("name=\"version\" value=\"")
        .nth(1)
        .unwrap();
    let version = version.split('"').next().unwrap();
    let reset = admin
        .send(&user("/reset"), &[("version", version)])
        .await
        .expect(200);
    assert!(reset.has("新密码"));
    assert_eq!(clerk.get("/password").await.status, 303, "his session has ended");
    let elsewhere = app.visitor("gulang", Role::Administrator).await;
    assert_eq!(elsewhere.get(&user("")).await.status, 404);
}

/// What a shared cache may keep, and what nobody may see there.
async fn everybody_reads(surfer: &Surfer, path: &str) -> String {
    let page = surfer.get(path).await.expect(200);
    assert!(page.headers["cache-control"].starts_with("public"), "{path}");
    assert!(page.cookies.is_empty(), "{path}");
    page.text
}

#[tokio::test(flavor = "multi_thread")]
async fn the_public_pages_tell_everybody_what_is_public_and_no_more() {
    let app = TestApp::start().await;
    let surfer = app.surfer();
    let front = everybody_reads(&surfer, "/public").await;
    assert!(front.contains("专栏 21") && front.contains("武政办发〔2022〕40号"));
    let project = format!("/public/projects/{HOSPITAL}");
    let text = everybody_reads(&surfer, &project).await;
    assert!(
        text.contains("民勤县人民医院内科楼维修") && !text.contains("责任单位</dt>"),
        "an inferred owner is no public fact"
    );
    let milestone = overdue(&app).await;
    let clerk = app.person(RESPONSIBLE, Role::Staff).await;
    clerk
        .post_seen(
            &format!("/milestones/{milestone}/report"),
            2,
            json!({ "actual_on": "2024-02-20", "note": "内部说明" }),
        )
        .await
        .expect(200);
    let text = everybody_reads(&surfer, &project).await;
    assert!(text.contains("责任单位</dt>") && text.contains("未核验"));
    assert!(!text.contains("2024-02-20") && !text.contains("内部说明") && !text.contains("逾期"));
    assert!(
        everybody_reads(&surfer, "/public/plans/wuwei-145/5")
            .await
            .contains(&project)
    );
    // Hidden, it is as if it were not there.
    let planner = app.planner().await;
    let version = planner.get(&format!("/projects/{HOSPITAL}")).await.expect(200)["version"]
        .as_i64()
        .unwrap();
    planner
        .patch(
            &format!("/projects/{HOSPITAL}"),
            version,
            json!({ "is_public": false }),
        )
        .await
        .expect(200);
    surfer.get(&project).await.expect(404);
    assert!(
        !everybody_reads(&surfer, "/public/plans/wuwei-145/5")
            .await
            .contains(HOSPITAL)
    );
    surfer.get("/public/plans/wuwei-145/99").await.expect(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_that_comes_after_the_session_ended_is_offered_again_after_sign_in() {
    let app = TestApp::start().await;
    let milestone = overdue(&app).await;
    let (username, password) = app.account(RESPONSIBLE, Role::Staff).await;
    let clerk = app.surfer();
    clerk.sign_in(&username, &password).await;
    let page = clerk.get(&format!("/milestones/{milestone}")).await.expect(200);
    let version = page.hidden("version").unwrap();
    // The night passes; the page still stands in the browser.
    app.clock.advance(chrono::TimeDelta::hours(13));
    let path = format!("/milestones/{milestone}/report");
    let note = "主体封顶 100%\n附<b>照片</b>&c";
    let fields = [
        ("version", version.as_str()),
        ("actual_on", "2024-02-20"),
        ("note", note),
    ];
    let asked = clerk.send(&path, &fields).await.expect(401);
    assert!(
        asked.has("您刚才填写的内容还在") && asked.has("name=\"kept\""),
        "{}",
        asked.text
    );
    assert_eq!(state_of(&app, &milestone).await, "pending");
    let kept = asked
        .hidden("kept")
        .unwrap()
        .replace("&amp;", "&")
        .replace("&#38;", "&");
    assert!(!kept.contains("_csrf"), "{kept}");
    // A wrong password keeps it too.
    let wrong = clerk
        .send(
            "/sign-in",
            &[
                ("username", &username),
                ("password", "wrong-wrong-wrong"),
                ("kept", &kept),
                ("kept_to", &path),
            ],
        )
        .await
        .expect(401);
    assert_eq!(wrong.hidden("kept_to").unwrap(), path);
    let offered = clerk
        .send(
            "/sign-in",
            &[
                ("username", &username),
                ("password", &password),
                ("kept", &kept),
                ("kept_to", &path),
            ],
        )
        .await
        .expect(200);
    assert!(
        offered.has("继续提交") && offered.has("主体封顶 100%"),
        "{}",
        offered.text
    );
    assert!(
        !offered.has("附<b>") && offered.has("2024-02-20"),
        "{}",
        offered.text
    );
    assert_eq!(state_of(&app, &milestone).await, "pending");
    let done = clerk.send(&path, &fields).await;
    assert_eq!(done.leads_to(), format!("/milestones/{milestone}?done=reported"));
    let planner = app.planner().await;
    let found = planner.get(&format!("/milestones/{milestone}")).await.expect(200);
    assert_eq!(found["note"], note);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_that_another_site_sends_is_neither_kept_nor_leads_anywhere() {
    let app = TestApp::start().await;
    let stranger = app.surfer();
    let path = "/saved-filters";
    let fields = [("_csrf", "0123456789abcdef0123456789abcdef"), ("name", "诱饵")];
    for site in ["cross-site", "same-site"] {
        let answer = stranger.post(path, &fields, &[("sec-fetch-site", site)]).await;
        assert!(answer.leads_to().starts_with("/sign-in"), "{site}");
        assert!(
            !answer.has("诱饵") && !answer.has("name=\"kept\""),
            "{}",
            answer.text
        );
    }
    let answer = stranger.post(path, &fields, &[]).await;
    assert!(answer.leads_to().starts_with("/sign-in"));
    assert!(!answer.has("诱饵"), "{}", answer.text);
    // A page of ours in a browser that lost its cookie.
    let own = stranger
        .post(path, &fields, &[("sec-fetch-site", "same-origin")])
        .await
        .expect(401);
    assert!(own.hidden("kept").is_some());
    // Where the kept form goes is a path of ours, and never the sign-in itself.
    let (username, password) = app.account(RESPONSIBLE, Role::Staff).await;
    for to in [
        "//evil.example/",
        "https://evil.example/",
        "/sign-in",
        "/password",
    ] {
        let surfer = app.surfer();
        surfer.get("/sign-in").await;
        let answer = surfer
            .send(
                "/sign-in",
                &[
                    ("username", &username),
                    ("password", &password),
                    ("kept", "a=b"),
                    ("kept_to", to),
                ],
            )
            .await;
        assert_eq!(answer.leads_to(), "/", "{to}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_has_several_roles_chooses_one_and_acts_in_it_alone() {
    let app = TestApp::start().await;
    let milestone = overdue(&app).await;
    let (username, password) = app.account(RESPONSIBLE, Role::Staff).await;
    grant(&app, &username, "wuwei", Role::Supervisor).await;
    let surfer = app.surfer();
    surfer.get("/sign-in").await;
    let entered = surfer
        .send(
            "/sign-in",
            &[
                ("username", &username),
                ("password", &password),
                ("next", "/overdue"),
            ],
        )
        .await;
    assert_eq!(entered.leads_to(), "/acting?next=%2Foverdue");
    let page = surfer.get("/acting?next=%2Foverdue").await.expect(200);
    assert!(
        page.has("民勤县人民医院 经办") && page.has("武威市人民政府 督查"),
        "{}",
        page.text
    );
    assert_eq!(page.hidden("next").unwrap(), "/overdue");
    let seat = |role: &str| {
        let (before, _) = page.text.split_once(role).unwrap();
        before
            .rsplit("value=\"")
            .next()
            .unwrap()
            .split('"')
            .next()
            .unwrap()
            .to_owned()
    };
    let (clerk, supervisor) = (seat("民勤县人民医院 经办"), seat("武威市人民政府 督查"));
    // Together: what a supervisor sees and what a clerk may.
    assert!(
        surfer
            .get(&format!("/milestones/{milestone}"))
            .await
            .expect(200)
            .has("上报完成")
    );
    let chosen = surfer
        .send("/acting", &[("membership", &supervisor), ("next", "/overdue")])
        .await;
    assert_eq!(chosen.leads_to(), "/overdue");
    let seen = surfer.get(&format!("/milestones/{milestone}")).await.expect(200);
    assert!(
        !seen.has("上报完成") && seen.has("武威市人民政府（督查），切换"),
        "{}",
        seen.text
    );
    let refused = surfer
        .send(
            &format!("/milestones/{milestone}/report"),
            &[("version", "2"), ("actual_on", "2024-02-20")],
        )
        .await;
    assert_eq!(refused.status, 403, "{}", refused.text);
    // As the clerk he sees his own hospital only.
    surfer
        .send("/acting", &[("membership", &clerk), ("next", "/")])
        .await;
    let own = surfer.get("/projects").await.expect(200);
    let all = app
        .visitor("wuwei", Role::Supervisor)
        .await
        .get("/projects")
        .await;
    let count = |page: &crate::support::surfer::Shown| {
        let (_, rest) = page.text.split_once("共 ").unwrap();
        rest.split(' ').next().unwrap().parse::<i64>().unwrap()
    };
    assert!(count(&own) < count(&all), "{} {}", count(&own), count(&all));
    assert!(
        surfer
            .get(&format!("/milestones/{milestone}"))
            .await
            .expect(200)
            .has("上报完成")
    );
    // Nobody chooses what is not his; a cookie of one's own making gives nothing.
    let foreign = surfer
        .send("/acting", &[("membership", &uuid::Uuid::now_v7().to_string())])
        .await;
    assert_eq!(foreign.status, 422, "{}", foreign.text);
    surfer.set_cookie("guatu_acting", &uuid::Uuid::now_v7().to_string());
    assert!(
        surfer
            .get("/acting")
            .await
            .expect(200)
            .has("value=\"all\" checked")
    );
}

/// Gives an account another role.
async fn grant(app: &TestApp, username: &str, organisation: &str, role: Role) {
    let administrator = app.person("wuwei", Role::Administrator).await;
    let found = administrator
        .get(&format!("/users?q={username}"))
        .await
        .expect(200);
    administrator
        .post(
            "/memberships",
            json!({ "user_id": found["data"][0]["id"], "organisation": organisation, "role": role.as_str() }),
        )
        .await
        .expect(201);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_has_nothing_in_sight_is_told_what_to_do_and_not_shown_an_empty_table() {
    let app = TestApp::start().await;
    let administrator = app.person("minqin", Role::Administrator).await;
    administrator
        .post(
            "/organisations",
            json!({ "code": "minqin.idle", "name": "某单位", "kind": "institution", "parent": "minqin.health", "region": "620621" }),
        )
        .await
        .expect(201);
    for role in [
        Role::Staff,
        Role::Reviewer,
        Role::Planner,
        Role::Supervisor,
        Role::Observer,
    ] {
        let surfer = app.visitor("minqin.idle", role).await;
        for (path, told) in [
            ("/", "<b>0</b>范围内项目"),
            ("/projects", "没有符合条件的项目"),
            ("/overdue", "没有逾期的节点"),
            ("/overview", "没有您能看到的项目"),
            ("/comparison", "没有新增的逾期"),
            ("/changes", "没有这样的申请"),
            ("/plans/wuwei-145/5", "在您的范围内"),
        ] {
            let page = surfer.get(path).await.expect(200);
            assert!(page.has(told), "{role:?} {path} {}", page.text);
            assert!(
                !page.has("<tbody>\n</tbody>") && !page.has("<tbody></tbody>"),
                "{role:?} {path}"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_too_long_to_be_divided_at_once_is_divided_on_request() {
    let app = TestApp::start().await;
    // Copies of one project, until there are more than a page divides by itself.
    let mut superuser = app.superuser().await;
    for statement in [
        "INSERT INTO projects SELECT (jsonb_populate_record(p, jsonb_build_object('id', gen_random_uuid(), 'code', 'copy-' || n))).* \
         FROM projects p, generate_series(1, 20100) n WHERE p.code = 'wuwei-145.5-2.minqin-peoples-hospital'",
        "INSERT INTO project_versions SELECT 1, 9223372036854775807, p.* FROM projects p WHERE code LIKE 'copy-%'",
        "INSERT INTO project_sight SELECT s.scope_id, s.plan_id, p.id FROM projects p, project_sight s JOIN projects o \
         ON o.id = s.project_id AND o.code = 'wuwei-145.5-2.minqin-peoples-hospital' WHERE p.code LIKE 'copy-%'",
        "ANALYZE",
    ] {
        diesel_async::RunQueryDsl::execute(diesel::sql_query(statement), &mut superuser)
            .await
            .unwrap();
    }
    let surfer = app.visitor("wuwei", Role::Supervisor).await;
    let page = surfer.get("/projects").await.expect(200);
    assert!(
        page.has("结果较多") && page.has("共 20357 个项目"),
        "{}",
        page.text
    );
    let address = page
        .text
        .split('"')
        .find(|part| part.starts_with("/projects?") && part.contains("facets=yes"))
        .unwrap()
        .replace("&#38;", "&");
    let divided = surfer.get(&address).await.expect(200);
    assert!(
        !divided.has("结果较多") && divided.has("<span>20"),
        "{}",
        divided.text
    );
    // Narrowed, it is divided at once.
    let narrowed = surfer.get("/projects?programme=12").await.expect(200);
    assert!(!narrowed.has("结果较多"));
    assert!(surfer.get("/overview").await.expect(200).has("20357"));
    assert!(surfer.get("/").await.expect(200).has("20357"));
}
