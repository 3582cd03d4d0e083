//! 日志: what happened, within one's sight, newest first; and the proof that nobody changed it, for those at the head of
//! the tree.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};

use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, get, post, web};
use askama::Template;
use diesel_async::AsyncPgConnection;
use uuid::Uuid;

use super::listing::Asked;
use super::page::{Faults, Frame, Paged, page};
use super::posted::Posted;
use super::project::detail;
use super::visitor::Visitor;
use crate::db::EventKind;
use crate::db::log::{self as chain, Finding, Head, Proof, REGISTRY};
use crate::db::paging::PageRequest;
use crate::http::request::State;
use crate::http::vocabularies::{label, role_label};
use crate::kernel::authz::{self, Action, Target};
use crate::kernel::{Code, Error, Result, Role};
use crate::projects::store;
use crate::users::store::memberships;
use crate::views::history::{self, EventQuery};
use crate::views::window::Window;

/// An event as somebody reads it.
struct Line {
    recorded: String,
    day: String,
    what: String,
    about: Option<(String, String)>,
    detail: String,
    /// The organisation and the role for which somebody acted; persons stand in the log by id only.
    by: String,
    door: String,
}

/// What a proof said.
struct Proved {
    events: i64,
    findings: Vec<String>,
    heads: Vec<(String, String)>,
}

