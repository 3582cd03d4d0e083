//! The forms about one project: its facts, a further milestone, standing still, supporting owners, and asking for a
//! change of what is confirmed.

use actix_web::{post, web};

use super::Sent;
use crate::http::request::{State, id_of};
use crate::kernel::Result;
use crate::projects::actions::{create, edit as edits, standing, supporting};
use crate::projects::api::changes::asking::of_a_project;
use crate::projects::api::create::new_milestone;
use crate::projects::api::projects::read_edit;
use crate::projects::changes::model::Of;
use crate::web::page::Paged;
use crate::web::posted::{Posted, Shape};
use crate::web::visitor::Visitor;

/// The facts of a project as its form sends them.
const FACTS: Shape = Shape {
    texts: &["life_cycle"],
    kept: &["title", "description"],
    clearing: &[
        "quantity_delivered",
        "investment_planned",
        "national_code",
        "doubt",
        "region",
        "second_initiative",
    ],
    flags: &["is_public"],
    lists: &["components"],
};

#[post("/projects/{project}/edit")]
pub async fn edit(
    state: web::Data<State>,
    visitor: Visitor,
    path: web::Path<String>,
    posted: Posted,
) -> Paged {
    let sent = sent(&state, &visitor, &path, "edit", &posted);
    let read = posted.body(&FACTS).and_then(read_edit);
    let done = sent
        .run(read, async |tx, id, (edited, referred)| {
            let mut edited = edited.clone();
            referred.resolve(tx.conn(), &mut edited).await?;
            edits::project(tx, id, posted.seen_version(), &edited)
                .await
                .map(drop)
        })
        .await;
    sent.answer(done, "saved").await
}

#[post("/projects/{project}/milestones")]
pub async fn add_milestone(
    state: web::Data<State>,
    visitor: Visitor,
    path: web::Path<String>,
    posted: Posted,
) -> Paged {
    let shape = Shape {
        texts: &["slug", "name", "planned_on", "weight"],
        lists: &["evidence_wanted"],
        ..Shape::default()
    };
    let sent = sent(&state, &visitor, &path, "step", &posted);
    let read = posted.body(&shape).and_then(new_milestone);
    let done = sent
        .run(read, async |tx, id, new| {
            create::milestone(tx, id, new).await.map(drop)
        })
        .await;
    sent.answer(done, "saved").await
}

#[post("/projects/{project}/suspend")]
pub async fn suspend(
    state: web::Data<State>,
    visitor: Visitor,
    path: web::Path<String>,
    posted: Posted,
) -> Paged {
    let sent = sent(&state, &visitor, &path, "suspend", &posted);
    let read = posted.fields(&["reason", "review_on"]).and_then(|mut f| {
        let reason = f.filled_text("reason", 2_000);
        let review_on = f.date("review_on");
        let said = (f.required("reason", reason), f.required("review_on", review_on));
        f.finish(said)
    });
    let done = sent
        .run(read, async |tx, id, (reason, review_on)| {
            let seen = posted.seen_version();
            standing::suspend(tx, id, seen, reason, *review_on)
                .await
                .map(drop)
        })
        .await;
    sent.answer(done, "saved").await
}

#[post("/projects/{project}/resume")]
pub async fn resume(
    state: web::Data<State>,
    visitor: Visitor,
    path: web::Path<String>,
    posted: Posted,
) -> Paged {
    let sent = sent(&state, &visitor, &path, "resume", &posted);
    let done = sent
        .run(reason(&posted), async |tx, id, reason| {
            standing::resume(tx, id, posted.seen_version(), reason)
                .await
                .map(drop)
        })
        .await;
    sent.answer(done, "saved").await
}

fn reason(posted: &Posted) -> Result<String> {
    let mut f = posted.fields(&["reason"])?;
    let reason = f.required_text("reason", 2_000);
    f.finish(reason)
}

#[post("/projects/{project}/supporting")]
pub async fn add_supporting(
    state: web::Data<State>,
    visitor: Visitor,
    path: web::Path<String>,
    posted: Posted,
) -> Paged {
    let sent = sent(&state, &visitor, &path, "support", &posted);
    let read = posted.fields(&["organisation"]).and_then(|mut f| {
        let name = f.required_text("organisation", 100);
        f.finish(name)
    });
    let done = sent
        .run(read, async |tx, id, name| {
            supporting::add(tx, id, name).await.map(drop)
        })
        .await;
    sent.answer(done, "saved").await
}

#[post("/projects/{project}/supporting/{owner}/end")]
pub async fn end_supporting(
    state: web::Data<State>,
    visitor: Visitor,
    path: web::Path<(String, String)>,
    posted: Posted,
) -> Paged {
    let owner = id_of(&path.1)?;
    let sent = sent(&state, &visitor, &path.0, "unsupport", &posted);
    let done = sent
        .run(reason(&posted), async |tx, id, reason| {
            supporting::end(tx, id, owner, posted.seen_version(), reason)
                .await
                .map(drop)
        })
        .await;
    sent.answer(done, "saved").await
}

/// Asks for another quantity, another owner, that the project falls away, a further milestone, or another scope.
#[post("/projects/{project}/change")]
pub async fn ask(
    state: web::Data<State>,
    visitor: Visitor,
    path: web::Path<String>,
    posted: Posted,
) -> Paged {
    // Each kind has its own fields; the others stay empty on the page and say nothing.
    let (form, shape) = match posted.one("kind") {
        Some("quantity") => ("change", texts(&["kind", "reason", "quantity"])),
        Some("owner") => ("change", texts(&["kind", "reason", "role", "organisation"])),
        Some("add_milestone") => ("further", FURTHER),
        Some("scope") => ("scope", SCOPE),
        _ => ("change", texts(&["kind", "reason"])),
    };
    let sent = sent(&state, &visitor, &path, form, &posted);
    let read = posted.body(&shape).and_then(of_a_project);
    let done = sent
        .run(read, async |tx, id, asked| {
            let of = Of::Project(id);
            asked.request(tx, of, posted.seen_version()).await.map(drop)
        })
        .await;
    sent.answer(done, "asked").await
}

/// A further milestone as its form sends it.
const FURTHER: Shape = Shape {
    texts: &["kind", "reason", "name", "slug", "planned_on", "weight", "before"],
    kept: &[],
    clearing: &[],
    flags: &[],
    lists: &["evidence_wanted"],
};

/// What a project is to cover, as its form sends it.
const SCOPE: Shape = Shape {
    texts: &["kind", "reason"],
    kept: &["title"],
    clearing: &["region"],
    flags: &[],
    lists: &["components"],
};

fn texts(names: &'static [&'static str]) -> Shape {
    Shape {
        texts: names,
        ..Shape::default()
    }
}

pub(super) fn sent<'a>(
    state: &'a State,
    visitor: &'a Visitor,
    project: &'a str,
    form: &'static str,
    posted: &'a Posted,
) -> Sent<'a> {
    Sent {
        state,
        visitor,
        project,
        form,
        posted,
    }
}
