//! The shapes of progress reports, of the months that are frozen, and of investment plans.

use std::collections::BTreeMap;

use bigdecimal::{BigDecimal, Zero};
use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::db::columns::columns;
use crate::db::schema::{
    investment_plans, progress_report_funds, progress_report_versions as rv, progress_reports, report_freezes,
};
use crate::kernel::{Code, Error, Fault, Patch, Result};
use crate::rules::periods::{Frequency, Period, Terms};

/// Where money comes from (资金来源).
pub const SOURCES: [&str; 8] = [
    "central",
    "provincial",
    "city",
    "county",
    "bond",
    "bank_loan",
    "private",
    "other",
];

/// Where a report stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    Submitted,
    Verified,
    Returned,
}

impl State {
    pub const ALL: [State; 3] = [State::Submitted, State::Verified, State::Returned];

    pub fn as_str(self) -> &'static str {
        match self {
            State::Submitted => "submitted",
            State::Verified => "verified",
            State::Returned => "returned",
        }
    }

    pub fn parse(text: &str) -> Option<State> {
        State::ALL.into_iter().find(|state| state.as_str() == text)
    }
}

/// Money in yuan, cumulative to the end of a period; none where it does not apply or is not known.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Money {
    /// 需求
    pub required: Option<BigDecimal>,
    /// 到位
    pub received: Option<BigDecimal>,
    /// 支付
    pub paid: Option<BigDecimal>,
    /// 完成投资
    pub done: Option<BigDecimal>,
}

impl Money {
    /// The four figures by name.
    pub fn named(&self) -> [(&'static str, &Option<BigDecimal>); 4] {
        [
            ("required", &self.required),
            ("received", &self.received),
            ("paid", &self.paid),
            ("done", &self.done),
        ]
    }

    pub fn is_empty(&self) -> bool {
        self.named().iter().all(|(_, figure)| figure.is_none())
    }
}

/// Money of one source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fund {
    /// One of [`SOURCES`].
    pub source: String,
    pub money: Money,
}

/// What a report says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figures {
    /// 形象进度, per cent of the project.
    pub physical_percent: BigDecimal,
    pub money: Money,
    /// Each source at most once.
    pub funds: Vec<Fund>,
    pub done_text: String,
    pub problems: Option<String>,
    pub next_steps: Option<String>,
    pub note: Option<String>,
    /// 入统
    pub statistics_entered_on: Option<NaiveDate>,
}

impl Figures {
    /// The totals: what was given, or the sums over the sources. Refuses totals that are not those sums.
    pub fn totals(&self) -> Result<Money> {
        let mut sums: BTreeMap<&'static str, BigDecimal> = BTreeMap::new();
        for (name, figure) in self.funds.iter().flat_map(|fund| fund.money.named()) {
            if let Some(figure) = figure {
                *sums.entry(name).or_insert_with(BigDecimal::zero) += figure;
            }
        }
        let mut faults = Vec::new();
        for (name, total) in self.money.named() {
            if let (Some(total), Some(sum)) = (total, sums.get(name))
                && total != sum
            {
                let text = |value: &BigDecimal| value.normalized().to_plain_string();
                faults.push(
                    Fault::new(format!("/{name}"), Code::ReportFundsSum)
                        .with("sum", text(sum))
                        .with("total", text(total)),
                );
            }
        }
        if !faults.is_empty() {
            return Err(Error::Invalid(faults));
        }
        let total =
            |given: &Option<BigDecimal>, name: &str| given.clone().or_else(|| sums.get(name).cloned());
        Ok(Money {
            required: total(&self.money.required, "required"),
            received: total(&self.money.received, "received"),
            paid: total(&self.money.paid, "paid"),
            done: total(&self.money.done, "done"),
        })
    }
}

/// A report as it comes in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewReport {
    pub project_id: Uuid,
    /// The county whose part of the project it is, by the region's id or code; none: the whole.
    pub region: Option<String>,
    pub period: Period,
    pub figures: Figures,
}

