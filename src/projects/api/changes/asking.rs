//! Asking for a change.

use actix_web::{HttpRequest, HttpResponse, post, web};
use uuid::Uuid;

use super::bodies::{MilestoneChangeBody, ProjectChangeBody, ProposedProjectBody};
use crate::db::Tx;
use crate::http::answer::Answer;
use crate::http::form::Fields;
use crate::http::problem::Problem;
use crate::http::refusals::{AddRefusals, ChangeRefusals};
use crate::http::request::{Body, Keyed, Seen, SignedIn, State};
use crate::http::run;
use crate::kernel::{Error, Patch, Result};
use crate::plans::store as plans;
use crate::projects::actions::changes as actions;
use crate::projects::api::create::{described, given_slug, quantity};
use crate::projects::api::milestones::weight;
use crate::projects::api::steps::evidence;
use crate::projects::changes::model::{Change, Kind, NewProposal, NewRequest, Of, RequestRow};
use crate::projects::changes::proposals::{NewStep, Proposal, ScopeEdit};
use crate::projects::model::Evidence;
use crate::projects::store;
use crate::views::changes::ChangeRequestView;
use crate::views::changes::shown as views;

/// What every request says besides its change.
fn why(f: &mut Fields) -> (String, Vec<Evidence>) {
    let reason = f.required_text("reason", 2_000);
    (reason, f.list("evidence", 20, evidence).unwrap_or_default())
}

/// What a change refers to, as it was named.
#[derive(Default)]
struct Referred {
    organisation: Option<String>,
    before: Option<String>,
    region: Option<String>,
}

/// What is asked, and what it refers to, still by its name.
pub(crate) struct Asked {
    change: Change,
    referred: Referred,
    reason: String,
    evidence: Vec<Evidence>,
}

impl Asked {
    /// Asks for it, of whoever saw this version.
    pub(crate) async fn request(&self, tx: &mut Tx, of: Of, seen_version: Option<i64>) -> Result<RequestRow> {
        let mut change = self.change.clone();
        // Whether what it names exists is said after it is known that the asker may ask.
        match &mut change {
            Change::Owner { organisation_id, .. } => {
                if let Some(name) = &self.referred.organisation {
                    let known = store::organisations_named(tx.conn(), std::slice::from_ref(name)).await?;
                    *organisation_id = known.get(name).copied().unwrap_or_default();
                }
            }
            Change::AddMilestone(step) => {
                if let Some(name) = &self.referred.before {
                    let found = store::milestone_id(tx.conn(), name).await;
                    step.before = Some(found.or_else(absent)?);
                }
            }
            Change::Scope(edit) => {
                if let Some(name) = &self.referred.region {
                    let found = store::region_named(tx.conn(), name).await?;
                    edit.site_region_id = Patch::Set(found.unwrap_or_default());
                }
            }
            _ => {}
        }
        let new = NewRequest {
            of,
            seen_version,
            change,
            reason: self.reason.clone(),
            evidence: self.evidence.clone(),
        };
        actions::request(tx, &new).await
    }
}

/// No id for what is not there.
fn absent(error: Error) -> Result<Uuid> {
    match error {
        Error::NotFound => Ok(Uuid::nil()),
        other => Err(other),
    }
}

/// Runs a request under its key and answers with it.
async fn ask(
    request: &HttpRequest,
    who: &SignedIn,
    state: &State,
    body: &Body,
    asked: &Asked,
) -> Result<HttpResponse, Problem> {
    let seen = Seen::of(request)?;
    let keyed = Keyed::of(request, body)?;
    let part = |name: &str| request.match_info().get(name).map(str::to_owned);
    let (project, milestone) = (part("project"), part("milestone"));
    let answer = run::keyed(state, who, &keyed, async |tx| {
        let of = match (&milestone, &project) {
            (Some(reference), _) => Of::Milestone(store::milestone_id(tx.conn(), reference).await?),
            (None, Some(reference)) => Of::Project(store::project_id(tx.conn(), reference).await?),
            (None, None) => return Err(Error::NotFound),
        };
        let row = asked.request(tx, of, seen.version()).await?;
        made(tx, row).await
    })
    .await?;
    Ok(answer.respond())
}

