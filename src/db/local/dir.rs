//! The directory that holds everything: whose it is, that we made it, and who holds it now.
//!
//! It belongs to the user of this program, also where that is root; what the server writes to lies below, in `pgdata`
//! and `socket`, which are the server's. So root never opens a file by a name that another user could have planted.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{Read, Seek, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::LocalError;
use super::error::io;
use super::user::{ServerUser, own_uid};

/// The file that makes a directory ours, and what it says.
const MARKER: &str = "guatu-private-postgresql";
const MARKER_TEXT: &str = "This directory was made by guatu and holds its private PostgreSQL.\nformat 1\n";
const LOCK: &str = "guatu.lock";

/// Makes the directory, or makes sure that it is ours, and gives back its real path. What is not ours is not touched.
pub(super) fn prepare(dir: &Path, user: &ServerUser) -> Result<PathBuf, LocalError> {
    let there = dir
        .ancestors()
        .find(|ancestor| ancestor.exists())
        .unwrap_or(Path::new("/"));
    if there != dir {
        user.must_enter(there)?;
        fs::create_dir_all(dir).map_err(io(format!("making {}", dir.display())))?;
    }
    let dir = fs::canonicalize(dir).map_err(io(format!("entering {}", dir.display())))?;
    let owner = fs::metadata(&dir)
        .map_err(io(format!("reading {}", dir.display())))?
        .uid();
    let not_owner = || LocalError::NotOwner {
        dir: dir.clone(),
        owner,
        own: own_uid(),
    };
    let entries = match fs::read_dir(&dir) {
        Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => return Err(not_owner()),
        other => other.map_err(io(format!("reading {}", dir.display())))?,
    };
    let mut marked = false;
    let mut foreign = false;
    for entry in entries {
        let name = entry
            .map_err(io(format!("reading {}", dir.display())))?
            .file_name();
        marked |= name == MARKER;
        // A file system of its own comes with this.
        foreign |= name != MARKER && name != "lost+found";
    }
    if !marked && foreign {
        return Err(LocalError::Foreign(dir));
    }
    if owner != own_uid() {
        return Err(not_owner());
    }
    let marker = dir.join(MARKER);
    // A marker without text was cut short by a crash, before anything else was made.
    let text = if marked {
        fs::read_to_string(&marker).map_err(io("reading the marker"))?
    } else {
        String::new()
    };
    if !text.is_empty() && text != MARKER_TEXT {
        return Err(LocalError::OtherFormat(dir));
    }
    fs::set_permissions(&dir, Permissions::from_mode(user.outer_mode()))
        .map_err(io("the data directory's permissions"))?;
    user.must_enter(&dir)?;
    if text.is_empty() {
        // On disk before anything else is: data without its marker would be taken for somebody else's.
        fs::write(&marker, MARKER_TEXT)
            .and_then(|()| File::open(&marker)?.sync_all())
            .and_then(|()| File::open(&dir)?.sync_all())
            .map_err(io(format!("writing {}", marker.display())))?;
    }
    Ok(dir)
}

/// The directory's lock, held while this lives. It is the operating system's, so it is gone with its holder however he
/// ended; the process id in the file only tells others who he is. The file stays, for a lock on a file that was removed
/// keeps nobody out.
#[derive(Debug)]
pub(super) struct Lock(File);

impl Lock {
    /// Takes the lock, or says who has it.
    pub fn take(dir: &Path) -> Result<Lock, LocalError> {
        let path = dir.join(LOCK);
        let mut file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .mode(0o600)
            .open(&path)
            .map_err(io(format!("opening {}", path.display())))?;
        match file.try_lock() {
            Ok(()) => {
                file.set_len(0)
                    .and_then(|()| writeln!(file, "{}", std::process::id()))
                    .map_err(io("writing the lock"))?;
                Ok(Lock(file))
            }
            Err(fs::TryLockError::WouldBlock) => Err(LocalError::Held {
                dir: dir.to_owned(),
                holder: holder(&mut file)?,
            }),
            Err(fs::TryLockError::Error(error)) => Err(io("locking the data directory")(error)),
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Nobody holds it from here on. If this fails, the lock is still given back with the file.
        let _ = self.0.set_len(0);
    }
}

/// Who holds the lock. He writes himself down a moment after he took it.
fn holder(file: &mut File) -> Result<String, LocalError> {
    for _ in 0..20 {
        let mut text = String::new();
        file.rewind()
            .and_then(|()| file.read_to_string(&mut text))
            .map_err(io("reading the lock"))?;
        if !text.trim().is_empty() {
            return Ok(text.trim().to_owned());
        }
        std::thread::sleep(Duration::from_millis(25));
    }
    Ok("unknown".to_owned())
}
