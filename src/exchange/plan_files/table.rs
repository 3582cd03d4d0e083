//! Reads one TOML table field by field and gathers what is wrong, in place of stopping at the first fault.
//!
//! A field that is missing or malformed answers None and leaves a fault; the caller asks for every field first and
//! gives up the record afterwards. Codes that are defined and referred to are noted with their places, so that
//! references can be checked when all files are read.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::ops::Range;

use bigdecimal::BigDecimal;
use chrono::NaiveDate;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::Place;
use super::findings::{Class, Findings, Mention, Source};
use super::words::{Word, is_slug};

/// One table of a file.
pub(super) struct Table<'a> {
    source: &'a Source,
    pub findings: &'a Findings,
    entries: &'a DeTable<'a>,
    span: Range<usize>,
    asked: RefCell<BTreeSet<&'static str>>,
}

impl<'a> Table<'a> {
    pub fn new(
        source: &'a Source,
        findings: &'a Findings,
        entries: &'a DeTable<'a>,
        span: Range<usize>,
    ) -> Self {
        Table {
            source,
            findings,
            entries,
            span,
            asked: RefCell::default(),
        }
    }

    pub fn place(&self) -> Place {
        self.source.place(self.span.start)
    }

    /// Where a field stands, or the table where it is missing.
    pub fn place_of(&self, key: &str) -> Place {
        match self.entries.get_key_value(key) {
            Some((name, _)) => self.source.place(name.span().start),
            None => self.place(),
        }
    }

    pub fn fault(&self, key: &str, code: &'static str, message: impl AsRef<str>) {
        self.findings
            .fault(&self.place_of(key), code, format!("{key}：{}", message.as_ref()));
    }

    fn missing(&self, key: &str) {
        self.fault(key, "field.missing", "缺少这个字段");
    }

    pub fn value(&self, key: &'static str) -> Option<&'a Spanned<DeValue<'a>>> {
        self.asked.borrow_mut().insert(key);
        self.entries.get(key)
    }

    fn wrong_type(&self, value: &Spanned<DeValue>, key: &str, wanted: &str) {
        let place = self.source.place(value.span().start);
        self.findings
            .fault(&place, "field.type", format!("{key}：应为{wanted}"));
    }

    /// Reports the fields that nobody asked for. To be called when all fields were asked for.
    pub fn finish(&self) {
        let asked = self.asked.borrow();
        for (name, _) in self.entries.iter() {
            let key = name.get_ref().as_ref();
            if !asked.contains(key) {
                let place = self.source.place(name.span().start);
                self.findings
                    .fault(&place, "field.unknown", format!("{key}：不认识的字段"));
            }
        }
    }

    pub fn optional_text(&self, key: &'static str) -> Option<String> {
        let value = self.value(key)?;
        let Some(text) = value.get_ref().as_str() else {
            self.wrong_type(value, key, "文字");
            return None;
        };
        if text.trim().is_empty() {
            self.fault(key, "field.empty", "不能为空");
            return None;
        }
        Some(text.to_owned())
    }

    pub fn text(&self, key: &'static str) -> Option<String> {
        if self.value(key).is_none() {
            self.missing(key);
        }
        self.optional_text(key)
    }

    /// A required text of at most so many characters.
    pub fn short_text(&self, key: &'static str, longest: usize) -> Option<String> {
        let text = self.text(key)?;
        if text.chars().count() > longest {
            self.fault(key, "field.too_long", format!("不能超过{longest}个字"));
        }
        Some(text)
    }

    /// A required text that `holds`; `form` says how it must look.
    pub fn formed_text(&self, key: &'static str, form: &str, holds: impl Fn(&str) -> bool) -> Option<String> {
        let text = self.text(key)?;
        if !holds(&text) {
            self.fault(key, "field.format", format!("“{text}”不合格式：{form}"));
        }
        Some(text)
    }

    pub fn slug(&self, key: &'static str) -> Option<String> {
        self.formed_text(key, "小写字母、数字和连字符", is_slug)
    }

