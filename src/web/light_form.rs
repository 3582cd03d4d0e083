//! The form of light rules: each field is named by its place in the rules, so that a fault finds it.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::kernel::{Error, Result};
use crate::rules::lights::RuleSet;

/// A field of the rules: its name is its place in them.
pub struct Field {
    pub name: &'static str,
    pub label: &'static str,
    /// `text`, `number`, `figure`, `flag`, or the choices of a select.
    pub kind: &'static str,
    pub choices: &'static [(&'static str, &'static str)],
}

pub struct Group {
    pub title: &'static str,
    pub hint: &'static str,
    pub fields: &'static [Field],
}

const fn field(name: &'static str, label: &'static str, kind: &'static str) -> Field {
    Field {
        name,
        label,
        kind,
        choices: &[],
    }
}

const WARNINGS: &[(&str, &str)] = &[("", "不判"), ("yellow", "黄灯"), ("red", "红灯")];

pub const GROUPS: &[Group] = &[
    Group {
        title: "名称",
        hint: "",
        fields: &[
            field("rules/name", "规则名称", "text"),
            field("rules/source", "依据", "text"),
            field(
                "rules/recovered_within_days",
                "赶上后注明原来的灯（天）",
                "number",
            ),
        ],
    },
    Group {
        title: "开工",
        hint: "应开工的月份月底仍未开工，算第 1 个月。",
        fields: &[
            field("rules/start/yellow", "第几个月黄灯", "number"),
            field("rules/start/red", "第几个月红灯", "number"),
        ],
    },
    Group {
        title: "进度",
        hint: "落后百分点：门槛越大越严重；完成计划的比例：门槛越小越严重。黄灯、红灯都留空则不判进度。",
        fields: &[
            Field {
                name: "rules/schedule/measure",
                label: "怎样衡量",
                kind: "select",
                choices: &[("points", "落后百分点"), ("ratio", "完成计划的比例（%）")],
            },
            field("rules/schedule/yellow", "黄灯门槛", "figure"),
            field("rules/schedule/yellow_included", "含黄灯门槛本身", "flag"),
            field("rules/schedule/red", "红灯门槛", "figure"),
            field("rules/schedule/red_included", "含红灯门槛本身", "flag"),
            field(
                "rules/schedule/red_after_months",
                "黄灯连续几个月转红灯",
                "number",
            ),
            field("rules/schedule/due_soon_days", "到期前几天未报黄灯", "number"),
        ],
    },
    Group {
        title: "投资",
        hint: "已支付资金低于要求的百分之几。",
        fields: &[
            field("rules/investment/yellow", "黄灯（%）", "figure"),
            field("rules/investment/red", "红灯（%）", "figure"),
        ],
    },
    Group {
        title: "入统",
        hint: "开工满几个月未入统。",
        fields: &[
            field("rules/statistics/yellow", "黄灯（月）", "number"),
            field("rules/statistics/red", "红灯（月）", "number"),
        ],
    },
    Group {
        title: "月报",
        hint: "欠报几期。",
        fields: &[
            field("rules/reporting/yellow", "黄灯（期）", "number"),
            field("rules/reporting/red", "红灯（期）", "number"),
        ],
    },
    Group {
        title: "核验",
        hint: "上报后超过几天未核验。",
        fields: &[
            field("rules/verification/yellow", "黄灯（天）", "number"),
            field("rules/verification/red", "红灯（天）", "number"),
        ],
    },
    Group {
        title: "承诺",
        hint: "项目服务的承诺，按已确认的观测值；只有“确保”且不存疑的承诺亮红灯。落后百分点：占全程的百分点；比例：应走的路走了百分之几。",
        fields: &[
            Field {
                name: "rules/commitment/measure",
                label: "落后怎样衡量",
                kind: "select",
                choices: &[
                    ("", "不判"),
                    ("points", "落后百分点"),
                    ("ratio", "完成应有进度的比例（%）"),
                ],
            },
            field("rules/commitment/yellow", "黄灯门槛", "figure"),
            field("rules/commitment/red", "红灯门槛", "figure"),
            Field {
                name: "rules/commitment/breached",
                label: "须一直保持的没有保持住",
                kind: "select",
                choices: WARNINGS,
            },
            Field {
                name: "rules/commitment/missed",
                label: "到期未达到",
                kind: "select",
                choices: WARNINGS,
            },
        ],
    },
];

/// What is typed, by the names of the fields.
pub type Typed = BTreeMap<String, String>;

/// A rule set as the form has it.
pub fn typed_of(rules: &RuleSet) -> Result<Typed> {
    fn flatten(place: &str, value: &Value, into: &mut Typed) {
        match value {
            Value::Object(map) => map
                .iter()
                .for_each(|(key, inner)| flatten(&format!("{place}/{key}"), inner, into)),
            Value::Null | Value::Bool(false) => {}
            Value::String(text) => {
                into.insert(place.to_owned(), text.clone());
            }
            other => {
                into.insert(place.to_owned(), other.to_string());
            }
        }
    }
    let mut typed = Typed::new();
    let value = serde_json::to_value(rules).map_err(Error::internal)?;
    flatten("rules", &value, &mut typed);
    Ok(typed)
}

/// What was typed, as the body that the API takes: left out where nothing was.
pub fn body_of(typed: &Typed) -> Value {
    if let Some(set) = typed.get("set") {
        return serde_json::json!({ "set": set });
    }
    let judged = |group: &str| {
        let judging = match group {
            "commitment" => &["measure", "yellow", "red", "breached", "missed"][..],
            _ => &["yellow", "red"][..],
        };
        judging
            .iter()
            .any(|field| typed.contains_key(&format!("rules/{group}/{field}")))
    };
    let mut rules: Map<String, Value> = Map::new();
    for field in GROUPS.iter().flat_map(|group| group.fields) {
        let Some(text) = typed.get(field.name) else {
            continue;
        };
        let value = match field.kind {
            // What is no number is told by the parser.
            "number" => text
                .parse::<i64>()
                .map_or_else(|_| text.clone().into(), Value::from),
            "flag" => Value::Bool(true),
            _ => Value::String(text.clone()),
        };
        match field.name.splitn(3, '/').collect::<Vec<_>>()[..] {
            [_, name] => {
                rules.insert(name.to_owned(), value);
            }
            [_, group, name] if judged(group) => {
                let inner = rules.entry(group).or_insert_with(|| Value::Object(Map::new()));
                if let Some(inner) = inner.as_object_mut() {
                    inner.insert(name.to_owned(), value);
                }
            }
            _ => {}
        }
    }
    serde_json::json!({ "rules": rules })
}
