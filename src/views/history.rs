//! The history of one object, and the log within one's sight.
//!
//! An event of a project is seen by whoever has the project in sight today; one of an observation by whoever sees it in
//! every state; one of a request for a project that is not there yet by whoever sees the request; events of the plan itself by everyone with a membership in it; the registry's by administrators.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sql_types::Bool;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::window::Window;
use crate::db::log::{BodyRow, EventRow, REGISTRY, Subject, upcast};
use crate::db::paging::{self, Page, PageRequest};
use crate::db::schema::{change_requests, commitment_observations, event_bodies, events, project_sight};
use crate::kernel::authz::{self, Action, Target};
use crate::kernel::{Actor, Error, Result};
use crate::sight::{observations as observed, proposals};

/// An event as it is shown. Where persons act they appear by id.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct EventView {
    pub id: Uuid,
    pub kind: String,
    pub schema_version: i32,
    pub subject_kind: String,
    pub subject_id: Uuid,
    pub project_id: Option<Uuid>,
    pub actor_user_id: Option<Uuid>,
    pub actor_membership_id: Option<Uuid>,
    /// By which door it came in: `api`, `page`, `file`, `command` or `job`.
    pub door: String,
    /// When it was recorded, in real time.
    pub recorded_at: DateTime<Utc>,
    /// The plan's own day.
    pub day: NaiveDate,
    pub trace_id: String,
    /// What changed, from what to what; null where it was redacted.
    pub body: Option<Value>,
}

#[derive(Serialize, Deserialize)]
struct Key {
    last: Vec<Uuid>,
}

type Condition = Box<dyn BoxableExpression<events::table, Pg, SqlType = Bool>>;

/// The streams of which the asker may see something, and what of each.
fn streams_in_sight(window: &Window, actor: &Actor) -> Vec<(Uuid, Condition)> {
    let mut all: Vec<(Uuid, Condition)> = Vec::new();
    if authz::require(actor, Action::ReadRegistryEvents, &Target::Registry).is_ok() {
        all.push((REGISTRY, Box::new(events::stream_id.eq(REGISTRY))));
    }
    for plan in &window.plans {
        let projects = project_sight::table
            .filter(project_sight::scope_id.eq_any(plan.scopes.clone()))
            .select(project_sight::project_id);
        // What was filed of a commitment is working data until it is confirmed, and its notes for ever.
        let working = commitment_observations::table
            .select(commitment_observations::id)
            .into_boxed()
            .filter(observed::working(plan.plan_id, &plan.scopes));
        let proposed = change_requests::table
            .select(change_requests::id)
            .into_boxed()
            .filter(proposals::seen(plan.plan_id, &plan.scopes));
        let of_plan: Condition = Box::new(
            events::stream_id
                .eq(plan.plan_id)
                .and(
                    events::project_id.is_null().or(events::project_id
                        .is_not_null()
                        .and(events::project_id.assume_not_null().eq_any(projects))),
                )
                .and(
                    events::subject_kind
                        .ne(Subject::Observation.as_str())
                        .or(events::subject_id.eq_any(working)),
                )
                .and(
                    events::subject_kind
                        .ne(Subject::ChangeRequest.as_str())
                        .or(events::project_id.is_not_null())
                        .or(events::subject_id.eq_any(proposed)),
                ),
        );
        all.push((plan.plan_id, of_plan));
    }
    all
}

/// Which events are asked for.
#[derive(Debug, Clone, Default)]
pub struct EventQuery {
    pub subject_ids: Vec<Uuid>,
    pub project_id: Option<Uuid>,
    pub kinds: Vec<String>,
    pub plan_ids: Vec<Uuid>,
    /// Of the plan's own days, both included.
    pub from: Option<NaiveDate>,
    pub until: Option<NaiveDate>,
    /// The newest first; a cursor then leads to what came before.
    pub newest_first: bool,
}

