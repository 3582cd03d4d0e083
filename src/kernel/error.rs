//! The one error of the house. It says what happened, never how a door shows it.

use super::{Action, Code};

/// The result of whatever may be refused.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// One thing that is wrong in what was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// A JSON pointer into the body (`/items/3/actual_on`) or the name of a query parameter (`?region`).
    pub pointer: String,
    pub code: Code,
    /// What the message needs: the names of allowed values, a limit, the state it is in.
    pub params: Vec<(&'static str, String)>,
}

impl Fault {
    pub fn new(pointer: impl Into<String>, code: Code) -> Self {
        Fault {
            pointer: pointer.into(),
            code,
            params: Vec::new(),
        }
    }

    pub fn with(mut self, name: &'static str, value: impl ToString) -> Self {
        self.params.push((name, value.to_string()));
        self
    }

    pub fn param(&self, name: &str) -> Option<&str> {
        self.params
            .iter()
            .find(|(key, _)| *key == name)
            .map(|(_, value)| value.as_str())
    }
}

/// Why a request was refused or failed, in the order in which refusals are told: who is asking, is it well formed,
/// is there such a thing in sight, may he, did he see the present state, does the workflow allow it, is it sound.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("unauthenticated: {0:?}")]
    Unauthenticated(Code),
    /// The form is broken: unknown fields, wrong types. All faults at once.
    #[error("malformed: {0:?}")]
    Malformed(Vec<Fault>),
    #[error("the body is larger than {limit} bytes")]
    TooLarge { limit: usize },
    #[error("the body is not JSON by its Content-Type")]
    NotJson,
    #[error("this method is not offered here")]
    MethodNotAllowed { allow: String },
    /// Absent or out of sight: nobody can tell which.
    #[error("not found")]
    NotFound,
    #[error("forbidden: {0:?}")]
    Forbidden(Action),
    #[error("the password must be changed first")]
    PasswordChangeRequired,
    #[error("a precondition is missing")]
    PreconditionRequired,
    /// Somebody changed it since: the version that it has now.
    #[error("stale: the version is {version} now")]
    Stale { version: i64 },
    /// A rule of the workflow forbids it in this state.
    #[error("conflict: {0:?}")]
    Conflict(Fault),
    /// Well formed, but what it says cannot be. All faults at once.
    #[error("invalid: {0:?}")]
    Invalid(Vec<Fault>),
    /// Several were asked for at once and some refused; none was done. The first is the gravest.
    #[error("{} items were refused", .0.len())]
    Items(Vec<(usize, Error)>),
    #[error("too many requests, again in {seconds} s")]
    TooManyRequests { code: Code, seconds: u64 },
    #[error("the database is away")]
    DatabaseAway(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Serialization failure or deadlock: the transaction runs again.
    #[error("the transaction must run again")]
    Again(#[source] diesel::result::Error),
    #[error("internal error")]
    Internal(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl Error {
    pub fn internal(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Error::Internal(cause.into())
    }

    /// A conflict with the workflow about the whole object.
    pub fn conflict(code: Code) -> Self {
        Error::Conflict(Fault::new("", code))
    }

    pub fn invalid(pointer: impl Into<String>, code: Code) -> Self {
        Error::Invalid(vec![Fault::new(pointer, code)])
    }

    pub fn malformed(pointer: impl Into<String>, code: Code) -> Self {
        Error::Malformed(vec![Fault::new(pointer, code)])
    }
}

impl Error {
    /// The place in the order of refusals.
    fn rank(&self) -> u8 {
        match self {
            Error::Unauthenticated(_) => 0,
            Error::Malformed(_)
            | Error::TooLarge { .. }
            | Error::NotJson
            | Error::MethodNotAllowed { .. } => 1,
            Error::NotFound => 2,
            Error::Forbidden(_) | Error::PasswordChangeRequired => 3,
            Error::PreconditionRequired => 4,
            Error::Stale { .. } => 5,
            Error::Conflict(_) => 6,
            _ => 7,
        }
    }

    /// Refuses where any item was refused. One asked for alone is refused in its own words.
    pub fn of_items(mut refusals: Vec<(usize, Error)>, asked: usize) -> Result<()> {
        match (refusals.len(), asked) {
            (0, _) => Ok(()),
            (_, 1) => Err(refusals.swap_remove(0).1),
            _ => {
                refusals.sort_by_key(|(index, error)| (error.rank(), *index));
                Err(Error::Items(refusals))
            }
        }
    }
}

/// What a violated constraint means to whoever sent the value; by the constraint's name, as the migrations give it.
fn by_constraint(name: &str) -> Option<Error> {
    Some(match name {
        "users_username_key" => Error::Conflict(Fault::new("/username", Code::UsernameTaken)),
        "projects_code_key" | "milestones_code_key" => Error::Conflict(Fault::new("/slug", Code::CodeTaken)),
        "organisations_code_key" => Error::Conflict(Fault::new("/code", Code::CodeTaken)),
        "change_requests_open_key" => Error::Conflict(Fault::new("", Code::ChangeOpen)),
        "progress_reports_period_key" => Error::Conflict(Fault::new("", Code::ReportExists)),
        "commitment_observations_day_key" => {
            Error::Conflict(Fault::new("/observed_on", Code::ObservationExists))
        }
        "carry_overs_object_key" => Error::Conflict(Fault::new("", Code::CarryOverExists)),
        "memberships_live_key" => Error::Conflict(Fault::new("", Code::MembershipExists)),
        _ if name.ends_with("_key") || name.ends_with("_pkey") => {
            Error::Conflict(Fault::new("", Code::ValueTaken))
        }
        _ if name.ends_with("_check") => {
            Error::Invalid(vec![Fault::new("", Code::RuleBroken).with("rule", name)])
        }
        _ => return None,
    })
}

impl From<diesel::result::Error> for Error {
    fn from(error: diesel::result::Error) -> Self {
        use diesel::result::{DatabaseErrorKind as Kind, Error as Db};
        match &error {
            Db::NotFound => Error::NotFound,
            Db::DatabaseError(Kind::SerializationFailure, _) => Error::Again(error),
            Db::DatabaseError(Kind::ClosedConnection | Kind::UnableToSendCommand, _) => {
                Error::DatabaseAway(Box::new(error))
            }
            Db::DatabaseError(_, info) if info.message().starts_with("deadlock detected") => {
                Error::Again(error)
            }
            Db::DatabaseError(_, info)
                if info.message().contains("terminating connection")
                    || info.message().contains("shutting down") =>
            {
                Error::DatabaseAway(Box::new(error))
            }
            Db::DatabaseError(Kind::UniqueViolation | Kind::CheckViolation, info) => {
                match info.constraint_name().and_then(by_constraint) {
                    Some(known) => known,
                    None => Error::internal(error),
                }
            }
            _ => Error::internal(error),
        }
    }
}
