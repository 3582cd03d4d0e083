//! A milestone by itself: what was promised beside what was reported, and everything that can be done with it.

use actix_multipart::MultipartError;
use actix_multipart::form::bytes::Bytes;
use actix_multipart::form::text::Text;
use actix_multipart::form::{MultipartForm, MultipartFormConfig};
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, get, post, web};
use askama::Template;
use uuid::Uuid;

use super::page::{Faults, Frame, Paged, Refused, page, see_other};
use super::posted::{Posted, check};
use super::shown::{Line, lines};
use super::visitor::Visitor;
use crate::db::paging::PageRequest;
use crate::http::request::{State, id_of};
use crate::kernel::{Code, Error, Fault, Result, Role};
use crate::projects::actions::evidence as uploads;
use crate::projects::actions::milestones::{Command, Step, step};
use crate::projects::api::evidence::{clean_name, read as read_file, served};
use crate::projects::evidence::{self, MOST, PREFIX};
use crate::projects::model::{Evidence, Report};
use crate::projects::store;
use crate::views::milestones::{self as views, MilestoneQuery};
use crate::views::window::Window;

/// So many proofs can be typed at once; with more, the report is sent by the API.
const PROOFS: usize = 5;

#[derive(Template)]
#[template(path = "milestone.html")]
struct MilestonePage {
    frame: Frame,
    faults: Faults,
    line: Line,
    today: String,
    typed: Typed,
    /// What was uploaded for it: id, name, size.
    files: Vec<(Uuid, String, String)>,
    /// What the report names: kind, text, and the address of a file.
    proofs: Vec<(String, String, Option<String>)>,
}

/// A size as somebody reads it.
fn sized(bytes: i32) -> String {
    match bytes {
        small if small < 1024 => format!("{small} 字节"),
        middle if middle < 1024 * 1024 => format!("{} KB", middle / 1024),
        large => format!("{:.1} MB", f64::from(large) / 1024.0 / 1024.0),
    }
}

/// What was typed, where it is shown again.
#[derive(Default)]
struct Typed {
    actual_on: String,
    note: String,
    reason: String,
    planned_on: String,
    why: String,
    kind: String,
    weight: String,
    proofs: Vec<(String, String)>,
}

impl Typed {
    fn of(posted: &Posted) -> Typed {
        let proofs = (0..PROOFS)
            .map(|index| {
                (
                    posted.typed(&format!("kind-{index}")),
                    posted.typed(&format!("reference-{index}")),
                )
            })
            .collect();
        Typed {
            actual_on: posted.typed("actual_on"),
            note: posted.typed("note"),
            reason: posted.typed("reason"),
            planned_on: posted.typed("planned_on"),
            why: posted.typed("why"),
            kind: posted.typed("kind"),
            weight: posted.typed("weight"),
            proofs,
        }
    }

    /// The rows to type proofs into: what was typed, else one for each kind that is wanted.
    fn rows(&self, wanted: &[String]) -> Vec<(usize, String, String)> {
        let mut rows: Vec<(String, String)> = match self.proofs.is_empty() {
            true => wanted.iter().map(|kind| (kind.clone(), String::new())).collect(),
            false => self.proofs.clone(),
        };
        // One more than there are, to fill in.
        rows.resize((rows.len() + 1).min(PROOFS), (String::new(), String::new()));
        rows.into_iter()
            .enumerate()
            .map(|(index, (kind, reference))| (index, kind, reference))
            .collect()
    }
}

async fn shown(
    state: &State,
    visitor: &Visitor,
    (reference, query): (&str, &str),
    (status, faults, typed): (StatusCode, Faults, Typed),
) -> Paged {
    let (line, today, files) = state
        .db
        .read(async |conn| {
            let window = Window::open(conn, &state.db.clock, &visitor.actor, &[], None).await?;
            let found = views::read(conn, &window, reference).await?;
            let today = found.day;
            let files = evidence::store::of_milestones(conn, &[found.id]).await?;
            let line = lines(conn, &visitor.actor, vec![found])
                .await?
                .pop()
                .ok_or(Error::NotFound)?;
            Ok((line, today, files))
        })
        .await?;
    page(
        status,
        &MilestonePage {
            frame: Frame::of(
                visitor,
                format!("{}：{}", line.project, line.name),
                "/projects",
                query,
            ),
            faults,
            today: today.to_string(),
            proofs: line
                .evidence
                .iter()
                .map(|(kind, reference)| {
                    let file = files
                        .iter()
                        .find(|file| reference.strip_prefix(PREFIX) == Some(file.id.to_string().as_str()));
                    match file {
                        Some(file) => (kind.clone(), file.name.clone(), Some(reference.clone())),
                        None => (kind.clone(), reference.clone(), None),
                    }
                })
                .collect(),
            files: files
                .into_iter()
                .map(|file| (file.id, file.name, sized(file.size)))
                .collect(),
            line,
            typed,
        },
    )
}

