//! Many writers at once with an import in between: nobody waits for ever, nothing is half done, and a reader who
//! follows the log meanwhile misses nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};

use guatu::cli::load_into;
use guatu::db::log::verify;
use guatu::kernel::Role;
use serde_json::{Value, json};

use crate::support::{HOSPITAL, Person, RESPONSIBLE, Reply, TestApp, confirm, seeds};

const ROUNDS: usize = 25;

/// A change either went through, or met another's version, or another's report, which only he withdraws; a fault of
/// the house is neither.
#[track_caller]
fn went(reply: &Reply) -> bool {
    assert!(
        matches!(reply.status, 200 | 403 | 409 | 412),
        "{} {}",
        reply.status,
        reply.body
    );
    reply.status == 200
}

/// Reports and withdraws one milestone again and again, each time as it is then. How many went through.
async fn reporting(clerk: &Person<'_>, id: &str) -> usize {
    let mut done = 0;
    for _ in 0..ROUNDS {
        let now = clerk.get(&format!("/milestones/{id}")).await.expect(200);
        let version = now["version"].as_i64().unwrap();
        let reply = if now["state"] == "pending" {
            clerk
                .post_seen(
                    &format!("/milestones/{id}/report"),
                    version,
                    json!({ "actual_on": "2024-02-20" }),
                )
                .await
        } else {
            clerk
                .post_seen(&format!("/milestones/{id}/withdraw"), version, json!({}))
                .await
        };
        done += usize::from(went(&reply));
    }
    done
}

/// Renames a project again and again while others do the same. How many times it went through.
async fn renaming(planner: &Person<'_>, code: &str, name: &str) -> usize {
    let mut done = 0;
    for n in 0..ROUNDS {
        let now = planner.get(&format!("/projects/{code}")).await.expect(200);
        let version = now["version"].as_i64().unwrap();
        let title = json!({ "title": format!("{name}{n}") });
        done += usize::from(went(
            &planner.patch(&format!("/projects/{code}"), version, title).await,
        ));
    }
    done
}

/// The next page of the log after a cursor.
async fn page(reader: &Person<'_>, cursor: &mut String, seen: &mut Vec<Value>) -> usize {
    let page = reader.get(&format!("/events?limit=20{cursor}")).await.expect(200);
    let data = page["data"].as_array().unwrap().clone();
    if let Some(next) = page["page"]["next_cursor"].as_str() {
        *cursor = format!("&cursor={next}");
    }
    seen.extend(data.iter().cloned());
    data.len()
}

async fn whole_log(reader: &Person<'_>) -> Vec<Value> {
    let (mut cursor, mut seen) = (String::new(), Vec::new());
    while page(reader, &mut cursor, &mut seen).await > 0 {}
    seen
}

fn ids(events: &[Value]) -> Vec<&str> {
    events.iter().map(|event| event["id"].as_str().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn writers_and_an_import_end_without_deadlock_and_a_reader_of_the_log_misses_nothing() {
    let app = TestApp::start().await;
    let planner = app.planner().await;
    let dates = BTreeMap::from([(1, "2024-02-01"), (2, "2024-02-10"), (3, "2024-03-20")]);
    let confirmed = confirm(&planner, HOSPITAL, &dates).await;
    let milestones: Vec<&str> = confirmed
        .milestones
        .iter()
        .take(3)
        .map(|one| one["id"].as_str().unwrap())
        .collect();
    let (first, second) = (
        app.person(RESPONSIBLE, Role::Staff).await,
        app.person(RESPONSIBLE, Role::Staff).await,
    );
    let (other, observer) = (app.planner().await, app.person("wuwei", Role::Observer).await);
    let writing = AtomicBool::new(true);

    let following = async {
        let (mut cursor, mut seen) = (String::new(), Vec::new());
        loop {
            let last = !writing.load(Ordering::SeqCst);
            while page(&observer, &mut cursor, &mut seen).await > 0 {}
            if last {
                return seen;
            }
        }
    };
    let importing = async {
        let mut changed = 0;
        for round in 0..4 {
            let mut files = seeds();
            for project in files
                .projects
                .iter_mut()
                .filter(|project| project.code.contains(".12-"))
            {
                project.title.push_str(&format!("（第{round}版）"));
            }
            changed += load_into(&app.db, &files).await.unwrap().changed;
        }
        changed
    };
    let all = async {
        let done = tokio::join!(
            reporting(&first, milestones[0]),
            reporting(&second, milestones[0]),
            reporting(&first, milestones[1]),
            reporting(&second, milestones[2]),
            renaming(&planner, HOSPITAL, "甲"),
            renaming(&other, HOSPITAL, "乙"),
            renaming(&other, "wuwei-145.12-1.minqin-kindergarten", "丙"),
            importing,
        );
        writing.store(false, Ordering::SeqCst);
        done
    };
    let limit = std::time::Duration::from_secs(240);
    let (done, seen) = tokio::time::timeout(limit, async { tokio::join!(all, following) })
        .await
        .expect("somebody waits for somebody for ever");

    let reports = done.0 + done.1 + done.2 + done.3;
    let renames = done.4 + done.5 + done.6;
    assert!(
        done.2 == ROUNDS && done.3 == ROUNDS,
        "alone on his milestone, nobody is refused"
    );
    assert!(done.7 > 40, "the import changed {} records", done.7);
    let log = whole_log(&observer).await;
    assert_eq!(
        ids(&seen).iter().collect::<BTreeSet<_>>(),
        ids(&log).iter().collect::<BTreeSet<_>>()
    );
    assert_eq!(seen.len(), log.len(), "nothing is told twice");
    let count = |kinds: &[&str]| {
        log.iter()
            .filter(|event| event["door"] == "api" && kinds.contains(&event["kind"].as_str().unwrap()))
            .count()
    };
    assert_eq!(count(&["milestone.reported", "milestone.withdrawn"]), reports);
    assert_eq!(count(&["project.edited"]), renames);
    let proof = app.db.read(async |conn| verify(conn, &[]).await).await.unwrap();
    assert_eq!(proof.findings, []);
    // As many versions as changes: none was lost under another.
    let shown = planner.get(&format!("/projects/{HOSPITAL}")).await.expect(200);
    let edits = log
        .iter()
        .filter(|event| event["subject_id"] == shown["id"] && event["kind"] == "project.edited")
        .count();
    assert_eq!(
        shown["version"].as_i64().unwrap(),
        1 + i64::try_from(edits).unwrap()
    );
}
