//! As whom the server runs: as this user, or as another where this one is root, as whom PostgreSQL refuses to run.

use std::fs;
use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

use rustix::process::geteuid;

use super::LocalError;
use super::error::io;

/// Where this program is run by root, the user that takes the server's side; else nobody but this user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ServerUser {
    other: Option<Other>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Other {
    name: String,
    uid: u32,
    gid: u32,
}

impl ServerUser {
    /// The user for a cluster. One that exists keeps its owner: PostgreSQL runs as nobody else, and a user `postgres`
    /// that came to the machine later must not lock the data of `nobody` away.
    pub fn find(wanted: Option<&str>, pgdata: &Path) -> Result<ServerUser, LocalError> {
        if !geteuid().is_root() {
            return Ok(ServerUser { other: None });
        }
        let named = match wanted {
            Some(name) => Some(lookup(name).ok_or_else(|| LocalError::NoUser(name.to_owned()))?),
            None => ["postgres", "nobody"].iter().find_map(|name| lookup(name)),
        };
        let other = match fs::metadata(pgdata) {
            Ok(found) => match named {
                Some(named) if named.uid == found.uid() => named,
                Some(named) if wanted.is_some() => {
                    let (dir, owner) = (pgdata.to_owned(), found.uid());
                    return Err(LocalError::OtherServerUser {
                        dir,
                        owner,
                        user: named.name,
                    });
                }
                _ => Other {
                    name: format!("with uid {}", found.uid()),
                    uid: found.uid(),
                    gid: found.gid(),
                },
            },
            Err(_) => named.ok_or_else(|| LocalError::NoUser("postgres or nobody".to_owned()))?,
        };
        if other.uid == 0 {
            return Err(LocalError::RootUser(other.name));
        }
        Ok(ServerUser { other: Some(other) })
    }

    pub fn uid(&self) -> u32 {
        self.other.as_ref().map_or_else(own_uid, |other| other.uid)
    }

    /// The mode of the directory that holds everything: closed, but for the server's user to pass through.
    pub fn outer_mode(&self) -> u32 {
        if self.other.is_some() { 0o711 } else { 0o700 }
    }

    /// Makes a directory the server's.
    pub fn give(&self, path: &Path) -> Result<(), LocalError> {
        match &self.other {
            Some(other) => chown(path, Some(other.uid), Some(other.gid))
                .map_err(io(format!("giving {} to its user", path.display()))),
            None => Ok(()),
        }
    }

    /// A program that runs as the server's user, without root's groups: std clears the supplementary groups when it
    /// changes the user (a test holds it to that), so neither `setpriv` nor unsafe code is called for.
    ///
    /// It has a process group of its own, for a Ctrl-C in the terminal is for this program, which then ends the server
    /// in order; and an environment of its own, for `PGDATA` and the like must not lead it astray.
    pub fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        if let Some(other) = &self.other {
            command.uid(other.uid).gid(other.gid);
        }
        command.process_group(0).current_dir("/").stdin(Stdio::null());
        command
            .env_clear()
            .env("LC_ALL", "C")
            .env("PATH", "/usr/local/bin:/usr/bin:/bin");
        command
    }

    /// Whether the server's user may pass every directory down to this one.
    pub fn must_enter(&self, dir: &Path) -> Result<(), LocalError> {
        let Some(other) = &self.other else { return Ok(()) };
        let tried = self
            .command(Path::new("/bin/sh"))
            .args(["-c", "cd -- \"$1\"", "sh"])
            .arg(dir)
            .stderr(Stdio::null())
            .status()
            .map_err(io("running /bin/sh"))?;
        if tried.success() {
            Ok(())
        } else {
            Err(LocalError::Unreachable {
                dir: dir.to_owned(),
                user: other.name.clone(),
            })
        }
    }
}

pub(super) fn own_uid() -> u32 {
    geteuid().as_raw()
}

/// Asks `id`, which knows the users of every directory service, not only those of /etc/passwd.
fn lookup(name: &str) -> Option<Other> {
    let ask = |what: &str| -> Option<u32> {
        let output = Command::new("id")
            .args([what, "--", name])
            .stdin(Stdio::null())
            .output()
            .ok()?;
        String::from_utf8(output.stdout).ok()?.trim().parse().ok()
    };
    Some(Other {
        name: name.to_owned(),
        uid: ask("-u")?,
        gid: ask("-g")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_of_the_servers_user_has_none_of_our_groups() {
        let user = ServerUser::find(None, Path::new("/nonexistent")).unwrap();
        let output = user
            .command(Path::new("/bin/sh"))
            .args(["-c", "id -u; id -G"])
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let lines: Vec<&str> = text.lines().map(str::trim).collect();
        assert_eq!(lines[0], user.uid().to_string());
        if let Some(other) = &user.other {
            assert_eq!(lines[1], other.gid.to_string());
        }
    }
}
