//! 开工率, 竣工率, 投资完成率, 资金到位率.

use actix_web::{HttpRequest, HttpResponse, get, web};

use crate::http::answer;
use crate::http::problem::Problem;
use crate::http::refusals::ListRefusals;
use crate::http::request::{SignedIn, State, query};
use crate::kernel::Result;
use crate::projects::api::filters::{ProjectFilterParams, named, open};
use crate::views::tallies::{self as views, TalliesView};

/// The four rates of the projects in sight: of all, by region and by programme, today or as of a past day.
#[utoipa::path(tag = "reporting", params(ProjectFilterParams,
    ("as_of" = Option<chrono::NaiveDate>, Query, description = "As recorded by the end of that day in the plan's zone; with today's rights.")),
    responses((status = 200, body = TalliesView), ListRefusals))]
#[get("/tallies")]
pub async fn read(
    request: HttpRequest,
    who: SignedIn,
    state: web::Data<State>,
) -> Result<HttpResponse, Problem> {
    let mut q = query(&request);
    let filter = named(&mut q);
    let day = q.date("as_of");
    let day = q.finish(day)?;
    let found = state
        .db
        .read(async |conn| {
            let (window, resolved) = open(conn, &state.db.clock, &who.0, filter.clone(), day).await?;
            views::tallies(conn, &window, &resolved.filter).await
        })
        .await?;
    answer::read(&request, None, &found)
}
