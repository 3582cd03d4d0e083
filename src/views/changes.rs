//! Change requests in sight, and the ledger of dates that moved. A request is in sight with its project; one for a project
//! that is not there yet by `sight::proposals`, and is narrowed by what it names.

mod proposed;
pub mod shown;

use std::collections::BTreeMap;

use chrono::NaiveDate;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sql_types::Bool;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::filters::{ProjectFilter, conditions};
use super::window::Window;
use crate::db::paging::{self, Page, PageRequest};
use crate::db::schema::{change_requests as c, project_versions as pv};
use crate::kernel::{Error, Result};
use crate::projects::changes::model::{Kind, RequestRow, State};
pub(super) use proposed::{Proposed, named_by};
pub use shown::{ChangeRequestView, show};

/// What list of change requests is asked for; empty narrows nothing.
#[derive(Debug, Clone, Default)]
pub struct ChangeQuery {
    pub filter: ProjectFilter,
    pub kinds: Vec<String>,
    pub states: Vec<String>,
    pub total: bool,
}

#[derive(Serialize, Deserialize)]
struct Key {
    id: Uuid,
}

/// What a facet needs of a request.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = c)]
pub(super) struct Head {
    pub id: Uuid,
    pub initiative_id: Option<Uuid>,
    pub site_region_id: Option<Uuid>,
    pub project_id: Option<Uuid>,
    pub kind: String,
    pub state: String,
    pub decided_on: Option<NaiveDate>,
}

/// The requests that pass, for their facets.
pub(super) async fn heads(
    conn: &mut AsyncPgConnection,
    window: &Window,
    query: &ChangeQuery,
) -> Result<Vec<Head>> {
    let mut heads: Vec<Head> = narrowed(window, query)
        .select(Head::as_select())
        .load(conn)
        .await?;
    for head in &mut heads {
        if window
            .as_of
            .is_some_and(|day| head.decided_on.is_some_and(|on| on > day))
        {
            head.state = State::Open.as_str().to_owned();
        }
    }
    Ok(heads)
}

/// How many there are of each kind, whatever kinds are asked.
pub async fn by_kind(
    conn: &mut AsyncPgConnection,
    window: &Window,
    query: &ChangeQuery,
) -> Result<BTreeMap<String, i64>> {
    let mut query = query.clone();
    query.kinds.clear();
    let kinds: Vec<String> = narrowed(window, &query).select(c::kind).load(conn).await?;
    let mut counts = BTreeMap::new();
    for kind in kinds {
        *counts.entry(kind).or_default() += 1;
    }
    Ok(counts)
}

pub(super) fn narrowed(window: &Window, query: &ChangeQuery) -> c::BoxedQuery<'static, Pg> {
    let mut seen = pv::table.select(pv::id).into_boxed();
    for condition in conditions(window, &query.filter) {
        seen = seen.filter(condition);
    }
    let of_project = c::initiative_id
        .is_null()
        .and(c::project_id.is_not_null())
        .and(c::project_id.assume_not_null().eq_any(seen));
    let mut select = c::table
        .filter(of_project.or(proposed::passing(window, &query.filter)))
        .into_boxed();
    if !query.kinds.is_empty() {
        select = select.filter(c::kind.eq_any(query.kinds.clone()));
    }
    if let Some(day) = window.as_of {
        select = select.filter(c::requested_on.le(day));
    }
    if !query.states.is_empty() {
        let stands = c::state.eq_any(query.states.clone());
        select = match window.as_of {
            None => select.filter(stands),
            Some(day) => {
                let decided = c::decided_on
                    .is_not_null()
                    .and(c::decided_on.assume_not_null().le(day));
                let open = query.states.iter().any(|state| state == State::Open.as_str());
                let still = c::decided_on
                    .is_null()
                    .or(c::decided_on.assume_not_null().gt(day))
                    .and(open.into_sql::<Bool>());
                select.filter(decided.and(stands).or(still))
            }
        };
    }
    select
}

/// Requests as they stood in the window: what was decided later is open, and what came of it is not there.
fn recalled(window: &Window, mut rows: Vec<RequestRow>) -> Vec<RequestRow> {
    for row in &mut rows {
        if window
            .as_of
            .is_some_and(|day| row.decided_on.is_some_and(|on| on > day))
        {
            row.state = State::Open.as_str().to_owned();
            row.decided_on = None;
            row.decided_at = None;
            row.decided_by_user_id = None;
            row.decided_by_organisation_id = None;
            row.decision_note = None;
            row.updated_at = row.requested_at;
            // A request changes once: when it is decided or withdrawn.
            row.row_version = 1;
            if row.kind == Kind::AddMilestone.as_str() {
                row.milestone_id = None;
            }
            if row.kind == Kind::AddProject.as_str() {
                row.project_id = None;
            }
        }
    }
    rows
}

/// A page of change requests, the latest first.
pub async fn list(
    conn: &mut AsyncPgConnection,
    window: &Window,
    query: &ChangeQuery,
    page: &PageRequest,
    question: &str,
) -> Result<Page<ChangeRequestView>> {
    let narrowed = || narrowed(window, query);
    let mut select = narrowed().order(c::id.desc()).limit(page.limit + 1);
    if let Some(cursor) = &page.cursor {
        let key: Key = paging::decode(question, cursor)?;
        select = select.filter(c::id.lt(key.id));
    }
    let rows: Vec<RequestRow> = select.select(RequestRow::as_select()).load(conn).await?;
    let mut cut = Page::cut(rows, page, question, |row| Key { id: row.id })?;
    if query.total {
        cut.total = Some(narrowed().count().get_result(conn).await?);
    }
    let rows = show(
        conn,
        Some(window),
        recalled(window, std::mem::take(&mut cut.rows)),
    )
    .await?;
    Ok(Page {
        rows,
        next_cursor: cut.next_cursor,
        limit: cut.limit,
        total: cut.total,
    })
}

/// One change request in the window.
pub async fn read(conn: &mut AsyncPgConnection, window: &Window, id: Uuid) -> Result<ChangeRequestView> {
    let any = ChangeQuery {
        filter: ProjectFilter::any(),
        ..ChangeQuery::default()
    };
    let row: RequestRow = narrowed(window, &any)
        .filter(c::id.eq(id))
        .select(RequestRow::as_select())
        .first(conn)
        .await?;
    show(conn, Some(window), recalled(window, vec![row]))
        .await?
        .pop()
        .ok_or(Error::NotFound)
}
