//! 逾期: what is late, how long, whose, and where it is stuck.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, get, web};
use askama::Template;

use super::listing::{Asked, Chip, Facet};
use super::page::{Frame, Paged, page};
use super::projects::kinds;
use super::saved::{self, Saved};
use super::shown::{Line, lines};
use super::visitor::Visitor;
use crate::db::paging::PageRequest;
use crate::http::request::State;
use crate::projects::api::filters::{common_of, open};
use crate::views::facets;
use crate::views::milestones::{self as views, MilestoneQuery, MilestoneSort};

const FACETS: [(&str, &str); 7] = [
    ("region", "地点"),
    ("programme", "专栏"),
    ("responsible", "责任单位"),
    ("lead", "牵头单位"),
    ("light", "红黄绿灯"),
    ("state", "节点状态"),
    ("kind", "类型"),
];
/// How long is long: a supervisor asks by these.
const DAYS: [i64; 4] = [1, 30, 90, 180];

#[derive(Template)]
#[template(path = "overdue.html")]
struct Overdue {
    frame: Frame,
    lines: Vec<Line>,
    total: i64,
    facets: Vec<Facet>,
    /// Where a list too long to be divided at once is divided.
    dividing: Option<String>,
    chips: Vec<Chip>,
    /// Days, the address, and whether it is chosen.
    days: Vec<(String, String, bool)>,
    before: Option<String>,
    next: Option<String>,
    carried: Vec<(String, String)>,
    q: String,
    as_of: String,
    day: String,
    saved: Vec<Saved>,
    kept: String,
}

#[get("/overdue")]
pub async fn show(request: HttpRequest, state: web::Data<State>, visitor: Visitor) -> Paged {
    let asked = Asked::of("/overdue", request.query_string());
    let (mut q, common) = common_of(asked.query(&[]));
    let states = q.many("state");
    let common = q.finish(common)?;
    let wanted = PageRequest {
        limit: 50,
        cursor: asked.one("cursor").map(str::to_owned),
    };
    let question = asked.question();
    let (found, counted, kinds, (day, saved)) = state
        .db
        .read(async |conn| {
            let (window, resolved) = open(
                conn,
                &state.db.clock,
                &visitor.actor,
                common.named.clone(),
                common.as_of,
            )
            .await?;
            let query = MilestoneQuery {
                filter: resolved.filter,
                overdue: Some(true),
                days_overdue_min: common.days_overdue_min,
                due_before: common.due_before,
                due_after: common.due_after,
                states: states.clone(),
                unconfirmed: common.unconfirmed,
                unverified: common.unverified,
                sort: MilestoneSort::MostOverdue,
                total: true,
                ..MilestoneQuery::default()
            };
            let found = views::list(conn, &window, &query, &wanted, &question).await?;
            let counted = match asked.divides(found.total) {
                true => facets::milestones(conn, &window, &query).await?,
                false => facets::Facets::new(),
            };
            let total = found.total.unwrap_or(0);
            let next = found.next_cursor.clone();
            let rows = lines(conn, &visitor.actor, found.rows).await?;
            let day = window.plans.iter().map(|plan| plan.day).max();
            let saved = saved::of(conn, visitor.person.user_id, "overdue").await?;
            Ok(((rows, total, next), counted, kinds(conn).await?, (day, saved)))
        })
        .await?;
    let (rows, total, next_cursor) = found;
    let (before, next) = asked.pages(next_cursor.as_deref());
    let chosen = common.days_overdue_min.unwrap_or(1);
    let shown = Overdue {
        frame: Frame::of(&visitor, "逾期", "/overdue", request.query_string()),
        lines: rows,
        total,
        dividing: counted.is_empty().then(|| asked.dividing()),
        facets: asked.facets(&counted, &FACETS, &kinds),
        chips: asked.chips(&counted, &kinds),
        days: DAYS
            .into_iter()
            .map(|days| {
                let label = if days == 1 {
                    "全部".to_owned()
                } else {
                    format!("{days} 天以上")
                };
                (
                    label,
                    asked.with("days_overdue_min", &days.to_string()),
                    days == chosen,
                )
            })
            .collect(),
        before,
        next,
        carried: asked.carried(&["q", "as_of"]),
        q: asked.one("q").unwrap_or_default().to_owned(),
        as_of: asked.one("as_of").unwrap_or_default().to_owned(),
        day: day.map(|day| day.to_string()).unwrap_or_default(),
        saved,
        kept: asked.kept(),
    };
    page(StatusCode::OK, &shown)
}
