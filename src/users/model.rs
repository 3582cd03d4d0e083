//! What users, memberships and sessions are, as rows, inputs and views.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::db::schema::{memberships, sessions, users};
use crate::kernel::{Error, Membership, Result, Role};
use crate::orgs::model::{Change, OrganisationRef};

/// One row of `users`, without the password's hash.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = users, check_for_backend(diesel::pg::Pg))]
pub struct UserRow {
    pub id: Uuid,
    pub username: String,
    pub display_name: String,
    pub phone: Option<String>,
    pub email: Option<String>,
    pub must_change_password: bool,
    pub disabled_at: Option<DateTime<Utc>>,
    pub disabled_reason: Option<String>,
    pub row_version: i64,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

/// One row of `memberships`.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = memberships, check_for_backend(diesel::pg::Pg))]
pub struct MembershipRow {
    pub id: Uuid,
    pub user_id: Uuid,
    pub organisation_id: Uuid,
    pub role: String,
    pub plan_id: Option<Uuid>,
    pub ended_at: Option<DateTime<Utc>>,
    pub ended_reason: Option<String>,
    pub row_version: i64,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

impl MembershipRow {
    /// As rights are judged by it; `organisation_kind` is that of its organisation.
    pub fn judged(self, organisation_kind: String) -> Result<Membership> {
        let role = Role::parse(&self.role).ok_or_else(|| Error::internal(format!("role {}", self.role)))?;
        Ok(Membership {
            id: self.id,
            organisation_id: self.organisation_id,
            organisation_kind,
            role,
            plan_id: self.plan_id,
        })
    }
}

/// One row of `sessions`.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = sessions, check_for_backend(diesel::pg::Pg))]
pub struct SessionRow {
    pub id: Uuid,
    pub user_id: Uuid,
    pub door: String,
    pub created_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
    pub revoked_at: Option<DateTime<Utc>>,
    pub revoked_reason: Option<String>,
}

/// What signing in looks at.
#[derive(Debug, Clone, Queryable)]
pub struct Credentials {
    pub user_id: Uuid,
    pub username: String,
    pub password_hash: String,
    pub must_change_password: bool,
    pub disabled_at: Option<DateTime<Utc>>,
}

/// How far an administrator reaches: everything for the house itself, else what lies below these organisations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reach {
    All,
    Below(Vec<Uuid>),
}

/// A new user with his first membership. References are an id or a code.
#[derive(Debug, Clone, PartialEq, Eq, ToSchema)]
#[schema(as = UserCreate)]
pub struct NewUser {
    /// 2 to 64 of a-z, 0-9, `.`, `_`, `-`, beginning with a letter or digit; never changes.
    pub username: String,
    pub display_name: String,
    pub phone: Option<String>,
    pub email: Option<String>,
    /// The organisation of his first membership, by id or code.
    pub organisation: String,
    pub role: Role,
    /// The plan in which the role holds, by id or code; absent: in all.
    pub plan: Option<String>,
}

/// What a change of a user says: absent keeps, null clears where that may be.
#[derive(Debug, Clone, PartialEq, Eq, Default, ToSchema)]
#[schema(as = UserPatch)]
pub struct UserPatch {
    pub display_name: Option<String>,
    /// Null clears it.
    #[schema(value_type = Option<String>)]
    pub phone: Change<String>,
    /// Null clears it.
    #[schema(value_type = Option<String>)]
    pub email: Change<String>,
    /// True ends every session and lets him in no more; needs `disabled_reason`.
    pub disabled: Option<bool>,
    pub disabled_reason: Option<String>,
}

/// A new membership. References are an id or a code.
#[derive(Debug, Clone, PartialEq, Eq, ToSchema)]
#[schema(as = MembershipCreate)]
pub struct NewMembership {
    pub user_id: Uuid,
    /// By id or code.
    pub organisation: String,
    pub role: Role,
    /// The plan in which the role holds, by id or code; absent: in all. An administrator is one in all.
    pub plan: Option<String>,
}

/// Which users are asked for. Empty lists ask for all.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UserFilter {
    /// Part of the user name or the display name.
    pub q: Option<String>,
    /// With a living membership in any of these or below, by id or code.
    pub organisations: Vec<String>,
    /// With a living membership in any of these roles.
    pub roles: Vec<Role>,
    pub disabled: Option<bool>,
    pub total: bool,
}

/// Which memberships are asked for. Empty lists ask for all.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MembershipFilter {
    pub users: Vec<Uuid>,
    /// In any of these or below, by id or code.
    pub organisations: Vec<String>,
    pub roles: Vec<Role>,
    pub ended: Option<bool>,
    pub total: bool,
}

/// A user as he is named beside something else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct UserRef {
    pub id: Uuid,
    pub username: String,
    pub display_name: String,
}

/// A plan as it is named beside something else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct PlanRef {
    pub id: Uuid,
    pub code: String,
    pub title: String,
}

/// What a user is in an organisation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Membership)]
pub struct MembershipView {
    pub id: Uuid,
    pub user: UserRef,
    pub organisation: OrganisationRef,
    pub role: Role,
    /// The plan in which the role holds; null: in all.
    pub plan: Option<PlanRef>,
    pub ended_at: Option<DateTime<Utc>>,
    pub ended_reason: Option<String>,
    pub created_at: DateTime<Utc>,
    #[serde(rename = "version")]
    pub row_version: i64,
}

/// A user 用户, with the memberships that the asker may see.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = User)]
pub struct UserView {
    pub id: Uuid,
    pub username: String,
    pub display_name: String,
    pub phone: Option<String>,
    pub email: Option<String>,
    /// He was given his password and has not chosen his own yet.
    pub must_change_password: bool,
    pub disabled_at: Option<DateTime<Utc>>,
    pub disabled_reason: Option<String>,
    pub memberships: Vec<MembershipView>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    #[serde(rename = "version")]
    pub row_version: i64,
}

impl UserView {
    pub fn of(row: UserRow, memberships: Vec<MembershipView>) -> UserView {
        UserView {
            id: row.id,
            username: row.username,
            display_name: row.display_name,
            phone: row.phone,
            email: row.email,
            must_change_password: row.must_change_password,
            disabled_at: row.disabled_at,
            disabled_reason: row.disabled_reason,
            memberships,
            created_at: row.created_at,
            updated_at: row.updated_at,
            row_version: row.row_version,
        }
    }
}

/// A session that stands.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Session)]
pub struct SessionView {
    pub id: Uuid,
    /// `api` or `page`.
    pub door: String,
    pub created_at: DateTime<Utc>,
    /// It cannot be refreshed beyond this.
    pub expires_at: DateTime<Utc>,
    /// Whether this very request came by it.
    pub current: bool,
}

/// What signing in and refreshing give.
#[derive(Clone, Serialize, ToSchema)]
pub struct TokenPair {
    /// `Authorization: Bearer …`
    pub access_token: String,
    /// Always `Bearer`.
    pub token_type: &'static str,
    /// For how many seconds the access token is good.
    pub expires_in: i64,
    /// Good once; the answer brings the next one.
    pub refresh_token: String,
    /// The end of the session.
    pub refresh_expires_at: DateTime<Utc>,
    /// He must choose a password of his own before anything else.
    pub must_change_password: bool,
}

/// A user and the password that he was given: shown this once, kept nowhere.
#[derive(Clone, Serialize, ToSchema)]
pub struct GivenPassword {
    pub user: UserView,
    /// Four groups of four; the first sign-in demands another one.
    pub password: String,
}
