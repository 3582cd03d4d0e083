//! How the program is told what to do: flags and environment. Secrets come from files or the environment, never from
//! the command line, where every user of the machine could read them.

use std::path::{Path, PathBuf};

use clap::{Args, Parser, Subcommand};
use secrecy::SecretString;

/// 挂图 Guatu: the key projects of a published plan, who owes them, and what is late.
#[derive(Debug, Parser)]
#[command(name = "guatu", version, max_term_width = 100)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Runs the product on a private PostgreSQL with the plan loaded and an account for each role.
    ///
    /// Finds or makes the PostgreSQL in --data-dir, migrates, loads the plan and the organisations, makes the
    /// accounts (their passwords are printed once) and serves. Run again, it goes on with what is there.
    /// Exit codes: 0 stopped, 1 failed, 2 wrong usage.
    Demo(Demo),
    /// Serves on a PostgreSQL (15 or newer) of yours.
    ///
    /// GUATU_DATABASE_URL signs in as a member of guatu_service; run `guatu migrate run` as the owner first.
    Serve(Serve),
    /// Brings a database to the tables of this program, or back.
    #[command(subcommand)]
    Migrate(Migrate),
    /// Loads a plan's files. The same files again change nothing; what somebody confirmed or edited since stands.
    ///
    /// Exit codes: 0 loaded, 1 failed, 3 the files are faulty (every fault is printed and nothing is loaded).
    Load(Load),
    /// Looks at a plan's files without a database.
    #[command(subcommand)]
    Plan(Plan),
    /// Proves the log.
    #[command(subcommand)]
    Audit(Audit),
    /// The lights of a plan's projects.
    #[command(subcommand)]
    Lights(Lights),
    /// Accounts, for the first administrator and for whoever is locked out.
    #[command(subcommand)]
    User(User),
    /// Asks a running server whether it is ready. Exit codes: 0 ready, 1 not.
    Health {
        /// Its address, http only.
        #[arg(long, default_value = "http://127.0.0.1:8080/health/ready")]
        url: String,
    },
}

/// The private PostgreSQL.
#[derive(Debug, Args)]
pub struct Private {
    /// Where the private PostgreSQL keeps its data. Made by this program, or left alone.
    #[arg(long, env = "GUATU_DATA_DIR", default_value_os_t = default_data_dir())]
    pub data_dir: PathBuf,
    /// The folder of initdb and postgres; found by itself in the usual places.
    #[arg(long, env = "GUATU_PG_BIN_DIR")]
    pub pg_bin_dir: Option<PathBuf>,
    /// As which user the server runs when this is run by root; postgres, else nobody.
    #[arg(long, env = "GUATU_PG_USER")]
    pub pg_user: Option<String>,
}

