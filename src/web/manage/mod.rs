//! 项目管理: what a planner changes of a project by hand, how it is split and merged, and what its owners ask to have
//! changed. Each form shows what was typed and each fault in its own place.

mod divide;
mod forms;
mod new;
mod reshape;
mod serves;

pub(super) use new::{Offered, own_fields, owners};

use std::collections::BTreeMap;

use actix_web::HttpRequest;
use actix_web::get;
use actix_web::http::StatusCode;
use actix_web::web::{self, ServiceConfig};
use askama::Template;
use diesel_async::AsyncPgConnection;
use uuid::Uuid;

use super::page::{Faults, Frame, Paged, Told, page, see_other};
use super::posted::Posted;
use super::shown::name;
use super::visitor::Visitor;
use crate::db::Tx;
use crate::db::paging::PageRequest;
use crate::http::request::State;
use crate::http::vocabularies::label;
use crate::kernel::authz::{self, Action, Target};
use crate::kernel::{Error, Result};
use crate::orgs;
use crate::orgs::model::OrganisationFilter;
use crate::plans::store::{self as plans, Within};
use crate::projects::store;
use crate::views::projects as views;
use crate::views::shown::ProjectView;
use crate::views::window::Window;

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(new::blank)
        .service(new::create)
        .service(show)
        .service(forms::edit)
        .service(forms::add_milestone)
        .service(forms::suspend)
        .service(forms::resume)
        .service(forms::add_supporting)
        .service(forms::end_supporting)
        .service(forms::ask)
        .service(divide::divide)
        .service(serves::serve)
        .service(reshape::split)
        .service(reshape::merge);
}

/// What can be named where something is chosen: value and label.
pub(super) type Choices = Vec<(String, String)>;

/// Which parts of the page somebody has.
#[derive(Debug, Clone, Copy, Default)]
struct May {
    edit: bool,
    reshape: bool,
    ask: bool,
}

impl May {
    fn anything(self) -> bool {
        self.edit || self.reshape || self.ask
    }
}

/// What was typed into one of the page's forms.
#[derive(Debug, Clone, Default)]
pub struct Typed {
    form: &'static str,
    values: BTreeMap<String, String>,
}

impl Typed {
    /// Everything of a form but its token and version.
    pub(super) fn of(form: &'static str, posted: &Posted) -> Typed {
        let values = posted
            .named("")
            .into_iter()
            .filter(|name| !matches!(*name, "_csrf" | "version"))
            .map(|name| (name.to_owned(), posted.typed(name)))
            .collect();
        Typed { form, values }
    }

    /// A form of which one field is chosen already.
    pub(super) fn with(form: &'static str, name: &str, value: String) -> Typed {
        Typed {
            form,
            values: BTreeMap::from([(name.to_owned(), value)]),
        }
    }

    /// What was typed, where this form was sent; else what is held.
    pub(super) fn or(&self, form: &str, name: impl AsRef<str>, held: impl AsRef<str>) -> String {
        if self.form == form {
            self.values.get(name.as_ref()).cloned().unwrap_or_default()
        } else {
            held.as_ref().to_owned()
        }
    }

    /// Whether a box is ticked: as it was sent, else as it is held.
    fn ticked(&self, form: &str, name: &str, held: bool) -> bool {
        if self.form == form {
            self.values.get(name).is_some_and(|value| !value.is_empty())
        } else {
            held
        }
    }
}

/// A supporting owner that can be ended.
struct Supporting {
    id: Uuid,
    version: i64,
    name: String,
}

#[derive(Template)]
#[template(path = "manage.html")]
struct Manage {
    frame: Frame,
    faults: Faults,
    typed: Typed,
    project: ProjectView,
    href: String,
    may: May,
    supporting: Vec<Supporting>,
    regions: Choices,
    organisations: Choices,
    initiatives: Choices,
    life_cycles: Choices,
    /// The milestones before which another may stand.
    steps: Choices,
    /// Rows of the form that splits.
    rows: Vec<usize>,
    parts: Vec<divide::Row>,
    /// The commitments near at hand, and the others.
    serves: (Vec<serves::Row>, Vec<serves::Row>),
}

impl Manage {
    /// The project's own value of a field that may have none.
    fn held<'a>(&self, value: &'a Option<String>) -> &'a str {
        value.as_deref().unwrap_or_default()
    }

    fn region(&self) -> String {
        let region = self.project.site_region.as_ref();
        region.map(|one| one.code.clone()).unwrap_or_default()
    }

    fn second(&self) -> String {
        let second = self.project.second_initiative.as_ref();
        second.map(|one| one.code.clone()).unwrap_or_default()
    }
}

/// So many parts are split off at once; more by the API.
const PARTS: usize = 5;

pub(super) async fn regions(conn: &mut AsyncPgConnection) -> Result<Choices> {
    let found = orgs::store::list_regions(conn, &[], &everything()).await?;
    Ok(found.rows.into_iter().map(|one| (one.code, one.name)).collect())
}

pub(super) async fn organisations(conn: &mut AsyncPgConnection) -> Result<Choices> {
    let filter = OrganisationFilter {
        archived: Some(false),
        ..OrganisationFilter::default()
    };
    let found = orgs::store::list(conn, &filter, &everything()).await?;
    Ok(found.rows.into_iter().map(|one| (one.code, one.name)).collect())
}

