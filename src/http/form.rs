//! The form of input: one parser that gathers every fault of a body or a query before it says anything.

use std::collections::BTreeMap;

use bigdecimal::BigDecimal;
use chrono::NaiveDate;
use serde_json::{Map, Value};
use std::str::FromStr;
use uuid::Uuid;

use crate::kernel::{Code, Error, Fault, Patch, Result};

/// A JSON object being read. Ask for each field, then [`Fields::finish`]: unknown fields and all faults are told
/// together, so nobody mends one fault to be shown the next.
pub struct Fields {
    prefix: String,
    values: Map<String, Value>,
    known: Vec<&'static str>,
    faults: Vec<Fault>,
}

impl Fields {
    /// Reads a body that must be one JSON object.
    pub fn of(body: Value) -> Result<Fields> {
        Fields::under("", body).map_err(|fault| Error::Malformed(vec![fault]))
    }

    /// Reads an object at `prefix` of a body.
    pub fn under(prefix: impl Into<String>, value: Value) -> Result<Fields, Fault> {
        let prefix = prefix.into();
        match value {
            Value::Object(values) => Ok(Fields {
                prefix,
                values,
                known: Vec::new(),
                faults: Vec::new(),
            }),
            _ => Err(Fault::new(prefix, Code::FieldType).with("type", "object")),
        }
    }

    fn pointer(&self, name: &str) -> String {
        format!("{}/{name}", self.prefix)
    }

    pub fn fault(&mut self, name: &str, code: Code) -> &mut Fault {
        let fault = Fault::new(self.pointer(name), code);
        self.faults.push(fault);
        let last = self.faults.len() - 1;
        &mut self.faults[last]
    }

