//! A form that was sent: its fields, and the proof that it comes from a page of ours.

use std::collections::BTreeMap;

use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::{FromRequest, HttpMessage, HttpRequest, web};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::page::Refused;
use super::visitor::{FORM_COOKIE, SESSION_COOKIE};
use crate::db::log::hex;
use crate::http::form::Fields;
use crate::http::request::BODY_LIMIT;
use crate::kernel::{Code, Error, Result};

/// The token that a form of this cookie's holder carries. The cookie is a secret of 256 bits; its hash tells nothing.
pub fn csrf_of(cookie: &str) -> String {
    let mut hash = Sha256::new();
    hash.update(b"guatu form ");
    hash.update(cookie.as_bytes());
    hex(&hash.finalize()[..16])
}

/// Refuses a form that does not carry the token of its sender's cookie, or that another site sent.
pub fn check(request: &HttpRequest, token: &str) -> Result<(), Refused> {
    let site = request
        .headers()
        .get("sec-fetch-site")
        .and_then(|value| value.to_str().ok());
    let ours = site.is_none_or(|site| site == "same-origin" || site == "none");
    let proved = [SESSION_COOKIE, FORM_COOKIE]
        .into_iter()
        .filter_map(|name| request.cookie(name))
        .any(|cookie| same(csrf_of(cookie.value()).as_bytes(), token.as_bytes()));
    if ours && proved {
        Ok(())
    } else {
        Err(Refused::Form)
    }
}

/// What needs no escape in a query string (RFC 3986, unreserved).
const RESERVED: &percent_encoding::AsciiSet = &percent_encoding::NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');

/// Percent-encodes a value for a query string.
pub fn encoded(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, RESERVED).to_string()
}

/// How the fields of a form become those of a body.
#[derive(Default)]
pub struct Shape {
    /// Absent where they were left empty.
    pub texts: &'static [&'static str],
    /// Null where they were left empty.
    pub clearing: &'static [&'static str],
    /// Texts that may be empty.
    pub kept: &'static [&'static str],
    pub flags: &'static [&'static str],
    pub lists: &'static [&'static str],
}

/// A form whose token was right.
pub struct Posted {
    values: BTreeMap<String, Vec<String>>,
}

impl FromRequest for Posted {
    type Error = Refused;
    type Future = std::pin::Pin<Box<dyn Future<Output = Result<Self, Refused>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let asked = request.clone();
        let form = request
            .content_type()
            .eq_ignore_ascii_case("application/x-www-form-urlencoded");
        let declared: Option<usize> = request
            .headers()
            .get(header::CONTENT_LENGTH)
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.parse().ok());
        let body = web::Payload::from_request(request, payload);
        Box::pin(async move {
            if !form {
                return Err(Refused::Form);
            }
            let too_large = || Refused::Error(Error::TooLarge { limit: BODY_LIMIT });
            if declared.is_some_and(|length| length > BODY_LIMIT) {
                return Err(too_large());
            }
            let broken = || Refused::Error(Error::malformed("", Code::BodyMalformed));
            let bytes = body
                .await
                .map_err(|_| broken())?
                .to_bytes_limited(BODY_LIMIT)
                .await
                .map_err(|_| too_large())?
                .map_err(|_| broken())?;
            let text = std::str::from_utf8(&bytes).map_err(|_| broken())?;
            let posted = Posted::of(text).ok_or_else(broken)?;
            check(&asked, posted.one("_csrf").unwrap_or_default())?;
            Ok(posted)
        })
    }
}

/// Compares without telling by its time where the first difference is.
fn same(one: &[u8], other: &[u8]) -> bool {
    one.len() == other.len() && one.iter().zip(other).fold(0, |all, (a, b)| all | (a ^ b)) == 0
}

fn decoded(text: &str) -> Option<String> {
    let spaced = text.replace('+', " ");
    let text = percent_encoding::percent_decode_str(&spaced).decode_utf8().ok()?;
    // PostgreSQL keeps no NUL; browsers send line ends as two characters.
    (!text.contains('\0')).then(|| text.replace("\r\n", "\n"))
}

