//! The light of a project as its page shows it: why, what it will be, and what supervisors showed instead.

use super::shown::{Lamp, name};
use crate::http::reasons;
use crate::http::vocabularies::label;
use crate::projects::api::lights::INSTEAD;
use crate::views::lights::{LightTimelineView, ReasonView};

/// The light of a project with its reasons, and what it will be.
pub struct Lights {
    pub since: Option<String>,
    pub reasons: Vec<(Lamp, String, String)>,
    pub rule_version: i32,
    pub recovered_from: Option<Lamp>,
    /// From, until, the light, why.
    pub steps: Vec<(String, String, Lamp, String)>,
    pub overrides: Vec<Shown>,
    /// The visitor may show another light.
    pub may_override: bool,
    /// Light, reason and last day as they were typed.
    pub typed: [String; 3],
    pub choices: Vec<(&'static str, Lamp)>,
}

/// What a supervisor showed.
pub struct Shown {
    pub id: String,
    pub version: i64,
    pub lamp: Lamp,
    pub reason: String,
    pub by: String,
    pub days: String,
    pub ended: Option<String>,
    /// The visitor may end it.
    pub may_end: bool,
}

pub fn lights_of(mut view: LightTimelineView, supervises: bool, typed: [String; 3]) -> Lights {
    reasons::timeline(&mut view);
    let day = |day: Option<chrono::NaiveDate>, none: &str| {
        day.map_or_else(|| none.to_owned(), |day| day.to_string())
    };
    let why = |all: &[ReasonView]| {
        let texts: Vec<&str> = all.iter().map(|reason| reason.text.as_str()).collect();
        texts.join("；")
    };
    let in_force = view.overrides.iter().any(|one| one.in_force);
    Lights {
        since: view.now.since.map(|day| day.to_string()),
        reasons: view
            .now
            .reasons
            .iter()
            .map(|reason| {
                (
                    Lamp::of(reason.light.as_str()),
                    label("light_dimensions", reason.dimension.as_str()).to_owned(),
                    reason.text.clone(),
                )
            })
            .collect(),
        rule_version: view.now.rule_version,
        recovered_from: view.now.recovered_from.as_deref().map(Lamp::of),
        steps: view
            .timeline
            .iter()
            .map(|step| {
                (
                    day(step.from_on, "一直"),
                    day(step.until_on.and_then(|day| day.pred_opt()), "以后"),
                    Lamp::of(&step.light),
                    why(&step.reasons),
                )
            })
            .collect(),
        overrides: view
            .overrides
            .into_iter()
            .map(|one| Shown {
                may_end: supervises && one.in_force,
                id: one.id.to_string(),
                version: one.version,
                lamp: Lamp::of(&one.light),
                by: name(&one.made_by),
                days: format!("{} 至 {}", one.from_on, one.until_on),
                ended: one
                    .ended_on
                    .map(|on| format!("{on} 结束：{}", one.ended_reason.as_deref().unwrap_or_default())),
                reason: one.reason,
            })
            .collect(),
        may_override: supervises && !in_force,
        typed,
        choices: INSTEAD.iter().map(|word| (*word, Lamp::of(word))).collect(),
    }
}
