//! 待办: what whoever signs in owes, by when, each done in place.

use std::collections::BTreeSet;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, get, post, web};
use askama::Template;
use chrono::{Days, NaiveDate};
use diesel_async::AsyncPgConnection;
use uuid::Uuid;

use super::page::{Faults, Frame, Paged, page, see_other};
use super::posted::Posted;
use super::reports::{self, Line as ReportLine};
use super::shown::{Line, lines};
use super::visitor::Visitor;
use crate::db::paging::PageRequest;
use crate::http::request::State;
use crate::http::vocabularies::label;
use crate::kernel::authz::Membership;
use crate::kernel::{Code, Error, Fault, Result, Role};
use crate::orgs;
use crate::projects::actions::milestones::{Command, Step, step};
use crate::projects::model::Report;
use crate::views::changes::{self, ChangeQuery};
use crate::views::milestones::{self as views, MilestoneQuery, MilestoneSort};
use crate::views::projects::{self as project_views, ProjectQuery};
use crate::views::window::Window;

/// So many rows of each kind stand on the page; the rest is a link away.
const ROWS: i64 = 50;
/// 30 days ahead is what somebody can still prepare.
const AHEAD: u64 = 30;

/// One kind of thing to do.
struct Section {
    id: &'static str,
    title: &'static str,
    /// What there is to do about it, where the list is empty too.
    hint: &'static str,
    lines: Vec<Line>,
    /// How many there are in all, and where.
    more: Option<(i64, String)>,
}

/// A number that leads somewhere.
struct Tile {
    label: &'static str,
    count: i64,
    href: String,
    late: bool,
}

/// A project of which somebody is asked whether his organisation owns it.
struct ToClaim {
    href: String,
    title: String,
    as_printed: String,
    role: String,
    label: String,
    version: i64,
}

#[derive(Template)]
#[template(path = "todo.html")]
struct Todo {
    frame: Frame,
    faults: Faults,
    today: String,
    tiles: Vec<Tile>,
    to_claim: Vec<ToClaim>,
    sections: Vec<Section>,
    /// Progress reports that are owed or were sent back.
    owed: Vec<ReportLine>,
    /// Something can be reported here.
    reports: bool,
    typed: Typed,
}

/// What was typed, where it is shown again.
#[derive(Default)]
struct Typed {
    actual_on: String,
    note: String,
    picked: BTreeSet<String>,
}

impl Typed {
    /// Whether the line was ticked.
    fn has(&self, line: &Line) -> bool {
        self.picked.contains(&format!("{}:{}", line.id, line.version))
    }
}

/// The organisations for whose milestones somebody reports: his own, and those below a department, a township or an
/// institution; a county government reports its own only.
pub(super) async fn reporting(conn: &mut AsyncPgConnection, memberships: &[Membership]) -> Result<Vec<Uuid>> {
    let mut ids = BTreeSet::new();
    for membership in memberships {
        if !matches!(membership.role, Role::Staff | Role::Reviewer) {
            continue;
        }
        ids.insert(membership.organisation_id);
        if membership.reports_for_those_below() {
            let below = orgs::store::subtree_of(conn, membership.organisation_id).await?;
            ids.extend(below.into_iter().map(|(id, _)| id));
        }
    }
    Ok(ids.into_iter().collect())
}

struct Asked<'a> {
    visitor: &'a Visitor,
    window: &'a Window,
}

impl Asked<'_> {
    async fn section(
        &self,
        conn: &mut AsyncPgConnection,
        (id, title, hint): (&'static str, &'static str, &'static str),
        query: MilestoneQuery,
        more: &str,
    ) -> Result<Section> {
        let page = PageRequest {
            limit: ROWS,
            cursor: None,
        };
        let query = MilestoneQuery { total: true, ..query };
        let found = views::list(conn, self.window, &query, &page, "").await?;
        let total = found.total.unwrap_or(0);
        let more = (total > ROWS).then(|| (total, more.to_owned()));
        Ok(Section {
            id,
            title,
            hint,
            lines: lines(conn, &self.visitor.actor, found.rows).await?,
            more,
        })
    }

    async fn projects(&self, conn: &mut AsyncPgConnection, query: ProjectQuery) -> Result<i64> {
        let page = PageRequest {
            limit: 1,
            cursor: None,
        };
        let query = ProjectQuery { total: true, ..query };
        let found = project_views::list(conn, self.window, &query, &page, "").await?;
        Ok(found.total.unwrap_or(0))
    }
}

