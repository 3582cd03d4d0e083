//! Told to stop, the program finishes what it has begun to answer, and then ends cleanly.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use serde_json::{Value, json};

use crate::support::fresh_key;
use crate::support::program::Program;

#[tokio::test(flavor = "multi_thread")]
async fn a_request_in_flight_is_answered_when_a_signal_comes() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::set_permissions(dir.path(), PermissionsExt::from_mode(0o755)).unwrap();
    for (round, signal) in [Signal::TERM, Signal::INT].into_iter().enumerate() {
        let program = Program::start(dir.path());
        let host = program
            .api
            .trim_start_matches("http://")
            .trim_end_matches("/api/v1")
            .to_owned();
        let accounts: Vec<Value> =
            serde_json::from_slice(&std::fs::read(dir.path().join("accounts.json")).unwrap()).unwrap();
        let administrator = accounts
            .iter()
            .find(|one| one["role"] == "administrator" && one["organisation"] == "wuwei")
            .unwrap();
        let http = reqwest::Client::new();
        let signed_in: Value = http
            .post(format!("{}/auth/login", program.api))
            .json(&json!({ "username": administrator["username"], "password": administrator["password"] }))
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap();
        let token = signed_in["access_token"].as_str().unwrap();

        // The head and half of the body are sent, so that the program waits for the rest.
        let body = json!({ "code": format!("late-{round}"), "name": "迟到的单位", "kind": "institution",
            "parent": "wuwei.health", "region": "620600" })
        .to_string();
        let (first, rest) = body.as_bytes().split_at(body.len() / 2);
        let mut slow = TcpStream::connect(&host).unwrap();
        slow.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        write!(
            slow,
            "POST /api/v1/organisations HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\n\
             Idempotency-Key: {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            fresh_key(),
            body.len()
        )
        .unwrap();
        slow.write_all(first).unwrap();
        tokio::time::sleep(Duration::from_millis(300)).await;
        program.signal(signal);
        let told = Instant::now();
        while TcpStream::connect(&host).is_ok() {
            assert!(
                told.elapsed() < Duration::from_secs(10),
                "it still takes new connections"
            );
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        slow.write_all(rest).unwrap();
        let mut answer = String::new();
        slow.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 201"), "{signal:?}: {answer}");
        program.ended();
    }
    let program = Program::start(dir.path());
    program.terminate();
}
