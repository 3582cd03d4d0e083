//! The command line: each command calls the same actions as the other doors.

mod accounts;
pub mod demo;
mod serving;

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;
use secrecy::ExposeSecret;

use crate::config::{Audit, Cli, Command, DatabaseUrl, Lights, Load, Migrate, Plan, Seeds, User};
use crate::db::redaction::redact;
use crate::db::{Database, Door, Origin, log, migrate};
use crate::exchange::load::{Outcome, load, load_demonstration};
use crate::exchange::plan_files;
use crate::exchange::plan_files::scenario::Scenario;
use crate::http::messages;
use crate::kernel::{Actor, Clock, Error, Role};
use crate::plans::store as plans;
use crate::projects::actions::light_spans;
use crate::users;

/// Why a command ended, and its exit code.
#[derive(Debug)]
pub struct Failed {
    pub code: u8,
    pub message: String,
}

impl<E: std::error::Error> From<E> for Failed {
    fn from(error: E) -> Self {
        let mut message = error.to_string();
        let mut cause = error.source();
        while let Some(inner) = cause {
            let text = inner.to_string();
            if !message.contains(&text) {
                message = format!("{message}: {text}");
            }
            cause = inner.source();
        }
        Failed { code: 1, message }
    }
}

pub type Outcomes = Result<ExitCode, Failed>;

/// Runs the program.
pub fn run() -> ExitCode {
    let cli = Cli::parse();
    tracing_subscriber::fmt()
        .with_env_filter(
            tracing_subscriber::EnvFilter::try_from_env("GUATU_LOG")
                .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("warn,guatu=info")),
        )
        .with_writer(std::io::stderr)
        .json()
        .init();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            return failed(&Failed {
                code: 1,
                message: error.to_string(),
            });
        }
    };
    match runtime.block_on(command(cli.command)) {
        Ok(code) => code,
        Err(error) => failed(&error),
    }
}

fn failed(error: &Failed) -> ExitCode {
    let _ = writeln!(std::io::stderr(), "guatu: {}", error.message);
    ExitCode::from(error.code)
}

/// Prints a line of a command's answer.
pub(crate) fn say(text: &str) -> Result<(), Failed> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{text}")?;
    Ok(out.flush()?)
}

async fn command(command: Command) -> Outcomes {
    match command {
        Command::Demo(options) => demo::run(options).await,
        Command::Serve(options) => serving::serve(options).await,
        Command::Migrate(options) => migrations(options).await,
        Command::Load(options) => load_files(options).await,
        Command::Plan(Plan::Check(options)) => check(&options),
        Command::Audit(options) => audit(options).await,
        Command::Lights(options) => lights(options).await,
        Command::User(options) => user(options).await,
        Command::Health { url } => serving::health(&url).await,
    }
}

fn database(url: &DatabaseUrl) -> Result<Database, Failed> {
    Ok(Database::new(url.database_url.expose_secret(), 2, Clock::System)?)
}