/// What somebody else finds of a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Judgement {
    Verify { note: Option<String> },
    Return { reason: String },
}

/// What a planner changes of when his plan's projects report.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CalendarEdit {
    pub reporting_from: Patch<NaiveDate>,
    /// In place of what these stages had; others keep theirs.
    pub terms: Vec<Terms>,
}

/// One row of `progress_reports`, or of its versions.
#[derive(Debug, Clone, PartialEq, Queryable, Insertable, AsChangeset, Identifiable)]
#[diesel(table_name = progress_reports, treat_none_as_null = true)]
pub struct ReportRow {
    pub id: Uuid,
    pub plan_id: Uuid,
    pub project_id: Uuid,
    pub region_id: Option<Uuid>,
    pub frequency: String,
    pub period_start: NaiveDate,
    pub period_end: NaiveDate,
    pub due_on: NaiveDate,
    pub state: String,
    pub physical_percent: BigDecimal,
    pub required: Option<BigDecimal>,
    pub received: Option<BigDecimal>,
    pub paid: Option<BigDecimal>,
    pub done: Option<BigDecimal>,
    pub done_text: String,
    pub problems: Option<String>,
    pub next_steps: Option<String>,
    pub note: Option<String>,
    pub statistics_entered_on: Option<NaiveDate>,
    pub funds_version: i64,
    pub first_reported_on: NaiveDate,
    pub on_time: Option<bool>,
    pub reported_on: NaiveDate,
    pub reported_at: DateTime<Utc>,
    pub reported_by_user_id: Uuid,
    pub reported_by_organisation_id: Uuid,
    pub verified_on: Option<NaiveDate>,
    pub verified_at: Option<DateTime<Utc>>,
    pub verified_by_user_id: Option<Uuid>,
    pub verified_by_organisation_id: Option<Uuid>,
    pub back_reason: Option<String>,
    pub row_version: i64,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

impl ReportRow {
    pub fn state(&self) -> Result<State> {
        State::parse(&self.state).ok_or_else(|| Error::internal(format!("state {}", self.state)))
    }

    pub fn period(&self) -> Result<Period> {
        Ok(Period {
            start: self.period_start,
            end: self.period_end,
            frequency: Frequency::parse(&self.frequency)
                .ok_or_else(|| Error::internal(format!("frequency {}", self.frequency)))?,
        })
    }

    pub fn money(&self) -> Money {
        Money {
            required: self.required.clone(),
            received: self.received.clone(),
            paid: self.paid.clone(),
            done: self.done.clone(),
        }
    }

    /// Takes what a report says; its figures by source stand beside it under this version of it.
    pub fn say(&mut self, figures: &Figures, totals: Money) {
        self.physical_percent.clone_from(&figures.physical_percent);
        self.required = totals.required;
        self.received = totals.received;
        self.paid = totals.paid;
        self.done = totals.done;
        self.done_text.clone_from(&figures.done_text);
        self.problems.clone_from(&figures.problems);
        self.next_steps.clone_from(&figures.next_steps);
        self.note.clone_from(&figures.note);
        self.statistics_entered_on = figures.statistics_entered_on;
        self.funds_version = self.row_version;
    }

