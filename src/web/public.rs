//! 公开: the plan box by box and each public project at its stable code, for everybody, without signing in. The same
//! views as the public API: no proposal, nothing unverified, no word of the work behind them.

use actix_web::{HttpRequest, get, web};
use askama::Template;
use diesel_async::AsyncPgConnection;

use super::listing::Asked;
use super::page::{Frame, Paged, public};
use super::projects::kinds;
use super::shown::{dated, name};
use crate::db::paging::PageRequest;
use crate::http::request::State;
use crate::http::vocabularies::label;
use crate::kernel::{Error, Result};
use crate::plans::model::{InitiativeView, PlanView, ProgrammeView};
use crate::plans::store::{self as plans, Within};
use crate::views::filters::ProjectFilter;
use crate::views::public::{self as views, PublicCommitmentView, PublicProjectView};

/// A box with how many public projects it holds.
struct BoxLine {
    programme: ProgrammeView,
    projects: i64,
}

struct PlanBoxes {
    plan: PlanView,
    boxes: Vec<BoxLine>,
}

#[derive(Template)]
#[template(path = "public.html")]
struct Front {
    frame: Frame,
    plans: Vec<PlanBoxes>,
}

/// A public project as a line.
struct Line {
    href: String,
    title: String,
    kind: String,
    region: String,
    quantity: String,
    due: String,
    lead: String,
    responsible: String,
    progress: String,
    verified_on: String,
    cancelled: bool,
}

fn owner(project: &PublicProjectView, role: &str) -> String {
    project
        .owners
        .iter()
        .find(|owner| owner.role == role)
        .map(|owner| name(&owner.organisation))
        .unwrap_or_default()
}

fn line(project: &PublicProjectView, kinds: &std::collections::BTreeMap<String, String>) -> Line {
    Line {
        href: format!("/public/projects/{}", project.code),
        title: project.title.clone(),
        kind: kinds.get(&project.kind).cloned().unwrap_or_default(),
        region: name(&project.site_region),
        quantity: match (&project.quantity, &project.unit) {
            (Some(quantity), Some(unit)) => format!("{quantity} {unit}"),
            (Some(quantity), None) => quantity.clone(),
            _ => String::new(),
        },
        due: match (project.due_on, &project.due_precision) {
            (Some(on), Some(precision)) => dated(on, precision),
            _ => "规划期内".to_owned(),
        },
        lead: owner(project, "lead"),
        responsible: owner(project, "responsible"),
        progress: match project.milestones {
            0 => String::new(),
            all => format!("{} / {all} 个节点已核验", project.milestones_verified),
        },
        verified_on: project
            .last_verified_on
            .map(|day| day.to_string())
            .unwrap_or_default(),
        cancelled: project.cancelled,
    }
}

async fn of_box(
    conn: &mut AsyncPgConnection,
    filter: &ProjectFilter,
    limit: i64,
) -> Result<(Vec<PublicProjectView>, i64)> {
    let page = PageRequest { limit, cursor: None };
    let found = views::list(conn, &[], filter, true, &page, "").await?;
    Ok((found.rows, found.total.unwrap_or(0)))
}

#[get("/public")]
pub async fn front(request: HttpRequest, state: web::Data<State>) -> Paged {
    let asked = Asked::of("/public", request.query_string());
    asked.query(&[]).finish(())?;
    let plans = state
        .db
        .read(async |conn| {
            let mut all = Vec::new();
            for plan in plans::plans(conn).await? {
                let within = Within {
                    plans: vec![plan.id],
                    ..Within::default()
                };
                let mut boxes = Vec::new();
                for programme in plans::programmes(conn, &within).await? {
                    let filter = ProjectFilter {
                        programmes: vec![programme.id],
                        ..ProjectFilter::default()
                    };
                    let (_, projects) = of_box(conn, &filter, 1).await?;
                    boxes.push(BoxLine { programme, projects });
                }
                all.push(PlanBoxes { plan, boxes });
            }
            Ok(all)
        })
        .await?;
    let frame = Frame::bare("公开信息");
    public(&Front { frame, plans })
}