#[get("/milestones/{milestone}")]
pub async fn show(
    request: HttpRequest,
    state: web::Data<State>,
    visitor: Visitor,
    path: web::Path<String>,
) -> Paged {
    let fresh = (StatusCode::OK, Faults::default(), Typed::default());
    shown(&state, &visitor, (&path, request.query_string()), fresh).await
}

/// The page again, with what was refused.
pub(super) async fn refused(
    state: &State,
    visitor: &Visitor,
    (reference, posted): (&str, &Posted),
    error: Error,
) -> Paged {
    let (faults, status) = Faults::of(error)?;
    shown(
        state,
        visitor,
        (reference, ""),
        (status, faults, Typed::of(posted)),
    )
    .await
}

/// The proofs that were typed. A kind without a reference says nothing, a reference needs its kind.
fn proofs(typed: &Typed) -> Result<Vec<Evidence>> {
    let mut all = Vec::new();
    let mut faults = Vec::new();
    for (index, (kind, reference)) in typed.proofs.iter().enumerate() {
        if reference.is_empty() {
            continue;
        }
        if kind.is_empty() {
            faults.push(Fault::new(format!("/kind-{index}"), Code::FieldMissing));
        }
        for (name, text, most) in [("kind", kind, 100), ("reference", reference, 500)] {
            if text.chars().count() > most {
                faults.push(Fault::new(format!("/{name}-{index}"), Code::FieldTooLong).with("most", most));
            }
        }
        all.push(Evidence {
            kind: kind.clone(),
            reference: reference.clone(),
        });
    }
    if faults.is_empty() {
        Ok(all)
    } else {
        Err(Error::Invalid(faults))
    }
}

/// The report that waits longest for this reviewer.
async fn next_to_verify(state: &State, visitor: &Visitor) -> Result<Option<Uuid>> {
    let mut query = MilestoneQuery {
        unverified: Some(true),
        ..MilestoneQuery::default()
    };
    query.filter.leads = visitor.organisations_as(&[Role::Reviewer]);
    if query.filter.leads.is_empty() {
        return Ok(None);
    }
    let first = PageRequest {
        limit: 1,
        cursor: None,
    };
    let found = state
        .db
        .read(async |conn| {
            let window = Window::open(conn, &state.db.clock, &visitor.actor, &[], None).await?;
            views::list(conn, &window, &query, &first, "").await
        })
        .await?;
    Ok(found.rows.first().map(|milestone| milestone.id))
}

/// Takes a step of one milestone, and shows the page again where it is refused.
async fn take(
    state: &State,
    visitor: &Visitor,
    (reference, posted): (&str, &Posted),
    done: &str,
    make: impl Fn(Uuid) -> Result<Step>,
) -> Paged {
    let seen_version = posted.seen_version();
    let taken = state
        .db
        .write(&visitor.origin(), async |tx| {
            let milestone_id = store::milestone_id(tx.conn(), reference).await?;
            let command = Command {
                milestone_id,
                seen_version,
                step: make(milestone_id)?,
            };
            step(tx, &[command]).await
        })
        .await;
    match taken {
        Ok(_) if posted.one("then") == Some("next") => {
            let next = next_to_verify(state, visitor).await?;
            let to = next.map_or_else(|| "/".to_owned(), |id| format!("/milestones/{id}"));
            Ok(see_other(&format!("{to}?done={done}")))
        }
        // The list is where the work goes on.
        Ok(_) if posted.one("then") == Some("todo") => Ok(see_other(&format!("/?done={done}"))),
        Ok(_) => Ok(see_other(&format!("/milestones/{reference}?done={done}"))),
        Err(error) => refused(state, visitor, (reference, posted), error).await,
    }
}

#[post("/milestones/{milestone}/report")]
pub async fn report(
    state: web::Data<State>,
    visitor: Visitor,
    path: web::Path<String>,
    posted: Posted,
) -> Paged {
    let typed = Typed::of(&posted);
    take(&state, &visitor, (&path, &posted), "reported", |milestone_id| {
        let mut fields = posted.fields(&["actual_on", "note"])?;
        let actual_on = fields.date("actual_on");
        let report = Report {
            milestone_id,
            seen_version: posted.seen_version(),
            actual_on: fields.required("actual_on", actual_on),
            note: fields.text("note", 5_000).filter(|note| !note.is_empty()),
            evidence: Vec::new(),
        };
        let report = fields.finish(report)?;
        let mut evidence = proofs(&typed)?;
        for id in posted.many("file") {
            let kind = posted.one(&format!("fkind-{id}")).unwrap_or("佐证材料");
            evidence.push(Evidence {
                kind: kind.chars().take(100).collect(),
                reference: format!("{PREFIX}{id}"),
            });
        }
        Ok(Step::Report(Report { evidence, ..report }))
    })
    .await
}

