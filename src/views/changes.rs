//! Change requests in sight, and the ledger of dates that moved.

use chrono::{DateTime, NaiveDate, Utc};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::filters::{ProjectFilter, conditions};
use super::names::{Named, Names, Wanted};
use super::shown::figure;
use super::window::Window;
use crate::db::paging::{self, Page, PageRequest};
use crate::db::schema::{change_requests as c, milestones, project_versions as pv, projects};
use crate::kernel::{Error, Result};
use crate::projects::changes::model::RequestRow;
use crate::projects::model::Evidence;

/// What list of change requests is asked for; empty narrows nothing.
#[derive(Debug, Clone, Default)]
pub struct ChangeQuery {
    pub filter: ProjectFilter,
    pub kinds: Vec<String>,
    pub states: Vec<String>,
    pub total: bool,
}

/// A change request, as those see it who have its project in sight.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct ChangeRequestView {
    pub id: Uuid,
    pub project: Option<Named>,
    pub milestone: Option<Named>,
    /// `date`, `weight`, `cancel_milestone`, `quantity`, `owner` or `cancel_project`.
    pub kind: String,
    /// `open`, `approved`, `rejected` or `withdrawn`.
    pub state: String,
    pub reason: String,
    pub evidence: Vec<Evidence>,
    pub planned_on: Option<NaiveDate>,
    /// As it was when it was asked.
    pub old_planned_on: Option<NaiveDate>,
    pub first_baseline_on: Option<NaiveDate>,
    /// Of a date: days from the first baseline to the date that is asked for.
    pub slip_days: Option<i64>,
    /// Decimal strings.
    pub weight: Option<String>,
    pub old_weight: Option<String>,
    pub quantity: Option<String>,
    pub old_quantity: Option<String>,
    /// Of an owner: `lead` or `responsible`.
    pub role: Option<String>,
    pub organisation: Option<Named>,
    pub old_organisation: Option<Named>,
    pub requested_on: NaiveDate,
    pub requested_at: DateTime<Utc>,
    pub requested_by_user_id: Uuid,
    pub requested_by: Option<Named>,
    pub decided_on: Option<NaiveDate>,
    pub decided_at: Option<DateTime<Utc>>,
    pub decided_by_user_id: Option<Uuid>,
    pub decided_by: Option<Named>,
    pub decision_note: Option<String>,
    pub version: i64,
    pub updated_at: DateTime<Utc>,
}

#[derive(Serialize, Deserialize)]
struct Key {
    id: Uuid,
}

/// What a facet needs of a request.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = c)]
pub(super) struct Head {
    pub project_id: Uuid,
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

pub(super) fn narrowed(window: &Window, query: &ChangeQuery) -> c::BoxedQuery<'static, Pg> {
    let mut seen = pv::table.select(pv::id).into_boxed();
    for condition in conditions(window, &query.filter) {
        seen = seen.filter(condition);
    }
    let mut select = c::table.filter(c::project_id.eq_any(seen)).into_boxed();
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
    let mut seen = pv::table.select(pv::id).into_boxed();
    for condition in conditions(window, &ProjectFilter::any()) {
        seen = seen.filter(condition);
    }
    let row: RequestRow = c::table
        .filter(c::id.eq(id).and(c::project_id.eq_any(seen)))
        .select(RequestRow::as_select())
        .first(conn)
        .await?;
    show(conn, vec![row]).await?.pop().ok_or(Error::NotFound)
}

/// Requests as they are shown, in the order given. Whoever calls has seen to it that their projects are in sight.
pub async fn show(conn: &mut AsyncPgConnection, rows: Vec<RequestRow>) -> Result<Vec<ChangeRequestView>> {
    let mut wanted = Wanted::default();
    for row in &rows {
        wanted.organisations.extend(
            [
                Some(row.requested_by_organisation_id),
                row.decided_by_organisation_id,
                row.organisation_id,
                row.old_organisation_id,
            ]
            .into_iter()
            .flatten(),
        );
    }
    let names = Names::load(conn, &wanted).await?;
    let project_ids: Vec<Uuid> = rows.iter().map(|row| row.project_id).collect();
    let milestone_ids: Vec<Uuid> = rows.iter().filter_map(|row| row.milestone_id).collect();
    let mut things: Vec<(Uuid, String, String)> = projects::table
        .filter(projects::id.eq_any(project_ids))
        .select((projects::id, projects::code, projects::title))
        .load(conn)
        .await?;
    things.extend(
        milestones::table
            .filter(milestones::id.eq_any(milestone_ids))
            .select((milestones::id, milestones::code, milestones::name))
            .load::<(Uuid, String, String)>(conn)
            .await?,
    );
    let named = |wanted: Uuid| {
        things.iter().find(|(id, ..)| *id == wanted).map(|thing| Named {
            id: thing.0,
            code: thing.1.clone(),
            name: thing.2.clone(),
        })
    };
    rows.into_iter()
        .map(|row| {
            Ok(ChangeRequestView {
                project: named(row.project_id),
                milestone: row.milestone_id.and_then(named),
                slip_days: row
                    .planned_on
                    .zip(row.first_baseline_on)
                    .map(|(day, baseline)| (day - baseline).num_days()),
                evidence: serde_json::from_value(row.evidence).map_err(Error::internal)?,
                weight: row.weight.as_ref().map(figure),
                old_weight: row
                    .old_weight
                    .filter(|_| row.kind == "weight")
                    .as_ref()
                    .map(figure),
                quantity: row.quantity.as_ref().map(figure),
                old_quantity: row
                    .old_quantity
                    .filter(|_| row.kind == "quantity")
                    .as_ref()
                    .map(figure),
                role: row.owner_role,
                organisation: names.get(row.organisation_id),
                old_organisation: names.get(row.old_organisation_id),
                requested_by: names.get(Some(row.requested_by_organisation_id)),
                decided_by: names.get(row.decided_by_organisation_id),
                id: row.id,
                kind: row.kind,
                state: row.state,
                reason: row.reason,
                planned_on: row.planned_on,
                old_planned_on: row.old_planned_on,
                first_baseline_on: row.first_baseline_on,
                requested_on: row.requested_on,
                requested_at: row.requested_at,
                requested_by_user_id: row.requested_by_user_id,
                decided_on: row.decided_on,
                decided_at: row.decided_at,
                decided_by_user_id: row.decided_by_user_id,
                decision_note: row.decision_note,
                version: row.row_version,
                updated_at: row.updated_at,
            })
        })
        .collect()
}
