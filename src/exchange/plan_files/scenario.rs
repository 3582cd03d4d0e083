//! The story of a demonstration: how made-up work goes on, as data. It names no day's work one by one; it says in
//! which courses projects run (on time, late, stuck, never begun …) and how many of them in each, and a draw that
//! depends on nothing but the project's code does the rest, so that the same file always tells the same story.

use std::collections::BTreeMap;
use std::path::Path;

use bigdecimal::BigDecimal;
use chrono::NaiveDate;
use toml::de::DeValue;

use super::findings::{Class, Findings};
use super::model::PlanFiles;
use super::table::Table;
use super::{Fault, Place};
use crate::rules::lights::Light;
use crate::rules::periods::ReportingCalendar;

/// From so many days to so many, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Days {
    pub least: i32,
    pub most: i32,
}

/// How the work of a project goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Course {
    pub slug: String,
    pub name: String,
    /// Of all projects that are not assigned by name, so many out of the sum of shares run this course.
    pub share: i32,
    /// Whether owners, dates and weights get confirmed. What is not confirmed is not reported either.
    pub confirmed: bool,
    /// Of the time from the confirmation to the planned day, so much is taken; 100 keeps to the plan.
    pub pace_percent: i32,
    /// What is added then, in days; negative is early.
    pub lag: Days,
    /// From the actual day to the report.
    pub reported_after: Days,
    /// From the report to the verification; none: nobody verifies.
    pub verified_after: Option<Days>,
    /// So many steps are done, then nothing more; none: all of them.
    pub stops_after: Option<i32>,
    /// Every so many reports one comes back.
    pub returned_every: Option<i32>,
    /// From the return to the next report; none: it stays returned.
    pub resubmitted_after: Option<Days>,
    pub return_reason: String,
    /// What reports say, taken in turn.
    pub notes: Vec<String>,
}

/// A made-up figure of a commitment: who answers for it files it, and the plan's planner confirms it or sends it back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Observed {
    pub commitment: String,
    /// The last day of the period.
    pub on: NaiveDate,
    /// In the unit as printed.
    pub value: BigDecimal,
    pub source: String,
    pub filed_on: NaiveDate,
    /// None: it waits still.
    pub confirmed_on: Option<NaiveDate>,
    pub returned_on: Option<NaiveDate>,
}

/// The whole story.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scenario {
    /// What stands before each note and evidence, so that nobody takes it for true.
    pub mark: String,
    /// Where the demonstration's clock stands in the end.
    pub today: NaiveDate,
    /// The day on which the first programme is confirmed; the others follow.
    pub confirmed_from: NaiveDate,
    pub days_between_programmes: i32,
    /// Mixed into each draw: another text, another story.
    pub draw: String,
    pub courses: Vec<Course>,
    /// Projects whose course is given by name.
    pub assigned: BTreeMap<String, String>,
    pub observations: Vec<Observed>,
    /// When reports of periods begin, by the plan's own calendar; none: there are none.
    pub reporting: Option<ReportingCalendar>,
    /// What the supervisor shows in place of lights that were worked out.
    pub overrides: Vec<Overridden>,
}

/// A light that the supervisor shows instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overridden {
    /// The code of the project.
    pub project: String,
    pub on: NaiveDate,
    pub until_on: NaiveDate,
    pub light: Light,
    pub reason: String,
}

/// Reads the story of a plan: `demonstrations/<plan>.toml` below the seeds' root. Every fault at once.
pub fn scenario(root: &Path, files: &PlanFiles) -> Result<Scenario, Vec<Fault>> {
    let findings = Findings::default();
    let path = Path::new("demonstrations").join(format!("{}.toml", files.plan.code));
    let mut read = None;
    super::read::with_file(root, &path, &[], &findings, |table| {
        read = of(table, files, &findings);
    });
    let faults = findings.into_faults();
    match read {
        Some(scenario) if faults.is_empty() => Ok(scenario),
        _ => Err(faults),
    }
}

