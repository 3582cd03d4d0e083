//! 红黄绿灯: the rules of a plan's lights in words, other rules tried before they are put in force, every version that
//! was; and what a supervisor shows instead of what was worked out.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, get, post, web};
use askama::Template;

use super::light_form::{GROUPS, Group, Typed, body_of, typed_of};
use super::page::{Faults, Frame, Paged, page, see_other};
use super::posted::Posted;
use super::shown::{Lamp, name};
use super::visitor::Visitor;
use crate::http::form::Fields;
use crate::http::reasons;
use crate::http::request::{State, id_of};
use crate::kernel::{Error, Result};
use crate::plans::model::PlanView;
use crate::plans::store as plans;
use crate::projects::actions::{light_overrides, light_rules};
use crate::projects::api::light_rules::{LightRulesPreview, chosen, tried};
use crate::projects::api::lights::instead;
use crate::projects::store;
use crate::rules::lights::{RuleSet, ready};
use crate::views::lights::{self as views, LightRulesView};

/// One version as a line of the history.
struct Version {
    version: i32,
    in_force: bool,
    name: String,
    made: String,
    reason: String,
    sentences: Vec<(&'static str, String)>,
}

fn version(row: &LightRulesView) -> Version {
    Version {
        version: row.version,
        in_force: row.in_force,
        name: row.rules.name.clone(),
        made: match &row.made_by {
            Some(_) => format!("{} {}", name(&row.made_by), row.made_on),
            None => format!("随规划载入 {}", row.made_on),
        },
        reason: row.reason.clone(),
        sentences: reasons::sentences(&row.rules),
    }
}

/// What would change colour, and what was tried.
struct Tried {
    day: String,
    sentences: Vec<(&'static str, String)>,
    name: String,
    changed: usize,
    /// From, to, how many; those that stay as they are last.
    counts: Vec<(Lamp, Lamp, i64)>,
    /// Address, title, from, to, reasons.
    projects: Vec<(String, String, Lamp, Lamp, String)>,
    /// What is sent again to put it in force.
    hidden: Vec<(String, String)>,
}

fn shown(found: LightRulesPreview, rules: &RuleSet, typed: &Typed) -> Tried {
    let mut counts: Vec<_> = found.counts.iter().collect();
    counts.sort_by_key(|one| (one.from == one.to, std::cmp::Reverse((one.to, one.from))));
    Tried {
        day: found.day.to_string(),
        sentences: reasons::sentences(rules),
        name: rules.name.clone(),
        changed: found.changed,
        counts: counts
            .into_iter()
            .map(|one| (Lamp::of(one.from.as_str()), Lamp::of(one.to.as_str()), one.count))
            .collect(),
        projects: found
            .projects
            .into_iter()
            .map(|one| {
                let texts: Vec<String> = one.reasons.into_iter().map(|reason| reason.text).collect();
                (
                    format!("/projects/{}", one.project.code),
                    one.project.name,
                    Lamp::of(one.from.as_str()),
                    Lamp::of(one.to.as_str()),
                    texts.join("；"),
                )
            })
            .collect(),
        hidden: typed
            .iter()
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect(),
    }
}

#[derive(Template)]
#[template(path = "lights.html")]
struct LightsPage {
    frame: Frame,
    faults: Faults,
    plan: PlanView,
    now: Version,
    history: Vec<Version>,
    edits: bool,
    sets: Vec<(&'static str, String)>,
    typed: Typed,
    tried: Option<Tried>,
    reason: String,
}

impl LightsPage {
    fn groups(&self) -> &'static [Group] {
        GROUPS
    }

