//! Projects: list, read, edit, their milestones, their history.

use actix_web::{HttpRequest, HttpResponse, get, patch, web};
use diesel_async::AsyncPgConnection;

use super::after;
use super::filters::{LIFE_CYCLES, ProjectFilterParams, as_of, common, open};
use crate::http::answer::{self, Answer, ListBody};
use crate::http::form::Fields;
use crate::http::problem::Problem;
use crate::http::reasons;
use crate::http::refusals::{ChangeRefusals, ListRefusals, ReadRefusals};
use crate::http::request::{Body, Seen, SignedIn, State, query, question};
use crate::http::run;
use crate::kernel::{Code, Patch, Result};
use crate::plans::store as plans;
use crate::projects::actions::edit as edits;
use crate::projects::model::ProjectEdit;
use crate::projects::store;
use crate::views::facets;
use crate::views::history::{self as log_views, EventQuery, EventView};
use crate::views::milestones::{self as milestone_views, MilestoneQuery, MilestoneSort};
use crate::views::projects::{self as views, ProjectQuery, ProjectSort};
use crate::views::shown::{MilestoneView, ProjectView};
use crate::views::window::Window;

/// Projects in sight, a page at a time.
#[utoipa::path(tag = "projects", params(ProjectFilterParams,
    ("kind" = Option<Vec<String>>, Query, description = "Kind of project."),
    ("claim" = Option<Vec<String>>, Query, description = "What a proposed owner says: `asked`, `claimed`, `disputed`."),
    ("light" = Option<Vec<String>>, Query, description = "What is shown: `red`, `yellow`, `green`, `blue`, `grey`; repeat for any of."),
    ("as_of" = Option<chrono::NaiveDate>, Query, description = "As recorded by the end of that day in the plan's zone; with today's rights."),
    ("overdue" = Option<bool>, Query),
    ("days_overdue_min" = Option<i64>, Query, minimum = 1, maximum = 36500),
    ("due_before" = Option<chrono::NaiveDate>, Query, description = "Next due on or before."),
    ("due_after" = Option<chrono::NaiveDate>, Query, description = "Next due on or after."),
    ("unconfirmed" = Option<bool>, Query),
    ("unverified" = Option<bool>, Query),
    ("silent" = Option<bool>, Query, description = "Owes a progress report."),
    ("include" = Option<String>, Query, description = "`total,facets`"),
    ("sort" = Option<String>, Query, description = "`-days_overdue` (default), `due`, `name`, `-updated`"),
    ("limit" = Option<i64>, Query, minimum = 1, maximum = 200),
    ("cursor" = Option<String>, Query)),
    responses((status = 200, body = ListBody<ProjectView>), ListRefusals))]
#[get("/projects")]
pub async fn list(
    request: HttpRequest,
    who: SignedIn,
    state: web::Data<State>,
) -> Result<HttpResponse, Problem> {
    let (mut q, common) = common(&request);
    let sort = q
        .choices("sort", &ProjectSort::NAMES, ProjectSort::parse)
        .pop()
        .unwrap_or_default();
    let page = q.page();
    let (page, common) = q.finish((page, common))?;
    let asked = question(&request);
    let answer = state
        .db
        .read(async |conn| {
            let (window, resolved) =
                open(conn, &state.db.clock, &who.0, common.named.clone(), common.as_of).await?;
            let query = ProjectQuery {
                filter: resolved.filter,
                overdue: common.overdue,
                days_overdue_min: common.days_overdue_min,
                due_before: common.due_before,
                due_after: common.due_after,
                unconfirmed: common.unconfirmed,
                unverified: common.unverified,
                sort,
                total: common.total,
            };
            let facets = match common.facets {
                true => Some(facets::projects(conn, &window, &query).await?),
                false => None,
            };
            let mut page = views::list(conn, &window, &query, &page, &asked).await?;
            reasons::projects(&mut page.rows);
            Ok(ListBody::from(page).with_facets(facets))
        })
        .await?;
    answer::read(&request, None, &answer)
}

/// One project.
#[utoipa::path(tag = "projects", params(("project" = String, Path, description = "Id or code."),
    ("as_of" = Option<chrono::NaiveDate>, Query)),
    responses((status = 200, body = ProjectView), (status = 400, body = crate::http::problem::ProblemDocument, content_type = "application/problem+json"), ReadRefusals))]
