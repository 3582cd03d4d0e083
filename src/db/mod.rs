//! The database: connections, migrations, the one way to write ([`tx::Tx`]), the log and its proof.

pub mod bigrams;
pub(crate) mod columns;
pub mod idempotency;
pub mod local;
pub mod log;
pub mod migrate;
pub mod paging;
pub mod pool;
mod proof;
pub mod redaction;
#[rustfmt::skip]
pub mod schema;
pub mod tx;

pub use log::{EventKind, NewEvent, Subject};
pub use pool::{Connection, Database};
pub use tx::{Door, Origin, Tx, Versioned};
