//! The program and its PostgreSQL killed with -9 in the middle of writes: what was acknowledged is there once, what
//! was not can be asked again under its key, and the chain holds.

use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

use reqwest::{Client, StatusCode};
use std::process::Command;

use rustix::process::{Signal, kill_process};
use serde_json::{Value, json};
use tokio::sync::mpsc;

use crate::support::fresh_key;
use crate::support::program::{Program, pid};

/// A line of the file that a running PostgreSQL keeps: 0 is its process id, 4 the directory of its socket.
fn postmaster(dir: &Path, line: usize) -> String {
    let text = std::fs::read_to_string(dir.join("data/pgdata/postmaster.pid")).unwrap();
    text.lines().nth(line).unwrap().trim().to_owned()
}

async fn token(http: &Client, api: &str, account: &Value) -> String {
    let asked = json!({ "username": account["username"], "password": account["password"] });
    let answer = http
        .post(format!("{api}/auth/login"))
        .json(&asked)
        .send()
        .await
        .unwrap();
    let body: Value = answer.json().await.unwrap();
    body["access_token"].as_str().unwrap().to_owned()
}

/// One creation under its key.
async fn create(http: &Client, api: &str, token: &str, code: &str, key: &str) -> reqwest::Result<StatusCode> {
    let body = json!({ "code": code, "name": "断电试验", "kind": "institution", "parent": "wuwei.health",
        "region": "620600" });
    let request = http
        .post(format!("{api}/organisations"))
        .bearer_auth(token)
        .header("Idempotency-Key", key);
    let response = request.json(&body).send().await?;
    let status = response.status();
    // Only a whole answer is an acknowledgement.
    response.bytes().await?;
    Ok(status)
}

/// What a writer saw until its answers ceased: the codes that were acknowledged, and the request that was not.
struct Written {
    acknowledged: Vec<String>,
    open: (String, String),
}

/// `first` is told once something was acknowledged.
async fn creating(
    http: Client,
    api: String,
    token: String,
    name: String,
    first: mpsc::Sender<()>,
) -> Written {
    let mut acknowledged = Vec::new();
    for n in 0.. {
        let (code, key) = (format!("crash.{name}-{n}"), fresh_key());
        match create(&http, &api, &token, &code, &key).await {
            Ok(StatusCode::CREATED) => {
                acknowledged.push(code);
                if n == 0 {
                    first.send(()).await.unwrap();
                }
            }
            Ok(status) if status.is_server_error() => {
                return Written {
                    acknowledged,
                    open: (code, key),
                };
            }
            Ok(status) => panic!("{code}: {status}"),
            Err(_) => {
                return Written {
                    acknowledged,
                    open: (code, key),
                };
            }
        }
    }
    unreachable!()
}

/// Names a project again and again. Returns the names that were acknowledged and the one that was not.
async fn naming(
    http: Client,
    api: String,
    token: String,
    project: &str,
    round: usize,
) -> (Vec<String>, String) {
    let path = format!("{api}/projects/{project}");
    let shown: Value = http
        .get(&path)
        .bearer_auth(&token)
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    let seen = shown["version"].as_i64().unwrap();
    let mut acknowledged = Vec::new();
    for (n, version) in (seen..).enumerate() {
        let title = format!("第{round}轮第{n}次");
        let request = http
            .patch(&path)
            .bearer_auth(&token)
            .header("If-Match", format!("\"{version}\""));
        let answer = async {
            let response = request.json(&json!({ "title": title })).send().await?;
            let status = response.status();
            response.bytes().await.map(|_| status)
        };
        match answer.await {
            Ok(StatusCode::OK) => acknowledged.push(title),
            Ok(status) if status.is_server_error() => return (acknowledged, title),
            Ok(status) => panic!("{title}: {status}"),
            Err(_) => return (acknowledged, title),
        }
    }
    unreachable!()
}

