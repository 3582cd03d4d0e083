//! One commitment: what is printed, its course, what was observed, how it is divided, who answers for it.

pub mod observe;
pub mod settle;

use std::collections::BTreeMap;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, get, web};
use askama::Template;
use uuid::Uuid;

use crate::commitments::actions::filing::Filing;
use crate::commitments::model::{ObservationState, Part};
use crate::commitments::store;
use crate::db::paging::PageRequest;
use crate::http::request::State;
use crate::kernel::authz::{self, Action, CommitmentScope, Reporter, Target};
use crate::kernel::{Error, Result};
use crate::orgs::store as orgs;
use crate::views::carry_overs::{self, CarryOverView};
use crate::views::commitments as views;
use crate::views::observations::{self, AllocationsView, ObservationView};
use crate::views::projects::{self as project_views, ProjectQuery, ProjectSort};
use crate::views::window::Window;
use crate::web::course::{Picture, Promised, observed, picture, printed, promised};
use crate::web::listing::Asked;
use crate::web::page::{Faults, Frame, Paged, page, see_other};
use crate::web::posted::Posted;
use crate::web::projects::{ProjectLine, kinds, project_line};
use crate::web::shown::Badge;
use crate::web::visitor::Visitor;

/// An observation as a line, and what the visitor may do with it.
struct Seen {
    id: Uuid,
    version: i64,
    part: String,
    on: String,
    value: String,
    plain: String,
    source: String,
    note: String,
    filed: String,
    confirmed: String,
    back_reason: String,
    badge: Badge,
    confirm: bool,
    send_back: bool,
    correct: bool,
}

/// A part of the allocation as a line of the table and of the form.
struct PartLine {
    /// `region` or `organisation`, and its code.
    kind: &'static str,
    code: String,
    name: String,
    quantity: String,
    /// The figure alone, as the form sends it.
    plain: String,
    due: String,
    latest: String,
}

#[derive(Default)]
struct Typed {
    observed_on: String,
    value: String,
    source: String,
    note: String,
    owner: String,
    doubt_resolution: String,
}

#[derive(Template)]
#[template(path = "commitment.html")]
struct CommitmentPage {
    frame: Frame,
    faults: Faults,
    typed: Typed,
    line: Promised,
    version: i64,
    page_of_plan: i32,
    definition: Option<String>,
    resolved_by: String,
    sum: bool,
    picture: Option<Picture>,
    seen: Vec<Seen>,
    parts: Vec<PartLine>,
    /// Counties that have no part yet, for the form: code and name.
    open_regions: Vec<(String, String)>,
    allocated: String,
    difference: String,
    /// The parts that the visitor may file for, the whole first: value and name.
    files_for: Vec<(String, String)>,
    edits: bool,
    owner_code: String,
    projects: Vec<ProjectLine>,
    carried: Vec<CarryOverView>,
    /// The past day that is shown; empty: now.
    as_of: String,
    today: String,
    plan_code: String,
}

/// What the visitor may do with a commitment.
struct Rights<'a> {
    visitor: &'a Visitor,
    scope: CommitmentScope,
}

impl Rights<'_> {
    fn edits(&self) -> bool {
        let target = Target::Commitment(&self.scope);
        authz::require(&self.visitor.actor, Action::EditCommitment, &target).is_ok()
    }

    fn judges(&self, one: &ObservationView) -> bool {
        let filer = one.filed_by.as_ref().map(|by| Reporter {
            user_id: one.filed_by_user_id,
            organisation_id: by.id,
        });
        let target = Target::Observation {
            commitment: &self.scope,
            part: None,
            filer,
        };
        authz::require(&self.visitor.actor, Action::JudgeObservation, &target).is_ok()
    }
}

fn part_of(one: &ObservationView) -> Part {
    Part::of(
        one.region.as_ref().map(|it| it.id),
        one.organisation.as_ref().map(|it| it.id),
    )
}

