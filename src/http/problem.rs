//! Refusals as RFC 9457 problem documents.

use actix_web::http::{StatusCode, header};
use actix_web::{HttpResponse, ResponseError};
use serde::Serialize;

use super::messages;
use crate::kernel::{Code, Error, Fault};

tokio::task_local! {
    /// The trace id of the request that this task answers.
    pub static TRACE_ID: String;
}

pub fn trace_id() -> String {
    TRACE_ID.try_with(Clone::clone).unwrap_or_default()
}

/// An [`Error`] on its way out by a door.
#[derive(Debug)]
pub struct Problem(pub Error);

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        Problem(error)
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// One fault of a problem document.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ProblemFault {
    /// A JSON pointer into the body, or `?name` of a query parameter; empty for the whole.
    pub pointer: String,
    pub code: String,
    /// What is wrong and what to do, in Chinese.
    pub message: String,
}

/// A problem document (RFC 9457), `application/problem+json`.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ProblemDocument {
    #[serde(rename = "type")]
    pub kind: String,
    pub title: String,
    pub status: u16,
    pub detail: String,
    /// The reason by name; stable, for programs.
    pub code: String,
    /// Every fault of the request at once; empty where the refusal is about the whole.
    pub errors: Vec<ProblemFault>,
    pub trace_id: String,
}

pub fn title(status: StatusCode) -> &'static str {
    match status.as_u16() {
        400 => "请求格式不正确",
        401 => "未登录",
        403 => "没有权限",
        404 => "没有找到",
        405 => "方法不支持",
        409 => "与当前状态冲突",
        412 => "内容已变化",
        413 => "内容过大",
        415 => "内容类型不支持",
        422 => "内容有误",
        428 => "缺少前提条件",
        429 => "请求过于频繁",
        503 => "服务暂不可用",
        _ => "系统内部错误",
    }
}

pub fn faults_of(error: &Error) -> Vec<Fault> {
    let whole = |code| vec![Fault::new("", code)];
    match error {
        Error::Unauthenticated(code) => whole(*code),
        Error::Malformed(faults) | Error::Invalid(faults) => faults.clone(),
        Error::TooLarge { limit } => vec![Fault::new("", Code::BodyTooLarge).with("limit", limit)],
        Error::NotJson => whole(Code::BodyNotJson),
        Error::MethodNotAllowed { allow } => {
            vec![Fault::new("", Code::MethodNotAllowed).with("allow", allow)]
        }
        Error::NotFound => whole(Code::NotFound),
        Error::Forbidden(action) => vec![Fault::new("", Code::Forbidden).with("right", action.as_str())],
        Error::PasswordChangeRequired => whole(Code::PasswordChangeRequired),
        Error::PreconditionRequired => whole(Code::PreconditionRequired),
        Error::Stale { .. } => whole(Code::Stale),
        Error::Conflict(fault) => vec![fault.clone()],
        Error::TooManyRequests { code, .. } => whole(*code),
        Error::DatabaseAway(_) | Error::Again(_) => whole(Code::DatabaseAway),
        Error::Items(items) => items
            .iter()
            .flat_map(|(index, error)| {
                faults_of(error).into_iter().map(move |mut fault| {
                    fault.pointer = format!("/items/{index}{}", fault.pointer);
                    fault
                })
            })
            .collect(),
        Error::Internal(_) => whole(Code::Internal),
    }
}

impl Problem {
    /// The document that goes out.
    pub fn document(&self) -> ProblemDocument {
        let status = self.status_code();
        let faults = faults_of(&self.0);
        let code = faults.first().map_or(Code::Internal, |fault| fault.code);
        let detail = match faults.as_slice() {
            [one] => messages::text(one),
            many => format!("共有 {} 处有误，详见 errors。", many.len()),
        };
        let listed = matches!(
            self.0,
            Error::Malformed(_) | Error::Invalid(_) | Error::Conflict(_) | Error::Items(_)
        );
        let errors = if listed {
            faults
                .iter()
                .map(|fault| ProblemFault {
                    pointer: fault.pointer.clone(),
                    code: fault.code.as_str().to_owned(),
                    message: messages::text(fault),
                })
                .collect()
        } else {
            Vec::new()
        };
        ProblemDocument {
            kind: format!("urn:guatu:problem:{}", code.as_str()),
            title: title(status).to_owned(),
            status: status.as_u16(),
            detail,
            code: code.as_str().to_owned(),
            errors,
            trace_id: trace_id(),
        }
    }
}

pub fn status_of(error: &Error) -> StatusCode {
    match error {
        Error::Items(items) => items
            .first()
            .map_or(StatusCode::INTERNAL_SERVER_ERROR, |(_, first)| status_of(first)),
        Error::Unauthenticated(_) => StatusCode::UNAUTHORIZED,
        Error::Malformed(_) => StatusCode::BAD_REQUEST,
        Error::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
        Error::NotJson => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        Error::MethodNotAllowed { .. } => StatusCode::METHOD_NOT_ALLOWED,
        Error::NotFound => StatusCode::NOT_FOUND,
        Error::Forbidden(_) | Error::PasswordChangeRequired => StatusCode::FORBIDDEN,
        Error::PreconditionRequired => StatusCode::PRECONDITION_REQUIRED,
        Error::Stale { .. } => StatusCode::PRECONDITION_FAILED,
        Error::Conflict(_) => StatusCode::CONFLICT,
        Error::Invalid(_) => StatusCode::UNPROCESSABLE_ENTITY,
        Error::TooManyRequests { .. } => StatusCode::TOO_MANY_REQUESTS,
        Error::DatabaseAway(_) | Error::Again(_) => StatusCode::SERVICE_UNAVAILABLE,
        Error::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        status_of(&self.0)
    }

    fn error_response(&self) -> HttpResponse {
        let document = self.document();
        match &self.0 {
            // Told once, with its cause, which never leaves the house.
            Error::Internal(cause) => tracing::error!(trace_id = document.trace_id, ?cause, "internal error"),
            Error::DatabaseAway(cause) => {
                tracing::warn!(trace_id = document.trace_id, ?cause, "database away")
            }
            _ => {}
        }
        let mut response = HttpResponse::build(self.status_code());
        response
            .content_type("application/problem+json")
            .insert_header((header::CACHE_CONTROL, "no-store"));
        match &self.0 {
            Error::Unauthenticated(_) => {
                response.insert_header((header::WWW_AUTHENTICATE, "Bearer"));
            }
            Error::TooManyRequests { seconds, .. } => {
                response.insert_header((header::RETRY_AFTER, seconds.to_string()));
            }
            Error::DatabaseAway(_) | Error::Again(_) => {
                response.insert_header((header::RETRY_AFTER, "2"));
            }
            Error::Stale { version } => {
                response.insert_header((header::ETAG, format!("\"{version}\"")));
            }
            Error::MethodNotAllowed { allow } => {
                response.insert_header((header::ALLOW, allow.clone()));
            }
            _ => {}
        }
        response.json(document)
    }
}
