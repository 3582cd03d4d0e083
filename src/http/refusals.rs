//! The refusals that a kind of endpoint may answer, for the OpenAPI document: written once, named in each handler.

use std::collections::BTreeMap;

use utoipa::openapi::{ContentBuilder, Ref, RefOr, Response, ResponseBuilder};

fn described(status: u16) -> &'static str {
    match status {
        400 => "The form is broken: unknown fields or parameters, wrong types. All faults at once.",
        401 => "Not signed in, or the token or session has ended.",
        403 => {
            "In sight but not allowed; says which right is missing. Also: the password must be changed first."
        }
        404 => "Absent or out of sight.",
        409 => "Against a rule of the workflow, or taken already.",
        412 => "Somebody changed it since; `ETag` is the present version.",
        413 => "The body is too large.",
        415 => "The body is not application/json.",
        422 => "Well formed, but what it says cannot be, or an Idempotency-Key was used for another request.",
        428 => "`If-Match` is missing.",
        429 => {
            "Too many attempts, or too many passwords are being checked; `Retry-After` says when to come again."
        }
        503 => "The database is away; `Retry-After` says when to come again.",
        _ => "Internal error; `trace_id` names it.",
    }
}

fn problems(statuses: &[u16]) -> BTreeMap<String, RefOr<Response>> {
    let problem = || {
        ContentBuilder::new()
            .schema(Some(Ref::from_schema_name("ProblemDocument")))
            .build()
    };
    statuses
        .iter()
        .map(|status| {
            let response = ResponseBuilder::new()
                .description(described(*status))
                .content("application/problem+json", problem())
                .build();
            (status.to_string(), RefOr::T(response))
        })
        .collect()
}

/// What a public read answers besides what it tells.
pub struct PublicRefusals;
/// What a list answers besides its page.
pub struct ListRefusals;
/// What a read of one object answers besides the object.
pub struct ReadRefusals;
/// What a POST that makes something answers besides it.
pub struct CreateRefusals;
/// The same where it is made within something that may be out of sight.
pub struct AddRefusals;
/// What a change of one object answers besides it.
pub struct ChangeRefusals;
/// What signing in and refreshing answer besides the tokens.
pub struct SignInRefusals;

impl utoipa::IntoResponses for PublicRefusals {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        problems(&[400, 404, 500, 503])
    }
}

impl utoipa::IntoResponses for ListRefusals {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        problems(&[400, 401, 403, 500, 503])
    }
}

impl utoipa::IntoResponses for ReadRefusals {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        problems(&[401, 403, 404, 500, 503])
    }
}

impl utoipa::IntoResponses for CreateRefusals {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        problems(&[400, 401, 403, 409, 413, 415, 422, 500, 503])
    }
}

impl utoipa::IntoResponses for AddRefusals {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        problems(&[400, 401, 403, 404, 409, 413, 415, 422, 500, 503])
    }
}

impl utoipa::IntoResponses for ChangeRefusals {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        problems(&[400, 401, 403, 404, 409, 412, 413, 415, 422, 428, 500, 503])
    }
}

impl utoipa::IntoResponses for SignInRefusals {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        problems(&[400, 401, 413, 415, 429, 500, 503])
    }
}
