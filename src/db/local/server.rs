//! The server itself: as whom it runs, how it is made, started, found again and ended.

use std::fs::{self, DirBuilder, File, Permissions};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, geteuid, kill_process, test_kill_process};

use super::find::Programs;
use super::{ADMIN, Durability, LocalError, io};

/// A unix socket's path may have 107 bytes; PostgreSQL's own name takes 14 of them.
const LONGEST_SOCKET_DIR: usize = 90;
/// How long the server may take until it answers; recovery after a crash counts.
const PATIENCE: Duration = Duration::from_secs(120);
/// The log is begun anew when it has grown to this.
const LOG_LIMIT: u64 = 10 * 1024 * 1024;

/// As whom the server runs: this user, or another where this one is root, as whom PostgreSQL refuses to run.
#[derive(Debug, Clone)]
pub struct RunAs {
    other: Option<(String, u32, u32)>,
}

impl RunAs {
    pub fn find(wanted: Option<&str>) -> Result<RunAs, LocalError> {
        if !geteuid().is_root() {
            return Ok(RunAs { other: None });
        }
        let candidates = wanted.map_or_else(|| vec!["postgres", "nobody"], |name| vec![name]);
        let users = fs::read_to_string("/etc/passwd").map_err(io("reading the list of users"))?;
        for name in &candidates {
            for line in users.lines() {
                let parts: Vec<&str> = line.split(':').collect();
                if let [user, _, uid, gid, ..] = parts.as_slice() {
                    if let (true, Ok(uid), Ok(gid)) = (user == name, uid.parse(), gid.parse()) {
                        if uid != 0 {
                            return Ok(RunAs {
                                other: Some(((*name).to_owned(), uid, gid)),
                            });
                        }
                    }
                }
            }
        }
        Err(LocalError::NoUser(candidates.join(", ")))
    }

    pub fn own_uid(&self) -> u32 {
        geteuid().as_raw()
    }

    pub fn uid(&self) -> u32 {
        self.other
            .as_ref()
            .map_or_else(|| self.own_uid(), |(_, uid, _)| *uid)
    }

    /// Makes a directory the server's.
    pub fn give(&self, path: &Path) -> Result<(), LocalError> {
        match &self.other {
            Some((_, uid, gid)) => chown(path, Some(*uid), Some(*gid))
                .map_err(io(format!("giving {} to its user", path.display()))),
            None => Ok(()),
        }
    }

    /// A program that runs as the server's user, apart from this terminal, without root's groups: setting the user
    /// from root drops them (std calls setgroups before it changes the user).
    fn command(&self, program: PathBuf) -> Command {
        let mut command = Command::new(program);
        if let Some((_, uid, gid)) = &self.other {
            command.uid(*uid).gid(*gid);
        }
        // A Ctrl-C in the terminal is for this program, which then ends the server in order.
        command
            .process_group(0)
            .env_clear()
            .env("LC_ALL", "C")
            .env("PATH", "/usr/bin:/bin")
            .current_dir("/");
        command.stdin(Stdio::null());
        command
    }

    /// Whether the server's user may pass every directory down to this one.
    pub fn can_enter(&self, dir: &Path) -> Result<(), LocalError> {
        let Some((user, _, _)) = &self.other else {
            return Ok(());
        };
        let status = self
            .command(PathBuf::from("/bin/ls"))
            .arg("-d")
            .arg(dir.join("."))
            .output()
            .map_err(io("ls"))?;
        if status.status.success() {
            Ok(())
        } else {
            Err(LocalError::Unreachable {
                dir: dir.to_owned(),
                user: user.clone(),
            })
        }
    }
}

/// `postgres://role@<socket directory>/database`, the directory percent-encoded.
pub fn connect_url(socket_dir: &Path, role: &str, database: &str) -> String {
    let host = percent_encoding::utf8_percent_encode(
        &socket_dir.to_string_lossy(),
        percent_encoding::NON_ALPHANUMERIC,
    )
    .to_string();
    format!("postgres://{role}@{host}/{database}")
}

/// Makes the cluster beside its place and moves it there when it is whole: an initdb that was killed leaves nothing.
pub fn initialise(programs: &Programs, dir: &Path, pgdata: &Path, run_as: &RunAs) -> Result<(), LocalError> {
    let fresh = dir.join("pgdata.new");
    if fresh.exists() {
        fs::remove_dir_all(&fresh).map_err(io("clearing an unfinished cluster"))?;
    }
    let output = run_as
        .command(programs.bin_dir.join("initdb"))
        .arg("-D")
        .arg(&fresh)
        .args([
            "-U",
            ADMIN,
            "-k",
            "--locale=C.UTF-8",
            "--encoding=UTF8",
            "--auth-local=trust",
            "--auth-host=reject",
        ])
        .output()
        .map_err(io("running initdb"))?;
    if !output.status.success() {
        let output = String::from_utf8_lossy(&output.stderr).into_owned();
        return Err(LocalError::Program {
            program: "initdb",
            output,
        });
    }
    fs::rename(&fresh, pgdata).map_err(io("moving the new cluster to its place"))?;
    File::open(dir)
        .and_then(|dir| dir.sync_all())
        .map_err(io("writing the data directory"))
}

