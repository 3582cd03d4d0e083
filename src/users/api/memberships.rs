//! Memberships, for administrators.

use actix_web::{HttpRequest, HttpResponse, get, post, web};
use utoipa::ToSchema;
use uuid::Uuid;

use super::accounts::ROLES;
use crate::db::Tx;
use crate::db::paging::PageRequest;
use crate::http::answer::{Answer, ListBody, read as answer_read};
use crate::http::form::Fields;
use crate::http::problem::Problem;
use crate::http::refusals::{ChangeRefusals, CreateRefusals, ListRefusals, ReadRefusals};
use crate::http::request::{Body, Keyed, Seen, SignedIn, State, id_of, query};
use crate::http::run;
use crate::kernel::{Code, Error, Result, Role};
use crate::users::actions::{memberships, reach_of};
use crate::users::model::{MembershipFilter, MembershipView, NewMembership};
use crate::users::store;

type Answered = Result<HttpResponse, Problem>;

/// Why a membership ends.
#[derive(ToSchema)]
#[allow(
    dead_code,
    reason = "the shape for the OpenAPI document; the parser reads the fields"
)]
pub struct MembershipEnd {
    reason: String,
}

/// The memberships in the administrator's organisations and below, oldest first.
#[utoipa::path(
    tag = "memberships",
    params(
        ("user" = Option<Vec<Uuid>>, Query, description = "Of any of these users"),
        ("organisation" = Option<Vec<String>>, Query, description = "In any of these or below, by code or id"),
        ("role" = Option<Vec<Role>>, Query, description = "In any of these roles"),
        ("ended" = Option<bool>, Query, description = "Only those that ended, or only those that live"),
        ("include" = Option<Vec<String>>, Query, description = "`total`: how many there are in all"),
        ("limit" = Option<i64>, Query, description = "1 to 200; 50 where absent"),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before"),
    ),
    responses(ListRefusals, (status = 200, description = "A page", body = ListBody<MembershipView>)),
)]
#[get("/memberships")]
pub async fn list(state: web::Data<State>, who: SignedIn, request: HttpRequest) -> Answered {
    let (filter, page) = filter_of(&request)?;
    let reach = reach_of(&who.0)?;
    let found = state
        .db
        .read(async |conn| store::memberships::list(conn, &reach, &filter, &page).await)
        .await?;
    answer_read(&request, None, &ListBody::from(found))
}

/// One membership.
#[utoipa::path(
    tag = "memberships",
    params(("id" = Uuid, Path, description = "The membership")),
    responses(ReadRefusals, (status = 200, description = "The membership; `ETag` is its version", body = MembershipView)),
)]
#[get("/memberships/{id}")]
pub async fn read(
    state: web::Data<State>,
    who: SignedIn,
    id: web::Path<String>,
    request: HttpRequest,
) -> Answered {
    let reach = reach_of(&who.0)?;
    let id = id_of(&id)?;
    let found = state
        .db
        .read(async |conn| store::memberships::view_of(conn, &reach, id).await)
        .await?;
    let found = found.ok_or(Error::NotFound)?;
    answer_read(&request, Some(found.row_version), &found)
}

/// Gives a user a role in an organisation. Nobody gives himself one.
#[utoipa::path(
    tag = "memberships",
    request_body = NewMembership,
    params(("Idempotency-Key" = String, Header, description = "A new value for each new request")),
    responses(CreateRefusals, (status = 201, description = "The membership and its `Location`", body = MembershipView)),
)]
#[post("/memberships")]
pub async fn grant(state: web::Data<State>, who: SignedIn, body: Body, request: HttpRequest) -> Answered {
    let new = new_of(body.fields()?)?;
    let key = Keyed::of(&request, &body)?;
    let answer = run::keyed(&state, &who, &key, async |tx| {
        let id = memberships::grant(tx, &new).await?;
        let made = shown(tx, id).await?;
        Answer::created(made.row_version, format!("/api/v1/memberships/{id}"), &made)
    });
    Ok(answer.await?.respond())
}

/// Ends a membership, with the reason. The rights are gone with the next request. Nobody ends his own.
#[utoipa::path(
    tag = "memberships",
    request_body = MembershipEnd,
    params(
        ("id" = Uuid, Path, description = "The membership"),
        ("If-Match" = String, Header, description = "The `ETag` that was read"),
        ("Idempotency-Key" = String, Header, description = "A new value for each new request"),
    ),
    responses(ChangeRefusals, (status = 200, description = "The membership as it is now", body = MembershipView)),
)]
#[post("/memberships/{id}/end")]
pub async fn end(
    state: web::Data<State>,
    who: SignedIn,
    id: web::Path<String>,
    body: Body,
    request: HttpRequest,
) -> Answered {
    let mut fields = body.fields()?;
    let reason = fields.required_text("reason", 500);
    let reason = fields.finish(reason)?;
    let (seen, key) = (Seen::of(&request)?, Keyed::of(&request, &body)?);
    let id = id_of(&id)?;
    let answer = run::keyed(&state, &who, &key, async |tx| {
        memberships::end(tx, id, seen.version(), &reason).await?;
        let now = shown(tx, id).await?;
        Answer::object(now.row_version, &now)
    });
    Ok(answer.await?.respond())
}

async fn shown(tx: &mut Tx, id: Uuid) -> Result<MembershipView> {
    let reach = reach_of(tx.actor())?;
    let found = store::memberships::view_of(tx.conn(), &reach, id).await?;
    found.ok_or(Error::NotFound)
}

fn filter_of(request: &HttpRequest) -> Result<(MembershipFilter, PageRequest)> {
    let mut query = query(request);
    let named = query.many("user");
    let users: Vec<Uuid> = named.iter().filter_map(|id| Uuid::try_parse(id).ok()).collect();
    if users.len() < named.len() {
        query.fault("user", Code::FieldFormat, &[("format", "uuid".to_owned())]);
    }
    let filter = MembershipFilter {
        users,
        organisations: query.many("organisation"),
        roles: query.choices("role", &ROLES, Role::parse),
        ended: query.boolean("ended"),
        total: !query.include(&["total"]).is_empty(),
    };
    let page = query.page();
    query.finish((filter, page))
}

fn new_of(mut fields: Fields) -> Result<NewMembership> {
    let user_id = fields.uuid("user_id");
    let organisation = fields.filled_text("organisation", 80);
    let role = fields.choice("role", &ROLES, Role::parse);
    if role.is_none() {
        fields.required::<String>("role", None);
    }
    let new = NewMembership {
        user_id: fields.required("user_id", user_id),
        organisation: fields.required("organisation", organisation),
        role: role.unwrap_or(Role::Observer),
        plan: fields.filled_text("plan", 80),
    };
    fields.finish(new)
}
