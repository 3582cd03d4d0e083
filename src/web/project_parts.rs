//! 分县任务 on a project's page: each county's part, who answers for it, its latest report, and what it owes.

use super::report::address;
use super::shown::name;
use crate::http::vocabularies::label;
use crate::views::parts::{PartView, PartsView};
use crate::views::reporting::Owing;

/// A part as a line.
pub struct PartLine {
    pub region: String,
    /// Who answers for it; empty: the project's own responsible organisation.
    pub organisation: String,
    pub inferred: bool,
    pub quantity: String,
    pub investment: String,
    /// `2024-03 40%`, and whether it is verified.
    pub latest: Option<(String, String)>,
    pub done: String,
    /// The periods that it owes.
    pub owed: Vec<String>,
    /// What it reports next, and where.
    pub next: Option<(String, String)>,
}

pub struct Parts {
    pub lines: Vec<PartLine>,
    pub quantity: Option<String>,
    pub investment: Option<String>,
}

/// The sum of the parts beside the project's own figure, and what lies between them.
fn compared(
    sum: &Option<String>,
    own: &Option<String>,
    difference: &Option<String>,
    unit: &str,
) -> Option<String> {
    let sum = sum.as_ref()?;
    Some(match (own, difference) {
        (Some(own), Some(difference)) if difference == "0" => {
            format!("各县合计 {sum} {unit}，与项目的 {own} {unit} 一致")
        }
        (Some(own), Some(difference)) => match difference.strip_prefix('-') {
            Some(less) => format!("各县合计 {sum} {unit}，比项目的 {own} {unit} 少 {less}"),
            None => format!("各县合计 {sum} {unit}，比项目的 {own} {unit} 多 {difference}"),
        },
        _ => format!("各县合计 {sum} {unit}，项目没有填总数"),
    })
}

fn line(part: PartView, next: &[Owing], project: &str, unit: &str) -> PartLine {
    let of_part = |one: &&Owing| {
        let region = part.region.as_ref().map(|region| region.id);
        one.part.as_ref().map(|part| part.id) == region
    };
    let next = next.iter().find(of_part).map(|one| {
        let period = one.debt.period.label();
        let region = part.region.as_ref().map(|region| region.code.as_str());
        (address(project, &period, region), period)
    });
    PartLine {
        region: name(&part.region),
        organisation: name(&part.organisation),
        inferred: part.basis.as_deref() == Some("inferred"),
        quantity: part
            .quantity
            .map(|quantity| format!("{quantity} {unit}"))
            .unwrap_or_default(),
        investment: part.investment_planned.unwrap_or_default(),
        latest: part.latest_report.as_ref().map(|report| {
            let told = format!("{} {}%", report.period, report.physical_percent);
            (told, label("report_states", &report.state).to_owned())
        }),
        done: part
            .latest_report
            .and_then(|report| report.money.done)
            .unwrap_or_default(),
        owed: part.owed.into_iter().map(|one| one.period).collect(),
        next,
    }
}

impl Parts {
    /// None where the project is not divided.
    pub fn of(view: PartsView, next: &[Owing], project: &str) -> Option<Parts> {
        if view.items.is_empty() {
            return None;
        }
        let unit = view.unit.as_deref().unwrap_or_default();
        Some(Parts {
            quantity: compared(
                &view.quantity_sum,
                &view.quantity,
                &view.quantity_difference,
                unit,
            ),
            investment: compared(
                &view.investment_sum,
                &view.investment_planned,
                &view.investment_difference,
                "元",
            ),
            lines: view
                .items
                .into_iter()
                .map(|part| line(part, next, project, unit))
                .collect(),
        })
    }
}
