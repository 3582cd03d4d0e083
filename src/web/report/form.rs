//! The form of a report: what it offers, and what of it goes to the API's one parser.

use serde_json::{Value, json};

use crate::http::vocabularies::FUND_SOURCES;
use crate::reports::model::SOURCES;
use crate::views::reports::{MoneyView, ReportView};
use crate::web::posted::{Posted, plain_figure};

const MONEY: [(&str, &str); 4] = [
    ("required", "需求"),
    ("received", "到位"),
    ("paid", "支付"),
    ("done", "完成投资"),
];
const TEXTS: [&str; 6] = [
    "physical_percent",
    "done_text",
    "problems",
    "next_steps",
    "note",
    "statistics_entered_on",
];

pub(super) fn figure<'a>(money: &'a MoneyView, name: &str) -> &'a str {
    let value = match name {
        "required" => &money.required,
        "received" => &money.received,
        "paid" => &money.paid,
        _ => &money.done,
    };
    value.as_deref().unwrap_or_default()
}

/// A figure of money as a field: its name, label, value, and what it was.
pub(super) struct Sum {
    pub name: &'static str,
    pub label: &'static str,
    pub value: String,
    pub before: String,
}

/// A source with its four fields.
pub(super) struct Source {
    pub index: usize,
    pub label: String,
    /// The input's name, the field's name in faults, the column's label, the value.
    pub fields: Vec<(String, String, &'static str, String)>,
}

/// What the form holds: what was typed, what is there, or what was last.
pub(super) struct Form {
    pub physical_percent: String,
    pub done_text: String,
    pub problems: String,
    pub next_steps: String,
    pub note: String,
    pub statistics_entered_on: String,
    pub sums: Vec<Sum>,
    pub sources: Vec<Source>,
    /// Some source has a figure: the part is shown unfolded.
    pub by_source: bool,
}

pub(super) fn form(held: Option<&ReportView>, before: Option<&ReportView>, typed: Option<&Posted>) -> Form {
    // A correction begins with what is there, a new report with the last values: money and progress go on from them,
    // words do not.
    let from = held.or(before);
    let text = |name: &str, value: Option<String>| match typed {
        Some(posted) => posted.typed(name),
        None => value.unwrap_or_default(),
    };
    let own = |read: fn(&ReportView) -> Option<String>| held.and_then(read);
    let sources: Vec<Source> = FUND_SOURCES
        .iter()
        .enumerate()
        .map(|(index, (source, label))| {
            let fund = from.and_then(|report| report.funds.iter().find(|fund| fund.source == *source));
            let fields = MONEY
                .into_iter()
                .map(|(name, label)| {
                    let input = format!("{source}-{name}");
                    let value = text(&input, fund.map(|fund| figure(&fund.money, name).to_owned()));
                    (input, format!("funds/{index}/{name}"), label, value)
                })
                .collect();
            Source {
                index,
                label: (*label).to_owned(),
                fields,
            }
        })
        .collect();
    Form {
        physical_percent: text(
            "physical_percent",
            from.map(|report| report.physical_percent.clone()),
        ),
        done_text: text("done_text", own(|report| Some(report.done_text.clone()))),
        problems: text("problems", own(|report| report.problems.clone())),
        next_steps: text("next_steps", own(|report| report.next_steps.clone())),
        note: text("note", own(|report| report.note.clone())),
        statistics_entered_on: text(
            "statistics_entered_on",
            from.and_then(|report| report.statistics_entered_on)
                .map(|day| day.to_string()),
        ),
        sums: MONEY
            .into_iter()
            .map(|(name, label)| Sum {
                name,
                label,
                value: text(name, from.map(|report| figure(&report.money, name).to_owned())),
                before: before
                    .map(|report| figure(&report.money, name).to_owned())
                    .unwrap_or_default(),
            })
            .collect(),
        by_source: sources
            .iter()
            .flat_map(|source| &source.fields)
            .any(|(.., value)| !value.is_empty()),
        sources,
    }
}

/// The form as the body that the API takes. Money may be typed with separators of thousands.
pub(super) fn body_of(posted: &Posted) -> Value {
    let mut object = serde_json::Map::new();
    for name in TEXTS {
        if let Some(text) = posted.one(name) {
            object.insert(name.to_owned(), json!(text));
        }
    }
    for (name, _) in MONEY {
        if let Some(text) = posted.one(name) {
            object.insert(name.to_owned(), json!(plain_figure(text)));
        }
    }
    // Every source in its place, so that a fault's place is the field's.
    let mut any = false;
    let funds: Vec<Value> = SOURCES
        .iter()
        .map(|source| {
            let mut fund = serde_json::Map::new();
            fund.insert("source".to_owned(), json!(source));
            for (name, _) in MONEY {
                if let Some(text) = posted.one(&format!("{source}-{name}")) {
                    any = true;
                    fund.insert(name.to_owned(), json!(plain_figure(text)));
                }
            }
            Value::Object(fund)
        })
        .collect();
    if any {
        object.insert("funds".to_owned(), Value::Array(funds));
    }
    Value::Object(object)
}
