//! 中期评估 and 终期评估: every indicator and commitment of a plan with its baseline, target, latest figure and standing, as of
//! a day. At the middle each is held against the line of its day, at the end against its target.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use diesel_async::AsyncPgConnection;
use serde::Serialize;

use super::carry_overs::{self, CarryOverView};
use super::commitments::{CommitmentCourseView, CommitmentFilter, list};
use super::window::Window;
use crate::kernel::{Actor, Clock, Error, Result};
use crate::plans::model::PlanView;
use crate::plans::store as plans;
use crate::rules::course::{Against, Standing};

/// At which point of its plan's life a commitment is assessed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    MidTerm,
    Final,
}

impl Stage {
    pub const ALL: [Stage; 2] = [Stage::MidTerm, Stage::Final];

    pub fn as_str(self) -> &'static str {
        match self {
            Stage::MidTerm => "mid_term",
            Stage::Final => "final",
        }
    }

    pub fn parse(text: &str) -> Option<Stage> {
        Stage::ALL.into_iter().find(|stage| stage.as_str() == text)
    }

    fn against(self) -> Against {
        match self {
            Stage::MidTerm => Against::Line,
            Stage::Final => Against::Target,
        }
    }
}

/// How many stand how.
#[derive(Debug, Clone, Default, Serialize, utoipa::ToSchema)]
pub struct StandingCounts {
    pub total: i64,
    /// By the words of `standings`.
    pub by_standing: BTreeMap<String, i64>,
}

/// One line of the assessment.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct AssessmentRow {
    #[serde(flatten)]
    pub commitment: CommitmentCourseView,
    /// Where it was carried over into another plan, or comes from one.
    pub carry_overs: Vec<CarryOverView>,
}

/// The assessment of a plan.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct AssessmentView {
    pub plan: PlanView,
    /// `mid_term` or `final`.
    pub stage: &'static str,
    pub day: NaiveDate,
    pub all: StandingCounts,
    /// Of the binding ones (约束性).
    pub binding: StandingCounts,
    /// In the order of print.
    pub rows: Vec<AssessmentRow>,
}

fn counts<'a>(rows: impl Iterator<Item = &'a AssessmentRow>) -> StandingCounts {
    let mut counts = StandingCounts::default();
    for standing in Standing::ALL {
        counts.by_standing.insert(standing.as_str().to_owned(), 0);
    }
    for row in rows {
        counts.total += 1;
        *counts
            .by_standing
            .entry(row.commitment.course.standing.to_owned())
            .or_default() += 1;
    }
    counts
}

/// Assesses a plan, by id or code, as of a day; none: its today.
pub async fn read(
    conn: &mut AsyncPgConnection,
    (clock, actor): (&Clock, &Actor),
    plan: &str,
    stage: Stage,
    as_of: Option<NaiveDate>,
) -> Result<AssessmentView> {
    let plan = plans::plan(conn, plan).await?;
    let printed = Window::printed(conn, clock, &[plan.id], as_of).await?;
    let working = Window::open(conn, clock, actor, &[plan.id], as_of).await?;
    // Before the first record there is nothing to assess.
    let day = printed.day_of(plan.id).ok_or(Error::NotFound)?;
    let filter = CommitmentFilter::default();
    let found = list(conn, (&printed, &working), &filter, stage.against()).await?;
    let carried = carry_overs::list(conn, &working, plan.id).await?;
    let rows: Vec<AssessmentRow> = found
        .into_iter()
        .map(|one| AssessmentRow {
            carry_overs: carried
                .iter()
                .filter(|carried| carried.touches(one.view.printed.id))
                .cloned()
                .collect(),
            commitment: one.view,
        })
        .collect();
    Ok(AssessmentView {
        stage: stage.as_str(),
        day,
        all: counts(rows.iter()),
        binding: counts(
            rows.iter()
                .filter(|row| row.commitment.printed.nature.as_deref() == Some("binding")),
        ),
        rows,
        plan,
    })
}
