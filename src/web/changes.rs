//! 计划调整: the requests to change what is confirmed, deciding them, and asking for a later date. And what a proposed
//! owner says of the proposal.

use std::collections::BTreeMap;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, get, post, web};
use askama::Template;
use diesel_async::AsyncPgConnection;
use uuid::Uuid;

use super::ledger::{Change as Shown, change};
use super::listing::Asked;
use super::page::{Faults, Frame, Paged, page, see_other};
use super::posted::Posted;
use super::projects::kinds;
use super::visitor::Visitor;
use crate::db::paging::PageRequest;
use crate::http::request::{State, id_of};
use crate::http::vocabularies::label;
use crate::kernel::authz::{self, Action, Reporter, Target};
use crate::kernel::{Code, Error, Result};
use crate::projects::actions::{changes as actions, claims};
use crate::projects::api::changes::asking::of_a_milestone;
use crate::projects::changes::model::{Change, Decision, Kind, NewRequest, Of};
use crate::projects::changes::store as changes;
use crate::projects::model::Claim;
use crate::projects::store;
use crate::sight;
use crate::views::changes::{self as views, ChangeQuery, ChangeRequestView};
use crate::views::movers::{self, MoverView};
use crate::views::window::Window;

const STATES: [(&str, &str); 4] = [
    ("open", "待决定"),
    ("approved", "已同意"),
    ("rejected", "已驳回"),
    ("withdrawn", "已撤回"),
];

/// A request as a line, and whether the visitor decides it.
struct Line {
    id: Uuid,
    version: i64,
    /// What is in the visitor's sight of it; none where a project that is asked for is not there, or is not in sight.
    project: Option<(String, String)>,
    change: Shown,
    decides: bool,
    withdraws: bool,
}

#[derive(Template)]
#[template(path = "changes.html")]
struct Changes {
    frame: Frame,
    faults: Faults,
    lines: Vec<Line>,
    states: Vec<(String, String, bool)>,
    kinds: Vec<(String, String, bool)>,
    before: Option<String>,
    next: Option<String>,
    total: i64,
    movers: Vec<MoverView>,
    /// The same without a day.
    now: String,
    /// What else is asked, to be sent with a day.
    asked: Vec<(String, String)>,
    /// The past day that is shown; empty: now.
    as_of: String,
}

/// So many of those that move their dates most stand on the page; the API has them all.
const MOVERS: i64 = 10;

/// The requests of a page, each with what the visitor may do with it.
async fn lines(
    conn: &mut AsyncPgConnection,
    visitor: &Visitor,
    rows: Vec<ChangeRequestView>,
) -> Result<Vec<Line>> {
    let projects: Vec<Uuid> = rows
        .iter()
        .filter_map(|one| one.project.as_ref().map(|project| project.id))
        .collect();
    let seen = sight::visible(conn, &visitor.actor, &projects).await?;
    let requests: Vec<Uuid> = rows.iter().map(|one| one.id).collect();
    let scopes = store::scopes_of(conn, &projects).await?;
    let proposed = changes::proposed_scopes(conn, &requests).await?;
    let asking: Vec<Uuid> = rows
        .iter()
        .filter_map(|one| one.requested_by.as_ref().map(|by| by.id))
        .collect();
    let paths = store::paths_of(conn, &asking).await?;
    let names = kinds(conn).await?;
    let line = |one: ChangeRequestView| {
        let there = one.project.as_ref();
        let scope = proposed
            .get(&one.id)
            .or_else(|| there.and_then(|project| scopes.get(&project.id)));
        let organisation_id = one.requested_by.as_ref().map(|by| by.id).unwrap_or_default();
        let allowed = |action| {
            scope.is_some_and(|project| {
                let target = Target::Change {
                    project,
                    requester: Reporter {
                        user_id: one.requested_by_user_id,
                        organisation_id,
                    },
                    requester_path: paths.get(&organisation_id).map_or(&[], Vec::as_slice),
                };
                one.state == "open" && authz::require(&visitor.actor, action, &target).is_ok()
            })
        };
        Line {
            id: one.id,
            version: one.version,
            decides: allowed(Action::DecideChange),
            withdraws: allowed(Action::WithdrawChange),
            project: there
                .filter(|project| seen.binary_search(&project.id).is_ok())
                .map(|project| (project.name.clone(), format!("/projects/{}", project.code))),
            change: change(one, &names),
        }
    };
    Ok(rows.into_iter().map(line).collect())
}

/// How the list divides by kind, the kinds that are there; a second click lifts a choice.
fn kind_chips(asked: &Asked, counts: &BTreeMap<String, i64>) -> Vec<(String, String, bool)> {
    Kind::ALL
        .into_iter()
        .filter_map(|kind| {
            let (word, chosen) = (kind.as_str(), asked.has("kind", kind.as_str()));
            let count = counts.get(word).copied().unwrap_or(0);
            let text = format!("{} {count}", label("change_kinds", word));
            (count > 0 || chosen).then(|| (text, asked.toggled("kind", word), chosen))
        })
        .collect()
}

