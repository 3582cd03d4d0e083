//! Every word that the API uses for one of a few things, with its Chinese label: told once, for doors of all kinds.

use actix_web::{HttpRequest, HttpResponse, get, web};
use serde::Serialize;
use utoipa_actix_web::service_config::ServiceConfig;

use super::answer;
use super::problem::Problem;
use super::refusals::ListRefusals;
use super::request::{SignedIn, State, query};
use crate::db::EventKind;
use crate::kernel::{Result, Role};
use crate::plans::store as plans;
use crate::rules::overdue::{DateBasis, MilestoneState};

pub fn routes(config: &mut ServiceConfig) {
    config.service(vocabularies);
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
    pub responsible_levels: Vec<Word>,
    pub milestone_states: Vec<Word>,
    /// Of milestones, of projects' last days.
    pub date_bases: Vec<Word>,
    pub date_precisions: Vec<Word>,
    pub change_kinds: Vec<Word>,
    pub change_states: Vec<Word>,
    pub owner_roles: Vec<Word>,
    pub owner_bases: Vec<Word>,
    /// What a proposed owner says.
    pub owner_claims: Vec<Word>,
    /// How a commitment's target is to be read.
    pub operators: Vec<Word>,
    pub measures: Vec<Word>,
    pub directions: Vec<Word>,
    pub natures: Vec<Word>,
    pub strengths: Vec<Word>,
    pub service_classes: Vec<Word>,
    pub organisation_kinds: Vec<Word>,
    pub roles: Vec<Word>,
    /// By which door a change came in.
    pub doors: Vec<Word>,
    pub event_kinds: Vec<Word>,
    /// Where a project stands, for its reports.
    pub reporting_stages: Vec<Word>,
    pub reporting_frequencies: Vec<Word>,
    pub report_states: Vec<Word>,
    pub fund_sources: Vec<Word>,
    pub lights: Vec<Word>,
    /// In what respect a light was worked out.
    pub light_dimensions: Vec<Word>,
    /// How progress is measured.
    pub light_measures: Vec<Word>,
    /// The step of a project that a rule asks for by what it is.
    pub milestone_marks: Vec<Word>,
    /// How a commitment stands on its course.
    pub standings: Vec<Word>,
    pub observation_states: Vec<Word>,
    pub assessment_stages: Vec<Word>,
    /// What is carried over into another plan.
    pub carry_over_kinds: Vec<Word>,
}

const LIFE_CYCLES: &[(&str, &str)] = &[
    ("identification", "谋划"),
    ("preparation", "前期"),
    ("implementation", "实施"),
    ("completion", "完工验收"),
    ("closed", "已交付"),
    ("cancelled", "已取消"),
];
const RESPONSIBLE_LEVELS: &[(&str, &str)] = &[("city", "市级"), ("county", "县级")];
const DATE_PRECISIONS: &[(&str, &str)] = &[
    ("day", "到日"),
    ("month", "到月"),
    ("quarter", "到季度"),
    ("year", "到年"),
    ("period", "规划期内"),
];
const CHANGE_KINDS: &[(&str, &str)] = &[
    ("date", "调整时间"),
    ("weight", "调整权重"),
    ("cancel_milestone", "取消节点"),
    ("quantity", "调整数量"),
    ("owner", "更换单位"),
    ("cancel_project", "取消项目"),
    ("add_milestone", "增加节点"),
    ("add_project", "增加项目"),
    ("scope", "调整范围"),
];
const CHANGE_STATES: &[(&str, &str)] = &[
    ("open", "待决定"),
    ("approved", "已同意"),
    ("rejected", "已驳回"),
    ("withdrawn", "已撤回"),
];
const OWNER_ROLES: &[(&str, &str)] = &[
    ("lead", "牵头单位"),
    ("responsible", "责任单位"),
    ("supporting", "配合单位"),
];
const OWNER_BASES: &[(&str, &str)] = &[
    ("plan", "规划原文"),
    ("inferred", "推定"),
    ("confirmed", "已确认"),
];
const OWNER_CLAIMS: &[(&str, &str)] = &[("asked", "待认领"), ("claimed", "已认领"), ("disputed", "有异议")];
const OPERATORS: &[(&str, &str)] = &[
    ("at_least", "不低于"),
    ("more_than", "高于"),
    ("equal", "等于"),
    ("at_most", "不高于"),
];
const MEASURES: &[(&str, &str)] = &[("level", "当期值"), ("sum", "五年累计"), ("stock", "期末总量")];
const DIRECTIONS: &[(&str, &str)] = &[("higher", "越高越好"), ("lower", "越低越好")];
const NATURES: &[(&str, &str)] = &[("binding", "约束性"), ("expected", "预期性")];
const STRENGTHS: &[(&str, &str)] = &[
    ("firm", "确保"),
    ("principle", "原则上"),
    ("strive", "力争"),
    ("encourage", "鼓励"),
];
const SERVICE_CLASSES: &[(&str, &str)] = &[
    ("basic", "基本公共服务"),
    ("inclusive", "普惠性非基本公共服务"),
    ("life", "生活服务"),
];
const ORGANISATION_KINDS: &[(&str, &str)] = &[
    ("city_government", "市政府"),
    ("city_department", "市直部门"),
    ("county_government", "县区政府"),
    ("county_department", "县区部门"),
    ("township", "乡镇街道"),
    ("institution", "事业单位"),
];
const DOORS: &[(&str, &str)] = &[
    ("api", "接口"),
    ("page", "网页"),
    ("file", "文件"),
    ("command", "命令行"),
    ("job", "后台任务"),
];

