//! Filing a report from its page, correcting, verifying and returning it.

use actix_web::{post, web};
use uuid::Uuid;

use super::form::body_of;
use super::{Asked, address, period_of, shown};
use crate::http::form::Fields;
use crate::http::request::{State, id_of};
use crate::kernel::Result;
use crate::projects::store as projects;
use crate::reports::actions::{file, judge};
use crate::reports::api::body;
use crate::reports::model::{Judgement, NewReport};
use crate::views::reports as views;
use crate::views::window::Window;
use crate::web::page::{Faults, Paged, see_other};
use crate::web::posted::Posted;
use crate::web::visitor::Visitor;

/// Files the report, or corrects the one that is there.
#[post("/projects/{project}/reports/{period}")]
pub async fn save(
    state: web::Data<State>,
    visitor: Visitor,
    path: web::Path<(String, String)>,
    posted: Posted,
) -> Paged {
    kept((&state, &visitor, &posted), &path.0, &path.1, None).await
}

/// The same for a county's part.
#[post("/projects/{project}/reports/{period}/{region}")]
pub async fn save_part(
    state: web::Data<State>,
    visitor: Visitor,
    path: web::Path<(String, String, String)>,
    posted: Posted,
) -> Paged {
    kept((&state, &visitor, &posted), &path.0, &path.1, Some(&path.2)).await
}

async fn kept(
    (state, visitor, posted): (&State, &Visitor, &Posted),
    project: &str,
    label: &str,
    region: Option<&str>,
) -> Paged {
    let period = period_of(label)?;
    let mut fields = Fields::of(body_of(posted))?;
    let said = body::figures(&mut fields);
    let held = posted.one("report").and_then(|id| Uuid::try_parse(id).ok());
    let done = match fields.finish(said) {
        Err(error) => Err(error),
        Ok(figures) => {
            state
                .db
                .write(&visitor.origin(), async |tx| match held {
                    Some(id) => file::correct(tx, id, posted.seen_version(), &figures)
                        .await
                        .map(drop),
                    None => {
                        let new = NewReport {
                            project_id: projects::project_id(tx.conn(), project).await?,
                            region: region.map(str::to_owned),
                            period,
                            figures: figures.clone(),
                        };
                        file::file(tx, &[new]).await.map(drop)
                    }
                })
                .await
        }
    };
    match done {
        Ok(()) => Ok(see_other(&format!(
            "{}?done=filed",
            address(project, label, region)
        ))),
        Err(error) => {
            let (faults, status) = Faults::of(error)?;
            let asked = Asked {
                project,
                period,
                region,
                query: "",
            };
            shown(state, visitor, asked, (status, faults, Some(posted))).await
        }
    }
}

async fn judged(
    (state, visitor): (&State, &Visitor),
    id: &str,
    posted: &Posted,
    judgement: Result<Judgement>,
    word: &str,
) -> Paged {
    let id = id_of(id)?;
    // Where it is shown again; what is not in sight is not there.
    let (project, period, region) = state
        .db
        .read(async |conn| {
            let window = Window::open(conn, &state.db.clock, &visitor.actor, &[], None).await?;
            let report = views::read(conn, &window, id).await?;
            let project = report.project.map(|project| project.code).unwrap_or_default();
            Ok((project, report.period, report.region.map(|region| region.code)))
        })
        .await?;
    let done = match judgement {
        Ok(judgement) => state
            .db
            .write(&visitor.origin(), async |tx| {
                judge::judge(tx, id, posted.seen_version(), &judgement).await
            })
            .await
            .map(drop),
        Err(error) => Err(error),
    };
    match done {
        Ok(()) => Ok(see_other(&format!(
            "{}?done={word}",
            address(&project, &period, region.as_deref())
        ))),
        Err(error) => {
            let (faults, status) = Faults::of(error)?;
            let asked = Asked {
                project: &project,
                period: period_of(&period)?,
                region: region.as_deref(),
                query: "",
            };
            shown(state, visitor, asked, (status, faults, Some(posted))).await
        }
    }
}

#[post("/progress-reports/{id}/verify")]
pub async fn verify(
    state: web::Data<State>,
    visitor: Visitor,
    path: web::Path<String>,
    posted: Posted,
) -> Paged {
    let judgement = Ok(Judgement::Verify { note: None });
    judged((&state, &visitor), &path, &posted, judgement, "verified").await
}

#[post("/progress-reports/{id}/return")]
pub async fn send_back(
    state: web::Data<State>,
    visitor: Visitor,
    path: web::Path<String>,
    posted: Posted,
) -> Paged {
    let mut fields = posted.fields(&["reason"])?;
    let reason = fields.required_text("reason", 2_000);
    let judgement = fields.finish(Judgement::Return { reason });
    judged((&state, &visitor), &path, &posted, judgement, "returned").await
}
