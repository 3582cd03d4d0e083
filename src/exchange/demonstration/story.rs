//! From a scenario and the projects of a plan to what happens on which day. Pure: the same input, the same story.

use std::collections::BTreeMap;

use bigdecimal::BigDecimal;
use chrono::{Datelike, Days as Span, NaiveDate, Weekday};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::reporting;
use crate::exchange::plan_files::scenario::{Course, Days, Observed, Scenario};
use crate::projects::model::Evidence;
use crate::reports::model::Figures;
use crate::rules::lights::Light;
use crate::rules::periods::Period;

/// What the story must know of a project.
#[derive(Debug, Clone)]
pub struct Project {
    pub id: Uuid,
    pub code: String,
    /// The place of its programme among those of the plan.
    pub programme: i32,
    pub construction: bool,
    pub continuing: bool,
    pub quantity: Option<BigDecimal>,
    pub lead: Option<Uuid>,
    pub responsible: Option<Uuid>,
    /// In the order of their numbers.
    pub milestones: Vec<Milestone>,
}

/// A milestone as it was first proposed.
#[derive(Debug, Clone)]
pub struct Milestone {
    pub id: Uuid,
    pub name: String,
    pub planned_on: NaiveDate,
    pub evidence_wanted: Vec<String>,
}

/// What somebody does.
#[derive(Debug, Clone, PartialEq)]
pub enum Act {
    /// The plan's planner confirms owners, dates and weights of these projects as they are proposed.
    Confirm { projects: Vec<Uuid> },
    /// Staff of the responsible organisation reports.
    Report {
        milestone: Uuid,
        responsible: Uuid,
        actual_on: NaiveDate,
        note: String,
        evidence: Vec<Evidence>,
    },
    /// The lead's reviewer, or the planner where the lead may not, sends a report back.
    Return {
        milestone: Uuid,
        lead: Option<Uuid>,
        reason: String,
    },
    /// The same verify it.
    Verify { milestone: Uuid, lead: Option<Uuid> },
    /// The planner moves the project on; at its end with what it delivered.
    MoveOn {
        project: Uuid,
        life_cycle: &'static str,
        delivered: Option<BigDecimal>,
        /// What it is said to cost, once it is approved.
        investment: Option<BigDecimal>,
    },
    /// The planner begins the reports of periods.
    BeginReporting { from: NaiveDate },
    /// Staff of the responsible organisation files a period's report.
    ReportPeriod {
        project: Uuid,
        responsible: Uuid,
        period: Period,
        figures: Box<Figures>,
    },
    /// The lead's reviewer, or the planner where the lead may not, verifies it.
    VerifyPeriod {
        project: Uuid,
        period: Period,
        lead: Option<Uuid>,
    },
    /// The planner freezes a month.
    Freeze { month: Period },
    /// The plan's supervisor shows another light than the one that was worked out.
    OverrideLight {
        project: Uuid,
        light: Light,
        reason: String,
        until_on: NaiveDate,
    },
    /// The planner confirms who answers for these commitments, by their codes.
    Settle { commitments: Vec<String> },
    /// Staff of whoever answers for it files a figure.
    Observe(Observed),
    /// The planner confirms it, or sends it back with this reason.
    Judge {
        observed: Observed,
        back: Option<String>,
    },
}

/// One act on its day.
#[derive(Debug, Clone, PartialEq)]
pub struct Scene {
    pub day: NaiveDate,
    pub act: Act,
}