/// Where the socket goes: below the data directory, or in a short place of its own where that is too long. Only the
/// server's user may enter it.
pub fn socket_dir(dir: &Path, run_as: &RunAs) -> Result<PathBuf, LocalError> {
    let mut place = dir.join("socket");
    if place.as_os_str().len() > LONGEST_SOCKET_DIR {
        use sha2::{Digest, Sha256};
        let digest = crate::db::log::hex(&Sha256::digest(dir.as_os_str().as_encoded_bytes())[..8]);
        place = std::env::temp_dir().join(format!("guatu-{digest}"));
    }
    match DirBuilder::new().mode(0o700).create(&place) {
        Ok(()) => run_as.give(&place)?,
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
        Err(error) => return Err(io(format!("making {}", place.display()))(error)),
    }
    // Somebody else may have made a directory of this name: it must be a real one, and ours alone.
    let found = fs::symlink_metadata(&place).map_err(io(format!("reading {}", place.display())))?;
    if !found.is_dir() || found.uid() != run_as.uid() {
        return Err(LocalError::Unsafe(place));
    }
    if found.permissions().mode() & 0o777 != 0o700 {
        fs::set_permissions(&place, Permissions::from_mode(0o700))
            .map_err(io("the socket directory's permissions"))?;
    }
    Ok(place)
}

/// Starts the server and waits until it answers.
pub fn launch(
    programs: &Programs,
    dir: &Path,
    pgdata: &Path,
    socket_dir: &Path,
    run_as: &RunAs,
    durability: Durability,
) -> Result<Child, LocalError> {
    let log = dir.join("postgresql.log");
    if fs::metadata(&log).is_ok_and(|found| found.len() > LOG_LIMIT) {
        fs::rename(&log, dir.join("postgresql.log.1")).map_err(io("turning the log over"))?;
    }
    let file = File::options()
        .create(true)
        .append(true)
        .open(&log)
        .map_err(io(format!("opening {}", log.display())))?;
    let mut settings = vec![
        "listen_addresses=".to_owned(),
        format!("unix_socket_directories={}", socket_dir.display()),
        "unix_socket_permissions=0700".to_owned(),
        "max_connections=100".to_owned(),
        "shared_buffers=256MB".to_owned(),
        "timezone=UTC".to_owned(),
        "log_timezone=UTC".to_owned(),
    ];
    match durability {
        Durability::Full => {
            settings.extend(["fsync=on", "full_page_writes=on", "synchronous_commit=on"].map(Into::into))
        }
        Durability::TestsOnly => {
            settings.extend(["fsync=off", "full_page_writes=off", "synchronous_commit=off"].map(Into::into));
        }
    }
    let mut command = run_as.command(programs.bin_dir.join("postgres"));
    command.arg("-D").arg(pgdata);
    for setting in settings {
        command.arg("-c").arg(setting);
    }
    let errors = file.try_clone().map_err(io("the log"))?;
    let mut child = command
        .stdout(file)
        .stderr(errors)
        .spawn()
        .map_err(io("starting postgres"))?;
    let begun = Instant::now();
    while begun.elapsed() < PATIENCE {
        if child.try_wait().map_err(io("asking after postgres"))?.is_some() {
            break;
        }
        if ready(pgdata, child.id()) {
            return Ok(child);
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    let _ = interrupt(child.id());
    let text = fs::read_to_string(&log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    let tail = lines[lines.len().saturating_sub(12)..].join("\n");
    Err(LocalError::NotReady { log, tail })
}

/// `postmaster.pid`, line by line: the process id first, whether it takes connections in the eighth.
fn postmaster_file(pgdata: &Path) -> Vec<String> {
    fs::read_to_string(pgdata.join("postmaster.pid"))
        .map(|text| text.lines().map(|line| line.trim().to_owned()).collect())
        .unwrap_or_default()
}

/// Whether the server of this process id takes connections: the file of a dead one may still say so.
fn ready(pgdata: &Path, pid: u32) -> bool {
    let file = postmaster_file(pgdata);
    file.first().is_some_and(|first| *first == pid.to_string())
        && file.get(7).is_some_and(|status| status == "ready")
}

/// Ends a server of this cluster that outlived its program. The process is taken for it only if it is a `postgres`
/// that works in this very directory: a pid may have been given to somebody else since.
pub fn end_survivor(pgdata: &Path) -> Result<(), LocalError> {
    let Some(pid) = postmaster_file(pgdata)
        .first()
        .and_then(|line| line.parse::<i32>().ok())
        .and_then(Pid::from_raw)
    else {
        return Ok(());
    };
    if test_kill_process(pid).is_err() || !works_in(pid, pgdata) {
        return Ok(());
    }
    kill_process(pid, Signal::INT).map_err(|error| io("ending the server of a former run")(error.into()))?;
    let begun = Instant::now();
    while begun.elapsed() < PATIENCE {
        if test_kill_process(pid).is_err() || !works_in(pid, pgdata) {
            return Ok(());
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    let output = format!("process {} does not end", pid.as_raw_nonzero());
    Err(LocalError::Program {
        program: "postgres",
        output,
    })
}

/// Whether a process works in the cluster's directory: the server changes into its data directory. Where the
/// machine has no /proc, the pid file alone must do.
fn works_in(pid: Pid, pgdata: &Path) -> bool {
    let proc = PathBuf::from(format!("/proc/{}", pid.as_raw_nonzero()));
    if !Path::new("/proc/self").exists() {
        return true;
    }
    match (fs::read_link(proc.join("cwd")), fs::canonicalize(pgdata)) {
        (Ok(cwd), Ok(pgdata)) => cwd == pgdata,
        _ => false,
    }
}

/// Asks the server for a fast end.
pub fn interrupt(pid: u32) -> Result<(), LocalError> {
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw);
    match pid {
        Some(pid) => kill_process(pid, Signal::INT).map_err(|error| io("ending PostgreSQL")(error.into())),
        None => Ok(()),
    }
}
