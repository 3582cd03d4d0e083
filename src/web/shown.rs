//! How milestones look on pages: ready texts for the templates, and what the visitor may do with each.

use std::collections::BTreeMap;

use bigdecimal::BigDecimal;
use chrono::NaiveDate;
use diesel_async::AsyncPgConnection;
use uuid::Uuid;

use crate::http::vocabularies::label;
use crate::kernel::authz::{self, Action, ProjectScope, Reporter, Target};
use crate::kernel::{Actor, Result};
use crate::projects::store;
use crate::views::names::Named;
use crate::views::shown::{MilestoneView, OwnerView};

/// A state as a word and a shape; colour only repeats it.
#[derive(Debug, Clone)]
pub struct Badge {
    /// Of the stylesheet: `late`, `wait`, `done`, `back`, `open`, `lapsed`, `off`.
    pub tone: &'static str,
    pub text: String,
}

/// What a visitor may do with a milestone, as its state stands.
#[derive(Debug, Clone, Copy, Default)]
pub struct May {
    pub report: bool,
    pub withdraw: bool,
    pub verify: bool,
    pub send_back: bool,
    pub reopen: bool,
    /// Ask for another date of it.
    pub postpone: bool,
}

impl May {
    pub fn anything(&self) -> bool {
        self.report || self.withdraw || self.verify || self.send_back || self.reopen || self.postpone
    }
}

/// A milestone as a line of a list.
#[derive(Debug, Clone)]
pub struct Line {
    pub id: Uuid,
    pub href: String,
    pub number: i32,
    pub name: String,
    pub project: String,
    pub project_href: String,
    pub programme: String,
    pub region: String,
    pub lead: Holder,
    pub responsible: Holder,
    pub planned: String,
    /// 推定、模板建议: a date that nobody has confirmed.
    pub proposal: bool,
    pub basis: String,
    pub baseline: Option<String>,
    pub slip: Option<String>,
    pub badge: Badge,
    /// 逾期 23 天, beside the date.
    pub overdue: Option<String>,
    pub late: bool,
    pub actual: Option<String>,
    pub note: Option<String>,
    pub evidence: Vec<(String, String)>,
    pub evidence_missing: Vec<String>,
    pub evidence_wanted: Vec<String>,
    pub reported: Option<String>,
    pub back_reason: Option<String>,
    /// Where it is stuck.
    pub stuck: String,
    pub weight: String,
    pub version: i64,
    pub may: May,
}

/// An owner, or that there is none.
#[derive(Debug, Clone, Default)]
pub struct Holder {
    pub name: String,
    pub inferred: bool,
    pub claim: Option<String>,
}

impl Holder {
    pub fn of(owner: Option<&OwnerView>) -> Holder {
        match owner {
            None => Holder {
                name: "未定".to_owned(),
                inferred: true,
                claim: None,
            },
            Some(owner) => Holder {
                name: name(&owner.organisation),
                inferred: owner.basis == "inferred",
                claim: owner
                    .claim
                    .as_ref()
                    .map(|claim| label("owner_claims", &claim.claim).to_owned()),
            },
        }
    }
}

/// A light: a shape, a word, and a colour that only repeats them.
#[derive(Debug, Clone)]
pub struct Lamp {
    pub tone: &'static str,
    pub text: &'static str,
}

impl Lamp {
    /// By its word.
    pub fn of(light: &str) -> Lamp {
        let (tone, text) = match light {
            "red" => ("red", "红灯"),
            "yellow" => ("yellow", "黄灯"),
            "green" => ("green", "绿灯"),
            "blue" => ("blue", "蓝灯"),
            _ => ("grey", "灰灯"),
        };
        Lamp { tone, text }
    }
}