const REPORTING_STAGES: &[(&str, &str)] = &[
    ("preparation", "前期项目"),
    ("under_way", "在建项目"),
    ("continuing", "持续性工作"),
];
const REPORTING_FREQUENCIES: &[(&str, &str)] =
    &[("monthly", "每月"), ("quarterly", "每季度"), ("yearly", "每年")];
const REPORT_STATES: &[(&str, &str)] = &[
    ("submitted", "已报待核验"),
    ("verified", "已核验"),
    ("returned", "已退回"),
];
/// Where money comes from (资金来源).
pub const FUND_SOURCES: &[(&str, &str)] = &[
    ("central", "中央资金"),
    ("provincial", "省级资金"),
    ("city", "市级资金"),
    ("county", "县区资金"),
    ("bond", "政府专项债券"),
    ("bank_loan", "银行贷款"),
    ("private", "社会资本"),
    ("other", "其他资金"),
];
const LIGHTS: &[(&str, &str)] = &[
    ("red", "红灯"),
    ("yellow", "黄灯"),
    ("green", "绿灯"),
    ("blue", "蓝灯"),
    ("grey", "灰灯"),
];
const LIGHT_DIMENSIONS: &[(&str, &str)] = &[
    ("start", "开工"),
    ("schedule", "进度"),
    ("investment", "投资"),
    ("statistics", "入统"),
    ("reporting", "月报"),
    ("verification", "核验"),
    ("commitment", "承诺"),
    ("project", "项目"),
];
const LIGHT_MEASURES: &[(&str, &str)] = &[("points", "落后百分点"), ("ratio", "完成计划的比例")];
const MILESTONE_MARKS: &[(&str, &str)] = &[("start", "开工"), ("finish", "竣工")];
const STANDINGS: &[(&str, &str)] = &[
    ("met", "已达到"),
    ("on_course", "符合进度"),
    ("behind", "落后"),
    ("missed", "未达到"),
    ("no_data", "暂无数据"),
    ("not_comparable", "无基数，只看目标"),
];
const OBSERVATION_STATES: &[(&str, &str)] = &[
    ("filed", "待确认"),
    ("confirmed", "已确认"),
    ("returned", "已退回"),
];
const ASSESSMENT_STAGES: &[(&str, &str)] = &[("mid_term", "中期评估"), ("final", "终期评估")];
const CARRY_OVER_KINDS: &[(&str, &str)] = &[("project", "项目"), ("commitment", "指标或承诺")];

fn word(code: &str, label: &str) -> Word {
    Word {
        code: code.to_owned(),
        label: label.to_owned(),
    }
}

fn words(pairs: &[(&str, &str)]) -> Vec<Word> {
    pairs.iter().map(|(code, label)| word(code, label)).collect()
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
        EventKind::EvidenceAdded => "上传佐证",
        EventKind::ProjectEdited => "项目修改",
        EventKind::OwnerConfirmed => "单位确认",
        EventKind::OwnerReplaced => "单位更换",
        EventKind::OwnerClaimed => "单位认领",
        EventKind::OwnerDisputed => "单位异议",
        EventKind::DateConfirmed => "时间确认",
        EventKind::WeightConfirmed => "权重确认",
        EventKind::ChangeRequested => "计划调整申请",
        EventKind::ChangeWithdrawn => "计划调整撤回",
        EventKind::ChangeApproved => "计划调整同意",
        EventKind::ChangeRejected => "计划调整驳回",
        EventKind::MilestoneCancelled => "节点取消",
        EventKind::ProjectCancelled => "项目取消",
        EventKind::ProjectSuspended => "项目暂停",
        EventKind::ProjectResumed => "项目恢复",
        EventKind::ProjectSplit => "项目拆分",
        EventKind::ProjectMerged => "项目合并",
        EventKind::OwnerAdded => "增加配合单位",
        EventKind::OwnerEnded => "结束配合单位",
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
        EventKind::OwnerAsked => "请推定单位认领",
        EventKind::ReportFiled => "月报上报",
        EventKind::ReportCorrected => "月报更正",
        EventKind::ReportVerified => "月报核验",
        EventKind::ReportReturned => "月报退回",
        EventKind::ReportsFrozen => "月报封存",
        EventKind::ReportsReopened => "月报解封",
        EventKind::ReportingEdited => "调度安排修改",
        EventKind::InvestmentPlanned => "投资计划修改",
        EventKind::LightRulesChanged => "红黄绿灯规则调整",
        EventKind::LightsRebuilt => "红黄绿灯重算",
        EventKind::LightOverridden => "督查调整亮灯",
        EventKind::LightOverrideEnded => "结束督查调整",
        EventKind::DoubtResolved => "存疑说明",
        EventKind::CommitmentAllocated => "任务分解",
        EventKind::ObservationFiled => "数据填报",
        EventKind::ObservationConfirmed => "数据确认",
        EventKind::ObservationReturned => "数据退回",
        EventKind::CarriedOver => "结转下一规划",
        EventKind::CarryOverLinked => "结转对应",
        EventKind::ProjectDivided => "分县任务",
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

/// What a role is called in Chinese.
pub fn role_label(role: Role) -> &'static str {
    match role {
        Role::Staff => "经办",
        Role::Reviewer => "审核",
        Role::Planner => "规划主管",
        Role::Supervisor => "督查",
        Role::Observer => "观察",
        Role::Administrator => "管理员",
    }
}

