//! What a former run left behind: a server that outlived its program, the processes of a server that was killed, the
//! file that names a process which is somebody else's by now.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, test_kill_process};

use super::error::io;
use super::user::ServerUser;
use super::{LocalError, server};

/// How long the processes of a killed server may take to notice, before they are told.
const TO_NOTICE: Duration = Duration::from_secs(5);
const STEP: Duration = Duration::from_millis(20);

/// Makes the way free for a new server. Called with the directory's lock held, so that whatever still runs here has no
/// program any more.
///
/// A server that goes on is ended rather than taken over: the next one then has this program's settings, and is its
/// child.
pub(super) fn clear(pgdata: &Path, socket_dir: &Path, user: &ServerUser) -> Result<(), LocalError> {
    let is_running = |pid: u32| is_server(pid, pgdata, user) == Some(true);
    if let Some(pid) = postmaster(pgdata).filter(|pid| is_running(*pid)) {
        tracing::info!(pid, "ending the PostgreSQL server of a former run");
        server::end_while(pid, || Ok(is_running(pid)))?;
    }
    clear_orphans(pgdata, user)?;
    // PostgreSQL does not start where one of its files names a living process of its own user, whatever that process
    // is: after a restart of the machine any, in a container one that died and was never waited for. The files are
    // removed only if it is known to be something else.
    if let Some(pid) = postmaster(pgdata).filter(|pid| lives(*pid)) {
        if is_server(pid, pgdata, user) != Some(false) {
            return Ok(());
        }
        tracing::info!(pid, "removing a stale postmaster.pid");
        fs::remove_file(pgdata.join("postmaster.pid")).map_err(io("removing a stale postmaster.pid"))?;
    }
    for left in [".s.PGSQL.5432.lock", ".s.PGSQL.5432"] {
        match fs::remove_file(socket_dir.join(left)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(io(format!("removing a stale {left}"))(error));
            }
            _ => {}
        }
    }
    Ok(())
}

/// The processes of a server that was killed end by themselves when they notice, and are told to if one does not. A
/// new server must not run beside them.
fn clear_orphans(pgdata: &Path, user: &ServerUser) -> Result<(), LocalError> {
    let begun = Instant::now();
    let mut told = false;
    loop {
        let orphans = at_work(pgdata, user);
        if orphans.is_empty() {
            return Ok(());
        }
        if begun.elapsed() > TO_NOTICE && !told {
            for pid in &orphans {
                server::signal(*pid, Signal::QUIT)?;
            }
            told = true;
        }
        if let (true, Some(pid)) = (begun.elapsed() > TO_NOTICE * 4, orphans.first()) {
            return Err(LocalError::DoesNotEnd(*pid));
        }
        std::thread::sleep(STEP);
    }
}

/// `postmaster.pid`, line by line: the process id first, whether it takes connections in the eighth.
pub(super) fn postmaster_file(pgdata: &Path) -> Vec<String> {
    fs::read_to_string(pgdata.join("postmaster.pid"))
        .map(|text| text.lines().map(|line| line.trim().to_owned()).collect())
        .unwrap_or_default()
}

/// The process that `postmaster.pid` names. (A server in single-user mode stands there with a minus.)
fn postmaster(pgdata: &Path) -> Option<u32> {
    postmaster_file(pgdata)
        .first()?
        .parse::<i32>()
        .ok()
        .map(i32::unsigned_abs)
}

fn lives(pid: u32) -> bool {
    i32::try_from(pid)
        .ok()
        .and_then(Pid::from_raw)
        .is_some_and(|pid| test_kill_process(pid).is_ok())
}

/// Whether a process is the server of this cluster: the server's user's, and either at work in the cluster's directory
/// or a `postgres` that was started with it. (In a container, root may not see where another user's process works.)
/// None where this cannot be known; a process id alone says nothing, it may have been given to somebody else since.
fn is_server(pid: u32, pgdata: &Path, user: &ServerUser) -> Option<bool> {
    let proc = PathBuf::from(format!("/proc/{pid}"));
    if !Path::new("/proc/self/cmdline").exists() {
        return is_server_by_ps(pid, pgdata);
    }
    if fs::metadata(&proc).map_or(true, |found| found.uid() != user.uid()) {
        return Some(false);
    }
    let arguments = arguments(pid)?;
    if !arguments
        .first()
        .is_some_and(|program| program.ends_with(b"/postgres"))
    {
        return Some(false);
    }
    let works_there = fs::read_link(proc.join("cwd")).is_ok_and(|cwd| cwd == pgdata);
    Some(
        works_there
            || arguments
                .iter()
                .any(|argument| argument == pgdata.as_os_str().as_encoded_bytes()),
    )
}

/// A process's command line; empty once it has ended.
fn arguments(pid: u32) -> Option<Vec<Vec<u8>>> {
    let line = fs::read(format!("/proc/{pid}/cmdline")).ok()?;
    Some(line.split(|byte| *byte == 0).map(<[u8]>::to_vec).collect())
}

/// The same where the machine has no /proc.
fn is_server_by_ps(pid: u32, pgdata: &Path) -> Option<bool> {
    let asked = Command::new("ps")
        .args(["-ww", "-o", "args=", "-p", &pid.to_string()])
        .stdin(Stdio::null())
        .output()
        .ok()?;
    let line = String::from_utf8(asked.stdout).ok()?;
    Some(line.contains("/postgres ") && line.contains(pgdata.to_str()?))
}

/// PostgreSQL's processes at work in the cluster, as far as this user may see them: not an administrator's shell that
/// happens to stand there.
fn at_work(pgdata: &Path, user: &ServerUser) -> Vec<u32> {
    let number = |entry: fs::DirEntry| entry.file_name().to_str()?.parse::<u32>().ok();
    let is_postgres = |pid: &u32| {
        // A server's children call themselves `postgres: checkpointer` and the like.
        let arguments = arguments(*pid).unwrap_or_default();
        let name = arguments.first().map(Vec::as_slice).unwrap_or_default();
        name.starts_with(b"postgres: ") || name.ends_with(b"/postgres")
    };
    fs::read_dir("/proc")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(number)
        .filter(|pid| fs::read_link(format!("/proc/{pid}/cwd")).is_ok_and(|cwd| cwd == pgdata))
        .filter(|pid| fs::metadata(format!("/proc/{pid}")).is_ok_and(|found| found.uid() == user.uid()))
        .filter(is_postgres)
        .collect()
}