async fn shown(
    state: &State,
    visitor: &Visitor,
    query: &str,
    (status, faults): (StatusCode, Faults),
) -> Paged {
    let asked = Asked::of("/changes", query);
    let wanted_state = asked.one("state").unwrap_or("open").to_owned();
    let wanted_kinds: Vec<String> = Kind::ALL
        .into_iter()
        .map(|kind| kind.as_str().to_owned())
        .filter(|kind| asked.has("kind", kind))
        .collect();
    let cursor = asked.one("cursor").map(str::to_owned);
    // Beside what belongs to the page; a day that is none is told as on other pages.
    let mut q = asked.query(&["state", "kind"]);
    let as_of = q.date("as_of");
    let as_of = q.finish(as_of)?;
    let (lines, counts, (total, movers), next_cursor) = state
        .db
        .read(async |conn| {
            let window = Window::open(conn, &state.db.clock, &visitor.actor, &[], as_of).await?;
            let query = ChangeQuery {
                states: vec![wanted_state.clone()],
                kinds: wanted_kinds.clone(),
                total: true,
                ..ChangeQuery::default()
            };
            let wanted = PageRequest {
                limit: 30,
                cursor: cursor.clone(),
            };
            let question = format!("changes {wanted_state} {wanted_kinds:?} {as_of:?}");
            let found = views::list(conn, &window, &query, &wanted, &question).await?;
            let counts = views::by_kind(conn, &window, &query).await?;
            let (total, next) = (found.total.unwrap_or(0), found.next_cursor.clone());
            let most = PageRequest {
                limit: MOVERS,
                cursor: None,
            };
            let movers = match wanted_state.as_str() {
                "approved" => {
                    movers::list(conn, &window, &ChangeQuery::default(), &most, "")
                        .await?
                        .rows
                }
                _ => Vec::new(),
            };
            let mut lines = lines(conn, visitor, found.rows).await?;
            if as_of.is_some() {
                for line in &mut lines {
                    (line.decides, line.withdraws) = (false, false);
                }
            }
            Ok((lines, counts, (total, movers), next))
        })
        .await?;
    let (before, next) = asked.pages(next_cursor.as_deref());
    let shown = Changes {
        frame: Frame::of(visitor, "计划调整", "/changes", query),
        faults,
        lines,
        states: STATES
            .into_iter()
            .map(|(value, text)| (text.to_owned(), asked.with("state", value), value == wanted_state))
            .collect(),
        kinds: kind_chips(&asked, &counts),
        before,
        next,
        total,
        movers,
        now: match as_of {
            Some(day) => asked.toggled("as_of", &day.to_string()),
            None => String::new(),
        },
        asked: asked.carried(&["as_of"]),
        as_of: as_of.map(|day| day.to_string()).unwrap_or_default(),
    };
    page(status, &shown)
}

#[get("/changes")]
pub async fn list(request: HttpRequest, state: web::Data<State>, visitor: Visitor) -> Paged {
    shown(
        &state,
        &visitor,
        request.query_string(),
        (StatusCode::OK, Faults::default()),
    )
    .await
}

/// Shows the list again where a step of it is refused.
async fn told(state: &State, visitor: &Visitor, done: Result<()>, word: &str) -> Paged {
    match done {
        Ok(()) => Ok(see_other(&format!("/changes?done={word}"))),
        Err(error) => {
            let (faults, status) = Faults::of(error)?;
            shown(state, visitor, "", (status, faults)).await
        }
    }
}

async fn decide(
    state: &State,
    visitor: &Visitor,
    id: &str,
    posted: &Posted,
    decision: Result<Decision>,
) -> Paged {
    let id = id_of(id)?;
    let done = match decision {
        Ok(decision) => state
            .db
            .write(&visitor.origin(), async |tx| {
                actions::decide(tx, id, posted.seen_version(), &decision).await
            })
            .await
            .map(drop),
        Err(error) => Err(error),
    };
    told(state, visitor, done, "saved").await
}

#[post("/changes/{id}/approve")]
pub async fn approve(
    state: web::Data<State>,
    visitor: Visitor,
    path: web::Path<String>,
    posted: Posted,
) -> Paged {
    let note = posted.one("note").map(str::to_owned);
    decide(&state, &visitor, &path, &posted, Ok(Decision::Approve { note })).await
}

#[post("/changes/{id}/reject")]
pub async fn reject(
    state: web::Data<State>,
    visitor: Visitor,
    path: web::Path<String>,
    posted: Posted,
) -> Paged {
    let mut fields = posted.fields(&["note"])?;
    let note = fields.required_text("note", 2_000);
    let decision = fields.finish(Decision::Reject { note });
    decide(&state, &visitor, &path, &posted, decision).await
}