    /// Each text of an array, with its place; absent is empty.
    fn placed_texts(&self, key: &'static str) -> Vec<(String, Place)> {
        let Some(value) = self.value(key) else {
            return Vec::new();
        };
        let Some(array) = value.get_ref().as_array() else {
            self.wrong_type(value, key, "文字的数组");
            return Vec::new();
        };
        let mut texts = Vec::new();
        for item in array.iter() {
            match item.get_ref().as_str() {
                Some(text) if !text.trim().is_empty() => {
                    texts.push((text.to_owned(), self.source.place(item.span().start)));
                }
                Some(_) => self.fault(key, "field.empty", "数组里有空的文字"),
                None => self.wrong_type(item, key, "文字的数组"),
            }
        }
        texts
    }

    pub fn texts(&self, key: &'static str) -> Vec<String> {
        self.placed_texts(key).into_iter().map(|(text, _)| text).collect()
    }

    /// False where it is absent.
    pub fn flag(&self, key: &'static str) -> bool {
        let Some(value) = self.value(key) else {
            return false;
        };
        value.get_ref().as_bool().unwrap_or_else(|| {
            self.wrong_type(value, key, "true 或 false");
            false
        })
    }

    /// A number exactly as it is written: an integer, a decimal, or either in quotes. Never negative; at most
    /// `scale` digits after the point and fourteen before.
    pub fn decimal(&self, key: &'static str, scale: i64) -> Option<BigDecimal> {
        let value = self.value(key)?;
        let written = match value.get_ref() {
            DeValue::Integer(integer) if integer.radix() == 10 => integer.as_str(),
            DeValue::Float(float) => float.as_str(),
            DeValue::String(text) => text.as_ref(),
            _ => {
                self.wrong_type(value, key, "数字");
                return None;
            }
        };
        let plain = written
            .chars()
            .all(|c| c.is_ascii_digit() || matches!(c, '.' | '-' | '+' | '_'));
        let Some(number) = plain
            .then(|| written.replace('_', "").parse::<BigDecimal>().ok())
            .flatten()
        else {
            self.fault(
                key,
                "field.format",
                format!("“{written}”不是数字；百分号、单位写在 unit 里"),
            );
            return None;
        };
        let number = number.normalized();
        if number < 0 {
            self.fault(key, "field.out_of_range", format!("{written} 为负数"));
        }
        if number.fractional_digit_count() > scale || number >= 100_000_000_000_000_i64 {
            self.fault(
                key,
                "field.out_of_range",
                format!("{written} 位数过多：小数最多{scale}位，整数最多14位"),
            );
        }
        Some(number)
    }

    /// As [`Table::decimal`], and not 0.
    pub fn positive(&self, key: &'static str, scale: i64) -> Option<BigDecimal> {
        let number = self.decimal(key, scale)?;
        if number == 0 {
            self.fault(key, "field.out_of_range", "应大于 0");
        }
        Some(number)
    }

