//! Answers: objects with the ETag of their version, lists with that of their body, conditional requests.

use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::problem::Problem;
use crate::db::log::hex;
use crate::db::paging::Page;
use crate::kernel::{Error, Result};
use crate::views::facets::Facets;

/// The place of a page in its list.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct PageInfo {
    /// Give it as `cursor` for the next page; null on the last one.
    pub next_cursor: Option<String>,
    pub limit: i64,
    /// How many there are in all; only with `include=total`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total: Option<i64>,
}

/// A page of a list.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ListBody<T> {
    pub data: Vec<T>,
    pub page: PageInfo,
    /// By the name of the filter, how many each of its values would leave, the other filters staying; only with
    /// `include=facets`, where a list has them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub facets: Option<Facets>,
}

impl<T> ListBody<T> {
    pub fn with_facets(self, facets: Option<Facets>) -> ListBody<T> {
        ListBody { facets, ..self }
    }
}

impl<T> From<Page<T>> for ListBody<T> {
    fn from(page: Page<T>) -> Self {
        ListBody {
            data: page.rows,
            page: PageInfo {
                next_cursor: page.next_cursor,
                limit: page.limit,
                total: page.total,
            },
            facets: None,
        }
    }
}

/// What an action answers: kept as it is for a repeated request.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub version: Option<i64>,
    pub location: Option<String>,
    pub body: Value,
}

impl Answer {
    /// The object as it is now, with its version.
    pub fn object(version: i64, body: &impl Serialize) -> Result<Answer> {
        let body = serde_json::to_value(body).map_err(Error::internal)?;
        Ok(Answer {
            status: 200,
            version: Some(version),
            location: None,
            body,
        })
    }

    /// A new object and where it is.
    pub fn created(version: i64, location: String, body: &impl Serialize) -> Result<Answer> {
        Ok(Answer {
            status: 201,
            location: Some(location),
            ..Answer::object(version, body)?
        })
    }

    /// An answer that is no object with a version.
    pub fn plain(body: &impl Serialize) -> Result<Answer> {
        let body = serde_json::to_value(body).map_err(Error::internal)?;
        Ok(Answer {
            status: 200,
            version: None,
            location: None,
            body,
        })
    }

    pub fn respond(self) -> HttpResponse {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::OK);
        let text = self.body.to_string();
        let mut response = HttpResponse::build(status);
        response.insert_header((header::CACHE_CONTROL, "private, no-store"));
        if let Some(version) = self.version {
            response.insert_header((header::ETAG, object_tag(version, &text)));
        }
        if let Some(location) = self.location {
            response.insert_header((header::LOCATION, location));
        }
        response.content_type("application/json").body(text)
    }
}

fn digest(text: &str) -> String {
    hex(&Sha256::digest(text.as_bytes())[..8])
}

/// `"<version>-<body>"`: If-Match looks at the version, If-None-Match at the whole, for an answer changes with the
/// day too (days overdue).
fn object_tag(version: i64, text: &str) -> String {
    format!("\"{version}-{}\"", digest(text))
}

/// Answers a read, 304 where the asker has it already. `version` makes the tag of an object.
pub fn read(
    request: &HttpRequest,
    version: Option<i64>,
    body: &impl Serialize,
) -> Result<HttpResponse, Problem> {
    // Private answers may be kept by the asker, who must ask again each time; never by a shared cache.
    let kept = ("private, no-cache", "Authorization, Accept-Encoding");
    conditional(request, version, body, kept)
}

/// Answers what everybody may read: a shared cache may keep it for a minute.
pub fn public(request: &HttpRequest, body: &impl Serialize) -> Result<HttpResponse, Problem> {
    conditional(request, None, body, ("public, max-age=60", "Accept-Encoding"))
}

fn conditional(
    request: &HttpRequest,
    version: Option<i64>,
    body: &impl Serialize,
    (kept, vary): (&'static str, &'static str),
) -> Result<HttpResponse, Problem> {
    let text = serde_json::to_string(body).map_err(Error::internal)?;
    let tag = match version {
        Some(version) => object_tag(version, &text),
        None => format!("\"{}\"", digest(&text)),
    };
    let unchanged = request
        .headers()
        .get(header::IF_NONE_MATCH)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|tags| {
            tags.split(',')
                .map(|one| one.trim().trim_start_matches("W/"))
                .any(|one| one == tag || one == "*")
        });
    let mut response = if unchanged {
        HttpResponse::NotModified()
    } else {
        HttpResponse::Ok()
    };
    response
        .insert_header((header::ETAG, tag))
        .insert_header((header::CACHE_CONTROL, kept))
        .insert_header((header::VARY, vary));
    Ok(if unchanged {
        response.finish()
    } else {
        response.content_type("application/json").body(text)
    })
}