#[post("/changes/{id}/withdraw")]
pub async fn withdraw(
    state: web::Data<State>,
    visitor: Visitor,
    path: web::Path<String>,
    posted: Posted,
) -> Paged {
    let id = id_of(&path)?;
    let done = state
        .db
        .write(&visitor.origin(), async |tx| {
            actions::withdraw(tx, id, posted.seen_version()).await
        })
        .await
        .map(drop);
    told(&state, &visitor, done, "saved").await
}

/// Asks for another date of a confirmed milestone.
#[post("/milestones/{milestone}/postpone")]
pub async fn postpone(
    state: web::Data<State>,
    visitor: Visitor,
    path: web::Path<String>,
    posted: Posted,
) -> Paged {
    let mut fields = posted.fields(&["planned_on", "why"])?;
    let day = fields.date("planned_on");
    let day = fields.required("planned_on", day);
    let why = fields.required_text("why", 2_000);
    let done = match fields.finish((day, why)) {
        Err(error) => Err(error),
        Ok((day, why)) => state
            .db
            .write(&visitor.origin(), async |tx| {
                let id = store::milestone_id(tx.conn(), &path).await?;
                let new = NewRequest {
                    of: Of::Milestone(id),
                    seen_version: posted.seen_version(),
                    change: Change::Date(day),
                    reason: why.clone(),
                    evidence: Vec::new(),
                };
                actions::request(tx, &new).await
            })
            .await
            .map(drop),
    };
    match done {
        Ok(()) => Ok(see_other(&format!("/milestones/{}?done=asked", path.as_str()))),
        Err(error) => super::milestone::refused(&state, &visitor, (&path, &posted), error).await,
    }
}

/// Asks for another weight of a confirmed milestone, or that it falls away.
#[post("/milestones/{milestone}/change")]
pub async fn ask(
    state: web::Data<State>,
    visitor: Visitor,
    path: web::Path<String>,
    posted: Posted,
) -> Paged {
    let names = match posted.one("kind") {
        Some("weight") => ["kind", "weight", "reason"].as_slice(),
        _ => ["kind", "reason"].as_slice(),
    };
    let done = match posted.fields(names).and_then(of_a_milestone) {
        Err(error) => Err(error),
        Ok(asked) => state
            .db
            .write(&visitor.origin(), async |tx| {
                let id = store::milestone_id(tx.conn(), &path).await?;
                asked.request(tx, Of::Milestone(id), posted.seen_version()).await
            })
            .await
            .map(drop),
    };
    match done {
        Ok(()) => Ok(see_other(&format!("/milestones/{}?done=asked", path.as_str()))),
        Err(error) => super::milestone::refused(&state, &visitor, (&path, &posted), error).await,
    }
}

/// The proposed owner says whether it is the owner.
#[post("/projects/{project}/owners/{role}/{word}")]
pub async fn say(
    state: web::Data<State>,
    visitor: Visitor,
    path: web::Path<(String, String, String)>,
    posted: Posted,
) -> Paged {
    let (project, role, word) = path.into_inner();
    let disputes = match (role.as_str(), word.as_str()) {
        ("lead" | "responsible", "claim") => false,
        ("lead" | "responsible", "dispute") => true,
        _ => return Err(Error::NotFound.into()),
    };
    let mut fields = posted.fields(&["reason", "organisation"])?;
    let reason = fields.text("reason", 2_000);
    if disputes && reason.is_none() {
        fields.fault("reason", Code::FieldMissing);
    }
    let suggested = fields.filled_text("organisation", 100);
    let done = match fields.finish(()) {
        Err(error) => Err(error),
        Ok(()) => state
            .db
            .write(&visitor.origin(), async |tx| {
                let id = store::project_id(tx.conn(), &project).await?;
                let organisation_id = match &suggested {
                    Some(name) => {
                        let known = store::organisations_named(tx.conn(), std::slice::from_ref(name)).await?;
                        Some(known.get(name).copied().unwrap_or_default())
                    }
                    None => None,
                };
                let claim = Claim {
                    disputes,
                    reason: reason.clone(),
                    organisation_id,
                };
                claims::say(tx, id, &role, posted.seen_version(), &claim).await
            })
            .await
            .map(drop),
    };
    match done {
        Ok(()) => {
            let word = if disputes { "disputed" } else { "claimed" };
            if posted.one("then") == Some("todo") {
                return Ok(see_other(&format!("/?done={word}")));
            }
            Ok(see_other(&format!("/projects/{project}?done={word}")))
        }
        Err(error) => {
            let (faults, status) = Faults::of(error)?;
            super::project::refused(&state, &visitor, &project, (status, faults)).await
        }
    }
}
