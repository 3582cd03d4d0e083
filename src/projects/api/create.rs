//! The JSON door to add a project or a milestone.

use actix_web::{HttpRequest, HttpResponse, post, web};

use super::after;
use super::milestones::weight;
use super::projects::national_code;
use crate::http::answer::Answer;
use crate::http::form::Fields;
use crate::http::problem::Problem;
use crate::http::refusals::{AddRefusals, CreateRefusals};
use crate::http::request::{Body, Keyed, SignedIn, State};
use crate::http::run;
use crate::kernel::{Code, Error, Fault, Result, is_slug};
use crate::projects::actions::create as actions;
use crate::projects::model::{NamedOwner, NewMilestone, NewProject};
use crate::projects::store;
use crate::views::shown::{MilestoneView, ProjectView};

const LEVELS: [&str; 2] = ["city", "county"];
const PRECISIONS: [&str; 5] = ["day", "month", "quarter", "year", "period"];
const DUE_BASES: [&str; 2] = ["plan", "period"];
const OWNER_ROLES: [&str; 3] = ["lead", "responsible", "supporting"];

/// An owner that a planner names.
#[derive(utoipa::ToSchema)]
#[allow(
    dead_code,
    reason = "describes the body for the OpenAPI document; read field by field"
)]
pub struct NamedOwnerBody {
    /// `lead`, `responsible` or `supporting`.
    pub role: String,
    /// By id or code.
    pub organisation: String,
}

/// A project that a planner adds to an initiative.
#[derive(utoipa::ToSchema)]
#[allow(
    dead_code,
    reason = "describes the body for the OpenAPI document; read field by field"
)]
pub struct NewProjectBody {
    /// By id or code.
    pub initiative: String,
    /// Where the same work stands in a second box.
    pub second_initiative: Option<String>,
    /// The last part of its code: lower-case letters, digits and hyphens.
    #[schema(min_length = 1, max_length = 60, pattern = "^[a-z0-9][a-z0-9-]*$")]
    pub slug: String,
    #[schema(min_length = 1, max_length = 200)]
    pub title: String,
    /// See `/vocabularies`; its milestones begin as those of the kind.
    pub kind: String,
    /// Its site, by id or GB/T 2260 code.
    pub region: Option<String>,
    /// `city` (default) or `county`.
    pub responsible_level: Option<String>,
    /// A positive decimal string, with `unit`.
    pub quantity: Option<String>,
    #[schema(max_length = 40)]
    pub unit: Option<String>,
    pub is_remainder: Option<bool>,
    pub open_ended: Option<bool>,
    #[schema(max_items = 50)]
    pub components: Option<Vec<String>>,
    #[schema(max_length = 5000)]
    pub description: Option<String>,
    /// The plan's own words.
    #[schema(max_length = 5000)]
    pub as_printed: Option<String>,
    #[schema(max_length = 2000)]
    pub doubt: Option<String>,
    pub due_on: chrono::NaiveDate,
    /// `day` (default), `month`, `quarter`, `year` or `period`.
    pub due_precision: Option<String>,
    /// `plan`: the plan's text says the day, which binds; `period` (default): only its period does.
    pub due_basis: Option<String>,
    /// In yuan, a decimal string.
    pub investment_planned: Option<String>,
    /// GB/T 40058-2021.
    pub national_code: Option<String>,
    /// Default true.
    pub is_public: Option<bool>,
    #[schema(max_items = 30)]
    pub owners: Option<Vec<NamedOwnerBody>>,
    /// The owners are settled; otherwise they are proposals. Default false.
    pub owners_confirmed: Option<bool>,
    /// The commitments it serves, by id or code.
    #[schema(max_items = 50)]
    pub commitments: Option<Vec<String>>,
}

