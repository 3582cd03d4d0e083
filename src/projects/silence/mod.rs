//! The stretches of days in which a project owes reports, and from when on it is silent. Derived with a project's
//! other facts at each change; the rules are `rules::periods` and `rules::silence`.
//!
//! A spell begins where the responsible organisation is confirmed, or that of a part, and the work goes on, and ends where
//! one of these does or the stage changes. What is not confirmed owes nothing; a suspension forgives what was owed before
//! it. Parts owe within the spells of their project, each from when on somebody answers for it.

mod store;

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use diesel_async::AsyncPgConnection;
use uuid::Uuid;

use self::store::{FiledOf, SpellRow};
use super::model::ProjectRow;
use super::parts::{self, PartRow};
use crate::db::Tx;
use crate::kernel::Result;
use crate::plans::store::reporting;
use crate::rules::parts::{Division, Which, first_day};
use crate::rules::periods::{Period, ReportingCalendar, Spell, Stage};
use crate::rules::silence::{SilenceSpan, silence_span};

/// A project's report of one period, as far as silence looks at it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filed {
    pub id: Uuid,
    pub state: String,
    pub first_reported_on: NaiveDate,
    pub on_time: Option<bool>,
    pub statistics_entered_on: Option<NaiveDate>,
}

impl Filed {
    /// Whether the period is owed no more: a returned report is owed again.
    pub fn settles(&self) -> bool {
        self.state != "returned"
    }
}

/// What silence follows from, of some projects.
#[derive(Debug, Default)]
pub struct Facts {
    calendars: BTreeMap<Uuid, ReportingCalendar>,
    continuing: BTreeSet<String>,
    spells: BTreeMap<Uuid, Vec<SpellRow>>,
    parts: BTreeMap<Uuid, Vec<PartRow>>,
    filed: BTreeMap<Uuid, BTreeMap<(Which, Period), Filed>>,
}

impl Facts {
    /// Loads what is recorded of these projects, each with its plan.
    pub async fn load(conn: &mut AsyncPgConnection, projects: &[(Uuid, Uuid)]) -> Result<Facts> {
        let ids: Vec<Uuid> = projects.iter().map(|(id, _)| *id).collect();
        let mut plans: Vec<Uuid> = projects.iter().map(|(_, plan_id)| *plan_id).collect();
        plans.sort_unstable();
        plans.dedup();
        let mut facts = Facts {
            calendars: reporting::calendars(conn, &plans).await?,
            continuing: store::continuing_kinds(conn).await?,
            parts: parts::store::by_project(parts::store::of_projects(conn, &ids).await?),
            ..Facts::default()
        };
        let spells = store::spells(conn, &ids).await?;
        facts.take(spells, store::filed(conn, &ids).await?);
        Ok(facts)
    }

    /// What was recorded of these projects, each with its plan, at a number of each plan's events.
    pub async fn load_at(
        conn: &mut AsyncPgConnection,
        plans: &[(Uuid, i64)],
        projects: &[(Uuid, Uuid)],
    ) -> Result<Facts> {
        let mut facts = Facts {
            calendars: reporting::calendars_at(conn, plans).await?,
            continuing: store::continuing_kinds(conn).await?,
            ..Facts::default()
        };
        for at in plans {
            let of_plan = projects.iter().filter(|(_, plan_id)| *plan_id == at.0);
            let ids: Vec<Uuid> = of_plan.map(|(id, _)| *id).collect();
            if !ids.is_empty() {
                let parts = parts::store::of_projects_at(conn, *at, Some(&ids)).await?;
                facts.parts.extend(parts::store::by_project(parts));
                let spells = store::spells_at(conn, *at, &ids).await?;
                facts.take(spells, store::filed_at(conn, *at, &ids).await?);
            }
        }
        Ok(facts)
    }

    /// The parts are there already.
    fn take(&mut self, spells: Vec<SpellRow>, filed: Vec<FiledOf>) {
        for spell in spells {
            self.spells.entry(spell.project_id).or_default().push(spell);
        }
        for (project_id, key, filed) in filed {
            // A region's report that is no part's settles nothing.
            if key.0.is_none_or(|region| self.part(project_id, region).is_some()) {
                self.filed.entry(project_id).or_default().insert(key, filed);
            }
        }
    }

    pub fn calendar(&self, plan_id: Uuid) -> Option<&ReportingCalendar> {
        self.calendars.get(&plan_id)
    }

    /// The project's spells, the earliest first.
    pub fn spells(&self, project_id: Uuid) -> Result<Vec<Spell>> {
        self.spells
            .get(&project_id)
            .map_or(&[][..], Vec::as_slice)
            .iter()
            .map(SpellRow::spell)
            .collect()
    }

    /// The project's reports, of the whole and of its parts.
    pub fn filed(&self, project_id: Uuid) -> impl Iterator<Item = (&(Which, Period), &Filed)> {
        self.filed.get(&project_id).into_iter().flatten()
    }

    /// The report of the whole, or of a part, for one period.
    pub fn report(&self, project_id: Uuid, which: Which, period: Period) -> Option<&Filed> {
        self.filed.get(&project_id)?.get(&(which, period))
    }

