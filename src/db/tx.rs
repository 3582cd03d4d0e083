//! The one way to write. An action changes rows through a [`Tx`] and tells it what happened; at commit the streams
//! are locked in a fixed order, the events are numbered, chained and inserted together, and the rows that changed
//! get their versions. Rows first, counters last: a counter taken in the middle would deadlock with an import.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Uuid as SqlUuid};
use diesel_async::pooled_connection::deadpool::Object;
use diesel_async::{
    AnsiTransactionManager, AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection, TransactionManager,
};
use rand::RngExt as _;
use serde_json::Value;
use uuid::Uuid;

use super::log::{BodyRow, EventKind, EventRow, NewEvent, REGISTRY, Subject, body_hash};
use super::pool::Database;
use super::schema::{event_bodies, events, plans, stream_days, streams};
use crate::kernel::{Actor, Calendar, Clock, Error, Permit, Result};

/// The last number of a version that still holds.
pub const FOR_EVER: i64 = i64::MAX;
/// How often a transaction is run before a conflict with others is told.
const ATTEMPTS: usize = 6;
/// Rows of one insert: PostgreSQL takes 65,535 binds in a statement.
const CHUNK: usize = 2_000;

/// By which door a change came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Door {
    Api,
    Page,
    File,
    Command,
    Job,
}

impl Door {
    pub fn as_str(self) -> &'static str {
        match self {
            Door::Api => "api",
            Door::Page => "page",
            Door::File => "file",
            Door::Command => "command",
            Door::Job => "job",
        }
    }
}

/// Who changes something, by which door, under which trace id.
#[derive(Debug, Clone)]
pub struct Origin {
    pub actor: Actor,
    pub door: Door,
    pub trace_id: String,
}

/// The tables that keep their versions for any past day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Versioned {
    Organisations,
    Plans,
    ReportingCalendars,
    ReportingSpells,
    Projects,
    ProjectOwners,
    Milestones,
    ProgressReports,
    LightSpans,
    LightOverrides,
    Commitments,
    Allocations,
    Observations,
    ProjectParts,
    CarryOvers,
    Links,
}

impl Versioned {
    pub const ALL: [Versioned; 16] = [
        Versioned::Organisations,
        Versioned::Plans,
        Versioned::ReportingCalendars,
        Versioned::ReportingSpells,
        Versioned::Projects,
        Versioned::ProjectOwners,
        Versioned::Milestones,
        Versioned::ProgressReports,
        Versioned::LightSpans,
        Versioned::LightOverrides,
        Versioned::Commitments,
        Versioned::Allocations,
        Versioned::Observations,
        Versioned::ProjectParts,
        Versioned::CarryOvers,
        Versioned::Links,
    ];

    /// The table and the table of its versions: the same columns after `from_number` and `to_number`.
    pub fn tables(self) -> (&'static str, &'static str) {
        match self {
            Versioned::Organisations => ("organisations", "organisation_versions"),
            Versioned::Plans => ("plans", "plan_versions"),
            Versioned::ReportingCalendars => ("reporting_calendars", "reporting_calendar_versions"),
            Versioned::ReportingSpells => ("reporting_spells", "reporting_spell_versions"),
            Versioned::Projects => ("projects", "project_versions"),
            Versioned::ProjectOwners => ("project_owners", "project_owner_versions"),
            Versioned::Milestones => ("milestones", "milestone_versions"),
            Versioned::ProgressReports => ("progress_reports", "progress_report_versions"),
            Versioned::LightSpans => ("light_spans", "light_span_versions"),
            Versioned::LightOverrides => ("light_overrides", "light_override_versions"),
            Versioned::Commitments => ("commitments", "commitment_versions"),
            Versioned::Allocations => ("commitment_allocations", "commitment_allocation_versions"),
            Versioned::Observations => ("commitment_observations", "commitment_observation_versions"),
            Versioned::ProjectParts => ("project_parts", "project_part_versions"),
            Versioned::CarryOvers => ("carry_overs", "carry_over_versions"),
            Versioned::Links => ("project_commitments", "project_commitment_versions"),
        }
    }
}

