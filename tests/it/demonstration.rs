//! A made-up story, played through the ordinary actions, day by day, and marked everywhere.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use chrono::NaiveDate;
use guatu::cli::{demo, load_demonstration_into};
use guatu::db::log;
use guatu::exchange::demonstration::play;
use guatu::exchange::plan_files::scenario::{Scenario, scenario};
use guatu::kernel::{Error, Role};
use serde_json::Value;

use crate::support::{Person, TestApp, morning, seeds};

fn story() -> Scenario {
    scenario(&Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds"), &seeds()).unwrap()
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

async fn all(person: &Person<'_>, path: &str) -> Vec<Value> {
    let mut rows = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = person.get(&format!("{path}&limit=200{cursor}")).await.expect(200);
        rows.extend(page["data"].as_array().unwrap().iter().cloned());
        match page["page"]["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return rows,
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_story_is_played_day_by_day_goes_on_where_it_stopped_and_every_past_day_is_as_it_was() {
    let app = TestApp::start_empty(morning()).await;
    let (files, story) = (seeds(), story());
    load_demonstration_into(&app.db, &files).await.unwrap();
    demo::accounts(&app.db, &files).await.unwrap();
    let part = play(&app.db, &files, &story, day("2023-05-01")).await.unwrap();
    let supervisor = app.person("wuwei", Role::Supervisor).await;
    let then = [
        all(&supervisor, "/projects?sort=name").await,
        all(&supervisor, "/milestones?overdue=true").await,
    ];
    let rest = play(&app.db, &files, &story, story.today).await.unwrap();
    assert!(part.scenes > 100 && rest.scenes > 100 && part.skipped + rest.skipped == 0);
    let again = play(&app.db, &files, &story, story.today).await.unwrap();
    assert_eq!((again.scenes, again.skipped), (0, 0));
    let past = [
        all(&supervisor, "/projects?sort=name&as_of=2023-05-01").await,
        all(&supervisor, "/milestones?overdue=true&as_of=2023-05-01").await,
    ];
    assert_eq!(then, past);
    let back = play(&app.db, &files, &story, day("2023-05-01"))
        .await
        .unwrap_err();
    assert!(
        matches!(&back, Error::Conflict(fault) if fault.code.as_str() == "demonstration.day_back"),
        "{back}"
    );

    // A year of months, summed by the database, is what the chart of each day says of itself, row by row.
    let surfer = app.visitor("wuwei", Role::Supervisor).await;
    let page = surfer.get("/overview").await.expect(200);
    let said = |text: &str, day: &str| {
        let (_, rest) = text.split_once(&format!("aria-label=\"{day}，")).unwrap();
        rest.split('"').next().unwrap().to_owned()
    };
    let days: BTreeSet<&str> = page
        .text
        .split("href=\"/overview?as_of=")
        .skip(1)
        .map(|rest| &rest[..10])
        .collect();
    assert_eq!(days.len(), 13, "{days:?}");
    for day in &days {
        let then = surfer.get(&format!("/overview?as_of={day}")).await.expect(200);
        assert_eq!(said(&page.text, day), said(&then.text, day), "{day}");
    }
    let whole: String = days.iter().map(|day| said(&page.text, day)).collect();
    for nothing in ["逾期 0、", "待核验 0、"] {
        assert!(!whole.contains(nothing), "{whole}");
    }
    assert!(whole.contains("已完成 4、"), "{whole}");

    // Everybody who is late has a county, and every kind of course is there to be seen.
    for region in &files.regions {
        let late = supervisor
            .get(&format!("/projects?overdue=true&region={}", region.code))
            .await
            .ids();
        assert!(!late.is_empty(), "nothing is overdue in {}", region.code);
    }
    let milestones = all(&supervisor, "/milestones?sort=due").await;
    let states: BTreeSet<&str> = milestones
        .iter()
        .map(|one| one["state"].as_str().unwrap())
        .collect();
    assert!(
        states.is_superset(&BTreeSet::from(["pending", "reported", "returned", "verified"])),
        "{states:?}"
    );
    let done = |early: bool| {
        milestones
            .iter()
            .filter(|one| one["actual_on"].is_string())
            .any(|one| (one["actual_on"].as_str() < one["planned_on"].as_str()) == early)
    };
    assert!(done(true) && done(false));
    let projects = all(&supervisor, "/projects?sort=name").await;
    assert!(
        projects
            .iter()
            .any(|one| one["overdue"] == true && one["life_cycle"] == "identification")
    );
    assert!(projects.iter().any(|one| one["life_cycle"] == "closed"));
    assert!(projects.iter().any(|one| one["unconfirmed"] == true));
    // What is made up says so.
    for one in milestones.iter().filter(|one| one["note"].is_string()) {
        assert!(one["note"].as_str().unwrap().starts_with(&story.mark));
    }
    let plan = supervisor.get("/plans/wuwei-145").await;
    let marked = format!("wuwei-145; today={}", story.today);
    assert_eq!(plan.body["is_demonstration"], true);
    assert!(plan.demonstration.is_some());
    // The header is kept for some seconds: a fresh program says where the clock stands now.
    let proof = app
        .db
        .read(async |conn| log::verify(conn, &[]).await)
        .await
        .unwrap();
    assert!(proof.findings.is_empty(), "{:?}", proof.findings);
    let later = app.restarted().await;
    assert_eq!(later.anonymous().get("/plans").await.demonstration, Some(marked));
    // Loaded again, nothing of the story is undone.
    let outcome = load_demonstration_into(&app.db, &files).await.unwrap();
    assert_eq!((outcome.created, outcome.changed), (0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_real_plan_takes_no_story_and_carries_no_mark() {
    let app = TestApp::start().await;
    let refused = load_demonstration_into(&app.db, &seeds()).await.unwrap_err();
    assert!(
        matches!(&refused, Error::Conflict(fault) if fault.code.as_str() == "demonstration.plan_is_real"),
        "{refused}"
    );
    let refused = play(&app.db, &seeds(), &story(), story().today)
        .await
        .unwrap_err();
    assert!(
        matches!(&refused, Error::Conflict(fault) if fault.code.as_str() == "demonstration.plan_is_real"),
        "{refused}"
    );
    let planner = app.planner().await;
    let plan = planner.get("/plans/wuwei-145").await;
    assert_eq!(
        (plan.demonstration, &plan.body["is_demonstration"]),
        (None, &Value::Bool(false))
    );
}

#[test]
fn every_fault_of_a_story_is_told_with_its_line() {
    let files = seeds();
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join("demonstrations")).unwrap();
    let text = "[scenario]\nmark = \"演示\"\ntoday = 2022-04-01\nconfirmed_from = 2022-04-11\n\
                days_between_programmes = -1\ncolour = \"red\"\n\
                [[course]]\nslug = \"a\"\nname = \"一\"\nshare = 1\nlag_days = [3, 1]\nreturned_every = 2\n\
                [[course]]\nslug = \"a\"\nname = \"二\"\nshare = 0\n\
                [[project]]\ncode = \"nowhere\"\ncourse = \"b\"\n";
    fs::write(dir.path().join("demonstrations/wuwei-145.toml"), text).unwrap();
    let faults = scenario(dir.path(), &files).unwrap_err();
    let told: BTreeSet<(usize, &str)> = faults.iter().map(|fault| (fault.line, fault.code)).collect();
    for expected in [
        (1, "field.missing"),
        (3, "field.out_of_range"),
        (5, "field.out_of_range"),
        (6, "field.unknown"),
        (11, "field.format"),
        (7, "field.missing"),
        (18, "reference.unknown"),
        (19, "reference.unknown"),
    ] {
        assert!(told.contains(&expected), "{expected:?} is not among {told:?}");
    }
    assert!(told.iter().any(|(_, code)| *code == "code.duplicate"), "{told:?}");
}