#[get("/projects/{project}")]
pub async fn read(
    request: HttpRequest,
    who: SignedIn,
    state: web::Data<State>,
    path: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let as_of = as_of(&request)?;
    let project = state
        .db
        .read(async |conn| {
            let window = Window::open(conn, &state.db.clock, &who.0, &[], as_of).await?;
            let mut project = views::read(conn, &window, &path).await?;
            reasons::projects(std::slice::from_mut(&mut project));
            Ok(project)
        })
        .await?;
    answer::read(&request, Some(project.version), &project)
}

/// What a planner corrects of a project.
#[derive(utoipa::ToSchema)]
#[allow(
    dead_code,
    reason = "describes the body for the OpenAPI document; read field by field"
)]
pub struct ProjectPatch {
    pub title: Option<String>,
    /// `identification`, `preparation`, `implementation`, `completion` or `closed`.
    pub life_cycle: Option<String>,
    pub description: Option<String>,
    pub components: Option<Vec<String>>,
    pub is_public: Option<bool>,
    /// A decimal string; null clears.
    pub quantity_delivered: Option<String>,
    /// In yuan, a decimal string; null clears.
    pub investment_planned: Option<String>,
    /// GB/T 40058-2021; null clears.
    pub national_code: Option<String>,
    /// null: resolved.
    pub doubt: Option<String>,
    /// Where it is: by id or code; null: no one place. Its county government sees it.
    pub region: Option<String>,
    /// The other box where the same work stands: an initiative of the plan, by id or code; null: none.
    pub second_initiative: Option<String>,
    /// All the commitments of the plan that it serves, by id or code: what is not named it serves no longer.
    #[schema(max_items = 50)]
    pub commitments: Option<Vec<String>>,
}

/// What an edit names by id or code.
#[derive(Default)]
pub(crate) struct Referred {
    region: Option<String>,
    second_initiative: Option<String>,
}

impl Referred {
    /// Puts ids for the names. What is not there is said after it is known that the asker may edit.
    pub(crate) async fn resolve(&self, conn: &mut AsyncPgConnection, into: &mut ProjectEdit) -> Result<()> {
        if let Some(name) = &self.region {
            let found = store::region_named(conn, name).await?;
            into.site_region_id = Patch::Set(found.unwrap_or_default());
        }
        if let Some(name) = &self.second_initiative {
            let found = plans::initiative(conn, name).await.map(|found| found.id);
            into.second_initiative_id = Patch::Set(found.unwrap_or_default());
        }
        Ok(())
    }
}

/// Reads what is to be edited, by whichever door it comes.
pub(crate) fn read_edit(mut f: Fields) -> Result<(ProjectEdit, Referred)> {
    let settable = &LIFE_CYCLES[..5];
    let mut referred = Referred::default();
    let mut name = |f: &mut Fields, field: &'static str, into: fn(&mut Referred) -> &mut Option<String>| {
        let patch = f.patch(field, |f| f.filled_text(field, 100));
        match patch {
            Patch::Keep => Patch::Keep,
            Patch::Clear => Patch::Clear,
            Patch::Set(text) => {
                *into(&mut referred) = Some(text);
                Patch::Keep
            }
        }
    };
    let edited = ProjectEdit {
        site_region_id: name(&mut f, "region", |referred| &mut referred.region),
        second_initiative_id: name(&mut f, "second_initiative", |referred| {
            &mut referred.second_initiative
        }),
        title: f.patch_kept("title", |f| f.filled_text("title", 200)),
        life_cycle: f.patch_kept("life_cycle", |f| {
            f.choice("life_cycle", settable, |text| {
                settable.contains(&text).then(|| text.to_owned())
            })
        }),
        description: f.patch_kept("description", |f| f.text("description", 5_000)),
        components: f.patch_kept("components", |f| f.texts("components", 50, 100)),
        is_public: f.patch_kept("is_public", |f| f.boolean("is_public")),
        commitments: f.patch_kept("commitments", |f| f.texts("commitments", 50, 100)),
        quantity_delivered: f.patch("quantity_delivered", |f| {
            f.decimal("quantity_delivered", 0, 10_000_000_000, 4)
        }),
        investment_planned: f.patch("investment_planned", |f| {
            f.decimal("investment_planned", 0, 1_000_000_000_000, 2)
        }),
        national_code: f.patch("national_code", |f| f.filled_text("national_code", 40)),
        doubt: f.patch("doubt", |f| f.filled_text("doubt", 2_000)),
    };
    if let Patch::Set(code) = &edited.national_code
        && !national_code(code)
    {
        f.fault("national_code", Code::FieldFormat).params =
            vec![("format", "0000-000000-00-00-000000".to_owned())];
    }
    f.finish((edited, referred))
}