/// Every event of a feed, page by page to its end.
async fn everything(http: &Client, api: &str, token: &str, path: &str) -> Vec<Value> {
    let mut all = Vec::new();
    let mut cursor = String::new();
    loop {
        let separator = if path.contains('?') { '&' } else { '?' };
        let address = format!("{api}{path}{separator}limit=200{cursor}");
        let page: Value = http
            .get(address)
            .bearer_auth(token)
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap();
        let data = page["data"].as_array().unwrap_or_else(|| panic!("{page}"));
        if data.is_empty() {
            return all;
        }
        all.extend(data.iter().cloned());
        match page["page"]["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return all,
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_acknowledged_is_lost_or_doubled_when_program_and_database_are_killed_in_mid_write() {
    const PROJECT: &str = "wuwei-145.5-1.cancer-hospital";
    let dir = tempfile::tempdir().unwrap();
    std::fs::set_permissions(dir.path(), PermissionsExt::from_mode(0o755)).unwrap();
    let mut program = Program::start(dir.path());
    let accounts: Vec<Value> =
        serde_json::from_slice(&std::fs::read(dir.path().join("accounts.json")).unwrap()).unwrap();
    let of = |role: &str| {
        let found = accounts
            .iter()
            .find(|one| one["role"] == role && one["organisation"] == "wuwei");
        found.unwrap().clone()
    };
    let (administrator, planner) = (of("administrator"), of("planner"));
    let http = Client::new();
    let (mut created, mut named, mut perhaps) = (BTreeSet::new(), Vec::new(), BTreeSet::new());
    for round in 0..4 {
        let admin = token(&http, &program.api, &administrator).await;
        let plans = token(&http, &program.api, &planner).await;
        let (first, mut firsts) = mpsc::channel(3);
        let writers: Vec<_> = (0..3)
            .map(|n| {
                let name = format!("{round}-{n}");
                let (http, api, admin) = (http.clone(), program.api.clone(), admin.clone());
                tokio::spawn(creating(http, api, admin, name, first.clone()))
            })
            .collect();
        // The writers hold the others: where all of them failed, the wait below ends.
        drop(first);
        let editor = tokio::spawn(naming(http.clone(), program.api.clone(), plans, PROJECT, round));
        // Each has written something, however slow the machine is; then somewhere in the middle.
        for _ in 0..writers.len() {
            firsts.recv().await.unwrap();
        }
        tokio::time::sleep(Duration::from_millis(100 + 150 * round as u64)).await;
        // The database first or the program first, and once the program alone.
        let server: u32 = postmaster(dir.path(), 0).parse().unwrap();
        match round % 3 {
            0 => {
                kill_process(pid(server), Signal::KILL).unwrap();
                program.kill_9();
            }
            1 => {
                program.kill_9();
                kill_process(pid(server), Signal::KILL).unwrap();
            }
            _ => program.kill_9(),
        }
        let mut open = Vec::new();
        for writer in writers {
            let written = writer.await.unwrap();
            assert!(
                !written.acknowledged.is_empty(),
                "round {round}: killed before anything was written"
            );
            created.extend(written.acknowledged);
            open.push(written.open);
        }
        let (titles, unknown) = editor.await.unwrap();
        assert!(
            !titles.is_empty(),
            "round {round}: killed before anything was named"
        );
        named.extend(titles);
        perhaps.insert(unknown);
        program = Program::start(dir.path());
        let admin = token(&http, &program.api, &administrator).await;
        for (code, key) in open {
            // Whether it was done before or not: the same key gives one, and again the same one.
            for _ in 0..2 {
                let status = create(&http, &program.api, &admin, &code, &key).await.unwrap();
                assert_eq!(status, StatusCode::CREATED, "{code} under its first key");
            }
            created.insert(code);
        }
    }

    let (admin, plans) = (
        token(&http, &program.api, &administrator).await,
        token(&http, &program.api, &planner).await,
    );
    let mut found = Vec::new();
    for organisation in everything(&http, &program.api, &admin, "/organisations").await {
        let code = organisation["code"].as_str().unwrap().to_owned();
        if code.starts_with("crash.") {
            found.push(code);
        }
    }
    assert_eq!(found.len(), created.len(), "each once");
    assert_eq!(
        found.into_iter().collect::<BTreeSet<_>>(),
        created,
        "what was acknowledged, and nothing else"
    );
    let mut events = everything(&http, &program.api, &admin, "/events?kind=organisation.created").await;
    events.retain(|event| event["door"] == "api");
    assert_eq!(events.len(), created.len(), "one event for each");

    let history = everything(
        &http,
        &program.api,
        &plans,
        &format!("/projects/{PROJECT}/history"),
    )
    .await;
    let mut told: Vec<String> = Vec::new();
    for event in history.iter().filter(|event| event["kind"] == "project.edited") {
        told.push(
            event["body"]["changes"]["title"][1]
                .as_str()
                .unwrap_or_else(|| panic!("{event}"))
                .to_owned(),
        );
    }
    let sure: Vec<String> = told
        .iter()
        .filter(|title| !perhaps.contains(*title))
        .cloned()
        .collect();
    assert_eq!(sure, named, "each acknowledged name once, in its order");
    assert_eq!(
        told.iter().collect::<BTreeSet<_>>().len(),
        told.len(),
        "no name twice"
    );

    let socket = postmaster(dir.path(), 4);
    let verified = Command::new(env!("CARGO_BIN_EXE_guatu"))
        .args(["audit", "verify"])
        .env(
            "GUATU_DATABASE_URL",
            format!("postgres://guatu_app@{}/guatu", socket.replace('/', "%2F")),
        )
        .output()
        .unwrap();
    assert!(
        verified.status.success(),
        "{}",
        String::from_utf8_lossy(&verified.stdout)
    );
    let proof: Value = serde_json::from_slice(&verified.stdout).unwrap();
    assert_eq!(proof["findings"], json!([]));
    assert!(
        proof["events"].as_u64().unwrap() > (created.len() + named.len()) as u64,
        "{proof}"
    );
    program.terminate();
}