    /// The project's parts, in the order of the counties' codes.
    pub fn parts(&self, project_id: Uuid) -> &[PartRow] {
        self.parts.get(&project_id).map_or(&[], Vec::as_slice)
    }

    /// The part of a county.
    pub fn part(&self, project_id: Uuid, region_id: Uuid) -> Option<&PartRow> {
        self.parts(project_id)
            .iter()
            .find(|part| part.region_id == region_id)
    }

    /// Whose reports a project's periods ask for.
    pub fn division(&self, project_id: Uuid) -> Division {
        division(self.parts(project_id), self.filed(project_id).map(|(key, _)| key))
    }

    /// Where a project stands now, for its reports.
    pub fn stage(&self, kind: &str, life_cycle: &str) -> Option<Stage> {
        Stage::of(self.continuing.contains(kind), life_cycle)
    }
}

fn division<'a>(parts: &[PartRow], filed: impl Iterator<Item = &'a (Which, Period)>) -> Division {
    Division {
        parts: parts.iter().map(PartRow::facts).collect(),
        whole: filed
            .filter(|(which, _)| which.is_none())
            .map(|(_, period)| *period)
            .collect(),
    }
}

/// How many progress reports there are of a project and its parts, in any state.
pub(super) async fn reports_of(conn: &mut AsyncPgConnection, project_id: Uuid) -> Result<i64> {
    store::reports_of(conn, project_id).await
}

/// Says of each part from when on somebody confirmed answers for it: its own organisation or the project's.
async fn answer_parts(tx: &mut Tx, facts: &Facts, row: &ProjectRow, answered: bool) -> Result<Vec<PartRow>> {
    let mut parts = facts.parts(row.id).to_vec();
    let calendar = facts.calendar(row.plan_id);
    let stage = facts.stage(&row.kind, &row.life_cycle);
    let terms = calendar.zip(stage).and_then(|(held, stage)| held.terms_of(stage));
    for part in &mut parts {
        let owes_from = match (answered || part.is_confirmed(), part.owes_from) {
            (false, _) => None,
            (true, Some(from)) => Some(from),
            (true, None) => Some(first_day(terms, tx.today(row.plan_id).await?).max(part.from_on)),
        };
        if owes_from != part.owes_from {
            part.owes_from = owes_from;
            parts::store::answer(tx, part).await?;
        }
    }
    Ok(parts)
}

/// Brings a project's spells, its parts and its silence after what changed of it. `answered` says that its responsible
/// organisation is confirmed. The row is saved by whoever calls.
pub(super) async fn follow(tx: &mut Tx, facts: &Facts, row: &mut ProjectRow, answered: bool) -> Result<()> {
    let parts = answer_parts(tx, facts, row, answered).await?;
    let answered = answered || parts.iter().any(PartRow::is_confirmed);
    let owes = answered && !row.is_over() && row.suspended_on.is_none();
    let stage = facts
        .stage(&row.kind, &row.life_cycle)
        .filter(|_| owes)
        .map(Stage::as_str);
    let mut spells = facts.spells.get(&row.id).cloned().unwrap_or_default();
    let mut changed: BTreeSet<Uuid> = BTreeSet::new();
    let open = spells.iter().position(|spell| spell.until_on.is_none());
    let goes_on = open
        .and_then(|at| spells.get(at))
        .map(|spell| spell.stage.as_str())
        == stage;
    if !goes_on {
        let today = tx.today(row.plan_id).await?;
        if let Some(spell) = open.and_then(|at| spells.get_mut(at)) {
            spell.until_on = Some(today.max(spell.from_on));
            changed.insert(spell.id);
        }
        if let Some(stage) = stage {
            let spell = SpellRow {
                id: Uuid::now_v7(),
                plan_id: row.plan_id,
                project_id: row.id,
                stage: stage.to_owned(),
                from_on: today,
                until_on: None,
                forgiven: false,
            };
            changed.insert(spell.id);
            spells.push(spell);
        }
    }
    if row.suspended_on.is_some() {
        for spell in spells.iter_mut().filter(|spell| !spell.forgiven) {
            spell.forgiven = true;
            changed.insert(spell.id);
        }
    }
    store::save(tx, spells.iter().filter(|spell| changed.contains(&spell.id))).await?;
    let span = match facts.calendar(row.plan_id) {
        Some(calendar) if owes => {
            let spells = spells.iter().map(SpellRow::spell).collect::<Result<Vec<_>>>()?;
            let settled: BTreeSet<(Which, Period)> = facts
                .filed(row.id)
                .filter(|(_, filed)| filed.settles())
                .map(|(key, _)| *key)
                .collect();
            let division = division(&parts, facts.filed(row.id).map(|(key, _)| key));
            silence_span(calendar, &spells, &division, &settled)
        }
        _ => SilenceSpan::default(),
    };
    (row.silent_from, row.twice_silent_from) = (span.silent_from, span.twice_silent_from);
    row.statistics_entered_on = facts
        .filed(row.id)
        .filter(|(_, filed)| filed.settles())
        .filter_map(|((_, period), filed)| Some((period.end, filed.statistics_entered_on?)))
        .max()
        .map(|(_, entered_on)| entered_on);
    Ok(())
}
