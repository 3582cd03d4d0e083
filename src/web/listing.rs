//! Filters as links: every state of a list is an address that can be shared. A query string is kept as the pairs that
//! it is; a link changes some of them.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::posted::encoded;
use crate::http::form::Query;
use crate::http::vocabularies::label;
use crate::kernel::Result;
use crate::views::facets::Facets;

/// A query string, pair by pair.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    path: &'static str,
    pairs: Vec<(String, String)>,
}

/// One value of a facet as a link.
#[derive(Debug, Clone)]
pub struct Choice {
    pub label: String,
    pub count: i64,
    pub href: String,
    pub chosen: bool,
}

/// A facet with its values.
#[derive(Debug, Clone)]
pub struct Facet {
    pub title: &'static str,
    pub choices: Vec<Choice>,
}

/// A filter that is set, and the address without it.
#[derive(Debug, Clone)]
pub struct Chip {
    pub text: String,
    pub href: String,
}

/// What belongs to the page and not to the question.
const OF_THE_PAGE: [&str; 4] = ["cursor", "trail", "done", "facets"];

/// Up to so many found things a list is divided by its filters at once; where it is longer, on request: counting a whole
/// city takes seconds where there are a hundred thousand.
const DIVIDED: i64 = 20_000;

fn decoded(text: &str) -> String {
    let spaced = text.replace('+', " ");
    percent_encoding::percent_decode_str(&spaced)
        .decode_utf8_lossy()
        .into_owned()
}

impl Asked {
    /// Reads a query string. A form sends empty fields too: they ask for nothing.
    pub fn of(path: &'static str, query: &str) -> Asked {
        let pairs = query
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .map(|(name, value)| (decoded(name), decoded(value).trim().to_owned()))
            .filter(|(_, value)| !value.is_empty())
            .collect();
        Asked { path, pairs }
    }

    /// What of it is a question for a list: without what belongs to the page, and without `also`.
    pub fn query(&self, also: &[&str]) -> Query {
        Query::of(&self.text(|name| !OF_THE_PAGE.contains(&name) && !also.contains(&name)))
    }

    /// The past day that a page about one thing is asked for, and nothing else.
    pub fn day(&self) -> Result<Option<NaiveDate>> {
        let mut q = self.query(&[]);
        let day = q.date("as_of");
        q.finish(day)
    }

    /// The question as one text, the same for the same question: seals cursors.
    pub fn question(&self) -> String {
        let mut pairs: Vec<_> = self
            .pairs
            .iter()
            .filter(|(name, _)| !OF_THE_PAGE.contains(&name.as_str()))
            .collect();
        pairs.sort();
        format!("{} {pairs:?}", self.path)
    }

    fn text(&self, keep: impl Fn(&str) -> bool) -> String {
        self.pairs
            .iter()
            .filter(|(name, _)| keep(name))
            .map(|(name, value)| format!("{}={}", encoded(name), encoded(value)))
            .collect::<Vec<_>>()
            .join("&")
    }

