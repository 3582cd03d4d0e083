//! The form that divides a project among counties (分县任务): a row for each county of the plan's tree.

use std::collections::BTreeSet;

use actix_web::{post, web};
use diesel_async::AsyncPgConnection;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::Typed;
use super::forms::sent;
use crate::http::form::Fields;
use crate::http::request::State;
use crate::kernel::{Code, Error, Fault, Result};
use crate::projects::actions::parts as actions;
use crate::projects::api::parts::read_parts;
use crate::projects::model::ProjectRow;
use crate::projects::parts::store as parts;
use crate::views::parts as views;
use crate::views::window::Window;
use crate::web::page::{Paged, in_place};
use crate::web::posted::Posted;
use crate::web::visitor::Visitor;

const FORM: &str = "parts";

/// A county's row.
pub(super) struct Row {
    pub place: usize,
    pub code: String,
    pub name: String,
    pub taken: bool,
    /// Something was reported of it: it stays.
    pub reported: bool,
    pub organisation: String,
    pub proposed: bool,
    pub quantity: String,
    pub investment_planned: String,
}

/// The counties of the plan's tree, and those that have a part all the same, in the order of their codes: what was typed,
/// or what is held.
pub(super) async fn rows(
    conn: &mut AsyncPgConnection,
    window: &Window,
    project: &ProjectRow,
    typed: &Typed,
) -> Result<Vec<Row>> {
    let held = views::of_project(conn, window, project, None).await?;
    let mut counties = parts::counties(conn, project.plan_id).await?;
    for region in held.items.iter().filter_map(|part| part.region.as_ref()) {
        if counties.iter().all(|(id, ..)| *id != region.id) {
            counties.push((region.id, region.code.clone(), region.name.clone()));
        }
    }
    counties.sort_by(|one, other| one.1.cmp(&other.1));
    let reported: BTreeSet<Uuid> = parts::reported(conn, project.id).await?;
    let row = |(place, (id, code, name)): (usize, (Uuid, String, String))| {
        let part = held
            .items
            .iter()
            .find(|part| part.region.as_ref().is_some_and(|region| region.id == id));
        let text = |field: &str, held: Option<&String>| {
            typed.or(
                FORM,
                format!("{field}-{code}"),
                held.map(String::as_str).unwrap_or_default(),
            )
        };
        let organisation = part.and_then(|part| part.organisation.as_ref());
        Row {
            place,
            taken: typed.ticked(FORM, &format!("taken-{code}"), part.is_some()),
            reported: part.is_some() && reported.contains(&id),
            organisation: text("organisation", organisation.map(|one| &one.code)),
            proposed: typed.ticked(
                FORM,
                &format!("proposed-{code}"),
                part.is_some_and(|part| part.basis.as_deref() == Some("inferred")),
            ),
            quantity: text("quantity", part.and_then(|part| part.quantity.as_ref())),
            investment_planned: text(
                "investment_planned",
                part.and_then(|part| part.investment_planned.as_ref()),
            ),
            name,
            code,
        }
    };
    Ok(counties.into_iter().enumerate().map(row).collect())
}

/// The counties that are ticked, as the body that the API takes, and the codes of all rows and of those in it. A row that
/// is not ticked falls away; one that has no part yet and says something is not lost by that.
struct Sheet {
    body: Value,
    codes: Vec<String>,
    taken: Vec<usize>,
    faults: Vec<Fault>,
}

fn sheet(posted: &Posted, codes: Vec<String>, held: &BTreeSet<String>) -> Sheet {
    let mut sheet = Sheet {
        body: Value::Null,
        codes,
        taken: Vec::new(),
        faults: Vec::new(),
    };
    let mut items: Vec<Value> = Vec::new();
    for (place, code) in sheet.codes.iter().enumerate() {
        let mut item = Map::new();
        for field in ["organisation", "quantity", "investment_planned"] {
            if let Some(text) = posted.one(&format!("{field}-{code}")) {
                item.insert(field.to_owned(), json!(text));
            }
        }
        if posted.one(&format!("taken-{code}")).is_none() {
            if !item.is_empty() && !held.contains(code) {
                sheet
                    .faults
                    .push(Fault::new(format!("/{place}/region"), Code::FieldMissing));
            }
            continue;
        }
        if posted.one(&format!("proposed-{code}")).is_some() {
            item.insert("basis".to_owned(), json!("inferred"));
        }
        item.insert("region".to_owned(), json!(code));
        items.push(Value::Object(item));
        sheet.taken.push(place);
    }
    sheet.body = json!({ "items": items });
    sheet
}

#[post("/projects/{project}/parts")]
pub async fn divide(
    state: web::Data<State>,
    visitor: Visitor,
    path: web::Path<String>,
    posted: Posted,
) -> Paged {
    let (codes, held) = state
        .db
        .read(async |conn| {
            let window = Window::open(conn, &state.db.clock, &visitor.actor, &[], None).await?;
            let project = crate::views::projects::find(conn, &window, &path).await?;
            let rows = rows(conn, &window, &project, &Typed::default()).await?;
            let held: BTreeSet<String> = rows
                .iter()
                .filter(|row| row.taken)
                .map(|row| row.code.clone())
                .collect();
            let codes: Vec<String> = rows.into_iter().map(|row| row.code).collect();
            Ok((codes, held))
        })
        .await?;
    let form = sent(&state, &visitor, &path, FORM, &posted);
    let sheet = sheet(&posted, codes, &held);
    let read = match sheet.faults.is_empty() {
        true => Fields::of(sheet.body.clone()).and_then(read_parts),
        false => Err(Error::Malformed(sheet.faults.clone())),
    };
    let done = form
        .run(read, async |tx, id, wanted| {
            actions::divide(tx, id, posted.seen_version(), wanted)
                .await
                .map(drop)
        })
        .await
        .map_err(|error| in_place(error, ("/items/", "/"), &sheet.taken, "region"));
    form.answer(done, "saved").await
}
