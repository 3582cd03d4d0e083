//! Who asks for a page: whoever shows the cookie of a standing session of the pages. Tokens of the API say nothing
//! here, and the cookie says nothing there.

use actix_web::cookie::{Cookie, SameSite};
use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest, web};
use diesel_async::AsyncPgConnection;
use uuid::Uuid;

use super::page::Refused;
use super::posted::csrf_of;
use crate::db::{Door, Origin};
use crate::http::problem::trace_id;
use crate::http::request::{State, state};
use crate::http::vocabularies::role_label;
use crate::kernel::authz::Person;
use crate::kernel::{Actor, Error, Result, Role};
use crate::plans::store::demonstration;
use crate::{orgs, users};

/// Holds the secret of a session.
pub const SESSION_COOKIE: &str = "guatu_session";
/// Holds what the form of the sign-in page is proved by: there is no session yet.
pub const FORM_COOKIE: &str = "guatu_form";
/// Names the membership in which somebody acts, where he chose one.
pub const ACTING_COOKIE: &str = "guatu_acting";

/// A signed-in person at a page.
pub struct Visitor {
    pub actor: Actor,
    pub person: Person,
    pub name: String,
    /// 民勤县人民医院（经办、审核）, of those in which he acts.
    pub works_for: String,
    /// Every membership of his, by id, with what it is.
    pub seats: Vec<(Uuid, String)>,
    /// The one in which he acts; none: in all of them together.
    pub acting: Option<Uuid>,
    pub csrf: String,
    pub administers: bool,
    /// What the strip of a demonstration says.
    pub demonstration: Option<String>,
}

impl FromRequest for Visitor {
    type Error = Refused;
    type Future = std::pin::Pin<Box<dyn Future<Output = Result<Self, Refused>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let next = match request.method().as_str() {
                // A form that was sent too late is not sent again by itself.
                "POST" => "/".to_owned(),
                _ => request.uri().to_string(),
            };
            let sign_in = || Refused::SignIn { next: next.clone() };
            let cookie = request.cookie(SESSION_COOKIE).ok_or_else(sign_in)?;
            let state = state(&request).map_err(|problem| Refused::Error(problem.0))?;
            let mut person = match state.auth.visitor_of(&state.db, cookie.value()).await {
                Err(Error::Unauthenticated(_)) => return Err(sign_in()),
                other => other?,
            };
            let open = ["/password", "/sign-out"];
            if person.must_change_password && !open.contains(&request.path()) {
                return Err(Refused::Password);
            }
            let (name, organisations, demonstrations) =
                state.db.read(async |conn| known(conn, &person).await).await?;
            let demonstration = demonstrations
                .into_iter()
                .next()
                .map(|(_, today)| format!("演示数据，进展为虚构；今天按 {today} 计算。"));
            let seats = seats(&person, &organisations);
            let acting = request
                .cookie(ACTING_COOKIE)
                .and_then(|cookie| Uuid::try_parse(cookie.value()).ok())
                .filter(|id| person.memberships.iter().any(|one| one.id == *id));
            if let Some(id) = acting {
                person.memberships.retain(|one| one.id == id);
            }
            let mut works_for: Vec<String> = Vec::new();
            for (id, organisation) in &organisations {
                let mut roles: Vec<Role> = person
                    .memberships
                    .iter()
                    .filter(|membership| membership.organisation_id == *id)
                    .map(|membership| membership.role)
                    .collect();
                roles.sort_unstable();
                roles.dedup();
                if roles.is_empty() {
                    continue;
                }
                let labels: Vec<&str> = roles.into_iter().map(role_label).collect();
                works_for.push(format!("{organisation}（{}）", labels.join("、")));
            }
            Ok(Visitor {
                administers: person
                    .memberships
                    .iter()
                    .any(|membership| membership.role == Role::Administrator),
                actor: Actor::Person(person.clone()),
                person,
                name,
                works_for: works_for.join("；"),
                seats,
                acting,
                csrf: csrf_of(cookie.value()),
                demonstration,
            })
        })
    }
}

/// Every membership of somebody with what it is: 民勤县人民医院 经办.
fn seats(person: &Person, organisations: &[(Uuid, String)]) -> Vec<(Uuid, String)> {
    organisations
        .iter()
        .flat_map(|(id, organisation)| {
            person
                .memberships
                .iter()
                .filter(move |membership| membership.organisation_id == *id)
                .map(move |membership| {
                    let role = role_label(membership.role);
                    (membership.id, format!("{organisation} {role}"))
                })
        })
        .collect()
}

type Known = (String, Vec<(Uuid, String)>, Vec<(String, chrono::NaiveDate)>);

/// The name of somebody, those of the organisations that he works for, and what demonstrations there are.
async fn known(conn: &mut AsyncPgConnection, person: &Person) -> Result<Known> {
    let name = users::store::accounts::display_name(conn, person.user_id).await?;
    let ids: Vec<Uuid> = person.memberships.iter().map(|m| m.organisation_id).collect();
    let named = orgs::store::names(conn, &ids).await?;
    Ok((name, named, demonstration::all(conn).await?))
}

impl Visitor {
    /// The origin of a change that comes in by a page.
    pub fn origin(&self) -> Origin {
        Origin {
            actor: self.actor.clone(),
            door: Door::Page,
            trace_id: trace_id(),
        }
    }

    /// The organisations in which he has one of these roles.
    pub fn organisations_as(&self, roles: &[Role]) -> Vec<Uuid> {
        let mut ids: Vec<Uuid> = self
            .person
            .memberships
            .iter()
            .filter(|membership| roles.contains(&membership.role))
            .map(|membership| membership.organisation_id)
            .collect();
        ids.sort_unstable();
        ids.dedup();
        ids
    }

    pub fn is(&self, role: Role) -> bool {
        self.person
            .memberships
            .iter()
            .any(|membership| membership.role == role)
    }
}

/// A cookie that scripts cannot read and other sites do not send; over TLS it is sent over TLS only.
pub fn cookie(
    request: &HttpRequest,
    state: &web::Data<State>,
    name: &'static str,
    value: String,
) -> Cookie<'static> {
    let secure = state.auth.behind_proxy()
        && request
            .headers()
            .get("x-forwarded-proto")
            .is_some_and(|scheme| scheme.as_bytes().eq_ignore_ascii_case(b"https"));
    Cookie::build(name, value)
        .path("/")
        .http_only(true)
        .same_site(SameSite::Lax)
        .secure(secure)
        .finish()
}