fn seen(one: ObservationView, (files, judges, edits): (bool, bool, bool)) -> Seen {
    let by = |named: &Option<crate::views::names::Named>| {
        named.as_ref().map(|by| by.name.clone()).unwrap_or_default()
    };
    let state = ObservationState::parse(&one.state);
    let confirmed = state == Some(ObservationState::Confirmed);
    Seen {
        id: one.id,
        version: one.version,
        part: [&one.region, &one.organisation]
            .into_iter()
            .flatten()
            .map(|it| it.name.clone())
            .next()
            .unwrap_or_else(|| "总数".to_owned()),
        on: one.observed_on.to_string(),
        value: crate::web::course::with_unit(&one.printed_value, &one.unit),
        plain: one.printed_value.clone(),
        filed: format!("{} {}", one.filed_on, by(&one.filed_by)),
        confirmed: one
            .confirmed_on
            .map(|day| format!("{day} {}", by(&one.confirmed_by)))
            .unwrap_or_default(),
        badge: observed(&one.state),
        confirm: judges && state == Some(ObservationState::Filed),
        send_back: (judges && state == Some(ObservationState::Filed)) || (edits && confirmed),
        correct: files && !confirmed,
        source: one.source,
        note: one.note.unwrap_or_default(),
        back_reason: one.back_reason.unwrap_or_default(),
    }
}

fn part_lines(found: &AllocationsView, view: &views::CommitmentCourseView) -> Vec<PartLine> {
    let mut lines = Vec::new();
    for one in &found.items {
        let (kind, named) = match (&one.region, &one.organisation) {
            (Some(region), _) => ("region", region),
            (None, Some(organisation)) => ("organisation", organisation),
            (None, None) => continue,
        };
        let plain = one
            .quantity
            .parse()
            .map(|value| observations::in_print(&value, &view.printed))
            .unwrap_or_default();
        lines.push(PartLine {
            kind,
            code: named.code.clone(),
            name: named.name.clone(),
            quantity: printed(&one.quantity, view),
            plain,
            due: one.due_on.to_string(),
            latest: match (&one.latest, one.observed_on) {
                (Some(value), Some(day)) => format!("{}（{day}）", printed(value, view)),
                _ => String::new(),
            },
        });
    }
    lines
}

