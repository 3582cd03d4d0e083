//! The mid-term and final assessment of a plan.

use actix_web::{HttpRequest, HttpResponse, get, web};
use chrono::NaiveDate;

use crate::http::answer;
use crate::http::form::Query;
use crate::http::problem::{Problem, ProblemDocument};
use crate::http::refusals::ReadRefusals;
use crate::http::request::{SignedIn, State, query};
use crate::kernel::Result;
use crate::views::assessment::{self as views, AssessmentView, Stage};

const STAGES: [&str; 2] = ["mid_term", "final"];

/// Reads which assessment is asked for: `stage` (the middle where nothing is said) and `as_of`.
pub fn asked(mut q: Query) -> Result<(Stage, Option<NaiveDate>)> {
    let mut stages = q.choices("stage", &STAGES, Stage::parse);
    if stages.len() > 1 {
        let code = crate::kernel::Code::FieldTooMany;
        q.fault("stage", code, &[("most", "1".to_owned())]);
    }
    let as_of = q.date("as_of");
    q.finish((stages.pop().unwrap_or(Stage::MidTerm), as_of))
}

/// Every indicator and commitment with its baseline, target, latest figure and standing: at the middle of a plan against
/// the line of its day, at its end against its target; today or as of a day. The same as a Word document:
/// `/plans/{plan}/assessment.docx`.
#[utoipa::path(tag = "plans", params(("plan" = String, Path, description = "Id or code."),
    ("stage" = Option<String>, Query, description = "`mid_term` or `final`"),
    ("as_of" = Option<chrono::NaiveDate>, Query)),
    responses((status = 200, body = AssessmentView),
        (status = 400, body = ProblemDocument, content_type = "application/problem+json"), ReadRefusals))]
#[get("/plans/{plan}/assessment")]
pub async fn read(
    request: HttpRequest,
    who: SignedIn,
    state: web::Data<State>,
    path: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let (stage, as_of) = asked(query(&request))?;
    let found = state
        .db
        .read(async |conn| views::read(conn, (&state.db.clock, &who.0), &path, stage, as_of).await)
        .await?;
    answer::read(&request, None, &found)
}