/// GB/T 40058-2021: 4 of time, 6 of region, 2 of central department, 2 of type, 5 random and 1 check digit.
pub(super) fn national_code(text: &str) -> bool {
    let parts: Vec<usize> = text.split('-').map(str::len).collect();
    parts == [4, 6, 2, 2, 6] && text.bytes().all(|b| b.is_ascii_digit() || b == b'-')
}

/// Corrects a project.
#[utoipa::path(tag = "projects", request_body = ProjectPatch,
    params(("project" = String, Path), ("If-Match" = String, Header)),
    responses((status = 200, body = ProjectView), ChangeRefusals))]
#[patch("/projects/{project}")]
pub async fn edit(
    request: HttpRequest,
    who: SignedIn,
    state: web::Data<State>,
    path: web::Path<String>,
    body: Body,
) -> Result<HttpResponse, Problem> {
    let seen = Seen::of(&request)?;
    let (edited, referred) = read_edit(body.fields()?)?;
    let answer = run::change(&state, &who, async |tx| {
        let id = store::project_id(tx.conn(), &path).await?;
        let mut edited = edited.clone();
        referred.resolve(tx.conn(), &mut edited).await?;
        let row = edits::project(tx, id, seen.version(), &edited).await?;
        let view = after::project(tx, &state, &who, row.id).await?;
        Answer::object(view.version, &view)
    })
    .await?;
    Ok(answer.respond())
}

/// The milestones of a project, in their order.
#[utoipa::path(tag = "projects", params(("project" = String, Path), ("as_of" = Option<chrono::NaiveDate>, Query)),
    responses((status = 200, body = ListBody<MilestoneView>), (status = 400, body = crate::http::problem::ProblemDocument, content_type = "application/problem+json"), ReadRefusals))]
#[get("/projects/{project}/milestones")]
pub async fn milestones(
    request: HttpRequest,
    who: SignedIn,
    state: web::Data<State>,
    path: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let as_of = as_of(&request)?;
    let rows = state
        .db
        .read(async |conn| {
            let window = Window::open(conn, &state.db.clock, &who.0, &[], as_of).await?;
            let project = views::find(conn, &window, &path).await?;
            let mut query = MilestoneQuery {
                sort: MilestoneSort::Due,
                ..MilestoneQuery::default()
            };
            query.filter.projects = vec![project.id];
            query.filter.with_archived = true;
            let page = crate::db::paging::PageRequest {
                limit: 200,
                cursor: None,
            };
            let mut page = milestone_views::list(conn, &window, &query, &page, "").await?;
            page.rows.sort_by_key(|milestone| milestone.number);
            Ok(page)
        })
        .await?;
    answer::read(&request, None, &ListBody::from(rows))
}

/// Everything that happened to a project and its milestones, oldest first.
#[utoipa::path(tag = "projects", params(("project" = String, Path), ("limit" = Option<i64>, Query, minimum = 1, maximum = 200),
    ("cursor" = Option<String>, Query)), responses((status = 200, body = ListBody<EventView>), (status = 400, body = crate::http::problem::ProblemDocument, content_type = "application/problem+json"), ReadRefusals))]
#[get("/projects/{project}/history")]
pub async fn history(
    request: HttpRequest,
    who: SignedIn,
    state: web::Data<State>,
    path: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let mut q = query(&request);
    let page = q.page();
    let page = q.finish(page)?;
    let asked = question(&request);
    let events = state
        .db
        .read(async |conn| {
            let window = Window::open(conn, &state.db.clock, &who.0, &[], None).await?;
            let project = views::find(conn, &window, &path).await?;
            let query = EventQuery {
                project_id: Some(project.id),
                ..EventQuery::default()
            };
            log_views::list(conn, &window, &who.0, &query, &page, &asked).await
        })
        .await?;
    answer::read(&request, None, &ListBody::from(events))
}