/// Yuan as ten thousands, exactly, with its thousands apart: `15,636.05`. What is no figure stays as it is.
pub fn ten_thousands(yuan: &str) -> String {
    let Ok(figure) = yuan.parse::<BigDecimal>() else {
        return yuan.to_owned();
    };
    let figure: BigDecimal = figure / BigDecimal::from(10_000);
    let text = figure.normalized().to_plain_string();
    let (whole, rest) = text.split_once('.').unwrap_or((&text, ""));
    let (sign, digits) = whole
        .strip_prefix('-')
        .map_or(("", whole), |digits| ("-", digits));
    let mut apart = sign.to_owned();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place) % 3 == 0 {
            apart.push(',');
        }
        apart.push(digit);
    }
    match rest {
        "" => apart,
        rest => format!("{apart}.{rest}"),
    }
}

/// The name of something, or nothing.
pub fn name(named: &Option<Named>) -> String {
    named.as_ref().map(|named| named.name.clone()).unwrap_or_default()
}

/// A date to the precision with which it was promised.
pub fn dated(on: NaiveDate, precision: &str) -> String {
    use chrono::Datelike;
    match precision {
        "month" => format!("{}-{:02}", on.year(), on.month()),
        "quarter" => format!("{}年第{}季度", on.year(), on.month().div_ceil(3)),
        "year" => format!("{}年", on.year()),
        _ => on.to_string(),
    }
}

/// The state as somebody reads it: what is late says so first.
pub fn badge(milestone: &MilestoneView) -> Badge {
    let (tone, text) = match milestone.state.as_str() {
        "verified" => ("done", "已核验"),
        "reported" => ("wait", "待核验"),
        "returned" => ("back", "已退回"),
        "reopened" => ("back", "已重开"),
        "cancelled" => ("off", "已取消"),
        _ if milestone.overdue => ("late", "逾期"),
        _ if milestone.lapsed => ("lapsed", "期满未报"),
        _ if is_proposal(milestone) => ("off", "待确认"),
        _ => ("open", "未到期"),
    };
    Badge {
        tone,
        text: text.to_owned(),
    }
}

fn is_proposal(milestone: &MilestoneView) -> bool {
    !matches!(milestone.date_basis.as_str(), "confirmed" | "plan")
}

/// With whom it is, and for how long.
fn stuck(milestone: &MilestoneView) -> String {
    let responsible = milestone.project.responsible.as_ref();
    let who = Holder::of(responsible);
    match milestone.state.as_str() {
        "reported" => {
            let days = milestone.waiting_days.unwrap_or(0);
            match &milestone.waiting_with {
                Some(with) => format!("在{}待核验 {days} 天", with.name),
                None => format!("待核验 {days} 天，牵头单位未确认"),
            }
        }
        "verified" | "cancelled" => String::new(),
        "returned" => format!("已退回{}，待重新上报", who.name),
        "reopened" => format!("已重开，待{}重新上报", who.name),
        _ if who.inferred => "责任单位未确认，不能上报".to_owned(),
        _ => format!("待{}上报", who.name),
    }
}

pub fn line(milestone: MilestoneView, may: May) -> Line {
    let badge = badge(&milestone);
    let stuck = stuck(&milestone);
    let proposal = is_proposal(&milestone);
    Line {
        href: format!("/milestones/{}", milestone.id),
        number: milestone.number,
        project_href: format!("/projects/{}", milestone.project.code),
        programme: name(&milestone.project.programme),
        region: name(&milestone.project.site_region),
        lead: Holder::of(milestone.project.lead.as_ref()),
        responsible: Holder::of(milestone.project.responsible.as_ref()),
        planned: dated(milestone.planned_on, &milestone.date_precision),
        proposal,
        basis: label("date_bases", &milestone.date_basis).to_owned(),
        baseline: milestone.first_baseline_on.map(|on| on.to_string()),
        slip: milestone
            .slip_days
            .filter(|days| *days != 0)
            .map(|days| match days {
                days if days > 0 => format!("比首次基线晚 {days} 天"),
                days => format!("比首次基线早 {} 天", -days),
            }),
        overdue: milestone.days_overdue.map(|days| format!("逾期 {days} 天")),
        late: milestone.late,
        actual: milestone.actual_on.map(|on| on.to_string()),
        note: milestone.note.filter(|note| !note.is_empty()),
        evidence: milestone
            .evidence
            .into_iter()
            .map(|one| (one.kind, one.reference))
            .collect(),
        evidence_missing: milestone.evidence_missing,
        evidence_wanted: milestone.evidence_wanted,
        reported: milestone.reported_on.map(|on| {
            let by = name(&milestone.reported_by);
            match milestone.reporting_lag_days {
                Some(days) if days > 0 => format!("{by} {on} 上报，晚于实际完成 {days} 天"),
                _ => format!("{by} {on} 上报"),
            }
        }),
        back_reason: milestone.back_reason,
        weight: milestone.weight,
        id: milestone.id,
        name: milestone.name,
        project: milestone.project.title,
        version: milestone.version,
        badge,
        stuck,
        may,
    }
}

