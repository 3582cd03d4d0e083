//! The private PostgreSQL, with real servers and real `kill -9`.
//!
//! Where a test needs a program that dies, it starts this binary once more and tells it by the environment to hold a
//! cluster (`holds_a_cluster_when_told_to`).

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use guatu::db::local::{Durability, LocalCluster, LocalError, LocalOptions};
use rustix::process::{Pid, Signal, geteuid, getpgid, kill_process, test_kill_process};
use tempfile::TempDir;

const HOLD: &str = "GUATU_TEST_HOLD";

/// A directory that the server's user may pass, as /var/lib is.
fn scratch() -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    fs::set_permissions(dir.path(), PermissionsExt::from_mode(0o755)).unwrap();
    dir
}

fn options(data_dir: impl Into<PathBuf>) -> LocalOptions {
    LocalOptions {
        data_dir: data_dir.into(),
        bin_dir: None,
        run_as: None,
        durability: Durability::TestsOnly,
    }
}

fn durable(data_dir: impl Into<PathBuf>) -> LocalOptions {
    LocalOptions {
        durability: Durability::Full,
        ..options(data_dir)
    }
}

async fn connect(url: &str) -> Result<tokio_postgres::Client, tokio_postgres::Error> {
    let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}

async fn admin(cluster: &LocalCluster) -> tokio_postgres::Client {
    connect(&cluster.admin_url("postgres")).await.unwrap()
}

async fn ask(client: &tokio_postgres::Client, question: &str) -> String {
    let rows = client.simple_query(question).await.unwrap();
    let row = rows.iter().find_map(|message| match message {
        tokio_postgres::SimpleQueryMessage::Row(row) => Some(row),
        _ => None,
    });
    row.unwrap().get(0).unwrap_or_default().to_owned()
}

async fn write_down(cluster: &LocalCluster) {
    admin(cluster)
        .await
        .batch_execute("CREATE TABLE kept AS SELECT 'safe' AS word")
        .await
        .unwrap();
}

async fn read_back(cluster: &LocalCluster) -> String {
    ask(&admin(cluster).await, "SELECT word FROM kept").await
}

fn pid(number: u32) -> Pid {
    Pid::from_raw(number.try_into().unwrap()).unwrap()
}

fn kill_9(number: u32) {
    kill_process(pid(number), Signal::KILL).unwrap();
}

fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(
            begun.elapsed() < Duration::from_secs(30),
            "waited in vain until {what}"
        );
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Another program that holds a cluster. Killed with this value.
struct Program(Child);

impl Program {
    fn spawn(dir: &Path) -> Program {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args([
            "--exact",
            "local_cluster::holds_a_cluster_when_told_to",
            "--nocapture",
        ]);
        Program(command.env(HOLD, dir).stdout(Stdio::piped()).spawn().unwrap())
    }

    /// The process id of its server, once that is ready.
    fn server(&mut self) -> u32 {
        let lines = BufReader::new(self.0.stdout.take().unwrap()).lines();
        let said = lines
            .map_while(Result::ok)
            .find_map(|line| line.split("holding ").nth(1).map(str::to_owned));
        said.unwrap().trim().parse().unwrap()
    }

