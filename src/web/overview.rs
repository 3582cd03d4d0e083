//! 总览: the wall chart of counties and boxes, of today or of any past day; each cell leads to its list.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, get, web};
use askama::Template;

use super::charts::{Part, parts};
use super::listing::Asked;
use super::page::{Frame, Paged, page};
use super::posted::encoded;
use super::shown::Lamp;
use super::visitor::Visitor;
use crate::http::request::State;
use crate::views::overview::{Cell, trend, wall};
use crate::views::window::Window;

/// A cell as it is shown.
struct Shown {
    href: String,
    tone: &'static str,
    /// 12 个
    count: i64,
    /// 逾期 3
    word: String,
    /// For whoever hears it: 民勤县，专栏5，12 个项目，逾期 3
    spoken: String,
}

struct Row {
    name: String,
    cells: Vec<Option<Shown>>,
    all: Shown,
    bar: Bar,
}

/// How the projects of a place or a day divide, as a bar and in figures.
struct Bar {
    label: String,
    parts: Vec<Part>,
    cell: Cell,
    /// 共 40：逾期 3、待核验 2、已完成 10、未到期 5、待确认 20
    spoken: String,
}

/// So many months stand beside the day.
const MONTHS: u32 = 12;
/// How long a bar of the trend is, in the picture's units.
const TREND: f64 = 700.0;

impl Bar {
    fn of(label: String, cell: Cell, most: i64, whole: f64) -> Bar {
        let counts = [
            ("late", cell.overdue),
            ("wait", cell.waiting),
            ("done", cell.done),
            ("open", cell.open()),
            ("off", cell.unconfirmed),
        ];
        Bar {
            parts: parts(&counts, most, whole),
            spoken: format!(
                "{label}，共 {}：逾期 {}、待核验 {}、已完成 {}、未到期 {}、待确认 {}",
                cell.projects,
                cell.overdue,
                cell.waiting,
                cell.done,
                cell.open(),
                cell.unconfirmed
            ),
            label,
            cell,
        }
    }
}

#[derive(Template)]
#[template(path = "overview.html")]
struct Overview {
    frame: Frame,
    all: Cell,
    columns: Vec<(i32, String)>,
    rows: Vec<Row>,
    trend: Vec<Bar>,
    day: String,
    as_of: String,
    full: bool,
    full_href: String,
    /// What the links of the figures carry on.
    suffix: String,
}

/// The worst light; the word says what the colour says.
fn tone(cell: Cell) -> (&'static str, String) {
    let (light, count) = cell.worst();
    let lamp = Lamp::of(light.as_str());
    let text = match count == cell.projects {
        true => lamp.text.to_owned(),
        false => format!("{} {count}", lamp.text),
    };
    (lamp.tone, text)
}

fn shown(cell: Cell, href: String, place: &str) -> Shown {
    let (tone, word) = tone(cell);
    Shown {
        spoken: format!("{place}，{} 个项目，{word}", cell.projects),
        count: cell.projects,
        href,
        tone,
        word,
    }
}

#[get("/overview")]
pub async fn show(request: HttpRequest, state: web::Data<State>, visitor: Visitor) -> Paged {
    let asked = Asked::of("/overview", request.query_string());
    let mut q = asked.query(&["full"]);
    let as_of = q.date("as_of");
    let as_of = q.finish(as_of)?;
    let (wall, day, months) = state
        .db
        .read(async |conn| {
            let window = Window::open(conn, &state.db.clock, &visitor.actor, &[], as_of).await?;
            let day = window.plans.iter().map(|plan| plan.day).max();
            let wall = wall(conn, &window).await?;
            let mut months = Vec::new();
            if let Some(day) = day {
                months = trend(conn, (&state.db.clock, &visitor.actor), day, MONTHS).await?;
                months.push((day, wall.all));
            }
            Ok((wall, day, months))
        })
        .await?;
    let most = months.iter().map(|(_, cell)| cell.projects).max().unwrap_or(0);
    let then = as_of.map(|day| format!("&as_of={day}")).unwrap_or_default();
    let rows = wall
        .rows
        .iter()
        .map(|row| {
            let of_row = row
                .regions
                .iter()
                .map(|region| format!("region={}", encoded(region)))
                .collect::<Vec<_>>()
                .join("&");
            let cells = wall
                .columns
                .iter()
                .map(|column| {
                    let cell = row.cells.get(&column.id)?;
                    let href = format!("/projects?{of_row}&programme={}{then}", column.id);
                    let place = format!("{}，专栏 {}", row.name, column.number);
                    Some(shown(*cell, href, &place))
                })
                .collect();
            Row {
                name: row.name.clone(),
                bar: Bar::of(row.name.clone(), row.all, row.all.projects, 100.0),
                cells,
                all: shown(row.all, format!("/projects?{of_row}{then}"), &row.name),
            }
        })
        .collect();
    let full = asked.has("full", "yes");
    let page_of = Overview {
        frame: Frame::of(&visitor, "总览", "/overview", request.query_string()),
        all: wall.all,
        columns: wall
            .columns
            .into_iter()
            .map(|column| (column.number, column.title))
            .collect(),
        rows,
        trend: months
            .into_iter()
            .map(|(day, cell)| Bar::of(day.to_string(), cell, most, TREND))
            .collect(),
        day: day.map(|day| day.to_string()).unwrap_or_default(),
        as_of: as_of.map(|day| day.to_string()).unwrap_or_default(),
        full,
        full_href: asked.toggled("full", "yes"),
        suffix: then,
    };
    page(StatusCode::OK, &page_of)
}
