//! How a commitment looks on pages and in documents: ready texts in the unit as printed, and its picture.

use bigdecimal::{BigDecimal, ToPrimitive};
use chrono::{Datelike, NaiveDate};

use super::shown::{Badge, Holder, dated};
use crate::commitments::model::ObservationState;
use crate::http::vocabularies::label;
use crate::rules::course::{Better, Measure};
use crate::views::carry_overs::CarryOverView;
use crate::views::commitments::{CommitmentCourseView, Known};
use crate::views::observations::in_print;

/// A commitment as a line.
#[derive(Debug, Clone)]
pub struct Promised {
    pub href: String,
    pub code: String,
    pub metric: String,
    pub category: String,
    pub unit: String,
    pub baseline: String,
    pub baseline_year: String,
    pub target: String,
    pub due: String,
    pub nature: String,
    pub binding: bool,
    pub strength: String,
    pub firm: bool,
    pub measure: String,
    pub maintained: bool,
    pub owner: Holder,
    pub as_printed: String,
    pub doubt: Option<String>,
    pub resolution: Option<String>,
    /// Where it should be on the day that is shown.
    pub expected: String,
    pub latest: String,
    pub observed_on: String,
    /// Where it should have been on the day that the latest figure speaks of.
    pub reference: String,
    pub gap: String,
    pub percent: String,
    pub badge: Badge,
    pub delivered: String,
    pub breaches: String,
}

/// A figure in base units, with the unit as printed: 95%, 11.1 年.
pub fn with_unit(figure: &str, unit: &str) -> String {
    match unit {
        "%" | "‰" => format!("{figure}{unit}"),
        _ => format!("{figure} {unit}"),
    }
}

/// How a figure on record stands.
pub fn observed(state: &str) -> Badge {
    let tone = match ObservationState::parse(state) {
        Some(ObservationState::Confirmed) => "done",
        Some(ObservationState::Returned) => "back",
        _ => "wait",
    };
    Badge {
        tone,
        text: label("observation_states", state).to_owned(),
    }
}

/// The tone of a standing. What is not firm accuses nobody: it is behind, not red.
fn badge(view: &CommitmentCourseView) -> Badge {
    let tone = match (view.course.standing, view.may_turn_red) {
        ("met", _) => "done",
        ("on_course", _) => "open",
        ("missed", true) => "late",
        ("behind", true) => "late",
        ("missed" | "behind", false) => "wait",
        _ => "off",
    };
    Badge {
        tone,
        text: label("standings", view.course.standing).to_owned(),
    }
}

/// A decimal string in base units as the plan would print it.
pub fn printed(value: &str, view: &CommitmentCourseView) -> String {
    match value.parse::<BigDecimal>() {
        Ok(value) => with_unit(&in_print(&value, &view.printed), &view.printed.unit),
        Err(_) => value.to_owned(),
    }
}

fn gap(view: &CommitmentCourseView) -> String {
    let Some(gap) = view
        .course
        .gap
        .as_ref()
        .and_then(|gap| gap.parse::<BigDecimal>().ok())
    else {
        return String::new();
    };
    let amount = with_unit(&in_print(&gap.abs(), &view.printed), &view.printed.unit);
    match gap.sign() {
        bigdecimal::num_bigint::Sign::Plus => format!("差 {amount}"),
        bigdecimal::num_bigint::Sign::NoSign => "持平".to_owned(),
        bigdecimal::num_bigint::Sign::Minus => format!("超 {amount}"),
    }
}

/// The target as printed, with its operator.
pub fn target(view: &CommitmentCourseView) -> String {
    let figure = |value: &BigDecimal| value.normalized().to_plain_string();
    let one = &view.printed;
    let text = match &one.target_max {
        Some(most) => format!("{}–{}", figure(&one.target_min), figure(most)),
        None => figure(&one.target_min),
    };
    let operator = match one.operator.as_str() {
        "equal" => "",
        other => label("operators", other),
    };
    format!("{operator} {}", with_unit(&text, &one.unit))
        .trim()
        .to_owned()
}

pub fn promised(view: &CommitmentCourseView) -> Promised {
    let one = &view.printed;
    let figure = |value: &BigDecimal| value.normalized().to_plain_string();
    let shown = |value: &Option<String>| value.as_ref().map(|v| printed(v, view)).unwrap_or_default();
    let delivered = &view.delivered;
    Promised {
        href: format!("/commitments/{}", one.code),
        code: one.code.clone(),
        metric: one.metric.clone(),
        category: one.category.clone().unwrap_or_default(),
        unit: one.unit.clone(),
        baseline: one
            .baseline
            .as_ref()
            .map(|value| with_unit(&figure(value), &one.unit))
            .unwrap_or_default(),
        baseline_year: one
            .baseline_year
            .map(|year| format!("{year} 年"))
            .unwrap_or_default(),
        target: target(view),
        due: dated(one.due_on, &one.due_precision),
        binding: one.nature.as_deref() == Some("binding"),
        nature: one
            .nature
            .as_deref()
            .map(|nature| label("natures", nature).to_owned())
            .unwrap_or_default(),
        strength: label("strengths", &one.strength).to_owned(),
        firm: one.strength == "firm",
        measure: label("measures", &one.measure).to_owned(),
        maintained: one.maintained,
        owner: Holder {
            name: view
                .owner
                .as_ref()
                .map(|owner| owner.name.clone())
                .unwrap_or_default(),
            inferred: one.owner_basis.as_deref() == Some("inferred"),
            ..Holder::default()
        },
        as_printed: one.as_printed.clone(),
        doubt: one.doubt.clone(),
        resolution: view.doubt_resolution.clone(),
        expected: shown(&view.course.expected),
        latest: shown(&view.course.latest),
        observed_on: view
            .course
            .observed_on
            .map(|day| day.to_string())
            .unwrap_or_default(),
        reference: shown(&view.course.reference),
        gap: gap(view),
        percent: view
            .course
            .percent
            .as_ref()
            .map(|percent| format!("{percent}%"))
            .unwrap_or_default(),
        badge: badge(view),
        delivered: match (delivered.projects, &delivered.quantity) {
            (0, _) => String::new(),
            (projects, None) => format!("关联项目 {projects} 个，已交付 {} 个", delivered.closed),
            (projects, Some(quantity)) => format!(
                "关联项目 {projects} 个，已交付 {} 个，共 {}",
                delivered.closed,
                printed(quantity, view)
            ),
        },
        breaches: view
            .course
            .breaches
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join("、"),
    }
}