    fn kill_9(mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test]
async fn holds_a_cluster_when_told_to() {
    let Some(dir) = std::env::var_os(HOLD) else { return };
    let cluster = LocalCluster::start(durable(dir)).await.unwrap();
    write_down(&cluster).await;
    println!("holding {}", cluster.server_pid());
    std::future::pending::<()>().await;
}

#[tokio::test]
async fn a_cluster_is_made_where_there_is_none_and_found_again_with_its_data() {
    let scratch = scratch();
    let dir = scratch.path().join("new/data");
    let cluster = LocalCluster::start(options(&dir)).await.unwrap();
    write_down(&cluster).await;
    let (socket, server) = (cluster.socket_dir().join(".s.PGSQL.5432"), cluster.server_pid());
    assert!(socket.exists());
    cluster.stop().await.unwrap();
    assert!(!socket.exists());
    assert!(test_kill_process(pid(server)).is_err(), "the server has ended");

    let cluster = LocalCluster::start(options(&dir)).await.unwrap();
    assert_eq!(read_back(&cluster).await, "safe");
    cluster.stop().await.unwrap();
}

#[tokio::test]
async fn a_second_program_is_refused_and_told_who_holds_the_directory() {
    let scratch = scratch();
    let mut first = Program::spawn(scratch.path());
    let server = first.server();
    let refused = LocalCluster::start(options(scratch.path())).await.unwrap_err();
    let LocalError::Held { holder, .. } = &refused else {
        panic!("{refused}")
    };
    assert_eq!(*holder, first.0.id().to_string());
    assert!(
        refused.to_string().contains(&format!("(process {holder})")),
        "{refused}"
    );
    assert!(
        test_kill_process(pid(server)).is_ok(),
        "the holder's server is left alone"
    );
    first.kill_9();
    LocalCluster::start(options(scratch.path()))
        .await
        .unwrap()
        .stop()
        .await
        .unwrap();
}

#[tokio::test]
async fn a_cluster_that_was_not_made_here_is_refused_and_left_untouched() {
    let scratch = scratch();
    fs::create_dir(scratch.path().join("base")).unwrap();
    fs::write(scratch.path().join("PG_VERSION"), "15\n").unwrap();
    let state = || {
        let found = fs::metadata(scratch.path()).unwrap();
        let mut names: Vec<_> = fs::read_dir(scratch.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        names.sort();
        (found.mode(), found.uid(), found.mtime_nsec(), names)
    };
    let before = state();
    let refused = LocalCluster::start(options(scratch.path())).await.unwrap_err();
    assert!(matches!(refused, LocalError::Foreign(_)), "{refused}");
    assert_eq!(state(), before);
}

#[tokio::test]
async fn what_was_committed_survives_the_kill_9_of_the_server() {
    let scratch = scratch();
    let cluster = LocalCluster::start(durable(scratch.path())).await.unwrap();
    write_down(&cluster).await;
    kill_9(cluster.server_pid());
    cluster.stop().await.unwrap();
    assert!(
        scratch.path().join("pgdata/postmaster.pid").exists(),
        "the killed server left its file"
    );

    let cluster = LocalCluster::start(durable(scratch.path())).await.unwrap();
    assert_eq!(read_back(&cluster).await, "safe");
    cluster.stop().await.unwrap();
}

#[tokio::test]
async fn a_server_that_outlives_the_kill_9_of_its_program_is_ended_and_replaced() {
    let scratch = scratch();
    let mut program = Program::spawn(scratch.path());
    let former = program.server();
    program.kill_9();
    assert!(
        test_kill_process(pid(former)).is_ok(),
        "the server goes on without its program"
    );

    let cluster = LocalCluster::start(durable(scratch.path())).await.unwrap();
    assert_ne!(cluster.server_pid(), former);
    assert_eq!(read_back(&cluster).await, "safe");
    let log = fs::read_to_string(scratch.path().join("postgresql.log")).unwrap();
    assert!(log.contains("received fast shutdown request"), "{log}");
    cluster.stop().await.unwrap();
}

#[tokio::test]
async fn the_kill_9_of_program_and_server_both_is_recovered_from() {
    let scratch = scratch();
    let mut program = Program::spawn(scratch.path());
    let server = program.server();
    program.kill_9();
    kill_9(server);
    let cluster = LocalCluster::start(durable(scratch.path())).await.unwrap();
    assert_eq!(read_back(&cluster).await, "safe");
    cluster.stop().await.unwrap();
}

#[tokio::test]
async fn a_stale_process_id_that_is_somebody_elses_by_now_keeps_nobody_out() {
    let scratch = scratch();
    let cluster = LocalCluster::start(durable(scratch.path())).await.unwrap();
    write_down(&cluster).await;
    let (file, pgdata) = (cluster.pgdata().join("postmaster.pid"), cluster.pgdata());
    let socket = cluster.socket_dir().to_owned();
    kill_9(cluster.server_pid());
    cluster.stop().await.unwrap();
    // The server's own user runs something else under the number that stands in its files.
    let mut other = Command::new("sleep");
    if geteuid().is_root() {
        other.uid(fs::metadata(pgdata).unwrap().uid());
    }
    let mut other = other.arg("600").spawn().unwrap();
    for file in [&file, &socket.join(".s.PGSQL.5432.lock")] {
        let text = fs::read_to_string(file).unwrap();
        let rest = text.split_once('\n').unwrap().1;
        fs::write(file, format!("{}\n{rest}", other.id())).unwrap();
    }

    let cluster = LocalCluster::start(durable(scratch.path())).await;
    assert!(
        other.try_wait().unwrap().is_none(),
        "the other process is left alone"
    );
    other.kill().unwrap();
    other.wait().unwrap();
    let cluster = cluster.unwrap();
    assert_eq!(read_back(&cluster).await, "safe");
    cluster.stop().await.unwrap();
}

#[tokio::test]
async fn a_program_killed_while_it_makes_the_cluster_leaves_nothing_half_done() {
    let scratch = scratch();
    let data = scratch.path().join("data");
    let program = Program::spawn(&data);
    let unfinished = || {
        let names = fs::read_dir(&data)
            .into_iter()
            .flatten()
            .flatten()
            .map(|entry| entry.path());
        names
            .filter(|path| path.to_string_lossy().contains("pgdata.new-"))
            .collect::<Vec<_>>()
    };
    wait_until("initdb is at work", || {
        unfinished().iter().any(|path| path.join("base").exists())
    });
    program.kill_9();
    assert!(!data.join("pgdata").exists());

    let cluster = LocalCluster::start(options(&data)).await.unwrap();
    assert_eq!(ask(&admin(&cluster).await, "SELECT 'whole'").await, "whole");
    cluster.stop().await.unwrap();
}

#[tokio::test]
async fn only_the_servers_user_may_enter_the_socket_and_no_port_is_open() {
    let scratch = scratch();
    let cluster = LocalCluster::start(options(scratch.path())).await.unwrap();
    let socket = fs::metadata(cluster.socket_dir()).unwrap();
    let data = fs::metadata(cluster.pgdata()).unwrap();
    assert_eq!(socket.mode() & 0o777, 0o700);
    assert_eq!(data.mode() & 0o777, 0o700);
    assert_eq!(socket.uid(), data.uid());
    assert_eq!(fs::metadata(scratch.path()).unwrap().uid(), geteuid().as_raw());
    if geteuid().is_root() {
        assert_ne!(data.uid(), 0, "PostgreSQL runs as another user than root");
    }
    let client = admin(&cluster).await;
    assert_eq!(ask(&client, "SHOW listen_addresses").await, "");
    // Not even by ALTER SYSTEM.
    client
        .batch_execute("ALTER SYSTEM SET listen_addresses = '127.0.0.1'")
        .await
        .unwrap();
    cluster.stop().await.unwrap();
    let cluster = LocalCluster::start(options(scratch.path())).await.unwrap();
    assert_eq!(ask(&admin(&cluster).await, "SHOW listen_addresses").await, "");
    cluster.stop().await.unwrap();
}

#[tokio::test]
async fn checksums_and_fsync_are_on_and_text_is_utf_8() {
    let scratch = scratch();
    let cluster = LocalCluster::start(durable(scratch.path())).await.unwrap();
    let client = admin(&cluster).await;
    for (setting, value) in [
        ("data_checksums", "on"),
        ("fsync", "on"),
        ("full_page_writes", "on"),
        ("synchronous_commit", "on"),
        ("server_encoding", "UTF8"),
        ("TimeZone", "UTC"),
    ] {
        assert_eq!(ask(&client, &format!("SHOW {setting}")).await, value, "{setting}");
    }
    assert_eq!(ask(&client, "SELECT current_user").await, "guatu_admin");
    assert_eq!(
        ask(
            &client,
            "SELECT datcollate FROM pg_database WHERE datname = 'template1'"
        )
        .await,
        "C.UTF-8"
    );
    cluster.stop().await.unwrap();
}

#[tokio::test]
async fn a_path_too_long_for_a_socket_gets_a_short_private_one_that_goes_with_the_server() {
    let scratch = scratch();
    let dir = scratch.path().join("long".repeat(30));
    let mut program = Program::spawn(&dir);
    program.server();
    program.kill_9();
    let cluster = LocalCluster::start(options(&dir)).await.unwrap();
    let socket_dir = cluster.socket_dir().to_owned();
    let noted = fs::read_to_string(dir.join("socket-directory")).unwrap();
    assert_eq!(
        noted,
        socket_dir.to_str().unwrap(),
        "the killed program's is used again"
    );
    let found = fs::symlink_metadata(&socket_dir).unwrap();
    assert_eq!(found.mode() & 0o777, 0o700);
    assert_eq!(found.uid(), fs::metadata(cluster.pgdata()).unwrap().uid());
    assert_eq!(read_back(&cluster).await, "safe");
    cluster.stop().await.unwrap();
    assert!(!socket_dir.exists());
}

#[tokio::test]
async fn a_path_may_hold_blanks_commas_quotes_and_chinese() {
    let scratch = scratch();
    let dir = scratch.path().join("挂图, \"a b\" %41'");
    let cluster = LocalCluster::start(options(&dir)).await.unwrap();
    assert!(
        cluster.socket_dir().starts_with(&dir),
        "{}",
        cluster.socket_dir().display()
    );
    admin(&cluster)
        .await
        .batch_execute("CREATE ROLE \"a@b/c\" LOGIN")
        .await
        .unwrap();
    let client = connect(&cluster.url("a@b/c", "postgres")).await.unwrap();
    assert_eq!(ask(&client, "SELECT current_user").await, "a@b/c");
    cluster.stop().await.unwrap();
}

#[tokio::test]
async fn the_server_is_out_of_reach_of_a_ctrl_c_in_the_terminal() {
    let scratch = scratch();
    let cluster = LocalCluster::start(options(scratch.path())).await.unwrap();
    let server = pid(cluster.server_pid());
    assert_eq!(getpgid(Some(server)).unwrap(), server);
    assert_ne!(getpgid(None).unwrap(), server);
    cluster.stop().await.unwrap();
}

#[tokio::test]
async fn a_cluster_that_is_only_dropped_ends_its_server_in_order() {
    let scratch = scratch();
    let cluster = LocalCluster::start(options(scratch.path())).await.unwrap();
    drop(cluster);
    wait_until("the server has ended", || {
        !scratch.path().join("pgdata/postmaster.pid").exists()
    });
    let log = fs::read_to_string(scratch.path().join("postgresql.log")).unwrap();
    assert!(log.contains("database system is shut down"), "{log}");
}

#[tokio::test]
async fn without_server_programs_or_with_others_than_the_data_needs_the_remedy_is_named() {
    let scratch = scratch();
    let data = scratch.path().join("data");
    let nowhere = LocalOptions {
        bin_dir: Some(scratch.path().into()),
        ..options(&data)
    };
    let refused = LocalCluster::start(nowhere).await.unwrap_err();
    assert!(matches!(refused, LocalError::BadBinDir(_)), "{refused}");
    assert!(!data.exists(), "nothing was made");

    LocalCluster::start(options(&data))
        .await
        .unwrap()
        .stop()
        .await
        .unwrap();
    fs::write(data.join("pgdata/PG_VERSION"), "99\n").unwrap();
    let refused = LocalCluster::start(options(&data)).await.unwrap_err();
    assert!(
        matches!(refused, LocalError::OtherMajor { major: 99, .. }),
        "{refused}"
    );
    assert!(refused.to_string().contains("install PostgreSQL 99"), "{refused}");
}

#[tokio::test]
async fn run_by_root_the_server_keeps_the_user_that_owns_its_data() {
    if !geteuid().is_root() {
        return;
    }
    let scratch = scratch();
    let as_user = |name: &str| LocalOptions {
        run_as: Some(name.into()),
        ..options(scratch.path())
    };
    let cluster = LocalCluster::start(as_user("nobody")).await.unwrap();
    let owner = fs::metadata(cluster.pgdata()).unwrap().uid();
    let status = fs::read_to_string(format!("/proc/{}/status", cluster.server_pid())).unwrap();
    let line = |name: &str| {
        status
            .lines()
            .find_map(|line| line.strip_prefix(name))
            .unwrap()
            .trim()
            .to_owned()
    };
    assert_eq!(line("Uid:").split_whitespace().next().unwrap(), owner.to_string());
    assert_eq!(line("Groups:"), "", "none of root's groups");
    cluster.stop().await.unwrap();

    let cluster = LocalCluster::start(options(scratch.path())).await.unwrap();
    let server = fs::metadata(format!("/proc/{}", cluster.server_pid())).unwrap();
    assert_eq!(server.uid(), owner, "though the default is another");
    cluster.stop().await.unwrap();
    let refused = LocalCluster::start(as_user("daemon")).await.unwrap_err();
    assert!(matches!(refused, LocalError::OtherServerUser { .. }), "{refused}");

    let refused = LocalCluster::start(as_user("root")).await.unwrap_err();
    assert!(
        matches!(
            refused,
            LocalError::OtherServerUser { .. } | LocalError::RootUser(_)
        ),
        "{refused}"
    );
    let refused = LocalCluster::start(as_user("no-such-user")).await.unwrap_err();
    assert!(matches!(refused, LocalError::NoUser(_)), "{refused}");
}

#[tokio::test]
async fn a_place_that_the_servers_user_cannot_enter_is_refused_before_anything_is_made() {
    if !geteuid().is_root() {
        return;
    }
    let closed = tempfile::tempdir().unwrap();
    fs::set_permissions(closed.path(), PermissionsExt::from_mode(0o700)).unwrap();
    let refused = LocalCluster::start(options(closed.path().join("data")))
        .await
        .unwrap_err();
    assert!(matches!(refused, LocalError::Unreachable { .. }), "{refused}");
    assert!(!closed.path().join("data").exists());
}

#[tokio::test]
async fn a_busy_process_of_a_killed_server_is_ended_before_the_next_one_starts() {
    let scratch = scratch();
    let cluster = LocalCluster::start(durable(scratch.path())).await.unwrap();
    write_down(&cluster).await;
    let client = admin(&cluster).await;
    let backend: u32 = ask(&client, "SELECT pg_backend_pid()").await.parse().unwrap();
    // Never waits for anything, so it does not notice.
    tokio::spawn(async move {
        client
            .batch_execute("DO $$ BEGIN LOOP PERFORM 1; END LOOP; END $$")
            .await
            .ok();
    });
    tokio::time::sleep(Duration::from_millis(200)).await;
    kill_9(cluster.server_pid());
    cluster.stop().await.unwrap();
    assert!(
        test_kill_process(pid(backend)).is_ok(),
        "it goes on without its server"
    );

    let cluster = LocalCluster::start(durable(scratch.path())).await.unwrap();
    assert!(!Path::new(&format!("/proc/{backend}/cwd")).exists());
    assert_eq!(read_back(&cluster).await, "safe");
    cluster.stop().await.unwrap();
}
