//! The form of a project's investment plan by year and source (分年度投资计划).

use std::collections::{BTreeMap, BTreeSet};

use actix_web::{post, web};
use bigdecimal::BigDecimal;
use chrono::Datelike;
use diesel_async::AsyncPgConnection;
use serde_json::{Value, json};

use super::Typed;
use super::forms::sent;
use crate::http::form::Fields;
use crate::http::request::State;
use crate::http::vocabularies::FUND_SOURCES;
use crate::kernel::{Error, Fault, Result};
use crate::plans::store as plans;
use crate::projects::model::ProjectRow;
use crate::reports::actions::investment as actions;
use crate::reports::api::body;
use crate::reports::store;
use crate::web::page::Paged;
use crate::web::posted::Posted;
use crate::web::visitor::Visitor;

const FORM: &str = "invest";
/// The row for a year that is neither the plan's nor held.
const OTHER: &str = "other";

/// A year's row.
pub(super) struct Year {
    /// `2024`, or `other`.
    pub key: String,
    /// Of `other`: which year was typed.
    pub other: String,
    pub filled: bool,
    pub sum: String,
    /// Source, its label, the amount.
    pub amounts: Vec<(&'static str, &'static str, String)>,
}

/// The years of the plan and those that are held or were typed, then the row for any other; and what is held in all beside
/// what the project carries.
pub(super) async fn years(
    conn: &mut AsyncPgConnection,
    project: &ProjectRow,
    typed: &Typed,
) -> Result<(Vec<Year>, String)> {
    let plan = plans::plan(conn, &project.plan_id.to_string()).await?;
    let held = store::investment(conn, project.id).await?;
    let mut all: BTreeSet<i32> = (plan.starts_on.year()..=plan.ends_on.year()).collect();
    all.extend(held.iter().map(|row| row.year));
    if typed.form == FORM {
        all.extend(typed.values.keys().filter_map(|name| year_of(name)));
    }
    let mut amounts: BTreeMap<(i32, &str), &BigDecimal> = BTreeMap::new();
    for row in &held {
        amounts.insert((row.year, &row.source), &row.amount);
    }
    let text = |value: &BigDecimal| value.normalized().to_plain_string();
    let row = |key: String, year: Option<i32>| {
        let fields: Vec<(&'static str, &'static str, String)> = FUND_SOURCES
            .iter()
            .map(|(source, label)| {
                let held = year.and_then(|year| amounts.get(&(year, *source)));
                let held = held.map(|amount| text(amount)).unwrap_or_default();
                (*source, *label, typed.or(FORM, format!("{key}-{source}"), held))
            })
            .collect();
        let sum = held
            .iter()
            .filter(|row| Some(row.year) == year)
            .map(|row| row.amount.clone())
            .reduce(|all, one| all + one);
        let other = match year {
            None => typed.or(FORM, format!("{OTHER}-year"), ""),
            Some(_) => String::new(),
        };
        Year {
            filled: !other.is_empty() || fields.iter().any(|(.., value)| !value.is_empty()),
            sum: sum.as_ref().map(text).unwrap_or_default(),
            amounts: fields,
            other,
            key,
        }
    };
    let mut rows: Vec<Year> = all
        .into_iter()
        .map(|year| row(year.to_string(), Some(year)))
        .collect();
    rows.push(row(OTHER.to_owned(), None));
    let total: Option<BigDecimal> = held
        .iter()
        .map(|row| row.amount.clone())
        .reduce(|all, one| all + one);
    let told = match (total, &project.investment_planned) {
        (None, _) => String::new(),
        (Some(total), None) => format!("各年合计 {} 元；项目没有填计划投资。", text(&total)),
        (Some(total), Some(own)) => format!("各年合计 {} 元，项目的计划投资 {} 元。", text(&total), text(own)),
    };
    Ok((rows, told))
}

/// The year of a field `2024-central`.
fn year_of(name: &str) -> Option<i32> {
    let (year, source) = name.split_once('-')?;
    let known = FUND_SOURCES.iter().any(|(one, _)| *one == source);
    let year: i32 = year.parse().ok()?;
    (known && (1990..2200).contains(&year)).then_some(year)
}

/// The form as the body that the API takes, and the field from which each item came. Amounts may be typed with separators
/// of thousands.
fn sheet(posted: &Posted) -> (Value, Vec<(String, &'static str)>) {
    let mut keys: BTreeSet<String> = posted
        .named("")
        .into_iter()
        .filter_map(year_of)
        .map(|year| year.to_string())
        .collect();
    keys.insert(OTHER.to_owned());
    let mut items: Vec<Value> = Vec::new();
    let mut fields = Vec::new();
    let whole = |text: &str| {
        text.parse::<i64>()
            .map_or_else(|_| json!(text), |number| json!(number))
    };
    let other = posted.one(&format!("{OTHER}-year"));
    let before = |fields: &[(String, &'static str)]| fields.iter().any(|(key, _)| key == OTHER);
    for key in keys {
        let year = match key == OTHER {
            true => other.map_or(Value::Null, whole),
            false => whole(&key),
        };
        for (source, _) in FUND_SOURCES {
            if let Some(text) = posted.one(&format!("{key}-{source}")) {
                let plain: String = text.chars().filter(|c| !matches!(c, ',' | '，' | ' ')).collect();
                items.push(json!({ "year": year, "source": source, "amount": plain }));
                fields.push((key.clone(), *source));
            }
        }
    }
    // A year without an amount is told, not lost.
    if let Some(other) = other.filter(|_| !before(&fields)) {
        items.push(json!({ "year": whole(other), "source": FUND_SOURCES[0].0 }));
        fields.push((OTHER.to_owned(), FUND_SOURCES[0].0));
    }
    (json!({ "items": items }), fields)
}

/// A fault of an item belongs to the field of its year and source, or to the year that was typed; each is told once.
fn in_place(error: Error, fields: &[(String, &'static str)]) -> Error {
    let place = |pointer: &str| {
        let rest = pointer.strip_prefix("/items/")?;
        let (index, field) = rest.split_once('/').unwrap_or((rest, ""));
        let (key, source) = fields.get(index.parse::<usize>().ok()?)?;
        Some(match field {
            "year" => format!("/{key}/year"),
            _ => format!("/{key}/{source}"),
        })
    };
    match error {
        Error::Malformed(faults) => {
            let mut told: Vec<Fault> = Vec::new();
            for mut fault in faults {
                fault.pointer = place(&fault.pointer).unwrap_or(fault.pointer);
                if !told.contains(&fault) {
                    told.push(fault);
                }
            }
            Error::Malformed(told)
        }
        other => other,
    }
}

#[post("/projects/{project}/investment-plan")]
pub async fn replace(
    state: web::Data<State>,
    visitor: Visitor,
    path: web::Path<String>,
    posted: Posted,
) -> Paged {
    let form = sent(&state, &visitor, &path, FORM, &posted);
    let (body, fields) = sheet(&posted);
    let read = Fields::of(body).and_then(|mut f| {
        let planned = body::investment(&mut f);
        f.finish(planned)
    });
    let done = form
        .run(read.map_err(|error| in_place(error, &fields)), async |tx, id, planned| {
            actions::replace(tx, id, posted.seen_version(), planned)
                .await
                .map(drop)
        })
        .await;
    form.answer(done, "saved").await
}
