//! What a door learns of a request: who asks, the body, the preconditions.

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::http::header;
use actix_web::middleware::Next;
use actix_web::{FromRequest, HttpMessage, HttpRequest, ResponseError, web};
use serde_json::Value;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::form::{Fields, Query};
use super::problem::{Problem, TRACE_ID, trace_id};
use crate::db::{Database, Door, Origin};
use crate::kernel::authz::Person;
use crate::kernel::{Actor, Code, Error, Fault, Result};
use crate::projects::evidence::Keeper;
use crate::users::Auth;

/// The largest JSON body, in bytes.
pub const BODY_LIMIT: usize = 1024 * 1024;

/// What every handler may use.
#[derive(Clone)]
pub struct State {
    pub db: Database,
    pub auth: Auth,
    /// Where the contents of evidence files lie.
    pub keeper: Keeper,
}

/// A signed-in person, with the rights that he has at this moment.
pub struct SignedIn(pub Actor);

impl FromRequest for SignedIn {
    type Error = Problem;
    type Future = std::future::Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let actor = request.extensions().get::<Actor>().cloned();
        std::future::ready(
            actor
                .map(SignedIn)
                .ok_or(Problem(Error::Unauthenticated(Code::AuthRequired))),
        )
    }
}

impl SignedIn {
    /// The origin of a change that comes in by the API.
    pub fn origin(&self) -> Origin {
        Origin {
            actor: self.0.clone(),
            door: Door::Api,
            trace_id: trace_id(),
        }
    }
}

/// Gives each request a trace id, which runs through its events, log lines and problems.
pub async fn trace(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    let id = Uuid::new_v4().simple().to_string();
    TRACE_ID
        .scope(id.clone(), async move {
            let method = request.method().clone();
            let path = request.path().to_owned();
            let started = std::time::Instant::now();
            let mut response = next.call(request).await?;
            if let Ok(value) = header::HeaderValue::from_str(&id) {
                response.headers_mut().insert(header::HeaderName::from_static("x-trace-id"), value);
            }
            let milliseconds = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
            tracing::info!(trace_id = id, %method, path, status = response.status().as_u16(), milliseconds, "answered");
            Ok(response)
        })
        .await
}

/// Headers that every answer carries.
pub async fn guard(
    mut request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    // Nothing has a NUL in its name, and PostgreSQL takes none: such an address is one that is not there.
    if request.uri().path().contains("%00") {
        let nowhere = match request.path() {
            path if path.starts_with("/api/v1/public/") => "/api/v1/public/-",
            path if path.starts_with("/api/") => "/api/v1/-",
            _ => "/-",
        };
        let uri = actix_web::http::Uri::from_static(nowhere);
        request.match_info_mut().get_mut().update(&uri);
        request.head_mut().uri = uri;
    }
    let mut response = next.call(request).await?;
    let headers = response.headers_mut();
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("referrer-policy", "no-referrer"),
    ] {
        headers.insert(
            header::HeaderName::from_static(name),
            header::HeaderValue::from_static(value),
        );
    }
    Ok(response)
}

/// Finds out who asks, before anything else is looked at. The API takes bearer tokens only.
pub async fn authenticate<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, actix_web::Error> {
    match person_of(&request).await {
        Ok(person) => {
            request.extensions_mut().insert(Actor::Person(person));
            Ok(next.call(request).await?.map_into_left_body())
        }
        // Answered here, where the trace id is known still.
        Err(problem) => {
            let response = problem.error_response().map_into_right_body();
            Ok(request.into_response(response))
        }
    }
}

async fn person_of(request: &ServiceRequest) -> Result<Person, Problem> {
    let state = state(request.request())?;
    let token = bearer(request.request())?;
    let person = state.auth.person_of(&state.db, token).await?;
    let open = ["/auth/me", "/auth/password", "/auth/logout"];
    if person.must_change_password && !open.iter().any(|path| request.path().ends_with(path)) {
        return Err(Problem(Error::PasswordChangeRequired));
    }
    Ok(person)
}

pub fn state(request: &HttpRequest) -> Result<web::Data<State>, Problem> {
    request
        .app_data::<web::Data<State>>()
        .cloned()
        .ok_or_else(|| Problem(Error::internal("the state is not set")))
}

fn bearer(request: &HttpRequest) -> Result<&str> {
    let value = request
        .headers()
        .get(header::AUTHORIZATION)
        .ok_or(Error::Unauthenticated(Code::AuthRequired))?;
    let value = value
        .to_str()
        .map_err(|_| Error::Unauthenticated(Code::AuthTokenInvalid))?;
    let (scheme, token) = value
        .split_once(' ')
        .ok_or(Error::Unauthenticated(Code::AuthRequired))?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(Error::Unauthenticated(Code::AuthRequired));
    }
    Ok(token.trim())
}

/// A body as it came. Its form is looked at by the handler, after it is known who asks.
pub struct Body {
    bytes: web::Bytes,
    json: bool,
}

