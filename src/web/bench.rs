//! The workbench (确认): what a box proposes is confirmed, changed or sent to whom it names, many projects at once.

use std::collections::{BTreeMap, BTreeSet};

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, get, post, web};
use askama::Template;
use uuid::Uuid;

use super::listing::Asked;
use super::page::{Faults, Frame, Paged, page, see_other};
use super::plan::programme_of;
use super::posted::Posted;
use super::visitor::Visitor;
use crate::db::paging::PageRequest;
use crate::http::form::Fields;
use crate::http::request::State;
use crate::http::vocabularies::label;
use crate::kernel::authz::{self, Action, Target};
use crate::kernel::{Code, Error, Fault, Result};
use crate::plans::model::{PlanView, ProgrammeView};
use crate::projects::actions::claims::{self, Ask};
use crate::projects::actions::confirm::confirm;
use crate::projects::api::milestones::weight;
use crate::projects::model::Confirmation;
use crate::projects::store;
use crate::views::milestones::{self as milestone_views, MilestoneQuery};
use crate::views::projects::{self as project_views, ProjectQuery, ProjectSort};
use crate::views::shown::{MilestoneView, ProjectView};
use crate::views::window::Window;

/// So many projects are confirmed in one screen.
const BENCH: i64 = 15;

/// An owner on the bench.
struct Seat {
    label: String,
    /// `project-role`, the end of the names of its fields.
    key: String,
    code: String,
    name: String,
    settled: bool,
    version: i64,
    /// What the proposed owner says, and why.
    claim: Option<String>,
    /// It can be asked: an organisation is proposed, and nobody has said anything.
    asks: bool,
}

/// A milestone on the bench.
struct Step {
    id: Uuid,
    name: String,
    planned: String,
    date_settled: bool,
    basis: String,
    weight: String,
    weight_settled: bool,
    version: i64,
}

/// A project on the bench.
struct Bench {
    id: Uuid,
    href: String,
    title: String,
    as_printed: String,
    doubt: Option<String>,
    seats: Vec<Seat>,
    steps: Vec<Step>,
    picked: bool,
    fault: Option<String>,
}

#[derive(Template)]
#[template(path = "confirm.html")]
struct ConfirmPage {
    frame: Frame,
    faults: Faults,
    plan: PlanView,
    programme: ProgrammeView,
    benches: Vec<Bench>,
    /// How many projects of the box have proposals still.
    left: i64,
    organisations: Vec<(String, String)>,
    next: Option<String>,
}

/// What was typed into the bench, by the names of its fields, and which projects were ticked.
#[derive(Default)]
struct Typed {
    values: BTreeMap<String, String>,
    picked: BTreeSet<String>,
    faults: BTreeMap<Uuid, String>,
}

impl Typed {
    fn or(&self, name: &str, held: String) -> String {
        self.values.get(name).cloned().unwrap_or(held)
    }
}

fn seats(project: &ProjectView, typed: &Typed) -> Vec<Seat> {
    ["lead", "responsible"]
        .into_iter()
        .map(|role| {
            let owner = project.owners.iter().find(|owner| owner.role == role);
            let organisation = owner.and_then(|owner| owner.organisation.as_ref());
            let key = format!("{}-{role}", project.id);
            Seat {
                label: label("owner_roles", role).to_owned(),
                code: typed.or(
                    &format!("owner-{key}"),
                    organisation.map(|one| one.code.clone()).unwrap_or_default(),
                ),
                name: organisation.map(|one| one.name.clone()).unwrap_or_default(),
                settled: owner.is_some_and(|owner| owner.basis == "confirmed"),
                version: owner.map_or(0, |owner| owner.version),
                asks: owner.is_some_and(|owner| owner.basis == "inferred" && owner.claim.is_none()),
                claim: owner.and_then(|owner| owner.claim.as_ref()).map(|claim| {
                    let mut said = label("owner_claims", &claim.claim).to_owned();
                    if let Some(reason) = &claim.reason {
                        said.push_str(&format!("：{reason}"));
                    }
                    if let Some(other) = &claim.suggested {
                        said.push_str(&format!("（建议 {}，{}）", other.name, other.code));
                    }
                    said
                }),
                key,
            }
        })
        .collect()
}

