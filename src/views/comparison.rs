//! Two days beside each other: what was finished between them, what slipped, what is overdue now and was not, and what
//! has recovered. Both are read through windows of the same asker, so nobody learns of what he cannot see.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde::Serialize;
use uuid::Uuid;

use super::filters::ProjectFilter;
use super::milestones::{Condition, MilestoneQuery, narrowed, show};
use super::shown::MilestoneView;
use super::window::Window;
use crate::db::schema::milestone_versions as mv;
use crate::kernel::Result;
use crate::projects::model::{MILESTONE_VERSION, MilestoneRow};
use crate::rules::overdue::{MilestoneState, days_overdue};

/// What became of a milestone between two days. One that slipped and is overdue as well is told under both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Turn {
    /// Open on the first day, reported or verified on the second.
    Finished,
    /// Planned later than it was.
    Slipped,
    /// Overdue on the second day and not on the first.
    NewlyOverdue,
    /// Overdue on the first day and not on the second.
    Recovered,
}

impl Turn {
    pub const ALL: [Turn; 4] = [Turn::Finished, Turn::Slipped, Turn::NewlyOverdue, Turn::Recovered];
}

/// What a milestone was on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stood {
    pub state: MilestoneState,
    pub planned_on: NaiveDate,
    pub overdue_from: Option<NaiveDate>,
    pub day: NaiveDate,
}

impl Stood {
    fn overdue(self) -> bool {
        days_overdue(self.overdue_from, self.day).is_some()
    }

    fn done(self) -> bool {
        matches!(self.state, MilestoneState::Reported | MilestoneState::Verified)
    }
}

/// What the two days say of one milestone. One that was not there on the first day was not open, planned or overdue
/// then: only that it is overdue now can be told of it.
pub fn turns(before: Option<Stood>, after: Stood) -> BTreeSet<Turn> {
    let mut all = BTreeSet::new();
    if before.is_some_and(|was| was.state.open()) && after.done() {
        all.insert(Turn::Finished);
    }
    if before.is_some_and(|was| was.planned_on < after.planned_on) && after.state.open() {
        all.insert(Turn::Slipped);
    }
    let was_overdue = before.is_some_and(Stood::overdue);
    if after.overdue() && !was_overdue {
        all.insert(Turn::NewlyOverdue);
    }
    if was_overdue && !after.overdue() {
        all.insert(Turn::Recovered);
    }
    all
}

/// A milestone as it is on the second day, and what it was on the first.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct ComparedView {
    pub milestone: MilestoneView,
    /// Its state on the first day; null where it was not there yet.
    pub was_state: Option<String>,
    pub was_planned_on: Option<NaiveDate>,
    pub was_days_overdue: Option<i64>,
}

/// Two days beside each other, of what is in sight and passes the filter.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct ComparisonView {
    pub from: NaiveDate,
    pub to: NaiveDate,
    pub finished: Vec<ComparedView>,
    pub slipped: Vec<ComparedView>,
    pub newly_overdue: Vec<ComparedView>,
    pub recovered: Vec<ComparedView>,
}

fn stood(row: &MilestoneRow, window: &Window) -> Result<Option<Stood>> {
    let Some(day) = window.day_of(row.plan_id) else {
        return Ok(None);
    };
    Ok(Some(Stood {
        state: row.state()?,
        planned_on: row.planned_on,
        overdue_from: row.overdue_from,
        day,
    }))
}

/// Compares the days of two windows. Only what changed in between, or became overdue by the passing of days, is looked
/// at: the rest stands as it stood.
pub async fn compare(
    conn: &mut AsyncPgConnection,
    (before, after): (&Window, &Window),
    (from, to): (NaiveDate, NaiveDate),
    filter: &ProjectFilter,
) -> Result<ComparisonView> {
    let mut view = ComparisonView {
        from,
        to,
        finished: Vec::new(),
        slipped: Vec::new(),
        newly_overdue: Vec::new(),
        recovered: Vec::new(),
    };
    let query = MilestoneQuery {
        filter: filter.clone(),
        ..MilestoneQuery::default()
    };
    if after.plans.is_empty() {
        return Ok(view);
    }
    let mut select = mv::table.select(MILESTONE_VERSION).into_boxed();
    for condition in narrowed(after, &query) {
        select = select.filter(condition);
    }
    let now: Vec<MilestoneRow> = select
        .filter(touched_between(before, after))
        .order((mv::planned_on, mv::id))
        .load(conn)
        .await?;
    let then = as_they_were(conn, before, &now).await?;
    let mut kept: BTreeMap<Uuid, (BTreeSet<Turn>, Option<Stood>)> = BTreeMap::new();
    for row in &now {
        let was = match then.get(&row.id) {
            Some(row) => stood(row, before)?,
            None => None,
        };
        let Some(is) = stood(row, after)? else { continue };
        let turns = turns(was, is);
        if !turns.is_empty() {
            kept.insert(row.id, (turns, was));
        }
    }
    let rows = now.into_iter().filter(|row| kept.contains_key(&row.id)).collect();
    for milestone in show(conn, after, rows, BTreeMap::new()).await? {
        let Some((turns, was)) = kept.remove(&milestone.id) else {
            continue;
        };
        let compared = ComparedView {
            was_state: was.map(|was| was.state.as_str().to_owned()),
            was_planned_on: was.map(|was| was.planned_on),
            was_days_overdue: was.and_then(|was| days_overdue(was.overdue_from, was.day)),
            milestone,
        };
        for turn in turns {
            let list = match turn {
                Turn::Finished => &mut view.finished,
                Turn::Slipped => &mut view.slipped,
                Turn::NewlyOverdue => &mut view.newly_overdue,
                Turn::Recovered => &mut view.recovered,
            };
            list.push(compared.clone());
        }
    }
    Ok(view)
}

