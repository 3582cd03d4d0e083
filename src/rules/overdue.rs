//! What is overdue, from which day on, and what is due next.
//!
//! A milestone's answer is a span: from which day on it is overdue if nothing more happens. It depends on what is
//! recorded only, never on today, so it is stored at each change and nothing has to run at midnight:
//! overdue on day D means `overdue_from <= D`, and the days overdue are D − planned date.
//! Source: the product's law, "Milestone" and "Basis". Due today is not overdue.

use chrono::{Days, NaiveDate};

/// Where a planned date comes from. Only a date of the plan's text or one that a planner confirmed accuses anybody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DateBasis {
    /// The text gives it.
    Plan,
    /// Only the plan's last day.
    Period,
    /// A proposal of the kind's milestones.
    Template,
    /// A planner confirmed it.
    Confirmed,
}

impl DateBasis {
    pub const ALL: [DateBasis; 4] = [
        DateBasis::Plan,
        DateBasis::Period,
        DateBasis::Template,
        DateBasis::Confirmed,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            DateBasis::Plan => "plan",
            DateBasis::Period => "period",
            DateBasis::Template => "template",
            DateBasis::Confirmed => "confirmed",
        }
    }

    pub fn parse(text: &str) -> Option<DateBasis> {
        DateBasis::ALL.into_iter().find(|basis| basis.as_str() == text)
    }

    /// Whether a date of this basis, once past, makes its milestone overdue.
    pub fn accuses(self) -> bool {
        matches!(self, DateBasis::Plan | DateBasis::Confirmed)
    }
}

/// Where a milestone is in its work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MilestoneState {
    Pending,
    Reported,
    Returned,
    Verified,
    Reopened,
    Cancelled,
}

impl MilestoneState {
    pub const ALL: [MilestoneState; 6] = [
        MilestoneState::Pending,
        MilestoneState::Reported,
        MilestoneState::Returned,
        MilestoneState::Verified,
        MilestoneState::Reopened,
        MilestoneState::Cancelled,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            MilestoneState::Pending => "pending",
            MilestoneState::Reported => "reported",
            MilestoneState::Returned => "returned",
            MilestoneState::Verified => "verified",
            MilestoneState::Reopened => "reopened",
            MilestoneState::Cancelled => "cancelled",
        }
    }

    pub fn parse(text: &str) -> Option<MilestoneState> {
        MilestoneState::ALL
            .into_iter()
            .find(|state| state.as_str() == text)
    }

    /// Whether its work is still owed: a returned or reopened one is owed again.
    pub fn open(self) -> bool {
        matches!(
            self,
            MilestoneState::Pending | MilestoneState::Returned | MilestoneState::Reopened
        )
    }
}

/// What the rule must know of a milestone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MilestoneFacts {
    pub planned_on: NaiveDate,
    pub basis: DateBasis,
    pub state: MilestoneState,
    /// The plan's day of the report that waits, where one does.
    pub reported_on: Option<NaiveDate>,
}

/// A milestone's span, if nothing more happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct MilestoneSpan {
    /// The first day on which it is overdue.
    pub overdue_from: Option<NaiveDate>,
    /// The first day on which the plan's period has run out without a report (期满未报): apart from overdue.
    pub lapsed_from: Option<NaiveDate>,
}

/// From which day on a milestone is overdue, or lapsed with its period.
pub fn milestone_span(facts: MilestoneFacts) -> MilestoneSpan {
    let day_after = facts.planned_on.checked_add_days(Days::new(1));
    match (facts.state.open(), facts.basis) {
        (true, DateBasis::Plan | DateBasis::Confirmed) => MilestoneSpan {
            overdue_from: day_after,
            lapsed_from: None,
        },
        (true, DateBasis::Period) => MilestoneSpan {
            overdue_from: None,
            lapsed_from: day_after,
        },
        (true, DateBasis::Template) | (false, _) => MilestoneSpan::default(),
    }
}

/// A project's span, from its milestones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ProjectSpan {
    /// That of its most overdue milestone.
    pub overdue_from: Option<NaiveDate>,
    pub lapsed_from: Option<NaiveDate>,
    /// The earliest day by which something is owed; it may have passed.
    pub next_due_on: Option<NaiveDate>,
    /// The day of the oldest report that waits for verification.
    pub unverified_since: Option<NaiveDate>,
}