async fn migrations(options: Migrate) -> Outcomes {
    let (done, word) = match options {
        Migrate::Run(owner) => (
            migrate::run_pending(owner.migration_database_url.expose_secret()).await?,
            "ran",
        ),
        Migrate::Revert { owner, steps } => (
            migrate::revert(owner.migration_database_url.expose_secret(), steps).await?,
            "undid",
        ),
    };
    if done.is_empty() {
        say("nothing to do")?;
    }
    for version in done {
        say(&format!("{word} {version}"))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Reads a plan's files; prints every fault and fails with 3 where there are any.
pub(crate) fn read_files(seeds: &Seeds) -> Result<plan_files::PlanFiles, Failed> {
    plan_files::read(&seeds.seeds, &seeds.plan).map_err(|faults| faulty(&faults))
}

/// Reads the story of a demonstration, in the same way.
pub(crate) fn read_scenario(seeds: &Seeds, files: &plan_files::PlanFiles) -> Result<Scenario, Failed> {
    plan_files::scenario::scenario(&seeds.seeds, files).map_err(|faults| faulty(&faults))
}

fn faulty(faults: &[plan_files::Fault]) -> Failed {
    let lines: Vec<String> = faults.iter().map(ToString::to_string).collect();
    Failed {
        code: 3,
        message: format!("{} faults, nothing loaded\n{}", faults.len(), lines.join("\n")),
    }
}

fn by_file() -> Origin {
    Origin {
        actor: Actor::System,
        door: Door::File,
        trace_id: uuid::Uuid::new_v4().simple().to_string(),
    }
}

/// Loads files as the house itself.
pub async fn load_into(db: &Database, files: &plan_files::PlanFiles) -> Result<Outcome, Error> {
    db.write(&by_file(), async |tx| load(tx, files).await).await
}

/// Loads files for a demonstration, whose plan has a clock of its own.
pub async fn load_demonstration_into(db: &Database, files: &plan_files::PlanFiles) -> Result<Outcome, Error> {
    db.write(&by_file(), async |tx| load_demonstration(tx, files).await)
        .await
}

async fn load_files(options: Load) -> Outcomes {
    let files = read_files(&options.seeds)?;
    let outcome = load_into(&database(&options.database)?, &files).await?;
    say(&serde_json::to_string_pretty(&outcome)?)?;
    Ok(ExitCode::SUCCESS)
}

fn check(seeds: &Seeds) -> Outcomes {
    let files = read_files(seeds)?;
    if seeds
        .seeds
        .join(format!("demonstrations/{}.toml", seeds.plan))
        .exists()
    {
        read_scenario(seeds, &files)?;
    }
    let uncovered = plan_files::uncovered(&files);
    say(&format!(
        "{}: {} programmes, {} initiatives, {} commitments, {} projects, {} organisations",
        files.plan.code,
        files.programmes.len(),
        files.initiatives.len(),
        files.commitments.len(),
        files.projects.len(),
        files.organisations.len()
    ))?;
    for project in files.projects.iter().filter(|project| project.doubt.is_some()) {
        say(&format!(
            "doubt: {}: {}",
            project.code,
            project.doubt.as_deref().unwrap_or_default()
        ))?;
    }
    for commitment in files
        .commitments
        .iter()
        .filter(|commitment| commitment.doubt.is_some())
    {
        say(&format!(
            "doubt: {}: {}",
            commitment.code,
            commitment.doubt.as_deref().unwrap_or_default()
        ))?;
    }
    for initiative in &uncovered {
        say(&format!(
            "uncovered: {} has neither project nor commitment",
            initiative.code
        ))?;
    }
    Ok(if uncovered.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(1)
    })
}

async fn audit(options: Audit) -> Outcomes {
    match options {
        Audit::Heads(url) => {
            let db = database(&url)?;
            let proof = db.read(async |conn| log::verify(conn, &[]).await).await?;
            say(&serde_json::to_string_pretty(&proof.heads)?)?;
            Ok(ExitCode::SUCCESS)
        }
        Audit::Redact {
            database: url,
            event,
            reason,
        } => {
            let origin = Origin {
                door: Door::Command,
                ..by_file()
            };
            let db = database(&url)?;
            match db
                .write(&origin, async |tx| redact(tx, event, &reason).await)
                .await
            {
                Err(Error::Conflict(fault)) => Err(Failed {
                    code: 2,
                    message: messages::text(&fault),
                }),
                other => other.map_err(Failed::from),
            }?;
            say(&format!("{event} is redacted"))?;
            Ok(ExitCode::SUCCESS)
        }
        Audit::Verify {
            database: url,
            kept_heads,
        } => {
            let kept: Vec<log::Head> = match kept_heads {
                Some(path) => serde_json::from_str(&std::fs::read_to_string(path)?)?,
                None => Vec::new(),
            };
            let db = database(&url)?;
            let proof = db.read(async |conn| log::verify(conn, &kept).await).await?;
            say(&serde_json::to_string_pretty(&proof)?)?;
            Ok(if proof.findings.is_empty() {
                ExitCode::SUCCESS
            } else {
                ExitCode::from(4)
            })
        }
    }
}

async fn lights(options: Lights) -> Outcomes {
    let Lights::Rebuild { database: url, plan } = options;
    let origin = Origin {
        door: Door::Command,
        ..by_file()
    };
    let rebuilt = database(&url)?
        .write(&origin, async |tx| {
            let found = plans::plan(tx.conn(), &plan).await?;
            light_spans::rebuild(tx, &found).await
        })
        .await?;
    say(&format!(
        "{plan}: the lights of {} projects differed and were rebuilt; {} versions were brought after",
        rebuilt.projects, rebuilt.versions
    ))?;
    Ok(ExitCode::SUCCESS)
}

async fn user(options: User) -> Outcomes {
    match options {
        User::Create {
            database: url,
            username,
            display_name,
            organisation,
            role,
            plan,
        } => {
            let role = Role::parse(&role).ok_or(Failed {
                code: 2,
                message: "--role is one of staff, reviewer, planner, supervisor, observer, administrator"
                    .to_owned(),
            })?;
            let new = users::model::NewUser {
                username,
                display_name,
                phone: None,
                email: None,
                organisation,
                role,
                plan,
            };
            say(&users::command::create(&database(&url)?, new, true).await?)?;
        }
        User::ResetPassword {
            database: url,
            username,
        } => {
            say(&users::command::reset_password(&database(&url)?, &username).await?)?;
        }
        User::List(url) => {
            for user in users::command::list(&database(&url)?).await? {
                say(&serde_json::to_string(&user)?)?;
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}
