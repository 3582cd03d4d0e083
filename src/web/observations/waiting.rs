//! 待确认的数据: the figures that wait for a second pair of eyes, confirmed many at once.

use std::collections::BTreeSet;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, get, post, web};
use askama::Template;
use diesel_async::AsyncPgConnection;
use uuid::Uuid;

use crate::commitments::actions::judge::{Judged, Judgement, Judging, judge_many};
use crate::commitments::model::ObservationRow;
use crate::http::request::State;
use crate::kernel::{Code, Error, Result};
use crate::plans::model::PlanView;
use crate::rules::course::Against;
use crate::views::commitments::{self as views, CommitmentFilter};
use crate::views::observations::{self, ObservationView};
use crate::views::window::Window;
use crate::web::course::{Promised, promised, with_unit};
use crate::web::page::{Faults, Frame, Paged, Told, page, see_other};
use crate::web::posted::Posted;
use crate::web::shown::name;
use crate::web::visitor::Visitor;

/// A figure that waits.
struct Row {
    id: Uuid,
    version: i64,
    line: Promised,
    /// The county or organisation; empty: the whole.
    part: String,
    on: String,
    value: String,
    /// Where the whole should be on its day.
    expected: String,
    source: String,
    note: String,
    filed: String,
    picked: bool,
}

#[derive(Template)]
#[template(path = "observations_waiting.html")]
struct Waiting {
    frame: Frame,
    faults: Faults,
    plan: PlanView,
    rows: Vec<Row>,
}

/// What waits in a plan for this visitor: what he may confirm.
pub(in crate::web) async fn waiting(
    conn: &mut AsyncPgConnection,
    (printed, visitor): (&Window, &Visitor),
    plan_id: Uuid,
) -> Result<Vec<ObservationRow>> {
    let mut rows = observations::waiting(conn, (printed, &visitor.actor), plan_id).await?;
    let judging = Judging::load(conn, &visitor.actor, rows.iter()).await?;
    rows.retain(|row| judging.permit(&visitor.actor, row, &Judgement::Confirm).is_ok());
    Ok(rows)
}

fn row(one: ObservationView, known: &[views::Known], picked: &BTreeSet<String>) -> Option<Row> {
    let of = one.commitment.as_ref()?.id;
    let known = known.iter().find(|known| known.view.printed.id == of)?;
    let part = [&one.region, &one.organisation].into_iter().flatten().next();
    let expected = match part {
        None => known.promise.expected_on(one.observed_on),
        Some(_) => None,
    };
    Some(Row {
        line: promised(&known.view),
        part: part.map(|part| part.name.clone()).unwrap_or_default(),
        on: one.observed_on.to_string(),
        value: with_unit(&one.printed_value, &one.unit),
        expected: expected
            .map(|value| observations::in_print(&value, &known.view.printed))
            .map(|value| with_unit(&value, &one.unit))
            .unwrap_or_default(),
        filed: format!("{} {}", one.filed_on, name(&one.filed_by)),
        picked: picked.contains(&one.id.to_string()),
        id: one.id,
        version: one.version,
        source: one.source,
        note: one.note.unwrap_or_default(),
    })
}

async fn shown(
    state: &State,
    visitor: &Visitor,
    (plan, query): (&str, &str),
    (status, faults, picked): (StatusCode, Faults, BTreeSet<String>),
) -> Paged {
    let shown = state
        .db
        .read(async |conn| {
            let plan = crate::plans::store::plan(conn, plan).await?;
            let printed = Window::printed(conn, &state.db.clock, &[plan.id], None).await?;
            let working = Window::open(conn, &state.db.clock, &visitor.actor, &[plan.id], None).await?;
            let rows = waiting(conn, (&printed, visitor), plan.id).await?;
            let filter = CommitmentFilter {
                ids: rows.iter().map(|row| row.commitment_id).collect(),
                ..CommitmentFilter::default()
            };
            let known = match rows.is_empty() {
                true => Vec::new(),
                false => views::list(conn, (&printed, &working), &filter, Against::Line).await?,
            };
            let rows = observations::show(conn, (&visitor.actor, None), rows).await?;
            let rows: Vec<Row> = rows
                .into_iter()
                .filter_map(|one| row(one, &known, &picked))
                .collect();
            Ok(Waiting {
                frame: Frame::of(visitor, "待确认的数据", "/commitments", query),
                faults: of_lines(faults.clone(), &rows),
                rows,
                plan,
            })
        })
        .await?;
    page(status, &shown)
}

#[get("/plans/{plan}/observations/waiting")]
pub async fn show(
    request: HttpRequest,
    state: web::Data<State>,
    visitor: Visitor,
    path: web::Path<String>,
) -> Paged {
    let fresh = (StatusCode::OK, Faults::default(), BTreeSet::new());
    shown(&state, &visitor, (&path, request.query_string()), fresh).await
}

/// Confirms what was ticked, all or none.
#[post("/plans/{plan}/observations/waiting")]
pub async fn confirm(
    state: web::Data<State>,
    visitor: Visitor,
    path: web::Path<String>,
    posted: Posted,
) -> Paged {
    let items: Vec<Judged> = posted
        .many("pick")
        .into_iter()
        .filter_map(|text| Uuid::try_parse(text).ok())
        .map(|id| Judged {
            id,
            seen_version: posted
                .one(&format!("seen-{id}"))
                .and_then(|text| text.parse().ok()),
        })
        .collect();
    let done = match items.is_empty() {
        true => Err(Error::invalid("/pick", Code::FieldMissing)),
        false => state
            .db
            .write(&visitor.origin(), async |tx| {
                judge_many(tx, &items, &Judgement::Confirm).await
            })
            .await
            .map(drop),
    };
    match done {
        Ok(()) => Ok(see_other(&format!(
            "/plans/{path}/observations/waiting?done=confirmed"
        ))),
        Err(error) => {
            let (faults, status) = Faults::of(error)?;
            let picked = items.iter().map(|item| item.id.to_string()).collect();
            let told = (status, placed(faults, &items), picked);
            shown(&state, &visitor, (&path, ""), told).await
        }
    }
}

/// Each refusal at the tick of its figure.
fn placed(faults: Faults, items: &[Judged]) -> Faults {
    let told = faults.0.into_iter().map(|told| {
        let index = told.field.strip_prefix("items/");
        let index = index.and_then(|rest| rest.split('/').next()?.parse::<usize>().ok());
        let item = match (index, items) {
            (Some(index), _) => items.get(index),
            // One alone is refused in its own words.
            (None, [one]) => Some(one),
            (None, _) => None,
        };
        Told {
            field: item.map_or(told.field, |item| format!("pick-{}", item.id)),
            ..told
        }
    });
    Faults(told.collect())
}

/// Each fault with the name of its line; one of a figure that is not shown is told of the whole.
fn of_lines(faults: Faults, rows: &[Row]) -> Faults {
    let told = faults.0.into_iter().map(|mut told| {
        if let Some(id) = told.field.strip_prefix("pick-") {
            match rows.iter().find(|row| row.id.to_string() == id) {
                Some(row) => told.about = format!("{}{}", row.line.metric, row.part),
                None => told.field.clear(),
            }
        }
        told
    });
    Faults(told.collect())
}