/// Works out a project's span. A cancelled project owes nothing; a suspended one owes all the same.
pub fn project_span(cancelled: bool, milestones: impl IntoIterator<Item = MilestoneFacts>) -> ProjectSpan {
    let earlier = |kept: &mut Option<NaiveDate>, day: Option<NaiveDate>| {
        if let Some(day) = day {
            *kept = Some(kept.map_or(day, |before| before.min(day)));
        }
    };
    let mut span = ProjectSpan::default();
    if cancelled {
        return span;
    }
    for facts in milestones {
        let one = milestone_span(facts);
        earlier(&mut span.overdue_from, one.overdue_from);
        earlier(&mut span.lapsed_from, one.lapsed_from);
        if facts.state.open() && facts.basis.accuses() {
            earlier(&mut span.next_due_on, Some(facts.planned_on));
        }
        if facts.state == MilestoneState::Reported {
            earlier(&mut span.unverified_since, facts.reported_on);
        }
    }
    span
}

/// Days overdue on `today`; none where it is not overdue then.
pub fn days_overdue(overdue_from: Option<NaiveDate>, today: NaiveDate) -> Option<i64> {
    overdue_from
        .map(|from| (today - from).num_days() + 1)
        .filter(|days| *days > 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn day(offset: i64) -> NaiveDate {
        NaiveDate::from_ymd_opt(2024, 1, 1).unwrap() + chrono::TimeDelta::days(offset)
    }

    fn facts() -> impl Strategy<Value = MilestoneFacts> {
        (
            0..2_000_i64,
            prop::sample::select(&DateBasis::ALL[..]),
            prop::sample::select(&MilestoneState::ALL[..]),
            0..2_000_i64,
        )
            .prop_map(|(planned, basis, state, reported)| MilestoneFacts {
                planned_on: day(planned),
                basis,
                state,
                reported_on: (state == MilestoneState::Reported).then(|| day(reported)),
            })
    }

    /// The law's words, said again without spans: a confirmed or plan-given date has passed, and it is neither
    /// reported nor verified (nor cancelled).
    fn overdue_by_the_law(facts: MilestoneFacts, today: NaiveDate) -> Option<i64> {
        let settled = matches!(
            facts.state,
            MilestoneState::Reported | MilestoneState::Verified | MilestoneState::Cancelled
        );
        let accusing = matches!(facts.basis, DateBasis::Plan | DateBasis::Confirmed);
        (accusing && !settled && facts.planned_on < today).then(|| (today - facts.planned_on).num_days())
    }

    proptest! {
        #[test]
        fn the_span_answers_as_the_law_does_on_every_day(facts in facts(), today in 0..2_200_i64) {
            let span = milestone_span(facts);
            prop_assert_eq!(days_overdue(span.overdue_from, day(today)), overdue_by_the_law(facts, day(today)));
        }

        #[test]
        fn a_project_is_as_overdue_as_its_most_overdue_milestone(
            all in prop::collection::vec(facts(), 0..8), today in 0..2_200_i64
        ) {
            let span = project_span(false, all.iter().copied());
            let most = all.iter().filter_map(|facts| overdue_by_the_law(*facts, day(today))).max();
            prop_assert_eq!(days_overdue(span.overdue_from, day(today)), most);
        }

        #[test]
        fn what_is_not_confirmed_accuses_nobody(mut facts in facts(), today in 0..2_200_i64) {
            facts.basis = DateBasis::Template;
            prop_assert_eq!(days_overdue(milestone_span(facts).overdue_from, day(today)), None);
            prop_assert_eq!(milestone_span(facts).lapsed_from, None);
        }
    }

    #[test]
    fn due_today_is_not_overdue_and_tomorrow_it_is_by_one_day() {
        let facts = MilestoneFacts {
            planned_on: day(10),
            basis: DateBasis::Confirmed,
            state: MilestoneState::Pending,
            reported_on: None,
        };
        let span = milestone_span(facts);
        assert_eq!(days_overdue(span.overdue_from, day(10)), None);
        assert_eq!(days_overdue(span.overdue_from, day(11)), Some(1));
    }

    #[test]
    fn a_period_that_ran_out_is_lapsed_and_not_overdue() {
        let facts = MilestoneFacts {
            planned_on: day(10),
            basis: DateBasis::Period,
            state: MilestoneState::Pending,
            reported_on: None,
        };
        assert_eq!(
            milestone_span(facts),
            MilestoneSpan {
                overdue_from: None,
                lapsed_from: Some(day(11))
            }
        );
    }

    #[test]
    fn a_cancelled_project_owes_nothing() {
        let facts = MilestoneFacts {
            planned_on: day(10),
            basis: DateBasis::Plan,
            state: MilestoneState::Pending,
            reported_on: None,
        };
        assert_eq!(project_span(true, [facts]), ProjectSpan::default());
    }
}