/// The story up to the end of `until`, in the order in which it happens. No milestone is acted on twice a day.
pub fn tell(scenario: &Scenario, projects: &[Project], until: NaiveDate) -> Vec<Scene> {
    let mut scenes = Vec::new();
    let mut confirmed: BTreeMap<NaiveDate, Vec<Uuid>> = BTreeMap::new();
    for project in projects {
        let Some(course) = course_of(scenario, &project.code) else {
            continue;
        };
        if !course.confirmed || project.milestones.is_empty() {
            continue;
        }
        let wait = scenario.days_between_programmes * (project.programme - 1).max(0);
        let day = working_day(later(scenario.confirmed_from, wait));
        confirmed.entry(day).or_default().push(project.id);
        work(scenario, course, project, day, &mut scenes);
    }
    for (day, projects) in confirmed {
        scenes.push(Scene {
            day,
            act: Act::Confirm { projects },
        });
    }
    if let Some(calendar) = &scenario.reporting {
        let reports = reporting::tell(scenario, calendar, projects, &scenes, until);
        scenes.extend(reports);
    }
    for one in &scenario.overrides {
        if let Some(project) = projects.iter().find(|project| project.code == one.project) {
            scenes.push(Scene {
                day: one.on,
                act: Act::OverrideLight {
                    project: project.id,
                    light: one.light,
                    reason: format!("{}：{}", scenario.mark, one.reason),
                    until_on: one.until_on,
                },
            });
        }
    }
    figures(scenario, &mut scenes);
    scenes.retain(|scene| scene.day <= until);
    // A confirmation before what it allows; otherwise the order in which the projects stand.
    scenes.sort_by_key(|scene| (scene.day, !matches!(scene.act, Act::Confirm { .. })));
    scenes
}

/// The made-up figures of commitments.
fn figures(scenario: &Scenario, into: &mut Vec<Scene>) {
    let mut commitments: Vec<String> = scenario
        .observations
        .iter()
        .map(|one| one.commitment.clone())
        .collect();
    commitments.sort_unstable();
    commitments.dedup();
    if commitments.is_empty() {
        return;
    }
    into.push(Scene {
        day: scenario.confirmed_from,
        act: Act::Settle { commitments },
    });
    for one in &scenario.observations {
        let observed = Observed {
            source: format!("{}：{}", scenario.mark, one.source),
            ..one.clone()
        };
        let judged = |day: NaiveDate, back: Option<String>| Scene {
            day,
            act: Act::Judge {
                observed: observed.clone(),
                back,
            },
        };
        let returned = one
            .returned_on
            .map(|day| judged(day, Some(format!("{}：与统计口径不符，请核对。", scenario.mark))));
        let confirmed = one.confirmed_on.map(|day| judged(day, None));
        into.push(Scene {
            day: one.filed_on,
            act: Act::Observe(observed.clone()),
        });
        into.extend(returned);
        into.extend(confirmed);
    }
}

/// The work of one project from its confirmation on.
fn work(
    scenario: &Scenario,
    course: &Course,
    project: &Project,
    confirmed_on: NaiveDate,
    into: &mut Vec<Scene>,
) {
    let Some(responsible) = project.responsible else {
        return;
    };
    let lead = project.lead;
    let draw = |word: &str, days: Days| draw_of(&scenario.draw, &format!("{} {word}", project.code), days);
    let done = course
        .stops_after
        .map_or(usize::MAX, |steps| usize::try_from(steps).unwrap_or(0));
    let last = project.milestones.len();
    let mut before = confirmed_on;
    for (at, milestone) in project.milestones.iter().enumerate().take(done) {
        let number = at + 1;
        let lag = draw(&format!("lag {number}"), course.lag);
        // Work goes step by step: none is finished before the one in front of it.
        let wanted = later(
            at_pace(confirmed_on, milestone.planned_on, course.pace_percent),
            lag,
        );
        let actual_on = working_day(wanted.max(later(before, 1)));
        before = actual_on;
        let mut reported_on = working_day(later(
            actual_on,
            draw(&format!("report {number}"), course.reported_after),
        ));
        let report = |day: NaiveDate, note: String| Scene {
            day,
            act: Act::Report {
                milestone: milestone.id,
                responsible,
                actual_on,
                note,
                evidence: milestone
                    .evidence_wanted
                    .iter()
                    .map(|kind| Evidence {
                        kind: kind.clone(),
                        reference: format!("{}〔{}〕{}号", scenario.mark, actual_on.year(), number),
                    })
                    .collect(),
            },
        };
        let note = |turn: usize| match course.notes.is_empty() {
            true => format!("{}：{}已完成。", scenario.mark, milestone.name),
            false => format!("{}：{}", scenario.mark, course.notes[turn % course.notes.len()]),
        };
        into.push(report(reported_on, note(at)));
        let comes_back = course
            .returned_every
            .is_some_and(|every| number % usize::try_from(every).unwrap_or(1) == 0);
        if comes_back {
            let returned_on = working_day(later(reported_on, 3));
            let reason = format!("{}：{}", scenario.mark, course.return_reason);
            into.push(Scene {
                day: returned_on,
                act: Act::Return {
                    milestone: milestone.id,
                    lead,
                    reason,
                },
            });
            let Some(wait) = course.resubmitted_after else {
                return;
            };
            reported_on = working_day(later(returned_on, draw(&format!("again {number}"), wait)));
            into.push(report(reported_on, note(at + 1)));
        }
        let Some(wait) = course.verified_after else {
            continue;
        };
        let verified_on = working_day(later(reported_on, draw(&format!("verify {number}"), wait)));
        into.push(Scene {
            day: verified_on,
            act: Act::Verify {
                milestone: milestone.id,
                lead,
            },
        });
        if let Some(life_cycle) = moved_to(project.construction, number, last) {
            into.push(Scene {
                day: verified_on,
                act: Act::MoveOn {
                    project: project.id,
                    life_cycle,
                    delivered: project.quantity.clone().filter(|_| life_cycle == "closed"),
                    investment: reporting::investment(scenario, project)
                        .filter(|_| life_cycle == "preparation"),
                },
            });
        }
        before = before.max(confirmed_on);
    }
}