/// Versions that began after the first day, or whose day of being overdue lies between the two.
fn touched_between(before: &Window, after: &Window) -> Condition {
    let nothing: Condition = Box::new(diesel::dsl::not(mv::plan_id.eq(mv::plan_id)));
    after
        .plans
        .iter()
        .map(|plan| -> Condition {
            // A plan of which nothing was recorded by the first day: all of it is new.
            match before.plans.iter().find(|was| was.plan_id == plan.plan_id) {
                None => Box::new(mv::plan_id.eq(plan.plan_id)),
                Some(was) => Box::new(
                    mv::plan_id.eq(plan.plan_id).and(
                        mv::from_number.gt(was.number).or(mv::overdue_from
                            .is_not_null()
                            .and(mv::overdue_from.assume_not_null().gt(was.day))
                            .and(mv::overdue_from.assume_not_null().le(plan.day))),
                    ),
                ),
            }
        })
        .fold(nothing, |all, one| Box::new(all.or(one)))
}

/// The same milestones on the first day, by id. Sight was judged on the second.
async fn as_they_were(
    conn: &mut AsyncPgConnection,
    before: &Window,
    now: &[MilestoneRow],
) -> Result<BTreeMap<Uuid, MilestoneRow>> {
    let mut found = BTreeMap::new();
    for plan in &before.plans {
        let ids: Vec<Uuid> = now
            .iter()
            .filter(|row| row.plan_id == plan.plan_id)
            .map(|row| row.id)
            .collect();
        let rows: Vec<MilestoneRow> = mv::table
            .filter(mv::id.eq_any(ids))
            .filter(mv::from_number.le(plan.number).and(mv::to_number.gt(plan.number)))
            .select(MILESTONE_VERSION)
            .load(conn)
            .await?;
        found.extend(rows.into_iter().map(|row| (row.id, row)));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn was(state: MilestoneState, planned: &str, on: &str) -> Stood {
        let planned_on = day(planned);
        Stood {
            state,
            planned_on,
            overdue_from: state.open().then(|| planned_on.succ_opt().unwrap()),
            day: day(on),
        }
    }

    #[test]
    fn each_turn_is_told_and_what_stands_as_it_stood_is_not() {
        use MilestoneState::{Pending, Reopened, Reported, Returned, Verified};
        let first = |state, planned| Some(was(state, planned, "2024-03-31"));
        let second = |state, planned| was(state, planned, "2024-04-30");
        let told = |before, after| turns(before, after).into_iter().collect::<Vec<_>>();
        assert_eq!(
            told(first(Pending, "2024-06-30"), second(Pending, "2024-06-30")),
            []
        );
        // Overdue on both days is nothing new.
        assert_eq!(
            told(first(Pending, "2024-01-31"), second(Pending, "2024-01-31")),
            []
        );
        assert_eq!(
            told(first(Pending, "2024-06-30"), second(Reported, "2024-06-30")),
            [Turn::Finished]
        );
        assert_eq!(
            told(first(Returned, "2024-01-31"), second(Verified, "2024-01-31")),
            [Turn::Finished, Turn::Recovered]
        );
        // Reported before, verified since: it was finished on the first day already.
        assert_eq!(
            told(first(Reported, "2024-06-30"), second(Verified, "2024-06-30")),
            []
        );
        assert_eq!(
            told(first(Pending, "2024-01-31"), second(Pending, "2024-12-31")),
            [Turn::Slipped, Turn::Recovered]
        );
        assert_eq!(
            told(first(Pending, "2024-12-31"), second(Pending, "2024-06-30")),
            []
        );
        // Due on the last day of the second is not overdue then.
        assert_eq!(
            told(first(Pending, "2024-04-30"), second(Pending, "2024-04-30")),
            []
        );
        assert_eq!(
            told(first(Pending, "2024-04-29"), second(Pending, "2024-04-29")),
            [Turn::NewlyOverdue]
        );
        assert_eq!(
            told(first(Verified, "2024-01-31"), second(Reopened, "2024-01-31")),
            [Turn::NewlyOverdue]
        );
        assert_eq!(told(None, second(Pending, "2024-04-01")), [Turn::NewlyOverdue]);
        assert_eq!(told(None, second(Verified, "2024-04-01")), []);
    }
}