/// What stands beside a line of an assessment.
pub fn remark(view: &CommitmentCourseView, carried: &[CarryOverView]) -> String {
    let line = promised(view);
    let mut parts = Vec::new();
    if !line.breaches.is_empty() {
        parts.push(format!("未保持目标：{}", line.breaches));
    }
    match (&line.doubt, &line.resolution) {
        (Some(_), Some(resolution)) => parts.push(format!("存疑已说明：{resolution}")),
        (Some(doubt), None) => parts.push(format!("存疑：{doubt}")),
        _ => {}
    }
    if !line.firm {
        parts.push(format!("规划表述为“{}”", line.strength));
    }
    if !line.delivered.is_empty() {
        parts.push(line.delivered);
    }
    for one in carried {
        let outward = one
            .object
            .as_ref()
            .is_some_and(|object| object.id == view.printed.id);
        let plan = |named: &Option<crate::views::names::Named>| {
            named.as_ref().map(|plan| plan.name.clone()).unwrap_or_default()
        };
        parts.push(match outward {
            true => format!("结转到《{}》", plan(&one.into_plan).trim_matches(['《', '》'])),
            false => format!("结转自《{}》", plan(&one.plan).trim_matches(['《', '》'])),
        });
    }
    parts.join("；")
}

/// The picture of a course: the line that is expected, the figures that were found, the target.
pub struct Picture {
    pub width: i64,
    pub height: i64,
    /// The expected line, as `x1 y1 x2 y2`; none without a baseline.
    pub line: Option<(String, String, String, String)>,
    pub target: String,
    pub dots: Vec<(String, String)>,
    pub today: Option<String>,
    pub years: Vec<(String, String)>,
    pub spoken: String,
}

/// Draws a course into a picture of this size; `bottom` is kept free for the years.
pub fn picture(known: &Known, (width, height): (i64, i64), bottom: i64) -> Option<Picture> {
    let promise = &known.promise;
    let goal = promise.goal().to_f64()?;
    let start = promise.start().filter(|_| !promise.maintained);
    let begins = start
        .as_ref()
        .map_or(promise.starts_on, |(day, _)| (*day).max(promise.starts_on));
    let day = known.view.course.day;
    let ends = promise
        .due_on
        .max(day.min(promise.due_on + chrono::TimeDelta::days(400)));
    let seen: Vec<(NaiveDate, f64)> = known
        .observations
        .iter()
        .filter(|one| one.on >= promise.starts_on && one.on <= day)
        .filter_map(|one| Some((one.on, one.value.to_f64()?)))
        .collect();
    let from = promise
        .expected_on(begins)
        .and_then(|value| value.to_f64())
        .filter(|_| start.is_some());
    let all: Vec<f64> = seen
        .iter()
        .map(|(_, value)| *value)
        .chain(from)
        .chain([goal])
        .collect();
    let low = all.iter().copied().fold(f64::INFINITY, f64::min);
    let high = all.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let room = ((high - low) * 0.12).max(high.abs() * 0.01).max(0.01);
    let (low, high) = (low - room, high + room);
    let whole = (ends - begins).num_days().max(1) as f64;
    let (left, right, top) = (3.0, width as f64 - 3.0, 3.0);
    let floor = (height - bottom) as f64 - 3.0;
    let x = |on: NaiveDate| left + (right - left) * ((on - begins).num_days() as f64 / whole).clamp(0.0, 1.0);
    let y = |value: f64| floor - (floor - top) * (value - low) / (high - low);
    let text = |place: f64| format!("{place:.1}");
    let way = match promise.better {
        Better::Higher => "越高越好",
        Better::Lower => "越低越好",
    };
    let counted = match promise.measure {
        Measure::Sum => "，累计",
        _ => "",
    };
    let line = promised(&known.view);
    let latest = match line.latest.is_empty() {
        true => "还没有已确认的数".to_owned(),
        false => format!("最近 {}（{}）", line.latest, line.observed_on),
    };
    Some(Picture {
        width,
        height,
        line: from.map(|from| {
            (
                text(x(begins)),
                text(y(from)),
                text(x(promise.due_on)),
                text(y(goal)),
            )
        }),
        target: text(y(goal)),
        dots: seen
            .iter()
            .map(|(on, value)| (text(x(*on)), text(y(*value))))
            .collect(),
        today: (day >= begins && day <= ends).then(|| text(x(day))),
        years: (begins.year()..=ends.year())
            .filter_map(|year| Some((NaiveDate::from_ymd_opt(year, 12, 31)?, year)))
            .filter(|(on, _)| *on >= begins && *on <= ends)
            .map(|(on, year)| (text(x(on)), year.to_string()))
            .collect(),
        spoken: format!("目标{}，{latest}，{way}{counted}", line.target),
    })
}