/// Where a project stands once its step `number` of `last` is verified; none where it stays.
fn moved_to(construction: bool, number: usize, last: usize) -> Option<&'static str> {
    match (construction, number) {
        (_, number) if number == last => Some("closed"),
        (true, 1) => Some("preparation"),
        (true, number) if number + 1 == last => Some("completion"),
        (true, 3) | (false, 1) => Some("implementation"),
        _ => None,
    }
}

fn course_of<'a>(scenario: &'a Scenario, code: &str) -> Option<&'a Course> {
    if let Some(slug) = scenario.assigned.get(code) {
        return scenario.courses.iter().find(|course| course.slug == *slug);
    }
    let sum: i32 = scenario.courses.iter().map(|course| course.share).sum();
    let mut at = draw_of(
        &scenario.draw,
        &format!("{code} course"),
        Days {
            least: 0,
            most: sum - 1,
        },
    );
    scenario.courses.iter().find(|course| {
        at -= course.share;
        at < 0
    })
}

/// A number of the range that depends on the words alone, each as likely as another.
pub(super) fn draw_of(draw: &str, word: &str, days: Days) -> i32 {
    let digest = Sha256::digest(format!("{draw}\n{word}"));
    let number = digest[..8]
        .iter()
        .fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte));
    let width = u64::try_from(i64::from(days.most) - i64::from(days.least) + 1).unwrap_or(1);
    days.least + i32::try_from(number % width).unwrap_or(0)
}

/// The day that lies so many per cent of the way from one day to a later one; an earlier one stays.
fn at_pace(from: NaiveDate, planned_on: NaiveDate, percent: i32) -> NaiveDate {
    let way = (planned_on - from).num_days();
    if way <= 0 {
        return planned_on;
    }
    later(from, i32::try_from(way * i64::from(percent) / 100).unwrap_or(0))
}

pub(super) fn later(day: NaiveDate, days: i32) -> NaiveDate {
    let span = Span::new(u64::from(days.unsigned_abs()));
    let moved = if days < 0 {
        day.checked_sub_days(span)
    } else {
        day.checked_add_days(span)
    };
    moved.unwrap_or(day)
}

