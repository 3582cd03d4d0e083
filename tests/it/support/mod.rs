//! A program of its own on a database of its own for each test, cloned from a template with the real plan loaded;
//! and persons to ask it with.

mod cluster;
pub mod program;
pub mod surfer;

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};

use chrono::{DateTime, TimeZone, Utc};
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};
use guatu::app;
use guatu::db::Database;
use guatu::db::local::database::{self, OWNER, SERVICE};
use guatu::exchange::plan_files::{self, PlanFiles};
use guatu::http::request::State;
use guatu::kernel::{Clock, Role};
use guatu::projects::evidence::Keeper;
use guatu::users::{self, Auth};
use reqwest::Method;
use serde_json::{Value, json};

pub use cluster::cluster;

/// The day on which every test begins: nine in the morning in Wuwei.
pub fn morning() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2024, 3, 1, 1, 0, 0).unwrap()
}

/// What the tokens of a test are signed with.
pub const TOKEN_KEY: [u8; 32] = [7; 32];

pub fn seeds() -> PlanFiles {
    plan_files::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds"), "wuwei-145").unwrap()
}

pub struct TestApp {
    pub db: Database,
    pub clock: Clock,
    pub database: String,
    address: std::net::SocketAddr,
    http: reqwest::Client,
}

/// What came back.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: BTreeMap<String, String>,
    /// What `Guatu-Demonstration` says, where it is there.
    pub demonstration: Option<String>,
    pub etag: Option<String>,
    pub body: Value,
}

impl Reply {
    /// The body of an answer that must have this status.
    #[track_caller]
    pub fn expect(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.body);
        self.body
    }

    /// The code of a refusal that must have this status.
    #[track_caller]
    pub fn refused(self, status: u16) -> String {
        assert_eq!(self.status, status, "{}", self.body);
        self.body["code"].as_str().unwrap().to_owned()
    }

    /// The ids of a list.
    #[track_caller]
    pub fn ids(self) -> Vec<String> {
        let body = self.expect(200);
        body["data"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["id"].as_str().unwrap().to_owned())
            .collect()
    }
}

/// Somebody who asks: signed in, or not.
pub struct Person<'a> {
    app: &'a TestApp,
    pub token: Option<String>,
}

static NEXT: AtomicU32 = AtomicU32::new(0);

impl TestApp {
    pub async fn start() -> TestApp {
        TestApp::start_at(morning()).await
    }

    pub async fn start_at(now: DateTime<Utc>) -> TestApp {
        let cluster = cluster();
        let database = format!(
            "test_{}_{}",
            std::process::id(),
            NEXT.fetch_add(1, Ordering::Relaxed)
        );
        let mut admin = AsyncPgConnection::establish(&cluster.admin_url("postgres"))
            .await
            .unwrap();
        diesel::sql_query(format!(
            "CREATE DATABASE {database} TEMPLATE {} OWNER {OWNER}",
            cluster::TEMPLATE
        ))
        .execute(&mut admin)
        .await
        .unwrap();
        TestApp::start_on(database, now, false).await
    }

    /// On a database that is migrated and holds nothing.
    pub async fn start_empty(now: DateTime<Utc>) -> TestApp {
        let database = format!(
            "test_{}_{}",
            std::process::id(),
            NEXT.fetch_add(1, Ordering::Relaxed)
        );
        database::prepare(cluster(), &database).await.unwrap();
        TestApp::start_on(database, now, false).await
    }

    async fn start_on(database: String, now: DateTime<Utc>, behind_proxy: bool) -> TestApp {
        TestApp::keeping(database, now, behind_proxy, Keeper::Database).await
    }

    async fn keeping(database: String, now: DateTime<Utc>, behind_proxy: bool, keeper: Keeper) -> TestApp {
        let cluster = cluster();
        let clock = Clock::frozen_at(now);
        let db = Database::new(&cluster.url(SERVICE, &database), 4, clock.clone()).unwrap();
        let state = State {
            db: db.clone(),
            auth: Auth::new(&TOKEN_KEY, behind_proxy).unwrap(),
            keeper,
        };
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let app::Serving { server, address } = app::serve(state, listener, 1).unwrap();
        tokio::spawn(server);
        TestApp {
            db,
            clock,
            database,
            address,
            http: reqwest::Client::builder()
                // Sooner than the service ends idle connections: none is taken up as it goes.
                .pool_idle_timeout(std::time::Duration::from_secs(1))
                .build()
                .unwrap(),
        }
    }

