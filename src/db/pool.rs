//! Connections to PostgreSQL, and reading with them.

use diesel_async::AsyncPgConnection;
use diesel_async::pooled_connection::deadpool::{Object, Pool, PoolError as CheckoutError};
use diesel_async::pooled_connection::{AsyncDieselConnectionManager, ManagerConfig, RecyclingMethod};

use crate::kernel::{Clock, Error, Result};

/// One connection out of the pool.
pub type Connection = Object<AsyncPgConnection>;

/// The database as the service sees it: as a role that owns nothing. Cheap to clone.
#[derive(Clone)]
pub struct Database {
    pool: Pool<AsyncPgConnection>,
    pub clock: Clock,
}

impl Database {
    /// `url` signs in as the service's role. Nothing is connected yet.
    pub fn new(url: &str, connections: usize, clock: Clock) -> Result<Database> {
        let mut config = ManagerConfig::default();
        // `Fast` finds a dead connection on use only, at a third of the price of asking each time;
        // `read` asks again once for that.
        config.recycling_method = RecyclingMethod::Fast;
        let manager = AsyncDieselConnectionManager::<AsyncPgConnection>::new_with_config(url, config);
        let pool = Pool::builder(manager)
            .max_size(connections)
            .wait_timeout(Some(std::time::Duration::from_secs(5)))
            .create_timeout(Some(std::time::Duration::from_secs(5)))
            .runtime(deadpool::Runtime::Tokio1)
            .build()
            .map_err(Error::internal)?;
        Ok(Database { pool, clock })
    }

    pub async fn connection(&self) -> Result<Connection> {
        self.pool
            .get()
            .await
            .map_err(|error: CheckoutError| Error::DatabaseAway(Box::new(error)))
    }

    /// Runs a read; once more on a fresh connection where the first one turned out to be dead.
    pub async fn read<T>(&self, read: impl AsyncFn(&mut AsyncPgConnection) -> Result<T>) -> Result<T> {
        let mut connection = self.connection().await?;
        match read(&mut connection).await {
            Err(Error::DatabaseAway(_)) => {
                drop(Object::take(connection));
                let mut connection = self.connection().await?;
                read(&mut connection).await
            }
            answer => answer,
        }
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> Result<()> {
        use diesel_async::RunQueryDsl;
        self.read(async |conn| {
            diesel::select(diesel::dsl::sql::<diesel::sql_types::Bool>("true"))
                .execute(conn)
                .await?;
            Ok(())
        })
        .await
    }
}

/// What a diesel connection is asked for before a password could show in an error message.
pub fn without_password(url: &str) -> String {
    match url
        .split_once("://")
        .and_then(|(scheme, rest)| rest.rsplit_once('@').map(|(user, host)| (scheme, user, host)))
    {
        Some((scheme, user, host)) => {
            let user = user.split(':').next().unwrap_or_default();
            format!("{scheme}://{user}@{host}")
        }
        None => url.to_owned(),
    }
}