/// Offices work from Monday to Friday: a weekend's work is Monday's.
pub(super) fn working_day(day: NaiveDate) -> NaiveDate {
    match day.weekday() {
        Weekday::Sat => later(day, 2),
        Weekday::Sun => later(day, 1),
        _ => day,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::rules::periods::{Frequency, ReportingCalendar, Stage, Terms};

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn course(slug: &str) -> Course {
        Course {
            slug: slug.to_owned(),
            name: slug.to_owned(),
            share: 1,
            confirmed: true,
            pace_percent: 100,
            lag: Days { least: -5, most: 5 },
            reported_after: Days { least: 0, most: 3 },
            verified_after: Some(Days { least: 1, most: 9 }),
            stops_after: None,
            returned_every: None,
            resubmitted_after: None,
            return_reason: "资料不全".to_owned(),
            notes: Vec::new(),
        }
    }

    fn scenario(courses: Vec<Course>) -> Scenario {
        Scenario {
            mark: "演示".to_owned(),
            today: day("2024-09-30"),
            confirmed_from: day("2022-04-11"),
            days_between_programmes: 2,
            draw: "一".to_owned(),
            courses,
            assigned: BTreeMap::new(),
            reporting: Some(ReportingCalendar {
                reporting_from: Some(day("2023-07-03")),
                starts_on: day("2021-01-01"),
                ends_on: day("2025-12-31"),
                terms: vec![Terms {
                    stage: Stage::UnderWay,
                    frequency: Frequency::Monthly,
                    due_day: 25,
                    due_month_offset: 0,
                    grace_days: 3,
                }],
            }),
            overrides: Vec::new(),
            observations: Vec::new(),
        }
    }

    fn project(code: &str) -> Project {
        let milestone = |planned_on: &str| Milestone {
            id: Uuid::now_v7(),
            name: "开工".to_owned(),
            planned_on: day(planned_on),
            evidence_wanted: vec!["施工许可证".to_owned()],
        };
        Project {
            id: Uuid::now_v7(),
            code: code.to_owned(),
            programme: 5,
            construction: true,
            continuing: false,
            quantity: Some(BigDecimal::from(3)),
            lead: Some(Uuid::now_v7()),
            responsible: Some(Uuid::now_v7()),
            milestones: ["2022-09-30", "2023-03-31", "2023-10-31", "2024-06-30"]
                .map(milestone)
                .to_vec(),
        }
    }

    fn touched(act: &Act) -> Option<Uuid> {
        match act {
            Act::Report { milestone, .. } | Act::Return { milestone, .. } | Act::Verify { milestone, .. } => {
                Some(*milestone)
            }
            _ => None,
        }
    }

    #[test]
    fn the_same_scenario_tells_the_same_story_and_a_later_day_only_more_of_it() {
        let scenario = scenario(vec![course("a"), course("b")]);
        let projects: Vec<Project> = (0..20).map(|number| project(&format!("p{number}"))).collect();
        let whole = tell(&scenario, &projects, day("2026-01-01"));
        assert_eq!(whole, tell(&scenario, &projects, day("2026-01-01")));
        let part = tell(&scenario, &projects, day("2023-06-01"));
        assert!(!part.is_empty() && part.len() < whole.len());
        assert_eq!(part, whole[..part.len()]);
    }

    #[test]
    fn nothing_is_reported_before_it_is_confirmed_or_happened_and_no_milestone_twice_a_day() {
        let mut returns = course("returns");
        returns.returned_every = Some(2);
        returns.resubmitted_after = Some(Days { least: 1, most: 4 });
        let scenario = scenario(vec![course("a"), returns]);
        let projects: Vec<Project> = (0..40).map(|number| project(&format!("p{number}"))).collect();
        let mut seen = BTreeSet::new();
        let mut confirmed = BTreeSet::new();
        for scene in tell(&scenario, &projects, day("2026-01-01")) {
            assert!(!matches!(scene.day.weekday(), Weekday::Sat | Weekday::Sun));
            if let Act::Confirm { projects } = &scene.act {
                confirmed.extend(projects.iter().copied());
            }
            if let Act::Report {
                actual_on, milestone, ..
            } = &scene.act
            {
                assert!(*actual_on <= scene.day);
                let owner = projects
                    .iter()
                    .find(|p| p.milestones.iter().any(|m| m.id == *milestone))
                    .unwrap();
                assert!(confirmed.contains(&owner.id));
            }
            if let Some(milestone) = touched(&scene.act) {
                assert!(seen.insert((scene.day, milestone)), "{scene:?}");
            }
        }
        assert_eq!(confirmed.len(), 40);
    }

    #[test]
    fn reports_come_for_periods_in_which_the_work_goes_on_and_none_after_its_month_is_frozen() {
        let scenario = scenario(vec![course("a")]);
        let projects: Vec<Project> = (0..40).map(|number| project(&format!("p{number}"))).collect();
        let mut frozen = BTreeSet::new();
        let mut filed = BTreeSet::new();
        let mut begun = false;
        for scene in tell(&scenario, &projects, day("2024-06-01")) {
            match &scene.act {
                Act::BeginReporting { from } => begun = *from <= scene.day,
                Act::Freeze { month } => assert!(frozen.insert(*month)),
                Act::ReportPeriod { project, period, .. } => {
                    assert!(begun && period.start >= day("2023-07-03") && period.start <= scene.day);
                    assert!(!frozen.contains(period) && filed.insert((*project, *period)));
                }
                Act::VerifyPeriod { project, period, .. } => {
                    assert!(!frozen.contains(period) && filed.contains(&(*project, *period)));
                }
                _ => {}
            }
        }
        assert!(
            filed.len() > 40 && frozen.len() == 9,
            "{} {}",
            filed.len(),
            frozen.len()
        );
    }

    #[test]
    fn figures_are_filed_once_their_owner_is_settled_and_judged_afterwards() {
        let mut one = scenario(vec![course("a")]);
        one.observations = vec![Observed {
            commitment: "c".to_owned(),
            on: day("2022-12-31"),
            value: BigDecimal::from(7),
            source: "年报".to_owned(),
            filed_on: day("2023-02-10"),
            confirmed_on: Some(day("2023-02-20")),
            returned_on: None,
        }];
        let scenes = tell(&one, &[], day("2023-02-15"));
        assert!(matches!(&scenes[0].act, Act::Settle { commitments } if commitments == &["c"]));
        assert!(matches!(&scenes[1].act, Act::Observe(observed) if observed.source == "演示：年报"));
        assert_eq!(scenes.len(), 2);
        let scenes = tell(&one, &[], day("2023-03-01"));
        assert!(matches!(&scenes[2].act, Act::Judge { back: None, .. }));
    }

    #[test]
    fn a_quick_pace_ends_before_the_plan_and_the_project_is_closed_with_what_it_delivered() {
        let mut quick = course("quick");
        quick.pace_percent = 60;
        let mut scenario = scenario(vec![quick]);
        scenario.reporting = None;
        let project = project("p");
        let scenes = tell(&scenario, std::slice::from_ref(&project), day("2024-01-31"));
        let Some(Act::MoveOn {
            life_cycle,
            delivered,
            ..
        }) = scenes.last().map(|scene| &scene.act)
        else {
            panic!("{scenes:?}");
        };
        assert_eq!((*life_cycle, delivered), ("closed", &project.quantity));
    }

    #[test]
    fn a_course_that_stops_never_goes_on_and_one_that_is_not_confirmed_does_nothing() {
        let mut stuck = course("stuck");
        stuck.stops_after = Some(1);
        let mut silent = course("silent");
        silent.confirmed = false;
        let mut one = scenario(vec![stuck, silent]);
        one.assigned = BTreeMap::from([
            ("p".to_owned(), "stuck".to_owned()),
            ("q".to_owned(), "silent".to_owned()),
        ]);
        let (p, q) = (project("p"), project("q"));
        let scenes = tell(&one, &[p.clone(), q], day("2026-01-01"));
        let reported: Vec<&Scene> = scenes
            .iter()
            .filter(|scene| matches!(scene.act, Act::Report { .. }))
            .collect();
        assert_eq!(reported.len(), 1);
        assert_eq!(touched(&reported[0].act), Some(p.milestones[0].id));
        assert!(
            scenes
                .iter()
                .all(|scene| !matches!(&scene.act, Act::Confirm { projects } if projects.len() != 1))
        );
    }
}
