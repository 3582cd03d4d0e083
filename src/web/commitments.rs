//! 指标与承诺: every promised number with its baseline, target, latest figure and where it should be, today or on a past day.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, get, web};
use askama::Template;
use uuid::Uuid;

use super::course::{Picture, Promised, picture, promised};
use super::listing::Asked;
use super::observations;
use super::page::{Frame, Paged, page};
use super::visitor::Visitor;
use crate::commitments::api::{filter_of, words};
use crate::http::request::State;
use crate::http::vocabularies::label;
use crate::rules::course::Against;
use crate::views::commitments::{self as views, Known};
use crate::views::window::Window;

/// A commitment with its picture.
struct Row {
    line: Promised,
    picture: Option<Picture>,
}

struct Group {
    title: String,
    /// Names the group in the address.
    anchor: Uuid,
    rows: Vec<Row>,
}

/// A filter as a link.
struct Choice {
    text: String,
    href: String,
    chosen: bool,
}

/// What can be opened of a plan, beside its assessment.
struct PlanLinks {
    code: String,
    title: String,
    /// The sheet of figures.
    files: bool,
    /// How many figures wait for the visitor's confirmation.
    waiting: usize,
}

#[derive(Template)]
#[template(path = "commitments.html")]
struct Commitments {
    frame: Frame,
    groups: Vec<Group>,
    choices: Vec<Choice>,
    /// The filters that stay while another day is chosen.
    carried: Vec<(String, String)>,
    as_of: String,
    day: String,
    total: usize,
    plans: Vec<PlanLinks>,
}

/// Binding and firm ones first, then the order of print.
fn sorted(mut all: Vec<Known>) -> Vec<Group> {
    let mut programmes: Vec<Uuid> = Vec::new();
    for one in &all {
        if !programmes.contains(&one.view.printed.programme_id) {
            programmes.push(one.view.printed.programme_id);
        }
    }
    all.sort_by_key(|one| {
        (
            one.view.printed.nature.as_deref() != Some("binding"),
            one.view.printed.strength != "firm",
            one.view.printed.position,
        )
    });
    programmes
        .into_iter()
        .map(|programme| Group {
            anchor: programme,
            title: all
                .iter()
                .find(|one| one.view.printed.programme_id == programme)
                .and_then(|one| one.view.programme.as_ref())
                .map(|programme| programme.name.clone())
                .unwrap_or_default(),
            rows: all
                .iter()
                .filter(|one| one.view.printed.programme_id == programme)
                .map(|one| Row {
                    line: promised(&one.view),
                    picture: picture(one, (120, 36), 0),
                })
                .collect(),
        })
        .collect()
}

fn choices(asked: &Asked) -> Vec<Choice> {
    let mut all = vec![
        Choice {
            text: label("natures", "binding").to_owned(),
            href: asked.toggled("nature", "binding"),
            chosen: asked.has("nature", "binding"),
        },
        Choice {
            text: label("strengths", "firm").to_owned(),
            href: asked.toggled("strength", "firm"),
            chosen: asked.has("strength", "firm"),
        },
        Choice {
            text: "存疑".to_owned(),
            href: asked.toggled("doubt", "true"),
            chosen: asked.has("doubt", "true"),
        },
    ];
    all.extend(words::STANDINGS.iter().map(|word| Choice {
        text: label("standings", word).to_owned(),
        href: asked.toggled("standing", word),
        chosen: asked.has("standing", word),
    }));
    all
}

#[get("/commitments")]
pub async fn show(request: HttpRequest, state: web::Data<State>, visitor: Visitor) -> Paged {
    let asked = Asked::of("/commitments", request.query_string());
    let mut q = asked.query(&[]);
    let narrowed = filter_of(&mut q);
    let as_of = q.date("as_of");
    q.finish(())?;
    let (all, plans) = state
        .db
        .read(async |conn| {
            let (plans, filter) = narrowed.resolved(conn).await?;
            let printed = Window::printed(conn, &state.db.clock, &plans, as_of).await?;
            let working = Window::open(conn, &state.db.clock, &visitor.actor, &plans, as_of).await?;
            let all = views::list(conn, (&printed, &working), &filter, Against::Line).await?;
            let mut plans = Vec::new();
            for plan in crate::plans::store::plans(conn).await? {
                let live = as_of.is_none() && printed.day_of(plan.id).is_some();
                let (files, waiting) = match live {
                    true => observations::offered(conn, (&printed, &visitor), plan.id).await?,
                    false => (false, 0),
                };
                plans.push(PlanLinks {
                    files,
                    waiting,
                    code: plan.code,
                    title: plan.title,
                });
            }
            Ok((all, plans))
        })
        .await?;
    let shown = Commitments {
        frame: Frame::of(&visitor, "指标与承诺", "/commitments", request.query_string()),
        day: all
            .iter()
            .map(|one| one.view.course.day)
            .max()
            .map(|day| day.to_string())
            .unwrap_or_default(),
        total: all.len(),
        groups: sorted(all),
        choices: choices(&asked),
        carried: asked.carried(&["as_of"]),
        as_of: as_of.map(|day| day.to_string()).unwrap_or_default(),
        plans,
    };
    page(StatusCode::OK, &shown)
}