/// The label of a word, by its set's name in [`Vocabularies`]; the word itself where it has none.
pub fn label<'a>(set: &str, code: &'a str) -> &'a str {
    let pairs = match set {
        "life_cycles" => LIFE_CYCLES,
        "responsible_levels" => RESPONSIBLE_LEVELS,
        "date_precisions" => DATE_PRECISIONS,
        "change_kinds" => CHANGE_KINDS,
        "change_states" => CHANGE_STATES,
        "owner_roles" => OWNER_ROLES,
        "owner_bases" => OWNER_BASES,
        "owner_claims" => OWNER_CLAIMS,
        "operators" => OPERATORS,
        "measures" => MEASURES,
        "natures" => NATURES,
        "strengths" => STRENGTHS,
        "service_classes" => SERVICE_CLASSES,
        "organisation_kinds" => ORGANISATION_KINDS,
        "doors" => DOORS,
        "reporting_stages" => REPORTING_STAGES,
        "reporting_frequencies" => REPORTING_FREQUENCIES,
        "report_states" => REPORT_STATES,
        "fund_sources" => FUND_SOURCES,
        "lights" => LIGHTS,
        "light_dimensions" => LIGHT_DIMENSIONS,
        "light_measures" => LIGHT_MEASURES,
        "milestone_marks" => MILESTONE_MARKS,
        "directions" => DIRECTIONS,
        "standings" => STANDINGS,
        "observation_states" => OBSERVATION_STATES,
        "assessment_stages" => ASSESSMENT_STAGES,
        "carry_over_kinds" => CARRY_OVER_KINDS,
        "milestone_states" => return MilestoneState::parse(code).map_or(code, |state| state_label(state)),
        "date_bases" => return DateBasis::parse(code).map_or(code, |basis| basis_label(basis)),
        "roles" => return Role::parse(code).map_or(code, |role| role_label(role)),
        "event_kinds" => {
            let known = EventKind::ALL.into_iter().find(|kind| kind.as_str() == code);
            return known.map_or(code, |kind| event_label(kind));
        }
        _ => &[],
    };
    pairs
        .iter()
        .find(|(word, _)| *word == code)
        .map_or(code, |(_, label)| label)
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
    let all = Vocabularies {
        project_kinds: kinds.iter().map(|kind| word(&kind.code, &kind.name)).collect(),
        life_cycles: words(LIFE_CYCLES),
        responsible_levels: words(RESPONSIBLE_LEVELS),
        milestone_states: MilestoneState::ALL
            .into_iter()
            .map(|s| word(s.as_str(), state_label(s)))
            .collect(),
        date_bases: DateBasis::ALL
            .into_iter()
            .map(|b| word(b.as_str(), basis_label(b)))
            .collect(),
        date_precisions: words(DATE_PRECISIONS),
        change_kinds: words(CHANGE_KINDS),
        change_states: words(CHANGE_STATES),
        owner_roles: words(OWNER_ROLES),
        owner_bases: words(OWNER_BASES),
        owner_claims: words(OWNER_CLAIMS),
        operators: words(OPERATORS),
        measures: words(MEASURES),
        directions: words(DIRECTIONS),
        natures: words(NATURES),
        strengths: words(STRENGTHS),
        service_classes: words(SERVICE_CLASSES),
        organisation_kinds: words(ORGANISATION_KINDS),
        roles: Role::ALL
            .into_iter()
            .map(|role| word(role.as_str(), role_label(role)))
            .collect(),
        doors: words(DOORS),
        event_kinds: EventKind::ALL
            .into_iter()
            .map(|kind| word(kind.as_str(), event_label(kind)))
            .collect(),
        reporting_stages: words(REPORTING_STAGES),
        reporting_frequencies: words(REPORTING_FREQUENCIES),
        report_states: words(REPORT_STATES),
        fund_sources: words(FUND_SOURCES),
        lights: words(LIGHTS),
        light_dimensions: words(LIGHT_DIMENSIONS),
        light_measures: words(LIGHT_MEASURES),
        milestone_marks: words(MILESTONE_MARKS),
        standings: words(STANDINGS),
        observation_states: words(OBSERVATION_STATES),
        assessment_stages: words(ASSESSMENT_STAGES),
        carry_over_kinds: words(CARRY_OVER_KINDS),
    };
    answer::read(&request, None, &all)
}