pub(super) async fn initiatives(conn: &mut AsyncPgConnection, within: &Within) -> Result<Choices> {
    let found = plans::initiatives(conn, within).await?;
    Ok(found
        .into_iter()
        .map(|one| {
            let label = format!("{} {}", one.code, one.title);
            (one.code, label)
        })
        .collect())
}

async fn steps(conn: &mut AsyncPgConnection, project_id: Uuid) -> Result<Choices> {
    let found = store::milestones_of(conn, &[project_id]).await?;
    let standing = found.into_iter().filter(|one| one.state != "cancelled");
    Ok(standing.map(|one| (one.code, one.name)).collect())
}

/// What a form chooses from is not paged.
fn everything() -> PageRequest {
    PageRequest {
        limit: 10_000,
        cursor: None,
    }
}

async fn shown(
    state: &State,
    visitor: &Visitor,
    (reference, query): (&str, &str),
    (status, faults, typed): (StatusCode, Faults, Typed),
) -> Paged {
    let shown = state
        .db
        .read(async |conn| {
            let window = Window::open(conn, &state.db.clock, &visitor.actor, &[], None).await?;
            let project = views::read(conn, &window, reference).await?;
            let scopes = store::scopes_of(conn, &[project.id]).await?;
            let scope = scopes.get(&project.id).ok_or(Error::NotFound)?;
            let target = Target::Project(scope);
            let allowed = |action| authz::require(&visitor.actor, action, &target);
            let may = May {
                edit: allowed(Action::EditProject).is_ok(),
                reshape: allowed(Action::ReshapeProject).is_ok(),
                ask: allowed(Action::RequestChange).is_ok(),
            };
            if !may.anything() {
                return Err(Error::Forbidden(Action::EditProject));
            }
            let supporting = project
                .owners
                .iter()
                .filter(|owner| owner.role == "supporting")
                .map(|owner| Supporting {
                    id: owner.id,
                    version: owner.version,
                    name: name(&owner.organisation),
                })
                .collect();
            let within = Within {
                plans: vec![scope.plan_id],
                ..Within::default()
            };
            let row = views::find(conn, &window, reference).await?;
            Ok(Manage {
                parts: divide::rows(conn, &window, &row, &typed).await?,
                serves: serves::rows(conn, &within, &project, &typed).await?,
                frame: Frame::of(visitor, format!("管理：{}", project.title), "/projects", query),
                faults: faults.clone(),
                typed: typed.clone(),
                href: format!("/projects/{}", project.code),
                may,
                supporting,
                regions: regions(conn).await?,
                organisations: organisations(conn).await?,
                initiatives: initiatives(conn, &within).await?,
                life_cycles: [
                    "identification",
                    "preparation",
                    "implementation",
                    "completion",
                    "closed",
                ]
                .map(|word| (word.to_owned(), label("life_cycles", word).to_owned()))
                .to_vec(),
                steps: steps(conn, project.id).await?,
                rows: (0..PARTS).collect(),
                project,
            })
        })
        .await?;
    page(status, &shown)
}

#[get("/projects/{project}/manage")]
pub async fn show(
    request: HttpRequest,
    state: web::Data<State>,
    visitor: Visitor,
    path: web::Path<String>,
) -> Paged {
    let fresh = (StatusCode::OK, Faults::default(), Typed::default());
    shown(&state, &visitor, (&path, request.query_string()), fresh).await
}

/// A form that was sent about a project, and what became of it: shown again where it was refused.
struct Sent<'a> {
    state: &'a State,
    visitor: &'a Visitor,
    project: &'a str,
    form: &'static str,
    posted: &'a Posted,
}

impl Sent<'_> {
    /// Reads the form, then does what it asks in one transaction.
    async fn run<T>(
        &self,
        read: Result<T>,
        work: impl AsyncFn(&mut Tx, Uuid, &T) -> Result<()>,
    ) -> Result<()> {
        let input = read?;
        self.state
            .db
            .write(&self.visitor.origin(), async |tx| {
                let id = store::project_id(tx.conn(), self.project).await?;
                work(tx, id, &input).await
            })
            .await
    }

    /// Goes on with the project itself, which is no longer what the page was about.
    async fn gone(&self, done: Result<()>) -> Paged {
        match done {
            Ok(()) => Ok(see_other(&format!("/projects/{}?done=saved", self.project))),
            refused => self.answer(refused, "saved").await,
        }
    }

    async fn answer(&self, done: Result<()>, word: &str) -> Paged {
        match done {
            Ok(()) => Ok(see_other(&format!(
                "/projects/{}/manage?done={word}",
                self.project
            ))),
            Err(error) => {
                let (faults, status) = Faults::of(error)?;
                let told = (
                    status,
                    placed(self.form, faults),
                    Typed::of(self.form, self.posted),
                );
                shown(self.state, self.visitor, (self.project, ""), told).await
            }
        }
    }
}

/// The faults of a form among several on a page: `reason` of the form `split` is `split-reason`, and a field of an item
/// of a list `split-parts-0-title`.
pub(super) fn placed(form: &str, faults: Faults) -> Faults {
    let told = faults.0.into_iter().map(|told| Told {
        field: match told.field.is_empty() {
            true => String::new(),
            false => format!("{form}-{}", told.field.replace('/', "-")),
        },
        ..told
    });
    Faults(told.collect())
}
