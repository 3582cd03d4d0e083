//! What every room above may know: errors, clocks, and who may do what. Knows no HTTP and no database.

pub mod authz;
pub mod clock;
pub mod code;
pub mod error;

pub use authz::{Action, Actor, Membership, Permit, Role, Target};
pub use clock::{Calendar, Clock};
pub use code::Code;
pub use error::{Error, Fault, Result};

/// Refuses a change by somebody who did not say which version he saw (428), or saw an older one (412).
pub fn check_version(seen: Option<i64>, current: i64) -> Result<()> {
    match seen {
        None => Err(Error::PreconditionRequired),
        Some(version) if version != current => Err(Error::Stale { version: current }),
        Some(_) => Ok(()),
    }
}

/// What a `PATCH` says of a field.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Patch<T> {
    #[default]
    Keep,
    Clear,
    Set(T),
}

impl<T> Patch<T> {
    /// The value afterwards.
    pub fn apply(self, before: Option<T>) -> Option<T> {
        match self {
            Patch::Keep => before,
            Patch::Clear => None,
            Patch::Set(value) => Some(value),
        }
    }
}

/// What a planner names a record by within its parent: lower-case letters, digits and hyphens, beginning with a
/// letter or a digit, at most sixty.
pub fn is_slug(text: &str) -> bool {
    text.len() <= 60
        && text.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit())
        && text
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
}
