//! Commitments with their course: listing, reading, settling.

use actix_web::{HttpRequest, HttpResponse, get, patch, web};
use diesel_async::AsyncPgConnection;

use crate::commitments::actions::edit as actions;
use crate::commitments::model::CommitmentEdit;
use crate::commitments::store;
use crate::db::Tx;
use crate::http::answer::{self, Answer, ListBody, PageInfo};
use crate::http::form::Query;
use crate::http::problem::{Problem, ProblemDocument};
use crate::http::refusals::{ChangeRefusals, ListRefusals, ReadRefusals};
use crate::http::request::{Body, Seen, SignedIn, State, query};
use crate::http::run;
use crate::kernel::{Code, Error, Fault, Result};
use crate::orgs::store as orgs;
use crate::rules::course::{Against, Standing};
use crate::views::commitments::{self as views, CommitmentCourseView, CommitmentFilter};
use crate::views::resolve::{NamedFilter, resolve};
use crate::views::window::Window;

/// The words of the filters, in the order in which they are told.
pub mod words {
    pub const NATURES: [&str; 2] = ["binding", "expected"];
    pub const STRENGTHS: [&str; 4] = ["firm", "principle", "strive", "encourage"];
    pub const MEASURES: [&str; 3] = ["level", "sum", "stock"];
    pub const STANDINGS: [&str; 6] = [
        "met",
        "on_course",
        "behind",
        "missed",
        "no_data",
        "not_comparable",
    ];
}

/// What a query narrows to, with names still as they were sent: plans, programmes, initiatives, owners.
pub struct Narrowed {
    named: NamedFilter,
    owners: Vec<String>,
    filter: CommitmentFilter,
}

/// Reads the filters of a list of commitments.
pub fn filter_of(q: &mut Query) -> Narrowed {
    let one_of =
        |words: &'static [&'static str]| move |text: &str| words.contains(&text).then(|| text.to_owned());
    let named = NamedFilter {
        plans: q.many("plan"),
        programmes: q.many("programme"),
        initiatives: q.many("initiative"),
        ..NamedFilter::default()
    };
    let filter = CommitmentFilter {
        natures: q.choices("nature", &words::NATURES, one_of(&words::NATURES)),
        strengths: q.choices("strength", &words::STRENGTHS, one_of(&words::STRENGTHS)),
        measures: q.choices("measure", &words::MEASURES, one_of(&words::MEASURES)),
        standings: q.choices("standing", &words::STANDINGS, Standing::parse),
        maintained: q.boolean("maintained"),
        doubt: q.boolean("doubt"),
        ..CommitmentFilter::default()
    };
    Narrowed {
        named,
        owners: q.many("owner"),
        filter,
    }
}

impl Narrowed {
    /// The plans that are asked for, and the filter with every name resolved.
    pub async fn resolved(
        &self,
        conn: &mut AsyncPgConnection,
    ) -> Result<(Vec<uuid::Uuid>, CommitmentFilter)> {
        let resolved = resolve(conn, self.named.clone()).await?;
        let mut filter = self.filter.clone();
        filter.programmes = resolved.filter.programmes;
        filter.initiatives = resolved.filter.initiatives;
        for name in &self.owners {
            match orgs::find(conn, name).await? {
                Some(found) => filter.owners.push(found.id),
                None => {
                    let fault = Fault::new("?owner", Code::FieldNotFound).with("value", name);
                    return Err(Error::Malformed(vec![fault]));
                }
            }
        }
        Ok((resolved.plans, filter))
    }
}

/// The promised numbers, in the order of print, with their course on today or a past day. `programme=1` are a plan's
/// indicators where box 1 holds them. A plan prints some hundreds at most, so they come whole.
#[utoipa::path(tag = "commitments", params(("plan" = Option<Vec<String>>, Query, description = "Id or code."),
    ("programme" = Option<Vec<String>>, Query, description = "Id, code or number."),
    ("initiative" = Option<Vec<String>>, Query),
    ("standing" = Option<Vec<String>>, Query, description = "`met`, `on_course`, `behind`, `missed`, `no_data`, `not_comparable`"),
    ("nature" = Option<Vec<String>>, Query, description = "`binding`, `expected`"),
    ("strength" = Option<Vec<String>>, Query, description = "`firm`, `principle`, `strive`, `encourage`"),
    ("measure" = Option<Vec<String>>, Query, description = "`level`, `sum`, `stock`"),
    ("owner" = Option<Vec<String>>, Query, description = "Id or code, with everything below it."),
    ("doubt" = Option<bool>, Query, description = "Whether it has a doubt that nobody has resolved."),
    ("maintained" = Option<bool>, Query), ("as_of" = Option<chrono::NaiveDate>, Query),
    ("include" = Option<String>, Query, description = "`total`; told in any case.")),
    responses((status = 200, body = ListBody<CommitmentCourseView>), ListRefusals))]
