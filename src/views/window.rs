//! Through which a read looks: for each plan the day, the versions that held then, and whose sight.
//!
//! Live reads and reads of a past day run the same queries over the same version rows; only the number differs.
//! A past day is seen with today's rights.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use crate::db::log::REGISTRY;
use crate::db::schema::plans;
use crate::db::tx::{FOR_EVER, number_before, number_by, recorded_at};
use crate::kernel::{Actor, Calendar, Clock, Code, Error, Fault, Result};
use crate::sight;

/// One plan as this read sees it.
#[derive(Debug, Clone)]
pub struct PlanWindow {
    pub plan_id: Uuid,
    /// The day that the answer speaks of.
    pub day: NaiveDate,
    /// Versions hold here where `from_number <= number < to_number`.
    pub number: i64,
    /// The organisations through which the asker looks; none of them lies under another.
    pub scopes: Vec<Uuid>,
    /// One of them is the issuer, who sees the whole plan.
    pub whole: bool,
    pub is_demonstration: bool,
}

/// All the plans that a read looks at.
#[derive(Debug, Clone)]
pub struct Window {
    pub plans: Vec<PlanWindow>,
    pub as_of: Option<NaiveDate>,
    /// The number of the registry's last event that counts: what organisations were called. None: what they are called now.
    pub registry: Option<i64>,
}

impl Window {
    /// Opens the window of an actor on these plans (none named: all in which he has a membership), today or as of a
    /// past day. A plan without a record by then does not show.
    pub async fn open(
        conn: &mut AsyncPgConnection,
        clock: &Clock,
        actor: &Actor,
        only: &[Uuid],
        as_of: Option<NaiveDate>,
    ) -> Result<Window> {
        let scopes = |plan_id| Some(sight::scopes(actor, plan_id)).filter(|scopes| !scopes.is_empty());
        Window::of(conn, clock, only, as_of, scopes).await
    }

    /// The window on what is printed and on results, which are everybody's: every plan, and through it nothing that
    /// somebody must have in sight.
    pub async fn printed(
        conn: &mut AsyncPgConnection,
        clock: &Clock,
        only: &[Uuid],
        as_of: Option<NaiveDate>,
    ) -> Result<Window> {
        Window::of(conn, clock, only, as_of, |_| Some(Vec::new())).await
    }

    /// On the plans for which `scopes` answers something.
    async fn of(
        conn: &mut AsyncPgConnection,
        clock: &Clock,
        only: &[Uuid],
        as_of: Option<NaiveDate>,
        scopes_in: impl Fn(Uuid) -> Option<Vec<Uuid>>,
    ) -> Result<Window> {
        let rows: Vec<(Uuid, String, Option<NaiveDate>, Uuid)> = plans::table
            .order(plans::id)
            .select((
                plans::id,
                plans::time_zone,
                plans::demonstration_today,
                plans::issuer_id,
            ))
            .load(conn)
            .await?;
        let mut open = Vec::new();
        let mut until: Option<DateTime<Utc>> = None;
        let mut latest = NaiveDate::MIN;
        for (plan_id, zone, demonstration_today, issuer_id) in rows {
            if !only.is_empty() && !only.contains(&plan_id) {
                continue;
            }
            let Some(scopes) = scopes_in(plan_id) else {
                continue;
            };
            let scopes = sight::widest(conn, scopes).await?;
            let time_zone = zone
                .parse()
                .map_err(|error| Error::internal(format!("time zone {zone}: {error}")))?;
            let calendar = Calendar {
                time_zone,
                demonstration_today,
            };
            let today = calendar.today(clock.now());
            latest = latest.max(today);
            let is_demonstration = demonstration_today.is_some();
            let (day, number) = match as_of {
                None => (today, FOR_EVER - 1),
                Some(day) => match number_by(conn, plan_id, day).await? {
                    Some(number) if day <= today => {
                        // The days of a demonstration are none of the registry's: there the instant of its event counts.
                        let end = match is_demonstration {
                            true => recorded_at(conn, plan_id, number).await?.map(just_after),
                            false => calendar.end_of(day),
                        };
                        until = until.max(end);
                        (day, number)
                    }
                    _ => continue,
                },
            };
            open.push(PlanWindow {
                plan_id,
                day,
                number,
                whole: scopes.contains(&issuer_id),
                scopes,
                is_demonstration,
            });
        }
        if let Some(day) = as_of.filter(|day| latest != NaiveDate::MIN && *day > latest) {
            let fault = Fault::new("?as_of", Code::AsOfInFuture)
                .with("today", latest)
                .with("day", day);
            return Err(Error::Malformed(vec![fault]));
        }
        let registry = match until {
            Some(instant) => Some(number_before(conn, REGISTRY, instant).await?),
            None => None,
        };
        Ok(Window {
            plans: open,
            as_of,
            registry,
        })
    }

    /// Looks at what organisations were called when an event of a plan was recorded.
    pub async fn name_as_of(
        &mut self,
        conn: &mut AsyncPgConnection,
        plan_id: Uuid,
        number: i64,
    ) -> Result<()> {
        if let Some(instant) = recorded_at(conn, plan_id, number).await? {
            self.registry = Some(number_before(conn, REGISTRY, just_after(instant)).await?);
        }
        Ok(())
    }

    pub fn day_of(&self, plan_id: Uuid) -> Option<NaiveDate> {
        self.plans
            .iter()
            .find(|plan| plan.plan_id == plan_id)
            .map(|plan| plan.day)
    }

    /// Whether anything that is shown comes from a demonstration.
    pub fn is_demonstration(&self) -> bool {
        self.plans.iter().any(|plan| plan.is_demonstration)
    }
}

/// Instants are kept in whole microseconds.
fn just_after(instant: DateTime<Utc>) -> DateTime<Utc> {
    instant + TimeDelta::microseconds(1)
}