fn steps(milestones: &[MilestoneView], project_id: Uuid, typed: &Typed) -> Vec<Step> {
    milestones
        .iter()
        .filter(|one| one.project.id == project_id && one.state != "cancelled")
        .map(|one| Step {
            id: one.id,
            name: one.name.clone(),
            planned: typed.or(&format!("date-{}", one.id), one.planned_on.to_string()),
            date_settled: one.date_basis == "confirmed",
            basis: label("date_bases", &one.date_basis).to_owned(),
            weight: typed.or(&format!("weight-{}", one.id), one.weight.clone()),
            weight_settled: one.weight_confirmed,
            version: one.version,
        })
        .collect()
}

async fn bench(
    state: &State,
    visitor: &Visitor,
    (plan, number, query): (&str, i32, &str),
    (status, faults, typed): (StatusCode, Faults, Typed),
) -> Paged {
    let asked = Asked::of("/plans", query);
    let cursor = asked.one("cursor").map(str::to_owned);
    let shown = state
        .db
        .read(async |conn| {
            let (plan, programme) = programme_of(conn, plan, number).await?;
            let window = Window::open(conn, &state.db.clock, &visitor.actor, &[plan.id], None).await?;
            let mut query = ProjectQuery {
                unconfirmed: Some(true),
                sort: ProjectSort::Name,
                total: true,
                ..ProjectQuery::default()
            };
            query.filter.programmes = vec![programme.id];
            let wanted = PageRequest {
                limit: BENCH,
                cursor: cursor.clone(),
            };
            let question = format!("bench {}", programme.id);
            let found = project_views::list(conn, &window, &query, &wanted, &question).await?;
            let ids: Vec<Uuid> = found.rows.iter().map(|project| project.id).collect();
            let scopes = store::scopes_of(conn, &ids).await?;
            let mut steps_of = MilestoneQuery::default();
            steps_of.filter.projects.clone_from(&ids);
            let all = PageRequest {
                limit: 10_000,
                cursor: None,
            };
            let mut milestones = match ids.is_empty() {
                true => Vec::new(),
                false => {
                    milestone_views::list(conn, &window, &steps_of, &all, "")
                        .await?
                        .rows
                }
            };
            milestones.sort_by_key(|one| one.number);
            let benches = found
                .rows
                .iter()
                .filter(|project| {
                    scopes.get(&project.id).is_some_and(|scope| {
                        authz::require(&visitor.actor, Action::Confirm, &Target::Project(scope)).is_ok()
                    })
                })
                .map(|project| Bench {
                    id: project.id,
                    href: format!("/projects/{}", project.code),
                    title: project.title.clone(),
                    as_printed: project.as_printed.clone(),
                    doubt: project.doubt.clone(),
                    seats: seats(project, &typed),
                    steps: steps(&milestones, project.id, &typed),
                    picked: typed.picked.contains(&project.id.to_string()),
                    fault: typed.faults.get(&project.id).cloned(),
                })
                .collect();
            let organisations = crate::orgs::store::list(
                conn,
                &crate::orgs::model::OrganisationFilter {
                    archived: Some(false),
                    ..Default::default()
                },
                &all,
            )
            .await?;
            let base = format!("/plans/{}/{number}/confirm", plan.code);
            Ok(ConfirmPage {
                frame: Frame::of(
                    visitor,
                    format!("确认：{}", programme.title),
                    "/plans",
                    asked_text(&asked),
                ),
                faults: faults.clone(),
                left: found.total.unwrap_or(0),
                next: found.next_cursor.map(|cursor| format!("{base}?cursor={cursor}")),
                plan,
                programme,
                benches,
                organisations: organisations
                    .rows
                    .into_iter()
                    .map(|one| (one.code, one.name))
                    .collect(),
            })
        })
        .await?;
    page(status, &shown)
}

