//! What can go wrong with the private PostgreSQL, each with what to do about it.

use std::path::PathBuf;

use super::find::MIN_MAJOR;

/// Every message stands by itself and ends with a remedy where there is one.
#[derive(Debug, thiserror::Error)]
pub enum LocalError {
    /// `too_old` lists what was found instead, or is empty.
    #[error(
        "no PostgreSQL server programs of version {MIN_MAJOR} or newer found{too_old}; install them (Debian, Ubuntu: \
         apt-get install postgresql; Fedora: dnf install postgresql-server; macOS: brew install postgresql@16) or \
         name their folder with --pg-bin-dir"
    )]
    NoServerPrograms { too_old: String },
    #[error(
        "{0} holds no PostgreSQL server programs (initdb, postgres) of version {MIN_MAJOR} or newer; name the \
         folder that holds them with --pg-bin-dir, or leave it out to have them searched for"
    )]
    BadBinDir(PathBuf),
    #[error(
        "the data in {dir} is of PostgreSQL {major}, and its programs were not found{seen}; install PostgreSQL \
         {major}, or name the folder of its programs with --pg-bin-dir"
    )]
    OtherMajor { dir: PathBuf, major: u32, seen: String },
    #[error("{dir} is held by another guatu (process {holder}); stop it first, or choose another --data-dir")]
    Held { dir: PathBuf, holder: String },
    #[error("{0} is not empty and was not made by guatu; it is left as it is. Choose another --data-dir")]
    Foreign(PathBuf),
    #[error("{0} was made by another version of guatu, which this one cannot read; use that version")]
    OtherFormat(PathBuf),
    #[error("{0} is no whole PostgreSQL cluster; restore it from a backup, or choose another --data-dir")]
    Damaged(PathBuf),
    #[error(
        "{dir} belongs to another user (uid {owner}, not {own}); run guatu as that user, or choose another --data-dir"
    )]
    NotOwner { dir: PathBuf, owner: u32, own: u32 },
    #[error(
        "the data in {dir} belongs to uid {owner}, not to {user}; leave --pg-user out, or name the user it belongs to"
    )]
    OtherServerUser { dir: PathBuf, owner: u32, user: String },
    #[error(
        "the user {user} cannot enter {dir}; choose a place below directories that every user may pass, such as \
         /var/lib/guatu"
    )]
    Unreachable { dir: PathBuf, user: String },
    #[error(
        "no user {0} on this machine for PostgreSQL to run as, which refuses to run as root; name one with --pg-user"
    )]
    NoUser(String),
    #[error("PostgreSQL refuses to run as root, which {0} is; name another user with --pg-user")]
    RootUser(String),
    #[error(
        "no directory for the socket: {dir} has too long a name, and no short private one could be made below {tried}"
    )]
    NoSocketDir { dir: PathBuf, tried: String },
    #[error("{what}: {source}")]
    Io { what: String, source: std::io::Error },
    #[error("{program} failed: {output}")]
    Program { program: &'static str, output: String },
    #[error("PostgreSQL did not start; the end of its log ({log}):\n{tail}")]
    NotReady { log: PathBuf, tail: String },
    #[error("PostgreSQL (process {0}) does not end; see what it does, then end it by hand")]
    DoesNotEnd(u32),
}

/// Says during what an operating-system error came.
pub(super) fn io(what: impl Into<String>) -> impl FnOnce(std::io::Error) -> LocalError {
    let what = what.into();
    move |source| LocalError::Io { what, source }
}