/// What an actor may do with these milestones: the same rights that the actions ask for.
pub async fn rights(
    conn: &mut AsyncPgConnection,
    actor: &Actor,
    milestones: &[MilestoneView],
) -> Result<BTreeMap<Uuid, May>> {
    let mut projects: Vec<Uuid> = milestones.iter().map(|one| one.project.id).collect();
    projects.sort_unstable();
    projects.dedup();
    let scopes = store::scopes_of(conn, &projects).await?;
    let reporters: Vec<Uuid> = milestones
        .iter()
        .filter_map(|one| one.reported_by.as_ref().map(|by| by.id))
        .collect();
    let paths = store::paths_of(conn, &reporters).await?;
    Ok(milestones
        .iter()
        .filter_map(|one| {
            let scope = scopes.get(&one.project.id)?;
            Some((one.id, may(actor, one, scope, &paths)))
        })
        .collect())
}

fn may(
    actor: &Actor,
    milestone: &MilestoneView,
    project: &ProjectScope,
    paths: &BTreeMap<Uuid, Vec<Uuid>>,
) -> May {
    let reporter = milestone
        .reported_by_user_id
        .zip(milestone.reported_by.as_ref().map(|by| by.id))
        .map(|(user_id, organisation_id)| Reporter {
            user_id,
            organisation_id,
        });
    let target = Target::Milestone {
        id: milestone.id,
        project,
        reporter,
        reporter_path: reporter
            .and_then(|reporter| paths.get(&reporter.organisation_id))
            .map_or(&[], Vec::as_slice),
    };
    let allowed = |action| authz::require(actor, action, &target).is_ok();
    let state = milestone.state.as_str();
    let open = matches!(state, "pending" | "returned" | "reopened");
    May {
        report: open && allowed(Action::ReportMilestone),
        withdraw: state == "reported" && allowed(Action::WithdrawMilestone),
        verify: state == "reported" && allowed(Action::VerifyMilestone),
        send_back: state == "reported" && allowed(Action::ReturnMilestone),
        reopen: state == "verified" && allowed(Action::ReopenMilestone),
        postpone: open
            && !is_proposal(milestone)
            && authz::require(actor, Action::RequestChange, &Target::Project(project)).is_ok(),
    }
}

/// Lines of milestones with what the actor may do with each.
pub async fn lines(
    conn: &mut AsyncPgConnection,
    actor: &Actor,
    milestones: Vec<MilestoneView>,
) -> Result<Vec<Line>> {
    let rights = rights(conn, actor, &milestones).await?;
    Ok(milestones
        .into_iter()
        .map(|milestone| {
            let may = rights.get(&milestone.id).copied().unwrap_or_default();
            line(milestone, may)
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use super::ten_thousands;

    #[test]
    fn yuan_stand_as_ten_thousands_exactly() {
        for (yuan, shown) in [
            ("0", "0"),
            ("1563630000", "156,363"),
            ("12000000.50", "1,200.00005"),
            ("9999", "0.9999"),
            ("-10000000", "-1,000"),
            ("123456780000", "12,345,678"),
            ("—", "—"),
        ] {
            assert_eq!(ten_thousands(yuan), shown);
        }
    }
}
