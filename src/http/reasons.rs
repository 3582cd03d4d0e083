//! Chinese for the reasons of lights, with their figures, and for rule sets. The only place where a light gets its
//! words.

use crate::rules::lights::ReasonCode;
use crate::rules::lights::rule_set::{Measure, Promises, RuleSet, Schedule, Steps};
use crate::views::lights::{LightTimelineView, LightView, ReasonView};
use crate::views::shown::ProjectView;

/// What a reason says, in Chinese.
pub fn text(reason: &ReasonView) -> String {
    let p = |name: &str| reason.params.get(name).map(String::as_str).unwrap_or_default();
    match reason.code {
        ReasonCode::NotStarted => format!(
            "“{}”应于 {} 完成，月底仍未开工，已连续 {} 个月",
            p("name"),
            p("planned_on"),
            p("months")
        ),
        ReasonCode::BehindPoints => format!(
            "到期应完成 {}%，已完成 {}%，落后计划进度 {} 个百分点",
            p("planned"),
            p("earned"),
            p("behind")
        ),
        ReasonCode::BehindRatio => format!(
            "到期应完成 {}%，已完成 {}%，只达到计划进度的 {}%",
            p("planned"),
            p("earned"),
            p("reached")
        ),
        ReasonCode::BehindForMonths => format!(
            "自 {} 起落后，已连续 {} 个月（到期应完成 {}%，已完成 {}%）",
            p("since"),
            p("months"),
            p("planned"),
            p("earned")
        ),
        ReasonCode::DueSoon => format!("“{}”将于 {} 到期，尚未上报", p("name"), p("planned_on")),
        ReasonCode::PaidBelow => format!(
            "应支付资金 {} 元，已支付 {} 元，为要求的 {}%",
            p("required"),
            p("paid"),
            p("reached")
        ),
        ReasonCode::NotInStatistics => {
            format!("{} 开工，满 {} 个月仍未入统", p("started_on"), p("months"))
        }
        ReasonCode::ReportsOwed => format!("欠报进度 {} 期", p("count")),
        ReasonCode::VerificationWaits => format!(
            "“{}”{} 上报，超过 {} 天未核验",
            p("name"),
            p("reported_on"),
            p("days")
        ),
        ReasonCode::CommitmentBehind => {
            format!(
                "{}，落后 {} 个百分点",
                promised(reason, "按进度应为"),
                p("behind")
            )
        }
        ReasonCode::CommitmentBehindRatio => format!(
            "{}，只达到应有进度的 {}%",
            promised(reason, "按进度应为"),
            p("reached")
        ),
        ReasonCode::CommitmentBreached => format!("{}，没有保持住", promised(reason, "应保持")),
        ReasonCode::CommitmentMissed => {
            let text = format!("{}，{} 到期未达到", promised(reason, "承诺"), p("due_on"));
            match reason.params.get("breaches") {
                Some(breaches) => format!("{text}（期内有 {breaches} 次没有保持住）"),
                None => text,
            }
        }
        ReasonCode::Closed => "项目已交付".to_owned(),
        ReasonCode::AllVerified => "全部节点已核验".to_owned(),
        ReasonCode::Cancelled => "项目已取消或归档，不再亮灯".to_owned(),
        ReasonCode::OwnerUnconfirmed => "责任单位尚未确认，不亮灯".to_owned(),
        ReasonCode::DatesUnconfirmed => "节点时间尚未确认，不亮灯".to_owned(),
        ReasonCode::NothingDue => "还没有到期的节点".to_owned(),
        ReasonCode::NoData => "没有可以据以亮灯的数据".to_owned(),
    }
}

/// What a promise came to, and what it is held against.
fn promised(reason: &ReasonView, against: &str) -> String {
    let p = |name: &str| reason.params.get(name).map(String::as_str).unwrap_or_default();
    format!(
        "服务的承诺“{}”截至 {} 为 {} {unit}，{against} {} {unit}",
        p("metric"),
        p("observed_on"),
        p("latest"),
        p("reference"),
        unit = p("unit")
    )
}

/// Gives reasons their words.
pub fn told(reasons: &mut [ReasonView]) {
    for reason in reasons {
        reason.text = text(reason);
    }
}

/// Gives a light its words.
pub fn light(light: &mut LightView) {
    told(&mut light.reasons);
}

/// Gives projects the words of their lights.
pub fn projects(rows: &mut [ProjectView]) {
    rows.iter_mut()
        .filter_map(|row| row.light.as_mut())
        .for_each(light);
}

