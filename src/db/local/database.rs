//! What a private server needs before anything runs on it: its roles and a database at the newest migration.

use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};

use super::LocalCluster;
use crate::db::migrate;
use crate::kernel::{Error, Result};

/// Who owns the tables.
pub const OWNER: &str = "guatu_owner";
/// As whom the service signs in.
pub const SERVICE: &str = "guatu_app";

/// Makes roles and the database where they are missing, and migrates.
pub async fn prepare(cluster: &LocalCluster, database: &str) -> Result<()> {
    let mut admin = AsyncPgConnection::establish(&cluster.admin_url("postgres"))
        .await
        .map_err(Error::internal)?;
    // Roles and databases take no binds; the names are constants.
    for (role, options) in [
        (OWNER, "LOGIN"),
        (migrate::SERVICE_ROLE, "NOLOGIN"),
        (SERVICE, "LOGIN"),
    ] {
        diesel::sql_query(format!(
            "DO $$ BEGIN CREATE ROLE {role} {options}; EXCEPTION WHEN duplicate_object THEN NULL; END $$"
        ))
        .execute(&mut admin)
        .await?;
    }
    diesel::sql_query(format!("GRANT {} TO {SERVICE}", migrate::SERVICE_ROLE))
        .execute(&mut admin)
        .await?;
    let made = diesel::sql_query(format!("CREATE DATABASE {database} OWNER {OWNER}"))
        .execute(&mut admin)
        .await;
    match made {
        Ok(_) => {}
        Err(error) if error.to_string().contains("already exists") => {}
        Err(error) => return Err(error.into()),
    }
    let mut owned = AsyncPgConnection::establish(&cluster.admin_url(database))
        .await
        .map_err(Error::internal)?;
    diesel::sql_query(format!("ALTER SCHEMA public OWNER TO {OWNER}"))
        .execute(&mut owned)
        .await?;
    migrate::run_pending(&cluster.url(OWNER, database)).await?;
    Ok(())
}
