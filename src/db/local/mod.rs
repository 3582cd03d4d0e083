//! The private PostgreSQL: a cluster of our own in a directory of our own, reached by a unix socket that nobody else
//! may enter. It never touches a cluster that it did not make, and survives the `kill -9` of either program.
//!
//! One program holds a directory at a time: an operating-system lock on `guatu.lock`, gone with its holder however he
//! died. A server that outlived its program is stopped and started anew; a stale `postmaster.pid` is PostgreSQL's own
//! to recover.

mod find;
mod server;

use std::fs::{self, File, Permissions};
use std::io::{Read, Seek, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::Child;

pub use find::MIN_MAJOR;
use server::{RunAs, connect_url};

/// What the file says that makes a directory ours.
const MARKER: &str = "guatu private PostgreSQL, format 1\n";
/// Bootstrap superuser of the cluster. Its name has no meaning outside.
pub const ADMIN: &str = "guatu_admin";

/// How much a crash of the machine may cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// Nothing that was acknowledged.
    Full,
    /// Everything: fsync off. For databases of tests, never for data that matters.
    TestsOnly,
}

#[derive(Debug, Clone)]
pub struct LocalOptions {
    pub data_dir: PathBuf,
    /// Where `initdb` and `postgres` are; searched for where none is given.
    pub bin_dir: Option<PathBuf>,
    /// As which user the server runs when this program is run by root; `postgres`, else `nobody`, where none is given.
    pub run_as: Option<String>,
    pub durability: Durability,
}

#[derive(Debug, thiserror::Error)]
pub enum LocalError {
    #[error(
        "no PostgreSQL server programs ({MIN_MAJOR} or newer) found; install them (Debian, Ubuntu: apt-get install \
         postgresql; Fedora: dnf install postgresql-server; macOS: brew install postgresql@16) or name their folder with \
         --pg-bin-dir"
    )]
    NoServerPrograms,
    #[error("{0} holds no PostgreSQL server programs (initdb, postgres) of version {MIN_MAJOR} or newer")]
    BadBinDir(PathBuf),
    #[error(
        "the data in {dir} is of PostgreSQL {major}, whose programs are not installed: install PostgreSQL {major}"
    )]
    OtherMajor { dir: PathBuf, major: u32 },
    #[error("{dir} is held by another guatu (process {holder}); stop it first, or choose another --data-dir")]
    Held { dir: PathBuf, holder: String },
    #[error("{0} is not empty and was not made by guatu; it is left as it is. Choose another --data-dir")]
    Foreign(PathBuf),
    #[error("{0} belongs to another user or is open to others; choose another --data-dir")]
    Unsafe(PathBuf),
    #[error(
        "the user {user} cannot enter {dir}; choose a --data-dir below a directory that every user may pass, such as \
         /var/lib/guatu"
    )]
    Unreachable { dir: PathBuf, user: String },
    #[error("no user {0} on this machine; name one with --pg-user")]
    NoUser(String),
    #[error("{what}: {source}")]
    Io { what: String, source: std::io::Error },
    #[error("{program} failed: {output}")]
    Program { program: &'static str, output: String },
    #[error("PostgreSQL did not start; the end of its log ({log}):\n{tail}")]
    NotReady { log: PathBuf, tail: String },
}

pub(crate) fn io(what: impl Into<String>) -> impl FnOnce(std::io::Error) -> LocalError {
    let what = what.into();
    move |source| LocalError::Io { what, source }
}

/// A running private cluster. Dropped without [`LocalCluster::stop`], the server goes on and the next start takes it
/// over.
#[derive(Debug)]
pub struct LocalCluster {
    child: Child,
    socket_dir: PathBuf,
    /// Holds the directory while it is open.
    _lock: File,
}

impl LocalCluster {
    /// Makes the cluster where there is none, and starts it. Ready to be connected to when this returns.
    pub async fn start(options: LocalOptions) -> Result<LocalCluster, LocalError> {
        tokio::task::spawn_blocking(move || start(&options))
            .await
            .map_err(|error| LocalError::Program {
                program: "guatu",
                output: error.to_string(),
            })?
    }

    /// An address for `role` in `database`.
    pub fn url(&self, role: &str, database: &str) -> String {
        connect_url(&self.socket_dir, role, database)
    }

    /// An address for the bootstrap superuser.
    pub fn admin_url(&self, database: &str) -> String {
        self.url(ADMIN, database)
    }