/// The answer about a request that was just made.
async fn made(tx: &mut Tx, row: RequestRow) -> Result<Answer> {
    let location = format!("/api/v1/change-requests/{}", row.id);
    let view = views::show(tx.conn(), None, vec![row])
        .await?
        .pop()
        .ok_or(Error::NotFound)?;
    Answer::created(view.version, location, &view)
}

/// The kind that is asked for, of those that fit.
fn one_of(f: &mut Fields, kinds: &[&'static str]) -> Option<Kind> {
    f.choice("kind", kinds, |text| {
        kinds.contains(&text).then(|| Kind::parse(text)).flatten()
    })
}

/// Reads what change of a milestone is asked for, by whichever door.
pub(crate) fn of_a_milestone(mut f: Fields) -> Result<Asked> {
    let kind = one_of(&mut f, &["date", "weight", "cancel_milestone"]);
    let change = match f.required("kind", kind.map(Some)) {
        Some(Kind::Date) => {
            let day = f.date("planned_on");
            Change::Date(f.required("planned_on", day))
        }
        Some(Kind::Weight) => {
            let weight = weight(&mut f);
            Change::Weight(f.required("weight", weight))
        }
        _ => Change::CancelMilestone,
    };
    let (reason, evidence) = why(&mut f);
    f.finish(Asked {
        change,
        referred: Referred::default(),
        reason,
        evidence,
    })
}

/// A milestone that is asked for.
fn step(f: &mut Fields) -> NewStep {
    let name = f.required_text("name", 100);
    let planned_on = f.date("planned_on");
    let planned_on = f.required("planned_on", planned_on);
    let weight = weight(f);
    NewStep {
        slug: given_slug(f),
        name,
        planned_on,
        weight: f.required("weight", weight),
        evidence_wanted: f.texts("evidence_wanted", 20, 100).unwrap_or_default(),
        before: None,
    }
}

/// What a project is to cover; what is not said stays.
fn scope(f: &mut Fields, referred: &mut Referred) -> ScopeEdit {
    let region = f.patch("region", |f| f.filled_text("region", 100));
    let site_region_id = match region {
        Patch::Keep => Patch::Keep,
        Patch::Clear => Patch::Clear,
        Patch::Set(name) => {
            referred.region = Some(name);
            Patch::Set(Uuid::nil())
        }
    };
    ScopeEdit {
        title: f.patch_kept("title", |f| f.filled_text("title", 200)),
        components: f.patch_kept("components", |f| f.texts("components", 50, 100)),
        site_region_id,
    }
}

/// Reads what change of a project is asked for.
pub(crate) fn of_a_project(mut f: Fields) -> Result<Asked> {
    let kinds = ["quantity", "owner", "cancel_project", "add_milestone", "scope"];
    let kind = one_of(&mut f, &kinds);
    let mut referred = Referred::default();
    let change = match f.required("kind", kind.map(Some)) {
        Some(Kind::Quantity) => {
            let quantity = quantity(&mut f);
            let quantity = f.required("quantity", quantity);
            Change::Quantity(quantity)
        }
        Some(Kind::Owner) => {
            let roles = ["lead", "responsible"];
            let role = f.choice("role", &roles, |text| {
                roles.contains(&text).then(|| text.to_owned())
            });
            let role = f.required("role", role);
            let name = f.filled_text("organisation", 100);
            referred.organisation = Some(f.required("organisation", name));
            Change::Owner {
                role,
                organisation_id: Uuid::nil(),
            }
        }
        Some(Kind::AddMilestone) => {
            referred.before = f.filled_text("before", 100);
            Change::AddMilestone(step(&mut f))
        }
        Some(Kind::Scope) => Change::Scope(scope(&mut f, &mut referred)),
        _ => Change::CancelProject,
    };
    let (reason, evidence) = why(&mut f);
    f.finish(Asked {
        change,
        referred,
        reason,
        evidence,
    })
}

/// Asks for a change of a milestone: its date, its weight, or that it falls away. `If-Match` is the milestone's.
#[utoipa::path(tag = "change-requests", request_body = MilestoneChangeBody,
    params(("milestone" = String, Path, description = "Id or code."), ("If-Match" = String, Header), ("Idempotency-Key" = String, Header)),
    responses((status = 201, body = ChangeRequestView), ChangeRefusals))]