fn of(table: &Table, files: &PlanFiles, findings: &Findings) -> Option<Scenario> {
    let head = table.table("scenario")?;
    let mark = head.short_text("mark", 40);
    let today = head.date("today");
    let confirmed_from = head.date("confirmed_from");
    let days_between_programmes = head.whole("days_between_programmes", 0..101);
    let draw = head.short_text("draw", 100);
    let reporting_from = head.optional_date("reporting_from");
    if let Some(day) = confirmed_from.filter(|day| *day <= files.plan.issued_on) {
        head.fault(
            "confirmed_from",
            "field.out_of_range",
            format!("{day} 应在印发之日 {} 之后", files.plan.issued_on),
        );
    }
    if let (Some(from), Some(today)) = (confirmed_from, today)
        && today <= from
    {
        head.fault(
            "today",
            "field.out_of_range",
            format!("{today} 应在 confirmed_from 之后"),
        );
    }
    head.finish();

    let courses: Vec<Course> = table.tables("course").iter().filter_map(course).collect();
    for (at, one) in courses.iter().enumerate() {
        if courses[..at].iter().any(|before| before.slug == one.slug) {
            table.fault("course", "code.duplicate", format!("“{}”重复", one.slug));
        }
    }
    if courses.iter().map(|course| course.share).sum::<i32>() == 0 {
        table.fault("course", "field.missing", "至少一个 course 的 share 应大于 0");
    }
    let mut assigned = BTreeMap::new();
    for inner in table.tables("project") {
        let (code, slug) = (inner.text("code"), inner.text("course"));
        if let Some(code) = code
            .as_deref()
            .filter(|code| !files.projects.iter().any(|p| p.code == **code))
        {
            unknown(findings, &inner.place_of("code"), Class::Project.name(), code);
        }
        if let Some(slug) = slug
            .as_deref()
            .filter(|slug| !courses.iter().any(|c| c.slug == **slug))
        {
            unknown(findings, &inner.place_of("course"), "course", slug);
        }
        inner.finish();
        if let (Some(code), Some(slug)) = (code, slug)
            && assigned.insert(code.clone(), slug).is_some()
        {
            inner.fault("code", "field.duplicate", format!("“{code}”重复"));
        }
    }
    let overrides = table
        .tables("light_override")
        .iter()
        .filter_map(|inner| overridden(inner, files, findings))
        .collect();
    Some(Scenario {
        overrides,
        mark: mark?,
        today: today?,
        confirmed_from: confirmed_from?,
        days_between_programmes: days_between_programmes?,
        draw: draw?,
        courses,
        assigned,
        reporting: reporting_from.map(|from| ReportingCalendar {
            reporting_from: Some(from),
            starts_on: files.plan.starts_on,
            ends_on: files.plan.ends_on,
            terms: files.reporting.clone(),
        }),
        observations: table
            .tables("observation")
            .iter()
            .filter_map(|inner| observed(inner, files, findings, confirmed_from?))
            .collect(),
    })
}

fn overridden(inner: &Table, files: &PlanFiles, findings: &Findings) -> Option<Overridden> {
    let (project, on, until_on) = (inner.text("project"), inner.date("on"), inner.date("until_on"));
    let light = inner.text("light");
    let reason = inner.short_text("reason", 500);
    if let Some(code) = project
        .as_deref()
        .filter(|code| !files.projects.iter().any(|p| p.code == **code))
    {
        unknown(findings, &inner.place_of("project"), Class::Project.name(), code);
    }
    if let (Some(on), Some(until_on)) = (on, until_on)
        && until_on < on
    {
        inner.fault("until_on", "range.reversed", "早于 on");
    }
    let known = light
        .as_deref()
        .and_then(Light::parse)
        .filter(|light| *light != Light::Blue);
    if light.is_some() && known.is_none() {
        inner.fault("light", "field.not_allowed", "应为 red、yellow、green、grey 之一");
    }
    inner.finish();
    Some(Overridden {
        project: project?,
        on: on?,
        until_on: until_on?,
        light: known?,
        reason: reason?,
    })
}

