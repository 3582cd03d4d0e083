//! A form that came after the session had ended is not lost: what was typed goes along through sign-in and is offered
//! to be sent again. It is never sent by itself, and only a form of ours is kept.

use actix_web::body::MessageBody;
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::http::{Method, StatusCode, header};
use actix_web::middleware::Next;
use actix_web::{HttpMessage, HttpRequest, web};
use askama::Template;

use super::page::{Frame, Paged, Refused, page};
use super::posted::{Posted, check, csrf_of};
use super::sign_in;
use crate::http::request::{BODY_LIMIT, State};
use crate::kernel::Error;

/// What a form was about to change: its address, and its fields as they were sent, without the token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    pub to: String,
    pub fields: String,
}

/// Forms whose fields go through no page: passwords, and leaving.
const NEVER: [&str; 3] = ["/sign-in", "/sign-out", "/password"];

impl Kept {
    /// What came along with a sign-in, where something did.
    pub fn of(posted: &Posted) -> Option<Kept> {
        let to = sign_in::own_path(posted.one("kept_to")?);
        let fields = posted.one("kept")?.to_owned();
        let path = to.split(['?', '#']).next().unwrap_or_default();
        (path != "/" && !NEVER.contains(&path)).then_some(Kept { to, fields })
    }

    fn pairs(&self) -> Vec<(String, String)> {
        Posted::pairs(&self.fields).unwrap_or_default()
    }
}

/// Reads a form before its handler does, and shows the sign-in page with it where the handler answered that nobody is
/// signed in.
pub async fn keep(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    let form = request.method() == Method::POST
        && !request.path().starts_with("/api/")
        && !NEVER.contains(&request.path())
        && request
            .content_type()
            .eq_ignore_ascii_case("application/x-www-form-urlencoded");
    if !form {
        return Ok(next.call(request).await?.map_into_boxed_body());
    }
    let refused = |request: ServiceRequest, error: Error| {
        let refused = Refused::Error(error);
        let answer = actix_web::ResponseError::error_response(&refused);
        Ok(request.into_response(answer).map_into_boxed_body())
    };
    let body = request.extract::<web::Payload>().await?;
    let bytes = match body.to_bytes_limited(BODY_LIMIT).await {
        Ok(Ok(bytes)) => bytes,
        Ok(Err(_)) => return refused(request, Error::malformed("", crate::kernel::Code::BodyMalformed)),
        Err(_) => return refused(request, Error::TooLarge { limit: BODY_LIMIT }),
    };
    request.set_payload(Payload::from(bytes.clone()));
    let answered = next.call(request).await?;
    let away = answered.status() == StatusCode::SEE_OTHER
        && answered
            .headers()
            .get(header::LOCATION)
            .is_some_and(|to| to.as_bytes().starts_with(b"/sign-in"));
    let kept = match away {
        true => of_body(answered.request(), &bytes),
        false => None,
    };
    let Some(kept) = kept else {
        return Ok(answered.map_into_boxed_body());
    };
    let (request, _) = answered.into_parts();
    let shown = match request.app_data::<web::Data<State>>() {
        Some(state) => sign_in::interrupted(&request, state, kept),
        None => Err(Refused::Form),
    };
    let answer = shown.unwrap_or_else(|refused| actix_web::ResponseError::error_response(&refused));
    Ok(ServiceResponse::new(request, answer).map_into_boxed_body())
}

/// The form, if it is ours: it carries the token of the cookie that has ended, or the browser says that a page of ours
/// sent it.
fn of_body(request: &HttpRequest, bytes: &[u8]) -> Option<Kept> {
    let text = std::str::from_utf8(bytes).ok()?;
    let mut pairs = Posted::pairs(text)?;
    let token = pairs
        .iter()
        .find(|(name, _)| name == "_csrf")
        .map(|(_, token)| token.clone())
        .unwrap_or_default();
    let same_site = request
        .headers()
        .get("sec-fetch-site")
        .is_some_and(|site| site.as_bytes() == b"same-origin");
    if !same_site && check(request, &token).is_err() {
        return None;
    }
    pairs.retain(|(name, _)| name != "_csrf");
    let fields = pairs
        .iter()
        .map(|(name, value)| {
            format!(
                "{}={}",
                super::posted::encoded(name),
                super::posted::encoded(value)
            )
        })
        .collect::<Vec<_>>()
        .join("&");
    Some(Kept {
        to: request.uri().path().to_owned(),
        fields,
    })
}

#[derive(Template)]
#[template(path = "resume.html")]
struct Resume {
    frame: Frame,
    to: String,
    fields: Vec<(String, String)>,
    /// What can be read again before it is sent.
    told: Vec<(&'static str, String)>,
}

/// What the fields are called on the pages; the rest are versions, ids and ticks.
const NAMES: [(&str, &str); 14] = [
    ("actual_on", "实际完成日期"),
    ("note", "说明"),
    ("reason", "理由"),
    ("why", "理由"),
    ("planned_on", "调整到"),
    ("title", "名称"),
    ("name", "名称"),
    ("description", "说明"),
    ("done_text", "完成情况"),
    ("problems", "存在问题"),
    ("next_steps", "下一步"),
    ("physical_percent", "形象进度"),
    ("value", "数值"),
    ("source", "来源"),
];

/// What had been typed, to be sent under the new session. `secret` is the session's.
pub fn resume(kept: &Kept, secret: &str) -> Paged {
    let fields = kept.pairs();
    let told = fields
        .iter()
        .filter(|(_, value)| !value.trim().is_empty())
        .filter_map(|(field, value)| {
            // Of a sheet a field's name goes on with its line's.
            let (word, _) = field.split_once('-').unwrap_or((field, ""));
            let (_, name) = NAMES.iter().find(|(known, _)| *known == word)?;
            Some((*name, value.clone()))
        })
        .collect();
    page(
        StatusCode::OK,
        &Resume {
            frame: Frame {
                csrf: csrf_of(secret),
                ..Frame::bare("继续提交")
            },
            to: kept.to.clone(),
            fields,
            told,
        },
    )
}
