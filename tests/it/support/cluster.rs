//! One private PostgreSQL for all tests of a run, and the template that each test's database is cloned from.

use std::os::unix::fs::PermissionsExt;
use std::process::Command;
use std::sync::OnceLock;

use guatu::cli::load_into;
use guatu::db::Database;
use guatu::db::local::database::{SERVICE, prepare};
use guatu::db::local::{Durability, LocalCluster, LocalOptions};
use guatu::kernel::Clock;

pub const TEMPLATE: &str = "template_guatu";

static CLUSTER: OnceLock<LocalCluster> = OnceLock::new();

/// The cluster, begun on first use. A watchdog ends it and clears its directory when this process is gone, however
/// it ended: statics are never dropped.
pub fn cluster() -> &'static LocalCluster {
    CLUSTER.get_or_init(|| std::thread::spawn(begin).join().unwrap())
}

#[expect(
    clippy::zombie_processes,
    reason = "the watchdog outlives this process on purpose: init waits for it"
)]
fn begin() -> LocalCluster {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    let dir = tempfile::tempdir().unwrap().keep();
    std::fs::set_permissions(&dir, PermissionsExt::from_mode(0o755)).unwrap();
    let cluster = runtime
        .block_on(LocalCluster::start(LocalOptions {
            data_dir: dir.join("data"),
            bin_dir: None,
            run_as: None,
            durability: Durability::TestsOnly,
        }))
        .unwrap();
    let script = "while kill -0 \"$0\" 2>/dev/null; do sleep 0.2; done; kill -INT \"$1\" 2>/dev/null; \
                  while kill -0 \"$1\" 2>/dev/null; do sleep 0.2; done; rm -rf \"$2\"";
    let mut watchdog = Command::new("sh");
    watchdog
        .arg("-c")
        .arg(script)
        .arg(std::process::id().to_string())
        .arg(cluster.server_pid().to_string())
        .arg(&dir);
    watchdog
        .stdin(std::process::Stdio::null())
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null());
    std::os::unix::process::CommandExt::process_group(&mut watchdog, 0);
    watchdog.spawn().unwrap();
    runtime.block_on(async {
        prepare(&cluster, TEMPLATE).await.unwrap();
        // The plan is loaded on the day it was issued, so that every test's day comes after.
        let clock = Clock::frozen_at("2022-03-18T02:00:00Z".parse().unwrap());
        let db = Database::new(&cluster.url(SERVICE, TEMPLATE), 1, clock).unwrap();
        load_into(&db, &super::seeds()).await.unwrap();
    });
    runtime.shutdown_timeout(std::time::Duration::from_secs(5));
    cluster
}