/// A page of events, oldest first, and a cursor that finds what is recorded after them.
///
/// Each stream is read by its own numbers, which rise in commit order, so a reader misses nothing however long a
/// writer of another stream took. The cursor names the last event that was given of each stream, never a number:
/// numbers would tell of events that are not the reader's.
pub async fn list(
    conn: &mut AsyncPgConnection,
    window: &Window,
    actor: &Actor,
    query: &EventQuery,
    page: &PageRequest,
    question: &str,
) -> Result<Page<EventView>> {
    let last: Vec<Uuid> = match &page.cursor {
        Some(cursor) => paging::decode::<Key>(question, cursor)?.last,
        None => Vec::new(),
    };
    let mut seen: BTreeMap<Uuid, (i64, Uuid)> = events::table
        .filter(events::id.eq_any(&last))
        .select((events::stream_id, events::number, events::id))
        .load::<(Uuid, i64, Uuid)>(conn)
        .await?
        .into_iter()
        .map(|(stream_id, number, id)| (stream_id, (number, id)))
        .collect();
    let mut found: Vec<EventRow> = Vec::new();
    for (stream_id, in_sight) in streams_in_sight(window, actor) {
        if !query.plan_ids.is_empty() && !query.plan_ids.contains(&stream_id) {
            continue;
        }
        let last = seen.get(&stream_id).map(|(number, _)| *number);
        let mut rows = events::table
            .filter(in_sight)
            .limit(page.limit + 1)
            .select(EventRow::as_select())
            .into_boxed();
        rows = match query.newest_first {
            true => rows
                .filter(events::number.lt(last.unwrap_or(i64::MAX)))
                .order(events::number.desc()),
            false => rows
                .filter(events::number.gt(last.unwrap_or(0)))
                .order(events::number.asc()),
        };
        if let Some(day) = query.from {
            rows = rows.filter(events::day.ge(day));
        }
        if let Some(day) = query.until {
            rows = rows.filter(events::day.le(day));
        }
        if !query.subject_ids.is_empty() {
            rows = rows.filter(events::subject_id.eq_any(query.subject_ids.clone()));
        }
        if let Some(project_id) = query.project_id {
            rows = rows.filter(events::project_id.eq(project_id));
        }
        if !query.kinds.is_empty() {
            rows = rows.filter(events::kind.eq_any(query.kinds.clone()));
        }
        found.extend(rows.load::<EventRow>(conn).await?);
    }
    // Recorded time rises within a stream, so a merge by it takes each stream from its front.
    found.sort_by_key(|row| (row.recorded_at, row.stream_id, row.number));
    if query.newest_first {
        found.reverse();
    }
    found.truncate(usize::try_from(page.limit).map_err(Error::internal)?);
    for row in &found {
        seen.insert(row.stream_id, (row.number, row.id));
    }
    let key = Key {
        last: seen.values().map(|(_, id)| *id).collect(),
    };
    let next_cursor = if key.last.is_empty() {
        None
    } else {
        Some(paging::encode(question, &key)?)
    };
    let ids: Vec<Uuid> = found.iter().map(|row| row.id).collect();
    let bodies: Vec<BodyRow> = event_bodies::table
        .filter(event_bodies::event_id.eq_any(&ids))
        .select(BodyRow::as_select())
        .load(conn)
        .await?;
    let mut bodies: BTreeMap<Uuid, BodyRow> = bodies.into_iter().map(|row| (row.event_id, row)).collect();
    let rows = found
        .into_iter()
        .map(|row| {
            let body = bodies.remove(&row.id);
            shown(row, body)
        })
        .collect::<Result<Vec<_>>>()?;
    Ok(Page {
        rows,
        next_cursor,
        limit: page.limit,
        total: None,
    })
}

fn shown(row: EventRow, body: Option<BodyRow>) -> Result<EventView> {
    let (schema_version, body) = match body.and_then(|row| row.body) {
        Some(body) => {
            let (version, body) = upcast(&row.kind, row.schema_version, body)?;
            (version, Some(body))
        }
        None => (row.schema_version, None),
    };
    Ok(EventView {
        id: row.id,
        kind: row.kind,
        schema_version,
        subject_kind: row.subject_kind,
        subject_id: row.subject_id,
        project_id: row.project_id,
        actor_user_id: row.actor_user_id,
        actor_membership_id: row.actor_membership_id,
        door: row.door,
        recorded_at: row.recorded_at,
        day: row.day,
        trace_id: row.trace_id,
        body,
    })
}