/// The same for a timeline.
pub fn timeline(view: &mut LightTimelineView) {
    light(&mut view.now);
    view.timeline.iter_mut().for_each(|step| told(&mut step.reasons));
}

/// A rule set in sentences: the dimension, then what it says.
pub fn sentences(rules: &RuleSet) -> Vec<(&'static str, String)> {
    let mut said = Vec::new();
    let steps = |steps: &Steps, what: &dyn Fn(u32) -> String| {
        [(steps.yellow, "黄灯"), (steps.red, "红灯")]
            .into_iter()
            .filter_map(|(number, light)| number.map(|number| format!("{}，{light}", what(number))))
            .collect::<Vec<_>>()
            .join("；")
    };
    if let Some(rule) = &rules.start {
        let what = |months: u32| match months {
            1 => "当月应开工，月底仍未开工".to_owned(),
            months => format!("连续 {months} 个月应开工未开工"),
        };
        said.push(("开工", steps(rule, &what)));
    }
    if let Some(rule) = &rules.schedule {
        said.push(("进度", schedule(rule)));
    }
    if let Some(rule) = &rules.investment {
        let text = [(&rule.yellow, "黄灯"), (&rule.red, "红灯")]
            .into_iter()
            .filter_map(|(limit, light)| {
                let limit = limit.as_ref()?.normalized().to_plain_string();
                Some(format!("资金支付低于要求的 {limit}%，{light}"))
            })
            .collect::<Vec<_>>();
        said.push(("投资", text.join("；")));
    }
    if let Some(rule) = &rules.statistics {
        said.push((
            "入统",
            steps(rule, &|months| format!("开工满 {months} 个月未入统")),
        ));
    }
    if let Some(rule) = &rules.reporting {
        said.push(("月报", steps(rule, &|count| format!("欠报 {count} 期"))));
    }
    if let Some(rule) = &rules.verification {
        said.push(("核验", steps(rule, &|days| format!("上报超过 {days} 天未核验"))));
    }
    if let Some(rule) = &rules.commitment {
        said.push(("承诺", promises(rule)));
    }
    if let Some(days) = rules.recovered_within_days {
        said.push(("赶上", format!("赶上进度后 {days} 天内注明原来的灯")));
    }
    said
}

fn promises(rule: &Promises) -> String {
    let limits = [(&rule.yellow, "黄灯"), (&rule.red, "红灯")];
    let behind = limits.into_iter().filter_map(|(limit, light)| {
        let limit = limit.as_ref()?.normalized().to_plain_string();
        Some(match rule.measure? {
            Measure::Points => format!("服务的承诺落后应有进度达到 {limit} 个百分点，{light}"),
            Measure::Ratio => format!("服务的承诺完成不足应有进度的 {limit}%，{light}"),
        })
    });
    let stated = [("没有保持住", rule.breached), ("到期未达到", rule.missed)];
    let stated = stated.into_iter().filter_map(|(what, light)| {
        let light = crate::http::vocabularies::label("lights", light?.light().as_str());
        Some(format!("服务的承诺{what}，{light}"))
    });
    let all: Vec<String> = behind.chain(stated).collect();
    format!("{}（只有“确保”且不存疑的承诺亮红灯）", all.join("；"))
}

fn schedule(rule: &Schedule) -> String {
    let figure = |figure: &bigdecimal::BigDecimal| figure.normalized().to_plain_string();
    let of = |limit: &bigdecimal::BigDecimal, included: bool| {
        let limit = figure(limit);
        match (rule.measure, included) {
            (Measure::Points, true) => format!("落后计划进度达到 {limit} 个百分点"),
            (Measure::Points, false) => format!("落后计划进度超过 {limit} 个百分点"),
            (Measure::Ratio, true) => format!("完成不超过目前计划进度的 {limit}%"),
            (Measure::Ratio, false) => format!("完成不足目前计划进度的 {limit}%"),
        }
    };
    let mut text = format!(
        "{}，黄灯；{}，红灯",
        of(&rule.yellow, rule.yellow_included),
        of(&rule.red, rule.red_included)
    );
    if let Some(months) = rule.red_after_months {
        text.push_str(&format!("；黄灯连续 {months} 个月，转红灯"));
    }
    if let Some(days) = rule.due_soon_days {
        text.push_str(&format!("；{days} 天内到期未上报，黄灯"));
    }
    text
}
