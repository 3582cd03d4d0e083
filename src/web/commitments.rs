//! 指标与承诺: every promised number, with its baseline and target.

use std::collections::BTreeMap;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, get, web};
use askama::Template;
use bigdecimal::{BigDecimal, ToPrimitive};
use uuid::Uuid;

use super::listing::Asked;
use super::page::{Frame, Paged, page};
use super::shown::dated;
use super::visitor::Visitor;
use crate::http::request::State;
use crate::http::vocabularies::label;
use crate::kernel::Result;
use crate::plans::model::CommitmentView;
use crate::plans::store::{self as plans, Within};
use crate::views::names::{Names, Wanted};

/// A promise as a line.
pub struct Promise {
    pub metric: String,
    pub category: String,
    pub baseline: String,
    pub baseline_year: String,
    pub target: String,
    pub due: String,
    pub nature: String,
    pub binding: bool,
    pub strength: String,
    pub owner: String,
    pub inferred: bool,
    pub as_printed: String,
    pub doubt: Option<String>,
    /// How far the baseline and the target reach on a bar of 100.
    pub bar: Option<(String, String)>,
}

struct Group {
    title: String,
    number: i32,
    promises: Vec<Promise>,
}

#[derive(Template)]
#[template(path = "commitments.html")]
struct Commitments {
    frame: Frame,
    groups: Vec<Group>,
    /// Only the binding ones are shown, and the address for the other.
    only_binding: bool,
    other: String,
    total: usize,
}

fn figure(value: &BigDecimal) -> String {
    value.normalized().to_plain_string()
}

/// A figure with its unit: 95%, 11.1 年.
fn with_unit(figure: &str, unit: &str) -> String {
    match unit {
        "%" | "‰" => format!("{figure}{unit}"),
        _ => format!("{figure} {unit}"),
    }
}

/// Both ends on a bar whose end is a tenth beyond the larger.
fn bar(one: &CommitmentView) -> Option<(String, String)> {
    let target = one.target_max.as_ref().unwrap_or(&one.target_min).to_f64()?;
    let baseline = one.baseline.as_ref()?.to_f64()?;
    let end = if one.unit == "%" {
        100.0
    } else {
        target.max(baseline) * 1.1
    };
    if end <= 0.0 || baseline < 0.0 {
        return None;
    }
    let place = |value: f64| format!("{:.1}", (value / end * 100.0).min(100.0));
    Some((place(baseline), place(target)))
}

pub fn promise(one: &CommitmentView, names: &Names) -> Promise {
    let target = match &one.target_max {
        Some(most) => format!("{}–{}", figure(&one.target_min), figure(most)),
        None => figure(&one.target_min),
    };
    let operator = match one.operator.as_str() {
        "equal" => "",
        other => label("operators", other),
    };
    Promise {
        bar: bar(one),
        metric: one.metric.clone(),
        category: one.category.clone().unwrap_or_default(),
        baseline: one
            .baseline
            .as_ref()
            .map(|value| with_unit(&figure(value), &one.unit))
            .unwrap_or_default(),
        baseline_year: one
            .baseline_year
            .map(|year| format!("{year} 年"))
            .unwrap_or_default(),
        target: format!("{operator} {}", with_unit(&target, &one.unit))
            .trim()
            .to_owned(),
        due: dated(one.due_on, &one.due_precision),
        binding: one.nature.as_deref() == Some("binding"),
        nature: one
            .nature
            .as_deref()
            .map(|nature| label("natures", nature).to_owned())
            .unwrap_or_default(),
        strength: label("strengths", &one.strength).to_owned(),
        owner: names
            .get(one.owner_id)
            .map(|owner| owner.name)
            .unwrap_or_default(),
        inferred: one.owner_basis.as_deref() == Some("inferred"),
        as_printed: one.as_printed.clone(),
        doubt: one.doubt.clone(),
    }
}

#[get("/commitments")]
pub async fn show(request: HttpRequest, state: web::Data<State>, visitor: Visitor) -> Paged {
    let asked = Asked::of("/commitments", request.query_string());
    let only_binding = asked.has("nature", "binding");
    let (groups, total) = state
        .db
        .read(async |conn| {
            let programmes = plans::programmes(conn, &Within::default()).await?;
            let all = plans::commitments(conn, &Within::default()).await?;
            let mut wanted = Wanted::default();
            wanted
                .organisations
                .extend(all.iter().filter_map(|one| one.owner_id));
            let names = Names::load(conn, &wanted).await?;
            let mut by: BTreeMap<Uuid, Vec<Promise>> = BTreeMap::new();
            let mut total = 0;
            // Binding and firm ones first.
            let mut sorted: Vec<&CommitmentView> = all
                .iter()
                .filter(|one| !only_binding || one.nature.as_deref() == Some("binding"))
                .collect();
            sorted.sort_by_key(|one| {
                (
                    one.nature.as_deref() != Some("binding"),
                    one.strength != "firm",
                    one.position,
                )
            });
            for one in sorted {
                total += 1;
                by.entry(one.programme_id).or_default().push(promise(one, &names));
            }
            let groups = programmes
                .into_iter()
                .filter_map(|programme| {
                    let promises = by.remove(&programme.id)?;
                    Some(Group {
                        title: programme.title,
                        number: programme.number,
                        promises,
                    })
                })
                .collect();
            Result::Ok((groups, total))
        })
        .await?;
    let shown = Commitments {
        frame: Frame::of(&visitor, "指标与承诺", "/commitments", request.query_string()),
        groups,
        only_binding,
        other: asked.toggled("nature", "binding"),
        total,
    };
    page(StatusCode::OK, &shown)
}