/// A running change. Dropped without [`Database::write`] having committed it, everything is undone.
pub struct Tx {
    conn: Object<AsyncPgConnection>,
    clock: Clock,
    origin: Origin,
    events: Vec<NewEvent>,
    touched: BTreeMap<(Uuid, Versioned), BTreeSet<Uuid>>,
    calendars: BTreeMap<Uuid, Calendar>,
}

impl Database {
    /// Runs `work` in one transaction and commits it with its events; runs it again where the database says that it
    /// got in the way of others. `work` must therefore keep nothing outside the transaction.
    pub async fn write<T>(&self, origin: &Origin, work: impl AsyncFn(&mut Tx) -> Result<T>) -> Result<T> {
        let mut attempt = 0;
        loop {
            attempt += 1;
            match self.write_once(origin, &work).await {
                Err(Error::Again(cause)) if attempt >= ATTEMPTS => {
                    return Err(Error::DatabaseAway(Box::new(cause)));
                }
                Err(Error::Again(_)) => {
                    let wait = rand::rng().random_range(1..=10_u64 << attempt);
                    tokio::time::sleep(std::time::Duration::from_millis(wait)).await;
                }
                answer => return answer,
            }
        }
    }

    async fn write_once<T>(&self, origin: &Origin, work: &impl AsyncFn(&mut Tx) -> Result<T>) -> Result<T> {
        let mut conn = self.connection().await?;
        if AnsiTransactionManager::begin_transaction(&mut *conn)
            .await
            .is_err()
        {
            // A pooled connection may have died unseen; nothing has been done yet, so a fresh one is safe.
            drop(Object::take(conn));
            conn = self.connection().await?;
            AnsiTransactionManager::begin_transaction(&mut *conn).await?;
        }
        let mut tx = Tx {
            conn,
            clock: self.clock.clone(),
            origin: origin.clone(),
            events: Vec::new(),
            touched: BTreeMap::new(),
            calendars: BTreeMap::new(),
        };
        match async {
            let answer = work(&mut tx).await?;
            tx.append().await?;
            Ok(answer)
        }
        .await
        {
            Ok(answer) => {
                AnsiTransactionManager::commit_transaction(&mut *tx.conn).await?;
                Ok(answer)
            }
            Err(error) => {
                if AnsiTransactionManager::rollback_transaction(&mut *tx.conn)
                    .await
                    .is_err()
                {
                    drop(Object::take(tx.conn));
                }
                Err(error)
            }
        }
    }
}

impl Tx {
    pub fn conn(&mut self) -> &mut AsyncPgConnection {
        &mut self.conn
    }

    pub fn actor(&self) -> &Actor {
        &self.origin.actor
    }

    /// Real time.
    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// The plan's own today, the same through the whole transaction.
    pub async fn today(&mut self, plan_id: Uuid) -> Result<NaiveDate> {
        if !self.calendars.contains_key(&plan_id) {
            let calendar = calendar(&mut self.conn, plan_id).await?;
            self.calendars.insert(plan_id, calendar);
        }
        let now = self.now();
        self.calendars
            .get(&plan_id)
            .map(|calendar| calendar.today(now))
            .ok_or(Error::NotFound)
    }

    /// The number of a stream's last event. Nobody else adds one until this transaction ends: only for what must name
    /// the number, and as the last thing that is locked.
    pub async fn last_number(&mut self, stream_id: Uuid) -> Result<i64> {
        Ok(streams::table
            .find(stream_id)
            .select(streams::last_number)
            .for_update()
            .first(&mut self.conn)
            .await?)
    }

    /// Forgets what a plan's calendar said: its day was moved in this transaction.
    pub fn forget_calendar(&mut self, plan_id: Uuid) {
        self.calendars.remove(&plan_id);
    }

    /// Says that an event happened; it gets its number at commit.
    pub fn record(&mut self, event: NewEvent) {
        self.events.push(event);
    }

    /// Says that something happened to `subject` under a permit.
    pub fn record_under(
        &mut self,
        permit: &Permit,
        stream_id: Uuid,
        kind: super::EventKind,
        subject: (Subject, Uuid),
        project_id: Option<Uuid>,
        body: Value,
    ) {
        self.record(NewEvent {
            stream_id,
            kind,
            subject: subject.0,
            subject_id: subject.1,
            project_id,
            membership_id: permit.membership_id(),
            body,
        });
    }