#[get("/commitments")]
pub async fn list(
    request: HttpRequest,
    who: SignedIn,
    state: web::Data<State>,
) -> Result<HttpResponse, Problem> {
    let mut q = query(&request);
    let narrowed = filter_of(&mut q);
    let as_of = q.date("as_of");
    q.include(&["total"]);
    q.finish(())?;
    let rows: Vec<CommitmentCourseView> = state
        .db
        .read(async |conn| {
            let (plans, filter) = narrowed.resolved(conn).await?;
            let printed = Window::printed(conn, &state.db.clock, &plans, as_of).await?;
            let working = Window::open(conn, &state.db.clock, &who.0, &plans, as_of).await?;
            views::list(conn, (&printed, &working), &filter, Against::Line).await
        })
        .await?
        .into_iter()
        .map(|one| one.view)
        .collect();
    answer::read(&request, None, &whole(rows))
}

/// A list that comes whole.
pub fn whole<T>(data: Vec<T>) -> ListBody<T> {
    let total = i64::try_from(data.len()).ok();
    ListBody {
        page: PageInfo {
            next_cursor: None,
            limit: total.unwrap_or(0),
            total,
        },
        data,
        facets: None,
    }
}

/// One commitment with its course.
#[utoipa::path(tag = "commitments", params(("commitment" = String, Path, description = "Id or code."),
    ("as_of" = Option<chrono::NaiveDate>, Query)),
    responses((status = 200, body = CommitmentCourseView),
        (status = 400, body = ProblemDocument, content_type = "application/problem+json"), ReadRefusals))]
#[get("/commitments/{commitment}")]
pub async fn read(
    request: HttpRequest,
    who: SignedIn,
    state: web::Data<State>,
    path: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let as_of = crate::projects::api::filters::as_of(&request)?;
    let found = state
        .db
        .read(async |conn| {
            let printed = Window::printed(conn, &state.db.clock, &[], as_of).await?;
            let working = Window::open(conn, &state.db.clock, &who.0, &[], as_of).await?;
            views::read(conn, (&printed, &working), &path).await
        })
        .await?
        .view;
    answer::read(&request, Some(found.printed.row_version), &found)
}

/// What a planner settles.
#[derive(utoipa::ToSchema)]
#[allow(
    dead_code,
    reason = "describes the body for the OpenAPI document; read field by field"
)]
pub struct CommitmentEditBody {
    /// The organisation that answers for the figure, by id or code: it is confirmed by being named.
    pub owner: Option<String>,
    /// What the doubt comes to; what is printed stays.
    #[schema(min_length = 1, max_length = 2000)]
    pub doubt_resolution: Option<String>,
}

/// A commitment as it is after a change, in its own transaction.
pub async fn after(
    tx: &mut Tx,
    state: &State,
    who: &SignedIn,
    id: uuid::Uuid,
) -> Result<CommitmentCourseView> {
    // The versions are written at commit; what changed is read from the row itself.
    let rows = store::by_ids(tx.conn(), &[id]).await?;
    let row = rows.get(&id).ok_or(Error::NotFound)?;
    let printed = Window::printed(tx.conn(), &state.db.clock, &[row.printed.plan_id], None).await?;
    let working = Window::open(tx.conn(), &state.db.clock, &who.0, &[row.printed.plan_id], None).await?;
    let mut view = views::read(tx.conn(), (&printed, &working), &id.to_string())
        .await?
        .view;
    views::renew(tx.conn(), &mut view, row).await?;
    Ok(view)
}

/// Confirms or replaces who answers for a commitment, and resolves its doubt. The issuer's planners.
#[utoipa::path(tag = "commitments", request_body = CommitmentEditBody,
    params(("commitment" = String, Path, description = "Id or code."), ("If-Match" = String, Header)),
    responses((status = 200, body = CommitmentCourseView), ChangeRefusals))]
#[patch("/commitments/{commitment}")]
pub async fn edit(
    request: HttpRequest,
    who: SignedIn,
    state: web::Data<State>,
    path: web::Path<String>,
    body: Body,
) -> Result<HttpResponse, Problem> {
    let seen = Seen::of(&request)?;
    let mut f = body.fields()?;
    let owner = f.patch_kept("owner", |f| f.filled_text("owner", 100));
    let doubt_resolution = f.patch_kept("doubt_resolution", |f| f.filled_text("doubt_resolution", 2_000));
    f.finish(())?;
    let answer = run::change(&state, &who, async |tx| {
        let id = store::commitment_id(tx.conn(), &path).await?;
        let owner_id = match &owner {
            // One that is not there is told after 404, 403 and 412: the nil id is no organisation.
            Some(name) => Some(
                orgs::find(tx.conn(), name)
                    .await?
                    .map_or(uuid::Uuid::nil(), |one| one.id),
            ),
            None => None,
        };
        let change = CommitmentEdit {
            owner_id,
            doubt_resolution: doubt_resolution.clone(),
        };
        let row = actions::edit(tx, id, seen.version(), &change).await?;
        let view = after(tx, &state, &who, id).await?;
        Answer::object(row.printed.row_version, &view)
    })
    .await?;
    Ok(answer.respond())
}
