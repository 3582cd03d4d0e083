//! 分年度投资计划: a project's planned investment by year and source, for whoever sees the project; changed as a whole by
//! whoever plans it.

use std::collections::BTreeMap;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, get, post, web};
use askama::Template;
use bigdecimal::BigDecimal;
use serde_json::{Map, Value, json};

use super::page::{Faults, Frame, Paged, in_place, page, see_other};
use super::posted::{Posted, plain_figure};
use super::shown::ten_thousands;
use super::visitor::Visitor;
use crate::http::form::Fields;
use crate::http::request::State;
use crate::http::vocabularies::FUND_SOURCES;
use crate::kernel::Error;
use crate::kernel::authz::{self, Action, Target};
use crate::projects::store as projects;
use crate::reports::actions::investment as actions;
use crate::reports::api::body;
use crate::reports::model::InvestmentRow;
use crate::reports::store;
use crate::views::projects as views;
use crate::views::window::Window;

const FIELDS: [&str; 3] = ["year", "source", "amount"];
/// So many rows stand empty below those that are there.
const BLANK: usize = 4;
/// So many rows are read; the API takes as many.
const MOST: usize = 400;

/// A row of the form. One that was there goes when its amount is emptied.
struct Row {
    index: usize,
    was: bool,
    year: String,
    source: String,
    amount: String,
}

/// A year's line of the table: its sum, and each source's amount in the order of the sources.
struct Year {
    year: String,
    amounts: Vec<String>,
    sum: String,
}

#[derive(Template)]
#[template(path = "investment.html")]
struct Investment {
    frame: Frame,
    faults: Faults,
    href: String,
    title: String,
    version: i64,
    may_edit: bool,
    sources: Vec<(&'static str, &'static str)>,
    years: Vec<Year>,
    total: String,
    /// What the project itself says; None: not known.
    planned: Option<String>,
    /// The two sums differ.
    differs: bool,
    rows: Vec<Row>,
}

fn plain(amount: &BigDecimal) -> String {
    amount.normalized().to_plain_string()
}

fn years(held: &[InvestmentRow]) -> (Vec<Year>, BigDecimal) {
    let mut by_year: BTreeMap<i32, BTreeMap<&str, &BigDecimal>> = BTreeMap::new();
    for row in held {
        by_year
            .entry(row.year)
            .or_default()
            .insert(&row.source, &row.amount);
    }
    let line = |(year, of_year): (&i32, &BTreeMap<&str, &BigDecimal>)| Year {
        year: year.to_string(),
        amounts: FUND_SOURCES
            .iter()
            .map(|(source, _)| of_year.get(source).map(|amount| ten_thousands(&plain(amount))))
            .map(Option::unwrap_or_default)
            .collect(),
        sum: ten_thousands(&plain(&of_year.values().copied().sum())),
    };
    let lines = by_year.iter().map(line).collect();
    (lines, held.iter().map(|row| &row.amount).sum())
}

/// The rows of the form: as they were typed, or as they are held, and some empty ones.
fn rows(held: &[InvestmentRow], typed: Option<&Posted>) -> Vec<Row> {
    if let Some(posted) = typed {
        return (0..sent_rows(posted))
            .map(|index| Row {
                index,
                was: posted.one(&format!("was-{index}")).is_some(),
                year: posted.typed(&format!("year-{index}")),
                source: posted.typed(&format!("source-{index}")),
                amount: posted.typed(&format!("amount-{index}")),
            })
            .collect();
    }
    let of = |(index, row): (usize, &InvestmentRow)| Row {
        index,
        was: true,
        year: row.year.to_string(),
        source: row.source.clone(),
        amount: plain(&row.amount),
    };
    let blank = |index| Row {
        index,
        was: false,
        year: String::new(),
        source: String::new(),
        amount: String::new(),
    };
    let blanks = (held.len()..held.len() + BLANK).map(blank);
    held.iter().enumerate().map(of).chain(blanks).collect()
}