    /// Another program on the same database, behind a proxy that says where askers come from.
    pub async fn proxied(&self) -> TestApp {
        TestApp::start_on(self.database.clone(), self.clock.now(), true).await
    }

    /// Another program on the same database, which keeps evidence files in a folder.
    pub async fn filing(&self, dir: &Path) -> TestApp {
        let keeper = Keeper::directory(dir).unwrap();
        TestApp::keeping(self.database.clone(), self.clock.now(), false, keeper).await
    }

    /// Another program on the same database.
    pub async fn restarted(&self) -> TestApp {
        TestApp::start_on(self.database.clone(), self.clock.now(), false).await
    }

    /// A connection as the superuser of the cluster, who may what the service may not.
    pub async fn superuser(&self) -> AsyncPgConnection {
        AsyncPgConnection::establish(&cluster().admin_url(&self.database))
            .await
            .unwrap()
    }

    /// A connection as the service.
    pub async fn service(&self) -> AsyncPgConnection {
        AsyncPgConnection::establish(&cluster().url(SERVICE, &self.database))
            .await
            .unwrap()
    }

    /// The status that an address outside the API answers.
    pub async fn status_of(&self, path: &str) -> u16 {
        let response = self
            .http
            .get(format!("http://{}{path}", self.address))
            .send()
            .await
            .unwrap();
        response.status().as_u16()
    }

    /// Somebody at a browser without scripts, who has not signed in.
    pub fn surfer(&self) -> surfer::Surfer {
        surfer::Surfer::at(self.address)
    }

    /// The same, signed in with a new account.
    pub async fn visitor(&self, organisation: &str, role: Role) -> surfer::Surfer {
        let (username, password) = self.account(organisation, role).await;
        let surfer = self.surfer();
        surfer.sign_in(&username, &password).await;
        surfer
    }

    pub fn anonymous(&self) -> Person<'_> {
        Person {
            app: self,
            token: None,
        }
    }

    pub fn pass_days(&self, days: i64) {
        self.clock.advance(chrono::TimeDelta::days(days));
    }

    /// Makes an account and signs in.
    pub async fn person(&self, organisation: &str, role: Role) -> Person<'_> {
        let (username, password) = self.account(organisation, role).await;
        self.sign_in(&username, &password).await
    }

    pub async fn sign_in(&self, username: &str, password: &str) -> Person<'_> {
        let answer = self
            .anonymous()
            .post(
                "/auth/login",
                json!({ "username": username, "password": password }),
            )
            .await
            .expect(200);
        self.with_token(answer["access_token"].as_str().unwrap())
    }

    /// Whoever shows this token.
    pub fn with_token(&self, token: &str) -> Person<'_> {
        Person {
            app: self,
            token: Some(token.to_owned()),
        }
    }

    /// Makes an account that need not change its password; answers its name and password.
    pub async fn account(&self, organisation: &str, role: Role) -> (String, String) {
        let username = format!("u{}", NEXT.fetch_add(1, Ordering::Relaxed));
        let new = users::model::NewUser {
            username: username.clone(),
            display_name: "某人".to_owned(),
            phone: None,
            email: None,
            organisation: organisation.to_owned(),
            role,
            plan: None,
        };
        let password = users::command::create(&self.db, new, false).await.unwrap();
        (username, password)
    }

    pub async fn planner(&self) -> Person<'_> {
        self.person("wuwei", Role::Planner).await
    }

    pub async fn supervisor(&self) -> Person<'_> {
        self.person("wuwei", Role::Supervisor).await
    }
}