struct Item {
    initiative: InitiativeView,
    lines: Vec<Line>,
    commitments: Vec<PublicCommitmentView>,
}

#[derive(Template)]
#[template(path = "public_box.html")]
struct PublicBox {
    frame: Frame,
    plan: PlanView,
    programme: ProgrammeView,
    own: Vec<PublicCommitmentView>,
    items: Vec<Item>,
}

#[get("/public/plans/{plan}/{number}")]
pub async fn show_box(state: web::Data<State>, path: web::Path<(String, String)>) -> Paged {
    let number: i32 = path.1.parse().map_err(|_| Error::NotFound)?;
    let shown = state
        .db
        .read(async |conn| {
            let plan = plans::plan(conn, &path.0).await?;
            let of_plan = Within {
                plans: vec![plan.id],
                ..Within::default()
            };
            let programme = plans::programmes(conn, &of_plan)
                .await?
                .into_iter()
                .find(|programme| programme.number == number)
                .ok_or(Error::NotFound)?;
            let within = Within {
                programmes: vec![programme.id],
                ..Within::default()
            };
            let initiatives = plans::initiatives(conn, &within).await?;
            let commitments: Vec<PublicCommitmentView> = plans::commitments(conn, &within)
                .await?
                .into_iter()
                .map(Into::into)
                .collect();
            let kinds = kinds(conn).await?;
            let mut items = Vec::new();
            for initiative in initiatives {
                let filter = ProjectFilter {
                    initiatives: vec![initiative.id],
                    ..ProjectFilter::default()
                };
                let (rows, _) = of_box(conn, &filter, 1_000).await?;
                items.push(Item {
                    lines: rows.iter().map(|project| line(project, &kinds)).collect(),
                    commitments: commitments
                        .iter()
                        .filter(|one| one.initiative_id == Some(initiative.id))
                        .cloned()
                        .collect(),
                    initiative,
                });
            }
            Ok(PublicBox {
                frame: Frame::bare(format!("专栏 {} {}", programme.number, programme.title)),
                own: commitments
                    .into_iter()
                    .filter(|one| one.initiative_id.is_none())
                    .collect(),
                plan,
                programme,
                items,
            })
        })
        .await?;
    public(&shown)
}

/// A dated step, as everybody may see it.
struct Step {
    name: String,
    planned: String,
    state: &'static str,
    verified: bool,
    actual: String,
}

#[derive(Template)]
#[template(path = "public_project.html")]
struct PublicProject {
    frame: Frame,
    line: Line,
    project: PublicProjectView,
    steps: Vec<Step>,
}

#[get("/public/projects/{project}")]
pub async fn show_project(state: web::Data<State>, path: web::Path<String>) -> Paged {
    let shown = state
        .db
        .read(async |conn| {
            let project = views::read(conn, &path).await?;
            let steps = views::milestones_of(conn, &path).await?;
            let kinds = kinds(conn).await?;
            Ok(PublicProject {
                frame: Frame::bare(project.title.clone()),
                line: line(&project, &kinds),
                steps: steps
                    .into_iter()
                    .map(|step| Step {
                        planned: dated(step.planned_on, &step.date_precision),
                        state: if step.verified { "已核验" } else { "未核验" },
                        verified: step.verified,
                        actual: step.actual_on.map(|day| day.to_string()).unwrap_or_default(),
                        name: step.name,
                    })
                    .collect(),
                project,
            })
        })
        .await?;
    public(&shown)
}

/// A promise in words.
impl Item {
    fn promised(&self) -> Vec<(String, String)> {
        self.commitments.iter().map(promised).collect()
    }
}

fn promised(one: &PublicCommitmentView) -> (String, String) {
    let nature = one
        .nature
        .as_deref()
        .map(|nature| format!("（{}）", label("natures", nature)))
        .unwrap_or_default();
    (format!("{}{nature}", one.metric), one.as_printed.clone())
}

impl PublicBox {
    fn indicators(&self) -> Vec<(String, String)> {
        self.own.iter().map(promised).collect()
    }
}
