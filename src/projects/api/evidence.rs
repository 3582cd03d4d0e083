//! The JSON door of evidence files.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, get, post, web};
use diesel_async::AsyncPgConnection;
use uuid::Uuid;

use crate::db::paging::Page;
use crate::http::answer::{self, Answer, ListBody};
use crate::http::problem::{Problem, ProblemDocument};
use crate::http::refusals::{AddRefusals, ReadRefusals};
use crate::http::request::{SignedIn, State, id_of, query};
use crate::http::run;
use crate::kernel::{Actor, Clock, Code, Error, Result};
use crate::projects::actions::evidence as actions;
use crate::projects::evidence::{self, FileRow, MOST};
use crate::projects::store;
use crate::views::milestones as milestone_views;
use crate::views::projects as project_views;
use crate::views::window::Window;

/// A file's own name, without the folders that some browsers send, and without what no name holds.
pub fn clean_name(text: &str) -> String {
    let last = text.rsplit(['/', '\\']).next().unwrap_or_default();
    let name: String = last.chars().filter(|c| !c.is_control()).take(200).collect();
    match name.trim() {
        "" => "未命名".to_owned(),
        name => name.to_owned(),
    }
}

/// Uploads a file for a milestone's report: the bytes as they are, of PDF, JPEG, PNG, XLSX or DOCX, told by their content,
/// at most 20 MB. The same content again answers the file that is there, so it may be sent again safely. A report names it
/// as `/files/<id>`.
#[utoipa::path(tag = "milestones", request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    params(("milestone" = String, Path, description = "Id or code."),
        ("name" = String, Query, description = "What the file is called.", min_length = 1, max_length = 200)),
    responses((status = 201, body = FileRow), (status = 200, description = "It was there already", body = FileRow), AddRefusals))]
#[post("/milestones/{milestone}/evidence-files")]
pub async fn add(
    request: HttpRequest,
    who: SignedIn,
    state: web::Data<State>,
    path: web::Path<String>,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    let mut q = query(&request);
    let name = q.one("name");
    if name.is_none() {
        q.fault("name", Code::FieldMissing, &[]);
    }
    let name = q.finish(name.unwrap_or_default())?;
    let bytes = payload
        .to_bytes_limited(MOST)
        .await
        .map_err(|_| Problem(Error::TooLarge { limit: MOST }))?
        .map_err(|_| Problem(Error::malformed("", Code::BodyMalformed)))?;
    let name = clean_name(&name);
    let answer = run::change(&state, &who, async |tx| {
        let id = store::milestone_id(tx.conn(), &path).await?;
        let (row, fresh) = actions::add(tx, &state.keeper, id, &name, &bytes).await?;
        let location = format!("/api/v1/evidence-files/{}/content", row.id);
        Ok(Answer {
            status: if fresh { 201 } else { 200 },
            location: Some(location),
            ..Answer::plain(&row)?
        })
    })
    .await?;
    Ok(answer.respond())
}

/// The files that were uploaded for a milestone, in the order in which they came.
#[utoipa::path(tag = "milestones", params(("milestone" = String, Path, description = "Id or code.")),
    responses((status = 200, body = ListBody<FileRow>),
        (status = 400, body = ProblemDocument, content_type = "application/problem+json"), ReadRefusals))]
#[get("/milestones/{milestone}/evidence-files")]
pub async fn list(
    request: HttpRequest,
    who: SignedIn,
    state: web::Data<State>,
    path: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    query(&request).finish(())?;
    let rows = state
        .db
        .read(async |conn| {
            let window = Window::open(conn, &state.db.clock, &who.0, &[], None).await?;
            let milestone = milestone_views::read(conn, &window, &path).await?;
            evidence::store::of_milestones(conn, &[milestone.id]).await
        })
        .await?;
    let page = Page {
        limit: i64::try_from(rows.len()).map_err(Error::internal)?,
        total: i64::try_from(rows.len()).ok(),
        next_cursor: None,
        rows,
    };
    answer::read(&request, None, &ListBody::from(page))
}

/// A file in sight with its content.
pub async fn read(
    conn: &mut AsyncPgConnection,
    (clock, actor): (&Clock, &Actor),
    state: &State,
    id: Uuid,
) -> Result<(FileRow, Vec<u8>)> {
    let row = evidence::store::find(conn, id).await?;
    let window = Window::open(conn, clock, actor, &[], None).await?;
    project_views::find(conn, &window, &row.project_id.to_string()).await?;
    let bytes = state.keeper.get(conn, &row.sha256).await?;
    Ok((row, bytes))
}

/// Answers a file so that a browser keeps it or shows it as what it is, and runs nothing of it.
pub fn served(row: &FileRow, bytes: Vec<u8>) -> HttpResponse {
    let shown = matches!(row.media_type.as_str(), "image/jpeg" | "image/png");
    let disposition = if shown { "inline" } else { "attachment" };
    let name = percent_encoding::utf8_percent_encode(&row.name, percent_encoding::NON_ALPHANUMERIC);
    HttpResponse::Ok()
        .content_type(row.media_type.as_str())
        .insert_header((
            header::CONTENT_DISPOSITION,
            format!("{disposition}; filename*=UTF-8''{name}"),
        ))
        .insert_header((header::CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox"))
        .insert_header((header::CACHE_CONTROL, "private, no-store"))
        .body(bytes)
}

/// The bytes of a file.
#[utoipa::path(tag = "milestones", params(("id" = Uuid, Path)),
    responses((status = 200, description = "The bytes; the type is the file's own", content_type = "application/octet-stream"),
        (status = 400, body = ProblemDocument, content_type = "application/problem+json"), ReadRefusals))]
#[get("/evidence-files/{id}/content")]
pub async fn read_content(
    request: HttpRequest,
    who: SignedIn,
    state: web::Data<State>,
    path: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    query(&request).finish(())?;
    let id = id_of(&path)?;
    let (row, bytes) = state
        .db
        .read(async |conn| read(conn, (&state.db.clock, &who.0), &state, id).await)
        .await?;
    Ok(served(&row, bytes))
}
