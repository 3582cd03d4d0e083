//! 填报指标数据: the figures of one period, of every commitment for which somebody may file, on one sheet.

mod lines;
mod sheet;
pub mod waiting;

use std::collections::{BTreeMap, BTreeSet};

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, get, post, web};
use askama::Template;
use chrono::{Datelike, NaiveDate};
use diesel_async::AsyncPgConnection;
use uuid::Uuid;

use self::lines::{Facts, Group, grouped, names, of_lines};
use super::course::promised;
use super::listing::Asked;
use super::page::{Faults, Frame, Paged, page, see_other};
use super::posted::Posted;
use super::visitor::Visitor;
use crate::commitments::actions::filing::Filing;
use crate::commitments::actions::observe;
use crate::commitments::model::{ObservationRow, Part};
use crate::commitments::store;
use crate::http::request::State;
use crate::kernel::authz::Action;
use crate::kernel::{Code, Error, Result};
use crate::plans::model::PlanView;
use crate::rules::course::Against;
use crate::rules::periods::{Frequency, Period};
use crate::views::commitments::{self as views, CommitmentFilter};
use crate::views::observations;
use crate::views::window::Window;

/// A day on which a period ends, as a link.
struct End {
    text: String,
    href: String,
    chosen: bool,
}

#[derive(Template)]
#[template(path = "observations.html")]
struct Sheet {
    frame: Frame,
    faults: Faults,
    plan: PlanView,
    day: String,
    today: String,
    starts_on: String,
    ends: Vec<End>,
    groups: Vec<Group>,
    /// How many lines can be filled in.
    open: usize,
    source: String,
    /// What the visitor would file, were its owner confirmed: address and name.
    unconfirmed: Vec<(String, String)>,
}

/// The last days of years and quarters that are over, the latest first.
fn ends(starts_on: NaiveDate, today: NaiveDate) -> Vec<NaiveDate> {
    let over = |frequency, most| {
        let current = today
            .succ_opt()
            .and_then(|day| Period::containing(frequency, day));
        let last = current.and_then(Period::previous);
        std::iter::successors(last, |period| period.previous())
            .take(most)
            .map(|period| period.end)
    };
    let all: BTreeSet<NaiveDate> = over(Frequency::Yearly, 5)
        .chain(over(Frequency::Quarterly, 3))
        .collect();
    all.into_iter().rev().filter(|day| *day >= starts_on).collect()
}

/// 2023 年末, 2024 年 6 月末
fn end(day: NaiveDate) -> String {
    match day.month() {
        12 => format!("{} 年末", day.year()),
        month => format!("{} 年 {month} 月末", day.year()),
    }
}

/// What is known of a plan's commitments, for whoever would file their figures.
async fn filing(conn: &mut AsyncPgConnection, printed: &Window, plan_id: Uuid) -> Result<Filing> {
    let today = printed.day_of(plan_id).ok_or(Error::NotFound)?;
    let rows = store::of_plan(conn, plan_id).await?;
    Filing::load(conn, rows, &BTreeMap::from([(plan_id, today)])).await
}