    /// A required figure.
    pub fn required(
        &self,
        key: &'static str,
        read: impl Fn(&Self, &'static str) -> Option<BigDecimal>,
    ) -> Option<BigDecimal> {
        if self.value(key).is_none() {
            self.missing(key);
        }
        read(self, key)
    }

    pub fn optional_whole(&self, key: &'static str, allowed: Range<i32>) -> Option<i32> {
        let value = self.value(key)?;
        let Some(number) = value
            .get_ref()
            .as_integer()
            .and_then(|number| number.as_str().parse::<i32>().ok())
        else {
            self.wrong_type(value, key, "整数");
            return None;
        };
        if !allowed.contains(&number) {
            let last = allowed.end - 1;
            self.fault(
                key,
                "field.out_of_range",
                format!("{number} 不在 {} 到 {last} 之间", allowed.start),
            );
        }
        Some(number)
    }

    pub fn whole(&self, key: &'static str, allowed: Range<i32>) -> Option<i32> {
        if self.value(key).is_none() {
            self.missing(key);
        }
        self.optional_whole(key, allowed)
    }

    pub fn optional_word<W: Word>(&self, key: &'static str) -> Option<W> {
        let text = self.optional_text(key)?;
        let word = W::parse(&text);
        if word.is_none() {
            let allowed: Vec<_> = W::ALL.iter().map(|(_, word)| *word).collect();
            self.fault(
                key,
                "field.not_allowed",
                format!("“{text}”应为下列之一：{}", allowed.join("、")),
            );
        }
        word
    }

    pub fn word<W: Word>(&self, key: &'static str) -> Option<W> {
        if self.value(key).is_none() {
            self.missing(key);
        }
        self.optional_word(key)
    }

    /// A date of the calendar, as TOML has it (`2022-03-18`), in quotes or not.
    pub fn optional_date(&self, key: &'static str) -> Option<NaiveDate> {
        let value = self.value(key)?;
        let written = match value.get_ref() {
            DeValue::Datetime(date) => date.to_string(),
            DeValue::String(text) => text.to_string(),
            _ => {
                self.wrong_type(value, key, "日期");
                return None;
            }
        };
        let date = NaiveDate::parse_from_str(&written, "%Y-%m-%d").ok();
        if date.is_none() {
            self.fault(
                key,
                "field.format",
                format!("“{written}”不是日期，应如 2022-03-18"),
            );
        }
        date
    }

    pub fn date(&self, key: &'static str) -> Option<NaiveDate> {
        if self.value(key).is_none() {
            self.missing(key);
        }
        self.optional_date(key)
    }

    /// The tables of an array of tables; absent is empty.
    pub fn tables(&self, key: &'static str) -> Vec<Table<'a>> {
        let Some(value) = self.value(key) else {
            return Vec::new();
        };
        let Some(array) = value.get_ref().as_array() else {
            self.wrong_type(value, key, "一组表（[[…]]）");
            return Vec::new();
        };
        array.iter().filter_map(|item| self.inner(item, key)).collect()
    }

    /// A table within; absent leaves a fault.
    pub fn table(&self, key: &'static str) -> Option<Table<'a>> {
        match self.value(key) {
            Some(value) => self.inner(value, key),
            None => {
                self.missing(key);
                None
            }
        }
    }

    /// The value as a table; another type leaves a fault.
    pub fn inner(&self, value: &'a Spanned<DeValue<'a>>, key: &str) -> Option<Table<'a>> {
        match value.get_ref() {
            DeValue::Table(entries) => Some(Table::new(self.source, self.findings, entries, value.span())),
            _ => {
                self.wrong_type(value, key, "表");
                None
            }
        }
    }

    /// Notes that this table defines a code, at the place of `key`.
    pub fn define(&self, class: Class, key: &str, code: &str) {
        let mention = Mention {
            class,
            code: code.to_owned(),
            place: self.place_of(key),
        };
        self.findings.definitions.borrow_mut().push(mention);
    }

    /// Notes that this table refers to a code, at the place of `key`.
    pub fn refer(&self, class: Class, key: &str, code: &str) {
        self.refer_at(class, code, self.place_of(key));
    }

    fn refer_at(&self, class: Class, code: &str, place: Place) {
        self.findings.references.borrow_mut().push(Mention {
            class,
            code: code.to_owned(),
            place,
        });
    }

    pub fn optional_reference(&self, class: Class, key: &'static str) -> Option<String> {
        let code = self.optional_text(key)?;
        self.refer(class, key, &code);
        Some(code)
    }

    pub fn reference(&self, class: Class, key: &'static str) -> Option<String> {
        if self.value(key).is_none() {
            self.missing(key);
        }
        self.optional_reference(class, key)
    }

    /// References of an array, each brought to its complete code by `complete`.
    pub fn references(
        &self,
        class: Class,
        key: &'static str,
        complete: impl Fn(String) -> String,
    ) -> Vec<String> {
        let mut codes = Vec::new();
        for (text, place) in self.placed_texts(key) {
            let code = complete(text);
            if codes.contains(&code) {
                self.findings
                    .fault(&place, "field.duplicate", format!("{key}：“{code}”重复"));
                continue;
            }
            self.refer_at(class, &code, place);
            codes.push(code);
        }
        codes
    }
}