    fn value(&self, name: &str) -> &str {
        self.typed.get(name).map(String::as_str).unwrap_or_default()
    }
}

/// What the page shows besides the rules in force.
#[derive(Default)]
struct Beside {
    faults: Faults,
    typed: Option<Typed>,
    tried: Option<Tried>,
    reason: String,
}

async fn rules_page(
    state: &State,
    visitor: &Visitor,
    (reference, query): (&str, &str),
    status: StatusCode,
    beside: Beside,
) -> Paged {
    let (plan, rows) = state
        .db
        .read(async |conn| {
            let plan = plans::plan(conn, reference).await?;
            let rows = views::rule_sets(conn, plan.id).await?;
            Ok((plan, rows))
        })
        .await?;
    let in_force = rows.first().ok_or(Error::NotFound)?;
    // A ready-made set is chosen in a form of its own: the fields stay those of the rules in force.
    let typed = match beside.typed.filter(|typed| !typed.contains_key("set")) {
        Some(typed) => typed,
        None => typed_of(&in_force.rules)?,
    };
    let shown = LightsPage {
        frame: Frame::of(visitor, "红黄绿灯规则", "/plans", query),
        faults: beside.faults,
        edits: light_rules::permit(&visitor.actor, &plan).is_ok(),
        now: version(in_force),
        history: rows.iter().map(version).collect(),
        sets: ready::codes()
            .filter_map(|code| ready::named(code).map(|rules| (code, rules.name)))
            .collect(),
        typed,
        tried: beside.tried,
        reason: beside.reason,
        plan,
    };
    page(status, &shown)
}

#[get("/plans/{plan}/lights")]
pub async fn show(
    request: HttpRequest,
    state: web::Data<State>,
    visitor: Visitor,
    path: web::Path<String>,
) -> Paged {
    let about = (path.as_str(), request.query_string());
    rules_page(&state, &visitor, about, StatusCode::OK, Beside::default()).await
}

/// Tries rules, or puts them in force where the form says so.
#[post("/plans/{plan}/lights")]
pub async fn choose(
    state: web::Data<State>,
    visitor: Visitor,
    path: web::Path<String>,
    posted: Posted,
) -> Paged {
    let mut typed = Typed::new();
    let names = GROUPS
        .iter()
        .flat_map(|group| group.fields)
        .map(|field| field.name);
    for name in names.chain(["set"]) {
        if let Some(text) = posted.one(name) {
            typed.insert(name.to_owned(), text.to_owned());
        }
    }
    let applies = posted.one("do") == Some("apply");
    match tried_or_applied(&state, &visitor, &path, (&posted, &typed, applies)).await {
        Ok(None) => Ok(see_other(&format!("/plans/{}/lights?done=rules", path.as_str()))),
        Ok(Some(tried)) => {
            let beside = Beside {
                typed: Some(typed),
                tried: Some(tried),
                ..Beside::default()
            };
            rules_page(&state, &visitor, (&path, ""), StatusCode::OK, beside).await
        }
        Err(error) => {
            let (faults, status) = Faults::of(error)?;
            let beside = Beside {
                faults,
                tried: match applies {
                    // What was refused is shown again, to be sent again.
                    true => trial(&state, &visitor, &path, &typed).await.ok(),
                    false => None,
                },
                typed: Some(typed),
                reason: posted.typed("reason"),
            };
            rules_page(&state, &visitor, (&path, ""), status, beside).await
        }
    }
}

async fn trial(state: &State, visitor: &Visitor, plan: &str, typed: &Typed) -> Result<Tried> {
    let mut f = Fields::of(body_of(typed))?;
    let rules = chosen(&mut f);
    let rules = f.finish(rules)?.ok_or(Error::NotFound)?;
    let (_, found) = tried(&state.db, &visitor.actor, plan, &rules).await?;
    Ok(shown(found, &rules, typed))
}

async fn tried_or_applied(
    state: &State,
    visitor: &Visitor,
    plan: &str,
    (posted, typed, applies): (&Posted, &Typed, bool),
) -> Result<Option<Tried>> {
    if !applies {
        return trial(state, visitor, plan, typed).await.map(Some);
    }
    let mut f = Fields::of(body_of(typed))?;
    let rules = chosen(&mut f);
    let rules = f.finish(rules)?.ok_or(Error::NotFound)?;
    let mut f = posted.fields(&["reason"])?;
    let reason = f.required_text("reason", 2_000);
    let reason = f.finish(reason)?;
    state
        .db
        .write(&visitor.origin(), async |tx| {
            let plan = plans::plan(tx.conn(), plan).await?;
            light_rules::change(tx, &plan, posted.seen_version(), &rules, &reason).await
        })
        .await?;
    Ok(None)
}

/// A supervisor shows another light.
#[post("/projects/{project}/light-overrides")]
pub async fn override_light(
    state: web::Data<State>,
    visitor: Visitor,
    path: web::Path<String>,
    posted: Posted,
) -> Paged {
    let new = posted.fields(&["light", "reason", "until_on"]).and_then(instead);
    let done = match new {
        Err(error) => Err(error),
        Ok(new) => state
            .db
            .write(&visitor.origin(), async |tx| {
                let id = store::project_id(tx.conn(), &path).await?;
                light_overrides::make(tx, id, posted.seen_version(), &new).await
            })
            .await
            .map(drop),
    };
    told(&state, &visitor, (&path, &posted), done).await
}

/// He ends it before its day.
#[post("/projects/{project}/light-overrides/{id}/end")]
pub async fn end_override(
    state: web::Data<State>,
    visitor: Visitor,
    path: web::Path<(String, String)>,
    posted: Posted,
) -> Paged {
    let id = id_of(&path.1)?;
    let mut f = posted.fields(&["reason"])?;
    let reason = f.required_text("reason", 2_000);
    let done = match f.finish(reason) {
        Err(error) => Err(error),
        Ok(reason) => state
            .db
            .write(&visitor.origin(), async |tx| {
                let project_id = store::project_id(tx.conn(), &path.0).await?;
                light_overrides::end(tx, project_id, id, posted.seen_version(), &reason).await
            })
            .await
            .map(drop),
    };
    told(&state, &visitor, (&path.0, &posted), done).await
}

async fn told(
    state: &State,
    visitor: &Visitor,
    (project, posted): (&str, &Posted),
    done: Result<()>,
) -> Paged {
    match done {
        Ok(()) => Ok(see_other(&format!("/projects/{project}?done=saved"))),
        Err(error) => {
            let (faults, status) = Faults::of(error)?;
            let typed = ["light", "reason", "until_on"].map(|name| posted.typed(name));
            super::project::refused_typed(state, visitor, project, (status, faults, typed)).await
        }
    }
}
