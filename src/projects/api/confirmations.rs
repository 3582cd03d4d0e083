//! Confirmations: the proposals that wait, and making them binding, one or many.

use actix_web::{HttpRequest, HttpResponse, get, post, web};
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

use super::filters::{ProjectFilterParams, claims, included, named, open};
use super::milestones::weight;
use crate::http::answer::{self, Answer, ListBody};
use crate::http::form::Fields;
use crate::http::problem::Problem;
use crate::http::reasons;
use crate::http::refusals::{ChangeRefusals, ListRefusals};
use crate::http::request::{Body, Keyed, SignedIn, State, query, question};
use crate::http::run;
use crate::kernel::{Code, Error, Fault, Result};
use crate::projects::actions::confirm::{Confirmed, confirm as confirm_all};
use crate::projects::model::Confirmation;
use crate::projects::store;
use crate::views::facets;
use crate::views::milestones::{self as milestone_views, MilestoneQuery};
use crate::views::projects::{self as project_views, ProjectQuery, ProjectSort};
use crate::views::shown::{MilestoneView, ProjectView};

/// How many confirmations one request may hold.
const MOST: usize = 1_000;
const KINDS: [&str; 3] = ["owner", "date", "weight"];
const ROLES: [&str; 3] = ["lead", "responsible", "supporting"];

/// A project with what waits for confirmation in it.
#[derive(Serialize, utoipa::ToSchema)]
pub struct ProposalView {
    pub project: ProjectView,
    /// Those whose date or weight is not confirmed.
    pub milestones: Vec<MilestoneView>,
}

/// Projects with proposals that wait: owners that are inferred, dates and weights of templates. The same filters as
/// `/projects`.
#[utoipa::path(tag = "confirmations", params(ProjectFilterParams,
    ("kind" = Option<Vec<String>>, Query),
    ("claim" = Option<Vec<String>>, Query, description = "What a proposed owner says: `asked`, `claimed`, `disputed`."),
    ("include" = Option<String>, Query, description = "`total,facets`"),
    ("limit" = Option<i64>, Query, minimum = 1, maximum = 200),
    ("cursor" = Option<String>, Query)),
    responses((status = 200, body = ListBody<ProposalView>), ListRefusals))]
#[get("/confirmations")]
pub async fn list(
    request: HttpRequest,
    who: SignedIn,
    state: web::Data<State>,
) -> Result<HttpResponse, Problem> {
    let mut q = query(&request);
    let mut narrowed = named(&mut q);
    narrowed.kinds = q.many("kind");
    narrowed.claims = claims(&mut q);
    let (total, facets) = included(&mut q);
    let page = q.page();
    let page = q.finish(page)?;
    let asked = question(&request);
    let answer = state
        .db
        .read(async |conn| {
            let (window, resolved) = open(conn, &state.db.clock, &who.0, narrowed.clone(), None).await?;
            let query = ProjectQuery {
                filter: resolved.filter,
                unconfirmed: Some(true),
                sort: ProjectSort::Name,
                total,
                ..ProjectQuery::default()
            };
            let facets = match facets {
                true => {
                    let mut facets = facets::projects(conn, &window, &query).await?;
                    // What is no filter of this list is no facet of it.
                    let others = ["overdue", "unconfirmed", "unverified", "silent", "light"];
                    facets.retain(|name, _| !others.contains(&name.as_str()));
                    Some(facets)
                }
                false => None,
            };
            let mut projects = project_views::list(conn, &window, &query, &page, &asked).await?;
            reasons::projects(&mut projects.rows);
            let mut query = MilestoneQuery {
                unconfirmed: Some(true),
                ..MilestoneQuery::default()
            };
            query.filter.projects = projects.rows.iter().map(|project| project.id).collect();
            let mut milestones = Vec::new();
            if !projects.rows.is_empty() {
                let all = crate::db::paging::PageRequest {
                    limit: 10_000,
                    cursor: None,
                };
                milestones = milestone_views::list(conn, &window, &query, &all, "").await?.rows;
            }
            let proposals = projects.map(|project| {
                let mut own: Vec<MilestoneView> = Vec::new();
                milestones.retain(|milestone| {
                    let mine = milestone.project.id == project.id;
                    if mine {
                        own.push(milestone.clone());
                    }
                    !mine
                });
                own.sort_by_key(|milestone| milestone.number);
                ProposalView {
                    project,
                    milestones: own,
                }
            });
            Ok(ListBody::from(proposals).with_facets(facets))
        })
        .await?;
    answer::read(&request, None, &answer)
}

/// What is confirmed, all or nothing.
#[derive(utoipa::ToSchema)]
#[allow(
    dead_code,
    reason = "describes the body for the OpenAPI document; read field by field"
)]
pub struct ConfirmBody {
    #[schema(min_items = 1, max_items = 1000)]
    pub items: Vec<ConfirmItem>,
}

