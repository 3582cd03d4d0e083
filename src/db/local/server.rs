//! The server itself: how it is made, started and ended.

use std::ffi::OsString;
use std::fs::{self, DirBuilder, File};
use std::io::{Read, Seek, SeekFrom};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use super::error::io;
use super::find::Programs;
use super::user::ServerUser;
use super::{ADMIN, Durability, LocalError, survivor};

/// How long the server may take until it answers; recovery after a crash counts.
const PATIENCE: Duration = Duration::from_secs(120);
/// How long a fast end may take before the server is ended at once, as in a crash that it recovers from.
const FAST_END: Duration = Duration::from_secs(60);
/// How long the processes of a killed server may stand in the way of the next one.
const MAKING_WAY: Duration = Duration::from_secs(20);
const STEP: Duration = Duration::from_millis(20);
/// The log is begun anew when it has grown to this; one older is kept.
const LOG_LIMIT: u64 = 10 * 1024 * 1024;

/// What a cluster is served from.
pub(super) struct Place {
    /// The directory that holds everything.
    pub dir: PathBuf,
    /// The cluster itself.
    pub pgdata: PathBuf,
    pub programs: Programs,
    pub user: ServerUser,
    pub durability: Durability,
}

/// Makes the cluster beside its place and moves it there when it is whole: an `initdb` that was killed leaves nothing
/// that could be taken for a cluster. Each try has a name of its own, for the one before may not have died with its
/// program.
pub(super) fn initialise(place: &Place) -> Result<(), LocalError> {
    sweep(&place.dir);
    let fresh = place
        .dir
        .join(format!("pgdata.new-{}", uuid::Uuid::new_v4().simple()));
    DirBuilder::new()
        .mode(0o700)
        .create(&fresh)
        .map_err(io(format!("making {}", fresh.display())))?;
    place.user.give(&fresh)?;
    let mut command = place.user.command(&place.programs.bin_dir.join("initdb"));
    command
        .arg("-D")
        .arg(&fresh)
        .args(["-U", ADMIN, "--data-checksums"]);
    command.args([
        "--locale=C.UTF-8",
        "--encoding=UTF8",
        "--auth-local=trust",
        "--auth-host=reject",
    ]);
    if place.durability == Durability::TestsOnly {
        command.arg("--no-sync");
    }
    let output = command.output().map_err(io(format!(
        "running {}",
        place.programs.bin_dir.join("initdb").display()
    )));
    let made = match output {
        Ok(output) if output.status.success() => {
            fs::rename(&fresh, &place.pgdata).map_err(io("moving the new cluster to its place"))
        }
        Ok(output) => {
            let output = String::from_utf8_lossy(&output.stderr).trim().to_owned();
            Err(LocalError::Program {
                program: "initdb",
                output,
            })
        }
        Err(error) => Err(error),
    };
    if made.is_err() {
        sweep(&place.dir);
        return made;
    }
    File::open(&place.dir)
        .and_then(|dir| dir.sync_all())
        .map_err(io("writing the data directory"))
}