/// What was just done, of an address.
fn asked_text(asked: &Asked) -> &'static str {
    match asked.one("done") {
        Some("confirmed") => "done=confirmed",
        Some("sent") => "done=sent",
        _ => "",
    }
}

#[get("/plans/{plan}/{number}/confirm")]
pub async fn confirm_form(
    request: HttpRequest,
    state: web::Data<State>,
    visitor: Visitor,
    path: web::Path<(String, String)>,
) -> Paged {
    let number: i32 = path.1.parse().map_err(|_| Error::NotFound)?;
    let fresh = (StatusCode::OK, Faults::default(), Typed::default());
    bench(&state, &visitor, (&path.0, number, request.query_string()), fresh).await
}

/// A field of a line, for the one parser of input.
fn one_field(name: &'static str, text: &str) -> Result<Fields, Vec<Fault>> {
    Fields::under("", serde_json::json!({ name: text })).map_err(|fault| vec![fault])
}

/// A confirmation, the project that it belongs to, and what its organisation was called.
type Wanted = (Uuid, Confirmation, Option<String>);

/// What was ticked, as confirmations.
fn wanted(posted: &Posted) -> Result<Vec<Wanted>, Vec<Fault>> {
    let mut items = Vec::new();
    let mut faults = Vec::new();
    let version = |name: String| posted.one(&name).and_then(|text| text.parse::<i64>().ok());
    for text in posted.many("pick") {
        let Ok(project_id) = Uuid::try_parse(text) else {
            continue;
        };
        for role in ["lead", "responsible"] {
            let key = format!("{project_id}-{role}");
            let Some(named) = posted.one(&format!("owner-{key}")) else {
                continue;
            };
            let item = Confirmation::Owner {
                project_id,
                seen_version: version(format!("seen-{key}")),
                role: role.to_owned(),
                organisation_id: None,
            };
            items.push((project_id, item, Some(named.to_owned())));
        }
        for text in posted.many(&format!("step-{project_id}")) {
            let Ok(milestone_id) = Uuid::try_parse(text) else {
                continue;
            };
            let seen_version = version(format!("seen-{milestone_id}"));
            if let Some(text) = posted.one(&format!("date-{milestone_id}")) {
                let planned_on = crate::http::form::parse_date(text);
                if planned_on.is_none() {
                    faults.push(
                        Fault::new(format!("/date-{milestone_id}"), Code::FieldFormat)
                            .with("format", "YYYY-MM-DD"),
                    );
                }
                let item = Confirmation::Date {
                    milestone_id,
                    seen_version,
                    planned_on,
                };
                items.push((project_id, item, None));
            }
            if let Some(text) = posted.one(&format!("weight-{milestone_id}")) {
                let mut fields = one_field("weight", text)?;
                let weight = weight(&mut fields);
                faults.extend(fields.faults().into_iter().map(|fault| Fault {
                    pointer: format!("/weight-{milestone_id}"),
                    ..fault
                }));
                let item = Confirmation::Weight {
                    milestone_id,
                    seen_version,
                    weight,
                };
                items.push((project_id, item, None));
            }
        }
    }
    if items.is_empty() {
        faults.push(Fault::new("/pick", Code::FieldMissing));
    }
    if faults.is_empty() { Ok(items) } else { Err(faults) }
}