    /// Says that a row changed, so that its version is kept. Every touched row belongs to a stream with an event.
    pub fn touch(&mut self, stream_id: Uuid, table: Versioned, id: Uuid) {
        self.touched.entry((stream_id, table)).or_default().insert(id);
    }

    /// Numbers, chains and inserts the events, then keeps the versions of what was touched.
    async fn append(&mut self) -> Result<()> {
        let mut by_stream: BTreeMap<Uuid, Vec<NewEvent>> = BTreeMap::new();
        for event in std::mem::take(&mut self.events) {
            by_stream.entry(event.stream_id).or_default().push(event);
        }
        if let Some(((stream_id, table), _)) = self
            .touched
            .iter()
            .find(|((id, _), _)| !by_stream.contains_key(id))
        {
            return Err(Error::internal(format!(
                "{table:?} changed in stream {stream_id} without an event"
            )));
        }
        // Streams in the order of their ids: whoever takes several takes them as everybody does.
        for (stream_id, waiting) in by_stream {
            let (mut number, mut head, last_recorded, last_day): (i64, Vec<u8>, DateTime<Utc>, NaiveDate) =
                streams::table
                    .find(stream_id)
                    .select((
                        streams::last_number,
                        streams::head,
                        streams::last_recorded_at,
                        streams::last_day,
                    ))
                    .for_update()
                    .first(&mut self.conn)
                    .await?;
            let today = if stream_id == REGISTRY {
                self.now().date_naive()
            } else {
                self.today(stream_id).await?
            };
            // Neither clock goes back within a stream, whatever the machine's clock does.
            let day = today.max(last_day);
            let mut recorded_at = self.now().max(last_recorded + TimeDelta::microseconds(1));
            let mut rows = Vec::with_capacity(waiting.len());
            let mut bodies = Vec::with_capacity(waiting.len());
            for event in waiting {
                number += 1;
                let salt: [u8; 16] = rand::rng().random();
                let mut row = EventRow {
                    stream_id,
                    number,
                    id: Uuid::now_v7(),
                    recorded_at,
                    day,
                    kind: event.kind.as_str().to_owned(),
                    schema_version: event.kind.schema_version(),
                    subject_kind: event.subject.as_str().to_owned(),
                    subject_id: event.subject_id,
                    project_id: event.project_id,
                    actor_user_id: self.origin.actor.user_id(),
                    actor_membership_id: event.membership_id,
                    door: self.origin.door.as_str().to_owned(),
                    trace_id: self.origin.trace_id.clone(),
                    previous_hash: std::mem::take(&mut head),
                    body_hash: body_hash(&salt, &event.body),
                    hash: Vec::new(),
                };
                row.hash = row.chain_hash();
                head.clone_from(&row.hash);
                recorded_at += TimeDelta::microseconds(1);
                bodies.push(BodyRow {
                    event_id: row.id,
                    salt: Some(salt.to_vec()),
                    body: Some(event.body),
                    redacted_by_event_id: None,
                });
                rows.push(row);
            }
            for chunk in rows.chunks(CHUNK) {
                diesel::insert_into(events::table)
                    .values(chunk)
                    .execute(&mut self.conn)
                    .await?;
            }
            for chunk in bodies.chunks(CHUNK) {
                diesel::insert_into(event_bodies::table)
                    .values(chunk)
                    .execute(&mut self.conn)
                    .await?;
            }
            self.erase(&rows).await?;
            diesel::update(streams::table.find(stream_id))
                .set((
                    streams::last_number.eq(number),
                    streams::head.eq(&head),
                    streams::last_recorded_at.eq(recorded_at - TimeDelta::microseconds(1)),
                    streams::last_day.eq(day),
                ))
                .execute(&mut self.conn)
                .await?;
            diesel::insert_into(stream_days::table)
                .values((
                    stream_days::stream_id.eq(stream_id),
                    stream_days::day.eq(day),
                    stream_days::last_number.eq(number),
                ))
                .on_conflict((stream_days::stream_id, stream_days::day))
                .do_update()
                .set(stream_days::last_number.eq(number))
                .execute(&mut self.conn)
                .await?;
            for table in Versioned::ALL {
                if let Some(ids) = self.touched.remove(&(stream_id, table)) {
                    self.keep_versions(table, &ids, number).await?;
                }
            }
        }
        Ok(())
    }

