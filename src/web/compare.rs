//! 两日对比: what was finished between two days, what slipped, what is overdue now and was not, what has recovered.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, get, web};
use askama::Template;
use chrono::{Datelike, NaiveDate};

use super::listing::Asked;
use super::page::{Faults, Frame, Paged, page};
use super::shown::{Holder, dated, name};
use super::visitor::Visitor;
use crate::http::request::State;
use crate::http::vocabularies::label;
use crate::kernel::{Code, Error};
use crate::projects::api::filters::{named, open};
use crate::views::comparison::{ComparedView, ComparisonView, compare};

/// A milestone that turned, as a line.
struct Line {
    href: String,
    name: String,
    project: String,
    project_href: String,
    programme: String,
    region: String,
    responsible: Holder,
    was: String,
    is: String,
}

/// One of the four lists.
struct Part {
    id: &'static str,
    title: &'static str,
    hint: &'static str,
    lines: Vec<Line>,
}

#[derive(Template)]
#[template(path = "compare.html")]
struct Compare {
    frame: Frame,
    faults: Faults,
    from: String,
    to: String,
    parts: Vec<Part>,
}

/// What it was: 未上报，计划 2024-06-30，逾期 3 天
fn said(state: &str, planned: String, overdue: Option<i64>) -> String {
    let state = label("milestone_states", state);
    match overdue {
        Some(days) => format!("{state}，计划 {planned}，逾期 {days} 天"),
        None => format!("{state}，计划 {planned}"),
    }
}

fn line(compared: ComparedView) -> Line {
    let one = compared.milestone;
    Line {
        was: match (&compared.was_state, compared.was_planned_on) {
            (Some(state), Some(planned)) => said(state, planned.to_string(), compared.was_days_overdue),
            _ => "还没有这个节点".to_owned(),
        },
        is: said(
            &one.state,
            dated(one.planned_on, &one.date_precision),
            one.days_overdue,
        ),
        href: format!("/milestones/{}", one.id),
        project_href: format!("/projects/{}", one.project.code),
        programme: name(&one.project.programme),
        region: name(&one.project.site_region),
        responsible: Holder::of(one.project.responsible.as_ref()),
        project: one.project.title,
        name: one.name,
    }
}

fn parts(view: ComparisonView) -> Vec<Part> {
    let part = |id, title, hint, all: Vec<ComparedView>| Part {
        id,
        title,
        hint,
        lines: all.into_iter().map(line).collect(),
    };
    vec![
        part("overdue", "新增逾期", "没有新增的逾期。", view.newly_overdue),
        part(
            "finished",
            "完成（已上报或已核验）",
            "没有完成的节点。",
            view.finished,
        ),
        part("slipped", "推迟", "没有推迟的节点。", view.slipped),
        part("recovered", "不再逾期", "没有不再逾期的节点。", view.recovered),
    ]
}

/// The day a month before.
fn month_before(day: NaiveDate) -> NaiveDate {
    let first = day.with_day(1).unwrap_or(day);
    first.pred_opt().unwrap_or(day)
}

#[get("/comparison")]
pub async fn show(request: HttpRequest, state: web::Data<State>, visitor: Visitor) -> Paged {
    let asked = Asked::of("/comparison", request.query_string());
    let mut q = asked.query(&[]);
    let filter = named(&mut q);
    let (from, to) = (q.date("from"), q.date("to"));
    q.finish(())?;
    let shown = state
        .db
        .read(async |conn| {
            let clock = &state.db.clock;
            let (after, resolved) = open(conn, clock, &visitor.actor, filter.clone(), to).await?;
            let today = after.plans.iter().map(|plan| plan.day).max();
            let (Some(to), frame) = (
                to.or(today),
                Frame::of(&visitor, "两日对比", "/overview", request.query_string()),
            ) else {
                return Ok(None);
            };
            let from = from.unwrap_or_else(|| month_before(to));
            let mut page = Compare {
                frame,
                faults: Faults::default(),
                from: from.to_string(),
                to: to.to_string(),
                parts: Vec::new(),
            };
            if from >= to {
                let wrong = Error::invalid("/from", Code::DaysOrder);
                page.faults = Faults::of(wrong).map(|(faults, _)| faults).unwrap_or_default();
                return Ok(Some(page));
            }
            let (before, _) = open(conn, clock, &visitor.actor, filter.clone(), Some(from)).await?;
            page.parts = parts(compare(conn, (&before, &after), (from, to), &resolved.filter).await?);
            Ok(Some(page))
        })
        .await?;
    let shown = shown.unwrap_or_else(|| Compare {
        frame: Frame::of(&visitor, "两日对比", "/overview", ""),
        faults: Faults::default(),
        from: String::new(),
        to: String::new(),
        parts: Vec::new(),
    });
    let status = match shown.faults.is_empty() {
        true => StatusCode::OK,
        false => StatusCode::BAD_REQUEST,
    };
    page(status, &shown)
}