/// How many rows a form sent.
fn sent_rows(posted: &Posted) -> usize {
    let numbers = posted.named("amount-").into_iter();
    let last = numbers.filter_map(|number| number.parse::<usize>().ok()).max();
    last.map_or(0, |last| (last + 1).min(MOST))
}

/// The form as the body that the API takes, and which row each item was.
fn body_of(posted: &Posted) -> (Value, Vec<usize>) {
    let mut items: Vec<Value> = Vec::new();
    let mut placed: Vec<usize> = Vec::new();
    for index in 0..sent_rows(posted) {
        let typed = |name: &str| posted.one(&format!("{name}-{index}"));
        let gone = typed("was").is_some() && typed("amount").is_none();
        if gone || FIELDS.iter().all(|name| typed(name).is_none()) {
            continue;
        }
        let mut item = Map::new();
        for name in FIELDS {
            if let Some(text) = typed(name) {
                let value = match name {
                    "year" => text
                        .parse::<i64>()
                        .map_or_else(|_| json!(text), |year| json!(year)),
                    "amount" => json!(plain_figure(text)),
                    _ => json!(text),
                };
                item.insert(name.to_owned(), value);
            }
        }
        items.push(Value::Object(item));
        placed.push(index);
    }
    (json!({ "items": items }), placed)
}

async fn shown(
    state: &State,
    visitor: &Visitor,
    (reference, query): (&str, &str),
    (status, faults, typed): (StatusCode, Faults, Option<&Posted>),
) -> Paged {
    let shown = state
        .db
        .read(async |conn| {
            let window = Window::open(conn, &state.db.clock, &visitor.actor, &[], None).await?;
            let project = views::find(conn, &window, reference).await?;
            let scopes = projects::scopes_of(conn, &[project.id]).await?;
            let scope = scopes.get(&project.id).ok_or(Error::NotFound)?;
            let allowed = authz::require(&visitor.actor, Action::EditProject, &Target::Project(scope));
            let held = store::investment(conn, project.id).await?;
            let (years, total) = years(&held);
            let planned = project.investment_planned.as_ref();
            Ok(Investment {
                frame: Frame::of(
                    visitor,
                    format!("投资计划：{}", project.title),
                    "/projects",
                    query,
                ),
                faults: faults.clone(),
                href: format!("/projects/{}", project.code),
                version: project.row_version,
                may_edit: allowed.is_ok() && project.still_going().is_ok(),
                sources: FUND_SOURCES.to_vec(),
                differs: !held.is_empty() && planned.is_some_and(|planned| *planned != total),
                planned: planned.map(|planned| ten_thousands(&plain(planned))),
                total: ten_thousands(&plain(&total)),
                years,
                rows: rows(&held, typed),
                title: project.title,
            })
        })
        .await?;
    page(status, &shown)
}

#[get("/projects/{project}/investment")]
pub async fn show(
    request: HttpRequest,
    state: web::Data<State>,
    visitor: Visitor,
    path: web::Path<String>,
) -> Paged {
    let fresh = (StatusCode::OK, Faults::default(), None);
    shown(&state, &visitor, (&path, request.query_string()), fresh).await
}

/// Puts what the form says in the place of the whole plan.
#[post("/projects/{project}/investment")]
pub async fn replace(
    state: web::Data<State>,
    visitor: Visitor,
    path: web::Path<String>,
    posted: Posted,
) -> Paged {
    let (sent, placed) = body_of(&posted);
    let mut fields = Fields::of(sent)?;
    let planned = body::investment(&mut fields);
    let done = match fields.finish(planned) {
        Ok(planned) => state
            .db
            .write(&visitor.origin(), async |tx| {
                let id = projects::project_id(tx.conn(), &path).await?;
                actions::replace(tx, id, posted.seen_version(), &planned).await
            })
            .await
            .map(drop),
        Err(error) => Err(in_place(error, ("/items/", "/items/"), &placed, "year")),
    };
    match done {
        Ok(()) => Ok(see_other(&format!("/projects/{path}/investment?done=saved"))),
        Err(error) => {
            let (faults, status) = Faults::of(error)?;
            shown(&state, &visitor, (&path, ""), (status, faults, Some(&posted))).await
        }
    }
}
