//! The filters of projects and milestones, as a query string gives them.

use actix_web::HttpRequest;
use chrono::NaiveDate;
use diesel_async::AsyncPgConnection;

use crate::http::form::Query;
use crate::http::request::query;
use crate::kernel::{Actor, Clock, Code, Result};
use crate::rules::lights::Light;
use crate::views::resolve::{NamedFilter, Resolved, resolve};
use crate::views::window::Window;

pub const LIFE_CYCLES: [&str; 6] = [
    "identification",
    "preparation",
    "implementation",
    "completion",
    "closed",
    "cancelled",
];

/// What both lists share.
pub struct Common {
    pub named: NamedFilter,
    pub as_of: Option<NaiveDate>,
    pub overdue: Option<bool>,
    pub days_overdue_min: Option<i64>,
    pub due_before: Option<NaiveDate>,
    pub due_after: Option<NaiveDate>,
    pub unconfirmed: Option<bool>,
    pub unverified: Option<bool>,
    pub total: bool,
    pub facets: bool,
}

/// What [`named`] reads, for the OpenAPI document.
#[derive(utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(
    dead_code,
    reason = "describes the query for the OpenAPI document; read name by name"
)]
pub struct ProjectFilterParams {
    /// Id or code; repeat for any of.
    pub plan: Option<Vec<String>>,
    /// Id, code, or number within the plan.
    pub programme: Option<Vec<String>>,
    /// Id or code.
    pub initiative: Option<Vec<String>>,
    /// Id or code.
    pub service_area: Option<Vec<String>>,
    /// A commitment that the project serves: id or code.
    pub commitment: Option<Vec<String>>,
    /// Site region of the project: id or GB/T 2260 code; `none`: without a site of its own.
    pub region: Option<Vec<String>>,
    /// Owner in any role, or named for a county's part, with everything below it: id or code.
    pub organisation: Option<Vec<String>>,
    /// Lead organisation: id or code.
    pub lead: Option<Vec<String>>,
    /// Responsible organisation: id or code.
    pub responsible: Option<Vec<String>>,
    /// Life cycle of the project.
    pub status: Option<Vec<String>>,
    pub suspended: Option<bool>,
    /// Part of the project's title.
    pub q: Option<String>,
}

/// What narrows any list of things that belong to projects.
pub fn named(q: &mut Query) -> NamedFilter {
    let known = |text: &str| LIFE_CYCLES.contains(&text).then(|| text.to_owned());
    let named = NamedFilter {
        projects: Vec::new(),
        silent: None,
        claims: Vec::new(),
        lights: Vec::new(),
        plans: q.many("plan"),
        programmes: q.many("programme"),
        initiatives: q.many("initiative"),
        service_areas: q.many("service_area"),
        commitments: q.many("commitment"),
        regions: q.many("region"),
        organisations: q.many("organisation"),
        leads: q.many("lead"),
        responsibles: q.many("responsible"),
        kinds: Vec::new(),
        life_cycles: q.choices("status", &LIFE_CYCLES, known),
        suspended: q.boolean("suspended"),
        q: q.one("q"),
    };
    if named.q.as_ref().is_some_and(|text| text.trim().is_empty()) {
        q.fault("q", Code::FieldEmpty, &[]);
    }
    named
}

/// What proposed owners say: `claim=claimed`, `claim=disputed`; or that they were asked: `claim=asked`.
pub fn claims(q: &mut Query) -> Vec<String> {
    let words = ["asked", "claimed", "disputed"];
    q.choices("claim", &words, |text| {
        words.contains(&text).then(|| text.to_owned())
    })
}

/// The lights that are shown: `light=red`, `light=yellow`, and so on.
pub fn lights(q: &mut Query) -> Vec<String> {
    let words = Light::ALL.map(Light::as_str);
    q.choices("light", &words, |text| {
        Light::parse(text).map(|light| light.as_str().to_owned())
    })
}

/// Whether `include=total` and `include=facets` are asked.
pub fn included(q: &mut Query) -> (bool, bool) {
    let include = q.include(&["total", "facets"]);
    (include.contains(&"total"), include.contains(&"facets"))
}

/// Reads the parameters that lists of projects and milestones share.
pub fn common(request: &HttpRequest) -> (Query, Common) {
    common_of(query(request))
}

/// The same of a query that was read already.
pub fn common_of(mut q: Query) -> (Query, Common) {
    let mut named = named(&mut q);
    named.kinds = q.many("kind");
    named.claims = claims(&mut q);
    named.silent = q.boolean("silent");
    named.lights = lights(&mut q);
    let (total, facets) = included(&mut q);
    let common = Common {
        named,
        as_of: q.date("as_of"),
        overdue: q.boolean("overdue"),
        days_overdue_min: q.integer("days_overdue_min", 1, 36_500),
        due_before: q.date("due_before"),
        due_after: q.date("due_after"),
        unconfirmed: q.boolean("unconfirmed"),
        unverified: q.boolean("unverified"),
        total,
        facets,
    };
    (q, common)
}

/// Resolves the names and opens the window.
pub async fn open(
    conn: &mut AsyncPgConnection,
    clock: &Clock,
    actor: &Actor,
    named: NamedFilter,
    as_of: Option<NaiveDate>,
) -> Result<(Window, Resolved)> {
    let resolved = resolve(conn, named).await?;
    let window = Window::open(conn, clock, actor, &resolved.plans, as_of).await?;
    Ok((window, resolved))
}

/// `as_of` alone, for reads of one object.
pub fn as_of(request: &HttpRequest) -> Result<Option<NaiveDate>> {
    let mut q = query(request);
    let day = q.date("as_of");
    q.finish(day)
}