    /// Forgets who verified it.
    pub fn unverify(&mut self) {
        self.verified_on = None;
        self.verified_at = None;
        self.verified_by_user_id = None;
        self.verified_by_organisation_id = None;
    }
}

/// One row of `progress_report_funds`.
#[derive(Debug, Clone, PartialEq, Queryable, Selectable, Insertable)]
#[diesel(table_name = progress_report_funds)]
pub struct FundRow {
    pub report_id: Uuid,
    pub given_in_version: i64,
    pub source: String,
    pub required: Option<BigDecimal>,
    pub received: Option<BigDecimal>,
    pub paid: Option<BigDecimal>,
    pub done: Option<BigDecimal>,
}

/// One row of `report_freezes`: an edition of a month.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable, AsChangeset, Identifiable)]
#[diesel(table_name = report_freezes, treat_none_as_null = true)]
pub struct FreezeRow {
    pub id: Uuid,
    pub plan_id: Uuid,
    pub month: NaiveDate,
    pub edition: i32,
    pub frozen_at_number: i64,
    pub frozen_on: NaiveDate,
    pub frozen_at: DateTime<Utc>,
    pub frozen_by_user_id: Uuid,
    pub reopened_on: Option<NaiveDate>,
    pub reopened_at: Option<DateTime<Utc>>,
    pub reopened_by_user_id: Option<Uuid>,
    pub reopen_reason: Option<String>,
}

impl FreezeRow {
    pub fn stands(&self) -> bool {
        self.reopened_at.is_none()
    }
}

/// One row of `investment_plans`.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = investment_plans)]
pub struct InvestmentRow {
    pub project_id: Uuid,
    pub plan_id: Uuid,
    pub year: i32,
    pub source: String,
    pub amount: BigDecimal,
}

fn figure(value: &Option<BigDecimal>) -> Option<String> {
    value.as_ref().map(|value| value.normalized().to_plain_string())
}

fn logged_money(money: &Money) -> Value {
    let figures = money
        .named()
        .map(|(name, value)| (name.to_owned(), json!(figure(value))));
    Value::Object(figures.into_iter().collect())
}

/// Figures by source as the log keeps them.
pub fn logged_funds(funds: &[Fund]) -> Value {
    let by_source = funds
        .iter()
        .map(|fund| (fund.source.clone(), logged_money(&fund.money)));
    Value::Object(by_source.collect())
}

/// A report as the log keeps it, without its figures by source. Persons by id only.
pub fn logged(row: &ReportRow) -> Value {
    let mut body = json!({
        "project_id": row.project_id, "region_id": row.region_id, "frequency": row.frequency,
        "period_start": row.period_start, "period_end": row.period_end, "due_on": row.due_on, "state": row.state,
        "physical_percent": row.physical_percent.normalized().to_plain_string(),
        "done_text": row.done_text, "problems": row.problems, "next_steps": row.next_steps, "note": row.note,
        "statistics_entered_on": row.statistics_entered_on, "first_reported_on": row.first_reported_on,
        "on_time": row.on_time, "reported_on": row.reported_on, "reported_by_user_id": row.reported_by_user_id,
        "reported_by_organisation_id": row.reported_by_organisation_id, "verified_on": row.verified_on,
        "verified_by_user_id": row.verified_by_user_id,
        "verified_by_organisation_id": row.verified_by_organisation_id, "back_reason": row.back_reason,
    });
    if let (Some(body), Value::Object(money)) = (body.as_object_mut(), logged_money(&row.money())) {
        body.extend(money);
    }
    body
}

columns! {
    /// The columns of a version of a report, in the order of [`ReportRow`].
    REPORT_VERSION: ReportVersionColumns = (
        rv::id,
        rv::plan_id,
        rv::project_id,
        rv::region_id,
        rv::frequency,
        rv::period_start,
        rv::period_end,
        rv::due_on,
        rv::state,
        rv::physical_percent,
        rv::required,
        rv::received,
        rv::paid,
        rv::done,
        rv::done_text,
        rv::problems,
        rv::next_steps,
        rv::note,
        rv::statistics_entered_on,
        rv::funds_version,
        rv::first_reported_on,
        rv::on_time,
        rv::reported_on,
        rv::reported_at,
        rv::reported_by_user_id,
        rv::reported_by_organisation_id,
        rv::verified_on,
        rv::verified_at,
        rv::verified_by_user_id,
        rv::verified_by_organisation_id,
        rv::back_reason,
        rv::row_version,
        rv::created_at,
        rv::updated_at,
    )
}
