//! The form of reports, calendars and investment plans, read field by field: by the API and by the pages.

use bigdecimal::BigDecimal;
use serde_json::Value;
use uuid::Uuid;

use crate::http::form::{Fields, Query};
use crate::kernel::{Code, Fault, Result};
use crate::reports::actions::investment::Planned;
use crate::reports::model::{CalendarEdit, Figures, Fund, Money, NewReport, SOURCES};
use crate::rules::periods::{Frequency, Period, Stage, Terms};

const FREQUENCIES: [&str; 3] = ["monthly", "quarterly", "yearly"];
const STAGES: [&str; 3] = ["preparation", "under_way", "continuing"];
const PERIOD_FORM: &str = "YYYY-MM, YYYY-Q1, YYYY";

/// Money of one source, in yuan as decimal strings, cumulative to the period's end.
#[derive(utoipa::ToSchema)]
#[allow(
    dead_code,
    reason = "describes the body for the OpenAPI document; read field by field"
)]
pub struct FundBody {
    /// `central`, `provincial`, `city`, `county`, `bond`, `bank_loan`, `private` or `other`; each at most once.
    pub source: String,
    pub required: Option<String>,
    pub received: Option<String>,
    pub paid: Option<String>,
    pub done: Option<String>,
}

/// What a report says. Money in yuan as decimal strings, cumulative to the period's end.
#[derive(utoipa::ToSchema)]
#[allow(
    dead_code,
    reason = "describes the body for the OpenAPI document; read field by field"
)]
pub struct FiguresBody {
    /// 形象进度: 0 to 100, to two decimals. Less than before needs a note.
    pub physical_percent: String,
    /// Totals; where sources are given, their sums, which need not be repeated.
    pub required: Option<String>,
    pub received: Option<String>,
    pub paid: Option<String>,
    pub done: Option<String>,
    #[schema(max_items = 8)]
    pub funds: Option<Vec<FundBody>>,
    #[schema(min_length = 1, max_length = 5000)]
    pub done_text: String,
    #[schema(max_length = 5000)]
    pub problems: Option<String>,
    #[schema(max_length = 5000)]
    pub next_steps: Option<String>,
    #[schema(max_length = 2000)]
    pub note: Option<String>,
    /// 入统
    pub statistics_entered_on: Option<chrono::NaiveDate>,
}

/// A report of one project for one period.
#[derive(utoipa::ToSchema)]
#[allow(
    dead_code,
    reason = "describes the body for the OpenAPI document; read field by field"
)]
pub struct ProgressReportBody {
    /// `2024-03`, `2024-Q1` or `2024`.
    pub period: String,
    /// The county whose part of the project it is, by the region's id or code: required where the project is divided.
    pub region: Option<String>,
    #[serde(flatten)]
    pub figures: FiguresBody,
}

/// The same with its project.
#[derive(utoipa::ToSchema)]
#[allow(
    dead_code,
    reason = "describes the body for the OpenAPI document; read field by field"
)]
pub struct ProgressReportItem {
    /// Id or code.
    pub project: String,
    #[serde(flatten)]
    pub report: ProgressReportBody,
}

/// Up to 500 reports, all or none.
#[derive(utoipa::ToSchema)]
#[allow(
    dead_code,
    reason = "describes the body for the OpenAPI document; read field by field"
)]
pub struct ReportsBody {
    #[schema(min_items = 1, max_items = 500)]
    pub items: Vec<ProgressReportItem>,
}

/// How often projects of a stage report, and by when.
#[derive(utoipa::ToSchema)]
#[allow(
    dead_code,
    reason = "describes the body for the OpenAPI document; read field by field"
)]
pub struct TermsBody {
    /// `preparation`, `under_way` or `continuing`; each at most once.
    pub stage: String,
    /// `monthly`, `quarterly` or `yearly`.
    pub frequency: String,
    #[schema(minimum = 1, maximum = 31)]
    pub due_day: i64,
    /// 0: of the period's last month; 1 to 3: so many months after it.
    #[schema(minimum = 0, maximum = 3)]
    pub due_month_offset: i64,
    #[schema(minimum = 0, maximum = 60)]
    pub grace_days: i64,
}

/// What changes of a plan's calendar.
#[derive(utoipa::ToSchema)]
#[allow(
    dead_code,
    reason = "describes the body for the OpenAPI document; read field by field"
)]
pub struct CalendarPatch {
    /// From when on reports are owed; null: nobody owes any. Not before the present month.
    pub reporting_from: Option<chrono::NaiveDate>,
    /// In place of what these stages had.
    #[schema(max_items = 3)]
    pub calendar: Option<Vec<TermsBody>>,
}

