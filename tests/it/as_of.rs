//! Any past day answers as the live product answered at the end of it.

use std::collections::{BTreeMap, BTreeSet};

use guatu::kernel::Role;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

use crate::support::{HOSPITAL, LEAD, RESPONSIBLE, TestApp, confirm};

const LISTS: [&str; 3] = [
    "/milestones?limit=200&programme=5",
    "/projects?limit=200&sort=name",
    "/milestones?overdue=true&limit=200",
];

async fn answers(person: &crate::support::Person<'_>, as_of: Option<&str>) -> Vec<Value> {
    let mut all = Vec::new();
    for list in LISTS {
        let path = as_of.map_or(list.to_owned(), |day| format!("{list}&as_of={day}"));
        all.push(person.get(&path).await.expect(200)["data"].clone());
    }
    all
}

/// Random steps by whoever may take them, some refused; a random number of days between.
#[tokio::test(flavor = "multi_thread")]
async fn after_a_random_history_each_day_answers_as_it_did_then() {
    let mut runner = TestRunner::deterministic();
    let steps = proptest::collection::vec((0..6_usize, 0..3_usize, 0..3_i64), 120)
        .new_tree(&mut runner)
        .unwrap();
    let app = TestApp::start().await;
    let planner = app.planner().await;
    let clerk = app.person(RESPONSIBLE, Role::Staff).await;
    let reviewer = app.person(LEAD, Role::Reviewer).await;
    let dates = BTreeMap::from([(1, "2024-03-02"), (2, "2024-03-20"), (3, "2024-04-10")]);
    let confirmed = confirm(&planner, HOSPITAL, &dates).await;
    let ids: Vec<String> = confirmed
        .milestones
        .iter()
        .map(|milestone| milestone["id"].as_str().unwrap().to_owned())
        .collect();
    let mut then: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    let mut taken = 0;
    let (mut planner, mut clerk, mut reviewer) = (planner, clerk, reviewer);
    for (step, which, days) in steps.current() {
        let today = app.clock.now().date_naive().to_string();
        let path = format!("/milestones/{}", ids[which % ids.len()]);
        let version = planner.get(&path).await.expect(200)["version"].as_i64().unwrap();
        let reply = match step {
            0 => {
                clerk
                    .post_seen(&format!("{path}/report"), version, json!({ "actual_on": today }))
                    .await
            }
            1 => {
                clerk
                    .post_seen(&format!("{path}/withdraw"), version, json!({}))
                    .await
            }
            2 => {
                reviewer
                    .post_seen(&format!("{path}/verify"), version, json!({}))
                    .await
            }
            3 => {
                reviewer
                    .post_seen(&format!("{path}/return"), version, json!({ "reason": "再核" }))
                    .await
            }
            4 => {
                let later = app.clock.now().date_naive() + chrono::Days::new(20);
                let body = json!({ "kind": "date", "planned_on": later, "reason": "延后" });
                let asked = reviewer
                    .post_seen(&format!("{path}/change-requests"), version, body)
                    .await;
                if asked.status == 201 {
                    let approve = format!("/change-requests/{}/approve", asked.body["id"].as_str().unwrap());
                    planner.post_seen(&approve, 1, json!({})).await
                } else {
                    asked
                }
            }
            _ => {
                planner
                    .post_seen(&format!("{path}/reopen"), version, json!({ "reason": "不属实" }))
                    .await
            }
        };
        assert!(
            matches!(reply.status, 200 | 403 | 409 | 422),
            "{} {}",
            reply.status,
            reply.body
        );
        taken += usize::from(reply.status == 200);
        then.insert(today, answers(&planner, None).await);
        if days > 0 {
            app.pass_days(days);
            // A token lives a quarter of an hour.
            planner = app.planner().await;
            clerk = app.person(RESPONSIBLE, Role::Staff).await;
            reviewer = app.person(LEAD, Role::Reviewer).await;
        }
    }
    assert!(
        taken >= 10 && then.len() >= 10,
        "{taken} steps on {} days tell too little",
        then.len()
    );
    for (day, live) in &then {
        assert_eq!(&answers(&planner, Some(day)).await, live, "{day}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn before_the_first_record_there_is_none() {
    let app = TestApp::start().await;
    let planner = app.planner().await;
    assert!(planner.get("/projects?as_of=2022-03-17").await.ids().is_empty());
    assert!(!planner.get("/projects?as_of=2022-03-18").await.ids().is_empty());
    assert_eq!(
        planner
            .get(&format!("/projects/{HOSPITAL}?as_of=2022-03-17"))
            .await
            .refused(404),
        "not_found"
    );
}

const HOME: &str = "wuwei-145.6-4.city-elderly-home";
const BEDS: &str = "wuwei-145.6-4.beds-added";
const JOBS: &str = "wuwei-145.1.new-urban-jobs";
const HOME_OWNER: &str = "wuwei.civil-affairs";

/// Everything of reports, lights, promised numbers and tallies that may be asked for a past day.
async fn month(person: &crate::support::Person<'_>, as_of: Option<&str>) -> BTreeMap<String, Value> {
    let paths = [
        format!("/projects/{HOSPITAL}"),
        format!("/projects/{HOME}"),
        format!("/projects/{HOSPITAL}/parts"),
        "/projects?limit=200&sort=name&programme=5&programme=6".to_owned(),
        "/projects?silent=true&include=total".to_owned(),
        "/projects?light=red&light=yellow&include=total,facets&programme=5&programme=6".to_owned(),
        "/progress-reports?limit=200&include=total".to_owned(),
        "/reporting/owed?include=total".to_owned(),
        "/reporting/organisations".to_owned(),
        "/tallies?programme=5&programme=6".to_owned(),
        "/summary?months=1".to_owned(),
        "/commitments?programme=6".to_owned(),
        format!("/commitments/{BEDS}"),
        format!("/commitments/{BEDS}/observations"),
        format!("/projects?commitment={BEDS}&include=total"),
        "/plans/wuwei-145/coverage".to_owned(),
        "/change-requests?limit=200&include=total,facets".to_owned(),
        "/change-requests?limit=200&state=open".to_owned(),
        "/date-changes/by-project".to_owned(),
    ];
    let mut all = BTreeMap::new();
    for path in paths {
        let joint = if path.contains('?') { '&' } else { '?' };
        let asked = as_of.map_or(path.clone(), |day| format!("{path}{joint}as_of={day}"));
        let reply = person.get(&asked).await;
        let mut told = reply.expect(200);
        // Pages are sealed with the question, which names the day.
        if let Some(page) = told.get_mut("page").and_then(Value::as_object_mut) {
            page.remove("next_cursor");
        }
        all.insert(path, told);
    }
    all
}

/// Who acts, with tokens of the day.
struct Cast<'a> {
    planner: crate::support::Person<'a>,
    supervisor: crate::support::Person<'a>,
    clerk: crate::support::Person<'a>,
    county: crate::support::Person<'a>,
    lead: crate::support::Person<'a>,
    welfare: crate::support::Person<'a>,
    asker: crate::support::Person<'a>,
    administrator: crate::support::Person<'a>,
}

impl<'a> Cast<'a> {
    async fn of(app: &'a TestApp) -> Cast<'a> {
        Cast {
            planner: app.planner().await,
            supervisor: app.supervisor().await,
            clerk: app.person(RESPONSIBLE, Role::Staff).await,
            county: app.person("gulang.health", Role::Staff).await,
            lead: app.person(LEAD, Role::Reviewer).await,
            welfare: app.person(HOME_OWNER, Role::Staff).await,
            asker: app.person(RESPONSIBLE, Role::Reviewer).await,
            administrator: app.person("wuwei", Role::Administrator).await,
        }
    }

    async fn version(&self, path: &str) -> i64 {
        self.planner.get(path).await.expect(200)["version"]
            .as_i64()
            .unwrap()
    }

    /// One of a list, by chance: its id and version.
    async fn any(&self, list: &str, chance: usize) -> Option<(String, i64)> {
        let found = self.planner.get(list).await.expect(200);
        let all = found["data"].as_array().unwrap();
        let one = all.get(chance.checked_rem(all.len())?)?;
        Some((
            one["id"].as_str().unwrap().to_owned(),
            one["version"].as_i64().unwrap(),
        ))
    }

    /// One step; none where there is nothing to take it on.
    async fn act(
        &self,
        step: usize,
        chance: usize,
        today: chrono::NaiveDate,
    ) -> Option<crate::support::Reply> {
        use chrono::Datelike as _;
        let project = format!("/projects/{HOSPITAL}");
        let month = today.format("%Y-%m").to_string();
        let percent = (chance * 7 % 100).to_string();
        let said = json!({ "physical_percent": percent, "required": "3000000", "received": "2000000",
            "paid": (chance * 100_000).to_string(), "done": (chance * 90_000).to_string(), "done_text": "施工",
            "note": "按实", "statistics_entered_on": today });
        Some(match step {
            0 | 1 => {
                let mut body = said;
                body["period"] = json!(month);
                let divided = self.planner.get(&format!("{project}/parts")).await.expect(200);
                let parts = divided["items"].as_array().unwrap();
                let (who, region) = match (parts.is_empty(), chance % 2) {
                    (true, _) => (&self.clerk, None),
                    (false, 0) => (&self.clerk, Some("620621")),
                    (false, _) => (&self.county, Some("620622")),
                };
                if let Some(region) = region {
                    body["region"] = json!(region);
                }
                who.post(&format!("{project}/progress-reports"), body).await
            }
            2..=4 => {
                let state = if step == 4 { "returned" } else { "submitted" };
                let list = format!("/progress-reports?limit=200&state={state}");
                let (id, version) = self.any(&list, chance).await?;
                let path = format!("/progress-reports/{id}");
                match step {
                    2 => {
                        self.lead
                            .post_seen(&format!("{path}/verify"), version, json!({}))
                            .await
                    }
                    3 => {
                        let body = json!({ "reason": "数不符" });
                        self.lead
                            .post_seen(&format!("{path}/return"), version, body)
                            .await
                    }
                    _ => self.clerk.patch(&path, version, said).await,
                }
            }
            5 => {
                let word = if chance.is_multiple_of(3) {
                    "reopen"
                } else {
                    "freeze"
                };
                let mut body = json!({ "month": month });
                if word == "reopen" {
                    body["reason"] = json!("更正");
                }
                self.planner
                    .post(&format!("/plans/wuwei-145/reporting/{word}"), body)
                    .await
            }
            6 => {
                let version = self.version(&project).await;
                let until = today + chrono::Days::new(chance as u64 % 40 + 1);
                let light = ["red", "green", "yellow"][chance % 3];
                let body = json!({ "light": light, "reason": "现场核查", "until_on": until });
                self.supervisor
                    .post_seen(&format!("{project}/light-overrides"), version, body)
                    .await
            }
            7 => {
                let told = self.planner.get(&project).await.expect(200);
                let held = told["light"]["override"].as_object()?;
                let id = held["id"].as_str().unwrap();
                let path = format!("{project}/light-overrides/{id}/end");
                let version = held["version"].as_i64().unwrap();
                self.supervisor
                    .post_seen(&path, version, json!({ "reason": "已整改" }))
                    .await
            }
            8 => {
                let path = "/plans/wuwei-145/light-rules";
                let held = self.planner.get(path).await.expect(200)["data"][0]["version"]
                    .as_i64()
                    .unwrap();
                let yellow = (chance % 20 + 5).to_string();
                let rules = json!({ "name": "试行", "schedule": { "measure": "points", "yellow": yellow,
                    "yellow_included": true, "red": "60" }, "reporting": { "yellow": 1, "red": 2 },
                    "investment": { "yellow": "95", "red": "60" },
                    "commitment": { "measure": "points", "yellow": yellow, "red": "50", "missed": "red" } });
                let body = match chance % 3 {
                    0 => json!({ "set": "wuhan", "reason": "从严" }),
                    _ => json!({ "rules": rules, "reason": "试行" }),
                };
                self.planner.post_seen(path, held, body).await
            }
            9 | 10 => {
                let body = json!({ "observed_on": today - chrono::Days::new(chance as u64 % 60),
                    "value": (chance * 5).to_string(), "source": "民政统计" });
                self.welfare
                    .post(&format!("/commitments/{BEDS}/observations"), body)
                    .await
            }
            11..=13 => {
                let list = format!("/commitments/{BEDS}/observations");
                let (id, version) = self.any(&list, chance).await?;
                let (word, body) = match step {
                    13 => ("return", json!({ "reason": "口径不符" })),
                    _ => ("confirm", json!({})),
                };
                self.planner
                    .post_seen(&format!("/observations/{id}/{word}"), version, body)
                    .await
            }
            14 => {
                let version = self.version(&project).await;
                let (word, body) = match chance % 2 {
                    0 => (
                        "suspend",
                        json!({ "reason": "资金", "review_on": today + chrono::Days::new(30) }),
                    ),
                    _ => ("resume", json!({ "reason": "资金到位" })),
                };
                self.planner
                    .post_seen(&format!("{project}/{word}"), version, body)
                    .await
            }
            15 => {
                let version = self.version("/plans/wuwei-145/reporting").await;
                let terms = json!({ "stage": "under_way", "frequency": "monthly", "due_day": 20 + chance % 9,
                    "due_month_offset": chance % 2, "grace_days": chance % 5 });
                self.planner
                    .patch(
                        "/plans/wuwei-145/reporting",
                        version,
                        json!({ "calendar": [terms] }),
                    )
                    .await
            }
            16 => {
                let version = self.version(&project).await;
                let body = json!({ "title": format!("民勤县人民医院改造（{}）", today.day()),
                    "investment_planned": (chance * 1_000_000 + 1).to_string() });
                self.planner.patch(&project, version, body).await
            }
            18 => {
                let version = self.version(&project).await;
                let serves = match chance % 3 {
                    0 => json!([]),
                    1 => json!([BEDS]),
                    _ => json!([BEDS, JOBS]),
                };
                self.planner
                    .patch(&project, version, json!({ "commitments": serves }))
                    .await
            }
            19 => {
                let path = format!("/organisations/{LEAD}");
                let version = self.version(&path).await;
                let body = json!({ "name": format!("市卫生健康委员会（{}）", chance % 5) });
                self.administrator.patch(&path, version, body).await
            }
            20 => {
                let list = format!("{project}/milestones");
                let (id, version) = self.any(&list, chance).await?;
                let day = today + chrono::Days::new(chance as u64 + 20);
                let body = json!({ "kind": "date", "planned_on": day, "reason": "施工许可延后" });
                self.asker
                    .post_seen(&format!("/milestones/{id}/change-requests"), version, body)
                    .await
            }
            21 => {
                let (id, version) = self.any("/change-requests?state=open", chance).await?;
                let (word, body) = match chance % 4 {
                    0 => ("reject", json!({ "note": "理由不足" })),
                    _ => ("approve", json!({})),
                };
                self.planner
                    .post_seen(&format!("/change-requests/{id}/{word}"), version, body)
                    .await
            }
            _ => {
                let path = format!("{project}/parts");
                let version = self.version(&path).await;
                let items = match chance % 3 {
                    0 => json!([]),
                    _ => json!([{ "region": "620621", "quantity": "3" },
                        { "region": "620622", "organisation": "gulang.health", "quantity": (chance + 1).to_string() }]),
                };
                let seen = format!("\"{version}\"");
                self.planner
                    .send(
                        reqwest::Method::PUT,
                        &path,
                        Some(json!({ "items": items })),
                        &[("If-Match", &seen)],
                    )
                    .await
            }
        })
    }
}

/// Reports, frozen months, calendars, parts, lights, their rules and overrides, figures of promises and who serves them,
/// names of organisations, requests to move dates: at random, by whoever may, some refused. The seed is told where it fails; GUATU_SEED sets another.
#[tokio::test(flavor = "multi_thread")]
async fn after_a_random_history_of_months_each_day_answers_as_it_did_then() {
    let seed: u8 = std::env::var("GUATU_SEED").map_or(3, |text| text.parse().unwrap());
    let rng =
        proptest::test_runner::TestRng::from_seed(proptest::test_runner::RngAlgorithm::ChaCha, &[seed; 32]);
    let mut runner = TestRunner::new_with_rng(proptest::test_runner::Config::default(), rng);
    // What needs something before it comes more often.
    let often = vec![
        0_usize, 0, 1, 1, 1, 2, 3, 3, 3, 4, 4, 5, 6, 6, 7, 7, 8, 9, 10, 11, 11, 12, 13, 14, 15, 16, 17, 18,
        18, 19, 20, 20, 21, 21,
    ];
    let step = proptest::sample::select(often);
    let steps = proptest::collection::vec((step, 0..100_usize, 0..9_i64), 150)
        .new_tree(&mut runner)
        .unwrap();
    let app = TestApp::start().await;
    let planner = app.planner().await;
    let dates = BTreeMap::from([(1, "2024-02-20"), (2, "2024-04-20"), (3, "2024-05-10")]);
    let confirmed = confirm(&planner, HOSPITAL, &dates).await;
    confirm(&planner, HOME, &BTreeMap::from([(1, "2024-05-10")])).await;
    let under_way = json!({ "life_cycle": "implementation", "investment_planned": "9000000" });
    let version = confirmed.project["version"].as_i64().unwrap();
    planner
        .patch(&format!("/projects/{HOSPITAL}"), version, under_way)
        .await
        .expect(200);
    let held = planner.get(&format!("/commitments/{BEDS}")).await.expect(200);
    planner
        .patch(
            &format!("/commitments/{BEDS}"),
            held["version"].as_i64().unwrap(),
            json!({ "owner": HOME_OWNER }),
        )
        .await
        .expect(200);
    let held = planner.get("/plans/wuwei-145/reporting").await.expect(200);
    planner
        .patch(
            "/plans/wuwei-145/reporting",
            held["version"].as_i64().unwrap(),
            json!({ "reporting_from": "2024-03-01" }),
        )
        .await
        .expect(200);
    let mut cast = Cast::of(&app).await;
    let mut then: BTreeMap<String, BTreeMap<String, Value>> = BTreeMap::new();
    let mut taken: BTreeMap<usize, usize> = BTreeMap::new();
    let mut editions: BTreeMap<String, Value> = BTreeMap::new();
    for (step, chance, days) in steps.current() {
        let today = app.clock.now().date_naive();
        if let Some(reply) = cast.act(step, chance, today).await {
            assert!(
                matches!(reply.status, 200 | 201 | 403 | 409 | 422),
                "seed {seed}, step {step} {chance}: {} {}",
                reply.status,
                reply.body
            );
            *taken.entry(step).or_default() += usize::from(reply.status < 300);
            if step == 5 && reply.status == 200 && reply.body["frozen"] == true {
                for list in ["tallies", "reporting/organisations", "progress-reports"] {
                    let (month, edition) = (today.format("%Y-%m"), &reply.body["edition"]);
                    let path = format!("/{list}?month={month}&edition={edition}");
                    let told = cast.supervisor.get(&path).await.expect(200);
                    editions.insert(path, told);
                }
            }
        }
        // Some days see several steps.
        let days = (days - 4).max(0);
        if days > 0 {
            then.insert(today.to_string(), month(&cast.supervisor, None).await);
            app.pass_days(days);
            cast = Cast::of(&app).await;
        }
    }
    let lacking: Vec<usize> = (0..22)
        .filter(|step| taken.get(step).is_none_or(|times| *times == 0))
        .collect();
    assert!(
        lacking.is_empty() && then.len() >= 20,
        "seed {seed}: {lacking:?} never taken, {} days tell too little: {taken:?}",
        then.len()
    );
    for (path, told) in &editions {
        let now = cast.supervisor.get(path).await.expect(200);
        assert_eq!(&now, told, "seed {seed}, {path}");
    }
    // What never changes proves nothing.
    for path in then.values().next().unwrap().keys() {
        let different: BTreeSet<String> = then
            .values()
            .map(|all| {
                let mut told = all[path].clone();
                told.as_object_mut().unwrap().remove("day");
                told.to_string()
            })
            .collect();
        assert!(different.len() > 1, "seed {seed}: {path} never changed");
    }
    for (day, live) in &then {
        for (path, told) in month(&cast.supervisor, Some(day)).await {
            assert_eq!(told, live[&path], "seed {seed}, {day}, {path}");
        }
    }
}
