//! The stretches of days in which a project owes reports, and from when on it is silent. Derived with a project's
//! other facts at each change; the rules are `rules::periods` and `rules::silence`.
//!
//! A spell begins where the responsible organisation is confirmed and the work goes on, and ends where one of these
//! does or the stage changes. What is not confirmed owes nothing; a suspension forgives what was owed before it.

mod store;

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use diesel_async::AsyncPgConnection;
use uuid::Uuid;

use self::store::SpellRow;
use super::model::ProjectRow;
use crate::db::Tx;
use crate::kernel::Result;
use crate::plans::store::reporting;
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

/// What silence follows from, of some projects. Reports of single counties' parts are no part of it: the project's
/// own report settles a period.
#[derive(Debug, Default)]
pub struct Facts {
    calendars: BTreeMap<Uuid, ReportingCalendar>,
    continuing: BTreeSet<String>,
    spells: BTreeMap<Uuid, Vec<SpellRow>>,
    filed: BTreeMap<Uuid, BTreeMap<Period, Filed>>,
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
                let spells = store::spells_at(conn, *at, &ids).await?;
                facts.take(spells, store::filed_at(conn, *at, &ids).await?);
            }
        }
        Ok(facts)
    }

    fn take(&mut self, spells: Vec<SpellRow>, filed: Vec<(Uuid, Period, Filed)>) {
        for spell in spells {
            self.spells.entry(spell.project_id).or_default().push(spell);
        }
        for (project_id, period, filed) in filed {
            self.filed.entry(project_id).or_default().insert(period, filed);
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

    /// The project's own reports, by their periods.
    pub fn filed(&self, project_id: Uuid) -> impl Iterator<Item = (&Period, &Filed)> {
        self.filed.get(&project_id).into_iter().flatten()
    }

    /// The project's report of one period.
    pub fn report(&self, project_id: Uuid, period: &Period) -> Option<&Filed> {
        self.filed.get(&project_id)?.get(period)
    }

    /// Where a project stands now, for its reports.
    pub fn stage(&self, kind: &str, life_cycle: &str) -> Option<Stage> {
        Stage::of(self.continuing.contains(kind), life_cycle)
    }
}

/// Brings a project's spells and its silence after what changed of it. `answered` says that its responsible
/// organisation is confirmed. The row is saved by whoever calls.
pub(super) async fn follow(tx: &mut Tx, facts: &Facts, row: &mut ProjectRow, answered: bool) -> Result<()> {
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
            let settled: BTreeSet<Period> = facts
                .filed(row.id)
                .filter(|(_, filed)| filed.settles())
                .map(|(period, _)| *period)
                .collect();
            silence_span(calendar, &spells, &settled)
        }
        _ => SilenceSpan::default(),
    };
    (row.silent_from, row.twice_silent_from) = (span.silent_from, span.twice_silent_from);
    row.statistics_entered_on = facts
        .filed(row.id)
        .filter(|(_, filed)| filed.settles())
        .filter_map(|(period, filed)| Some((period.end, filed.statistics_entered_on?)))
        .max()
        .map(|(_, entered_on)| entered_on);
    Ok(())
}
