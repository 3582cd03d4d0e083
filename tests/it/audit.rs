//! The log is append-only, and its proof finds a single event that was changed, removed or put out of order.

use diesel_async::{AsyncPgConnection, RunQueryDsl};
use guatu::db::log::{Finding, Head, verify};
use serde_json::json;

use crate::support::{HOSPITAL, TestApp};

async fn run(conn: &mut AsyncPgConnection, statement: &str) -> Result<usize, diesel::result::Error> {
    diesel::sql_query(statement).execute(conn).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_service_can_neither_change_nor_remove_an_event_nor_alter_a_table() {
    let app = TestApp::start().await;
    let mut service = app.service().await;
    for statement in [
        "UPDATE events SET kind = 'x'",
        "DELETE FROM events",
        "TRUNCATE events CASCADE",
        "DELETE FROM event_bodies",
        "UPDATE event_bodies SET body = '{}'",
        "DELETE FROM projects",
        "DROP TABLE milestones",
        "ALTER TABLE milestones ADD COLUMN x int",
        "CREATE TABLE x (id int)",
        "ALTER TABLE events DISABLE TRIGGER ALL",
        "DELETE FROM milestone_versions",
    ] {
        assert!(
            run(&mut service, statement).await.is_err(),
            "{statement} was allowed"
        );
    }
    // The owner of the tables is held by the trigger.
    let mut superuser = app.superuser().await;
    for statement in [
        "UPDATE events SET kind = 'x'",
        "DELETE FROM events",
        "UPDATE event_bodies SET body = '{}'",
    ] {
        let refused = run(&mut superuser, statement).await.unwrap_err().to_string();
        assert!(refused.contains("append-only"), "{statement}: {refused}");
    }
}

/// A log with some events of its own, and what verification finds after somebody with every right tampered with it.
async fn after(tampering: &[&str]) -> Vec<Finding> {
    let app = TestApp::start().await;
    let planner = app.planner().await;
    for (version, title) in [(1, "甲"), (2, "乙"), (3, "丙")] {
        planner
            .patch(
                &format!("/projects/{HOSPITAL}"),
                version,
                json!({ "title": title }),
            )
            .await
            .expect(200);
    }
    let mut superuser = app.superuser().await;
    run(&mut superuser, "SET session_replication_role = replica")
        .await
        .unwrap();
    for statement in tampering {
        assert!(
            run(&mut superuser, statement).await.unwrap() > 0,
            "{statement} changed nothing"
        );
    }
    let mut service = app.service().await;
    verify(&mut service, &[]).await.unwrap().findings
}

const LAST: &str = "(SELECT max(number) FROM events WHERE kind = 'project.edited')";

#[tokio::test(flavor = "multi_thread")]
async fn an_untouched_log_is_proven() {
    assert_eq!(after(&[]).await, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_body_is_found() {
    let findings = after(&[
        "UPDATE event_bodies SET body = body || '{\"x\": 1}' WHERE event_id = \
         (SELECT id FROM events WHERE kind = 'project.edited' ORDER BY number LIMIT 1)",
    ])
    .await;
    assert!(
        matches!(findings.as_slice(), [Finding::BodyChanged { .. }]),
        "{findings:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_head_of_an_event_is_found() {
    let findings = after(&[&format!(
        "UPDATE events SET actor_user_id = NULL WHERE kind = 'project.edited' AND number = {LAST}"
    )])
    .await;
    assert!(
        matches!(findings.as_slice(), [Finding::HashWrong { .. }]),
        "{findings:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_event_is_found_in_the_middle_and_at_the_end() {
    let middle = after(&[&format!(
        "DELETE FROM events WHERE kind = 'project.edited' AND number = {LAST} - 1"
    )])
    .await;
    assert!(
        middle
            .iter()
            .any(|finding| matches!(finding, Finding::Missing { .. })),
        "{middle:?}"
    );
    let end = after(&[&format!(
        "DELETE FROM events WHERE kind = 'project.edited' AND number = {LAST}"
    )])
    .await;
    assert!(
        end.iter()
            .any(|finding| matches!(finding, Finding::HeadDiffers { .. })),
        "{end:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn two_events_that_changed_places_are_found() {
    let findings = after(&[
        &format!("UPDATE events SET number = -1 WHERE kind = 'project.edited' AND number = {LAST}"),
        &format!("UPDATE events SET number = number + 1 WHERE kind = 'project.edited' AND number = {LAST}"),
        &format!("UPDATE events SET number = {LAST} - 1 WHERE number = -1"),
    ])
    .await;
    assert!(
        findings
            .iter()
            .any(|finding| matches!(finding, Finding::ChainBroken { .. })),
        "{findings:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_was_written_anew_differs_from_a_head_kept_elsewhere() {
    let app = TestApp::start().await;
    let mut service = app.service().await;
    let heads = verify(&mut service, &[]).await.unwrap().heads;
    assert_eq!(verify(&mut service, &heads).await.unwrap().findings, []);
    let other: Vec<Head> = heads
        .into_iter()
        .map(|head| Head {
            hash: "00".repeat(32),
            ..head
        })
        .collect();
    assert_eq!(
        verify(&mut service, &other).await.unwrap().findings.len(),
        other.len()
    );
}