/// A figure without what people put between its thousands.
pub fn plain_figure(text: &str) -> String {
    text.chars().filter(|c| !matches!(c, ',' | '，' | ' ')).collect()
}

impl Posted {
    fn of(text: &str) -> Option<Posted> {
        let mut values: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (name, value) in Posted::pairs(text)? {
            values.entry(name).or_default().push(value);
        }
        Some(Posted { values })
    }

    /// The fields of a form in the order in which they were sent.
    pub fn pairs(text: &str) -> Option<Vec<(String, String)>> {
        text.split('&')
            .filter(|pair| !pair.is_empty())
            .map(|pair| {
                let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
                Some((decoded(name)?, decoded(value)?))
            })
            .collect()
    }

    /// The value of a field, without white space around it; none where it was left empty.
    pub fn one(&self, name: &str) -> Option<&str> {
        let text = self.values.get(name)?.last()?.trim();
        (!text.is_empty()).then_some(text)
    }

    /// Whether a field was sent, empty or not.
    pub fn has(&self, name: &str) -> bool {
        self.values.contains_key(name)
    }

    /// What was typed, to be shown again.
    pub fn typed(&self, name: &str) -> String {
        self.one(name).unwrap_or_default().to_owned()
    }

    /// A secret, as it was typed.
    pub fn secret(&self, name: &str) -> String {
        self.values
            .get(name)
            .and_then(|values| values.last())
            .cloned()
            .unwrap_or_default()
    }

    /// Every value of a field that may be there several times.
    pub fn many(&self, name: &str) -> Vec<&str> {
        self.values
            .get(name)
            .map(|values| {
                values
                    .iter()
                    .map(|text| text.trim())
                    .filter(|text| !text.is_empty())
                    .collect()
            })
            .unwrap_or_default()
    }

    /// The names of the fields that begin so, without their beginning.
    pub fn named(&self, prefix: &str) -> Vec<&str> {
        self.values
            .keys()
            .filter_map(|name| name.strip_prefix(prefix))
            .collect()
    }

    /// These fields, to be read by the one parser of input; what was left empty is absent.
    pub fn fields(&self, names: &[&'static str]) -> Result<Fields> {
        let mut object = serde_json::Map::new();
        for name in names {
            if let Some(text) = self.one(name) {
                object.insert((*name).to_owned(), Value::String(text.to_owned()));
            }
        }
        Fields::of(Value::Object(object))
    }

    /// The form as a body of the API, for the one parser of input. An empty field is absent, or null where it is among
    /// `clearing`; a flag is true where its box is ticked; `lists` have an item a line.
    pub fn body(&self, shape: &Shape) -> Result<Fields> {
        Fields::of(Value::Object(self.object(shape)))
    }

    /// The same with one more field, which the form has otherwise than the body.
    pub fn body_with(&self, shape: &Shape, name: &str, value: Value) -> Result<Fields> {
        let mut object = self.object(shape);
        object.insert(name.to_owned(), value);
        Fields::of(Value::Object(object))
    }

    fn object(&self, shape: &Shape) -> serde_json::Map<String, Value> {
        let mut object = serde_json::Map::new();
        let mut keep = |name: &str, value: Value| object.insert(name.to_owned(), value);
        for name in shape.texts {
            if let Some(text) = self.one(name) {
                keep(name, Value::String(text.to_owned()));
            }
        }
        for name in shape.clearing {
            keep(
                name,
                self.one(name)
                    .map_or(Value::Null, |text| Value::String(text.to_owned())),
            );
        }
        for name in shape.kept {
            keep(name, Value::String(self.typed(name)));
        }
        for name in shape.flags {
            keep(name, Value::Bool(self.one(name).is_some()));
        }
        for name in shape.lists {
            let lines: Vec<Value> = self
                .typed(name)
                .lines()
                .map(str::trim)
                .filter(|line| !line.is_empty())
                .map(|line| Value::String(line.to_owned()))
                .collect();
            keep(name, Value::Array(lines));
        }
        object
    }

    /// The version of the object that the form was made from.
    pub fn seen_version(&self) -> Option<i64> {
        self.one("version")?.parse().ok()
    }
}
