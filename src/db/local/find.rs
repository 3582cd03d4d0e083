//! Where the server programs are.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::LocalError;

/// The oldest PostgreSQL that will do.
pub const MIN_MAJOR: u32 = 15;

/// `initdb` and `postgres` of one version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Programs {
    pub bin_dir: PathBuf,
    pub major: u32,
}

/// Asks `postgres` in a folder for its version; none where it, or `initdb`, is not there.
fn at(bin_dir: &Path) -> Option<Programs> {
    if !bin_dir.join("initdb").is_file() {
        return None;
    }
    let output = Command::new(bin_dir.join("postgres"))
        .arg("--version")
        .output()
        .ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    // postgres (PostgreSQL) 15.18 (Debian …)
    let version = text.split(')').nth(1)?.split_whitespace().next()?;
    let major = version.split(['.', 'b', 'r', 'd']).next()?.parse().ok()?;
    Some(Programs {
        bin_dir: bin_dir.to_owned(),
        major,
    })
}

/// Folders where Debian, Fedora and Homebrew put the programs, and those of PATH.
fn usual_places() -> Vec<PathBuf> {
    let mut places = Vec::new();
    for parent in [
        "/usr/lib/postgresql",
        "/usr/pgsql",
        "/opt/homebrew/opt",
        "/usr/local/opt",
        "/opt",
    ] {
        if let Ok(entries) = std::fs::read_dir(parent) {
            places.extend(entries.flatten().map(|entry| entry.path().join("bin")));
        }
    }
    if let Ok(entries) = std::fs::read_dir("/usr") {
        let fedora = |path: &PathBuf| {
            path.file_name()
                .is_some_and(|name| name.to_string_lossy().starts_with("pgsql-"))
        };
        places.extend(
            entries
                .flatten()
                .map(|entry| entry.path())
                .filter(fedora)
                .map(|path| path.join("bin")),
        );
    }
    places.extend(["/usr/bin", "/usr/local/bin", "/usr/local/pgsql/bin"].map(PathBuf::from));
    if let Some(path) = std::env::var_os("PATH") {
        places.extend(std::env::split_paths(&path));
    }
    places
}

/// The programs to use: of the given folder; else of the version that the data needs; else the newest.
pub fn programs(bin_dir: Option<&Path>, data_major: Option<u32>, dir: &Path) -> Result<Programs, LocalError> {
    let other = |major| LocalError::OtherMajor {
        dir: dir.to_owned(),
        major,
    };
    if let Some(bin_dir) = bin_dir {
        let found = at(bin_dir)
            .filter(|programs| programs.major >= MIN_MAJOR)
            .ok_or_else(|| LocalError::BadBinDir(bin_dir.to_owned()))?;
        return match data_major {
            Some(major) if major != found.major => Err(other(major)),
            _ => Ok(found),
        };
    }
    let found: Vec<Programs> = usual_places()
        .iter()
        .filter_map(|place| at(place))
        .filter(|p| p.major >= MIN_MAJOR)
        .collect();
    match data_major {
        Some(major) => found
            .into_iter()
            .find(|programs| programs.major == major)
            .ok_or_else(|| other(major)),
        None => found
            .into_iter()
            .max_by_key(|programs| programs.major)
            .ok_or(LocalError::NoServerPrograms),
    }
}
