//! Who is silent, and who is in time.

use actix_web::{HttpRequest, HttpResponse, get, web};
use serde::Serialize;

use super::body::edition_asked;
use crate::http::answer::{self, ListBody};
use crate::http::problem::Problem;
use crate::http::refusals::ListRefusals;
use crate::http::request::{SignedIn, State, query, question};
use crate::kernel::Result;
use crate::projects::api::filters::{ProjectFilterParams, named, open};
use crate::views::reporting::{self as views, Punctuality, SilentProject};
use crate::views::reports::at_edition;

/// Projects that owe reports, the longest silent first, each with the periods that it owes; today or as of a past day.
#[utoipa::path(tag = "reporting", params(ProjectFilterParams,
    ("as_of" = Option<chrono::NaiveDate>, Query, description = "As recorded by the end of that day in the plan's zone; with today's rights."),
    ("include" = Option<String>, Query, description = "`total`"),
    ("limit" = Option<i64>, Query, minimum = 1, maximum = 200),
    ("cursor" = Option<String>, Query)),
    responses((status = 200, body = ListBody<SilentProject>), ListRefusals))]
#[get("/reporting/owed")]
pub async fn owed(
    request: HttpRequest,
    who: SignedIn,
    state: web::Data<State>,
) -> Result<HttpResponse, Problem> {
    let mut q = query(&request);
    let filter = named(&mut q);
    let total = q.include(&["total"]).contains(&"total");
    let day = q.date("as_of");
    let page = q.page();
    let page = q.finish(page)?;
    let asked = question(&request);
    let found = state
        .db
        .read(async |conn| {
            let (window, resolved) = open(conn, &state.db.clock, &who.0, filter.clone(), day).await?;
            views::silent(conn, &window, &resolved.filter, &page, &asked, total).await
        })
        .await?;
    answer::read(&request, None, &ListBody::from(found))
}

/// How reports came in, by the organisation that answers for the projects.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct PunctualityView {
    /// In the order of their codes.
    pub organisations: Vec<Punctuality>,
    pub all: Punctuality,
}

/// On-time rate by organisation: of one month's periods, or of all since reporting began; today, as of a past day, or for
/// ever as an edition of a frozen month has it.
#[utoipa::path(tag = "reporting", params(ProjectFilterParams,
    ("month" = Option<String>, Query, description = "`2024-03`: every period that ends in it."),
    ("edition" = Option<i64>, Query, minimum = 1, maximum = 1000, description = "With `month`: as this edition of the frozen month has it, for ever."),
    ("as_of" = Option<chrono::NaiveDate>, Query, description = "As recorded by the end of that day in the plan's zone; with today's rights.")),
    responses((status = 200, body = PunctualityView), ListRefusals))]
#[get("/reporting/organisations")]
pub async fn organisations(
    request: HttpRequest,
    who: SignedIn,
    state: web::Data<State>,
) -> Result<HttpResponse, Problem> {
    let mut q = query(&request);
    let filter = named(&mut q);
    let day = q.date("as_of");
    let (month, edition) = edition_asked(&mut q, day);
    q.finish(())?;
    let all = state
        .db
        .read(async |conn| {
            let (mut window, resolved) = open(conn, &state.db.clock, &who.0, filter.clone(), day).await?;
            if let Some((month, edition)) = edition {
                at_edition(conn, &mut window, month, edition).await?;
            }
            views::owing(conn, &window, &resolved.filter, |debt, day| {
                debt.owed_from <= day && month.is_none_or(|month| debt.period.last_month() == month)
            })
            .await
        })
        .await?;
    let (organisations, all) = views::punctuality(&all);
    answer::read(&request, None, &PunctualityView { organisations, all })
}
