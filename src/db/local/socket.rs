//! Where the server's unix socket is: in a directory that only the server's user may enter (and root, always).

use std::fs::{self, DirBuilder, Permissions};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use percent_encoding::{NON_ALPHANUMERIC, percent_encode};
use rand::RngExt;

use super::LocalError;
use super::error::io;
use super::user::{ServerUser, own_uid};

/// A unix socket's path may have 107 bytes (103 on macOS); `/.s.PGSQL.5432` takes 14 of them.
const LONGEST: usize = 103 - 14;
/// Says where the short directory is, where there is one.
const POINTER: &str = "socket-directory";

/// Finds or makes the directory: below the data directory, or a short one elsewhere where that would be too long.
pub(super) fn directory(dir: &Path, user: &ServerUser) -> Result<PathBuf, LocalError> {
    let place = dir.join("socket");
    if place.as_os_str().len() > LONGEST {
        return short_directory(dir, user);
    }
    match DirBuilder::new().mode(0o700).create(&place) {
        Ok(()) => user.give(&place)?,
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            // A directory that was made, but not yet given away when its maker died.
            user.give(&place)?;
            fs::set_permissions(&place, Permissions::from_mode(0o700))
                .map_err(io("the socket directory's permissions"))?;
        }
        Err(error) => return Err(io(format!("making {}", place.display()))(error)),
    }
    Ok(place)
}

/// The short directory of a former run, or a new one with a name that nobody can guess and take beforehand.
fn short_directory(dir: &Path, user: &ServerUser) -> Result<PathBuf, LocalError> {
    let pointer = dir.join(POINTER);
    if let Ok(text) = fs::read_to_string(&pointer) {
        let former = PathBuf::from(text.trim_end());
        if is_private(&former, user) {
            return Ok(former);
        }
    }
    let bases: Vec<PathBuf> = [std::env::var_os("XDG_RUNTIME_DIR"), std::env::var_os("TMPDIR")]
        .into_iter()
        .flatten()
        .map(PathBuf::from)
        .chain(["/run", "/tmp"].map(PathBuf::from))
        .filter(|base| base.is_absolute())
        .collect();
    for base in &bases {
        let place = base.join(format!("guatu-{:016x}", rand::rng().random::<u64>()));
        if place.as_os_str().len() > LONGEST || place.to_str().is_none() {
            continue;
        }
        // Fails where anything of this name exists, a link included.
        if DirBuilder::new().mode(0o700).create(&place).is_err() {
            continue;
        }
        if user.give(&place).is_ok() && user.must_enter(&place).is_ok() && is_private(&place, user) {
            fs::write(&pointer, place.as_os_str().as_bytes()).map_err(io("noting the socket directory"))?;
            return Ok(place);
        }
        let _ = fs::remove_dir(&place);
    }
    let tried: Vec<String> = bases.iter().map(|base| base.display().to_string()).collect();
    Err(LocalError::NoSocketDir {
        dir: dir.to_owned(),
        tried: tried.join(", "),
    })
}

/// Removes a short directory when its server has ended; one below the data directory stays.
pub(super) fn tidy(dir: &Path, socket_dir: &Path) {
    if !socket_dir.starts_with(dir) && fs::remove_dir(socket_dir).is_ok() {
        let _ = fs::remove_file(dir.join(POINTER));
    }
}

/// Whether this is a real directory, the server's, closed to everybody else, in a place where nobody else can put
/// another one under its name.
fn is_private(place: &Path, user: &ServerUser) -> bool {
    let Ok(found) = fs::symlink_metadata(place) else {
        return false;
    };
    let Some(Ok(parent)) = place.parent().map(fs::metadata) else {
        return false;
    };
    let open_to_others = parent.mode() & 0o022 != 0;
    let sticky = parent.mode() & 0o1000 != 0;
    found.is_dir()
        && found.uid() == user.uid()
        && found.mode() & 0o777 == 0o700
        && (parent.uid() == 0 || parent.uid() == own_uid())
        && (!open_to_others || sticky)
}

/// `postgres://role@<socket directory>/database`, each percent-encoded.
pub(super) fn url(socket_dir: &Path, role: &str, database: &str) -> String {
    let host = percent_encode(socket_dir.as_os_str().as_bytes(), NON_ALPHANUMERIC);
    let role = percent_encode(role.as_bytes(), NON_ALPHANUMERIC);
    let database = percent_encode(database.as_bytes(), NON_ALPHANUMERIC);
    format!("postgres://{role}@{host}/{database}")
}