/// A milestone that a planner adds: a proposal.
#[derive(utoipa::ToSchema)]
#[allow(
    dead_code,
    reason = "describes the body for the OpenAPI document; read field by field"
)]
pub struct NewMilestoneBody {
    /// The last part of its code: lower-case letters, digits and hyphens.
    #[schema(min_length = 1, max_length = 60, pattern = "^[a-z0-9][a-z0-9-]*$")]
    pub slug: String,
    #[schema(min_length = 1, max_length = 100)]
    pub name: String,
    pub planned_on: chrono::NaiveDate,
    /// `day` (default), `month`, `quarter`, `year` or `period`.
    pub date_precision: Option<String>,
    /// A positive decimal string.
    pub weight: String,
    #[schema(max_items = 20)]
    pub evidence_wanted: Option<Vec<String>>,
}

pub(super) fn slug(f: &mut Fields) -> String {
    let slug = given_slug(f);
    f.required("slug", slug)
}

/// The last part of a code, where one is given.
pub(super) fn given_slug(f: &mut Fields) -> Option<String> {
    let slug = f.filled_text("slug", 60);
    if slug
        .as_ref()
        .is_some_and(|slug| !slug.is_empty() && !is_slug(slug))
    {
        f.fault("slug", Code::FieldFormat).params = vec![("format", "a-z 0-9 -".to_owned())];
    }
    slug
}

/// A quantity above zero, at most 10,000,000,000, four decimals.
pub(super) fn quantity(f: &mut Fields) -> Option<bigdecimal::BigDecimal> {
    use bigdecimal::Signed;
    let quantity = f.decimal("quantity", 0, 10_000_000_000, 4)?;
    if !quantity.is_positive() {
        f.fault("quantity", Code::FieldOutOfRange).params =
            vec![("least", "0.0001".to_owned()), ("most", "10000000000".to_owned())];
    }
    Some(quantity)
}

/// Reads an item of `owners`.
pub(super) fn owner(pointer: String, value: serde_json::Value) -> Result<NamedOwner, Vec<Fault>> {
    let mut f = Fields::under(pointer, value).map_err(|fault| vec![fault])?;
    let role = one_of(&mut f, "role", &OWNER_ROLES);
    let organisation = f.filled_text("organisation", 100);
    let owner = NamedOwner {
        role: f.required("role", role),
        organisation: f.required("organisation", organisation),
    };
    f.finish_item(owner)
}

fn one_of(f: &mut Fields, name: &'static str, allowed: &'static [&'static str]) -> Option<String> {
    f.choice(name, allowed, |text| {
        allowed.contains(&text).then(|| text.to_owned())
    })
}

/// What a planner says of a project that he adds, and whoever asks for one.
pub(super) fn described(f: &mut Fields, initiative: String, slug: String) -> NewProject {
    let title = f.filled_text("title", 200);
    let kind = f.filled_text("kind", 40);
    let due_on = f.date("due_on");
    match (f.sent("quantity"), f.sent("unit")) {
        (true, false) => drop(f.fault("unit", Code::FieldMissing)),
        (false, true) => drop(f.fault("quantity", Code::FieldMissing)),
        _ => {}
    }
    let quantity = quantity(f);
    let unit = f.filled_text("unit", 40);
    let national = f.filled_text("national_code", 40);
    if national.as_ref().is_some_and(|code| !national_code(code)) {
        f.fault("national_code", Code::FieldFormat).params =
            vec![("format", "0000-000000-00-00-000000".to_owned())];
    }
    NewProject {
        initiative,
        second_initiative: None,
        slug,
        title: f.required("title", title),
        kind: f.required("kind", kind),
        region: f.filled_text("region", 100),
        responsible_level: one_of(f, "responsible_level", &LEVELS).unwrap_or_else(|| "city".to_owned()),
        quantity,
        unit,
        is_remainder: false,
        open_ended: false,
        components: f.texts("components", 50, 100).unwrap_or_default(),
        description: f.text("description", 5_000).unwrap_or_default(),
        as_printed: String::new(),
        doubt: None,
        due_on: f.required("due_on", due_on),
        due_precision: one_of(f, "due_precision", &PRECISIONS).unwrap_or_else(|| "day".to_owned()),
        due_basis: "period".to_owned(),
        investment_planned: f.decimal("investment_planned", 0, 1_000_000_000_000, 2),
        national_code: national,
        is_public: true,
        owners: f.list("owners", 30, owner).unwrap_or_default(),
        owners_confirmed: false,
        commitments: f.texts("commitments", 50, 100).unwrap_or_default(),
    }
}

/// Reads a project that is to be added, by whichever door it comes.
pub(crate) fn new_project(mut f: Fields) -> Result<NewProject> {
    let initiative = f.filled_text("initiative", 100);
    let initiative = f.required("initiative", initiative);
    let slug = slug(&mut f);
    let described = described(&mut f, initiative, slug);
    let is_remainder = f.boolean("is_remainder").unwrap_or(false);
    if is_remainder && described.quantity.is_none() {
        f.fault("quantity", Code::FieldMissing);
    }
    let new = NewProject {
        second_initiative: f.filled_text("second_initiative", 100),
        is_remainder,
        open_ended: f.boolean("open_ended").unwrap_or(false),
        as_printed: f.text("as_printed", 5_000).unwrap_or_default(),
        doubt: f.filled_text("doubt", 2_000),
        due_basis: one_of(&mut f, "due_basis", &DUE_BASES).unwrap_or(described.due_basis),
        is_public: f.boolean("is_public").unwrap_or(true),
        owners_confirmed: f.boolean("owners_confirmed").unwrap_or(false),
        ..described
    };
    f.finish(new)
}

/// Adds a project. A planner of the plan's issuer adds any; one below it those whose lead or responsible organisation,
/// confirmed with it, is his own or below it; an organisation outside his subtree is then a proposal.
#[utoipa::path(tag = "projects", request_body = NewProjectBody, params(("Idempotency-Key" = String, Header)),
    responses((status = 201, body = ProjectView), CreateRefusals))]
