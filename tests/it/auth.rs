//! Signing in, tokens, sessions: what is refused, and that nobody can keep another one out.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use guatu::kernel::Role;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{HOSPITAL, LEAD, Person, RESPONSIBLE, Reply, TOKEN_KEY, TestApp};

async fn login(person: &Person<'_>, username: &str, password: &str, from: &str) -> Reply {
    let body = json!({ "username": username, "password": password });
    person
        .send(
            Method::POST,
            "/auth/login",
            Some(body),
            &[("X-Forwarded-For", from)],
        )
        .await
}

async fn refresh(app: &TestApp, token: &str) -> Reply {
    let body = json!({ "refresh_token": token });
    app.anonymous()
        .send(Method::POST, "/auth/refresh", Some(body), &[])
        .await
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_token_turns_once_and_its_reuse_ends_the_session() {
    let app = TestApp::start().await;
    let (username, password) = app.account(RESPONSIBLE, Role::Staff).await;
    let first = login(&app.anonymous(), &username, &password, "")
        .await
        .expect(200);
    let second = refresh(&app, &text(&first["refresh_token"])).await.expect(200);
    let alive = app.with_token(&text(&second["access_token"]));
    alive.get("/auth/me").await.expect(200);
    // Whoever stole the first one, or lost it: neither may go on.
    let reused = refresh(&app, &text(&first["refresh_token"])).await;
    assert_eq!(reused.refused(401), "auth.refresh_reused");
    assert_eq!(alive.get("/auth/me").await.refused(401), "auth.session_ended");
    assert_eq!(refresh(&app, &text(&second["refresh_token"])).await.status, 401);
    assert_eq!(refresh(&app, "no-such-token").await.status, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disabled_user_neither_goes_on_nor_refreshes_nor_signs_in() {
    let app = TestApp::start().await;
    let (username, password) = app.account(RESPONSIBLE, Role::Staff).await;
    let pair = login(&app.anonymous(), &username, &password, "")
        .await
        .expect(200);
    let clerk = app.with_token(&text(&pair["access_token"]));
    let me = clerk.get("/auth/me").await.expect(200);
    let administrator = app.person("wuwei", Role::Administrator).await;
    administrator
        .patch(
            &format!("/users/{}", text(&me["user"]["id"])),
            1,
            json!({ "disabled": true, "disabled_reason": "离职" }),
        )
        .await
        .expect(200);
    assert_eq!(clerk.get("/auth/me").await.refused(401), "auth.session_ended");
    assert_eq!(refresh(&app, &text(&pair["refresh_token"])).await.status, 401);
    let again = login(&app.anonymous(), &username, &password, "").await;
    assert_eq!(again.refused(401), "auth.credentials_wrong");
}

#[tokio::test(flavor = "multi_thread")]
async fn guessing_delays_the_guessers_network_and_nobody_elsewhere() {
    let app = TestApp::start().await.proxied().await;
    let (username, password) = app.account(RESPONSIBLE, Role::Supervisor).await;
    let anonymous = app.anonymous();
    for _ in 0..5 {
        let wrong = login(&anonymous, &username, "not-the-password", "192.0.2.7").await;
        assert_eq!(wrong.refused(401), "auth.credentials_wrong");
    }
    // Even the right password waits now, from anywhere in that network.
    let waits = login(&anonymous, &username, &password, "192.0.2.99").await;
    assert_eq!(waits.headers["retry-after"], "1");
    assert_eq!(waits.refused(429), "auth.too_many_attempts");
    login(&anonymous, &username, &password, "198.51.100.4")
        .await
        .expect(200);
    app.clock.advance(chrono::TimeDelta::seconds(2));
    login(&anonymous, &username, &password, "192.0.2.7")
        .await
        .expect(200);
    // Somebody who is not there gets the same answers.
    for _ in 0..5 {
        let unknown = login(&anonymous, "nobody-at-all", "not-the-password", "192.0.2.7").await;
        assert_eq!(unknown.refused(401), "auth.credentials_wrong");
    }
    let waits = login(&anonymous, "nobody-at-all", "not-the-password", "192.0.2.7").await;
    assert_eq!(waits.refused(429), "auth.too_many_attempts");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_logins_starves_nobody_and_locks_nobody_out() {
    let app = TestApp::start().await.proxied().await;
    let (username, password) = app.account("wuwei", Role::Supervisor).await;
    let signed_in = app.person(LEAD, Role::Staff).await;
    let flood = futures::future::join_all((0..40).map(|number| {
        let anonymous = app.anonymous();
        let username = username.clone();
        async move {
            let from = format!("203.0.{number}.1");
            login(&anonymous, &username, "not-the-password", &from)
                .await
                .status
        }
    }));
    let reads = futures::future::join_all((0..10).map(|_| signed_in.get("/auth/me")));
    let (statuses, answers) = tokio::join!(flood, reads);
    assert!(
        statuses.iter().all(|status| matches!(status, 401 | 429)),
        "{statuses:?}"
    );
    assert!(answers.iter().all(|reply| reply.status == 200));
    login(&app.anonymous(), &username, &password, "198.51.100.4")
        .await
        .expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_given_password_must_be_changed_before_anything_else() {
    let app = TestApp::start().await;
    let administrator = app.person("wuwei", Role::Administrator).await;
    let new = json!({ "username": "newcomer", "display_name": "新人", "organisation": RESPONSIBLE, "role": "staff" });
    let made = administrator.post("/users", new).await.expect(201);
    let given = text(&made["password"]);
    let pair = login(&app.anonymous(), "newcomer", &given, "").await.expect(200);
    assert_eq!(pair["must_change_password"], true);
    let newcomer = app.with_token(&text(&pair["access_token"]));
    newcomer.get("/auth/me").await.expect(200);
    for path in ["/projects", "/auth/sessions", "/vocabularies"] {
        assert_eq!(
            newcomer.get(path).await.refused(403),
            "password.change_required",
            "{path}"
        );
    }
    for (new, code) in [
        ("short", "field.too_short"),
        ("newcomer-12345", "password.contains_username"),
        (given.as_str(), "password.same_as_before"),
    ] {
        let change = json!({ "old_password": given, "new_password": new });
        let refused = newcomer.post("/auth/password", change).await;
        assert!(matches!(refused.status, 400 | 422), "{new}: {}", refused.body);
        assert_eq!(refused.body["errors"][0]["code"], code, "{new}");
    }
    let wrong = json!({ "old_password": "not-the-password", "new_password": "willow-river-2024" });
    let refused = newcomer.post("/auth/password", wrong).await;
    assert_eq!(refused.status, 422, "{}", refused.body);
    let change = json!({ "old_password": given, "new_password": "willow-river-2024" });
    newcomer.post("/auth/password", change).await.expect(204);
    newcomer.get("/projects").await.expect(200);
    assert_eq!(
        login(&app.anonymous(), "newcomer", &given, "").await.refused(401),
        "auth.credentials_wrong"
    );
    login(&app.anonymous(), "newcomer", "willow-river-2024", "")
        .await
        .expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forged_altered_or_old_token_is_no_token() {
    let app = TestApp::start().await;
    let planner = app.planner().await;
    let token = planner.token.clone().unwrap();
    let parts: Vec<&str> = token.split('.').collect();
    let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(parts[1]).unwrap()).unwrap();
    let head = |alg: &str| URL_SAFE_NO_PAD.encode(json!({ "alg": alg, "typ": "JWT" }).to_string());
    let signed = |algorithm, key: &[u8], claims: &Value| {
        jsonwebtoken::encode(&Header::new(algorithm), claims, &EncodingKey::from_secret(key)).unwrap()
    };
    let with = |name: &str, value: Value| {
        let mut claims = claims.clone();
        claims[name] = value;
        claims
    };
    // What is right is right: the forgeries below differ from it in one thing each.
    app.with_token(&signed(Algorithm::HS256, &TOKEN_KEY, &claims))
        .get("/auth/me")
        .await
        .expect(200);
    let somebody = app.person("wuwei", Role::Administrator).await;
    let other = somebody.get("/auth/me").await.expect(200);
    let altered = URL_SAFE_NO_PAD.encode(with("sub", other["user"]["id"].clone()).to_string());
    for (what, forged) in [
        ("unsigned", format!("{}.{}.", head("none"), parts[1])),
        (
            "RS256 in its head",
            format!("{}.{}.{}", head("RS256"), parts[1], parts[2]),
        ),
        ("another algorithm", signed(Algorithm::HS512, &TOKEN_KEY, &claims)),
        ("another key", signed(Algorithm::HS256, &[8; 32], &claims)),
        ("altered", format!("{}.{altered}.{}", parts[0], parts[2])),
        (
            "another issuer",
            signed(Algorithm::HS256, &TOKEN_KEY, &with("iss", json!("other"))),
        ),
        (
            "another audience",
            signed(Algorithm::HS256, &TOKEN_KEY, &with("aud", json!("other"))),
        ),
        (
            "another user than the session's",
            signed(
                Algorithm::HS256,
                &TOKEN_KEY,
                &with("sub", other["user"]["id"].clone()),
            ),
        ),
        (
            "an unknown session",
            signed(
                Algorithm::HS256,
                &TOKEN_KEY,
                &with("sid", json!(uuid::Uuid::nil())),
            ),
        ),
        ("nothing", String::new()),
        ("words", "let me in".to_owned()),
    ] {
        let reply = app.with_token(&forged).get("/auth/me").await;
        assert_eq!(reply.status, 401, "{what}: {}", reply.body);
    }
    app.clock.advance(chrono::TimeDelta::minutes(16));
    assert_eq!(planner.get("/auth/me").await.refused(401), "auth.token_expired");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_ended_session_is_gone_at_once_and_a_foreign_one_is_not_there() {
    let app = TestApp::start().await;
    let (username, password) = app.account(RESPONSIBLE, Role::Staff).await;
    let (one, other) = (
        app.sign_in(&username, &password).await,
        app.sign_in(&username, &password).await,
    );
    let stranger = app.person(RESPONSIBLE, Role::Staff).await;
    let id = text(&other.get("/auth/me").await.expect(200)["session_id"]);
    let path = format!("/auth/sessions/{id}");
    let end = |person| async move { Person::send(person, Method::DELETE, &path, None, &[]).await };
    assert_eq!(end(&stranger).await.refused(404), "not_found");
    let path = format!("/auth/sessions/{id}");
    one.send(Method::DELETE, &path, None, &[]).await.expect(204);
    assert_eq!(other.get("/auth/me").await.refused(401), "auth.session_ended");
    assert_eq!(one.get("/auth/sessions").await.ids().len(), 1);
    one.send(Method::POST, "/auth/logout", None, &[])
        .await
        .expect(204);
    assert_eq!(one.get("/auth/me").await.refused(401), "auth.session_ended");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_known_address_asked_by_another_method_says_which_it_has() {
    let app = TestApp::start().await;
    let planner = app.planner().await;
    for (method, path, allow) in [
        (Method::DELETE, format!("/projects/{HOSPITAL}"), "GET, PATCH"),
        (Method::PUT, "/confirmations".to_owned(), "GET, POST"),
        (Method::GET, "/auth/logout".to_owned(), "POST"),
    ] {
        let reply = planner.send(method, &path, None, &[]).await;
        assert_eq!(reply.headers["allow"], allow, "{path}");
        assert_eq!(reply.refused(405), "method.not_allowed");
    }
    assert_eq!(
        planner.get("/nothing/of/the/kind").await.refused(404),
        "not_found"
    );
    let anonymous = app.anonymous().send(Method::DELETE, "/projects", None, &[]).await;
    assert_eq!(anonymous.refused(401), "auth.required");
}
