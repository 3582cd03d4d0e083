//! The product on a private PostgreSQL, ready for whoever wants to see it.

use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::process::ExitCode;

use super::accounts::{Account, wanted};
use super::{Failed, Outcomes, load_demonstration_into, load_into, read_files, read_scenario, say, serving};
use crate::config::Demo;
use crate::db::Database;
use crate::db::local::database::{SERVICE, prepare};
use crate::db::local::{Durability, LocalCluster, LocalOptions};
use crate::exchange::demonstration::play;
use crate::exchange::plan_files::PlanFiles;
use crate::exchange::plan_files::scenario::Scenario;
use crate::http::messages;
use crate::kernel::{Clock, Error, Role};
use crate::users;

/// The database of the demonstration.
pub const DATABASE: &str = "guatu";
/// That of the made-up story, in the same cluster.
pub const DATABASE_WITH_PROGRESS: &str = "guatu_with_progress";

pub async fn run(options: Demo) -> Outcomes {
    // Faulty files are told before anything is made.
    let files = read_files(&options.seeds)?;
    let scenario = match options.with_progress {
        true => Some(read_scenario(&options.seeds, &files)?),
        false => None,
    };
    let cluster = LocalCluster::start(LocalOptions {
        data_dir: options.private.data_dir.clone(),
        bin_dir: options.private.pg_bin_dir.clone(),
        run_as: options.private.pg_user.clone(),
        durability: Durability::Full,
    })
    .await?;
    let outcome = on(&cluster, &options, &files, scenario.as_ref()).await;
    cluster.stop().await?;
    outcome
}

async fn on(
    cluster: &LocalCluster,
    options: &Demo,
    files: &PlanFiles,
    scenario: Option<&Scenario>,
) -> Outcomes {
    let database = if scenario.is_some() {
        DATABASE_WITH_PROGRESS
    } else {
        DATABASE
    };
    prepare(cluster, database).await?;
    let db = Database::new(
        &cluster.url(SERVICE, database),
        options.serving.connections,
        Clock::System,
    )?;
    let outcome = match scenario {
        Some(_) => load_demonstration_into(&db, files).await?,
        None => load_into(&db, files).await?,
    };
    say(&format!(
        "plan {}: {} new, {} changed, {} as before, {} differ from what is held",
        files.plan.code,
        outcome.created,
        outcome.changed,
        outcome.unchanged,
        outcome.differences.len()
    ))?;
    let made = accounts(&db, files).await?;
    if let Some(scenario) = scenario {
        let until = options.today.unwrap_or(scenario.today);
        let played = match play(&db, files, scenario, until).await {
            Err(Error::Conflict(fault)) => Err(Failed {
                code: 2,
                message: messages::text(&fault),
            }),
            other => other.map_err(Failed::from),
        }?;
        say(&format!(
            "demonstration: {} made-up steps played, {} no longer fitted; its clock stands at {}",
            played.scenes, played.skipped, played.today
        ))?;
    }
    tell(&made, options.accounts_file.as_deref())?;
    let key = token_key(&options.private.data_dir)?;
    serving::until_told(db, &key, &options.serving, async |address| {
        curls(address, teller(&made))
    })
    .await?;
    Ok(ExitCode::SUCCESS)
}

/// Makes the accounts that are missing and answers these: only they have a password to tell.
pub async fn accounts(db: &Database, files: &PlanFiles) -> Result<Vec<Account>, Failed> {
    let there: Vec<String> = users::command::list(db)
        .await?
        .into_iter()
        .map(|user| user.username)
        .collect();
    let mut made = Vec::new();
    for one in wanted(files)
        .into_iter()
        .filter(|one| !there.contains(&one.username))
    {
        let new = users::model::NewUser {
            username: one.username.clone(),
            display_name: one.display_name,
            phone: None,
            email: None,
            organisation: one.organisation.clone(),
            role: one.role,
            plan: None,
        };
        let password = users::command::create(db, new, false).await?;
        made.push(Account {
            role: one.role,
            organisation: one.organisation,
            username: one.username,
            password,
        });
    }
    Ok(made)
}

fn tell(made: &[Account], file: Option<&Path>) -> Result<(), Failed> {
    if made.is_empty() {
        return say("accounts: as made before; `guatu user reset-password` gives a new password");
    }
    say("accounts (their passwords are shown this once):")?;
    say(&format!(
        "{:<14} {:<38} {:<46} password",
        "role", "organisation", "username"
    ))?;
    for one in made {
        say(&format!(
            "{:<14} {:<38} {:<46} {}",
            one.role.as_str(),
            one.organisation,
            one.username,
            one.password
        ))?;
    }
    if let Some(path) = file {
        let _ = std::fs::remove_file(path);
        let mut out = std::fs::File::options()
            .create_new(true)
            .write(true)
            .mode(0o600)
            .open(path)
            .map_err(|error| Failed {
                code: 1,
                message: format!("writing {}: {error}", path.display()),
            })?;
        out.write_all(serde_json::to_string_pretty(made)?.as_bytes())?;
    }
    Ok(())
}

/// The key that signs tokens, kept beside the data.
fn token_key(data_dir: &Path) -> Result<Vec<u8>, Failed> {
    use rand::RngExt as _;
    let path = data_dir.join("token.key");
    if !path.exists() {
        let key: [u8; 32] = rand::rng().random();
        let mut file = std::fs::File::options()
            .create_new(true)
            .write(true)
            .mode(0o600)
            .open(&path)?;
        file.write_all(&key)?;
        file.sync_all()?;
    }
    serving::read_key(&path)
}

/// The account that the lines to paste sign in with: one that sees the whole plan and changes nothing.
fn teller(made: &[Account]) -> Option<&Account> {
    made.iter().find(|one| one.role == Role::Supervisor)
}

/// Three lines to paste. With an account just made: sign in, list the projects of a box, list what is overdue. On a
/// later run no password is known any more, so they ask what needs none.
fn curls(address: std::net::SocketAddr, account: Option<&Account>) -> Result<(), Failed> {
    say("try (each line works when pasted):")?;
    let Some(Account {
        username, password, ..
    }) = account
    else {
        say(&format!("curl -s http://{address}/health/ready"))?;
        say(&format!("curl -s http://{address}/api/openapi.json"))?;
        return say(&format!("curl -si http://{address}/api/docs/"));
    };
    say(&format!(
        "TOKEN=$(curl -s http://{address}/api/v1/auth/login -H 'Content-Type: application/json' -d \
         '{{\"username\":\"{username}\",\"password\":\"{password}\"}}' | sed 's/.*\"access_token\":\"\\([^\"]*\\)\".*/\\1/')"
    ))?;
    for path in [
        "projects?programme=5&include=total",
        "milestones?overdue=true&sort=-days_overdue&include=total",
    ] {
        say(&format!(
            "curl -s 'http://{address}/api/v1/{path}' -H \"Authorization: Bearer $TOKEN\""
        ))?;
    }
    Ok(())
}