/// What is served, and how.
#[derive(Debug, Args)]
pub struct Serving {
    /// Where to listen. Port 0 takes a free one; the bound address is printed.
    #[arg(long, env = "GUATU_LISTEN", default_value = "127.0.0.1:8080")]
    pub listen: String,
    /// How many threads answer.
    #[arg(long, env = "GUATU_WORKERS", default_value_t = default_workers())]
    pub workers: usize,
    /// How many connections to the database.
    #[arg(long, env = "GUATU_CONNECTIONS", default_value_t = 12)]
    pub connections: usize,
    /// The address of the asker is in X-Forwarded-For, set by a proxy of yours. Without a proxy anybody could set it.
    #[arg(long, env = "GUATU_BEHIND_PROXY")]
    pub behind_proxy: bool,
    /// Keeps the contents of evidence files in this folder, which must be there; without it in the database. What was
    /// kept in the database before is still served from there. Back it up with the database.
    #[arg(long, env = "GUATU_EVIDENCE_DIR")]
    pub evidence_dir: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct Seeds {
    /// The folder with the plans' files.
    #[arg(long, env = "GUATU_SEEDS", default_value = "seeds")]
    pub seeds: PathBuf,
    /// The plan: a folder below plans/ in it.
    #[arg(long, env = "GUATU_PLAN", default_value = "wuwei-145")]
    pub plan: String,
}

#[derive(Debug, Args)]
pub struct Demo {
    #[command(flatten)]
    pub private: Private,
    #[command(flatten)]
    pub serving: Serving,
    #[command(flatten)]
    pub seeds: Seeds,
    /// Also writes the new accounts there: a JSON list of role, organisation, username, password. Kept readable by
    /// its owner only.
    #[arg(long)]
    pub accounts_file: Option<PathBuf>,
    /// Adds a made-up story of confirmation and progress (demonstrations/<plan>.toml of the seeds), played day by day
    /// from the plan's issue on. It lives in a database of its own, beside the one without; every answer says that it
    /// is made up.
    #[arg(long)]
    pub with_progress: bool,
    /// Where the story's clock stands in the end, YYYY-MM-DD; the story's own day without it. It never goes back.
    #[arg(long, requires = "with_progress")]
    pub today: Option<chrono::NaiveDate>,
}

#[derive(Debug, Args)]
pub struct DatabaseUrl {
    /// Signs in as the service: postgres://user:password@host/database. Give it by the environment.
    #[arg(long, env = "GUATU_DATABASE_URL", hide_env_values = true)]
    pub database_url: SecretString,
}

#[derive(Debug, Args)]
pub struct OwnerUrl {
    /// Signs in as the owner of the tables. Give it by the environment.
    #[arg(long, env = "GUATU_MIGRATION_DATABASE_URL", hide_env_values = true)]
    pub migration_database_url: SecretString,
}

#[derive(Debug, Args)]
pub struct Serve {
    #[command(flatten)]
    pub database: DatabaseUrl,
    #[command(flatten)]
    pub serving: Serving,
    /// A file with the key that signs tokens: at least 32 random bytes (head -c 32 /dev/urandom > token.key). All
    /// servers of one installation share it.
    #[arg(long, env = "GUATU_TOKEN_KEY_FILE")]
    pub token_key_file: PathBuf,
}

#[derive(Debug, Subcommand)]
pub enum Migrate {
    /// Runs what is pending.
    Run(OwnerUrl),
    /// Undoes the last ones; refuses where rows would be lost.
    Revert {
        #[command(flatten)]
        owner: OwnerUrl,
        /// How many.
        #[arg(long, default_value_t = 1)]
        steps: usize,
    },
}

#[derive(Debug, Args)]
pub struct Load {
    #[command(flatten)]
    pub database: DatabaseUrl,
    #[command(flatten)]
    pub seeds: Seeds,
}

#[derive(Debug, Subcommand)]
pub enum Plan {
    /// Reads the files and tells every fault with file and line, and each initiative that nothing covers.
    ///
    /// Exit codes: 0 sound, 1 an initiative has neither project nor commitment, 3 the files are faulty.
    Check(Seeds),
}

#[derive(Debug, Subcommand)]
pub enum Audit {
    /// Reads the whole log and proves its numbers, its chain and its bodies. Prints what it found as JSON.
    ///
    /// Exit codes: 0 proven, 4 something was changed, removed or put out of order.
    Verify {
        #[command(flatten)]
        database: DatabaseUrl,
        /// Heads that `audit heads` printed earlier and that were kept elsewhere.
        #[arg(long)]
        kept_heads: Option<PathBuf>,
    },
    /// Prints the heads of the log, to be kept elsewhere.
    Heads(DatabaseUrl),
    /// Erases the body of one event for good, with an event that says so; the chain still holds. What the tables and
    /// their past versions hold is not touched.
    Redact {
        #[command(flatten)]
        database: DatabaseUrl,
        /// The id of the event.
        #[arg(long)]
        event: uuid::Uuid,
        /// Why; it stands in the log.
        #[arg(long)]
        reason: String,
    },
}

#[derive(Debug, Subcommand)]
pub enum Lights {
    /// Compares the stored lights with what facts and rules give, and rebuilds those that differ: once after the
    /// migration that brings lights, or where somebody wrote the tables by hand. Prints how many differed.
    Rebuild {
        #[command(flatten)]
        database: DatabaseUrl,
        /// The code of the plan.
        #[arg(long)]
        plan: String,
    },
}

#[derive(Debug, Subcommand)]
pub enum User {
    /// Makes a user with one membership and prints his password, which he must change.
    Create {
        #[command(flatten)]
        database: DatabaseUrl,
        #[arg(long)]
        username: String,
        #[arg(long)]
        display_name: String,
        /// By code or id.
        #[arg(long)]
        organisation: String,
        /// staff, reviewer, planner, supervisor, observer or administrator.
        #[arg(long)]
        role: String,
        /// By code or id; without it the role holds in every plan.
        #[arg(long)]
        plan: Option<String>,
    },
    /// Gives a user a new password, prints it, and ends his sessions.
    ResetPassword {
        #[command(flatten)]
        database: DatabaseUrl,
        #[arg(long)]
        username: String,
    },
    /// Lists the users.
    List(DatabaseUrl),
}

fn default_workers() -> usize {
    std::thread::available_parallelism().map_or(2, usize::from)
}

/// Root has no home that the server's user could enter; everybody else has.
fn default_data_dir() -> PathBuf {
    if rustix::process::geteuid().is_root() {
        return PathBuf::from("/var/lib/guatu");
    }
    let home = |name: &str| {
        std::env::var_os(name)
            .map(PathBuf::from)
            .filter(|path| path.is_absolute())
    };
    home("XDG_DATA_HOME")
        .or_else(|| home("HOME").map(|home| home.join(".local/share")))
        .unwrap_or_else(|| Path::new("var").to_owned())
        .join("guatu")
}
