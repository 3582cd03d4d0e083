//! Two clocks: real time, for tokens and recording, and each plan's own "today", for every rule.
//! Nothing else in the house asks the operating system or the database what day it is.

use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, TimeZone as _, Utc};
use chrono_tz::Tz;

/// Real time. Tests hold it still and move it by hand.
#[derive(Clone)]
pub enum Clock {
    System,
    Frozen(Arc<Mutex<DateTime<Utc>>>),
}

impl Clock {
    pub fn frozen_at(instant: DateTime<Utc>) -> Self {
        Clock::Frozen(Arc::new(Mutex::new(instant)))
    }

    /// The instant now, whole microseconds as PostgreSQL keeps them.
    pub fn now(&self) -> DateTime<Utc> {
        let now = match self {
            Clock::System => Utc::now(),
            Clock::Frozen(instant) => *instant.lock().unwrap_or_else(PoisonError::into_inner),
        };
        DateTime::from_timestamp_micros(now.timestamp_micros()).unwrap_or(now)
    }

    /// Moves a frozen clock; the system's clock cannot be moved from here.
    pub fn advance(&self, by: TimeDelta) {
        if let Clock::Frozen(instant) = self {
            *instant.lock().unwrap_or_else(PoisonError::into_inner) += by;
        }
    }
}

/// How a plan tells its day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Calendar {
    pub time_zone: Tz,
    /// A demonstration stands at a day of its own, whatever real time says.
    pub demonstration_today: Option<NaiveDate>,
}

impl Calendar {
    /// The plan's today at a real instant.
    pub fn today(&self, now: DateTime<Utc>) -> NaiveDate {
        self.demonstration_today
            .unwrap_or_else(|| now.with_timezone(&self.time_zone).date_naive())
    }

    /// The first real instant after a day of the zone.
    pub fn end_of(&self, day: NaiveDate) -> Option<DateTime<Utc>> {
        let midnight = day.succ_opt()?.and_time(NaiveTime::MIN);
        // Where clocks are set forward at midnight, the day begins an hour later.
        let begins = |hours| {
            let local = midnight + TimeDelta::hours(hours);
            self.time_zone.from_local_datetime(&local).earliest()
        };
        begins(0).or_else(|| begins(1)).map(|instant| instant.to_utc())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeZone;

    #[test]
    fn the_day_begins_at_midnight_of_the_plans_zone() {
        let calendar = Calendar {
            time_zone: chrono_tz::Asia::Shanghai,
            demonstration_today: None,
        };
        let before = Utc.with_ymd_and_hms(2026, 3, 1, 15, 59, 59).unwrap();
        assert_eq!(
            calendar.today(before),
            NaiveDate::from_ymd_opt(2026, 3, 1).unwrap()
        );
        let after = Utc.with_ymd_and_hms(2026, 3, 1, 16, 0, 0).unwrap();
        assert_eq!(
            calendar.today(after),
            NaiveDate::from_ymd_opt(2026, 3, 2).unwrap()
        );
    }
}