#[post("/milestones/{milestone}/change-requests")]
pub async fn of_milestone(
    request: HttpRequest,
    who: SignedIn,
    state: web::Data<State>,
    body: Body,
) -> Result<HttpResponse, Problem> {
    let asked = of_a_milestone(body.fields()?)?;
    ask(&request, &who, &state, &body, &asked).await
}

/// Asks for a change of a project: its quantity, an owner, that it falls away, a further milestone, or what it covers.
/// `If-Match` is the project's.
#[utoipa::path(tag = "change-requests", request_body = ProjectChangeBody,
    params(("project" = String, Path, description = "Id or code."), ("If-Match" = String, Header), ("Idempotency-Key" = String, Header)),
    responses((status = 201, body = ChangeRequestView), ChangeRefusals))]
#[post("/projects/{project}/change-requests")]
pub async fn of_project(
    request: HttpRequest,
    who: SignedIn,
    state: web::Data<State>,
    body: Body,
) -> Result<HttpResponse, Problem> {
    let asked = of_a_project(body.fields()?)?;
    ask(&request, &who, &state, &body, &asked).await
}

/// Reads a project that is asked for, by whichever door.
pub(crate) fn a_project(mut f: Fields, initiative: String) -> Result<NewProposal> {
    let slug = given_slug(&mut f);
    let new = described(&mut f, initiative, String::new());
    let (reason, evidence) = why(&mut f);
    f.finish(NewProposal {
        proposal: Proposal {
            initiative: new.initiative,
            title: new.title,
            kind: new.kind,
            region: new.region,
            responsible_level: new.responsible_level,
            quantity: new.quantity,
            unit: new.unit,
            components: new.components,
            description: new.description,
            due_on: new.due_on,
            due_precision: new.due_precision,
            investment_planned: new.investment_planned,
            national_code: new.national_code,
            owners: new.owners,
            commitments: new.commitments,
        },
        slug,
        reason,
        evidence,
    })
}

/// Asks that a project be added to an initiative: reviewers and planners of the plan do. Whoever asked, whom it names, the
/// county government of its site, those above them and the issuer see the request; others do not. The approval adds the
/// project as a planner would: an organisation named as an owner out of his subtree is then a proposal.
#[utoipa::path(tag = "change-requests", request_body = ProposedProjectBody,
    params(("initiative" = String, Path, description = "Id or code."), ("Idempotency-Key" = String, Header)),
    responses((status = 201, body = ChangeRequestView), AddRefusals))]
#[post("/initiatives/{initiative}/change-requests")]
pub async fn of_initiative(
    request: HttpRequest,
    who: SignedIn,
    state: web::Data<State>,
    path: web::Path<String>,
    body: Body,
) -> Result<HttpResponse, Problem> {
    let new = a_project(body.fields()?, path.into_inner())?;
    let keyed = Keyed::of(&request, &body)?;
    let answer = run::keyed(&state, &who, &keyed, async |tx| {
        // The address names it: what is not there is not found.
        plans::initiative(tx.conn(), &new.proposal.initiative).await?;
        let row = actions::propose(tx, &new).await?;
        made(tx, row).await
    })
    .await?;
    Ok(answer.respond())
}
