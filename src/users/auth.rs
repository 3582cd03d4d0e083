use crate::db::Database;
use crate::kernel::authz::Person;
use crate::kernel::{Code, Error, Result};

/// Placeholder signature while the module is written.
#[derive(Clone)]
pub struct Auth {}

impl Auth {
    pub async fn person_of(&self, _db: &Database, _token: &str) -> Result<Person> {
        Err(Error::Unauthenticated(Code::AuthTokenInvalid))
    }
}
