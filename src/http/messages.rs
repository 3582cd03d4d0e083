//! Chinese for every code. The only place where a refusal gets its words.

use super::vocabularies::label;
use crate::kernel::{Code, Fault};

/// A type or form of input in words; a pattern stands for itself.
fn in_words(form: &str) -> &str {
    match form {
        "array" => "列表",
        "boolean" => "是或否（true、false）",
        "decimal" => "数字，如 1234.5",
        "decimal string" => "写作文本的数字，如 \"1234.5\"",
        "integer" => "整数",
        "object" => "对象",
        "percent-encoded UTF-8" => "按 UTF-8 百分号编码的文本",
        "string" => "文本",
        "text" => "不含控制字符的文本",
        "text without NUL" => "不含空字符的文本",
        "uuid" => "UUID",
        "1–200 characters" => "1 至 200 个字符",
        pattern => pattern,
    }
}

/// What a fault says, in Chinese: what is wrong and what to do.
pub fn text(fault: &Fault) -> String {
    let p = |name: &str| fault.param(name).unwrap_or("").to_owned();
    match fault.code {
        Code::AuthRequired => "请先登录：请求缺少 Authorization: Bearer 令牌。".into(),
        Code::AuthTokenInvalid => "令牌无效，请重新登录。".into(),
        Code::AuthTokenExpired => "令牌已过期，请用刷新令牌换取新令牌，或重新登录。".into(),
        Code::AuthSessionEnded => "会话已结束，请重新登录。".into(),
        Code::AuthCredentialsWrong => "用户名或密码不正确。".into(),
        Code::AuthRefreshReused => "刷新令牌已被使用过，会话已结束，请重新登录。".into(),
        Code::AuthTooManyAttempts => "登录失败次数过多，请稍后再试。".into(),
        Code::OrganisationRegion => "所在地须在上级单位的行政区划之内，请重新选择。".into(),
        Code::DaysOrder => "前一天须早于后一天，请调换。".into(),
        Code::ClaimSaid => format!(
            "这个单位已是“{}”，不用再请它认领。",
            label("owner_claims", &p("claim"))
        ),
        Code::LogBusy => "正在核对日志，请稍后再试。".into(),
        Code::AuthBusy => "登录的人较多，请稍后再试。".into(),
        Code::PasswordChangeRequired => "首次登录须先修改密码（POST /api/v1/auth/password）。".into(),
        Code::PasswordSameAsBefore => "新密码不能与原密码相同。".into(),
        Code::PasswordTooCommon => "密码过于常见，请换一个。".into(),
        Code::PasswordContainsUsername => "密码不能包含用户名。".into(),
        Code::BodyMalformed => "请求内容不是有效的 JSON，请检查格式。".into(),
        Code::BodyTooLarge => format!("请求内容过大，上限 {} 字节。", p("limit")),
        Code::BodyNotJson => "请求内容须为 application/json。".into(),
        Code::FieldUnknown => format!("没有这个字段或参数，可用的有：{}。", p("allowed")),
        Code::FieldMissing => "必填，请补上。".into(),
        Code::FieldType => format!("类型不对，应为 {}。", in_words(&p("type"))),
        Code::FieldEmpty => "不能为空。".into(),
        Code::FieldTooLong => format!("过长，最多 {} 个字符。", p("most")),
        Code::FieldTooShort => format!("过短，至少 {} 个字符。", p("least")),
        Code::FieldTooMany => format!("过多，最多 {} 项。", p("most")),
        Code::FieldOutOfRange => format!("超出范围，应在 {} 与 {} 之间。", p("least"), p("most")),
        Code::FieldNotAllowed => format!("不是允许的值，可用的有：{}。", p("allowed")),
        Code::FieldFormat => format!("格式不对，应为 {}。", in_words(&p("format"))),
        Code::FieldNotFound => "找不到所指的对象，请核对编号。".into(),
        Code::FieldDuplicate => "重复出现，请只保留一个。".into(),
        Code::FieldAgain => "两次输入的不一致，请重新输入。".into(),
        Code::SavedTooMany => format!("常用筛选已有 {} 个，请先删除不用的。", p("most")),
        Code::FieldReadOnly => "此项不能直接修改。".into(),
        Code::CursorInvalid => "翻页标记与当前筛选条件不符，请从第一页重新开始。".into(),
        Code::NotFound => "没有找到，或不在您的查看范围内。".into(),
        Code::Forbidden => format!("您没有此项权限：{}。", p("right")),
        Code::PreconditionRequired => "缺少 If-Match：请先读取最新内容，带上它的 ETag 再提交。".into(),
        Code::PreconditionFormat => "If-Match 格式不对，应为读取时得到的 ETag。".into(),
        Code::Stale => "内容已被他人修改，请重新读取后再提交。".into(),
        Code::IdempotencyKeyMissing => {
            "缺少 Idempotency-Key：每次新的提交请生成一个唯一值（1–255 个可见字符）。".into()
        }
        Code::IdempotencyKeyReused => "此 Idempotency-Key 已用于另一内容，请换一个新值。".into(),
        Code::MilestoneState => format!("节点当前状态为“{}”，不能这样操作。", p("state")),
        Code::MilestoneDateConfirmed => "节点时间已确认，只能通过计划调整变更。".into(),
        Code::MilestoneActualInFuture => format!("实际完成日期不能晚于今天（{}）。", p("today")),
        Code::EvidenceType => {
            "只收 PDF、JPEG、PNG、XLSX、DOCX 文件，按内容辨认；请另存为其中一种再上传。".into()
        }
        Code::EvidenceEmpty => "没有选择文件，或文件是空的。".into(),
        Code::MilestoneWeightConfirmed => "权重已确认，只能通过计划调整变更。".into(),
        Code::ChangeNothing => "与现在的值相同，没有要调整的内容。".into(),
        Code::ChangeUnconfirmed => "这一项尚未确认，不用计划调整：请规划主管直接确认或修改。".into(),
        Code::ChangeOpen => "这一项已有待决定的计划调整申请，请先等它有结果或撤回它。".into(),
        Code::ChangeState => format!("这项申请当前状态为“{}”，不能这样操作。", p("state")),
        Code::ChangeStale => format!(
            "申请提出后情况已变：当时是 {}，现在是 {}。请驳回，由申请单位重新提出。",
            p("was"),
            p("is")
        ),
        Code::ProjectClosed => "项目已取消、关闭或归档，不能这样操作。".into(),
        Code::ProjectSuspended => format!(
            "项目自 {} 起已暂停；如要改写理由或复核日期，请先恢复。",
            p("since")
        ),
        Code::ProjectNotSuspended => "项目没有暂停，无须恢复。".into(),
        Code::ProjectHasReports => format!(
            "项目已有上报或核验的节点或月报（共 {} 份）或已交付的数量，归档后会失去着落；请保留原项目，节点可先撤回、重开。",
            p("reports")
        ),
        Code::ProjectHasParts => "项目有分县任务，归档后会失去着落；请先在管理页去掉，或保留原项目。".into(),
        Code::ProjectChangeOpen => "项目有待决定的计划调整申请，请先决定或撤回。".into(),
        Code::SplitQuantity => format!(
            "各部分数量合计 {}，与原项目的 {} 不合：合计不能超过原数量；有剩余时原项目须保留，没有剩余时须归档；原项目没有数量时各部分也不填。",
            p("parts"),
            p("whole")
        ),
        Code::MergeUnits => format!(
            "两个项目的单位不同（{}、{}），数量不能相加；请先调整。",
            p("from"),
            p("into")
        ),
        Code::MergeInitiatives => "保留的项目已有第二事项，合并后原事项会没有项目；请先调整第二事项。".into(),
        Code::MergeOverdue => format!(
            "项目有 {} 个逾期节点，合并会掩盖逾期；请先办结，或经计划调整处理。",
            p("overdue")
        ),
        Code::OwnerExists => "该单位已是本项目的单位。".into(),
        Code::OwnerNotSupporting => "只有配合单位可以这样结束；牵头、责任单位请用确认或计划调整更换。".into(),
        Code::ProjectOwnerMissing => "项目没有这一角色的单位，请先指定。".into(),
        Code::ConfirmationNothing => "没有要确认的内容，请至少列出一项。".into(),
        Code::ConfirmationAlready => "已经确认过了。".into(),
        Code::OrganisationInUse => "该单位仍有下级单位、成员或承担的项目，不能停用。".into(),
        Code::OrganisationCycle => "上级单位不能是自己或自己的下级。".into(),
        Code::OrganisationArchived => "该单位已停用，不能再设下级单位或成员。".into(),
        Code::MembershipExists => "该用户在此单位已有这个角色。".into(),
        Code::MembershipEnded => "这个角色已经取消过了。".into(),
        Code::UsernameTaken => "用户名已被使用，请换一个。".into(),
        Code::CodeTaken => "编号已被使用，请换一个。".into(),
        Code::UserDisabled => "该用户已停用。".into(),
        Code::ValueTaken => "已存在相同的内容。".into(),
        Code::RuleBroken => format!("不符合规则（{}）。", p("rule")),
        Code::DemonstrationBack => format!("演示日期已到 {}，只能向后推移，不能退回。", p("today")),
        Code::DemonstrationMixed => {
            "这份规划已按真实规划载入，不能再混入演示数据；请另用一个数据库或数据目录。".into()
        }
        Code::EventRedacted => "这条记录已经脱敏，不能再次脱敏。".into(),
        Code::AsOfInFuture => format!("只能查看今天（{}）及以前的日期。", p("today")),
        Code::AsOfWithQuery => format!("查看过去某日时不能同时使用：{}。", p("name")),
        Code::MethodNotAllowed => format!("此地址不支持该方法，可用的有：{}。", p("allow")),
        Code::DatabaseAway => "数据库暂时无法连接，请稍后再试。".into(),
        Code::Internal => "系统内部错误，请凭 trace_id 联系管理员。".into(),
        Code::ReportState => format!("这份月报当前状态为“{}”，不能这样操作。", p("state")),
        Code::ReportExists => "这一期已有月报；要改请打开那一份更正。".into(),
        Code::ReportMonthFrozen => format!(
            "{} 的月报已封存（第 {} 版），不能改动；确需更正，请规划主管说明理由后解封。",
            p("month"),
            p("edition")
        ),
        Code::ReportMonthOpen => format!("{} 的月报没有封存，无须解封。", p("month")),
        Code::ReportPeriodFuture => format!("这一期还没有开始（今天是 {}）。", p("today")),
        Code::ReportFrequency => format!("本规划的调度安排里没有这种周期，可用的有：{}。", p("allowed")),
        Code::ReportFundsSum => format!("分来源合计为 {}，与总数 {} 不一致。", p("sum"), p("total")),
        Code::ReportFalls => format!("形象进度比上一期（{}%）低，请在备注里说明原因。", p("before")),
        Code::ReportingBackwards => {
            format!("起报日不能早于本月 1 日（{}）：不能让单位倒欠月报。", p("least"))
        }
        Code::ReportPaidOverReceived => format!(
            "已支付（{} 元）超过已到位（{} 元），请核对。",
            p("paid"),
            p("received")
        ),
        Code::ReportDoneOverPlanned => format!(
            "累计完成投资（{} 元）超过计划投资（{} 元），请核对。",
            p("done"),
            p("planned")
        ),
        Code::ReportNoParts => {
            "项目没有分县任务，月报按整个项目报，不写县区；需要分县报的，请规划主管先在项目管理页设分县任务。"
                .into()
        }
        Code::ReportRegionRequired => format!("项目分县报月报，请写明报的是哪个县区：{}。", p("allowed")),
        Code::ReportRegionNotPart => format!(
            "项目没有这个县区的任务，可报的有：{}；要增加，请规划主管在项目管理页改分县任务。",
            p("allowed")
        ),
        Code::ReportWholePeriod => {
            "这一期在分县以前，或已按整个项目报过：请按整个项目报或更正，不写县区。".into()
        }
        Code::ReportPeriodOutsidePlan => format!(
            "这一期不在规划期（{} 至 {}）内，不用报；请核对期别。",
            p("least"),
            p("most")
        ),
        Code::PartRegionNotCounty => "分县任务只能给本规划范围内的县区，请从列表里选。".into(),
        Code::PartHasReports => format!(
            "{} 已有月报，这部分任务不能去掉；请保留它，可以改责任单位、数量和投资。",
            p("regions")
        ),
        Code::LightRulesEmpty => "没有填门槛：黄灯、红灯至少填一项，规则至少要有一个方面。".into(),
        Code::LightRulesOrder => "红灯的门槛应比黄灯更严，请核对。".into(),
        Code::LightRulesSame => "与现行规则相同，没有要改的内容。".into(),
        Code::LightOverridden => "这个项目的灯已有督查调整在生效，请先结束它。".into(),
        Code::LightOverrideOver => "这次督查调整已经结束或到期。".into(),
        Code::CommitmentOwnerUnconfirmed => "负责单位尚未确认，不能填报；请规划主管先确认负责单位。".into(),
        Code::CommitmentNoDoubt => "这一项没有存疑，无须说明。".into(),
        Code::ObservationNothing => "没有要提交的数，请至少填一项；没有改动的不会重新提交。".into(),
        Code::ObservationExists => "这一天的数已经填报过，请在原记录上更正。".into(),
        Code::ObservationState => format!("这条数据当前状态为“{}”，不能这样操作。", p("state")),
        Code::ObservationInFuture => format!("所属期末不能晚于今天（{}）。", p("today")),
        Code::ObservationBeforePlan => format!("所属期末不能早于规划期首日（{}）。", p("starts_on")),
        Code::ObservationPart => {
            "没有分解到这个县区或单位，只能填报总数；要分开填报，请规划主管先作任务分解。".into()
        }
        Code::CarryOverFinished => {
            // A project's life cycle or a commitment's standing; no word stands for both.
            let state = p("state");
            let word = [label("life_cycles", &state), label("standings", &state)];
            let word = word.into_iter().find(|word| *word != state).unwrap_or(&state);
            format!("“{word}”的不用结转。")
        }
        Code::CarryOverExists => "已经结转到那一规划了。".into(),
        Code::CarryOverPlans => "只能结转到同一印发单位、更晚开始的另一规划。".into(),
        Code::CarryOverElsewhere => "所指的对象不属于结转到的规划，或种类不同。".into(),
    }
}