impl Person<'_> {
    pub async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
        headers: &[(&str, &str)],
    ) -> Reply {
        let mut request = self
            .app
            .http
            .request(method, format!("http://{}/api/v1{path}", self.app.address));
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(body) = body {
            request = request.json(&body);
        }
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        let etag = response
            .headers()
            .get("etag")
            .map(|tag| tag.to_str().unwrap().to_owned());
        let demonstration = response
            .headers()
            .get("guatu-demonstration")
            .map(|value| value.to_str().unwrap().to_owned());
        let headers = response
            .headers()
            .iter()
            .map(|(name, value)| (name.to_string(), value.to_str().unwrap_or_default().to_owned()))
            .collect();
        let text = response.text().await.unwrap();
        Reply {
            status,
            headers,
            demonstration,
            etag,
            body: serde_json::from_str(&text).unwrap_or(Value::String(text)),
        }
    }

    /// Sends bytes as they are.
    pub async fn upload(&self, path: &str, content: &[u8]) -> Reply {
        let request = self
            .app
            .http
            .post(format!("http://{}/api/v1{path}", self.app.address))
            .header("content-type", "application/octet-stream")
            .bearer_auth(self.token.as_deref().unwrap_or_default())
            .body(content.to_vec());
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        let text = response.text().await.unwrap();
        Reply {
            status,
            headers: BTreeMap::new(),
            demonstration: None,
            etag: None,
            body: serde_json::from_str(&text).unwrap_or(Value::String(text)),
        }
    }

    /// The bytes of an answer, with its headers.
    pub async fn download(&self, path: &str) -> (u16, BTreeMap<String, String>, Vec<u8>) {
        let request = self
            .app
            .http
            .get(format!("http://{}/api/v1{path}", self.app.address))
            .bearer_auth(self.token.as_deref().unwrap_or_default());
        let response = request.send().await.unwrap();
        let headers = response
            .headers()
            .iter()
            .map(|(name, value)| (name.to_string(), value.to_str().unwrap_or_default().to_owned()))
            .collect();
        let status = response.status().as_u16();
        (status, headers, response.bytes().await.unwrap().to_vec())
    }

    pub async fn get(&self, path: &str) -> Reply {
        self.send(Method::GET, path, None, &[]).await
    }

    /// A POST under a fresh key.
    pub async fn post(&self, path: &str, body: Value) -> Reply {
        self.send(
            Method::POST,
            path,
            Some(body),
            &[("Idempotency-Key", &fresh_key())],
        )
        .await
    }

    /// A POST by whoever saw this version.
    pub async fn post_seen(&self, path: &str, version: i64, body: Value) -> Reply {
        let tag = format!("\"{version}\"");
        self.send(
            Method::POST,
            path,
            Some(body),
            &[("Idempotency-Key", &fresh_key()), ("If-Match", &tag)],
        )
        .await
    }

    pub async fn patch(&self, path: &str, version: i64, body: Value) -> Reply {
        self.send(
            Method::PATCH,
            path,
            Some(body),
            &[("If-Match", &format!("\"{version}\""))],
        )
        .await
    }
}

pub fn fresh_key() -> String {
    uuid::Uuid::new_v4().to_string()
}

/// A project of the real plan with confirmed owners, and its milestones.
pub struct Confirmed {
    pub project: Value,
    pub milestones: Vec<Value>,
}

/// The project of Minqin's hospital: led by the city's health commission, delivered by the hospital.
pub const HOSPITAL: &str = "wuwei-145.5-2.minqin-peoples-hospital";
pub const LEAD: &str = "wuwei.health";
pub const RESPONSIBLE: &str = "minqin.peoples-hospital";

/// Confirms both owners of a project, and dates of its milestones by their number.
pub async fn confirm(planner: &Person<'_>, code: &str, dates: &BTreeMap<i64, &str>) -> Confirmed {
    let project = planner.get(&format!("/projects/{code}")).await.expect(200);
    let milestones = planner
        .get(&format!("/projects/{code}/milestones"))
        .await
        .expect(200);
    let mut items: Vec<Value> = project["owners"]
        .as_array()
        .unwrap()
        .iter()
        .map(|owner| {
            json!({ "kind": "owner", "project_id": project["id"], "role": owner["role"], "version": owner["version"] })
        })
        .collect();
    for milestone in milestones["data"].as_array().unwrap() {
        if let Some(day) = dates.get(&milestone["number"].as_i64().unwrap()) {
            let (id, version) = (&milestone["id"], &milestone["version"]);
            items.push(json!({ "kind": "date", "milestone_id": id, "version": version, "planned_on": day }));
            items.push(json!({ "kind": "weight", "milestone_id": id, "version": version }));
        }
    }
    planner
        .post("/confirmations", json!({ "items": items }))
        .await
        .expect(200);
    let project = planner.get(&format!("/projects/{code}")).await.expect(200);
    let milestones = planner
        .get(&format!("/projects/{code}/milestones"))
        .await
        .expect(200);
    Confirmed {
        project,
        milestones: milestones["data"].as_array().unwrap().clone(),
    }
}