/// A month.
#[derive(utoipa::ToSchema)]
#[allow(
    dead_code,
    reason = "describes the body for the OpenAPI document; read field by field"
)]
pub struct MonthBody {
    /// `2024-03`
    pub month: String,
}

/// A month and why it is reopened.
#[derive(utoipa::ToSchema)]
#[allow(
    dead_code,
    reason = "describes the body for the OpenAPI document; read field by field"
)]
pub struct ReopenBody {
    /// `2024-03`
    pub month: String,
    #[schema(min_length = 1, max_length = 2000)]
    pub reason: String,
}

/// An amount planned for a year from a source.
#[derive(utoipa::ToSchema)]
#[allow(
    dead_code,
    reason = "describes the body for the OpenAPI document; read field by field"
)]
pub struct PlannedBody {
    #[schema(minimum = 1990, maximum = 2199)]
    pub year: i64,
    /// As in reports.
    pub source: String,
    /// In yuan, a decimal string.
    pub amount: String,
}

/// The whole investment plan of a project.
#[derive(utoipa::ToSchema)]
#[allow(
    dead_code,
    reason = "describes the body for the OpenAPI document; read field by field"
)]
pub struct InvestmentBody {
    /// Each year and source at most once; empty: none is planned.
    #[schema(max_items = 400)]
    pub items: Vec<PlannedBody>,
}

/// A thousand milliards of yuan are more than any plan's.
const MOST: i64 = 1_000_000_000_000;

fn yuan(f: &mut Fields, name: &'static str) -> Option<BigDecimal> {
    f.decimal(name, 0, MOST, 2)
}

fn money(f: &mut Fields) -> Money {
    Money {
        required: yuan(f, "required"),
        received: yuan(f, "received"),
        paid: yuan(f, "paid"),
        done: yuan(f, "done"),
    }
}

fn source(f: &mut Fields) -> String {
    let source = f.choice("source", &SOURCES, |text| {
        SOURCES.contains(&text).then(|| text.to_owned())
    });
    f.required("source", source)
}

fn fund(pointer: String, value: Value) -> Result<Fund, Vec<Fault>> {
    let mut f = Fields::under(pointer, value).map_err(|fault| vec![fault])?;
    let (source, money) = (source(&mut f), money(&mut f));
    f.finish_item(Fund { source, money })
}

/// What a report says.
pub fn figures(f: &mut Fields) -> Figures {
    let filled = |text: Option<String>| text.filter(|text| !text.is_empty());
    let physical = f.decimal("physical_percent", 0, 100, 2);
    let physical_percent = f.required("physical_percent", physical);
    let money = money(f);
    let by_source = ("/source", |fund: &Fund| fund.source.clone());
    let funds = f.distinct_list("funds", SOURCES.len(), fund, by_source);
    let mut funds = funds.unwrap_or_default();
    // A source without a figure says nothing.
    funds.retain(|fund| !fund.money.is_empty());
    let done = f.filled_text("done_text", 5_000);
    Figures {
        physical_percent,
        money,
        funds,
        done_text: f.required("done_text", done),
        problems: filled(f.text("problems", 5_000)),
        next_steps: filled(f.text("next_steps", 5_000)),
        note: filled(f.text("note", 2_000)),
        statistics_entered_on: f.date("statistics_entered_on"),
    }
}

/// A period by its label; any where the field is broken, which is told.
fn period(f: &mut Fields) -> Option<Period> {
    let text = f.required_text("period", 20);
    let period = Period::parse(&text);
    if period.is_none() && !text.is_empty() {
        f.fault("period", Code::FieldFormat).params = vec![("format", PERIOD_FORM.to_owned())];
    }
    period
}

/// A month by its label.
pub fn month(f: &mut Fields) -> Option<Period> {
    let text = f.required_text("month", 20);
    let month = Period::parse(&text).filter(|period| period.frequency == Frequency::Monthly);
    if month.is_none() && !text.is_empty() {
        f.fault("month", Code::FieldFormat).params = vec![("format", "YYYY-MM".to_owned())];
    }
    month
}

/// A report, but for its project. None where the period is broken, which `f` tells.
pub fn report(f: &mut Fields) -> Option<NewReport> {
    let period = period(f);
    let region = f.filled_text("region", 100);
    let figures = figures(f);
    Some(NewReport {
        project_id: Uuid::nil(),
        region,
        period: period?,
        figures,
    })
}