#[post("/projects")]
pub async fn create_project(
    request: HttpRequest,
    who: SignedIn,
    state: web::Data<State>,
    body: Body,
) -> Result<HttpResponse, Problem> {
    let new = new_project(body.fields()?)?;
    let keyed = Keyed::of(&request, &body)?;
    let answer = run::keyed(&state, &who, &keyed, async |tx| {
        let row = actions::project(tx, &new).await?;
        let location = format!("/api/v1/projects/{}", row.id);
        let view = after::project(tx, &state, &who, row.id).await?;
        Answer::created(view.version, location, &view)
    })
    .await?;
    Ok(answer.respond())
}

/// Reads a milestone that is to be added.
pub(crate) fn new_milestone(mut f: Fields) -> Result<NewMilestone> {
    let slug = slug(&mut f);
    let name = f.filled_text("name", 100);
    let planned_on = f.date("planned_on");
    let weight = weight(&mut f);
    let new = NewMilestone {
        slug,
        name: f.required("name", name),
        planned_on: f.required("planned_on", planned_on),
        date_precision: one_of(&mut f, "date_precision", &PRECISIONS).unwrap_or_else(|| "day".to_owned()),
        weight: f.required("weight", weight),
        evidence_wanted: f.texts("evidence_wanted", 20, 100).unwrap_or_default(),
    };
    f.finish(new)
}

/// Adds a milestone to a project, after those that it has. It is a proposal until a planner confirms it.
#[utoipa::path(tag = "projects", request_body = NewMilestoneBody,
    params(("project" = String, Path, description = "Id or code."), ("Idempotency-Key" = String, Header)),
    responses((status = 201, body = MilestoneView), AddRefusals))]
#[post("/projects/{project}/milestones")]
pub async fn create_milestone(
    request: HttpRequest,
    who: SignedIn,
    state: web::Data<State>,
    path: web::Path<String>,
    body: Body,
) -> Result<HttpResponse, Problem> {
    let new = new_milestone(body.fields()?)?;
    let keyed = Keyed::of(&request, &body)?;
    let answer = run::keyed(&state, &who, &keyed, async |tx| {
        let id = store::project_id(tx.conn(), &path).await?;
        let row = actions::milestone(tx, id, &new).await?;
        let location = format!("/api/v1/milestones/{}", row.id);
        let view = super::milestones::shown(tx.conn(), &state.db.clock, &who.0, vec![row])
            .await?
            .pop()
            .ok_or(Error::NotFound)?;
        Answer::created(view.version, location, &view)
    })
    .await?;
    Ok(answer.respond())
}