    fn add(&mut self, name: &str, code: Code, params: &[(&'static str, String)]) {
        self.fault(name, code).params.extend(params.iter().cloned());
    }

    /// The value of a field: absent and null are both none.
    fn take(&mut self, name: &'static str) -> Option<Value> {
        self.known.push(name);
        self.values.remove(name).filter(|value| !value.is_null())
    }

    /// Whether a field was sent at all, as null or otherwise.
    pub fn sent(&self, name: &str) -> bool {
        self.values.contains_key(name)
    }

    fn typed<T>(
        &mut self,
        name: &'static str,
        kind: &'static str,
        read: impl FnOnce(Value) -> Option<T>,
    ) -> Option<T> {
        let value = self.take(name)?;
        let read = read(value);
        if read.is_none() {
            self.add(name, Code::FieldType, &[("type", kind.to_owned())]);
        }
        read
    }

    /// Says that a field is missing, where it is and was not faulted already.
    pub fn required<T: Default>(&mut self, name: &'static str, value: Option<T>) -> T {
        if value.is_none() {
            let pointer = self.pointer(name);
            if !self.faults.iter().any(|fault| fault.pointer == pointer) {
                self.add(name, Code::FieldMissing, &[]);
            }
        }
        value.unwrap_or_default()
    }

    /// A text of at most `most` characters; white space around it is cut, control characters are refused.
    pub fn text(&mut self, name: &'static str, most: usize) -> Option<String> {
        let text = self.typed(name, "string", |value| {
            value.as_str().map(|text| text.trim().to_owned())
        })?;
        if text.chars().count() > most {
            self.add(name, Code::FieldTooLong, &[("most", most.to_string())]);
        }
        if text
            .chars()
            .any(|c| c.is_control() && c != '\n' && c != '\t' && c != '\r')
        {
            self.add(name, Code::FieldFormat, &[("format", "text".to_owned())]);
        }
        Some(text)
    }

    /// A text that says something.
    pub fn filled_text(&mut self, name: &'static str, most: usize) -> Option<String> {
        let text = self.text(name, most)?;
        if text.is_empty() {
            self.add(name, Code::FieldEmpty, &[]);
        }
        Some(text)
    }

    /// A text that must be there and not empty; the empty text where it is refused.
    pub fn required_text(&mut self, name: &'static str, most: usize) -> String {
        let text = self.filled_text(name, most);
        self.required(name, text)
    }

    /// A secret: taken as it is, neither cut nor shown.
    pub fn secret(&mut self, name: &'static str, most: usize) -> Option<String> {
        let text = self.typed(name, "string", |value| value.as_str().map(str::to_owned))?;
        if text.chars().count() > most {
            self.add(name, Code::FieldTooLong, &[("most", most.to_string())]);
        }
        Some(text)
    }

    pub fn boolean(&mut self, name: &'static str) -> Option<bool> {
        self.typed(name, "boolean", |value| value.as_bool())
    }

    pub fn integer(&mut self, name: &'static str, least: i64, most: i64) -> Option<i64> {
        let number = self.typed(name, "integer", |value| value.as_i64())?;
        if number < least || number > most {
            self.add(
                name,
                Code::FieldOutOfRange,
                &[("least", least.to_string()), ("most", most.to_string())],
            );
        }
        Some(number)
    }

    /// A date, `YYYY-MM-DD`, between 1900 and 2199.
    pub fn date(&mut self, name: &'static str) -> Option<NaiveDate> {
        let text = self.typed(name, "string", |value| value.as_str().map(str::to_owned))?;
        let date = parse_date(&text);
        if date.is_none() {
            self.add(name, Code::FieldFormat, &[("format", "YYYY-MM-DD".to_owned())]);
        }
        date
    }

    /// A decimal figure as a string, or a whole number.
    pub fn decimal(&mut self, name: &'static str, least: i64, most: i64, scale: i64) -> Option<BigDecimal> {
        let text = self.typed(name, "decimal string", |value| match value {
            Value::String(text) => Some(text),
            Value::Number(number) if number.is_i64() => Some(number.to_string()),
            _ => None,
        })?;
        let plain = text.len() <= 30 && text.chars().all(|c| c.is_ascii_digit() || c == '.' || c == '-');
        let Some(figure) = plain.then(|| BigDecimal::from_str(&text).ok()).flatten() else {
            self.add(name, Code::FieldFormat, &[("format", "decimal".to_owned())]);
            return None;
        };
        if figure.normalized().fractional_digit_count() > scale || figure < least || figure > most {
            self.add(
                name,
                Code::FieldOutOfRange,
                &[("least", least.to_string()), ("most", most.to_string())],
            );
        }
        Some(figure)
    }

    pub fn uuid(&mut self, name: &'static str) -> Option<Uuid> {
        let text = self.typed(name, "string", |value| value.as_str().map(str::to_owned))?;
        let id = Uuid::try_parse(&text).ok();
        if id.is_none() {
            self.add(name, Code::FieldFormat, &[("format", "uuid".to_owned())]);
        }
        id
    }

    /// One of a set of names.
    pub fn choice<T>(
        &mut self,
        name: &'static str,
        allowed: &[&'static str],
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let text = self.typed(name, "string", |value| value.as_str().map(str::to_owned))?;
        let choice = parse(&text);
        if choice.is_none() {
            self.add(name, Code::FieldNotAllowed, &[("allowed", allowed.join(", "))]);
        }
        choice
    }

    /// An array of at most `most` items, each read by `read`, whose faults are told with the item's place.
    pub fn list<T>(
        &mut self,
        name: &'static str,
        most: usize,
        read: impl Fn(String, Value) -> Result<T, Vec<Fault>>,
    ) -> Option<Vec<T>> {
        let items = self.numbered(name, most, read)?;
        Some(items.into_iter().map(|(_, item)| item).collect())
    }

    /// A list of things no two of which have the same key: a second one is told `at` a place within it, or where it
    /// stands itself.
    pub fn distinct_list<T, K: PartialEq>(
        &mut self,
        name: &'static str,
        most: usize,
        read: impl Fn(String, Value) -> Result<T, Vec<Fault>>,
        (at, key): (&str, impl Fn(&T) -> K),
    ) -> Option<Vec<T>> {
        let items = self.numbered(name, most, read)?;
        for (place, (index, item)) in items.iter().enumerate() {
            if items[..place].iter().any(|(_, one)| key(one) == key(item)) {
                self.add(&format!("{name}/{index}{at}"), Code::FieldDuplicate, &[]);
            }
        }
        Some(items.into_iter().map(|(_, item)| item).collect())
    }

    /// The sound items of a list, each with its place in what was sent; the faults of the others are told.
    fn numbered<T>(
        &mut self,
        name: &'static str,
        most: usize,
        read: impl Fn(String, Value) -> Result<T, Vec<Fault>>,
    ) -> Option<Vec<(usize, T)>> {
        let items = self.typed(name, "array", |value| match value {
            Value::Array(items) => Some(items),
            _ => None,
        })?;
        if items.len() > most {
            self.add(name, Code::FieldTooMany, &[("most", most.to_string())]);
            return None;
        }
        let mut all = Vec::with_capacity(items.len());
        for (index, item) in items.into_iter().enumerate() {
            match read(format!("{}/{name}/{index}", self.prefix), item) {
                Ok(item) => all.push((index, item)),
                Err(faults) => self.faults.extend(faults),
            }
        }
        Some(all)
    }

    /// An object, read by `read`, whose faults are told with their places in it.
    pub fn object<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(Fields) -> Result<T, Vec<Fault>>,
    ) -> Option<T> {
        let value = self.take(name)?;
        let inner = Fields::under(self.pointer(name), value).map_err(|fault| vec![fault]);
        match inner.and_then(read) {
            Ok(value) => Some(value),
            Err(faults) => {
                self.faults.extend(faults);
                None
            }
        }
    }

    /// Says that a field is missing, where nothing is wrong with it or within it already.
    pub fn missing(&mut self, name: &str) {
        let pointer = self.pointer(name);
        let within = format!("{pointer}/");
        let told = |fault: &Fault| fault.pointer == pointer || fault.pointer.starts_with(&within);
        if !self.faults.iter().any(told) {
            self.add(name, Code::FieldMissing, &[]);
        }
    }

    /// Texts of at most `longest` characters each.
    pub fn texts(&mut self, name: &'static str, most: usize, longest: usize) -> Option<Vec<String>> {
        self.list(name, most, |pointer, value| match value.as_str().map(str::trim) {
            None => Err(vec![Fault::new(pointer, Code::FieldType).with("type", "string")]),
            Some("") => Err(vec![Fault::new(pointer, Code::FieldEmpty)]),
            Some(text) if text.chars().count() > longest => Err(vec![
                Fault::new(pointer, Code::FieldTooLong).with("most", longest),
            ]),
            Some(text) => Ok(text.to_owned()),
        })
    }

    /// Wraps a reading as what a `PATCH` says: absent keeps, null clears.
    pub fn patch<T>(&mut self, name: &'static str, read: impl FnOnce(&mut Fields) -> Option<T>) -> Patch<T> {
        match self.values.get(name) {
            None => {
                self.known.push(name);
                Patch::Keep
            }
            Some(Value::Null) => {
                self.take(name);
                Patch::Clear
            }
            Some(_) => read(self).map_or(Patch::Keep, Patch::Set),
        }
    }

    /// The same for a field that cannot be cleared.
    pub fn patch_kept<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(&mut Fields) -> Option<T>,
    ) -> Option<T> {
        match self.patch(name, read) {
            Patch::Set(value) => Some(value),
            Patch::Keep => None,
            Patch::Clear => {
                self.add(name, Code::FieldEmpty, &[]);
                None
            }
        }
    }

    /// Every fault there is, unknown fields too.
    pub fn faults(mut self) -> Vec<Fault> {
        let unknown: Vec<String> = self
            .values
            .keys()
            .filter(|key| !self.known.contains(&key.as_str()))
            .cloned()
            .collect();
        for key in unknown {
            let allowed = self.known.join(", ");
            let shown: String = key.chars().take(100).collect();
            self.add(
                &shown.replace('~', "~0").replace('/', "~1"),
                Code::FieldUnknown,
                &[("allowed", allowed)],
            );
        }
        self.faults
    }

    /// `value`, if nothing was wrong.
    pub fn finish<T>(self, value: T) -> Result<T> {
        let faults = self.faults();
        if faults.is_empty() {
            Ok(value)
        } else {
            Err(Error::Malformed(faults))
        }
    }

    /// The same for an item of a list.
    pub fn finish_item<T>(self, value: T) -> Result<T, Vec<Fault>> {
        let faults = self.faults();
        if faults.is_empty() { Ok(value) } else { Err(faults) }
    }
}

/// A date, `YYYY-MM-DD` with all its digits, between 1900 and 2199.
pub fn parse_date(text: &str) -> Option<NaiveDate> {
    use chrono::Datelike;
    let shape = text.len() == 10
        && text.bytes().enumerate().all(|(i, b)| {
            if i == 4 || i == 7 {
                b == b'-'
            } else {
                b.is_ascii_digit()
            }
        });
    shape
        .then(|| NaiveDate::from_str(text).ok())
        .flatten()
        .filter(|date| (1900..2200).contains(&date.year()))
}

/// A query string being read; names may repeat for "any of".
pub struct Query {
    values: BTreeMap<String, Vec<String>>,
    known: Vec<&'static str>,
    faults: Vec<Fault>,
}

impl Query {
    pub fn of(query: &str) -> Query {
        let mut values: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let mut faults = Vec::new();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            match (decode(name), decode(value)) {
                (Some(name), Some(value)) => values.entry(name).or_default().push(value),
                _ => faults.push(Fault::new("?", Code::FieldFormat).with("format", "percent-encoded UTF-8")),
            }
        }
        Query {
            values,
            known: Vec::new(),
            faults,
        }
    }

