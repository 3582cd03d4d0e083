//! Two days beside each other.

use actix_web::{HttpRequest, HttpResponse, get, web};

use super::filters::{ProjectFilterParams, claims, named, open};
use crate::http::answer;
use crate::http::problem::Problem;
use crate::http::refusals::ListRefusals;
use crate::http::request::{SignedIn, State, query};
use crate::kernel::{Code, Error, Fault};
use crate::views::comparison::{self as views, ComparisonView};

/// What was finished between two days, what slipped, what became overdue and what recovered, within one's sight. `to` is
/// today where it is left out.
#[utoipa::path(tag = "projects", params(ProjectFilterParams,
    ("from" = chrono::NaiveDate, Query, description = "The earlier day."),
    ("to" = Option<chrono::NaiveDate>, Query, description = "The later day; today where absent."),
    ("kind" = Option<Vec<String>>, Query),
    ("claim" = Option<Vec<String>>, Query)),
    responses((status = 200, body = ComparisonView), ListRefusals))]
#[get("/comparison")]
pub async fn compare(
    request: HttpRequest,
    who: SignedIn,
    state: web::Data<State>,
) -> Result<HttpResponse, Problem> {
    let mut q = query(&request);
    let mut filter = named(&mut q);
    filter.kinds = q.many("kind");
    filter.claims = claims(&mut q);
    let (from, to) = (q.date("from"), q.date("to"));
    if from.is_none() {
        q.fault("from", Code::FieldMissing, &[]);
    }
    if let (Some(from), Some(to)) = (from, to)
        && from >= to
    {
        q.fault("to", Code::DaysOrder, &[]);
    }
    let from = q.finish(from)?.unwrap_or_default();
    let view = state
        .db
        .read(async |conn| {
            let (after, resolved) = open(conn, &state.db.clock, &who.0, filter.clone(), to).await?;
            let (before, _) = open(conn, &state.db.clock, &who.0, filter.clone(), Some(from)).await?;
            let day = to.or_else(|| after.plans.iter().map(|plan| plan.day).max());
            let day = day.unwrap_or(from);
            // Today is known only now.
            if from >= day && !after.plans.is_empty() {
                return Err(Error::Malformed(vec![Fault::new("?from", Code::DaysOrder)]));
            }
            views::compare(conn, (&before, &after), (from, day), &resolved.filter).await
        })
        .await?;
    answer::read(&request, None, &view)
}