/// One confirmation. With a value that differs from the proposal, the value is set and confirmed at once.
#[derive(utoipa::ToSchema)]
#[allow(
    dead_code,
    reason = "describes the body for the OpenAPI document; read field by field"
)]
pub struct ConfirmItem {
    /// `owner`, `date` or `weight`.
    pub kind: String,
    /// Of an owner.
    pub project_id: Option<Uuid>,
    /// Of an owner: `lead`, `responsible` or `supporting`.
    pub role: Option<String>,
    /// Of an owner: another organisation than the proposed one, by id or code.
    pub organisation: Option<String>,
    /// Of a date or weight.
    pub milestone_id: Option<Uuid>,
    pub planned_on: Option<chrono::NaiveDate>,
    /// A positive decimal string.
    pub weight: Option<String>,
    /// The version that was seen: of the owner or of the milestone. Only an owner that did not exist has none.
    pub version: Option<i64>,
}

/// What was confirmed, as it is now.
#[derive(Serialize, utoipa::ToSchema)]
pub struct ConfirmedView {
    /// `owner` or `milestone`.
    pub kind: &'static str,
    pub id: Uuid,
    pub project_id: Uuid,
    pub role: Option<String>,
    pub organisation_id: Option<Uuid>,
    pub planned_on: Option<chrono::NaiveDate>,
    pub first_baseline_on: Option<chrono::NaiveDate>,
    pub date_basis: Option<String>,
    pub weight: Option<String>,
    pub version: i64,
}

/// One item of the body; the organisation is still a name.
type Item = (Confirmation, Option<String>);

fn item(pointer: String, value: Value) -> Result<Item, Vec<Fault>> {
    let mut f = Fields::under(pointer, value).map_err(|fault| vec![fault])?;
    let kind = f.choice("kind", &KINDS, |text| {
        KINDS.into_iter().find(|kind| *kind == text)
    });
    let kind = f.required("kind", kind);
    let seen_version = f.integer("version", 1, i64::MAX);
    if kind == "owner" {
        let id = f.uuid("project_id");
        let project_id = f.required("project_id", id);
        let role = f.choice("role", &ROLES, |text| {
            ROLES.contains(&text).then(|| text.to_owned())
        });
        let role = f.required("role", role);
        let organisation = f.filled_text("organisation", 80);
        return f.finish_item((
            Confirmation::Owner {
                project_id,
                seen_version,
                role,
                organisation_id: None,
            },
            organisation,
        ));
    }
    let id = f.uuid("milestone_id");
    let milestone_id = f.required("milestone_id", id);
    let confirmation = if kind == "date" {
        Confirmation::Date {
            milestone_id,
            seen_version,
            planned_on: f.date("planned_on"),
        }
    } else {
        Confirmation::Weight {
            milestone_id,
            seen_version,
            weight: weight(&mut f),
        }
    };
    f.finish_item((confirmation, None))
}

/// Confirms owners, dates and weights. A confirmed date sets the first baseline, and from then on may accuse.
#[utoipa::path(tag = "confirmations", request_body = ConfirmBody, params(("Idempotency-Key" = String, Header)),
    responses((status = 200, body = Vec<ConfirmedView>), ChangeRefusals))]
#[post("/confirmations")]
pub async fn confirm(
    request: HttpRequest,
    who: SignedIn,
    state: web::Data<State>,
    body: Body,
) -> Result<HttpResponse, Problem> {
    let mut f = body.fields()?;
    let items = f.list("items", MOST, item);
    if items.as_ref().is_some_and(Vec::is_empty) {
        f.fault("items", Code::FieldEmpty);
    }
    let items = f.required("items", items);
    let items = f.finish(items)?;
    let keyed = Keyed::of(&request, &body)?;
    let answer = run::keyed(&state, &who, &keyed, async |tx| {
        let names: Vec<String> = items.iter().filter_map(|(_, name)| name.clone()).collect();
        let known = store::organisations_named(tx.conn(), &names).await?;
        let mut wanted = Vec::with_capacity(items.len());
        let mut unknown = Vec::new();
        for (index, (confirmation, name)) in items.iter().enumerate() {
            let mut confirmation = confirmation.clone();
            if let (Some(name), Confirmation::Owner { organisation_id, .. }) = (name, &mut confirmation) {
                *organisation_id = known.get(name).copied();
                if organisation_id.is_none() {
                    unknown.push(Fault::new(
                        format!("/items/{index}/organisation"),
                        Code::FieldNotFound,
                    ));
                }
            }
            wanted.push(confirmation);
        }
        let done = confirm_all(tx, &wanted).await;
        // What is out of sight or not allowed is told before what is unsound.
        let done = match done {
            Ok(_) if !unknown.is_empty() => return Err(Error::Invalid(unknown)),
            done => done?,
        };
        Answer::plain(&done.iter().map(view).collect::<Vec<_>>())
    })
    .await?;
    Ok(answer.respond())
}

fn view(confirmed: &Confirmed) -> ConfirmedView {
    match confirmed {
        Confirmed::Owner(row) => ConfirmedView {
            kind: "owner",
            id: row.id,
            project_id: row.project_id,
            role: Some(row.role.clone()),
            organisation_id: Some(row.organisation_id),
            planned_on: None,
            first_baseline_on: None,
            date_basis: None,
            weight: None,
            version: row.row_version,
        },
        Confirmed::Milestone(row) => ConfirmedView {
            kind: "milestone",
            id: row.id,
            project_id: row.project_id,
            role: None,
            organisation_id: None,
            planned_on: Some(row.planned_on),
            first_baseline_on: row.first_baseline_on,
            date_basis: Some(row.date_basis.clone()),
            weight: Some(row.weight.normalized().to_plain_string()),
            version: row.row_version,
        },
    }
}