async fn of_reporters(
    conn: &mut AsyncPgConnection,
    asked: &Asked<'_>,
    mine: &[Uuid],
    today: NaiveDate,
) -> Result<Vec<Section>> {
    let of = |query: MilestoneQuery| {
        let mut query = query;
        query.filter.responsibles = mine.to_vec();
        query
    };
    let back = of(MilestoneQuery {
        states: vec!["returned".to_owned(), "reopened".to_owned()],
        ..MilestoneQuery::default()
    });
    let late = of(MilestoneQuery {
        overdue: Some(true),
        states: vec!["pending".to_owned()],
        sort: MilestoneSort::MostOverdue,
        ..MilestoneQuery::default()
    });
    let soon = of(MilestoneQuery {
        states: vec!["pending".to_owned()],
        date_bases: vec!["plan".to_owned(), "confirmed".to_owned()],
        due_after: Some(today),
        due_before: today.checked_add_days(Days::new(AHEAD)),
        ..MilestoneQuery::default()
    });
    let waiting = of(MilestoneQuery {
        unverified: Some(true),
        ..MilestoneQuery::default()
    });
    Ok(vec![
        asked
            .section(
                conn,
                ("returned", "退回和重开，须重新上报", "没有被退回的节点。"),
                back,
                "/projects",
            )
            .await?,
        asked
            .section(
                conn,
                ("late", "已逾期，尚未上报", "没有逾期的节点。"),
                late,
                "/overdue",
            )
            .await?,
        asked
            .section(
                conn,
                ("soon", "30 天内到期", "30 天内没有到期的节点。"),
                soon,
                "/projects?sort=due",
            )
            .await?,
        asked
            .section(
                conn,
                ("waiting", "我单位已上报，等待核验", "没有等待核验的上报。"),
                waiting,
                "/projects?unverified=true",
            )
            .await?,
    ])
}

/// What a planner has sent to the organisations in which somebody reviews.
async fn to_claim(conn: &mut AsyncPgConnection, asked: &Asked<'_>, mine: &[Uuid]) -> Result<Vec<ToClaim>> {
    let mut query = ProjectQuery::default();
    query.filter.claims = vec!["asked".to_owned()];
    let page = PageRequest {
        limit: 200,
        cursor: None,
    };
    let found = project_views::list(conn, asked.window, &query, &page, "").await?;
    let mut all = Vec::new();
    for project in &found.rows {
        let asked = project.owners.iter().filter(|owner| {
            owner.claim.as_ref().is_some_and(|claim| claim.claim == "asked")
                && owner
                    .organisation
                    .as_ref()
                    .is_some_and(|one| mine.contains(&one.id))
        });
        all.extend(asked.map(|owner| ToClaim {
            href: format!("/projects/{}", project.code),
            title: project.title.clone(),
            as_printed: project.as_printed.clone(),
            label: label("owner_roles", &owner.role).to_owned(),
            role: owner.role.clone(),
            version: owner.version,
        }));
    }
    Ok(all)
}

async fn of_verifiers(conn: &mut AsyncPgConnection, asked: &Asked<'_>, leads: &[Uuid]) -> Result<Section> {
    let mut query = MilestoneQuery {
        unverified: Some(true),
        ..MilestoneQuery::default()
    };
    query.filter.leads = leads.to_vec();
    let head = ("verify", "待我核验", "没有等待核验的上报。");
    asked
        .section(conn, head, query, "/projects?unverified=true")
        .await
}

/// The figures at the top: each leads to its list.
async fn tiles(conn: &mut AsyncPgConnection, asked: &Asked<'_>) -> Result<Vec<Tile>> {
    let overdue = asked
        .projects(
            conn,
            ProjectQuery {
                overdue: Some(true),
                ..ProjectQuery::default()
            },
        )
        .await?;
    let all = asked.projects(conn, ProjectQuery::default()).await?;
    let unverified = asked
        .projects(
            conn,
            ProjectQuery {
                unverified: Some(true),
                ..ProjectQuery::default()
            },
        )
        .await?;
    let mut of_silent = ProjectQuery::default();
    of_silent.filter.silent = Some(true);
    let silent = asked.projects(conn, of_silent).await?;
    let mut tiles = vec![
        Tile {
            label: "逾期项目",
            count: overdue,
            href: "/projects?overdue=true".to_owned(),
            late: overdue > 0,
        },
        Tile {
            label: "有待核验的项目",
            count: unverified,
            href: "/projects?unverified=true".to_owned(),
            late: false,
        },
        Tile {
            label: "欠报月报的项目",
            count: silent,
            href: "/projects?silent=true".to_owned(),
            late: silent > 0,
        },
        Tile {
            label: "范围内项目",
            count: all,
            href: "/projects".to_owned(),
            late: false,
        },
    ];
    if asked.visitor.is(Role::Planner) {
        let proposals = asked
            .projects(
                conn,
                ProjectQuery {
                    unconfirmed: Some(true),
                    ..ProjectQuery::default()
                },
            )
            .await?;
        tiles.push(Tile {
            label: "有待确认的项目",
            count: proposals,
            href: "/plans".to_owned(),
            late: false,
        });
        let query = ChangeQuery {
            states: vec!["open".to_owned()],
            total: true,
            ..ChangeQuery::default()
        };
        let page = PageRequest {
            limit: 1,
            cursor: None,
        };
        let open = changes::list(conn, asked.window, &query, &page, "").await?;
        tiles.push(Tile {
            label: "待决定的计划调整",
            count: open.total.unwrap_or(0),
            href: "/changes".to_owned(),
            late: false,
        });
    }
    Ok(tiles)
}