/// Reads a figure. It is filed after the owners were confirmed, and judged after it was filed.
fn observed(
    table: &Table,
    files: &PlanFiles,
    findings: &Findings,
    confirmed_from: NaiveDate,
) -> Option<Observed> {
    let commitment = table.text("commitment");
    if let Some(code) = commitment
        .as_deref()
        .filter(|code| !files.commitments.iter().any(|one| one.code == **code))
    {
        unknown(
            findings,
            &table.place_of("commitment"),
            Class::Commitment.name(),
            code,
        );
    }
    let on = table.date("on");
    let value = table.required("value", |t, key| t.decimal(key, 4));
    let source = table.short_text("source", 200);
    let filed_on = table.date("filed_on");
    let confirmed_on = table.optional_date("confirmed_on");
    let returned_on = table.optional_date("returned_on");
    table.finish();
    for (key, earlier, day) in [
        ("filed_on", on, filed_on),
        ("filed_on", Some(confirmed_from), filed_on),
        ("confirmed_on", filed_on, confirmed_on),
        ("returned_on", filed_on, returned_on),
    ] {
        if let (Some(earlier), Some(day)) = (earlier, day)
            && day <= earlier
        {
            table.fault(key, "field.out_of_range", format!("{day} 应在 {earlier} 之后"));
        }
    }
    Some(Observed {
        commitment: commitment?,
        on: on?,
        value: value?,
        source: source?,
        filed_on: filed_on?,
        confirmed_on,
        returned_on,
    })
}

fn unknown(findings: &Findings, place: &Place, what: &str, code: &str) {
    findings.fault(place, "reference.unknown", format!("没有这个{what}：“{code}”"));
}

fn course(table: &Table) -> Option<Course> {
    let slug = table.slug("slug");
    let name = table.short_text("name", 40);
    let share = table.whole("share", 0..1_001);
    let confirmed = !table.flag("unconfirmed");
    let pace_percent = table.optional_whole("pace_percent", 1..1_001);
    let lag = days(table, "lag_days", -2_000);
    let reported_after = days(table, "reported_after_days", 0);
    let verified_after = days(table, "verified_after_days", 1);
    let stops_after = table.optional_whole("stops_after_steps", 0..101);
    let returned_every = table.optional_whole("returned_every", 1..101);
    let resubmitted_after = days(table, "resubmitted_after_days", 1);
    let return_reason = table.optional_text("return_reason");
    let notes = table.texts("notes");
    if returned_every.is_some() && return_reason.is_none() {
        table.fault(
            "return_reason",
            "field.missing",
            "有 returned_every 时应写退回理由",
        );
    }
    table.finish();
    Some(Course {
        slug: slug?,
        name: name?,
        share: share?,
        confirmed,
        pace_percent: pace_percent.unwrap_or(100),
        lag: lag.unwrap_or(Days { least: 0, most: 0 }),
        reported_after: reported_after.unwrap_or(Days { least: 0, most: 0 }),
        verified_after,
        stops_after,
        returned_every,
        resubmitted_after,
        return_reason: return_reason.unwrap_or_default(),
        notes,
    })
}

/// `[least, most]` in days, neither below `lowest`; absent is none.
fn days(table: &Table, key: &'static str, lowest: i32) -> Option<Days> {
    let value = table.value(key)?;
    let numbers: Option<Vec<i32>> = value.get_ref().as_array().and_then(|array| {
        array
            .iter()
            .map(|item| match item.get_ref() {
                DeValue::Integer(number) => number.as_str().parse().ok(),
                _ => None,
            })
            .collect()
    });
    match numbers.as_deref() {
        Some([least, most]) if lowest <= *least && least <= most && *most <= 2_000 => Some(Days {
            least: *least,
            most: *most,
        }),
        _ => {
            table.fault(
                key,
                "field.format",
                format!("应为 [最少, 最多] 两个整数，在 {lowest} 到 2000 之间"),
            );
            None
        }
    }
}