    pub fn fault(&mut self, name: &str, code: Code, params: &[(&'static str, String)]) {
        let mut fault = Fault::new(format!("?{name}"), code);
        fault.params.extend(params.iter().cloned());
        self.faults.push(fault);
    }

    /// Whether a name that was not read yet is there.
    pub fn sent(&self, name: &str) -> bool {
        self.values.contains_key(name)
    }

    /// Every value given for a name, in order.
    pub fn many(&mut self, name: &'static str) -> Vec<String> {
        self.known.push(name);
        let values = self.values.remove(name).unwrap_or_default();
        if values.len() > 100 {
            self.fault(name, Code::FieldTooMany, &[("most", "100".to_owned())]);
            return Vec::new();
        }
        if values
            .iter()
            .any(|value| value.is_empty() || value.chars().count() > 200 || value.contains('\0'))
        {
            self.fault(
                name,
                Code::FieldFormat,
                &[("format", "1–200 characters".to_owned())],
            );
            return Vec::new();
        }
        values
    }

    /// The one value given for a name.
    pub fn one(&mut self, name: &'static str) -> Option<String> {
        let mut values = self.many(name);
        if values.len() > 1 {
            self.fault(name, Code::FieldTooMany, &[("most", "1".to_owned())]);
        }
        (!values.is_empty()).then(|| values.swap_remove(0))
    }

    pub fn date(&mut self, name: &'static str) -> Option<NaiveDate> {
        let text = self.one(name)?;
        let date = parse_date(&text);
        if date.is_none() {
            self.fault(name, Code::FieldFormat, &[("format", "YYYY-MM-DD".to_owned())]);
        }
        date
    }

    pub fn boolean(&mut self, name: &'static str) -> Option<bool> {
        match self.one(name)?.as_str() {
            "true" => Some(true),
            "false" => Some(false),
            _ => {
                self.fault(
                    name,
                    Code::FieldNotAllowed,
                    &[("allowed", "true, false".to_owned())],
                );
                None
            }
        }
    }

    pub fn integer(&mut self, name: &'static str, least: i64, most: i64) -> Option<i64> {
        let text = self.one(name)?;
        let plain = !text.is_empty() && text.len() < 19 && text.bytes().all(|b| b.is_ascii_digit());
        let number = plain
            .then(|| text.parse::<i64>().ok())
            .flatten()
            .filter(|n| (least..=most).contains(n));
        if number.is_none() {
            self.fault(
                name,
                Code::FieldOutOfRange,
                &[("least", least.to_string()), ("most", most.to_string())],
            );
        }
        number
    }

    /// Values out of a set of names.
    pub fn choices<T>(
        &mut self,
        name: &'static str,
        allowed: &[&'static str],
        parse: impl Fn(&str) -> Option<T>,
    ) -> Vec<T> {
        let values = self.many(name);
        let parsed: Vec<Option<T>> = values.iter().map(|value| parse(value)).collect();
        if parsed.iter().any(Option::is_none) {
            self.fault(name, Code::FieldNotAllowed, &[("allowed", allowed.join(", "))]);
        }
        parsed.into_iter().flatten().collect()
    }

    /// What a list is asked to tell beside its page: `include=total,facets`, or one by one.
    pub fn include(&mut self, allowed: &[&'static str]) -> Vec<&'static str> {
        let mut asked = Vec::new();
        for value in self.many("include") {
            for part in value.split(',') {
                match allowed.iter().find(|name| **name == part) {
                    Some(name) => asked.push(*name),
                    None => self.fault(
                        "include",
                        Code::FieldNotAllowed,
                        &[("allowed", allowed.join(", "))],
                    ),
                }
            }
        }
        asked
    }

    /// `limit` and `cursor`.
    pub fn page(&mut self) -> crate::db::paging::PageRequest {
        use crate::db::paging::{DEFAULT_LIMIT, MAX_LIMIT, PageRequest};
        let limit = self.integer("limit", 1, MAX_LIMIT).unwrap_or(DEFAULT_LIMIT);
        self.known.push("cursor");
        let cursor = self.values.remove("cursor").and_then(|mut values| values.pop());
        PageRequest { limit, cursor }
    }

    /// `value`, if nothing was wrong and no unknown name was given.
    pub fn finish<T>(mut self, value: T) -> Result<T> {
        let unknown: Vec<String> = self
            .values
            .keys()
            .filter(|key| !self.known.contains(&key.as_str()))
            .cloned()
            .collect();
        for key in unknown {
            let allowed = self.known.join(", ");
            let shown: String = key.chars().take(100).collect();
            self.fault(&shown, Code::FieldUnknown, &[("allowed", allowed)]);
        }
        if self.faults.is_empty() {
            Ok(value)
        } else {
            Err(Error::Malformed(self.faults))
        }
    }
}

fn decode(text: &str) -> Option<String> {
    let spaced = text.replace('+', " ");
    percent_encoding::percent_decode_str(&spaced)
        .decode_utf8()
        .ok()
        .map(|text| text.into_owned())
}
