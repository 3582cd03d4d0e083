//! A plan change in words: what it is, what it was and is to be, who asked and who decided.

use std::collections::BTreeMap;

use super::shown::{dated, name};
use crate::http::vocabularies::label;
use crate::views::changes::ChangeRequestView;
use crate::views::changes::shown::{ProposedProjectView, ScopeView};

/// A plan change, as the ledger has it.
pub struct Change {
    pub kind: String,
    pub state: String,
    pub open: bool,
    pub what: String,
    pub from: String,
    pub to: String,
    pub reason: String,
    pub asked: String,
    pub decided: String,
    pub slip: String,
    /// Of a project that is asked for: what is said of it, by what it is called.
    pub facts: Vec<(&'static str, String)>,
}

/// `kinds` are the names of the kinds of projects.
pub fn change(request: ChangeRequestView, kinds: &BTreeMap<String, String>) -> Change {
    let (from, to) = from_to(&request);
    Change {
        kind: label("change_kinds", &request.kind).to_owned(),
        open: request.state == "open",
        state: label("change_states", &request.state).to_owned(),
        what: match (&request.title, &request.milestone) {
            (Some(title), _) => title.clone(),
            (None, Some(milestone)) => milestone.name.clone(),
            (None, None) => name(&request.project),
        },
        from,
        to,
        facts: request
            .proposal
            .map(|proposal| facts(proposal, kinds))
            .unwrap_or_default(),
        reason: request.reason,
        asked: format!("{} {}", name(&request.requested_by), request.requested_on),
        decided: match request.decided_on {
            Some(on) => format!("{} {on}", name(&request.decided_by)),
            None => String::new(),
        },
        slip: request
            .slip_days
            .filter(|days| *days != 0)
            .map(|days| format!("{days:+} 天"))
            .unwrap_or_default(),
    }
}

fn from_to(request: &ChangeRequestView) -> (String, String) {
    let day = |day: Option<chrono::NaiveDate>| day.map(|day| day.to_string()).unwrap_or_default();
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    match request.kind.as_str() {
        "date" => (day(request.old_planned_on), day(request.planned_on)),
        "weight" => (text(&request.old_weight), text(&request.weight)),
        "quantity" => (text(&request.old_quantity), text(&request.quantity)),
        "owner" => (name(&request.old_organisation), name(&request.organisation)),
        "add_milestone" => ("没有".to_owned(), step(request)),
        "add_project" => {
            let initiative = request.initiative();
            ("没有".to_owned(), format!("列入“{initiative}”"))
        }
        "scope" => match (&request.old_scope, &request.scope) {
            (Some(was), Some(wanted)) => (covers(was, wanted), covers(wanted, was)),
            _ => (String::new(), String::new()),
        },
        _ => (String::new(), "取消".to_owned()),
    }
}

/// A milestone that is asked for.
fn step(request: &ChangeRequestView) -> String {
    let mut said = Vec::new();
    if let Some(day) = request.planned_on {
        said.push(format!("{day} 完成"));
    }
    if let Some(weight) = &request.weight {
        said.push(format!("权重 {weight}"));
    }
    match request.evidence_wanted.as_deref() {
        None | Some([]) => {}
        Some(wanted) => said.push(format!("佐证材料：{}", wanted.join("、"))),
    }
    said.push(match &request.before {
        Some(before) => format!("排在“{}”之前", before.name),
        None => "排在最后".to_owned(),
    });
    said.join("，")
}

/// What of a scope differs from another.
fn covers(scope: &ScopeView, other: &ScopeView) -> String {
    let mut said = Vec::new();
    if scope.title != other.title {
        said.push(format!("名称：{}", scope.title));
    }
    if scope.components != other.components {
        said.push(match scope.components.is_empty() {
            true => "组成：没有".to_owned(),
            false => format!("组成：{}", scope.components.join("、")),
        });
    }
    if scope.site_region != other.site_region {
        said.push(match &scope.site_region {
            Some(region) => format!("地点：{}", region.name),
            None => "地点：不限一处".to_owned(),
        });
    }
    said.join("；")
}

/// What is said of a project that is asked for.
fn facts(proposal: ProposedProjectView, kinds: &BTreeMap<String, String>) -> Vec<(&'static str, String)> {
    let owners = |role: &str| {
        let named = proposal.owners.iter().filter(|owner| owner.role == role);
        named
            .map(|owner| name(&owner.organisation))
            .collect::<Vec<_>>()
            .join("、")
    };
    let quantity = proposal.quantity.clone().unwrap_or_default();
    let level = match proposal.responsible_level.as_str() {
        "county" => "县区级",
        _ => "市级",
    };
    let served: Vec<String> = proposal.commitments.iter().map(|one| one.name.clone()).collect();
    let all = [
        (
            "类型",
            kinds
                .get(&proposal.kind)
                .cloned()
                .unwrap_or_else(|| proposal.kind.clone()),
        ),
        ("责任层级", level.to_owned()),
        ("地点", name(&proposal.site_region)),
        ("牵头单位", owners("lead")),
        ("责任单位", owners("responsible")),
        ("配合单位", owners("supporting")),
        (
            "数量",
            format!("{quantity}{}", proposal.unit.as_deref().unwrap_or_default()),
        ),
        ("计划完成", dated(proposal.due_on, &proposal.due_precision)),
        (
            "计划投资（元）",
            proposal.investment_planned.clone().unwrap_or_default(),
        ),
        ("国家项目代码", proposal.national_code.clone().unwrap_or_default()),
        ("组成", proposal.components.join("、")),
        ("服务的承诺", served.join("、")),
        ("说明", proposal.description.clone()),
    ];
    all.into_iter().filter(|(_, text)| !text.is_empty()).collect()
}
