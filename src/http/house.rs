//! What belongs to no domain: the log, the vocabularies, health.

use actix_web::{HttpRequest, HttpResponse, get, web};
use serde::Serialize;
use utoipa_actix_web::service_config::ServiceConfig;

use super::answer::{self, ListBody};
use super::problem::Problem;
use super::refusals::ListRefusals;
use super::request::{SignedIn, State, query, question};
use crate::db::{EventKind, migrate};
use crate::kernel::{Result, Role};
use crate::plans::store as plans;
use crate::rules::overdue::{DateBasis, MilestoneState};
use crate::views::history::{self, EventQuery, EventView};
use crate::views::resolve::{NamedFilter, resolve};
use crate::views::window::Window;

pub fn routes(config: &mut ServiceConfig) {
    config.service(events).service(vocabularies);
}

/// The log within one's sight, oldest first. `next_cursor` is there on the last page too: given again later, it finds
/// what was recorded since.
#[utoipa::path(tag = "events", params(("plan" = Option<Vec<String>>, Query),
    ("kind" = Option<Vec<String>>, Query, description = "Kind of event, such as `milestone.reported`."),
    ("limit" = Option<i64>, Query, minimum = 1, maximum = 200), ("cursor" = Option<String>, Query)),
    responses((status = 200, body = ListBody<EventView>), ListRefusals))]
#[get("/events")]
pub async fn events(
    request: HttpRequest,
    who: SignedIn,
    state: web::Data<State>,
) -> Result<HttpResponse, Problem> {
    let mut q = query(&request);
    let named = NamedFilter {
        plans: q.many("plan"),
        ..NamedFilter::default()
    };
    let names: Vec<&'static str> = EventKind::ALL.into_iter().map(EventKind::as_str).collect();
    let kinds = q.choices("kind", &names, |text| {
        names.contains(&text).then(|| text.to_owned())
    });
    let page = q.page();
    let page = q.finish(page)?;
    let asked = question(&request);
    let events = state
        .db
        .read(async |conn| {
            let resolved = resolve(conn, named.clone()).await?;
            let window = Window::open(conn, &state.db.clock, &who.0, &resolved.plans, None).await?;
            let query = EventQuery {
                kinds: kinds.clone(),
                plan_ids: resolved.plans,
                ..EventQuery::default()
            };
            history::list(conn, &window, &who.0, &query, &page, &asked).await
        })
        .await?;
    answer::read(&request, None, &ListBody::from(events))
}

/// A word of the API and its Chinese label.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Word {
    pub code: String,
    pub label: String,
}

/// Every enumeration of the API, each word with its Chinese label.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Vocabularies {
    pub project_kinds: Vec<Word>,
    pub life_cycles: Vec<Word>,
    pub milestone_states: Vec<Word>,
    pub date_bases: Vec<Word>,
    pub owner_roles: Vec<Word>,
    pub owner_bases: Vec<Word>,
    pub roles: Vec<Word>,
    pub event_kinds: Vec<Word>,
}

fn words(pairs: &[(&str, &str)]) -> Vec<Word> {
    pairs
        .iter()
        .map(|(code, label)| Word {
            code: (*code).to_owned(),
            label: (*label).to_owned(),
        })
        .collect()
}

fn event_label(kind: EventKind) -> &'static str {
    match kind {
        EventKind::PlanLoaded => "规划载入",
        EventKind::PlanDayMoved => "演示日期推移",
        EventKind::RecordCreated => "新建",
        EventKind::RecordEdited => "修改",
        EventKind::MilestoneReported => "节点上报",
        EventKind::MilestoneWithdrawn => "节点撤回",
        EventKind::MilestoneVerified => "节点核验",
        EventKind::MilestoneReturned => "节点退回",
        EventKind::MilestoneReopened => "节点重开",
        EventKind::MilestoneEdited => "节点修改",
        EventKind::ProjectEdited => "项目修改",
        EventKind::OwnerConfirmed => "单位确认",
        EventKind::OwnerReplaced => "单位更换",
        EventKind::DateConfirmed => "时间确认",
        EventKind::WeightConfirmed => "权重确认",
        EventKind::OrganisationCreated => "新建单位",
        EventKind::OrganisationEdited => "修改单位",
        EventKind::UserCreated => "新建用户",
        EventKind::UserEdited => "修改用户",
        EventKind::UserPasswordReset => "重置密码",
        EventKind::UserPasswordChanged => "修改密码",
        EventKind::UserDisabled => "停用用户",
        EventKind::UserEnabled => "启用用户",
        EventKind::SessionRevoked => "结束会话",
        EventKind::MembershipGranted => "授予角色",
        EventKind::MembershipEnded => "取消角色",
        EventKind::EventRedacted => "记录脱敏",
    }
}

