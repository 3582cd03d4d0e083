//! Serving until told to stop: requests in flight finish.

use std::net::TcpListener;
use std::path::Path;
use std::process::ExitCode;

use secrecy::ExposeSecret;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::signal::unix::{SignalKind, signal};

use super::{Failed, Outcomes, say};
use crate::app;
use crate::config::{Serve, Serving};
use crate::db::{Database, migrate};
use crate::http::request::State;
use crate::kernel::Clock;
use crate::projects::evidence::Keeper;
use crate::users::Auth;

pub async fn serve(options: Serve) -> Outcomes {
    let key = read_key(&options.token_key_file)?;
    let db = Database::new(
        options.database.database_url.expose_secret(),
        options.serving.connections,
        Clock::System,
    )?;
    let pending = db.read(async |conn| migrate::pending_count(conn).await).await?;
    if pending > 0 {
        return Err(Failed {
            code: 1,
            message: format!("{pending} migrations have not run: `guatu migrate run` as the owner first"),
        });
    }
    until_told(db, &key, &options.serving, async |_| Ok(())).await?;
    Ok(ExitCode::SUCCESS)
}

/// The key that signs tokens.
pub fn read_key(path: &Path) -> Result<Vec<u8>, Failed> {
    std::fs::read(path).map_err(|error| Failed {
        code: 1,
        message: format!("reading the token key {}: {error}", path.display()),
    })
}

/// Serves until SIGINT or SIGTERM. `ready` is called with the bound address once it answers.
pub async fn until_told(
    db: Database,
    key: &[u8],
    serving: &Serving,
    ready: impl AsyncFnOnce(std::net::SocketAddr) -> Result<(), Failed>,
) -> Result<(), Failed> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let listener = TcpListener::bind(&serving.listen).map_err(|error| Failed {
        code: 1,
        message: format!(
            "listening on {}: {error}; choose another with --listen",
            serving.listen
        ),
    })?;
    let state = State {
        db,
        auth: Auth::new(key, serving.behind_proxy)?,
        keeper: match &serving.evidence_dir {
            Some(dir) => Keeper::directory(dir)?,
            None => Keeper::Database,
        },
    };
    let app::Serving { server, address } = app::serve(state, listener, serving.workers)?;
    let handle = server.handle();
    let running = tokio::spawn(server);
    say(&format!("listening on http://{address}"))?;
    ready(address).await?;
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    handle.stop(true).await;
    running.await??;
    Ok(())
}

/// Asks an address for its health, without a client library: a GET and its status.
pub async fn health(url: &str) -> Outcomes {
    let unreachable = |error: String| Failed {
        code: 1,
        message: format!("{url}: {error}"),
    };
    let rest = url
        .strip_prefix("http://")
        .ok_or_else(|| unreachable("http addresses only".to_owned()))?;
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let asked = async {
        let mut stream = tokio::net::TcpStream::connect(host).await?;
        let request = format!("GET /{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await?;
        let mut answer = Vec::new();
        stream.take(4_096).read_to_end(&mut answer).await?;
        Ok::<_, std::io::Error>(String::from_utf8_lossy(&answer).into_owned())
    };
    let answer = tokio::time::timeout(std::time::Duration::from_secs(5), asked)
        .await
        .map_err(|_| unreachable("no answer within 5 seconds".to_owned()))?
        .map_err(|error| unreachable(error.to_string()))?;
    let status = answer.lines().next().unwrap_or_default().to_owned();
    if status.contains(" 200 ") {
        Ok(ExitCode::SUCCESS)
    } else {
        Err(unreachable(status))
    }
}
