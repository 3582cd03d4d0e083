//! Made-up progress says so: where an installation holds a demonstration, every answer carries a header with its
//! plan and the day on which its clock stands.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::web;

use super::request::State;
use crate::plans::store::demonstration;

/// `Guatu-Demonstration: wuwei-145; today=2024-09-30`, several plans apart by commas.
pub const HEADER: HeaderName = HeaderName::from_static("guatu-demonstration");

/// A demonstration's clock is moved by a command, seldom: asked again after so long.
const KEPT: Duration = Duration::from_secs(10);

/// What the header says, and when the database was asked.
#[derive(Default)]
pub struct Demonstrations {
    kept: Mutex<Option<Kept>>,
}

#[derive(Clone)]
struct Kept {
    asked: Instant,
    value: Option<HeaderValue>,
}

impl Demonstrations {
    async fn header(&self, state: &State) -> Option<HeaderValue> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(kept) = kept.as_ref().filter(|kept| kept.asked.elapsed() < KEPT) {
            return kept.value.clone();
        }
        // Where the database is away, what was known is said on.
        let Ok(found) = state.db.read(async |conn| demonstration::all(conn).await).await else {
            return kept.and_then(|kept| kept.value);
        };
        let text: Vec<String> = found
            .iter()
            .map(|(code, today)| format!("{code}; today={today}"))
            .collect();
        let value = HeaderValue::from_str(&text.join(", "))
            .ok()
            .filter(|value| !value.is_empty());
        *self.kept.lock().unwrap_or_else(PoisonError::into_inner) = Some(Kept {
            asked: Instant::now(),
            value: value.clone(),
        });
        value
    }
}

/// Adds the header.
pub async fn mark(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    let state = request.app_data::<web::Data<State>>().cloned();
    let demonstrations = request.app_data::<web::Data<Demonstrations>>().cloned();
    let live = request.path() == "/health/live";
    let mut response = next.call(request).await?;
    if let (Some(state), Some(demonstrations), false) = (state, demonstrations, live)
        && let Some(value) = demonstrations.header(&state).await
    {
        response.headers_mut().insert(HEADER, value);
    }
    Ok(response)
}