/// A report that names its project.
pub fn item(pointer: String, value: Value) -> Result<(String, Option<NewReport>), Vec<Fault>> {
    let mut f = Fields::under(pointer, value).map_err(|fault| vec![fault])?;
    let project = f.required_text("project", 200);
    let report = report(&mut f);
    f.finish_item((project, report))
}

fn terms(pointer: String, value: Value) -> Result<Option<Terms>, Vec<Fault>> {
    let mut f = Fields::under(pointer, value).map_err(|fault| vec![fault])?;
    let stage = f.choice("stage", &STAGES, |text| Stage::parse(text).map(Some));
    let stage = f.required("stage", stage);
    let frequency = f.choice("frequency", &FREQUENCIES, |text| Frequency::parse(text).map(Some));
    let frequency = f.required("frequency", frequency);
    let whole = |f: &mut Fields, name, least, most| {
        let number = f.integer(name, least, most);
        u32::try_from(f.required(name, number)).unwrap_or_default()
    };
    let due_day = whole(&mut f, "due_day", 1, 31);
    let due_month_offset = whole(&mut f, "due_month_offset", 0, 3);
    let grace_days = whole(&mut f, "grace_days", 0, 60);
    f.finish_item(stage.zip(frequency).map(|(stage, frequency)| Terms {
        stage,
        frequency,
        due_day,
        due_month_offset,
        grace_days,
    }))
}

/// What changes of a calendar.
pub fn calendar(f: &mut Fields) -> CalendarEdit {
    let reporting_from = f.patch("reporting_from", |f| f.date("reporting_from"));
    let by_stage = ("/stage", |terms: &Option<Terms>| {
        terms.as_ref().map(|one| one.stage)
    });
    let terms = f.distinct_list("calendar", STAGES.len(), terms, by_stage);
    let terms = terms.unwrap_or_default().into_iter().flatten().collect();
    CalendarEdit {
        reporting_from,
        terms,
    }
}

fn planned(pointer: String, value: Value) -> Result<Planned, Vec<Fault>> {
    let mut f = Fields::under(pointer, value).map_err(|fault| vec![fault])?;
    let year = f.integer("year", 1990, 2199);
    let year = i32::try_from(f.required("year", year)).unwrap_or_default();
    let source = source(&mut f);
    let amount = yuan(&mut f, "amount");
    let amount = f.required("amount", amount);
    f.finish_item(Planned { year, source, amount })
}

/// A whole investment plan.
pub fn investment(f: &mut Fields) -> Vec<Planned> {
    let by_year_and_source = ("", |one: &Planned| (one.year, one.source.clone()));
    let items = f.distinct_list("items", 400, planned, by_year_and_source);
    f.required("items", items)
}

/// `month=2024-03` of a query.
pub fn month_asked(q: &mut Query) -> Option<chrono::NaiveDate> {
    let text = q.one("month")?;
    let month = Period::parse(&text).filter(|period| period.frequency == Frequency::Monthly);
    if month.is_none() {
        q.fault("month", Code::FieldFormat, &[("format", "YYYY-MM".to_owned())]);
    }
    month.map(|month| month.start)
}

/// A month, and which edition of it.
type MonthAsked = (Option<chrono::NaiveDate>, Option<(chrono::NaiveDate, i32)>);

/// `month=2024-03`, and with it, in place of `as_of`, `edition=1`: the month as it was frozen.
pub fn edition_asked(q: &mut Query, as_of: Option<chrono::NaiveDate>) -> MonthAsked {
    if q.sent("edition") && !q.sent("month") {
        q.fault("month", Code::FieldMissing, &[]);
    }
    if q.sent("edition") && as_of.is_some() {
        q.fault("as_of", Code::AsOfWithQuery, &[("name", "edition".to_owned())]);
    }
    let month = month_asked(q);
    let edition = q.integer("edition", 1, 1_000);
    let edition = edition.and_then(|edition| i32::try_from(edition).ok());
    (month, month.zip(edition))
}

/// `period=2024-03` of a query, any of several.
pub fn periods_asked(q: &mut Query) -> Vec<Period> {
    let texts = q.many("period");
    let periods: Vec<Option<Period>> = texts.iter().map(|text| Period::parse(text)).collect();
    if periods.iter().any(Option::is_none) {
        q.fault("period", Code::FieldFormat, &[("format", PERIOD_FORM.to_owned())]);
    }
    periods.into_iter().flatten().collect()
}