async fn shown(
    state: &State,
    visitor: &Visitor,
    (plan, query, day): (&str, &str, Option<NaiveDate>),
    (status, faults, typed): (StatusCode, Faults, Option<&Posted>),
) -> Paged {
    let (wrong, sheet) = state
        .db
        .read(async |conn| {
            let plan = crate::plans::store::plan(conn, plan).await?;
            let printed = Window::printed(conn, &state.db.clock, &[plan.id], None).await?;
            let working = Window::open(conn, &state.db.clock, &visitor.actor, &[plan.id], None).await?;
            let filing = filing(conn, &printed, plan.id).await?;
            let (mine, proposed) = mine(&filing, visitor);
            let first = filing.commitments().next().ok_or(Error::NotFound)?;
            if mine.is_empty() && proposed.is_empty() {
                return Err(Error::Forbidden(Action::FileObservation));
            }
            let over = ends(first.starts_on, first.today);
            let day = day.or(over.first().copied()).unwrap_or(first.today);
            let filter = CommitmentFilter {
                ids: mine.iter().chain(&proposed).copied().collect(),
                ..CommitmentFilter::default()
            };
            let all = views::list(conn, (&printed, &working), &filter, Against::Line).await?;
            let (all, proposed): (Vec<_>, Vec<_>) = all
                .into_iter()
                .partition(|one| mine.contains(&one.view.printed.id));
            let mut records: BTreeMap<(Uuid, Part), Vec<ObservationRow>> = BTreeMap::new();
            let asker = (&printed, &visitor.actor);
            for one in observations::of_commitments(conn, asker, plan.id, &mine).await? {
                records
                    .entry((one.commitment_id, one.part()))
                    .or_default()
                    .push(one);
            }
            let facts = Facts {
                visitor,
                filing: &filing,
                names: names(conn, &filing).await?,
                records,
                day,
                typed,
            };
            let groups = grouped(&facts, &all)?;
            let rows = groups.iter().flat_map(|group| &group.rows);
            let base = format!("/plans/{}/observations", plan.code);
            let sheet = Sheet {
                frame: Frame::of(visitor, "填报指标数据", "/commitments", query),
                faults: of_lines(faults.clone(), &groups),
                day: day.to_string(),
                today: first.today.to_string(),
                starts_on: first.starts_on.to_string(),
                ends: over
                    .into_iter()
                    .map(|one| End {
                        text: end(one),
                        href: format!("{base}?on={one}"),
                        chosen: one == day,
                    })
                    .collect(),
                open: rows.filter(|row| row.is_open()).count(),
                source: typed.map(|posted| posted.typed("source")).unwrap_or_default(),
                unconfirmed: proposed
                    .iter()
                    .map(|one| promised(&one.view))
                    .map(|line| (line.href, line.metric))
                    .collect(),
                groups,
                plan,
            };
            Ok((first.dated(day).err(), sheet))
        })
        .await?;
    match wrong {
        // A day that was chosen and cannot be is told before anything is typed.
        Some(error) if sheet.faults.is_empty() => {
            let (faults, status) = Faults::of(error)?;
            page(status, &Sheet { faults, ..sheet })
        }
        _ => page(status, &sheet),
    }
}

/// The commitments of which the visitor may file something, and those of which he could, were their owner confirmed.
fn mine(filing: &Filing, visitor: &Visitor) -> (Vec<Uuid>, Vec<Uuid>) {
    let (mut mine, mut proposed) = (Vec::new(), Vec::new());
    for known in filing.commitments() {
        let id = known.row.printed.id;
        if !filing.parts_for(&visitor.actor, id).is_empty() {
            mine.push(id);
        } else if let Err(Error::Conflict(fault)) = filing.permit(&visitor.actor, id, Part::Whole)
            && fault.code == Code::CommitmentOwnerUnconfirmed
        {
            proposed.push(id);
        }
    }
    (mine, proposed)
}

/// Whether the visitor has a sheet in a plan, and how many figures wait for his confirmation.
pub(super) async fn offered(
    conn: &mut AsyncPgConnection,
    (printed, visitor): (&Window, &Visitor),
    plan_id: Uuid,
) -> Result<(bool, usize)> {
    let (mine, proposed) = mine(&filing(conn, printed, plan_id).await?, visitor);
    let waiting = waiting::waiting(conn, (printed, visitor), plan_id).await?;
    Ok((!mine.is_empty() || !proposed.is_empty(), waiting.len()))
}

#[get("/plans/{plan}/observations")]
pub async fn show(
    request: HttpRequest,
    state: web::Data<State>,
    visitor: Visitor,
    path: web::Path<String>,
) -> Paged {
    let asked = Asked::of("/plans", request.query_string());
    let mut q = asked.query(&[]);
    let day = q.date("on");
    let day = q.finish(day)?;
    let fresh = (StatusCode::OK, Faults::default(), None);
    shown(&state, &visitor, (&path, request.query_string(), day), fresh).await
}

/// Files all that was filled in, or nothing.
#[post("/plans/{plan}/observations")]
pub async fn file(
    state: web::Data<State>,
    visitor: Visitor,
    path: web::Path<String>,
    posted: Posted,
) -> Paged {
    let done = match sheet::read(&posted) {
        Err(error) => Err(Faults::of(error)?),
        Ok(sheet) => {
            let filed = state
                .db
                .write(&visitor.origin(), async |tx| {
                    observe::file_sheet(tx, &sheet.lines).await
                })
                .await;
            match filed {
                Ok(()) => Ok(()),
                Err(error) => Err(sheet::placed(error, &sheet.keys)?),
            }
        }
    };
    let day = posted.one("observed_on").and_then(crate::http::form::parse_date);
    match done {
        Ok(()) => {
            let day = day.map(|day| day.to_string()).unwrap_or_default();
            Ok(see_other(&format!(
                "/plans/{path}/observations?on={day}&done=observed"
            )))
        }
        Err((faults, status)) => {
            shown(
                &state,
                &visitor,
                (&path, "", day),
                (status, faults, Some(&posted)),
            )
            .await
        }
    }
}