    /// Erases the bodies that these events say are redacted.
    async fn erase(&mut self, rows: &[EventRow]) -> Result<()> {
        for row in rows
            .iter()
            .filter(|row| row.kind == EventKind::EventRedacted.as_str())
        {
            diesel::update(event_bodies::table.find(row.subject_id))
                .set((
                    event_bodies::salt.eq(None::<Vec<u8>>),
                    event_bodies::body.eq(None::<Value>),
                    event_bodies::redacted_by_event_id.eq(row.id),
                ))
                .execute(&mut self.conn)
                .await?;
        }
        Ok(())
    }

    /// Closes the versions that held and opens new ones from `number` on, as the rows are now.
    async fn keep_versions(&mut self, table: Versioned, ids: &BTreeSet<Uuid>, number: i64) -> Result<()> {
        let (rows, versions) = table.tables();
        let ids: Vec<Uuid> = ids.iter().copied().collect();
        // The table names are constants; a version table has the columns of its table after its two numbers, which
        // the builder cannot say for all of them at once. A test holds the columns together.
        diesel::sql_query(format!(
            "UPDATE {versions} SET to_number = $1 WHERE id = ANY($2) AND to_number = {FOR_EVER}"
        ))
        .bind::<BigInt, _>(number)
        .bind::<Array<SqlUuid>, _>(&ids)
        .execute(&mut self.conn)
        .await?;
        diesel::sql_query(format!(
            "INSERT INTO {versions} SELECT $1, {FOR_EVER}, t.* FROM {rows} t WHERE t.id = ANY($2)"
        ))
        .bind::<BigInt, _>(number)
        .bind::<Array<SqlUuid>, _>(&ids)
        .execute(&mut self.conn)
        .await?;
        Ok(())
    }

    /// Holds whoever asks for the same `key` until this transaction ends.
    pub async fn hold(&mut self, key: i64) -> Result<()> {
        // The key is a number of ours: no text enters the statement.
        self.conn
            .batch_execute(&format!("SELECT pg_advisory_xact_lock({key})"))
            .await?;
        Ok(())
    }
}

/// How a plan tells its day.
pub async fn calendar(conn: &mut AsyncPgConnection, plan_id: Uuid) -> Result<Calendar> {
    let (zone, demonstration_today): (String, Option<NaiveDate>) = plans::table
        .find(plan_id)
        .select((plans::time_zone, plans::demonstration_today))
        .first(conn)
        .await?;
    let time_zone = zone
        .parse()
        .map_err(|error| Error::internal(format!("time zone {zone}: {error}")))?;
    Ok(Calendar {
        time_zone,
        demonstration_today,
    })
}

/// The number of the last event of a stream before an instant; 0: nothing was recorded by then.
pub async fn number_before(
    conn: &mut AsyncPgConnection,
    stream_id: Uuid,
    instant: DateTime<Utc>,
) -> Result<i64> {
    let found = events::table
        .filter(
            events::stream_id
                .eq(stream_id)
                .and(events::recorded_at.lt(instant)),
        )
        .order(events::number.desc())
        .select(events::number)
        .first(conn)
        .await
        .optional()?;
    Ok(found.unwrap_or(0))
}

/// When an event was recorded.
pub async fn recorded_at(
    conn: &mut AsyncPgConnection,
    stream_id: Uuid,
    number: i64,
) -> Result<Option<DateTime<Utc>>> {
    Ok(events::table
        .find((stream_id, number))
        .select(events::recorded_at)
        .first(conn)
        .await
        .optional()?)
}

/// The number of the last event of a stream by the end of a day, or none: nothing was recorded by then.
pub async fn number_by(conn: &mut AsyncPgConnection, stream_id: Uuid, day: NaiveDate) -> Result<Option<i64>> {
    Ok(stream_days::table
        .filter(stream_days::stream_id.eq(stream_id).and(stream_days::day.le(day)))
        .order(stream_days::day.desc())
        .select(stream_days::last_number)
        .first(conn)
        .await
        .optional()?)
}
