//! 开工率, 竣工率, 投资完成率, 资金到位率, and lights.

use actix_web::{HttpRequest, HttpResponse, get, web};

use super::body::edition_asked;
use crate::http::answer;
use crate::http::problem::Problem;
use crate::http::refusals::ListRefusals;
use crate::http::request::{SignedIn, State, query};
use crate::kernel::Code;
use crate::kernel::Result;
use crate::projects::api::filters::{ProjectFilterParams, named, open};
use crate::views::reports::at_edition;
use crate::views::tallies::{self as views, TalliesView};

/// The four rates of the projects in sight and their lights: of all, by region and by programme; today, as of a past
/// day, or for ever as an edition of a frozen month has them.
#[utoipa::path(tag = "reporting", params(ProjectFilterParams,
    ("month" = Option<String>, Query, description = "With `edition`: the frozen month, `2024-03`."),
    ("edition" = Option<i64>, Query, minimum = 1, maximum = 1000, description = "With `month`: as this edition of the frozen month has it, for ever."),
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
    if q.sent("month") && !q.sent("edition") {
        q.fault("edition", Code::FieldMissing, &[]);
    }
    let (_, edition) = edition_asked(&mut q, day);
    let day = q.finish(day)?;
    let found = state
        .db
        .read(async |conn| {
            let (mut window, resolved) = open(conn, &state.db.clock, &who.0, filter.clone(), day).await?;
            if let Some((month, edition)) = edition {
                at_edition(conn, &mut window, month, edition).await?;
            }
            views::tallies(conn, &window, &resolved.filter).await
        })
        .await?;
    answer::read(&request, None, &found)
}
