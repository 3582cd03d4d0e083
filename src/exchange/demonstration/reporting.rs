//! What the story tells of progress reports: when reporting begins, who files in time, who late, who not at all, what
//! is verified, and which months are frozen. Pure, as the rest of the story.

use std::collections::BTreeSet;

use bigdecimal::BigDecimal;
use chrono::{Days as Span, NaiveDate};
use uuid::Uuid;

use super::story::{Act, Project, Scene, draw_of, later, working_day};
use crate::exchange::plan_files::scenario::{Days, Scenario};
use crate::reports::model::{Figures, Fund, Money};
use crate::rules::periods::{Debt, Frequency, Period, ReportingCalendar, Spell, Stage, debts};

/// Of a hundred reports so many never come, and so many more come late.
const SILENT: i32 = 8;
const LATE: i32 = 20;
/// Of a hundred reports so many are verified.
const VERIFIED: i32 = 75;
/// The day of the next month on which a month is frozen, or the first working day after it.
const FROZEN_ON: u64 = 9;

/// The reports of a story whose other scenes are told already, up to the end of `until`.
pub(super) fn tell(
    scenario: &Scenario,
    calendar: &ReportingCalendar,
    projects: &[Project],
    told: &[Scene],
    until: NaiveDate,
) -> Vec<Scene> {
    let Some(from) = calendar.reporting_from else {
        return Vec::new();
    };
    let mut scenes = vec![Scene {
        day: working_day(from),
        act: Act::BeginReporting { from },
    }];
    for project in projects {
        for spell in spells(project, told) {
            for debt in debts(calendar, &spell).take_while(|debt| debt.period.start <= until) {
                period(scenario, project, told, &debt, &mut scenes);
            }
        }
    }
    let first = Period::first_full(Frequency::Monthly, from);
    let months = std::iter::successors(first, |month| month.next());
    scenes.extend(
        months
            .take_while(|month| month.start <= until)
            .map(|month| Scene {
                day: frozen_on(month),
                act: Act::Freeze { month },
            }),
    );
    scenes
}

fn frozen_on(month: Period) -> NaiveDate {
    let first = month.end.succ_opt().unwrap_or(month.end);
    working_day(first.checked_add_days(Span::new(FROZEN_ON)).unwrap_or(first))
}

/// The stretches in which a project owes reports, as its confirmation and its life cycle will make them.
fn spells(project: &Project, told: &[Scene]) -> Vec<Spell> {
    let confirmed = told.iter().find_map(|scene| match &scene.act {
        Act::Confirm { projects } if projects.contains(&project.id) => Some(scene.day),
        _ => None,
    });
    let Some(confirmed_on) = confirmed else {
        return Vec::new();
    };
    let mut turns: Vec<(NaiveDate, Option<Stage>)> =
        vec![(confirmed_on, Stage::of(project.continuing, "identification"))];
    let mut moves: Vec<(NaiveDate, &str)> = told
        .iter()
        .filter_map(|scene| match &scene.act {
            Act::MoveOn {
                project: moved,
                life_cycle,
                ..
            } if *moved == project.id => Some((scene.day, *life_cycle)),
            _ => None,
        })
        .collect();
    moves.sort_by_key(|(day, _)| *day);
    for (day, life_cycle) in moves {
        let stage = Stage::of(project.continuing, life_cycle);
        if turns.last().is_none_or(|(_, before)| *before != stage) {
            turns.push((day, stage));
        }
    }
    let ends = turns.iter().skip(1).map(|(day, _)| Some(*day)).chain([None]);
    turns
        .iter()
        .zip(ends)
        .filter_map(|((from, stage), until)| {
            Some(Spell {
                stage: (*stage)?,
                from: *from,
                until,
                forgiven: false,
            })
        })
        .collect()
}

/// One period of a project: its report, in time, late or not at all, and its verification.
fn period(scenario: &Scenario, project: &Project, told: &[Scene], debt: &Debt, into: &mut Vec<Scene>) {
    let Some(responsible) = project.responsible else {
        return;
    };
    let label = debt.period.label();
    let draw = |word: &str, least: i32, most: i32| {
        let word = format!("{} {label} {word}", project.code);
        draw_of(&scenario.draw, &word, Days { least, most })
    };
    let turn = draw("comes", 0, 99);
    if turn < SILENT {
        return;
    }
    let day = match turn < SILENT + LATE {
        true => working_day(later(debt.owed_from, draw("late", 0, 3))),
        false => working_day(later(debt.due_on, -draw("early", 0, 5))),
    };
    into.push(Scene {
        day,
        act: Act::ReportPeriod {
            project: project.id,
            responsible,
            period: debt.period,
            figures: Box::new(figures(scenario, project, told, day)),
        },
    });
    let verified_on = working_day(later(day, draw("wait", 1, 6)));
    if draw("verified", 0, 99) < VERIFIED && verified_on < frozen_on(month_of(debt.period)) {
        into.push(Scene {
            day: verified_on,
            act: Act::VerifyPeriod {
                project: project.id,
                period: debt.period,
                lead: project.lead,
            },
        });
    }
}

fn month_of(period: Period) -> Period {
    Period::containing(Frequency::Monthly, period.end).unwrap_or(period)
}

/// What a construction project is said to cost, in yuan; none for other kinds.
pub(super) fn investment(scenario: &Scenario, project: &Project) -> Option<BigDecimal> {
    let word = format!("{} investment", project.code);
    let days = Days { least: 50, most: 800 };
    let hundred_thousands = draw_of(&scenario.draw, &word, days);
    project
        .construction
        .then(|| BigDecimal::from(i64::from(hundred_thousands) * 100_000))
}

/// The steps that were reported by a day, of a hundred.
fn share_done(project: &Project, told: &[Scene], day: NaiveDate) -> i64 {
    let done: BTreeSet<Uuid> = told
        .iter()
        .filter(|scene| scene.day <= day)
        .filter_map(|scene| match &scene.act {
            Act::Report { milestone, .. } => Some(*milestone),
            _ => None,
        })
        .filter(|id| project.milestones.iter().any(|milestone| milestone.id == *id))
        .collect();
    let whole = i64::try_from(project.milestones.len()).unwrap_or(1).max(1);
    i64::try_from(done.len()).unwrap_or(0) * 100 / whole
}

fn figures(scenario: &Scenario, project: &Project, told: &[Scene], day: NaiveDate) -> Figures {
    let percent = share_done(project, told, day);
    let funds = investment(scenario, project)
        .map(|whole| {
            let part = |share: i64, of_hundred: i64| {
                let share = &whole * BigDecimal::from(share * of_hundred);
                Some((share / BigDecimal::from(10_000)).normalized())
            };
            [("provincial", 60), ("county", 40)]
                .map(|(source, of_hundred)| Fund {
                    source: source.to_owned(),
                    money: Money {
                        required: part(100, of_hundred),
                        received: part((percent + 10).min(100), of_hundred),
                        paid: part(percent * 9 / 10, of_hundred),
                        done: part(percent, of_hundred),
                    },
                })
                .to_vec()
        })
        .unwrap_or_default();
    Figures {
        physical_percent: BigDecimal::from(percent),
        money: Money::default(),
        funds,
        done_text: format!("{}：按计划推进，累计完成 {percent}%。", scenario.mark),
        problems: None,
        next_steps: Some(format!("{}：继续推进下一节点。", scenario.mark)),
        note: None,
        statistics_entered_on: None,
    }
}
