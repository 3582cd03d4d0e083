//! Which projects move their dates most: the ledger of postponements, summed by project.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::changes::{ChangeQuery, narrowed};
use super::filters::{ProjectFilter, conditions};
use super::names::Named;
use super::window::Window;
use crate::db::paging::{self, Page, PageRequest};
use crate::db::schema::{change_requests as c, project_versions as pv};
use crate::kernel::Result;

/// How a project moved its dates, by approved requests.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct MoverView {
    pub project: Named,
    /// How often a date was moved.
    pub moves: i64,
    /// Days by which dates were moved later, less those by which they were moved earlier, over all moves.
    pub moved_days: i64,
    /// Of the milestone that went furthest: days from its first baseline to where its date stands by its last move.
    pub worst_slip_days: i64,
    pub last_moved_on: NaiveDate,
}

/// One move of the ledger.
#[derive(Queryable)]
struct Move {
    project_id: Uuid,
    milestone_id: Option<Uuid>,
    old_planned_on: Option<NaiveDate>,
    planned_on: Option<NaiveDate>,
    first_baseline_on: Option<NaiveDate>,
    decided_on: Option<NaiveDate>,
}

#[derive(Default)]
struct Sum {
    moves: i64,
    moved_days: i64,
    last_moved_on: Option<NaiveDate>,
    /// The slip of each milestone by its last move.
    slips: BTreeMap<Option<Uuid>, i64>,
}

#[derive(Serialize, Deserialize)]
struct Key {
    days: i64,
    id: Uuid,
}

/// A page of projects, those that moved furthest in sum first.
pub async fn list(
    conn: &mut AsyncPgConnection,
    window: &Window,
    query: &ChangeQuery,
    page: &PageRequest,
    question: &str,
) -> Result<Page<MoverView>> {
    let query = ChangeQuery {
        kinds: vec!["date".to_owned()],
        states: vec!["approved".to_owned()],
        ..query.clone()
    };
    // In the order in which they were decided, so that the last move of a milestone is the one that stands.
    let moves: Vec<Move> = narrowed(window, &query)
        .order((c::decided_at, c::id))
        .select((
            c::project_id.assume_not_null(),
            c::milestone_id,
            c::old_planned_on,
            c::planned_on,
            c::first_baseline_on,
            c::decided_on,
        ))
        .load(conn)
        .await?;
    let mut sums: BTreeMap<Uuid, Sum> = BTreeMap::new();
    for one in moves {
        let sum = sums.entry(one.project_id).or_default();
        sum.moves += 1;
        if let (Some(old), Some(new)) = (one.old_planned_on, one.planned_on) {
            sum.moved_days += (new - old).num_days();
        }
        if let (Some(first), Some(new)) = (one.first_baseline_on, one.planned_on) {
            sum.slips.insert(one.milestone_id, (new - first).num_days());
        }
        sum.last_moved_on = sum.last_moved_on.max(one.decided_on);
    }
    let mut order: Vec<(Uuid, Sum)> = sums.into_iter().collect();
    order.sort_by_key(|(id, sum)| (-sum.moved_days, *id));
    let total = i64::try_from(order.len()).unwrap_or(i64::MAX);
    if let Some(cursor) = &page.cursor {
        let key: Key = paging::decode(question, cursor)?;
        order.retain(|(id, sum)| (-sum.moved_days, *id) > (-key.days, key.id));
    }
    order.truncate(usize::try_from(page.limit + 1).unwrap_or(usize::MAX));
    let mut answer = Page::cut(order, page, question, |(id, sum)| Key {
        days: sum.moved_days,
        id: *id,
    })?;
    let ids: Vec<Uuid> = answer.rows.iter().map(|(id, _)| *id).collect();
    let filter = ProjectFilter {
        projects: ids,
        ..ProjectFilter::any()
    };
    let mut titles = pv::table.select((pv::id, pv::code, pv::title)).into_boxed();
    for condition in conditions(window, &filter) {
        titles = titles.filter(condition);
    }
    let named: Vec<(Uuid, String, String)> = titles.load(conn).await?;
    let mut named: BTreeMap<Uuid, Named> = named
        .into_iter()
        .map(|(id, code, name)| (id, Named { id, code, name }))
        .collect();
    let rows = std::mem::take(&mut answer.rows)
        .into_iter()
        .filter_map(|(id, sum)| {
            Some(MoverView {
                project: named.remove(&id)?,
                moves: sum.moves,
                moved_days: sum.moved_days,
                worst_slip_days: sum.slips.into_values().max().unwrap_or(0),
                last_moved_on: sum.last_moved_on?,
            })
        })
        .collect();
    Ok(Page {
        rows,
        next_cursor: answer.next_cursor,
        limit: answer.limit,
        total: query.total.then_some(total),
    })
}