    /// Where the socket is.
    pub fn socket_dir(&self) -> &Path {
        &self.socket_dir
    }

    /// The server's process id.
    pub fn server_pid(&self) -> u32 {
        self.child.id()
    }

    /// Ends the server: connections are cut, what was committed is on disk.
    pub async fn stop(mut self) -> Result<(), LocalError> {
        tokio::task::spawn_blocking(move || {
            server::interrupt(self.child.id())?;
            self.child.wait().map_err(io("waiting for PostgreSQL to end"))?;
            Ok(())
        })
        .await
        .map_err(|error| LocalError::Program {
            program: "guatu",
            output: error.to_string(),
        })?
    }
}

fn start(options: &LocalOptions) -> Result<LocalCluster, LocalError> {
    let dir = std::path::absolute(&options.data_dir).map_err(io("the data directory"))?;
    let run_as = RunAs::find(options.run_as.as_deref())?;
    prepare(&dir, &run_as)?;
    let lock = hold(&dir)?;
    let pgdata = dir.join("pgdata");
    let major = fs::read_to_string(pgdata.join("PG_VERSION"))
        .ok()
        .and_then(|text| text.trim().parse().ok());
    let programs = find::programs(options.bin_dir.as_deref(), major, &dir)?;
    server::end_survivor(&pgdata)?;
    if major.is_none() {
        server::initialise(&programs, &dir, &pgdata, &run_as)?;
    }
    let socket_dir = server::socket_dir(&dir, &run_as)?;
    let mut attempts = 0;
    let child = loop {
        attempts += 1;
        match server::launch(&programs, &dir, &pgdata, &socket_dir, &run_as, options.durability) {
            // After the server was killed its children end by themselves, a moment later; until then the shared
            // memory is in use and a new server refuses to start.
            Err(LocalError::NotReady { .. }) if attempts < 6 => {
                std::thread::sleep(std::time::Duration::from_millis(500));
            }
            outcome => break outcome?,
        }
    };
    Ok(LocalCluster {
        child,
        socket_dir,
        _lock: lock,
    })
}

/// Makes the directory, or makes sure that it is ours: marked by us, and owned by us or the server's user.
fn prepare(dir: &Path, run_as: &RunAs) -> Result<(), LocalError> {
    let marker = dir.join("guatu-private-postgresql");
    if !dir.exists() {
        fs::create_dir_all(dir).map_err(io(format!("making {}", dir.display())))?;
    }
    let owner = fs::metadata(dir)
        .map_err(io(format!("reading {}", dir.display())))?
        .uid();
    match fs::read_to_string(&marker) {
        Ok(text) if text == MARKER => {}
        Ok(_) => return Err(LocalError::Foreign(dir.to_owned())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let mut entries = fs::read_dir(dir).map_err(io(format!("reading {}", dir.display())))?;
            if entries.next().is_some() {
                return Err(LocalError::Foreign(dir.to_owned()));
            }
            fs::set_permissions(dir, Permissions::from_mode(0o700))
                .map_err(io("the data directory's permissions"))?;
            run_as.give(dir)?;
            fs::write(&marker, MARKER).map_err(io(format!("writing {}", marker.display())))?;
            return run_as.can_enter(dir);
        }
        Err(error) => return Err(io(format!("reading {}", marker.display()))(error)),
    }
    if owner != run_as.uid() && owner != run_as.own_uid() {
        return Err(LocalError::Unsafe(dir.to_owned()));
    }
    run_as.can_enter(dir)
}

/// Takes the directory's lock, or says who has it.
fn hold(dir: &Path) -> Result<File, LocalError> {
    let path = dir.join("guatu.lock");
    let mut file = File::options()
        .create(true)
        .truncate(false)
        .read(true)
        .write(true)
        .open(&path)
        .map_err(io(format!("opening {}", path.display())))?;
    match file.try_lock() {
        Ok(()) => {
            file.set_len(0)
                .and_then(|()| write!(file, "{}", std::process::id()))
                .map_err(io("writing the lock"))?;
            Ok(file)
        }
        Err(fs::TryLockError::WouldBlock) => {
            let mut holder = String::new();
            file.rewind()
                .and_then(|()| file.read_to_string(&mut holder))
                .map_err(io("reading the lock"))?;
            Err(LocalError::Held {
                dir: dir.to_owned(),
                holder: holder.trim().to_owned(),
            })
        }
        Err(fs::TryLockError::Error(error)) => Err(io("locking the data directory")(error)),
    }
}