impl FromRequest for Body {
    type Error = Problem;
    type Future = std::pin::Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let json = request.content_type().eq_ignore_ascii_case("application/json");
        let declared: Option<usize> = request
            .headers()
            .get(header::CONTENT_LENGTH)
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.parse().ok());
        let bytes = web::Payload::from_request(request, payload);
        Box::pin(async move {
            if declared.is_some_and(|length| length > BODY_LIMIT) {
                return Err(Problem(Error::TooLarge { limit: BODY_LIMIT }));
            }
            let payload = bytes
                .await
                .map_err(|_| Problem(Error::malformed("", Code::BodyMalformed)))?;
            let bytes = payload
                .to_bytes_limited(BODY_LIMIT)
                .await
                .map_err(|_| Problem(Error::TooLarge { limit: BODY_LIMIT }))?
                .map_err(|_| Problem(Error::malformed("", Code::BodyMalformed)))?;
            Ok(Body { bytes, json })
        })
    }
}

impl Body {
    /// The body as one JSON object; an empty body is the empty object.
    pub fn fields(&self) -> Result<Fields> {
        if self.bytes.is_empty() {
            return Fields::of(Value::Object(serde_json::Map::new()));
        }
        if !self.json {
            return Err(Error::NotJson);
        }
        let value: Value =
            serde_json::from_slice(&self.bytes).map_err(|_| Error::malformed("", Code::BodyMalformed))?;
        if has_nul(&value) {
            return Err(Error::Malformed(vec![
                Fault::new("", Code::FieldFormat).with("format", "text without NUL"),
            ]));
        }
        Fields::of(value)
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

/// PostgreSQL keeps no NUL in a text.
fn has_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(items) => items.iter().any(has_nul),
        Value::Object(map) => map
            .iter()
            .any(|(key, value)| key.contains('\0') || has_nul(value)),
        _ => false,
    }
}

/// What a list was asked, but for its page: seals the cursor.
pub fn question(request: &HttpRequest) -> String {
    let mut asked: Vec<&str> = request
        .query_string()
        .split('&')
        .filter(|pair| {
            !pair.starts_with("cursor=") && !pair.starts_with("limit=") && !pair.starts_with("include=")
        })
        .collect();
    asked.sort_unstable();
    format!("{}?{}", request.path(), asked.join("&"))
}

/// The query string of a request, to be read.
pub fn query(request: &HttpRequest) -> Query {
    Query::of(request.query_string())
}

/// The `{id}` of a request's path.
pub fn path_id(request: &HttpRequest) -> Result<Uuid> {
    id_of(request.match_info().get("id").unwrap_or_default())
}

/// The id that a text says; what is none is as absent as an unknown one.
pub fn id_of(text: &str) -> Result<Uuid> {
    Uuid::try_parse(text).map_err(|_| Error::NotFound)
}

/// Refuses the words under which many are sent at once where one's id is meant: those addresses take POST alone.
pub fn one_id(id: &str, many: &[&str]) -> Result<()> {
    match many.contains(&id) {
        true => Err(Error::MethodNotAllowed {
            allow: "POST".to_owned(),
        }),
        false => Ok(()),
    }
}

/// The version that the asker saw: of `If-Match`, which every change of an object must carry.
/// A missing one is told by [`Seen::version`], after 404 and 403.
pub struct Seen(Option<i64>);

impl Seen {
    pub fn of(request: &HttpRequest) -> Result<Seen> {
        let Some(value) = request.headers().get(header::IF_MATCH) else {
            return Ok(Seen(None));
        };
        let broken = || Error::malformed("If-Match", Code::PreconditionFormat);
        let text = value.to_str().map_err(|_| broken())?.trim();
        let text = text
            .strip_prefix('"')
            .and_then(|text| text.strip_suffix('"'))
            .ok_or_else(broken)?;
        let version = text.split('-').next().unwrap_or_default();
        Ok(Seen(Some(version.parse().map_err(|_| broken())?)))
    }

    /// Refuses where none was sent (428) or another is current (412).
    pub fn check(&self, current: i64) -> Result<()> {
        crate::kernel::check_version(self.0, current)
    }

    pub fn version(&self) -> Option<i64> {
        self.0
    }
}

/// `Idempotency-Key`, and what it is kept for.
pub struct Keyed {
    pub key: String,
    pub request_hash: Vec<u8>,
}

impl Keyed {
    pub fn of(request: &HttpRequest, body: &Body) -> Result<Keyed> {
        let missing = || Error::malformed("Idempotency-Key", Code::IdempotencyKeyMissing);
        let key = request
            .headers()
            .get("idempotency-key")
            .and_then(|value| value.to_str().ok())
            .map(str::trim)
            .filter(|key| !key.is_empty() && key.len() <= 255)
            .ok_or_else(missing)?
            .to_owned();
        let mut hash = Sha256::new();
        for part in [
            request.method().as_str().as_bytes(),
            request.path().as_bytes(),
            body.bytes(),
        ] {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        Ok(Keyed {
            key,
            request_hash: hash.finalize().to_vec(),
        })
    }
}