#[post("/milestones/{milestone}/withdraw")]
pub async fn withdraw(
    state: web::Data<State>,
    visitor: Visitor,
    path: web::Path<String>,
    posted: Posted,
) -> Paged {
    let reason = posted.one("reason").map(str::to_owned);
    take(&state, &visitor, (&path, &posted), "withdrawn", |_| {
        Ok(Step::Withdraw {
            reason: reason.clone(),
        })
    })
    .await
}

#[post("/milestones/{milestone}/verify")]
pub async fn verify(
    state: web::Data<State>,
    visitor: Visitor,
    path: web::Path<String>,
    posted: Posted,
) -> Paged {
    let note = posted.one("note").map(str::to_owned);
    take(&state, &visitor, (&path, &posted), "verified", |_| {
        Ok(Step::Verify { note: note.clone() })
    })
    .await
}

/// A reason that says something.
fn reason(posted: &Posted) -> Result<String> {
    let mut fields = posted.fields(&["reason"])?;
    let reason = fields.required_text("reason", 2_000);
    fields.finish(reason)
}

#[post("/milestones/{milestone}/return")]
pub async fn send_back(
    state: web::Data<State>,
    visitor: Visitor,
    path: web::Path<String>,
    posted: Posted,
) -> Paged {
    take(&state, &visitor, (&path, &posted), "returned", |_| {
        Ok(Step::Return {
            reason: reason(&posted)?,
        })
    })
    .await
}

#[post("/milestones/{milestone}/reopen")]
pub async fn reopen(
    state: web::Data<State>,
    visitor: Visitor,
    path: web::Path<String>,
    posted: Posted,
) -> Paged {
    take(&state, &visitor, (&path, &posted), "reopened", |_| {
        Ok(Step::Reopen {
            reason: reason(&posted)?,
        })
    })
    .await
}

/// A form with files. Its token is looked at before anything of it is kept.
#[derive(Debug, MultipartForm)]
pub struct Upload {
    #[multipart(rename = "_csrf")]
    csrf: Option<Text<String>>,
    #[multipart(limit = "20MiB")]
    file: Vec<Bytes>,
}

/// How much of a form with files is read: one that is as large as may be, and its frame.
pub fn limits() -> MultipartFormConfig {
    MultipartFormConfig::default()
        .total_limit(MOST + 64 * 1024)
        .memory_limit(MOST + 64 * 1024)
        .error_handler(|error, _| match error {
            MultipartError::Payload(_) => Refused::Error(Error::TooLarge { limit: MOST }).into(),
            _ => Refused::Form.into(),
        })
}

#[post("/milestones/{milestone}/evidence")]
pub async fn upload(
    request: HttpRequest,
    state: web::Data<State>,
    visitor: Visitor,
    path: web::Path<String>,
    form: MultipartForm<Upload>,
) -> Paged {
    let form = form.into_inner();
    check(&request, form.csrf.as_ref().map_or("", |token| token.as_str()))?;
    let files: Vec<(String, web::Bytes)> = form
        .file
        .into_iter()
        .filter(|file| !file.data.is_empty())
        .map(|file| {
            (
                clean_name(file.file_name.as_deref().unwrap_or_default()),
                file.data,
            )
        })
        .collect();
    let done = match files.is_empty() {
        true => Err(Error::invalid("/file", Code::EvidenceEmpty)),
        false => {
            state
                .db
                .write(&visitor.origin(), async |tx| {
                    let id = store::milestone_id(tx.conn(), &path).await?;
                    for (name, content) in &files {
                        uploads::add(tx, &state.keeper, id, name, content).await?;
                    }
                    Ok(())
                })
                .await
        }
    };
    match done {
        Ok(()) => Ok(see_other(&format!(
            "/milestones/{}?done=uploaded#report",
            path.as_str()
        ))),
        Err(error) => {
            let (faults, status) = Faults::of(error)?;
            shown(&state, &visitor, (&path, ""), (status, faults, Typed::default())).await
        }
    }
}

/// A file that a report may name, for whoever has its project in sight.
#[get("/files/{id}")]
pub async fn show_file(state: web::Data<State>, visitor: Visitor, path: web::Path<String>) -> Paged {
    let id = id_of(&path)?;
    let (row, bytes) = state
        .db
        .read(async |conn| read_file(conn, (&state.db.clock, &visitor.actor), &state, id).await)
        .await?;
    Ok(served(&row, bytes))
}
