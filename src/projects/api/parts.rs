//! The JSON door of the parts of a project (分县任务).

use actix_web::{HttpRequest, HttpResponse, get, put, web};
use serde_json::Value;

use super::filters::as_of;
use crate::http::answer::{self, Answer};
use crate::http::form::Fields;
use crate::http::problem::{Problem, ProblemDocument};
use crate::http::refusals::{ChangeRefusals, ReadRefusals};
use crate::http::request::{Body, Seen, SignedIn, State};
use crate::http::run;
use crate::kernel::{Fault, Result};
use crate::projects::actions::parts as actions;
use crate::projects::parts::NewPart;
use crate::projects::parts::store as parts;
use crate::projects::store;
use crate::views::parts::{self as views, PartsView};
use crate::views::projects as project_views;
use crate::views::window::Window;

const BASES: [&str; 2] = ["confirmed", "inferred"];

/// A county's part of a project.
#[derive(utoipa::ToSchema)]
#[allow(
    dead_code,
    reason = "describes the body for the OpenAPI document; read field by field"
)]
pub struct CountyPartBody {
    /// A county of the plan's tree, by id or code; each at most once.
    pub region: String,
    /// Who answers for the part, by id or code; absent or null: the project's responsible organisation does.
    pub organisation: Option<String>,
    /// `confirmed` (also where it is absent): naming settles it; `inferred`: it is proposed. Below the issuer an
    /// organisation outside the planner's own subtree is always a proposal.
    pub basis: Option<String>,
    /// Promised, a decimal string in the project's unit.
    pub quantity: Option<String>,
    /// In yuan, a decimal string.
    pub investment_planned: Option<String>,
}

/// All the parts of a project.
#[derive(utoipa::ToSchema)]
#[allow(
    dead_code,
    reason = "describes the body for the OpenAPI document; read field by field"
)]
pub struct PartsBody {
    /// Empty: the project is not divided.
    #[schema(max_items = 200)]
    pub items: Vec<CountyPartBody>,
}

fn part(pointer: String, value: Value) -> Result<NewPart, Vec<Fault>> {
    let mut f = Fields::under(pointer, value).map_err(|fault| vec![fault])?;
    let region = f.required_text("region", 100);
    let organisation = f.filled_text("organisation", 100);
    let basis = f.choice("basis", &BASES, |text| {
        BASES.into_iter().find(|known| *known == text)
    });
    let quantity = f.decimal("quantity", 0, 10_000_000_000, 4);
    let investment_planned = f.decimal("investment_planned", 0, 1_000_000_000_000, 2);
    f.finish_item(NewPart {
        region,
        organisation,
        confirmed: basis != Some("inferred"),
        quantity,
        investment_planned,
    })
}

/// Reads the parts, by whichever door they come.
pub(crate) fn read_parts(mut f: Fields) -> Result<Vec<NewPart>> {
    let by_region = ("/region", |part: &NewPart| part.region.clone());
    let items = f.distinct_list("items", 200, part, by_region);
    let items = f.required("items", items);
    f.finish(items)
}

/// How a project is divided among counties, each part with its latest report and what it owes, beside the project's own
/// figures.
#[utoipa::path(tag = "projects",
    params(("project" = String, Path, description = "Id or code."), ("as_of" = Option<chrono::NaiveDate>, Query)),
    responses((status = 200, body = PartsView),
        (status = 400, body = ProblemDocument, content_type = "application/problem+json"), ReadRefusals))]
#[get("/projects/{project}/parts")]
pub async fn read(
    request: HttpRequest,
    who: SignedIn,
    state: web::Data<State>,
    path: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let day = as_of(&request)?;
    let found = state
        .db
        .read(async |conn| {
            let window = Window::open(conn, &state.db.clock, &who.0, &[], day).await?;
            let project = project_views::find(conn, &window, &path).await?;
            views::of_project(conn, &window, &project, None).await
        })
        .await?;
    answer::read(&request, Some(found.version), &found)
}

/// Divides a project among counties: what is not named falls away, and what has been reported cannot. From the present
/// period on each part reports for itself. The sums may differ from the project's own figures. `If-Match` is the project's.
#[utoipa::path(tag = "projects", request_body = PartsBody,
    params(("project" = String, Path, description = "Id or code."), ("If-Match" = String, Header)),
    responses((status = 200, body = PartsView), ChangeRefusals))]
#[put("/projects/{project}/parts")]
pub async fn divide(
    request: HttpRequest,
    who: SignedIn,
    state: web::Data<State>,
    path: web::Path<String>,
    body: Body,
) -> Result<HttpResponse, Problem> {
    let seen = Seen::of(&request)?;
    let wanted = read_parts(body.fields()?)?;
    let answer = run::change(&state, &who, async |tx| {
        let id = store::project_id(tx.conn(), &path).await?;
        let row = actions::divide(tx, id, seen.version(), &wanted).await?;
        let rows = parts::of_projects(tx.conn(), &[id]).await?;
        let window = Window::open(tx.conn(), &state.db.clock, &who.0, &[row.plan_id], None).await?;
        let view = views::of_project(tx.conn(), &window, &row, Some(rows)).await?;
        Answer::object(view.version, &view)
    })
    .await?;
    Ok(answer.respond())
}
