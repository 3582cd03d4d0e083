//! Change requests in sight, and the ledger of dates that moved. A request is in sight with its project; one for a project
//! that is not there yet by `sight::proposals`, and is narrowed by what it names.

mod proposed;
pub mod shown;

use std::collections::BTreeMap;

use diesel::pg::Pg;
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::filters::{ProjectFilter, conditions};
use super::window::Window;
use crate::db::paging::{self, Page, PageRequest};
use crate::db::schema::{change_requests as c, project_versions as pv};
use crate::kernel::{Error, Result};
use crate::projects::changes::model::RequestRow;
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
}

/// The requests that pass, for their facets.
pub(super) async fn heads(
    conn: &mut AsyncPgConnection,
    window: &Window,
    query: &ChangeQuery,
) -> Result<Vec<Head>> {
    Ok(narrowed(window, query)
        .select(Head::as_select())
        .load(conn)
        .await?)
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
    if !query.states.is_empty() {
        select = select.filter(c::state.eq_any(query.states.clone()));
    }
    select
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
    let rows = show(conn, std::mem::take(&mut cut.rows)).await?;
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
    show(conn, vec![row]).await?.pop().ok_or(Error::NotFound)
}