#[post("/plans/{plan}/{number}/confirm")]
pub async fn confirm_ticked(
    state: web::Data<State>,
    visitor: Visitor,
    path: web::Path<(String, String)>,
    posted: Posted,
) -> Paged {
    let number: i32 = path.1.parse().map_err(|_| Error::NotFound)?;
    let mut typed = Typed {
        picked: posted.many("pick").into_iter().map(str::to_owned).collect(),
        ..Typed::default()
    };
    for prefix in ["owner-", "date-", "weight-"] {
        for name in posted.named(prefix) {
            let field = format!("{prefix}{name}");
            let value = posted.typed(&field);
            typed.values.insert(field, value);
        }
    }
    let items = match wanted(&posted) {
        Ok(items) => items,
        Err(faults) => {
            let (faults, status) = Faults::of(Error::Invalid(faults))?;
            return bench(&state, &visitor, (&path.0, number, ""), (status, faults, typed)).await;
        }
    };
    let names: Vec<String> = items.iter().filter_map(|(_, _, name)| name.clone()).collect();
    let done = state
        .db
        .write(&visitor.origin(), async |tx| {
            let known = store::organisations_named(tx.conn(), &names).await?;
            let all: Vec<Confirmation> = items
                .iter()
                .map(|(_, item, name)| {
                    let mut item = item.clone();
                    if let (Confirmation::Owner { organisation_id, .. }, Some(name)) = (&mut item, name) {
                        *organisation_id = Some(known.get(name).copied().unwrap_or_default());
                    }
                    item
                })
                .collect();
            confirm(tx, &all).await
        })
        .await;
    match done {
        Ok(_) => Ok(see_other(&format!(
            "/plans/{}/{number}/confirm?done=confirmed",
            path.0
        ))),
        Err(Error::Items(refused)) => {
            // Each refusal stands with the project that it belongs to.
            for (index, error) in &refused {
                if let Some((project_id, ..)) = items.get(*index) {
                    let text: Vec<String> = crate::http::problem::faults_of(error)
                        .iter()
                        .map(crate::http::messages::text)
                        .collect();
                    typed.faults.insert(*project_id, text.join(" "));
                }
            }
            let told = typed
                .faults
                .iter()
                .map(|(id, text)| super::page::Told {
                    about: String::new(),
                    field: format!("pick-{id}"),
                    message: text.clone(),
                })
                .collect();
            let (status, faults) = (StatusCode::CONFLICT, Faults(told));
            bench(&state, &visitor, (&path.0, number, ""), (status, faults, typed)).await
        }
        Err(error) => {
            let (faults, status) = Faults::of(error)?;
            bench(&state, &visitor, (&path.0, number, ""), (status, faults, typed)).await
        }
    }
}

/// Sends the ticked proposals to the organisations that they name: those of whom nobody has said anything yet.
#[post("/plans/{plan}/{number}/ask")]
pub async fn ask_ticked(
    state: web::Data<State>,
    visitor: Visitor,
    path: web::Path<(String, String)>,
    posted: Posted,
) -> Paged {
    let number: i32 = path.1.parse().map_err(|_| Error::NotFound)?;
    let mut items = Vec::new();
    for text in posted.many("pick") {
        let Ok(project_id) = Uuid::try_parse(text) else {
            continue;
        };
        for role in ["lead", "responsible"] {
            if let Some(seen) = posted.one(&format!("ask-{project_id}-{role}")) {
                items.push(Ask {
                    project_id,
                    role: role.to_owned(),
                    seen_version: seen.parse().ok(),
                });
            }
        }
    }
    let done = match items.is_empty() {
        true => Err(Error::invalid("/pick", Code::FieldMissing)),
        false => {
            state
                .db
                .write(&visitor.origin(), async |tx| claims::ask(tx, &items).await)
                .await
        }
    };
    match done {
        Ok(()) => Ok(see_other(&format!(
            "/plans/{}/{number}/confirm?done=sent",
            path.0
        ))),
        Err(error) => {
            let typed = Typed {
                picked: posted.many("pick").into_iter().map(str::to_owned).collect(),
                ..Typed::default()
            };
            let error = match error {
                Error::Items(mut refused) if !refused.is_empty() => refused.remove(0).1,
                other => other,
            };
            let (faults, status) = Faults::of(error)?;
            bench(&state, &visitor, (&path.0, number, ""), (status, faults, typed)).await
        }
    }
}