#[derive(Template)]
#[template(path = "log.html")]
struct Log {
    frame: Frame,
    faults: Faults,
    lines: Vec<Line>,
    kinds: Vec<(&'static str, String)>,
    kind: String,
    from: String,
    until: String,
    before: Option<String>,
    next: Option<String>,
    /// The visitor may prove the log.
    proves: bool,
    proved: Option<Proved>,
    kept: String,
}

/// For what organisation and in what role: 民勤县人民医院 经办.
async fn actors(conn: &mut AsyncPgConnection, ids: &[Uuid]) -> Result<BTreeMap<Uuid, String>> {
    let found = memberships::named(conn, ids).await?;
    Ok(found
        .into_iter()
        .map(|(id, organisation, role)| {
            let role = Role::parse(&role).map_or("", role_label);
            (id, format!("{organisation} {role}"))
        })
        .collect())
}

async fn shown(
    state: &State,
    visitor: &Visitor,
    query: &str,
    (status, faults, proved, kept): (StatusCode, Faults, Option<Proved>, String),
) -> Paged {
    let asked = Asked::of("/log", query);
    let mut q = asked.query(&[]);
    let names: Vec<&'static str> = EventKind::ALL.into_iter().map(EventKind::as_str).collect();
    let kinds = q.choices("kind", &names, |text| {
        names.contains(&text).then(|| text.to_owned())
    });
    let (from, until) = (q.date("from"), q.date("until"));
    q.finish(())?;
    let wanted = PageRequest {
        limit: 50,
        cursor: asked.one("cursor").map(str::to_owned),
    };
    let question = asked.question();
    let events = EventQuery {
        kinds,
        from,
        until,
        newest_first: true,
        ..EventQuery::default()
    };
    let (lines, next) = state
        .db
        .read(async |conn| {
            let window = Window::open(conn, &state.db.clock, &visitor.actor, &[], None).await?;
            let found = history::list(conn, &window, &visitor.actor, &events, &wanted, &question).await?;
            let mut projects: Vec<Uuid> = found.rows.iter().filter_map(|one| one.project_id).collect();
            projects.sort_unstable();
            projects.dedup();
            let projects = store::projects_by_id(conn, &projects).await?;
            let by: Vec<Uuid> = found
                .rows
                .iter()
                .filter_map(|one| one.actor_membership_id)
                .collect();
            let by = actors(conn, &by).await?;
            let full = found.rows.len() as i64 == wanted.limit;
            let lines = found
                .rows
                .iter()
                .map(|one| Line {
                    recorded: one.recorded_at.format("%Y-%m-%d %H:%M:%S").to_string(),
                    day: one.day.to_string(),
                    what: label("event_kinds", &one.kind).to_owned(),
                    about: one
                        .project_id
                        .and_then(|id| projects.get(&id))
                        .map(|row| (format!("/projects/{}", row.code), row.title.clone())),
                    detail: detail(one.body.as_ref()),
                    by: match one.actor_membership_id.and_then(|id| by.get(&id)) {
                        Some(text) => text.clone(),
                        None if one.actor_user_id.is_some() => "本人账号".to_owned(),
                        None => "系统".to_owned(),
                    },
                    door: label("doors", &one.door).to_owned(),
                })
                .collect::<Vec<_>>();
            Ok((lines, found.next_cursor.filter(|_| full)))
        })
        .await?;
    let (before, next) = asked.pages(next.as_deref());
    let held = |name: &str| asked.one(name).unwrap_or_default().to_owned();
    let shown = Log {
        frame: Frame::of(visitor, "日志", "/log", query),
        faults,
        lines,
        kinds: names
            .iter()
            .map(|name| (*name, label("event_kinds", name).to_owned()))
            .collect(),
        kind: held("kind"),
        from: held("from"),
        until: held("until"),
        before,
        next,
        proves: may_prove(visitor).is_ok(),
        proved,
        kept,
    };
    page(status, &shown)
}

/// The whole log is proved by whoever may read all of it.
fn may_prove(visitor: &Visitor) -> Result<()> {
    authz::require(&visitor.actor, Action::ReadRegistryEvents, &Target::Registry).map(drop)
}

#[get("/log")]
pub async fn show(request: HttpRequest, state: web::Data<State>, visitor: Visitor) -> Paged {
    let fresh = (StatusCode::OK, Faults::default(), None, String::new());
    shown(&state, &visitor, request.query_string(), fresh).await
}

/// What a finding says, and where.
fn finding(found: &Finding) -> String {
    let (what, stream_id, number) = match found {
        Finding::Missing { stream_id, number } => ("缺少一条", stream_id, number),
        Finding::ChainBroken { stream_id, number } => ("与上一条不相连", stream_id, number),
        Finding::HashWrong { stream_id, number } => ("内容与校验值不符", stream_id, number),
        Finding::BodyChanged { stream_id, number } => ("正文被改动", stream_id, number),
        Finding::BodyMissing { stream_id, number } => ("正文缺失", stream_id, number),
        Finding::RedactionUnfounded { stream_id, number } => ("正文被删，没有脱敏记录", stream_id, number),
        Finding::TimeGoesBack { stream_id, number } => ("时间倒退", stream_id, number),
        Finding::HeadDiffers { stream_id, number } => ("末尾与登记的不符", stream_id, number),
        Finding::KeptHeadDiffers { stream_id, number } => ("与另存的校验值不符", stream_id, number),
    };
    format!("{}第 {number} 条：{what}", of_stream(*stream_id))
}

fn of_stream(stream_id: Uuid) -> String {
    if stream_id == REGISTRY {
        "登记日志".to_owned()
    } else {
        format!("规划日志 {stream_id} ")
    }
}

fn said(proof: Proof) -> Proved {
    Proved {
        events: proof.events,
        findings: proof.findings.iter().map(finding).collect(),
        heads: proof
            .heads
            .into_iter()
            .map(|head| (of_stream(head.stream_id), head.hash))
            .collect(),
    }
}

/// One proof at a time: it reads the whole log.
static RUNNING: AtomicBool = AtomicBool::new(false);

/// Held while a proof runs, and given back however it ends.
struct Turn;

impl Turn {
    fn take() -> Option<Turn> {
        (!RUNNING.swap(true, Ordering::AcqRel)).then_some(Turn)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        RUNNING.store(false, Ordering::Release);
    }
}

/// Proves the log, and that it is the one of which somebody kept the heads.
#[post("/log/verify")]
pub async fn verify(state: web::Data<State>, visitor: Visitor, posted: Posted) -> Paged {
    may_prove(&visitor)?;
    let kept = posted.typed("kept");
    let heads: Vec<Head> = match kept.is_empty() {
        true => Vec::new(),
        false => match serde_json::from_str(&kept) {
            Ok(heads) => heads,
            Err(_) => {
                let mut wrong = Error::malformed("/kept", Code::FieldFormat);
                if let Error::Malformed(faults) = &mut wrong {
                    for fault in faults {
                        fault.params.push(("format", "另存校验值的文件".to_owned()));
                    }
                }
                let (faults, status) = Faults::of(wrong)?;
                return shown(&state, &visitor, "", (status, faults, None, kept)).await;
            }
        },
    };
    let Some(_turn) = Turn::take() else {
        return Err(Error::TooManyRequests {
            code: Code::LogBusy,
            seconds: 30,
        }
        .into());
    };
    let proof = state
        .db
        .read(async |conn| chain::verify(conn, &heads).await)
        .await?;
    let told = (StatusCode::OK, Faults::default(), Some(said(proof)), kept);
    shown(&state, &visitor, "", told).await
}

/// The heads of the chains, to be kept elsewhere: the form that `guatu audit` reads too.
#[get("/log/heads.json")]
pub async fn kept_heads(state: web::Data<State>, visitor: Visitor) -> Paged {
    may_prove(&visitor)?;
    let heads = state.db.read(async |conn| chain::heads(conn).await).await?;
    Ok(HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "private, no-store"))
        .insert_header((header::CONTENT_DISPOSITION, "attachment; filename=\"heads.json\""))
        .json(heads))
}