/// Clears clusters that were never finished. One that is still being written to is left for the next time.
fn sweep(dir: &Path) {
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        if entry.file_name().to_string_lossy().starts_with("pgdata.new-") {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

/// Starts the server and waits until it answers.
pub(super) fn launch(place: &Place, socket_dir: &Path) -> Result<Child, LocalError> {
    let path = place.dir.join("postgresql.log");
    if fs::metadata(&path).is_ok_and(|found| found.len() > LOG_LIMIT) {
        fs::rename(&path, place.dir.join("postgresql.log.1")).map_err(io("turning the log over"))?;
    }
    let open = || File::options().create(true).append(true).mode(0o600).open(&path);
    let begun = Instant::now();
    loop {
        let log = open().map_err(io(format!("opening {}", path.display())))?;
        let from = log.metadata().map(|found| found.len()).unwrap_or_default();
        let mut command = server_command(place, socket_dir);
        let errors = log.try_clone().map_err(io("the log"))?;
        let mut child = command.stdout(log).stderr(errors).spawn().map_err(io(format!(
            "starting {}",
            place.programs.bin_dir.join("postgres").display()
        )))?;
        if await_ready(&mut child, &place.pgdata)? {
            return Ok(child);
        }
        end(&mut child)?;
        let said = tail(&path, from);
        if stands_in_the_way(&said) && begun.elapsed() < MAKING_WAY {
            std::thread::sleep(STEP * 10);
            continue;
        }
        let lines: Vec<&str> = said.lines().collect();
        let tail = lines
            .get(lines.len().saturating_sub(12)..)
            .unwrap_or_default()
            .join("\n");
        return Err(LocalError::NotReady { log: path, tail });
    }
}

/// The settings that must hold go on the command line, where neither `postgresql.conf` nor `ALTER SYSTEM` is above
/// them.
fn server_command(place: &Place, socket_dir: &Path) -> Command {
    let durable = if place.durability == Durability::Full {
        "on"
    } else {
        "off"
    };
    let mut command = place.user.command(&place.programs.bin_dir.join("postgres"));
    command.arg("-D").arg(&place.pgdata);
    let mut sockets = OsString::from("unix_socket_directories=");
    sockets.push(quoted(socket_dir));
    command.arg("-c").arg(sockets);
    for setting in ["listen_addresses=", "port=5432", "unix_socket_permissions=0700"] {
        command.arg("-c").arg(setting);
    }
    for setting in ["fsync", "full_page_writes", "synchronous_commit"] {
        command.arg("-c").arg(format!("{setting}={durable}"));
    }
    for setting in [
        "max_connections=100",
        "shared_buffers=256MB",
        "timezone=UTC",
        "log_timezone=UTC",
    ] {
        command.arg("-c").arg(setting);
    }
    // To the file that is our standard error, in words that `stands_in_the_way` knows.
    for setting in [
        "logging_collector=off",
        "log_destination=stderr",
        "log_checkpoints=off",
        "lc_messages=C",
    ] {
        command.arg("-c").arg(setting);
    }
    command
}

/// Whether this server takes connections now; not, if it ended instead or is not ready in time.
fn await_ready(child: &mut Child, pgdata: &Path) -> Result<bool, LocalError> {
    let begun = Instant::now();
    while begun.elapsed() < PATIENCE {
        if child.try_wait().map_err(io("asking after postgres"))?.is_some() {
            return Ok(false);
        }
        // The file of a server that was killed may say `ready` too.
        let file = survivor::postmaster_file(pgdata);
        let its_own = file.first().is_some_and(|pid| *pid == child.id().to_string());
        if its_own && file.get(7).is_some_and(|status| status == "ready") {
            return Ok(true);
        }
        std::thread::sleep(STEP);
    }
    Ok(false)
}

/// Whether the server ended because processes of a killed one have not ended yet.
fn stands_in_the_way(said: &str) -> bool {
    said.contains("pre-existing shared memory block")
        || said.contains("lock file \"postmaster.pid\" already exists")
}

/// What the log says from a place on, 64 KiB at most.
fn tail(log: &Path, from: u64) -> String {
    let read = || -> std::io::Result<Vec<u8>> {
        let mut file = File::open(log)?;
        let end = file.metadata()?.len();
        file.seek(SeekFrom::Start(from.max(end.saturating_sub(64 * 1024))))?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    String::from_utf8_lossy(&read().unwrap_or_default()).into_owned()
}

/// Asks a server for a fast end: connections are cut, what was committed is on disk.
pub(super) fn ask_to_end(child: &Child) -> Result<(), LocalError> {
    signal(child.id(), Signal::INT)
}

/// Ends a server and waits for it. One that already ended is no error.
pub(super) fn end(child: &mut Child) -> Result<(), LocalError> {
    let pid = child.id();
    end_while(pid, || {
        Ok(child
            .try_wait()
            .map_err(io("waiting for PostgreSQL to end"))?
            .is_none())
    })
}

/// Ends a process as long as it is the server: fast, and at once if that takes too long.
pub(super) fn end_while(
    pid: u32,
    mut runs: impl FnMut() -> Result<bool, LocalError>,
) -> Result<(), LocalError> {
    for asked in [Signal::INT, Signal::QUIT] {
        let begun = Instant::now();
        let mut told = false;
        while begun.elapsed() < FAST_END {
            if !runs()? {
                return Ok(());
            }
            if !told {
                signal(pid, asked)?;
                told = true;
            }
            std::thread::sleep(STEP);
        }
    }
    Err(LocalError::DoesNotEnd(pid))
}

/// A process that is gone needs no signal.
pub(super) fn signal(pid: u32, what: Signal) -> Result<(), LocalError> {
    let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) else {
        return Ok(());
    };
    match kill_process(pid, what) {
        Err(rustix::io::Errno::SRCH) | Ok(()) => Ok(()),
        Err(error) => Err(io("ending PostgreSQL")(error.into())),
    }
}

/// A path as an element of a list setting: between quotation marks, or a comma or a blank in it would part it.
fn quoted(path: &Path) -> OsString {
    let mut bytes = vec![b'"'];
    for byte in path.as_os_str().as_bytes() {
        bytes.extend(std::iter::repeat_n(*byte, if *byte == b'"' { 2 } else { 1 }));
    }
    bytes.push(b'"');
    OsString::from_vec(bytes)
}