async fn shown(
    state: &State,
    visitor: &Visitor,
    query: &str,
    (status, faults, typed): (StatusCode, Faults, Typed),
) -> Paged {
    let (today, (tiles, to_claim), (sections, owed)) = state
        .db
        .read(async |conn| {
            let window = Window::open(conn, &state.db.clock, &visitor.actor, &[], None).await?;
            let asked = Asked {
                visitor,
                window: &window,
            };
            let today = window.plans.iter().map(|plan| plan.day).max();
            let mut sections = Vec::new();
            let mut owed = Vec::new();
            let mine = reporting(conn, &visitor.person.memberships).await?;
            if !mine.is_empty()
                && let Some(today) = today
            {
                sections.extend(of_reporters(conn, &asked, &mine, today).await?);
                owed = reports::owed_by(conn, &window, &mine).await?;
            }
            let leads = visitor.organisations_as(&[Role::Reviewer]);
            if !leads.is_empty() {
                sections.insert(0, of_verifiers(conn, &asked, &leads).await?);
            }
            let to_claim = match leads.is_empty() {
                true => Vec::new(),
                false => to_claim(conn, &asked, &leads).await?,
            };
            Ok((today, (tiles(conn, &asked).await?, to_claim), (sections, owed)))
        })
        .await?;
    let reports = sections
        .iter()
        .flat_map(|section| &section.lines)
        .any(|line| line.may.report);
    page(
        status,
        &Todo {
            frame: Frame::of(visitor, "待办", "/", query),
            faults,
            today: today.map(|day| day.to_string()).unwrap_or_default(),
            tiles,
            to_claim,
            sections,
            owed,
            reports,
            typed,
        },
    )
}

#[get("/")]
pub async fn show(request: HttpRequest, state: web::Data<State>, visitor: Visitor) -> Paged {
    let typed = Typed::default();
    let fresh = (StatusCode::OK, Faults::default(), typed);
    shown(&state, &visitor, request.query_string(), fresh).await
}

/// `id:version` of a milestone that was ticked.
fn picked(text: &str) -> Option<(Uuid, i64)> {
    let (id, version) = text.split_once(':')?;
    Some((Uuid::try_parse(id).ok()?, version.parse().ok()?))
}

/// Reports the milestones that were ticked, all or none. `only` is the button of one line, which reports that alone.
#[post("/milestones/report")]
pub async fn report_many(state: web::Data<State>, visitor: Visitor, posted: Posted) -> Paged {
    let typed = Typed {
        actual_on: posted.typed("actual_on"),
        note: posted.typed("note"),
        picked: posted.many("pick").into_iter().map(str::to_owned).collect(),
    };
    let mut fields = posted.fields(&["actual_on", "note"])?;
    let actual_on = fields.date("actual_on");
    let actual_on = fields.required("actual_on", actual_on);
    let note = fields.text("note", 5_000).filter(|note| !note.is_empty());
    let chosen: Vec<(Uuid, i64)> = typed.picked.iter().filter_map(|text| picked(text)).collect();
    if chosen.is_empty() {
        fields.fault("pick", Code::FieldMissing);
    }
    let commands: Vec<Command> = chosen
        .into_iter()
        .map(|(milestone_id, version)| Command {
            milestone_id,
            seen_version: Some(version),
            step: Step::Report(Report {
                milestone_id,
                seen_version: Some(version),
                actual_on,
                note: note.clone(),
                evidence: Vec::new(),
            }),
        })
        .collect();
    let done = match fields.finish(()) {
        Ok(()) => {
            state
                .db
                .write(&visitor.origin(), async |tx| step(tx, &commands).await)
                .await
        }
        Err(error) => Err(error),
    };
    match done {
        Ok(_) => Ok(see_other("/?done=reported")),
        Err(error) => {
            let (faults, status) = Faults::of(whole(error))?;
            shown(&state, &visitor, "", (status, faults, typed)).await
        }
    }
}

/// Faults of single items belong to the fields that all of them share.
fn whole(error: Error) -> Error {
    match error {
        Error::Items(items) => {
            let mut faults: Vec<Fault> = Vec::new();
            for (_, error) in items {
                for mut fault in crate::http::problem::faults_of(&error) {
                    if fault.pointer.is_empty() {
                        fault.pointer = "/pick".to_owned();
                    }
                    if !faults.contains(&fault) {
                        faults.push(fault);
                    }
                }
            }
            Error::Invalid(faults)
        }
        other => other,
    }
}
