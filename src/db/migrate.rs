//! The migrations, carried in the binary, run by the role that owns the tables.

use diesel_async::{AsyncConnection, AsyncMigrationHarness, AsyncPgConnection, RunQueryDsl};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use crate::kernel::{Error, Result};

pub const MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations");

/// The group role through which the service gets its rights; it signs in as a member of it.
pub const SERVICE_ROLE: &str = "guatu_service";

async fn owner_connection(owner_url: &str) -> Result<AsyncPgConnection> {
    AsyncPgConnection::establish(owner_url)
        .await
        .map_err(|error| Error::DatabaseAway(Box::new(error)))
}

/// Makes the service's group role where it is missing and may be made, then runs what is pending.
/// Returns the versions that were run, oldest first. Needs a multi-thread runtime.
pub async fn run_pending(owner_url: &str) -> Result<Vec<String>> {
    let mut connection = owner_connection(owner_url).await?;
    // Roles are made by statements that take no binds; the name is a constant of ours.
    diesel::sql_query(format!(
        "DO $$ BEGIN \
           IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = '{SERVICE_ROLE}') \
              AND (SELECT rolcreaterole OR rolsuper FROM pg_roles WHERE rolname = current_user) THEN \
             CREATE ROLE {SERVICE_ROLE} NOLOGIN; \
           END IF; \
         EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"
    ))
    .execute(&mut connection)
    .await?;
    let mut harness = AsyncMigrationHarness::new(connection);
    let versions = harness
        .run_pending_migrations(MIGRATIONS)
        .map_err(Error::Internal)?;
    Ok(versions.iter().map(ToString::to_string).collect())
}

/// Undoes the last `steps` migrations, newest first; each refuses where rows would be lost.
pub async fn revert(owner_url: &str, steps: usize) -> Result<Vec<String>> {
    let mut harness = AsyncMigrationHarness::new(owner_connection(owner_url).await?);
    let mut undone = Vec::new();
    for _ in 0..steps {
        undone.push(
            harness
                .revert_last_migration(MIGRATIONS)
                .map_err(Error::Internal)?
                .to_string(),
        );
    }
    Ok(undone)
}

/// How many migrations have not run yet, read as the service itself.
pub async fn pending_count(conn: &mut AsyncPgConnection) -> Result<usize> {
    use diesel::migration::MigrationSource;
    use diesel::query_dsl::methods::SelectDsl;

    diesel::table! {
        __diesel_schema_migrations (version) {
            version -> VarChar,
            run_on -> Timestamp,
        }
    }
    let run: Vec<String> = __diesel_schema_migrations::table
        .select(__diesel_schema_migrations::version)
        .load(conn)
        .await?;
    let known = MigrationSource::<diesel::pg::Pg>::migrations(&MIGRATIONS).map_err(Error::Internal)?;
    Ok(known
        .iter()
        .filter(|migration| !run.contains(&migration.name().version().to_string()))
        .count())
}
