//! The form that says which of the plan's promised numbers a project serves.

use actix_web::{post, web};
use diesel_async::AsyncPgConnection;
use serde_json::json;

use super::Typed;
use super::forms::sent;
use crate::http::form::Fields;
use crate::http::request::State;
use crate::kernel::Result;
use crate::plans::store::{self as plans, Within};
use crate::projects::actions::edit as edits;
use crate::projects::api::projects::read_edit;
use crate::views::shown::ProjectView;
use crate::web::page::Paged;
use crate::web::posted::Posted;
use crate::web::visitor::Visitor;

const FORM: &str = "serves";
/// What stands before a commitment's code in the name of its box.
const BOX: &str = "serves-";

/// A commitment that may be ticked.
pub(super) struct Row {
    pub code: String,
    pub name: String,
    pub ticked: bool,
}

/// The commitments of the project's own box and those that it serves already, then the others of the plan.
pub(super) async fn rows(
    conn: &mut AsyncPgConnection,
    within: &Within,
    project: &ProjectView,
    typed: &Typed,
) -> Result<(Vec<Row>, Vec<Row>)> {
    let programme = project.programme.as_ref().map(|one| one.id);
    let mut near = Vec::new();
    let mut others = Vec::new();
    for one in plans::commitments(conn, within).await? {
        let served = project.commitments.iter().any(|served| served.id == one.id);
        let ticked = typed.ticked(FORM, &format!("{BOX}{}", one.code), served);
        let its_own = Some(one.programme_id) == programme;
        let row = Row {
            name: format!("{}（{}）", one.metric, one.as_printed),
            code: one.code,
            ticked,
        };
        match its_own || served || ticked {
            true => near.push(row),
            false => others.push(row),
        }
    }
    Ok((near, others))
}

#[post("/projects/{project}/serves")]
pub async fn serve(
    state: web::Data<State>,
    visitor: Visitor,
    path: web::Path<String>,
    posted: Posted,
) -> Paged {
    let form = sent(&state, &visitor, &path, FORM, &posted);
    let ticked: Vec<&str> = posted
        .named(BOX)
        .into_iter()
        .filter(|code| posted.one(&format!("{BOX}{code}")).is_some())
        .collect();
    let read = Fields::of(json!({ "commitments": ticked })).and_then(read_edit);
    let done = form
        .run(read, async |tx, id, (edited, _)| {
            edits::project(tx, id, posted.seen_version(), edited)
                .await
                .map(drop)
        })
        .await;
    form.answer(done, "saved").await
}