async fn shown(
    state: &State,
    visitor: &Visitor,
    (reference, query_string, as_of): (&str, &str, Option<chrono::NaiveDate>),
    (status, faults, typed): (StatusCode, Faults, Typed),
) -> Paged {
    let found = state
        .db
        .read(async |conn| {
            let working = Window::open(conn, &state.db.clock, &visitor.actor, &[], as_of).await?;
            let all = Window::printed(conn, &state.db.clock, &[], as_of).await?;
            let known = views::read(conn, (&all, &working), reference).await?;
            let view = &known.view;
            let id = view.printed.id;
            let rows = store::by_ids(conn, &[id]).await?;
            let row = rows.get(&id).ok_or(Error::NotFound)?;
            let rights = Rights {
                visitor,
                scope: store::scope_of(conn, row).await?,
            };
            let days = BTreeMap::from([(view.printed.plan_id, view.course.day)]);
            let filing = Filing::load(conn, rows, &days).await?;
            let mine = filing.parts_for(&visitor.actor, id);
            let allocations = observations::allocations(conn, &all, &view.printed).await?;
            let parts = part_lines(&allocations, view);
            let mut files_for = Vec::new();
            if mine.contains(&Part::Whole) {
                files_for.push((String::new(), "总数".to_owned()));
            }
            for (part, line) in allocations.items.iter().zip(&parts) {
                let id = Part::of(
                    part.region.as_ref().map(|it| it.id),
                    part.organisation.as_ref().map(|it| it.id),
                );
                if mine.contains(&id) {
                    files_for.push((format!("{}:{}", line.kind, line.code), line.name.clone()));
                }
            }
            let mut lines = Vec::new();
            let live = as_of.is_none();
            let edits = live && rights.edits();
            for one in observations::list(conn, &all, &visitor.actor, &view.printed).await? {
                let files = live && filing.permit(&visitor.actor, id, part_of(&one)).is_ok();
                let judges = live && rights.judges(&one);
                lines.push(seen(one, (files, judges, edits)));
            }
            let some = PageRequest {
                limit: 200,
                cursor: None,
            };
            let regions = orgs::list_regions(conn, &[], &some).await?.rows;
            let mut query = ProjectQuery {
                sort: ProjectSort::Name,
                ..ProjectQuery::default()
            };
            query.filter.commitments = vec![view.printed.id];
            let every = PageRequest {
                limit: 1_000,
                cursor: None,
            };
            let projects = project_views::list(conn, &working, &query, &every, "")
                .await?
                .rows;
            let kinds = kinds(conn).await?;
            let plan = crate::plans::store::plan(conn, &view.printed.plan_id.to_string()).await?;
            let carried = carry_overs::list(conn, &working, view.printed.plan_id).await?;
            let line = promised(view);
            Ok(CommitmentPage {
                frame: Frame::of(visitor, line.metric.clone(), "/commitments", query_string),
                picture: picture(&known, (1000, 260), 20),
                version: view.printed.row_version,
                page_of_plan: view.printed.page,
                definition: view.printed.definition.clone(),
                resolved_by: match (&view.doubt_resolved_on, &view.doubt_resolved_by) {
                    (Some(day), Some(by)) => format!("{day} {}", by.name),
                    _ => String::new(),
                },
                sum: view.printed.measure == "sum",
                open_regions: regions
                    .into_iter()
                    .filter(|region| !parts.iter().any(|part| part.code == region.code))
                    .map(|region| (region.code, region.name))
                    .collect(),
                allocated: printed(&allocations.allocated, view),
                difference: printed(&allocations.difference, view),
                parts,
                files_for: if live { files_for } else { Vec::new() },
                edits,
                owner_code: view
                    .owner
                    .as_ref()
                    .map(|owner| owner.code.clone())
                    .unwrap_or_default(),
                projects: projects.iter().map(|one| project_line(one, &kinds)).collect(),
                carried: carried
                    .into_iter()
                    .filter(|one| one.touches(view.printed.id))
                    .collect(),
                as_of: as_of.map(|day| day.to_string()).unwrap_or_default(),
                today: view.course.day.to_string(),
                plan_code: plan.code,
                line,
                seen: lines,
                faults: Faults::default(),
                typed: Typed::default(),
            })
        })
        .await?;
    let found = CommitmentPage {
        faults,
        typed: Typed {
            owner: match typed.owner.is_empty() {
                true => found.owner_code.clone(),
                false => typed.owner,
            },
            ..typed
        },
        ..found
    };
    page(status, &found)
}

#[get("/commitments/{commitment}")]
pub async fn show(
    request: HttpRequest,
    state: web::Data<State>,
    visitor: Visitor,
    path: web::Path<String>,
) -> Paged {
    let as_of = Asked::of("/commitments", request.query_string()).day()?;
    let told = (StatusCode::OK, Faults::default(), Typed::default());
    shown(&state, &visitor, (&path, request.query_string(), as_of), told).await
}

/// Runs a change and goes back to the page, or shows it again with what was typed.
async fn told(
    state: &State,
    visitor: &Visitor,
    (code, word): (&str, &str),
    posted: &Posted,
    done: Result<()>,
) -> Paged {
    match done {
        Ok(()) => Ok(see_other(&format!("/commitments/{code}?done={word}"))),
        Err(error) => {
            let (faults, status) = Faults::of(error)?;
            let typed = Typed {
                observed_on: posted.typed("observed_on"),
                value: posted.typed("value"),
                source: posted.typed("source"),
                note: posted.typed("note"),
                owner: posted.typed("owner"),
                doubt_resolution: posted.typed("doubt_resolution"),
            };
            shown(state, visitor, (code, "", None), (status, faults, typed)).await
        }
    }
}