    pub fn one(&self, name: &str) -> Option<&str> {
        self.pairs
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    pub fn has(&self, name: &str, value: &str) -> bool {
        self.pairs
            .iter()
            .any(|(known, other)| known == name && other == value)
    }

    /// The address with `name=value` added, or taken away where it is there; from the first page.
    pub fn toggled(&self, name: &str, value: &str) -> String {
        let mut changed = self.clone();
        changed
            .pairs
            .retain(|(known, _)| !OF_THE_PAGE.contains(&known.as_str()));
        let before = changed.pairs.len();
        changed
            .pairs
            .retain(|(known, other)| !(known == name && other == value));
        if changed.pairs.len() == before {
            changed.pairs.push((name.to_owned(), value.to_owned()));
        }
        changed.address()
    }

    /// The address with `name` set to this alone.
    pub fn with(&self, name: &str, value: &str) -> String {
        let mut changed = self.clone();
        changed
            .pairs
            .retain(|(known, _)| known != name && !OF_THE_PAGE.contains(&known.as_str()));
        changed.pairs.push((name.to_owned(), value.to_owned()));
        changed.address()
    }

    fn address(&self) -> String {
        let text = self.text(|_| true);
        if text.is_empty() {
            self.path.to_owned()
        } else {
            format!("{}?{text}", self.path)
        }
    }

    /// The question as a query string, to be kept: without what belongs to the page.
    pub fn kept(&self) -> String {
        self.text(|name| !OF_THE_PAGE.contains(&name))
    }

    /// Whether a list of so many is to be divided by its filters.
    pub fn divides(&self, total: Option<i64>) -> bool {
        self.has("facets", "yes") || total.is_none_or(|total| total <= DIVIDED)
    }

    /// The address that asks for it.
    pub fn dividing(&self) -> String {
        self.with("facets", "yes")
    }

    /// The next page, and the one before: the cursors of the pages passed go along.
    pub fn pages(&self, next_cursor: Option<&str>) -> (Option<String>, Option<String>) {
        let cursor = self.one("cursor");
        let trail: Vec<&str> = self
            .one("trail")
            .map(|text| text.split('.').collect())
            .unwrap_or_default();
        let plain = || {
            let mut changed = self.clone();
            changed
                .pairs
                .retain(|(known, _)| !OF_THE_PAGE.contains(&known.as_str()));
            changed
        };
        let next = next_cursor.map(|next| {
            let mut changed = plain();
            let mut passed = trail.clone();
            passed.extend(cursor);
            // A reader goes back some pages, not hundreds.
            let from = passed.len().saturating_sub(20);
            changed.pairs.push(("cursor".to_owned(), next.to_owned()));
            if !passed.is_empty() {
                changed
                    .pairs
                    .push(("trail".to_owned(), passed.split_off(from).join(".")));
            }
            changed.address()
        });
        let before = cursor.map(|_| {
            let mut changed = plain();
            let mut passed = trail.clone();
            if let Some(last) = passed.pop() {
                changed.pairs.push(("cursor".to_owned(), last.to_owned()));
                if !passed.is_empty() {
                    changed.pairs.push(("trail".to_owned(), passed.join(".")));
                }
            }
            changed.address()
        });
        (before, next)
    }

    /// The pairs that a filter form carries on although it has no field for them.
    pub fn carried(&self, fields: &[&str]) -> Vec<(String, String)> {
        self.pairs
            .iter()
            .filter(|(name, _)| !fields.contains(&name.as_str()) && !OF_THE_PAGE.contains(&name.as_str()))
            .cloned()
            .collect()
    }

    /// Facets as links, with the labels of their words. `kinds` are the names of the kinds of projects.
    pub fn facets(
        &self,
        facets: &Facets,
        wanted: &[(&'static str, &'static str)],
        kinds: &BTreeMap<String, String>,
    ) -> Vec<Facet> {
        wanted
            .iter()
            .filter_map(|(name, title)| {
                let values = facets.get(*name)?;
                let choices: Vec<Choice> = values
                    .iter()
                    .map(|value| Choice {
                        label: value
                            .name
                            .clone()
                            .unwrap_or_else(|| word(name, &value.value, kinds)),
                        count: value.count,
                        href: self.toggled(name, &value.value),
                        chosen: self.has(name, &value.value),
                    })
                    .collect();
                (!choices.is_empty()).then_some(Facet { title, choices })
            })
            .collect()
    }

    /// The filters that are set, each with the address without it; `names` are the codes' names, of the facets.
    pub fn chips(&self, facets: &Facets, kinds: &BTreeMap<String, String>) -> Vec<Chip> {
        self.pairs
            .iter()
            .filter(|(name, _)| !OF_THE_PAGE.contains(&name.as_str()) && name != "sort" && name != "col")
            .map(|(name, value)| {
                let known = facets
                    .get(name)
                    .and_then(|values| values.iter().find(|one| one.value == *value))
                    .and_then(|one| one.name.clone());
                let text = known.unwrap_or_else(|| word(name, value, kinds));
                Chip {
                    text: format!("{}：{text}", title(name)),
                    href: self.toggled(name, value),
                }
            })
            .collect()
    }
}

/// What a filter is called.
fn title(name: &str) -> &str {
    match name {
        "programme" => "专栏",
        "initiative" => "事项",
        "service_area" => "领域",
        "region" => "地点",
        "organisation" => "单位",
        "lead" => "牵头单位",
        "responsible" => "责任单位",
        "kind" => "类型",
        "status" => "阶段",
        "overdue" => "逾期",
        "unconfirmed" => "待确认",
        "unverified" => "待核验",
        "suspended" => "暂停",
        "days_overdue_min" => "逾期天数不少于",
        "state" => "节点状态",
        "date_basis" => "时间依据",
        "due_before" => "到期不晚于",
        "due_after" => "到期不早于",
        "as_of" => "截至",
        "q" => "名称含",
        "silent" => "欠报月报",
        "claim" => "认领",
        "light" => "红黄绿灯",
        other => other,
    }
}

/// What a value is called.
fn word(name: &str, value: &str, kinds: &BTreeMap<String, String>) -> String {
    match (name, value) {
        (_, "true") => "是".to_owned(),
        (_, "false") => "否".to_owned(),
        ("kind", _) => kinds.get(value).cloned().unwrap_or_else(|| value.to_owned()),
        ("status", _) => label("life_cycles", value).to_owned(),
        ("state", _) => label("milestone_states", value).to_owned(),
        ("date_basis", _) => label("date_bases", value).to_owned(),
        ("light", _) => label("lights", value).to_owned(),
        ("claim", _) => label("owner_claims", value).to_owned(),
        _ => value.to_owned(),
    }
}
