//! The JSON door of the tallies.

use actix_web::{HttpRequest, HttpResponse, get, web};

use crate::http::answer;
use crate::http::problem::Problem;
use crate::http::refusals::ListRefusals;
use crate::http::request::{SignedIn, State, query};
use crate::kernel::Result;
use crate::views::resolve::{NamedFilter, resolve};
use crate::views::summary::{self as views, SummaryQuery, SummaryView};

/// Counts and lights of what is in sight: by region and programme (市本级 too), by responsible organisation, and at the
/// end of each month.
#[utoipa::path(tag = "summary", params(
    ("plan" = Option<Vec<String>>, Query, description = "Id or code; repeat for any of."),
    ("as_of" = Option<chrono::NaiveDate>, Query, description = "As recorded by the end of that day in the plan's zone; with today's rights."),
    ("months" = Option<i64>, Query, minimum = 1, maximum = 60, description = "How many months back; 12 where it is not said.")),
    responses((status = 200, body = SummaryView), ListRefusals))]
#[get("/summary")]
pub async fn read(
    request: HttpRequest,
    who: SignedIn,
    state: web::Data<State>,
) -> Result<HttpResponse, Problem> {
    let mut q = query(&request);
    let named = NamedFilter {
        plans: q.many("plan"),
        ..NamedFilter::default()
    };
    let as_of = q.date("as_of");
    let months = q.integer("months", 1, 60).unwrap_or(12);
    let named = q.finish(named)?;
    let found = state
        .db
        .read(async |conn| {
            let plans = resolve(conn, named.clone()).await?.plans;
            let query = SummaryQuery { plans, as_of, months };
            views::read(conn, &state.db.clock, &who.0, &query).await
        })
        .await?;
    answer::read(&request, None, &found)
}
