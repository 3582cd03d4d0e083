//! The private PostgreSQL: a cluster of our own in a directory of our own, reached by a unix socket that nobody else
//! may enter. It never touches a cluster that it did not make, and survives the `kill -9` of either program.
//!
//! In the data directory, which is this program's user's: a marker that says who made it; `guatu.lock`, an
//! operating-system lock that lets one program in at a time; `postgresql.log`; and, belonging to the server's user,
//! `pgdata`, the cluster, and `socket`, its door.
//!
//! Whoever takes the lock has the place to himself: what a former run left behind is ended or recovered before a new
//! server starts ([`survivor`] says how).

pub mod database;
mod dir;
mod error;
mod find;
mod server;
mod socket;
mod survivor;
mod user;

use std::path::{Path, PathBuf};
use std::process::Child;

pub use error::LocalError;
pub use find::MIN_MAJOR;

/// Bootstrap superuser of the cluster. The name means nothing outside it.
pub const ADMIN: &str = "guatu_admin";

/// How much a crash of the machine may cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// Nothing that was acknowledged.
    Full,
    /// Everything: fsync off. For databases of tests, never for data that matters.
    TestsOnly,
}

/// Where a private cluster is, and how it is run.
#[derive(Debug, Clone)]
pub struct LocalOptions {
    /// An empty directory, one that does not exist yet, or one that was made here before.
    pub data_dir: PathBuf,
    /// Where `initdb` and `postgres` are; searched for where none is given.
    pub bin_dir: Option<PathBuf>,
    /// As which user the server runs when this program is run by root. Where none is given: the owner of the cluster;
    /// for a new one `postgres`, else `nobody`. Without meaning for any other user, who runs the server himself.
    pub run_as: Option<String>,
    pub durability: Durability,
}

/// A running private cluster, held by this program.
///
/// Dropped without [`LocalCluster::stop`], it asks its server to end and does not wait. If the program dies without
/// even that, the server goes on, and the next start ends it and begins anew.
#[derive(Debug)]
pub struct LocalCluster {
    dir: PathBuf,
    socket_dir: PathBuf,
    server: Child,
    /// Given back last, when the server has been asked to end.
    _lock: dir::Lock,
}

impl LocalCluster {
    /// Makes the cluster where there is none, and starts it. It takes connections when this returns.
    pub async fn start(options: LocalOptions) -> Result<LocalCluster, LocalError> {
        blocking(move || start(&options)).await
    }

    /// An address for `role` in `database`, such as tokio-postgres and Diesel take. No password: whoever may enter the
    /// socket's directory is trusted to be whom he says.
    pub fn url(&self, role: &str, database: &str) -> String {
        socket::url(&self.socket_dir, role, database)
    }

    /// An address for the bootstrap superuser, to make roles and databases. `postgres` is a database that is there.
    pub fn admin_url(&self, database: &str) -> String {
        self.url(ADMIN, database)
    }

    /// Where the socket is: `psql -h <this> -U guatu_admin postgres`.
    pub fn socket_dir(&self) -> &Path {
        &self.socket_dir
    }

    /// The cluster's own directory, which is the server's.
    pub fn pgdata(&self) -> PathBuf {
        self.dir.join("pgdata")
    }

    /// The server's process id.
    pub fn server_pid(&self) -> u32 {
        self.server.id()
    }

    /// Ends the server and waits for it: connections are cut, what was committed is on disk.
    pub async fn stop(mut self) -> Result<(), LocalError> {
        blocking(move || {
            server::end(&mut self.server)?;
            socket::tidy(&self.dir, &self.socket_dir);
            Ok(())
        })
        .await
    }
}

impl Drop for LocalCluster {
    fn drop(&mut self) {
        // Ended already, or not: once it was waited for, its process id may be somebody else's.
        if matches!(self.server.try_wait(), Ok(None)) {
            let _ = server::ask_to_end(&self.server);
        }
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, LocalError> + Send + 'static,
) -> Result<T, LocalError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(answer) => answer,
        Err(error) => Err(LocalError::Program {
            program: "guatu",
            output: error.to_string(),
        }),
    }
}

fn start(options: &LocalOptions) -> Result<LocalCluster, LocalError> {
    let dir = std::path::absolute(&options.data_dir).map_err(error::io("the data directory"))?;
    let user = user::ServerUser::find(options.run_as.as_deref(), &dir.join("pgdata"))?;
    let programs = |major, dir: &Path| find::programs(options.bin_dir.as_deref(), major, dir);
    if !dir.join("pgdata").exists() {
        // A machine without PostgreSQL is told so before anything is made.
        programs(None, &dir)?;
    }
    let dir = dir::prepare(&dir, &user)?;
    let lock = dir::Lock::take(&dir)?;
    let pgdata = dir.join("pgdata");
    let major = major_of(&pgdata)?;
    let programs = programs(major, &dir)?;
    let place = server::Place {
        dir,
        pgdata,
        programs,
        user,
        durability: options.durability,
    };
    let socket_dir = socket::directory(&place.dir, &place.user)?;
    match major {
        Some(_) => survivor::clear(&place.pgdata, &socket_dir, &place.user)?,
        None => server::initialise(&place)?,
    }
    let server = server::launch(&place, &socket_dir)?;
    Ok(LocalCluster {
        dir: place.dir,
        socket_dir,
        server,
        _lock: lock,
    })
}

/// The version that a cluster was made by; none where there is no cluster.
fn major_of(pgdata: &Path) -> Result<Option<u32>, LocalError> {
    match std::fs::read_to_string(pgdata.join("PG_VERSION")) {
        Ok(text) => text
            .trim()
            .parse()
            .map(Some)
            .map_err(|_| LocalError::Damaged(pgdata.to_owned())),
        Err(_) if !pgdata.exists() => Ok(None),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            Err(LocalError::Damaged(pgdata.to_owned()))
        }
        Err(error) => Err(error::io(format!("reading {}", pgdata.display()))(error)),
    }
}