fn state_label(state: MilestoneState) -> &'static str {
    match state {
        MilestoneState::Pending => "未上报",
        MilestoneState::Reported => "已上报待核验",
        MilestoneState::Returned => "已退回",
        MilestoneState::Verified => "已核验",
        MilestoneState::Reopened => "已重开",
        MilestoneState::Cancelled => "已取消",
    }
}

fn basis_label(basis: DateBasis) -> &'static str {
    match basis {
        DateBasis::Plan => "规划原文",
        DateBasis::Period => "规划期末",
        DateBasis::Template => "模板建议",
        DateBasis::Confirmed => "已确认",
    }
}

fn role_label(role: Role) -> &'static str {
    match role {
        Role::Staff => "经办",
        Role::Reviewer => "审核",
        Role::Planner => "规划主管",
        Role::Supervisor => "督查",
        Role::Observer => "观察",
        Role::Administrator => "管理员",
    }
}

/// The words of the API with their Chinese labels.
#[utoipa::path(tag = "vocabularies", responses((status = 200, body = Vocabularies), ListRefusals))]
#[get("/vocabularies")]
pub async fn vocabularies(
    request: HttpRequest,
    _who: SignedIn,
    state: web::Data<State>,
) -> Result<HttpResponse, Problem> {
    query(&request).finish(())?;
    let kinds = state.db.read(async |conn| plans::kinds(conn).await).await?;
    let word = |code: &str, label: &str| Word {
        code: code.to_owned(),
        label: label.to_owned(),
    };
    answer::read(
        &request,
        None,
        &Vocabularies {
            project_kinds: kinds
                .into_iter()
                .map(|kind| Word {
                    code: kind.code,
                    label: kind.name,
                })
                .collect(),
            life_cycles: words(&[
                ("identification", "谋划"),
                ("preparation", "前期"),
                ("implementation", "实施"),
                ("completion", "完工验收"),
                ("closed", "已交付"),
                ("cancelled", "已取消"),
            ]),
            milestone_states: MilestoneState::ALL
                .into_iter()
                .map(|s| word(s.as_str(), state_label(s)))
                .collect(),
            date_bases: DateBasis::ALL
                .into_iter()
                .map(|b| word(b.as_str(), basis_label(b)))
                .collect(),
            owner_roles: words(&[
                ("lead", "牵头单位"),
                ("responsible", "责任单位"),
                ("supporting", "配合单位"),
            ]),
            owner_bases: words(&[
                ("plan", "规划原文"),
                ("inferred", "推定"),
                ("confirmed", "已确认"),
            ]),
            roles: Role::ALL
                .into_iter()
                .map(|role| word(role.as_str(), role_label(role)))
                .collect(),
            event_kinds: EventKind::ALL
                .into_iter()
                .map(|kind| word(kind.as_str(), event_label(kind)))
                .collect(),
        },
    )
}

/// The program runs.
#[get("/health/live")]
pub async fn live() -> HttpResponse {
    HttpResponse::Ok().json(serde_json::json!({ "status": "live" }))
}

/// The database answers and its migrations are those of this binary.
#[get("/health/ready")]
pub async fn ready(state: web::Data<State>) -> Result<HttpResponse, Problem> {
    let pending = state
        .db
        .read(async |conn| migrate::pending_count(conn).await)
        .await?;
    Ok(if pending == 0 {
        HttpResponse::Ok().json(serde_json::json!({ "status": "ready" }))
    } else {
        HttpResponse::ServiceUnavailable()
            .json(serde_json::json!({ "status": "migrations pending", "pending": pending }))
    })
}
